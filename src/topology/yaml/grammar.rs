//! The language as data: which keys there are, what they take, what they mean.
//!
//! One set of tables is read three times: `check` compares a file with it and reports everything
//! that does not fit, the lowering looks fields up by their canonical names in it (so that aliases
//! are known in one place), and `schema` turns it into a JSON Schema.

pub(super) mod leaves;
pub(super) mod on_premises;
pub(super) mod rules;
pub(super) mod services;
pub(super) mod topology;
pub(super) mod transit_gateway;
pub(super) mod vpc;

use super::problems::Fault;

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    /// A single value.
    Leaf(&'static Leaf),
    /// A list of single values, or just one of them.
    OneOrMany(&'static Leaf),
    /// A list, or just one of its items.
    OneOrSeveral(&'static Type),
    /// A list.
    List(&'static Type),
    /// A map from names to things.
    Map(&'static Leaf, &'static Type),
    /// A map with known keys.
    Record(&'static Record),
    /// A single value as the short form of a record.
    Short(&'static Leaf, &'static Record),
}

/// A kind of single value.
#[derive(Debug)]
pub(super) struct Leaf {
    /// For a sentence: `an IPv4 CIDR block`.
    pub(super) noun: &'static str,
    /// The problem with a text, if it has one.
    pub(super) check: fn(&str) -> Option<Fault>,
    /// Its JSON type and possible values.
    pub(super) schema: LeafSchema,
    /// Whether `null` may be written for "none".
    pub(super) nullable: bool,
}

/// The JSON Schema of a single value.
#[derive(Clone, Copy, Debug)]
pub(super) enum LeafSchema {
    /// A text, or a number that is as good as one.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A boolean or a text.
    BooleanOrText,
    /// A whole number between two bounds.
    Number(u32, u32),
    /// A text, or a number, that matches a regular expression.
    Pattern(&'static str),
    /// One of some words.
    Words(fn() -> Vec<&'static str>),
    /// Any text; the words are the usual ones, for completion.
    Suggestions(fn() -> Vec<&'static str>),
}

/// A map with known keys.
#[derive(Debug)]
pub(super) struct Record {
    /// For a sentence: `a subnet`.
    pub(super) noun: &'static str,
    /// Its meaning.
    pub(super) description: &'static str,
    /// Its fields, in groups that records share.
    pub(super) fields: &'static [&'static [Field]],
    /// Of each of these sets one key at least is mandatory.
    pub(super) mandatory: &'static [&'static [&'static str]],
    /// The first of these keys excludes each of the others.
    pub(super) exclusive: &'static [(&'static str, &'static [&'static str])],
    /// Keys that people try, and what to do instead.
    pub(super) advice: &'static [(&'static str, &'static str)],
    /// Whether keys that start with `x-` are the user's own.
    pub(super) extensible: bool,
}

/// A record without any of the rare things.
pub(super) const PLAIN: Record = Record {
    noun: "",
    description: "",
    fields: &[],
    mandatory: &[],
    exclusive: &[],
    advice: &[],
    extensible: false,
};

/// A key of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The canonical key.
    pub(super) key: &'static str,
    /// Other keys that mean the same.
    pub(super) aliases: &'static [&'static str],
    /// What it takes.
    pub(super) of: Type,
    /// Its default, as JSON; empty if there is none to show.
    pub(super) default: &'static str,
    /// Its meaning.
    pub(super) description: &'static str,
}

/// A field without aliases or a default.
pub(super) const fn field(key: &'static str, of: Type, description: &'static str) -> Field {
    Field { key, aliases: &[], of, default: "", description }
}

impl Field {
    /// With other names.
    pub(super) const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// With a default.
    pub(super) const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    /// All its names, the canonical one first.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.key).chain(self.aliases.iter().copied())
    }
}

impl Record {
    /// All fields.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().flat_map(|group| group.iter())
    }

    /// The field that a key, canonical or not, stands for.
    pub(super) fn find(&self, key: &str) -> Option<&'static Field> {
        self.all().find(|field| field.names().any(|name| name == key))
    }
}
