//! `vpcreach lab reach`.

use super::super::args::Global;
use super::super::exit::Exit;
use super::super::streams::Streams;
use super::super::{Failure, load, reach};
use super::args::Reach;
use crate::lab::probe::Outcome;
use crate::reach::{Dial, Options, Question};
use crate::render::lab;
use crate::verify::{self, Agreement, Opinion, Verifier};

pub(super) fn run(args: &Reach, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let (topology, network) = load::both(global, streams)?;
    let options = Options {
        client: args.client.as_deref().map(reach::client).transpose()?,
        dial: if args.to_public_ip { Dial::Public } else { Dial::Primary },
        ..Options::default()
    };
    let question = Question::parse(&network, &args.from, &args.to, None, &options)?;
    let verifier = Verifier::new(&topology, &network, true);
    let mut kernel = match super::build(&verifier.plan, streams)? {
        Ok(kernel) => kernel,
        Err(exit) => return Ok(exit),
    };
    let report = match verifier.narrate(&mut kernel, &verify::edges(&network, &question)) {
        Ok(report) => report,
        Err(error) => return super::complain(&error, streams),
    };
    let (mut compared, mut positive, mut agreed) = (0, true, true);
    for told in &report {
        let text = lab::told(&network, &verifier, told, &streams.look);
        streams.result(&streams.look.finish(text))?;
        match &told.agreement {
            Agreement::Unasked(_) => continue,
            Agreement::Disagree => agreed = false,
            Agreement::Agree => {}
        }
        compared += 1;
        let delivered = told.observation.as_ref().is_some_and(|seen| seen.outcome == Outcome::Delivered);
        positive &= delivered && matches!(told.opinion, Opinion::Delivered);
    }
    streams.result(&streams.look.finish(lab::verdict(compared, report.len(), agreed)))?;
    Ok(match (compared, positive) {
        (0, _) => Exit::Undetermined,
        (_, true) => Exit::Success,
        (_, false) => Exit::Negative,
    })
}
