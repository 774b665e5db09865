//! The hops of a trace, as aligned rows.

use std::fmt::Write as _;

use crate::flow::FlowSet;
use crate::network::{Action, Decided, Network, RuleId};
use crate::reach::{Component, Hop, Leg, LegKind, NoReply, Rewrite, Step, Trace};
use crate::topology::Place;

use super::super::considered::{Outcome, considered};
use super::super::look::{Look, Mark, Tone};
use super::super::numbering::Numbering;
use super::super::{cite, difference, packet};
use super::TextOptions;

/// Columns before the name of a device: number, mark, blanks.
const MARGIN: usize = 6;
const LEG_LABEL: usize = 10;
const NAME: usize = 18;
const DIRECTION: usize = 10;
const GAP: usize = 2;

/// One row, not yet aligned.
struct Row {
    number: Option<usize>,
    mark: Mark,
    name: String,
    direction: &'static str,
    text: String,
    place: String,
}

enum Line {
    Leg {
        label: &'static str,
        text: String,
        remark: &'static str,
    },
    Row(Row),
    Rewrite(String),
    /// A rule that was looked at but did not decide.
    Considered {
        text: String,
        remark: String,
        place: String,
    },
}

/// Both legs of a trace.
pub(super) fn write(network: &Network, trace: &Trace, options: &TextOptions) -> String {
    let numbering = Numbering::of(trace);
    let mut rows = Rows { network, options, numbering, lines: Vec::new(), explained: Vec::new() };
    rows.leg(&trace.request, &trace.packets);
    match &trace.reply {
        Ok(leg) => rows.leg(leg, &trace.packets),
        Err(reason) => rows.no_reply(*reason),
    }
    align(&rows.lines, &options.look)
}

struct Rows<'a> {
    network: &'a Network,
    options: &'a TextOptions,
    numbering: Numbering,
    lines: Vec<Line>,
    /// Devices whose default was explained already.
    explained: Vec<Component>,
}

