//! `aws_security_group`, `aws_default_security_group`, and the three ways of writing a rule on its own.
//!
//! Terraform removes the rule that lets everything out of a new group (SG-21): what is not written is not there.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Links, Target};
use super::reference::Candidate;
use super::resource::{self, Resource, Step};
use super::{prefix_list, reference, remarks, wanted};
use crate::source::aws::common;
use crate::topology::{
    Place, Protocol, SecurityGroup, SecurityGroupPeer, SecurityGroupRule, Spanned, Traffic,
};

const INGRESS_RULE: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS_RULE: &str = "aws_vpc_security_group_egress_rule";
const OLD_RULE: &str = "aws_security_group_rule";

/// What tells one rule from another: direction, protocol, ports and peer, as texts.
type Key = (bool, String, String);

/// A group while it is put together.
struct Draft {
    vpc: usize,
    name: Spanned<String>,
    is_default: bool,
    rules: [Vec<SecurityGroupRule>; 2],
    keys: HashSet<Key>,
}

type Drafts = BTreeMap<Candidate, Draft>;

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut drafts = Drafts::new();
    for (at, one) in builder.once(wanted::GROUP_KINDS) {
        builder.settle(at, Fate::Read);
        add_group(builder, &mut drafts, at, one);
    }
    for (at, one) in builder.of(&[OLD_RULE, INGRESS_RULE, EGRESS_RULE]) {
        builder.settle(at, Fate::Read);
        add_rule(builder, &mut drafts, at, one);
    }
    for (at, one) in builder.once(wanted::GROUP_KINDS) {
        if let Some(draft) = drafts.get_mut(&Candidate { resource: at, attribute: None }) {
            inline(builder, draft, at, one);
        }
    }
    for draft in drafts.into_values() {
        finish(builder, draft);
    }
}

fn add_group(builder: &mut Builder<'_>, drafts: &mut Drafts, at: usize, one: &Resource) {
    let Some(vpc) = builder.vpc_of(at) else {
        return builder.unresolved(at, &remarks::VPC_OPEN, "its VPC is not known".to_owned());
    };
    let is_default = one.is("aws_default_security_group");
    if is_default {
        builder.default_groups.insert(vpc, one.address.clone());
    }
    let draft = Draft {
        vpc,
        name: builder.name(at),
        is_default,
        rules: [Vec::new(), Vec::new()],
        keys: HashSet::new(),
    };
    drafts.insert(Candidate { resource: at, attribute: None }, draft);
}

fn finish(builder: &mut Builder<'_>, draft: Draft) {
    let [inbound, outbound] = draft.rules;
    let Some(vpc) = builder.vpc(draft.vpc) else { return };
    if draft.is_default {
        vpc.default_security_group = Some(draft.name.clone());
    }
    let place = draft.name.place;
    vpc.security_groups
        .push(draft.name, SecurityGroup { inbound: Some(inbound), outbound: Some(outbound), place });
}

/// Rules of their own.
fn add_rule(builder: &mut Builder<'_>, drafts: &mut Drafts, at: usize, one: &Resource) {
    match builder.link(at, "security_group_id", &wanted::SECURITY_GROUP) {
        Link::To(Target::Here(candidate)) => {
            let Some(draft) = draft_of(builder, drafts, &candidate) else {
                return builder.unresolved(
                    at,
                    &remarks::NOT_IN_FILE,
                    "its security group is not read".to_owned(),
                );
            };
            standalone(builder, draft, at, one);
        }
        Link::To(Target::Elsewhere(id)) => {
            builder.unresolved(
                at,
                &remarks::NOT_IN_FILE,
                format!("its security group {id} is not in the file"),
            );
        }
        Link::None => builder.unresolved(at, &remarks::NOT_IN_FILE, "it names no security group".to_owned()),
        Link::Open { among } => {
            let why = builder.why("its security group", &among);
            builder.unresolved(at, &remarks::LINK_OPEN, why.clone());
            let mut maybe: Vec<Candidate> = drafts.keys().cloned().collect();
            maybe.retain(|candidate| among.is_empty() || among.contains(candidate));
            for candidate in maybe {
                if let Some(draft) = drafts.get_mut(&candidate) {
                    unknown_rule(builder, draft, at, is_egress(one), Traffic::default(), why.clone());
                }
            }
        }
    }
}

