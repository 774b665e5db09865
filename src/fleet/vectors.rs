//! What filters let through of each class of a site, as vectors with numbers.
//!
//! A rule rarely tells the classes of one site apart: no range of a group begins or ends inside the subnet, and nobody there
//! has a group that it refers to. Then one look is enough for the whole site.

use std::ops::Range;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::network::{Direction, NetworkAclId, SecurityGroupId};

use super::class::{Class, Classes, Site};
use super::core::{Spread, Tables, Work};
use super::filters::Passing;
use super::lists::Lists;
use super::pool::SetId;
use super::way::OpenGate;

/// The network ACLs that look at one end: on the request, on the reply.
pub(super) type AclList = [Vec<(NetworkAclId, Direction)>; 2];

/// What security groups let through, by class of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Vector {
    /// The same of all: the word of a [`Passing`].
    Same(u64),
    /// A number of a list of words, one for each.
    Each(u32),
}

/// A [`Vector`] to read from.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    Same(u64),
    Each(&'a [u64]),
}

impl Values<'_> {
    pub(super) fn at(&self, index: usize) -> u64 {
        match self {
            Self::Same(passing) => *passing,
            // Out of range there is no class.
            Self::Each(all) => all.get(index).copied().unwrap_or_default(),
        }
    }
}

/// Every vector, and what was computed for which.
pub(super) struct Vectors {
    /// What stands where no group is asked.
    everything: Vector,
    acl_lists: Vec<AclList>,
    acl_index: FxHashMap<AclList, u32>,
    /// What network ACLs let through of each class, request and reply in one word.
    pub(super) factors: Lists<u64>,
    of_acls: FxHashMap<(u32, u32), u32>,
    passing: Lists<u64>,
    scratch: Scratch,
}

/// Memory for what is being made, kept because it is made very often.
#[derive(Default)]
struct Scratch {
    /// Words of [`Passing`].
    each: Vec<u64>,
    referred: Vec<SecurityGroupId>,
    columns: Vec<Column>,
    by_group: Vec<(SecurityGroupId, usize)>,
    asked: Vec<usize>,
}

impl Vectors {
    pub(super) fn new(everything: SetId) -> Self {
        Self {
            everything: Vector::Same(Passing::known(everything).word()),
            acl_lists: Vec::new(),
            acl_index: FxHashMap::default(),
            factors: Lists::default(),
            of_acls: FxHashMap::default(),
            passing: Lists::default(),
            scratch: Scratch::default(),
        }
    }

    fn number(&mut self, each: &[u64]) -> Vector {
        match each.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => Vector::Same(*first),
            _ => Vector::Each(self.passing.number(each)),
        }
    }

    /// The number of a list of network ACLs.
    pub(super) fn acl_list(&mut self, list: AclList) -> u32 {
        *self.acl_index.entry(list).or_insert_with_key(|list| {
            self.acl_lists.push(list.clone());
            u32::try_from(self.acl_lists.len() - 1).unwrap_or(u32::MAX)
        })
    }

    pub(super) fn vector(&self, vector: Vector) -> Values<'_> {
        match vector {
            Vector::Same(passing) => Values::Same(passing),
            Vector::Each(number) => Values::Each(self.passing.get(number)),
        }
    }
}

