//! `vpcreach lab verify`.

use std::time::Instant;

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::streams::Streams;
use super::super::{Failure, load};
use super::args::{Verify, VerifyFormat};
use crate::lab::kernel::LabError;
use crate::render::lab;
use crate::topology::Topology;
use crate::verify::{self, Report, Rng, Sabotage, Verifier};

pub(super) fn run(args: &Verify, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let (topology, network) = load::both(global, streams)?;
    let in_the_lab = sabotaged(args, &topology)?;
    let mut asks = verify::tested(&network);
    asks.extend(verify::random(&topology, &network, args.random, &mut Rng::new(args.seed)));
    if asks.is_empty() {
        streams.remark("there are no tests to ask about: add some, or `--random 1000`\n")?;
    }
    let verifier = Verifier::new(&in_the_lab, &network, false);
    let started = Instant::now();
    let mut kernel = match super::build(&verifier.plan, streams)? {
        Ok(kernel) => kernel,
        Err(exit) => return Ok(exit),
    };
    let built = started.elapsed();
    let report = match verifier.verify(&mut kernel, &asks) {
        Ok(report) => report,
        Err(error) => return super::complain(&error, streams),
    };
    drop(kernel);
    let took = lab::Took { build: built, probes: started.elapsed().saturating_sub(built) };
    let text = match args.format {
        VerifyFormat::Text => lab::report(&verifier, &report, &took, &streams.look),
        VerifyFormat::Json => lab::report_json(&verifier, &report, &took),
    };
    streams.result(&streams.look.finish(text))?;
    if let Some(first) = report.lost.first() {
        return super::complain(&LabError::undecided(lab::packet(&first.ask)), streams);
    }
    if args.format == VerifyFormat::Text
        && let Some(first) = report.disagreements.first()
    {
        let told = match again(&in_the_lab, &network, first.ask) {
            Ok(told) => told,
            Err(error) => return super::complain(&error, streams),
        };
        let verifier = Verifier::new(&in_the_lab, &network, true);
        for told in told {
            let text = lab::told(&network, &verifier, &told, &streams.look);
            streams.result(&streams.look.finish(text))?;
        }
    }
    Ok(exit(&report))
}

/// The first disagreement once more, alone and in a fresh lab that tells its whole way.
fn again(
    topology: &Topology,
    network: &crate::network::Network,
    ask: verify::Ask,
) -> Result<Vec<verify::Told>, LabError> {
    let verifier = Verifier::new(topology, network, true);
    let mut kernel = crate::lab::kernel::Lab::build(&verifier.plan)?;
    verifier.narrate(&mut kernel, &[ask])
}

fn exit(report: &Report) -> Exit {
    match (report.disagreements.is_empty(), report.compared) {
        (false, _) => Exit::Negative,
        (true, 0) => Exit::Undetermined,
        (true, _) => Exit::Success,
    }
}

fn sabotaged(args: &Verify, topology: &Topology) -> Result<Topology, Failure> {
    let Some(mistake) = args.sabotage else { return Ok(topology.clone()) };
    let (topology, touched) = Sabotage::from(mistake).apply(topology);
    if touched == 0 {
        return Err(Failure::usage(
            "there is nothing in this topology to make that mistake with".to_owned(),
            Some("try another one".to_owned()),
        ));
    }
    Ok(topology)
}
