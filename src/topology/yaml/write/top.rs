//! The top level of a file.

use super::super::words::{self, SourceKind};
use super::layout::{Map, Value};
use super::{Writer, all, endpoints, some, word};
use crate::topology::{
    AttachedTo, Completeness, Entries, NamedNetwork, PeeringConnection, PrefixList, Spanned, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable,
};

impl Writer<'_> {
    pub(super) fn document(&mut self) -> Map {
        let topology = self.topology;
        let mut top = Map::default();
        top.maybe("partial", partial(&topology.completeness));
        top.maybe("defaults", word(words::DEFAULTS, &topology.defaults));
        let lists = self.named(&topology.prefix_lists, |_, list| prefix_list(list));
        top.section("prefix_lists", lists);
        let networks = self.named(&topology.networks, |_, network| named_network(network));
        top.section("networks", networks);
        let mut vpcs = Map::default();
        for entry in &topology.vpcs {
            let vpc = self.vpc(entry);
            self.entry(&mut vpcs, entry, Value::Section(vpc.0));
        }
        // A topology without VPCs still has the key.
        top.put("vpcs", Value::Section(vpcs.0));
        let peerings = self.named(&topology.peering_connections, |_, peering| connection(peering));
        top.section("peering_connections", peerings);
        let gateways = self.named(&topology.transit_gateways, Self::transit_gateway);
        top.section("transit_gateways", gateways);
        let services = self.named(&topology.endpoint_services, |_, service| endpoints::service(service));
        top.section("endpoint_services", services);
        self.on_premises(&mut top);
        let things = self.unmodelled(None);
        top.section("unmodelled", things);
        self.tests(&mut top);
        top
    }

    /// A section with an entry for each thing.
    pub(super) fn named<T>(
        &mut self,
        entries: &Entries<T>,
        mut value: impl FnMut(&mut Self, &T) -> Value,
    ) -> Map {
        let mut section = Map::default();
        for entry in entries {
            let value = value(self, &entry.value);
            self.entry(&mut section, entry, value);
        }
        section
    }

    fn transit_gateway(&mut self, gateway: &TransitGateway) -> Value {
        let mut map = Map::default();
        map.flag("security_group_referencing", gateway.security_group_referencing.value, false);
        let attachments = self.named(&gateway.attachments, |_, attachment| attachment_of(attachment));
        map.section("attachments", attachments);
        if let Some(tables) = &gateway.route_tables {
            let tables = self.named(tables, Self::transit_table);
            map.put("route_tables", Value::Section(tables.0));
        }
        if map.0.is_empty() { map.record() } else { Value::Section(map.0) }
    }

    fn transit_table(&mut self, table: &TransitGatewayRouteTable) -> Value {
        let mut map = Map::default();
        map.maybe("associations", list(&table.associations));
        map.maybe("propagations", list(&table.propagations));
        if !table.table.routes.is_empty() {
            let routes = self.routes(&table.table.routes);
            map.put("routes", routes);
        }
        map.flag("incomplete", table.routes_missing, false);
        map.record()
    }
}

fn list(names: &[Spanned<String>]) -> Option<Value> {
    (!names.is_empty()).then(|| Value::List(all(names)))
}

fn partial(completeness: &Completeness) -> Option<Value> {
    let kind = |kind| words::word(words::SOURCE_KINDS, &kind).map(Value::text);
    match completeness {
        Completeness::Complete => None,
        Completeness::Planned => kind(SourceKind::Plan),
        Completeness::Partial { missing } if missing.is_empty() => kind(SourceKind::Capture),
        Completeness::Partial { missing } => {
            let mut sorted = missing.clone();
            sorted.sort_unstable();
            let missing = sorted.iter().filter_map(|kind| words::word(words::CAPTURE_KINDS, kind));
            let mut map = Map::default();
            map.maybe("of", kind(SourceKind::Capture)).put("missing", Value::texts(missing));
            Some(map.record())
        }
    }
}

fn prefix_list(list: &PrefixList) -> Value {
    let mut map = Map::default();
    match &list.entries {
        Some(entries) => map.put("entries", Value::List(all(entries))),
        None => map.put("managed_by", Value::text("aws")),
    };
    map.maybe("max_entries", list.max_entries.map(|number| Value::word(number.value)));
    map.record()
}

fn named_network(network: &NamedNetwork) -> Value {
    let mut map = Map::default();
    map.put("cidr", Value::one_or_many(all(&network.cidrs)));
    map.maybe("routes_back", network.routes_back.as_ref().map(|cidrs| Value::List(all(cidrs))));
    map.flag("on_premises", network.on_premises, false);
    map.record()
}

fn connection(peering: &PeeringConnection) -> Value {
    let cidrs = |cidrs: &[ipnet::IpNet]| {
        (!cidrs.is_empty()).then(|| Value::one_or_many(cidrs.iter().map(Value::text).collect()))
    };
    let mut map = Map::default();
    map.put("requester", Value::text(&peering.requester.value));
    map.put("accepter", Value::text(&peering.accepter.value));
    map.maybe("requester_cidr", cidrs(&peering.requester_cidrs));
    map.maybe("accepter_cidr", cidrs(&peering.accepter_cidrs));
    map.maybe("status", word(words::PEERING_STATUSES, &peering.status.value));
    map.record()
}

fn attachment_of(attachment: &TransitGatewayAttachment) -> Value {
    let mut map = Map::default();
    match &attachment.to {
        AttachedTo::Vpc { vpc, subnets } => {
            map.put("vpc", Value::text(&vpc.value));
            map.maybe("subnets", subnets.as_ref().map(|names| Value::List(all(names))));
        }
        AttachedTo::Peering(peer) => {
            map.put("peering", Value::text(&peer.value));
        }
        AttachedTo::Other { kind, name, prefixes } => {
            match kind.as_str() {
                "VPN connection" => map.put("vpn", Value::text(&name.value)),
                "Direct Connect gateway" => map.put("direct_connect", Value::text(&name.value)),
                _ => map.put("other", Value::text(&name.value)).put("kind", Value::text(kind)),
            };
            map.maybe(
                "prefixes",
                prefixes.as_ref().map(|cidrs| some(cidrs).unwrap_or(Value::List(Vec::new()))),
            );
        }
    }
    map.flag("appliance_mode", attachment.appliance_mode.value, false);
    map.flag("ipv6", attachment.ipv6.value, false);
    map.flag("security_group_referencing", attachment.security_group_referencing.value, true);
    if !attachment.available.value {
        map.put("status", Value::text("pending"));
    }
    if attachment.association_unknown {
        map.put("association", Value::text("?"));
    }
    map.record()
}
