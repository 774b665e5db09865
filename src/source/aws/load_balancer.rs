//! Load balancers of every generation: `elbv2 describe-load-balancers` and what belongs to it, `elb describe-load-balancers`.
//!
//! The nodes are network interfaces that AWS owns; their descriptions name the load balancer. Some of the calls answer without
//! the ARN of what they are about: the name of the file has the last part of it.

mod answers;
mod nodes;

use std::collections::{BTreeMap, BTreeSet};

use super::builder::{Builder, Found};
use super::document::Page;
use super::remarks;
use crate::topology::{
    self, BalancerKind, CaptureKind, Entry, Place, Spanned, Target, TargetKind, Transport, Unmodelled,
};
pub(super) use answers::Answers;
use answers::{ClassicBalancer, Listener, LoadBalancer, Rule, TargetGroup, TargetHealth};

const KIND: &str = "load balancer";
const GROUP: &str = "target group";

/// Reads them. Answers with the calls that the capture lacks for them.
pub(super) fn build(builder: &mut Builder<'_>) -> BTreeSet<CaptureKind> {
    let mut lacking = BTreeSet::new();
    let details = Details::new(builder.pages);
    let mut nodes = nodes::Nodes::new(builder.pages);
    let found = builder.unique(KIND, |page| &page.balancing.load_balancers, |one| &one.load_balancer_arn);
    let names: BTreeMap<&str, &str> =
        found.iter().map(|one| (one.id, one.value.load_balancer_name.as_str())).collect();
    let groups = target_groups(builder, &details, &names, &mut lacking);
    for one in found {
        load_balancer(builder, (&details, &groups), &mut nodes, &one, &mut lacking);
    }
    let classic = builder.unique(KIND, |page| &page.balancing.classic, |one| &one.load_balancer_name);
    for one in classic {
        classic_balancer(builder, &mut nodes, &one, &mut lacking);
    }
    if nodes.any_left() && builder.pages.iter().all(|page| !page.balancing.is_listed) {
        lacking.insert(CaptureKind::LoadBalancers);
    }
    count_parts(builder);
    lacking
}

fn count_parts(builder: &mut Builder<'_>) {
    let pages = builder.pages;
    let all = |count: fn(&Page) -> usize| pages.iter().map(count).sum::<usize>();
    let parts = [
        ("load balancer listener", all(|page| page.balancing.listeners.len())),
        ("load balancer listener rule", all(|page| page.balancing.rules.len())),
        ("load balancer target", all(|page| page.balancing.health.iter().flatten().count())),
    ];
    for (kind, count) in parts.into_iter().filter(|(_, count)| *count > 0) {
        builder.inventory.add_read(kind, count);
    }
}

/// What further calls say about load balancers, by ARN.
struct Details<'a> {
    pages: &'a [Page],
    listeners: BTreeMap<&'a str, Vec<&'a Listener>>,
    /// Load balancers whose listeners were captured, even if there are none: by the last part of the ARN in a file name.
    rules: BTreeMap<String, Vec<&'a Rule>>,
    /// Whether a list was cut off, or could not be read whole.
    is_cut: [bool; 3],
}

impl<'a> Details<'a> {
    fn new(pages: &'a [Page]) -> Self {
        let mut this = Self { pages, listeners: BTreeMap::new(), rules: BTreeMap::new(), is_cut: [false; 3] };
        for page in pages {
            let own = &page.balancing;
            let wrapped = own.wrapped_listeners.iter().flat_map(|one| &one.listeners);
            for listener in own.listeners.iter().chain(wrapped) {
                this.listeners.entry(&listener.load_balancer_arn).or_default().push(listener);
            }
            for rule in &own.rules {
                this.rules.entry(listener_of(&rule.rule_arn)).or_default().push(rule);
            }
            let is_cut = page.next_token || page.faults.count > 0;
            let [listeners, rules, health] = &mut this.is_cut;
            *listeners |= is_cut && own.has_listeners;
            *rules |= is_cut && !own.rules.is_empty();
            *health |= is_cut && own.health.is_some();
        }
        this
    }

