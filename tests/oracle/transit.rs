//! Transit gateways (TG-1 to TG-9), for one packet.
//!
//! Where AWS chooses a subnet of an attachment, the simulator is told which one; whoever wants to know what becomes of a
//! packet tries them all.

use std::net::IpAddr;

use ipnet::IpNet;
use vpcreach::topology::{self as said, AttachedTo, RouteDestination, RouteOrigin, RouteTarget, Topology};

use super::filters::{Direction, Sender};
use super::on_premises::{self, Kind};
use super::packet::Headers;
use super::resolve::prefix_list;
use super::walk::{Arrived, Stop, Walk};
use super::world::World;

#[derive(Debug)]
pub struct TransitGateway {
    pub name: String,
    /// SG-10.
    pub references: bool,
    pub attachments: Vec<Attachment>,
    pub tables: Vec<Table>,
}

#[derive(Debug)]
pub struct Attachment {
    pub name: String,
    pub to: Far,
    pub available: bool,
    pub appliance_mode: bool,
    pub ipv6: bool,
    pub references: bool,
    /// TG-3: the table for what comes from it.
    pub association: Option<usize>,
    /// The capture lacks the associations.
    pub association_unknown: bool,
}

#[derive(Clone, Debug)]
pub enum Far {
    Vpc {
        vpc: usize,
        subnets: Vec<usize>,
        /// Whether these are the subnets, or only all that it could be.
        said: bool,
    },
    /// Gateway and attachment at the other end (TG-8).
    Peer(usize, usize),
    /// A VPN connection, or what is behind a Direct Connect gateway.
    Lines(Vec<usize>),
    Unknown(String),
}

#[derive(Debug, Default)]
pub struct Table {
    pub routes: Vec<Route>,
    /// Routes that nobody knows, but never for these.
    pub incomplete: Option<(String, Vec<IpNet>)>,
}

#[derive(Debug)]
pub struct Route {
    pub destination: IpNet,
    /// None: a black hole (TG-5).
    pub to: Option<usize>,
    pub rank: Rank,
}

/// TG-4: among routes of the same prefix, the first kind wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Static,
    PrefixList,
    Propagated(Learnt),
}

/// TG-4, among what was learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Learnt {
    Vpc,
    DirectConnect,
    Vpn,
}

/// What AWS chose, and between how many it could.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub told: Vec<usize>,
    pub met: Vec<(usize, usize, Vec<usize>)>,
}

impl Choices {
    /// The same choice always comes out the same: a flow keeps its way.
    fn pick(&mut self, gateway: usize, attachment: usize, between: Vec<usize>) -> Option<usize> {
        if between.len() < 2 {
            return between.first().copied();
        }
        let choice = (gateway, attachment, between);
        let number = self.met.iter().position(|met| *met == choice).unwrap_or_else(|| {
            self.met.push(choice.clone());
            self.met.len() - 1
        });
        Some(choice.2[self.told.get(number).copied().unwrap_or(0)])
    }

    /// The next row of choices to try, if there is one.
    pub fn next(&self) -> Option<Vec<usize>> {
        let mut row: Vec<usize> =
            (0..self.met.len()).map(|number| self.told.get(number).copied().unwrap_or(0)).collect();
        while let Some(last) = row.pop() {
            if last + 1 < self.met[row.len()].2.len() {
                row.push(last + 1);
                return Some(row);
            }
        }
        None
    }
}

