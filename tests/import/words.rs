//! What is written how: what nobody knows, names, and the forms of the language.

use serde_json::{Value, json};
use vpcreach::import::{self, Options};
use vpcreach::network::Network;
use vpcreach::reach::{self, Question, Verdict};
use vpcreach::source::aws;
use vpcreach::topology::{Diagnostic, Topology, yaml};

const OWN: Options = Options { ids: false, keep_names: true };

fn topology(text: &str) -> Topology {
    let (topology, diagnostics) = yaml::read("made.yaml", text.as_bytes());
    let errors: Vec<_> = diagnostics.iter().filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    topology
}

fn verdict(text: &str, from: &str, to: &str) -> Verdict {
    let (network, diagnostics) = Network::compile(&topology(text));
    assert!(!diagnostics.iter().any(Diagnostic::is_error), "{diagnostics:#?}");
    let question = Question::parse(&network, from, to, None, &reach::Options::default()).unwrap();
    reach::answer(&network, &question).verdict
}

/// Every way to say that something is not known, in the form in which it is written.
const UNKNOWN: &str = r#"partial: {of: capture, missing: [nat-gateways, transit-gateway-associations]}

prefix_lists:
  s3: {managed_by: aws}

networks:
  office: {cidr: 192.168.0.0/16, on_premises: true}

vpcs:
  main:
    cidr: 10.0.0.0/16
    internet_gateway: {attached: false}
    route_tables:
      main: {"? a parameter": igw}
      two-ways:
        10.9.0.0/16:
          - vgw
          - {target: vgw, propagated: true}
        10.8.0.0/16: {target: nat-0123456789abcdef0, state: blackhole}
        pl:s3: vpce-0123456789abcdef0
    subnets:
      a: {cidr: 10.0.0.0/24}
      b: {cidr: 10.0.1.0/24, route_table: "?"}
      c: {cidr: 10.0.2.0/24, network_acl: "?"}
      d: {cidr: "?", route_table: two-ways}
    security_groups:
      all:
        inbound:
          - {type: All traffic, source: anywhere-ipv4}
      open:
        inbound:
          - {type: SSH, source: "? known only after apply"}
          - {type: HTTPS, source: sg:sg-0123456789abcdef0}
    instances:
      web: {subnet: a, ip: 10.0.0.10, security_groups: [all]}
      guarded: {subnet: a, ip: 10.0.0.11, security_groups: [open]}
      more: {subnet: a, ip: 10.0.0.12, security_groups: [open, "?"]}
      routed: {subnet: b, ip: 10.0.1.10, security_groups: [all]}
      filtered: {subnet: c, ip: 10.0.2.10, security_groups: [all]}
      detached: {subnet: a, ip: 10.0.0.14, security_groups: [all], attached: false}
    network_interfaces:
      node: {owner: load balancer, subnet: a, ip: 10.0.0.13, security_groups: [all]}
    unmodelled:
      vgw: {kind: virtual private gateway, propagate_to: two-ways}
      cache: {kind: cache, addresses: 10.0.0.20, subnets: a, security_groups: all, why: its node is not known}

peering_connections:
  pcx: {requester: main, accepter: vpc-0123456789abcdef0, accepter_cidr: 10.5.0.0/16}

transit_gateways:
  hub:
    attachments:
      main: {vpc: main, subnets: [a], association: "?"}
      line: {other: tgw-connect, kind: Connect attachment, prefixes: 10.6.0.0/16}
    route_tables:
      core: {associations: [line], routes: {10.0.0.0/16: main}, incomplete: true}

unmodelled:
  tgw-connect: {kind: Connect peer}
"#;

#[test]
fn what_nobody_knows_is_written_as_it_is_read() {
    let written = import::import(&topology(UNKNOWN), OWN).unwrap();
    assert_eq!(written, UNKNOWN);
}

