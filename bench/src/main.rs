//! `cargo xtask bench`: the release binary on a made database of 100,000 rows, driven over loopback by 32 connections, next to a bare
//! loop. Every figure is the median of five runs, and a ratio to `/healthz` in the same run (`interface.md` 10).

mod bare;
mod engine;
mod keys;
mod load;
mod made;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use engine::Engine;
use load::{Outcome, Script};
use made::{AUTHORS, BOOKS, Made, PAGE_FLOOR, Running};
use serde::Serialize;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CONNECTIONS: usize = 32;

#[derive(Parser)]
struct Arguments {
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
    /// The `claviger` binary to measure.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// Another `claviger` binary, measured in turns with the first: its rows are named `…-against`.
    #[arg(long)]
    against: Option<PathBuf>,
    /// The database behind both.
    #[arg(long, value_enum, default_value = "sqlite")]
    engine: Engine,
    /// Length of one run in milliseconds.
    #[arg(long, default_value_t = 2000)]
    run_ms: u64,
    /// Runs per figure; the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Measure these rows only.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Keys in the large key set.
    #[arg(long, default_value_t = 1_000_000)]
    keys: usize,
    #[command(subcommand)]
    command: Option<Internal>,
}

#[derive(Subcommand)]
enum Internal {
    /// Serves the bare loop (used by the bench itself).
    #[command(hide = true)]
    Bare { url: String, key: String },
    /// Serves the made application to other programs until the input ends; prints its endpoint and a key as one JSON object.
    Host,
}

#[derive(Serialize)]
struct Report {
    engine: Engine,
    floor_rps: u64,
    rows: Vec<Row>,
    idle_memory_bytes: Option<u64>,
    ready_ms: u64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    rps: u64,
    p50_us: u64,
    p99_us: u64,
    /// Processor time of the server per request, microseconds.
    cpu_us: f64,
    of_floor: f64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Internal::Bare { url, key }) = arguments.command {
        return bare::serve(&url, key);
    }
    let own = std::env::current_exe()?;
    let binary = arguments.binary.clone().unwrap_or_else(|| own.with_file_name("claviger"));
    let folder = tempfile::tempdir()?;
    eprintln!("making {BOOKS} books by {AUTHORS} authors");
    let database = arguments.engine.start()?;
    let made = made::make(&binary, folder.path(), database.as_ref())?;
    if matches!(arguments.command, Some(Internal::Host)) {
        return host(&binary, &made);
    }
    let other = match &arguments.against {
        Some(binary) => {
            let folder = tempfile::tempdir()?;
            let database = arguments.engine.start()?;
            let made = made::make(binary, folder.path(), database.as_ref())?;
            Some((made::serve(binary, &made.folder)?, made, folder, database))
        }
        None => None,
    };
    let other = other.as_ref().map(|(running, made, ..)| (running, made));
    let report = measure(&arguments, &own, &binary, &made, other)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print_table(&report);
    }
    Ok(())
}

fn host(binary: &Path, made: &Made) -> Result<()> {
    let running = made::serve(binary, &made.folder)?;
    println!("{}", serde_json::json!({ "endpoint": format!("http://{}", running.address), "key": made.key }));
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}

/// One thing to measure: where, and what is sent there.
struct Case<'a> {
    name: String,
    server: &'a Running,
    script: Script,
    /// Sent again and again meanwhile.
    beside: Option<Script>,
}

impl Case<'_> {
    fn run(&self, length: Duration) -> Result<Outcome> {
        let Some(beside) = &self.beside else { return self.script.run(self.server, CONNECTIONS, length) };
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| beside.keep_sending(&self.server.address, &is_over));
            let outcome = self.script.run(self.server, CONNECTIONS, length);
            is_over.store(true, Ordering::Relaxed);
            other.join().map_err(|_| anyhow::anyhow!("what was sent beside panicked"))??;
            outcome
        })
    }
}

