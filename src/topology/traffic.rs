//! Which protocol and ports a rule is about, as it was said.

use super::place::Place;

/// A protocol, as rules name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `-1`, `all`: every protocol. Ports and ICMP fields are ignored (SG-5, NA-7).
    #[default]
    All,
    /// 6.
    Tcp,
    /// 17.
    Udp,
    /// 1: ICMP for IPv4.
    Icmp,
    /// 58: ICMP for IPv6.
    Icmpv6,
    /// Any other number; ports are ignored (SG-5, NA-7).
    Number(u8),
}

impl Protocol {
    /// The protocol with that IANA number.
    pub const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Icmp,
            6 => Self::Tcp,
            17 => Self::Udp,
            58 => Self::Icmpv6,
            other => Self::Number(other),
        }
    }

    /// The IANA number; none for [`Protocol::All`].
    pub const fn number(self) -> Option<u8> {
        match self {
            Self::All => None,
            Self::Tcp => Some(6),
            Self::Udp => Some(17),
            Self::Icmp => Some(1),
            Self::Icmpv6 => Some(58),
            Self::Number(number) => Some(number),
        }
    }

    /// Whether packets of it have ports.
    pub const fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Tcp => f.write_str("tcp"),
            Self::Udp => f.write_str("udp"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Number(number) => write!(f, "protocol {number}"),
        }
    }
}

/// An inclusive range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// First port.
    pub first: u16,
    /// Last port; never less than `first`.
    pub last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self { first: 0, last: u16::MAX };

    /// One port.
    pub const fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// What a rule matches besides addresses, with the defaults of `interface.md` §4 applied:
/// tcp if only ports are given, else all protocols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The protocol.
    pub protocol: Protocol,
    /// Where the protocol (or the preset) was said.
    pub protocol_place: Place,
    /// Destination ports; empty means every port. Only for tcp and udp.
    pub ports: Vec<PortRange>,
    /// Where the ports were said.
    pub ports_place: Place,
    /// ICMP type; none means every type.
    pub icmp_type: Option<u8>,
    /// ICMP code; none means every code.
    pub icmp_code: Option<u8>,
    /// The console's name for it, if the rule used one, for example `PostgreSQL`.
    pub preset: Option<String>,
}
