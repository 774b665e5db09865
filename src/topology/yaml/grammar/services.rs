//! Components that the language knows but that the engine does not model yet, and where transit gateways stand.

use super::leaves::{
    ACL_PEER, BALANCER_SCHEME, BALANCER_TYPE, BOOL, BPA_EXCLUSION, BPA_MODE, ENDPOINT_NAME, ENDPOINT_STATUS,
    ENDPOINT_TYPE, FIREWALL_ACTION, GATEWAY_NAME, IP, LISTENER_PORT, NAME, PORT, PORTS, PROTOCOL, PUBLIC_IP,
    REFERENCE, REFERENCE_OR_UNKNOWN, RULE_NUMBER, TARGET_TYPE, TEXT,
};
use super::transit_gateway::TRANSIT_GATEWAY;
use super::{Field, PLAIN, Record, Type, field};

pub(in super::super) const BLOCK_PUBLIC_ACCESS: Record = Record {
    noun: "VPC Block Public Access",
    description: "Blocks internet gateways for a whole VPC (IG-10).",
    fields: &[&[
        field("mode", Type::Leaf(&BPA_MODE), "What is blocked.").default("\"off\""),
        field("exclusion", Type::Leaf(&BPA_EXCLUSION), "An exclusion of the whole VPC."),
        field("exclusions", Type::Map(&NAME, &Type::Leaf(&BPA_EXCLUSION)), "Exclusions of subnets, by name."),
    ]],
    ..PLAIN
};

pub(in super::super) const ENDPOINT: Record = Record {
    noun: "a VPC endpoint",
    description: "A private way to a service (EP-1).",
    fields: &[&[
        field("type", Type::Leaf(&ENDPOINT_TYPE), "gateway, interface or gateway-load-balancer."),
        field("service", Type::Leaf(&TEXT), "An AWS service such as s3, or the name of an endpoint service."),
        field("route_tables", Type::OneOrMany(&REFERENCE), "Route tables of a gateway endpoint."),
        field("subnets", Type::OneOrMany(&REFERENCE), "Subnets of an interface endpoint.").or(&["subnet"]),
        field(
            "security_groups",
            Type::OneOrMany(&REFERENCE_OR_UNKNOWN),
            "Security groups of an interface endpoint; the default one if omitted.",
        ),
        field(
            "addresses",
            Type::Map(&NAME, &Type::OneOrMany(&IP)),
            "Addresses of an interface endpoint by subnet; assumed if omitted.",
        ),
        field("private_dns", Type::Leaf(&BOOL), "Whether the service's own name leads to it."),
        field("status", Type::Leaf(&ENDPOINT_STATUS), "Only an available one works.")
            .default("\"available\""),
    ]],
    mandatory: &[&["type"], &["service"]],
    ..PLAIN
};

pub(in super::super) const LISTENER: Record = Record {
    noun: "a listener",
    description: "What a load balancer does with flows to one of its ports.",
    fields: &[&[field("target_group", Type::Leaf(&REFERENCE), "Where they go.")]],
    mandatory: &[&["target_group"]],
    ..PLAIN
};

pub(in super::super) const LOAD_BALANCER: Record = Record {
    noun: "a load balancer",
    description: "An application, network or gateway load balancer (LB-1).",
    fields: &[&[
        field("type", Type::Leaf(&BALANCER_TYPE), "application, network or gateway."),
        field("subnets", Type::OneOrMany(&REFERENCE), "The subnets of its nodes."),
        field("security_groups", Type::OneOrMany(&REFERENCE), "Its security groups."),
        field("public_ip", Type::Leaf(&PUBLIC_IP), "Whether it faces the internet."),
        field("scheme", Type::Leaf(&BALANCER_SCHEME), "internet-facing or internal."),
        field("cross_zone", Type::Leaf(&BOOL), "Whether nodes send to targets in other zones."),
        field(
            "listeners",
            Type::Map(&LISTENER_PORT, &Type::Short(&TEXT, &LISTENER)),
            "Targets by port: `443: web:8080`, or `443: {target_group: web}`.",
        ),
    ]],
    mandatory: &[&["type"], &["subnets"]],
    ..PLAIN
};

pub(in super::super) const HEALTH_CHECK: Record = Record {
    noun: "a health check",
    description: "How targets are probed (LB-12).",
    fields: &[&[
        field("protocol", Type::Leaf(&TEXT), "Protocol of the probe."),
        field("port", Type::Leaf(&PORT), "Port of the probe; the traffic port if omitted."),
        field("path", Type::Leaf(&TEXT), "Path of the probe."),
    ]],
    ..PLAIN
};

pub(in super::super) const TARGET_GROUP: Record = Record {
    noun: "a target group",
    description: "Where a load balancer sends flows (LB-12).",
    fields: &[&[
        field("targets", Type::OneOrMany(&TEXT), "Instances, groups or addresses."),
        field("target_type", Type::Leaf(&TARGET_TYPE), "What the targets are.").default("\"instance\""),
        field("protocol", Type::Leaf(&TEXT), "Protocol towards the targets."),
        field("port", Type::Leaf(&PORT), "Port of the targets."),
        field("health_check", Type::Record(&HEALTH_CHECK), "How they are probed."),
        field("cross_zone", Type::Leaf(&BOOL), "Whether nodes send to targets in other zones."),
        field("preserve_client_ip", Type::Leaf(&BOOL), "Whether targets see the client's address (LB-8)."),
    ]],
    ..PLAIN
};

