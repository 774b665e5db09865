//! Diagnostics in the manner of rustc: message, source line, caret, help.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::topology::{
    Diagnostic, FileId, Label, Place, Severity, SourceFile, Sources, Span, visible, visible_in_place,
};

/// Lines longer than this are cut out around the place before they are shown.
const MAX_LINE: usize = 4096;
/// Characters shown of a message.
const MAX_WORDS: usize = 2000;
/// Lines shown of a place that spans many.
const MAX_LINES: usize = 6;

/// The diagnostics as text, in their order, each followed by an empty line.
///
/// Labels whose place is a resource of a capture are named without a snippet; those whose place is
/// implicit say only their text.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let lines = Lines::new(sources);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&renderer.render(&[group(diagnostic, sources, &lines)]));
        text.push_str("\n\n");
    }
    text
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, lines: &Lines) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(said(&diagnostic.message)).id(diagnostic.code);
    let mut group = Group::with_title(title);
    for (file, marks) in by_file(diagnostic) {
        if let Some(source) = sources.file(file) {
            group = show(group, source, file, &marks, lines);
        }
    }
    for label in &diagnostic.labels {
        group = match label.place {
            Place::Resource(_) => {
                let location = sources.locate(label.place).map(|location| location.to_string());
                let parts = [location.as_deref(), Some(label.text.as_str())];
                let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
                group.element(Level::NOTE.message(said(&parts.join(": ")).into_owned()))
            }
            Place::Implicit if !label.text.is_empty() => {
                group.element(Level::NOTE.message(said(&label.text)))
            }
            Place::Implicit | Place::Span(_) => group,
        };
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(said(help))),
        None => group,
    }
}

/// Words that may repeat some of the user's: nothing in them is hidden, and nobody reads a megabyte.
fn said(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    match shown.char_indices().nth(MAX_WORDS).and_then(|(end, _)| shown.get(..end)) {
        Some(start) => Cow::Owned(format!("{start}… ({} bytes)", text.len())),
        None => shown,
    }
}

/// A label that has a span.
struct Mark<'a> {
    primary: bool,
    label: &'a Label,
    span: Span,
}

/// A stretch of text that is shown, and the labels in it with their places in the file.
struct Part<'a> {
    shown: Range<usize>,
    marks: Vec<(bool, &'a Label, Range<usize>)>,
}

/// The labels that have a span, by file; the file of the primary label first.
fn by_file(diagnostic: &Diagnostic) -> Vec<(FileId, Vec<Mark<'_>>)> {
    let mut files: Vec<(FileId, Vec<Mark<'_>>)> = Vec::new();
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let Place::Span(span) = label.place else { continue };
        let mark = Mark { primary: index == 0, label, span };
        match files.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, marks)) => marks.push(mark),
            None => files.push((span.file, vec![mark])),
        }
    }
    files
}

fn show<'a>(
    mut group: Group<'a>,
    source: &'a SourceFile,
    file: FileId,
    marks: &[Mark<'a>],
    lines: &Lines,
) -> Group<'a> {
    if source.text.is_empty() {
        return group.element(Origin::path(&source.name).line(1).char_column(1));
    }
    for Part { shown, marks } in parts(&source.text, marks) {
        let Some(part) = source.text.get(shown.clone()) else { continue };
        let mut snippet = Snippet::source(visible_in_place(part))
            .path(&source.name)
            .line_start(lines.line(file, shown.start));
        for (primary, label, place) in marks {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let annotation = kind.span(place.start - shown.start..place.end - shown.start);
            let text = Some(said(&label.text)).filter(|text| !text.is_empty());
            snippet = snippet.annotation(annotation.label(text));
        }
        group = group.element(snippet);
    }
    group
}

/// One stretch of text for labels that stand close together, and one more for each that stands elsewhere:
/// the text between them would have to be looked through line by line.
fn parts<'a>(text: &str, marks: &[Mark<'a>]) -> Vec<Part<'a>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for mark in marks {
        let place = clip(text, mark.span);
        let window = window(text, &place);
        let near = parts.iter_mut().find(|part| {
            part.shown.start.abs_diff(window.start) < MAX_LINE
                && part.shown.end.abs_diff(window.end) < MAX_LINE
        });
        match near {
            Some(part) => {
                part.shown = part.shown.start.min(window.start)..part.shown.end.max(window.end);
                part.marks.push((mark.primary, mark.label, place));
            }
            None => parts.push(Part { shown: window, marks: vec![(mark.primary, mark.label, place)] }),
        }
    }
    parts
}

/// A span as a range of whole characters inside the text, of a few lines at most.
fn clip(text: &str, span: Span) -> Range<usize> {
    let start = floor(text, span.start as usize);
    let end = floor(text, span.end as usize).max(start);
    let end = match text.get(start..end).and_then(|part| part.match_indices('\n').nth(MAX_LINES - 1)) {
        Some((at, _)) => start + at,
        None => end,
    };
    start..end
}

/// The lines around a place, or a part of them if they are very long.
fn window(text: &str, place: &Range<usize>) -> Range<usize> {
    let line_start = text.get(..place.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let line_end =
        text.get(place.end..).and_then(|after| after.find('\n')).map_or(text.len(), |at| place.end + at);
    let start = if place.start - line_start > MAX_LINE { floor(text, place.start - 80) } else { line_start };
    let end = if line_end - place.end > MAX_LINE { floor(text, place.end + 80) } else { line_end };
    start..end
}

/// The start of the character at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (at.saturating_sub(3)..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Where the lines of each file start, so that many diagnostics of a large file don't count them again.
struct Lines(HashMap<FileId, Vec<usize>>);

impl Lines {
    fn new(sources: &Sources) -> Self {
        let starts = |file: &SourceFile| file.text.match_indices('\n').map(|(at, _)| at).collect();
        let ids = (0..).map(FileId);
        Self(ids.zip(sources.files()).map(|(id, file)| (id, starts(file))).collect())
    }

    /// The line of a byte, from 1.
    fn line(&self, file: FileId, at: usize) -> usize {
        self.0.get(&file).map_or(1, |ends| ends.partition_point(|end| *end < at) + 1)
    }
}
