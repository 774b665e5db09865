//! Compares a file with the grammar and reports everything that does not fit, all at once.

use super::codes;
use super::grammar::{Leaf, Record, Type};
use super::node::{Key, Kind, Node};
use super::problems::{Fault, Problems, listed, nearest, quote};
use crate::topology::Place;

/// With more possible keys than this a list of them helps nobody.
const MAX_LISTED: usize = 16;

/// What a value belongs to: its name for messages, and where to report what is missing in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'n> {
    pub(super) name: Option<&'n str>,
    pub(super) place: Place,
}

impl<'n> Owner<'n> {
    fn key(key: &'n Key<'_>) -> Self {
        Self { name: Some(&key.text), place: key.place() }
    }

    /// An item of a list has no name: its first key stands for it, rather than all its lines.
    fn item(node: &'n Node<'_>) -> Self {
        let place = node.entries().first().map_or(node.place(), |(key, _)| key.place());
        Self { name: None, place }
    }

    fn subject(self) -> String {
        self.name.filter(|name| !name.is_empty()).map_or_else(|| "this".to_owned(), quote)
    }
}

/// Reports everything in a value that does not fit its type.
pub(super) fn check(node: &Node<'_>, of: Type, owner: Owner<'_>, problems: &mut Problems) {
    match of {
        Type::Leaf(leaf) => single(node, leaf, owner, problems),
        Type::OneOrMany(leaf) => match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| single(item, leaf, owner, problems)),
            _ if node.is_null() => no_value(node, owner, true, problems),
            Kind::Scalar(..) => single(node, leaf, owner, problems),
            Kind::Map(_) => {
                wrong_shape(node, owner, &format!("{} or a list", leaf.noun), problems);
            }
        },
        Type::OneOrSeveral(item) => match &node.kind {
            Kind::List(items) => {
                for node in items.iter() {
                    check(node, *item, Owner::item(node), problems);
                }
            }
            _ => check(node, *item, owner, problems),
        },
        Type::List(item) => match &node.kind {
            Kind::List(items) => {
                for node in items.iter() {
                    check(node, *item, Owner::item(node), problems);
                }
            }
            _ if node.is_null() => no_value(node, owner, true, problems),
            _ => wrong_shape(node, owner, "a list", problems),
        },
        Type::Map(key, value) => match &node.kind {
            Kind::Map(entries) => {
                for (name, node) in entries.iter() {
                    if let Some(fault) = (key.check)(&name.text) {
                        problems.push(fault.at(name.place()));
                    }
                    check(node, *value, Owner::key(name), problems);
                }
            }
            _ if node.is_null() => {}
            _ => wrong_shape(node, owner, &format!("a map with {} as each key", key.noun), problems),
        },
        Type::Record(record) => fields(node, record, owner, problems),
        Type::Short(leaf, record) => match &node.kind {
            Kind::Map(_) => fields(node, record, owner, problems),
            Kind::List(_) => wrong_shape(node, owner, &format!("{}, or a map", leaf.noun), problems),
            Kind::Scalar(..) => single(node, leaf, owner, problems),
        },
    }
}

fn single(node: &Node<'_>, leaf: &Leaf, owner: Owner<'_>, problems: &mut Problems) {
    match &node.kind {
        _ if node.is_null() => {
            if !leaf.nullable {
                no_value(node, owner, false, problems);
            }
        }
        Kind::Scalar(text, _) => {
            if let Some(fault) = (leaf.check)(text) {
                problems.push(fault.at(node.place()));
            }
        }
        _ => wrong_shape(node, owner, leaf.noun, problems),
    }
}

fn no_value(node: &Node<'_>, owner: Owner<'_>, list: bool, problems: &mut Problems) {
    let place = if node.span.start == node.span.end { owner.place } else { node.place() };
    let fault = Fault::error(codes::WRONG_SHAPE, format!("{} has no value", owner.subject()));
    let help =
        if list { "write `[]` for none, or remove the key" } else { "give it a value, or remove the key" };
    problems.push(fault.help(help).at(place));
}

fn wrong_shape(node: &Node<'_>, owner: Owner<'_>, expected: &str, problems: &mut Problems) {
    let message = format!("{} must be {expected}, but this is {}", owner.subject(), node.noun());
    problems.push(Fault::error(codes::WRONG_SHAPE, message).at(node.place()));
}

