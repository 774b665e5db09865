//! Terraform: our own samples, to the last rule; and what must be `undetermined`, never a guess.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod json_damage;
mod terraform_resources;

use json_damage::{any_json, mutate};
use proptest::prelude::*;
use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::terraform::{self, Moment, Plan};
use vpcreach::source::{Recognised, recognise};
use vpcreach::topology::{Association, Completeness, Defaults, RouteTarget, SecurityGroupPeer, Vpc};

fn sample(name: &str) -> Value {
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn plan() -> Value {
    sample("topologies/terraform/plan.json")
}

fn state() -> Value {
    sample("topologies/terraform/terraform.tfstate")
}

fn read(document: &Value) -> Plan {
    terraform::read("t.json", document.to_string().as_bytes(), Moment::After)
}

fn verdict_of(plan: &Plan, from: &str, to: &str) -> String {
    let errors: Vec<_> = plan.diagnostics.iter().filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let (network, diagnostics) = Network::compile(&plan.topology);
    assert!(diagnostics.iter().all(|one| !one.is_error()), "{diagnostics:?}");
    let question = Question::parse(&network, from, to, None, &Options::default())
        .unwrap_or_else(|error| panic!("{from} {to}: {error:?}"));
    answer(&network, &question).verdict.as_str().to_owned()
}

fn verdict(document: &Value, from: &str, to: &str) -> String {
    verdict_of(&read(document), from, to)
}

fn has(plan: &Plan, code: &str) -> bool {
    plan.diagnostics.iter().any(|one| one.code == code)
}

/// The change, the planned values and the expressions of a resource of the root module.
fn with(document: &mut Value, address: &str, change: impl Fn(&mut Value, &mut Value, &mut Value)) {
    let position = |list: &Value, address: &str| {
        list.as_array().unwrap().iter().position(|one| one["address"] == address).expect(address)
    };
    let changes = &document["resource_changes"];
    let at = position(changes, address);
    let mut unknown = document["resource_changes"][at]["change"]["after_unknown"].take();
    let resources = &document["planned_values"]["root_module"]["resources"];
    let planned = position(resources, address);
    let mut values = document["planned_values"]["root_module"]["resources"][planned]["values"].take();
    let bare = address.split('[').next().unwrap();
    let config = position(&document["configuration"]["root_module"]["resources"], bare);
    let mut expressions = document["configuration"]["root_module"]["resources"][config]["expressions"].take();
    change(&mut values, &mut unknown, &mut expressions);
    document["resource_changes"][at]["change"]["after_unknown"] = unknown;
    document["planned_values"]["root_module"]["resources"][planned]["values"] = values;
    document["configuration"]["root_module"]["resources"][config]["expressions"] = expressions;
}

/// Leaves out a resource, as if it had never been written.
fn without(document: &mut Value, address: &str) {
    let keep = |list: &mut Value| list.as_array_mut().unwrap().retain(|one| one["address"] != address);
    keep(&mut document["resource_changes"]);
    keep(&mut document["planned_values"]["root_module"]["resources"]);
}

fn only_vpc(plan: &Plan) -> &Vpc {
    let [entry] = plan.topology.vpcs.0.as_slice() else { panic!("one VPC") };
    &entry.value
}

/// What both samples are, name by name.
fn check_shop(plan: &Plan) {
    assert_eq!(plan.topology.completeness, Completeness::Planned);
    assert_eq!(plan.topology.defaults, Defaults::Terraform);
    assert_eq!(plan.topology.vpcs.0[0].name(), "aws_vpc.main");
    let vpc = only_vpc(plan);
    assert_eq!(vpc.cidrs[0].value.to_string(), "10.0.0.0/16");
    assert_eq!(vpc.internet_gateway.as_ref().unwrap().name.value, "aws_internet_gateway.main");
    let subnets: Vec<String> = vpc.subnets.iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(
        subnets,
        [
            "aws_subnet.public[0]",
            "aws_subnet.public[1]",
            "aws_subnet.private[\"a\"]",
            "aws_subnet.private[\"b\"]"
        ]
    );
    let named = |association: &Association| match association {
        Association::Named(name) => name.value.clone(),
        other => format!("{other:?}"),
    };
    for (subnet, entry) in subnets.iter().zip(&vpc.subnets) {
        let private = subnet.contains("private");
        let table = if private { "aws_route_table.private" } else { "aws_route_table.public" };
        assert_eq!(named(&entry.value.route_table), table, "{subnet}");
        let acl = if private { "aws_network_acl.private" } else { "Implicit" };
        assert_eq!(named(&entry.value.network_acl), acl, "{subnet}");
    }
    let routes: Vec<(String, &RouteTarget)> = vpc
        .route_tables
        .iter()
        .flat_map(|table| {
            table.value.routes.iter().map(|route| (table.name().to_owned(), &route.target.value))
        })
        .collect();
    let target = |name: &str| RouteTarget::Named(name.to_owned());
    assert_eq!(routes.len(), 2, "{routes:?}");
    assert_eq!(routes[0], ("aws_route_table.public".to_owned(), &target("aws_internet_gateway.main")));
    assert_eq!(routes[1], ("aws_route_table.private".to_owned(), &target("aws_nat_gateway.main")));
    let acl = vpc.network_acls.get("aws_network_acl.private").unwrap();
    assert_eq!((acl.inbound.len(), acl.outbound.len()), (1, 1));
    let db = vpc.security_groups.get("aws_security_group.db").unwrap();
    let inbound = db.inbound.as_ref().unwrap();
    assert_eq!(inbound.len(), 1, "{inbound:?}");
    assert_eq!(inbound[0].peer.value, SecurityGroupPeer::Group("aws_security_group.web".to_owned()));
    assert_eq!(db.outbound.as_ref().unwrap().len(), 0, "no egress written, no egress there");
    let web = vpc.security_groups.get("aws_security_group.web").unwrap();
    assert_eq!((web.inbound.as_ref().unwrap().len(), web.outbound.as_ref().unwrap().len()), (1, 1));
    let nat = vpc.nat_gateways.get("aws_nat_gateway.main").unwrap();
    assert_eq!(nat.subnet.value, "aws_subnet.public[0]");
    assert_eq!(plan.inventory.unresolved().count(), 0);
}

#[test]
fn a_state_is_read_by_its_ids() {
    let plan = read(&state());
    check_shop(&plan);
    assert!(plan.diagnostics.is_empty(), "{:?}", plan.diagnostics);
    let vpc = only_vpc(&plan);
    assert_eq!(vpc.region.as_ref().unwrap().value, "eu-west-1");
    let db = vpc.instances.entry("aws_instance.db").unwrap();
    assert_eq!(db.value.interfaces.0[0].value.ips[0].value.to_string(), "10.0.10.7");
    assert_eq!(db.aliases, ["database", "i-0db", "db"]);
    // `terraform show -json` says the same as the file itself.
    let shown = read(&sample("tests/terraform/state.json"));
    assert_eq!(format!("{:?}", plan.topology.vpcs), format!("{:?}", shown.topology.vpcs));
}

#[test]
fn a_plan_is_read_by_its_references() {
    let plan = read(&plan());
    check_shop(&plan);
    let codes: Vec<&str> = plan.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["TF030"], "equal keys are assumed, and said to be");
}

