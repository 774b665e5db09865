//! Prints a topology as YAML that a person can run.

use std::fmt::Write;

use vpcreach::topology::*;

/// The topology in the syntax of the reader. What was not said is not printed.
pub fn to_yaml(topology: &Topology) -> String {
    let mut out = String::new();
    if topology.defaults == Defaults::Terraform {
        line(&mut out, 0, "defaults: terraform");
    }
    if !topology.networks.is_empty() {
        line(&mut out, 0, "networks:");
        for network in &topology.networks {
            let said = &network.value;
            let cidrs = list(said.cidrs.iter().map(|cidr| quoted(cidr.value)));
            let back = said.routes_back.as_ref().map(|back| list(back.iter().map(|cidr| quoted(cidr.value))));
            let back = back.map(|back| format!(", routes_back: {back}")).unwrap_or_default();
            let on_premises = if said.on_premises { ", on_premises: true" } else { "" };
            line(&mut out, 1, &format!("{}: {{cidr: {cidrs}{back}{on_premises}}}", network.name()));
        }
    }
    if !topology.prefix_lists.is_empty() {
        line(&mut out, 0, "prefix_lists:");
        for prefix_list in &topology.prefix_lists {
            let entries = prefix_list.value.entries.as_ref();
            let entries = entries.map(|entries| list(entries.iter().map(|cidr| quoted(cidr.value))));
            let body = entries.map_or("managed_by: aws".to_owned(), |entries| format!("entries: {entries}"));
            line(&mut out, 1, &format!("{}: {{{body}}}", prefix_list.name()));
        }
    }
    line(&mut out, 0, "vpcs:");
    for entry in &topology.vpcs {
        line(&mut out, 1, &format!("{}:", entry.name()));
        vpc(&mut out, &entry.value);
    }
    if !topology.peering_connections.is_empty() {
        line(&mut out, 0, "peering_connections:");
        for entry in &topology.peering_connections {
            let peering = &entry.value;
            let (requester, accepter) = (&peering.requester.value, &peering.accepter.value);
            let mut fields = vec![format!("requester: {requester}"), format!("accepter: {accepter}")];
            if peering.status.value != PeeringStatus::Active {
                fields.push(format!("status: {}", kebab(&peering.status.value)));
            }
            line(&mut out, 1, &format!("{}: {{{}}}", entry.name(), fields.join(", ")));
        }
    }
    if !topology.endpoint_services.is_empty() {
        line(&mut out, 0, "endpoint_services:");
        for entry in &topology.endpoint_services {
            let zones = list(entry.value.zones.iter().map(|zone| zone.value.clone()));
            let balancer = &entry.value.load_balancer.value;
            line(&mut out, 1, &format!("{}: {{load_balancer: {balancer}, azs: {zones}}}", entry.name()));
        }
    }
    if !topology.transit_gateways.is_empty() {
        line(&mut out, 0, "transit_gateways:");
        for entry in &topology.transit_gateways {
            line(&mut out, 1, &format!("{}:", entry.name()));
            transit_gateway(&mut out, &entry.value);
        }
    }
    lines(&mut out, topology);
    out
}

