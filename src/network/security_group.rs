//! Security groups: stateful, allow-only, every rule of every group united (SG-1 to SG-9).

use std::net::IpAddr;

use crate::flow::{AddressSet, FlowSet, Pattern};
use crate::topology::{CaptureKind, Place, Traffic};

use super::code::Code;
use super::filter::{Action, Decided, Direction, RuleId};
use super::id::{InterfaceId, SecurityGroupId, VpcId};
use super::{Network, Owner};

/// A security group.
#[derive(Clone, Debug)]
pub struct SecurityGroup {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// Rules for new flows towards its members.
    pub inbound: Vec<SecurityGroupRule>,
    /// Rules for new flows from its members.
    pub outbound: Vec<SecurityGroupRule>,
    /// Interfaces that carry it.
    pub members: Vec<InterfaceId>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct SecurityGroupRule {
    /// What it matches, but for the remote side.
    pub pattern: Pattern,
    /// The remote side.
    pub peer: Peer,
    /// The remote side as it was said.
    pub peer_text: String,
    /// Where the remote side was said.
    pub peer_place: Place,
    /// Protocol and ports as they were said.
    pub traffic: Traffic,
    /// AWS id, where it is known.
    pub id: Option<String>,
    /// The whole rule; implicit for defaults.
    pub place: Place,
}

/// The remote side of a rule.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Addresses: a CIDR, a named network, a prefix list whose entries are known.
    Addresses(AddressSet),
    /// Members of a group.
    Members(SecurityGroupId),
    /// Members of a group that is gone, or was not captured: nobody (SG-20).
    Stale,
    /// A prefix list whose entries are not known, or a value that the source does not tell; and the code that says so.
    Unknown(Code),
}

/// What the other end of a new flow is, as far as references go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// That interface, by one of its private addresses.
    Interface(InterfaceId),
    /// Hidden: its address was translated (SG-7).
    Translated,
    /// That interface, over a transit gateway that carries references to its groups: inbound rules only (SG-10).
    OverTransitGateway(InterfaceId),
    /// A client whose address that node of a network load balancer leaves as it is: references to the groups of the node
    /// match, those to the groups of the client do not (LB-7).
    OnBehalf(InterfaceId),
    /// Lost in a transit gateway that does not carry references (SG-11).
    LostInTransit,
    /// Lost behind a hop that forwards (SG-11).
    Forwarded,
    /// Not an interface.
    Outside,
}

impl SecurityGroup {
    /// The rules of a direction, in the order in which they were said (which has no meaning, SG-1).
    pub fn rules(&self, direction: Direction) -> &[SecurityGroupRule] {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }
}

impl Network {
    /// What the groups of an interface do to packets of a new flow. One rule that matches is enough; what none
    /// matches is dropped.
    pub fn security_groups_decide(
        &self,
        interface: InterfaceId,
        direction: Direction,
        remote: Identity,
        packets: &FlowSet,
    ) -> Vec<Decided> {
        let this = &self.interfaces[interface];
        let mut rest = packets.clone();
        let mut decided = Vec::new();
        for (rule_id, rule) in self.group_rules(interface, direction) {
            let Some(pattern) = self.rule_pattern(this.vpc, direction, remote, rule_id, rule) else {
                continue;
            };
            let (matched, others) = rest.split(&pattern);
            if !matched.is_empty() {
                decided.push(Decided { packets: matched, action: Action::Allow, rule: Some(rule_id) });
            }
            rest = others;
            if rest.is_empty() {
                return decided;
            }
        }
        for (rule_id, rule) in self.group_rules(interface, direction) {
            if let Peer::Unknown(code) = rule.peer {
                let (matched, others) = rest.split(&rule.pattern);
                if !matched.is_empty() {
                    let action = Action::Unknown(code);
                    decided.push(Decided { packets: matched, action, rule: Some(rule_id) });
                }
                rest = others;
            }
        }
        // A group that the capture lacks may admit what the others do not.
        if this.groups_unknown && !rest.is_empty() {
            decided.push(Decided { packets: rest, action: Action::Unknown(Code::Und002), rule: None });
            return decided;
        }
        // SG-10: whether the gateway carries references, only its own description says.
        let unsaid =
            remote == Identity::LostInTransit && self.missing.contains(&CaptureKind::TransitGateways);
        if unsaid && direction == Direction::Inbound {
            for (rule_id, rule) in self.group_rules(interface, direction) {
                if matches!(rule.peer, Peer::Members(_)) {
                    let (matched, others) = rest.split(&rule.pattern);
                    if !matched.is_empty() {
                        let action = Action::Unknown(Code::Und002);
                        decided.push(Decided { packets: matched, action, rule: Some(rule_id) });
                    }
                    rest = others;
                }
            }
        }
        let any = self.may_be_member(direction, remote, &rest, |far| far.groups_open);
        if any || self.may_be_member(direction, remote, &rest, |far| far.groups_unknown) {
            for (_, rule) in self.group_rules(interface, direction) {
                if matches!(rule.peer, Peer::Stale) || (any && matches!(rule.peer, Peer::Members(_))) {
                    let (matched, others) = rest.split(&rule.pattern);
                    if !matched.is_empty() {
                        let action = Action::Unknown(Code::Und002);
                        decided.push(Decided { packets: matched, action, rule: None });
                    }
                    rest = others;
                }
            }
        }
        if !rest.is_empty() {
            let code = self.mismatch_code(interface, direction, remote, &rest);
            decided.push(Decided { packets: rest, action: Action::Deny(code), rule: None });
        }
        decided
    }

