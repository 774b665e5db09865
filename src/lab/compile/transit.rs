//! Transit gateways (TG-1 to TG-9): a namespace each, a kernel table for each of their route tables and zones.
//!
//! The zone of the sender decides by which subnet a packet goes out again (TG-2), so every zone has links of its own: a
//! packet's zone is the link that it came by. Where AWS is free to choose, the lab takes the first: one of the worlds
//! that may be, and a verdict that is certain holds in each of them.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::super::plan::{ANY_ZONE, Device, MAIN, NamespaceId, Policy, Way};
use super::super::world::World;
use super::draft::{Chain, Draft, RouterPort, To, defaults, table};
use super::{device, group};
use crate::topology::{
    AttachedTo, Completeness, Entry, RouteDestination, RouteOrigin, RouteState, RouteTarget,
    TransitGatewayAttachment, TransitGatewayRouteTable,
};

/// Numbers of the kernel's tables, and their marks: one for each pair of a route table and a zone.
const FIRST_TABLE: u32 = 1000;

/// DSCP of what came by a transit gateway, and groups do not know whose it is (SG-11).
pub(super) const LOST_IN_TRANSIT: u8 = 9;
/// DSCP of what came from the first VPC by a gateway that carries references (SG-10); those of other VPCs follow.
const FIRST_KNOWN: u8 = 16;

/// The DSCP of packets whose sender groups know to be in that VPC, over a transit gateway.
pub(super) fn known_from(vpc: usize) -> Option<u8> {
    u8::try_from(vpc).ok()?.checked_add(FIRST_KNOWN).filter(|dscp| *dscp < 64)
}

/// What an attachment leads to, looked up.
enum Far {
    Vpc { vpc: usize, doors: Vec<usize>, said: bool },
    Peer { gateway: usize, attachment: usize },
    Unknown(String),
}

struct Attachment<'t> {
    name: &'t str,
    said: &'t TransitGatewayAttachment,
    far: Far,
    /// The devices of the gateway's namespace that are its way in, and its way out.
    ins: Vec<(String, usize)>,
    outs: Vec<String>,
}

struct Gateway<'t> {
    name: &'t str,
    namespace: NamespaceId,
    attachments: Vec<Attachment<'t>>,
    pre: Chain,
    forward: Chain,
}

/// Where a route of a transit gateway leads.
#[derive(Clone, PartialEq, Eq)]
enum Leads {
    Attachment(usize),
    Blackhole,
    Unknown(String),
}

/// TG-4: among routes of the same prefix, the first kind wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Static,
    PrefixList,
    FromVpc,
    FromElsewhere,
}

/// Builds them all, with their links to the routers.
pub(super) fn build(draft: &mut Draft<'_, '_>) {
    let world = draft.world;
    let mut gateways = Vec::new();
    for (index, entry) in world.topology.transit_gateways.iter().enumerate() {
        let namespace = draft.namespace(format!("tgw {}", entry.name()));
        let attachments = entry.value.attachments.iter().enumerate();
        let attachments = attachments.map(|(number, one)| attachment(world, index, number, one)).collect();
        let (pre, forward) = (Chain::default(), Chain::default());
        gateways.push(Gateway { name: entry.name(), namespace, attachments, pre, forward });
    }
    join_peers(draft, &mut gateways);
    for (index, gateway) in gateways.iter_mut().enumerate() {
        loops(draft, gateway);
        for vpc in 0..world.topology.vpcs.len() {
            join_vpc(draft, index, gateway, vpc);
        }
        tables(draft, index, gateway);
        onward(draft, index, gateway);
        let text = table(&[
            gateway.pre.text("c_pre", Some("filter hook prerouting priority -150; policy accept")),
            gateway.forward.text("c_fwd", Some("filter hook forward priority 0; policy accept")),
        ]);
        draft.ruleset(gateway.namespace, text);
    }
}

