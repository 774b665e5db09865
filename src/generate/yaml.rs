//! A made-up network in our own format.

use std::fmt::Display;
use std::io::{self, Write};

use crate::topology::{
    AclAction, AclPeer, AclRule, Association, Entries, Entry, Instance, InstanceState, Interface, Protocol,
    PublicIp, Route, RouteDestination, RouteTarget, SecurityGroupPeer, SecurityGroupRule, Subnet, Traffic,
    Vpc,
};

use super::{Generator, networks, prefix_lists};

impl Generator {
    /// Writes the network as a topology file, VPC by VPC.
    ///
    /// # Errors
    /// If the writer fails.
    pub fn write_yaml(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "prefix_lists:")?;
        for list in prefix_lists() {
            match &list.value.entries {
                Some(entries) => {
                    let entries = listed(entries.iter().map(|cidr| cidr.value));
                    writeln!(out, "  {}: {{entries: {entries}, max_entries: 20}}", list.name())?;
                }
                None => writeln!(out, "  {}: {{managed_by: aws}}", list.name())?,
            }
        }
        writeln!(out, "networks:")?;
        for network in networks() {
            let cidrs = listed(network.value.cidrs.iter().map(|cidr| cidr.value));
            writeln!(out, "  {}: {{cidr: {cidrs}}}", network.name())?;
        }
        writeln!(out, "vpcs:")?;
        for number in 0..self.vpcs() {
            let vpc = self.vpc(number);
            writeln!(out, "  {}:", vpc.name())?;
            write_vpc(out, &vpc.value)?;
        }
        let mut peerings = self.peerings().peekable();
        if peerings.peek().is_some() {
            writeln!(out, "peering_connections:")?;
        }
        for peering in peerings {
            let said = &peering.value;
            let (a, b) = (&said.requester.value, &said.accepter.value);
            let status = match said.status.value {
                crate::topology::PeeringStatus::Active => "active",
                _ => "pending-acceptance",
            };
            writeln!(out, "  {}: {{requester: {a}, accepter: {b}, status: {status}}}", peering.name())?;
        }
        Ok(())
    }
}

fn write_vpc(out: &mut impl Write, vpc: &Vpc) -> io::Result<()> {
    writeln!(out, "    cidr: {}", listed(vpc.cidrs.iter().map(|cidr| cidr.value)))?;
    if !vpc.ipv6_cidrs.is_empty() {
        writeln!(out, "    ipv6_cidr: {}", listed(vpc.ipv6_cidrs.iter().map(|cidr| cidr.value)))?;
    }
    if let Some(gateway) = &vpc.internet_gateway {
        writeln!(out, "    internet_gateway: {{name: igw, attached: {}}}", gateway.attached.value)?;
    }
    if vpc.egress_only_internet_gateway.is_some() {
        writeln!(out, "    egress_only_internet_gateway: true")?;
    }
    section(out, "nat_gateways", &vpc.nat_gateways, |nat| {
        let ip = nat.private_ip.map(|ip| format!(", ip: {}", ip.value)).unwrap_or_default();
        let public = nat.public_ip.map(|ip| format!(", public_ip: {}", ip.value)).unwrap_or_default();
        format!("{{subnet: {}{ip}{public}}}", nat.subnet.value)
    })?;
    section(out, "route_tables", &vpc.route_tables, |table| routes(&table.routes))?;
    section(out, "subnets", &vpc.subnets, subnet)?;
    if !vpc.network_acls.is_empty() {
        writeln!(out, "    network_acls:")?;
    }
    for acl in &vpc.network_acls {
        writeln!(out, "      {}:", acl.name())?;
        acl_rules(out, "inbound", "source", &acl.value.inbound)?;
        acl_rules(out, "outbound", "destination", &acl.value.outbound)?;
    }
    writeln!(out, "    security_groups:")?;
    for group in &vpc.security_groups {
        writeln!(out, "      {}:", group.name())?;
        group_rules(out, "inbound", "source", group.value.inbound.as_deref())?;
        group_rules(out, "outbound", "destination", group.value.outbound.as_deref())?;
    }
    section(out, "instances", &vpc.instances, instance)
}

fn section<T>(
    out: &mut impl Write,
    name: &str,
    entries: &Entries<T>,
    body: impl Fn(&T) -> String,
) -> io::Result<()> {
    writeln!(out, "    {name}:")?;
    entries
        .iter()
        .try_for_each(|entry: &Entry<T>| writeln!(out, "      {}: {}", entry.name(), body(&entry.value)))
}

