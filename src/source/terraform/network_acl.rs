//! `aws_network_acl`, `aws_default_network_acl`, their rules and associations.
//!
//! A rule of which a part is not known could decide about anything, and the order counts: the subnets of such an ACL are
//! undetermined as a whole.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Links, Target};
use super::reference::Candidate;
use super::resource::{self, Resource, Step};
use super::{reference, remarks, vpc, wanted};
use crate::source::aws::common;
use crate::topology::{AclAction, AclPeer, AclRule, Association, NetworkAcl, Place, Spanned};

/// An ACL while it is put together.
struct Draft {
    vpc: usize,
    name: Spanned<String>,
    acl: NetworkAcl,
    is_open: bool,
    is_default: bool,
    subnets: Vec<(usize, Place)>,
}

type Drafts = BTreeMap<Candidate, Draft>;

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut drafts = Drafts::new();
    for (at, one) in builder.once(wanted::ACL_KINDS) {
        builder.settle(at, Fate::Read);
        add_acl(builder, &mut drafts, at, one);
    }
    for (at, one) in builder.of(&["aws_network_acl_rule"]) {
        builder.settle(at, Fate::Read);
        add_rule(builder, &mut drafts, at, one);
    }
    for (at, _) in builder.of(&["aws_network_acl_association"]) {
        builder.settle(at, Fate::Read);
        associate(builder, &mut drafts, at);
    }
    for draft in drafts.into_values() {
        finish(builder, draft);
    }
}

fn add_acl(builder: &mut Builder<'_>, drafts: &mut Drafts, at: usize, one: &Resource) {
    let is_default = one.is("aws_default_network_acl");
    let vpc = if is_default {
        vpc::by_default(builder, at, "default_network_acl_id", &wanted::NETWORK_ACL)
    } else {
        builder.vpc_of(at)
    };
    let Some(vpc) = vpc else {
        return builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
    };
    let mut draft = Draft {
        vpc,
        name: builder.name(at),
        acl: NetworkAcl::default(),
        is_open: false,
        is_default,
        subnets: Vec::new(),
    };
    for direction in ["ingress", "egress"] {
        inline_rules(builder, &mut draft, at, one, direction);
    }
    let links = builder.links(at, "subnet_ids", &wanted::SUBNET);
    add_subnets(builder, &mut draft, at, &links);
    drafts.insert(Candidate { resource: at, attribute: None }, draft);
}

fn inline_rules(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, one: &Resource, direction: &str) {
    let path = [Step::Name(direction)];
    if one.is_wholly_unknown(&path) && reference::is_configured(builder.world, one, direction) != Some(false)
    {
        draft.is_open = true;
        let why = builder.why(&format!("the list of its {direction} rules"), &[]);
        builder.unresolved(at, &remarks::RULE_OPEN, why);
    }
    for (index, block) in one.blocks(direction).into_iter().enumerate() {
        if is_gone(builder, one, block, direction) {
            continue;
        }
        let path = [Step::Name(direction), Step::Index(index)];
        let place = builder.part(at, &format!("{direction}[{index}]"));
        let open = one.is_unknown(&path);
        read_rule(builder, draft, at, (block, direction == "egress", open), place);
    }
}

/// A rule that stands in the ACL only because its own resource had it there before the plan.
fn is_gone(builder: &Builder<'_>, one: &Resource, block: &Map<String, Value>, direction: &str) -> bool {
    let number =
        |map: &Map<String, Value>| map.get("rule_no").or(map.get("rule_number")).and_then(resource::number);
    let id = one.id();
    let same = |part: &&Resource| {
        part.is("aws_network_acl_rule")
            && part.text("network_acl_id") == id
            && part.flag("egress").unwrap_or(false) == (direction == "egress")
            && part.values.as_object().and_then(number) == number(block)
    };
    let all = builder.world.before.iter().chain(&builder.world.resources);
    id.is_some()
        && all.clone().any(|part| same(&part))
        && reference::is_configured(builder.world, one, direction) != Some(true)
}

