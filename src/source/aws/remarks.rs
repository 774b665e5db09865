//! Flaws of a capture, told once per kind: an account of a thousand interfaces must not print a
//! thousand lines.

use std::collections::BTreeMap;

use crate::topology::{Diagnostic, Place, Severity};

/// A kind of flaw.
#[derive(Debug)]
pub(in crate::source) struct Remark {
    code: &'static str,
    severity: Severity,
    text: &'static str,
    help: &'static str,
}

pub(in crate::source) const fn warning(code: &'static str, text: &'static str, help: &'static str) -> Remark {
    Remark { code, severity: Severity::Warning, text, help }
}

pub(in crate::source) const fn error(code: &'static str, text: &'static str, help: &'static str) -> Remark {
    Remark { code, severity: Severity::Error, text, help }
}

pub(in crate::source) const fn note(code: &'static str, text: &'static str, help: &'static str) -> Remark {
    Remark { code, severity: Severity::Note, text, help }
}

const RECAPTURE: &str = "capture again without a filter, from every account and region that takes part";

const NEVER_AWS: &str = "AWS never answers so: was the file edited? Make the call again";

pub(in crate::source) static DIFFERENT_COPIES: Remark = note(
    "AWS002",
    "found more than once, and not the same: the first copy counts",
    "is this two captures in one directory?",
);
pub(in crate::source) static VPC_NOT_CAPTURED: Remark =
    warning("AWS003", "left out, because its VPC was not captured", RECAPTURE);
pub(in crate::source) static NO_ID: Remark =
    warning("AWS004", "left out, because it has no id", "was the answer cut with --query?");
pub(in crate::source) static OUTSIDE_SUBNET: Remark = note(
    "AWS005",
    "has an address outside its subnet, which AWS never gives: one inside is assumed instead",
    "emulators answer like this",
);
// Without such a rule the rest would say "blocked" or "reachable" for packets that it decides about.
pub(in crate::source) static BAD_CIDR: Remark =
    error("AWS006", "names something that is not a CIDR", NEVER_AWS);
pub(in crate::source) static BAD_RULE: Remark =
    error("AWS007", "has a number, protocol or ports that make no sense", NEVER_AWS);
pub(in crate::source) static UNKNOWN_VALUE: Remark =
    warning("AWS008", "has a value that is not known here, taken as the nearest that forwards nothing", "");
pub(in crate::source) static NO_TARGET: Remark = warning(
    "AWS009",
    "does not say where it sends packets: paths that meet it are undetermined",
    "emulators answer like this for Cloud WAN",
);
pub(in crate::source) static SEVERAL_ADDRESSES: Remark =
    note("AWS010", "has several addresses: only the primary one is modelled", "");
pub(in crate::source) static NO_SUBNET: Remark =
    note("AWS011", "left out, because it is in no subnet (any more)", "");
pub(in crate::source) static NO_ACTION: Remark = error("AWS012", "neither allows nor denies", NEVER_AWS);
pub(in crate::source) static SECOND_GATEWAY: Remark = warning(
    "AWS013",
    "left out, because its VPC already has one attached (VP-15)",
    "is this two captures in one directory?",
);
pub(in crate::source) static NOT_AN_ANSWER: Remark =
    note("AWS015", "no answer of the AWS CLI: left alone", "");
pub(in crate::source) static LONG_ID: Remark = error("AWS023", "is longer than any id of AWS", NEVER_AWS);
pub(in crate::source) static BAD_ADDRESS: Remark =
    error("AWS027", "names something that is not an address", NEVER_AWS);
pub(in crate::source) static TWIN_RULE: Remark =
    error("AWS025", "has the number of another rule, so that nobody knows which decides", NEVER_AWS);
pub(in crate::source) static OVERLAP: Remark = warning(
    "AWS026",
    "has a range that another subnet has too, or that its VPC does not have, which AWS never allows",
    "was the file edited, or written by an emulator? Answers about these addresses may be wrong",
);
pub(in crate::source) static NO_TABLE: Remark = warning(
    "AWS024",
    "does not say which transit gateway route table it is about: left out",
    "put the id of the table into the name of the file: search-transit-gateway-routes.tgw-rtb-….json",
);
pub(in crate::source) static UNKNOWN_LIST: Remark = note(
    "AWS022",
    "a list that is not known here: left alone",
    "does it say something about the network? Tell us",
);

/// The flaws so far.
#[derive(Default)]
pub(in crate::source) struct Remarks(BTreeMap<&'static str, Group>);

struct Group {
    remark: &'static Remark,
    first: Vec<(String, Place)>,
    count: usize,
}

/// How many are named.
const NAMED: usize = 5;
/// How many characters of each name.
const MAX_NAMED: usize = 100;

impl Remarks {
    /// Adds one; `subject` is the id of what is flawed.
    pub(in crate::source) fn add(&mut self, remark: &'static Remark, subject: &str, place: Place) {
        let group =
            self.0.entry(remark.code).or_insert_with(|| Group { remark, first: Vec::new(), count: 0 });
        group.count += 1;
        if group.first.len() < NAMED {
            let end = subject.char_indices().nth(MAX_NAMED).map(|(end, _)| end);
            let subject = match end.and_then(|end| subject.get(..end)) {
                Some(start) => format!("{start}…"),
                None => subject.to_owned(),
            };
            group.first.push((subject, place));
        }
    }

    /// One diagnostic per kind, in order of the codes.
    pub(in crate::source) fn into_diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_values().map(Group::into_diagnostic)
    }
}

impl Group {
    fn into_diagnostic(self) -> Diagnostic {
        let ids: Vec<&str> = self.first.iter().map(|(id, _)| id.as_str()).collect();
        let more = self.count.saturating_sub(ids.len());
        let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("{}{rest}: {}", ids.join(", "), self.remark.text);
        let place = self.first.first().map_or(Place::Implicit, |(_, place)| *place);
        let mut diagnostic = match self.remark.severity {
            Severity::Error => Diagnostic::error(self.remark.code, message, place),
            Severity::Warning => Diagnostic::warning(self.remark.code, message, place),
            Severity::Note => Diagnostic::note(self.remark.code, message, place),
        };
        if !self.remark.help.is_empty() {
            diagnostic = diagnostic.help(self.remark.help);
        }
        diagnostic
    }
}
