//! Calls of functions (`rest-dialect.md` 15): a POST each, and a GET for those that are declared for it.

use claviger_model::{Dataclass, Function, FunctionList};
use serde_json::{Value, json};

use super::super::parameters::{body, named, of_class};
use super::super::{Members, View, answers, component, visible};
use super::{id, one};

/// Of a page that a function gives.
const PAGE: [&str; 4] = ["top", "skip", "expand", "asArray"];

/// Functions of the datastore and of singletons.
pub(in super::super) fn of_server(view: View<'_>, paths: &mut Members) {
    let functions = view.model.functions();
    for (name, function) in called(view, functions.datastore()) {
        let call =
            Call { about: format!("Calls {name} of the datastore"), id: format!("call.{}", component(name)), tag: "$catalog", function };
        call.add(&format!("/rest/$catalog/{name}"), &[], false, paths);
    }
    for (singleton, own) in functions.singletons().filter(|(_, own)| own.shared) {
        for (name, function) in called(view, &own.functions) {
            let call = Call {
                about: format!("Calls {name} of the singleton {singleton}"),
                id: format!("callSingleton.{}.{}", component(singleton), component(name)),
                tag: "$singleton",
                function,
            };
            call.add(&format!("/rest/$singleton/{singleton}/{name}"), &[], false, paths);
        }
    }
}

/// Functions of a dataclass, its selections and its entities.
pub(super) fn of_class_and_entities(view: View<'_>, class: &Dataclass, paths: &mut Members) {
    let Some(own) = view.model.functions().of(class.id) else { return };
    let call = |about: String, does: &str, name: &str, function| Call {
        about,
        id: format!("{}.{}", id(does, class), component(name)),
        tag: &class.name,
        function,
    };
    // With GET an attribute of the name comes first.
    let is_hidden = |name: &str| visible(class).any(|attribute| attribute.name == name);
    let path = |name: &str| format!("/rest/{}/{name}", class.name);
    for (name, function) in called(view, &own.dataclass).filter(|(name, _)| own.selection.exposed(name).is_none()) {
        call(format!("Calls {name} of {}", class.name), "call", name, function).add(&path(name), &named(&PAGE), is_hidden(name), paths);
    }
    for (name, function) in called(view, &own.selection) {
        let mut parameters = if view.reads(class) { of_class(view, class) } else { Vec::new() };
        parameters.extend(named(&["params"]));
        parameters.extend(named(&PAGE));
        let about = format!("Calls {name} of all {} entities, or of those that `$filter` finds", class.name);
        call(about, "call", name, function).add(&path(name), &parameters, is_hidden(name), paths);
    }
    let Some((entity, key)) = one(class) else { return };
    for (name, function) in called(view, &own.entity) {
        let path = format!("{entity}/{name}");
        call(format!("Calls {name} of one {}", class.name), "callOne", name, function).add(&path, &named(&PAGE), is_hidden(name), paths);
        paths.entry(path).and_modify(|item| item["parameters"] = json!([key]));
    }
}

/// Those that the caller may call.
pub(in super::super) fn called<'a>(view: View<'a>, functions: &'a FunctionList) -> impl Iterator<Item = (&'a str, Function)> {
    functions.all_exposed().filter(move |(_, function)| view.grants.executes(function.id))
}

struct Call<'a> {
    about: String,
    id: String,
    tag: &'a str,
    function: Function,
}

impl Call<'_> {
    fn add(&self, path: &str, parameters: &[Value], is_hidden: bool, paths: &mut Members) {
        let item = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        let arguments = json!({ "type": "array", "items": {}, "description": "The arguments, in their order." });
        let mut post = self.operation("post", parameters);
        post["requestBody"] = body(json!({ "anyOf": [arguments, { "description": "Anything else is the only argument." }] }), false);
        item["post"] = post;
        if self.function.on_http_get && !is_hidden {
            let mut parameters: Vec<Value> = parameters.to_vec();
            let params = named(&["params"]);
            if !parameters.iter().any(|known| params.contains(known)) {
                parameters.extend(params);
            }
            item["get"] = self.operation("get", &parameters);
        }
    }

    fn operation(&self, verb: &str, parameters: &[Value]) -> Value {
        let about = "`result` with the value; an entity or a page of entities as they are read; or what the function answers itself";
        let mut responses = answers::of(about, json!({}));
        responses["200"]["content"]["*/*"] = json!({});
        responses["default"] = json!({ "description": "The function answers with a status of its own.", "content": { "*/*": {} } });
        let id = if verb == "get" { format!("{}.get", self.id) } else { self.id.clone() };
        json!({ "summary": self.about, "operationId": id, "tags": [self.tag], "parameters": parameters, "responses": responses })
    }
}
