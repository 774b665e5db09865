//! What can go wrong in a lab.

use std::fmt;

/// A failure of the lab. Never a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabError {
    what: String,
    help: Option<String>,
    missing: bool,
}

impl LabError {
    pub(in super::super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), help: None, missing: false }
    }

    /// This machine lacks something.
    pub(in super::super) fn missing(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: Some(help.into()), missing: true }
    }

    /// A call to the kernel failed.
    pub(in super::super) fn call(doing: &str, error: impl fmt::Display) -> Self {
        Self::new(format!("{doing}: {error}"))
    }

    /// Says where it happened.
    pub(super) fn at(mut self, namespace: &str) -> Self {
        if !self.what.contains(namespace) {
            self.what = format!("{namespace}: {}", self.what);
        }
        self
    }

    /// Nothing was heard of a probe.
    pub fn undecided(probe: impl fmt::Display) -> Self {
        Self {
            what: format!("the lab lost sight of a packet, {probe}"),
            help: Some("this is a fault of the lab: please report it with the topology".to_owned()),
            missing: false,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether this machine can't build labs at all.
    pub const fn is_missing(&self) -> bool {
        self.missing
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for LabError {}
