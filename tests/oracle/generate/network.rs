//! VPCs, subnets, instances, NAT gateways, peerings: what there is, before any rule.

use std::collections::HashSet;

use super::*;

impl Draft {
    pub(super) fn vpcs(&mut self) {
        let count = *self.rng.pick(&[1, 1, 2, 2, 2, 3, 3, 3, 4]);
        for index in 0..count {
            let vpc = self.vpc(index);
            self.topology.vpcs.push(said(format!("v{index}")), vpc);
        }
    }

    fn vpc(&mut self, index: usize) -> Vpc {
        let mut vpc = Vpc { cidrs: self.vpc_cidrs(index), ..Vpc::default() };
        if self.rng.percent(45) {
            let cidr = Ipv6Net::new(Ipv6Addr::new(0x2001, 0xdb8, index as u16 + 1, 0, 0, 0, 0, 0), 56);
            vpc.ipv6_cidrs.push(said(cidr.expect("a CIDR")));
        }
        if self.regions {
            vpc.region = Some(said((*self.rng.pick(&["eu-central-1", "us-east-1"])).to_owned()));
        }
        if self.rng.percent(8) {
            vpc.dns_support = Some(said(false));
        }
        if self.rng.percent(93) {
            let attached = said(!self.mistake());
            let name = said("igw".to_owned());
            vpc.internet_gateway = Some(InternetGateway { name, attached, route_table: None });
        }
        if !vpc.ipv6_cidrs.is_empty() && self.rng.percent(50) {
            let name = said("eigw".to_owned());
            vpc.egress_only_internet_gateway = Some(EgressOnlyInternetGateway { name });
        }
        self.subnets(&mut vpc);
        let mut taken = HashSet::new();
        self.nat_gateways(index, &mut vpc, &mut taken);
        self.instances(index, &mut vpc, &mut taken);
        vpc
    }

    // Ranges are disjoint, but for a twin now and then.
    fn vpc_cidrs(&mut self, index: usize) -> Vec<Spanned<Ipv4Net>> {
        let twin = if index > 1 { 40 } else { 5 };
        if index > 0 && self.rng.percent(twin) {
            return self.topology.vpcs.0[index - 1].value.cidrs.clone();
        }
        let second = 10 + 20 * index + 2 * self.rng.below(8);
        let primary = format!("10.{second}.0.0/16");
        let secondary = match self.rng.below(10) {
            0 | 1 => Some(format!("10.{}.0.0/16", second + 1)),
            2 => Some(format!("100.{}.0.0/16", 64 + second)),
            _ => None,
        };
        let cidrs = std::iter::once(primary).chain(secondary);
        cidrs.map(|cidr| said(cidr.parse().expect("a CIDR"))).collect()
    }

    fn subnets(&mut self, vpc: &mut Vpc) {
        let count = *self.rng.pick(&[1, 2, 2, 3, 3, 4, 5]);
        for index in 0..count {
            let role = match index {
                0 if vpc.internet_gateway.is_some() => Role::Public,
                _ => *self.rng.pick(&Role::ALL),
            };
            let range = self.rng.pick(&vpc.cidrs).value;
            // Neighbours with nothing in between, and small ones, are where edges are.
            let (first, length) =
                *self.rng.pick(&[(0, 24), (0, 24), (0, 25), (128, 25), (192, 26), (240, 28)]);
            let network = host4(range, 256 * (index as u32 + 1) + first);
            let mut subnet = Subnet {
                cidr: Some(said(Ipv4Net::new(network, length).expect("a CIDR"))),
                ..Subnet::default()
            };
            if let Some(range) = vpc.ipv6_cidrs.first()
                && self.rng.percent(75)
            {
                let network = host6(range.value, (index as u128 + 1) << 64);
                subnet.ipv6_cidr = Some(said(Ipv6Net::new(network, 64).expect("a CIDR")));
                if self.rng.percent(6) && index > 0 {
                    subnet.cidr = None;
                }
            }
            vpc.subnets.push(said(format!("{}{index}", role.name())), subnet);
        }
    }

