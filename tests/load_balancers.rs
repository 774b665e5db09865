//! Load balancers in saved answers of AWS, and what is said where a call is missing.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a broken fixture should stop the test")]

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Answer, Options, Question, Verdict, answer};
use vpcreach::source::aws;

const ARN: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012";

/// The files of a capture, by name.
struct Capture(Vec<(String, Value)>);

impl Capture {
    /// A VPC with a public subnet in each of two zones, and two private subnets with an instance each.
    fn new() -> Self {
        let subnet = |id: &str, net: u8, zone: &str| {
            json!({"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": format!("10.0.{net}.0/24"),
                   "AvailabilityZone": zone, "AvailabilityZoneId": zone})
        };
        let group = |id: &str, from: i32, source: Value| {
            json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1",
                "IpPermissions": [{"IpProtocol": "tcp", "FromPort": from, "ToPort": from,
                    "IpRanges": source["ranges"], "UserIdGroupPairs": source["groups"]}],
                "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]})
        };
        let anyone = json!({"ranges": [{"CidrIp": "0.0.0.0/0"}], "groups": []});
        let from_lb = json!({"ranges": [], "groups": [{"GroupId": "sg-lb"}]});
        let instance = |id: &str, subnet: &str, address: &str| {
            json!({"InstanceId": id, "VpcId": "vpc-1", "SubnetId": subnet, "State": {"Name": "running"},
                   "PrivateIpAddress": address, "SecurityGroups": [{"GroupId": "sg-app"}]})
        };
        let mut this = Self(Vec::new());
        this.put("ec2.describe-vpcs", json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}));
        this.put(
            "ec2.describe-subnets",
            json!({"Subnets": [
            subnet("subnet-pa", 0, "a"), subnet("subnet-pb", 1, "b"),
            subnet("subnet-a", 10, "a"), subnet("subnet-b", 11, "b")]}),
        );
        this.put(
            "ec2.describe-route-tables",
            json!({"RouteTables": [
            {"RouteTableId": "rtb-main", "VpcId": "vpc-1", "Associations": [{"Main": true}],
             "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}]},
            {"RouteTableId": "rtb-public", "VpcId": "vpc-1",
             "Associations": [{"SubnetId": "subnet-pa"}, {"SubnetId": "subnet-pb"}],
             "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}]}]}),
        );
        let everything = |egress: bool| {
            json!({"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": egress,
                   "CidrBlock": "0.0.0.0/0"})
        };
        let associations: Vec<Value> = ["subnet-pa", "subnet-pb", "subnet-a", "subnet-b"]
            .map(|id| json!({"NetworkAclId": "acl-1", "SubnetId": id}))
            .into();
        this.put("ec2.describe-network-acls", json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1",
            "IsDefault": true, "Associations": associations, "Entries": [everything(true), everything(false)]}]}));
        this.put(
            "ec2.describe-security-groups",
            json!({"SecurityGroups": [
            group("sg-lb", 443, anyone), group("sg-app", 8080, from_lb)]}),
        );
        this.put(
            "ec2.describe-internet-gateways",
            json!({"InternetGateways": [
            {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}),
        );
        for (call, key) in [
            ("nat-gateways", "NatGateways"),
            ("egress-only-internet-gateways", "EgressOnlyInternetGateways"),
            ("vpc-peering-connections", "VpcPeeringConnections"),
        ] {
            let mut empty = serde_json::Map::new();
            empty.insert(key.to_owned(), json!([]));
            this.put(&format!("ec2.describe-{call}"), Value::Object(empty));
        }
        this.put(
            "ec2.describe-instances",
            json!({"Reservations": [{"Instances": [
            instance("i-a", "subnet-a", "10.0.10.10"), instance("i-b", "subnet-b", "10.0.11.10")]}]}),
        );
        this.put("ec2.describe-network-interfaces", json!({"NetworkInterfaces": []}));
        this
    }

    fn put(&mut self, name: &str, value: Value) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }

    fn without(mut self, name: &str) -> Self {
        let before = self.0.len();
        self.0.retain(|(known, _)| !known.starts_with(name));
        assert!(self.0.len() < before, "no file {name}");
        self
    }

    /// The interfaces that AWS makes for a load balancer in the public subnets.
    fn nodes(&mut self, described: &str, groups: &[&str]) {
        let groups: Vec<Value> = groups.iter().map(|id| json!({"GroupId": id})).collect();
        let node = |id: &str, subnet: &str, net: u8| {
            json!({"NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": "vpc-1", "Status": "in-use",
                "Description": format!("ELB {described}"), "RequesterId": "amazon-elb",
                "PrivateIpAddress": format!("10.0.{net}.20"), "Groups": groups, "SourceDestCheck": true,
                "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": format!("10.0.{net}.20"),
                    "Association": {"PublicIp": format!("203.0.113.{}", net + 20)}}]})
        };
        self.put(
            "ec2.describe-network-interfaces",
            json!({"NetworkInterfaces": [
            node("eni-pa", "subnet-pa", 0), node("eni-pb", "subnet-pb", 1)]}),
        );
    }

    /// A load balancer `web` of that type (`app`, `net`), and everything that belongs to it.
    fn balancer(kind: &str, groups: &[&str]) -> Self {
        let mut this = Self::new();
        let (arn, listener) =
            (format!("{ARN}:loadbalancer/{kind}/web/0123"), format!("{kind}/web/0123/4567"));
        let group = format!("{ARN}:targetgroup/app/89ab");
        let is_app = kind == "app";
        let (named, protocol) = if is_app { ("application", "HTTP") } else { ("network", "TCP") };
        this.nodes(&format!("{kind}/web/0123"), groups);
        this.put("elbv2.describe-load-balancers", json!({"LoadBalancers": [{
            "LoadBalancerArn": arn, "LoadBalancerName": "web", "DNSName": "web-1.elb.amazonaws.com",
            "Scheme": "internet-facing", "VpcId": "vpc-1", "State": {"Code": "active"}, "Type": named,
            "AvailabilityZones": [{"ZoneName": "a", "SubnetId": "subnet-pa"}, {"ZoneName": "b", "SubnetId": "subnet-pb"}],
            "SecurityGroups": groups, "IpAddressType": "ipv4"}]}));
        let forward = json!([{"Type": "forward", "TargetGroupArn": group}]);
        this.put(
            "elbv2.describe-listeners.0123",
            json!({"Listeners": [{
            "ListenerArn": format!("{ARN}:listener/{listener}"), "LoadBalancerArn": arn, "Port": 443,
            "Protocol": if is_app { "HTTPS" } else { "TCP" }, "DefaultActions": forward}]}),
        );
        this.put("elbv2.describe-rules.4567", json!({"Rules": [{
            "RuleArn": format!("{ARN}:listener-rule/{listener}/cdef"), "IsDefault": true, "Actions": forward}]}));
        this.put("elbv2.describe-target-groups", json!({"TargetGroups": [{
            "TargetGroupArn": group, "TargetGroupName": "app", "Protocol": protocol, "Port": 8080, "VpcId": "vpc-1",
            "HealthCheckPort": "traffic-port", "TargetType": "instance", "LoadBalancerArns": [arn]}]}));
        this.health(&[("i-a", "healthy"), ("i-b", "healthy")]);
        this.put(
            "elbv2.describe-load-balancer-attributes.0123",
            json!({"Attributes": [
            {"Key": "load_balancing.cross_zone.enabled", "Value": "false"}]}),
        );
        this.put(
            "elbv2.describe-target-group-attributes.89ab",
            json!({"Attributes": [
            {"Key": "load_balancing.cross_zone.enabled", "Value": "use_load_balancer_configuration"}]}),
        );
        this
    }

    fn health(&mut self, targets: &[(&str, &str)]) {
        let all: Vec<Value> = targets
            .iter()
            .map(|(id, state)| json!({"Target": {"Id": id, "Port": 8080}, "TargetHealth": {"State": state}}))
            .collect();
        self.put("elbv2.describe-target-health.89ab", json!({"TargetHealthDescriptions": all}));
    }

    fn network(&self) -> (Network, Vec<String>) {
        let files: Vec<(String, Vec<u8>)> = self
            .0
            .iter()
            .map(|(name, value)| (format!("{name}.json"), value.to_string().into_bytes()))
            .collect();
        let capture = aws::read(&files);
        let (network, problems) = Network::compile(&capture.topology);
        let told = capture.diagnostics.iter().chain(&problems);
        let told = told
            .map(|one| format!("{} {} {}", one.code, one.message, one.help.as_deref().unwrap_or_default()))
            .collect();
        (network, told)
    }

    fn ask(&self, from: &str, to: &str) -> Answer {
        let (network, _) = self.network();
        let question = Question::parse(&network, from, to, None, &Options::default()).expect("a question");
        answer(&network, &question)
    }
}

