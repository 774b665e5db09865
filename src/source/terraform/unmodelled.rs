//! What is read but not modelled yet, and what has no meaning for the network.
//!
//! One table: a new component moves from here to a file of its own. A kind that is not in it is one of the network if it
//! has an attribute that puts it into a subnet, a VPC or a security group.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::Target;
use super::resource::{self, Resource, Step};
use super::{reference, wanted};
use crate::source::aws::unmodelled::kind_of_target;
use crate::topology::{Place, Spanned, Unmodelled};

/// Kinds that a path may meet, in AWS's words.
const RESOURCES: &[(&str, &str)] = &[
    ("aws_ec2_transit_gateway", "transit gateway"),
    ("aws_ec2_transit_gateway_vpc_attachment", "transit gateway attachment"),
    ("aws_ec2_transit_gateway_peering_attachment", "transit gateway attachment"),
    ("aws_ec2_transit_gateway_connect", "transit gateway attachment"),
    ("aws_ec2_transit_gateway_route_table", "transit gateway route table"),
    ("aws_vpc_endpoint", "VPC endpoint"),
    ("aws_ec2_instance_connect_endpoint", "EC2 Instance Connect endpoint"),
    ("aws_vpn_gateway", "virtual private gateway"),
    ("aws_vpn_connection", "VPN connection"),
    ("aws_customer_gateway", "customer gateway"),
    ("aws_ec2_client_vpn_endpoint", "Client VPN endpoint"),
    ("aws_ec2_carrier_gateway", "carrier gateway"),
    ("aws_ec2_local_gateway_route", "local gateway"),
    ("aws_networkmanager_core_network", "core network"),
    ("aws_networkmanager_vpc_attachment", "core network attachment"),
    ("aws_dx_gateway", "Direct Connect gateway"),
    ("aws_dx_gateway_association", "Direct Connect gateway association"),
    ("aws_networkfirewall_firewall", "network firewall"),
    ("aws_lb", "load balancer"),
    ("aws_alb", "load balancer"),
    ("aws_elb", "load balancer"),
    ("aws_db_instance", "DB instance"),
    ("aws_rds_cluster", "DB cluster"),
    ("aws_rds_cluster_instance", "DB cluster instance"),
    ("aws_db_proxy", "DB proxy"),
    ("aws_lambda_function", "Lambda function"),
    ("aws_elasticache_cluster", "cache cluster"),
    ("aws_elasticache_replication_group", "replication group"),
    ("aws_redshift_cluster", "Redshift cluster"),
    ("aws_efs_mount_target", "EFS mount target"),
    ("aws_elasticsearch_domain", "OpenSearch domain"),
    ("aws_opensearch_domain", "OpenSearch domain"),
    ("aws_ecs_service", "ECS service"),
    ("aws_eks_cluster", "EKS cluster"),
    ("aws_eks_node_group", "EKS node group"),
    ("aws_autoscaling_group", "Auto Scaling group"),
    ("aws_route53_resolver_endpoint", "Route 53 Resolver endpoint"),
];

/// Parts of these, without a name of their own.
const PARTS: &[&str] = &[
    "aws_ec2_transit_gateway_route",
    "aws_ec2_transit_gateway_route_table_association",
    "aws_ec2_transit_gateway_route_table_propagation",
    "aws_ec2_transit_gateway_vpc_attachment_accepter",
    "aws_ec2_transit_gateway_prefix_list_reference",
    "aws_vpc_endpoint_subnet_association",
    "aws_vpc_endpoint_security_group_association",
    "aws_vpn_gateway_attachment",
    "aws_vpn_connection_route",
    "aws_lb_listener",
    "aws_alb_listener",
    "aws_lb_listener_rule",
    "aws_alb_listener_rule",
    "aws_lb_target_group",
    "aws_alb_target_group",
    "aws_lb_target_group_attachment",
    "aws_alb_target_group_attachment",
    "aws_elb_attachment",
    "aws_vpc_security_group_vpc_association",
    "aws_ec2_client_vpn_network_association",
    "aws_ec2_client_vpn_authorization_rule",
    "aws_ec2_client_vpn_route",
    "aws_db_subnet_group",
    "aws_elasticache_subnet_group",
    "aws_redshift_subnet_group",
];

