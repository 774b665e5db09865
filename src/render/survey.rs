//! Who reaches what, as text and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use crate::fleet::{Open, Opening, Pivot, PivotStep, Survey};
use crate::network::{Network, RuleId};

use super::json::pretty;
use super::look::{Look, Tone};
use super::{cite, openings, packet};

/// The version of the JSON format of surveys.
pub const SURVEY_SCHEMA: &str = "vpcreach/survey/1";
/// The version of the JSON format of pivots.
pub const PIVOT_SCHEMA: &str = "vpcreach/pivot/1";

/// More names than that are counted.
const MOST_NAMES: usize = 60;
const EVERYTHING: &str = "all";

/// A survey as text: a line for all that get through in the same way.
pub fn survey_text(network: &Network, survey: &Survey, look: &Look) -> String {
    let count: usize = survey.findings.iter().map(|finding| finding.ends.len()).sum();
    let arrow = match survey.open {
        Open::Sources => "←",
        Open::Destinations => "→",
    };
    let noun = match (survey.open, count) {
        (Open::Sources, 1) => "source",
        (Open::Sources, _) => "sources",
        (Open::Destinations, 1) => "destination",
        (Open::Destinations, _) => "destinations",
    };
    let fixed = match survey.open {
        _ if survey.service.text == EVERYTHING => survey.fixed.clone(),
        Open::Sources => format!("{}:{}", survey.fixed, survey.service.text),
        Open::Destinations => format!("{} ({})", survey.fixed, survey.service.text),
    };
    let head = format!("{fixed} {arrow} {count} {noun}");
    // The services are said where they are not just what was asked for.
    let first = survey.findings.first().map(|finding| &finding.openings);
    let single = survey.service.text != EVERYTHING
        && survey.findings.iter().all(|one| one.is_whole() && Some(&one.openings) == first);
    let rows: Vec<[String; 3]> = survey
        .findings
        .iter()
        .map(|finding| {
            let services = if single { String::new() } else { openings::text(&finding.openings, look) };
            [names(&finding.ends), services, openings::via(network, &finding.via)]
        })
        .collect();
    let titles = ["", if single { "" } else { "services" }, "via"].map(str::to_owned);
    let mut out = table(&head, &titles, &rows, look);
    if !survey.none.is_empty() {
        let all = survey.none.join(", ");
        let none = if survey.none.len() > MOST_NAMES { format!("{} others", survey.none.len()) } else { all };
        let _ = writeln!(out, "{}", look.paint(Tone::Quiet, &format!("not: {}", look.wrap(&none, 5, 5))));
    }
    look.finish(out)
}

/// Columns: names, services, via. A long list of names or services goes on below.
fn table(head: &str, titles: &[String; 3], rows: &[[String; 3]], look: &Look) -> String {
    const GAP: usize = 3;
    let cap = look.width / 3;
    let wide = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|text| look.columns(text));
        cells.max().unwrap_or(0).min(cap)
    };
    let first = (wide(0) + 2 + GAP).max(look.columns(head) + GAP);
    let [_, services, via] = titles;
    let second = if services.is_empty() { 0 } else { wide(1).max(look.columns(services)) + GAP };
    let mut out = String::new();
    let line = format!("{}{via}", look.pad(services, second));
    let gap = first.saturating_sub(look.columns(head));
    let _ = writeln!(
        out,
        "{}{}{}",
        look.paint(Tone::Strong, head),
        " ".repeat(gap),
        look.paint(Tone::Quiet, line.trim_end())
    );
    for [names, services, via] in rows {
        let (names, services) =
            (lines(names, first - 2 - GAP, look), lines(services, second.saturating_sub(GAP), look));
        for number in 0..names.len().max(services.len()) {
            let at = |lines: &[String]| lines.get(number).cloned().unwrap_or_default();
            let via = if number == 0 { via.as_str() } else { "" };
            let line =
                format!("  {}{}{via}", look.pad(&at(&names), first - 2), look.pad(&at(&services), second));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    out
}

/// A list with commas, broken at blanks.
fn lines(text: &str, width: usize, look: &Look) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let Some(last) = lines.last_mut() else { break };
        if last.is_empty() {
            last.push_str(word);
        } else if look.columns(last) + 1 + look.columns(word) <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn names(ends: &[String]) -> String {
    let shown = ends.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match ends.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[derive(Serialize)]
struct SurveyDocument<'a> {
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    service: &'a str,
    findings: Vec<FindingDocument<'a>>,
    none: &'a [String],
}

#[derive(Serialize)]
struct FindingDocument<'a> {
    ends: &'a [String],
    services: Vec<ServiceDocument>,
    via: Vec<RuleDocument>,
}

