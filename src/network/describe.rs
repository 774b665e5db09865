//! Rules in words, for citing.

use crate::topology::{AclAction, Place};

use super::code::Code;
use super::filter::RuleId;
use super::route_table::Route;
use super::traffic;
use super::{AclRule, Network, Peer, SecurityGroupRule};

/// A rule as a reader wants to see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    /// The group, ACL or table that holds it.
    pub owner: String,
    /// Its name within the owner: `inbound[0]`, `100`, `*`, `10.0.0.0/16`.
    pub id: String,
    /// What it says: `100 allow tcp 5432 10.0.10.0/23`, `PostgreSQL from sg:web`, `10.0.0.0/16 → local`.
    pub text: String,
    /// Where it was said.
    pub place: Place,
    /// Whether it is a default that nobody wrote.
    pub implicit: bool,
}

impl Network {
    /// A rule in words.
    pub fn rule(&self, id: RuleId) -> RuleText {
        match id {
            RuleId::SecurityGroup(group, direction, index) => {
                let group = &self.security_groups[group];
                let rule = group.rules(direction).get(index as usize);
                let id = format!("{}[{index}]", direction.as_str());
                found(&group.name, id, rule.map(|rule| (describe_group_rule(rule, direction), rule.place)))
            }
            RuleId::NetworkAcl(acl, direction, index) => {
                let acl = &self.network_acls[acl];
                let rule = acl.rules(direction).get(index as usize);
                let id = rule.map(|rule| rule.number.to_string()).unwrap_or_default();
                found(&acl.name, id, rule.map(|rule| (describe_acl_rule(rule), rule.place)))
            }
            RuleId::AclDefault(acl, _) => RuleText {
                owner: self.network_acls[acl].name.clone(),
                id: "*".to_owned(),
                text: "* deny all".to_owned(),
                place: Place::Implicit,
                implicit: true,
            },
            RuleId::Route(table, index) => {
                let table = &self.route_tables[table];
                let route = table.route(index);
                let id = route.map(|route| route.prefix.to_string()).unwrap_or_default();
                found(&table.name, id, route.map(|route| (describe_route(route), route.place)))
            }
        }
    }
}

fn found(owner: &str, id: String, rule: Option<(String, Place)>) -> RuleText {
    let (text, place) = rule.unwrap_or_default();
    let implicit = place == Place::Implicit;
    let id = if implicit && id.ends_with(']') { "default".to_owned() } else { id };
    RuleText { owner: owner.to_owned(), id, text, place, implicit }
}

fn describe_group_rule(rule: &SecurityGroupRule, direction: super::Direction) -> String {
    let preposition = match direction {
        super::Direction::Inbound => "from",
        super::Direction::Outbound => "to",
    };
    let what = rule.traffic.preset.clone().unwrap_or_else(|| traffic::describe(&rule.traffic));
    let unknown = if matches!(rule.peer, Peer::Unknown(Code::Und003)) { " (entries not known)" } else { "" };
    match rule.place {
        Place::Implicit => {
            format!("default: {what}{}", if rule.peer_text == "self" { " from members" } else { "" })
        }
        _ => format!("{what} {preposition} {}{unknown}", rule.peer_text),
    }
}

fn describe_acl_rule(rule: &AclRule) -> String {
    let action = match rule.action {
        AclAction::Allow => "allow",
        AclAction::Deny => "deny",
    };
    let what = traffic::describe(&rule.traffic);
    match rule.place {
        Place::Implicit => format!("{} {action} {what}", rule.number),
        _ => format!("{} {action} {what} {}", rule.number, rule.peer),
    }
}

fn describe_route(route: &Route) -> String {
    let via = route.prefix_list.as_ref().map(|list| format!(" (pl:{list})")).unwrap_or_default();
    let kind = if route.kind.is_propagated() { " (propagated)" } else { "" };
    format!("{}{via} → {}{kind}", route.prefix, route.target_name)
}
