//! What leads to networks of one's own.

use super::super::words;
use super::layout::{Map, Value};
use super::{Writer, all, said, some, word};
use crate::topology::{
    CustomerGateway, DirectConnectGateway, VirtualInterface, Vpc, VpnConnection, VpnGateway, VpnRouting,
};

pub(super) fn vpn_gateway(gateway: &VpnGateway, vpc: &Vpc) -> Value {
    let learning: Vec<Value> = vpc
        .route_tables
        .iter()
        .filter(|table| table.value.propagating.iter().any(|name| name.value == gateway.name.value))
        .map(|table| Value::text(table.name()))
        .collect();
    let mut map = Map::default();
    if gateway.name.value != "vgw" {
        map.put("name", Value::text(&gateway.name.value));
    }
    map.flag("attached", gateway.attached.value, true);
    map.maybe("propagate_to", (!learning.is_empty()).then(|| Value::one_or_many(learning)));
    map.maybe("route_table", said(gateway.route_table.as_ref()));
    map.maybe("more_lines", gateway.more_lines.as_ref().map(Value::text));
    if map.0.is_empty() { Value::word(true) } else { map.record() }
}

impl Writer<'_> {
    pub(super) fn on_premises(&mut self, top: &mut Map) {
        let topology = self.topology;
        let gateways = self.named(&topology.customer_gateways, |_, gateway| customer_gateway(gateway));
        top.section("customer_gateways", gateways);
        let connections = self.named(&topology.vpn_connections, |_, connection| vpn_connection(connection));
        top.section("vpn_connections", connections);
        let gateways = self.named(&topology.direct_connect_gateways, |_, gateway| direct_connect(gateway));
        top.section("direct_connect_gateways", gateways);
        let interfaces = self.named(&topology.virtual_interfaces, |_, one| virtual_interface(one));
        top.section("virtual_interfaces", interfaces);
    }
}

fn customer_gateway(gateway: &CustomerGateway) -> Value {
    let mut map = Map::default();
    map.maybe("public_ip", said(gateway.public_ip.as_ref()));
    map.record()
}

/// A list that may be empty, which says something else than no list.
fn list<T: ToString>(values: Option<&Vec<crate::topology::Spanned<T>>>) -> Option<Value> {
    values.map(|values| some(values).unwrap_or(Value::List(Vec::new())))
}

fn vpn_connection(connection: &VpnConnection) -> Value {
    let mut map = Map::default();
    map.maybe("gateway", said(connection.gateway.as_ref()));
    map.maybe("customer_gateway", said(connection.customer_gateway.as_ref()));
    map.maybe("network", said(connection.network.as_ref()));
    let is_implied = connection.static_routes.is_some() == (connection.routing.value == VpnRouting::Static);
    if !is_implied {
        map.maybe("routing", words::word(words::VPN_ROUTINGS, &connection.routing.value).map(Value::text));
    }
    map.maybe("static_routes", list(connection.static_routes.as_ref()));
    map.maybe("advertised", list(connection.advertised.as_ref()));
    if !connection.tunnels.is_empty() {
        let states = connection.tunnels.iter();
        let states = states.filter_map(|tunnel| words::word(words::LINE_STATES, &tunnel.value));
        map.put("tunnels", Value::texts(states));
    }
    if connection.ipv6.value {
        map.put("inside", Value::text("ipv6"));
    }
    map.record()
}

fn direct_connect(gateway: &DirectConnectGateway) -> Value {
    let mut map = Map::default();
    map.maybe("gateways", (!gateway.gateways.is_empty()).then(|| Value::one_or_many(all(&gateway.gateways))));
    map.maybe("allowed_prefixes", list(gateway.allowed_prefixes.as_ref()));
    map.maybe("network", said(gateway.network.as_ref()));
    map.maybe("advertised", list(gateway.advertised.as_ref()));
    map.maybe("state", word(words::LINE_STATES, &gateway.state.value));
    map.record()
}

fn virtual_interface(interface: &VirtualInterface) -> Value {
    let mut map = Map::default();
    map.put("gateway", Value::text(&interface.gateway.value));
    map.maybe("network", said(interface.network.as_ref()));
    map.maybe("advertised", list(interface.advertised.as_ref()));
    map.maybe("state", word(words::LINE_STATES, &interface.state.value));
    map.record()
}
