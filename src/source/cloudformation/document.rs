//! A template as a tree in which every value knows its place: YAML and JSON give the same tree.
//!
//! Short tags and long forms are one thing here: `!Ref A`, `{Ref: A}` and `{"Ref": "A"}` are the same [`Kind::Call`].

mod parse;

use std::rc::Rc;

use crate::topology::{Place, Span};

pub(super) use parse::parse;

/// A value and its place. Copies are cheap.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Its bytes.
    pub(super) span: Span,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a value is. Numbers and booleans are texts: CloudFormation takes one for the other.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Nothing.
    Null,
    /// A single value as it was written; the booleans of YAML 1.1 are `true` and `false`.
    Text(Rc<str>),
    /// A list.
    List(Rc<Vec<Node>>),
    /// A map in file order.
    Map(Rc<Vec<(Key, Node)>>),
    /// An intrinsic function and its argument.
    Call(Function, Rc<Node>),
}

/// The key of a map entry.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Its text.
    pub(super) text: Rc<str>,
    /// Its bytes.
    pub(super) span: Span,
}

/// The intrinsic functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Ref,
    GetAtt,
    Sub,
    Join,
    Select,
    Split,
    Base64,
    GetAzs,
    Cidr,
    FindInMap,
    ImportValue,
    If,
    And,
    Or,
    Not,
    Equals,
    Condition,
    /// One that is not evaluated: a macro, or one that this program does not know. By its long name.
    Other(Rc<str>),
}

/// Names of the functions without `Fn::`.
const FUNCTIONS: [(&str, Function); 17] = [
    ("Ref", Function::Ref),
    ("GetAtt", Function::GetAtt),
    ("Sub", Function::Sub),
    ("Join", Function::Join),
    ("Select", Function::Select),
    ("Split", Function::Split),
    ("Base64", Function::Base64),
    ("GetAZs", Function::GetAzs),
    ("Cidr", Function::Cidr),
    ("FindInMap", Function::FindInMap),
    ("ImportValue", Function::ImportValue),
    ("If", Function::If),
    ("And", Function::And),
    ("Or", Function::Or),
    ("Not", Function::Not),
    ("Equals", Function::Equals),
    ("Condition", Function::Condition),
];

impl Function {
    /// By its short tag, without the `!`.
    fn by_tag(tag: &str) -> Self {
        let known = FUNCTIONS.iter().find(|(name, _)| *name == tag).map(|(_, function)| function.clone());
        known.unwrap_or_else(|| Self::Other(format!("!{tag}").into()))
    }

    /// By the only key of a map, if that is a function's long name.
    fn by_key(key: &str) -> Option<Self> {
        if matches!(key, "Ref" | "Condition") {
            return Some(Self::by_tag(key));
        }
        let name = key.strip_prefix("Fn::")?;
        match Self::by_tag(name) {
            Self::Ref | Self::Condition | Self::Other(_) => Some(Self::Other(key.into())),
            known => Some(known),
        }
    }
}

impl Key {
    /// Where it is.
    pub(super) const fn place(&self) -> Place {
        Place::Span(self.span)
    }
}

impl Node {
    /// Where it is.
    pub(super) const fn place(&self) -> Place {
        Place::Span(self.span)
    }

    /// The text of a single value.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none of anything else.
    pub(super) fn entries(&self) -> &[(Key, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; anything else is a list of one, and nothing of none.
    pub(super) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| &*name.text == key).map(|(_, value)| value)
    }

    /// What it is, for a sentence.
    pub(super) const fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "nothing",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Call(..) => "a function",
        }
    }
}
