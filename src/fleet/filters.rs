//! Security groups and network ACLs by address: what a filter lets through, as interned sets.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::flow::{FlowSet, HeaderBox, PortSet, ProtocolSet, every_address, single_address};
use crate::network::{Action, Direction, Network, NetworkAclId, Peer, SecurityGroupId, VpcId};

use super::pool::{Pool, SetId, of_box, of_pattern};

/// What a filter lets through for certain, and what it may let through at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Passing {
    pub(super) certain: SetId,
    pub(super) possible: SetId,
}

impl Passing {
    pub(super) const fn known(set: SetId) -> Self {
        Self { certain: set, possible: set }
    }

    pub(super) const fn word(self) -> u64 {
        SetId::word(self.certain, self.possible)
    }

    pub(super) const fn of_word(word: u64) -> Self {
        let [certain, possible] = SetId::of_word(word);
        Self { certain, possible }
    }

    pub(super) fn and(self, other: Self, pool: &mut Pool) -> Self {
        let certain = pool.and(self.certain, other.certain);
        if self.certain == self.possible && other.certain == other.possible {
            return Self::known(certain);
        }
        Self { certain, possible: pool.and(self.possible, other.possible) }
    }

    pub(super) fn or(self, other: Self, pool: &mut Pool) -> Self {
        Self {
            certain: pool.or(self.certain, other.certain),
            possible: pool.or(self.possible, other.possible),
        }
    }
}

/// The far end as a security group sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remote<'a> {
    pub(super) address: IpAddr,
    /// Groups that a reference may find there.
    pub(super) carried: &'a [SecurityGroupId],
    /// Whether it may carry groups that the capture lacks.
    pub(super) carries_unknown: bool,
    /// Whether it may carry any group.
    pub(super) carries_any: bool,
}

/// Ends between two addresses, of which everything is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) first: IpAddr,
    pub(super) last: IpAddr,
    /// Groups that a reference may find at one of them, sorted.
    pub(super) carried: &'a [SecurityGroupId],
}

/// The rules of one direction of one group at interfaces of one VPC.
#[derive(Debug)]
struct Table {
    /// Where the answer by address changes, and the answer from there on.
    steps: Vec<(IpAddr, SetId)>,
    references: Vec<(SecurityGroupId, SetId)>,
    unknown: SetId,
    stale: SetId,
}

/// Compiled filters. Everything is made when it is first needed.
#[derive(Debug, Default)]
pub(super) struct Filters {
    tables: Vec<Table>,
    table_index: FxHashMap<(SecurityGroupId, VpcId, Direction, bool), u32>,
    acls: FxHashMap<(NetworkAclId, Direction, IpAddr), SetId>,
    acl_cuts: FxHashMap<(NetworkAclId, Direction), Vec<IpAddr>>,
}

