//! Terraform plans laid over a capture: what others own stays, what the plan changes changes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::PathBuf;

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, Verdict, answer};
use vpcreach::source::terraform::{self, Plan};
use vpcreach::source::{self, Loaded, aws};
use vpcreach::topology::Topology;

fn interface(id: &str, subnet: &str, ip: &str, groups: &[&str], public: Option<&str>) -> Value {
    let groups: Vec<Value> = groups.iter().map(|id| json!({"GroupId": id, "GroupName": id})).collect();
    let instance = id.replace("eni-", "i-");
    let association = public.map(|ip| json!({"PublicIp": ip, "IpOwnerId": "111122223333"}));
    json!({"NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": "vpc-1", "PrivateIpAddress": ip,
        "Groups": groups, "SourceDestCheck": true, "Status": "in-use", "InterfaceType": "interface",
        "Association": association, "Attachment": {"InstanceId": instance, "DeviceIndex": 0, "Status": "attached"},
        "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": ip, "Association": association}]})
}

fn allows(protocol: &str, port: u16, peer: &Value) -> Value {
    let mut rule = json!({"IpProtocol": protocol, "IpRanges": [], "UserIdGroupPairs": []});
    if protocol != "-1" {
        rule["FromPort"] = json!(port);
        rule["ToPort"] = json!(port);
    }
    match peer.as_str() {
        Some(cidr) => rule["IpRanges"] = json!([{"CidrIp": cidr}]),
        None => rule["UserIdGroupPairs"] = peer.clone(),
    }
    rule
}

