//! Route tables, routes, and what they are associated with.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::Value;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::reference::{Candidate, Wanted};
use super::resource::{self, Resource, Step};
use super::{prefix_list, remarks, unmodelled, wanted};
use crate::source::aws::common;
use crate::topology::{
    Association, Place, Route, RouteDestination, RouteOrigin, RouteState, RouteTable, RouteTarget, Spanned,
};

/// Tables by what links to them lead to: index of the VPC, and name.
#[derive(Default)]
struct Tables(BTreeMap<Candidate, (usize, Spanned<String>)>);

/// Attributes of a route that name its target, an interface before its instance: AWS answers with both.
static TARGETS: &[(&str, &Wanted)] = &[
    ("network_interface_id", &wanted::INTERFACE),
    ("instance_id", &wanted::INSTANCE),
    ("nat_gateway_id", &wanted::NAT_GATEWAY),
    ("vpc_peering_connection_id", &wanted::PEERING),
    ("transit_gateway_id", &wanted::TRANSIT_GATEWAY),
    ("egress_only_gateway_id", &wanted::EGRESS_ONLY),
    ("vpc_endpoint_id", &wanted::ENDPOINT),
    ("gateway_id", &wanted::GATEWAY),
    ("carrier_gateway_id", &wanted::ANYTHING),
    ("local_gateway_id", &wanted::ANYTHING),
    ("core_network_arn", &wanted::ANYTHING),
    ("odb_network_arn", &wanted::ANYTHING),
];

const DESTINATIONS: &[&str] =
    &["cidr_block", "destination_cidr_block", "ipv6_cidr_block", "destination_ipv6_cidr_block"];

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut tables = Tables::default();
    for (at, one) in builder.once(wanted::TABLE_KINDS) {
        builder.settle(at, Fate::Read);
        add_table(builder, &mut tables, at, one);
    }
    main_associations(builder, &mut tables);
    for (at, one) in builder.of(&["aws_route"]) {
        builder.settle(at, Fate::Read);
        add_route(builder, &mut tables, at, one);
    }
    for (at, _) in builder.of(&["aws_vpn_gateway_route_propagation"]) {
        builder.settle(at, Fate::Read);
        propagate(builder, &mut tables, at);
    }
    for (at, _) in builder.of(&["aws_route_table_association"]) {
        builder.settle(at, Fate::Read);
        associate(builder, &mut tables, at);
    }
    gateway_endpoints(builder, &mut tables);
    for (at, one) in builder.once(wanted::TABLE_KINDS).into_iter().filter(|(_, one)| !one.is_managed) {
        described_associations(builder, &mut tables, at, one);
    }
}

fn add_table(builder: &mut Builder<'_>, tables: &mut Tables, at: usize, one: &Resource) {
    let is_default = one.is("aws_default_route_table");
    let vpc = if is_default {
        super::vpc::by_default(builder, at, "default_route_table_id", &wanted::ROUTE_TABLE)
    } else {
        builder.vpc_of(at)
    };
    let Some(vpc) = vpc else {
        builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
        return;
    };
    let name = builder.name(at);
    let mut table = RouteTable::default();
    let listed = one.blocks(if one.is_managed { "route" } else { "routes" }).len();
    for index in 0..listed {
        if !is_gone(builder, at, one, index) {
            let step = if one.is_managed { "route" } else { "routes" };
            let part = format!("route[{index}]");
            let place = builder.part(at, &part);
            table.routes.extend(route(builder, at, &[Step::Name(step), Step::Index(index)], place));
        }
    }
    let path = [Step::Name("route")];
    if one.is_wholly_unknown(&path)
        && super::reference::is_configured(builder.world, one, "route") != Some(false)
    {
        table.routes.push(unknown_route(builder, at, name.place));
    }
    for id in builder.links(at, "propagating_vgws", &wanted::VPN_GATEWAY).to {
        let gateway = target_name(builder, id, name.place);
        table.propagating.push(Spanned::new(gateway, name.place));
    }
    if is_default && let Some(vpc) = builder.vpc(vpc) {
        vpc.main_route_table = Some(name.clone());
    }
    if let Some(vpc) = builder.vpc(vpc) {
        vpc.route_tables.push(name.clone(), table);
    }
    tables.0.insert(Candidate { resource: at, attribute: None }, (vpc, name));
}

