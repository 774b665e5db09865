//! Ways without filters: where packets go, and which filters they would have to pass.
//!
//! Which way packets go depends on routes, gateways and owners, never on what a security group or network ACL says: the
//! walk goes on behind a filter that drops them. So a way that was walked once with the filters left open holds for
//! every pair of ends that routes and gateways treat alike, and only the filters need to be asked for each of them.
//! It is the same walk as that of a single question.

use crate::flow::{AddressSet, FlowSet};
use crate::network::{Direction, Identity, InterfaceId, Network};

use super::question::{Origin, Probe};
use super::service::Service;
use super::trace::{Component, End, LegKind};
use super::walk;

/// Ports that a translation picks from (NG-3).
pub const TRANSLATED_PORTS: (u16, u16) = walk::TRANSLATED_PORTS;

/// One way that some packets of a probe go.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The packets that go this way, as the client sends them; none are listed if they are dropped.
    pub packets: FlowSet,
    /// What becomes of them if every filter lets them pass.
    pub fate: Fate,
    /// Where they arrive.
    pub destination: End,
    /// Whether the host or a service at its side answers, so that no packet crosses the VPC.
    pub is_local: bool,
    /// Whether AWS chooses between several ways, of which this is one.
    pub is_ambiguous: bool,
    /// The filters, in the order in which they are met, request first.
    pub gates: Vec<Gate>,
}

/// What becomes of packets that every filter lets pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// They get there and back.
    Passes,
    /// Something other than a filter drops them.
    Drops,
    /// Nobody can say.
    Unknown,
}

/// A filter on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Security groups of an interface, or the network ACL of a subnet.
    pub component: Component,
    /// Which way packets pass it.
    pub direction: Direction,
    /// On which leg.
    pub leg: LegKind,
    /// What the far end looks like to a security group.
    pub identity: Identity,
    /// The source address there.
    pub source: AddressSet,
    /// The destination address there.
    pub destination: AddressSet,
    /// On a reply, how many translations are still to be undone: if any, the port there is a translator's, not the client's.
    pub translations: usize,
}

impl Probe {
    /// Every packet of a family from one address (or set of addresses) to another, with any client port.
    pub fn everything(
        source: Origin,
        from: &AddressSet,
        destination: Option<InterfaceId>,
        to: &AddressSet,
    ) -> Self {
        Self {
            source,
            source_name: String::new(),
            destination_name: String::new(),
            destination,
            meant: destination,
            meant_site: None,
            destination_unmodelled: None,
            about: Vec::new(),
            translated_ports: None,
            packets: Service::everything(from, to),
            one_way: false,
            follows: false,
            supposed: Vec::new(),
        }
    }
}

/// The ways that the packets of a probe can go. The cost is that of a walk without any rule.
pub fn outlines(network: &Network, probe: &Probe) -> Vec<Outline> {
    walk::outlines(network, probe)
}
