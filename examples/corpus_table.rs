//! Prints what is read from every input below a folder: captures, plans, states, templates.
//!
//! `cargo run --example corpus_table [--json | --record] [FOLDER]`; the folder is `$VPCREACH_CORPUS` or
//! `../shared/inputs`. The table is Markdown; `--json` has the same as lines of JSON, with every reason; `--record` the
//! sums alone, for `docs/measured`.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};
use vpcreach::network::Network;
use vpcreach::source::cloudformation::{self, Settings};
use vpcreach::source::terraform::{self, Moment};
use vpcreach::source::{self, Loaded};
use vpcreach::topology::{Diagnostic, Severity, Topology};

/// Folders of inputs; in the first three each input is a folder.
const GROUPS: [&str; 7] =
    ["aws-cli", "aws-emulated", "aws-real", "cdk", "cloudformation", "terraform-plan", "terraform-state"];

/// What was read of an input.
#[derive(Default)]
struct Row {
    input: String,
    /// Resources that concern the network.
    network: usize,
    /// Of these: known by name only.
    by_name: usize,
    /// Of these: not understood, by reason.
    unresolved: BTreeMap<String, Vec<String>>,
    /// Calls that a capture lacks, parameters that have no value.
    missing: Vec<String>,
    /// Errors, warnings and notes of the reader and of the compiler.
    told: [usize; 3],
    /// Why it is no input at all.
    refused: Option<String>,
    milliseconds: f64,
}

impl Row {
    fn unresolved(&self) -> usize {
        self.unresolved.values().map(Vec::len).sum()
    }

    fn share(&self) -> f64 {
        percent(self.network - self.unresolved(), self.network)
    }

    fn tell<'d>(&mut self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>) {
        for one in diagnostics {
            let [errors, warnings, notes] = &mut self.told;
            *match one.severity {
                Severity::Error => errors,
                Severity::Warning => warnings,
                Severity::Note => notes,
            } += 1;
        }
    }

    fn compile(&mut self, topology: &Topology) {
        let (_, problems) = Network::compile(topology);
        self.tell(&problems);
    }

    fn reason(&mut self, why: &str, name: &str) {
        self.unresolved.entry(why.to_owned()).or_default().push(name.to_owned());
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 100.0 } else { (part as f64 * 1000.0 / whole as f64).round() / 10.0 }
}

fn main() {
    let (flags, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|one| one.starts_with("--"));
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/inputs");
    let said = folders.first().map(PathBuf::from);
    let root =
        said.or_else(|| std::env::var_os("VPCREACH_CORPUS").map(PathBuf::from)).unwrap_or_else(default);
    if !root.is_dir() {
        eprintln!("SKIPPED: {} is no folder", root.display());
        return;
    }
    let rows: Vec<(&str, Row)> = GROUPS
        .iter()
        .flat_map(|group| inputs(&root.join(group)).into_iter().map(move |path| (*group, path)))
        .map(|(group, path)| (group, row(&root, &path)))
        .collect();
    match flags.first().map(String::as_str) {
        None => table(&rows),
        Some("--json") => rows.iter().for_each(|(group, row)| println!("{}", as_json(group, row))),
        Some("--record") => println!("{:#}", record(&rows)),
        Some(other) => eprintln!("{other}: give --json, --record, or nothing"),
    }
}

/// Files and folders, but for lists of where they come from.
fn inputs(group: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(group) else { return Vec::new() };
    let whole_folders = group.file_name().is_some_and(|name| name.to_string_lossy().starts_with("aws-"));
    let known = ["json", "yaml", "yml", "template", "tfstate"];
    let mut paths: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| match whole_folders {
            true => path.is_dir(),
            false => path.extension().is_some_and(|ending| known.iter().any(|known| ending == *known)),
        })
        .collect();
    paths.sort();
    paths
}

