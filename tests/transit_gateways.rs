//! What is said about transit gateways: mistakes in a topology, and each blocker with AWS's name for it.

#![expect(clippy::expect_used, reason = "a broken fixture should stop the test")]

use vpcreach::network::Network;
use vpcreach::reach::{Answer, Options, Question, Verdict, answer};
use vpcreach::topology::yaml;

/// Three VPCs; `{gateways}` is what follows `transit_gateways:`.
fn topology(gateways: &str) -> String {
    let vpc = |name: &str, net: &str| {
        format!(
            "  {name}:
    cidr: {net}.0.0/16
    subnets:
      at-a: {{cidr: {net}.0.0/28, az: a, network_acl: attach}}
      at-b: {{cidr: {net}.0.16/28, az: b, network_acl: attach}}
      in-a: {{cidr: {net}.1.0/24, az: a, routes: {{10.0.0.0/8: hub}}}}
      in-c: {{cidr: {net}.3.0/24, az: c, routes: {{10.0.0.0/8: hub}}}}
    network_acls:
      attach: {{inbound: {{100: {{action: allow, source: 0.0.0.0/0}}}}, outbound: {{100: {{action: allow, destination: 0.0.0.0/0}}}}}}
    security_groups: {{web: {{inbound: [{{type: HTTPS, source: 10.0.0.0/8}}]}}}}
    instances:
      {name}-a: {{subnet: in-a, ip: {net}.1.10, security_groups: [web]}}
      {name}-c: {{subnet: in-c, ip: {net}.3.10, security_groups: [web]}}
"
        )
    };
    let vpcs =
        [("one", "10.1"), ("two", "10.2"), ("three", "10.3")].map(|(name, net)| vpc(name, net)).concat();
    format!("vpcs:\n{vpcs}transit_gateways:\n{gateways}")
}

const ATTACHED: &str = "  hub:
    attachments:
      one: {vpc: one, subnets: [at-a, at-b]}
      two: {vpc: two, subnets: [at-a, at-b]}
      three: {vpc: three, subnets: [at-a, at-b]}
";

fn problems(gateways: &str) -> Vec<String> {
    let text = topology(gateways);
    let (topology, mut problems) = yaml::read("transit.yaml", text.as_bytes());
    let (_, more) = Network::compile(&topology);
    problems.extend(more);
    problems.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect()
}

fn ask(text: &str, from: &str, to: &str) -> Answer {
    let (topology, mut problems) = yaml::read("transit.yaml", text.as_bytes());
    let (network, more) = Network::compile(&topology);
    problems.extend(more);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let question = Question::parse(&network, from, to, None, &Options::default()).expect("a question");
    answer(&network, &question)
}

/// Every blocker: leg, code, AWS's code.
fn blockers(answer: &Answer) -> Vec<String> {
    let all = answer.traces.iter().flat_map(|trace| &trace.blockers);
    all.map(|blocker| {
        format!("{} {} {}", blocker.leg.as_str(), blocker.code, blocker.aws_code.unwrap_or("-"))
    })
    .collect()
}

#[test]
fn a_correct_gateway_has_no_problems() {
    assert!(problems(ATTACHED).is_empty(), "{:#?}", problems(ATTACHED));
}

#[test]
fn names_that_do_not_exist() {
    let found = problems(
        "  hub:
    attachments:
      one: {vpc: won, subnets: [at-a]}
      two: {vpc: two, subnets: [at-x]}
      three: {vpc: three, subnets: [at-a]}
      peer: {peering: elsewhere}
    route_tables:
      main: {associations: [four], propagations: [thre], routes: {10.9.0.0/16: nobody}}
",
    );
    for expected in [
        "TOP101 there is no VPC `won`",
        "TOP101 there is no subnet `at-x`",
        "TOP101 there is no attachment `four`",
        "TOP101 there is no attachment `thre`",
        "TOP101 there is no attachment `nobody`",
        "TOP117 transit gateway `elsewhere` is not described here",
        "TOP110 transit gateway `hub` has no attachment to this VPC",
    ] {
        assert!(found.iter().any(|problem| problem == expected), "{expected} is not in {found:#?}");
    }
}

#[test]
fn attachments_that_aws_refuses() {
    let found = problems(
        "  hub:
    attachments:
      one: {vpc: one, subnets: [at-a, in-a]}
      again: {vpc: one, subnets: [at-b]}
      two: {vpc: two, subnets: [at-a]}
      three: {vpc: three, subnets: [at-a]}
  west:
    attachments:
      hub: {peering: hub}
",
    );
    assert_eq!(
        found,
        [
            "TOP122 subnets `at-a` and `in-a` of the attachment are both in zone `a`",
            "TOP121 VPC `one` has two attachments to this transit gateway",
            "TOP101 transit gateway `hub` has no attachment that is peered with `west`",
        ]
    );
}

