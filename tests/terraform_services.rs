//! Terraform: functions, containers, groups of instances and databases, before anything is deployed (EN-8).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::source::terraform::{self, Fate, Moment, Plan};

/// A resource of a plan: its address, what is known of it, and its expressions. An expression `{"references": …}` is known
/// only after apply.
struct Planned {
    address: &'static str,
    values: Value,
    expressions: Value,
}

fn planned(address: &'static str, values: Value, expressions: Value) -> Planned {
    Planned { address, values, expressions }
}

fn refers(to: &[&str]) -> Value {
    let references: Vec<String> = to
        .iter()
        .flat_map(|one| {
            let resource = one.rsplit_once('.').map_or(*one, |(resource, _)| resource);
            [(*one).to_owned(), resource.to_owned()]
        })
        .collect();
    json!({ "references": references })
}

/// The shape of the expressions, with `true` for each reference.
fn unknown(expressions: &Value) -> Value {
    match expressions {
        Value::Object(map) if map.contains_key("references") => json!(true),
        Value::Object(map) if map.contains_key("constant_value") => json!(false),
        Value::Object(map) => map.iter().map(|(key, inner)| (key.clone(), unknown(inner))).collect(),
        Value::Array(list) => list.iter().map(unknown).collect(),
        _ => json!(false),
    }
}

fn plan(resources: Vec<Planned>) -> Value {
    let (mut changes, mut values, mut configuration) = (Vec::new(), Vec::new(), Vec::new());
    for one in resources {
        let (kind, name) = one.address.split_once('.').unwrap();
        let mut open = unknown(&one.expressions);
        open["id"] = json!(true);
        changes.push(json!({
            "address": one.address, "mode": "managed", "type": kind, "name": name,
            "change": { "actions": ["create"], "before": null, "after": one.values, "after_unknown": open },
        }));
        values.push(json!({
            "address": one.address, "mode": "managed", "type": kind, "name": name, "values": one.values,
        }));
        configuration.push(json!({
            "address": one.address, "mode": "managed", "type": kind, "name": name,
            "expressions": one.expressions,
        }));
    }
    json!({
        "format_version": "1.2",
        "planned_values": { "root_module": { "resources": values } },
        "resource_changes": changes,
        "configuration": { "root_module": { "resources": configuration } },
    })
}

/// A VPC with two private subnets behind one NAT gateway, and one that leads nowhere.
fn network() -> Vec<Planned> {
    let vpc = json!({ "vpc_id": refers(&["aws_vpc.main.id"]) });
    let subnet = |address, cidr| planned(address, json!({ "cidr_block": cidr }), vpc.clone());
    let group = |address| planned(address, json!({ "name": address }), vpc.clone());
    let association = |address, subnet: &str, table: &str| {
        let expressions = json!({ "subnet_id": refers(&[subnet]), "route_table_id": refers(&[table]) });
        planned(address, json!({}), expressions)
    };
    let rule = |address, of: &str, values, from: Option<&str>| {
        let mut expressions = json!({ "security_group_id": refers(&[of]) });
        if let Some(from) = from {
            expressions["referenced_security_group_id"] = refers(&[from]);
        }
        planned(address, values, expressions)
    };
    let all = json!({ "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0" });
    vec![
        planned("aws_vpc.main", json!({ "cidr_block": "10.0.0.0/16" }), json!({})),
        planned("aws_internet_gateway.igw", json!({}), vpc.clone()),
        subnet("aws_subnet.public", "10.0.0.0/24"),
        subnet("aws_subnet.a", "10.0.1.0/24"),
        subnet("aws_subnet.b", "10.0.2.0/24"),
        subnet("aws_subnet.isolated", "10.0.3.0/24"),
        planned("aws_eip.nat", json!({ "domain": "vpc" }), json!({})),
        planned(
            "aws_nat_gateway.nat",
            json!({ "connectivity_type": "public" }),
            json!({ "subnet_id": refers(&["aws_subnet.public.id"]), "allocation_id": refers(&["aws_eip.nat.id"]) }),
        ),
        planned("aws_route_table.public", json!({}), vpc.clone()),
        planned("aws_route_table.private", json!({}), vpc.clone()),
        planned(
            "aws_route.internet",
            json!({ "destination_cidr_block": "0.0.0.0/0" }),
            json!({ "route_table_id": refers(&["aws_route_table.public.id"]), "gateway_id": refers(&["aws_internet_gateway.igw.id"]) }),
        ),
        planned(
            "aws_route.nat",
            json!({ "destination_cidr_block": "0.0.0.0/0" }),
            json!({ "route_table_id": refers(&["aws_route_table.private.id"]), "nat_gateway_id": refers(&["aws_nat_gateway.nat.id"]) }),
        ),
        association(
            "aws_route_table_association.public",
            "aws_subnet.public.id",
            "aws_route_table.public.id",
        ),
        association("aws_route_table_association.a", "aws_subnet.a.id", "aws_route_table.private.id"),
        association("aws_route_table_association.b", "aws_subnet.b.id", "aws_route_table.private.id"),
        group("aws_security_group.app"),
        group("aws_security_group.db"),
        rule("aws_vpc_security_group_egress_rule.app", "aws_security_group.app.id", all.clone(), None),
        rule("aws_vpc_security_group_egress_rule.db", "aws_security_group.db.id", all, None),
        rule(
            "aws_vpc_security_group_ingress_rule.db",
            "aws_security_group.db.id",
            json!({ "ip_protocol": "tcp", "from_port": 5432, "to_port": 5432 }),
            Some("aws_security_group.app.id"),
        ),
    ]
}

