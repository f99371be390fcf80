//! The generated pages of the documentation are those of this program.

use std::path::Path;

use crate::support::run_with;

#[test]
fn generated_pages_are_up_to_date() {
    let temporary = tempfile::tempdir().unwrap();
    for (page, what) in [("settings.md", "settings"), ("commands.md", "commands")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(page);
        let committed = std::fs::read_to_string(path).unwrap();
        let made = run_with(temporary.path(), &["reference", what], "").ok().stdout;
        assert_eq!(committed, made, "docs/reference/{page} is out of date: run `cargo xtask docs`");
    }
}
