//! What an expression refers to: `references` of the configuration, followed through modules to instances.
//!
//! Terraform tells of an expression only which names occur in it. That is enough more often than it seems: a value
//! that is known only after apply depends on something that is known only after apply, so that names of known values
//! (conditions, sizes, keys) can't be where it comes from. Where several things are left, equal keys decide and are
//! reported as an assumption; where that does not, nothing does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::address::{self, Key, ModulePath, Part};
use super::document::{ConfigModule, ConfigResource};
use super::resource::{self, Path, Resource, Step};
use super::world::World;

/// Modules and expressions that are followed, one inside the other.
const MAX_DEPTH: usize = 32;
/// Steps of one search: a chain of modules that pass lists on to each other may branch.
const MAX_STEPS: usize = 20_000;
/// More instances than anybody wants to be named.
const MANY: usize = 64;
/// Steps of all searches of a file.
pub(super) const BUDGET: usize = 20_000_000;

/// What a link may lead to: kinds of resource, and attributes of other kinds that stand for the same.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) kinds: &'static [&'static str],
    /// Kind and attribute, for example a VPC's `main_route_table_id`.
    pub(super) attributes: &'static [(&'static str, &'static str)],
    /// Words in the kind or attribute of anything else that may hold such an id.
    pub(super) words: &'static [&'static str],
}

/// A resource that a link may lead to; with the attribute, if it is not the resource itself that is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Candidate {
    pub(super) resource: usize,
    pub(super) attribute: Option<&'static str>,
}

/// What was found behind an expression.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) candidates: BTreeSet<Candidate>,
    /// Known texts that may be (part of) the value.
    pub(super) literals: BTreeSet<String>,
    /// Names that could not be followed.
    pub(super) lost: BTreeSet<String>,
    /// Whether known values that are no links occur: perhaps a condition.
    pub(super) has_others: bool,
    /// Whether an instance was chosen for its key.
    pub(super) is_assumed: bool,
    /// Whether there were several instances, and keys did not decide.
    pub(super) is_open: bool,
    /// Whether a local is on the way: it may hold texts besides.
    pub(super) through_local: bool,
}

/// Where an expression stands.
#[derive(Clone, Debug)]
struct Place<'w> {
    module: ModulePath,
    config: &'w ConfigModule,
    /// The key of the resource or module call, and how many instances it has.
    key: Option<Key>,
    siblings: usize,
    for_each: Option<&'w Value>,
}

struct Search<'w> {
    world: &'w World,
    wanted: &'w Wanted,
    depth: usize,
    /// Whether keys occur in the expression at hand.
    is_keyed: bool,
    /// Steps that this search may still make.
    left: usize,
}

/// Follows the expression of an attribute. `None` if the configuration says nothing about it.
///
/// `budget` is what the whole file may cost: what is written to branch without end must not take for ever.
pub(super) fn follow(
    world: &World,
    at: &Resource,
    path: Path<'_>,
    wanted: &Wanted,
    budget: &mut usize,
) -> Option<Found> {
    let mut search = Search { world, wanted, depth: 0, is_keyed: false, left: (*budget).min(MAX_STEPS) };
    let before = search.left;
    let (place, config) = search.place_of(at)?;
    let expression = expression(&config.expressions, path)?;
    let mut found = Found::default();
    search.expression(&place, expression, &mut found);
    *budget = budget.saturating_sub(before - search.left);
    if search.left == 0 {
        found.lost.insert("too much to follow".to_owned());
    }
    Some(found)
}

/// Whether the configuration says anything about an attribute. `None` without a configuration.
pub(super) fn is_configured(world: &World, at: &Resource, name: &str) -> Option<bool> {
    let config = config_of(world, at)?;
    let said = config.expressions.get(name).is_some_and(|expression| !is_nothing(expression));
    // Format 0.1 leaves out what is written as a block and is an attribute.
    let hidden = world.hides_blocks && matches!(name, "ingress" | "egress" | "route");
    if hidden && !said { None } else { Some(said) }
}

