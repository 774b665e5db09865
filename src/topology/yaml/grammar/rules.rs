//! Rules of security groups and network ACLs.

use super::leaves::{
    ACL_PEER, ACTION, API_PORT, BOOL, CIDR4, CIDR6, GROUP_PEER, ICMP_NUMBER, PORTS, PRESET, PROTOCOL,
    REFERENCE, ROUTE_DESTINATION, ROUTE_STATE, ROUTE_TARGET, RULE_NUMBER, TEXT,
};
use super::{Field, PLAIN, Record, Type, field};

const TRAFFIC: &[Field] = &[
    field("type", Type::Leaf(&PRESET), "The console's name for protocol and ports, for example HTTPS."),
    field(
        "protocol",
        Type::Leaf(&PROTOCOL),
        "Protocol by name or IANA number; tcp if only ports are given, else all.",
    )
    .or(&["ip_protocol"]),
    field("ports", Type::OneOrMany(&PORTS), "Destination ports: 443, 1024-65535, [80, 443], or all.")
        .or(&["port", "port_range"]),
    field(
        "from_port",
        Type::Leaf(&API_PORT),
        "First port in the style of the API; the ICMP type of an ICMP rule.",
    ),
    field(
        "to_port",
        Type::Leaf(&API_PORT),
        "Last port in the style of the API; the ICMP code of an ICMP rule.",
    ),
    field("icmp_type", Type::Leaf(&ICMP_NUMBER), "ICMP type; every type if omitted.")
        .or(&["icmp_type_number"]),
    field("icmp_code", Type::Leaf(&ICMP_NUMBER), "ICMP code; every code if omitted.")
        .or(&["icmp_code_number"]),
    field("description", Type::Leaf(&TEXT), "For people; has no effect."),
];

/// A list of one is as good as one; of more, the message about SG-4 says more than one about lists.
const GROUP_SOURCE: &[Field] = &[field(
    "source",
    Type::OneOrMany(&GROUP_PEER),
    "Who may open flows: a CIDR block, sg:NAME, pl:NAME, net:NAME, self, anywhere-ipv4 or anywhere-ipv6.",
)];
const GROUP_DESTINATION: &[Field] = &[field(
    "destination",
    Type::OneOrMany(&GROUP_PEER),
    "Where flows may go: a CIDR block, sg:NAME, pl:NAME, net:NAME, self, anywhere-ipv4 or anywhere-ipv6.",
)];

/// The peer in Terraform's words. Each list takes one element: a rule has one peer (SG-4).
const TERRAFORM_PEER: &[Field] = &[
    field("cidr_blocks", Type::OneOrMany(&CIDR4), "One IPv4 CIDR block.").or(&["cidr_ipv4", "cidr_block"]),
    field("ipv6_cidr_blocks", Type::OneOrMany(&CIDR6), "One IPv6 CIDR block.")
        .or(&["cidr_ipv6", "ipv6_cidr_block"]),
    field("security_groups", Type::OneOrMany(&REFERENCE), "One security group.")
        .or(&["source_security_group_id", "referenced_security_group_id"]),
    field("prefix_list_ids", Type::OneOrMany(&REFERENCE), "One prefix list.").or(&["prefix_list_id"]),
    field("self", Type::Leaf(&BOOL), "The members of this very group."),
];

const ACL_COMMON: &[Field] =
    &[field("action", Type::Leaf(&ACTION), "What the rule does.").or(&["rule_action"])];
const ACL_SOURCE: &[Field] = &[field(
    "source",
    Type::Leaf(&ACL_PEER),
    "Where packets come from: a CIDR block, net:NAME, anywhere-ipv4 or anywhere-ipv6.",
)
.or(&["cidr_block", "ipv6_cidr_block"])];
const ACL_DESTINATION: &[Field] = &[field(
    "destination",
    Type::Leaf(&ACL_PEER),
    "Where packets go: a CIDR block, net:NAME, anywhere-ipv4 or anywhere-ipv6.",
)
.or(&["cidr_block", "ipv6_cidr_block"])];

const PORT_STYLES: &[(&str, &[&str])] =
    &[("ports", &["from_port", "to_port"]), ("icmp_type", &["from_port", "to_port", "ports"])];
const SOURCE_PEERS: &[&str] =
    &["source", "cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids", "self"];
const DESTINATION_PEERS: &[&str] =
    &["destination", "cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids", "self"];

const NOT_INBOUND: (&str, &str) =
    ("destination", "the destination of an inbound rule is whatever has the rule: it has a `source` only");
const NOT_OUTBOUND: (&str, &str) =
    ("source", "the source of an outbound rule is whatever has the rule: it has a `destination` only");
const NO_ACTION: (&str, &str) =
    ("action", "security groups only allow: leave the rule out, or deny in a network ACL (SG-1)");
const NO_SOURCE_PORTS: (&str, &str) =
    ("source_ports", "AWS matches destination ports only, in both directions (SG-3, NA-3)");