    fn nat_gateways(&mut self, index: usize, vpc: &mut Vpc, taken: &mut HashSet<IpAddr>) {
        for number in 0..*self.rng.pick(&[0, 1, 1, 1, 2]) {
            let right = |role: Role| role == Role::Public;
            let anywhere = self.mistake();
            let subnets: Vec<_> = vpc.subnets.iter().filter(|subnet| subnet.value.cidr.is_some()).collect();
            let hosts = subnets.iter().filter(|subnet| anywhere || right(Role::of(subnet.name())));
            let hosts: Vec<_> = hosts.collect();
            let Some(subnet) = self.rng.maybe_pick(&hosts) else { continue };
            let name = subnet.name.clone();
            let private_ip = self.free_host(&subnet.value, taken);
            let connectivity =
                if self.rng.percent(12) { Connectivity::Private } else { Connectivity::Public };
            let state = if self.mistake() { GatewayState::Pending } else { GatewayState::Available };
            let public = connectivity == Connectivity::Public;
            let gateway = NatGateway {
                subnet: name,
                connectivity: said(connectivity),
                state: said(state),
                private_ip: private_ip.map(said),
                public_ip: public.then(|| said(self.public_address())),
                place: Place::Implicit,
            };
            vpc.nat_gateways.push(said(format!("v{index}-nat{number}")), gateway);
        }
    }

    /// A free IPv4 host of a subnet, often next to its edges.
    fn free_host(&mut self, subnet: &Subnet, taken: &mut HashSet<IpAddr>) -> Option<Ipv4Addr> {
        let cidr = subnet.cidr?.value;
        let size = 1u32 << (32 - cidr.prefix_len());
        for _ in 0..20 {
            let number = match self.rng.below(5) {
                // Where everybody begins to count: twins have the same hosts.
                1 if size > 16 => 10,
                0 => 4 + self.rng.below(3) as u32,
                1 => size - 2 - self.rng.below(3) as u32,
                _ => 4 + self.rng.below(size as usize - 5) as u32,
            };
            let address = host4(cidr, number);
            if taken.insert(address.into()) {
                return Some(address);
            }
        }
        None
    }

    fn instances(&mut self, index: usize, vpc: &mut Vpc, taken: &mut HashSet<IpAddr>) {
        let subnets: Vec<_> = vpc.subnets.iter().cloned().collect();
        let mut number = 0;
        for subnet in &subnets {
            for _ in 0..*self.rng.pick(&[0, 1, 1, 2, 2, 3]) {
                let name = format!("v{index}-i{number}");
                number += 1;
                let mut instance = self.instance();
                let interface = self.interface(&instance, subnet, taken);
                instance.interfaces.push(said("eth0".to_owned()), interface);
                if self.rng.percent(8) {
                    let other = self.rng.pick(&subnets).clone();
                    let interface = self.interface(&instance, &other, taken);
                    instance.interfaces.push(said("eth1".to_owned()), interface);
                    if self.rng.percent(40) {
                        instance.policy_routing = Some(said(false));
                    }
                }
                instance.interfaces.0.retain(|entry| has_address(&entry.value));
                if !instance.interfaces.is_empty() {
                    vpc.instances.push(said(name), instance);
                }
            }
        }
        for kind in ["natbox", "firewall"] {
            if self.rng.percent(28) {
                self.forwarding_instance(&format!("v{index}-{kind}"), vpc, taken);
            }
        }
    }

    fn instance(&mut self) -> Instance {
        let kinds = [InstanceKind::Rds, InstanceKind::Lambda, InstanceKind::Interface];
        let kind = if self.rng.percent(15) { self.rng.pick(&kinds).clone() } else { InstanceKind::Ec2 };
        let state = if self.rng.percent(1) || self.mistake() && self.rng.percent(20) {
            InstanceState::Stopped
        } else {
            InstanceState::Running
        };
        Instance { kind: said(kind), state: said(state), ..Instance::default() }
    }

