//! What a long run measured, for the page that is made of it.

use std::process::Command;

use serde_json::{Value, json};

/// Writes the numbers of a run to the file that `VPCREACH_RECORD` names, with the commit that it ran on.
pub fn record(title: &str, command: &str, numbers: &Value) {
    let Ok(path) = std::env::var("VPCREACH_RECORD") else { return };
    let git = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output().expect("git");
    let commit = String::from_utf8_lossy(&git.stdout).trim().to_owned();
    let record = json!({ "title": title, "command": command, "commit": commit, "numbers": numbers });
    std::fs::write(path, format!("{record:#}\n")).expect("a file");
}