#[test]
fn overlapping_vpcs_are_not_propagated() {
    let text = topology(ATTACHED).replace("10.3.", "10.2.");
    let (topology, _) = yaml::read("transit.yaml", text.as_bytes());
    let (_, found) = Network::compile(&topology);
    let found: Vec<String> =
        found.iter().map(|problem| format!("{} {}", problem.code, problem.message)).collect();
    assert_eq!(
        found,
        ["TOP123 VPCs `two` and `three` both have 10.2.0.0/16: the routes of `three` are not propagated"]
    );
}

#[test]
fn every_lookup_has_its_own_code() {
    let asked = |tables: &str| {
        ask(&topology(&format!("{ATTACHED}    route_tables:\n{tables}")), "one-a", "two-a:443")
    };
    let open = asked("      main: {associations: [one, two, three], propagations: [one, two, three]}\n");
    assert_eq!((open.verdict, blockers(&open)), (Verdict::Reachable, vec![]));

    let cases: [(&str, &[&str]); 7] = [
        (
            "      main: {associations: [two], propagations: [one, two]}\n",
            &["request TGW001 TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"],
        ),
        (
            "      main: {associations: [one], propagations: [one, two]}\n",
            &["reply TGW001 TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION"],
        ),
        (
            "      main: {associations: [one, two], propagations: [one]}\n",
            &["request TGW002 TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"],
        ),
        (
            "      main: {associations: [one, two], propagations: [one], routes: {10.2.9.0/24: two}}\n",
            &["request TGW002 TGW_RTB_CANNOT_ROUTE"],
        ),
        (
            "      main: {associations: [one, two], propagations: [two]}\n",
            &["reply TGW002 TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT"],
        ),
        (
            "      main: {associations: [one, two], propagations: [one, two], routes: {10.2.1.0/24: blackhole}}\n",
            &["request TGW003 TGW_RTB_BAD_STATE_ROUTE"],
        ),
        (
            "      main: {associations: [one, two]}\n",
            &[
                "request TGW002 TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
                "reply TGW002 TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT",
            ],
        ),
    ];
    for (tables, expected) in cases {
        let answer = asked(tables);
        assert_eq!((answer.verdict, blockers(&answer)), (Verdict::Blocked, to_owned(expected)), "{tables}");
    }
}

fn to_owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn zones_are_asked_at_both_ends() {
    let text = topology(ATTACHED);
    assert_eq!(blockers(&ask(&text, "one-c", "two-a:443")), ["request TGW004 TGW_ROUTE_AZ_RESTRICTION"]);
    assert_eq!(blockers(&ask(&text, "one-a", "two-c:443")), ["reply TGW004 TGW_ROUTE_AZ_RESTRICTION"]);
    assert_eq!(
        blockers(&ask(&text, "one-c", "two-c:443")),
        ["request TGW004 TGW_ROUTE_AZ_RESTRICTION", "reply TGW004 TGW_ROUTE_AZ_RESTRICTION"]
    );
}

#[test]
fn a_pending_attachment_is_named() {
    let text = topology(&ATTACHED.replace("two: {vpc: two,", "two: {vpc: two, status: pending,"));
    assert_eq!(
        blockers(&ask(&text, "one-a", "two-a:443")),
        ["request TGW006 BAD_STATE_ATTACHMENT", "reply TGW006 BAD_STATE_ATTACHMENT"]
    );
}

#[test]
fn a_reference_that_is_lost_has_its_own_name() {
    let text = topology(ATTACHED).replace("source: 10.0.0.0/8}", "source: sg:one/web}");
    assert_eq!(blockers(&ask(&text, "one-a", "two-a:443")), ["request SG004 SG_REFERENCING_SUPPORT"]);
    let on = text.replace("  hub:\n", "  hub:\n    security_group_referencing: true\n");
    assert_eq!(ask(&on, "one-a", "two-a:443").verdict, Verdict::Reachable);
}

/// A destination that is attached in two zones, none of them the sender's: AWS picks one.
#[test]
fn the_other_zone_is_a_choice() {
    let gateways =
        ATTACHED.replace("one: {vpc: one, subnets: [at-a, at-b]}", "one: {vpc: one, subnets: [in-c]}");
    let alike = topology(&gateways);
    assert_eq!(blockers(&ask(&alike, "one-c", "two-a:443")), [""; 0]);
    let unlike = alike.replace(
        "at-b: {cidr: 10.2.0.16/28, az: b, network_acl: attach}",
        "at-b: {cidr: 10.2.0.16/28, az: b, network_acl: shut}",
    );
    let unlike = unlike.replace("    network_acls:\n", "    network_acls:\n      shut: {}\n");
    let answer = ask(&unlike, "one-c", "two-a:443");
    assert_eq!((answer.verdict, blockers(&answer)), (Verdict::Undetermined, to_owned(&["request UND005 -"])));
}

