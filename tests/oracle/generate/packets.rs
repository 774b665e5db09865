//! Packets for a topology, biased towards what its rules are about.

use std::net::IpAddr;

use vpcreach::topology::*;

use super::super::packet::{Client, ICMP, ICMPV6, Packet, TCP, UDP};
use super::{Rng, beside, host4, host6};

/// What there is to choose from.
pub struct Scene {
    hosts: Vec<Host>,
    /// Addresses of NAT gateways, resolvers and nobody.
    oddities: Vec<IpAddr>,
    /// First and last addresses of CIDRs outside the VPCs, and their neighbours.
    internet: Vec<IpAddr>,
    /// Networks of one's own, with addresses in and beside them.
    sites: Vec<(String, Vec<IpAddr>)>,
    /// Ports at and beside the ends of ranges.
    edges: Vec<u16>,
}

struct Host {
    vpc: String,
    instance: String,
    interface: String,
    addresses: Vec<IpAddr>,
    public: Vec<IpAddr>,
    /// What its groups admit, as far as they say so themselves.
    welcome: Vec<SecurityGroupRule>,
    groups: Vec<String>,
}

impl Scene {
    pub fn new(topology: &Topology) -> Self {
        let mut scene = Self {
            hosts: Vec::new(),
            oddities: Vec::new(),
            internet: Vec::new(),
            sites: Vec::new(),
            edges: Vec::new(),
        };
        for vpc in &topology.vpcs {
            scene.look_at(vpc);
        }
        for network in topology.networks.iter().filter(|network| network.value.on_premises) {
            let mut addresses: Vec<IpAddr> = Vec::new();
            for cidr in &network.value.cidrs {
                match cidr.value {
                    ipnet::IpNet::V4(cidr) => {
                        let count = u32::MAX.checked_shr(cidr.prefix_len().into()).unwrap_or(0);
                        addresses
                            .extend([5, 7 * 256 + 9, count].map(|at| IpAddr::V4(host4(cidr, at.min(count)))));
                    }
                    ipnet::IpNet::V6(cidr) => addresses.push(host6(cidr, 5).into()),
                }
            }
            scene.sites.push((network.name().to_owned(), addresses));
        }
        scene.internet.extend(
            ["8.8.8.8", "203.0.113.5", "203.0.113.127", "203.0.113.128", "203.0.113.200", "198.51.100.63"]
                .map(|address| address.parse::<IpAddr>().expect("an address")),
        );
        scene.internet.extend(
            [
                "198.51.100.64",
                "198.51.100.77",
                "198.51.100.128",
                "192.0.2.9",
                "2001:db8:f:1::5",
                "2001:db8:e::5",
            ]
            .map(|address| address.parse::<IpAddr>().expect("an address")),
        );
        scene.oddities.push("169.254.169.253".parse().expect("an address"));
        scene.oddities.push("169.254.169.254".parse().expect("an address"));
        scene.edges.sort_unstable();
        scene.edges.dedup();
        scene
    }

    fn look_at(&mut self, vpc: &Entry<Vpc>) {
        for acl in &vpc.value.network_acls {
            for rule in acl.value.inbound.iter().chain(&acl.value.outbound) {
                self.look_at_ports(&rule.traffic);
            }
        }
        for group in &vpc.value.security_groups {
            let rules = group.value.inbound.iter().chain(&group.value.outbound).flatten();
            rules.for_each(|rule| self.look_at_ports(&rule.traffic));
        }
        for gateway in &vpc.value.nat_gateways {
            self.oddities.extend(gateway.value.private_ip.map(|ip| IpAddr::V4(ip.value)));
            self.oddities.extend(gateway.value.public_ip.map(|ip| IpAddr::V4(ip.value)));
        }
        if let Some(primary) = vpc.value.cidrs.first() {
            self.oddities.push(host4(primary.value, 2).into());
        }
        for subnet in &vpc.value.subnets {
            if let Some(cidr) = subnet.value.cidr {
                self.oddities.push(host4(cidr.value, 3).into());
                self.oddities.push(host4(cidr.value, 9).into());
            }
            self.oddities.extend(subnet.value.ipv6_cidr.map(|cidr| IpAddr::V6(host6(cidr.value, 9))));
        }
        for instance in &vpc.value.instances {
            for interface in &instance.value.interfaces {
                self.hosts.push(host(vpc, instance, interface));
            }
        }
    }

