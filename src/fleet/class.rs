//! Which interfaces are alike: to routes and gateways, and to filters.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::ops::Range;

use crate::flow::{AddressSet, Point as _, cidr_set};
use crate::network::{
    InstanceId, InterfaceId, Network, Owner, Peer, SecurityGroupId, SubnetId, Target, VpcId, public_addresses,
};
use crate::topology::{InstanceKind, InstanceState};

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
struct SiteKey {
    subnet: SubnetId,
    stretch: usize,
    public: Option<usize>,
    flags: [bool; 4],
    /// Set where it is like no other.
    single: Option<InterfaceId>,
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
        let (ways, rules) = (route_cuts(network), rule_cuts(network));
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
        let mut before: Option<Key> = None;
        for (key, id, address) in keyed {
            this.add(network, before.as_ref(), &key, id, address);
            before = Some(key);
        }
        this
    }

    fn add(&mut self, network: &Network, before: Option<&Key>, key: &Key, id: InterfaceId, address: IpAddr) {
        let (at, class) = (length(&self.members), length(&self.classes));
        let instance = |id: InterfaceId| network.interfaces[id].instance;
        let new_site = before.is_none_or(|before| before.site != key.site);
        let new_class = new_site || before != Some(key);
        if new_site {
            let vpc = network.interfaces[id].vpc;
            self.sites_of.entry(vpc).or_default().push(length(&self.sites));
            self.sites.push(Site { vpc, classes: class..class, samples: [id, id], is_alone: true });
        }
        let site = length(&self.sites).saturating_sub(1);
        if let Some(last) = self.sites.last_mut() {
            last.classes.end = if new_class { class + 1 } else { class };
            if last.is_alone && instance(last.samples[0]) != instance(id) {
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
    pub(super) fn classes_of(&self, site: u32) -> &[Class] {
        let range = self.sites.get(site as usize).map(|site| site.classes.clone()).unwrap_or_default();
        self.classes.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    pub(super) fn members(&self, class: &Class) -> &[InterfaceId] {
        self.members.get(class.members.start as usize..class.members.end as usize).unwrap_or_default()
    }

    /// Members of two sites that belong to different instances.
    pub(super) fn samples(&self, network: &Network, a: u32, b: u32) -> Option<(InterfaceId, InterfaceId)> {
        let (a, b) = (self.sites.get(a as usize)?, self.sites.get(b as usize)?);
        let instance = |id: InterfaceId| network.interfaces[id].instance;
        let pairs = a.samples.iter().flat_map(|from| b.samples.iter().map(move |to| (*from, *to)));
        pairs.into_iter().find(|(from, to)| instance(*from) != instance(*to))
    }
}

fn length<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

fn flags(network: &Network, id: InterfaceId) -> [bool; 4] {
    let interface = &network.interfaces[id];
    let instance = &network.instances[interface.instance];
    let runs = interface.attached && instance.state == InstanceState::Running;
    let is_other = matches!(instance.kind, InstanceKind::Other(_));
    let is_secondary = instance.interfaces.first() != Some(&id) && !instance.policy_routing;
    [runs, is_other, interface.deny_all_igw_traffic, is_secondary]
}

/// What is best looked at one by one: the targets of routes, services of kinds of their own, and interfaces whose replies
/// leave by another one.
fn singles(network: &Network) -> BTreeSet<InterfaceId> {
    let mut singles = BTreeSet::new();
    for (_, table) in network.route_tables.iter() {
        let targets = table.routes().iter().map(|route| route.target);
        singles.extend(targets.filter_map(|target| match target {
            Target::Interface(id) => Some(id),
            _ => None,
        }));
    }
    let is_odd = |id: &InstanceId| {
        let instance = &network.instances[*id];
        matches!(instance.kind, InstanceKind::Other(_)) || !instance.policy_routing
    };
    let odd = network.instances.ids().filter(is_odd);
    singles.extend(odd.flat_map(|id| network.instances[id].interfaces.iter().copied()));
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

fn stretch(cuts: &[IpAddr], address: IpAddr) -> usize {
    cuts.partition_point(|cut| *cut <= address)
}

fn cuts_of<'a>(sets: impl Iterator<Item = std::borrow::Cow<'a, AddressSet>>) -> Vec<IpAddr> {
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

/// Where routes, ranges and fixed addresses begin and end.
fn route_cuts(network: &Network) -> Vec<IpAddr> {
    use std::borrow::Cow;
    let tables = network.route_tables.iter();
    let prefixes =
        tables.flat_map(|(_, table)| table.routes().iter().map(|route| Cow::Owned(cidr_set(&route.prefix))));
    let subnets = network.subnets.iter().map(|(_, subnet)| Cow::Borrowed(&subnet.addresses));
    let vpcs = network.vpcs.iter().map(|(_, vpc)| Cow::Borrowed(&vpc.addresses));
    let local = network.vpcs.ids().map(|vpc| Cow::Owned(network.host_local_addresses(vpc)));
    let public = std::iter::once(Cow::Owned(public_addresses()));
    cuts_of(prefixes.chain(subnets).chain(vpcs).chain(local).chain(public))
}

/// Where the ranges of rules begin and end.
fn rule_cuts(network: &Network) -> Vec<IpAddr> {
    use std::borrow::Cow;
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
