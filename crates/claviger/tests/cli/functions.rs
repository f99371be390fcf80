//! User functions from outside: `functions check`, `functions types`, and a server that runs them in processes of the real program.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{App, Server, claviger};

const TRACK: &str = r#"export class Track {
  static exposed = ["cheapest", "total"];
  static onHttpGet = ["cheapest"];
  cheapest(limit = 2) { return this.query("Price != null").orderBy("Price").slice(0, limit); }
  total() { return this.all().sum("Price"); }
  hidden() { return 1; }
}
export class TrackEntity {
  static exposed = ["rename"];
  static events = ["saving"];
  rename(name) { this.Name = name; return this.save(); }
  saving() {}
}
"#;

/// The music shop with these files in `functions/`.
fn with(files: &[(&str, &str)]) -> App {
    let app = App::attached();
    for (name, text) in files {
        write(&app.folder(), name, text);
    }
    app
}

fn write(app: &Path, name: &str, text: &str) {
    let path = app.join("functions").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn check_tells_what_there_is() {
    let app = with(&[("Track.js", TRACK)]);
    let text = app.run(&["functions", "check"]).ok().stdout;
    assert!(text.ends_with("2 classes, 4 functions (3 exposed), 0 computed attributes, 1 event: no findings\n"), "{text}");
    let report = app.run(&["functions", "check", "--json"]).ok().json();
    assert_eq!(report["findings"], json!([]));
    let class = &report["classes"][0];
    assert_eq!(
        (&class["name"], &class["kind"], &class["path"], &class["line"]),
        (&json!("Track"), &json!("dataclass"), &json!("functions/Track.js"), &json!(1))
    );
    let cheapest = json!({ "name": "cheapest", "exposed": true, "onHttpGet": true });
    assert_eq!((&class["functions"][0], &report["classes"][1]["events"]), (&cheapest, &json!(["saving"])));
    let doctor = app.run(&["doctor", "--json"]);
    let line = doctor.json()["checks"].as_array().unwrap().iter().find(|check| check["name"] == "functions").unwrap().clone();
    assert_eq!((&line["ok"], line["message"].as_str().unwrap().starts_with("2 classes, 4 functions")), (&json!(true), true), "{line}");
    assert_eq!(App::attached().run(&["functions", "check"]).ok().stdout, "functions/ exports no class\n");
}

#[test]
fn check_lists_every_finding_with_file_and_line() {
    let app = with(&[
        ("Track.js", "export class Track {\n  static exposed = [\n    \"absent\" ];\n}\nexport class Nothing {}\n"),
        ("lib/dates.js", "import './gone.js';\n"),
    ]);
    let done = app.run(&["functions", "check"]);
    // What modules import is looked at before they run.
    assert_eq!((done.code, done.stdout.as_str()), (1, "functions/lib/dates.js:1: there is no file lib/gone.js\n"), "{}", done.stderr);
    assert!(done.stderr.contains("functions/ has 1 error to mend"), "{}", done.stderr);
    write(&app.folder(), "lib/dates.js", "");
    let done = app.run(&["functions", "check", "--json"]);
    let report = done.json();
    assert_eq!((done.code, &report["classes"]), (1, &json!([])));
    let places: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["path"].as_str().unwrap(), found["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, [("functions/Track.js", 3), ("functions/Track.js", 5)], "{report}");
    write(&app.folder(), "Track.js", "export class Track {\n  a(] {}\n}");
    let done = app.run(&["functions", "check"]);
    assert!(done.code == 1 && done.stdout.starts_with("functions/Track.js:2: "), "{}", done.stdout);
    // Other commands say so too, each in its way.
    let doctor = app.run(&["doctor"]);
    assert!(doctor.code == 1 && doctor.stdout.contains("claviger functions check"), "{}", doctor.stdout);
    let serve = app.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(serve.code == 1 && serve.stderr.contains("functions/Track.js:2: ") && serve.stdout.is_empty(), "{}", serve.stderr);
    app.run(&["roles", "check"]).ok();
    assert_eq!(app.run(&["roles", "explain", "--role", "Clerk"]).code, 1);
}

/// What a module that is checked by its types must and must not be told.
const TYPED: &str = r#"export class Track {
  cheap(limit = 1) { return this.all().orderBy("Price").slice(0, limit); }
  make(values) { const track = this.new(); track.fromObject(values); return track; }
}
export class TrackEntity {
  rename(name) { this.Name = name; return this.save(); }
  get label() { return `${this.Name} by ${this.artist.Name}`; }
  dear() { return this.Price > 1 && this.artist.trackSelection.length > 1; }
}
export class TrackSelection { count() { return this.length; } titles() { return this.Name.join(); } }
export class DataStore { all() { return ds.Track.cheap(3).titles() + ds.Artist.get(1).trackSelection.first().label.length; } }
export function more() {
  session.hasPrivilege("x"); session.storage.count = 1; console.log(crypto.randomUUID());
  ds.all(); ds.startTransaction(); ds.Track.make({}).rename("a").success; ds.Place.getCount();
  return response("text", { status: 201, headers: { "x-a": "b" } });
}
"#;

/// A line for each mistake.
const MISTAKES: &str = r"ds.Trak;
ds.Track.cheapest();
ds.Track.all().first().Nam;
ds.Artist.get(1).trackSelection.frist();
ds.Track.get(1).rename(1).sucess;
ds.Track.all().length = 3;
session.privileges;
document;
ds.Track.get(1).artist.Price;
";

#[test]
fn types_let_an_editor_check_modules() {
    let app = with(&[("all.js", TYPED)]);
    let declarations = app.run(&["functions", "types"]).ok().stdout;
    let typescript = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console/node_modules/typescript/bin/tsc");
    if !typescript.exists() || Command::new("node").arg("--version").output().is_err() {
        eprintln!("skipped: the TypeScript compiler is not installed below console/");
        return;
    }
    let functions = app.folder().join("functions");
    std::fs::write(functions.join("claviger.d.ts"), &declarations).unwrap();
    // The file that the guide shows.
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/functions.md")).unwrap();
    let settings = guide.split("`functions/jsconfig.json`").nth(1).unwrap().split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    std::fs::write(functions.join("jsconfig.json"), settings).unwrap();
    let compile = || {
        let done = Command::new("node")
            .arg(&typescript)
            .args(["-p", "jsconfig.json", "--noEmit", "--skipLibCheck", "false"])
            .current_dir(&functions)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(compile(), "");
    write(&app.folder(), "mistakes.js", MISTAKES);
    let found = compile();
    let lines: Vec<&str> = found.lines().filter_map(|line| line.strip_prefix("mistakes.js(")?.split(',').next()).collect();
    let expected: Vec<String> = (1..=MISTAKES.lines().count()).map(|line| line.to_string()).collect();
    assert_eq!(lines, expected, "{found}");
    // The declarations are no module of the server's.
    std::fs::remove_file(functions.join("mistakes.js")).unwrap();
    app.run(&["functions", "check"]).ok();
}

/// A function for each way of using memory.
const HEAVY: &str = r#"export class DataStore {
  static exposed = ["bytes", "objects", "quick", "endless"];
  static onHttpGet = ["bytes", "objects", "quick", "endless"];
  bytes(megabytes) { const all = []; for (let n = 0; n < megabytes; n++) all.push(new Uint8Array(1 << 20).fill(n)); return all.length; }
  objects(count) { const all = []; for (let n = 0; n < count; n++) all.push({ n, text: `item ${n}` }); return all.length; }
  quick() { return 1; }
  endless() { for (;;); }
}
"#;

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics", None).body;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap_or_else(|| panic!("no {name} in {text}"));
    value.parse().unwrap()
}

