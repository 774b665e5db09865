//! What is asked for: protocols and ports, and how people write them.

use crate::flow::{
    AddressSet, FlowSet, HeaderBox, IcmpType, PortSet, ProtocolSet, icmp_code_point, protocol, single_address,
};

use super::question::QuestionError;

/// Protocols and ports of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The parts.
    pub parts: Vec<ServicePart>,
    /// As people write it, normalised: `5432/tcp`, `53/udp`, `icmp`, `all`.
    pub text: String,
}

/// A part of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServicePart {
    /// Ports of tcp, udp or both.
    Ports(ProtocolSet, PortSet),
    /// Ping: an echo request of the family's own ICMP.
    Ping,
    /// ICMP (1) or ICMPv6 (58) types and codes.
    Icmp(u8, PortSet),
    /// Every type of the family's own ICMP.
    EveryIcmp,
    /// Protocols without ports.
    Other(ProtocolSet),
}

impl Service {
    /// Reads `443`, `80,443`, `8000-8100`, `53/udp`, `icmp`, `icmp/3/4`, `icmpv6`, `proto-50`, `all` or `*`; `protocol` settles
    /// what the text leaves open.
    pub fn parse(text: Option<&str>, protocol: Option<&str>) -> Result<Self, QuestionError> {
        let wrong = |what: &str| {
            QuestionError::new(format!("`{what}` is not a service"))
                .help("write `443`, `80,443`, `8000-8100`, `53/udp`, `icmp`, `icmp/3/4`, `proto-50` or `*`")
        };
        let lower = protocol.map(str::to_ascii_lowercase);
        let Some(text) = text else {
            let spelled =
                lower.map(|name| if name.parse::<u8>().is_ok() { format!("proto-{name}") } else { name });
            let protocol = spelled.as_deref().ok_or_else(|| {
                QuestionError::new("the destination has no port".to_owned())
                    .help("write `DST:PORT`, for example `db:5432`, or name a protocol: `-p icmp`, `-p all`")
            })?;
            return Self::by_protocol(protocol).ok_or_else(|| wrong(protocol));
        };
        let (ports, named) = match text.split_once('/') {
            Some((head, _)) if head.eq_ignore_ascii_case("icmp") || head.eq_ignore_ascii_case("icmpv6") => {
                (text, None)
            }
            Some((ports, named)) => (ports, Some(named.to_ascii_lowercase())),
            None => (text, None),
        };
        if let (Some(named), Some(lower)) = (&named, &lower)
            && named != lower
        {
            return Err(QuestionError::new(format!("`{text}` contradicts `-p {lower}`"))
                .help("say the protocol once"));
        }
        let named = named.or(lower);
        if ports == "*" {
            return Self::by_protocol_all_ports(named.as_deref()).ok_or_else(|| wrong(text));
        }
        // A bare number is a port, never a protocol.
        if let Some(service) = Self::by_protocol(&ports.to_ascii_lowercase()) {
            return Ok(service);
        }
        let number = match named.as_deref() {
            None | Some("tcp") => protocol::TCP,
            Some("udp") => protocol::UDP,
            Some(_) => return Err(wrong(text)),
        };
        let set = parse_ports(ports).ok_or_else(|| wrong(text))?;
        let name = if number == protocol::TCP { "tcp" } else { "udp" };
        let text = format!("{}/{name}", crate::flow::describe_ports(&set));
        Ok(Self { parts: vec![ServicePart::Ports(ProtocolSet::single(number), set)], text })
    }

    /// Reads several services, each with a protocol of its own: `22,443,53/udp,icmp`.
    ///
    /// # Errors
    /// If one of them can't be read.
    pub fn list(text: &str) -> Result<Self, QuestionError> {
        let mut this = Self { parts: Vec::new(), text: String::new() };
        for item in text.split(',').map(str::trim) {
            let service = Self::parse(Some(item), None)?;
            if !this.text.is_empty() {
                this.text.push(',');
            }
            this.text.push_str(&service.text);
            this.parts.extend(service.parts);
        }
        Ok(this)
    }

    /// One port of tcp or udp.
    pub fn port(number: u8, port: u16) -> Self {
        let name = if number == protocol::UDP { "udp" } else { "tcp" };
        let part = ServicePart::Ports(ProtocolSet::single(number), PortSet::single(port));
        Self { parts: vec![part], text: format!("{port}/{name}") }
    }

    fn by_protocol_all_ports(protocol: Option<&str>) -> Option<Self> {
        let number = match protocol {
            None | Some("all") => return Self::by_protocol("all"),
            Some("tcp") => protocol::TCP,
            Some("udp") => protocol::UDP,
            Some(_) => return None,
        };
        let part = ServicePart::Ports(ProtocolSet::single(number), every_port());
        Some(Self { parts: vec![part], text: format!("any/{}", protocol.unwrap_or("tcp")) })
    }

