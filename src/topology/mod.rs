//! What the user said: names, addresses, rules, each with its place in a file.
//!
//! A [`Topology`] is data, not meaning. It is made by a reader (`yaml` here, the formats of
//! others in `source`), and given a meaning by `network`. References are names (or AWS ids)
//! exactly as they were said; nothing is resolved here and no default of AWS is applied, so that a
//! later stage can tell what was said from what was supplied.
//!
//! Two kinds of absence are kept apart: *nothing was said* (an empty list, `None`: AWS's defaults
//! apply) and *nobody knows* ([`Completeness::Partial`], [`Association::Unknown`]: the answer is
//! `undetermined` where it decides).

mod block_public_access;
mod diagnostic;
mod entries;
mod instance;
mod load_balancer;
mod network_acl;
mod on_premises;
mod place;
mod rename;
mod route_table;
mod security_group;
mod test_case;
mod traffic;
mod transit_gateway;
mod visible;
mod visit;
mod vpc;
mod vpc_endpoint;
pub mod yaml;

use std::net::IpAddr;

use ipnet::IpNet;

pub use block_public_access::{BlockMode, BlockPublicAccess, Exclusion};
pub use diagnostic::{Diagnostic, Label, Severity};
pub use entries::{Entries, Entry};
pub use instance::{
    EphemeralPorts, Instance, InstanceKind, InstanceState, Interface, PublicAddress, PublicIp,
};
pub use load_balancer::{Listener, LoadBalancer, TargetGroup};
pub use network_acl::{AclAction, AclPeer, AclRule, NetworkAcl};
pub use on_premises::{
    CustomerGateway, DirectConnectGateway, LineState, VirtualInterface, VpnConnection, VpnGateway, VpnRouting,
};
pub use place::{
    FileId, LineColumn, Location, Place, Resource, ResourceId, SourceFile, Sources, Span, Spanned,
};
pub use rename::rename;
pub use route_table::{Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTarget};
pub use security_group::{SecurityGroup, SecurityGroupPeer, SecurityGroupRule};
pub use test_case::{Expectation, FamilyFilter, TestCase};
pub use traffic::{PortRange, Protocol, Traffic};
pub use transit_gateway::{AttachedTo, TransitGateway, TransitGatewayAttachment, TransitGatewayRouteTable};
pub use visible::{is_invisible, quote, visible, visible_in_place, visible_lines};
pub use visit::{Visit, Visitor};
pub use vpc::{
    Association, Connectivity, EgressOnlyInternetGateway, GatewayState, InternetGateway, NatGateway,
    PeeringConnection, PeeringStatus, Subnet, Vpc,
};
pub use vpc_endpoint::{EndpointService, EndpointType, VpcEndpoint, short_service};

/// Everything that was said about a network.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    /// The files and resources that places refer to.
    pub sources: Sources,
    /// Whose defaults apply to what a security group omits.
    pub defaults: Defaults,
    /// Whether what was not said does not exist.
    pub completeness: Completeness,
    /// Named lists of CIDRs: `pl:NAME`.
    pub prefix_lists: Entries<PrefixList>,
    /// Named ranges outside every VPC: `net:NAME`.
    pub networks: Entries<NamedNetwork>,
    /// The VPCs.
    pub vpcs: Entries<Vpc>,
    /// Peering connections between them.
    pub peering_connections: Entries<PeeringConnection>,
    /// Transit gateways.
    pub transit_gateways: Entries<TransitGateway>,
    /// Endpoint services that VPCs here offer.
    pub endpoint_services: Entries<EndpointService>,
    /// Customer gateways.
    pub customer_gateways: Entries<CustomerGateway>,
    /// VPN connections.
    pub vpn_connections: Entries<VpnConnection>,
    /// Direct Connect gateways.
    pub direct_connect_gateways: Entries<DirectConnectGateway>,
    /// Private virtual interfaces of Direct Connect.
    pub virtual_interfaces: Entries<VirtualInterface>,
    /// What was read but is not modelled yet. A path that meets one by name is `undetermined`.
    pub unmodelled: Vec<Unmodelled>,
    /// The `tests:` block.
    pub tests: Vec<TestCase>,
    /// The `lint:` block.
    pub lint: LintSettings,
}

/// Which findings fail, are reported, or are silent: codes, perhaps with a `*` at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LintSettings {
    /// Findings that fail.
    pub deny: Vec<Spanned<String>>,
    /// Findings that are reported.
    pub warn: Vec<Spanned<String>>,
    /// Findings that are not reported.
    pub allow: Vec<Spanned<String>>,
}

/// Whose defaults apply to an omitted `outbound` of a security group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Defaults {
    /// Allow all: the console, the API, CloudFormation.
    #[default]
    Aws,
    /// None: Terraform removes the default rule (SG-21).
    Terraform,
}

