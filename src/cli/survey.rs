//! `vpcreach who-can-reach`, `reachable-from`, `exposure` and `pivot`.

use clap::{Args, ValueEnum};

use crate::fleet::{self, Open};
use crate::reach::{Dial, Endpoint, Options, Service, split_destination};
use crate::render;

use super::args::{Family, Global};
use super::exit::Exit;
use super::reach::client;
use super::streams::Streams;
use super::{Failure, load};

pub(super) const WHO_EXAMPLES: &str = "\
Examples:
  vpcreach who-can-reach db:5432       every source that gets through, and the rules that let it
  vpcreach who-can-reach db            on any port
  vpcreach who-can-reach sg:db:22 -o json";

pub(super) const FROM_EXAMPLES: &str = "\
Examples:
  vpcreach reachable-from web-a                    every destination, and what is open there
  vpcreach reachable-from bastion --ports 22,3389";

pub(super) const EXPOSURE_EXAMPLES: &str = "\
Examples:
  vpcreach exposure                    what anybody on the internet can open
  vpcreach exposure --ports 22,3389";

pub(super) const PIVOT_EXAMPLES: &str = "\
Hosts that no rule and no route tells apart are one step: `web-a|web-b`. A host counts as taken once any of its TCP or
UDP services can be opened; `--take` says which services count.

Examples:
  vpcreach pivot internet db:5432
  vpcreach pivot internet db:5432 --take 22,3389    only by logging in
  vpcreach pivot bastion db:5432 --all";

#[derive(Clone, Debug, Args)]
pub(super) struct WhoCanReach {
    /// The destination; any port if none is said.
    #[arg(value_name = "DST[:PORTS]")]
    to: String,
    /// Protocol: tcp, udp, icmp, all, or a number; tcp if only ports are given.
    #[arg(short, long, value_name = "PROTO")]
    protocol: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ReachableFrom {
    /// Where connections start.
    #[arg(value_name = "SRC")]
    from: String,
    /// Only these, for example 22,443,53/udp,icmp; everything if not given.
    #[arg(long, value_name = "PORTS")]
    ports: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Exposure {
    /// Only these, for example 22,443,53/udp,icmp; everything if not given.
    #[arg(long, value_name = "PORTS")]
    ports: Option<String>,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Debug, Args)]
pub(super) struct Pivot {
    /// Where the intruder is: `internet`, or a host that was taken.
    #[arg(value_name = "SRC")]
    from: String,
    /// What is to be reached.
    #[arg(value_name = "DST[:PORTS]")]
    to: String,
    /// Services by which a host can be taken, for example 22,3389; any if not given.
    #[arg(long, value_name = "PORTS")]
    take: Option<String>,
    /// Every way that takes no host twice, not only the shortest.
    #[arg(long)]
    all: bool,
    /// Show at most so many ways.
    #[arg(long, value_name = "N", default_value_t = 20)]
    most: usize,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Clone, Debug, Args)]
struct Shared {
    /// Kind of client, which decides its source ports: linux, windows, any, or a range A-B.
    #[arg(long, value_name = "KIND")]
    client: Option<String>,
    #[command(flatten)]
    family: Family,
    /// Output format.
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Shared {
    fn options(&self) -> Result<Options, Failure> {
        let client = self.client.as_deref().map(client).transpose()?;
        Ok(Options { client, family: self.family.into(), ..Options::default() })
    }
}

/// A list of services; everything if none is said.
fn listed(text: Option<&str>) -> Result<Service, Failure> {
    Ok(match text {
        None => Service::parse(Some("all"), None)?,
        Some(text) => Service::list(text)?,
    })
}

/// The service behind the colon of a destination; everything if there is none.
fn dialled(text: Option<&str>, protocol: Option<&str>) -> Result<Service, Failure> {
    Ok(if text.is_none() && protocol.is_none() { listed(None)? } else { Service::parse(text, protocol)? })
}

pub(super) fn who_can_reach(
    args: &WhoCanReach,
    global: &Global,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let (to, service) = split_destination(&args.to);
    let service = dialled(service, args.protocol.as_deref())?;
    survey((Open::Sources, to, &service), &args.shared, global, streams)
}

pub(super) fn reachable_from(
    args: &ReachableFrom,
    global: &Global,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let service = listed(args.ports.as_deref())?;
    survey((Open::Destinations, &args.from, &service), &args.shared, global, streams)
}

pub(super) fn exposure(args: &Exposure, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let service = listed(args.ports.as_deref())?;
    survey((Open::Destinations, "internet", &service), &args.shared, global, streams)
}

fn survey(
    (open, fixed, service): (Open, &str, &Service),
    shared: &Shared,
    global: &Global,
    streams: &mut Streams,
) -> Result<Exit, Failure> {
    let options = shared.options()?;
    let network = load::network(global, streams)?;
    let fixed = Endpoint::resolve(&network, fixed, Dial::Primary)?;
    let survey = fleet::survey(&network, open, &fixed, service, &options)?;
    let text = match shared.format {
        Format::Text => render::survey_text(&network, &survey, &streams.look),
        Format::Json => render::survey_json(&network, &survey),
    };
    streams.result(&text)?;
    Ok(Exit::Success)
}

pub(super) fn pivot(args: &Pivot, global: &Global, streams: &mut Streams) -> Result<Exit, Failure> {
    let (to, service) = split_destination(&args.to);
    let service = dialled(service, None)?;
    let take = listed(args.take.as_deref())?;
    let options = args.shared.options()?;
    let network = load::network(global, streams)?;
    let from = Endpoint::resolve(&network, &args.from, Dial::Primary)?;
    let to = Endpoint::resolve(&network, to, Dial::Primary)?;
    let pivot = fleet::pivot(&network, (&from, &to), (&service, &take), &options, (args.all, args.most))?;
    let text = match args.shared.format {
        Format::Text => render::pivot_text(&network, &pivot, &streams.look),
        Format::Json => render::pivot_json(&network, &pivot),
    };
    streams.result(&text)?;
    Ok(Exit::Success)
}
