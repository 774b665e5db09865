//! Transit gateways in plans and states: what is said decides, what is not known leaves the answer open.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Map, Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::terraform::{self, Fate, Moment, Plan};

const OPEN: &str = "undetermined";
const ATTACHMENT: &str = "aws_ec2_transit_gateway_vpc_attachment";
const TABLE: &str = "aws_ec2_transit_gateway_route_table";
const ASSOCIATION: &str = "aws_ec2_transit_gateway_route_table_association";
const PROPAGATION: &str = "aws_ec2_transit_gateway_route_table_propagation";
const ROUTE: &str = "aws_ec2_transit_gateway_route";

/// Kind, name, what is known, and what is known only after apply, with its references.
type Item = (&'static str, &'static str, Value, Vec<(&'static str, Vec<&'static str>)>);

/// A plan that creates these.
fn plan(items: &[Item]) -> Value {
    let (mut planned, mut changes, mut config) = (Vec::new(), Vec::new(), Vec::new());
    for (kind, name, values, links) in items {
        let address = format!("{kind}.{name}");
        let mut unknown = Map::from_iter([("id".to_owned(), json!(true))]);
        let mut expressions = Map::new();
        for (attribute, value) in values.as_object().unwrap() {
            expressions.insert(attribute.clone(), json!({"constant_value": value}));
        }
        for (attribute, references) in links {
            let is_list = *attribute == "subnet_ids";
            unknown.insert((*attribute).to_owned(), json!(true));
            let all: Vec<String> =
                references.iter().flat_map(|one| [format!("{one}.id"), (*one).to_owned()]).collect();
            // A dotted attribute is named as it stands.
            let all: Vec<String> = match references.iter().all(|one| one.matches('.').count() > 1) {
                true => references.iter().map(|one| (*one).to_owned()).collect(),
                false => all,
            };
            let _ = is_list;
            expressions.insert((*attribute).to_owned(), json!({"references": all}));
        }
        let head = json!({"address": address, "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws"});
        let with = |key: &str, value: Value| {
            let mut one = head.clone();
            one[key] = value;
            one
        };
        planned.push(with("values", values.clone()));
        changes.push(with(
            "change",
            json!({"actions": ["create"], "before": null, "after": values, "after_unknown": unknown}),
        ));
        config.push(with("expressions", Value::Object(expressions)));
    }
    json!({"format_version": "1.2", "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": planned}}, "resource_changes": changes,
        "configuration": {"root_module": {"resources": config}}})
}

fn read(document: &Value) -> Plan {
    terraform::read("t.json", document.to_string().as_bytes(), Moment::After)
}

fn verdict(items: &[Item], from: &str, to: &str) -> String {
    let plan = read(&plan(items));
    let (network, problems) = Network::compile(&plan.topology);
    let errors: Vec<_> = plan.diagnostics.iter().chain(&problems).filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let question = Question::parse(&network, from, to, None, &Options::default()).unwrap();
    answer(&network, &question).verdict.as_str().to_owned()
}

/// Three VPCs, each with a host that anybody may reach and a route to the gateway.
fn base(gateway: Value) -> Vec<Item> {
    let mut items: Vec<Item> = vec![("aws_ec2_transit_gateway", "hub", gateway, vec![])];
    let anybody = json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]);
    for (name, net, vpc, subnet, group, table) in [
        ("a", "10.0", "aws_vpc.a", "aws_subnet.a", "aws_security_group.a", "aws_route_table.a"),
        ("b", "10.1", "aws_vpc.b", "aws_subnet.b", "aws_security_group.b", "aws_route_table.b"),
        ("c", "10.2", "aws_vpc.c", "aws_subnet.c", "aws_security_group.c", "aws_route_table.c"),
    ] {
        items.extend([
            ("aws_vpc", name, json!({"cidr_block": format!("{net}.0.0/16")}), vec![]),
            (
                "aws_subnet",
                name,
                json!({"cidr_block": format!("{net}.1.0/24"), "availability_zone": "eu-west-1a"}),
                vec![("vpc_id", vec![vpc])],
            ),
            (
                "aws_security_group",
                name,
                json!({"ingress": anybody, "egress": anybody}),
                vec![("vpc_id", vec![vpc])],
            ),
            (
                "aws_instance",
                name,
                json!({"private_ip": format!("{net}.1.5")}),
                vec![("subnet_id", vec![subnet]), ("vpc_security_group_ids", vec![group])],
            ),
            ("aws_route_table", name, json!({}), vec![("vpc_id", vec![vpc])]),
            (
                "aws_route_table_association",
                name,
                json!({}),
                vec![("subnet_id", vec![subnet]), ("route_table_id", vec![table])],
            ),
            (
                "aws_route",
                name,
                json!({"destination_cidr_block": "10.0.0.0/8"}),
                vec![
                    ("route_table_id", vec![table]),
                    ("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"]),
                ],
            ),
        ]);
    }
    // `c` is no part of it.
    items.pop();
    items
}

