//! Imported files give the same answers as what they were imported from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

#[path = "import/command.rs"]
mod command;
#[path = "import/words.rs"]
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vpcreach::fleet::{self, MatrixCell};
use vpcreach::import::{self, Options};
use vpcreach::network::Network;
use vpcreach::reach::{self, Dial, Endpoint, Question, Service, Verdict};
use vpcreach::source::terraform::{self, Moment};
use vpcreach::source::{self, Loaded, cloudformation};
use vpcreach::topology::{Diagnostic, Instance, Interface, Place, PublicIp, Spanned, Topology, yaml};

/// What every pair is asked about.
const SERVICES: [&str; 7] = ["22", "80", "443", "5432", "53/udp", "icmp", "all"];
/// Beside the matrix: where every endpoint is asked to get to.
const OUTSIDE: [&str; 3] = ["internet", "198.51.100.7", "172.31.255.9"];
/// Instances that are planted in one VPC.
const MOST_PLANTED: usize = 12;
/// Sources with more interfaces than this are asked about fewer services.
const MANY: usize = 60;

/// A topology, and whether its names are those of a topology file.
struct Read {
    topology: Topology,
    options: Options,
}

fn read(path: &Path) -> Option<Read> {
    let (topology, diagnostics, keep_names) = match source::read(path).ok()? {
        Loaded::Yaml { name, bytes } => {
            let (topology, diagnostics) = yaml::read(&name, &bytes);
            (topology, diagnostics, true)
        }
        Loaded::Aws(capture) => (capture.topology, capture.diagnostics, false),
        Loaded::Terraform { name, bytes } => {
            let plan = terraform::read(&name, &bytes, Moment::After);
            (plan.topology, plan.diagnostics, false)
        }
        Loaded::CloudFormation { files } => {
            let region = ("AWS::Region".to_owned(), "us-east-1".to_owned());
            let settings =
                cloudformation::Settings { parameters: vec![region], ..cloudformation::Settings::default() };
            let import = cloudformation::read(&files, &settings);
            (import.topology, import.diagnostics, false)
        }
    };
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    Some(Read { topology, options: Options { keep_names, ..Options::default() } })
}

#[derive(Default, Debug)]
struct Count {
    sources: usize,
    unreadable: usize,
    whole: usize,
    unstable: usize,
    lines: usize,
    compared: usize,
    undetermined: usize,
    differing: usize,
}

impl Count {
    fn add(&mut self, other: &Self) {
        self.sources += other.sources;
        self.unreadable += other.unreadable;
        self.whole += other.whole;
        self.unstable += other.unstable;
        self.lines += other.lines;
        self.compared += other.compared;
        self.undetermined += other.undetermined;
        self.differing += other.differing;
    }
}

type Answers = BTreeMap<(String, String, String), Verdict>;

/// Every answer of a network, its endpoints by the names in `names`.
fn answers(network: &Network, names: &BTreeMap<String, String>, services: &[&str]) -> Answers {
    let named = |name: &String| names.get(name).unwrap_or(name).clone();
    let services: Vec<Service> =
        services.iter().map(|text| Service::parse(Some(text), None).unwrap()).collect();
    let options = fleet::Options { services: services.clone(), family: None };
    let matrix = fleet::matrix(network, &options).unwrap();
    let mut answers = Answers::new();
    for (from, row) in matrix.rows.iter().zip(&matrix.cells) {
        for (to, cell) in matrix.columns.iter().zip(row) {
            let MatrixCell::Verdicts(verdicts) = cell else { continue };
            for (service, verdict) in matrix.services.iter().zip(verdicts) {
                answers.insert((named(from), named(to), service.clone()), *verdict);
            }
        }
    }
    let options = reach::Options { dial: Dial::Every, ..reach::Options::default() };
    for from in Endpoint::inside(network) {
        for outside in OUTSIDE {
            let Ok(to) = Endpoint::resolve(network, outside, Dial::Every) else { continue };
            for service in &services {
                let asked = Question::among(network, &from, &to, service.clone(), &options);
                let Ok(question) = asked else { continue };
                let key = (named(&from.name().to_owned()), outside.to_owned(), format!("{service:?}"));
                answers.insert(key, reach::answer(network, &question).verdict);
            }
        }
    }
    answers
}

