//! The topology with its names looked up and AWS's defaults filled in: the lab's own reading of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::plan::HostName;
use crate::topology::{
    self as said, Association, CaptureKind, Connectivity, Entry, GatewayState, InstanceKind, InstanceState,
    PeeringStatus, PublicIp, Spanned, Topology,
};

/// Addresses for what the topology leaves open. Any free ones would do; whoever compares the lab with something
/// passes the same ones to both. Keys are `vpc/instance/interface`, or `vpc/gateway` for NAT gateways.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Private addresses.
    pub private: BTreeMap<String, Vec<IpAddr>>,
    /// Public addresses of primary ones.
    pub public: BTreeMap<String, Ipv4Addr>,
}

/// What the lab builds. Numbers are indices.
pub(super) struct World<'t> {
    pub(super) topology: &'t Topology,
    pub(super) subnets: Vec<Subnet<'t>>,
    pub(super) tables: Vec<Table<'t>>,
    pub(super) acls: Vec<Acl<'t>>,
    pub(super) interfaces: Vec<Interface<'t>>,
    pub(super) nats: Vec<Nat<'t>>,
}

pub(super) struct Subnet<'t> {
    pub(super) vpc: usize,
    pub(super) name: &'t str,
    pub(super) cidrs: Vec<IpNet>,
    /// `None` if nobody said.
    pub(super) zone: Option<&'t str>,
    /// `None` where a capture does not say.
    pub(super) table: Option<usize>,
    pub(super) acl: Option<usize>,
}

pub(super) struct Table<'t> {
    pub(super) vpc: usize,
    pub(super) name: String,
    pub(super) routes: &'t [said::Route],
    /// Whether a virtual private gateway may add routes that nobody said.
    pub(super) propagating: bool,
}

pub(super) struct Acl<'t> {
    pub(super) vpc: usize,
    pub(super) name: &'t str,
    /// `None` is the default list that nobody edited: it allows everything (VP-11).
    pub(super) rules: Option<&'t said::NetworkAcl>,
}

pub(super) struct Interface<'t> {
    pub(super) host: HostName,
    pub(super) vpc: usize,
    pub(super) subnet: usize,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) public: Vec<(IpAddr, IpAddr)>,
    /// Groups with the VPC that they are of.
    pub(super) groups: Vec<(usize, &'t str)>,
    /// A group that the capture lacks.
    pub(super) group_unknown: bool,
    /// A node of a network load balancer that was made without security groups (LB-7).
    pub(super) unfiltered: bool,
    pub(super) forwards: bool,
    pub(super) live: bool,
    /// A kind of owner that is not known well enough.
    pub(super) foreign: Option<&'t str>,
    pub(super) deny_all_igw_traffic: bool,
    /// Whether replies leave by the interface that the request came in by (SG-17).
    pub(super) policy_routing: bool,
    /// How many interfaces its instance has.
    pub(super) siblings: usize,
}

pub(super) struct Nat<'t> {
    pub(super) vpc: usize,
    pub(super) name: &'t str,
    pub(super) subnet: usize,
    pub(super) address: Ipv4Addr,
    pub(super) public: Option<Ipv4Addr>,
    pub(super) available: bool,
}

impl<'t> World<'t> {
    pub(super) fn new(topology: &'t Topology, chosen: &Chosen) -> Self {
        let mut world = Self {
            topology,
            subnets: Vec::new(),
            tables: Vec::new(),
            acls: Vec::new(),
            interfaces: Vec::new(),
            nats: Vec::new(),
        };
        for (index, entry) in topology.vpcs.iter().enumerate() {
            world.declare(index, &entry.value);
            for subnet in &entry.value.subnets {
                world.subnet(index, &entry.value, subnet);
            }
        }
        for (index, entry) in topology.vpcs.iter().enumerate() {
            for instance in &entry.value.instances {
                // Captures list a NAT gateway's own interface too: the gateway is described as such.
                if instance.value.kind.value != InstanceKind::NatGateway {
                    for interface in &instance.value.interfaces {
                        world.interface(index, entry, instance, interface, chosen);
                    }
                }
            }
            for nat in &entry.value.nat_gateways {
                world.nat(index, entry.name(), nat, chosen);
            }
        }
        world
    }

