//! `vpcreach lab`: the kernel as a second opinion.

mod args;
#[cfg(target_os = "linux")]
mod check;
#[cfg(target_os = "linux")]
mod reach;
#[cfg(target_os = "linux")]
mod shell;
#[cfg(target_os = "linux")]
mod verify;

use args::LabCommand;
pub(super) use args::{LAB_EXAMPLES, Lab};

use super::args::Global;
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load};
use crate::lab::plan::Script;
use crate::verify::Verifier;

pub(super) fn run(args: &Lab, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    match &args.command {
        LabCommand::Plan(args) => plan(args, global, streams),
        #[cfg(target_os = "linux")]
        LabCommand::Check => check::run(streams),
        #[cfg(target_os = "linux")]
        LabCommand::Reach(args) => reach::run(args, global, streams),
        #[cfg(target_os = "linux")]
        LabCommand::Verify(args) => verify::run(args, global, streams),
        #[cfg(target_os = "linux")]
        LabCommand::Shell(args) => shell::run(args, global, streams),
        #[cfg(not(target_os = "linux"))]
        _ => {
            streams.diagnostic(&format!(
                "{}: the lab is made of Linux network namespaces\n",
                streams.error_word()
            ))?;
            streams.diagnostic("help: run it on Linux; `vpcreach lab plan` works anywhere\n")?;
            Ok(Exit::NoLab)
        }
    }
}

fn plan(args: &args::Plan, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let (topology, network) = load::both(global, streams)?;
    let verifier = Verifier::new(&topology, &network, args.narrate);
    streams.document(&Script(&verifier.plan).to_string())?;
    Ok(Exit::Success)
}

/// Builds a lab, or says why this machine can't.
#[cfg(target_os = "linux")]
fn build(
    plan: &crate::lab::Plan,
    streams: &mut Streams,
) -> Result<Result<crate::lab::kernel::Lab, Exit>, Failure> {
    match crate::lab::kernel::Lab::build(plan) {
        Ok(lab) => Ok(Ok(lab)),
        Err(error) => Ok(Err(complain(&error, streams)?)),
    }
}

/// Reports a failure of the lab.
#[cfg(target_os = "linux")]
fn complain(error: &crate::lab::kernel::LabError, streams: &mut Streams) -> Result<Exit, Failure> {
    streams.diagnostic(&format!("{}: {error}\n", streams.error_word()))?;
    if let Some(help) = error.help() {
        streams.diagnostic(&format!("help: {help}\n"))?;
    }
    Ok(if error.is_missing() { Exit::NoLab } else { Exit::Usage })
}
