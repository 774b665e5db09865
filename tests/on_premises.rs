//! Networks of one's own: AWS answers about VPN, and what a topology file may not say.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use vpcreach::network::{Code, Network};
use vpcreach::reach::{Answer, Options, Question, Verdict, answer};
use vpcreach::source::aws;
use vpcreach::topology::{CaptureKind, LineState, Topology, yaml};

fn ask(topology: &Topology, from: &str, to: &str) -> Answer {
    let (network, _) = Network::compile(topology);
    let question = Question::parse(&network, from, to, None, &Options::default()).expect("a question");
    answer(&network, &question)
}

fn of_yaml(text: &str) -> Topology {
    let (topology, problems) = yaml::read("test.yaml", text.as_bytes());
    assert!(!problems.iter().any(vpcreach::topology::Diagnostic::is_error), "{problems:#?}");
    topology
}

/// A VPC with a host, a table that learns (or not) and a written route, and these answers about VPN.
fn capture(table: &str, vpn: &[(&str, &str)]) -> Topology {
    let tables = format!(
        r#"{{"RouteTables": [{{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{{"Main": true}}], {table}}}]}}"#
    );
    let base = [
        ("vpcs.json", r#"{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}"#),
        (
            "subnets.json",
            r#"{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}]}"#,
        ),
        ("tables.json", tables.as_str()),
        (
            "acls.json",
            r#"{"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Associations": [{"SubnetId": "subnet-1"}],
            "Entries": [{"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": false, "CidrBlock": "0.0.0.0/0"},
                        {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": true, "CidrBlock": "0.0.0.0/0"}]}]}"#,
        ),
        (
            "groups.json",
            r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web", "VpcId": "vpc-1",
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}],
            "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]}"#,
        ),
        (
            "interfaces.json",
            r#"{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.10",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.10", "Primary": true}], "Groups": [{"GroupId": "sg-1"}], "SourceDestCheck": true,
            "Status": "in-use", "InterfaceType": "interface", "Attachment": {"InstanceId": "i-1", "DeviceIndex": 0, "Status": "attached"}}]}"#,
        ),
        (
            "instances.json",
            r#"{"Reservations": [{"Instances": [{"InstanceId": "i-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": {"Name": "running"},
            "PrivateIpAddress": "10.0.1.10"}]}]}"#,
        ),
        ("igws.json", r#"{"InternetGateways": []}"#),
        ("eigws.json", r#"{"EgressOnlyInternetGateways": []}"#),
        ("nats.json", r#"{"NatGateways": []}"#),
        ("peerings.json", r#"{"VpcPeeringConnections": []}"#),
    ];
    let files: Vec<(String, Vec<u8>)> =
        base.iter().chain(vpn).map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    let capture = aws::read(&files);
    assert!(
        !capture.diagnostics.iter().any(vpcreach::topology::Diagnostic::is_error),
        "{:#?}",
        capture.diagnostics
    );
    capture.topology
}

const LEARNS: &str = r#""PropagatingVgws": [{"GatewayId": "vgw-1"}], "Routes": [
    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"},
    {"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation", "State": "active"},
    {"DestinationCidrBlock": "172.16.0.0/12", "GatewayId": "vgw-1", "Origin": "CreateRoute", "State": "active"}]"#;
const WRITTEN: &str = r#""PropagatingVgws": [], "Routes": [
    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"},
    {"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-1", "Origin": "CreateRoute", "State": "active"}]"#;
const GATEWAYS: (&str, &str) = (
    "vgws.json",
    r#"{"VpnGateways": [{"VpnGatewayId": "vgw-1", "State": "available", "VpcAttachments": [{"VpcId": "vpc-1", "State": "attached"}]}]}"#,
);
const CUSTOMERS: (&str, &str) = (
    "cgws.json",
    r#"{"CustomerGateways": [{"CustomerGatewayId": "cgw-1", "IpAddress": "198.51.100.20", "State": "available"}]}"#,
);

fn connections(options: &str, telemetry: [&str; 2]) -> String {
    let [one, two] = telemetry;
    format!(
        r#"{{"VpnConnections": [{{"VpnConnectionId": "vpn-1", "CustomerGatewayId": "cgw-1", "VpnGatewayId": "vgw-1", "State": "available",
        {options}, "VgwTelemetry": [{{"Status": "{one}"}}, {{"Status": "{two}"}}]}}]}}"#
    )
}

