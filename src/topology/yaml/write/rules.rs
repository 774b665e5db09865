//! Routes, and rules of security groups and network ACLs.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::super::presets::{PRESETS, PROTOCOLS};
use super::super::values::UNKNOWN;
use super::super::words;
use super::Writer;
use super::layout::{Map, Value};
use crate::topology::{
    AclPeer, AclRule, Defaults, NetworkAcl, PortRange, Protocol, Route, RouteDestination, RouteOrigin,
    RouteState, RouteTarget, SecurityGroup, SecurityGroupPeer, SecurityGroupRule, Traffic, Vpc,
};

impl Writer<'_> {
    pub(super) fn routes(&mut self, routes: &[Route]) -> Value {
        let mut order: Vec<String> = Vec::new();
        let mut by_destination: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        // The VPC's own routes are always there; one that is written out says nothing more.
        for route in routes.iter().filter(|route| route.target.value != RouteTarget::Local) {
            let destination = match &route.destination.value {
                RouteDestination::Cidr(cidr) => cidr.to_string(),
                RouteDestination::PrefixList(name) => format!("pl:{name}"),
                RouteDestination::Unknown(why) => format!("{UNKNOWN} {why}"),
            };
            if !by_destination.contains_key(&destination) {
                order.push(destination.clone());
            }
            let said = by_destination.entry(destination).or_default();
            let value = route_value(route);
            if !said.contains(&value) {
                said.push(value);
            }
        }
        let mut map = Map::default();
        for destination in order {
            let values = by_destination.remove(&destination).unwrap_or_default();
            map.put(destination, Value::one_or_many(values));
        }
        map.record()
    }

    pub(super) fn security_group(&mut self, group: &SecurityGroup, vpc: &Vpc, is_default: bool) -> Value {
        let mut map = Map::default();
        let nothing_said = |rules: &Vec<SecurityGroupRule>| rules.is_empty() && !is_default;
        if let Some(rules) = group.inbound.as_ref().filter(|rules| !nothing_said(rules)) {
            map.put("inbound", Value::List(rules.iter().map(|rule| group_rule(rule, "source")).collect()));
        }
        if let Some(rules) = &group.outbound
            && !(self.defaults() == Defaults::Aws && is_everything(rules, vpc))
        {
            let rules = rules.iter().map(|rule| group_rule(rule, "destination")).collect();
            map.put("outbound", Value::List(rules));
        }
        map.record()
    }

    pub(super) fn network_acl(&mut self, acl: &NetworkAcl, name: &str) -> Value {
        let mut map = Map::default();
        for (direction, side, rules) in
            [("inbound", "source", &acl.inbound), ("outbound", "destination", &acl.outbound)]
        {
            let mut numbered = Map::default();
            let mut sorted: Vec<&AclRule> = rules.iter().collect();
            sorted.sort_by_key(|rule| rule.number.value);
            for pair in sorted.windows(2) {
                if let [a, b] = pair
                    && a.number.value == b.number.value
                {
                    let number = a.number.value;
                    self.problem(format!("network ACL {name} has two {direction} rules {number}"));
                }
            }
            for rule in sorted {
                numbered.put(rule.number.value.to_string(), acl_rule(rule, side));
            }
            map.section(direction, numbered);
        }
        if map.0.is_empty() { map.record() } else { Value::Section(map.0) }
    }
}

fn route_value(route: &Route) -> Value {
    let target = match &route.target.value {
        RouteTarget::Local => Value::text("local"),
        RouteTarget::Blackhole => Value::text("blackhole"),
        RouteTarget::Named(name) => Value::text(name),
    };
    let is_plain = route.origin == RouteOrigin::Static
        && (route.state != Some(RouteState::Blackhole) || route.target.value == RouteTarget::Blackhole);
    if is_plain {
        return target;
    }
    let mut map = Map::default();
    map.put("target", target);
    if route.state == Some(RouteState::Blackhole) {
        map.maybe("state", words::word(words::ROUTE_STATES, &RouteState::Blackhole).map(Value::text));
    }
    map.flag("propagated", route.origin == RouteOrigin::Propagated, false);
    map.record()
}

