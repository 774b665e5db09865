//! Rules as people write them: services, tiers, references, and the usual mistakes.

use std::net::Ipv4Addr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::topology::{
    AclAction, AclPeer, AclRule, Entry, NetworkAcl, Place, PortRange, Protocol, SecurityGroup,
    SecurityGroupPeer, SecurityGroupRule, Spanned, Traffic,
};

use super::entry;
use super::plan::{Plan, Seat, TIERS, name_of, peers, subnet_cidr, vpc_cidr, vpc_name};
use super::rng::Rng;

/// Ports that each tier serves.
const SERVED: [&[u16]; 3] = [&[80, 443, 8080], &[8080, 8443, 9090, 50051], &[5432, 3306, 6379, 9200]];
/// The share of rules that refer to groups, in percent.
const REFERENCES: u32 = 40;
/// The share of groups that let everything out, in percent.
const OPEN_EGRESS: u32 = 70;
/// The share of tiers with a network ACL of their own, in percent.
const CUSTOM_ACLS: u32 = 20;
/// The range that clients of one system use, taken for that of all: replies to the others are lost.
const WRONG_EPHEMERAL: PortRange = PortRange { first: 49_152, last: 65_535 };
const EPHEMERAL: PortRange = PortRange { first: 1_024, last: 65_535 };

pub(super) fn group_name(group: u32) -> String {
    format!("{}-{group}", name_of(&TIERS, group % 3))
}

/// Its own group; one interface in ten carries that of another team as well.
pub(super) fn groups_of(seat: Seat, rng: &mut Rng) -> Vec<String> {
    let mut groups = vec![group_name(seat.group)];
    if seat.group > 0 && seat.index % 20 < 2 {
        groups.push(group_name(rng.below(seat.group)));
    }
    groups
}

pub(super) fn security_groups(plan: &Plan) -> Vec<Entry<SecurityGroup>> {
    let group = |group: u32| {
        let mut rng = plan.rng(0x100 + u64::from(group));
        let count = rng.between(5, 20);
        let inbound = (0..count).map(|_| inbound(plan, group % 3, &mut rng)).collect();
        let outbound = (!rng.percent(OPEN_EGRESS)).then(|| {
            (0..rng.between(1, 5)).map(|_| outbound(plan, &mut rng)).collect::<Vec<SecurityGroupRule>>()
        });
        entry(group_name(group), SecurityGroup { inbound: Some(inbound), outbound, place: Place::Implicit })
    };
    (0..plan.groups()).map(group).collect()
}

fn inbound(plan: &Plan, tier: u32, rng: &mut Rng) -> SecurityGroupRule {
    let peer = if rng.percent(REFERENCES) { reference(plan, rng) } else { range(plan, tier, rng) };
    rule(service(tier, rng), peer)
}

fn outbound(plan: &Plan, rng: &mut Rng) -> SecurityGroupRule {
    let tier = rng.below(3);
    let peer = match rng.below(10) {
        0..=3 => reference(plan, rng),
        4 | 5 => SecurityGroupPeer::Cidr(everywhere()),
        // What is behind it is not known: undetermined where it decides.
        6 if plan.number % 5 == 1 => SecurityGroupPeer::PrefixList("storage".to_owned()),
        6 => SecurityGroupPeer::PrefixList("partners".to_owned()),
        _ => range(plan, 2, rng),
    };
    rule(service(tier, rng), peer)
}

fn reference(plan: &Plan, rng: &mut Rng) -> SecurityGroupPeer {
    let group = group_name(rng.below(plan.groups()));
    match peers(plan.number, plan.vpcs).first() {
        Some(peer) if rng.percent(10) => {
            SecurityGroupPeer::Group(format!("{}/{}", vpc_name(*peer), group_name(0)))
        }
        _ if rng.percent(10) => SecurityGroupPeer::SelfGroup,
        _ => SecurityGroupPeer::Group(group),
    }
}

fn range(plan: &Plan, tier: u32, rng: &mut Rng) -> SecurityGroupPeer {
    let net =
        |address: Ipv4Addr, length| SecurityGroupPeer::Cidr(IpNet::V4(Ipv4Net::new_assert(address, length)));
    match rng.below(12) {
        0 | 1 if tier == 0 => SecurityGroupPeer::Cidr(everywhere()),
        2 if tier == 0 && plan.has_ipv6() => SecurityGroupPeer::Cidr(IpNet::V6(Ipv6Net::default())),
        3 => net(Ipv4Addr::new(10, 0, 0, 0), 8),
        4 | 5 => SecurityGroupPeer::Cidr(IpNet::V4(vpc_cidr(plan.number))),
        6 | 7 => SecurityGroupPeer::Cidr(IpNet::V4(subnet_cidr(plan.number, rng.below(3), rng.below(3)))),
        8 => SecurityGroupPeer::Cidr(IpNet::V4(vpc_cidr(rng.below(plan.vpcs)))),
        9 => SecurityGroupPeer::Network("office".to_owned()),
        10 => SecurityGroupPeer::PrefixList("partners".to_owned()),
        _ => net(Ipv4Addr::new(198, 51, 100, u8::try_from(rng.below(256)).unwrap_or(0)), 32),
    }
}

