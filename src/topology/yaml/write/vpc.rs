//! VPCs, subnets, instances.

use ipnet::IpNet;

use super::super::values::UNKNOWN;
use super::super::words;
use super::layout::{Map, Value};
use super::tests_block::ephemeral_ports;
use super::{Writer, all, endpoints, flag, gateways, on_premises, rules, said, some, word};
use crate::topology::{
    AclAction, AclPeer, AclRule, Association, Entry, Instance, InstanceKind, Interface, NetworkAcl, Protocol,
    PublicIp, RouteTarget, SecurityGroup, Subnet, Vpc,
};

/// The name of the interface that the short form makes.
const ONLY_INTERFACE: &str = "eth0";
/// The names of the defaults of a VPC.
const MAIN: &str = "main";
const DEFAULT: &str = "default";

impl Writer<'_> {
    pub(super) fn vpc(&mut self, entry: &Entry<Vpc>) -> Map {
        let vpc = &entry.value;
        let mut map = Map::default();
        map.put("cidr", some(&vpc.cidrs).unwrap_or_else(|| Value::text(UNKNOWN)));
        map.maybe("ipv6_cidr", some(&vpc.ipv6_cidrs));
        map.maybe("region", said(vpc.region.as_ref()));
        map.maybe("account", said(vpc.account.as_ref()));
        map.flag("dns_support", vpc.dns_support.as_ref().is_none_or(|on| on.value), true);
        map.maybe("internet_gateway", vpc.internet_gateway.as_ref().map(gateways::internet_gateway));
        let egress_only = vpc.egress_only_internet_gateway.as_ref();
        map.maybe("egress_only_internet_gateway", egress_only.map(gateways::egress_only));
        let vpn_gateway = vpc.vpn_gateway.as_ref();
        map.maybe("vpn_gateway", vpn_gateway.map(|gateway| on_premises::vpn_gateway(gateway, vpc)));
        map.maybe("block_public_access", vpc.block_public_access.as_ref().map(gateways::block_public_access));
        let nat = self.named(&vpc.nat_gateways, |_, nat| gateways::nat_gateway(nat));
        map.section("nat_gateways", nat);
        let mut tables = Map::default();
        for table in &vpc.route_tables {
            // The main table need not be written to exist.
            let local_only = table.value.routes.iter().all(|route| route.target.value == RouteTarget::Local);
            if table.name() != MAIN || !local_only {
                // Endpoints say which tables have their routes.
                let routes = table.value.routes.iter().filter(|route| !endpoints::adds(vpc, route));
                let routes: Vec<_> = routes.cloned().collect();
                let routes = self.routes(&routes);
                self.entry(&mut tables, table, routes);
            }
        }
        map.section("route_tables", tables);
        let subnets = self.named(&vpc.subnets, Self::subnet);
        map.section("subnets", subnets);
        self.filters(&mut map, vpc);
        self.instances(&mut map, vpc);
        self.endpoints(&mut map, vpc);
        self.load_balancers(&mut map, vpc);
        let things = self.unmodelled(Some((entry.name(), vpc)));
        map.section("unmodelled", things);
        map
    }

    fn subnet(&mut self, subnet: &Subnet) -> Value {
        let mut map = Map::default();
        match (&subnet.cidr, &subnet.ipv6_cidr) {
            (None, None) => map.put("cidr", Value::text(UNKNOWN)),
            (cidr, _) => map.maybe("cidr", said(cidr.as_ref())),
        };
        map.maybe("ipv6_cidr", said(subnet.ipv6_cidr.as_ref()));
        map.maybe("az", said(subnet.az.as_ref()));
        map.maybe("route_table", association(&subnet.route_table).filter(|_| subnet.routes.is_none()));
        if let Some(routes) = &subnet.routes {
            let routes = self.routes(routes);
            map.put("routes", routes);
        }
        map.maybe("network_acl", association(&subnet.network_acl));
        map.flag("auto_assign_public_ip", subnet.auto_assign_public_ip.is_some_and(|on| on.value), false);
        map.flag("auto_assign_ipv6", subnet.auto_assign_ipv6.is_some_and(|on| on.value), false);
        map.record()
    }

    fn filters(&mut self, map: &mut Map, vpc: &Vpc) {
        let mut acls = Map::default();
        for acl in &vpc.network_acls {
            if acl.name() != DEFAULT || !is_default_acl(&acl.value, vpc) {
                let value = self.network_acl(&acl.value, acl.name());
                self.entry(&mut acls, acl, value);
            }
        }
        map.section("network_acls", acls);
        let mut groups = Map::default();
        for group in &vpc.security_groups {
            let is_default = group.name() == DEFAULT;
            if !is_default || !is_default_group(&group.value, vpc) {
                let value = self.security_group(&group.value, vpc, is_default);
                self.entry(&mut groups, group, value);
            }
        }
        map.section("security_groups", groups);
    }

    fn instances(&mut self, map: &mut Map, vpc: &Vpc) {
        let (mut instances, mut interfaces) = (Map::default(), Map::default());
        for entry in &vpc.instances {
            match &entry.value.kind.value {
                // The gateway itself is written; balancers and endpoints have a section of their own.
                InstanceKind::NatGateway | InstanceKind::LoadBalancer | InstanceKind::VpcEndpoint => {}
                InstanceKind::Other(owner) => {
                    let value = self.network_interface(entry, owner, vpc);
                    self.entry(&mut interfaces, entry, value);
                }
                _ => {
                    let value = self.instance(&entry.value, vpc);
                    self.entry(&mut instances, entry, value);
                }
            }
        }
        map.section("instances", instances);
        map.section("network_interfaces", interfaces);
    }

    fn instance(&mut self, instance: &Instance, vpc: &Vpc) -> Value {
        let mut map = Map::default();
        let kind = &instance.kind.value;
        let only = match instance.interfaces.0.as_slice() {
            [only] if only.name() == ONLY_INTERFACE => Some(&only.value),
            _ => None,
        };
        if instance.one_per_subnet {
            self.one_per_subnet(&mut map, instance, vpc);
        } else if let Some(only) = only {
            interface(&mut map, only, kind, vpc);
        }
        map.maybe("group", said(instance.group.as_ref()));
        map.maybe("kind", word(words::INSTANCE_KINDS, kind));
        map.maybe("state", word(words::INSTANCE_STATES, &instance.state.value));
        map.maybe("ephemeral_ports", instance.ephemeral_ports.map(|ports| ephemeral_ports(ports.value)));
        map.maybe("policy_routing", flag(instance.policy_routing.as_ref().filter(|on| !on.value)));
        if only.is_none() && !instance.one_per_subnet {
            let all = self.named(&instance.interfaces, |_, said| {
                let mut map = Map::default();
                interface(&mut map, said, kind, vpc);
                map.record()
            });
            map.put("interfaces", Value::Record(all.0));
        }
        map.record()
    }

    /// EN-8: what is said once holds in every subnet.
    fn one_per_subnet(&mut self, map: &mut Map, instance: &Instance, vpc: &Vpc) {
        let kind = &instance.kind.value;
        let subnets: Vec<_> = instance.interfaces.iter().map(|one| one.value.subnet.clone()).collect();
        let inherits = instance.interfaces.iter().any(|one| inherits_public_ip(&one.value, kind, vpc));
        let mut alike = instance.interfaces.iter().map(|one| {
            let mut map = Map::default();
            details(&mut map, &one.value, inherits);
            map
        });
        let first = alike.next().unwrap_or_default();
        if alike.any(|other| other.0 != first.0) {
            self.problem("a host in any of several subnets is not the same in each".to_owned());
        }
        map.put("subnets", Value::List(all(&subnets)));
        map.0.extend(first.0);
    }

    fn network_interface(&mut self, entry: &Entry<Instance>, owner: &str, vpc: &Vpc) -> Value {
        let instance = &entry.value;
        let is_usual = instance.state.value == crate::topology::InstanceState::Running
            && instance.group.is_none()
            && instance.ephemeral_ports.is_none()
            && instance.policy_routing.is_none()
            && instance.interfaces.len() == 1;
        if !is_usual {
            self.problem(format!("{} is more than an interface of a service", entry.name()));
        }
        let mut map = Map::default();
        // A word of the language would mean something that is modelled.
        let is_word = words::lookup(words::INTERFACE_OWNERS, owner).is_some();
        map.put("owner", Value::Text(format!("{owner}{}", if is_word { " service" } else { "" })));
        for said in &instance.interfaces {
            interface(&mut map, &said.value, &instance.kind.value, vpc);
        }
        map.record()
    }
}

