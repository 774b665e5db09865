//! Real and emulated captures, counted a second time by other means; and captures gone wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod json_damage;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use json_damage::{any_json, mutate};
use proptest::prelude::*;
use serde_json::{Value, json};
use vpcreach::source::aws::{self, Capture};
use vpcreach::source::{self, Loaded, recognise};
use vpcreach::topology::{PublicIp, Vpc};

/// The folders of captures, or none with a line that says so.
fn corpus() -> Vec<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/inputs");
    let root = std::env::var_os("VPCREACH_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let mut folders = Vec::new();
    for group in ["aws-real", "aws-emulated", "aws-cli"] {
        let Ok(entries) = std::fs::read_dir(root.join(group)) else { continue };
        folders.extend(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    folders.sort();
    if folders.is_empty() {
        println!("SKIPPED: corpus not found");
    }
    folders
}

fn load(folder: &Path) -> Capture {
    match source::read(folder) {
        Ok(Loaded::Aws(capture)) => *capture,
        other => panic!("{}: {other:?}", folder.display()),
    }
}

/// Every element below a top-level key, each id once.
#[derive(Default)]
struct Plain(BTreeMap<String, BTreeMap<String, Value>>);

impl Plain {
    fn of(folder: &Path) -> Self {
        let mut plain = Self::default();
        plain.add(folder);
        plain
    }

    fn add(&mut self, folder: &Path) {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                self.add(&path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                for (key, list) in document.as_object().unwrap() {
                    for element in list.as_array().into_iter().flatten() {
                        self.add_element(key, element);
                    }
                }
            }
        }
    }

    fn add_element(&mut self, key: &str, element: &Value) {
        const IDS: &[(&str, &str)] = &[
            ("Vpcs", "VpcId"),
            ("Subnets", "SubnetId"),
            ("RouteTables", "RouteTableId"),
            ("NetworkAcls", "NetworkAclId"),
            ("SecurityGroups", "GroupId"),
            ("SecurityGroupRules", "SecurityGroupRuleId"),
            ("NetworkInterfaces", "NetworkInterfaceId"),
            ("InternetGateways", "InternetGatewayId"),
            ("NatGateways", "NatGatewayId"),
            ("VpcPeeringConnections", "VpcPeeringConnectionId"),
        ];
        if let Some((_, id)) = IDS.iter().find(|(known, _)| *known == key) {
            let id = element.get(id).unwrap().as_str().unwrap();
            self.0.entry(key.to_owned()).or_default().entry(id.to_owned()).or_insert_with(|| element.clone());
        }
    }

    fn ids(&self, key: &str) -> BTreeSet<&str> {
        self.0.get(key).into_iter().flatten().map(|(id, _)| id.as_str()).collect()
    }

    /// Elements of those VPCs that were captured.
    fn inside(&self, key: &str) -> Vec<&Value> {
        let vpcs = self.ids("Vpcs");
        let all = self.0.get(key).into_iter().flatten().map(|(_, element)| element);
        all.filter(|element| vpcs.contains(element.get("VpcId").and_then(Value::as_str).unwrap_or_default()))
            .collect()
    }

    /// How long the lists in that field are, over these elements.
    fn lengths(elements: &[&Value], field: &str, wanted: impl Fn(&Value) -> bool) -> usize {
        let lists = elements.iter().filter_map(|element| element.get(field)?.as_array());
        lists.flatten().filter(|element| wanted(element)).count()
    }
}

fn sum(capture: &Capture, count: impl Fn(&Vpc) -> usize) -> usize {
    capture.topology.vpcs.iter().map(|entry| count(&entry.value)).sum()
}

#[test]
fn every_capture_of_the_corpus_is_read_to_the_last_rule() {
    for folder in corpus() {
        let capture = load(&folder);
        let plain = Plain::of(&folder);
        let name = folder.display();
        for (kind, key) in [
            ("VPC", "Vpcs"),
            ("subnet", "Subnets"),
            ("route table", "RouteTables"),
            ("network ACL", "NetworkAcls"),
            ("security group", "SecurityGroups"),
            ("security group rule", "SecurityGroupRules"),
            ("network interface", "NetworkInterfaces"),
            ("internet gateway", "InternetGateways"),
            ("NAT gateway", "NatGateways"),
            ("VPC peering connection", "VpcPeeringConnections"),
        ] {
            assert_eq!(capture.inventory.count(kind), plain.ids(key).len(), "{name}: {kind}");
        }
        assert_eq!(capture.topology.vpcs.len(), plain.ids("Vpcs").len(), "{name}");
        assert_eq!(sum(&capture, |vpc| vpc.subnets.len()), plain.inside("Subnets").len(), "{name}");
        check_routes(&capture, &plain);
        check_rules(&capture, &plain);
        check_interfaces(&capture, &plain);
        let errors: Vec<_> = capture.diagnostics.iter().filter(|one| one.is_error()).collect();
        assert!(errors.is_empty() || capture.topology.vpcs.is_empty(), "{name}: {errors:?}");
        assert!(capture.diagnostics.len() < 12, "{name}: flaws are grouped");
    }
}

fn check_routes(capture: &Capture, plain: &Plain) {
    let tables = plain.inside("RouteTables");
    let elsewhere = |route: &Value| route.get("GatewayId").and_then(Value::as_str) != Some("local");
    let routes = sum(capture, |vpc| vpc.route_tables.iter().map(|table| table.value.routes.len()).sum());
    assert_eq!(routes, Plain::lengths(&tables, "Routes", elsewhere));
    let acls = plain.inside("NetworkAcls");
    let numbered = |entry: &Value| entry.get("RuleNumber").unwrap().as_u64().unwrap() < 32767;
    let rules = sum(capture, |vpc| {
        vpc.network_acls.iter().map(|acl| acl.value.inbound.len() + acl.value.outbound.len()).sum()
    });
    assert_eq!(rules, Plain::lengths(&acls, "Entries", numbered));
}

fn check_rules(capture: &Capture, plain: &Plain) {
    let groups = plain.inside("SecurityGroups");
    let mut peers = 0;
    for list in ["IpPermissions", "IpPermissionsEgress"] {
        for permission in groups.iter().filter_map(|group| group.get(list)?.as_array()).flatten() {
            for field in ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"] {
                peers += permission.get(field).and_then(Value::as_array).map_or(0, Vec::len);
            }
        }
    }
    let rules = |vpc: &Vpc| -> Vec<Option<String>> {
        let groups = vpc.security_groups.iter().map(|group| &group.value);
        let rules = groups.flat_map(|group| group.inbound.iter().chain(&group.outbound).flatten());
        rules.map(|rule| rule.id.clone()).collect()
    };
    assert_eq!(sum(capture, |vpc| rules(vpc).len()), peers);
    if !plain.ids("SecurityGroupRules").is_empty() {
        let named = sum(capture, |vpc| rules(vpc).into_iter().flatten().count());
        assert_eq!(named, peers, "every rule has its sgr- id");
    }
}