fn attachment(name: &'static str, vpc: &'static str, subnet: &'static str, options: Value) -> Item {
    let links = vec![
        ("vpc_id", vec![vpc]),
        ("subnet_ids", vec![subnet]),
        ("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"]),
    ];
    (ATTACHMENT, name, options, links)
}

/// The same with attachments of `a` and `b`.
fn hub(gateway: Value, options: &Value) -> Vec<Item> {
    let mut items = base(gateway);
    items.push(attachment("a", "aws_vpc.a", "aws_subnet.a", options.clone()));
    items.push(attachment("b", "aws_vpc.b", "aws_subnet.b", options.clone()));
    items
}

/// A part of a table: with the table and the attachment.
fn part(
    kind: &'static str,
    name: &'static str,
    values: Value,
    table: &'static str,
    to: &'static str,
) -> Item {
    let mut links = vec![("transit_gateway_route_table_id", vec![table])];
    if !to.is_empty() {
        links.push(("transit_gateway_attachment_id", vec![to]));
    }
    (kind, name, values, links)
}

fn own_table() -> Item {
    (TABLE, "t", json!({}), vec![("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"])])
}

const T: &str = "aws_ec2_transit_gateway_route_table.t";
const A: &str = "aws_ec2_transit_gateway_vpc_attachment.a";
const B: &str = "aws_ec2_transit_gateway_vpc_attachment.b";

#[test]
fn the_defaults_join_what_is_attached() {
    let items = hub(json!({}), &json!({}));
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
    assert_eq!(verdict(&items, "b", "a:22"), "reachable");
    assert_eq!(verdict(&items, "a", "c:22"), "blocked", "c is not attached");
    // AWS takes such a route only if somebody attached c.
    let mut lone = items.clone();
    let links = vec![
        ("route_table_id", vec!["aws_route_table.c"]),
        ("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"]),
    ];
    lone.push(("aws_route", "lone", json!({"destination_cidr_block": "10.0.0.0/8"}), links));
    assert_eq!(verdict(&lone, "a", "c:22"), OPEN);
    let plan = read(&plan(&items));
    assert!(plan.inventory.resources.values().all(|(_, fate)| *fate == Fate::Read), "{:?}", plan.inventory);
    // TG-3: without the defaults, nothing is associated.
    let off =
        json!({"default_route_table_association": "disable", "default_route_table_propagation": "disable"});
    assert_eq!(verdict(&hub(off, &json!({})), "a", "b:22"), "blocked");
    let own = json!({"transit_gateway_default_route_table_association": false});
    assert_eq!(verdict(&hub(json!({}), &own), "a", "b:22"), "blocked");
}

#[test]
fn defaults_that_are_not_known_leave_it_open() {
    for name in ["default_route_table_association", "default_route_table_propagation"] {
        let mut items = hub(json!({}), &json!({}));
        items[0].3.push((name, vec!["data.external.settings.result"]));
        assert_eq!(verdict(&items, "a", "b:22"), OPEN, "{name}");
    }
}