#[derive(Serialize)]
struct ServiceDocument {
    verdict: &'static str,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, or others by number.
    protocol: String,
    /// Destination ports, or type × 256 + code of ICMP, first and last.
    ports: Vec<(u16, u16)>,
}

#[derive(Serialize)]
struct RuleDocument {
    owner: String,
    rule: String,
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    at: String,
}

fn services(openings: &[Opening]) -> Vec<ServiceDocument> {
    let service = |opening: &Opening| ServiceDocument {
        verdict: opening.verdict.as_str(),
        protocol: packet::protocol_names(&opening.protocols),
        ports: opening.ports.intervals().to_vec(),
    };
    openings.iter().map(service).collect()
}

fn rules(network: &Network, via: &[RuleId]) -> Vec<RuleDocument> {
    let rule = |id: &RuleId| {
        let rule = network.rule(*id);
        RuleDocument {
            owner: format!("{}{}", openings::prefix(*id), rule.owner),
            at: cite::place(&network.sources, rule.place),
            rule: rule.id,
            text: rule.text,
        }
    };
    via.iter().map(rule).collect()
}

/// A survey as JSON.
pub fn survey_json(network: &Network, survey: &Survey) -> String {
    let fixed = Some(survey.fixed.as_str());
    let (from, to) = match survey.open {
        Open::Sources => (None, fixed),
        Open::Destinations => (fixed, None),
    };
    let findings = survey.findings.iter().map(|finding| FindingDocument {
        ends: &finding.ends,
        services: services(&finding.openings),
        via: rules(network, &finding.via),
    });
    pretty(&SurveyDocument {
        schema: SURVEY_SCHEMA,
        from,
        to,
        service: &survey.service.text,
        findings: findings.collect(),
        none: &survey.none,
    })
}

/// The ways of an intruder as text.
pub fn pivot_text(network: &Network, pivot: &Pivot, look: &Look) -> String {
    let what = format!("{} → {}:{}", pivot.from, pivot.to, pivot.service.text);
    let Some(shortest) = pivot.ways.iter().map(Vec::len).min() else {
        return look.finish(format!("{what}  no way, whatever host is taken\n"));
    };
    let mut hosts = match shortest - 1 {
        0 => "directly, no host has to be taken".to_owned(),
        1 => "1 host has to be taken".to_owned(),
        hosts => format!("{hosts} hosts have to be taken"),
    };
    if !pivot.ways.iter().any(|way| way.iter().all(PivotStep::is_known)) {
        hosts.push_str(", if what is not known (?) lets it");
    }
    let mut out = format!("{}  {hosts}\n", look.paint(Tone::Strong, &what));
    for (number, way) in pivot.ways.iter().enumerate() {
        let title = if pivot.ways.len() > 1 { format!("way {}", number + 1) } else { String::new() };
        let rows: Vec<[String; 3]> = way.iter().map(|step| step_row(network, step, look)).collect();
        let titles = ["", "services", "via"].map(str::to_owned);
        let _ = write!(out, "\n{}", table(&title, &titles, &rows, look));
    }
    if pivot.more {
        let _ = writeln!(out, "\nthere are more ways: raise `--most`");
    }
    look.finish(out)
}

fn step_row(network: &Network, step: &PivotStep, look: &Look) -> [String; 3] {
    let ends = format!("{} → {}", any_of(&step.from), any_of(&step.to));
    [ends, openings::text(&step.openings, look), openings::via(network, &step.via)]
}

fn any_of(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] if rest.len() < 4 => format!("{first}|{}", rest.join("|")),
        [first, rest @ ..] => format!("{first} or {} alike", rest.len()),
    }
}

#[derive(Serialize)]
struct PivotDocument<'a> {
    schema: &'static str,
    from: &'a str,
    to: &'a str,
    service: &'a str,
    ways: Vec<Vec<StepDocument<'a>>>,
    more: bool,
}

#[derive(Serialize)]
struct StepDocument<'a> {
    from: &'a [String],
    to: &'a [String],
    services: Vec<ServiceDocument>,
    via: Vec<RuleDocument>,
}

/// The ways of an intruder as JSON.
pub fn pivot_json(network: &Network, pivot: &Pivot) -> String {
    let step = |step: &'_ PivotStep| (services(&step.openings), rules(network, &step.via));
    let ways = pivot.ways.iter().map(|way| {
        let steps = way.iter().map(|one| {
            let (services, via) = step(one);
            StepDocument { from: &one.from, to: &one.to, services, via }
        });
        steps.collect()
    });
    pretty(&PivotDocument {
        schema: PIVOT_SCHEMA,
        from: &pivot.from,
        to: &pivot.to,
        service: &pivot.service.text,
        ways: ways.collect(),
        more: pivot.more,
    })
}
