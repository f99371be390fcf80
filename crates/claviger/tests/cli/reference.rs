//! The generated files are those of this program.

use std::path::Path;

use crate::support::run_with;

#[test]
fn generated_files_are_up_to_date() {
    let temporary = tempfile::tempdir().unwrap();
    let files = [
        ("docs/reference/settings.md", "settings"),
        ("docs/reference/commands.md", "commands"),
        ("console/openapi.json", "management-api"),
    ];
    for (file, what) in files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        let committed = std::fs::read_to_string(path).unwrap();
        let made = run_with(temporary.path(), &["reference", what], "").ok().stdout;
        assert_eq!(committed, made, "{file} is out of date: run `cargo xtask docs`");
    }
}
