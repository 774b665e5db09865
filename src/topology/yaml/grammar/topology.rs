//! The top level of a file.

use super::leaves::{
    BOOL, CAPTURE_KIND, CIDR, COUNT, DEFAULTS, EPHEMERAL, EXPECTATION, FAMILY, GATEWAY_NAME, MANAGED_BY,
    NAME, PEERING_STATUS, REFERENCE, SOURCE_KIND, TEXT, VERSION,
};
use super::vpc::VPC;
use super::{PLAIN, Record, Type, field};
use super::{on_premises, services};

pub(in super::super) const PREFIX_LIST: Record = Record {
    noun: "a prefix list",
    description: "A named list of CIDR blocks, `pl:NAME` in routes and security groups.",
    fields: &[&[
        field("entries", Type::OneOrMany(&CIDR), "Its CIDR blocks."),
        field("max_entries", Type::Leaf(&COUNT), "What quotas charge for it (RT-8)."),
        field("managed_by", Type::Leaf(&MANAGED_BY), "`aws`: the entries are not known."),
    ]],
    mandatory: &[&["entries", "managed_by"]],
    exclusive: &[("managed_by", &["entries"])],
    ..PLAIN
};

pub(in super::super) const NETWORK: Record = Record {
    noun: "a network",
    description: "A named range that is no VPC, `net:NAME`.",
    fields: &[&[
        field("cidr", Type::OneOrMany(&CIDR), "Its CIDR blocks.").or(&["cidrs", "cidr_block", "cidr_blocks"]),
        field("routes_back", Type::OneOrMany(&CIDR), "What it knows of us, if it is on premises (VG-3)."),
        field("on_premises", Type::Leaf(&BOOL), "Whether a VPN or Direct Connect leads to it (VG-1).")
            .default("false"),
    ]],
    mandatory: &[&["cidr"]],
    ..PLAIN
};

pub(in super::super) const PEERING: Record = Record {
    noun: "a peering connection",
    description: "A private way between two VPCs; a route target in both.",
    fields: &[&[
        field("requester", Type::Leaf(&REFERENCE), "The VPC that asked.").or(&["vpc", "vpc_id"]),
        field("accepter", Type::Leaf(&REFERENCE), "The VPC that was asked.").or(&["peer_vpc", "peer_vpc_id"]),
        field("requester_cidr", Type::OneOrMany(&CIDR), "CIDR blocks of a requester that is not described."),
        field("accepter_cidr", Type::OneOrMany(&CIDR), "CIDR blocks of an accepter that is not described."),
        field("status", Type::Leaf(&PEERING_STATUS), "Only an active one forwards.")
            .or(&["state"])
            .default("\"active\""),
    ]],
    mandatory: &[&["requester"], &["accepter"]],
    advice: &[("auto_accept", "say the outcome: `status: active`, or `status: pending-acceptance`")],
    ..PLAIN
};

pub(in super::super) const TEST: Record = Record {
    noun: "a test",
    description: "What must be reachable, and what must not.",
    fields: &[&[
        field("name", Type::Leaf(&TEXT), "Its name."),
        field(
            "from",
            Type::OneOrMany(&TEXT),
            "Sources: instances, groups, net:NAME, sg:NAME, subnet:NAME, internet, addresses.",
        ),
        field(
            "to",
            Type::OneOrMany(&TEXT),
            "Destinations with ports: db:5432, dns:53/udp, web:icmp, \"web:*\".",
        ),
        field("allow", Type::OneOrMany(&TEXT), "Every packet must get there and back."),
        field("deny", Type::OneOrMany(&TEXT), "No packet may get through."),
        field("only_from", Type::OneOrMany(&TEXT), "Nobody else may get through to `to`."),
        field("expect", Type::Leaf(&EXPECTATION), "The verdict from each `from` to each `to`."),
        field("because", Type::OneOrMany(&TEXT), "Codes that must be among the blockers."),
        field("client", Type::Leaf(&EPHEMERAL), "Client ports of the sources."),
        field("family", Type::Leaf(&FAMILY), "Only that address family."),
        field("to_public_ip", Type::Leaf(&BOOL), "Dial the public address of the destination.")
            .default("false"),
        field("soft", Type::Leaf(&BOOL), "Report a failure, but do not fail.").default("false"),
        field("skip", Type::Leaf(&TEXT), "Why it is not run."),
    ]],
    ..PLAIN
};

pub(in super::super) const LINT: Record = Record {
    noun: "lint settings",
    description: "Which findings fail, warn, or are silent; codes may end in `*`.",
    fields: &[&[
        field("deny", Type::OneOrMany(&TEXT), "Findings that fail."),
        field("warn", Type::OneOrMany(&TEXT), "Findings that are reported."),
        field("allow", Type::OneOrMany(&TEXT), "Findings that are not reported."),
    ]],
    ..PLAIN
};

pub(in super::super) const PARTIAL: Record = Record {
    noun: "a partial description",
    description: "What is described is a part of a world: names that it does not define are unknown, not mistakes.",
    fields: &[&[
        field("of", Type::Leaf(&SOURCE_KIND), "`capture`: every address is said. `plan`: some are assumed."),
        field(
            "missing",
            Type::OneOrMany(&CAPTURE_KIND),
            "Kinds that were not captured: unknown, not absent.",
        ),
    ]],
    mandatory: &[&["of"]],
    ..PLAIN
};

/// A whole file.
pub(in super::super) const TOPOLOGY: Record = Record {
    noun: "a topology",
    description: "A VPC network and the tests of its reachability.",
    fields: &[
        &[
            field("version", Type::Leaf(&VERSION), "Version of the language.").default("1"),
            field("defaults", Type::Leaf(&DEFAULTS), "Whose defaults apply to omitted outbound rules.")
                .default("\"aws\""),
            field(
                "partial",
                Type::Short(&SOURCE_KIND, &PARTIAL),
                "That this describes a part of a world: `capture`, `plan`, or what a capture lacks.",
            ),
            field("prefix_lists", Type::Map(&NAME, &Type::Record(&PREFIX_LIST)), "Prefix lists by name."),
            field("networks", Type::Map(&NAME, &Type::Record(&NETWORK)), "Ranges that are no VPCs, by name."),
            field("vpcs", Type::Map(&NAME, &Type::Record(&VPC)), "VPCs by name."),
            field(
                "peering_connections",
                Type::Map(&GATEWAY_NAME, &Type::Record(&PEERING)),
                "Peering connections by name.",
            ),
            field("tests", Type::List(&Type::Record(&TEST)), "What must be reachable, and what must not."),
            field("lint", Type::Record(&LINT), "Settings of `lint`."),
        ],
        services::AT_TOP,
        on_premises::AT_TOP,
    ],
    mandatory: &[&["vpcs"]],
    exclusive: &[],
    advice: &[
        ("vpc", "`vpcs` is a map from names to VPCs: `vpcs: {main: {cidr: 10.0.0.0/16}}`"),
        ("subnets", "subnets stand inside a VPC: `vpcs: {main: {subnets: …}}`"),
        ("security_groups", "security groups stand inside a VPC: `vpcs: {main: {security_groups: …}}`"),
        ("instances", "instances stand inside a VPC: `vpcs: {main: {instances: …}}`"),
    ],
    extensible: true,
};