/// No meaning for packets, though they name a VPC, a subnet or a group.
const NOTHING: &[&str] = &[
    "aws_vpc_dhcp_options",
    "aws_vpc_dhcp_options_association",
    "aws_default_vpc_dhcp_options",
    "aws_flow_log",
    "aws_launch_template",
    "aws_launch_configuration",
    "aws_route53_zone",
    "aws_route53_zone_association",
    "aws_route53_vpc_association_authorization",
    "aws_service_discovery_private_dns_namespace",
    "aws_ec2_tag",
    "aws_vpc_endpoint_service",
    "aws_vpc_endpoint_policy",
    "aws_eks_fargate_profile",
    "aws_network_interface_permission",
    "aws_ec2_subnet_cidr_reservation",
];

const SUBNETS: &[&str] = &["subnet_id", "subnet_ids", "subnets", "vpc_zone_identifier"];
const GROUPS: &[&str] = &["vpc_security_group_ids", "security_group_ids", "security_groups"];
/// Blocks that hold the same.
const BLOCKS: &[&str] = &[
    "vpc_config",
    "vpc_options",
    "network_configuration",
    "subnet_mapping",
    "broker_node_group_info",
    "ip_address",
    "vpc_connection",
];

pub(super) fn build(builder: &mut Builder<'_>) {
    for at in 0..builder.world.resources.len() {
        let Some(one) = builder.resource(at) else { continue };
        let kind = one.kind.as_str();
        if builder.is_settled(at) || NOTHING.contains(&kind) {
            continue;
        } else if let Some((_, words)) = RESOURCES.iter().find(|(known, _)| *known == kind) {
            if kind != "aws_lambda_function" || is_in_vpc(builder, at, one) {
                add(builder, at, words);
            }
        } else if PARTS.contains(&kind) {
            if one.is_managed {
                builder.settle(at, Fate::NotModelled);
            }
        } else if one.is_managed && is_of_network(builder, one) {
            let words = kind.trim_start_matches("aws_").replace('_', " ");
            add(builder, at, &words);
        }
    }
    let known: BTreeSet<String> = builder
        .topology
        .unmodelled
        .iter()
        .map(|item| item.name.value.clone())
        .chain(builder.topology.transit_gateways.iter().map(|entry| entry.name().to_owned()))
        .collect();
    for ((kind, id), place) in std::mem::take(&mut builder.mentioned) {
        if !known.contains(&id) {
            let name = Spanned::new(id, place);
            let item = Unmodelled { kind: kind.to_owned(), name, ..Unmodelled::default() };
            builder.topology.unmodelled.push(item);
        }
    }
}

pub(super) fn is_in_vpc(builder: &Builder<'_>, at: usize, one: &Resource) -> bool {
    let said = one.blocks("vpc_config").iter().any(|block| {
        block.get("subnet_ids").and_then(Value::as_array).is_none_or(|subnets| !subnets.is_empty())
    });
    said || one.is_unknown(&[Step::Name("vpc_config")])
        && builder
            .resource(at)
            .is_some_and(|one| reference::is_configured(builder.world, one, "vpc_config") != Some(false))
}

/// Whether an attribute puts it into a network.
fn is_of_network(builder: &Builder<'_>, one: &Resource) -> bool {
    let attributes = SUBNETS.iter().chain(GROUPS).chain(BLOCKS).chain(&["vpc_id"]);
    attributes.filter(|name| **name != "ip_address").any(|name| {
        let path = [Step::Name(name)];
        let said = one.at(&path).is_some_and(|value| match value {
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(_) => true,
            _ => false,
        });
        said || one.is_unknown(&path) && reference::is_configured(builder.world, one, name) == Some(true)
    })
}