impl Rows<'_> {
    /// `packets` are those of the trace: a leg within one host has no hop that could tell.
    fn leg(&mut self, leg: &Leg, packets: &FlowSet) {
        let packets = leg.hops.first().map_or(packets, |hop| &hop.packets);
        let text = packet::headers(self.network, packets);
        let remark = if leg.hypothetical { "(if the request got through)" } else { "" };
        self.lines.push(Line::Leg { label: leg.kind.as_str(), text, remark });
        for (index, hop) in leg.hops.iter().enumerate() {
            let number = self.numbering.get(leg.kind, index);
            self.hop(leg.kind, number, hop);
        }
    }

    fn no_reply(&mut self, reason: NoReply) {
        let text = match reason {
            NoReply::OneWay => "none: only one way was asked about, or nothing answers this".to_owned(),
            NoReply::Local => {
                "none needed: the host answers itself, and no packet crosses the VPC".to_owned()
            }
            NoReply::RequestEnds => "unknown: the request ends before anybody could answer".to_owned(),
        };
        self.lines.push(Line::Leg { label: LegKind::Reply.as_str(), text, remark: "" });
    }

    fn hop(&mut self, leg: LegKind, number: Option<usize>, hop: &Hop) {
        let name = short_name(self.network, hop.component);
        let direction = hop.direction.map_or("", crate::network::Direction::as_str);
        match &hop.step {
            Step::Filtered(parts) => self.filtered(leg, number, hop, parts),
            Step::NotConsulted => {
                let text = "not consulted: reply to a tracked connection".to_owned();
                self.row(Row { number, mark: Mark::Passes, name, direction, text, place: String::new() });
            }
            Step::Routed { route, action } => {
                let rule = route.map(|route| self.network.rule(route));
                let text = match (&rule, action) {
                    (Some(rule), _) => rule.text.clone(),
                    (None, Action::Unknown(code)) => code.title().to_owned(),
                    // Only a prefix list whose entries nobody knows leads on without a route of its own.
                    (None, Action::Allow) => "by the prefix list of the service".to_owned(),
                    (None, _) => {
                        format!(
                            "no route to {}",
                            packet::addresses(self.network, &hop.packets.destinations())
                        )
                    }
                };
                let place = rule.map_or(Place::Implicit, |rule| rule.place);
                let place = self.note(hop, place);
                self.row(Row { number, mark: mark_of(*action), name, direction, text, place });
            }
            Step::Rewritten(rewrite) => {
                let text = rewrite_text(self.network, rewrite);
                self.lines.push(Line::Rewrite(format!("{name}: {text}")));
            }
            Step::Passed(Action::Allow) if !self.options.verbose => {}
            Step::Passed(action) => {
                let (mark, text) = match action {
                    Action::Allow => (Mark::Arrives, "passes".to_owned()),
                    Action::Deny(code) | Action::Unknown(code) => (mark_of(*action), code.title().to_owned()),
                };
                self.row(Row { number, mark, name, direction, text, place: String::new() });
            }
        }
    }

    fn filtered(&mut self, leg: LegKind, number: Option<usize>, hop: &Hop, parts: &[Decided]) {
        let component = hop.component.name(self.network);
        let direction = hop.direction.map_or("", crate::network::Direction::as_str);
        for (index, part) in parts.iter().enumerate() {
            let rule = part.rule.map(|rule| self.network.rule(rule));
            let mut text = match (&rule, part.action) {
                (Some(rule), _) if rule.owner != component.name && component.kind == "security_group" => {
                    format!("{} ({})", rule.text, rule.owner)
                }
                (Some(rule), _) => rule.text.clone(),
                (None, Action::Deny(_)) => "no rule matches".to_owned(),
                (None, Action::Unknown(code)) => code.title().to_owned(),
                (None, Action::Allow) => "allowed".to_owned(),
            };
            if parts.len() > 1 {
                let which = difference::describe(self.network, &hop.packets, &part.packets, leg);
                if !which.is_empty() {
                    let _ = write!(text, ": {which}");
                }
            }
            let place = match rule {
                Some(rule) if rule.implicit && rule.id == "*" => "(implicit)".to_owned(),
                Some(rule) => self.note(hop, rule.place),
                None => String::new(),
            };
            let first = index == 0;
            self.row(Row {
                number: number.filter(|_| first),
                mark: mark_of(part.action),
                name: if first { short_name(self.network, hop.component) } else { String::new() },
                direction: if first { direction } else { "" },
                text,
                place,
            });
        }
        if self.options.verbose {
            self.considered(hop);
        }
    }

    fn considered(&mut self, hop: &Hop) {
        for considered in considered(self.network, hop) {
            let remark = match considered.outcome {
                Outcome::Matched => continue,
                // Nothing is left for `*`: no news.
                Outcome::NotReached if matches!(considered.rule, RuleId::AclDefault(..)) => continue,
                Outcome::NoMatch(sides) => format!("no match: {}", sides.join(", ")),
                Outcome::NotReached => "not reached".to_owned(),
            };
            let rule = self.network.rule(considered.rule);
            let place = if rule.implicit {
                String::from("(implicit)")
            } else {
                cite::place(&self.network.sources, rule.place)
            };
            self.lines.push(Line::Considered { text: rule.text, remark, place });
        }
    }

    /// What to say at the right: the place of a rule, or whose default it is, once.
    fn note(&mut self, hop: &Hop, place: Place) -> String {
        let cited = cite::place(&self.network.sources, place);
        if !cited.is_empty() {
            return cited;
        }
        let seen = self.explained.contains(&hop.component);
        self.explained.push(hop.component);
        match hop.component {
            Component::SecurityGroups(_) => "(implicit)".to_owned(),
            Component::NetworkAcl(subnet, _) if !seen => {
                format!("subnet {}", self.network.subnets[subnet].name)
            }
            Component::RouteTable(subnet, _)
                if !seen && self.network.subnets[subnet].route_table_implicit =>
            {
                "main (implicit)".to_owned()
            }
            _ => String::new(),
        }
    }

    fn row(&mut self, row: Row) {
        self.lines.push(Line::Row(row));
    }
}

/// `rt/app`: without the remark that the table is the subnet's own.
fn short_name(network: &Network, component: Component) -> String {
    let short = component.name(network).short;
    short.split_once(" (").map_or_else(|| short.clone(), |(name, _)| name.to_owned())
}

