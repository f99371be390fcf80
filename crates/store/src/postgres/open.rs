//! Opening a database of a server: an owned one is made or migrated, an attached one is only looked at.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, GenericClient};

use super::config::Server;
use super::connections::{Connections, SETTINGS, connect, lanes};
use super::constraints::Constraints;
use super::engine::{Engine, within};
use super::functions::{self, Letters};
use super::introspect::{DEFAULT_SCHEMA, attached_layout};
use super::{schema, stamps};
use crate::error::StoreError;
use crate::layout::{AttachedStamps, Layout};
use crate::store::{Clock, Mode, OpenOptions, StampMode};

/// Oldest major version that is served.
const OLDEST: i32 = 15;

/// Schema of the product's functions where nothing may be added to the database.
const TEMPORARY: &str = "pg_temp";

/// How long an attached database is looked at. Making and migrating tables takes what it takes.
const LOOKING: Duration = Duration::from_secs(60);

impl Engine {
    /// Opens a database. Shared connections as many as there are cores, others as many as there may be readers.
    pub async fn open(server: Server, options: &OpenOptions, clock: Clock) -> Result<Self, StoreError> {
        let (mut client, _driving) = connect(&server).await?;
        client.batch_execute(SETTINGS).await?;
        let work = async {
            check(&client).await?;
            let mut preparation = String::new();
            let layout = if options.mode == Mode::Owned {
                schema::migrate(&mut client, &options.model, DEFAULT_SCHEMA, options.allow_destructive).await?;
                schema::owned_layout(&options.model, DEFAULT_SCHEMA)
            } else {
                attached(&mut client, options, clock(), &mut preparation).await?
            };
            Ok::<_, StoreError>((layout, preparation))
        };
        let (layout, preparation) = if options.mode == Mode::Owned { work.await? } else { within(Instant::now() + LOOKING, work).await? };
        let constraints = Constraints::read(&client).await?;
        let connections = Connections::new(server, lanes(), options.readers.max(2), &preparation)?;
        Ok(Self::new(connections, std::sync::Arc::clone(&options.model), layout, constraints, clock))
    }
}

/// The schema of the functions that serve an attached database, and how its stamps are kept. Stamps that are to be counted lie with the
/// functions in the product's schema, where the owner has allowed that; else nothing is added: the functions live in each connection, and
/// stamps are derived from the rows.
pub async fn functions_and_stamps(
    client: &impl GenericClient,
    wanted: AttachedStamps,
) -> Result<(&'static str, AttachedStamps), tokio_postgres::Error> {
    let is_counted = wanted == AttachedStamps::Side && stamps::is_prepared(client).await?;
    Ok(if is_counted { (stamps::SCHEMA, AttachedStamps::Side) } else { (TEMPORARY, AttachedStamps::Hash) })
}

/// The layout of an attached database, and what each connection to it is told.
async fn attached(client: &mut Client, options: &OpenOptions, now: i64, preparation: &mut String) -> Result<Layout, StoreError> {
    let wanted = match options.stamps {
        StampMode::Side(_) => AttachedStamps::Side,
        StampMode::Hash => AttachedStamps::Hash,
    };
    let (schema, stamps) = functions_and_stamps(&*client, wanted).await?;
    let first_sight = match stamps {
        AttachedStamps::Side => stamps::prepare(client, now).await?,
        AttachedStamps::Hash => {
            *preparation = functions::create(schema, &Letters::of_server(&*client).await?);
            now
        }
    };
    Ok(attached_layout(&*client, &options.model, &[DEFAULT_SCHEMA.to_owned()], schema, stamps, first_sight).await?)
}

/// Refuses a server that the product cannot be served from.
pub async fn check(client: &Client) -> Result<(), StoreError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('server_version'), current_setting('server_encoding')",
            &[],
        )
        .await?;
    let (number, version, encoding): (i32, String, String) = (row.get(0), row.get(1), row.get(2));
    if number / 10_000 < OLDEST {
        return Err(StoreError::Internal(format!("the server has PostgreSQL {version}; use PostgreSQL {OLDEST} or newer")));
    }
    if encoding != "UTF8" {
        return Err(StoreError::Internal(format!("the database's encoding is {encoding}; use a database with ENCODING 'UTF8'")));
    }
    Ok(())
}
