//! JSON that somebody damaged.

use proptest::prelude::*;
use serde_json::Value;

/// Lists and objects of these, or of what any file may hold; the names of fields match a pattern.
pub(crate) fn any_json(own: BoxedStrategy<Value>, fields: &'static str) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof!["", "-1", "local", "10.0.0.0/8", "::/0", "300.1.2.3/99", "vpc-1", "sg-0d", "\\PC{0,8}"]
            .prop_map(Value::from),
        own,
    ];
    leaf.prop_recursive(3, 12, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((fields, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

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