fn is_egress(one: &Resource) -> bool {
    one.is(EGRESS_RULE) || (one.is(OLD_RULE) && one.text("type") == Some("egress"))
}

/// The group behind a link; the one that AWS made with the VPC is put into the topology when it is first needed.
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
        let place = builder.place(candidate.resource);
        let mut draft = Draft {
            vpc,
            name: Spanned::new("default".to_owned(), place),
            is_default: true,
            rules: [Vec::new(), Vec::new()],
            keys: HashSet::new(),
        };
        // What AWS gives it: its own members in, everything out (VP-12).
        draft.push(false, Traffic::default(), Spanned::new(SecurityGroupPeer::SelfGroup, place), None, place);
        for cidr in ["0.0.0.0/0", "::/0"].into_iter().filter_map(common::cidr) {
            let peer = Spanned::new(SecurityGroupPeer::Cidr(cidr), place);
            draft.push(true, Traffic::default(), peer, None, place);
        }
        drafts.insert(candidate.clone(), draft);
    }
    drafts.get_mut(candidate)
}

/// What a rule says, wherever it is written.
struct Said {
    is_egress: bool,
    /// `None`: protocol or ports are known only after apply.
    traffic: Option<Traffic>,
    place: Place,
}

fn standalone(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, one: &Resource) {
    let place = builder.place(at);
    let open = |name: &str| {
        one.is_unknown(&[Step::Name(name)])
            && reference::is_configured(builder.world, one, name) != Some(false)
    };
    let protocol = if one.is(OLD_RULE) { "protocol" } else { "ip_protocol" };
    let traffic_open = open(protocol) || open("from_port") || open("to_port") || open("type");
    let direction_open = open("type");
    let values = |name: &str| one.at(&[Step::Name(name)]).cloned();
    let traffic = if traffic_open {
        None
    } else {
        match traffic(values(protocol), values("from_port"), values("to_port"), place) {
            Some(traffic) => Some(traffic),
            None => {
                builder.unresolved(at, &remarks::BAD_RULE, "its protocol or ports make no sense".to_owned());
                None
            }
        }
    };
    for is_egress in [false, true] {
        if is_egress == self::is_egress(one) || direction_open {
            let said = Said { is_egress, traffic: traffic.clone(), place };
            if one.is(OLD_RULE) {
                peers(builder, draft, at, &[], &said);
            } else {
                single_peer(builder, draft, at, &said);
            }
        }
    }
}

/// The rules of `aws_vpc_security_group_…_rule` have exactly one peer.
fn single_peer(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, said: &Said) {
    let Some(one) = builder.resource(at) else { return };
    let id = one.text("security_group_rule_id").or(one.id()).map(str::to_owned);
    for name in ["cidr_ipv4", "cidr_ipv6"] {
        let path = [Step::Name(name)];
        if let Some(text) = one.at(&path).and_then(resource::text) {
            let peer = common::cidr(text).map(SecurityGroupPeer::Cidr);
            return add_peer(builder, draft, at, said, peer, id);
        }
        if one.is_unknown(&path) && reference::is_configured(builder.world, one, name) != Some(false) {
            let why = builder.why("its range", &[]);
            return open_peer(builder, draft, at, said, why);
        }
    }
    match builder.link(at, "referenced_security_group_id", &wanted::SECURITY_GROUP) {
        Link::To(target) => {
            let peer = group_peer(builder, draft, target);
            return add_peer(builder, draft, at, said, Some(peer), id);
        }
        Link::Open { among } => {
            let why = builder.why("its security group", &among);
            return open_peer(builder, draft, at, said, why);
        }
        Link::None => {}
    }
    match builder.link(at, "prefix_list_id", &wanted::PREFIX_LIST) {
        Link::To(target) => {
            let name = prefix_list::name(builder, target, said.place);
            add_peer(builder, draft, at, said, Some(SecurityGroupPeer::PrefixList(name)), id);
        }
        _ => {
            let why = builder.why("its peer", &[]);
            open_peer(builder, draft, at, said, why);
        }
    }
}

