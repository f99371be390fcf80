//! The database below an application of the tests: a SQLite file in its folder, or, in the test program `rows_postgres`, a database of its own
//! on the server that `TEST_POSTGRES_URL` names. Statements quote names, which both engines take.

#[path = "../../../store/tests/support/database.rs"]
pub(crate) mod made;

use std::path::{Path, PathBuf};

use claviger_model::Model;
use claviger_store::{postgres, sqlite};
use rusqlite::types::ValueRef;

use crate::template::Template;

/// The tests of this program run on PostgreSQL.
pub(crate) const IS_POSTGRES: bool = env!("CARGO_CRATE_NAME").len() > "rows".len();

/// Made for one test, gone with it.
pub(crate) enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A database of a server, and what it is a copy of.
    Postgres(made::Database, #[expect(dead_code, reason = "kept as long as the test runs")] Option<Template>),
}

impl Database {
    /// For tables that the application makes; `folder` is the application's.
    pub(crate) fn owned(folder: &Path) -> Self {
        if IS_POSTGRES { Self::Postgres(on_the_server(), None) } else { Self::Sqlite(folder.join("data/app.db")) }
    }

    /// On a server, a copy of a database that is made once for all tests.
    pub(crate) fn copy_of(make: impl FnOnce() -> Self) -> Option<Self> {
        if !IS_POSTGRES {
            return None;
        }
        if std::env::var_os("TEST_POSTGRES_URL").is_none() {
            on_the_server();
        }
        let template = Template::of(|| match make() {
            Self::Postgres(made, _) => made,
            Self::Sqlite(_) => unreachable!("it is on the server"),
        });
        Some(Self::Postgres(template.copy(), Some(template)))
    }

    /// One with tables that others made (`fixture/shop.sql`), and the model of them.
    pub(crate) fn of_a_shop(folder: &Path) -> (Self, Model) {
        if IS_POSTGRES {
            let database = on_the_server();
            database.run(include_str!("fixture/shop-postgres.sql"));
            let model = database.ask(|mut client| async move {
                // As `claviger init --allow-schema` does: stamps are counted.
                postgres::stamps::prepare(&mut client, 0).await.unwrap();
                postgres::introspect::attach_model(&client, "library", &[]).await.unwrap().0
            });
            (Self::Postgres(database, None), model)
        } else {
            let path = folder.join("shop.db");
            rusqlite::Connection::open(&path).unwrap().execute_batch(include_str!("fixture/shop.sql")).unwrap();
            let (model, _) = sqlite::introspect::attach_model(&path, "library").unwrap();
            (Self::Sqlite(path), model)
        }
    }

    /// What the setting `database.url` says.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(database, _) => database.url(),
        }
    }

    /// Changes one row.
    #[track_caller]
    pub(crate) fn change(&self, statement: &str) {
        let statement = format!("{statement} RETURNING 1");
        let changed = match self {
            Self::Sqlite(path) => rows(path, &statement).len(),
            Self::Postgres(database, _) => database.run(&statement).len(),
        };
        assert_eq!(changed, 1, "{statement}");
    }

    /// The only text of a statement.
    #[track_caller]
    pub(crate) fn text(&self, statement: &str) -> String {
        let mut found = match self {
            Self::Sqlite(path) => rows(path, statement),
            Self::Postgres(database, _) => database.run(statement),
        };
        assert_eq!(found.len(), 1, "{statement}");
        found.remove(0)
    }

    /// Names of the tables, as they were made.
    pub(crate) fn tables(&self) -> Vec<String> {
        match self {
            Self::Sqlite(path) => rows(path, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid"),
            Self::Postgres(database, _) => {
                database.run("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY oid")
            }
        }
    }

    /// Schema and rows as text: the same as long as nothing was changed.
    pub(crate) fn dump(&self) -> String {
        match self {
            Self::Sqlite(path) => {
                let mut dump = rows(path, "SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name");
                for table in self.tables() {
                    let columns = rows(path, &format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_xinfo('{table}')"))
                        .join(" || char(9) || ");
                    dump.push(table.clone());
                    dump.extend(rows(path, &format!("SELECT {columns} FROM \"{table}\" ORDER BY 1")));
                }
                dump.join("\n")
            }
            Self::Postgres(database, _) => {
                let mut dump = database.run(
                    "SELECT concat_ws(' ', table_schema, table_name, column_name, column_default, is_nullable, data_type, is_generated, generation_expression)
                     FROM information_schema.columns WHERE table_schema NOT IN ('information_schema', 'pg_catalog') ORDER BY 1",
                );
                dump.extend(database.run(
                    "SELECT concat_ws(' ', schemaname, indexname, indexdef) FROM pg_indexes WHERE schemaname <> 'pg_catalog' ORDER BY 1",
                ));
                dump.extend(database.run("SELECT concat_ws(' ', conname, pg_get_constraintdef(oid)) FROM pg_constraint ORDER BY 1"));
                dump.extend(
                    database.run("SELECT concat_ws(' ', oid::regprocedure, prosrc) FROM pg_proc WHERE pronamespace >= 16384 ORDER BY 1"),
                );
                for table in self.tables() {
                    dump.extend(database.run(&format!("SELECT \"{table}\"::text FROM \"{table}\" ORDER BY 1")));
                    dump.push(table);
                }
                dump.join("\n")
            }
        }
    }
}

/// Bytes as SQL writes them.
pub(crate) fn bytes(hex: &str) -> String {
    if IS_POSTGRES { format!("'\\x{hex}'") } else { format!("x'{hex}'") }
}

/// A database on the server. Without one none of the program's tests can run: it says so and ends.
fn on_the_server() -> made::Database {
    made::Database::make().unwrap_or_else(|| std::process::exit(0))
}

/// The first column of the rows, as text.
fn rows(path: &Path, statement: &str) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let mut statement = connection.prepare(statement).unwrap();
    let rows = statement.query_map([], |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Integer(number) => number.to_string(),
            value => value.as_str()?.to_owned(),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}