const FIREWALL_RULE: Record = Record {
    noun: "a firewall rule",
    description: "One rule of a Network Firewall.",
    fields: &[&[
        field("action", Type::Leaf(&FIREWALL_ACTION), "What it does."),
        field("protocol", Type::Leaf(&PROTOCOL), "Protocol; all if omitted."),
        field("source", Type::Leaf(&ACL_PEER), "Where packets come from."),
        field("destination", Type::Leaf(&ACL_PEER), "Where packets go."),
        field("ports", Type::OneOrMany(&PORTS), "Destination ports.").or(&["port"]),
        field("source_ports", Type::OneOrMany(&PORTS), "Source ports."),
    ]],
    mandatory: &[&["action"]],
    ..PLAIN
};

const STATELESS: Record = Record {
    noun: "the stateless rules",
    description: "Rules by priority.",
    fields: &[&[
        field("rules", Type::Map(&RULE_NUMBER, &Type::Record(&FIREWALL_RULE)), "Rules by priority."),
        field("default", Type::Leaf(&FIREWALL_ACTION), "What happens to the rest."),
    ]],
    ..PLAIN
};

const STATEFUL: Record = Record {
    noun: "the stateful rules",
    description: "Rules for flows that the stateless rules forward.",
    fields: &[&[
        field("rules", Type::List(&Type::Record(&FIREWALL_RULE)), "Rules in their order."),
        field("default", Type::Leaf(&FIREWALL_ACTION), "What happens to the rest."),
    ]],
    ..PLAIN
};

const NETWORK_FIREWALL: Record = Record {
    noun: "a Network Firewall",
    description: "One endpoint in each of its subnets; a route target.",
    fields: &[&[
        field("subnets", Type::OneOrMany(&REFERENCE), "The subnets of its endpoints."),
        field("stateless", Type::Record(&STATELESS), "Stateless rules."),
        field("stateful", Type::Record(&STATEFUL), "Stateful rules."),
    ]],
    mandatory: &[&["subnets"]],
    ..PLAIN
};

/// Anything else.
pub(in super::super) const UNMODELLED: Record = Record {
    noun: "something that is not modelled",
    description: "Something that is there, but of which nothing can be said: a path that meets it is undetermined.",
    fields: &[&[
        field("kind", Type::Leaf(&TEXT), "What it is, in AWS's words."),
        field("addresses", Type::OneOrMany(&IP), "Addresses that it is known to own."),
        field("subnets", Type::OneOrMany(&REFERENCE), "Subnets in which it has interfaces somewhere."),
        field("security_groups", Type::OneOrMany(&REFERENCE), "Security groups of those interfaces."),
        field("propagate_to", Type::OneOrMany(&REFERENCE), "Route tables that learn its routes (VG-2)."),
        field("why", Type::Leaf(&TEXT), "Why nothing can be said about it, if not for its kind."),
    ]],
    mandatory: &[&["kind"]],
    ..PLAIN
};

const UNMODELLED_THINGS: Field = field(
    "unmodelled",
    Type::Map(&REFERENCE, &Type::Record(&UNMODELLED)),
    "Whatever else there is, by name: a path that meets it is undetermined.",
);

/// Keys of a VPC.
pub(super) const IN_VPC: &[Field] = &[
    field("block_public_access", Type::Record(&BLOCK_PUBLIC_ACCESS), "VPC Block Public Access (IG-10)."),
    super::on_premises::IN_VPC,
    field("endpoints", Type::Map(&ENDPOINT_NAME, &Type::Record(&ENDPOINT)), "VPC endpoints by name.")
        .or(&["vpc_endpoints"]),
    field(
        "load_balancers",
        Type::Map(&ENDPOINT_NAME, &Type::Record(&LOAD_BALANCER)),
        "Load balancers by name.",
    ),
    field("target_groups", Type::Map(&NAME, &Type::Record(&TARGET_GROUP)), "Target groups by name."),
    field(
        "network_firewalls",
        Type::Map(&GATEWAY_NAME, &Type::Record(&NETWORK_FIREWALL)),
        "Network Firewalls by name.",
    ),
    UNMODELLED_THINGS,
];

pub(in super::super) const ENDPOINT_SERVICE: Record = Record {
    noun: "an endpoint service",
    description: "The provider's side of PrivateLink (EP-6).",
    fields: &[&[
        field("load_balancer", Type::Leaf(&REFERENCE), "The network or gateway load balancer behind it."),
        field("azs", Type::OneOrMany(&TEXT), "Its availability zones."),
        field("acceptance_required", Type::Leaf(&BOOL), "Whether endpoints must be accepted."),
    ]],
    mandatory: &[&["load_balancer"]],
    ..PLAIN
};

/// Keys of the top level.
pub(super) const AT_TOP: &[Field] = &[
    field(
        "transit_gateways",
        Type::Map(&GATEWAY_NAME, &Type::Record(&TRANSIT_GATEWAY)),
        "Transit gateways by name.",
    ),
    field(
        "endpoint_services",
        Type::Map(&NAME, &Type::Record(&ENDPOINT_SERVICE)),
        "Endpoint services by name.",
    ),
    UNMODELLED_THINGS,
];
