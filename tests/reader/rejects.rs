//! What the reader refuses or doubts, in which words.

use super::support::{expect, in_vpc, problems, read, rule_problems};

fn subnet(text: &str) -> Vec<String> {
    problems(&in_vpc(&format!("subnets:\n  s: {text}")))
}

fn acl(rule: &str) -> Vec<String> {
    problems(&in_vpc(&format!("network_acls:\n  n:\n    inbound:\n      {rule}")))
}

fn help(text: &str) -> String {
    read(text).1[0].help.clone().unwrap_or_default()
}

#[test]
fn all_problems_are_reported_at_once_and_in_file_order() {
    let text = in_vpc("cird: 1\nsubnets:\n  s: {cidr: 10.0.0.0/33, azz: a}\ninstances:\n  i: {}");
    expect(
        &problems(&text),
        &[
            "TOP004 4:5+4 unknown key `cird` in a VPC",
            "TOP012 6:17+11 `10.0.0.0/33` is not a CIDR block",
            "TOP004 6:30+3 unknown key `azz` in a subnet",
            "TOP006 8:7+1 instance `i` has no `subnet`, `subnets` or `interfaces`",
        ],
    );
}

#[test]
fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
    assert_eq!(help(&in_vpc("security_group: {}")), "did you mean `security_groups`?");
    assert_eq!(help(&in_vpc("SecurityGroups: {}")), "did you mean `security_groups`?");
    assert_eq!(help(&in_vpc("natgateways: {}")), "did you mean `nat_gateways`?");
}

#[test]
fn keys_that_people_try_are_answered_with_advice() {
    assert!(
        help(&in_vpc("subnets:\n  s: {cidr: 10.0.0.0/24, public: true}")).contains("public by its routes")
    );
    assert!(
        help(&in_vpc("security_groups: {g: {inbound: [{action: allow, source: self}]}}"))
            .contains("only allow")
    );
}

#[test]
fn top_level_keys_that_start_with_x_are_free() {
    expect(&problems("x-mine: [1, {a: b}]\nvpcs: {m: {cidr: 10.0.0.0/16}}\n"), &[]);
    expect(
        &problems("vpcs: {m: {cidr: 10.0.0.0/16, x-mine: 1}}\n"),
        &["TOP004 1:31+6 unknown key `x-mine` in a VPC"],
    );
}

#[test]
fn a_key_that_is_there_twice_would_be_lost() {
    expect(&subnet("{cidr: 10.0.0.0/24, az: a, az: b}"), &["TOP005 5:37+2 `az` is there twice"]);
    expect(
        &subnet("{cidr: 10.0.0.0/24, cidr_block: 10.0.1.0/24}"),
        &["TOP005 5:30+10 `cidr` and `cidr_block` mean the same"],
    );
}

#[test]
fn mandatory_keys() {
    expect(&problems("vpcs: {m: {}}\n"), &["TOP006 1:8+1 VPC `m` has no `cidr`"]);
    expect(&problems("tests: []\n"), &["TOP006 1:1+0 a topology needs `vpcs`"]);
    expect(&subnet("{az: a}"), &["TOP006 5:7+1 subnet `s` has no `cidr` or `ipv6_cidr`"]);
    expect(&rule_problems("{ports: 443}"), &["TOP006 7:14+5 an inbound rule needs `source`"]);
    expect(&acl("100: {source: 10.0.0.0/8}"), &["TOP006 7:11+3 inbound rule `100` has no `action`"]);
}

#[test]
fn shapes() {
    expect(
        &problems("vpcs: [a]\n"),
        &["TOP007 1:7+3 `vpcs` must be a map with a name as each key, but this is a list"],
    );
    expect(
        &subnet("{cidr: {a: b}}"),
        &["TOP007 5:17+6 `cidr` must be an IPv4 CIDR block, but this is a map"],
    );
    expect(&subnet("10.0.0.0/24"), &["TOP007 5:10+11 `s` must be a map, but this is a text"]);
    expect(&subnet("{cidr: }"), &["TOP007 5:11+4 `cidr` has no value"]);
    expect(
        &problems(&in_vpc("security_groups:\n  g:\n    outbound:")),
        &["TOP007 6:9+8 `outbound` has no value"],
    );
}

