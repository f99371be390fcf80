//! Builds the console (`console/`, TypeScript) when its output is missing or older than its source, so that `cargo build` is one command.
//!
//! Without npm, or when it fails, the program is built all the same: a warning says so, and a page tells how to get the console.
//! `BUILD_CONSOLE=skip` leaves the output as it is. (Not `CLAVIGER_…`: the program takes each of those for a setting.)

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What the output is made from.
const INPUTS: [&str; 9] =
    ["index.html", "openapi.json", "package.json", "package-lock.json", "public", "scripts", "src", "tsconfig.json", "vite.config.ts"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=BUILD_CONSOLE");
    let console = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../console");
    for input in INPUTS {
        println!("cargo::rerun-if-changed={}", console.join(input).display());
    }
    if !console.join("package.json").exists() {
        return;
    }
    // Somebody who removes the output wants it anew.
    println!("cargo::rerun-if-changed={}", console.join("dist/index.html").display());
    let skipped = env::var_os("BUILD_CONSOLE").is_some_and(|value| value == "skip");
    let (stamp, source) = (console.join("dist/.stamp"), fingerprint(&console));
    if !skipped && fs::read_to_string(&stamp).ok().as_deref() != Some(&source) {
        match build(&console) {
            Ok(()) => drop(fs::write(&stamp, &source)),
            Err(problem) => {
                // Pages that do not fit the program would be worse than none.
                let _ = fs::remove_dir_all(console.join("dist"));
                println!("cargo::warning=the console is not built: {problem}; the endpoint works without it");
            }
        }
    }
    // The files are read while the crate compiles: it must do so again when they change.
    println!("cargo::rustc-env=CONSOLE_STAMP={}", fs::read_to_string(&stamp).unwrap_or_default());
}

fn build(console: &Path) -> Result<(), String> {
    let (installed, lock) = (console.join("node_modules/.package-lock.json"), console.join("package-lock.json"));
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    if changed(&installed).is_none() || changed(&installed) < changed(&lock) {
        npm(console, &["ci", "--no-audit", "--no-fund"])?;
    }
    npm(console, &["run", "build"])
}

fn npm(console: &Path, arguments: &[&str]) -> Result<(), String> {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let shown = arguments.join(" ");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(console)
        .output()
        .map_err(|_| "npm is not installed: install Node.js 20.19 or later".to_owned())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let mut lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.split_off(lines.len().saturating_sub(12)).join(" | ");
    Err(format!("npm {shown} failed: {last}"))
}

/// Changes with every name and byte of the source.
fn fingerprint(console: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    for input in INPUTS {
        add(&console.join(input), input, &mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

fn add(path: &Path, name: &str, hasher: &mut DefaultHasher) {
    // Made from openapi.json by the build itself.
    if name.ends_with("schema.d.ts") {
        return;
    }
    let Ok(entries) = fs::read_dir(path) else {
        (name, fs::read(path).ok()).hash(hasher);
        return;
    };
    let mut entries: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    entries.sort();
    for entry in entries {
        add(&path.join(&entry), &format!("{name}/{entry}"), hasher);
    }
}
