//! Which interfaces are alike: to routes and gateways, and to filters.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::ops::Range;

use crate::flow::{AddressSet, Point as _, cidr_set};
use crate::network::{
    Holder, InstanceId, InterfaceId, Network, Owner, Peer, SecurityGroupId, SubnetId, Target, VpcId,
    public_addresses,
};
use crate::topology::{InstanceKind, InstanceState};

use super::kind::{KindOf, Kinds};

/// Interfaces that no rule and no route tells apart.
#[derive(Clone, Debug)]
pub struct Class {
    /// Its members, by position in [`Classes::members`].
    pub(super) members: Range<u32>,
    /// The first member.
    pub(super) first: InterfaceId,
    pub(super) address: IpAddr,
    /// What routes and gateways see of it.
    pub(super) site: u32,
    /// Its security groups: a position in [`Classes::group_sets`].
    pub(super) groups: u32,
}

/// The security groups of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GroupSet {
    /// The VPC in which they apply.
    pub(super) vpc: VpcId,
    /// Sorted.
    pub(super) groups: Vec<SecurityGroupId>,
    /// Whether the capture lacks some.
    pub(super) is_unknown: bool,
    /// Whether it may hold any further group, also one that is described.
    pub(super) is_open: bool,
}

/// Interfaces that routes and gateways do not tell apart.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) vpc: VpcId,
    pub(super) subnet: SubnetId,
    pub(super) kind: KindOf,
    /// Its lowest and highest address.
    pub(super) first: IpAddr,
    pub(super) last: IpAddr,
    /// Every group that one of its members has, sorted.
    pub(super) carried: Vec<SecurityGroupId>,
    /// Whether one of them may have others.
    pub(super) is_unknown: bool,
    pub(super) classes: Range<u32>,
    /// Two members of different instances, if there are two.
    pub(super) samples: [InterfaceId; 2],
    pub(super) is_alone: bool,
}

/// The classes of one address family, by the primary address.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) classes: Vec<Class>,
    pub(super) sites: Vec<Site>,
    pub(super) members: Vec<InterfaceId>,
    /// The class of each interface; none without an address of the family.
    pub(super) of: HashMap<InterfaceId, u32>,
    pub(super) sites_of: HashMap<VpcId, Vec<u32>>,
    /// Every set of groups that an interface has, sorted.
    pub(super) group_sets: Vec<GroupSet>,
}

/// All that routes and gateways can see of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SiteKey {
    pub(super) subnet: SubnetId,
    stretch: usize,
    public: Option<usize>,
    pub(super) flags: [bool; 4],
    /// Set where it is like no other.
    pub(super) single: Option<InterfaceId>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    site: SiteKey,
    groups: Vec<SecurityGroupId>,
    groups_unknown: [bool; 2],
    stretch: usize,
}

impl Key {
    fn group_set(&self, vpc: VpcId) -> GroupSet {
        let [is_unknown, is_open] = self.groups_unknown;
        GroupSet { vpc, groups: self.groups.clone(), is_unknown, is_open }
    }
}

impl Classes {
    pub(super) fn new(network: &Network, ipv6: bool) -> Self {
        let (ways, rules) = (site_cuts(network), rule_cuts(network));
        let single = singles(network);
        let mut keyed: Vec<(Key, InterfaceId, IpAddr)> = Vec::new();
        for (id, interface) in network.interfaces.iter() {
            let Some(primary) = interface.primary(ipv6) else { continue };
            let address = primary.private;
            let mut groups = interface.groups.clone();
            groups.sort_unstable();
            let site = SiteKey {
                subnet: interface.subnet,
                stretch: stretch(&ways, address),
                public: primary.public.map(|public| stretch(&ways, public.into())),
                flags: flags(network, id),
                single: single.contains(&id).then_some(id).or_else(|| own_case(network, id, address)),
            };
            let key = Key {
                site,
                groups,
                groups_unknown: [interface.groups_unknown, interface.groups_open],
                stretch: stretch(&rules, address),
            };
            keyed.push((key, id, address));
        }
        keyed.sort_unstable();
        let set = |(key, id, _): &(Key, InterfaceId, IpAddr)| key.group_set(network.interfaces[*id].vpc);
        let mut group_sets: Vec<GroupSet> = keyed.iter().map(set).collect();
        group_sets.sort_unstable();
        group_sets.dedup();
        let mut this = Self { group_sets, ..Self::default() };
        let mut kinds = Kinds::new(network);
        let mut before: Option<Key> = None;
        for (key, id, address) in keyed {
            this.add(&mut kinds, before.as_ref(), &key, id, address);
            before = Some(key);
        }
        for site in &mut this.sites {
            site.carried.sort_unstable();
            site.carried.dedup();
        }
        this
    }