fn codes(answer: &Answer) -> Vec<String> {
    let mut codes: Vec<String> = answer.blockers().iter().map(|one| one.code.to_string()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// `nodes targets health checks` that work, of how many.
fn counts(answer: &Answer) -> [(usize, usize); 3] {
    use vpcreach::reach::Behind;
    [Behind::Nothing, Behind::Target, Behind::HealthCheck].map(|behind| {
        let of = || answer.traces.iter().filter(move |trace| trace.behind == behind);
        (of().filter(|trace| trace.verdict == Verdict::Reachable).count(), of().count())
    })
}

#[test]
fn an_application_load_balancer_is_answered_leg_by_leg() {
    let answer = Capture::balancer("app", &["sg-lb"]).ask("internet", "web:443");
    assert_eq!(answer.verdict, Verdict::Reachable);
    assert_eq!(counts(&answer), [(2, 2), (4, 4), (0, 0)]);
}

#[test]
fn its_interfaces_are_its_nodes() {
    let (network, _) = Capture::balancer("app", &["sg-lb"]).network();
    let names: Vec<&str> = network.instances.iter().map(|(_, one)| one.name.as_str()).collect();
    assert_eq!(names, ["i-a", "i-b", "web"]);
    let (_, nodes) = network.instances.iter().last().unwrap();
    assert_eq!(nodes.interfaces.len(), 2);
    assert!(nodes.interfaces.iter().all(|id| !network.interfaces[*id].addresses[0].assumed));
}

#[test]
fn without_interfaces_aws_picks_the_addresses_of_the_nodes() {
    let mut capture = Capture::balancer("app", &["sg-lb"]);
    capture.put("ec2.describe-network-interfaces", json!({"NetworkInterfaces": []}));
    let answer = capture.ask("internet", "web:443");
    assert_eq!(answer.verdict, Verdict::Reachable);
    assert!(answer.assumptions.iter().any(|one| one.contains("public ip of web/subnet-pa assumed")));
}

#[test]
fn a_target_that_is_being_taken_out_gets_nothing() {
    let mut capture = Capture::balancer("app", &["sg-lb"]);
    capture.health(&[("i-a", "healthy"), ("i-b", "draining")]);
    assert_eq!(counts(&capture.ask("internet", "web:443")), [(2, 2), (2, 2), (0, 0)]);
    capture.health(&[]);
    let answer = capture.ask("internet", "web:443");
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Blocked, vec!["LB002".to_owned()]));
}

