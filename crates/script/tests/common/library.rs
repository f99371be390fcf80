//! A server with a small library in memory, which answers what the data API asks; it counts what it was asked.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::pin::Pin;

use claviger_model::Model;
use claviger_script::data::prelude;
use claviger_script::{Action, Call, CallError, Host, Limit, Line, Load, Pool, Refusal, Source, Thrown};
use parking_lot::Mutex;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::rules;

const MODEL: &str = r#"{ "dataClasses": [
  { "name": "Author", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
    { "name": "fullName", "kind": "storage", "type": "string" },
    { "name": "born", "kind": "storage", "type": "date", "simpleDate": true },
    { "name": "profile", "kind": "storage", "type": "object" },
    { "name": "portrait", "kind": "storage", "type": "image" },
    { "name": "label", "kind": "calculated", "type": "string" },
    { "name": "country", "kind": "relatedEntity", "type": "Country", "path": "Country" },
    { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" } ] },
  { "name": "Book", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "primKey": true, "autosequence": true },
    { "name": "title", "kind": "storage", "type": "string" },
    { "name": "price", "kind": "storage", "type": "number" },
    { "name": "length", "kind": "storage", "type": "long" },
    { "name": "addedAt", "kind": "storage", "type": "date" },
    { "name": "secret", "kind": "storage", "type": "string" },
    { "name": "fixed", "kind": "storage", "type": "string", "readOnly": true },
    { "name": "authorID", "kind": "storage", "type": "long" },
    { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" },
    { "name": "authorName", "kind": "alias", "path": "author.fullName" },
    { "name": "authorLabel", "kind": "alias", "path": "author.label" },
    { "name": "country", "kind": "alias", "path": "author.country" } ] },
  { "name": "Country", "attributes": [
    { "name": "code", "kind": "storage", "type": "string", "primKey": true },
    { "name": "name", "kind": "storage", "type": "string" } ] } ] }"#;

/// Names of attributes as rows have them, by dataclass.
fn columns(class: &str) -> &'static [&'static str] {
    match class {
        "Author" => &["ID", "fullName", "born", "profile", "portrait", "country"],
        "Book" => &["ID", "title", "price", "length", "addedAt", "fixed", "authorID", "author", "authorName"],
        _ => &["code", "name"],
    }
}

fn key_of(class: &str) -> &'static str {
    if class == "Country" { "code" } else { "ID" }
}

type Entity = (i64, serde_json::Map<String, Value>);

#[derive(Default, Clone)]
pub(crate) struct Data {
    /// By dataclass and key as JSON text.
    pub(crate) tables: BTreeMap<String, Vec<Entity>>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) data: Data,
    before: Vec<Data>,
    selections: Vec<(String, Vec<Value>)>,
    /// Operations in order.
    pub(crate) asked: Vec<String>,
    pub(crate) arguments: Vec<Value>,
    pub(crate) privileges: BTreeSet<String>,
    pub(crate) storage: Value,
    pub(crate) lines: Vec<Line>,
    /// Instead of an answer, by operation.
    pub(crate) wrong: BTreeMap<String, Value>,
    /// The operation that reaches the limit of rows.
    pub(crate) limited: String,
    locked: BTreeSet<String>,
}

/// The server.
pub(crate) struct Library {
    pub(crate) state: Mutex<State>,
}

fn refuse(message: &str, code: i64) -> Refusal {
    Refusal::Error(Thrown { message: message.to_owned(), code: Some(code), ..Thrown::default() })
}

fn failure(status: i64, text: &str) -> Value {
    json!({ "success": false, "status": status, "statusText": text })
}

impl State {
    fn table(&self, class: &str) -> &[Entity] {
        self.data.tables.get(class).map_or(&[], Vec::as_slice)
    }

    fn position(&self, class: &str, key: &Value) -> Option<usize> {
        self.table(class).iter().position(|(_, values)| values[key_of(class)] == *key)
    }

