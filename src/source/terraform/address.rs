//! Terraform addresses: `module.net["a"].aws_subnet.public[0]`, and references, which look alike.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::topology::visible;

/// What tells the instances of a resource or module apart: `count` gives numbers, `for_each` texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(untagged)]
pub(super) enum Key {
    Number(u64),
    Text(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "[{number}]"),
            Self::Text(text) => write!(f, "[{}]", Value::from(text.as_str())),
        }
    }
}

/// One part of an address or reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Name(String),
    Key(Key),
    /// `[*]`
    Splat,
}

/// The parts of an address; none if it is not one.
pub(super) fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let (part, after) = bracket(inside)?;
            parts.push(part);
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let name = rest.get(..end).filter(|name| !name.is_empty())?;
            parts.push(if name == "*" { Part::Splat } else { Part::Name(name.to_owned()) });
            rest = rest.get(end..)?;
        }
        if let Some(after) = rest.strip_prefix('.') {
            if after.is_empty() {
                return None;
            }
            rest = after;
        }
    }
    Some(parts)
}

/// What stands between brackets, and what follows them.
fn bracket(inside: &str) -> Option<(Part, &str)> {
    if inside.starts_with('"') {
        let mut texts = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let key = texts.next()?.ok()?;
        let after = inside.get(texts.byte_offset()..)?.strip_prefix(']')?;
        // As the key stands in an `index`, of which the strings were made visible on the way in.
        return Some((Part::Key(Key::Text(visible(&key).into_owned())), after));
    }
    let (key, after) = inside.split_once(']')?;
    let part = if key == "*" { Part::Splat } else { Part::Key(Key::Number(key.parse().ok()?)) };
    Some((part, after))
}

/// An instance of a module call: `module.net["a"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ModuleStep {
    pub(super) name: String,
    pub(super) key: Option<Key>,
}

/// An instance of a module; empty for the root module.
pub(super) type ModulePath = Vec<ModuleStep>;

/// The module of an address like `module.a.module.b[0]`; none if it is not one.
pub(super) fn module_path(text: &str) -> Option<ModulePath> {
    let mut path = ModulePath::new();
    let mut parts = parts(text)?.into_iter().peekable();
    while let Some(part) = parts.next() {
        if part != Part::Name("module".to_owned()) {
            return None;
        }
        let Some(Part::Name(name)) = parts.next() else { return None };
        let key = match parts.peek() {
            Some(Part::Key(key)) => Some(key.clone()),
            _ => None,
        };
        if key.is_some() {
            parts.next();
        }
        path.push(ModuleStep { name, key });
    }
    Some(path)
}

/// `module.a["k"].`, with a dot at the end unless it is the root module.
pub(super) fn module_prefix(path: &[ModuleStep]) -> String {
    let mut text = String::new();
    for step in path {
        text.push_str("module.");
        text.push_str(&step.name);
        if let Some(key) = &step.key {
            text.push_str(&key.to_string());
        }
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_references() {
        let name = |text: &str| Part::Name(text.to_owned());
        let key = |text: &str| Part::Key(Key::Text(text.to_owned()));
        let check = |text: &str, expected: &[Part]| assert_eq!(parts(text).as_deref(), Some(expected));
        check("aws_vpc.a.id", &[name("aws_vpc"), name("a"), name("id")]);
        check("aws_vpc.a[0].id", &[name("aws_vpc"), name("a"), Part::Key(Key::Number(0)), name("id")]);
        check("m[\"a.b]\\\"\"].x", &[name("m"), key("a.b]\""), name("x")]);
        check("a[*].id", &[name("a"), Part::Splat, name("id")]);
        for wrong in ["a.", "a..b", "a[", "a[x]", "a[\"", ".a"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn modules() {
        let path = module_path("module.a.module.b[\"x.y\"]").unwrap_or_default();
        assert_eq!(module_prefix(&path), "module.a.module.b[\"x.y\"].");
        assert_eq!(module_path("aws_vpc.a"), None);
        assert_eq!(module_path(""), Some(Vec::new()));
    }
}
