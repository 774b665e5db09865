//! A memory of fixed size for what was computed last.

use std::hash::{Hash, Hasher as _};

use rustc_hash::FxHasher;

/// Answers by question. A new one takes the place of an older one whose hash ends alike, so that looking one up is one
/// access and memory does not grow.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    slots: Vec<Option<(K, V)>>,
}

impl<K: Copy + Eq + Hash, V: Copy> Recent<K, V> {
    /// Room for so many, rounded up to a power of two.
    pub(super) fn new(size: usize) -> Self {
        Self { slots: vec![None; size.next_power_of_two()] }
    }

    fn slot(&self, key: &K) -> usize {
        let mut hasher = FxHasher::default();
        key.hash(&mut hasher);
        hasher.finish() as usize & (self.slots.len() - 1)
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        let (known, value) = self.slots.get(self.slot(key))?.as_ref()?;
        (known == key).then_some(*value)
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        let slot = self.slot(&key);
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = Some((key, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_was_displaced_is_gone_and_never_wrong() {
        let mut recent = Recent::new(8);
        for key in 0..100u32 {
            recent.put(key, key * 2);
            assert_eq!(recent.get(&key), Some(key * 2));
        }
        let known: Vec<u32> = (0..100)
            .filter_map(|key| recent.get(&key).map(|value| (key, value)))
            .map(|(key, value)| {
                assert_eq!(value, key * 2);
                key
            })
            .collect();
        assert!(!known.is_empty() && known.len() <= 8);
    }
}
