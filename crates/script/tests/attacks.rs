//! What hostile or broken functions try, against real worker processes: each ends as it must, an honest call works after it, and nothing is left.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use claviger_script::{Call, CallError, Failure, Finding, Limit, Pool, StartError};
use common::{Server, call, class, load, pool, rules, run};

/// Each attack, and an honest call after it.
async fn attack(attacks: &[&str], check: impl Fn(&str, Result<String, CallError>)) {
    attack_for(300, attacks, check).await;
}

/// Attacks of which each has this time.
async fn attack_for(timeout_ms: u64, attacks: &[&str], check: impl Fn(&str, Result<String, CallError>)) {
    let pool = pool(1, &class(attacks)).await;
    for (number, text) in attacks.iter().enumerate() {
        let call = Call { timeout_ms, ..call(&format!("attack{number}"), "[{\"a\":[1]}]") };
        check(text, pool.call(&call, &Server::default()).await.map(|value| value.get().to_owned()));
        assert_eq!(run(&pool, "honest", "[1,2]").await.as_deref(), Ok("{\"sum\":3,\"before\":1}"), "after {text}");
    }
}

#[tokio::test]
async fn endless_loops_of_every_kind_end_in_time() {
    let attacks = [
        "for (;;);",
        "for (;;) try { for (;;); } finally { continue }",
        "const spin = () => Promise.resolve().then(spin); await spin();",
        "const spin = () => { queueMicrotask(spin) }; spin();",
        "const spin = () => setTimeout(spin, 0); spin(); await new Promise(() => {});",
        "for (const x of { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });",
        "return { get a() { for (;;); } };",
        "return { toJSON() { for (;;); } };",
        "throw { get message() { for (;;); } };",
        "throw new Proxy({}, { get() { for (;;); } });",
        "/^(a+)+$/.test('a'.repeat(40) + 'b');",
        "/(x+x+)+y/.exec('x'.repeat(60));",
        "[...Array(2e5).keys()].sort(() => { for (let i = 0; i < 1e6; i++); return 1; });",
        "const text = 'ab'.repeat(1 << 20); for (;;) text.lastIndexOf('b' + 'ab'.repeat(1 << 19));",
        "let n = 3n; for (;;) try { n = n * n } catch { n = 3n }",
        "host('never');",
        "await new Promise(() => setTimeout(() => {}, 1e9));",
    ];
    attack(&attacks, |text, result| {
        let Err(CallError::Failure(Failure::Limit(limit))) = &result else { panic!("{text}: {result:?}") };
        assert!(matches!(limit, Limit::Time | Limit::Memory), "{text}: {result:?}");
    })
    .await;
}

#[tokio::test]
async fn what_the_engine_cannot_interrupt_is_killed() {
    let attacks = [
        "return new Array(1e9) + '';",
        "return Array(2 ** 32 - 1).indexOf(1);",
        "return 'x'.repeat(4e6).lastIndexOf('x'.repeat(2e6) + 'y');",
        "return (7n ** 9000000n).toString();",
    ];
    attack(&attacks, |text, result| match result {
        Err(CallError::Failure(Failure::Limit(Limit::Time | Limit::Memory | Limit::Output))) => {}
        // The machine may be quick enough, or the engine know a limit of its own.
        Ok(_) | Err(CallError::Failure(Failure::Thrown(_))) if !text.contains("1e9") => {}
        other => panic!("{text}: {other:?}"),
    })
    .await;
}

#[tokio::test]
async fn memory_bombs_end_as_such() {
    let attacks = [
        "const all = []; for (;;) all.push(new Array(1000).fill(all.length));",
        "let text = 'x'; for (;;) text += text + Math.random();",
        "const all = []; for (;;) all.push(new Uint8Array(1 << 20));",
        "const all = new Map(); for (let i = 0; ; i++) all.set(i, { i });",
        "const all = []; for (;;) try { all.push('y'.repeat(1 << 20) + all.length) } catch { throw new InternalError('out of memory') }",
        "return new ArrayBuffer(2 ** 40);",
        "return 'x'.repeat(2 ** 29);",
    ];
    attack(&attacks, |text, result| match result {
        Err(CallError::Failure(Failure::Limit(Limit::Memory | Limit::Time))) => {}
        Err(CallError::Failure(Failure::Thrown(thrown))) if thrown.name == "RangeError" || thrown.message == "string too long" => {}
        other => panic!("{text}: {other:?}"),
    })
    .await;
}

