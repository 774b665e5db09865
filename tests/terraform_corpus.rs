//! Public Terraform plans and states, counted a second time by other means.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use vpcreach::network::Network;
use vpcreach::source::terraform::{self, Fate, Moment, Plan};
use vpcreach::source::{Recognised, recognise};

/// Files of the corpus, or none with a line that says so.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/inputs");
    let root = std::env::var_os("VPCREACH_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let mut files = Vec::new();
    for group in ["terraform-plan", "terraform-state"] {
        let Ok(entries) = std::fs::read_dir(root.join(group)) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension != "tsv") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    if files.is_empty() {
        println!("SKIPPED: corpus not found");
    }
    files
}

/// Kinds that are read, by name; written down a second time.
const MODELLED: &[&str] = &[
    "aws_vpc",
    "aws_default_vpc",
    "aws_vpc_ipv4_cidr_block_association",
    "aws_vpc_ipv6_cidr_block_association",
    "aws_subnet",
    "aws_default_subnet",
    "aws_route_table",
    "aws_route",
    "aws_route_table_association",
    "aws_main_route_table_association",
    "aws_default_route_table",
    "aws_internet_gateway",
    "aws_internet_gateway_attachment",
    "aws_egress_only_internet_gateway",
    "aws_nat_gateway",
    "aws_eip",
    "aws_eip_association",
    "aws_network_acl",
    "aws_network_acl_rule",
    "aws_network_acl_association",
    "aws_default_network_acl",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_default_security_group",
    "aws_instance",
    "aws_network_interface",
    "aws_network_interface_attachment",
    "aws_network_interface_sg_attachment",
    "aws_vpc_peering_connection",
    "aws_vpc_peering_connection_accepter",
    "aws_ec2_managed_prefix_list",
    "aws_ec2_managed_prefix_list_entry",
    "aws_ec2_transit_gateway",
    "aws_ec2_transit_gateway_vpc_attachment",
    "aws_ec2_transit_gateway_route_table",
    "aws_ec2_transit_gateway_route_table_association",
    "aws_ec2_transit_gateway_route",
];

/// Kinds that a path may meet and that are not modelled.
const OTHERS: &[&str] = &[
    "aws_lb",
    "aws_alb",
    "aws_elb",
    "aws_lb_listener",
    "aws_lb_target_group",
    "aws_lb_target_group_attachment",
    "aws_vpc_endpoint",
    "aws_db_instance",
    "aws_db_subnet_group",
    "aws_eks_cluster",
    "aws_eks_node_group",
    "aws_autoscaling_group",
    "aws_vpn_connection",
    "aws_customer_gateway",
    "aws_elasticache_cluster",
    "aws_elasticache_replication_group",
    "aws_rds_cluster",
    "aws_ecs_service",
];

fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|two| u16::from_le_bytes(two.try_into().unwrap()));
            String::from_utf16(&units.collect::<Vec<u16>>()).unwrap()
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).unwrap(),
        _ => String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

/// Resource instances of the network, by kind, without data sources.
fn count(document: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut add = |kind: &str, number: usize| {
        if MODELLED.contains(&kind) || OTHERS.contains(&kind) {
            *counts.entry(kind.to_owned()).or_default() += number;
        }
    };
    fn modules<'v>(module: &'v Value, found: &mut Vec<&'v Value>) {
        found.extend(module["resources"].as_array().into_iter().flatten());
        for child in module["child_modules"].as_array().into_iter().flatten() {
            modules(child, found);
        }
    }
    let mut shown = Vec::new();
    for values in ["values", "planned_values"] {
        modules(&document[values]["root_module"], &mut shown);
    }
    for one in shown.iter().filter(|one| one["mode"] != "data") {
        add(one["type"].as_str().unwrap(), 1);
    }
    for one in document["resources"].as_array().into_iter().flatten().filter(|one| one["mode"] != "data") {
        let instances = one["instances"].as_array().unwrap();
        add(one["type"].as_str().unwrap(), instances.iter().filter(|one| one["deposed"].is_null()).count());
    }
    counts
}

fn counted(plan: &Plan) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (address, (kind, _)) in &plan.inventory.resources {
        let of_data = address.starts_with("data.") || address.contains(".data.");
        if !of_data && (MODELLED.contains(&kind.as_str()) || OTHERS.contains(&kind.as_str())) {
            *counts.entry(kind.clone()).or_default() += 1;
        }
    }
    counts
}

