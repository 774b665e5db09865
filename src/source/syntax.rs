//! Where JSON stops to be JSON.

use crate::topology::{Place, Sources, Span};

/// A syntax error, with its 1-based position.
pub(super) struct Malformed {
    pub(super) message: String,
    line: usize,
    column: usize,
}

impl Malformed {
    pub(super) fn new(error: &serde_json::Error) -> Self {
        let full = error.to_string();
        let position = format!(" at line {} column {}", error.line(), error.column());
        let message = match full.strip_suffix(&position).unwrap_or(&full) {
            cut if error.is_eof() => format!("the file ends too soon ({cut})"),
            "recursion limit exceeded" => "lists and objects are nested more than 128 deep".to_owned(),
            other => other.to_owned(),
        };
        Self { message, line: error.line(), column: error.column() }
    }

    /// The place in the text, which is kept for that reason alone.
    pub(super) fn place(&self, sources: &mut Sources, name: &str, text: &[u8]) -> Place {
        let text = String::from_utf8_lossy(text).into_owned();
        let line_start: usize =
            text.split_inclusive('\n').take(self.line.saturating_sub(1)).map(str::len).sum();
        let start = (line_start + self.column.saturating_sub(1)).min(text.len());
        let start = (0..=start).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let next = text.get(start..).and_then(|rest| rest.chars().next());
        let end = next.map_or(start, |next| start + next.len_utf8());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Place::Span(Span { file: sources.add_file(name, text), start, end }),
            _ => Place::Implicit,
        }
    }
}
