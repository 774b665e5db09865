//! Gateways of a VPC.

use super::super::words;
use super::layout::{Map, Value};
use super::{said, word};
use crate::topology::{
    BlockPublicAccess, Connectivity, EgressOnlyInternetGateway, Exclusion, InternetGateway, NatGateway,
};

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

pub(super) fn block_public_access(guard: &BlockPublicAccess) -> Value {
    let mut map = Map::default();
    map.maybe("mode", word(words::BLOCK_MODES, &guard.mode.value));
    let said = |exclusion: &Exclusion| words::word(words::EXCLUSIONS, exclusion).map(Value::text);
    map.maybe("exclusion", guard.exclusion.as_ref().and_then(|exclusion| said(&exclusion.value)));
    let mut exclusions = Map::default();
    for (subnet, exclusion) in &guard.exclusions {
        exclusions.maybe(&subnet.value, said(exclusion));
    }
    if !exclusions.0.is_empty() {
        map.put("exclusions", exclusions.record());
    }
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
