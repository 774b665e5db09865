//! Links between resources: by id where it is known, by reference where it is not.

use std::collections::HashMap;

use serde_json::Value;

use super::reference::{self, Candidate, Wanted};
use super::resource::{Path, Resource, Step};
use super::world::World;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// To a resource of the file, or something that an attribute of it stands for.
    Here(Candidate),
    /// To something of that id that the file does not hold.
    Elsewhere(String),
}

/// A link of an attribute that holds one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing is said.
    None,
    To(Target),
    /// Known only after apply, and the references do not settle it.
    Open {
        /// Resources that it may lead to.
        among: Vec<Candidate>,
    },
}

/// The links of an attribute that holds a list of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// Links that are certain.
    pub(super) to: Vec<Target>,
    /// Whether there may be further ones; with what they may lead to.
    pub(super) open: Option<Vec<Candidate>>,
}

/// The links of a world, with what had to be assumed.
#[derive(Debug)]
pub(super) struct Linker {
    ids: HashMap<String, Vec<Candidate>>,
    /// Address and attribute of links that were settled by equal keys or whole lists, with the address chosen.
    pub(super) assumed: Vec<(usize, String)>,
    budget: usize,
}

/// Attributes by which other resources know something that has no address of its own.
const ATTRIBUTES: &[(&str, &str)] = &[
    ("aws_vpc", "main_route_table_id"),
    ("aws_vpc", "default_route_table_id"),
    ("aws_vpc", "default_network_acl_id"),
    ("aws_vpc", "default_security_group_id"),
    ("aws_default_vpc", "main_route_table_id"),
    ("aws_default_vpc", "default_route_table_id"),
    ("aws_default_vpc", "default_network_acl_id"),
    ("aws_default_vpc", "default_security_group_id"),
    ("aws_instance", "primary_network_interface_id"),
    ("aws_vpc_endpoint", "prefix_list_id"),
    ("aws_vpn_connection", "transit_gateway_attachment_id"),
    ("aws_ec2_transit_gateway", "association_default_route_table_id"),
    ("aws_ec2_transit_gateway", "propagation_default_route_table_id"),
];

impl Linker {
    pub(super) fn new(world: &World) -> Self {
        let mut ids: HashMap<String, Vec<Candidate>> = HashMap::new();
        // Resources before data sources that read the same thing.
        for managed in [true, false] {
            for (at, one) in world.resources.iter().enumerate().filter(|(_, one)| one.is_managed == managed) {
                for name in ["id", "arn", "allocation_id"] {
                    if let Some(id) = one.text(name) {
                        let candidate = Candidate { resource: at, attribute: None };
                        ids.entry(id.to_owned()).or_default().push(candidate);
                    }
                }
                for (_, name) in ATTRIBUTES.iter().filter(|(kind, _)| one.is(kind)) {
                    if let Some(id) = one.text(name) {
                        let candidate = Candidate { resource: at, attribute: Some(name) };
                        ids.entry(id.to_owned()).or_default().push(candidate);
                    }
                }
            }
        }
        Self { ids, assumed: Vec::new(), budget: reference::BUDGET }
    }

    /// What has that id, if it is one of the wanted.
    pub(super) fn by_id(&self, world: &World, id: &str, wanted: &Wanted) -> Target {
        let fits = |candidate: &&Candidate| {
            world.resources.get(candidate.resource).is_some_and(|one| match candidate.attribute {
                None => wanted.kinds.contains(&one.kind.as_str()),
                Some(name) => wanted.attributes.iter().any(|(kind, of)| one.is(kind) && *of == name),
            })
        };
        let found = self.ids.get(id).and_then(|all| all.iter().find(fits));
        found.map_or_else(|| Target::Elsewhere(id.to_owned()), |candidate| Target::Here(candidate.clone()))
    }

