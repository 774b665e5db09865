//! Every interface against every interface, by class.

use std::net::IpAddr;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::flow::Packet;
use crate::network::{Direction, InterfaceId, Network, SecurityGroupId, VpcId};
use crate::reach::{Origin, Question, Verdict, answer};

use super::cell::{Cell, CellId, Cells, Part, Product};
use super::class::{Class, Classes, Site};
use super::filters::{Filters, Passing, Place, Remote};
use super::kind::{Lead, lead};
use super::near::near;
use super::pool::{self, Pool, SetId};
use super::rows::Rows;
use super::way::{Filter, OpenGate, Side, Way, Ways, between};

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
    planes: [Classes; 2],
    work: Work<'n>,
}

/// All that a walk between two sites sees of them; whether they are in one subnet, and the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Walked {
    /// By the fronts, and by the routes there and back.
    Straight([u32; 2], [Lead; 2], bool, bool),
    /// By the kinds.
    Else([u32; 2], bool, bool),
}

/// The number of [`Ways::None`].
pub(super) const NO_WAYS: u32 = 0;

/// Everything that is computed once and kept.
#[derive(Debug)]
pub(super) struct Work<'n> {
    pub(super) network: &'n Network,
    pub(super) pool: Pool,
    /// Every request and every reply, IPv4 then IPv6.
    every: [(SetId, SetId); 2],
    pub(super) filters: Filters,
    /// The ways between kinds of sites, in one subnet or between two.
    walked: FxHashMap<Walked, u32>,
    ways: Vec<Rc<Ways>>,
    known_ways: FxHashMap<Ways, u32>,
    tables: FxHashMap<(u32, Direction, bool), Rc<Tables>>,
    pub(super) cells: Cells,
    near: FxHashMap<(VpcId, bool), Rc<[VpcId]>>,
    pub(super) statistics: Statistics,
}

impl<'n> Fleet<'n> {
    /// Sorts the interfaces of a network into classes. O(n log n) in interfaces and rules.
    pub fn new(network: &'n Network) -> Self {
        let planes = [false, true].map(|ipv6| Classes::new(network, ipv6));
        Self { network, planes, work: Work::new(network) }
    }

    /// How many classes there are, by family.
    pub fn classes(&self) -> [usize; 2] {
        self.planes.each_ref().map(|plane| plane.classes.len())
    }

    /// How many sites there are, and how many kinds of them a walk tells apart, by family.
    pub fn kinds(&self) -> [(usize, usize); 2] {
        self.planes.each_ref().map(|plane| {
            let kinds = plane.sites.iter().map(|site| site.kind.kind as usize + 1).max();
            (plane.sites.len(), kinds.unwrap_or(0))
        })
    }

    /// The sets that cells are made of.
    pub const fn pool(&self) -> &Pool {
        &self.work.pool
    }

    /// What was done so far.
    pub const fn statistics(&self) -> Statistics {
        self.work.statistics
    }

    /// The cell of a number.
    pub fn get(&self, id: CellId) -> Option<&Cell> {
        self.work.cells.get(id)
    }

    /// The classes of a family; a class's position is its number.
    const fn plane(&self, ipv6: bool) -> &Classes {
        let [ipv4, own] = &self.planes;
        if ipv6 { own } else { ipv4 }
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
        if self.network.is_one_host(from, to) {
            return None;
        }
        let (a, b) = (self.class_of(from, ipv6)?, self.class_of(to, ipv6)?);
        let Self { planes: [ipv4, own], work, .. } = self;
        Some(work.class_cell(if ipv6 { own } else { ipv4 }, (a, b), ipv6))
    }

    /// What becomes of one packet from an interface to another's primary address.
    pub fn verdict(&mut self, from: InterfaceId, to: InterfaceId, packet: Packet) -> Verdict {
        let Some(id) = self.cell(from, to, packet.destination.is_ipv6()) else { return Verdict::Blocked };
        match self.get(id) {
            Some(Cell::Parts(parts)) => {
                let meets = |product: &Product| product.passes(&self.work.pool, packet);
                if parts.iter().any(|part| meets(&part.certain)) {
                    Verdict::Reachable
                } else if parts.iter().any(|part| meets(&part.possible)) {
                    Verdict::Undetermined
                } else {
                    Verdict::Blocked
                }
            }
            _ => {
                self.work.statistics.asked += 1;
                let question = Question::between(self.network, (Origin::Interface(from), to), packet);
                answer(self.network, &question).verdict
            }
        }
    }

    /// Every cell of a family. Rows that read the same are computed once: time and memory follow the number of distinct rows.
    ///
    /// With `share` false every cell is computed for itself, to check that sharing changes nothing.
    pub fn rows(&mut self, ipv6: bool, share: bool) -> Rows {
        let Self { planes: [ipv4, own], work, .. } = self;
        work.rows(if ipv6 { own } else { ipv4 }, ipv6, share)
    }
}

