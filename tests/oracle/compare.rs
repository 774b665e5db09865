//! Asks an engine and the simulator the same questions.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use serde_json::{Value, json};
use vpcreach::topology::Topology;

use super::generate::{self, Rng, features, packets::Scene};
use super::packet::{Leg, Outcome, Packet};
use super::simulator::Simulator;
use super::walk::Hop;
use super::yaml::to_yaml;

/// Something that claims to know what becomes of a packet.
pub trait Engine {
    /// A topology, ready to be asked about.
    type Compiled;

    fn compile(&self, topology: &Topology) -> Self::Compiled;
    fn ask(&self, compiled: &Self::Compiled, packet: &Packet) -> EngineVerdict;

    fn verdict(&self, topology: &Topology, packet: &Packet) -> EngineVerdict {
        self.ask(&self.compile(topology), packet)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineVerdict {
    Reachable,
    Blocked,
    Undetermined,
}

/// What an engine must say where the simulator saw that outcome.
pub fn expected(outcome: &Outcome) -> EngineVerdict {
    match outcome {
        Outcome::Delivered => EngineVerdict::Reachable,
        Outcome::Dropped { .. } => EngineVerdict::Blocked,
        Outcome::Unknown { .. } => EngineVerdict::Undetermined,
    }
}

/// Where the simulator gives up at something unknown, the engine may have found a certain drop behind it; what it must
/// never say is that the packet gets through.
///
/// The other way round, where the entries of a prefix list are not known the engine may say that it does not know though
/// every way it could go ends in a drop.
pub fn agrees(topology: &Topology, verdict: EngineVerdict, outcome: &Outcome) -> bool {
    let unlisted = topology.prefix_lists.iter().any(|list| list.value.entries.is_none());
    match outcome {
        Outcome::Dropped { .. } if unlisted && verdict == EngineVerdict::Undetermined => true,
        Outcome::Unknown { .. } => verdict != EngineVerdict::Reachable,
        _ => verdict == expected(outcome),
    }
}

/// How much to ask. The environment can say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    pub topologies: u64,
    pub packets: u64,
    pub seed: u64,
}

impl Amount {
    pub fn from_environment(topologies: u64, packets: u64) -> Self {
        let number = |name: &str, otherwise: u64| {
            let said = std::env::var(format!("VPCREACH_ORACLE_{name}")).ok();
            said.map_or(otherwise, |text| text.parse().expect("a number"))
        };
        Self {
            topologies: number("TOPOLOGIES", topologies),
            packets: number("PACKETS", packets),
            seed: number("SEED", 1),
        }
    }
}

/// What came of it, by reason.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: BTreeMap<String, u64>,
    /// The ways of what was delivered: hops there and back.
    ways: BTreeMap<String, u64>,
    total: u64,
    seconds: f64,
}

impl Histogram {
    fn count(&mut self, outcome: &Outcome, hops: &[Hop]) {
        *self.counts.entry(reason(outcome)).or_default() += 1;
        self.total += 1;
        if *outcome == Outcome::Delivered {
            *self.ways.entry(way(hops)).or_default() += 1;
        }
    }

    /// The share of outcomes whose reason begins so, in percent.
    pub fn share(&self, beginning: &str) -> f64 {
        let matching = self.counts.iter().filter(|(reason, _)| reason.starts_with(beginning));
        100.0 * matching.map(|(_, count)| *count).sum::<u64>() as f64 / self.total.max(1) as f64
    }

    /// The numbers to keep of a run without a disagreement.
    pub fn numbers(&self, topologies: u64) -> Value {
        let counted = |beginning: &str| {
            let matching = self.counts.iter().filter(|(reason, _)| reason.starts_with(beginning));
            matching.map(|(_, count)| *count).sum::<u64>()
        };
        json!({
            "topologies": topologies,
            "packets compared": self.total,
            "delivered": counted("delivered"),
            "dropped as requests": counted("dropped request"),
            "dropped as replies": counted("dropped reply"),
            "unknown": counted("unknown"),
            "disagreements": 0,
        })
    }

    /// How many different reasons there were.
    pub fn reasons(&self) -> usize {
        self.counts.len()
    }
}

fn way(hops: &[Hop]) -> String {
    let mut way: Vec<&str> = hops.iter().map(|hop| hop.what).collect();
    way.dedup();
    way.truncate(8);
    if way.is_empty() { "no hop at all".to_owned() } else { way.join(", ") }
}

/// The outcome without names and numbers, so that like goes with like.
fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered => "delivered".to_owned(),
        Outcome::Unknown { .. } => "unknown".to_owned(),
        Outcome::Dropped { leg, by } => {
            let leg = if *leg == Leg::Request { "request" } else { "reply" };
            let by = match by.strip_prefix("network ACL ") {
                Some(rule) => {
                    let words: Vec<&str> = rule.split(' ').collect();
                    let default = words.last() == Some(&"*");
                    format!("network ACL {} {}", words[1], if default { "rule *" } else { "rule" })
                }
                None => without_index(by),
            };
            format!("dropped {leg}: {by}")
        }
    }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (title, rows) in [("ways of what was delivered", &self.ways), ("outcomes", &self.counts)] {
            writeln!(f, "{title}:")?;
            let mut rows: Vec<_> = rows.iter().collect();
            rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (reason, count) in rows {
                writeln!(f, "{count:>9} {:>6.2} %  {reason}", 100.0 * *count as f64 / self.total as f64)?;
            }
        }
        let rate = self.total as f64 / self.seconds.max(1e-9);
        write!(f, "{:>9} packets, {rate:.0} a second in the simulator alone", self.total)
    }
}

