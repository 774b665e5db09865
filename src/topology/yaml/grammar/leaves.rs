//! The kinds of single values.

use ipnet::IpNet;

use super::super::codes;
use super::super::presets::{self, PRESETS, PROTOCOLS, Preset};
use super::super::problems::{Fault, quote};
use super::super::words::{self, Words};
use super::super::{peers, values};
use super::{Leaf, LeafSchema};

/// A leaf whose texts are read by a function of `values`.
macro_rules! leaf {
    ($noun:literal, $read:expr, $schema:expr) => {
        Leaf { noun: $noun, check: |text| $read(text).err(), schema: $schema, nullable: false }
    };
}

/// A leaf that takes one of the words of a table.
macro_rules! choice {
    ($noun:literal, $words:expr) => {
        Leaf {
            noun: $noun,
            check: |text| words::read($words, $noun, text).err(),
            schema: LeafSchema::Words(|| names($words)),
            nullable: false,
        }
    };
}

/// A leaf that takes one of some words that nothing is made of yet.
macro_rules! plain_choice {
    ($noun:literal, $($word:literal),+) => {{
        const WORDS: Words<()> = &[$(($word, ())),+];
        choice!($noun, WORDS)
    }};
}

fn names<T>(words: Words<T>) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// A CIDR block is right or wrong; host bits are worth a warning.
fn check_net(net: Result<impl Into<IpNet>, Fault>) -> Option<Fault> {
    match net {
        Ok(net) => values::host_bits(net.into()),
        Err(fault) => Some(fault),
    }
}

const CIDR4_PATTERN: &str = r"^[0-9.]+/[0-9]{1,2}$";
const CIDR4_OR_UNKNOWN_PATTERN: &str = r"^([0-9.]+/[0-9]{1,2}|\?)$";
const CIDR6_PATTERN: &str = r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$";
const CIDR_PATTERN: &str = r"^[0-9A-Fa-f:.]+/[0-9]{1,3}$";
const IPV4_PATTERN: &str = r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$";
const IPV6_PATTERN: &str = r"^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$";
const PORTS_PATTERN: &str = r"^([0-9]{1,5}( *- *[0-9]{1,5})?|all|All|ALL|\*)$";
// Not every validator of JSON Schema knows classes of letters: what separates nothing will do.
const NAME_PATTERN: &str = r"^[^\s/:,\[\]{}#]+$";
const REFERENCE_PATTERN: &str = r"^[^\s/:,\[\]{}#]+(/[^\s/:,\[\]{}#]+)*$";
const OR_UNKNOWN_PATTERN: &str = r"^([^\s/:,\[\]{}#]+(/[^\s/:,\[\]{}#]+)*|\?)$";
const ROUTE_PATTERN: &str = r"^([0-9A-Fa-f:.]+/[0-9]{1,3}|pl:.+|pl-.+|\?.*)$";
const GROUP_PEER_PATTERN: &str =
    r"^([0-9A-Fa-f:.]+/[0-9]{1,3}|self|anywhere-ipv[46]|sg:.+|sg-.+|pl:.+|pl-.+|net:.+|\?.*)$";
const ACL_PEER_PATTERN: &str = r"^([0-9A-Fa-f:.]+/[0-9]{1,3}|anywhere-ipv[46]|net:.+)$";

pub(in super::super) const TEXT: Leaf = leaf!("a text", values::text, LeafSchema::Text);
pub(in super::super) const NAME: Leaf = leaf!("a name", values::name, LeafSchema::Pattern(NAME_PATTERN));
pub(in super::super) const TARGET_NAME: Leaf =
    leaf!("a name", values::target_name, LeafSchema::Pattern(NAME_PATTERN));
pub(in super::super) const GATEWAY_NAME: Leaf =
    leaf!("a name", values::gateway_name, LeafSchema::Pattern(NAME_PATTERN));
pub(in super::super) const ENDPOINT_NAME: Leaf =
    leaf!("a name", values::endpoint_name, LeafSchema::Pattern(NAME_PATTERN));
pub(in super::super) const REFERENCE: Leaf =
    leaf!("a name", values::reference, LeafSchema::Pattern(REFERENCE_PATTERN));
pub(in super::super) const REFERENCE_OR_UNKNOWN: Leaf =
    leaf!("a name or `?`", values::reference_or_unknown, LeafSchema::Pattern(OR_UNKNOWN_PATTERN));
pub(in super::super) const OPTIONAL_REFERENCE: Leaf = Leaf { nullable: true, ..REFERENCE };
pub(in super::super) const BOOL: Leaf = leaf!("`true` or `false`", values::boolean, LeafSchema::Boolean);
pub(in super::super) const IPV4: Leaf =
    leaf!("an IPv4 address", values::ipv4, LeafSchema::Pattern(IPV4_PATTERN));
