//! VPC endpoints in saved AWS answers: read, asked about, and written as a topology file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use vpcreach::network::{Code, Network};
use vpcreach::reach::{Options, Question, Verdict, answer};
use vpcreach::source::aws;
use vpcreach::topology::{Topology, rename, yaml};

fn read(documents: &[Value]) -> Topology {
    let files = documents.iter().enumerate();
    let files: Vec<(String, Vec<u8>)> =
        files.map(|(number, one)| (format!("{number}.json"), one.to_string().into_bytes())).collect();
    aws::read(&files).topology
}

fn nic(id: &str, address: &str, groups: &[&str], kind: &str) -> Value {
    let groups: Vec<Value> = groups.iter().map(|id| json!({"GroupId": id})).collect();
    json!({"NetworkInterfaceId": id, "SubnetId": "subnet-a", "VpcId": "vpc-made", "InterfaceType": kind,
        "Status": "in-use", "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}], "Groups": groups})
}

fn world(gateway_state: &str) -> Vec<Value> {
    let rule = |cidr: &str| json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": cidr}]});
    let all = json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]});
    let entry = |egress: bool| json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress, "CidrBlock": "0.0.0.0/0"});
    vec![
        json!({"Vpcs": [{"VpcId": "vpc-made", "CidrBlock": "10.0.0.0/16"}]}),
        json!({"Subnets": [
            {"SubnetId": "subnet-a", "VpcId": "vpc-made", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a"},
            {"SubnetId": "subnet-b", "VpcId": "vpc-made", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1b"}]}),
        json!({"RouteTables": [
            {"RouteTableId": "rtb-main", "VpcId": "vpc-made", "Associations": [{"Main": true}], "Routes": [
                {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                {"DestinationPrefixListId": "pl-63a5400a", "GatewayId": "vpce-gateway", "State": "active"}]},
            {"RouteTableId": "rtb-b", "VpcId": "vpc-made", "Associations": [{"SubnetId": "subnet-b"}], "Routes": [
                {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]}]}),
        json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-made", "IsDefault": true,
            "Entries": [entry(false), entry(true)],
            "Associations": [{"SubnetId": "subnet-a"}, {"SubnetId": "subnet-b"}]}]}),
        json!({"SecurityGroups": [
            {"GroupId": "sg-app", "GroupName": "app", "VpcId": "vpc-made", "IpPermissionsEgress": [all]},
            {"GroupId": "sg-open", "GroupName": "open", "VpcId": "vpc-made", "IpPermissions": [rule("10.0.0.0/16")]},
            {"GroupId": "sg-closed", "GroupName": "closed", "VpcId": "vpc-made", "IpPermissions": [rule("10.9.0.0/16")]}]}),
        json!({"NetworkInterfaces": [
            nic("eni-app", "10.0.1.10", &["sg-app"], "interface"),
            nic("eni-open", "10.0.1.20", &["sg-open"], "vpc_endpoint"),
            nic("eni-closed", "10.0.1.21", &["sg-closed"], "vpc_endpoint"),
            nic("eni-waiting", "10.0.1.22", &["sg-open"], "vpc_endpoint"),
            nic("eni-gwlb", "10.0.1.23", &[], "gateway_load_balancer_endpoint"),
            {"NetworkInterfaceId": "eni-other", "SubnetId": "subnet-b", "VpcId": "vpc-made", "InterfaceType": "interface",
             "Status": "in-use", "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.2.10"}],
             "Groups": [{"GroupId": "sg-app"}]}]}),
        json!({"Reservations": []}),
        json!({"InternetGateways": []}),
        json!({"EgressOnlyInternetGateways": []}),
        json!({"NatGateways": []}),
        json!({"VpcPeeringConnections": []}),
        json!({"PrefixLists": [{"PrefixListId": "pl-63a5400a", "PrefixListName": "com.amazonaws.eu-west-1.s3",
            "Cidrs": ["52.216.0.0/15"]}]}),
        json!({"VpcEndpoints": [
            {"VpcEndpointId": "vpce-gateway", "VpcEndpointType": "Gateway", "VpcId": "vpc-made", "State": gateway_state,
             "ServiceName": "com.amazonaws.eu-west-1.s3", "RouteTableIds": ["rtb-main"]},
            {"VpcEndpointId": "vpce-0123456789abcdef0", "VpcEndpointType": "Interface", "VpcId": "vpc-made", "State": "available",
             "ServiceName": "com.amazonaws.eu-west-1.sqs", "NetworkInterfaceIds": ["eni-open"], "PrivateDnsEnabled": true,
             "Tags": [{"Key": "Name", "Value": "queue"}]},
            {"VpcEndpointId": "vpce-closed", "VpcEndpointType": "Interface", "VpcId": "vpc-made", "State": "available",
             "ServiceName": "com.amazonaws.eu-west-1.sns", "NetworkInterfaceIds": ["eni-closed"]},
            {"VpcEndpointId": "vpce-waiting", "VpcEndpointType": "Interface", "VpcId": "vpc-made",
             "State": "pendingAcceptance", "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
             "NetworkInterfaceIds": ["eni-waiting"]},
            {"VpcEndpointId": "vpce-gwlb", "VpcEndpointType": "GatewayLoadBalancer", "VpcId": "vpc-made",
             "State": "available", "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-2",
             "NetworkInterfaceIds": ["eni-gwlb"]}]}),
    ]
}