    fn row(&self, class: &str, key: &Value) -> Value {
        let Some(at) = self.position(class, key) else { return Value::Null };
        let (stamp, values) = &self.table(class)[at];
        let value = |name: &&str| match *name {
            "author" => values["authorID"].clone(),
            "authorName" => {
                let author = self.position("Author", &values["authorID"]);
                author.map_or(Value::Null, |at| self.table("Author")[at].1["fullName"].clone())
            }
            "portrait" => values["portrait"].as_str().map_or(Value::Null, |text| json!({ "bytes": text.len() })),
            name => values.get(name).cloned().unwrap_or(Value::Null),
        };
        json!([key, stamp, columns(class).iter().map(value).collect::<Vec<_>>()])
    }

    fn rows(&self, class: &str, keys: &[Value]) -> Value {
        json!({ "attributes": columns(class), "rows": keys.iter().map(|key| self.row(class, key)).collect::<Vec<_>>() })
    }

    fn keys(&self, class: &str) -> Vec<Value> {
        self.table(class).iter().map(|(_, values)| values[key_of(class)].clone()).collect()
    }

    fn value(&self, class: &str, key: &Value, path: &str) -> Value {
        let row = self.row(class, key);
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let Some(at) = columns(class).iter().position(|column| *column == name) else { return Value::Null };
        let value = row[2][at].clone();
        match rest {
            Some(rest) => self.value(if name == "author" { "Author" } else { "Country" }, &value, rest),
            None => value,
        }
    }

    fn select(&mut self, class: &str, keys: Vec<Value>) -> Value {
        self.selections.push((class.to_owned(), keys));
        json!(self.selections.len() - 1)
    }

    fn selection(&self, id: &Value) -> Result<(String, Vec<Value>), Refusal> {
        id.as_u64().and_then(|id| self.selections.get(id as usize)).cloned().ok_or_else(|| refuse("there is no such selection", 1802))
    }

    /// What entities are related to.
    fn related(&self, class: &str, keys: &[Value], path: &str) -> (String, Vec<Value>) {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let (target, found): (&str, Vec<Value>) = match (class, name) {
            ("Author", "books") => {
                let books = self.table("Book").iter().filter(|(_, values)| keys.contains(&values["authorID"]));
                ("Book", books.map(|(_, values)| values["ID"].clone()).collect())
            }
            (_, name) => {
                let target = if name == "author" { "Author" } else { "Country" };
                (target, keys.iter().map(|key| self.value(class, key, name)).filter(|key| !key.is_null()).collect())
            }
        };
        let mut each: Vec<Value> = Vec::new();
        for key in found {
            if !each.contains(&key) {
                each.push(key);
            }
        }
        match rest {
            Some(rest) => self.related(target, &each, rest),
            None => (target.to_owned(), each),
        }
    }

    /// `name op :n` with `and` between.
    fn query(&self, class: &str, keys: Vec<Value>, text: &str, parameters: &Value) -> Result<Vec<Value>, Refusal> {
        let mut left = keys;
        for term in text.split(" and ") {
            let words: Vec<_> = term.split(' ').collect();
            let [name, operator, place] = words[..] else { return Err(refuse("the query cannot be read", 1821)) };
            let place = place.trim_start_matches(':');
            let wanted = match place.parse::<usize>() {
                Ok(number) => parameters.get(number - 1),
                Err(_) => parameters.get("parameters").and_then(|all| all.get(place)),
            };
            let wanted = wanted.cloned().ok_or_else(|| refuse("a parameter is missing", 1822))?;
            left.retain(|key| {
                let value = self.value(class, key, name);
                let order = value.as_f64().unwrap_or(0.0).total_cmp(&wanted.as_f64().unwrap_or(0.0));
                match operator {
                    ">" => order.is_gt(),
                    "in" => wanted.as_array().is_some_and(|all| all.contains(&value)),
                    _ => value == wanted,
                }
            });
        }
        Ok(left)
    }

