//! Addresses that AWS picks (EN-7): the simulator tries every one of them.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use vpcreach::topology::{AclPeer, SecurityGroupPeer, Spanned, Topology};

use super::assumed::Addresses;
use super::compare::{Engine, EngineVerdict};
use super::generate::Rng;
use super::packet::{Client, Outcome, Packet};
use super::simulator::Simulator;
use super::yaml::to_yaml;

/// More placements than this would take too long.
const MOST: usize = 600;

/// An interface whose address is not said.
#[derive(Clone, Debug)]
struct Hidden {
    vpc: usize,
    instance: usize,
    interface: usize,
    stand_in: IpAddr,
    /// Every address that it may get.
    free: Vec<Ipv4Addr>,
}

/// How often what happened.
#[derive(Debug, Default)]
pub struct Counts {
    pub packets: u64,
    pub alike: u64,
    pub differing: u64,
}

/// Hides the addresses of one or two interfaces of a case, and compares the engine with every placement of them.
pub fn agree<E: Engine>(
    engine: &E,
    (mut topology, packets): (Topology, Vec<Packet>),
    seed: u64,
    counts: &mut Counts,
) {
    let mut rng = Rng::new(seed ^ 0x5ea7);
    say_gateways(&mut topology);
    narrow(&mut topology, &mut rng);
    let Some((hidden, without)) = hide(&topology, &mut rng) else { return };
    let compiled = engine.compile(&without);
    let unlisted = topology.prefix_lists.iter().any(|list| list.value.entries.is_none());
    let old: Vec<IpAddr> = hidden
        .iter()
        .map(|one| {
            topology.vpcs.0[one.vpc].value.instances.0[one.instance].value.interfaces.0[one.interface]
                .value
                .ips[0]
                .value
                .into()
        })
        .collect();
    // Whose address is meant where two VPCs have it is another question (PX-7).
    let stand_ins: Vec<IpAddr> = hidden.iter().map(|one| one.stand_in).collect();
    let said = topology.vpcs.iter().flat_map(|vpc| &vpc.value.instances);
    let said = said.flat_map(|instance| &instance.value.interfaces).flat_map(|one| &one.value.ips);
    let said: Vec<IpAddr> = said.map(|ip| ip.value.into()).collect();
    let holders = |address: &IpAddr| said.iter().filter(|said| *said == address).count();
    if old.iter().any(|address| holders(address) > 1)
        || stand_ins.iter().any(|address| !old.contains(address) && holders(address) > 0)
    {
        return;
    }
    let worlds: Vec<(Vec<IpAddr>, Simulator)> = placements(&hidden)
        .into_iter()
        .map(|placement| (placement.clone(), Simulator::new(&placed(&topology, &hidden, &placement))))
        .collect();
    for (number, packet) in packets.into_iter().enumerate() {
        // Of those between others, a few: an appliance on the way may be the one without an address.
        let is_own = old.contains(&packet.to) || old.contains(&packet.from.address());
        if !is_own && number % 8 > 0 {
            continue;
        }
        let move_to = |to: &[IpAddr]| moved(&packet, &topology, &hidden, &old, to);
        let verdict = engine.ask(&compiled, &move_to(&stand_ins));
        // An address that somebody calls by its number is nobody's or another's in a complete file.
        let literal = [packet.to, packet.from.address()];
        let literal: Vec<IpAddr> = literal.into_iter().filter(|address| !old.contains(address)).collect();
        if literal.iter().any(|address| stand_ins.contains(address)) {
            continue;
        }
        let outcomes: Vec<(&[IpAddr], Outcome)> = worlds
            .iter()
            .filter(|(placement, _)| !placement.iter().any(|address| literal.contains(address)))
            .map(|(placement, world)| (placement.as_slice(), world.connect(&move_to(placement))))
            .collect();
        counts.packets += 1;
        let delivered = outcomes.iter().find(|(_, outcome)| *outcome == Outcome::Delivered);
        let dropped = outcomes.iter().find(|(_, outcome)| matches!(outcome, Outcome::Dropped { .. }));
        let unknown = outcomes.iter().find(|(_, outcome)| matches!(outcome, Outcome::Unknown { .. }));
        let agrees = match (delivered, dropped, unknown) {
            (Some(_), None, None) => verdict == EngineVerdict::Reachable,
            // As in `compare::agrees`, of lists without entries.
            (None, Some(_), None) if unlisted && verdict == EngineVerdict::Undetermined => true,
            (None, Some(_), None) => verdict == EngineVerdict::Blocked,
            (Some(_), Some(_), None) => verdict == EngineVerdict::Undetermined,
            // As in `compare::agrees`: a certain drop may lie behind what is unknown.
            _ => verdict != EngineVerdict::Reachable,
        };
        match (delivered, dropped) {
            (Some(_), Some(_)) => counts.differing += 1,
            _ => counts.alike += 1,
        }
        assert!(
            agrees,
            "seed {seed}: the engine says {verdict:?} to {packet} with {hidden:?}, the simulator\n  {delivered:?}\n  {dropped:?}\n  {unknown:?}\n{}",
            to_yaml(&without)
        );
    }
}

