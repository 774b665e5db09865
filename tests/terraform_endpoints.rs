//! VPC endpoints in Terraform states and in CloudFormation templates.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::cloudformation::{self, Settings};
use vpcreach::source::terraform::{self, Moment};
use vpcreach::topology::{Topology, rename, yaml};

fn ask(topology: &Topology, from: &str, to: &str) -> String {
    let (network, _) = Network::compile(topology);
    let question = Question::parse(&network, from, to, None, &Options::default()).unwrap();
    let found = answer(&network, &question);
    let codes = found.traces.iter().flat_map(|trace| &trace.blockers).map(|blocker| blocker.code.as_str());
    let codes: Vec<&str> = codes.take(1).collect();
    format!("{} {}", found.verdict.as_str(), codes.join(" ")).trim().to_owned()
}

/// What import writes says the same.
fn written(topology: &Topology) -> Topology {
    let text = yaml::write(&rename(topology), yaml::WriteOptions::default()).unwrap();
    let (again, problems) = yaml::read("written.yaml", text.as_bytes());
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:#?}\n{text}");
    assert_eq!(yaml::write(&again, yaml::WriteOptions::default()).unwrap(), text);
    again
}

fn resource(address: &str, attributes: &Value) -> Value {
    let (kind, name) = address.split_once('.').unwrap();
    json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": attributes}]})
}

