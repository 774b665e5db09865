//! What is read but not modelled yet, and what has no meaning for the network.
//!
//! One table: a new component moves from here to a file of its own.

use std::collections::HashSet;
use std::net::IpAddr;

use serde_json::Value;

use super::builder::Builder;
use super::document::Page;
use super::vpc_endpoint;
use crate::topology::{FileId, Place, Spanned, Unmodelled};

/// A top-level key, and what its list is about.
#[derive(Debug)]
pub(super) struct Answer {
    key: &'static str,
    /// In AWS's words.
    kind: &'static str,
    about: About,
}

#[derive(Clone, Copy, Debug)]
enum About {
    /// Resources of the network; the field that names them.
    Resource(&'static str),
    /// Parts of such resources, without a name of their own.
    Part,
    /// No meaning for packets, and why.
    Nothing(&'static str),
}

const fn resource(key: &'static str, kind: &'static str, id: &'static str) -> Answer {
    Answer { key, kind, about: About::Resource(id) }
}

const fn part(key: &'static str, kind: &'static str) -> Answer {
    Answer { key, kind, about: About::Part }
}

const fn nothing(key: &'static str, kind: &'static str, why: &'static str) -> Answer {
    Answer { key, kind, about: About::Nothing(why) }
}

const SERVICE: &str = "describes a service, not the network";
const BY_INTERFACE: &str = "its network interfaces are read by themselves";

/// The key of `describe-vpc-endpoints`.
const ENDPOINTS: &str = "VpcEndpoints";

static ANSWERS: &[Answer] = &[
    resource("TransitGatewayConnects", "transit gateway attachment", "TransitGatewayAttachmentId"),
    resource(ENDPOINTS, vpc_endpoint::KIND, "VpcEndpointId"),
    resource("InstanceConnectEndpoints", "EC2 Instance Connect endpoint", "InstanceConnectEndpointId"),
    resource("VpnGateways", "virtual private gateway", "VpnGatewayId"),
    resource("VpnConnections", "VPN connection", "VpnConnectionId"),
    resource("CustomerGateways", "customer gateway", "CustomerGatewayId"),
    resource("ClientVpnEndpoints", "Client VPN endpoint", "ClientVpnEndpointId"),
    resource("CarrierGateways", "carrier gateway", "CarrierGatewayId"),
    resource("LocalGateways", "local gateway", "LocalGatewayId"),
    resource("LocalGatewayRouteTables", "local gateway route table", "LocalGatewayRouteTableId"),
    resource("CoreNetworks", "core network", "CoreNetworkArn"),
    resource("directConnectGateways", "Direct Connect gateway", "directConnectGatewayId"),
    resource("Firewalls", "network firewall", "FirewallName"),
    resource("LoadBalancers", "load balancer", "LoadBalancerName"),
    resource("LoadBalancerDescriptions", "load balancer", "LoadBalancerName"),
    resource("TargetGroups", "target group", "TargetGroupName"),
    resource("DBInstances", "DB instance", "DBInstanceIdentifier"),
    resource("DBClusters", "DB cluster", "DBClusterIdentifier"),
    resource("DBProxies", "DB proxy", "DBProxyName"),
    resource("Functions", "Lambda function", "FunctionName"),
    resource("CacheClusters", "cache cluster", "CacheClusterId"),
    resource("ReplicationGroups", "replication group", "ReplicationGroupId"),
    resource("Clusters", "Redshift cluster", "ClusterIdentifier"),
    resource("MountTargets", "EFS mount target", "MountTargetId"),
    resource("DomainStatusList", "OpenSearch domain", "DomainName"),
    resource("services", "ECS service", "serviceName"),
    part("Listeners", "load balancer listener"),
    part("Rules", "load balancer listener rule"),
    part("TargetHealthDescriptions", "load balancer target"),
    part("LoadBalancerListeners", "load balancer listener"),
    part("LoadBalancerTargetHealth", "load balancer target"),
    part("SecurityGroupVpcAssociations", "security group VPC association"),
    nothing("AvailabilityZones", "Availability Zone", "subnets name their zone"),
    nothing("DhcpOptions", "DHCP options set", "names and resolvers do not decide reachability"),
    nothing("LaunchTemplates", "launch template", "its instances are read by themselves"),
    nothing("AutoScalingGroups", "Auto Scaling group", "its instances are read by themselves"),
    nothing("DBSubnetGroups", "DB subnet group", BY_INTERFACE),
    nothing("CacheSubnetGroups", "cache subnet group", BY_INTERFACE),
    nothing("ClusterSubnetGroups", "Redshift subnet group", BY_INTERFACE),
    nothing("FileSystems", "EFS file system", "its mount targets are read by themselves"),
    nothing("clusterArns", "ECS cluster", BY_INTERFACE),
    nothing("serviceArns", "ECS service", BY_INTERFACE),
    nothing("clusters", "EKS cluster", BY_INTERFACE),
    nothing("ServiceNames", "VPC endpoint service", SERVICE),
    nothing("ServiceDetails", "VPC endpoint service", SERVICE),
    nothing("ServiceConfigurations", "VPC endpoint service", SERVICE),
    nothing("Attributes", "load balancer attribute", SERVICE),
    nothing("LoadBalancerAttributes", "load balancer attribute", SERVICE),
    nothing("Snapshots", "snapshot", SERVICE),
    nothing("Images", "image", SERVICE),
    nothing("Volumes", "volume", SERVICE),
    nothing("KeyPairs", "key pair", SERVICE),
    nothing("Regions", "Region", SERVICE),
    nothing("TagDescriptions", "tag", SERVICE),
];

/// Keys of answers that have a type of their own, and the fields that tell an element of a bare list.
const TYPED: &[(&str, [&str; 2])] = &[
    ("Vpcs", ["VpcId", "InstanceTenancy"]),
    ("Subnets", ["SubnetId", "MapPublicIpOnLaunch"]),
    ("RouteTables", ["RouteTableId", "Routes"]),
    ("NetworkAcls", ["NetworkAclId", "Entries"]),
    ("SecurityGroups", ["GroupId", "IpPermissions"]),
    ("SecurityGroupRules", ["SecurityGroupRuleId", "GroupId"]),
    ("NetworkInterfaces", ["NetworkInterfaceId", "PrivateIpAddresses"]),
    ("Reservations", ["ReservationId", "Instances"]),
    ("Instances", ["InstanceId", "State"]),
    ("Addresses", ["PublicIp", "AllocationId"]),
    ("InternetGateways", ["InternetGatewayId", "Attachments"]),
    ("EgressOnlyInternetGateways", ["EgressOnlyInternetGatewayId", "Attachments"]),
    ("NatGateways", ["NatGatewayId", "NatGatewayAddresses"]),
    ("VpcPeeringConnections", ["VpcPeeringConnectionId", "Status"]),
    ("TransitGateways", ["TransitGatewayId", "TransitGatewayArn"]),
    ("TransitGatewayVpcAttachments", ["TransitGatewayAttachmentId", "SubnetIds"]),
    ("TransitGatewayAttachments", ["TransitGatewayAttachmentId", "ResourceType"]),
    ("TransitGatewayPeeringAttachments", ["TransitGatewayAttachmentId", "RequesterTgwInfo"]),
    ("TransitGatewayRouteTables", ["TransitGatewayRouteTableId", "DefaultAssociationRouteTable"]),
    ("PrefixLists", ["PrefixListId", "PrefixListName"]),
    ("PrefixListEntries", ["PrefixListId", "Entries"]),
];

/// Further keys that only an answer of AWS has at its top.
const FURTHER: &[&str] = &[
    "ManagedPrefixListEntries",
    "EnableDnsSupport",
    "EnableDnsHostnames",
    "VpcBlockPublicAccessOptions",
    "VpcBlockPublicAccessExclusions",
    "TransitGatewayStaticRoutes",
    "TransitGatewayRouteTablePropagations",
    "TransitGatewayPropagations",
];

/// Keys that others use as well: a file with nothing but these is not taken for an answer.
const VAGUE: &[&str] = &["Rules", "Attributes", "services", "clusters", "Images", "Volumes"];

impl Answer {
    /// The key.
    pub(super) const fn key(&self) -> &'static str {
        self.key
    }

    /// Whether its resources are wanted by name.
    pub(super) fn is_wanted(&self) -> bool {
        matches!(self.about, About::Resource(_))
    }
}

/// What is known about a top-level key without a type of its own.
pub(super) fn answer(key: &str) -> Option<&'static Answer> {
    ANSWERS.iter().find(|answer| answer.key == key)
}

