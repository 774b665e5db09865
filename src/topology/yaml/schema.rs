//! The grammar as a JSON Schema, for the completion and the red lines of editors.

use serde_json::{Map, Value, json};

use super::grammar::topology::TOPOLOGY;
use super::grammar::{Field, Leaf, LeafSchema, Record, Type};

/// The JSON Schema (draft 2020-12) of the topology language.
///
/// Made from the tables that the reader reads by, so that the two can't drift apart. What one key
/// says about another, and what names refer to, is beyond it.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let top = record(&TOPOLOGY, &mut definitions);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vpcreach topology",
    });
    if let (Some(schema), Value::Object(top)) = (schema.as_object_mut(), top) {
        schema.extend(top);
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

fn of(kind: Type, definitions: &mut Map<String, Value>) -> Value {
    match kind {
        Type::Leaf(of) => leaf(of),
        Type::OneOrMany(of) => json!({"anyOf": [leaf(of), {"type": "array", "items": leaf(of)}]}),
        Type::OneOrSeveral(item) => {
            let one = self::of(*item, definitions);
            json!({"anyOf": [one, {"type": "array", "items": one}]})
        }
        Type::List(item) => json!({"type": "array", "items": self::of(*item, definitions)}),
        Type::Map(key, value) => {
            let mut map =
                json!({"type": ["object", "null"], "additionalProperties": of(*value, definitions)});
            if let (LeafSchema::Pattern(pattern), Some(map)) = (key.schema, map.as_object_mut()) {
                map.insert("propertyNames".to_owned(), json!({"pattern": pattern}));
            }
            map
        }
        Type::Record(record) => reference(record, definitions),
        Type::Short(short, record) => json!({"anyOf": [leaf(short), reference(record, definitions)]}),
    }
}

/// Records are definitions of their own. Two of them may share a noun (the rules of groups and ACLs),
/// so the description tells them apart.
fn reference(of: &'static Record, definitions: &mut Map<String, Value>) -> Value {
    let noun = of.noun.trim_start_matches("an ").trim_start_matches("a ").trim_start_matches("the ");
    let base = noun.replace(' ', "_").to_lowercase();
    let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}_{n}")));
    for name in names {
        let taken =
            definitions.get(&name).map(|known| known.get("description") == Some(&json!(of.description)));
        match taken {
            Some(false) => continue,
            Some(true) => {}
            None => {
                definitions.insert(name.clone(), json!({"description": of.description}));
                let schema = record(of, definitions);
                definitions.insert(name.clone(), schema);
            }
        }
        return json!({"$ref": format!("#/$defs/{name}")});
    }
    Value::Bool(true)
}

fn record(of: &'static Record, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for field in of.all() {
        for name in field.names() {
            properties.insert(name.to_owned(), property(field, name, definitions));
        }
    }
    let mut rules: Vec<Value> = of.mandatory.iter().map(|set| mandatory(of, set)).collect();
    rules.extend(of.exclusive.iter().map(|(first, others)| {
        let others: Vec<Value> = others.iter().map(|other| any_name(of, other)).collect();
        json!({"not": {"allOf": [any_name(of, first), {"anyOf": others}]}})
    }));
    let mut schema = json!({
        "description": of.description,
        "type": if of.mandatory.is_empty() { json!(["object", "null"]) } else { json!("object") },
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(schema) = schema.as_object_mut() {
        if of.extensible {
            schema.insert("patternProperties".to_owned(), json!({"^x-": true}));
        }
        if !rules.is_empty() {
            schema.insert("allOf".to_owned(), Value::Array(rules));
        }
    }
    schema
}

fn mandatory(of: &Record, set: &[&str]) -> Value {
    let ways: Vec<Value> = set.iter().map(|key| any_name(of, key)).collect();
    json!({"anyOf": ways})
}

/// That a key is there, under whichever of its names.
fn any_name(of: &Record, key: &str) -> Value {
    let names = of.find(key).into_iter().flat_map(Field::names);
    json!({"anyOf": names.map(|name| json!({"required": [name]})).collect::<Vec<_>>()})
}

fn property(field: &Field, name: &str, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = of(field.of, definitions);
    if let Some(schema) = schema.as_object_mut() {
        let description = if name == field.key {
            field.description.to_owned()
        } else {
            format!("Another name of `{}`. {}", field.key, field.description)
        };
        schema.insert("description".to_owned(), json!(description));
        if let Ok(default) = serde_json::from_str::<Value>(field.default) {
            schema.insert("default".to_owned(), default);
        }
    }
    schema
}

fn leaf(of: &Leaf) -> Value {
    let mut schema = match of.schema {
        LeafSchema::Text => json!({"type": ["string", "number"]}),
        LeafSchema::Boolean => json!({"type": "boolean"}),
        LeafSchema::BooleanOrText => json!({"type": ["boolean", "string"]}),
        LeafSchema::Number(first, last) => json!({"type": "integer", "minimum": first, "maximum": last}),
        // A pattern says nothing about numbers, so a port or a name may be one.
        LeafSchema::Pattern(pattern) => json!({"type": ["string", "number"], "pattern": pattern}),
        LeafSchema::Words(words) => json!({"enum": words()}),
        LeafSchema::Suggestions(words) => {
            json!({"anyOf": [{"enum": words()}, {"type": ["string", "number"]}]})
        }
    };
    if let (true, Some(schema)) = (of.nullable, schema.as_object_mut()) {
        schema.insert("type".to_owned(), json!(["string", "number", "null"]));
    }
    schema
}