    fn by_protocol(name: &str) -> Option<Self> {
        let part = match name {
            "all" | "-1" => {
                return Some(Self { parts: every_part(), text: "all".to_owned() });
            }
            "icmp" => ServicePart::Ping,
            "icmpv6" => ServicePart::Icmp(protocol::ICMPV6, type_code(128, Some(0))),
            "tcp" | "udp" => return Self::by_protocol_all_ports(Some(name)),
            other => icmp_type(other).or_else(|| other_protocol(other))?,
        };
        Some(Self { parts: vec![part], text: name.to_owned() })
    }

    /// Every packet between these addresses.
    pub(super) fn everything(source: &AddressSet, destination: &AddressSet) -> FlowSet {
        let all = Self { parts: every_part(), text: String::new() };
        all.packets(source, destination, &every_port())
    }

    /// The packets of this service between these addresses, all of one family.
    pub(super) fn packets(&self, source: &AddressSet, destination: &AddressSet, client: &PortSet) -> FlowSet {
        let ipv6 = destination.first().is_some_and(|address| address.is_ipv6());
        let zero = PortSet::single(0);
        let own_icmp = if ipv6 { protocol::ICMPV6 } else { protocol::ICMP };
        let echo = if ipv6 { 128 } else { 8 };
        let boxes = self.parts.iter().filter_map(|part| {
            let (protocols, source_ports, destination_ports) = match part {
                ServicePart::Ports(protocols, ports) => (protocols.clone(), client.clone(), ports.clone()),
                ServicePart::Ping => (ProtocolSet::single(own_icmp), zero.clone(), type_code(echo, Some(0))),
                ServicePart::EveryIcmp => (ProtocolSet::single(own_icmp), zero.clone(), every_port()),
                ServicePart::Icmp(number, types) if *number == own_icmp => {
                    (ProtocolSet::single(*number), zero.clone(), types.clone())
                }
                ServicePart::Icmp(..) => return None,
                ServicePart::Other(protocols) => (protocols.clone(), zero.clone(), zero.clone()),
            };
            Some(HeaderBox {
                source: source.clone(),
                destination: destination.clone(),
                protocols,
                source_ports,
                destination_ports,
                stash: Vec::new(),
            })
        });
        boxes.map(FlowSet::from_box).fold(FlowSet::empty(), |all, part| all.union(&part))
    }
}

fn every_port() -> PortSet {
    PortSet::range(0, u16::MAX)
}

fn every_part() -> Vec<ServicePart> {
    let with_meaning =
        [protocol::ICMP, protocol::TCP, protocol::UDP, protocol::ICMPV6].map(|number| (number, number));
    let ports = [protocol::TCP, protocol::UDP].map(|number| (number, number));
    vec![
        ServicePart::Ports(ProtocolSet::from_ranges(ports), every_port()),
        ServicePart::EveryIcmp,
        ServicePart::Other(ProtocolSet::range(0, u8::MAX).subtract(&ProtocolSet::from_ranges(with_meaning))),
    ]
}

fn type_code(kind: u8, code: Option<u8>) -> PortSet {
    let point = |code| icmp_code_point(IcmpType { kind, code });
    match code {
        Some(code) => PortSet::single(point(code)),
        None => PortSet::range(point(0), point(u8::MAX)),
    }
}

/// `icmp/8`, `icmp/3/4`, `icmpv6/1`.
fn icmp_type(text: &str) -> Option<ServicePart> {
    let mut words = text.split('/');
    let number = match words.next()? {
        "icmp" => protocol::ICMP,
        "icmpv6" => protocol::ICMPV6,
        _ => return None,
    };
    let kind = words.next()?.parse().ok()?;
    let code = match words.next() {
        Some(code) => Some(code.parse().ok()?),
        None => None,
    };
    words.next().is_none().then(|| ServicePart::Icmp(number, type_code(kind, code)))
}

/// `proto-50`, or `50` where a protocol is expected.
fn other_protocol(text: &str) -> Option<ServicePart> {
    let number: u8 = text.strip_prefix("proto-")?.parse().ok()?;
    if protocol::is_icmp(number) {
        return Some(ServicePart::Icmp(number, every_port()));
    }
    if protocol::has_ports(number) {
        return Some(ServicePart::Ports(ProtocolSet::single(number), every_port()));
    }
    Some(ServicePart::Other(ProtocolSet::single(number)))
}

fn parse_ports(text: &str) -> Option<PortSet> {
    let ranges: Option<Vec<(u16, u16)>> = text
        .split(',')
        .map(|range| match range.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last).then_some((first, last))
            }
            None => {
                let port = range.trim().parse().ok()?;
                Some((port, port))
            }
        })
        .collect();
    Some(PortSet::from_ranges(ranges?))
}

/// The packets of one concrete header: for questions about single packets.
pub(super) fn one_packet(packet: crate::flow::Packet) -> FlowSet {
    FlowSet::from_box(HeaderBox {
        source: single_address(packet.source),
        destination: single_address(packet.destination),
        protocols: ProtocolSet::single(packet.protocol),
        source_ports: PortSet::single(packet.source_port),
        destination_ports: PortSet::single(packet.destination_port),
        stash: Vec::new(),
    })
}
