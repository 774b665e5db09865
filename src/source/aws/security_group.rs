//! `describe-security-groups` and `describe-security-group-rules`.

use std::collections::HashMap;

use serde::Deserialize;

use super::builder::{Builder, Found};
use super::common::{self, Tag, said};
use super::remarks;
use crate::topology::{self, Entry, SecurityGroupPeer, Spanned, Traffic};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SecurityGroup {
    group_id: String,
    group_name: String,
    vpc_id: String,
    ip_permissions: Vec<IpPermission>,
    ip_permissions_egress: Vec<IpPermission>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct IpPermission {
    ip_protocol: String,
    from_port: Option<i64>,
    to_port: Option<i64>,
    ip_ranges: Vec<IpRange>,
    ipv6_ranges: Vec<Ipv6Range>,
    prefix_list_ids: Vec<PrefixListId>,
    user_id_group_pairs: Vec<UserIdGroupPair>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct IpRange {
    cidr_ip: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Ipv6Range {
    cidr_ipv6: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct PrefixListId {
    prefix_list_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct UserIdGroupPair {
    group_id: String,
    group_name: String,
}

/// One answer of `describe-security-group-rules`: the same facts, with an id.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct RuleRecord {
    security_group_rule_id: String,
    group_id: String,
    is_egress: bool,
    ip_protocol: String,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ipv4: Option<String>,
    cidr_ipv6: Option<String>,
    prefix_list_id: Option<String>,
    referenced_group_info: Option<ReferencedGroup>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct ReferencedGroup {
    group_id: String,
}

const KIND: &str = "security group";
const RULE_KIND: &str = "security group rule";

/// What tells one rule from another: direction, protocol, ports, peer.
type RuleKey<'a> = (&'a str, bool, &'a str, Option<i64>, Option<i64>, &'a str);
type RuleIds<'a> = HashMap<RuleKey<'a>, &'a str>;

pub(super) fn build(builder: &mut Builder<'_>) {
    let ids = rule_ids(builder);
    for found in builder.unique(KIND, |page| &page.security_groups, |group| &group.group_id) {
        let place = builder.place(found.file, found.id);
        let said = found.value;
        if builder.vpc_of(&said.vpc_id, KIND, found.id, place).is_none() {
            continue;
        }
        let group = topology::SecurityGroup {
            inbound: Some(rules(builder, &found, &ids, false)),
            outbound: Some(rules(builder, &found, &ids, true)),
            place,
        };
        let Some(vpc) = builder.vpc(&said.vpc_id) else { continue };
        let name = Spanned::new(found.id.to_owned(), place);
        if said.group_name == "default" {
            vpc.default_security_group = Some(name.clone());
        }
        let aliases = common::aliases(found.id, &said.tags, &[&said.group_name]);
        vpc.security_groups.0.push(Entry { name, aliases, value: group });
    }
}

fn rule_ids<'a>(builder: &mut Builder<'a>) -> RuleIds<'a> {
    let records =
        builder.unique(RULE_KIND, |page| &page.security_group_rules, |record| &record.security_group_rule_id);
    let mut ids = HashMap::with_capacity(records.len());
    for record in records {
        let said = record.value;
        let group = said.referenced_group_info.as_ref().map(|info| &info.group_id);
        let peer = [said.cidr_ipv4.as_ref(), said.cidr_ipv6.as_ref(), said.prefix_list_id.as_ref(), group];
        let peer = peer.into_iter().flatten().next().map_or("", String::as_str);
        let ports = (self::said(said.from_port), self::said(said.to_port));
        let key = (said.group_id.as_str(), said.is_egress, said.ip_protocol.as_str(), ports.0, ports.1, peer);
        ids.insert(key, record.id);
    }
    ids
}

fn rules<'a>(
    builder: &mut Builder<'a>,
    found: &Found<'a, SecurityGroup>,
    ids: &RuleIds<'a>,
    egress: bool,
) -> Vec<topology::SecurityGroupRule> {
    let group = found.value;
    let permissions = if egress { &group.ip_permissions_egress } else { &group.ip_permissions };
    let direction = if egress { "outbound" } else { "inbound" };
    let mut rules: Vec<topology::SecurityGroupRule> = Vec::new();
    let mut index = 0;
    for permission in permissions {
        for (text, peer) in peers(permission, found.id) {
            let ports = (said(permission.from_port), said(permission.to_port));
            let key = (found.id, egress, permission.ip_protocol.as_str(), ports.0, ports.1, text);
            let id = ids.get(&key).map(|id| (*id).to_owned());
            let name = id.clone().unwrap_or_else(|| format!("{} {direction}[{index}]", found.id));
            index += 1;
            let place = builder.place(found.file, name.as_str());
            let Some(peer) = peer else {
                builder.remark(&remarks::BAD_CIDR, &name, place);
                continue;
            };
            match traffic(permission, place) {
                Some(traffic) => rules.push(topology::SecurityGroupRule {
                    traffic,
                    peer: Spanned::new(peer, place),
                    id,
                    place,
                }),
                None => builder.remark(&remarks::BAD_RULE, &name, place),
            }
        }
    }
    rules
}

fn traffic(permission: &IpPermission, place: topology::Place) -> Option<Traffic> {
    let fields = (permission.from_port, permission.to_port);
    common::traffic(common::protocol(&permission.ip_protocol)?, fields, fields, place)
}

/// One permission is one rule per peer (SG-4). A peer is `None` if it is not a CIDR.
fn peers<'a>(permission: &'a IpPermission, own: &str) -> Vec<(&'a str, Option<SecurityGroupPeer>)> {
    let cidrs = permission
        .ip_ranges
        .iter()
        .map(|range| range.cidr_ip.as_str())
        .chain(permission.ipv6_ranges.iter().map(|range| range.cidr_ipv6.as_str()))
        .map(|text| (text, common::cidr(text).map(SecurityGroupPeer::Cidr)));
    let lists = permission.prefix_list_ids.iter().map(|list| {
        let id = list.prefix_list_id.as_str();
        (id, Some(SecurityGroupPeer::PrefixList(id.to_owned())))
    });
    let groups = permission.user_id_group_pairs.iter().map(|pair| {
        // EC2-Classic and some tools give only the name.
        let id = if pair.group_id.is_empty() { &pair.group_name } else { &pair.group_id };
        let itself = id == own;
        let peer = if itself { SecurityGroupPeer::SelfGroup } else { SecurityGroupPeer::Group(id.clone()) };
        (id.as_str(), Some(peer))
    });
    cidrs.chain(lists).chain(groups).collect()
}
