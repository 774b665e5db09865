//! VPCs, subnets and the gateways of a VPC.

use super::super::fields::{Fields, value};
use super::super::grammar::vpc::{EGRESS_ONLY_INTERNET_GATEWAY, INTERNET_GATEWAY, NAT_GATEWAY, SUBNET, VPC};
use super::super::node::{Key, Kind, Node};
use super::super::problems::Problems;
use super::super::{values, words};
use super::instance::{instance, network_interface};
use super::rules::{network_acl, route_table, routes, security_group};
use super::{implied, load_balancer, services, vpc_endpoint};
use crate::topology::{
    Association, EgressOnlyInternetGateway, Entries, InternetGateway, NatGateway, Spanned, Subnet,
    Unmodelled, Vpc,
};

pub(super) fn vpc(
    key: &Key<'_>,
    node: &Node<'_>,
    unmodelled: &mut Vec<Unmodelled>,
    problems: &mut Problems,
) -> Vpc {
    let said = Fields::new(node, &VPC);
    let mut vpc = Vpc {
        cidrs: known(said.read_all("cidr", values::cidr4_or_unknown)),
        ipv6_cidrs: said.read_all("ipv6_cidr", values::cidr6),
        region: said.text("region"),
        account: said.text("account"),
        dns_support: said.read("dns_support", values::boolean),
        internet_gateway: internet_gateway(said),
        egress_only_internet_gateway: egress_only_internet_gateway(said),
        route_tables: each(said, "route_tables", |_, node| Some(route_table(node))),
        subnets: each(said, "subnets", |_, node| Some(subnet(node))),
        network_acls: each(said, "network_acls", |_, node| Some(network_acl(node, problems))),
        security_groups: each(said, "security_groups", |_, node| Some(security_group(node, problems))),
        instances: each(said, "instances", |key, node| Some(instance(key, node, problems))),
        nat_gateways: each(said, "nat_gateways", |_, node| nat_gateway(node)),
        ..Vpc::default()
    };
    let interfaces = each(said, "network_interfaces", |key, node| network_interface(key, node, problems));
    services::add_interfaces(&mut vpc.instances, interfaces, problems);
    load_balancer::load_balancers(said, &mut vpc, problems);
    vpc_endpoint::endpoints(said, &mut vpc, problems);
    services::in_vpc(said, key, &mut vpc, unmodelled, problems);
    vpc
}

/// Without the `?`.
pub(super) fn known<T>(said: impl IntoIterator<Item = Spanned<Option<T>>>) -> Vec<Spanned<T>> {
    said.into_iter().filter_map(|one| Some(Spanned::new(one.value?, one.place))).collect()
}

fn each<'n, 't, T>(
    said: Fields<'n, 't>,
    key: &str,
    mut read: impl FnMut(&'n Key<'t>, &'n Node<'t>) -> Option<T>,
) -> Entries<T> {
    let mut entries = Entries::default();
    for (name, node) in said.map(key) {
        if let Some(thing) = read(name, node) {
            entries.push(name.name(), thing);
        }
    }
    entries
}

/// What the short form of a gateway says: `true`, `false`, or a map.
pub(super) enum Gateway<'n, 't> {
    /// `true`, with its place.
    On(Spanned<bool>),
    /// A map.
    Long(&'n Node<'t>),
}

/// A gateway in its short or long form; none if it is absent or `false`.
pub(super) fn gateway<'n, 't>(said: Fields<'n, 't>, key: &str) -> Option<(&'n Key<'t>, Gateway<'n, 't>)> {
    let (key, node) = said.entry(key)?;
    match &node.kind {
        Kind::Map(_) => Some((key, Gateway::Long(node))),
        _ => value(node, values::boolean).filter(|on| on.value).map(|on| (key, Gateway::On(on))),
    }
}

fn internet_gateway(said: Fields<'_, '_>) -> Option<InternetGateway> {
    let (key, gateway) = gateway(said, "internet_gateway")?;
    Some(match gateway {
        Gateway::On(attached) => InternetGateway { name: implied("igw", key), attached, route_table: None },
        Gateway::Long(node) => {
            let long = Fields::new(node, &INTERNET_GATEWAY);
            InternetGateway {
                name: long.text("name").unwrap_or_else(|| implied("igw", key)),
                attached: long.read("attached", values::boolean).unwrap_or(Spanned::implicit(true)),
                route_table: long.text("route_table"),
            }
        }
    })
}

fn egress_only_internet_gateway(said: Fields<'_, '_>) -> Option<EgressOnlyInternetGateway> {
    let (key, gateway) = gateway(said, "egress_only_internet_gateway")?;
    let name = match gateway {
        Gateway::On(_) => None,
        Gateway::Long(node) => Fields::new(node, &EGRESS_ONLY_INTERNET_GATEWAY).text("name"),
    };
    Some(EgressOnlyInternetGateway { name: name.unwrap_or_else(|| implied("eigw", key)) })
}

fn nat_gateway(node: &Node<'_>) -> Option<NatGateway> {
    let said = Fields::new(node, &NAT_GATEWAY);
    Some(NatGateway {
        subnet: said.text("subnet")?,
        connectivity: said.word("connectivity", words::CONNECTIVITY),
        state: said.word("state", words::GATEWAY_STATES),
        private_ip: said.read("ip", values::ipv4),
        public_ip: said.read("public_ip", values::ipv4),
        place: said.place(),
    })
}

fn subnet(node: &Node<'_>) -> Subnet {
    let said = Fields::new(node, &SUBNET);
    let association = |key: &str| match said.read(key, values::reference_or_unknown) {
        None => Association::Implicit,
        Some(Spanned { value: None, .. }) => Association::Unknown,
        Some(Spanned { value: Some(name), place }) => Association::Named(Spanned::new(name, place)),
    };
    Subnet {
        cidr: known(said.read("cidr", values::cidr4_or_unknown)).pop(),
        ipv6_cidr: said.read("ipv6_cidr", values::cidr6),
        az: said.text("az"),
        route_table: association("route_table"),
        routes: said.entry("routes").map(|(_, node)| routes(node)),
        network_acl: association("network_acl"),
        auto_assign_public_ip: said.read("auto_assign_public_ip", values::boolean),
        auto_assign_ipv6: said.read("auto_assign_ipv6", values::boolean),
    }
}