fn add_rule(builder: &mut Builder<'_>, drafts: &mut Drafts, at: usize, one: &Resource) {
    let place = builder.place(at);
    match builder.link(at, "network_acl_id", &wanted::NETWORK_ACL) {
        Link::To(Target::Here(candidate)) => {
            let Some(draft) = draft_of(builder, drafts, &candidate) else {
                return builder.unresolved(
                    at,
                    &remarks::NOT_IN_FILE,
                    "its network ACL is not read".to_owned(),
                );
            };
            let Some(values) = one.values.as_object() else { return };
            let open = [
                "rule_number",
                "rule_action",
                "egress",
                "protocol",
                "from_port",
                "to_port",
                "cidr_block",
                "ipv6_cidr_block",
                "icmp_type",
                "icmp_code",
            ]
            .iter()
            .any(|name| {
                one.is_unknown(&[Step::Name(name)])
                    && reference::is_configured(builder.world, one, name) != Some(false)
            });
            let egress = one.flag("egress").unwrap_or(false);
            read_rule(builder, draft, at, (values, egress, open), place);
        }
        Link::To(Target::Elsewhere(id)) => {
            builder.unresolved(at, &remarks::NOT_IN_FILE, format!("its network ACL {id} is not in the file"));
        }
        Link::Open { among } => {
            let why = builder.why("its network ACL", &among);
            builder.unresolved(at, &remarks::LINK_OPEN, why);
            for (candidate, draft) in drafts.iter_mut() {
                draft.is_open |= among.is_empty() || among.contains(candidate);
            }
        }
        Link::None => builder.unresolved(at, &remarks::NOT_IN_FILE, "it names no network ACL".to_owned()),
    }
}

/// The ACL behind a link; the one that AWS made with the VPC is put into the topology when it is first needed.
fn draft_of<'d>(
    builder: &mut Builder<'_>,
    drafts: &'d mut Drafts,
    candidate: &Candidate,
) -> Option<&'d mut Draft> {
    if !drafts.contains_key(candidate) {
        candidate.attribute?;
        let vpc = builder.vpc_index(candidate.resource)?;
        let adopted =
            drafts.iter().find(|(_, draft)| draft.vpc == vpc && draft.is_default).map(|(key, _)| key.clone());
        if let Some(adopted) = adopted {
            return drafts.get_mut(&adopted);
        }
        let name = format!("{} default", builder.address(candidate.resource));
        let place = builder.place(candidate.resource);
        let mut acl = NetworkAcl::default();
        for rules in [&mut acl.inbound, &mut acl.outbound] {
            for (number, cidr) in [(100, "0.0.0.0/0"), (101, "::/0")] {
                rules.extend(common::cidr(cidr).map(|cidr| AclRule {
                    number: Spanned::new(number, place),
                    action: AclAction::Allow,
                    traffic: crate::topology::Traffic::default(),
                    peer: Spanned::new(AclPeer::Cidr(cidr), place),
                    place,
                }));
            }
        }
        let name = Spanned::new(name, place);
        let draft = Draft { vpc, name, acl, is_open: false, is_default: true, subnets: Vec::new() };
        drafts.insert(candidate.clone(), draft);
    }
    drafts.get_mut(candidate)
}

fn read_rule(
    builder: &mut Builder<'_>,
    draft: &mut Draft,
    at: usize,
    (values, egress, open): (&Map<String, Value>, bool, bool),
    place: Place,
) {
    if open {
        draft.is_open = true;
        let why = builder.why("a rule", &[]);
        return builder.unresolved(at, &remarks::RULE_OPEN, why);
    }
    let rules = if egress { &mut draft.acl.outbound } else { &mut draft.acl.inbound };
    match rule(values, place) {
        Some(rule) => {
            // A rule is of its own or in the list of the ACL, or in both alike; else nobody knows which decides.
            let twin = rules.iter().any(|known| {
                known.number.value == rule.number.value
                    && (known.action, known.traffic.protocol, &known.peer.value)
                        != (rule.action, rule.traffic.protocol, &rule.peer.value)
            });
            rules.push(rule);
            if twin {
                draft.is_open = true;
                builder.unresolved(at, &remarks::TWIN_RULE, "two of its rules have one number".to_owned());
            }
        }
        None => {
            draft.is_open = true;
            builder.unresolved(at, &remarks::BAD_RULE, "a rule makes no sense".to_owned());
        }
    }
}