fn attachment<'t>(
    world: &World<'t>,
    gateway: usize,
    number: usize,
    entry: &'t Entry<TransitGatewayAttachment>,
) -> Attachment<'t> {
    let far = match &entry.value.to {
        AttachedTo::Vpc { vpc, subnets } => match world.vpc_named(&vpc.value) {
            None => Far::Unknown(format!("VPC {}", vpc.value)),
            Some(vpc) => Far::Vpc {
                vpc,
                doors: match subnets {
                    Some(names) => {
                        names.iter().filter_map(|name| world.subnet_named(vpc, &name.value)).collect()
                    }
                    // TG-11: the subnets of an attachment have IPv4.
                    None => world.subnets_of(vpc).filter(|subnet| has_ipv4(world, *subnet)).collect(),
                },
                said: subnets.is_some(),
            },
        },
        AttachedTo::Peering(peer) => match far_end(world, gateway, number, &peer.value) {
            Some((gateway, attachment)) => Far::Peer { gateway, attachment },
            None => Far::Unknown(format!("transit gateway {}", peer.value)),
        },
        AttachedTo::Other { kind, name, .. } => Far::Unknown(format!("{kind} {}", name.value)),
    };
    Attachment { name: entry.name(), said: &entry.value, far, ins: Vec::new(), outs: Vec::new() }
}

fn has_ipv4(world: &World<'_>, subnet: usize) -> bool {
    world.subnets.get(subnet).is_some_and(|subnet| subnet.cidrs.iter().any(|cidr| cidr.addr().is_ipv4()))
}

/// TG-8: an attachment on each side. Where two gateways are joined more than once, in the order of the file.
fn far_end(world: &World<'_>, gateway: usize, attachment: usize, peer: &str) -> Option<(usize, usize)> {
    let all = &world.topology.transit_gateways;
    let ends = |of: &Entry<crate::topology::TransitGateway>, with: &str| -> Vec<usize> {
        let leads = |to: &AttachedTo| matches!(to, AttachedTo::Peering(name) if name.value == with);
        let attachments = of.value.attachments.iter().enumerate();
        attachments.filter(|(_, one)| leads(&one.value.to)).map(|(number, _)| number).collect()
    };
    let own = all.iter().nth(gateway)?;
    let (far, other) = all.iter().enumerate().find(|(_, other)| other.name() == peer)?;
    let order = ends(own, peer).into_iter().position(|number| number == attachment)?;
    ends(other, own.name()).get(order).map(|number| (far, *number))
}

/// TG-1: the subnets of an attachment that serve a zone. A zone that was not said might be any.
fn in_zone(world: &World<'_>, doors: &[usize], zone: Option<&str>) -> Vec<usize> {
    let with = |wanted: Option<&str>| -> Vec<usize> {
        let is = |door: &&usize| world.subnets.get(**door).is_some_and(|subnet| subnet.zone == wanted);
        doors.iter().filter(is).copied().collect()
    };
    match (zone, with(zone)) {
        (_, same) if !same.is_empty() => same,
        (None, _) => doors.to_vec(),
        (Some(_), _) => with(None),
    }
}

