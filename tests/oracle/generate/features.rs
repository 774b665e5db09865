//! A topology as a list of parts, each of which can be left out: that is how a failing case shrinks.

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use vpcreach::topology::*;

/// One part of a topology. Parts are named by their places in the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    Vpc(usize),
    Peering(usize),
    InternetGateway(usize),
    EgressOnly(usize),
    Ipv6(usize),
    Secondary(usize),
    Instance(usize, usize),
    Subnet(usize, usize),
    NatGateway(usize, usize),
    Endpoint(usize, usize),
    Guard(usize),
    EndpointServices,
    Group(usize, usize),
    Acl(usize, usize),
    Table(usize, usize),
    /// VPC, group, inbound, rule.
    GroupRule(usize, usize, bool, usize),
    AclRule(usize, usize, bool, usize),
    /// VPC, table, route.
    Route(usize, usize, usize),
    /// VPC, subnet, route.
    OwnRoute(usize, usize, usize),
    /// VPC, subnet.
    AclAssociation(usize, usize),
    PrefixList(usize),
    Network(usize),
    TransitGateway(usize),
    /// Gateway, attachment.
    Attachment(usize, usize),
    /// Gateway, table, what, number: associations, propagations, routes.
    TransitTable(usize, usize, usize, usize),
    /// All tables of a gateway: AWS's default instead.
    TransitTables(usize),
    VpnConnection(usize),
    DirectConnectGateway(usize),
    VirtualInterface(usize),
    VpnGateway(usize),
    /// All zones.
    Zones,
}

/// Every part, the large ones first.
pub fn features(topology: &Topology) -> Vec<Feature> {
    let mut features: Vec<Feature> = (0..topology.vpcs.len()).map(Feature::Vpc).collect();
    features.extend((0..topology.peering_connections.len()).map(Feature::Peering));
    features.extend((0..topology.vpn_connections.len()).map(Feature::VpnConnection));
    features.extend((0..topology.direct_connect_gateways.len()).map(Feature::DirectConnectGateway));
    features.extend((0..topology.virtual_interfaces.len()).map(Feature::VirtualInterface));
    features.extend((0..topology.vpcs.len()).map(Feature::VpnGateway));
    for (vpc, entry) in topology.vpcs.iter().enumerate() {
        let said = &entry.value;
        features.extend((0..said.instances.len()).map(|part| Feature::Instance(vpc, part)));
        features.extend((0..said.subnets.len()).map(|part| Feature::Subnet(vpc, part)));
        features.extend((0..said.nat_gateways.len()).map(|part| Feature::NatGateway(vpc, part)));
        features.push(Feature::Guard(vpc));
        features.extend((0..said.endpoints.len()).map(|part| Feature::Endpoint(vpc, part)));
        features.extend((0..said.network_acls.len()).map(|part| Feature::Acl(vpc, part)));
        features.extend((0..said.security_groups.len()).map(|part| Feature::Group(vpc, part)));
        features.extend((0..said.route_tables.len()).map(|part| Feature::Table(vpc, part)));
        features.extend([Feature::Ipv6(vpc), Feature::Secondary(vpc)]);
        features.extend([Feature::InternetGateway(vpc), Feature::EgressOnly(vpc)]);
        small_features(vpc, said, &mut features);
    }
    for (gateway, entry) in topology.transit_gateways.iter().enumerate() {
        features.push(Feature::TransitGateway(gateway));
        features.extend((0..entry.value.attachments.len()).map(|part| Feature::Attachment(gateway, part)));
        features.push(Feature::TransitTables(gateway));
        for (table, entry) in entry.value.route_tables.iter().flatten().enumerate() {
            let said = &entry.value;
            let parts = [said.associations.len(), said.propagations.len(), said.table.routes.len()];
            for (what, count) in parts.into_iter().enumerate() {
                features.extend((0..count).map(|part| Feature::TransitTable(gateway, table, what, part)));
            }
        }
    }
    if !topology.transit_gateways.is_empty() {
        features.push(Feature::Zones);
    }
    if !topology.endpoint_services.is_empty() {
        features.push(Feature::EndpointServices);
    }
    features.extend((0..topology.prefix_lists.len()).map(Feature::PrefixList));
    features.extend((0..topology.networks.len()).map(Feature::Network));
    features
}

