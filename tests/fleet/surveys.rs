//! Surveys, matrices and ways of intruders against single questions.

use std::collections::{BTreeMap, BTreeSet};

use vpcreach::fleet::{self, MatrixCell, Open, Opening};
use vpcreach::flow::protocol;
use vpcreach::network::Network;
use vpcreach::reach::{Endpoint, Options, Question, Service, Verdict, answer};

use super::oracle::compare::case;
use super::oracle::generate::Rng;
use super::{PORTS, number};

fn ends(network: &Network) -> (Vec<Endpoint>, Vec<Endpoint>) {
    (Endpoint::outside(network), Endpoint::inside(network))
}

fn says(openings: &[Opening], number: u8, port: u16) -> Option<Verdict> {
    let covers = |one: &&Opening| one.protocols.contains(number) && one.ports.contains(port);
    let found: Vec<_> = openings.iter().filter(covers).collect();
    assert!(found.len() <= 1, "{openings:?}");
    found.first().map(|one| one.verdict)
}

/// What a single question says of one port: any of several pairs of addresses counts.
fn alone(network: &Network, from: &Endpoint, to: &Endpoint, number: u8, port: u16) -> Option<Verdict> {
    let service = Service::port(number, port);
    let question = Question::among(network, from, to, service, &Options::default()).expect("a question");
    let answer = answer(network, &question);
    let works = answer.traces.iter().any(|trace| !trace.works.is_empty());
    let fails = answer.traces.iter().any(|trace| !trace.packets.subtract(&trace.works).is_empty());
    let unknown = answer.traces.iter().any(|trace| trace.certain.unknown);
    match (works, fails, unknown) {
        (true, false, _) => Some(Verdict::Reachable),
        (true, true, _) => Some(Verdict::Partial),
        (false, _, true) => Some(Verdict::Undetermined),
        (false, _, false) => None,
    }
}

#[test]
fn surveys_say_what_single_questions_say() {
    let everything = Service::parse(Some("all"), None).expect("a service");
    let (mut compared, mut some, mut doubts) = (0, BTreeMap::new(), 0);
    for seed in 0..number("SURVEYS", 60) as u64 {
        let (network, _) = Network::compile(&case(seed, 0).0);
        let (outside, inside) = ends(&network);
        let mut rng = Rng::new(seed);
        let all: Vec<_> = outside.iter().chain(&inside).cloned().collect();
        for open in [Open::Sources, Open::Destinations] {
            let Some(fixed) = rng.maybe_pick(&inside) else { continue };
            let survey =
                fleet::survey(&network, open, fixed, &everything, &Options::default()).expect("a survey");
            let by_name: BTreeMap<&str, &[Opening]> = survey
                .findings
                .iter()
                .flat_map(|finding| {
                    finding.ends.iter().map(|end| (end.as_str(), finding.openings.as_slice()))
                })
                .chain(survey.none.iter().map(|end| (end.as_str(), [].as_slice())))
                .collect();
            for end in all.iter().filter(|end| end.name() != fixed.name()) {
                let Some(openings) = by_name.get(end.name()) else {
                    assert!(end.is_same_host(fixed, &network), "{} is missing", end.name());
                    continue;
                };
                let (from, to) = if open == Open::Sources { (end, fixed) } else { (fixed, end) };
                for _ in 0..6 {
                    let protocol = *rng.pick(&[protocol::TCP, protocol::TCP, protocol::UDP]);
                    let port = *rng.pick(&PORTS);
                    let (found, expected) =
                        (says(openings, protocol, port), alone(&network, from, to, protocol, port));
                    compared += 1;
                    if found == Some(Verdict::Undetermined) && expected.is_none() {
                        // Coarser than a single question, never wrong.
                        doubts += 1;
                        continue;
                    }
                    *some.entry(expected).or_insert(0) += 1;
                    assert_eq!(
                        found,
                        expected,
                        "seed {seed}: {} to {} {protocol} {port}\n{openings:?}",
                        from.name(),
                        to.name()
                    );
                }
            }
        }
    }
    println!("{compared} compared: {some:?}, {doubts} more in doubt than needed");
    assert!(doubts * 50 < compared);
    assert!(some[&None] > 100 && some[&Some(Verdict::Reachable)] > 100, "{some:?}");
}

