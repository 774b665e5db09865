//! Security groups and network ACLs.

use super::*;

const SERVICES: [u16; 8] = [22, 80, 443, 3389, 5432, 6379, 8080, 9090];

impl Draft {
    pub(super) fn groups(&mut self) {
        // Names first, since groups refer to each other, also across VPCs.
        let mut names: Vec<Vec<String>> = Vec::new();
        for _ in 0..self.topology.vpcs.len() {
            let count = self.rng.between(1, 4);
            let mut list: Vec<String> = (0..count).map(|number| format!("g{number}")).collect();
            if self.rng.percent(15) {
                list.push("default".to_owned());
            }
            names.push(list);
        }
        for index in 0..names.len() {
            for name in &names[index] {
                let group = self.group(index, &names);
                self.vpc_mut(index).security_groups.push(said(name.clone()), group);
            }
            self.assign_groups(index, &names[index]);
        }
    }

    fn assign_groups(&mut self, index: usize, names: &[String]) {
        let count = self.vpc_mut(index).instances.len();
        for number in 0..count {
            let interfaces = self.vpc_mut(index).instances.0[number].value.interfaces.len();
            for interface in 0..interfaces {
                let mut chosen: Vec<Spanned<String>> = Vec::new();
                for _ in 0..*self.rng.pick(&[1, 1, 1, 2, 3]) {
                    let name = said(self.rng.pick(names).clone());
                    if !chosen.contains(&name) {
                        chosen.push(name);
                    }
                }
                let groups = (!self.rng.percent(10)).then_some(chosen);
                let instance = &mut self.vpc_mut(index).instances.0[number];
                // What forwards for others is mostly let do so.
                let open = instance.name().ends_with("natbox") || instance.name().ends_with("firewall");
                let entry = &mut instance.value.interfaces.0[interface].value;
                entry.security_groups = groups;
                if open && !self.mistake() {
                    self.open_group(index, number);
                }
            }
        }
    }

    fn open_group(&mut self, index: usize, instance: usize) {
        let rules =
            ["0.0.0.0/0", "::/0"].map(|cidr| rule(Traffic::default(), SecurityGroupPeer::Cidr(net(cidr))));
        let vpc = self.vpc_mut(index);
        if vpc.security_groups.get("open").is_none() {
            let (inbound, outbound) = (Some(rules.to_vec()), Some(rules.to_vec()));
            let group = SecurityGroup { inbound, outbound, place: Place::Implicit };
            vpc.security_groups.push(said("open".to_owned()), group);
        }
        vpc.instances.0[instance].value.interfaces.0[0].value.security_groups =
            Some(vec![said("open".to_owned())]);
    }

    fn group(&mut self, index: usize, names: &[Vec<String>]) -> SecurityGroup {
        let mut inbound = Vec::new();
        for _ in 0..self.rng.between(1, 5) {
            inbound.push(self.group_rule(index, names, true));
        }
        let outbound = match self.rng.below(10) {
            0..=7 => None,
            8 if self.mistake() => Some(Vec::new()),
            _ => {
                let count = self.rng.between(2, 4);
                let mut rules: Vec<_> = (0..count).map(|_| self.group_rule(index, names, false)).collect();
                if self.rng.percent(50) {
                    rules.push(rule(
                        ports(Protocol::Tcp, 0, 65535),
                        SecurityGroupPeer::Cidr(net("10.0.0.0/8")),
                    ));
                }
                if self.rng.percent(60) {
                    let anywhere = SecurityGroupPeer::Cidr(net("0.0.0.0/0"));
                    rules.push(rule(ports(Protocol::Tcp, 443, 443), anywhere));
                }
                Some(rules)
            }
        };
        let inbound = (!self.rng.percent(4)).then_some(inbound);
        SecurityGroup { inbound, outbound, place: Place::Implicit }
    }

