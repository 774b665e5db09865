//! VPC Block Public Access in Terraform states and in CloudFormation templates (IG-10).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::cloudformation::{self, Settings};
use vpcreach::source::terraform::{self, Moment};
use vpcreach::topology::Topology;

/// The verdict of `internet → to:443`, and the first code.
fn ask(topology: &Topology, to: &str) -> String {
    let (network, _) = Network::compile(topology);
    let question =
        Question::parse(&network, "internet", &format!("{to}:443"), None, &Options::default()).unwrap();
    let found = answer(&network, &question);
    let codes = found.traces.iter().flat_map(|trace| &trace.blockers).map(|blocker| blocker.code.as_str());
    let codes: Vec<&str> = codes.take(1).collect();
    format!("{} {}", found.verdict.as_str(), codes.join(" ")).trim().to_owned()
}

fn resource(address: &str, attributes: &Value) -> Value {
    let (kind, name) = address.split_once('.').unwrap();
    json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": attributes}]})
}

/// A VPC with two web servers in two public subnets.
fn state(more: &[(&str, Value)]) -> Topology {
    let https = json!([{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}]);
    let all = json!([{"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}]);
    let host = |id: &str, subnet: &str, private: &str, public: &str| {
        json!({"id": id, "subnet_id": subnet, "private_ip": private, "public_ip": public,
            "associate_public_ip_address": true, "vpc_security_group_ids": ["sg-web"]})
    };
    let subnet = |id: &str, cidr: &str, zone: &str| json!({"id": id, "vpc_id": "vpc-1", "cidr_block": cidr, "availability_zone": zone});
    let mut resources = vec![
        ("aws_vpc.main", json!({"id": "vpc-1", "cidr_block": "10.0.0.0/16"})),
        ("aws_internet_gateway.main", json!({"id": "igw-1", "vpc_id": "vpc-1"})),
        (
            "aws_route_table.main",
            json!({"id": "rtb-1", "vpc_id": "vpc-1", "route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}]}),
        ),
        ("aws_subnet.a", subnet("subnet-a", "10.0.1.0/24", "eu-west-1a")),
        ("aws_subnet.b", subnet("subnet-b", "10.0.2.0/24", "eu-west-1b")),
        ("aws_route_table_association.a", json!({"subnet_id": "subnet-a", "route_table_id": "rtb-1"})),
        ("aws_route_table_association.b", json!({"subnet_id": "subnet-b", "route_table_id": "rtb-1"})),
        (
            "aws_security_group.web",
            json!({"id": "sg-web", "vpc_id": "vpc-1", "ingress": https, "egress": all}),
        ),
        ("aws_instance.a", host("i-a", "subnet-a", "10.0.1.10", "198.51.100.1")),
        ("aws_instance.b", host("i-b", "subnet-b", "10.0.2.10", "198.51.100.2")),
    ];
    resources.extend(more.iter().cloned());
    let resources: Vec<Value> =
        resources.iter().map(|(address, attributes)| resource(address, attributes)).collect();
    let document = json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {},
        "resources": resources});
    terraform::read("state.json", document.to_string().as_bytes(), Moment::After).topology
}

fn setting(mode: &str) -> (&'static str, Value) {
    (
        "aws_vpc_block_public_access_options.main",
        json!({"id": "123456789012", "internet_gateway_block_mode": mode}),
    )
}

const EXCLUSION: &str = "aws_vpc_block_public_access_exclusion.main";

fn both(topology: &Topology, [a, b]: [&str; 2]) -> [String; 2] {
    [ask(topology, a), ask(topology, b)]
}

const HOSTS: [&str; 2] = ["aws_instance.a", "aws_instance.b"];

#[test]
fn a_state_with_the_setting() {
    assert_eq!(both(&state(&[]), HOSTS), ["reachable", "reachable"]);
    assert_eq!(both(&state(&[setting("off")]), HOSTS), ["reachable", "reachable"]);
    assert_eq!(both(&state(&[setting("block-ingress")]), HOSTS), ["blocked BPA001", "blocked BPA001"]);
    assert_eq!(both(&state(&[setting("from the future")]), HOSTS)[0], "undetermined UND001");
}

#[test]
fn a_state_with_exclusions() {
    let excluding = |what: &str, id: &str| {
        let mut attributes =
            json!({"id": "vpcbpa-exclude-1", "internet_gateway_exclusion_mode": "allow-bidirectional"});
        attributes[what] = json!(id);
        state(&[setting("block-bidirectional"), (EXCLUSION, attributes)])
    };
    assert_eq!(both(&excluding("subnet_id", "subnet-a"), HOSTS), ["reachable", "blocked BPA001"]);
    assert_eq!(both(&excluding("vpc_id", "vpc-1"), HOSTS), ["reachable", "reachable"]);
    let unknown = (EXCLUSION, json!({"subnet_id": "subnet-a", "internet_gateway_exclusion_mode": "newer"}));
    let found = state(&[setting("block-bidirectional"), unknown]);
    assert_eq!(both(&found, HOSTS), ["undetermined UND001", "undetermined UND001"]);
}

#[test]
fn the_setting_of_another_region() {
    let own = |region: &str| {
        (
            "aws_vpc_block_public_access_options.main",
            json!({"internet_gateway_block_mode": "block-ingress", "region": region}),
        )
    };
    assert_eq!(ask(&state(&[own("eu-west-1")]), "aws_instance.a"), "blocked BPA001");
    assert_eq!(ask(&state(&[own("us-east-1")]), "aws_instance.a"), "reachable");
    // A second region in the file, and no word about which of them the setting is for.
    let other = [
        ("aws_vpc.far", json!({"id": "vpc-2", "cidr_block": "10.9.0.0/16"})),
        (
            "aws_subnet.far",
            json!({"id": "subnet-far", "vpc_id": "vpc-2", "cidr_block": "10.9.1.0/24", "availability_zone": "us-east-1a"}),
        ),
        setting("block-ingress"),
    ];
    assert_eq!(ask(&state(&other), "aws_instance.a"), "undetermined UND001");
}

const TEMPLATE: &str = "
Resources:
  Main: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Gateway: {Type: AWS::EC2::InternetGateway}
  Attached: {Type: AWS::EC2::VPCGatewayAttachment, Properties: {VpcId: !Ref Main, InternetGatewayId: !Ref Gateway}}
  Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Main}}
  Out: {Type: AWS::EC2::Route, Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gateway}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Main, CidrBlock: 10.0.1.0/24, MapPublicIpOnLaunch: true}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Main, CidrBlock: 10.0.2.0/24, MapPublicIpOnLaunch: true}}
  TableA: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref A, RouteTableId: !Ref Table}}
  TableB: {Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {SubnetId: !Ref B, RouteTableId: !Ref Table}}
  Web:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: web
      VpcId: !Ref Main
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 0.0.0.0/0}]
  HostA: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref A, SecurityGroupIds: [!Ref Web]}}
  HostB: {Type: AWS::EC2::Instance, Properties: {SubnetId: !Ref B, SecurityGroupIds: [!Ref Web]}}
