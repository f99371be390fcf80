//! Paths that belong to no dataclass: the catalog, the document itself, uploads, entity sets that are given up, the directory, the server's memory.

use claviger_model::Dataclass;
use serde_json::{Value, json};

use super::super::parameters::{body, in_path, named};
use super::super::{Members, View, answers, reference};

/// Those that the caller has a use for; `reached`: the dataclasses.
pub(in super::super) fn paths(view: View<'_>, reached: &[&Dataclass]) -> Members {
    let mut paths = Members::new();
    let mut add = |path: &str, item: Value| {
        paths.insert(path.to_owned(), item);
    };
    let listed = || answers::of("The catalog", reference("rest.Catalog"));
    let names = in_path("dataclasses", "Names, separated by commas.", json!({ "type": "string" }));
    add("/rest/$catalog", json!({ "get": operation("Dataclasses of the datastore", "catalog", "$catalog", listed()) }));
    add("/rest/$catalog/$all", json!({ "get": operation("Dataclasses with their attributes", "catalogAll", "$catalog", listed()) }));
    add(
        "/rest/$catalog/{dataclasses}",
        json!({ "parameters": [names], "get": operation("Some dataclasses with their attributes", "catalogNamed", "$catalog", listed()) }),
    );
    let document = answers::cached("The document", json!({ "type": "object" }));
    add("/rest/$openapi", json!({ "get": operation("This document", "openapi", "$openapi", document) }));
    if reached.iter().any(|class| view.reads(class)) {
        add("/rest/$entityset/$release", json!({ "post": release("release", "$entityset") }));
    }
    if reached.iter().any(|class| view.saves(class)) {
        add("/rest/$upload", json!({ "post": upload() }));
    }
    if view.grants.is_administration() {
        let info = || answers::of("What the server holds in memory", reference("rest.Info"));
        let part = in_path("part", "Which member.", json!({ "type": "string", "enum": ["entitySet", "sessionInfo", "progressInfo"] }));
        add("/rest/$info", json!({ "get": operation("Entity sets and sessions", "info", "$info", info()) }));
        add("/rest/$info/{part}", json!({ "parameters": [part], "get": operation("One member of it", "infoPart", "$info", info()) }));
    }
    let result = |about: &str| answers::of(about, reference("rest.Result"));
    let mut login = operation("Logs a user in", "login", "$directory", refused_login(result("Logged in")));
    login["requestBody"] =
        body(json!({ "type": "array", "items": {}, "description": "Name, password, seconds; or they stand in headers." }), false);
    add("/rest/$directory/login", json!({ "post": login }));
    add(
        "/rest/$directory/currentUser",
        json!({ "get": operation("Who is logged in", "currentUser", "$directory", result("The user, or null")) }),
    );
    let mut belongs =
        operation("Does the user belong to one of these groups?", "currentUserBelongsTo", "$directory", result("True or false"));
    belongs["requestBody"] = body(json!({ "anyOf": [{ "type": "array", "items": { "type": "string" } }, { "type": "string" }] }), false);
    add("/rest/$directory/currentUserBelongsTo", json!({ "post": belongs }));
    add("/rest/$directory/logout", json!({ "get": operation("Ends the session", "logout", "$directory", result("True")) }));
    paths
}

fn operation(summary: &str, id: &str, tag: &str, responses: Value) -> Value {
    json!({ "summary": summary, "operationId": id, "tags": [tag], "responses": responses })
}

/// A refused login has a body of its own beside what the gate says.
fn refused_login(responses: Value) -> Value {
    let refused = json!({ "anyOf": [reference("rest.Result"), reference("rest.Error"), reference("rest.Refusal")] });
    let responses = answers::with(responses, "401", "No such user, or another password, or no valid key.", &refused);
    answers::with(responses, "429", "Too many refused logins; or requests.", &refused)
}

/// Sets that are given up.
pub(super) fn release(id: &str, tag: &str) -> Value {
    let mut release =
        operation("Gives entity sets up", id, tag, answers::of("Done; what is not there is passed over", reference("rest.Ok")));
    let ids = json!({ "type": "array", "items": { "type": "string" }, "description": "IDs of the sets, or their addresses." });
    release["requestBody"] = body(ids, true);
    release
}

fn upload() -> Value {
    let mut upload = operation(
        "Takes bytes for an image or a blob",
        "upload",
        "$upload",
        answers::of("A reference for a save", reference("rest.Upload")),
    );
    upload["parameters"] = named(&["rawPict", "binary", "timeout"]).into();
    upload["requestBody"] = json!({ "required": true, "content": { "application/octet-stream": {}, "image/*": {} } });
    upload
}
