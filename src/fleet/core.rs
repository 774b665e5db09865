//! Every interface against every interface, by class.

use std::collections::HashMap;

use crate::flow::{Packet, protocol};
use crate::network::{InterfaceId, Network, Target, VpcId, public_addresses};
use crate::reach::{Origin, Question, Verdict, answer};

use super::class::{Class, Classes};
use super::filters::{Filters, Passing, Remote};
use super::pool::{self, Pool, ServiceSet, SetId};
use super::way::{Filter, OpenGate, Side, Way, Ways, between};

/// What gets from one class to another and back. Only the requests that are listed and whose reply finds its way do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// Services that a request may be for.
    pub requests: SetId,
    /// Client ports (or echo replies) that a reply may be for; not asked of ICMP that nobody answers.
    pub replies: SetId,
}

/// One part of a [`Cell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Part {
    /// What certainly gets there and back.
    pub certain: Product,
    /// What may, as far as anybody can say. The difference is undetermined.
    pub possible: Product,
}

/// The number of a [`Cell`]; 0 is that of the empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(u32);

/// The exact answer to every question from one class to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Disjoint parts, usually one.
    Parts(Vec<Part>),
    /// The way has translations or forwarding instances on it: single questions are asked for it.
    Asked,
}

/// How much work there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Walks without filters.
    pub outlines: usize,
    /// Cells that were computed, of those that were looked at.
    pub cells: usize,
    /// Rows that were taken from another class.
    pub shared_rows: usize,
    /// Questions that were asked one by one.
    pub asked: usize,
}

/// A network, ready for every question at once. Exact: each cell is what [`answer`] would say to each packet.
#[derive(Debug)]
pub struct Fleet<'n> {
    network: &'n Network,
    planes: (Classes, Classes),
    pool: Pool,
    /// Every request and every reply, IPv4 then IPv6.
    every: [(SetId, SetId); 2],
    filters: Filters,
    ways: HashMap<(bool, u32, u32), Ways>,
    cells: Vec<Cell>,
    cell_index: HashMap<Cell, CellId>,
    near: HashMap<(VpcId, bool), Vec<VpcId>>,
    /// What was done so far.
    pub statistics: Statistics,
}

/// The rows of one source class: per site of destinations, the cells of its classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every distinct row.
    pub rows: Vec<Vec<CellId>>,
    /// For each source class, the sites that it may reach and the row for each.
    pub of: Vec<Vec<(u32, u32)>>,
}

impl<'n> Fleet<'n> {
    /// Sorts the interfaces of a network into classes. O(n log n) in interfaces and rules.
    pub fn new(network: &'n Network) -> Self {
        let empty = Cell::Parts(Vec::new());
        let mut pool = Pool::default();
        let every =
            [false, true].map(|ipv6| (pool.intern(pool::requests(ipv6)), pool.intern(pool::replies(ipv6))));
        Self {
            network,
            planes: (Classes::new(network, false), Classes::new(network, true)),
            pool,
            every,
            filters: Filters::default(),
            ways: HashMap::new(),
            cells: vec![empty.clone()],
            cell_index: HashMap::from([(empty, CellId(0))]),
            near: HashMap::new(),
            statistics: Statistics::default(),
        }
    }

    /// How many classes there are, by family.
    pub fn classes(&self) -> [usize; 2] {
        [self.planes.0.classes.len(), self.planes.1.classes.len()]
    }

    /// The sets that cells are made of.
    pub const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The cell of a number.
    pub fn get(&self, id: CellId) -> Option<&Cell> {
        self.cells.get(id.0 as usize)
    }

    /// The classes of a family; a class's position is its number.
    const fn plane(&self, ipv6: bool) -> &Classes {
        if ipv6 { &self.planes.1 } else { &self.planes.0 }
    }

    /// The class of an interface, if it has an address of that family.
    pub fn class_of(&self, interface: InterfaceId, ipv6: bool) -> Option<u32> {
        self.plane(ipv6).of.get(&interface).copied()
    }

    /// The members of a class.
    pub fn members(&self, class: u32, ipv6: bool) -> &[InterfaceId] {
        let plane = self.plane(ipv6);
        plane.classes.get(class as usize).map(|class| plane.members(class)).unwrap_or_default()
    }

