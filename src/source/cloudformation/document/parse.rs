//! From text to the tree. JSON is read by the YAML parser too, so that both know their places.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, Span as Bytes, Tag};

use super::{Function, Key, Kind, Node};
use crate::topology::{Diagnostic, FileId, Place, Span, quote, visible, visible_lines};

/// How deep lists and maps may nest. CloudFormation itself stops at far less in what concerns the network.
const MAX_DEPTH: usize = 96;
/// How many values a template may have. CloudFormation takes templates up to 1 MB.
const MAX_NODES: usize = 1_000_000;
/// How many values aliases may stand for, all together.
const MAX_ALIASED_NODES: usize = 200_000;

const SYNTAX: &str = "CFN001";
const LIMIT: &str = "CFN002";

/// The tree of a template. Problems are pushed; without a tree one of them is an error.
pub(in super::super) fn parse(file: FileId, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH + 2;
    options.block_nesting_limit = MAX_DEPTH + 2;
    options.emit_unresolved_aliases = true;
    let mut builder = Builder::new(file, text, problems);
    for next in Parser::new_from_str_with_options(text, options) {
        let step = match next {
            Ok((event, bytes)) => builder.event(event, bytes),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(text.len());
                let place = Place::Span(builder.span(at, at));
                Err(match error.kind() {
                    ErrorKind::RecursionLimitExceeded => too_deep(builder.span(at, at)),
                    _ => Box::new(
                        Diagnostic::error(SYNTAX, format!("the template can't be read: {error}"), place)
                            .help("is the indentation right, and every quote and bracket closed?"),
                    ),
                })
            }
        };
        match step {
            Ok(true) => {}
            Ok(false) => break,
            Err(problem) => {
                builder.problems.push(*problem);
                return None;
            }
        }
    }
    builder.root.map(|measured| measured.node)
}

type Step = Result<bool, Box<Diagnostic>>;

struct Builder<'t, 'p> {
    file: FileId,
    text: &'t str,
    problems: &'p mut Vec<Diagnostic>,
    open: Vec<Frame>,
    anchors: HashMap<usize, Measured>,
    root: Option<Measured>,
    documents: usize,
    nodes: usize,
    aliased: usize,
}

/// A complete value, and what it costs to walk it.
#[derive(Clone)]
struct Measured {
    node: Node,
    weight: usize,
    height: usize,
}

/// A list or map that is still open.
struct Frame {
    items: Items,
    tag: Option<Function>,
    start: usize,
    end: usize,
    anchor: usize,
    weight: usize,
    height: usize,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key> },
}

impl<'t, 'p> Builder<'t, 'p> {
    fn new(file: FileId, text: &'t str, problems: &'p mut Vec<Diagnostic>) -> Self {
        Self {
            file,
            text,
            problems,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
            aliased: 0,
        }
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let floor = |at: usize| {
            let at = at.min(self.text.len());
            let at = (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
            u32::try_from(at).unwrap_or(u32::MAX)
        };
        Span { file: self.file, start: floor(start), end: floor(end.max(start)) }
    }

    fn event(&mut self, event: Event<'t>, bytes: Bytes) -> Step {
        let range = bytes.byte_range().unwrap_or_default();
        let tag_start = bytes.tag_span().and_then(|tag| tag.byte_range()).map(|tag| tag.start);
        let start = tag_start.unwrap_or(range.start).min(range.start);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let place = Place::Span(self.span(start, range.end));
                    let problem = Diagnostic::error(SYNTAX, "a second document starts here", place);
                    return Err(Box::new(problem.help("a template is one document: give each a file")));
                }
                return Ok(true);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.span(start, range.end);
                self.count(span)?;
                let function = function(tag.as_deref());
                let plain = style == ScalarStyle::Plain && function.is_none();
                let text = visible_lines(&text);
                let kind = if plain { plain_kind(&text) } else { Kind::Text(text.as_ref().into()) };
                let node = tagged(Node { span, kind }, function);
                self.complete(Measured { node, weight: 1, height: 0 }, anchor, range.end)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.push(Items::List(Vec::new()), function(tag.as_deref()), start, anchor)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let items = Items::Map { entries: Vec::new(), key: None };
                self.push(items, function(tag.as_deref()), start, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.pop(range.start, range.end)?,
            Event::Alias(id) => self.alias(id, range.start, range.end)?,
            Event::UnresolvedAlias(name) => {
                let place = Place::Span(self.span(range.start, range.end));
                let message = format!("no anchor {} before this alias", quote(&name));
                return Err(Box::new(Diagnostic::error(SYNTAX, message, place)));
            }
            _ => {}
        }
        Ok(true)
    }

