//! Components that are named here and not modelled yet: each lands in `Topology::unmodelled`.

use std::collections::{HashMap, HashSet};

use super::super::codes;
use super::super::fields::Fields;
use super::super::grammar::services::UNMODELLED;
use super::super::grammar::vpc::VPC;
use super::super::node::{Key, Node};
use super::super::problems::{Fault, Problems, quote};
use super::super::values;
use super::rules::not_a_target;
use super::{on_premises, vpc_endpoint};
use crate::topology::{
    Entries, Entry, Instance, Place, RouteTable, RouteTarget, Spanned, Topology, Unmodelled, Vpc,
};

/// Maps at the top level, and what AWS calls one of their entries.
const TOP_LEVEL: &[(&str, &str)] = &[];

/// Maps in a VPC, and what AWS calls one of their entries.
const IN_VPC: &[(&str, &str)] = &[
    ("endpoints", "VPC endpoint"),
    ("load_balancers", "load balancer"),
    ("network_firewalls", "Network Firewall"),
];

/// Among more names than this nobody looks for the right one.
const MAX_SUGGESTED: usize = 20;

const GATEWAY_TABLE: &str = "gateway route table";

fn one(kind: &str, vpc: Option<&Key<'_>>, name: Spanned<String>) -> Unmodelled {
    let vpc = vpc.map(|key| key.text.clone().into_owned());
    Unmodelled { kind: kind.to_owned(), vpc, name, ..Unmodelled::default() }
}

/// The texts under any of these keys, one or a list of them.
fn words(node: &Node<'_>, keys: &[&str]) -> Vec<String> {
    let values = keys.iter().filter_map(|key| node.get(key));
    let texts =
        values.flat_map(|value| value.text().into_iter().chain(value.items().iter().filter_map(Node::text)));
    texts.map(str::to_owned).collect()
}

/// What stands at the top level.
pub(super) fn top_level(top: Fields<'_, '_>, topology: &mut Topology) {
    for (map, kind) in TOP_LEVEL {
        for (key, _) in top.map(map) {
            topology.unmodelled.push(one(kind, None, key.name()));
        }
    }
    for (key, node) in top.map("unmodelled") {
        topology.unmodelled.push(anything(key, node, None));
    }
    vpc_endpoint::top_level(top, topology);
}

/// An entry of `unmodelled`.
fn anything(key: &Key<'_>, node: &Node<'_>, vpc: Option<&Key<'_>>) -> Unmodelled {
    let said = Fields::new(node, &UNMODELLED);
    let texts = |key| said.texts(key).into_iter().map(|text| text.value).collect();
    Unmodelled {
        addresses: said.read_all("addresses", values::ip).into_iter().map(|address| address.value).collect(),
        subnets: texts("subnets"),
        security_groups: texts("security_groups"),
        why: said.text("why").map(|why| why.value),
        ..one(&said.text("kind").unwrap_or_default().value, vpc, key.name())
    }
}

/// What stands in a VPC.
pub(super) fn in_vpc(
    said: Fields<'_, '_>,
    vpc_key: &Key<'_>,
    vpc: &mut Vpc,
    list: &mut Vec<Unmodelled>,
    problems: &mut Problems,
) {
    for (map, kind) in IN_VPC {
        for (key, node) in said.map(map) {
            let is_modelled = match *map {
                "endpoints" => vpc_endpoint::is_modelled(node),
                "load_balancers" => super::load_balancer::is_modelled(node),
                _ => false,
            };
            if is_modelled {
                continue;
            }
            let mut item = one(kind, Some(vpc_key), key.name());
            item.subnets = words(node, &["subnets", "subnet"]);
            item.security_groups = words(node, &["security_groups"]);
            list.push(item);
            if *map == "network_firewalls" {
                // One endpoint in each subnet: `firewall/subnet` is a route target, too.
                for subnet in node.get("subnets").map_or(&[][..], Node::items) {
                    let Some(text) = subnet.text() else { continue };
                    let name = Spanned::new(format!("{}/{text}", key.text), subnet.place());
                    list.push(one(kind, Some(vpc_key), name));
                }
            }
        }
    }
    for (key, node) in said.map("unmodelled") {
        list.push(anything(key, node, Some(vpc_key)));
        let to = Fields::new(node, &UNMODELLED).texts("propagate_to");
        propagate(&key.text, to, &mut vpc.route_tables, problems);
    }
    on_premises::vpn_gateway(said, vpc, problems);
    let edges = [
        vpc.internet_gateway.as_ref().and_then(|gateway| gateway.route_table.clone()),
        vpc.vpn_gateway.as_ref().and_then(|gateway| gateway.route_table.clone()),
    ];
    for table in edges.into_iter().flatten() {
        list.push(one(GATEWAY_TABLE, Some(vpc_key), table));
    }
}

