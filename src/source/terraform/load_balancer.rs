//! `aws_lb`, `aws_elb`, listeners, rules, target groups and what registers targets (LB-1 to LB-14).
//!
//! AWS picks the addresses of the nodes. What is known only after apply, and a target group of which the file registers no
//! target, is not known rather than empty.

use std::collections::BTreeMap;

use serde_json::Value;

use super::builder::Builder;
use super::inventory::Fate;
use super::link::{Link, Target as Linked};
use super::reference::{self, Wanted};
use super::resource::{self, Path, Resource, Step};
use super::{service, wanted};
use crate::topology::{
    BalancerKind, Entries, Instance, InstanceKind, Interface, Listener, LoadBalancer, Place, PublicIp,
    Spanned, Target, TargetGroup, TargetKind, Transport,
};

const BALANCERS: &[&str] = &["aws_lb", "aws_alb"];
const GROUPS: &[&str] = &["aws_lb_target_group", "aws_alb_target_group"];
const LISTENERS: &[&str] = &["aws_lb_listener", "aws_alb_listener"];
const RULES: &[&str] = &["aws_lb_listener_rule", "aws_alb_listener_rule"];
const ATTACHMENTS: &[&str] = &["aws_lb_target_group_attachment", "aws_alb_target_group_attachment"];

static BALANCER: Wanted = Wanted { kinds: BALANCERS, attributes: &[], words: &["lb", "load_balancer"] };
static GROUP: Wanted = Wanted { kinds: GROUPS, attributes: &[], words: &["target_group"] };
static LISTENER: Wanted = Wanted { kinds: LISTENERS, attributes: &[], words: &["listener"] };
static CLASSIC: Wanted = Wanted { kinds: &["aws_elb"], attributes: &[], words: &["elb"] };
static SCALING_GROUP: Wanted =
    Wanted { kinds: &["aws_autoscaling_group"], attributes: &[], words: &["autoscaling"] };

/// A load balancer while it is read.
struct Draft {
    vpc: usize,
    value: LoadBalancer,
    nodes: Instance,
    /// Its listeners, by the resource that says them.
    listeners: Vec<(usize, Listener, Vec<usize>)>,
    /// Target groups of its own (classic).
    own: Vec<(String, TargetGroup)>,
}

#[derive(Default)]
struct Reading {
    balancers: BTreeMap<usize, Draft>,
    groups: BTreeMap<usize, TargetGroup>,
}

pub(super) fn build(builder: &mut Builder<'_>) {
    let mut reading = Reading::default();
    for (at, one) in builder.once(BALANCERS) {
        if let Some(draft) = balancer(builder, at, one) {
            reading.balancers.insert(at, draft);
        }
    }
    for (at, one) in builder.once(&["aws_elb"]) {
        if let Some(draft) = classic(builder, at, one) {
            reading.balancers.insert(at, draft);
        }
    }
    if reading.balancers.is_empty() {
        return;
    }
    for (at, one) in builder.once(GROUPS) {
        let group = target_group(builder, at, one);
        reading.groups.insert(at, group);
    }
    reading.register(builder);
    for (at, one) in managed(builder, LISTENERS) {
        reading.listener(builder, at, one);
    }
    for (at, one) in managed(builder, RULES) {
        reading.rule(builder, at, one);
    }
    reading.finish(builder);
}

fn managed<'w>(builder: &Builder<'w>, kinds: &[&str]) -> Vec<(usize, &'w Resource)> {
    builder.of(kinds).into_iter().filter(|(_, one)| one.is_managed).collect()
}

/// What an attribute says; what AWS takes if nothing is said. None: nobody knows.
fn said<'r>(builder: &Builder<'_>, one: &'r Resource, name: &'static str) -> Option<Option<&'r Value>> {
    let path = [Step::Name(name)];
    match one.at(&path) {
        Some(value) => Some(Some(value)),
        None if one.is_unknown(&path)
            && reference::is_configured(builder.world, one, name) != Some(false) =>
        {
            None
        }
        None => Some(None),
    }
}