    fn look_at_ports(&mut self, traffic: &Traffic) {
        for range in &traffic.ports {
            let beside = [range.first.saturating_sub(1), range.last.saturating_add(1)];
            self.edges.extend([range.first, range.last].into_iter().chain(beside));
        }
    }

    /// A packet; none if there is nobody to send or receive one.
    pub fn packet(&self, rng: &mut Rng) -> Option<Packet> {
        if self.hosts.is_empty() {
            return None;
        }
        if !self.sites.is_empty() && rng.percent(30) {
            return self.on_premises(rng);
        }
        let mut packet = match rng.below(20) {
            0..=10 => self.to_host(rng),
            11..=13 => self.to_internet(rng),
            14..=18 => self.internet_client(rng),
            _ => self.to_oddity(rng),
        }?;
        packet.src_port = self.high_port(rng);
        packet.nat_port = self.high_port(rng);
        if rng.percent(12) {
            packet.dst_port = self.any_port(rng);
        }
        if rng.percent(4) {
            packet.to = beside(packet.to, rng.percent(50));
        }
        Some(packet)
    }

    /// To a network, from one, or between two of them.
    fn on_premises(&self, rng: &mut Rng) -> Option<Packet> {
        let (network, addresses) = rng.pick(&self.sites);
        let address = *rng.maybe_pick(addresses)?;
        let mut packet = match rng.below(20) {
            0..=8 => {
                let client = self.pick_host(rng, |host| {
                    host.addresses.iter().any(|own| own.is_ipv4() == address.is_ipv4())
                });
                self.request(rng, client, address)?
            }
            9..=17 => {
                let server = self.pick_host(rng, |host| !host.welcome.is_empty());
                let family: Vec<_> =
                    server.addresses.iter().filter(|own| own.is_ipv4() == address.is_ipv4()).collect();
                let to = **rng.maybe_pick(&family)?;
                let mut packet = blank(Client::Site { network: network.clone(), address }, to);
                self.protocol(rng, &mut packet);
                if let Some(rule) = rng.maybe_pick(&server.welcome) {
                    suit(&mut packet, &rule.traffic, rng);
                }
                packet
            }
            18 => {
                let (_, others) = rng.pick(&self.sites);
                let others: Vec<_> = others.iter().filter(|to| to.is_ipv4() == address.is_ipv4()).collect();
                let to = **rng.maybe_pick(&others)?;
                let mut packet = blank(Client::Site { network: network.clone(), address }, to);
                self.protocol(rng, &mut packet);
                packet
            }
            _ => {
                let odd: Vec<_> = self
                    .oddities
                    .iter()
                    .chain(&self.internet)
                    .filter(|to| to.is_ipv4() == address.is_ipv4())
                    .collect();
                let mut packet =
                    blank(Client::Site { network: network.clone(), address }, **rng.maybe_pick(&odd)?);
                self.protocol(rng, &mut packet);
                packet
            }
        };
        packet.src_port = self.high_port(rng);
        packet.nat_port = self.high_port(rng);
        if rng.percent(6) {
            packet.to = beside(packet.to, rng.percent(50));
        }
        Some(packet)
    }

