//! Every cell, row by row: the classes of one site against those of another at a time.
//!
//! On a plain way a cell is a product of factors. Network ACLs look at one end only: a factor per class. What the security
//! groups of an end let through depends on the set of groups there and on the class at the far end: a vector over the
//! classes of the destination's site. Equal vectors have equal numbers, so rows whose numbers are equal are equal.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::network::{Direction, NetworkAclId};

use super::cell::CellId;
use super::class::Classes;
use super::core::{NO_WAYS, Work, finish};
use super::filters::Passing;
use super::lists::Lists;
use super::pool::SetId;
use super::recent::Recent;
use super::vectors::{Vector, Vectors};
use super::way::{Filter, OpenGate, Side, Way, Ways};

/// How many cells are remembered by what they were made of.
const RECENT_CELLS: usize = 1 << 15;

/// The rows of every source class: per site of destinations, the cells of its classes.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Lists<CellId>,
    of: Vec<(u32, u32)>,
    ends: Vec<usize>,
}

impl Rows {
    /// The sites that a source class may reach, and the row for each.
    pub fn of(&self, class: u32) -> impl Iterator<Item = (u32, &[CellId])> {
        let class = class as usize;
        let start = class.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(class).copied().unwrap_or(start);
        let of = self.of.get(start..end).unwrap_or_default();
        of.iter().map(|(site, row)| (*site, self.rows.get(*row)))
    }

    /// How many source classes there are.
    pub const fn classes(&self) -> usize {
        self.ends.len()
    }

    /// How many pairs of a source class and a site it may reach.
    pub const fn pairs(&self) -> usize {
        self.of.len()
    }

    /// How many different rows there are.
    pub const fn distinct(&self) -> usize {
        self.rows.len()
    }

    /// How many cells the different rows have together.
    pub const fn cells(&self) -> usize {
        self.rows.items()
    }

    /// Adds the classes of one site: the sites it reaches, and for each of them the row of every class.
    fn add(&mut self, classes: usize, to: &[(u32, u32)], rows: &[u32]) {
        for offset in 0..classes {
            let of_class = rows.iter().skip(offset).step_by(classes);
            self.of.extend(to.iter().zip(of_class).map(|((site, _), row)| (*site, *row)));
            self.ends.push(self.of.len());
        }
    }
}

/// What a plain way asks of its two ends.
#[derive(Clone, Copy, Debug)]
struct Plan {
    services: SetId,
    is_unknown: bool,
    /// The network ACLs that look at the source, and those that look at the destination: numbers of lists.
    acls: [u32; 2],
    outward: Option<OpenGate>,
    inward: Option<OpenGate>,
}

/// All that a row reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Recipe {
    requests: SetId,
    replies: SetId,
    is_unknown: bool,
    /// A number of a list of factors.
    far: u32,
    outward: Vector,
    inward: Vector,
}

/// All that a cell reads, as words: requests and replies so far; the network ACLs at the far end; the groups outwards, and
/// inwards. And whether the way is not certain.
type Ingredients = ([u64; 4], bool);

/// What all rows of a family share.
struct Memo {
    plans: FxHashMap<u32, Option<Plan>>,
    vectors: Vectors,
    rows: FxHashMap<Recipe, u32>,
    cells: Recent<Ingredients, CellId>,
    row: Vec<CellId>,
}

