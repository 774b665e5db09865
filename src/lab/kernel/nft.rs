//! Loads rules, by the program `nft`: what it reads is what `lab plan` prints.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use super::error::LabError;

pub(in super::super) const INSTALL: &str = "install it, for example: apt-get install nftables";

/// Loads rules into the namespace of this thread.
pub(in super::super) fn load(namespace: &str, rules: &str) -> Result<(), LabError> {
    let spawned = program()
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => LabError::missing("there is no program `nft`", INSTALL),
        _ => LabError::call("starting nft", error),
    })?;
    if let Some(mut input) = child.stdin.take() {
        // If nft stops reading, its own message says why.
        let _ = input.write_all(rules.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| LabError::call("waiting for nft", error))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(LabError::new(format!("nft refuses the rules of `{namespace}`:\n{}", message.trim_end())))
}

/// `nft --version`.
pub(in super::super) fn version() -> Result<String, LabError> {
    let output = program().arg("--version").output();
    let output = output.map_err(|_| LabError::missing("there is no program `nft`", INSTALL))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Administrators' programs are not on everybody's path.
fn program() -> Command {
    let mut command = Command::new("nft");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin:/usr/local/sbin"));
    command
}