pub fn resolve(world: &mut World, topology: &Topology) {
    for entry in &topology.transit_gateways {
        let attachments = entry.value.attachments.iter();
        let gateway = TransitGateway {
            name: entry.name().to_owned(),
            references: entry.value.security_group_referencing.value,
            attachments: attachments.map(|entry| attachment(world, entry)).collect(),
            tables: Vec::new(),
        };
        world.transit_gateways.push(gateway);
    }
    for gateway in 0..world.transit_gateways.len() {
        for number in 0..world.transit_gateways[gateway].attachments.len() {
            if let Some(far) = other_end(topology, gateway, number) {
                world.transit_gateways[gateway].attachments[number].to = far;
            }
        }
        for number in 0..world.transit_gateways[gateway].attachments.len() {
            let to = &topology.transit_gateways.0[gateway].value.attachments.0[number].value.to;
            let AttachedTo::Other { kind, name, .. } = to else { continue };
            let end = on_premises::End::Transit(gateway, number);
            if let Some(lines) = on_premises::attached(world, topology, kind, &name.value, end) {
                world.transit_gateways[gateway].attachments[number].to = Far::Lines(lines);
            }
        }
        let said = &topology.transit_gateways.0[gateway].value;
        let count = world.transit_gateways[gateway].attachments.len();
        let tables: Vec<Table> = match &said.route_tables {
            Some(tables) => {
                for (number, table) in tables.iter().enumerate() {
                    for name in &table.value.associations {
                        if let Some(attachment) = named(world, gateway, &name.value) {
                            world.transit_gateways[gateway].attachments[attachment].association =
                                Some(number);
                        }
                    }
                }
                tables.iter().map(|table| written(world, topology, gateway, &table.value)).collect()
            }
            // AWS's default: all are associated with one table, and all propagate into it.
            None => {
                let mut table = Table::default();
                for number in 0..count {
                    world.transit_gateways[gateway].attachments[number].association = Some(0);
                    propagate(world, topology, gateway, number, &mut table);
                }
                vec![table]
            }
        };
        world.transit_gateways[gateway].tables = tables;
    }
}

fn attachment(world: &World, entry: &said::Entry<said::TransitGatewayAttachment>) -> Attachment {
    let said = &entry.value;
    let to = match &said.to {
        AttachedTo::Vpc { vpc, subnets } => match world.vpc_named(&vpc.value) {
            None => Far::Unknown(format!("VPC {}", vpc.value)),
            Some(vpc) => {
                let all = (0..world.subnets.len()).filter(|number| {
                    let subnet = &world.subnets[*number];
                    subnet.vpc == vpc && subnet.cidrs.iter().any(|cidr| cidr.addr().is_ipv4())
                });
                let named = |names: &[said::Spanned<String>]| {
                    names.iter().filter_map(|name| world.subnet_named(vpc, &name.value)).collect()
                };
                let said = subnets.is_some();
                Far::Vpc { vpc, subnets: subnets.as_deref().map_or_else(|| all.collect(), named), said }
            }
        },
        AttachedTo::Peering(peer) => Far::Unknown(format!("transit gateway {}", peer.value)),
        AttachedTo::Other { kind, name, .. } => Far::Unknown(format!("{kind} {}", name.value)),
    };
    Attachment {
        name: entry.name().to_owned(),
        to,
        available: said.available.value,
        appliance_mode: said.appliance_mode.value,
        ipv6: said.ipv6.value,
        references: said.security_group_referencing.value,
        association: None,
        association_unknown: said.association_unknown,
    }
}

/// TG-8: where A is peered with B more than once, the ends belong together in their order.
fn other_end(topology: &Topology, gateway: usize, attachment: usize) -> Option<Far> {
    let own = &topology.transit_gateways.0[gateway];
    let AttachedTo::Peering(peer) = &own.value.attachments.0[attachment].value.to else { return None };
    let far = topology.transit_gateways.iter().position(|other| other.name() == peer.value)?;
    let leads = |of: usize, with: &str| -> Vec<usize> {
        let attachments = &topology.transit_gateways.0[of].value.attachments;
        let is = |to: &AttachedTo| matches!(to, AttachedTo::Peering(peer) if peer.value == with);
        (0..attachments.len()).filter(|number| is(&attachments.0[*number].value.to)).collect()
    };
    let order = leads(gateway, &peer.value).iter().position(|number| *number == attachment)?;
    leads(far, own.name()).get(order).map(|number| Far::Peer(far, *number))
}

fn named(world: &World, gateway: usize, name: &str) -> Option<usize> {
    world.transit_gateways[gateway].attachments.iter().position(|attachment| attachment.name == name)
}

