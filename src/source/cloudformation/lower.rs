//! From resources to the topology, one module for each family of resources.

mod bag;
mod block_public_access;
mod external;
mod gateway;
mod instance;
mod interface;
mod network_acl;
mod peering;
mod route;
mod route_table;
mod security_group;
mod service;
mod settle;
mod subnet;
mod traffic;
mod transit_gateway;
mod unmodelled;
mod vpc;
mod vpc_endpoint;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::evaluate::{BY_CONDITION, Evaluator, Truth};
use super::inventory::{self, Fate, Inventory};
use super::stack::{ResourceId, World};
use super::value::{Symbol, Value};
use super::{Import, Settings};
use crate::topology::{Diagnostic, Place, Spanned, Topology, Unmodelled, Vpc, quote};

/// How the reason of a consequence begins.
const BECAUSE: &str = "because of `";

/// What a property refers to.
#[derive(Clone, Debug)]
enum Reference {
    /// Nothing was said.
    Absent,
    /// A resource of the templates, or an attribute of one.
    Resource(Symbol),
    /// An id that was written out.
    Literal(String),
    /// Nobody can say, and why not.
    Unknown(Rc<str>),
}

impl Reference {
    /// Whether it may be one of several resources of the templates: then all of them are in doubt.
    fn is_open(&self) -> bool {
        matches!(self, Self::Unknown(why) if why.starts_with(BY_CONDITION))
    }
}

/// The topology while it grows.
struct Lowering<'w> {
    world: &'w World,
    evaluator: Evaluator<'w>,
    topology: Topology,
    /// The name of each resource, by its position.
    names: HashMap<ResourceId, String>,
    fates: BTreeMap<ResourceId, Fate>,
    /// Resources by type, in the order of the files.
    by_kind: BTreeMap<&'w str, Vec<ResourceId>>,
    vpcs: BTreeMap<ResourceId, usize>,
    /// The VPC and the position in it.
    subnets: HashMap<ResourceId, (usize, usize)>,
    route_tables: HashMap<ResourceId, (usize, usize)>,
    network_acls: HashMap<ResourceId, (usize, usize)>,
    security_groups: HashMap<ResourceId, (usize, usize)>,
    /// Network ACLs of which a rule is not known.
    unknown_acls: BTreeSet<ResourceId>,
    /// Whether an association with a route table, or a network ACL, is with one of several subnets.
    open_table_associations: bool,
    open_acl_associations: bool,
    /// How many IPv6 addresses were made up.
    stand_ins: u128,
    /// VPCs of whose default network ACL a rule is not known.
    unknown_default_acls: BTreeSet<usize>,
    /// Subnets of which nobody knows whether they give public addresses, with the reason.
    unknown_public: BTreeMap<ResourceId, Rc<str>>,
    /// VPCs of which a range is not known, with the reason.
    unknown_ranges: Vec<(usize, Rc<str>)>,
    /// The VPC, the owner and the interface that an instance or an interface is.
    instances: HashMap<ResourceId, interface::Seat>,
    /// Names that [`Topology::unmodelled`] has.
    unmodelled: BTreeSet<String>,
    /// Security groups that no template holds: VPC, name, whether the id is known.
    external: BTreeMap<(usize, String), bool>,
    problems: Vec<Diagnostic>,
    /// Reasons that are the reasons of other resources: those are told there.
    consequences: BTreeSet<Rc<str>>,
    /// How many resources are unresolved for such a reason.
    consequent: usize,
}

/// Reads everything that the world holds.
pub(super) fn lower(world: &World, settings: &Settings, topology: Topology) -> Import {
    let mut by_kind: BTreeMap<&str, Vec<ResourceId>> = BTreeMap::new();
    for id in world.resource_ids() {
        by_kind.entry(world.kind(id)).or_default().push(id);
    }
    let mut lowering = Lowering {
        world,
        evaluator: Evaluator::new(world, settings),
        topology,
        names: names(world),
        fates: BTreeMap::new(),
        by_kind,
        vpcs: BTreeMap::new(),
        subnets: HashMap::new(),
        route_tables: HashMap::new(),
        network_acls: HashMap::new(),
        security_groups: HashMap::new(),
        unknown_acls: BTreeSet::new(),
        open_table_associations: false,
        open_acl_associations: false,
        stand_ins: 0,
        unknown_default_acls: BTreeSet::new(),
        unknown_public: BTreeMap::new(),
        unknown_ranges: Vec::new(),
        instances: HashMap::new(),
        unmodelled: BTreeSet::new(),
        external: BTreeMap::new(),
        problems: Vec::new(),
        consequences: BTreeSet::new(),
        consequent: 0,
    };
    lowering.vpcs();
    lowering.subnets();
    lowering.prefix_lists();
    lowering.network_acls();
    lowering.security_groups();
    lowering.gateways();
    lowering.instances();
    lowering.services();
    lowering.addresses();
    lowering.peerings();
    lowering.route_tables();
    lowering.transit_gateways();
    lowering.endpoints();
    lowering.block_public_access();
    lowering.others();
    lowering.settle();
    lowering.finish()
}

