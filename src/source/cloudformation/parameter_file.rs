//! Files with values of parameters, in the three forms that people have.

use serde_json::{Map, Value};

/// AWS's limit for such a file is far below it.
const MAX_BYTES: usize = 1 << 20;

/// Names and values, in the order of the file.
///
/// Read are the form of `aws cloudformation --parameters file://…`, a list of `ParameterKey` and `ParameterValue`; the form
/// of CodePipeline and of Git sync, a map `Parameters` (`parameters`); and that of `aws cloudformation deploy
/// --parameter-overrides file://…`, a list of `"NAME=VALUE"`, or one of the other two. A bare map is understood too.
///
/// # Errors
/// What is wrong with it, with the line for what is not JSON.
pub fn parameter_file(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("it is larger than {} KiB", MAX_BYTES >> 10));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not JSON: {error}"))?;
    match document {
        Value::Array(items) => items.into_iter().enumerate().map(|(at, item)| listed(at, &item)).collect(),
        Value::Object(mut map) => {
            let inner = ["Parameters", "parameters"].iter().find_map(|name| map.remove(*name));
            match inner {
                Some(Value::Object(inner)) => of_map(inner),
                Some(_) => Err("`Parameters` should be a map of names to values".to_owned()),
                None => of_map(map),
            }
        }
        _ => Err("it should be a list or a map of parameters".to_owned()),
    }
}

fn of_map(map: Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let one = |(name, value): (String, Value)| match text(&value) {
        Some(value) => Ok((name, value)),
        None => Err(format!("the value of `{name}` should be a text, a number, a flag, or a list of them")),
    };
    map.into_iter().map(one).collect()
}

fn listed(at: usize, item: &Value) -> Result<(String, String), String> {
    let pair = match item {
        Value::String(text) => text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())),
        Value::Object(map) => {
            let name = map.get("ParameterKey").and_then(Value::as_str);
            if let (Some(name), Some(Value::Bool(true)), None) =
                (name, map.get("UsePreviousValue"), map.get("ParameterValue"))
            {
                return Err(format!(
                    "`{name}` keeps the value that it was deployed with, which no file says"
                ));
            }
            let value = map.get("ParameterValue").and_then(text);
            name.map(str::to_owned).zip(value)
        }
        _ => None,
    };
    pair.filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
        let number = at + 1;
        format!("item {number} should be {{\"ParameterKey\": …, \"ParameterValue\": …}} or \"NAME=VALUE\"")
    })
}

/// A value as a parameter: lists are joined by commas.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(items) if items.iter().all(|item| !item.is_array()) => {
            Some(items.iter().map(text).collect::<Option<Vec<_>>>()?.join(","))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parameter_file;

    #[test]
    fn every_form() {
        let pairs = vec![("A".to_owned(), "1".to_owned()), ("B".to_owned(), "x,y".to_owned())];
        for text in [
            r#"[{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "ParameterValue": "x,y"}]"#,
            r#"{"Parameters": {"A": 1, "B": ["x", "y"]}, "Tags": {"C": "d"}}"#,
            r#"{"A": "1", "B": "x,y"}"#,
            r#"["A=1", "B=x,y"]"#,
        ] {
            assert_eq!(parameter_file(text.as_bytes()), Ok(pairs.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, part) in [
            ("{", "line 1"),
            ("7", "a list or a map"),
            (r#"{"A": {"b": 1}}"#, "`A`"),
            (r#"["A"]"#, "item 1"),
            (r#"[{"ParameterKey": "A"}]"#, "item 1"),
            (r#"[{"ParameterKey": "A", "UsePreviousValue": true}]"#, "`A` keeps"),
        ] {
            let problem = parameter_file(text.as_bytes()).err().unwrap_or_default();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
