//! `vpcreach lab check`.

use super::super::Failure;
use super::super::exit::Exit;
use super::super::streams::Streams;
use crate::lab::check::{self, Finding};
use crate::render;

pub(super) fn run(streams: &mut Streams) -> Result<Exit, Failure> {
    let findings: Vec<Finding> = check::check();
    let text = render::lab::findings(&findings, &streams.look);
    streams.result(&streams.look.finish(text))?;
    Ok(if findings.iter().all(|finding| finding.holds) { Exit::Success } else { Exit::NoLab })
}
