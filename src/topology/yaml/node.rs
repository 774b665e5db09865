//! YAML as a tree in which every value knows its place.

use std::borrow::Cow;
use std::rc::Rc;

use crate::topology::{Place, Span, Spanned};

/// A value and its place. Copies are cheap: aliases share what they refer to.
#[derive(Clone, Debug)]
pub(super) struct Node<'t> {
    /// Its bytes. An alias to a list or map has the place of the alias; an alias to a single value
    /// has the place of that value, since that is the text to look at.
    pub(super) span: Span,
    /// What it is.
    pub(super) kind: Kind<'t>,
}

/// The three shapes of YAML.
#[derive(Clone, Debug)]
pub(super) enum Kind<'t> {
    /// A single value: its text as it was written, without quotes, and what YAML takes it for.
    Scalar(Cow<'t, str>, ScalarType),
    /// A list.
    List(Rc<Vec<Node<'t>>>),
    /// A map in file order, merges applied, without duplicates.
    Map(Rc<Vec<(Key<'t>, Node<'t>)>>),
}

/// What the core schema of YAML 1.2 takes a plain scalar for. Values are read from the text all the
/// same, so that `012345678901` stays an account number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarType {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `false`.
    Bool,
    /// A number.
    Number,
    /// Anything else, and everything between quotes.
    Text,
}

/// The key of a map entry.
#[derive(Clone, Debug)]
pub(super) struct Key<'t> {
    /// Its text.
    pub(super) text: Cow<'t, str>,
    /// Its bytes.
    pub(super) span: Span,
}

impl Key<'_> {
    /// Where it is.
    pub(super) fn place(&self) -> Place {
        Place::Span(self.span)
    }

    /// As a name.
    pub(super) fn name(&self) -> Spanned<String> {
        Spanned::new(self.text.clone().into_owned(), self.place())
    }
}

impl<'t> Node<'t> {
    /// Where it is.
    pub(super) fn place(&self) -> Place {
        Place::Span(self.span)
    }

    /// The text of a single value that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, kind) if *kind != ScalarType::Null => Some(text),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Scalar(_, ScalarType::Null))
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[(Key<'t>, Node<'t>)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; anything else but null is a list of one.
    pub(super) fn items(&self) -> &[Node<'t>] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Scalar(_, ScalarType::Null) => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The value of a key, compared as it is written.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.entries().iter().find(|(name, _)| name.text == key).map(|(_, value)| value)
    }

    /// What it is, for a sentence.
    pub(super) fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(_, ScalarType::Null) => "nothing",
            Kind::Scalar(_, ScalarType::Bool) => "a boolean",
            Kind::Scalar(_, ScalarType::Number) => "a number",
            Kind::Scalar(_, ScalarType::Text) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}
