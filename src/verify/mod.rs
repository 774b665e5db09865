//! The analyzer against the kernel: the same packet asked of both.
//!
//! This is the only place that knows the engine *and* the lab. It translates names: an interface of the
//! [`Network`] is a host of the [`lab`], and a blocker is a [`Gate`].
//!
//! Both must agree on whether the packet and its reply get through and, if not, on the leg and on the rule that
//! drops first. Three answers are no comparison, and are counted as such: the analyzer does not know, the lab can't
//! express it, or the verdict rests on an assumption that no kernel can confirm (AS-1 without connections).

mod blame;
#[cfg(target_os = "linux")]
mod compare;
mod names;
#[cfg(target_os = "linux")]
mod run;
mod sabotage;
mod sample;

use std::collections::BTreeMap;

use crate::flow::{Packet, PortSet, protocol};
use crate::lab::plan::{Device, Gate, HostName};
use crate::lab::{self, Plan};
use crate::network::{Code, InterfaceId, Network, public_addresses};
use crate::reach::{self, Answer, LegKind, Origin, Question, Verdict};
use crate::topology::Topology;

#[cfg(target_os = "linux")]
pub use compare::{Agreement, Disagreement, Report};
pub use names::{chosen, hosts};
#[cfg(target_os = "linux")]
pub use run::Told;
pub use sabotage::Sabotage;
pub use sample::{Rng, edges, random, tested};

/// One packet to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Who sends it.
    pub origin: Origin,
    /// Its header. Without ports, [`Packet::source_port`] is 0 and [`Ask::identifier`] tells probes apart.
    pub packet: Packet,
    /// The identifier of an echo request.
    pub identifier: u16,
}

/// What the analyzer says of a packet.
#[derive(Clone, Debug)]
pub enum Opinion {
    /// It gets there, and its reply back.
    Delivered,
    /// It, or its reply, is dropped.
    Dropped {
        /// Which of them.
        leg: LegKind,
        /// The gates of the lab that would be this drop; one is enough.
        gates: Vec<Gate>,
        /// Whether it goes round in circles: the analyzer goes on as if that were fixed, so that other gates may come first.
        around: bool,
        /// Why, for people.
        message: String,
    },
    /// Not to be compared, and why.
    Unasked(String),
}

/// A topology, compiled for both.
pub struct Verifier<'n> {
    network: &'n Network,
    hosts: BTreeMap<InterfaceId, HostName>,
    /// The lab's plan.
    pub plan: Plan,
}

impl<'n> Verifier<'n> {
    /// Plans the lab of a topology. The lab may be of another topology than the network, to show that it would be noticed.
    pub fn new(topology: &Topology, network: &'n Network, narrate: bool) -> Self {
        let hosts = hosts(topology, network);
        let options = lab::Options { chosen: chosen(network, &hosts), narrate };
        Self { network, plan: lab::plan(topology, &options), hosts }
    }

    /// The devices of the lab that stand for where a hop happens.
    pub fn devices(&self, hop: &reach::Hop) -> Vec<Device> {
        blame::devices(self.network, &self.hosts, hop.component)
    }

    /// The lab's name of an interface.
    pub fn host(&self, interface: InterfaceId) -> Option<&HostName> {
        self.hosts.get(&interface)
    }

    /// What the analyzer answers. A translation on the way keeps the source port, as the kernel's does.
    pub fn answer(&self, ask: &Ask) -> Answer {
        let mut question = Question::packet(self.network, ask.origin, ask.packet);
        for probe in &mut question.probes {
            probe.translated_ports = Some(PortSet::single(ask.packet.source_port));
        }
        reach::answer(self.network, &question)
    }

    /// What the analyzer answers, in the words of the lab.
    pub fn opinion(&self, ask: &Ask) -> Opinion {
        if ask.origin == Origin::Internet && !public_addresses().contains(ask.packet.destination) {
            return Opinion::Unasked("a private address that is dialled from outside".to_owned());
        }
        if ask.origin == Origin::Internet && self.network.public_owner(ask.packet.destination).is_none() {
            return Opinion::Unasked("both ends are outside".to_owned());
        }
        let answer = self.answer(ask);
        if answer.traces.len() > 1 {
            return Opinion::Unasked("the packet takes several paths".to_owned());
        }
        let blockers = answer.traces.first().map(|trace| trace.blockers.as_slice()).unwrap_or_default();
        match (answer.verdict, blockers.first()) {
            (Verdict::Reachable, _) => Opinion::Delivered,
            (Verdict::Undetermined | Verdict::Partial, _) => {
                Opinion::Unasked(format!("the analyzer says {}", answer.verdict.as_str()))
            }
            (Verdict::Blocked, Some(first)) => {
                let lone = ask.packet.protocol != protocol::TCP;
                let asymmetric = matches!(first.code, Code::Rt006 | Code::Tgw005)
                    || first.code == Code::Eigw001 && first.leg == LegKind::Reply;
                if asymmetric && lone {
                    let why = "without connections no kernel can tell a lone reply from a request (AS-1)";
                    return Opinion::Unasked(why.to_owned());
                }
                match blame::gates(self.network, &self.hosts, first) {
                    Ok(gates) => Opinion::Dropped {
                        leg: first.leg,
                        gates,
                        around: blockers
                            .iter()
                            .any(|blocker| matches!(blocker.code, Code::Rt007 | Code::Nat001)),
                        message: first.message.clone(),
                    },
                    Err(why) => Opinion::Unasked(why),
                }
            }
            (Verdict::Blocked, None) => Opinion::Unasked("blocked without a reason".to_owned()),
        }
    }
}
