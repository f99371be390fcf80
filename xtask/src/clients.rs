//! `cargo xtask bench --clients`: 100,000 entities gone through with each client library, next to the same pages through the language's plain HTTP
//! client.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::e2e::tools;
use crate::run::{cargo, root, step};

/// Entities of a page: as the libraries ask for by default, and many.
const PAGES: [&str; 2] = ["100", "1000"];

/// Times that each is done; the median counts.
const ROUNDS: &str = "5";

/// Builds everything, serves the data, runs the scripts, prints a table.
pub(crate) fn bench() -> Result<()> {
    step("build", cargo(&["build", "--release", "--quiet", "-p", "claviger", "-p", "claviger-bench"]))?;
    step("Rust", cargo(&["build", "--release", "--quiet", "-p", "claviger-client", "--example", "iterate"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from).join("release");
    let (typescript, python) = (root().join("clients/typescript"), root().join("clients/python"));
    tools::npm(&typescript)?;
    let mut build = Command::new("npm");
    build.args(["run", "build", "--silent"]).current_dir(&typescript);
    step("TypeScript", build)?;
    let interpreter = tools::python("claviger-python", &python.join("pyproject.toml"), &["--editable".into(), python.clone().into()])?;

    let mut host = Command::new(target.join("claviger-bench"));
    // It ends with its input.
    let mut host = host.arg("host").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("cannot start claviger-bench")?;
    let mut line = String::new();
    BufReader::new(host.stdout.take().context("no output")?).read_line(&mut line)?;
    let told: Value = serde_json::from_str(&line).context("claviger-bench does not serve")?;
    let setting = |name: &str| told[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
    let (endpoint, key) = (setting("endpoint")?, setting("key")?);

    println!("{:<12} {:>6} {:>9} {:>11} {:>6} {:>14}", "library", "page", "plain s", "library s", "ratio", "grown bytes");
    for page in PAGES {
        for name in ["Rust", "TypeScript", "Python"] {
            let mut script = match name {
                "Rust" => Command::new(target.join("examples/iterate")),
                "TypeScript" => Command::new("node"),
                _ => Command::new(&interpreter),
            };
            match name {
                "TypeScript" => script.arg("--expose-gc").arg(typescript.join("bench/iterate.mjs")),
                "Python" => script.arg(python.join("bench/iterate.py")),
                _ => &mut script,
            };
            let output = script.args([page, ROUNDS]).env("ENDPOINT", &endpoint).env("API_KEY", &key).stderr(Stdio::inherit()).output()?;
            ensure!(output.status.success(), "{name} fails");
            let found: Value = serde_json::from_slice(&output.stdout)?;
            print_row(name, page, &found, "")?;
            if !found["library_async_s"].is_null() {
                print_row("… asyncio", page, &found, "_async")?;
            }
        }
    }
    drop(host.stdin.take());
    host.wait()?;
    Ok(())
}

fn print_row(name: &str, page: &str, found: &Value, form: &str) -> Result<()> {
    let seconds = |what: &str| found[format!("{what}{form}_s")].as_f64().with_context(|| format!("no {what}"));
    let (plain, library) = (seconds("plain")?, seconds("library")?);
    println!("{name:<12} {page:>6} {plain:>9.2} {library:>11.2} {:>6.2} {:>14}", library / plain, found["grown_bytes"]);
    Ok(())
}
