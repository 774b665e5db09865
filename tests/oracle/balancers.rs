//! Load balancers, packet by packet: the client's connection to a node, and every connection that the node may make for it.
//! Then the same of the engine.

use std::collections::BTreeSet;
use std::net::IpAddr;

use vpcreach::network::Network;
use vpcreach::reach::{Behind, Question, Verdict, answer};
use vpcreach::topology::{
    BalancerKind, Entry, LoadBalancer, Target, TargetGroup, TargetKind, Topology, Transport, Vpc,
};

use super::engine;
use super::filters::{Direction, Sender};
use super::generate::{Rng, balancers};
use super::packet::{Client, Headers, Outcome, Packet, TCP, UDP};
use super::simulator::Simulator;
use super::walk::{Arrival, Stop, Walk};
use super::world::{Owner, World};

/// What may become of a connection: whichever target and port the node takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct May {
    pass: bool,
    fail: bool,
    unknown: bool,
}

impl May {
    const PASSES: Self = Self { pass: true, fail: false, unknown: false };
    const FAILS: Self = Self { pass: false, fail: true, unknown: false };

    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Delivered => Self::PASSES,
            Outcome::Dropped { .. } => Self::FAILS,
            Outcome::Unknown { .. } => Self { unknown: true, ..Self::default() },
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            pass: self.pass || other.pass,
            fail: self.fail || other.fail,
            unknown: self.unknown || other.unknown,
        }
    }

    /// LB-13: answers its checks, whichever port they come from.
    fn is_healthy(self) -> bool {
        self.pass && !self.fail
    }
}

/// A load balancer's node, and what it belongs to.
#[derive(Clone, Copy)]
struct Node<'a> {
    number: usize,
    vpc: &'a Entry<Vpc>,
    balancer: &'a Entry<LoadBalancer>,
}

struct Balancing<'a> {
    topology: &'a Topology,
    simulator: &'a Simulator,
    /// Source ports that may make a difference.
    ports: Vec<u16>,
}

impl<'a> Balancing<'a> {
    fn new(topology: &'a Topology, simulator: &'a Simulator) -> Self {
        let mut ports: BTreeSet<u16> = [1024, 40000, 65535].into();
        for vpc in &topology.vpcs {
            for acl in &vpc.value.network_acls {
                let rules = acl.value.inbound.iter().chain(&acl.value.outbound);
                for range in rules.flat_map(|rule| &rule.traffic.ports) {
                    let edges = [
                        range.first,
                        range.last,
                        range.first.saturating_sub(1),
                        range.last.saturating_add(1),
                    ];
                    ports.extend(edges.into_iter().filter(|port| *port >= 1024));
                }
            }
        }
        Self { topology, simulator, ports: ports.into_iter().collect() }
    }

