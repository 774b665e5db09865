//! A VPC and what is in it.

use super::leaves::{
    BOOL, CIDR4_OR_UNKNOWN, CIDR6, CONNECTIVITY, ENDPOINT_NAME, EPHEMERAL, GATEWAY_NAME, GATEWAY_STATE,
    INSTANCE_KIND, INSTANCE_STATE, IPV4, IPV6, NAME, OWNER, PUBLIC_IP, REFERENCE, REFERENCE_OR_UNKNOWN,
    TARGET_NAME, TEXT,
};
use super::rules::{NETWORK_ACL, ROUTES, SECURITY_GROUP};
use super::services;
use super::{Field, PLAIN, Record, Type, field};

pub(in super::super) const INTERNET_GATEWAY: Record = Record {
    noun: "an internet gateway",
    description: "The way to and from the internet, with one-to-one address translation for IPv4.",
    fields: &[&[
        field("name", Type::Leaf(&TARGET_NAME), "Its name as a route target.").default("\"igw\""),
        field("attached", Type::Leaf(&BOOL), "Whether it is attached to the VPC.").default("true"),
        field("route_table", Type::Leaf(&REFERENCE), "A gateway (edge) route table for arriving packets."),
    ]],
    ..PLAIN
};

pub(in super::super) const EGRESS_ONLY_INTERNET_GATEWAY: Record = Record {
    noun: "an egress-only internet gateway",
    description: "The way to the internet for IPv6, for flows that start inside.",
    fields: &[&[field("name", Type::Leaf(&GATEWAY_NAME), "Its name as a route target.").default("\"eigw\"")]],
    ..PLAIN
};

pub(in super::super) const NAT_GATEWAY: Record = Record {
    noun: "a NAT gateway",
    description: "Lets private addresses open flows to elsewhere, under its own address.",
    fields: &[&[
        field("subnet", Type::Leaf(&REFERENCE), "The subnet it lives in.").or(&["subnet_id"]),
        field("connectivity", Type::Leaf(&CONNECTIVITY), "Public with an Elastic IP, or private without.")
            .or(&["connectivity_type"])
            .default("\"public\""),
        field("state", Type::Leaf(&GATEWAY_STATE), "Only an available one forwards.")
            .default("\"available\""),
        field("ip", Type::Leaf(&IPV4), "Its private address; assumed if omitted.").or(&["private_ip"]),
        field("public_ip", Type::Leaf(&IPV4), "Its Elastic IP; assumed if omitted.").or(&["elastic_ip"]),
    ]],
    mandatory: &[&["subnet"]],
    ..PLAIN
};

pub(in super::super) const SUBNET: Record = Record {
    noun: "a subnet",
    description: "A range of addresses in one availability zone.",
    fields: &[&[
        field("cidr", Type::Leaf(&CIDR4_OR_UNKNOWN), "IPv4 CIDR block; `?` if nobody knows it.")
            .or(&["cidr_block"]),
        field("ipv6_cidr", Type::Leaf(&CIDR6), "IPv6 CIDR block.").or(&["ipv6_cidr_block"]),
        field("az", Type::Leaf(&TEXT), "Availability zone; checks of zones are skipped if omitted.")
            .or(&["availability_zone"]),
        field(
            "route_table",
            Type::Leaf(&REFERENCE_OR_UNKNOWN),
            "Its route table; the main one if omitted, `?` if nobody knows which.",
        )
        .or(&["route_table_id"]),
        field("routes", ROUTES, "Routes of a table of its own, instead of route_table."),
        field(
            "network_acl",
            Type::Leaf(&REFERENCE_OR_UNKNOWN),
            "Its network ACL; the default one, which allows all, if omitted, `?` if nobody knows which.",
        )
        .or(&["network_acl_id"]),
        field("auto_assign_public_ip", Type::Leaf(&BOOL), "Whether instances get a public IPv4 address.")
            .or(&["map_public_ip_on_launch"])
            .default("false"),
        field("auto_assign_ipv6", Type::Leaf(&BOOL), "Whether instances get an IPv6 address.")
            .or(&["assign_ipv6_address_on_creation"])
            .default("false"),
    ]],
    mandatory: &[&["cidr", "ipv6_cidr"]],
    exclusive: &[("routes", &["route_table"])],
    advice: &[
        ("public", "a subnet is public by its routes: `routes: {0.0.0.0/0: igw}` (VP-14)"),
        (
            "security_groups",
            "security groups belong to instances; the filter of a subnet is its `network_acl`",
        ),
    ],
    ..PLAIN
};

