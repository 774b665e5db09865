//! What the kernel did, beside what the analyzer said.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;

use crate::flow::protocol;
use crate::lab::check::Finding;
use crate::lab::plan::{Gate, Plan};
use crate::lab::probe::{Event, Leg as KernelLeg, Observation, Outcome};
use crate::network::{Action, Network};
use crate::reach::{Answer, Hop, LegKind, Step, Trace};
use crate::verify::{Agreement, Ask, Opinion, Report, Told, Verifier};

use super::look::{Look, Mark, Tone};

/// Columns of the kernel's side.
const KERNEL_WIDTH: usize = 58;

/// One packet: `10.0.1.10:40000 → 10.0.2.10:5432/tcp`.
pub fn packet(ask: &Ask) -> String {
    let packet = ask.packet;
    let end = |address: std::net::IpAddr, port: u16| std::net::SocketAddr::new(address, port).to_string();
    match packet.protocol {
        protocol::TCP | protocol::UDP => {
            let name = if packet.protocol == protocol::TCP { "tcp" } else { "udp" };
            let source = end(packet.source, packet.source_port);
            format!("{source} → {}/{name}", end(packet.destination, packet.destination_port))
        }
        _ => format!("{} → {} echo request", packet.source, packet.destination),
    }
}

/// What the kernel did with it, in a few words.
fn outcome(plan: &Plan, observation: &Observation) -> (Mark, String) {
    match &observation.outcome {
        Outcome::Delivered => (Mark::Passes, "delivered, and answered".to_owned()),
        Outcome::Dropped { leg, by } => {
            let gate = plan.gates.get(*by).map(ToString::to_string).unwrap_or_default();
            let leg = match leg {
                KernelLeg::Request => "request",
                KernelLeg::Reply => "reply",
            };
            (Mark::Drops, format!("{leg} dropped by {gate}"))
        }
        Outcome::Undecided => (Mark::Unknown, "nothing was heard of it: a fault of the lab".to_owned()),
        Outcome::Refused(why) => (Mark::Unknown, format!("could not be sent: {why}")),
    }
}

/// What the analyzer says, in a few words.
fn opinion(opinion: &Opinion) -> (Mark, String) {
    match opinion {
        Opinion::Delivered => (Mark::Passes, "delivered, and answered".to_owned()),
        Opinion::Dropped { leg, message, .. } => {
            (Mark::Drops, format!("{} dropped: {message}", leg.as_str()))
        }
        Opinion::Unasked(why) => (Mark::Unknown, format!("not compared: {why}")),
    }
}

/// The way of a packet according to both, hop by hop.
fn ways(
    network: &Network,
    verifier: &Verifier<'_>,
    answer: &Answer,
    seen: &Observation,
    look: &Look,
) -> String {
    let mut out = String::new();
    let trace = answer.traces.first();
    for leg in [LegKind::Request, LegKind::Reply] {
        let hops = trace.map(|trace| hops(trace, leg)).unwrap_or_default();
        let events: Vec<&Event> = seen.events.iter().filter(|event| is_of(event, leg)).collect();
        if hops.is_empty() && events.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  {leg:<KERNEL_WIDTH$}  analyzer", leg = format!("{}: kernel", leg.as_str()));
        let mut rest = events.as_slice();
        for hop in hops {
            let here = verifier.devices(hop);
            let met = rest
                .iter()
                .position(|event| gate(verifier, event).is_some_and(|gate| here.contains(&gate.device)));
            let met = met.filter(|_| !is_silent(hop));
            for event in rest.get(..met.unwrap_or(0)).unwrap_or_default() {
                row(&mut out, kernel_text(verifier, event), None, look);
            }
            if let Some(met) = met {
                let event = rest.get(met).and_then(|event| kernel_text(verifier, event));
                row(&mut out, event, Some(analyzer_text(network, hop)), look);
                rest = rest.get(met + 1..).unwrap_or_default();
            } else {
                row(&mut out, None, Some(analyzer_text(network, hop)), look);
            }
        }
        for event in rest {
            row(&mut out, kernel_text(verifier, event), None, look);
        }
    }
    out
}

