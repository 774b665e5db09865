//! What becomes of a connection behind the node of a load balancer: a second connection, from the node to a target (LB-1).
//!
//! A question to a load balancer is answered in two legs: the client to each node, and each node to each target. A listener
//! passes connections on to targets that answer its health checks; if none does, to all (LB-13). Where a network load
//! balancer leaves the client's address as it is (LB-8), the second leg is asked with that address.

mod targets;

use std::collections::BTreeMap;

use crate::flow::{FlowSet, Pattern, PortSet, ProtocolSet, protocol};
use crate::network::{Code, InterfaceId, Listener, LoadBalancer, Network, TargetAddress, TargetGroup};
use crate::topology::{BalancerKind, Place, Transport};

use super::Blocker;
use super::question::Probe;
use super::trace::{Certain, Component, End, LegKind, Trace};
use super::walk;

/// A network load balancer may send to an application load balancer, which sends to hosts (LB-14).
const MOST_BALANCERS: usize = 4;

/// The connections behind nodes, each walked once.
pub(super) struct Balancers<'n> {
    network: &'n Network,
    /// What became of them, where the client makes no difference: by node, listener and group.
    known: BTreeMap<(InterfaceId, usize, usize), Onward>,
    /// By node, target and port.
    checks: BTreeMap<(InterfaceId, TargetAddress, u16), Certain>,
    /// One for every connection.
    pub(super) probes: Vec<Probe>,
    /// Their traces; the probe is a position in [`Self::probes`].
    pub(super) traces: Vec<Trace>,
}

/// What comes to a listener.
struct Arrival {
    /// As the client sends it.
    asked: FlowSet,
    /// As it arrives at the node.
    packets: FlowSet,
    /// Whether nothing but the destination was translated on the way, so that one can be told from the other.
    exact: bool,
}

/// What becomes of packets behind a node.
#[derive(Clone, Debug, Default)]
struct Onward {
    certain: Certain,
    /// Those that get to some target that they may be sent to, as the client sends them. None: all.
    works: Option<FlowSet>,
    /// Whether attributes that are not known make the difference.
    by_attributes: bool,
}

impl Onward {
    const ANSWERED: Self = Self {
        certain: Certain { passes: true, drops: false, unknown: false },
        works: None,
        by_attributes: false,
    };
    const UNKNOWN: Self = Self {
        certain: Certain { passes: false, drops: false, unknown: true },
        works: None,
        by_attributes: false,
    };
    const DROPPED: Self = Self {
        certain: Certain { passes: false, drops: true, unknown: false },
        works: None,
        by_attributes: false,
    };

    /// Of the packets that a listener takes, those that get to some target.
    fn works(&self, asked: &FlowSet) -> FlowSet {
        match &self.works {
            _ if !self.certain.passes => FlowSet::empty(),
            Some(works) => works.clone(),
            None => asked.clone(),
        }
    }

    fn is_same(&self, other: &Self, asked: &FlowSet) -> bool {
        let (one, two) = (self.works(asked), other.works(asked));
        self.certain == other.certain && one.is_subset(&two) && two.is_subset(&one)
    }

    /// One of both, nobody knows which.
    fn or(&mut self, other: &Self, asked: &FlowSet) {
        let all = self.works(asked).union(&other.works(asked));
        self.works = if asked.is_subset(&all) { None } else { Some(all) };
        self.certain.passes |= other.certain.passes;
        self.certain.drops |= other.certain.drops;
        self.certain.unknown |= other.certain.unknown;
    }
}

