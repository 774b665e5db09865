//! The results of tests as TAP 14.

use std::fmt::Write as _;

use crate::expect::{Outcome, Report};

use super::{flow, wanted};

/// The results as TAP: one line per flow. What nobody can say is `not ok # TODO`.
pub fn tap(report: &Report) -> String {
    let mut lines = String::new();
    let mut number = 0;
    for test in &report.tests {
        let name = escape(&test.name);
        if let Some(reason) = &test.skipped {
            number += 1;
            let _ = writeln!(lines, "ok {number} - {name} # SKIP {}", escape(reason));
        }
        for check in &test.checks {
            number += 1;
            let (ok, directive) = match (check.outcome, test.soft) {
                (Outcome::Passed | Outcome::Skipped, _) => ("ok", ""),
                (Outcome::Undetermined, true) => ("not ok", " # TODO undetermined"),
                (Outcome::Undetermined, false) => ("not ok", ""),
                (Outcome::Failed, true) => ("not ok", " # TODO soft"),
                (Outcome::Failed, false) => ("not ok", ""),
            };
            let what = escape(&format!("{} {}", check.wanted.as_str(), flow(check)));
            let _ = writeln!(lines, "{ok} {number} - {name}: {what}{directive}");
            for reason in &check.reasons {
                let text = format!("{}: {}", wanted(check), reason.message).replace('\n', " ");
                let _ = writeln!(lines, "# {text}");
            }
        }
    }
    format!("TAP version 14\n1..{number}\n{lines}")
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace('\n', " ")
}
