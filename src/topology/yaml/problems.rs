//! Where problems are collected, and how user input is shown in them.

use super::codes;
pub(super) use crate::topology::quote;
use crate::topology::{Diagnostic, Place, Severity};

/// How many problems are kept; a file that has more is not what its author thinks it is.
const MAX_PROBLEMS: usize = 200;
/// Words longer than this are never a slip of the finger.
const MAX_GUESSED: usize = 40;

/// The problems of one file.
#[derive(Debug, Default)]
pub(super) struct Problems {
    list: Vec<Diagnostic>,
    dropped: usize,
}

impl Problems {
    /// Adds one, unless there are too many already.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.dropped += 1;
        } else {
            self.list.push(diagnostic);
        }
    }

    /// Whether whatever else is pushed will only be counted, so that it need not be worded with care.
    pub(super) fn is_full(&self) -> bool {
        self.list.len() >= MAX_PROBLEMS
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len() + self.dropped
    }

    /// All of them in file order.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.place));
        if self.dropped > 0 {
            let message = format!("{} more problems are not shown", self.dropped);
            self.list.push(Diagnostic::note(codes::MORE, message, Place::Implicit));
        }
        self.list
    }
}

/// What is wrong with one value, before its place is known.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    code: &'static str,
    severity: Severity,
    message: String,
    label: &'static str,
    help: Option<String>,
}

impl Fault {
    /// A mistake.
    pub(super) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), label: "", help: None }
    }

    /// Accepted, but probably not what was meant.
    pub(super) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Says a few words at the place.
    pub(super) fn label(mut self, label: &'static str) -> Self {
        self.label = label;
        self
    }

    /// Says what to do.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says which of the possible words was probably meant, else lists them.
    pub(super) fn suggest<'a>(self, said: &str, possible: impl IntoIterator<Item = &'a str>) -> Self {
        let possible: Vec<&str> = possible.into_iter().collect();
        match nearest(said, possible.iter().copied()) {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None if possible.is_empty() => self,
            None => self.help(format!("possible here: {}", listed(&possible))),
        }
    }

    /// The problem at its place.
    pub(super) fn at(self, place: Place) -> Diagnostic {
        let make = match self.severity {
            Severity::Error => Diagnostic::error,
            Severity::Warning => Diagnostic::warning,
            Severity::Note => Diagnostic::note,
        };
        let diagnostic = make(self.code, self.message, place).label(self.label);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// Words for a sentence: `a`, `b`, `c`.
pub(super) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The word that was probably meant: the same in other letters, or a few keystrokes away.
pub(super) fn nearest<'a>(said: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if said.chars().nth(MAX_GUESSED).is_some() {
        return None;
    }
    let said = normalised(said);
    let slips = (said.chars().count() / 3).max(1);
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&said, &normalised(word)), word))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Without case and separators: `SecurityGroups`, `security-groups` and `security_groups` are one word.
fn normalised(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}
