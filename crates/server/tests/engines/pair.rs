//! The same application twice: its data in SQLite, and in a PostgreSQL database of its own.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::request::Request;
use crate::support::database::Database;
use crate::support::{ROLES, TestApp};

/// Two applications of one model.
pub struct Pair {
    sides: [Side; 2],
    database: Database,
    /// Tables with keys that the database numbers.
    numbered: Vec<String>,
    runtime: Runtime,
}

struct Side {
    app: TestApp,
    key: String,
    /// The sets that were made last, by dataclass.
    sets: HashMap<String, [String; 2]>,
}

/// An answer as far as it is compared: status, type, body.
pub type Answer = (u16, String, String);

impl Pair {
    /// Owned databases; `None` where no PostgreSQL server is named.
    pub fn open(model: &Value) -> Option<Self> {
        let database = Database::make()?;
        let settings = [String::new(), format!("[database]\nurl = \"{}\"\nmode = \"owned\"", database.url())];
        let classes = model["dataClasses"].as_array().unwrap().iter();
        let numbered = classes.filter(|class| class["attributes"][0]["autosequence"] == true);
        let numbered = numbered.map(|class| class["name"].as_str().unwrap().to_owned()).collect();
        let model = model.to_string();
        Some(Self { numbered, ..Self::of(database, [&model, &model], settings) })
    }

    /// Applications with these models and settings, first that of SQLite.
    pub fn of(database: Database, models: [&str; 2], settings: [String; 2]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let context = runtime.enter();
        let [one, other] = [0, 1].map(|side| {
            let app = TestApp::of(&format!("name = \"engines\"\n{}", settings[side]), models[side], ROLES);
            let key = app.key(json!({ "type": "administration" })).secret;
            Side { app, key, sets: HashMap::new() }
        });
        drop(context);
        Self { sides: [one, other], database, numbered: Vec::new(), runtime }
    }

    /// Asks both.
    pub fn ask(&mut self, request: &Request) -> [Answer; 2] {
        let [one, other] = &self.sides;
        let answers = self.runtime.block_on(async { tokio::join!(one.ask(request), other.ask(request)) });
        let answers = [answers.0, answers.1];
        for (side, answer) in self.sides.iter_mut().zip(&answers) {
            side.remember_set(&answer.2);
        }
        if request.body.is_some() && (answers[0].0 != 200 || request.is_trial()) {
            self.level_numbers();
        }
        answers
    }

    /// PostgreSQL does not take back the numbers that a failed save or a trial has used, which `docs/compat.md` says.
    fn level_numbers(&self) {
        let file = rusqlite::Connection::open(self.sides[0].app.folder.path().join("data/app.db")).unwrap();
        for table in &self.numbered {
            let last = file.query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table], |row| row.get::<_, i64>(0)).unwrap_or(0);
            self.database.run(&format!("SELECT setval(pg_get_serial_sequence('public.\"{table}\"', 'ID'), {}, {})", last.max(1), last > 0));
        }
    }
}

impl Side {
    async fn ask(&self, request: &Request) -> Answer {
        const NONE: &str = "00000000000000000000000000000000";
        let [set, other] = self.sets.get(&request.class).map_or([NONE, NONE], |[set, other]| [set.as_str(), other.as_str()]);
        let ask = self.app.ask(request.method, &request.url(set, other)).key(&self.key);
        let ask = match &request.body {
            Some(body) => ask.json(body),
            None => ask,
        };
        let answer = ask.send().await;
        (answer.status, answer.header("content-type").unwrap_or_default().to_owned(), String::from_utf8_lossy(&answer.body).into_owned())
    }

    fn remember_set(&mut self, body: &str) {
        let Some((class, id)) = body.strip_prefix("{\"__ENTITYSET\":\"/rest/").and_then(|rest| rest.split_once("/$entityset/")) else {
            return;
        };
        let id = id.chars().take(32).collect();
        let last = self.sets.remove(class).map_or_else(|| String::clone(&id), |[last, _]| last);
        self.sets.insert(class.to_owned(), [id, last]);
    }
}