/// A name for each resource: its logical id, with the stack's name before it where another stack has the same.
fn names(world: &World) -> HashMap<ResourceId, String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for resource in &world.resources {
        *counts.entry(&resource.logical_id).or_default() += 1;
    }
    let name = |id: ResourceId| {
        let resource = world.resource(id)?;
        let alone = counts.get(&*resource.logical_id).copied().unwrap_or(0) < 2;
        let stack = world.stack(resource.stack).map_or("", |stack| &stack.name);
        let plain = resource.logical_id.replace(['/', ':'], "_");
        Some((id, if alone { plain } else { format!("{stack}.{plain}") }))
    };
    world.resource_ids().filter_map(name).collect()
}

impl<'w> Lowering<'w> {
    /// The resources of a type that exist, or may.
    fn existing(&mut self, kind: &str) -> Vec<(ResourceId, Option<Rc<str>>)> {
        let ids = self.by_kind.get(kind).cloned().unwrap_or_default();
        let mut existing = Vec::with_capacity(ids.len());
        for id in ids {
            match self.evaluator.exists(id) {
                Truth::True => existing.push((id, None)),
                Truth::False => self.fate(id, Fate::Absent),
                Truth::Unknown(why) => existing.push((id, Some(why))),
            }
        }
        existing
    }

    fn name(&self, id: ResourceId) -> String {
        self.names.get(&id).cloned().unwrap_or_default()
    }

    fn place(&self, id: ResourceId) -> Place {
        self.world.resource(id).map_or(Place::Implicit, |resource| resource.place)
    }

    fn named(&self, id: ResourceId) -> Spanned<String> {
        Spanned::new(self.name(id), self.place(id))
    }

    /// Notes what became of a resource; what is unresolved stays so.
    fn fate(&mut self, id: ResourceId, fate: Fate) {
        let old = self.fates.entry(id).or_insert_with(|| fate.clone());
        if !matches!(old, Fate::Unresolved(_)) {
            *old = fate;
        }
    }

    /// Reports that something about a resource is not known.
    fn unresolved(&mut self, id: ResourceId, what: &str, why: &str, place: Place) {
        let name = self.name(id);
        if self.consequences.contains(why) {
            self.consequent += 1;
            return self.fate(id, Fate::Unresolved(format!("{what}: {why}")));
        }
        let message = format!("`{name}`: {what} is not known: {why}");
        let problem = Diagnostic::warning("CFN010", message, place.or(self.place(id)));
        self.problems.push(problem.help("paths that it could change are undetermined"));
        self.fate(id, Fate::Unresolved(format!("{what}: {why}")));
    }

    /// What a property of a resource refers to.
    fn reference(&mut self, id: ResourceId, property: &str) -> Reference {
        let value = self.evaluator.property(id, property);
        self.refer(&value)
    }

    fn refer(&self, value: &Value) -> Reference {
        match value {
            Value::Nothing => Reference::Absent,
            Value::Unknown(why) => Reference::Unknown(Rc::clone(why)),
            Value::Text(text) => match (text.as_symbol(), text.as_known()) {
                (Some(symbol), _) => Reference::Resource(symbol.clone()),
                (None, Some(known)) if known.is_empty() => Reference::Absent,
                (None, Some(known)) => Reference::Literal(known),
                (None, None) => match self.evaluator.symbol_unknown(text) {
                    Value::Unknown(why) => Reference::Unknown(why),
                    _ => Reference::Unknown("it is put together at deployment".into()),
                },
            },
            Value::List(items) => match items.as_slice() {
                [one] => self.refer(&one.value),
                _ => Reference::Unknown("a single value should be there".into()),
            },
            Value::Map(_) => Reference::Unknown("a single value should be there".into()),
        }
    }

