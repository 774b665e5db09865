//! A set of names in which none is given twice.

use std::collections::{HashMap, HashSet};

use super::Names;
use super::candidate::candidate;
use crate::topology::Entries;

#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    taken: HashSet<String>,
    /// The number to try next, for names that several things would like.
    next: HashMap<String, u32>,
}

impl Space {
    pub(super) fn reserving(names: &[&str]) -> Self {
        let mut space = Self::default();
        space.reserve(names);
        space
    }

    pub(super) fn reserve(&mut self, names: &[&str]) {
        self.taken.extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// Names for things. Those in `fixed` get the name that stands there.
    pub(super) fn name_entries<T>(&mut self, entries: &Entries<T>, fixed: &[(&str, &str)]) -> Names {
        let mut names = Names::default();
        let mut others = Vec::new();
        for entry in entries {
            match fixed.iter().find(|(old, _)| *old == entry.name()) {
                Some((old, new)) => {
                    names.insert((*old).to_owned(), (*new).to_owned());
                }
                None => others.push((entry.name().to_owned(), candidate(entry.name(), &entry.aliases))),
            }
        }
        for (old, new) in fixed {
            names.entry((*old).to_owned()).or_insert_with(|| (*new).to_owned());
        }
        names.extend(self.name_all(others));
        names
    }

    /// Names for things by their old names, from what each would like to be called. Where several would like the same,
    /// the order of the old names decides, so that the order of the source does not.
    pub(super) fn name_all(&mut self, mut wanted: Vec<(String, String)>) -> Names {
        wanted.sort();
        wanted.dedup_by(|a, b| a.0 == b.0);
        let liked: HashSet<String> = wanted.iter().map(|(_, name)| name.clone()).collect();
        let mut names = Names::default();
        for (old, name) in wanted {
            let new = if self.taken.contains(&name) { self.numbered(&name, &liked) } else { name };
            self.taken.insert(new.clone());
            names.insert(old, new);
        }
        names
    }

    /// `web-2`, `web-3`: the first that is free and that nobody else would like.
    fn numbered(&mut self, name: &str, liked: &HashSet<String>) -> String {
        let next = self.next.entry(name.to_owned()).or_insert(2);
        loop {
            let numbered = format!("{name}-{next}");
            *next = next.saturating_add(1);
            if !self.taken.contains(&numbered) && !liked.contains(&numbered) || *next == u32::MAX {
                return numbered;
            }
        }
    }
}
