//! What the language can say, and what becomes of it.

use vpcreach::topology::{
    Association, AttachedTo, Connectivity, Defaults, EphemeralPorts, InstanceKind, InstanceState,
    PeeringStatus, PortRange, Protocol, PublicIp, RouteDestination, RouteTarget, SecurityGroupPeer, Traffic,
    VpnRouting,
};

use super::support::{SAMPLES, clean, in_vpc, vpc, with_rule};

fn traffic(rule: &str) -> Traffic {
    let topology = clean(&with_rule(rule));
    vpc(&topology).security_groups.get("g").unwrap().inbound.as_ref().unwrap()[0].traffic.clone()
}

fn ports(rule: &str) -> Vec<(u16, u16)> {
    traffic(rule).ports.iter().map(|range| (range.first, range.last)).collect()
}

fn peer(text: &str) -> SecurityGroupPeer {
    let topology = clean(&with_rule(&format!("{{source: \"{text}\"}}")));
    vpc(&topology).security_groups.get("g").unwrap().inbound.as_ref().unwrap()[0].peer.value.clone()
}

#[test]
fn every_sample_is_read_without_a_word() {
    for (name, text) in SAMPLES {
        println!("{name}");
        clean(text);
    }
}

#[test]
fn hello_says_what_it_says() {
    let topology = clean(SAMPLES[0].1);
    let main = vpc(&topology);
    assert_eq!(main.cidrs[0].value.to_string(), "10.0.0.0/16");
    assert_eq!(main.internet_gateway.as_ref().unwrap().name.value, "igw");
    let routes = main.subnets.get("public").unwrap().routes.as_ref().unwrap();
    assert_eq!(routes[0].target.value, RouteTarget::Named("igw".into()));
    let web = main.instances.get("web").unwrap();
    assert_eq!(web.interfaces.0[0].name(), "eth0");
    assert_eq!(web.interfaces.0[0].value.public_ip.value, PublicIp::Assigned);
    assert_eq!(topology.tests[0].deny[0].value, "web:22");
    assert_eq!(main.security_groups.get("web").unwrap().outbound, None, "nothing said is not an empty list");
}

#[test]
fn an_empty_outbound_is_not_an_absent_one() {
    let topology = clean(SAMPLES[1].1);
    assert_eq!(vpc(&topology).security_groups.get("db").unwrap().outbound, Some(Vec::new()));
}

#[test]
fn merge_keys_fill_rules() {
    let topology = clean(SAMPLES[1].1);
    let data = vpc(&topology).network_acls.get("data").unwrap();
    let rule = &data.outbound[0];
    assert_eq!((rule.number.value, rule.traffic.protocol), (100, Protocol::Tcp));
    assert_eq!(rule.traffic.ports, [PortRange { first: 1024, last: 65535 }]);
}

#[test]
fn what_a_map_says_itself_wins_over_what_is_merged() {
    let topology = clean(
        "x-a: &a {az: a, cidr: 10.0.0.0/24}\nx-b: &b {az: b, route_table: r}\n\
         vpcs:\n  m:\n    cidr: 10.0.0.0/16\n    subnets:\n      s: {cidr: 10.0.9.0/24, <<: [*a, *b]}\n",
    );
    let s = vpc(&topology).subnets.get("s").unwrap();
    assert_eq!(s.cidr.unwrap().value.to_string(), "10.0.9.0/24");
    assert_eq!(s.az.as_ref().unwrap().value, "a");
    assert!(matches!(&s.route_table, Association::Named(name) if name.value == "r"));
}