#[test]
fn a_matrix_says_what_single_questions_say() {
    for seed in 0..40 {
        let (network, _) = Network::compile(&case(seed, 0).0);
        let services =
            ["22", "443", "53/udp"].map(|text| Service::parse(Some(text), None).expect("a service"));
        let options = fleet::Options { services: services.to_vec(), family: None };
        let matrix = fleet::matrix(&network, &options).expect("a matrix");
        for (from, row) in matrix.rows.iter().zip(&matrix.cells) {
            for (to, cell) in matrix.columns.iter().zip(row) {
                let MatrixCell::Verdicts(verdicts) = cell else {
                    assert_eq!(from, to);
                    continue;
                };
                for (service, verdict) in services.iter().zip(verdicts) {
                    let question = Question::new(&network, from, to, service.clone(), &Options::default())
                        .expect("a question");
                    assert_eq!(answer(&network, &question).verdict, *verdict, "seed {seed}: {from} to {to}");
                }
            }
        }
    }
}

/// Distances by brute force: who can open anything on whom, host by host, until nothing is new.
#[test]
fn the_ways_of_an_intruder_are_the_shortest() {
    let everything = Service::parse(Some("all"), None).expect("a service");
    let mut lengths: BTreeMap<Option<usize>, usize> = BTreeMap::new();
    for seed in 0..number("PIVOTS", 25) as u64 {
        let (network, _) = Network::compile(&case(seed, 0).0);
        let (outside, inside) = ends(&network);
        let Some(to) = inside.last() else { continue };
        let from = &outside[0];
        let service = Service::port(protocol::TCP, 443);
        let opens = |a: &Endpoint, b: &Endpoint, service: &Service| -> bool {
            if a.name() == b.name() || a.is_same_host(b, &network) {
                return false;
            }
            let question =
                Question::among(&network, a, b, service.clone(), &Options::default()).expect("a question");
            let openings = fleet::openings(&answer(&network, &question));
            openings.iter().any(|one| {
                (one.protocols.contains(protocol::TCP) || one.protocols.contains(protocol::UDP))
                    && !one.ports.is_empty()
            })
        };
        let mut reached: BTreeSet<usize> = BTreeSet::new();
        let mut layer: Vec<&Endpoint> = vec![from];
        let mut expected = None;
        for length in 1..=inside.len() + 1 {
            if layer.iter().any(|at| opens(at, to, &service)) {
                expected = Some(length);
                break;
            }
            let next: Vec<usize> = (0..inside.len())
                .filter(|index| inside[*index].name() != to.name() && !reached.contains(index))
                .filter(|index| layer.iter().any(|at| opens(at, &inside[*index], &everything)))
                .collect();
            reached.extend(&next);
            layer = next.into_iter().map(|index| &inside[index]).collect();
        }
        for all in [false, true] {
            let pivot =
                fleet::pivot(&network, (from, to), (&service, &everything), &Options::default(), (all, 2000))
                    .expect("ways");
            assert_eq!(pivot.ways.iter().map(Vec::len).min(), expected, "seed {seed}");
            for way in &pivot.ways {
                assert_eq!((&way[0].from[0], &way[way.len() - 1].to[0]), (&pivot.from, &pivot.to));
                assert!(way.windows(2).all(|pair| pair[0].to == pair[1].from));
            }
        }
        *lengths.entry(expected).or_default() += 1;
    }
    println!("{lengths:?}");
    assert!(lengths.len() > 2, "{lengths:?}");
}
