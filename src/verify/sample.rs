//! Packets to ask about: those of the file's tests, at the edges of every range, and random ones that are biased
//! towards what rules are about.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Ask;
use crate::expect;
use crate::flow::{FlowSet, IcmpType, Packet, icmp_code_point, protocol};
use crate::network::{InterfaceId, Network, public_addresses};
use crate::reach::{Origin, Question};
use crate::topology::{SecurityGroupPeer, Topology, Traffic};

/// A small generator of random numbers (SplitMix64): the same seed, the same numbers, on every machine.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next().checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }

    fn port(&mut self, first: u16) -> u16 {
        let span = usize::from(u16::MAX - first) + 1;
        first.saturating_add(u16::try_from(self.below(span)).unwrap_or(0))
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

/// The packets of a question that decide: the edges of what works and of what does not.
pub fn edges(network: &Network, question: &Question) -> Vec<Ask> {
    let mut asks = Vec::new();
    let answer = crate::reach::answer(network, question);
    for trace in &answer.traces {
        let Some(probe) = question.probes.get(trace.probe) else { continue };
        let fails = trace.packets.subtract(&trace.works);
        for set in [&trace.works, &fails] {
            for packet in corners(set) {
                asks.push(Ask { origin: probe.source, packet, identifier: 0 });
            }
        }
    }
    asks
}

/// The first and the last source port of each range, with the least of everything else.
fn corners(set: &FlowSet) -> Vec<Packet> {
    let mut corners: Vec<Packet> = Vec::new();
    for header in set.boxes() {
        let ends = header.source_ports.intervals().iter().flat_map(|&(first, last)| [first, last]);
        let (Some(source), Some(destination)) = (header.source.first(), header.destination.first()) else {
            continue;
        };
        let ports = header.destination_ports.intervals().iter().flat_map(|&(first, last)| [first, last]);
        let ports: Vec<u16> = ports.take(4).collect();
        let protocols = header.protocols.first();
        for source_port in ends.take(8) {
            for destination_port in &ports {
                let Some(protocol) = protocols else { continue };
                let destination_port = *destination_port;
                let packet = Packet { source, destination, protocol, source_port, destination_port };
                if !corners.contains(&packet) {
                    corners.push(packet);
                }
            }
        }
    }
    corners
}

/// The packets of every flow in the `tests:` of a topology.
pub fn tested(network: &Network) -> Vec<Ask> {
    let mut asks: Vec<Ask> = Vec::new();
    for question in expect::questions(network) {
        for ask in edges(network, &question) {
            if !asks.contains(&ask) {
                asks.push(ask);
            }
        }
    }
    asks
}

/// What there is to choose from.
struct Scene {
    hosts: Vec<(InterfaceId, IpAddr)>,
    destinations: Vec<IpAddr>,
    outside: Vec<IpAddr>,
    ports: Vec<u16>,
}

/// Random packets.
pub fn random(topology: &Topology, network: &Network, count: usize, rng: &mut Rng) -> Vec<Ask> {
    let scene = scene(topology, network);
    let mut asks = Vec::with_capacity(count);
    // Ends may lack a common family: try again, but not for ever.
    for _ in 0..count.saturating_mul(20) {
        if asks.len() >= count {
            break;
        }
        asks.extend(one(&scene, rng));
    }
    asks
}

fn one(scene: &Scene, rng: &mut Rng) -> Option<Ask> {
    let from_outside = rng.below(5) == 0 || scene.hosts.is_empty();
    let (origin, source) = if from_outside {
        (Origin::Internet, *rng.pick(&scene.outside)?)
    } else {
        let (host, address) = *rng.pick(&scene.hosts)?;
        (Origin::Interface(host), address)
    };
    let to_outside = !from_outside && rng.below(5) == 0;
    let destination = *rng.pick(if to_outside { &scene.outside } else { &scene.destinations })?;
    if source == destination || source.is_ipv4() != destination.is_ipv4() {
        return None;
    }
    let protocol = match rng.below(10) {
        0 | 1 => protocol::UDP,
        2 if source.is_ipv4() => protocol::ICMP,
        2 => protocol::ICMPV6,
        _ => protocol::TCP,
    };
    let echo = IcmpType { kind: if source.is_ipv4() { 8 } else { 128 }, code: 0 };
    let has_ports = protocol::has_ports(protocol);
    let edge = rng.below(3) == 0;
    let ports = &scene.ports;
    let high: Vec<u16> = ports.iter().copied().filter(|port| *port >= 1024).collect();
    let client = rng.pick(&high).copied().filter(|_| edge).unwrap_or_else(|| rng.port(1024));
    let server = rng.pick(ports).copied().unwrap_or(80).max(1);
    let packet = Packet {
        source,
        destination,
        protocol,
        source_port: if has_ports { client } else { 0 },
        destination_port: if has_ports { server } else { icmp_code_point(echo) },
    };
    Some(Ask { origin, packet, identifier: client })
}

fn scene(topology: &Topology, network: &Network) -> Scene {
    let mut scene =
        Scene { hosts: Vec::new(), destinations: Vec::new(), outside: Vec::new(), ports: vec![80, 443] };
    for (id, interface) in network.interfaces.iter() {
        for address in interface.private_addresses() {
            scene.hosts.push((id, address));
            scene.destinations.push(address);
        }
        scene.destinations.extend(interface.public_addresses());
    }
    for (_, nat) in network.nat_gateways.iter() {
        scene.destinations.push(nat.private_ip.into());
        scene.destinations.extend(nat.public_ip.map(IpAddr::V4));
    }
    let groups = topology.vpcs.iter().flat_map(|vpc| &vpc.value.security_groups);
    for rule in groups.flat_map(|group| group.value.inbound.iter().chain(&group.value.outbound).flatten()) {
        scene.ports_of(&rule.traffic);
        if let SecurityGroupPeer::Cidr(cidr) = &rule.peer.value {
            scene.outside.extend([cidr.network(), cidr.broadcast()]);
        }
    }
    let acls = topology.vpcs.iter().flat_map(|vpc| &vpc.value.network_acls);
    for rule in acls.flat_map(|acl| acl.value.inbound.iter().chain(&acl.value.outbound)) {
        scene.ports_of(&rule.traffic);
    }
    scene.outside.extend([
        IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
        IpAddr::V4(Ipv4Addr::new(198, 51, 100, 200)),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 1)),
    ]);
    // Clients on the internet have addresses of the internet, and a kernel sends from no broadcast address.
    let internet = network.internet();
    scene.outside.retain(|address| {
        internet.contains(*address) && public_addresses().contains(*address) && usable(*address)
    });
    scene.outside.sort_unstable();
    scene.outside.dedup();
    scene.ports.sort_unstable();
    scene.ports.dedup();
    scene
}

/// What a socket can be bound to.
fn usable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, ..] = address.octets();
            (1..224).contains(&first) && first != 127 && !address.is_link_local()
        }
        IpAddr::V6(address) => {
            let [first, ..] = address.segments();
            (0x2000..0x4000).contains(&first)
        }
    }
}

impl Scene {
    fn ports_of(&mut self, traffic: &Traffic) {
        for range in &traffic.ports {
            let beside = [range.first.saturating_sub(1), range.last.saturating_add(1)];
            self.ports.extend([range.first, range.last].into_iter().chain(beside).filter(|port| *port != 0));
        }
    }
}
