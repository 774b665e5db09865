//! Small topologies by hand, in few words.
//!
//! Names are `vpc/name`; without a VPC they are in `v`. Lists are separated by `;` or `,`.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use vpcreach::topology::*;

use super::packet::{Client, ICMP, ICMPV6, Leg, Outcome, Packet, TCP, UDP};
use super::simulator::Simulator;

/// A topology under construction.
#[derive(Clone, Default)]
pub struct Lab {
    pub topology: Topology,
}

fn said<T>(value: T) -> Spanned<T> {
    Spanned::implicit(value)
}

fn split(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or(("v", name))
}

fn items(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split(separator).map(str::trim).filter(|item| !item.is_empty())
}

/// The fixture of the test vectors: a public, a private and a database subnet.
pub fn fixture() -> Lab {
    let mut lab = Lab::default();
    lab.vpc("v", "10.0.0.0/16").internet_gateway("v", true);
    lab.subnet("pub", "10.0.1.0/24").routes("pub", "0.0.0.0/0 igw");
    lab.subnet("priv", "10.0.2.0/24").routes("priv", "0.0.0.0/0 nat");
    lab.subnet("db", "10.0.3.0/24").routes("db", "");
    lab.nat_gateway("nat", "pub", "10.0.1.20", Some("198.51.100.20"));
    lab.group("web", "tcp 443 0.0.0.0/0; tcp 22 sg:app; icmp 8 0.0.0.0/0", "all");
    lab.group("app", "tcp 8080 sg:web", "all");
    lab.group("db", "tcp 5432 sg:app", "all");
    lab.instance("web", "pub", "10.0.1.10", "web").public("web", "198.51.100.10");
    lab.instance("app", "priv", "10.0.2.10", "app");
    lab.instance("db", "db", "10.0.3.10", "db");
    lab
}

impl Lab {
    pub fn vpc_mut(&mut self, name: &str) -> &mut Vpc {
        entry(&mut self.topology.vpcs, name)
    }

    pub fn vpc(&mut self, name: &str, cidrs: &str) -> &mut Self {
        let mut vpc = Vpc::default();
        for cidr in items(cidrs, ',') {
            match cidr.parse().unwrap() {
                IpNet::V4(cidr) => vpc.cidrs.push(said(cidr)),
                IpNet::V6(cidr) => vpc.ipv6_cidrs.push(said(cidr)),
            }
        }
        self.topology.vpcs.push(said(name.to_owned()), vpc);
        self
    }

    pub fn internet_gateway(&mut self, vpc: &str, attached: bool) -> &mut Self {
        let (name, attached) = (said("igw".to_owned()), said(attached));
        self.vpc_mut(vpc).internet_gateway = Some(InternetGateway { name, attached, route_table: None });
        self
    }

    pub fn egress_only(&mut self, vpc: &str) -> &mut Self {
        let gateway = EgressOnlyInternetGateway { name: said("eigw".to_owned()) };
        self.vpc_mut(vpc).egress_only_internet_gateway = Some(gateway);
        self
    }

    pub fn subnet(&mut self, name: &str, cidrs: &str) -> &mut Self {
        let (vpc, name) = split(name);
        let mut subnet = Subnet::default();
        for cidr in items(cidrs, ',') {
            match cidr.parse().unwrap() {
                IpNet::V4(cidr) => subnet.cidr = Some(said(cidr)),
                IpNet::V6(cidr) => subnet.ipv6_cidr = Some(said(cidr)),
            }
        }
        self.vpc_mut(vpc).subnets.push(said(name.to_owned()), subnet);
        self
    }

    pub fn subnet_mut(&mut self, name: &str) -> &mut Subnet {
        let (vpc, name) = split(name);
        entry(&mut self.vpc_mut(vpc).subnets, name)
    }

    /// The routes of a subnet: `0.0.0.0/0 igw; ::/0 eigw`.
    pub fn routes(&mut self, subnet: &str, text: &str) -> &mut Self {
        self.subnet_mut(subnet).routes = Some(routes(text));
        self
    }

