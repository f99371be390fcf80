//! A server with a pool of workers, for tests.
#![allow(dead_code)]

pub(crate) mod library;

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use claviger_script::{Action, Call, CallError, Host, Limit, Line, Load, Pool, PoolRules, Prelude, Refusal, Source, Thrown};
use parking_lot::Mutex;
use serde_json::value::RawValue;

#[derive(Default)]
pub(crate) struct Server {
    pub(crate) lines: Mutex<Vec<Line>>,
}

impl Host for Server {
    fn ask<'a>(
        &'a self,
        operation: &'a str,
        arguments: &'a RawValue,
    ) -> Pin<Box<dyn Future<Output = Result<Box<RawValue>, Refusal>> + Send + 'a>> {
        match operation {
            "rows" => Box::pin(ready(Err(Refusal::Limit(Limit::Rows)))),
            "never" => Box::pin(std::future::pending()),
            "refuse" => {
                Box::pin(ready(Err(Refusal::Error(Thrown { message: "not allowed".to_owned(), code: Some(1561), ..Thrown::default() }))))
            }
            _ => Box::pin(ready(Ok(arguments.to_owned()))),
        }
    }
    fn console(&self, line: Line) {
        self.lines.lock().push(line);
    }
}

pub(crate) fn load(text: &str) -> Load {
    Load {
        sources: vec![Source { path: "DataStore.js".to_owned(), text: text.to_owned() }],
        dataclasses: vec!["Book".to_owned()],
        prelude: Prelude { text: "((host) => ({ globals: () => ({ host }) }))".to_owned(), globals: vec!["host".to_owned()] },
        memory: 64 << 20,
    }
}

pub(crate) fn rules(workers: usize) -> PoolRules {
    PoolRules {
        program: env!("CARGO_BIN_EXE_claviger-script-worker").into(),
        arguments: Vec::new(),
        workers,
        queue: 4,
        grace: Duration::from_millis(700),
        start_time: Duration::from_secs(30),
        // However long a build for tests takes.
        brief: Duration::MAX,
    }
}

pub(crate) async fn pool(workers: usize, text: &str) -> Pool {
    Pool::start(rules(workers), load(text)).await.unwrap()
}

pub(crate) fn call(function: &str, arguments: &str) -> Call {
    let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
    Call {
        action: Action::Function,
        class: "DataStore".to_owned(),
        function: function.to_owned(),
        this: raw("null"),
        each: false,
        arguments: raw(arguments),
        caller: raw("null"),
        timeout_ms: 300,
        output: 1 << 20,
    }
}

pub(crate) async fn run(pool: &Pool, function: &str, arguments: &str) -> Result<String, CallError> {
    pool.call(&call(function, arguments), &Server::default()).await.map(|value| value.get().to_owned())
}

/// A class whose functions are `attack0`, `attack1`, …, and `honest`.
pub(crate) fn class(attacks: &[&str]) -> String {
    let mut text = "let before = 0;\nexport class DataStore {\n honest(a, b) { before++; return { sum: a + b, before }; }\n".to_owned();
    for (number, attack) in attacks.iter().enumerate() {
        text.push_str(&format!(" async attack{number}(...args) {{ {attack} }}\n"));
    }
    text + "}"
}
