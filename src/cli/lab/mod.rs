//! `vpcreach lab`: the kernel as a second opinion.

mod args;

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
        LabCommand::Plan(args) => {
            let (topology, network) = load::both(global, streams)?;
            let verifier = Verifier::new(&topology, &network, args.narrate);
            streams.document(&Script(&verifier.plan).to_string())?;
            Ok(Exit::Success)
        }
        _ => Ok(Exit::Internal),
    }
}