#[test]
fn the_rest_of_the_language_lands_where_it_belongs() {
    let topology = clean(SAMPLES[3].1);
    let app = vpc(&topology);
    assert_eq!(app.cidrs.len(), 2);
    assert_eq!(app.egress_only_internet_gateway.as_ref().unwrap().name.value, "eigw");
    assert_eq!(app.internet_gateway.as_ref().unwrap().route_table.as_ref().unwrap().value, "edge");
    assert_eq!(app.nat_gateways.get("nat-p").unwrap().connectivity.value, Connectivity::Private);
    let private = app.route_tables.get("private").unwrap();
    assert_eq!(private.propagating[0].value, "vgw");
    assert_eq!(private.routes[3].destination.value, RouteDestination::PrefixList("office".into()));
    assert_eq!(private.routes[4].target.value, RouteTarget::Named("appliance/eth1".into()));
    let appliance = app.instances.get("appliance").unwrap();
    assert_eq!(appliance.interfaces.len(), 2);
    assert_eq!(appliance.interfaces.0[0].value.public_ips[0].public.value.to_string(), "198.51.100.10");
    assert!(!appliance.interfaces.0[1].value.source_dest_check.unwrap().value);
    let efs = app.instances.get("efs-a").unwrap();
    assert_eq!(efs.kind.value, InstanceKind::Interface);
    assert_eq!(efs.interfaces.0[0].value.ips[0].value.to_string(), "10.0.5.50");
    assert!(app.subnets.get("v6-a").unwrap().cidr.is_none());
    assert!(topology.networks.get("dc").unwrap().on_premises);
    assert!(!topology.networks.get("office").unwrap().on_premises);
    assert_eq!(topology.prefix_lists.get("s3").unwrap().entries, None);
}

#[test]
fn what_is_not_modelled_is_named() {
    let topology = clean(SAMPLES[3].1);
    let mut found: Vec<String> = topology
        .unmodelled
        .iter()
        .map(|thing| format!("{} {}/{}", thing.kind, thing.vpc.as_deref().unwrap_or(""), thing.name.value))
        .collect();
    found.sort();
    let expected = [
        "Network Firewall app/inspect",
        "Network Firewall app/inspect/fw-a",
        "VPC endpoint app/gwe-a",
        "gateway route table app/edge",
        "load balancer app/dns",
    ];
    assert_eq!(found, expected);
}

#[test]
fn lines_to_networks() {
    let topology = clean(SAMPLES[3].1);
    let vpn = topology.vpn_connections.get("vpn-dc").unwrap();
    assert_eq!(vpn.routing.value, VpnRouting::Static);
    assert_eq!((vpn.static_routes.as_ref().unwrap().len(), vpn.tunnels.len()), (1, 2));
    let dx = topology.direct_connect_gateways.get("dx").unwrap();
    assert_eq!((dx.gateways.len(), dx.allowed_prefixes.as_ref().unwrap().len()), (1, 1));
    assert!(topology.customer_gateways.get("dc-router").unwrap().public_ip.is_some());
    assert!(topology.networks.get("dc").unwrap().on_premises);
    let app = topology.vpcs.get("app").unwrap();
    assert_eq!(app.vpn_gateway.as_ref().unwrap().name.value, "vgw");
    let private = app.route_tables.get("private").unwrap();
    assert_eq!(private.propagating.first().unwrap().value, "vgw");
}

#[test]
fn transit_gateways() {
    let topology = clean(SAMPLES[3].1);
    let hub = topology.transit_gateways.get("hub").unwrap();
    assert!(!hub.security_group_referencing.value);
    let app = hub.attachments.get("app").unwrap();
    assert!(app.appliance_mode.value && app.ipv6.value && app.security_group_referencing.value);
    let AttachedTo::Vpc { vpc, subnets: Some(subnets) } = &app.to else { panic!("a VPC attachment") };
    assert_eq!((vpc.value.as_str(), subnets.len()), ("app", 1));
    let AttachedTo::Other { kind, name, prefixes: None } = &hub.attachments.get("dc").unwrap().to else {
        panic!("a VPN attachment")
    };
    assert_eq!((kind.as_str(), name.value.as_str()), ("VPN connection", "vpn-hub"));
    assert!(
        matches!(&hub.attachments.get("west").unwrap().to, AttachedTo::Peering(peer) if peer.value == "hub-west")
    );
    let core = hub.route_tables.as_ref().unwrap().get("core").unwrap();
    assert_eq!((core.associations.len(), core.propagations.len(), core.table.routes.len()), (3, 2, 2));
}

#[test]
fn terraform_words_mean_the_same() {
    let topology = clean(SAMPLES[4].1);
    assert_eq!(topology.defaults, Defaults::Terraform);
    let main = vpc(&topology);
    assert_eq!(main.account.as_ref().unwrap().value, "012345678901", "leading zeros are part of the number");
    let rules = main.security_groups.get("web").unwrap().inbound.as_ref().unwrap();
    let peers: Vec<SecurityGroupPeer> = rules.iter().map(|rule| rule.peer.value.clone()).collect();
    assert_eq!(peers[2], SecurityGroupPeer::SelfGroup);
    assert_eq!(peers[3], SecurityGroupPeer::Group("web".into()));
    assert_eq!(peers[4], SecurityGroupPeer::PrefixList("s3".into()));
    assert_eq!((rules[3].traffic.icmp_type, rules[3].traffic.icmp_code), (Some(8), None));
    let pcx = topology.peering_connections.get("pcx").unwrap();
    assert_eq!(pcx.status.value, PeeringStatus::PendingAcceptance);
    assert_eq!(pcx.accepter.value, "other");
}