/// VPN connections and Direct Connect.
fn lines(out: &mut String, topology: &Topology) {
    let cidrs = |cidrs: &[Spanned<ipnet::IpNet>]| list(cidrs.iter().map(|cidr| quoted(cidr.value)));
    let optional = |fields: &mut Vec<String>, key: &str, said: Option<&Vec<Spanned<ipnet::IpNet>>>| {
        fields.extend(said.map(|said| format!("{key}: {}", cidrs(said))));
    };
    let name = |fields: &mut Vec<String>, key: &str, said: Option<&Spanned<String>>| {
        fields.extend(said.map(|said| format!("{key}: {}", said.value)));
    };
    let mut all: Vec<(&str, String, Vec<String>)> = Vec::new();
    for entry in &topology.vpn_connections {
        let (said, mut fields) = (&entry.value, Vec::new());
        name(&mut fields, "gateway", said.gateway.as_ref());
        name(&mut fields, "network", said.network.as_ref());
        fields.push(format!("routing: {}", kebab(&said.routing.value)));
        optional(&mut fields, "static_routes", said.static_routes.as_ref());
        optional(&mut fields, "advertised", said.advertised.as_ref());
        if !said.tunnels.is_empty() {
            fields.push(format!("tunnels: {}", list(said.tunnels.iter().map(|tunnel| kebab(&tunnel.value)))));
        }
        if said.ipv6.value {
            fields.push("inside: ipv6".to_owned());
        }
        all.push(("vpn_connections", entry.name().to_owned(), fields));
    }
    for entry in &topology.direct_connect_gateways {
        let (said, mut fields) = (&entry.value, Vec::new());
        fields.push(format!("gateways: {}", list(said.gateways.iter().map(|name| name.value.clone()))));
        optional(&mut fields, "allowed_prefixes", said.allowed_prefixes.as_ref());
        name(&mut fields, "network", said.network.as_ref());
        optional(&mut fields, "advertised", said.advertised.as_ref());
        fields.push(format!("state: {}", kebab(&said.state.value)));
        all.push(("direct_connect_gateways", entry.name().to_owned(), fields));
    }
    for entry in &topology.virtual_interfaces {
        let (said, mut fields) = (&entry.value, Vec::new());
        name(&mut fields, "gateway", Some(&said.gateway));
        name(&mut fields, "network", said.network.as_ref());
        optional(&mut fields, "advertised", said.advertised.as_ref());
        fields.push(format!("state: {}", kebab(&said.state.value)));
        all.push(("virtual_interfaces", entry.name().to_owned(), fields));
    }
    let mut before = "";
    for (section, name, fields) in all {
        if section != before {
            line(out, 0, &format!("{section}:"));
            before = section;
        }
        line(out, 1, &format!("{name}: {{{}}}", fields.join(", ")));
    }
}

fn transit_gateway(out: &mut String, gateway: &TransitGateway) {
    if gateway.security_group_referencing.value {
        line(out, 2, "security_group_referencing: true");
    }
    section(out, "attachments", &gateway.attachments, attachment);
    let Some(tables) = &gateway.route_tables else { return };
    line(out, 2, &format!("route_tables:{}", if tables.is_empty() { " {}" } else { "" }));
    for entry in tables {
        let names = |names: &[Spanned<String>]| list(names.iter().map(|name| name.value.clone()));
        let (associations, propagations) =
            (names(&entry.value.associations), names(&entry.value.propagations));
        let fields = format!("associations: {associations}, propagations: {propagations}");
        line(
            out,
            3,
            &format!("{}: {{{fields}, routes: {}}}", entry.name(), routes(&entry.value.table.routes)),
        );
    }
}

fn attachment(attachment: &TransitGatewayAttachment) -> String {
    let mut fields = match &attachment.to {
        AttachedTo::Vpc { vpc, subnets } => {
            let names = subnets.as_ref().map(|names| list(names.iter().map(|name| name.value.clone())));
            let vpc = format!("vpc: {}", vpc.value);
            std::iter::once(vpc).chain(names.map(|names| format!("subnets: {names}"))).collect()
        }
        AttachedTo::Peering(peer) => vec![format!("peering: {}", peer.value)],
        AttachedTo::Other { kind, name, .. } => {
            let key = if kind.contains("VPN") { "vpn" } else { "direct_connect" };
            vec![format!("{key}: {}", name.value)]
        }
    };
    if !attachment.available.value {
        fields.push("status: pending".to_owned());
    }
    let flags =
        [("appliance_mode", attachment.appliance_mode.value, false), ("ipv6", attachment.ipv6.value, false)];
    let references = ("security_group_referencing", attachment.security_group_referencing.value, true);
    for (key, value, usual) in flags.into_iter().chain([references]) {
        if value != usual {
            fields.push(format!("{key}: {value}"));
        }
    }
    format!("{{{}}}", fields.join(", "))
}

fn line(out: &mut String, depth: usize, text: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "{:indent$}{text}", "", indent = 2 * depth);
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    format!("[{}]", items.join(", "))
}

