//! Calls of functions (`rest-dialect.md` 15): a POST each, and a GET for those that are declared for it.

use claviger_model::{Dataclass, Function, FunctionList};
use serde_json::{Value, json};

use super::super::parameters::{body, named, of_class, reading};
use super::super::{Members, View, answers, component, visible};
use super::{Operations, id, one, sets};

/// Of an entity or a selection that a function gives (`rest-dialect.md` 9.7).
const OF_THE_RESULT: [&str; 8] = ["timeout", "top", "limit", "skip", "attributes", "expand", "asArray", "format"];

/// Functions of the datastore and of singletons.
pub(in super::super) fn of_server(view: View<'_>, paths: &mut Members) {
    let functions = view.model.functions();
    for (name, function) in called(view, functions.datastore()) {
        let call =
            Call { about: format!("Calls {name} of the datastore"), id: format!("call.{}", component(name)), function, is_hidden: false };
        call.operations("$catalog", Vec::new()).add(&format!("/rest/$catalog/{name}"), Vec::new(), paths);
    }
    for (singleton, own) in functions.singletons().filter(|(_, own)| own.shared) {
        for (name, function) in called(view, &own.functions) {
            let about = format!("Calls {name} of the singleton {singleton}");
            let id = format!("callSingleton.{}.{}", component(singleton), component(name));
            let call = Call { about, id, function, is_hidden: false };
            call.operations("$singleton", Vec::new()).add(&format!("/rest/$singleton/{singleton}/{name}"), Vec::new(), paths);
        }
    }
}

/// Functions of a dataclass, its selections and its entities.
pub(super) fn of_class_and_entities(view: View<'_>, class: &Dataclass, paths: &mut Members) {
    let Some(own) = view.model.functions().of(class.id) else { return };
    let call = |about: String, does: &str, name: &str, function| Call {
        about,
        id: format!("{}.{}", id(does, class), component(name)),
        function,
        // With GET an attribute of the name comes first.
        is_hidden: visible(class).any(|attribute| attribute.name == name),
    };
    let path = format!("/rest/{}", class.name);
    for (name, function) in called(view, &own.dataclass).filter(|(name, _)| own.selection.exposed(name).is_none()) {
        let call = call(format!("Calls {name} of {}", class.name), "call", name, function);
        call.operations(&class.name, Vec::new()).add(&format!("{path}/{name}"), Vec::new(), paths);
    }
    for (name, function) in called(view, &own.selection) {
        let mut parameters = if view.reads(class) { of_class(view, class) } else { Vec::new() };
        parameters.extend(named(&["params"]));
        let about = format!("Calls {name} of all {} entities, or of those that `$filter` finds", class.name);
        call(about, "call", name, function).operations(&class.name, parameters.clone()).add(&format!("{path}/{name}"), Vec::new(), paths);
        // Sets are made of what may be read.
        if view.reads(class) {
            parameters.extend(named(&sets::OF_A_SET));
            let about = format!("Calls {name} of an entity set of {}, or of those in it that `$filter` finds", class.name);
            for (path, does) in
                [(format!("{path}/{name}/$entityset/{{id}}"), "callOfSet"), (format!("{path}/$entityset/{{id}}/{name}"), "callSet")]
            {
                let call = call(about.clone(), does, name, function);
                call.operations(&class.name, parameters.clone()).add(&path, vec![sets::set()], paths);
            }
        }
    }
    let Some((entity, key)) = one(class) else { return };
    for (name, function) in called(view, &own.entity) {
        let call = call(format!("Calls {name} of one {}", class.name), "callOne", name, function);
        call.operations(&class.name, Vec::new()).add(&format!("{entity}/{name}"), vec![key.clone()], paths);
    }
}

/// Those that the caller may call.
pub(in super::super) fn called<'a>(view: View<'a>, functions: &'a FunctionList) -> impl Iterator<Item = (&'a str, Function)> {
    functions.all_exposed().filter(move |(_, function)| view.grants.executes(function.id))
}

struct Call {
    about: String,
    id: String,
    function: Function,
    /// With GET its path means something else.
    is_hidden: bool,
}

impl Call {
    /// `parameters`: of what it is called on.
    fn operations<'t>(&self, tag: &'t str, mut parameters: Vec<Value>) -> Operations<'t> {
        parameters.push(reading(&["entityset"], "Keeps a selection that the function gives as an entity set."));
        let known: Vec<String> = parameters.iter().map(|parameter| parameter_name(parameter).to_owned()).collect();
        parameters.extend(named(&OF_THE_RESULT).into_iter().filter(|more| !known.iter().any(|name| name == parameter_name(more))));
        let arguments = json!({ "type": "array", "items": {}, "description": "The arguments, in their order." });
        let mut post = self.operation(self.id.clone(), parameters.clone());
        post["requestBody"] = body(json!({ "anyOf": [arguments, { "description": "Anything else is the only argument." }] }), false);
        let get = (self.function.on_http_get && !self.is_hidden).then(|| {
            parameters.retain(|parameter| parameter_name(parameter) != "params");
            parameters.extend(named(&["params"]));
            self.operation(format!("{}.get", self.id), parameters)
        });
        Operations::new(tag).with("post", Some(post)).with("get", get)
    }

    fn operation(&self, id: String, parameters: Vec<Value>) -> Value {
        let about = "`result` with the value; an entity or a page of entities as they are read; or what the function answers itself";
        let mut responses = answers::of(about, json!({}));
        responses["200"]["content"]["*/*"] = json!({});
        responses["default"] = json!({ "description": "The function answers with a status of its own.", "content": { "*/*": {} } });
        json!({ "summary": self.about, "operationId": id, "parameters": parameters, "responses": responses })
    }
}

/// The name that [`named`] knows it by.
fn parameter_name(parameter: &Value) -> &str {
    let of_reference = parameter["$ref"].as_str().and_then(|to| to.rsplit('/').next());
    of_reference.or_else(|| parameter["name"].as_str()?.strip_prefix('$')).unwrap_or_default()
}