fn interface(map: &mut Map, said_: &Interface, kind: &InstanceKind, vpc: &Vpc) {
    map.put("subnet", Value::text(&said_.subnet.value));
    details(map, said_, inherits_public_ip(said_, kind, vpc));
}

/// Whether the subnet gives a public address to what does not say whether it wants one.
fn inherits_public_ip(said: &Interface, kind: &InstanceKind, vpc: &Vpc) -> bool {
    let subnet = vpc.subnets.get(&said.subnet.value);
    *kind == InstanceKind::Ec2
        && subnet.and_then(|subnet| subnet.auto_assign_public_ip).is_some_and(|on| on.value)
}

/// An interface, but for its subnet.
fn details(map: &mut Map, said_: &Interface, inherits: bool) {
    map.maybe("ip", some(&said_.ips));
    map.maybe("ipv6", some(&said_.ipv6));
    match said_.public_ip.value {
        PublicIp::Assigned => map.put("public_ip", Value::word(true)),
        PublicIp::Address(address) => map.put("public_ip", Value::text(address)),
        PublicIp::None if inherits => map.put("public_ip", Value::word(false)),
        PublicIp::None | PublicIp::Inherit => map,
    };
    let mut pairs = Map::default();
    for pair in &said_.public_ips {
        pairs.put(pair.private.value.to_string(), Value::text(pair.public.value));
    }
    if !pairs.0.is_empty() {
        map.put("public_ips", pairs.record());
    }
    if said_.security_groups.is_some() || said_.more_security_groups {
        let mut groups = all(said_.security_groups.as_deref().unwrap_or_default());
        groups.extend(said_.more_security_groups.then(|| Value::text(UNKNOWN)));
        map.put("security_groups", Value::List(groups));
    }
    map.flag("source_dest_check", said_.source_dest_check.as_ref().is_none_or(|on| on.value), true);
    map.flag("attached", said_.attached, true);
    map.flag("deny_all_igw_traffic", said_.deny_all_igw_traffic, false);
}

