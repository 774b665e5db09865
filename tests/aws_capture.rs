//! One small made-up capture per noun, and one per trap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use vpcreach::source::aws::{self, Capture};
use vpcreach::topology::{
    AclAction, Association, CaptureKind, Completeness, Connectivity, Entry, EphemeralPorts, GatewayState,
    Instance, InstanceKind, InstanceState, Interface, PeeringStatus, PortRange, Protocol, PublicIp,
    RouteDestination, RouteOrigin, RouteState, RouteTarget, SecurityGroupPeer, Spanned, Vpc,
};

/// Reads documents as files named `0.json`, `1.json`, …
fn read(documents: &[Value]) -> Capture {
    let name = |index| format!("{index}.json");
    let files: Vec<(String, Vec<u8>)> = documents
        .iter()
        .enumerate()
        .map(|(index, document)| (name(index), document.to_string().into_bytes()))
        .collect();
    aws::read(&files)
}

/// Reads named texts.
fn read_files(files: &[(&str, &str)]) -> Capture {
    let files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    aws::read(&files)
}

fn vpcs() -> Value {
    json!({"Vpcs": [{"VpcId": "vpc-made", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333",
        "Tags": [{"Key": "Name", "Value": "shop"}]}]})
}

fn subnets() -> Value {
    json!({"Subnets": [
        {"SubnetId": "subnet-a", "VpcId": "vpc-made", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a",
         "MapPublicIpOnLaunch": true},
        {"SubnetId": "subnet-b", "VpcId": "vpc-made", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1b"}]})
}

fn vpc(capture: &Capture) -> &Vpc {
    capture.topology.vpcs.get("vpc-made").expect("the VPC")
}

fn instance<'a>(capture: &'a Capture, name: &str) -> &'a Entry<Instance> {
    vpc(capture).instances.entry(name).expect("the instance")
}

fn only_interface(entry: &Entry<Instance>) -> &Interface {
    assert_eq!(entry.value.interfaces.len(), 1);
    &entry.value.interfaces.iter().next().unwrap().value
}

fn codes(capture: &Capture) -> Vec<&'static str> {
    capture.diagnostics.iter().map(|one| one.code).filter(|code| *code != "AWS018").collect()
}

fn values<T: Copy>(list: &[Spanned<T>]) -> Vec<T> {
    list.iter().map(|one| one.value).collect()
}

fn shown(capture: &Capture, place: vpcreach::topology::Place) -> String {
    capture.topology.sources.locate(place).expect("a place").to_string()
}

#[test]
fn a_vpc_has_only_the_ranges_whose_association_is_in_force() {
    let capture = read(&[json!({"Vpcs": [{"VpcId": "vpc-made", "CidrBlock": "10.0.0.0/16",
        "CidrBlockAssociationSet": [
            {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"CidrBlock": "10.8.0.0/16", "CidrBlockState": {"State": "disassociated"}}],
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": "2001:db8:1::/56", "Ipv6CidrBlockState": {"State": "disassociated"}},
            {"Ipv6CidrBlock": "2001:db8:2::/56", "Ipv6CidrBlockState": {"State": "associated"}}],
        "OwnerId": "111122223333", "Tags": [{"Key": "Name", "Value": "shop"}]}]})]);
    let entry = capture.topology.vpcs.entry("vpc-made").unwrap();
    assert_eq!(values(&entry.value.cidrs), ["10.0.0.0/16".parse().unwrap(), "10.9.0.0/16".parse().unwrap()]);
    assert_eq!(values(&entry.value.ipv6_cidrs), ["2001:db8:2::/56".parse().unwrap()]);
    assert_eq!(entry.aliases, ["shop"]);
    assert_eq!(entry.value.account.as_ref().unwrap().value, "111122223333");
    assert_eq!(shown(&capture, entry.place()), "vpc-made (0.json)");
}

#[test]
fn dns_support_comes_from_describe_vpc_attribute() {
    let capture = read(&[vpcs(), json!({"VpcId": "vpc-made", "EnableDnsSupport": {"Value": false}})]);
    assert!(!vpc(&capture).dns_support.unwrap().value);
}

