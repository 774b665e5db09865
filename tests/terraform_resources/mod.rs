//! What each kind of resource becomes.

use super::*;

/// A raw state of these: kind, name, attributes.
fn made(resources: &[(&str, &str, Value)]) -> Value {
    let one = |(kind, name, values): &(&str, &str, Value)| json!({"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": values}]});
    let list: Vec<Value> = resources.iter().map(one).collect();
    json!({"version": 4, "terraform_version": "1.9.8", "resources": list})
}

fn everything(egress: bool) -> Value {
    let rule =
        json!({"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"], "self": false});
    if egress { json!([rule]) } else { json!([]) }
}

/// A VPC with a public subnet, and a group that lets everything out and 22 in.
fn base() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        (
            "aws_vpc",
            "v",
            json!({"id": "vpc-0a", "cidr_block": "10.0.0.0/16", "main_route_table_id": "rtb-0m",
            "default_route_table_id": "rtb-0m", "default_network_acl_id": "acl-0m", "default_security_group_id": "sg-0m"}),
        ),
        ("aws_internet_gateway", "g", json!({"id": "igw-0a", "vpc_id": "vpc-0a"})),
        ("aws_subnet", "s", json!({"id": "subnet-0a", "vpc_id": "vpc-0a", "cidr_block": "10.0.1.0/24"})),
        (
            "aws_route",
            "out",
            json!({"route_table_id": "rtb-0m", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "igw-0a"}),
        ),
        (
            "aws_security_group",
            "ssh",
            json!({"id": "sg-0a", "vpc_id": "vpc-0a", "name": "ssh", "egress": everything(true),
            "ingress": [{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}]}),
        ),
    ]
}

fn instance(id: &str, ip: &str, groups: &[&str]) -> Value {
    json!({"id": id, "subnet_id": "subnet-0a", "private_ip": ip, "public_ip": "", "associate_public_ip_address": false,
        "vpc_security_group_ids": groups, "primary_network_interface_id": id.replace("i-", "eni-")})
}

fn made_with(more: &[(&'static str, &'static str, Value)]) -> Value {
    let mut all = base();
    all.extend_from_slice(more);
    made(&all)
}

#[test]
fn elastic_ips_and_the_main_table_by_its_id() {
    let web = ("aws_instance", "web", instance("i-0a", "10.0.1.5", &["sg-0a"]));
    let eip = json!({"id": "eipalloc-0a", "public_ip": "198.51.100.7", "instance": "i-0a", "network_interface": "eni-0a",
        "private_ip": "10.0.1.5"});
    let mut document = made_with(&[web.clone(), ("aws_eip", "e", eip)]);
    assert_eq!(verdict(&document, "internet", "web:22"), "reachable");
    assert_eq!(verdict(&document, "internet", "198.51.100.7:23"), "blocked");
    document = made_with(std::slice::from_ref(&web));
    assert_eq!(verdict(&document, "internet", "web:22"), "blocked");
    let association = json!({"id": "eipassoc-0a", "allocation_id": "eipalloc-0a", "instance_id": "i-0a",
        "public_ip": "198.51.100.7"});
    document = made_with(&[web, ("aws_eip_association", "a", association)]);
    assert_eq!(verdict(&document, "internet", "web:22"), "reachable");
}

#[test]
fn interfaces_with_a_resource_of_their_own() {
    let eni = |id: &str, ip: &str| {
        json!({"id": id, "subnet_id": "subnet-0a", "private_ip": ip, "private_ips": [ip],
        "security_groups": ["sg-0a"], "source_dest_check": true})
    };
    let attached = json!({"id": "i-0a", "subnet_id": "subnet-0a", "network_interface": [
        {"network_interface_id": "eni-0a", "device_index": 0}], "vpc_security_group_ids": ["sg-0a"]});
    let document = made_with(&[
        ("aws_network_interface", "first", eni("eni-0a", "10.0.1.5")),
        ("aws_network_interface", "alone", eni("eni-0b", "10.0.1.6")),
        ("aws_network_interface", "second", eni("eni-0c", "10.0.1.7")),
        (
            "aws_network_interface_attachment",
            "a",
            json!({"instance_id": "i-0a", "network_interface_id": "eni-0c", "device_index": 1}),
        ),
        ("aws_instance", "web", attached),
        ("aws_instance", "other", instance("i-0b", "10.0.1.9", &["sg-0a"])),
    ]);
    let plan = read(&document);
    let web = only_vpc(&plan).instances.get("aws_instance.web").unwrap();
    let names: Vec<&str> = web.interfaces.iter().map(|one| one.name()).collect();
    assert_eq!(names, ["aws_network_interface.first", "aws_network_interface.second"]);
    assert_eq!(verdict_of(&plan, "other", "10.0.1.5:22"), "reachable");
    assert_eq!(verdict_of(&plan, "other", "10.0.1.7:22"), "reachable");
    assert_eq!(
        verdict_of(&plan, "other", "aws_network_interface.alone:22"),
        "blocked",
        "nothing attaches it"
    );
}

