//! Which requests the collection holds, in the order in which they can be run.

use serde_json::{Map, Value, json};

use super::sample;

/// The requests of a dataclass, or those of the server.
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) calls: Vec<Call>,
}

/// One request.
#[derive(Default)]
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) about: String,
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    /// Variables that its answer gives, and where in the answer.
    pub(super) keeps: Vec<(String, &'static str)>,
    /// Variables without which it cannot be sent.
    pub(super) needs: Vec<String>,
}

/// The folders: the catalog first, then dataclasses, those that others need before them.
pub(super) fn folders(document: &Value) -> Vec<Folder> {
    let classes: Vec<Class<'_>> = names(document).into_iter().map(|name| Class::of(document, name)).collect();
    let mut folders = vec![Folder { name: "Catalog".to_owned(), calls: catalog(document) }];
    folders.extend(
        in_order(&classes)
            .into_iter()
            .map(|class| Folder { name: class.name.to_owned(), calls: class.calls() })
            .filter(|folder| !folder.calls.is_empty()),
    );
    folders
}

/// Dataclasses, by the tags of the document.
fn names(document: &Value) -> Vec<&str> {
    document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect()
}

fn catalog(document: &Value) -> Vec<Call> {
    let get =
        |name, path: &str| Call { name, about: summary(document, path, "get"), method: "GET", path: path.to_owned(), ..Call::default() };
    ["/rest/$catalog", "/rest/$catalog/$all", "/rest/$openapi"]
        .into_iter()
        .zip(["Catalog", "Catalog with attributes", "OpenAPI document"])
        .filter(|(path, _)| document["paths"].get(*path).is_some())
        .map(|(path, name)| get(name, path))
        .collect()
}

fn summary(document: &Value, path: &str, verb: &str) -> String {
    document["paths"][path][verb]["summary"].as_str().unwrap_or_default().to_owned()
}

/// Whatever a new entity must refer to comes before it; where dataclasses need each other, the document's order stays.
fn in_order<'c, 'd>(classes: &'c [Class<'d>]) -> Vec<&'c Class<'d>> {
    let mut waiting: Vec<&Class<'_>> = classes.iter().collect();
    let mut done = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_ready = |class: &&Class<'_>| {
            class.needed().iter().all(|needed| *needed == class.name || !waiting.iter().any(|other| other.name == *needed))
        };
        let next = waiting.iter().position(is_ready).unwrap_or(0);
        done.push(waiting.remove(next));
    }
    done
}

/// A dataclass of the document.
struct Class<'d> {
    document: &'d Value,
    name: &'d str,
    /// `/rest/Book({key})`, or with brackets; `None` without key.
    one: Option<String>,
    /// What a save takes; empty where the caller may save nothing.
    taken: Option<&'d Map<String, Value>>,
}

impl<'d> Class<'d> {
    fn of(document: &'d Value, name: &'d str) -> Self {
        let paths = &document["paths"];
        let one = [format!("/rest/{name}({{key}})"), format!("/rest/{name}[{{key}}]")].into_iter().find(|path| paths.get(path).is_some());
        let schema = format!("{}.save", super::super::component(name));
        let taken = document["components"]["schemas"][&schema]["properties"].as_object();
        Self { document, name, one, taken }
    }

    fn path(&self) -> String {
        format!("/rest/{}", self.name)
    }

