//! The application's database as commands look at it, whichever engine: its tables, how they and the model differ, what serving would do
//! to it. Only looks; the one exception is [`Database::allow_schema`].

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use claviger_model::fit::{Misfit, misfits};
use claviger_model::{Model, Problem};
use claviger_server::settings::Settings;
use claviger_store::Location;
use claviger_store::layout::AttachedStamps;
use claviger_store::postgres::{self, Server};
use claviger_store::schema::{FoldHint, SchemaError, Step};
use claviger_store::sqlite::connection::{Durability, Files};
use claviger_store::sqlite::{introspect, schema};
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::Client;

use crate::clock;
use crate::commands::serve::local_runtime;

/// Schema of a server's tables: those that are attached, and those that the server makes.
const TABLES: &str = "public";

/// A database that can be asked.
pub(crate) enum Database {
    /// A file, which may not exist yet.
    Sqlite(PathBuf),
    /// A connection to a server.
    Postgres(Box<Remote>),
}

/// A connection with what drives it.
pub(crate) struct Remote {
    /// Without password.
    title: String,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Database {
    /// That of the settings; a server is connected to.
    pub(crate) fn of(folder: &Path, settings: &Settings) -> Result<Self> {
        Self::at(settings.database_location(folder)?)
    }

    /// A server is connected to.
    pub(crate) fn at(location: Location) -> Result<Self> {
        match location {
            Location::Sqlite(path) => Ok(Self::Sqlite(path)),
            Location::Postgres(server) => Ok(Self::Postgres(Box::new(Remote::connect(&server)?))),
        }
    }

    /// Its name for people, without password.
    pub(crate) fn title(&self) -> String {
        match self {
            Self::Sqlite(path) => path.display().to_string(),
            Self::Postgres(remote) => remote.title.clone(),
        }
    }

    /// False for a file that serving would make.
    pub(crate) fn exists(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.is_file(),
            Self::Postgres(_) => true,
        }
    }

    /// The model made of its tables, with what that cannot show.
    pub(crate) fn found(&self, name: &str) -> Result<(Model, Vec<Problem>)> {
        match self {
            Self::Sqlite(path) => {
                introspect::attach_model(path, name).with_context(|| format!("{} cannot be read as a SQLite database", path.display()))
            }
            Self::Postgres(remote) => remote
                .runtime
                .block_on(postgres::introspect::attach_model(&remote.client, name, &[]))
                .map_err(|error| remote.failed(&error)),
        }
    }

    /// Where the model and an attached database differ.
    pub(crate) fn misfits(&self, model: &Model) -> Result<Vec<Misfit>> {
        Ok(misfits(model, &self.found(&model.name)?.0))
    }

    /// What serving would do to an owned one. A file that is not there yet counts as empty.
    pub(crate) fn migration(&self, model: &Model) -> Result<Vec<Step>> {
        match self {
            Self::Sqlite(path) => {
                let connection = if path.exists() {
                    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                } else {
                    Connection::open_in_memory()
                };
                let connection = connection.with_context(|| format!("cannot open {}", path.display()))?;
                Ok(schema::plan_migration(&connection, model)?)
            }
            Self::Postgres(remote) => {
                remote.runtime.block_on(postgres::schema::plan_migration(&remote.client, model, TABLES)).map_err(|error| match error {
                    SchemaError::Postgres(error) => remote.failed(&error),
                    other => other.into(),
                })
            }
        }
    }

    /// Text columns of an attached one where comparisons go by folded text, which an ordinary index does not know (settlement "Attached
    /// databases").
    pub(crate) fn fold_hints(&self, model: &Model) -> Result<Vec<FoldHint>> {
        match self {
            Self::Sqlite(path) => {
                let files = Files { path: path.clone(), owned: false, side: None, durability: Durability::default() };
                Ok(schema::fold_hints(&files.open_reader()?.db, model)?)
            }
            Self::Postgres(remote) => remote.runtime.block_on(remote.fold_hints(model)),
        }
    }