    fn world(&self) -> &'a World {
        self.simulator.world()
    }

    fn node(&self, number: usize) -> Option<Node<'a>> {
        let interface = &self.world().interfaces[number];
        let vpc = &self.topology.vpcs.0[interface.vpc];
        let balancer = vpc.value.load_balancers.iter().find(|one| one.name() == interface.instance)?;
        Some(Node { number, vpc, balancer })
    }

    /// What may become of a packet that is sent to a node.
    fn connect(&self, packet: &Packet, number: usize) -> May {
        let outcome = self.simulator.connect(packet);
        let Some((at, headers)) = self.simulator.arrival(packet) else { return May::of(&outcome) };
        match (May::of(&outcome), self.node(number)) {
            (first, _) if first != May::PASSES => first,
            // Somebody else has that address on this way (PX-7).
            (_, _) if at != number => May::FAILS,
            (first, None) => first,
            (_, Some(node)) => self.behind(node, &headers),
        }
    }

    /// What may become of a connection that arrived at a node.
    fn behind(&self, node: Node<'_>, headers: &Headers) -> May {
        let takes = |transport: Transport| match transport {
            Transport::Tcp => headers.protocol == TCP,
            Transport::Udp => headers.protocol == UDP,
            Transport::TcpUdp => matches!(headers.protocol, TCP | UDP),
        };
        if !matches!(headers.protocol, TCP | UDP) {
            return May::PASSES;
        }
        let mut listeners = node.balancer.value.listeners.iter();
        // LB-12.
        let listener = listeners.find(|one| one.port == headers.destination_port && takes(one.transport));
        let Some(listener) = listener else { return May::FAILS };
        let mut may = if listener.answers { May::PASSES } else { May::default() };
        for name in &listener.target_groups {
            let Some(group) = node.vpc.value.target_groups.get(&name.value) else { continue };
            let port = group.port.map_or(listener.port, |port| port.value);
            let transport = group.transport.map_or(listener.transport, |one| one.value);
            may = may.or(self.group(node, group, (port, transport), headers));
        }
        if may == May::default() { May::FAILS } else { may }
    }

    fn group(
        &self,
        node: Node<'_>,
        group: &TargetGroup,
        (port, transport): (u16, Transport),
        headers: &Headers,
    ) -> May {
        if group.kind.value == TargetKind::Lambda {
            return May::PASSES;
        }
        let kind = node.balancer.value.kind;
        // LB-8, LB-14.
        let preserves = kind == BalancerKind::Network
            && (transport != Transport::Tcp
                || group.kind.value == TargetKind::Balancer
                || group.preserve_client_ip.map_or(group.kind.value != TargetKind::Ip, |said| said.value));
        // LB-11.
        let cross_zone = group.cross_zone.map(|said| said.value).unwrap_or_else(|| match kind {
            BalancerKind::Application => true,
            _ => node.balancer.value.cross_zone.is_some_and(|said| said.value),
        });
        let mut all: Vec<(May, May)> = Vec::new();
        for target in &group.targets {
            let to = target.port.unwrap_or(port);
            for address in self.addresses(node, target, cross_zone) {
                let carries = self.carry(node, address, to, headers, preserves);
                let check = group.health_check_port.map_or(to, |port| port.value);
                let checked = self.as_itself(node, address, check, TCP);
                all.push((carries, checked));
            }
        }
        // What fails for certain from some port is unhealthy, whatever else is not known of it.
        let in_doubt = |check: &May| check.unknown && !check.fail;
        let any_healthy = all.iter().any(|(_, check)| check.is_healthy());
        let open = all.iter().filter(|(_, check)| !any_healthy || check.is_healthy() || in_doubt(check));
        let mut sum = open.fold(May::default(), |sum, (carries, _)| sum.or(*carries));
        // Who is healthy does not matter where all are alike.
        let alike = all.windows(2).all(|pair| pair[0].0 == pair[1].0);
        sum.unknown |= !alike && all.iter().any(|(_, check)| in_doubt(check));
        if all.is_empty() { May::FAILS } else { sum }
    }

    /// The addresses that a target stands for, of those in zones that the node sends to.
    fn addresses(&self, node: Node<'_>, target: &Target, cross_zone: bool) -> Vec<IpAddr> {
        let world = self.world();
        let vpc = world.interfaces[node.number].vpc;
        let zone = |interface: usize| world.subnets[world.interfaces[interface].subnet].zone.clone();
        let own = zone(node.number);
        let nodes: Vec<usize> = (0..world.interfaces.len())
            .filter(|other| {
                let other = &world.interfaces[*other];
                other.vpc == vpc && other.instance == node.balancer.name()
            })
            .collect();
        let is_used = |interface: usize| {
            let (Some(there), Some(own)) = (zone(interface), &own) else { return true };
            match cross_zone {
                false => there == *own,
                true => nodes.iter().any(|node| zone(*node).is_none_or(|zone| zone == there)),
            }
        };
        if let Ok(address) = target.name.value.parse::<IpAddr>() {
            let owner = world.owners.get(&(vpc, address));
            let here = match owner {
                Some(Owner::Interface(interface)) => is_used(*interface),
                _ => true,
            };
            return if here { vec![address] } else { Vec::new() };
        }
        let is_balancer = node.vpc.value.load_balancers.iter().any(|one| one.name() == target.name.value);
        let of_target = |number: &usize| {
            let one = &world.interfaces[*number];
            one.vpc == vpc && one.instance == target.name.value && (is_balancer || one.primary == *number)
        };
        let all = (0..world.interfaces.len()).filter(of_target).filter(|number| is_used(*number));
        all.filter_map(|number| {
            let addresses = &world.interfaces[number].addresses;
            addresses.iter().find(|one| one.is_ipv4()).or(addresses.first()).copied()
        })
        .collect()
    }

    /// The connection that carries the client's.
    fn carry(&self, node: Node<'_>, address: IpAddr, port: u16, headers: &Headers, preserves: bool) -> May {
        if !preserves || headers.source.is_ipv4() != address.is_ipv4() {
            return self.as_itself(node, address, port, TCP);
        }
        // LB-9.
        if headers.source == address {
            return May::FAILS;
        }
        // LB-8: the reply would have to come back through the load balancer.
        if !self.world().vpc_contains(self.world().interfaces[node.number].vpc, address) {
            return May::FAILS;
        }
        let sent = Headers { destination: address, destination_port: port, ..*headers };
        let mut walk = Walk::new(self.world(), 40000);
        walk.sender = Sender::OnBehalf(node.number);
        match (self.on_behalf(&mut walk, node.number, sent), walk.doubt) {
            (Err(Stop::Dropped(_)), _) => May::FAILS,
            (Err(Stop::Unknown(_)), _) | (Ok(_), Some(_)) => May { unknown: true, ..May::default() },
            (Ok(target), None) => self.node(target).map_or(May::PASSES, |next| self.behind(next, &sent)),
        }
    }

    /// There with the client's address, and back through the node. Answers who got it.
    fn on_behalf(&self, walk: &mut Walk<'_>, node: usize, sent: Headers) -> Result<usize, Stop> {
        let world = self.world();
        let (arrival, headers) = walk.send_from(node, sent)?;
        let Arrival::Interface(target) = arrival else { return Err(Stop::dropped("not at a target")) };
        let Some(reply) = headers.reply() else { return Ok(target) };
        walk.turn_round();
        walk.groups(target, Direction::Outbound, &reply)?;
        let [here, there] = [target, node].map(|number| world.interfaces[number].subnet);
        if here != there {
            walk.acl(here, Direction::Outbound, &reply)?;
            walk.acl(there, Direction::Inbound, &reply)?;
        }
        walk.groups(node, Direction::Inbound, &reply)?;
        match walk.bypassed() {
            Some(by) => Err(Stop::Dropped(by)),
            None if headers != sent => Err(Stop::dropped("translated on the way")),
            None => Ok(target),
        }
    }

    /// A connection of the node's own, from any of its ports.
    fn as_itself(&self, node: Node<'_>, address: IpAddr, port: u16, protocol: u8) -> May {
        let interface = &self.world().interfaces[node.number];
        let own = interface.addresses.iter().find(|own| own.is_ipv4() == address.is_ipv4());
        let Some(own) = own else { return May::FAILS };
        let mut may = May::default();
        for src_port in &self.ports {
            for nat_port in [*src_port, 1024, 65535] {
                let packet = Packet {
                    from: Client::Interface {
                        vpc: node.vpc.name().to_owned(),
                        instance: interface.instance.clone(),
                        interface: interface.name.clone(),
                        address: *own,
                    },
                    src_port: *src_port,
                    to: address,
                    dst_port: port,
                    protocol,
                    icmp_type: 0,
                    icmp_code: 0,
                    nat_port,
                };
                let first = May::of(&self.simulator.connect(&packet));
                let next = (first == May::PASSES).then(|| self.simulator.arrival(&packet)).flatten();
                let next = next.and_then(|(at, headers)| Some((self.node(at)?, headers)));
                may = may.or(next.map_or(first, |(next, headers)| self.behind(next, &headers)));
            }
        }
        may
    }
}

