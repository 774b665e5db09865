//! Networks of one's own, and what leads to them: virtual private gateways, VPN connections, Direct Connect (VG-1 to VG-9).

use ipnet::IpNet;

use crate::flow::{AddressSet, cidr_set};
use crate::topology::{LineState, Place};

use super::id::{
    AttachmentId, LineId, NamedNetworkId, SiteId, TransitGatewayId, UnmodelledId, VpcId, VpnGatewayId,
};
use super::{Attached, Network, TableAssociation, Target};

/// A virtual private gateway.
#[derive(Clone, Debug)]
pub struct VpnGateway {
    /// Its name.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// The VPC it is for.
    pub vpc: VpcId,
    /// Whether it is attached.
    pub attached: bool,
    /// Where the attachment was said.
    pub attached_place: Place,
    /// Its gateway route table (RT-16), which is not modelled yet.
    pub edge_table: Option<UnmodelledId>,
    /// The lines that end at it.
    pub lines: Vec<LineId>,
    /// Why there may be more lines, if there may be.
    pub more_lines: Option<String>,
}

/// A network outside AWS, behind lines.
#[derive(Clone, Debug)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Where it was named.
    pub place: Place,
    /// The named network that it is.
    pub network: Option<NamedNetworkId>,
    /// Its ranges, as they were said.
    pub ranges: Vec<IpNet>,
    /// Its addresses: its ranges, without the VPCs that are carved out of one of them.
    pub addresses: AddressSet,
    /// What it knows of us, if that was said (VG-3).
    pub routes_back: Option<Vec<IpNet>>,
    /// The lines that lead to it.
    pub lines: Vec<LineId>,
}

/// The kinds of line, most preferred first at equal prefixes (VG-4, RT-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A private virtual interface of Direct Connect.
    DirectConnect,
    /// A VPN connection with static routes.
    StaticVpn,
    /// A VPN connection with BGP.
    BgpVpn,
}

/// A line to a site: a VPN connection, or Direct Connect.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// Its kind.
    pub kind: LineKind,
    /// Where it ends in AWS.
    pub end: LineEnd,
    /// Where it ends outside.
    pub site: SiteId,
    /// Whether it carries packets (VG-7).
    pub state: LineState,
    /// Where the state was said.
    pub state_place: Place,
    /// Whether the inside of a VPN connection is IPv6 (VG-6).
    pub ipv6: bool,
    /// What its gateway learns of the site by it; none if nobody knows.
    pub prefixes: Option<Vec<IpNet>>,
    /// Whether a Direct Connect gateway is between (VG-9).
    pub by_gateway: bool,
    /// What a Direct Connect gateway lets through to the site.
    pub allowed: Option<Vec<IpNet>>,
}

/// Where a line ends in AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// At a virtual private gateway.
    VpnGateway(VpnGatewayId),
    /// At an attachment of a transit gateway.
    Attachment(AttachmentId),
}

/// What lines lead to, as a router sees it that has to choose one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Junction {
    /// A virtual private gateway.
    VpnGateway(VpnGatewayId),
    /// A transit gateway.
    TransitGateway(TransitGatewayId),
}

/// A route of a router that is not a route table: a line, or the router's own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRoute {
    /// Where packets must want to go.
    pub prefix: IpNet,
    /// By which line; none if the router's own network has it.
    pub line: Option<LineId>,
}

/// The outcome of a choice between lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineChoice {
    /// It is here already.
    Own,
    /// By that line.
    By(LineId),
    /// By that line, which is down.
    Down(LineId),
    /// Equally good lines lead to different places.
    Ambiguous(LineId),
    /// Nobody knows.
    Unknown(Option<LineId>),
    /// By none.
    None,
}

impl Line {
    /// VG-6: whether it carries packets of a family.
    pub const fn carries(&self, ipv6: bool) -> bool {
        match (self.kind, self.end) {
            (LineKind::DirectConnect, _) => true,
            (_, LineEnd::VpnGateway(_)) => !ipv6,
            (_, LineEnd::Attachment(_)) => ipv6 == self.ipv6,
        }
    }

    /// What its gateway learns by it, of what it carries.
    pub fn learnt(&self) -> Option<impl Iterator<Item = IpNet> + '_> {
        let prefixes = self.prefixes.as_ref()?;
        Some(prefixes.iter().copied().filter(|prefix| self.carries(matches!(prefix, IpNet::V6(_)))))
    }

    /// Whether what it announces is gone while it is down: only BGP notices.
    pub fn is_withdrawn(&self) -> bool {
        self.state == LineState::Down && self.kind != LineKind::StaticVpn
    }

    /// `VPN connection office` or `Direct Connect line dx`.
    pub fn describe(&self) -> String {
        match self.kind {
            LineKind::DirectConnect => format!("Direct Connect line {}", self.name),
            LineKind::StaticVpn | LineKind::BgpVpn => format!("VPN connection {}", self.name),
        }
    }
}

