//! Diagnostics in the manner of rustc: message, source line, caret, help.

use std::collections::HashMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::topology::{Diagnostic, FileId, Label, Place, Severity, SourceFile, Sources, Span};

/// Lines longer than this are cut out around the place before they are shown.
const MAX_LINE: usize = 4096;
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
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code);
    let mut group = Group::with_title(title);
    for (file, labels) in by_file(diagnostic) {
        if let Some(source) = sources.file(file) {
            group = show(group, source, file, &labels, lines);
        }
    }
    for label in &diagnostic.labels {
        group = match (label.place, sources.locate(label.place)) {
            (Place::Resource(_), Some(location)) => {
                let note = match label.text.as_str() {
                    "" => location.to_string(),
                    text => format!("{location}: {text}"),
                };
                group.element(Level::NOTE.message(note))
            }
            (Place::Implicit, _) if !label.text.is_empty() => group.element(Level::NOTE.message(&label.text)),
            _ => group,
        };
    }
    match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// The labels that have a span, by file; the file of the primary label first.
fn by_file(diagnostic: &Diagnostic) -> Vec<(FileId, Vec<(bool, &Label, Span)>)> {
    let mut files: Vec<(FileId, Vec<(bool, &Label, Span)>)> = Vec::new();
    for (index, label) in diagnostic.labels.iter().enumerate() {
        let Place::Span(span) = label.place else { continue };
        let entry = (index == 0, label, span);
        match files.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, labels)) => labels.push(entry),
            None => files.push((span.file, vec![entry])),
        }
    }
    files
}

fn show<'a>(
    mut group: Group<'a>,
    source: &'a SourceFile,
    file: FileId,
    labels: &[(bool, &'a Label, Span)],
    lines: &Lines,
) -> Group<'a> {
    if source.text.is_empty() {
        return group.element(Origin::path(&source.name).line(1).char_column(1));
    }
    let text: &str = &source.text;
    // One snippet for labels that stand close together, one more for each that stands elsewhere: the
    // text between them would have to be looked through line by line.
    let mut snippets: Vec<(Range<usize>, Vec<(bool, &'a Label, Range<usize>)>)> = Vec::new();
    for (primary, label, span) in labels {
        let place = clip(text, *span);
        let window = window(text, &place);
        let near = snippets.iter_mut().find(|(shown, _)| {
            shown.start.abs_diff(window.start) < MAX_LINE && shown.end.abs_diff(window.end) < MAX_LINE
        });
        match near {
            Some((shown, inside)) => {
                *shown = shown.start.min(window.start)..shown.end.max(window.end);
                inside.push((*primary, label, place));
            }
            None => snippets.push((window, vec![(*primary, label, place)])),
        }
    }
    for (shown, labels) in snippets {
        let Some(part) = text.get(shown.clone()) else { continue };
        let mut snippet = Snippet::source(part).path(&source.name).line_start(lines.line(file, shown.start));
        for (primary, label, place) in labels {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let place = place.start - shown.start..place.end - shown.start;
            let annotation = kind.span(place);
            snippet = snippet.annotation(if label.text.is_empty() {
                annotation
            } else {
                annotation.label(&label.text)
            });
        }
        group = group.element(snippet);
    }
    group
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
