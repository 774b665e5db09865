//! Sets of packets in words, with the names that the reader knows.

use std::net::IpAddr;

use crate::flow::{
    AddressSet, FlowSet, Packet, PortSet, ProtocolSet, describe_addresses, describe_ports, protocol,
};
use crate::network::{Network, Owner};
use crate::topology::Protocol;

/// How many CIDRs of a set are spelt out.
const SHOWN_CIDRS: usize = 3;

/// `10.0.10.10:32768-60999 → 10.0.20.10:5432`.
pub(crate) fn headers(network: &Network, packets: &FlowSet) -> String {
    let protocols = packets.protocols();
    let (source, destination) = (
        owner_or_addresses(network, &packets.sources()),
        owner_or_addresses(network, &packets.destinations()),
    );
    if has_ports(&protocols) {
        let source = with_ports(&source, &packets.source_ports());
        let destination = with_ports(&destination, &packets.destination_ports());
        return format!("{source} → {destination}");
    }
    format!("{source} → {destination} {}", service(&protocols, &packets.destination_ports()))
}

/// `tcp 5432`, `icmp 8/0`, `all protocols`.
pub(crate) fn service(protocols: &ProtocolSet, ports: &PortSet) -> String {
    let names = protocol_names(protocols);
    let one = protocols.only();
    if one.is_some_and(protocol::is_icmp) {
        return match icmp_types(ports) {
            Some(types) => format!("{names} {types}"),
            None => names,
        };
    }
    if has_ports(protocols) { format!("{names} {}", describe_ports(ports)) } else { names }
}

/// `tcp`, `tcp,udp`, `all protocols`.
pub(crate) fn protocol_names(protocols: &ProtocolSet) -> String {
    match protocols.intervals() {
        [(0, u8::MAX)] => "all protocols".to_owned(),
        intervals => {
            let name = |number| Protocol::from_number(number).to_string();
            let texts: Vec<String> = intervals
                .iter()
                .map(|&(first, last)| match last - first {
                    0 => name(first),
                    _ => format!("protocols {first}-{last}"),
                })
                .collect();
            texts.join(",")
        }
    }
}

/// Whether every packet of these protocols has ports.
pub(crate) fn has_ports(protocols: &ProtocolSet) -> bool {
    let ports = ProtocolSet::from_ranges([protocol::TCP, protocol::UDP].map(|number| (number, number)));
    !protocols.is_empty() && protocols.is_subset(&ports)
}

/// Type and code as `8/0`; none if every type is in it.
pub(crate) fn icmp_types(points: &PortSet) -> Option<String> {
    let point = |point: u16| {
        let [kind, code] = point.to_be_bytes();
        format!("{kind}/{code}")
    };
    match points.intervals() {
        [(0, u16::MAX)] => None,
        intervals => {
            let texts: Vec<String> = intervals
                .iter()
                .map(|&(first, last)| match first.to_be_bytes() {
                    [kind, 0] if last.to_be_bytes() == [kind, u8::MAX] => format!("type {kind}"),
                    _ if first == last => point(first),
                    _ => format!("{} to {}", point(first), point(last)),
                })
                .collect();
            Some(texts.join(","))
        }
    }
}

fn with_ports(address: &str, ports: &PortSet) -> String {
    format!("{}:{}", bracketed(address), describe_ports(ports))
}

fn bracketed(address: &str) -> String {
    if address.parse::<std::net::Ipv6Addr>().is_ok() { format!("[{address}]") } else { address.to_owned() }
}

/// A set of addresses by the shortest true name: an address, `internet`, `net:office`, or CIDRs.
pub(crate) fn addresses(network: &Network, set: &AddressSet) -> String {
    if let Some(only) = set.only() {
        return only.to_string();
    }
    if let Some(name) = name_of(network, set) {
        return name;
    }
    describe_addresses(set, SHOWN_CIDRS)
}

/// `internet` or `net:office`, if the set is one family of it, or all of it.
pub(crate) fn name_of(network: &Network, set: &AddressSet) -> Option<String> {
    if set.is_empty() {
        return None;
    }
    if is_all_of(set, network.internet()) {
        return Some("internet".to_owned());
    }
    network
        .networks
        .iter()
        .find(|(_, named)| is_all_of(set, &named.addresses))
        .map(|(_, named)| format!("net:{}", named.name))
}

fn is_all_of(set: &AddressSet, whole: &AddressSet) -> bool {
    if !set.is_subset(whole) {
        return false;
    }
    let Some(first) = set.first() else { return false };
    let family = whole.intersect(&crate::flow::every_address(first));
    family.is_subset(set)
}

/// The addresses of an end; the name of the owner instead of an address that AWS has yet to pick.
pub(crate) fn owner_or_addresses(network: &Network, set: &AddressSet) -> String {
    let assumed = set.only().and_then(|address| assumed_owner(network, address));
    assumed.unwrap_or_else(|| addresses(network, set))
}

fn assumed_owner(network: &Network, address: IpAddr) -> Option<String> {
    match network.public_owner(address)? {
        Owner::NatGateway(id) => {
            let nat = &network.nat_gateways[id];
            nat.public_ip_assumed.then(|| format!("{}'s Elastic IP", nat.name))
        }
        Owner::Interface(id) => {
            let interface = &network.interfaces[id];
            let own = interface.addresses.iter().find(|own| own.public.map(IpAddr::V4) == Some(address))?;
            own.public_assumed.then(|| format!("{}'s public IP", interface.name))
        }
        Owner::Unmodelled(_) => None,
    }
}

/// One packet: `10.0.10.10:32768 → 10.0.20.10:5432 tcp`.
pub(crate) fn packet(packet: &Packet) -> String {
    let Packet { source, destination, protocol: number, source_port, destination_port } = *packet;
    let name = Protocol::from_number(number);
    if protocol::has_ports(number) {
        let source = std::net::SocketAddr::new(source, source_port);
        let destination = std::net::SocketAddr::new(destination, destination_port);
        return format!("{source} → {destination} {name}");
    }
    if protocol::is_icmp(number) {
        let [kind, code] = destination_port.to_be_bytes();
        return format!("{source} → {destination} {name} {kind}/{code}");
    }
    format!("{source} → {destination} {name}")
}

/// `10.0.10.10:32768-60999`, or the addresses alone where there are no ports.
pub(crate) fn end(addresses: &str, ports: Option<&PortSet>) -> String {
    ports.map_or_else(|| addresses.to_owned(), |ports| with_ports(addresses, ports))
}
