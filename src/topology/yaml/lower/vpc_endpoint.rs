//! VPC endpoints and endpoint services. Gateway Load Balancer endpoints are not modelled yet.

use std::net::IpAddr;

use super::super::fields::Fields;
use super::super::grammar::services::{ENDPOINT, ENDPOINT_SERVICE};
use super::super::grammar::vpc::VPC;
use super::super::node::{Key, Node};
use super::super::problems::Problems;
use super::super::{values, words};
use super::services::for_each_table;
use crate::topology::{
    EndpointService, EndpointType, Entries, Instance, InstanceKind, Interface, PrefixList, PublicIp, Route,
    RouteDestination, RouteOrigin, RouteTarget, Spanned, Topology, Vpc, VpcEndpoint, short_service,
};

/// The type of endpoint, if it is one that is modelled.
fn kind(node: &Node<'_>) -> Option<Spanned<EndpointType>> {
    let said = Fields::new(node, &ENDPOINT).text("type")?;
    let kind = match said.value.to_ascii_lowercase().as_str() {
        "gateway" => EndpointType::Gateway,
        "interface" => EndpointType::Interface,
        _ => return None,
    };
    Some(Spanned::new(kind, said.place))
}

/// Whether an entry of `endpoints` is of a type that is modelled.
pub(super) fn is_modelled(node: &Node<'_>) -> bool {
    kind(node).is_some()
}

/// Adds the endpoints of a VPC: their routes, or their interfaces.
pub(super) fn endpoints(said: Fields<'_, '_>, vpc: &mut Vpc, problems: &mut Problems) {
    let mut owners = Entries::default();
    for (key, node) in said.map("endpoints") {
        let said = Fields::new(node, &ENDPOINT);
        let (Some(kind), Some(service)) = (kind(node), said.text("service")) else { continue };
        let status = said.read("status", |text| words::read(words::ENDPOINT_STATUSES, "status", text));
        let endpoint = VpcEndpoint {
            kind,
            service,
            available: status.unwrap_or(Spanned::implicit(true)),
            private_dns: said.read("private_dns", values::boolean),
            place: key.place(),
        };
        match kind.value {
            EndpointType::Gateway => routes(key, said, &endpoint, vpc, problems),
            EndpointType::Interface => owners.push(key.name(), owner(key, said, kind)),
        }
        vpc.endpoints.push(key.name(), endpoint);
    }
    super::services::add_interfaces(&mut vpc.instances, owners, problems);
}

/// EP-1: a gateway endpoint is a route to its service's prefix list in the tables that it names.
fn routes(
    key: &Key<'_>,
    said: Fields<'_, '_>,
    endpoint: &VpcEndpoint,
    vpc: &mut Vpc,
    problems: &mut Problems,
) {
    for_each_table(said.texts("route_tables"), &mut vpc.route_tables, problems, |table, place| {
        let list = RouteDestination::PrefixList(endpoint.short_service().to_owned());
        table.routes.push(Route {
            destination: Spanned::new(list, place),
            target: Spanned::new(RouteTarget::Named(key.text.clone().into_owned()), place),
            state: None,
            origin: RouteOrigin::Static,
            place,
        });
    });
}

/// EP-3: an interface in each subnet.
fn owner(key: &Key<'_>, said: Fields<'_, '_>, kind: Spanned<EndpointType>) -> Instance {
    let groups = said.read_list("security_groups", values::reference_or_unknown);
    let more_security_groups = groups.iter().flatten().any(|group| group.value.is_none());
    let groups = groups.map(super::vpc::known);
    let mut interfaces = Entries::default();
    for subnet in said.texts("subnets") {
        let own = said.map("addresses").iter().filter(|(of, _)| of.text == subnet.value);
        let own: Vec<Spanned<IpAddr>> = own
            .flat_map(|(_, node)| node.items())
            .filter_map(|item| super::super::fields::value(item, values::ip))
            .collect();
        let interface = Interface {
            subnet: subnet.clone(),
            ips: own
                .iter()
                .filter_map(|said| match said.value {
                    IpAddr::V4(address) => Some(Spanned::new(address, said.place)),
                    IpAddr::V6(_) => None,
                })
                .collect(),
            ipv6: own
                .iter()
                .filter_map(|said| match said.value {
                    IpAddr::V6(address) => Some(Spanned::new(address, said.place)),
                    IpAddr::V4(_) => None,
                })
                .collect(),
            public_ip: Spanned::implicit(PublicIp::None),
            public_ips: Vec::new(),
            security_groups: groups.clone(),
            more_security_groups,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place: subnet.place,
        };
        interfaces.push(subnet, interface);
    }
    let kind = Spanned::new(InstanceKind::VpcEndpoint, kind.place);
    Instance { kind, interfaces, one_per_subnet: true, place: key.place(), ..Instance::default() }
}

/// What stands at the top level: services, and the prefix lists of gateway endpoints. These are AWS's own, so nobody has to
/// write them.
pub(super) fn top_level(top: Fields<'_, '_>, topology: &mut Topology) {
    for (key, node) in top.map("endpoint_services") {
        let said = Fields::new(node, &ENDPOINT_SERVICE);
        let service = EndpointService {
            load_balancer: said.text("load_balancer").unwrap_or_default(),
            zones: said.texts("azs"),
            acceptance_required: said.read("acceptance_required", values::boolean),
            place: key.place(),
        };
        topology.endpoint_services.push(key.name(), service);
    }
    let lists: &mut Entries<PrefixList> = &mut topology.prefix_lists;
    for (_, vpc) in top.map("vpcs") {
        for (_, endpoint) in Fields::new(vpc, &VPC).map("endpoints") {
            let service = Fields::new(endpoint, &ENDPOINT).text("service");
            let is_gateway = kind(endpoint).is_some_and(|kind| kind.value == EndpointType::Gateway);
            let has_routes = Fields::new(endpoint, &ENDPOINT).get("route_tables").is_some();
            if let (true, Some(service)) = (is_gateway && has_routes, service)
                && lists.get(short_service(&service.value)).is_none()
            {
                let name = short_service(&service.value).to_owned();
                lists.push(Spanned::implicit(name), PrefixList::default());
            }
        }
    }
}
