//! No worker outlives its pool or its server. Alone in its file: it counts the children of its process.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::{call, class, load, pool, run};

/// Workers of this test's own process: children by `/proc`.
fn children() -> usize {
    let mut count = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        count += std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default().split_whitespace().count();
    }
    count
}

#[tokio::test]
async fn no_process_is_left_over() {
    let before = children();
    let pool = pool(2, &class(&["for (;;);"])).await;
    for _ in 0..3 {
        let _ = run(&pool, "attack0", "[]").await;
    }
    assert!(children() > before);
    drop(pool);
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while children() > before {
        assert!(std::time::Instant::now() < until, "workers are left");
        tokio::task::yield_now().await;
    }
}

fn write(input: &mut ChildStdin, request: &serde_json::Value) -> std::io::Result<()> {
    let text = request.to_string();
    input.write_all(&(text.len() as u32).to_le_bytes())?;
    input.write_all(text.as_bytes())
}

/// A worker that was told to run this until it ends, at the time when it writes its first line.
fn running(text: &str) -> (Child, ChildStdin, ChildStdout) {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_claviger-script-worker"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut input, mut output) = (worker.stdin.take().unwrap(), worker.stdout.take().unwrap());
    let endless = claviger_script::Call { timeout_ms: 1 << 40, ..call("attack0", "[]") };
    let load = serde_json::json!({ "Load": { "load": load(&class(&[text])), "is_checked": false } });
    for request in [load, serde_json::json!({ "Call": endless })] {
        write(&mut input, &request).unwrap();
    }
    let mut heard = Vec::new();
    while !heard.windows(5).any(|word| word == b"begun") {
        let mut byte = [0];
        output.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
    (worker, input, output)
}

/// A server that is killed ends nothing in order; its pipes close all the same.
#[test]
fn a_worker_ends_with_its_server_even_while_it_runs() {
    let (mut worker, input, _output) = running("console.log('begun'); for (;;);");
    drop(input);
    assert!(worker.wait().unwrap().success());
}

#[test]
fn a_worker_that_nobody_listens_to_ends_when_it_speaks() {
    for text in ["console.log('begun'); for (;;) console.log('x'.repeat(1000));", "console.log('begun'); host('first'); host('second');"] {
        let (mut worker, mut input, output) = running(text);
        drop(output);
        // To the first question; the worker may have ended before.
        let _ = write(&mut input, &serde_json::json!({ "Reply": { "Ok": 1 } }));
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while worker.try_wait().unwrap().is_none() {
            if std::time::Instant::now() >= until {
                worker.kill().unwrap();
                panic!("it goes on: {text}");
            }
            std::thread::yield_now();
        }
        drop(input);
    }
}