#[test]
fn a_subnet_tells_the_region_and_an_odd_state_of_an_emulator_is_understood() {
    let capture = read(&[
        vpcs(),
        json!({"Subnets": [{"SubnetId": "subnet-a", "VpcId": "vpc-made", "CidrBlock": "10.0.1.0/24",
            "AvailabilityZone": "us-gov-west-1b", "AssignIpv6AddressOnCreation": true,
            "Ipv6CidrBlockAssociationSet": [
                {"Ipv6CidrBlock": "2001:db8::/64", "Ipv6CidrBlockState": {"State": "disassociated"}},
                {"Ipv6CidrBlock": "2001:db8:0:1::/64", "Ipv6CidrBlockState": "{'State': 'associated'}"}]}]}),
    ]);
    let subnet = vpc(&capture).subnets.get("subnet-a").unwrap();
    assert_eq!(subnet.ipv6_cidr.unwrap().value, "2001:db8:0:1::/64".parse().unwrap());
    assert_eq!(vpc(&capture).region.as_ref().unwrap().value, "us-gov-west-1");
    assert!(subnet.auto_assign_ipv6.unwrap().value);
}

fn tables() -> Value {
    json!({"RouteTables": [
        {"RouteTableId": "rtb-main", "VpcId": "vpc-made",
         "Associations": [{"Main": true, "AssociationState": {"State": "associated"}}],
         "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}]},
        {"RouteTableId": "rtb-a", "VpcId": "vpc-made",
         "PropagatingVgws": [{"GatewayId": "vgw-made"}],
         "Associations": [{"Main": false, "SubnetId": "subnet-a"},
                          {"Main": false, "SubnetId": "subnet-b", "AssociationState": {"State": "disassociated"}}],
         "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "NetworkInterfaceId": "eni-fw", "Origin": "CreateRouteTable"},
            {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-made", "State": "active"},
            {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-gone", "State": "blackhole"},
            {"DestinationCidrBlock": "10.2.0.0/16", "InstanceId": "i-x", "NetworkInterfaceId": "eni-x"},
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-made"},
            {"DestinationPrefixListId": "pl-made", "GatewayId": "vpce-made"},
            {"DestinationCidrBlock": "10.3.0.0/16", "GatewayId": "vgw-made", "Origin": "EnableVgwRoutePropagation"},
            {"DestinationCidrBlock": "10.4.0.0/16", "State": "blackhole"},
            {"DestinationCidrBlock": "10.5.0.0/16", "State": "active"}]}]})
}

#[test]
fn routes_keep_target_state_and_origin_and_plain_local_routes_go() {
    let capture = read(&[vpcs(), subnets(), tables()]);
    let table = vpc(&capture).route_tables.get("rtb-a").unwrap();
    let targets: Vec<&RouteTarget> = table.routes.iter().map(|route| &route.target.value).collect();
    let named = |name: &str| RouteTarget::Named(name.to_owned());
    let expected = [
        named("eni-fw"),
        named("igw-made"),
        named("pcx-gone"),
        named("eni-x"),
        named("eigw-made"),
        named("vpce-made"),
        named("vgw-made"),
        RouteTarget::Blackhole,
        named("target of rtb-a 10.5.0.0/16"),
    ];
    assert_eq!(targets, expected.iter().collect::<Vec<_>>());
    assert!(vpc(&capture).route_tables.get("rtb-main").unwrap().routes.is_empty());
    assert_eq!(table.routes.get(2).unwrap().state, Some(RouteState::Blackhole));
    assert_eq!(table.routes.get(6).unwrap().origin, RouteOrigin::Propagated);
    let list = RouteDestination::PrefixList("pl-made".to_owned());
    assert_eq!(table.routes.get(5).unwrap().destination.value, list);
    assert_eq!(shown(&capture, table.routes.get(1).unwrap().place), "rtb-a 0.0.0.0/0 (2.json)");
    assert_eq!(table.propagating.first().unwrap().value, "vgw-made");
    // What a route names and nobody models is named, so that a path can say so.
    let unmodelled: Vec<&str> = capture.topology.unmodelled.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(unmodelled, ["route target", "VPC endpoint", "virtual private gateway"]);
    assert!(codes(&capture).contains(&"AWS009"));
}

#[test]
fn associations_are_named_implicit_or_unknown() {
    let of = |capture: &Capture, id: &str| {
        let subnet = vpc(capture).subnets.get(id).unwrap();
        (subnet.route_table.clone(), subnet.network_acl.clone())
    };
    let known = read(&[vpcs(), subnets(), tables()]);
    assert_eq!(vpc(&known).main_route_table.as_ref().unwrap().value, "rtb-main");
    assert!(matches!(of(&known, "subnet-a").0, Association::Named(name) if name.value == "rtb-a"));
    assert_eq!(of(&known, "subnet-b"), (Association::Implicit, Association::Unknown));
    let nothing = read(&[vpcs(), subnets()]);
    assert_eq!(of(&nothing, "subnet-a"), (Association::Unknown, Association::Unknown));
    // A filtered answer without the main table does not say where other subnets go.
    let filtered = read(&[vpcs(), subnets(), json!({"RouteTables": []})]);
    assert_eq!(of(&filtered, "subnet-a").0, Association::Unknown);
}

#[test]
fn a_network_acl_loses_its_star_rules_and_keeps_its_order() {
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"NetworkAcls": [{"NetworkAclId": "acl-made", "VpcId": "vpc-made", "IsDefault": true,
            "Associations": [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-elsewhere"}],
            "Entries": [
                {"RuleNumber": 200, "Egress": false, "Protocol": "6", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0",
                 "PortRange": {"From": 22, "To": 22}},
                {"RuleNumber": 100, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
                 "PortRange": {"From": 80, "To": 80}},
                {"RuleNumber": 110, "Egress": true, "Protocol": "58", "RuleAction": "allow", "Ipv6CidrBlock": "::/0",
                 "IcmpTypeCode": {"Type": 128, "Code": -1}},
                {"RuleNumber": 32767, "Egress": true, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"},
                {"RuleNumber": 32768, "Egress": true, "Protocol": "-1", "RuleAction": "deny", "Ipv6CidrBlock": "::/0"}]}]}),
    ]);
    let acl = vpc(&capture).network_acls.get("acl-made").unwrap();
    let numbers: Vec<u16> = acl.inbound.iter().map(|rule| rule.number.value).collect();
    assert_eq!(numbers, [200, 100]);
    let ssh = acl.inbound.first().unwrap();
    assert_eq!((ssh.action, ssh.traffic.protocol), (AclAction::Deny, Protocol::Tcp));
    assert_eq!(ssh.traffic.ports, [PortRange::one(22)]);
    assert!(acl.inbound.get(1).unwrap().traffic.ports.is_empty(), "-1 ignores ports (NA-7)");
    let ping = acl.outbound.first().unwrap();
    assert_eq!((ping.traffic.icmp_type, ping.traffic.icmp_code), (Some(128), None));
    assert_eq!(acl.outbound.len(), 1);
    assert_eq!(shown(&capture, ping.place), "acl-made outbound rule 110 (2.json)");
    assert_eq!(vpc(&capture).default_network_acl.as_ref().unwrap().value, "acl-made");
    let subnet = vpc(&capture).subnets.get("subnet-a").unwrap();
    assert!(matches!(&subnet.network_acl, Association::Named(name) if name.value == "acl-made"));
    assert_eq!(vpc(&capture).subnets.get("subnet-b").unwrap().network_acl, Association::Implicit);
}

