//! `Ref`: parameters, pseudo parameters, resources.

use std::rc::Rc;

use super::super::stack::{Parameter, StackId};
use super::super::value::Value;
use super::{Evaluator, Subject};
use crate::topology::{Diagnostic, Place, quote};

impl Evaluator<'_> {
    /// `Ref NAME`, and `${NAME}` in a text.
    pub(super) fn reference(&mut self, stack: StackId, name: &str, place: Place) -> Value {
        if let Some(pseudo) = name.strip_prefix("AWS::") {
            return self.pseudo(stack, pseudo, name);
        }
        let world = self.world;
        let Some(this) = world.stack(stack) else { return Value::unknown("its stack is not known") };
        if let Some(id) = this.resources.get(name) {
            return self.whole_resource(*id);
        }
        let Some((name, parameter)) = this.parameters.get_key_value(name) else {
            let message = format!("there is no parameter and no resource {}", quote(name));
            self.report(Diagnostic::warning("CFN005", message, place));
            return Value::unknown(format!("nothing is called {}", quote(name)));
        };
        let key = (stack, Rc::clone(name));
        if let Some(value) = self.parameters.get(&key) {
            return value.clone();
        }
        let value = self.once(
            Subject::Parameter(stack, Rc::clone(name)),
            |this| this.parameter(stack, name, parameter),
            |_| Value::unknown("it refers to itself"),
        );
        self.parameters.insert(key, value.clone());
        value
    }

    fn parameter(&mut self, stack: StackId, name: &Rc<str>, parameter: &Parameter) -> Value {
        let world = self.world;
        let stack_name = world.stack(stack).map_or("", |stack| &stack.name);
        if let Some(text) = self.settings.parameter(stack_name, name) {
            let text = text.to_owned();
            self.check_allowed(name, parameter, &text);
            return typed(&parameter.kind, &text);
        }
        if let Some(value) = self.parent_gives(stack, name) {
            return match value {
                Value::Text(text) if is_list(&parameter.kind) => match text.as_known() {
                    Some(known) => typed(&parameter.kind, &known),
                    None => Value::List(
                        text.split(",")
                            .into_iter()
                            .map(|part| Value::Text(part).at(parameter.place))
                            .collect(),
                    ),
                },
                other => other,
            };
        }
        if parameter.kind.starts_with("AWS::SSM::Parameter::Value") {
            return Value::unknown(format!("parameter `{name}` is looked up in the Parameter Store"));
        }
        match parameter.default.as_ref().and_then(|node| node.text()) {
            Some(text) => typed(&parameter.kind, text),
            // `Default:` with nothing behind it is the empty text.
            None if parameter.default.is_some() => typed(&parameter.kind, ""),
            None => {
                self.missing.insert((stack_name.to_owned(), Rc::clone(name)), parameter.place);
                Value::unknown(format!("parameter `{name}` has no value"))
            }
        }
    }

    /// What the stack above gives to a parameter of a nested stack.
    fn parent_gives(&mut self, stack: StackId, name: &str) -> Option<Value> {
        let world = self.world;
        let id = world.stack(stack)?.parent?;
        let resource = world.resource(id)?;
        let node = resource.properties.as_ref()?.get("Parameters")?.get(name)?;
        match self.value(resource.stack, node) {
            Value::Nothing => None,
            // Stacks hand lists on as texts with commas, and take both.
            value => Some(value),
        }
    }

    fn check_allowed(&mut self, name: &str, parameter: &Parameter, text: &str) {
        let listed = is_list(&parameter.kind);
        let parts: Vec<&str> = if listed { text.split(',').map(str::trim).collect() } else { vec![text] };
        let wrong =
            parts.into_iter().find(|part| parameter.allowed.iter().all(|allowed| **allowed != **part));
        if let Some(wrong) = wrong.filter(|_| !parameter.allowed.is_empty()) {
            let message = format!("{} is not an allowed value of parameter `{name}`", quote(wrong));
            let allowed: Vec<&str> = parameter.allowed.iter().map(|one| &**one).collect();
            let problem = Diagnostic::error("CFN006", message, parameter.place);
            self.report(problem.help(format!("allowed are: {}", allowed.join(", "))));
        }
    }

    /// A pseudo parameter by its whole name.
    pub(in super::super) fn pseudo_parameter(&mut self, stack: StackId, whole: &str) -> Value {
        self.pseudo(stack, whole.strip_prefix("AWS::").unwrap_or(whole), whole)
    }

    /// `AWS::Region` and the like. They can be given like parameters.
    fn pseudo(&mut self, stack: StackId, name: &str, whole: &str) -> Value {
        let stack_name = self.world.stack(stack).map_or("", |stack| &stack.name);
        if name == "NoValue" {
            return Value::Nothing;
        }
        if let Some(text) = self.settings.parameter(stack_name, whole) {
            return Value::text(text);
        }
        match name {
            "StackName" => Value::text(stack_name),
            "Region" | "AccountId" | "Partition" | "URLSuffix" | "StackId" | "NotificationARNs" => {
                self.missing.insert((stack_name.to_owned(), whole.into()), Place::Implicit);
                Value::unknown(format!("`{whole}` is known only to the deployment"))
            }
            _ => Value::unknown(format!("`{whole}` is not a pseudo parameter that is known here")),
        }
    }
}

/// Whether a type of parameter is a list.
fn is_list(kind: &str) -> bool {
    kind.starts_with("List<") || kind == "CommaDelimitedList" || kind.contains("<List<")
}

fn typed(kind: &str, text: &str) -> Value {
    if !is_list(kind) {
        return Value::text(text);
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Value::List(parts.map(|part| Value::text(part).at(Place::Implicit)).collect())
}