    /// Makes the schema `claviger` with the stamps and functions in an attached database, as its owner allows.
    pub(crate) fn allow_schema(&mut self) -> Result<()> {
        let Self::Postgres(remote) = self else {
            bail!("--allow-schema is for PostgreSQL: the stamps of a SQLite file are kept in a file of the application");
        };
        let made = remote.runtime.block_on(async {
            // All else is only looked at.
            remote.client.batch_execute("SET default_transaction_read_only = off").await?;
            postgres::stamps::prepare(&mut remote.client, clock::now()).await
        });
        match made {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(remote.failed(&error).context("the schema claviger cannot be made; leave --allow-schema out to derive stamps"))
            }
        }
    }

    /// Version of the server.
    pub(crate) fn version(&self) -> Result<Option<String>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(remote) => Ok(Some(remote.runtime.block_on(remote.show("server_version"))?)),
        }
    }
}

impl Remote {
    fn connect(server: &Server) -> Result<Self> {
        let runtime = local_runtime()?;
        let title = server.to_string();
        let client = runtime.block_on(async {
            let connected = server.config.connect(server.tls.clone()).await;
            let (client, connection) = connected.map_err(|error| unreachable(&title, &error))?;
            tokio::spawn(connection);
            let settings =
                "SET search_path = ''; SET default_transaction_read_only = on; SET statement_timeout = '60s'; SET timezone = 'UTC'";
            client.batch_execute(settings).await.map_err(|error| unreachable(&title, &error))?;
            anyhow::Ok(client)
        })?;
        let remote = Self { title, client, runtime };
        remote.runtime.block_on(remote.check())?;
        Ok(remote)
    }

    /// Refuses a server that is not served.
    async fn check(&self) -> Result<()> {
        let number = self.show("server_version_num").await?;
        if number.parse::<u32>().is_ok_and(|number| number < OLDEST) {
            bail!("{} is PostgreSQL {}: 15 is the oldest version that is served", self.title, self.show("server_version").await?);
        }
        let encoding = self.show("server_encoding").await?;
        if encoding != "UTF8" {
            bail!("{} keeps its texts as {encoding}: only UTF8 is served", self.title);
        }
        Ok(())
    }

    async fn show(&self, name: &str) -> Result<String> {
        let row = self.client.query_one("SELECT pg_catalog.current_setting($1)", &[&name]).await.map_err(|error| self.failed(&error))?;
        Ok(row.get(0))
    }

    async fn fold_hints(&self, model: &Model) -> Result<Vec<FoldHint>> {
        let failed = |error: SchemaError| match error {
            SchemaError::Postgres(error) => self.failed(&error),
            other => other.into(),
        };
        let is_allowed = postgres::stamps::is_prepared(&self.client).await.map_err(|error| self.failed(&error))?;
        // Without functions of its own in the database no index could use them.
        if !is_allowed {
            return Ok(Vec::new());
        }
        let layout = postgres::introspect::attached_layout(&self.client, model, &[], postgres::stamps::SCHEMA, AttachedStamps::Side, 0);
        let layout = layout.await.map_err(failed)?;
        postgres::schema::fold_hints(&self.client, model, &layout).await.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &tokio_postgres::Error) -> anyhow::Error {
        anyhow::anyhow!("{}: {}", self.title, postgres::with_causes(error))
    }
}

/// Oldest version that is served, as `server_version_num` counts.
const OLDEST: u32 = 150_000;

fn unreachable(title: &str, error: &tokio_postgres::Error) -> anyhow::Error {
    // What the server says (no such database, wrong password) is told by itself.
    if error.as_db_error().is_some() {
        return anyhow::anyhow!("{title}: {}", postgres::with_causes(error));
    }
    anyhow::anyhow!("{title}: the server cannot be reached ({})", postgres::with_causes(error))
}