fn names(network: &Network) -> Vec<String> {
    Endpoint::outside(network)
        .iter()
        .chain(&Endpoint::inside(network))
        .map(|one| one.name().to_owned())
        .collect()
}

/// Imports a source and compares. `None` if the source itself can't be used.
fn round_trip(shown: &str, read: &Read) -> Option<Count> {
    let (network, diagnostics) = Network::compile(&read.topology);
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let text = import::import(&read.topology, read.options)
        .map_err(|problems| println!("  {shown} can't be written: {problems:#?}"))
        .ok()?;
    assert_eq!(text, import::import(&read.topology, read.options).unwrap(), "{shown}");
    let (again, mut problems) = yaml::read("imported.yaml", text.as_bytes());
    let (imported, more) = Network::compile(&again);
    problems.extend(more);
    problems.retain(Diagnostic::is_error);
    assert!(problems.is_empty(), "{shown}: {problems:#?}\n{text}");
    let mut unstable = 0;
    let own = Options { keep_names: true, ..read.options };
    let second = import::import(&again, own).unwrap();
    let differing = text.lines().zip(second.lines()).find(|(first, second)| first != second);
    if differing.is_some() || text.len() != second.len() {
        println!("  {shown}: the import of the import differs: {differing:?}");
        unstable = 1;
    }
    // The same things in the same order, by the names of the file.
    let prepared = Network::compile(&import::prepared(&read.topology, read.options)).0;
    let renamed: BTreeMap<String, String> = names(&network).into_iter().zip(names(&prepared)).collect();
    assert_eq!(names(&network).len(), names(&prepared).len());
    let services = if network.interfaces.iter().count() > MANY { &SERVICES[2..3] } else { &SERVICES[..] };
    let expected = answers(&network, &renamed, services);
    let found = answers(&imported, &BTreeMap::new(), services);
    let mut differing = 0;
    for (key, verdict) in &expected {
        let now = found.get(key);
        if now != Some(verdict) {
            differing += 1;
            if differing <= 5 {
                println!("  {shown}: {key:?} was {verdict:?}, is {now:?}");
            }
        }
    }
    differing += found.keys().filter(|key| !expected.contains_key(*key)).count();
    Some(Count {
        sources: 1,
        unreadable: 0,
        unstable,
        whole: usize::from(!text.starts_with("partial:")),
        lines: text.lines().count(),
        compared: expected.len(),
        undetermined: expected.values().filter(|verdict| **verdict == Verdict::Undetermined).count(),
        differing,
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn corpus() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/inputs");
    let root = std::env::var_os("VPCREACH_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    println!("SKIPPED: corpus not found");
    None
}

/// The same with an instance in every subnet, its groups taken in turn: public captures have many subnets and few
/// instances.
fn planted(mut read: Read) -> Read {
    for vpc in read.topology.vpcs.0.iter_mut().map(|vpc| &mut vpc.value) {
        let groups: Vec<String> = vpc.security_groups.iter().map(|group| group.name().to_owned()).collect();
        for (at, subnet) in vpc.subnets.iter().enumerate().take(MOST_PLANTED) {
            let Some(cidr) = subnet.value.cidr else { continue };
            let address = u32::from(cidr.value.broadcast()) - 3;
            let group = groups.get(at % groups.len().max(1)).map(|group| Spanned::implicit(group.clone()));
            let interface = Interface {
                subnet: Spanned::implicit(subnet.name().to_owned()),
                ips: vec![Spanned::implicit(address.into())],
                ipv6: Vec::new(),
                public_ip: Spanned::implicit(if at % 2 == 0 { PublicIp::None } else { PublicIp::Assigned }),
                public_ips: Vec::new(),
                security_groups: group.map(|group| vec![group]),
                more_security_groups: false,
                source_dest_check: None,
                attached: true,
                deny_all_igw_traffic: false,
                place: Place::Implicit,
            };
            let mut instance = Instance::default();
            instance.interfaces.push(Spanned::implicit("eth0".to_owned()), interface);
            vpc.instances.push(Spanned::implicit(format!("planted-{}", subnet.name())), instance);
        }
    }
    read
}

fn run(group: &str, paths: &[PathBuf], change: impl Fn(Read) -> Read) -> Count {
    let mut count = Count::default();
    for path in paths {
        let shown = path.file_name().unwrap().to_string_lossy().into_owned();
        match read(path).and_then(|read| round_trip(&shown, &change(read))) {
            Some(one) => count.add(&one),
            None => {
                println!("  {shown} can't be used");
                count.unreadable += 1;
            }
        }
    }
    println!("{group}: {count:?}");
    count
}

fn every_source(change: impl Fn(Read) -> Read + Copy) -> Option<Count> {
    let root = corpus()?;
    let mut total = Count::default();
    for group in
        ["aws-cli", "aws-emulated", "aws-real", "terraform-plan", "terraform-state", "cloudformation", "cdk"]
    {
        total.add(&run(group, &files(&root.join(group)), change));
    }
    println!("all: {total:?}");
    assert_eq!((total.differing, total.unstable), (0, 0), "{total:?}");
    Some(total)
}

#[test]
fn captures_plans_states_and_templates_of_the_corpus() {
    let Some(total) = every_source(|read| read) else { return };
    assert!(total.sources >= 150 && total.compared > 10_000, "{total:?}");
}

#[test]
fn the_same_with_an_instance_in_every_subnet() {
    let Some(total) = every_source(planted) else { return };
    assert!(total.compared > 50_000, "{total:?}");
}

#[test]
fn every_topology_of_ours() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let mut total = Count::default();
    for folder in ["", "scenarios", "terraform", "cloudformation"] {
        let mut paths = files(&root.join(folder));
        paths.retain(|path| path.is_file());
        total.add(&run(if folder.is_empty() { "topologies" } else { folder }, &paths, |read| read));
    }
    assert_eq!((total.differing, total.unstable, total.unreadable), (0, 0, 0), "{total:?}");
    assert!(total.sources >= 38, "{total:?}");
}

/// Names of the language are names already: giving them anew changes nothing that can be asked.
#[test]
fn every_topology_of_ours_with_names_given_anew() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies");
    let anew = |mut read: Read| {
        read.options.keep_names = false;
        read.topology.tests.clear();
        read
    };
    for folder in ["", "scenarios"] {
        let mut paths = files(&root.join(folder));
        paths.retain(|path| path.is_file());
        let count = run("names given anew", &paths, anew);
        assert_eq!((count.differing, count.unstable, count.unreadable), (0, 0, 0), "{count:?}");
    }
}

/// Whatever of the hostile inputs can be used at all can be imported, and means the same.
#[test]
fn hostile_inputs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut total = Count::default();
    for folder in ["yaml", "aws", "terraform", "cloudformation"] {
        total.add(&run(folder, &files(&root.join(folder)), |read| read));
    }
    assert_eq!((total.differing, total.unstable), (0, 0), "{total:?}");
    assert!(total.sources >= 50, "{total:?}");
}

/// The comparison sees a file that says something else.
#[test]
fn a_difference_is_seen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topologies/three-tier.yaml");
    let read = read(&path).unwrap();
    let text = import::import(&read.topology, read.options).unwrap();
    let ask = |text: &str| {
        let network = Network::compile(&yaml::read("imported.yaml", text.as_bytes()).0).0;
        answers(&network, &BTreeMap::new(), &SERVICES)
    };
    let same = ask(&text);
    for (said, other) in [
        ("0.0.0.0/0: nat-a", "0.0.0.0/0: blackhole"),
        ("type: SSH, source: sg:bastion", "type: SSH, source: sg:alb"),
        ("ports: 1024-65535, destination: 10.0.10.0/23", "ports: 1024-65535, destination: 10.0.10.0/24"),
        ("security_groups: [db]", "security_groups: [web]"),
    ] {
        let changed = text.replace(said, other);
        assert_ne!(changed, text, "{said}");
        assert!(ask(&changed) != same, "{said}");
    }
}