fn groups() -> Value {
    json!({"SecurityGroups": [
        {"GroupId": "sg-web", "GroupName": "web", "VpcId": "vpc-made", "Tags": [{"Key": "Name", "Value": "front"}],
         "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 444,
             "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
             "PrefixListIds": [{"PrefixListId": "pl-made"}],
             "UserIdGroupPairs": [{"GroupId": "sg-web", "UserId": "111122223333"}, {"GroupId": "sg-gone"}]},
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "50", "FromPort": 500, "ToPort": 500, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "udp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "tcp", "FromPort": 9, "ToPort": 8, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
         "IpPermissionsEgress": []},
        {"GroupId": "sg-default", "GroupName": "default", "VpcId": "vpc-made"}]})
}

#[test]
fn a_permission_is_one_rule_per_peer() {
    let capture = read(&[vpcs(), groups()]);
    let entry = vpc(&capture).security_groups.entry("sg-web").unwrap();
    assert_eq!(entry.aliases, ["front", "web"]);
    let rules = entry.value.inbound.as_ref().unwrap();
    let peers: Vec<&SecurityGroupPeer> = rules.iter().map(|rule| &rule.peer.value).take(5).collect();
    let expected = [
        SecurityGroupPeer::Cidr("0.0.0.0/0".parse().unwrap()),
        SecurityGroupPeer::Cidr("::/0".parse().unwrap()),
        SecurityGroupPeer::PrefixList("pl-made".to_owned()),
        SecurityGroupPeer::SelfGroup,
        SecurityGroupPeer::Group("sg-gone".to_owned()),
    ];
    assert_eq!(peers, expected.iter().collect::<Vec<_>>());
    assert_eq!(rules.first().unwrap().traffic.ports, [PortRange { first: 443, last: 444 }]);
    let ping = &rules.get(5).unwrap().traffic;
    assert_eq!((ping.protocol, ping.icmp_type, ping.icmp_code), (Protocol::Icmp, Some(8), None));
    let esp = &rules.get(6).unwrap().traffic;
    assert_eq!((esp.protocol, esp.ports.len()), (Protocol::Number(50), 0));
    assert!(rules.get(7).unwrap().traffic.ports.is_empty());
    assert_eq!(rules.len(), 8, "ports 9 to 8 make no sense");
    assert!(codes(&capture).contains(&"AWS007"));
    assert_eq!(entry.value.outbound, Some(Vec::new()), "a capture says everything");
    assert_eq!(shown(&capture, rules.get(1).unwrap().place), "sg-web inbound[1] (1.json)");
    assert_eq!(vpc(&capture).default_security_group.as_ref().unwrap().value, "sg-default");
}

