//! From an answer to the structs of the format.

use crate::flow::{AddressSet, FlowSet, ProtocolSet, describe_addresses, describe_ports, protocol};
use crate::network::{Action, Code, Decided, Network, RuleId};
use crate::reach::{
    Answer, Blocker, Component, End, Hop, Leg, Rewrite, Service, ServicePart, Step, Trace, Verdict,
};
use crate::topology::{Place, Protocol, Sources};

use super::super::considered::{Considered, Outcome, considered};
use super::super::numbering::Numbering;
use super::super::packet;
use super::{
    BlockerDocument, Change, ComponentDocument, ConsideredDocument, EndDocument, HopDocument, LegDocument,
    NearestDocument, PacketDocument, PartDocument, Query, ResultDocument, RewriteDocument, RuleDocument,
    SCHEMA, SpanDocument, TraceDocument,
};

pub(super) fn result(network: &Network, answer: &Answer) -> ResultDocument {
    let failing = answer.traces.iter().find(|trace| trace.verdict != Verdict::Reachable);
    let explained = failing.or_else(|| answer.traces.first());
    let several = answer.traces.len() > 1;
    ResultDocument {
        schema: SCHEMA,
        query: query(answer),
        verdict: answer.verdict.as_str(),
        fraction: rounded(answer.share),
        legs: explained.map(|trace| legs(network, trace)).unwrap_or_default(),
        blockers: explained.map(|trace| blockers(network, trace)).unwrap_or_default(),
        fixes: Vec::new(),
        symptom: answer.symptom.as_str(),
        assumptions: answer.assumptions.clone(),
        not_modelled: answer.not_modelled.clone(),
        traces: answer
            .traces
            .iter()
            .filter(|_| several)
            .map(|trace| trace_document(network, answer, trace))
            .collect(),
    }
}

/// Shares are for reading: six digits are enough, and the same on every machine.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

fn query(answer: &Answer) -> Query {
    let question = &answer.question;
    let (protocol, port) = only(&question.service);
    Query {
        from: question.from.clone(),
        to: question.to.clone(),
        service: question.service.text.clone(),
        protocol,
        port,
    }
}

fn only(service: &Service) -> (Option<String>, Option<u16>) {
    let name = |number: u8| Protocol::from_number(number).to_string();
    match service.parts.as_slice() {
        [ServicePart::Ports(protocols, ports)] => (protocols.only().map(name), ports.only()),
        [ServicePart::Ping | ServicePart::EveryIcmp] => (Some("icmp".to_owned()), None),
        [ServicePart::Icmp(number, _)] => (Some(name(*number)), None),
        [ServicePart::Other(protocols)] => (protocols.only().map(name), None),
        _ => (None, None),
    }
}

fn trace_document(network: &Network, answer: &Answer, trace: &Trace) -> TraceDocument {
    TraceDocument {
        source: end(network, trace.source, &answer.question.from),
        destination: end(network, trace.destination, &answer.question.to),
        onward: trace.onward,
        verdict: trace.verdict.as_str(),
        fraction: rounded(trace.share),
        packet: packet_document(network, &trace.packets),
        works: packets(network, &trace.works),
        legs: legs(network, trace),
        blockers: blockers(network, trace),
    }
}

fn end(network: &Network, end: End, asked: &str) -> EndDocument {
    match end {
        End::Interface(id, address) => EndDocument {
            kind: "interface",
            name: Some(network.interfaces[id].name.clone()),
            address: Some(address.to_string()),
        },
        End::Outside => EndDocument { kind: "outside", name: Some(asked.to_owned()), address: None },
        End::Site(id) => {
            EndDocument { kind: "network", name: Some(network.sites[id].name.clone()), address: None }
        }
        End::Nobody => EndDocument { kind: "nobody", name: None, address: None },
    }
}

fn legs(network: &Network, trace: &Trace) -> Vec<LegDocument> {
    let numbering = Numbering::of(trace);
    let reply = trace.reply.as_ref().ok();
    std::iter::once(&trace.request).chain(reply).map(|leg| leg_document(network, leg, &numbering)).collect()
}