    fn save(&mut self, class: &str, about: &Value) -> Value {
        let values = about["values"].as_object().cloned().unwrap_or_default();
        if values.get("title") == Some(&json!("forbidden")) {
            return json!({ "success": false, "status": 4, "statusText": "Other error", "errors": [{ "message": "no such title", "errCode": 1523 }] });
        }
        let key = if about["isNew"] == true {
            let key = if about["key"].is_null() { json!(1000 + self.table(class).len()) } else { about["key"].clone() };
            let mut entity: serde_json::Map<String, Value> = columns(class).iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
            entity.insert(key_of(class).to_owned(), key.clone());
            self.data.tables.entry(class.to_owned()).or_default().push((0, entity));
            key
        } else {
            about["key"].clone()
        };
        let Some(at) = self.position(class, &key) else { return failure(5, "Entity does not exist anymore") };
        let is_merged = about["stamp"] != self.table(class)[at].0;
        if is_merged && about["mode"] != "merge" {
            return failure(2, "Stamp has changed");
        }
        if is_merged && !WHOLE.iter().all(|name| !values.contains_key(*name) && self.is_as_before(class, &key, name, &about["base"])) {
            return failure(2, "Stamp has changed");
        }
        if is_merged && !values.keys().all(|name| self.is_as_before(class, &key, name, &about["base"])) {
            return failure(6, "Auto merge failed");
        }
        let entity = &mut self.data.tables.get_mut(class).unwrap()[at];
        entity.0 += 1;
        for (name, value) in values {
            entity.1.insert(if name == "author" { "authorID".to_owned() } else { name }, value);
        }
        let mut saved = json!({ "success": true, "rows": self.rows(class, &[key]) });
        if is_merged {
            saved["autoMerged"] = json!(true);
        }
        saved
    }

    /// Nobody has changed the attribute since its value was `base`.
    fn is_as_before(&self, class: &str, key: &Value, name: &str, base: &Value) -> bool {
        let Some(at) = columns(class).iter().position(|column| *column == name) else { return WHOLE.contains(&name) };
        base.get(name).is_some_and(|base| is_same(base, &self.row(class, key)[2][at]))
    }

    fn drop_entity(&mut self, class: &str, key: &Value, stamp: &Value, force: bool) -> Value {
        let Some(at) = self.position(class, key) else { return failure(5, "Entity does not exist anymore") };
        if !force && self.table(class)[at].0 != *stamp {
            return failure(2, "Stamp has changed");
        }
        self.data.tables.get_mut(class).unwrap().remove(at);
        json!({ "success": true })
    }

