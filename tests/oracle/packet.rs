//! What the simulator is asked, and what it answers.

use std::fmt;
use std::net::IpAddr;

pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMPV6: u8 = 58;

/// One concrete request, as its client sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub from: Client,
    pub src_port: u16,
    pub to: IpAddr,
    pub dst_port: u16,
    pub protocol: u8,
    pub icmp_type: u8,
    pub icmp_code: u8,
    /// The port that a NAT device on the way picks for this flow (NG-3).
    pub nat_port: u16,
}

/// Who sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    Interface { vpc: String, instance: String, interface: String, address: IpAddr },
    Internet { address: IpAddr },
    Site { network: String, address: IpAddr },
}

impl Client {
    pub fn address(&self) -> IpAddr {
        match self {
            Self::Interface { address, .. } | Self::Internet { address } | Self::Site { address, .. } => {
                *address
            }
        }
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived, and so did the reply, if it asks for one.
    Delivered,
    Dropped {
        leg: Leg,
        by: String,
    },
    /// Something that is unknown or not modelled decides.
    Unknown {
        why: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    Request,
    Reply,
}

/// The headers of a packet on the wire, at one point of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub source_port: u16,
    pub destination_port: u16,
    pub icmp_type: u8,
    pub icmp_code: u8,
}

impl Headers {
    pub fn of(packet: &Packet) -> Self {
        let ports = matches!(packet.protocol, TCP | UDP);
        let icmp = matches!(packet.protocol, ICMP | ICMPV6);
        Self {
            source: packet.from.address(),
            destination: packet.to,
            protocol: packet.protocol,
            source_port: if ports { packet.src_port } else { 0 },
            destination_port: if ports { packet.dst_port } else { 0 },
            icmp_type: if icmp { packet.icmp_type } else { 0 },
            icmp_code: if icmp { packet.icmp_code } else { 0 },
        }
    }

    /// The packet that answers this one, if one does: ports and addresses swap, an echo request
    /// becomes an echo reply, and no other ICMP message is answered.
    pub fn reply(&self) -> Option<Self> {
        let icmp_type = match (self.protocol, self.icmp_type, self.icmp_code) {
            (ICMP, 8, 0) => 0,
            (ICMPV6, 128, 0) => 129,
            (ICMP | ICMPV6, ..) => return None,
            _ => 0,
        };
        Some(Self {
            source: self.destination,
            destination: self.source,
            source_port: self.destination_port,
            destination_port: self.source_port,
            icmp_type,
            ..*self
        })
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.from {
            Client::Interface { vpc, instance, interface, address } => {
                write!(f, "{vpc}/{instance}/{interface} {address}")?;
            }
            Client::Internet { address } => write!(f, "internet {address}")?,
            Client::Site { network, address } => write!(f, "net:{network} {address}")?,
        }
        match self.protocol {
            TCP | UDP => {
                let name = if self.protocol == TCP { "tcp" } else { "udp" };
                write!(f, " port {} -> {} port {} {name}", self.src_port, self.to, self.dst_port)?;
            }
            ICMP | ICMPV6 => {
                write!(f, " -> {} icmp type {} code {}", self.to, self.icmp_type, self.icmp_code)?;
            }
            other => write!(f, " -> {} protocol {other}", self.to)?,
        }
        write!(f, " (a NAT device would use port {})", self.nat_port)
    }
}
