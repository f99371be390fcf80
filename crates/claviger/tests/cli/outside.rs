//! The shell examples of `docs/guide/reading-from-outside.md` are run on the demo, as they stand there. Those in other languages are run by the suites of
//! their client libraries.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Server, claviger, program};

#[test]
fn the_shell_examples_for_people_with_other_tools_work() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/reading-from-outside.md");
    let page = std::fs::read_to_string(page).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = claviger();
    demo.current_dir(temporary.path()).args(["demo", "--json", "--dir", "library", "--listen", "127.0.0.1:0"]);
    let server = Server::start(&mut demo, &temporary.path().join("log"));
    let told: serde_json::Value = serde_json::from_str(server.said.lines().next().unwrap()).unwrap();
    let key = told["keys"]["Editor"].as_str().unwrap();
    let own = Path::new(env!("CARGO_BIN_EXE_claviger")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap_or_default());
    let has_curl = Command::new("curl").arg("--version").output().is_ok();
    let (mut ran, mut printed) = (0, 0);
    for block in page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        for line in block.lines() {
            if line.starts_with("curl ") && !has_curl {
                eprintln!("skipped: there is no curl");
                continue;
            }
            let line = line.replace("127.0.0.1:5397", &server.address).replace("curl ", "curl --fail-with-body --silent --show-error ");
            let mut shell = program("sh");
            shell.args(["-c", &line]).current_dir(temporary.path()).env("PATH", &path).env("CLAVIGER_API_KEY", key).stdin(Stdio::null());
            let output = shell.output().unwrap();
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success() && err.is_empty() && !out.contains("__ERROR"), "{line}\n{out}\n{err}");
            // What finds nothing shows nothing.
            assert!(line.contains(['>']) || line.contains("--output") || out.len() > 2 && !out.contains("\"__COUNT\":0"), "{line}: {out}");
            ran += 1;
            printed += out.lines().count();
        }
    }
    assert!(ran >= 11 && printed > 15, "{ran} examples only, {printed} lines");
    for (file, holds) in [
        ("books.csv", "\u{feff}title,price,published,author.fullName\r\n"),
        ("all-books.csv", "ID,isbn,title,price,"),
        ("library.py", "class Book("),
    ] {
        let text = std::fs::read_to_string(temporary.path().join(file)).unwrap();
        assert!(text.contains(holds) && text.lines().count() > 100, "{file}: {}", text.lines().next().unwrap_or_default());
    }
}
