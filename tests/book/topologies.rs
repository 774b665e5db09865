//! Loads the topologies of the book and asks their tests.

use vpcreach::expect::{self, Outcome};
use vpcreach::network::Network;
use vpcreach::render::diagnostic;
use vpcreach::topology::{Diagnostic, Severity, Sources, yaml};

use super::blocks::{Block, Kind};

/// What is wrong with a topology; nothing if it does what its tag says.
pub(crate) fn check(block: &Block) -> Vec<String> {
    let (topology, mut diagnostics) = yaml::read(&block.place(), block.text.as_bytes());
    let mut sources = topology.sources.clone();
    let mut network = None;
    if !has(&diagnostics, Severity::Error) {
        let (compiled, more) = Network::compile(&topology);
        sources = compiled.sources().clone();
        diagnostics.extend(more);
        network = Some(compiled);
    }
    let refused = has(&diagnostics, Severity::Error);
    match (block.kind, refused, network) {
        (Kind::Invalid, true, _) => Vec::new(),
        (Kind::Invalid, false, _) => vec![format!("{}: should be refused, but loads", block.place())],
        (Kind::Warning, false, _) if !has(&diagnostics, Severity::Warning) => {
            vec![format!("{}: should load with a warning, but has none", block.place())]
        }
        (Kind::Topology | Kind::Warning, false, Some(network)) => ask(block, &network),
        _ => vec![format!("{}: is refused:\n{}", block.place(), shown(&diagnostics, &sources))],
    }
}

fn ask(block: &Block, network: &Network) -> Vec<String> {
    let report = expect::run(network);
    let mut problems = Vec::new();
    if has(&report.diagnostics, Severity::Error) {
        let text = shown(&report.diagnostics, network.sources());
        problems.push(format!("{}: has tests that can't be asked:\n{text}", block.place()));
    }
    for test in report.tests.iter().filter(|test| test.skipped.is_none()) {
        for check in test.checks.iter().filter(|check| check.outcome != Outcome::Passed) {
            let from = check.from.as_deref().unwrap_or("(anybody)");
            let why: Vec<&str> = check.reasons.iter().map(|reason| reason.message.as_str()).collect();
            problems.push(format!(
                "{}: {} {} → {}: {}",
                block.place(),
                check.wanted.as_str(),
                from,
                check.to,
                why.join("; ")
            ));
        }
    }
    problems
}

fn has(diagnostics: &[Diagnostic], severity: Severity) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == severity)
}

fn shown(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    diagnostic::render(diagnostics, sources, false)
}
