//! Whether values have the types that the provider gives them. A rule in another form would be missing without a word.

use serde_json::{Map, Value};

use super::resource::{number, text};

/// What an attribute is.
#[derive(Clone, Copy)]
enum Type {
    Text,
    /// IPv4 or IPv6, by the family of the attribute.
    Address4,
    Address6,
    Number,
    Flag,
    Texts,
    Addresses4,
    Addresses6,
    /// Objects, the attributes of which are looked at too.
    Blocks,
}

/// Attributes that decide about packets. They are alike in every resource that has them.
const TYPES: &[(&str, Type)] = &[
    ("vpc_id", Type::Text),
    ("subnet_id", Type::Text),
    ("cidr_block", Type::Text),
    ("ipv6_cidr_block", Type::Text),
    ("destination_cidr_block", Type::Text),
    ("destination_ipv6_cidr_block", Type::Text),
    ("cidr_ipv4", Type::Text),
    ("cidr_ipv6", Type::Text),
    ("gateway_id", Type::Text),
    ("nat_gateway_id", Type::Text),
    ("transit_gateway_id", Type::Text),
    ("peer_transit_gateway_id", Type::Text),
    ("transit_gateway_attachment_id", Type::Text),
    ("transit_gateway_route_table_id", Type::Text),
    ("vpc_peering_connection_id", Type::Text),
    ("security_group_id", Type::Text),
    ("referenced_security_group_id", Type::Text),
    ("source_security_group_id", Type::Text),
    ("route_table_id", Type::Text),
    ("network_acl_id", Type::Text),
    ("ip_protocol", Type::Text),
    ("rule_action", Type::Text),
    ("private_ip", Type::Address4),
    ("private_ips", Type::Addresses4),
    ("secondary_private_ips", Type::Addresses4),
    ("ipv6_addresses", Type::Addresses6),
    ("ipv6_address", Type::Address6),
    ("from_port", Type::Number),
    ("to_port", Type::Number),
    ("rule_no", Type::Number),
    ("rule_number", Type::Number),
    ("icmp_type", Type::Number),
    ("icmp_code", Type::Number),
    ("self", Type::Flag),
    ("egress", Type::Blocks),
    ("ingress", Type::Blocks),
    ("route", Type::Blocks),
    ("cidr_blocks", Type::Texts),
    ("ipv6_cidr_blocks", Type::Texts),
    ("prefix_list_ids", Type::Texts),
    ("security_groups", Type::Texts),
    ("vpc_security_group_ids", Type::Texts),
    ("subnet_ids", Type::Texts),
];

/// Resources whose attributes of these names decide about packets.
const KINDS: &[&str] = &[
    "aws_vpc",
    "aws_default_vpc",
    "aws_subnet",
    "aws_default_subnet",
    "aws_route_table",
    "aws_default_route_table",
    "aws_route",
    "aws_security_group",
    "aws_default_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_network_acl",
    "aws_default_network_acl",
    "aws_network_acl_rule",
    "aws_instance",
    "aws_network_interface",
];

/// The first attribute that has a type that the provider never gives it, as a path. `unknown` tells what a plan leaves open:
/// that is `null` in lists.
pub(super) fn odd(kind: &str, values: &Value, unknown: &Value) -> Option<String> {
    let values = KINDS.contains(&kind).then_some(values)?.as_object()?;
    if !matches!(unknown, Value::Null | Value::Bool(_) | Value::Object(_)) {
        return Some("after_unknown".to_owned());
    }
    object(values, unknown)
}

fn object(values: &Map<String, Value>, unknown: &Value) -> Option<String> {
    values.iter().find_map(|(name, value)| {
        // `egress` of a network ACL rule is a flag.
        let is_flag = name == "egress" && value.is_boolean();
        let (_, wanted) = TYPES.iter().find(|(known, _)| known == name && !is_flag)?;
        let unknown = unknown.get(name).unwrap_or(&Value::Null);
        attribute(*wanted, value, unknown).map(|inner| format!("{name}{inner}"))
    })
}

/// Where in an attribute something is odd; nothing said is never odd.
fn attribute(wanted: Type, value: &Value, unknown: &Value) -> Option<String> {
    let is_known = |at: usize| unknown != &Value::Bool(true) && unknown.get(at) != Some(&Value::Bool(true));
    if value.is_null() {
        return None;
    }
    let single = match wanted {
        Type::Text => value.is_string(),
        Type::Address4 => is_address(value, true),
        Type::Address6 => is_address(value, false),
        // Old versions write texts, and an empty one for nothing.
        Type::Number => number(value).is_some() || value == "",
        Type::Flag => value.is_boolean() || value.is_string(),
        Type::Texts | Type::Addresses4 | Type::Addresses6 => {
            let Some(list) = value.as_array() else { return Some(String::new()) };
            let fits = |one: &Value| match wanted {
                Type::Addresses4 => is_address(one, true),
                Type::Addresses6 => is_address(one, false),
                _ => one.is_string(),
            };
            let odd = list.iter().enumerate().position(|(at, one)| !fits(one) && is_known(at));
            return odd.map(|at| format!("[{at}]"));
        }
        Type::Blocks => return blocks(value, unknown),
    };
    (!single).then(String::new)
}

fn blocks(value: &Value, unknown: &Value) -> Option<String> {
    match value {
        Value::Object(one) => object(one, unknown).map(|inner| format!(".{inner}")),
        Value::Array(list) => list.iter().enumerate().find_map(|(at, one)| {
            let unknown =
                unknown.get(at).unwrap_or(if unknown == &Value::Bool(true) { unknown } else { &Value::Null });
            match one {
                Value::Object(block) => object(block, unknown).map(|inner| format!("[{at}].{inner}")),
                Value::Null if unknown == &Value::Bool(true) => None,
                _ => Some(format!("[{at}]")),
            }
        }),
        _ => Some(String::new()),
    }
}

fn is_address(value: &Value, is_v4: bool) -> bool {
    match (value, text(value)) {
        (_, Some(text)) => text.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_ipv4() == is_v4),
        // The empty text is none.
        (Value::String(_), None) => true,
        _ => false,
    }
}
