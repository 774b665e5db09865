//! Sets of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::interval::IntervalSet;

/// A set of addresses of either family. IPv4 and IPv6 are two segments of one line and never mix.
pub type AddressSet = IntervalSet<IpAddr>;

/// Every IPv4 address, or every IPv6 address.
pub fn every_address(of: IpAddr) -> AddressSet {
    match of {
        IpAddr::V4(_) => cidr_set(&IpNet::V4(Ipv4Net::default())),
        IpAddr::V6(_) => cidr_set(&IpNet::V6(Ipv6Net::default())),
    }
}

/// Every address of both families.
pub fn all_addresses() -> AddressSet {
    every_address(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).union(&every_address(IpAddr::V6(Ipv6Addr::UNSPECIFIED)))
}

/// Reads a CIDR block. A number with a leading zero is refused: `010` is ten to some programs and eight to others.
pub fn parse_cidr(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    address.parse::<IpAddr>().ok()?;
    let plain = length == "0" || length.starts_with(|digit: char| matches!(digit, '1'..='9'));
    text.parse().ok().filter(|_| plain)
}

/// The addresses of a CIDR; host bits are masked.
pub fn cidr_set(cidr: &IpNet) -> AddressSet {
    AddressSet::range(cidr.network(), cidr.broadcast())
}

/// One address.
pub fn single_address(address: IpAddr) -> AddressSet {
    AddressSet::single(address)
}

/// The least list of CIDRs that covers exactly this set.
pub fn to_cidrs(set: &AddressSet) -> Vec<IpNet> {
    set.intervals()
        .iter()
        .flat_map(|&(first, last)| -> Vec<IpNet> {
            match (first, last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    ipnet::Ipv4Subnets::new(first, last, 0).map(IpNet::V4).collect()
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    ipnet::Ipv6Subnets::new(first, last, 0).map(IpNet::V6).collect()
                }
                _ => Vec::new(),
            }
        })
        .collect()
}

/// A short text for a set: its CIDRs, at most `limit` of them.
pub fn describe_addresses(set: &AddressSet, limit: usize) -> String {
    let cidrs = to_cidrs(set);
    let shown: Vec<String> = cidrs.iter().take(limit).map(describe_cidr).collect();
    let more = cidrs.len().saturating_sub(limit);
    match (shown.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn describe_cidr(cidr: &IpNet) -> String {
    if cidr.prefix_len() == cidr.max_prefix_len() { cidr.addr().to_string() } else { cidr.to_string() }
}
