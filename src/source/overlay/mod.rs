//! A change laid over a capture: what is there now, plus what a plan adds, less what it takes away.
//!
//! Three topologies meet: the capture, the plan's world before, and its world after. What the plan does not change stays
//! as the capture has it, whoever made it; what it changes is taken from the world after. So what others own, what
//! somebody added by hand, and what a plan only refers to by id are all as they are.

mod merge;
mod names;

use std::collections::HashMap;

use crate::topology::{Place, Sources, Spanned, Topology, Visit, Visitor};

pub(super) use names::AwsIds;

/// What became of a change.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Where places of the world after are now.
    pub(super) places: HashMap<Place, Place>,
    /// Things that the plan changes or removes and that the capture does not know by that id.
    pub(super) not_found: Vec<Spanned<String>>,
}

/// Lays the difference between two worlds over a capture. The names of both worlds are addresses; `ids` tells the AWS ids of
/// those that have one.
pub(super) fn lay_over(
    capture: Topology,
    mut before: Topology,
    mut after: Topology,
    ids: &AwsIds,
) -> (Topology, Report) {
    let mut merged = capture;
    names::to_ids(&mut before, ids, &merged);
    names::to_ids(&mut after, ids, &merged);
    for topology in [&mut merged, &mut before, &mut after] {
        names::own_members(topology);
    }
    let places = append(&mut merged.sources, std::mem::take(&mut after.sources));
    after.visit(&mut Rebase(&places));
    // Nobody is shown a place of the world before.
    before.visit(&mut Erase);
    let mut report = Report { places, not_found: Vec::new() };
    merge::topology(&mut merged, &before, after, &mut report);
    (merged, report)
}

/// Adds the files and resources of another topology, and returns where its places are now.
fn append(sources: &mut Sources, other: Sources) -> HashMap<Place, Place> {
    let mut moved = HashMap::new();
    for (at, file) in other.files().iter().enumerate() {
        let id = sources.add_file(&file.name, std::sync::Arc::clone(&file.text));
        for (old, resource) in other.resources_of(at) {
            moved.insert(old, sources.add_resource(id, resource.id.clone()));
        }
    }
    moved
}

struct Rebase<'a>(&'a HashMap<Place, Place>);

impl Visitor for Rebase<'_> {
    fn place(&mut self, place: &mut Place) {
        if *place != Place::Implicit {
            *place = self.0.get(place).copied().unwrap_or_default();
        }
    }
}

/// Makes things equal that differ in their places only.
struct Erase;

impl Visitor for Erase {
    fn place(&mut self, place: &mut Place) {
        *place = Place::Implicit;
    }
}

/// Whether two things are the same but for where they were said. The second one has no places.
fn is_same<T: Visit + Clone + PartialEq>(one: &T, without_places: &T) -> bool {
    let mut one = one.clone();
    one.visit(&mut Erase);
    one == *without_places
}
