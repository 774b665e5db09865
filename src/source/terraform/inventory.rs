//! What became of every resource of a plan or state.

use std::collections::BTreeMap;

use super::world::World;

/// What became of a resource. The greater one counts, where several things happened to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Part of the topology, or without any meaning beside what the topology has of it.
    Read,
    /// Part of the topology as something that is not modelled yet: a path that meets it is `undetermined`.
    NotModelled,
    /// Too little is known of it; why.
    Unresolved(String),
}

/// What became of every resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Resources of the network by address, with their kind and what became of them.
    pub resources: BTreeMap<String, (String, Fate)>,
    /// How many resources of AWS have no meaning for the network.
    pub others: usize,
    /// Resources of other providers, by the beginning of their kind: not read.
    pub foreign: BTreeMap<String, usize>,
}

impl Inventory {
    pub(super) fn new(world: &World, fate: impl Fn(usize) -> Option<Fate>) -> Self {
        let mut inventory = Self { foreign: world.foreign.clone(), ..Self::default() };
        for (at, one) in world.resources.iter().enumerate() {
            match fate(at) {
                Some(fate) => {
                    inventory.resources.insert(one.address.clone(), (one.kind.clone(), fate));
                }
                None => inventory.others += 1,
            }
        }
        inventory
    }

    /// How many resources of the network there are.
    pub fn read(&self) -> usize {
        self.resources.len()
    }

    /// Resources of which too little is known, with the reason.
    pub fn unresolved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().filter_map(|(address, (_, fate))| match fate {
            Fate::Unresolved(why) => Some((address.as_str(), why.as_str())),
            _ => None,
        })
    }
}
