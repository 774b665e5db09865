//! VPCs, subnets, and the names of their filters.

use ipnet::{IpNet, Ipv4Net};

use crate::flow::AddressSet;
use crate::topology::{Association, CaptureKind, Entry, Place, Spanned};

use super::super::id::{Index, NetworkAclId, RouteTableId, SecurityGroupId, VpcId};
use super::super::{NetworkAcl, RouteTable, SecurityGroup, Subnet, Vpc};
use super::Compiler;

impl<'t> Compiler<'t> {
    pub(super) fn vpcs(&mut self) {
        for entry in &self.topology.vpcs {
            let said = &entry.value;
            let cidrs: Vec<Ipv4Net> = said.cidrs.iter().map(|cidr| cidr.value.trunc()).collect();
            let ipv6_cidrs: Vec<_> = said.ipv6_cidrs.iter().map(|cidr| cidr.value.trunc()).collect();
            let nets = cidrs.iter().copied().map(IpNet::V4).chain(ipv6_cidrs.iter().copied().map(IpNet::V6));
            let addresses = AddressSet::from_ranges(nets.map(|net| (net.network(), net.broadcast())));
            let id = self.network.vpcs.push(Vpc {
                name: entry.name().to_owned(),
                aliases: entry.aliases.clone(),
                place: entry.place(),
                cidrs,
                ipv6_cidrs,
                addresses,
                region: said.region.as_ref().map(|region| region.value.clone()),
                dns_support: said.dns_support.as_ref().is_none_or(|on| on.value),
                internet_gateway: None,
                egress_only_internet_gateway: None,
                // Filled in by `filters`, before anything reads them.
                main_route_table: RouteTableId::from_usize(0),
                default_network_acl: NetworkAclId::from_usize(0),
                default_security_group: SecurityGroupId::from_usize(0),
                block_public_access: None,
                internet_guards: Vec::new(),
            });
            self.scope.vpcs.insert(entry.name().to_owned(), id);
        }
    }

    /// Every VPC with what was said about it.
    pub(super) fn said(&self) -> Vec<(VpcId, &'t Entry<crate::topology::Vpc>)> {
        self.network.vpcs.ids().zip(&self.topology.vpcs).collect()
    }

    /// Gives every route table, network ACL and security group an id; their contents come last.
    pub(super) fn filters(&mut self) {
        for (vpc, entry) in self.said() {
            let said = &entry.value;
            for table in &said.route_tables {
                self.declare_route_table(vpc, table.name(), &table.aliases, table.place());
            }
            for acl in &said.network_acls {
                self.declare_network_acl(vpc, acl.name(), &acl.aliases, acl.place());
            }
            for group in &said.security_groups {
                self.declare_security_group(vpc, group.name(), &group.aliases, group.place());
            }
            let main = default_name(said.main_route_table.as_ref(), "main");
            let table = self.scope.route_tables.get(&(vpc, main.clone())).copied();
            let table = table.unwrap_or_else(|| self.declare_route_table(vpc, &main, &[], Place::Implicit));
            let default = default_name(said.default_network_acl.as_ref(), "default");
            let acl = self.scope.network_acls.get(&(vpc, default.clone())).copied();
            let acl = acl.unwrap_or_else(|| self.declare_network_acl(vpc, &default, &[], Place::Implicit));
            let default = default_name(said.default_security_group.as_ref(), "default");
            let group = self.scope.security_groups.get(&(vpc, default.clone())).copied();
            let group =
                group.unwrap_or_else(|| self.declare_security_group(vpc, &default, &[], Place::Implicit));
            let vpc = &mut self.network.vpcs[vpc];
            vpc.main_route_table = table;
            vpc.default_network_acl = acl;
            vpc.default_security_group = group;
        }
    }

    pub(super) fn declare_route_table(
        &mut self,
        vpc: VpcId,
        name: &str,
        aliases: &[String],
        place: Place,
    ) -> RouteTableId {
        let table = RouteTable::new(name.to_owned(), aliases.to_vec(), place, Some(vpc), Vec::new());
        let id = self.network.route_tables.push(table);
        self.scope.route_tables.insert((vpc, name.to_owned()), id);
        id
    }