    fn declare(&mut self, vpc: usize, said: &'t said::Vpc) {
        for entry in &said.route_tables {
            let (name, routes) = (entry.name().to_owned(), &entry.value.routes[..]);
            let propagating = !entry.value.propagating.is_empty();
            self.tables.push(Table { vpc, name, routes, propagating });
        }
        for entry in &said.subnets {
            if let Some(routes) = &entry.value.routes {
                let name = own_table(entry.name());
                self.tables.push(Table { vpc, name, routes, propagating: false });
            }
        }
        // VP-13: a main table that nobody wrote holds only local routes.
        let main = main_table(said);
        if said.route_tables.get(main).is_none() {
            self.tables.push(Table { vpc, name: main.to_owned(), routes: &[], propagating: false });
        }
        for entry in &said.network_acls {
            self.acls.push(Acl { vpc, name: entry.name(), rules: Some(&entry.value) });
        }
        let default = default_name(said.default_network_acl.as_ref());
        if said.network_acls.get(default).is_none() {
            self.acls.push(Acl { vpc, name: default, rules: None });
        }
    }

    fn subnet(&mut self, vpc: usize, said_vpc: &'t said::Vpc, entry: &'t Entry<said::Subnet>) {
        let said = &entry.value;
        let v4 = said.cidr.map(|cidr| IpNet::V4(cidr.value.trunc()));
        let v6 = said.ipv6_cidr.map(|cidr| IpNet::V6(cidr.value.trunc()));
        let table_name = match (&said.routes, &said.route_table) {
            (Some(_), _) => Some(own_table(entry.name())),
            (None, Association::Implicit) => Some(main_table(said_vpc).to_owned()),
            (None, Association::Named(name)) => Some(name.value.clone()),
            (None, Association::Unknown) => None,
        };
        let acl_name = match &said.network_acl {
            Association::Implicit => Some(default_name(said_vpc.default_network_acl.as_ref())),
            Association::Named(name) => Some(name.value.as_str()),
            Association::Unknown => None,
        };
        let table = table_name
            .and_then(|name| self.tables.iter().position(|table| table.vpc == vpc && table.name == name));
        let acl =
            acl_name.and_then(|name| self.acls.iter().position(|acl| acl.vpc == vpc && acl.name == name));
        let cidrs = v4.into_iter().chain(v6).collect();
        let zone = said.az.as_ref().map(|az| az.value.as_str());
        self.subnets.push(Subnet { vpc, name: entry.name(), cidrs, zone, table, acl });
    }

