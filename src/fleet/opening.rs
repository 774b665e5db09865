//! What gets through between two ends, as services.

use crate::flow::{FlowSet, Pattern, PortSet, ProtocolSet, protocol};
use crate::network::Supposed;
use crate::reach::{Answer, Behind, LegKind, Trace, Verdict};

/// Services of one verdict.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Opening {
    /// Reachable, partial or undetermined.
    pub verdict: Verdict,
    /// Protocol numbers.
    pub protocols: ProtocolSet,
    /// Destination ports; types and codes of ICMP; zero for other protocols.
    pub ports: PortSet,
}

/// The services of a question of which anything gets through, or of which nobody can say.
///
/// Of several pairs of addresses any counts: the question is what is open, not whether everything is. A service is
/// partial where some client addresses or client ports get through and others do not.
pub fn openings(answer: &Answer) -> Vec<Opening> {
    let mut asked = ProtocolSet::empty();
    for trace in direct(answer) {
        asked = asked.union(&trace.packets.protocols());
    }
    let mut found: Vec<Opening> = Vec::new();
    for number in [protocol::TCP, protocol::UDP, protocol::ICMP, protocol::ICMPV6] {
        let alone = ProtocolSet::single(number);
        if !asked.is_disjoint(&alone) {
            add(&mut found, answer, &alone);
            asked = asked.subtract(&alone);
        }
    }
    // Of protocols without ports, the rules that name one by its number are told apart.
    for (first, last) in stretches(answer, &asked) {
        add(&mut found, answer, &ProtocolSet::range(first, last));
    }
    found
}

/// What was asked about, without the connections that load balancers make behind it.
fn direct(answer: &Answer) -> impl Iterator<Item = &Trace> {
    answer.traces.iter().filter(|trace| trace.behind == Behind::Nothing)
}

fn add(found: &mut Vec<Opening>, answer: &Answer, protocols: &ProtocolSet) {
    let without_ports = PortSet::single(0);
    for (verdict, ports) in of_protocols(answer, protocols) {
        let joins = |opening: &&mut Opening| {
            opening.verdict == verdict && opening.ports == ports && ports == without_ports
        };
        match found.iter_mut().find(joins) {
            _ if ports.is_empty() => {}
            Some(opening) => opening.protocols = opening.protocols.union(protocols),
            None => found.push(Opening { verdict, protocols: protocols.clone(), ports }),
        }
    }
}

/// Of each verdict, the ports. Where the answer depends on which address AWS picks (EN-7), only what every side agrees on.
fn of_protocols(answer: &Answer, protocols: &ProtocolSet) -> [(Verdict, PortSet); 3] {
    let mut sides: Vec<(&[Supposed], Vec<&Trace>)> = Vec::new();
    for trace in direct(answer) {
        let probe = answer.question.probes.get(trace.probe);
        let supposed = probe.map(|probe| probe.supposed.as_slice()).unwrap_or_default();
        match sides.iter_mut().find(|(known, _)| *known == supposed) {
            Some((_, traces)) => traces.push(trace),
            None => sides.push((supposed, vec![trace])),
        }
    }
    let mut sides = sides.into_iter().map(|(_, traces)| of_side(&traces, protocols));
    let [mut reachable, mut partial, unknown] =
        sides.next().unwrap_or_else(|| [(); 3].map(|()| PortSet::empty()));
    let mut any = reachable.union(&partial).union(&unknown);
    for [others, other_partial, other_unknown] in sides {
        any = any.union(&others).union(&other_partial).union(&other_unknown);
        reachable = reachable.intersect(&others);
        partial = partial.intersect(&other_partial);
    }
    let unknown = any.subtract(&reachable).subtract(&partial);
    [(Verdict::Reachable, reachable), (Verdict::Partial, partial), (Verdict::Undetermined, unknown)]
}

/// The ports that get through, those that do in part, and those of which nobody can say.
fn of_side(traces: &[&Trace], protocols: &ProtocolSet) -> [PortSet; 3] {
    let pattern = Pattern { protocols: Some(protocols.clone()), ..Pattern::default() };
    let ports = |set: &FlowSet| set.split(&pattern).0.destination_ports();
    let (mut any, mut fails, mut unknown) = (PortSet::empty(), PortSet::empty(), PortSet::empty());
    for trace in traces {
        let rest = trace.packets.subtract(&trace.works);
        any = any.union(&ports(&trace.works));
        fails = fails.union(&ports(&rest)).union(&ports(&trace.unsteady));
        if trace.certain.unknown {
            unknown = unknown.union(&ports(&in_doubt(trace, &rest)));
        }
    }
    [any.subtract(&fails), any.intersect(&fails), unknown.subtract(&any)]
}

/// The packets of which nobody can say. What is not known on the way back leaves all of them in doubt that are not
/// dropped for certain on the way there.
fn in_doubt(trace: &Trace, rest: &FlowSet) -> FlowSet {
    let mut doubt = rest.clone();
    for blocker in &trace.blockers {
        let certain = !blocker.code.is_unknown() && blocker.leg == LegKind::Request && blocker.complete;
        if certain {
            let dropped = Pattern {
                protocols: Some(blocker.packets.protocols()),
                destination_ports: Some(blocker.packets.destination_ports()),
                ..Pattern::default()
            };
            if blocker.packets.boxes().len() == 1 {
                doubt = doubt.split(&dropped).1;
            }
        }
    }
    doubt
}

/// The protocols of a set, cut where any answer tells them apart.
fn stretches(answer: &Answer, protocols: &ProtocolSet) -> Vec<(u8, u8)> {
    let mut sets = vec![protocols.clone()];
    for trace in direct(answer) {
        for header in trace.works.boxes().iter().chain(trace.packets.boxes()) {
            sets = sets
                .iter()
                .flat_map(|set| [set.intersect(&header.protocols), set.subtract(&header.protocols)])
                .filter(|set| !set.is_empty())
                .collect();
        }
    }
    let mut stretches: Vec<(u8, u8)> = sets.iter().flat_map(|set| set.intervals().to_vec()).collect();
    stretches.sort_unstable();
    stretches
}
