//! Whether a rule of a security group or a network ACL is about a packet.

use std::net::IpAddr;

use ipnet::IpNet;
use vpcreach::topology::{AclAction, Protocol, Traffic};

use super::packet::{Headers, ICMP, ICMPV6};
use super::world::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    Outbound,
}

impl Direction {
    /// SG-3, NA-3: rules are about the far side: the source of what enters, the destination of what leaves.
    fn far_side(self, headers: &Headers) -> IpAddr {
        match self {
            Self::Inbound => headers.source,
            Self::Outbound => headers.destination,
        }
    }
}

/// Protocol, destination port, ICMP type and code (SG-3, SG-5, NA-3, NA-7).
fn traffic_matches(traffic: &Traffic, headers: &Headers) -> bool {
    let Some(number) = traffic.protocol.number() else { return true };
    if number != headers.protocol {
        return false;
    }
    match traffic.protocol {
        Protocol::Tcp | Protocol::Udp => {
            let port = headers.destination_port;
            traffic.ports.is_empty()
                || traffic.ports.iter().any(|range| range.first <= port && port <= range.last)
        }
        Protocol::Icmp | Protocol::Icmpv6 => {
            debug_assert!(matches!(headers.protocol, ICMP | ICMPV6));
            traffic.icmp_type.is_none_or(|said| said == headers.icmp_type)
                && traffic.icmp_code.is_none_or(|said| said == headers.icmp_code)
        }
        // Any other protocol ignores ports.
        Protocol::All | Protocol::Number(_) => true,
    }
}

// A CIDR of one family never contains an address of the other (SG-6, NA-6).
fn any_contains(cidrs: &[IpNet], address: IpAddr) -> bool {
    cidrs.iter().any(|cidr| cidr.contains(&address))
}

/// NA-1: the lowest matching number decides; `*` denies the rest. The error says who denied.
pub fn network_acl(acl: &NetworkAcl, direction: Direction, headers: &Headers) -> Result<(), String> {
    let rules = match direction {
        Direction::Inbound => &acl.inbound,
        Direction::Outbound => &acl.outbound,
    };
    let far_side = direction.far_side(headers);
    let decisive = rules
        .iter()
        .find(|rule| traffic_matches(&rule.traffic, headers) && any_contains(&rule.peers, far_side));
    match decisive {
        Some(rule) if rule.action == AclAction::Allow => Ok(()),
        Some(rule) => Err(format!("{direction:?} rule {}", rule.number)),
        None => Err(format!("{direction:?} rule *")),
    }
}

/// What a security group can tell of who sent a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Nothing stands between.
    Known,
    /// It comes from that VPC by a transit gateway that carries references (SG-10).
    OverTransit(usize),
    /// That node of a network load balancer passes it on with the client's address (LB-7).
    OnBehalf(usize),
    /// Something forwarded it (SG-11).
    Lost,
}

/// What the groups of an interface say of a new flow.
#[derive(Debug)]
pub enum GroupVerdict {
    Admitted,
    Refused,
    Unknown(String),
}

/// SG-1: the rules of all groups are united, and only allow.
pub fn security_groups(
    world: &World,
    interface: &Interface,
    direction: Direction,
    headers: &Headers,
    sender: Sender,
) -> GroupVerdict {
    let mut unknown = interface.unknown_group.clone();
    let far_side = direction.far_side(headers);
    for group in &interface.groups {
        let group = &world.groups[*group];
        let rules = match direction {
            Direction::Inbound => &group.inbound,
            Direction::Outbound => &group.outbound,
        };
        for rule in rules.iter().filter(|rule| traffic_matches(&rule.traffic, headers)) {
            let admitted = match &rule.peer {
                GroupPeer::Cidrs(cidrs) => any_contains(cidrs, far_side),
                // SG-11: behind something that forwards, nobody knows whose packet it is.
                // READING: that is about who sent it; a rule for outbound packets looks at their
                // destination, which nothing has touched yet.
                GroupPeer::Members(named)
                    if direction == Direction::Inbound && matches!(sender, Sender::OnBehalf(_)) =>
                {
                    let Sender::OnBehalf(node) = sender else { continue };
                    world.reference_in_scope(group.vpc, world.groups[*named].vpc)
                        && world.interfaces[node].groups.contains(named)
                }
                GroupPeer::Members(named) if direction == Direction::Inbound && sender != Sender::Known => {
                    // SG-10: over a transit gateway that carries references, the sender's own groups.
                    sender == Sender::OverTransit(world.groups[*named].vpc)
                        && carries(world, *named, far_side)
                }
                GroupPeer::Members(named) => is_member(world, group.vpc, *named, far_side),
                GroupPeer::Nobody => false,
                GroupPeer::Unknown(why) => {
                    unknown = Some(why.clone());
                    false
                }
            };
            if admitted {
                return GroupVerdict::Admitted;
            }
        }
    }
    unknown.map_or(GroupVerdict::Refused, GroupVerdict::Unknown)
}

/// SG-7: a reference stands for the private addresses of the interfaces that carry the group.
/// READING: IPv6 addresses of members count too; and the address decides, so a packet of a twin
/// network that has the same address as a member matches as well.
fn is_member(world: &World, vpc: usize, group: usize, address: IpAddr) -> bool {
    let home = world.groups[group].vpc;
    world.reference_in_scope(vpc, home) && carries(world, group, address)
}

/// Whether the owner of an address in the group's own VPC carries it.
fn carries(world: &World, group: usize, address: IpAddr) -> bool {
    match world.owners.get(&(world.groups[group].vpc, address)) {
        Some(Owner::Interface(interface)) => world.interfaces[*interface].groups.contains(&group),
        Some(Owner::NatGateway(_)) | None => false,
    }
}
