//! Services that every host finds at a fixed address, and that are never routed (DN-1 to DN-3, SG-13, NA-9).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::flow::{AddressSet, Pattern, PortSet, ProtocolSet, cidr_set, protocol, single_address};

use super::Network;
use super::id::VpcId;

/// Addresses with a fixed protocol and port.
struct Service {
    name: &'static str,
    addresses: &'static [IpAddr],
    protocols: &'static [u8],
    port: u16,
}

const DNS_PORT: u16 = 53;
const DNS_PROTOCOLS: [u8; 2] = [protocol::TCP, protocol::UDP];
const DNS: [IpAddr; 2] = [v4(169, 254, 169, 253), v6(0x253)];

const SERVICES: [Service; 4] = [
    Service {
        name: "instance metadata",
        addresses: &[v4(169, 254, 169, 254), v6(0x254)],
        protocols: &[protocol::TCP],
        port: 80,
    },
    Service {
        name: "Amazon Time Sync",
        addresses: &[v4(169, 254, 169, 123), v6(0x123)],
        protocols: &[protocol::UDP],
        port: 123,
    },
    Service {
        name: "ECS task metadata",
        addresses: &[v4(169, 254, 170, 2)],
        protocols: &[protocol::TCP],
        port: 80,
    },
    Service {
        name: "Windows activation",
        addresses: &[v4(169, 254, 169, 250), v4(169, 254, 169, 251)],
        protocols: &[protocol::TCP],
        port: 1688,
    },
];

const fn v4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}

const fn v6(last: u16) -> IpAddr {
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, last))
}

/// One service, as a set of packets.
pub struct HostLocal {
    /// What it is.
    pub name: &'static str,
    /// What it answers.
    pub pattern: Pattern,
    /// Whether it is the resolver.
    pub is_dns: bool,
}

/// 169.254.0.0/16, which no router forwards (RFC 3927, section 2.7).
pub fn link_local_addresses() -> AddressSet {
    cidr_set(&IpNet::V4(ipnet::Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16)))
}

impl Network {
    /// Every address that is host-local in a VPC: link-local ranges, and the resolver at the base of the
    /// primary range plus two (VP-9).
    pub fn host_local_addresses(&self, vpc: VpcId) -> AddressSet {
        let services =
            IpNet::V6(ipnet::Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0), 32));
        let fixed = link_local_addresses().union(&cidr_set(&services));
        self.resolver(vpc).map_or_else(|| fixed.clone(), |address| fixed.union(&single_address(address)))
    }

    /// The VPC's own resolver address (VP-9).
    pub fn resolver(&self, vpc: VpcId) -> Option<IpAddr> {
        let base = self.vpcs[vpc].cidrs.first()?.network().to_bits();
        Some(IpAddr::V4(Ipv4Addr::from_bits(base.checked_add(2)?)))
    }

    /// The services that answer in a VPC.
    pub fn host_local_services(&self, vpc: VpcId) -> Vec<HostLocal> {
        let dns = DNS.into_iter().chain(self.resolver(vpc));
        let mut services = vec![HostLocal {
            name: "Amazon DNS",
            pattern: service_pattern(dns, &DNS_PROTOCOLS, DNS_PORT),
            is_dns: true,
        }];
        services.extend(SERVICES.iter().map(|service| HostLocal {
            name: service.name,
            pattern: service_pattern(service.addresses.iter().copied(), service.protocols, service.port),
            is_dns: false,
        }));
        services
    }
}

fn service_pattern(addresses: impl Iterator<Item = IpAddr>, protocols: &[u8], port: u16) -> Pattern {
    Pattern {
        source: None,
        destination: Some(AddressSet::from_ranges(addresses.map(|address| (address, address)))),
        protocols: Some(ProtocolSet::from_ranges(protocols.iter().map(|number| (*number, *number)))),
        destination_ports: Some(PortSet::single(port)),
    }
}
