//! The router of a VPC: route tables by policy routing, network ACLs by link group, sinks for what has no way.

use ipnet::IpNet;

use super::super::plan::{Device, Direction, MAIN, NamespaceId, Policy, Way};
use super::draft::{Chain, Draft, To, table};
use super::routes::{self, Leads};
use super::{device, group, network_acl};
use crate::topology::PeeringStatus;

/// Numbers of the kernel's tables: one for each subnet, which has the routes of its route table.
const FIRST_TABLE: u32 = 1000;

pub(super) fn build(draft: &mut Draft<'_, '_>, vpc: usize) {
    let router = draft.router(vpc);
    draft.link((router, device::BLACKHOLE, group::SINK), (router, device::NO_ROUTE, group::SINK));
    draft.link((router, device::NOBODY, group::SINK), (router, device::GAP, group::SINK));
    let subnets: Vec<usize> = (0..draft.world.subnets.len())
        .filter(|subnet| draft.world.subnets.get(*subnet).is_some_and(|subnet| subnet.vpc == vpc))
        .collect();
    let mut forward = Forward::default();
    for subnet in &subnets {
        kernel_routes(draft, router, *subnet, &mut forward);
    }
    unmodelled_addresses(draft, router, vpc);
    draft.last_resort(router, MAIN, device::NOBODY);
    let text = ruleset(draft, vpc, &subnets, forward);
    draft.ruleset(router, text);
}

/// What the forward chain has to say of routes.
#[derive(Default)]
struct Forward {
    sinks: Chain,
    narration: Chain,
}

fn kernel_routes(draft: &mut Draft<'_, '_>, router: NamespaceId, subnet: usize, forward: &mut Forward) {
    let world = draft.world;
    let Some(said) = world.subnets.get(subnet) else { return };
    let (mark, vpc) = (group::of_subnet(subnet), said.vpc);
    let number = FIRST_TABLE.saturating_add(mark);
    // W-3: within a subnet no route is looked up.
    for cidr in &said.cidrs {
        draft.policy(router, Policy { preference: 1000, mark, to: Some(*cidr), table: MAIN });
    }
    draft.policy(router, Policy { preference: 2000, mark, to: None, table: number });
    let name = said.table.and_then(|table| world.tables.get(table)).map_or("?", |table| &table.name);
    let route_table = || Device::RouteTable(world.vpc_name(vpc), name.to_owned());
    for route in routes::of_subnet(draft, subnet) {
        let way = match route.leads {
            Leads::Local => Way::Throw,
            Leads::Blackhole => Way::Device(device::BLACKHOLE.to_owned()),
            Leads::InternetGateway => gateway(draft, vpc, To::InternetGateway),
            Leads::EgressOnly => gateway(draft, vpc, To::EgressOnly),
            Leads::Nat(nat) => gateway(draft, vpc, To::Nat(nat)),
            Leads::Interface(interface) => gateway(draft, vpc, To::Interface(interface)),
            Leads::Peering(peering) => gateway(draft, vpc, To::Peering(peering)),
            Leads::TransitGateway(transit) => {
                let zone = world.zones().iter().position(|zone| *zone == said.zone).unwrap_or_default();
                gateway(draft, vpc, To::TransitGateway(transit, zone))
            }
            Leads::Unknown(what) => {
                let gap = draft.gap(&what, "it is not modelled, or not described");
                forward.sinks.rule(&[&format!("oifname \"{}\" meta mark {mark}", device::GAP), &gap]);
                Way::Device(device::GAP.to_owned())
            }
        };
        draft.route(router, number, route.destination, way);
    }
    draft.last_resort(router, number, device::NO_ROUTE);
    for (sink, rule) in [(device::BLACKHOLE, "blackhole"), (device::NO_ROUTE, "no route")] {
        let verdict = draft.drop(route_table(), None, rule);
        forward.sinks.rule(&[&format!("oifname \"{sink}\" meta mark {mark}"), &verdict]);
    }
    if draft.narrates() {
        let ports: Vec<(String, String)> =
            draft.ports_of(vpc).map(|port| (port.device.clone(), port.name.clone())).collect();
        for (device, name) in ports {
            let log = draft.pass(route_table(), None, &format!("→ {name}"), "");
            forward.narration.rule(&[&format!("meta mark {mark} oifname \"{device}\""), &log]);
        }
    }
}