#[test]
fn keys_that_exclude_each_other() {
    expect(
        &subnet("{cidr: 10.0.0.0/24, routes: {}, route_table: r}"),
        &["TOP008 5:42+11 `routes` and `route_table` exclude each other"],
    );
    expect(
        &problems(&in_vpc("instances:\n  i: {subnet: s, interfaces: {eth0: {subnet: s}}}")),
        &["TOP008 5:11+6 `interfaces` and `subnet` exclude each other"],
    );
}

#[test]
fn cidr_blocks_say_which_part_is_wrong() {
    let label =
        |text: &str| read(&in_vpc(&format!("subnets:\n  s: {{cidr: {text}}}"))).1[0].labels[0].text.clone();
    assert_eq!(label("10.0.0.256/24"), "not an IP address before the `/`");
    assert_eq!(label("10.0.0.0/33"), "not a prefix length behind the `/`");
    assert_eq!(label("10.0.0.0"), "no prefix length");
    expect(
        &subnet("{cidr: \"2001:db8::/64\"}"),
        &["TOP012 5:17+15 `2001:db8::/64` is an IPv6 CIDR block where an IPv4 one is needed"],
    );
}

#[test]
fn host_bits_are_a_warning() {
    let (topology, found) = read(&in_vpc("subnets:\n  s: {cidr: 10.0.1.5/24}"));
    assert!(!found[0].is_error());
    assert_eq!(found[0].message, "`10.0.1.5/24` has host bits set: AWS takes it for `10.0.1.0/24`");
    let kept = topology.vpcs.0[0].value.subnets.get("s").unwrap().cidr.unwrap().value;
    assert_eq!(kept.to_string(), "10.0.1.5/24", "masking is the business of a later stage");
}

#[test]
fn ports() {
    let port = |text: &str| rule_problems(&format!("{{ports: {text}, source: self}}"));
    expect(&port("65536"), &["TOP015 7:21+5 `65536` is not a port"]);
    expect(&port("200-100"), &["TOP015 7:21+7 `200-100` runs backwards"]);
    expect(&port("-5"), &["TOP015 7:21+2 `-5` is not a port"]);
    expect(&port("\"80,443\""), &["TOP015 7:21+8 `80,443` is not a port"]);
    expect(
        &port("[80, [443]]"),
        &["TOP007 7:26+5 `ports` must be a port or a range of ports, but this is a list"],
    );
    expect(&port("0x50"), &["TOP015 7:21+4 `0x50` is not a port"]);
    expect(&port("[]"), &["TOP015 7:21+2 a rule for no port matches nothing"]);
    expect(
        &rule_problems("{from_port: 90, to_port: 80, protocol: tcp, source: self}"),
        &["TOP015 7:25+2 the ports run backwards: 90 to 80"],
    );
    expect(
        &rule_problems("{from_port: 80, ports: 80, source: self}"),
        &["TOP008 7:14+9 `ports` and `from_port` exclude each other"],
    );
}

#[test]
fn protocols() {
    expect(&rule_problems("{protocol: tpc, source: self}"), &["TOP016 7:24+3 unknown protocol `tpc`"]);
    expect(&rule_problems("{protocol: 256, source: self}"), &["TOP016 7:24+3 unknown protocol `256`"]);
    expect(&rule_problems("{protocol: tcp/80, source: self}"), &["TOP016 7:24+6 `tcp/80` is not a protocol"]);
    assert!(help(&super::support::with_rule("{protocol: HTTPS, source: self}")).contains("type: HTTPS"));
}