const BGP: &str = r#""Options": {"StaticRoutesOnly": false}, "Routes": []"#;
const STATIC: &str = r#""Options": {"StaticRoutesOnly": true}, "Routes": [{"DestinationCidrBlock": "192.168.0.0/16", "State": "available"}]"#;

#[test]
fn what_a_table_has_learnt_is_what_the_gateway_knows() {
    let bgp = connections(BGP, ["DOWN", "UP"]);
    let topology = capture(LEARNS, &[GATEWAYS, CUSTOMERS, ("vpn.json", &bgp)]);
    assert_eq!(ask(&topology, "i-1", "192.168.1.5:443").verdict, Verdict::Reachable);
    assert_eq!(ask(&topology, "192.168.1.5", "i-1:443").verdict, Verdict::Reachable);
    assert_eq!(ask(&topology, "net:vgw-1", "i-1:443").verdict, Verdict::Reachable);
    let ssh = ask(&topology, "192.168.1.5", "i-1:22");
    assert_eq!((ssh.verdict, ssh.codes()), (Verdict::Blocked, vec![Code::Sg001]));
    let unknown = ask(&topology, "i-1", "172.16.1.5:443");
    assert_eq!((unknown.verdict, unknown.codes().first()), (Verdict::Blocked, Some(&Code::Vgw001)));
    // A source that nobody announces may still send.
    assert_eq!(ask(&topology, "172.16.1.5", "i-1:443").verdict, Verdict::Undetermined);
}

#[test]
fn static_routes_are_listed_and_tunnels_have_a_state() {
    let up = connections(STATIC, ["UP", "UP"]);
    let topology = capture(LEARNS, &[GATEWAYS, CUSTOMERS, ("vpn.json", &up)]);
    let answer = ask(&topology, "i-1", "192.168.1.5:443");
    assert_eq!(answer.verdict, Verdict::Reachable);
    assert!(
        answer.assumptions.iter().any(|one| one.contains("static routes to AWS")),
        "{:?}",
        answer.assumptions
    );
    let down = connections(STATIC, ["DOWN", "DOWN"]);
    let topology = capture(LEARNS, &[GATEWAYS, CUSTOMERS, ("vpn.json", &down)]);
    let answer = ask(&topology, "i-1", "192.168.1.5:443");
    assert_eq!((answer.verdict, answer.codes()), (Verdict::Blocked, vec![Code::Vpn001]));
    assert_eq!(answer.blockers().first().unwrap().aws_code, Some("BAD_STATE_VPN"));
    let said = topology.vpn_connections.get("vpn-1").unwrap();
    assert!(said.tunnels.iter().all(|tunnel| tunnel.value == LineState::Down));
}

#[test]
fn what_a_capture_does_not_tell_is_undetermined() {
    let bgp = connections(BGP, ["UP", "UP"]);
    // Nothing lists what BGP announces.
    let topology = capture(WRITTEN, &[GATEWAYS, CUSTOMERS, ("vpn.json", &bgp)]);
    assert_eq!(ask(&topology, "i-1", "192.168.1.5:443").verdict, Verdict::Undetermined);
    assert_eq!(ask(&topology, "192.168.1.5", "i-1:443").verdict, Verdict::Undetermined);
    // A prefix that no VPN connection explains comes by Direct Connect.
    let dead = connections(BGP, ["DOWN", "DOWN"]);
    let topology = capture(LEARNS, &[GATEWAYS, CUSTOMERS, ("vpn.json", &dead)]);
    assert_eq!(ask(&topology, "i-1", "192.168.1.5:443").verdict, Verdict::Undetermined);
    // The call is missing.
    let topology = capture(LEARNS, &[GATEWAYS]);
    assert_eq!(ask(&topology, "i-1", "192.168.1.5:443").verdict, Verdict::Undetermined);
    assert!(topology.completeness.is_missing(CaptureKind::VpnConnections));
    assert!(!topology.completeness.is_missing(CaptureKind::VpnGateways));
}

