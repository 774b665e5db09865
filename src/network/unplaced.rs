//! Addresses that nobody said, because AWS picks them: any free one of the subnet (EN-7).
//!
//! One of them stands in for all. That is enough as long as nothing tells the free addresses of the subnet apart. Where a
//! rule, a route or another host does, they fall into *kinds*, and a question is asked for every kind.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::flow::{AddressSet, cidr_set, single_address};

use super::id::{InterfaceId, NatGatewayId, SubnetId, VpcId};
use super::{BalancerTarget, Direction, Network, Owner, Peer, Subnet};

/// Who has an address that AWS picks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// An interface.
    Interface(InterfaceId),
    /// A NAT gateway, by its address in the VPC.
    NatGateway(NatGatewayId),
}

/// An address that AWS picks, in a subnet whose free addresses are not all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// Whose it is.
    pub holder: Holder,
    /// Where it will be.
    pub subnet: SubnetId,
    /// The address that stands in for it.
    pub stand_in: IpAddr,
    /// The free addresses of the subnet, those together that nothing tells apart; two sets or more.
    pub kinds: Vec<AddressSet>,
}

/// An address supposed instead of the one that stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Supposed {
    /// Whose.
    pub holder: Holder,
    /// The address that stands in.
    pub stand_in: IpAddr,
    /// The address that AWS may pick as well.
    pub address: IpAddr,
}

impl Network {
    /// Addresses that AWS picks, where it may matter which. Usually none.
    pub fn unplaced(&self) -> &[Unplaced] {
        &self.unplaced
    }

    /// Whether an interface has an address of which it matters which one AWS picks.
    pub fn is_unplaced(&self, id: InterfaceId) -> bool {
        self.unplaced.iter().any(|one| one.holder == Holder::Interface(id))
    }

    /// An interface to which AWS may give one of these addresses of a VPC, in a source that does not say every address.
    pub fn may_be_given(&self, vpc: VpcId, addresses: &AddressSet) -> Option<InterfaceId> {
        if !self.partial {
            return None;
        }
        let is_open = |id: &InterfaceId| {
            let interface = &self.interfaces[*id];
            interface.vpc == vpc
                && interface.addresses.iter().any(|own| own.assumed)
                && !self.free_addresses(&self.subnets[interface.subnet]).is_disjoint(addresses)
        };
        self.interfaces.ids().find(is_open)
    }

    /// The same network, had AWS picked those addresses. Whoever holds one of them as a stand-in gets one that became free.
    #[must_use]
    pub fn suppose(&self, supposed: &[Supposed]) -> Self {
        let mut network = self.clone();
        let wanted: BTreeSet<IpAddr> = supposed.iter().map(|one| one.address).collect();
        let mut freed: Vec<(SubnetId, IpAddr)> = Vec::new();
        let mut moves: Vec<Supposed> = supposed.to_vec();
        for one in supposed {
            let subnet = network.home(one.holder).1;
            if !wanted.contains(&one.stand_in) {
                freed.push((subnet, one.stand_in));
            }
        }
        for one in supposed {
            let (vpc, subnet) = self.home(one.holder);
            let holder = match self.owner(vpc, one.address) {
                Some(Owner::Interface(id)) => Holder::Interface(id),
                Some(Owner::NatGateway(id)) => Holder::NatGateway(id),
                Some(Owner::Unmodelled(_)) | None => continue,
            };
            let is_moved = supposed.iter().any(|own| own.holder == holder && own.stand_in == one.address);
            let spare = freed
                .iter()
                .position(|(of, address)| *of == subnet && address.is_ipv6() == one.address.is_ipv6());
            if let (false, Some(spare)) = (is_moved, spare) {
                let (_, address) = freed.swap_remove(spare);
                moves.push(Supposed { holder, stand_in: one.address, address });
            }
        }
        network.relocate(&moves);
        network
    }

    fn home(&self, holder: Holder) -> (VpcId, SubnetId) {
        match holder {
            Holder::Interface(id) => (self.interfaces[id].vpc, self.interfaces[id].subnet),
            Holder::NatGateway(id) => (self.nat_gateways[id].vpc, self.nat_gateways[id].subnet),
        }
    }

