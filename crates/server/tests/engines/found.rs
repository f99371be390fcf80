//! Differences that the random requests have found, each by itself.

use serde_json::{Value, json};

use crate::pair::Pair;
use crate::request::Request;

/// Asks both engines all of it; the last answer, which is one.
#[track_caller]
fn last(model: &Value, requests: &[Request]) -> Option<Value> {
    let mut pair = Pair::open(model)?;
    let mut last = Value::Null;
    for request in requests {
        let [ours, theirs] = pair.ask(request);
        assert_eq!(ours, theirs, "{request}");
        last = serde_json::from_str(&ours.2).unwrap();
    }
    Some(last)
}

fn create(class: &str, body: Value) -> Request {
    Request::post(class, "", Some(body))
}

fn ids(page: &Value) -> Vec<String> {
    page["__ENTITIES"].as_array().unwrap().iter().map(|entity| entity["__KEY"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn ties_go_by_the_numbers_of_decimal_keys() {
    let model = json!({ "dataClasses": [{ "name": "Price", "attributes": [
        { "name": "ID", "type": "number", "precision": 14, "scale": 3, "primKey": true }, { "name": "note", "type": "string" }] }] });
    let keys = [json!(10), json!(2.005), json!(-0.1), json!(-12345678901.123_f64)];
    let mut requests: Vec<Request> = keys.into_iter().map(|key| create("Price", json!({ "ID": key }))).collect();
    requests.push(Request::get("Price", "").with("$orderby", "note"));
    let Some(page) = last(&model, &requests) else { return };
    assert_eq!(ids(&page), ["-12345678901.123", "-0.1", "2.005", "10"]);
}

#[test]
fn objects_over_to_many_relations_are_a_list() {
    let model = json!({ "dataClasses": [{ "name": "Node", "attributes": [
        { "name": "ID", "type": "long", "primKey": true },
        { "name": "data", "type": "object" },
        { "name": "parent", "kind": "relatedEntity", "type": "Node", "path": "Node" },
        { "name": "children", "kind": "relatedEntities", "type": "NodeSelection", "reversePath": true, "path": "parent" },
        { "name": "all", "kind": "alias", "type": "object", "path": "children.data" }] }] });
    let requests = [
        create("Node", json!({ "ID": 1 })),
        create("Node", json!({ "ID": 2, "parent": 1, "data": { "b": 1 } })),
        create("Node", json!({ "ID": 3, "parent": 1, "data": { "a": [true, "É"] } })),
        create("Node", json!({ "ID": 4, "parent": 1, "data": { "b": 1 } })),
        create("Node", json!({ "ID": 5, "parent": 1 })),
        Request::get("Node", "(1)"),
    ];
    let Some(node) = last(&model, &requests) else { return };
    assert_eq!(node["all"], json!([{ "a": [true, "É"] }, { "b": 1 }]));
}

#[test]
fn minus_zero_is_zero() {
    let model = json!({ "dataClasses": [{ "name": "Node", "attributes": [
        { "name": "ID", "type": "number", "primKey": true },
        { "name": "parent", "kind": "relatedEntity", "type": "Node", "path": "Node", "integrity": "reject" }] }] });
    let requests = [
        create("Node", json!({ "ID": -0.0 })),
        create("Node", json!({ "ID": 1, "parent": -0.0 })),
        Request::post("Node", "(0)", None).with("$method", "delete"),
    ];
    let Some(answer) = last(&model, &requests) else { return };
    assert_eq!(answer["__ERROR"][0]["message"], "Node 0 cannot be deleted: Node.parent refers to it");
}

#[test]
fn what_goes_with_an_entity_goes_in_the_order_of_its_key() {
    let model = json!({ "dataClasses": [
        { "name": "Box", "attributes": [{ "name": "ID", "type": "long", "primKey": true }] },
        { "name": "Part", "attributes": [
            { "name": "ID", "type": "long", "primKey": true },
            { "name": "box", "kind": "relatedEntity", "type": "Box", "path": "Box", "integrity": "cascade" },
            { "name": "on", "kind": "relatedEntity", "type": "Part", "path": "Part", "integrity": "reject" }] }] });
    let mut requests = vec![create("Box", json!({ "ID": 1 })), create("Part", json!({ "ID": 1, "box": 1 }))];
    requests.push(create("Part", json!({ "ID": 2, "box": 1, "on": 1 })));
    // PostgreSQL puts a changed row behind the others.
    requests.push(create("Part", json!({ "__KEY": "1", "on": null, "box": null })));
    requests.push(create("Part", json!({ "__KEY": "1", "box": 1 })));
    requests.push(Request::post("Box", "(1)", None).with("$method", "delete"));
    let Some(answer) = last(&model, &requests) else { return };
    assert_eq!(answer["__ERROR"][0]["message"], "Part 1 cannot be deleted: Part.on refers to it");
}