    fn answer(&mut self, operation: &str, a: &[Value]) -> Result<Value, Refusal> {
        if let Some(wrong) = self.wrong.get(operation) {
            return Ok(wrong.clone());
        }
        let text = |at: usize| a.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let list = |at: usize| a.get(at).and_then(Value::as_array).cloned().unwrap_or_default();
        let number = |at: usize| a.get(at).and_then(Value::as_u64).map(|number| number as usize);
        Ok(match operation {
            "all" => {
                let keys = self.keys(&text(0));
                self.select(&text(0), keys)
            }
            "of" => self.select(&text(0), list(1)),
            "query" => {
                let (class, keys) = if a[0].is_string() { (text(0), self.keys(&text(0))) } else { self.selection(&a[0])? };
                let keys = self.query(&class, keys, &text(1), &a[2])?;
                self.select(&class, keys)
            }
            "orderBy" => {
                let (class, mut keys) = self.selection(&a[0])?;
                let order = text(1);
                let (path, direction) = order.split_once(' ').unwrap_or((&order, ""));
                let sort = |key: &Value| {
                    let value = self.value(&class, key, path);
                    (value.as_f64().map_or(0, |number| (number * 1000.0) as i64), value.to_string())
                };
                keys.sort_by_cached_key(sort);
                if direction == "desc" {
                    keys.reverse();
                }
                self.select(&class, keys)
            }
            "slice" => {
                let (class, keys) = self.selection(&a[0])?;
                let end = number(2).unwrap_or(keys.len()).min(keys.len());
                let start = number(1).unwrap_or(0).min(end);
                self.select(&class, keys[start..end].to_vec())
            }
            "combine" => {
                let ((class, mut one), (_, other)) = (self.selection(&a[1])?, self.selection(&a[2])?);
                match &*text(0) {
                    "and" => one.retain(|key| other.contains(key)),
                    "minus" => one.retain(|key| !other.contains(key)),
                    _ => {
                        let more: Vec<_> = other.into_iter().filter(|key| !one.contains(key)).collect();
                        one.extend(more);
                    }
                }
                self.select(&class, one)
            }
            "contains" => json!(self.selection(&a[0])?.1.contains(&a[1])),
            "related" => {
                let (class, keys) = self.related(&text(0), &a[1..2], &text(2));
                self.select(&class, keys)
            }
            "project" => {
                let (class, keys) = self.selection(&a[0])?;
                let (class, keys) = self.related(&class, &keys, &text(1));
                self.select(&class, keys)
            }
            "count" => json!(self.selection(&a[0])?.1.len()),
            "page" => {
                let (class, keys) = self.selection(&a[0])?;
                let page: Vec<_> = keys.iter().skip(number(1).unwrap_or(0)).take(number(2).unwrap_or(0).min(1000)).cloned().collect();
                let mut rows = self.rows(&class, &page);
                rows["count"] = json!(keys.len());
                rows
            }
            "get" => self.rows(&text(0), &list(1)),
            "children" => {
                let groups = list(1).iter().map(|key| self.related(&text(0), std::slice::from_ref(key), &text(2)).1).collect::<Vec<_>>();
                if groups.iter().map(Vec::len).sum::<usize>() > 1000 {
                    return Ok(json!({ "attributes": columns("Book"), "groups": null }));
                }
                let groups: Vec<_> = groups.iter().map(|keys| self.rows("Book", keys)["rows"].clone()).collect();
                json!({ "attributes": columns("Book"), "groups": groups })
            }
            "bytes" => self.position(&text(0), &a[1]).map_or(Value::Null, |at| self.table(&text(0))[at].1[&text(2)].clone()),
            "aggregate" => {
                let (class, keys) = self.selection(&a[0])?;
                let values: Vec<_> = keys.iter().map(|key| self.value(&class, key, &text(1))).filter(|value| !value.is_null()).collect();
                let numbers = values.iter().filter_map(Value::as_f64);
                match &*text(2) {
                    "count" => json!(values.len()),
                    "sum" => json!(numbers.sum::<f64>()),
                    "average" => json!(numbers.sum::<f64>() / values.len() as f64),
                    "min" => values.into_iter().min_by_key(ToString::to_string).unwrap_or_default(),
                    _ => values.into_iter().max_by_key(ToString::to_string).unwrap_or_default(),
                }
            }
            "distinct" => {
                let (class, keys) = self.selection(&a[0])?;
                let mut values: Vec<_> = keys.iter().map(|key| self.value(&class, key, &text(1))).collect();
                values.sort_by_key(ToString::to_string);
                values.dedup();
                json!(values)
            }
            "drop" => {
                let (class, keys) = self.selection(&a[0])?;
                self.data.tables.get_mut(&class).unwrap().retain(|(_, values)| !keys.contains(&values[key_of(&class)]));
                json!({ "kept": self.select(&class, Vec::new()), "errors": [] })
            }
            "save" => self.save(&text(0), &a[1]),
            "dropEntity" => self.drop_entity(&text(0), &a[1], &a[2], a[3] == true),
            "lock" => {
                self.locked.insert(a[1].to_string());
                json!({ "success": true, "wasReloaded": true, "rows": self.rows(&text(0), &a[1..2]) })
            }
            "unlock" => json!({ "success": self.locked.remove(&a[1].to_string()) }),
            "begin" => {
                self.before.push(self.data.clone());
                Value::Null
            }
            "commit" => {
                self.before.pop();
                Value::Null
            }
            "rollback" => {
                self.data = self.before.pop().unwrap_or_default();
                Value::Null
            }
            "hasPrivilege" => json!(self.privileges.contains(&text(0))),
            "getPrivileges" => json!(self.privileges),
            "setPrivileges" => {
                self.privileges.insert(text(0));
                json!({ "done": true, "guarded": [] })
            }
            "clearPrivileges" => {
                self.privileges.clear();
                json!({ "done": true, "guarded": ["Book.forbidden"] })
            }
            "promote" => json!(usize::from(self.privileges.insert(text(0)))),
            "demote" | "leave" => Value::Null,
            "enter" if text(0) == "Book.forbidden" => return Err(refuse("No permission to execute", 1561)),
            "enter" => json!(7),
            "open" if a[0]["hostname"] == "https://nobody.test" => {
                return Err(refuse("A remote request to host nobody.test has failed", 1610));
            }
            "open" => json!({ "remote": 0, "model": remote_model(&text(1)) }),
            "opened" if text(0) == "shop" => json!({ "remote": 0, "model": remote_model("shop") }),
            "opened" => Value::Null,
            "remote" if a[1] == "call" => match a[3].as_str() {
                Some("cheapest") => json!({ "kind": "selection", "class": "Book", "id": self.select("Book", vec![json!(2), json!(1)]) }),
                Some("again") => {
                    let rows = self.rows("Book", std::slice::from_ref(&a[2]["key"]));
                    json!({ "kind": "entity", "class": "Book", "attributes": rows["attributes"], "row": rows["rows"][0] })
                }
                _ => json!({ "kind": "value", "value": a[2..] }),
            },
            "remote" => return self.answer(a[1].as_str().unwrap_or_default(), &a[2..]),
            "key" => json!({ "id": 5, "role": "Clerk" }),
            "storage" => self.storage.clone(),
            "store" => {
                self.storage = a[0].clone();
                Value::Null
            }
            "fetch" if text(0).contains("secret") => return Err(refuse("the host is not allowed", 1826)),
            "fetch" => json!({ "status": 201, "statusText": "Created", "url": text(0), "headers": [["X-Method", a[1]["method"]]],
                "body": a[1]["body"].as_str().unwrap_or("e30=") }),
            _ => return Err(refuse("there is no such operation", 1)),
        })
    }
}

