//! `AWS::EC2::SecurityGroup`, and rules that are resources of their own.

use std::rc::Rc;

use super::super::inventory::Fate;
use super::super::stack::ResourceId;
use super::super::value::{Located, label};
use super::bag::{Bag, Field, items};
use super::external::any_rule;
use super::interface::unknown_group;
use super::traffic::{bounds, protocol, traffic};
use super::{Lowering, Reference};
use crate::topology::{
    Entry, Place, Protocol, SecurityGroup, SecurityGroupPeer, SecurityGroupRule, Spanned, Traffic,
};

const KIND: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const EGRESS: &str = "AWS::EC2::SecurityGroupEgress";

/// Names of a rule's properties that differ by direction.
struct Side {
    kind: &'static str,
    inline: &'static str,
    group: &'static str,
    group_name: &'static str,
    prefix_list: &'static str,
}

static INBOUND: Side = Side {
    kind: INGRESS,
    inline: "SecurityGroupIngress",
    group: "SourceSecurityGroupId",
    group_name: "SourceSecurityGroupName",
    prefix_list: "SourcePrefixListId",
};

static OUTBOUND: Side = Side {
    kind: EGRESS,
    inline: "SecurityGroupEgress",
    group: "DestinationSecurityGroupId",
    group_name: "DestinationSecurityGroupName",
    prefix_list: "DestinationPrefixListId",
};

/// The group that a rule is for: VPC, and the name in it.
type Home = (usize, String);