    fn group_rule(&mut self, index: usize, names: &[Vec<String>], inbound: bool) -> SecurityGroupRule {
        let peer = match self.rng.below(20) {
            0..=4 => SecurityGroupPeer::Cidr(net("0.0.0.0/0")),
            5 | 6 => SecurityGroupPeer::Cidr(net("::/0")),
            7..=10 => SecurityGroupPeer::Cidr(self.cidr_of(index)),
            11..=13 => SecurityGroupPeer::Group(self.rng.pick(&names[index]).clone()),
            14 => SecurityGroupPeer::SelfGroup,
            15 | 16 => {
                let far = self.rng.below(names.len());
                let name = self.rng.pick(&names[far]);
                SecurityGroupPeer::Group(if far == index { name.clone() } else { format!("v{far}/{name}") })
            }
            17 => SecurityGroupPeer::Network("office".to_owned()),
            18 if self.mistake() => SecurityGroupPeer::Group("sg-0123456789abcdef0".to_owned()),
            18 => SecurityGroupPeer::Cidr(self.public_cidr()),
            _ => {
                let managed = self.rng.percent(40) && self.topology.prefix_lists.get("managed").is_some();
                SecurityGroupPeer::PrefixList(if managed { "managed" } else { "partner" }.to_owned())
            }
        };
        let six = matches!(&peer, SecurityGroupPeer::Cidr(IpNet::V6(_)));
        let wide = if inbound { 25 } else { 50 };
        rule(self.traffic(wide, six), peer)
    }

    /// A part of this VPC or of another one, with edges near to hosts.
    fn cidr_of(&mut self, index: usize) -> IpNet {
        let near = self.rng.percent(55);
        let far = self.rng.below(self.topology.vpcs.len());
        let vpc = &self.topology.vpcs.0[if near { index } else { far }].value;
        let mut choices: Vec<IpNet> = vpc.cidrs.iter().map(|cidr| cidr.value.into()).collect();
        choices.push(net("10.0.0.0/8"));
        for subnet in &vpc.subnets {
            choices.extend(subnet.value.cidr.map(|cidr| IpNet::V4(cidr.value)));
            choices.extend(subnet.value.ipv6_cidr.map(|cidr| IpNet::V6(cidr.value)));
        }
        let mut hosts = Vec::new();
        for instance in &vpc.instances {
            for interface in &instance.value.interfaces {
                hosts.extend(interface.value.ips.iter().map(|ip| ip.value));
            }
        }
        if let Some(host) = self.rng.maybe_pick(&hosts).copied() {
            let length = *self.rng.pick(&[32, 31, 28, 26, 25]);
            choices.push(Ipv4Net::new(host, length).expect("a CIDR").trunc().into());
        }
        *self.rng.pick(&choices)
    }

