//! The results of tests as GitHub workflow commands, which become annotations.

use std::fmt::Write as _;

use crate::expect::{Outcome, Report};
use crate::network::Network;

use super::{example, flow, wanted};

/// One annotation per flow that does not pass; nothing if all do.
pub fn github(network: &Network, report: &Report) -> String {
    let mut out = String::new();
    for test in &report.tests {
        for check in test.checks.iter().filter(|check| check.outcome != Outcome::Passed) {
            let hard = check.outcome == Outcome::Failed && !test.soft;
            let command = if hard { "error" } else { "warning" };
            let location = network.sources.locate(check.place);
            let place = location.map_or_else(String::new, |location| {
                let file = property(location.file);
                location.line.map_or_else(
                    || format!("file={file},"),
                    |at| format!("file={file},line={},col={},", at.line, at.column),
                )
            });
            let mut message = format!("{} {}", flow(check), wanted(check));
            for reason in &check.reasons {
                let _ = write!(message, "\n{}", reason.message);
                if let Some(packet) = example(reason) {
                    let _ = write!(message, ", for example {packet}");
                }
                let _ = write!(message, "\n{}", reason.command);
            }
            let _ = writeln!(out, "::{command} {place}title={}::{}", property(&test.name), data(&message));
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
