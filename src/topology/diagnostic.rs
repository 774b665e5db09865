//! A problem with what the user gave us, in a form that every face can print.

use super::place::Place;

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The topology can't be used.
    Error,
    /// It can be used, but it is probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place that a diagnostic points at, with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One problem: what, where, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, for example `TOP012`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one lowercase sentence without a full stop.
    pub message: String,
    /// Where; the first label is the primary one.
    pub labels: Vec<Label>,
    /// What to do, if we know.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `place`.
    pub fn error(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self::new(Severity::Error, code, message, place)
    }

    /// A warning at `place`.
    pub fn warning(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self::new(Severity::Warning, code, message, place)
    }

    /// A note at `place`.
    pub fn note(code: &'static str, message: impl Into<String>, place: Place) -> Self {
        Self::new(Severity::Note, code, message, place)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>, place: Place) -> Self {
        let labels = vec![Label { place, text: String::new() }];
        Self { code, severity, message: message.into(), labels, help: None }
    }

    /// Says a few words at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(primary) = self.labels.first_mut() {
            primary.text = text.into();
        }
        self
    }

    /// Points at a further place.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the topology can't be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