    pub fn table(&mut self, name: &str, text: &str) -> &mut Self {
        let (vpc, name) = split(name);
        let table = RouteTable { routes: routes(text), propagating: Vec::new() };
        self.vpc_mut(vpc).route_tables.push(said(name.to_owned()), table);
        self
    }

    /// A network ACL of a subnet: `in 100 allow tcp 443 0.0.0.0/0; out 90 deny all ::/0`.
    pub fn acl(&mut self, subnet: &str, text: &str) -> &mut Self {
        let mut acl = NetworkAcl::default();
        for item in items(text, ';') {
            let words: Vec<&str> = item.split_whitespace().collect();
            let action = if words[2] == "deny" { AclAction::Deny } else { AclAction::Allow };
            let peer = said(AclPeer::Cidr(words[words.len() - 1].parse().unwrap()));
            let (number, traffic) = (said(words[1].parse().unwrap()), traffic(&words[3..words.len() - 1]));
            let rule = AclRule { number, action, traffic, peer, place: Place::Implicit };
            if words[0] == "in" { acl.inbound.push(rule) } else { acl.outbound.push(rule) }
        }
        let (vpc, name) = split(subnet);
        let name = said(format!("acl-of-{name}"));
        self.vpc_mut(vpc).network_acls.0.retain(|entry| entry.name != name);
        self.vpc_mut(vpc).network_acls.push(name.clone(), acl);
        self.subnet_mut(subnet).network_acl = Association::Named(name);
        self
    }

    /// A security group: `tcp 443 0.0.0.0/0; all sg:app`, or `none`, or `all`, or `default`.
    pub fn group(&mut self, name: &str, inbound: &str, outbound: &str) -> &mut Self {
        let (vpc, name) = split(name);
        let (inbound, outbound) = (group_rules(inbound), group_rules(outbound));
        let group = SecurityGroup { inbound, outbound, place: Place::Implicit };
        self.vpc_mut(vpc).security_groups.0.retain(|entry| entry.name() != name);
        self.vpc_mut(vpc).security_groups.push(said(name.to_owned()), group);
        self
    }

    /// An instance with one interface. No groups: nothing was said.
    pub fn instance(&mut self, name: &str, subnet: &str, ips: &str, groups: &str) -> &mut Self {
        let (vpc, name) = split(name);
        self.vpc_mut(vpc).instances.push(said(name.to_owned()), Instance::default());
        let name = format!("{vpc}/{name}");
        self.add_interface(&name, "eth0", subnet, ips, groups)
    }

    pub fn add_interface(
        &mut self,
        instance: &str,
        name: &str,
        subnet: &str,
        ips: &str,
        groups: &str,
    ) -> &mut Self {
        let mut interface = Interface {
            subnet: said(split(subnet).1.to_owned()),
            ips: Vec::new(),
            ipv6: Vec::new(),
            public_ip: said(PublicIp::None),
            public_ips: Vec::new(),
            security_groups: None,
            source_dest_check: None,
            more_security_groups: false,
            attached: true,
            deny_all_igw_traffic: false,
            place: Place::Implicit,
        };
        for ip in items(ips, ',') {
            match ip.parse().unwrap() {
                IpAddr::V4(ip) => interface.ips.push(said(ip)),
                IpAddr::V6(ip) => interface.ipv6.push(said(ip)),
            }
        }
        if !groups.is_empty() {
            let names = items(groups, ',').map(|name| said(name.to_owned()));
            interface.security_groups = Some(names.collect());
        }
        self.instance_mut(instance).interfaces.push(said(name.to_owned()), interface);
        self
    }

    pub fn instance_mut(&mut self, name: &str) -> &mut Instance {
        let (vpc, name) = split(name);
        entry(&mut self.vpc_mut(vpc).instances, name)
    }

    /// The first interface of an instance.
    pub fn interface_mut(&mut self, instance: &str) -> &mut Interface {
        &mut self.instance_mut(instance).interfaces.0[0].value
    }

    pub fn public(&mut self, instance: &str, address: &str) -> &mut Self {
        self.interface_mut(instance).public_ip = said(PublicIp::Address(address.parse().unwrap()));
        self
    }

    pub fn forwards(&mut self, instance: &str) -> &mut Self {
        self.interface_mut(instance).source_dest_check = Some(said(false));
        self
    }

