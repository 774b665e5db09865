//! Looks values up in a map by their canonical keys, for the lowering.
//!
//! Nothing is reported here: `check` has been over the same map with the same grammar. A value that
//! does not fit reads as absent, so that the rest of the file can still be looked at.

use super::grammar::Record;
use super::node::{Key, Node};
use super::problems::Fault;
use super::words::{self, Words};
use crate::topology::{Place, Spanned};

/// A map, read as a record.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n, 't> {
    pub(super) node: &'n Node<'t>,
    record: &'static Record,
}

impl<'n, 't> Fields<'n, 't> {
    pub(super) fn new(node: &'n Node<'t>, record: &'static Record) -> Self {
        Self { node, record }
    }

    /// The entry of a canonical key or one of its aliases.
    pub(super) fn entry(&self, key: &str) -> Option<&'n (Key<'t>, Node<'t>)> {
        let field = self.record.all().find(|field| field.key == key)?;
        self.node.entries().iter().find(|(said, _)| field.names().any(|name| name == said.text))
    }

    /// The value of a key; none if it is null.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node<'t>> {
        self.entry(key).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// The entries of a map.
    pub(super) fn map(&self, key: &str) -> &'n [(Key<'t>, Node<'t>)] {
        self.get(key).map_or(&[], Node::entries)
    }

    /// A single value, read by a function.
    pub(super) fn read<T>(&self, key: &str, read: impl Fn(&str) -> Result<T, Fault>) -> Option<Spanned<T>> {
        self.get(key).and_then(|node| value(node, read))
    }

    /// One or many single values.
    pub(super) fn read_all<T>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, Fault> + Copy,
    ) -> Vec<Spanned<T>> {
        self.get(key).map_or(&[][..], Node::items).iter().filter_map(|node| value(node, read)).collect()
    }

    /// One or many single values; none if the key is absent.
    pub(super) fn read_list<T>(
        &self,
        key: &str,
        read: impl Fn(&str) -> Result<T, Fault> + Copy,
    ) -> Option<Vec<Spanned<T>>> {
        self.get(key).map(|_| self.read_all(key, read))
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Option<Spanned<String>> {
        self.read(key, owned)
    }

    /// One or many texts.
    pub(super) fn texts(&self, key: &str) -> Vec<Spanned<String>> {
        self.read_all(key, owned)
    }

    /// A word, or what stands for its absence.
    pub(super) fn word<T: Clone + Default>(&self, key: &str, table: Words<T>) -> Spanned<T> {
        self.read(key, |text| words::read(table, key, text)).unwrap_or_default()
    }

    /// A boolean that has a default.
    pub(super) fn flag(&self, key: &str, default: bool) -> bool {
        self.read(key, super::values::boolean).map_or(default, |flag| flag.value)
    }

    /// Where the map is.
    pub(super) fn place(&self) -> Place {
        self.node.place()
    }
}

/// A single value, read by a function.
pub(super) fn value<T>(node: &Node<'_>, read: impl Fn(&str) -> Result<T, Fault>) -> Option<Spanned<T>> {
    node.text().and_then(|text| read(text).ok()).map(|value| Spanned::new(value, node.place()))
}

/// A text as it is.
pub(super) fn owned(text: &str) -> Result<String, Fault> {
    // A text of several lines is shown in one, as YAML folds it: a line of its own could pass for one of the program's.
    if text.contains(['\n', '\t']) {
        return Ok(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(text.to_owned())
}
