//! Fewer and smaller requests that still show a difference, and how it is told.

use std::fmt::Write as _;

use serde_json::Value;

use crate::pair::{Answer, Pair};
use crate::request::Request;

/// How often an application is opened anew to try fewer requests.
const MOST_TRIALS: usize = 60;

/// The difference that the last of the requests shows, made small.
pub fn told(model: &Value, mut requests: Vec<Request>) -> String {
    let mut trials = 0;
    let last = requests.len() - 1;
    let writes: Vec<Request> = requests
        .iter()
        .enumerate()
        .filter(|(at, request)| *at == last || request.leaves_something())
        .map(|(_, request)| request.clone())
        .collect();
    if differ(model, &writes).is_some() {
        requests = writes;
    }
    let mut size = requests.len() / 2;
    while size > 0 && trials < MOST_TRIALS {
        let mut end = requests.len() - 1;
        while end > 0 && trials < MOST_TRIALS {
            let start = end.saturating_sub(size);
            let fewer: Vec<Request> = requests[..start].iter().chain(&requests[end..]).cloned().collect();
            trials += 1;
            if differ(model, &fewer).is_some() {
                requests = fewer;
            }
            end = start;
        }
        size /= 2;
    }
    for at in (0..requests.len()).rev() {
        while trials < 2 * MOST_TRIALS {
            let smaller = requests[at].smaller().into_iter().find_map(|request| {
                let mut changed = requests.clone();
                changed[at] = request;
                trials += 1;
                (trials < 2 * MOST_TRIALS && differ(model, &changed).is_some()).then_some(changed)
            });
            let Some(smaller) = smaller else { break };
            requests = smaller;
        }
    }
    let lean = lean(model, &requests);
    tell(if differ(&lean, &requests).is_some() { &lean } else { model }, &requests)
}

/// The model without the attributes that neither the requests nor other attributes name.
fn lean(model: &Value, requests: &[Request]) -> Value {
    let mut model = model.clone();
    let mut said = requests.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    loop {
        let before = said.len();
        for class in model["dataClasses"].as_array_mut().into_iter().flatten() {
            for attribute in class["attributes"].as_array_mut().into_iter().flatten() {
                let is_named = attribute["name"].as_str().is_some_and(|name| name == "ID" || said.contains(name));
                if is_named && attribute.get("kept").is_none() {
                    said.push_str(&attribute.to_string());
                    attribute["kept"] = Value::Bool(true);
                }
            }
        }
        if said.len() == before {
            break;
        }
    }
    for class in model["dataClasses"].as_array_mut().into_iter().flatten() {
        if let Some(attributes) = class["attributes"].as_array_mut() {
            attributes.retain_mut(|attribute| attribute.as_object_mut().is_some_and(|members| members.shift_remove("kept").is_some()));
        }
    }
    model
}

/// The answers to the last request, where they differ; those before it must be the same.
fn differ(model: &Value, requests: &[Request]) -> Option<[Answer; 2]> {
    let mut pair = Pair::open(model)?;
    for (at, request) in requests.iter().enumerate() {
        let answers = pair.ask(request);
        if answers[0] != answers[1] {
            return (at == requests.len() - 1).then_some(answers);
        }
    }
    None
}

fn tell(model: &Value, requests: &[Request]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} requests", requests.len());
    for class in model["dataClasses"].as_array().into_iter().flatten() {
        let attributes: Vec<String> = class["attributes"].as_array().into_iter().flatten().map(Value::to_string).collect();
        let _ = writeln!(text, "  {}:\n    {}", class["name"], attributes.join("\n    "));
    }
    for request in requests {
        let _ = writeln!(text, "  {request}");
    }
    match differ(model, requests) {
        None => text.push_str("  which came once and not again"),
        Some([ours, theirs]) => {
            let _ = write!(text, "SQLite     {} {}\nPostgreSQL {} {}", ours.0, ours.2, theirs.0, theirs.2);
        }
    }
    text
}
