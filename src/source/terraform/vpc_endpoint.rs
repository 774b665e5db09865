//! `aws_vpc_endpoint` and its associations with subnets and security groups. The routes of gateway endpoints are those of
//! `route_table`.
//!
//! An endpoint of which too little is known is left to [`unmodelled`](super::unmodelled).

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target};
use super::resource::{self, Resource, Step};
use super::service::{self, Made};
use super::{reference, unmodelled, wanted};
use crate::topology::{EndpointService, EndpointType, InstanceKind, PublicIp, Spanned, VpcEndpoint};

const KIND: &str = "aws_vpc_endpoint";
const SUBNET_ASSOCIATION: &str = "aws_vpc_endpoint_subnet_association";
const GROUP_ASSOCIATION: &str = "aws_vpc_endpoint_security_group_association";
const SERVICE: &str = "aws_vpc_endpoint_service";

/// How the name of a service of others begins.
const OF_OTHERS: &str = "com.amazonaws.vpce.";

/// After the route tables and the subnets.
pub(super) fn build(builder: &mut Builder<'_>) {
    for (at, one) in builder.once(&[KIND]) {
        // What is only looked up says less than it has.
        if !one.is_managed
            || one.is_unknown(&[Step::Name("vpc_endpoint_type")]) && is_configured(builder, one)
        {
            continue;
        }
        match one.text("vpc_endpoint_type") {
            None | Some("Gateway") => gateway(builder, at, one),
            Some("Interface") => {
                let assumed = builder.linker.assumed.len();
                if interface(builder, at, one).is_none() {
                    builder.linker.assumed.truncate(assumed);
                }
            }
            Some(_) => {}
        }
    }
}

fn is_configured(builder: &Builder<'_>, one: &Resource) -> bool {
    reference::is_configured(builder.world, one, "vpc_endpoint_type") != Some(false)
}

fn gateway(builder: &mut Builder<'_>, at: usize, one: &Resource) {
    let Some(vpc) = unmodelled::own_vpc(builder, at) else { return };
    // The list of the service goes by the service's name as well.
    let list = format!("prefix list of {}", builder.address(at));
    let names = [one.text("service_name"), one.text("prefix_list_id")];
    if let Some(list) = builder.topology.prefix_lists.0.iter_mut().find(|entry| entry.name.value == list) {
        list.aliases.extend(names.into_iter().flatten().map(str::to_owned));
    }
    let service = one.text("service_name").unwrap_or("a service that is not known").to_owned();
    add(builder, at, one, (vpc, EndpointType::Gateway), service);
    builder.settle(at, Fate::Read);
}

fn interface(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<()> {
    let mut used = Vec::new();
    let links = builder.links(at, "subnet_ids", &wanted::SUBNET);
    if links.open.is_some() {
        return None;
    }
    let mut targets = links.to;
    targets.extend(associated(builder, at, SUBNET_ASSOCIATION, ("subnet_id", &wanted::SUBNET), &mut used)?);
    let mut subnets: Vec<usize> = Vec::new();
    for target in targets {
        let Target::Here(found) = target else { return None };
        if !subnets.contains(&found.resource) {
            subnets.push(found.resource);
        }
    }
    let mut groups = builder.links(at, "security_group_ids", &wanted::SECURITY_GROUP);
    let more = ("security_group_id", &wanted::SECURITY_GROUP);
    let more = associated(builder, at, GROUP_ASSOCIATION, more, &mut used)?;
    // Whether an association comes beside the default group or instead of it is one more thing to know.
    if !more.is_empty() && groups.to.is_empty() {
        let replaces = builder.of(&[GROUP_ASSOCIATION]).iter().any(|(_, one)| {
            one.at(&[Step::Name("replace_default_association")]).and_then(resource::flag) == Some(true)
        });
        if !replaces {
            return None;
        }
    }
    groups.to.extend(more);
    let vpc = builder.vpc_of_subnet(*subnets.first()?)?;
    let service = service(builder, at, one);
    let made = Made { owner: InstanceKind::VpcEndpoint, subnets, groups, public: PublicIp::None, used };
    service::add(builder, at, one, made)?;
    add(builder, at, one, (vpc, EndpointType::Interface), service);
    Some(())
}

/// What associations of a kind add to an endpoint; none if one of them may or may not be its own.
fn associated(
    builder: &mut Builder<'_>,
    endpoint: usize,
    kind: &'static str,
    (name, wanted): (&'static str, &'static reference::Wanted),
    used: &mut Vec<usize>,
) -> Option<Vec<Target>> {
    let mut found = Vec::new();
    for (at, _) in builder.of(&[kind]) {
        match builder.link(at, "vpc_endpoint_id", &wanted::ENDPOINT) {
            Link::To(Target::Here(one)) if one.resource == endpoint => {}
            Link::To(_) => continue,
            Link::Open { among } if !among.is_empty() && among.iter().all(|one| one.resource != endpoint) => {
                continue;
            }
            Link::Open { .. } | Link::None => return None,
        }
        match builder.link(at, name, wanted) {
            Link::To(target) => found.push(target),
            Link::Open { .. } | Link::None => return None,
        }
        used.push(at);
    }
    Some(found)
}

/// The name of the service; one that this configuration offers itself is noted, for its own side is not modelled.
fn service(builder: &mut Builder<'_>, at: usize, one: &Resource) -> String {
    let said = one.text("service_name").map(str::to_owned);
    if let Some(name) = said.as_ref().filter(|name| !name.starts_with(OF_OTHERS)) {
        return name.clone();
    }
    let place = builder.place(at);
    let offered = builder.of(&[SERVICE]);
    let own = offered
        .iter()
        .find(|(_, one)| said.as_deref().is_none_or(|name| one.text("service_name") == Some(name)));
    let Some((own, _)) = own else {
        return said.unwrap_or_else(|| "a service that is not known".to_owned());
    };
    let name = builder.address(*own).to_owned();
    if builder.topology.endpoint_services.get(&name).is_none() {
        let load_balancer = Spanned::new("of-the-provider".to_owned(), place);
        let service = EndpointService { load_balancer, place, ..EndpointService::default() };
        builder.topology.endpoint_services.push(Spanned::new(name.clone(), place), service);
    }
    name
}

fn add(
    builder: &mut Builder<'_>,
    at: usize,
    one: &Resource,
    (vpc, kind): (usize, EndpointType),
    service: String,
) {
    let place = builder.place(at);
    let available = one.text("state").is_none_or(|state| state.eq_ignore_ascii_case("available"));
    let private_dns = one.at(&[Step::Name("private_dns_enabled")]).and_then(resource::flag);
    let endpoint = VpcEndpoint {
        kind: Spanned::new(kind, place),
        service: Spanned::new(service, place),
        available: Spanned::new(available, place),
        private_dns: private_dns.map(|on| Spanned::new(on, place)),
        place,
    };
    let name = builder.name(at);
    if let Some(vpc) = builder.vpc(vpc) {
        vpc.endpoints.push(name, endpoint);
    }
}