fn row(root: &Path, path: &Path) -> Row {
    let input = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let mut row = Row { input, ..Row::default() };
    let deployed = deployed(root, path);
    let begin = Instant::now();
    match source::read(path) {
        Ok(Loaded::Aws(capture)) => {
            let inventory = &capture.inventory;
            row.network = inventory.read() - inventory.ignored();
            row.by_name = inventory.not_modelled();
            row.missing = inventory.missing.iter().map(|kind| kind.call().to_owned()).collect();
            row.tell(&capture.diagnostics);
            row.compile(&capture.topology);
        }
        Ok(Loaded::Terraform { name, bytes }) => {
            let plan = terraform::read(&name, &bytes, Moment::After);
            row.network = plan.inventory.read();
            let by_name = |fate: &terraform::Fate| *fate == terraform::Fate::NotModelled;
            row.by_name = plan.inventory.resources.values().filter(|(_, fate)| by_name(fate)).count();
            for (name, why) in plan.inventory.unresolved() {
                row.reason(why, name);
            }
            row.tell(&plan.diagnostics);
            row.compile(&plan.topology);
        }
        Ok(Loaded::CloudFormation { mut files }) => {
            files.extend(deployed.siblings);
            let mut import = cloudformation::read(&files, &deployed.settings);
            let own = stem(path);
            import.inventory.resources.retain(|one| is_of(&one.stack, &own));
            let by_name = |fate: &cloudformation::Fate| *fate == cloudformation::Fate::NotModelled;
            row.network = import.inventory.network();
            row.by_name = import.inventory.resources.iter().filter(|one| by_name(&one.fate)).count();
            for (why, names) in import.inventory.unresolved() {
                names.iter().for_each(|name| row.reason(why, name));
            }
            row.missing = import.inventory.missing_parameters.iter().map(|(_, name)| name.clone()).collect();
            row.tell(&import.diagnostics);
            row.compile(&import.topology);
        }
        Ok(Loaded::Yaml { .. }) => row.refused = Some("no input of others".to_owned()),
        Err(error) => row.refused = Some(error.to_string()),
    }
    row.milliseconds = (begin.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
    row
}

/// How a template was deployed, where a capture says it.
struct Deployed {
    settings: Settings,
    /// Templates that were deployed with it, and whose exports it imports.
    siblings: Vec<(String, Vec<u8>)>,
}

/// The name of the stack that a file becomes.
fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Whether a stack is that of a template, or nested in it.
fn is_of(stack: &str, own: &str) -> bool {
    stack.split('.').next().is_some_and(|first| first == own || first.starts_with(&format!("{own}-")))
}

fn deployed(root: &Path, path: &Path) -> Deployed {
    let mut parameters = vec![("AWS::Region".to_owned(), "us-east-1".to_owned())];
    let mut siblings = Vec::new();
    let own = stem(path);
    for folder in [own.clone(), format!("cdk-{own}")] {
        let record = root.join("aws-emulated").join(folder).join("_stack.json");
        let Some(document) =
            std::fs::read(record).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        else {
            continue;
        };
        let list = |key: &str| document.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        for (run, template) in list("runs").iter().zip(list("template")) {
            let name =
                template.as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
            let stack = stem(Path::new(&name));
            if stack != own {
                // Its name in the emulated deployment, by which the others import from it.
                parameters.push((format!("{stack}/AWS::StackName"), "vpc".to_owned()));
                siblings.extend(std::fs::read(path.with_file_name(&name)).map(|bytes| (name, bytes)));
            }
            for (name, value) in run.get("params").and_then(Value::as_object).into_iter().flatten() {
                let text = match value {
                    Value::String(text) => text.clone(),
                    Value::Array(items) => {
                        items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
                    }
                    other => other.to_string(),
                };
                parameters.push((format!("{stack}/{name}"), text));
            }
        }
    }
    Deployed { settings: Settings { parameters, ..Settings::default() }, siblings }
}

fn table(rows: &[(&str, Row)]) {
    println!(
        "| input | network resources | read | % | by name only | unresolved | errors, warnings, notes | ms |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (_, row) in rows {
        let [errors, warnings, notes] = row.told;
        println!(
            "| {} | {} | {} | {} | {} | {} | {errors}, {warnings}, {notes} | {} |",
            row.input,
            row.network,
            row.network - row.unresolved(),
            row.share(),
            row.by_name,
            row.unresolved(),
            row.milliseconds
        );
    }
    println!("\nWhere it falls short, and why:\n");
    for (_, row) in rows {
        if let Some(why) = &row.refused {
            println!("- {}: refused: {}", row.input, why.lines().next().unwrap_or_default());
        }
        if !row.missing.is_empty() {
            println!("- {}: not given: {}", row.input, row.missing.join(", "));
        }
        for (why, names) in &row.unresolved {
            println!("- {}: {why} ({})", row.input, names.len());
        }
    }
    println!("\n| sum | |\n|---|--:|");
    for (name, value) in sums(rows) {
        println!("| {name} | {value} |");
    }
}

fn as_json(group: &str, row: &Row) -> Value {
    let [errors, warnings, notes] = row.told;
    json!({
        "group": group, "input": row.input, "network": row.network, "read": row.network - row.unresolved(),
        "by_name": row.by_name, "unresolved": row.unresolved, "missing": row.missing, "refused": row.refused,
        "errors": errors, "warnings": warnings, "notes": notes, "ms": row.milliseconds,
    })
}

/// The sums of each kind of input.
fn sums(rows: &[(&str, Row)]) -> Vec<(String, Value)> {
    let mut sums = Vec::new();
    for group in GROUPS {
        let own: Vec<&Row> = rows.iter().filter(|(of, _)| *of == group).map(|(_, row)| row).collect();
        let taken: Vec<&&Row> = own.iter().filter(|row| row.refused.is_none()).collect();
        let sum = |of: &dyn Fn(&Row) -> usize| taken.iter().map(|row| of(row)).sum::<usize>();
        let (network, open) = (sum(&|row| row.network), sum(&Row::unresolved));
        let mut add = |what: &str, value: Value| sums.push((format!("{group}: {what}"), value));
        add("inputs", json!(own.len()));
        add("wrong files, refused with a reason", json!(own.len() - taken.len()));
        add("resources of the network", json!(network));
        add("of these known by name only", json!(sum(&|row| row.by_name)));
        add("of these not understood, with a reason", json!(open));
        add("percent understood", json!(percent(network - open, network)));
        add(
            "inputs of which 98 % or more is understood",
            json!(taken.iter().filter(|row| row.share() >= 98.0).count()),
        );
    }
    sums
}

/// What `docs/measured` keeps.
fn record(rows: &[(&str, Row)]) -> Value {
    let commit = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit =
        commit.map(|said| String::from_utf8_lossy(&said.stdout).trim().to_owned()).unwrap_or_default();
    let numbers: serde_json::Map<String, Value> = sums(rows).into_iter().collect();
    json!({
        "title": "Inputs that nobody on this project wrote", "commit": commit,
        "command": "cargo run --example corpus_table -- --record", "numbers": numbers,
    })
}
