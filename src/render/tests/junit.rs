//! The results of tests as JUnit XML: one test case per flow.

use std::fmt::Write as _;

use crate::expect::{Check, Outcome, Report, TestResult};
use crate::network::Network;

use super::super::cite;
use super::super::text::{TextOptions, answer};
use super::{example, flow, wanted};

/// The results as JUnit XML. A failure holds the answer as text; what nobody can say anything about is an error, so that no
/// report takes it for safe; a soft one of either is a skipped case with its reason.
pub fn junit(network: &Network, report: &Report) -> String {
    let cases = || report.tests.iter().flat_map(|test| &test.checks);
    let count = |element| report.tests.iter().map(|test| count(test, element)).sum::<usize>();
    let (failures, errors, skipped) = (count("failure"), count("error"), count("skipped"));
    let total = cases().count() + report.tests.iter().filter(|test| test.checks.is_empty()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuites name=\"vpcreach\" tests=\"{total}\" failures=\"{failures}\" errors=\"{errors}\">"
    );
    let name = escape(&cite::files(&network.sources));
    let _ = writeln!(
        xml,
        "  <testsuite name=\"{name}\" tests=\"{total}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">"
    );
    for test in &report.tests {
        test_cases(&mut xml, network, test);
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

/// The element that a check becomes; none if it passed.
const fn element(outcome: Outcome, soft: bool) -> Option<&'static str> {
    match (outcome, soft) {
        (Outcome::Passed, _) => None,
        (Outcome::Failed, false) => Some("failure"),
        (Outcome::Undetermined, false) => Some("error"),
        (Outcome::Failed | Outcome::Undetermined, true) | (Outcome::Skipped, _) => Some("skipped"),
    }
}

/// How many cases of a test become such an element.
fn count(test: &TestResult, wanted: &str) -> usize {
    if test.skipped.is_some() {
        return usize::from(wanted == "skipped");
    }
    test.checks.iter().filter(|check| element(check.outcome, test.soft) == Some(wanted)).count()
}

fn test_cases(xml: &mut String, network: &Network, test: &TestResult) {
    let class = escape(&test.name);
    if let Some(reason) = &test.skipped {
        let _ = writeln!(xml, "    <testcase classname=\"{class}\" name=\"{class}\">");
        let _ = writeln!(xml, "      <skipped message=\"{}\"/>\n    </testcase>", escape(reason));
        return;
    }
    if test.checks.is_empty() {
        let _ = writeln!(xml, "    <testcase classname=\"{class}\" name=\"{class}\"/>");
    }
    for check in &test.checks {
        let name = escape(&format!("{} {}", check.wanted.as_str(), flow(check)));
        let _ = write!(
            xml,
            "    <testcase classname=\"{class}\" name=\"{name}\"{}",
            file_attributes(network, check)
        );
        let Some(element) = element(check.outcome, test.soft) else {
            xml.push_str("/>\n");
            continue;
        };
        let messages: Vec<&str> = check.reasons.iter().map(|reason| reason.message.as_str()).collect();
        let message = escape(&format!("{}: {}", wanted(check), messages.join("; ")));
        let _ = writeln!(xml, ">\n      <{element} message=\"{message}\">");
        for reason in &check.reasons {
            if let Some(packet) = example(reason) {
                let _ = writeln!(xml, "{}", escape(&format!("for example {packet}")));
            }
            let _ = writeln!(xml, "{}", escape(&reason.command));
            xml.push_str(&escape(&answer(network, &reason.answer, &TextOptions::default())));
        }
        let _ = writeln!(xml, "      </{element}>\n    </testcase>");
    }
}

fn file_attributes(network: &Network, check: &Check) -> String {
    let location = network.sources.locate(check.place);
    location.map_or_else(String::new, |location| {
        let line = location.line.map_or_else(String::new, |at| format!(" line=\"{}\"", at.line));
        format!(" file=\"{}\"{line}", escape(location.file))
    })
}

/// XML text; characters that XML 1.0 can't hold are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}
