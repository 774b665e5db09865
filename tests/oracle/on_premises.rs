//! Networks of one's own and the lines to them (VG-1 to VG-9), for one packet.

use std::net::IpAddr;

use ipnet::IpNet;
use vpcreach::topology::{self as said, LineState, Topology, VpnRouting};

use super::packet::Headers;
use super::walk::{Arrival, Arrived, Stop, Walk};
use super::world::{Owner, Target, World};

#[derive(Debug)]
pub struct VpnGateway {
    pub vpc: usize,
    pub name: String,
    pub attached: bool,
    pub edge_table: bool,
}

#[derive(Debug)]
pub struct Site {
    pub name: String,
    pub cidrs: Vec<IpNet>,
    pub routes_back: Option<Vec<IpNet>>,
}

/// VG-4: the first kind wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    DirectConnect,
    Static,
    Bgp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    VpnGateway(usize),
    /// Gateway and attachment.
    Transit(usize, usize),
}

#[derive(Debug)]
pub struct Line {
    pub kind: Kind,
    pub end: End,
    pub site: usize,
    pub up: bool,
    /// What is said to be behind it.
    pub behind: Vec<IpNet>,
    pub ipv6: bool,
    /// VG-9: with a Direct Connect gateway, what that lets through.
    pub direct_connect_gateway: Option<Option<Vec<IpNet>>>,
}

impl Line {
    fn carries(&self, address: IpAddr) -> bool {
        match (self.kind, self.end) {
            (Kind::DirectConnect, _) => true,
            // VG-6.
            (_, End::VpnGateway(_)) => address.is_ipv4(),
            (_, End::Transit(..)) => address.is_ipv6() == self.ipv6,
        }
    }

    /// BGP notices that a line is down.
    pub fn withdrawn(&self) -> bool {
        !self.up && self.kind != Kind::Static
    }

    pub fn knows(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.behind.iter().copied().filter(|cidr| self.carries(cidr.addr()))
    }
}

pub fn resolve(world: &mut World, topology: &Topology) {
    for entry in &topology.networks {
        if entry.value.on_premises {
            let masked = |cidrs: &[said::Spanned<IpNet>]| cidrs.iter().map(|one| one.value.trunc()).collect();
            world.sites.push(Site {
                name: entry.name().to_owned(),
                cidrs: masked(&entry.value.cidrs),
                routes_back: entry.value.routes_back.as_deref().map(masked),
            });
        }
    }
    for (vpc, entry) in topology.vpcs.iter().enumerate() {
        if let Some(gateway) = &entry.value.vpn_gateway {
            world.vpn_gateways.push(VpnGateway {
                vpc,
                name: gateway.name.value.clone(),
                attached: gateway.attached.value,
                edge_table: gateway.route_table.is_some(),
            });
        }
    }
    for entry in &topology.vpn_connections {
        let gateway = entry.value.gateway.as_ref().and_then(|name| vpn_gateway(world, &name.value));
        if let Some(gateway) = gateway {
            vpn(world, &entry.value, End::VpnGateway(gateway));
        }
    }
    for entry in &topology.direct_connect_gateways {
        for name in &entry.value.gateways {
            if let Some(gateway) = vpn_gateway(world, &name.value) {
                direct_connect(world, topology, entry, End::VpnGateway(gateway));
            }
        }
    }
    for entry in &topology.virtual_interfaces {
        let said = &entry.value;
        if let Some(gateway) = vpn_gateway(world, &said.gateway.value) {
            let network = said.network.as_ref();
            virtual_interface(
                world,
                network,
                said.advertised.as_ref(),
                said.state.value,
                End::VpnGateway(gateway),
                None,
            );
        }
    }
}

fn vpn_gateway(world: &World, name: &str) -> Option<usize> {
    world.vpn_gateways.iter().position(|gateway| {
        gateway.name == name || format!("{}/{}", world.vpcs[gateway.vpc].name, gateway.name) == name
    })
}