    fn add(
        &mut self,
        kinds: &mut Kinds<'_>,
        before: Option<&Key>,
        key: &Key,
        id: InterfaceId,
        address: IpAddr,
    ) {
        let network = kinds.network;
        let (at, class) = (length(&self.members), length(&self.classes));
        let new_site = before.is_none_or(|before| before.site != key.site);
        let new_class = new_site || before != Some(key);
        if new_site {
            let vpc = network.interfaces[id].vpc;
            self.sites_of.entry(vpc).or_default().push(length(&self.sites));
            self.sites.push(Site {
                vpc,
                subnet: key.site.subnet,
                kind: kinds.of(&key.site, id, address),
                first: address,
                last: address,
                carried: Vec::new(),
                is_unknown: false,
                classes: class..class,
                samples: [id, id],
                is_alone: true,
            });
        }
        let site = length(&self.sites).saturating_sub(1);
        if let Some(last) = self.sites.last_mut() {
            last.classes.end = if new_class { class + 1 } else { class };
            last.first = last.first.min(address);
            last.last = last.last.max(address);
            last.is_unknown |= key.groups_unknown.contains(&true);
            if new_class {
                last.carried.extend(&key.groups);
            }
            if last.is_alone && !network.is_one_host(last.samples[0], id) {
                last.samples[1] = id;
                last.is_alone = false;
            }
        }
        if new_class {
            let set = key.group_set(network.interfaces[id].vpc);
            let groups = self.group_sets.partition_point(|other| *other < set);
            let groups = u32::try_from(groups).unwrap_or(u32::MAX);
            self.classes.push(Class { members: at..at, first: id, address, site, groups });
        }
        if let Some(last) = self.classes.last_mut() {
            last.members.end = at + 1;
        }
        self.members.push(id);
        self.of.insert(id, length(&self.classes).saturating_sub(1));
    }

    /// The classes of a site.
    pub(super) fn slice(&self, site: &Site) -> &[Class] {
        self.classes.get(site.classes.start as usize..site.classes.end as usize).unwrap_or_default()
    }

    /// The groups of a class, sorted.
    pub(super) fn groups_of(&self, class: &Class) -> &[SecurityGroupId] {
        self.group_sets.get(class.groups as usize).map(|set| set.groups.as_slice()).unwrap_or_default()
    }

    /// Whether a class carries one of these groups.
    pub(super) fn carries_any(&self, class: &Class, groups: &[SecurityGroupId]) -> bool {
        self.groups_of(class).iter().any(|group| groups.contains(group))
    }

    pub(super) fn members(&self, class: &Class) -> &[InterfaceId] {
        self.members.get(class.members.start as usize..class.members.end as usize).unwrap_or_default()
    }

