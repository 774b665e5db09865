//! What leads to networks of one's own.

use super::super::fields::Fields;
use super::super::grammar::on_premises::{
    CUSTOMER_GATEWAY, DIRECT_CONNECT_GATEWAY, VIRTUAL_INTERFACE, VPN_CONNECTION, VPN_GATEWAY,
};
use super::super::node::{Key, Node};
use super::super::problems::Problems;
use super::super::{values, words};
use super::implied;
use super::services::propagate;
use super::vpc::{Gateway, gateway};
use crate::topology::{
    CustomerGateway, DirectConnectGateway, LineState, Spanned, Topology, VirtualInterface, Vpc,
    VpnConnection, VpnGateway, VpnRouting,
};

/// The virtual private gateway of a VPC.
pub(super) fn vpn_gateway(said: Fields<'_, '_>, vpc: &mut Vpc, problems: &mut Problems) {
    let Some((key, gateway)) = gateway(said, "vpn_gateway") else { return };
    let (attached, long) = match gateway {
        Gateway::On(attached) => (attached, None),
        Gateway::Long(node) => {
            let long = Fields::new(node, &VPN_GATEWAY);
            (long.read("attached", values::boolean).unwrap_or(Spanned::implicit(true)), Some(long))
        }
    };
    let name = long.and_then(|long| long.text("name")).unwrap_or_else(|| implied("vgw", key));
    let propagate_to = long.map(|long| long.texts("propagate_to")).unwrap_or_default();
    propagate(&name.value, propagate_to, &mut vpc.route_tables, problems);
    vpc.vpn_gateway = Some(VpnGateway {
        name,
        attached,
        route_table: long.and_then(|long| long.text("route_table")),
        more_lines: long.and_then(|long| long.text("more_lines")).map(|why| why.value),
    });
}

/// What stands at the top level.
pub(super) fn at_top(top: Fields<'_, '_>, topology: &mut Topology) {
    for (key, node) in top.map("customer_gateways") {
        let said = Fields::new(node, &CUSTOMER_GATEWAY);
        let gateway = CustomerGateway { public_ip: said.read("public_ip", values::ip), place: key.place() };
        topology.customer_gateways.push(key.name(), gateway);
    }
    for (key, node) in top.map("vpn_connections") {
        topology.vpn_connections.push(key.name(), vpn_connection(key, node));
    }
    for (key, node) in top.map("direct_connect_gateways") {
        let said = Fields::new(node, &DIRECT_CONNECT_GATEWAY);
        let gateway = DirectConnectGateway {
            gateways: said.texts("gateways"),
            allowed_prefixes: said.read_list("allowed_prefixes", values::cidr),
            network: said.text("network"),
            advertised: said.read_list("advertised", values::cidr),
            state: said.word("state", words::LINE_STATES),
            place: key.place(),
        };
        topology.direct_connect_gateways.push(key.name(), gateway);
    }
    for (key, node) in top.map("virtual_interfaces") {
        let said = Fields::new(node, &VIRTUAL_INTERFACE);
        let interface = VirtualInterface {
            gateway: said.text("gateway").unwrap_or_default(),
            network: said.text("network"),
            advertised: said.read_list("advertised", values::cidr),
            state: said.word("state", words::LINE_STATES),
            place: key.place(),
        };
        topology.virtual_interfaces.push(key.name(), interface);
    }
}

fn vpn_connection(key: &Key<'_>, node: &Node<'_>) -> VpnConnection {
    let said = Fields::new(node, &VPN_CONNECTION);
    let static_routes = said.read_list("static_routes", values::cidr);
    // Static routes are there only with static routing.
    let implied = match static_routes {
        Some(_) => VpnRouting::Static,
        None => VpnRouting::Bgp,
    };
    let routing = said.read("routing", |text| words::read(words::VPN_ROUTINGS, "kind of routing", text));
    let tunnel = |text: &str| words::read(words::LINE_STATES, "tunnel state", text);
    let inside = said.read("inside", |text| words::read(words::INSIDE, "kind of address", text));
    let tunnels: Vec<Spanned<LineState>> = said.read_all("tunnels", tunnel);
    VpnConnection {
        gateway: said.text("gateway"),
        customer_gateway: said.text("customer_gateway"),
        network: said.text("network"),
        routing: routing.unwrap_or(Spanned::implicit(implied)),
        static_routes,
        advertised: said.read_list("advertised", values::cidr),
        tunnels,
        ipv6: inside.unwrap_or(Spanned::implicit(false)),
        place: key.place(),
    }
}