const INTERFACE_FIELDS: &[Field] = &[
    field("subnet", Type::Leaf(&REFERENCE), "The subnet it is in.").or(&["subnet_id"]),
    field(
        "ip",
        Type::OneOrMany(&IPV4),
        "Private IPv4 addresses, the first is the primary one; assumed if omitted.",
    )
    .or(&["ips", "private_ip", "private_ips"]),
    field("ipv6", Type::OneOrMany(&IPV6), "IPv6 addresses.").or(&["ipv6_addresses"]),
    field(
        "public_ip",
        Type::Leaf(&PUBLIC_IP),
        "Whether the primary address has a public one, or which; the subnet decides if omitted.",
    )
    .or(&["associate_public_ip_address"]),
    field("public_ips", Type::Map(&IPV4, &Type::Leaf(&IPV4)), "Public addresses by private address (EN-1)."),
    field(
        "security_groups",
        Type::OneOrMany(&REFERENCE_OR_UNKNOWN),
        "Its security groups; the default one if omitted; `?` for further ones that nobody knows.",
    )
    .or(&["vpc_security_group_ids", "security_group_ids"]),
    field("source_dest_check", Type::Leaf(&BOOL), "Whether it refuses packets that are not its own (EN-2).")
        .default("true"),
];

const RARE_INTERFACE_FIELDS: &[Field] = &[
    field("attached", Type::Leaf(&BOOL), "Whether it is attached to something that runs.").default("true"),
    field(
        "deny_all_igw_traffic",
        Type::Leaf(&BOOL),
        "Whether traffic of internet gateways is refused (EN-5).",
    )
    .default("false"),
];

const INSTANCE_FIELDS: &[Field] = &[
    field("kind", Type::Leaf(&INSTANCE_KIND), "What it is: sets its client ports and its limits.")
        .default("\"ec2\""),
    field("state", Type::Leaf(&INSTANCE_STATE), "One that does not run owns no traffic (EN-3).")
        .default("\"running\""),
    field(
        "group",
        Type::Leaf(&ENDPOINT_NAME),
        "A name that it shares with others; the group is an endpoint.",
    ),
    field("ephemeral_ports", Type::Leaf(&EPHEMERAL), "Its client ports: linux, windows, any, or a range."),
    field(
        "policy_routing",
        Type::Leaf(&BOOL),
        "Whether replies leave by the interface that the request came in by (SG-17).",
    )
    .default("true"),
    field(
        "subnets",
        Type::OneOrMany(&REFERENCE),
        "The subnets into any of which AWS may put it: a question is about a host in each (EN-8).",
    )
    .or(&["subnet_ids"]),
    field(
        "interfaces",
        Type::Map(&NAME, &Type::Record(&INTERFACE)),
        "Several interfaces instead of subnet, ip, …; the first is the primary one.",
    ),
];

pub(in super::super) const INTERFACE: Record = Record {
    noun: "an interface",
    description: "A network interface.",
    fields: &[INTERFACE_FIELDS, RARE_INTERFACE_FIELDS],
    mandatory: &[&["subnet"]],
    ..PLAIN
};

