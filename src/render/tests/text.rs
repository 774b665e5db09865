//! The results of tests as text.

use std::fmt::Write as _;

use crate::expect::{Check, Outcome, Report, TestResult, Wanted};
use crate::network::Network;
use crate::reach::{Step, Trace, Verdict};

use super::super::cite;
use super::super::look::{Look, Mark, Tone};
use super::{example, flow, wanted};

/// Column at which the remark on a test begins.
const REMARK_COLUMN: usize = 47;

/// What to show of the results.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestTextOptions {
    /// Colours, characters, width.
    pub look: Look,
    /// Every flow, also of tests that pass.
    pub verbose: bool,
}

/// The results as text: a line per test, what is wrong below it, and the count.
pub fn text(network: &Network, report: &Report, options: &TestTextOptions) -> String {
    let look = &options.look;
    let mut out = String::new();
    for test in &report.tests {
        head(&mut out, test, look);
        for check in &test.checks {
            if check.outcome != Outcome::Passed {
                failed(&mut out, network, check, look);
            } else if options.verbose {
                let _ = writeln!(
                    out,
                    "    {} {} {}",
                    look.mark(Mark::Passes),
                    check.wanted.as_str(),
                    flow(check)
                );
            }
        }
    }
    let _ = writeln!(out, "{} ({})", count_line(report), cite::files(&network.sources));
    look.finish(out)
}

/// `6 passed, 1 failed`.
pub(super) fn count_line(report: &Report) -> String {
    let counts = [Outcome::Passed, Outcome::Failed, Outcome::Undetermined, Outcome::Skipped];
    let texts: Vec<String> = counts
        .into_iter()
        .map(|outcome| (outcome, report.count(outcome)))
        .filter(|(outcome, count)| *count > 0 || matches!(outcome, Outcome::Passed | Outcome::Failed))
        .map(|(outcome, count)| format!("{count} {}", outcome.as_str()))
        .collect();
    let soft = match report.soft_failures() {
        0 => String::new(),
        count => format!(", {count} failed softly"),
    };
    texts.join(", ") + &soft
}

const fn mark(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Passed => Mark::Passes,
        Outcome::Failed => Mark::Drops,
        Outcome::Undetermined => Mark::Unknown,
        Outcome::Skipped => Mark::Arrives,
    }
}

fn head(out: &mut String, test: &TestResult, look: &Look) {
    let outcome = test.outcome();
    let remark = match (&test.skipped, test.checks.len()) {
        (Some(reason), _) => format!("skipped: {reason}"),
        (None, 1) => "1 flow".to_owned(),
        (None, count) => format!("{count} flows"),
    };
    let soft = if test.soft && outcome == Outcome::Failed { " (soft: only a warning)" } else { "" };
    let name = look.pad(&format!("{}  ", test.name), REMARK_COLUMN - 2);
    let remark = look.paint(Tone::Quiet, &format!("{remark}{soft}"));
    let _ = writeln!(out, "{} {name}{remark}", look.mark(mark(outcome)));
}

fn failed(out: &mut String, network: &Network, check: &Check, look: &Look) {
    let _ = writeln!(
        out,
        "    {} {} {}  {}",
        look.mark(mark(check.outcome)),
        check.wanted.as_str(),
        flow(check),
        look.paint(Tone::Quiet, &wanted(check))
    );
    for reason in &check.reasons {
        let lead = if check.wanted == Wanted::OnlyFrom { "also reachable from: " } else { "" };
        let cited = allowed_by(network, reason.answer.traces.as_slice());
        let cited = if cited.is_empty() { String::new() } else { format!("  allowed by {cited}") };
        let _ = writeln!(out, "      {}", look.wrap(&format!("{lead}{}{cited}", reason.message), 6, 8));
        if let Some(packet) = example(reason) {
            let what = if matches!(check.wanted, Wanted::Allow | Wanted::Verdict(Verdict::Reachable)) {
                "is dropped"
            } else {
                "gets through"
            };
            let _ = writeln!(out, "      for example {packet} {what}");
        }
        let _ = writeln!(out, "      {}", look.paint(Tone::Quiet, &reason.command));
    }
}

/// The rules of filters that let through what should not get through.
fn allowed_by(network: &Network, traces: &[Trace]) -> String {
    let passing = traces.iter().filter(|trace| !trace.works.is_empty());
    let hops = passing.flat_map(|trace| &trace.request.hops);
    let rules =
        hops.filter(|hop| matches!(hop.step, Step::Filtered(_))).flat_map(|hop| cite::rules_of(&hop.step));
    cite::list(&network.sources, rules.map(|rule| network.rule(rule).place))
}
