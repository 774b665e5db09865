//! From a document to a flat list of resources: the world before or after the plan, or that of a state.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use serde_json::value::RawValue;

use super::Moment;
use super::address::{self, Key, ModulePath};
use super::document::{Change, ConfigModule, Document, Module, RawResource, Shown, Values};
use super::resource::Resource;
use super::types;

/// Resources that are a part of another one, which may list them as well: what they said before the plan is wanted,
/// for the other one still says it.
const PARTS: &[&str] = &[
    "aws_route",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_network_acl_rule",
    "aws_network_acl_association",
    "aws_network_interface_sg_attachment",
    "aws_vpc_ipv4_cidr_block_association",
    "aws_vpc_ipv6_cidr_block_association",
    "aws_ec2_managed_prefix_list_entry",
    "aws_eip_association",
    "aws_network_interface_attachment",
];

/// Every resource of the network, and what else is needed to read them.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) resources: Vec<Resource>,
    /// Parts as they were before the plan; see [`PARTS`].
    pub(super) before: Vec<Resource>,
    pub(super) configuration: Option<ConfigModule>,
    pub(super) variables: BTreeMap<String, Value>,
    /// Resources of other providers, by provider: not read.
    pub(super) foreign: BTreeMap<String, usize>,
    /// Resources without values: of a state that an old Terraform wrote.
    pub(super) without_values: BTreeSet<String>,
    /// Addresses that are none: nobody knows what to do with the resource.
    pub(super) misnamed: BTreeSet<String>,
    /// Addresses of two resources that say different things.
    pub(super) twins: BTreeSet<String>,
    /// Attributes of types that the provider never gives them, with the address.
    pub(super) odd: BTreeSet<String>,
    by_address: HashMap<String, usize>,
    /// Whether links may be known only after apply.
    pub(super) is_plan: bool,
    /// Whether the file is a plan, whichever of its two worlds this is.
    pub(super) has_changes: bool,
    /// Whether links were cut out of the plan: nothing in it is known only after apply, and nothing tells the
    /// references.
    pub(super) is_stripped: bool,
    /// Whether the configuration leaves out blocks that are attributes: format 0.1.
    pub(super) hides_blocks: bool,
    /// Whether the plan is a part of what was asked for.
    pub(super) is_incomplete: bool,
    by_name: BTreeMap<(ModulePath, bool, String, String), Vec<usize>>,
    /// The instances of module calls, by the module that calls and the name of the call.
    calls: BTreeMap<(ModulePath, String), BTreeSet<ModulePath>>,
}

/// The identity of an instance within its file.
type Identity<'d> = (ModulePath, bool, &'d str, &'d str, Option<Key>);

impl World {
    /// The world of that moment, with what a capture knows beside it.
    pub(super) fn over(document: Document<'_>, moment: Moment, known: &[Resource]) -> Self {
        let has_changes = document.planned_values.is_some() || document.resource_changes.is_some();
        let mut world = Self::new(document, moment);
        world.has_changes = has_changes;
        let own: BTreeSet<String> =
            world.resources.iter().filter_map(|one| Some(one.id()?.to_owned())).collect();
        let others = known.iter().filter(|one| one.id().is_none_or(|id| !own.contains(id)));
        world.resources.extend(others.cloned());
        world.by_name.clear();
        world.calls.clear();
        world.index();
        world
    }

    /// Takes the world of that moment out of a document.
    pub(super) fn new(document: Document<'_>, moment: Moment) -> Self {
        let mut world = Self {
            is_plan: document.planned_values.is_some() || document.resource_changes.is_some(),
            hides_blocks: document.format_version.as_deref() == Some("0.1"),
            is_incomplete: document.complete == Some(false) || document.errored == Some(true),
            ..Self::default()
        };
        let changes = document.resource_changes.unwrap_or_default();
        for change in changes.iter().filter(|change| change.deposed.is_none()) {
            if identity(change).is_none() {
                world.misnamed.insert(change.address.to_string());
            }
        }
        if let Some(values) = document.values {
            world.add_values(&values, &HashMap::new(), |_| true);
        }
        for resource in document.resources.iter().flatten() {
            world.add_raw(resource);
        }
        let prior = document.prior_state.and_then(|prior| prior.values);
        match (moment, document.planned_values) {
            (Moment::Before, _) => match &prior {
                Some(values) => world.add_values(values, &HashMap::new(), |_| true),
                None => world.add_changes(&changes, |change| change.before),
            },
            (Moment::After, planned) => {
                let unknown = unknown_of(&changes);
                if let Some(values) = &prior {
                    world.add_values(values, &HashMap::new(), |managed| !managed);
                }
                match planned {
                    Some(values) => world.add_values(&values, &unknown, |_| true),
                    None => world.add_changes(&changes, |change| change.after),
                }
                world.add_forgotten(&changes);
                world.remember_parts(&changes);
                world.configuration = document.configuration.map(|configuration| configuration.root_module);
                let variables = document.variables.unwrap_or_default();
                world.variables = variables.into_iter().map(|(name, one)| (name, one.value)).collect();
            }
        }
        world.is_plan &= moment == Moment::After;
        world.is_stripped = world.is_plan
            && world.configuration.is_none()
            && world.resources.iter().all(|one| one.unknown.is_null());
        world.index();
        world
    }