#[test]
fn rules_take_their_id_from_describe_security_group_rules() {
    let capture = read(&[
        vpcs(),
        groups(),
        json!({"SecurityGroupRules": [
            {"SecurityGroupRuleId": "sgr-v6", "GroupId": "sg-web", "IsEgress": false, "IpProtocol": "tcp",
             "FromPort": 443, "ToPort": 444, "CidrIpv6": "::/0"},
            {"SecurityGroupRuleId": "sgr-own", "GroupId": "sg-web", "IsEgress": false, "IpProtocol": "tcp",
             "FromPort": 443, "ToPort": 444, "ReferencedGroupInfo": {"GroupId": "sg-web"}},
            {"SecurityGroupRuleId": "sgr-ping", "GroupId": "sg-web", "IsEgress": false, "IpProtocol": "icmp",
             "FromPort": 8, "ToPort": -1, "CidrIpv4": "10.0.0.0/8"}]}),
    ]);
    let group = vpc(&capture).security_groups.get("sg-web").unwrap();
    let ids: Vec<Option<&str>> =
        group.inbound.iter().flatten().map(|rule| rule.id.as_deref()).take(6).collect();
    assert_eq!(ids, [None, Some("sgr-v6"), None, Some("sgr-own"), None, Some("sgr-ping")]);
    let rule = group.inbound.as_ref().unwrap().get(1).unwrap();
    assert_eq!(shown(&capture, rule.place), "sgr-v6 (1.json)");
}

fn nic(id: &str, address: &str, more: Value) -> Value {
    let mut nic = json!({"NetworkInterfaceId": id, "SubnetId": "subnet-a", "VpcId": "vpc-made", "Status": "in-use",
        "PrivateIpAddress": address, "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}],
        "Groups": [{"GroupId": "sg-web"}], "SourceDestCheck": true});
    for (key, value) in more.as_object().unwrap() {
        nic.as_object_mut().unwrap().insert(key.clone(), value.clone());
    }
    nic
}