/// How much was compared.
#[derive(Debug, Default)]
pub struct Counts {
    pub packets: u64,
    pub reachable: u64,
    pub partial: u64,
    pub blocked: u64,
    pub blocked_behind: u64,
    pub unknown: u64,
    pub preserved: u64,
}

/// Puts load balancers into a topology, and asks both about connections to each of their nodes.
pub fn agree((mut topology, _): (Topology, Vec<Packet>), seed: u64, packets: u64, counts: &mut Counts) {
    let mut rng = Rng::new(seed ^ 0x0062_616c);
    balancers::add(&mut topology, &mut rng);
    let network = Network::compile(&topology).0;
    let simulator = Simulator::new(&topology);
    let balancing = Balancing::new(&topology, &simulator);
    for _ in 0..packets {
        let Some((packet, vpc, balancer, node)) = balancers::packet(&topology, &mut rng) else { return };
        let world = simulator.world();
        let Some(number) = world.vpc_named(&vpc).and_then(|at| world.interface_named(at, &balancer, &node))
        else {
            continue;
        };
        let may = balancing.connect(&packet, number);
        let Some((origin, header)) = engine::header(&network, &packet) else { continue };
        let to = network.interfaces.iter().find(|(_, one)| {
            let owner = &network.instances[one.instance];
            let is_named = one.name == format!("{balancer}/{node}") || one.name == balancer;
            network.vpcs[one.vpc].name == vpc && owner.name == balancer && is_named
        });
        let Some((to, _)) = to else { continue };
        let mut question = Question::between(&network, (origin, to), header);
        for probe in &mut question.probes {
            probe.follows = true;
            probe.translated_ports = Some(vpcreach::flow::PortSet::single(packet.nat_port));
        }
        let found = answer(&network, &question);
        counts.packets += 1;
        let expected = match may {
            May { unknown: true, .. } => {
                counts.unknown += 1;
                // As in `compare::agrees`, a certain drop may lie behind what is unknown; behind a node, that may take a
                // target out and leave the others.
                let is_known_to_node = !matches!(simulator.connect(&packet), Outcome::Unknown { .. });
                assert!(
                    is_known_to_node || found.verdict != Verdict::Reachable,
                    "seed {seed}, {may:?}, asked of {vpc}/{balancer}/{node}\n# {packet}\n{}\n{}",
                    told(&found),
                    written(&topology)
                );
                continue;
            }
            May { pass: true, fail: true, .. } => Verdict::Partial,
            May { pass: true, .. } => Verdict::Reachable,
            _ => Verdict::Blocked,
        };
        match expected {
            Verdict::Reachable => counts.reachable += 1,
            Verdict::Partial => counts.partial += 1,
            _ => counts.blocked += 1,
        }
        let reaches_node = simulator.connect(&packet) == Outcome::Delivered;
        counts.blocked_behind += u64::from(expected == Verdict::Blocked && reaches_node);
        counts.preserved += u64::from(found.question.probes.iter().any(|probe| probe.on_behalf));
        let unlisted = topology.prefix_lists.iter().any(|list| list.value.entries.is_none());
        let agrees = found.verdict == expected || unlisted && found.verdict == Verdict::Undetermined;
        assert!(
            agrees,
            "seed {seed}: simulator {may:?}, engine {:?}, asked of {vpc}/{balancer}/{node}\n# {packet}\n{}\n{}",
            found.verdict,
            told(&found),
            written(&topology)
        );
    }
}

fn told(found: &vpcreach::reach::Answer) -> String {
    let one = |trace: &vpcreach::reach::Trace| {
        let probe = found.question.probes.get(trace.probe);
        let codes: Vec<String> =
            trace.blockers.iter().map(|one| format!("{} {}", one.code, one.message)).collect();
        let check = if trace.behind == Behind::HealthCheck { " (check)" } else { "" };
        let name = probe.map_or("", |probe| &probe.destination_name);
        format!("#   {name}{check} {:?} {codes:?}", trace.verdict)
    };
    found.traces.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn written(topology: &Topology) -> String {
    vpcreach::topology::yaml::write(topology, vpcreach::topology::yaml::WriteOptions::default())
        .unwrap_or_else(|why| format!("{why:?}"))
}