pub(in super::super) const IP: Leaf = leaf!("an IP address", values::ip, LeafSchema::Text);
pub(in super::super) const IPV6: Leaf =
    leaf!("an IPv6 address", values::ipv6, LeafSchema::Pattern(IPV6_PATTERN));
pub(in super::super) const PUBLIC_IP: Leaf =
    leaf!("`true`, `false` or an IPv4 address", values::public_ip, LeafSchema::BooleanOrText);
pub(in super::super) const PORT: Leaf = leaf!("a port", values::port, LeafSchema::Number(0, 65535));
pub(in super::super) const PORTS: Leaf =
    leaf!("a port or a range of ports", values::ports, LeafSchema::Pattern(PORTS_PATTERN));
/// `443`, `53/udp`.
pub(in super::super) const LISTENER_PORT: Leaf = leaf!(
    "a port of a listener",
    listener_port,
    LeafSchema::Pattern(r"^[0-9]{1,5}(/(tcp|udp|tcp_udp|tls|http|https))?$")
);
/// A bound in the style of the API: -1 stands for every port or ICMP type.
pub(in super::super) const API_PORT: Leaf =
    leaf!("a port or -1", api_port, LeafSchema::Pattern(r"^(-1|[0-9]{1,5})$"));
pub(in super::super) const EPHEMERAL: Leaf = leaf!(
    "a range of client ports",
    values::ephemeral_ports,
    LeafSchema::Pattern(r"^(linux|windows|any|[0-9]{1,5}( *- *[0-9]{1,5})?)$")
);
pub(in super::super) const ROUTE_DESTINATION: Leaf = Leaf {
    noun: "a destination",
    check: |text| match values::destination(text) {
        Ok(crate::topology::RouteDestination::Cidr(net)) => values::host_bits(net),
        Ok(_) => None,
        Err(fault) => Some(fault),
    },
    schema: LeafSchema::Pattern(ROUTE_PATTERN),
    nullable: false,
};
pub(in super::super) const ROUTE_TARGET: Leaf =
    leaf!("a route target", values::target, LeafSchema::Pattern(REFERENCE_PATTERN));
pub(in super::super) const RULE_NUMBER: Leaf =
    leaf!("a rule number", values::rule_number, LeafSchema::Pattern(r"^[1-9][0-9]{0,4}$"));
pub(in super::super) const PROTOCOL: Leaf = Leaf {
    noun: "a protocol",
    check: |text| presets::protocol(text).err(),
    schema: LeafSchema::Suggestions(|| names(PROTOCOLS)),
    nullable: false,
};
pub(in super::super) const PRESET: Leaf = Leaf {
    noun: "a rule type",
    check: |text| Preset::read(text).err(),
    schema: LeafSchema::Suggestions(|| PRESETS.iter().map(|preset| preset.name).collect()),
    nullable: false,
};
pub(in super::super) const ICMP_NUMBER: Leaf =
    leaf!("an ICMP number", presets::icmp_number, LeafSchema::Number(0, 255));
pub(in super::super) const COUNT: Leaf =
    leaf!("a number", |text| values::number(text, 1, 1000), LeafSchema::Number(1, 1000));
pub(in super::super) const VERSION: Leaf = leaf!("a version", version, LeafSchema::Number(1, 1));

pub(in super::super) const CIDR4: Leaf = Leaf {
    noun: "an IPv4 CIDR block",
    check: |text| check_net(values::cidr4(text)),
    schema: LeafSchema::Pattern(CIDR4_PATTERN),
    nullable: false,
};
pub(in super::super) const CIDR4_OR_UNKNOWN: Leaf = Leaf {
    noun: "an IPv4 CIDR block",
    check: |text| match values::cidr4_or_unknown(text) {
        Ok(net) => net.and_then(|net| values::host_bits(net.into())),
        Err(fault) => Some(fault),
    },
    schema: LeafSchema::Pattern(CIDR4_OR_UNKNOWN_PATTERN),
    nullable: false,
};
pub(in super::super) const CIDR6: Leaf = Leaf {
    noun: "an IPv6 CIDR block",
    check: |text| check_net(values::cidr6(text)),
    schema: LeafSchema::Pattern(CIDR6_PATTERN),
    nullable: false,
};
pub(in super::super) const CIDR: Leaf = Leaf {
    noun: "a CIDR block",
    check: |text| check_net(values::cidr(text)),
    schema: LeafSchema::Pattern(CIDR_PATTERN),
    nullable: false,
};
pub(in super::super) const GROUP_PEER: Leaf = Leaf {
    noun: "a source or destination",
    check: |text| match peers::group_peer(text) {
        Ok(crate::topology::SecurityGroupPeer::Cidr(net)) => values::host_bits(net),
        Ok(_) => None,
        Err(fault) => Some(fault),
    },
    schema: LeafSchema::Pattern(GROUP_PEER_PATTERN),
    nullable: false,
};
pub(in super::super) const ACL_PEER: Leaf = Leaf {
    noun: "a source or destination",
    check: |text| match peers::acl_peer(text) {
        Ok(crate::topology::AclPeer::Cidr(net)) => values::host_bits(net),
        Ok(_) => None,
        Err(fault) => Some(fault),
    },
    schema: LeafSchema::Pattern(ACL_PEER_PATTERN),
    nullable: false,
};

