//! Real packets, and what the kernel reported of each.
//!
//! A probe ends with an event, never with a timer: an answer reaches the client, or a rule that drops reports the
//! packet. The deadline is there for faults of the lab only; what it ends is [`Outcome::Undecided`].

mod report;
mod run;
mod sockets;

use std::net::IpAddr;

pub(super) use report::Reports;

use super::kernel::{Lab, LabError};
use super::plan::NamespaceId;

/// A packet to send, and who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probe {
    /// Where it is sent from.
    pub client: NamespaceId,
    /// Its source address.
    pub source: IpAddr,
    /// Its destination address.
    pub destination: IpAddr,
    /// How.
    pub transport: Transport,
    /// Its source port, or the identifier of an echo request.
    pub source_port: u16,
    /// Its destination port; 0 for an echo request.
    pub destination_port: u16,
}

/// What kind of packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A connection, and a byte back from the server.
    Tcp,
    /// A datagram, and one back.
    Udp,
    /// An echo request, of the family of the addresses.
    Icmp,
}

/// What became of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived, and the answer came back.
    Delivered,
    /// A rule dropped it.
    Dropped {
        /// On which way.
        leg: Leg,
        /// The rule: an index into [`Plan::gates`](super::plan::Plan::gates).
        by: usize,
    },
    /// Neither: a fault of the lab.
    Undecided,
    /// No socket could send it; why.
    Refused(String),
}

/// There or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leg {
    /// From the client.
    Request,
    /// To the client.
    Reply,
}

/// What is known of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What became of it.
    pub outcome: Outcome,
    /// Everything that rules reported of it, in the order of its way.
    pub events: Vec<Event>,
}

/// A rule that saw a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where.
    pub namespace: NamespaceId,
    /// The rule: an index into [`Plan::gates`](super::plan::Plan::gates).
    pub gate: usize,
    /// There or back.
    pub leg: Leg,
    /// The header at that point.
    pub source: IpAddr,
    /// The header at that point.
    pub destination: IpAddr,
    /// The header at that point.
    pub source_port: u16,
    /// The header at that point.
    pub destination_port: u16,
    /// Hops that it had left.
    pub ttl: u8,
    /// Where in the namespace.
    pub hook: Hook,
}

/// The netfilter hooks, in the order in which a packet of one hop count meets them on its way from one namespace to
/// the next: it is sent or forwarded, leaves, arrives elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// Sent by this namespace.
    Output,
    /// On its way through.
    Forward,
    /// About to leave.
    Postrouting,
    /// Arrived.
    Prerouting,
    /// For this namespace.
    Input,
}

impl Lab {
    /// Sends packets, many at once, and tells what became of each, in the same order.
    ///
    /// They go in batches whose client ports are all different: that is what tells them apart behind every
    /// translation. Between batches the lab forgets all connections. A busy machine may lose a packet or the report of one:
    /// what stays undecided is sent once more, and decided by what is reported then.
    ///
    /// # Errors
    /// If a server can't be started, or reports were lost.
    pub fn probe(&mut self, probes: &[Probe]) -> Result<Vec<Observation>, LabError> {
        let mut observations = vec![None; probes.len()];
        self.send(probes, (0..probes.len()).collect(), &mut observations)?;
        let undecided = |(index, one): (usize, &Option<Observation>)| {
            one.as_ref().is_some_and(|one| one.outcome == Outcome::Undecided).then_some(index)
        };
        let again = observations.iter().enumerate().filter_map(undecided).collect();
        self.send(probes, again, &mut observations)?;
        Ok(observations.into_iter().flatten().collect())
    }

    fn send(
        &self,
        probes: &[Probe],
        mut left: Vec<usize>,
        observations: &mut [Option<Observation>],
    ) -> Result<(), LabError> {
        while !left.is_empty() {
            let batch = run::batch(probes, &mut left);
            let asked: Vec<Probe> = batch.iter().filter_map(|index| probes.get(*index).copied()).collect();
            for (index, observation) in batch.into_iter().zip(run::run(self, &asked)?) {
                if let Some(slot) = observations.get_mut(index) {
                    *slot = Some(observation);
                }
            }
        }
        Ok(())
    }
}