/// Test data of another project, cut down to what it needed: resources without rules, subnets or values.
const CUT: &[&str] = &[
    "raw-v4-cyclic-sg.tfstate",
    "raw-v4-hanging-edges.tfstate",
    "raw-v4-modules.tfstate",
    "raw-v4-sgr.tfstate",
    "show-json-v0.14.json",
    "secproject-no-config-1.6.6.json",
];

#[test]
fn every_plan_and_state_of_the_corpus_is_read() {
    let (mut all, mut read) = (0, 0);
    println!("{:<48} {:>9} {:>6} {:>10}", "file", "resources", "read", "unresolved");
    for (name, bytes) in corpus() {
        match recognise(&name, &bytes) {
            Recognised::TerraformPlan | Recognised::TerraformState => {}
            Recognised::TerraformBinaryPlan | Recognised::TerraformLog => {
                println!("{name:<48} not a plan");
                continue;
            }
            other => panic!("{name}: {other:?}"),
        }
        for moment in [Moment::After, Moment::Before] {
            let plan = terraform::read(&name, &bytes, moment);
            Network::compile(&plan.topology);
        }
        let plan = terraform::read(&name, &bytes, Moment::After);
        let document: Value = serde_json::from_str(&text_of(&bytes)).unwrap();
        assert_eq!(counted(&plan), count(&document), "{name}");
        let errors: Vec<_> = plan.diagnostics.iter().filter(|one| one.is_error()).collect();
        let nothing = CUT.contains(&name.as_str()) && errors.iter().all(|one| one.code == "TF003");
        assert!(errors.is_empty() || nothing, "{name}: {errors:?}");
        assert!(plan.diagnostics.len() < 12, "{name}: flaws are grouped");
        let (_, diagnostics) = Network::compile(&plan.topology);
        assert!(diagnostics.iter().all(|one| !one.is_error()), "{name}: {diagnostics:?}");
        let unresolved: Vec<_> = plan.inventory.unresolved().collect();
        let total = plan.inventory.read();
        println!("{name:<48} {total:>9} {:>6} {:>10}", total - unresolved.len(), unresolved.len());
        for (address, why) in &unresolved {
            println!("    {address}: {why}");
        }
        if !CUT.contains(&name.as_str()) {
            all += total;
            read += total - unresolved.len();
        }
    }
    println!("{read} of {all} without test data that others cut down");
    assert!(read * 100 >= all * 98, "{read} of {all}");
}

#[test]
fn the_same_bytes_give_the_same_topology() {
    for (name, bytes) in corpus() {
        let once = terraform::read(&name, &bytes, Moment::After);
        let again = terraform::read(&name, &bytes, Moment::After);
        assert_eq!(format!("{once:?}"), format!("{again:?}"), "{name}");
    }
}

/// Cut off or flipped anywhere, a real file may be refused; it never crashes the reader.
#[test]
fn no_damage_makes_the_reader_panic() {
    for (name, bytes) in corpus().into_iter().filter(|(_, bytes)| bytes.len() < 60_000) {
        for step in 1..40 {
            let at = bytes.len() * step / 40;
            let cut = bytes.get(..at).unwrap();
            recognise(&name, cut);
            terraform::read(&name, cut, Moment::After);
            let mut flipped = bytes.clone();
            for byte in flipped.iter_mut().skip(at).take(3) {
                *byte = b'0';
            }
            let plan = terraform::read(&name, &flipped, Moment::After);
            Network::compile(&plan.topology);
        }
    }
}

#[test]
fn a_state_and_the_prior_state_of_a_plan_agree() {
    let files: BTreeMap<String, Vec<u8>> = corpus().into_iter().collect();
    let mut compared = 0;
    for (name, bytes) in &files {
        let Some(of) = name.strip_prefix("show-json-prior_state-") else { continue };
        let Some(plan) = files.get(of) else { continue };
        let state = terraform::read("x", bytes, Moment::After);
        let before = terraform::read("x", plan, Moment::Before);
        assert_eq!(format!("{:?}", state.topology.vpcs), format!("{:?}", before.topology.vpcs), "{name}");
        compared += 1;
    }
    assert!(files.is_empty() || compared == 3);
    let fates =
        |plan: &Plan| plan.inventory.resources.values().filter(|(_, fate)| *fate == Fate::Read).count();
    for (name, bytes) in &files {
        let plan = terraform::read(name, bytes, Moment::After);
        assert!(fates(&plan) <= plan.inventory.read());
    }
}