    fn operation(&self, path: &str, verb: &str) -> Option<&'d Value> {
        self.document["paths"].get(path)?.get(verb)
    }

    /// Dataclasses that a new entity must refer to.
    fn needed(&self) -> Vec<&'d str> {
        self.taken
            .into_iter()
            .flatten()
            .filter(|(name, schema)| self.is_asked(name, schema))
            .filter_map(|(_, schema)| schema["x-related"].as_str())
            .collect()
    }

    /// True for an attribute that a new entity needs, and for a relation that gives it one.
    fn is_asked(&self, name: &str, schema: &Value) -> bool {
        schema["x-mandatory"] == true && self.relation_for(name).is_none() || schema["x-kind"] == "relatedEntity" && self.fills(name)
    }

    /// Alternatives of the save's schema: `[[key, relation], …]`.
    fn alternatives(&self) -> Vec<Vec<&'d str>> {
        let schema = &self.document["components"]["schemas"][format!("{}.save", super::super::component(self.name))];
        let forms = ["anyOf", "allOf"].into_iter().flat_map(|word| schema[word].as_array().into_iter().flatten());
        let choices = forms.flat_map(|form| form["allOf"].as_array().into_iter().flatten());
        choices
            .map(|choice| {
                let ways = choice["anyOf"].as_array().into_iter().flatten();
                ways.filter_map(|way| way["required"][0].as_str()).collect()
            })
            .collect()
    }

    fn relation_for(&self, key: &str) -> Option<&'d str> {
        self.alternatives().into_iter().find(|ways| ways.first() == Some(&key)).and_then(|ways| ways.get(1).copied())
    }

    fn fills(&self, relation: &str) -> bool {
        self.alternatives().iter().any(|ways| ways.get(1) == Some(&relation))
    }

    /// The variable with the key of an entity that exists.
    fn found(&self) -> String {
        variable(self.name)
    }

    /// The variable with the key of the entity that was made.
    fn made(&self) -> String {
        format!("{}.new", variable(self.name))
    }

    fn stamp(&self) -> String {
        format!("{}.stamp", variable(self.name))
    }

    fn calls(&self) -> Vec<Call> {
        let mut calls = self.reads();
        calls.extend(self.writes());
        calls
    }

    fn reads(&self) -> Vec<Call> {
        let path = self.path();
        let Some(list) = self.operation(&path, "get") else { return Vec::new() };
        let example = |name: &str| {
            let parameters = list["parameters"].as_array().into_iter().flatten();
            parameters.filter(|parameter| parameter["name"] == name).find_map(|parameter| parameter["example"].as_str()).map(str::to_owned)
        };
        let about = list["summary"].as_str().unwrap_or_default();
        let get = |name, about: &str| Call { name, about: about.to_owned(), method: "GET", path: path.clone(), ..Call::default() };
        let mut first = get("A page", about);
        first.query = vec![("$top", "5".to_owned())];
        if self.one.is_some() {
            first.keeps = vec![(self.found(), ".__ENTITIES?.[0]?.__KEY")];
        }
        let mut calls = vec![first];
        let mut chosen = get("A page, filtered and in order", "Entities that a filter finds, with some attributes.");
        chosen.query = ["$filter", "$orderby", "$attributes"].into_iter().filter_map(|name| Some((name, example(name)?))).collect();
        chosen.query.push(("$top", "5".to_owned()));
        calls.push(chosen);
        let ordered = example("$orderby").and_then(|order| order.split(' ').next().map(str::to_owned));
        if let Some(attribute) = ordered {
            let of = |name, about: &str, query: &[(&'static str, &str)]| Call {
                path: format!("{path}/{attribute}"),
                query: query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
                ..get(name, about)
            };
            calls.push(of("How many have a value", "Computed over an attribute.", &[("$compute", "count")]));
            calls.push(of("Distinct values", "Of an attribute.", &[("$distinct", "true"), ("$top", "5")]));
        }
        calls.extend(self.set());
        if let Some(one) = &self.one {
            let path = with_key(one, &self.found());
            calls.push(Call { path, needs: vec![self.found()], ..get("One entity", "By its key.") });
        }
        calls
    }

    /// An entity set: made, read, given up.
    fn set(&self) -> Vec<Call> {
        let path = format!("{}/$entityset", self.path());
        if self.document["paths"].get(format!("{path}/{{id}}")).is_none() {
            return Vec::new();
        }
        let variable = format!("{}.set", variable(self.name));
        let of_set = |name, about: &str, path: String| Call {
            name,
            about: about.to_owned(),
            method: "GET",
            path,
            needs: vec![variable.clone()],
            ..Call::default()
        };
        let mut make = of_set("Make an entity set", "The whole result stays on the server, whatever is sent of it.", self.path());
        make.query = vec![("$method", "entityset".to_owned()), ("$top", "1".to_owned())];
        make.keeps = vec![(variable.clone(), ".__ENTITYSET?.split('/').pop()")];
        make.needs.clear();
        let mut read = of_set("A page of the entity set", "Later pages come from the set.", format!("{path}/{{{{{variable}}}}}"));
        read.query = vec![("$skip", "1".to_owned()), ("$top", "5".to_owned())];
        let mut release = of_set("Give the entity set up", "Else it goes when it is not used for some time.", format!("{path}/$release"));
        release.method = "POST";
        release.body = Some(json!([format!("{{{{{variable}}}}}")]));
        vec![make, read, release]
    }

    /// Creation, change and deletion of one entity: what of it the caller may do.
    fn writes(&self) -> Vec<Call> {
        let path = self.path();
        let methods = self.methods(&path);
        let (true, Some(one), Some(body)) = (methods.contains(&"insert"), &self.one, self.sample()) else { return Vec::new() };
        let needs = self.needed().into_iter().map(variable).collect::<Vec<_>>();
        let save = || vec![("$method", "update".to_owned())];
        let mut calls = Vec::new();
        if methods.contains(&"validate") {
            calls.push(Call {
                name: "Would it be saved?",
                about: "Asks all rules, and saves nothing.".to_owned(),
                method: "POST",
                path: path.clone(),
                query: vec![("$method", "validate".to_owned())],
                body: Some(body.clone()),
                needs: needs.clone(),
                ..Call::default()
            });
        }
        calls.push(Call {
            name: "Create",
            about: "No `__KEY`: an entity is made.".to_owned(),
            method: "POST",
            path: path.clone(),
            query: save(),
            body: Some(body),
            keeps: vec![(self.made(), ".__KEY"), (self.stamp(), ".__STAMP")],
            needs,
        });
        let target = with_key(one, &self.made());
        let of_made = |name, about: &str, method| Call {
            name,
            about: about.to_owned(),
            method,
            path: target.clone(),
            needs: vec![self.made()],
            ..Call::default()
        };
        if self.operation(one, "get").is_some() {
            calls.push(of_made("Read what was made", "By its key.", "GET"));
        }
        let lock = |name, about: &str, taken: &str| {
            let mut lock = of_made(name, about, "GET");
            lock.query = vec![("$lock", taken.to_owned())];
            lock
        };
        let locks = self.takes(one, "lock");
        if locks {
            calls.push(lock("Lock it", "Nobody else changes it until the lock is given back.", "true"));
        }
        if let (true, Some((name, value))) = (self.methods(one).contains(&"update"), self.changed()) {
            let mut change = of_made("Change with its stamp", "`__STAMP` is the version that was read; another one is a conflict.", "POST");
            change.path.clone_from(&path);
            change.query = save();
            // The stamp is a number: its variable stands without quotes once the body is text.
            change.body =
                Some(json!({ "__KEY": format!("{{{{{}}}}}", self.made()), "__STAMP": format!("{{{{{}}}}}", self.stamp()), name: value }));
            change.needs.push(self.stamp());
            calls.push(change);
        }
        if locks {
            calls.push(lock("Give the lock back", "It also goes with the session.", "false"));
        }
        if self.operation(one, "delete").is_some() {
            let mut delete = of_made("Delete what was made", "By its key.", "POST");
            delete.query = vec![("$method", "delete".to_owned())];
            calls.push(delete);
        }
        calls
    }

    /// True when reading one entity takes this parameter.
    fn takes(&self, one: &str, parameter: &str) -> bool {
        let reference = format!("#/components/parameters/{parameter}");
        let listed = self.operation(one, "get").and_then(|operation| operation["parameters"].as_array());
        listed.into_iter().flatten().any(|listed| listed["$ref"] == reference.as_str())
    }

    /// Values of `$method` for a POST.
    fn methods(&self, path: &str) -> Vec<&'d str> {
        let parameters = self.operation(path, "post").and_then(|operation| operation["parameters"].as_array());
        let method = parameters.into_iter().flatten().find(|parameter| parameter["name"] == "$method");
        method.and_then(|method| method["schema"]["enum"].as_array()).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// A new entity: what it needs, and one attribute more. `None` when a value that it needs cannot be made.
    fn sample(&self) -> Option<Value> {
        let mut body = Map::new();
        let mut extra = None;
        for (name, schema) in self.taken? {
            if self.is_asked(name, schema) {
                let value = match schema["x-related"].as_str() {
                    Some(related) => json!({ "__KEY": format!("{{{{{}}}}}", variable(related)) }),
                    None => sample::value(name, schema, false)?,
                };
                body.insert(name.clone(), value);
            } else if extra.is_none() && is_plain(name, schema) && schema["x-mandatory"] != true {
                extra = sample::value(name, schema, false).map(|value| (name.clone(), value));
            }
        }
        body.extend(extra);
        Some(body.into())
    }

    /// An attribute that can be changed, and its new value.
    fn changed(&self) -> Option<(&'d str, Value)> {
        let mut plain = self.taken?.iter().filter(|(name, schema)| is_plain(name, schema));
        plain.find_map(|(name, schema)| Some((name.as_str(), sample::value(name, schema, true)?)))
    }
}

/// An attribute of the dataclass itself that has no rule but its range.
fn is_plain(name: &str, schema: &Value) -> bool {
    !name.starts_with("__")
        && schema["x-kind"] == "storage"
        && schema["x-key"] != true
        && schema.get("pattern").is_none()
        && matches!(sample::ty(schema), Some("string" | "number" | "integer"))
        // Foreign keys are integers or texts too: what they point to must exist.
        && schema.get("x-foreign").is_none()
}

/// A name that Postman reads in `{{…}}`.
fn variable(class: &str) -> String {
    super::super::component(class)
}

/// The path of the entity whose key the variable holds. A key of several parts is a JSON array: the variable brings its own brackets.
fn with_key(path: &str, variable: &str) -> String {
    let shown = format!("{{{{{variable}}}}}");
    path.replace("[{key}]", &shown).replace("{key}", &shown)
}