fn site(world: &World, name: Option<&said::Spanned<String>>) -> usize {
    let name = &name.expect("generated lines name their network").value;
    world.sites.iter().position(|site| site.name == *name).expect("a network")
}

/// The lines of an attachment of a transit gateway.
pub fn attached(
    world: &mut World,
    topology: &Topology,
    kind: &str,
    name: &str,
    end: End,
) -> Option<Vec<usize>> {
    let before = world.lines.len();
    if kind.contains("VPN") {
        vpn(world, topology.vpn_connections.get(name)?, end);
    } else {
        let entry = topology.direct_connect_gateways.iter().find(|entry| entry.name() == name)?;
        direct_connect(world, topology, entry, end);
    }
    Some((before..world.lines.len()).collect())
}

fn masked(cidrs: &[said::Spanned<IpNet>]) -> Vec<IpNet> {
    cidrs.iter().map(|cidr| cidr.value.trunc()).collect()
}

fn vpn(world: &mut World, said: &said::VpnConnection, end: End) {
    let site = site(world, said.network.as_ref());
    let (kind, behind) = match said.routing.value {
        VpnRouting::Static => (Kind::Static, said.static_routes.as_deref().map(masked).unwrap_or_default()),
        VpnRouting::Bgp => {
            let advertised = said.advertised.as_deref().map(masked);
            (Kind::Bgp, advertised.unwrap_or_else(|| world.sites[site].cidrs.clone()))
        }
    };
    // VG-7.
    let up = said.tunnels.is_empty() || said.tunnels.iter().any(|tunnel| tunnel.value == LineState::Up);
    let ipv6 = said.ipv6.value;
    world.lines.push(Line { kind, end, site, up, behind, ipv6, direct_connect_gateway: None });
}

fn direct_connect(
    world: &mut World,
    topology: &Topology,
    entry: &said::Entry<said::DirectConnectGateway>,
    end: End,
) {
    let said = &entry.value;
    let allowed = said.allowed_prefixes.as_deref().map(masked);
    for one in topology.virtual_interfaces.iter().filter(|one| one.value.gateway.value == entry.name()) {
        let one = &one.value;
        let (network, advertised) = (one.network.as_ref(), one.advertised.as_ref());
        virtual_interface(world, network, advertised, one.state.value, end, Some(allowed.clone()));
    }
    if said.network.is_some() {
        let (network, advertised) = (said.network.as_ref(), said.advertised.as_ref());
        virtual_interface(world, network, advertised, said.state.value, end, Some(allowed));
    }
}

fn virtual_interface(
    world: &mut World,
    network: Option<&said::Spanned<String>>,
    advertised: Option<&Vec<said::Spanned<IpNet>>>,
    state: LineState,
    end: End,
    direct_connect_gateway: Option<Option<Vec<IpNet>>>,
) {
    let site = site(world, network);
    let behind = advertised.map_or_else(|| world.sites[site].cidrs.clone(), |said| masked(said));
    let (kind, up) = (Kind::DirectConnect, state == LineState::Up);
    world.lines.push(Line { kind, end, site, up, behind, ipv6: false, direct_connect_gateway });
}

/// VG-2: what a table of that VPC learns.
pub fn propagated(world: &World, vpc: usize) -> Vec<super::world::Route> {
    let Some(gateway) = world.vpn_gateways.iter().position(|gateway| gateway.vpc == vpc) else {
        return Vec::new();
    };
    let lines = world.lines.iter().filter(|line| line.end == End::VpnGateway(gateway) && line.up);
    let (target, rank) = (Target::VpnGateway(gateway), super::world::Rank::Propagated);
    let route = |destination| super::world::Route { destination, target: target.clone(), rank };
    lines.flat_map(|line| line.knows().map(route).collect::<Vec<_>>()).collect()
}

/// One thing that a router knows: how long the prefix is, and which line; no line for what it has itself.
struct Hold {
    length: u8,
    line: Option<usize>,
}

enum Picked {
    Own,
    Line(usize),
}