#[test]
fn an_instance_is_joined_with_its_interfaces_in_device_order() {
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"Reservations": [{"Instances": [{"InstanceId": "i-web", "VpcId": "vpc-made", "SubnetId": "subnet-a",
            "State": {"Name": "stopping"}, "Platform": "windows", "Tags": [{"Key": "Name", "Value": "web"}],
            "NetworkInterfaces": [nic("eni-0", "10.0.1.10", json!({"SourceDestCheck": true}))]}]}]}),
        json!({"NetworkInterfaces": [
            nic("eni-1", "10.0.1.11", json!({"SourceDestCheck": false,
                "Attachment": {"InstanceId": "i-web", "DeviceIndex": 1, "Status": "attached"}})),
            nic("eni-0", "10.0.1.10", json!({"SourceDestCheck": false, "DenyAllIgwTraffic": true,
                "Ipv6Addresses": [{"Ipv6Address": "2001:db8::10"}],
                "Attachment": {"InstanceId": "i-web", "DeviceIndex": 0, "Status": "attached"}}))]}),
    ]);
    let entry = instance(&capture, "i-web");
    assert_eq!(entry.aliases, ["web", "eni-0", "eni-1"]);
    assert_eq!(entry.value.state.value, InstanceState::Stopped);
    assert_eq!(entry.value.ephemeral_ports.unwrap().value, EphemeralPorts::Windows);
    let first = entry.value.interfaces.get("eni-0").unwrap();
    assert!(!first.source_dest_check.unwrap().value, "the interface's own record counts");
    assert!(first.deny_all_igw_traffic && first.attached);
    assert_eq!(first.ipv6.len(), 1);
    assert_eq!(first.public_ip.value, PublicIp::None);
    assert_eq!(first.security_groups.as_ref().unwrap().first().unwrap().value, "sg-web");
}

#[test]
fn public_addresses_belong_to_their_private_ones() {
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"NetworkInterfaces": [
            nic("eni-0", "10.0.1.10", json!({"PrivateIpAddresses": [
                {"Primary": false, "PrivateIpAddress": "10.0.1.11", "Association": {"PublicIp": "203.0.113.11"}},
                {"Primary": true, "PrivateIpAddress": "10.0.1.10"},
                {"Primary": false, "PrivateIpAddress": "10.0.1.12"}]}))]}),
        json!({"Addresses": [
            {"PublicIp": "203.0.113.12", "NetworkInterfaceId": "eni-0", "PrivateIpAddress": "10.0.1.12"},
            {"PublicIp": "203.0.113.11", "NetworkInterfaceId": "eni-0", "PrivateIpAddress": "10.0.1.11"},
            {"PublicIp": "203.0.113.99"}]}),
    ]);
    let interface = only_interface(instance(&capture, "eni-0"));
    let address = |text: &str| text.parse::<std::net::Ipv4Addr>().unwrap();
    assert_eq!(values(&interface.ips), ["10.0.1.10", "10.0.1.11", "10.0.1.12"].map(address));
    assert_eq!(interface.public_ip.value, PublicIp::None, "the primary address has none (EN-1)");
    let pairs: Vec<_> =
        interface.public_ips.iter().map(|one| (one.private.value, one.public.value)).collect();
    let expected = [("10.0.1.11", "203.0.113.11"), ("10.0.1.12", "203.0.113.12")];
    assert_eq!(pairs, expected.map(|(private, public)| (address(private), address(public))));
    assert_eq!(capture.inventory.kinds.get("Elastic IP address").unwrap().ignored, 1);
}