fn small_features(vpc: usize, said: &Vpc, features: &mut Vec<Feature>) {
    for (group, entry) in said.security_groups.iter().enumerate() {
        for (inbound, rules) in [(true, &entry.value.inbound), (false, &entry.value.outbound)] {
            let count = rules.as_ref().map_or(0, Vec::len);
            features.extend((0..count).map(|rule| Feature::GroupRule(vpc, group, inbound, rule)));
        }
    }
    for (acl, entry) in said.network_acls.iter().enumerate() {
        for (inbound, rules) in [(true, &entry.value.inbound), (false, &entry.value.outbound)] {
            features.extend((0..rules.len()).map(|rule| Feature::AclRule(vpc, acl, inbound, rule)));
        }
    }
    for (table, entry) in said.route_tables.iter().enumerate() {
        features.extend((0..entry.value.routes.len()).map(|route| Feature::Route(vpc, table, route)));
    }
    for (subnet, entry) in said.subnets.iter().enumerate() {
        let routes = entry.value.routes.as_ref().map_or(0, Vec::len);
        features.extend((0..routes).map(|route| Feature::OwnRoute(vpc, subnet, route)));
        if entry.value.network_acl != Association::Implicit {
            features.push(Feature::AclAssociation(vpc, subnet));
        }
    }
}

/// The topology without those parts, and without what can't be without them.
pub fn without(topology: &Topology, left_out: &[Feature]) -> Topology {
    let out = |feature: Feature| left_out.contains(&feature);
    let mut rest = topology.clone();
    for (vpc, entry) in rest.vpcs.0.iter_mut().enumerate() {
        let said = &mut entry.value;
        if out(Feature::InternetGateway(vpc)) {
            said.internet_gateway = None;
        }
        if out(Feature::Guard(vpc)) {
            said.block_public_access = None;
        }
        if out(Feature::EgressOnly(vpc)) {
            said.egress_only_internet_gateway = None;
        }
        if out(Feature::Ipv6(vpc)) {
            drop_ipv6(said);
        }
        if out(Feature::Secondary(vpc)) {
            drop_secondary(said);
        }
        for (subnet, entry) in said.subnets.0.iter_mut().enumerate() {
            if out(Feature::AclAssociation(vpc, subnet)) {
                entry.value.network_acl = Association::Implicit;
            }
            if let Some(routes) = &mut entry.value.routes {
                retain(routes, |route| !out(Feature::OwnRoute(vpc, subnet, route)));
            }
        }
        for (group, entry) in said.security_groups.0.iter_mut().enumerate() {
            for (inbound, rules) in [(true, &mut entry.value.inbound), (false, &mut entry.value.outbound)] {
                if let Some(rules) = rules {
                    retain(rules, |rule| !out(Feature::GroupRule(vpc, group, inbound, rule)));
                }
            }
        }
        for (acl, entry) in said.network_acls.0.iter_mut().enumerate() {
            for (inbound, rules) in [(true, &mut entry.value.inbound), (false, &mut entry.value.outbound)] {
                retain(rules, |rule| !out(Feature::AclRule(vpc, acl, inbound, rule)));
            }
        }
        for (table, entry) in said.route_tables.0.iter_mut().enumerate() {
            retain(&mut entry.value.routes, |route| !out(Feature::Route(vpc, table, route)));
        }
        retain(&mut said.instances.0, |part| !out(Feature::Instance(vpc, part)));
        retain(&mut said.subnets.0, |part| !out(Feature::Subnet(vpc, part)));
        retain(&mut said.nat_gateways.0, |part| !out(Feature::NatGateway(vpc, part)));
        retain(&mut said.endpoints.0, |part| !out(Feature::Endpoint(vpc, part)));
        retain(&mut said.network_acls.0, |part| !out(Feature::Acl(vpc, part)));
        retain(&mut said.security_groups.0, |part| !out(Feature::Group(vpc, part)));
        retain(&mut said.route_tables.0, |part| !out(Feature::Table(vpc, part)));
    }
    retain(&mut rest.vpn_connections.0, |part| !out(Feature::VpnConnection(part)));
    retain(&mut rest.direct_connect_gateways.0, |part| !out(Feature::DirectConnectGateway(part)));
    retain(&mut rest.virtual_interfaces.0, |part| !out(Feature::VirtualInterface(part)));
    for (vpc, entry) in rest.vpcs.0.iter_mut().enumerate() {
        if out(Feature::VpnGateway(vpc)) {
            entry.value.vpn_gateway = None;
            entry.value.route_tables.0.iter_mut().for_each(|table| table.value.propagating.clear());
        }
    }
    for (gateway, entry) in rest.transit_gateways.0.iter_mut().enumerate() {
        let said = &mut entry.value;
        if out(Feature::TransitTables(gateway)) {
            said.route_tables = None;
        }
        for (table, entry) in said.route_tables.iter_mut().flat_map(|tables| &mut tables.0).enumerate() {
            let gone = |what: usize, part: usize| out(Feature::TransitTable(gateway, table, what, part));
            retain(&mut entry.value.associations, |part| !gone(0, part));
            retain(&mut entry.value.propagations, |part| !gone(1, part));
            retain(&mut entry.value.table.routes, |part| !gone(2, part));
        }
        retain(&mut said.attachments.0, |part| !out(Feature::Attachment(gateway, part)));
    }
    retain(&mut rest.transit_gateways.0, |part| !out(Feature::TransitGateway(part)));
    if out(Feature::Zones) {
        // Without zones an attachment has one subnet.
        for entry in &mut rest.vpcs.0 {
            entry.value.subnets.0.iter_mut().for_each(|subnet| subnet.value.az = None);
        }
    }
    retain(&mut rest.peering_connections.0, |part| !out(Feature::Peering(part)));
    if out(Feature::EndpointServices) {
        rest.endpoint_services.0.clear();
    }
    retain(&mut rest.prefix_lists.0, |part| !out(Feature::PrefixList(part)));
    retain(&mut rest.networks.0, |part| !out(Feature::Network(part)));
    retain(&mut rest.vpcs.0, |part| !out(Feature::Vpc(part)));
    super::features_prune::prune(&mut rest);
    rest
}

