//! Input that nobody meant, or that somebody meant badly: every one is answered, with what is wrong, where, and what to do, in
//! bounded time and memory, and never with a panic.
//!
//! What is in `tests/hostile/inputs/` is stored; what would be large is made by the recipes below. Each is given to `vpcreach validate`,
//! and to a question where a verdict is at stake. What came of it is `tests/hostile/expected.txt`; `VPCREACH_BLESS=1 cargo test
//! --test hostile` writes it anew.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "hostile/recipes.rs"]
mod recipes;
#[path = "hostile/run.rs"]
mod run;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use recipes::RECIPES;
use run::{Ended, vpcreach};

/// Questions about inputs that are read in spite of their flaws: what they lack must show.
const QUESTIONS: [(&str, &str); 6] = [
    ("capture-whole", "reach eni-1 eni-2:22"),
    ("capture-next-token", "reach eni-1 eni-2:22"),
    ("capture-groups-refused", "reach eni-1 eni-2:22"),
    ("capture-groups-empty-file", "reach eni-1 eni-2:22"),
    ("goes-round-in-circles.yaml", "reach a internet:443"),
    ("terminal-escape.json", "matrix"),
];

/// Inputs that are valid all the same. Everything else is refused with exit code 2.
const VALID: &[&str] = &[
    "anchor-without-value.yaml",
    "capture-groups-empty-file",
    "capture-groups-refused",
    "capture-next-token",
    "capture-whole",
    "cidr-host-bits.yaml",
    "cidr-nonsense.json",
    "cr-only-topology.yaml",
    "goes-round-in-circles.yaml",
    "json-lines.json",
    "line-of-a-megabyte.yaml",
    "same-id-twice.json",
    "ports-nonsense.json",
    "same-key-twice.json",
    "terminal-escape.json",
    "utf16-odd.json",
    "utf16.json",
    "elements-of-all-types.json",
];

/// Lines of a message that are kept.
const MOST_LINES: usize = 14;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

fn stored() -> Vec<String> {
    let entries = fs::read_dir(folder().join("inputs")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs a command about an input, and writes down what came of it.
fn ask(directory: &Path, command: &str, name: &str, found: &mut String) -> Ended {
    let ended = vpcreach(directory, &format!("{command} -f {name}"));
    let lines: Vec<&str> = ended.text.lines().collect();
    writeln!(found, "$ vpcreach {command} -f {name}").unwrap();
    lines.iter().take(MOST_LINES).for_each(|line| writeln!(found, "{}", shortened(line)).unwrap());
    if lines.len() > MOST_LINES {
        writeln!(found, "({} more lines)", lines.len() - MOST_LINES).unwrap();
    }
    writeln!(found, "(exit code {})\n", ended.code).unwrap();
    ended
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}

/// What must hold for every input, and for its name.
fn problems(name: &str, ended: &Ended) -> Option<String> {
    let wanted = if VALID.contains(&name) { 0 } else { 2 };
    if ended.code != wanted {
        return Some(format!("{name}: exit code {}, not {wanted}\n{}", ended.code, ended.text));
    }
    if let Some(problem) = on_the_terminal(name, ended) {
        return Some(problem);
    }
    (wanted == 2 && ended.text.trim().is_empty()).then(|| format!("{name}: refused without a word"))
}

/// Nothing that a file says may move a cursor, change a colour or turn text around.
fn on_the_terminal(name: &str, ended: &Ended) -> Option<String> {
    let obeyed = |letter: &char| {
        letter.is_control() && *letter != '\n'
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    let letter = ended.text.chars().find(obeyed)?;
    Some(format!("{name}: {letter:?} reaches the terminal\n{:?}", ended.text))
}

fn compare(file: &str, found: &str) {
    let path = folder().join(file);
    if std::env::var_os("VPCREACH_BLESS").is_some_and(|value| value != "0") {
        fs::write(path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let differing = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert_eq!(
        found.len(),
        expected.len(),
        "VPCREACH_BLESS=1 writes it anew; first difference: {differing:?}"
    );
    assert!(differing.is_none(), "VPCREACH_BLESS=1 writes it anew; first difference: {differing:?}");
}

#[test]
fn every_stored_input_is_answered() {
    let (mut found, mut wrong) = (String::new(), Vec::new());
    let directory = folder().join("inputs");
    for name in stored() {
        wrong.extend(problems(&name, &ask(&directory, "validate", &name, &mut found)));
        for (_, question) in QUESTIONS.iter().filter(|(about, _)| *about == name) {
            let ended = ask(&directory, question, &name, &mut found);
            wrong.extend(on_the_terminal(&name, &ended));
        }
    }
    compare("expected.txt", &found);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recipe_is_answered() {
    let scratch = std::env::temp_dir().join(format!("vpcreach-hostile-{}", std::process::id()));
    let (mut found, mut wrong) = (String::new(), Vec::new());
    for (name, make) in RECIPES {
        let _ = fs::remove_dir_all(&scratch);
        fs::create_dir_all(&scratch).unwrap();
        make(&scratch.join(name));
        wrong.extend(problems(name, &ask(&scratch, "validate", name, &mut found)));
    }
    let _ = fs::remove_dir_all(&scratch);
    compare("expected-of-recipes.txt", &found);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a capture lacks is never "blocked" and never "reachable".
#[test]
fn what_a_truncated_capture_lacks_is_undetermined() {
    let directory = folder().join("inputs");
    let verdict = |name: &str| vpcreach(&directory, &format!("reach eni-1 eni-2:22 -f {name}")).code;
    assert_eq!(verdict("capture-whole"), 1, "blocked by a group that is there");
    for name in ["capture-next-token", "capture-groups-refused", "capture-groups-empty-file"] {
        assert_eq!(verdict(name), 3, "{name}");
    }
}
