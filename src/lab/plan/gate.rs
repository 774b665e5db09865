//! Rules of the lab that decide about packets, in the words of the topology.

use std::fmt;

/// A rule that logs: what the kernel reports is an index of one of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gate {
    /// The device of the topology that the rule stands for.
    pub device: Device,
    /// Which way, for filters.
    pub direction: Option<Direction>,
    /// The rule: `100`, `*`, `no rule`, `no route`, `blackhole`, …
    pub rule: String,
    /// Whether packets go on.
    pub passes: bool,
}

/// A device of the topology. Names of VPCs come first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// A network ACL.
    NetworkAcl(String, String),
    /// The security groups of an interface.
    SecurityGroups(HostName),
    /// A route table.
    RouteTable(String, String),
    /// Delivery within a VPC, after `local` or from a gateway.
    Router(String),
    /// The internet gateway of a VPC.
    InternetGateway(String),
    /// The egress-only internet gateway of a VPC.
    EgressOnlyInternetGateway(String),
    /// A NAT gateway.
    NatGateway(String, String),
    /// A peering connection.
    Peering(String),
    /// A transit gateway.
    TransitGateway(String),
    /// An attachment of a transit gateway: the gateway comes first.
    Attachment(String, String),
    /// A route table of a transit gateway: the gateway comes first.
    TransitTable(String, String),
    /// An interface itself: whether it is live, its source/destination check.
    Interface(HostName),
    /// The internet.
    Internet,
    /// Not a device: the packet met something that the lab can't express.
    Gap,
}

/// What a rule says of a packet for which AWS may choose between subnets that are not alike.
pub const ANY_ZONE: &str = "by any subnet of the attachment";

impl Gate {
    /// Whether the packet is in a transit gateway.
    pub const fn is_transit(&self) -> bool {
        matches!(self.device, Device::TransitGateway(_) | Device::Attachment(..) | Device::TransitTable(..))
    }
}

/// Inbound or outbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Into the subnet, or to the interface.
    Inbound,
    /// Out of it.
    Outbound,
}

/// The full name of an interface.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName {
    /// The VPC.
    pub vpc: String,
    /// The instance.
    pub instance: String,
    /// The interface.
    pub interface: String,
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.vpc, self.instance, self.interface)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NetworkAcl(vpc, name) => write!(f, "nacl/{vpc}/{name}"),
            Self::SecurityGroups(host) => write!(f, "sg of {host}"),
            Self::RouteTable(vpc, name) => write!(f, "rt/{vpc}/{name}"),
            Self::Router(vpc) => write!(f, "router/{vpc}"),
            Self::InternetGateway(vpc) => write!(f, "igw/{vpc}"),
            Self::EgressOnlyInternetGateway(vpc) => write!(f, "eigw/{vpc}"),
            Self::NatGateway(vpc, name) => write!(f, "nat/{vpc}/{name}"),
            Self::Peering(name) => write!(f, "pcx/{name}"),
            Self::TransitGateway(name) => write!(f, "tgw/{name}"),
            Self::Attachment(gateway, name) => write!(f, "attachment/{gateway}/{name}"),
            Self::TransitTable(gateway, name) => write!(f, "tgw-rt/{gateway}/{name}"),
            Self::Interface(host) => write!(f, "eni/{host}"),
            Self::Internet => f.write_str("internet"),
            Self::Gap => f.write_str("beyond the lab:"),
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.device)?;
        if let Some(direction) = self.direction {
            write!(f, " {direction}")?;
        }
        write!(f, " {}", self.rule)
    }
}
