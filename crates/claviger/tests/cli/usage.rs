//! Exit status, one line of error, JSON.

use crate::support::{App, run_with};

#[test]
fn wrong_usage_is_status_2() {
    let temporary = tempfile::tempdir().unwrap();
    for arguments in [
        &["conquer"][..],
        &["keys"],
        &["serve", "--nonsense"],
        &["init"],
        &["explain", "GET", "/rest/Track"],
        &["roles", "explain"],
        &["keys", "create", "--description", "x", "--type", "imperial"],
    ] {
        let done = run_with(temporary.path(), arguments, "");
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{arguments:?}: {}", done.stderr);
    }
}

#[test]
fn without_an_application_every_command_says_what_to_do() {
    let temporary = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 9] = [
        &["serve"],
        &["keys", "list"],
        &["users", "list"],
        &["roles", "check"],
        &["roles", "explain", "--role", "Admin"],
        &["model", "diff"],
        &["model", "sql"],
        &["openapi", "--role", "Admin"],
        &["explain", "--role", "Admin", "GET", "/rest/Track"],
    ];
    for arguments in commands {
        let done = run_with(temporary.path(), arguments, "");
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{arguments:?}");
        assert_eq!(done.stderr.trim().lines().count(), 1, "{}", done.stderr);
        assert!(done.stderr.contains("claviger init"), "{}", done.stderr);
    }
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "looking makes nothing");
}

#[test]
fn version_names_three_versions() {
    let temporary = tempfile::tempdir().unwrap();
    let versions = run_with(temporary.path(), &["version", "--json"], "").ok().json();
    assert_eq!(versions["version"], env!("CARGO_PKG_VERSION"));
    assert!(versions["commit"].is_string() && versions["sqlite"].as_str().unwrap().starts_with("3."), "{versions}");
}

#[test]
fn help_lists_the_commands_and_hides_the_rest() {
    let temporary = tempfile::tempdir().unwrap();
    let help = run_with(temporary.path(), &["--help"], "").ok().stdout;
    for command in [
        "demo",
        "init",
        "serve",
        "keys",
        "users",
        "roles",
        "model",
        "functions",
        "doctor",
        "openapi",
        "explain",
        "query",
        "client",
        "version",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(command)), "{command}: {help}");
    }
    assert!(!help.contains("reference") && !help.contains("script-worker"), "{help}");
}

#[test]
fn the_folder_can_come_from_the_environment() {
    let app = App::attached();
    let mut command = crate::support::claviger();
    let output = command.env("CLAVIGER_APP", app.folder()).current_dir("/").args(["keys", "list", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unknown_setting_names_the_nearest() {
    let app = App::attached();
    std::fs::write(app.folder().join("claviger.toml"), "nmae = \"x\"\n").unwrap();
    let done = app.run(&["keys", "list"]);
    assert_eq!(done.code, 1);
    assert!(done.stderr.contains("nmae") && done.stderr.contains("\"name\""), "{}", done.stderr);
}