    fn count(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(limit(format!("the template has more than {MAX_NODES} values"), span));
        }
        Ok(())
    }

    fn push(
        &mut self,
        items: Items,
        tag: Option<Function>,
        start: usize,
        anchor: usize,
    ) -> Result<(), Box<Diagnostic>> {
        let span = self.span(start, start);
        self.count(span)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Frame { items, tag, start, end: start, anchor, weight: 1, height: 1 });
        Ok(())
    }

    fn pop(&mut self, end_start: usize, end: usize) -> Result<(), Box<Diagnostic>> {
        let Some(frame) = self.open.pop() else { return Ok(()) };
        // The end of a block is wherever the next token starts; its last value ends it for the eye.
        let end = if end > end_start { end } else { frame.end };
        let span = self.span(frame.start, end);
        let node = match frame.items {
            Items::List(items) => Node { span, kind: Kind::List(Rc::new(items)) },
            Items::Map { entries, .. } => self.map(span, entries),
        };
        let node = tagged(node, frame.tag);
        self.complete(Measured { node, weight: frame.weight, height: frame.height }, frame.anchor, end)
    }

    /// A map, or the function whose name is its only key.
    fn map(&mut self, span: Span, mut entries: Vec<(Key, Node)>) -> Node {
        self.check_keys(&entries);
        let function = match entries.as_slice() {
            [(key, value)] => Function::by_key(&key.text)
                .filter(|found| *found != Function::Condition || value.text().is_some())
                .filter(|found| *found != Function::Ref || value.text().is_some()),
            _ => None,
        };
        match (function, entries.pop()) {
            (Some(function), Some((_, value))) => Node { span, kind: Kind::Call(function, Rc::new(value)) },
            (_, last) => {
                entries.extend(last);
                Node { span, kind: Kind::Map(Rc::new(entries)) }
            }
        }
    }

    fn check_keys(&mut self, entries: &[(Key, Node)]) {
        let mut seen: HashSet<&str> = HashSet::with_capacity(entries.len());
        for (key, _) in entries {
            if &*key.text == "<<" {
                let problem =
                    Diagnostic::error(SYNTAX, "CloudFormation does not read `<<` merges", key.place());
                self.problems.push(problem.help("write the entries out"));
            } else if !seen.insert(&key.text) {
                let message = format!("{} is there twice", quote(&key.text));
                let problem = Diagnostic::error(SYNTAX, message, key.place());
                self.problems
                    .push(problem.help("CloudFormation takes one of them, nobody should guess which"));
            }
        }
    }

    fn alias(&mut self, id: usize, start: usize, end: usize) -> Result<(), Box<Diagnostic>> {
        let span = self.span(start, end);
        self.count(span)?;
        let Some(measured) = self.anchors.get(&id).cloned() else {
            let message = "an alias inside the value that it stands for";
            return Err(Box::new(Diagnostic::error(SYNTAX, message, Place::Span(span))));
        };
        self.aliased = self.aliased.saturating_add(measured.weight);
        if self.aliased > MAX_ALIASED_NODES {
            return Err(limit(format!("aliases stand for more than {MAX_ALIASED_NODES} values"), span));
        }
        if self.open.len() + measured.height > MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.complete(measured, 0, end)
    }

    /// Hands a complete value to what it is in.
    fn complete(&mut self, value: Measured, anchor: usize, end: usize) -> Result<(), Box<Diagnostic>> {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        frame.end = frame.end.max(end);
        frame.weight = frame.weight.saturating_add(value.weight);
        frame.height = frame.height.max(value.height + 1);
        match &mut frame.items {
            Items::List(items) => items.push(value.node),
            Items::Map { entries, key } => match key.take() {
                Some(key) => entries.push((key, value.node)),
                None => {
                    let span = value.node.span;
                    let text: Rc<str> = match value.node.kind {
                        Kind::Text(text) if text.contains(['\n', '\t']) => {
                            text.replace(['\n', '\t'], " ").into()
                        }
                        Kind::Text(text) => text,
                        Kind::Null => "".into(),
                        _ => {
                            let message = format!("{} can't be a key", value.node.noun());
                            return Err(Box::new(Diagnostic::error(SYNTAX, message, Place::Span(span))));
                        }
                    };
                    *key = Some(Key { text, span });
                }
            },
        }
        Ok(())
    }
}

fn tagged(node: Node, function: Option<Function>) -> Node {
    match function {
        Some(function) => Node { span: node.span, kind: Kind::Call(function, Rc::new(node)) },
        None => node,
    }
}

fn too_deep(span: Span) -> Box<Diagnostic> {
    limit(format!("lists and maps are nested more than {MAX_DEPTH} deep"), span)
}

fn limit(message: String, span: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(LIMIT, message, Place::Span(span)))
}

/// The function that a tag names; YAML's own tags (`!!str`) say nothing new.
fn function(tag: Option<&Tag>) -> Option<Function> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
    let original = tag.original();
    let name = original.trim_start_matches('!');
    (!name.is_empty()).then(|| Function::by_tag(&visible(name)))
}

/// CloudFormation reads YAML 1.1: `yes` is a boolean, and reads as `true`.
fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Kind::Text("true".into()),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            Kind::Text("false".into())
        }
        other => Kind::Text(other.into()),
    }
}