const BOTH: [&str; 2] = ["aws_subnet.a.id", "aws_subnet.b.id"];
const ASTRAY: [&str; 2] = ["aws_subnet.a.id", "aws_subnet.isolated.id"];
const APP: [&str; 1] = ["aws_security_group.app.id"];
const DB: [&str; 1] = ["aws_security_group.db.id"];

fn function(address: &'static str, subnets: &[&str]) -> Planned {
    planned(
        address,
        json!({ "function_name": address, "vpc_config": [{}] }),
        json!({ "vpc_config": [{ "subnet_ids": refers(subnets), "security_group_ids": refers(&APP) }] }),
    )
}

fn read(resources: Vec<Planned>) -> Plan {
    let document = plan(resources);
    terraform::read("plan.json", document.to_string().as_bytes(), Moment::After)
}

fn told(plan: &Plan, from: &str, to: &str) -> (String, Vec<String>) {
    let errors: Vec<_> = plan.diagnostics.iter().filter(|one| one.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let (network, diagnostics) = Network::compile(&plan.topology);
    assert!(diagnostics.iter().all(|one| !one.is_error()), "{diagnostics:?}");
    let question = Question::parse(&network, from, to, None, &Options::default())
        .unwrap_or_else(|error| panic!("{from} {to}: {error:?}"));
    let answer = answer(&network, &question);
    (answer.verdict.as_str().to_owned(), answer.codes().iter().map(ToString::to_string).collect())
}

#[track_caller]
fn check(resources: Vec<Planned>, questions: &[(&str, &str, &str, &[&str])]) {
    let plan = read(resources);
    for (from, to, verdict, codes) in questions {
        let (said, why) = told(&plan, from, to);
        assert_eq!(
            (said.as_str(), why),
            (*verdict, codes.iter().map(|code| (*code).to_owned()).collect()),
            "{from} {to}"
        );
    }
}

#[test]
fn a_function_is_in_each_of_its_subnets() {
    let mut resources = network();
    resources.push(function("aws_lambda_function.fn", &BOTH));
    resources.push(function("aws_lambda_function.astray", &ASTRAY));
    check(
        resources,
        &[
            ("aws_lambda_function.fn", "internet:443", "reachable", &[]),
            ("fn", "internet:443", "reachable", &[]),
            ("aws_lambda_function.astray", "internet:443", "partial", &["RT001"]),
            ("internet", "aws_lambda_function.fn:443", "blocked", &["IGW003", "SG001", "RT006"]),
        ],
    );
}

#[test]
fn a_function_without_subnets_is_nowhere_in_the_vpc() {
    let mut resources = network();
    resources.push(planned("aws_lambda_function.fn", json!({ "vpc_config": [] }), json!({})));
    let plan = read(resources);
    assert!(!plan.inventory.resources.contains_key("aws_lambda_function.fn"));
    assert!(plan.topology.vpcs.0[0].value.instances.is_empty());
}

#[test]
fn a_database_is_in_its_subnet_group() {
    let database = |groups: &[&str]| {
        let mut resources = network();
        resources.push(planned(
            "aws_db_subnet_group.data",
            json!({ "name": "data" }),
            json!({ "subnet_ids": refers(&BOTH) }),
        ));
        resources.push(planned(
            "aws_db_instance.db",
            json!({ "db_subnet_group_name": "data", "publicly_accessible": false }),
            json!({ "db_subnet_group_name": { "references": ["aws_db_subnet_group.data.name", "aws_db_subnet_group.data"] },
                    "vpc_security_group_ids": refers(groups) }),
        ));
        resources.push(function("aws_lambda_function.fn", &BOTH));
        resources
    };
    check(
        database(&DB),
        &[
            ("aws_lambda_function.fn", "aws_db_instance.db:5432", "reachable", &[]),
            ("aws_lambda_function.fn", "aws_db_instance.db:22", "blocked", &["SG001"]),
        ],
    );
    // Its twin: behind the group of the functions, nobody is let in.
    check(database(&APP), &[("aws_lambda_function.fn", "aws_db_instance.db:5432", "blocked", &["SG001"])]);
    let read = read(database(&DB));
    assert_eq!(read.inventory.resources["aws_db_subnet_group.data"].1, Fate::Read);
}

#[test]
fn a_cluster_and_its_instances() {
    let mut resources = network();
    resources.push(planned(
        "aws_db_subnet_group.data",
        json!({ "name": "data" }),
        json!({ "subnet_ids": refers(&BOTH) }),
    ));
    resources.push(planned(
        "aws_rds_cluster.db",
        json!({ "cluster_identifier": "db", "db_subnet_group_name": "data" }),
        json!({ "vpc_security_group_ids": refers(&DB) }),
    ));
    resources.push(planned(
        "aws_rds_cluster_instance.one",
        json!({ "publicly_accessible": false }),
        json!({ "cluster_identifier": refers(&["aws_rds_cluster.db.id"]) }),
    ));
    resources.push(function("aws_lambda_function.fn", &BOTH));
    check(
        resources,
        &[
            ("fn", "aws_rds_cluster.db:5432", "reachable", &[]),
            ("fn", "aws_rds_cluster_instance.one:5432", "reachable", &[]),
            ("internet", "aws_rds_cluster.db:5432", "blocked", &["IGW003", "SG001", "RT006"]),
        ],
    );
}

#[test]
fn a_container_service_says_whether_it_is_public() {
    let tasks = |public: bool| {
        let mut resources = network();
        resources.push(planned(
            "aws_ecs_service.web",
            json!({ "launch_type": "FARGATE", "network_configuration": [{ "assign_public_ip": public }] }),
            json!({ "network_configuration": [{
                "subnets": refers(&["aws_subnet.public.id"]), "security_groups": refers(&APP),
                "assign_public_ip": { "constant_value": public },
            }] }),
        ));
        resources
    };
    check(tasks(true), &[("aws_ecs_service.web", "internet:443", "reachable", &[])]);
    check(tasks(false), &[("aws_ecs_service.web", "internet:443", "blocked", &["IGW001"])]);
}

#[test]
fn a_scaling_group_is_like_its_template() {
    let group = |template_groups: &[&str]| {
        let mut resources = network();
        resources.push(planned(
            "aws_launch_template.worker",
            json!({ "name_prefix": "worker", "network_interfaces": [] }),
            json!({ "vpc_security_group_ids": refers(template_groups) }),
        ));
        resources.push(planned(
            "aws_autoscaling_group.worker",
            json!({ "max_size": 3, "launch_template": [{ "version": "$Latest" }] }),
            json!({ "vpc_zone_identifier": refers(&BOTH),
                    "launch_template": [{ "id": refers(&["aws_launch_template.worker.id"]) }] }),
        ));
        resources.push(planned(
            "aws_elasticache_subnet_group.cache",
            json!({ "name": "cache" }),
            json!({ "subnet_ids": refers(&BOTH) }),
        ));
        resources.push(planned(
            "aws_elasticache_replication_group.cache",
            json!({ "subnet_group_name": "cache" }),
            json!({ "security_group_ids": refers(&DB) }),
        ));
        resources
    };
    let questions: [&str; 2] =
        ["aws_autoscaling_group.worker", "aws_elasticache_replication_group.cache:5432"];
    check(group(&APP), &[(questions[0], questions[1], "reachable", &[])]);
    check(group(&DB), &[(questions[0], questions[1], "blocked", &["SG001"])]);
}

#[test]
fn a_mount_target_is_in_one_subnet() {
    let mut resources = network();
    resources.push(planned(
        "aws_efs_mount_target.files",
        json!({}),
        json!({ "subnet_id": refers(&["aws_subnet.a.id"]), "security_groups": refers(&DB) }),
    ));
    resources.push(function("aws_lambda_function.fn", &BOTH));
    check(
        resources,
        &[
            ("fn", "aws_efs_mount_target.files:5432", "reachable", &[]),
            ("fn", "aws_efs_mount_target.files:2049", "blocked", &["SG001"]),
        ],
    );
}

/// What is not known of the subnets leaves the whole service unknown.
#[test]
fn subnets_that_are_not_known_leave_everything_open() {
    let mut resources = network();
    resources.push(planned(
        "aws_lambda_function.fn",
        json!({ "vpc_config": [{}] }),
        json!({ "vpc_config": [{ "subnet_ids": { "references": ["var.subnets"] }, "security_group_ids": refers(&APP) }] }),
    ));
    let plan = read(resources);
    assert_eq!(told(&plan, "aws_lambda_function.fn", "internet:443").0, "undetermined");
    assert_eq!(plan.inventory.resources["aws_lambda_function.fn"].1, Fate::NotModelled);
}

#[test]
fn groups_that_are_not_known_leave_what_they_may_decide_open() {
    let mut resources = network();
    resources.push(planned(
        "aws_lambda_function.fn",
        json!({ "vpc_config": [{}] }),
        json!({ "vpc_config": [{ "subnet_ids": refers(&["aws_subnet.isolated.id"]), "security_group_ids": { "references": ["var.groups"] } }] }),
    ));
    // No group opens a route that is not there.
    check(resources, &[("aws_lambda_function.fn", "internet:443", "blocked", &["UND002", "RT001"])]);
}

/// EN-7: an address that nobody has yet may become that of any host of the subnet.
#[test]
fn an_address_of_nobody_may_become_somebodys() {
    let with = |functions: bool| {
        let mut resources = network();
        resources.push(planned(
            "aws_instance.web",
            json!({ "private_ip": "10.0.2.7" }),
            json!({ "subnet_id": refers(&["aws_subnet.b.id"]), "vpc_security_group_ids": refers(&APP) }),
        ));
        if functions {
            resources.push(function("aws_lambda_function.fn", &["aws_subnet.a.id"]));
        }
        resources
    };
    check(with(true), &[("aws_instance.web", "10.0.1.77:443", "undetermined", &["UND008"])]);
    check(with(true), &[("aws_instance.web", "10.0.3.77:443", "blocked", &["RT004"])]);
    check(with(false), &[("aws_instance.web", "10.0.1.77:443", "blocked", &["RT004"])]);
}

/// A load balancer of a type in front of what `registers` says, as nearly everybody writes it.
fn balanced(kind: &'static str, registers: Vec<Planned>) -> Vec<Planned> {
    let protocol = if kind == "network" { "TCP" } else { "HTTP" };
    let mut resources = network();
    resources.extend([
        planned(
            "aws_lb.web",
            json!({ "load_balancer_type": kind, "internal": false }),
            json!({ "subnets": refers(&["aws_subnet.public.id"]), "security_groups": refers(&APP),
                "internal": {"constant_value": false} }),
        ),
        planned(
            "aws_lb_target_group.app",
            json!({ "port": 5432, "protocol": protocol, "target_type": "instance" }),
            json!({ "vpc_id": refers(&["aws_vpc.main.id"]), "port": {"constant_value": 5432},
                "protocol": {"constant_value": protocol}, "target_type": {"constant_value": "instance"} }),
        ),
        planned(
            "aws_lb_listener.web",
            json!({ "port": 443, "protocol": protocol, "default_action": [{ "type": "forward" }] }),
            json!({ "load_balancer_arn": refers(&["aws_lb.web.arn"]), "port": {"constant_value": 443},
                "protocol": {"constant_value": protocol},
                "default_action": [{ "type": {"constant_value": "forward"},
                    "target_group_arn": refers(&["aws_lb_target_group.app.arn"]) }] }),
        ),
        planned(
            "aws_vpc_security_group_ingress_rule.web",
            json!({ "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0" }),
            json!({ "security_group_id": refers(&["aws_security_group.app.id"]) }),
        ),
    ]);
    resources.extend(registers);
    resources
}

/// An instance and the attachment that makes it a target.
fn attached(subnet: &str) -> Vec<Planned> {
    vec![
        planned(
            "aws_instance.app",
            json!({ "instance_type": "t3.micro" }),
            json!({ "subnet_id": refers(&[subnet]), "vpc_security_group_ids": refers(&DB) }),
        ),
        planned(
            "aws_lb_target_group_attachment.app",
            json!({ "port": null }),
            json!({ "target_group_arn": refers(&["aws_lb_target_group.app.arn"]),
                "target_id": refers(&["aws_instance.app.id"]) }),
        ),
    ]
}

#[test]
fn a_load_balancer_is_answered_leg_by_leg() {
    // The targets admit members of the group that the load balancer carries.
    for kind in ["application", "network"] {
        let questions: &[(&str, &str, &str, &[&str])] = &[
            ("internet", "aws_lb.web:443", "reachable", &[]),
            ("internet", "aws_lb.web:80", "blocked", &["SG001", "LB001"]),
        ];
        check(balanced(kind, attached("aws_subnet.a.id")), questions);
    }
}

#[test]
fn a_target_group_without_targets_in_the_file_is_not_empty() {
    let plan = read(balanced("application", Vec::new()));
    assert_eq!(
        told(&plan, "internet", "aws_lb.web:443"),
        ("undetermined".to_owned(), vec!["UND007".to_owned()])
    );
    let fate = |address: &str| plan.inventory.resources.get(address).map(|(_, fate)| fate.clone());
    assert_eq!(fate("aws_lb.web"), Some(Fate::Read));
    assert_eq!(fate("aws_lb_listener.web"), Some(Fate::Read));
}

#[test]
fn a_container_service_registers_its_containers() {
    let service = |subnets: &[&str]| {
        vec![planned(
            "aws_ecs_service.app",
            json!({ "network_configuration": [{ "assign_public_ip": false }],
                "load_balancer": [{ "container_port": 5432, "container_name": "app" }] }),
            json!({ "network_configuration": [{ "subnets": refers(subnets), "security_groups": refers(&DB),
                    "assign_public_ip": {"constant_value": false} }],
                "load_balancer": [{ "target_group_arn": refers(&["aws_lb_target_group.app.arn"]),
                    "container_port": {"constant_value": 5432} }] }),
        )]
    };
    check(balanced("application", service(&BOTH)), &[("internet", "aws_lb.web:443", "reachable", &[])]);
}

#[test]
fn a_rule_may_answer_or_forward_elsewhere() {
    let rule = |actions: Value, expressions: Value| {
        let mut registers = attached("aws_subnet.a.id");
        registers.push(planned(
            "aws_lb_listener_rule.more",
            json!({ "action": actions }),
            json!({ "listener_arn": refers(&["aws_lb_listener.web.arn"]), "action": expressions }),
        ));
        balanced("application", registers)
    };
    let redirect = rule(json!([{ "type": "redirect" }]), json!([{ "type": {"constant_value": "redirect"} }]));
    check(redirect, &[("internet", "aws_lb.web:443", "reachable", &[])]);
    let elsewhere = json!([{ "type": "forward",
        "target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/other/1" }]);
    let elsewhere = rule(elsewhere, json!([{ "type": {"constant_value": "forward"} }]));
    check(elsewhere, &[("internet", "aws_lb.web:443", "undetermined", &["UND007"])]);
}
