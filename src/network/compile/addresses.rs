//! Addresses that nobody said: the first free ones, always the same for the same file.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::flow::{AddressSet, cidr_set};
use crate::topology::{Place, RouteDestination, SecurityGroupPeer, Topology};

use super::super::Subnet;
use super::super::id::SubnetId;
use super::{Compiler, code};

/// Assumed hosts are counted from here: `.10`.
const FIRST_HOST: u32 = 10;

/// Addresses that are taken.
pub(super) struct Reserved {
    private: BTreeSet<(SubnetId, IpAddr)>,
    public: BTreeSet<Ipv4Addr>,
    /// Where stand-ins for public addresses come from: ranges that the file does not name.
    stand_ins: Vec<AddressSet>,
}

impl Reserved {
    /// Takes note of every public range that the topology names, so that a stand-in is in none of them.
    pub(super) fn new(topology: &Topology) -> Self {
        let named = AddressSet::from_ranges(
            named_cidrs(topology)
                .filter(|cidr| cidr.prefix_len() >= 8)
                .map(|cidr| (cidr.network(), cidr.broadcast())),
        );
        let stand_ins = STAND_INS
            .iter()
            .map(|&(octets, length)| ipnet::Ipv4Net::new_assert(octets.into(), length))
            .map(|range| cidr_set(&IpNet::V4(range)).subtract(&named))
            .collect();
        Self { private: BTreeSet::new(), public: BTreeSet::new(), stand_ins }
    }

    pub(super) fn take(&mut self, subnet: SubnetId, address: IpAddr) {
        self.private.insert((subnet, address));
    }

    pub(super) fn take_public(&mut self, address: Ipv4Addr) {
        self.public.insert(address);
    }

    /// The first free host from `.10`, then from `.4`; none if the subnet is full or has no IPv4.
    pub(super) fn assume_ipv4(&mut self, subnet: &Subnet, id: SubnetId) -> Option<Ipv4Addr> {
        let cidr = subnet.cidr?;
        let (base, last) = (cidr.network().to_bits(), cidr.broadcast().to_bits());
        let from = base.saturating_add(FIRST_HOST).min(last);
        let free = (from..last)
            .chain(base.saturating_add(4)..from)
            .map(Ipv4Addr::from_bits)
            .find(|address| !self.private.contains(&(id, (*address).into())))?;
        self.take(id, free.into());
        Some(free)
    }

    /// The first free IPv6 host from `::10`.
    pub(super) fn assume_ipv6(&mut self, subnet: &Subnet, id: SubnetId) -> Option<Ipv6Addr> {
        let base = subnet.ipv6_cidr?.network().to_bits();
        let free = (0x10..u128::from(u16::MAX))
            .map(|host| Ipv6Addr::from_bits(base.saturating_add(host)))
            .find(|address| !self.private.contains(&(id, (*address).into())))?;
        self.take(id, free.into());
        Some(free)
    }

    /// A stand-in for a public address that AWS will pick.
    pub(super) fn assume_public(&mut self) -> Option<Ipv4Addr> {
        for &(first, last) in self.stand_ins.iter().flat_map(AddressSet::intervals) {
            let (IpAddr::V4(first), IpAddr::V4(last)) = (first, last) else { continue };
            let free = (first.to_bits()..=last.to_bits())
                .map(Ipv4Addr::from_bits)
                .find(|address| !matches!(address.octets(), [.., 0 | 255]) && !self.public.contains(address));
            if let Some(free) = free {
                self.public.insert(free);
                return Some(free);
            }
        }
        None
    }
}

impl Compiler<'_> {
    pub(super) fn subnet_full(&mut self, subnet: SubnetId, place: Place) {
        let subnet = &self.network.subnets[subnet];
        let message = if subnet.cidr.is_none() {
            format!("subnet `{}` has no IPv4 range to take an address from", subnet.name)
        } else {
            format!("subnet `{}` has no free address left", subnet.name)
        };
        // A capture shows what there is: nothing is to be mended in it.
        self.report(match self.network.is_capture() {
            true => crate::topology::Diagnostic::warning(code::SUBNET_FULL, message, place),
            false => crate::topology::Diagnostic::error(code::SUBNET_FULL, message, place),
        });
    }
}

/// Every CIDR that the topology names.
fn named_cidrs(topology: &Topology) -> impl Iterator<Item = IpNet> {
    let lists = topology
        .prefix_lists
        .iter()
        .filter_map(|list| list.value.entries.as_ref())
        .flatten()
        .map(|cidr| cidr.value);
    let networks = topology.networks.iter().flat_map(|network| &network.value.cidrs).map(|cidr| cidr.value);
    let groups = topology.vpcs.iter().flat_map(|vpc| &vpc.value.security_groups).flat_map(|group| {
        let rules = group.value.inbound.iter().chain(&group.value.outbound).flatten();
        rules.filter_map(|rule| match rule.peer.value {
            SecurityGroupPeer::Cidr(cidr) => Some(cidr),
            _ => None,
        })
    });
    let acls = topology.vpcs.iter().flat_map(|vpc| &vpc.value.network_acls).flat_map(|acl| {
        acl.value.inbound.iter().chain(&acl.value.outbound).filter_map(|rule| match rule.peer.value {
            crate::topology::AclPeer::Cidr(cidr) => Some(cidr),
            crate::topology::AclPeer::Network(_) => None,
        })
    });
    let routes = topology.vpcs.iter().flat_map(|vpc| {
        let tables = vpc.value.route_tables.iter().flat_map(|table| &table.value.routes);
        let inline = vpc.value.subnets.iter().filter_map(|subnet| subnet.value.routes.as_ref()).flatten();
        tables.chain(inline).filter_map(|route| match route.destination.value {
            RouteDestination::Cidr(cidr) => Some(cidr),
            RouteDestination::PrefixList(_) | RouteDestination::Unknown(_) => None,
        })
    });
    let ranges =
        topology.vpcs.iter().flat_map(|vpc| vpc.value.cidrs.iter().map(|cidr| IpNet::V4(cidr.value)));
    lists.chain(networks).chain(groups).chain(acls).chain(routes).chain(ranges)
}

/// Where stand-ins for public addresses may come from, in this order: the ranges kept for documentation, so that a
/// reader sees at once that they are not real, then a wide public range for files that name all of those.
const STAND_INS: [([u8; 4], u8); 4] =
    [([192, 0, 2, 0], 24), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24), ([44, 0, 0, 0], 6)];