#[test]
fn groups_by_attachment_and_the_default_group() {
    let client = ("aws_instance", "client", instance("i-0b", "10.0.1.9", &["sg-0a"]));
    let bare = ("aws_instance", "bare", instance("i-0a", "10.0.1.5", &["sg-0m"]));
    assert_eq!(verdict(&made_with(&[bare.clone(), client.clone()]), "client", "bare:22"), "blocked");
    let attachment = json!({"security_group_id": "sg-0a", "network_interface_id": "eni-0a"});
    let attached =
        made_with(&[bare.clone(), client.clone(), ("aws_network_interface_sg_attachment", "a", attachment)]);
    assert_eq!(verdict(&attached, "client", "bare:22"), "reachable");
    assert_eq!(verdict(&attached, "client", "bare:23"), "blocked");
    let default = |ingress: Value| {
        (
            "aws_default_security_group",
            "d",
            json!({"id": "sg-0m", "vpc_id": "vpc-0a",
        "ingress": ingress, "egress": []}),
        )
    };
    let open =
        default(json!([{"protocol": "-1", "from_port": 0, "to_port": 0, "security_groups": ["sg-0a"]}]));
    assert_eq!(verdict(&made_with(&[bare.clone(), client.clone(), open]), "client", "bare:23"), "reachable");
    let shut = made_with(&[bare, client, default(json!([]))]);
    assert_eq!(
        verdict(&shut, "bare", "client:22"),
        "blocked",
        "an adopted group has no egress but what is written"
    );
}

#[test]
fn default_acl_and_default_table_once_adopted_hold_what_is_written() {
    let pair = [
        ("aws_instance", "a", instance("i-0a", "10.0.1.5", &["sg-0a"])),
        ("aws_subnet", "t", json!({"id": "subnet-0b", "vpc_id": "vpc-0a", "cidr_block": "10.0.2.0/24"})),
        ("aws_instance", "b", {
            let mut other = instance("i-0b", "10.0.2.5", &["sg-0a"]);
            other["subnet_id"] = json!("subnet-0b");
            other
        }),
    ];
    let with = |more: (&'static str, &'static str, Value)| {
        let mut all = pair.to_vec();
        all.push(more);
        made_with(&all)
    };
    assert_eq!(verdict(&made_with(&pair), "a", "b:22"), "reachable");
    let rule = |no: u16| {
        json!({"rule_no": no, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0,
        "cidr_block": "0.0.0.0/0"})
    };
    let acl = |rules: Value| {
        (
            "aws_default_network_acl",
            "d",
            json!({"id": "acl-0m", "default_network_acl_id": "acl-0m",
        "vpc_id": "vpc-0a", "ingress": rules, "egress": rules, "subnet_ids": ["subnet-0b"]}),
        )
    };
    assert_eq!(verdict(&with(acl(json!([]))), "a", "b:22"), "blocked");
    assert_eq!(verdict(&with(acl(json!([rule(100)]))), "a", "b:22"), "reachable");
    let deny = json!({"network_acl_id": "acl-0m", "rule_number": 50, "rule_action": "deny", "protocol": "6", "egress": false,
        "from_port": 22, "to_port": 22, "cidr_block": "10.0.1.0/24"});
    assert_eq!(
        verdict(&with(("aws_network_acl_rule", "r", deny)), "a", "b:22"),
        "blocked",
        "beside AWS's rule 100"
    );
    let table = json!({"id": "rtb-0m", "default_route_table_id": "rtb-0m", "vpc_id": "vpc-0a", "route": []});
    let document = with(("aws_default_route_table", "d", table));
    assert_eq!(
        read(&document).topology.vpcs.0[0].value.main_route_table.as_ref().unwrap().value,
        "aws_default_route_table.d"
    );
}

