//! The JSON Schema says the same as the reader.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::support::{SAMPLES, read};

fn validator() -> Validator {
    jsonschema::draft202012::new(&vpcreach::topology::yaml::schema()).unwrap()
}

/// A sample as JSON, merges applied.
pub(crate) fn as_json(text: &str) -> Value {
    let mut yaml: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    yaml.apply_merge().unwrap();
    to_json(&yaml)
}

fn to_json(yaml: &serde_yaml::Value) -> Value {
    match yaml {
        serde_yaml::Value::Mapping(map) => {
            let entries = map.iter().map(|(key, value)| (scalar(key), to_json(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        serde_yaml::Value::Sequence(items) => items.iter().map(to_json).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

fn scalar(key: &serde_yaml::Value) -> String {
    match key {
        serde_yaml::Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap().trim().to_owned(),
    }
}

/// The pointers of all maps in a value, except the user's own at the top.
fn maps(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.push(at.to_owned());
            for (key, value) in map.iter().filter(|(key, _)| !(at.is_empty() && key.starts_with("x-"))) {
                maps(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                maps(value, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn every_sample_is_valid() {
    let validator = validator();
    for (name, text) in SAMPLES {
        let errors: Vec<String> = validator
            .iter_errors(&as_json(text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
    }
}

#[test]
fn whatever_key_the_reader_refuses_the_schema_refuses_too() {
    let validator = validator();
    let mut refused = 0;
    for (name, text) in SAMPLES {
        let sample = as_json(text);
        let mut places = Vec::new();
        maps(&sample, "", &mut places);
        for place in places {
            let mut changed = sample.clone();
            let map = changed.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            map.insert("unheard_of".to_owned(), json!(1));
            let (_, diagnostics) = read(&changed.to_string());
            let reader = diagnostics.iter().any(|d| d.is_error());
            let schema = !validator.is_valid(&changed);
            // A name may be anything; then it is the value 1 that does not fit.
            assert_eq!(reader, schema, "{name} {place}: {diagnostics:?}");
            refused += usize::from(reader);
        }
    }
    assert!(refused > 200, "{refused}");
}

#[test]
fn whatever_key_is_missed_by_the_reader_is_missed_by_the_schema_too() {
    let validator = validator();
    for (name, text) in SAMPLES {
        let sample = as_json(text);
        let mut places = Vec::new();
        maps(&sample, "", &mut places);
        for place in places {
            for key in sample.pointer(&place).unwrap().as_object().unwrap().keys() {
                let mut changed = sample.clone();
                changed.pointer_mut(&place).unwrap().as_object_mut().unwrap().remove(key);
                let (_, diagnostics) = read(&changed.to_string());
                let reader = diagnostics.iter().any(|d| d.code == "TOP006");
                assert_eq!(
                    reader,
                    !validator.is_valid(&changed),
                    "{name} {place} without {key}: {diagnostics:?}"
                );
            }
        }
    }
}

#[test]
fn every_property_is_described() {
    let schema = vpcreach::topology::yaml::schema();
    let definitions = schema["$defs"].as_object().unwrap();
    assert!(definitions.len() > 30);
    for (name, definition) in definitions {
        assert!(definition["description"].is_string(), "{name}");
        for (key, property) in definition["properties"].as_object().unwrap() {
            assert!(property["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}.{key}");
        }
    }
}