fn fields(node: &Node<'_>, record: &'static Record, owner: Owner<'_>, problems: &mut Problems) {
    if !matches!(node.kind, Kind::Map(_)) && !node.is_null() {
        wrong_shape(node, owner, "a map", problems);
        return;
    }
    // The keys that are there: canonical name, and the place where it or its alias was said.
    let mut there: Vec<(&'static str, &Key<'_>)> = Vec::new();
    for (key, value) in node.entries() {
        let Some(field) = record.find(&key.text) else {
            if !(record.extensible && key.text.starts_with("x-")) {
                problems.push(unknown_key(key, record, problems.is_full()).at(key.place()));
            }
            continue;
        };
        if let Some((_, first)) = there.iter().find(|(canonical, _)| *canonical == field.key) {
            let message = format!("{} and {} mean the same", quote(&first.text), quote(&key.text));
            let fault = Fault::error(codes::DUPLICATE_KEY, message).help("remove one of them");
            problems.push(fault.at(key.place()).also(first.place(), "said here already"));
        } else {
            there.push((field.key, key));
        }
        check(value, field.of, Owner::key(key), problems);
    }
    missing(&there, record, owner, problems);
    excluded(&there, record, problems);
}

fn unknown_key(key: &Key<'_>, record: &'static Record, in_haste: bool) -> Fault {
    let fault =
        Fault::error(codes::UNKNOWN_KEY, format!("unknown key {} in {}", quote(&key.text), record.noun));
    if in_haste {
        return fault;
    }
    if let Some((_, advice)) = record.advice.iter().find(|(tried, _)| *tried == key.text) {
        return fault.help(*advice);
    }
    let possible: Vec<&str> = record.all().flat_map(|field| field.names()).collect();
    match nearest(&key.text, possible) {
        // An alias that is only another spelling is not worth learning: suggest the canonical key.
        Some(word) => {
            let canonical = record.find(word).map_or(word, |field| field.key);
            let close = nearest(&key.text, [canonical]).unwrap_or(word);
            fault.help(format!("did you mean `{close}`?"))
        }
        None => {
            let canonical: Vec<&str> = record.all().map(|field| field.key).collect();
            if canonical.len() > MAX_LISTED {
                return fault;
            }
            fault.help(format!("possible here: {}", listed(&canonical)))
        }
    }
}

fn missing(
    there: &[(&'static str, &Key<'_>)],
    record: &'static Record,
    owner: Owner<'_>,
    problems: &mut Problems,
) {
    for set in record.mandatory {
        if set.iter().any(|key| there.iter().any(|(canonical, _)| canonical == key)) {
            continue;
        }
        let needed = match set {
            [one, other] => format!("`{one}` or `{other}`"),
            [one, other, last] => format!("`{one}`, `{other}` or `{last}`"),
            [first, ..] => format!("`{first}`"),
            [] => continue,
        };
        let message = match owner.name {
            Some(name) => format!(
                "{} {} has no {needed}",
                record.noun.trim_start_matches("an ").trim_start_matches("a "),
                quote(name)
            ),
            None => format!("{} needs {needed}", record.noun),
        };
        let fault = Fault::error(codes::MISSING_KEY, message);
        let described = set.first().and_then(|key| record.find(key)).map(|field| field.description);
        let fault = match (set.first(), described) {
            (Some(key), Some(text)) => fault.help(format!("`{key}`: {}", text.trim_end_matches('.'))),
            _ => fault,
        };
        problems.push(fault.at(owner.place));
    }
}

fn excluded(there: &[(&'static str, &Key<'_>)], record: &'static Record, problems: &mut Problems) {
    for (first, others) in record.exclusive {
        let Some((_, first)) = there.iter().find(|(canonical, _)| canonical == first) else { continue };
        for (_, other) in there.iter().filter(|(canonical, _)| others.contains(canonical)) {
            let message = format!("{} and {} exclude each other", quote(&first.text), quote(&other.text));
            let fault = Fault::error(codes::CONFLICT, message).help("remove one of them");
            problems.push(fault.at(other.place()).also(first.place(), "said here already"));
        }
    }
}