impl World {
    /// Whether a network has an address. READING: of a range that holds a whole VPC and more, the VPC is carved out.
    pub fn site_has(&self, site: usize, address: IpAddr) -> bool {
        let carved = |range: &IpNet| {
            let mut vpcs = self.vpcs.iter().flat_map(|vpc| &vpc.cidrs);
            vpcs.any(|vpc| range != vpc && range.contains(vpc) && vpc.contains(&address))
        };
        self.sites[site].cidrs.iter().any(|range| range.contains(&address) && !carved(range))
    }

    pub fn is_on_premises(&self, address: IpAddr) -> bool {
        (0..self.sites.len()).any(|site| self.site_has(site, address))
    }

    fn junction(&self, line: usize) -> (bool, usize) {
        match self.lines[line].end {
            End::VpnGateway(gateway) => (false, gateway),
            End::Transit(gateway, _) => (true, gateway),
        }
    }

    /// Longest prefix; then what is up; then the kind. `apart` tells whether two lines lead to different places.
    fn pick(&self, known: Vec<Hold>, apart: impl Fn(usize, usize) -> bool) -> Result<Picked, Stop> {
        let known: Vec<Hold> = known
            .into_iter()
            .filter(|one| one.line.is_none_or(|line| !self.lines[line].withdrawn()))
            .collect();
        let order = |one: &&Hold| {
            let rank = one.line.map(|line| (!self.lines[line].up, self.lines[line].kind, line));
            (std::cmp::Reverse(one.length), rank)
        };
        let Some(best) = known.iter().min_by_key(order) else {
            return Err(Stop::dropped("no line knows it (VG-1)"));
        };
        let Some(line) = best.line else { return Ok(Picked::Own) };
        if !self.lines[line].up {
            // READING: whether the static route of a dead line gives way to a shorter one, nobody knows.
            if known.iter().any(|one| one.line.is_some_and(|other| self.lines[other].up)) {
                return Err(Stop::Unknown("a static route by a line that is down".to_owned()));
            }
            return Err(Stop::dropped("the line is down (VG-7)"));
        }
        let rival = |one: &Hold| {
            one.length == best.length
                && one.line.is_some_and(|other| {
                    self.lines[other].up
                        && self.lines[other].kind == self.lines[line].kind
                        && apart(other, line)
                })
        };
        match known.iter().any(rival) {
            true => Err(Stop::Unknown("two lines that are equally good".to_owned())),
            false => Ok(Picked::Line(line)),
        }
    }

    fn lines_of(&self, end: End) -> Vec<usize> {
        (0..self.lines.len()).filter(|line| self.lines[*line].end == end).collect()
    }

    /// VG-1, VG-4: the line of a gateway to whoever has the destination.
    pub fn line_to(&self, lines: &[usize], destination: IpAddr) -> Result<usize, Stop> {
        let mut known = Vec::new();
        for &line in lines {
            let holds = self.lines[line].knows().filter(|cidr| cidr.contains(&destination));
            known.extend(holds.map(|cidr| Hold { length: cidr.prefix_len(), line: Some(line) }));
        }
        match self.pick(known, |a, b| self.lines[a].site != self.lines[b].site)? {
            Picked::Line(line) => Ok(line),
            Picked::Own => unreachable!(),
        }
    }

    /// VG-5: the other lines that a virtual private gateway joins with this one.
    fn hub(&self, line: usize) -> Vec<usize> {
        let this = &self.lines[line];
        let joined = |other: &usize| {
            let other = &self.lines[*other];
            other.site != this.site
                && this.direct_connect_gateway.is_none()
                && other.direct_connect_gateway.is_none()
        };
        self.lines_of(this.end).into_iter().filter(joined).collect()
    }