/// Each with its twin, about which everything is known.
#[test]
fn what_nobody_knows_is_undetermined() {
    let asked = |to| verdict(UNKNOWN, "web", to);
    assert_eq!(asked("guarded:22"), Verdict::Undetermined);
    assert_eq!(asked("guarded:23"), Verdict::Blocked);
    assert_eq!(asked("more:23"), Verdict::Undetermined);
    assert_eq!(asked("routed:22"), Verdict::Undetermined);
    assert_eq!(asked("filtered:22"), Verdict::Undetermined);
    assert_eq!(asked("node:22"), Verdict::Undetermined);
    assert_eq!(asked("10.0.0.20:22"), Verdict::Undetermined);
    assert_eq!(asked("detached:22"), Verdict::Blocked);
    assert_eq!(verdict(UNKNOWN, "web", "internet:443"), Verdict::Undetermined);
    let known = UNKNOWN
        .replace("\"? known only after apply\"", "10.0.0.0/24")
        .replace(", \"?\"]", "]")
        .replace(", route_table: \"?\"", "")
        .replace(", network_acl: \"?\"", "");
    for (to, expected) in [
        ("guarded:22", Verdict::Reachable),
        ("more:23", Verdict::Blocked),
        ("filtered:22", Verdict::Reachable),
    ] {
        assert_eq!(verdict(&known, "web", to), expected, "{to}");
    }
}

fn captured(documents: &[Value]) -> Topology {
    let files: Vec<(String, Vec<u8>)> = documents
        .iter()
        .enumerate()
        .map(|(at, document)| (format!("{at}.json"), document.to_string().into_bytes()))
        .collect();
    aws::read(&files).topology
}

fn tagged(name: &str) -> Value {
    json!([{"Key": "Name", "Value": name}])
}