#[tokio::test]
async fn deep_recursion_and_deep_texts_end_as_such() {
    let attacks = [
        "const f = () => f() + 1; f();",
        "const f = () => [1].map(f); f();",
        "const f = () => JSON.stringify({ toJSON: f }); f();",
        "let deep = {}; for (let i = 0; i < 1e5; i++) deep = { deep }; return deep;",
        "return JSON.parse('['.repeat(1e6));",
        "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('');",
        "return structuredClone(Array(1e5).fill(0).reduce(deep => [deep], []));",
    ];
    attack_for(60_000, &attacks, |text, result| match result {
        Err(CallError::Failure(Failure::Limit(Limit::Stack))) => {}
        Err(CallError::Failure(Failure::Thrown(thrown))) if thrown.name == "SyntaxError" => {}
        other => panic!("{text}: {other:?}"),
    })
    .await;
}

#[tokio::test]
async fn results_of_every_form_are_json_or_errors() {
    let attacks = [
        "const a = {}; a.a = a; return a;",
        "return { toJSON() { throw new Error('no') } };",
        "return new Proxy({}, { ownKeys() { throw new Error('no') } });",
        "return new Proxy([], { get() { return 'x' } });",
        "return { get a() { throw null } };",
        "throw undefined;",
        "throw { toString() { throw 1 } };",
        "throw Object.create(null);",
        "throw Symbol('x');",
        "return Symbol('x');",
        "return () => 1;",
        "return 1n;",
        "return { __proto__: { x: 1 }, ['__proto__']: 1 };",
        "return host('refuse');",
        "return host(Symbol('x'));",
        "return host('echo', { toJSON() { throw 1 } });",
        "args[0].__proto__.polluted = 1;",
        "args.constructor.prototype.polluted = 1;",
    ];
    attack(&attacks, |text, result| match result {
        Ok(value) => assert!(serde_json::from_str::<serde_json::Value>(&value).is_ok(), "{text}: {value}"),
        // Null is what the engine throws without memory.
        Err(CallError::Failure(Failure::Limit(Limit::Memory))) if text.contains("throw null") => {}
        Err(CallError::Failure(Failure::Thrown(_) | Failure::Limit(Limit::Time))) => {}
        other => panic!("{text}: {other:?}"),
    })
    .await;
}

#[tokio::test]
async fn there_is_no_way_out() {
    let attacks = [
        "return typeof process + typeof require + typeof std + typeof os + typeof Deno + typeof fetch + typeof XMLHttpRequest + typeof WebAssembly + typeof Worker;",
        "return Object.getOwnPropertyNames(globalThis).filter(name => /^(std|os|bjson|scriptArgs|print|load|native|__)/.test(name)).join();",
        "try { await import('std'); return 'in'; } catch { return ''; }",
        "try { await import('./DataStore.js'); return 'in'; } catch { return ''; }",
        "try { await import('file:///etc/passwd'); return 'in'; } catch { return ''; }",
        "try { return (function () { return this })() === undefined ? '' : 'in' } catch { return ''; }",
        "try { (() => {}).constructor('return this')(); return 'in'; } catch { return ''; }",
        "try { arguments.callee.caller; return 'in'; } catch { return ''; }",
    ];
    attack(&attacks, |text, result| {
        let undefined = text.matches("typeof").count();
        let wanted = if undefined > 0 { format!("\"{}\"", "undefined".repeat(undefined)) } else { "\"\"".to_owned() };
        assert_eq!(result.unwrap(), wanted, "{text}");
    })
    .await;
}

#[tokio::test]
async fn state_left_behind_is_gone_or_the_worker_is() {
    let attacks = [
        "globalThis.left = 1;",
        "Object.defineProperty(globalThis, 'left', { value: 1, configurable: false });",
        "Object.preventExtensions(globalThis);",
        "Object.setPrototypeOf(globalThis, { left: 1 });",
        "setTimeout(() => { globalThis.left = 1 }, 0);",
        "before = 100; DataStore.left = 1; DataStore.prototype.honest = () => 1; Object.prototype.left = 1;",
        "Promise.resolve().then(() => { globalThis.left = 1 });",
    ];
    let look = "return typeof left + DataStore.left + ({}).left;";
    let pool = pool(1, &class(&[&attacks[..], &[look]].concat())).await;
    for (number, text) in attacks.iter().enumerate() {
        let _ = run(&pool, &format!("attack{number}"), "[]").await;
        assert_eq!(
            run(&pool, &format!("attack{}", attacks.len()), "[]").await.as_deref(),
            Ok("\"undefinedundefinedundefined\""),
            "after {text}"
        );
        assert_eq!(run(&pool, "honest", "[1,2]").await.as_deref(), Ok("{\"sum\":3,\"before\":1}"), "after {text}");
    }
}

