//! `AWS::EC2::NetworkAcl`, its entries, and its associations.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::bag::{Bag, Field};
use super::traffic::{bounds, protocol, traffic};
use super::{Lowering, Reference};
use crate::topology::{
    AclAction, AclPeer, AclRule, Association, Entry, NetworkAcl, Place, Protocol, Spanned, Traffic,
};

const KIND: &str = "AWS::EC2::NetworkAcl";
const ENTRY_KIND: &str = "AWS::EC2::NetworkAclEntry";
const ASSOCIATION_KIND: &str = "AWS::EC2::SubnetNetworkAclAssociation";
const PROPERTIES: [&str; 8] =
    ["RuleNumber", "Protocol", "RuleAction", "Egress", "CidrBlock", "Ipv6CidrBlock", "PortRange", "Icmp"];

/// The ACL that entries are for.
enum Owner {
    Acl(ResourceId),
    /// The default ACL of that VPC.
    Default(usize),
}

impl Lowering<'_> {
    pub(super) fn network_acls(&mut self) {
        for (id, doubt) in self.existing(KIND) {
            let vpc = match self.vpc_of(id, "VpcId") {
                Ok(vpc) => vpc,
                Err(why) => {
                    self.unresolved(id, "its VPC", &why, self.place(id));
                    continue;
                }
            };
            if let Some(why) = doubt {
                self.unresolved(id, "whether it exists", &why, self.place(id));
                self.unknown_acls.insert(id);
            }
            let entry =
                Entry { name: self.named(id), aliases: self.aliases(id), value: NetworkAcl::default() };
            if let Some(home) = self.vpc(vpc) {
                home.network_acls.0.push(entry);
                let position = home.network_acls.len().saturating_sub(1);
                self.network_acls.insert(id, (vpc, position));
            }
            self.fate(id, Fate::Read);
        }
        for (id, doubt) in self.existing(ENTRY_KIND) {
            self.add_entry(id, doubt);
        }
        for (id, doubt) in self.existing(ASSOCIATION_KIND) {
            self.associate_acl(id, doubt);
        }
        self.doubt_acls();
    }

    fn add_entry(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let reference = self.reference(id, "NetworkAclId");
        let owner = match self.acl_owner(&reference) {
            Some(owner) => owner,
            None => {
                let why = self.why(&reference);
                if reference.is_open() {
                    self.unknown_acls.extend(self.network_acls.keys().copied());
                }
                return self.unresolved(id, "its network ACL", &why, self.place(id));
            }
        };
        let bag = self.bag(id, &PROPERTIES);
        let rule = match doubt {
            Some(why) => Err(why),
            None => self.acl_rule(&bag),
        };
        match (rule, owner) {
            (Ok((egress, rule)), Owner::Acl(acl)) => {
                if let Some(acl) = self.acl_mut(acl) {
                    if egress { acl.outbound.push(rule) } else { acl.inbound.push(rule) }
                }
                self.fate(id, Fate::Read);
            }
            (Ok((egress, rule)), Owner::Default(vpc)) => {
                let acl = self.default_acl(vpc);
                if let Some(acl) = acl {
                    if egress { acl.outbound.push(rule) } else { acl.inbound.push(rule) }
                }
                self.fate(id, Fate::Read);
            }
            (Err(why), owner) => {
                self.unresolved(id, "the rule", &why, bag.place);
                match owner {
                    Owner::Acl(acl) => {
                        self.unknown_acls.insert(acl);
                    }
                    Owner::Default(vpc) => {
                        self.unknown_default_acls.insert(vpc);
                    }
                }
            }
        }
    }

    fn acl_owner(&self, reference: &Reference) -> Option<Owner> {
        if let Some(acl) = self.resource_of(reference, KIND).filter(|acl| self.network_acls.contains_key(acl))
        {
            return Some(Owner::Acl(acl));
        }
        match reference {
            Reference::Resource(symbol) if symbol.attribute.as_deref() == Some("DefaultNetworkAcl") => {
                self.vpcs.get(&symbol.resource).map(|vpc| Owner::Default(*vpc))
            }
            _ => None,
        }
    }

    fn acl_mut(&mut self, id: ResourceId) -> Option<&mut NetworkAcl> {
        let (vpc, position) = *self.network_acls.get(&id)?;
        self.vpc(vpc)?.network_acls.0.get_mut(position).map(|entry| &mut entry.value)
    }

    /// The default ACL of a VPC, written out so that it can hold further rules (VP-11).
    fn default_acl(&mut self, vpc: usize) -> Option<&mut NetworkAcl> {
        let home = self.vpc(vpc)?;
        let name = home.default_network_acl.as_ref().map_or("default", |name| &name.value).to_owned();
        if home.network_acls.get(&name).is_none() {
            let mut acl = NetworkAcl::default();
            for (number, everything) in [(100, "0.0.0.0/0"), (101, "::/0")] {
                if number == 101 && home.ipv6_cidrs.is_empty() {
                    continue;
                }
                let Ok(cidr) = everything.parse() else { continue };
                let rule = AclRule {
                    number: Spanned::implicit(number),
                    action: AclAction::Allow,
                    traffic: Traffic::default(),
                    peer: Spanned::implicit(AclPeer::Cidr(cidr)),
                    place: Place::Implicit,
                };
                acl.inbound.push(rule.clone());
                acl.outbound.push(rule);
            }
            home.network_acls.push(Spanned::implicit(name.clone()), acl);
        }
        home.network_acls.0.iter_mut().find(|entry| entry.name.value == name).map(|entry| &mut entry.value)
    }

    /// Whether it is for what leaves, and the rule.
    fn acl_rule(&self, bag: &Bag) -> Result<(bool, AclRule), Rc<str>> {
        let evaluator = &self.evaluator;
        let need = |name: &str| -> Rc<str> { format!("`{name}` is not said").into() };
        let number = match bag.number(evaluator, "RuleNumber") {
            Field::Known(number) => number,
            Field::Unknown(why, _) => return Err(why),
            Field::Absent => return Err(need("RuleNumber")),
        };
        let in_range = u16::try_from(number.value).ok().filter(|number| (1..=32766).contains(number));
        let number = Spanned::new(in_range.ok_or("rule numbers are from 1 to 32766")?, number.place);
        let egress = match bag.flag(evaluator, "Egress") {
            Field::Known(egress) => egress.value,
            Field::Absent => false,
            Field::Unknown(why, _) => return Err(why),
        };
        let action = bag.text(evaluator, "RuleAction").and_then("allow or deny", |text| {
            match text.to_ascii_lowercase().as_str() {
                "allow" => Some(AclAction::Allow),
                "deny" => Some(AclAction::Deny),
                _ => None,
            }
        });
        let action = match action {
            Field::Known(action) => action.value,
            Field::Unknown(why, _) => return Err(why),
            Field::Absent => return Err(need("RuleAction")),
        };
        let protocol = bag.text(evaluator, "Protocol").and_then("a protocol", |text| protocol(text));
        let protocol: Spanned<Protocol> = match protocol {
            Field::Known(protocol) => protocol,
            Field::Unknown(why, _) => return Err(why),
            Field::Absent => return Err(need("Protocol")),
        };
        let pair = |name: &str, first: &str, last: &str| match bag.get(name) {
            None => Ok((None, None)),
            Some(located) => {
                let inner = Bag::of(located)?;
                bounds(inner.number(evaluator, first), inner.number(evaluator, last))
            }
        };
        let ports = pair("PortRange", "From", "To")?;
        let icmp = pair("Icmp", "Type", "Code")?;
        let traffic = traffic(protocol.value, ports, icmp, bag.place_of("Protocol"))?;
        let peer = match (bag.cidr(evaluator, "CidrBlock"), bag.cidr(evaluator, "Ipv6CidrBlock")) {
            (Field::Known(net), _) | (Field::Absent, Field::Known(net)) => net,
            (Field::Unknown(why, _), _) | (_, Field::Unknown(why, _)) => return Err(why),
            (Field::Absent, Field::Absent) => return Err(need("CidrBlock")),
        };
        let peer = Spanned::new(AclPeer::Cidr(peer.value), peer.place);
        Ok((egress, AclRule { number, action, traffic, peer, place: bag.place }))
    }

    fn associate_acl(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let place = self.place(id);
        let reference = self.reference(id, "NetworkAclId");
        let acl = self.resource_of(&reference, KIND).filter(|acl| self.network_acls.contains_key(acl));
        let subnet = match self.subnet_of(id, "SubnetId") {
            Ok(subnet) => subnet,
            Err(why) => {
                self.open_acl_associations |= self.reference(id, "SubnetId").is_open();
                return self.unresolved(id, "its subnet", &why, place);
            }
        };
        let default = matches!(self.acl_owner(&reference), Some(Owner::Default(vpc)) if vpc == subnet.0);
        let (association, why) = match (doubt, acl) {
            (Some(why), _) => (Association::Unknown, Some(why)),
            (None, Some(acl)) => (Association::Named(Spanned::new(self.name(acl), place)), None),
            (None, None) if default => (Association::Implicit, None),
            (None, None) => (Association::Unknown, Some(self.why(&reference))),
        };
        if let Some(subnet) = self.subnet_mut(subnet) {
            subnet.network_acl = association;
        }
        match why {
            Some(why) => self.unresolved(id, "the association", &why, place),
            None => self.fate(id, Fate::Read),
        }
    }

    /// Of a subnet whose ACL has a rule that is not known, nobody can say what crosses its edge.
    fn doubt_acls(&mut self) {
        let unknown: Vec<(usize, String)> = self
            .unknown_acls
            .iter()
            .filter_map(|id| Some((self.network_acls.get(id)?.0, self.name(*id))))
            .collect();
        let defaults = self.unknown_default_acls.clone();
        for (index, entry) in self.topology.vpcs.0.iter_mut().enumerate() {
            for subnet in &mut entry.value.subnets.0 {
                let doubted = match &subnet.value.network_acl {
                    Association::Named(name) => {
                        unknown.iter().any(|(vpc, acl)| *vpc == index && *acl == name.value)
                    }
                    Association::Implicit => defaults.contains(&index),
                    Association::Unknown => false,
                };
                if doubted {
                    subnet.value.network_acl = Association::Unknown;
                }
            }
        }
    }
}
