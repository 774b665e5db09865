//! From text to a tree of [`Node`]s: anchors, aliases and `<<` merges resolved, duplicates reported.
//!
//! The only module that knows the YAML parser. It works on the parser's events rather than through
//! serde, because a deserializer stops at the first mistake and we want to report all of them.

mod merge;
mod syntax;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, Span as Bytes, Tag};

use super::codes;
use super::node::{Key, Kind, Node, ScalarType};
use super::problems::{Fault, Problems, quote};
use merge::merge;

use crate::topology::{FileId, Place, Span};

/// How deep lists and maps may nest; the language itself needs ten.
pub(super) const MAX_DEPTH: usize = 64;
/// How many values a file may have.
pub(super) const MAX_NODES: usize = 4_000_000;
/// How many values aliases may stand for, all together.
pub(super) const MAX_ALIASED_NODES: usize = 1_000_000;

/// The tree of the first document, or nothing if the text is empty or can't be read to its end.
pub(super) fn read<'t>(file: FileId, text: &'t str, problems: &mut Problems) -> Option<Node<'t>> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    // The parser gives up above these limits; ours come first and say more.
    options.flow_nesting_limit = MAX_DEPTH + 2;
    options.block_nesting_limit = MAX_DEPTH + 2;
    options.emit_unresolved_aliases = true;
    let mut builder = Builder::new(file, text, problems);
    for next in Parser::new_from_str_with_options(text, options) {
        let step = match next {
            Ok((event, bytes)) => builder.event(event, bytes),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                let (fault, at) = syntax::explain(error.kind(), text, at);
                let place = Place::Span(builder.span(at, at));
                Err(Stop(fault, place))
            }
        };
        if let Err(Stop(fault, place)) = step {
            builder.problems.push(fault.at(place));
            return None;
        }
    }
    builder.root
}

/// A problem behind which nothing can be read.
struct Stop(Fault, Place);

struct Builder<'t, 'p> {
    file: FileId,
    text: &'t str,
    problems: &'p mut Problems,
    open: Vec<Frame<'t>>,
    anchors: HashMap<usize, Measured<'t>>,
    root: Option<Node<'t>>,
    documents: usize,
    nodes: usize,
    aliased: usize,
}

/// A complete value and what it costs to walk it, aliases followed.
#[derive(Clone)]
struct Measured<'t> {
    node: Node<'t>,
    /// Values in it, itself included.
    weight: usize,
    /// Levels of lists and maps.
    height: usize,
    /// Whether it is a word without quotes: only such a `<<` merges.
    plain: bool,
}

/// A list or map that is still open.
struct Frame<'t> {
    items: Items<'t>,
    start: usize,
    end: usize,
    anchor: usize,
    weight: usize,
    height: usize,
}

enum Items<'t> {
    List(Vec<Node<'t>>),
    Map { entries: Vec<Pair<'t>>, key: Option<(Key<'t>, bool)> },
}

/// An entry of a map before merges.
struct Pair<'t> {
    key: Key<'t>,
    value: Node<'t>,
    /// Whether the key is `<<`.
    merge: bool,
}

