//! What becomes of a connection behind the node of a load balancer: a second connection, from the node to a target (LB-1).
//!
//! A question to a load balancer is answered in two legs: the client to each node, and each node to each target. A listener
//! passes connections on to targets that answer its health checks; if none does, to all (LB-13).

use std::collections::BTreeMap;

use crate::flow::{FlowSet, Pattern, PortSet, ProtocolSet, protocol, single_address};
use crate::network::{BalancerTarget, Code, InterfaceId, Listener, LoadBalancer, Network, Owner};
use crate::topology::{EphemeralPorts, Place};

use super::Blocker;
use super::endpoint::interface_name;
use super::question::{Origin, Probe};
use super::service::Service;
use super::trace::{Certain, Component, End, LegKind, Trace, Verdict};
use super::walk;

/// The connections behind nodes, each walked once.
pub(super) struct Behind<'n> {
    network: &'n Network,
    /// By node and number of the listener.
    known: BTreeMap<(InterfaceId, usize), Certain>,
    /// One for every target of a node.
    pub(super) probes: Vec<Probe>,
    /// Their traces; the probe is a position in [`Self::probes`].
    pub(super) traces: Vec<Trace>,
}

impl<'n> Behind<'n> {
    pub(super) const fn new(network: &'n Network) -> Self {
        Self { network, known: BTreeMap::new(), probes: Vec::new(), traces: Vec::new() }
    }

    /// Goes on where a trace ends at a node of a load balancer: takes out of it what does not get through behind the node,
    /// and says what is certain about the whole.
    pub(super) fn follow(&mut self, trace: &mut Trace) -> Certain {
        let End::Interface(node, _) = trace.destination else { return trace.certain };
        let network = self.network;
        let Some(balancer) = network.load_balancers.get(&network.interfaces[node].instance) else {
            return trace.certain;
        };
        self.listen(trace, node, balancer);
        let mut certain = trace.certain;
        let before = trace.works.count();
        for (number, listener) in balancer.listeners.iter().enumerate() {
            let asked = trace.packets.split(&of_port(listener.port)).0;
            if asked.is_empty() {
                continue;
            }
            let behind = match self.known.get(&(node, number)) {
                Some(behind) => *behind,
                None => {
                    let behind = self.targets(node, listener);
                    self.known.insert((node, number), behind);
                    behind
                }
            };
            let arrives = !trace.works.is_disjoint(&asked);
            certain.drops |= arrives && behind.drops;
            certain.unknown |= arrives && behind.unknown;
            if !behind.passes {
                trace.works = trace.works.subtract(&asked);
            }
        }
        certain.passes = !trace.works.is_empty();
        if before > 0.0 {
            trace.share *= trace.works.count() / before;
        }
        certain
    }

    /// LB-12: what no listener takes is dropped at the node, and so is what a listener has no target for.
    fn listen(&self, trace: &mut Trace, node: InterfaceId, balancer: &LoadBalancer) {
        let ports = PortSet::from_ranges(balancer.listeners.iter().map(|one| (one.port, one.port)));
        let (udp, rest) = trace.packets.split(&of_protocol(protocol::UDP));
        let (tcp, _) = rest.split(&of_protocol(protocol::TCP));
        let taken = Pattern { destination_ports: Some(ports), ..Pattern::default() };
        let unheard = tcp.split(&taken).1.union(&udp);
        let name = &self.network.instances[balancer.instance].name;
        if !unheard.is_empty() {
            let ports = balancer.listeners.iter().map(|one| one.port.to_string()).collect::<Vec<_>>();
            let help = match ports.as_slice() {
                [] => format!("{name} has no listener at all: add one"),
                ports => format!("{name} listens to tcp {}", ports.join(", ")),
            };
            let message = format!("load balancer {name} has no listener for it");
            let place = self.network.instances[balancer.instance].place;
            block(trace, node, Code::Lb001, &unheard, (message, place, help));
        }
        for listener in &balancer.listeners {
            let asked = trace.packets.split(&of_port(listener.port)).0;
            if asked.is_empty() || listener.unknown.is_some() {
                continue;
            }
            let group = &listener.target_group;
            if listener.targets.is_empty() {
                let message = format!("target group {group} of load balancer {name} has no targets");
                let told = (message, listener.group_place, "register a target".to_owned());
                block(trace, node, Code::Lb002, &asked, told);
            } else if self.used(node, listener).next().is_none() {
                let node = interface_name(self.network, node);
                let message = format!("target group {group} has no target in a zone that {node} sends to");
                let help = "turn on cross-zone load balancing, or add a target there".to_owned();
                let End::Interface(id, _) = trace.destination else { continue };
                block(trace, id, Code::Lb003, &asked, (message, listener.group_place, help));
            }
        }
    }