    /// Whether the far end carries groups that are not known in that way: perhaps one that a rule refers to.
    fn may_be_member(
        &self,
        direction: Direction,
        remote: Identity,
        packets: &FlowSet,
        unknown: impl Fn(&super::Interface) -> bool,
    ) -> bool {
        if !self.partial || packets.is_empty() {
            return false;
        }
        let carries_unknown = |id: InterfaceId| unknown(&self.interfaces[id]);
        match (direction, remote) {
            (
                Direction::Inbound,
                Identity::Interface(source)
                | Identity::OverTransitGateway(source)
                | Identity::OnBehalf(source),
            ) => carries_unknown(source),
            (Direction::Inbound, _) => false,
            (Direction::Outbound, _) => {
                let destinations = packets.destinations();
                self.interfaces.iter().any(|(id, other)| {
                    carries_unknown(id)
                        && other.private_addresses().any(|address| destinations.contains(address))
                })
            }
        }
    }

    /// Every rule that applies at an interface.
    pub fn group_rules(
        &self,
        interface: InterfaceId,
        direction: Direction,
    ) -> impl Iterator<Item = (RuleId, &SecurityGroupRule)> {
        self.interfaces[interface].groups.iter().flat_map(move |&group| {
            let rules = self.security_groups[group].rules(direction);
            (0..).zip(rules).map(move |(index, rule)| (RuleId::SecurityGroup(group, direction, index), rule))
        })
    }

    /// What a rule matches at an interface of `vpc`; none if nothing.
    fn rule_pattern(
        &self,
        vpc: VpcId,
        direction: Direction,
        remote: Identity,
        rule_id: RuleId,
        rule: &SecurityGroupRule,
    ) -> Option<Pattern> {
        let addresses = match &rule.peer {
            Peer::Addresses(addresses) => addresses.clone(),
            Peer::Members(group) => {
                let RuleId::SecurityGroup(_, Direction::Inbound | Direction::Outbound, _) = rule_id else {
                    return None;
                };
                self.reference_addresses(vpc, direction, remote, *group)?
            }
            Peer::Stale | Peer::Unknown(_) => return None,
        };
        let mut pattern = rule.pattern.clone();
        match direction {
            Direction::Inbound => pattern.source = Some(addresses),
            Direction::Outbound => pattern.destination = Some(addresses),
        }
        Some(pattern)
    }

