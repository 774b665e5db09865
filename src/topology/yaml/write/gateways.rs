//! Gateways and load balancers of a VPC.

use super::super::words;
use super::layout::{Map, Value};
use super::{Writer, all, flag, said, word};
use crate::topology::{
    BlockPublicAccess, Connectivity, EgressOnlyInternetGateway, Entry, Exclusion, Instance, Interface,
    InternetGateway, LoadBalancer, NatGateway, PublicIp, TargetGroup, Vpc,
};

pub(super) fn internet_gateway(gateway: &InternetGateway) -> Value {
    let mut map = Map::default();
    if gateway.name.value != "igw" {
        map.put("name", Value::text(&gateway.name.value));
    }
    map.flag("attached", gateway.attached.value, true);
    map.maybe("route_table", said(gateway.route_table.as_ref()));
    if map.0.is_empty() { Value::word(true) } else { map.record() }
}

pub(super) fn egress_only(gateway: &EgressOnlyInternetGateway) -> Value {
    if gateway.name.value == "eigw" {
        return Value::word(true);
    }
    let mut map = Map::default();
    map.put("name", Value::text(&gateway.name.value));
    map.record()
}

pub(super) fn block_public_access(guard: &BlockPublicAccess) -> Value {
    let mut map = Map::default();
    map.maybe("mode", word(words::BLOCK_MODES, &guard.mode.value));
    let said = |exclusion: &Exclusion| words::word(words::EXCLUSIONS, exclusion).map(Value::text);
    map.maybe("exclusion", guard.exclusion.as_ref().and_then(|exclusion| said(&exclusion.value)));
    let mut exclusions = Map::default();
    for (subnet, exclusion) in &guard.exclusions {
        exclusions.maybe(&subnet.value, said(exclusion));
    }
    if !exclusions.0.is_empty() {
        map.put("exclusions", exclusions.record());
    }
    map.record()
}

pub(super) fn nat_gateway(gateway: &NatGateway) -> Value {
    let mut map = Map::default();
    map.put("subnet", Value::text(&gateway.subnet.value));
    map.maybe("connectivity", word(words::CONNECTIVITY, &gateway.connectivity.value));
    map.maybe("state", word(words::GATEWAY_STATES, &gateway.state.value));
    map.maybe("ip", said(gateway.private_ip.as_ref()));
    // Private ones have none, whatever was said.
    let public = gateway.public_ip.as_ref().filter(|_| gateway.connectivity.value == Connectivity::Public);
    map.maybe("public_ip", said(public));
    map.record()
}

impl Writer<'_> {
    /// Load balancers, and the target groups that their short forms do not make.
    pub(super) fn load_balancers(&mut self, map: &mut Map, vpc: &Vpc) {
        let groups: Vec<_> = vpc.target_groups.iter().filter(|group| !is_made_by_short_form(group)).collect();
        let mut section = Map::default();
        for group in groups {
            self.entry(&mut section, group, target_group(&group.value));
        }
        map.section("target_groups", section);
        let mut section = Map::default();
        for balancer in &vpc.load_balancers {
            let nodes = vpc.instances.get(balancer.name());
            let value = self.load_balancer(&balancer.value, nodes, balancer.name());
            self.entry(&mut section, balancer, value);
        }
        map.section("load_balancers", section);
    }

    fn load_balancer(&mut self, said: &LoadBalancer, nodes: Option<&Instance>, name: &str) -> Value {
        let nodes: Vec<&Interface> =
            nodes.into_iter().flat_map(|nodes| &nodes.interfaces).map(|node| &node.value).collect();
        let mut map = Map::default();
        map.put("type", Value::text("application"));
        map.put("subnets", Value::texts(nodes.iter().map(|node| &node.subnet.value)));
        if let Some(first) = nodes.first() {
            let alike = |node: &&Interface| {
                let addressed = !node.ips.is_empty() || !node.ipv6.is_empty() || !node.public_ips.is_empty();
                !addressed
                    && node.security_groups.as_ref().map(|groups| all(groups))
                        == first.security_groups.as_ref().map(|groups| all(groups))
                    && node.public_ip.value == first.public_ip.value
            };
            if !nodes.iter().all(alike) {
                self.problem(format!("the nodes of load balancer {name} differ, or have addresses"));
            }
            map.maybe(
                "security_groups",
                first.security_groups.as_ref().map(|groups| Value::List(all(groups))),
            );
            map.flag("public_ip", first.public_ip.value == PublicIp::Assigned, false);
        }
        let mut listeners = Map::default();
        for listener in &said.listeners {
            let group = Value::text(&listener.target_group.value);
            listeners.put(listener.port.to_string(), group);
        }
        if !listeners.0.is_empty() {
            map.put("listeners", listeners.record());
        }
        map.record()
    }
}

/// `web:8080` as a target makes a group of that name.
fn is_made_by_short_form(group: &Entry<TargetGroup>) -> bool {
    let said = &group.value;
    let parts = group.name().rsplit_once(':');
    parts.is_some_and(|(target, port)| {
        said.targets.iter().map(|target| target.value.as_str()).eq([target])
            && said.port.is_some_and(|said| said.value.to_string() == port)
            && said.health_check_port.is_none()
            && said.cross_zone.is_none()
            && said.foreign.is_none()
    })
}

fn target_group(group: &TargetGroup) -> Value {
    let mut map = Map::default();
    map.put("targets", Value::List(all(&group.targets)));
    map.maybe("target_type", said(group.foreign.as_ref()));
    map.maybe("port", group.port.map(|port| Value::word(port.value)));
    if let Some(port) = group.health_check_port {
        let mut check = Map::default();
        check.put("port", Value::word(port.value));
        map.put("health_check", check.record());
    }
    map.maybe("cross_zone", flag(group.cross_zone.as_ref()));
    map.record()
}