// `Appliance(3) has no such flow` without the number; numbers of rules stay.
fn without_index(by: &str) -> String {
    match by.split_once('(') {
        Some((kind, rest)) if rest.starts_with(|letter: char| letter.is_ascii_digit()) => {
            format!(
                "{kind}{}",
                rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ')')
            )
        }
        _ => by.to_owned(),
    }
}

/// A case on which engine and simulator disagree, as small as it could be made.
pub struct Disagreement {
    pub seed: u64,
    pub packet: Packet,
    pub outcome: Outcome,
    pub hops: Vec<Hop>,
    pub verdict: EngineVerdict,
    pub topology: Topology,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# topology seed {}", self.seed)?;
        writeln!(f, "# {}", self.packet)?;
        for Hop { what, headers } in &self.hops {
            writeln!(f, "#   {} -> {} by {what}", headers.source, headers.destination)?;
        }
        writeln!(f, "# simulator: {:?}", self.outcome)?;
        writeln!(f, "# engine:    {:?}", self.verdict)?;
        write!(f, "{}", to_yaml(&self.topology))
    }
}

/// The packets of one topology; both follow from the seed.
pub fn case(seed: u64, packets: u64) -> (Topology, Vec<Packet>) {
    let topology = generate::topology(seed);
    let scene = Scene::new(&topology);
    let mut rng = Rng::new(seed ^ 0x7061_636b_6574);
    // The simulator itself helps to choose: no way and no reason may crowd out the others.
    let simulator = Simulator::new(&topology);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut chosen = Vec::new();
    for _ in 0..12 * packets {
        let Some(packet) = scene.packet(&mut rng) else { continue };
        let (outcome, hops) = simulator.explain(&packet);
        let most = if outcome == Outcome::Delivered { packets / 7 + 1 } else { packets / 20 + 1 };
        let count = counts.entry(format!("{} {}", reason(&outcome), way(&hops))).or_default();
        if *count < most && (chosen.len() as u64) < packets {
            *count += 1;
            chosen.push(packet);
        }
    }
    (topology, chosen)
}

/// Compares until there are `most` disagreements.
pub fn compare<E: Engine>(engine: &E, amount: Amount, most: usize) -> (Histogram, Vec<Disagreement>) {
    let mut histogram = Histogram::default();
    let mut disagreements = Vec::new();
    for number in 0..amount.topologies {
        let seed = amount.seed.wrapping_mul(1_000_003).wrapping_add(number);
        let (topology, packets) = case(seed, amount.packets);
        let start = Instant::now();
        let simulator = Simulator::new(&topology);
        let outcomes: Vec<_> = packets.iter().map(|packet| simulator.explain(packet)).collect();
        histogram.seconds += start.elapsed().as_secs_f64();
        let compiled = engine.compile(&topology);
        for (packet, (outcome, hops)) in packets.iter().zip(&outcomes) {
            histogram.count(outcome, hops);
            if !agrees(&topology, engine.ask(&compiled, packet), outcome) && disagreements.len() < most {
                disagreements.push(smallest(engine, seed, &topology, packet));
                break;
            }
        }
        if disagreements.len() >= most {
            break;
        }
    }
    (histogram, disagreements)
}

// Any disagreement on the same packet will do: it need not be the one that was found.
fn smallest<E: Engine>(engine: &E, seed: u64, topology: &Topology, packet: &Packet) -> Disagreement {
    let both =
        |topology: &Topology| (Simulator::new(topology).connect(packet), engine.verdict(topology, packet));
    let topology = features::shrink(topology, |smaller| {
        let (outcome, verdict) = both(smaller);
        // A case without its client says nothing of interest.
        !matches!(&outcome, Outcome::Unknown { why } if why.starts_with("client"))
            && !agrees(smaller, verdict, &outcome)
    });
    let (outcome, hops) = Simulator::new(&topology).explain(packet);
    let verdict = engine.verdict(&topology, packet);
    Disagreement { seed, packet: packet.clone(), outcome, hops, verdict, topology }
}

/// Panics with every disagreement found, and with the histogram.
pub fn agree<E: Engine>(engine: &E, amount: Amount) -> Histogram {
    let (histogram, disagreements) = compare(engine, amount, 3);
    if !disagreements.is_empty() {
        let cases: Vec<String> = disagreements.iter().map(Disagreement::to_string).collect();
        panic!("the engine and the simulator disagree:\n\n{}\n{histogram}", cases.join("\n"));
    }
    histogram
}