impl Work<'_> {
    /// What the network ACLs of a list let through of each class of a site: a number of [`Vectors::factors`].
    pub(super) fn factors(
        &mut self,
        vectors: &mut Vectors,
        plane: &Classes,
        (site, list): (u32, u32),
    ) -> u32 {
        if let Some(number) = vectors.of_acls.get(&(site, list)) {
            return *number;
        }
        let classes = plane.sites.get(site as usize).map(|site| plane.slice(site)).unwrap_or_default();
        let every = self.pool.everything();
        let none = AclList::default();
        let lists = vectors.acl_lists.get(list as usize).unwrap_or(&none);
        let factors = classes.iter().map(|class| {
            let [request, reply] = lists.each_ref().map(|acls| {
                acls.iter().fold(every, |all, at| {
                    let one = self.filters.acl(self.network, &mut self.pool, *at, class.address);
                    self.pool.and(all, one)
                })
            });
            SetId::word(request, reply)
        });
        let factors: Vec<u64> = factors.collect();
        let number = vectors.factors.number(&factors);
        vectors.of_acls.insert((site, list), number);
        number
    }

    /// For each class of a site: what its groups let out to each class of another.
    pub(super) fn outward(
        &mut self,
        vectors: &mut Vectors,
        plane: &Classes,
        gate: Option<OpenGate>,
        (a, b): (&Site, &Site),
    ) -> Vec<Vector> {
        let classes = plane.slice(a);
        let Some(gate) = gate else { return vec![vectors.everything; classes.len()] };
        let mut all = Vec::with_capacity(classes.len());
        let mut scratch = std::mem::take(&mut vectors.scratch);
        let Scratch { each, referred, .. } = &mut scratch;
        for alike in of_equal_groups(classes) {
            let Some(first) = alike.first() else { continue };
            let tables = self.tables(plane, (first.groups, gate.direction, first.address.is_ipv6()));
            each.clear();
            match self.spread(&tables, &gate, b, referred) {
                Spread::ByGroup { otherwise } if referred.is_empty() => each.push(otherwise.word()),
                Spread::ByGroup { otherwise } => {
                    for far in of_equal_groups(plane.slice(b)) {
                        let asked = far.first().filter(|far| plane.carries_any(far, referred));
                        let passing = asked.map_or(otherwise, |far| self.groups(&tables, &gate, far));
                        each.extend(far.iter().map(|_| passing.word()));
                    }
                }
                Spread::Each => {
                    each.extend(plane.slice(b).iter().map(|far| self.groups(&tables, &gate, far).word()));
                }
            }
            let vector = vectors.number(each);
            all.extend(alike.iter().map(|_| vector));
        }
        vectors.scratch = scratch;
        all
    }

    /// For each class of a site: what the groups of each class of another let in from it.
    pub(super) fn inward(
        &mut self,
        vectors: &mut Vectors,
        plane: &Classes,
        gate: Option<OpenGate>,
        (a, b): (&Site, &Site),
    ) -> Vec<Vector> {
        let classes = plane.slice(a);
        let Some(gate) = gate else { return vec![vectors.everything; classes.len()] };
        let mut scratch = std::mem::take(&mut vectors.scratch);
        self.columns(plane, gate, (a, b), &mut scratch);
        let Scratch { each, columns, by_group, asked, .. } = &mut scratch;
        let always: Vec<&Column> = columns.iter().filter(|column| column.by_address).collect();
        let mut all = Vec::with_capacity(classes.len());
        for alike in of_equal_groups(classes) {
            let carried = alike.first().map(|class| plane.groups_of(class)).unwrap_or_default();
            asked.clear();
            asked.extend(carried.iter().flat_map(|group| columns_of(by_group, *group)));
            let asked = || asked.iter().filter_map(|column| columns.get(*column));
            let mut last = None;
            for from in alike {
                // Without a column that looks at addresses, equal groups are enough to be alike.
                let vector = last.filter(|_| always.is_empty()).unwrap_or_else(|| {
                    for column in asked().chain(always.iter().copied()) {
                        column.fill(each, self.groups(&column.tables, &gate, from));
                    }
                    vectors.number(each)
                });
                last = Some(vector);
                all.push(vector);
            }
            asked().for_each(|column| column.fill(each, column.otherwise));
        }
        vectors.scratch = scratch;
        all
    }

    /// The columns of a site, as the groups there look at another, and what they hold where nothing tells classes apart.
    fn columns(&mut self, plane: &Classes, gate: OpenGate, (a, b): (&Site, &Site), scratch: &mut Scratch) {
        let Scratch { each, referred, columns, by_group, .. } = scratch;
        each.clear();
        columns.clear();
        by_group.clear();
        for alike in of_equal_groups(plane.slice(b)) {
            let Some(first) = alike.first() else { continue };
            let tables = self.tables(plane, (first.groups, gate.direction, first.address.is_ipv6()));
            let spread = self.spread(&tables, &gate, a, referred);
            let (otherwise, by_address) = match spread {
                Spread::ByGroup { otherwise } => (otherwise, false),
                Spread::Each => (Passing::known(SetId::NONE), true),
            };
            let range = each.len()..each.len() + alike.len();
            each.resize(range.end, otherwise.word());
            if by_address || !referred.is_empty() {
                by_group.extend(referred.iter().filter(|_| !by_address).map(|group| (*group, columns.len())));
                columns.push(Column { range, tables, otherwise, by_address });
            }
        }
        by_group.sort_unstable();
    }
}

/// The classes of a site that have one set of groups, as part of a vector: those that tell sources apart.
struct Column {
    range: Range<usize>,
    tables: Rc<Tables>,
    /// What it holds for classes that carry no group it refers to.
    otherwise: Passing,
    /// Whether it looks at addresses as well.
    by_address: bool,
}

impl Column {
    fn fill(&self, each: &mut [u64], passing: Passing) {
        each.get_mut(self.range.clone()).unwrap_or_default().fill(passing.word());
    }
}

/// The positions of the columns that refer to a group, of a list sorted by group.
fn columns_of(
    by_group: &[(SecurityGroupId, usize)],
    group: SecurityGroupId,
) -> impl Iterator<Item = usize> + '_ {
    let first = by_group.partition_point(|(other, _)| *other < group);
    let same = by_group.get(first..).unwrap_or_default().iter().take_while(move |(other, _)| *other == group);
    same.map(|(_, column)| *column)
}

/// Runs of classes of equal groups, which are neighbours in a site.
fn of_equal_groups(classes: &[Class]) -> impl Iterator<Item = &[Class]> {
    classes.chunk_by(|a, b| a.groups == b.groups)
}