    // A server, a rule of its, and a client that the rule means.
    fn to_host(&self, rng: &mut Rng) -> Option<Packet> {
        let server = self.pick_host(rng, |host| !host.welcome.is_empty());
        let rule = rng.maybe_pick(&server.welcome);
        let client = match rule.map(|rule| &rule.peer.value) {
            Some(SecurityGroupPeer::Group(name)) if rng.percent(80) => {
                let (vpc, name) = name.split_once('/').unwrap_or((&server.vpc, name));
                self.pick_host(rng, |host| host.vpc == vpc && host.groups.iter().any(|group| group == name))
            }
            Some(SecurityGroupPeer::SelfGroup) if rng.percent(80) => self.pick_host(rng, |host| {
                host.vpc == server.vpc && host.groups.iter().any(|group| server.groups.contains(group))
            }),
            Some(SecurityGroupPeer::Cidr(cidr)) if rng.percent(70) => {
                self.pick_host(rng, |host| host.addresses.iter().any(|address| cidr.contains(address)))
            }
            _ if rng.percent(50) => self.pick_host(rng, |host| host.vpc == server.vpc),
            _ => rng.pick(&self.hosts),
        };
        let six =
            matches!(rule.map(|rule| &rule.peer.value), Some(SecurityGroupPeer::Cidr(ipnet::IpNet::V6(_))));
        let public = !server.public.is_empty() && rng.percent(15);
        let targets = if public { &server.public } else { &server.addresses };
        let preferred: Vec<_> = targets.iter().filter(|address| address.is_ipv6() == six).collect();
        let to = rng.maybe_pick(&preferred).map(|address| **address).or(targets.first().copied())?;
        let mut packet = self.request(rng, client, to)?;
        if let Some(rule) = rule {
            suit(&mut packet, &rule.traffic, rng);
        }
        Some(packet)
    }

    fn to_internet(&self, rng: &mut Rng) -> Option<Packet> {
        let to = *rng.pick(&self.internet);
        // Those without a public address have the longer way.
        let hidden = rng.percent(50);
        let client = self.pick_host(rng, |host| {
            let family = host.addresses.iter().any(|own| own.is_ipv4() == to.is_ipv4());
            family && (!hidden || host.public.is_empty())
        });
        let mut packet = self.request(rng, client, to)?;
        if rng.percent(70) {
            packet.dst_port = *rng.pick(&[443, 443, 80, 53]);
        }
        Some(packet)
    }

    fn internet_client(&self, rng: &mut Rng) -> Option<Packet> {
        let server = self.pick_host(rng, |host| !host.public.is_empty());
        let six: Vec<IpAddr> = server.addresses.iter().copied().filter(IpAddr::is_ipv6).collect();
        let targets = match rng.below(20) {
            0 => &server.addresses,
            1..=5 if !six.is_empty() => &six,
            _ if server.public.is_empty() => &six,
            _ => &server.public,
        };
        let to = *rng.maybe_pick(targets)?;
        let family: Vec<_> =
            self.internet.iter().filter(|address| address.is_ipv4() == to.is_ipv4()).copied().collect();
        let private = to.is_ipv4() && rng.percent(3);
        let address = if private { "192.168.7.7".parse().ok()? } else { *rng.maybe_pick(&family)? };
        let mut packet = blank(Client::Internet { address }, to);
        self.protocol(rng, &mut packet);
        if let Some(rule) = rng.maybe_pick(&server.welcome) {
            suit(&mut packet, &rule.traffic, rng);
        }
        Some(packet)
    }

    fn to_oddity(&self, rng: &mut Rng) -> Option<Packet> {
        let client = rng.pick(&self.hosts);
        let to = *rng.maybe_pick(&self.oddities)?;
        let mut packet = self.request(rng, client, to)?;
        if rng.percent(50) {
            packet.protocol = if rng.percent(70) { UDP } else { TCP };
            packet.dst_port = 53;
        }
        Some(packet)
    }

    fn request(&self, rng: &mut Rng, client: &Host, to: IpAddr) -> Option<Packet> {
        let family: Vec<_> = client.addresses.iter().filter(|own| own.is_ipv4() == to.is_ipv4()).collect();
        // Nobody but a mistaken program asks for a family that it does not have.
        let mistaken = family.is_empty() && rng.percent(10);
        let address = if mistaken { client.addresses.first()? } else { rng.maybe_pick(&family)? };
        // A host that talks to itself does not use the network.
        if client.addresses.contains(&to) {
            return None;
        }
        let (vpc, instance, interface) =
            (client.vpc.clone(), client.instance.clone(), client.interface.clone());
        let mut packet = blank(Client::Interface { vpc, instance, interface, address: *address }, to);
        self.protocol(rng, &mut packet);
        Some(packet)
    }

