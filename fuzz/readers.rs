//! What the fuzzers do with their bytes: one function for each reader, so that what they found can be tried again by
//! `cargo test`, without a fuzzer. A reader of another format is another function, and a line in [`ALL`].

use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, answer};
use vpcreach::topology::{Severity, Topology, yaml};
use vpcreach::{expect, source};

/// What a target does with its bytes.
type Reader = fn(&[u8]);

/// Every reader, by the name of its target.
pub const ALL: [(&str, Reader); 5] = [
    ("yaml", read_yaml),
    ("aws", read_aws),
    ("terraform", read_terraform),
    ("cloudformation", read_cloudformation),
    ("question", ask),
];

/// Files of an AWS capture are told apart by this byte, which no text has.
pub const BETWEEN_FILES: u8 = 0xff;

const CALLS: [&str; 12] = [
    "describe-vpcs.json",
    "describe-subnets.json",
    "describe-route-tables.json",
    "describe-network-acls.json",
    "describe-security-groups.json",
    "describe-network-interfaces.json",
    "describe-instances.json",
    "describe-internet-gateways.json",
    "describe-nat-gateways.json",
    "describe-vpc-peering-connections.json",
    "describe-managed-prefix-lists.json",
    "describe-nat-gateways.error",
];

const TEMPLATES: [&str; 3] = ["root.yaml", "child.yaml", "network.template.json"];

/// A topology file: read, compiled and, if it is small, its tests run.
pub fn read_yaml(bytes: &[u8]) {
    let (topology, diagnostics) = yaml::read("fuzz.yaml", bytes);
    let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    use_it(&topology, wrong, bytes.len() < 4096);
}

/// A capture of one or more files.
pub fn read_aws(bytes: &[u8]) {
    let files: Vec<(String, Vec<u8>)> = bytes
        .split(|byte| *byte == BETWEEN_FILES)
        .enumerate()
        .map(|(number, bytes)| (format!("{number}/{}", CALLS[number % CALLS.len()]), bytes.to_vec()))
        .collect();
    let capture = source::aws::read(&files);
    let wrong = capture.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    use_it(&capture.topology, wrong, false);
}

/// A Terraform plan or state, both before and after.
pub fn read_terraform(bytes: &[u8]) {
    source::recognise("fuzz.json", bytes);
    for moment in [source::terraform::Moment::After, source::terraform::Moment::Before] {
        let plan = source::terraform::read("fuzz.json", bytes, moment);
        let wrong = plan.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        use_it(&plan.topology, wrong, false);
    }
}

/// One or more templates, the first two with a value for a parameter.
pub fn read_cloudformation(bytes: &[u8]) {
    let files: Vec<(String, Vec<u8>)> = bytes
        .split(|byte| *byte == BETWEEN_FILES)
        .enumerate()
        .map(|(number, bytes)| (format!("{number}/{}", TEMPLATES[number % TEMPLATES.len()]), bytes.to_vec()))
        .collect();
    let parameters =
        vec![("A".to_owned(), "10.0.0.0/16".to_owned()), ("root/B".to_owned(), "yes".to_owned())];
    let import = source::cloudformation::read(
        &files,
        &source::cloudformation::Settings { parameters, ..source::cloudformation::Settings::default() },
    );
    let wrong = import.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    use_it(&import.topology, wrong, false);
}

fn use_it(topology: &Topology, wrong: bool, ask: bool) {
    let (network, _) = Network::compile(topology);
    if ask && !wrong && network.interfaces.iter().count() < 12 {
        expect::run(&network);
    }
}

/// A question: source and destination on two lines.
pub fn ask(bytes: &[u8]) {
    const TOPOLOGY: &[u8] = include_bytes!("../topologies/three-tier.yaml");
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (from, to) = text.split_once('\n').unwrap_or((text, "db:5432"));
    let (network, _) = Network::compile(&yaml::read("three-tier.yaml", TOPOLOGY).0);
    if let Ok(question) = Question::parse(&network, from, to, None, &Options::default()) {
        answer(&network, &question);
    }
}
