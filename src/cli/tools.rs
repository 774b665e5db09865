//! `vpcreach schema`, `completions`, `version`.

use clap::CommandFactory as _;

use crate::render;
use crate::topology::yaml;

use super::Failure;
use super::args::{CommandLine, Completions, Schema};
use super::exit::Exit;
use super::streams::Streams;

pub(super) fn schema(args: &Schema, streams: &mut Streams) -> Result<Exit, Failure> {
    let schema = if args.result { render::json_schema() } else { yaml::schema() };
    streams.document(&format!("{schema:#}\n"))?;
    Ok(Exit::Success)
}

pub(super) fn completions(args: &Completions, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut CommandLine::command(), "vpcreach", &mut script);
    streams.document(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Success)
}

pub(super) fn version(streams: &mut Streams) -> Result<Exit, Failure> {
    streams.document(concat!("vpcreach ", env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(Exit::Success)
}
