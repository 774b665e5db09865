//! What the reader would see on the machines themselves: the model can be checked against that.

use crate::flow::{describe_ports, protocol};
use crate::network::Network;
use crate::reach::{Answer, Blocker, Component, End, LegKind, Symptom, Trace};

use super::super::packet;

/// What the client would see, and what VPC Flow Logs would show; nothing where the path works.
pub(super) fn lines(network: &Network, answer: &Answer, trace: &Trace) -> Vec<String> {
    let first = trace.blockers.iter().find(|blocker| !blocker.masked && !blocker.code.is_unknown());
    let mut lines = Vec::new();
    if let Some(text) = client(answer.symptom, trace, first) {
        lines.push(text);
    }
    if matches!(answer.symptom, Symptom::Timeout | Symptom::Intermittent)
        && let Some(blocker) = first
        && let Some(text) = flow_log(network, answer, trace, blocker)
    {
        lines.push(text);
    }
    lines
}

fn client(symptom: Symptom, trace: &Trace, first: Option<&Blocker>) -> Option<String> {
    let leg = first.map_or(LegKind::Request, |blocker| blocker.leg);
    let number = trace.packets.protocols().first()?;
    let timeout = match (number, leg) {
        (protocol::TCP, LegKind::Request) => "\"Connection timed out\" (SYN dropped, nothing sent back)",
        (protocol::TCP, LegKind::Reply) => "\"Connection timed out\" (SYN arrives, SYN-ACK dropped)",
        (_, LegKind::Request) => "no answer (request dropped, nothing sent back)",
        (_, LegKind::Reply) => "no answer (request arrives, reply dropped)",
    };
    match symptom {
        Symptom::Connected | Symptom::Unknown => None,
        Symptom::Timeout => Some(format!("client: {timeout}.")),
        Symptom::Intermittent => Some(format!("client: works for some connections, for others {timeout}.")),
        Symptom::HostUnreachable => {
            Some("client: \"No route to host\" (nothing in the client's subnet has the address).".to_owned())
        }
        Symptom::NetworkUnreachable => {
            Some("client: \"Network is unreachable\" (it has no address of that family).".to_owned())
        }
    }
}

/// The fingerprint in the flow logs (semantics 2.17): a request that a filter drops is one REJECT; a reply that a
/// network ACL drops is an ACCEPT followed by a REJECT. What a route or gateway drops is never logged as REJECT.
fn flow_log(network: &Network, answer: &Answer, trace: &Trace, blocker: &Blocker) -> Option<String> {
    let name = |end, asked: &str| end_name(network, end).unwrap_or_else(|| asked.to_owned());
    let from = name(trace.source, &answer.question.from);
    let to = name(trace.destination, &answer.question.to);
    let dropped = match blocker.leg {
        LegKind::Request => &blocker.packets,
        LegKind::Reply => &trace.packets,
    };
    let request = if packet::has_ports(&dropped.protocols()) {
        format!("{from} → {to}:{}", describe_ports(&dropped.destination_ports()))
    } else {
        format!("{from} → {to}")
    };
    match (blocker.leg, observer(network, trace, blocker)) {
        (LegKind::Request, Some(who)) => Some(format!("flow log, {who}: REJECT {request}")),
        (LegKind::Reply, Some(who)) => {
            Some(format!("flow log, {who}: ACCEPT {request}, then REJECT {to} → {from}"))
        }
        (LegKind::Request, None) => {
            let who = end_name(network, trace.source)?;
            Some(format!("flow log, {who} interface: ACCEPT {request}, and no answer"))
        }
        (LegKind::Reply, None) => {
            let who = end_name(network, trace.destination)?;
            Some(format!("flow log, {who} interface: ACCEPT {request}, and the answer ACCEPT too"))
        }
    }
}

/// Whose flow log shows the REJECT of a filter.
fn observer(network: &Network, trace: &Trace, blocker: &Blocker) -> Option<String> {
    let of_interface = |name: &str| format!("{name} interface");
    match blocker.component {
        Component::SecurityGroups(interface) => Some(of_interface(&network.interfaces[interface].name)),
        Component::NetworkAcl(subnet, _) => {
            let ends = [trace.source, trace.destination];
            let member = ends.into_iter().find_map(|end| match end {
                End::Interface(id, _) if network.interfaces[id].subnet == subnet => Some(id),
                _ => None,
            });
            Some(match member {
                Some(id) => of_interface(&network.interfaces[id].name),
                None => match network.nat_gateways.iter().find(|(_, nat)| nat.subnet == subnet) {
                    Some((_, nat)) => of_interface(&nat.name),
                    None => format!("subnet {}", network.subnets[subnet].name),
                },
            })
        }
        _ => None,
    }
}

fn end_name(network: &Network, end: End) -> Option<String> {
    match end {
        End::Interface(id, _) => Some(network.interfaces[id].name.clone()),
        End::Site(id) => Some(network.sites[id].name.clone()),
        End::Outside | End::Nobody => None,
    }
}
