//! Rules of security groups and network ACLs, and routes.

use super::super::codes;
use super::super::fields::{Fields, value};
use super::super::grammar::rules::{NETWORK_ACL, ROUTE, SECURITY_GROUP, peer_keys, rule_record};
use super::super::node::{Key, Node};
use super::super::peers::{acl_peer, group_peer};
use super::super::problems::{Fault, Problems, quote};
use super::super::traffic::traffic;
use super::super::{values, words};
use crate::topology::{
    AclRule, NetworkAcl, Place, Route, RouteOrigin, RouteTable, SecurityGroup, SecurityGroupPeer,
    SecurityGroupRule, Spanned,
};

pub(super) fn security_group(node: &Node<'_>, problems: &mut Problems) -> SecurityGroup {
    let group = Fields::new(node, &SECURITY_GROUP);
    let mut rules = |key: &str, outbound: bool| {
        let items = group.get(key)?.items();
        Some(items.iter().filter_map(|item| group_rule(item, outbound, problems)).collect())
    };
    SecurityGroup {
        inbound: rules("inbound", false),
        outbound: rules("outbound", true),
        place: group.place(),
    }
}

fn group_rule(node: &Node<'_>, outbound: bool, problems: &mut Problems) -> Option<SecurityGroupRule> {
    let rule = Fields::new(node, rule_record(false, outbound));
    let traffic = traffic(rule, problems);
    let peer = one_peer(rule, outbound, problems)?;
    Some(SecurityGroupRule { traffic: traffic?, peer, id: None, place: rule.place() })
}

/// The one peer of a rule (SG-4), in our words or Terraform's.
fn one_peer(
    rule: Fields<'_, '_>,
    outbound: bool,
    problems: &mut Problems,
) -> Option<Spanned<SecurityGroupPeer>> {
    let mut peers: Vec<(Place, Option<Spanned<SecurityGroupPeer>>)> = Vec::new();
    for key in peer_keys(outbound) {
        let Some(node) = rule.get(key) else { continue };
        for item in node.items() {
            // `self: false` is what Terraform writes for "no".
            if *key == "self" && item.text().is_some_and(|text| values::boolean(text).is_ok_and(|on| !on)) {
                continue;
            }
            peers.push((item.place(), read_peer(key, item)));
        }
    }
    match peers.as_slice() {
        [(_, peer)] => peer.clone(),
        [] => {
            let direction = if outbound { "destination" } else { "source" };
            if peer_keys(outbound).iter().any(|key| rule.get(key).is_some()) {
                let fault = Fault::error(codes::ONE_PEER, format!("the rule has no {direction}"));
                problems.push(fault.help("name one, or remove the rule").at(rule.place()));
            }
            None
        }
        [(first, _), .., (last, _)] => {
            let fault = Fault::error(
                codes::ONE_PEER,
                format!("the rule has {} peers, and a rule has one", peers.len()),
            )
            .help("write one rule for each (SG-4)");
            problems.push(fault.at(*last).also(*first, "the first one"));
            None
        }
    }
}

fn read_peer(key: &str, node: &Node<'_>) -> Option<Spanned<SecurityGroupPeer>> {
    value(node, |text| match key {
        "cidr_blocks" | "ipv6_cidr_blocks" => values::cidr(text).map(SecurityGroupPeer::Cidr),
        "security_groups" => Ok(SecurityGroupPeer::Group(bare(text, "sg:"))),
        "prefix_list_ids" => Ok(SecurityGroupPeer::PrefixList(bare(text, "pl:"))),
        "self" => Ok(SecurityGroupPeer::SelfGroup),
        _ => group_peer(text),
    })
}

fn bare(text: &str, prefix: &str) -> String {
    text.strip_prefix(prefix).unwrap_or(text).to_owned()
}

pub(super) fn network_acl(node: &Node<'_>, problems: &mut Problems) -> NetworkAcl {
    let acl = Fields::new(node, &NETWORK_ACL);
    let mut rules = |key: &str, outbound: bool| {
        acl.map(key).iter().filter_map(|(number, node)| acl_rule(number, node, outbound, problems)).collect()
    };
    NetworkAcl { inbound: rules("inbound", false), outbound: rules("outbound", true) }
}

fn acl_rule(key: &Key<'_>, node: &Node<'_>, outbound: bool, problems: &mut Problems) -> Option<AclRule> {
    let rule = Fields::new(node, rule_record(true, outbound));
    let traffic = traffic(rule, problems);
    let number = values::rule_number(&key.text).ok()?;
    let action = rule.read("action", |text| words::read(words::ACTIONS, "action", text))?;
    let peer = rule.read(if outbound { "destination" } else { "source" }, acl_peer)?;
    let number = Spanned::new(number, key.place());
    Some(AclRule { number, action: action.value, traffic: traffic?, peer, place: whole(key, node) })
}

pub(super) fn route_table(node: &Node<'_>) -> RouteTable {
    RouteTable { routes: routes(node), propagating: Vec::new() }
}

pub(super) fn routes(node: &Node<'_>) -> Vec<Route> {
    let one = |key: &Key<'_>, said: &Node<'_>| {
        let destination = Spanned::new(values::destination(&key.text).ok()?, key.place());
        let place = whole(key, said);
        let long = Fields::new(said, &ROUTE);
        let target = value(said, values::target).or_else(|| long.read("target", values::target))?;
        let state = long.read("state", |text| words::read(words::ROUTE_STATES, "route state", text));
        let origin =
            if long.flag("propagated", false) { RouteOrigin::Propagated } else { RouteOrigin::Static };
        Some(Route { destination, target, state: state.map(|state| state.value), origin, place })
    };
    let all = |(key, said): &(Key<'_>, Node<'_>)| {
        said.items().iter().filter_map(|said| one(key, said)).collect::<Vec<_>>()
    };
    node.entries().iter().flat_map(all).collect()
}

/// From the key to the end of its value, where both stand in one piece of text.
fn whole(key: &Key<'_>, node: &Node<'_>) -> Place {
    let mut span = key.span;
    if node.span.start >= span.end {
        span.end = node.span.end.max(span.end);
    }
    Place::Span(span)
}

/// That a name can't be the target of a route (RT-14).
pub(super) fn not_a_target(target: &Spanned<String>, why: &str, help: &str) -> crate::topology::Diagnostic {
    let message = format!("{} can't be the target of a route: {why}", quote(&target.value));
    Fault::error(codes::ROUTE_TARGET, message).help(help).at(target.place)
}