    /// Members of two sites that belong to different instances.
    pub(super) fn samples(&self, network: &Network, a: u32, b: u32) -> Option<(InterfaceId, InterfaceId)> {
        let (a, b) = (self.sites.get(a as usize)?, self.sites.get(b as usize)?);
        let pairs = a.samples.iter().flat_map(|from| b.samples.iter().map(move |to| (*from, *to)));
        pairs.into_iter().find(|(from, to)| !network.is_one_host(*from, *to))
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn flags(network: &Network, id: InterfaceId) -> [bool; 4] {
    let interface = &network.interfaces[id];
    let instance = &network.instances[interface.instance];
    let runs = interface.attached && instance.state == InstanceState::Running;
    let is_other = matches!(instance.kind, InstanceKind::Other(_) | InstanceKind::VpcEndpoint);
    let is_secondary = instance.interfaces.first() != Some(&id) && !instance.policy_routing;
    [runs, is_other, interface.deny_all_igw_traffic, is_secondary]
}

/// The interfaces to which routes lead.
pub(super) fn route_targets(network: &Network) -> BTreeSet<InterfaceId> {
    let routes = network.route_tables.iter().flat_map(|(_, table)| table.routes());
    let targets = routes.filter_map(|route| match route.target {
        Target::Interface(id) => Some(id),
        _ => None,
    });
    targets.collect()
}

/// What is best looked at one by one: the targets of routes, services of kinds of their own, interfaces whose replies
/// leave by another one, and those of which it matters which address AWS picks.
fn singles(network: &Network) -> BTreeSet<InterfaceId> {
    let mut singles = route_targets(network);
    let is_odd = |id: &InstanceId| {
        let instance = &network.instances[*id];
        matches!(instance.kind, InstanceKind::Other(_) | InstanceKind::VpcEndpoint)
            || !instance.policy_routing
    };
    let odd = network.instances.ids().filter(is_odd);
    singles.extend(odd.flat_map(|id| network.instances[id].interfaces.iter().copied()));
    singles.extend(network.unplaced().iter().filter_map(|one| match one.holder {
        Holder::Interface(id) => Some(id),
        Holder::NatGateway(_) => None,
    }));
    singles
}

/// An address that others have as well, or that is inside the range of another VPC, is like no other.
fn own_case(network: &Network, id: InterfaceId, address: IpAddr) -> Option<InterfaceId> {
    let interface = &network.interfaces[id];
    let is_me = |owner: Option<Owner>| owner == Some(Owner::Interface(id));
    let mine = is_me(network.owner(interface.vpc, address));
    let contested = network.is_contested(interface.vpc, address);
    let public = interface.addresses.iter().find(|own| own.private == address).and_then(|own| own.public);
    let public = public.map(IpAddr::V4).or(address.is_ipv6().then_some(address));
    let published = public.is_none_or(|public| is_me(network.public_owner(public)));
    (!mine || contested || !published).then_some(id)
}

pub(super) fn stretch(cuts: &[IpAddr], address: IpAddr) -> usize {
    cuts.partition_point(|cut| *cut <= address)
}

fn cuts_of<'a>(sets: impl Iterator<Item = Cow<'a, AddressSet>>) -> Vec<IpAddr> {
    let mut cuts = Vec::new();
    for set in sets {
        for (first, last) in set.intervals() {
            cuts.push(*first);
            cuts.extend(last.next());
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Where routes, ranges of VPCs and fixed addresses begin and end.
pub(super) fn route_cuts(network: &Network) -> Vec<IpAddr> {
    let tables = network.route_tables.iter();
    let prefixes =
        tables.flat_map(|(_, table)| table.routes().iter().map(|route| Cow::Owned(cidr_set(&route.prefix))));
    let vpcs = network.vpcs.iter().map(|(_, vpc)| Cow::Borrowed(&vpc.addresses));
    let local = network.vpcs.ids().map(|vpc| Cow::Owned(network.host_local_addresses(vpc)));
    let public = std::iter::once(Cow::Owned(public_addresses()));
    let lines = network.line_sets().into_iter().map(Cow::Owned);
    cuts_of(prefixes.chain(vpcs).chain(local).chain(public).chain(lines))
}

/// The same, and where subnets begin and end.
fn site_cuts(network: &Network) -> Vec<IpAddr> {
    let subnets = network.subnets.iter().map(|(_, subnet)| Cow::Borrowed(&subnet.addresses));
    let mut cuts = cuts_of(subnets);
    cuts.extend(route_cuts(network));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Where the ranges of rules begin and end.
fn rule_cuts(network: &Network) -> Vec<IpAddr> {
    let groups = network.security_groups.iter().flat_map(|(_, group)| {
        group.inbound.iter().chain(&group.outbound).filter_map(|rule| match &rule.peer {
            Peer::Addresses(addresses) => Some(Cow::Borrowed(addresses)),
            _ => None,
        })
    });
    let acls = network.network_acls.iter().flat_map(|(_, acl)| {
        let rules = acl.inbound.iter().chain(&acl.outbound);
        rules.flat_map(|rule| rule.pattern.source.iter().chain(&rule.pattern.destination)).map(Cow::Borrowed)
    });
    cuts_of(groups.chain(acls))
}
