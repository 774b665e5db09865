//! `vpcreach reach`.

use crate::flow::PortSet;
use crate::network::Network;
use crate::reach::{self, Answer, Dial, Options, Question, Service, ServicePart, Verdict};
use crate::render::{self, TextOptions};
use crate::topology::{EphemeralPorts, PortRange};

use super::args::{Global, Reach, ReachFormat};
use super::exit::Exit;
use super::streams::Streams;
use super::{Failure, load};

const CLIENTS: [(&str, EphemeralPorts); 3] =
    [("linux", EphemeralPorts::Linux), ("windows", EphemeralPorts::Windows), ("any", EphemeralPorts::Any)];

pub(super) fn run(args: &Reach, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let options = options(args)?;
    let network = load::network(global, streams)?;
    let question = Question::parse(&network, &args.from, &args.to, args.protocol.as_deref(), &options)?;
    let answer = reach::answer(&network, &question);
    let text = match args.format {
        ReachFormat::Text => {
            let options = TextOptions {
                look: streams.look,
                verbose: args.verbose,
                all_paths: args.all_paths,
                show_defaults: args.show_defaults,
                any_client: any_client(&network, args, &options, &answer),
            };
            render::text(&network, &answer, &options)
        }
        ReachFormat::Short => format!("{}\n", answer.verdict.as_str()),
        ReachFormat::Line => streams.look.finish(render::lines(&network, &answer)),
        ReachFormat::Json => render::json(&network, &answer),
    };
    streams.result(&text)?;
    Ok(exit(args, answer.verdict))
}

fn exit(args: &Reach, verdict: Verdict) -> Exit {
    match args.expect {
        Some(expected) if verdict == expected.into() => Exit::Success,
        Some(_) if verdict != Verdict::Undetermined => Exit::Negative,
        None if args.allow_partial && verdict == Verdict::Partial => Exit::Success,
        _ => verdict.into(),
    }
}

fn options(args: &Reach) -> Result<Options, Failure> {
    Ok(Options {
        client: args.client.as_deref().map(client).transpose()?,
        from_ports: args.from_ports.as_deref().map(ports).transpose()?,
        family: args.family.into(),
        dial: if args.to_public_ip { Dial::Public } else { Dial::Primary },
        one_way: args.one_way,
    })
}

pub(super) fn client(text: &str) -> Result<EphemeralPorts, Failure> {
    if let Some((_, client)) = CLIENTS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
        return Ok(*client);
    }
    match ports(text).as_ref().map(PortSet::intervals) {
        Ok([(first, last)]) => Ok(EphemeralPorts::Range(PortRange { first: *first, last: *last })),
        _ => Err(Failure::usage(
            format!("`{text}` is not a kind of client"),
            Some("write `linux`, `windows`, `any`, or a range such as `1025-65000`".to_owned()),
        )),
    }
}

fn ports(text: &str) -> Result<PortSet, Failure> {
    let wrong = || {
        let help = "write `40000`, `40000-50000`, or several with commas".to_owned();
        Failure::usage(format!("`{text}` is not a list of ports"), Some(help))
    };
    let service = Service::parse(Some(text), Some("tcp")).map_err(|_| wrong())?;
    match service.parts.as_slice() {
        [ServicePart::Ports(_, ports)] => Ok(ports.clone()),
        _ => Err(wrong()),
    }
}

/// The client ports that work for a client that may use any: for comparing kinds of client in a partial answer.
fn any_client(network: &Network, args: &Reach, options: &Options, answer: &Answer) -> Option<PortSet> {
    if answer.verdict != Verdict::Partial || answer.traces.len() != 1 || args.from_ports.is_some() {
        return None;
    }
    let options = Options { client: Some(EphemeralPorts::Any), ..options.clone() };
    let question = Question::parse(network, &args.from, &args.to, args.protocol.as_deref(), &options).ok()?;
    let answer = reach::answer(network, &question);
    match answer.traces.as_slice() {
        [trace] => Some(trace.works.source_ports()),
        _ => None,
    }
}
