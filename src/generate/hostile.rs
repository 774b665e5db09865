//! Rules that no compression helps with: every interface has a set of groups of its own, full of single addresses.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net};

use crate::topology::{
    AclAction, Entry, NetworkAcl, Place, PortRange, Protocol, SecurityGroup, SecurityGroupPeer,
};

use super::entry;
use super::plan::{Plan, Seat, TIERS, name_of, peers, subnet_cidr};
use super::realistic::{acl_rule, rule, traffic};
use super::rng::Rng;

fn group_name(index: u32) -> String {
    format!("own-{index}")
}

/// A group of its own, and those of two others.
pub(super) fn groups_of(plan: &Plan, seat: Seat, rng: &mut Rng) -> Vec<String> {
    let mut groups = vec![seat.index, rng.below(plan.enis), rng.below(plan.enis)];
    groups.dedup();
    if groups.len() == 3 && groups.first() == groups.last() {
        groups.pop();
    }
    groups.into_iter().map(group_name).collect()
}

pub(super) fn security_groups(plan: &Plan) -> Vec<Entry<SecurityGroup>> {
    let group = |index: u32| {
        let mut rng = plan.rng(0x100 + u64::from(index));
        let inbound = (0..5).map(|_| rule(ports(&mut rng), peer(plan, &mut rng))).collect();
        let outbound = (0..2).map(|_| rule(ports(&mut rng), peer(plan, &mut rng))).collect();
        let group =
            SecurityGroup { inbound: Some(inbound), outbound: Some(outbound), place: Place::Implicit };
        entry(group_name(index), group)
    };
    (0..plan.enis).map(group).collect()
}

fn ports(rng: &mut Rng) -> crate::topology::Traffic {
    let protocol = if rng.percent(80) { Protocol::Tcp } else { Protocol::Udp };
    let first = u16::try_from(rng.below(60_000)).unwrap_or(0);
    let length = u16::try_from(rng.below(4_000)).unwrap_or(0);
    traffic(protocol, PortRange { first, last: first.saturating_add(length) })
}

fn peer(plan: &Plan, rng: &mut Rng) -> SecurityGroupPeer {
    let vpc = match peers(plan.number, plan.vpcs).first() {
        Some(peer) if rng.percent(20) => *peer,
        _ => plan.number,
    };
    let net =
        |address: Ipv4Addr, length| SecurityGroupPeer::Cidr(IpNet::V4(Ipv4Net::new_assert(address, length)));
    match rng.below(10) {
        0..=3 => net(plan.address_of(vpc, rng.below(plan.enis)), 32),
        4 | 5 => SecurityGroupPeer::Cidr(IpNet::V4(subnet_cidr(vpc, rng.below(3), rng.below(3)))),
        6..=8 => SecurityGroupPeer::Group(group_name(rng.below(plan.enis))),
        _ => net(Ipv4Addr::UNSPECIFIED, 0),
    }
}

/// Every tier has a long list of its own.
pub(super) fn network_acls(plan: &Plan) -> Vec<Entry<NetworkAcl>> {
    let rules = |rng: &mut Rng| {
        let mut rules: Vec<_> = (1..=38u16)
            .map(|index| {
                let net = Ipv4Net::new_assert(plan.address_of(plan.number, rng.below(plan.enis)), 32);
                let action = if rng.percent(50) { AclAction::Allow } else { AclAction::Deny };
                acl_rule(index * 10, action, ports(rng), IpNet::V4(net))
            })
            .collect();
        let everything = IpNet::V4(Ipv4Net::default());
        rules.push(acl_rule(1000, AclAction::Allow, crate::topology::Traffic::default(), everything));
        rules
    };
    let tier = |tier: u32| {
        let mut rng = plan.rng(0x10 + u64::from(tier));
        let acl = NetworkAcl { inbound: rules(&mut rng), outbound: rules(&mut rng) };
        entry(format!("acl-{}", name_of(&TIERS, tier)), acl)
    };
    (0..3).map(tier).collect()
}