    fn relocate(&mut self, moves: &[Supposed]) {
        for one in moves {
            let (vpc, _) = self.home(one.holder);
            self.owners.remove(&(vpc, one.stand_in));
            if one.stand_in.is_ipv6() {
                self.public_owners.remove(&one.stand_in);
            }
        }
        for one in moves {
            let (vpc, _) = self.home(one.holder);
            let owner = match one.holder {
                Holder::Interface(id) => {
                    let mut own = self.interfaces[id].addresses.iter_mut();
                    if let Some(own) = own.find(|own| own.private == one.stand_in && own.assumed) {
                        own.private = one.address;
                    }
                    Owner::Interface(id)
                }
                Holder::NatGateway(id) => {
                    if let IpAddr::V4(address) = one.address {
                        self.nat_gateways[id].private_ip = address;
                    }
                    Owner::NatGateway(id)
                }
            };
            self.owners.insert((vpc, one.address), owner);
            if one.address.is_ipv6() {
                self.public_owners.insert(one.address, owner);
            }
        }
    }

    /// The addresses of a subnet that AWS may pick: not reserved (VP-8), and not said to be somebody's.
    fn free_addresses(&self, subnet: &Subnet) -> AddressSet {
        let reserved = subnet.addresses.intervals().iter().flat_map(|&(first, last)| {
            let ends = std::iter::successors(Some(first), |address| next(*address)).take(4);
            ends.chain([last])
        });
        let owners = self.owners_within(subnet.vpc, &subnet.addresses).into_iter();
        let taken = owners.filter(|(address, owner)| !self.is_stand_in(*owner, *address));
        let taken = reserved.chain(taken.map(|(address, _)| address));
        subnet.addresses.subtract(&AddressSet::from_ranges(taken.map(|address| (address, address))))
    }

    fn is_stand_in(&self, owner: Owner, address: IpAddr) -> bool {
        match owner {
            Owner::Interface(id) => {
                self.interfaces[id].addresses.iter().any(|own| own.assumed && own.private == address)
            }
            Owner::NatGateway(id) => self.nat_gateways[id].private_ip_assumed,
            Owner::Unmodelled(_) => false,
        }
    }

    /// Every address that AWS picks, and whose.
    fn stand_ins(&self) -> BTreeMap<SubnetId, Vec<(Holder, IpAddr)>> {
        let mut found: BTreeMap<SubnetId, Vec<(Holder, IpAddr)>> = BTreeMap::new();
        for (id, interface) in self.interfaces.iter() {
            let own = interface.addresses.iter().filter(|own| own.assumed);
            let own = own.map(|own| (Holder::Interface(id), own.private));
            found.entry(interface.subnet).or_default().extend(own);
        }
        for (id, nat) in self.nat_gateways.iter().filter(|(_, nat)| nat.private_ip_assumed) {
            let own = (Holder::NatGateway(id), IpAddr::V4(nat.private_ip));
            found.entry(nat.subnet).or_default().push(own);
        }
        found.retain(|_, own| !own.is_empty());
        found
    }

    /// Finds the addresses that AWS picks and of which it matters which. The last step of compiling.
    pub(super) fn find_unplaced(&mut self) {
        let stand_ins = self.stand_ins();
        if stand_ins.is_empty() {
            return;
        }
        let cuts = Cuts::of(self);
        let mut unplaced = Vec::new();
        for (subnet, own) in stand_ins {
            let this = &self.subnets[subnet];
            let hosts = self.hosts_elsewhere(this);
            if !cuts.split(&this.addresses) && hosts.is_empty() {
                continue;
            }
            let kinds = cuts.kinds(self.free_addresses(this), &hosts);
            for (holder, stand_in) in own {
                let of_family = |kind: &AddressSet| {
                    kind.first().is_some_and(|address| address.is_ipv6() == stand_in.is_ipv6())
                };
                let kinds: Vec<AddressSet> = kinds.iter().filter(|kind| of_family(kind)).cloned().collect();
                if kinds.len() > 1 {
                    unplaced.push(Unplaced { holder, subnet, stand_in, kinds });
                }
            }
        }
        self.unplaced = unplaced;
    }

    /// Addresses of hosts in other VPCs that are also in the range of this subnet and that packets may come to: two hosts of
    /// one address are a case of their own (PX-7, VG-8).
    fn hosts_elsewhere(&self, subnet: &Subnet) -> AddressSet {
        let contested = self.contested.intersect(&subnet.addresses);
        if contested.is_empty() {
            return contested;
        }
        let others = self.vpcs.ids().filter(|id| *id != subnet.vpc && self.graph.are_joined(*id, subnet.vpc));
        let owned = others.flat_map(|id| self.owners_within(id, &contested));
        AddressSet::from_ranges(owned.map(|(address, _)| (address, address)))
    }
}

