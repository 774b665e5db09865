//! Routes: destinations and targets (RT-1 to RT-14).

use ipnet::IpNet;

use crate::flow::AddressSet;
use crate::topology::{
    Completeness, Diagnostic, RouteDestination, RouteOrigin, RouteState, RouteTarget, Spanned,
};

use super::super::id::{RouteTableId, VpcId};
use super::super::{Code, Learnt, Route, RouteKind, RouteTable, Target, Unlisted};
use super::{Compiler, code, set_of};

/// Prefixes of AWS ids, for targets that a capture names but does not hold.
const TARGET_KINDS: [(&str, &str); 11] = [
    ("igw-", "internet gateway"),
    ("eigw-", "egress-only internet gateway"),
    ("nat-", "NAT gateway"),
    ("eni-", "network interface"),
    ("i-", "instance"),
    ("pcx-", "peering connection"),
    ("tgw-", "transit gateway"),
    ("vgw-", "virtual private gateway"),
    ("vpce-", "VPC endpoint"),
    ("cagw-", "carrier gateway"),
    ("lgw-", "local gateway"),
];

impl<'t> Compiler<'t> {
    pub(super) fn routes(&mut self) {
        for (vpc, entry) in self.said() {
            let said = &entry.value;
            let main = self.network.vpcs[vpc].main_route_table;
            let mut filled = vec![];
            for table in &said.route_tables {
                let Some(&id) = self.scope.route_tables.get(&(vpc, table.name().to_owned())) else {
                    continue;
                };
                let learnt = self.learnt(vpc, &table.value);
                self.fill(vpc, id, &table.value.routes, learnt);
                self.propagated(vpc, id, &table.value);
                filled.push(id);
            }
            for subnet in &said.subnets {
                let Some(routes) = &subnet.value.routes else { continue };
                let Some(&id) = self.scope.subnets.get(&(vpc, subnet.name().to_owned())) else { continue };
                if let Some(table) = self.network.subnets[id].route_table {
                    self.fill(vpc, table, routes, (Vec::new(), Vec::new()));
                }
            }
            if !filled.contains(&main) {
                self.fill(vpc, main, &[], (Vec::new(), Vec::new()));
            }
        }
    }

    /// VG-2: what a table learns. A capture lists it.
    fn learnt(&mut self, vpc: VpcId, said: &crate::topology::RouteTable) -> (Vec<Route>, Vec<Unlisted>) {
        let (mut routes, mut unlisted) = (Vec::new(), Vec::new());
        if self.network.is_capture() {
            return (routes, unlisted);
        }
        for gateway in &said.propagating {
            if let Some(Target::VpnGateway(id)) = self.named_target(vpc, &gateway.value) {
                let (more, unknown) = self.learn_from(id, gateway.place);
                routes.extend(more);
                unlisted.extend(unknown);
            }
        }
        (routes, unlisted)
    }

    fn fill(
        &mut self,
        vpc: VpcId,
        table: RouteTableId,
        said: &'t [crate::topology::Route],
        (learnt, mut unlisted): (Vec<Route>, Vec<Unlisted>),
    ) {
        let mut routes = self.local_routes(vpc, said);
        routes.extend(learnt);
        for route in said.iter().filter(|route| route.target.value != RouteTarget::Local) {
            routes.extend(self.route(vpc, route));
            let target = self.target(vpc, &route.target).0;
            unlisted.extend(self.unlisted(route, target));
        }
        self.check_duplicates(said);
        // RT-4: not even where the target of `local` was replaced.
        let inside = &self.network.vpcs[vpc].addresses;
        routes.retain(|route| !route.kind.is_propagated() || !set_of(route.prefix).is_subset(inside));
        let old = &self.network.route_tables[table];
        let mut filled = RouteTable::new(old.name.clone(), old.aliases.clone(), old.place, Some(vpc), routes);
        filled.unlisted = unlisted;
        self.network.route_tables[table] = filled;
    }

    /// What a table learns from a virtual private gateway that is not described is not known.
    fn propagated(&mut self, vpc: VpcId, table: RouteTableId, said: &crate::topology::RouteTable) {
        if self.network.is_capture() {
            return;
        }
        for gateway in &said.propagating {
            let target = self.named_target(vpc, &gateway.value).unwrap_or(Target::Missing);
            if matches!(target, Target::VpnGateway(_)) {
                continue;
            }
            let name = gateway.value.clone();
            let unlisted = Unlisted {
                name,
                code: Code::Und001,
                target,
                public_only: false,
                except: AddressSet::empty(),
                place: gateway.place,
            };
            self.network.route_tables[table].unlisted.push(unlisted);
        }
    }

