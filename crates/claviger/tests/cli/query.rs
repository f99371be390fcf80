//! `claviger query` against a server (`interface.md` 2).

use std::io::Read as _;
use std::process::Stdio;

use serde_json::json;

use crate::support::{App, Done, Server, claviger, run_with};

/// A served shop, and a key.
struct Shop {
    app: App,
    server: Server,
    secret: String,
}

impl Shop {
    fn new(sql: &str, role: &str) -> Self {
        let app = App::attached_with(sql);
        let (_, secret) = app.key(role);
        let server = app.serve();
        Self { app, server, secret }
    }

    /// Asks with the key in the environment.
    fn query(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let done = Done { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!done.stdout.contains(&self.secret) && !done.stderr.contains(&self.secret), "the secret is shown");
        done
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = claviger();
        let endpoint = format!("http://{}", self.server.address);
        command.current_dir(self.app.root()).env("CLAVIGER_API_KEY", &self.secret).arg("query").args(arguments);
        command.args(["--endpoint", &endpoint]);
        command
    }
}

#[test]
fn entities_come_as_csv_json_lines_and_table() {
    let shop = Shop::new("", "Admin");
    let csv = shop.query(&["Track", "--csv", "--order-by", "TrackId desc"]).ok().stdout;
    assert_eq!(csv, "TrackId,Name,Price,ArtistId,artist\r\n3,Third,,2,2\r\n2,Second,1.5,1,1\r\n1,First,0.99,1,1\r\n");
    let rows = shop.query(&["Track", "--json", "--filter", "Price > :1 and artist.Name = :2", "--param", "1", "--param", "É@"]).ok().json();
    assert_eq!(rows, json!([{ "TrackId": 2, "Name": "Second", "Price": 1.5, "ArtistId": 1, "artist": 1 }]));
    let lines =
        shop.query(&["Track", "--format", "jsonl", "--select", "artist.Name,Name", "--top", "1", "--skip", "1", "--order-by", "TrackId"]);
    assert_eq!(lines.ok().stdout, "{\"artist.Name\":\"Éclair\",\"Name\":\"Second\"}\n");
    let table = shop.query(&["Track", "--attributes", "Name,Price", "--order-by", "Name"]).ok().stdout;
    assert_eq!(table, "Name    Price\nFirst   0.99\nSecond  1.5\nThird\n");
    assert_eq!(shop.query(&["Track", "--count", "--filter", "Price != null"]).ok().stdout, "2\n");
    assert_eq!(shop.query(&["Track", "--csv", "--filter", "Price > 100", "--attributes", "Name"]).ok().stdout, "Name\r\n");
    assert_eq!(shop.query(&["Track", "--limit", "0", "--json"]).ok().json(), json!([]));
    assert_eq!(shop.query(&["Place", "--csv"]).ok().stdout, "Hall,Seat,Holder\r\nMain,3,Ana\r\n", "a key of two columns");
}

#[test]
fn all_pages_are_followed_each_entity_once_and_the_set_is_given_back() {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2509)
        INSERT INTO Track SELECT i, 'Track ' || i, i, 1 FROM n;
        CREATE VIEW Cheap AS SELECT TrackId AS number, Name AS title FROM Track WHERE Price < 2400;";
    let shop = Shop::new(sql, "Admin");
    let csv =
        shop.query(&["Track", "--csv", "--filter", "TrackId >= 10", "--order-by", "TrackId desc", "--attributes", "TrackId"]).ok().stdout;
    let expected: Vec<_> = (10..=2509).rev().map(|id| id.to_string()).collect();
    assert_eq!(csv.lines().skip(1).collect::<Vec<_>>(), expected);
    let part =
        shop.query(&["Track", "--format", "jsonl", "--skip", "995", "--limit", "1010", "--order-by", "TrackId", "--attributes", "TrackId"]);
    let ids: Vec<_> =
        part.ok().stdout.lines().map(|line| line.trim_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().unwrap()).collect();
    // Three tracks stand before the many.
    assert_eq!(ids, (1002..2012).collect::<Vec<_>>());
    let view = shop.query(&["Cheap", "--csv", "--order-by", "number", "--attributes", "number"]).ok().stdout;
    assert_eq!(view.lines().count(), 1 + 2 + 2390, "a view has no keys");
    let key = shop.app.run(&["keys", "create", "--description", "A", "--type", "administration", "--json"]).ok().json();
    let sets = shop.server.get("/rest/$info", key["secret"].as_str());
    assert_eq!(sets.json()["entitySet"], json!([]), "{}", sets.body);
}