/// Whether a top-level key is one of an AWS answer.
pub(super) fn is_answer(key: &str) -> bool {
    TYPED.iter().any(|(typed, _)| *typed == key)
        || FURTHER.contains(&key)
        || key == "Entries"
        || (answer(key).is_some() && !VAGUE.contains(&key))
}

/// The key under which an element of a bare list would stand.
pub(super) fn key_of(value: &Value) -> Option<&'static str> {
    let has = |field: &str| value.get(field).is_some();
    let typed = TYPED.iter().find(|(_, fields)| fields.iter().all(|field| has(field)));
    typed.map(|(key, _)| *key)
}

/// VPC endpoints of every kind.
pub(super) fn endpoints(page: &Page) -> impl Iterator<Item = &Value> {
    page.others.iter().filter(|(answer, _)| answer.key == ENDPOINTS).flat_map(|(_, list)| list)
}

/// The interfaces of VPC endpoints.
pub(super) fn endpoint_interfaces(page: &Page) -> impl Iterator<Item = &str> {
    let lists = endpoints(page).filter_map(|one| one.get("NetworkInterfaceIds")?.as_array());
    lists.flatten().filter_map(Value::as_str)
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let own: HashSet<IpAddr> = own_addresses(builder);
    for page in builder.pages {
        for (answer, list) in &page.others {
            for value in list {
                build_one(builder, answer, FileId(page.file), value, &own);
            }
        }
        for (answer, count) in page.ignored.iter().filter(|(_, count)| *count > 0) {
            builder.inventory.add_read(answer.kind, *count);
            match answer.about {
                About::Nothing(why) => builder.inventory.add_ignored(answer.kind, *count, why),
                _ => builder.inventory.add_not_modelled(answer.kind, *count),
            }
        }
    }
    mentioned(builder);
}