impl Host for Library {
    fn ask<'a>(
        &'a self,
        operation: &'a str,
        arguments: &'a RawValue,
    ) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>> {
        let mut state = self.state.lock();
        let arguments: Vec<Value> = serde_json::from_str(arguments.get()).unwrap();
        state.asked.push(operation.to_owned());
        state.arguments.push(json!(arguments));
        if state.limited == operation {
            return Box::pin(ready(Err(Refusal::Limit(Limit::Rows))));
        }
        let answer = state.answer(operation, &arguments).map(|value| serde_json::value::to_raw_value(&value).unwrap());
        Box::pin(ready(answer))
    }

    fn console(&self, line: Line) {
        self.state.lock().lines.push(line);
    }
}

impl Library {
    /// 3 authors in 2 countries, 250 books: the author of book n is n % 3, the price n / 10.
    pub(crate) fn new() -> Self {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut tables = BTreeMap::new();
        let country = |code: &str, name: &str| (1, object(json!({ "code": code, "name": name })));
        tables.insert("Country".to_owned(), vec![country("PT", "Portugal"), country("FR", "France")]);
        let author = |id: i64, name: &str, country: Option<&str>| {
            let values = json!({ "ID": id, "fullName": name, "born": "1970-03-01", "profile": { "tags": ["a"] }, "portrait": "AQID", "country": country });
            (1, object(values))
        };
        let authors = vec![author(0, "Ana", Some("PT")), author(1, "Ben", Some("FR")), author(2, "Cyd", None)];
        tables.insert("Author".to_owned(), authors);
        let books = (0..250).map(|id| {
            let values = json!({ "ID": id, "title": format!("Book {id}"), "price": f64::from(id) / 10.0, "length": id, "fixed": "f",
                "addedAt": "2024-03-01T10:00:00.000Z", "authorID": id % 3 });
            (1, object(values))
        });
        tables.insert("Book".to_owned(), books.collect());
        let state = State { data: Data { tables }, storage: json!({}), ..State::default() };
        Self { state: Mutex::new(state) }
    }

