//! Networks of one's own and the lines that lead to them (VG-1 to VG-9).

use ipnet::IpNet;

use crate::flow::AddressSet;
use crate::topology::{
    Completeness, Diagnostic, DirectConnectGateway, Entry, LineState, Place, Spanned, VpnConnection,
    VpnRouting,
};

use super::super::id::{AttachmentId, LineId, NamedNetworkId, SiteId, VpcId, VpnGatewayId};
use super::super::{
    Code, Learnt, Line, LineEnd, LineKind, Route, RouteKind, Site, Target, Unlisted, VpnGateway,
};
use super::{Compiler, code, set_of};

/// What AWS calls what an attachment of a transit gateway may lead to.
const VPN_CONNECTION: &str = "VPN connection";
const DIRECT_CONNECT_GATEWAY: &str = "Direct Connect gateway";

/// A virtual interface, as far as its lines are concerned.
struct Far<'t> {
    name: &'t str,
    place: Place,
    network: Option<&'t Spanned<String>>,
    advertised: Option<&'t Vec<Spanned<IpNet>>>,
    state: Spanned<LineState>,
}

impl<'t> Compiler<'t> {
    /// The networks that are not on the internet.
    pub(super) fn sites(&mut self) {
        let networks: Vec<_> = self.network.networks.ids().zip(&self.topology.networks).collect();
        for (id, entry) in networks {
            if self.network.networks[id].on_premises {
                self.site_of_network(id, entry);
            }
        }
    }

    fn site_of_network(
        &mut self,
        id: NamedNetworkId,
        entry: &Entry<crate::topology::NamedNetwork>,
    ) -> SiteId {
        if let Some(&site) = self.scope.sites.get(entry.name()) {
            return site;
        }
        self.network.networks[id].on_premises = true;
        let masked = |cidrs: &[Spanned<IpNet>]| cidrs.iter().map(|cidr| cidr.value.trunc()).collect();
        let ranges: Vec<IpNet> = masked(&entry.value.cidrs);
        let site = Site {
            name: entry.name().to_owned(),
            place: entry.place(),
            network: Some(id),
            addresses: self.own_addresses(&ranges),
            ranges,
            routes_back: entry.value.routes_back.as_deref().map(masked),
            lines: Vec::new(),
        };
        let site = self.network.sites.push(site);
        self.scope.sites.insert(entry.name().to_owned(), site);
        site
    }

    /// Ranges without the VPCs that are carved out of one of them: 10.0.0.0/8 is not where 10.5.0.0/16 is.
    fn own_addresses(&self, ranges: &[IpNet]) -> AddressSet {
        let vpcs = self.network.vpcs.iter();
        let carved: Vec<IpNet> = vpcs
            .flat_map(|(_, vpc)| {
                let ipv4 = vpc.cidrs.iter().copied().map(IpNet::V4);
                ipv4.chain(vpc.ipv6_cidrs.iter().copied().map(IpNet::V6)).collect::<Vec<_>>()
            })
            .collect();
        let own = |range: &IpNet| {
            let inner = carved.iter().filter(|vpc| range.contains(*vpc) && *vpc != range);
            inner.fold(set_of(*range), |rest, vpc| rest.subtract(&set_of(*vpc)))
        };
        ranges.iter().fold(AddressSet::empty(), |all, range| all.union(&own(range)))
    }

    pub(super) fn vpn_gateways(&mut self) {
        for (vpc, entry) in self.said() {
            let Some(said) = &entry.value.vpn_gateway else { continue };
            let edge_table = said.route_table.as_ref().map(|table| {
                self.network.unmodelled.push(super::super::Unmodelled {
                    kind: "gateway route table".to_owned(),
                    name: table.value.clone(),
                    place: table.place,
                    vpc: Some(vpc),
                    subnets: Vec::new(),
                    security_groups: Vec::new(),
                    why: None,
                })
            });
            let id = self.network.vpn_gateways.push(VpnGateway {
                name: said.name.value.clone(),
                place: said.name.place,
                vpc,
                attached: said.attached.value,
                attached_place: said.attached.place,
                edge_table,
                lines: Vec::new(),
                more_lines: said.more_lines.clone(),
            });
            self.scope.vpn_gateways.insert((vpc, said.name.value.clone()), id);
        }
        self.lines();
    }