/// Nobody said the subnets of the attachment: if they are alike it does not matter which.
#[test]
fn unsaid_subnets_matter_only_if_they_differ() {
    let gateways = ATTACHED.replace("two: {vpc: two, subnets: [at-a, at-b]}", "two: {vpc: two}");
    let text = topology(&gateways);
    assert_eq!(ask(&text, "one-a", "two-a:443").verdict, Verdict::Reachable);
    let unlike = text.replace(
        "at-a: {cidr: 10.2.0.0/28, az: a, network_acl: attach}",
        "at-a: {cidr: 10.2.0.0/28, az: a, network_acl: shut}",
    );
    let unlike = unlike.replace("    network_acls:\n", "    network_acls:\n      shut: {}\n");
    assert_eq!(
        ask(&unlike, "one-a", "two-a:443").verdict,
        Verdict::Undetermined,
        "the shut subnet, or the other"
    );
}

/// Gateways that are peered in a ring and send packets around it.
#[test]
fn a_ring_of_gateways_is_a_loop() {
    let text = topology(
        "  hub:
    attachments:
      one: {vpc: one, subnets: [at-a]}
      two: {vpc: two, subnets: [at-a]}
      three: {vpc: three, subnets: [at-a]}
      b: {peering: b}
      c: {peering: c}
    route_tables: {main: {associations: [one, two, three, b, c], routes: {10.2.0.0/16: b}}}
  b:
    attachments: {hub: {peering: hub}, c: {peering: c}}
    route_tables: {main: {associations: [hub, c], routes: {10.2.0.0/16: c}}}
  c:
    attachments: {hub: {peering: hub}, b: {peering: b}}
    route_tables: {main: {associations: [hub, b], routes: {10.2.0.0/16: hub}}}
",
    );
    let answer = ask(&text, "one-a", "two-a:443");
    assert_eq!((answer.verdict, blockers(&answer)), (Verdict::Blocked, to_owned(&["request RT007 -"])));
}

