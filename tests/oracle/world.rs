//! The topology with its names looked up and AWS's defaults filled in, as plain tables.

use std::collections::HashMap;
use std::net::IpAddr;

use ipnet::IpNet;
use vpcreach::topology::{AclAction, Topology, Traffic};

use super::endpoints::{self, Behind, GatewayEndpoint};
use super::on_premises::{Line, Site, VpnGateway};
use super::transit::TransitGateway;
use super::{assumed, on_premises, resolve, transit};

/// Everything the simulator looks at. Numbers are indices into the vectors.
#[derive(Debug, Default)]
pub struct World {
    pub vpcs: Vec<Vpc>,
    pub subnets: Vec<Subnet>,
    pub tables: Vec<RouteTable>,
    pub acls: Vec<NetworkAcl>,
    pub groups: Vec<SecurityGroup>,
    pub interfaces: Vec<Interface>,
    pub nat_gateways: Vec<NatGateway>,
    pub peerings: Vec<Peering>,
    pub transit_gateways: Vec<TransitGateway>,
    pub gateway_endpoints: Vec<GatewayEndpoint>,
    /// Who has a private (or IPv6) address in a VPC.
    pub owners: HashMap<(usize, IpAddr), Owner>,
    /// Which VPC and private address a public IPv4 address stands for.
    pub public_to_private: HashMap<IpAddr, (usize, IpAddr)>,
    pub private_to_public: HashMap<(usize, IpAddr), IpAddr>,
    /// Addresses of things that are not modelled, and what they are.
    pub unmodelled: HashMap<IpAddr, String>,
    pub vpn_gateways: Vec<VpnGateway>,
    pub lines: Vec<Line>,
    /// Networks that are not on the internet.
    pub sites: Vec<Site>,
}

#[derive(Debug, Default)]
pub struct Vpc {
    pub name: String,
    pub cidrs: Vec<IpNet>,
    pub region: Option<String>,
    pub dns_support: bool,
    pub internet_gateway: Option<InternetGateway>,
    pub guard: Option<super::guard::Guard>,
}

#[derive(Clone, Copy, Debug)]
pub struct InternetGateway {
    pub attached: bool,
    pub edge_table: bool,
}

#[derive(Debug)]
pub struct Subnet {
    pub vpc: usize,
    pub name: String,
    pub zone: Option<String>,
    pub cidrs: Vec<IpNet>,
    pub table: Known<usize>,
    pub acl: Known<usize>,
}

/// Something that a capture may not say.
#[derive(Clone, Debug)]
pub enum Known<T> {
    Yes(T),
    No(String),
}

#[derive(Debug, Default)]
pub struct RouteTable {
    pub vpc: usize,
    pub name: String,
    pub routes: Vec<Route>,
    /// Why the table may hold routes that nobody knows.
    pub incomplete: Option<String>,
    /// The same, but for public addresses only: the service of a gateway endpoint has no others (EP-1).
    pub unlisted_service: Option<String>,
    /// The targets of the routes to nobody knows where.
    pub unlisted: Vec<Target>,
}

#[derive(Clone, Debug)]
pub struct Route {
    pub destination: IpNet,
    pub target: Target,
    pub rank: Rank,
}

/// RT-2: among routes of the same prefix, the first kind wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Local,
    Static,
    PrefixList,
    Propagated,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Local,
    Blackhole,
    InternetGateway,
    EgressOnlyInternetGateway,
    NatGateway(usize),
    Interface(usize),
    Peering(usize),
    TransitGateway(usize),
    GatewayEndpoint(usize),
    VpnGateway(usize),
    Unknown(String),
}

impl Target {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Blackhole => "blackhole",
            Self::InternetGateway => "internet gateway",
            Self::EgressOnlyInternetGateway => "egress-only internet gateway",
            Self::NatGateway(_) => "NAT gateway",
            Self::Interface(_) => "appliance",
            Self::Peering(_) => "peering",
            Self::TransitGateway(_) => "transit gateway",
            Self::GatewayEndpoint(_) => "gateway endpoint",
            Self::VpnGateway(_) => "virtual private gateway",
            Self::Unknown(_) => "unknown",
        }
    }
}

#[derive(Debug, Default)]
pub struct NetworkAcl {
    pub name: String,
    /// Sorted by number.
    pub inbound: Vec<AclRule>,
    pub outbound: Vec<AclRule>,
}

#[derive(Debug)]
pub struct AclRule {
    pub number: u16,
    pub action: AclAction,
    pub traffic: Traffic,
    pub peers: Vec<IpNet>,
}