fn next(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => IpAddr::V4(address.to_bits().checked_add(1)?.into()),
        IpAddr::V6(address) => IpAddr::V6(address.to_bits().checked_add(1)?.into()),
    })
}

/// Every set of addresses by which anything decides.
struct Cuts {
    sets: Vec<AddressSet>,
    /// Where one of the sets begins, sorted.
    firsts: Vec<IpAddr>,
    /// Where one ends, sorted.
    lasts: Vec<IpAddr>,
}

impl Cuts {
    fn of(network: &Network) -> Self {
        let mut sets: Vec<AddressSet> = Vec::new();
        for direction in [Direction::Inbound, Direction::Outbound] {
            for (_, group) in network.security_groups.iter() {
                sets.extend(group.rules(direction).iter().filter_map(|rule| match &rule.peer {
                    Peer::Addresses(addresses) => Some(addresses.clone()),
                    Peer::Members(_) | Peer::Stale | Peer::Unknown(_) => None,
                }));
            }
            for (_, acl) in network.network_acls.iter() {
                let patterns = acl.rules(direction).iter().map(|rule| &rule.pattern);
                sets.extend(patterns.flat_map(|one| [&one.source, &one.destination]).flatten().cloned());
            }
        }
        for (_, table) in network.route_tables.iter() {
            sets.extend(table.routes().iter().map(|route| cidr_set(&route.prefix)));
            sets.extend(table.unlisted.iter().map(|list| list.except.clone()));
        }
        sets.extend(network.networks.iter().map(|(_, named)| named.addresses.clone()));
        sets.extend(network.line_sets());
        let listeners = network.load_balancers.values().flat_map(|balancer| &balancer.listeners);
        sets.extend(listeners.flat_map(|listener| &listener.targets).filter_map(|target| match target {
            BalancerTarget::Address(address) => Some(single_address(*address)),
            BalancerTarget::Interface(_) => None,
        }));
        sets.sort_by(|a, b| a.intervals().cmp(b.intervals()));
        sets.dedup();
        let ends = |end: fn(&(IpAddr, IpAddr)) -> IpAddr| {
            let mut ends: Vec<IpAddr> = sets.iter().flat_map(AddressSet::intervals).map(end).collect();
            ends.sort_unstable();
            ends.dedup();
            ends
        };
        Self { firsts: ends(|(first, _)| *first), lasts: ends(|(_, last)| *last), sets }
    }

    /// Whether a set begins or ends inside these addresses.
    fn split(&self, addresses: &AddressSet) -> bool {
        addresses.intervals().iter().any(|(first, last)| {
            let begins = self.firsts.partition_point(|at| at <= first);
            let ends = self.lasts.partition_point(|at| at < first);
            self.firsts.get(begins).is_some_and(|at| at <= last)
                || self.lasts.get(ends).is_some_and(|at| at < last)
        })
    }

    /// The parts of some addresses that no set tells apart, families apart; `hosts` are each a part of their own.
    fn kinds(&self, free: AddressSet, hosts: &AddressSet) -> Vec<AddressSet> {
        let is_v6 = |&&(first, _): &&(IpAddr, IpAddr)| first.is_ipv6();
        let (ipv6, ipv4): (Vec<_>, Vec<_>) = free.intervals().iter().partition(is_v6);
        let mut kinds: Vec<AddressSet> =
            [ipv4, ipv6].map(|ranges| AddressSet::from_ranges(ranges.into_iter().copied())).into();
        for set in self.sets.iter().filter(|set| !set.is_disjoint(&free)) {
            refine(&mut kinds, set);
        }
        for &(first, last) in hosts.intervals() {
            let host = std::iter::successors(Some(first), |at| next(*at)).take_while(|at| *at <= last);
            for address in host.take(MOST_HOSTS) {
                refine(&mut kinds, &single_address(address));
            }
        }
        kinds.retain(|kind| !kind.is_empty());
        kinds
    }
}

/// Most adjacent addresses of other VPCs that are taken one by one.
const MOST_HOSTS: usize = 256;

fn refine(kinds: &mut Vec<AddressSet>, set: &AddressSet) {
    *kinds = kinds
        .iter()
        .flat_map(|kind| [kind.intersect(set), kind.subtract(set)])
        .filter(|kind| !kind.is_empty())
        .collect();
}
