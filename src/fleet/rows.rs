//! Every cell, row by row: the classes of one site against those of another at a time.
//!
//! On a plain way a cell is a product of factors. Network ACLs look at one end only: a factor per class. What the security
//! groups of an end let through depends on the set of groups there and on the class at the far end: a vector over the
//! classes of the destination's site, for a set of groups at the source ([`Memo::outward`]) or for a source as the groups of
//! the destination's VPC see it ([`Memo::inward`]). Equal vectors have equal numbers, so rows whose numbers are equal are equal.

use std::hash::Hash;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::flow::Point as _;
use crate::network::{Direction, NetworkAclId, Peer, SecurityGroupId, VpcId};

use super::cell::CellId;
use super::class::{Class, Classes};
use super::core::{Work, finish};
use super::filters::Passing;
use super::pool::SetId;
use super::way::{Filter, OpenGate, Side, Way, Ways};

/// The rows of every source class: per site of destinations, the cells of its classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Every distinct row.
    pub rows: Vec<Vec<CellId>>,
    /// For each source class, the sites that it may reach and the row for each.
    pub of: Vec<Vec<(u32, u32)>>,
}

/// What a plain way asks of its two ends.
#[derive(Clone, Debug)]
struct Plan {
    way: Way,
    /// The network ACLs that look at the source, and those that look at the destination: numbers of lists.
    acls: [u32; 2],
    outward: Option<OpenGate>,
    inward: Option<OpenGate>,
}

/// The network ACLs that look at one end: on the request, on the reply.
type AclList = [Vec<(NetworkAclId, Direction)>; 2];
/// What they let through, request and reply, of one class.
type Factor = [SetId; 2];

/// What all rows of a family share.
#[derive(Default)]
struct Memo {
    plans: FxHashMap<u32, Option<Rc<Plan>>>,
    lists: Interned<AclList>,
    factors: FxHashMap<(u32, u32), Rc<[Factor]>>,
    vectors: Interned<Vector>,
    outward: FxHashMap<(u32, OpenGate, u32), u32>,
    inward: FxHashMap<(u32, OpenGate, u32), u32>,
    views: FxHashMap<VpcId, View>,
    seen: Interned<Seen>,
    rows: FxHashMap<RowKey, u32>,
}

/// What security groups let through, by class of a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Vector {
    /// The same of all.
    Same(Passing),
    /// One for each.
    Each(Vec<Passing>),
}