    /// A route by a prefix list whose entries are not known.
    pub(super) fn unlisted(&self, said: &crate::topology::Route, target: Target) -> Option<Unlisted> {
        let name = match &said.destination.value {
            RouteDestination::PrefixList(name) => name,
            RouteDestination::Unknown(reason) => {
                let name = reason.clone();
                return Some(Unlisted {
                    name,
                    code: Code::Und007,
                    target,
                    public_only: false,
                    except: AddressSet::empty(),
                    place: said.place,
                });
            }
            RouteDestination::Cidr(_) => return None,
        };
        let public_only = match target {
            Target::GatewayEndpoint(_) => true,
            Target::Unmodelled(id) => self.network.unmodelled[id].kind.contains("endpoint"),
            _ => false,
        };
        let list = self.topology.prefix_lists.get(name);
        let known = list.is_some_and(|list| list.entries.is_some());
        (!known).then(|| Unlisted {
            code: Code::Und003,
            name: name.clone(),
            target,
            public_only,
            except: AddressSet::empty(),
            place: said.place,
        })
    }

    /// VP-3: one `local` route per range of the VPC, unless its target was replaced (RT-6).
    fn local_routes(&self, vpc: VpcId, said: &[crate::topology::Route]) -> Vec<Route> {
        let this = &self.network.vpcs[vpc];
        let ranges =
            this.cidrs.iter().copied().map(IpNet::V4).chain(this.ipv6_cidrs.iter().copied().map(IpNet::V6));
        ranges
            .filter(|range| {
                !said.iter().any(|route| {
                    // RT-4: only a written route replaces `local`.
                    route.target.value != RouteTarget::Local
                        && route.origin == RouteOrigin::Static
                        && matches!(&route.destination.value, RouteDestination::Cidr(cidr) if cidr.trunc() == *range)
                })
            })
            .map(|prefix| Route {
                prefix,
                target: Target::Local,
                target_name: "local".to_owned(),
                kind: RouteKind::Local,
                prefix_list: None,
                blackhole: false,
                place: crate::topology::Place::Implicit,
            })
            .collect()
    }

    fn route(&mut self, vpc: VpcId, said: &'t crate::topology::Route) -> Vec<Route> {
        let (target, target_name) = self.target(vpc, &said.target);
        let (prefixes, prefix_list) = match &said.destination.value {
            RouteDestination::Cidr(cidr) => (vec![cidr.trunc()], None),
            RouteDestination::Unknown(_) => (Vec::new(), None),
            RouteDestination::PrefixList(name) => {
                let list = self.prefix_list(name, said.destination.place);
                let entries = list.and_then(|list| list.entries.as_ref());
                (entries.into_iter().flatten().map(|cidr| cidr.value.trunc()).collect(), Some(name.clone()))
            }
        };
        for prefix in &prefixes {
            self.check_route(vpc, said, *prefix, target);
        }
        let kind = match (said.origin, &prefix_list) {
            (RouteOrigin::Propagated, _) => RouteKind::Propagated(Learnt::Unsaid),
            (RouteOrigin::Static, Some(_)) => RouteKind::PrefixList,
            (RouteOrigin::Static, None) => RouteKind::Static,
        };
        let route = |prefix| Route {
            prefix,
            target,
            target_name: target_name.clone(),
            kind,
            prefix_list: prefix_list.clone(),
            blackhole: said.state == Some(RouteState::Blackhole),
            place: said.place,
        };
        prefixes.into_iter().map(route).collect()
    }

    /// Route targets share one namespace: first what belongs to the VPC, then what joins VPCs.
    fn target(&mut self, vpc: VpcId, said: &Spanned<RouteTarget>) -> (Target, String) {
        let name = match &said.value {
            RouteTarget::Local => return (Target::Local, "local".to_owned()),
            RouteTarget::Blackhole => return (Target::Blackhole, "blackhole".to_owned()),
            RouteTarget::Named(name) => name,
        };
        if let Some(target) = self.named_target(vpc, name) {
            return (target, name.clone());
        }
        if self.topology.completeness != Completeness::Complete {
            let kind = TARGET_KINDS.iter().find(|(prefix, _)| name.starts_with(prefix));
            let kind = kind.map_or("route target", |(_, kind)| kind);
            self.unknown_name(kind, &Spanned::new(name.clone(), said.place), &[]);
            return (Target::Missing, name.clone());
        }
        self.unknown_target(vpc, name, said);
        (Target::Blackhole, name.clone())
    }

