//! The lab shares nothing with the engine but what the user said.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The modules of the crate that a line of code names.
fn named(line: &str) -> Vec<&str> {
    let parts = line.split("crate::").skip(1);
    parts.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")).collect()
}

#[test]
fn the_lab_imports_only_the_topology() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lab");
    let files = sources(&root);
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        for (number, line) in text.lines().enumerate() {
            let foreign: Vec<&str> =
                named(line).into_iter().filter(|module| !matches!(*module, "topology" | "lab")).collect();
            assert!(foreign.is_empty(), "{}:{}: {line}", file.display(), number + 1);
            // From `src/lab/x/y.rs` three steps up leave the lab.
            let depth = file.strip_prefix(&root).expect("within").components().count();
            let steps = line.matches("super::").count();
            assert!(steps <= depth, "{}:{}: {line}", file.display(), number + 1);
        }
    }
}

#[test]
fn an_import_of_the_engine_would_be_seen() {
    assert_eq!(named("use crate::network::Network;"), ["network"]);
    assert_eq!(named("    crate::reach::answer(&crate::topology::x)"), ["reach", "topology"]);
}
