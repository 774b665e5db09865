//! The intrinsic functions.

use std::rc::Rc;

use super::super::document::{Function, Kind, Node};
use super::super::stack::StackId;
use super::super::value::{Piece, Text, Value};
use super::conditions::Truth;
use super::{BY_CONDITION, Evaluator, Exports, Subject, cidr, too_long};
use crate::topology::{Diagnostic, Place, quote};

impl Evaluator<'_> {
    pub(super) fn call(
        &mut self,
        stack: StackId,
        function: &Function,
        argument: &Node,
        place: Place,
    ) -> Value {
        match function {
            Function::Ref => match argument.text() {
                Some(name) => self.reference(stack, name, place),
                None => Value::unknown("`Ref` takes a name"),
            },
            Function::GetAtt => self.get_att(stack, argument, place),
            Function::Sub => self.sub(stack, argument, place),
            Function::Join => self.join(stack, argument),
            Function::Select => self.select(stack, argument),
            Function::Split => self.split(stack, argument),
            Function::Base64 => match self.known(stack, argument) {
                Ok(text) => Value::text(base64(text.as_bytes())),
                Err(unknown) => unknown,
            },
            Function::GetAzs => self.zones(stack, argument),
            Function::Cidr => self.cidr(stack, argument),
            Function::FindInMap => self.find_in_map(stack, argument),
            Function::ImportValue => self.import(stack, argument),
            Function::If => self.either(stack, argument),
            Function::And | Function::Or | Function::Not | Function::Equals | Function::Condition => {
                let whole = Node {
                    span: argument.span,
                    kind: Kind::Call(function.clone(), Rc::new(argument.clone())),
                };
                match self.truth(stack, &whole) {
                    Truth::True => Value::text("true"),
                    Truth::False => Value::text("false"),
                    Truth::Unknown(why) => Value::Unknown(why),
                }
            }
            Function::Other(name) => {
                let shown = quote(name);
                let problem =
                    Diagnostic::warning("CFN007", format!("function {shown} is not evaluated"), place);
                self.report(problem.help("what depends on it is undetermined"));
                Value::unknown(format!("{shown} is not evaluated"))
            }
        }
    }

    /// The text of a node, all of which is known; or the unknown value to pass on.
    pub(super) fn known(&mut self, stack: StackId, node: &Node) -> Result<String, Value> {
        let value = self.value(stack, node);
        self.known_value(value)
    }

    fn known_value(&mut self, value: Value) -> Result<String, Value> {
        match value {
            Value::Text(text) => text.as_known().ok_or_else(|| self.symbol_unknown(&text)),
            unknown @ Value::Unknown(_) => Err(unknown),
            Value::Nothing => Err(Value::unknown("nothing stands where a text should be")),
            Value::List(_) | Value::Map(_) => Err(Value::unknown("a text should be there")),
        }
    }

    /// Why a text with a symbol in it is not known.
    pub(in super::super) fn symbol_unknown(&self, text: &Text) -> Value {
        Value::unknown(text.any_symbol().map_or_else(
            || "it is not known".to_owned(),
            |symbol| {
                let name = self.world.resource(symbol.resource).map_or("?", |resource| &resource.logical_id);
                match &symbol.attribute {
                    Some(attribute) => format!("`{attribute}` of `{name}` exists only after deployment"),
                    None => format!("the id of `{name}` exists only after deployment"),
                }
            },
        ))
    }

    fn sub(&mut self, stack: StackId, argument: &Node, place: Place) -> Value {
        let (template, variables) = match &argument.kind {
            Kind::Text(text) => (Rc::clone(text), &[][..]),
            Kind::List(items) => match items.as_slice() {
                [template, variables] => match template.text() {
                    Some(text) => (Rc::from(text), variables.entries()),
                    None => return Value::unknown("`Fn::Sub` takes a text"),
                },
                _ => return Value::unknown("`Fn::Sub` takes a text, or a text and a map"),
            },
            _ => return Value::unknown("`Fn::Sub` takes a text"),
        };
        let mut text = Text(Vec::new());
        let mut rest: &str = &template;
        while let Some((before, after)) = rest.split_once("${") {
            text.0.push(Piece::Known(before.into()));
            let Some((name, after)) = after.split_once('}') else {
                text.0.push(Piece::Known(format!("${{{after}").into()));
                rest = "";
                break;
            };
            rest = after;
            if let Some(literal) = name.strip_prefix('!') {
                text.0.push(Piece::Known(format!("${{{literal}}}").into()));
                continue;
            }
            let name = name.trim();
            let value = match variables.iter().find(|(key, _)| &*key.text == name) {
                Some((_, node)) => self.value(stack, node),
                None => match name.split_once('.') {
                    Some((resource, attribute)) => self.attribute(stack, resource, attribute, place),
                    None => self.reference(stack, name, place),
                },
            };
            match value {
                Value::Text(part) => text.0.extend(part.0),
                Value::Nothing => {}
                unknown @ Value::Unknown(_) => return unknown,
                Value::List(_) | Value::Map(_) => {
                    return Value::unknown(format!("{} is not a text", quote(&format!("${{{name}}}"))));
                }
            }
            if too_long(text.len()) || too_long(text.0.len()) {
                return Value::unknown("the text is too long");
            }
        }
        text.0.push(Piece::Known(rest.into()));
        if text.as_known().is_some_and(|text| text.contains("{{resolve:")) {
            return Value::unknown("it comes from a secret or parameter store (`{{resolve:…}}`)");
        }
        Value::Text(text)
    }

    fn join(&mut self, stack: StackId, argument: &Node) -> Value {
        let [delimiter, list] = argument.items() else {
            return Value::unknown("`Fn::Join` takes a delimiter and a list");
        };
        let delimiter: Rc<str> = match &delimiter.kind {
            Kind::Text(text) => Rc::clone(text),
            Kind::Null => "".into(),
            _ => match self.known(stack, delimiter) {
                Ok(text) => text.into(),
                Err(unknown) => return unknown,
            },
        };
        let items = match self.value(stack, list) {
            Value::List(items) => items,
            unknown @ Value::Unknown(_) => return unknown,
            _ => return Value::unknown("`Fn::Join` takes a list"),
        };
        let mut text = Text(Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                text.0.push(Piece::Known(Rc::clone(&delimiter)));
            }
            match item.value {
                Value::Text(part) => text.0.extend(part.0),
                unknown @ Value::Unknown(_) => return unknown,
                _ => return Value::unknown("`Fn::Join` joins texts"),
            }
            if too_long(text.len()) || too_long(text.0.len()) {
                return Value::unknown("the text is too long");
            }
        }
        Value::Text(text)
    }

    fn select(&mut self, stack: StackId, argument: &Node) -> Value {
        let [index, list] = argument.items() else {
            return Value::unknown("`Fn::Select` takes an index and a list");
        };
        let index: usize = match self.known(stack, index).map(|text| text.trim().parse()) {
            Ok(Ok(index)) => index,
            Ok(Err(_)) => return Value::unknown("the index of `Fn::Select` is not a number"),
            Err(unknown) => return unknown,
        };
        match self.value(stack, list) {
            Value::List(items) => {
                let length = items.len();
                let item = items.into_iter().nth(index).map(|item| item.value);
                item.unwrap_or_else(|| {
                    Value::unknown(format!("`Fn::Select` wants item {index} of a list of {length}"))
                })
            }
            // An item of a list that only the deployment knows.
            Value::Text(text) => match text.as_symbol().filter(|symbol| symbol.attribute.is_some()) {
                Some(_) => Value::Text(text),
                None => Value::unknown("`Fn::Select` takes a list"),
            },
            unknown @ Value::Unknown(_) => unknown,
            _ => Value::unknown("`Fn::Select` takes a list"),
        }
    }

    fn split(&mut self, stack: StackId, argument: &Node) -> Value {
        let [delimiter, text] = argument.items() else {
            return Value::unknown("`Fn::Split` takes a delimiter and a text");
        };
        let delimiter = match self.known(stack, delimiter) {
            Ok(text) if !text.is_empty() => text,
            Ok(_) => return Value::unknown("the delimiter of `Fn::Split` is empty"),
            Err(unknown) => return unknown,
        };
        let place = text.place();
        match self.value(stack, text) {
            // Into how many parts the deployment's text falls is not known: the whole stands for each.
            Value::Text(text) if text.as_symbol().is_some_and(|symbol| symbol.attribute.is_some()) => {
                Value::Text(text)
            }
            Value::Text(text) => {
                let parts = text.split(&delimiter);
                if too_long(parts.len()) {
                    return Value::unknown("the list is too long");
                }
                Value::List(parts.into_iter().map(|part| Value::Text(part).at(place)).collect())
            }
            unknown @ Value::Unknown(_) => unknown,
            _ => Value::unknown("`Fn::Split` takes a text"),
        }
    }

    /// The zones of a region. Which letters an account has does not matter to a network.
    fn zones(&mut self, stack: StackId, argument: &Node) -> Value {
        let region = match self.value(stack, argument) {
            Value::Text(text) => text.as_known().unwrap_or_default(),
            _ => String::new(),
        };
        let region = match region.is_empty() {
            true => match self.reference(stack, "AWS::Region", argument.place()) {
                Value::Text(text) => text.as_known().unwrap_or_default(),
                _ => String::new(),
            },
            false => region,
        };
        let zone = |letter: char| match region.is_empty() {
            true => Value::unknown("the region is known only to the deployment"),
            false => Value::text(format!("{region}{letter}")),
        };
        Value::List(('a'..='f').map(|letter| zone(letter).at(argument.place())).collect())
    }

    fn cidr(&mut self, stack: StackId, argument: &Node) -> Value {
        let [block, count, rest @ ..] = argument.items() else {
            return Value::unknown("`Fn::Cidr` takes a block, a count and a number of bits");
        };
        let block = match self.known(stack, block) {
            Ok(text) => text,
            Err(unknown) => return unknown,
        };
        let mut number = |node: &Node| match self.known(stack, node).map(|text| text.trim().parse::<u32>()) {
            Ok(Ok(number)) => Ok(number),
            Ok(Err(_)) => Err(Value::unknown("`Fn::Cidr` takes numbers")),
            Err(unknown) => Err(unknown),
        };
        let count = match number(count) {
            Ok(count) => count,
            Err(unknown) => return unknown,
        };
        let bits = match rest.first().map(&mut number) {
            Some(Ok(bits)) => bits,
            Some(Err(unknown)) => return unknown,
            None => return Value::unknown("`Fn::Cidr` needs the number of bits"),
        };
        match cidr::split(&block, count, u8::try_from(bits).unwrap_or(u8::MAX)) {
            Ok(ranges) => {
                Value::List(ranges.into_iter().map(|range| Value::text(range).at(argument.place())).collect())
            }
            Err(why) => {
                self.report(Diagnostic::warning("CFN008", why.clone(), argument.place()));
                Value::unknown(why)
            }
        }
    }

    fn find_in_map(&mut self, stack: StackId, argument: &Node) -> Value {
        let [map, first, second, options @ ..] = argument.items() else {
            return Value::unknown("`Fn::FindInMap` takes a map and two keys");
        };
        let mut keys = Vec::with_capacity(3);
        for node in [map, first, second] {
            match self.known(stack, node) {
                Ok(text) => keys.push(text),
                Err(unknown) => return unknown,
            }
        }
        let world = self.world;
        let mut found = world.stack(stack).and_then(|stack| stack.mappings.as_ref());
        for key in &keys {
            found = found.and_then(|node| node.get(key));
        }
        match (found, options.first().and_then(|node| node.get("DefaultValue"))) {
            (Some(node), _) | (None, Some(node)) => self.value(stack, node),
            (None, None) => Value::unknown(format!("mapping {} does not exist", quote(&keys.join(".")))),
        }
    }

    fn either(&mut self, stack: StackId, argument: &Node) -> Value {
        let [condition, yes, no] = argument.items() else {
            return Value::unknown("`Fn::If` takes a condition and two values");
        };
        let truth = match condition.text() {
            Some(name) => self.condition(stack, name, condition.place()),
            None => self.truth(stack, condition),
        };
        match truth {
            Truth::True => self.value(stack, yes),
            Truth::False => self.value(stack, no),
            Truth::Unknown(why) => {
                let (yes, no) = (self.value(stack, yes), self.value(stack, no));
                if yes.same(&no) == Some(true) { yes } else { Value::unknown(format!("{BY_CONDITION}{why}")) }
            }
        }
    }

    fn import(&mut self, stack: StackId, argument: &Node) -> Value {
        let name = match self.known(stack, argument) {
            Ok(name) => name,
            Err(unknown) => return unknown,
        };
        if let Some((_, value)) = self.settings.exports.iter().rev().find(|(given, _)| *given == name) {
            return Value::text(value.as_str());
        }
        let found = self.exports().get(&name).cloned().unwrap_or_default();
        match found.as_slice() {
            [] => Value::unknown(format!("no template that was read exports {}", quote(&name))),
            [(exporter, output)] => self.output(*exporter, &Rc::clone(output)),
            _ => Value::unknown(format!("several templates export {}", quote(&name))),
        }
    }

    /// The value of an output of a stack.
    pub(super) fn output(&mut self, stack: StackId, name: &Rc<str>) -> Value {
        let world = self.world;
        let outputs = world.stack(stack).map(|stack| stack.outputs.as_slice()).unwrap_or_default();
        let Some((_, node)) = outputs.iter().find(|(output, _)| output == name) else {
            return Value::unknown(format!("the stack has no output {}", quote(name)));
        };
        let Some(node) = node.get("Value") else { return Value::unknown("the output has no value") };
        self.once(
            Subject::Output(stack, Rc::clone(name)),
            |this| this.value(stack, node),
            |_| Value::unknown("it refers to itself"),
        )
    }

    /// Every export of every stack, by name.
    fn exports(&mut self) -> &Exports {
        if self.exports.is_none() {
            // While names are evaluated, nothing is exported: a name must not import.
            self.exports = Some(Exports::new());
            let mut exports = Exports::new();
            let world = self.world;
            for id in world.stack_ids() {
                let outputs = world.stack(id).map(|stack| stack.outputs.as_slice()).unwrap_or_default();
                for (output, node) in outputs {
                    let Some(name) = node.get("Export").and_then(|export| export.get("Name")) else {
                        continue;
                    };
                    if let Ok(name) = self.known(id, name) {
                        exports.entry(name).or_default().push((id, Rc::clone(output)));
                    }
                }
            }
            self.exports = Some(exports);
        }
        self.exports.get_or_insert_default()
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * position)) as usize & 63).copied().unwrap_or(b'=');
            text.push(if position > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in pairs {
            assert_eq!(super::base64(plain.as_bytes()), encoded);
        }
    }
}