/// The same link carries both directions of a peering, one link for each zone.
fn join_peers(draft: &mut Draft<'_, '_>, gateways: &mut [Gateway<'_>]) {
    let zones = draft.world.zones().len();
    let mut ends = Vec::new();
    for (one, gateway) in gateways.iter().enumerate() {
        for (number, attachment) in gateway.attachments.iter().enumerate() {
            if let Far::Peer { gateway: other, attachment: far } = attachment.far {
                ends.push(((one, number), (other, far)));
            }
        }
    }
    for (near, far) in ends {
        let spaces = [near.0, far.0].map(|index| gateways.get(index).map(|gateway| gateway.namespace));
        for zone in 0..zones {
            let name = |attachment: usize| format!("x{attachment}z{zone}");
            if let ([Some(one), Some(other)], true) = (spaces, near < far) {
                draft.link((one, &name(near.1), group::NONE), (other, &name(far.1), group::NONE));
            }
            let own = gateways.get_mut(near.0).and_then(|gateway| gateway.attachments.get_mut(near.1));
            if let Some(own) = own {
                own.ins.push((name(near.1), zone));
                own.outs.push(name(near.1));
            }
        }
    }
}

/// A packet that went round until its time to live is nearly used up.
fn loops(draft: &mut Draft<'_, '_>, gateway: &mut Gateway<'_>) {
    let around = draft.drop(Device::TransitGateway(gateway.name.to_owned()), None, "routing loop");
    let enters = draft.told(Device::TransitGateway(gateway.name.to_owned()), "enters");
    gateway.pre.rule(&[&enters]);
    gateway.pre.rule(&["ip ttl <= 3", &around]);
    gateway.pre.rule(&["ip6 hoplimit <= 3", &around]);
}

/// A way in for each zone of a VPC, and a way out for each subnet of the attachment.
fn join_vpc(draft: &mut Draft<'_, '_>, index: usize, gateway: &mut Gateway<'_>, vpc: usize) {
    let world = draft.world;
    let router = draft.router(vpc);
    let found = gateway
        .attachments
        .iter()
        .position(|one| matches!(one.far, Far::Vpc { vpc: attached, .. } if attached == vpc));
    let (doors, said) = match found.and_then(|number| gateway.attachments.get(number)).map(|one| &one.far) {
        Some(Far::Vpc { doors, said, .. }) => (doors.clone(), *said),
        _ => (Vec::new(), true),
    };
    for (zone, name) in world.zones().into_iter().enumerate() {
        if !world.subnets_of(vpc).any(|subnet| world.subnets.get(subnet).is_some_and(|it| it.zone == name)) {
            continue;
        }
        let (near, far) = (format!("u{index}z{zone}"), format!("u{vpc}z{zone}"));
        let candidates = in_zone(world, &doors, name);
        let door = candidates.first().copied();
        // TG-6: the list of the attachment's subnet is asked inbound.
        let group = door.map_or(group::GATEWAY, group::of_door);
        draft.link((router, &near, group), (gateway.namespace, &far, group::NONE));
        let (name, to) = (format!("tgw/{}", gateway.name), To::TransitGateway(index, zone));
        draft.ports.push(RouterPort { vpc, device: near, name, to });
        if let Some(attachment) = found.and_then(|number| gateway.attachments.get(number))
            && !alike(world, &candidates)
        {
            let any = draft.told(of(gateway.name, attachment.name), ANY_ZONE);
            draft.choices.push((vpc, format!("u{index}z{zone}"), any));
        }
        let from = format!("iifname \"{far}\"");
        match found.and_then(|number| gateway.attachments.get_mut(number)) {
            None if world.topology.completeness != Completeness::Complete => {
                let why = "the capture does not hold it";
                let gap = draft.gap("an attachment of a transit gateway", why);
                gateway.pre.rule(&[&from, &gap]);
            }
            // RT-10.
            None => {
                let device = Device::TransitGateway(gateway.name.to_owned());
                let verdict = draft.drop(device, None, "VPC not attached");
                gateway.pre.rule(&[&from, &verdict]);
            }
            Some(attachment) => {
                attachment.ins.push((far, zone));
                if door.is_none() {
                    let device = Device::Attachment(gateway.name.to_owned(), attachment.name.to_owned());
                    let verdict = match said {
                        true => draft.drop(device, None, "no subnet in the zone"),
                        false => draft.gap("the subnets of an attachment", "nobody said which they are"),
                    };
                    gateway.pre.rule(&[&from, &verdict]);
                }
            }
        }
    }
    for door in doors {
        let (near, far) = (format!("d{index}s{door}"), out_port(door));
        draft.link((router, &near, group::of_door(door)), (gateway.namespace, &far, group::NONE));
        if let Some(attachment) = found.and_then(|number| gateway.attachments.get_mut(number)) {
            attachment.outs.push(far);
        }
    }
}

fn of(gateway: &str, attachment: &str) -> Device {
    Device::Attachment(gateway.to_owned(), attachment.to_owned())
}

/// Whether it makes no difference which of these subnets a packet takes.
fn alike(world: &World<'_>, doors: &[usize]) -> bool {
    let decides = |door: &usize| world.subnets.get(*door).map(|subnet| (subnet.table, subnet.acl));
    doors.iter().map(decides).collect::<std::collections::BTreeSet<_>>().len() < 2
}

fn out_port(door: usize) -> String {
    format!("d{door}")
}

fn names(devices: &[String]) -> String {
    format!("{{ \"{}\" }}", devices.join("\", \""))
}

/// TG-3: which table routes what comes from which attachment. TG-7: what it does with it.
fn tables(draft: &mut Draft<'_, '_>, index: usize, gateway: &mut Gateway<'_>) {
    let world = draft.world;
    let at = gateway.namespace;
    draft.link((at, device::BLACKHOLE, group::SINK), (at, device::NO_ROUTE, group::SINK));
    draft.link((at, device::NOBODY, group::SINK), (at, device::GAP, group::SINK));
    draft.last_resort(at, MAIN, device::NO_ROUTE);
    let Some(said) = world.topology.transit_gateways.iter().nth(index).map(|entry| &entry.value) else {
        return;
    };
    let zones = world.zones();
    let number = |table: usize, zone: usize| {
        let number = table.saturating_mul(zones.len()).saturating_add(zone);
        FIRST_TABLE.saturating_add(u32::try_from(number).unwrap_or(u32::MAX))
    };
    let mut marks = Vec::new();
    for attachment in &gateway.attachments {
        let ins: Vec<String> = attachment.ins.iter().map(|(device, _)| device.clone()).collect();
        if ins.is_empty() {
            continue;
        }
        let from = format!("iifname {}", names(&ins));
        state(draft, gateway.name, attachment, &from, &mut gateway.pre);
        // Nothing said: one table for all.
        let associated = said.route_tables.as_ref().map_or(Some(0), |tables| {
            tables
                .iter()
                .position(|one| one.value.associations.iter().any(|name| name.value == attachment.name))
        });
        match associated {
            Some(table) => {
                let mark =
                    |(device, zone): &(String, usize)| format!("\"{device}\" : {}", number(table, *zone));
                marks.extend(attachment.ins.iter().map(mark));
            }
            None if attachment.said.association_unknown => {
                let why = "the capture does not say";
                let gap = draft.gap("associations of a transit gateway", why);
                gateway.pre.rule(&[&from, &gap]);
            }
            None => {
                let device = Device::Attachment(gateway.name.to_owned(), attachment.name.to_owned());
                let verdict = draft.drop(device, None, "no association");
                gateway.pre.rule(&[&from, &verdict]);
            }
        }
    }
    if !marks.is_empty() {
        gateway.pre.rule(&[&format!("meta mark set iifname map {{ {} }}", marks.join(", "))]);
    }
    let written: Vec<(&str, Option<&TransitGatewayRouteTable>)> = match &said.route_tables {
        Some(tables) => tables.iter().map(|entry| (entry.name(), Some(&entry.value))).collect(),
        None => vec![("default", None)],
    };
    for (table, (name, written)) in written.into_iter().enumerate() {
        let routes = routes(world, gateway, written);
        for (zone, zone_name) in zones.iter().enumerate() {
            kernel_table(draft, gateway, name, (number(table, zone), *zone_name, zone), &routes);
        }
    }
}

fn kernel_table(
    draft: &mut Draft<'_, '_>,
    gateway: &mut Gateway<'_>,
    name: &str,
    (mark, zone, zone_number): (u32, Option<&str>, usize),
    routes: &BTreeMap<IpNet, Leads>,
) {
    let at = gateway.namespace;
    draft.policy(at, Policy { preference: 2000, mark, to: None, table: mark });
    let marked = |sink: &str| format!("oifname \"{sink}\" meta mark {mark}");
    for (destination, leads) in routes {
        let way = match leads {
            Leads::Blackhole => Ok(device::BLACKHOLE.to_owned()),
            Leads::Unknown(what) => Err(what.clone()),
            Leads::Attachment(to) => out_device(draft.world, gateway, *to, zone, zone_number),
        };
        let device = way.unwrap_or_else(|what| {
            let gap = draft.gap(&what, "it is not modelled, or not described");
            gateway.forward.rule(&[&marked(device::GAP), &gap]);
            device::GAP.to_owned()
        });
        if let Leads::Attachment(to) = leads
            && let Some(attachment) = gateway.attachments.get(*to)
            && !alike(draft.world, &ways_out(draft.world, attachment, zone))
        {
            let any = draft.told(of(gateway.name, attachment.name), ANY_ZONE);
            gateway.forward.rule(&[&marked(&device), &any]);
        }
        draft.route(at, mark, *destination, Way::Device(device));
    }
    draft.last_resort(at, mark, device::NO_ROUTE);
    for (sink, rule) in [(device::BLACKHOLE, "blackhole"), (device::NO_ROUTE, "no route")] {
        let device = Device::TransitTable(gateway.name.to_owned(), name.to_owned());
        let verdict = draft.drop(device, None, rule);
        gateway.forward.rule(&[&marked(sink), &verdict]);
    }
}

/// TG-2, TG-9: into a VPC by the subnet in the sender's zone; with appliance mode, or if there is none, by any.
fn out_device(
    world: &World<'_>,
    gateway: &Gateway<'_>,
    to: usize,
    zone: Option<&str>,
    zone_number: usize,
) -> Result<String, String> {
    let attachment = gateway.attachments.get(to).ok_or("an attachment")?;
    match &attachment.far {
        Far::Unknown(what) => Err(what.clone()),
        Far::Peer { .. } => Ok(format!("x{to}z{zone_number}")),
        Far::Vpc { .. } => {
            let door = ways_out(world, attachment, zone).first().copied();
            door.map(out_port).ok_or_else(|| "the subnets of an attachment".to_owned())
        }
    }
}

fn ways_out(world: &World<'_>, attachment: &Attachment<'_>, zone: Option<&str>) -> Vec<usize> {
    let Far::Vpc { doors, .. } = &attachment.far else { return Vec::new() };
    let same = in_zone(world, doors, zone);
    if attachment.said.appliance_mode.value || same.is_empty() { doors.clone() } else { same }
}

/// What an attachment refuses, whatever the route.
fn state(
    draft: &mut Draft<'_, '_>,
    gateway: &str,
    attachment: &Attachment<'_>,
    matches: &str,
    chain: &mut Chain,
) {
    let device = || Device::Attachment(gateway.to_owned(), attachment.name.to_owned());
    if !attachment.said.available.value {
        let verdict = draft.drop(device(), None, "not available");
        chain.rule(&[matches, &verdict]);
    }
    // TG-11, V6-1.
    if matches!(attachment.far, Far::Vpc { .. }) && !attachment.said.ipv6.value {
        let verdict = draft.drop(device(), None, "IPv6");
        chain.rule(&[matches, "meta nfproto ipv6", &verdict]);
    }
}

/// TG-3 to TG-5: the routes of a table, one for each prefix. Which is the longest, the kernel decides.
fn routes(
    world: &World<'_>,
    gateway: &Gateway<'_>,
    said: Option<&TransitGatewayRouteTable>,
) -> BTreeMap<IpNet, Leads> {
    let mut candidates: BTreeMap<IpNet, Vec<(Rank, Leads)>> = BTreeMap::new();
    let mut unknown =
        said.filter(|said| said.routes_missing).map(|_| "routes of a transit gateway".to_owned());
    // What no other attachment announces: the ranges of VPCs stand whatever a VPN says.
    let mut announced = None;
    for route in said.into_iter().flat_map(|said| &said.table.routes) {
        let leads = match (&route.target.value, route.state) {
            (_, Some(RouteState::Blackhole)) | (RouteTarget::Local | RouteTarget::Blackhole, _) => {
                Leads::Blackhole
            }
            (RouteTarget::Named(name), _) => {
                let found = gateway.attachments.iter().position(|one| one.name == name);
                found.map_or_else(|| Leads::Unknown(format!("attachment {name}")), Leads::Attachment)
            }
        };
        match &route.destination.value {
            RouteDestination::Cidr(cidr) => {
                let rank =
                    if route.origin == RouteOrigin::Static { Rank::Static } else { learnt(gateway, &leads) };
                candidates.entry(cidr.trunc()).or_default().push((rank, leads));
            }
            RouteDestination::Unknown(reason) => unknown = Some(format!("a destination ({reason})")),
            RouteDestination::PrefixList(name) => match world.prefix_list(name) {
                Some(entries) => {
                    for cidr in entries {
                        candidates.entry(cidr).or_default().push((Rank::PrefixList, leads.clone()));
                    }
                }
                None => unknown = Some(format!("the entries of prefix list {name}")),
            },
        }
    }
    for (number, attachment) in gateway.attachments.iter().enumerate() {
        let propagates =
            said.is_none_or(|said| said.propagations.iter().any(|name| name.value == attachment.name));
        if !propagates {
            continue;
        }
        match (&attachment.far, &attachment.said.to) {
            (Far::Vpc { vpc, .. }, _) => {
                for cidr in propagated(world, gateway, number, *vpc) {
                    candidates.entry(cidr).or_default().push((Rank::FromVpc, Leads::Attachment(number)));
                }
            }
            (_, AttachedTo::Other { prefixes: Some(prefixes), .. }) => {
                for prefix in prefixes {
                    let leads = (Rank::FromElsewhere, Leads::Attachment(number));
                    candidates.entry(prefix.value.trunc()).or_default().push(leads);
                }
            }
            (Far::Unknown(what), AttachedTo::Other { .. }) => announced = Some(what.clone()),
            // TG-8: a peering propagates nothing.
            _ => {}
        }
    }
    let mut routes: BTreeMap<IpNet, Leads> = BTreeMap::new();
    for (destination, mut found) in candidates {
        found.sort_by_key(|(rank, _)| *rank);
        let Some((rank, leads)) = found.first().cloned() else { continue };
        // RT-8.
        let rival = |(other, too): &(Rank, Leads)| *other == rank && *too != leads;
        let ambiguous = rank == Rank::PrefixList && found.iter().any(rival);
        let leads =
            if ambiguous { Leads::Unknown("two prefix lists with one entry".to_owned()) } else { leads };
        routes.insert(destination, leads);
    }
    let attached: Vec<IpNet> = attached_ranges(world, gateway);
    let kept = |range: &IpNet| unknown.is_none() && attached.iter().any(|cidr| cidr.contains(range));
    if let Some(why) = unknown.clone().or(announced) {
        routes.retain(|range, _| kept(range));
        routes.extend(defaults().map(|everything| (everything, Leads::Unknown(why.clone()))));
    }
    routes
}

fn learnt(gateway: &Gateway<'_>, leads: &Leads) -> Rank {
    let to = match leads {
        Leads::Attachment(number) => gateway.attachments.get(*number),
        _ => None,
    };
    match to.map(|attachment| &attachment.far) {
        Some(Far::Vpc { .. }) => Rank::FromVpc,
        _ => Rank::FromElsewhere,
    }
}

fn attached_ranges(world: &World<'_>, gateway: &Gateway<'_>) -> Vec<IpNet> {
    let vpc = |attachment: &Attachment<'_>| match attachment.far {
        Far::Vpc { vpc, .. } => world.cidrs(vpc),
        _ => Vec::new(),
    };
    gateway.attachments.iter().flat_map(vpc).collect()
}

