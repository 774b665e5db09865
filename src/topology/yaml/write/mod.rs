//! Writes a [`Topology`] in the language that the reader reads.
//!
//! What stands in the file means the same as the topology: the defaults that the reader supplies are left out, and what
//! nobody knows is written as such (`?`, `partial`, `unmodelled`). Places and aliases are lost; a topology that was read
//! from a file of this writer is written as the same text again.

#[cfg(test)]
mod complete;
mod endpoints;
mod gateways;
mod layout;
mod on_premises;
mod rules;
mod tests_block;
mod top;
mod unmodelled;
mod vpc;

use std::collections::HashSet;

use self::layout::{Map, Value};
use super::words::{self, Words};
use crate::topology::{Defaults, Entry, Spanned, Topology};

/// How a topology is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The first alias of everything as a comment: its AWS id, where the names are others.
    pub ids: bool,
}

/// Something that the language has no words for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl std::fmt::Display for Unwritable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

/// The topology as a file. Its names must be names of the language.
///
/// # Errors
/// What can't be said in it; all of it at once.
pub fn write(topology: &Topology, options: Options) -> Result<String, Vec<Unwritable>> {
    let vpcs = topology.vpcs.iter().map(Entry::name).collect();
    let mut writer = Writer { topology, options, vpcs, problems: Vec::new() };
    let document = writer.document();
    if writer.problems.is_empty() { Ok(layout::document(&document.0)) } else { Err(writer.problems) }
}

struct Writer<'t> {
    topology: &'t Topology,
    options: Options,
    /// Names of the VPCs that are described.
    vpcs: HashSet<&'t str>,
    problems: Vec<Unwritable>,
}

impl Writer<'_> {
    /// What the reader takes an omitted `outbound` for.
    fn defaults(&self) -> Defaults {
        self.topology.defaults
    }

    fn problem(&mut self, message: String) {
        let problem = Unwritable(message);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Adds a named thing.
    fn entry<T>(&self, section: &mut Map, entry: &Entry<T>, value: Value) {
        let note = entry.aliases.first().filter(|_| self.options.ids).cloned();
        section.put_noted(entry.name(), value, note);
    }
}

/// Values of a list.
fn all<T: ToString>(values: &[Spanned<T>]) -> Vec<Value> {
    values.iter().map(|value| Value::text(value.value.to_string())).collect()
}

/// One or many values; none if there are none.
fn some<T: ToString>(values: &[Spanned<T>]) -> Option<Value> {
    (!values.is_empty()).then(|| Value::one_or_many(all(values)))
}

/// A value, if it was said.
fn said<T: ToString>(value: Option<&Spanned<T>>) -> Option<Value> {
    value.map(|value| Value::text(value.value.to_string()))
}

fn flag(value: Option<&Spanned<bool>>) -> Option<Value> {
    value.map(|value| Value::word(value.value))
}

/// A word of a table, unless it is what is meant if nothing is said.
fn word<T: PartialEq + Default>(table: Words<T>, value: &T) -> Option<Value> {
    if *value == T::default() { None } else { words::word(table, value).map(Value::text) }
}