fn retain<T>(parts: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
    let mut number = 0;
    parts.retain(|_| {
        number += 1;
        keep(number - 1)
    });
}

fn drop_ipv6(vpc: &mut Vpc) {
    vpc.ipv6_cidrs.clear();
    for subnet in &mut vpc.subnets.0 {
        subnet.value.ipv6_cidr = None;
    }
    for instance in &mut vpc.instances.0 {
        for interface in &mut instance.value.interfaces.0 {
            interface.value.ipv6.clear();
        }
    }
}

fn drop_secondary(vpc: &mut Vpc) {
    vpc.cidrs.truncate(1);
    let primary = vpc.cidrs.first().copied();
    let inside = |subnet: &Entry<Subnet>| match (subnet.value.cidr, primary) {
        (Some(cidr), Some(primary)) => primary.value.contains(&cidr.value),
        _ => true,
    };
    vpc.subnets.0.retain(inside);
}

/// Leaves out parts, one after the other, as long as the case still fails.
pub fn shrink(topology: &Topology, fails: impl Fn(&Topology) -> bool) -> Topology {
    let mut left_out = Vec::new();
    // Twice: what could not be left out at first may be once other things are gone.
    for _ in 0..2 {
        for feature in features(topology) {
            if left_out.contains(&feature) {
                continue;
            }
            left_out.push(feature);
            if !fails(&without(topology, &left_out)) {
                left_out.pop();
            }
        }
    }
    without(topology, &left_out)
}

/// Random topologies that proptest can shrink.
#[derive(Clone, Copy, Debug)]
pub struct Topologies;

impl Strategy for Topologies {
    type Tree = Shrinking;
    type Value = Topology;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let topology = super::topology(u64::from(runner.rng().next_u32()));
        let features = features(&topology);
        Ok(Shrinking { topology, features, left_out: Vec::new(), next: 0 })
    }
}

/// A topology with some of its parts left out.
#[derive(Clone, Debug)]
pub struct Shrinking {
    topology: Topology,
    features: Vec<Feature>,
    left_out: Vec<Feature>,
    next: usize,
}

impl ValueTree for Shrinking {
    type Value = Topology;

    fn current(&self) -> Topology {
        without(&self.topology, &self.left_out)
    }

    fn simplify(&mut self) -> bool {
        let Some(feature) = self.features.get(self.next) else { return false };
        self.left_out.push(*feature);
        self.next += 1;
        true
    }

    // The last part was needed. Saying yes lets proptest go on with the next one.
    fn complicate(&mut self) -> bool {
        self.left_out.pop().is_some()
    }
}