fn association(said: &Association) -> Option<Value> {
    match said {
        Association::Implicit => None,
        Association::Named(name) => Some(Value::text(&name.value)),
        Association::Unknown => Some(Value::text(UNKNOWN)),
    }
}

/// VP-11: 100 allows all IPv4; 101 allows all IPv6 if the VPC has any.
fn is_default_acl(acl: &NetworkAcl, vpc: &Vpc) -> bool {
    let usual: &[(u16, bool)] =
        if vpc.ipv6_cidrs.is_empty() { &[(100, false)] } else { &[(100, false), (101, true)] };
    let is_usual = |rules: &[AclRule]| {
        rules.len() == usual.len()
            && usual.iter().all(|(number, ipv6)| rules.iter().any(|rule| allows_all(rule, *number, *ipv6)))
    };
    is_usual(&acl.inbound) && is_usual(&acl.outbound)
}

fn allows_all(rule: &AclRule, number: u16, ipv6: bool) -> bool {
    rule.number.value == number
        && rule.action == AclAction::Allow
        && rule.traffic.protocol == Protocol::All
        && matches!(&rule.peer.value, AclPeer::Cidr(cidr) if cidr.prefix_len() == 0 && matches!(cidr, IpNet::V6(_)) == ipv6)
}

/// VP-12: the default group admits its own members, and lets everything out.
fn is_default_group(group: &SecurityGroup, vpc: &Vpc) -> bool {
    group.inbound.as_ref().is_none_or(|rules| rules::is_members_only(rules, DEFAULT))
        && group.outbound.as_ref().is_some_and(|rules| rules::is_everything(rules, vpc))
}