    /// VG-3: what the far end of a line is told.
    fn told(&self, line: usize) -> Vec<IpNet> {
        let this = &self.lines[line];
        let mut told = match (this.end, &this.direct_connect_gateway) {
            (End::VpnGateway(gateway), allowed) => {
                let mut ranges = self.vpcs[self.vpn_gateways[gateway].vpc].cidrs.clone();
                if let Some(Some(allowed)) = allowed {
                    ranges.retain(|range| allowed.iter().any(|one| one.contains(range)));
                }
                for other in self.hub(line) {
                    if !self.lines[other].withdrawn() {
                        ranges.extend(self.lines[other].knows());
                    }
                }
                ranges
            }
            (End::Transit(..), Some(allowed)) => allowed.clone().unwrap_or_default(),
            (End::Transit(number, attachment), None) => {
                let gateway = &self.transit_gateways[number];
                match gateway.attachments[attachment].association {
                    Some(table) => {
                        let routes = gateway.tables[table].routes.iter();
                        // READING: nobody takes back by BGP what it announced itself.
                        let elsewhere = |to: usize| {
                            let sites = self.sites_behind(number, to);
                            sites.is_empty() || sites.iter().any(|site| *site != this.site)
                        };
                        let told = routes.filter(|route| route.to.is_some_and(elsewhere));
                        told.map(|route| route.destination).collect()
                    }
                    None => Vec::new(),
                }
            }
        };
        told.retain(|cidr| this.carries(cidr.addr()));
        told
    }

    /// What a transit gateway tells by BGP is not known if its table is not.
    fn told_is_known(&self, line: usize) -> bool {
        match (self.lines[line].end, &self.lines[line].direct_connect_gateway) {
            (End::Transit(_, _), Some(allowed)) => allowed.is_some(),
            (End::Transit(gateway, attachment), None) => {
                let gateway = &self.transit_gateways[gateway];
                let table = gateway.attachments[attachment].association;
                table.is_none_or(|table| gateway.tables[table].incomplete.is_none())
            }
            _ => true,
        }
    }
}