fn written(
    world: &World,
    topology: &Topology,
    gateway: usize,
    said: &said::TransitGatewayRouteTable,
) -> Table {
    let mut table = Table::default();
    for route in &said.table.routes {
        let to = match &route.target.value {
            RouteTarget::Named(name) => named(world, gateway, name),
            RouteTarget::Local | RouteTarget::Blackhole => None,
        };
        let destinations = match &route.destination.value {
            RouteDestination::Cidr(cidr) => vec![cidr.trunc()],
            RouteDestination::Unknown(reason) => {
                table.incomplete = Some((format!("a destination ({reason})"), Vec::new()));
                continue;
            }
            RouteDestination::PrefixList(name) => match prefix_list(topology, name) {
                Some(entries) => entries,
                None => {
                    table.incomplete = Some((format!("the entries of prefix list {name}"), Vec::new()));
                    continue;
                }
            },
        };
        let rank = match (route.origin, &route.destination.value) {
            (RouteOrigin::Propagated, _) => Rank::Propagated(Learnt::Vpn),
            (RouteOrigin::Static, RouteDestination::Cidr(_)) => Rank::Static,
            (RouteOrigin::Static, RouteDestination::PrefixList(_) | RouteDestination::Unknown(_)) => {
                Rank::PrefixList
            }
        };
        table.routes.extend(destinations.into_iter().map(|destination| Route { destination, to, rank }));
    }
    for name in &said.propagations {
        if let Some(attachment) = named(world, gateway, &name.value) {
            propagate(world, topology, gateway, attachment, &mut table);
        }
    }
    table
}

/// TG-3, TG-5.
fn propagate(world: &World, topology: &Topology, gateway: usize, number: usize, table: &mut Table) {
    let attachments = &world.transit_gateways[gateway].attachments;
    let vpc_of = |attachment: &Attachment| match attachment.to {
        Far::Vpc { vpc, .. } => Some(vpc),
        _ => None,
    };
    let attached: Vec<usize> = attachments.iter().filter_map(vpc_of).collect();
    let this = &attachments[number];
    let learnt: Vec<IpNet> =
        match (&this.to, &topology.transit_gateways.0[gateway].value.attachments.0[number].value.to) {
            (Far::Vpc { vpc, .. }, _) => {
                // READING: attachments are made in the order of the file; the later one is not propagated.
                let earlier = attachments[..number].iter().filter_map(vpc_of);
                let overlaps = |other: usize| {
                    world.vpcs[other].cidrs.iter().any(|a| {
                        world.vpcs[*vpc]
                            .cidrs
                            .iter()
                            .any(|b| a.contains(&b.network()) || b.contains(&a.network()))
                    })
                };
                if earlier.into_iter().any(overlaps) {
                    return;
                }
                let carried = |cidr: &&IpNet| cidr.addr().is_ipv4() || this.ipv6;
                world.vpcs[*vpc].cidrs.iter().filter(carried).copied().collect()
            }
            (Far::Lines(lines), _) => {
                for line in lines.iter().map(|line| &world.lines[*line]) {
                    let from = match line.kind {
                        // Static routes are written in the table.
                        Kind::Static => continue,
                        Kind::DirectConnect => Learnt::DirectConnect,
                        Kind::Bgp => Learnt::Vpn,
                    };
                    if line.withdrawn() {
                        continue;
                    }
                    let rank = Rank::Propagated(from);
                    let route = |destination| Route { destination, to: Some(number), rank };
                    table.routes.extend(line.knows().map(route));
                }
                return;
            }
            (_, AttachedTo::Other { prefixes: Some(prefixes), .. }) => {
                prefixes.iter().map(|prefix| prefix.value.trunc()).collect()
            }
            (Far::Unknown(why), AttachedTo::Other { prefixes: None, .. }) => {
                let ranges = attached.iter().flat_map(|vpc| world.vpcs[*vpc].cidrs.clone()).collect();
                table.incomplete = Some((why.clone(), ranges));
                return;
            }
            // TG-8: a peering propagates nothing.
            _ => return,
        };
    let (to, rank) = (Some(number), Rank::Propagated(Learnt::Vpc));
    table.routes.extend(learnt.into_iter().map(|destination| Route { destination, to, rank }));
}

