//! What AWS would do with what was said: names resolved to ids, defaults applied (and recorded as
//! defaults), rules and routes compiled, and the whole joined into a graph.
//!
//! One file per network noun. Each holds its data and what it does to a packet.
//!
//! **Invariants.** A [`Network`] does no I/O and knows nothing of who asks. It is immutable once compiled.
//! Every id that it hands out stays valid for its life. What a capture does not say is *unknown* here, never a default.

mod code;
mod compile;
mod describe;
mod filter;
mod gateway;
mod graph;
mod host_local;
mod id;
mod interface;
mod load_balancer;
mod network_acl;
mod on_premises;
mod route_table;
mod security_group;
mod traffic;
mod transit_gateway;
mod unplaced;
mod vpc;
mod vpc_endpoint;

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::flow::AddressSet;
use crate::topology::{CaptureKind, Sources, TestCase, Topology};

pub use code::Code;
pub use describe::RuleText;
pub use filter::{Action, Decided, Direction, RuleId};
pub use gateway::{
    EgressOnlyInternetGateway, InternetGateway, NamedNetwork, NatGateway, Peering, Unmodelled,
    public_addresses,
};
pub use graph::{Goal, Graph};
pub use host_local::{HostLocal, link_local_addresses};
pub use id::{
    Arena, AttachmentId, EgressOnlyInternetGatewayId, GatewayEndpointId, Index, InstanceId, InterfaceId,
    InternetGatewayId, LineId, NamedNetworkId, NatGatewayId, NetworkAclId, PeeringId, RouteTableId,
    SecurityGroupId, SiteId, SubnetId, TransitGatewayId, UnmodelledId, VpcId, VpnGatewayId,
};
pub use interface::{Instance, Interface, InterfaceAddress, default_ephemeral_ports};
pub use load_balancer::{BalancerTarget, Listener, LoadBalancer, TargetAddress, TargetGroup};
pub use network_acl::{AclRule, NetworkAcl};
pub use on_premises::{Junction, Line, LineChoice, LineEnd, LineKind, LineRoute, Site, VpnGateway};
pub use route_table::{Choice, Learnt, Route, RouteKind, RouteTable, Target, Unlisted};
pub use security_group::{Identity, Peer, SecurityGroup, SecurityGroupRule};
pub use traffic::describe as describe_traffic;
pub use transit_gateway::{Attached, Attachment, Doors, TableAssociation, TransitGateway};
pub use unplaced::{Holder, Supposed, Unplaced};
pub use vpc::{Guard, Subnet, Vpc};
pub use vpc_endpoint::{GatewayEndpoint, InterfaceEndpoint, PrefixList};

/// A compiled network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The files and resources that places refer to.
    pub sources: Sources,
    /// VPCs.
    pub vpcs: Arena<VpcId, Vpc>,
    /// Subnets.
    pub subnets: Arena<SubnetId, Subnet>,
    /// Route tables.
    pub route_tables: Arena<RouteTableId, RouteTable>,
    /// Network ACLs.
    pub network_acls: Arena<NetworkAclId, NetworkAcl>,
    /// Security groups.
    pub security_groups: Arena<SecurityGroupId, SecurityGroup>,
    /// Instances and other owners of interfaces.
    pub instances: Arena<InstanceId, Instance>,
    /// Interfaces.
    pub interfaces: Arena<InterfaceId, Interface>,
    /// Internet gateways.
    pub internet_gateways: Arena<InternetGatewayId, InternetGateway>,
    /// Egress-only internet gateways.
    pub egress_only_internet_gateways: Arena<EgressOnlyInternetGatewayId, EgressOnlyInternetGateway>,
    /// NAT gateways.
    pub nat_gateways: Arena<NatGatewayId, NatGateway>,
    /// Load balancers, by the owner of their nodes.
    pub load_balancers: BTreeMap<InstanceId, LoadBalancer>,
    /// Peering connections.
    pub peerings: Arena<PeeringId, Peering>,
    /// Transit gateways.
    pub transit_gateways: Arena<TransitGatewayId, TransitGateway>,
    /// Their attachments.
    pub attachments: Arena<AttachmentId, Attachment>,
    /// Gateway endpoints.
    pub gateway_endpoints: Arena<GatewayEndpointId, GatewayEndpoint>,
    /// Interface endpoints, by the owner of their interfaces.
    pub interface_endpoints: BTreeMap<InstanceId, InterfaceEndpoint>,
    /// Prefix lists.
    pub prefix_lists: Vec<PrefixList>,
    /// Virtual private gateways.
    pub vpn_gateways: Arena<VpnGatewayId, VpnGateway>,
    /// VPN connections and Direct Connect lines.
    pub lines: Arena<LineId, Line>,
    /// Networks of one's own.
    pub sites: Arena<SiteId, Site>,
    /// Named networks.
    pub networks: Arena<NamedNetworkId, NamedNetwork>,
    /// What is not modelled yet.
    pub unmodelled: Arena<UnmodelledId, Unmodelled>,
    /// The tests that came with the topology.
    pub tests: Vec<TestCase>,
    /// Whether names that are not defined may exist all the same (captures).
    pub partial: bool,
    /// Whether it comes from Terraform: partial, but addresses that nobody said are assumed.
    pub planned: bool,
    /// Kinds of resource that the capture lacks: what is not there of these is unknown, not absent.
    pub missing: Vec<CaptureKind>,
    /// Who joins what.
    pub graph: Graph,
    /// Who owns an address inside a VPC.
    owners: BTreeMap<(VpcId, IpAddr), Owner>,
    /// Who owns a public IPv4 address.
    public_owners: BTreeMap<IpAddr, Owner>,
    /// The internet: public addresses that neither a VPC, nor a named network, nor an interface has.
    internet: AddressSet,
    /// Addresses in the ranges of more than one VPC.
    contested: AddressSet,
    /// Addresses that AWS picks, where it may matter which.
    unplaced: Vec<Unplaced>,
}

