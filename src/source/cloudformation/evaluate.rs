//! What the expressions of a template come to: parameters, conditions, mappings and intrinsic functions.
//!
//! Nothing is guessed. What only the deployment makes known is a [`Symbol`](super::value::Symbol) as long as it can be
//! carried along, and [`Value::Unknown`] where it would decide. Time is bounded by a number of steps, depth by a
//! limit, and what refers to itself is found out.

mod attributes;
mod cidr;
mod conditions;
mod functions;
mod parameters;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::Settings;
use super::document::{Kind, Node};
use super::stack::{ResourceId, StackId, World};
use super::value::{Located, Value};
use crate::topology::{Diagnostic, Place};

pub(super) use conditions::Truth;

/// Most steps that all expressions together may take.
const MAX_STEPS: usize = 3_000_000;
/// How deep expressions may nest, references followed.
const MAX_DEPTH: usize = 160;
/// Most bytes of a text, and most items of a list, that an expression may make.
const MAX_LENGTH: usize = 64 << 10;

/// How the reason begins for a value that is one of two, depending on a condition that is not known.
pub(super) const BY_CONDITION: &str = "it depends on a condition: ";

/// What is being evaluated: to find out what refers to itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Condition(StackId, Rc<str>),
    Parameter(StackId, Rc<str>),
    Property(ResourceId, Rc<str>),
    Output(StackId, Rc<str>),
}

/// The outputs that are exported, by name.
type Exports = BTreeMap<String, Vec<(StackId, Rc<str>)>>;

/// Evaluates expressions of a world of stacks.
pub(super) struct Evaluator<'w> {
    pub(super) world: &'w World,
    settings: &'w Settings,
    steps: usize,
    depth: usize,
    active: HashSet<Subject>,
    conditions: HashMap<(StackId, Rc<str>), Truth>,
    parameters: HashMap<(StackId, Rc<str>), Value>,
    exports: Option<Exports>,
    /// Parameters that were asked for and have no value.
    missing: BTreeMap<(String, Rc<str>), Place>,
    pub(super) problems: Vec<Diagnostic>,
    reported: HashSet<String>,
}

impl<'w> Evaluator<'w> {
    pub(super) fn new(world: &'w World, settings: &'w Settings) -> Self {
        Self {
            world,
            settings,
            steps: 0,
            depth: 0,
            active: HashSet::new(),
            conditions: HashMap::new(),
            parameters: HashMap::new(),
            exports: None,
            missing: BTreeMap::new(),
            problems: Vec::new(),
            reported: HashSet::new(),
        }
    }

    /// The value of a node of a stack.
    pub(super) fn value(&mut self, stack: StackId, node: &Node) -> Value {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Value::unknown("the template needs more computing than is done for one");
        }
        if self.depth >= MAX_DEPTH {
            return Value::unknown(format!("it is nested more than {MAX_DEPTH} deep"));
        }
        self.depth += 1;
        let value = match &node.kind {
            Kind::Null => Value::Nothing,
            Kind::Text(text) if text.contains("{{resolve:") => {
                Value::unknown("it comes from a secret or parameter store (`{{resolve:…}}`)")
            }
            Kind::Text(text) => Value::text(Rc::clone(text)),
            Kind::List(items) => {
                let items = items.iter().map(|item| self.located(stack, item));
                Value::List(items.filter(|item| !matches!(item.value, Value::Nothing)).collect())
            }
            Kind::Map(entries) => {
                let entries =
                    entries.iter().map(|(key, node)| (Rc::clone(&key.text), self.located(stack, node)));
                Value::Map(entries.filter(|(_, item)| !matches!(item.value, Value::Nothing)).collect())
            }
            Kind::Call(function, argument) => self.call(stack, function, argument, node.place()),
        };
        self.depth -= 1;
        value
    }

    pub(super) fn located(&mut self, stack: StackId, node: &Node) -> Located {
        self.value(stack, node).at(node.place())
    }

    /// Runs something that must not come to itself again.
    fn once<T>(
        &mut self,
        subject: Subject,
        run: impl FnOnce(&mut Self) -> T,
        again: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if !self.active.insert(subject.clone()) {
            return again(self);
        }
        let value = run(self);
        self.active.remove(&subject);
        value
    }

    /// Reports a problem once.
    fn report(&mut self, problem: Diagnostic) {
        let key = format!("{}{:?}", problem.message, problem.labels.first().map(|label| label.place));
        if self.reported.insert(key) {
            self.problems.push(problem);
        }
    }

    /// A property of a resource, evaluated.
    pub(super) fn property(&mut self, id: ResourceId, name: &str) -> Value {
        let world = self.world;
        let Some(resource) = world.resource(id) else { return Value::Nothing };
        let Some(properties) = &resource.properties else { return Value::Nothing };
        match &properties.kind {
            Kind::Map(_) => {}
            // `Properties: !If […]`, or a macro.
            Kind::Call(..) => {
                return match self.value(resource.stack, properties) {
                    Value::Map(entries) => entries
                        .into_iter()
                        .find(|(key, _)| &**key == name)
                        .map_or(Value::Nothing, |(_, found)| found.value),
                    unknown @ Value::Unknown(_) => unknown,
                    _ => Value::Nothing,
                };
            }
            _ => return Value::Nothing,
        }
        let Some(node) = properties.get(name) else { return Value::Nothing };
        let subject = Subject::Property(id, name.into());
        self.once(
            subject,
            |this| this.value(resource.stack, node),
            |this| {
                let message = format!("`{}` of `{}` refers to itself", name, resource.logical_id);
                this.report(Diagnostic::warning("CFN004", message, node.place()));
                Value::unknown("it refers to itself")
            },
        )
    }

    /// What SAM's `Globals` say of this property of a function.
    pub(super) fn global(&mut self, id: ResourceId, name: &str) -> Value {
        let world = self.world;
        let stack = world.resource(id).map(|resource| resource.stack);
        let functions = stack.and_then(|stack| world.stack(stack)?.functions.as_ref());
        match (stack, functions.and_then(|node| node.get(name))) {
            (Some(stack), Some(node)) => self.value(stack, node),
            _ => Value::Nothing,
        }
    }

    /// Where a property was written.
    pub(super) fn property_place(&self, id: ResourceId, name: &str) -> Place {
        let Some(resource) = self.world.resource(id) else { return Place::Implicit };
        let node = resource.properties.as_ref().and_then(|properties| properties.get(name));
        node.map_or(resource.place, Node::place)
    }

    /// Parameters without a value that something asked for: stack, name, place.
    pub(super) fn missing(&self) -> impl Iterator<Item = (&str, &str, Place)> {
        self.missing.iter().map(|((stack, name), place)| (stack.as_str(), &**name, *place))
    }
}

/// Joins texts that have a value each, or says why there is none.
fn too_long(length: usize) -> bool {
    length > MAX_LENGTH
}