/// Every interface is somewhere, and it is known of each whether it has a public address.
fn check_interfaces(capture: &Capture, plain: &Plain) {
    let instances = capture.topology.vpcs.iter().flat_map(|vpc| &vpc.value.instances);
    // A node of a load balancer that has no interface yet may get any public address.
    let is_made_up =
        |entry: &vpcreach::topology::Entry<vpcreach::topology::Interface>| !entry.name().starts_with("eni-");
    let instances = instances.filter(|instance| {
        let is_balancer = instance.value.kind.value == vpcreach::topology::InstanceKind::LoadBalancer;
        !is_balancer || !instance.value.interfaces.iter().any(is_made_up)
    });
    let interfaces: Vec<_> = instances.flat_map(|instance| &instance.value.interfaces).collect();
    let ids: BTreeSet<&str> = interfaces.iter().map(|interface| interface.name()).collect();
    for interface in plain.inside("NetworkInterfaces") {
        let id = interface.get("NetworkInterfaceId").unwrap().as_str().unwrap();
        assert!(ids.contains(id), "{id}");
    }
    let explicit = |value| matches!(value, PublicIp::None | PublicIp::Address(_));
    assert!(interfaces.iter().all(|interface| explicit(interface.value.public_ip.value)));
}

#[test]
fn the_same_bytes_give_the_same_topology() {
    for folder in corpus().into_iter().take(8) {
        assert_eq!(format!("{:?}", load(&folder)), format!("{:?}", load(&folder)));
    }
}

