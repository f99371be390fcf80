//! `claviger client types` for the application that client libraries are tested with (`clients/conformance`): the files that their suites compile.

use std::path::{Path, PathBuf};

use crate::support::{Server, files, run_with, serve};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The served application, and a key's secret in a file.
struct Library {
    folder: tempfile::TempDir,
    server: Server,
}

impl Library {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fixture = repository("clients/conformance/fixture");
        for file in files(&fixture) {
            let to = folder.path().join(file.strip_prefix(&fixture).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(file, to).unwrap();
        }
        let (server, secret) = serve(folder.path());
        std::fs::write(folder.path().join("admin.key"), secret).unwrap();
        let reader = run_with(folder.path(), &["keys", "create", "--description", "Reader", "--role", "Reader", "--json"], "").ok().json();
        std::fs::write(folder.path().join("reader.key"), reader["secret"].as_str().unwrap()).unwrap();
        Self { folder, server }
    }

    fn types(&self, language: &str, key: &str) -> String {
        let endpoint = format!("http://{}", self.server.address);
        let key = format!("{key}.key");
        let mut arguments = vec!["client", "types", "--endpoint", &endpoint, "--key-file", &key, "--lang"];
        arguments.extend(language.split(' '));
        run_with(self.folder.path(), &arguments, "").ok().stdout
    }
}

#[test]
fn the_files_that_the_suites_of_the_client_libraries_compile_are_up_to_date() {
    let library = Library::new();
    for (language, file) in [
        ("ts", "clients/typescript/test/types/library.ts"),
        ("py", "clients/python/tests/types/library.py"),
        ("py --asyncio", "clients/python/tests/types/library_aio.py"),
        ("rust", "crates/client/tests/types/library.rs"),
    ] {
        let made = library.types(language, "admin");
        if std::env::var_os("WRITE_TYPES").is_some() {
            std::fs::write(repository(file), &made).unwrap();
        }
        let committed = std::fs::read_to_string(repository(file)).unwrap_or_default();
        assert_eq!(committed, made, "{file} is out of date: look at what differs, then set WRITE_TYPES");
        assert_eq!(made, library.types(language, "admin"), "twice the same");
        assert!(!made.contains("claviger_") || language == "rust", "no secret");
        assert!(!made.contains(&library.server.address));
    }
}

#[test]
fn what_the_key_may_not_read_or_save_is_not_there_or_read_only() {
    let library = Library::new();
    let (admin, reader) = (library.types("ts", "admin"), library.types("ts", "reader"));
    assert!(admin.contains("    price: number | null;\n") && !reader.contains("price"), "{reader}");
    assert!(admin.contains("    title: string;\n") && reader.contains("    readonly title: string;\n"), "{reader}");
    assert!(
        admin.contains("    create(...values") && reader.contains("    cheapest(...values") && !reader.contains("    create(...values"),
        "{reader}"
    );
    let to = library.folder.path().join("made.py");
    let endpoint = format!("http://{}", library.server.address);
    let arguments = ["client", "types", "--lang", "py", "--endpoint", &endpoint, "--key-file", "reader.key", "--output", "made.py"];
    let done = run_with(library.folder.path(), &arguments, "").ok();
    assert_eq!(done.stdout, "");
    assert_eq!(std::fs::read_to_string(to).unwrap(), library.types("py", "reader"));
    let wrong = run_with(library.folder.path(), &["client", "types", "--lang", "py", "--endpoint", &endpoint], "");
    assert!(wrong.code == 1 && wrong.stderr.contains("missingKey"), "{}", wrong.stderr);
    let usage = run_with(library.folder.path(), &["client", "types", "--lang", "cobol", "--endpoint", &endpoint], "");
    assert_eq!(usage.code, 2);
    let other = run_with(library.folder.path(), &["client", "types", "--lang", "ts", "--asyncio", "--endpoint", &endpoint], "");
    assert!(other.code == 1 && other.stderr.contains("--asyncio is for --lang py"), "{}", other.stderr);
}