#[test]
fn plan_and_state_give_the_same_verdicts() {
    for document in [plan(), state()] {
        let plan = read(&document);
        for (from, to, expected) in [
            ("internet", "aws_instance.web[0]:443", "reachable"),
            ("internet", "web[1]:22", "blocked"),
            ("web[0]", "aws_instance.db:5432", "reachable"),
            ("web[0]", "database:22", "blocked"),
            ("internet", "db:5432", "blocked"),
            ("db", "203.0.113.9:443", "blocked"),
            ("web[1]", "203.0.113.9:443", "reachable"),
            ("aws_instance.web", "db:5432", "reachable"),
        ] {
            assert_eq!(verdict_of(&plan, from, to), expected, "{from} {to}");
        }
    }
}

#[test]
fn modules_are_followed_both_ways() {
    let plan = read(&sample("tests/terraform/modules.json"));
    let vpc = only_vpc(&plan);
    let subnet_of = |name: &str| vpc.instances.get(name).unwrap().interfaces.0[0].value.subnet.value.clone();
    assert_eq!(subnet_of("aws_instance.front"), "module.net.aws_subnet.this[\"eu-west-1a\"]");
    for zone in ["eu-west-1a", "eu-west-1b"] {
        let this = format!("module.app[\"{zone}\"].aws_instance.this");
        assert_eq!(subnet_of(&this), format!("module.net.aws_subnet.this[\"{zone}\"]"));
        assert_eq!(verdict_of(&plan, "aws_instance.front", &format!("{this}:80")), "reachable");
        assert_eq!(verdict_of(&plan, "aws_instance.front", &format!("{this}:81")), "blocked");
    }
    let twin = "module.app[\"eu-west-1b\"].aws_instance.this:80";
    assert_eq!(verdict_of(&plan, "module.app[\"eu-west-1a\"].aws_instance.this", twin), "blocked");
}

