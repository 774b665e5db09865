//! `describe-vpn-gateways`, `describe-vpn-connections` and `describe-customer-gateways`.
//!
//! No answer says what BGP announces. Route tables that learn from a gateway list all that it knows, so a gateway is modelled
//! only where one of them does, and where its VPN connections explain every prefix. Otherwise it stays a name: what it
//! decides is undetermined.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;

use super::builder::Builder;
use super::common::{self, Tag};
use crate::topology::{
    self, CaptureKind, Entry, FileId, LineState, NamedNetwork, Place, RouteDestination, RouteOrigin,
    RouteState, RouteTarget, Spanned, VpnConnection, VpnGateway, VpnRouting,
};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Gateway {
    vpn_gateway_id: String,
    vpc_attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Attachment {
    vpc_id: String,
    state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Connection {
    vpn_connection_id: String,
    customer_gateway_id: Option<String>,
    vpn_gateway_id: Option<String>,
    transit_gateway_id: Option<String>,
    state: Option<String>,
    options: Options,
    routes: Vec<Route>,
    vgw_telemetry: Vec<Telemetry>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Options {
    static_routes_only: bool,
    tunnel_inside_ip_version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Route {
    destination_cidr_block: String,
    state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Telemetry {
    status: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Customer {
    customer_gateway_id: String,
    ip_address: Option<String>,
    tags: Vec<Tag>,
}

/// Kinds, as they are counted and as things that are not modelled are told apart.
const GATEWAY: &str = "virtual private gateway";
const CONNECTION: &str = "VPN connection";
const CUSTOMER: &str = "customer gateway";

/// A state in which a connection is no more.
const GONE: &str = "deleted";

pub(super) fn build(builder: &mut Builder<'_>) {
    let connections: Vec<(FileId, Connection)> = read(builder, "VpnConnections");
    if !is_answered(builder, "VpnConnections") {
        return;
    }
    customer_gateways(builder);
    let mut modelled = BTreeSet::new();
    for (file, gateway) in read::<Gateway>(builder, "VpnGateways") {
        let id = &gateway.vpn_gateway_id;
        let own: Vec<&Connection> = connections
            .iter()
            .map(|(_, connection)| connection)
            .filter(|connection| connection.vpn_gateway_id.as_ref() == Some(id) && !connection.is_gone())
            .collect();
        if vpn_gateway(builder, file, &gateway, &own) {
            modelled.insert(id.clone());
        }
    }
    for (file, connection) in &connections {
        vpn_connection(builder, *file, connection, &modelled);
    }
}

/// RFC 1918, RFC 6598 and RFC 4193: what surely is not on the internet.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

fn is_private(cidr: &IpNet) -> bool {
    PRIVATE.iter().filter_map(|range| range.parse::<IpNet>().ok()).any(|range| range.contains(cidr))
}

/// The elements of the lists under a key, each as far as it can be read.
fn read<T: for<'d> Deserialize<'d>>(builder: &Builder<'_>, key: &str) -> Vec<(FileId, T)> {
    let mut all = Vec::new();
    for page in builder.pages {
        for (_, list) in page.others.iter().filter(|(answer, _)| answer.key() == key) {
            let parsed = list.iter().filter_map(|value: &Value| T::deserialize(value).ok());
            all.extend(parsed.map(|one| (FileId(page.file), one)));
        }
    }
    all
}

fn is_answered(builder: &Builder<'_>, key: &str) -> bool {
    let mut pages = builder.pages.iter();
    let is_whole =
        pages.all(|page| !page.next_token || page.others.iter().all(|(answer, _)| answer.key() != key));
    let mut answers = builder.pages.iter().flat_map(|page| &page.others);
    is_whole && answers.any(|(answer, _)| answer.key() == key)
}

/// The calls that are missing, where there is a virtual private gateway at all.
pub(super) fn missing(builder: &Builder<'_>) -> Vec<CaptureKind> {
    let named = builder.topology.unmodelled.iter().any(|item| item.kind == GATEWAY);
    let learns = builder
        .topology
        .vpcs
        .iter()
        .flat_map(|vpc| &vpc.value.route_tables)
        .any(|table| !table.value.propagating.is_empty());
    let calls = [(CaptureKind::VpnGateways, "VpnGateways"), (CaptureKind::VpnConnections, "VpnConnections")];
    let wanted = calls.into_iter().filter(|(_, key)| (named || learns) && !is_answered(builder, key));
    wanted.map(|(kind, _)| kind).collect()
}

fn customer_gateways(builder: &mut Builder<'_>) {
    for (file, said) in read::<Customer>(builder, "CustomerGateways") {
        let id = said.customer_gateway_id.clone();
        if id.is_empty() || !builder.unmodelled.insert((CUSTOMER, id.clone())) {
            continue;
        }
        let place = builder.place(file, id.as_str());
        let address = said.ip_address.as_ref().and_then(|address| address.parse().ok());
        let public_ip = address.map(|address| Spanned::new(address, place));
        builder.inventory.add_read(CUSTOMER, 1);
        builder.topology.customer_gateways.0.push(Entry {
            aliases: common::aliases(&id, &said.tags, &[]),
            name: Spanned::new(id, place),
            value: topology::CustomerGateway { public_ip, place },
        });
    }
}

impl Connection {
    fn is_gone(&self) -> bool {
        self.state.as_deref() == Some(GONE)
    }

    fn static_routes(&self) -> Vec<IpNet> {
        let in_force = |route: &&Route| matches!(route.state.as_deref(), None | Some("available"));
        let routes = self.routes.iter().filter(in_force);
        routes.filter_map(|route| common::cidr(&route.destination_cidr_block)).collect()
    }

    /// VG-7, at the time of the capture.
    fn tunnels(&self, place: Place) -> Vec<Spanned<LineState>> {
        if !matches!(self.state.as_deref(), None | Some("available" | "modifying")) {
            return vec![Spanned::new(LineState::Down, place)];
        }
        let state = |tunnel: &Telemetry| match tunnel.status.as_deref() {
            Some("UP") => LineState::Up,
            Some("DOWN") => LineState::Down,
            _ => LineState::Unknown,
        };
        let mut tunnels: Vec<LineState> = self.vgw_telemetry.iter().map(state).collect();
        if tunnels.is_empty() {
            tunnels.push(LineState::Unknown);
        }
        tunnels.into_iter().map(|tunnel| Spanned::new(tunnel, place)).collect()
    }

    fn is_up(&self) -> bool {
        self.tunnels(Place::Implicit).iter().any(|tunnel| tunnel.value == LineState::Up)
    }
}

/// What the route tables of a VPC have learnt from a gateway; none if no table learns.
fn learnt(vpc: &topology::Vpc, gateway: &str) -> Option<Vec<IpNet>> {
    let tables = || vpc.route_tables.iter();
    let learns =
        tables().any(|table| table.value.propagating.iter().any(|propagating| propagating.value == gateway));
    let mut prefixes: Vec<IpNet> = tables()
        .flat_map(|table| &table.value.routes)
        .filter(|route| {
            route.origin == RouteOrigin::Propagated
                && route.state != Some(RouteState::Blackhole)
                && route.target.value == RouteTarget::Named(gateway.to_owned())
        })
        .filter_map(|route| match &route.destination.value {
            RouteDestination::Cidr(cidr) => Some(cidr.trunc()),
            RouteDestination::PrefixList(_) | RouteDestination::Unknown(_) => None,
        })
        .collect();
    prefixes.sort();
    prefixes.dedup();
    learns.then_some(prefixes)
}

/// Models a gateway if everything that it knows can be told; says whether.
fn vpn_gateway(builder: &mut Builder<'_>, file: FileId, said: &Gateway, own: &[&Connection]) -> bool {
    let id = said.vpn_gateway_id.as_str();
    let mut attachments = said.vpc_attachments.iter();
    let attached = attachments
        .find(|one| matches!(one.state.as_deref(), None | Some("attached")) && builder.has_vpc(&one.vpc_id));
    let Some(attached) = attached else { return false };
    let place = builder.place(file, id);
    let Some(vpc) = builder.vpc(&attached.vpc_id) else { return false };
    let Some(learnt) = learnt(vpc, id).filter(|_| vpc.vpn_gateway.is_none()) else { return false };
    let written: Vec<IpNet> = own
        .iter()
        .filter(|connection| connection.options.static_routes_only)
        .flat_map(|connection| connection.static_routes())
        .collect();
    let announced: Vec<IpNet> = learnt.into_iter().filter(|prefix| !written.contains(prefix)).collect();
    let by_bgp = own.iter().filter(|connection| !connection.options.static_routes_only);
    // Direct Connect announces too, and is not read.
    if !announced.is_empty() && !by_bgp.clone().any(|connection| connection.is_up()) {
        return false;
    }
    vpc.vpn_gateway = Some(VpnGateway {
        name: Spanned::new(id.to_owned(), place),
        attached: Spanned::new(true, place),
        route_table: None,
        more_lines: None,
    });
    builder.unmodelled.insert((GATEWAY, id.to_owned()));
    builder.mentioned.remove(&(GATEWAY, id.to_owned()));
    builder.inventory.add_read(GATEWAY, 1);
    if !announced.is_empty() {
        // Whichever line it is: they lead to the same place, as far as anybody knows.
        let cidrs = announced.iter().filter(|cidr| is_private(cidr));
        let network = NamedNetwork {
            cidrs: cidrs.map(|cidr| Spanned::new(*cidr, place)).collect(),
            routes_back: None,
            on_premises: true,
        };
        builder.topology.networks.push(Spanned::new(id.to_owned(), place), network);
    }
    true
}

fn vpn_connection(builder: &mut Builder<'_>, file: FileId, said: &Connection, modelled: &BTreeSet<String>) {
    let id = said.vpn_connection_id.as_str();
    if id.is_empty() || said.is_gone() || !builder.unmodelled.insert((CONNECTION, id.to_owned())) {
        return;
    }
    builder.inventory.add_read(CONNECTION, 1);
    let gateway = said.vpn_gateway_id.as_ref().filter(|gateway| modelled.contains(*gateway));
    let gateway = gateway.or(said.transit_gateway_id.as_ref());
    let Some(gateway) = gateway else {
        builder.unmodelled.remove(&(CONNECTION, id.to_owned()));
        return;
    };
    let place = builder.place(file, id);
    let spanned = |text: &String| Spanned::new(text.clone(), place);
    let is_static = said.options.static_routes_only;
    let known = builder.topology.networks.get(gateway).map(|network| network.cidrs.clone());
    let network = known.as_ref().filter(|_| !is_static).map(|_| spanned(gateway));
    let is_transit = said.transit_gateway_id.as_ref() == Some(gateway);
    let routes = said.static_routes().into_iter().map(|cidr| Spanned::new(cidr, place)).collect();
    builder.topology.vpn_connections.0.push(Entry {
        name: Spanned::new(id.to_owned(), place),
        aliases: common::aliases(id, &said.tags, &[]),
        value: VpnConnection {
            gateway: Some(spanned(gateway)),
            customer_gateway: said.customer_gateway_id.as_ref().map(spanned),
            network,
            routing: Spanned::new(if is_static { VpnRouting::Static } else { VpnRouting::Bgp }, place),
            static_routes: (is_static && !is_transit).then_some(routes),
            advertised: (!is_static && !is_transit).then(|| known.unwrap_or_default()),
            tunnels: said.tunnels(place),
            ipv6: Spanned::new(said.options.tunnel_inside_ip_version.as_deref() == Some("ipv6"), place),
            place,
        },
    });
}