/// A route that stands in a table only because its own resource had it there before the plan.
fn is_gone(builder: &Builder<'_>, at: usize, one: &Resource, index: usize) -> bool {
    let Some(block) = one.blocks("route").get(index).copied().cloned() else { return false };
    let said = |block: &serde_json::Map<String, Value>| {
        let mut names = DESTINATIONS.iter().chain(&["destination_prefix_list_id"]);
        names.find_map(|name| block.get(*name).and_then(resource::text)).map(str::to_owned)
    };
    let destination = said(&block);
    let id = one.id();
    let same = |part: &&Resource| {
        part.is("aws_route")
            && part.text("route_table_id") == id
            && part.values.as_object().and_then(said) == destination
    };
    let known = id.is_some() && destination.is_some();
    // Now or before: where the route has a resource of its own, that one says where it leads.
    known
        && (builder.world.before.iter().any(|part| same(&part))
            || builder.world.resources.iter().any(|part| same(&part)))
        && !managed_inline(builder, at, one)
}

fn managed_inline(builder: &Builder<'_>, _: usize, one: &Resource) -> bool {
    super::reference::is_configured(builder.world, one, "route") == Some(true)
}

fn add_route(builder: &mut Builder<'_>, tables: &mut Tables, at: usize, one: &Resource) {
    let place = builder.place(at);
    let (vpc, name) = match builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) {
        Link::To(Target::Here(candidate)) => match table_of(builder, tables, &candidate) {
            Some(found) => found,
            None => {
                return builder.unresolved(
                    at,
                    &remarks::NOT_IN_FILE,
                    "its route table is not read".to_owned(),
                );
            }
        },
        Link::To(Target::Elsewhere(id)) => {
            return builder.unresolved(
                at,
                &remarks::NOT_IN_FILE,
                format!("its route table {id} is not in the file"),
            );
        }
        Link::None | Link::Open { .. } => return open_route(builder, tables, at),
    };
    let Some(mut route) = route(builder, at, &[], place) else { return };
    route.state = match one.text("state") {
        Some("blackhole") => Some(RouteState::Blackhole),
        _ => None,
    };
    push_route(builder, vpc, &name.value, route);
}

/// A route of nobody knows which table: any of those that it may be.
fn open_route(builder: &mut Builder<'_>, tables: &Tables, at: usize) {
    let Link::Open { among } = builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) else {
        return builder.unresolved(at, &remarks::NOT_IN_FILE, "it names no route table".to_owned());
    };
    let why = builder.why("its route table", &among);
    builder.unresolved(at, &remarks::LINK_OPEN, why);
    let place = builder.place(at);
    let mut all: Vec<(usize, String)> = tables
        .0
        .iter()
        .filter(|(candidate, _)| among.is_empty() || among.contains(candidate))
        .map(|(_, (vpc, name))| (*vpc, name.value.clone()))
        .collect();
    all.sort();
    for (vpc, name) in all {
        let route = unknown_route(builder, at, place);
        push_route(builder, vpc, &name, route);
    }
}

fn push_route(builder: &mut Builder<'_>, vpc: usize, table: &str, route: Route) {
    let Some(vpc) = builder.vpc(vpc) else { return };
    if let Some(entry) = vpc.route_tables.0.iter_mut().find(|entry| entry.name.value == table) {
        entry.value.routes.push(route);
    }
}