const KEY_IS_NUMBER: (&str, &str) = ("rule_number", "the number is the key of the rule: `100: {…}`");
const KEY_IS_RULE_NO: (&str, &str) = ("rule_no", "the number is the key of the rule: `100: {…}`");

const GROUP_INBOUND: Record = Record {
    noun: "an inbound rule",
    description: "Allows new flows towards the members of the group. Replies need no rule.",
    fields: &[TRAFFIC, GROUP_SOURCE, TERRAFORM_PEER],
    mandatory: &[SOURCE_PEERS],
    exclusive: PORT_STYLES,
    advice: &[NOT_INBOUND, NO_ACTION, NO_SOURCE_PORTS],
    extensible: false,
};
const GROUP_OUTBOUND: Record = Record {
    noun: "an outbound rule",
    description: "Allows new flows from the members of the group. Replies need no rule.",
    fields: &[TRAFFIC, GROUP_DESTINATION, TERRAFORM_PEER],
    mandatory: &[DESTINATION_PEERS],
    exclusive: PORT_STYLES,
    advice: &[NOT_OUTBOUND, NO_ACTION, NO_SOURCE_PORTS],
    extensible: false,
};
const ACL_INBOUND: Record = Record {
    noun: "an inbound rule",
    description: "Decides about packets that enter the subnet, replies included.",
    fields: &[ACL_COMMON, TRAFFIC, ACL_SOURCE],
    mandatory: &[&["action"], &["source"]],
    exclusive: PORT_STYLES,
    advice: &[NOT_INBOUND, NO_SOURCE_PORTS, KEY_IS_NUMBER, KEY_IS_RULE_NO],
    extensible: false,
};
const ACL_OUTBOUND: Record = Record {
    noun: "an outbound rule",
    description: "Decides about packets that leave the subnet, replies included.",
    fields: &[ACL_COMMON, TRAFFIC, ACL_DESTINATION],
    mandatory: &[&["action"], &["destination"]],
    exclusive: PORT_STYLES,
    advice: &[NOT_OUTBOUND, NO_SOURCE_PORTS, KEY_IS_NUMBER, KEY_IS_RULE_NO],
    extensible: false,
};

/// A route in its long form.
pub(in super::super) const ROUTE: Record = Record {
    noun: "a route",
    description: "Where packets to a destination are sent.",
    fields: &[&[
        field("target", Type::Leaf(&ROUTE_TARGET), "A gateway, connection, instance or interface."),
        field("state", Type::Leaf(&ROUTE_STATE), "`blackhole`: it drops packets, whatever the target is."),
        field("propagated", Type::Leaf(&BOOL), "Whether it was learnt rather than written (RT-2).")
            .default("false"),
    ]],
    mandatory: &[&["target"]],
    ..PLAIN
};

/// Destination to target. Two routes to one destination differ in how they came to be (RT-4).
pub(in super::super) const ROUTES: Type =
    Type::Map(&ROUTE_DESTINATION, &Type::OneOrSeveral(&Type::Short(&ROUTE_TARGET, &ROUTE)));

/// A security group.
pub(in super::super) const SECURITY_GROUP: Record = Record {
    noun: "a security group",
    description: "A stateful filter of the interfaces that are its members: replies are always allowed.",
    fields: &[&[
        field(
            "inbound",
            Type::List(&Type::Record(&GROUP_INBOUND)),
            "Who may open flows to its members; nobody if omitted.",
        )
        .or(&["ingress"])
        .default("[]"),
        field(
            "outbound",
            Type::List(&Type::Record(&GROUP_OUTBOUND)),
            "Where its members may open flows to; everywhere if omitted, nowhere if empty.",
        )
        .or(&["egress"]),
        field("description", Type::Leaf(&TEXT), "For people; has no effect."),
    ]],
    ..PLAIN
};

/// A network ACL.
pub(in super::super) const NETWORK_ACL: Record = Record {
    noun: "a network ACL",
    description: "A stateless filter of a subnet: rules in the order of their numbers, then deny. Replies need their own rule.",
    fields: &[&[
        field(
            "inbound",
            Type::Map(&RULE_NUMBER, &Type::Record(&ACL_INBOUND)),
            "Rules for packets that enter the subnet, by number.",
        )
        .or(&["ingress"]),
        field(
            "outbound",
            Type::Map(&RULE_NUMBER, &Type::Record(&ACL_OUTBOUND)),
            "Rules for packets that leave the subnet, by number.",
        )
        .or(&["egress"]),
    ]],
    ..PLAIN
};

/// The record of the rules of a group or ACL in one direction.
pub(in super::super) fn rule_record(acl: bool, outbound: bool) -> &'static Record {
    match (acl, outbound) {
        (false, false) => &GROUP_INBOUND,
        (false, true) => &GROUP_OUTBOUND,
        (true, false) => &ACL_INBOUND,
        (true, true) => &ACL_OUTBOUND,
    }
}

/// The keys of a group rule that name a peer.
pub(in super::super) fn peer_keys(outbound: bool) -> &'static [&'static str] {
    if outbound { DESTINATION_PEERS } else { SOURCE_PEERS }
}