#[test]
fn ports_beside_a_protocol_without_ports_open_everything() {
    let rule = super::support::with_rule("{protocol: all, ports: 22, source: self}");
    let (topology, found) = read(&rule);
    assert!(!found[0].is_error());
    assert_eq!(found[0].code, "TOP021");
    let rules = topology.vpcs.0[0].value.security_groups.get("g").unwrap().inbound.clone().unwrap();
    assert!(rules[0].traffic.ports.is_empty());
    expect(
        &rule_problems("{protocol: 50, ports: 500, source: self}")
            .iter()
            .map(|p| p[..6].to_owned())
            .collect::<Vec<_>>(),
        &["TOP021"],
    );
    expect(&rule_problems("{protocol: all, from_port: 0, to_port: 0, source: self}"), &[]);
    expect(&rule_problems("{protocol: all, ports: all, source: self}"), &[]);
}

#[test]
fn presets() {
    expect(&rule_problems("{type: Postgres, source: self}"), &["TOP020 7:20+8 unknown rule type `Postgres`"]);
    expect(
        &rule_problems("{type: HTTPS, ports: 8443, source: self}"),
        &["TOP020 7:34+4 `HTTPS` is port 443, but the ports say `8443`"],
    );
    expect(
        &rule_problems("{type: HTTPS, protocol: udp, source: self}"),
        &["TOP020 7:37+3 `HTTPS` is tcp, but the protocol says udp"],
    );
    expect(
        &rule_problems("{type: Custom Protocol, source: self}"),
        &["TOP006 7:20+15 `Custom Protocol` needs `protocol` beside it"],
    );
}

#[test]
fn icmp() {
    expect(
        &rule_problems("{icmp_type: 8, source: self}"),
        &["TOP030 7:25+1 an ICMP type needs an ICMP protocol, but this rule is for `all`"],
    );
    expect(&rule_problems("{protocol: icmp, ports: 8, source: self}"), &["TOP030 7:37+1 icmp has no ports"]);
    expect(
        &rule_problems("{protocol: icmp, icmp_type: 300, source: self}"),
        &["TOP030 7:41+3 `300` is not an ICMP type or code"],
    );
    expect(
        &rule_problems("{protocol: icmp, icmp_code: 4, source: self}"),
        &["TOP030 7:41+1 an ICMP code without a type matches nothing in AWS"],
    );
}

#[test]
fn sg_4_a_rule_has_one_peer() {
    expect(
        &rule_problems("{source: [10.0.0.0/8, self]}"),
        &["TOP023 7:35+4 the rule has 2 peers, and a rule has one"],
    );
    expect(
        &rule_problems("{source: self, cidr_blocks: 10.0.0.0/8}"),
        &["TOP023 7:41+10 the rule has 2 peers, and a rule has one"],
    );
    expect(
        &rule_problems("{source: anywhere}"),
        &["TOP023 7:22+8 `anywhere` is two sources, and a rule has one"],
    );
    expect(&rule_problems("{self: false}"), &["TOP023 7:13+13 the rule has no source"]);
}

#[test]
fn peers() {
    expect(&rule_problems("{source: web}"), &["TOP022 7:22+3 `web` is not a source or destination"]);
    expect(&rule_problems("{source: 10.0.0.1}"), &["TOP012 7:22+8 `10.0.0.1` is not a CIDR block"]);
    assert_eq!(
        help(&super::support::with_rule("{source: 10.0.0.1}")),
        "for this one address write `10.0.0.1/32`"
    );
    expect(
        &rule_problems("{destination: self}"),
        &[
            "TOP004 7:14+11 unknown key `destination` in an inbound rule",
            "TOP006 7:14+11 an inbound rule needs `source`",
        ],
    );
}

#[test]
fn na_8_network_acls_know_only_addresses() {
    expect(
        &acl("100: {action: allow, source: sg:web}"),
        &["TOP024 7:40+6 `sg:web` is a security group, and network ACLs know only addresses"],
    );
    expect(
        &acl("100: {action: allow, source: pl:s3}"),
        &["TOP024 7:40+5 `pl:s3` is a prefix list, and network ACLs know only addresses"],
    );
}