fn service(tier: u32, rng: &mut Rng) -> Traffic {
    match rng.below(14) {
        0 => traffic(Protocol::Tcp, PortRange::one(22)),
        1 => Traffic { protocol: Protocol::Icmp, ..Traffic::default() },
        2 => traffic(Protocol::Udp, PortRange::one(53)),
        3 => traffic(Protocol::Tcp, PortRange { first: 30_000, last: 32_767 }),
        4 if tier > 0 => Traffic::default(),
        _ => {
            let ports = SERVED.get(tier as usize).copied().unwrap_or_default();
            traffic(Protocol::Tcp, PortRange::one(rng.pick(ports)))
        }
    }
}

pub(super) fn network_acls(plan: &Plan) -> Vec<Entry<NetworkAcl>> {
    let mut rng = plan.rng(2);
    let custom = (0..3).filter(|_| rng.percent(CUSTOM_ACLS)).collect::<Vec<u32>>();
    custom
        .into_iter()
        .map(|tier| {
            let mut rng = plan.rng(0x10 + u64::from(tier));
            let wrong = rng.percent(40);
            let acl = NetworkAcl {
                inbound: acl_rules(plan, tier, wrong, &mut rng),
                outbound: acl_rules(plan, tier, false, &mut rng),
            };
            entry(format!("acl-{}", name_of(&TIERS, tier)), acl)
        })
        .collect()
}

/// Twenty rules: denials first, then services, then the way back for replies.
fn acl_rules(plan: &Plan, tier: u32, wrong: bool, rng: &mut Rng) -> Vec<AclRule> {
    let mut rules: Vec<(AclAction, Traffic, IpNet)> = Vec::new();
    for _ in 0..6 {
        let octet = u8::try_from(rng.below(256)).unwrap_or(0);
        let net = Ipv4Net::new_assert(Ipv4Addr::new(198, 18, octet, 0), 24);
        rules.push((AclAction::Deny, Traffic::default(), IpNet::V4(net)));
    }
    rules.push((AclAction::Deny, traffic(Protocol::Tcp, PortRange::one(3389)), everywhere()));
    for port in SERVED.get(tier as usize).copied().unwrap_or_default() {
        rules.push((AclAction::Allow, traffic(Protocol::Tcp, PortRange::one(*port)), everywhere()));
    }
    let private = IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8));
    for port in [22, 53, 123, 5432, 8080, 9100] {
        let protocol = if matches!(port, 53 | 123) { Protocol::Udp } else { Protocol::Tcp };
        rules.push((AclAction::Allow, traffic(protocol, PortRange::one(port)), private));
    }
    rules.push((AclAction::Allow, Traffic { protocol: Protocol::Icmp, ..Traffic::default() }, private));
    let back = if wrong { WRONG_EPHEMERAL } else { EPHEMERAL };
    rules.push((AclAction::Allow, traffic(Protocol::Tcp, back), everywhere()));
    rules.push((AclAction::Allow, traffic(Protocol::Udp, back), private));
    if plan.has_ipv6() {
        rules.push((AclAction::Allow, Traffic::default(), IpNet::V6(Ipv6Net::default())));
    }
    (1u16..)
        .zip(rules)
        .map(|(index, (action, traffic, net))| acl_rule(index * 10, action, traffic, net))
        .collect()
}

pub(super) fn acl_rule(number: u16, action: AclAction, traffic: Traffic, net: IpNet) -> AclRule {
    AclRule {
        number: Spanned::implicit(number),
        action,
        traffic,
        peer: Spanned::implicit(AclPeer::Cidr(net)),
        place: Place::Implicit,
    }
}

pub(super) const fn rule(traffic: Traffic, peer: SecurityGroupPeer) -> SecurityGroupRule {
    SecurityGroupRule { traffic, peer: Spanned::implicit(peer), id: None, place: Place::Implicit }
}

pub(super) fn traffic(protocol: Protocol, ports: PortRange) -> Traffic {
    Traffic { protocol, ports: vec![ports], ..Traffic::default() }
}

fn everywhere() -> IpNet {
    IpNet::V4(Ipv4Net::default())
}
