//! The application's database as commands look at it, whichever engine: its tables, how they and the model differ, what serving would do
//! to it. Only looks; the one exception is [`Database::allow_schema`].

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use claviger_model::fit::{Misfit, misfits};
use claviger_model::{Model, Problem};
use claviger_server::settings::{Settings, Stamp};
use claviger_store::Location;
use claviger_store::layout::{AttachedStamps, Layout};
use claviger_store::postgres::introspect::{ALL_SCHEMAS, DEFAULT_SCHEMA};
use claviger_store::postgres::{self, Server};
use claviger_store::schema::{FoldHint, SchemaError, Step};
use claviger_store::sqlite::connection::{Durability, Files};
use claviger_store::sqlite::{introspect, schema};
use rusqlite::{Connection, OpenFlags};
use tokio_postgres::Client;

use crate::clock;

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
    /// How the stamps of an attached one are to be kept.
    stamps: AttachedStamps,
}

impl Database {
    /// That of the settings; a server is connected to.
    pub(crate) fn of(folder: &Path, settings: &Settings) -> Result<Self> {
        Self::at(settings.database_location(folder)?, settings.database.stamp)
    }

    /// A server is connected to; `stamp` is its `database.stamp`.
    pub(crate) fn at(location: Location, stamp: Stamp) -> Result<Self> {
        match location {
            Location::Sqlite(path) => Ok(Self::Sqlite(path)),
            Location::Postgres(server) => Ok(Self::Postgres(Box::new(Remote::connect(&server, stamp)?))),
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

    /// The model made of its tables, with what that cannot show; of a server those of the schema `public`.
    pub(crate) fn found(&self, name: &str) -> Result<(Model, Vec<Problem>)> {
        match self {
            Self::Sqlite(path) => {
                introspect::attach_model(path, name).with_context(|| format!("{} cannot be read as a SQLite database", path.display()))
            }
            Self::Postgres(remote) => remote.found(name, &[DEFAULT_SCHEMA]),
        }
    }

    /// Where the model and an attached database differ.
    pub(crate) fn misfits(&self, model: &Model) -> Result<Vec<Misfit>> {
        let (offered, _) = self.found(&model.name)?;
        let Self::Postgres(remote) = self else { return Ok(misfits(model, &offered)) };
        // A table of another schema is served when the model names it, and not missed when it does not.
        let (reachable, _) = remote.found(&model.name, &[DEFAULT_SCHEMA, ALL_SCHEMAS])?;
        let is_offered = |name: &str| offered.dataclasses().iter().any(|class| class.table.name == name);
        let mut misfits = misfits(model, &reachable);
        misfits.retain(|misfit| !matches!(misfit, Misfit::TableUnused { table } if !is_offered(table)));
        Ok(misfits)
    }

    /// What the model speaks of and an attached database has not, so that requests fail. A server is asked as `serve` asks it, which refuses
    /// names that differ in case, and types that do not go together.
    pub(crate) fn lacks(&self, model: &Model, misfits: &[Misfit]) -> Result<Vec<String>> {
        if let Self::Postgres(remote) = self {
            match remote.runtime.block_on(remote.layout(model)) {
                Ok(_) => {}
                Err(SchemaError::Impossible(lacks)) => return Ok(lacks),
                Err(error) => return Err(remote.refused(error)),
            }
        }
        Ok(misfits.iter().filter(|misfit| misfit.breaks_requests()).map(ToString::to_string).collect())
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
                let planned = remote.runtime.block_on(postgres::schema::plan_migration(&remote.client, model, DEFAULT_SCHEMA));
                planned.map_err(|error| remote.refused(error))
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
            Self::Postgres(remote) => {
                let hints = async {
                    let layout = remote.layout(model).await?;
                    Ok(postgres::schema::fold_hints(&remote.client, model, &layout).await?)
                };
                remote.runtime.block_on(hints).map_err(|error: SchemaError| remote.refused(error))
            }
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
    fn connect(server: &Server, stamp: Stamp) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start a thread")?;
        let title = server.to_string();
        let client = runtime.block_on(async {
            let connected = postgres::connections::connect(server).await;
            let (client, _driving) = connected.map_err(|error| unreachable(&title, &error))?;
            let settings =
                "SET search_path = ''; SET default_transaction_read_only = on; SET statement_timeout = '60s'; SET timezone = 'UTC'";
            client.batch_execute(settings).await.map_err(|error| unreachable(&title, &error))?;
            postgres::open::check(&client).await.with_context(|| title.clone())?;
            anyhow::Ok(client)
        })?;
        let stamps = match stamp {
            Stamp::Side => AttachedStamps::Side,
            Stamp::Hash => AttachedStamps::Hash,
        };
        Ok(Self { title, client, runtime, stamps })
    }

    async fn show(&self, name: &str) -> Result<String> {
        let row = self.client.query_one("SELECT pg_catalog.current_setting($1)", &[&name]).await.map_err(|error| self.failed(&error))?;
        Ok(row.get(0))
    }

    fn found(&self, name: &str, schemas: &[&str]) -> Result<(Model, Vec<Problem>)> {
        let schemas: Vec<String> = schemas.iter().map(|schema| (*schema).to_owned()).collect();
        let found = self.runtime.block_on(postgres::introspect::attach_model(&self.client, name, &schemas));
        found.map_err(|error| self.failed(&error))
    }

    /// How the model lies in an attached database, as serving it finds out.
    async fn layout(&self, model: &Model) -> Result<Layout, SchemaError> {
        let (functions, stamps) = postgres::open::functions_and_stamps(&self.client, self.stamps).await?;
        postgres::introspect::attached_layout(&self.client, model, &[DEFAULT_SCHEMA.to_owned()], functions, stamps, 0).await
    }

    fn refused(&self, error: SchemaError) -> anyhow::Error {
        match error {
            SchemaError::Postgres(error) => self.failed(&error),
            other => other.into(),
        }
    }

    fn failed(&self, error: &tokio_postgres::Error) -> anyhow::Error {
        anyhow::anyhow!("{}: {}", self.title, postgres::with_causes(error))
    }
}

fn unreachable(title: &str, error: &tokio_postgres::Error) -> anyhow::Error {
    // What the server says (no such database, wrong password) is told by itself.
    if error.as_db_error().is_some() {
        return anyhow::anyhow!("{title}: {}", postgres::with_causes(error));
    }
    anyhow::anyhow!("{title}: the server cannot be reached ({})", postgres::with_causes(error))
}