    /// A public address that something in the topology has.
    fn public_cidr(&mut self) -> IpNet {
        let number = 1 + self.rng.below(self.public_addresses.max(1) as usize) as u32;
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(54, 10, 0, 0)) + 7 * number);
        Ipv4Net::new(address, *self.rng.pick(&[32, 24])).expect("a CIDR").trunc().into()
    }

    fn traffic(&mut self, wide: usize, six: bool) -> Traffic {
        if self.rng.percent(wide) {
            return match self.rng.below(3) {
                0 => Traffic::default(),
                1 => ports(Protocol::Tcp, 0, 65535),
                _ => ports(Protocol::Tcp, 1024, 65535),
            };
        }
        let service = *self.rng.pick(&SERVICES);
        match self.rng.below(12) {
            0 | 1 => ports(Protocol::Tcp, service, service + self.rng.below(12) as u16),
            2 => {
                let mut traffic = ports(Protocol::Tcp, service, service);
                traffic.ports.push(PortRange::one(*self.rng.pick(&SERVICES)));
                traffic
            }
            3 => ports(Protocol::Udp, 53, 53),
            4 => ports(Protocol::Udp, 0, 65535),
            5 | 6 => {
                let echo = if six { 128 } else { 8 };
                let protocol = if six { Protocol::Icmpv6 } else { Protocol::Icmp };
                let icmp_type = *self.rng.pick(&[Some(echo), Some(echo), None]);
                Traffic { protocol, icmp_type, ..Traffic::default() }
            }
            7 => {
                let protocol = Protocol::Number(*self.rng.pick(&[47, 50]));
                Traffic { protocol, ..Traffic::default() }
            }
            _ => ports(Protocol::Tcp, service, service),
        }
    }

    pub(super) fn acls(&mut self) {
        for index in 0..self.topology.vpcs.len() {
            let mut names: Vec<String> =
                (0..*self.rng.pick(&[0, 0, 1, 1, 2, 3])).map(|number| format!("acl{number}")).collect();
            if self.rng.percent(8) {
                names.push("default".to_owned());
            }
            for name in &names {
                let acl = self.acl(index);
                self.vpc_mut(index).network_acls.push(said(name.clone()), acl);
            }
            for number in 0..self.vpc_mut(index).subnets.len() {
                let chosen = self.rng.maybe_pick(&names).cloned();
                if let Some(name) = chosen
                    && self.rng.percent(50)
                {
                    self.vpc_mut(index).subnets.0[number].value.network_acl = Association::Named(said(name));
                }
            }
        }
    }

    fn acl(&mut self, index: usize) -> NetworkAcl {
        if self.mistake() && self.rng.percent(30) {
            return NetworkAcl::default();
        }
        // Open one way and careful the other: it is the replies that suffer.
        let (open, careful) = (0, self.rng.between(1, 9));
        let (inward, outward) =
            *self.rng.pick(&[(open, open), (open, careful), (careful, open), (careful, careful)]);
        let (inbound, outbound) = (self.acl_rules(index, inward), self.acl_rules(index, outward));
        NetworkAcl { inbound, outbound }
    }

    // A few special rules, mostly on top of a broad one; in no order.
    fn acl_rules(&mut self, index: usize, broad: usize) -> Vec<AclRule> {
        let mut rules: Vec<AclRule> = Vec::new();
        for _ in 0..self.rng.below(4) {
            let number = self.rng.between(1, 150) as u16;
            let action = if self.rng.percent(55) { AclAction::Deny } else { AclAction::Allow };
            let cidr = self.acl_cidr(index);
            let traffic = self.acl_traffic(matches!(cidr, IpNet::V6(_)), action);
            push_acl(&mut rules, number, action, traffic, cidr);
        }
        for (number, cidr) in [(200, "0.0.0.0/0"), (300, "::/0")] {
            let all = net(cidr);
            let allow = AclAction::Allow;
            if self.mistake() && self.rng.percent(40) {
                continue;
            }
            match broad {
                0..=2 => push_acl(&mut rules, number, allow, Traffic::default(), all),
                3..=8 => {
                    let first = *self.rng.pick(&[1024, 1024, 32768, 49152]);
                    let last = *self.rng.pick(&[65535, 65535, 60999]);
                    push_acl(&mut rules, number, allow, ports(Protocol::Tcp, first, last), all);
                    for (more, service) in [80, 443, 22, 5432].into_iter().enumerate() {
                        let service = ports(Protocol::Tcp, service, service);
                        push_acl(&mut rules, number + 1 + more as u16, allow, service, all);
                    }
                    push_acl(&mut rules, number + 10, allow, ports(Protocol::Udp, 0, 65535), all);
                }
                _ => push_acl(&mut rules, number, allow, ports(Protocol::Tcp, 0, 65535), all),
            }
        }
        for last in (1..rules.len()).rev() {
            rules.swap(last, self.rng.below(last + 1));
        }
        rules
    }

    fn acl_cidr(&mut self, index: usize) -> IpNet {
        match self.rng.below(6) {
            0 => net("0.0.0.0/0"),
            1 => net("203.0.113.128/25"),
            2 => self.public_cidr(),
            _ => self.cidr_of(index),
        }
    }

    fn acl_traffic(&mut self, six: bool, action: AclAction) -> Traffic {
        let service = *self.rng.pick(&SERVICES);
        match self.rng.below(8) {
            0 if action == AclAction::Deny && self.mistake() => Traffic::default(),
            0 => Traffic { protocol: Protocol::Number(47), ..Traffic::default() },
            1 => {
                let first = self.rng.between(1024, 60000);
                let last = first + self.rng.below(65536 - first);
                ports(Protocol::Tcp, first as u16, last as u16)
            }
            2 => ports(Protocol::Udp, 53, 53),
            3 => {
                let protocol = if six { Protocol::Icmpv6 } else { Protocol::Icmp };
                let echoes = if six { [128, 129] } else { [8, 0] };
                let icmp_type = Some(*self.rng.pick(&echoes));
                Traffic { protocol, icmp_type, icmp_code: Some(0), ..Traffic::default() }
            }
            _ => ports(Protocol::Tcp, service, service),
        }
    }
}

fn ports(protocol: Protocol, first: u16, last: u16) -> Traffic {
    Traffic { protocol, ports: vec![PortRange { first, last }], ..Traffic::default() }
}

fn rule(traffic: Traffic, peer: SecurityGroupPeer) -> SecurityGroupRule {
    SecurityGroupRule { traffic, peer: said(peer), id: None, place: Place::Implicit }
}

// NA-2: a number appears once in a direction.
fn push_acl(rules: &mut Vec<AclRule>, number: u16, action: AclAction, traffic: Traffic, cidr: IpNet) {
    if rules.iter().all(|rule| rule.number.value != number) {
        let (number, peer) = (said(number), said(AclPeer::Cidr(cidr)));
        rules.push(AclRule { number, action, traffic, peer, place: Place::Implicit });
    }
}
