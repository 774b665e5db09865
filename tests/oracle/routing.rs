//! Route tables: how one is filled, and which route a destination takes.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use vpcreach::topology::{self as said, RouteDestination, RouteOrigin, RouteState, RouteTarget, Topology};

use super::resolve;
use super::world::*;

/// What a route table says about a destination.
#[derive(Debug)]
pub enum Lookup<'a> {
    Route(&'a Route),
    /// RT-9: there is no implicit default route.
    Nothing,
    /// Two routes, and AWS does not say which (RT-8), or an unknown one; and the targets that are known to be possible.
    Unknown(String, Vec<Target>),
}

impl RouteTable {
    pub fn lookup(&self, destination: IpAddr) -> Lookup<'_> {
        // RT-1: the longest prefix of the right family wins.
        let matching = self.routes.iter().filter(|route| route.destination.contains(&destination));
        let longest = matching.clone().map(|route| route.destination.prefix_len()).max();
        let longest = matching.filter(|route| Some(route.destination.prefix_len()) == longest);
        // RT-2: on a tie, the kind of the route decides.
        let best = longest.clone().min_by_key(|route| route.rank);

        // Routes that nobody knows may be longer than the best known one.
        let service = self.unlisted_service.as_ref().filter(|_| super::gateways::is_public(destination));
        if let Some(why) = self.incomplete.as_ref().or(service)
            && !best.is_some_and(|best| best.target == Target::Local)
        {
            // READING: an unknown prefix list never covers addresses of the VPC, so `local` stands.
            let known = best.map(|best| best.target.clone());
            return Lookup::Unknown(why.clone(), known.into_iter().chain(self.unlisted.clone()).collect());
        }
        let Some(best) = best else { return Lookup::Nothing };
        // RT-8: two prefix lists with the same entry; AWS picks one, and nobody knows which.
        // READING: only entries of the same length are ambiguous; otherwise the longer one wins.
        let rivals = longest.filter(|route| route.rank == best.rank && route.rank == Rank::PrefixList);
        let rivals: Vec<Target> = rivals.map(|rival| rival.target.clone()).collect();
        if rivals.iter().any(|rival| *rival != best.target) {
            let why = format!("two prefix lists of table {} hold {destination}", self.name);
            return Lookup::Unknown(why, rivals);
        }
        Lookup::Route(best)
    }
}

/// The table of that number with its routes.
pub fn table(
    world: &World,
    topology: &Topology,
    index: usize,
    routes: &[said::Route],
    unmodelled: &HashMap<&str, &str>,
) -> RouteTable {
    let (vpc, name) = (world.tables[index].vpc, world.tables[index].name.clone());
    let mut table = RouteTable { vpc, name, ..RouteTable::default() };
    for route in routes {
        let target = target(world, topology, vpc, route, unmodelled);
        let rank = match (route.origin, &route.destination.value) {
            (RouteOrigin::Propagated, _) => Rank::Propagated,
            (RouteOrigin::Static, RouteDestination::Cidr(_)) => Rank::Static,
            (RouteOrigin::Static, RouteDestination::PrefixList(_) | RouteDestination::Unknown(_)) => {
                Rank::PrefixList
            }
        };
        let destinations = match &route.destination.value {
            RouteDestination::Cidr(cidr) => vec![cidr.trunc()],
            RouteDestination::Unknown(reason) => {
                table.incomplete = Some(format!("a destination ({reason})"));
                table.unlisted.push(target);
                continue;
            }
            // RT-8: a prefix list is one route for each of its entries.
            RouteDestination::PrefixList(name) => match resolve::prefix_list(topology, name) {
                Some(entries) => entries,
                None => {
                    let why = Some(format!("the entries of prefix list {name}"));
                    table.unlisted.push(target.clone());
                    match target {
                        Target::GatewayEndpoint(_) => table.unlisted_service = why,
                        _ => table.incomplete = why,
                    }
                    continue;
                }
            },
        };
        for destination in destinations {
            table.routes.push(Route { destination, target: target.clone(), rank });
        }
    }
    let cidrs = &world.vpcs[vpc].cidrs;
    // RT-4: what is propagated inside the VPC never beats `local`.
    table.routes.retain(|route| route.rank != Rank::Propagated || !inside(cidrs, route.destination));
    // VP-3: every range of the VPC has a local route.
    for cidr in cidrs {
        // RT-6: whose target may be replaced by an interface or a NAT gateway.
        let replaced = table.routes.iter().any(|route| {
            let target = matches!(route.target, Target::Interface(_) | Target::NatGateway(_));
            route.destination == *cidr && route.rank == Rank::Static && (target || is_unknown(&route.target))
        });
        if !replaced {
            let (destination, target, rank) = (*cidr, Target::Local, Rank::Local);
            table.routes.push(Route { destination, target, rank });
        }
    }
    table
}

fn inside(cidrs: &[IpNet], destination: IpNet) -> bool {
    cidrs.iter().any(|cidr| cidr.contains(&destination))
}

fn is_unknown(target: &Target) -> bool {
    matches!(target, Target::Unknown(_))
}

fn target(
    world: &World,
    topology: &Topology,
    vpc: usize,
    route: &said::Route,
    unmodelled: &HashMap<&str, &str>,
) -> Target {
    // RT-10: said to be a black hole, whatever the target.
    if route.state == Some(RouteState::Blackhole) {
        return Target::Blackhole;
    }
    match &route.target.value {
        RouteTarget::Local => Target::Local,
        RouteTarget::Blackhole => Target::Blackhole,
        RouteTarget::Named(name) => named(world, topology, vpc, name)
            .or_else(|| unmodelled.get(name.as_str()).map(|kind| Target::Unknown(format!("{kind} {name}"))))
            .unwrap_or_else(|| Target::Unknown(format!("route target {name}"))),
    }
}

fn named(world: &World, topology: &Topology, vpc: usize, name: &str) -> Option<Target> {
    let vpc_said = &topology.vpcs.0[vpc].value;
    let is = |gateway: Option<&said::Spanned<String>>| gateway.is_some_and(|said| said.value == name);
    if is(vpc_said.internet_gateway.as_ref().map(|gateway| &gateway.name)) {
        return Some(Target::InternetGateway);
    }
    if is(vpc_said.egress_only_internet_gateway.as_ref().map(|gateway| &gateway.name)) {
        return Some(Target::EgressOnlyInternetGateway);
    }
    let private = |gateway: &super::on_premises::VpnGateway| gateway.vpc == vpc && gateway.name == name;
    if let Some(index) = world.vpn_gateways.iter().position(private) {
        return Some(Target::VpnGateway(index));
    }
    let nat = |nat: &NatGateway| world.subnets[nat.subnet].vpc == vpc && nat.name == name;
    if let Some(index) = world.nat_gateways.iter().position(nat) {
        return Some(Target::NatGateway(index));
    }
    if let Some(index) = world.peerings.iter().position(|peering| peering.name == name) {
        return Some(Target::Peering(index));
    }
    if let Some(index) = world.transit_gateways.iter().position(|gateway| gateway.name == name) {
        return Some(Target::TransitGateway(index));
    }
    let endpoint = |one: &super::endpoints::GatewayEndpoint| one.vpc == vpc && one.name == name;
    if let Some(index) = world.gateway_endpoints.iter().position(endpoint) {
        return Some(Target::GatewayEndpoint(index));
    }
    let interface = match name.split_once('/') {
        Some((instance, interface)) => world.interface_named(vpc, instance, interface),
        None => world.instance_named(vpc, name),
    };
    interface.map(Target::Interface)
}