fn build_one(builder: &mut Builder<'_>, answer: &Answer, file: FileId, value: &Value, own: &HashSet<IpAddr>) {
    let About::Resource(field) = answer.about else { return };
    let Some(name) = value.get(field).and_then(Value::as_str).filter(|name| !name.is_empty()) else {
        builder.inventory.add_read(answer.kind, 1);
        builder.inventory.add_ignored(answer.kind, 1, "no id");
        builder.remark(&super::remarks::NO_ID, answer.kind, Place::Implicit);
        return;
    };
    if answer.key == "Functions" && !is_in_vpc(value) {
        builder.inventory.add_read(answer.kind, 1);
        builder.inventory.add_ignored(answer.kind, 1, "runs outside every VPC");
        return;
    }
    if !builder.unmodelled.insert((answer.kind, name.to_owned())) {
        return;
    }
    if answer.key == ENDPOINTS && vpc_endpoint::build(builder, file, value) {
        return;
    }
    builder.inventory.add_read(answer.kind, 1);
    builder.inventory.add_not_modelled(answer.kind, 1);
    let place = builder.place(file, name);
    let vpc = vpc_id(value).filter(|id| builder.has_vpc(id)).map(str::to_owned);
    let mut addresses = Vec::new();
    collect_addresses(value, &mut addresses);
    addresses.retain(|address| !own.contains(address));
    let name = Spanned::new(name.to_owned(), place);
    builder.topology.unmodelled.push(Unmodelled {
        kind: answer.kind.to_owned(),
        vpc,
        name,
        addresses,
        ..Unmodelled::default()
    });
}

