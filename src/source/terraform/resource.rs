//! One resource instance: what is known about it, and what is known only after apply.

use serde_json::{Map, Value};

use super::address::{Key, ModulePath};

/// A step into what a resource says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

/// A path to an attribute, for example `route[0].gateway_id`.
pub(super) type Path<'a> = &'a [Step<'a>];

/// A resource instance of any of the three inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct Resource {
    /// With module and key: unique in its file.
    pub(super) address: String,
    pub(super) module: ModulePath,
    /// A resource, not a data source.
    pub(super) is_managed: bool,
    /// `aws_subnet`.
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) key: Option<Key>,
    pub(super) values: Value,
    /// The shape of `values`, with `true` where something is known only after apply.
    pub(super) unknown: Value,
}

impl Resource {
    pub(super) fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }

    /// What stands at a path, if it is known and not null.
    pub(super) fn at(&self, path: Path<'_>) -> Option<&Value> {
        walk(&self.values, path).filter(|value| !value.is_null())
    }

    /// Whether what stands at a path, or a part of it, is known only after apply.
    pub(super) fn is_unknown(&self, path: Path<'_>) -> bool {
        self.unknown_at(path).is_some_and(has_true)
    }

    /// Whether the whole of what stands at a path is known only after apply.
    pub(super) fn is_wholly_unknown(&self, path: Path<'_>) -> bool {
        self.unknown_at(path) == Some(&Value::Bool(true))
    }

    /// What is unknown at a path; `true` stands for everything below it too.
    fn unknown_at(&self, path: Path<'_>) -> Option<&Value> {
        path.iter().try_fold(&self.unknown, |here, step| match here {
            Value::Bool(true) => Some(here),
            _ => into(here, *step),
        })
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        text(self.at(&[Step::Name(name)])?)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        flag(self.at(&[Step::Name(name)])?)
    }

    /// The elements of a list; none if it is absent.
    pub(super) fn list(&self, name: &str) -> &[Value] {
        self.at(&[Step::Name(name)]).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Blocks: a list of objects. A single object counts as a list of one.
    pub(super) fn blocks(&self, name: &str) -> Vec<&Map<String, Value>> {
        match self.at(&[Step::Name(name)]) {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
            Some(Value::Object(one)) => vec![one],
            _ => Vec::new(),
        }
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// The value of the `Name` tag.
    pub(super) fn name_tag(&self) -> Option<&str> {
        ["tags", "tags_all"].iter().find_map(|tags| text(self.at(&[Step::Name(tags), Step::Name("Name")])?))
    }
}

/// A text that is not empty.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// A truth value; hand-edited files and old versions have texts.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A whole number; old versions write texts.
pub(super) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

fn walk<'v>(value: &'v Value, path: Path<'_>) -> Option<&'v Value> {
    path.iter().try_fold(value, |here, step| into(here, *step))
}

fn into<'v>(value: &'v Value, step: Step<'_>) -> Option<&'v Value> {
    match step {
        Step::Name(name) => value.get(name),
        // A single block may be an object instead of a list of one.
        Step::Index(0) if value.is_object() => Some(value),
        Step::Index(index) => value.get(index),
    }
}

fn has_true(value: &Value) -> bool {
    match value {
        Value::Bool(unknown) => *unknown,
        Value::Array(list) => list.iter().any(has_true),
        Value::Object(map) => map.values().any(has_true),
        _ => false,
    }
}
