//! Tells the program which commit it was built from.

use std::process::Command;

fn main() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    // Building from an archive without git is fine: then nobody knows the commit.
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=BUILD_COMMIT={commit}");
    if let Some(head) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        // A path that does not exist would make cargo build anew every time.
        if std::path::Path::new(&head).exists() {
            println!("cargo::rerun-if-changed={head}");
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
}