fn capture(instances_first: bool) -> Topology {
    let instance = |id: &str, name: &str, address: &str| {
        json!({"InstanceId": id, "VpcId": "vpc-0000000000000001a", "SubnetId": "subnet-0000000000000001a",
            "State": {"Name": "running"}, "PrivateIpAddress": address, "Tags": tagged(name),
            "SecurityGroups": [{"GroupId": "sg-0000000000000001a"}]})
    };
    let group = json!({"GroupId": "sg-0000000000000001a", "GroupName": "web tier", "VpcId": "vpc-0000000000000001a",
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
            "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": [{"GroupId": "sg-0000000000000001a"}]}],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]});
    let table = json!({"RouteTableId": "rtb-0000000000000001a", "VpcId": "vpc-0000000000000001a",
        "Associations": [{"Main": true, "RouteTableId": "rtb-0000000000000001a"}], "Tags": tagged("main of shop"),
        "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
            {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0000000000000001a", "State": "active"}]});
    let other = json!({"RouteTableId": "rtb-0000000000000002a", "VpcId": "vpc-0000000000000001a",
        "Associations": [], "Tags": tagged("main"), "Routes": []});
    let mut documents = vec![
        json!({"Vpcs": [{"VpcId": "vpc-0000000000000001a", "CidrBlock": "10.0.0.0/16", "Tags": tagged("shop")}]}),
        json!({"Subnets": [{"SubnetId": "subnet-0000000000000001a", "VpcId": "vpc-0000000000000001a",
            "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "eu-west-1a", "Tags": tagged("Public (A)")}]}),
        json!({"SecurityGroups": [group]}),
        json!({"RouteTables": [table, other]}),
        json!({"InternetGateways": [{"InternetGatewayId": "igw-0000000000000001a",
            "Attachments": [{"VpcId": "vpc-0000000000000001a", "State": "available"}]}]}),
        json!({"NetworkInterfaces": []}),
        json!({"Reservations": [{"Instances": [
            instance("i-0000000000000002a", "web", "10.0.0.11"), instance("i-0000000000000001a", "web", "10.0.0.10"),
            instance("i-0000000000000003a", "internet", "10.0.0.12"), instance("i-0000000000000004a", "web-2", "10.0.0.13")]}]}),
    ];
    if instances_first {
        documents.reverse();
    }
    captured(&documents)
}

#[test]
fn names_are_those_that_people_chose() {
    let written = import::import(&capture(false), Options::default()).unwrap();
    let expected = [
        "  shop:\n",
        "      main: {0.0.0.0/0: igw}\n      main-2: {}\n",
        "      Public-A: {cidr: 10.0.0.0/24, az: eu-west-1a, network_acl: \"?\"}\n",
        "      web-tier:\n",
        "          - {type: HTTPS, source: self}\n",
        "      web-3: {subnet: Public-A, ip: 10.0.0.11, security_groups: [web-tier]}\n",
        "      web: {subnet: Public-A, ip: 10.0.0.10, security_groups: [web-tier]}\n",
        "      internet-1: {subnet: Public-A, ip: 10.0.0.12, security_groups: [web-tier]}\n",
        "      web-2: {subnet: Public-A, ip: 10.0.0.13, security_groups: [web-tier]}\n",
    ];
    for line in expected {
        assert!(written.contains(line), "{line} is not in\n{written}");
    }
}

#[test]
fn the_order_of_the_files_does_not_matter() {
    let [first, second] =
        [false, true].map(|reversed| import::import(&capture(reversed), Options::default()).unwrap());
    assert_eq!(first, second);
}

#[test]
fn ids_are_comments() {
    let options = Options { ids: true, ..Options::default() };
    let written = import::import(&capture(false), options).unwrap();
    assert!(written.contains("  shop:  # vpc-0000000000000001a\n"), "{written}");
    assert!(written.contains("security_groups: [web-tier]}  # i-0000000000000002a\n"), "{written}");
    let without = import::import(&topology(&written), OWN).unwrap();
    assert_eq!(without, import::import(&capture(false), Options::default()).unwrap());
}

/// What AWS would refuse, and a capture holds all the same, can't be said.
#[test]
fn what_has_no_words_is_refused() {
    let mut topology = topology(
        "vpcs: {main: {cidr: 10.0.0.0/16, network_acls: {a: {inbound: {100: {action: allow, source: anywhere-ipv4}}}}}}",
    );
    let rules = &mut topology.vpcs.0[0].value.network_acls.0[0].value.inbound;
    rules.push(rules[0].clone());
    let problems = import::import(&topology, OWN).unwrap_err();
    assert_eq!(problems[0].0, "network ACL a has two inbound rules 100");
}

/// The schema for editors knows every word that is written.
#[test]
fn the_schema_allows_it() {
    let instance: Value = serde_yaml::from_str(UNKNOWN).unwrap();
    let validator = jsonschema::validator_for(&yaml::schema()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Another parser understands what is written as ours does: keys, texts and quotes.
#[test]
fn other_parsers_read_it() {
    let parsed: serde_yaml::Value = serde_yaml::from_str(UNKNOWN).unwrap();
    let source = &parsed["vpcs"]["main"]["security_groups"]["open"]["inbound"][0]["source"];
    assert_eq!(source.as_str(), Some("? known only after apply"));
}

/// Tags come from whoever could write them.
#[test]
fn hostile_names_become_names() {
    let long = "x".repeat(300);
    let tags = [
        "",
        " ",
        "a: b",
        "# c",
        "{d",
        "\"e\"",
        "f\nvpcs: {}",
        "\u{202e}g",
        "null",
        "true",
        "local",
        "blackhole",
        "igw",
        "*",
        "?",
        "10.0.0.9",
        "é 東",
        "../../etc",
        "-1",
        "1e3",
        "self",
        "main",
        "default",
        &long,
        "h, i",
        "'j'",
        "%k",
    ];
    let instances: Vec<Value> = tags
        .iter()
        .enumerate()
        .map(|(at, tag)| {
            json!({"InstanceId": format!("i-{at:017x}"), "VpcId": "vpc-0000000000000001a",
                "SubnetId": "subnet-0000000000000001a", "State": {"Name": "running"},
                "PrivateIpAddress": format!("10.0.0.{}", at + 10), "Tags": tagged(tag), "SecurityGroups": []})
        })
        .collect();
    let topology = captured(&[
        json!({"Vpcs": [{"VpcId": "vpc-0000000000000001a", "CidrBlock": "10.0.0.0/16", "Tags": tagged("a/b: c")}]}),
        json!({"Subnets": [{"SubnetId": "subnet-0000000000000001a", "VpcId": "vpc-0000000000000001a",
            "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "z", "Tags": tagged("{}")}]}),
        json!({"Reservations": [{"Instances": instances}]}),
    ]);
    let written = import::import(&topology, Options { ids: true, ..Options::default() }).unwrap();
    let again = self::topology(&written);
    assert_eq!(again.vpcs.0[0].value.instances.len(), tags.len(), "{written}");
    assert_eq!(import::import(&again, OWN).unwrap(), import::import(&topology, Options::default()).unwrap());
}