    /// What gets from one interface to another, by their primary addresses; none within one instance or without addresses
    /// of that family. A few microseconds the first time, less for every pair of the same sites.
    pub fn cell(&mut self, from: InterfaceId, to: InterfaceId, ipv6: bool) -> Option<CellId> {
        if self.network.interfaces[from].instance == self.network.interfaces[to].instance {
            return None;
        }
        let (a, b) = (self.class_of(from, ipv6)?, self.class_of(to, ipv6)?);
        Some(self.class_cell(a, b, ipv6))
    }

    /// What becomes of one packet from an interface to another's primary address.
    pub fn verdict(&mut self, from: InterfaceId, to: InterfaceId, packet: Packet) -> Verdict {
        let Some(id) = self.cell(from, to, packet.destination.is_ipv6()) else { return Verdict::Blocked };
        match self.get(id) {
            Some(Cell::Parts(parts)) => {
                let meets = |product: &Product| product.passes(&self.pool, packet);
                if parts.iter().any(|part| meets(&part.certain)) {
                    Verdict::Reachable
                } else if parts.iter().any(|part| meets(&part.possible)) {
                    Verdict::Undetermined
                } else {
                    Verdict::Blocked
                }
            }
            _ => {
                self.statistics.asked += 1;
                let question = Question::between(self.network, (Origin::Interface(from), to), packet);
                answer(self.network, &question).verdict
            }
        }
    }

    fn class_cell(&mut self, a: u32, b: u32, ipv6: bool) -> CellId {
        let plane = self.plane(ipv6);
        let (Some(from), Some(to)) = (plane.classes.get(a as usize), plane.classes.get(b as usize)) else {
            return CellId(0);
        };
        let (from, to) = (from.clone(), to.clone());
        let cell = match self.ways(from.site, to.site, ipv6) {
            Ways::None => return CellId(0),
            Ways::Irregular => Cell::Asked,
            Ways::Open(ways) => {
                Cell::Parts(ways.iter().map(|way| self.part(way, &from, &to, ipv6)).collect())
            }
        };
        self.intern(cell)
    }

    fn intern(&mut self, cell: Cell) -> CellId {
        let cell = match cell {
            Cell::Parts(parts) => {
                let is_something = |part: &Part| part.possible.requests != SetId::NONE;
                Cell::Parts(parts.into_iter().filter(is_something).collect())
            }
            asked => asked,
        };
        if let Some(id) = self.cell_index.get(&cell) {
            return *id;
        }
        let id = CellId(u32::try_from(self.cells.len()).unwrap_or(u32::MAX));
        self.cells.push(cell.clone());
        self.cell_index.insert(cell, id);
        id
    }

    /// The ways between two sites; walked once.
    fn ways(&mut self, a: u32, b: u32, ipv6: bool) -> Ways {
        if let Some(ways) = self.ways.get(&(ipv6, a, b)) {
            return ways.clone();
        }
        let ways = self.walk(a, b, ipv6);
        self.ways.insert((ipv6, a, b), ways.clone());
        ways
    }

    fn walk(&mut self, a: u32, b: u32, ipv6: bool) -> Ways {
        let plane = self.plane(ipv6);
        let vpc = |site: u32| plane.sites.get(site as usize).map(|site| site.vpc);
        let (Some(from), Some(to)) = (vpc(a), vpc(b)) else { return Ways::None };
        if !self.is_near(from, to, ipv6) {
            return Ways::None;
        }
        let plane = self.plane(ipv6);
        let Some((source, destination)) = plane.samples(self.network, a, b) else { return Ways::None };
        let address = |id: InterfaceId| Some((id, self.network.interfaces[id].primary(ipv6)?.private));
        let (Some(source), Some(destination)) = (address(source), address(destination)) else {
            return Ways::None;
        };
        self.statistics.outlines += 1;
        between(self.network, &mut self.pool, [source, destination])
    }

    /// Whether any route of a VPC may carry packets to the addresses of another.
    fn is_near(&mut self, from: VpcId, to: VpcId, ipv6: bool) -> bool {
        let network = self.network;
        let near = self.near.entry((from, ipv6)).or_insert_with(|| near(network, from, ipv6));
        near.binary_search(&to).is_ok()
    }

