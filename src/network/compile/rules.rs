//! Rules of network ACLs and security groups.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::flow::cidr_set;
use crate::topology::{AclPeer, CaptureKind, Defaults, Diagnostic, Entry, Place, SecurityGroupPeer, Traffic};

use super::super::id::{NetworkAclId, SecurityGroupId, VpcId};
use super::super::{AclRule, Code, Direction, Peer, SecurityGroupRule, traffic};
use super::{Compiler, code, union_of};

impl<'t> Compiler<'t> {
    pub(super) fn rules(&mut self) {
        for (vpc, entry) in self.said() {
            for acl in &entry.value.network_acls {
                if let Some(&id) = self.scope.network_acls.get(&(vpc, acl.name().to_owned())) {
                    self.network_acl(id, &acl.value);
                }
            }
            let default = self.network.vpcs[vpc].default_network_acl;
            if entry.value.network_acls.get(&self.network.network_acls[default].name).is_none() {
                self.default_network_acl(vpc, default);
            }
            for group in &entry.value.security_groups {
                if let Some(&id) = self.scope.security_groups.get(&(vpc, group.name().to_owned())) {
                    self.security_group(vpc, id, group);
                }
            }
            let default = self.network.vpcs[vpc].default_security_group;
            if entry.value.security_groups.get(&self.network.security_groups[default].name).is_none()
                && !self.topology.completeness.is_missing(CaptureKind::SecurityGroups)
            {
                self.network.security_groups[default].inbound = vec![members_of(default)];
                self.network.security_groups[default].outbound = self.everything(vpc);
            }
        }
    }

    /// VP-11: 100 allows all IPv4; 101 allows all IPv6 if the VPC has any.
    fn default_network_acl(&mut self, vpc: VpcId, acl: NetworkAclId) {
        let rules = |direction| {
            let mut rules = vec![AclRule::default_allow(100, direction, IpNet::V4(Ipv4Net::default()))];
            if self.network.vpcs[vpc].has_ipv6() {
                rules.push(AclRule::default_allow(101, direction, IpNet::V6(Ipv6Net::default())));
            }
            rules
        };
        let (inbound, outbound) = (rules(Direction::Inbound), rules(Direction::Outbound));
        let acl = &mut self.network.network_acls[acl];
        acl.inbound = inbound;
        acl.outbound = outbound;
    }

    fn network_acl(&mut self, id: NetworkAclId, said: &'t crate::topology::NetworkAcl) {
        let inbound = self.acl_rules(Direction::Inbound, &said.inbound);
        let outbound = self.acl_rules(Direction::Outbound, &said.outbound);
        let acl = &mut self.network.network_acls[id];
        acl.inbound = inbound;
        acl.outbound = outbound;
    }

    fn acl_rules(&mut self, direction: Direction, said: &'t [crate::topology::AclRule]) -> Vec<AclRule> {
        let mut rules: Vec<AclRule> = Vec::with_capacity(said.len());
        for rule in said {
            let (text, addresses) = match &rule.peer.value {
                AclPeer::Cidr(cidr) => (cidr.trunc().to_string(), cidr_set(cidr)),
                AclPeer::Network(name) => {
                    (format!("net:{name}"), self.network_addresses(name, rule.peer.place))
                }
            };
            let peer = (text, addresses, rule.peer.place);
            let number = rule.number.value;
            if let Some(first) = rules.iter().find(|other| other.number == number)
                && !self.network.partial
            {
                let message = format!("rule number {number} is taken in this direction");
                let first = first.place;
                self.report(
                    Diagnostic::error(code::RULE_NUMBER_TAKEN, message, rule.number.place)
                        .also(first, "by this rule"),
                );
            }
            rules.push(AclRule::new(number, rule.action, direction, rule.traffic.clone(), peer, rule.place));
        }
        rules.sort_by_key(|rule| rule.number);
        rules
    }

    fn security_group(
        &mut self,
        vpc: VpcId,
        id: SecurityGroupId,
        entry: &'t Entry<crate::topology::SecurityGroup>,
    ) {
        let said = &entry.value;
        let inbound = match &said.inbound {
            Some(rules) => self.group_rules(vpc, id, rules),
            None if id == self.network.vpcs[vpc].default_security_group => vec![members_of(id)],
            None => Vec::new(),
        };
        let outbound = match &said.outbound {
            Some(rules) => self.group_rules(vpc, id, rules),
            None => match self.topology.defaults {
                Defaults::Aws => self.everything(vpc),
                Defaults::Terraform => Vec::new(),
            },
        };
        let group = &mut self.network.security_groups[id];
        group.inbound = inbound;
        group.outbound = outbound;
    }

