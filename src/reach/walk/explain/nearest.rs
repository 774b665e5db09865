//! Which rule came closest to letting a packet through.

use super::Context;
use crate::flow::{Pattern, describe_ports};
use crate::network::{AclRule, Code, Direction, Identity, Peer, RuleId, SecurityGroupRule, describe_traffic};
use crate::topology::{AclAction, Place};

use super::super::super::trace::{Component, LegKind, NearMiss};

impl Context<'_> {
    /// The rule that agrees in most respects with what was dropped.
    pub(super) fn nearest(&self, code: Code) -> Option<NearMiss> {
        match (code, self.component) {
            (Code::Sg001 | Code::Sg002 | Code::Sg003 | Code::Sg004, Component::SecurityGroups(interface)) => {
                let direction = self.direction?;
                let misses = self
                    .network
                    .group_rules(interface, direction)
                    .filter_map(|(id, rule)| self.near_group_rule(id, rule, direction));
                best(misses)
            }
            (Code::Acl002 | Code::Acl003, Component::NetworkAcl(_, Some(acl))) => {
                let direction = self.direction?;
                let rules = (0..).zip(self.network.network_acls[acl].rules(direction));
                let misses =
                    rules.filter(|(_, rule)| rule.action == AclAction::Allow).filter_map(|(index, rule)| {
                        self.near_acl_rule(RuleId::NetworkAcl(acl, direction, index), rule)
                    });
                best(misses)
            }
            _ => None,
        }
    }

    fn near_group_rule(
        &self,
        id: RuleId,
        rule: &SecurityGroupRule,
        direction: Direction,
    ) -> Option<(usize, NearMiss)> {
        let far = match direction {
            Direction::Inbound => self.packets.sources(),
            Direction::Outbound => self.packets.destinations(),
        };
        let peer = match &rule.peer {
            Peer::Addresses(addresses) => !addresses.is_disjoint(&far),
            Peer::Members(group) => match (direction, self.path.identity) {
                (Direction::Inbound, Identity::Interface(source) | Identity::OverTransitGateway(source)) => {
                    self.network.is_member(source, *group)
                }
                (Direction::Inbound, _) => false,
                (Direction::Outbound, _) => {
                    let members = &self.network.security_groups[*group].members;
                    members.iter().any(|member| {
                        self.network.interfaces[*member]
                            .private_addresses()
                            .any(|address| far.contains(address))
                    })
                }
            },
            Peer::Stale | Peer::Unknown(_) => false,
        };
        let side = if direction == Direction::Inbound { "source" } else { "destination" };
        let traffic = &rule.traffic;
        let places = Places {
            protocol: traffic.protocol_place,
            ports: if traffic.ports_place == Place::Implicit {
                traffic.protocol_place
            } else {
                traffic.ports_place
            },
            peer: rule.peer_place,
            rule: rule.place,
        };
        self.near(id, &rule.pattern, peer, side, &describe_traffic(traffic), &places)
    }

    fn near_acl_rule(&self, id: RuleId, rule: &AclRule) -> Option<(usize, NearMiss)> {
        let bare = Pattern { source: None, destination: None, ..rule.pattern.clone() };
        let peer = !self
            .packets
            .split(&Pattern { destination_ports: None, protocols: None, ..rule.pattern.clone() })
            .0
            .is_empty();
        let side = if self.direction == Some(Direction::Inbound) { "source" } else { "destination" };
        let places = Places {
            protocol: rule.traffic.protocol_place,
            ports: rule.traffic.ports_place,
            peer: rule.peer_place,
            rule: rule.place,
        };
        self.near(id, &bare, peer, side, &describe_traffic(&rule.traffic), &places)
    }

    fn near(
        &self,
        rule: RuleId,
        bare: &Pattern,
        peer: bool,
        side: &str,
        opens: &str,
        places: &Places,
    ) -> Option<(usize, NearMiss)> {
        let protocols = self.packets.protocols();
        let protocol = bare.protocols.as_ref().is_none_or(|wanted| !wanted.is_disjoint(&protocols));
        let ports = self.packets.destination_ports();
        let port = bare.destination_ports.as_ref().is_none_or(|wanted| !wanted.is_disjoint(&ports));
        let port_number = opens.split(' ').next_back().unwrap_or(opens);
        let (place, why) = match (peer, protocol, port) {
            (true, true, false) if self.path.leg == LegKind::Reply => (
                places.ports,
                format!("replies go to the client's port ({}), not to {port_number}", describe_ports(&ports)),
            ),
            (true, true, false) => (places.ports, format!("right {side}, but opens {port_number}")),
            (true, false, _) => (places.protocol, format!("right {side}, but opens {opens}")),
            (false, true, true) => (places.peer, format!("opens {opens}, but to another {side}")),
            (true, true, true) => (places.rule, "covers only a part of it".to_owned()),
            _ => return None,
        };
        let score = usize::from(peer) * 2 + usize::from(protocol) + usize::from(port);
        let place = if place == Place::Implicit { places.rule } else { place };
        (place != Place::Implicit).then_some((score, NearMiss { rule, place, why }))
    }
}

struct Places {
    protocol: Place,
    ports: Place,
    peer: Place,
    rule: Place,
}

/// The first of those with the best score.
fn best(misses: impl Iterator<Item = (usize, NearMiss)>) -> Option<NearMiss> {
    misses
        .fold(None, |best: Option<(usize, NearMiss)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, miss)| miss)
}