impl Work<'_> {
    pub(super) fn rows(&mut self, plane: &Classes, ipv6: bool, share: bool) -> Rows {
        let mut all = Rows::default();
        let mut memo = Memo {
            plans: FxHashMap::default(),
            vectors: Vectors::new(self.pool.everything()),
            rows: FxHashMap::default(),
            cells: Recent::new(RECENT_CELLS),
            row: Vec::new(),
        };
        for (a, site) in (0u32..).zip(&plane.sites) {
            let to = self.reached(plane, a, ipv6);
            let mut rows = Vec::with_capacity(to.len() * site.classes.len());
            for (b, ways) in &to {
                match share.then(|| self.plan(&mut memo, *ways)).flatten() {
                    Some(plan) => {
                        let made = self.block(&mut all, &mut memo, plane, (a, *b), &plan, ipv6);
                        rows.extend(made);
                    }
                    None => rows.extend(self.pairs(&mut all, plane, (a, *b), ipv6)),
                }
            }
            all.add(site.classes.len(), &to, &rows);
        }
        all
    }

    /// The sites to which there is a way, and its number.
    fn reached(&mut self, plane: &Classes, a: u32, ipv6: bool) -> Vec<(u32, u32)> {
        let Some(site) = plane.sites.get(a as usize) else { return Vec::new() };
        let near: Rc<[_]> = self.near(site.vpc, ipv6);
        let sites = near.iter().filter_map(|vpc| plane.sites_of.get(vpc)).flatten();
        let ways = sites.map(|b| (*b, self.ways(plane, (a, *b), ipv6)));
        ways.filter(|(_, ways)| *ways != NO_WAYS).collect()
    }

    /// Every cell by itself.
    fn pairs(&mut self, all: &mut Rows, plane: &Classes, (a, b): (u32, u32), ipv6: bool) -> Vec<u32> {
        let range =
            |site: u32| plane.sites.get(site as usize).map(|site| site.classes.clone()).unwrap_or_default();
        let rows = range(a).map(|from| {
            let row: Vec<CellId> = range(b).map(|to| self.class_cell(plane, (from, to), ipv6)).collect();
            all.rows.number(&row)
        });
        rows.collect()
    }

    /// The rows from the classes of one site to those of another.
    fn block(
        &mut self,
        all: &mut Rows,
        memo: &mut Memo,
        plane: &Classes,
        (a, b): (u32, u32),
        plan: &Plan,
        ipv6: bool,
    ) -> Vec<u32> {
        let (requests, replies) = self.every(ipv6);
        let requests = self.pool.and(requests, plan.services);
        let [near_acls, far_acls] = plan.acls;
        let near = self.factors(&mut memo.vectors, plane, (a, near_acls));
        let far = self.factors(&mut memo.vectors, plane, (b, far_acls));
        let site = |site: u32| plane.sites.get(site as usize);
        let (Some(from), Some(to)) = (site(a), site(b)) else { return Vec::new() };
        let outward = self.outward(&mut memo.vectors, plane, plan.outward, (from, to));
        let inward = self.inward(&mut memo.vectors, plane, plan.inward, (from, to));
        let mut rows = Vec::with_capacity(outward.len());
        for (offset, (outward, inward)) in outward.into_iter().zip(inward).enumerate() {
            let near = memo.vectors.factors.get(near).get(offset).copied().unwrap_or_default();
            let [request, reply] = SetId::of_word(near);
            let recipe = Recipe {
                requests: self.pool.and(requests, request),
                replies: self.pool.and(replies, reply),
                is_unknown: plan.is_unknown,
                far,
                outward,
                inward,
            };
            let number = match memo.rows.get(&recipe) {
                Some(number) => {
                    self.statistics.shared_rows += 1;
                    *number
                }
                None => {
                    self.row(memo, recipe);
                    let number = all.rows.number(&memo.row);
                    memo.rows.insert(recipe, number);
                    number
                }
            };
            rows.push(number);
        }
        rows
    }

    /// Makes the cells of a row from its factors, in [`Memo::row`].
    fn row(&mut self, memo: &mut Memo, recipe: Recipe) {
        let Recipe { requests, replies, is_unknown, .. } = recipe;
        let Memo { vectors, cells, row, .. } = memo;
        let (outward, inward) = (vectors.vector(recipe.outward), vectors.vector(recipe.inward));
        let so_far = SetId::word(requests, replies);
        row.clear();
        for (index, far) in vectors.factors.get(recipe.far).iter().enumerate() {
            let made_of = ([so_far, *far, outward.at(index), inward.at(index)], is_unknown);
            row.push(cells.get(&made_of).unwrap_or_else(|| {
                let cell = self.cell(&made_of);
                cells.put(made_of, cell);
                cell
            }));
        }
        self.statistics.cells += row.len();
    }

    fn cell(&mut self, (words, is_unknown): &Ingredients) -> CellId {
        let [so_far, far, outward, inward] = *words;
        let ([request, reply], [far_request, far_reply]) = (SetId::of_word(so_far), SetId::of_word(far));
        let mut requests = Passing::known(self.pool.and(request, far_request));
        for groups in [outward, inward] {
            requests = requests.and(Passing::of_word(groups), &mut self.pool);
        }
        let replies = Passing::known(self.pool.and(reply, far_reply));
        self.cells.of_part(finish(*is_unknown, requests, replies))
    }

    /// The plan of ways, if they are one and plain.
    fn plan(&self, memo: &mut Memo, ways: u32) -> Option<Plan> {
        *memo.plans.entry(ways).or_insert_with(|| match &*self.get_ways(ways) {
            Ways::Open(ways) => match ways.as_slice() {
                [way] => plan(way, &mut memo.vectors),
                _ => None,
            },
            _ => None,
        })
    }
}

/// A plan, if the way has no filter but network ACLs, the source's groups outwards, and the destination's inwards.
fn plan(way: &Way, vectors: &mut Vectors) -> Option<Plan> {
    let mut acls: [[Vec<(NetworkAclId, Direction)>; 2]; 2] = Default::default();
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
    let acls = acls.map(|list| vectors.acl_list(list));
    Some(Plan { services: way.services, is_unknown: way.is_unknown, acls, outward, inward })
}