impl Vector {
    fn at(&self, index: usize) -> Option<Passing> {
        match self {
            Self::Same(passing) => Some(*passing),
            Self::Each(all) => all.get(index).copied(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RowKey {
    ways: u32,
    site: u32,
    factor: Factor,
    vectors: [Option<u32>; 2],
}

/// What the inbound rules of a VPC can tell apart.
#[derive(Clone, Debug, Default)]
struct View {
    cuts: Vec<std::net::IpAddr>,
    references: Vec<SecurityGroupId>,
}

/// A class as a VPC's inbound rules see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    by: VpcId,
    stretch: usize,
    carried: Vec<SecurityGroupId>,
    carries_unknown: bool,
    carries_any: bool,
}

/// Values that are kept once, by number.
struct Interned<T> {
    values: Vec<T>,
    index: FxHashMap<T, u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { values: Vec::new(), index: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.index.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.index.insert(value, number);
        number
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }
}

impl Work<'_> {
    pub(super) fn rows(&mut self, plane: &Classes, ipv6: bool, share: bool) -> Rows {
        let mut all = Rows::default();
        let mut memo = Memo::default();
        for (a, site) in (0u32..).zip(&plane.sites) {
            let mut to: Vec<(u32, u32)> = Vec::new();
            for vpc in self.near(site.vpc, ipv6).to_vec() {
                for b in plane.sites_of.get(&vpc).map(Vec::as_slice).unwrap_or_default() {
                    let ways = self.ways(plane, (a, *b), ipv6);
                    if *self.get_ways(ways) != Ways::None {
                        to.push((*b, ways));
                    }
                }
            }
            let first = all.of.len();
            all.of.extend(site.classes.clone().map(|_| Vec::with_capacity(to.len())));
            let mut source = Source { site: a, first, seen: FxHashMap::default() };
            for (b, ways) in to {
                match share.then(|| self.plan(&mut memo, ways)).flatten() {
                    Some(plan) => {
                        self.block(&mut all, &mut memo, plane, (&mut source, b), (ways, &plan), ipv6)
                    }
                    None => self.pairs(&mut all, plane, (&source, b), ipv6),
                }
            }
        }
        all
    }

    /// Every cell by itself.
    fn pairs(&mut self, all: &mut Rows, plane: &Classes, (source, b): (&Source, u32), ipv6: bool) {
        let range =
            |site: u32| plane.sites.get(site as usize).map(|site| site.classes.clone()).unwrap_or_default();
        for (offset, from) in range(source.site).enumerate() {
            let row = range(b).map(|to| self.class_cell(plane, (from, to), ipv6)).collect();
            all.add(source.first + offset, b, row);
        }
    }

    /// The rows from the classes of one site to those of another.
    fn block(
        &mut self,
        all: &mut Rows,
        memo: &mut Memo,
        plane: &Classes,
        (source, b): (&mut Source, u32),
        (ways, plan): (u32, &Plan),
        ipv6: bool,
    ) {
        let [near_acls, far_acls] = plan.acls;
        let factors = self.factors(memo, plane, (source.site, near_acls));
        let far = self.factors(memo, plane, (b, far_acls));
        let seen = match plan.inward {
            Some(_) => self.seen(memo, plane, (source, b)),
            None => Rc::default(),
        };
        for (offset, (from, factor)) in
            plane.classes_of(source.site).iter().zip(factors.iter().copied()).enumerate()
        {
            let outward = plan.outward.map(|gate| self.outward(memo, plane, (from, gate, b)));
            let inward = plan
                .inward
                .zip(seen.get(offset).copied())
                .map(|(gate, seen)| self.inward(memo, plane, (from, seen, gate, b)));
            let key = RowKey { ways, site: b, factor, vectors: [outward, inward] };
            let number = match memo.rows.get(&key) {
                Some(number) => {
                    self.statistics.shared_rows += 1;
                    *number
                }
                None => {
                    let row = self.row(memo, (key, plan), &far, ipv6);
                    let number = u32::try_from(all.rows.len()).unwrap_or(u32::MAX);
                    all.rows.push(row);
                    memo.rows.insert(key, number);
                    number
                }
            };
            all.point(source.first + offset, b, number);
        }
    }

    /// The cells of a row, from its factors.
    fn row(&mut self, memo: &Memo, (key, plan): (RowKey, &Plan), far: &[Factor], ipv6: bool) -> Vec<CellId> {
        let (requests, replies) = self.every(ipv6);
        let [near_request, near_reply] = key.factor;
        let requests = self.pool.and(requests, plan.way.services);
        let requests = self.pool.and(requests, near_request);
        let replies = self.pool.and(replies, near_reply);
        let vector = |number: Option<u32>| number.and_then(|number| memo.vectors.get(number));
        let [outward, inward] = key.vectors.map(vector);
        let at = |vector: Option<&Vector>, index: usize| vector.and_then(|vector| vector.at(index));
        let mut last = None;
        let mut row = Vec::with_capacity(far.len());
        for (index, factor) in far.iter().enumerate() {
            let factors = (*factor, at(outward, index), at(inward, index));
            // Neighbours are often alike.
            if let Some((known, cell)) = last
                && known == factors
            {
                row.push(cell);
                continue;
            }
            let [far_request, far_reply] = *factor;
            let mut passing = Passing::known(self.pool.and(requests, far_request));
            for groups in [factors.1, factors.2].into_iter().flatten() {
                passing = passing.and(groups, &mut self.pool);
            }
            let back = Passing::known(self.pool.and(replies, far_reply));
            let cell = self.cells.of_part(finish(&plan.way, passing, back));
            last = Some((factors, cell));
            row.push(cell);
        }
        self.statistics.cells += row.len();
        row
    }

    /// The plan of ways, if they are one and plain.
    fn plan(&self, memo: &mut Memo, ways: u32) -> Option<Rc<Plan>> {
        if let Some(plan) = memo.plans.get(&ways) {
            return plan.clone();
        }
        let plan = match &*self.get_ways(ways) {
            Ways::Open(ways) => match ways.as_slice() {
                [way] => plan(way, &mut memo.lists).map(Rc::new),
                _ => None,
            },
            _ => None,
        };
        memo.plans.insert(ways, plan.clone());
        plan
    }

    /// What the network ACLs of a list let through of each class of a site.
    fn factors(&mut self, memo: &mut Memo, plane: &Classes, (site, list): (u32, u32)) -> Rc<[Factor]> {
        if let Some(factors) = memo.factors.get(&(site, list)) {
            return Rc::clone(factors);
        }
        let every = self.pool.everything();
        let lists = memo.lists.get(list).cloned().unwrap_or_default();
        let factors = plane.classes_of(site).iter().map(|class| {
            lists.each_ref().map(|acls| {
                acls.iter().fold(every, |all, at| {
                    let one = self.filters.acl(self.network, &mut self.pool, *at, class.address);
                    self.pool.and(all, one)
                })
            })
        });
        let factors: Rc<[Factor]> = factors.collect();
        memo.factors.insert((site, list), Rc::clone(&factors));
        factors
    }

    /// What the groups of a source let out to each class of a site.
    fn outward(&mut self, memo: &mut Memo, plane: &Classes, (from, gate, b): (&Class, OpenGate, u32)) -> u32 {
        let key = (from.groups, gate, b);
        if let Some(number) = memo.outward.get(&key) {
            return *number;
        }
        let tables = self.tables(plane, (from.groups, gate.direction, from.address.is_ipv6()));
        let vector = match self.filters.constant(&tables.groups).filter(|_| !tables.is_unknown) {
            Some(set) => Vector::Same(Passing::known(set)),
            None => {
                Vector::Each(plane.classes_of(b).iter().map(|far| self.groups(&tables, &gate, far)).collect())
            }
        };
        let number = memo.vectors.number(vector);
        memo.outward.insert(key, number);
        number
    }

    /// What the groups of each class of a site let in from a source.
    fn inward(
        &mut self,
        memo: &mut Memo,
        plane: &Classes,
        (from, seen, gate, b): (&Class, u32, OpenGate, u32),
    ) -> u32 {
        let key = (seen, gate, b);
        if let Some(number) = memo.inward.get(&key) {
            return *number;
        }
        let mut last: Option<(u32, Passing)> = None;
        let mut vector = Vec::new();
        for to in plane.classes_of(b) {
            let passing = match last {
                Some((groups, passing)) if groups == to.groups => passing,
                _ => {
                    let tables = self.tables(plane, (to.groups, gate.direction, from.address.is_ipv6()));
                    self.groups(&tables, &gate, from)
                }
            };
            last = Some((to.groups, passing));
            vector.push(passing);
        }
        let number = memo.vectors.number(Vector::Each(vector));
        memo.inward.insert(key, number);
        number
    }

    /// How the inbound rules of a site's VPC see each class of the source.
    fn seen(&self, memo: &mut Memo, plane: &Classes, (source, b): (&mut Source, u32)) -> Rc<[u32]> {
        let Some(by) = plane.sites.get(b as usize).map(|site| site.vpc) else { return Rc::default() };
        if let Some(seen) = source.seen.get(&by) {
            return Rc::clone(seen);
        }
        let view = memo.views.entry(by).or_insert_with(|| self.view(plane, by));
        let mut seen = Vec::new();
        for class in plane.classes_of(source.site) {
            let groups = plane.group_sets.get(class.groups as usize);
            let carried = groups.iter().flat_map(|set| set.groups.iter().copied());
            seen.push(memo.seen.number(Seen {
                by,
                stretch: view.cuts.partition_point(|cut| *cut <= class.address),
                carried: carried.filter(|group| view.references.binary_search(group).is_ok()).collect(),
                carries_unknown: self.network.partial && groups.is_some_and(|set| set.is_unknown),
                carries_any: self.network.partial && groups.is_some_and(|set| set.is_open),
            }));
        }
        let seen: Rc<[u32]> = seen.into();
        source.seen.insert(by, Rc::clone(&seen));
        seen
    }

    fn view(&self, plane: &Classes, vpc: VpcId) -> View {
        let mut view = View::default();
        let mut groups: Vec<SecurityGroupId> = Vec::new();
        for set in plane.group_sets.iter().filter(|set| set.vpc == vpc) {
            groups.extend(&set.groups);
        }
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            for rule in self.network.security_groups[group].rules(Direction::Inbound) {
                match &rule.peer {
                    Peer::Addresses(addresses) => {
                        for (first, last) in addresses.intervals() {
                            view.cuts.push(*first);
                            view.cuts.extend(last.next());
                        }
                    }
                    Peer::Members(other) => view.references.push(*other),
                    Peer::Stale | Peer::Unknown(_) => {}
                }
            }
        }
        view.cuts.sort_unstable();
        view.cuts.dedup();
        view.references.sort_unstable();
        view.references.dedup();
        view
    }
}

/// The site whose rows are being made.
struct Source {
    site: u32,
    /// The position of its first class among all.
    first: usize,
    /// Its classes as VPCs see them.
    seen: FxHashMap<VpcId, Rc<[u32]>>,
}

impl Rows {
    fn add(&mut self, class: usize, site: u32, row: Vec<CellId>) {
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        self.rows.push(row);
        self.point(class, site, number);
    }