/// Rules that are written in the group.
fn inline(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, one: &Resource) {
    if !one.is_managed {
        // The data source does not tell the rules.
        for is_egress in [false, true] {
            let why = "rules of a group that Terraform only looks up".to_owned();
            unknown_rule(builder, draft, at, is_egress, Traffic::default(), why);
        }
        return;
    }
    let before = parts_before(builder, one);
    for (direction, is_egress) in [("ingress", false), ("egress", true)] {
        let configured = reference::is_configured(builder.world, one, direction);
        let path = [Step::Name(direction)];
        let open = one.is_wholly_unknown(&path) && configured != Some(false);
        if open && builder.world.hides_blocks {
            // Format 0.1 does not tell, and what is written there is hardly ever unknown as a whole.
            builder.linker.assumed.push((at, format!("{direction} is not written in it")));
        } else if open {
            let why = builder.why(&format!("the list of its {direction} rules"), &[]);
            builder.unresolved(at, &remarks::RULE_OPEN, why.clone());
            unknown_rule(builder, draft, at, is_egress, Traffic::default(), why);
        }
        let blocks = one.blocks(direction).len();
        for index in 0..blocks {
            let path = [Step::Name(direction), Step::Index(index)];
            let place = builder.part(at, &format!("{direction}[{index}]"));
            let get = |name: &str| one.at(&[path.as_slice(), &[Step::Name(name)]].concat()).cloned();
            let open = ["protocol", "from_port", "to_port"]
                .iter()
                .any(|name| one.is_unknown(&[path.as_slice(), &[Step::Name(name)]].concat()));
            let traffic =
                if open { None } else { traffic(get("protocol"), get("from_port"), get("to_port"), place) };
            if traffic.is_none() {
                let why = builder.why("protocol or ports of a rule", &[]);
                builder.unresolved(at, if open { &remarks::RULE_OPEN } else { &remarks::BAD_RULE }, why);
            }
            let said = Said { is_egress, traffic, place };
            let kept = draft.keys.clone();
            if configured != Some(true) {
                // What rules of their own had put here before the plan is theirs to say.
                draft.keys.extend(before.iter().cloned());
            }
            peers(builder, draft, at, &path, &said);
            draft.keys =
                draft.keys.drain().filter(|key| kept.contains(key) || !before.contains(key)).collect();
        }
    }
}

/// What rules of their own said of this group before the plan.
fn parts_before(builder: &Builder<'_>, one: &Resource) -> HashSet<Key> {
    let Some(id) = one.id() else { return HashSet::new() };
    let own = builder.world.before.iter().filter(|part| part.text("security_group_id") == Some(id));
    own.flat_map(|part| {
        let value = |name: &str| part.at(&[Step::Name(name)]).cloned();
        let protocol = value("protocol").or(value("ip_protocol"));
        let traffic = traffic(protocol, value("from_port"), value("to_port"), Place::Implicit);
        let mut peers: Vec<String> = Vec::new();
        for name in ["cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"] {
            let value = value(name).unwrap_or_default();
            let cidrs = reference::texts(&value).into_iter().filter_map(common::cidr);
            peers.extend(cidrs.map(|cidr| cidr.trunc().to_string()));
        }
        for name in ["source_security_group_id", "referenced_security_group_id"] {
            if let Some(of) = part.text(name) {
                let target = builder.linker.by_id(builder.world, of, &wanted::SECURITY_GROUP);
                peers.push(group_key(builder, &target, one));
            }
        }
        for name in ["prefix_list_id", "prefix_list_ids"] {
            let value = value(name).unwrap_or_default();
            peers.extend(reference::texts(&value).into_iter().map(|id| {
                match builder.linker.by_id(builder.world, id, &wanted::PREFIX_LIST) {
                    Target::Here(candidate) => builder.address(candidate.resource).to_owned(),
                    Target::Elsewhere(id) => id,
                }
            }));
        }
        if part.flag("self") == Some(true) {
            peers.push("self".to_owned());
        }
        let is_egress = is_egress(part);
        let traffic = traffic.map(|traffic| traffic_key(&traffic)).unwrap_or_default();
        peers.into_iter().map(move |peer| (is_egress, traffic.clone(), peer)).collect::<Vec<Key>>()
    })
    .collect()
}

fn group_key(builder: &Builder<'_>, target: &Target, own: &Resource) -> String {
    match target {
        Target::Here(candidate) => match builder.resource(candidate.resource) {
            Some(one) if one.address == own.address => "self".to_owned(),
            Some(one) => one.address.clone(),
            None => String::new(),
        },
        Target::Elsewhere(id) => id.clone(),
    }
}