    /// The id of a resource of some type, if `Ref` of one is meant.
    fn resource_of(&self, reference: &Reference, kind: &str) -> Option<ResourceId> {
        match reference {
            Reference::Resource(symbol)
                if symbol.attribute.is_none() && self.world.kind(symbol.resource) == kind =>
            {
                Some(symbol.resource)
            }
            _ => None,
        }
    }

    /// Why a reference does not lead to a resource that was read.
    fn why(&mut self, reference: &Reference) -> Rc<str> {
        match reference {
            Reference::Absent => "it is not said".into(),
            Reference::Unknown(why) => Rc::clone(why),
            Reference::Literal(id) => format!("{} is not in a template that was read", quote(id)).into(),
            Reference::Resource(symbol) => {
                let name = self.name(symbol.resource);
                match &symbol.attribute {
                    Some(attribute) => {
                        format!("`{attribute}` of `{name}` exists only after deployment").into()
                    }
                    None => match self.fates.get(&symbol.resource) {
                        Some(Fate::Unresolved(why)) => {
                            // The first cause, not a chain of them.
                            let root = why.rfind(BECAUSE).and_then(|at| why.get(at..));
                            let why: Rc<str> =
                                root.map_or_else(|| format!("{BECAUSE}{name}` ({why})").into(), Into::into);
                            self.consequences.insert(Rc::clone(&why));
                            why
                        }
                        _ => format!("`{name}` is of type {}", self.world.kind(symbol.resource)).into(),
                    },
                }
            }
        }
    }

    fn vpc(&mut self, index: usize) -> Option<&mut Vpc> {
        self.topology.vpcs.0.get_mut(index).map(|entry| &mut entry.value)
    }

    fn vpc_name(&self, index: usize) -> String {
        self.topology.vpcs.0.get(index).map(|entry| entry.name().to_owned()).unwrap_or_default()
    }

    /// The VPC that a property of a resource names, if it was read.
    fn vpc_of(&mut self, id: ResourceId, property: &str) -> Result<usize, Rc<str>> {
        let reference = self.reference(id, property);
        let found = self.resource_of(&reference, "AWS::EC2::VPC").and_then(|vpc| self.vpcs.get(&vpc));
        found.copied().ok_or_else(|| self.why(&reference))
    }

    /// Adds something that is known by name only.
    fn add_unmodelled(&mut self, item: Unmodelled) {
        self.unmodelled.insert(item.name.value.clone());
        self.topology.unmodelled.push(item);
    }

    /// Parameters without a value that keep something from being known.
    fn missing(&self) -> Vec<(String, String, Place)> {
        let reasons: BTreeSet<&str> = self
            .fates
            .values()
            .filter_map(|fate| if let Fate::Unresolved(why) = fate { Some(why.as_str()) } else { None })
            .collect();
        let all = self.evaluator.missing();
        let decides = |name: &str| reasons.iter().any(|why| why.contains(&format!("`{name}`")));
        all.filter(|(_, name, _)| decides(name))
            .map(|(stack, name, place)| (stack.to_owned(), name.to_owned(), place))
            .collect()
    }

    fn finish(mut self) -> Import {
        let mut diagnostics = std::mem::take(&mut self.problems);
        diagnostics.append(&mut self.evaluator.problems);
        if self.consequent > 0 {
            let message = format!("what hangs on these is not known either: {} resources", self.consequent);
            diagnostics.push(Diagnostic::note("CFN012", message, Place::Implicit));
        }
        let missing = self.missing();
        if let Some((_, first, place)) = missing.first() {
            let mut names: Vec<String> = missing.iter().map(|(_, name, _)| format!("`{name}`")).collect();
            names.dedup();
            let message = format!("parameters without a value: {}", names.join(", "));
            let help =
                format!("give them values: --param {first}=VALUE; what depends on them is undetermined");
            diagnostics.insert(0, Diagnostic::warning("CFN009", message, *place).help(help));
        }
        let missing = missing.into_iter().map(|(stack, name, _)| (stack, name)).collect();
        let mut resources = Vec::with_capacity(self.world.resources.len());
        for id in self.world.resource_ids() {
            let Some(resource) = self.world.resource(id) else { continue };
            resources.push(inventory::Resource {
                stack: self.world.stack(resource.stack).map(|stack| stack.name.clone()).unwrap_or_default(),
                logical_id: resource.logical_id.to_string(),
                kind: resource.kind.to_string(),
                name: self.name(id),
                fate: self.fates.get(&id).cloned().unwrap_or(Fate::NotNetwork),
            });
        }
        let inventory = Inventory { resources, missing_parameters: missing };
        Import { topology: self.topology, diagnostics, inventory }
    }
}
