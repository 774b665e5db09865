//! `describe-network-acls`.

use std::collections::HashSet;

use serde::Deserialize;

use super::builder::{Builder, Found};
use super::common::{self, Tag};
use super::remarks;
use crate::topology::{self, AclAction, AclPeer, Association, Entry, Spanned};

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct NetworkAcl {
    network_acl_id: String,
    vpc_id: String,
    is_default: bool,
    associations: Vec<AclAssociation>,
    entries: Vec<AclEntry>,
    tags: Vec<Tag>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct AclAssociation {
    subnet_id: String,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct AclEntry {
    rule_number: i64,
    egress: bool,
    protocol: String,
    rule_action: String,
    cidr_block: Option<String>,
    ipv6_cidr_block: Option<String>,
    port_range: Option<Range>,
    icmp_type_code: Option<IcmpTypeCode>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct Range {
    from: Option<i64>,
    to: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase", default)]
struct IcmpTypeCode {
    r#type: Option<i64>,
    code: Option<i64>,
}

const KIND: &str = "network ACL";

/// The `*` rules of IPv4 and IPv6: always there, never listed by us (NA-2).
const STAR_RULES: [i64; 2] = [32_767, 32_768];
const LAST_RULE: u16 = 32_766;

pub(super) fn build(builder: &mut Builder<'_>) {
    for found in builder.unique(KIND, |page| &page.network_acls, |acl| &acl.network_acl_id) {
        let place = builder.place(found.file, found.id);
        if builder.vpc_of(&found.value.vpc_id, KIND, found.id, place).is_none() {
            continue;
        }
        let mut acl = topology::NetworkAcl::default();
        let mut numbers = HashSet::new();
        for entry in found.value.entries.iter().filter(|entry| !STAR_RULES.contains(&entry.rule_number)) {
            let rules = if entry.egress { &mut acl.outbound } else { &mut acl.inbound };
            rules.extend(rule(builder, &found, entry));
            if !numbers.insert((entry.egress, entry.rule_number)) {
                let subject = format!("{} rule {}", found.id, entry.rule_number);
                builder.remark(&remarks::TWIN_RULE, &subject, place);
            }
        }
        let name = Spanned::new(found.id.to_owned(), place);
        for association in &found.value.associations {
            if let Some(subnet) = builder.subnet(&association.subnet_id) {
                subnet.network_acl = Association::Named(name.clone());
            }
        }
        if let Some(vpc) = builder.vpc(&found.value.vpc_id) {
            if found.value.is_default {
                vpc.default_network_acl = Some(name.clone());
            }
            let aliases = common::aliases(found.id, &found.value.tags, &[]);
            vpc.network_acls.0.push(Entry { name, aliases, value: acl });
        }
    }
}

fn rule(
    builder: &mut Builder<'_>,
    found: &Found<'_, NetworkAcl>,
    said: &AclEntry,
) -> Option<topology::AclRule> {
    let direction = if said.egress { "outbound" } else { "inbound" };
    let id = format!("{} {direction} rule {}", found.id, said.rule_number);
    let place = builder.place(found.file, id.as_str());
    let ports = said.port_range.as_ref().map_or((None, None), |range| (range.from, range.to));
    let icmp = said.icmp_type_code.as_ref().map_or((None, None), |icmp| (icmp.r#type, icmp.code));
    let traffic = common::protocol(&said.protocol)
        .and_then(|protocol| common::traffic(protocol, ports, icmp, place))
        .zip(u16::try_from(said.rule_number).ok().filter(|number| (1..=LAST_RULE).contains(number)));
    let Some((traffic, number)) = traffic else {
        builder.remark(&remarks::BAD_RULE, &id, place);
        return None;
    };
    let cidr = said.cidr_block.as_ref().or(said.ipv6_cidr_block.as_ref());
    let Some(cidr) = cidr.and_then(|text| common::cidr(text)) else {
        builder.remark(&remarks::BAD_CIDR, &id, place);
        return None;
    };
    let action = match said.rule_action.as_str() {
        "allow" => AclAction::Allow,
        "deny" => AclAction::Deny,
        _ => {
            builder.remark(&remarks::NO_ACTION, &id, place);
            return None;
        }
    };
    let number = Spanned::new(number, place);
    let peer = Spanned::new(AclPeer::Cidr(cidr), place);
    Some(topology::AclRule { number, action, traffic, peer, place })
}