#[test]
fn old_captures_have_interfaces_only_inside_instances_or_not_at_all() {
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"Reservations": [{"Instances": [
            {"InstanceId": "i-old", "VpcId": "vpc-made", "SubnetId": "subnet-a", "State": {"Name": "running"},
             "PublicIpAddress": "203.0.113.5", "NetworkInterfaces": [nic("eni-old", "10.0.1.20", json!({}))]},
            {"InstanceId": "i-bare", "VpcId": "vpc-made", "SubnetId": "subnet-a", "PrivateIpAddress": "10.0.1.21",
             "PublicIpAddress": "203.0.113.6", "SecurityGroups": [{"GroupId": "sg-web"}]},
            {"InstanceId": "i-gone", "State": {"Name": "terminated"}}]}]}),
    ]);
    let old = only_interface(instance(&capture, "i-old"));
    assert_eq!(old.public_ip.value, PublicIp::Address("203.0.113.5".parse().unwrap()));
    let bare = only_interface(instance(&capture, "i-bare"));
    assert_eq!(values(&bare.ips), ["10.0.1.21".parse::<std::net::Ipv4Addr>().unwrap()]);
    assert_eq!(bare.public_ip.value, PublicIp::Address("203.0.113.6".parse().unwrap()));
    assert_eq!(vpc(&capture).instances.len(), 2);
    assert!(codes(&capture).contains(&"AWS011"), "i-gone is told of");
}

#[test]
fn interfaces_without_an_instance_are_named_by_their_owner() {
    let kinds = [
        ("eni-nat", json!({"InterfaceType": "nat_gateway"}), InstanceKind::NatGateway),
        ("eni-lambda", json!({"InterfaceType": "lambda"}), InstanceKind::Lambda),
        ("eni-rds", json!({"Description": "RDSNetworkInterface"}), InstanceKind::Rds),
        (
            "eni-alb",
            json!({"Description": "ELB app/made/0123"}),
            InstanceKind::Other("load balancer".to_owned()),
        ),
        (
            "eni-tgw",
            json!({"InterfaceType": "transit_gateway"}),
            InstanceKind::Other("transit gateway".to_owned()),
        ),
        (
            "eni-vpce",
            json!({"InterfaceType": "vpc_endpoint"}),
            InstanceKind::Other("VPC endpoint".to_owned()),
        ),
        ("eni-new", json!({"InterfaceType": "brand_new"}), InstanceKind::Other("brand new".to_owned())),
        ("eni-mine", json!({"Status": "available"}), InstanceKind::Interface),
    ];
    let interfaces: Vec<Value> =
        kinds.iter().map(|(id, more, _)| nic(id, "10.0.1.30", more.clone())).collect();
    let capture = read(&[vpcs(), subnets(), json!({"NetworkInterfaces": interfaces})]);
    for (id, _, kind) in &kinds {
        let entry = instance(&capture, id);
        assert_eq!(entry.value.kind.value, *kind, "{id}");
        assert_eq!(only_interface(entry).attached, *id != "eni-mine");
    }
    assert_eq!(capture.inventory.kinds.get("network interface").unwrap().not_modelled, 4);
}

#[test]
fn an_interface_that_does_not_name_its_instance_is_found_by_it() {
    let inside = nic("eni-0", "10.0.1.9", json!({}));
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"Reservations": [{"Instances": [{"InstanceId": "i-web", "VpcId": "vpc-made", "NetworkInterfaces": [inside]}]}]}),
        json!({"NetworkInterfaces": [nic("eni-0", "10.0.1.9", json!({"Attachment": {"DeviceIndex": 0}}))]}),
    ]);
    assert_eq!(vpc(&capture).instances.len(), 1);
    assert_eq!(instance(&capture, "i-web").value.interfaces.len(), 1);
}

#[test]
fn block_public_access_is_told() {
    let options = |mode: &str| json!({"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": mode}});
    assert!(codes(&read(&[vpcs(), options("off")])).is_empty());
    assert_eq!(codes(&read(&[vpcs(), options("block-ingress")])), ["AWS021"]);
}

#[test]
fn an_instance_that_only_its_interface_tells_of() {
    let attached = json!({"Attachment": {"InstanceId": "i-unseen", "DeviceIndex": 0, "Status": "attached"}});
    let capture =
        read(&[vpcs(), subnets(), json!({"NetworkInterfaces": [nic("eni-0", "10.0.1.9", attached)]})]);
    assert_eq!(instance(&capture, "i-unseen").value.kind.value, InstanceKind::Ec2);
    assert!(capture.topology.completeness.is_missing(CaptureKind::Instances));
}