// A colon needs quotes in YAML.
fn quoted(value: impl ToString) -> String {
    let text = value.to_string();
    if text.contains(':') { format!("\"{text}\"") } else { text }
}

/// `PendingAcceptance` as `pending-acceptance`.
fn kebab(value: &impl std::fmt::Debug) -> String {
    let mut text = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

fn vpc(out: &mut String, vpc: &Vpc) {
    if !vpc.cidrs.is_empty() {
        line(out, 2, &format!("cidr: {}", list(vpc.cidrs.iter().map(|cidr| quoted(cidr.value)))));
    }
    if !vpc.ipv6_cidrs.is_empty() {
        line(out, 2, &format!("ipv6_cidr: {}", list(vpc.ipv6_cidrs.iter().map(|cidr| quoted(cidr.value)))));
    }
    if let Some(gateway) = &vpc.vpn_gateway {
        let tables = vpc.route_tables.iter().filter(|table| !table.value.propagating.is_empty());
        let tables = list(tables.map(|table| table.name().to_owned()));
        let attached = gateway.attached.value;
        line(out, 2, &format!("vpn_gateway: {{attached: {attached}, propagate_to: {tables}}}"));
    }
    if let Some(region) = &vpc.region {
        line(out, 2, &format!("region: {}", region.value));
    }
    if let Some(on) = vpc.dns_support {
        line(out, 2, &format!("dns_support: {}", on.value));
    }
    match &vpc.internet_gateway {
        Some(gateway) if gateway.attached.value && gateway.name.value == "igw" => {
            line(out, 2, "internet_gateway: true");
        }
        Some(gateway) => {
            let (name, attached) = (&gateway.name.value, gateway.attached.value);
            line(out, 2, &format!("internet_gateway: {{name: {name}, attached: {attached}}}"));
        }
        None => {}
    }
    match &vpc.egress_only_internet_gateway {
        Some(gateway) if gateway.name.value == "eigw" => line(out, 2, "egress_only_internet_gateway: true"),
        Some(gateway) => {
            line(out, 2, &format!("egress_only_internet_gateway: {{name: {}}}", gateway.name.value));
        }
        None => {}
    }
    if let Some(guard) = &vpc.block_public_access {
        let mode = match guard.mode.value {
            BlockMode::Off => "off",
            BlockMode::Ingress => "block-ingress",
            BlockMode::Bidirectional => "block-bidirectional",
        };
        let word = |exclusion: &Exclusion| format!("allow-{}", kebab(exclusion));
        let mut fields = vec![format!("mode: \"{mode}\"")];
        fields.extend(guard.exclusion.map(|exclusion| format!("exclusion: {}", word(&exclusion.value))));
        let exclusions =
            guard.exclusions.iter().map(|(name, exclusion)| format!("{}: {}", name.value, word(exclusion)));
        fields.push(format!("exclusions: {{{}}}", exclusions.collect::<Vec<_>>().join(", ")));
        line(out, 2, &format!("block_public_access: {{{}}}", fields.join(", ")));
    }
    section(out, "nat_gateways", &vpc.nat_gateways, |gateway| format!("{{{}}}", nat_gateway(gateway)));
    section(out, "route_tables", &vpc.route_tables, |table| routes(&table.routes));
    section(out, "subnets", &vpc.subnets, subnet);
    if !vpc.network_acls.is_empty() {
        line(out, 2, "network_acls:");
        for entry in &vpc.network_acls {
            line(out, 3, &format!("{}:", entry.name()));
            acl_rules(out, "inbound", "source", &entry.value.inbound);
            acl_rules(out, "outbound", "destination", &entry.value.outbound);
        }
    }
    if !vpc.security_groups.is_empty() {
        line(out, 2, "security_groups:");
        for entry in &vpc.security_groups {
            let empty = entry.value.inbound.is_none() && entry.value.outbound.is_none();
            line(out, 3, &format!("{}:{}", entry.name(), if empty { " {}" } else { "" }));
            group_rules(out, "inbound", "source", entry.value.inbound.as_deref());
            group_rules(out, "outbound", "destination", entry.value.outbound.as_deref());
        }
    }
    let is_endpoint = |entry: &&Entry<Instance>| entry.value.kind.value == InstanceKind::VpcEndpoint;
    if vpc.instances.iter().any(|entry| !is_endpoint(&entry)) {
        line(out, 2, "instances:");
        for entry in vpc.instances.iter().filter(|entry| !is_endpoint(entry)) {
            instance(out, entry);
        }
    }
    if !vpc.endpoints.is_empty() {
        line(out, 2, "endpoints:");
        for entry in &vpc.endpoints {
            let owner = vpc.instances.get(entry.name());
            line(out, 3, &format!("{}: {}", entry.name(), endpoint(&entry.value, owner)));
        }
    }
}

fn endpoint(endpoint: &VpcEndpoint, owner: Option<&Instance>) -> String {
    let mut fields = vec![
        format!("type: {}", kebab(&endpoint.kind.value)),
        format!("service: {}", endpoint.service.value),
    ];
    let interfaces: Vec<_> = owner.iter().flat_map(|owner| &owner.interfaces).collect();
    if let Some(first) = interfaces.first() {
        let subnets = interfaces.iter().map(|one| one.value.subnet.value.clone());
        fields.push(format!("subnets: {}", list(subnets)));
        let addresses = interfaces.iter().map(|one| {
            let own = list(one.value.ips.iter().map(|ip| ip.value.to_string()));
            format!("{}: {own}", one.value.subnet.value)
        });
        fields.push(format!("addresses: {{{}}}", addresses.collect::<Vec<_>>().join(", ")));
        if let Some(groups) = &first.value.security_groups {
            fields.push(format!("security_groups: {}", list(groups.iter().map(|one| one.value.clone()))));
        }
    }
    if !endpoint.available.value {
        fields.push("status: pending".to_owned());
    }
    format!("{{{}}}", fields.join(", "))
}

fn section<T>(out: &mut String, name: &str, entries: &Entries<T>, body: impl Fn(&T) -> String) {
    if !entries.is_empty() {
        line(out, 2, &format!("{name}:"));
        for entry in entries {
            line(out, 3, &format!("{}: {}", entry.name(), body(&entry.value)));
        }
    }
}

fn nat_gateway(gateway: &NatGateway) -> String {
    let mut fields = vec![format!("subnet: {}", gateway.subnet.value)];
    if gateway.connectivity.value == Connectivity::Private {
        fields.push("connectivity: private".to_owned());
    }
    if gateway.state.value != GatewayState::Available {
        fields.push(format!("state: {}", kebab(&gateway.state.value)));
    }
    fields.extend(gateway.private_ip.map(|ip| format!("private_ip: {}", ip.value)));
    fields.extend(gateway.public_ip.map(|ip| format!("public_ip: {}", ip.value)));
    fields.join(", ")
}

fn routes(routes: &[Route]) -> String {
    let routes = routes.iter().map(|route| {
        let destination = match &route.destination.value {
            RouteDestination::Cidr(cidr) => quoted(cidr),
            RouteDestination::PrefixList(name) | RouteDestination::Unknown(name) => {
                quoted(format!("pl:{name}"))
            }
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
    fields.extend(subnet.routes.as_ref().map(|own| format!("routes: {}", routes(own))));
    if let Association::Named(name) = &subnet.network_acl {
        fields.push(format!("network_acl: {}", name.value));
    }
    fields.extend(subnet.auto_assign_public_ip.map(|on| format!("auto_assign_public_ip: {}", on.value)));
    format!("{{{}}}", fields.join(", "))
}

fn traffic(traffic: &Traffic) -> Vec<String> {
    let protocol = match traffic.protocol {
        Protocol::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let mut fields = vec![format!("protocol: {protocol}")];
    match &traffic.ports[..] {
        [] => {}
        [range] => fields.push(format!("ports: {range}")),
        ranges => fields.push(format!("ports: {}", list(ranges.iter().map(PortRange::to_string)))),
    }
    fields.extend(traffic.icmp_type.map(|number| format!("icmp_type: {number}")));
    fields.extend(traffic.icmp_code.map(|number| format!("icmp_code: {number}")));
    fields
}

fn acl_rules(out: &mut String, direction: &str, side: &str, rules: &[AclRule]) {
    line(out, 4, &format!("{direction}:{}", if rules.is_empty() { " {}" } else { "" }));
    for rule in rules {
        let action = if rule.action == AclAction::Allow { "allow" } else { "deny" };
        let peer = match &rule.peer.value {
            AclPeer::Cidr(cidr) => quoted(cidr),
            AclPeer::Network(name) => quoted(format!("net:{name}")),
        };
        let mut fields = vec![format!("action: {action}")];
        fields.extend(traffic(&rule.traffic));
        fields.push(format!("{side}: {peer}"));
        line(out, 5, &format!("{}: {{{}}}", rule.number.value, fields.join(", ")));
    }
}

fn group_rules(out: &mut String, direction: &str, side: &str, rules: Option<&[SecurityGroupRule]>) {
    let Some(rules) = rules else { return };
    line(out, 4, &format!("{direction}:{}", if rules.is_empty() { " []" } else { "" }));
    for rule in rules {
        let peer = match &rule.peer.value {
            SecurityGroupPeer::Cidr(cidr) => quoted(cidr),
            SecurityGroupPeer::Network(name) => quoted(format!("net:{name}")),
            SecurityGroupPeer::PrefixList(name) | SecurityGroupPeer::Unknown(name) => {
                quoted(format!("pl:{name}"))
            }
            SecurityGroupPeer::Group(name) => quoted(format!("sg:{name}")),
            SecurityGroupPeer::SelfGroup => "self".to_owned(),
        };
        let mut fields = traffic(&rule.traffic);
        fields.push(format!("{side}: {peer}"));
        line(out, 5, &format!("- {{{}}}", fields.join(", ")));
    }
}

fn instance(out: &mut String, entry: &Entry<Instance>) {
    let instance = &entry.value;
    line(out, 3, &format!("{}:", entry.name()));
    match &instance.kind.value {
        InstanceKind::Ec2 => {}
        other => line(out, 4, &format!("kind: {}", kebab(other))),
    }
    if instance.state.value != InstanceState::Running {
        line(out, 4, &format!("state: {}", kebab(&instance.state.value)));
    }
    if let Some(on) = instance.policy_routing {
        line(out, 4, &format!("policy_routing: {}", on.value));
    }
    line(out, 4, "interfaces:");
    for entry in &instance.interfaces {
        line(out, 5, &format!("{}: {{{}}}", entry.name(), interface(&entry.value)));
    }
}

fn interface(interface: &Interface) -> String {
    let mut fields = vec![format!("subnet: {}", interface.subnet.value)];
    if !interface.ips.is_empty() {
        fields.push(format!("ips: {}", list(interface.ips.iter().map(|ip| ip.value.to_string()))));
    }
    if !interface.ipv6.is_empty() {
        fields.push(format!("ipv6: {}", list(interface.ipv6.iter().map(|ip| quoted(ip.value)))));
    }
    let primary = match (interface.public_ip.value, interface.ips.first()) {
        (PublicIp::Address(public), Some(private)) => vec![(private.value, public)],
        _ => Vec::new(),
    };
    let further = interface.public_ips.iter().map(|pair| (pair.private.value, pair.public.value));
    let pairs: Vec<String> =
        primary.into_iter().chain(further).map(|(private, public)| format!("{private}: {public}")).collect();
    if !pairs.is_empty() {
        fields.push(format!("public_ips: {{{}}}", pairs.join(", ")));
    }
    if let Some(groups) = &interface.security_groups {
        fields.push(format!("security_groups: {}", list(groups.iter().map(|group| group.value.clone()))));
    }
    fields.extend(interface.source_dest_check.map(|on| format!("source_dest_check: {}", on.value)));
    fields.join(", ")
}