/// The table behind a link; the one that AWS made with the VPC is put into the topology when it is first needed.
fn table_of(
    builder: &mut Builder<'_>,
    tables: &mut Tables,
    candidate: &Candidate,
) -> Option<(usize, Spanned<String>)> {
    if let Some(found) = tables.0.get(candidate) {
        return Some(found.clone());
    }
    let attribute = candidate.attribute?;
    // Where another table was made the main one, the default table is one that the file does not tell apart.
    let replaced = !builder.of(&["aws_main_route_table_association"]).is_empty();
    if attribute == "default_route_table_id" && replaced {
        return None;
    }
    let vpc = builder.vpc_index(candidate.resource)?;
    let owner = builder.address(candidate.resource);
    let place = builder.place(candidate.resource);
    let adopted = builder.vpc(vpc)?.main_route_table.clone();
    let name = match adopted {
        Some(name) => name,
        None => {
            let name = Spanned::new(format!("{owner} main"), place);
            let into = builder.vpc(vpc)?;
            into.route_tables.push(name.clone(), RouteTable::default());
            into.main_route_table = Some(name.clone());
            name
        }
    };
    tables.0.insert(candidate.clone(), (vpc, name.clone()));
    Some((vpc, name))
}

fn main_associations(builder: &mut Builder<'_>, tables: &mut Tables) {
    for (at, _) in builder.of(&["aws_main_route_table_association"]) {
        builder.settle(at, Fate::Read);
        let Some(vpc) = builder.vpc_of(at) else {
            builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
            builder.facts.iter_mut().for_each(|facts| facts.main_table_open = true);
            continue;
        };
        match builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) {
            Link::To(Target::Here(candidate)) if tables.0.contains_key(&candidate) => {
                let name = tables.0.get(&candidate).map(|(_, name)| name.clone());
                if let Some(vpc) = builder.vpc(vpc) {
                    vpc.main_route_table = name;
                }
            }
            link => {
                let among = if let Link::Open { among } = link { among } else { Vec::new() };
                let why = builder.why("the main route table", &among);
                builder.unresolved(at, &remarks::LINK_OPEN, why);
                if let Some(facts) = builder.facts.get_mut(vpc) {
                    facts.main_table_open = true;
                }
            }
        }
    }
}

fn propagate(builder: &mut Builder<'_>, tables: &mut Tables, at: usize) {
    let place = builder.place(at);
    let table = match builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) {
        Link::To(Target::Here(candidate)) => table_of(builder, tables, &candidate),
        _ => None,
    };
    let Some((vpc, name)) = table else {
        return builder.unresolved(at, &remarks::LINK_OPEN, "its route table is not known".to_owned());
    };
    let gateway = match builder.link(at, "vpn_gateway_id", &wanted::VPN_GATEWAY) {
        Link::To(target) => target_name(builder, target, place),
        _ => format!("gateway of {}", builder.address(at)),
    };
    let Some(vpc) = builder.vpc(vpc) else { return };
    if let Some(entry) = vpc.route_tables.0.iter_mut().find(|entry| entry.name.value == name.value)
        && entry.value.propagating.iter().all(|known| known.value != gateway)
    {
        entry.value.propagating.push(Spanned::new(gateway, place));
    }
}

fn associate(builder: &mut Builder<'_>, tables: &mut Tables, at: usize) {
    let place = builder.place(at);
    let table = match builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) {
        Link::To(Target::Here(candidate)) => match table_of(builder, tables, &candidate) {
            Some((_, name)) => Association::Named(Spanned::new(name.value, place)),
            None => Association::Unknown,
        },
        Link::To(Target::Elsewhere(id)) => Association::Named(Spanned::new(id, place)),
        Link::Open { among } => {
            let why = builder.why("its route table", &among);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
            Association::Unknown
        }
        Link::None => Association::Unknown,
    };
    match builder.link(at, "subnet_id", &wanted::SUBNET) {
        Link::To(Target::Here(candidate)) => {
            if let Some(subnet) = builder.subnet(candidate.resource) {
                subnet.route_table = table;
            }
        }
        // A subnet that the file does not hold has no endpoint of the file in it.
        Link::To(Target::Elsewhere(_)) => {}
        Link::Open { among } => {
            let why = builder.why("its subnet", &among);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
            for subnet in builder.subnets_among(&among) {
                if let Some(subnet) = builder.subnet(subnet) {
                    subnet.route_table = Association::Unknown;
                }
            }
        }
        Link::None => edge_table(builder, at, &table),
    }
}