    fn interface(
        &mut self,
        vpc: usize,
        vpc_entry: &'t Entry<said::Vpc>,
        instance: &'t Entry<said::Instance>,
        entry: &'t Entry<said::Interface>,
        chosen: &Chosen,
    ) {
        let (owner, said, said_vpc) = (&instance.value, &entry.value, &vpc_entry.value);
        let Some(subnet) = self.subnet_named(vpc, &said.subnet.value) else { return };
        let said_subnet = said_vpc.subnets.get(&said.subnet.value);
        let host = HostName {
            vpc: vpc_entry.name().to_owned(),
            instance: instance.name().to_owned(),
            interface: entry.name().to_owned(),
        };
        let key = host.to_string();
        let open = chosen.private.get(&key).map_or(&[][..], Vec::as_slice);
        let mut v4: Vec<IpAddr> = said.ips.iter().map(|ip| ip.value.into()).collect();
        if v4.is_empty() {
            v4.extend(open.iter().filter(|address| address.is_ipv4()));
        }
        let mut v6: Vec<IpAddr> = said.ipv6.iter().map(|ip| ip.value.into()).collect();
        if v6.is_empty() {
            v6.extend(open.iter().filter(|address| address.is_ipv6()));
        }
        let auto = said_subnet.and_then(|subnet| subnet.auto_assign_public_ip).is_some_and(|on| on.value);
        let inherits = auto && owner.kind.value == InstanceKind::Ec2 && said.public_ips.is_empty();
        let public = match said.public_ip.value {
            PublicIp::Address(address) => Some(address),
            PublicIp::Assigned => chosen.public.get(&key).copied(),
            PublicIp::Inherit if inherits => chosen.public.get(&key).copied(),
            PublicIp::Inherit | PublicIp::None => None,
        };
        let pairs = said.public_ips.iter().map(|pair| (pair.private.value.into(), pair.public.value.into()));
        let public = v4.first().copied().zip(public.map(IpAddr::V4)).into_iter().chain(pairs).collect();
        let (groups, group_unknown) = self.groups_of(vpc, said_vpc, said);
        let siblings = owner.interfaces.len();
        let primary = owner.interfaces.iter().next().is_some_and(|first| std::ptr::eq(first, entry));
        self.interfaces.push(Interface {
            host,
            vpc,
            subnet,
            addresses: v4.into_iter().chain(v6).collect(),
            public,
            groups,
            group_unknown,
            unfiltered: owner.kind.value == InstanceKind::LoadBalancer
                && said.security_groups.as_ref().is_some_and(Vec::is_empty)
                && !said.more_security_groups,
            // EN-2, RT-20.
            forwards: said.source_dest_check.is_some_and(|check| !check.value),
            // EN-3: attached, and its instance runs.
            live: said.attached && owner.state.value == InstanceState::Running,
            foreign: match &owner.kind.value {
                InstanceKind::Other(kind) => Some(kind),
                _ => None,
            },
            deny_all_igw_traffic: said.deny_all_igw_traffic,
            policy_routing: primary || owner.policy_routing.as_ref().is_none_or(|on| on.value),
            siblings,
        });
    }

    /// The groups of an interface, and whether the capture lacks one.
    fn groups_of(
        &self,
        vpc: usize,
        said_vpc: &'t said::Vpc,
        said: &'t said::Interface,
    ) -> (Vec<(usize, &'t str)>, bool) {
        let Some(names) = &said.security_groups else {
            // VP-10.
            return (vec![(vpc, default_name(said_vpc.default_security_group.as_ref()))], false);
        };
        let found: BTreeSet<_> = names.iter().filter_map(|name| self.group_named(vpc, &name.value)).collect();
        let unknown = names.iter().any(|name| self.group_named(vpc, &name.value).is_none());
        (found.into_iter().collect(), unknown || said.more_security_groups)
    }

    fn nat(&mut self, vpc: usize, vpc_name: &str, entry: &'t Entry<said::NatGateway>, chosen: &Chosen) {
        let (said, key) = (&entry.value, format!("{vpc_name}/{}", entry.name()));
        let open = chosen.private.get(&key).and_then(|addresses| addresses.first());
        let address = said.private_ip.map(|ip| ip.value).or(match open {
            Some(IpAddr::V4(address)) => Some(*address),
            _ => None,
        });
        let (Some(subnet), Some(address)) = (self.subnet_named(vpc, &said.subnet.value), address) else {
            return;
        };
        // NG-1: a private gateway has no Elastic IP.
        let public = (said.connectivity.value == Connectivity::Public)
            .then(|| said.public_ip.map(|ip| ip.value).or_else(|| chosen.public.get(&key).copied()))
            .flatten();
        let available = said.state.value == GatewayState::Available;
        self.nats.push(Nat { vpc, name: entry.name(), subnet, address, public, available });
    }

    /// Whether a description lacks what a call would have told.
    pub(super) fn lacks(&self, kind: CaptureKind) -> bool {
        self.topology.completeness.is_missing(kind)
    }

    pub(super) fn vpc(&self, index: usize) -> Option<&'t Entry<said::Vpc>> {
        self.topology.vpcs.0.get(index)
    }

    pub(super) fn vpc_name(&self, index: usize) -> String {
        self.vpc(index).map(|entry| entry.name().to_owned()).unwrap_or_default()
    }