    pub fn nat_gateway(
        &mut self,
        name: &str,
        subnet: &str,
        private: &str,
        public: Option<&str>,
    ) -> &mut Self {
        let (vpc, name) = split(name);
        let parse = |text: &str| said(text.parse::<Ipv4Addr>().unwrap());
        let connectivity = if public.is_some() { Connectivity::Public } else { Connectivity::Private };
        let gateway = NatGateway {
            subnet: said(split(subnet).1.to_owned()),
            connectivity: said(connectivity),
            state: said(GatewayState::Available),
            private_ip: Some(parse(private)),
            public_ip: public.map(parse),
            place: Place::Implicit,
        };
        self.vpc_mut(vpc).nat_gateways.push(said(name.to_owned()), gateway);
        self
    }

    pub fn peering(
        &mut self,
        name: &str,
        requester: &str,
        accepter: &str,
        status: PeeringStatus,
    ) -> &mut Self {
        let peering = PeeringConnection {
            requester: said(requester.to_owned()),
            accepter: said(accepter.to_owned()),
            status: said(status),
            requester_cidrs: Vec::new(),
            accepter_cidrs: Vec::new(),
            place: Place::Implicit,
        };
        self.topology.peering_connections.push(said(name.to_owned()), peering);
        self
    }

    pub fn prefix_list(&mut self, name: &str, entries: Option<&str>) -> &mut Self {
        let parse = |text| items(text, ',').map(|cidr| said(cidr.parse().unwrap())).collect();
        let list = PrefixList { entries: entries.map(parse), max_entries: None };
        self.topology.prefix_lists.push(said(name.to_owned()), list);
        self
    }

    /// `app` or `vpc/app` or `app/eth1` of `v`, or an address on the internet, sends
    /// `10.0.3.10 tcp 443`, `… icmp 8 0`, `… protocol 47`, with `from PORT` and `nat PORT` if need be.
    pub fn ask(&self, from: &str, to: &str) -> Outcome {
        Simulator::new(&self.topology).connect(&self.packet(from, to))
    }

    pub fn packet(&self, from: &str, to: &str) -> Packet {
        let words: Vec<&str> = to.split_whitespace().collect();
        let to: IpAddr = words[0].parse().unwrap();
        let number = |word: &str| -> Option<u16> {
            let at = words.iter().position(|found| *found == word)?;
            words.get(at + 1).and_then(|number| number.parse().ok())
        };
        let icmp = words.get(1) == Some(&"icmp");
        let protocol = match words[1] {
            "tcp" => TCP,
            "udp" => UDP,
            "icmp" if to.is_ipv4() => ICMP,
            "icmp" => ICMPV6,
            _ => number("protocol").unwrap() as u8,
        };
        Packet {
            from: self.client(from, to),
            src_port: number("from").unwrap_or(40000),
            to,
            dst_port: number("tcp").or_else(|| number("udp")).unwrap_or(0),
            protocol,
            icmp_type: if icmp { words[2].parse().unwrap() } else { 0 },
            icmp_code: if icmp { words[3].parse().unwrap() } else { 0 },
            nat_port: number("nat").unwrap_or(50000),
        }
    }

    fn client(&self, from: &str, to: IpAddr) -> Client {
        if let Ok(address) = from.parse() {
            return Client::Internet { address };
        }
        let parts: Vec<&str> = from.split('/').collect();
        let (vpc, instance, interface) = match parts[..] {
            [instance] => ("v", instance, "eth0"),
            [vpc, instance] => (vpc, instance, "eth0"),
            [vpc, instance, interface] => (vpc, instance, interface),
            _ => panic!("which client is {from}?"),
        };
        let found = self.topology.vpcs.get(vpc).unwrap().instances.get(instance).unwrap();
        let found = found.interfaces.get(interface).unwrap();
        let address = match to {
            IpAddr::V4(_) => found.ips.first().map(|ip| ip.value.into()),
            IpAddr::V6(_) => found.ipv6.first().map(|ip| ip.value.into()),
        };
        let address = address.unwrap_or_else(|| found.ips[0].value.into());
        let (vpc, instance, interface) = (vpc.to_owned(), instance.to_owned(), interface.to_owned());
        Client::Interface { vpc, instance, interface, address }
    }