#[test]
fn na_2_rule_numbers() {
    for number in ["0", "32767", "-1", "1.5", "abc", "\"*\"", "0100"] {
        let found = acl(&format!("{number}: {{action: allow, source: 10.0.0.0/8}}"));
        assert!(found[0].starts_with("TOP025"), "{number}: {found:?}");
    }
    expect(&acl("1: {action: allow, source: 10.0.0.0/8}"), &[]);
    expect(&acl("32766: {action: allow, source: 10.0.0.0/8}"), &[]);
}

#[test]
fn rt_12_link_local_destinations_have_no_routes() {
    expect(
        &problems(&in_vpc("route_tables:\n  r: {169.254.169.0/24: igw, 169.254.0.0/16: igw}")),
        &["TOP026 5:11+16 no route can be made for `169.254.169.0/24`"],
    );
}

#[test]
fn rt_14_customer_gateways_and_interface_endpoints_are_no_targets() {
    let text = in_vpc(
        "route_tables:\n  r: {10.8.0.0/16: dc, 10.9.0.0/16: ssm}\nendpoints:\n  ssm: {type: interface, service: ssm, subnets: [s]}",
    ) + "customer_gateways: {dc: {public_ip: 198.51.100.20}}\n";
    expect(
        &problems(&text),
        &[
            "TOP027 5:24+2 `dc` can't be the target of a route: it is a customer gateway",
            "TOP027 5:41+3 `ssm` can't be the target of a route: it is an interface endpoint",
        ],
    );
}

#[test]
fn names() {
    let named = |name: &str| problems(&in_vpc(&format!("instances:\n  {name}: {{subnet: s}}")));
    expect(&named("internet"), &["TOP011 5:7+8 `internet` is a reserved name"]);
    expect(&named("igw"), &["TOP011 5:7+3 `igw` is a reserved name"]);
    expect(&named("\"a b\""), &["TOP011 5:7+5 the name `a b` contains ` `"]);
    expect(&named("a/b"), &["TOP011 5:7+3 the name `a/b` contains `/`"]);
    expect(&named("\"\""), &["TOP011 5:7+2 a name is empty"]);
    expect(
        &problems(&in_vpc("nat_gateways:\n  local: {subnet: s}")),
        &["TOP011 5:7+5 `local` is a reserved name"],
    );
    expect(&named("web_1.b-ü"), &[]);
}

#[test]
fn booleans_are_those_of_yaml_1_2() {
    expect(
        &problems(&in_vpc("internet_gateway: yes")),
        &["TOP018 4:23+3 `yes` is neither `true` nor `false`"],
    );
}

#[test]
fn words() {
    expect(&acl("100: {action: alow, source: 10.0.0.0/8}"), &["TOP017 7:25+4 unknown action `alow`"]);
    expect(
        &problems(&in_vpc("instances:\n  i: {subnet: s, kind: ec3}")),
        &["TOP017 5:28+3 unknown kind of instance `ec3`"],
    );
    expect(
        &problems("version: 2\nvpcs: {m: {cidr: 10.0.0.0/16}}\n"),
        &["TOP031 1:10+1 version `2` of the language is not known"],
    );
}

#[test]
fn en_6_functions_have_no_public_address() {
    expect(
        &problems(&in_vpc("instances:\n  f: {subnet: s, kind: lambda, public_ip: true}")),
        &["TOP028 5:47+4 a function never has a public address"],
    );
    expect(&problems(&in_vpc("instances:\n  f: {subnet: s, kind: lambda, public_ip: false}")), &[]);
}

#[test]
fn instances_and_network_interfaces_share_their_names() {
    expect(
        &problems(&in_vpc("instances:\n  a: {subnet: s}\nnetwork_interfaces:\n  a: {subnet: s}")),
        &["TOP005 7:7+1 `a` is there twice"],
    );
}

#[test]
fn a_vpc_is_not_its_own_peer() {
    let found =
        problems("vpcs: {m: {cidr: 10.0.0.0/16}}\npeering_connections: {p: {requester: m, accepter: m}}\n");
    expect(&found, &["TOP032 2:51+1 `m` can't be peered with itself"]);
}