/// Whether the rules are those of a new group: everything, of each family that the VPC has (VP-12).
pub(super) fn is_everything(rules: &[SecurityGroupRule], vpc: &Vpc) -> bool {
    let mut families: Vec<bool> = Vec::new();
    for rule in rules {
        match &rule.peer.value {
            SecurityGroupPeer::Cidr(cidr)
                if cidr.prefix_len() == 0 && rule.traffic.protocol == Protocol::All =>
            {
                families.push(matches!(cidr, IpNet::V6(_)));
            }
            _ => return false,
        }
    }
    families.sort_unstable();
    families == if vpc.ipv6_cidrs.is_empty() { vec![false] } else { vec![false, true] }
}

/// Whether the only rule admits the members of the group (VP-12).
pub(super) fn is_members_only(rules: &[SecurityGroupRule], own: &str) -> bool {
    matches!(rules, [rule] if rule.traffic.protocol == Protocol::All && match &rule.peer.value {
        SecurityGroupPeer::SelfGroup => true,
        SecurityGroupPeer::Group(name) => name == own,
        _ => false,
    })
}

fn group_rule(rule: &SecurityGroupRule, side: &str) -> Value {
    let mut map = Map::default();
    traffic(&mut map, &rule.traffic);
    let peer = match &rule.peer.value {
        SecurityGroupPeer::Cidr(cidr) => anywhere(*cidr),
        SecurityGroupPeer::Network(name) => format!("net:{name}"),
        SecurityGroupPeer::PrefixList(name) => format!("pl:{name}"),
        SecurityGroupPeer::Group(name) => format!("sg:{name}"),
        SecurityGroupPeer::SelfGroup => "self".to_owned(),
        SecurityGroupPeer::Unknown(why) => format!("{UNKNOWN} {why}"),
    };
    map.put(side, Value::Text(peer));
    map.record()
}

fn acl_rule(rule: &AclRule, side: &str) -> Value {
    let mut map = Map::default();
    map.maybe("action", words::word(words::ACTIONS, &rule.action).map(Value::text));
    traffic(&mut map, &rule.traffic);
    let peer = match &rule.peer.value {
        AclPeer::Cidr(cidr) => anywhere(*cidr),
        AclPeer::Network(name) => format!("net:{name}"),
    };
    map.put(side, Value::Text(peer));
    map.record()
}

fn anywhere(cidr: IpNet) -> String {
    match cidr.prefix_len() {
        0 if matches!(cidr, IpNet::V4(_)) => "anywhere-ipv4".to_owned(),
        0 => "anywhere-ipv6".to_owned(),
        _ => cidr.trunc().to_string(),
    }
}

/// Protocol and ports, in the console's words where it has some.
fn traffic(map: &mut Map, said: &Traffic) {
    let ports: &[PortRange] = if said.protocol.has_ports() { &said.ports } else { &[] };
    let every_port = ports.is_empty() || ports.contains(&PortRange::ALL);
    let icmp = said.icmp_type.filter(|_| matches!(said.protocol, Protocol::Icmp | Protocol::Icmpv6));
    if icmp.is_none()
        && let Some(preset) = PRESETS.iter().find(|preset| {
            preset.complete
                && preset.protocol == Some(said.protocol)
                && if every_port { preset.port.is_none() } else { preset.ports() == ports }
        })
    {
        map.put("type", Value::text(preset.name));
        return;
    }
    match (said.protocol, icmp) {
        (protocol, Some(kind)) => {
            let code = said.icmp_code.map(|code| format!("/{code}")).unwrap_or_default();
            map.put("protocol", Value::Text(format!("{protocol}/{kind}{code}")));
        }
        (Protocol::Tcp, None) => {}
        (protocol, None) => {
            map.put("protocol", protocol_word(protocol));
        }
    }
    if !every_port {
        map.put("ports", Value::one_or_many(ports.iter().map(Value::text).collect()));
    }
}

fn protocol_word(protocol: Protocol) -> Value {
    match PROTOCOLS.iter().find(|(_, known)| *known == protocol) {
        Some((word, _)) => Value::text(word),
        None => Value::word(protocol.number().unwrap_or_default()),
    }
}
