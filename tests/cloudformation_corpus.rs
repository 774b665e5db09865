//! Public templates, read to the last resource: a table of what became of them, and the same questions asked of a
//! template and of a capture of what it was deployed to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use vpcreach::network::Network;
use vpcreach::reach::{Options, Question, Verdict, answer};
use vpcreach::source::cloudformation::{self, Fate, Import, Settings};
use vpcreach::source::{self, Loaded};
use vpcreach::topology::{
    Diagnostic, Entry, FamilyFilter, Instance, Interface, Place, PublicIp, RouteTarget, SecurityGroup,
    SecurityGroupPeer, SecurityGroupRule, Spanned, Subnet, Topology, Traffic,
};

/// The folder of sample inputs, or none with a line that says so.
fn inputs() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/inputs");
    let root = std::env::var_os("VPCREACH_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    if root.join("cloudformation").is_dir() {
        return Some(root);
    }
    println!("SKIPPED: corpus not found");
    None
}

fn templates(root: &Path) -> Vec<PathBuf> {
    let folders = ["cloudformation", "cdk"].map(|folder| root.join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten());
    let mut files: Vec<PathBuf> = files
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|known| ending == *known))
        })
        .collect();
    files.sort();
    files
}

fn read(path: &Path, settings: &Settings) -> Import {
    match source::read(path) {
        Ok(Loaded::CloudFormation { files }) => cloudformation::read(&files, settings),
        other => panic!("{}: {other:?}", path.display()),
    }
}

fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    name.split('.').next().unwrap().to_owned()
}

/// What a capture says about its deployment.
struct Deployment {
    /// Paths of templates, in the order in which they were deployed.
    templates: Vec<String>,
    settings: Settings,
    /// Logical ids by physical id.
    names: BTreeMap<String, String>,
    /// Logical ids of resources that the emulator did not make.
    failed: BTreeSet<String>,
    /// Whether the capture has a route of a transit gateway without its attachment.
    has_lost_routes: bool,
}

