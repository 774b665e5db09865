//! Load balancers of every type, in front of the instances of a generated topology.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use vpcreach::topology::*;

use super::super::packet::{Client, Packet, TCP, UDP};
use super::{Rng, host4, said};

const PORTS: [u16; 6] = [80, 443, 8080, 5432, 53, 22];

pub fn add(topology: &mut Topology, rng: &mut Rng) {
    let elsewhere: Vec<Ipv4Addr> = hosts(topology).collect();
    let all = topology.vpcs.iter().flat_map(|vpc| &vpc.value.instances);
    let all = all.flat_map(|one| &one.value.interfaces).flat_map(|one| &one.value.ips);
    let mut taken: HashSet<IpAddr> = all.map(|ip| IpAddr::V4(ip.value)).collect();
    for (number, entry) in topology.vpcs.0.iter_mut().enumerate() {
        let vpc = &mut entry.value;
        for gateway in &vpc.nat_gateways {
            taken.extend(gateway.value.private_ip.map(|ip| IpAddr::V4(ip.value)));
        }
        let names: Vec<String> = vpc
            .instances
            .iter()
            .filter(|one| one.value.kind.value != InstanceKind::NatGateway)
            // What a service does with what comes to its interfaces is another matter.
            .filter(|one| vpc.endpoints.get(one.name()).is_none())
            .map(|one| one.name().to_owned())
            .collect();
        if names.is_empty() {
            continue;
        }
        for index in 0..rng.between(1, 3) {
            let name = format!("v{number}-lb{index}");
            let kind = *rng.pick(&[
                BalancerKind::Application,
                BalancerKind::Network,
                BalancerKind::Network,
                BalancerKind::Classic,
            ]);
            let Some(nodes) = nodes(vpc, kind, (number, index), &mut taken, rng) else { continue };
            let listeners = listeners(vpc, kind, &name, (&names, &elsewhere), rng);
            let cross_zone = rng.percent(40).then(|| said(rng.percent(70)));
            let balancer = LoadBalancer { kind, listeners, cross_zone, ..LoadBalancer::default() };
            vpc.load_balancers.push(said(name.clone()), balancer);
            vpc.instances.push(said(name), nodes);
        }
    }
}

fn hosts(topology: &Topology) -> impl Iterator<Item = Ipv4Addr> {
    let instances = topology.vpcs.iter().flat_map(|vpc| {
        vpc.value.instances.iter().filter(|one| vpc.value.endpoints.get(one.name()).is_none())
    });
    instances.flat_map(|one| &one.value.interfaces).flat_map(|one| &one.value.ips).map(|ip| ip.value)
}

fn nodes(
    vpc: &Vpc,
    kind: BalancerKind,
    (number, index): (usize, usize),
    taken: &mut HashSet<IpAddr>,
    rng: &mut Rng,
) -> Option<Instance> {
    let groups: Vec<&str> = vpc.security_groups.iter().map(Entry::name).collect();
    let mut own: Vec<Spanned<String>> = Vec::new();
    if kind != BalancerKind::Network || rng.percent(50) {
        let group = rng.maybe_pick(&groups)?;
        own.push(said((*group).to_owned()));
    }
    let faces_internet = rng.percent(60);
    let mut interfaces = Entries::default();
    for (at, subnet) in vpc.subnets.iter().enumerate() {
        let Some(cidr) = subnet.value.cidr.filter(|_| rng.percent(50)) else { continue };
        let offset = 13 - u32::try_from(index).unwrap_or_default();
        let address = host4(cidr.value, offset);
        if !cidr.value.contains(&address) || !taken.insert(address.into()) {
            continue;
        }
        let byte = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
        let public = Ipv4Addr::new(44, byte(number), byte(index), byte(at));
        let public_ip = if faces_internet { PublicIp::Address(public) } else { PublicIp::None };
        let interface = Interface {
            subnet: subnet.name.clone(),
            ips: vec![said(address)],
            ipv6: Vec::new(),
            public_ip: said(public_ip),
            public_ips: Vec::new(),
            security_groups: Some(own.clone()),
            more_security_groups: false,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place: Place::Implicit,
        };
        interfaces.push(subnet.name.clone(), interface);
    }
    let kind = said(InstanceKind::LoadBalancer);
    (!interfaces.is_empty()).then(|| Instance { kind, interfaces, ..Instance::default() })
}

fn listeners(
    vpc: &mut Vpc,
    kind: BalancerKind,
    name: &str,
    (names, elsewhere): (&[String], &[Ipv4Addr]),
    rng: &mut Rng,
) -> Vec<Listener> {
    let mut listeners: Vec<Listener> = Vec::new();
    for _ in 0..rng.between(1, 3) {
        let port = *rng.pick(&PORTS);
        if listeners.iter().any(|known| known.port == port) {
            continue;
        }
        let is_network = kind == BalancerKind::Network;
        let transport = match (is_network, rng.below(4)) {
            (true, 0) => Transport::Udp,
            (true, 1) => Transport::TcpUdp,
            _ => Transport::Tcp,
        };
        let mut target_groups = Vec::new();
        let count = if is_network || rng.percent(75) { 1 } else { 2 };
        for _ in 0..count {
            let group = target_group(vpc, is_network, (names, elsewhere), rng);
            let group_name = format!("{name}-{port}-{}", vpc.target_groups.len());
            vpc.target_groups.push(said(group_name.clone()), group);
            target_groups.push(said(group_name));
        }
        let answers = kind == BalancerKind::Application && rng.percent(8);
        listeners.push(Listener {
            port,
            transport,
            target_groups,
            answers,
            unknown: None,
            place: Place::Implicit,
        });
    }
    listeners
}