/// The provider that makes a resource, with its alias: two of them may be two accounts. `None` without a configuration.
///
/// A module that was given another provider by its caller says so since Terraform 1.1 only.
pub(super) fn provider<'w>(world: &'w World, at: &Resource) -> Option<&'w str> {
    let key = config_of(world, at)?.provider_config_key.as_str();
    Some(key.rsplit_once(':').map_or(key, |(_, key)| key)).filter(|key| !key.is_empty())
}

fn config_of<'w>(world: &'w World, at: &Resource) -> Option<&'w ConfigResource> {
    let wanted = &Wanted { kinds: &[], attributes: &[], words: &[] };
    let search = Search { world, wanted, depth: 0, is_keyed: false, left: 0 };
    Some(search.place_of(at)?.1)
}

/// Whether an expression is a plain `null`.
fn is_nothing(expression: &Value) -> bool {
    match expression {
        Value::Null => true,
        Value::Object(map) => map.get("constant_value").is_some_and(Value::is_null) && map.len() == 1,
        _ => false,
    }
}

/// The expression at a path. A merged expression of several blocks stands for each of them.
fn expression<'c>(expressions: &'c Value, path: Path<'_>) -> Option<&'c Value> {
    let mut here = expressions;
    for step in path {
        if here.get("references").is_some() || here.get("constant_value").is_some() {
            return Some(here);
        }
        here = match (step, here) {
            (Step::Name(name), _) => here.get(name)?,
            (Step::Index(0), Value::Object(_)) => here,
            // Dynamic blocks: one expression for all of them.
            (Step::Index(index), Value::Array(list)) => {
                list.get(*index).or_else(|| list.first().filter(|_| list.len() == 1))?
            }
            (Step::Index(_), _) => return None,
        };
    }
    (!is_nothing(here)).then_some(here)
}