const OPEN: &str = "undetermined";

/// Lets everything pass the network ACL.
fn open_acl(values: &mut Value, _: &mut Value, _: &mut Value) {
    let everything = json!([{"action": "allow", "cidr_block": "0.0.0.0/0", "from_port": 0, "to_port": 0,
        "protocol": "-1", "rule_no": 50, "ipv6_cidr_block": "", "icmp_type": 0, "icmp_code": 0}]);
    values["ingress"] = everything.clone();
    values["egress"] = everything;
}

#[test]
fn an_instance_in_one_of_several_subnets_is_undetermined() {
    let mut document = plan();
    with(&mut document, "aws_instance.db", |_, _, expressions| {
        expressions["subnet_id"] = json!({"references": ["aws_subnet.private", "var.zone"]});
    });
    let plan = read(&document);
    assert_eq!(verdict_of(&plan, "web[0]", "aws_instance.db:5432"), OPEN);
    assert_eq!(verdict_of(&plan, "internet", "web[0]:443"), "reachable");
    let why: Vec<_> = plan.inventory.unresolved().collect();
    assert_eq!(why.len(), 1);
    assert!(why[0].1.contains("one of aws_subnet.private[\"a\"], aws_subnet.private[\"b\"]"), "{why:?}");
}

#[test]
fn a_rule_with_an_unknown_peer_decides_only_what_it_might() {
    let mut document = plan();
    with(&mut document, "aws_vpc_security_group_ingress_rule.db_from_web", |_, unknown, expressions| {
        expressions["referenced_security_group_id"] = json!({"references": ["aws_security_group.web.id", "aws_security_group.web", "aws_security_group.db.id",
                "aws_security_group.db", "var.which"]});
        unknown["referenced_security_group_id"] = json!(true);
    });
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:22"), "blocked");
    let mut document = plan();
    with(&mut document, "aws_vpc_security_group_ingress_rule.db_from_web", |_, unknown, expressions| {
        expressions.as_object_mut().unwrap().remove("referenced_security_group_id");
        unknown.as_object_mut().unwrap().remove("referenced_security_group_id");
        expressions["cidr_ipv4"] = json!({"references": ["aws_eip.nat.public_ip", "aws_eip.nat"]});
        unknown["cidr_ipv4"] = json!(true);
    });
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:22"), "blocked");
}

#[test]
fn groups_that_depend_on_a_condition_are_undetermined() {
    let mut document = plan();
    with(&mut document, "aws_instance.db", |_, _, expressions| {
        expressions["vpc_security_group_ids"] = json!({"references": ["var.open", "aws_security_group.web.id",
            "aws_security_group.web", "aws_security_group.db.id", "aws_security_group.db"]});
    });
    document["variables"]["open"] = json!({"value": true});
    with(&mut document, "aws_network_acl.private", open_acl);
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    // Perhaps a member of the group that a rule refers to.
    let rule = "aws_vpc_security_group_ingress_rule.db_from_web";
    with(&mut document, rule, |_, _, expressions| {
        expressions["security_group_id"] =
            json!({"references": ["aws_security_group.web.id", "aws_security_group.web"]});
        expressions["referenced_security_group_id"] =
            json!({"references": ["aws_security_group.db.id", "aws_security_group.db"]});
    });
    assert_eq!(verdict(&document, "aws_instance.db", "web[0]:5432"), OPEN);
    // Without a condition both are carried.
    with(&mut document, "aws_instance.db", |_, _, expressions| {
        expressions["vpc_security_group_ids"] = json!({"references": ["aws_security_group.web.id",
            "aws_security_group.web", "aws_security_group.db.id", "aws_security_group.db"]});
    });
    let plan = read(&document);
    let db = only_vpc(&plan).instances.get("aws_instance.db").unwrap();
    assert_eq!(db.interfaces.0[0].value.security_groups.as_ref().unwrap().len(), 2);
}

#[test]
fn an_unknown_acl_rule_opens_its_subnets_only() {
    let mut document = plan();
    with(&mut document, "aws_network_acl_rule.private_in", |values, unknown, expressions| {
        values.as_object_mut().unwrap().remove("cidr_block");
        unknown["cidr_block"] = json!(true);
        expressions["cidr_block"] = json!({"references": ["aws_eip.nat.public_ip", "aws_eip.nat"]});
    });
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    assert_eq!(verdict(&document, "internet", "web[0]:443"), "reachable");
}

