//! Where something was said, in a few characters.

use std::collections::BTreeMap;

use crate::network::{Decided, Network, RuleId};
use crate::reach::{Component, Hop, Step, Trace};
use crate::topology::{Place, Sources};

/// `three-tier.yaml:27`, or an AWS id; empty for what nobody said.
pub(crate) fn place(sources: &Sources, place: Place) -> String {
    match sources.locate(place) {
        None => String::new(),
        Some(location) => match (location.line, location.resource) {
            (Some(at), _) => format!("{}:{}", location.file, at.line),
            (None, Some(id)) => id.to_owned(),
            (None, None) => location.file.to_owned(),
        },
    }
}

/// The files that were read: all of a few, or the first and how many more.
pub fn files(sources: &Sources) -> String {
    let names: Vec<&str> = sources.files().iter().map(|file| file.name.as_str()).collect();
    match names.as_slice() {
        [first, _, _, ..] => format!("{first} and {} more", names.len() - 1),
        _ => names.join(", "),
    }
}

/// Places as one list that names each file once: `three-tier.yaml:27, :30, :43`.
pub(crate) fn list(sources: &Sources, places: impl IntoIterator<Item = Place>) -> String {
    let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut resources: Vec<&str> = Vec::new();
    for location in places.into_iter().filter_map(|place| sources.locate(place)) {
        match (location.line, location.resource) {
            (Some(at), _) => lines.entry(location.file).or_default().push(at.line),
            (None, Some(id)) => resources.push(id),
            (None, None) => {}
        }
    }
    let mut texts = Vec::new();
    for (file, mut lines) in lines {
        lines.sort_unstable();
        lines.dedup();
        let lines: Vec<String> = lines.iter().map(|line| format!(":{line}")).collect();
        texts.push(format!("{file}{}", lines.join(", ")));
    }
    resources.sort_unstable();
    resources.dedup();
    texts.extend(resources.into_iter().map(str::to_owned));
    texts.join(", ")
}

/// The rules that decided on both legs of a trace, in the order in which packets met them.
pub(crate) fn deciding_rules(trace: &Trace) -> impl Iterator<Item = RuleId> {
    let reply = trace.reply.iter().flat_map(|leg| &leg.hops);
    trace.request.hops.iter().chain(reply).flat_map(|hop| rules_of(&hop.step))
}

/// The rules that decided in a step.
pub(crate) fn rules_of(step: &Step) -> Vec<RuleId> {
    match step {
        Step::Filtered(parts) => parts.iter().filter_map(|part: &Decided| part.rule).collect(),
        Step::Routed { route, .. } => route.iter().copied().collect(),
        Step::NotConsulted | Step::Rewritten(_) | Step::Passed(_) => Vec::new(),
    }
}

/// The default of AWS that applied at a hop, in words; none if the user said it all.
pub(crate) fn applied_default(network: &Network, hop: &Hop) -> Option<String> {
    let implicit = rules_of(&hop.step).into_iter().any(|rule| network.rule(rule).implicit);
    match hop.component {
        Component::NetworkAcl(subnet, _) if network.subnets[subnet].network_acl_implicit => {
            let subnet = &network.subnets[subnet].name;
            Some(format!("subnet {subnet} names no network ACL: the VPC's default one applies"))
        }
        Component::RouteTable(subnet, _) if network.subnets[subnet].route_table_implicit => {
            let subnet = &network.subnets[subnet].name;
            Some(format!("subnet {subnet} names no route table: the VPC's main one applies"))
        }
        Component::SecurityGroups(_) if implicit && !matches!(hop.step, Step::NotConsulted) => {
            let group = hop.component.name(network).short;
            let direction = hop.direction.map_or("", crate::network::Direction::as_str);
            Some(format!("{group} says nothing of {direction} rules: AWS's default applies"))
        }
        Component::RouteTable(..) if implicit => None,
        _ => None,
    }
}