    pub(super) fn vpc_named(&self, name: &str) -> Option<usize> {
        self.topology.vpcs.iter().position(|vpc| vpc.name() == name)
    }

    /// The ranges of a VPC (VP-3, VP-6).
    pub(super) fn cidrs(&self, vpc: usize) -> Vec<IpNet> {
        let Some(entry) = self.vpc(vpc) else { return Vec::new() };
        let v4 = entry.value.cidrs.iter().map(|cidr| IpNet::V4(cidr.value.trunc()));
        let v6 = entry.value.ipv6_cidrs.iter().map(|cidr| IpNet::V6(cidr.value.trunc()));
        v4.chain(v6).collect()
    }

    /// Every zone that a subnet is in, in the order of their names; `None` is that of subnets that say none.
    pub(super) fn zones(&self) -> Vec<Option<&'t str>> {
        let zones: BTreeSet<_> = self.subnets.iter().map(|subnet| subnet.zone).collect();
        zones.into_iter().collect()
    }

    pub(super) fn subnets_of(&self, vpc: usize) -> impl Iterator<Item = usize> {
        self.subnets.iter().enumerate().filter(move |(_, subnet)| subnet.vpc == vpc).map(|(index, _)| index)
    }

    pub(super) fn subnet_named(&self, vpc: usize, name: &str) -> Option<usize> {
        self.subnets.iter().position(|subnet| subnet.vpc == vpc && subnet.name == name)
    }

    /// A group by `name`, `vpc/name`, or an AWS id of any VPC.
    pub(super) fn group_named(&self, vpc: usize, name: &str) -> Option<(usize, &'t str)> {
        let within = |vpc: usize, name: &str| {
            let said = &self.vpc(vpc)?.value;
            let default = default_name(said.default_security_group.as_ref());
            let written = said.security_groups.entry(name).map(Entry::name);
            Some((vpc, written.or((name == default).then_some(default))?))
        };
        let elsewhere = || {
            let (vpc, name) = name.split_once('/')?;
            within(self.vpc_named(vpc)?, name)
        };
        let by_id = || (0..self.topology.vpcs.len()).find_map(|vpc| within(vpc, name));
        within(vpc, name).or_else(elsewhere).or_else(|| name.starts_with("sg-").then(by_id).flatten())
    }

    /// SG-9: a group may be referenced in its own VPC, and over an active peering within a region.
    pub(super) fn in_scope(&self, from: usize, to: usize) -> bool {
        let region = |vpc: usize| self.vpc(vpc).and_then(|vpc| vpc.value.region.as_ref());
        let same_region = match (region(from), region(to)) {
            (Some(one), Some(other)) => one.value == other.value,
            _ => true,
        };
        let joins = |peering: &Entry<said::PeeringConnection>| {
            let said = &peering.value;
            let ends = [self.vpc_named(&said.requester.value), self.vpc_named(&said.accepter.value)];
            said.status.value == PeeringStatus::Active
                && ends.contains(&Some(from))
                && ends.contains(&Some(to))
        };
        from == to || (same_region && self.topology.peering_connections.iter().any(joins))
    }

    pub(super) fn network(&self, name: &str) -> Vec<IpNet> {
        let network = self.topology.networks.get(name);
        network.map_or_else(Vec::new, |said| said.cidrs.iter().map(|cidr| cidr.value.trunc()).collect())
    }

    /// The entries of a prefix list; `None` if nobody knows them.
    pub(super) fn prefix_list(&self, name: &str) -> Option<Vec<IpNet>> {
        let entries = self.topology.prefix_lists.get(name)?.entries.as_ref()?;
        Some(entries.iter().map(|cidr| cidr.value.trunc()).collect())
    }
}

fn own_table(subnet: &str) -> String {
    format!("{subnet} (routes of the subnet)")
}

fn main_table(vpc: &said::Vpc) -> &str {
    vpc.main_route_table.as_ref().map_or("main", |name| &name.value)
}

pub(super) fn default_name(said: Option<&Spanned<String>>) -> &str {
    said.map_or("default", |name| &name.value)
}