fn balancer(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<Draft> {
    let kind = match said(builder, one, "load_balancer_type")?.and_then(resource::text) {
        None | Some("application") => BalancerKind::Application,
        Some("network") => BalancerKind::Network,
        Some(_) => return None,
    };
    // The IPv6 addresses of the nodes are nowhere said.
    let family = said(builder, one, "ip_address_type")?.and_then(resource::text);
    if family.is_some_and(|family| family != "ipv4") {
        return None;
    }
    let mapped = one.blocks("subnet_mapping").len();
    let subnets = if mapped == 0 {
        service::subnets(builder, at, &[Step::Name("subnets")])?
    } else {
        let mut all = Vec::new();
        for index in 0..mapped {
            let path = [Step::Name("subnet_mapping"), Step::Index(index), Step::Name("subnet_id")];
            all.extend(service::subnets(builder, at, &path)?);
        }
        all
    };
    let is_internal = said(builder, one, "internal")?.and_then(resource::flag).unwrap_or(false);
    let cross_zone = said(builder, one, "enable_cross_zone_load_balancing");
    let place = builder.place(at);
    let mut value = LoadBalancer { kind, place, ..LoadBalancer::default() };
    match cross_zone {
        Some(on) => value.cross_zone = on.and_then(resource::flag).map(|on| Spanned::new(on, place)),
        None => value.attributes_unknown = Some(builder.why("enable_cross_zone_load_balancing", &[])),
    }
    if !one.is_managed {
        value.unknown = Some("its listeners belong to another configuration".to_owned());
    }
    let (vpc, nodes) = nodes(builder, at, (&subnets, !is_internal), kind)?;
    Some(Draft { vpc, value, nodes, listeners: Vec::new(), own: Vec::new() })
}

/// A node in each subnet. None unless all of them are known, and in one VPC.
fn nodes(
    builder: &mut Builder<'_>,
    at: usize,
    (subnets, is_public): (&[usize], bool),
    kind: BalancerKind,
) -> Option<(usize, Instance)> {
    let vpc = builder.vpc_of_subnet(*subnets.first()?)?;
    let is_known = |subnet: &usize| {
        builder.vpc_of_subnet(*subnet) == Some(vpc) && !builder.subnets_open.contains(subnet)
    };
    if !subnets.iter().all(is_known) {
        return None;
    }
    let place = builder.place(at);
    let links = builder.links_at(at, &[Step::Name("security_groups")], &wanted::SECURITY_GROUP);
    let more = links.open.is_some();
    let names = service::group_names(builder, &links, place);
    // LB-7: only a network load balancer does without.
    let is_default = names.is_empty() && !more && kind != BalancerKind::Network;
    let has_default = builder.vpc(vpc).is_some_and(|vpc| vpc.default_security_group.is_some());
    if is_default && !builder.facts(vpc).is_owned && !has_default {
        return None;
    }
    let mut interfaces = Entries::default();
    for subnet in subnets {
        let name = Spanned::new(builder.address(*subnet).to_owned(), place);
        let interface = Interface {
            subnet: name.clone(),
            ips: Vec::new(),
            ipv6: Vec::new(),
            public_ip: Spanned::new(if is_public { PublicIp::Assigned } else { PublicIp::None }, place),
            public_ips: Vec::new(),
            security_groups: (!is_default).then(|| names.clone()),
            more_security_groups: more,
            source_dest_check: None,
            attached: true,
            deny_all_igw_traffic: false,
            place,
        };
        interfaces.push(name, interface);
    }
    let kind = Spanned::new(InstanceKind::LoadBalancer, place);
    Some((vpc, Instance { kind, interfaces, place, ..Instance::default() }))
}

fn number(value: Option<&Value>) -> Option<u16> {
    value.and_then(resource::number).and_then(|number| number.try_into().ok())
}

fn transport(protocol: &str) -> Option<Transport> {
    match protocol {
        "HTTP" | "HTTPS" | "TCP" | "TLS" => Some(Transport::Tcp),
        "UDP" => Some(Transport::Udp),
        "TCP_UDP" => Some(Transport::TcpUdp),
        _ => None,
    }
}

fn target_group(builder: &mut Builder<'_>, at: usize, one: &Resource) -> TargetGroup {
    let place = builder.place(at);
    let mut group = TargetGroup { place, ..TargetGroup::default() };
    let mut open = Vec::new();
    let mut read = |builder: &Builder<'_>, name: &'static str| match said(builder, one, name) {
        Some(value) => value,
        None => {
            open.push(name);
            None
        }
    };
    let kind = match read(builder, "target_type").and_then(resource::text) {
        Some("ip") => TargetKind::Ip,
        Some("lambda") => TargetKind::Lambda,
        Some("alb") => TargetKind::Balancer,
        _ => TargetKind::Instance,
    };
    group.kind = Spanned::new(kind, place);
    group.port = number(read(builder, "port")).map(|port| Spanned::new(port, place));
    let protocol = read(builder, "protocol").and_then(resource::text).and_then(transport);
    group.transport = protocol.map(|protocol| Spanned::new(protocol, place));
    group.unknown = open.first().map(|name| builder.why(&format!("its {name}"), &[]));
    let check = [Step::Name("health_check"), Step::Index(0), Step::Name("port")];
    match one.at(&check) {
        Some(port) => group.health_check_port = number(Some(port)).map(|port| Spanned::new(port, place)),
        None if one.is_unknown(&check)
            && reference::is_configured(builder.world, one, "health_check") != Some(false) =>
        {
            group.unknown.get_or_insert_with(|| builder.why("the port of its health check", &[]));
        }
        None => {}
    }
    for name in ["load_balancing_cross_zone_enabled", "preserve_client_ip"] {
        match said(builder, one, name) {
            None => group.attributes_unknown = Some(builder.why(name, &[])),
            Some(value) => {
                let flag = value.and_then(resource::flag).map(|on| Spanned::new(on, place));
                let side = match name {
                    "preserve_client_ip" => &mut group.preserve_client_ip,
                    _ => &mut group.cross_zone,
                };
                *side = flag;
            }
        }
    }
    group
}

impl Reading {
    /// The groups that a link leads to. What may lead to any of some leaves them open.
    fn group(&mut self, builder: &mut Builder<'_>, at: usize, path: Path<'_>) -> Option<usize> {
        match builder.link_at(at, path, &GROUP) {
            Link::To(Linked::Here(found)) => Some(found.resource),
            Link::Open { among } => {
                let may_be =
                    |group: &usize| among.is_empty() || among.iter().any(|one| one.resource == *group);
                let why = format!("{} may register another target", builder.address(at));
                for (_, group) in self.groups.iter_mut().filter(|(at, _)| may_be(at)) {
                    group.unknown.get_or_insert_with(|| why.clone());
                }
                None
            }
            Link::To(Linked::Elsewhere(_)) | Link::None => None,
        }
    }

    /// What registers targets.
    fn register(&mut self, builder: &mut Builder<'_>) {
        for (at, one) in managed(builder, ATTACHMENTS) {
            builder.settle(at, Fate::Read);
            let Some(group) = self.group(builder, at, &[Step::Name("target_group_arn")]) else { continue };
            let kind = self.groups.get(&group).map(|group| group.kind.value).unwrap_or_default();
            let port = said(builder, one, "port").map(number);
            let name = target(builder, at, one, kind);
            self.add(builder, group, at, name, port);
        }
        for (at, _) in builder.once(SCALING_GROUP.kinds) {
            let links = builder.links(at, "target_group_arns", &GROUP);
            for found in links.to {
                if let Linked::Here(group) = found {
                    let name = builder.address(at).to_owned();
                    self.add(builder, group.resource, at, Some(name), Some(None));
                }
            }
            if let Some(among) = links.open {
                self.open(builder, at, &among.iter().map(|one| one.resource).collect::<Vec<_>>());
            }
        }
        for (at, _) in managed(builder, &["aws_autoscaling_attachment"]) {
            let Some(group) = self.group(builder, at, &[Step::Name("lb_target_group_arn")]) else { continue };
            let name = match builder.link(at, "autoscaling_group_name", &SCALING_GROUP) {
                Link::To(Linked::Here(found)) => Some(builder.address(found.resource).to_owned()),
                _ => None,
            };
            self.add(builder, group, at, name, Some(None));
        }
        for (at, one) in builder.once(&["aws_ecs_service"]) {
            let count = one.blocks("load_balancer").len();
            for index in 0..count {
                let block = |name| [Step::Name("load_balancer"), Step::Index(index), Step::Name(name)];
                let Some(group) = self.group(builder, at, &block("target_group_arn")) else { continue };
                let port = number(one.at(&block("container_port")));
                let name = builder.address(at).to_owned();
                self.add(builder, group, at, Some(name), port.map(Some));
            }
        }
    }

    fn open(&mut self, builder: &Builder<'_>, at: usize, among: &[usize]) {
        let why = format!("{} may register another target", builder.address(at));
        for (_, group) in self.groups.iter_mut().filter(|(at, _)| among.is_empty() || among.contains(at)) {
            group.unknown.get_or_insert_with(|| why.clone());
        }
    }

    /// Adds a target; `port` is none if nobody knows it.
    fn add(
        &mut self,
        builder: &mut Builder<'_>,
        group: usize,
        at: usize,
        name: Option<String>,
        port: Option<Option<u16>>,
    ) {
        let place = builder.place(at);
        let why = builder.why(&format!("what {} registers", builder.address(at)), &[]);
        let Some(group) = self.groups.get_mut(&group) else { return };
        match (name, port) {
            (Some(name), Some(port)) => {
                group.targets.push(Target { name: Spanned::new(name, place), port });
            }
            _ => {
                group.unknown.get_or_insert(why);
            }
        }
    }

    fn listener(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let place = builder.place(at);
        let balancer = match builder.link(at, "load_balancer_arn", &BALANCER) {
            Link::To(Linked::Here(found)) => found.resource,
            Link::Open { .. } => {
                let why = builder.why(&format!("the load balancer of {}", builder.address(at)), &[]);
                for draft in self.balancers.values_mut() {
                    draft.value.unknown.get_or_insert_with(|| why.clone());
                }
                return;
            }
            Link::To(Linked::Elsewhere(_)) | Link::None => return,
        };
        let port = said(builder, one, "port").map(number);
        let protocol = said(builder, one, "protocol").map(|value| value.and_then(resource::text));
        let actions = actions(builder, at, one, "default_action");
        let why = builder.why(&format!("the port of {}", builder.address(at)), &[]);
        let Some(draft) = self.balancers.get_mut(&balancer) else { return };
        let is_application = draft.value.kind == BalancerKind::Application;
        let transport = match protocol {
            // An application load balancer without a word takes HTTP.
            Some(None) if is_application => Some(Transport::Tcp),
            Some(Some(protocol)) => transport(protocol),
            _ => None,
        };
        let (Some(Some(port)), Some(transport)) = (port, transport) else {
            draft.value.unknown.get_or_insert(why);
            return;
        };
        builder.settle(at, Fate::Read);
        let mut listener =
            Listener { port, transport, target_groups: Vec::new(), answers: false, unknown: None, place };
        let groups = actions.apply(&mut listener, builder);
        draft.listeners.push((at, listener, groups));
    }

    fn rule(&mut self, builder: &mut Builder<'_>, at: usize, one: &Resource) {
        let actions = actions(builder, at, one, "action");
        let wanted = match builder.link(at, "listener_arn", &LISTENER) {
            Link::To(Linked::Here(found)) => Some(found.resource),
            Link::Open { .. } => None,
            Link::To(Linked::Elsewhere(_)) | Link::None => return,
        };
        builder.settle(at, Fate::Read);
        let why = builder.why(&format!("the listener of {}", builder.address(at)), &[]);
        for (of, listener, groups) in self.balancers.values_mut().flat_map(|draft| &mut draft.listeners) {
            match wanted {
                None => {
                    listener.unknown.get_or_insert_with(|| why.clone());
                }
                Some(wanted) if wanted == *of => {
                    let more = actions.apply(listener, builder);
                    groups.extend(more);
                }
                Some(_) => {}
            }
        }
    }

    fn finish(self, builder: &mut Builder<'_>) {
        let Self { balancers, mut groups } = self;
        for (at, group) in &mut groups {
            let is_function = group.kind.value == TargetKind::Lambda;
            if group.targets.is_empty() && group.unknown.is_none() && !is_function {
                let address = builder.address(*at);
                group.unknown = Some(format!("nothing in the file registers a target of {address}"));
            }
        }
        for (at, mut draft) in balancers {
            let name = builder.name(at);
            if draft.listeners.is_empty() && draft.value.listeners.is_empty() {
                draft.value.unknown.get_or_insert_with(|| "the file has no listener of it".to_owned());
            }
            for (_, mut listener, used) in std::mem::take(&mut draft.listeners) {
                for group in used {
                    let group_name = builder.name(group);
                    let said = groups.get(&group).cloned().unwrap_or_default();
                    builder.settle(group, Fate::Read);
                    if let Some(vpc) = builder.vpc(draft.vpc)
                        && vpc.target_groups.get(&group_name.value).is_none()
                    {
                        vpc.target_groups.push(group_name.clone(), said);
                    }
                    if listener.target_groups.iter().all(|known| known.value != group_name.value) {
                        listener.target_groups.push(group_name);
                    }
                }
                draft.value.listeners.push(listener);
            }
            builder.settle(at, Fate::Read);
            let Some(vpc) = builder.vpc(draft.vpc) else { continue };
            for (name, group) in draft.own {
                vpc.target_groups.push(Spanned::new(name, group.place), group);
            }
            vpc.load_balancers.push(name.clone(), draft.value);
            vpc.instances.push(name, draft.nodes);
        }
    }
}

/// The target of an attachment; none if nobody knows.
fn target(builder: &mut Builder<'_>, at: usize, one: &Resource, kind: TargetKind) -> Option<String> {
    let text = one.text("target_id").map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()) {
        return text;
    }
    let wanted = match kind {
        TargetKind::Balancer => &BALANCER,
        TargetKind::Lambda => return Some(String::new()),
        // The address of an instance that is known only after apply is that of the instance.
        TargetKind::Instance | TargetKind::Ip => &wanted::INSTANCE,
    };
    match builder.link(at, "target_id", wanted) {
        Link::To(Linked::Here(found)) => Some(builder.address(found.resource).to_owned()),
        Link::To(Linked::Elsewhere(id)) => Some(id),
        Link::Open { .. } | Link::None => None,
    }
}

