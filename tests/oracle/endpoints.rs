//! VPC endpoints (EP-1 to EP-6), for one packet.

use vpcreach::topology::{self as said, EndpointType, InstanceKind, Topology};

use super::packet::{Headers, ICMP, ICMPV6, TCP};
use super::walk::{Arrival, Arrived, Forwarder, Stop, Walk};
use super::world::World;

/// A gateway endpoint.
#[derive(Debug)]
pub struct GatewayEndpoint {
    pub vpc: usize,
    pub name: String,
    pub available: bool,
}

/// What an interface of an interface endpoint belongs to.
#[derive(Clone, Debug)]
pub struct Behind {
    pub available: bool,
    /// EP-6: whether the service is in the zone of the interface.
    pub in_zone: bool,
    /// The provider's side is described, and not modelled.
    pub described: bool,
}

pub fn resolve(world: &mut World, topology: &Topology) {
    for (vpc, entry) in topology.vpcs.iter().enumerate() {
        for endpoint in &entry.value.endpoints {
            if endpoint.value.kind.value == EndpointType::Gateway {
                let (name, available) = (endpoint.name().to_owned(), endpoint.value.available.value);
                world.gateway_endpoints.push(GatewayEndpoint { vpc, name, available });
            }
        }
    }
}

/// What is behind an interface of an instance of that name.
pub fn behind(
    topology: &Topology,
    vpc: &said::Vpc,
    instance: (&str, &said::Instance),
    zone: Option<&String>,
) -> Option<Behind> {
    if instance.1.kind.value != InstanceKind::VpcEndpoint {
        return None;
    }
    let endpoint = vpc.endpoints.get(instance.0)?;
    let service = topology.endpoint_services.get(&endpoint.service.value);
    let in_zone = match (service, zone) {
        (Some(service), Some(zone)) => {
            service.zones.is_empty() || service.zones.iter().any(|one| one.value == *zone)
        }
        _ => true,
    };
    Some(Behind { available: endpoint.available.value, in_zone, described: service.is_some() })
}

impl Walk<'_> {
    /// EP-1: a route says that a gateway endpoint is next.
    pub(super) fn route_to_endpoint(
        &mut self,
        number: usize,
        by_transit_gateway: bool,
        headers: Headers,
    ) -> Arrived {
        let endpoint = &self.world.gateway_endpoints[number];
        if !endpoint.available {
            return Err(Stop::dropped("gateway endpoint not available (EP-1)"));
        }
        // AS-1. READING: a service does not know the reply to a request that came by another way.
        if self.replying {
            return Err(Stop::dropped("gateway endpoint: no such flow (AS-1)"));
        }
        if by_transit_gateway {
            return Err(Stop::dropped("gateway endpoint: from another VPC (EP-1)"));
        }
        let echo = match headers.protocol {
            ICMP => headers.icmp_type == 8 && headers.icmp_code == 0,
            ICMPV6 => headers.icmp_type == 128 && headers.icmp_code == 0,
            _ => false,
        };
        if headers.protocol != TCP && !echo {
            return Err(Stop::dropped("gateway endpoint: protocol (EP-1)"));
        }
        // No document says what of these it takes.
        match self.passages.last().map(|passage| passage.by) {
            Some(Forwarder::NatGateway(_)) => {
                return Err(Stop::Unknown("a NAT gateway sends to a gateway endpoint".into()));
            }
            Some(Forwarder::Appliance(_)) => {
                return Err(Stop::Unknown("an appliance sends to a gateway endpoint".into()));
            }
            Some(Forwarder::EgressOnly(_)) | None => {}
        }
        Ok((Arrival::Service(endpoint.vpc), headers))
    }

    /// EP-3, EP-6: past the groups of an interface endpoint.
    pub(super) fn enter_service(&mut self, number: usize, headers: &Headers) -> Result<(), Stop> {
        let Some(behind) = &self.world.interfaces[number].endpoint else { return Ok(()) };
        if !behind.available {
            return Err(Stop::dropped("interface endpoint not available (EP-6)"));
        }
        if !behind.in_zone {
            return Err(Stop::dropped("interface endpoint: service not in the zone (EP-6)"));
        }
        if behind.described {
            self.doubt = Some("what the provider of a service does".into());
        } else if headers.protocol != TCP {
            self.doubt = Some("what a service does besides TCP".into());
        }
        Ok(())
    }
}