/// Whether what was not said does not exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// The description is the whole world: a name that it does not define is a mistake.
    #[default]
    Complete,
    /// A capture of a part of a world: dangling ids are tolerated, and the kinds of resource that
    /// were not captured are unknown rather than absent.
    Partial {
        /// Kinds whose AWS call is missing from the capture.
        missing: Vec<CaptureKind>,
    },
    /// A Terraform plan or state: what other configurations own is named but not described, as in a
    /// capture; and an interface whose address is not known yet gets a stand-in, as in a topology file.
    Planned,
}

impl Completeness {
    /// Whether that kind was not captured.
    pub fn is_missing(&self, kind: CaptureKind) -> bool {
        matches!(self, Self::Partial { missing } if missing.contains(&kind))
    }
}

/// A kind of resource that a capture may lack. The name of the call is for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaptureKind {
    /// `describe-security-groups`
    SecurityGroups,
    /// `describe-network-acls`
    NetworkAcls,
    /// `describe-route-tables`
    RouteTables,
    /// `describe-internet-gateways`
    InternetGateways,
    /// `describe-egress-only-internet-gateways`
    EgressOnlyInternetGateways,
    /// `describe-nat-gateways`
    NatGateways,
    /// `describe-vpc-peering-connections`
    PeeringConnections,
    /// `describe-network-interfaces`
    NetworkInterfaces,
    /// `describe-instances`
    Instances,
    /// `get-managed-prefix-list-entries`
    PrefixListEntries,
    /// `describe-transit-gateways`
    TransitGateways,
    /// `describe-transit-gateway-vpc-attachments`
    TransitGatewayVpcAttachments,
    /// `describe-transit-gateway-route-tables`
    TransitGatewayRouteTables,
    /// `search-transit-gateway-routes`
    TransitGatewayRoutes,
    /// `get-transit-gateway-route-table-associations`
    TransitGatewayAssociations,
    /// `get-transit-gateway-route-table-propagations`
    TransitGatewayPropagations,
    /// `describe-vpn-gateways`
    VpnGateways,
    /// `describe-vpn-connections`
    VpnConnections,
}

impl CaptureKind {
    /// The AWS CLI call that would settle it.
    pub const fn call(self) -> &'static str {
        match self {
            Self::SecurityGroups => "aws ec2 describe-security-groups",
            Self::NetworkAcls => "aws ec2 describe-network-acls",
            Self::RouteTables => "aws ec2 describe-route-tables",
            Self::InternetGateways => "aws ec2 describe-internet-gateways",
            Self::EgressOnlyInternetGateways => "aws ec2 describe-egress-only-internet-gateways",
            Self::NatGateways => "aws ec2 describe-nat-gateways",
            Self::PeeringConnections => "aws ec2 describe-vpc-peering-connections",
            Self::NetworkInterfaces => "aws ec2 describe-network-interfaces",
            Self::Instances => "aws ec2 describe-instances",
            Self::PrefixListEntries => "aws ec2 get-managed-prefix-list-entries",
            Self::TransitGateways => "aws ec2 describe-transit-gateways",
            Self::TransitGatewayVpcAttachments => "aws ec2 describe-transit-gateway-vpc-attachments",
            Self::TransitGatewayRouteTables => "aws ec2 describe-transit-gateway-route-tables",
            Self::TransitGatewayRoutes => "aws ec2 search-transit-gateway-routes",
            Self::TransitGatewayAssociations => "aws ec2 get-transit-gateway-route-table-associations",
            Self::TransitGatewayPropagations => "aws ec2 get-transit-gateway-route-table-propagations",
            Self::VpnGateways => "aws ec2 describe-vpn-gateways",
            Self::VpnConnections => "aws ec2 describe-vpn-connections",
        }
    }
}

/// A named list of CIDRs that routes and security groups refer to as `pl:NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrefixList {
    /// Its entries; `None` if they are not known (managed by AWS, or not captured).
    pub entries: Option<Vec<Spanned<IpNet>>>,
    /// What quotas charge for it (RT-8, SG-18).
    pub max_entries: Option<Spanned<u32>>,
}

/// A named range that is not a VPC: `net:NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedNetwork {
    /// Its addresses.
    pub cidrs: Vec<Spanned<IpNet>>,
    /// What it knows of us (VG-3); only for networks behind a VPN or Direct Connect.
    pub routes_back: Option<Vec<Spanned<IpNet>>>,
    /// Whether a VPN connection or Direct Connect gateway leads to it: such a network is not on the
    /// internet.
    pub on_premises: bool,
}

/// Something that was read and named but that the engine does not model yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmodelled {
    /// What it is, in AWS's words: `transit gateway`, `load balancer`, `VPC endpoint`.
    pub kind: String,
    /// The VPC it is in, if it is in one.
    pub vpc: Option<String>,
    /// Its name or id.
    pub name: Spanned<String>,
    /// Addresses that it is known to own.
    pub addresses: Vec<IpAddr>,
    /// Subnets in which it has interfaces at addresses that nobody said.
    pub subnets: Vec<String>,
    /// Security groups of those interfaces.
    pub security_groups: Vec<String>,
    /// Why nothing can be said about it, if not for being of a kind that is not modelled: `its subnet is
    /// known only after apply`.
    pub why: Option<String>,
}