fn deployment(folder: &Path) -> Deployment {
    let text = std::fs::read(folder.join("_stack.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    let paths = document["template"].as_array().unwrap();
    let templates: Vec<String> =
        paths.iter().map(|path| path.as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect();
    let mut parameters = vec![
        ("AWS::Region".to_owned(), "us-east-1".to_owned()),
        ("AWS::AccountId".to_owned(), "123456789012".to_owned()),
        ("AWS::Partition".to_owned(), "aws".to_owned()),
        ("AWS::URLSuffix".to_owned(), "amazonaws.com".to_owned()),
    ];
    // The emulated stack that the others import from has a name of its own.
    if let [first, _, ..] = templates.as_slice() {
        parameters.push((format!("{}/AWS::StackName", first.split('.').next().unwrap()), "vpc".to_owned()));
    }
    let mut names = BTreeMap::new();
    let mut failed = BTreeSet::new();
    for (run, template) in document["runs"].as_array().unwrap().iter().zip(&templates) {
        let stack = template.split('.').next().unwrap();
        for (name, value) in run["params"].as_object().into_iter().flatten() {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join(",")
                }
                other => other.to_string(),
            };
            parameters.push((format!("{stack}/{name}"), text));
        }
        failed.extend(run["failed"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        for (logical, physical) in run["phys"].as_object().into_iter().flatten() {
            names.insert(physical.as_str().unwrap_or_default().to_owned(), logical.clone());
        }
    }
    Deployment {
        templates,
        settings: Settings { parameters, ..Settings::default() },
        names,
        failed,
        has_lost_routes: false,
    }
}

#[test]
fn every_template_is_read_to_the_last_resource() {
    let Some(root) = inputs() else { return };
    println!("{:<40} {:>7} {:>5} {:>9}  parameters missing", "template", "network", "read", "unresolved");
    let (mut network, mut read_of, mut complete, mut all) = (0, 0, 0, 0);
    for path in templates(&root) {
        let mut settings = Settings {
            parameters: vec![("AWS::Region".to_owned(), "us-east-1".to_owned())],
            ..Settings::default()
        };
        let name = stem(&path);
        // Templates that import from one another are read together, as they were deployed.
        let mut files = vec![path.clone()];
        for folder in [name.clone(), format!("cdk-{name}")] {
            let folder = root.join("aws-emulated").join(folder);
            if folder.is_dir() {
                let deployed = deployment(&folder);
                settings = deployed.settings;
                let others = deployed.templates.iter().map(|template| path.with_file_name(template));
                files.extend(others.filter(|other| stem(other) != name && other.is_file()));
            }
        }
        all += 1;
        let known = read(&path, &Settings::default());
        let read: Vec<(String, Vec<u8>)> = files
            .iter()
            .map(|path| {
                (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())
            })
            .collect();
        let mut import = cloudformation::read(&read, &settings);
        import.inventory.resources.retain(|one| {
            one.stack == name || one.stack.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'))
        });
        let inventory = &import.inventory;
        let missing: BTreeSet<&str> =
            inventory.missing_parameters.iter().map(|(_, name)| name.as_str()).collect();
        let unresolved = inventory.network() - inventory.read();
        println!(
            "{name:<40} {:>7} {:>5} {unresolved:>9}  {} ({} without any values)",
            inventory.network(),
            inventory.read(),
            missing.into_iter().collect::<Vec<_>>().join(" "),
            known.inventory.network() - known.inventory.read(),
        );
        for (reason, names) in inventory.unresolved() {
            println!("    {reason}: {}", names.join(" "));
        }
        for (reason, names) in inventory.unresolved() {
            let kind = REASONS.iter().find(|known| reason.contains(*known));
            assert!(kind.is_some(), "{name}: {reason}: {names:?}");
        }
        // What only the deployment knows apart, a template with its parameters is read.
        let open = inventory.missing_parameters.is_empty() && inventory.unresolved().is_empty();
        complete += usize::from(open);
        network += inventory.network();
        read_of += inventory.read();
        Network::compile(&import.topology);
        let lost = inventory.resources.iter().filter(|one| {
            one.fate == Fate::NotNetwork && one.kind.starts_with("AWS::EC2::") && is_network(&one.kind)
        });
        assert_eq!(lost.count(), 0, "{name}: resources were dropped silently");
    }
    println!("{:<40} {network:>7} {read_of:>5}           {complete} of {all} templates in full", "all");
    assert!(read_of * 100 >= network * 97, "{read_of} of {network}");
}

/// Why something in a template may be unknown for good.
const REASONS: [&str; 8] = [
    // Of a custom resource, for example.
    "exists only after deployment",
    "AWS takes it from a pool",
    "is of type Custom::",
    // What the deployment refers to was not deployed with it.
    "its template was not read",
    "not in a template that was read",
    "no template that was read exports",
    // A template that AWS would refuse.
    "is not said",
    "is not a CIDR",
];

fn is_network(kind: &str) -> bool {
    const NOT: [&str; 10] = [
        "LaunchTemplate",
        "FlowLog",
        "DHCPOptions",
        "VPCDHCPOptionsAssociation",
        "KeyPair",
        "Volume",
        "IPAM",
        "VolumeAttachment",
        "IPAMPool",
        "VPCEndpointServicePermissions",
    ];
    !NOT.iter().any(|not| kind == format!("AWS::EC2::{not}"))
}

/// How two verdicts of one question went, over all questions.
type Tally = BTreeMap<(Verdict2, Verdict2), usize>;
type Verdict2 = &'static str;
/// A verdict and the codes of its blockers.
type Answer = (Verdict2, Vec<String>);

const fn word(verdict: Verdict) -> Verdict2 {
    match verdict {
        Verdict::Reachable => "reachable",
        Verdict::Blocked => "blocked",
        Verdict::Partial => "partial",
        Verdict::Undetermined => "undetermined",
    }
}

fn ask(network: &Network, from: &str, to: &str) -> Option<Answer> {
    // The emulator gives no IPv6 addresses.
    let options = Options { family: Some(FamilyFilter::Ipv4), ..Options::default() };
    let question = Question::parse(network, from, to, None, &options).ok()?;
    let answer = answer(network, &question);
    let codes = answer.traces.iter().flat_map(|trace| &trace.blockers).map(|one| format!("{:?}", one.code));
    let codes: BTreeSet<String> = codes.collect();
    Some((word(answer.verdict), codes.into_iter().collect()))
}

/// Why a template and its emulated deployment differ: gaps of the emulation.
const EXPLANATIONS: [&str; 8] = [
    "the capture has the entries of a prefix list of AWS, which no template has",
    "without the resources that the emulator did not make, the template says the same",
    "the emulator lists a route of a transit gateway without its attachment, so that the capture does not know",
    "the emulator did not make a rule that the template leaves open",
    "the emulator did not associate an address that the template gives to an instance",
    "the emulator keeps the default outbound rule beside rules that are resources of their own",
    "the emulator makes no interfaces for a service, so that the capture knows it by name only",
    "NOT EXPLAINED",
];

/// The explanation of a difference. `less` is the answer of the template without what the emulator did not make; `by_name`
/// whether the capture knows one of the two ends by name only.
fn explain(
    deployed: &Deployment,
    here: &Answer,
    there: &Answer,
    less: Option<&Answer>,
    by_name: bool,
) -> &'static str {
    let [entries, missing, silent, rule, address, outbound, service, none] = EXPLANATIONS;
    let has = |answer: &Answer, code: &str| answer.1.iter().any(|one| one == code);
    let failed = |part: &str| deployed.failed.iter().any(|name| name.contains(part));
    if by_name {
        service
    } else if has(here, "Sg002") && !has(there, "Sg002") {
        outbound
    } else if here.0 == "reachable" && has(there, "Igw003") {
        address
    } else if less.is_some_and(|less| less.0 == there.0) {
        missing
    } else if here.0 == "undetermined" && has(here, "Und003") && !has(there, "Und003") {
        entries
    } else if has(there, "Und002") && less.is_some_and(|less| less.0 != "undetermined") && failed("Firewall")
    {
        silent
    } else if has(here, "Und001") && (failed("AclIngressEntry") || failed("SecurityGroupIngress")) {
        rule
    } else {
        none
    }
}

/// The template as it would be without what the emulator did not make: routes to it and routes that it is.
fn without_failed(topology: &Topology, failed: &BTreeSet<String>) -> Topology {
    let mut less = topology.clone();
    let gone = |target: &RouteTarget| match target {
        RouteTarget::Named(name) => {
            let name = name.strip_prefix("target of ").unwrap_or(name);
            failed.contains(name.rsplit('.').next().unwrap())
        }
        _ => false,
    };
    for table in less.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.route_tables.0) {
        table.value.routes.retain(|route| !gone(&route.target.value));
    }
    for gateway in &mut less.transit_gateways.0 {
        for table in gateway.value.route_tables.iter_mut().flat_map(|tables| &mut tables.0) {
            table.value.table.routes.retain(|route| !gone(&route.target.value));
        }
    }
    less
}

fn has_lost_routes(topology: &Topology) -> bool {
    let tables =
        topology.transit_gateways.iter().flat_map(|gateway| gateway.value.route_tables.iter().flatten());
    let mut routes = tables.flat_map(|table| &table.value.table.routes);
    routes.any(
        |route| matches!(&route.target.value, RouteTarget::Named(name) if name.starts_with("target of ")),
    )
}

/// Deployed into one zone by the values of its parameters: AWS would refuse an attachment with two subnets there, the
/// emulator does not. Zones are then left out on both sides.
fn without_zones(topology: &mut Topology) {
    for subnet in topology.vpcs.0.iter_mut().flat_map(|vpc| &mut vpc.value.subnets.0) {
        subnet.value.az = None;
    }
}

#[test]
fn templates_answer_as_what_they_were_deployed_to() {
    let Some(root) = inputs() else { return };
    let mut total = Tally::new();
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root.join("aws-emulated")).unwrap().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    for folder in folders {
        let mut deployed = deployment(&folder);
        let mut files = Vec::new();
        for name in &deployed.templates {
            let path = templates(&root).into_iter().find(|path| {
                let folder = folder.file_name().unwrap().to_string_lossy();
                path.ends_with(name) || deployed.templates.len() == 1 && stem(path) == folder
            });
            let Some(path) = path else { continue };
            files.push((name.clone(), std::fs::read(path).unwrap()));
        }
        let mut import = cloudformation::read(&files, &deployed.settings);
        if import.diagnostics.iter().any(Diagnostic::is_error) {
            // What YAML takes for a boolean is one in lower case to CloudFormation.
            let mut settings = deployed.settings.clone();
            for (_, value) in &mut settings.parameters {
                if matches!(value.as_str(), "True" | "False") {
                    value.make_ascii_lowercase();
                }
            }
            import = cloudformation::read(&files, &settings);
        }
        let Ok(Loaded::Aws(mut capture)) = source::read(&folder) else { panic!("{}", folder.display()) };
        deployed.has_lost_routes = has_lost_routes(&capture.topology);
        let physical: BTreeMap<&str, &str> =
            deployed.names.iter().map(|(physical, logical)| (logical.as_str(), physical.as_str())).collect();
        let logical = |name: &str| name.rsplit('.').next().unwrap().to_owned();
        // The emulator takes the first subnet of a zone for a default one, which gives public addresses.
        let subnets = import.topology.vpcs.iter().flat_map(|vpc| &vpc.value.subnets);
        let gives = |subnet: &&Entry<Subnet>| subnet.value.auto_assign_public_ip.is_some_and(|on| on.value);
        let public: BTreeSet<String> = subnets.filter(gives).map(|subnet| logical(subnet.name())).collect();
        add_probes(&mut import.topology, &public, logical);
        add_probes(&mut capture.topology, &public, |name| {
            deployed.names.get(name).cloned().unwrap_or_default()
        });
        let (mut template, mut problems) = Network::compile(&import.topology);
        let one_zone = |problem: &Diagnostic| problem.message.contains("of the attachment are both in zone");
        if problems.iter().any(one_zone) {
            without_zones(&mut import.topology);
            without_zones(&mut capture.topology);
            (template, problems) = Network::compile(&import.topology);
        }
        let (less, _) = Network::compile(&without_failed(&import.topology, &deployed.failed));
        let errors: Vec<&Diagnostic> =
            import.diagnostics.iter().chain(&problems).filter(|problem| problem.is_error()).collect();
        let (emulated, _) = Network::compile(&capture.topology);
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(error) = errors.first() {
            println!("{name}: not compared, AWS would refuse it: {}", error.message);
            continue;
        }
        let tally = compare(&name, &deployed, &physical, [&template, &emulated, &less], &mut explained);
        for (key, count) in tally {
            *total.entry(key).or_default() += count;
        }
    }
    for (why, count) in &explained {
        println!("{count:>6} {why}");
    }
    println!("{:<14} {:<14} questions", "template", "emulated");
    for ((template, emulated), count) in &total {
        println!("{template:<14} {emulated:<14} {count:>6}");
    }
    assert_eq!(explained.get(EXPLANATIONS[7]), None);
}