    /// Operations since the last question, with how often each.
    pub(crate) fn asked(&self) -> String {
        let mut state = self.state.lock();
        state.arguments.clear();
        let asked = std::mem::take(&mut state.asked);
        let mut counts: Vec<(String, usize)> = Vec::new();
        for name in asked {
            match counts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => counts.push((name, 1)),
            }
        }
        counts.iter().map(|(name, count)| format!("{name}:{count}")).collect::<Vec<_>>().join(" ")
    }
}

/// Another application: its books are those of the library.
fn remote_model(alias: &str) -> Value {
    let attribute = |name: &str, ty: &str| json!({ "name": name, "kind": "storage", "type": ty });
    json!({
        "dataclasses": [
            { "name": "Book", "key": ["ID"],
              "attributes": [attribute("ID", "long"), attribute("title", "string"), attribute("price", "number"),
                             { "name": "author", "kind": "relatedEntity", "target": "Author" }],
              "functions": { "dataclass": ["create", "cheapest", "all"], "selection": ["raise"], "entity": ["again", "title"] } },
            { "name": "Author", "key": ["ID"], "attributes": [attribute("ID", "long"), attribute("fullName", "string"),
                             { "name": "books", "kind": "relatedEntities", "target": "Book", "many": true, "via": "author" }] },
        ],
        "functions": ["stats"],
        "info": { "type": "4D Server", "networked": true, "localID": alias,
                  "connection": { "hostname": "shop.test:443", "tls": true, "idleTimeout": 60, "user": "" } },
    })
}

pub(crate) fn library_load(files: &[(&str, &str)]) -> Load {
    let (model, _) = Model::from_json(MODEL, "library").unwrap();
    Load {
        sources: files.iter().map(|(path, text)| Source { path: (*path).to_owned(), text: (*text).to_owned() }).collect(),
        dataclasses: ["Author", "Book", "Country"].map(str::to_owned).to_vec(),
        prelude: prelude(&model),
        memory: 64 << 20,
    }
}

pub(crate) async fn library_pool(files: &[(&str, &str)]) -> Pool {
    Pool::start(rules(1), library_load(files)).await.unwrap_or_else(|findings| panic!("{findings:?}"))
}

pub(crate) fn library_call(class: &str, function: &str, arguments: Value) -> Call {
    let raw = |value: &Value| serde_json::value::to_raw_value(value).unwrap();
    Call {
        action: Action::Function,
        class: class.to_owned(),
        function: function.to_owned(),
        this: raw(&Value::Null),
        each: false,
        arguments: raw(&arguments),
        caller: raw(&json!({ "guarded": ["Book.lend", "Book.forbidden", "ds.helper"] })),
        timeout_ms: 5000,
        output: 1 << 20,
    }
}

/// The result, or the error's text.
pub(crate) async fn outcome(pool: &Pool, call: &Call, library: &Library) -> Value {
    match pool.call(call, library).await {
        Ok(value) => serde_json::from_str(value.get()).unwrap(),
        Err(CallError::Failure(failure)) => json!(failure.to_string()),
        Err(error) => panic!("{error}"),
    }
}

/// Attributes that are not merged.
const WHOLE: [&str; 2] = ["profile", "portrait"];

/// 3 is 3.0: the engine has one kind of number.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len() && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        _ => one == other,
    }
}

/// Runs bodies of functions one after the other, on one library each, with these other files; compares results.
pub(crate) async fn check(files: &[(&str, &str)], cases: &[(&str, Value)]) {
    let bodies: Vec<&str> = cases.iter().map(|(body, _)| *body).collect();
    let class = super::class(&bodies);
    let pool = library_pool(&[files, &[("DataStore.js", &class)]].concat()).await;
    let mut wrong = Vec::new();
    for (number, (body, wanted)) in cases.iter().enumerate() {
        let library = Library::new();
        let result = outcome(&pool, &library_call("DataStore", &format!("attack{number}"), json!([])), &library).await;
        let value = if result["kind"] == "value" { &result["value"] } else { &result };
        if !is_same(value, wanted) {
            wrong.push(format!("{body}\n  gave {value}\n  not  {wanted}\n  asked {}", library.asked()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(pool.counts().died + pool.counts().killed, 0);
}
