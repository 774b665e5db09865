//! Gateways and peering connections: their data. What they do to a packet is a few facts each; the walk asks for them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::flow::{AddressSet, cidr_set};
use crate::topology::{Connectivity, GatewayState, PeeringStatus, Place};

use super::id::{SubnetId, UnmodelledId, VpcId};

/// An internet gateway (IG-1 to IG-8).
#[derive(Clone, Debug)]
pub struct InternetGateway {
    /// Its name.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// The VPC it is for.
    pub vpc: VpcId,
    /// Whether it is attached.
    pub attached: bool,
    /// Where the attachment was said.
    pub attached_place: Place,
    /// Its gateway route table (RT-16), which is not modelled yet.
    pub edge_table: Option<UnmodelledId>,
}

/// An egress-only internet gateway (IG-7).
#[derive(Clone, Debug)]
pub struct EgressOnlyInternetGateway {
    /// Its name.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// The VPC it is for.
    pub vpc: VpcId,
}

/// A NAT gateway (NG-1 to NG-9).
#[derive(Clone, Debug)]
pub struct NatGateway {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was said.
    pub place: Place,
    /// The VPC it is in.
    pub vpc: VpcId,
    /// The subnet it is in.
    pub subnet: SubnetId,
    /// Where the subnet was said.
    pub subnet_place: Place,
    /// Public or private.
    pub connectivity: Connectivity,
    /// Only `available` forwards.
    pub state: GatewayState,
    /// Its address in the VPC.
    pub private_ip: Ipv4Addr,
    /// Whether AWS will pick it: the value is a stand-in (EN-7).
    pub private_ip_assumed: bool,
    /// Its Elastic IP.
    pub public_ip: Option<Ipv4Addr>,
    /// Whether AWS will pick the Elastic IP: the value is a stand-in.
    pub public_ip_assumed: bool,
}

/// A peering connection (PX-1 to PX-10).
#[derive(Clone, Debug)]
pub struct Peering {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was said.
    pub place: Place,
    /// Both VPCs; none for one that was not captured.
    pub ends: [Option<VpcId>; 2],
    /// The names of the VPCs as they were said.
    pub end_names: [String; 2],
    /// What the peering itself says of the ranges of its ends (captures).
    pub end_addresses: [AddressSet; 2],
    /// Its status.
    pub status: PeeringStatus,
    /// Where the status was said.
    pub status_place: Place,
}

impl Peering {
    /// Whether it forwards (PX-1).
    pub fn is_active(&self) -> bool {
        self.status == PeeringStatus::Active
    }

    /// Whether its ends are these two VPCs.
    pub fn joins(&self, a: VpcId, b: VpcId) -> bool {
        self.ends == [Some(a), Some(b)] || self.ends == [Some(b), Some(a)]
    }

    /// The end opposite to a VPC: its position.
    pub fn opposite(&self, vpc: VpcId) -> Option<usize> {
        match self.ends {
            [Some(a), _] if a == vpc => Some(1),
            [_, Some(b)] if b == vpc => Some(0),
            _ => None,
        }
    }
}

/// A named network.
#[derive(Clone, Debug)]
pub struct NamedNetwork {
    /// Its name.
    pub name: String,
    /// Where it was named.
    pub place: Place,
    /// Its addresses.
    pub addresses: AddressSet,
    /// Whether it is behind a VPN or Direct Connect, which is not modelled yet.
    pub on_premises: bool,
}

/// Something that was read but is not modelled.
#[derive(Clone, Debug)]
pub struct Unmodelled {
    /// What it is.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Where it was named.
    pub place: Place,
    /// The VPC it is in.
    pub vpc: Option<VpcId>,
    /// Subnets in which it has interfaces at addresses that nobody said.
    pub subnets: Vec<SubnetId>,
    /// Security groups of those interfaces, by name.
    pub security_groups: Vec<String>,
    /// Why nothing can be said about it, if not for being of a kind that is not modelled.
    pub why: Option<String>,
}

impl Unmodelled {
    /// `transit gateway hub`.
    pub fn describe(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// Addresses that no internet gateway lets cross, in either direction: RFC 1918 and RFC 6598 (IG-1, IG-2), and what
/// the internet does not route at all.
const NOT_PUBLIC: [[u8; 5]; 9] = [
    [0, 0, 0, 0, 8],
    [10, 0, 0, 0, 8],
    [100, 64, 0, 0, 10],
    [127, 0, 0, 0, 8],
    [169, 254, 0, 0, 16],
    [172, 16, 0, 0, 12],
    [192, 168, 0, 0, 16],
    [224, 0, 0, 0, 4],
    [240, 0, 0, 0, 4],
];

/// IPv6 addresses that the internet routes: 2000::/3.
const GLOBAL_UNICAST: (u128, u8) = (0x2000 << 112, 3);

/// Addresses of both families that may cross an internet gateway.
///
/// The ranges kept for documentation are in it: people draw the internet with them.
pub fn public_addresses() -> AddressSet {
    static PUBLIC: std::sync::LazyLock<AddressSet> = std::sync::LazyLock::new(compute_public_addresses);
    PUBLIC.clone()
}

fn compute_public_addresses() -> AddressSet {
    let private = NOT_PUBLIC.iter().map(|&[a, b, c, d, length]| {
        let network = ipnet::Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length);
        (IpAddr::V4(network.network()), IpAddr::V4(network.broadcast()))
    });
    let every_ipv4 = cidr_set(&IpNet::V4(ipnet::Ipv4Net::default()));
    let (bits, length) = GLOBAL_UNICAST;
    let ipv6 = cidr_set(&IpNet::V6(ipnet::Ipv6Net::new_assert(bits.into(), length)));
    every_ipv4.subtract(&AddressSet::from_ranges(private)).union(&ipv6)
}
