//! Short ways to read a text and to look at what came of it.

use vpcreach::topology::{Diagnostic, Place, Sources, Topology, Vpc, yaml};

/// Every valid sample, by name.
pub(crate) const SAMPLES: &[(&str, &str)] = &[
    ("hello", include_str!("valid/hello.yaml")),
    ("three-tiers", include_str!("valid/three-tiers.yaml")),
    ("peered-and-shared", include_str!("valid/peered-and-shared.yaml")),
    ("everything", include_str!("valid/everything.yaml")),
    ("terraform-words", include_str!("valid/terraform-words.yaml")),
];

pub(crate) fn read(text: &str) -> (Topology, Vec<Diagnostic>) {
    yaml::read("t.yaml", text.as_bytes())
}

/// The topology of a text without problems.
pub(crate) fn clean(text: &str) -> Topology {
    let (topology, diagnostics) = read(text);
    assert!(diagnostics.is_empty(), "{}", list(&diagnostics, &topology.sources).join("\n"));
    topology
}

/// The problems of a text, as `CODE LINE:COLUMN+LENGTH message`.
pub(crate) fn problems(text: &str) -> Vec<String> {
    let (topology, diagnostics) = read(text);
    list(&diagnostics, &topology.sources)
}

pub(crate) fn list(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| format!("{} {} {}", d.code, at(sources, d.labels[0].place), d.message))
        .collect()
}

/// A place as `LINE:COLUMN+LENGTH`.
pub(crate) fn at(sources: &Sources, place: Place) -> String {
    match sources.locate(place).and_then(|location| location.line) {
        Some(at) => format!("{}:{}+{}", at.line, at.column, at.length),
        None => "-".to_owned(),
    }
}

/// The text of a place.
pub(crate) fn text_at(topology: &Topology, place: Place) -> String {
    let Place::Span(span) = place else { return "-".to_owned() };
    topology.sources.file(span.file).unwrap().text[span.start as usize..span.end as usize].to_owned()
}

/// The first VPC.
pub(crate) fn vpc(topology: &Topology) -> &Vpc {
    &topology.vpcs.0[0].value
}

/// A VPC around some lines that are indented by two.
pub(crate) fn in_vpc(lines: &str) -> String {
    let indented: String = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!("vpcs:\n  main:\n    cidr: 10.0.0.0/16\n{indented}")
}

/// A security group with one inbound rule.
pub(crate) fn with_rule(rule: &str) -> String {
    in_vpc(&format!("security_groups:\n  g:\n    inbound:\n      - {rule}"))
}

/// What is said about that one rule.
pub(crate) fn rule_problems(rule: &str) -> Vec<String> {
    problems(&with_rule(rule))
}

#[track_caller]
pub(crate) fn expect(found: &[String], expected: &[&str]) {
    assert_eq!(found, expected, "\nfound:\n{}", found.join("\n"));
}