fn isolated() -> Vec<Item> {
    let off =
        json!({"default_route_table_association": "disable", "default_route_table_propagation": "disable"});
    let mut items = hub(off, &json!({}));
    items.push(own_table());
    items.push(part(ASSOCIATION, "a", json!({}), T, A));
    items.push(part(ASSOCIATION, "b", json!({}), T, B));
    items
}

#[test]
fn tables_know_what_propagates_and_what_is_written() {
    assert_eq!(verdict(&isolated(), "a", "b:22"), "blocked", "the table knows nothing");
    let mut items = isolated();
    items.push(part(PROPAGATION, "a", json!({}), T, A));
    assert_eq!(verdict(&items, "a", "b:22"), "blocked");
    items.push(part(PROPAGATION, "b", json!({}), T, B));
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
    // A black hole for the longer prefix.
    let hole = json!({"destination_cidr_block": "10.1.1.0/24", "blackhole": true});
    items.push(part(ROUTE, "hole", hole, T, ""));
    assert_eq!(verdict(&items, "a", "b:22"), "blocked");
    // Written routes do as well as learnt ones.
    let mut items = isolated();
    items.push(part(ROUTE, "a", json!({"destination_cidr_block": "10.0.0.0/16"}), T, A));
    items.push(part(ROUTE, "b", json!({"destination_cidr_block": "10.1.0.0/16"}), T, B));
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
}

#[test]
fn routes_by_prefix_list() {
    let mut items = isolated();
    items.push(part(PROPAGATION, "a", json!({}), T, A));
    items.push((
        "aws_ec2_managed_prefix_list",
        "far",
        json!({"max_entries": 2, "address_family": "IPv4", "name": "far", "entry": [{"cidr": "10.1.0.0/16"}]}),
        vec![],
    ));
    let mut reference = part("aws_ec2_transit_gateway_prefix_list_reference", "r", json!({}), T, B);
    reference.3.push(("prefix_list_id", vec!["aws_ec2_managed_prefix_list.far"]));
    items.push(reference);
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
    let at = items.iter().position(|item| item.1 == "far").unwrap();
    items[at].2["entry"] = json!([{"cidr": "10.9.0.0/16"}]);
    assert_eq!(verdict(&items, "a", "b:22"), "blocked");
}

#[test]
fn parts_of_nobody_knows_what_leave_it_open() {
    let lost = "data.external.which.result";
    let full = || {
        let mut items = isolated();
        items.push(part(PROPAGATION, "a", json!({}), T, A));
        items
    };
    // Which attachment propagates, which table a route is in, where it leads, which table serves an attachment.
    for (kind, values, table, to) in [
        (PROPAGATION, json!({}), T, lost),
        (PROPAGATION, json!({}), lost, B),
        (ROUTE, json!({"destination_cidr_block": "10.1.0.0/16"}), lost, B),
        (ROUTE, json!({"destination_cidr_block": "10.1.0.0/16"}), T, lost),
    ] {
        let mut items = full();
        items.push(part(kind, "x", values, table, to));
        assert_eq!(verdict(&items, "a", "b:22"), OPEN, "{kind} {table} {to}");
        let document = plan(&items);
        assert_eq!(read(&document).inventory.unresolved().count(), 1, "{kind} {table} {to}");
    }
    let mut items = full();
    items.retain(|item| item.0 != ASSOCIATION);
    items.push(part(ASSOCIATION, "b", json!({}), T, B));
    items.push(part(PROPAGATION, "b", json!({}), T, B));
    assert_eq!(verdict(&items, "a", "b:22"), "blocked", "a is associated with nothing");
    items.push(part(ASSOCIATION, "a", json!({}), lost, A));
    assert_eq!(verdict(&items, "a", "b:22"), OPEN);
    // A destination that is not known, beside one that is.
    let mut items = full();
    let mut route = part(ROUTE, "x", json!({}), T, B);
    route.3.push(("destination_cidr_block", vec![lost]));
    items.push(route);
    assert_eq!(verdict(&items, "a", "b:22"), OPEN);
}

