//! From a node to its targets.

use std::net::IpAddr;

use crate::flow::{AddressSet, FlowSet, HeaderBox, Pattern, PortSet, protocol, single_address};
use crate::network::{BalancerTarget, Code, InterfaceId, Network, Owner, TargetAddress, TargetGroup};
use crate::topology::EphemeralPorts;

use super::super::endpoint::interface_name;
use super::super::question::{Origin, Probe};
use super::super::service::Service;
use super::super::trace::{Behind, Certain, Trace};
use super::super::walk;
use super::{Arrival, Balancers, Onward, block};

impl Balancers<'_> {
    /// What becomes of packets that are passed on to a group. Where an attribute of it is not known, both ways are tried.
    pub(super) fn group(
        &mut self,
        node: InterfaceId,
        group: &TargetGroup,
        arrival: &Arrival,
        depth: usize,
    ) -> Onward {
        let sides = |one: &Result<bool, String>| one.as_ref().map_or(vec![true, false], |on| vec![*on]);
        let mut found: Option<Onward> = None;
        let mut is_same = true;
        for cross_zone in sides(&group.cross_zone) {
            for preserves in sides(&group.preserves_client) {
                let before = (self.probes.len(), self.traces.len());
                let one = self.settled(node, group, (cross_zone, preserves), arrival, depth);
                match &found {
                    None => found = Some(one),
                    Some(first) => {
                        is_same &= first.is_same(&one, &arrival.asked);
                        if is_same {
                            self.probes.truncate(before.0);
                            self.traces.truncate(before.1);
                        }
                    }
                }
            }
        }
        if !is_same {
            return Onward { by_attributes: true, ..Onward::UNKNOWN };
        }
        found.unwrap_or(Onward::UNKNOWN)
    }

    /// LB-13: what becomes of packets, with attributes that are known.
    fn settled(
        &mut self,
        node: InterfaceId,
        group: &TargetGroup,
        (cross_zone, preserves): (bool, bool),
        arrival: &Arrival,
        depth: usize,
    ) -> Onward {
        if group.is_function {
            // Invoked, not dialled: no packet.
            return if group.unknown.is_some() { Onward::UNKNOWN } else { Onward::ANSWERED };
        }
        let targets: Vec<BalancerTarget> = self.used(node, group, cross_zone).collect();
        let mut all: Vec<(Onward, Certain)> = Vec::new();
        // EN-8: hosts that AWS puts where it likes. Where some places would do and others not, nobody knows.
        let mut is_somewhere = false;
        let hosts = |of: &dyn Fn(&BalancerTarget) -> bool| group.targets.iter().filter(|one| of(one)).count();
        for target in &targets {
            if let Some(owner) = target.one_of {
                let here = targets.iter().filter(|one| one.one_of == Some(owner)).count();
                is_somewhere |= here < hosts(&|one| one.one_of == Some(owner));
            }
        }
        let may_move: Vec<bool> = targets.iter().map(|one| one.one_of.is_some()).collect();
        for target in targets {
            // Without an address of a family that both have, nothing gets there.
            let carries = self.target(node, target, preserves, arrival, depth).unwrap_or(Onward::DROPPED);
            let port = group.health_check_port.unwrap_or(target.port);
            let checked = self.health_check((node, depth), target, port, &carries, preserves);
            all.push((carries, checked));
        }
        // What drops some checks for certain is unhealthy, whatever else is not known of it.
        let is_healthy = |(_, check): &&(Onward, Certain)| !check.drops && (check.passes || check.unknown);
        // Who is healthy does not matter where all are alike.
        let alike = all
            .first()
            .is_some_and(|(first, _)| all.iter().all(|(other, _)| first.is_same(other, &arrival.asked)));
        let moving = || all.iter().zip(&may_move).filter(|(_, may_move)| **may_move).map(|(one, _)| one);
        if let Some((first, check)) = moving().next() {
            is_somewhere |=
                !moving().all(|(other, own)| first.is_same(other, &arrival.asked) && check == own);
        }
        let mut open: Vec<&(Onward, Certain)> = all.iter().filter(is_healthy).collect();
        // All unhealthy: they get connections all the same.
        if open.is_empty() {
            open = all.iter().collect();
        }
        let mut sum = Onward::default();
        for (index, (carries, check)) in open.into_iter().enumerate() {
            let mut one = carries.clone();
            one.certain.unknown |= check.unknown && !alike;
            if index == 0 {
                sum = one;
            } else {
                sum.or(&one, &arrival.asked);
            }
        }
        if group.unknown.is_some() || is_somewhere && !alike {
            sum.or(&Onward::UNKNOWN, &arrival.asked);
        } else if all.is_empty() {
            sum = Onward::DROPPED;
        }
        sum
    }

    /// LB-11: only targets in zones where the load balancer has a node; without cross-zone load balancing only those in
    /// the node's own. What has no known zone is taken for one that is there.
    pub(super) fn used<'a>(
        &'a self,
        node: InterfaceId,
        group: &'a TargetGroup,
        cross_zone: bool,
    ) -> impl Iterator<Item = BalancerTarget> + 'a {
        let zone = |id: InterfaceId| self.network.subnets[self.network.interfaces[id].subnet].az.as_deref();
        let nodes = &self.network.instances[self.network.interfaces[node].instance].interfaces;
        group.targets.iter().copied().filter(move |target| match self.interface_of(node, target.at) {
            None => true,
            Some(target) => match (zone(target), zone(node)) {
                (None, _) | (_, None) => true,
                (Some(target), Some(own)) if !cross_zone => target == own,
                (Some(target), Some(_)) => {
                    nodes.iter().any(|node| zone(*node).is_none_or(|zone| zone == target))
                }
            },
        })
    }

    fn interface_of(&self, node: InterfaceId, target: TargetAddress) -> Option<InterfaceId> {
        match target {
            TargetAddress::Interface(id) => Some(id),
            TargetAddress::Address(address) => {
                match self.network.owner(self.network.interfaces[node].vpc, address) {
                    Some(Owner::Interface(id)) => Some(id),
                    _ => None,
                }
            }
        }
    }

    /// What a node's connections to a target come to. None if the target has no address.
    fn target(
        &mut self,
        node: InterfaceId,
        target: BalancerTarget,
        preserves: bool,
        arrival: &Arrival,
        depth: usize,
    ) -> Option<Onward> {
        let (address, _) = self.address(target.at)?;
        let same_family =
            || arrival.packets.sources().first().is_some_and(|source| source.is_ipv6() == address.is_ipv6());
        // LB-8: between families there is nothing to preserve.
        if !preserves || !same_family() {
            let probe = self.probe(node, target.at, target.port)?;
            let certain = self.ask(probe, Behind::Target, depth, None).0;
            return Some(Onward { certain, works: None, by_attributes: false });
        }
        let own = single_address(address);
        let (own, others) = arrival.packets.split(&Pattern { source: Some(own), ..Pattern::default() });
        let mut certain = Certain::default();
        let mut works = FlowSet::empty();
        for (packets, is_own) in [(own, true), (others, false)] {
            if packets.is_empty() {
                continue;
            }
            let probe = self.on_behalf(node, target, address, &packets)?;
            let at = self.interface_of(node, target.at).unwrap_or(node);
            let vpc = self.network.interfaces[node].vpc;
            let fault = match is_own {
                true => Some(hairpin(self.network, at)),
                false if !self.network.vpcs[vpc].addresses.contains(address) => {
                    Some(elsewhere(self.network, node, address))
                }
                false => None,
            };
            let (one, passes) = self.ask(probe, Behind::Target, depth, fault);
            certain.passes |= one.passes;
            certain.drops |= one.drops;
            certain.unknown |= one.unknown;
            works = works.union(&passes);
        }
        if !arrival.exact || !certain.drops && !certain.unknown {
            return Some(Onward { certain, works: None, by_attributes: false });
        }
        let Some(asked) = arrival.asked.boxes().first() else {
            return Some(Onward { certain, works: None, by_attributes: false });
        };
        let works = works
            .map(|header: &mut HeaderBox| {
                header.destination = asked.destination.clone();
                header.destination_ports = asked.destination_ports.clone();
            })
            .intersect(&arrival.asked);
        Some(Onward { certain, works: Some(works), by_attributes: false })
    }

    /// Asks, and takes note. Answers what is certain, and what gets through.
    fn ask(
        &mut self,
        probe: Probe,
        behind: Behind,
        depth: usize,
        fault: Option<Fault>,
    ) -> (Certain, FlowSet) {
        let number = self.probes.len();
        let found = walk::walk(self.network, &probe).0;
        self.probes.push(probe);
        let (mut sum, mut works) = (Certain::default(), FlowSet::empty());
        for trace in found {
            let mut trace = Trace { probe: number, behind, ..trace };
            if let Some(Fault { code, at, message, help }) = &fault {
                let packets = trace.packets.clone();
                let place = self.network.interfaces[*at].place;
                let told = (message.clone(), place, Some((*help).to_owned()));
                block(&mut trace, *at, (*code, code.aws_code()), &packets, told);
            }
            // The check of a load balancer is answered by its targets (LB-14).
            let certain = self.follow_at(&mut trace, depth - 1);
            sum.passes |= certain.passes;
            sum.drops |= certain.drops;
            sum.unknown |= certain.unknown;
            works = works.union(&trace.works);
            self.traces.push(trace);
        }
        (sum, works)
    }

    /// LB-7, LB-13: a connection of the node's own, whoever the client is.
    fn health_check(
        &mut self,
        (node, depth): (InterfaceId, usize),
        target: BalancerTarget,
        port: u16,
        carries: &Onward,
        preserves: bool,
    ) -> Certain {
        if !preserves && port == target.port {
            return carries.certain;
        }
        let key = (node, target.at, port);
        if let Some(known) = self.checks.get(&key) {
            return *known;
        }
        let Some(probe) = self.probe(node, target.at, port) else { return Onward::DROPPED.certain };
        let certain = self.ask(probe, Behind::HealthCheck, depth, None).0;
        self.checks.insert(key, certain);
        certain
    }

    fn address(&self, target: TargetAddress) -> Option<(IpAddr, String)> {
        match target {
            TargetAddress::Interface(id) => {
                let interface = &self.network.interfaces[id];
                let primary = interface.primary(false).or_else(|| interface.primary(true))?;
                Some((primary.private, interface_name(self.network, id)))
            }
            TargetAddress::Address(address) => Some((address, address.to_string())),
        }
    }

    /// From a node's own address, by any of its ports (LB-4), to a port of a target.
    fn probe(&self, node: InterfaceId, target: TargetAddress, port: u16) -> Option<Probe> {
        let (address, _) = self.address(target)?;
        let source = self.network.interfaces[node].primary(address.is_ipv6())?.private;
        let range = EphemeralPorts::Any.range();
        let client = PortSet::range(range.first, range.last);
        let service = Service::port(protocol::TCP, port);
        let packets = service.packets(&single_address(source), &single_address(address), &client);
        self.to_target(node, target, port, packets)
    }

    /// As the client sends it, but for the destination (LB-8).
    fn on_behalf(
        &self,
        node: InterfaceId,
        target: BalancerTarget,
        address: IpAddr,
        packets: &FlowSet,
    ) -> Option<Probe> {
        let destination: AddressSet = single_address(address);
        let ports = PortSet::single(target.port);
        let packets = packets.map(|header: &mut HeaderBox| {
            header.destination = destination.clone();
            header.destination_ports = ports.clone();
        });
        let probe = self.to_target(node, target.at, target.port, packets)?;
        Some(Probe { on_behalf: true, ..probe })
    }

    fn to_target(
        &self,
        node: InterfaceId,
        target: TargetAddress,
        port: u16,
        packets: FlowSet,
    ) -> Option<Probe> {
        let (_, name) = self.address(target)?;
        Some(Probe {
            source: Origin::Interface(node),
            source_name: interface_name(self.network, node),
            destination_name: format!("{name}:{port}"),
            destination: self.interface_of(node, target),
            meant: None,
            destination_unmodelled: None,
            meant_site: None,
            about: Vec::new(),
            translated_ports: None,
            packets,
            one_way: false,
            on_behalf: false,
            follows: false,
            supposed: Vec::new(),
        })
    }
}

/// Why what a load balancer sends to a target with the client's address is dropped.
struct Fault {
    code: Code,
    at: InterfaceId,
    message: String,
    help: &'static str,
}

/// LB-9.
fn hairpin(network: &Network, at: InterfaceId) -> Fault {
    let name = interface_name(network, at);
    Fault {
        code: Code::Lb004,
        at,
        message: format!("{name} would get its own packet back from the load balancer, and drops it"),
        help: "turn off client IP preservation, or call the target itself",
    }
}

/// LB-8: the reply would not come back through the load balancer.
fn elsewhere(network: &Network, at: InterfaceId, address: IpAddr) -> Fault {
    let name = interface_name(network, at);
    Fault {
        code: Code::Lb005,
        at,
        message: format!("{name} preserves the client's address, and target {address} is not in its VPC"),
        help: "turn off client IP preservation, or use targets in the VPC of the load balancer",
    }
}
