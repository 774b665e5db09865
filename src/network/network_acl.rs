//! Network ACLs: stateless, ordered, first match decides (NA-1 to NA-8).

use ipnet::IpNet;

use crate::flow::{AddressSet, FlowSet, Pattern};
use crate::topology::{AclAction, Place, Traffic};

use super::code::Code;
use super::filter::{Action, Decided, Direction, RuleId};
use super::id::{NetworkAclId, VpcId};

/// A network ACL.
#[derive(Clone, Debug)]
pub struct NetworkAcl {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The VPC it belongs to.
    pub vpc: VpcId,
    /// Rules for packets that enter a subnet, by ascending number.
    pub inbound: Vec<AclRule>,
    /// Rules for packets that leave a subnet, by ascending number.
    pub outbound: Vec<AclRule>,
}

/// A numbered rule.
#[derive(Clone, Debug)]
pub struct AclRule {
    /// Its number.
    pub number: u16,
    /// What it does.
    pub action: AclAction,
    /// What it matches.
    pub pattern: Pattern,
    /// Protocol and ports as they were said.
    pub traffic: Traffic,
    /// The remote side as it was said.
    pub peer: String,
    /// Where the remote side was said.
    pub peer_place: Place,
    /// The whole rule; implicit for those of a default ACL that nobody wrote.
    pub place: Place,
}

impl AclRule {
    /// Compiles a rule. The remote side is the source inbound and the destination outbound, and ports are
    /// destination ports in both (NA-3).
    pub fn new(
        number: u16,
        action: AclAction,
        direction: Direction,
        traffic: Traffic,
        peer: (String, AddressSet, Place),
        place: Place,
    ) -> Self {
        let (peer, addresses, peer_place) = peer;
        let mut pattern = super::traffic::pattern(&traffic);
        match direction {
            Direction::Inbound => pattern.source = Some(addresses),
            Direction::Outbound => pattern.destination = Some(addresses),
        }
        Self { number, action, pattern, traffic, peer, peer_place, place }
    }

    /// The rule of a default ACL that nobody edited: allow everything of one family (VP-11).
    pub fn default_allow(number: u16, direction: Direction, everything: IpNet) -> Self {
        let peer = (everything.to_string(), crate::flow::cidr_set(&everything), Place::Implicit);
        Self::new(number, AclAction::Allow, direction, Traffic::default(), peer, Place::Implicit)
    }
}

impl NetworkAcl {
    /// The rules of a direction, by ascending number.
    pub fn rules(&self, direction: Direction) -> &[AclRule] {
        match direction {
            Direction::Inbound => &self.inbound,
            Direction::Outbound => &self.outbound,
        }
    }

    /// What happens to packets that cross the subnet's edge: the lowest rule that matches decides, then `*` denies.
    pub fn decide(&self, id: NetworkAclId, direction: Direction, packets: &FlowSet) -> Vec<Decided> {
        let mut rest = packets.clone();
        let mut decided = Vec::new();
        for (index, rule) in (0..).zip(self.rules(direction)) {
            let (matched, others) = rest.split(&rule.pattern);
            if !matched.is_empty() {
                let action = match rule.action {
                    AclAction::Allow => Action::Allow,
                    AclAction::Deny => Action::Deny(Code::Acl001),
                };
                let rule = Some(RuleId::NetworkAcl(id, direction, index));
                decided.push(Decided { packets: matched, action, rule });
            }
            rest = others;
            if rest.is_empty() {
                return decided;
            }
        }
        let rule = Some(RuleId::AclDefault(id, direction));
        decided.push(Decided { packets: rest, action: Action::Deny(Code::Acl002), rule });
        decided
    }
}