#[test]
fn tests_that_test_nothing() {
    let test = |text: &str| problems(&format!("vpcs: {{m: {{cidr: 10.0.0.0/16}}}}\ntests:\n  - {text}\n"));
    expect(&test("{from: web}"), &["TOP029 3:5+11 a test that asserts nothing"]);
    expect(&test("{allow: [web:1]}"), &["TOP029 3:6+5 `allow` needs `from` beside it"]);
    expect(&test("{only_from: [web]}"), &["TOP029 3:6+9 `only_from` needs `to` beside it"]);
    expect(&test("{from: a, to: b, expect: blokked}"), &["TOP017 3:30+7 unknown verdict `blokked`"]);
}

#[test]
fn typos_in_what_is_not_modelled_are_found_all_the_same() {
    expect(
        &problems(&in_vpc("load_balancers:\n  lb: {type: aplication, subnets: [a], listners: {}}")),
        &[
            "TOP017 5:18+10 unknown load balancer type `aplication`",
            "TOP004 5:44+8 unknown key `listners` in a load balancer",
        ],
    );
    expect(
        &problems("vpcs: {m: {cidr: 10.0.0.0/16}}\ntransit_gateways: {t: {attachments: {a: {vcp: m}}}}\n"),
        &["TOP006 2:38+1 attachment `a` has no `vpc`", "TOP004 2:42+3 unknown key `vcp` in an attachment"],
    );
}

#[test]
fn files_of_other_programs_are_recognised() {
    expect(
        &problems("AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n"),
        &["TOP010 1:1+24 this looks like a CloudFormation template, not a topology"],
    );
    expect(
        &problems("{\"Vpcs\": [{\"VpcId\": \"vpc-1\"}]}"),
        &["TOP010 1:2+6 this looks like output of the AWS CLI, not a topology"],
    );
}

#[test]
fn codes_are_unique_and_documented() {
    let codes = vpcreach::topology::yaml::codes::ALL;
    for pair in codes.windows(2) {
        assert!(pair[0].0 < pair[1].0, "{pair:?}");
    }
    assert!(codes.iter().all(|(_, text)| text.ends_with('.')));
}

#[test]
fn routes_are_propagated_into_tables_that_exist() {
    expect(
        &problems(&in_vpc("route_tables: {private: {}}\nvpn_gateway: {propagate_to: [privat, main]}")),
        &["TOP033 5:34+6 there is no route table `privat` in this VPC"],
    );
}

#[test]
fn an_attachment_is_associated_once() {
    let tables = "{one: {associations: [a]}, two: {associations: [a]}}";
    let hub = format!(
        "vpcs: {{a: {{cidr: 10.0.0.0/16}}}}\ntransit_gateways:\n  hub: {{attachments: {{a: {{vpc: a}}}}, route_tables: {tables}}}\n"
    );
    expect(&problems(&hub), &["TOP034 3:99+1 attachment `a` is associated twice, with `one` and `two`"]);
}

#[test]
fn a_peering_of_transit_gateways_propagates_nothing() {
    let hub = "vpcs: {a: {cidr: 10.0.0.0/16}}\ntransit_gateways:\n  hub: {attachments: {w: {peering: west}}, route_tables: {t: {propagations: [w]}}}\n";
    expect(&problems(hub), &["TOP035 3:78+1 `w` is a peering attachment: it propagates nothing"]);
}

#[test]
fn an_attachment_leads_to_one_thing() {
    let hub = "vpcs: {a: {cidr: 10.0.0.0/16}}\ntransit_gateways: {hub: {attachments: {x: {vpc: a, peering: b}, y: {}}}}\n";
    expect(
        &problems(hub),
        &[
            "TOP008 2:52+7 `vpc` and `peering` exclude each other",
            "TOP006 2:65+1 attachment `y` has no `vpc`",
        ],
    );
}