    fn named_target(&self, vpc: VpcId, name: &str) -> Option<Target> {
        let this = &self.network.vpcs[vpc];
        if let Some(id) = this.internet_gateway
            && self.network.internet_gateways[id].name == name
        {
            return Some(Target::InternetGateway(id));
        }
        if let Some(id) = this.egress_only_internet_gateway
            && self.network.egress_only_internet_gateways[id].name == name
        {
            return Some(Target::EgressOnlyInternetGateway(id));
        }
        let key = (vpc, name.to_owned());
        if let Some(&id) = self.scope.vpn_gateways.get(&key) {
            return Some(Target::VpnGateway(id));
        }
        let instance =
            |id: &super::super::InstanceId| self.network.instances[*id].interfaces.first().copied();
        None.or_else(|| self.scope.nat_gateways.get(&key).copied().map(Target::NatGateway))
            .or_else(|| self.scope.instances.get(&key).and_then(instance).map(Target::Interface))
            .or_else(|| self.scope.interfaces.get(&key).copied().map(Target::Interface))
            .or_else(|| self.scope.gateway_endpoints.get(&key).copied().map(Target::GatewayEndpoint))
            .or_else(|| self.scope.peerings.get(name).copied().map(Target::Peering))
            .or_else(|| self.scope.transit_gateways.get(name).copied().map(Target::TransitGateway))
            .or_else(|| {
                self.scope.unmodelled.get(&(Some(vpc), name.to_owned())).copied().map(Target::Unmodelled)
            })
            .or_else(|| self.scope.unmodelled.get(&(None, name.to_owned())).copied().map(Target::Unmodelled))
            .or_else(|| self.unmodelled_part(vpc, name))
    }

    /// `inspect/fw-a`: one endpoint of something that is not modelled.
    fn unmodelled_part(&self, vpc: VpcId, name: &str) -> Option<Target> {
        let (owner, _) = name.split_once('/')?;
        self.scope.unmodelled.get(&(Some(vpc), owner.to_owned())).copied().map(Target::Unmodelled)
    }

    fn unknown_target(&mut self, vpc: VpcId, name: &str, said: &Spanned<RouteTarget>) {
        let said_vpc =
            self.topology.vpcs.iter().nth(super::super::Index::to_usize(vpc)).map(|entry| &entry.value);
        if name == "igw" {
            let vpc_name = self.network.vpcs[vpc].name.clone();
            self.report(
                Diagnostic::error(
                    code::ROUTE_TARGET,
                    format!("VPC `{vpc_name}` has no internet gateway"),
                    said.place,
                )
                .help("add `internet_gateway: true` to the VPC"),
            );
            return;
        }
        let mut known: Vec<String> = self.scope.peerings.keys().cloned().collect();
        known.extend(self.scope.transit_gateways.keys().cloned());
        known.extend(
            self.scope
                .unmodelled
                .keys()
                .filter(|(of, _)| of.is_none_or(|of| of == vpc))
                .map(|(_, name)| name.clone()),
        );
        if let Some(said_vpc) = said_vpc {
            known.extend(said_vpc.nat_gateways.iter().map(|entry| entry.name().to_owned()));
            known.extend(said_vpc.instances.iter().map(|entry| entry.name().to_owned()));
            known.extend(said_vpc.vpn_gateway.iter().map(|gateway| gateway.name.value.clone()));
            known.extend(said_vpc.internet_gateway.iter().map(|gateway| gateway.name.value.clone()));
            known.extend(
                said_vpc.egress_only_internet_gateway.iter().map(|gateway| gateway.name.value.clone()),
            );
        }
        known.extend(
            self.scope.gateway_endpoints.keys().filter(|(of, _)| *of == vpc).map(|(_, name)| name.clone()),
        );
        known.push("blackhole".to_owned());
        known.sort();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.unknown_name("route target", &Spanned::new(name.to_owned(), said.place), &known);
    }