/// TG-5: nothing, if its ranges overlap those of a VPC that was attached before.
fn propagated(world: &World<'_>, gateway: &Gateway<'_>, number: usize, vpc: usize) -> Vec<IpNet> {
    let own = world.cidrs(vpc);
    let earlier = gateway.attachments.iter().take(number);
    let mut ranges = earlier.filter_map(|one| match one.far {
        Far::Vpc { vpc, .. } => Some(world.cidrs(vpc)),
        _ => None,
    });
    let overlap =
        |one: &IpNet, other: &IpNet| one.contains(&other.network()) || other.contains(&one.network());
    if ranges.any(|ranges| ranges.iter().any(|range| own.iter().any(|cidr| overlap(range, cidr)))) {
        return Vec::new();
    }
    let ipv6 = gateway.attachments.get(number).is_some_and(|one| one.said.ipv6.value);
    own.into_iter().filter(|cidr| cidr.addr().is_ipv4() || ipv6).collect()
}

/// What decides after the route: the state of the attachment, and whose packet groups will take it for.
fn onward(draft: &mut Draft<'_, '_>, index: usize, gateway: &mut Gateway<'_>) {
    let Gateway { name, attachments, forward, .. } = gateway;
    let said = draft.world.topology.transit_gateways.iter().nth(index);
    let carries = said.is_some_and(|said| said.value.security_group_referencing.value);
    let ins = |attachment: &Attachment<'_>| -> Vec<String> {
        attachment.ins.iter().map(|(device, _)| device.clone()).collect()
    };
    for attachment in attachments.iter().filter(|one| !one.outs.is_empty()) {
        let to = format!("oifname {}", names(&attachment.outs));
        // TG-7: not documented.
        let why = "whether a transit gateway does that is not documented";
        let gap = draft.gap("what goes out by the attachment that it came in by", why);
        let from = ins(attachment);
        if !from.is_empty() {
            forward.rule(&[&format!("iifname {} {to}", names(&from)), &gap]);
        }
        state(draft, name, attachment, &to, forward);
        if draft.narrates() {
            let device = Device::TransitGateway((*name).to_owned());
            let log = draft.pass(device, None, &format!("→ {}", attachment.name), "");
            forward.rule(&[&to, &log]);
        }
    }
    // SG-11: what was forwarded before, nobody knows. SG-10: a direct sender, only where all three say so.
    for family in ["ip", "ip6"] {
        forward.rule(&[&format!("{family} dscp != cs0 {family} dscp set {LOST_IN_TRANSIT}")]);
    }
    let referencing =
        |one: &&Attachment<'_>| carries && one.said.security_group_referencing.value && !one.ins.is_empty();
    for from in attachments.iter().filter(referencing) {
        let Far::Vpc { vpc, .. } = from.far else { continue };
        let Some(dscp) = known_from(vpc) else { continue };
        let outs = attachments.iter().filter(referencing).filter(|to| matches!(to.far, Far::Vpc { .. }));
        let outs: Vec<String> = outs.flat_map(|to| to.outs.clone()).collect();
        if outs.is_empty() {
            continue;
        }
        for family in ["ip", "ip6"] {
            let way = format!("iifname {} oifname {}", names(&ins(from)), names(&outs));
            forward.rule(&[&way, &format!("{family} dscp cs0 {family} dscp set {dscp} accept")]);
        }
    }
    for family in ["ip", "ip6"] {
        forward.rule(&[&format!("{family} dscp cs0 {family} dscp set {LOST_IN_TRANSIT}")]);
    }
}