    fn point(&mut self, class: usize, site: u32, row: u32) {
        if let Some(of) = self.of.get_mut(class) {
            of.push((site, row));
        }
    }
}

/// A plan, if the way has no filter but network ACLs, the source's groups outwards, and the destination's inwards.
fn plan(way: &Way, lists: &mut Interned<AclList>) -> Option<Plan> {
    let mut acls: [AclList; 2] = Default::default();
    let (mut outward, mut inward) = (None, None);
    for (leg, gates) in [&way.request, &way.reply].into_iter().enumerate() {
        for gate in gates {
            match (gate.filter, gate.direction, gate.remote, leg) {
                (Filter::Acl(acl), direction, remote, _) => {
                    let side = usize::from(remote == Side::Destination);
                    acls.get_mut(side)?.get_mut(leg)?.push((acl, direction));
                }
                (Filter::Groups(Side::Source), Direction::Outbound, Side::Destination, 0)
                    if outward.is_none() =>
                {
                    outward = Some(*gate);
                }
                (Filter::Groups(Side::Destination), Direction::Inbound, Side::Source, 0)
                    if inward.is_none() =>
                {
                    inward = Some(*gate);
                }
                _ => return None,
            }
        }
    }
    Some(Plan { way: way.clone(), acls: acls.map(|list| lists.number(list)), outward, inward })
}
