//! Which VPCs a VPC's routes may lead to: a quick look that spares most walks.

use crate::network::{Network, Target, VpcId, public_addresses};

/// The VPCs to whose addresses a route of this one may carry packets. A private address behind an internet or NAT gateway
/// is nobody's (IG-1, NG-5), so such a route leads to no VPC but by public addresses.
pub(super) fn near(network: &Network, from: VpcId, ipv6: bool) -> Vec<VpcId> {
    let public = public_addresses();
    let family =
        |vpc: VpcId| network.vpcs[vpc].addresses.intervals().iter().any(|(first, _)| first.is_ipv6() == ipv6);
    let of = |vpc: VpcId| {
        let ranges = network.vpcs[vpc].addresses.intervals().iter().copied();
        crate::flow::AddressSet::from_ranges(ranges.filter(|(first, _)| first.is_ipv6() == ipv6))
    };
    let tables: Vec<_> = network.route_tables.iter().filter(|(_, table)| table.vpc == Some(from)).collect();
    let has_gaps =
        network.subnets.iter().any(|(_, subnet)| subnet.vpc == from && subnet.route_table.is_none());
    let mut near: Vec<VpcId> = Vec::new();
    for to in network.vpcs.ids().filter(|to| family(*to)) {
        let addresses = of(to);
        let leads = |target: Target, prefix: &ipnet::IpNet| {
            let part = || addresses.intersect(&crate::flow::cidr_set(prefix));
            match target {
                Target::Blackhole => false,
                Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_) | Target::NatGateway(_) => {
                    !part().is_disjoint(&public)
                }
                // What it carries is checked where it is walked.
                _ => !part().is_empty(),
            }
        };
        let by_route = tables.iter().any(|(_, table)| {
            !table.unlisted.is_empty()
                || table.routes().iter().any(|route| leads(route.target, &route.prefix))
        });
        if to == from || by_route || has_gaps {
            near.push(to);
        }
    }
    near
}
