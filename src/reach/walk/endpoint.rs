//! VPC endpoints (EP-1 to EP-7).

use crate::flow::{AddressSet, FlowSet, Pattern, ProtocolSet, protocol};
use crate::network::{
    Action, Code, Decided, GatewayEndpointId, Identity, InterfaceId, Network, RouteTableId, RuleId, SubnetId,
    Target, Unlisted,
};
use crate::topology::InstanceKind;

use super::super::trace::{Component, End, LegKind};
use super::path::{Path, echo_requests};
use super::{At, Sender, Walker};

impl Walker<'_> {
    /// EP-1: to a service of AWS, and straight back: no route is looked up for the reply.
    pub(super) fn enter_gateway_endpoint(&mut self, mut path: Path, id: GatewayEndpointId, sender: Sender) {
        let component = Component::GatewayEndpoint(id);
        let endpoint = &self.network.gateway_endpoints[id];
        let vpc = endpoint.vpc;
        if !endpoint.available {
            self.pass(&mut path, component, Action::Deny(Code::Vpe002));
        }
        if path.leg == LegKind::Reply {
            // AS-1: the request came in by another way, and the service knows of no such flow.
            self.pass(&mut path, component, Action::Deny(Code::Rt006));
            self.done.push(path);
            return;
        }
        if matches!(sender, Sender::TransitGateway(_)) {
            // PX-4: what comes from elsewhere can't use it.
            self.pass(&mut path, component, Action::Deny(Code::Vpe004));
            self.done.push(path);
            return;
        }
        let forwarded = path.identity == Identity::Forwarded;
        let tcp = Pattern { protocols: Some(ProtocolSet::single(protocol::TCP)), ..Pattern::default() };
        let echo = echo_requests(path.is_ipv6());
        let (tcp, others) = path.split(&tcp);
        let (echo, others) = others.map_or((None, None), |path| path.split(&echo));
        if let Some(mut path) = others {
            self.pass(&mut path, component, Action::Deny(Code::Vpe003));
            self.done.push(path);
        }
        // No document says whether a NAT gateway's own packets may take it; and a NAT instance would translate on the way to
        // it, where another appliance would not.
        let doubt = match sender {
            Sender::NatGateway(_) => Some(Code::Und001),
            _ => forwarded.then_some(Code::Und004),
        };
        for mut path in tcp.into_iter().chain(echo) {
            if let Some(code) = doubt {
                self.pass(&mut path, component, Action::Unknown(code));
                self.done.push(path);
                continue;
            }
            self.pass(&mut path, component, Action::Allow);
            path.destination = End::Outside;
            let Some(mut path) = self.answered(path) else { continue };
            path.turn();
            path.identity = Identity::Outside;
            self.pass(&mut path, component, Action::Allow);
            self.todo.push((path, At::Vpc(vpc, None)));
        }
    }

    /// EP-5: nothing begins at an endpoint.
    pub(super) fn check_sender(&self, path: &mut Path, id: InterfaceId) {
        let instance = self.network.interfaces[id].instance;
        if self.network.instances[instance].kind == InstanceKind::VpcEndpoint {
            self.pass(path, Component::Interface(id), Action::Deny(Code::Vpe005));
        }
    }

    /// What an interface endpoint does with what its security groups let in (EP-3, EP-6).
    pub(super) fn enter_service(&mut self, mut path: Path, id: InterfaceId) -> Vec<Path> {
        let component = Component::Interface(id);
        let Some(endpoint) = self.network.endpoint_of(id) else {
            let instance = self.network.interfaces[id].instance;
            if self.network.instances[instance].kind == InstanceKind::VpcEndpoint {
                self.pass(&mut path, component, Action::Unknown(Code::Und001));
            }
            return vec![path];
        };
        if !endpoint.available {
            self.pass(&mut path, component, Action::Deny(Code::Vpe002));
        }
        let zone = self.network.subnets[self.network.interfaces[id].subnet].az.as_ref();
        if zone.is_some_and(|zone| !endpoint.zones.is_empty() && !endpoint.zones.contains(zone)) {
            self.pass(&mut path, component, Action::Deny(Code::Vpe006));
        }
        if let Some(provider) = endpoint.provider {
            self.pass(&mut path, Component::Unmodelled(provider), Action::Unknown(Code::Und001));
            return vec![path];
        }
        let tcp = Pattern { protocols: Some(ProtocolSet::single(protocol::TCP)), ..Pattern::default() };
        let (tcp, mut others) = path.split(&tcp);
        if let Some(path) = &mut others {
            // What a service answers besides TCP differs from one to the next.
            self.pass(path, component, Action::Unknown(Code::Und001));
        }
        let note = if endpoint.private_dns {
            "; inside its VPC the service's own name leads to it (private DNS)"
        } else {
            ""
        };
        let mut paths: Vec<Path> = tcp.into_iter().chain(others).collect();
        for path in &mut paths {
            path.assumptions.push(format!(
                "service {} behind endpoint {} answers on the port that is asked for{note}",
                endpoint.service, endpoint.name
            ));
        }
        paths
    }

    /// A gateway endpoint that has the destinations in its prefix list, and a route in other tables of the VPC.
    pub(super) fn endpoint_elsewhere(&self, path: &Path, subnet: SubnetId) -> Option<GatewayEndpointId> {
        let vpc = self.network.subnets[subnet].vpc;
        let destinations = path.packets.destinations();
        let by_list = |list: &Unlisted| match list.target {
            Target::GatewayEndpoint(id) => self.probe.about.contains(&list.name).then_some(id),
            _ => None,
        };
        self.network.route_tables.iter().filter(|(_, table)| table.vpc == Some(vpc)).find_map(|(_, table)| {
            let led = table.routes().iter().filter_map(|route| match route.target {
                Target::GatewayEndpoint(id) => Some((id, crate::flow::cidr_set(&route.prefix))),
                _ => None,
            });
            let led: Vec<_> = led.collect();
            let all = led.iter().fold(AddressSet::empty(), |all, (_, part)| all.union(part));
            let overlaps = |part: &AddressSet| !part.is_disjoint(&destinations);
            let known = led.iter().find(|(_, part)| overlaps(part)).map(|(id, _)| *id);
            known.filter(|_| destinations.is_subset(&all)).or_else(|| table.unlisted.iter().find_map(by_list))
        })
    }

    /// A question about a prefix list whose entries nobody knows: rules for the list itself match for sure.
    pub(super) fn admit_list(&self, mut decided: Vec<Decided>) -> Vec<Decided> {
        let about = &self.probe.about;
        if about.is_empty() {
            return decided;
        }
        for part in &mut decided {
            let Some(RuleId::SecurityGroup(group, direction, index)) = part.rule else { continue };
            let rule = self.network.security_groups[group].rules(direction).get(index as usize);
            let by_list = rule
                .and_then(|rule| rule.peer_text.strip_prefix("pl:"))
                .is_some_and(|list| about.iter().any(|name| name == list));
            if part.action == Action::Unknown(Code::Und003) && by_list {
                part.action = Action::Allow;
            }
        }
        decided
    }
}