    #[track_caller]
    pub fn reaches(&self, from: &str, to: &str) {
        assert_eq!(self.ask(from, to), Outcome::Delivered, "{from} -> {to}");
    }

    /// Dropped on that leg, by something whose name contains `by`.
    #[track_caller]
    pub fn drops(&self, from: &str, to: &str, leg: Leg, by: &str) {
        match self.ask(from, to) {
            Outcome::Dropped { leg: found, by: who } if found == leg && who.contains(by) => {}
            other => panic!("{from} -> {to}: {other:?}, not dropped on the {leg:?} by {by}"),
        }
    }

    #[track_caller]
    pub fn unknown(&self, from: &str, to: &str, why: &str) {
        match self.ask(from, to) {
            Outcome::Unknown { why: found } if found.contains(why) => {}
            other => panic!("{from} -> {to}: {other:?}, not unknown for {why}"),
        }
    }
}

fn entry<'a, T>(entries: &'a mut Entries<T>, name: &str) -> &'a mut T {
    let found = entries.0.iter_mut().find(|entry| entry.name() == name);
    &mut found.unwrap_or_else(|| panic!("no {name}")).value
}

fn routes(text: &str) -> Vec<Route> {
    items(text, ';').map(route).collect()
}

fn route(text: &str) -> Route {
    let (destination, target) = text.split_once(' ').unwrap();
    let destination = match destination.strip_prefix("pl:") {
        Some(name) => RouteDestination::PrefixList(name.to_owned()),
        None => RouteDestination::Cidr(destination.parse().unwrap()),
    };
    let target = match target {
        "local" => RouteTarget::Local,
        "blackhole" => RouteTarget::Blackhole,
        name => RouteTarget::Named(name.to_owned()),
    };
    let (destination, target) = (said(destination), said(target));
    Route { destination, target, state: None, origin: RouteOrigin::Static, place: Place::Implicit }
}

fn group_rules(text: &str) -> Option<Vec<SecurityGroupRule>> {
    match text {
        "default" => None,
        "none" => Some(Vec::new()),
        "all" => Some(vec![group_rule("all 0.0.0.0/0"), group_rule("all ::/0")]),
        _ => Some(items(text, ';').map(group_rule).collect()),
    }
}

fn group_rule(text: &str) -> SecurityGroupRule {
    let words: Vec<&str> = text.split_whitespace().collect();
    let peer = words[words.len() - 1];
    let peer = match peer.split_once(':') {
        _ if peer == "self" => SecurityGroupPeer::SelfGroup,
        Some(("sg", name)) => SecurityGroupPeer::Group(name.to_owned()),
        Some(("pl", name)) => SecurityGroupPeer::PrefixList(name.to_owned()),
        Some(("net", name)) => SecurityGroupPeer::Network(name.to_owned()),
        _ => SecurityGroupPeer::Cidr(peer.parse().unwrap()),
    };
    let traffic = traffic(&words[..words.len() - 1]);
    SecurityGroupRule { traffic, peer: said(peer), id: None, place: Place::Implicit }
}

/// `all`, `tcp 80,443`, `tcp 1024-65535`, `udp`, `icmp 8 0`, `50`.
fn traffic(words: &[&str]) -> Traffic {
    let protocol = match words[0] {
        "all" => Protocol::All,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        "icmpv6" => Protocol::Icmpv6,
        number => Protocol::from_number(number.parse().unwrap()),
    };
    let mut traffic = Traffic { protocol, ..Traffic::default() };
    if matches!(protocol, Protocol::Icmp | Protocol::Icmpv6) {
        traffic.icmp_type = words.get(1).map(|word| word.parse().unwrap());
        traffic.icmp_code = words.get(2).map(|word| word.parse().unwrap());
    } else if let Some(ports) = words.get(1) {
        traffic.ports = items(ports, ',').map(port_range).collect();
    }
    traffic
}

fn port_range(text: &str) -> PortRange {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    PortRange { first: first.parse().unwrap(), last: last.parse().unwrap() }
}
