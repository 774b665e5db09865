//! `describe-transit-gateways`, their attachments, route tables and routes.
//!
//! AWS lists what a table has learnt; emulators do not. Where a list has nothing that was learnt, it is derived from the
//! propagations. Three of the calls answer without the id of their table: the name of the file has it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::builder::Builder;
use super::common::{self, AssociationState, Tag};
use super::remarks;
use crate::topology::{
    self, AttachedTo, CaptureKind, Entry, FileId, Place, RouteDestination, RouteOrigin, RouteState,
    RouteTarget, Spanned, TransitGatewayAttachment, TransitGatewayRouteTable,
};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TransitGateway {
    transit_gateway_id: String,
    state: Option<String>,
    options: GatewayOptions,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct GatewayOptions {
    security_group_referencing_support: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VpcAttachment {
    transit_gateway_attachment_id: String,
    transit_gateway_id: String,
    vpc_id: String,
    state: Option<String>,
    subnet_ids: Vec<String>,
    options: AttachmentOptions,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct AttachmentOptions {
    ipv6_support: Option<String>,
    appliance_mode_support: Option<String>,
    security_group_referencing_support: Option<String>,
}

/// Any attachment, without what is particular to its kind.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AnyAttachment {
    transit_gateway_attachment_id: String,
    transit_gateway_id: String,
    resource_type: String,
    resource_id: String,
    state: Option<String>,
    association: Option<TableAssociation>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct TableAssociation {
    transit_gateway_route_table_id: String,
    state: Option<AssociationState>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PeeringAttachment {
    transit_gateway_attachment_id: String,
    requester_tgw_info: TgwInfo,
    accepter_tgw_info: TgwInfo,
    state: Option<String>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct TgwInfo {
    transit_gateway_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RouteTable {
    transit_gateway_route_table_id: String,
    transit_gateway_id: String,
    state: Option<String>,
    tags: Vec<Tag>,
}

/// An answer of `search-transit-gateway-routes`, wrapped with the id that it lacks.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct WrappedRoutes {
    transit_gateway_route_table_id: String,
    routes: Vec<Route>,
    additional_routes_available: bool,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Route {
    destination_cidr_block: Option<String>,
    prefix_list_id: Option<String>,
    transit_gateway_attachments: Vec<AttachmentId>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    state: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct AttachmentId {
    transit_gateway_attachment_id: String,
}

/// An association, or a propagation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Link {
    transit_gateway_attachment_id: String,
    state: Option<String>,
}

/// An answer of `get-transit-gateway-route-table-propagations`, wrapped with the id that it lacks.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct WrappedPropagations {
    transit_gateway_route_table_id: String,
    transit_gateway_route_table_propagations: Vec<Link>,
}

const GATEWAY: &str = "transit gateway";
const ATTACHMENT: &str = "transit gateway attachment";
const TABLE: &str = "transit gateway route table";

/// What is known about each table. None: the call was not captured.
#[derive(Default)]
struct Contents<'a> {
    routes: Option<(FileId, Vec<&'a Route>)>,
    more_routes: bool,
    associations: Option<Vec<&'a Link>>,
    propagations: Option<Vec<&'a Link>>,
}

type AllContents<'a> = BTreeMap<&'a str, Contents<'a>>;

/// An attachment of a gateway, before it is known with which table it is associated.
struct Draft {
    gateway: String,
    id: String,
    aliases: Vec<String>,
    value: TransitGatewayAttachment,
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let contents = contents(builder);
    let drafts = attachments(builder);
    let any = any_attachments(builder);
    let mut gateways: Vec<(String, Place, Vec<String>, bool)> = Vec::new();
    for found in builder.unique(GATEWAY, |page| &page.transit_gateways, |one| &one.transit_gateway_id) {
        if found.value.state.as_deref() == Some("deleted") {
            builder.inventory.add_ignored(GATEWAY, 1, "deleted");
            continue;
        }
        let place = builder.place(found.file, found.id);
        let references = is_enabled(found.value.options.security_group_referencing_support.as_deref(), false);
        gateways.push((
            found.id.to_owned(),
            place,
            common::aliases(found.id, &found.value.tags, &[]),
            references,
        ));
    }
    // A route proves a gateway that no answer lists.
    let mentioned: Vec<_> = builder.mentioned.keys().filter(|(kind, _)| *kind == GATEWAY).cloned().collect();
    for key in mentioned {
        let place = builder.mentioned.remove(&key).unwrap_or_default();
        if gateways.iter().all(|(id, ..)| *id != key.1) {
            gateways.push((key.1, place, Vec::new(), false));
        }
    }
    let tables = tables(builder, &contents, &any);
    for (id, place, aliases, references) in gateways {
        let own: Vec<&(String, Entry<TransitGatewayRouteTable>)> =
            tables.iter().filter(|(gateway, _)| *gateway == id).collect();
        // Of a table that the capture does not hold, nobody knows whom it serves.
        let all_known = !own.is_empty()
            && own
                .iter()
                .all(|(_, table)| contents.get(table.name()).is_some_and(|one| one.associations.is_some()));
        let mut gateway = topology::TransitGateway {
            security_group_referencing: Spanned::new(references, place),
            attachments: topology::Entries::default(),
            route_tables: Some(topology::Entries(own.iter().map(|(_, table)| table.clone()).collect())),
            place,
        };
        for draft in drafts.iter().filter(|draft| draft.gateway == id) {
            let mut value = draft.value.clone();
            let names = |table: &(String, Entry<TransitGatewayRouteTable>)| {
                table.1.value.associations.iter().any(|name| name.value == draft.id)
            };
            value.association_unknown = !all_known && !own.iter().any(|table| names(table));
            gateway.attachments.0.push(Entry {
                name: Spanned::new(draft.id.clone(), value.place),
                aliases: draft.aliases.clone(),
                value,
            });
        }
        let name = Spanned::new(id, place);
        builder.topology.transit_gateways.0.push(Entry { name, aliases, value: gateway });
    }
}

/// The calls that are missing, where there is any transit gateway at all.
pub(super) fn missing(builder: &Builder<'_>) -> Vec<CaptureKind> {
    if builder.topology.transit_gateways.is_empty() {
        return Vec::new();
    }
    let answered = |call| builder.pages.iter().any(|page| page.calls.contains(&call));
    let tables = || {
        builder
            .topology
            .transit_gateways
            .iter()
            .flat_map(|gateway| gateway.value.route_tables.iter().flatten())
    };
    let attachments =
        || builder.topology.transit_gateways.iter().flat_map(|gateway| &gateway.value.attachments);
    let wanted = [
        (CaptureKind::TransitGateways, !answered(CaptureKind::TransitGateways)),
        (CaptureKind::TransitGatewayVpcAttachments, !answered(CaptureKind::TransitGatewayVpcAttachments)),
        (CaptureKind::TransitGatewayRouteTables, !answered(CaptureKind::TransitGatewayRouteTables)),
        (CaptureKind::TransitGatewayRoutes, tables().any(|table| table.value.routes_missing)),
        (CaptureKind::TransitGatewayAssociations, attachments().any(|one| one.value.association_unknown)),
    ];
    wanted.into_iter().filter(|(_, is_missing)| *is_missing).map(|(call, _)| call).collect()
}

fn is_enabled(said: Option<&str>, default: bool) -> bool {
    said.map_or(default, |text| text == "enable")
}

/// Whether an attachment forwards; none if it is gone.
fn availability(state: Option<&str>) -> Option<bool> {
    match state {
        Some("deleted" | "deleting" | "failed" | "rejected") => None,
        Some("available" | "modifying") | None => Some(true),
        Some(_) => Some(false),
    }
}

fn attachments(builder: &mut Builder<'_>) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for page in builder.pages {
        for said in &page.transit_vpc_attachments {
            if !builder.has_id(ATTACHMENT, &said.transit_gateway_attachment_id) {
                continue;
            }
            ids.insert(said.transit_gateway_attachment_id.clone());
            let place = builder.place(FileId(page.file), said.transit_gateway_attachment_id.as_str());
            let spanned = |text: &String| Spanned::new(text.clone(), place);
            let to = AttachedTo::Vpc {
                vpc: spanned(&said.vpc_id),
                subnets: Some(said.subnet_ids.iter().map(spanned).collect()),
            };
            let options = &said.options;
            let flags = [
                is_enabled(options.appliance_mode_support.as_deref(), false),
                is_enabled(options.ipv6_support.as_deref(), false),
                is_enabled(options.security_group_referencing_support.as_deref(), true),
            ];
            let ends = (&said.transit_gateway_id, &said.transit_gateway_attachment_id);
            let about = (said.state.as_deref(), said.tags.as_slice(), place);
            push(&mut drafts, &mut seen, ends, about, to, flags);
        }
    }
    for page in builder.pages {
        for said in &page.transit_peerings {
            let (one, other) =
                (&said.requester_tgw_info.transit_gateway_id, &said.accepter_tgw_info.transit_gateway_id);
            // Emulators list every attachment here, without its ends.
            if one.is_empty() || other.is_empty() {
                continue;
            }
            if !builder.has_id(ATTACHMENT, &said.transit_gateway_attachment_id) {
                continue;
            }
            ids.insert(said.transit_gateway_attachment_id.clone());
            let place = builder.place(FileId(page.file), said.transit_gateway_attachment_id.as_str());
            for (own, far) in [(one, other), (other, one)] {
                let to = AttachedTo::Peering(Spanned::new(far.clone(), place));
                let ends = (own, &said.transit_gateway_attachment_id);
                let about = (said.state.as_deref(), said.tags.as_slice(), place);
                push(&mut drafts, &mut seen, ends, about, to, [false, true, false]);
            }
        }
    }
    for page in builder.pages {
        for said in &page.transit_attachments {
            if !builder.has_id(ATTACHMENT, &said.transit_gateway_attachment_id) {
                continue;
            }
            ids.insert(said.transit_gateway_attachment_id.clone());
            let place = builder.place(FileId(page.file), said.transit_gateway_attachment_id.as_str());
            let name = Spanned::new(said.resource_id.clone(), place);
            let kind = match said.resource_type.as_str() {
                // Its subnets are not said here.
                "vpc" => None,
                "vpn" => Some("VPN connection"),
                "direct-connect-gateway" => Some("Direct Connect gateway"),
                "connect" => Some("Connect attachment"),
                "peering" => Some("transit gateway"),
                _ => Some(ATTACHMENT),
            };
            let to = match kind {
                None => AttachedTo::Vpc { vpc: name, subnets: None },
                Some(kind) => AttachedTo::Other { kind: kind.to_owned(), name, prefixes: None },
            };
            let ends = (&said.transit_gateway_id, &said.transit_gateway_attachment_id);
            let about = (said.state.as_deref(), said.tags.as_slice(), place);
            push(&mut drafts, &mut seen, ends, about, to, [false, true, false]);
        }
    }
    builder.inventory.add_read(ATTACHMENT, ids.len());
    drafts
}

/// Adds an attachment, unless it is gone or was described better already.
fn push(
    drafts: &mut Vec<Draft>,
    seen: &mut BTreeSet<(String, String)>,
    (gateway, id): (&String, &String),
    (state, tags, place): (Option<&str>, &[Tag], Place),
    to: AttachedTo,
    [appliance_mode, ipv6, references]: [bool; 3],
) {
    if id.is_empty() || !seen.insert((gateway.clone(), id.clone())) {
        return;
    }
    let Some(available) = availability(state) else { return };
    drafts.push(Draft {
        gateway: gateway.clone(),
        id: id.clone(),
        aliases: common::aliases(id, tags, &[]),
        value: TransitGatewayAttachment {
            to,
            available: Spanned::new(available, place),
            appliance_mode: Spanned::new(appliance_mode, place),
            ipv6: Spanned::new(ipv6, place),
            security_group_referencing: Spanned::new(references, place),
            association_unknown: false,
            place,
        },
    });
}

/// Attachments with the table that they say themselves: the shortest way to their associations.
fn any_attachments<'a>(builder: &Builder<'a>) -> Vec<(&'a str, &'a str, &'a str)> {
    let all = builder.pages.iter().flat_map(|page| &page.transit_attachments);
    let associated = all.filter_map(|one| {
        let association = one.association.as_ref()?;
        let holds = AssociationState::holds(association.state.as_ref());
        let table = association.transit_gateway_route_table_id.as_str();
        (holds && !table.is_empty()).then_some((
            one.transit_gateway_id.as_str(),
            one.transit_gateway_attachment_id.as_str(),
            table,
        ))
    });
    associated.collect()
}

fn contents<'a>(builder: &mut Builder<'a>) -> AllContents<'a> {
    let mut all = AllContents::new();
    let mut counts = [0; 3];
    let mut nameless: Vec<String> = Vec::new();
    for page in builder.pages {
        let file = builder
            .topology
            .sources
            .file(FileId(page.file))
            .map(|file| file.name.clone())
            .unwrap_or_default();
        // The id lives as long as the pages: it is that of a table which some answer names.
        let named = id_in_name(&file).and_then(|id| known_table(builder.pages, id));
        let links = [&page.transit_associations, &page.transit_propagations].into_iter().flatten().flatten();
        let routes = page.transit_routes.iter().flatten();
        let is_ours = routes.into_iter().any(|route| !route.transit_gateway_attachments.is_empty())
            || links.into_iter().any(|link| !link.transit_gateway_attachment_id.is_empty());
        if is_ours && named.is_none() {
            nameless.push(file.clone());
        }
        if let (Some(table), Some(routes)) = (named, &page.transit_routes) {
            counts[0] += routes.len();
            add_routes(&mut all, table, page.file, routes, page.more_transit_routes);
        }
        for wrapped in &page.transit_wrapped_routes {
            counts[0] += wrapped.routes.len();
            let table = wrapped.transit_gateway_route_table_id.as_str();
            add_routes(&mut all, table, page.file, &wrapped.routes, wrapped.additional_routes_available);
        }
        if let (Some(table), Some(links)) = (named, &page.transit_associations) {
            counts[1] += links.len();
            all.entry(table).or_default().associations.get_or_insert_default().extend(links);
        }
        if let (Some(table), Some(links)) = (named, &page.transit_propagations) {
            counts[2] += links.len();
            all.entry(table).or_default().propagations.get_or_insert_default().extend(links);
        }
        for wrapped in &page.transit_wrapped_propagations {
            let links = &wrapped.transit_gateway_route_table_propagations;
            counts[2] += links.len();
            let table = wrapped.transit_gateway_route_table_id.as_str();
            all.entry(table).or_default().propagations.get_or_insert_default().extend(links);
        }
    }
    for (kind, count) in [
        "transit gateway route",
        "transit gateway route table association",
        "transit gateway route table propagation",
    ]
    .into_iter()
    .zip(counts)
    {
        if count > 0 {
            builder.inventory.add_read(kind, count);
        }
    }
    for file in nameless {
        builder.remark(&remarks::NO_TABLE, &file, Place::Implicit);
    }
    all
}

fn add_routes<'a>(all: &mut AllContents<'a>, table: &'a str, file: u32, routes: &'a [Route], more: bool) {
    let contents = all.entry(table).or_default();
    contents.routes.get_or_insert_with(|| (FileId(file), Vec::new())).1.extend(routes);
    contents.more_routes |= more;
}

