//! Which part of a set of packets: the sides in which a part differs from the whole, in words.

use crate::flow::{FlowSet, describe_ports};
use crate::network::Network;
use crate::reach::LegKind;

use super::packet;

/// A side of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
    Destination,
    Protocol,
    ClientPorts,
    ServerPorts,
}

/// The sides in which `part` covers less than `whole`.
pub(crate) fn sides(whole: &FlowSet, part: &FlowSet, leg: LegKind) -> Vec<Side> {
    let (near, far) = match leg {
        LegKind::Request => (Side::ClientPorts, Side::ServerPorts),
        LegKind::Reply => (Side::ServerPorts, Side::ClientPorts),
    };
    let differs = [
        (Side::Source, whole.sources() != part.sources()),
        (Side::Destination, whole.destinations() != part.destinations()),
        (Side::Protocol, whole.protocols() != part.protocols()),
        (near, whole.source_ports() != part.source_ports()),
        (far, whole.destination_ports() != part.destination_ports()),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(side, _)| side).collect()
}

/// `client ports 32768-49151`, `from net:office`; empty if the part is the whole in every side.
pub(crate) fn describe(network: &Network, whole: &FlowSet, part: &FlowSet, leg: LegKind) -> String {
    let texts: Vec<String> =
        sides(whole, part, leg).into_iter().map(|side| describe_side(network, part, side, leg)).collect();
    texts.join(", ")
}

/// One side of a part, in words.
pub(crate) fn describe_side(network: &Network, part: &FlowSet, side: Side, leg: LegKind) -> String {
    let ports = |of_source: bool| {
        describe_ports(&if of_source { part.source_ports() } else { part.destination_ports() })
    };
    let is_request = leg == LegKind::Request;
    match side {
        Side::Source => format!("from {}", packet::addresses(network, &part.sources())),
        Side::Destination => format!("to {}", packet::addresses(network, &part.destinations())),
        Side::Protocol => packet::protocol_names(&part.protocols()),
        Side::ClientPorts => format!("client ports {}", ports(is_request)),
        Side::ServerPorts => {
            let protocols = part.protocols();
            if packet::has_ports(&protocols) {
                format!("ports {}", ports(!is_request))
            } else {
                packet::service(&protocols, &part.destination_ports())
            }
        }
    }
}