impl Table {
    fn lookup(&self, destination: IpAddr, sites: impl Fn(usize) -> Vec<usize>) -> Result<usize, Stop> {
        let matching = self.routes.iter().filter(|route| route.destination.contains(&destination));
        let longest = matching.clone().map(|route| route.destination.prefix_len()).max();
        let longest: Vec<&Route> =
            matching.filter(|route| Some(route.destination.prefix_len()) == longest).collect();
        if let Some((why, never)) = &self.incomplete
            && !never.iter().any(|cidr| cidr.contains(&destination))
        {
            return Err(Stop::Unknown(why.clone()));
        }
        let Some(best) = longest.iter().min_by_key(|route| route.rank) else {
            return Err(Stop::dropped("no route in the transit gateway table (TG-3)"));
        };
        // RT-8, for prefix lists here too.
        let same = longest.iter().filter(|route| route.rank == best.rank && route.rank == Rank::PrefixList);
        if same.into_iter().any(|other| other.to != best.to) {
            return Err(Stop::Unknown(format!("two prefix lists hold {destination}")));
        }
        // READING: among equals that were learnt alike nobody knows which is used, unless they lead to one network.
        let alike = |other: &&&Route| other.rank == best.rank && matches!(other.rank, Rank::Propagated(_));
        let apart = |other: &&Route| match (other.to, best.to) {
            (Some(a), Some(b)) => a != b && (sites(a).is_empty() || sites(a) != sites(b)),
            (a, b) => a != b,
        };
        if longest.iter().filter(alike).any(apart) {
            return Err(Stop::Unknown(format!("two attachments announce {destination}")));
        }
        best.to.ok_or_else(|| Stop::dropped("blackhole in the transit gateway table (TG-5)"))
    }
}

impl World {
    pub fn sites_behind(&self, gateway: usize, attachment: usize) -> Vec<usize> {
        match &self.transit_gateways[gateway].attachments[attachment].to {
            Far::Lines(lines) => lines.iter().map(|line| self.lines[*line].site).collect(),
            _ => Vec::new(),
        }
    }
}