impl<'n> Work<'n> {
    fn new(network: &'n Network) -> Self {
        let mut pool = Pool::default();
        let every =
            [false, true].map(|ipv6| (pool.intern(pool::requests(ipv6)), pool.intern(pool::replies(ipv6))));
        Self {
            network,
            pool,
            every,
            filters: Filters::default(),
            walked: FxHashMap::default(),
            ways: vec![Rc::new(Ways::None)],
            known_ways: FxHashMap::from_iter([(Ways::None, NO_WAYS)]),
            tables: FxHashMap::default(),
            cells: Cells::default(),
            near: FxHashMap::default(),
            statistics: Statistics::default(),
        }
    }

    pub(super) const fn every(&self, ipv6: bool) -> (SetId, SetId) {
        let [ipv4, own] = self.every;
        if ipv6 { own } else { ipv4 }
    }

    pub(super) fn class_cell(&mut self, plane: &Classes, (a, b): (u32, u32), ipv6: bool) -> CellId {
        let (Some(from), Some(to)) = (plane.classes.get(a as usize), plane.classes.get(b as usize)) else {
            return CellId::EMPTY;
        };
        let ways = self.ways(plane, (from.site, to.site), ipv6);
        match &*self.get_ways(ways) {
            Ways::None => CellId::EMPTY,
            Ways::Irregular => self.cells.asked(),
            Ways::Open(ways) => {
                let parts = ways.iter().map(|way| self.part(plane, way, (from, to), ipv6)).collect();
                self.cells.of_parts(parts)
            }
        }
    }

    /// The ways of a number.
    pub(super) fn get_ways(&self, number: u32) -> Rc<Ways> {
        self.ways.get(number as usize).cloned().unwrap_or_else(|| Rc::new(Ways::None))
    }

    /// The number of the ways between two sites; walked once for all sites of their kinds. Equal ways have equal numbers.
    pub(super) fn ways(&mut self, plane: &Classes, (a, b): (u32, u32), ipv6: bool) -> u32 {
        let site = |site: u32| plane.sites.get(site as usize);
        let (Some(from), Some(to)) = (site(a), site(b)) else { return NO_WAYS };
        if self.near(from.vpc, ipv6).binary_search(&to.vpc).is_err() {
            return NO_WAYS;
        }
        let Some(samples) = plane.samples(self.network, a, b) else { return NO_WAYS };
        if self.network.is_unplaced(samples.0) || self.network.is_unplaced(samples.1) {
            return self.number_of(Ways::Irregular);
        }
        let (Some(samples), in_one) = (self.addresses(samples, ipv6), from.subnet == to.subnet) else {
            return NO_WAYS;
        };
        let [here, there] = samples.map(|(_, address)| address);
        let leads = [
            lead(self.network, from.subnet, (to.subnet, there)),
            lead(self.network, to.subnet, (from.subnet, here)),
        ];
        let key = match leads {
            // Within a subnet nobody asks the routes.
            [Lead::Nowhere, _] if !in_one => return NO_WAYS,
            [Lead::Straight(_), Lead::Straight(_) | Lead::Nowhere] => {
                Walked::Straight([from.kind.front, to.kind.front], leads, in_one, ipv6)
            }
            _ => Walked::Else([from.kind.kind, to.kind.kind], in_one, ipv6),
        };
        if let Some(number) = self.walked.get(&key) {
            return *number;
        }
        self.statistics.outlines += 1;
        let ways = between(self.network, &mut self.pool, samples);
        let number = self.number_of(ways);
        self.walked.insert(key, number);
        number
    }

