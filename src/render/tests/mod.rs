//! The results of `tests:` as text, JSON, JUnit, TAP and GitHub annotations.

mod github;
mod json;
mod junit;
mod tap;
mod text;

pub use github::github;
pub use json::{TESTS_SCHEMA, json};
pub use junit::junit;
pub use tap::tap;
pub use text::{TestTextOptions, text};

use crate::expect::{Check, Reason};

use super::packet;

/// `web-a → db:5432`, `db:5432 only from the named`.
fn flow(check: &Check) -> String {
    match &check.from {
        Some(from) => format!("{from} → {}", check.to),
        None => check.to.clone(),
    }
}

/// What was wanted, in a few words.
fn wanted(check: &Check) -> String {
    use crate::expect::Wanted;
    match check.wanted {
        Wanted::Allow => "must be fully reachable".to_owned(),
        Wanted::Deny => "must be fully blocked".to_owned(),
        Wanted::OnlyFrom => "no other source may get through".to_owned(),
        Wanted::Verdict(verdict) => format!("must be {}", verdict.as_str()),
    }
}

/// The packet that proves a failure, in words.
fn example(reason: &Reason) -> Option<String> {
    reason.counter_example.as_ref().map(packet::packet)
}
