//! Flaws of a capture, told once per kind: an account of a thousand interfaces must not print a
//! thousand lines.

use std::collections::BTreeMap;

use crate::topology::{Diagnostic, Place, Severity};

/// A kind of flaw.
#[derive(Debug)]
pub(super) struct Remark {
    code: &'static str,
    severity: Severity,
    text: &'static str,
    help: &'static str,
}

const fn warning(code: &'static str, text: &'static str, help: &'static str) -> Remark {
    Remark { code, severity: Severity::Warning, text, help }
}

const fn note(code: &'static str, text: &'static str, help: &'static str) -> Remark {
    Remark { code, severity: Severity::Note, text, help }
}

const RECAPTURE: &str = "capture again without a filter, from every account and region that takes part";

pub(super) static DIFFERENT_COPIES: Remark = note(
    "AWS002",
    "found more than once, and not the same: the first copy counts",
    "is this two captures in one directory?",
);
pub(super) static VPC_NOT_CAPTURED: Remark =
    warning("AWS003", "left out, because its VPC was not captured", RECAPTURE);
pub(super) static NO_ID: Remark =
    warning("AWS004", "left out, because it has no id", "was the answer cut with --query?");
pub(super) static LONG_ID: Remark =
    warning("AWS023", "left out, because its id is longer than AWS makes any", "is the file damaged?");
pub(super) static OUTSIDE_SUBNET: Remark = note(
    "AWS005",
    "has an address outside its subnet, which AWS never gives: one inside is assumed instead",
    "emulators answer like this",
);
pub(super) static BAD_CIDR: Remark = warning("AWS006", "names something that is not a CIDR: left out", "");
pub(super) static BAD_RULE: Remark =
    warning("AWS007", "has a protocol or ports that make no sense: left out", "");
pub(super) static UNKNOWN_VALUE: Remark =
    warning("AWS008", "has a value that is not known here, taken as the nearest that forwards nothing", "");
pub(super) static NO_TARGET: Remark = warning(
    "AWS009",
    "does not say where it sends packets: paths that meet it are undetermined",
    "emulators answer like this for Cloud WAN",
);
pub(super) static SEVERAL_ADDRESSES: Remark =
    note("AWS010", "has several addresses: only the primary one is modelled", "");
pub(super) static NO_SUBNET: Remark = note("AWS011", "left out, because it is in no subnet (any more)", "");
pub(super) static NO_ACTION: Remark = warning("AWS012", "neither allows nor denies: taken as deny", "");
pub(super) static SECOND_GATEWAY: Remark = warning(
    "AWS013",
    "left out, because its VPC already has one attached (VP-15)",
    "is this two captures in one directory?",
);
pub(super) static NOT_AN_ANSWER: Remark = note("AWS015", "no answer of the AWS CLI: left alone", "");
pub(super) static NO_TABLE: Remark = warning(
    "AWS024",
    "does not say which transit gateway route table it is about: left out",
    "put the id of the table into the name of the file: search-transit-gateway-routes.tgw-rtb-….json",
);
pub(super) static UNKNOWN_LIST: Remark = note(
    "AWS022",
    "a list that is not known here: left alone",
    "does it say something about the network? Tell us",
);

/// The flaws so far.
#[derive(Default)]
pub(super) struct Remarks(BTreeMap<&'static str, Group>);

struct Group {
    remark: &'static Remark,
    first: Vec<(String, Place)>,
    count: usize,
}

/// How many are named.
const NAMED: usize = 5;

impl Remarks {
    /// Adds one; `subject` is the id of what is flawed.
    pub(super) fn add(&mut self, remark: &'static Remark, subject: &str, place: Place) {
        let group =
            self.0.entry(remark.code).or_insert_with(|| Group { remark, first: Vec::new(), count: 0 });
        group.count += 1;
        if group.first.len() < NAMED {
            group.first.push((subject.to_owned(), place));
        }
    }

    /// One diagnostic per kind, in order of the codes.
    pub(super) fn into_diagnostics(self) -> impl Iterator<Item = Diagnostic> {
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
