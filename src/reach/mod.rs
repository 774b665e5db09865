//! Follows the packets of a question through a network, request then reply, and says what becomes of
//! every part of them.

mod answer;
mod balance;
mod component;
mod endpoint;
mod endpoints;
mod outline;
mod question;
mod service;
mod supposed;
mod trace;
mod walk;

pub use answer::answer;
pub use component::ComponentName;
pub use endpoints::Endpoint;
pub use outline::{Fate, Gate, Outline, TRANSLATED_PORTS, outlines};
pub use question::{Dial, Options, Origin, Probe, Question, QuestionError, split_destination};
pub use service::{Service, ServicePart};
pub use trace::{
    Behind, Blocker, Certain, Component, End, Hop, Leg, LegKind, NearMiss, NoReply, Rewrite, Step, Trace,
    Verdict,
};

use crate::network::Code;

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question as it was understood.
    pub question: Question,
    /// The verdict over all paths.
    pub verdict: Verdict,
    /// The share of the question's packets that certainly get there and back, 0 to 1; each pair of members weighs the same.
    pub share: f64,
    /// One entry per path.
    pub traces: Vec<Trace>,
    /// What the client would see.
    pub symptom: Symptom,
    /// What was assumed on the way, sorted.
    pub assumptions: Vec<String>,
    /// What is not modelled and was met, sorted.
    pub not_modelled: Vec<String>,
}

/// What the client would see (`semantics.md` 2.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symptom {
    /// The path works: connected, or refused if nothing listens.
    Connected,
    /// `Connection timed out`: nothing comes back.
    Timeout,
    /// `No route to host`: the address does not exist in the client's own subnet.
    HostUnreachable,
    /// `Network is unreachable`: the client has no address of the family.
    NetworkUnreachable,
    /// Works for some packets, times out for others.
    Intermittent,
    /// Nobody can say.
    Unknown,
}

impl Symptom {
    /// A stable word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Timeout => "timeout",
            Self::HostUnreachable => "host-unreachable",
            Self::NetworkUnreachable => "network-unreachable",
            Self::Intermittent => "intermittent",
            Self::Unknown => "unknown",
        }
    }
}

impl Answer {
    /// The blockers of all paths, first path first, each said once.
    pub fn blockers(&self) -> Vec<&Blocker> {
        let mut seen: Vec<&Blocker> = Vec::new();
        // Only looked up, never iterated: the order stays that of the traces.
        let mut positions = std::collections::HashMap::new();
        for blocker in self.traces.iter().flat_map(|trace| &trace.blockers) {
            let key = (blocker.code, blocker.leg, blocker.component, blocker.direction, blocker.rule);
            let position = *positions.entry(key).or_insert(seen.len());
            match seen.get_mut(position) {
                // The same fault behind another one on one path may be the only one on the next.
                Some(other) if other.masked && !blocker.masked => *other = blocker,
                Some(_) => {}
                None => seen.push(blocker),
            }
        }
        seen
    }

    /// The codes of all blockers, each once, in order.
    pub fn codes(&self) -> Vec<Code> {
        let mut codes = Vec::new();
        for blocker in self.blockers() {
            if !codes.contains(&blocker.code) {
                codes.push(blocker.code);
            }
        }
        codes
    }
}
