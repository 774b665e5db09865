//! The results of tests as JSON: `vpcreach/tests/1`.

use serde::Serialize;
use serde_json::Value;

use crate::expect::{Check, Outcome, Report, TestResult};
use crate::network::Network;

use super::super::json::{SpanDocument, pretty, span, value};
use super::{example, flow};

/// The version of the format.
pub const TESTS_SCHEMA: &str = "vpcreach/tests/1";

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    outcome: &'static str,
    passed: usize,
    failed: usize,
    soft_failed: usize,
    undetermined: usize,
    skipped: usize,
    tests: Vec<TestDocument>,
}

#[derive(Serialize)]
struct TestDocument {
    name: String,
    outcome: &'static str,
    soft: bool,
    skipped: Option<String>,
    span: Option<SpanDocument>,
    checks: Vec<CheckDocument>,
}

#[derive(Serialize)]
struct CheckDocument {
    wanted: &'static str,
    flow: String,
    from: Option<String>,
    to: String,
    outcome: &'static str,
    span: Option<SpanDocument>,
    reasons: Vec<ReasonDocument>,
}

#[derive(Serialize)]
struct ReasonDocument {
    message: String,
    example: Option<String>,
    command: String,
    /// The answer, as `vpcreach reach -o json` gives it.
    result: Value,
}

/// The results as JSON. Each failure holds the whole answer.
pub fn json(network: &Network, report: &Report) -> String {
    pretty(&Document {
        schema: TESTS_SCHEMA,
        outcome: report.outcome().as_str(),
        passed: report.count(Outcome::Passed),
        failed: report.count(Outcome::Failed),
        soft_failed: report.soft_failures(),
        undetermined: report.count(Outcome::Undetermined),
        skipped: report.count(Outcome::Skipped),
        tests: report.tests.iter().map(|test| test_document(network, test)).collect(),
    })
}

fn test_document(network: &Network, test: &TestResult) -> TestDocument {
    TestDocument {
        name: test.name.clone(),
        outcome: test.outcome().as_str(),
        soft: test.soft,
        skipped: test.skipped.clone(),
        span: span(&network.sources, test.place),
        checks: test.checks.iter().map(|check| check_document(network, check)).collect(),
    }
}

fn check_document(network: &Network, check: &Check) -> CheckDocument {
    let reasons = check.reasons.iter().map(|reason| ReasonDocument {
        message: reason.message.clone(),
        example: example(reason),
        command: reason.command.clone(),
        result: value(network, &reason.answer),
    });
    CheckDocument {
        wanted: check.wanted.as_str(),
        flow: flow(check),
        from: check.from.clone(),
        to: check.to.clone(),
        outcome: check.outcome.as_str(),
        span: span(&network.sources, check.place),
        reasons: reasons.collect(),
    }
}
