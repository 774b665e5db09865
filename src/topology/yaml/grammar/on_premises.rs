//! What leads to networks of one's own: virtual private gateways, VPN connections, Direct Connect.

use super::leaves::{
    BOOL, CIDR, GATEWAY_NAME, INSIDE, IP, NAME, OPTIONAL_REFERENCE, REFERENCE, ROUTING, TEXT, TUNNEL,
};
use super::{Field, PLAIN, Record, Type, field};

/// A virtual private gateway.
pub(in super::super) const VPN_GATEWAY: Record = Record {
    noun: "a virtual private gateway",
    description: "The VPC's end of VPN connections and Direct Connect (VG-1).",
    fields: &[&[
        field("name", Type::Leaf(&GATEWAY_NAME), "Its name as a route target.").default("\"vgw\""),
        field("attached", Type::Leaf(&BOOL), "Whether it is attached to the VPC.").default("true"),
        field("propagate_to", Type::OneOrMany(&REFERENCE), "Route tables that learn its routes (VG-2)."),
        field(
            "route_table",
            Type::Leaf(&OPTIONAL_REFERENCE),
            "A gateway (edge) route table for arriving packets (RT-16).",
        ),
        field("more_lines", Type::Leaf(&TEXT), "Why nobody knows everything that leads to it."),
    ]],
    ..PLAIN
};

/// Its key in a VPC.
pub(super) const IN_VPC: Field = field(
    "vpn_gateway",
    Type::Short(&BOOL, &VPN_GATEWAY),
    "Its virtual private gateway; `true` names it vgw.",
);

pub(in super::super) const CUSTOMER_GATEWAY: Record = Record {
    noun: "a customer gateway",
    description: "The far end of a VPN connection.",
    fields: &[&[field("public_ip", Type::Leaf(&IP), "Its address.").or(&["ip_address"])]],
    ..PLAIN
};

pub(in super::super) const VPN_CONNECTION: Record = Record {
    noun: "a VPN connection",
    description: "Two tunnels between a gateway and a customer gateway (VG-7).",
    fields: &[&[
        field(
            "gateway",
            Type::Leaf(&REFERENCE),
            "A virtual private gateway (`vgw`, `vpc/vgw`) or transit gateway.",
        ),
        field("customer_gateway", Type::Leaf(&REFERENCE), "The far end."),
        field("network", Type::Leaf(&REFERENCE), "The network behind it."),
        field("routing", Type::Leaf(&ROUTING), "bgp, or static; static if there are static routes.")
            .default("\"bgp\""),
        field("static_routes", Type::OneOrMany(&CIDR), "With static routing: the prefixes behind it."),
        field(
            "advertised",
            Type::OneOrMany(&CIDR),
            "With BGP: what the far side announces; the ranges of its network if omitted.",
        ),
        field("tunnels", Type::OneOrMany(&TUNNEL), "The state of each tunnel; both up if omitted."),
        field("inside", Type::Leaf(&INSIDE), "What it carries: ipv4 or ipv6, which needs a transit gateway.")
            .default("\"ipv4\""),
    ]],
    mandatory: &[&["gateway"]],
    ..PLAIN
};

pub(in super::super) const DIRECT_CONNECT_GATEWAY: Record = Record {
    noun: "a Direct Connect gateway",
    description: "Joins private lines with virtual private gateways or transit gateways (VG-9).",
    fields: &[&[
        field(
            "gateways",
            Type::OneOrMany(&REFERENCE),
            "Virtual private gateways (`vgw`, `vpc/vgw`) or transit gateways.",
        ),
        field(
            "allowed_prefixes",
            Type::OneOrMany(&CIDR),
            "What may be announced to the network; the ranges of the VPC if omitted.",
        ),
        field("network", Type::Leaf(&REFERENCE), "The network behind its virtual interface."),
        field(
            "advertised",
            Type::OneOrMany(&CIDR),
            "What the network announces; the network's ranges if omitted.",
        ),
        field("state", Type::Leaf(&TUNNEL), "Whether that virtual interface is up.").default("\"up\""),
    ]],
    ..PLAIN
};

pub(in super::super) const VIRTUAL_INTERFACE: Record = Record {
    noun: "a virtual interface",
    description: "A private virtual interface of Direct Connect (VG-9).",
    fields: &[&[
        field(
            "gateway",
            Type::Leaf(&REFERENCE),
            "A virtual private gateway (`vgw`, `vpc/vgw`) or a Direct Connect gateway.",
        ),
        field("network", Type::Leaf(&REFERENCE), "The network behind it."),
        field(
            "advertised",
            Type::OneOrMany(&CIDR),
            "What the network announces; the network's ranges if omitted.",
        ),
        field("state", Type::Leaf(&TUNNEL), "Whether it is up.").default("\"up\""),
    ]],
    mandatory: &[&["gateway"]],
    ..PLAIN
};

/// Keys of the top level.
pub(super) const AT_TOP: &[Field] = &[
    field(
        "customer_gateways",
        Type::Map(&NAME, &Type::Record(&CUSTOMER_GATEWAY)),
        "Customer gateways by name.",
    ),
    field("vpn_connections", Type::Map(&NAME, &Type::Record(&VPN_CONNECTION)), "VPN connections by name."),
    field(
        "direct_connect_gateways",
        Type::Map(&NAME, &Type::Record(&DIRECT_CONNECT_GATEWAY)),
        "Direct Connect gateways by name.",
    ),
    field(
        "virtual_interfaces",
        Type::Map(&NAME, &Type::Record(&VIRTUAL_INTERFACE)),
        "Private virtual interfaces of Direct Connect by name.",
    ),
];