/// What the actions of a listener or rule do.
#[derive(Default)]
struct Actions {
    groups: Vec<usize>,
    answers: bool,
    unknown: Option<String>,
}

impl Actions {
    fn apply(&self, listener: &mut Listener, _: &Builder<'_>) -> Vec<usize> {
        listener.answers |= self.answers;
        if let Some(why) = &self.unknown {
            listener.unknown.get_or_insert_with(|| why.clone());
        }
        self.groups.clone()
    }
}

fn actions(builder: &mut Builder<'_>, at: usize, one: &Resource, name: &'static str) -> Actions {
    let mut actions = Actions::default();
    let blocks = one.blocks(name);
    if blocks.is_empty() || one.is_wholly_unknown(&[Step::Name(name)]) {
        actions.unknown = Some(builder.why(&format!("the {name} of {}", builder.address(at)), &[]));
    }
    for (index, block) in blocks.into_iter().enumerate() {
        let kind = block.get("type").and_then(Value::as_str).unwrap_or_default();
        actions.answers |= matches!(kind, "redirect" | "fixed-response");
        if kind.starts_with("authenticate") || actions.answers && kind != "forward" {
            continue;
        }
        let head = [Step::Name(name), Step::Index(index)];
        let mut paths =
            vec![head.iter().copied().chain([Step::Name("target_group_arn")]).collect::<Vec<_>>()];
        let forward = [Step::Name("forward"), Step::Index(0), Step::Name("target_group")];
        let weighted: Vec<Step<'_>> = head.iter().copied().chain(forward).collect();
        let list = one.at(&weighted).and_then(Value::as_array);
        for number in 0..list.map_or(0, Vec::len) {
            let weight = list.and_then(|list| list.get(number)?.get("weight")).and_then(resource::number);
            if weight != Some(0) {
                paths
                    .push(weighted.iter().copied().chain([Step::Index(number), Step::Name("arn")]).collect());
            }
        }
        for path in paths {
            match builder.link_at(at, &path, &GROUP) {
                Link::To(Linked::Here(found)) => {
                    if !actions.groups.contains(&found.resource) {
                        actions.groups.push(found.resource);
                    }
                }
                Link::To(Linked::Elsewhere(id)) => {
                    actions.unknown.get_or_insert(format!("target group {id}, which the file does not hold"));
                }
                Link::Open { among } => {
                    actions.unknown.get_or_insert(builder.why("a target group", &among));
                }
                Link::None => {}
            }
        }
    }
    if actions.groups.is_empty() && !actions.answers && actions.unknown.is_none() {
        actions.unknown = Some(builder.why(&format!("where {} forwards", builder.address(at)), &[]));
    }
    actions
}

