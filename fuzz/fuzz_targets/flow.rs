//! The algebra of sets against sets that are written out.
#![no_main]

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use vpcreach::flow::{FlowSet, HeaderBox, IntervalSet, PortSet, ProtocolSet, single_address};

/// Points of each dimension: few, so that they meet.
const POINTS: u16 = 5;

#[derive(Arbitrary, Debug)]
struct Input {
    ranges: [Vec<(u8, u8)>; 2],
    boxes: [Vec<Sides>; 2],
}

#[derive(Arbitrary, Debug)]
struct Sides {
    source_ports: (u8, u8),
    destination_ports: (u8, u8),
    protocols: (u8, u8),
}

fuzz_target!(|input: Input| {
    intervals(&input.ranges);
    packets(&input.boxes);
});

fn range((one, other): (u8, u8), points: u16) -> (u16, u16) {
    let [one, other] = [one, other].map(|point| u16::from(point) % points);
    (one.min(other), one.max(other))
}

fn intervals(ranges: &[Vec<(u8, u8)>; 2]) {
    let [a, b] = ranges.each_ref().map(|ranges| {
        let ranges = ranges.iter().take(8).map(|pair| range(*pair, 64));
        // Both ends of the line are where arithmetic goes wrong.
        ranges.map(|(first, last)| (stretch(first), stretch(within(first, last)))).collect::<Vec<_>>()
    });
    let set = |ranges: &[(u16, u16)]| IntervalSet::from_ranges(ranges.iter().copied());
    let model = |ranges: &[(u16, u16)]| {
        ranges.iter().flat_map(|&(first, last)| first..=last).collect::<BTreeSet<u16>>()
    };
    let (left, right, a, b) = (set(&a), set(&b), model(&a), model(&b));
    let same = |set: &IntervalSet<u16>, model: BTreeSet<u16>| {
        let written: BTreeSet<u16> = set.intervals().iter().flat_map(|&(first, last)| first..=last).collect();
        assert_eq!(written, model);
        // One set, one form: neither touching nor empty intervals.
        for pair in set.intervals().windows(2) {
            assert!(u32::from(pair[0].1) + 1 < u32::from(pair[1].0));
        }
        assert_eq!(set.count(), model.len() as f64);
        assert_eq!(set.first(), model.first().copied());
    };
    same(&left, a.clone());
    same(&left.union(&right), &a | &b);
    same(&left.intersect(&right), &a & &b);
    same(&left.subtract(&right), &a - &b);
    assert_eq!(left.is_subset(&right), a.is_subset(&b));
    assert_eq!(left.is_disjoint(&right), a.is_disjoint(&b));
}

/// A range stays at its end of the line: those in between are too many to write out.
fn within(first: u16, last: u16) -> u16 {
    if first < 32 { last.min(31) } else { last }
}

fn stretch(point: u16) -> u16 {
    if point < 32 { point } else { u16::MAX - (63 - point) }
}

type Model = BTreeSet<(u16, u16, u16)>;

fn packets(boxes: &[Vec<Sides>; 2]) {
    let [a, b] = boxes.each_ref().map(|sides| {
        let sides: Vec<_> = sides.iter().take(5).collect();
        let mut set = FlowSet::empty();
        let mut model = Model::new();
        for one in sides {
            let ranges =
                [one.source_ports, one.destination_ports, one.protocols].map(|pair| range(pair, POINTS));
            set = set.union(&FlowSet::from_box(header(ranges)));
            model.extend(points(ranges));
        }
        (set, model)
    });
    let same = |set: &FlowSet, model: &Model| {
        let mut written = Model::new();
        for header in set.boxes() {
            for point in spelled(header) {
                assert!(written.insert(point), "boxes overlap");
            }
        }
        assert_eq!(written, *model);
        assert_eq!(set.count(), model.len() as f64);
        assert_eq!(set.is_empty(), model.is_empty());
        assert_eq!(set.witness().is_some(), !model.is_empty());
    };
    let ((left, a), (right, b)) = (a, b);
    same(&left, &a);
    same(&left.union(&right), &(&a | &b));
    same(&left.intersect(&right), &(&a & &b));
    same(&left.subtract(&right), &(&a - &b));
    assert_eq!(left.is_subset(&right), a.is_subset(&b));
    assert_eq!(left.is_disjoint(&right), a.is_disjoint(&b));
}

fn header(ranges: [(u16, u16); 3]) -> HeaderBox {
    let [source_ports, destination_ports, protocols] = ranges;
    let address = |text: &str| single_address(text.parse().expect("an address"));
    let protocol = |number: u16| u8::try_from(number).expect("a protocol");
    HeaderBox {
        source: address("10.0.0.1"),
        destination: address("10.0.0.2"),
        protocols: ProtocolSet::range(protocol(protocols.0), protocol(protocols.1)),
        source_ports: PortSet::range(source_ports.0, source_ports.1),
        destination_ports: PortSet::range(destination_ports.0, destination_ports.1),
        stash: Vec::new(),
    }
}

fn points(ranges: [(u16, u16); 3]) -> Model {
    let [a, b, c] = ranges.map(|(first, last)| first..=last);
    a.flat_map(|x| b.clone().map(move |y| (x, y)))
        .flat_map(|(x, y)| c.clone().map(move |z| (x, y, z)))
        .collect()
}

fn spelled(header: &HeaderBox) -> Vec<(u16, u16, u16)> {
    let ports =
        |set: &PortSet| set.intervals().iter().flat_map(|&(first, last)| first..=last).collect::<Vec<u16>>();
    let protocols =
        header.protocols.intervals().iter().flat_map(|&(first, last)| first..=last).map(u16::from);
    let protocols: Vec<u16> = protocols.collect();
    let mut all = Vec::new();
    for source in ports(&header.source_ports) {
        for destination in ports(&header.destination_ports) {
            all.extend(protocols.iter().map(|protocol| (source, destination, *protocol)));
        }
    }
    all
}
