//! A network ACL: one chain per direction, without connection tracking (NA-1 to NA-8).

use super::super::plan::{Device, Direction};
use super::draft::{Chain, Draft, defaults};
use super::traffic;
use crate::topology::{AclAction, AclPeer, AclRule};

/// The chain of one direction: rules by number, the first that matches decides, the rest is denied.
pub(super) fn chain(draft: &mut Draft<'_, '_>, acl: usize, direction: Direction) -> Chain {
    let mut chain = Chain::default();
    let world = draft.world;
    let Some(acl) = world.acls.get(acl) else { return chain };
    let device = || Device::NetworkAcl(world.vpc_name(acl.vpc), acl.name.to_owned());
    let side = match direction {
        Direction::Inbound => "saddr",
        Direction::Outbound => "daddr",
    };
    let Some(said) = acl.rules else {
        let verdict = draft.pass(device(), Some(direction), "100", "return");
        for everything in defaults() {
            chain.rule(&[&traffic::address(side, &everything), &verdict]);
        }
        return chain;
    };
    let rules = match direction {
        Direction::Inbound => &said.inbound,
        Direction::Outbound => &said.outbound,
    };
    let mut sorted: Vec<&AclRule> = rules.iter().collect();
    sorted.sort_by_key(|rule| rule.number.value);
    for rule in sorted {
        let number = rule.number.value.to_string();
        let verdict = match rule.action {
            AclAction::Allow => draft.pass(device(), Some(direction), &number, "return"),
            AclAction::Deny => draft.drop(device(), Some(direction), &number),
        };
        let cidrs = match &rule.peer.value {
            AclPeer::Cidr(cidr) => vec![cidr.trunc()],
            AclPeer::Network(name) => world.network(name),
        };
        for cidr in cidrs {
            if let Some(matches) = traffic::matches(&rule.traffic, traffic::family(&cidr)) {
                chain.rule(&[&traffic::address(side, &cidr), &matches, &verdict]);
            }
        }
    }
    let last = draft.drop(device(), Some(direction), "*");
    chain.rule(&[&last]);
    chain
}