impl Site {
    /// `network dc`, or what the site is called in place of a name.
    pub fn describe(&self) -> String {
        match self.network {
            Some(_) => format!("network {}", self.name),
            None => self.name.clone(),
        }
    }
}

impl Network {
    /// The site of a named network.
    pub fn site_of(&self, network: NamedNetworkId) -> Option<SiteId> {
        self.sites.iter().find(|(_, site)| site.network == Some(network)).map(|(id, _)| id)
    }

    /// Where what lines and their ends know begins and ends.
    pub fn line_sets(&self) -> Vec<AddressSet> {
        let lines =
            self.lines.iter().flat_map(|(_, line)| line.prefixes.iter().chain(&line.allowed).flatten());
        let sites = self
            .sites
            .iter()
            .flat_map(|(_, site)| site.ranges.iter().chain(site.routes_back.iter().flatten()));
        lines.chain(sites).map(cidr_set).collect()
    }

    /// A site of which nobody knows what belongs to it, so that any private address may be there.
    pub fn open_site(&self) -> Option<SiteId> {
        self.sites.iter().find(|(id, _)| self.is_open(*id)).map(|(id, _)| id)
    }

    /// Whether nobody knows all that belongs to a site.
    pub fn is_open(&self, site: SiteId) -> bool {
        let site = &self.sites[site];
        // A capture knows only what is announced.
        self.is_capture()
            || site.network.is_none()
                && site.lines.iter().any(|id| {
                    let line = &self.lines[*id];
                    line.prefixes.is_none() || line.state == LineState::Unknown
                })
    }

    /// What a line leads to.
    pub fn junction(&self, line: LineId) -> Junction {
        match self.lines[line].end {
            LineEnd::VpnGateway(id) => Junction::VpnGateway(id),
            LineEnd::Attachment(id) => Junction::TransitGateway(self.attachments[id].gateway),
        }
    }

    /// VG-1, VG-4: what the lines of a gateway say about the site behind each of them.
    pub fn routes_to_sites(&self, lines: &[LineId]) -> Vec<LineRoute> {
        let of = |id: &LineId| {
            let learnt = self.lines[*id].learnt().into_iter().flatten().collect::<Vec<_>>();
            let line = Some(*id);
            learnt.into_iter().map(move |prefix| LineRoute { prefix, line })
        };
        lines.iter().flat_map(of).collect()
    }

    /// VG-3: what a site is told about AWS by a line; none if nobody knows.
    pub fn announced(&self, id: LineId) -> Option<Vec<IpNet>> {
        let line = &self.lines[id];
        let ranges = match line.end {
            LineEnd::VpnGateway(gateway) => {
                let vpc = &self.vpcs[self.vpn_gateways[gateway].vpc];
                let ipv4 = vpc.cidrs.iter().copied().map(IpNet::V4);
                let mut ranges: Vec<IpNet> =
                    ipv4.chain(vpc.ipv6_cidrs.iter().copied().map(IpNet::V6)).collect();
                // VG-9: a range passes if an allowed prefix is as large or larger.
                if let Some(allowed) = &line.allowed {
                    ranges.retain(|range| allowed.iter().any(|allowed| allowed.contains(range)));
                }
                ranges.extend(self.hub_prefixes(id, gateway));
                ranges
            }
            // A Direct Connect gateway announces the list itself.
            LineEnd::Attachment(_) if line.by_gateway => line.allowed.clone()?,
            LineEnd::Attachment(attachment) => self.transit_prefixes(attachment, line.site)?,
        };
        Some(ranges.into_iter().filter(|range| line.carries(matches!(range, IpNet::V6(_)))).collect())
    }

    /// VG-5: what a virtual private gateway passes on from one line to another (CloudHub).
    fn hub_prefixes(&self, id: LineId, gateway: VpnGatewayId) -> Vec<IpNet> {
        let others = self.hub_lines(id, gateway);
        let told = others.iter().filter(|other| !self.lines[**other].is_withdrawn());
        told.filter_map(|other| self.lines[*other].learnt()).flatten().collect()
    }

    /// The lines to other sites that a virtual private gateway joins with this one. A Direct Connect gateway joins its lines
    /// with VPCs only (VG-9).
    pub fn hub_lines(&self, id: LineId, gateway: VpnGatewayId) -> Vec<LineId> {
        let line = &self.lines[id];
        let others = self.vpn_gateways[gateway].lines.iter().copied();
        others
            .filter(|other| {
                let other = &self.lines[*other];
                !line.by_gateway && !other.by_gateway && other.site != line.site
            })
            .collect()
    }