#[test]
fn a_capture_is_written_and_read_again() {
    let bgp = connections(BGP, ["DOWN", "UP"]);
    let topology = capture(LEARNS, &[GATEWAYS, CUSTOMERS, ("vpn.json", &bgp)]);
    let text = yaml::write(&vpcreach::topology::rename(&topology), yaml::WriteOptions::default()).unwrap();
    let again = of_yaml(&text);
    assert_eq!(again.vpn_connections.len(), 1, "{text}");
    assert_eq!(ask(&again, "i-1", "192.168.1.5:443").verdict, Verdict::Reachable, "{text}");
    assert_eq!(ask(&again, "192.168.1.5", "i-1:22").verdict, Verdict::Blocked, "{text}");
}

const ONE: &str = "
networks: {dc: {cidr: 192.168.0.0/16}}
vpcs:
  app:
    cidr: 10.0.0.0/16
    vpn_gateway: {propagate_to: main}
    subnets: {a: {cidr: 10.0.1.0/24}}
    instances: {web: {subnet: a}}
";

#[test]
fn what_nobody_says_about_a_line_is_undetermined() {
    let silent = format!("{ONE}\nvpn_connections: {{line: {{gateway: vgw, routing: bgp}}}}");
    assert_eq!(ask(&of_yaml(&silent), "web", "192.168.1.5:443").verdict, Verdict::Undetermined);
    let unsure =
        format!("{ONE}\nvpn_connections: {{line: {{gateway: vgw, network: dc, tunnels: ['?', down]}}}}");
    assert_eq!(ask(&of_yaml(&unsure), "web", "192.168.1.5:443").verdict, Verdict::Undetermined);
    let twins = format!(
        "{}\nvpn_connections: {{one: {{gateway: vgw, network: dc}}, two: {{gateway: vgw, network: twin}}}}",
        ONE.replace("networks: {", "networks: {twin: {cidr: 192.168.0.0/16}, ")
    );
    let answer = ask(&of_yaml(&twins), "web", "net:dc:443");
    assert_eq!((answer.verdict, answer.codes()), (Verdict::Undetermined, vec![Code::Rt005]));
    // Two lines to one network are as good as one.
    let double = format!(
        "{ONE}\nvpn_connections: {{one: {{gateway: vgw, network: dc}}, two: {{gateway: vgw, network: dc}}}}"
    );
    assert_eq!(ask(&of_yaml(&double), "web", "net:dc:443").verdict, Verdict::Reachable);
}

#[test]
fn what_aws_refuses_is_refused() {
    for wrong in [
        "{line: {gateway: vgw, network: dc, static_routes: '2001:db8::/48'}}",
        "{line: {gateway: vgw, network: dc, inside: ipv6}}",
        "{line: {gateway: vgw, network: dc, routing: bgp, static_routes: 192.168.0.0/16}}",
        "{line: {gateway: vgw, network: dc, routing: static, advertised: 192.168.0.0/16}}",
        "{line: {gateway: other, network: dc}}",
        "{line: {gateway: vgw, network: nowhere}}",
        "{line: {gateway: vgw, network: dc, customer_gateway: nobody}}",
    ] {
        let (topology, mut problems) =
            yaml::read("t.yaml", format!("{ONE}\nvpn_connections: {wrong}").as_bytes());
        problems.extend(Network::compile(&topology).1);
        assert!(problems.iter().any(vpcreach::topology::Diagnostic::is_error), "{wrong}");
    }
}

#[test]
fn a_transit_gateways_vpn_has_a_code_of_its_own() {
    let topology = of_yaml(
        "
networks: {dc: {cidr: 192.168.0.0/16}}
vpn_connections: {line: {gateway: hub, network: dc, routing: static, tunnels: [down, down]}}
transit_gateways:
  hub:
    attachments: {app: {vpc: app, subnets: a}, line: {vpn: line}}
    route_tables: {all: {associations: [app, line], propagations: app, routes: {192.168.0.0/16: line}}}
vpcs:
  app:
    cidr: 10.0.0.0/16
    subnets: {a: {cidr: 10.0.1.0/24, routes: {192.168.0.0/16: hub}}}
    instances: {web: {subnet: a}}
",
    );
    let answer = ask(&topology, "web", "net:dc:443");
    assert_eq!(answer.blockers().first().unwrap().aws_code, Some("TGW_BAD_STATE_VPN"));
}