#[test]
fn ports_in_every_form() {
    assert_eq!(ports("{ports: 443, source: self}"), [(443, 443)]);
    assert_eq!(ports("{ports: 1024-65535, source: self}"), [(1024, 65535)]);
    assert_eq!(ports("{ports: [80, 443, 8000-8100], source: self}"), [(80, 80), (443, 443), (8000, 8100)]);
    assert_eq!(ports("{ports: all, source: self}"), [(0, 65535)]);
    assert_eq!(ports("{port: \"22\", source: self}"), [(22, 22)]);
    assert_eq!(ports("{from_port: 20, to_port: 21, source: self}"), [(20, 21)]);
}

#[test]
fn protocols_by_name_and_number() {
    for (text, protocol) in [
        ("all", Protocol::All),
        ("-1", Protocol::All),
        ("\"-1\"", Protocol::All),
        ("TCP", Protocol::Tcp),
        ("6", Protocol::Tcp),
        ("17", Protocol::Udp),
        ("icmpv6", Protocol::Icmpv6),
        ("58", Protocol::Icmpv6),
        ("50", Protocol::Number(50)),
        ("esp", Protocol::Number(50)),
    ] {
        assert_eq!(traffic(&format!("{{protocol: {text}, source: self}}")).protocol, protocol, "{text}");
    }
    let echo = traffic("{protocol: icmp/8, source: self}");
    assert_eq!((echo.icmp_type, echo.icmp_code), (Some(8), None));
    let too_big = traffic("{protocol: icmp/3/4, source: self}");
    assert_eq!((too_big.icmp_type, too_big.icmp_code), (Some(3), Some(4)));
}

#[test]
fn the_protocol_is_tcp_if_only_ports_are_given() {
    assert_eq!(traffic("{ports: 443, source: self}").protocol, Protocol::Tcp);
    assert_eq!(traffic("{source: self}").protocol, Protocol::All);
}

#[test]
fn presets_fill_protocol_and_ports() {
    let https = traffic("{type: https, source: self}");
    assert_eq!((https.protocol, https.preset.as_deref()), (Protocol::Tcp, Some("HTTPS")));
    assert_eq!(https.ports, [PortRange::one(443)]);
    assert_eq!(traffic("{type: DNS (UDP), source: self}").protocol, Protocol::Udp);
    assert_eq!(traffic("{type: MYSQL/Aurora, source: self}").ports, [PortRange::one(3306)]);
    assert_eq!(traffic("{type: All traffic, source: self}").protocol, Protocol::All);
    assert_eq!(traffic("{type: All ICMP - IPv6, source: self}").protocol, Protocol::Icmpv6);
    assert_eq!(ports("{type: Custom TCP, ports: 8080, source: self}"), [(8080, 8080)]);
    assert_eq!(ports("{type: HTTPS, ports: 443, protocol: tcp, source: self}"), [(443, 443)]);
    assert_eq!(traffic("{type: Custom Protocol, protocol: 47, source: self}").protocol, Protocol::Number(47));
}

#[test]
fn peers_in_every_form() {
    assert_eq!(peer("10.0.0.0/8"), SecurityGroupPeer::Cidr("10.0.0.0/8".parse().unwrap()));
    assert_eq!(peer("::/0"), SecurityGroupPeer::Cidr("::/0".parse().unwrap()));
    assert_eq!(peer("anywhere-ipv4"), SecurityGroupPeer::Cidr("0.0.0.0/0".parse().unwrap()));
    assert_eq!(peer("anywhere-ipv6"), SecurityGroupPeer::Cidr("::/0".parse().unwrap()));
    assert_eq!(peer("sg:web"), SecurityGroupPeer::Group("web".into()));
    assert_eq!(peer("sg:shop/app"), SecurityGroupPeer::Group("shop/app".into()));
    assert_eq!(peer("sg-0123456789abcdef0"), SecurityGroupPeer::Group("sg-0123456789abcdef0".into()));
    assert_eq!(peer("pl:s3"), SecurityGroupPeer::PrefixList("s3".into()));
    assert_eq!(peer("net:office"), SecurityGroupPeer::Network("office".into()));
    assert_eq!(peer("self"), SecurityGroupPeer::SelfGroup);
}