/// A peering of other VPCs, say, is no way from here.
fn gateway(draft: &Draft<'_, '_>, vpc: usize, to: To) -> Way {
    let device = draft.port(vpc, to).map_or(device::BLACKHOLE, |port| &port.device);
    Way::Device(device.to_owned())
}

/// Addresses of things that the lab can't express.
fn unmodelled_addresses(draft: &mut Draft<'_, '_>, router: NamespaceId, vpc: usize) {
    let cidrs = draft.world.cidrs(vpc);
    for thing in &draft.world.topology.unmodelled {
        for address in
            thing.addresses.iter().filter(|address| cidrs.iter().any(|cidr| cidr.contains(*address)))
        {
            draft.route(router, MAIN, (*address).into(), Way::Device(device::GAP.to_owned()));
        }
    }
}

fn ruleset(draft: &mut Draft<'_, '_>, vpc: usize, subnets: &[usize], routes: Forward) -> String {
    let mut chains = Vec::new();
    let (mut marks, mut doors) = (Vec::new(), Vec::new());
    let (mut same, mut inbound, mut outbound) = (Vec::new(), Vec::new(), Vec::new());
    for subnet in subnets {
        let group = group::of_subnet(*subnet);
        // TG-6: from a transit gateway to a host in the attachment's own subnet, no list is asked; the other way round, both.
        let door = group::of_door(*subnet);
        marks.extend([format!("{group} : {group}"), format!("{door} : {group}")]);
        same.extend([format!("{group} . {group}"), format!("{door} . {group}")]);
        doors.push(door.to_string());
        for (direction, jumps) in [(Direction::Inbound, &mut inbound), (Direction::Outbound, &mut outbound)] {
            let chain = acl_chain(draft, *subnet, direction);
            let name = format!("acl{group}_{}", if direction == Direction::Inbound { "in" } else { "out" });
            jumps.extend([format!("{group} : jump {name}"), format!("{door} : jump {name}")]);
            chains.push(chain.text(&name, None));
        }
    }
    let mut pre = Chain::default();
    let mut forward = Chain::default();
    // A packet that went round until its time to live is nearly used up.
    let nobody = draft.drop(Device::Router(draft.world.vpc_name(vpc)), None, "nobody has the address");
    let around = draft.drop(Device::Router(draft.world.vpc_name(vpc)), None, "routing loop");
    pre.rule(&["ip ttl <= 3", &around]);
    pre.rule(&["ip6 hoplimit <= 3", &around]);
    if !subnets.is_empty() {
        pre.rule(&[&format!("meta mark set meta iifgroup map {{ {} }}", marks.join(", "))]);
        if draft.narrates() {
            let within = draft.pass(Device::Router(draft.world.vpc_name(vpc)), None, "same subnet", "");
            forward.rule(&[&format!("meta iifgroup . meta oifgroup {{ {} }}", same.join(", ")), &within]);
        }
        forward.rule(&[&format!("meta iifgroup . meta oifgroup {{ {} }} accept", same.join(", "))]);
        // W-3: within a subnet there is no list on the way to an address that nobody has, either.
        for subnet in subnets {
            let cidrs = draft.world.subnets.get(*subnet).map_or(&[][..], |subnet| &subnet.cidrs);
            for cidr in cidrs {
                let within =
                    format!("meta mark {} oifname \"{}\"", group::of_subnet(*subnet), device::NOBODY);
                forward.rule(&[&within, &super::traffic::address("daddr", cidr), &nobody]);
            }
        }
        forward.rule(&[&format!("meta iifgroup vmap {{ {} }}", outbound.join(", "))]);
    }
    forward.lines.push_str(&routes.sinks.lines);
    peering_rules(draft, vpc, &mut forward);
    back_to_transit(draft, vpc, &doors, &mut forward);
    for (_, device, any) in draft.choices.iter().filter(|(of, ..)| *of == vpc) {
        forward.rule(&[&format!("oifname \"{device}\""), any]);
    }
    forward.rule(&[&format!("oifname \"{}\"", device::NOBODY), &nobody]);
    let gap = draft.gap("an address of something that is not modelled", "it is not modelled");
    forward.rule(&[&format!("oifname \"{}\"", device::GAP), &gap]);
    forward.lines.push_str(&routes.narration.lines);
    if !subnets.is_empty() {
        forward.rule(&[&format!("meta oifgroup vmap {{ {} }}", inbound.join(", "))]);
    }
    chains.push(pre.text("c_pre", Some("filter hook prerouting priority -150; policy accept")));
    chains.push(forward.text("c_fwd", Some("filter hook forward priority 0; policy accept")));
    table(&chains)
}

