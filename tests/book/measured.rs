//! The numbers behind `docs/trust.md`: what the tree itself says, and what long runs wrote down.

use std::fmt::Write as _;
use std::fs;
use std::io;

use serde_json::Value;

use super::blocks;
use super::rules::Rule;

/// Where long runs write what they did, one file each.
const RECORDS: &str = "docs/measured";
/// The one of speed, which has a page of its own.
const PERFORMANCE: &str = "docs/measured/performance.json";

pub(crate) fn page(rules: &[Rule]) -> io::Result<String> {
    let mut text = String::from(
        "# What was measured\n\n<!-- Written by `VPCREACH_BLESS=1 cargo test --test book`. -->\n\n## By every `cargo test`\n\n| What | How many |\n|---|--:|\n",
    );
    let (passing, failing) = rules.iter().fold((0, 0), |(p, f), rule| (p + rule.passing, f + rule.failing));
    let rows = [
        ("rules of the semantics", rules.len()),
        ("checks of something that must get through", passing),
        ("checks of something that must not", failing),
        ("topologies in the book and beside it", blocks::collect()?.blocks.len()),
        ("real reports of operators, as scenarios", count("topologies/scenarios", "yaml")?),
        ("bugs that oracles found, kept by name", occurrences("tests/regressions.rs", "#[test]")?),
        ("hostile inputs with an expected message", answers("tests/hostile")?),
        ("fuzz targets", count("fuzz/fuzz_targets", "rs")?),
    ];
    for (what, number) in rows {
        let _ = writeln!(text, "| {what} | {number} |");
    }
    text.push_str(
        "\n## By longer runs\n\nEach wrote its numbers down itself, with the commit that it ran on.\n",
    );
    let mut records: Vec<_> =
        fs::read_dir(blocks::root().join(RECORDS))?.flatten().map(|entry| entry.path()).collect();
    records.retain(|path| !path.ends_with(PERFORMANCE));
    records.sort();
    for path in records {
        let record: Value = serde_json::from_slice(&fs::read(&path)?)?;
        section(&mut text, &record);
    }
    Ok(text)
}

/// What `cargo bench --bench table` wrote down: a table for each row of goals.
pub(crate) fn performance() -> io::Result<String> {
    let record: Value = serde_json::from_slice(&fs::read(blocks::root().join(PERFORMANCE))?)?;
    let of = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut text = format!(
        "# What it costs\n\n<!-- Written by `VPCREACH_BLESS=1 cargo test --test book`. -->\n\n`{}`, at commit {}, on {}.\n\n| What | Goal | Measured | |\n|---|---|---|--:|\n",
        of(&record, "command"),
        of(&record, "commit"),
        of(&record, "machine"),
    );
    for row in record.get("rows").and_then(Value::as_array).into_iter().flatten() {
        let (mut what, mut goal) = (of(row, "what"), of(row, "goal"));
        for (name, value) in row.get("figures").and_then(Value::as_object).into_iter().flatten() {
            let number = value.as_f64().unwrap_or(f64::NAN);
            let _ = writeln!(
                text,
                "| {} | {} | {name} | {number} |",
                std::mem::take(&mut what),
                std::mem::take(&mut goal)
            );
        }
    }
    let exponent = record.get("exponent").and_then(Value::as_f64).unwrap_or(f64::NAN);
    let _ = writeln!(text, "| scaling exponent of the matrix, 10,000 to 1,000,000 | 1.3 | | {exponent} |");
    Ok(text)
}

/// A record: a title, the command and the commit, and rows of name and value.
fn section(text: &mut String, record: &Value) {
    let of = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or("?");
    let _ = writeln!(text, "\n### {}\n\n`{}`, at commit {}\n", of("title"), of("command"), of("commit"));
    if let Some(numbers) = record.get("numbers").and_then(Value::as_object) {
        text.push_str("| What | How many |\n|---|--:|\n");
        for (name, value) in numbers {
            let _ = writeln!(text, "| {name} | {value} |");
        }
    }
    if let Some(targets) = record.get("targets").and_then(Value::as_array) {
        text.push_str("| Target | Executions | Edges covered | Peak MB | Slowest, s | Crashed |\n|---|--:|--:|--:|--:|---|\n");
        for target in targets {
            let cell =
                |key: &str| target.get(key).map(ToString::to_string).unwrap_or_default().replace('"', "");
            let cells = ["target", "executions", "edges", "peak_mb", "slowest_s", "crashed"].map(cell);
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
    }
}

fn count(directory: &str, extension: &str) -> io::Result<usize> {
    let entries = fs::read_dir(blocks::root().join(directory))?.flatten().map(|entry| entry.path());
    let counts = |path: &std::path::PathBuf| {
        extension.is_empty() || path.extension().is_some_and(|end| end == extension)
    };
    Ok(entries.filter(counts).count())
}

/// How many inputs have their answer written down in the files of a directory: each starts with the command.
fn answers(directory: &str) -> io::Result<usize> {
    let mut number = 0;
    for entry in fs::read_dir(blocks::root().join(directory))?.flatten() {
        if entry.path().extension().is_some_and(|end| end == "txt") {
            let text = fs::read_to_string(entry.path())?;
            number += text.lines().filter(|line| line.starts_with("$ vpcreach validate ")).count();
        }
    }
    Ok(number)
}

fn occurrences(path: &str, what: &str) -> io::Result<usize> {
    Ok(fs::read_to_string(blocks::root().join(path))?.matches(what).count())
}
