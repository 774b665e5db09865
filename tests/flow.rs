//! The set algebra against brute force: every operation must agree, point by point, with what it means.

#![expect(clippy::expect_used, reason = "a broken case should stop the test")]

use std::net::{IpAddr, Ipv4Addr};

use proptest::collection::vec;
use proptest::prelude::*;
use vpcreach::flow::{
    AddressSet, FlowSet, HeaderBox, IntervalSet, Packet, Pattern, PortSet, ProtocolSet, to_cidrs,
};

/// Sets of this many points per side are small enough to look at every packet.
const SIDE: u8 = 4;

fn small_set() -> impl Strategy<Value = Vec<(u8, u8)>> {
    vec((0..SIDE, 0..SIDE), 0..3)
}

fn bytes(ranges: &[(u8, u8)]) -> IntervalSet<u8> {
    IntervalSet::from_ranges(ranges.iter().copied())
}

fn ports(ranges: &[(u8, u8)]) -> PortSet {
    PortSet::from_ranges(ranges.iter().map(|(first, last)| (u16::from(*first), u16::from(*last))))
}

fn address(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, last))
}

fn addresses(ranges: &[(u8, u8)]) -> AddressSet {
    AddressSet::from_ranges(ranges.iter().map(|(first, last)| (address(*first), address(*last))))
}

fn header() -> impl Strategy<Value = HeaderBox> {
    (small_set(), small_set(), small_set(), small_set(), small_set()).prop_map(|(a, b, c, d, e)| HeaderBox {
        source: addresses(&a),
        destination: addresses(&b),
        protocols: bytes(&c),
        source_ports: ports(&d),
        destination_ports: ports(&e),
        stash: Vec::new(),
    })
}

fn flows() -> impl Strategy<Value = FlowSet> {
    vec(header(), 0..3).prop_map(|boxes| {
        boxes.into_iter().map(FlowSet::from_box).fold(FlowSet::empty(), |all, one| all.union(&one))
    })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let side = || prop::option::of(small_set());
    (side(), side(), side(), side()).prop_map(|(a, b, c, d)| Pattern {
        source: a.as_deref().map(addresses),
        destination: b.as_deref().map(addresses),
        protocols: c.as_deref().map(bytes),
        destination_ports: d.as_deref().map(ports),
    })
}

fn every_packet() -> impl Iterator<Item = Packet> {
    let side = u32::from(SIDE);
    (0..side.pow(5)).map(move |number| {
        let digit = |place: u32| u8::try_from(number / side.pow(place) % side).expect("a small digit");
        Packet {
            source: address(digit(0)),
            destination: address(digit(1)),
            protocol: digit(2),
            source_port: u16::from(digit(3)),
            destination_port: u16::from(digit(4)),
        }
    })
}

fn holds(header: &HeaderBox, packet: Packet) -> bool {
    header.source.contains(packet.source)
        && header.destination.contains(packet.destination)
        && header.protocols.contains(packet.protocol)
        && header.source_ports.contains(packet.source_port)
        && header.destination_ports.contains(packet.destination_port)
}

/// How many boxes hold a packet: 0 or 1 in a set whose boxes are disjoint.
fn times(set: &FlowSet, packet: Packet) -> usize {
    set.boxes().iter().filter(|header| holds(header, packet)).count()
}

fn matches(pattern: &Pattern, packet: Packet) -> bool {
    pattern.source.as_ref().is_none_or(|set| set.contains(packet.source))
        && pattern.destination.as_ref().is_none_or(|set| set.contains(packet.destination))
        && pattern.protocols.as_ref().is_none_or(|set| set.contains(packet.protocol))
        && pattern.destination_ports.as_ref().is_none_or(|set| set.contains(packet.destination_port))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn intervals_agree_with_brute_force(a in vec((any::<u8>(), any::<u8>()), 0..6), b in vec((any::<u8>(), any::<u8>()), 0..6)) {
        let (left, right) = (bytes(&a), bytes(&b));
        let (union, common, rest) = (left.union(&right), left.intersect(&right), left.subtract(&right));
        for point in 0..=u8::MAX {
            let (l, r) = (left.contains(point), right.contains(point));
            prop_assert_eq!(l, a.iter().any(|(first, last)| (*first..=*last).contains(&point)));
            prop_assert_eq!(union.contains(point), l || r);
            prop_assert_eq!(common.contains(point), l && r);
            prop_assert_eq!(rest.contains(point), l && !r);
        }
        prop_assert_eq!(left.is_disjoint(&right), common.is_empty());
        prop_assert_eq!(left.is_subset(&right), rest.is_empty());
        prop_assert_eq!(union.count() as usize, (0..=u8::MAX).filter(|point| union.contains(*point)).count());
        // Canonical: the same points are the same value, however they were put together.
        prop_assert_eq!(rest.union(&common), left);
    }

    #[test]
    fn sets_of_packets_agree_with_brute_force(a in flows(), b in flows(), pattern in pattern()) {
        let (union, common, rest) = (a.union(&b), a.intersect(&b), a.subtract(&b));
        let (inside, outside) = a.split(&pattern);
        let mut count = 0;
        for packet in every_packet() {
            let (l, r) = (times(&a, packet), times(&b, packet));
            count += l;
            prop_assert!(l <= 1 && r <= 1);
            prop_assert_eq!(times(&union, packet), l.max(r));
            prop_assert_eq!(times(&common, packet), l.min(r));
            prop_assert_eq!(times(&rest, packet), l.saturating_sub(r));
            prop_assert_eq!(times(&inside, packet), if matches(&pattern, packet) { l } else { 0 });
            prop_assert_eq!(times(&outside, packet), if matches(&pattern, packet) { 0 } else { l });
        }
        prop_assert_eq!(a.count() as usize, count);
        prop_assert_eq!(a.is_disjoint(&b), common.is_empty());
        prop_assert_eq!(a.is_subset(&b), rest.is_empty());
        if let Some(packet) = a.witness() {
            prop_assert_eq!(times(&a, packet), 1);
        }
    }

    #[test]
    fn cidrs_cover_exactly_the_set(ranges in vec((any::<u8>(), any::<u8>()), 0..6)) {
        let set = addresses(&ranges);
        let covered = to_cidrs(&set).iter().fold(AddressSet::empty(), |all, cidr| all.union(&vpcreach::flow::cidr_set(cidr)));
        prop_assert_eq!(covered, set);
    }
}

#[test]
fn the_ends_of_a_family_do_not_wrap() {
    let last = IpAddr::V4(Ipv4Addr::BROADCAST);
    let first_of_ipv6: IpAddr = "::".parse().expect("an address");
    let both = AddressSet::from_ranges([(last, last), (first_of_ipv6, first_of_ipv6)]);
    assert_eq!(both.intervals().len(), 2, "neighbours in order, but of two families");
    let every = vpcreach::flow::all_addresses();
    let rest = every.subtract(&AddressSet::single(last));
    assert!(!rest.contains(last) && rest.contains(first_of_ipv6));
    assert!(ProtocolSet::range(0, 255).subtract(&ProtocolSet::single(255)).contains(254));
}