fn classic(builder: &mut Builder<'_>, at: usize, one: &Resource) -> Option<Draft> {
    let subnets = service::subnets(builder, at, &[Step::Name("subnets")])?;
    let is_internal = said(builder, one, "internal")?.and_then(resource::flag).unwrap_or(false);
    let place = builder.place(at);
    // Terraform turns it on unless told otherwise.
    let cross_zone =
        said(builder, one, "cross_zone_load_balancing").map(|on| on.and_then(resource::flag).unwrap_or(true));
    let mut value = LoadBalancer { kind: BalancerKind::Classic, place, ..LoadBalancer::default() };
    match cross_zone {
        Some(on) => value.cross_zone = Some(Spanned::new(on, place)),
        None => value.attributes_unknown = Some(builder.why("cross_zone_load_balancing", &[])),
    }
    let (vpc, nodes) = nodes(builder, at, (&subnets, !is_internal), BalancerKind::Classic)?;
    let (targets, unknown) = classic_targets(builder, at, place);
    let check = [Step::Name("health_check"), Step::Index(0), Step::Name("target")];
    let checked = one
        .at(&check)
        .and_then(resource::text)
        .and_then(|text| text.split_once(':')?.1.split('/').next()?.parse::<u16>().ok());
    let mut own: Vec<(String, TargetGroup)> = Vec::new();
    for block in one.blocks("listener") {
        let (Some(port), Some(to)) = (number(block.get("lb_port")), number(block.get("instance_port")))
        else {
            value.unknown = Some(builder.why("a port of its listeners", &[]));
            continue;
        };
        let name = format!("{}:{to}", builder.address(at));
        value.listeners.push(Listener {
            port,
            transport: Transport::Tcp,
            target_groups: vec![Spanned::new(name.clone(), place)],
            answers: false,
            unknown: None,
            place,
        });
        if own.iter().all(|(known, _)| *known != name) {
            let group = TargetGroup {
                targets: targets.clone(),
                port: Some(Spanned::new(to, place)),
                health_check_port: checked.map(|port| Spanned::new(port, place)),
                unknown: unknown.clone(),
                place,
                ..TargetGroup::default()
            };
            own.push((name, group));
        }
    }
    if one.blocks("listener").is_empty() {
        value.unknown = Some(builder.why("its listeners", &[]));
    }
    Some(Draft { vpc, value, nodes, listeners: Vec::new(), own })
}