fn leg_document(network: &Network, leg: &Leg, numbering: &Numbering) -> LegDocument {
    let hops = leg.hops.iter().enumerate();
    LegDocument {
        leg: leg.kind.as_str(),
        hypothetical: leg.hypothetical,
        hops: hops.map(|(index, hop)| hop_document(network, hop, numbering.get(leg.kind, index))).collect(),
    }
}

fn hop_document(network: &Network, hop: &Hop, number: Option<usize>) -> HopDocument {
    let parts: &[Decided] = match &hop.step {
        Step::Filtered(parts) => parts,
        _ => &[],
    };
    let (action, code) = action_of(&hop.step);
    let rule = match &hop.step {
        Step::Filtered(parts) => parts.first().filter(|_| parts.len() == 1).and_then(|part| part.rule),
        Step::Routed { route, .. } => *route,
        _ => None,
    };
    let refused = action != "allow";
    HopDocument {
        n: number,
        component: component(network, hop.component),
        direction: hop.direction.map(crate::network::Direction::as_str),
        stateful: matches!(hop.component, Component::SecurityGroups(_)),
        packet: packet_document(network, &hop.packets),
        action,
        tracked: matches!(hop.step, Step::NotConsulted),
        code: code.map(Code::as_str),
        rule: rule.map(|rule| rule_document(network, rule)),
        decided: parts.iter().filter(|_| parts.len() > 1).map(|part| part_document(network, part)).collect(),
        considered: if refused { considered_documents(network, hop) } else { Vec::new() },
        rewrite: match &hop.step {
            Step::Rewritten(rewrite) => Some(rewrite_document(network, rewrite)),
            _ => None,
        },
    }
}

const fn action_word(action: Action) -> (&'static str, Option<Code>) {
    match action {
        Action::Allow => ("allow", None),
        Action::Deny(code) => ("deny", Some(code)),
        Action::Unknown(code) => ("unknown", Some(code)),
    }
}

/// What a step did to all packets; `partial` if parts fared differently, with the code of the first that failed.
fn action_of(step: &Step) -> (&'static str, Option<Code>) {
    match step {
        Step::Filtered(parts) => {
            let mut words: Vec<_> = parts.iter().map(|part| action_word(part.action)).collect();
            let code = words.iter().find_map(|(_, code)| *code);
            words.dedup_by_key(|(word, _)| *word);
            match words.as_slice() {
                [(word, _)] => (word, code),
                [] => ("allow", None),
                _ => ("partial", code),
            }
        }
        Step::Routed { action, .. } | Step::Passed(action) => action_word(*action),
        Step::NotConsulted | Step::Rewritten(_) => ("allow", None),
    }
}

fn part_document(network: &Network, part: &Decided) -> PartDocument {
    let (action, code) = action_word(part.action);
    PartDocument {
        action,
        code: code.map(Code::as_str),
        rule: part.rule.map(|rule| rule_document(network, rule)),
        packet: packets(network, &part.packets),
    }
}

fn considered_documents(network: &Network, hop: &Hop) -> Vec<ConsideredDocument> {
    considered(network, hop)
        .into_iter()
        .map(|Considered { rule, outcome }| {
            let rule = network.rule(rule);
            let (matched, reached, because) = match outcome {
                Outcome::Matched => (true, true, Vec::new()),
                Outcome::NoMatch(sides) => (false, true, sides),
                Outcome::NotReached => (false, false, Vec::new()),
            };
            ConsideredDocument {
                owner: rule.owner,
                id: rule.id,
                text: rule.text,
                matched,
                reached,
                because,
                implicit: rule.implicit,
                span: span(&network.sources, rule.place),
            }
        })
        .collect()
}

fn component(network: &Network, component: Component) -> ComponentDocument {
    let name = component.name(network);
    ComponentDocument { kind: name.kind, name: name.name, vpc: name.vpc, subnet: name.subnet }
}

fn rule_document(network: &Network, rule: RuleId) -> RuleDocument {
    let rule = network.rule(rule);
    RuleDocument {
        owner: rule.owner,
        id: rule.id,
        text: rule.text,
        implicit: rule.implicit,
        span: span(&network.sources, rule.place),
    }
}