    fn protocol(&self, rng: &mut Rng, packet: &mut Packet) {
        let icmp = if packet.to.is_ipv4() { ICMP } else { ICMPV6 };
        packet.protocol = match rng.below(20) {
            0..=13 => TCP,
            14 | 15 => UDP,
            16..=18 => icmp,
            _ => *rng.pick(&[47, 50]),
        };
        packet.dst_port = self.any_port(rng);
        let echo = if packet.to.is_ipv4() { 8 } else { 128 };
        (packet.icmp_type, packet.icmp_code) =
            if rng.percent(80) { (echo, 0) } else { *rng.pick(&[(3, 4), (11, 0), (0, 0)]) };
    }

    fn any_port(&self, rng: &mut Rng) -> u16 {
        match rng.maybe_pick(&self.edges) {
            Some(edge) if rng.percent(70) => *edge,
            _ => *rng.pick(&[443, 22, 80, 5432, 53]),
        }
    }

    /// A client port: anywhere, or where some rule begins or ends.
    fn high_port(&self, rng: &mut Rng) -> u16 {
        let edges: Vec<u16> = self.edges.iter().copied().filter(|port| *port >= 1024).collect();
        match rng.maybe_pick(&edges) {
            Some(edge) if rng.percent(35) => *edge,
            _ => rng.between(1024, 65535) as u16,
        }
    }

    fn pick_host(&self, rng: &mut Rng, suitable: impl Fn(&Host) -> bool) -> &Host {
        let hosts: Vec<_> = self.hosts.iter().filter(|host| suitable(host)).collect();
        rng.maybe_pick(&hosts).copied().unwrap_or_else(|| &self.hosts[0])
    }
}

fn host(vpc: &Entry<Vpc>, instance: &Entry<Instance>, interface: &Entry<Interface>) -> Host {
    let said = &interface.value;
    let v4 = said.ips.iter().map(|ip| IpAddr::V4(ip.value));
    let v6 = said.ipv6.iter().map(|ip| IpAddr::V6(ip.value));
    let primary = match said.public_ip.value {
        PublicIp::Address(address) => Some(IpAddr::V4(address)),
        _ => None,
    };
    let further = said.public_ips.iter().map(|pair| IpAddr::V4(pair.public.value));
    let groups: Vec<String> =
        said.security_groups.iter().flatten().map(|group| group.value.clone()).collect();
    let rules = groups.iter().filter_map(|name| vpc.value.security_groups.get(name)?.inbound.as_ref());
    Host {
        vpc: vpc.name().to_owned(),
        instance: instance.name().to_owned(),
        interface: interface.name().to_owned(),
        addresses: v4.chain(v6).collect(),
        public: primary.into_iter().chain(further).collect(),
        welcome: rules.flatten().cloned().collect(),
        groups,
    }
}

fn blank(from: Client, to: IpAddr) -> Packet {
    let (src_port, dst_port, nat_port) = (40000, 443, 50000);
    Packet { from, src_port, to, dst_port, protocol: TCP, icmp_type: 0, icmp_code: 0, nat_port }
}

/// Makes the packet one that a rule is about, for the most part.
fn suit(packet: &mut Packet, traffic: &Traffic, rng: &mut Rng) {
    let icmp = if packet.to.is_ipv4() { ICMP } else { ICMPV6 };
    match traffic.protocol {
        Protocol::All => {}
        Protocol::Icmp | Protocol::Icmpv6 => packet.protocol = icmp,
        other => packet.protocol = other.number().unwrap_or(TCP),
    }
    if let Some(range) = rng.maybe_pick(&traffic.ports) {
        packet.dst_port = match rng.below(3) {
            0 => range.first,
            1 => range.last,
            _ => rng.between(range.first.into(), range.last.into()) as u16,
        };
    }
}