impl Walk<'_> {
    /// From a subnet into the virtual private gateway of its VPC.
    pub(super) fn enter_vpn_gateway(&mut self, gateway: usize, headers: Headers) -> Arrived {
        let world = self.world;
        let this = &world.vpn_gateways[gateway];
        if !this.attached {
            return Err(Stop::dropped("virtual private gateway not attached"));
        }
        // VG-5.
        if !world.owners.contains_key(&(this.vpc, headers.source)) {
            return Err(Stop::dropped("virtual private gateway: not from an interface of its VPC (VG-5)"));
        }
        let lines = world.lines_of(End::VpnGateway(gateway));
        let line = world.line_to(&lines, headers.destination)?;
        self.along(line, headers)
    }

    /// Out of AWS.
    pub(super) fn along(&mut self, line: usize, headers: Headers) -> Arrived {
        let this = &self.world.lines[line];
        self.note("line", headers);
        if !this.carries(headers.destination) {
            return Err(Stop::dropped("the line does not carry the family (VG-6)"));
        }
        if !this.up {
            return Err(Stop::dropped("the line is down (VG-7)"));
        }
        // READING: a network passes everything, and nobody knows what it does with addresses that it does not have.
        if !self.replying && !self.world.site_has(this.site, headers.destination) {
            return Err(Stop::Unknown("addresses beyond a network".to_owned()));
        }
        Ok((Arrival::Site(this.site), headers))
    }

    /// VG-3: out of a network.
    pub(super) fn leave_site(&mut self, site: usize, headers: Headers) -> Arrived {
        let world = self.world;
        let this = &world.sites[site];
        let destination = headers.destination;
        // DN-3, RFC 3927: link-local addresses are served on a link, and nobody routes them (seed 7008426).
        if matches!(destination, IpAddr::V4(v4) if v4.is_link_local()) {
            return Err(Stop::dropped("a link-local address is not routed (DN-3)"));
        }
        let own = this.cidrs.iter().filter(|cidr| cidr.contains(&destination));
        let mut known: Vec<Hold> = own.map(|cidr| Hold { length: cidr.prefix_len(), line: None }).collect();
        let lines: Vec<usize> =
            (0..world.lines.len()).filter(|line| world.lines[*line].site == site).collect();
        let mut withdrawn = false;
        for &line in &lines {
            let told = if world.told_is_known(line) { world.told(line) } else { Vec::new() };
            let told = told.iter().filter(|cidr| cidr.contains(&destination)).map(IpNet::prefix_len);
            let lengths: Vec<u8> = match &this.routes_back {
                None => told.collect(),
                Some(back) => {
                    let back = back.iter().filter(|cidr| cidr.contains(&destination)).map(IpNet::prefix_len);
                    let (told, back): (Vec<u8>, Vec<u8>) = (told.collect(), back.collect());
                    let both = back.iter().flat_map(|a| told.iter().map(move |b| *a.max(b)));
                    both.chain(back.iter().copied()).collect()
                }
            };
            withdrawn |= world.lines[line].withdrawn() && !lengths.is_empty();
            known.extend(lengths.into_iter().map(|length| Hold { length, line: Some(line) }));
        }
        let any = known.iter().any(|one| one.line.is_none_or(|line| !world.lines[line].withdrawn()));
        if !any && !withdrawn {
            let in_vpc = (0..world.vpcs.len()).any(|vpc| world.vpc_contains(vpc, destination));
            if super::gateways::is_public(destination) && !in_vpc && !world.is_on_premises(destination) {
                return Err(Stop::Unknown("how a network reaches the internet".to_owned()));
            }
            let unsure = |line: &usize| !world.told_is_known(*line) && !world.lines[*line].withdrawn();
            if lines.iter().any(unsure) {
                return Err(Stop::Unknown("what a transit gateway announces".to_owned()));
            }
            return Err(Stop::dropped("the network knows no way (VG-3)"));
        }
        let picked = world.pick(known, |a, b| world.junction(a) != world.junction(b));
        let picked = match picked {
            // READING: what is not known to be announced may be longer, and lead elsewhere.
            Ok(Picked::Line(line)) => {
                let unsure = |other: &usize| {
                    !world.told_is_known(*other)
                        && !world.lines[*other].withdrawn()
                        && world.junction(*other) != world.junction(line)
                };
                if lines.iter().any(unsure) {
                    return Err(Stop::Unknown("what a transit gateway announces".to_owned()));
                }
                Picked::Line(line)
            }
            other => other?,
        };
        let line = match picked {
            Picked::Own => return Ok((Arrival::Site(site), headers)),
            Picked::Line(line) => line,
        };
        self.note("line", headers);
        let this = &world.lines[line];
        if !this.carries(destination) {
            return Err(Stop::dropped("the line does not carry the family (VG-6)"));
        }
        match this.end {
            End::Transit(gateway, attachment) => self.leave_line(gateway, attachment, headers),
            End::VpnGateway(gateway) => {
                let gateway = &world.vpn_gateways[gateway];
                if world.vpc_contains(gateway.vpc, destination) {
                    if !gateway.attached {
                        return Err(Stop::dropped("virtual private gateway not attached"));
                    }
                    if gateway.edge_table {
                        return Err(Stop::Unknown("the route table of a virtual private gateway".to_owned()));
                    }
                    self.by_transit = false;
                    return self.deliver(gateway.vpc, None, headers);
                }
                // VG-5: to another line, or nowhere.
                let others = world.hub(line);
                let next = world.line_to(&others, destination)?;
                self.along(next, headers)
            }
        }
    }

    /// Where a packet of a network ends that never left it.
    pub(super) fn stays(&self, headers: &Headers) -> Result<(), Stop> {
        let vpcs = 0..self.world.vpcs.len();
        let mut owners = vpcs.filter_map(|vpc| self.world.owners.get(&(vpc, headers.destination)));
        match owners.next() {
            // VG-8: whoever was meant, it is not the host in a VPC.
            Some(Owner::Interface(_)) => Err(Stop::dropped("the network has the address itself (VG-8)")),
            _ => Ok(()),
        }
    }
}