#[test]
fn what_is_missing_is_named() {
    for (file, call) in [
        ("elbv2.describe-listeners", "aws elbv2 describe-listeners"),
        ("elbv2.describe-rules", "aws elbv2 describe-rules"),
        ("elbv2.describe-target-health", "aws elbv2 describe-target-health"),
    ] {
        let capture = Capture::balancer("app", &["sg-lb"]).without(file);
        let answer = capture.ask("internet", "web:443");
        assert_eq!(answer.verdict, Verdict::Undetermined, "{file}");
        assert!(answer.blockers().iter().any(|one| one.message.contains(call)), "{file}");
        let (_, told) = capture.network();
        assert!(told.iter().any(|one| one.starts_with("AWS018") && one.contains(call)), "{told:?}");
    }
    // Without the load balancer, its interfaces are known to be those of one, and nothing more.
    let capture = Capture::balancer("app", &["sg-lb"]).without("elbv2.describe-load-balancers");
    assert_eq!(capture.ask("internet", "eni-pa:443").verdict, Verdict::Undetermined);
    assert!(capture.network().1.iter().any(|one| one.contains("aws elbv2 describe-load-balancers")));
}

#[test]
fn what_is_missing_does_not_matter_where_it_makes_no_difference() {
    let capture = Capture::balancer("app", &["sg-lb"]).without("elbv2.describe-target-group-attributes");
    assert_eq!(capture.ask("internet", "web:443").verdict, Verdict::Reachable);
    let mut capture = capture;
    // With cross-zone load balancing off, the node in zone a would have nobody to send to.
    capture.health(&[("i-b", "healthy")]);
    let answer = capture.ask("internet", "web:443");
    assert_eq!(answer.verdict, Verdict::Undetermined);
    assert!(answer.blockers().iter().any(|one| one.message.contains("describe-target-group-attributes")));
}