fn ask(network: &Network, from: &str, to: &str) -> (Verdict, Vec<Code>) {
    let question = Question::parse(network, from, to, None, &Options::default()).unwrap();
    let found = answer(network, &question);
    let codes = found.traces.iter().flat_map(|trace| &trace.blockers).map(|blocker| blocker.code);
    (found.verdict, codes.collect())
}

fn check(network: &Network, names: [&str; 6], list: &str) {
    let [app, other, open, closed, waiting, gwlb] = names;
    let s3 = format!("pl:{list}:443");
    let at = |name: &str| format!("{name}:443");
    assert_eq!(ask(network, app, &s3), (Verdict::Reachable, vec![]));
    assert_eq!(ask(network, other, &s3).1, [Code::Vpe001]);
    assert_eq!(ask(network, app, &at(open)), (Verdict::Reachable, vec![]));
    assert_eq!(ask(network, other, &at(open)), (Verdict::Reachable, vec![]));
    assert_eq!(ask(network, app, &at(closed)), (Verdict::Blocked, vec![Code::Sg001]));
    assert_eq!(ask(network, app, &at(waiting)), (Verdict::Blocked, vec![Code::Vpe002]));
    assert_eq!(ask(network, open, &at(app)).0, Verdict::Blocked);
    assert_eq!(ask(network, open, &at(app)).1.first(), Some(&Code::Vpe005));
    assert_ne!(ask(network, app, &at(gwlb)).0, Verdict::Reachable);
}

#[test]
fn captured_endpoints_answer() {
    let (network, _) = Network::compile(&read(&world("available")));
    let names = ["eni-app", "eni-other", "vpce-0123456789abcdef0", "vpce-closed", "vpce-waiting", "eni-gwlb"];
    check(&network, names, "com.amazonaws.eu-west-1.s3");
    check(&network, ["eni-app", "eni-other", "queue", "vpce:vpce-closed", "vpce-waiting", "eni-gwlb"], "s3");
}

#[test]
fn imported_endpoints_answer_alike() {
    let renamed = rename(&read(&world("available")));
    let text = yaml::write(&renamed, yaml::WriteOptions::default()).unwrap();
    let (again, problems) = yaml::read("written.yaml", text.as_bytes());
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:#?}\n{text}");
    assert_eq!(yaml::write(&again, yaml::WriteOptions::default()).unwrap(), text);
    let (network, problems) = Network::compile(&again);
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:#?}\n{text}");
    let names = ["eni-app", "eni-other", "queue", "vpce-closed", "vpce-waiting", "eni-gwlb"];
    check(&network, names, "com.amazonaws.eu-west-1.s3");
}

#[test]
fn a_gateway_endpoint_that_goes_carries_nothing() {
    let (network, _) = Network::compile(&read(&world("deleting")));
    assert_eq!(ask(&network, "eni-app", "pl:s3:443"), (Verdict::Blocked, vec![Code::Vpe002]));
}

/// Without `describe-vpc-endpoints` nobody knows what the route leads to.
#[test]
fn what_was_not_captured_is_unknown() {
    let mut documents = world("available");
    documents.pop();
    let (network, _) = Network::compile(&read(&documents));
    assert_eq!(ask(&network, "eni-app", "pl:s3:443").0, Verdict::Undetermined);
    assert_eq!(ask(&network, "eni-app", "10.0.1.20:443").0, Verdict::Undetermined);
}