    /// LB-11: only targets in zones where the load balancer has a node; without cross-zone load balancing only those in
    /// the node's own. What has no known zone is taken for one that is there.
    fn used<'a>(
        &'a self,
        node: InterfaceId,
        listener: &'a Listener,
    ) -> impl Iterator<Item = BalancerTarget> + 'a {
        let zone = |id: InterfaceId| self.network.subnets[self.network.interfaces[id].subnet].az.as_deref();
        let nodes = &self.network.instances[self.network.interfaces[node].instance].interfaces;
        listener.targets.iter().copied().filter(move |target| match self.interface_of(node, *target) {
            None => true,
            Some(target) => match (zone(target), zone(node)) {
                (None, _) | (_, None) => true,
                (Some(target), Some(own)) if !listener.cross_zone => target == own,
                (Some(target), Some(_)) => {
                    nodes.iter().any(|node| zone(*node).is_none_or(|zone| zone == target))
                }
            },
        })
    }

    fn interface_of(&self, node: InterfaceId, target: BalancerTarget) -> Option<InterfaceId> {
        match target {
            BalancerTarget::Interface(id) => Some(id),
            BalancerTarget::Address(address) => {
                match self.network.owner(self.network.interfaces[node].vpc, address) {
                    Some(Owner::Interface(id)) => Some(id),
                    _ => None,
                }
            }
        }
    }

    /// LB-13: what becomes of connections from a node to the targets of a listener.
    fn targets(&mut self, node: InterfaceId, listener: &Listener) -> Certain {
        if listener.unknown.is_some() {
            return Certain { passes: false, drops: false, unknown: true };
        }
        let targets: Vec<BalancerTarget> = self.used(node, listener).collect();
        let mut all = Vec::new();
        for target in targets {
            let Some(probe) = self.probe(node, target, listener.target_port) else { continue };
            let checked = match listener.health_check_port {
                port if port == listener.target_port => None,
                port => {
                    self.probe(node, target, port).map(|probe| certain(&walk::walk(self.network, &probe).0))
                }
            };
            let traces = walk::walk(self.network, &probe).0;
            let carries = certain(&traces);
            all.push((carries, checked.unwrap_or(carries)));
            let number = self.probes.len();
            self.probes.push(probe);
            self.traces.extend(traces.into_iter().map(|trace| Trace {
                probe: number,
                onward: true,
                ..trace
            }));
        }
        let is_healthy = |(_, check): &&(Certain, Certain)| check.passes && !check.drops || check.unknown;
        let healthy: Vec<_> = all.iter().filter(is_healthy).collect();
        // All unhealthy: they get connections all the same.
        let open = if healthy.is_empty() { all.iter().collect() } else { healthy };
        let mut sum = Certain::default();
        for (carries, check) in open {
            sum.passes |= carries.passes;
            sum.drops |= carries.drops;
            sum.unknown |= carries.unknown || check.unknown;
        }
        sum.drops |= all.is_empty();
        sum
    }

    /// From a node's own address, by any of its ports (LB-4), to a port of a target.
    fn probe(&self, node: InterfaceId, target: BalancerTarget, port: u16) -> Option<Probe> {
        let (address, name) = match target {
            BalancerTarget::Interface(id) => {
                (self.network.interfaces[id].primary(false)?.private, interface_name(self.network, id))
            }
            BalancerTarget::Address(address) => (address, address.to_string()),
        };
        let source = self.network.interfaces[node].primary(address.is_ipv6())?.private;
        let range = EphemeralPorts::Any.range();
        let client = PortSet::range(range.first, range.last);
        let service = Service::port(protocol::TCP, port);
        Some(Probe {
            source: Origin::Interface(node),
            source_name: interface_name(self.network, node),
            destination_name: format!("{name}:{port}"),
            destination: self.interface_of(node, target),
            meant: None,
            meant_site: None,
            destination_unmodelled: None,
            about: Vec::new(),
            translated_ports: None,
            packets: service.packets(&single_address(source), &single_address(address), &client),
            one_way: false,
            follows: false,
            supposed: Vec::new(),
        })
    }
}

fn certain(traces: &[Trace]) -> Certain {
    let mut sum = Certain::default();
    for trace in traces {
        sum.passes |= trace.certain.passes;
        sum.drops |= trace.certain.drops;
        sum.unknown |= trace.certain.unknown;
    }
    sum
}

fn of_protocol(number: u8) -> Pattern {
    Pattern { protocols: Some(ProtocolSet::single(number)), ..Pattern::default() }
}

fn of_port(port: u16) -> Pattern {
    Pattern { destination_ports: Some(PortSet::single(port)), ..of_protocol(protocol::TCP) }
}

/// Notes that packets of a trace end at the node.
fn block(trace: &mut Trace, node: InterfaceId, code: Code, packets: &FlowSet, told: (String, Place, String)) {
    let (message, place, help) = told;
    let masked = trace.works.is_disjoint(packets);
    trace.works = trace.works.subtract(packets);
    trace.certain.drops = true;
    trace.certain.passes = !trace.works.is_empty();
    let Certain { passes, drops, unknown } = trace.certain;
    trace.verdict = walk::verdict(passes, drops, unknown);
    trace.share = match trace.verdict {
        Verdict::Blocked => 0.0,
        _ => trace.works.count() / trace.packets.count().max(1.0),
    };
    trace.blockers.push(Blocker {
        code,
        aws_code: code.aws_code(),
        leg: LegKind::Request,
        hop: trace.request.hops.len().saturating_sub(1),
        component: Component::Interface(node),
        direction: None,
        rule: None,
        packets: packets.clone(),
        complete: trace.packets.is_subset(packets),
        masked,
        message,
        place,
        nearest: None,
        help: Some(help),
    });
}