#[test]
fn gateways() {
    let capture = read(&[
        vpcs(),
        subnets(),
        json!({"RouteTables": [{"RouteTableId": "rtb-edge", "VpcId": "vpc-made",
            "Associations": [{"GatewayId": "igw-made"}], "Routes": []}]}),
        json!({"InternetGateways": [
            {"InternetGatewayId": "igw-loose", "Attachments": []},
            {"InternetGatewayId": "igw-made", "Attachments": [{"VpcId": "vpc-made", "State": "available"}]}]}),
        json!({"EgressOnlyInternetGateways": [{"EgressOnlyInternetGatewayId": "eigw-made",
            "Attachments": [{"VpcId": "vpc-made", "State": "attached"}]}]}),
        json!({"NatGateways": [
            {"NatGatewayId": "nat-a", "VpcId": "vpc-made", "SubnetId": "subnet-a", "State": "available",
             "NatGatewayAddresses": [{"PrivateIp": "10.0.1.40", "PublicIp": "203.0.113.40"}]},
            {"NatGatewayId": "nat-odd", "VpcId": "vpc-made", "SubnetId": "subnet-a", "State": "deleting",
             "ConnectivityType": "private", "NatGatewayAddresses": [{"PrivateIp": "172.16.9.9"}]},
            {"NatGatewayId": "nat-regional", "VpcId": "vpc-made", "State": "available"}]}),
    ]);
    let own = vpc(&capture).internet_gateway.as_ref().unwrap();
    assert_eq!((own.name.value.as_str(), own.attached.value), ("igw-made", true));
    assert_eq!(own.route_table.as_ref().unwrap().value, "rtb-edge");
    assert_eq!(vpc(&capture).egress_only_internet_gateway.as_ref().unwrap().name.value, "eigw-made");
    let nat = vpc(&capture).nat_gateways.get("nat-a").unwrap();
    assert_eq!(nat.private_ip.unwrap().value, "10.0.1.40".parse::<std::net::Ipv4Addr>().unwrap());
    assert_eq!(nat.public_ip.unwrap().value, "203.0.113.40".parse::<std::net::Ipv4Addr>().unwrap());
    let odd = vpc(&capture).nat_gateways.get("nat-odd").unwrap();
    assert_eq!((odd.private_ip, odd.state.value), (None, GatewayState::Deleting));
    assert_eq!(odd.connectivity.value, Connectivity::Private);
    assert!(codes(&capture).contains(&"AWS005"), "an address outside the subnet is told of");
    assert!(capture.topology.unmodelled.iter().any(|one| one.kind == "regional NAT gateway"));
    assert_eq!(capture.inventory.kinds.get("internet gateway").unwrap().ignored, 1);
}

#[test]
fn an_active_route_proves_a_gateway_that_was_not_captured() {
    let capture = read(&[vpcs(), subnets(), tables()]);
    let own = vpc(&capture).internet_gateway.as_ref().unwrap();
    assert!(own.name.value == "igw-made" && own.attached.value);
    assert_eq!(shown(&capture, own.name.place), "rtb-a 0.0.0.0/0 (2.json)");
    assert!(vpc(&capture).egress_only_internet_gateway.is_none(), "the route to it has no state");
    let none = read(&[vpcs(), subnets(), tables(), json!({"InternetGateways": []})]);
    assert!(vpc(&none).internet_gateway.is_none(), "captured, and there is none");
}

#[test]
fn a_peering_names_a_vpc_that_was_not_captured() {
    let peering = |tag: &str| {
        json!({"VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-made", "Status": {"Code": "pending-acceptance"},
            "RequesterVpcInfo": {"VpcId": "vpc-made", "Region": "eu-west-1", "CidrBlock": "10.0.0.0/16",
                "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.9.0.0/16"}]},
            "AccepterVpcInfo": {"VpcId": "vpc-theirs", "OwnerId": "444455556666", "CidrBlock": "10.7.0.0/16",
                "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "2001:db8:7::/56"}]},
            "Tags": [{"Key": "Name", "Value": tag}]}]})
    };
    // Both sides were captured, each with its own tags.
    let capture = read(&[vpcs(), peering("ours"), peering("theirs")]);
    assert_eq!(capture.topology.peering_connections.len(), 1);
    let entry = capture.topology.peering_connections.entry("pcx-made").unwrap();
    assert_eq!(entry.value.status.value, PeeringStatus::PendingAcceptance);
    assert_eq!(entry.value.accepter.value, "vpc-theirs");
    assert_eq!((entry.value.requester_cidrs.len(), entry.value.accepter_cidrs.len()), (2, 2));
    assert_eq!(vpc(&capture).region.as_ref().unwrap().value, "eu-west-1");
    assert!(codes(&capture).is_empty());
}

