//! Prints what is read from every capture below a folder, as a Markdown table.
//!
//! `cargo run --example corpus_table [FOLDER]`; the folder is `$VPCREACH_CORPUS` or `../shared/inputs`.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vpcreach::source::{self, Loaded, aws};
use vpcreach::topology::Severity;

fn main() {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/inputs");
    let argument = std::env::args_os().nth(1).map(PathBuf::from);
    let root =
        argument.or_else(|| std::env::var_os("VPCREACH_CORPUS").map(PathBuf::from)).unwrap_or_else(default);
    let mut totals = Totals::default();
    println!(
        "| folder | resources read | not modelled yet | left alone | missing calls | errors, warnings |"
    );
    println!("|---|---:|---:|---:|---|---|");
    for group in ["aws-real", "aws-emulated", "aws-cli"] {
        for folder in folders(&root.join(group)) {
            match source::read(&folder) {
                Ok(Loaded::Aws(capture)) => row(&root, &folder, &capture, &mut totals),
                Ok(Loaded::Yaml { name, .. } | Loaded::Terraform { name, .. }) => {
                    eprintln!("{name}: no capture");
                }
                Ok(Loaded::CloudFormation { .. }) => eprintln!("{}: templates", folder.display()),
                Err(error) => eprintln!("{}: {error}", folder.display()),
            }
        }
    }
    println!("\n| not modelled yet | resources |");
    println!("|---|---:|");
    for (kind, count) in &totals.not_modelled {
        println!("| {kind} | {count} |");
    }
    println!("\n| diagnostic | captures | first |");
    println!("|---|---:|---|");
    for (code, (count, first)) in &totals.diagnostics {
        println!("| {code} | {count} | {first} |");
    }
}

#[derive(Default)]
struct Totals {
    not_modelled: BTreeMap<String, usize>,
    diagnostics: BTreeMap<&'static str, (usize, String)>,
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn row(root: &Path, folder: &Path, capture: &aws::Capture, totals: &mut Totals) {
    let inventory = &capture.inventory;
    let missing: Vec<&str> = inventory
        .missing
        .iter()
        .map(|kind| kind.call().trim_start_matches("aws ec2 ").trim_start_matches("describe-"))
        .collect();
    let count = |severity| capture.diagnostics.iter().filter(|one| one.severity == severity).count();
    let shown = folder.strip_prefix(root).unwrap_or(folder).display();
    println!(
        "| {shown} | {} | {} | {} | {} | {}, {} |",
        inventory.read(),
        inventory.not_modelled(),
        inventory.ignored(),
        missing.join(", "),
        count(Severity::Error),
        count(Severity::Warning),
    );
    for (kind, tally) in inventory.kinds.iter().filter(|(_, tally)| tally.not_modelled > 0) {
        *totals.not_modelled.entry(kind.clone()).or_default() += tally.not_modelled;
    }
    for one in &capture.diagnostics {
        let entry = totals.diagnostics.entry(one.code).or_insert_with(|| (0, one.message.clone()));
        entry.0 += 1;
    }
}