fn routes(routes: &[Route]) -> String {
    let routes = routes.iter().map(|route| {
        let destination = match &route.destination.value {
            RouteDestination::Cidr(cidr) => quoted(cidr),
            RouteDestination::PrefixList(name) | RouteDestination::Unknown(name) => format!("\"pl:{name}\""),
        };
        let target = match &route.target.value {
            RouteTarget::Local => "local",
            RouteTarget::Blackhole => "blackhole",
            RouteTarget::Named(name) => name,
        };
        format!("{destination}: {target}")
    });
    format!("{{{}}}", routes.collect::<Vec<_>>().join(", "))
}

fn subnet(subnet: &Subnet) -> String {
    let mut fields = Vec::new();
    fields.extend(subnet.cidr.map(|cidr| format!("cidr: {}", cidr.value)));
    fields.extend(subnet.ipv6_cidr.map(|cidr| format!("ipv6_cidr: {}", quoted(cidr.value))));
    fields.extend(subnet.az.as_ref().map(|az| format!("az: {}", az.value)));
    if let Association::Named(name) = &subnet.route_table {
        fields.push(format!("route_table: {}", name.value));
    }
    if let Association::Named(name) = &subnet.network_acl {
        fields.push(format!("network_acl: {}", name.value));
    }
    format!("{{{}}}", fields.join(", "))
}

fn traffic(traffic: &Traffic) -> String {
    let ports: Vec<String> = traffic.ports.iter().map(ToString::to_string).collect();
    match (traffic.protocol, ports.is_empty()) {
        (Protocol::All, _) => "protocol: all".to_owned(),
        (protocol, true) => format!("protocol: {protocol}"),
        (Protocol::Tcp, false) => format!("ports: {}", ports.join(", ")),
        (protocol, false) => format!("protocol: {protocol}, ports: {}", ports.join(", ")),
    }
}

fn acl_rules(out: &mut impl Write, direction: &str, side: &str, rules: &[AclRule]) -> io::Result<()> {
    writeln!(out, "        {direction}:")?;
    for rule in rules {
        let action = if rule.action == AclAction::Allow { "allow" } else { "deny" };
        let peer = match &rule.peer.value {
            AclPeer::Cidr(cidr) => quoted(cidr),
            AclPeer::Network(name) => format!("\"net:{name}\""),
        };
        let (number, traffic) = (rule.number.value, traffic(&rule.traffic));
        writeln!(out, "          {number}: {{action: {action}, {traffic}, {side}: {peer}}}")?;
    }
    Ok(())
}

fn group_rules(
    out: &mut impl Write,
    direction: &str,
    side: &str,
    rules: Option<&[SecurityGroupRule]>,
) -> io::Result<()> {
    let Some(rules) = rules else { return Ok(()) };
    writeln!(out, "        {direction}:")?;
    for rule in rules {
        let peer = match &rule.peer.value {
            SecurityGroupPeer::Cidr(cidr) => quoted(cidr),
            SecurityGroupPeer::Network(name) => format!("\"net:{name}\""),
            SecurityGroupPeer::PrefixList(name) | SecurityGroupPeer::Unknown(name) => {
                format!("\"pl:{name}\"")
            }
            SecurityGroupPeer::Group(name) => format!("\"sg:{name}\""),
            SecurityGroupPeer::SelfGroup => "self".to_owned(),
        };
        writeln!(out, "          - {{{}, {side}: {peer}}}", traffic(&rule.traffic))?;
    }
    Ok(())
}

fn instance(instance: &Instance) -> String {
    let state = match instance.state.value {
        InstanceState::Running => "",
        _ => "state: stopped, ",
    };
    let mut interfaces = instance.interfaces.iter();
    match (interfaces.next(), instance.interfaces.len()) {
        (Some(only), 1) => format!("{{{state}{}}}", interface(&only.value)),
        (first, _) => {
            let all = first.into_iter().chain(interfaces);
            let all = all.map(|entry| format!("{}: {{{}}}", entry.name(), interface(&entry.value)));
            format!("{{{state}interfaces: {{{}}}}}", all.collect::<Vec<_>>().join(", "))
        }
    }
}

fn interface(interface: &Interface) -> String {
    let mut fields = vec![format!("subnet: {}", interface.subnet.value)];
    fields.extend(interface.ips.first().map(|ip| format!("ip: {}", ip.value)));
    fields.extend(interface.ipv6.first().map(|ip| format!("ipv6: {}", quoted(ip.value))));
    if let PublicIp::Address(address) = interface.public_ip.value {
        fields.push(format!("public_ip: {address}"));
    }
    let groups = interface.security_groups.iter().flatten().map(|group| &group.value);
    fields.push(format!("security_groups: {}", listed(groups)));
    fields.join(", ")
}

fn listed(items: impl Iterator<Item = impl Display>) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}

/// A colon needs quotes in YAML.
fn quoted(value: impl Display) -> String {
    let text = value.to_string();
    if text.contains(':') { format!("\"{text}\"") } else { text }
}