/// Addresses of NAT gateways that the file leaves open are said: only interfaces are hidden.
fn say_gateways(topology: &mut Topology) {
    let addresses = Addresses::of(topology);
    for vpc in &mut topology.vpcs.0 {
        let name = vpc.name.value.clone();
        for gateway in &mut vpc.value.nat_gateways.0 {
            let key = (name.clone(), gateway.name.value.clone());
            if let Some(address) = addresses.nat_gateways.get(&key) {
                gateway.value.private_ip = Some(Spanned::implicit(*address));
            }
        }
    }
}

/// Rules and routes about whole networks become rules about parts of a subnet, so that its addresses are not alike.
fn narrow(topology: &mut Topology, rng: &mut Rng) {
    let mut subnets = Vec::new();
    for vpc in &topology.vpcs {
        subnets.extend(vpc.value.subnets.iter().filter_map(|subnet| subnet.value.cidr));
    }
    let parts: Vec<IpNet> = subnets
        .iter()
        .map(|subnet| {
            let range = subnet.value.trunc();
            let length = (range.prefix_len() + 1 + rng.below(3) as u8).min(32);
            let network = u32::from(range.network()) + rng.below(1 << (32 - range.prefix_len())) as u32;
            Ipv4Net::new(network.into(), length).expect("a length").trunc().into()
        })
        .collect();
    let part = |cidr: IpNet, rng: &mut Rng| {
        let inside: Vec<IpNet> = parts.iter().copied().filter(|part| cidr.contains(part)).collect();
        if !inside.is_empty() && rng.percent(70) { *rng.pick(&inside) } else { cidr }
    };
    for vpc in &mut topology.vpcs.0 {
        for group in &mut vpc.value.security_groups.0 {
            for rule in group.value.inbound.iter_mut().chain(&mut group.value.outbound).flatten() {
                if let SecurityGroupPeer::Cidr(cidr) = &mut rule.peer.value {
                    *cidr = part(*cidr, rng);
                }
            }
        }
        for acl in &mut vpc.value.network_acls.0 {
            for rule in acl.value.inbound.iter_mut().chain(&mut acl.value.outbound) {
                if let AclPeer::Cidr(cidr) = &mut rule.peer.value {
                    *cidr = part(*cidr, rng);
                }
            }
        }
    }
}

