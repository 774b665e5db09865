//! Which sites a walk tells apart.
//!
//! A walk looks at the table, the network ACL and the zone of a subnet, at what stands in it, and at whether both ends are in
//! the same one. Sites that agree in all that are of one *kind*: a walk between two sites stands for all sites of their kinds.
//!
//! Most packets go straight to the other end, though: the route there is `local`, a peering connection or, with IPv6, an
//! internet gateway, and so is the way back. Such a walk looks at no table but for those two routes, at no zone and at no public address: sites that agree in
//! the rest have one *front*, of which there are few.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::network::{
    Attached, Choice, InterfaceId, Network, NetworkAclId, RouteTableId, SubnetId, Target, VpcId,
};

use super::class::{SiteKey, route_cuts, route_targets, stretch};

/// What a walk sees of a site at least.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Front {
    vpc: VpcId,
    network_acl: Option<NetworkAclId>,
    flags: [bool; 4],
    single: Option<InterfaceId>,
}

/// All that a walk sees of a site.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    front: u32,
    route_table: Option<RouteTableId>,
    zone: Option<String>,
    /// The stretch of the private and of the public address between the bounds of routes.
    stretch: usize,
    public: Option<usize>,
    /// Set where something stands in the subnet by which others pass.
    subnet: Option<SubnetId>,
}

/// Numbers kinds.
pub(super) struct Kinds<'n> {
    pub(super) network: &'n Network,
    cuts: Vec<IpAddr>,
    passages: BTreeSet<SubnetId>,
    fronts: FxHashMap<Front, u32>,
    kinds: FxHashMap<Kind, u32>,
}

/// The numbers of a site's kind and front.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindOf {
    pub(super) kind: u32,
    pub(super) front: u32,
}

impl<'n> Kinds<'n> {
    pub(super) fn new(network: &'n Network) -> Self {
        let passages = passages(network);
        let (fronts, kinds) = Default::default();
        Self { network, cuts: route_cuts(network), passages, fronts, kinds }
    }

    /// What a site is to walks; one member of it is given.
    pub(super) fn of(&mut self, key: &SiteKey, member: InterfaceId, address: IpAddr) -> KindOf {
        let subnet = &self.network.subnets[key.subnet];
        let primary = self.network.interfaces[member].primary(address.is_ipv6());
        let public = primary.and_then(|own| own.public);
        let front =
            Front { vpc: subnet.vpc, network_acl: subnet.network_acl, flags: key.flags, single: key.single };
        let front = number(&mut self.fronts, front);
        let kind = Kind {
            front,
            route_table: subnet.route_table,
            zone: subnet.az.clone(),
            stretch: stretch(&self.cuts, address),
            public: public.map(|public| stretch(&self.cuts, public.into())),
            subnet: self.passages.contains(&key.subnet).then_some(key.subnet),
        };
        KindOf { kind: number(&mut self.kinds, kind), front }
    }
}

fn number<T: Eq + Hash>(index: &mut FxHashMap<T, u32>, value: T) -> u32 {
    let next = u32::try_from(index.len()).unwrap_or(u32::MAX);
    *index.entry(value).or_insert(next)
}

/// How routes lead from one subnet to an address in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Lead {
    /// To nothing: packets are dropped there and then.
    Nowhere,
    /// Straight to the other end.
    Straight(Target),
    /// In some other way, or nobody knows.
    Else,
}

/// How the route table of a subnet leads to an address of another.
pub(super) fn lead(network: &Network, from: SubnetId, (to, address): (SubnetId, IpAddr)) -> Lead {
    let (a, b) = (&network.subnets[from], &network.subnets[to]);
    let Some(table) = a.route_table else { return Lead::Else };
    let table = &network.route_tables[table];
    let target = match table.certain(address) {
        Some(Choice::None) => return Lead::Nowhere,
        Some(Choice::Route(index)) => table.route(index).filter(|route| !route.blackhole),
        _ => None,
    };
    match target.map(|route| route.target) {
        Some(Target::Blackhole) => Lead::Nowhere,
        Some(target @ Target::Local) if a.vpc == b.vpc => Lead::Straight(target),
        Some(target @ Target::Peering(id)) if network.peerings[id].joins(a.vpc, b.vpc) => {
            Lead::Straight(target)
        }
        Some(Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_))
            if [a.vpc, b.vpc].iter().any(|vpc| network.vpcs[*vpc].block_public_access.is_some()) =>
        {
            Lead::Else
        }
        // Nothing translates IPv6, and who has an address of the kind has it alone.
        Some(target @ (Target::InternetGateway(_) | Target::EgressOnlyInternetGateway(_)))
            if address.is_ipv6() && a.vpc != b.vpc =>
        {
            Lead::Straight(target)
        }
        _ => Lead::Else,
    }
}

/// The subnets by which packets of others may pass, or in which something stands that nobody knows.
fn passages(network: &Network) -> BTreeSet<SubnetId> {
    let gateways = network.nat_gateways.iter().map(|(_, gateway)| gateway.subnet);
    let forwarding = route_targets(network).into_iter().map(|id| network.interfaces[id].subnet);
    let unmodelled = network.unmodelled.iter().flat_map(|(_, item)| item.subnets.iter().copied());
    let attached = network.attachments.iter().flat_map(|(_, attachment)| match &attachment.to {
        Attached::Vpc { subnets, .. } => subnets.as_slice(),
        _ => &[],
    });
    // Exclusions of Block Public Access are of subnets.
    let excluded = network.vpcs.iter().filter_map(|(_, vpc)| vpc.block_public_access.as_ref());
    let excluded = excluded.flat_map(|guard| guard.subnets.keys().copied());
    gateways.chain(excluded).chain(forwarding).chain(unmodelled).chain(attached.copied()).collect()
}