#[test]
fn an_attachment_of_nobody_knows_what_opens_the_gateway() {
    for (attribute, what) in [("vpc_id", "VPC"), ("subnet_ids", "subnets"), ("transit_gateway_id", "gateway")]
    {
        let mut items = hub(json!({}), &json!({}));
        let last = items.last_mut().unwrap();
        let link = last.3.iter_mut().find(|(name, _)| *name == attribute).unwrap();
        link.1 = vec!["data.external.which.result"];
        assert_eq!(verdict(&items, "a", "b:22"), OPEN, "{what}");
    }
}

#[test]
fn the_default_table_by_its_id_and_the_gateway_by_an_attachment() {
    let mut items = hub(json!({"default_route_table_propagation": "disable"}), &json!({}));
    assert_eq!(verdict(&items, "a", "b:22"), "blocked");
    let default = "aws_ec2_transit_gateway.hub.association_default_route_table_id";
    for (name, to) in [("a", A), ("b", B)] {
        let net = if name == "a" { "10.0.0.0/16" } else { "10.1.0.0/16" };
        let mut route = part(ROUTE, name, json!({"destination_cidr_block": net}), default, to);
        route.3[0].1 = vec![default];
        items.push(route);
    }
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
    for item in &mut items {
        for (attribute, references) in &mut item.3 {
            if item.0 == "aws_route" && *attribute == "transit_gateway_id" {
                *references = vec!["aws_ec2_transit_gateway_vpc_attachment.b.transit_gateway_id"];
            }
        }
    }
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
}

#[test]
fn peerings_want_an_accepter_and_routes_on_both_sides() {
    let peered = |accepted: bool, routes: bool| {
        let mut items = base(json!({}));
        items.push(("aws_ec2_transit_gateway", "far", json!({}), vec![]));
        items.push(attachment("a", "aws_vpc.a", "aws_subnet.a", json!({})));
        let mut b = attachment("b", "aws_vpc.b", "aws_subnet.b", json!({}));
        b.3[2].1 = vec!["aws_ec2_transit_gateway.far"];
        items.push(b);
        let route = items.iter_mut().find(|item| item.0 == "aws_route" && item.1 == "b").unwrap();
        route.3[1].1 = vec!["aws_ec2_transit_gateway.far"];
        let links = vec![
            ("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"]),
            ("peer_transit_gateway_id", vec!["aws_ec2_transit_gateway.far"]),
        ];
        items.push((
            "aws_ec2_transit_gateway_peering_attachment",
            "p",
            json!({"peer_region": "eu-west-1"}),
            links,
        ));
        let p = "aws_ec2_transit_gateway_peering_attachment.p";
        if accepted {
            let links = vec![("transit_gateway_attachment_id", vec![p])];
            items.push(("aws_ec2_transit_gateway_peering_attachment_accepter", "p", json!({}), links));
        }
        if routes {
            for (name, net, table) in [
                ("there", "10.1.0.0/16", "aws_ec2_transit_gateway.hub.association_default_route_table_id"),
                ("back", "10.0.0.0/16", "aws_ec2_transit_gateway.far.association_default_route_table_id"),
            ] {
                items.push(part(ROUTE, name, json!({"destination_cidr_block": net}), table, p));
                items.last_mut().unwrap().3[0].1 = vec![table];
            }
        }
        items
    };
    assert_eq!(verdict(&peered(true, true), "a", "b:22"), "reachable");
    assert_eq!(
        verdict(&peered(true, false), "a", "b:22"),
        "blocked",
        "nothing propagates over a peering (TG-8)"
    );
    assert_eq!(verdict(&peered(false, true), "a", "b:22"), OPEN, "whether somebody accepts it is not said");
}

