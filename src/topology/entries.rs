//! A map from names to values that keeps file order and the place of each name.

use super::place::{Place, Spanned};

/// One named thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<T> {
    /// Its name: the YAML key, or the AWS id in a capture. Unique within its map.
    pub name: Spanned<String>,
    /// Other names that users may call it by, for example the `Name` tag in a capture.
    pub aliases: Vec<String>,
    /// The thing.
    pub value: T,
}

/// Named things in file order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<Entry<T>>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// Adds a thing.
    pub fn push(&mut self, name: Spanned<String>, value: T) {
        self.0.push(Entry { name, aliases: Vec::new(), value });
    }

    /// The thing of that name. Linear: meant for few entries.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The entry of that name. Linear: meant for few entries.
    pub fn entry(&self, name: &str) -> Option<&Entry<T>> {
        self.0.iter().find(|entry| entry.name.value == name)
    }

    /// All entries in file order.
    pub fn iter(&self) -> std::slice::Iter<'_, Entry<T>> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a, T> IntoIterator for &'a Entries<T> {
    type Item = &'a Entry<T>;
    type IntoIter = std::slice::Iter<'a, Entry<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> Entry<T> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name.value
    }

    /// Where it was named.
    pub fn place(&self) -> Place {
        self.name.place
    }
}