    /// The lines that end at virtual private gateways. Those of transit gateways come with the attachments.
    fn lines(&mut self) {
        for entry in &self.topology.vpn_connections {
            self.check_vpn_connection(entry);
            let Some(gateway) = &entry.value.gateway else { continue };
            if let Some(id) = self.end_of_line(gateway) {
                self.vpn_line(entry, LineEnd::VpnGateway(id));
            }
        }
        for entry in &self.topology.direct_connect_gateways {
            let mut vpcs: Vec<(VpcId, Place)> = Vec::new();
            for gateway in &entry.value.gateways {
                let Some(id) = self.end_of_line(gateway) else { continue };
                let vpc = self.network.vpn_gateways[id].vpc;
                self.check_common_gateway(&vpcs, vpc, gateway.place);
                vpcs.push((vpc, gateway.place));
                self.direct_connect_lines(entry, LineEnd::VpnGateway(id));
            }
        }
        for entry in &self.topology.virtual_interfaces {
            let said = &entry.value;
            if self.topology.direct_connect_gateways.get(&said.gateway.value).is_some() {
                continue;
            }
            if let Some(id) = self.end_of_line(&said.gateway) {
                let far = Far {
                    name: entry.name(),
                    place: said.place,
                    network: said.network.as_ref(),
                    advertised: said.advertised.as_ref(),
                    state: said.state,
                };
                self.direct_connect_line(&far, LineEnd::VpnGateway(id), None);
            }
        }
    }

    /// The virtual private gateway that a line names; none for a transit gateway, and for a wrong name, which is reported.
    fn end_of_line(&mut self, name: &Spanned<String>) -> Option<VpnGatewayId> {
        let (vpc, bare) = match name.value.split_once('/') {
            Some((vpc, bare)) => (Some(vpc), bare),
            None => (None, name.value.as_str()),
        };
        let named = |(_, gateway): &(VpnGatewayId, &VpnGateway)| {
            gateway.name == bare && vpc.is_none_or(|vpc| self.network.vpcs[gateway.vpc].name == vpc)
        };
        let found: Vec<VpnGatewayId> =
            self.network.vpn_gateways.iter().filter(named).map(|(id, _)| id).collect();
        if let [only] = found.as_slice() {
            return Some(*only);
        }
        if self.topology.transit_gateways.get(&name.value).is_some() {
            return None;
        }
        let known: Vec<String> = self
            .network
            .vpn_gateways
            .iter()
            .map(|(_, gateway)| format!("{}/{}", self.network.vpcs[gateway.vpc].name, gateway.name))
            .chain(self.topology.transit_gateways.iter().map(|entry| entry.name().to_owned()))
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        if found.len() > 1 {
            let message = format!("more than one VPC has a virtual private gateway `{bare}`");
            self.report(
                Diagnostic::error(code::UNKNOWN_NAME, message, name.place)
                    .help(format!("say which: {}", known.join(", "))),
            );
        } else if self.topology.unmodelled.iter().all(|item| item.name.value != name.value) {
            self.unknown_name("virtual private gateway or transit gateway", name, &known);
        }
        None
    }