/// A table for what enters by a gateway (RT-16).
fn edge_table(builder: &mut Builder<'_>, at: usize, table: &Association) {
    let Association::Named(name) = table else { return };
    if let Link::To(Target::Here(gateway)) = builder.link(at, "gateway_id", &wanted::GATEWAY) {
        let address = builder.address(gateway.resource).to_owned();
        builder.edge_tables.push((address, name.clone()));
    }
}

/// A gateway endpoint puts a route to the prefix list of its service into its tables.
fn gateway_endpoints(builder: &mut Builder<'_>, tables: &mut Tables) {
    for (at, one) in builder.of(&["aws_vpc_endpoint"]) {
        if one.is_managed && matches!(one.text("vpc_endpoint_type"), None | Some("Gateway")) {
            let links = builder.links(at, "route_table_ids", &wanted::ROUTE_TABLE);
            let open = links.open.map(|among| tables.among(&among)).unwrap_or_default();
            for candidate in here(links.to).into_iter().chain(open) {
                endpoint_route(builder, tables, at, &candidate);
            }
        }
    }
    for (at, _) in builder.of(&["aws_vpc_endpoint_route_table_association"]) {
        builder.settle(at, Fate::Read);
        let endpoint = match builder.link(at, "vpc_endpoint_id", &wanted::ENDPOINT) {
            Link::To(Target::Here(endpoint)) => endpoint.resource,
            _ => at,
        };
        let found = match builder.link(at, "route_table_id", &wanted::ROUTE_TABLE) {
            Link::To(target) => here(vec![target]),
            Link::Open { among } => tables.among(&among),
            Link::None => Vec::new(),
        };
        for candidate in found {
            endpoint_route(builder, tables, endpoint, &candidate);
        }
    }
}

fn here(targets: Vec<Target>) -> Vec<Candidate> {
    let candidates = targets.into_iter().filter_map(|target| match target {
        Target::Here(candidate) => Some(candidate),
        Target::Elsewhere(_) => None,
    });
    candidates.collect()
}

fn endpoint_route(builder: &mut Builder<'_>, tables: &mut Tables, endpoint: usize, table: &Candidate) {
    let Some((vpc, name)) = table_of(builder, tables, table) else { return };
    let place = builder.place(endpoint);
    let list = prefix_list::of_endpoint(builder, endpoint, place);
    let target = builder.address(endpoint).to_owned();
    let route = Route {
        destination: Spanned::new(RouteDestination::PrefixList(list), place),
        target: Spanned::new(RouteTarget::Named(target), place),
        state: None,
        origin: RouteOrigin::Static,
        place,
    };
    push_route(builder, vpc, &name.value, route);
}

impl Tables {
    /// Tables that an open link may lead to.
    fn among(&self, among: &[Candidate]) -> Vec<Candidate> {
        self.0.keys().filter(|one| among.is_empty() || among.contains(one)).cloned().collect()
    }
}

/// The data source of a route table says what is associated with it.
fn described_associations(builder: &mut Builder<'_>, tables: &mut Tables, at: usize, one: &Resource) {
    let Some((vpc, name)) = tables.0.get(&Candidate { resource: at, attribute: None }).cloned() else {
        return;
    };
    for association in one.blocks("associations") {
        if association.get("main").and_then(resource::flag) == Some(true)
            && let Some(vpc) = builder.vpc(vpc)
            && vpc.main_route_table.is_none()
        {
            vpc.main_route_table = Some(name.clone());
        }
        let subnet = association.get("subnet_id").and_then(resource::text);
        let target = subnet.map(|id| builder.linker.by_id(builder.world, id, &wanted::SUBNET));
        if let Some(Target::Here(candidate)) = target
            && let Some(subnet) = builder.subnet(candidate.resource)
            && !matches!(subnet.route_table, Association::Named(_))
        {
            subnet.route_table = Association::Named(name.clone());
        }
    }
}

