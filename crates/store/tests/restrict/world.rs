//! A library on either engine, asked as somebody who sees only some of its entities.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use claviger_access::Grants;
use claviger_model::{AttrRef, ClassId, ComputedAttribute, Getter, Model, StorageType};
use claviger_query::{
    Answers, Ask, ByteSource, Change, KeyList, MediaKind, NoBytes, Options, Planned, Planner, Request, Select, SelectFrom, Selection, Verb,
};
use claviger_store::location::Location;
use claviger_store::{DeleteOutcome, Mode, NothingHeld, OpenOptions, SaveStatus, StampMode, Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::database::Database;
use crate::support::{JsonSink, NOW};

/// Dataclasses with a `restrict`.
pub const RESTRICTED: [&str; 3] = ["Country", "Author", "Book"];

fn model() -> Value {
    let id = json!({ "name": "ID", "type": "long", "autosequence": true, "primKey": true });
    let text = |name: &str| json!({ "name": name, "type": "string" });
    let one = |name: &str, target: &str, integrity: &str| json!({ "name": name, "kind": "relatedEntity", "type": target, "path": target, "integrity": integrity });
    let many = |name: &str, target: &str, path: &str| json!({ "name": name, "kind": "relatedEntities", "type": format!("{target}Selection"), "reversePath": true, "path": path });
    let alias = |name: &str, ty: &str, path: &str| json!({ "name": name, "kind": "alias", "type": ty, "path": path });
    json!({ "dataClasses": [
        { "name": "Country", "attributes": [
            { "name": "code", "type": "string", "primKey": true }, text("name"), many("authors", "Author", "country"),
            alias("books", "BookSelection", "authors.books"), alias("titles", "string", "authors.books.title") ] },
        { "name": "Author", "defaultTopSize": 3, "attributes": [
            id, text("name"), { "name": "rating", "type": "long" }, { "name": "portrait", "type": "blob" },
            one("country", "Country", "none"), one("mentor", "Author", "none"),
            many("books", "Book", "author"), many("seconds", "Book", "second"), many("pupils", "Author", "mentor"),
            alias("titles", "string", "books.title"), alias("nation", "string", "country.name"),
            alias("fellows", "AuthorSelection", "country.authors") ] },
        { "name": "Book", "attributes": [
            id, { "name": "title", "type": "string" }, { "name": "price", "type": "number" }, { "name": "note", "type": "object" },
            one("author", "Author", "none"), one("second", "Author", "none"),
            alias("authorName", "string", "author.name"), alias("nation", "string", "author.country.name"),
            alias("portrait", "blob", "author.portrait"), alias("country", "Country", "author.country") ] },
        { "name": "Loan", "attributes": [id, one("book", "Book", "reject")] },
        { "name": "Essay", "attributes": [id, one("about", "Author", "setNull"), one("book", "Book", "cascade")] },
        { "name": "Plain", "attributes": [
            id, { "name": "authorID", "type": "long" },
            { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" } ] },
    ] })
}

/// Entities by dataclass, in the order in which they are made.
pub type Entities = BTreeMap<&'static str, Vec<Value>>;

/// Dataclasses so that what is referred to comes first.
pub const ORDER: [&str; 6] = ["Country", "Author", "Book", "Loan", "Essay", "Plain"];

/// A database with its entities.
pub struct World {
    pub store: Store,
    planner: Planner,
    grants: Grants,
    runtime: Runtime,
    folder: TempDir,
    _database: Option<Database>,
}

impl World {
    /// On SQLite.
    pub fn sqlite(entities: &Entities) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("data.sqlite"));
        Self::open(location, folder, None, entities)
    }

    /// On PostgreSQL, where a server is named.
    pub fn postgres(entities: &Entities) -> Option<Self> {
        let database = Database::make()?;
        let folder = tempfile::tempdir().unwrap();
        let location = Location::parse(&database.url(), folder.path()).unwrap();
        Some(Self::open(location, folder, Some(database), entities))
    }

    /// On each engine that there is.
    pub fn each(entities: &Entities) -> Vec<Self> {
        std::iter::once(Self::sqlite(entities)).chain(Self::postgres(entities)).collect()
    }

    /// On each engine, with attributes that code computes ([`Self::computing`]).
    pub fn each_computing(entities: &Entities, computed: &[(&str, &str, StorageType)]) -> Vec<Self> {
        Self::each(entities).into_iter().map(|world| world.computing(computed)).collect()
    }

    /// The same over tables of somebody else.
    pub fn each_attached_computing(sql: &str, computed: &[(&str, &str, StorageType)]) -> Vec<Self> {
        let each = std::iter::once(Self::attached_sqlite(sql)).chain(Self::attached_postgres(sql));
        each.map(|world| world.computing(computed)).collect()
    }

    /// The same with attributes that code computes: dataclass, name and type.
    pub fn computing(self, computed: &[(&str, &str, StorageType)]) -> Self {
        let mut model = Model::clone(self.planner.model());
        for (dataclass, name, ty) in computed {
            let attribute =
                ComputedAttribute { name: (*name).to_owned(), ty: *ty, exposed: true, writable: false, getter: Getter::default() };
            model.compute(self.id(dataclass), attribute);
        }
        let grants = Grants::administration(&model);
        Self { planner: Planner::new(Arc::new(model), Options::default()), grants, ..self }
    }

    /// Tables of somebody else on SQLite, every one with a `restrict`.
    pub fn attached_sqlite(sql: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.sqlite");
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let model = claviger_store::sqlite::introspect::attach_model(&path, "test").unwrap().0;
        let stamps = StampMode::Side(folder.path().join("stamps.db"));
        Self::over(model, Location::Sqlite(path), Mode::Attached, stamps, folder, None)
    }

    /// The same on PostgreSQL, where a server is named.
    pub fn attached_postgres(sql: &str) -> Option<Self> {
        let database = Database::make()?;
        database.run(sql);
        let model = database.ask(|client| async move {
            client.batch_execute("SET search_path = ''").await.unwrap();
            claviger_store::postgres::introspect::attach_model(&client, "test", &[]).await.unwrap().0
        });
        let folder = tempfile::tempdir().unwrap();
        let location = Location::parse(&database.url(), folder.path()).unwrap();
        Some(Self::over(model, location, Mode::Attached, StampMode::Hash, folder, Some(database)))
    }

    fn over(mut model: Model, location: Location, mode: Mode, stamps: StampMode, folder: TempDir, database: Option<Database>) -> Self {
        let ids = model.dataclasses().iter().filter(|class| mode == Mode::Attached || RESTRICTED.contains(&class.name.as_str()));
        for id in ids.map(|class| class.id).collect::<Vec<_>>() {
            model.restrict(id);
        }
        let model = Arc::new(model);
        let store = Store::open(OpenOptions::at(location, mode, Arc::clone(&model), stamps), Arc::new(|| NOW)).unwrap();
        let grants = Grants::administration(&model);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let planner = Planner::new(model, Options { allow_delete_all: true, ..Options::default() });
        Self { store, planner, grants, runtime, folder, _database: database }
    }

    fn open(location: Location, folder: TempDir, database: Option<Database>, entities: &Entities) -> Self {
        let (model, _) = Model::from_json(&model().to_string(), "test").unwrap_or_else(|problems| panic!("{problems:?}"));
        let world = Self::over(model, location, Mode::Owned, StampMode::Hash, folder, database);
        for dataclass in ORDER {
            let made = entities.get(dataclass).cloned().unwrap_or_default();
            if !made.is_empty() {
                let saved = world.save_all(&format!("{dataclass}?$method=insert"), json!(made), &Answers::unrestricted());
                assert!(saved.iter().all(|saved| saved.status == SaveStatus::Saved), "{saved:?}");
            }
        }
        world
    }

    /// The database file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("data.sqlite")
    }

    /// Handle of a dataclass.
    pub fn id(&self, name: &str) -> ClassId {
        self.planner.model().find(name).unwrap().id
    }

    /// Handle of an attribute that code computes.
    pub fn computed(&self, dataclass: &str, name: &str) -> AttrRef {
        let class = self.planner.model().find(dataclass).unwrap();
        class.at(class.find(name).unwrap().id)
    }

    /// The entities that a filter finds for somebody who knows this.
    pub fn found_with(&self, dataclass: &str, filter: &str, answers: &Answers) -> Selection {
        let asked = Select { filter: Some(filter), ..Select::of(SelectFrom::All(self.id(dataclass))) };
        self.planner.select(&self.grants, &asked, answers).unwrap().ready().unwrap()
    }

    /// What is selected without any restriction, as a `restrict` does.
    pub fn select(&self, asked: &Select<'_>) -> Selection {
        self.planner.select(&self.grants, asked, &Answers::unrestricted()).unwrap().ready().unwrap()
    }

    /// The entities that a filter finds; every entity of the dataclass without.
    pub fn found(&self, dataclass: &str, filter: Option<&str>) -> Selection {
        self.select(&Select { filter, ..Select::of(SelectFrom::All(self.id(dataclass))) })
    }

    /// A caller who sees of these dataclasses only what the filters find, and everything of others.
    pub fn seeing(&self, filters: &[(&str, &str)]) -> Answers {
        let mut answers = self.seeing_all();
        for (dataclass, filter) in filters {
            answers.set_rows(self.id(dataclass), Some(Arc::new(self.found(dataclass, Some(filter)))));
        }
        answers
    }

    /// A caller for whom each `restrict` answers null.
    pub fn seeing_all(&self) -> Answers {
        let mut answers = Answers::default();
        for class in self.planner.model().dataclasses().iter().filter(|class| class.restricted) {
            answers.set_rows(class.id, None);
        }
        answers
    }

    /// Keys of a selection.
    pub fn keys_of(&self, selection: Selection) -> Result<KeyList, StoreError> {
        self.runtime.block_on(self.store.keys(selection, usize::MAX, deadline()))
    }

    /// What a request means.
    pub fn plan(&self, verb: Verb, url: &str, body: Option<Value>, answers: &Answers) -> Result<Request, StoreError> {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let planned = self.planner.plan_with(&self.grants, &Ask::parse(verb, path, query)?, body, &NoBytes, answers)?;
        match planned {
            Planned::Ready(request) => Ok(request),
            Planned::Needs(needs) => panic!("{url} needs {needs:?}"),
        }
    }

    /// Answers a GET; `keys` are those of the set that the URL names.
    pub fn try_get(&self, url: &str, keys: Option<&Arc<KeyList>>, answers: &Answers) -> Result<(Value, Vec<u64>), StoreError> {
        let plan = match self.plan(Verb::Get, url, None, answers)? {
            Request::Read(plan) => plan,
            Request::Set(over) => match over.over(Arc::clone(keys.unwrap())) {
                Request::Read(plan) => plan,
                other => panic!("{url} reads nothing: {other:?}"),
            },
            other => panic!("{url} reads nothing: {other:?}"),
        };
        if plan.keep().is_some() {
            let keys = Arc::new(self.keys_of(plan.kept())?);
            let read = self.runtime.block_on(self.store.read(plan.page_of(keys), JsonSink::default(), deadline()))?;
            return Ok((read.into_json(), Vec::new()));
        }
        let mut read = self.runtime.block_on(self.store.read(plan, JsonSink::default(), deadline()))?;
        let found = std::mem::take(&mut read.found);
        Ok((read.into_json(), found))
    }

    /// Answers a GET in a transaction that is open; with the keys of what it selects.
    pub fn try_get_inside(&self, url: &str, answers: &Answers) -> Result<(Value, KeyList), StoreError> {
        let Request::Read(plan) = self.plan(Verb::Get, url, None, answers)? else { panic!("{url} reads nothing") };
        let selection = plan.selection().clone();
        self.runtime.block_on(async {
            let mut open = self.store.begin(deadline()).await?;
            let answer = open.read(plan, JsonSink::default()).await?.into_json();
            Ok((answer, open.keys(selection, usize::MAX).await?))
        })
    }

    /// The same where an answer is expected.
    pub fn get(&self, url: &str, answers: &Answers) -> Value {
        self.try_get(url, None, answers).unwrap_or_else(|error| panic!("{url}: {error:?}")).0
    }

    /// Keys of the entities of a page.
    pub fn keys(&self, url: &str, answers: &Answers) -> Vec<String> {
        keys(&self.get(url, answers))
    }

    /// Number of the error of a GET.
    pub fn refused(&self, url: &str, answers: &Answers) -> i64 {
        code(self.try_get(url, None, answers).map(|_| ()))
    }

    /// `POST {url}` with entities.
    pub fn save_all(&self, url: &str, body: Value, answers: &Answers) -> Vec<Saved> {
        let Request::Write(Change::Save(save)) = self.plan(Verb::Post, url, Some(body), answers).unwrap() else { panic!("{url}") };
        let saving = self.store.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline());
        let outcomes = self.runtime.block_on(saving).unwrap().into_iter();
        outcomes
            .map(|outcome| Saved {
                status: outcome.status,
                codes: outcome.error.iter().flat_map(|error| &error.items).map(|item| item.code).collect(),
                message: outcome.error.map_or_else(String::new, |error| error.items[0].message.clone()),
                entity: outcome.entity.map_or(Value::Null, JsonSink::into_json),
            })
            .collect()
    }

    /// Bytes into a blob of an entity, by somebody who sees everything.
    pub fn post_bytes(&self, url: &str, bytes: &'static [u8]) {
        let ask = Ask::parse(Verb::Post, url, Some("$binary=true")).unwrap();
        let planned = self.planner.plan_with(&self.grants, &ask, None, &Posted(bytes), &Answers::unrestricted()).unwrap();
        let Ok(Request::Write(Change::Save(save))) = planned.ready() else { panic!("{url}") };
        let saving = self.store.save(save, Arc::new(JsonSink::default), Arc::new(NothingHeld), deadline());
        assert_eq!(self.runtime.block_on(saving).unwrap()[0].status, SaveStatus::Saved);
    }

    /// One entity saved.
    pub fn save(&self, dataclass: &str, body: Value, answers: &Answers) -> Saved {
        self.save_all(&format!("{dataclass}?$method=update"), body, answers).remove(0)
    }

    /// `POST {url}` that deletes; `keys` are those of the set that the URL names.
    pub fn delete(
        &self,
        url: &str,
        body: Option<Value>,
        keys: Option<&Arc<KeyList>>,
        answers: &Answers,
    ) -> Result<DeleteOutcome, StoreError> {
        let change = match self.plan(Verb::Post, url, body, answers)? {
            Request::Write(Change::Delete(delete)) => delete,
            Request::Set(over) => match over.over(Arc::clone(keys.unwrap())) {
                Request::Write(Change::Delete(delete)) => delete,
                other => panic!("{url} deletes nothing: {other:?}"),
            },
            other => panic!("{url} deletes nothing: {other:?}"),
        };
        self.runtime.block_on(self.store.delete(change, Arc::new(NothingHeld), deadline()))
    }

    /// A `$lock` URL: true when there is such an entity.
    pub fn lock(&self, url: &str, answers: &Answers) -> bool {
        let Request::Lock(lock) = self.plan(Verb::Get, url, None, answers).unwrap() else { panic!("{url}") };
        self.runtime.block_on(self.store.lock(lock, |_| (), deadline())).unwrap().is_some()
    }
}

/// Bytes that a request carries.
#[derive(Debug)]
struct Posted(&'static [u8]);

impl ByteSource for Posted {
    fn uploaded(&self, _: MediaKind, _: &str) -> Option<Bytes> {
        None
    }

    fn posted(&self) -> Option<Bytes> {
        Some(Bytes::from_static(self.0))
    }
}

/// What became of one entity.
#[derive(Debug)]
pub struct Saved {
    pub status: SaveStatus,
    /// The entity sent back, or null.
    pub entity: Value,
    /// Numbers of the error chain.
    pub codes: Vec<i64>,
    /// The text of the root cause.
    pub message: String,
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

/// Keys of the entities of a page; null for one that is gone.
pub fn keys(page: &Value) -> Vec<String> {
    let entities = page["__ENTITIES"].as_array().unwrap_or_else(|| panic!("{page}"));
    entities.iter().map(|entity| entity["__KEY"].as_str().unwrap_or("-").to_owned()).collect()
}

/// Number of an error.
pub fn code<T>(result: Result<T, StoreError>) -> i64 {
    match result {
        Err(StoreError::Dialect(error)) => error.code(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => 0,
    }
}
