//! What can be asked.

use crate::flow::{FlowSet, PortSet};
use crate::network::{InterfaceId, VpcId};
use crate::topology::{EphemeralPorts, FamilyFilter};

/// Which destination addresses a question is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dial {
    /// The primary private address; the public one if the source is outside every VPC.
    #[default]
    Primary,
    /// The public address.
    Public,
    /// Every address of every interface, private and public: for questions that must miss nothing.
    Every,
}

/// What a question asks about besides its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Protocols and ports; disjoint.
    pub parts: Vec<ServicePart>,
    /// As the user wrote it, normalised: `5432/tcp`, `53/udp`, `icmp`, `all`.
    pub text: String,
}

/// Some protocols with the same destination ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServicePart {
    /// First and last protocol number.
    pub protocols: (u8, u8),
    /// Destination ports, or ICMP types and codes, or zero where there are none.
    pub ports: PortSet,
}

/// How a question is to be understood.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Client ports; by kind of the source if `None`.
    pub client: Option<EphemeralPorts>,
    /// Exact client ports: overrides `client`.
    pub from_ports: Option<PortSet>,
    /// Only that address family; every family that both ends have if `None`.
    pub family: Option<FamilyFilter>,
    /// Which destination addresses.
    pub dial: Dial,
    /// Whether the reply does not matter.
    pub one_way: bool,
}

/// A question whose names are resolved.
#[derive(Clone, Debug)]
pub struct Question {
    /// The source as it was named.
    pub from: String,
    /// The destination as it was named, without the ports.
    pub to: String,
    /// What is asked for.
    pub service: Service,
    /// The single paths to ask about: one per pair of source and destination address (or outside set).
    pub probes: Vec<Probe>,
    /// What was assumed to make it concrete.
    pub assumptions: Vec<String>,
}

/// Packets from one source to one destination.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where they start.
    pub source: Origin,
    /// The member that the source stands for, for example an instance; for messages.
    pub source_name: String,
    /// The member that the destination stands for.
    pub destination_name: String,
    /// The packets.
    pub packets: FlowSet,
    /// Whether the reply does not matter.
    pub one_way: bool,
}

/// Where packets start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At an interface.
    Interface(InterfaceId),
    /// Somewhere on the internet.
    Internet,
    /// In a network that is reached through something that is not modelled.
    Unmodelled(VpcId),
}
