//! `vpcreach test`.

use crate::expect;
use crate::render::{diagnostic, tests};

use super::args::{Global, Test, TestFormat};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load, plural};

pub(super) fn run(args: &Test, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let network = load::network(global, streams)?;
    let report = expect::run(&network);
    // Tests that can't be asked prove nothing: no report may look as if they had passed.
    if !report.diagnostics.is_empty() {
        streams.diagnostic(&diagnostic::render(&report.diagnostics, network.sources(), true))?;
        let wrong = plural(report.diagnostics.len(), "mistake");
        streams.diagnostic(&format!("no test was run: the tests have {wrong}\n"))?;
        return Ok(Exit::Usage);
    }
    if report.tests.is_empty() {
        streams.remark("there are no tests: a topology keeps them under `tests:`\n")?;
    }
    let text = match args.format {
        TestFormat::Text => {
            let options = tests::TestTextOptions { look: streams.look, verbose: args.verbose };
            tests::text(&network, &report, &options)
        }
        TestFormat::Json => tests::json(&network, &report),
        TestFormat::Junit => tests::junit(&network, &report),
        TestFormat::Tap => tests::tap(&report),
        TestFormat::Github => tests::github(&network, &report),
    };
    streams.result(&text)?;
    Ok(report.outcome().into())
}