#[tokio::test]
async fn a_worker_has_three_pipes_no_environment_and_no_means() {
    // What this process itself was given by others goes on to its children.
    let descriptors = |folder: &Path| -> BTreeSet<OsString> {
        let names = std::fs::read_dir(folder.join("fd")).map(|all| all.filter_map(|entry| Some(entry.ok()?.file_name())).collect());
        names.unwrap_or_default()
    };
    let mut given = descriptors(Path::new("/proc/self"));
    given.extend(["0", "1", "2"].map(OsString::from));
    let pool = pool(1, &class(&[])).await;
    let folder = format!("/proc/{}", pool.idle_workers()[0]);
    let folder = Path::new(&folder);
    let limits = std::fs::read_to_string(folder.join("limits")).unwrap();
    for (name, most) in [("Max open files", "3"), ("Max file size", "0"), ("Max core file size", "0"), ("Max processes", "0")] {
        let row = limits.lines().find(|row| row.starts_with(name)).unwrap();
        assert_eq!(row[name.len()..].split_whitespace().next(), Some(most), "{row}");
    }
    let space = limits.lines().find(|row| row.starts_with("Max address space")).unwrap();
    assert!(!space.contains("unlimited"), "{space}");
    let status = std::fs::read_to_string(folder.join("status")).unwrap();
    assert!(status.lines().any(|row| row == "NoNewPrivs:\t1"), "{status}");
    // The process is not dumpable: these can be read by the superuser alone.
    if let Ok(environment) = std::fs::read(folder.join("environ")) {
        assert!(environment.is_empty());
        let has = descriptors(folder);
        assert!(has.is_subset(&given), "{has:?} of {given:?}");
    }
}

#[tokio::test]
async fn limits_of_the_host_end_a_call_whatever_the_code_does() {
    let attacks = ["try { host('rows') } catch {} return 1;"];
    attack(&attacks, |_, result| assert_eq!(result, Err(CallError::Failure(Failure::Limit(Limit::Rows))))).await;
}

#[tokio::test]
async fn what_is_too_large_to_ask_or_to_tell_is_an_error_and_the_worker_lives_on() {
    let attacks = [
        "try { host('echo', 'x'.repeat(1 << 20)) } catch (error) { return error.message }",
        "try { host('x'.repeat(2e6)) } catch (error) { return error.message }",
        "return host('echo', 'x'.repeat(1e6)).length;",
        "throw Object.assign(new Error('no'), { name: 'x'.repeat(2e6) });",
        "const error = new Error('\\u0001'.repeat(1e5)); error.name = '\\u0001'.repeat(1e5); error.stack = '\\u0001'.repeat(1e5); throw error;",
    ];
    let pool = pool(1, &class(&attacks)).await;
    let worker = pool.idle_workers();
    let small = |function: &str| Call { timeout_ms: 10_000, output: 1000, ..call(function, "[]") };
    let told =
        |bytes: usize, most: usize| format!("\"what is asked of the server is too large: {bytes} bytes, of which {most} are allowed\"");
    let large = |function: &str| Call { timeout_ms: 10_000, ..call(function, "[]") };
    let text = async |call: Call| pool.call(&call, &Server::default()).await.map(|value| value.get().to_owned());
    // The name of what is asked, two brackets and two quotes.
    assert_eq!(text(large("attack0")).await, Ok(told((1 << 20) + 8, 1 << 20)));
    assert_eq!(text(small("attack0")).await, Ok(told((1 << 20) + 8, 1000)));
    assert_eq!(text(large("attack1")).await, Ok(told(2_000_002, 1 << 20)));
    assert_eq!(text(large("attack2")).await.as_deref(), Ok("1"));
    for (function, name) in [("attack3", "x"), ("attack4", "\u{1}")] {
        let Err(CallError::Failure(Failure::Thrown(thrown))) = text(small(function)).await else { panic!("{function}") };
        assert!(thrown.name.starts_with(name) && thrown.name.len() < 1000, "{function}");
    }
    assert_eq!(pool.idle_workers(), worker);
    assert_eq!(pool.counts().died, 0);
}