    /// The listeners of a load balancer; none if nobody asked.
    fn listeners(&self, arn: &str) -> Option<Vec<&'a Listener>> {
        let [is_cut, ..] = self.is_cut;
        if is_cut {
            return None;
        }
        let named = || {
            self.pages.iter().any(|page| {
                page.balancing.has_listeners && self.is_about(page, arn)
                    || page.balancing.wrapped_listeners.iter().any(|one| one.load_balancer_arn == arn)
            })
        };
        match self.listeners.get(arn) {
            Some(found) => Some(found.clone()),
            None if named() => Some(Vec::new()),
            None => None,
        }
    }

    /// The rules of a listener; none if nobody asked. Every listener of an application load balancer has one.
    fn rules(&self, arn: &str) -> Option<&[&'a Rule]> {
        let [_, is_cut, _] = self.is_cut;
        self.rules.get(arn).filter(|_| !is_cut).map(Vec::as_slice)
    }

    fn health(&self, arn: &str) -> Option<Vec<&'a TargetHealth>> {
        let [_, _, is_cut] = self.is_cut;
        if is_cut {
            return None;
        }
        let mut found: Option<Vec<&TargetHealth>> = None;
        for page in self.pages {
            let wrapped = page.balancing.wrapped_health.iter().filter(|one| one.target_group_arn == arn);
            for one in wrapped {
                found.get_or_insert_default().extend(&one.target_health_descriptions);
            }
            if let Some(health) = &page.balancing.health
                && self.is_about(page, arn)
            {
                found.get_or_insert_default().extend(health);
            }
        }
        found
    }

    /// Attributes of a load balancer or target group; none if nobody asked.
    fn attribute(&self, arn: &str, key: &str) -> Option<Option<&'a str>> {
        let mut found: Option<Option<&str>> = None;
        for page in self.pages {
            let wrapped = page
                .balancing
                .wrapped_attributes
                .iter()
                .filter(|one| one.is_of(arn))
                .map(|one| &one.attributes);
            let own = page.balancing.attributes.as_ref().filter(|_| self.is_about(page, arn));
            for attributes in wrapped.chain(own) {
                let value = attributes.iter().find(|one| one.key == key).map(|one| one.value.as_str());
                found = Some(value.or(found.flatten()));
            }
        }
        found
    }

    /// Whether the name of a file has the last part of an ARN.
    fn is_about(&self, page: &Page, arn: &str) -> bool {
        let last = arn.rsplit('/').next().unwrap_or(arn);
        !last.is_empty() && name_parts(&page.name).any(|part| part == last)
    }
}

/// The words of the last part of a path.
fn name_parts(name: &str) -> impl Iterator<Item = &str> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.split(['.', '_', '+', ' ', ':'])
}

/// The ARN of the listener that a rule belongs to.
fn listener_of(rule: &str) -> String {
    let whole = rule.rsplit_once('/').map_or(rule, |(listener, _)| listener);
    whole.replacen(":listener-rule/", ":listener/", 1)
}

fn call(kind: CaptureKind, lacking: &mut BTreeSet<CaptureKind>) -> String {
    lacking.insert(kind);
    format!("make the call {}", kind.call())
}

fn transport(protocol: &str) -> Option<Transport> {
    match protocol {
        "HTTP" | "HTTPS" | "TCP" | "TLS" | "SSL" => Some(Transport::Tcp),
        "UDP" => Some(Transport::Udp),
        "TCP_UDP" => Some(Transport::TcpUdp),
        _ => None,
    }
}

fn flag(text: &str, place: Place) -> Option<Spanned<bool>> {
    match text {
        "true" => Some(Spanned::new(true, place)),
        "false" => Some(Spanned::new(false, place)),
        _ => None,
    }
}

/// Adds the target groups. Answers with the name of each, by ARN.
fn target_groups<'a>(
    builder: &mut Builder<'a>,
    details: &Details<'a>,
    names: &BTreeMap<&str, &str>,
    lacking: &mut BTreeSet<CaptureKind>,
) -> BTreeMap<&'a str, String> {
    let mut named: BTreeMap<&str, String> = BTreeMap::new();
    let vpcs: BTreeMap<&str, &str> = builder
        .pages
        .iter()
        .flat_map(|page| &page.balancing.load_balancers)
        .filter_map(|one| Some((one.load_balancer_arn.as_str(), one.vpc_id.as_deref()?)))
        .collect();
    let found = builder.unique(GROUP, |page| &page.balancing.target_groups, |one| &one.target_group_arn);
    for one in found {
        let said = one.value;
        let place = builder.place(one.file, one.id);
        // A group of functions is in no VPC.
        let used_in = said.load_balancer_arns.iter().find_map(|arn| vpcs.get(arn.as_str()).copied());
        let Some(vpc) = used_in.or(said.vpc_id.as_deref()) else {
            builder.inventory.add_ignored(GROUP, 1, "no load balancer uses it");
            continue;
        };
        let group = target_group(details, names, said, place, lacking);
        if let Some(vpc) = builder.vpc_of(vpc, GROUP, one.id, place) {
            // Accounts that share a VPC may each have a group of a name.
            let is_taken = vpc.target_groups.get(&said.target_group_name).is_some();
            let name = if is_taken { one.id } else { said.target_group_name.as_str() };
            named.insert(one.id, name.to_owned());
            let aliases = if is_taken { Vec::new() } else { vec![one.id.to_owned()] };
            let name = Spanned::new(name.to_owned(), place);
            vpc.target_groups.0.push(Entry { name, aliases, value: group });
        }
    }
    named
}