impl<'w> Search<'w> {
    fn config_of(&self, module: &ModulePath) -> Option<&'w ConfigModule> {
        let root = self.world.configuration.as_ref()?;
        module.iter().try_fold(root, |config, step| Some(&config.module_calls.get(&step.name)?.module))
    }

    fn place_of(&self, at: &Resource) -> Option<(Place<'w>, &'w ConfigResource)> {
        let config = self.config_of(&at.module)?;
        let mode = if at.is_managed { "managed" } else { "data" };
        let same = |one: &&ConfigResource| one.kind == at.kind && one.name == at.name && one.mode == mode;
        let resource = config.resources.iter().find(same)?;
        let place = Place {
            module: at.module.clone(),
            config,
            key: at.key.clone(),
            siblings: self.world.instances(&at.module, at.is_managed, &at.kind, &at.name).len(),
            for_each: Some(&resource.for_each_expression),
        };
        Some((place, resource))
    }

    fn expression(&mut self, place: &Place<'w>, expression: &'w Value, found: &mut Found) {
        self.left = self.left.saturating_sub(1);
        if self.depth >= MAX_DEPTH || self.left == 0 {
            found.lost.insert("an expression that is too deep".to_owned());
            return;
        }
        self.depth += 1;
        match expression {
            Value::Object(map) if map.contains_key("references") => {
                self.references(place, map.get("references").unwrap_or(&Value::Null), found);
            }
            Value::Object(map) if map.contains_key("constant_value") => {
                known(map.get("constant_value").unwrap_or(&Value::Null), found);
            }
            // Blocks: every expression in them.
            Value::Object(map) => map.values().for_each(|inner| self.expression(place, inner, found)),
            Value::Array(list) => list.iter().for_each(|inner| self.expression(place, inner, found)),
            _ => {}
        }
        self.depth -= 1;
    }

    fn references(&mut self, place: &Place<'w>, list: &'w Value, found: &mut Found) {
        let texts: Vec<&str> = list.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let chosen = longest(&texts);
        let is_keyed = chosen.iter().any(|text| text.starts_with("each.") || text.starts_with("count."));
        let outer = std::mem::replace(&mut self.is_keyed, is_keyed);
        let before = found.is_assumed;
        found.is_assumed = false;
        for text in chosen {
            let Some(parts) = address::parts(text) else {
                found.lost.insert(text.to_owned());
                continue;
            };
            let mut own = Found::default();
            self.reference(place, text, &parts, &mut own);
            narrow(&mut own, self.world, place, &parts, is_keyed);
            found.absorb(own);
        }
        self.is_keyed = outer;
        // A key that chose no instance may be part of a condition.
        found.has_others |= is_keyed && !found.is_assumed;
        found.is_assumed |= before;
    }

    fn reference(&mut self, place: &Place<'w>, text: &str, parts: &[Part], found: &mut Found) {
        let names: Vec<&str> = parts
            .iter()
            .filter_map(|part| if let Part::Name(name) = part { Some(name.as_str()) } else { None })
            .collect();
        match names.as_slice() {
            ["var", name, ..] => self.variable(place, name, text, found),
            ["local", ..] => self.local(place, text, found),
            ["each", "value", ..] => match place.for_each {
                Some(for_each) if !for_each.is_null() => {
                    let for_each: &'w Value = for_each;
                    self.expression(place, for_each, found);
                }
                _ => {
                    found.lost.insert(text.to_owned());
                }
            },
            // Keys: they tell instances apart, see `narrow`.
            ["each" | "count", ..] => {}
            ["path" | "terraform" | "self", ..] => found.has_others = true,
            ["module", call, rest @ ..] => {
                self.module(place, call, rest.first().copied(), parts, text, found)
            }
            ["data", kind, name, rest @ ..] => {
                self.resource(place, false, (kind, name), rest.first().copied(), parts, text, found);
            }
            [kind, name, rest @ ..] => {
                self.resource(place, true, (kind, name), rest.first().copied(), parts, text, found);
            }
            _ => {
                found.lost.insert(text.to_owned());
            }
        }
    }

    fn variable(&mut self, place: &Place<'w>, name: &str, text: &str, found: &mut Found) {
        let Some((step, parents)) = place.module.split_last() else {
            match self.world.variables.get(name) {
                Some(value) => known(value, found),
                None => found.has_others = true,
            }
            return;
        };
        let parent: ModulePath = parents.to_vec();
        let Some(config) = self.config_of(&parent) else {
            found.lost.insert(text.to_owned());
            return;
        };
        let Some(call) = config.module_calls.get(&step.name) else { return };
        let above = Place {
            siblings: self.world.modules(&parent, &step.name).len(),
            module: parent,
            config,
            key: step.key.clone(),
            for_each: Some(&call.for_each_expression),
        };
        match call.expressions.get(name) {
            Some(expression) => self.expression(&above, expression, found),
            // The default of the variable: known.
            None => found.has_others = true,
        }
    }

    /// Locals are not in the JSON. What they are made of is in the scope of their module, though: its resources, its
    /// variables, and what its own modules put out.
    fn local(&mut self, place: &Place<'w>, text: &str, found: &mut Found) {
        for at in self.wanted.kinds.iter().flat_map(|kind| self.world.of_kind(&place.module, kind)) {
            found.candidates.insert(Candidate { resource: at, attribute: None });
        }
        let mut beyond = Found::default();
        if let Some((step, parents)) = place.module.split_last() {
            let parent: ModulePath = parents.to_vec();
            if let Some(config) = self.config_of(&parent)
                && let Some(call) = config.module_calls.get(&step.name)
            {
                let above = Place {
                    siblings: self.world.modules(&parent, &step.name).len(),
                    module: parent,
                    config,
                    key: step.key.clone(),
                    for_each: Some(&call.for_each_expression),
                };
                self.expression(&above, &call.expressions, &mut beyond);
            }
        }
        for (name, call) in &place.config.module_calls {
            for module in self.world.modules(&place.module, name) {
                let inside = Place { module, config: &call.module, key: None, siblings: 1, for_each: None };
                for output in call.module.outputs.values() {
                    self.expression(&inside, &output.expression, &mut beyond);
                }
            }
        }
        found.candidates.extend(beyond.candidates);
        found.lost.extend(beyond.lost);
        if found.candidates.is_empty() {
            found.lost.insert(text.to_owned());
        }
        found.through_local = true;
        found.is_open = found.candidates.len() > 1;
    }

    fn module(
        &mut self,
        place: &Place<'w>,
        call: &str,
        output: Option<&str>,
        parts: &[Part],
        text: &str,
        found: &mut Found,
    ) {
        let Some(called) = place.config.module_calls.get(call) else {
            found.lost.insert(text.to_owned());
            return;
        };
        let key = key_after(parts, 2);
        let outputs: Vec<&'w Value> = match output {
            Some(output) => {
                called.module.outputs.get(output).map(|one| &one.expression).into_iter().collect()
            }
            None => called.module.outputs.values().map(|one| &one.expression).collect(),
        };
        for module in self.world.modules(&place.module, call) {
            let own = module.last().and_then(|step| step.key.as_ref());
            if key.is_some_and(|key| own != Some(key)) {
                continue;
            }
            let inside = Place { module, config: &called.module, key: None, siblings: 1, for_each: None };
            for expression in &outputs {
                self.expression(&inside, expression, found);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one reference")]
    fn resource(
        &mut self,
        place: &Place<'w>,
        is_managed: bool,
        (kind, name): (&str, &str),
        attribute: Option<&str>,
        parts: &[Part],
        text: &str,
        found: &mut Found,
    ) {
        let key = key_after(parts, if is_managed { 2 } else { 3 });
        let instances = self.world.instances(&place.module, is_managed, kind, name);
        // Of very many, only the one of the same key comes into question, or nothing does.
        let own = place.key.as_ref().filter(|_| self.is_keyed && instances.len() > MANY);
        let fits = matches!(own, Some(Key::Text(_))) || instances.len() == place.siblings;
        if key.is_none() && own.is_some() && !fits {
            found.lost.insert(text.to_owned());
            return;
        }
        found.is_assumed |= key.is_none() && own.is_some();
        let key = key.or(own);
        let of_key = |key: &Key| {
            let found = instances.binary_search_by(|at| {
                self.world.resources.get(*at).and_then(|one| one.key.as_ref()).cmp(&Some(key))
            });
            found.ok().and_then(|position| instances.get(position..=position)).unwrap_or_default()
        };
        for &at in key.map_or(instances, of_key) {
            let Some(one) = self.world.resources.get(at) else { continue };
            let special = self
                .wanted
                .attributes
                .iter()
                .find(|(of, name)| *of == kind && attribute.is_none_or(|attribute| attribute == *name));
            if let Some((_, name)) = special.filter(|_| attribute.is_some()) {
                found.candidates.insert(Candidate { resource: at, attribute: Some(name) });
            } else if self.wanted.kinds.contains(&kind) && attribute.is_none_or(is_identity) {
                found.candidates.insert(Candidate { resource: at, attribute: None });
            } else {
                self.through(one, attribute, text, found);
            }
        }
        // Resources of other providers may pass on what they were given.
        if instances.is_empty() && !kind.starts_with("aws_") {
            found.lost.insert(text.to_owned());
        }
    }

    /// The value of an attribute that is not a link itself may be made from one.
    fn through(&mut self, one: &'w Resource, attribute: Option<&str>, text: &str, found: &mut Found) {
        let Some(attribute) = attribute else {
            found.has_others = true;
            return;
        };
        let path = [Step::Name(attribute)];
        if let Some(value) = one.at(&path).filter(|_| !one.is_unknown(&path)) {
            known(value, found);
            return;
        }
        if is_never_id(attribute) {
            found.has_others = true;
            return;
        }
        let said = self
            .place_of(one)
            .and_then(|(inside, config)| Some((inside, expression(&config.expressions, &path)?)));
        if let Some((inside, expression)) = said {
            self.expression(&inside, expression, found);
            return;
        }
        // Computed by AWS: of the wanted kind only if its name says so, as `cluster_security_group_id` does.
        let full = format!("{}.{attribute}", one.kind);
        if self.wanted.words.iter().any(|word| full.contains(word)) {
            found.lost.insert(text.to_owned());
        } else {
            found.has_others = true;
        }
    }
}

/// Attributes that stand for the resource as a whole.
fn is_identity(attribute: &str) -> bool {
    matches!(attribute, "id" | "arn" | "name" | "allocation_id")
}

/// Attributes that hold addresses, names and numbers, never an id.
fn is_never_id(attribute: &str) -> bool {
    const ENDS: &[&str] = &[
        "_ip",
        "_ips",
        "cidr_block",
        "cidr_blocks",
        "cidr",
        "arn",
        "availability_zone",
        "dns_name",
        "dns",
        "port",
        "address",
        "tags",
        "tags_all",
        "name",
        "cidr_blocks_associations",
        "endpoint",
        "ipv6_addresses",
        "owner_id",
    ];
    ENDS.iter().any(|end| attribute.ends_with(end))
}

/// Known values: texts may be ids; anything else may be a condition.
fn known(value: &Value, found: &mut Found) {
    match value {
        Value::String(text) if is_id(text) => {
            found.literals.insert(text.clone());
        }
        Value::Array(list) if !list.is_empty() => list.iter().for_each(|inner| known(inner, found)),
        Value::Object(map) if !map.is_empty() => map.values().for_each(|inner| known(inner, found)),
        _ => found.has_others = true,
    }
}

/// `sg-0123`, `subnet-12`, `vpc-…`
fn is_id(text: &str) -> bool {
    text.split_once('-').is_some_and(|(prefix, rest)| {
        (1..=8).contains(&prefix.len())
            && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
            && rest.len() >= 4
            && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// The references that are no beginning of the one before them: Terraform lists `a.b.c`, `a.b`, `a` for each.
fn longest<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let mut chosen: Vec<&str> = Vec::new();
    let mut before: Option<&str> = None;
    for text in texts {
        let is_part = before.is_some_and(|before| {
            before.len() > text.len()
                && before.starts_with(text)
                && before.get(text.len()..).is_some_and(|rest| rest.starts_with(['.', '[']))
        }) || before.is_some_and(|before| without_key(before) == Some(*text));
        if !is_part && !chosen.contains(text) {
            chosen.push(text);
        }
        before = Some(text);
    }
    chosen
}

/// `aws_subnet.a[0]` without its key.
fn without_key(text: &str) -> Option<&str> {
    text.ends_with(']').then(|| text.rsplit_once('[').map(|(front, _)| front)).flatten()
}

/// The key that follows that many names.
fn key_after(parts: &[Part], names: usize) -> Option<&Key> {
    match parts.get(names) {
        Some(Part::Key(key)) => Some(key),
        _ => None,
    }
}

/// Several instances of one resource: the one of the same key, where keys occur in the expression.
fn narrow(found: &mut Found, world: &World, place: &Place<'_>, parts: &[Part], is_keyed: bool) {
    if found.candidates.len() < 2 {
        return;
    }
    let position = parts.iter().rev().find_map(|part| match part {
        Part::Key(key) => Some(key),
        _ => None,
    });
    let is_own = matches!(parts.first(), Some(Part::Name(name)) if name == "var" || name == "module" || name == "local");
    let key = match position.filter(|_| is_own) {
        Some(key) => Some(key),
        None if is_keyed => place.key.as_ref(),
        None => None,
    };
    let Some(key) = key else { return };
    let with_key = |candidate: &&Candidate| {
        let one = world.resources.get(candidate.resource);
        one.is_some_and(|one| {
            one.key.as_ref() == Some(key)
                || one.module.last().is_some_and(|step| step.key.as_ref() == Some(key))
        })
    };
    let same: BTreeSet<Candidate> = found.candidates.iter().filter(with_key).cloned().collect();
    // Numbers say something only where there are as many on both sides.
    let fits = position.is_some() || matches!(key, Key::Text(_)) || found.candidates.len() == place.siblings;
    if same.len() == 1 && fits {
        found.candidates = same;
        found.is_assumed = true;
        found.is_open = false;
    } else {
        found.is_open = true;
    }
}

impl Found {
    fn absorb(&mut self, other: Self) {
        self.candidates.extend(other.candidates);
        self.literals.extend(other.literals);
        self.lost.extend(other.lost);
        self.has_others |= other.has_others;
        self.is_assumed |= other.is_assumed;
        self.is_open |= other.is_open;
        self.through_local |= other.through_local;
    }
}

/// Texts that may be ids, for tests of values that are known.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(list) => list.iter().filter_map(resource::text).collect(),
        other => resource::text(other).into_iter().collect(),
    }
}
