//! An answer as text: one line that says it all, then the proof.

mod hops;
mod problem;
mod share;
mod symptom;

use std::fmt::Write as _;

use crate::flow::PortSet;
use crate::network::Network;
use crate::reach::{Answer, Blocker, End, Trace, Verdict};

use super::cite;
use super::look::{Look, Mark, Tone};

/// Column at which the remark of a reachable answer begins.
const REMARK_COLUMN: usize = 44;
const SEEN: &str = "  What you would see: ";

/// What to show of an answer.
#[derive(Clone, Debug, Default)]
pub struct TextOptions {
    /// Colours, characters, width.
    pub look: Look,
    /// Every rule that was considered.
    pub verbose: bool,
    /// Every path in full, not only the first that fails.
    pub all_paths: bool,
    /// Which defaults of AWS applied.
    pub show_defaults: bool,
    /// The client ports that work if the client may use any of 1024 to 65535; for comparing kinds of client.
    pub any_client: Option<PortSet>,
}

/// An answer as text.
pub fn answer(network: &Network, answer: &Answer, options: &TextOptions) -> String {
    let mut text = head(network, answer, &options.look);
    let pairs = pairs(network, answer, &options.look);
    let several = pairs.len() > 1;
    if several {
        text.extend(pairs);
    }
    let shown = if several { shown(answer, options) } else { answer.traces.iter().take(1).collect() };
    let last = shown.len().saturating_sub(1);
    for (index, trace) in shown.iter().enumerate() {
        text.push('\n');
        if several {
            let _ = writeln!(text, "{}", pair_line(network, answer, trace, &options.look, 0));
        }
        text.push_str(&detail(network, answer, trace, options));
        text.push_str(&foot(network, answer, Some(trace), index == last, options));
    }
    if shown.is_empty() {
        text.push_str(&foot(network, answer, None, true, options));
    }
    options.look.finish(text)
}

/// The paths that are shown in full: the only one, all that were asked for, or the first that fails.
fn shown<'a>(answer: &'a Answer, options: &TextOptions) -> Vec<&'a Trace> {
    let traces = &answer.traces;
    if options.all_paths || traces.len() == 1 {
        return traces.iter().collect();
    }
    let failing = traces.iter().find(|trace| trace.verdict != Verdict::Reachable);
    let first = traces.first().filter(|_| options.verbose);
    failing.or(first).into_iter().collect()
}

fn head(network: &Network, answer: &Answer, look: &Look) -> String {
    let question = &answer.question;
    let what = format!("{} → {}:{}", question.from, question.to, question.service.text);
    let mark = Mark::from(answer.verdict);
    let word = answer.verdict.as_str().to_uppercase();
    let plain = format!("{} {what}  {word}", mark.glyph());
    let painted = format!(
        "{} {}  {}",
        look.mark(mark),
        look.paint(Tone::Strong, &what),
        look.paint(mark.tone(), &word)
    );
    let remark = remark(network, answer);
    if remark.is_empty() {
        return format!("{painted}\n");
    }
    let width = look.columns(&plain);
    let column = if answer.verdict == Verdict::Reachable { REMARK_COLUMN.max(width + 3) } else { width + 3 };
    if column + look.columns(&remark) > look.width {
        return format!("{painted}\n  {}\n", look.wrap(&remark, 2, 2));
    }
    format!("{painted}{}{remark}\n", " ".repeat(column - width))
}

fn remark(network: &Network, answer: &Answer) -> String {
    let several = answer.traces.len() > 1;
    if answer.verdict != Verdict::Undetermined
        && let Some(balanced) = balanced(answer)
    {
        return balanced;
    }
    match answer.verdict {
        Verdict::Reachable => match answer.traces.as_slice() {
            [trace] => ends(network, trace),
            traces => format!("{0} of {0} pairs", traces.len()),
        },
        Verdict::Partial => share::remark(network, answer),
        Verdict::Blocked if several => format!("none of {} pairs", answer.traces.len()),
        Verdict::Blocked => problems(answer.blockers().len()),
        Verdict::Undetermined => match answer.not_modelled.as_slice() {
            [] => "not everything on the way is known".to_owned(),
            [only] => format!("not modelled: {only}"),
            [first, rest @ ..] => format!("not modelled: {first} and {} more", rest.len()),
        },
    }
}

