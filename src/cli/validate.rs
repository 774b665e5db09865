//! `vpcreach validate`.

use crate::expect;
use crate::network::Network;
use crate::render::{self, diagnostic};
use crate::topology::{Severity, visible};

use super::args::{Global, Validate};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load, plural};

pub(super) fn run(args: &Validate, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let compiled = load::compile(global, streams)?;
    let network = &compiled.network;
    let warnings = load::count(&compiled.diagnostics, Severity::Warning);
    if !compiled.diagnostics.is_empty() {
        streams.diagnostic(&diagnostic::render(&compiled.diagnostics, network.sources(), true))?;
    }
    let mistakes = expect::run(network).diagnostics;
    if !mistakes.is_empty() {
        streams.diagnostic(&diagnostic::render(&mistakes, network.sources(), true))?;
        streams.diagnostic(&format!("not valid: {} in the tests\n", plural(mistakes.len(), "mistake")))?;
        return Ok(Exit::Usage);
    }
    // A directory by its own name, not by those of its files.
    let named = global
        .file
        .as_ref()
        .filter(|path| path.is_dir())
        .map(|path| visible(&path.display().to_string()).into_owned());
    let files = named.unwrap_or_else(|| render::files(network.sources()));
    let remark = if warnings > 0 { format!(", {}", plural(warnings, "warning")) } else { String::new() };
    if args.strict && warnings > 0 {
        streams
            .diagnostic(&format!("{files} is not valid under --strict: {}\n", plural(warnings, "warning")))?;
        return Ok(Exit::Usage);
    }
    streams.result(&format!("{files} is valid: {}{remark}\n", contents(network)))?;
    Ok(Exit::Success)
}

/// `1 VPC, 6 subnets, 4 instances, 7 tests`.
fn contents(network: &Network) -> String {
    let counts = [
        ("VPC", network.vpcs.len()),
        ("subnet", network.subnets.len()),
        ("instance", network.instances.len() - network.load_balancers.len()),
        ("load balancer", network.load_balancers.len()),
        ("test", network.tests().len()),
    ];
    // What few topologies have is only counted where it is.
    let shown = counts.into_iter().filter(|(noun, count)| *count > 0 || *noun != "load balancer");
    let texts: Vec<String> = shown.map(|(noun, count)| plural(count, noun)).collect();
    texts.join(", ")
}