#[test]
fn instances_say_what_they_are() {
    let topology = clean(&in_vpc(
        "instances:\n  a: {subnet: s, kind: rds, state: stopped, group: db, ephemeral_ports: windows, policy_routing: false, public_ip: 198.51.100.7}\n  \
         b: {subnet: s, ephemeral_ports: 1025-65000, public_ip: false, security_groups: []}",
    ));
    let a = vpc(&topology).instances.get("a").unwrap();
    assert_eq!((a.kind.value.clone(), a.state.value), (InstanceKind::Rds, InstanceState::Stopped));
    assert_eq!(a.ephemeral_ports.unwrap().value, EphemeralPorts::Windows);
    assert!(!a.policy_routing.unwrap().value);
    assert_eq!(a.interfaces.0[0].value.public_ip.value, PublicIp::Address("198.51.100.7".parse().unwrap()));
    let b = vpc(&topology).instances.get("b").unwrap();
    assert_eq!(
        b.ephemeral_ports.unwrap().value,
        EphemeralPorts::Range(PortRange { first: 1025, last: 65000 })
    );
    assert_eq!(b.interfaces.0[0].value.public_ip.value, PublicIp::None);
    assert_eq!(b.interfaces.0[0].value.security_groups, Some(Vec::new()));
}

#[test]
fn gateways_in_short_and_long_form() {
    let topology = clean(&in_vpc(
        "internet_gateway: {name: door, attached: false}\negress_only_internet_gateway: {name: out}",
    ));
    let igw = vpc(&topology).internet_gateway.as_ref().unwrap();
    assert_eq!((igw.name.value.as_str(), igw.attached.value), ("door", false));
    assert_eq!(vpc(&topology).egress_only_internet_gateway.as_ref().unwrap().name.value, "out");
    let topology = clean(&in_vpc("internet_gateway: false"));
    assert!(vpc(&topology).internet_gateway.is_none());
}

#[test]
fn empty_tables_and_groups_need_no_braces() {
    let topology = clean(&in_vpc("route_tables:\n  isolated:\nsecurity_groups:\n  nobody:\ninstances:"));
    assert!(vpc(&topology).route_tables.get("isolated").unwrap().routes.is_empty());
    assert!(vpc(&topology).security_groups.get("nobody").unwrap().inbound.is_none());
}

#[test]
fn a_black_hole_and_local_are_targets_of_their_own() {
    let topology = clean(&in_vpc("route_tables:\n  r: {10.9.0.0/16: blackhole, 10.0.0.0/16: local}"));
    let routes = &vpc(&topology).route_tables.get("r").unwrap().routes;
    assert_eq!(routes[0].target.value, RouteTarget::Blackhole);
    assert_eq!(routes[1].target.value, RouteTarget::Local);
}

#[test]
fn tests_take_one_or_many() {
    let topology = clean(
        "vpcs: {m: {cidr: 10.0.0.0/16}}\nlint: {deny: [LINT003], warn: \"LINT*\"}\ntests:\n  \
         - {name: n, from: [a, b], to: c:5432, expect: blocked, because: ACL002, client: linux, family: ipv6, to_public_ip: true, soft: true}\n  \
         - {from: web, deny: [internet:25], skip: later}\n  - {to: db:5432, only_from: [web]}\n",
    );
    let test = &topology.tests[0];
    assert_eq!((test.from.len(), test.to.len(), test.because.len(), test.soft), (2, 1, 1, true));
    assert_eq!(topology.tests[1].skip.as_ref().unwrap().value, "later");
    assert_eq!(topology.tests[2].only_from.as_ref().unwrap().len(), 1);
    assert_eq!((topology.lint.deny.len(), topology.lint.warn[0].value.as_str()), (1, "LINT*"));
}

#[test]
fn json_is_yaml() {
    let topology = clean(r#"{"vpcs": {"main": {"cidr": ["10.0.0.0/16"], "internet_gateway": true}}}"#);
    assert!(vpc(&topology).internet_gateway.is_some());
}
