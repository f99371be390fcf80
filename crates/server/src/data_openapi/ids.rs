//! IDs of operations are unique, also once a program has made names of them: most leave out what is neither letter nor digit, and some change case.

use rustc_hash::FxHashSet;
use serde_json::Value;

use super::Members;

/// Where operations have one ID, or IDs of which one name is made, all but the first get a number.
pub(super) fn tell_apart(paths: &mut Members) {
    let mut known = FxHashSet::default();
    for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        let Some(Value::String(id)) = operation.get_mut("operationId") else { continue };
        let mut number = 1;
        while !known.insert(folded(id, number)) {
            number += 1;
        }
        if number > 1 {
            *id = format!("{id}_{number}");
        }
    }
}

fn folded(id: &str, number: usize) -> String {
    let mut name: String = id.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect();
    if number > 1 {
        name.push_str(&number.to_string());
    }
    name
}
