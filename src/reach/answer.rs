//! From walks to one answer.

use std::borrow::Cow;

use crate::flow::FlowSet;
use crate::network::{Action, Code, Network};
use crate::topology::Place;

use super::balance::Behind;
use super::question::{Origin, Probe, Question};
use super::trace::{Certain, Component, End, Hop, Leg, LegKind, NoReply, Step, Trace, Verdict};
use super::{Answer, Blocker, Symptom};
use super::{supposed, walk};

/// Answers a question.
///
/// One walk per pair of ends, so the cost grows with the number of pairs; a pair costs a few microseconds per rule
/// that its packets meet.
///
/// Where AWS picks an address and it may matter which one, the question is asked for every kind of address (EN-7).
pub fn answer(network: &Network, question: &Question) -> Answer {
    let first = at_once(network, question);
    supposed::settle(network, question, first)
}

/// The answer if every address that AWS picks is the one that stands in for it, or the one that the question supposes.
pub(super) fn at_once(network: &Network, question: &Question) -> Answer {
    let (mut traces, mut onward) = (Vec::new(), Vec::new());
    let mut onward_probes: Vec<Probe> = Vec::new();
    let mut assumptions = question.assumptions.clone();
    let (mut share, mut some) = (0.0, [false; 3]);
    let mut first = 0;
    for probes in question.probes.chunk_by(|a, b| a.supposed == b.supposed) {
        let supposed = probes.first().map(|probe| probe.supposed.as_slice()).unwrap_or_default();
        let network =
            if supposed.is_empty() { Cow::Borrowed(network) } else { Cow::Owned(network.suppose(supposed)) };
        let mut behind = Behind::new(&network);
        for (index, probe) in (first..).zip(probes) {
            let (found, assumed) = ask(&network, probe);
            assumptions.extend(assumed);
            let weight: f64 = found.iter().map(|trace| trace.packets.count()).sum();
            for mut trace in found {
                let certain = if probe.follows { behind.follow(&mut trace) } else { trace.certain };
                share += trace.share * trace.packets.count() / weight.max(1.0);
                let [pass, blocked, unknown] = &mut some;
                *pass |= certain.passes;
                *blocked |= certain.drops;
                *unknown |= certain.unknown;
                trace.probe = index;
                traces.push(trace);
            }
        }
        first += probes.len();
        let before = question.probes.len() + onward_probes.len();
        onward.extend(behind.traces.into_iter().map(|trace| Trace { probe: before + trace.probe, ..trace }));
        onward_probes
            .extend(behind.probes.into_iter().map(|probe| Probe { supposed: supposed.to_vec(), ..probe }));
    }
    let [pass, blocked, unknown] = some;
    let verdict = if traces.is_empty() { Verdict::Blocked } else { walk::verdict(pass, blocked, unknown) };
    let share = match verdict {
        Verdict::Reachable => 1.0,
        Verdict::Blocked => 0.0,
        Verdict::Partial | Verdict::Undetermined => {
            share / f64::from(u32::try_from(question.probes.len().max(1)).unwrap_or(u32::MAX))
        }
    };
    assumptions.sort();
    assumptions.dedup();
    let mut question = question.clone();
    traces.extend(onward);
    question.probes.extend(onward_probes);
    let (symptom, not_modelled) = (Symptom::Unknown, Vec::new());
    let mut answer = Answer { question, verdict, share, traces, symptom, assumptions, not_modelled };
    conclude(network, &mut answer);
    answer
}

/// What follows from the verdict and the paths.
pub(super) fn conclude(network: &Network, answer: &mut Answer) {
    answer.not_modelled = not_modelled(network, &answer.traces);
    answer.symptom = symptom(network, answer.verdict, &answer.traces);
}

fn ask(network: &Network, probe: &Probe) -> (Vec<Trace>, Vec<String>) {
    let unmodelled = match probe.source {
        Origin::Unmodelled(id) => Some(id),
        Origin::Interface(_) | Origin::Internet | Origin::Site(_) => probe.destination_unmodelled,
    };
    if let Some(id) = unmodelled {
        return (vec![walk::not_modelled(network, probe, id)], Vec::new());
    }
    if probe.packets.is_empty() {
        return (vec![no_common_family(probe)], Vec::new());
    }
    let (mut traces, assumed) = walk::walk(network, probe);
    if let Some(list) = probe.about.first() {
        same_for_all(list, &mut traces);
    }
    (traces, assumed)
}

