//! The verdict of the kernel beside the analyzer's.

use std::collections::BTreeMap;

use super::{Ask, Opinion, Verifier, blame};
use crate::flow::protocol;
use crate::lab::plan::{ANY_ZONE, Device, Gate, NamespaceId};
use crate::lab::probe::{Leg, Observation, Outcome, Probe, Transport};
use crate::reach::{LegKind, Origin};

/// What became of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The same verdict and, if it is a drop, the same leg and rule.
    Agree,
    /// They differ.
    Disagree,
    /// No comparison, and why.
    Unasked(String),
}

/// Counts of a run, and what they disagreed about.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Packets that both were asked about.
    pub compared: usize,
    /// Those of them that were in a transit gateway, there or back.
    pub over_transit: usize,
    /// Those that were delivered, and answered, according to both.
    pub delivered: usize,
    /// Those that were dropped by the same rule according to both: request, reply.
    pub dropped: [usize; 2],
    /// What was not compared: reason and count.
    pub unasked: BTreeMap<String, usize>,
    /// Where they differ.
    pub disagreements: Vec<Disagreement>,
    /// Packets of which nothing was heard: faults of the lab, never verdicts.
    pub lost: Vec<Disagreement>,
}

/// A packet about which the kernel and the analyzer differ.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The packet.
    pub ask: Ask,
    /// What the analyzer says.
    pub opinion: Opinion,
    /// What the kernel did.
    pub observation: Observation,
}

impl Report {
    /// Takes note of one comparison.
    pub fn note(&mut self, ask: Ask, opinion: Opinion, observation: Observation, agreement: Agreement) {
        match agreement {
            Agreement::Agree => {
                self.compared += 1;
                let [request, reply] = &mut self.dropped;
                match opinion {
                    Opinion::Delivered => self.delivered += 1,
                    Opinion::Dropped { leg: LegKind::Request, .. } => *request += 1,
                    Opinion::Dropped { .. } => *reply += 1,
                    Opinion::Unasked(_) => {}
                }
            }
            Agreement::Disagree => {
                self.compared += 1;
                self.disagreements.push(Disagreement { ask, opinion, observation });
            }
            Agreement::Unasked(why) => self.unasked(why),
        }
    }

    /// Takes note of a packet that was not compared.
    pub fn unasked(&mut self, why: String) {
        *self.unasked.entry(why).or_default() += 1;
    }
}

impl Verifier<'_> {
    /// The probe of the lab for a packet.
    ///
    /// # Errors
    /// If the lab can't send it: why.
    pub fn probe(&self, ask: &Ask) -> Result<Probe, String> {
        let client = match ask.origin {
            Origin::Interface(id) => self.namespace(id),
            Origin::Internet => Some(self.plan.internet),
            Origin::Site(_) | Origin::Unmodelled(_) => None,
        };
        let client = client.ok_or("a client that the lab does not have")?;
        let packet = ask.packet;
        if protocol::has_ports(packet.protocol) {
            if packet.source_port == 0 || packet.destination_port == 0 {
                return Err("port 0, which no socket can have".to_owned());
            }
            if packet.source_port == packet.destination_port {
                return Err("equal ports at both ends: a reply would look like a request".to_owned());
            }
        }
        let (transport, source_port, destination_port) = match packet.protocol {
            protocol::TCP => (Transport::Tcp, packet.source_port, packet.destination_port),
            protocol::UDP => (Transport::Udp, packet.source_port, packet.destination_port),
            protocol::ICMP | protocol::ICMPV6 if is_echo(ask) => (Transport::Icmp, ask.identifier, 0),
            _ => return Err("a protocol that the lab has no probe for".to_owned()),
        };
        let (source, destination) = (packet.source, packet.destination);
        Ok(Probe { client, source, destination, transport, source_port, destination_port })
    }

    fn namespace(&self, interface: crate::network::InterfaceId) -> Option<NamespaceId> {
        let name = self.host(interface)?;
        self.plan.hosts.iter().find(|host| host.name == *name).map(|host| host.namespace)
    }

    fn events_of<'a>(&'a self, observation: &'a Observation) -> impl Iterator<Item = &'a Gate> {
        observation.events.iter().filter_map(|event| self.plan.gates.get(event.gate))
    }

    /// Whether the kernel saw the packet, or its reply, in a transit gateway.
    pub fn crossed_transit(&self, observation: &Observation) -> bool {
        self.events_of(observation).any(Gate::is_transit)
    }

    /// Whether they agree.
    pub fn compare(&self, opinion: &Opinion, observation: &Observation) -> Agreement {
        let by = match &observation.outcome {
            Outcome::Dropped { by, .. } => self.plan.gates.get(*by),
            _ => None,
        };
        if let Some(gate) = by.filter(|gate| gate.device == Device::Gap) {
            return Agreement::Unasked(format!("the lab can't express {}", gate.rule));
        }
        let agree = match (opinion, &observation.outcome) {
            (Opinion::Unasked(why), _) => return Agreement::Unasked(why.clone()),
            (Opinion::Delivered, outcome) => matches!(outcome, Outcome::Delivered),
            (Opinion::Dropped { leg, gates, around, .. }, Outcome::Dropped { leg: seen, .. }) => {
                by.is_some_and(|gate| {
                    let half = |gate| blame::is_half_a_connection(gate);
                    // Half a connection may be noticed at the first packet that goes on with it, in either direction.
                    (gates.iter().any(half) && half(gate))
                        || (*around && blame::is_around(gate))
                        || (same_leg(*leg, *seen) && gates.contains(gate))
                })
            }
            (Opinion::Dropped { .. }, _) => false,
        };
        let any_zone = self.events_of(observation).any(|gate| gate.rule == ANY_ZONE);
        let both =
            matches!((opinion, &observation.outcome), (Opinion::Dropped { .. }, Outcome::Dropped { .. }));
        // Both drop it; whose rule comes first, depends on the subnet that AWS chooses.
        if !agree && both && any_zone {
            return Agreement::Unasked(
                "which rule drops first depends on the zone that a transit gateway takes".to_owned(),
            );
        }
        if agree { Agreement::Agree } else { Agreement::Disagree }
    }
}

const fn same_leg(leg: LegKind, seen: Leg) -> bool {
    matches!((leg, seen), (LegKind::Request, Leg::Request) | (LegKind::Reply, Leg::Reply))
}

/// Only echo requests have replies that a probe can wait for.
fn is_echo(ask: &Ask) -> bool {
    let packet = ask.packet;
    let [kind, code] = packet.destination_port.to_be_bytes();
    code == 0 && kind == if packet.protocol == protocol::ICMP { 8 } else { 128 }
}