fn measure(arguments: &Arguments, own: &Path, binary: &Path, made: &Made, other: Option<(&Running, &Made)>) -> Result<Report> {
    let started = Instant::now();
    let served = made::serve(binary, &made.folder)?;
    let ready_ms = started.elapsed().as_millis() as u64;
    std::thread::sleep(Duration::from_millis(500));
    let idle_memory_bytes = served.resident();
    let bare = Running::start(Command::new(own).arg("bare").arg(&made.url).arg(&made.key))?;
    let mut cases = cases(made, &served, &bare);
    let wants_sets = arguments.only.is_empty() || SET_CASES.iter().any(|name| arguments.only.iter().any(|only| only == name));
    if wants_sets {
        cases.extend(set_cases(made, &served)?);
    }
    let body =
        |name: &str| cases.iter().find(|case| case.name == name).map(|case| case.script.first_body(&case.server.address)).transpose();
    for (ours, bare) in [("page-100", "page-100-bare"), ("by-key", "by-key-bare")] {
        ensure!(body(ours)? == body(bare)?, "{bare} does not write the same bytes as {ours}");
    }
    cases.retain(|case| arguments.only.is_empty() || arguments.only.contains(&case.name));
    if let Some((running, made)) = other {
        let mut twins = self::cases(made, running, &bare);
        if wants_sets {
            twins.extend(set_cases(made, running).unwrap_or_default());
        }
        twins.retain(|twin| std::ptr::eq(twin.server, running) && cases.iter().any(|case| case.name == twin.name));
        // An older binary may not answer all of them.
        twins.retain(|twin| twin.script.first_body(&twin.server.address).is_ok());
        for twin in twins {
            let at = cases.iter().position(|case| case.name == twin.name).unwrap_or(cases.len());
            cases.insert(at, Case { name: format!("{}-against", twin.name), ..twin });
        }
    }

    let floor = Script::get(["/healthz".to_owned()], None, 200);
    let length = Duration::from_millis(arguments.run_ms);
    let mut floors = Vec::new();
    let mut results: Vec<Vec<Outcome>> = cases.iter().map(|_| Vec::new()).collect();
    // Round after round, so that a slow minute of the machine falls on all of them.
    for round in 0..arguments.runs {
        eprintln!("round {} of {}", round + 1, arguments.runs);
        floors.push(floor.run(&served, CONNECTIONS, length)?);
        for (case, results) in cases.iter().zip(&mut results) {
            results.push(case.run(length)?);
        }
    }
    let floor_rps = median(floors.iter().map(|outcome| outcome.rps));
    let mut rows = vec![row("floor", &floors, floor_rps)];
    rows.extend(cases.iter().zip(&results).map(|(case, outcomes)| row(&case.name, outcomes, floor_rps)));
    drop(served);
    rows.extend(key_rows(arguments, binary, made)?);
    Ok(Report { engine: arguments.engine, floor_rps: floor_rps as u64, rows, idle_memory_bytes, ready_ms })
}

fn cases<'a>(made: &Made, served: &'a Running, bare: &'a Running) -> Vec<Case<'a>> {
    let key = Some(made.key.as_str());
    let books = |suffix: &str| (1..=BOOKS).step_by(97).map(|id| format!("/rest/Book[{id}]{suffix}")).collect::<Vec<_>>();
    let page = format!("/rest/Book?$filter=%22price%20%3E=%20{PAGE_FLOOR}%22&$top=100&$orderby=ID");
    let expanded = format!("{page}&$expand=author");
    let notes = (0..2000).map(|number| format!(r#"{{"title":"Note {number}","price":{}}}"#, f64::from(number) / 4.0)).collect::<Vec<_>>();
    // Locked and unlocked in turn; callers without cookie are one owner, so that each is given.
    let locks = (1..=BOOKS).step_by(97).flat_map(|id| [true, false].map(|taken| format!("/rest/Book[{id}]?$lock={taken}")));
    let wrong = format!("claviger_{}", "0".repeat(49));
    let on = |name: &str, server, script| Case { name: name.to_owned(), server, script, beside: None };
    let shelves = |attributes: &str| Script::get([format!("/rest/Shelf?$top=100&$attributes={attributes}")], key, 200);
    let runaway = Script::post("/rest/$catalog/forever", ["[]".to_owned()], key, 500);
    vec![
        on("by-key", served, Script::get(books(""), key, 200)),
        on("by-key-bare", bare, Script::get((1..=BOOKS).step_by(97).map(|id| format!("/entity/{id}")), key, 200)),
        on("page-100", served, Script::get([page], key, 200)),
        on("page-100-bare", bare, Script::get(["/page".to_owned()], None, 200)),
        on("page-100-expanded", served, Script::get([expanded], key, 200)),
        on("insert", served, Script::post("/rest/Note?$method=update", notes.clone(), key, 200)),
        on("insert-single", bare, Script::post("/insert-single", notes, None, 200)),
        on("lock", served, Script::get(locks, key, 200)),
        on("function-empty", served, Script::post("/rest/$catalog/nothing", ["[]".to_owned()], key, 200)),
        on("function-entity", served, Script::post("/rest/$catalog/one", (1..=BOOKS).step_by(97).map(|id| format!("[{id}]")), key, 200)),
        Case { beside: Some(runaway), ..on("by-key-beside-runaway", served, Script::get(books(""), key, 200)) },
        on("page-100-names", served, shelves("ID,name")),
        on("page-100-computed", served, shelves("ID,name,label")),
        on("wrong-key", served, Script::get(books(""), Some(&wrong), 401)),
        on("no-permission", served, Script::get(books(""), Some(&made.narrow), 401)),
    ]
}

/// Names of [`set_cases`].
const SET_CASES: [&str; 2] = ["entityset-page", "entityset-page-first"];

/// Pages of 100 out of an entity set of all books, in the order of their prices: the first one, and deep ones.
fn set_cases<'a>(made: &Made, server: &'a Running) -> Result<Vec<Case<'a>>> {
    let key = Some(made.key.as_str());
    let create = Script::get(["/rest/Book?$orderby=price&$top=0&$method=entityset".to_owned()], key, 200);
    let body: serde_json::Value = serde_json::from_slice(&create.first_body(&server.address)?)?;
    let set = body["__ENTITYSET"].as_str().context("no set was made")?;
    let page = |skip: u32| format!("{set}?$skip={skip}&$top=100");
    let deep = (BOOKS * 9 / 10..BOOKS).step_by(100).map(page);
    let on = |name: &str, script| Case { name: name.to_owned(), server, script, beside: None };
    let [any, first] = SET_CASES;
    Ok(vec![on(any, Script::get(deep, key, 200)), on(first, Script::get([page(0)], key, 200))])
}

