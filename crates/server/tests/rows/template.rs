//! A database that many tests begin with a copy of: the first that asks makes it, the last that ends drops it, in whichever process they run.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use tokio::runtime::{Builder, Runtime};
use tokio_postgres::{Client, Config, NoTls};

use crate::database::made::Database;

/// Kept by each test as long as it runs.
pub(crate) struct Template {
    runtime: Runtime,
    /// Holds an advisory lock, shared with all who keep the template.
    client: Client,
    name: String,
    lock: i64,
}

impl Template {
    /// The template of this test program.
    pub(crate) fn of(make: impl FnOnce() -> Database) -> Self {
        // Another program makes other tables.
        let program = std::env::current_exe().unwrap();
        let version = std::fs::metadata(&program).unwrap().modified().unwrap();
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((program, version));
        let config: Config = std::env::var("TEST_POSTGRES_URL").unwrap().parse().unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        let template = Self { runtime, client, name: format!("claviger_test_rows_{hash:016x}"), lock: hash.cast_signed() };
        template.lock("pg_advisory_lock_shared");
        if !template.is_there() {
            template.lock("pg_advisory_unlock_shared");
            template.lock("pg_advisory_lock");
            if !template.is_there() {
                let made = make();
                template.run(&format!("ALTER DATABASE {} RENAME TO {}", made.name(), template.name));
            }
            template.lock("pg_advisory_lock_shared");
            template.lock("pg_advisory_unlock");
        }
        template
    }

    /// A new copy.
    pub(crate) fn copy(&self) -> Database {
        Database::of(&self.name).unwrap()
    }

    fn is_there(&self) -> bool {
        self.asks("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", &self.name)
    }

    fn lock(&self, function: &str) {
        self.run(&format!("SELECT {function}({})", self.lock));
    }

    fn asks(&self, question: &str, parameter: &(dyn tokio_postgres::types::ToSql + Sync)) -> bool {
        self.runtime.block_on(self.client.query_one(question, &[parameter])).unwrap().get(0)
    }

    fn run(&self, statement: &str) {
        self.runtime.block_on(self.client.batch_execute(statement)).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

impl Drop for Template {
    fn drop(&mut self) {
        self.lock("pg_advisory_unlock_shared");
        if self.asks("SELECT pg_try_advisory_lock($1)", &self.lock) {
            self.run(&format!("DROP DATABASE IF EXISTS {}", self.name));
        }
    }
}