    fn interface(
        &mut self,
        instance: &Instance,
        subnet: &Entry<Subnet>,
        taken: &mut HashSet<IpAddr>,
    ) -> Interface {
        let count = if self.rng.percent(10) { 2 } else { 1 };
        let ips: Vec<_> = (0..count).filter_map(|_| self.free_host(&subnet.value, taken)).map(said).collect();
        let mut ipv6 = Vec::new();
        if let Some(range) = subnet.value.ipv6_cidr
            && (ips.is_empty() || self.rng.percent(80))
        {
            let address = host6(range.value, 16 + self.rng.below(60000) as u128);
            if taken.insert(address.into()) {
                ipv6.push(said(address));
            }
        }
        let share = match Role::of(subnet.name()) {
            Role::Public => 70,
            Role::Private | Role::Isolated => 10,
        };
        let mut public_ip = PublicIp::None;
        let mut public_ips = Vec::new();
        if instance.kind.value != InstanceKind::Lambda && !ips.is_empty() && self.rng.percent(share) {
            public_ip = PublicIp::Address(self.public_address());
            if let Some(second) = ips.get(1)
                && self.rng.percent(40)
            {
                let public = said(self.public_address());
                public_ips.push(PublicAddress { private: *second, public });
            }
        }
        let source_dest_check = self.mistake().then(|| said(false));
        Interface {
            subnet: subnet.name.clone(),
            ips,
            ipv6,
            public_ip: said(public_ip),
            public_ips,
            security_groups: None,
            source_dest_check,
            attached: true,
            more_security_groups: false,
            deny_all_igw_traffic: false,
            place: Place::Implicit,
        }
    }

    /// A NAT instance or a firewall; which of the two, its subnet's routes decide.
    fn forwarding_instance(&mut self, name: &str, vpc: &mut Vpc, taken: &mut HashSet<IpAddr>) {
        // RT-20: a firewall has a subnet of its own, unless somebody did not know.
        if name.ends_with("firewall") && !self.mistake() {
            let range = vpc.cidrs[0].value;
            let cidr = Ipv4Net::new(host4(range, 256 * 200), 28).expect("a CIDR");
            let subnet = Subnet { cidr: Some(said(cidr)), routes: Some(Vec::new()), ..Subnet::default() };
            vpc.subnets.push(said("inspection".to_owned()), subnet);
        }
        let mut subnets = vpc.subnets.iter().filter(|subnet| subnet.value.cidr.is_some());
        let subnet = if name.ends_with("natbox") { subnets.next() } else { subnets.next_back() };
        let Some(subnet) = subnet.cloned() else { return };
        let mut instance = Instance::default();
        let mut interface = self.interface(&instance, &subnet, taken);
        if !has_address(&interface) {
            return;
        }
        if name.ends_with("natbox") && !self.mistake() {
            interface.public_ip = said(PublicIp::Address(self.public_address()));
        }
        interface.source_dest_check = (!self.mistake()).then(|| said(false));
        instance.interfaces.push(said("eth0".to_owned()), interface);
        if name.ends_with("firewall") && self.rng.percent(12) {
            let mut interface = self.interface(&instance, &subnet, taken);
            interface.source_dest_check = Some(said(false));
            if has_address(&interface) {
                instance.interfaces.push(said("eth1".to_owned()), interface);
            }
        }
        vpc.instances.push(said(name.to_owned()), instance);
    }

    pub(super) fn peerings(&mut self) {
        let count = self.topology.vpcs.len();
        for a in 0..count {
            for b in a + 1..count {
                let pair = [a, b].map(|index| &self.topology.vpcs.0[index]);
                // PX-2: VPCs that overlap can't be peered.
                if overlap(&pair[0].value, &pair[1].value) {
                    continue;
                }
                let [requester, accepter] = pair.map(|vpc| vpc.name.clone());
                if !self.rng.percent(85) {
                    continue;
                }
                let status = match self.mistake() {
                    true => *self.rng.pick(&[PeeringStatus::PendingAcceptance, PeeringStatus::Deleted]),
                    false => PeeringStatus::Active,
                };
                let peering = PeeringConnection {
                    requester,
                    accepter,
                    status: said(status),
                    requester_cidrs: Vec::new(),
                    accepter_cidrs: Vec::new(),
                    place: Place::Implicit,
                };
                self.topology.peering_connections.push(said(format!("pcx-v{a}-v{b}")), peering);
            }
        }
    }
}

fn has_address(interface: &Interface) -> bool {
    !interface.ips.is_empty() || !interface.ipv6.is_empty()
}

fn overlap(a: &Vpc, b: &Vpc) -> bool {
    a.cidrs.iter().any(|a| {
        b.cidrs.iter().any(|b| a.value.contains(&b.value.network()) || b.value.contains(&a.value.network()))
    })
}