/// A capture of two VPCs behind a gateway, as the AWS CLI saves it; `left_out` names calls that were not made.
fn capture(left_out: &[&str]) -> Network {
    let vpcs = r#"{"Vpcs": [{"VpcId": "vpc-one", "CidrBlock": "10.1.0.0/16"}, {"VpcId": "vpc-two", "CidrBlock": "10.2.0.0/16"}]}"#;
    let subnets = r#"{"Subnets": [
        {"SubnetId": "subnet-one", "VpcId": "vpc-one", "CidrBlock": "10.1.1.0/24", "AvailabilityZone": "eu-west-1a"},
        {"SubnetId": "subnet-two", "VpcId": "vpc-two", "CidrBlock": "10.2.1.0/24", "AvailabilityZone": "eu-west-1a"}]}"#;
    let table = |vpc: &str, to: &str| {
        format!(
            r#"{{"RouteTableId": "rtb-{vpc}", "VpcId": "vpc-{vpc}", "Associations": [{{"Main": true}}], "Routes": [{{"DestinationCidrBlock": "{to}", "TransitGatewayId": "tgw-hub", "State": "active"}}]}}"#
        )
    };
    let tables =
        format!(r#"{{"RouteTables": [{}, {}]}}"#, table("one", "10.2.0.0/16"), table("two", "10.1.0.0/16"));
    let acl = |vpc: &str| {
        let entry = |egress: bool| {
            format!(
                r#"{{"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": {egress}, "CidrBlock": "0.0.0.0/0"}}"#
            )
        };
        format!(
            r#"{{"NetworkAclId": "acl-{vpc}", "VpcId": "vpc-{vpc}", "IsDefault": true, "Associations": [{{"SubnetId": "subnet-{vpc}"}}], "Entries": [{}, {}]}}"#,
            entry(true),
            entry(false)
        )
    };
    let acls = format!(r#"{{"NetworkAcls": [{}, {}]}}"#, acl("one"), acl("two"));
    let any = r#"[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]"#;
    let group = |vpc: &str| {
        format!(
            r#"{{"GroupId": "sg-{vpc}", "GroupName": "open", "VpcId": "vpc-{vpc}", "IpPermissions": {any}, "IpPermissionsEgress": {any}}}"#
        )
    };
    let groups = format!(r#"{{"SecurityGroups": [{}, {}]}}"#, group("one"), group("two"));
    let nic = |vpc: &str, ip: &str| {
        format!(
            r#"{{"NetworkInterfaceId": "eni-{vpc}", "VpcId": "vpc-{vpc}", "SubnetId": "subnet-{vpc}", "PrivateIpAddress": "{ip}", "PrivateIpAddresses": [{{"PrivateIpAddress": "{ip}", "Primary": true}}], "Groups": [{{"GroupId": "sg-{vpc}"}}], "InterfaceType": "interface", "Status": "in-use"}}"#
        )
    };
    let nics =
        format!(r#"{{"NetworkInterfaces": [{}, {}]}}"#, nic("one", "10.1.1.10"), nic("two", "10.2.1.10"));
    let attachment = |vpc: &str| {
        format!(
            r#"{{"TransitGatewayAttachmentId": "tgw-attach-{vpc}", "TransitGatewayId": "tgw-hub", "VpcId": "vpc-{vpc}", "State": "available", "SubnetIds": ["subnet-{vpc}"], "Options": {{"Ipv6Support": "disable", "ApplianceModeSupport": "disable"}}}}"#
        )
    };
    let attachments =
        format!(r#"{{"TransitGatewayVpcAttachments": [{}, {}]}}"#, attachment("one"), attachment("two"));
    let route = |to: &str, vpc: &str| {
        format!(
            r#"{{"DestinationCidrBlock": "{to}", "TransitGatewayAttachments": [{{"TransitGatewayAttachmentId": "tgw-attach-{vpc}"}}], "Type": "propagated", "State": "active"}}"#
        )
    };
    let routes = format!(
        r#"{{"Routes": [{}, {}], "AdditionalRoutesAvailable": false}}"#,
        route("10.1.0.0/16", "one"),
        route("10.2.0.0/16", "two")
    );
    let files = [
        ("describe-vpcs.json", vpcs.to_owned()),
        ("describe-subnets.json", subnets.to_owned()),
        ("describe-route-tables.json", tables),
        ("describe-network-acls.json", acls),
        ("describe-security-groups.json", groups),
        ("describe-network-interfaces.json", nics),
        ("describe-transit-gateways.json", r#"{"TransitGateways": [{"TransitGatewayId": "tgw-hub", "State": "available"}]}"#.to_owned()),
        ("describe-transit-gateway-vpc-attachments.json", attachments),
        (
            "describe-transit-gateway-route-tables.json",
            r#"{"TransitGatewayRouteTables": [{"TransitGatewayRouteTableId": "tgw-rtb-main", "TransitGatewayId": "tgw-hub"}]}"#.to_owned(),
        ),
        ("search-transit-gateway-routes.tgw-rtb-main.json", routes),
        (
            "get-transit-gateway-route-table-associations.tgw-rtb-main.json",
            r#"{"Associations": [{"TransitGatewayAttachmentId": "tgw-attach-one", "State": "associated"}, {"TransitGatewayAttachmentId": "tgw-attach-two", "State": "associated"}]}"#.to_owned(),
        ),
    ];
    let wanted = files.into_iter().filter(|(name, _)| !left_out.iter().any(|call| name.starts_with(call)));
    let files: Vec<(String, Vec<u8>)> =
        wanted.map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    let capture = vpcreach::source::aws::read(&files);
    Network::compile(&capture.topology).0
}

fn ask_capture(left_out: &[&str]) -> Answer {
    let network = capture(left_out);
    let question =
        Question::parse(&network, "eni-one", "eni-two:443", None, &Options::default()).expect("a question");
    answer(&network, &question)
}

#[test]
fn a_capture_with_every_call_is_answered() {
    let answer = ask_capture(&[]);
    assert_eq!((answer.verdict, blockers(&answer)), (Verdict::Reachable, vec![]));
}

/// What a missing call would have said is unknown, never absent; the message names the call.
#[test]
fn a_call_that_is_missing_is_named() {
    for call in [
        "describe-transit-gateway-vpc-attachments",
        "search-transit-gateway-routes",
        "get-transit-gateway-route-table-associations",
    ] {
        let answer = ask_capture(&[call]);
        assert_eq!(answer.verdict, Verdict::Undetermined, "without {call}");
        let messages: Vec<&str> =
            answer.traces.iter().flat_map(|trace| &trace.blockers).map(|one| one.message.as_str()).collect();
        assert!(messages.iter().any(|message| message.contains(call)), "{call}: {messages:?}");
    }
    assert_eq!(
        ask_capture(&["describe-transit-gateway-route-tables"]).verdict,
        Verdict::Undetermined,
        "without a single table nobody knows the associations"
    );
    assert_eq!(
        ask_capture(&["describe-transit-gateways"]).verdict,
        Verdict::Reachable,
        "the routes prove it"
    );
}
