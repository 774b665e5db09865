//! Services that get through, and the rules that let them, in a few characters.

use std::fmt::Write as _;

use crate::fleet::Opening;
use crate::flow::{PortSet, ProtocolSet, describe_ports, protocol};
use crate::network::{Network, RuleId};
use crate::reach::Verdict;

use super::look::{Look, Mark};
use super::{cite, packet};

/// `22, 443, 53/udp, icmp`, with a mark before what is partial or undetermined; `all` for everything.
pub(crate) fn text(openings: &[Opening], look: &Look) -> String {
    let mut texts = Vec::new();
    for verdict in [Verdict::Reachable, Verdict::Partial, Verdict::Undetermined] {
        let of: Vec<&Opening> = openings.iter().filter(|opening| opening.verdict == verdict).collect();
        if of.is_empty() {
            continue;
        }
        let mark = match verdict {
            Verdict::Reachable => "",
            Verdict::Partial => Mark::from(verdict).glyph(),
            Verdict::Undetermined | Verdict::Blocked => "?",
        };
        let services = if is_everything(&of) { vec!["all".to_owned()] } else { services(&of) };
        texts.extend(services.into_iter().map(|service| format!("{mark}{service}")));
    }
    let text = texts.join(", ");
    if look.ascii { text.replace('◐', "~") } else { text }
}

/// Whether nothing is left out that a question about everything asks.
fn is_everything(openings: &[&Opening]) -> bool {
    let ports = |number: u8| {
        let of = openings.iter().filter(|opening| opening.protocols.contains(number));
        of.fold(PortSet::empty(), |ports, opening| ports.union(&opening.ports))
    };
    let mut protocols = ProtocolSet::empty();
    for opening in openings {
        protocols = protocols.union(&opening.protocols);
    }
    // Of the two ICMPs a pair of addresses uses its own.
    let icmp = [protocol::ICMP, protocol::ICMPV6].into_iter().any(|number| ports(number) == every_port());
    let others = ProtocolSet::range(0, u8::MAX).subtract(&icmps());
    icmp && [protocol::TCP, protocol::UDP].into_iter().all(|number| ports(number) == every_port())
        && others.is_subset(&protocols)
}

fn every_port() -> PortSet {
    PortSet::range(0, u16::MAX)
}

fn icmps() -> ProtocolSet {
    ProtocolSet::from_ranges([protocol::ICMP, protocol::ICMPV6].map(|number| (number, number)))
}

fn services(openings: &[&Opening]) -> Vec<String> {
    let mut texts = Vec::new();
    for opening in openings {
        match opening.protocols.only() {
            Some(protocol::TCP) => texts.extend(ports(&opening.ports, "", "tcp")),
            Some(protocol::UDP) => texts.extend(ports(&opening.ports, "/udp", "udp")),
            _ => texts.push(packet::service(&opening.protocols, &opening.ports)),
        }
    }
    texts
}

fn ports(ports: &PortSet, suffix: &str, name: &str) -> Vec<String> {
    if *ports == every_port() {
        return vec![name.to_owned()];
    }
    describe_ports(ports).split(',').map(|range| format!("{}{suffix}", range.trim())).collect()
}

/// `sg/db :43   nacl/data :27`: whose rules, and where they are; in a capture the ids of those that hold them.
pub(crate) fn via(network: &Network, rules: &[RuleId]) -> String {
    let mut text = String::new();
    for (owner, mut places) in grouped(network, rules) {
        places.dedup();
        if !text.is_empty() {
            text.push_str("   ");
        }
        text.push_str(&owner);
        if !places.is_empty() {
            let _ = write!(text, " {}", places.join(" "));
        }
    }
    text
}

fn grouped(network: &Network, rules: &[RuleId]) -> Vec<(String, Vec<String>)> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for rule in rules {
        let described = network.rule(*rule);
        let owner = format!("{}{}", prefix(*rule), described.owner);
        let at = cite::place(&network.sources, described.place);
        // One file needs no name; of a capture the rule's number says more.
        let at = match at.rsplit_once(':') {
            Some((_, line)) if network.sources.files().len() == 1 && !line.is_empty() => format!(":{line}"),
            Some(_) => at,
            None => described.id,
        };
        match grouped.iter_mut().find(|(other, _)| *other == owner) {
            Some((_, places)) => places.push(at),
            None => grouped.push((owner, vec![at])),
        }
    }
    grouped
}

/// `sg/`, `nacl/` or `rt/`.
pub(crate) const fn prefix(rule: RuleId) -> &'static str {
    match rule {
        RuleId::SecurityGroup(..) => "sg/",
        RuleId::NetworkAcl(..) | RuleId::AclDefault(..) => "nacl/",
        RuleId::Route(..) => "rt/",
    }
}