fn is_in_vpc(function: &Value) -> bool {
    let subnets =
        function.get("VpcConfig").and_then(|config| config.get("SubnetIds")).and_then(Value::as_array);
    subnets.is_some_and(|subnets| !subnets.is_empty())
}

/// AWS keeps the id of the VPC in a different place for every service.
fn vpc_id(value: &Value) -> Option<&str> {
    let inside = |outer: &str, inner: &str| value.get(outer).and_then(|outer| outer.get(inner));
    let attachment = || value.get("VpcAttachments")?.get(0)?.get("VpcId");
    let found = value
        .get("VpcId")
        .or_else(|| value.get("VPCId"))
        .or_else(|| inside("VpcConfig", "VpcId"))
        .or_else(|| inside("DBSubnetGroup", "VpcId"))
        .or_else(|| inside("VPCOptions", "VPCId"))
        .or_else(attachment);
    let resource = || {
        let is_vpc = value.get("ResourceType").and_then(Value::as_str) == Some("vpc");
        value.get("ResourceId").filter(|_| is_vpc)
    };
    found.or_else(resource).and_then(Value::as_str)
}

/// Addresses that the resource has for itself: a customer gateway, a mount target, the nodes of a load balancer.
fn collect_addresses(value: &Value, addresses: &mut Vec<IpAddr>) {
    const FIELDS: &[&str] = &["IpAddress", "PrivateIPv4Address", "IPv6Address"];
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                match inner.as_str().filter(|_| FIELDS.contains(&key.as_str())).map(str::parse) {
                    Some(Ok(address)) if !addresses.contains(&address) => addresses.push(address),
                    _ => collect_addresses(inner, addresses),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| collect_addresses(inner, addresses)),
        _ => {}
    }
}

fn own_addresses(builder: &Builder<'_>) -> HashSet<IpAddr> {
    let instances = builder.topology.vpcs.iter().flat_map(|vpc| &vpc.value.instances);
    let interfaces = instances.flat_map(|instance| &instance.value.interfaces);
    interfaces.flat_map(|one| one.value.ips.iter().map(|ip| IpAddr::V4(ip.value))).collect()
}

/// Adds something that is not modelled and that no answer lists.
pub(super) fn add(builder: &mut Builder<'_>, kind: &'static str, name: &str, place: Place) {
    if builder.unmodelled.insert((kind, name.to_owned())) {
        let name = Spanned::new(name.to_owned(), place);
        let unmodelled = Unmodelled { kind: kind.to_owned(), name, ..Unmodelled::default() };
        builder.topology.unmodelled.push(unmodelled);
    }
}

/// Remembers a gateway that a route or an association names: it may be of a kind that was not captured.
pub(super) fn mention(builder: &mut Builder<'_>, id: &str, place: Place) {
    let kind = kind_of_target(id).or_else(|| id.parse::<IpAddr>().is_ok().then_some("route server next hop"));
    if let Some(kind) = kind {
        builder.mentioned.entry((kind, id.to_owned())).or_insert(place);
    }
}

/// The kind of a route's target, by its id, if it is one that is known by name only.
pub(in crate::source) fn kind_of_target(id: &str) -> Option<&'static str> {
    const PREFIXES: &[(&str, &str)] = &[
        ("tgw-", "transit gateway"),
        ("vgw-", "virtual private gateway"),
        ("vpce-", "VPC endpoint"),
        ("cagw-", "carrier gateway"),
        ("lgw-", "local gateway"),
    ];
    match PREFIXES.iter().find(|(prefix, _)| id.starts_with(prefix)) {
        Some((_, kind)) => Some(kind),
        None if id.contains(":core-network/") => Some("core network"),
        None if id.starts_with("arn:") => Some("ODB network"),
        None => None,
    }
}

fn mentioned(builder: &mut Builder<'_>) {
    for ((kind, id), place) in std::mem::take(&mut builder.mentioned) {
        add(builder, kind, &id, place);
    }
}
