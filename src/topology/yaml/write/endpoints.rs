//! VPC endpoints and endpoint services.

use std::net::IpAddr;

use super::layout::{Map, Value};
use super::{Writer, all, flag};
use crate::topology::{
    EndpointService, EndpointType, Entry, Interface, Route, RouteDestination, RouteOrigin, RouteTarget, Vpc,
    VpcEndpoint,
};

/// Whether a route is the one that a gateway endpoint adds to the tables that it names (EP-1).
pub(super) fn adds(vpc: &Vpc, route: &Route) -> bool {
    let (RouteDestination::PrefixList(list), RouteTarget::Named(target)) =
        (&route.destination.value, &route.target.value)
    else {
        return false;
    };
    let endpoint = vpc.endpoints.get(target);
    let is_gateway = endpoint.filter(|endpoint| endpoint.kind.value == EndpointType::Gateway);
    is_gateway.is_some_and(|endpoint| endpoint.short_service() == list)
        && route.state.is_none()
        && route.origin == RouteOrigin::Static
}

pub(super) fn service(service: &EndpointService) -> Value {
    let mut map = Map::default();
    map.put("load_balancer", Value::text(&service.load_balancer.value));
    map.maybe("azs", (!service.zones.is_empty()).then(|| Value::List(all(&service.zones))));
    map.maybe("acceptance_required", flag(service.acceptance_required.as_ref()));
    map.record()
}

impl Writer<'_> {
    pub(super) fn endpoints(&mut self, map: &mut Map, vpc: &Vpc) {
        let mut section = Map::default();
        for entry in &vpc.endpoints {
            let value = self.endpoint(entry, vpc);
            self.entry(&mut section, entry, value);
        }
        map.section("endpoints", section);
    }

    fn endpoint(&mut self, entry: &Entry<VpcEndpoint>, vpc: &Vpc) -> Value {
        let endpoint = &entry.value;
        let mut map = Map::default();
        let kind = match endpoint.kind.value {
            EndpointType::Gateway => "gateway",
            EndpointType::Interface => "interface",
        };
        map.put("type", Value::text(kind));
        map.put("service", Value::text(&endpoint.service.value));
        match endpoint.kind.value {
            EndpointType::Gateway => {
                let own = |route: &Route| {
                    adds(vpc, route)
                        && matches!(&route.target.value, RouteTarget::Named(name) if name == entry.name())
                };
                let tables = vpc.route_tables.iter().filter(|table| table.value.routes.iter().any(own));
                let tables: Vec<Value> = tables.map(|table| Value::text(table.name())).collect();
                map.maybe("route_tables", (!tables.is_empty()).then_some(Value::List(tables)));
            }
            EndpointType::Interface => self.endpoint_interfaces(&mut map, entry.name(), vpc),
        }
        map.maybe("private_dns", flag(endpoint.private_dns.as_ref()));
        if !endpoint.available.value {
            map.put("status", Value::text("pending"));
        }
        map.record()
    }

    fn endpoint_interfaces(&mut self, map: &mut Map, name: &str, vpc: &Vpc) {
        let interfaces = vpc.instances.get(name).into_iter().flat_map(|owner| &owner.interfaces);
        let interfaces: Vec<&Interface> = interfaces.map(|entry| &entry.value).collect();
        let Some(first) = interfaces.first() else { return };
        map.put("subnets", Value::texts(interfaces.iter().map(|one| &one.subnet.value)));
        let mut addresses = Map::default();
        for one in &interfaces {
            let ipv4 = one.ips.iter().map(|said| IpAddr::V4(said.value));
            let own: Vec<IpAddr> = ipv4.chain(one.ipv6.iter().map(|said| IpAddr::V6(said.value))).collect();
            if !own.is_empty() {
                let own = own.iter().map(Value::text).collect();
                addresses.put(&one.subnet.value, Value::one_or_many(own));
            }
        }
        if !addresses.0.is_empty() {
            map.put("addresses", addresses.record());
        }
        let groups = |one: &Interface| {
            let mut groups = one.security_groups.as_deref().map(all).unwrap_or_default();
            groups.extend(one.more_security_groups.then(|| Value::text(super::super::values::UNKNOWN)));
            (one.security_groups.is_some() || one.more_security_groups).then_some(groups)
        };
        let alike = |one: &&Interface| groups(one) == groups(first) && one.attached == first.attached;
        if !interfaces.iter().all(alike) || !first.attached {
            self.problem(format!("the interfaces of endpoint {name} differ, or are not attached"));
        }
        map.maybe("security_groups", groups(first).map(Value::List));
    }
}
