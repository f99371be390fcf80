//! The Rust example of `docs/guide/reading-from-outside.md` is `examples/reading.rs`, and prints books of the demo.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_example_of_the_guide_is_the_one_that_is_built_here() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(here.join("../../docs/guide/reading-from-outside.md")).unwrap();
    let block = page.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    let example = std::fs::read_to_string(here.join("examples/reading.rs")).unwrap();
    // The example takes its endpoint from outside, too.
    let as_in_the_guide = example.split_once("\n\n").unwrap().1.replace("endpoint(endpoint())", "endpoint(\"http://127.0.0.1:5397\")");
    let as_in_the_guide = as_in_the_guide.split("\n/// Where").next().unwrap();
    assert_eq!(as_in_the_guide.trim(), block.trim());
}

#[test]
fn the_example_prints_books_of_the_demo() {
    let Some(binary) = std::env::var_os("CLAVIGER_BINARY") else {
        eprintln!("skipped: CLAVIGER_BINARY names no server program");
        return;
    };
    let built = std::env::current_exe().unwrap();
    let example = built.parent().and_then(Path::parent).unwrap().join("examples").join(format!("reading{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "{} is built with all tests, or by `cargo build -p claviger-client --example reading`", example.display());
    let folder = tempfile::tempdir().unwrap();
    let mut command = clean(Command::new(binary));
    command.args(["demo", "--json", "--listen", "127.0.0.1:0", "--dir"]).arg(folder.path().join("demo"));
    let mut demo = Demo(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: serde_json::Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
    assert!(lines.next().unwrap().starts_with("listening on "));
    let mut run = clean(Command::new(example));
    let output = run
        .env("CLAVIGER_API_KEY", told["keys"]["Editor"].as_str().unwrap())
        .env("ENDPOINT", told["endpoint"].as_str().unwrap())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && err.is_empty(), "{err}");
    assert!(out.lines().count() >= 5 && out.lines().all(|line| line.rsplit(' ').nth(1).is_some()), "{out}");
}

fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CLAVIGER_")) {
        command.env_remove(name);
    }
    command
}
