//! Gateways of a VPC.

use super::super::words;
use super::layout::{Map, Value};
use super::{said, word};
use crate::topology::{Connectivity, EgressOnlyInternetGateway, InternetGateway, NatGateway};

pub(super) fn internet_gateway(gateway: &InternetGateway) -> Value {
    let mut map = Map::default();
    if gateway.name.value != "igw" {
        map.put("name", Value::text(&gateway.name.value));
    }
    map.flag("attached", gateway.attached.value, true);
    map.maybe("route_table", said(gateway.route_table.as_ref()));
    if map.0.is_empty() { Value::word(true) } else { map.record() }
}

pub(super) fn egress_only(gateway: &EgressOnlyInternetGateway) -> Value {
    if gateway.name.value == "eigw" {
        return Value::word(true);
    }
    let mut map = Map::default();
    map.put("name", Value::text(&gateway.name.value));
    map.record()
}

pub(super) fn nat_gateway(gateway: &NatGateway) -> Value {
    let mut map = Map::default();
    map.put("subnet", Value::text(&gateway.subnet.value));
    map.maybe("connectivity", word(words::CONNECTIVITY, &gateway.connectivity.value));
    map.maybe("state", word(words::GATEWAY_STATES, &gateway.state.value));
    map.maybe("ip", said(gateway.private_ip.as_ref()));
    // Private ones have none, whatever was said.
    let public = gateway.public_ip.as_ref().filter(|_| gateway.connectivity.value == Connectivity::Public);
    map.maybe("public_ip", said(public));
    map.record()
}
