//! From what a rule says about protocol and ports to what it matches (SG-5, NA-7).

use crate::flow::{IcmpType, Pattern, PortSet, ProtocolSet, icmp_code_point};
use crate::topology::{PortRange, Protocol, Traffic};

/// The protocols and ports that a rule matches; addresses are left open.
///
/// Ports count only for tcp and udp, type and code only for icmp and icmpv6: every other protocol, and
/// `all`, ignores them.
pub(super) fn pattern(traffic: &Traffic) -> Pattern {
    Pattern {
        protocols: traffic.protocol.number().map(ProtocolSet::single),
        destination_ports: ports(traffic),
        ..Pattern::default()
    }
}

fn ports(traffic: &Traffic) -> Option<PortSet> {
    match traffic.protocol {
        Protocol::Tcp | Protocol::Udp if !traffic.ports.is_empty() => {
            Some(PortSet::from_ranges(traffic.ports.iter().map(|range| (range.first, range.last))))
        }
        Protocol::Icmp | Protocol::Icmpv6 => traffic.icmp_type.map(|kind| {
            let code = |code| icmp_code_point(IcmpType { kind, code });
            match traffic.icmp_code {
                Some(exact) => PortSet::single(code(exact)),
                None => PortSet::range(code(0), code(u8::MAX)),
            }
        }),
        _ => None,
    }
}

/// A short text: `tcp 5432`, `icmp type 8`, `all`.
pub fn describe(traffic: &Traffic) -> String {
    let ports = || traffic.ports.iter().map(PortRange::to_string).collect::<Vec<_>>().join(",");
    match traffic.protocol {
        Protocol::Tcp | Protocol::Udp if !traffic.ports.is_empty() => {
            format!("{} {}", traffic.protocol, ports())
        }
        Protocol::Icmp | Protocol::Icmpv6 => match (traffic.icmp_type, traffic.icmp_code) {
            (None, _) => traffic.protocol.to_string(),
            (Some(kind), None) => format!("{} type {kind}", traffic.protocol),
            (Some(kind), Some(code)) => format!("{} type {kind} code {code}", traffic.protocol),
        },
        protocol => protocol.to_string(),
    }
}