/// Puts an open host into every subnet, so that routes, network ACLs and gateways can be compared where a template
/// has no instance. `logical` gives the name that both sides share.
fn add_probes(topology: &mut Topology, public: &BTreeSet<String>, logical: impl Fn(&str) -> String) {
    let open = |cidr: &str| SecurityGroupRule {
        traffic: Traffic::default(),
        peer: Spanned::implicit(SecurityGroupPeer::Cidr(cidr.parse().unwrap())),
        id: None,
        place: Place::Implicit,
    };
    for entry in &mut topology.vpcs.0 {
        let rules = Some(vec![open("0.0.0.0/0"), open("::/0")]);
        let group = SecurityGroup { inbound: rules.clone(), outbound: rules, place: Place::Implicit };
        entry.value.security_groups.push(Spanned::implicit("open to all".to_owned()), group);
        let subnets: Vec<(String, std::net::Ipv4Addr)> = entry
            .value
            .subnets
            .iter()
            .filter_map(|subnet| {
                let host = subnet.value.cidr?.value.broadcast().to_bits() - 2;
                Some((subnet.name().to_owned(), host.into()))
            })
            .collect();
        for (subnet, address) in subnets {
            let name = logical(&subnet);
            if name.is_empty() {
                continue;
            }
            let interface = Interface {
                subnet: Spanned::implicit(subnet),
                ips: vec![Spanned::implicit(address)],
                ipv6: Vec::new(),
                public_ip: Spanned::implicit(match public.contains(&name) {
                    true => PublicIp::Assigned,
                    false => PublicIp::None,
                }),
                public_ips: Vec::new(),
                security_groups: Some(vec![Spanned::implicit("open to all".to_owned())]),
                more_security_groups: false,
                source_dest_check: None,
                attached: true,
                deny_all_igw_traffic: false,
                place: Place::Implicit,
            };
            let mut instance = Instance::default();
            instance.interfaces.push(Spanned::implicit(format!("eth of {name}")), interface);
            entry.value.instances.push(Spanned::implicit(format!("probe in {name}")), instance);
        }
    }
}

