//! The `tests:` block: what must get through, and what must not.
//!
//! The quantifiers are fixed. `allow` means *all* packets of *all* members: each gets there and back. `deny` means *no*
//! packet of *any* member, to any address of the destination, of either family. `only_from` is a closed world: every
//! interface, every named network and the internet is a source, and one that is not named must not get through even
//! partly. A partial answer fails both `allow` and `deny`.
//!
//! **Invariant.** What is not known is never a pass: a check whose answer is undetermined is undetermined.

mod only_from;
mod run;

use crate::flow::Packet;
use crate::reach::{Answer, Verdict};
use crate::topology::{Diagnostic, Place};

pub use run::{questions, run};

/// What became of a test or of one of its checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It was not run, and says why.
    Skipped,
    /// Nobody can say.
    Undetermined,
    /// It does not hold.
    Failed,
}

impl Outcome {
    /// `passed`, `failed`, `undetermined` or `skipped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped => "skipped",
            Self::Undetermined => "undetermined",
            Self::Failed => "failed",
        }
    }
}

/// The results of all tests of a network.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One result per test, in file order.
    pub tests: Vec<TestResult>,
    /// Tests that make no sense, for example because they name what does not exist.
    pub diagnostics: Vec<Diagnostic>,
}

/// The result of one entry of `tests:`.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Its name, or one made of its first flow.
    pub name: String,
    /// Where it was said.
    pub place: Place,
    /// Whether a failure is only reported.
    pub soft: bool,
    /// Why it was not run.
    pub skipped: Option<String>,
    /// One per flow.
    pub checks: Vec<Check>,
}

/// One flow of a test.
#[derive(Clone, Debug)]
pub struct Check {
    /// What was wanted.
    pub wanted: Wanted,
    /// The source as it was named; none for a closed world.
    pub from: Option<String>,
    /// The destination and service as they were named.
    pub to: String,
    /// Where the flow was said.
    pub place: Place,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it did not pass; one per source that breaks a closed world, else at most one.
    pub reasons: Vec<Reason>,
}

/// What a check wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Everything gets through.
    Allow,
    /// Nothing gets through.
    Deny,
    /// Nothing but from the named sources.
    OnlyFrom,
    /// That verdict.
    Verdict(Verdict),
}

impl Wanted {
    /// `allow`, `deny`, `only_from` or `expect`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::OnlyFrom => "only_from",
            Self::Verdict(_) => "expect",
        }
    }
}

/// Why a check did not pass.
#[derive(Clone, Debug)]
pub struct Reason {
    /// What is wrong, in a few words.
    pub message: String,
    /// A packet that proves it: one that is dropped, or one that gets through.
    pub counter_example: Option<Packet>,
    /// The command that shows more.
    pub command: String,
    /// The whole answer.
    pub answer: Box<Answer>,
}

impl TestResult {
    /// The worst of its checks.
    pub fn outcome(&self) -> Outcome {
        if self.skipped.is_some() {
            return Outcome::Skipped;
        }
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Passed)
    }

    /// Whether it fails without failing the run.
    pub fn fails_softly(&self) -> bool {
        self.soft && self.outcome() == Outcome::Failed
    }
}

impl Report {
    /// How many tests had that outcome; soft failures are counted apart.
    pub fn count(&self, outcome: Outcome) -> usize {
        let counts = |test: &&TestResult| test.outcome() == outcome && !test.fails_softly();
        self.tests.iter().filter(counts).count()
    }

    /// How many tests failed without failing the run.
    pub fn soft_failures(&self) -> usize {
        self.tests.iter().filter(|test| test.fails_softly()).count()
    }

    /// The outcome of the run: failed if a test fails that is not soft, else undetermined if one is.
    pub fn outcome(&self) -> Outcome {
        let worst = |test: &TestResult| if test.soft { Outcome::Passed } else { test.outcome() };
        self.tests
            .iter()
            .map(worst)
            .filter(|outcome| *outcome != Outcome::Skipped)
            .max()
            .unwrap_or(Outcome::Passed)
    }
}
