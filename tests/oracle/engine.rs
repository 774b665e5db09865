//! The real engine, behind the harness's trait. This is the only file of the oracle that knows it.

use vpcreach::flow::{self, PortSet};
use vpcreach::network::Network;
use vpcreach::reach::{Origin, Question, Verdict, answer};
use vpcreach::topology::Topology;

use super::compare::{Engine, EngineVerdict};
use super::packet::{Client, Packet};

/// The engine under test.
pub struct Real;

impl Engine for Real {
    type Compiled = Network;

    fn compile(&self, topology: &Topology) -> Network {
        Network::compile(topology).0
    }

    fn ask(&self, network: &Network, packet: &Packet) -> EngineVerdict {
        let Some(question) = question(network, packet) else { return EngineVerdict::Blocked };
        match answer(network, &question).verdict {
            Verdict::Reachable => EngineVerdict::Reachable,
            Verdict::Blocked => EngineVerdict::Blocked,
            Verdict::Undetermined => EngineVerdict::Undetermined,
            Verdict::Partial => panic!("one packet can't be partly reachable: {packet}"),
        }
    }
}

/// A packet of the harness as a question; none if its client does not exist.
pub fn question(network: &Network, packet: &Packet) -> Option<Question> {
    let (origin, header) = header(network, packet)?;
    let mut question = Question::packet(network, origin, header);
    for probe in &mut question.probes {
        probe.translated_ports = Some(PortSet::single(packet.nat_port));
    }
    Some(question)
}

/// A packet of the harness in the words of the engine; none if its client does not exist.
pub fn header(network: &Network, packet: &Packet) -> Option<(Origin, flow::Packet)> {
    let origin = match &packet.from {
        Client::Internet { .. } => Origin::Internet,
        Client::Site { network: name, .. } => {
            Origin::Site(network.sites.iter().find(|(_, site)| site.name == *name)?.0)
        }
        Client::Interface { vpc, instance, interface, .. } => {
            let (vpc, _) = network.vpcs.iter().find(|(_, candidate)| candidate.name == *vpc)?;
            let (_, owner) = network
                .instances
                .iter()
                .find(|(_, candidate)| candidate.vpc == vpc && candidate.name == *instance)?;
            let full = format!("{instance}/{interface}");
            let named = |name: &str| name == instance || name == full;
            let interface = owner.interfaces.iter().find(|id| named(&network.interfaces[**id].name))?;
            Origin::Interface(*interface)
        }
    };
    let has_ports = flow::protocol::has_ports(packet.protocol);
    let is_icmp = flow::protocol::is_icmp(packet.protocol);
    let icmp = flow::IcmpType { kind: packet.icmp_type, code: packet.icmp_code };
    let header = flow::Packet {
        source: packet.from.address(),
        destination: packet.to,
        protocol: packet.protocol,
        source_port: if has_ports { packet.src_port } else { 0 },
        destination_port: match (has_ports, is_icmp) {
            (true, _) => packet.dst_port,
            (_, true) => flow::icmp_code_point(icmp),
            _ => 0,
        },
    };
    Some((origin, header))
}