    fn vpn_line(&mut self, entry: &'t Entry<VpnConnection>, end: LineEnd) -> LineId {
        let said = &entry.value;
        let kind = match said.routing.value {
            VpnRouting::Static => LineKind::StaticVpn,
            VpnRouting::Bgp => LineKind::BgpVpn,
        };
        let site = self.site(said.network.as_ref(), said.customer_gateway.as_ref(), entry.name(), said.place);
        let nothing = || (self.topology.completeness == Completeness::Complete).then(Vec::new);
        let prefixes = match kind {
            LineKind::StaticVpn => said.static_routes.as_deref().map(masked).or_else(nothing),
            _ => self.advertised(said.advertised.as_ref(), site),
        };
        let state = |wanted| said.tunnels.iter().find(|tunnel| tunnel.value == wanted).copied();
        // VG-7: one tunnel is enough.
        let state = state(LineState::Up)
            .or_else(|| state(LineState::Unknown))
            .or_else(|| state(LineState::Down))
            .unwrap_or_default();
        self.push_line(Line {
            name: entry.name().to_owned(),
            place: said.place,
            kind,
            end,
            site,
            state: state.value,
            state_place: state.place,
            ipv6: said.ipv6.value,
            prefixes,
            by_gateway: false,
            allowed: None,
        })
    }

    /// VG-9: every virtual interface of a Direct Connect gateway, towards one of its gateways.
    fn direct_connect_lines(&mut self, entry: &'t Entry<DirectConnectGateway>, end: LineEnd) -> Vec<LineId> {
        let said = &entry.value;
        let interfaces = self.topology.virtual_interfaces.iter();
        let mut fars: Vec<Far<'_>> = interfaces
            .filter(|interface| interface.value.gateway.value == entry.name())
            .map(|interface| Far {
                name: interface.name(),
                place: interface.value.place,
                network: interface.value.network.as_ref(),
                advertised: interface.value.advertised.as_ref(),
                state: interface.value.state,
            })
            .collect();
        if said.network.is_some() || said.advertised.is_some() || fars.is_empty() {
            fars.push(Far {
                name: entry.name(),
                place: said.place,
                network: said.network.as_ref(),
                advertised: said.advertised.as_ref(),
                state: said.state,
            });
        }
        fars.iter().map(|far| self.direct_connect_line(far, end, Some(said))).collect()
    }

    fn direct_connect_line(
        &mut self,
        far: &Far<'_>,
        end: LineEnd,
        gateway: Option<&DirectConnectGateway>,
    ) -> LineId {
        let site = self.site(far.network, None, far.name, far.place);
        let prefixes = self.advertised(far.advertised, site);
        self.push_line(Line {
            name: far.name.to_owned(),
            place: far.place,
            kind: LineKind::DirectConnect,
            end,
            site,
            state: far.state.value,
            state_place: far.state.place,
            ipv6: false,
            prefixes,
            by_gateway: gateway.is_some(),
            allowed: gateway.and_then(|gateway| gateway.allowed_prefixes.as_deref()).map(masked),
        })
    }

    fn push_line(&mut self, line: Line) -> LineId {
        let (end, site) = (line.end, line.site);
        let ranges = line.prefixes.clone().unwrap_or_default();
        let id = self.network.lines.push(line);
        if let LineEnd::VpnGateway(gateway) = end {
            self.network.vpn_gateways[gateway].lines.push(id);
        }
        let at = site;
        self.network.sites[at].lines.push(id);
        // A site without a name is what its lines say it is.
        if self.network.sites[at].network.is_none() {
            let site = &mut self.network.sites[at];
            site.ranges.extend(ranges.into_iter().filter(|range| range.prefix_len() > 0));
            let ranges = site.ranges.clone();
            let addresses = self.own_addresses(&ranges);
            self.network.sites[at].addresses = addresses;
        }
        id
    }

    fn advertised(&self, said: Option<&Vec<Spanned<IpNet>>>, site: SiteId) -> Option<Vec<IpNet>> {
        let site = &self.network.sites[site];
        said.map(|said| masked(said)).or_else(|| site.network.map(|_| site.ranges.clone()))
    }