/// A place as file, line, column and length; none for what nobody said.
pub(in super::super) fn span(sources: &Sources, place: Place) -> Option<SpanDocument> {
    let location = sources.locate(place)?;
    Some(SpanDocument {
        file: location.file.to_owned(),
        line: location.line.map(|at| at.line),
        col: location.line.map(|at| at.column),
        len: location.line.map(|at| at.length),
        resource: location.resource.map(str::to_owned),
    })
}

fn rewrite_document(network: &Network, rewrite: &Rewrite) -> RewriteDocument {
    let sides = |change: &Option<(AddressSet, AddressSet)>| {
        change
            .as_ref()
            .map(|(old, new)| Change { from: addresses(network, old), to: addresses(network, new) })
    };
    let ports = |change: &Option<(crate::flow::PortSet, crate::flow::PortSet)>| {
        change.as_ref().map(|(old, new)| Change { from: describe_ports(old), to: describe_ports(new) })
    };
    RewriteDocument {
        src: sides(&rewrite.source),
        sport: ports(&rewrite.source_ports),
        dst: sides(&rewrite.destination),
        dport: ports(&rewrite.destination_ports),
    }
}

fn blockers(network: &Network, trace: &Trace) -> Vec<BlockerDocument> {
    let numbering = Numbering::of(trace);
    trace.blockers.iter().map(|blocker| blocker_document(network, blocker, &numbering)).collect()
}

fn blocker_document(network: &Network, blocker: &Blocker, numbering: &Numbering) -> BlockerDocument {
    BlockerDocument {
        code: blocker.code.as_str(),
        leg: blocker.leg.as_str(),
        hop: numbering.get(blocker.leg, blocker.hop),
        severity: if blocker.complete && !blocker.code.is_unknown() { "error" } else { "warning" },
        aws_code: blocker.aws_code,
        message: blocker.message.clone(),
        component: component(network, blocker.component),
        direction: blocker.direction.map(crate::network::Direction::as_str),
        masked: blocker.masked,
        complete: blocker.complete,
        packet: packets(network, &blocker.packets),
        rule: blocker.rule.map(|rule| rule_document(network, rule)),
        nearest: blocker.nearest.as_ref().map(|nearest| NearestDocument {
            rule: rule_document(network, nearest.rule),
            why: nearest.why.clone(),
            span: span(&network.sources, nearest.place),
        }),
        help: blocker.help.clone(),
        span: span(&network.sources, blocker.place),
    }
}

/// A set as disjoint boxes.
fn packets(network: &Network, set: &FlowSet) -> Vec<PacketDocument> {
    set.boxes().iter().map(|header| packet_document(network, &FlowSet::from_box(header.clone()))).collect()
}

/// The hull of a set: each side by itself.
fn packet_document(network: &Network, set: &FlowSet) -> PacketDocument {
    let protocols = set.protocols();
    let has_ports = packet::has_ports(&protocols);
    let is_icmp = protocols.only().is_some_and(protocol::is_icmp);
    PacketDocument {
        protocol: protocol_words(&protocols),
        src: addresses(network, &set.sources()),
        sport: has_ports.then(|| describe_ports(&set.source_ports())),
        dst: addresses(network, &set.destinations()),
        dport: has_ports.then(|| describe_ports(&set.destination_ports())),
        icmp: is_icmp
            .then(|| packet::icmp_types(&set.destination_ports()).unwrap_or_else(|| "any".to_owned())),
    }
}

fn protocol_words(protocols: &ProtocolSet) -> String {
    match protocols.intervals() {
        [(0, u8::MAX)] => "all".to_owned(),
        _ => packet::protocol_names(protocols),
    }
}

/// A set by its name, or as every CIDR of it: machines get all of them.
fn addresses(network: &Network, set: &AddressSet) -> String {
    packet::name_of(network, set).unwrap_or_else(|| describe_addresses(set, usize::MAX).replace(", ", ","))
}