pub(in super::super) const DEFAULTS: Leaf = choice!("set of defaults", words::DEFAULTS);
pub(in super::super) const ACTION: Leaf = choice!("action", words::ACTIONS);
pub(in super::super) const INSTANCE_KIND: Leaf = choice!("kind of instance", words::INSTANCE_KINDS);
pub(in super::super) const INSTANCE_STATE: Leaf = choice!("instance state", words::INSTANCE_STATES);
pub(in super::super) const CONNECTIVITY: Leaf = choice!("connectivity", words::CONNECTIVITY);
pub(in super::super) const GATEWAY_STATE: Leaf = choice!("gateway state", words::GATEWAY_STATES);
pub(in super::super) const PEERING_STATUS: Leaf = choice!("peering status", words::PEERING_STATUSES);
pub(in super::super) const SOURCE_KIND: Leaf = choice!("kind of source", words::SOURCE_KINDS);
pub(in super::super) const CAPTURE_KIND: Leaf = choice!("kind of resource", words::CAPTURE_KINDS);
pub(in super::super) const ROUTE_STATE: Leaf = choice!("route state", words::ROUTE_STATES);
pub(in super::super) const UNKNOWN: Leaf = plain_choice!("unknown", "?");
pub(in super::super) const EXPECTATION: Leaf = choice!("verdict", words::EXPECTATIONS);
pub(in super::super) const FAMILY: Leaf = choice!("address family", words::FAMILIES);
pub(in super::super) const OWNER: Leaf = Leaf {
    noun: "an owner",
    check: |text| values::text(text).err(),
    schema: LeafSchema::Suggestions(|| names(words::INTERFACE_OWNERS)),
    nullable: false,
};

pub(in super::super) const MANAGED_BY: Leaf = plain_choice!("manager", "aws");
pub(in super::super) const ROUTING: Leaf = choice!("kind of routing", words::VPN_ROUTINGS);
pub(in super::super) const TUNNEL: Leaf = choice!("tunnel state", words::LINE_STATES);
pub(in super::super) const INSIDE: Leaf = choice!("kind of address", words::INSIDE);
pub(in super::super) const BPA_MODE: Leaf = choice!("mode", words::BLOCK_MODES);
pub(in super::super) const BPA_EXCLUSION: Leaf = choice!("exclusion", words::EXCLUSIONS);
pub(in super::super) const ENDPOINT_TYPE: Leaf =
    plain_choice!("endpoint type", "gateway", "interface", "gateway-load-balancer");
pub(in super::super) const ENDPOINT_STATUS: Leaf = choice!("endpoint status", words::ENDPOINT_STATUSES);
pub(in super::super) const ATTACHMENT_STATUS: Leaf = choice!("attachment status", words::ATTACHMENT_STATUSES);
pub(in super::super) const BALANCER_TYPE: Leaf =
    plain_choice!("load balancer type", "application", "network", "gateway");
pub(in super::super) const BALANCER_SCHEME: Leaf = plain_choice!("scheme", "internet-facing", "internal");
pub(in super::super) const TARGET_TYPE: Leaf =
    plain_choice!("target type", "instance", "ip", "lambda", "alb");
pub(in super::super) const FIREWALL_ACTION: Leaf =
    plain_choice!("firewall action", "pass", "drop", "reject", "alert", "forward");

fn listener_port(text: &str) -> Result<(), Fault> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    if ["tcp", "udp", "tcp_udp", "tls", "http", "https"].contains(&protocol) {
        return values::port(port).map(drop);
    }
    let fault = Fault::error(codes::PORTS, format!("{} is not a port of a listener", quote(text)));
    Err(fault.help("write `443`, or `53/udp`"))
}

fn api_port(text: &str) -> Result<(), Fault> {
    if text == "-1" { Ok(()) } else { values::port(text).map(drop) }
}

fn version(text: &str) -> Result<(), Fault> {
    if text == "1" {
        return Ok(());
    }
    let shown = super::super::problems::quote(text);
    let message = format!("version {shown} of the language is not known");
    Err(Fault::error(super::super::codes::VERSION, message).help("this program reads version 1"))
}
