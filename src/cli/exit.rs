//! Exit codes, as a type. They are part of the interface: scripts depend on them.
//!
//! | code | `reach` | `test` | everything else |
//! |---|---|---|---|
//! | 0 | reachable | all passed | done |
//! | 1 | blocked or partial | one failed | – |
//! | 2 | bad usage, unreadable or invalid topology, unknown name | the same | the same |
//! | 3 | undetermined | one is undetermined, none failed | – |
//! | 4 | `lab`: this machine can't build one | – | – |
//! | 101 | a fault of ours | the same | the same |
//!
//! The split is that of `grep`: a negative answer is not an error. `undetermined` is kept apart, so that a script
//! can't take "nobody knows" for "safe".

use std::process::{ExitCode, Termination};

use crate::expect::Outcome;
use crate::reach::Verdict;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Reachable; all tests passed; done.
    Success = 0,
    /// Blocked or partial; a test failed.
    Negative = 1,
    /// The user's request or files can't be used.
    Usage = 2,
    /// The model does not cover something that decides.
    Undetermined = 3,
    /// This machine can't build a lab.
    NoLab = 4,
    /// A fault of ours. Rust's panics end with the same code.
    Internal = 101,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Reachable => Self::Success,
            Verdict::Partial | Verdict::Blocked => Self::Negative,
            Verdict::Undetermined => Self::Undetermined,
        }
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed | Outcome::Skipped => Self::Success,
            Outcome::Failed => Self::Negative,
            Outcome::Undetermined => Self::Undetermined,
        }
    }
}