fn hide(topology: &Topology, rng: &mut Rng) -> Option<(Vec<Hidden>, Topology)> {
    let mut candidates = Vec::new();
    for (vpc, entry) in topology.vpcs.iter().enumerate() {
        for (instance, owner) in entry.value.instances.iter().enumerate() {
            for (interface, one) in owner.value.interfaces.iter().enumerate() {
                let one = &one.value;
                if one.ips.len() == 1 && one.ipv6.is_empty() && one.public_ips.is_empty() {
                    candidates.push((vpc, instance, interface));
                }
            }
        }
    }
    if candidates.is_empty() {
        return None;
    }
    let mut chosen = vec![*rng.pick(&candidates)];
    let second = *rng.pick(&candidates);
    if second != chosen[0] && rng.percent(60) {
        chosen.push(second);
    }
    loop {
        let mut without = topology.clone();
        for (vpc, instance, interface) in &chosen {
            without.vpcs.0[*vpc].value.instances.0[*instance].value.interfaces.0[*interface]
                .value
                .ips
                .clear();
        }
        let stand_ins = Addresses::of(&without).interfaces;
        let mut hidden = Vec::new();
        for (vpc, instance, interface) in &chosen {
            let entry = &without.vpcs.0[*vpc];
            let owner = &entry.value.instances.0[*instance];
            let own = &owner.value.interfaces.0[*interface];
            let key = (entry.name().to_owned(), owner.name().to_owned(), own.name().to_owned());
            hidden.push(Hidden {
                vpc: *vpc,
                instance: *instance,
                interface: *interface,
                stand_in: (*stand_ins.get(&key)?).into(),
                free: free(&entry.value, &own.value.subnet.value),
            });
        }
        if hidden.iter().map(|one| one.free.len()).product::<usize>() <= MOST {
            return Some((hidden, without));
        }
        chosen.pop()?;
        if chosen.is_empty() {
            return None;
        }
    }
}

fn free(vpc: &vpcreach::topology::Vpc, subnet: &str) -> Vec<Ipv4Addr> {
    let interfaces = vpc.instances.iter().flat_map(|instance| &instance.value.interfaces);
    let ips = interfaces.flat_map(|interface| interface.value.ips.iter().map(|ip| ip.value));
    let gateways = vpc.nat_gateways.iter().filter_map(|gateway| gateway.value.private_ip);
    let taken: HashSet<Ipv4Addr> = ips.chain(gateways.map(|ip| ip.value)).collect();
    let range = vpc.subnets.get(subnet).and_then(|subnet| subnet.cidr).expect("an IPv4 range").value.trunc();
    let (first, last) = (u32::from(range.network()) + 4, u32::from(range.broadcast()));
    (first..last).map(Ipv4Addr::from).filter(|address| !taken.contains(address)).collect()
}

/// Every choice of an address for each, no two the same in one VPC.
fn placements(hidden: &[Hidden]) -> Vec<Vec<IpAddr>> {
    let mut all: Vec<Vec<IpAddr>> = vec![Vec::new()];
    for one in hidden {
        let mut longer = Vec::new();
        for placement in &all {
            for address in &one.free {
                let address = IpAddr::from(*address);
                let is_taken =
                    placement.iter().zip(hidden).any(|(other, of)| of.vpc == one.vpc && *other == address);
                if !is_taken {
                    longer.push(placement.iter().copied().chain([address]).collect());
                }
            }
        }
        all = longer;
    }
    all
}

fn placed(topology: &Topology, hidden: &[Hidden], placement: &[IpAddr]) -> Topology {
    let mut topology = topology.clone();
    for (one, address) in hidden.iter().zip(placement) {
        let IpAddr::V4(address) = address else { unreachable!("only IPv4 addresses are hidden") };
        let owner = &mut topology.vpcs.0[one.vpc].value.instances.0[one.instance].value;
        owner.interfaces.0[one.interface].value.ips = vec![Spanned::implicit(*address)];
    }
    topology
}

/// The packet, from and to the same hosts at other addresses.
fn moved(packet: &Packet, topology: &Topology, hidden: &[Hidden], old: &[IpAddr], to: &[IpAddr]) -> Packet {
    let mut packet = packet.clone();
    let is_own = |one: &Hidden, client: &Client| match client {
        Client::Interface { vpc, instance, interface, .. } => {
            let entry = &topology.vpcs.0[one.vpc];
            let owner = &entry.value.instances.0[one.instance];
            entry.name() == vpc
                && owner.name() == instance
                && owner.value.interfaces.0[one.interface].name() == interface
        }
        Client::Internet { .. } | Client::Site { .. } => false,
    };
    let mut target = packet.to;
    for ((one, old), new) in hidden.iter().zip(old).zip(to) {
        if packet.to == *old {
            target = *new;
        }
        if is_own(one, &packet.from)
            && let Client::Interface { address, .. } = &mut packet.from
            && address == old
        {
            *address = *new;
        }
    }
    packet.to = target;
    packet
}
