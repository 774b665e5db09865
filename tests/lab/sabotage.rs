//! A mistake in the lab, and in the lab only, is a disagreement: agreement means something.

use vpcreach::lab::probe::{Leg, Outcome};
use vpcreach::verify::{Disagreement, Sabotage};

use super::{leave, read, shipped, verify};

fn disagreements(mistake: Sabotage) -> Vec<Disagreement> {
    let topologies = shipped().into_iter().map(|path| read(&path));
    let broken = topologies.map(|topology| (mistake.apply(&topology), topology));
    let touched = broken.filter(|((_, touched), _)| *touched > 0);
    touched.flat_map(|((broken, _), topology)| verify(&broken, &topology, 60, 5).disagreements).collect()
}

fn dropped(found: &[Disagreement], on: Leg) -> usize {
    let is =
        |one: &&Disagreement| matches!(one.observation.outcome, Outcome::Dropped { leg, .. } if leg == on);
    found.iter().filter(is).count()
}

#[test]
fn swapped_numbers_of_a_network_acl_are_noticed() {
    let Some(_leave) = leave() else { return };
    assert!(!disagreements(Sabotage::SwapAclRules).is_empty());
}

#[test]
fn a_lost_rule_of_a_security_group_is_noticed() {
    let Some(_leave) = leave() else { return };
    let found = disagreements(Sabotage::DropSecurityGroupRule);
    assert!(dropped(&found, Leg::Request) > 0, "{found:#?}");
}

/// What comes in from the internet needs no route; its reply does.
#[test]
fn a_lost_route_of_replies_is_noticed() {
    let Some(_leave) = leave() else { return };
    let found = disagreements(Sabotage::RemoveRoutes);
    assert!(dropped(&found, Leg::Reply) > 0, "{found:#?}");
}
