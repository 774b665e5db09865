//! From the checked tree to a [`Topology`].

mod instance;
mod load_balancer;
mod on_premises;
mod rules;
mod services;
mod tests_block;
mod transit_gateway;
mod vpc;
mod vpc_endpoint;

use std::collections::HashSet;

use super::codes;
use super::fields::Fields;
use super::grammar::topology::{LINT, NETWORK, PARTIAL, PEERING, PREFIX_LIST, TOPOLOGY};
use super::node::Node;
use super::problems::{Fault, Problems, quote};
use super::values;
use super::words::{self, SourceKind};
use crate::topology::{
    Completeness, Entries, LintSettings, NamedNetwork, PeeringConnection, PrefixList, Spanned, Topology,
};

/// Fills the topology with what the tree says. Whatever `check` reported is left out.
pub(super) fn lower(root: &Node<'_>, topology: &mut Topology, problems: &mut Problems) {
    let top = Fields::new(root, &TOPOLOGY);
    topology.defaults = top.word("defaults", words::DEFAULTS).value;
    topology.completeness = completeness(top);
    topology.prefix_lists = prefix_lists(top);
    topology.networks = networks(top);
    topology.peering_connections = peering_connections(top, &topology.completeness, problems);
    topology.transit_gateways = transit_gateway::transit_gateways(top, &topology.completeness, problems);
    for (key, node) in top.map("vpcs") {
        let vpc = vpc::vpc(key, node, &mut topology.unmodelled, problems);
        topology.vpcs.push(key.name(), vpc);
    }
    on_premises::at_top(top, topology);
    services::top_level(top, topology);
    services::check_targets(top, topology, problems);
    topology.tests = tests_block::tests(top, problems);
    if let Some(node) = top.get("lint") {
        let lint = Fields::new(node, &LINT);
        topology.lint =
            LintSettings { deny: lint.texts("deny"), warn: lint.texts("warn"), allow: lint.texts("allow") };
    }
}

fn completeness(top: Fields<'_, '_>) -> Completeness {
    let Some(node) = top.get("partial") else { return Completeness::Complete };
    let long = Fields::new(node, &PARTIAL);
    let missing =
        long.read_all("missing", |text| words::read(words::CAPTURE_KINDS, "kind of resource", text));
    let read = |text: &str| words::read(words::SOURCE_KINDS, "kind of source", text);
    match super::fields::value(node, read).or_else(|| long.read("of", read)).map(|kind| kind.value) {
        None => Completeness::Complete,
        Some(SourceKind::Plan) => Completeness::Planned,
        Some(SourceKind::Capture) => {
            Completeness::Partial { missing: missing.into_iter().map(|kind| kind.value).collect() }
        }
    }
}

fn prefix_lists(top: Fields<'_, '_>) -> Entries<PrefixList> {
    let mut lists = Entries::default();
    for (key, node) in top.map("prefix_lists") {
        let list = Fields::new(node, &PREFIX_LIST);
        let max_entries = list.read("max_entries", |text| values::number(text, 1, 1000));
        lists.push(key.name(), PrefixList { entries: list.read_list("entries", values::cidr), max_entries });
    }
    lists
}

fn networks(top: Fields<'_, '_>) -> Entries<NamedNetwork> {
    let mut networks = Entries::default();
    let lines: HashSet<String> = ["vpn_connections", "direct_connect_gateways", "virtual_interfaces"]
        .iter()
        .flat_map(|kind| top.map(kind))
        .filter_map(|(_, line)| line.get("network").and_then(Node::text).map(str::to_owned))
        .collect();
    for (key, node) in top.map("networks") {
        let network = Fields::new(node, &NETWORK);
        let network = NamedNetwork {
            cidrs: network.read_all("cidr", values::cidr),
            routes_back: network.read_list("routes_back", values::cidr),
            on_premises: network.flag("on_premises", false) || lines.contains(key.text.as_ref()),
        };
        networks.push(key.name(), network);
    }
    networks
}

fn peering_connections(
    top: Fields<'_, '_>,
    completeness: &Completeness,
    problems: &mut Problems,
) -> Entries<PeeringConnection> {
    let mut connections = Entries::default();
    for (key, node) in top.map("peering_connections") {
        let peering = Fields::new(node, &PEERING);
        let (Some(requester), Some(accepter)) = (peering.text("requester"), peering.text("accepter")) else {
            continue;
        };
        // A capture says what it says.
        if requester.value == accepter.value && *completeness == Completeness::Complete {
            let message = format!("{} can't be peered with itself", quote(&requester.value));
            let fault = Fault::error(codes::SELF_PEERING, message);
            problems.push(fault.at(accepter.place).also(requester.place, "the same VPC"));
        }
        let status = peering.word("status", words::PEERING_STATUSES);
        let place = peering.place();
        let cidrs = |key| peering.read_all(key, values::cidr).into_iter().map(|cidr| cidr.value).collect();
        let connection = PeeringConnection {
            requester,
            accepter,
            status,
            requester_cidrs: cidrs("requester_cidr"),
            accepter_cidrs: cidrs("accepter_cidr"),
            place,
        };
        connections.push(key.name(), connection);
    }
    connections
}

/// A name that nobody wrote, at the place of the key that implies it.
fn implied(name: &str, key: &super::node::Key<'_>) -> Spanned<String> {
    Spanned::new(name.to_owned(), key.place())
}
