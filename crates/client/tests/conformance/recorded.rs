//! Cases against a server that plays what stands in them.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::{Map, Value as Json, json};

use crate::loopback::{Asked, Loopback, Reply, SECRET, decoded};
use crate::runner::{World, run};
use crate::{cases, compare, read, suite};

#[tokio::test]
async fn recorded_cases() {
    let catalog = read(&suite().join("recorded/catalog.json"));
    for (name, case) in cases("recorded") {
        let exchanges = case["exchanges"].as_array().unwrap().clone();
        let (wanted, catalog) = (exchanges.clone(), catalog.clone());
        let server = Loopback::start(move |number, asked| match wanted.get(number) {
            Some(exchange) if differs(&exchange["request"], asked).is_none() => reply(&exchange["answer"], &catalog),
            // Found again and told below.
            _ => Reply::json(500, "{}"),
        })
        .await;
        let keys = HashMap::from([("any".to_owned(), SECRET.to_owned())]);
        let world = World {
            hostname: format!("http://{}", server.address),
            keys,
            delete_key: Box::new(|_| panic!("no keys are made")),
            serve: Arc::new(|change, _| panic!("{change} is for live cases")),
        };
        let done = AssertUnwindSafe(run(&name, &case, &world)).catch_unwind().await;
        let asked = server.asked();
        for (number, asked) in asked.iter().enumerate() {
            let difference = match exchanges.get(number) {
                Some(exchange) => differs(&exchange["request"], asked),
                None => Some("is one more than recorded".to_owned()),
            };
            assert!(
                difference.is_none(),
                "{name}, request {}: {} {}\n{}",
                number + 1,
                asked.method,
                asked.target,
                difference.unwrap_or_default()
            );
        }
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
        assert_eq!(asked.len(), exchanges.len(), "{name}: not all requests came");
    }
}

/// What is not as recorded.
fn differs(wanted: &Json, asked: &Asked) -> Option<String> {
    let (path, query) = asked.raw.split_once('?').unwrap_or((&asked.raw, ""));
    if wanted["method"] != asked.method.as_str() || wanted["path"] != decoded(path).as_str() {
        return Some(format!("{} {} was expected", wanted["method"], wanted["path"]));
    }
    let found: Map<String, Json> =
        query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| parameter(name, value)).collect();
    let parameters = wanted.get("query").cloned().unwrap_or_else(|| json!({}));
    let parameters: Map<String, Json> = parameters
        .as_object()?
        .iter()
        .map(|(name, value)| (name.clone(), if value.is_number() { json!(value.to_string()) } else { value.clone() }))
        .collect();
    if !compare::equal(&Json::Object(found.clone()), &Json::Object(parameters)) {
        return Some(format!("the parameters are {}", Json::Object(found)));
    }
    if wanted["headers"].get("api-key").is_none() && asked.header("api-key") != Some(SECRET) {
        return Some("the key is not sent".to_owned());
    }
    for (name, value) in wanted["headers"].as_object().into_iter().flatten() {
        if asked.header(name) != value.as_str() {
            return Some(format!("the header {name} is {:?}", asked.header(name)));
        }
    }
    let body: Option<Json> = serde_json::from_str(&asked.body).ok();
    match wanted.get("body") {
        Some(wanted) if body.as_ref().is_none_or(|body| !compare::equal(body, wanted)) => Some(format!("the body is {}", asked.body)),
        _ => None,
    }
}

fn parameter(name: &str, value: &str) -> (String, Json) {
    let (name, value) = (decoded(name), decoded(value));
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let value = inner.unwrap_or(&value).to_owned();
    let value = if name == "$params" { serde_json::from_str(&value).unwrap_or(Json::String(value)) } else { Json::String(value) };
    (name, value)
}

fn reply(answer: &Json, catalog: &Json) -> Reply {
    if answer["silence"] == true {
        return Reply::Silence;
    }
    if answer["hangUp"] == true {
        return Reply::HangUp;
    }
    let status = answer["status"].as_u64().map_or(200, |status| u16::try_from(status).unwrap());
    let body = match (answer.get("json"), answer["text"].as_str()) {
        _ if answer["catalog"] == true => catalog.to_string(),
        (Some(json), _) => json.to_string(),
        (None, text) => text.unwrap_or_default().to_owned(),
    };
    let mut reply = if answer["cut"] == true { Reply::cut(status, &body) } else { Reply::json(status, &body) };
    if answer["keepAlive"] == true {
        reply = reply.kept_alive();
    }
    for header in answer["headers"].as_array().into_iter().flatten() {
        reply = reply.with(header[0].as_str().unwrap(), header[1].as_str().unwrap());
    }
    reply
}
