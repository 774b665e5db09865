//! Load balancers and target groups. Gateway Load Balancers are not modelled yet.

use std::net::IpAddr;

use super::super::codes;
use super::super::fields::{Fields, value};
use super::super::grammar::services::{HEALTH_CHECK, LISTENER, LOAD_BALANCER, TARGET_GROUP};
use super::super::grammar::vpc::INTERFACE;
use super::super::node::{Key, Node};
use super::super::problems::{Fault, Problems, quote};
use super::super::{values, words};
use super::instance::interface;
use crate::topology::{
    BalancerKind, Entries, Instance, InstanceKind, Interface, Listener, LoadBalancer, PublicIp, Spanned,
    Target, TargetGroup, Transport, Vpc,
};

fn kind(node: &Node<'_>) -> Option<BalancerKind> {
    words::lookup(words::BALANCER_KINDS, node.get("type").and_then(Node::text)?)
}

/// Whether an entry of `load_balancers` is of a type that is modelled.
pub(super) fn is_modelled(node: &Node<'_>) -> bool {
    kind(node).is_some()
}

/// Adds the load balancers of a VPC, their nodes and their target groups.
pub(super) fn load_balancers(said: Fields<'_, '_>, vpc: &mut Vpc, problems: &mut Problems) {
    for (key, node) in said.map("target_groups") {
        vpc.target_groups.push(key.name(), target_group(Fields::new(node, &TARGET_GROUP)));
    }
    let mut nodes = Entries::default();
    for (key, node) in said.map("load_balancers") {
        let Some(kind) = kind(node) else { continue };
        let said = Fields::new(node, &LOAD_BALANCER);
        let balancer = LoadBalancer {
            kind,
            listeners: listeners(said, kind, &mut vpc.target_groups, problems),
            cross_zone: said.read("cross_zone", values::boolean),
            unknown: said.text("unknown").map(|why| why.value),
            attributes_unknown: said.text("attributes_unknown").map(|why| why.value),
            place: key.place(),
        };
        vpc.load_balancers.push(key.name(), balancer);
        nodes.push(key.name(), instance(key, said, kind));
    }
    super::services::add_interfaces(&mut vpc.instances, nodes, problems);
}

/// A node in each subnet, or the nodes as they are said.
fn instance(key: &Key<'_>, said: Fields<'_, '_>, balancer: BalancerKind) -> Instance {
    let scheme = said.text("scheme").map(|said| Spanned::new(said.value == "internet-facing", said.place));
    let faces_internet = said.read("public_ip", values::boolean).or(scheme);
    let public_ip = faces_internet.map_or(Spanned::implicit(PublicIp::None), |yes| {
        Spanned::new(if yes.value { PublicIp::Assigned } else { PublicIp::None }, yes.place)
    });
    let groups = said.entry("security_groups").map(|_| said.texts("security_groups"));
    // LB-7: a network load balancer that names none has none; the others have the default one.
    let groups = groups.or_else(|| (balancer == BalancerKind::Network).then(Vec::new));
    let mut interfaces = Entries::default();
    for subnet in said.texts("subnets") {
        let interface = Interface {
            subnet: subnet.clone(),
            ips: Vec::new(),
            ipv6: Vec::new(),
            public_ip,
            public_ips: Vec::new(),
            security_groups: groups.clone(),
            more_security_groups: false,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place: subnet.place,
        };
        interfaces.push(subnet, interface);
    }
    for (name, node) in said.map("nodes") {
        let Some(mut node) = interface(node, &INTERFACE, None) else { continue };
        if node.security_groups.is_none() && !node.more_security_groups {
            node.security_groups.clone_from(&groups);
        }
        interfaces.push(name.name(), node);
    }
    let place = said.text("type").map_or(key.place(), |said| said.place);
    let kind = Spanned::new(InstanceKind::LoadBalancer, place);
    Instance { kind, interfaces, place: key.place(), ..Instance::default() }
}

fn transport(text: &str) -> Result<Transport, Fault> {
    words::read(words::TRANSPORTS, "protocol", text)
}

fn target_group(said: Fields<'_, '_>) -> TargetGroup {
    let health = said.get("health_check").map(|node| Fields::new(node, &HEALTH_CHECK));
    TargetGroup {
        targets: said.texts("targets").into_iter().map(target).collect(),
        kind: said.word("target_type", words::TARGET_KINDS),
        transport: said.read("protocol", transport),
        port: said.read("port", values::port),
        health_check_port: health.and_then(|health| health.read("port", values::port)),
        cross_zone: said.read("cross_zone", values::boolean),
        preserve_client_ip: said.read("preserve_client_ip", values::boolean),
        unknown: said.text("unknown").map(|why| why.value),
        attributes_unknown: said.text("attributes_unknown").map(|why| why.value),
        place: said.place(),
    }
}

/// `web`, `10.0.0.4`, or either with a port of its own: `web:8081`, `[2001:db8::1]:8081`.
fn target(said: Spanned<String>) -> Target {
    let plain = |name: &str, port| Target { name: Spanned::new(name.to_owned(), said.place), port };
    if said.value.parse::<IpAddr>().is_ok() {
        return plain(&said.value, None);
    }
    match said.value.rsplit_once(':') {
        Some((name, port)) => match values::port(port) {
            Ok(port) => plain(name.trim_start_matches('[').trim_end_matches(']'), Some(port)),
            Err(_) => plain(&said.value, None),
        },
        None => plain(&said.value, None),
    }
}

fn listeners(
    said: Fields<'_, '_>,
    kind: BalancerKind,
    groups: &mut Entries<TargetGroup>,
    problems: &mut Problems,
) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for (key, node) in said.map("listeners") {
        let (port, protocol) = key.text.split_once('/').unwrap_or((&key.text, "tcp"));
        let (Ok(port), Ok(transport)) = (values::port(port), transport(protocol)) else { continue };
        if transport != Transport::Tcp && kind != BalancerKind::Network {
            let what = if kind == BalancerKind::Classic { "a classic" } else { "an application" };
            let message = format!("{} is not a port of {what} load balancer", quote(&key.text));
            problems.push(
                Fault::error(codes::PORTS, message).help("it takes TCP: `443` (LB-15)").at(key.place()),
            );
            continue;
        }
        let fields = Fields::new(node, &LISTENER);
        let mut target_groups = fields.texts("target_group");
        target_groups.extend(short(node, groups));
        listeners.push(Listener {
            port,
            transport,
            target_groups,
            answers: fields.flag("answers", false),
            unknown: fields.text("unknown").map(|why| why.value),
            place: key.place(),
        });
    }
    listeners
}

/// `web:8080` makes a target group of that name; `web` names one.
fn short(node: &Node<'_>, groups: &mut Entries<TargetGroup>) -> Option<Spanned<String>> {
    let text = value(node, |text| Ok(text.to_owned()))?;
    let Some((targets, port)) = text.value.rsplit_once(':') else { return Some(text) };
    let port = values::port(port).ok()?;
    if groups.get(&text.value).is_none() {
        let group = TargetGroup {
            targets: vec![Target { name: Spanned::new(targets.to_owned(), text.place), port: None }],
            port: Some(Spanned::new(port, text.place)),
            place: text.place,
            ..TargetGroup::default()
        };
        groups.push(text.clone(), group);
    }
    Some(text)
}
