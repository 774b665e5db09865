//! Properties that relate two topologies, for any engine: they need no simulator.

use ipnet::IpNet;
use vpcreach::topology::*;

use super::compare::{Engine, EngineVerdict, case};
use super::generate::Rng;
use super::packet::Packet;
use super::yaml::to_yaml;

/// Asks about a topology and a changed one, and holds each pair of verdicts against a property.
fn relate<E: Engine>(
    engine: &E,
    seeds: std::ops::Range<u64>,
    change: impl Fn(&mut Topology, &mut Rng),
    holds: impl Fn(&Packet, EngineVerdict, EngineVerdict) -> bool,
) {
    for seed in seeds {
        let (topology, packets) = case(seed, 60);
        let mut changed = topology.clone();
        change(&mut changed, &mut Rng::new(seed));
        let (before, after) = (engine.compile(&topology), engine.compile(&changed));
        for packet in &packets {
            let verdicts = (engine.ask(&before, packet), engine.ask(&after, packet));
            assert!(
                holds(packet, verdicts.0, verdicts.1),
                "seed {seed}: {packet}\nwas {:?}, became {:?}\n{}\n# changed:\n{}",
                verdicts.0,
                verdicts.1,
                to_yaml(&topology),
                to_yaml(&changed),
            );
        }
    }
}

fn same(_: &Packet, before: EngineVerdict, after: EngineVerdict) -> bool {
    before == after
}

fn every_rule_list(topology: &mut Topology, mut change: impl FnMut(&mut Vec<SecurityGroupRule>)) {
    for vpc in &mut topology.vpcs.0 {
        for group in &mut vpc.value.security_groups.0 {
            let lists = [&mut group.value.inbound, &mut group.value.outbound];
            lists.into_iter().flatten().for_each(&mut change);
        }
    }
}

/// SG-1: one more rule never takes anything away.
pub fn another_rule_never_removes_reachability<E: Engine>(engine: &E, seeds: std::ops::Range<u64>) {
    let change = |topology: &mut Topology, rng: &mut Rng| {
        every_rule_list(topology, |rules| {
            let peer = *rng.pick(&["0.0.0.0/0", "::/0", "10.0.0.0/8", "203.0.113.128/25"]);
            let peer = SecurityGroupPeer::Cidr(peer.parse().expect("a CIDR"));
            let ports = vec![PortRange::one(*rng.pick(&[22, 443, 5432]))];
            let traffic = Traffic { protocol: Protocol::Tcp, ports, ..Traffic::default() };
            let peer = Spanned::implicit(peer);
            rules.push(SecurityGroupRule { traffic, peer, id: None, place: Place::Implicit });
        });
    };
    relate(engine, seeds, change, |_, before, after| {
        before != EngineVerdict::Reachable || after == EngineVerdict::Reachable
    });
}

/// SG-1: nor does one more group.
pub fn another_group_never_removes_reachability<E: Engine>(engine: &E, seeds: std::ops::Range<u64>) {
    let change = |topology: &mut Topology, rng: &mut Rng| {
        for vpc in &mut topology.vpcs.0 {
            let names: Vec<_> = vpc.value.security_groups.iter().map(|group| group.name.clone()).collect();
            let interfaces = vpc.value.instances.0.iter_mut().flat_map(|entry| &mut entry.value.interfaces.0);
            for interface in interfaces {
                // AWS allows five groups; nothing said means the default group, which must stay.
                let groups = interface
                    .value
                    .security_groups
                    .get_or_insert_with(|| vec![Spanned::implicit("default".to_owned())]);
                if let Some(name) = rng.maybe_pick(&names)
                    && !groups.contains(name)
                {
                    groups.push(name.clone());
                }
            }
        }
    };
    relate(engine, seeds, change, |_, before, after| {
        before != EngineVerdict::Reachable || after == EngineVerdict::Reachable
    });
}

/// SG-1: rules of groups have no order.
pub fn the_order_of_group_rules_is_irrelevant<E: Engine>(engine: &E, seeds: std::ops::Range<u64>) {
    let change = |topology: &mut Topology, _: &mut Rng| every_rule_list(topology, |rules| rules.reverse());
    relate(engine, seeds, change, same);
}

/// A CIDR is the sum of its halves, in group rules and in routes alike.
pub fn halves_are_as_good_as_the_whole<E: Engine>(engine: &E, seeds: std::ops::Range<u64>) {
    let change = |topology: &mut Topology, _: &mut Rng| {
        every_rule_list(topology, |rules| {
            *rules = rules.iter().flat_map(split_rule).collect();
        });
    };
    relate(engine, seeds, change, same);
}

fn split_rule(rule: &SecurityGroupRule) -> Vec<SecurityGroupRule> {
    let SecurityGroupPeer::Cidr(cidr) = rule.peer.value else { return vec![rule.clone()] };
    let halves: Vec<IpNet> = match cidr.trunc() {
        IpNet::V4(cidr) => halves(cidr.subnets(cidr.prefix_len() + 1).map(|it| it.map(IpNet::V4))),
        IpNet::V6(cidr) => halves(cidr.subnets(cidr.prefix_len() + 1).map(|it| it.map(IpNet::V6))),
    };
    if halves.is_empty() {
        return vec![rule.clone()];
    }
    let with = |half| {
        let peer = Spanned::implicit(SecurityGroupPeer::Cidr(half));
        SecurityGroupRule { peer, ..rule.clone() }
    };
    halves.into_iter().map(with).collect()
}

// One address has no halves.
fn halves<E>(subnets: Result<impl Iterator<Item = IpNet>, E>) -> Vec<IpNet> {
    subnets.map(Iterator::collect).unwrap_or_default()
}

/// RT-1, SG-6, NA-6: what is said about IPv4 never moves an answer about IPv6.
pub fn ipv4_never_moves_ipv6<E: Engine>(engine: &E, seeds: std::ops::Range<u64>) {
    let change = |topology: &mut Topology, rng: &mut Rng| {
        every_rule_list(topology, |rules| {
            rules.retain(|rule| !is_ipv4_cidr(&rule.peer.value) || rng.percent(50));
        });
        for vpc in &mut topology.vpcs.0 {
            for acl in &mut vpc.value.network_acls.0 {
                for rules in [&mut acl.value.inbound, &mut acl.value.outbound] {
                    rules.retain(|rule| {
                        !matches!(rule.peer.value, AclPeer::Cidr(IpNet::V4(_))) || rng.percent(50)
                    });
                }
            }
            let tables = vpc.value.route_tables.0.iter_mut().map(|table| &mut table.value.routes);
            let own = vpc.value.subnets.0.iter_mut().filter_map(|subnet| subnet.value.routes.as_mut());
            for routes in tables.chain(own) {
                routes.retain(|route| {
                    let destination = &route.destination.value;
                    !matches!(destination, RouteDestination::Cidr(IpNet::V4(_))) || rng.percent(50)
                });
            }
        }
    };
    relate(engine, seeds, change, |packet, before, after| packet.to.is_ipv4() || before == after);
}

fn is_ipv4_cidr(peer: &SecurityGroupPeer) -> bool {
    matches!(peer, SecurityGroupPeer::Cidr(IpNet::V4(_)))
}