#[test]
fn peering_inside_one_file() {
    let far = |id: &str| {
        json!({"id": id, "subnet_id": "subnet-0f", "private_ip": "10.1.1.5", "public_ip": "",
        "vpc_security_group_ids": ["sg-0f"]})
    };
    let route = |table: &str, to: &str| {
        json!({"route_table_id": table, "destination_cidr_block": to,
        "vpc_peering_connection_id": "pcx-0a"})
    };
    let two = |status: Value, accepter: bool| {
        let mut connection = json!({"id": "pcx-0a", "vpc_id": "vpc-0a", "peer_vpc_id": "vpc-0f"});
        connection["accept_status"] = status;
        let mut all = vec![
            (
                "aws_vpc",
                "f",
                json!({"id": "vpc-0f", "cidr_block": "10.1.0.0/16", "main_route_table_id": "rtb-0f"}),
            ),
            ("aws_subnet", "f", json!({"id": "subnet-0f", "vpc_id": "vpc-0f", "cidr_block": "10.1.1.0/24"})),
            (
                "aws_security_group",
                "f",
                json!({"id": "sg-0f", "vpc_id": "vpc-0f", "egress": [], "ingress": [
                {"protocol": "tcp", "from_port": 22, "to_port": 22, "security_groups": ["sg-0a"]}]}),
            ),
            ("aws_instance", "far", far("i-0f")),
            ("aws_instance", "near", instance("i-0a", "10.0.1.5", &["sg-0a"])),
            ("aws_vpc_peering_connection", "p", connection),
            ("aws_route", "there", route("rtb-0m", "10.1.0.0/16")),
            ("aws_route", "back", route("rtb-0f", "10.0.0.0/16")),
        ];
        if accepter {
            all.push((
                "aws_vpc_peering_connection_accepter",
                "p",
                json!({"id": "pcx-0a", "vpc_peering_connection_id": "pcx-0a",
                "auto_accept": true}),
            ));
        }
        made_with(&all)
    };
    assert_eq!(verdict(&two(json!("active"), false), "near", "far:22"), "reachable");
    assert_eq!(verdict(&two(json!("pending-acceptance"), false), "near", "far:22"), "blocked");
    assert_eq!(verdict(&two(Value::Null, true), "near", "far:22"), "reachable");
    assert_eq!(verdict(&two(json!("active"), false), "near", "far:23"), "blocked");
}

#[test]
fn prefix_lists_and_what_is_not_modelled() {
    let entry = json!([{"cidr": "10.0.1.9/32", "description": ""}]);
    let group = json!({"id": "sg-0b", "vpc_id": "vpc-0a", "egress": [], "ingress": [
        {"protocol": "tcp", "from_port": 22, "to_port": 22, "prefix_list_ids": ["pl-0a"]},
        {"protocol": "tcp", "from_port": 23, "to_port": 23, "prefix_list_ids": ["pl-0ff"]}]});
    let document = made_with(&[
        ("aws_ec2_managed_prefix_list", "own", json!({"id": "pl-0a", "max_entries": 4, "entry": entry})),
        ("aws_security_group", "b", group),
        ("aws_instance", "a", instance("i-0a", "10.0.1.5", &["sg-0b"])),
        ("aws_instance", "in", instance("i-0b", "10.0.1.9", &["sg-0a"])),
        ("aws_instance", "out", instance("i-0c", "10.0.1.10", &["sg-0a"])),
        (
            "aws_lb",
            "front",
            json!({"id": "lb", "vpc_id": "vpc-0a", "subnets": ["subnet-0a"], "security_groups": ["sg-0a"]}),
        ),
        ("aws_made_up_thing", "x", json!({"id": "x", "subnet_ids": ["subnet-0a"]})),
        ("aws_iam_role", "r", json!({"id": "r"})),
    ]);
    let plan = read(&document);
    assert_eq!(verdict_of(&plan, "in", "a:22"), "reachable");
    assert_eq!(verdict_of(&plan, "out", "a:22"), "blocked");
    assert_eq!(verdict_of(&plan, "out", "a:23"), OPEN);
    assert_eq!(verdict_of(&plan, "in", "aws_lb.front:80"), "blocked", "by its security group");
    assert_eq!(verdict_of(&plan, "in", "aws_lb.front:22"), OPEN, "the file has no listener of it");
    assert_eq!(verdict_of(&plan, "in", "10.0.1.77:80"), OPEN, "perhaps the load balancer's address");
    let kinds: Vec<&str> = plan.topology.unmodelled.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["made up thing"]);
    assert_eq!(plan.inventory.others, 1);
}

#[test]
fn names_are_addresses_ids_and_tags() {
    let mut tagged = instance("i-0a", "10.0.1.5", &["sg-0a"]);
    tagged["tags"] = json!({"Name": "front door"});
    let source = instance("i-0e", "10.0.1.9", &["sg-0a"]);
    let mut keyed = made_with(&[("aws_instance", "web", tagged), ("aws_instance", "source", source)]);
    let instances = json!([
        {"index_key": "a/b:c", "attributes": instance("i-0c", "10.0.1.7", &["sg-0a"])},
        {"index_key": "x", "attributes": instance("i-0d", "10.0.1.8", &["sg-0a"])},
    ]);
    keyed["resources"].as_array_mut().unwrap().push(
        json!({"module": "module.m[0]", "mode": "managed", "type": "aws_instance", "name": "app", "instances": instances}));
    let plan = read(&keyed);
    for name in [
        "aws_instance.web",
        "web",
        "front door",
        "i-0a",
        "module.m[0].aws_instance.app[\"x\"]",
        "module.m[0].aws_instance.app[\"a/b:c\"]",
        "app[\"x\"]",
        "module.m[0].aws_instance.app",
    ] {
        assert_eq!(verdict_of(&plan, "source", &format!("{name}:22")), "reachable", "{name}");
        assert_eq!(verdict_of(&plan, name, "source:23"), "blocked", "{name}");
    }
}