    fn part(&mut self, way: &Way, a: &Class, b: &Class, ipv6: bool) -> Part {
        let [ipv4, own] = self.every;
        let (requests, replies) = if ipv6 { own } else { ipv4 };
        let all = Passing::known(requests);
        let mut passing = all.and(Passing::known(way.services), &mut self.pool);
        for gate in &way.request {
            passing = passing.and(self.gate(gate, a, b), &mut self.pool);
        }
        let mut back = Passing::known(replies);
        for gate in &way.reply {
            back = back.and(self.gate(gate, a, b), &mut self.pool);
        }
        self.statistics.cells += 1;
        finish(way, passing, back)
    }

    /// What one filter lets through between two classes.
    fn gate(&mut self, gate: &OpenGate, a: &Class, b: &Class) -> Passing {
        let end = |side: Side| if side == Side::Source { a } else { b };
        let far = end(gate.remote);
        match gate.filter {
            Filter::Acl(acl) => Passing::known(self.filters.acl(
                self.network,
                &mut self.pool,
                (acl, gate.direction),
                far.address,
            )),
            Filter::Groups(side) => {
                let near = &self.network.interfaces[end(side).first];
                let (far_interface, address) = (&self.network.interfaces[far.first], far.address);
                let carried = if gate.is_known { far_interface.groups.as_slice() } else { &[] };
                let carries_unknown = self.network.partial && gate.is_known && far_interface.groups_unknown;
                let remote = Remote { address, carried, carries_unknown };
                let mut passing = Passing::known(SetId::NONE);
                for group in &near.groups {
                    let key = (*group, near.vpc, gate.direction);
                    let more = self.filters.group(self.network, &mut self.pool, key, remote);
                    passing = passing.or(more, &mut self.pool);
                }
                if near.groups_unknown {
                    passing.possible =
                        self.pool.intern(ServiceSet::range(0, u32::from(u8::MAX) << 16 | 0xffff));
                }
                passing
            }
        }
    }

    /// Every cell of a family. Rows that read the same are computed once: time and memory follow the number of distinct rows.
    ///
    /// With `share` false every row is computed for itself, to check that sharing changes nothing.
    pub fn rows(&mut self, ipv6: bool, share: bool) -> Rows {
        let mut all = Rows::default();
        let sites: Vec<_> = self.plane(ipv6).sites.clone();
        for (a, site) in (0u32..).zip(&sites) {
            let mut to: Vec<(u32, Ways)> = Vec::new();
            let network = self.network;
            let near =
                self.near.entry((site.vpc, ipv6)).or_insert_with(|| near(network, site.vpc, ipv6)).clone();
            for vpc in near {
                for b in self.plane(ipv6).sites_of.get(&vpc).cloned().unwrap_or_default() {
                    match self.ways(a, b, ipv6) {
                        Ways::None => {}
                        ways => to.push((b, ways)),
                    }
                }
            }
            let first = all.of.len();
            all.of.extend(site.classes.clone().map(|_| Vec::with_capacity(to.len())));
            for (b, ways) in to {
                let Some(far) = sites.get(b as usize) else { continue };
                self.block(
                    &mut all,
                    first,
                    (site.classes.clone(), far.classes.clone(), b),
                    &ways,
                    ipv6,
                    share,
                );
            }
        }
        all
    }