#[test]
fn the_key_comes_from_a_file_standard_input_or_the_environment() {
    let shop = Shop::new("", "Admin");
    let root = shop.app.root();
    let endpoint = format!("http://{}/rest/", shop.server.address);
    std::fs::write(root.join("key"), format!("{}\n", shop.secret)).unwrap();
    let by = |arguments: &[&str], input: &str| {
        let mut all = vec!["query", "Track", "--count", "--endpoint", &endpoint];
        all.extend(arguments);
        run_with(root, &all, input)
    };
    assert_eq!(by(&["--key-file", "key"], "").ok().stdout, "3\n");
    assert_eq!(by(&["--key-stdin"], &format!("{}\r\n", shop.secret)).ok().stdout, "3\n");
    let none = by(&[], "");
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
    assert!(none.stderr.contains("missingKey") && none.stderr.contains("set CLAVIGER_API_KEY"), "{}", none.stderr);
    for (content, told) in [("", "there is no API key in key"), ("two words", "is no API key"), ("wrong", "invalidKey")] {
        std::fs::write(root.join("key"), content).unwrap();
        let done = by(&["--key-file", "key"], "");
        assert!(done.code == 1 && done.stderr.contains(told), "{}", done.stderr);
        assert!(content.is_empty() || !done.stderr.contains(content), "{}", done.stderr);
    }
    assert!(by(&["--key-file", "absent"], "").stderr.contains("cannot read absent"));
}

#[test]
fn what_the_key_may_not_read_is_left_out_and_told_when_it_was_named() {
    let shop = Shop::new("", "Clerk");
    let all = shop.query(&["Track", "--csv", "--order-by", "TrackId", "--limit", "1"]).ok();
    assert_eq!((all.stdout.as_str(), all.stderr.as_str()), ("TrackId,Name,ArtistId,artist\r\n1,First,1,1\r\n", ""));
    let named = shop.query(&["Track", "--csv", "--attributes", "Name,Price", "--limit", "1", "--order-by", "TrackId"]).ok();
    assert_eq!(named.stdout, "Name\r\nFirst\r\n");
    assert!(named.stderr.contains("may not read them: Price"), "{}", named.stderr);
    let none = shop.query(&["Track", "--csv", "--attributes", "Price"]);
    assert!(none.code == 1 && none.stdout.is_empty() && none.stderr.contains("no attribute of that"), "{}", none.stderr);
}

#[test]
fn errors_are_one_line_with_their_class_and_what_to_do() {
    let shop = Shop::new("", "Tracks");
    for (arguments, told) in [
        (&["Trakc"][..], &["NotFound", "there are: ", "Track"][..]),
        (&["Track", "--attributes", "Nmae"], &["NotFound", "TrackId, Name"]),
        (&["Artist"], &["PermissionDenied", "(1557)", "another role"]),
        (&["Track", "--filter", "Name ="], &["Remote", "check --filter"]),
        (&["Track", "--filter", "Name = :1"], &["(1279)"]),
    ] {
        let done = shop.query(arguments);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.lines().count()), (1, "", 1), "{arguments:?}: {}", done.stderr);
        assert!(told.iter().all(|told| done.stderr.contains(told)), "{arguments:?}: {}", done.stderr);
    }
    let address = shop.server.address.clone();
    let (root, endpoint) = (tempfile::tempdir().unwrap(), format!("http://{address}"));
    drop(shop);
    let done = run_with(root.path(), &["query", "Track", "--endpoint", &endpoint], "");
    assert!(done.code == 1 && done.stderr.contains("Unreachable") && done.stderr.contains("check --endpoint"), "{}", done.stderr);
    let done = run_with(root.path(), &["query", "Track", "--endpoint", "ftp://x"], "");
    assert!(done.code == 1 && done.stderr.contains("Misuse") && done.stderr.contains("check --endpoint, which"), "{}", done.stderr);
    for arguments in [
        &["query", "Track"][..],
        &["query", "Track", "--endpoint", &endpoint, "--param", "1"],
        &["query", "Track", "--endpoint", &endpoint, "--csv", "--table"],
        &["query", "Track", "--endpoint", &endpoint, "--csv", "--json"],
        &["query", "Track", "--endpoint", &endpoint, "--spreadsheet", "--json"],
        &["query", "Track", "--endpoint", &endpoint, "--count", "--limit", "1"],
        &["query", "Track", "--endpoint", &endpoint, "--key-stdin", "--key-file", "k"],
        &["query", "Track", "--endpoint", &endpoint, "--api-key", "claviger_x"],
    ] {
        let done = run_with(root.path(), arguments, "");
        assert_eq!((done.code, done.stdout.as_str()), (2, ""), "{arguments:?}: {}", done.stderr);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
        INSERT INTO Track SELECT i, 'A name that fills the pipe ' || i, i, 1 FROM n;";
    let shop = Shop::new(sql, "Admin");
    for form in ["csv", "json", "jsonl", "table"] {
        let mut command = shop.command(&["Track", "--format", form]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 64]).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{form}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn formulas_in_texts_do_nothing_in_a_spreadsheet() {
    let shop = Shop::new("INSERT INTO Track VALUES (4, '=1+1', -5, 1);", "Admin");
    let safe = shop.query(&["Track", "--spreadsheet", "--filter", "TrackId = 4", "--attributes", "Name,Price"]).ok().stdout;
    assert_eq!(safe, "\u{feff}Name,Price\r\n'=1+1,-5\r\n");
    let plain = shop.query(&["Track", "--csv", "--filter", "TrackId = 4", "--attributes", "Name"]).ok().stdout;
    assert_eq!(plain, "Name\r\n=1+1\r\n");
}