#[test]
fn the_programs_own_workers_have_the_memory_that_the_setting_gives() {
    let app = with(&[("heavy.js", HEAVY)]);
    let (_, secret) = app.key("Admin");
    std::fs::write(app.folder().join("roles.json"), r#"{ "privileges": [], "permissions": { "allowed": [] } }"#).unwrap();
    let mut serve = claviger();
    serve.current_dir(app.folder()).args(["serve", "--listen", "127.0.0.1:0"]);
    serve.env("CLAVIGER_FUNCTIONS__WORKERS", "2").env("CLAVIGER_FUNCTIONS__TIMEOUT_MS", "20000");
    let server = Server::start(&mut serve, &app.folder().join("log"));
    let result = |function: &str, argument: u64| {
        let answer = server.get(&format!("/rest/$catalog/{function}?$params='[{argument}]'"), Some(&secret));
        assert_eq!(answer.status, 200, "{function}({argument}): {}", answer.body);
        answer.json()["result"].as_u64().unwrap()
    };
    // Nearly all of the 64 MB, in one piece and in many, again and again, two at a time.
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..4 {
                    assert_eq!(result("bytes", 50), 50);
                    assert_eq!(result("objects", 200_000), 200_000);
                    assert_eq!(result("quick", 0), 1);
                }
            });
        }
    });
    assert_eq!(metric(&server, "claviger_function_workers_died_total"), 0, "{}", server.log());
    // More than that is the limit's own answer, not a process that died.
    let over = server.get("/rest/$catalog/bytes?$params='[500]'", Some(&secret));
    assert!(over.status == 500 && over.body.contains("memory"), "{}", over.body);
    assert_eq!(result("quick", 0), 1);
    assert_eq!(metric(&server, "claviger_function_workers_died_total"), 0, "{}", server.log());
    assert!(metric(&server, "claviger_function_calls_total") >= 26);
}

