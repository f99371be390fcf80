//! A database of its own for each test, on the PostgreSQL server of `TEST_POSTGRES_URL`.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::print_stderr, reason = "each test binary uses its own part")]

use std::future::Future;

use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};

/// Where the server is: the URL of a database whose user may create others.
pub const VARIABLE: &str = "TEST_POSTGRES_URL";

/// An empty database with a name that nobody else has, and a connection to it; dropped with this value.
pub struct Database {
    runtime: Runtime,
    client: Option<Client>,
    server: Config,
    name: String,
}

impl Database {
    /// A new database; none, and a word about it, where no server is named.
    ///
    /// # Panics
    /// When a server is named that cannot be used: a test that was asked for does not pass unseen.
    pub fn create() -> Option<Self> {
        let Ok(url) = std::env::var(VARIABLE) else {
            eprintln!("skipped: {VARIABLE} names no server");
            return None;
        };
        let server: Config = url.parse().expect("TEST_POSTGRES_URL is no URL of a server");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let name = format!("claviger_test_{:016x}", u64::from_be_bytes(random));
        let client = runtime.block_on(async {
            let outside = connect(&server).await;
            outside.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await.unwrap();
            connect(server.clone().dbname(&name)).await
        });
        Some(Self { runtime, client: Some(client), server, name })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let server = std::env::var(VARIABLE).unwrap();
        let (server, query) = server.split_once('?').map_or((server.as_str(), None), |(server, query)| (server, Some(query)));
        let end = server.rfind('/').filter(|at| server[..*at].contains("://") && !server[..*at].ends_with('/')).unwrap_or(server.len());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}/{}{query}", &server[..end], self.name)
    }

    /// How it is reached.
    pub fn config(&self) -> Config {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        config
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
        let dropped = self.runtime.block_on(async {
            let outside = connect(&self.server).await;
            outside.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await
        });
        if let Err(error) = dropped {
            eprintln!("{} stays behind: {error}", self.name);
        }
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the server of TEST_POSTGRES_URL does not answer");
    tokio::spawn(connection);
    client.batch_execute("SET search_path = ''; SET timezone = 'UTC'").await.unwrap();
    client
}