/// Notes in each route table that it learns the routes of a gateway.
pub(super) fn propagate(
    gateway: &str,
    to: Vec<Spanned<String>>,
    tables: &mut Entries<RouteTable>,
    problems: &mut Problems,
) {
    for_each_table(to, tables, problems, |table, place| {
        table.propagating.push(Spanned::new(gateway.to_owned(), place));
    });
}

/// Edits the tables of these names. The main table need not be written to exist. No later stage sees the names, so
/// an unknown one is reported here.
pub(super) fn for_each_table(
    to: Vec<Spanned<String>>,
    tables: &mut Entries<RouteTable>,
    problems: &mut Problems,
    mut edit: impl FnMut(&mut RouteTable, Place),
) {
    let named = |(at, entry): (usize, &Entry<RouteTable>)| (entry.name().to_owned(), at);
    let mut index: HashMap<String, usize> = tables.iter().enumerate().map(named).collect();
    for table in to {
        if table.value == "main" && !index.contains_key("main") {
            index.insert(table.value.clone(), tables.len());
            tables.push(table.clone(), RouteTable::default());
        }
        match index.get(&table.value).and_then(|at| tables.0.get_mut(*at)) {
            Some(entry) => edit(&mut entry.value, table.place),
            None => {
                let message = format!("there is no route table {} in this VPC", quote(&table.value));
                let fault = Fault::error(codes::UNKNOWN_TABLE, message);
                let known = tables.iter().map(Entry::name).take(MAX_SUGGESTED);
                problems.push(fault.suggest(&table.value, known).at(table.place));
            }
        }
    }
}

/// RT-14: customer gateways and interface endpoints are no route targets. The stage that resolves
/// names knows them only as unmodelled things, so it can't tell.
pub(super) fn check_targets(top: Fields<'_, '_>, topology: &Topology, problems: &mut Problems) {
    let customer: HashSet<&str> =
        top.map("customer_gateways").iter().map(|(key, _)| key.text.as_ref()).collect();
    for ((_, node), vpc) in top.map("vpcs").iter().zip(&topology.vpcs) {
        let interface_endpoints: HashSet<&str> = Fields::new(node, &VPC)
            .map("endpoints")
            .iter()
            .filter(|(_, endpoint)| endpoint.get("type").and_then(Node::text) == Some("interface"))
            .map(|(key, _)| key.text.as_ref())
            .collect();
        for target in targets(&vpc.value) {
            if customer.contains(target.value.as_str()) {
                let why = "it is a customer gateway";
                let help =
                    "name the virtual private gateway or transit gateway of the VPN connection (RT-14)";
                problems.push(not_a_target(&target, why, help));
            } else if interface_endpoints.contains(target.value.as_str()) {
                let why = "it is an interface endpoint";
                let help = "interface endpoints have addresses in their subnets and need no route (RT-14)";
                problems.push(not_a_target(&target, why, help));
            }
        }
    }
}

fn targets(vpc: &Vpc) -> Vec<Spanned<String>> {
    let tables = vpc.route_tables.iter().flat_map(|table| &table.value.routes);
    let inline = vpc.subnets.iter().filter_map(|subnet| subnet.value.routes.as_ref()).flatten();
    let named = |route: &crate::topology::Route| match &route.target.value {
        RouteTarget::Named(name) => Some(Spanned::new(name.clone(), route.target.place)),
        RouteTarget::Local | RouteTarget::Blackhole => None,
    };
    tables.chain(inline).filter_map(named).collect()
}

/// Adds the network interfaces to the instances: both share one set of names.
pub(super) fn add_interfaces(
    instances: &mut Entries<Instance>,
    more: Entries<Instance>,
    problems: &mut Problems,
) {
    let named = |entry: &Entry<Instance>| (entry.name().to_owned(), entry.place());
    let known: HashMap<String, Place> = instances.iter().map(named).collect();
    for entry in more.0 {
        if let Some(first) = known.get(entry.name()) {
            let message = format!("{} is there twice", quote(entry.name()));
            let fault = Fault::error(codes::DUPLICATE_KEY, message)
                .help("instances and network interfaces share their names: rename one of them");
            problems.push(fault.at(entry.place()).also(*first, "first here"));
        }
        instances.0.push(entry);
    }
}