fn state(more: Vec<Value>) -> Topology {
    let rule = json!([{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]);
    let https =
        json!([{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/16"]}]);
    let mut resources = vec![
        resource("aws_vpc.main", &json!({"id": "vpc-1", "cidr_block": "10.0.0.0/16"})),
        resource("aws_subnet.a", &json!({"id": "subnet-a", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24"})),
        resource("aws_subnet.b", &json!({"id": "subnet-b", "vpc_id": "vpc-1", "cidr_block": "10.0.2.0/24"})),
        resource("aws_route_table.a", &json!({"id": "rtb-a", "vpc_id": "vpc-1", "route": []})),
        resource("aws_route_table.b", &json!({"id": "rtb-b", "vpc_id": "vpc-1", "route": []})),
        resource(
            "aws_route_table_association.a",
            &json!({"subnet_id": "subnet-a", "route_table_id": "rtb-a"}),
        ),
        resource(
            "aws_route_table_association.b",
            &json!({"subnet_id": "subnet-b", "route_table_id": "rtb-b"}),
        ),
        resource(
            "aws_security_group.out",
            &json!({"id": "sg-out", "vpc_id": "vpc-1", "ingress": [], "egress": rule}),
        ),
        resource(
            "aws_security_group.in",
            &json!({"id": "sg-in", "vpc_id": "vpc-1", "ingress": https, "egress": []}),
        ),
        resource(
            "aws_instance.a",
            &json!({"id": "i-a", "subnet_id": "subnet-a", "private_ip": "10.0.1.10", "vpc_security_group_ids": ["sg-out"]}),
        ),
        resource(
            "aws_instance.b",
            &json!({"id": "i-b", "subnet_id": "subnet-b", "private_ip": "10.0.2.10", "vpc_security_group_ids": ["sg-out"]}),
        ),
    ];
    resources.extend(more);
    let document = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": resources});
    terraform::read("state.json", document.to_string().as_bytes(), Moment::After).topology
}

fn gateway(tables: &Value) -> Value {
    resource(
        "aws_vpc_endpoint.s3",
        &json!({"id": "vpce-s3", "vpc_id": "vpc-1", "vpc_endpoint_type": "Gateway", "route_table_ids": tables,
        "service_name": "com.amazonaws.eu-west-1.s3", "state": "available", "prefix_list_id": "pl-1", "cidr_blocks": []}),
    )
}

#[test]
fn a_gateway_endpoint_of_a_state() {
    let found = state(vec![gateway(&json!(["rtb-a"]))]);
    assert_eq!(ask(&found, "aws_instance.a", "pl:s3:443"), "reachable");
    assert_eq!(ask(&found, "aws_instance.b", "pl:s3:443"), "blocked VPE001");
    assert_eq!(ask(&found, "aws_instance.a", "pl:com.amazonaws.eu-west-1.s3:443"), "reachable");
    assert_eq!(ask(&found, "aws_instance.a", "52.216.1.1:443"), "undetermined UND003");
    written(&found);
}

#[test]
fn an_association_is_a_route_too() {
    let association = json!({"vpc_endpoint_id": "vpce-s3", "route_table_id": "rtb-b"});
    let association = resource("aws_vpc_endpoint_route_table_association.b", &association);
    let found = state(vec![gateway(&json!([])), association]);
    assert_eq!(ask(&found, "aws_instance.b", "pl:s3:443"), "reachable");
    assert_eq!(ask(&found, "aws_instance.a", "pl:s3:443"), "blocked VPE001");
}

fn interface(more: &Value) -> Value {
    let mut values = json!({"id": "vpce-sqs", "vpc_id": "vpc-1", "vpc_endpoint_type": "Interface",
        "service_name": "com.amazonaws.eu-west-1.sqs", "state": "available", "private_dns_enabled": true});
    values.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    resource("aws_vpc_endpoint.sqs", &values)
}

#[test]
fn interface_endpoints_of_a_state() {
    let whole = json!({"subnet_ids": ["subnet-a", "subnet-b"], "security_group_ids": ["sg-in"]});
    let to = "aws_vpc_endpoint.sqs:443";
    let found = state(vec![interface(&whole)]);
    assert_eq!(ask(&found, "aws_instance.a", to), "reachable");
    assert_eq!(ask(&written(&found), "i-a", "vpce:vpce-sqs:443"), "reachable");
    assert_eq!(ask(&found, "aws_vpc_endpoint.sqs", "aws_instance.a:443"), "blocked VPE005");
    let closed = json!({"subnet_ids": ["subnet-a"], "security_group_ids": ["sg-out"]});
    assert_eq!(ask(&state(vec![interface(&closed)]), "aws_instance.b", to), "blocked SG001");
    let waiting =
        json!({"subnet_ids": ["subnet-a"], "security_group_ids": ["sg-in"], "state": "pendingAcceptance"});
    assert_eq!(ask(&state(vec![interface(&waiting)]), "aws_instance.b", to), "blocked VPE002");
}

#[test]
fn an_interface_endpoint_in_parts() {
    let subnet = json!({"vpc_endpoint_id": "vpce-sqs", "subnet_id": "subnet-a"});
    let group = json!({"vpc_endpoint_id": "vpce-sqs", "security_group_id": "sg-in", "replace_default_association": true});
    let found = state(vec![
        interface(&json!({"subnet_ids": [], "security_group_ids": []})),
        resource("aws_vpc_endpoint_subnet_association.a", &subnet),
        resource("aws_vpc_endpoint_security_group_association.a", &group),
    ]);
    assert_eq!(ask(&found, "aws_instance.b", "aws_vpc_endpoint.sqs:443"), "reachable");
    assert_eq!(ask(&found, "aws_instance.b", "aws_vpc_endpoint.sqs:80"), "blocked SG001");
}

/// What the provider's load balancer does is not modelled.
#[test]
fn a_service_of_ones_own() {
    let name = "com.amazonaws.vpce.eu-west-1.vpce-svc-1";
    let whole = json!({"subnet_ids": ["subnet-a"], "security_group_ids": ["sg-in"], "service_name": name});
    let offered =
        resource("aws_vpc_endpoint_service.own", &json!({"id": "vpce-svc-1", "service_name": name}));
    let found = state(vec![interface(&whole), offered]);
    assert_eq!(ask(&found, "aws_instance.a", "aws_vpc_endpoint.sqs:443"), "undetermined UND001");
    assert_eq!(ask(&found, "aws_instance.a", "aws_vpc_endpoint.sqs:80"), "blocked SG001");
    assert_eq!(
        ask(&state(vec![interface(&whole)]), "aws_instance.a", "aws_vpc_endpoint.sqs:443"),
        "reachable"
    );
    written(&found);
}

const TEMPLATE: &str = "
Parameters: {Which: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.2.0/24}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
  Uses: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
  In: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc, SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}]}}
  HostA: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref A}}
  HostB: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref B}}
  S3: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.eu-west-1.s3, RouteTableIds: [!Ref Table]}}
  Queue: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: com.amazonaws.eu-west-1.sqs, SubnetIds: [!Ref A, !Ref B], SecurityGroupIds: [!Ref In], PrivateDnsEnabled: true}}
  Open: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: !Ref Which, ServiceName: com.amazonaws.eu-west-1.sns, SubnetIds: [!Ref A], SecurityGroupIds: [!Ref In]}}
  Offered: {Type: AWS::EC2::VPCEndpointService, Properties: {NetworkLoadBalancerArns: [arn:x]}}
  Own: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref Vpc, VpcEndpointType: Interface, ServiceName: !Sub 'com.amazonaws.vpce.${AWS::Region}.${Offered}', SubnetIds: [!Ref A], SecurityGroupIds: [!Ref In]}}
";

#[test]
fn endpoints_of_a_template() {
    let files = [("t.yaml".to_owned(), TEMPLATE.as_bytes().to_vec())];
    let found = cloudformation::read(&files, &Settings::default()).topology;
    assert_eq!(ask(&found, "HostA", "pl:s3:443"), "reachable");
    assert_eq!(ask(&found, "HostB", "pl:s3:443"), "blocked VPE001");
    assert_eq!(ask(&found, "HostB", "Queue:443"), "reachable");
    assert_eq!(ask(&found, "HostB", "Queue:80"), "blocked SG001");
    assert_eq!(ask(&found, "HostB", "Own:443"), "undetermined UND001");
    assert_eq!(ask(&found, "HostB", "Own:80"), "blocked SG001");
    assert_eq!(ask(&found, "HostB", "Open:443"), "undetermined UND001");
    let again = written(&found);
    assert_eq!(ask(&again, "HostB", "Queue:443"), "reachable");
}