    /// The addresses that a reference to `group` stands for at an interface of `vpc` (SG-7, SG-9).
    ///
    /// Inbound, the packet must come from a member as such: a translation or a forwarding hop hides it. Outbound, only
    /// the destination address is known.
    fn reference_addresses(
        &self,
        vpc: VpcId,
        direction: Direction,
        remote: Identity,
        group: SecurityGroupId,
    ) -> Option<AddressSet> {
        let group_data = &self.security_groups[group];
        if let (Direction::Inbound, Identity::OnBehalf(node)) = (direction, remote) {
            let carries = self.is_member(node, group) && self.reference_in_scope(vpc, group_data.vpc);
            return carries.then(crate::flow::all_addresses);
        }
        let over_transit =
            direction == Direction::Inbound && matches!(remote, Identity::OverTransitGateway(_));
        if !over_transit && !self.reference_in_scope(vpc, group_data.vpc) {
            return None;
        }
        let addresses: Box<dyn Iterator<Item = IpAddr> + '_> = match (direction, remote) {
            (Direction::Outbound, _) => Box::new(self.members_private(group)),
            (Direction::Inbound, Identity::Interface(sender)) => {
                let own = self.interfaces[sender].private_addresses();
                Box::new(own.filter(move |address| self.is_members_address(sender, *address, group)))
            }
            (Direction::Inbound, Identity::OverTransitGateway(sender)) if self.is_member(sender, group) => {
                Box::new(self.interfaces[sender].private_addresses())
            }
            (Direction::Inbound, _) => return None,
        };
        Some(AddressSet::from_ranges(addresses.map(|address| (address, address))))
    }

    /// SG-7: whether an address of a sender is one of a member of the group. It is the address that a reference looks at,
    /// so a sender in a VPC with the same range as the group's, and with the address of a member, is taken for that member.
    pub fn is_members_address(&self, sender: InterfaceId, address: IpAddr, group: SecurityGroupId) -> bool {
        let home = self.security_groups[group].vpc;
        let is_twin = || match self.owner(home, address) {
            Some(Owner::Interface(owner)) => self.is_member(owner, group),
            _ => false,
        };
        self.is_member(sender, group) || self.interfaces[sender].vpc != home && is_twin()
    }

    /// SG-9: the same VPC, or an active peering within one region.
    pub fn reference_in_scope(&self, vpc: VpcId, other: VpcId) -> bool {
        vpc == other
            || self.peerings.iter().any(|(_, peering)| {
                peering.is_active() && peering.joins(vpc, other) && self.same_region(vpc, other)
            })
    }

    fn same_region(&self, a: VpcId, b: VpcId) -> bool {
        match (&self.vpcs[a].region, &self.vpcs[b].region) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }

    /// Why no rule matched: a reference that would have, had it been usable, is worth its own code.
    fn mismatch_code(
        &self,
        interface: InterfaceId,
        direction: Direction,
        remote: Identity,
        packets: &FlowSet,
    ) -> Code {
        let plain = match direction {
            Direction::Inbound => Code::Sg001,
            Direction::Outbound => Code::Sg002,
        };
        let vpc = self.interfaces[interface].vpc;
        let references = self
            .group_rules(interface, direction)
            .filter(|(_, rule)| !packets.split(&rule.pattern).0.is_empty());
        for (_, rule) in references {
            let Peer::Members(group) = rule.peer else { continue };
            let in_scope = self.reference_in_scope(vpc, self.security_groups[group].vpc);
            match (direction, remote) {
                (Direction::Inbound, Identity::Translated) => return Code::Sg003,
                (Direction::Inbound, Identity::Forwarded | Identity::LostInTransit) => return Code::Sg004,
                (Direction::Inbound, Identity::Interface(source))
                    if !in_scope && self.is_member(source, group) =>
                {
                    return Code::Sg004;
                }
                (Direction::Outbound, _)
                    if self.members_public(group).any(|address| packets.destinations().contains(address)) =>
                {
                    return Code::Sg003;
                }
                (Direction::Outbound, _)
                    if !in_scope
                        && self
                            .members_private(group)
                            .any(|address| packets.destinations().contains(address)) =>
                {
                    return Code::Sg004;
                }
                _ => {}
            }
        }
        plain
    }

    /// Whether an interface carries a group.
    pub fn is_member(&self, interface: InterfaceId, group: SecurityGroupId) -> bool {
        self.interfaces[interface].groups.contains(&group)
    }

    fn members_private(&self, group: SecurityGroupId) -> impl Iterator<Item = IpAddr> {
        self.security_groups[group]
            .members
            .iter()
            .flat_map(|member| self.interfaces[*member].private_addresses())
    }

    fn members_public(&self, group: SecurityGroupId) -> impl Iterator<Item = IpAddr> {
        self.security_groups[group]
            .members
            .iter()
            .flat_map(|member| self.interfaces[*member].public_addresses())
    }
}
