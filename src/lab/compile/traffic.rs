//! What a rule matches, as nftables expressions.

use ipnet::IpNet;

use crate::topology::{PortRange, Protocol, Traffic};

/// `ip saddr 10.0.0.0/16`, or the same for IPv6.
pub(super) fn address(side: &str, cidr: &IpNet) -> String {
    format!("{} {side} {cidr}", family(cidr))
}

/// `ip` or `ip6`.
pub(super) const fn family(cidr: &IpNet) -> &'static str {
    match cidr {
        IpNet::V4(_) => "ip",
        IpNet::V6(_) => "ip6",
    }
}

/// Protocol, destination ports, ICMP type and code (SG-3, SG-5, NA-3, NA-7); `None` if no packet of that family
/// can match.
pub(super) fn matches(traffic: &Traffic, family: &str) -> Option<String> {
    Some(match traffic.protocol {
        Protocol::All => String::new(),
        Protocol::Tcp => ports("tcp", &traffic.ports),
        Protocol::Udp => ports("udp", &traffic.ports),
        Protocol::Icmp => icmp(traffic, "icmp", family == "ip", "icmp")?,
        Protocol::Icmpv6 => icmp(traffic, "icmpv6", family == "ip6", "ipv6-icmp")?,
        Protocol::Number(number) => format!("meta l4proto {number}"),
    })
}

fn ports(protocol: &str, ranges: &[PortRange]) -> String {
    if ranges.is_empty() {
        return format!("meta l4proto {protocol}");
    }
    let ranges: Vec<String> = merged(ranges).iter().map(ToString::to_string).collect();
    format!("{protocol} dport {{ {} }}", ranges.join(", "))
}

/// Ranges that neither overlap nor touch: nft refuses a set whose intervals conflict.
fn merged(ranges: &[PortRange]) -> Vec<PortRange> {
    let mut sorted = ranges.to_vec();
    sorted.sort();
    let mut merged: Vec<PortRange> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.first <= last.last.saturating_add(1) => last.last = last.last.max(range.last),
            _ => merged.push(range),
        }
    }
    merged
}

fn icmp(traffic: &Traffic, keyword: &str, native: bool, protocol: &str) -> Option<String> {
    let code = traffic.icmp_code.map(|code| format!(" {keyword} code {code}")).unwrap_or_default();
    match traffic.icmp_type {
        None => Some(format!("meta l4proto {protocol}")),
        Some(kind) if native => Some(format!("{keyword} type {kind}{code}")),
        // The number of the other family's ICMP within this family: nobody sends that.
        Some(_) => None,
    }
}