    fn group_rules(
        &mut self,
        vpc: VpcId,
        group: SecurityGroupId,
        said: &'t [crate::topology::SecurityGroupRule],
    ) -> Vec<SecurityGroupRule> {
        said.iter()
            .map(|rule| {
                let (peer, peer_text) = self.peer(vpc, group, &rule.peer.value, rule.peer.place);
                SecurityGroupRule {
                    pattern: traffic::pattern(&rule.traffic),
                    peer,
                    peer_text,
                    peer_place: rule.peer.place,
                    traffic: rule.traffic.clone(),
                    id: rule.id.clone(),
                    place: rule.place,
                }
            })
            .collect()
    }

    fn peer(
        &mut self,
        vpc: VpcId,
        own: SecurityGroupId,
        said: &SecurityGroupPeer,
        place: Place,
    ) -> (Peer, String) {
        match said {
            SecurityGroupPeer::Cidr(cidr) => (Peer::Addresses(cidr_set(cidr)), cidr.trunc().to_string()),
            SecurityGroupPeer::Network(name) => {
                (Peer::Addresses(self.network_addresses(name, place)), format!("net:{name}"))
            }
            SecurityGroupPeer::PrefixList(name) => {
                let list = self.prefix_list(name, place);
                let peer = match list.map(|list| list.entries.as_deref()) {
                    Some(Some(entries)) => Peer::Addresses(union_of(entries)),
                    Some(None) => Peer::Unknown(Code::Und003),
                    None if self.network.partial => Peer::Unknown(Code::Und003),
                    None => Peer::Stale,
                };
                (peer, format!("pl:{name}"))
            }
            SecurityGroupPeer::Unknown(why) => (Peer::Unknown(Code::Und007), format!("? ({why})")),
            SecurityGroupPeer::SelfGroup => (Peer::Members(own), "self".to_owned()),
            SecurityGroupPeer::Group(name) => (self.reference(vpc, name, place), format!("sg:{name}")),
        }
    }

    fn reference(&mut self, vpc: VpcId, name: &str, place: Place) -> Peer {
        let (home, bare) = self.qualified(vpc, name);
        if let Some(&group) = self.scope.security_groups.get(&(home, bare.to_owned())) {
            return Peer::Members(group);
        }
        if self.network.partial
            && let Some(&group) = self.scope.security_groups_anywhere.get(bare)
        {
            return Peer::Members(group);
        }
        if bare.starts_with("sg-") {
            if !self.network.partial {
                self.report(
                    Diagnostic::warning(
                        code::STALE_REFERENCE,
                        format!("no security group `{bare}` is described"),
                        place,
                    )
                    .label("matches nothing")
                    .help("a reference to a deleted group admits nobody (SG-20)"),
                );
            }
            return Peer::Stale;
        }
        let mut known: Vec<String> = Vec::new();
        for (_, group) in
            self.network.security_groups.iter().filter(|(_, group)| group.place != Place::Implicit)
        {
            let vpc_name = &self.network.vpcs[group.vpc].name;
            known.push(if group.vpc == vpc {
                group.name.clone()
            } else {
                format!("{vpc_name}/{}", group.name)
            });
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.unknown_name("security group", &crate::topology::Spanned::new(name.to_owned(), place), &known);
        Peer::Stale
    }

    /// The rules that AWS gives a new group: everything, of each family that the VPC has (VP-12).
    fn everything(&self, vpc: VpcId) -> Vec<SecurityGroupRule> {
        let ipv6 = self.network.vpcs[vpc].has_ipv6().then(|| IpNet::V6(Ipv6Net::default()));
        std::iter::once(IpNet::V4(Ipv4Net::default()))
            .chain(ipv6)
            .map(|everything| default_rule(Peer::Addresses(cidr_set(&everything)), everything.to_string()))
            .collect()
    }
}

fn members_of(group: SecurityGroupId) -> SecurityGroupRule {
    default_rule(Peer::Members(group), "self".to_owned())
}

fn default_rule(peer: Peer, peer_text: String) -> SecurityGroupRule {
    let traffic = Traffic::default();
    SecurityGroupRule {
        pattern: traffic::pattern(&traffic),
        peer,
        peer_text,
        peer_place: Place::Implicit,
        traffic,
        id: None,
        place: Place::Implicit,
    }
}