pub(in super::super) const INSTANCE: Record = Record {
    noun: "an instance",
    description: "An EC2 instance, a database, a function: whatever has network interfaces.",
    fields: &[INSTANCE_FIELDS, INTERFACE_FIELDS, RARE_INTERFACE_FIELDS],
    mandatory: &[&["subnet", "subnets", "interfaces"]],
    exclusive: &[
        (
            "interfaces",
            &[
                "subnet",
                "subnets",
                "ip",
                "ipv6",
                "public_ip",
                "public_ips",
                "security_groups",
                "source_dest_check",
                "attached",
                "deny_all_igw_traffic",
            ],
        ),
        ("subnets", &["subnet", "ip", "ipv6", "public_ips"]),
    ],
    ..PLAIN
};

pub(in super::super) const NETWORK_INTERFACE: Record = Record {
    noun: "a network interface",
    description: "An interface that a service owns, for example an EFS mount target (EN-6).",
    fields: &[
        INTERFACE_FIELDS,
        RARE_INTERFACE_FIELDS,
        &[field("owner", Type::Leaf(&OWNER), "The service that owns it.").default("\"interface\"")],
    ],
    mandatory: &[&["subnet"]],
    ..PLAIN
};

pub(in super::super) const VPC: Record = Record {
    noun: "a VPC",
    description: "A virtual private cloud and everything in it.",
    fields: &[
        &[
            field(
                "cidr",
                Type::OneOrMany(&CIDR4_OR_UNKNOWN),
                "IPv4 CIDR blocks; the first is the primary one (VP-3); `?` if nobody knows it.",
            )
            .or(&["cidr_block", "cidr_blocks"]),
            field("ipv6_cidr", Type::OneOrMany(&CIDR6), "IPv6 CIDR blocks.")
                .or(&["ipv6_cidr_block", "ipv6_cidr_blocks"]),
            field(
                "region",
                Type::Leaf(&TEXT),
                "Its region; peering between regions can't carry group references (SG-9).",
            ),
            field("account", Type::Leaf(&TEXT), "The account that owns it.").or(&["owner_id"]),
            field("dns_support", Type::Leaf(&BOOL), "Whether the resolver answers (DN-1).")
                .or(&["enable_dns_support"])
                .default("true"),
            field(
                "internet_gateway",
                Type::Short(&BOOL, &INTERNET_GATEWAY),
                "Its internet gateway; `true` names it igw.",
            ),
            field(
                "egress_only_internet_gateway",
                Type::Short(&BOOL, &EGRESS_ONLY_INTERNET_GATEWAY),
                "Its egress-only internet gateway; `true` names it eigw.",
            )
            .or(&["egress_only_gateway"]),
            field(
                "nat_gateways",
                Type::Map(&GATEWAY_NAME, &Type::Record(&NAT_GATEWAY)),
                "NAT gateways by name.",
            ),
            field(
                "route_tables",
                Type::Map(&NAME, &ROUTES),
                "Route tables by name: destination to target. `main` is the main table.",
            ),
            field("subnets", Type::Map(&NAME, &Type::Record(&SUBNET)), "Subnets by name."),
            field(
                "network_acls",
                Type::Map(&NAME, &Type::Record(&NETWORK_ACL)),
                "Network ACLs by name. `default` is the default one.",
            ),
            field(
                "security_groups",
                Type::Map(&NAME, &Type::Record(&SECURITY_GROUP)),
                "Security groups by name. `default` is the default one.",
            ),
            field("instances", Type::Map(&ENDPOINT_NAME, &Type::Record(&INSTANCE)), "Instances by name."),
            field(
                "network_interfaces",
                Type::Map(&ENDPOINT_NAME, &Type::Record(&NETWORK_INTERFACE)),
                "Interfaces that services own, by name.",
            ),
        ],
        services::IN_VPC,
    ],
    mandatory: &[&["cidr"]],
    exclusive: &[],
    advice: &[
        ("internet_gateways", "a VPC has one internet gateway at most: `internet_gateway: true` (VP-15)"),
        ("enable_dns_hostnames", "host names have no effect on reachability: remove it"),
        ("peering_connections", "peering connections stand at the top level, beside `vpcs`"),
        ("transit_gateways", "transit gateways stand at the top level, beside `vpcs`"),
        ("tests", "tests stand at the top level, beside `vpcs`"),
    ],
    extensible: false,
};
