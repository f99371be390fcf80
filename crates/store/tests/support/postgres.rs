//! A database of its own for each test ([`made::Database`]) with a runtime and a connection to it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its own part")]

#[path = "database.rs"]
mod made;

use std::future::Future;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};

/// An empty database with a name that nobody else has, and a connection to it; dropped with this value.
pub struct Database {
    client: Option<Client>,
    runtime: Runtime,
    made: made::Database,
}

impl Database {
    /// A new database; none, and a word about it, where no server is named.
    ///
    /// # Panics
    /// When a server is named that cannot be used: a test that was asked for does not pass unseen.
    pub fn create() -> Option<Self> {
        let made = made::Database::make()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(connect(&made.url().parse().unwrap()));
        Some(Self { client: Some(client), runtime, made })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.made.name()
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.made.url()
    }

    /// How it is reached.
    pub fn config(&self) -> Config {
        self.url().parse().unwrap()
    }

    /// The first connection.
    pub fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }

    /// Another connection; it is served as long as this value lives.
    pub fn connect(&self) -> Client {
        self.runtime.block_on(connect(&self.config()))
    }

    /// Runs something that waits.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Begins something that goes on by itself.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Runs statements that give no rows.
    pub fn execute(&self, sql: &str) {
        self.run(self.client().batch_execute(sql))
            .unwrap_or_else(|error| panic!("{error:?}: {}", sql.chars().take(2000).collect::<String>()));
    }

    /// The rows of a statement.
    pub fn rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Vec<Row> {
        self.run(self.client().query(sql, parameters)).unwrap_or_else(|error| panic!("{error:?}: {sql}"))
    }

    /// The only column of the only row of a statement.
    pub fn value<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> T {
        self.rows(sql, parameters)[0].get(0)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.client = None;
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server of TEST_POSTGRES_URL does not answer");
    tokio::spawn(connection);
    client.batch_execute("SET search_path = ''; SET timezone = 'UTC'").await.unwrap();
    client
}
