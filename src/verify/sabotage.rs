//! Mistakes, made on purpose and in the lab only: each must show up as a disagreement.

use crate::topology::{AclAction, RouteTarget, Topology};

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Two neighbouring rules of each network ACL swap their numbers, where one allows and the other denies.
    SwapAclRules,
    /// Each security group loses its first inbound rule.
    DropSecurityGroupRule,
    /// Every route table loses its routes: what is not local finds no way, and no way back.
    RemoveRoutes,
}

impl Sabotage {
    /// Every mistake.
    pub const ALL: [Self; 3] = [Self::SwapAclRules, Self::DropSecurityGroupRule, Self::RemoveRoutes];

    /// Its name on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SwapAclRules => "swap-acl-rules",
            Self::DropSecurityGroupRule => "drop-sg-rule",
            Self::RemoveRoutes => "remove-routes",
        }
    }

    /// The topology with the mistake in it, and how many places it touched.
    #[must_use]
    pub fn apply(self, topology: &Topology) -> (Topology, usize) {
        let mut topology = topology.clone();
        let mut touched = 0;
        for vpc in &mut topology.vpcs.0 {
            let vpc = &mut vpc.value;
            match self {
                Self::SwapAclRules => {
                    let lists = vpc.network_acls.0.iter_mut();
                    for acl in lists.flat_map(|acl| [&mut acl.value.inbound, &mut acl.value.outbound]) {
                        touched += swap(acl);
                    }
                }
                Self::DropSecurityGroupRule => {
                    for group in &mut vpc.security_groups.0 {
                        if let Some(rules) = group.value.inbound.as_mut().filter(|rules| !rules.is_empty()) {
                            rules.remove(0);
                            touched += 1;
                        }
                    }
                }
                Self::RemoveRoutes => {
                    let tables = vpc.route_tables.0.iter_mut().map(|table| &mut table.value.routes);
                    let inline = vpc.subnets.0.iter_mut().filter_map(|subnet| subnet.value.routes.as_mut());
                    for routes in tables.chain(inline) {
                        let before = routes.len();
                        routes.retain(|route| route.target.value == RouteTarget::Local);
                        touched += before - routes.len();
                    }
                }
            }
        }
        (topology, touched)
    }
}

/// Swaps the numbers of the first two neighbours that disagree; in a list where none do, the last rule denies instead.
fn swap(rules: &mut [crate::topology::AclRule]) -> usize {
    rules.sort_by_key(|rule| rule.number.value);
    let opposed = rules.windows(2).position(|pair| match pair {
        [one, other] => one.action != other.action,
        _ => false,
    });
    match opposed.and_then(|index| rules.get_mut(index..index.saturating_add(2))) {
        Some([one, other]) => {
            std::mem::swap(&mut one.number, &mut other.number);
            1
        }
        _ => rules.last_mut().map_or(0, |last| {
            last.action = match last.action {
                AclAction::Allow => AclAction::Deny,
                AclAction::Deny => AclAction::Allow,
            };
            1
        }),
    }
}