impl<'n> Balancers<'n> {
    pub(super) const fn new(network: &'n Network) -> Self {
        Self {
            network,
            known: BTreeMap::new(),
            checks: BTreeMap::new(),
            probes: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// Goes on where a trace ends at a node of a load balancer: takes out of it what does not get through behind the node,
    /// and says what is certain about the whole.
    pub(super) fn follow(&mut self, trace: &mut Trace) -> Certain {
        self.follow_at(trace, MOST_BALANCERS)
    }

    fn follow_at(&mut self, trace: &mut Trace, depth: usize) -> Certain {
        let End::Interface(node, _) = trace.destination else { return trace.certain };
        let network = self.network;
        let Some(balancer) = network.load_balancers.get(&network.interfaces[node].instance) else {
            return trace.certain;
        };
        if depth == 0 {
            return Onward::UNKNOWN.certain;
        }
        let mut certain = self.listen(trace, node, balancer);
        let before = trace.works.count();
        for (number, listener) in balancer.listeners.iter().enumerate() {
            let Some(arrival) = arrival(trace, listener) else { continue };
            let arrives = trace.works.intersect(&arrival.asked);
            let told = trace.blockers.len();
            let onward = self.listener(trace, (node, number, listener), &arrival, depth);
            if !arrives.is_empty() {
                certain.drops |= onward.certain.drops;
                certain.unknown |= onward.certain.unknown;
                trace.certain.unknown |= onward.certain.unknown;
            }
            let works = onward.works(&arrival.asked);
            let is_lost = onward.certain == Onward::DROPPED.certain;
            if is_lost && trace.packets.is_subset(&arrival.asked) {
                certain = onward.certain;
                trace.certain.unknown = false;
            }
            if onward.certain.drops {
                trace.unsteady = trace.unsteady.union(&works.intersect(&arrives));
            }
            let lost = arrival.asked.subtract(&works);
            trace.works = trace.works.subtract(&lost);
            // What the node itself drops is its own fault, not that of a connection behind it.
            if trace.blockers.len() > told {
                settle(trace, onward.certain);
            }
        }
        certain.passes = !trace.works.is_empty();
        if before > 0.0 {
            trace.share *= trace.works.count() / before;
        }
        certain
    }

    /// LB-12: what no listener takes is dropped at the node.
    fn listen(&self, trace: &mut Trace, node: InterfaceId, balancer: &LoadBalancer) -> Certain {
        let (udp, rest) = trace.packets.split(&of_protocol(protocol::UDP));
        let (tcp, _) = rest.split(&of_protocol(protocol::TCP));
        let mut unheard = tcp.union(&udp);
        for pattern in balancer.listeners.iter().flat_map(patterns) {
            unheard = unheard.split(&pattern).1;
        }
        if unheard.is_empty() {
            return trace.certain;
        }
        let name = &self.network.instances[balancer.instance].name;
        let place = self.network.instances[balancer.instance].place;
        if let Some(why) = &balancer.unknown {
            self.doubt(trace, node, &unheard, (format!("what {name} listens to is not known: {why}"), place));
            trace.works = trace.works.subtract(&unheard);
            return trace.certain;
        }
        let ports = balancer.listeners.iter().map(shown).collect::<Vec<_>>();
        let help = match ports.as_slice() {
            [] => format!("{name} has no listener at all: add one"),
            ports => format!("{name} listens to {}", ports.join(", ")),
        };
        let aws_code = match balancer.kind {
            BalancerKind::Classic => Some("ELB_LISTENERS_MISMATCH"),
            _ => Code::Lb001.aws_code(),
        };
        let message = format!("load balancer {name} has no listener for it");
        let told = (message, place, Some(help));
        block(trace, node, (Code::Lb001, aws_code), &unheard, told);
        trace.certain
    }

    /// What becomes of packets that a listener takes: one of its groups, its own answer, or what nobody knows of.
    fn listener(
        &mut self,
        trace: &mut Trace,
        (node, number, listener): (InterfaceId, usize, &Listener),
        arrival: &Arrival,
        depth: usize,
    ) -> Onward {
        let mut sum: Option<Onward> = listener.answers.then_some(Onward::ANSWERED);
        let mut add = |one: Onward| match &mut sum {
            Some(sum) => sum.or(&one, &arrival.asked),
            None => sum = Some(one),
        };
        for (index, group) in listener.groups.iter().enumerate() {
            let of_group = match self.known.get(&(node, number, index)) {
                Some(known) => known.clone(),
                None => {
                    let found = self.group(node, group, arrival, depth);
                    if group.preserves_client == Ok(false) {
                        self.known.insert((node, number, index), found.clone());
                    }
                    found
                }
            };
            self.explain(trace, node, group, &arrival.asked);
            if of_group.by_attributes {
                self.doubt_attributes(trace, node, group, &arrival.asked);
            }
            add(of_group);
        }
        let name = &self.network.instances[self.network.interfaces[node].instance].name;
        if let Some(why) = &listener.unknown {
            let message =
                format!("where {name} sends connections to port {} is not known: {why}", listener.port);
            self.doubt(trace, node, &arrival.asked, (message, listener.place));
            add(Onward::UNKNOWN);
        }
        // A listener that forwards to no group drops everything.
        sum.unwrap_or_else(|| {
            let message = format!("load balancer {name} has no target group for port {}", listener.port);
            let help = Some("let the listener forward to a target group".to_owned());
            note(trace, node, LB002, &arrival.asked, (message, listener.place, help));
            Onward::DROPPED
        })
    }

    /// LB-11, LB-12: why a group has nobody to send to.
    fn explain(&self, trace: &mut Trace, node: InterfaceId, group: &TargetGroup, asked: &FlowSet) {
        if group.is_function {
            return;
        }
        let name = &group.name;
        let balancer = &self.network.instances[self.network.interfaces[node].instance];
        if let Some(why) = &group.unknown {
            let message = format!("the targets of target group {name} are not all known: {why}");
            self.doubt(trace, node, asked, (message, group.place));
        } else if group.targets.is_empty() {
            let message = format!("target group {name} of load balancer {} has no targets", balancer.name);
            let told = (message, group.place, Some("register a target".to_owned()));
            note(trace, node, LB002, asked, told);
        } else if self.used(node, group, true).next().is_none()
            || group.cross_zone == Ok(false) && self.used(node, group, false).next().is_none()
        {
            let node_name = super::endpoint::interface_name(self.network, node);
            let message = format!("target group {name} has no target in a zone that {node_name} sends to");
            let help = Some("turn on cross-zone load balancing, or add a target there".to_owned());
            let kind = self.network.load_balancers.get(&self.network.interfaces[node].instance);
            let aws_code = match kind.map(|balancer| balancer.kind) {
                Some(BalancerKind::Classic) => Some("ELB_NOT_CROSSZONE"),
                _ => Code::Lb003.aws_code(),
            };
            note(trace, node, (Code::Lb003, aws_code), asked, (message, group.place, help));
        }
    }

    fn doubt_attributes(&self, trace: &mut Trace, node: InterfaceId, group: &TargetGroup, asked: &FlowSet) {
        let open =
            [&group.cross_zone, &group.preserves_client].into_iter().find_map(|one| one.as_ref().err());
        let why = open.map(String::as_str).unwrap_or_default();
        let message =
            format!("it depends on attributes of target group {} that are not known: {why}", group.name);
        self.doubt(trace, node, asked, (message, group.place));
    }

    /// Notes that nobody can say what becomes of packets behind the node.
    fn doubt(
        &self,
        trace: &mut Trace,
        node: InterfaceId,
        packets: &FlowSet,
        (message, place): (String, Place),
    ) {
        let code = if self.network.planned { Code::Und007 } else { Code::Und002 };
        if trace.blockers.iter().any(|known| known.code == code && known.message == message) {
            return;
        }
        note(trace, node, (code, None), packets, (message, place, None));
        if !trace.works.is_disjoint(packets) {
            settle(trace, Onward::UNKNOWN.certain);
        }
    }
}

const LB002: (Code, Option<&str>) = (Code::Lb002, Code::Lb002.aws_code());

/// What of a trace a listener takes; none if nothing. What gets to the node, if anything does.
fn arrival(trace: &Trace, listener: &Listener) -> Option<Arrival> {
    let taken = |set: &FlowSet| {
        patterns(listener)
            .map(|pattern| set.split(&pattern).0)
            .fold(FlowSet::empty(), |all, one| all.union(&one))
    };
    let all = taken(&trace.packets);
    if all.is_empty() {
        return None;
    }
    let last = trace.request.hops.last()?;
    let arrived = taken(&last.packets);
    let exact = arrived.sources() == all.sources() && arrived.source_ports() == all.source_ports();
    let works = taken(&trace.works);
    let packets = if exact && !works.is_empty() {
        let destinations = arrived.destinations();
        works.map(|header| header.destination = destinations.clone())
    } else {
        arrived
    };
    Some(Arrival { asked: all, packets, exact })
}

/// The packets that a listener takes.
fn patterns(listener: &Listener) -> impl Iterator<Item = Pattern> + use<> {
    let port = listener.port;
    let numbers: &[u8] = match listener.transport {
        Transport::Tcp => &[protocol::TCP],
        Transport::Udp => &[protocol::UDP],
        Transport::TcpUdp => &[protocol::TCP, protocol::UDP],
    };
    numbers
        .iter()
        .map(move |number| Pattern { destination_ports: Some(PortSet::single(port)), ..of_protocol(*number) })
}

fn shown(listener: &Listener) -> String {
    let protocol = match listener.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::TcpUdp => "tcp and udp",
    };
    format!("{protocol} {}", listener.port)
}

fn of_protocol(number: u8) -> Pattern {
    Pattern { protocols: Some(ProtocolSet::single(number)), ..Pattern::default() }
}

type Told = (String, Place, Option<String>);

/// What is certain about a trace, with what the node does.
fn settle(trace: &mut Trace, certain: Certain) {
    trace.certain.passes = !trace.works.is_empty();
    trace.certain.drops |= certain.drops;
    trace.certain.unknown |= certain.unknown;
    let Certain { passes, drops, unknown } = trace.certain;
    trace.verdict = walk::verdict(passes, drops, unknown);
    trace.share = if passes { trace.works.count() / trace.packets.count().max(1.0) } else { 0.0 };
}

/// Notes that packets of a trace end at the node.
fn block(
    trace: &mut Trace,
    node: InterfaceId,
    code: (Code, Option<&'static str>),
    packets: &FlowSet,
    told: Told,
) {
    note(trace, node, code, packets, told);
    trace.works = trace.works.subtract(packets);
    // What is not known of the way to the node does not matter then.
    trace.certain.unknown &= !trace.packets.is_subset(packets);
    settle(trace, Onward::DROPPED.certain);
}

fn note(
    trace: &mut Trace,
    node: InterfaceId,
    (code, aws_code): (Code, Option<&'static str>),
    packets: &FlowSet,
    (message, place, help): Told,
) {
    let blocker = Blocker {
        code,
        aws_code,
        leg: LegKind::Request,
        hop: trace.request.hops.len().saturating_sub(1),
        component: Component::Interface(node),
        direction: None,
        rule: None,
        packets: packets.clone(),
        complete: trace.packets.is_subset(packets),
        masked: trace.works.is_disjoint(packets),
        message,
        place,
        nearest: None,
        help,
    };
    trace.blockers.push(blocker);
}
