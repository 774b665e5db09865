//! Load balancers and target groups of a VPC.

use super::super::words;
use super::layout::{Map, Value};
use super::vpc::details;
use super::{Writer, all, flag, word};
use crate::topology::{
    BalancerKind, Entry, Instance, Interface, Listener, LoadBalancer, PublicIp, Target, TargetGroup,
    TargetKind, Transport, Vpc,
};

impl Writer<'_> {
    /// Load balancers, and the target groups that their short forms do not make.
    pub(super) fn load_balancers(&mut self, map: &mut Map, vpc: &Vpc) {
        let groups: Vec<_> =
            vpc.target_groups.iter().filter(|group| !is_made_by_short_form(group, vpc)).collect();
        let mut section = Map::default();
        for group in groups {
            self.entry(&mut section, group, target_group(&group.value));
        }
        map.section("target_groups", section);
        let mut section = Map::default();
        for balancer in &vpc.load_balancers {
            let value = self.load_balancer(&balancer.value, vpc.instances.get(balancer.name()));
            self.entry(&mut section, balancer, value);
        }
        map.section("load_balancers", section);
    }

    fn load_balancer(&mut self, balancer: &LoadBalancer, nodes: Option<&Instance>) -> Value {
        let mut map = Map::default();
        map.maybe("type", words::word(words::BALANCER_KINDS, &balancer.kind).map(Value::text));
        if let Some(nodes) = nodes {
            self.nodes(&mut map, nodes, balancer.kind);
        }
        map.maybe("cross_zone", flag(balancer.cross_zone.as_ref()));
        let mut listeners = Map::default();
        for one in &balancer.listeners {
            listeners.put(listener_key(one), listener(one));
        }
        if !listeners.0.is_empty() {
            map.put("listeners", listeners.record());
        }
        map.maybe("unknown", balancer.unknown.as_ref().map(Value::text));
        map.maybe("attributes_unknown", balancer.attributes_unknown.as_ref().map(Value::text));
        map.record()
    }

    /// Subnets alone, where the nodes are alike and AWS picks their addresses; else each node.
    fn nodes(&mut self, map: &mut Map, nodes: &Instance, kind: BalancerKind) {
        let all_nodes: Vec<&Interface> = nodes.interfaces.iter().map(|node| &node.value).collect();
        let Some(first) = all_nodes.first() else {
            map.put("subnets", Value::List(Vec::new()));
            return;
        };
        let groups = |node: &Interface| node.security_groups.as_ref().map(|groups| all(groups));
        let is_plain = |node: &&Interface| {
            let said = !node.ips.is_empty()
                || !node.ipv6.is_empty()
                || !node.public_ips.is_empty()
                || node.more_security_groups
                || node.source_dest_check.is_some_and(|on| !on.value)
                || !node.attached
                || node.deny_all_igw_traffic
                || !matches!(node.public_ip.value, PublicIp::Assigned | PublicIp::None);
            !said && groups(node) == groups(first) && node.public_ip.value == first.public_ip.value
        };
        if !all_nodes.iter().all(is_plain) {
            let written = self.named(&nodes.interfaces, |_, node| {
                let mut map = Map::default();
                map.put("subnet", Value::text(&node.subnet.value));
                details(&mut map, node, false);
                map.record()
            });
            map.put("nodes", Value::Record(written.0));
            return;
        }
        map.put("subnets", Value::texts(all_nodes.iter().map(|node| &node.subnet.value)));
        let none = kind == BalancerKind::Network && groups(first).is_some_and(|groups| groups.is_empty());
        map.maybe("security_groups", groups(first).filter(|_| !none).map(Value::List));
        map.flag("public_ip", first.public_ip.value == PublicIp::Assigned, false);
    }
}

fn listener_key(listener: &Listener) -> String {
    match listener.transport {
        Transport::Tcp => listener.port.to_string(),
        Transport::Udp => format!("{}/udp", listener.port),
        Transport::TcpUdp => format!("{}/tcp_udp", listener.port),
    }
}

fn listener(listener: &Listener) -> Value {
    if let ([only], false, None) = (listener.target_groups.as_slice(), listener.answers, &listener.unknown) {
        return Value::text(&only.value);
    }
    let mut map = Map::default();
    if !listener.target_groups.is_empty() {
        map.put("target_group", Value::one_or_many(all(&listener.target_groups)));
    }
    // Something must be said.
    if listener.answers || listener.target_groups.is_empty() && listener.unknown.is_none() {
        map.put("answers", Value::word(listener.answers));
    }
    map.maybe("unknown", listener.unknown.as_ref().map(Value::text));
    map.record()
}

/// `web:8080` as a target makes a group of that name.
fn is_made_by_short_form(group: &Entry<TargetGroup>, vpc: &Vpc) -> bool {
    let value = &group.value;
    let parts = group.name().rsplit_once(':');
    let plain = TargetGroup {
        targets: value.targets.clone(),
        port: value.port,
        place: value.place,
        kind: crate::topology::Spanned::new(TargetKind::Instance, value.kind.place),
        ..TargetGroup::default()
    };
    let is_short = |listener: &Listener| {
        matches!(listener.target_groups.as_slice(), [only] if only.value == group.name())
            && !listener.answers
            && listener.unknown.is_none()
    };
    *value == plain
        && vpc.load_balancers.iter().flat_map(|balancer| &balancer.value.listeners).any(is_short)
        && parts.is_some_and(|(target, port)| {
            value.targets.iter().map(|target| (target.name.value.as_str(), target.port)).eq([(target, None)])
                && value.port.is_some_and(|said| said.value.to_string() == port)
        })
}

fn target(target: &Target) -> Value {
    match target.port {
        None => Value::text(&target.name.value),
        Some(port) if target.name.value.contains(':') => {
            Value::text(format!("[{}]:{port}", target.name.value))
        }
        Some(port) => Value::text(format!("{}:{port}", target.name.value)),
    }
}

fn target_group(group: &TargetGroup) -> Value {
    let mut map = Map::default();
    map.put("targets", Value::List(group.targets.iter().map(target).collect()));
    map.maybe("target_type", word(words::TARGET_KINDS, &group.kind.value));
    map.maybe("protocol", group.transport.map(|transport| Value::text(transport_word(transport.value))));
    map.maybe("port", group.port.map(|port| Value::word(port.value)));
    if let Some(port) = group.health_check_port {
        let mut check = Map::default();
        check.put("port", Value::word(port.value));
        map.put("health_check", check.record());
    }
    map.maybe("cross_zone", flag(group.cross_zone.as_ref()));
    map.maybe("preserve_client_ip", flag(group.preserve_client_ip.as_ref()));
    map.maybe("unknown", group.unknown.as_ref().map(Value::text));
    map.maybe("attributes_unknown", group.attributes_unknown.as_ref().map(Value::text));
    map.record()
}

const fn transport_word(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
        Transport::TcpUdp => "tcp_udp",
    }
}
