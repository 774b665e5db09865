//! VPCs, subnets and the gateways that belong to a VPC.

use std::net::Ipv4Addr;

use ipnet::{Ipv4Net, Ipv6Net};

use super::place::{Place, Spanned};
use super::{
    BlockPublicAccess, Entries, Instance, LoadBalancer, NetworkAcl, Route, RouteTable, SecurityGroup,
    TargetGroup, VpcEndpoint, VpnGateway,
};

/// A virtual private cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vpc {
    /// IPv4 ranges; the first is the primary (VP-3).
    pub cidrs: Vec<Spanned<Ipv4Net>>,
    /// IPv6 ranges (VP-6).
    pub ipv6_cidrs: Vec<Spanned<Ipv6Net>>,
    /// Region, where it was said; peering between regions can't carry group references (SG-9).
    pub region: Option<Spanned<String>>,
    /// Account, where it was said.
    pub account: Option<Spanned<String>>,
    /// `enableDnsSupport`; on unless said otherwise (DN-1).
    pub dns_support: Option<Spanned<bool>>,
    /// Its internet gateway (VP-15).
    pub internet_gateway: Option<InternetGateway>,
    /// Its egress-only internet gateway.
    pub egress_only_internet_gateway: Option<EgressOnlyInternetGateway>,
    /// Its virtual private gateway (VP-15).
    pub vpn_gateway: Option<VpnGateway>,
    /// Block Public Access, as far as it concerns this VPC (IG-10).
    pub block_public_access: Option<BlockPublicAccess>,
    /// NAT gateways.
    pub nat_gateways: Entries<NatGateway>,
    /// Route tables; the one named `main` is the main table, unless [`Vpc::main_route_table`] names another.
    pub route_tables: Entries<RouteTable>,
    /// The name of the main table, where a source says which it is (captures).
    pub main_route_table: Option<Spanned<String>>,
    /// Subnets.
    pub subnets: Entries<Subnet>,
    /// Network ACLs; the one named `default` is the default one, unless [`Vpc::default_network_acl`] names another.
    pub network_acls: Entries<NetworkAcl>,
    /// The name of the default network ACL, where a source says which it is (captures).
    pub default_network_acl: Option<Spanned<String>>,
    /// Security groups; the one named `default` is the default one, unless [`Vpc::default_security_group`] names another.
    pub security_groups: Entries<SecurityGroup>,
    /// The name of the default security group, where a source says which it is (captures).
    pub default_security_group: Option<Spanned<String>>,
    /// Instances and the owners of interfaces in general.
    pub instances: Entries<Instance>,
    /// VPC endpoints; the interfaces of an interface endpoint are those of the instance of its name.
    pub endpoints: Entries<VpcEndpoint>,
    /// Application load balancers; the nodes of each are the interfaces of the instance of its name.
    pub load_balancers: Entries<LoadBalancer>,
    /// Target groups.
    pub target_groups: Entries<TargetGroup>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// IPv4 range; none in an IPv6-only subnet (VP-7).
    pub cidr: Option<Spanned<Ipv4Net>>,
    /// IPv6 range.
    pub ipv6_cidr: Option<Spanned<Ipv6Net>>,
    /// Availability zone.
    pub az: Option<Spanned<String>>,
    /// Its route table.
    pub route_table: Association,
    /// Routes written at the subnet itself: a table of its own. Only with [`Association::Implicit`].
    pub routes: Option<Vec<Route>>,
    /// Its network ACL.
    pub network_acl: Association,
    /// Whether instances get a public IPv4 address at launch.
    pub auto_assign_public_ip: Option<Spanned<bool>>,
    /// Whether instances get an IPv6 address at launch.
    pub auto_assign_ipv6: Option<Spanned<bool>>,
}

/// What a subnet is associated with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Association {
    /// Nothing was said: the VPC's main table, or its default network ACL (VP-10).
    #[default]
    Implicit,
    /// The one of that name, in the same VPC.
    Named(Spanned<String>),
    /// The capture lacks the call that would say.
    Unknown,
}

/// An internet gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetGateway {
    /// Its name as a route target; `igw` unless said otherwise.
    pub name: Spanned<String>,
    /// Whether it is attached to the VPC.
    pub attached: Spanned<bool>,
    /// A gateway (edge) route table, by name (RT-16); not modelled yet.
    pub route_table: Option<Spanned<String>>,
}

/// An egress-only internet gateway: IPv6, outbound only (IG-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressOnlyInternetGateway {
    /// Its name as a route target; `eigw` unless said otherwise.
    pub name: Spanned<String>,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatGateway {
    /// The subnet it lives in, by name.
    pub subnet: Spanned<String>,
    /// Public or private.
    pub connectivity: Spanned<Connectivity>,
    /// Only `available` forwards (NG-9).
    pub state: Spanned<GatewayState>,
    /// Its private address; assumed if it was not said.
    pub private_ip: Option<Spanned<Ipv4Addr>>,
    /// Its Elastic IP; allocated if it was not said and the type is public.
    pub public_ip: Option<Spanned<Ipv4Addr>>,
    /// Where it was said.
    pub place: Place,
}

/// The type of a NAT gateway (NG-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connectivity {
    /// With an Elastic IP.
    #[default]
    Public,
    /// Without one.
    Private,
}

/// The life cycle of a gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatewayState {
    /// Works.
    #[default]
    Available,
    /// Not yet.
    Pending,
    /// Never will.
    Failed,
    /// No longer.
    Deleting,
    /// Gone.
    Deleted,
}

/// A VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeeringConnection {
    /// The VPC that asked, by name (or id, possibly of a VPC that is not described).
    pub requester: Spanned<String>,
    /// The VPC that was asked.
    pub accepter: Spanned<String>,
    /// Only `active` forwards (PX-1).
    pub status: Spanned<PeeringStatus>,
    /// CIDRs of the requester as the peering itself reports them (captures): they let a walk name a VPC that was not captured.
    pub requester_cidrs: Vec<ipnet::IpNet>,
    /// CIDRs of the accepter as the peering itself reports them (captures).
    pub accepter_cidrs: Vec<ipnet::IpNet>,
    /// Where it was said.
    pub place: Place,
}

/// The status of a peering connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeeringStatus {
    /// Works.
    #[default]
    Active,
    /// Waits for the other side; routes through it are black holes (RT-11).
    PendingAcceptance,
    /// Being set up.
    Provisioning,
    /// Refused.
    Rejected,
    /// Not accepted in time.
    Expired,
    /// Impossible, for example overlapping ranges (PX-2).
    Failed,
    /// Going.
    Deleting,
    /// Gone.
    Deleted,
}
