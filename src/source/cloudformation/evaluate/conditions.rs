//! Conditions, in three values: what hangs on something unknown is unknown, unless the rest decides.

use std::rc::Rc;

use super::super::document::{Function, Kind, Node};
use super::super::stack::{ResourceId, StackId};
use super::super::value::Value;
use super::{Evaluator, Subject};
use crate::topology::{Diagnostic, Place, quote};

/// Whether a condition holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Truth {
    True,
    False,
    /// Nobody can say, and why not.
    Unknown(Rc<str>),
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl Evaluator<'_> {
    /// Whether a resource exists: its own condition, and that of the stacks it is in.
    pub(in super::super) fn exists(&mut self, id: ResourceId) -> Truth {
        let world = self.world;
        let Some(resource) = world.resource(id) else { return Truth::False };
        let own = match &resource.condition {
            Some((name, place)) => self.condition(resource.stack, name, *place),
            None => Truth::True,
        };
        let parent = world.stack(resource.stack).and_then(|stack| stack.parent);
        match (own, parent) {
            (Truth::False, _) => Truth::False,
            (own, None) => own,
            (own, Some(parent)) => match (own, self.exists(parent)) {
                (_, Truth::False) => Truth::False,
                (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => Truth::Unknown(why),
                _ => Truth::True,
            },
        }
    }

    /// A condition by its name.
    pub(super) fn condition(&mut self, stack: StackId, name: &str, place: Place) -> Truth {
        let world = self.world;
        let found = world.stack(stack).and_then(|stack| stack.conditions.get_key_value(name));
        let Some((name, node)) = found else {
            let message = format!("there is no condition {}", quote(name));
            self.report(Diagnostic::warning("CFN005", message, place));
            return Truth::Unknown(format!("there is no condition {}", quote(name)).into());
        };
        let key = (stack, Rc::clone(name));
        if let Some(truth) = self.conditions.get(&key) {
            return truth.clone();
        }
        let truth = self.once(
            Subject::Condition(stack, Rc::clone(name)),
            |this| this.truth(stack, node),
            |this| {
                let message = format!("condition `{name}` refers to itself");
                this.report(Diagnostic::warning("CFN004", message, node.place()));
                Truth::Unknown(format!("condition `{name}` refers to itself").into())
            },
        );
        self.conditions.insert(key, truth.clone());
        truth
    }

    /// Whether an expression holds.
    pub(super) fn truth(&mut self, stack: StackId, node: &Node) -> Truth {
        self.steps += 1;
        if self.depth >= super::MAX_DEPTH || self.steps > super::MAX_STEPS {
            return Truth::Unknown("the condition is too large".into());
        }
        self.depth += 1;
        let truth = match &node.kind {
            Kind::Call(Function::And, argument) => self.all(stack, argument, Truth::False),
            Kind::Call(Function::Or, argument) => self.all(stack, argument, Truth::True),
            Kind::Call(Function::Not, argument) => match argument.items() {
                [one] => match self.truth(stack, one) {
                    Truth::True => Truth::False,
                    Truth::False => Truth::True,
                    unknown => unknown,
                },
                _ => Truth::Unknown("`Fn::Not` takes one condition".into()),
            },
            Kind::Call(Function::Equals, argument) => match argument.items() {
                [one, two] => self.equal(stack, one, two),
                _ => Truth::Unknown("`Fn::Equals` takes two values".into()),
            },
            Kind::Call(Function::Condition, argument) => match argument.text() {
                Some(name) => self.condition(stack, name, node.place()),
                None => Truth::Unknown("`Condition` takes a name".into()),
            },
            _ => match self.value(stack, node) {
                Value::Text(text) => match text.as_known().as_deref() {
                    Some("true") => Truth::True,
                    Some("false") => Truth::False,
                    _ => Truth::Unknown("a condition is not true or false".into()),
                },
                Value::Unknown(why) => Truth::Unknown(why),
                _ => Truth::Unknown("a condition is not true or false".into()),
            },
        };
        self.depth -= 1;
        truth
    }

    /// `And` and `Or`: one operand may settle it, whatever the others are.
    fn all(&mut self, stack: StackId, argument: &Node, settles: Truth) -> Truth {
        let mut unknown = None;
        for item in argument.items() {
            match self.truth(stack, item) {
                truth if truth == settles => return settles,
                Truth::Unknown(why) => unknown = unknown.or(Some(why)),
                _ => {}
            }
        }
        match unknown {
            Some(why) => Truth::Unknown(why),
            None if argument.items().is_empty() => Truth::Unknown("a condition without operands".into()),
            None => Truth::from(settles == Truth::False),
        }
    }

    fn equal(&mut self, stack: StackId, one: &Node, two: &Node) -> Truth {
        let (one, two) = (self.value(stack, one), self.value(stack, two));
        match (one.same(&two), one, two) {
            (Some(same), _, _) => same.into(),
            (None, Value::Unknown(why), _) | (None, _, Value::Unknown(why)) => Truth::Unknown(why),
            _ => Truth::Unknown("it compares what only the deployment knows".into()),
        }
    }
}