fn acl_chain(draft: &mut Draft<'_, '_>, subnet: usize, direction: Direction) -> Chain {
    let acl = draft.world.subnets.get(subnet).and_then(|subnet| subnet.acl);
    match acl {
        Some(acl) => network_acl::chain(draft, acl, direction),
        None => {
            let mut chain = Chain::default();
            let gap = draft.gap("which network ACL a subnet has", "the capture does not say");
            chain.rule(&[&gap]);
            chain
        }
    }
}

/// RT-11, PX-3, PX-4: what a peering connection refuses.
fn peering_rules(draft: &mut Draft<'_, '_>, vpc: usize, forward: &mut Chain) {
    let world = draft.world;
    let cidrs = world.cidrs(vpc);
    for (index, entry) in world.topology.peering_connections.iter().enumerate() {
        let Some(device) = draft.port(vpc, To::Peering(index)).map(|port| port.device.clone()) else {
            continue;
        };
        let peering = || Device::Peering(entry.name().to_owned());
        let other = [&entry.value.requester, &entry.value.accepter]
            .into_iter()
            .any(|end| world.vpc_named(&end.value).is_none());
        if entry.value.status.value != PeeringStatus::Active {
            let verdict = draft.drop(peering(), None, "not active");
            forward.rule(&[&format!("oifname \"{device}\""), &verdict]);
        } else if other {
            let gap = draft.gap("the far side of a peering connection", "it is not described");
            forward.rule(&[&format!("oifname \"{device}\""), &gap]);
        }
        // PX-4: neither on behalf of others, nor to others.
        for (family, v4) in [("ip", true), ("ip6", false)] {
            let foreign = draft.drop(peering(), None, "source not in the VPC");
            forward.rule(&[
                &format!("oifname \"{device}\""),
                &outside(family, "saddr", &cidrs, v4),
                &foreign,
            ]);
            let beyond = draft.drop(peering(), None, "destination not in the peer VPC");
            let unowned = format!("iifname \"{device}\" oifname \"{}\"", device::NOBODY);
            forward.rule(&[&unowned, &outside(family, "daddr", &cidrs, v4), &beyond]);
        }
    }
}

/// TG-7: whether a transit gateway takes back what it has just delivered is not documented.
fn back_to_transit(draft: &mut Draft<'_, '_>, vpc: usize, doors: &[String], forward: &mut Chain) {
    let ports = draft.ports_of(vpc).filter(|port| matches!(port.to, To::TransitGateway(..)));
    let ports: Vec<String> = ports.map(|port| format!("\"{}\"", port.device)).collect();
    if ports.is_empty() || doors.is_empty() {
        return;
    }
    let why = "whether a transit gateway takes it is not documented";
    let gap = draft.gap("what a transit gateway has just delivered, sent to one", why);
    let way = format!("meta iifgroup {{ {} }} oifname {{ {} }}", doors.join(", "), ports.join(", "));
    forward.rule(&[&way, &gap]);
}

/// The address is in none of the ranges.
fn outside(family: &str, side: &str, cidrs: &[IpNet], v4: bool) -> String {
    let own: Vec<String> =
        cidrs.iter().filter(|cidr| cidr.addr().is_ipv4() == v4).map(ToString::to_string).collect();
    if own.is_empty() {
        format!("meta nfproto {}", if v4 { "ipv4" } else { "ipv6" })
    } else {
        format!("{family} {side} != {{ {} }}", own.join(", "))
    }
}