    /// RT-5, RT-12, RT-13: what AWS refuses.
    fn check_route(&mut self, vpc: VpcId, said: &crate::topology::Route, prefix: IpNet, target: Target) {
        if self.network.partial {
            return;
        }
        let error =
            |message: String| Diagnostic::error(code::ROUTE_DESTINATION, message, said.destination.place);
        let host_local =
            ["169.254.168.0/22", "fd00:ec2::/32"].iter().filter_map(|cidr| cidr.parse::<IpNet>().ok());
        if host_local.clone().any(|range| range.contains(&prefix)) {
            let message = format!(
                "a route to `{prefix}` can't be created: its addresses are services of the host itself"
            );
            self.report(error(message).help("packets to them are never forwarded (RT-12)"));
            return;
        }
        if let Target::Peering(id) = target
            && self.network.peerings[id].opposite(vpc).is_none()
        {
            let peering = &self.network.peerings[id];
            let [a, b] = &peering.end_names;
            let message =
                format!("peering connection `{}` joins `{a}` and `{b}`, not this VPC", peering.name);
            self.report(Diagnostic::error(code::ROUTE_TARGET, message, said.target.place));
            return;
        }
        if let Target::TransitGateway(id) = target
            && self.network.attachment_of(id, vpc).is_none()
        {
            let gateway = self.network.transit_gateways[id].name.clone();
            let name = self.network.vpcs[vpc].name.clone();
            let message = format!("transit gateway `{gateway}` has no attachment to this VPC");
            let help = format!("attach it: `attachments: {{{name}: {{vpc: {name}, subnets: […]}}}}`");
            self.report(Diagnostic::error(code::ROUTE_TARGET, message, said.target.place).help(help));
            return;
        }
        let family = match (target, prefix) {
            (Target::EgressOnlyInternetGateway(_), IpNet::V4(_)) => {
                Some("an egress-only internet gateway takes only IPv6")
            }
            (Target::NatGateway(_), IpNet::V6(v6)) if v6 != nat64() => {
                Some("a NAT gateway takes IPv4, and of IPv6 only 64:ff9b::/96")
            }
            _ => None,
        };
        if let Some(message) = family {
            self.report(
                Diagnostic::error(code::ROUTE_TARGET, message, said.target.place)
                    .also(said.destination.place, "the destination"),
            );
            return;
        }
        if let (Target::GatewayEndpoint(_), RouteDestination::Cidr(_)) = (target, &said.destination.value) {
            let message = "a route to a gateway endpoint is for the prefix list of its service".to_owned();
            let help = "name the table in `route_tables` of the endpoint: AWS adds the route (EP-1)";
            self.report(Diagnostic::error(code::ROUTE_TARGET, message, said.destination.place).help(help));
            return;
        }
        self.check_more_specific_than_local(vpc, said, prefix, target);
    }

    /// RT-5: inside the VPC's range, only whole subnets (or the whole range, RT-6), and only to what can inspect.
    fn check_more_specific_than_local(
        &mut self,
        vpc: VpcId,
        said: &crate::topology::Route,
        prefix: IpNet,
        target: Target,
    ) {
        if said.origin == RouteOrigin::Propagated
            || !set_of(prefix).is_subset(&self.network.vpcs[vpc].addresses)
        {
            return;
        }
        let this = &self.network.vpcs[vpc];
        let is_range = match prefix {
            IpNet::V4(prefix) => this.cidrs.contains(&prefix),
            IpNet::V6(prefix) => this.ipv6_cidrs.contains(&prefix),
        };
        let is_subnet = self.network.subnets.iter().any(|(_, subnet)| {
            subnet.vpc == vpc
                && match prefix {
                    IpNet::V4(prefix) => subnet.cidr == Some(prefix),
                    IpNet::V6(prefix) => subnet.ipv6_cidr == Some(prefix),
                }
        });
        if !is_range && !is_subnet {
            let message =
                format!("`{prefix}` is inside the VPC's range but is not the range of a whole subnet");
            self.report(
                Diagnostic::error(code::ROUTE_DESTINATION, message, said.destination.place)
                    .help("a route more specific than `local` must name exactly one subnet (RT-5)"),
            );
        }
        let unknown = matches!(target, Target::Unmodelled(id) if self.network.unmodelled[id].why.is_some());
        let inspects = unknown
            || matches!(target, Target::Interface(_) | Target::NatGateway(_) | Target::Blackhole)
            || matches!(target, Target::Unmodelled(id) if self.network.unmodelled[id].kind.contains("endpoint") || self.network.unmodelled[id].kind.contains("Firewall"));
        if !inspects {
            let message = "a route inside the VPC's range may only lead to an interface, a NAT gateway or a Gateway Load Balancer endpoint";
            self.report(
                Diagnostic::error(code::ROUTE_TARGET, message, said.target.place)
                    .also(said.destination.place, "inside the VPC's range")
                    .help("traffic within a VPC is `local` (RT-5)"),
            );
        }
    }

    pub(super) fn check_duplicates(&mut self, said: &[crate::topology::Route]) {
        if self.network.partial {
            return;
        }
        for (index, route) in said.iter().enumerate() {
            let same = |other: &&crate::topology::Route| {
                other.origin == route.origin
                    && masked(&other.destination.value) == masked(&route.destination.value)
            };
            if let Some(first) = said.iter().take(index).find(same) {
                self.report(
                    Diagnostic::error(
                        code::DUPLICATE_ROUTE,
                        "this destination already has a route in the table",
                        route.destination.place,
                    )
                    .also(first.destination.place, "the first one"),
                );
            }
        }
    }
}

fn masked(destination: &RouteDestination) -> RouteDestination {
    match destination {
        RouteDestination::Cidr(cidr) => RouteDestination::Cidr(cidr.trunc()),
        other => other.clone(),
    }
}

/// 64:ff9b::/96, the prefix of NAT64 (NG-10).
pub(in super::super) fn nat64() -> ipnet::Ipv6Net {
    ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)
}
