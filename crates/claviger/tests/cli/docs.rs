//! Every command and `curl` line of the README and the guide is run, in order, on the music shop of these tests.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{Server, claviger, database, program};

/// Lines of the `sh` blocks of a page that begin with `claviger` or `curl`.
fn examples(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| line.starts_with("claviger ") || line.starts_with("curl "));
    lines.map(str::to_owned).collect()
}

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

/// A shell in which `claviger` is this program.
fn shell(folder: &Path, line: &str, key: &str) -> Output {
    let mut command = program("sh");
    let own = Path::new(env!("CARGO_BIN_EXE_claviger")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap_or_default());
    command.args(["-c", line]).current_dir(folder).env("PATH", path).env("KEY", key).stdin(std::process::Stdio::null()).output().unwrap()
}

/// Runs the examples of a page; `roles` replaces the starter file once the application is there.
fn run(page: &str, roles: Option<&str>) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    database(&folder.join("shop.sqlite"));
    let has_curl = Command::new("curl").arg("--version").output().is_ok();
    let (mut server, mut key, mut id, mut ran) = (None::<Server>, String::new(), String::new(), 0);
    for line in examples(page) {
        if line.starts_with("claviger serve") {
            server = Some(Server::start(
                claviger().current_dir(folder).args(["serve", "--app", "shop", "--listen", "127.0.0.1:0"]),
                &folder.join("log"),
            ));
            continue;
        }
        let mut script = line.replace("key_…", &id);
        if line.starts_with("curl") {
            if !has_curl {
                eprintln!("skipped: there is no curl");
                continue;
            }
            let address = &server.as_ref().expect("`claviger serve` stands before the first curl line").address;
            script = script.replacen("curl ", "curl --fail-with-body --silent --show-error ", 1).replace("127.0.0.1:5397", address);
        }
        if line.starts_with("claviger users create") {
            script = format!("echo 'correct horse battery' | {script} --password-stdin");
        }
        if line.contains("$method=update") {
            // The text before it says: with a key of the role Editor.
            let output = shell(folder, "claviger keys create --app shop --description Editor --role Editor --json", "");
            key = serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["secret"].as_str().unwrap().to_owned();
        }
        let output = shell(folder, &script, &key);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && !out.contains("__ERROR"), "{script}\n{out}\n{err}");
        if line.starts_with("claviger init")
            && let Some(roles) = roles
        {
            std::fs::write(folder.join("shop/roles.json"), roles).unwrap();
        }
        if line.starts_with("claviger keys create") {
            let value = |label: &str| out.lines().find_map(|line| line.strip_prefix(label)).unwrap().trim().to_owned();
            (id, key) = (value("id "), value("secret "));
        }
        ran += 1;
    }
    assert!(ran >= 8, "{ran} examples only");
}

#[test]
fn examples_of_the_readme_work() {
    run(&page("README.md"), None);
}

#[test]
fn examples_of_the_guide_work() {
    let guide = page("docs/guide/getting-started.md");
    let roles = guide.split("```json\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
    run(&guide, Some(&roles));
}