pub(super) fn message(network: &Network, code: Code, component: Component, packets: &FlowSet) -> String {
    let name = |id: GatewayEndpointId| network.gateway_endpoints[id].name.as_str();
    match (code, component) {
        (Code::Vpe001, Component::RouteTable(_, Some(table))) => {
            format!(
                "route table {} has no route to {}: it has none by the gateway endpoint, which {} have",
                network.route_tables[table].name,
                destinations(packets),
                tables(network, table)
            )
        }
        (Code::Vpe002, Component::GatewayEndpoint(id)) => {
            format!("VPC endpoint {} is not available", name(id))
        }
        (Code::Vpe002 | Code::Vpe006, Component::Interface(id)) => {
            let endpoint = network.endpoint_of(id).map(|endpoint| endpoint.name.as_str()).unwrap_or_default();
            match code {
                Code::Vpe002 => format!("VPC endpoint {endpoint} is not available"),
                _ => format!(
                    "VPC endpoint {endpoint} has an interface in subnet {}, but its service is not in that zone",
                    network.subnets[network.interfaces[id].subnet].name
                ),
            }
        }
        (Code::Vpe003, Component::GatewayEndpoint(id)) => {
            format!("gateway endpoint {} takes only TCP, and ICMP echo requests", name(id))
        }
        (Code::Vpe004, Component::GatewayEndpoint(id)) => {
            format!("gateway endpoint {} takes nothing that comes into its VPC from elsewhere", name(id))
        }
        (Code::Vpe005, Component::Interface(id)) => format!(
            "{} is an interface of a VPC endpoint: connections go to it, none begin there",
            network.interfaces[id].name
        ),
        (Code::Und001, Component::GatewayEndpoint(id)) => format!(
            "whether a NAT gateway's own packets may take gateway endpoint {} is not documented",
            name(id)
        ),
        (code, _) => code.title().to_owned(),
    }
}

/// The addresses of a service, where there are not too many of them to read.
fn destinations(packets: &FlowSet) -> String {
    const MANY: usize = 8;
    let all = packets.destinations();
    match all.intervals().len() {
        0..MANY => crate::flow::describe_addresses(&all, 2),
        _ => "the service".to_owned(),
    }
}

/// The tables of the same VPC that lead to gateway endpoints.
fn tables(network: &Network, without: RouteTableId) -> String {
    let vpc = network.route_tables[without].vpc;
    let leads = |table: &crate::network::RouteTable| {
        let known = table.routes().iter().map(|route| route.target);
        let mut targets = known.chain(table.unlisted.iter().map(|list| list.target));
        targets.any(|target| matches!(target, Target::GatewayEndpoint(_)))
    };
    let others =
        network.route_tables.iter().filter(|(id, table)| *id != without && table.vpc == vpc && leads(table));
    let names: Vec<&str> = others.map(|(_, table)| table.name.as_str()).take(4).collect();
    names.join(", ")
}

pub(super) const fn help(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::Vpe001 => "add the table of this subnet to `route_tables` of the endpoint",
        Code::Vpe002 => "accept the endpoint, or make it anew: only an available one works",
        Code::Vpe003 => "dial the service by TCP",
        Code::Vpe004 => {
            "make an interface endpoint for the service, or a gateway endpoint in the client's own VPC"
        }
        Code::Vpe005 => "for the other direction, the consumer has to offer a service of its own (EP-5)",
        Code::Vpe006 => {
            "put the endpoint into a zone of the service, or the service's load balancer into this zone"
        }
        _ => return None,
    })
}