fn target_group(
    vpc: &Vpc,
    is_network: bool,
    (names, elsewhere): (&[String], &[Ipv4Addr]),
    rng: &mut Rng,
) -> TargetGroup {
    let applications: Vec<&str> = vpc
        .load_balancers
        .iter()
        .filter(|one| one.value.kind == BalancerKind::Application)
        .map(Entry::name)
        .collect();
    let (kind, count) = match rng.below(10) {
        0 if is_network && !applications.is_empty() => (TargetKind::Balancer, 1),
        0..=2 => (TargetKind::Ip, rng.between(1, 3)),
        _ => (TargetKind::Instance, rng.below(4)),
    };
    let mut group = TargetGroup {
        kind: said(kind),
        port: rng.percent(70).then(|| said(*rng.pick(&PORTS))),
        health_check_port: rng.percent(35).then(|| said(*rng.pick(&PORTS))),
        cross_zone: rng.percent(30).then(|| said(rng.percent(50))),
        preserve_client_ip: rng.percent(30).then(|| said(rng.percent(50))),
        ..TargetGroup::default()
    };
    for _ in 0..count {
        let name = match kind {
            TargetKind::Ip => rng.maybe_pick(elsewhere).map(Ipv4Addr::to_string),
            TargetKind::Balancer => rng.maybe_pick(&applications).map(|name| (*name).to_owned()),
            _ => rng.maybe_pick(names).cloned(),
        };
        let Some(name) = name else { continue };
        if group.targets.iter().all(|known| known.name.value != name) {
            let port = rng.percent(15).then(|| *rng.pick(&PORTS));
            group.targets.push(Target { name: said(name), port });
        }
    }
    group
}

/// A packet to a node: the packet, and VPC, load balancer and node. None if there is no load balancer.
pub fn packet(topology: &Topology, rng: &mut Rng) -> Option<(Packet, String, String, String)> {
    let mut all = Vec::new();
    for vpc in &topology.vpcs {
        for balancer in &vpc.value.load_balancers {
            let Some(nodes) = vpc.value.instances.get(balancer.name()) else { continue };
            all.extend(nodes.interfaces.iter().map(|node| (vpc, balancer, node)));
        }
    }
    let (vpc, balancer, node) = *rng.maybe_pick(&all)?;
    let mut clients = Vec::new();
    for home in &topology.vpcs {
        let is_near = home.name() == vpc.name();
        // Load balancers call nobody but their targets.
        let callers = home.value.instances.iter().filter(|one| {
            one.value.kind.value != InstanceKind::LoadBalancer
                && home.value.endpoints.get(one.name()).is_none()
        });
        for instance in callers {
            for interface in &instance.value.interfaces {
                let Some(address) = interface.value.ips.first() else { continue };
                let client = Client::Interface {
                    vpc: home.name().to_owned(),
                    instance: instance.name().to_owned(),
                    interface: interface.name().to_owned(),
                    address: address.value.into(),
                };
                clients.extend(std::iter::repeat_n(client, if is_near { 3 } else { 1 }));
            }
        }
    }
    let public = match node.value.public_ip.value {
        PublicIp::Address(address) => Some(address),
        _ => None,
    };
    let (from, to) = match public {
        Some(public) if rng.percent(45) => {
            let from = *rng.pick(&[
                Ipv4Addr::new(8, 8, 8, 8),
                Ipv4Addr::new(203, 0, 113, 5),
                Ipv4Addr::new(203, 0, 113, 200),
                Ipv4Addr::new(198, 51, 100, 77),
            ]);
            (Client::Internet { address: from.into() }, public)
        }
        Some(public) if rng.percent(10) => (rng.maybe_pick(&clients)?.clone(), public),
        _ => (rng.maybe_pick(&clients)?.clone(), node.value.ips.first()?.value),
    };
    let listener = rng.maybe_pick(&balancer.value.listeners)?;
    let protocol = match listener.transport {
        Transport::Tcp => TCP,
        Transport::Udp => UDP,
        Transport::TcpUdp => *rng.pick(&[TCP, UDP]),
    };
    let high = |rng: &mut Rng| u16::try_from(rng.between(1024, 65535)).unwrap_or(u16::MAX);
    let packet = Packet {
        from,
        src_port: high(rng),
        to: to.into(),
        dst_port: if rng.percent(4) { *rng.pick(&PORTS) } else { listener.port },
        protocol: if rng.percent(3) { UDP } else { protocol },
        icmp_type: 0,
        icmp_code: 0,
        nat_port: high(rng),
    };
    Some((packet, vpc.name().to_owned(), balancer.name().to_owned(), node.name().to_owned()))
}
