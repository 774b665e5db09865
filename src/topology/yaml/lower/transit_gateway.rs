//! Transit gateways.

use super::super::codes;
use super::super::fields::Fields;
use super::super::grammar::transit_gateway::{ATTACHMENT, TRANSIT_GATEWAY, TRANSIT_GATEWAY_ROUTE_TABLE};
use super::super::problems::{Fault, Problems, quote};
use super::super::{values, words};
use super::rules::{not_a_target, routes};
use crate::topology::{
    AttachedTo, Completeness, Entries, Entry, Place, RouteTable, RouteTarget, Spanned, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable,
};

pub(super) fn transit_gateways(
    top: Fields<'_, '_>,
    completeness: &Completeness,
    problems: &mut Problems,
) -> Entries<TransitGateway> {
    let mut gateways = Entries::default();
    for (key, node) in top.map("transit_gateways") {
        let said = Fields::new(node, &TRANSIT_GATEWAY);
        let attachments = attachments(said);
        let route_tables = said.get("route_tables").map(|_| route_tables(said, &attachments, problems));
        // A capture says what it says.
        if let Some(tables) = route_tables.as_ref().filter(|_| *completeness == Completeness::Complete) {
            check_associations(tables, problems);
        }
        let gateway = TransitGateway {
            security_group_referencing: flag(said, "security_group_referencing", false),
            attachments,
            route_tables,
            place: key.place(),
        };
        gateways.push(key.name(), gateway);
    }
    gateways
}

fn flag(said: Fields<'_, '_>, key: &str, default: bool) -> Spanned<bool> {
    said.read(key, values::boolean).unwrap_or(Spanned::implicit(default))
}

fn attachments(gateway: Fields<'_, '_>) -> Entries<TransitGatewayAttachment> {
    let mut attachments = Entries::default();
    for (key, node) in gateway.map("attachments") {
        let said = Fields::new(node, &ATTACHMENT);
        let Some(to) = attached_to(said) else { continue };
        let status = said.read("status", |text| words::read(words::ATTACHMENT_STATUSES, "status", text));
        let attachment = TransitGatewayAttachment {
            to,
            available: status.unwrap_or(Spanned::implicit(true)),
            appliance_mode: flag(said, "appliance_mode", false),
            ipv6: flag(said, "ipv6", false),
            security_group_referencing: flag(said, "security_group_referencing", true),
            association_unknown: said.get("association").is_some(),
            place: key.place(),
        };
        attachments.push(key.name(), attachment);
    }
    attachments
}

fn attached_to(said: Fields<'_, '_>) -> Option<AttachedTo> {
    if let Some(vpc) = said.text("vpc") {
        let subnets = said.entry("subnets").map(|_| said.texts("subnets"));
        return Some(AttachedTo::Vpc { vpc, subnets });
    }
    if let Some(peer) = said.text("peering") {
        return Some(AttachedTo::Peering(peer));
    }
    let own = said.read_list("prefixes", values::cidr);
    if let Some(name) = said.text("other") {
        let kind = said.text("kind").map_or_else(|| "attachment".to_owned(), |kind| kind.value);
        return Some(AttachedTo::Other { kind, name, prefixes: own });
    }
    let lines = [("vpn", "VPN connection"), ("direct_connect", "Direct Connect gateway")];
    lines.into_iter().find_map(|(key, kind)| {
        let name = said.text(key)?;
        Some(AttachedTo::Other { kind: kind.to_owned(), name, prefixes: own.clone() })
    })
}

fn route_tables(
    gateway: Fields<'_, '_>,
    attachments: &Entries<TransitGatewayAttachment>,
    problems: &mut Problems,
) -> Entries<TransitGatewayRouteTable> {
    let mut tables = Entries::default();
    for (key, node) in gateway.map("route_tables") {
        let said = Fields::new(node, &TRANSIT_GATEWAY_ROUTE_TABLE);
        let routes = said.get("routes").map(routes).unwrap_or_default();
        for route in routes.iter().filter(|route| route.target.value == RouteTarget::Local) {
            let target = Spanned::new("local".to_owned(), route.target.place);
            let help = "name an attachment, or `blackhole`";
            problems.push(not_a_target(&target, "a transit gateway has no addresses of its own", help));
        }
        let table = TransitGatewayRouteTable {
            associations: said.texts("associations"),
            propagations: said.texts("propagations"),
            table: RouteTable { routes, propagating: Vec::new() },
            routes_missing: said.flag("incomplete", false),
            place: key.place(),
        };
        for name in &table.propagations {
            let peering =
                attachments.get(&name.value).is_some_and(|a| matches!(a.to, AttachedTo::Peering(_)));
            if peering {
                let message =
                    format!("{} is a peering attachment: it propagates nothing", quote(&name.value));
                let fault = Fault::warning(codes::PEERING_PROPAGATION, message);
                problems.push(fault.help("write static routes on both sides (TG-8)").at(name.place));
            }
        }
        tables.push(key.name(), table);
    }
    tables
}

/// TG-3: an attachment is associated with one table at most.
fn check_associations(tables: &Entries<TransitGatewayRouteTable>, problems: &mut Problems) {
    let mut seen: Vec<(&str, &str, Place)> = Vec::new();
    for (table, name) in
        tables.iter().flat_map(|table| table.value.associations.iter().map(move |a| (table, a)))
    {
        match seen.iter().find(|(attachment, ..)| *attachment == name.value) {
            Some((_, first, place)) => {
                let message = format!(
                    "attachment {} is associated twice, with {} and {}",
                    quote(&name.value),
                    quote(first),
                    quote(Entry::name(table))
                );
                let fault = Fault::error(codes::TWO_ASSOCIATIONS, message).help(
                    "an attachment uses one route table; many may learn its ranges: `propagations` (TG-3)",
                );
                problems.push(fault.at(name.place).also(*place, "said here already"));
            }
            None => seen.push((&name.value, table.name(), name.place)),
        }
    }
}