#[test]
fn routes_and_associations_that_nobody_knows_are_undetermined() {
    let mut document = plan();
    with(&mut document, "aws_route.private_nat", |values, unknown, expressions| {
        values.as_object_mut().unwrap().remove("destination_cidr_block");
        unknown["destination_cidr_block"] = json!(true);
        expressions["destination_cidr_block"] = json!({"references": ["local.to"]});
    });
    with(&mut document, "aws_security_group.db", |values, unknown, expressions| {
        values["egress"] = json!([{"cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "to_port": 0, "protocol": "-1",
            "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": false}]);
        unknown["egress"] = json!([{}]);
        expressions["egress"] = json!({"constant_value": []});
    });
    with(&mut document, "aws_network_acl.private", open_acl);
    assert_eq!(verdict(&document, "aws_instance.db", "203.0.113.9:443"), OPEN);
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), "reachable", "local wins");
    with(&mut document, "aws_route_table_association.private[\"a\"]", |_, _, expressions| {
        expressions["route_table_id"] = json!({"references": ["aws_route_table.private.id", "aws_route_table.private",
            "aws_route_table.public.id", "aws_route_table.public", "var.which"]});
    });
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
}

#[test]
fn inline_rules_with_several_groups_cant_be_told_apart() {
    let mut document = plan();
    let block = |port: u16| {
        json!({"cidr_blocks": [], "from_port": port, "to_port": port, "protocol": "tcp",
        "ipv6_cidr_blocks": [], "prefix_list_ids": [], "self": false, "description": ""})
    };
    let change = |values: &mut Value, unknown: &mut Value, expressions: &mut Value| {
        values["ingress"] = json!([block(5432), block(22)]);
        let open = json!({"cidr_blocks": [], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": true});
        unknown["ingress"] = json!([open, open]);
        expressions["ingress"] = json!({"references": ["aws_security_group.web.id", "aws_security_group.web",
            "aws_security_group.bastion.id", "aws_security_group.bastion"]});
    };
    without(&mut document, "aws_vpc_security_group_ingress_rule.db_from_web");
    with(&mut document, "aws_network_acl.private", open_acl);
    with(&mut document, "aws_security_group.db", change);
    // A candidate that does not exist is none: the only group left is in both rules.
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:22"), "reachable");
    with(&mut document, "aws_security_group.db", |_, _, expressions| {
        expressions["ingress"]["references"][2] = json!("aws_security_group.db.id");
        expressions["ingress"]["references"][3] = json!("aws_security_group.db");
    });
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:22"), OPEN);
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:80"), "blocked");
}

#[test]
fn a_gateway_endpoint_takes_what_its_list_holds() {
    let mut document = state();
    let endpoint = |cidrs: Value| {
        json!({"mode": "managed", "type": "aws_vpc_endpoint", "name": "s3", "instances": [{"attributes":
        {"id": "vpce-0a", "vpc_id": "vpc-0a", "vpc_endpoint_type": "Gateway", "service_name": "com.amazonaws.eu-west-1.s3",
         "prefix_list_id": "pl-0a", "route_table_ids": ["rtb-0p"], "cidr_blocks": cidrs}}]})
    };
    document["resources"].as_array_mut().unwrap().push(endpoint(json!(["203.0.113.0/24"])));
    assert_eq!(verdict(&document, "web[0]", "203.0.113.9:443"), "reachable");
    assert_eq!(verdict(&document, "web[0]", "203.0.113.9:443/udp"), "blocked", "the endpoint takes only TCP");
    assert_eq!(verdict(&document, "web[0]", "198.18.5.5:443"), "reachable");
    document["resources"].as_array_mut().unwrap().pop();
    document["resources"].as_array_mut().unwrap().push(endpoint(json!([])));
    assert_eq!(verdict(&document, "web[0]", "198.18.5.5:443"), OPEN, "the entries are not known");
}

#[test]
fn a_peering_that_others_accept_is_undetermined() {
    let peering = |values: Value| json!({"mode": "managed", "type": "aws_vpc_peering_connection", "name": "p", "instances": [{"attributes": values}]});
    let route = json!({"mode": "managed", "type": "aws_route", "name": "p", "instances": [{"attributes":
        {"route_table_id": "rtb-0p", "destination_cidr_block": "10.9.0.0/16", "vpc_peering_connection_id": "pcx-0a"}}]});
    for (values, expected) in [
        (
            json!({"id": "pcx-0a", "vpc_id": "vpc-0a", "peer_vpc_id": "vpc-0b", "accept_status": "active"}),
            OPEN,
        ),
        (json!({"id": "pcx-0a", "vpc_id": "vpc-0a", "peer_vpc_id": "vpc-0b"}), OPEN),
        (
            json!({"id": "pcx-0a", "vpc_id": "vpc-0a", "peer_vpc_id": "vpc-0b", "accept_status": "rejected"}),
            "blocked",
        ),
    ] {
        let mut document = state();
        document["resources"].as_array_mut().unwrap().extend([peering(values), route.clone()]);
        assert_eq!(verdict(&document, "web[0]", "10.9.0.5:443"), expected);
    }
}

/// A plan that changes what is deployed: ids are known, and lists still say what was.
fn changing(actions: &Value, before: Value, after: Option<Value>) -> Value {
    let state = state();
    let mut resources = Vec::new();
    for one in state["resources"].as_array().unwrap() {
        for instance in one["instances"].as_array().unwrap() {
            let mut shown = json!({"mode": "managed", "type": one["type"], "name": one["name"],
                "values": instance["attributes"]});
            shown["address"] =
                json!(format!("{}.{}", one["type"].as_str().unwrap(), one["name"].as_str().unwrap()));
            if let Some(key) = instance.get("index_key") {
                shown["index"] = key.clone();
            }
            resources.push(shown);
        }
    }
    let kind = "aws_vpc_security_group_ingress_rule";
    resources.retain(|one| one["type"] != kind);
    if let Some(after) = &after {
        resources.push(json!({"address": format!("{kind}.db_from_web"), "mode": "managed", "type": kind,
            "name": "db_from_web", "values": after}));
    }
    json!({"format_version": "1.2", "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": resources}},
        "prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": []}}},
        "resource_changes": [{"address": format!("{kind}.db_from_web"), "mode": "managed", "type": kind,
            "name": "db_from_web", "change": {"actions": actions, "before": before, "after": after,
                "after_unknown": {}}}],
        "configuration": plan()["configuration"]})
}