    /// The link at a path.
    pub(super) fn one(&mut self, world: &World, at: usize, path: Path<'_>, wanted: &Wanted) -> Link {
        let Some(resource) = world.resources.get(at) else { return Link::None };
        if let Some(id) = resource.at(path).and_then(super::resource::text) {
            return Link::To(self.by_id(world, id, wanted));
        }
        if !resource.is_unknown(path) {
            // Somebody took the links out: there is no saying which there were.
            let lost = world.is_stripped && path.len() == 1;
            return if lost { Link::Open { among: Vec::new() } } else { Link::None };
        }
        let Some(found) = reference::follow(world, resource, path, wanted, &mut self.budget) else {
            return if path.len() > 1 || is_set(world, resource, path) {
                Link::Open { among: Vec::new() }
            } else {
                Link::None
            };
        };
        // What is known can't be where an unknown value comes from.
        let unknown = |one: &&Candidate| {
            world.resources.get(one.resource).is_some_and(|resource| match one.attribute {
                None => resource.id().is_none(),
                Some(name) => resource.text(name).is_none(),
            })
        };
        let among: Vec<Candidate> = found.candidates.iter().filter(unknown).cloned().collect();
        match among.as_slice() {
            [only] if found.lost.is_empty() => {
                if found.is_assumed {
                    self.assume(world, at, path, only);
                }
                Link::To(Target::Here(only.clone()))
            }
            _ => Link::Open { among },
        }
    }

    /// The links at a path.
    pub(super) fn many(&mut self, world: &World, at: usize, path: Path<'_>, wanted: &Wanted) -> Links {
        let Some(resource) = world.resources.get(at) else { return Links::default() };
        let value = resource.at(path).unwrap_or(&Value::Null);
        let mut links = Links::default();
        for id in reference::texts(value) {
            links.add(self.by_id(world, id, wanted));
        }
        if !resource.is_unknown(path) {
            links.open = (world.is_stripped && links.to.is_empty()).then(Vec::new);
            return links;
        }
        let Some(found) = reference::follow(world, resource, path, wanted, &mut self.budget) else {
            if path.len() > 1 || is_set(world, resource, path) {
                links.open = Some(Vec::new());
            }
            return links;
        };
        let all: Vec<Candidate> = found.candidates.iter().cloned().collect();
        let certain = all.len() == 1 || !(found.has_others || found.is_open || found.through_local);
        if certain && found.lost.is_empty() {
            for one in &all {
                if found.is_assumed || (all.len() > 1 && is_one_of_several(world, one)) {
                    self.assume(world, at, path, one);
                }
                links.add(Target::Here(one.clone()));
            }
            if found.through_local || !found.literals.is_empty() || all.is_empty() {
                links.open = Some(Vec::new());
            }
        } else {
            links.open = Some(all);
        }
        links
    }

    fn assume(&mut self, world: &World, at: usize, path: Path<'_>, chosen: &Candidate) {
        let name = path.iter().find_map(|step| if let Step::Name(name) = step { Some(*name) } else { None });
        if let Some(chosen) = world.resources.get(chosen.resource) {
            self.assumed.push((at, format!("{} is {}", name.unwrap_or_default(), chosen.address)));
        }
    }
}

impl Links {
    fn add(&mut self, target: Target) {
        if !self.to.contains(&target) {
            self.to.push(target);
        }
    }
}

/// Whether an unknown attribute was given by someone, rather than computed by AWS. Without a configuration nobody
/// can tell, and it may have been.
fn is_set(world: &World, resource: &Resource, path: Path<'_>) -> bool {
    let Some(Step::Name(name)) = path.first() else { return true };
    reference::is_configured(world, resource, name).unwrap_or(true)
}

fn is_one_of_several(world: &World, candidate: &Candidate) -> bool {
    let one = world.resources.get(candidate.resource);
    one.is_some_and(|one| world.instances(&one.module, one.is_managed, &one.kind, &one.name).len() > 1)
}