#[test]
fn rules_forward_to_further_groups_and_some_actions_need_no_target() {
    let mut capture = Capture::balancer("app", &["sg-lb"]);
    capture.health(&[]);
    let listener = format!("{ARN}:listener-rule/app/web/0123/4567");
    let rules = |actions: Value| {
        json!({"Rules": [
            {"RuleArn": format!("{listener}/cdef"), "IsDefault": true,
             "Actions": [{"Type": "forward", "TargetGroupArn": format!("{ARN}:targetgroup/app/89ab")}]},
            {"RuleArn": format!("{listener}/0001"), "Actions": actions}]})
    };
    capture.put("elbv2.describe-rules.4567", rules(json!([{"Type": "redirect"}])));
    let answer = capture.ask("internet", "web:443");
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Partial, vec!["LB002".to_owned()]));
    // A group that is not captured may do anything.
    let other = format!("{ARN}:targetgroup/other/1111");
    capture.put("elbv2.describe-rules.4567", rules(json!([{"Type": "forward", "TargetGroupArn": other}])));
    let answer = capture.ask("internet", "web:443");
    assert_eq!(answer.verdict, Verdict::Undetermined);
    // One of weight 0 gets nothing.
    let weighted = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": other, "Weight": 0}, {"TargetGroupArn": format!("{ARN}:targetgroup/app/89ab"), "Weight": 1}]}}]);
    capture.put("elbv2.describe-rules.4567", rules(weighted));
    assert_eq!(capture.ask("internet", "web:443").verdict, Verdict::Blocked);
}

#[test]
fn a_network_load_balancer_leaves_the_client_address_as_it_is() {
    // sg-app admits members of sg-lb only. Without a group of its own, the load balancer is not one.
    let without = Capture::balancer("net", &[]).ask("internet", "web:443");
    assert_eq!((without.verdict, codes(&without)), (Verdict::Blocked, vec!["SG001".to_owned()]));
    let with = Capture::balancer("net", &["sg-lb"]).ask("internet", "web:443");
    assert_eq!(with.verdict, Verdict::Reachable);
    // Each node sends to its own zone, and checks the health of it.
    assert_eq!(counts(&with), [(2, 2), (2, 2), (2, 2)]);
}

#[test]
fn a_classic_load_balancer_has_targets_of_its_own() {
    let mut capture = Capture::new();
    capture.nodes("old", &["sg-lb"]);
    capture.put("elb.describe-load-balancers", json!({"LoadBalancerDescriptions": [{
        "LoadBalancerName": "old", "DNSName": "old-1.elb.amazonaws.com", "VPCId": "vpc-1", "Scheme": "internet-facing",
        "Subnets": ["subnet-pa", "subnet-pb"], "SecurityGroups": ["sg-lb"], "Instances": [{"InstanceId": "i-b"}],
        "HealthCheck": {"Target": "HTTP:8080/"},
        "ListenerDescriptions": [{"Listener": {"Protocol": "HTTPS", "LoadBalancerPort": 443,
            "InstanceProtocol": "HTTP", "InstancePort": 8080}}]}]}));
    let answer = capture.ask("internet", "old:443");
    assert_eq!(answer.verdict, Verdict::Undetermined, "cross-zone load balancing decides");
    let attributes =
        |on: bool| json!({"LoadBalancerAttributes": {"CrossZoneLoadBalancing": {"Enabled": on}}});
    capture.put("elb.describe-load-balancer-attributes.old", attributes(true));
    assert_eq!(capture.ask("internet", "old:443").verdict, Verdict::Reachable);
    capture.put("elb.describe-load-balancer-attributes.old", attributes(false));
    let answer = capture.ask("internet", "old:443");
    assert_eq!((answer.verdict, codes(&answer)), (Verdict::Partial, vec!["LB003".to_owned()]));
    assert!(answer.blockers().iter().all(|one| one.aws_code == Some("ELB_NOT_CROSSZONE")));
    let closed = capture.ask("internet", "old:80");
    assert!(closed.blockers().iter().any(|one| one.aws_code == Some("ELB_LISTENERS_MISMATCH")));
}