    /// The rows from the classes of one site to those of another.
    fn block(
        &mut self,
        all: &mut Rows,
        first: usize,
        (sources, destinations, site): (std::ops::Range<u32>, std::ops::Range<u32>, u32),
        ways: &Ways,
        ipv6: bool,
        share: bool,
    ) {
        let plane = self.plane(ipv6);
        let slice = |range: &std::ops::Range<u32>| -> Vec<Class> {
            plane.classes.get(range.start as usize..range.end as usize).unwrap_or_default().to_vec()
        };
        let (sources, targets) = (slice(&sources), slice(&destinations));
        let single = match ways {
            Ways::Open(ways) if ways.len() == 1 => ways.first(),
            _ => None,
        };
        // What a row reads: the factors of its source, and what each two-sided gate says for each destination.
        let mut seen: HashMap<Vec<Passing>, u32> = HashMap::new();
        for (offset, a) in sources.iter().enumerate() {
            let row: Vec<CellId> = match single {
                Some(way) => {
                    let mut key = Vec::with_capacity(targets.len() * 2);
                    for b in &targets {
                        self.read(way, a, b, &mut key);
                    }
                    if share && let Some(row) = seen.get(&key) {
                        self.statistics.shared_rows += 1;
                        if let Some(of) = all.of.get_mut(first + offset) {
                            of.push((site, *row));
                        }
                        continue;
                    }
                    let row = targets.iter().map(|b| {
                        let part = self.part(way, a, b, ipv6);
                        self.intern(Cell::Parts(vec![part]))
                    });
                    let row = row.collect();
                    seen.insert(key, u32::try_from(all.rows.len()).unwrap_or(u32::MAX));
                    row
                }
                None => {
                    let number = |class: &Class| self.class_of(class.first, ipv6).unwrap_or_default();
                    let ids: Vec<(u32, u32)> = targets.iter().map(|b| (number(a), number(b))).collect();
                    ids.into_iter().map(|(a, b)| self.class_cell(a, b, ipv6)).collect()
                }
            };
            let number = u32::try_from(all.rows.len()).unwrap_or(u32::MAX);
            all.rows.push(row);
            if let Some(of) = all.of.get_mut(first + offset) {
                of.push((site, number));
            }
        }
    }

    /// Everything that a cell reads which depends on its source.
    fn read(&mut self, way: &Way, a: &Class, b: &Class, key: &mut Vec<Passing>) {
        for gate in way.request.iter().chain(&way.reply) {
            let of_source = gate.remote == Side::Source || gate.filter == Filter::Groups(Side::Source);
            if of_source {
                key.push(self.gate(gate, a, b));
            }
        }
    }
}

fn finish(way: &Way, passing: Passing, back: Passing) -> Part {
    let product = |requests: SetId, replies: SetId| Product { requests, replies };
    let possible = product(passing.possible, back.possible);
    let certain = match way.is_unknown {
        true => product(SetId::NONE, SetId::NONE),
        false => product(passing.certain, back.certain),
    };
    Part { certain, possible }
}

impl Product {
    /// Whether a packet gets there and back.
    pub fn passes(&self, pool: &Pool, packet: Packet) -> bool {
        let number = packet.protocol;
        let request = pool::point(number, packet.destination_port);
        if !pool.get(self.requests).contains(request) {
            return false;
        }
        let reply = match number {
            number if protocol::is_icmp(number) => {
                if request != pool::echo_request_point(number) {
                    return true;
                }
                pool::echo_reply_point(number)
            }
            number => pool::point(number, packet.source_port),
        };
        pool.get(self.replies).contains(reply)
    }
}

/// The VPCs to whose addresses a route of this one may carry packets. A private address behind an internet or NAT gateway
/// is nobody's (IG-1, NG-5), so such a route leads to no VPC but by public addresses.
fn near(network: &Network, from: VpcId, ipv6: bool) -> Vec<VpcId> {
    let public = public_addresses();
    let family =
        |vpc: VpcId| network.vpcs[vpc].addresses.intervals().iter().any(|(first, _)| first.is_ipv6() == ipv6);
    let of = |vpc: VpcId| {
        let ranges = network.vpcs[vpc].addresses.intervals().iter().copied();
        crate::flow::AddressSet::from_ranges(ranges.filter(|(first, _)| first.is_ipv6() == ipv6))
    };
    let tables: Vec<_> = network.route_tables.iter().filter(|(_, table)| table.vpc == Some(from)).collect();
    let has_gaps =
        network.subnets.iter().any(|(_, subnet)| subnet.vpc == from && subnet.route_table.is_none());
    let mut near: Vec<VpcId> = Vec::new();
    for to in network.vpcs.ids().filter(|to| family(*to)) {
        let addresses = of(to);
        let leads = |target: Target, prefix: &ipnet::IpNet| {
            let part = || addresses.intersect(&crate::flow::cidr_set(prefix));
            match target {
                Target::Blackhole => false,
                Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_) | Target::NatGateway(_) => {
                    !part().is_disjoint(&public)
                }
                // What it carries is checked where it is walked.
                _ => !part().is_empty(),
            }
        };
        let by_route = tables.iter().any(|(_, table)| {
            !table.unlisted.is_empty()
                || table.routes().iter().any(|route| leads(route.target, &route.prefix))
        });
        if to == from || by_route || has_gaps {
            near.push(to);
        }
    }
    near
}