    fn declare_network_acl(
        &mut self,
        vpc: VpcId,
        name: &str,
        aliases: &[String],
        place: Place,
    ) -> NetworkAclId {
        let id = self.network.network_acls.push(NetworkAcl {
            name: name.to_owned(),
            aliases: aliases.to_vec(),
            place,
            vpc,
            inbound: Vec::new(),
            outbound: Vec::new(),
        });
        self.scope.network_acls.insert((vpc, name.to_owned()), id);
        id
    }

    fn declare_security_group(
        &mut self,
        vpc: VpcId,
        name: &str,
        aliases: &[String],
        place: Place,
    ) -> SecurityGroupId {
        let id = self.network.security_groups.push(SecurityGroup {
            name: name.to_owned(),
            aliases: aliases.to_vec(),
            place,
            vpc,
            inbound: Vec::new(),
            outbound: Vec::new(),
            members: Vec::new(),
        });
        self.scope.security_groups.insert((vpc, name.to_owned()), id);
        self.scope.security_groups_anywhere.entry(name.to_owned()).or_insert(id);
        id
    }

    pub(super) fn subnets(&mut self) {
        for (vpc, entry) in self.said() {
            for subnet in &entry.value.subnets {
                self.subnet(vpc, subnet, &entry.value);
            }
        }
    }

    fn subnet(
        &mut self,
        vpc: VpcId,
        entry: &Entry<crate::topology::Subnet>,
        said_vpc: &crate::topology::Vpc,
    ) {
        let said = &entry.value;
        let cidr = said.cidr.as_ref().map(|cidr| cidr.value.trunc());
        let ipv6_cidr = said.ipv6_cidr.as_ref().map(|cidr| cidr.value.trunc());
        let nets = cidr.map(IpNet::V4).into_iter().chain(ipv6_cidr.map(IpNet::V6));
        let addresses = AddressSet::from_ranges(nets.map(|net| (net.network(), net.broadcast())));
        let missing = |kind| self.topology.completeness.is_missing(kind);
        let (no_tables, no_acls) = (missing(CaptureKind::RouteTables), missing(CaptureKind::NetworkAcls));
        let (route_table, route_table_implicit) = match &said.route_table {
            _ if said.routes.is_some() => {
                let name = format!("{} (routes of the subnet)", entry.name());
                (Some(self.declare_route_table(vpc, &name, &[], entry.place())), false)
            }
            Association::Unknown => (None, false),
            Association::Implicit if no_tables => (None, false),
            Association::Implicit => (Some(self.network.vpcs[vpc].main_route_table), true),
            Association::Named(name) => {
                let found = self.scope.route_tables.get(&(vpc, name.value.clone())).copied();
                if found.is_none() {
                    let known: Vec<&str> = said_vpc.route_tables.iter().map(Entry::name).collect();
                    self.unknown_name("route table", name, &known);
                }
                (found, false)
            }
        };
        let (network_acl, network_acl_implicit) = match &said.network_acl {
            Association::Unknown => (None, false),
            Association::Implicit if no_acls => (None, false),
            Association::Implicit => (Some(self.network.vpcs[vpc].default_network_acl), true),
            Association::Named(name) => {
                let found = self.scope.network_acls.get(&(vpc, name.value.clone())).copied();
                if found.is_none() {
                    let known: Vec<&str> = said_vpc.network_acls.iter().map(Entry::name).collect();
                    self.unknown_name("network ACL", name, &known);
                }
                (found, false)
            }
        };
        let id = self.network.subnets.push(Subnet {
            name: entry.name().to_owned(),
            aliases: entry.aliases.clone(),
            place: entry.place(),
            vpc,
            cidr,
            ipv6_cidr,
            addresses,
            az: said.az.as_ref().map(|az| az.value.clone()),
            route_table,
            route_table_implicit,
            network_acl,
            network_acl_implicit,
        });
        self.scope.subnets.insert((vpc, entry.name().to_owned()), id);
    }
}

fn default_name(said: Option<&Spanned<String>>, usual: &str) -> String {
    said.map_or_else(|| usual.to_owned(), |name| name.value.clone())
}
