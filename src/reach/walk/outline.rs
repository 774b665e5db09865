//! The walk with its filters left open.

use crate::network::Network;

use super::super::outline::{Fate, Outline};
use super::super::question::Probe;
use super::super::trace::{LegKind, NoReply};
use super::choices::Choices;
use super::path::Path;
use super::{Filters, Walker};

/// The ways that the packets of a probe can go.
pub(in super::super) fn outlines(network: &Network, probe: &Probe) -> Vec<Outline> {
    let mut walker = Walker {
        network,
        probe,
        filters: Filters::Open,
        choices: Choices::default(),
        todo: Vec::new(),
        done: Vec::new(),
    };
    walker.run();
    let is_ambiguous = walker.has_choices();
    walker.done.into_iter().map(|path| finish(path, is_ambiguous)).collect()
}

fn finish(path: Path, is_ambiguous: bool) -> Outline {
    let fate = match (path.blocked.is_empty(), path.unknown.is_empty()) {
        (false, _) => Fate::Drops,
        (true, false) => Fate::Unknown,
        (true, true) => Fate::Passes,
    };
    let replies = path.leg == LegKind::Reply;
    Outline {
        packets: if fate == Fate::Drops {
            crate::flow::FlowSet::empty()
        } else {
            path.as_asked(&path.packets)
        },
        fate,
        destination: path.destination,
        is_ambiguous,
        is_local: !replies && path.no_reply == NoReply::Local,
        gates: path.gates,
    }
}