const fn mark_of(action: Action) -> Mark {
    match action {
        Action::Allow => Mark::Passes,
        Action::Deny(_) => Mark::Drops,
        Action::Unknown(_) => Mark::Unknown,
    }
}

/// `source 10.0.10.10:32768-60999 ⇒ 10.0.0.200:1024-65535`.
pub(super) fn rewrite_text(network: &Network, rewrite: &Rewrite) -> String {
    let sides = [
        ("source", &rewrite.source, &rewrite.source_ports),
        ("destination", &rewrite.destination, &rewrite.destination_ports),
    ];
    let texts: Vec<String> = sides
        .into_iter()
        .filter_map(|(side, addresses, ports)| {
            let (old_ports, new_ports) = match ports {
                Some((old, new)) => (Some(old), Some(new)),
                None => (None, None),
            };
            let (old, new) = addresses.as_ref()?;
            let text = |set, ports| packet::end(&packet::owner_or_addresses(network, set), ports);
            Some(format!("{side} {} ⇒ {}", text(old, old_ports), text(new, new_ports)))
        })
        .collect();
    texts.join(", ")
}

fn align(lines: &[Line], look: &Look) -> String {
    let rows = || {
        lines.iter().filter_map(|line| match line {
            Line::Row(row) => Some(row),
            _ => None,
        })
    };
    let name = rows().map(|row| look.columns(&row.name) + GAP).max().unwrap_or(0).max(NAME);
    let text_of = |row: &Row| {
        let own = if row.direction.is_empty() && !row.name.is_empty() { 0 } else { DIRECTION };
        own + look.columns(&row.text) + GAP
    };
    // Only a row that has something at the right needs the column.
    // A row that leaves no room for it is broken, and does not push the column out for the others.
    let fits = |row: &&Row| {
        !row.place.is_empty() && MARGIN + name + text_of(row) + look.columns(&row.place) <= look.width
    };
    let text = rows().filter(fits).map(text_of).max().unwrap_or(0);
    let mut out = String::new();
    for line in lines {
        match line {
            Line::Leg { label, text, remark } => {
                let label = look.pad(label, LEG_LABEL);
                let start = look.wrap(text, GAP + LEG_LABEL, GAP + LEG_LABEL);
                let remark = if remark.is_empty() {
                    String::new()
                } else {
                    format!("  {}", look.paint(Tone::Quiet, remark))
                };
                let _ = writeln!(out, "  {}{start}{remark}", look.paint(Tone::Strong, &label));
            }
            Line::Rewrite(text) => {
                let _ = writeln!(out, "  {} {}", look.paint(Tone::Doubt, "──"), look.wrap(text, 5, MARGIN));
            }
            Line::Considered { text, remark, place } => {
                let gap = if place.is_empty() { "" } else { "  " };
                let line = format!("{text}  {remark}{gap}{place}");
                let indent = MARGIN + name + DIRECTION;
                let _ = writeln!(out, "{}· {}", " ".repeat(indent), look.paint(Tone::Quiet, &line));
            }
            Line::Row(row) => write_row(&mut out, row, (name, text), look),
        }
    }
    out
}

fn write_row(out: &mut String, row: &Row, (name, text): (usize, usize), look: &Look) {
    let number = row.number.map_or_else(|| "   ".to_owned(), |number| format!("{number:>3}"));
    let direction = if row.direction.is_empty() && !row.name.is_empty() {
        String::new()
    } else {
        look.pad(row.direction, DIRECTION)
    };
    let middle = format!("{direction}{}", row.text);
    let head = format!("{number} {} {}", look.mark(row.mark), look.pad(&row.name, name));
    let indent = MARGIN + name;
    if row.place.is_empty() {
        let _ = writeln!(out, "{head}{}", look.wrap(&middle, indent, indent));
    } else if look.columns(&middle) + GAP <= text && indent + text + look.columns(&row.place) <= look.width {
        let place = look.paint(Tone::Quiet, &row.place);
        let _ = writeln!(out, "{head}{}{place}", look.pad(&middle, text));
    } else {
        let place = look.paint(Tone::Quiet, &row.place);
        let _ = writeln!(out, "{head}{}", look.wrap(&middle, indent, indent));
        let _ = writeln!(out, "{}{place}", " ".repeat(indent));
    }
}
