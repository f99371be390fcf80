//! Does the steps of a case.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use claviger_client::{
    Call, Compute, Connect, Cursor, DataStore, DropMode, Entity, Error, LockMode, Query, QuerySettings, RequestLog, Returned, SaveMode,
    Selection, Status, Upload,
};
use serde_json::{Map, Value as Json, json};

use crate::{compare, values};

/// Where a case runs.
pub(crate) struct World {
    /// `http://127.0.0.1:…`.
    pub(crate) hostname: String,
    /// Secrets by name.
    pub(crate) keys: HashMap<String, String>,
    /// Deletes a key by its name.
    pub(crate) delete_key: Box<dyn Fn(&str) + Send + Sync>,
    /// `killServer`, `startServer` or `restartServer`; the last with what its clock is moved by.
    pub(crate) serve: Arc<dyn Fn(&str, Option<&str>) + Send + Sync>,
}

/// What a step has kept.
pub(crate) enum Kept {
    Store(DataStore),
    Entity(Box<Entity>),
    Selection(Selection),
    Cursor(Cursor),
    Upload(Upload),
}

struct Runner<'w> {
    world: &'w World,
    kept: HashMap<String, Kept>,
}

/// What came of a step, and what can be kept of it.
struct Outcome(Json, Option<Kept>);

type Done = Result<Outcome, Error>;

/// Runs the steps; panics where something is not as it should be.
pub(crate) async fn run(name: &str, case: &Json, world: &World) {
    let mut runner = Runner { world, kept: HashMap::new() };
    for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let place = format!("{name}, step {}: {step}", number + 1);
        let started = Instant::now();
        let done = runner.step(step).await;
        if let Some(limit) = step["within"].as_u64() {
            assert!(started.elapsed() <= Duration::from_millis(limit), "{place}\ntook {:?}", started.elapsed());
        }
        let said = match &done {
            Ok(Outcome(found, kept)) => format!("{found} {}", kept.as_ref().map(debugged).unwrap_or_default()),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(!world.keys.values().any(|secret| said.contains(secret.as_str())), "{place}\ntells a secret: {said}");
        match (done, step.get("error")) {
            (Err(error), None) => panic!("{place}\nfailed: {error:?}"),
            (Ok(Outcome(found, _)), Some(_)) => panic!("{place}\ndid not fail: {found}"),
            (Err(error), Some(wanted)) => {
                let found = values::error(&error);
                assert!(compare::has(&found, wanted), "{place}\nfailed otherwise: {found}");
            }
            (Ok(Outcome(found, kept)), None) => {
                if let Some(wanted) = step.get("expect") {
                    assert!(compare::equal(&found, wanted), "{place}\ngave {found}");
                }
                if let Some(wanted) = step.get("has") {
                    assert!(compare::has(&found, wanted), "{place}\ngave {found}");
                }
                let default = (step["do"] == "open").then_some("ds");
                if let (Some(kept), Some(name)) = (kept, step["save"].as_str().or(default)) {
                    runner.kept.insert(name.to_owned(), kept);
                }
            }
        }
    }
}

fn debugged(kept: &Kept) -> String {
    match kept {
        Kept::Store(store) => format!("{store:?}"),
        Kept::Entity(entity) => format!("{entity:?}"),
        Kept::Selection(selection) => format!("{selection:?}"),
        Kept::Cursor(cursor) => format!("{cursor:?}"),
        Kept::Upload(upload) => format!("{upload:?}"),
    }
}

fn plain(value: Json) -> Done {
    Ok(Outcome(value, None))
}

fn entity(found: Option<Entity>) -> Done {
    Ok(match found {
        Some(entity) => Outcome(values::entity(&entity), Some(Kept::Entity(Box::new(entity)))),
        None => Outcome(Json::Null, None),
    })
}

fn selection(found: Selection) -> Done {
    Ok(Outcome(values::selection(&found), Some(Kept::Selection(found))))
}

fn status(found: &Status) -> Done {
    plain(values::status(found))
}

fn texts(json: &Json) -> Vec<&str> {
    json.as_array().map(|items| items.iter().map(|item| item.as_str().unwrap()).collect()).unwrap_or_default()
}

