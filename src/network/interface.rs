//! Interfaces and what owns them (EN-1 to EN-8).

use std::net::{IpAddr, Ipv4Addr};

use crate::topology::{EphemeralPorts, InstanceKind, InstanceState, Place};

use super::id::{InstanceId, InterfaceId, SecurityGroupId, SubnetId, VpcId};

/// An instance, or another owner of interfaces.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// Whether an instance of another VPC has the same name.
    pub name_is_shared: bool,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// Where it was named.
    pub place: Place,
    /// The VPC it is in.
    pub vpc: VpcId,
    /// What it is.
    pub kind: InstanceKind,
    /// Whether it runs.
    pub state: InstanceState,
    /// Where the state was said.
    pub state_place: Place,
    /// The name that it shares with others.
    pub group: Option<String>,
    /// The range that its client ports come from (NA-10).
    pub ephemeral_ports: EphemeralPorts,
    /// Whether the range is that of its kind because nobody said otherwise.
    pub ephemeral_ports_assumed: bool,
    /// Whether replies leave by the interface that the request came in by (SG-17).
    pub policy_routing: bool,
    /// Whether each interface is a host of its own, one for every subnet that AWS may choose (EN-8).
    pub one_per_subnet: bool,
    /// Its interfaces, the primary one first.
    pub interfaces: Vec<InterfaceId>,
}

/// A network interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name: `web` for the only one of an instance, else `web/eth1`, or an AWS id.
    pub name: String,
    /// Its owner.
    pub instance: InstanceId,
    /// The VPC it is in.
    pub vpc: VpcId,
    /// The subnet it is in.
    pub subnet: SubnetId,
    /// Its addresses; the first of a family is the primary one.
    pub addresses: Vec<InterfaceAddress>,
    /// Its security groups.
    pub groups: Vec<SecurityGroupId>,
    /// Whether the capture lacks some of its security groups.
    pub groups_unknown: bool,
    /// Whether it may carry any further group, also one that is described.
    pub groups_open: bool,
    /// Whether no security group filters it: a node of a network load balancer that was made without one (LB-7, SG-19).
    pub unfiltered: bool,
    /// Source/destination check (EN-2).
    pub source_dest_check: bool,
    /// Where the check was said.
    pub check_place: Place,
    /// Whether it is attached (EN-3).
    pub attached: bool,
    /// EN-5.
    pub deny_all_igw_traffic: bool,
    /// Where it was said.
    pub place: Place,
}

/// A private address and the public one that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The address in the VPC.
    pub private: IpAddr,
    /// Whether it was assumed.
    pub assumed: bool,
    /// The public address (EN-1); never for IPv6.
    pub public: Option<Ipv4Addr>,
    /// Whether AWS will pick the public address: the value is a stand-in.
    pub public_assumed: bool,
}

impl Interface {
    /// Its private addresses (of IPv6: its addresses).
    pub fn private_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().map(|address| address.private)
    }

    /// Its public IPv4 addresses.
    pub fn public_addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().filter_map(|address| address.public.map(IpAddr::V4))
    }

    /// The primary address of a family.
    pub fn primary(&self, ipv6: bool) -> Option<&InterfaceAddress> {
        self.addresses.iter().find(|address| address.private.is_ipv6() == ipv6)
    }

    /// The public address of a private one.
    pub fn public_of(&self, private: IpAddr) -> Option<Ipv4Addr> {
        self.addresses.iter().find(|address| address.private == private).and_then(|address| address.public)
    }

    /// Whether it owns an address.
    pub fn owns(&self, address: IpAddr) -> bool {
        self.private_addresses().any(|private| private == address)
    }
}

/// The client ports of a kind of owner where nobody said otherwise (NA-10).
pub fn default_ephemeral_ports(kind: &InstanceKind) -> EphemeralPorts {
    match kind {
        InstanceKind::Ec2 | InstanceKind::Rds | InstanceKind::Interface => EphemeralPorts::Linux,
        InstanceKind::Lambda
        | InstanceKind::LoadBalancer
        | InstanceKind::VpcEndpoint
        | InstanceKind::NatGateway
        | InstanceKind::Other(_) => EphemeralPorts::Any,
    }
}