impl Lowering<'_> {
    pub(super) fn security_groups(&mut self) {
        let groups = self.existing(KIND);
        for (id, doubt) in &groups {
            self.declare_group(*id, doubt.clone());
        }
        for (id, doubt) in &groups {
            if doubt.is_none() {
                self.inline_rules(*id);
            }
        }
        for side in [&INBOUND, &OUTBOUND] {
            for (id, doubt) in self.existing(side.kind) {
                self.standalone_rule(side, id, doubt);
            }
        }
    }

    fn declare_group(&mut self, id: ResourceId, doubt: Option<Rc<str>>) {
        let vpc = match self.vpc_of(id, "VpcId") {
            Ok(vpc) => vpc,
            Err(why) => return self.unresolved(id, "its VPC", &why, self.place(id)),
        };
        let place = self.place(id);
        let mut group = SecurityGroup { inbound: Some(Vec::new()), outbound: None, place };
        if let Some(why) = doubt {
            self.unresolved(id, "whether it exists", &why, place);
            let reason = format!("whether the group exists: {why}");
            group.inbound = Some(vec![any_rule(reason.clone(), place)]);
            group.outbound = Some(vec![any_rule(reason, place)]);
        }
        let bag = self.bag(id, &["GroupName"]);
        let mut aliases = self.aliases(id);
        aliases.extend(bag.text(&self.evaluator, "GroupName").known().map(|name| name.value));
        let entry = Entry { name: self.named(id), aliases, value: group };
        if let Some(home) = self.vpc(vpc) {
            home.security_groups.0.push(entry);
            let position = home.security_groups.len().saturating_sub(1);
            self.security_groups.insert(id, (vpc, position));
        }
        self.fate(id, Fate::Read);
    }

    fn inline_rules(&mut self, id: ResourceId) {
        let Some(&(vpc, _)) = self.security_groups.get(&id) else { return };
        let home = (vpc, self.name(id));
        for side in [&INBOUND, &OUTBOUND] {
            let bag = self.bag(id, &[side.inline]);
            let Some(located) = bag.get(side.inline).cloned() else { continue };
            let place = located.place;
            let rules = match items(&located) {
                Ok(rules) => rules,
                Err(why) => {
                    self.unresolved(id, side.inline, &why, place);
                    self.push_rule(&home, side, any_rule(why.to_string(), place));
                    continue;
                }
            };
            for rule in &rules {
                let place = rule.place;
                let (rule, why) = self.rule(&home, side, rule);
                self.push_rule(&home, side, rule);
                if let Some(why) = why {
                    self.unresolved(id, "a rule", &why, place);
                }
            }
        }
    }

    fn standalone_rule(&mut self, side: &Side, id: ResourceId, doubt: Option<Rc<str>>) {
        let reference = self.reference(id, "GroupId");
        let Some(home) = self.group_home(&reference) else {
            // Rules for a group that no template holds are not known anyway.
            let (why, place) = (self.why(&reference), self.place(id));
            if reference.is_open() {
                self.doubt_groups(side.kind == INGRESS, &why, place);
            }
            return self.unresolved(id, "its group", &why, place);
        };
        let names = [
            "IpProtocol",
            "FromPort",
            "ToPort",
            "CidrIp",
            "CidrIpv6",
            side.group,
            side.group_name,
            side.prefix_list,
        ];
        let bag = self.bag(id, &names);
        let place = bag.place;
        let (rule, why) = match doubt {
            Some(why) => (any_rule(format!("whether the rule exists: {why}"), place), Some(why)),
            None => self.rule_of(&home, side, &bag),
        };
        if side.kind == EGRESS {
            self.doubt_everything(&home);
        }
        self.push_rule(&home, side, rule);
        match why {
            Some(why) => self.unresolved(id, "the rule", &why, place),
            None => self.fate(id, Fate::Read),
        }
    }

    /// CloudFormation takes the default rule away when it adds the first rule of its own for outbound traffic. A rule
    /// that says the same as the default one may go with it, depending on the order (aws/aws-cdk#987).
    fn doubt_everything(&mut self, home: &Home) {
        let Some(group) = self.group_mut(home) else { return };
        for rule in group.outbound.iter_mut().flatten() {
            let all = rule.traffic.protocol == Protocol::All;
            let everyone = matches!(&rule.peer.value, SecurityGroupPeer::Cidr(net) if net.prefix_len() == 0);
            if all && everyone {
                let reason =
                    "0.0.0.0/0 or ::/0: CloudFormation may remove this rule together with the default one";
                rule.peer.value = SecurityGroupPeer::Unknown(reason.to_owned());
            }
        }
    }

    fn push_rule(&mut self, home: &Home, side: &Side, rule: SecurityGroupRule) {
        let Some(group) = self.group_mut(home) else { return };
        let rules = if side.kind == INGRESS { &mut group.inbound } else { &mut group.outbound };
        rules.get_or_insert_default().push(rule);
    }

    /// The group of that name; the default group of a VPC is written out when it is first needed (VP-12).
    fn group_mut(&mut self, home: &Home) -> Option<&mut SecurityGroup> {
        let (vpc, name) = home;
        let this = self.vpc(*vpc)?;
        let default = this.default_security_group.as_ref().map_or("default", |name| &name.value);
        if this.security_groups.get(name).is_none() && default == name {
            let itself = SecurityGroupRule {
                traffic: Traffic::default(),
                peer: Spanned::implicit(SecurityGroupPeer::SelfGroup),
                id: None,
                place: Place::Implicit,
            };
            let group = SecurityGroup { inbound: Some(vec![itself]), outbound: None, place: Place::Implicit };
            this.security_groups.push(Spanned::implicit(name.clone()), group);
        }
        this.security_groups
            .0
            .iter_mut()
            .find(|entry| entry.name.value == *name)
            .map(|entry| &mut entry.value)
    }

    /// The group that a reference means, if it was read.
    pub(super) fn group_home(&self, reference: &Reference) -> Option<Home> {
        let Reference::Resource(symbol) = reference else { return None };
        match symbol.attribute.as_deref() {
            None => {
                let (vpc, _) = self.security_groups.get(&symbol.resource)?;
                Some((*vpc, self.name(symbol.resource)))
            }
            Some("DefaultSecurityGroup") => {
                let vpc = *self.vpcs.get(&symbol.resource)?;
                let said = &self.topology.vpcs.0.get(vpc)?.value.default_security_group;
                Some((vpc, said.as_ref().map_or("default", |name| &name.value).to_owned()))
            }
            Some(_) => None,
        }
    }

    /// A rule inside a group. What is not known of it is said too.
    fn rule(&mut self, home: &Home, side: &Side, said: &Located) -> (SecurityGroupRule, Option<Rc<str>>) {
        match Bag::of(said) {
            Ok(bag) => self.rule_of(home, side, &bag),
            Err(why) => (any_rule(why.to_string(), said.place), Some(why)),
        }
    }

    fn rule_of(&mut self, home: &Home, side: &Side, bag: &Bag) -> (SecurityGroupRule, Option<Rc<str>>) {
        let traffic = match self.rule_traffic(bag) {
            Ok(traffic) => traffic,
            Err(why) => return (any_rule(why.to_string(), bag.place), Some(why)),
        };
        let (peer, why) = self.peer(home, side, bag);
        (SecurityGroupRule { traffic, peer, id: None, place: bag.place }, why)
    }

    fn rule_traffic(&self, bag: &Bag) -> Result<Traffic, Rc<str>> {
        let evaluator = &self.evaluator;
        let protocol = match bag.text(evaluator, "IpProtocol").and_then("a protocol", |text| protocol(text)) {
            Field::Known(protocol) => protocol,
            Field::Unknown(why, _) => return Err(why),
            Field::Absent => return Err("`IpProtocol` is not said".into()),
        };
        if !protocol.value.has_ports() && !matches!(protocol.value, Protocol::Icmp | Protocol::Icmpv6) {
            return traffic(protocol.value, (None, None), (None, None), protocol.place);
        }
        let fields = bounds(bag.number(evaluator, "FromPort"), bag.number(evaluator, "ToPort"))?;
        traffic(protocol.value, fields, fields, bag.place_of("IpProtocol"))
    }

    fn peer(&mut self, home: &Home, side: &Side, bag: &Bag) -> (Spanned<SecurityGroupPeer>, Option<Rc<str>>) {
        let unknown = |why: Rc<str>, place| {
            (Spanned::new(SecurityGroupPeer::Unknown(why.to_string()), place), Some(why))
        };
        for name in ["CidrIp", "CidrIpv6"] {
            match bag.cidr(&self.evaluator, name) {
                Field::Known(Spanned { value, place }) => {
                    let peer = SecurityGroupPeer::Cidr(value);
                    return (Spanned::new(peer, place), None);
                }
                Field::Unknown(why, place) => return unknown(why, place),
                Field::Absent => {}
            }
        }
        let place = bag.place_of(side.group);
        match self.refer(&bag.value(side.group)) {
            Reference::Absent => {}
            reference => {
                let Some((vpc, name)) = self.group_home(&reference) else {
                    return self.external_peer(home, &reference, place);
                };
                let peer = match vpc == home.0 {
                    true if name == home.1 => SecurityGroupPeer::SelfGroup,
                    true => SecurityGroupPeer::Group(name),
                    false => SecurityGroupPeer::Group(format!("{}/{name}", self.vpc_name(vpc))),
                };
                return (Spanned::new(peer, place), None);
            }
        }
        let place = bag.place_of(side.prefix_list);
        match self.refer(&bag.value(side.prefix_list)) {
            Reference::Absent => {}
            reference => match self.prefix_list_name(&reference, place) {
                Ok(name) => return (Spanned::new(SecurityGroupPeer::PrefixList(name), place), None),
                Err(why) => return unknown(why, place),
            },
        }
        if bag.has(side.group_name) {
            return unknown("it names a group by its name".into(), bag.place_of(side.group_name));
        }
        unknown("it does not say for whom it is".into(), bag.place)
    }

    /// Members of a group that no template holds.
    fn external_peer(
        &mut self,
        home: &Home,
        reference: &Reference,
        place: Place,
    ) -> (Spanned<SecurityGroupPeer>, Option<Rc<str>>) {
        let (name, is_id) = match reference {
            Reference::Literal(id) => (label(id), true),
            _ => (unknown_group(&self.why(reference)), false),
        };
        let why = self.why(reference);
        let name = self.external_group(home.0, &name, is_id, place);
        let settled = if is_id { None } else { Some(why) };
        (Spanned::new(SecurityGroupPeer::Group(name), place), settled)
    }
}
