//! Calls that are sent to busy workers: each has its own result once, whatever becomes of the workers and of the calls before it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use claviger_script::{Call, CallError, Host, Limit, Line, Pool, Refusal};
use common::{call, pool};
use futures_util::future::join_all;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;

/// A server whose gates calls wait at.
struct Gates {
    doors: [Semaphore; 3],
    /// Calls that have come to one.
    came: Semaphore,
    counted: AtomicU64,
    /// For calls within calls.
    pool: Option<Pool>,
}

impl Gates {
    fn new() -> Self {
        Self { doors: std::array::from_fn(|_| Semaphore::new(0)), came: Semaphore::new(0), counted: AtomicU64::new(0), pool: None }
    }

    async fn came(&self, calls: u32) {
        self.came.acquire_many(calls).await.unwrap().forget();
    }
}

impl Host for Gates {
    fn ask<'a>(
        &'a self,
        operation: &'a str,
        arguments: &'a RawValue,
    ) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>> {
        Box::pin(async move {
            if operation == "within" {
                let pool = self.pool.as_ref().unwrap();
                return Ok(pool.call_within(&call("same", arguments.get()), self).await.unwrap());
            }
            if operation == "count" {
                self.counted.fetch_add(1, Ordering::Relaxed);
            } else {
                let (gate,): (usize,) = serde_json::from_str(arguments.get()).unwrap();
                self.came.add_permits(1);
                self.doors[gate].acquire().await.unwrap().forget();
            }
            Ok(arguments.to_owned())
        })
    }

    fn console(&self, _: Line) {}
}

const CODE: &str = "export class DataStore {
    wait(gate) { host('gate', gate); return gate; }
    count(of) { host('count', of); return of; }
    same(value) { return value; }
    forever() { for (;;); }
    nest(times) { for (let at = 0; at < times; at++) host('within', at); return times; }
}";

async fn run(pool: &Pool, host: &Gates, function: &str, argument: u64) -> Result<String, CallError> {
    pool.call(&call(function, &format!("[{argument}]")), host).await.map(|value| value.get().to_owned())
}

/// Polls a future once: a call is in the queue then.
async fn begin<T>(future: &mut (impl Future<Output = T> + Unpin)) {
    let is_ready = poll_fn(|context| Poll::Ready(Pin::new(&mut *future).poll(context).is_ready())).await;
    assert!(!is_ready);
}

/// Two calls at the same time: both workers are there.
async fn both_workers(pool: &Pool, host: &Gates) {
    let (one, other, ()) = tokio::join!(run(pool, host, "wait", 0), run(pool, host, "wait", 0), async {
        host.came(2).await;
        host.doors[0].add_permits(2);
    });
    assert_eq!((one, other), (ok(0), ok(0)));
}

fn ok(value: u64) -> Result<String, CallError> {
    Ok(value.to_string())
}

#[tokio::test]
async fn each_of_many_calls_has_its_own_result() {
    let mut rules = common::rules(2);
    rules.queue = 500;
    let pool = Pool::start(rules, common::load(CODE)).await.unwrap();
    let host = Gates::new();
    let calls = join_all((0..500).map(|number| run(&pool, &host, if number % 3 == 0 { "count" } else { "same" }, number))).await;
    for (number, result) in (0..500).zip(calls) {
        assert_eq!(result, ok(number));
    }
    assert_eq!(host.counted.load(Ordering::Relaxed), 167);
    assert_eq!((pool.counts().calls, pool.counts().started, pool.counts().died), (500, 2, 0));
}