fn known_table<'a>(pages: &'a [super::document::Page], id: &str) -> Option<&'a str> {
    let tables = pages.iter().flat_map(|page| &page.transit_tables);
    let mut ids = tables.map(|table| table.transit_gateway_route_table_id.as_str());
    ids.find(|known| *known == id)
}

/// The id of a route table in the name of a file.
fn id_in_name(name: &str) -> Option<&str> {
    const PREFIX: &str = "tgw-rtb-";
    let name = name.rsplit(['/', '\\']).next()?;
    let from = name.get(name.rfind(PREFIX)?..)?;
    let length = from.bytes().skip(PREFIX.len()).take_while(u8::is_ascii_alphanumeric).count();
    if length == 0 { None } else { from.get(..PREFIX.len() + length) }
}

/// Every table with its gateway.
fn tables(
    builder: &mut Builder<'_>,
    contents: &AllContents<'_>,
    associated: &[(&str, &str, &str)],
) -> Vec<(String, Entry<TransitGatewayRouteTable>)> {
    let mut tables = Vec::new();
    let all =
        builder.unique(TABLE, |page| &page.transit_tables, |table| &table.transit_gateway_route_table_id);
    for found in all {
        if matches!(found.value.state.as_deref(), Some("deleted" | "deleting")) {
            builder.inventory.add_ignored(TABLE, 1, "deleted");
            continue;
        }
        let place = builder.place(found.file, found.id);
        let own = contents.get(found.id);
        let aliases = common::aliases(found.id, &found.value.tags, &[]);
        let gateway = found.value.transit_gateway_id.clone();
        let value = table(builder, found.id, own, associated, place);
        tables.push((gateway, Entry { name: Spanned::new(found.id.to_owned(), place), aliases, value }));
    }
    // A table that only an attachment names: it routes, and nobody knows how.
    for (gateway, _, id) in associated {
        if tables.iter().all(|(_, table)| table.name() != *id) {
            let value = table(builder, id, contents.get(id), associated, Place::Implicit);
            let name = Spanned::implicit((*id).to_owned());
            tables.push(((*gateway).to_owned(), Entry { name, aliases: Vec::new(), value }));
        }
    }
    tables
}

