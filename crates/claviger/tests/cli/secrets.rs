//! Nothing secret stands in plain text anywhere: not in the folder, not in the log, not in an answer.

use crate::support::{App, files, sign_in};

#[test]
fn no_secret_in_the_folder_the_log_or_an_answer() {
    let app = App::attached();
    let password = "a password nobody else has";
    app.run_with(&["users", "create", "--email", "ana@example.org", "--password-stdin"], password).ok();
    let server = app.serve();
    let (id, first) = app.key("Admin");
    let renewed = app.run(&["keys", "regenerate", &id, "--overlap", "1h", "--json"]).ok().json();
    let second = renewed["secret"].as_str().unwrap().to_owned();
    let mut wrong = second.clone();
    wrong.replace_range(10..14, "0000");
    let mut answers = String::new();
    for key in [&first, &second, &wrong] {
        for path in
            ["/rest/Track", "/rest/$catalog/$all", "/rest/Nothing", "/rest/Track?$filter=\"x\"", &format!("/rest/Track?api-key={key}")]
        {
            let answer = server.get(path, Some(key));
            answers.push_str(&answer.head);
            answers.push_str(&answer.body);
        }
    }
    let signed_in = sign_in(&server.address, &serde_json::json!({ "email": "ana@example.org", "password": password }).to_string());
    answers.push_str(&signed_in.body);
    app.run(&["keys", "reveal", &id]).ok();
    let (log, printed) = server.stop();
    assert!(!log.is_empty(), "the log says nothing, so that it proves nothing");

    let secrets = [first.as_str(), &second, &wrong, password];
    for secret in secrets {
        for (place, text) in [("an answer", &answers), ("the log", &log), ("standard output", &printed)] {
            assert!(!text.contains(secret), "a secret in {place}");
        }
    }
    let mut looked_at = 0;
    for file in files(app.root()) {
        let bytes = std::fs::read(&file).unwrap();
        looked_at += 1;
        for secret in secrets {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret in {}", file.display());
        }
    }
    assert!(looked_at >= 6, "{looked_at} files only");
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let app = App::attached();
    app.key("Admin");
    let server = app.serve();
    let mode = |name: &str| std::fs::metadata(app.folder().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/master.key"), mode("data/control.db")), (0o700, 0o600, 0o600));
    assert_eq!(mode("data/stamps.db"), 0o600);
    drop(server);
}
