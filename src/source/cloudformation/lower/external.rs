//! Security groups that no template holds: ids that were written out, or given as parameters.
//!
//! What such a group lets through is not known, but who carries it is, as far as the templates say.

use super::Lowering;
use crate::topology::{Entry, Place, SecurityGroup, SecurityGroupPeer, SecurityGroupRule, Spanned, Traffic};

/// A rule that may be there, for anything.
pub(super) fn any_rule(reason: String, place: Place) -> SecurityGroupRule {
    SecurityGroupRule {
        traffic: Traffic::default(),
        peer: Spanned::new(SecurityGroupPeer::Unknown(reason), place),
        id: None,
        place,
    }
}

impl Lowering<'_> {
    /// The name of a group that no template holds, declared in a VPC.
    pub(super) fn external_group(&mut self, vpc: usize, name: &str, is_id: bool, place: Place) -> String {
        if self.external.insert((vpc, name.to_owned()), is_id).is_none() {
            let reason = format!("the rules of {name} are not in the templates");
            let group = SecurityGroup {
                inbound: Some(vec![any_rule(reason.clone(), place)]),
                outbound: Some(vec![any_rule(reason, place)]),
                place,
            };
            let entry =
                Entry { name: Spanned::new(name.to_owned(), place), aliases: Vec::new(), value: group };
            if let Some(vpc) = self.vpc(vpc) {
                vpc.security_groups.0.push(entry);
            }
        }
        name.to_owned()
    }

    /// Two groups of unknown ids may be one: then a rule about one is a rule about the other.
    pub(super) fn doubt_external_groups(&mut self) {
        let external = std::mem::take(&mut self.external);
        for (index, entry) in self.topology.vpcs.0.iter_mut().enumerate() {
            let here: Vec<(&String, bool)> = external
                .iter()
                .filter(|((vpc, _), _)| *vpc == index)
                .map(|((_, name), is_id)| (name, *is_id))
                .collect();
            if here.len() < 2 || here.iter().all(|(_, is_id)| *is_id) {
                continue;
            }
            for group in &mut entry.value.security_groups.0 {
                for rules in [&mut group.value.inbound, &mut group.value.outbound].into_iter().flatten() {
                    let doubted: Vec<SecurityGroupRule> = rules
                        .iter()
                        .filter(|rule| match &rule.peer.value {
                            SecurityGroupPeer::Group(name) => here.iter().any(|(known, _)| *known == name),
                            _ => false,
                        })
                        .map(|rule| {
                            let mut doubt = rule.clone();
                            let reason = "a group whose id is not known".to_owned();
                            doubt.peer.value = SecurityGroupPeer::Unknown(reason);
                            doubt
                        })
                        .collect();
                    rules.extend(doubted);
                }
            }
        }
        self.external = external;
    }
}