fn table(
    builder: &mut Builder<'_>,
    id: &str,
    contents: Option<&Contents<'_>>,
    associated: &[(&str, &str, &str)],
    place: Place,
) -> TransitGatewayRouteTable {
    let in_force = |link: &&&Link| {
        matches!(link.state.as_deref(), None | Some("associated" | "associating" | "enabled" | "enabling"))
    };
    let names = |links: Option<&Vec<&Link>>| -> Vec<Spanned<String>> {
        let links = links.into_iter().flatten().filter(in_force);
        links.map(|link| Spanned::new(link.transit_gateway_attachment_id.clone(), place)).collect()
    };
    let mut associations = names(contents.and_then(|one| one.associations.as_ref()));
    // What the attachment says counts where the table's own call is missing.
    if contents.is_none_or(|one| one.associations.is_none()) {
        let own = associated.iter().filter(|(_, _, table)| *table == id);
        associations.extend(own.map(|(_, attachment, _)| Spanned::new((*attachment).to_owned(), place)));
    }
    let mut routes = Vec::new();
    let listed = contents.and_then(|one| one.routes.as_ref());
    for (file, said) in
        listed.into_iter().flat_map(|(file, routes)| routes.iter().map(move |route| (*file, *route)))
    {
        routes.extend(route(builder, id, file, said));
    }
    let has_learnt = routes.iter().any(|route| route.origin == RouteOrigin::Propagated);
    let propagations = contents.and_then(|one| one.propagations.as_ref());
    TransitGatewayRouteTable {
        associations,
        // AWS's own list of what was learnt is better than what can be derived.
        propagations: if has_learnt { Vec::new() } else { names(propagations) },
        table: topology::RouteTable { routes, propagating: Vec::new() },
        routes_missing: listed.is_none()
            || contents.is_some_and(|one| one.more_routes)
            || (!has_learnt && propagations.is_none()),
        place,
    }
}