impl Walk<'_> {
    /// From a network in by an attachment. READING: by any zone.
    pub(super) fn leave_line(&mut self, gateway: usize, attachment: usize, headers: Headers) -> Arrived {
        self.usable(gateway, attachment, &headers)?;
        self.across(gateway, attachment, None, headers)
    }

    fn zone(&self, subnet: usize) -> Option<&str> {
        self.world.subnets[subnet].zone.as_deref()
    }

    /// The subnets of an attachment that serve a zone. READING: zones that nobody said are one zone without a name, and
    /// whether that is the same as one with a name, nobody knows: so it might be.
    fn in_zone(&self, subnets: &[usize], zone: Option<&str>) -> Vec<usize> {
        let with = |wanted: Option<&str>| -> Vec<usize> {
            subnets.iter().copied().filter(|subnet| self.zone(*subnet) == wanted).collect()
        };
        let same = with(zone);
        match zone {
            _ if !same.is_empty() => same,
            None => subnets.to_vec(),
            Some(_) => with(None),
        }
    }

    /// TG-1, TG-6: from a subnet into a transit gateway.
    pub(super) fn enter_transit_gateway(
        &mut self,
        gateway: usize,
        subnet: usize,
        just_left: bool,
        headers: Headers,
    ) -> Arrived {
        let world = self.world;
        let here = world.subnets[subnet].vpc;
        let attachments = &world.transit_gateways[gateway].attachments;
        let found = attachments.iter().position(|one| matches!(one.to, Far::Vpc { vpc, .. } if vpc == here));
        let Some(number) = found else { return Err(Stop::dropped("the VPC is not attached (RT-10)")) };
        let Far::Vpc { subnets, said, .. } = &attachments[number].to else { unreachable!() };
        // READING: nobody knows whether what it has just delivered is taken back.
        if just_left {
            self.doubt = Some("a transit gateway gets back what it delivered".to_owned());
        }
        let doors = self.in_zone(subnets, self.zone(subnet));
        if doors.is_empty() && *said {
            return Err(Stop::dropped("no attachment subnet in the zone (TG-1)"));
        }
        let Some(door) = self.choices.pick(gateway, number, doors) else {
            return Err(Stop::Unknown("the subnets of an attachment".to_owned()));
        };
        // TG-6: inbound, by source; also where the sender is in the same subnet.
        self.acl(door, Direction::Inbound, &headers)?;
        self.usable(gateway, number, &headers)?;
        self.across(gateway, number, Some(door), headers)
    }

    fn usable(&self, gateway: usize, attachment: usize, headers: &Headers) -> Result<(), Stop> {
        let attachment = &self.world.transit_gateways[gateway].attachments[attachment];
        if !attachment.available {
            return Err(Stop::dropped("attachment not available"));
        }
        if headers.source.is_ipv6() && !attachment.ipv6 && matches!(attachment.to, Far::Vpc { .. }) {
            return Err(Stop::dropped("attachment without IPv6 (V6-1)"));
        }
        Ok(())
    }

    /// TG-3, TG-4: from one attachment to another. `last` is the subnet that the packet was in last.
    fn across(&mut self, gateway: usize, from: usize, last: Option<usize>, headers: Headers) -> Arrived {
        self.no_loop()?;
        self.note("transit gateway table", headers);
        let world = self.world;
        let this = &world.transit_gateways[gateway];
        let Some(table) = this.attachments[from].association else {
            return Err(match this.attachments[from].association_unknown {
                true => Stop::Unknown("associations of a transit gateway".to_owned()),
                false => Stop::dropped("attachment without an association (TG-3)"),
            });
        };
        let to = this.tables[table]
            .lookup(headers.destination, |attachment| world.sites_behind(gateway, attachment))?;
        // READING: nobody knows whether it goes out by where it came in.
        if to == from {
            self.doubt = Some("a transit gateway sends out by where it came in".to_owned());
        }
        self.usable(gateway, to, &headers)?;
        let carried = this.references && this.attachments[from].references && this.attachments[to].references;
        self.sender = match (self.sender, carried, last) {
            (Sender::Known, true, Some(last)) => Sender::OverTransit(world.subnets[last].vpc),
            _ => Sender::Lost,
        };
        match &this.attachments[to].to {
            Far::Unknown(what) => Err(Stop::Unknown(what.clone())),
            Far::Lines(lines) => {
                let line = match lines.as_slice() {
                    [only] if world.lines[*only].kind != Kind::DirectConnect => *only,
                    lines => world.line_to(lines, headers.destination)?,
                };
                self.along(line, headers)
            }
            // TG-8: onward by the other gateway's table. READING: references end here (SG-10).
            Far::Peer(far, other) => {
                self.sender = Sender::Lost;
                self.usable(*far, *other, &headers)?;
                self.across(*far, *other, last, headers)
            }
            Far::Vpc { subnets, .. } => {
                // TG-9: appliance mode takes any zone, and keeps to it. TG-2: else the sender's if possible.
                let doors = match this.attachments[to].appliance_mode {
                    true => subnets.clone(),
                    false if last.is_none() => subnets.clone(),
                    false => match self.in_zone(subnets, last.and_then(|last| self.zone(last))) {
                        same if same.is_empty() => subnets.clone(),
                        same => same,
                    },
                };
                let Some(door) = self.choices.pick(gateway, to, doors) else {
                    return Err(Stop::Unknown("the subnets of an attachment".to_owned()));
                };
                self.by_transit = true;
                self.delivered_by = Some((gateway, to));
                // RT-19, TG-6: routed by the attachment subnet's table, out of that subnet.
                self.leave(door, headers)
            }
        }
    }
}
