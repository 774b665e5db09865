//! Properties, evaluated and read as what they should be.

use std::rc::Rc;

use ipnet::IpNet;

use super::super::evaluate::Evaluator;
use super::super::stack::ResourceId;
use super::super::value::{Located, Value, label};
use super::Lowering;
use crate::flow::parse_cidr;
use crate::topology::{Place, Spanned, quote};

/// A property.
#[derive(Clone, Debug)]
pub(super) enum Field<T> {
    /// Nothing was said.
    Absent,
    /// What was said.
    Known(Spanned<T>),
    /// Nobody can say, and why not.
    Unknown(Rc<str>, Place),
}

impl<T> Field<T> {
    /// What was said, if it is known.
    pub(super) fn known(self) -> Option<Spanned<T>> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(..) => None,
        }
    }

    /// Reads it as something else.
    pub(super) fn and_then<U>(self, what: &str, read: impl FnOnce(&T) -> Option<U>) -> Field<U>
    where
        T: std::fmt::Display,
    {
        match self {
            Self::Absent => Field::Absent,
            Self::Unknown(why, place) => Field::Unknown(why, place),
            Self::Known(said) => match read(&said.value) {
                Some(value) => Field::Known(Spanned::new(value, said.place)),
                None => {
                    let shown = quote(&said.value.to_string());
                    Field::Unknown(format!("{shown} is not {what}").into(), said.place)
                }
            },
        }
    }
}

/// Some properties of a resource, or the entries of a map.
pub(super) struct Bag {
    pub(super) entries: Vec<(Rc<str>, Located)>,
    /// The whole.
    pub(super) place: Place,
}

impl Bag {
    /// The entries of a map that was evaluated; none of anything else.
    pub(super) fn of(value: &Located) -> Result<Self, Rc<str>> {
        match &value.value {
            Value::Map(entries) => Ok(Self { entries: entries.clone(), place: value.place }),
            Value::Unknown(why) => Err(Rc::clone(why)),
            _ => Err("a map should be there".into()),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Located> {
        self.entries.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// The value, or nothing.
    pub(super) fn value(&self, name: &str) -> Value {
        self.get(name).map_or(Value::Nothing, |located| located.value.clone())
    }

    /// Where it was said, or the whole.
    pub(super) fn place_of(&self, name: &str) -> Place {
        self.get(name).map_or(self.place, |located| located.place)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|located| !matches!(located.value, Value::Nothing))
    }

    pub(super) fn text(&self, evaluator: &Evaluator<'_>, name: &str) -> Field<String> {
        let Some(located) = self.get(name) else { return Field::Absent };
        text(evaluator, located)
    }

    pub(super) fn number(&self, evaluator: &Evaluator<'_>, name: &str) -> Field<i64> {
        self.text(evaluator, name).and_then("a number", |text| number(text.trim()))
    }

    pub(super) fn flag(&self, evaluator: &Evaluator<'_>, name: &str) -> Field<bool> {
        self.text(evaluator, name).and_then("true or false", |text| match text.trim() {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        })
    }

    pub(super) fn cidr(&self, evaluator: &Evaluator<'_>, name: &str) -> Field<IpNet> {
        self.text(evaluator, name).and_then("a CIDR", |text| cidr(text))
    }

    /// The items of a list; a single value is a list of one. An unknown list is `Err`.
    pub(super) fn items(&self, name: &str) -> Result<Vec<Located>, Rc<str>> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(located) => items(located),
        }
    }
}

/// The items of a list; a single value is a list of one.
pub(super) fn items(located: &Located) -> Result<Vec<Located>, Rc<str>> {
    match &located.value {
        Value::Nothing => Ok(Vec::new()),
        Value::List(items) => Ok(items.clone()),
        Value::Unknown(why) => Err(Rc::clone(why)),
        _ => Ok(vec![located.clone()]),
    }
}

pub(super) fn text(evaluator: &Evaluator<'_>, located: &Located) -> Field<String> {
    match &located.value {
        Value::Nothing => Field::Absent,
        Value::Text(text) => match text.as_known() {
            Some(known) => Field::Known(Spanned::new(known, located.place)),
            None => match evaluator.symbol_unknown(text) {
                Value::Unknown(why) => Field::Unknown(why, located.place),
                _ => Field::Unknown("it is not known".into(), located.place),
            },
        },
        Value::Unknown(why) => Field::Unknown(Rc::clone(why), located.place),
        Value::List(items) => match items.as_slice() {
            [one] => text(evaluator, one),
            _ => Field::Unknown("a single value should be there".into(), located.place),
        },
        Value::Map(_) => Field::Unknown("a single value should be there".into(), located.place),
    }
}

/// A whole number. One with a leading zero is octal to readers of YAML 1.1, unless it is in quotes: nobody knows what it is.
fn number(text: &str) -> Option<i64> {
    let digits = text.trim_start_matches('-');
    (digits.len() == 1 || !digits.starts_with('0')).then(|| text.parse().ok())?
}

/// A CIDR; a bare address is one of its own.
pub(super) fn cidr(text: &str) -> Option<IpNet> {
    let text = text.trim();
    parse_cidr(text).or_else(|| text.parse().ok().map(|address: std::net::IpAddr| address.into()))
}

impl Lowering<'_> {
    /// Properties of a resource. Others are not evaluated: they may be large, and of no meaning here.
    pub(super) fn bag(&mut self, id: ResourceId, names: &[&str]) -> Bag {
        let mut entries: Vec<(Rc<str>, Located)> = Vec::with_capacity(names.len());
        for name in names {
            let value = self.evaluator.property(id, name);
            if !matches!(value, Value::Nothing) {
                let place = self.evaluator.property_place(id, name);
                entries.push(((*name).into(), value.at(place)));
            }
        }
        Bag { entries, place: self.place(id) }
    }

    /// The `Name` tag, as a second name.
    pub(super) fn aliases(&mut self, id: ResourceId) -> Vec<String> {
        let own = self.name(id);
        let logical = self.world.resource(id).map(|resource| resource.logical_id.to_string());
        let mut names: Vec<String> = logical.filter(|logical| *logical != own).into_iter().collect();
        let Value::List(tags) = self.evaluator.property(id, "Tags") else { return names };
        for tag in tags {
            let Ok(tag) = Bag::of(&tag) else { continue };
            let key = tag.text(&self.evaluator, "Key").known();
            if key.is_none_or(|key| key.value != "Name") {
                continue;
            }
            if let Some(value) = tag.text(&self.evaluator, "Value").known()
                && value.value != own
                && !value.value.is_empty()
            {
                names.push(label(&value.value));
            }
        }
        names
    }
}