/// The cost of key checking with few and with many keys: the same reading by key, everything else equal.
fn key_rows(arguments: &Arguments, binary: &Path, made: &Made) -> Result<Vec<Row>> {
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let mut rows = Vec::new();
    for (name, total) in [("keys-10", 10), ("keys-1000000", arguments.keys)] {
        if !wanted(name) {
            continue;
        }
        eprintln!("{name}: making keys");
        let keys = keys::fill_up(made, total)?;
        let served = made::serve(binary, &made.folder)?;
        // The requests come from many keys in turn: what one key touches would stay in the processor's cache.
        let books = (1..=BOOKS).step_by(97).map(|id| format!("/rest/Book[{id}]"));
        let script = Script::get_by_turns(books, &keys, 200);
        let floor = Script::get(["/healthz".to_owned()], None, 200);
        let length = Duration::from_millis(arguments.run_ms);
        let (mut floors, mut outcomes) = (Vec::new(), Vec::new());
        for _ in 0..arguments.runs {
            floors.push(floor.run(&served, CONNECTIONS, length)?.rps);
            outcomes.push(script.run(&served, CONNECTIONS, length)?);
        }
        rows.push(row(name, &outcomes, median(floors.into_iter())));
    }
    Ok(rows)
}

fn row(name: &str, outcomes: &[Outcome], floor: f64) -> Row {
    let rps = median(outcomes.iter().map(|outcome| outcome.rps));
    Row {
        name: name.to_owned(),
        rps: rps as u64,
        p50_us: median(outcomes.iter().map(|outcome| outcome.p50_us as f64)) as u64,
        p99_us: median(outcomes.iter().map(|outcome| outcome.p99_us as f64)) as u64,
        cpu_us: (median(outcomes.iter().map(|outcome| outcome.cpu_us)) * 10.0).round() / 10.0,
        of_floor: (rps / floor * 1000.0).round() / 1000.0,
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn print_table(report: &Report) {
    println!("| what | requests/s | p50 µs | p99 µs | server CPU µs | of the floor |");
    println!("|---|---:|---:|---:|---:|---:|");
    for row in &report.rows {
        println!("| {} | {} | {} | {} | {:.1} | {:.3} |", row.name, row.rps, row.p50_us, row.p99_us, row.cpu_us, row.of_floor);
    }
    if let Some(bytes) = report.idle_memory_bytes {
        println!("\nIdle memory {:.1} MB; ready in {} ms.", bytes as f64 / 1e6, report.ready_ms);
    }
}
