//! `describe-route-tables`.

use ipnet::IpNet;
use serde::Deserialize;

use super::builder::{Builder, Found};
use super::common::{self, AssociationState, Tag};
use super::remarks;
use super::unmodelled;
use crate::topology::{
    self, Association, Entry, Place, RouteDestination, RouteOrigin, RouteState, RouteTarget, Spanned,
};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RouteTable {
    route_table_id: String,
    vpc_id: String,
    associations: Vec<TableAssociation>,
    routes: Vec<Route>,
    propagating_vgws: Vec<PropagatingVgw>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct TableAssociation {
    main: bool,
    subnet_id: Option<String>,
    gateway_id: Option<String>,
    association_state: Option<AssociationState>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct PropagatingVgw {
    gateway_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Route {
    destination_cidr_block: Option<String>,
    destination_ipv6_cidr_block: Option<String>,
    destination_prefix_list_id: Option<String>,
    gateway_id: Option<String>,
    nat_gateway_id: Option<String>,
    network_interface_id: Option<String>,
    instance_id: Option<String>,
    vpc_peering_connection_id: Option<String>,
    transit_gateway_id: Option<String>,
    egress_only_internet_gateway_id: Option<String>,
    carrier_gateway_id: Option<String>,
    local_gateway_id: Option<String>,
    core_network_arn: Option<String>,
    odb_network_arn: Option<String>,
    ip_address: Option<String>,
    origin: Option<String>,
    state: Option<String>,
}

const KIND: &str = "route table";

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.route_tables, |table| &table.route_table_id) {
        let place = builder.place(found.file, found.id);
        if builder.vpc_of(&found.value.vpc_id, KIND, found.id, place).is_none() {
            continue;
        }
        let mut table = topology::RouteTable::default();
        for said in &found.value.routes {
            table.routes.extend(route(builder, &found, said));
        }
        for vgw in &found.value.propagating_vgws {
            unmodelled::mention(builder, &vgw.gateway_id, place);
            table.propagating.push(Spanned::new(vgw.gateway_id.clone(), place));
        }
        associate(builder, &found, place);
        if let Some(vpc) = builder.vpc(&found.value.vpc_id) {
            vpc.route_tables.0.push(Entry {
                name: Spanned::new(found.id.to_owned(), place),
                aliases: common::aliases(found.id, &found.value.tags, &[]),
                value: table,
            });
        }
    }
}

/// Main table, subnets, and gateways (RT-16).
fn associate(builder: &mut Builder<'_>, found: &Found<'_, RouteTable>, place: Place) {
    let name = Spanned::new(found.id.to_owned(), place);
    let in_force = |one: &&TableAssociation| AssociationState::holds(one.association_state.as_ref());
    for association in found.value.associations.iter().filter(in_force) {
        if let Some(id) = &association.subnet_id {
            if let Some(subnet) = builder.subnet(id) {
                subnet.route_table = Association::Named(name.clone());
            }
        } else if let Some(gateway) = &association.gateway_id {
            builder.edge_tables.push((gateway.clone(), name.clone()));
        } else if association.main
            && let Some(vpc) = builder.vpc(&found.value.vpc_id)
        {
            vpc.main_route_table = Some(name.clone());
        }
    }
}

fn route(builder: &mut Builder<'_>, found: &Found<'_, RouteTable>, said: &Route) -> Option<topology::Route> {
    let text = said
        .destination_cidr_block
        .as_deref()
        .or(said.destination_ipv6_cidr_block.as_deref())
        .or(said.destination_prefix_list_id.as_deref())
        .unwrap_or("(no destination)");
    let id = format!("{} {text}", found.id);
    let destination = destination(said);
    if is_local(said) && destination.as_ref().is_none_or(|to| every_table_has(builder, found, to)) {
        return None;
    }
    let place = builder.place(found.file, id.as_str());
    let Some(destination) = destination else {
        builder.remark(&remarks::BAD_CIDR, &id, place);
        return None;
    };
    let state = match said.state.as_deref() {
        Some("blackhole") => Some(RouteState::Blackhole),
        Some("active") => Some(RouteState::Active),
        _ => None,
    };
    let target = target(builder, said, state, &id, place);
    let propagated = said.origin.as_deref() == Some("EnableVgwRoutePropagation");
    Some(topology::Route {
        destination: Spanned::new(destination, place),
        target: Spanned::new(target, place),
        state,
        origin: if propagated { RouteOrigin::Propagated } else { RouteOrigin::Static },
        place,
    })
}

fn destination(said: &Route) -> Option<RouteDestination> {
    if let Some(list) = &said.destination_prefix_list_id {
        return Some(RouteDestination::PrefixList(list.clone()));
    }
    let text = said.destination_cidr_block.as_ref().or(said.destination_ipv6_cidr_block.as_ref())?;
    common::cidr(text).map(RouteDestination::Cidr)
}

fn is_local(said: &Route) -> bool {
    said.gateway_id.as_deref() == Some("local")
}

/// Whether a `local` route is the one that every table has. Written out for anything else than a range of the
/// VPC, it says something (RT-16), and is kept.
fn every_table_has(builder: &mut Builder<'_>, found: &Found<'_, RouteTable>, to: &RouteDestination) -> bool {
    let Some(vpc) = builder.vpc(&found.value.vpc_id) else { return true };
    match to {
        RouteDestination::Cidr(IpNet::V4(cidr)) => {
            vpc.cidrs.is_empty() || vpc.cidrs.iter().any(|own| own.value == *cidr)
        }
        RouteDestination::Cidr(IpNet::V6(cidr)) => {
            vpc.ipv6_cidrs.is_empty() || vpc.ipv6_cidrs.iter().any(|own| own.value == *cidr)
        }
        RouteDestination::PrefixList(_) | RouteDestination::Unknown(_) => false,
    }
}

/// The one id that is set; an interface rather than its instance, for AWS lists both.
fn target(
    builder: &mut Builder<'_>,
    said: &Route,
    state: Option<RouteState>,
    id: &str,
    place: Place,
) -> RouteTarget {
    let ids = [
        &said.network_interface_id,
        &said.instance_id,
        &said.nat_gateway_id,
        &said.vpc_peering_connection_id,
        &said.transit_gateway_id,
        &said.egress_only_internet_gateway_id,
        &said.carrier_gateway_id,
        &said.local_gateway_id,
        &said.core_network_arn,
        &said.odb_network_arn,
        &said.gateway_id,
        &said.ip_address,
    ];
    match ids.into_iter().flatten().find(|id| !id.is_empty()) {
        Some(local) if local == "local" => RouteTarget::Local,
        Some(target) => {
            unmodelled::mention(builder, target, place);
            RouteTarget::Named(target.clone())
        }
        None if state == Some(RouteState::Blackhole) => RouteTarget::Blackhole,
        None => {
            builder.remark(&remarks::NO_TARGET, id, place);
            let name = format!("target of {id}");
            unmodelled::add(builder, "route target", &name, place);
            RouteTarget::Named(name)
        }
    }
}
