//! A call that needs another call to go on.
#![allow(clippy::unwrap_used)]

mod common;

use std::pin::Pin;
use std::time::Duration;

use claviger_script::{Call, Host, Line, Pool, Refusal};
use common::{call, class, pool};
use serde_json::value::RawValue;

/// Answers by another call of the same pool, so many times.
struct Nesting {
    pool: Pool,
    depth: usize,
}

impl Host for Nesting {
    fn ask<'a>(&'a self, _: &'a str, arguments: &'a RawValue) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>> {
        Box::pin(async move {
            if self.depth == 0 {
                return Ok(arguments.to_owned());
            }
            let inner = Self { pool: self.pool.clone(), depth: self.depth - 1 };
            let call = Call { timeout_ms: 20_000, ..call("attack0", "[]") };
            self.pool.call_within(&call, &inner).await.map_err(|error| panic!("{error}"))
        })
    }
    fn console(&self, _: Line) {}
}

#[tokio::test]
async fn calls_within_calls_do_not_wait_for_each_other() {
    let pool = pool(1, &class(&["return [host('again', 1)];"])).await;
    let host = Nesting { pool: pool.clone(), depth: 3 };
    let outer = Call { timeout_ms: 20_000, ..call("attack0", "[]") };
    let value = tokio::time::timeout(Duration::from_secs(60), pool.call(&outer, &host)).await.unwrap().unwrap();
    assert_eq!(value.get(), "[[[[[1]]]]]");
    // The workers beyond the pool's number are gone.
    assert_eq!(pool.idle_workers().len(), 1);
    assert_eq!(pool.counts().started, 4);
}