fn target_group(
    details: &Details<'_>,
    names: &BTreeMap<&str, &str>,
    said: &TargetGroup,
    place: Place,
    lacking: &mut BTreeSet<CaptureKind>,
) -> topology::TargetGroup {
    let arn = said.target_group_arn.as_str();
    let spanned = |port: u16| Spanned::new(port, place);
    let kind = match said.target_type.as_deref() {
        Some("ip") => TargetKind::Ip,
        Some("lambda") => TargetKind::Lambda,
        Some("alb") => TargetKind::Balancer,
        _ => TargetKind::Instance,
    };
    let mut group = topology::TargetGroup {
        kind: Spanned::new(kind, place),
        transport: said.protocol.as_deref().and_then(transport).map(|one| Spanned::new(one, place)),
        port: said.port.map(spanned),
        health_check_port: said.health_check_port.as_deref().and_then(|port| port.parse().ok()).map(spanned),
        place,
        ..topology::TargetGroup::default()
    };
    match details.health(arn) {
        Some(health) => {
            for one in health.into_iter().filter(|one| one.takes_connections()) {
                let id = one.target.id.as_str();
                let name = names.get(id).copied().unwrap_or(id);
                group
                    .targets
                    .push(Target { name: Spanned::new(name.to_owned(), place), port: one.target.port });
            }
        }
        None if kind == TargetKind::Lambda => {}
        None => group.unknown = Some(call(CaptureKind::TargetHealth, lacking)),
    }
    match details.attribute(arn, "load_balancing.cross_zone.enabled") {
        Some(value) => group.cross_zone = value.and_then(|value| flag(value, place)),
        None => group.attributes_unknown = Some(call(CaptureKind::TargetGroupAttributes, lacking)),
    }
    if let Some(Some(value)) = details.attribute(arn, "preserve_client_ip.enabled") {
        group.preserve_client_ip = flag(value, place);
    }
    group
}

fn load_balancer<'a>(
    builder: &mut Builder<'a>,
    (details, groups): (&Details<'a>, &BTreeMap<&str, String>),
    nodes: &mut nodes::Nodes<'a>,
    found: &Found<'a, LoadBalancer>,
    lacking: &mut BTreeSet<CaptureKind>,
) {
    let said = found.value;
    let name = said.load_balancer_name.as_str();
    let place = builder.place(found.file, name);
    let kind = match said.kind.as_deref() {
        Some("application") => BalancerKind::Application,
        Some("network") => BalancerKind::Network,
        other => {
            let why =
                format!("load balancers of type {} are not modelled yet", other.unwrap_or("nobody knows"));
            not_modelled(builder, said, why, place);
            return;
        }
    };
    let mut balancer = topology::LoadBalancer { kind, place, ..topology::LoadBalancer::default() };
    match details.listeners(found.id) {
        Some(listeners) => {
            for one in listeners {
                if let Some(listener) = listener((details, groups), kind, one, place, lacking) {
                    balancer.listeners.push(listener);
                } else {
                    builder.remark(&remarks::UNKNOWN_VALUE, &one.listener_arn, place);
                    balancer.unknown = Some("a listener has a protocol that is not known here".to_owned());
                }
            }
        }
        None => balancer.unknown = Some(call(CaptureKind::LoadBalancerListeners, lacking)),
    }
    if kind == BalancerKind::Network {
        match details.attribute(found.id, "load_balancing.cross_zone.enabled") {
            Some(value) => balancer.cross_zone = value.and_then(|value| flag(value, place)),
            None => {
                balancer.attributes_unknown = Some(call(CaptureKind::LoadBalancerAttributes, lacking));
            }
        }
    }
    let own = nodes.of(builder, said, place);
    let aliases = vec![said.load_balancer_arn.clone(), said.dns_name.clone()];
    nodes::push(builder, said.vpc_id.as_deref().unwrap_or_default(), (name, aliases), balancer, own);
}