    /// Where a line leads to: the network that it names, or whatever is behind its customer gateway.
    fn site(
        &mut self,
        network: Option<&Spanned<String>>,
        customer: Option<&Spanned<String>>,
        line: &str,
        place: Place,
    ) -> SiteId {
        if let Some(name) = network {
            let found = self.scope.networks.get(&name.value).copied();
            if let (Some(id), Some(entry)) =
                (found, self.topology.networks.iter().find(|entry| entry.name() == name.value))
            {
                return self.site_of_network(id, entry);
            }
            // Reports the name.
            self.network_addresses(&name.value, name.place);
        }
        let name = match customer {
            Some(customer) => format!("the network behind customer gateway {}", customer.value),
            None => format!("the network behind {line}"),
        };
        if let Some(&site) = self.scope.sites.get(&name) {
            return site;
        }
        let site = self.network.sites.push(Site {
            name: name.clone(),
            place,
            network: None,
            ranges: Vec::new(),
            addresses: AddressSet::empty(),
            routes_back: None,
            lines: Vec::new(),
        });
        self.scope.sites.insert(name, site);
        site
    }

    /// The lines of an attachment of a transit gateway; none if what it leads to is not described.
    pub(super) fn attached_lines(&mut self, id: AttachmentId, kind: &str, name: &str) -> Option<Vec<LineId>> {
        let end = LineEnd::Attachment(id);
        match kind {
            VPN_CONNECTION => {
                let mut all = self.topology.vpn_connections.iter();
                let entry = all.find(|entry| entry.name() == name)?;
                Some(vec![self.vpn_line(entry, end)])
            }
            DIRECT_CONNECT_GATEWAY => {
                let mut all = self.topology.direct_connect_gateways.iter();
                let entry = all.find(|entry| entry.name() == name)?;
                Some(self.direct_connect_lines(entry, end))
            }
            _ => None,
        }
    }

    /// VG-2: what a table of a VPC learns from the virtual private gateway.
    pub(super) fn learn_from(&mut self, gateway: VpnGatewayId, place: Place) -> (Vec<Route>, Vec<Unlisted>) {
        let this = &self.network.vpn_gateways[gateway];
        let (name, target) = (this.name.clone(), Target::VpnGateway(gateway));
        let unlisted = || Unlisted {
            name: name.clone(),
            code: Code::Und002,
            target,
            public_only: false,
            except: AddressSet::empty(),
            place,
        };
        let mut unknown = Vec::new();
        if this.more_lines.is_some() {
            unknown.push(unlisted());
        }
        let mut routes = Vec::new();
        for line in this.lines.iter().map(|id| &self.network.lines[*id]) {
            if line.state == LineState::Down {
                continue;
            }
            let Some(learnt) = line.learnt().filter(|_| line.state == LineState::Up) else {
                unknown.push(unlisted());
                continue;
            };
            routes.extend(learnt.map(|prefix| Route {
                prefix,
                target,
                target_name: name.clone(),
                kind: RouteKind::Propagated(line.kind.into()),
                prefix_list: None,
                blackhole: false,
                place,
            }));
        }
        (routes, unknown)
    }

