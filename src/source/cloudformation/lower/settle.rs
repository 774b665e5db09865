//! The last look: names that lead nowhere, and doubts that spread.

use std::collections::{BTreeMap, HashSet};

use super::Lowering;
use super::external::any_rule;
use crate::topology::{
    Association, Place, Route, RouteDestination, RouteOrigin, RouteTable, RouteTarget, Spanned, Subnet,
    Unmodelled, Vpc,
};

impl Lowering<'_> {
    pub(super) fn settle(&mut self) {
        if self.open_table_associations {
            self.doubt_associations(|subnet| &mut subnet.route_table);
        }
        if self.open_acl_associations {
            self.doubt_associations(|subnet| &mut subnet.network_acl);
        }
        self.doubt_ranges();
        self.doubt_external_groups();
        self.settle_associations();
        self.settle_targets();
    }

    /// Of an association whose subnet is one of several, every subnet without one of its own may be the one.
    pub(super) fn doubt_associations(&mut self, of: impl Fn(&mut Subnet) -> &mut Association) {
        for subnet in self.topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.subnets.0) {
            let association = of(&mut subnet.value);
            if *association == Association::Implicit {
                *association = Association::Unknown;
            }
        }
    }

    /// A route whose table is one of several may be in each.
    pub(super) fn doubt_tables(&mut self, route: &Route, why: &str) {
        for table in self.topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.route_tables.0) {
            let mut route = route.clone();
            route.destination.value =
                RouteDestination::Unknown(format!("which table the route is in: {why}"));
            table.value.routes.push(route);
        }
    }

    /// A rule whose group is one of several may be in each.
    pub(super) fn doubt_groups(&mut self, inbound: bool, why: &str, place: Place) {
        for group in self.topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.security_groups.0) {
            let rules = if inbound { &mut group.value.inbound } else { &mut group.value.outbound };
            if let Some(rules) = rules {
                rules.push(any_rule(format!("which group the rule is in: {why}"), place));
            }
        }
    }

    /// A VPC has a `local` route for each of its ranges. For one that is not known, no table can say what it does.
    fn doubt_ranges(&mut self) {
        for (vpc, why) in std::mem::take(&mut self.unknown_ranges) {
            let name = format!("further range of {}", self.vpc_name(vpc));
            let Some(home) = self.vpc(vpc) else { continue };
            let main = home.main_route_table.as_ref().map_or("main", |main| &main.value).to_owned();
            if home.route_tables.get(&main).is_none() {
                home.route_tables.push(Spanned::implicit(main), RouteTable::default());
            }
            let reason = format!("a range of the VPC: {why}");
            for table in &mut home.route_tables.0 {
                table.value.routes.push(Route {
                    destination: Spanned::implicit(RouteDestination::Unknown(reason.clone())),
                    target: Spanned::implicit(RouteTarget::Named(name.clone())),
                    state: None,
                    origin: RouteOrigin::Static,
                    place: Place::Implicit,
                });
            }
            if !self.unmodelled.contains(&name) {
                self.add_unmodelled(Unmodelled {
                    kind: "range".to_owned(),
                    name: Spanned::implicit(name),
                    why: Some(reason),
                    ..Unmodelled::default()
                });
            }
        }
    }

    /// AWS refuses associations across VPCs; then nobody knows what was meant.
    fn settle_associations(&mut self) {
        for entry in &mut self.topology.vpcs.0 {
            let tables: HashSet<String> =
                entry.value.route_tables.iter().map(|table| table.name().to_owned()).collect();
            let acls: HashSet<String> =
                entry.value.network_acls.iter().map(|acl| acl.name().to_owned()).collect();
            for subnet in &mut entry.value.subnets.0 {
                if leads_nowhere(&subnet.value.route_table, &tables) {
                    subnet.value.route_table = Association::Unknown;
                }
                if leads_nowhere(&subnet.value.network_acl, &acls) {
                    subnet.value.network_acl = Association::Unknown;
                }
            }
        }
    }

    /// Whatever a route leads to has a name in the topology, even if nothing else is known of it.
    fn settle_targets(&mut self) {
        let anywhere: HashSet<String> = self
            .topology
            .unmodelled
            .iter()
            .filter(|item| item.vpc.is_none())
            .map(|item| item.name.value.clone())
            .chain(self.topology.peering_connections.iter().map(|entry| entry.name().to_owned()))
            .chain(self.topology.transit_gateways.iter().map(|entry| entry.name().to_owned()))
            .collect();
        let mut lost: BTreeMap<String, Place> = BTreeMap::new();
        for entry in &self.topology.vpcs.0 {
            let own: HashSet<&str> = self
                .topology
                .unmodelled
                .iter()
                .filter(|item| item.vpc.as_deref() == Some(entry.name()))
                .map(|item| item.name.value.as_str())
                .chain(targets(&entry.value))
                .collect();
            for route in entry.value.route_tables.iter().flat_map(|table| &table.value.routes) {
                if let RouteTarget::Named(name) = &route.target.value
                    && !own.contains(name.as_str())
                    && !anywhere.contains(name)
                {
                    lost.entry(name.clone()).or_insert(route.target.place);
                }
            }
        }
        for (name, place) in lost {
            self.add_unmodelled(Unmodelled {
                kind: "route target".to_owned(),
                name: Spanned::new(name, place),
                why: Some("it is not in the VPC of the route, or could not be read".to_owned()),
                ..Unmodelled::default()
            });
        }
    }
}

fn leads_nowhere(association: &Association, known: &HashSet<String>) -> bool {
    matches!(association, Association::Named(name) if !known.contains(&name.value))
}

/// The names in a VPC that a route can lead to.
fn targets(vpc: &Vpc) -> impl Iterator<Item = &str> {
    let gateways = vpc.internet_gateway.iter().map(|gateway| gateway.name.value.as_str());
    let egress_only = vpc.egress_only_internet_gateway.iter().map(|gateway| gateway.name.value.as_str());
    let interfaces = vpc.instances.iter().flat_map(|entry| {
        std::iter::once(entry.name()).chain(entry.value.interfaces.iter().map(|one| one.name()))
    });
    gateways.chain(egress_only).chain(vpc.nat_gateways.iter().map(|entry| entry.name())).chain(interfaces)
}
