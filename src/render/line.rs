//! An answer as lines for `grep`: one per path.

use crate::flow::PortSet;
use crate::network::Network;
use crate::reach::{Answer, LegKind, Trace, Verdict};

use super::{difference, packet};

/// `reachable web-a 10.0.10.10:32768-60999 -> db 10.0.20.10:5432 tcp`, and the codes of what blocks.
pub fn lines(network: &Network, answer: &Answer) -> String {
    answer.traces.iter().map(|trace| format!("{}\n", line(network, answer, trace))).collect()
}

fn line(network: &Network, answer: &Answer, trace: &Trace) -> String {
    let packets = &trace.packets;
    let protocols = packets.protocols();
    let ports = packet::has_ports(&protocols);
    let side = |name: &str, addresses: String, side_ports: &PortSet| {
        let addresses = packet::end(&addresses, ports.then_some(side_ports));
        // Blanks separate columns.
        format!("{} {}", name.replace(' ', "_"), addresses.replace(' ', ""))
    };
    let probe = answer.question.probes.get(trace.probe);
    let (from, to) =
        probe.map(|probe| (probe.source_name.as_str(), probe.destination_name.as_str())).unwrap_or_default();
    let source = side(from, packet::addresses(network, &packets.sources()), &packets.source_ports());
    let destination =
        side(to, packet::addresses(network, &packets.destinations()), &packets.destination_ports());
    let protocol = if ports {
        packet::protocol_names(&protocols)
    } else {
        packet::service(&protocols, &packets.destination_ports()).replace(' ', "/")
    };
    let mut codes: Vec<String> = Vec::new();
    for blocker in &trace.blockers {
        let code = format!("{}@{}", blocker.code, blocker.leg.as_str());
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let mut line = format!("{} {source} -> {destination} {protocol}", trace.verdict.as_str());
    if !codes.is_empty() {
        line.push(' ');
        line.push_str(&codes.join(","));
    }
    if trace.verdict == Verdict::Partial {
        line.push_str(&format!(" share={:.3}", trace.share));
        for side in difference::sides(packets, &trace.works, LegKind::Request) {
            // `client ports 49152-60999` becomes `client-ports=49152-60999`.
            let text = difference::describe_side(network, &trace.works, side, LegKind::Request);
            let (what, which) = text.rsplit_once(' ').unwrap_or(("only", &text));
            line.push_str(&format!(" {}={which}", what.replace(' ', "-")));
        }
    }
    line
}