    /// What a transit gateway announces by a VPN attachment: the routes of the table that the attachment is associated with. A
    /// network takes none of its own prefixes back.
    fn transit_prefixes(&self, attachment: AttachmentId, site: SiteId) -> Option<Vec<IpNet>> {
        let comes_back = |target: Target| match target {
            Target::Attachment(id) => match &self.attachments[id].to {
                Attached::Lines(lines) => lines.iter().all(|line| self.lines[*line].site == site),
                _ => false,
            },
            _ => false,
        };
        let table = match self.attachments[attachment].association {
            TableAssociation::Table(table) => &self.route_tables[table],
            TableAssociation::None => return Some(Vec::new()),
            TableAssociation::Unknown => return None,
        };
        let elsewhere = table.routes().iter().filter(|route| {
            !comes_back(route.target) && route.target != Target::Blackhole && !route.blackhole
        });
        table.unlisted.is_empty().then(|| elsewhere.map(|route| route.prefix).collect())
    }

    /// The routes of a site: its own ranges, and what its lines announce (VG-3).
    pub fn routes_from_site(&self, site: SiteId) -> Vec<LineRoute> {
        let this = &self.sites[site];
        let mut routes: Vec<LineRoute> =
            this.ranges.iter().map(|range| LineRoute { prefix: *range, line: None }).collect();
        for &line in &this.lines {
            let announced = self.announced(line).unwrap_or_default();
            let Some(known) = &this.routes_back else {
                routes.extend(announced.into_iter().map(|prefix| LineRoute { prefix, line: Some(line) }));
                continue;
            };
            // What it knows of us was said, but not by which line it goes there: by those that lead there.
            for prefix in known {
                let within = announced.iter().filter_map(|range| longer(*prefix, *range));
                routes.extend(within.map(|prefix| LineRoute { prefix, line: Some(line) }));
                routes.push(LineRoute { prefix: *prefix, line: Some(line) });
            }
        }
        routes
    }

    /// Which line each part of some destinations takes: the longest prefix; at a tie a line that is up, then the kind (VG-4).
    /// `same` tells whether two lines come to the same place.
    pub fn choose_line(
        &self,
        mut routes: Vec<LineRoute>,
        destinations: &AddressSet,
        same: impl Fn(LineId, LineId) -> bool,
    ) -> Vec<(AddressSet, LineChoice)> {
        let (withdrawn, mut kept): (Vec<_>, Vec<_>) =
            routes.drain(..).partition(|route| route.line.is_some_and(|id| self.lines[id].is_withdrawn()));
        let rank = |route: &LineRoute| {
            route.line.map(|id| (self.lines[id].state == LineState::Down, self.lines[id].kind, id))
        };
        kept.sort_by_key(|route| (std::cmp::Reverse(route.prefix.prefix_len()), route.prefix, rank(route)));
        let mut rest = destinations.clone();
        let mut parts = Vec::new();
        for (at, route) in kept.iter().enumerate() {
            let prefix = cidr_set(&route.prefix);
            let part = rest.intersect(&prefix);
            if part.is_empty() {
                continue;
            }
            rest = rest.subtract(&prefix);
            let after = kept.get(at + 1..).unwrap_or_default();
            parts.push((part, self.settle(route, after, &same)));
        }
        for route in &withdrawn {
            let prefix = cidr_set(&route.prefix);
            let part = rest.intersect(&prefix);
            if let (false, Some(line)) = (part.is_empty(), route.line) {
                rest = rest.subtract(&prefix);
                parts.push((part, LineChoice::Down(line)));
            }
        }
        if !rest.is_empty() {
            parts.push((rest, LineChoice::None));
        }
        parts
    }

    fn settle(
        &self,
        route: &LineRoute,
        after: &[LineRoute],
        same: &impl Fn(LineId, LineId) -> bool,
    ) -> LineChoice {
        let Some(id) = route.line else { return LineChoice::Own };
        let line = &self.lines[id];
        // AS paths are not modelled: between equals nobody knows which wins, where that matters.
        let equal = |other: &&LineRoute| {
            other.prefix == route.prefix
                && other.line.is_some_and(|other| {
                    self.lines[other].kind == line.kind && self.lines[other].state != LineState::Down
                })
        };
        let mut others = after.iter().filter(equal).filter_map(|other| other.line);
        match line.state {
            LineState::Unknown => LineChoice::Unknown(Some(id)),
            LineState::Up if others.any(|other| !same(id, other)) => LineChoice::Ambiguous(id),
            LineState::Up => LineChoice::By(id),
            LineState::Down => {
                // Whether a router gives up a static route while its line is down is its own business.
                let covers = |other: &LineRoute| {
                    other.prefix.contains(&route.prefix)
                        && other.line.is_some_and(|other| self.lines[other].state != LineState::Down)
                };
                match after.iter().any(covers) {
                    true => LineChoice::Unknown(Some(id)),
                    false => LineChoice::Down(id),
                }
            }
        }
    }
}

/// What two prefixes have in common: the longer one, if they overlap.
fn longer(a: IpNet, b: IpNet) -> Option<IpNet> {
    if a.contains(&b) {
        Some(b)
    } else if b.contains(&a) {
        Some(a)
    } else {
        None
    }
}