#[test]
fn entries_of_prefix_lists_come_from_the_file_name_a_wrapper_or_the_list() {
    let capture = read_files(&[
        ("vpcs.json", &vpcs().to_string()),
        (
            "lists.json",
            r#"{"PrefixLists": [
            {"PrefixListId": "pl-0aa", "PrefixListName": "office", "MaxEntries": 5},
            {"PrefixListId": "pl-0bb", "PrefixListName": "com.amazonaws.eu-west-1.s3", "Cidrs": ["203.0.113.0/24"]},
            {"PrefixListId": "pl-0cc", "PrefixListName": "unknown"}]}"#,
        ),
        ("ec2.get-managed-prefix-list-entries.pl-0aa.json", r#"{"Entries": [{"Cidr": "192.0.2.0/24"}]}"#),
        ("wrapped.json", r#"{"PrefixListId": "pl-0dd", "Entries": []}"#),
    ]);
    let lists = &capture.topology.prefix_lists;
    let entries = |id: &str| lists.get(id).unwrap().entries.as_ref().map(Vec::len);
    assert_eq!((entries("pl-0aa"), entries("pl-0bb")), (Some(1), Some(1)));
    assert_eq!((entries("pl-0cc"), entries("pl-0dd")), (None, Some(0)));
    assert_eq!(lists.get("pl-0aa").unwrap().max_entries.unwrap().value, 5);
    assert_eq!(lists.entry("pl-0aa").unwrap().aliases, ["office"]);
    assert!(capture.topology.completeness.is_missing(CaptureKind::PrefixListEntries));
}

#[test]
fn what_is_not_modelled_is_named_and_counted() {
    let capture = read(&[
        vpcs(),
        json!({"CustomerGateways": [{"CustomerGatewayId": "cgw-made", "IpAddress": "198.51.100.7"}]}),
        json!({"Functions": [{"FunctionName": "in", "VpcConfig": {"VpcId": "vpc-made", "SubnetIds": ["subnet-a"]}},
                             {"FunctionName": "out"}]}),
        json!({"LaunchTemplates": [{}, {}], "Weather": [{}, {}, {}], "ResponseMetadata": {"HTTPStatusCode": 200}}),
    ]);
    let found: Vec<_> =
        capture.topology.unmodelled.iter().map(|one| (one.kind.as_str(), one.name.value.as_str())).collect();
    let expected = [("customer gateway", "cgw-made"), ("Lambda function", "in")];
    assert_eq!(found, expected);
    let customer = capture.topology.unmodelled.first().unwrap();
    assert_eq!(customer.addresses, ["198.51.100.7".parse::<std::net::IpAddr>().unwrap()]);
    assert_eq!(capture.topology.unmodelled.get(1).unwrap().vpc.as_deref(), Some("vpc-made"));
    let inventory = &capture.inventory;
    assert_eq!((inventory.read(), inventory.not_modelled(), inventory.ignored()), (9, 2, 6));
    assert!(codes(&capture).contains(&"AWS022"), "nobody knows Weather");
}

#[test]
fn completeness_names_the_calls_that_are_missing() {
    let capture = read(&[vpcs(), subnets(), tables()]);
    let Completeness::Partial { missing } = &capture.topology.completeness else {
        panic!("a capture is partial")
    };
    assert!(missing.contains(&CaptureKind::SecurityGroups) && !missing.contains(&CaptureKind::RouteTables));
    assert_eq!(&capture.inventory.missing, missing);
    let told = capture.diagnostics.iter().find(|one| one.code == "AWS018").unwrap();
    assert!(told.help.as_ref().unwrap().contains("aws ec2 describe-network-acls"));
}
