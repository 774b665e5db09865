//! The `tests:` block, as it was said. Endpoints and flows are kept as text: their meaning needs a network.

use super::instance::EphemeralPorts;
use super::place::{Place, Spanned};

/// One entry of `tests:`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestCase {
    /// Its name, if it has one.
    pub name: Option<Spanned<String>>,
    /// The sources: endpoint names.
    pub from: Vec<Spanned<String>>,
    /// The destinations: `ENDPOINT:PORTS`, `ENDPOINT:PORT/udp`, `ENDPOINT:icmp`.
    pub to: Vec<Spanned<String>>,
    /// Every packet of each flow must get there and back.
    pub allow: Vec<Spanned<String>>,
    /// No packet of any flow may get through.
    pub deny: Vec<Spanned<String>>,
    /// Closed world: no other source may get through to `to`.
    pub only_from: Option<Vec<Spanned<String>>>,
    /// The verdict that each `from` to each `to` must have.
    pub expect: Option<Spanned<Expectation>>,
    /// Codes that must be among the blockers.
    pub because: Vec<Spanned<String>>,
    /// Client ports of the sources.
    pub client: Option<Spanned<EphemeralPorts>>,
    /// Only that address family.
    pub family: Option<Spanned<FamilyFilter>>,
    /// Dial the public address of the destination.
    pub to_public_ip: Option<Spanned<bool>>,
    /// Report a failure, but do not fail.
    pub soft: bool,
    /// Why it is not run.
    pub skip: Option<Spanned<String>>,
    /// The whole entry.
    pub place: Place,
}

/// A verdict that a test expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Every packet gets there and back.
    Reachable,
    /// None does.
    Blocked,
    /// Some do.
    Partial,
    /// Nobody can say.
    Undetermined,
}

/// A restriction to one address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyFilter {
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}
