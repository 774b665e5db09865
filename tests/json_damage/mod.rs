//! JSON that somebody damaged.

use serde_json::Value;

/// Replaces what the numbers lead to.
pub(crate) fn mutate(value: &mut Value, steps: &[usize], by: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *value = by;
        return;
    };
    let inner = match value {
        Value::Array(list) if !list.is_empty() => {
            let at = step % list.len();
            list.get_mut(at)
        }
        Value::Object(map) if !map.is_empty() => {
            let at = step % map.len();
            map.values_mut().nth(at)
        }
        _ => None,
    };
    match inner {
        Some(inner) => mutate(inner, rest, by),
        None => *value = by,
    }
}
