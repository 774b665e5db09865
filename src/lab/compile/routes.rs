//! Route tables, resolved: one way per prefix (RT-2, RT-4, RT-6, RT-8). Which prefix is the longest, the kernel decides.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::draft::Draft;
use crate::topology::{Route, RouteDestination, RouteOrigin, RouteState, RouteTarget};

/// A route of a VPC.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) destination: IpNet,
    pub(super) leads: Leads,
}

/// Where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    Local,
    Blackhole,
    InternetGateway,
    EgressOnly,
    Nat(usize),
    Interface(usize),
    Peering(usize),
    TransitGateway(usize),
    /// To something that the lab can't express, or that nobody knows.
    Unknown(String),
}

/// RT-2: among routes of the same prefix, the first kind wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Local,
    Static,
    PrefixList,
    Propagated,
}

/// The routes of the table of a subnet.
pub(super) fn of_subnet(draft: &Draft<'_, '_>, subnet: usize) -> Vec<Resolved> {
    let world = draft.world;
    let Some(subnet) = world.subnets.get(subnet) else { return Vec::new() };
    let table = subnet.table.and_then(|table| world.tables.get(table));
    let cidrs = world.cidrs(subnet.vpc);
    let Some(table) = table else {
        return unknown_everywhere("which route table the subnet has");
    };
    let mut incomplete = None;
    let mut candidates: BTreeMap<IpNet, Vec<(Rank, Leads)>> = BTreeMap::new();
    for route in table.routes {
        let leads = leads(draft, subnet.vpc, route);
        let (destinations, rank) = match (&route.destination.value, route.origin) {
            (RouteDestination::Cidr(cidr), RouteOrigin::Propagated) => (vec![cidr.trunc()], Rank::Propagated),
            (RouteDestination::Cidr(cidr), RouteOrigin::Static) => (vec![cidr.trunc()], Rank::Static),
            (RouteDestination::Unknown(reason), _) => {
                incomplete = Some(format!("a destination ({reason})"));
                continue;
            }
            (RouteDestination::PrefixList(name), _) => match world.prefix_list(name) {
                Some(entries) => (entries, Rank::PrefixList),
                None => {
                    incomplete = Some(format!("the entries of prefix list {name}"));
                    continue;
                }
            },
        };
        for destination in destinations {
            // RT-4: what is propagated inside the VPC never beats `local`.
            let inside = cidrs.iter().any(|cidr| cidr.contains(&destination));
            if rank != Rank::Propagated || !inside {
                candidates.entry(destination).or_default().push((rank, leads.clone()));
            }
        }
    }
    for cidr in &cidrs {
        // RT-6: the target of `local` may be replaced by an interface or a NAT gateway.
        let replaces = |(rank, leads): &(Rank, Leads)| {
            *rank == Rank::Static && matches!(leads, Leads::Interface(_) | Leads::Nat(_) | Leads::Unknown(_))
        };
        let routes = candidates.entry(*cidr).or_default();
        if !routes.iter().any(replaces) {
            routes.push((Rank::Local, Leads::Local));
        }
    }
    let routes: Vec<Resolved> =
        candidates.into_iter().filter_map(|(to, routes)| choose(to, routes)).collect();
    let learns = table.propagating.then(|| "routes that a virtual private gateway propagates".to_owned());
    match incomplete.or(learns) {
        // RT-4: whatever is learnt, and whatever range a list of AWS has, inside the VPC the written routes stand.
        Some(why) => {
            let inside = |route: &Resolved| cidrs.iter().any(|cidr| cidr.contains(&route.destination));
            routes.into_iter().filter(inside).chain(unknown_everywhere(&why)).collect()
        }
        None => routes,
    }
}

/// Routes that nobody knows may be longer than any other.
fn unknown_everywhere(why: &str) -> Vec<Resolved> {
    let unknown = |destination| Resolved { destination, leads: Leads::Unknown(why.to_owned()) };
    super::draft::defaults().into_iter().map(unknown).collect()
}

fn choose(destination: IpNet, mut routes: Vec<(Rank, Leads)>) -> Option<Resolved> {
    routes.sort_by_key(|(rank, _)| *rank);
    let (rank, leads) = routes.first()?.clone();
    // RT-8: two prefix lists with the same entry; AWS picks one, and nobody knows which.
    let rival = |(other, leads_too): &(Rank, Leads)| *other == rank && *leads_too != leads;
    let ambiguous = rank == Rank::PrefixList && routes.iter().any(rival);
    let leads = if ambiguous { Leads::Unknown("two prefix lists with one entry".to_owned()) } else { leads };
    Some(Resolved { destination, leads })
}

fn leads(draft: &Draft<'_, '_>, vpc: usize, route: &Route) -> Leads {
    // RT-10: said to be a black hole, whatever the target.
    if route.state == Some(RouteState::Blackhole) {
        return Leads::Blackhole;
    }
    match &route.target.value {
        RouteTarget::Local => Leads::Local,
        RouteTarget::Blackhole => Leads::Blackhole,
        RouteTarget::Named(name) => {
            named(draft, vpc, name).unwrap_or_else(|| Leads::Unknown(format!("route target {name}")))
        }
    }
}

fn named(draft: &Draft<'_, '_>, vpc: usize, name: &str) -> Option<Leads> {
    let world = draft.world;
    let said = &world.vpc(vpc)?.value;
    if said.internet_gateway.as_ref().is_some_and(|gateway| gateway.name.value == name) {
        return Some(Leads::InternetGateway);
    }
    if said.egress_only_internet_gateway.as_ref().is_some_and(|gateway| gateway.name.value == name) {
        return Some(Leads::EgressOnly);
    }
    if let Some(nat) = world.nats.iter().position(|nat| nat.vpc == vpc && nat.name == name) {
        return Some(Leads::Nat(nat));
    }
    if let Some(peering) = world.topology.peering_connections.iter().position(|entry| entry.name() == name) {
        return Some(Leads::Peering(peering));
    }
    if let Some(gateway) = world.topology.transit_gateways.iter().position(|entry| entry.name() == name) {
        return Some(Leads::TransitGateway(gateway));
    }
    let of_instance = |instance: &str| {
        world.interfaces.iter().position(|one| one.vpc == vpc && one.host.instance == instance)
    };
    let exact = |instance: &str, interface: &str| {
        world.interfaces.iter().position(|one| {
            one.vpc == vpc && one.host.instance == instance && one.host.interface == interface
        })
    };
    let by_interface =
        || world.interfaces.iter().position(|one| one.vpc == vpc && one.host.interface == name);
    let found = match name.split_once('/') {
        Some((instance, interface)) => exact(instance, interface),
        None => of_instance(name).or_else(|| name.starts_with("eni-").then(by_interface).flatten()),
    };
    // RT-10: a route to what does not run is a black hole.
    found.map(|index| match world.interfaces.get(index) {
        Some(interface) if !interface.live => Leads::Blackhole,
        _ => Leads::Interface(index),
    })
}