/// A route whose destination and target nobody knows.
fn unknown_route(builder: &mut Builder<'_>, at: usize, place: Place) -> Route {
    let address = builder.address(at);
    let why = format!("known only after apply: {address}");
    let name = format!("target of {address}");
    if builder.topology.unmodelled.iter().all(|one| one.name.value != name) {
        let item =
            builder.add_unmodelled(at, "route target", Some("it is known only after apply".to_owned()));
        item.name.value.clone_from(&name);
    }
    Route {
        destination: Spanned::new(RouteDestination::Unknown(why), place),
        target: Spanned::new(RouteTarget::Named(name), place),
        state: None,
        origin: RouteOrigin::Static,
        place,
    }
}

/// The route at a path: that of the resource itself, or an inline one.
fn route(builder: &mut Builder<'_>, at: usize, path: &[Step<'_>], place: Place) -> Option<Route> {
    let one = builder.resource(at)?;
    let below =
        |name: &'static str| -> Vec<Step<'_>> { path.iter().copied().chain([Step::Name(name)]).collect() };
    let said = DESTINATIONS.iter().find_map(|name| one.at(&below(name)).and_then(resource::text));
    let list = builder.link_at(at, &below("destination_prefix_list_id"), &wanted::PREFIX_LIST);
    let destination = match (said.map(common::cidr), list) {
        (Some(Some(cidr)), _) => RouteDestination::Cidr(cidr),
        (None, Link::To(target)) => RouteDestination::PrefixList(prefix_list::name(builder, target, place)),
        (said, _) => {
            let flaw = if said.is_some() { &remarks::BAD_CIDR } else { &remarks::ROUTE_OPEN };
            builder.unresolved(at, flaw, "the destination of a route is known only after apply".to_owned());
            let address = builder.address(at);
            RouteDestination::Unknown(format!("known only after apply: {address}"))
        }
    };
    let target = target(builder, at, path, place);
    if target == RouteTarget::Local && is_every_tables(&destination) {
        return None;
    }
    Some(Route {
        destination: Spanned::new(destination, place),
        target: Spanned::new(target, place),
        state: None,
        origin: RouteOrigin::Static,
        place,
    })
}

/// A written `local` route for a range of the VPC says nothing new.
fn is_every_tables(destination: &RouteDestination) -> bool {
    matches!(destination, RouteDestination::Cidr(IpNet::V4(_) | IpNet::V6(_)))
}

fn target(builder: &mut Builder<'_>, at: usize, path: &[Step<'_>], place: Place) -> RouteTarget {
    let mut open: Option<Vec<Candidate>> = None;
    for (name, wanted) in TARGETS {
        let path: Vec<Step<'_>> = path.iter().copied().chain([Step::Name(name)]).collect();
        match builder.link_at(at, &path, wanted) {
            Link::To(Target::Elsewhere(id)) if id == "local" => return RouteTarget::Local,
            Link::To(target) => {
                return RouteTarget::Named(target_name(builder, target, place));
            }
            Link::Open { among } => open = open.or(Some(among)),
            Link::None => {}
        }
    }
    let address = builder.address(at).to_owned();
    let among = open.unwrap_or_default();
    let why = builder.why("it", &among);
    let part = path.iter().map(|step| match step {
        Step::Name(name) => format!(" {name}"),
        Step::Index(index) => format!("[{index}]"),
    });
    let name = format!("target of {address}{}", part.collect::<String>());
    builder.unresolved(at, &remarks::ROUTE_OPEN, builder.why("a route target", &among));
    let item = builder.add_unmodelled(at, "route target", Some(why));
    item.name.value.clone_from(&name);
    RouteTarget::Named(name)
}

/// The name by which the topology knows the target of a route.
fn target_name(builder: &mut Builder<'_>, target: Target, place: Place) -> String {
    match target {
        Target::Here(candidate) => {
            let Some(one) = builder.resource(candidate.resource) else { return String::new() };
            // An accepter is the other end of the connection that is listed.
            if one.is("aws_vpc_peering_connection_accepter") {
                return super::peering::name_of_accepter(builder, candidate.resource);
            }
            // An attachment was named for the gateway that it says.
            if candidate.attribute == Some("transit_gateway_id") {
                return super::transit_gateway::name_by_attachment(builder, candidate.resource, place);
            }
            one.address.clone()
        }
        Target::Elsewhere(id) => {
            unmodelled::mention(builder, &id, place);
            id
        }
    }
}