";

fn template(more: &str) -> [String; 2] {
    let files = [("t.yaml".to_owned(), format!("{TEMPLATE}{more}").into_bytes())];
    both(&cloudformation::read(&files, &Settings::default()).topology, ["HostA", "HostB"])
}

#[test]
fn a_template() {
    let block = "  Block: {Type: AWS::EC2::VPCBlockPublicAccessOptions, Properties: {InternetGatewayBlockMode: MODE}}\n";
    let exclude = "  Free: {Type: AWS::EC2::VPCBlockPublicAccessExclusion, Properties: {InternetGatewayExclusionMode: allow-bidirectional, WHAT}}\n";
    let set = |mode: &str| block.replace("MODE", mode);
    let free = |what: &str| set("block-bidirectional") + &exclude.replace("WHAT", what);
    assert_eq!(template(""), ["reachable", "reachable"]);
    assert_eq!(template(&set("'off'")), ["reachable", "reachable"]);
    assert_eq!(template(&set("block-ingress")), ["blocked BPA001", "blocked BPA001"]);
    assert_eq!(template(&free("SubnetId: !Ref A")), ["reachable", "blocked BPA001"]);
    assert_eq!(template(&free("VpcId: !Ref Main")), ["reachable", "reachable"]);
    assert_eq!(
        template(&free("SubnetId: !ImportValue from-afar")),
        ["undetermined UND001", "undetermined UND001"]
    );
}