/// `2 of 2 nodes, 3 of 4 targets`: behind a load balancer, a target counts if every node gets through to it.
fn balanced(answer: &Answer) -> Option<String> {
    let mut counts = [(0, 0); 2];
    let name = |trace: &Trace| answer.question.probes.get(trace.probe).map(|probe| &probe.destination_name);
    let mut seen = Vec::new();
    for trace in &answer.traces {
        let key = (trace.onward, name(trace));
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let of = answer.traces.iter().filter(|other| (other.onward, name(other)) == key);
        let works = of.clone().all(|trace| trace.verdict == Verdict::Reachable);
        let [nodes, targets] = &mut counts;
        let (good, all) = if trace.onward { targets } else { nodes };
        *good += usize::from(works);
        *all += 1;
    }
    let [(nodes, all_nodes), (targets, all_targets)] = counts;
    (all_targets > 0).then(|| format!("{nodes} of {all_nodes} nodes, {targets} of {all_targets} targets"))
}

fn problems(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "1 problem".to_owned(),
        count => format!("{count} independent problems; fixing one is not enough"),
    }
}

/// `10.0.10.10 → 10.0.20.10, same VPC (app)`.
fn ends(network: &Network, trace: &Trace) -> String {
    let packets = &trace.packets;
    let source = super::packet::owner_or_addresses(network, &packets.sources());
    let destination = super::packet::owner_or_addresses(network, &packets.destinations());
    let vpc = |end: End| match end {
        End::Interface(id, _) => Some(network.interfaces[id].vpc),
        End::Outside | End::Site(_) | End::Nobody => None,
    };
    let name = |id| &network.vpcs[id].name;
    let relation = match (vpc(trace.source), vpc(trace.destination)) {
        (Some(a), Some(b)) if a == b => format!(", same VPC ({})", name(a)),
        (Some(a), Some(b)) => format!(", VPC {} → VPC {}", name(a), name(b)),
        (Some(a), None) if matches!(trace.destination, End::Outside | End::Site(_)) => {
            format!(", out of VPC {}", name(a))
        }
        (None, Some(b)) => format!(", into VPC {}", name(b)),
        (_, None) => String::new(),
    };
    format!("{source} → {destination}{relation}")
}

