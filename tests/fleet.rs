//! The fleet against single questions: every cell must say what the walk says.
//!
//! `VPCREACH_FLEET_SAMPLES` and `VPCREACH_FLEET_ENIS` make it longer.
#![allow(unreachable_pub, dead_code)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "oracle/mod.rs"]
mod oracle;
#[path = "fleet/surveys.rs"]
mod surveys;

use oracle::compare::case;
use oracle::generate::Rng;
use vpcreach::fleet::{Cell, Fleet, ServiceSet};
use vpcreach::flow::{IcmpType, Packet, icmp_code_point, protocol};
use vpcreach::generate::{Generator, Options, Shape};
use vpcreach::network::{Index, InterfaceId, Network};
use vpcreach::reach::{Origin, Question, Verdict, answer};

fn number(name: &str, otherwise: usize) -> usize {
    let said = std::env::var(format!("VPCREACH_FLEET_{name}")).ok();
    said.map_or(otherwise, |text| text.parse().expect("a number"))
}

const PORTS: [u16; 16] =
    [22, 53, 80, 443, 3306, 3389, 5432, 6379, 8080, 8443, 9090, 9200, 30_000, 31_000, 50_051, 0];

fn packet(network: &Network, rng: &mut Rng, from: InterfaceId, to: InterfaceId) -> Option<Packet> {
    let (from, to) = (&network.interfaces[from], &network.interfaces[to]);
    let ipv6 = rng.percent(40) && from.primary(true).is_some() && to.primary(true).is_some();
    let (source, destination) = (from.primary(ipv6)?.private, to.primary(ipv6)?.private);
    let number = *rng.pick(&[6, 6, 6, 6, 17, 1, 47]);
    let number = if number == 1 && ipv6 { protocol::ICMPV6 } else { number };
    let random = |rng: &mut Rng| u16::try_from(rng.below(65_536)).unwrap();
    let (source_port, destination_port) = match number {
        6 | 17 => (random(rng), if rng.percent(70) { *rng.pick(&PORTS) } else { random(rng) }),
        1 | 58 => {
            let kind = *rng.pick(&[8, 0, 3, 128, 129]);
            (0, icmp_code_point(IcmpType { kind, code: if rng.percent(90) { 0 } else { 4 } }))
        }
        _ => (0, 0),
    };
    Some(Packet { source, destination, protocol: number, source_port, destination_port })
}

/// Moves a packet to the edge of what a cell lets through, or one step past it: where mistakes are, if there are any.
fn at_an_edge(
    fleet: &mut Fleet<'_>,
    rng: &mut Rng,
    (from, to): (InterfaceId, InterfaceId),
    packet: &mut Packet,
) {
    let Some(id) = fleet.cell(from, to, packet.destination.is_ipv6()) else { return };
    let Some(Cell::Parts(parts)) = fleet.get(id) else { return };
    let Some(part) = rng.maybe_pick(parts) else { return };
    let edge = |rng: &mut Rng, set: &ServiceSet| -> Option<u32> {
        let (first, last) = *rng.maybe_pick(set.intervals())?;
        let inside = first + u32::try_from(rng.below((last - first + 1) as usize)).unwrap();
        Some(*rng.pick(&[first, last, first.saturating_sub(1), last.saturating_add(1), inside]))
    };
    let Some(request) = edge(rng, fleet.pool().get(part.possible.requests)) else { return };
    let (number, port) = (u8::try_from(request >> 16).unwrap_or(6), request as u16);
    packet.protocol = number;
    packet.destination_port = port;
    match number {
        6 | 17 => {
            let reply = edge(rng, fleet.pool().get(part.possible.replies));
            packet.source_port = reply.map_or(40_000, |reply| reply as u16);
        }
        1 | 58 if (number == 58) == packet.destination.is_ipv6() => packet.source_port = 0,
        1 | 58 => (packet.protocol, packet.source_port, packet.destination_port) = (6, 40_000, 443),
        _ => (packet.source_port, packet.destination_port) = (0, 0),
    }
}

#[derive(Debug, Default)]
struct Tally {
    reachable: usize,
    blocked: usize,
    undetermined: usize,
    asked: usize,
}

