//! Outlines of walks, with the ends left open: one stands for every pair of classes of two sites.

use crate::flow::{AddressSet, FlowSet, single_address};
use crate::network::{Direction, Identity, InterfaceId, Network, NetworkAclId};
use crate::reach::{Component, End, Fate, Gate, LegKind, Origin, Outline, Probe, outlines};

use super::ServiceSet;
use super::pool::{Pool, SetId, of_box};

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Source,
    Destination,
}

/// A filter, by what is known of it without knowing the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Filter {
    Acl(NetworkAclId),
    Groups(Side),
}

/// A filter on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpenGate {
    pub(super) filter: Filter,
    pub(super) direction: Direction,
    pub(super) remote: Side,
    /// Whether a reference to a group finds the far end.
    pub(super) is_known: bool,
}

/// One way between two sites.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) services: SetId,
    pub(super) request: Vec<OpenGate>,
    pub(super) reply: Vec<OpenGate>,
    pub(super) is_unknown: bool,
}

/// How packets can go from one site to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ways {
    /// Not at all, whatever filters say.
    None,
    /// So; the services of different ways are disjoint.
    Open(Vec<Way>),
    /// In a way that has to be looked at pair by pair: translations, forwarding instances, ambiguous addresses.
    Irregular,
}

/// The ways from one interface to another.
pub(super) fn between(
    network: &Network,
    pool: &mut Pool,
    ends: [(InterfaceId, std::net::IpAddr); 2],
) -> Ways {
    let [(source, from), (destination, to)] = ends;
    let (from_set, to_set) = (single_address(from), single_address(to));
    let probe = Probe::everything(Origin::Interface(source), &from_set, Some(destination), &to_set);
    let mut ways: Vec<Way> = Vec::new();
    for outline in outlines(network, &probe) {
        if outline.is_ambiguous {
            return Ways::Irregular;
        }
        if outline.fate == Fate::Drops {
            continue;
        }
        if from == to || outline.is_local || outline.destination != End::Interface(destination, to) {
            return Ways::Irregular;
        }
        let Some(way) = open(pool, &outline, [(source, &from_set), (destination, &to_set)]) else {
            return Ways::Irregular;
        };
        add(pool, &mut ways, way);
    }
    if ways.is_empty() { Ways::None } else { Ways::Open(ways) }
}

/// Ways that differ in their services only are one. Without a reply, what filters would say to one does not matter.
fn add(pool: &mut Pool, ways: &mut Vec<Way>, way: Way) {
    let same = ways.iter_mut().find(|other| {
        let silent = other.reply.is_empty() || way.reply.is_empty();
        other.request == way.request
            && other.is_unknown == way.is_unknown
            && (silent || other.reply == way.reply)
    });
    match same {
        Some(other) => {
            other.services = pool.or(other.services, way.services);
            if other.reply.is_empty() {
                other.reply = way.reply;
            }
        }
        None => ways.push(way),
    }
}

fn open(pool: &mut Pool, outline: &Outline, ends: [(InterfaceId, &AddressSet); 2]) -> Option<Way> {
    let mut way = Way {
        services: pool.intern(services(&outline.packets)),
        request: Vec::new(),
        reply: Vec::new(),
        is_unknown: outline.fate == Fate::Unknown,
    };
    for gate in &outline.gates {
        let open = open_gate(gate, ends)?;
        match gate.leg {
            LegKind::Request => way.request.push(open),
            LegKind::Reply => way.reply.push(open),
        }
    }
    Some(way)
}

fn open_gate(gate: &Gate, ends: [(InterfaceId, &AddressSet); 2]) -> Option<OpenGate> {
    let [(source, from), (destination, to)] = ends;
    if gate.translations > 0 {
        return None;
    }
    let filter = match gate.component {
        Component::NetworkAcl(_, Some(acl)) => Filter::Acl(acl),
        Component::SecurityGroups(id) if id == source => Filter::Groups(Side::Source),
        Component::SecurityGroups(id) if id == destination => Filter::Groups(Side::Destination),
        _ => return None,
    };
    let remote = match gate.direction {
        Direction::Inbound => &gate.source,
        Direction::Outbound => &gate.destination,
    };
    let remote = match remote {
        remote if remote == from => Side::Source,
        remote if remote == to => Side::Destination,
        _ => return None,
    };
    let is_known = match (gate.direction, gate.identity) {
        // A network ACL looks at addresses only.
        _ if matches!(filter, Filter::Acl(_)) => false,
        (Direction::Outbound, _) => true,
        (Direction::Inbound, Identity::Interface(id)) if id == source && remote == Side::Source => true,
        (Direction::Inbound, Identity::Interface(_) | Identity::OverTransitGateway(_)) => return None,
        (
            Direction::Inbound,
            Identity::Translated
            | Identity::Forwarded
            | Identity::LostInTransit
            | Identity::OnBehalf(_)
            | Identity::Outside,
        ) => false,
    };
    Some(OpenGate { filter, direction: gate.direction, remote, is_known })
}

fn services(packets: &FlowSet) -> ServiceSet {
    packets.boxes().iter().map(of_box).fold(ServiceSet::empty(), |all, set| all.union(&set))
}