fn rule(values: &Map<String, Value>, place: Place) -> Option<AclRule> {
    let text = |name: &str| values.get(name).and_then(resource::text);
    let number = |name: &str| values.get(name).and_then(resource::number);
    let action = match text("action").or(text("rule_action"))?.to_ascii_lowercase().as_str() {
        "allow" => AclAction::Allow,
        "deny" => AclAction::Deny,
        _ => return None,
    };
    let protocol = match values.get("protocol")? {
        Value::Number(number) => common::protocol(&number.to_string())?,
        other => common::protocol(&other.as_str()?.to_ascii_lowercase())?,
    };
    let ports = (number("from_port"), number("to_port"));
    let traffic = common::traffic(protocol, ports, (number("icmp_type"), number("icmp_code")), place)?;
    let peer = common::cidr(text("cidr_block").or(text("ipv6_cidr_block"))?)?;
    let number = u16::try_from(number("rule_no").or(number("rule_number"))?).ok()?;
    (1..=32766).contains(&number).then(|| AclRule {
        number: Spanned::new(number, place),
        action,
        traffic,
        peer: Spanned::new(AclPeer::Cidr(peer), place),
        place,
    })
}

fn add_subnets(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, links: &Links) {
    let place = draft.name.place;
    for target in &links.to {
        if let Target::Here(candidate) = target {
            draft.subnets.push((candidate.resource, place));
        }
    }
    if let Some(among) = &links.open {
        let why = builder.why("its subnets", among);
        open_subnets(builder, at, among, why);
    }
}

/// Subnets that may have another ACL than the one that is said of them.
fn open_subnets(builder: &mut Builder<'_>, at: usize, among: &[Candidate], why: String) {
    builder.unresolved(at, &remarks::LINK_OPEN, why);
    for subnet in builder.subnets_among(among) {
        if let Some(subnet) = builder.subnet(subnet)
            && subnet.network_acl == Association::Implicit
        {
            subnet.network_acl = Association::Unknown;
        }
    }
}

fn associate(builder: &mut Builder<'_>, drafts: &mut Drafts, at: usize) {
    let place = builder.place(at);
    let acl = builder.link(at, "network_acl_id", &wanted::NETWORK_ACL);
    match builder.link(at, "subnet_id", &wanted::SUBNET) {
        Link::To(Target::Here(subnet)) => match acl {
            Link::To(Target::Here(candidate)) => {
                if let Some(draft) = draft_of(builder, drafts, &candidate) {
                    draft.subnets.push((subnet.resource, place));
                }
            }
            Link::To(Target::Elsewhere(id)) => {
                if let Some(subnet) = builder.subnet(subnet.resource) {
                    subnet.network_acl = Association::Named(Spanned::new(id, place));
                }
            }
            _ => {
                let among = [subnet];
                open_subnets(builder, at, &among, "its network ACL is known only after apply".to_owned());
            }
        },
        Link::Open { among } => {
            let why = builder.why("its subnet", &among);
            open_subnets(builder, at, &among, why);
        }
        Link::To(Target::Elsewhere(_)) | Link::None => {}
    }
}

fn finish(builder: &mut Builder<'_>, draft: Draft) {
    for (subnet, place) in draft.subnets {
        if let Some(subnet) = builder.subnet(subnet) {
            subnet.network_acl = match draft.is_open {
                true => Association::Unknown,
                false => Association::Named(Spanned::new(draft.name.value.clone(), place)),
            };
        }
    }
    if draft.is_default
        && draft.is_open
        && let Some(facts) = builder.facts.get_mut(draft.vpc)
    {
        facts.default_acl_open = true;
    }
    if let Some(vpc) = builder.vpc(draft.vpc) {
        if draft.is_default {
            vpc.default_network_acl = Some(draft.name.clone());
        }
        vpc.network_acls.push(draft.name, draft.acl);
    }
}