/// The entries of a prefix list are some of the addresses that were tried. What does not hold for all of them holds for
/// nobody knows which.
fn same_for_all(list: &str, traces: &mut [Trace]) {
    let passes = traces.iter().any(|trace| trace.certain.passes);
    let drops = traces.iter().any(|trace| trace.certain.drops);
    if !passes || !drops {
        return;
    }
    for trace in traces {
        if let Some(first) = trace.blockers.first() {
            let message = format!(
                "the entries of prefix list {list} are not known: some public addresses get through, and others do not"
            );
            let place = first.place;
            let blocker = Blocker {
                code: Code::Und003,
                aws_code: None,
                message,
                place,
                nearest: None,
                ..first.clone()
            };
            let help = Some(format!("write the entries of {list} under `prefix_lists`"));
            trace.blockers.push(Blocker { help, rule: None, masked: false, ..blocker });
        }
        trace.verdict = Verdict::Undetermined;
        trace.certain = Certain { passes: false, drops: false, unknown: true };
        trace.share = 0.0;
        trace.works = FlowSet::empty();
    }
}

/// V6-1: one end has no address of the family that the other has.
fn no_common_family(probe: &Probe) -> Trace {
    let component = match (probe.source, probe.destination) {
        (Origin::Interface(id), _) | (_, Some(id)) => Component::Interface(id),
        _ => Component::Internet,
    };
    let action = Action::Deny(Code::Eni003);
    let hop = Hop { component, direction: None, packets: FlowSet::empty(), step: Step::Passed(action) };
    Trace {
        probe: 0,
        onward: false,
        source: End::Nobody,
        destination: End::Nobody,
        packets: FlowSet::empty(),
        request: Leg { kind: LegKind::Request, hops: vec![hop], hypothetical: false },
        reply: Err(NoReply::RequestEnds),
        verdict: Verdict::Blocked,
        certain: Certain { passes: false, drops: true, unknown: false },
        share: 0.0,
        works: FlowSet::empty(),
        blockers: vec![Blocker {
            code: Code::Eni003,
            aws_code: Code::Eni003.aws_code(),
            leg: LegKind::Request,
            hop: 0,
            component,
            direction: None,
            rule: None,
            packets: FlowSet::empty(),
            complete: true,
            masked: false,
            message: format!(
                "{} and {} have no address family in common for this question",
                probe.source_name, probe.destination_name
            ),
            place: Place::Implicit,
            nearest: None,
            help: Some("give both an IPv4 address, or both an IPv6 one".to_owned()),
        }],
    }
}

fn not_modelled(network: &Network, traces: &[Trace]) -> Vec<String> {
    let blockers = traces.iter().flat_map(|trace| &trace.blockers);
    let mut names: Vec<String> = blockers
        .filter(|blocker| blocker.code.is_unknown())
        .map(|blocker| match blocker.component {
            Component::Unmodelled(id) => network.unmodelled[id].describe(),
            component => format!("{} ({})", component.name(network).short, blocker.message),
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// `semantics.md` 2.17.
fn symptom(network: &Network, verdict: Verdict, traces: &[Trace]) -> Symptom {
    match verdict {
        Verdict::Reachable => return Symptom::Connected,
        Verdict::Partial => return Symptom::Intermittent,
        Verdict::Undetermined => return Symptom::Unknown,
        Verdict::Blocked => {}
    }
    let first = |trace: &Trace| trace.blockers.first().map(|blocker| blocker.code);
    if !traces.is_empty() && traces.iter().all(|trace| first(trace) == Some(Code::Eni003)) {
        return Symptom::NetworkUnreachable;
    }
    let in_own_subnet = |trace: &Trace| match trace.source {
        End::Interface(id, _) => {
            let subnet = &network.subnets[network.interfaces[id].subnet];
            first(trace) == Some(Code::Rt004) && trace.packets.destinations().is_subset(&subnet.addresses)
        }
        End::Outside | End::Site(_) | End::Nobody => false,
    };
    if !traces.is_empty() && traces.iter().all(in_own_subnet) {
        Symptom::HostUnreachable
    } else {
        Symptom::Timeout
    }
}
