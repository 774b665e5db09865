//! What was read, what is not modelled yet, and what was left alone, per kind of resource.

use std::collections::BTreeMap;

use crate::topology::CaptureKind;

/// The tally of a capture. Nothing that was read is missing from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Files that were given.
    pub files: usize,
    /// Per kind of resource, in AWS's words and in alphabetical order.
    pub kinds: BTreeMap<String, Tally>,
    /// Calls that the capture lacks, or of which it holds a part only.
    pub missing: Vec<CaptureKind>,
    /// Calls that were refused when the capture was made: the names of their `.error` files.
    pub refused: Vec<String>,
}

/// How many resources of a kind there are, and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Found in the capture, each id once.
    pub read: usize,
    /// Of these: not modelled yet, so that a path which meets one is `undetermined`.
    pub not_modelled: usize,
    /// Of these: left alone.
    pub ignored: usize,
    /// Why some were left alone.
    pub reason: Option<&'static str>,
}

impl Inventory {
    /// Resources read, of every kind.
    pub fn read(&self) -> usize {
        self.kinds.values().map(|tally| tally.read).sum()
    }

    /// Resources that are not modelled yet, of every kind.
    pub fn not_modelled(&self) -> usize {
        self.kinds.values().map(|tally| tally.not_modelled).sum()
    }

    /// Resources left alone, of every kind.
    pub fn ignored(&self) -> usize {
        self.kinds.values().map(|tally| tally.ignored).sum()
    }

    /// How many resources of that kind were read.
    pub fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, |tally| tally.read)
    }

    pub(in crate::source) fn add_read(&mut self, kind: &str, count: usize) {
        self.tally(kind).read += count;
    }

    pub(in crate::source) fn add_not_modelled(&mut self, kind: &str, count: usize) {
        self.tally(kind).not_modelled += count;
    }

    pub(in crate::source) fn add_ignored(&mut self, kind: &str, count: usize, reason: &'static str) {
        let tally = self.tally(kind);
        tally.ignored += count;
        tally.reason = tally.reason.or(Some(reason));
    }

    fn tally(&mut self, kind: &str) -> &mut Tally {
        self.kinds.entry(kind.to_owned()).or_default()
    }
}
