//! A PostgreSQL database of its own for a test, on the server that `TEST_POSTGRES_URL` names (a user who may make databases).
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, reason = "each test binary uses a part of it")]

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

/// Made with [`Database::make`], dropped with everything in it when it goes out of scope.
pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// `None`, and a line on standard error, when no server is named: the test is skipped.
    pub fn make() -> Option<Self> {
        Self::of("template0")
    }

    /// A copy of another database of the server, to which nobody is connected.
    pub fn of(template: &str) -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            // Past the runner, which keeps to itself what a test prints that passes.
            std::io::stderr().write_all(b"skipped: TEST_POSTGRES_URL names no PostgreSQL server\n").unwrap();
            return None;
        };
        let name = format!("claviger_test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let database = Self { server, name };
        let Self { server, name } = &database;
        ask(server, move |client| async move {
            // Left by a test that was killed.
            client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.unwrap();
            client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")).await.unwrap();
        });
        Some(database)
    }

    /// The database's URL.
    pub fn url(&self) -> String {
        let (server, query) = self.server.split_once('?').map_or((self.server.as_str(), None), |(server, query)| (server, Some(query)));
        let end = server.rfind('/').filter(|at| server[..*at].contains("://") && !server[..*at].ends_with('/')).unwrap_or(server.len());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}/{}{query}", &server[..end], self.name)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements in it; gives the first column of the last one's rows as text.
    pub fn run(&self, sql: &str) -> Vec<String> {
        let sql = sql.to_owned();
        self.ask(move |client| async move {
            let answers = client.simple_query(&sql).await.unwrap();
            let rows = answers
                .iter()
                .filter_map(|answer| if let tokio_postgres::SimpleQueryMessage::Row(row) = answer { Some(row) } else { None });
            rows.map(|row| row.get(0).unwrap_or_default().to_owned()).collect()
        })
    }

    /// Asks with a connection of its own.
    pub fn ask<T: Send, F: Future<Output = T>>(&self, work: impl FnOnce(Client) -> F + Send) -> T {
        ask(&self.url(), work)
    }

    /// Ends all connections to it, as a server does that is stopped; later ones are taken again.
    pub fn disconnect(&self) {
        let name = &self.name;
        ask(&self.server, move |client| async move {
            client
                .batch_execute(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
                .await
                .unwrap();
        });
    }

    /// Lets new connections in, or not.
    pub fn allow(&self, is_allowed: bool) {
        let name = &self.name;
        ask(&self.server, move |client| async move {
            client.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {is_allowed}")).await.unwrap();
        });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        ask(&self.server, move |client| async move {
            let dropped = client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            if let Err(error) = dropped {
                eprintln!("{name} stays: {error}");
            }
        });
    }
}

/// Asks on a thread of its own, so that it works wherever the test runs.
fn ask<T: Send, F: Future<Output = T>>(url: &str, work: impl FnOnce(Client) -> F + Send) -> T {
    let mut config: Config = url.parse().unwrap();
    config.connect_timeout(Duration::from_secs(10));
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) = config.connect(NoTls).await.unwrap();
                tokio::spawn(connection);
                work(client).await
            })
        });
        asking.join().unwrap()
    })
}