/// Asks again and again until the answer is as wanted: the server looks at the folder three times a second.
#[track_caller]
fn becomes(server: &Server, path: &str, secret: &str, wanted: impl Fn(u16, &Value) -> bool) {
    let begin = Instant::now();
    loop {
        let answer = server.get(path, Some(secret));
        if wanted(answer.status, &answer.json()) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{}\n{}", answer.body, server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn serve_watch_follows_the_folder() {
    let version = |text: &str| {
        format!("export class DataStore {{ static exposed = ['version']; static onHttpGet = ['version']; version() {{ return {text}; }} }}")
    };
    let app = with(&[("a.js", &version("1"))]);
    let (_, secret) = app.key("Admin");
    let free = r#"{ "privileges": [], "permissions": { "allowed": [] } }"#;
    std::fs::write(app.folder().join("roles.json"), free).unwrap();
    let server = Server::start(
        claviger().current_dir(app.folder()).args(["serve", "--watch", "--listen", "127.0.0.1:0"]),
        &app.folder().join("log"),
    );
    let result = |value: u64| move |_: u16, body: &Value| body["result"] == value;
    becomes(&server, "/rest/$catalog/version", &secret, result(1));
    write(&app.folder(), "a.js", &version("20"));
    becomes(&server, "/rest/$catalog/version", &secret, result(20));
    // With errors the previous ones stay, and the log says where.
    write(&app.folder(), "a.js", "\nexport class DataStore { x( }");
    let begin = Instant::now();
    while !server.log().contains("functions/a.js:2: ") {
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    becomes(&server, "/rest/$catalog/version", &secret, result(20));
    // A file of its own; and roles.json.
    write(
        &app.folder(),
        "a.js",
        "import { version } from './lib/version.js';\nexport class DataStore { static exposed = ['version']; static onHttpGet = ['version']; version() { return version; } }",
    );
    write(&app.folder(), "lib/version.js", "export const version = 300;");
    becomes(&server, "/rest/$catalog/version", &secret, result(300));
    std::fs::write(
        app.folder().join("roles.json"),
        r#"{ "restrictedByDefault": true, "privileges": [], "permissions": { "allowed": [] } }"#,
    )
    .unwrap();
    becomes(&server, "/rest/$catalog/version", &secret, |status, _| status == 401);
    std::fs::write(app.folder().join("roles.json"), free).unwrap();
    std::fs::remove_dir_all(app.folder().join("functions")).unwrap();
    becomes(&server, "/rest/$catalog/version", &secret, |status, _| status == 404);
}

#[test]
fn commands_that_look_know_functions() {
    let app = with(&[("Track.js", TRACK)]);
    let entry = r#""allowed": [ { "applyTo": "Track.cheapest", "type": "method", "execute": ["browse"] }, { "applyTo": "Track.gone", "type": "method", "execute": ["browse"] },
      { "applyTo": "TrackEntity", "type": "dataclass", "read": ["all"] },"#;
    let roles = app.folder().join("roles.json");
    std::fs::write(&roles, std::fs::read_to_string(&roles).unwrap().replace("\"allowed\": [", entry)).unwrap();
    let check = app.run(&["roles", "check"]).ok().stdout;
    assert!(check.contains("unknown_function") && check.contains("Track.gone") && !check.contains("Track.cheapest"), "{check}");
    let explain = |role: &str, path: &str| app.run(&["explain", "--role", role, "POST", path, "--json"]).ok().json();
    assert_eq!(explain("Clerk", "/rest/Track/cheapest")["allowed"], true);
    let refused = explain("Tracks", "/rest/Track/cheapest");
    assert_eq!((&refused["errCode"], &refused["rules"][0]["resource"]), (&json!(1561), &json!("Track.cheapest")), "{refused}");
    let document = app.run(&["openapi", "--role", "Clerk"]).ok().json();
    assert!(document["paths"]["/rest/Track/cheapest"]["get"].is_object() && document["paths"].get("/rest/Track/total").is_none());
    app.run(&["openapi", "--role", "Clerk", "--format", "postman"]).ok();
    let table = app.run(&["roles", "explain", "--role", "Clerk"]).ok().stdout;
    let line = table.lines().find(|line| line.starts_with("Track.cheapest()")).unwrap();
    assert!(line.contains("yes (permissions.allowed[0].execute)"), "{table}");
    assert!(table.contains("Track.rename()"), "{table}");
}