fn compare(network: &Network, samples: usize, seed: u64, near: bool) -> Tally {
    let mut fleet = Fleet::new(network);
    let mut rng = Rng::new(seed);
    let mut tally = Tally::default();
    let count = network.interfaces.len();
    let mut done = 0;
    for _ in 0..samples * 20 {
        if done >= samples || count < 2 {
            break;
        }
        let from = rng.below(count);
        // Half of the pairs within a VPC or its neighbour, where something may get through.
        let window = if near { 2000 } else { count };
        let to = (from + rng.below(2 * window + 1) + count).saturating_sub(window) % count;
        let (from, to) = (InterfaceId::from_usize(from), InterfaceId::from_usize(to));
        if network.interfaces[from].instance == network.interfaces[to].instance {
            continue;
        }
        let Some(mut packet) = packet(network, &mut rng, from, to) else { continue };
        if rng.percent(60) {
            at_an_edge(&mut fleet, &mut rng, (from, to), &mut packet);
        }
        let question = Question::between(network, (Origin::Interface(from), to), packet);
        let (expected, found) = (answer(network, &question).verdict, fleet.verdict(from, to, packet));
        assert_eq!(
            expected, found,
            "{} to {}: {packet:?}",
            network.interfaces[from].name, network.interfaces[to].name
        );
        match expected {
            Verdict::Reachable => tally.reachable += 1,
            Verdict::Blocked => tally.blocked += 1,
            _ => tally.undetermined += 1,
        }
        done += 1;
    }
    tally.asked = fleet.statistics().asked;
    tally
}

fn made_up(enis: usize, vpc_enis: u32, shape: Shape, seed: u64) -> Network {
    let options = Options { vpc_enis, ..Options::new(u32::try_from(enis).unwrap(), shape, seed) };
    Network::compile(&Generator::new(options).topology()).0
}

#[test]
fn cells_say_what_single_questions_say() {
    let samples = number("SAMPLES", 4_000);
    for seed in 1..=3 {
        for shape in [Shape::Realistic, Shape::Hostile] {
            for (enis, vpc_enis) in [(number("ENIS", 900), 60), (number("ENIS", 900), 2_000)] {
                let network = made_up(enis, vpc_enis, shape, seed);
                for near in [true, false] {
                    let tally = compare(&network, samples, seed, near);
                    println!("{shape:?} {enis} in VPCs of {vpc_enis}, seed {seed}: {tally:?}");
                    assert!(tally.blocked > 0);
                    // Else the questions are compared with themselves.
                    assert_eq!(tally.asked, 0, "{tally:?}");
                    assert!(tally.reachable > 0, "{tally:?}");
                }
            }
        }
    }
}

#[test]
fn cells_say_what_single_questions_say_on_the_topologies_of_the_oracle() {
    let topologies = number("TOPOLOGIES", 400);
    let mut all = Tally::default();
    for seed in 0..topologies as u64 {
        let (network, _) = Network::compile(&case(seed, 0).0);
        let tally = compare(&network, 60, seed, false);
        all.reachable += tally.reachable;
        all.blocked += tally.blocked;
        all.undetermined += tally.undetermined;
        all.asked += tally.asked;
    }
    println!("{all:?}");
    assert!(all.reachable > 100 && all.blocked > 100, "{all:?}");
    assert!(all.asked * 4 < all.reachable + all.blocked + all.undetermined, "{all:?}");
}

/// A row may be shared only if the key holds everything that the row reads.
#[test]
fn shared_rows_are_the_rows() {
    for shape in [Shape::Realistic, Shape::Hostile] {
        let network = made_up(500, 120, shape, 9);
        let mut fleet = Fleet::new(&network);
        for ipv6 in [false, true] {
            let (shared, single) = (fleet.rows(ipv6, true), fleet.rows(ipv6, false));
            assert!(shared.classes() > 10 && shared.classes() == single.classes());
            for class in 0..u32::try_from(shared.classes()).unwrap() {
                assert!(shared.of(class).eq(single.of(class)), "class {class}");
            }
            assert_eq!(shared.distinct(), single.distinct());
            let computed = fleet.statistics().shared_rows;
            assert!(computed > 0 || shape == Shape::Hostile || ipv6);
        }
    }
}
