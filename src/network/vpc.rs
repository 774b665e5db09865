//! VPCs and subnets: address ranges and associations.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::{Ipv4Net, Ipv6Net};

use crate::flow::AddressSet;
use crate::topology::{BlockMode, Exclusion, Place};

use super::id::{
    EgressOnlyInternetGatewayId, InternetGatewayId, NetworkAclId, RouteTableId, SecurityGroupId, SubnetId,
    UnmodelledId, VpcId,
};

/// A VPC.
#[derive(Clone, Debug)]
pub struct Vpc {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// IPv4 ranges, host bits masked (VP-2); the first is the primary.
    pub cidrs: Vec<Ipv4Net>,
    /// IPv6 ranges.
    pub ipv6_cidrs: Vec<Ipv6Net>,
    /// Every address of its ranges.
    pub addresses: AddressSet,
    /// Region, where it is known.
    pub region: Option<String>,
    /// Whether the resolver answers (DN-1).
    pub dns_support: bool,
    /// Its internet gateway, attached or not.
    pub internet_gateway: Option<InternetGatewayId>,
    /// Its egress-only internet gateway.
    pub egress_only_internet_gateway: Option<EgressOnlyInternetGatewayId>,
    /// The main route table.
    pub main_route_table: RouteTableId,
    /// The default network ACL.
    pub default_network_acl: NetworkAclId,
    /// The default security group.
    pub default_security_group: SecurityGroupId,
    /// Block Public Access (IG-10).
    pub block_public_access: Option<Guard>,
    /// Things of this VPC that are not modelled yet but stand on every path to or from the internet.
    pub internet_guards: Vec<UnmodelledId>,
}

/// Block Public Access, as far as it concerns a VPC.
#[derive(Clone, Debug)]
pub struct Guard {
    /// What is blocked.
    pub mode: BlockMode,
    /// An exclusion of the whole VPC.
    pub exclusion: Option<Exclusion>,
    /// Exclusions of subnets.
    pub subnets: BTreeMap<SubnetId, Exclusion>,
    /// Where it was said.
    pub place: Place,
}

impl Vpc {
    /// Whether it has IPv6.
    pub fn has_ipv6(&self) -> bool {
        !self.ipv6_cidrs.is_empty()
    }
}

/// A subnet.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The VPC it is in.
    pub vpc: VpcId,
    /// IPv4 range.
    pub cidr: Option<Ipv4Net>,
    /// IPv6 range.
    pub ipv6_cidr: Option<Ipv6Net>,
    /// Every address of its ranges.
    pub addresses: AddressSet,
    /// Availability zone, where it was said.
    pub az: Option<String>,
    /// Its route table; none where the capture does not say.
    pub route_table: Option<RouteTableId>,
    /// Whether the table is the main one because nobody said otherwise (VP-10).
    pub route_table_implicit: bool,
    /// Its network ACL; none where the capture does not say.
    pub network_acl: Option<NetworkAclId>,
    /// Whether the ACL is the default one because nobody said otherwise (VP-10).
    pub network_acl_implicit: bool,
}

impl Subnet {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.addresses.contains(address)
    }

    /// Whether an address is one of the five that AWS reserves (VP-8): the first four and the last.
    pub fn is_reserved(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.cidr.is_some_and(|cidr| {
                let offset = address.to_bits().wrapping_sub(cidr.network().to_bits());
                cidr.contains(&address) && (offset < 4 || address == cidr.broadcast())
            }),
            IpAddr::V6(address) => self.ipv6_cidr.is_some_and(|cidr| {
                let offset = address.to_bits().wrapping_sub(cidr.network().to_bits());
                cidr.contains(&address) && (offset < 4 || address == cidr.broadcast())
            }),
        }
    }
}
