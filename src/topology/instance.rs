//! Instances, and everything else that owns network interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Entries;
use super::place::{Place, Spanned};
use super::traffic::PortRange;

/// An owner of interfaces: an EC2 instance, a database, a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    /// What it is (EN-6).
    pub kind: Spanned<InstanceKind>,
    /// Whether it runs (EN-3).
    pub state: Spanned<InstanceState>,
    /// A name that it shares with others: the group is an endpoint.
    pub group: Option<Spanned<String>>,
    /// Client ports, where they were said; else those of the kind (NA-10).
    pub ephemeral_ports: Option<Spanned<EphemeralPorts>>,
    /// Whether replies leave by the interface that the request came in by; on unless said otherwise (SG-17).
    pub policy_routing: Option<Spanned<bool>>,
    /// Whether it stands for hosts that AWS may put into any of some subnets: each interface is a host of its own, and a
    /// question is about all of them (EN-8).
    pub one_per_subnet: bool,
    /// Its interfaces; the first is the primary one. The short form of the schema makes one named `eth0`.
    pub interfaces: Entries<Interface>,
    /// Where it was said.
    pub place: Place,
}

/// What owns an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InstanceKind {
    /// An EC2 instance.
    #[default]
    Ec2,
    /// A database.
    Rds,
    /// A function: never has a public address (EN-6).
    Lambda,
    /// A bare interface.
    Interface,
    /// The nodes of an application load balancer (LB-1).
    LoadBalancer,
    /// The interfaces of an interface endpoint (EP-3).
    VpcEndpoint,
    /// An interface that a NAT gateway owns (captures): not an endpoint of its own.
    NatGateway,
    /// Owned by a service that is not modelled yet, for example `load balancer` (captures).
    Other(String),
}

/// The life cycle of an instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InstanceState {
    /// Owns its traffic.
    #[default]
    Running,
    /// Not yet.
    Pending,
    /// Stopping, or stopped.
    Stopped,
    /// Going, or gone.
    Terminated,
}

/// The range that a client's source ports come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EphemeralPorts {
    /// 32768-60999.
    Linux,
    /// 49152-65535.
    Windows,
    /// 1024-65535.
    Any,
    /// What the user said.
    Range(PortRange),
}

impl EphemeralPorts {
    /// The ports (NA-10).
    pub const fn range(self) -> PortRange {
        match self {
            Self::Linux => PortRange { first: 32768, last: 60999 },
            Self::Windows => PortRange { first: 49152, last: 65535 },
            Self::Any => PortRange { first: 1024, last: 65535 },
            Self::Range(range) => range,
        }
    }
}

/// A network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The subnet it is in, by name.
    pub subnet: Spanned<String>,
    /// IPv4 addresses; the first is the primary one. Empty: one is assumed, if the subnet has IPv4.
    pub ips: Vec<Spanned<Ipv4Addr>>,
    /// IPv6 addresses.
    pub ipv6: Vec<Spanned<Ipv6Addr>>,
    /// Public address of the primary IPv4 address.
    pub public_ip: Spanned<PublicIp>,
    /// Public addresses of further private addresses (EN-1).
    pub public_ips: Vec<PublicAddress>,
    /// Security groups by name; `None` if nothing was said (the default group).
    pub security_groups: Option<Vec<Spanned<String>>>,
    /// Whether it may carry further groups, known only after `terraform apply`.
    pub more_security_groups: bool,
    /// Source/destination check; on unless said otherwise (EN-2).
    pub source_dest_check: Option<Spanned<bool>>,
    /// Whether it is attached to something that runs (captures: a detached interface owns no traffic).
    pub attached: bool,
    /// `denyAllIgwTraffic` (EN-5).
    pub deny_all_igw_traffic: bool,
    /// Where it was said.
    pub place: Place,
}

/// Whether the primary address of an interface has a public one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublicIp {
    /// Nothing was said: the subnet's setting decides.
    #[default]
    Inherit,
    /// `true`: AWS picks the address.
    Assigned,
    /// `false`.
    None,
    /// That address.
    Address(Ipv4Addr),
}

/// A pair of a private and its public address (EN-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAddress {
    /// An address of the interface.
    pub private: Spanned<Ipv4Addr>,
    /// Its public address.
    pub public: Spanned<Ipv4Addr>,
}
