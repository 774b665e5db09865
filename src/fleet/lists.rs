//! Lists that are kept once each, so that equal lists are equal numbers.

use std::hash::{Hash, Hasher as _};

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// Distinct lists by number, one after another in one piece of memory: millions of short lists cost no allocation each.
#[derive(Clone, Debug)]
pub(super) struct Lists<T> {
    items: Vec<T>,
    /// Where each list ends; it begins where the one before it ends.
    ends: Vec<usize>,
    index: HashTable<u32>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { items: Vec::new(), ends: Vec::new(), index: HashTable::new() }
    }
}

impl<T: Copy + Eq + Hash> Lists<T> {
    /// The number of a list.
    pub(super) fn number(&mut self, list: &[T]) -> u32 {
        let hash = hash(list);
        let Self { items, ends, index } = self;
        if let Some(known) = index.find(hash, |known| slice(items, ends, *known) == list) {
            return *known;
        }
        let number = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        items.extend_from_slice(list);
        ends.push(items.len());
        index.insert_unique(hash, number, |known| self::hash(slice(items, ends, *known)));
        number
    }
}

impl<T> Lists<T> {
    /// The list of a number.
    pub(super) fn get(&self, number: u32) -> &[T] {
        slice(&self.items, &self.ends, number)
    }

    /// How many different lists there are.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// How long they are together.
    pub(super) const fn items(&self) -> usize {
        self.items.len()
    }
}

fn slice<'a, T>(items: &'a [T], ends: &[usize], number: u32) -> &'a [T] {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(number).copied().unwrap_or(start);
    items.get(start..end).unwrap_or_default()
}

fn hash<T: Hash>(list: &[T]) -> u64 {
    let mut hasher = FxHasher::default();
    list.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::Lists;

    #[test]
    fn equal_lists_are_equal_numbers() {
        let mut lists = Lists::default();
        let (a, b, none) = (lists.number(&[1, 2]), lists.number(&[2, 1]), lists.number(&[]));
        assert_eq!(lists.number(&[1, 2]), a);
        assert_eq!((lists.get(a), lists.get(b), lists.get(none)), (&[1, 2][..], &[2, 1][..], &[][..]));
        assert_eq!((lists.len(), lists.items()), (3, 4));
        let many: Vec<u32> = (0..1_000u32).map(|n| lists.number(&[n as i32, 7])).collect();
        assert!((0..1_000i32).all(|n| lists.get(many[n as usize]) == [n, 7]));
    }
}
