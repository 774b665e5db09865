//! Where things are said to be.

use vpcreach::topology::{Place, yaml};

use super::support::{SAMPLES, at, clean, in_vpc, problems, text_at, vpc, with_rule};

#[test]
fn every_value_has_its_exact_bytes() {
    let topology = clean(SAMPLES[0].1);
    let main = vpc(&topology);
    assert_eq!(at(&topology.sources, main.cidrs[0].place), "3:11+11");
    assert_eq!(at(&topology.sources, topology.vpcs.0[0].place()), "2:3+4");
    let rule = &main.security_groups.get("web").unwrap().inbound.as_ref().unwrap()[0];
    assert_eq!(text_at(&topology, rule.place), "{type: HTTPS, source: anywhere-ipv4}");
    assert_eq!(text_at(&topology, rule.peer.place), "anywhere-ipv4");
    assert_eq!(text_at(&topology, rule.traffic.protocol_place), "HTTPS");
    let route = &main.subnets.get("public").unwrap().routes.as_ref().unwrap()[0];
    assert_eq!(text_at(&topology, route.place), "0.0.0.0/0: igw");
    assert_eq!(text_at(&topology, route.target.place), "igw");
    assert_eq!(text_at(&topology, topology.tests[0].allow[0].place), "web:443");
}

#[test]
fn a_rule_with_a_merge_is_where_the_rule_is() {
    let topology = clean(SAMPLES[1].1);
    let rule = &vpc(&topology).network_acls.get("data").unwrap().outbound[0];
    assert_eq!(text_at(&topology, rule.place), "100: {<<: *ephemeral, destination: 10.0.10.0/23}");
    assert_eq!(text_at(&topology, rule.peer.place), "10.0.10.0/23");
    assert_eq!(
        at(&topology.sources, rule.traffic.ports_place),
        "2:63+10",
        "its ports are where the anchor is"
    );
}

#[test]
fn an_aliased_rule_is_where_the_alias_is() {
    let topology = clean(
        "x-r: &r {ports: 443, source: self}\nvpcs:\n  m:\n    cidr: 10.0.0.0/16\n    security_groups:\n      g: {inbound: [*r]}\n",
    );
    let rule = &vpc(&topology).security_groups.get("g").unwrap().inbound.as_ref().unwrap()[0];
    assert_eq!(text_at(&topology, rule.place), "*r");
    assert_eq!(text_at(&topology, rule.traffic.ports_place), "443");
}

#[test]
fn a_rule_over_several_lines_goes_from_its_first_to_its_last_byte() {
    let topology = clean(&in_vpc(
        "security_groups:\n  g:\n    inbound:\n      - protocol: tcp\n        ports: [80, 443]\n        source: self\n\n      - source: self",
    ));
    let rules = vpc(&topology).security_groups.get("g").unwrap().inbound.as_ref().unwrap();
    let text = text_at(&topology, rules[0].place);
    assert!(text.starts_with("protocol: tcp") && text.ends_with("source: self"), "{text}");
    assert_eq!(text_at(&topology, rules[0].traffic.ports_place), "[80, 443]");
}

#[test]
fn what_nobody_said_is_implicit() {
    let topology = clean(&with_rule("{ports: 443, source: self}"));
    let rule = &vpc(&topology).security_groups.get("g").unwrap().inbound.as_ref().unwrap()[0];
    assert_eq!(rule.traffic.protocol_place, Place::Implicit);
}

#[test]
fn quotes_belong_to_the_place() {
    let topology = clean("vpcs:\n  m: {cidr: \"10.0.0.0/16\"}\n");
    assert_eq!(text_at(&topology, vpc(&topology).cidrs[0].place), "\"10.0.0.0/16\"");
}

#[test]
fn byte_order_marks_and_windows_line_ends_move_no_column() {
    let text = "\u{feff}vpcs:\r\n  m:\r\n    cidr: 10.0.0.0/16\r\n    sub: 1\r\n";
    let (topology, diagnostics) = yaml::read("t.yaml", text.as_bytes());
    assert_eq!(
        super::support::list(&diagnostics, &topology.sources),
        ["TOP004 4:5+3 unknown key `sub` in a VPC"]
    );
    assert_eq!(at(&topology.sources, vpc(&topology).cidrs[0].place), "3:11+11");
    assert_eq!(problems("\u{feff}vpcx: {}\n")[1], "TOP004 1:1+4 unknown key `vpcx` in a topology");
}

#[test]
fn columns_count_characters() {
    let found = problems("vpcs: {m: {cidr: 10.0.0.0/16, region: zürich, äöü: 1}}\n");
    assert_eq!(found, ["TOP004 1:47+3 unknown key `äöü` in a VPC"]);
}
