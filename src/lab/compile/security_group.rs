//! The security groups of an interface: allow-only, stateful by the connection tracking of its namespace (SG-1 to SG-12).

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::plan::{Device, Direction};
use super::super::world::{Interface, default_name};
use super::draft::{Chain, Draft};
use super::traffic;
use super::transit::known_from;
use crate::topology::{CaptureKind, Defaults, SecurityGroupPeer, SecurityGroupRule, Spanned, Traffic};

/// The chain of one direction. It returns for what is let through.
pub(super) fn chain(draft: &mut Draft<'_, '_>, interface: usize, direction: Direction) -> Chain {
    let mut chain = Chain::default();
    let world = draft.world;
    let Some(interface) = world.interfaces.get(interface) else { return chain };
    let device = || Device::SecurityGroups(interface.host.clone());
    // SG-2: a packet of a tracked flow is asked for no rule.
    let tracked = draft.pass(device(), Some(direction), "reply to a tracked connection", "return");
    chain.rule(&["ct state established,related", &tracked]);
    let mut unknown = interface.group_unknown;
    for (vpc, group) in &interface.groups {
        for (index, rule) in rules(draft, *vpc, group, direction).iter().enumerate() {
            let name = format!("{group} rule {}", index + 1);
            let verdict = draft.pass(device(), Some(direction), &name, "return");
            match peers(draft, *vpc, group, rule, direction) {
                Some(matches) => {
                    for text in matches {
                        chain.rule(&[&text, &verdict]);
                    }
                }
                None => unknown = true,
            }
        }
    }
    // A group or peer that nobody knows might have admitted what nothing else did.
    let last = if interface.unfiltered {
        draft.pass(device(), Some(direction), "no security group", "return")
    } else if unknown {
        draft.gap("security group rules that nobody described", "the topology does not hold them")
    } else {
        draft.drop(device(), Some(direction), "no rule")
    };
    chain.rule(&[&last]);
    chain
}

/// The rules of a group with AWS's defaults: VP-12, SG-21.
fn rules(draft: &Draft<'_, '_>, vpc: usize, group: &str, direction: Direction) -> Vec<SecurityGroupRule> {
    let topology = draft.world.topology;
    let Some(entry) = draft.world.vpc(vpc) else { return Vec::new() };
    let said = entry.value.security_groups.get(group);
    let is_default = default_name(entry.value.default_security_group.as_ref()) == group;
    let everything = || match topology.defaults {
        Defaults::Terraform if said.is_some() => Vec::new(),
        Defaults::Aws | Defaults::Terraform => {
            ["0.0.0.0/0", "::/0"].iter().filter_map(|text| text.parse().ok()).map(open_to).collect()
        }
    };
    match (direction, said) {
        (Direction::Inbound, Some(group)) if group.inbound.is_some() => {
            group.inbound.clone().unwrap_or_default()
        }
        (Direction::Inbound, _) if is_default => vec![rule(SecurityGroupPeer::SelfGroup)],
        (Direction::Inbound, _) => Vec::new(),
        (Direction::Outbound, Some(group)) => group.outbound.clone().unwrap_or_else(everything),
        (Direction::Outbound, None) => everything(),
    }
}

fn open_to(cidr: IpNet) -> SecurityGroupRule {
    rule(SecurityGroupPeer::Cidr(cidr))
}

fn rule(peer: SecurityGroupPeer) -> SecurityGroupRule {
    SecurityGroupRule {
        traffic: Traffic::default(),
        peer: Spanned::implicit(peer),
        id: None,
        place: crate::topology::Place::Implicit,
    }
}

/// The expressions that a rule stands for; `None` if nobody knows.
fn peers(
    draft: &Draft<'_, '_>,
    vpc: usize,
    group: &str,
    rule: &SecurityGroupRule,
    direction: Direction,
) -> Option<Vec<String>> {
    let world = draft.world;
    let side = side(direction);
    let cidrs = |cidrs: Vec<IpNet>| {
        let text = |cidr: &IpNet| {
            let traffic = traffic::matches(&rule.traffic, traffic::family(cidr))?;
            Some(format!("{} {traffic}", traffic::address(side, cidr)).trim_end().to_owned())
        };
        cidrs.iter().filter_map(text).collect()
    };
    match &rule.peer.value {
        SecurityGroupPeer::Cidr(cidr) => Some(cidrs(vec![cidr.trunc()])),
        SecurityGroupPeer::Network(name) => Some(cidrs(world.network(name))),
        SecurityGroupPeer::PrefixList(name) => world.prefix_list(name).map(cidrs),
        SecurityGroupPeer::Unknown(_) => None,
        SecurityGroupPeer::SelfGroup => Some(members(draft, vpc, (vpc, group), rule, direction)),
        SecurityGroupPeer::Group(name) => match world.group_named(vpc, name) {
            Some(named) => Some(members(draft, vpc, named, rule, direction)),
            None if world.lacks(CaptureKind::SecurityGroups) => None,
            // SG-20: a group that is gone matches nothing.
            None => Some(Vec::new()),
        },
    }
}

const fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "saddr",
        Direction::Outbound => "daddr",
    }
}

/// SG-7: a reference stands for the private addresses of the group's members.
fn members(
    draft: &Draft<'_, '_>,
    vpc: usize,
    (home, group): (usize, &str),
    rule: &SecurityGroupRule,
    direction: Direction,
) -> Vec<String> {
    let world = draft.world;
    // SG-11: what something forwarded carries a mark in its DSCP field; whose packet it is, is not known any more. SG-10: a
    // transit gateway may know the sender's VPC; that goes for inbound rules only.
    let direct = world.in_scope(vpc, home);
    let known: Vec<String> = match direction {
        Direction::Inbound => {
            direct.then_some(0).into_iter().chain(known_from(home)).map(|dscp| dscp.to_string()).collect()
        }
        Direction::Outbound => Vec::new(),
    };
    if known.is_empty() && !direct {
        return Vec::new();
    }
    let carries =
        |interface: &&Interface<'_>| interface.vpc == home && interface.groups.contains(&(home, group));
    let all: Vec<IpAddr> =
        world.interfaces.iter().filter(carries).flat_map(|interface| interface.addresses.clone()).collect();
    let mut texts = Vec::new();
    for (family, v4) in [("ip", true), ("ip6", false)] {
        let addresses: Vec<String> =
            all.iter().filter(|address| address.is_ipv4() == v4).map(ToString::to_string).collect();
        let Some(traffic) = traffic::matches(&rule.traffic, family) else { continue };
        if addresses.is_empty() {
            continue;
        }
        let sender = match known.as_slice() {
            [] => String::new(),
            known => format!("{family} dscp {{ {} }} ", known.join(", ")),
        };
        let set = format!("{sender}{family} {} {{ {} }} {traffic}", side(direction), addresses.join(", "));
        texts.push(set.trim_end().to_owned());
    }
    texts
}