fn hops(trace: &Trace, leg: LegKind) -> Vec<&Hop> {
    let hops = match leg {
        LegKind::Request => Some(&trace.request),
        LegKind::Reply => trace.reply.as_ref().ok(),
    };
    hops.map(|leg| leg.hops.iter().collect()).unwrap_or_default()
}

/// Hops at which no rule of the kernel speaks.
const fn is_silent(hop: &Hop) -> bool {
    matches!(hop.step, Step::Rewritten(_))
}

const fn is_of(event: &Event, leg: LegKind) -> bool {
    matches!((event.leg, leg), (KernelLeg::Request, LegKind::Request) | (KernelLeg::Reply, LegKind::Reply))
}

fn gate<'v>(verifier: &'v Verifier<'_>, event: &Event) -> Option<&'v Gate> {
    verifier.plan.gates.get(event.gate)
}

type Cell = (Mark, String);

fn kernel_text(verifier: &Verifier<'_>, event: &Event) -> Option<Cell> {
    let gate = gate(verifier, event)?;
    Some((if gate.passes { Mark::Passes } else { Mark::Drops }, gate.to_string()))
}

fn analyzer_text(network: &Network, hop: &Hop) -> Cell {
    let name = hop.component.name(network).short;
    let direction = hop.direction.map_or_else(String::new, |direction| format!(" {}", direction.as_str()));
    let (mark, text) = match &hop.step {
        Step::Filtered(parts) => {
            let part = parts.first();
            let rule = part.and_then(|part| part.rule).map(|rule| network.rule(rule).text);
            (
                part.map_or(Mark::Unknown, |part| mark(part.action)),
                rule.unwrap_or_else(|| "no rule matches".to_owned()),
            )
        }
        Step::NotConsulted => (Mark::Passes, "not consulted".to_owned()),
        Step::Routed { route, action } => {
            let text = route.map_or_else(|| "no route".to_owned(), |route| network.rule(route).text);
            (mark(*action), text)
        }
        Step::Rewritten(_) => (Mark::Arrives, "rewrites the address".to_owned()),
        Step::Passed(Action::Allow) => (Mark::Arrives, "passes".to_owned()),
        Step::Passed(action @ (Action::Deny(code) | Action::Unknown(code))) => {
            (mark(*action), code.title().to_owned())
        }
    };
    (mark, format!("{name}{direction} {text}"))
}

const fn mark(action: Action) -> Mark {
    match action {
        Action::Allow => Mark::Passes,
        Action::Deny(_) => Mark::Drops,
        Action::Unknown(_) => Mark::Unknown,
    }
}

fn row(out: &mut String, kernel: Option<Cell>, analyzer: Option<Cell>, look: &Look) {
    let cell = |cell: &Option<Cell>| match cell {
        Some((mark, text)) => format!("{} {text}", look.mark(*mark)),
        None => String::new(),
    };
    let (left, right) = (cell(&kernel), cell(&analyzer));
    // Colours have no width.
    let plain = kernel.map_or(0, |(_, text)| text.chars().count() + 2);
    let padding = " ".repeat(KERNEL_WIDTH.saturating_sub(plain));
    let _ = writeln!(out, "{}", format!("  {left}{padding}  {right}").trim_end());
}

/// How long a run took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// To build the lab.
    pub build: Duration,
    /// To ask both about every packet.
    pub probes: Duration,
}

/// One packet: what both say, and the way it took.
pub fn told(network: &Network, verifier: &Verifier<'_>, told: &Told, look: &Look) -> String {
    let mut out = format!("{}\n", look.paint(Tone::Strong, &packet(&told.ask)));
    let kernel = told
        .observation
        .as_ref()
        .map_or_else(|| (Mark::Unknown, "not asked".to_owned()), |seen| outcome(&verifier.plan, seen));
    for (who, (mark, text)) in [("kernel", kernel), ("analyzer", opinion(&told.opinion))] {
        let _ = writeln!(out, "  {who:<9} {} {text}", look.mark(mark));
    }
    let line = match &told.agreement {
        Agreement::Agree => None,
        Agreement::Disagree => Some((Mark::Drops, "they disagree".to_owned())),
        Agreement::Unasked(why) => Some((Mark::Unknown, format!("not compared: {why}"))),
    };
    if let Some((mark, text)) = line {
        let _ = writeln!(out, "            {} {text}", look.mark(mark));
    }
    if let Some(seen) = &told.observation {
        out.push_str(&ways(network, verifier, &told.answer, seen, look));
    }
    out.push('\n');
    out
}