fn add(builder: &mut Builder<'_>, at: usize, kind: &str) {
    builder.settle(at, Fate::NotModelled);
    let Some(one) = builder.resource(at) else { return };
    let assumed = builder.linker.assumed.len();
    let mut subnets: BTreeSet<usize> = BTreeSet::new();
    let mut groups: Vec<String> = Vec::new();
    for path in paths(one, SUBNETS) {
        let links = builder.links_at(at, &path, &wanted::SUBNET);
        let sure = links.to.iter().filter_map(|target| match target {
            Target::Here(candidate) => Some(candidate.resource),
            Target::Elsewhere(_) => None,
        });
        subnets.extend(sure);
        if let Some(among) = links.open {
            subnets.extend(builder.subnets_among(&among));
        }
    }
    subnets.extend(by_subnet_group(builder, at, one));
    for path in paths(one, GROUPS) {
        for target in builder.links_at(at, &path, &wanted::SECURITY_GROUP).to {
            groups.push(match target {
                Target::Here(candidate) => builder.address(candidate.resource).to_owned(),
                Target::Elsewhere(id) => id,
            });
        }
    }
    let by_subnet: BTreeSet<usize> = subnets.iter().filter_map(|at| builder.vpc_of_subnet(*at)).collect();
    let vpc = match by_subnet.len() {
        1 => by_subnet.first().copied(),
        _ if one.at(&[Step::Name("vpc_id")]).is_some() || one.is_unknown(&[Step::Name("vpc_id")]) => {
            own_vpc(builder, at)
        }
        _ => None,
    };
    let vpc_name = vpc.and_then(|index| builder.vpc_name(index));
    let inside = subnets.iter().filter(|at| builder.vpc_of_subnet(**at) == vpc && vpc.is_some());
    let subnets: Vec<String> = inside.map(|at| builder.address(*at).to_owned()).collect();
    let addresses = addresses(one);
    // Where it may be is all that is wanted: nothing was assumed for it.
    builder.linker.assumed.truncate(assumed);
    let item = builder.add_unmodelled(at, kind, None);
    item.vpc = vpc_name;
    item.subnets = subnets;
    item.security_groups = groups;
    item.addresses = addresses;
}

pub(super) fn own_vpc(builder: &mut Builder<'_>, at: usize) -> Option<usize> {
    match builder.link(at, "vpc_id", &wanted::VPC) {
        super::link::Link::To(Target::Here(candidate)) => builder.vpc_index(candidate.resource),
        _ => None,
    }
}

/// Where such attributes may stand: at the top, and in blocks.
fn paths(one: &Resource, names: &'static [&'static str]) -> Vec<Vec<Step<'static>>> {
    let mut all: Vec<Vec<Step<'static>>> = names.iter().map(|name| vec![Step::Name(name)]).collect();
    for block in BLOCKS {
        let count = one.blocks(block).len().max(usize::from(one.is_unknown(&[Step::Name(block)])));
        for index in 0..count.min(64) {
            for name in names {
                all.push(vec![Step::Name(block), Step::Index(index), Step::Name(name)]);
            }
        }
    }
    all
}

/// A database names a group of subnets.
fn by_subnet_group(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Vec<usize> {
    static GROUP: reference::Wanted = reference::Wanted {
        kinds: &["aws_db_subnet_group", "aws_elasticache_subnet_group", "aws_redshift_subnet_group"],
        attributes: &[],
        words: &[],
    };
    let mut found = Vec::new();
    for name in ["db_subnet_group_name", "subnet_group_name", "cluster_subnet_group_name"] {
        let group = match builder.link(at, name, &GROUP) {
            super::link::Link::To(Target::Here(candidate)) => Some(candidate.resource),
            super::link::Link::To(Target::Elsewhere(name)) => {
                let groups = builder.of(GROUP.kinds);
                groups.into_iter().find(|(_, group)| group.text("name") == Some(&name)).map(|(at, _)| at)
            }
            _ => None,
        };
        let Some(group) = group else { continue };
        let links = builder.links(group, "subnet_ids", &wanted::SUBNET);
        found.extend(links.to.iter().filter_map(|target| match target {
            Target::Here(candidate) => Some(candidate.resource),
            Target::Elsewhere(_) => None,
        }));
        if let Some(among) = links.open {
            found.extend(builder.subnets_among(&among));
        }
    }
    let _ = one;
    found
}

/// Addresses that it has for itself: a customer gateway, a mount target, the nodes of a load balancer.
fn addresses(one: &Resource) -> Vec<IpAddr> {
    const FIELDS: &[&str] = &["ip_address", "private_ipv4_address", "private_ip", "ipv6_address"];
    let mut found: Vec<IpAddr> = Vec::new();
    let mut add = |value: Option<&Value>| {
        if let Some(address) = value.and_then(resource::text).and_then(|text| text.parse().ok())
            && !found.contains(&address)
        {
            found.push(address);
        }
    };
    for field in FIELDS {
        add(one.at(&[Step::Name(field)]));
        for block in one.blocks("subnet_mapping") {
            add(block.get(*field));
        }
    }
    found
}

/// Remembers a gateway that a route names and the file does not hold: it may be of a kind that is not modelled.
pub(super) fn mention(builder: &mut Builder<'_>, id: &str, place: Place) {
    if let Some(kind) = kind_of_target(id) {
        builder.mentioned.entry((kind, id.to_owned())).or_insert(place);
    }
}