/// The instances behind a classic load balancer, and why there may be more.
fn classic_targets(builder: &mut Builder<'_>, at: usize, place: Place) -> (Vec<Target>, Option<String>) {
    let links = builder.links(at, "instances", &wanted::INSTANCE);
    let mut names: Vec<String> = Vec::new();
    let mut unknown = links.open.map(|among| builder.why("an instance of it", &among));
    for found in links.to {
        names.push(match found {
            Linked::Here(found) => builder.address(found.resource).to_owned(),
            Linked::Elsewhere(id) => id,
        });
    }
    for (attachment, _) in managed(builder, &["aws_elb_attachment"]) {
        match builder.link(attachment, "elb", &CLASSIC) {
            Link::To(Linked::Here(found)) if found.resource != at => continue,
            Link::To(Linked::Here(_)) => builder.settle(attachment, Fate::Read),
            // By name, or by what is not known yet.
            _ => {
                unknown.get_or_insert(builder.why("whose attachments there are", &[]));
                continue;
            }
        }
        match builder.link(attachment, "instance", &wanted::INSTANCE) {
            Link::To(Linked::Here(found)) => names.push(builder.address(found.resource).to_owned()),
            Link::To(Linked::Elsewhere(id)) => names.push(id),
            _ => {
                unknown.get_or_insert(builder.why("an attached instance", &[]));
            }
        }
    }
    for (group, _) in builder.once(SCALING_GROUP.kinds) {
        let links = builder.links(group, "load_balancers", &CLASSIC);
        let is_own = |found: &Linked| matches!(found, Linked::Here(found) if found.resource == at);
        if links.to.iter().any(is_own) {
            names.push(builder.address(group).to_owned());
        } else if links.open.is_some() || !links.to.is_empty() {
            unknown.get_or_insert(builder.why("which Auto Scaling groups it serves", &[]));
        }
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        unknown.get_or_insert_with(|| "nothing in the file registers an instance of it".to_owned());
    }
    let targets = names.into_iter().map(|name| Target { name: Spanned::new(name, place), port: None });
    (targets.collect(), unknown)
}