/// The last line of `lab reach`.
pub fn verdict(compared: usize, asked: usize, agreed: bool) -> String {
    let packets = if compared == 1 { "packet" } else { "packets" };
    match (compared, agreed) {
        (0, _) => format!("{asked} asked, none to be compared\n"),
        (_, true) => format!("The kernel and the analyzer agree about {compared} {packets}.\n"),
        (_, false) => "The kernel and the analyzer do not agree.\n".to_owned(),
    }
}

/// The counts of a run, and its disagreements, the first of them at length.
pub fn report(verifier: &Verifier<'_>, report: &Report, took: &Took, look: &Look) -> String {
    let mut out = String::new();
    let [request, reply] = report.dropped;
    let mark = if report.disagreements.is_empty() { Mark::Passes } else { Mark::Drops };
    let _ = writeln!(
        out,
        "{} {} packets compared: {} delivered, {request} dropped as requests, {reply} as replies; {} disagreements",
        look.mark(mark),
        report.compared,
        report.delivered,
        report.disagreements.len()
    );
    let namespaces = verifier.plan.namespaces.len();
    let _ = writeln!(
        out,
        "  {namespaces} namespaces built in {} ms, packets answered in {} ms",
        took.build.as_millis(),
        took.probes.as_millis()
    );
    for (why, count) in &report.unasked {
        let _ = writeln!(out, "  {count} not compared: {why}");
    }
    for one in report.disagreements.iter().take(10) {
        let _ = writeln!(out, "  {} {}", look.mark(Mark::Drops), packet(&one.ask));
        let _ = writeln!(out, "      kernel:   {}", outcome(&verifier.plan, &one.observation).1);
        let _ = writeln!(out, "      analyzer: {}", opinion(&one.opinion).1);
    }
    if report.disagreements.len() > 10 {
        let _ = writeln!(out, "  … and {} more", report.disagreements.len() - 10);
    }
    if !report.disagreements.is_empty() {
        out.push_str("\nThe first of them once more, alone, in a fresh lab:\n\n");
    }
    out
}

/// The same for machines.
pub fn report_json(verifier: &Verifier<'_>, report: &Report, took: &Took) -> String {
    let [request, reply] = report.dropped;
    let disagreements: Vec<_> = report
        .disagreements
        .iter()
        .map(|one| {
            json!({
                "packet": packet(&one.ask),
                "kernel": outcome(&verifier.plan, &one.observation).1,
                "analyzer": opinion(&one.opinion).1,
            })
        })
        .collect();
    let document = json!({
        "compared": report.compared,
        "delivered": report.delivered,
        "dropped": {"request": request, "reply": reply},
        "not_compared": report.unasked,
        "disagreements": disagreements,
        "namespaces": verifier.plan.namespaces.len(),
        "milliseconds": {"build": millis(took.build), "probes": millis(took.probes)},
    });
    format!("{document:#}\n")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What `lab check` found.
pub fn findings(findings: &[Finding], look: &Look) -> String {
    let mut out = String::new();
    for finding in findings {
        let mark = if finding.holds { Mark::Passes } else { Mark::Drops };
        let _ = writeln!(out, "{} {}", look.mark(mark), finding.what);
        if let (false, Some(help)) = (finding.holds, &finding.help) {
            let _ = writeln!(out, "  {help}");
        }
    }
    let all = findings.iter().all(|finding| finding.holds);
    out.push_str(if all { "This machine can build a lab.\n" } else { "This machine can't build a lab.\n" });
    out
}