#[test]
fn a_rule_that_the_plan_deletes_or_changes_is_not_kept_by_its_group() {
    let rule = |port: u16| {
        json!({"id": "sgr-0d", "security_group_id": "sg-0d", "referenced_security_group_id": "sg-0e",
            "ip_protocol": "tcp", "from_port": port, "to_port": port})
    };
    let same = changing(&json!(["no-op"]), rule(5432), Some(rule(5432)));
    assert_eq!(verdict(&same, "web[0]", "aws_instance.db:5432"), "reachable");
    let deleted = changing(&json!(["delete"]), rule(5432), None);
    assert_eq!(verdict(&deleted, "web[0]", "aws_instance.db:5432"), "blocked");
    let changed = changing(&json!(["update"]), rule(5432), Some(rule(5433)));
    assert_eq!(verdict(&changed, "web[0]", "aws_instance.db:5432"), "blocked");
}

#[test]
fn before_is_what_was_deployed() {
    let mut document = plan();
    document["prior_state"] = sample("tests/terraform/state.json");
    let moment = |moment| terraform::read("t.json", document.to_string().as_bytes(), moment);
    let before = moment(Moment::Before);
    check_shop(&before);
    let address = |plan: &Plan| {
        only_vpc(plan).instances.get("aws_instance.db").unwrap().interfaces.0[0].value.ips.len()
    };
    assert_eq!((address(&before), address(&moment(Moment::After))), (1, 0));
    // Nothing was deployed before.
    document["prior_state"] = Value::Null;
    let nothing = terraform::read("t.json", document.to_string().as_bytes(), Moment::Before);
    assert!(has(&nothing, "TF003"));
}