#[tokio::test]
async fn the_console_does_not_fill_the_log() {
    let pool = pool(1, &class(&["for (let i = 0; i < 5000; i++) console.log('x'.repeat(20000));"])).await;
    let server = Server::default();
    pool.call(&Call { timeout_ms: 10_000, ..call("attack0", "[]") }, &server).await.unwrap();
    let lines = server.lines.lock();
    assert_eq!(lines.len(), 1000);
    assert!(lines.iter().all(|line| line.text.len() <= 16 << 10));
}

#[tokio::test]
async fn too_many_calls_are_told_so_and_the_others_go_on() {
    let pool = pool(1, &class(&["for (;;);"])).await;
    let calls = (0..8).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { run(&pool, "attack0", "[]").await })
    });
    let mut busy = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Err(CallError::Busy) => busy += 1,
            other => assert_eq!(other, Err(CallError::Failure(Failure::Limit(Limit::Time)))),
        }
    }
    assert_eq!(busy, 3);
    assert_eq!(pool.counts().busy, 3);
    assert!(run(&pool, "honest", "[1,2]").await.is_ok());
}

#[tokio::test]
async fn each_worker_that_a_call_uses_up_is_replaced_once() {
    let pool = pool(2, &class(&["for (;;);"])).await;
    for _ in 0..4 {
        let _ = run(&pool, "attack0", "[]").await;
    }
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while pool.idle_workers().len() < 2 {
        assert!(std::time::Instant::now() < until, "a worker was not replaced");
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.counts().started, 2 + 4);
    assert!(run(&pool, "honest", "[1,2]").await.is_ok());
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_ends_with_its_worker() {
    let pool = pool(1, &class(&["host('never');"])).await;
    let worker = pool.idle_workers()[0];
    let cancelled = tokio::time::timeout(Duration::from_millis(50), run(&pool, "attack0", "[]")).await;
    assert!(cancelled.is_err());
    assert!(run(&pool, "honest", "[1,2]").await.is_ok());
    assert!(!pool.idle_workers().contains(&worker));
}

#[tokio::test]
async fn a_worker_that_was_killed_is_replaced() {
    let pool = pool(1, &class(&[])).await;
    let worker = pool.idle_workers()[0];
    rustix::process::kill_process(rustix::process::Pid::from_raw(worker as i32).unwrap(), rustix::process::Signal::KILL).unwrap();
    assert_eq!(run(&pool, "honest", "[1,2]").await, Err(CallError::Died));
    assert_eq!(run(&pool, "honest", "[1,2]").await.as_deref(), Ok("{\"sum\":3,\"before\":1}"));
    assert_eq!(pool.counts().died, 1);
}

#[tokio::test]
async fn functions_that_are_wrong_have_no_workers() {
    let wrong = Pool::start(rules(2), load("\nexport class Nothing {}")).await.err();
    let wanted = Finding {
        path: "DataStore.js".to_owned(),
        line: 2,
        message: "Nothing is no dataclass (alone or with Selection or Entity), not DataStore, and has no static singleton".to_owned(),
    };
    assert_eq!(wrong, Some(StartError::Found(vec![wanted])));
    // Syntax comes before all else.
    let Some(StartError::Found(found)) = Pool::start(rules(1), load("export class Nothing {}\nexport class {")).await.err() else {
        panic!()
    };
    assert_eq!((found.len(), found[0].line), (1, 2), "{found:?}");
}

#[tokio::test]
async fn many_calls_that_fail_leave_a_worker_as_small_as_before() {
    let attacks = [
        "throw new Error('x'.repeat(1000));",
        "const a = { all: Array(1000).fill(args) }; a.a = a; return a;",
        "globalThis['left' + Math.random()] = Array(1000).fill(1);",
        "const f = () => f() + 1; f();",
        "new Promise(() => {}).then(() => Array(1000)); setTimeout(() => {}, 1e6);",
    ];
    let pool = pool(1, &class(&attacks)).await;
    let worker = pool.idle_workers()[0];
    let pages = || -> u64 { std::fs::read_to_string(format!("/proc/{worker}/statm")).unwrap().split(' ').nth(1).unwrap().parse().unwrap() };
    let mut before = 0;
    for round in 0..400 {
        for number in 0..attacks.len() {
            let call = call(&format!("attack{number}"), "[1]");
            let _ = pool.call(&Call { timeout_ms: 10_000, ..call }, &Server::default()).await;
        }
        if round == 100 {
            before = pages();
        }
    }
    // The same process all the time; what it holds swings with its collector, and does not grow with calls.
    assert_eq!(pool.idle_workers(), [worker]);
    assert!(pages() < before + before / 2 + 1000, "{} pages, {before} before", pages());
}