fn key(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// The name of what a step is done on.
fn on(step: &Json) -> &str {
    step["on"].as_str().unwrap_or("ds")
}

fn number(json: &Json) -> usize {
    usize::try_from(json.as_u64().unwrap()).unwrap()
}

impl Runner<'_> {
    fn store(&self, step: &Json) -> &DataStore {
        match self.kept.get(on(step)) {
            Some(Kept::Store(store)) => store,
            _ => panic!("{} is no datastore", on(step)),
        }
    }

    fn entity(&mut self, step: &Json) -> &mut Entity {
        let name = on(step);
        match self.kept.get_mut(name) {
            Some(Kept::Entity(entity)) => entity,
            _ => panic!("{name} is no entity"),
        }
    }

    fn selection(&self, name: &str) -> Selection {
        match self.kept.get(name) {
            Some(Kept::Selection(selection)) => selection.clone(),
            _ => panic!("{name} is no selection"),
        }
    }

    fn values(&self, json: &Json) -> Vec<claviger_client::Value> {
        json.as_array().map(|items| items.iter().map(|item| values::value(item, &self.kept)).collect()).unwrap_or_default()
    }

    async fn step(&mut self, step: &Json) -> Done {
        let name = step["name"].as_str().unwrap_or_default();
        match step["do"].as_str().unwrap() {
            "open" => self.open(step).await,
            "close" => self.store(step).close().await.and_then(|()| plain(Json::Null)),
            "byLocalID" => plain(json!(DataStore::by_local_id(step["localID"].as_str().unwrap()).is_some())),
            "getInfo" => {
                let mut info = serde_json::to_value(self.store(step).get_info()).unwrap();
                if info["connection"]["hostname"] == self.world.hostname.trim_start_matches("http://") {
                    info["connection"]["hostname"] = json!("HOST");
                }
                plain(info)
            }
            "warnings" => plain(json!(self.store(step).warnings().len())),
            "dataclasses" => plain(json!(self.store(step).dataclasses().await?)),
            "attribute" => {
                let class = self.store(step).dataclass(step["dataclass"].as_str().unwrap())?;
                let info = class.attribute(name)?;
                let kind = serde_json::to_value(format!("{:?}", info.kind)).unwrap();
                let kind = kind.as_str().map(|kind| kind[..1].to_lowercase() + &kind[1..]);
                plain(json!({ "name": info.name, "kind": kind, "type": info.type_name, "readOnly": info.read_only }))
            }
            "startRequestLog" => {
                self.store(step).start_request_log(&RequestLog { bodies: true, ..RequestLog::default() })?;
                plain(Json::Null)
            }
            "requestLog" => plain(self.request_log(step)),
            "get" => entity(self.store(step).dataclass(step["dataclass"].as_str().unwrap())?.get(key(&step["key"])).await?),
            "count" => plain(json!(self.store(step).dataclass(step["dataclass"].as_str().unwrap())?.get_count().await?)),
            "query" => selection(self.query(step)?.await?),
            "new" => {
                let mut made = self.store(step).dataclass(step["dataclass"].as_str().unwrap())?.new_entity();
                for (name, given) in step["values"].as_object().unwrap() {
                    made.set(name, values::value(given, &self.kept))?;
                }
                entity(Some(made))
            }
            "fromCollection" => {
                let objects: Vec<Map<String, Json>> = serde_json::from_value(step["objects"].clone()).unwrap();
                let class = self.store(step).dataclass(step["dataclass"].as_str().unwrap())?;
                let saved = class.from_collection(objects).await?;
                plain(saved.iter().map(|saved| values::status(&saved.status)).collect())
            }
            "upload" => {
                let (store, text) = (self.store(step), step["text"].as_str().unwrap().to_owned());
                let upload = match step["type"].as_str() {
                    Some(kind) => store.upload_image(text, kind).await?,
                    None => store.upload(text).await?,
                };
                Ok(Outcome(Json::Null, Some(Kept::Upload(upload))))
            }
            "call" => self.call(step).await,
            "transaction" => self.transaction(step).await,
            "deleteKey" => {
                (self.world.delete_key)(step["key"].as_str().unwrap());
                plain(Json::Null)
            }
            change @ ("killServer" | "startServer" | "restartServer") => {
                // Beside the library, which notices meanwhile that its connections have ended.
                let (serve, change, clock) = (Arc::clone(&self.world.serve), change.to_owned(), step["clock"].as_str().map(str::to_owned));
                tokio::task::spawn_blocking(move || serve(&change, clock.as_deref())).await.unwrap();
                plain(Json::Null)
            }
            "iterate" => Ok(Outcome(Json::Null, Some(Kept::Cursor(self.selection(on(step)).cursor())))),
            "next" => {
                let Some(Kept::Cursor(cursor)) = self.kept.get_mut(on(step)) else { panic!("{} is no iteration", on(step)) };
                let mut keys = Vec::new();
                while keys.len() < number(&step["count"])
                    && let Some(entity) = cursor.next().await?
                {
                    keys.push(json!(entity.key()));
                }
                plain(Json::Array(keys))
            }
            "set" | "values" | "touched" | "save" | "drop" | "lock" | "unlock" | "reload" | "related" | "bytes" => {
                self.on_entity(step, name).await
            }
            "relatedSelection" if matches!(self.kept.get(on(step)), Some(Kept::Entity(_))) => {
                selection(self.entity(step).related_selection(name).await?)
            }
            "release" => {
                let Some(Kept::Selection(found)) = self.kept.remove(on(step)) else { panic!("{step} is of no selection") };
                let store = found.dataclass().store().clone();
                drop(found);
                store.flush().await;
                plain(Json::Null)
            }
            _ => self.on_selection(step, name).await,
        }
    }

    async fn open(&self, step: &Json) -> Done {
        let keys = &self.world.keys;
        let secret = |name: &str| keys.get(name).cloned().unwrap_or_else(|| "claviger_notAKeyOfAnybody".to_owned());
        let hostname = step["hostname"].as_str().unwrap_or(&self.world.hostname);
        let mut connect = match step.get("info") {
            Some(info) => {
                let mut info = info.clone();
                if info.get("hostname").is_none() {
                    info["hostname"] = json!(hostname);
                }
                if let Some(name) = info["api-key"].as_str().map(str::to_owned) {
                    info["api-key"] = json!(secret(&name));
                }
                Connect::from_connection_info(&info)?
            }
            None => Connect::endpoint(hostname).api_key(secret(step["key"].as_str().unwrap())),
        };
        connect = connect.retries(step["retries"].as_u64().map_or(3, |times| u32::try_from(times).unwrap()), Duration::ZERO);
        if let Some(alias) = step["localID"].as_str() {
            connect = connect.local_id(alias).replace(step["replace"] == true);
        }
        if let Some(limit) = step["requestTimeout"].as_u64() {
            connect = connect.request_timeout(Duration::from_millis(limit));
        }
        if let Some(size) = step["pageSize"].as_u64() {
            connect = connect.page_size(usize::try_from(size).unwrap());
        }
        let store = if step["lazy"] == true { DataStore::open_lazy(connect)? } else { DataStore::open(connect).await? };
        Ok(Outcome(Json::Null, Some(Kept::Store(store))))
    }

    /// Without queries, and without the IDs of sets.
    fn request_log(&self, step: &Json) -> Json {
        let log = self.store(step).request_log();
        let told = serde_json::to_string(&log).unwrap();
        assert!(!self.world.keys.values().any(|secret| told.contains(secret.as_str())), "the log tells a secret");
        let line = |entry: &claviger_client::LoggedRequest| {
            let path = entry.url.strip_prefix(&self.world.hostname).unwrap().split('?').next().unwrap();
            let path = match path.split_once("/$entityset/") {
                Some((before, _)) => format!("{before}/$entityset/SET"),
                None => path.to_owned(),
            };
            assert!(entry.response.is_some() && entry.sequence_number > 0 && entry.end_time >= entry.start_time, "{entry:?}");
            format!("{} {path}", entry.method)
        };
        // `/rest/$entityset/$release` has no set in its path.
        let lines: Vec<_> =
            log.iter().rev().map(line).map(|line| line.replace("/rest/$entityset/SET", "/rest/$entityset/$release")).collect();
        json!({ "requests": lines })
    }

    fn query(&self, step: &Json) -> Result<Query, Error> {
        let (filter, params) = (step["filter"].as_str().unwrap_or_default(), self.values(&step["params"]));
        let named = step.get("named").map(|named| {
            let mut settings = QuerySettings::new();
            for (name, given) in named["parameters"].as_object().into_iter().flatten() {
                settings = settings.parameter(name, values::value(given, &self.kept));
            }
            for (name, path) in named["attributes"].as_object().into_iter().flatten() {
                settings = settings.attribute(name, path.as_str().unwrap());
            }
            settings
        });
        let mut query = match step["dataclass"].as_str() {
            Some(dataclass) => {
                let class = self.store(step).dataclass(dataclass)?;
                match named {
                    Some(settings) => class.query_with(filter, params, &settings),
                    None if filter.is_empty() => class.all(),
                    None => class.query(filter, params),
                }
            }
            None => self.selection(on(step)).query(filter, params),
        };
        if let Some(order) = step["orderBy"].as_str() {
            query = query.order_by(order);
        }
        if step.get("select").is_some() {
            query = query.select(texts(&step["select"]));
        }
        Ok(query)
    }

    async fn on_entity(&mut self, step: &Json, name: &str) -> Done {
        let given: Vec<_> = match step["values"].as_object() {
            Some(members) => members.iter().map(|(name, given)| (name.clone(), values::value(given, &self.kept))).collect(),
            None => Vec::new(),
        };
        let mode = step["mode"].as_str().unwrap_or_default();
        let entity = self.entity(step);
        match step["do"].as_str().unwrap() {
            "set" => {
                for (name, value) in given {
                    entity.set(&name, value)?;
                }
                plain(Json::Null)
            }
            "values" => {
                let names = texts(&step["names"]);
                let found = names.iter().filter_map(|name| Some(((*name).to_owned(), values::shown(&entity.value(name)?))));
                plain(Json::Object(found.collect()))
            }
            "touched" => {
                assert_eq!(entity.touched(), !entity.touched_attributes().is_empty());
                plain(json!(entity.touched_attributes()))
            }
            "save" => status(&entity.save_with(if mode == "autoMerge" { SaveMode::AutoMerge } else { SaveMode::Check }).await?),
            "drop" => status(&entity.drop_with(if mode == "force" { DropMode::Force } else { DropMode::Check }).await?),
            "lock" => status(&entity.lock_with(if mode == "reload" { LockMode::Reload } else { LockMode::Check }).await?),
            "unlock" => status(&entity.unlock().await?),
            "reload" => status(&entity.reload().await?),
            "related" => self::entity(entity.related(name).await?),
            _ => plain(match entity.bytes(name).await? {
                Some(bytes) => json!(String::from_utf8(bytes.to_vec()).unwrap()),
                None => Json::Null,
            }),
        }
    }

    async fn on_selection(&self, step: &Json, name: &str) -> Done {
        let found = self.selection(on(step));
        let shown = |values: Vec<claviger_client::Value>| plain(values.iter().map(self::values::shown).collect());
        match step["do"].as_str().unwrap() {
            "keys" => plain(found.iter().await?.map(|entity| json!(entity.key())).collect()),
            "extract" => shown(found.extract(name).await?),
            "distinct" => shown(found.distinct(name).await?),
            "compute" => plain(match step["what"].as_str().unwrap() {
                "sum" => json!(found.sum(name).await?),
                "average" => json!(found.average(name).await?),
                "count" => json!(found.count(name).await?),
                "min" => values::shown(&found.compute(name, Compute::Min).await?),
                _ => values::shown(&found.max(name).await?),
            }),
            "toCollection" => plain(found.to_collection(&texts(&step["names"])).await?.into_iter().map(Json::Object).collect()),
            "and" => selection(found.and(&self.selection(step["with"].as_str().unwrap())).await?),
            "or" => selection(found.or(&self.selection(step["with"].as_str().unwrap())).await?),
            "minus" => selection(found.minus(&self.selection(step["with"].as_str().unwrap())).await?),
            "slice" => selection(found.slice(number(&step["first"]), number(&step["end"])).await?),
            "at" => entity(found.at(number(&step["index"])).await?),
            "contains" => plain(json!(found.contains(key(&step["key"])).await?)),
            "indexOf" => plain(json!(found.index_of(key(&step["key"])).await?)),
            "relatedSelection" => selection(found.related(name).await?),
            "dropAll" => selection(found.drop_all().await?),
            other => panic!("{other} is no operation"),
        }
    }

    async fn call(&self, step: &Json) -> Done {
        let (function, arguments) = (step["function"].as_str().unwrap(), self.values(&step["arguments"]));
        let call: Call = match step["of"].as_str().unwrap() {
            "dataStore" => self.store(step).call(function, arguments),
            "singleton" => self.store(step).call_singleton(step["singleton"].as_str().unwrap(), function, arguments),
            "dataclass" => self.store(step).dataclass(step["dataclass"].as_str().unwrap())?.call(function, arguments),
            _ => match self.kept.get(on(step)) {
                Some(Kept::Entity(entity)) => entity.call(function, arguments),
                Some(Kept::Selection(selection)) => selection.call(function, arguments),
                _ => panic!("{step} is called on nothing"),
            },
        };
        let call = if step["byGet"] == true { call.by_get() } else { call };
        let returned = call.await?;
        let shown = values::returned(&returned);
        let kept = match returned {
            Returned::Entity(entity) => Some(Kept::Entity(entity)),
            Returned::Selection(selection) => Some(Kept::Selection(selection)),
            Returned::Value(_) | Returned::Response(_) => None,
        };
        Ok(Outcome(shown, kept))
    }

    async fn transaction(&mut self, step: &Json) -> Done {
        let store = self.store(step).clone();
        let names = texts(&step["entities"]);
        let mut entities: Vec<(usize, &mut Entity)> = self
            .kept
            .iter_mut()
            .filter_map(|(name, kept)| match kept {
                Kept::Entity(entity) => Some((names.iter().position(|is| is == name)?, &mut **entity)),
                _ => None,
            })
            .collect();
        entities.sort_by_key(|(place, _)| *place);
        assert_eq!(entities.len(), names.len(), "{step} names what is no entity");
        let saved = store.transaction(|tx| {
            for (_, entity) in entities {
                tx.save(entity);
            }
            Ok(())
        });
        plain(saved.await?.iter().map(values::status).collect())
    }
}