/// A public subnet with a web server, a private one with a database, and a rule that somebody made by hand.
fn capture() -> Topology {
    let web = json!([{"GroupId": "sg-web"}]);
    let entry = |egress: bool| json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0"});
    let routes = |public: bool| {
        let local = json!({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"});
        let out = json!({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active", "Origin": "CreateRoute"});
        if public { json!([local, out]) } else { json!([local]) }
    };
    let group = |id: &str, inbound: Value, outbound: Value| {
        json!({"GroupId": id, "GroupName": if id == "sg-default" { "default" } else { id }, "VpcId": "vpc-1",
            "IpPermissions": inbound, "IpPermissionsEgress": outbound})
    };
    let everything = allows("-1", 0, &json!("0.0.0.0/0"));
    let instance = |id: &str, interface: &Value| {
        json!({"InstanceId": id, "State": {"Name": "running"},
        "SubnetId": interface["SubnetId"], "VpcId": "vpc-1", "NetworkInterfaces": [interface]})
    };
    let (server, database) = (
        interface("eni-web", "subnet-public", "10.0.1.5", &["sg-web"], Some("198.51.100.5")),
        interface("eni-db", "subnet-private", "10.0.2.5", &["sg-db"], None),
    );
    let documents = [
        json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333"}]}),
        json!({"Subnets": [
            {"SubnetId": "subnet-public", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a"},
            {"SubnetId": "subnet-private", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1a"}]}),
        json!({"RouteTables": [
            {"RouteTableId": "rtb-main", "VpcId": "vpc-1", "Associations": [{"Main": true, "RouteTableId": "rtb-main"}], "Routes": routes(false), "PropagatingVgws": []},
            {"RouteTableId": "rtb-public", "VpcId": "vpc-1", "Associations": [{"Main": false, "SubnetId": "subnet-public", "RouteTableId": "rtb-public"}],
             "Routes": routes(true), "PropagatingVgws": []}]}),
        json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Entries": [entry(true), entry(false)],
            "Associations": [{"SubnetId": "subnet-public", "NetworkAclId": "acl-1"}, {"SubnetId": "subnet-private", "NetworkAclId": "acl-1"}]}]}),
        json!({"SecurityGroups": [
            group("sg-default", json!([]), json!([everything])),
            group("sg-web", json!([allows("tcp", 443, &json!("0.0.0.0/0"))]), json!([everything])),
            group("sg-db", json!([allows("tcp", 5432, &web), allows("tcp", 9100, &web)]), json!([]))]}),
        json!({"NetworkInterfaces": [server, database]}),
        json!({"Reservations": [{"Instances": [instance("i-web", &server), instance("i-db", &database)]}]}),
        json!({"InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}),
        json!({"NatGateways": []}),
        json!({"EgressOnlyInternetGateways": []}),
        json!({"VpcPeeringConnections": []}),
        json!({"TransitGateways": []}),
    ];
    let name = |at: usize| format!("{at}.json");
    let files: Vec<(String, Vec<u8>)> =
        documents.iter().enumerate().map(|(at, one)| (name(at), one.to_string().into_bytes())).collect();
    let capture = aws::read(&files);
    assert!(capture.diagnostics.iter().all(|one| !one.is_error()), "{:#?}", capture.diagnostics);
    capture.topology
}

/// A change: address, before, after, and what is known only after apply.
type Change = (&'static str, Value, Value, Value);

fn plan(changes: &[Change]) -> Vec<u8> {
    let shown = |address: &str, values: &Value| {
        let (kind, name) = address.split_once('.').unwrap();
        json!({"address": address, "mode": "managed", "type": kind, "name": name, "values": values})
    };
    let side = |of: fn(&Change) -> &Value| -> Vec<Value> {
        changes.iter().filter(|one| !of(one).is_null()).map(|one| shown(one.0, of(one))).collect()
    };
    let listed: Vec<Value> = changes
        .iter()
        .map(|(address, before, after, unknown)| {
            let (kind, name) = address.split_once('.').unwrap();
            let actions = match (before.is_null(), after.is_null()) {
                (true, _) => json!(["create"]),
                (_, true) => json!(["delete"]),
                _ if before == after => json!(["no-op"]),
                _ => json!(["update"]),
            };
            json!({"address": address, "mode": "managed", "type": kind, "name": name,
                "change": {"actions": actions, "before": before, "after": after, "after_unknown": unknown}})
        })
        .collect();
    let configuration: Vec<Value> = changes
        .iter()
        .map(|(address, ..)| {
            let (kind, name) = address.split_once('.').unwrap();
            json!({"address": address, "mode": "managed", "type": kind, "name": name, "expressions": {}})
        })
        .collect();
    json!({"format_version": "1.2", "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": side(|one| &one.2)}},
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": side(|one| &one.1)}}},
        "resource_changes": listed,
        "configuration": {"root_module": {"resources": configuration}}})
    .to_string()
    .into_bytes()
}

fn over(changes: &[Change]) -> Plan {
    let plan = terraform::read_over("plan.json", &plan(changes), capture());
    assert!(plan.diagnostics.iter().all(|one| !one.is_error()), "{:#?}", plan.diagnostics);
    plan
}

fn network(changes: &[Change]) -> Network {
    let (network, problems) = Network::compile(&over(changes).topology);
    assert!(problems.iter().all(|one| !one.is_error()), "{problems:#?}");
    network
}

fn verdict(network: &Network, from: &str, to: &str) -> &'static str {
    let question = Question::parse(network, from, to, None, &Options::default()).unwrap();
    match answer(network, &question).verdict {
        Verdict::Reachable => "reachable",
        Verdict::Blocked => "blocked",
        Verdict::Partial => "partial",
        Verdict::Undetermined => "undetermined",
    }
}

/// What the capture alone answers.
const NOW: [(&str, &str, &str); 6] = [
    ("internet", "i-web:443", "reachable"),
    ("internet", "i-web:22", "blocked"),
    ("i-web", "i-db:5432", "reachable"),
    ("i-web", "i-db:9100", "reachable"),
    ("i-web", "i-db:443", "blocked"),
    ("i-db", "i-web:443", "blocked"),
];

fn web(groups: &[&str]) -> Value {
    json!({"id": "i-web", "subnet_id": "subnet-public", "private_ip": "10.0.1.5", "public_ip": "198.51.100.5",
        "associate_public_ip_address": true, "vpc_security_group_ids": groups, "primary_network_interface_id": "eni-web"})
}

fn rule(port: u16) -> Value {
    json!({"id": "sgrule-1", "type": "ingress", "security_group_id": "sg-db", "protocol": "tcp", "from_port": port,
        "to_port": port, "source_security_group_id": "sg-web", "cidr_blocks": null, "self": false})
}

fn new_host() -> Change {
    let values = json!({"subnet_id": "subnet-private", "vpc_security_group_ids": ["sg-web"], "associate_public_ip_address": null});
    ("aws_instance.app", Value::Null, values, json!({"id": true, "private_ip": true, "public_ip": true}))
}

#[test]
fn a_plan_that_changes_nothing_changes_nothing() {
    for changes in [vec![], vec![("aws_instance.web", web(&["sg-web"]), web(&["sg-web"]), json!({}))]] {
        let network = network(&changes);
        for (from, to, expected) in NOW {
            assert_eq!(verdict(&network, from, to), expected, "{from} {to}");
        }
    }
    let network = network(&[("aws_instance.web", web(&["sg-web"]), web(&["sg-web"]), json!({}))]);
    assert_eq!(verdict(&network, "aws_instance.web", "i-db:5432"), "reachable");
}

/// A new host, in a subnet and a group that the plan only names by their ids.
#[test]
fn what_is_new_is_among_what_is_there() {
    let network = network(&[new_host()]);
    for (from, to, expected) in NOW {
        assert_eq!(verdict(&network, from, to), expected, "{from} {to}");
    }
    assert_eq!(verdict(&network, "aws_instance.app", "i-db:5432"), "reachable");
    assert_eq!(verdict(&network, "aws_instance.app", "i-db:443"), "blocked");
    assert_eq!(verdict(&network, "i-web", "aws_instance.app:443"), "reachable");
    assert_eq!(verdict(&network, "i-web", "aws_instance.app:22"), "blocked");
    assert_eq!(verdict(&network, "internet", "aws_instance.app:443"), "blocked");
    assert_eq!(verdict(&network, "aws_instance.app", "internet:443"), "blocked");
}

#[test]
fn rules_come_and_go_and_those_of_others_stay() {
    let gone = network(&[("aws_security_group_rule.db", rule(5432), Value::Null, json!({}))]);
    assert_eq!(verdict(&gone, "i-web", "i-db:5432"), "blocked");
    assert_eq!(verdict(&gone, "i-web", "i-db:9100"), "reachable");
    let new = network(&[("aws_security_group_rule.db", Value::Null, rule(6432), json!({"id": true}))]);
    for port in ["5432", "9100", "6432"] {
        assert_eq!(verdict(&new, "i-web", &format!("i-db:{port}")), "reachable", "{port}");
    }
    assert_eq!(verdict(&new, "i-web", "i-db:443"), "blocked");
    let changed = network(&[("aws_security_group_rule.db", rule(5432), rule(6432), json!({}))]);
    assert_eq!(verdict(&changed, "i-web", "i-db:5432"), "blocked");
    assert_eq!(verdict(&changed, "i-web", "i-db:6432"), "reachable");
    assert_eq!(verdict(&changed, "i-web", "i-db:9100"), "reachable");
}

#[test]
fn routes_come_and_go() {
    let route = json!({"id": "r-1", "route_table_id": "rtb-public", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"});
    let gone = network(&[("aws_route.out", route.clone(), Value::Null, json!({}))]);
    assert_eq!(verdict(&gone, "internet", "i-web:443"), "blocked");
    assert_eq!(verdict(&gone, "i-web", "i-db:5432"), "reachable");
    let mut private = route;
    private["route_table_id"] = json!("rtb-main");
    let new = network(&[("aws_route.more", Value::Null, private, json!({"id": true})), new_host()]);
    assert_eq!(verdict(&new, "internet", "i-web:443"), "reachable");
    // It still has no public address.
    assert_eq!(verdict(&new, "internet", "aws_instance.app:443"), "blocked");
}

#[test]
fn a_host_changes_its_groups_and_keeps_the_rest() {
    let network = network(&[("aws_instance.web", web(&["sg-web"]), web(&["sg-default"]), json!({}))]);
    assert_eq!(verdict(&network, "i-web", "i-db:5432"), "blocked");
    assert_eq!(verdict(&network, "internet", "198.51.100.5:443"), "blocked");
    assert_eq!(verdict(&network, "i-web", "internet:443"), "reachable");
}

#[test]
fn a_host_goes() {
    let plan = over(&[("aws_instance.web", web(&["sg-web"]), Value::Null, json!({}))]);
    let network = Network::compile(&plan.topology).0;
    assert!(Question::parse(&network, "internet", "i-web:443", None, &Options::default()).is_err());
    assert_eq!(verdict(&network, "i-db", "internet:443"), "blocked");
}

/// What the capture does not know under its id is told.
#[test]
fn what_is_not_in_the_capture_is_told() {
    let ghost = |groups: &[&str]| {
        let mut ghost = web(groups);
        ghost["id"] = json!("i-ghost");
        ghost["private_ip"] = json!("10.0.1.77");
        ghost
    };
    let plan = over(&[("aws_instance.ghost", ghost(&["sg-web"]), ghost(&["sg-default"]), json!({}))]);
    let told: Vec<&str> =
        plan.diagnostics.iter().filter(|one| one.code == "TF034").map(|one| one.message.as_str()).collect();
    assert!(matches!(told.as_slice(), [one] if one.contains("i-ghost")), "{told:?}");
    assert!(over(&[new_host()]).diagnostics.iter().all(|one| one.code != "TF034"));
}

#[test]
fn a_state_changes_nothing() {
    let state = json!({"version": 4, "terraform_version": "1.9.8", "resources": []}).to_string();
    let plan = terraform::read_over("terraform.tfstate", state.as_bytes(), capture());
    assert!(plan.diagnostics.iter().any(|one| one.code == "TF007"), "{:#?}", plan.diagnostics);
}

/// The plans of others, over captures of others: what such a plan makes is elsewhere, so that nothing changes for what is
/// in the capture.
#[test]
fn plans_of_others_change_nothing_elsewhere() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/inputs");
    let root = std::env::var_os("VPCREACH_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let Ok(plans) = std::fs::read_dir(root.join("terraform-plan")) else {
        println!("SKIPPED: corpus not found");
        return;
    };
    let read = |folder: &str| match source::read(&root.join(folder)) {
        Ok(Loaded::Aws(capture)) => capture.topology,
        other => panic!("{other:?}"),
    };
    let captures = ["aws-emulated/peering-demo", "aws-emulated/cdk-BastionNacl"].map(read);
    let mut plans: Vec<PathBuf> = plans.flatten().map(|entry| entry.path()).collect();
    plans.sort();
    let (mut asked, mut laid) = (0, 0);
    for path in plans {
        let Ok(Loaded::Terraform { name, bytes }) = source::read(&path) else { continue };
        for capture in &captures {
            let plan = terraform::read_over(&name, &bytes, capture.clone());
            if plan.diagnostics.iter().any(|one| one.is_error()) {
                continue;
            }
            laid += 1;
            let (alone, _) = Network::compile(capture);
            let (network, _) = Network::compile(&plan.topology);
            let hosts: Vec<String> = alone
                .instances
                .iter()
                .map(|(_, one)| one.name.clone())
                .filter(|name| name.starts_with("i-"))
                .collect();
            for from in hosts.iter().map(String::as_str).chain(["internet"]) {
                for to in &hosts {
                    for port in ["22", "443", "icmp"] {
                        let to = format!("{to}:{port}");
                        asked += 1;
                        assert_eq!(
                            verdict(&network, from, &to),
                            verdict(&alone, from, &to),
                            "{name}: {from} {to}"
                        );
                    }
                }
            }
        }
    }
    println!("{laid} plans laid over captures, {asked} questions");
    assert!(laid >= 20 && asked > 100, "{laid} {asked}");
}
