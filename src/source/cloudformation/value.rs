//! What a template's expressions come to.

use std::rc::Rc;

use super::stack::ResourceId;
use crate::topology::Place;

/// A value after evaluation.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// Nothing was said: null, or `AWS::NoValue`.
    Nothing,
    /// A text.
    Text(Text),
    /// A list, without what came to nothing.
    List(Vec<Located>),
    /// A map, without what came to nothing.
    Map(Vec<(Rc<str>, Located)>),
    /// Nobody can say, and why not: words that follow "is not known:".
    Unknown(Rc<str>),
}

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Located {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// A text, parts of which only the deployment makes known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<Piece>);

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Known(Rc<str>),
    /// What AWS will put there.
    Symbol(Symbol),
}

/// What `Ref` or `Fn::GetAtt` of a resource will give.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Symbol {
    /// The resource.
    pub(super) resource: ResourceId,
    /// The attribute; none is what `Ref` gives.
    pub(super) attribute: Option<Rc<str>>,
}

/// A name that the templates do not define, in a form that can be shown: on one line, and of a length that AWS makes.
pub(super) fn label(text: &str) -> String {
    const LONGEST: usize = 255;
    text.chars()
        .take(LONGEST)
        .map(|letter| if matches!(letter, '/' | '\n' | '\t') { '_' } else { letter })
        .collect()
}

impl Text {
    pub(super) fn known(text: impl Into<Rc<str>>) -> Self {
        Self(vec![Piece::Known(text.into())])
    }

    /// The whole text, if all of it is known.
    pub(super) fn as_known(&self) -> Option<String> {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Known(text) => Some(&**text),
                Piece::Symbol(_) => None,
            })
            .collect()
    }

    /// The symbol, if it is nothing else.
    pub(super) fn as_symbol(&self) -> Option<&Symbol> {
        let mut pieces =
            self.0.iter().filter(|piece| !matches!(piece, Piece::Known(text) if text.is_empty()));
        match (pieces.next(), pieces.next()) {
            (Some(Piece::Symbol(symbol)), None) => Some(symbol),
            _ => None,
        }
    }

    /// The first symbol in it.
    pub(super) fn any_symbol(&self) -> Option<&Symbol> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Symbol(symbol) => Some(symbol),
            Piece::Known(_) => None,
        })
    }

    /// How many bytes of it are known.
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|piece| if let Piece::Known(text) = piece { text.len() } else { 8 }).sum()
    }

    /// Splits the known parts at a delimiter.
    pub(super) fn split(&self, delimiter: &str) -> Vec<Self> {
        let mut parts = vec![Self(Vec::new())];
        for piece in &self.0 {
            let Piece::Known(text) = piece else {
                if let Some(last) = parts.last_mut() {
                    last.0.push(piece.clone());
                }
                continue;
            };
            for (index, part) in text.split(delimiter).enumerate() {
                if index > 0 {
                    parts.push(Self(Vec::new()));
                }
                if let Some(last) = parts.last_mut().filter(|_| !part.is_empty()) {
                    last.0.push(Piece::Known(part.into()));
                }
            }
        }
        parts
    }
}

impl Value {
    pub(super) fn text(text: impl Into<Rc<str>>) -> Self {
        Self::Text(Text::known(text))
    }

    pub(super) fn symbol(resource: ResourceId, attribute: Option<&str>) -> Self {
        let attribute = attribute.map(Into::into);
        Self::Text(Text(vec![Piece::Symbol(Symbol { resource, attribute })]))
    }

    pub(super) fn unknown(reason: impl Into<Rc<str>>) -> Self {
        Self::Unknown(reason.into())
    }

    pub(super) const fn at(self, place: Place) -> Located {
        Located { place, value: self }
    }

    /// Whether two values are the same, wherever they were written; none if a part of them is not known.
    pub(super) fn same(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Unknown(_), _) | (_, Self::Unknown(_)) => None,
            (Self::Nothing, Self::Nothing) => Some(true),
            (Self::Text(one), Self::Text(two)) => match (one.as_known(), two.as_known()) {
                (Some(one), Some(two)) => Some(one == two),
                _ if one == two => Some(true),
                _ => None,
            },
            (Self::List(one), Self::List(two)) => {
                all_same(one.len() == two.len(), one.iter().zip(two).map(|(a, b)| a.value.same(&b.value)))
            }
            (Self::Map(one), Self::Map(two)) => {
                let pairs = one.iter().map(|(key, a)| {
                    let b = two.iter().find(|(other, _)| other == key);
                    b.map_or(Some(false), |(_, b)| a.value.same(&b.value))
                });
                all_same(one.len() == two.len(), pairs)
            }
            _ => Some(false),
        }
    }
}

fn all_same(lengths: bool, pairs: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    if !lengths {
        return Some(false);
    }
    let pairs: Vec<Option<bool>> = pairs.collect();
    if pairs.contains(&Some(false)) {
        Some(false)
    } else {
        pairs.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
    }
}