    fn number_of(&mut self, ways: Ways) -> u32 {
        *self.known_ways.entry(ways).or_insert_with_key(|ways| {
            self.ways.push(Rc::new(ways.clone()));
            u32::try_from(self.ways.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn addresses(
        &self,
        (source, destination): (InterfaceId, InterfaceId),
        ipv6: bool,
    ) -> Option<[(InterfaceId, IpAddr); 2]> {
        let address = |id: InterfaceId| Some((id, self.network.interfaces[id].primary(ipv6)?.private));
        Some([address(source)?, address(destination)?])
    }

    /// The VPCs to which any route of this one may carry packets, sorted.
    pub(super) fn near(&mut self, from: VpcId, ipv6: bool) -> Rc<[VpcId]> {
        let network = self.network;
        Rc::clone(self.near.entry((from, ipv6)).or_insert_with(|| near(network, from, ipv6).into()))
    }

    fn part(&mut self, plane: &Classes, way: &Way, (a, b): (&Class, &Class), ipv6: bool) -> Part {
        let (requests, replies) = self.every(ipv6);
        let all = Passing::known(requests);
        let mut passing = all.and(Passing::known(way.services), &mut self.pool);
        for gate in &way.request {
            passing = passing.and(self.gate(plane, gate, (a, b)), &mut self.pool);
        }
        let mut back = Passing::known(replies);
        for gate in &way.reply {
            back = back.and(self.gate(plane, gate, (a, b)), &mut self.pool);
        }
        self.statistics.cells += 1;
        finish(way.is_unknown, passing, back)
    }

    /// What one filter lets through between two classes.
    fn gate(&mut self, plane: &Classes, gate: &OpenGate, (a, b): (&Class, &Class)) -> Passing {
        let end = |side: Side| if side == Side::Source { a } else { b };
        let far = end(gate.remote);
        match gate.filter {
            Filter::Acl(acl) => {
                let at = (acl, gate.direction);
                Passing::known(self.filters.acl(self.network, &mut self.pool, at, far.address))
            }
            Filter::Groups(side) => {
                let groups = end(side).groups;
                let tables = self.tables(plane, (groups, gate.direction, far.address.is_ipv6()));
                self.groups(&tables, gate, far)
            }
        }
    }

    /// The rules of a set of groups.
    pub(super) fn tables(&mut self, plane: &Classes, key: (u32, Direction, bool)) -> Rc<Tables> {
        if let Some(tables) = self.tables.get(&key) {
            return Rc::clone(tables);
        }
        let (groups, direction, ipv6) = key;
        let tables = plane.group_sets.get(groups as usize).map(|set| {
            let table = |group: &SecurityGroupId| {
                self.filters.table(self.network, &mut self.pool, (*group, set.vpc, direction, ipv6))
            };
            Tables { groups: set.groups.iter().map(table).collect(), is_unknown: set.is_unknown }
        });
        let tables = Rc::new(tables.unwrap_or_default());
        self.tables.insert(key, Rc::clone(&tables));
        tables
    }

    /// How far security groups tell the classes of a site apart. The groups that they refer to, of those that somebody there
    /// carries, are written into `referred`.
    pub(super) fn spread(
        &mut self,
        near: &Tables,
        gate: &OpenGate,
        site: &Site,
        referred: &mut Vec<SecurityGroupId>,
    ) -> Spread {
        referred.clear();
        if near.is_unknown || self.network.partial && site.is_unknown {
            return Spread::Each;
        }
        let carried = if gate.is_known { site.carried.as_slice() } else { &[] };
        let place = Place { first: site.first, last: site.last, carried };
        let mut otherwise = SetId::NONE;
        for table in &near.groups {
            let Some(set) = self.filters.by_address(*table, place) else { return Spread::Each };
            otherwise = self.pool.or(otherwise, set);
            referred.extend(self.filters.referred(*table, place));
        }
        Spread::ByGroup { otherwise: Passing::known(otherwise) }
    }

    /// What security groups let through from or to a far end.
    pub(super) fn groups(&mut self, near: &Tables, gate: &OpenGate, far: &Class) -> Passing {
        let far_interface = &self.network.interfaces[far.first];
        let carried = if gate.is_known { far_interface.groups.as_slice() } else { &[] };
        let carries_unknown = self.network.partial && gate.is_known && far_interface.groups_unknown;
        let carries_any = carries_unknown && far_interface.groups_open;
        let remote = Remote { address: far.address, carried, carries_unknown, carries_any };
        let mut passing = Passing::known(SetId::NONE);
        for table in &near.groups {
            let more = self.filters.group(&mut self.pool, *table, remote);
            passing = passing.or(more, &mut self.pool);
        }
        if near.is_unknown {
            passing.possible = self.pool.everything();
        }
        passing
    }
}

/// How far security groups tell the classes of a site apart.
pub(super) enum Spread {
    /// By the groups that they carry alone.
    ByGroup {
        /// What is let through where none of those is carried.
        otherwise: Passing,
    },
    /// By their addresses as well, or nobody knows.
    Each,
}

/// The rules of a set of groups, as numbers of [`Filters`].
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) groups: Vec<u32>,
    pub(super) is_unknown: bool,
}

/// What gets there and back; nothing for certain where the way itself is not certain.
pub(super) fn finish(is_unknown: bool, passing: Passing, back: Passing) -> Part {
    let product = |requests: SetId, replies: SetId| Product { requests, replies };
    let possible = product(passing.possible, back.possible);
    let certain = match is_unknown {
        true => product(SetId::NONE, SetId::NONE),
        false => product(passing.certain, back.certain),
    };
    Part { certain, possible }
}