impl<'t, 'p> Builder<'t, 'p> {
    fn new(file: FileId, text: &'t str, problems: &'p mut Problems) -> Self {
        let anchors = HashMap::new();
        Self {
            file,
            text,
            problems,
            open: Vec::new(),
            anchors,
            root: None,
            documents: 0,
            nodes: 0,
            aliased: 0,
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let offset = |at: usize| u32::try_from(at.min(self.text.len())).unwrap_or(u32::MAX);
        Span { file: self.file, start: offset(start), end: offset(end) }
    }

    fn event(&mut self, event: Event<'t>, bytes: Bytes) -> Result<(), Stop> {
        let range = bytes.byte_range().unwrap_or_default();
        let span = self.span(range.start, range.end);
        let tag_range = bytes.tag_span().and_then(|tag| tag.byte_range());
        let tag_span = tag_range.map_or(span, |tag| self.span(tag.start, tag.end));
        match event {
            Event::DocumentStart(..) => self.document(span),
            Event::Scalar(text, style, anchor, tag) => {
                self.count(span)?;
                let plain = style == ScalarStyle::Plain;
                let kind = self.scalar_type(&text, plain, tag.as_deref(), tag_span);
                let node = Node { span, kind: Kind::Scalar(text, kind) };
                self.complete(Measured { node, weight: 1, height: 0, plain }, anchor, range.end);
                Ok(())
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", tag_span);
                self.push(Items::List(Vec::new()), range.start, anchor, span)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", tag_span);
                self.push(Items::Map { entries: Vec::new(), key: None }, range.start, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.pop(range.start, range.end);
                Ok(())
            }
            Event::Alias(id) => self.alias(id, span, range.end),
            Event::UnresolvedAlias(name) => {
                let name = quote(&name);
                let fault = Fault::error(codes::SYNTAX, format!("no anchor {name} before this alias"))
                    .help("an anchor `&name` must come before `*name`; a text with `*` needs quotes");
                Err(Stop(fault, Place::Span(span)))
            }
            _ => Ok(()),
        }
    }

    fn document(&mut self, span: Span) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents > 1 {
            let fault = Fault::error(codes::YAML_FEATURE, "a second document starts here")
                .help("a topology is one document: remove the `---`, or make it a file of its own");
            return Err(Stop(fault, Place::Span(span)));
        }
        Ok(())
    }

    fn count(&mut self, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} values");
            let fault = Fault::error(codes::LIMIT, message).help("split it, or read a capture instead");
            return Err(Stop(fault, Place::Span(span)));
        }
        Ok(())
    }

    fn too_deep(span: Span) -> Stop {
        let message = format!("lists and maps are nested more than {MAX_DEPTH} deep");
        let fault = Fault::error(codes::LIMIT, message).help("nothing in a topology nests that deep");
        Stop(fault, Place::Span(span))
    }

    fn push(&mut self, items: Items<'t>, start: usize, anchor: usize, span: Span) -> Result<(), Stop> {
        self.count(span)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(Self::too_deep(span));
        }
        self.open.push(Frame { items, start, end: start, anchor, weight: 1, height: 1 });
        Ok(())
    }

    fn pop(&mut self, end_start: usize, end: usize) {
        let Some(frame) = self.open.pop() else { return };
        // The end of a block is wherever the next token starts; its last value ends it for the eye.
        let end = if end > end_start { end } else { frame.end };
        let span = self.span(frame.start, end);
        let kind = match frame.items {
            Items::List(items) => Kind::List(Rc::new(items)),
            Items::Map { entries, .. } => Kind::Map(Rc::new(merge(entries, self.problems))),
        };
        let node = Node { span, kind };
        let measured = Measured { node, weight: frame.weight, height: frame.height, plain: false };
        self.complete(measured, frame.anchor, end);
    }

    fn alias(&mut self, id: usize, span: Span, end: usize) -> Result<(), Stop> {
        self.count(span)?;
        let Some(mut measured) = self.anchors.get(&id).cloned() else {
            let fault = Fault::error(codes::SYNTAX, "an alias inside the value that it stands for")
                .help("it would never end: write the value out");
            return Err(Stop(fault, Place::Span(span)));
        };
        self.aliased = self.aliased.saturating_add(measured.weight);
        if self.aliased > MAX_ALIASED_NODES {
            let message = format!("aliases stand for more than {MAX_ALIASED_NODES} values");
            let fault = Fault::error(codes::LIMIT, message)
                .help("aliases of aliases multiply: write the values out, or use fewer of them");
            return Err(Stop(fault, Place::Span(span)));
        }
        if self.open.len() + measured.height > MAX_DEPTH {
            return Err(Self::too_deep(span));
        }
        if measured.height > 0 {
            measured.node.span = span;
        }
        self.complete(measured, 0, end);
        Ok(())
    }

    /// Hands a complete value to what it is in.
    fn complete(&mut self, value: Measured<'t>, anchor: usize, end: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(value.node);
            return;
        };
        frame.end = frame.end.max(end);
        frame.weight = frame.weight.saturating_add(value.weight);
        frame.height = frame.height.max(value.height + 1);
        match &mut frame.items {
            Items::List(items) => items.push(value.node),
            Items::Map { entries, key } => match key.take() {
                None => *key = Some(as_key(value, self.problems)),
                Some((key, merge)) => entries.push(Pair { key, value: value.node, merge }),
            },
        }
    }

    fn scalar_type(&mut self, text: &str, plain: bool, tag: Option<&Tag>, span: Span) -> ScalarType {
        let core = tag.filter(|tag| tag.is_yaml_core_schema()).map(Tag::suffix);
        match core {
            Some("str") => ScalarType::Text,
            Some("null" | "bool" | "int" | "float") => plain_type(text),
            _ => {
                self.check_tag(tag, "", span);
                if plain { plain_type(text) } else { ScalarType::Text }
            }
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, allowed: &str, span: Span) {
        // `!` alone says "not a plain scalar", which every list, map and quoted text is anyway.
        let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema_tag(allowed)) else { return };
        let shown = quote(&tag.original());
        let fault = Fault::error(codes::YAML_FEATURE, format!("the YAML tag {shown} has no meaning here"))
            .help("a CloudFormation template is imported, not read as a topology; else remove the tag");
        self.problems.push(fault.at(Place::Span(span)));
    }
}

/// A value in the position of a key.
fn as_key<'t>(value: Measured<'t>, problems: &mut Problems) -> (Key<'t>, bool) {
    let span = value.node.span;
    let (text, reason) = match value.node.kind {
        // The parser makes up a `~` of no length where a key should be.
        Kind::Scalar(text, kind) if kind != ScalarType::Null || span.start < span.end => (text, None),
        Kind::Scalar(..) => (Cow::Borrowed(""), Some("a key is missing before the `:`")),
        Kind::List(_) => (Cow::Borrowed(""), Some("a list can't be a key")),
        Kind::Map(_) => (Cow::Borrowed(""), Some("a map can't be a key")),
    };
    if let Some(reason) = reason {
        let fault = Fault::error(codes::YAML_FEATURE, reason)
            .help("a text that starts with `{`, `[`, `*` or `&` needs quotes");
        problems.push(fault.at(Place::Span(span)));
    }
    let merge = value.plain && text == "<<";
    (Key { text, span }, merge)
}

/// The core schema of YAML 1.2 (10.3.2), as far as it matters to us.
fn plain_type(text: &str) -> ScalarType {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarType::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => ScalarType::Bool,
        _ if is_number(text) => ScalarType::Number,
        _ => ScalarType::Text,
    }
}

fn is_number(text: &str) -> bool {
    let starts = text.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
    let prefixed = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    starts && (text.parse::<f64>().is_ok() || prefixed("0x", 16) || prefixed("0o", 8))
}