impl Filters {
    /// The number of the rules of one direction of a group at interfaces of a VPC, for one family.
    pub(super) fn table(
        &mut self,
        network: &Network,
        pool: &mut Pool,
        key: (SecurityGroupId, VpcId, Direction, bool),
    ) -> u32 {
        *self.table_index.entry(key).or_insert_with(|| {
            self.tables.push(Table::new(network, pool, key));
            u32::try_from(self.tables.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// What the rules of a table let through.
    pub(super) fn group(&self, pool: &mut Pool, table: u32, remote: Remote<'_>) -> Passing {
        let Some(table) = self.tables.get(table as usize) else { return Passing::known(SetId::NONE) };
        let after = table.steps.partition_point(|(from, _)| *from <= remote.address);
        let step = after.checked_sub(1).and_then(|index| table.steps.get(index));
        let mut certain = step.map_or(SetId::NONE, |(_, set)| *set);
        for (carried, set) in &table.references {
            if remote.carried.contains(carried) {
                certain = pool.or(certain, *set);
            }
        }
        let mut possible = pool.or(certain, table.unknown);
        if remote.carries_unknown {
            possible = pool.or(possible, table.stale);
        }
        if remote.carries_any {
            possible = table.references.iter().fold(possible, |all, (_, set)| pool.or(all, *set));
        }
        Passing { certain, possible }
    }

    /// What the rules of a table let through from or to every end of a place that carries no group they refer to; none if
    /// they tell these ends apart.
    pub(super) fn by_address(&self, table: u32, place: Place<'_>) -> Option<SetId> {
        let Table { steps, unknown, .. } = self.tables.get(table as usize)?;
        let after = |address: IpAddr| steps.partition_point(|(from, _)| *from <= address);
        let (first, last) = (after(place.first), after(place.last));
        let before = first.checked_sub(1).and_then(|index| steps.get(index));
        let set = before.map_or(SetId::NONE, |(_, set)| *set);
        let alike = steps.get(first..last)?.iter().all(|(_, other)| *other == set);
        (alike && *unknown == SetId::NONE).then_some(set)
    }

    /// The groups that the rules of a table refer to, of those that somebody in a place carries.
    pub(super) fn referred<'a>(
        &'a self,
        table: u32,
        place: Place<'a>,
    ) -> impl Iterator<Item = SecurityGroupId> + 'a {
        let references = self.tables.get(table as usize).map(|table| table.references.as_slice());
        let groups = references.unwrap_or_default().iter().map(|(group, _)| *group);
        groups.filter(move |group| place.carried.binary_search(group).is_ok())
    }

    /// What a network ACL lets through, asked once per stretch of addresses that its rules do not tell apart.
    pub(super) fn acl(
        &mut self,
        network: &Network,
        pool: &mut Pool,
        (acl, direction): (NetworkAclId, Direction),
        remote: IpAddr,
    ) -> SetId {
        let cuts = self.acl_cuts.entry((acl, direction)).or_insert_with(|| {
            let rules = network.network_acls[acl].rules(direction).iter();
            let sides = rules.filter_map(|rule| match direction {
                Direction::Inbound => rule.pattern.source.as_ref(),
                Direction::Outbound => rule.pattern.destination.as_ref(),
            });
            let mut cuts = BTreeSet::new();
            sides.for_each(|side| add_cuts(&mut cuts, side));
            cuts.into_iter().collect()
        });
        let after = cuts.partition_point(|from| *from <= remote);
        let first = after.checked_sub(1).and_then(|index| cuts.get(index)).copied();
        // The first address of the stretch stands for all of it; below every cut, any address does.
        let stands = first.filter(|first| first.is_ipv6() == remote.is_ipv6());
        let lowest = || every_address(remote).first().unwrap_or(remote);
        let stands = stands.unwrap_or_else(lowest);
        if let Some(set) = self.acls.get(&(acl, direction, stands)) {
            return *set;
        }
        let anything = every_address(remote);
        let (source, destination) = match direction {
            Direction::Inbound => (single_address(stands), anything),
            Direction::Outbound => (anything, single_address(stands)),
        };
        let packets = FlowSet::from_box(HeaderBox {
            source,
            destination,
            protocols: ProtocolSet::range(0, u8::MAX),
            source_ports: PortSet::range(0, u16::MAX),
            destination_ports: PortSet::range(0, u16::MAX),
            stash: Vec::new(),
        });
        let decided = network.network_acls[acl].decide(acl, direction, &packets);
        let allowed = decided.iter().filter(|part| part.action == Action::Allow);
        let sets = allowed.flat_map(|part| part.packets.boxes()).map(of_box);
        let union = sets.fold(super::ServiceSet::empty(), |all, set| all.union(&set));
        let set = pool.intern(union);
        self.acls.insert((acl, direction, stands), set);
        set
    }
}

/// The points at which membership of a set changes.
fn add_cuts(cuts: &mut BTreeSet<IpAddr>, set: &crate::flow::AddressSet) {
    use crate::flow::Point as _;
    for (first, last) in set.intervals() {
        cuts.insert(*first);
        cuts.extend(last.next());
    }
}

impl Table {
    fn new(
        network: &Network,
        pool: &mut Pool,
        (group, vpc, direction, ipv6): (SecurityGroupId, VpcId, Direction, bool),
    ) -> Self {
        let rules = network.security_groups[group].rules(direction);
        let mut cuts = BTreeSet::new();
        let mut by_address = Vec::new();
        let mut references: Vec<(SecurityGroupId, SetId)> = Vec::new();
        let (mut unknown, mut stale) = (SetId::NONE, SetId::NONE);
        for rule in rules {
            let set = pool.intern(of_pattern(&rule.pattern));
            match &rule.peer {
                Peer::Addresses(addresses) => {
                    add_cuts(&mut cuts, addresses);
                    by_address.push((addresses, set));
                }
                Peer::Members(other) => {
                    if network.reference_in_scope(vpc, network.security_groups[*other].vpc) {
                        references.push((*other, set));
                    }
                }
                Peer::Stale => stale = pool.or(stale, set),
                Peer::Unknown(_) => unknown = pool.or(unknown, set),
            }
        }
        let steps = cuts.into_iter().filter(|cut| cut.is_ipv6() == ipv6).map(|cut| {
            let matching = by_address.iter().filter(|(addresses, _)| addresses.contains(cut));
            let set = matching.fold(SetId::NONE, |all, (_, set)| pool.or(all, *set));
            (cut, set)
        });
        let steps = steps.collect();
        Self { steps, references, unknown, stale }
    }
}