#[tokio::test]
async fn a_call_behind_a_long_one_is_made_by_another_worker_and_once_only() {
    let (pool, host) = (pool(2, CODE).await, Gates::new());
    both_workers(&pool, &host).await;
    let (mut first, mut second) = (Box::pin(run(&pool, &host, "wait", 0)), Box::pin(run(&pool, &host, "wait", 1)));
    begin(&mut first).await;
    begin(&mut second).await;
    let (mut long, mut behind) = (Box::pin(run(&pool, &host, "wait", 2)), Box::pin(run(&pool, &host, "count", 7)));
    begin(&mut long).await;
    begin(&mut behind).await;
    let ((), (first, second), long, behind) = tokio::join!(
        async {
            host.came(2).await;
            host.doors[0].add_permits(1);
            // The long one has the worker of the first, which was sent what is behind it.
            host.came(1).await;
            host.doors[1].add_permits(1);
        },
        async { tokio::join!(first, second) },
        async {
            tokio::join!(long, async {
                // Only when it is done elsewhere does the long one end.
                while host.counted.load(Ordering::Relaxed) == 0 {
                    tokio::task::yield_now().await;
                }
                host.doors[2].add_permits(1);
            })
            .0
        },
        behind,
    );
    assert_eq!((first, second, long, behind), (ok(0), ok(1), ok(2), ok(7)));
    // What the first worker makes of it is for nobody, and the worker takes calls again.
    both_workers(&pool, &host).await;
    assert_eq!(host.counted.load(Ordering::Relaxed), 1);
    assert_eq!((pool.counts().started, pool.counts().killed, pool.counts().died), (2, 0, 0));
}

#[tokio::test]
async fn calls_outlive_those_before_them() {
    let (pool, host) = (pool(1, CODE).await, Gates::new());
    let mut first = Box::pin(run(&pool, &host, "wait", 0));
    begin(&mut first).await;
    let mut others: Vec<_> = ["forever", "same", "wait", "same"]
        .into_iter()
        .zip(0..)
        .map(|(function, number)| Box::pin(run(&pool, &host, function, number)))
        .collect();
    for other in &mut others {
        begin(other).await;
    }
    let ((), first, mut ends) = tokio::join!(
        async {
            host.came(1).await;
            host.doors[0].add_permits(1);
            host.came(1).await;
            host.doors[2].add_permits(1);
        },
        first,
        join_all(others),
    );
    assert_eq!(first, ok(0));
    let forever = ends.remove(0);
    assert!(matches!(forever, Err(CallError::Failure(claviger_script::Failure::Limit(Limit::Time)))), "{forever:?}");
    assert_eq!(ends, [ok(1), ok(2), ok(3)]);
}

#[tokio::test]
async fn calls_that_nobody_waits_for_any_more_hinder_no_other() {
    let (pool, host) = (pool(1, CODE).await, Gates::new());
    let mut first = Box::pin(run(&pool, &host, "wait", 0));
    begin(&mut first).await;
    let mut long = Box::pin(run(&pool, &host, "wait", 1));
    let mut dropped = Box::pin(run(&pool, &host, "count", 1));
    let mut last = Box::pin(run(&pool, &host, "same", 9));
    begin(&mut long).await;
    begin(&mut dropped).await;
    begin(&mut last).await;
    host.doors[0].add_permits(1);
    // The long one has the worker, which was sent the next.
    let first = tokio::select! {
        first = first => first,
        _ = &mut long => unreachable!(),
    };
    assert_eq!(first, ok(0));
    tokio::select! {
        biased;
        () = async { host.came(2).await } => {}
        _ = &mut long => unreachable!(),
    }
    drop(dropped);
    host.doors[1].add_permits(1);
    let (long, last) = tokio::join!(long, last);
    assert_eq!((long, last), (ok(1), ok(9)));
    assert_eq!(host.counted.load(Ordering::Relaxed), 0);
    // One that is dropped while it runs takes its worker with it.
    let mut running = Box::pin(run(&pool, &host, "wait", 0));
    begin(&mut running).await;
    let mut after = Box::pin(run(&pool, &host, "same", 3));
    begin(&mut after).await;
    tokio::select! {
        biased;
        () = async { host.came(1).await } => {}
        _ = &mut running => unreachable!(),
    }
    drop(running);
    assert_eq!(after.await, ok(3));
}

#[tokio::test]
async fn calls_within_a_call_share_a_worker_also_when_all_have_calls() {
    let pool = pool(1, CODE).await;
    let host = Gates { pool: Some(pool.clone()), ..Gates::new() };
    let nest = Call { timeout_ms: 20_000, ..call("nest", "[10]") };
    assert_eq!(pool.call(&nest, &host).await.unwrap().get(), "10");
    assert_eq!(pool.counts().started, 2);
}
