//! Exact sets of packets: union, intersect, subtract, count, pick a witness.
//!
//! A [`FlowSet`] is a union of disjoint boxes in header space: source address × destination address
//! × protocol × source port × destination port. Each dimension is an [`IntervalSet`]. Security
//! group and network ACL rules are boxes with one or two bounded sides ([`Pattern`]), so a gate
//! splits a set exactly, and the parts that it makes stay few.
//!
//! **Invariant.** This module knows headers, not AWS: no name, rule or file reaches it.

mod address;
mod interval;
mod packets;

pub use address::{
    AddressSet, all_addresses, cidr_set, describe_addresses, every_address, parse_cidr, single_address,
    to_cidrs,
};
pub use interval::{IntervalSet, Point};
pub use packets::{
    FlowSet, HeaderBox, IcmpType, Packet, Pattern, PortSet, ProtocolSet, describe_ports, icmp_code_point,
    protocol,
};