/// One line per pair; paths that look the same from here are one.
fn pairs(network: &Network, answer: &Answer, look: &Look) -> Vec<String> {
    let names: Vec<String> = answer.traces.iter().map(|trace| pair_name(network, answer, trace)).collect();
    let width = names.iter().map(|name| look.columns(name)).max().unwrap_or(0);
    let mut lines: Vec<String> = Vec::new();
    for trace in &answer.traces {
        let line = format!("  {}\n", pair_line(network, answer, trace, look, width));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn pair_line(network: &Network, answer: &Answer, trace: &Trace, look: &Look, width: usize) -> String {
    let name = look.pad(&pair_name(network, answer, trace), width);
    let codes: Vec<String> = codes(trace).collect();
    let remark = match trace.verdict {
        Verdict::Reachable => ends(network, trace),
        Verdict::Partial => format!("{}  {}", share::of_trace(network, trace), codes.join(" ")),
        Verdict::Blocked | Verdict::Undetermined => codes.join(" "),
    };
    format!("{} {name}  {remark}", look.mark(trace.verdict.into()))
}

/// The codes of a path, each once, with the leg where it is the reply's.
fn codes(trace: &Trace) -> impl Iterator<Item = String> {
    let mut texts: Vec<String> = Vec::new();
    for blocker in &trace.blockers {
        let leg = if blocker.leg == crate::reach::LegKind::Reply { "(reply)" } else { "" };
        let text = format!("{}{leg}", blocker.code);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.into_iter()
}

/// `web-a → db`, by the members that were meant; with their addresses where the names alone are not unique.
fn pair_name(network: &Network, answer: &Answer, trace: &Trace) -> String {
    let names = |trace: &Trace| {
        let probe = answer.question.probes.get(trace.probe);
        probe.map(|probe| (probe.source_name.as_str(), probe.destination_name.as_str())).unwrap_or_default()
    };
    let (source, destination) = names(trace);
    let alone = answer.traces.iter().filter(|other| names(other) == (source, destination)).count() == 1;
    let addresses = |name: &str, set: &crate::flow::AddressSet| {
        let addresses = super::packet::addresses(network, set);
        if alone || set.is_empty() || addresses == name {
            name.to_owned()
        } else {
            format!("{name} ({addresses})")
        }
    };
    let packets = &trace.packets;
    let (source, destination) =
        (addresses(source, &packets.sources()), addresses(destination, &packets.destinations()));
    format!("{source} → {destination}")
}

fn detail(network: &Network, answer: &Answer, trace: &Trace, options: &TextOptions) -> String {
    let look = &options.look;
    let mut text = String::new();
    if trace.verdict == Verdict::Reachable || options.verbose {
        text.push_str(&hops::write(network, trace, options));
    }
    if !trace.blockers.is_empty() && options.verbose {
        text.push('\n');
    }
    for (index, blocker) in distinct(trace).into_iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&problem::write(network, blocker, look));
    }
    if trace.verdict == Verdict::Partial
        && let Some(bar) = share::client_ports(trace, options.any_client.as_ref(), look)
    {
        let _ = write!(text, "\n{bar}");
    }
    let seen = symptom::lines(network, answer, trace);
    if !seen.is_empty() {
        text.push('\n');
        let indent = SEEN.len();
        let lines: Vec<String> = seen.iter().map(|line| look.wrap(line, indent, indent)).collect();
        let _ = writeln!(text, "{SEEN}{}", lines.join(&format!("\n{}", " ".repeat(indent))));
    }
    if options.show_defaults {
        text.push_str(&defaults(network, trace));
    }
    text
}

fn distinct(trace: &Trace) -> Vec<&Blocker> {
    let mut seen: Vec<&Blocker> = Vec::new();
    for blocker in &trace.blockers {
        let same = |other: &&Blocker| {
            (other.code, other.leg, other.component, other.direction, other.rule)
                == (blocker.code, blocker.leg, blocker.component, blocker.direction, blocker.rule)
        };
        if !seen.iter().any(same) {
            seen.push(blocker);
        }
    }
    seen
}

/// What a path rests on; after the last one also what the whole answer does.
fn foot(
    network: &Network,
    answer: &Answer,
    trace: Option<&Trace>,
    last: bool,
    options: &TextOptions,
) -> String {
    let mut sentences = Vec::new();
    if let Some(trace) = trace.filter(|trace| trace.verdict == Verdict::Reachable) {
        let places = cite::deciding_rules(trace).map(|rule| network.rule(rule).place);
        let cited = cite::list(&network.sources, places);
        if !cited.is_empty() {
            sentences.push(format!("Depends on: {cited}."));
        }
    }
    if last && !answer.assumptions.is_empty() {
        // The list says already that they are assumed.
        let assumptions = answer.assumptions.join("; ").replace(" assumed ", " ");
        sentences.push(format!("Assumed: {assumptions}."));
    }
    if last && !answer.not_modelled.is_empty() && answer.verdict != Verdict::Undetermined {
        sentences.push(format!("Not modelled: {}.", answer.not_modelled.join("; ")));
    }
    if sentences.is_empty() {
        return String::new();
    }
    format!("\n  {}\n", options.look.wrap(&sentences.join(" "), 2, 2))
}

fn defaults(network: &Network, trace: &Trace) -> String {
    let mut seen: Vec<String> = Vec::new();
    let reply = trace.reply.iter().flat_map(|leg| &leg.hops);
    for hop in trace.request.hops.iter().chain(reply) {
        if let Some(applied) = cite::applied_default(network, hop)
            && !seen.contains(&applied)
        {
            seen.push(applied);
        }
    }
    let mut text = String::from("\n  Defaults that were applied\n");
    if seen.is_empty() {
        text.push_str("    none\n");
    }
    for line in seen {
        let _ = writeln!(text, "    {line}");
    }
    text
}