#[derive(Debug)]
pub struct SecurityGroup {
    pub vpc: usize,
    pub name: String,
    pub inbound: Vec<GroupRule>,
    pub outbound: Vec<GroupRule>,
}

#[derive(Debug)]
pub struct GroupRule {
    pub traffic: Traffic,
    pub peer: GroupPeer,
}

#[derive(Debug)]
pub enum GroupPeer {
    Cidrs(Vec<IpNet>),
    Members(usize),
    /// A reference to what is gone (SG-20).
    Nobody,
    Unknown(String),
}

#[derive(Debug)]
pub struct Interface {
    pub vpc: usize,
    pub subnet: usize,
    pub instance: String,
    pub name: String,
    /// The first interface of its instance.
    pub primary: usize,
    pub siblings: usize,
    pub addresses: Vec<IpAddr>,
    pub groups: Vec<usize>,
    /// A group that it names and that nobody described.
    pub unknown_group: Option<String>,
    /// SG-19: a node of a network load balancer without groups.
    pub unfiltered: bool,
    pub source_dest_check: bool,
    /// EN-3: attached, and its instance runs.
    pub live: bool,
    pub policy_routing: bool,
    pub deny_all_igw_traffic: bool,
    pub unmodelled: Option<String>,
    /// It is one of an interface endpoint.
    pub endpoint: Option<Behind>,
}

#[derive(Debug)]
pub struct NatGateway {
    pub subnet: usize,
    pub name: String,
    pub available: bool,
    pub address: IpAddr,
}

#[derive(Debug)]
pub struct Peering {
    pub name: String,
    pub active: bool,
    pub sides: [Option<usize>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Interface(usize),
    NatGateway(usize),
}

impl World {
    pub fn new(topology: &Topology) -> Self {
        let mut world = Self::default();
        resolve::vpcs(&mut world, topology);
        resolve::peerings(&mut world, topology);
        resolve::groups(&mut world, topology);
        resolve::acls(&mut world, topology);
        let addresses = assumed::Addresses::of(topology);
        resolve::subnets(&mut world, topology);
        resolve::interfaces(&mut world, topology, &addresses);
        resolve::nat_gateways(&mut world, topology, &addresses);
        endpoints::resolve(&mut world, topology);
        on_premises::resolve(&mut world, topology);
        super::guard::resolve(&mut world, topology);
        transit::resolve(&mut world, topology);
        resolve::tables(&mut world, topology);
        for thing in &topology.unmodelled {
            for address in &thing.addresses {
                world.unmodelled.insert(*address, format!("{} {}", thing.kind, thing.name.value));
            }
        }
        world
    }

    pub fn vpc_named(&self, name: &str) -> Option<usize> {
        self.vpcs.iter().position(|vpc| vpc.name == name)
    }

    pub fn subnet_named(&self, vpc: usize, name: &str) -> Option<usize> {
        self.subnets.iter().position(|subnet| subnet.vpc == vpc && subnet.name == name)
    }

    pub fn group_named(&self, vpc: usize, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.vpc == vpc && group.name == name)
    }

    pub fn interface_named(&self, vpc: usize, instance: &str, name: &str) -> Option<usize> {
        self.interfaces.iter().position(|nic| nic.vpc == vpc && nic.instance == instance && nic.name == name)
    }

    /// The primary interface of an instance.
    pub fn instance_named(&self, vpc: usize, instance: &str) -> Option<usize> {
        self.interfaces.iter().position(|nic| nic.vpc == vpc && nic.instance == instance)
    }

    pub fn subnet_contains(&self, subnet: usize, address: IpAddr) -> bool {
        self.subnets[subnet].cidrs.iter().any(|cidr| cidr.contains(&address))
    }

    pub fn vpc_contains(&self, vpc: usize, address: IpAddr) -> bool {
        self.vpcs[vpc].cidrs.iter().any(|cidr| cidr.contains(&address))
    }

    /// SG-9: a group may be referenced in its own VPC, and over an active peering in one region.
    pub fn reference_in_scope(&self, from: usize, to: usize) -> bool {
        from == to
            || self.peerings.iter().any(|peering| {
                peering.active
                    && (peering.sides == [Some(from), Some(to)] || peering.sides == [Some(to), Some(from)])
                    && self.same_region(from, to)
            })
    }

    // A region that was not said is taken to be the other one's.
    fn same_region(&self, a: usize, b: usize) -> bool {
        match (&self.vpcs[a].region, &self.vpcs[b].region) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        }
    }
}