#[test]
fn what_the_file_does_not_hold_is_not_guessed() {
    // A subnet of a VPC that is managed elsewhere.
    let mut document = state();
    document["resources"].as_array_mut().unwrap().retain(|one| one["type"] != "aws_vpc");
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    // A security group that is managed elsewhere.
    let mut document = state();
    document["resources"]
        .as_array_mut()
        .unwrap()
        .retain(|one| one["name"] != "db" || one["type"] == "aws_instance");
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:22"), "blocked", "the network ACL says so");
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    // A subnet that is managed elsewhere.
    let mut document = state();
    document["resources"]
        .as_array_mut()
        .unwrap()
        .retain(|one| one["name"] != "private" || one["type"] != "aws_subnet");
    assert_eq!(verdict(&document, "web[0]", "aws_instance.db:5432"), OPEN);
    // A plan without its configuration.
    let mut document = plan();
    document.as_object_mut().unwrap().remove("configuration");
    let stripped = read(&document);
    assert!(has(&stripped, "TF033"));
    assert_eq!(verdict_of(&stripped, "aws_instance.web[0]", "aws_instance.db:5432"), OPEN);
}

#[test]
fn utf_16_is_read() {
    let text = state().to_string();
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(units).collect();
    assert_eq!(recognise("terraform.tfstate", &bytes), Recognised::TerraformState);
    check_shop(&terraform::read("terraform.tfstate", &bytes, Moment::After));
}

#[test]
fn wrong_files_say_what_to_do() {
    let code = |text: &str| {
        let plan = terraform::read("x.json", text.as_bytes(), Moment::After);
        let first = plan.diagnostics.into_iter().next().unwrap();
        assert!(first.is_error() && first.help.is_some());
        first.code
    };
    assert_eq!(code("{\"format_version\": \"1.2\","), "TF001");
    assert_eq!(code("{\"format_version\": 12}"), "TF001");
    assert_eq!(code("{\"format_version\": \"7.0\", \"planned_values\": {}}"), "TF002");
    assert_eq!(code("{\"version\": 3, \"terraform_version\": \"0.11\", \"modules\": []}"), "TF002");
    assert_eq!(code("{\"format_version\": \"1.0\"}"), "TF003");
    assert_eq!(code("{\"version\": 4, \"resources\": []}"), "TF003");
    assert_eq!(
        recognise("s", b"{\"version\": 3, \"terraform_version\": \"0.11\", \"modules\": []}"),
        Recognised::TerraformState
    );
    assert_eq!(recognise("s", b"{\"format_version\": \"1.0\"}"), Recognised::TerraformState);
    let (open, close) = ("{\"child_modules\":[".repeat(500), "]}".repeat(500));
    let deep =
        format!("{{\"format_version\": \"1.2\", \"planned_values\": {{\"root_module\": {open}{close}}}}}");
    assert_eq!(code(&deep), "TF001");
}

/// References in circles end, and so do chains that branch.
#[test]
fn circles_and_branches_end() {
    let mut document = sample("tests/terraform/modules.json");
    let root = &mut document["configuration"]["root_module"];
    root["module_calls"]["net"]["module"]["outputs"]["vpc_id"]["expression"]["references"] =
        json!(["module.net.vpc_id", "var.cidr", "local.a"]);
    root["module_calls"]["app"]["expressions"]["vpc_id"]["references"] =
        json!(["module.app.vpc_id", "module.app"]);
    root["module_calls"]["app"]["module"]["outputs"] =
        json!({"vpc_id": {"expression": {"references": ["var.vpc_id", "var.subnet_id", "var.from"]}}});
    let circular = read(&document);
    Network::compile(&circular.topology);
    let many: Vec<String> = (0..200).map(|n| format!("local.x{n}")).collect();
    with(&mut document, "aws_instance.front", |_, _, expressions| {
        expressions["subnet_id"]["references"] = json!(many);
    });
    Network::compile(&read(&document).topology);
}

/// References of a configuration, and what any file may hold.
fn some_json() -> impl Strategy<Value = Value> {
    let names =
        ["aws_subnet.public", "var.x", "local.y", "each.value", "module.net.subnet_ids", "aws_vpc.main.id"];
    let reference = prop::sample::select(names.to_vec()).prop_map(|name| json!({"references": [name]}));
    any_json(reference.boxed(), "[a-z]{1,6}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_the_reader_panic(
        which in 0usize..3,
        changes in prop::collection::vec((prop::collection::vec(0usize..40, 3..9), some_json()), 1..8),
        cut in prop::option::of(0usize..40_000),
    ) {
        let mut document = [plan, state, || sample("tests/terraform/modules.json")][which]();
        for (steps, by) in changes {
            mutate(&mut document, &steps, by);
        }
        let mut bytes = document.to_string().into_bytes();
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        recognise("a.json", &bytes);
        for moment in [Moment::After, Moment::Before] {
            let plan = terraform::read("a.json", &bytes, moment);
            Network::compile(&plan.topology);
        }
    }
}