/// What owns an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// An interface.
    Interface(InterfaceId),
    /// A NAT gateway.
    NatGateway(NatGatewayId),
    /// Something that is not modelled.
    Unmodelled(UnmodelledId),
}

impl Network {
    /// Gives a topology its meaning. All problems are reported together; if one of them is an error, the network must
    /// not be asked.
    pub fn compile(topology: &Topology) -> (Self, Vec<crate::topology::Diagnostic>) {
        compile::compile(topology)
    }

    /// Whether it comes from saved AWS answers, which say every address that there is.
    pub fn is_capture(&self) -> bool {
        self.partial && !self.planned
    }

    /// Whether two interfaces belong to one host. The nodes of a load balancer, and the hosts that stand for a function in
    /// its subnets, are hosts of their own.
    pub fn is_one_host(&self, a: InterfaceId, b: InterfaceId) -> bool {
        let owner = self.interfaces[a].instance;
        let several = self.instances[owner].one_per_subnet
            || self.instances[owner].kind == crate::topology::InstanceKind::LoadBalancer;
        a == b || owner == self.interfaces[b].instance && !several
    }

    /// Something that is not modelled and has an interface somewhere among these addresses; nobody said at which.
    pub fn unmodelled_within(&self, vpc: VpcId, addresses: &AddressSet) -> Option<UnmodelledId> {
        let mut here = self.unmodelled.iter().filter(|(_, item)| item.vpc == Some(vpc));
        let overlaps = |subnet: &SubnetId| !self.subnets[*subnet].addresses.is_disjoint(addresses);
        here.find(|(_, item)| item.subnets.iter().any(overlaps)).map(|(id, _)| id)
    }

    /// Whether a route proves an internet gateway that the capture does not hold.
    pub fn may_have_internet_gateway(&self, vpc: VpcId) -> bool {
        self.partial
            && self.route_tables.iter().filter(|(_, table)| table.vpc == Some(vpc)).any(|(_, table)| {
                table
                    .routes()
                    .iter()
                    .any(|route| route.target == Target::Missing && route.target_name.starts_with("igw-"))
            })
    }

    /// What becomes of packets where something of a kind is not there: dropped for that reason, unless the capture
    /// lacks the kind (pitfall 15: missing knowledge is never "blocked").
    pub fn absence(&self, kind: CaptureKind, code: Code) -> Action {
        if self.missing.contains(&kind) { Action::Unknown(Code::Und002) } else { Action::Deny(code) }
    }

    /// The files and resources that places refer to.
    pub const fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The tests that came with the topology.
    pub fn tests(&self) -> &[TestCase] {
        &self.tests
    }

    /// The internet: every public address that is not in a VPC, in a named network, or owned by an interface or gateway.
    pub const fn internet(&self) -> &AddressSet {
        &self.internet
    }

    /// Who owns an address inside a VPC.
    pub fn owner(&self, vpc: VpcId, address: IpAddr) -> Option<Owner> {
        self.owners.get(&(vpc, address)).copied()
    }

    /// Whether an address of a VPC is also in the range of another one, so that who is meant depends on where it is asked.
    pub fn is_contested(&self, vpc: VpcId, address: IpAddr) -> bool {
        self.contested.contains(address)
            && self.vpcs.iter().any(|(other, there)| other != vpc && there.addresses.contains(address))
    }

    /// Who owns a public address: public IPv4 addresses, and IPv6 addresses of interfaces (which are public themselves).
    pub fn public_owner(&self, address: IpAddr) -> Option<Owner> {
        self.public_owners.get(&address).copied()
    }

    /// The addresses of a set that something in the VPC owns.
    pub fn owners_within(&self, vpc: VpcId, set: &AddressSet) -> Vec<(IpAddr, Owner)> {
        set.intervals()
            .iter()
            .flat_map(|&(first, last)| self.owners.range((vpc, first)..=(vpc, last)))
            .map(|(&(_, address), &owner)| (address, owner))
            .collect()
    }

    /// The addresses of a set that are public addresses of something here.
    pub fn public_owners_within(&self, set: &AddressSet) -> Vec<(IpAddr, Owner)> {
        set.intervals()
            .iter()
            .flat_map(|&(first, last)| self.public_owners.range(first..=last))
            .map(|(&address, &owner)| (address, owner))
            .collect()
    }
}