#[test]
fn what_others_attach_is_not_guessed() {
    // A VPN connection announces what it announces; a range that is in a VPC it does not.
    let mut items = hub(json!({}), &json!({}));
    let links = vec![("transit_gateway_id", vec!["aws_ec2_transit_gateway.hub"])];
    items.push(("aws_vpn_connection", "line", json!({"type": "ipsec.1"}), links));
    assert_eq!(verdict(&items, "a", "b:22"), "reachable");
    for item in items.iter_mut().filter(|item| item.0 == "aws_route") {
        item.2["destination_cidr_block"] = json!("0.0.0.0/0");
    }
    assert_eq!(verdict(&items, "a", "192.168.7.7:22"), OPEN);
    items.retain(|item| item.0 != "aws_vpn_connection");
    assert_eq!(verdict(&items, "a", "192.168.7.7:22"), "blocked");
    // A gateway of another configuration has attachments and routes that the file does not know.
    let mut items = hub(json!({}), &json!({}));
    items.remove(0);
    for item in &mut items {
        if item.3.iter().any(|(name, _)| *name == "transit_gateway_id") {
            item.3.retain(|(name, _)| *name != "transit_gateway_id");
            item.2["transit_gateway_id"] = json!("tgw-0123");
        }
    }
    assert_eq!(verdict(&items, "a", "b:22"), OPEN);
}

#[test]
fn a_state_is_read_by_its_ids() {
    let one = |kind: &str, name: &str, values: Value| json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": values}]});
    let rule = json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]);
    let state = |vpc_owner: &str, accepter: bool| {
        let mut all = vec![one(
            "aws_ec2_transit_gateway",
            "hub",
            json!({"id": "tgw-1", "owner_id": "111111111111", "default_route_table_association": "enable",
                "default_route_table_propagation": "enable", "association_default_route_table_id": "tgw-rtb-1"}),
        )];
        for (name, net, owner) in [("a", "10.0", "111111111111"), ("b", "10.1", vpc_owner)] {
            all.extend([
                one("aws_vpc", name, json!({"id": format!("vpc-{name}"), "cidr_block": format!("{net}.0.0/16"),
                    "main_route_table_id": format!("rtb-{name}")})),
                one("aws_subnet", name, json!({"id": format!("subnet-{name}"), "vpc_id": format!("vpc-{name}"),
                    "cidr_block": format!("{net}.1.0/24")})),
                one("aws_security_group", name, json!({"id": format!("sg-{name}"), "vpc_id": format!("vpc-{name}"),
                    "ingress": rule, "egress": rule})),
                one("aws_instance", name, json!({"id": format!("i-{name}"), "subnet_id": format!("subnet-{name}"),
                    "private_ip": format!("{net}.1.5"), "vpc_security_group_ids": [format!("sg-{name}")]})),
                one("aws_route", name, json!({"route_table_id": format!("rtb-{name}"), "transit_gateway_id": "tgw-1",
                    "destination_cidr_block": "10.0.0.0/8"})),
                one(ATTACHMENT, name, json!({"id": format!("tgw-attach-{name}"), "transit_gateway_id": "tgw-1",
                    "vpc_id": format!("vpc-{name}"), "subnet_ids": [format!("subnet-{name}")], "vpc_owner_id": owner,
                    "transit_gateway_default_route_table_association": true,
                    "transit_gateway_default_route_table_propagation": true})),
            ]);
        }
        if accepter {
            all.push(one("aws_ec2_transit_gateway_vpc_attachment_accepter", "b", json!({"id": "tgw-attach-b",
                "transit_gateway_attachment_id": "tgw-attach-b", "transit_gateway_id": "tgw-1", "vpc_id": "vpc-b"})));
        }
        json!({"version": 4, "resources": all})
    };
    let ask = |document: &Value| {
        let plan = read(document);
        let (network, _) = Network::compile(&plan.topology);
        let question = Question::parse(&network, "a", "b:22", None, &Options::default()).unwrap();
        answer(&network, &question).verdict.as_str().to_owned()
    };
    assert_eq!(ask(&state("111111111111", false)), "reachable");
    assert_eq!(ask(&state("222222222222", false)), OPEN, "another account's attachment waits for acceptance");
    assert_eq!(ask(&state("222222222222", true)), "reachable");
}