    /// The instances of a resource in one instance of a module, in order of their keys.
    pub(super) fn instances(
        &self,
        module: &ModulePath,
        is_managed: bool,
        kind: &str,
        name: &str,
    ) -> &[usize] {
        let key = (module.clone(), is_managed, kind.to_owned(), name.to_owned());
        self.by_name.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Every instance of a module that a call makes, in order of their keys.
    pub(super) fn modules(&self, parent: &[address::ModuleStep], call: &str) -> Vec<ModulePath> {
        let found = self.calls.get(&(parent.to_vec(), call.to_owned()));
        found.into_iter().flatten().cloned().collect()
    }

    /// The resources of a kind in one instance of a module.
    pub(super) fn of_kind<'s>(
        &'s self,
        module: &'s ModulePath,
        kind: &'s str,
    ) -> impl Iterator<Item = usize> + 's {
        [true, false].into_iter().flat_map(move |is_managed| {
            let from = (module.clone(), is_managed, kind.to_owned(), String::new());
            self.by_name
                .range(from..)
                .take_while(move |((of, managed, one, _), _)| {
                    of == module && *managed == is_managed && one == kind
                })
                .flat_map(|(_, instances)| instances.iter().copied())
        })
    }

    fn index(&mut self) {
        // A data source may be both in the prior state and among what is read during apply: the last one counts.
        let mut last: HashMap<String, usize> = HashMap::new();
        for (at, resource) in self.resources.iter().enumerate() {
            last.insert(resource.address.clone(), at);
        }
        let mut at = 0;
        self.resources.retain(|resource| {
            at += 1;
            last.get(&resource.address) == Some(&(at - 1))
        });
        for (at, one) in self.resources.iter().enumerate() {
            let key = (one.module.clone(), one.is_managed, one.kind.clone(), one.name.clone());
            self.by_name.entry(key).or_default().push(at);
        }
        for (module, ..) in self.by_name.keys() {
            for (depth, step) in module.iter().enumerate() {
                let (Some(parent), Some(path)) = (module.get(..depth), module.get(..=depth)) else {
                    continue;
                };
                let call = (parent.to_vec(), step.name.clone());
                self.calls.entry(call).or_default().insert(path.to_vec());
            }
        }
        let resources = &self.resources;
        for instances in self.by_name.values_mut() {
            instances.sort_by_key(|at| resources.get(*at).and_then(|one| one.key.clone()));
        }
    }

    fn add_values(
        &mut self,
        values: &Values<'_>,
        unknown: &HashMap<Identity<'_>, &RawValue>,
        wanted: impl Fn(bool) -> bool,
    ) {
        let mut open: Vec<&Module<'_>> = values.root_module.iter().collect();
        while let Some(module) = open.pop() {
            open.extend(module.child_modules.iter().flatten().rev());
            let address = module.address.as_deref().unwrap_or_default();
            let Some(path) = address::module_path(address) else {
                self.misnamed.insert(address.to_owned());
                continue;
            };
            for shown in module.resources.iter().flatten() {
                let Some(identity) = shown_identity(shown, &path) else {
                    self.misnamed.insert(shown.address.to_string());
                    continue;
                };
                if shown.deposed_key.is_some() || !wanted(identity.1) {
                    continue;
                }
                let unknown = unknown.get(&identity).copied();
                self.add(identity, shown.values, unknown);
            }
        }
    }

    fn add_raw(&mut self, resource: &RawResource<'_>) {
        let module = resource.module.as_deref().unwrap_or_default();
        let Some(path) = address::module_path(module) else {
            self.misnamed.insert(module.to_owned());
            return;
        };
        for instance in resource.instances.iter().filter(|instance| instance.deposed.is_none()) {
            let key = instance.index_key.clone();
            let identity = (path.clone(), resource.mode != "data", &*resource.kind, &*resource.name, key);
            self.add(identity, instance.attributes, None);
        }
    }

    fn add_changes<'d>(
        &mut self,
        changes: &[Change<'d>],
        side: impl Fn(&super::document::Difference<'d>) -> Option<&'d RawValue>,
    ) {
        for change in changes {
            let Some(difference) = &change.change else { continue };
            if let (Some(identity), Some(values)) = (identity(change), side(difference)) {
                let unknown = if difference.after.is_some() { difference.after_unknown } else { None };
                self.add(identity, Some(values), unknown);
            }
        }
    }

    /// `removed` blocks make Terraform forget what goes on to exist.
    fn add_forgotten(&mut self, changes: &[Change<'_>]) {
        for change in changes {
            let Some(difference) = &change.change else { continue };
            if difference.actions.iter().any(|action| action == "forget")
                && difference.after.is_none()
                && let Some(identity) = identity(change)
            {
                self.add(identity, difference.before, None);
            }
        }
    }

    fn remember_parts(&mut self, changes: &[Change<'_>]) {
        let rest = std::mem::take(&mut self.resources);
        let addresses = std::mem::take(&mut self.by_address);
        for change in changes.iter().filter(|change| PARTS.contains(&&*change.kind)) {
            let before = change.change.as_ref().and_then(|difference| difference.before);
            if let (Some(identity), Some(before)) = (identity(change), before) {
                self.add(identity, Some(before), None);
            }
        }
        self.before = std::mem::replace(&mut self.resources, rest);
        self.by_address = addresses;
    }

    fn add(
        &mut self,
        (module, is_managed, kind, name, key): Identity<'_>,
        values: Option<&RawValue>,
        unknown: Option<&RawValue>,
    ) {
        if !kind.starts_with("aws_") {
            let provider = kind.split('_').next().unwrap_or(kind);
            *self.foreign.entry(provider.to_owned()).or_default() += 1;
            return;
        }
        let data = if is_managed { "" } else { "data." };
        let index = key.as_ref().map(ToString::to_string).unwrap_or_default();
        let address = format!("{}{data}{kind}.{name}{index}", address::module_prefix(&module));
        let parse = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).unwrap_or_default();
        if values.is_none() {
            self.without_values.insert(address.clone());
        }
        // Both were read with the whole file: they can't fail here.
        let (values, unknown) =
            (values.map(parse).unwrap_or_default(), unknown.map(parse).unwrap_or_default());
        if let Some(path) = types::odd(kind, &values, &unknown) {
            self.odd.insert(format!("{address} {path}"));
        }
        let first = self.by_address.insert(address.clone(), self.resources.len());
        let differs = first.and_then(|at| self.resources.get(at)).is_some_and(|one| one.values != values);
        if is_managed && differs {
            self.twins.insert(address.clone());
        }
        self.resources.push(Resource {
            address,
            module,
            is_managed,
            kind: kind.to_owned(),
            name: name.to_owned(),
            key,
            values,
            unknown,
        });
    }
}

/// The identity of a resource; hand-edited plans have only the address.
fn shown_identity<'d>(shown: &'d Shown<'_>, module: &[address::ModuleStep]) -> Option<Identity<'d>> {
    if !shown.name.is_empty() {
        let key = shown.index.clone();
        return Some((module.to_vec(), shown.mode != "data", &*shown.kind, &*shown.name, key));
    }
    by_address(&shown.address, &shown.kind)
}

/// The identity in an address.
fn by_address<'d>(text: &'d str, kind: &'d str) -> Option<Identity<'d>> {
    let at = text.find(kind).filter(|_| !kind.is_empty())?;
    let front = text.get(..at)?;
    let is_managed = !front.ends_with("data.");
    let module = address::module_path(front.trim_end_matches("data.").trim_end_matches('.'))?;
    let rest = text.get(at + kind.len()..)?.strip_prefix('.')?;
    let name = rest.get(..rest.find('[').unwrap_or(rest.len()))?;
    let key = address::parts(rest)?.into_iter().find_map(|part| match part {
        address::Part::Key(key) => Some(key),
        _ => None,
    });
    Some((module, is_managed, kind, name, key))
}

fn identity<'d>(change: &'d Change<'_>) -> Option<Identity<'d>> {
    if change.name.is_empty() {
        return by_address(&change.address, &change.kind);
    }
    let module = address::module_path(change.module_address.as_deref().unwrap_or_default())?;
    let whole = change.deposed.is_none();
    whole.then(|| (module, change.mode != "data", &*change.kind, &*change.name, change.index.clone()))
}

fn unknown_of<'d>(changes: &'d [Change<'d>]) -> HashMap<Identity<'d>, &'d RawValue> {
    changes
        .iter()
        .filter_map(|change| Some((identity(change)?, change.change.as_ref()?.after_unknown?)))
        .collect()
}