    fn check_vpn_connection(&mut self, entry: &'t Entry<VpnConnection>) {
        let said = &entry.value;
        if let Some(customer) = &said.customer_gateway
            && self.topology.customer_gateways.get(&customer.value).is_none()
        {
            let known: Vec<&str> = self.topology.customer_gateways.iter().map(Entry::name).collect();
            self.unknown_name("customer gateway", customer, &known);
        }
        if self.network.partial {
            return;
        }
        let Some(gateway) = &said.gateway else { return };
        let is_transit = self.topology.transit_gateways.get(&gateway.value).is_some();
        let name = entry.name();
        if said.ipv6.value && !is_transit {
            let message = format!("VPN connection `{name}` can't carry IPv6 to a virtual private gateway");
            self.report(
                Diagnostic::error(code::LINE, message, said.ipv6.place)
                    .help("only a VPN connection of a transit gateway has an IPv6 inside (VG-6)"),
            );
        }
        let ipv6 = said.static_routes.iter().flatten().find(|route| matches!(route.value, IpNet::V6(_)));
        if let (Some(route), false) = (ipv6, is_transit) {
            let message = format!("`{}` can't be a static route of VPN connection `{name}`", route.value);
            self.report(
                Diagnostic::error(code::LINE, message, route.place)
                    .help("a VPN connection on a virtual private gateway carries IPv4 only (VG-6)"),
            );
        }
        if let (Some(first), true) = (said.static_routes.iter().flatten().next(), is_transit) {
            let message = format!(
                "VPN connection `{name}` is on a transit gateway: it has no static routes of its own"
            );
            self.report(
                Diagnostic::error(code::LINE, message, first.place).help(
                    "write them in a route table of the transit gateway, with the attachment as target",
                ),
            );
        }
        if let (Some(first), VpnRouting::Static) =
            (said.advertised.iter().flatten().next(), said.routing.value)
        {
            let message = format!("VPN connection `{name}` has static routes: nothing is advertised to it");
            self.report(
                Diagnostic::error(code::LINE, message, first.place)
                    .help("write `static_routes`, or `routing: bgp` without them"),
            );
        }
        if let (Some(first), VpnRouting::Bgp) =
            (said.static_routes.iter().flatten().next(), said.routing.value)
        {
            let message = format!("VPN connection `{name}` has BGP: it takes no static routes");
            self.report(
                Diagnostic::error(code::LINE, message, first.place)
                    .help("write `advertised`, or `routing: static`"),
            );
        }
    }

    /// Every VPN connection of a transit gateway needs an attachment.
    pub(super) fn check_lines(&mut self) {
        if self.network.partial {
            return;
        }
        for entry in &self.topology.vpn_connections {
            let Some(gateway) = &entry.value.gateway else { continue };
            let Some(transit) = self.topology.transit_gateways.get(&gateway.value) else { continue };
            let attached = transit.attachments.iter().any(|attachment| {
                matches!(&attachment.value.to, crate::topology::AttachedTo::Other { kind, name, .. }
                    if kind == VPN_CONNECTION && name.value == entry.name())
            });
            if !attached {
                let name = entry.name();
                let message = format!(
                    "transit gateway `{}` has no attachment for VPN connection `{name}`",
                    gateway.value
                );
                self.report(
                    Diagnostic::error(code::LINE, message, gateway.place)
                        .help(format!("add one there: `attachments: {{{name}: {{vpn: {name}}}}}`")),
                );
            }
        }
    }

    /// VG-9: VPCs that share a Direct Connect gateway must not overlap.
    fn check_common_gateway(&mut self, earlier: &[(VpcId, Place)], vpc: VpcId, place: Place) {
        let addresses = &self.network.vpcs[vpc].addresses;
        let twin = earlier
            .iter()
            .find(|(other, _)| !self.network.vpcs[*other].addresses.is_disjoint(addresses))
            .filter(|_| !self.network.partial);
        if let Some((other, first)) = twin {
            let message = format!(
                "VPCs `{}` and `{}` overlap: they can't share a Direct Connect gateway",
                self.network.vpcs[*other].name, self.network.vpcs[vpc].name
            );
            let diagnostic = Diagnostic::error(code::LINE, message, place);
            self.report(
                diagnostic.also(*first, "the first one").help("give one of them another range (VG-9)"),
            );
        }
    }
}

fn masked(cidrs: &[Spanned<IpNet>]) -> Vec<IpNet> {
    cidrs.iter().map(|cidr| cidr.value.trunc()).collect()
}

impl From<LineKind> for Learnt {
    fn from(kind: LineKind) -> Self {
        match kind {
            LineKind::DirectConnect => Self::DirectConnect,
            LineKind::StaticVpn => Self::StaticVpn,
            LineKind::BgpVpn => Self::BgpVpn,
        }
    }
}