/// Every peer of the rule at a path: that of the resource itself, or an inline one.
fn peers(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, path: &[Step<'_>], said: &Said) {
    let Some(one) = builder.resource(at) else { return };
    let below =
        |name: &'static str| -> Vec<Step<'_>> { path.iter().copied().chain([Step::Name(name)]).collect() };
    let is_inline = !path.is_empty();
    for name in ["cidr_blocks", "ipv6_cidr_blocks"] {
        let path = below(name);
        let value = one.at(&path).cloned().unwrap_or_default();
        for text in reference::texts(&value) {
            let peer = common::cidr(text).map(SecurityGroupPeer::Cidr);
            add_peer(builder, draft, at, said, peer, None);
        }
        let said_so = is_inline || reference::is_configured(builder.world, one, name) != Some(false);
        if one.is_unknown(&path) && said_so {
            let why = builder.why("an address range", &[]);
            open_peer(builder, draft, at, said, why);
        }
    }
    let lists = builder.links_at(at, &below("prefix_list_ids"), &wanted::PREFIX_LIST);
    for target in lists.to {
        let name = prefix_list::name(builder, target, said.place);
        add_peer(builder, draft, at, said, Some(SecurityGroupPeer::PrefixList(name)), None);
    }
    if let Some(among) = lists.open {
        let why = builder.why("a prefix list", &among);
        open_peer(builder, draft, at, said, why);
    }
    groups(builder, draft, at, path, said);
    let itself = below("self");
    if one.at(&itself).and_then(resource::flag) == Some(true) {
        add_peer(builder, draft, at, said, Some(SecurityGroupPeer::SelfGroup), None);
    } else if one.is_unknown(&itself) && is_inline {
        let why = builder.why("a peer", &[]);
        open_peer(builder, draft, at, said, why);
    }
}

/// Security groups as peers. The expressions of all inline rules are merged into one, so that several candidates for
/// several rules can't be told apart.
fn groups(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, path: &[Step<'_>], said: &Said) {
    let Some(one) = builder.resource(at) else { return };
    let links = if path.is_empty() {
        match builder.link(at, "source_security_group_id", &wanted::SECURITY_GROUP) {
            Link::None => Links::default(),
            Link::To(target) => Links { to: vec![target], open: None },
            Link::Open { among } => Links { to: Vec::new(), open: Some(among) },
        }
    } else {
        let own: Vec<Step<'_>> = path.iter().copied().chain([Step::Name("security_groups")]).collect();
        let mut links = builder.links_at(at, &own, &wanted::SECURITY_GROUP);
        if one.is_unknown(&own) && links.to.len() > 1 && unknown_blocks(one, path) > 1 {
            let known = one.at(&own).cloned().unwrap_or_default();
            let sure: Vec<Target> = reference::texts(&known)
                .into_iter()
                .map(|id| builder.linker.by_id(builder.world, id, &wanted::SECURITY_GROUP))
                .collect();
            let among = links.to.iter().filter(|target| !sure.contains(target));
            let among = among.filter_map(|target| match target {
                Target::Here(candidate) => Some(candidate.clone()),
                Target::Elsewhere(_) => None,
            });
            links = Links { open: Some(among.collect()), to: sure };
        }
        links
    };
    for target in links.to {
        let peer = group_peer(builder, draft, target);
        add_peer(builder, draft, at, said, Some(peer), None);
    }
    if let Some(among) = links.open {
        let why = builder.why("a security group", &among);
        open_peer(builder, draft, at, said, why);
    }
}

/// How many inline rules of that direction have groups that are known only after apply.
fn unknown_blocks(one: &Resource, path: &[Step<'_>]) -> usize {
    let Some(Step::Name(direction)) = path.first() else { return 0 };
    let count = one.blocks(direction).len();
    let is_open = |index: &usize| {
        one.is_unknown(&[Step::Name(direction), Step::Index(*index), Step::Name("security_groups")])
    };
    (0..count).filter(is_open).count()
}

/// A group as a peer, by the name that the topology has for it.
fn group_peer(builder: &Builder<'_>, draft: &Draft, target: Target) -> SecurityGroupPeer {
    match target {
        Target::Here(candidate) => {
            let name = group_name(builder, &candidate);
            if name == draft.name.value {
                SecurityGroupPeer::SelfGroup
            } else {
                SecurityGroupPeer::Group(name)
            }
        }
        // `123456789012/sg-1`: of another account.
        Target::Elsewhere(id) => {
            SecurityGroupPeer::Group(id.rsplit_once('/').map_or(id.clone(), |(_, id)| id.to_owned()))
        }
    }
}

/// The name of a group; that of the default group of a VPC, where its attribute is meant.
pub(super) fn group_name(builder: &Builder<'_>, candidate: &Candidate) -> String {
    let address = builder.address(candidate.resource);
    if candidate.attribute.is_none() {
        return address.to_owned();
    }
    let adopted = builder.vpc_index(candidate.resource).and_then(|vpc| builder.default_groups.get(&vpc));
    adopted.cloned().unwrap_or_else(|| format!("{address}/default"))
}

fn add_peer(
    builder: &mut Builder<'_>,
    draft: &mut Draft,
    at: usize,
    said: &Said,
    peer: Option<SecurityGroupPeer>,
    id: Option<String>,
) {
    match (peer, &said.traffic) {
        (Some(peer), Some(traffic)) => {
            draft.push(said.is_egress, traffic.clone(), Spanned::new(peer, said.place), id, said.place);
        }
        (None, _) => {
            builder.remark(&remarks::BAD_CIDR, at);
            open_peer(builder, draft, at, said, "a peer that is not a CIDR".to_owned());
        }
        (Some(_), None) => {
            let why = builder.why("protocol or ports of a rule", &[]);
            open_peer(builder, draft, at, said, why);
        }
    }
}

fn open_peer(builder: &mut Builder<'_>, draft: &mut Draft, at: usize, said: &Said, why: String) {
    builder.unresolved(at, &remarks::RULE_OPEN, why.clone());
    unknown_rule(builder, draft, at, said.is_egress, said.traffic.clone().unwrap_or_default(), why);
}

/// A rule of which nobody knows whom it admits.
fn unknown_rule(
    builder: &mut Builder<'_>,
    draft: &mut Draft,
    at: usize,
    is_egress: bool,
    traffic: Traffic,
    why: String,
) {
    let place = match traffic.protocol_place {
        Place::Implicit => builder.place(at),
        place => place,
    };
    draft.push(is_egress, traffic, Spanned::new(SecurityGroupPeer::Unknown(why), place), None, place);
}

fn traffic(protocol: Option<Value>, from: Option<Value>, to: Option<Value>, place: Place) -> Option<Traffic> {
    let protocol = match protocol? {
        Value::Number(number) => common::protocol(&number.to_string())?,
        other => common::protocol(&other.as_str()?.to_ascii_lowercase())?,
    };
    let fields = (from.as_ref().and_then(resource::number), to.as_ref().and_then(resource::number));
    // tcp without ports: the new kind of rule may leave them out for all of them.
    let fields = if protocol == Protocol::All { (None, None) } else { fields };
    common::traffic(protocol, fields, fields, place)
}

fn traffic_key(traffic: &Traffic) -> String {
    format!("{} {:?} {:?} {:?}", traffic.protocol, traffic.ports, traffic.icmp_type, traffic.icmp_code)
}

fn peer_key(peer: &SecurityGroupPeer) -> String {
    match peer {
        SecurityGroupPeer::Cidr(cidr) => cidr.trunc().to_string(),
        SecurityGroupPeer::SelfGroup => "self".to_owned(),
        SecurityGroupPeer::Network(name)
        | SecurityGroupPeer::PrefixList(name)
        | SecurityGroupPeer::Group(name) => name.clone(),
        SecurityGroupPeer::Unknown(why) => format!("? {why}"),
    }
}

impl Draft {
    /// Adds a rule, unless the group has it already: the state of a group lists the rules of their own as well.
    fn push(
        &mut self,
        is_egress: bool,
        traffic: Traffic,
        peer: Spanned<SecurityGroupPeer>,
        id: Option<String>,
        place: Place,
    ) {
        if self.keys.insert((is_egress, traffic_key(&traffic), peer_key(&peer.value))) {
            let [inbound, outbound] = &mut self.rules;
            let rules = if is_egress { outbound } else { inbound };
            rules.push(SecurityGroupRule { traffic, peer, id, place });
        }
    }
}
