//! Application load balancers and target groups. Load balancers of other types are not modelled yet.

use super::super::codes;
use super::super::fields::{Fields, value};
use super::super::grammar::services::{HEALTH_CHECK, LISTENER, LOAD_BALANCER, TARGET_GROUP};
use super::super::node::{Key, Node};
use super::super::problems::{Fault, Problems, quote};
use super::super::values;
use crate::topology::{
    Entries, Instance, InstanceKind, Interface, Listener, LoadBalancer, PublicIp, Spanned, TargetGroup, Vpc,
};

/// Whether an entry of `load_balancers` is of the type that is modelled.
pub(super) fn is_modelled(node: &Node<'_>) -> bool {
    node.get("type").and_then(Node::text) == Some("application")
}

/// Adds the application load balancers of a VPC, their nodes and their target groups.
pub(super) fn load_balancers(said: Fields<'_, '_>, vpc: &mut Vpc, problems: &mut Problems) {
    for (key, node) in said.map("target_groups") {
        vpc.target_groups.push(key.name(), target_group(Fields::new(node, &TARGET_GROUP)));
    }
    let mut nodes = Entries::default();
    for (key, node) in said.map("load_balancers").iter().filter(|(_, node)| is_modelled(node)) {
        let said = Fields::new(node, &LOAD_BALANCER);
        let listeners = listeners(said, &mut vpc.target_groups, problems);
        vpc.load_balancers.push(key.name(), LoadBalancer { listeners, place: key.place() });
        nodes.push(key.name(), instance(key, said));
    }
    super::services::add_interfaces(&mut vpc.instances, nodes, problems);
}

/// A node in each subnet.
fn instance(key: &Key<'_>, said: Fields<'_, '_>) -> Instance {
    let scheme = said.text("scheme").map(|said| Spanned::new(said.value == "internet-facing", said.place));
    let faces_internet = said.read("public_ip", values::boolean).or(scheme);
    let public_ip = faces_internet.map_or(Spanned::implicit(PublicIp::None), |yes| {
        Spanned::new(if yes.value { PublicIp::Assigned } else { PublicIp::None }, yes.place)
    });
    let groups = said.entry("security_groups").map(|_| said.texts("security_groups"));
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
    let place = said.text("type").map_or(key.place(), |said| said.place);
    let kind = Spanned::new(InstanceKind::LoadBalancer, place);
    Instance { kind, interfaces, place: key.place(), ..Instance::default() }
}

fn target_group(said: Fields<'_, '_>) -> TargetGroup {
    let health = said.get("health_check").map(|node| Fields::new(node, &HEALTH_CHECK));
    let kind = said.text("target_type");
    TargetGroup {
        targets: said.texts("targets"),
        port: said.read("port", values::port),
        health_check_port: health.and_then(|health| health.read("port", values::port)),
        cross_zone: said.read("cross_zone", values::boolean),
        foreign: kind.filter(|kind| matches!(kind.value.as_str(), "lambda" | "alb")),
        place: said.place(),
    }
}

fn listeners(
    said: Fields<'_, '_>,
    groups: &mut Entries<TargetGroup>,
    problems: &mut Problems,
) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for (key, node) in said.map("listeners") {
        let (port, protocol) = key.text.split_once('/').unwrap_or((&key.text, "tcp"));
        let Ok(port) = values::port(port) else { continue };
        if protocol.contains("udp") {
            let message = format!("{} is not a port of an application load balancer", quote(&key.text));
            problems.push(
                Fault::error(codes::PORTS, message).help("it takes TCP: `443` (LB-15)").at(key.place()),
            );
            continue;
        }
        let named = Fields::new(node, &LISTENER).text("target_group");
        let Some(target_group) = named.or_else(|| short(node, groups)) else { continue };
        listeners.push(Listener { port, target_group, place: key.place() });
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
            targets: vec![Spanned::new(targets.to_owned(), text.place)],
            port: Some(Spanned::new(port, text.place)),
            place: text.place,
            ..TargetGroup::default()
        };
        groups.push(text.clone(), group);
    }
    Some(text)
}
