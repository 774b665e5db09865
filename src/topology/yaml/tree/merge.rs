//! `<<` merges, and keys that are there twice.

use std::collections::HashMap;

use super::super::codes;
use super::super::node::{Key, Kind, Node};
use super::super::problems::{Fault, Problems, quote};
use super::Pair;

type Entry<'t> = (Key<'t>, Node<'t>);

/// Below this size comparing every pair is faster than hashing.
const SMALL: usize = 12;

/// The entries of a map with its merges applied.
///
/// What a map says itself wins over what is merged into it, and an earlier merged map over a later
/// one. A key that the map itself says twice is an error; the first one stays.
pub(super) fn merge<'t>(pairs: Vec<Pair<'t>>, problems: &mut Problems) -> Vec<Entry<'t>> {
    let merges = pairs.iter().any(|pair| pair.merge);
    let own = without_duplicates(pairs, problems);
    if !merges {
        return own.into_iter().map(|pair| (pair.key, pair.value)).collect();
    }
    let mut seen: HashMap<String, ()> = HashMap::new();
    for pair in own.iter().filter(|pair| !pair.merge) {
        seen.insert(pair.key.text.clone().into_owned(), ());
    }
    let mut entries = Vec::new();
    for pair in own {
        if !pair.merge {
            entries.push((pair.key, pair.value));
            continue;
        }
        for source in pair.value.items() {
            if !matches!(source.kind, Kind::Map(_)) {
                let message = format!("`<<` merges maps, but this is {}", source.noun());
                let fault = Fault::error(codes::WRONG_SHAPE, message)
                    .help("write `<<: *anchor`, where `&anchor` stands before a map");
                problems.push(fault.at(source.place()));
            }
            for (key, value) in source.entries() {
                if seen.insert(key.text.clone().into_owned(), ()).is_none() {
                    entries.push((key.clone(), value.clone()));
                }
            }
        }
    }
    entries
}

fn without_duplicates<'t>(pairs: Vec<Pair<'t>>, problems: &mut Problems) -> Vec<Pair<'t>> {
    let mut kept: Vec<Pair<'t>> = Vec::with_capacity(pairs.len());
    let mut index: HashMap<String, usize> = HashMap::new();
    let small = pairs.len() <= SMALL;
    for pair in pairs {
        let first = if small {
            kept.iter().find(|other| other.key.text == pair.key.text)
        } else {
            index.get(pair.key.text.as_ref()).and_then(|at| kept.get(*at))
        };
        if let Some(first) = first {
            let shown = quote(&pair.key.text);
            let diagnostic = Fault::error(codes::DUPLICATE_KEY, format!("{shown} is there twice"))
                .label("again here")
                .help("one of them would be lost: rename or remove it")
                .at(pair.key.place())
                .also(first.key.place(), "first here");
            problems.push(diagnostic);
            continue;
        }
        if !small {
            index.insert(pair.key.text.clone().into_owned(), kept.len());
        }
        kept.push(pair);
    }
    kept
}
