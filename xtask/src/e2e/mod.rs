//! `cargo xtask e2e`: clients against the real server: other people's (`e2e/`), each with an application of its own, made by `claviger demo`, and our
//! libraries in other languages (`clients/`), which start the program themselves; and the packages of our libraries, installed as users do.

mod demo;
mod libraries;
mod packages;
pub(crate) mod tools;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use claviger_testing::postgres::{Server, VARIABLE};
use demo::Demo;

use crate::postgres;
use crate::run::{build_release, cargo, root, step};
use crate::skipped::Skipped;

/// Examples of each operation that Schemathesis makes up, besides those that follow from the document.
const EXAMPLES: &str = "12";

/// Its checks: those of answers against the document, and ours of `e2e/schemathesis/hooks.py`.
const CHECKS: &str =
    "no_fault,errors_are_told,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";

/// A client.
struct Suite {
    name: &'static str,
    about: &'static str,
    run: Run,
}

/// What it is run against.
enum Run {
    /// A demo application.
    Demo(fn(&Demo, &mut Skipped) -> Result<()>),
    /// One that has images and blobs, too.
    DemoWithMedia(fn(&Demo, &mut Skipped) -> Result<()>),
    /// The program, which it starts itself.
    Program(fn(&Program, &mut Skipped) -> Result<()>),
}

/// What starts the server itself needs to know.
struct Program {
    binary: PathBuf,
    /// Of a PostgreSQL server.
    postgres: String,
}

const SUITES: &[Suite] = &[
    Suite {
        name: "wakanda-client",
        about: "the ancestor's JavaScript client",
        run: Run::DemoWithMedia(|demo, skipped| node_tests(demo, "wakanda-client", skipped)),
    },
    Suite { name: "looker", about: "a connector that reads rows", run: Run::Demo(|demo, skipped| node_tests(demo, "looker", skipped)) },
    Suite { name: "newman", about: "the Postman collections", run: Run::Demo(|demo, _| newman(demo)) },
    Suite { name: "schemathesis", about: "whatever the OpenAPI document allows", run: Run::DemoWithMedia(|demo, _| schemathesis(demo)) },
    Suite {
        name: "typescript",
        about: "our library for TypeScript and JavaScript, in a browser too",
        run: Run::Program(libraries::typescript),
    },
    Suite { name: "python", about: "our library for Python", run: Run::Program(libraries::python) },
    Suite {
        name: "typescript-package",
        about: "made in a clean copy, installed elsewhere, and tried",
        run: Run::Demo(packages::typescript),
    },
    Suite { name: "python-package", about: "made in a clean copy, installed elsewhere, and tried", run: Run::Demo(packages::python) },
    Suite { name: "rust-package", about: "a program outside of the workspace", run: Run::Demo(|demo, _| packages::rust(demo)) },
];

/// Runs those whose name contains `name`, or all, with a PostgreSQL server of its own, and tells what was skipped; with `no_skips` that is an error.
pub(crate) fn test(name: Option<&str>, no_skips: bool) -> Result<()> {
    let postgres = postgres::start()?;
    let mut skipped = Skipped::default();
    run(name, postgres.as_ref(), &mut skipped)?;
    skipped.tell(no_skips)
}

/// The same with a PostgreSQL server that is there; `None`: the one that the environment names.
pub(crate) fn run(name: Option<&str>, postgres: Option<&Server>, skipped: &mut Skipped) -> Result<()> {
    let chosen: Vec<&Suite> = SUITES.iter().filter(|suite| name.is_none_or(|name| suite.name.contains(name))).collect();
    if chosen.is_empty() {
        let known: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        bail!("no suite has that name; there are {}", known.join(", "));
    }
    let postgres = postgres.map_or_else(|| std::env::var(VARIABLE).unwrap_or_default(), Server::url);
    let program = Program { binary: binary()?, postgres };
    tools::npm(&e2e())?;
    for suite in chosen {
        eprintln!("── {}: {}", suite.name, suite.about);
        let (run, demo) = match suite.run {
            Run::Program(run) => {
                run(&program, skipped)?;
                continue;
            }
            Run::Demo(run) => (run, Demo::start(&program.binary)?),
            Run::DemoWithMedia(run) => (run, Demo::start(&program.binary)?.with_media()?),
        };
        run(&demo, skipped)?;
        demo.stop().with_context(|| format!("the server of {}", suite.name))?;
    }
    Ok(())
}

/// The release binary where one has been built before, else a debug binary; up to date in any case.
pub(crate) fn binary() -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let release = target.join("release/claviger");
    if release.exists() {
        build_release()?;
        return Ok(release);
    }
    step("binary", cargo(&["build", "--quiet", "-p", "claviger"]))?;
    Ok(target.join("debug/claviger"))
}

fn e2e() -> PathBuf {
    root().join("e2e")
}

/// The files `*.test.mjs` of a folder.
fn node_tests(demo: &Demo, folder: &str, skipped: &mut Skipped) -> Result<()> {
    let listed = std::fs::read_dir(e2e().join(folder)).with_context(|| format!("e2e/{folder}"))?;
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    ensure!(!files.is_empty(), "e2e/{folder} holds no tests");
    let mut node = demo.command("node");
    // One file after the other: they share an application.
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(files).current_dir(e2e());
    skipped.step(folder, node)
}

/// The collection of `docs/postman`, and those that the program makes for a role.
fn newman(demo: &Demo) -> Result<()> {
    let run = |file: &Path, key: &str| {
        let mut node = demo.command("node");
        node.arg("newman/run.mjs").arg(file).env("API_KEY", key).current_dir(e2e());
        step("newman", node)
    };
    run(&root().join("docs/postman/claviger.postman_collection.json"), &demo.editor)?;
    for (role, key) in [("Editor", &demo.editor), ("Visitor", &demo.visitor)] {
        let collection = demo.claviger(&["openapi", "--role", role, "--format", "postman"])?;
        let file = demo.scratch(&format!("{role}.postman_collection.json"));
        std::fs::write(&file, collection).with_context(|| format!("cannot write {}", file.display()))?;
        run(&file, key)?;
    }
    Ok(())
}

/// A key that reaches everything, and one that reaches little.
fn schemathesis(demo: &Demo) -> Result<()> {
    let program = tools::schemathesis(&e2e().join("schemathesis/requirements.txt"))?;
    let run = |key: &str, arguments: &[&str]| {
        let mut command = demo.command(&program);
        command
            .arg("run")
            .arg(format!("{}/rest/$openapi", demo.endpoint))
            .arg("--header")
            .arg(format!("api-key: {key}"))
            .args(["--checks", CHECKS, "--seed", "1", "--generation-database", "none", "--warnings", "off", "--continue-on-failure"])
            .args(arguments)
            .env("API_KEY", key)
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", e2e().join("schemathesis"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .current_dir(demo.scratch(""));
        step("schemathesis", command)
    };
    run(&demo.visitor, &["--phases", "examples,fuzzing", "--max-examples", "4"])?;
    run(&demo.administration, &["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES])
}