/// A load balancer of a type that is not modelled yet; its interfaces stay what they are.
fn not_modelled(builder: &mut Builder<'_>, said: &LoadBalancer, why: String, place: Place) {
    builder.inventory.add_not_modelled(KIND, 1);
    let vpc = said.vpc_id.as_deref().filter(|id| builder.has_vpc(id)).map(str::to_owned);
    builder.topology.unmodelled.push(Unmodelled {
        kind: KIND.to_owned(),
        vpc,
        name: Spanned::new(said.load_balancer_name.clone(), place),
        why: Some(why),
        ..Unmodelled::default()
    });
}

/// None: it has a protocol that is not known here.
fn listener(
    (details, groups): (&Details<'_>, &BTreeMap<&str, String>),
    kind: BalancerKind,
    said: &Listener,
    place: Place,
    lacking: &mut BTreeSet<CaptureKind>,
) -> Option<topology::Listener> {
    let mut listener = topology::Listener {
        port: said.port?,
        transport: transport(said.protocol.as_deref()?)?,
        target_groups: Vec::new(),
        answers: false,
        unknown: None,
        place,
    };
    let mut actions: Vec<&answers::Action> = said.default_actions.iter().collect();
    if kind == BalancerKind::Application {
        match details.rules(&said.listener_arn) {
            Some(rules) => actions.extend(rules.iter().flat_map(|rule| &rule.actions)),
            None => listener.unknown = Some(call(CaptureKind::LoadBalancerRules, lacking)),
        }
    }
    for action in actions {
        let forwards: Vec<&str> = action.target_groups().collect();
        listener.answers |= matches!(action.kind.as_str(), "redirect" | "fixed-response");
        for arn in forwards {
            let name = groups.get(arn).map_or(arn, String::as_str);
            if listener.target_groups.iter().all(|known| known.value != name) {
                listener.target_groups.push(Spanned::new(name.to_owned(), place));
            }
        }
    }
    Some(listener)
}

fn classic_balancer<'a>(
    builder: &mut Builder<'a>,
    nodes: &mut nodes::Nodes<'a>,
    found: &Found<'a, ClassicBalancer>,
    lacking: &mut BTreeSet<CaptureKind>,
) {
    let said = found.value;
    let place = builder.place(found.file, found.id);
    let Some(vpc) = said.vpc_id.as_deref().filter(|id| !id.is_empty()) else {
        builder.inventory.add_ignored(KIND, 1, "in no VPC");
        return;
    };
    let mut balancer =
        topology::LoadBalancer { kind: BalancerKind::Classic, place, ..topology::LoadBalancer::default() };
    let attributes = builder.pages.iter().find(|page| {
        page.balancing.classic_cross_zone.is_some() && name_parts(&page.name).any(|part| part == found.id)
    });
    match attributes.and_then(|page| page.balancing.classic_cross_zone) {
        Some(on) => balancer.cross_zone = Some(Spanned::new(on, place)),
        None => {
            balancer.attributes_unknown = Some(call(CaptureKind::ClassicLoadBalancerAttributes, lacking));
        }
    }
    let targets: Vec<Target> = said
        .instances
        .iter()
        .map(|one| Target { name: Spanned::new(one.instance_id.clone(), place), port: None })
        .collect();
    let checked = said.health_check.as_ref().and_then(answers::HealthCheck::port);
    let mut groups = Vec::new();
    for one in said.listener_descriptions.iter().map(|one| &one.listener) {
        let (Some(port), Some(to)) = (one.load_balancer_port, one.instance_port) else { continue };
        let group = format!("{}:{to}", found.id);
        balancer.listeners.push(topology::Listener {
            port,
            transport: Transport::Tcp,
            target_groups: vec![Spanned::new(group.clone(), place)],
            answers: false,
            unknown: None,
            place,
        });
        let value = topology::TargetGroup {
            targets: targets.clone(),
            port: Some(Spanned::new(to, place)),
            health_check_port: checked.map(|port| Spanned::new(port, place)),
            place,
            ..topology::TargetGroup::default()
        };
        if groups.iter().all(|known: &Entry<topology::TargetGroup>| known.name() != group) {
            groups.push(Entry { name: Spanned::new(group, place), aliases: Vec::new(), value });
        }
    }
    if let Some(vpc) = builder.vpc(vpc) {
        vpc.target_groups.0.extend(groups);
    }
    let own = nodes.of_classic(builder, said, place);
    nodes::push(builder, vpc, (found.id, vec![said.dns_name.clone()]), balancer, own);
}
