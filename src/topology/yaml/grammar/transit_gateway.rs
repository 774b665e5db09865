//! Transit gateways, their attachments and route tables.

use super::leaves::{ATTACHMENT_STATUS, BOOL, CIDR, CIDR4, CIDR6, NAME, REFERENCE, TEXT, UNKNOWN};
use super::rules::ROUTES;
use super::{PLAIN, Record, Type, field};

pub(in super::super) const ATTACHMENT: Record = Record {
    noun: "an attachment",
    description: "What a transit gateway is attached to.",
    fields: &[&[
        field("vpc", Type::Leaf(&REFERENCE), "A VPC."),
        field(
            "subnets",
            Type::OneOrMany(&REFERENCE),
            "Its subnets, one in each zone (TG-1); any if omitted.",
        )
        .or(&["subnet"]),
        field("vpn", Type::Leaf(&REFERENCE), "A VPN connection."),
        field("direct_connect", Type::Leaf(&REFERENCE), "A Direct Connect gateway."),
        field("peering", Type::Leaf(&REFERENCE), "Another transit gateway."),
        field("other", Type::Leaf(&REFERENCE), "Something else, of the kind that `kind` says."),
        field("kind", Type::Leaf(&TEXT), "What `other` is, in AWS's words."),
        field("prefixes", Type::OneOrMany(&CIDR), "What it is known to announce, if it is no VPC."),
        field("association", Type::Leaf(&UNKNOWN), "`?`: nobody knows which route table it uses."),
        field(
            "appliance_mode",
            Type::Leaf(&BOOL),
            "Whether both directions of a flow use the same zone (TG-9).",
        )
        .default("false"),
        field("ipv6", Type::Leaf(&BOOL), "Whether it carries IPv6.").default("false"),
        field("security_group_referencing", Type::Leaf(&BOOL), "Whether group references work (SG-10).")
            .default("true"),
        field("status", Type::Leaf(&ATTACHMENT_STATUS), "Only an available one forwards.")
            .or(&["state"])
            .default("\"available\""),
    ]],
    mandatory: &[&["vpc", "vpn", "direct_connect", "peering", "other"]],
    exclusive: &[
        ("vpc", &["vpn", "direct_connect", "peering", "other", "prefixes"]),
        ("vpn", &["direct_connect", "peering", "other"]),
        ("direct_connect", &["peering", "other"]),
        ("peering", &["other", "prefixes"]),
        ("subnets", &["vpn", "direct_connect", "peering", "other"]),
    ],
    ..PLAIN
};

pub(in super::super) const TRANSIT_GATEWAY_ROUTE_TABLE: Record = Record {
    noun: "a transit gateway route table",
    description: "Where the attachments that are associated with it can send to.",
    fields: &[&[
        field("associations", Type::OneOrMany(&REFERENCE), "Attachments that use it."),
        field("propagations", Type::OneOrMany(&REFERENCE), "Attachments whose ranges it learns."),
        field("routes", ROUTES, "Static routes: destination to attachment."),
        field("incomplete", Type::Leaf(&BOOL), "Whether it may hold further routes that nobody knows.")
            .default("false"),
    ]],
    ..PLAIN
};

pub(in super::super) const TRANSIT_GATEWAY: Record = Record {
    noun: "a transit gateway",
    description: "A router between VPCs and networks.",
    fields: &[&[
        field("security_group_referencing", Type::Leaf(&BOOL), "Whether group references work (SG-10).")
            .default("false"),
        field("attachments", Type::Map(&NAME, &Type::Record(&ATTACHMENT)), "Attachments by name."),
        field(
            "route_tables",
            Type::Map(&NAME, &Type::Record(&TRANSIT_GATEWAY_ROUTE_TABLE)),
            "Its route tables; one for all attachments if omitted.",
        ),
        field("cidrs", Type::OneOrMany(&CIDR4), "IPv4 CIDR blocks of its own."),
        field("ipv6_cidrs", Type::OneOrMany(&CIDR6), "IPv6 CIDR blocks of its own."),
    ]],
    ..PLAIN
};
