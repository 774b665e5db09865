//! Every rule that a filter looked at, and why it did not match.

use crate::flow::{AddressSet, FlowSet, IntervalSet, Pattern, Point};
use crate::network::{Direction, Network, Peer, RuleId, SecurityGroupId, SecurityGroupRule};
use crate::reach::{Component, Hop, Step};

/// A rule of a filter that met packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Considered {
    pub(crate) rule: RuleId,
    pub(crate) outcome: Outcome,
}

/// What a rule had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It decided about some packets.
    Matched,
    /// Nothing that reached it fits: the sides that differ.
    NoMatch(Vec<&'static str>),
    /// Everything was decided before.
    NotReached,
}

/// The rules of the filter at a hop, in the order in which AWS looks at them. Empty for what is not a filter.
pub(crate) fn considered(network: &Network, hop: &Hop) -> Vec<Considered> {
    let (Step::Filtered(parts), Some(direction)) = (&hop.step, hop.direction) else { return Vec::new() };
    let matched = |rule: RuleId| parts.iter().any(|part| part.rule == Some(rule));
    match hop.component {
        Component::NetworkAcl(_, Some(acl)) => {
            let rules = network.network_acls[acl].rules(direction);
            let mut rest = hop.packets.clone();
            let numbered = (0..).zip(rules).map(|(index, rule)| {
                let id = RuleId::NetworkAcl(acl, direction, index);
                let outcome = outcome(&rest, &rule.pattern, direction, matched(id));
                rest = rest.split(&rule.pattern).1;
                Considered { rule: id, outcome }
            });
            let mut all: Vec<Considered> = numbered.collect();
            let last = RuleId::AclDefault(acl, direction);
            let outcome = if rest.is_empty() { Outcome::NotReached } else { Outcome::Matched };
            all.push(Considered { rule: last, outcome });
            all
        }
        Component::SecurityGroups(interface) => network.interfaces[interface]
            .groups
            .iter()
            .flat_map(|&group| group_rules(network, group, direction))
            .map(|(id, pattern)| {
                let outcome = outcome(&hop.packets, &pattern, direction, matched(id));
                // Rules are a union: one that matches what an earlier one admitted was looked at all the same.
                let outcome = if outcome == Outcome::NotReached { Outcome::Matched } else { outcome };
                Considered { rule: id, outcome }
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn group_rules(
    network: &Network,
    group: SecurityGroupId,
    direction: Direction,
) -> impl Iterator<Item = (RuleId, Pattern)> {
    let rules = network.security_groups[group].rules(direction);
    (0..).zip(rules).map(move |(index, rule)| {
        (RuleId::SecurityGroup(group, direction, index), pattern(network, rule, direction))
    })
}

/// What a rule matches, remote side included: members count with their private addresses.
fn pattern(network: &Network, rule: &SecurityGroupRule, direction: Direction) -> Pattern {
    let peer = match &rule.peer {
        Peer::Addresses(addresses) => addresses.clone(),
        Peer::Members(group) => AddressSet::from_ranges(
            network.security_groups[*group]
                .members
                .iter()
                .flat_map(|member| network.interfaces[*member].private_addresses())
                .map(|address| (address, address)),
        ),
        Peer::Stale | Peer::Unknown(_) => AddressSet::empty(),
    };
    let mut pattern = rule.pattern.clone();
    match direction {
        Direction::Inbound => pattern.source = Some(peer),
        Direction::Outbound => pattern.destination = Some(peer),
    }
    pattern
}

fn outcome(packets: &FlowSet, pattern: &Pattern, direction: Direction, decided: bool) -> Outcome {
    if decided {
        return Outcome::Matched;
    }
    if packets.is_empty() {
        return Outcome::NotReached;
    }
    let mut sides = Vec::new();
    if is_apart(&packets.protocols(), pattern.protocols.as_ref()) {
        sides.push("protocol");
    } else if is_apart(&packets.destination_ports(), pattern.destination_ports.as_ref()) {
        sides.push("port");
    }
    let (peer, wanted) = match direction {
        Direction::Inbound => (packets.sources(), pattern.source.as_ref()),
        Direction::Outbound => (packets.destinations(), pattern.destination.as_ref()),
    };
    if is_apart(&peer, wanted) {
        sides.push(match direction {
            Direction::Inbound => "source",
            Direction::Outbound => "destination",
        });
    }
    if sides.is_empty() { Outcome::NotReached } else { Outcome::NoMatch(sides) }
}

fn is_apart<T: Point>(side: &IntervalSet<T>, wanted: Option<&IntervalSet<T>>) -> bool {
    wanted.is_some_and(|wanted| side.is_disjoint(wanted))
}