fn compare(
    name: &str,
    deployed: &Deployment,
    physical: &BTreeMap<&str, &str>,
    [template, emulated, less]: [&Network; 3],
    explained: &mut BTreeMap<&'static str, usize>,
) -> Tally {
    let ends: Vec<(String, String)> = template
        .instances
        .iter()
        .filter_map(|(_, instance)| match instance.name.starts_with("probe in ") {
            true => Some((instance.name.clone(), instance.name.clone())),
            false => {
                let logical = instance.name.rsplit('.').next().unwrap();
                Some((instance.name.clone(), (*physical.get(logical)?).to_owned()))
            }
        })
        .chain([("internet".to_owned(), "internet".to_owned())])
        .collect();
    let mut tally = Tally::new();
    let mut differences: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (from, from_id) in &ends {
        for (to, to_id) in &ends {
            for port in ["22", "443", "53/udp", "icmp"] {
                let there = ask(emulated, from_id, &format!("{to_id}:{port}"));
                let here = ask(template, from, &format!("{to}:{port}"));
                let (Some(here), Some(there)) = (here, there) else { continue };
                *tally.entry((here.0, there.0)).or_default() += 1;
                if here.0 != there.0 {
                    let less = ask(less, from, &format!("{to}:{port}"));
                    let by_name = [from_id, to_id].into_iter().any(|id| {
                        emulated.unmodelled.iter().any(|(_, one)| one.name == *id)
                            && there.0 == "undetermined"
                    });
                    let why = explain(deployed, &here, &there, less.as_ref(), by_name);
                    *explained.entry(why).or_default() += 1;
                    let text = format!("{from} -> {to}:{port} {here:?}, emulated {there:?}");
                    differences.entry(why).or_default().push(text);
                }
            }
        }
    }
    let asked: usize = tally.values().sum();
    println!("{name}: {asked} questions, {} hosts, {} resources not made", ends.len(), deployed.failed.len());
    for (why, texts) in differences {
        println!("    {} {why}, for example {}", texts.len(), texts.first().unwrap());
    }
    tally
}