fn route(builder: &mut Builder<'_>, table: &str, file: FileId, said: &Route) -> Option<topology::Route> {
    let text = said
        .destination_cidr_block
        .as_deref()
        .or(said.prefix_list_id.as_deref())
        .unwrap_or("(no destination)");
    let id = format!("{table} {text}");
    let place = builder.place(file, id.as_str());
    let destination = match (&said.destination_cidr_block, &said.prefix_list_id) {
        (Some(cidr), _) => common::cidr(cidr).map(RouteDestination::Cidr),
        (None, Some(list)) => Some(RouteDestination::PrefixList(list.clone())),
        (None, None) => None,
    };
    let Some(destination) = destination else {
        builder.remark(&remarks::BAD_CIDR, &id, place);
        return None;
    };
    let state = match said.state.as_deref() {
        Some("blackhole") => Some(RouteState::Blackhole),
        Some("active") => Some(RouteState::Active),
        // It is not in force (yet).
        Some("pending" | "deleting" | "deleted") => return None,
        _ => None,
    };
    let attachment =
        said.transit_gateway_attachments.first().map(|one| one.transit_gateway_attachment_id.clone());
    let target = match (attachment, state) {
        (Some(id), _) => RouteTarget::Named(id),
        (None, Some(RouteState::Blackhole)) => RouteTarget::Blackhole,
        (None, _) => {
            builder.remark(&remarks::NO_TARGET, &id, place);
            RouteTarget::Named(format!("target of {id}"))
        }
    };
    let propagated = said.kind.as_deref() == Some("propagated");
    Some(topology::Route {
        destination: Spanned::new(destination, place),
        target: Spanned::new(target, place),
        state,
        origin: if propagated { RouteOrigin::Propagated } else { RouteOrigin::Static },
        place,
    })
}