/// One answer of every kind that has a type of its own.
fn samples() -> Value {
    json!({
        "Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "Tags": [{"Key": "Name", "Value": "a"}],
            "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}]}],
        "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a"}],
        "RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true}, {"SubnetId": "subnet-1"}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}],
        "NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Associations": [{"SubnetId": "subnet-1"}],
            "Entries": [{"RuleNumber": 100, "Egress": true, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0",
                "PortRange": {"From": 1, "To": 2}, "IcmpTypeCode": {"Type": 8, "Code": 0}}]}],
        "SecurityGroups": [{"GroupId": "sg-1", "GroupName": "default", "VpcId": "vpc-1", "IpPermissions": [{"IpProtocol": "tcp",
            "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": [{"GroupId": "sg-1"}]}]}],
        "SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-1", "IsEgress": false, "IpProtocol": "tcp",
            "FromPort": 1, "ToPort": 2, "CidrIpv4": "0.0.0.0/0"}],
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "VpcId": "vpc-1", "Status": "in-use",
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.1.5", "Association": {"PublicIp": "203.0.113.1"}}],
            "Attachment": {"InstanceId": "i-1", "DeviceIndex": 0}, "Groups": [{"GroupId": "sg-1"}]}],
        "Reservations": [{"Instances": [{"InstanceId": "i-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": {"Name": "running"}}]}],
        "Addresses": [{"PublicIp": "203.0.113.1", "NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.1.5"}],
        "InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}],
        "EgressOnlyInternetGateways": [{"EgressOnlyInternetGatewayId": "eigw-1", "Attachments": [{"VpcId": "vpc-1"}]}],
        "NatGateways": [{"NatGatewayId": "nat-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": "available",
            "NatGatewayAddresses": [{"PrivateIp": "10.0.1.6", "PublicIp": "203.0.113.2", "NetworkInterfaceId": "eni-2"}]}],
        "VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": "active"},
            "RequesterVpcInfo": {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}, "AccepterVpcInfo": {"VpcId": "vpc-2"}}],
        "PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "a", "MaxEntries": 3, "Cidrs": ["192.0.2.0/24"]}],
        "Entries": [{"Cidr": "192.0.2.0/24"}], "PrefixListId": "pl-1", "NextToken": "x",
        "VpcEndpoints": [{"VpcEndpointId": "vpce-1", "NetworkInterfaceIds": ["eni-3"], "VpcId": "vpc-1"}],
        "Functions": [{"FunctionName": "f", "VpcConfig": {"SubnetIds": ["subnet-1"]}}],
        "LaunchTemplates": [{}],
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_the_reader_panic(
        changes in prop::collection::vec((prop::collection::vec(0usize..40, 1..7), any_json(Just(Value::from("local")).boxed(), "[A-Z][a-z]{1,6}")), 0..6),
        cut in prop::option::of(0usize..4000),
    ) {
        let mut document = samples();
        for (steps, by) in changes {
            mutate(&mut document, &steps, by);
        }
        let mut bytes = document.to_string().into_bytes();
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        recognise("a.json", &bytes);
        let files = [("eu-west-1/a.json".to_owned(), bytes), ("b.json".to_owned(), samples().to_string().into_bytes())];
        let capture = aws::read(&files);
        prop_assert_eq!(capture.inventory.files, 2);
    }
}
