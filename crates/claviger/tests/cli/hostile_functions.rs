//! Ten thousand hostile calls of functions against the real server (`functions.md` 3, 5): its memory, its processes, its data and other requests
//! are afterwards as before, and no call has learned or reached anything.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::Server;

/// What is called, a request's arguments, and whether the answer is a refusal (500) or a value that gives nothing away.
const ATTACKS: &[(&str, &str)] = &[
    ("return typeof process + typeof require + typeof module + typeof Deno + typeof std + typeof os + typeof __dirname;", "[]"),
    ("return typeof globalThis.native + typeof globalThis.host + typeof globalThis.print + typeof globalThis.scriptArgs;", "[]"),
    ("return (await import('fs')).readFileSync('/etc/passwd');", "[]"),
    ("return eval('1+1');", "[]"),
    ("return new Function('return 1')();", "[]"),
    ("return (() => {}).constructor('return globalThis')();", "[]"),
    ("return Object.getPrototypeOf(async () => {}).constructor('return 1')();", "[]"),
    ("Object.prototype.polluted = 1; return {}.polluted;", "[]"),
    ("Array.prototype.push = () => 'caught'; return [].push(1);", "[]"),
    ("args[0].__proto__.polluted = 'x'; return {}.polluted ?? 'clean';", r#"[{"a":1}]"#),
    ("return Object.assign({}, args[0]).polluted ?? 'clean';", r#"[{"__proto__":{"polluted":1}}]"#),
    ("return args[0].constructor.constructor('return 1')();", r#"[{"constructor":{"prototype":{"x":1}}}]"#),
    ("ds.Note.query = () => 'mine'; return 1;", "[]"),
    ("ds.constructor.prototype.all = 1; return typeof ds.Note.all;", "[]"),
    ("session.key.id = 'other'; session.hasPrivilege = () => true; return session.hasPrivilege('nobody');", "[]"),
    ("globalThis.left = args; leftInModule = 1; return 1;", "[1]"),
    ("return typeof globalThis.left + typeof globalThis.leftInModule;", "[]"),
    ("return { get a() { throw new Error('from a getter'); } };", "[]"),
    ("return new Proxy({}, { ownKeys() { throw new Error('from a proxy'); } });", "[]"),
    ("return { toJSON() { return { kind: 'selection', id: 0 }; } };", "[]"),
    ("const circle = {}; circle.circle = circle; return circle;", "[]"),
    ("throw { get message() { throw 1; }, errCode: 'x' };", "[]"),
    ("throw null;", "[]"),
    ("const deep = (n) => n === 0 ? [] : [deep(n - 1)]; return deep(5000);", "[]"),
    ("const again = () => again(); return again();", "[]"),
    ("return 'x'.repeat(2 ** 31);", "[]"),
    ("return new ArrayBuffer(2 ** 33).byteLength;", "[]"),
    ("return await fetch('http://127.0.0.1:1/');", "[]"),
    ("return await fetch('file:///etc/passwd');", "[]"),
    ("return ds.Note.query('title = \\'x\\' or 1=1; drop table Note').length;", "[]"),
    ("return ds.Note.all().orderBy('(select 1)').length;", "[]"),
    ("return ds.Secret.all().length;", "[]"),
    ("return ds.Note.get(1)?.secret ?? 'hidden';", "[]"),
    ("return ds.Note.get({ toJSON() { return 1; } });", "[]"),
    ("ds.startTransaction(); const note = ds.Note.new(); note.title = 'left open'; note.save(); return 1;", "[]"),
    ("ds.startTransaction(); const note = ds.Note.new(); note.title = 'thrown'; note.save(); throw new Error('x');", "[]"),
    ("return session.setPrivileges('all') && ds.Secret.all().length;", "[]"),
    ("return setTimeout(() => { for (;;); }, 1e9);", "[]"),
    ("Promise.reject(new Error('nobody listens')); return 1;", "[]"),
    ("return [...crypto.getRandomValues(new Uint8Array(70000))].length;", "[]"),
];

/// These use up their time or their worker, so that fewer of them are made.
const EXPENSIVE: &[&str] = &[
    "for (;;);",
    "const spin = () => Promise.resolve().then(spin); await spin();",
    "return /^(a+)+$/.test('a'.repeat(40) + 'b');",
    "return new Array(1e9) + '';",
    "const all = []; for (;;) all.push(new Array(10000).fill(1));",
];

const CALLS: usize = 10_000;
const EXPENSIVE_CALLS: usize = 40;
const CALLERS: usize = 4;

const MODEL: &str = r#"{ "toJSON": true, "dataClasses": [
  { "name": "Note", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true },
    { "name": "title", "kind": "storage", "type": "string" }, { "name": "secret", "kind": "storage", "type": "string" } ] },
  { "name": "Secret", "attributes": [
    { "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "primKey": true } ] } ] }"#;

/// A caller may call, and read and write notes but for their secret.
const ROLES: &str = r#"{ "restrictedByDefault": true, "privileges": [ { "privilege": "all" }, { "privilege": "call" } ],
  "roles": [ { "role": "Admin", "privileges": ["all", "call"] }, { "role": "Caller", "privileges": ["call"] } ],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"], "update": ["all"], "drop": ["all"], "execute": ["call"] },
    { "applyTo": "Note", "type": "dataclass", "read": ["call"], "create": ["call"] },
    { "applyTo": "Note.secret", "type": "attribute", "read": ["all"] } ] } }"#;

fn functions() -> String {
    let mut text = "export class DataStore {\n  static exposed = ['honest'".to_owned();
    let all = || ATTACKS.iter().map(|(text, _)| *text).chain(EXPENSIVE.iter().copied()).enumerate();
    all().for_each(|(number, _)| text.push_str(&format!(", 'attack{number}'")));
    text.push_str(
        "];\n  honest(a, b) { return [a + b, ds.Note.query(\"title = 'kept'\").length, {}.polluted ?? null, typeof globalThis.left]; }\n",
    );
    all().for_each(|(number, attack)| text.push_str(&format!("  async attack{number}(...args) {{ {attack} }}\n")));
    text + "}\n"
}

fn open() -> (tempfile::TempDir, Server, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.json"), MODEL).unwrap();
    std::fs::write(folder.path().join("roles.json"), ROLES).unwrap();
    crate::support::run_with(folder.path(), &["init", "app", "--model", "model.json", "--roles", "roles.json"], "").ok();
    let app = folder.path().join("app");
    std::fs::create_dir_all(app.join("functions")).unwrap();
    std::fs::write(app.join("functions/DataStore.js"), functions()).unwrap();
    let settings = std::fs::read_to_string(app.join("claviger.toml")).unwrap();
    std::fs::write(app.join("claviger.toml"), settings + "\n[functions]\ntimeout_ms = 400\nmemory_mb = 32\nworkers = 2\n").unwrap();
    let key = |role: &str| {
        let made = crate::support::run_with(
            folder.path(),
            &["keys", "create", "--json", "--description", role, "--role", role, "--app", "app"],
            "",
        );
        made.ok().json()["secret"].as_str().unwrap().to_owned()
    };
    let (admin, caller) = (key("Admin"), key("Caller"));
    let mut command = crate::support::claviger();
    command.args(["serve", "--listen", "127.0.0.1:0", "--app"]).arg(&app);
    let server = Server::start(&mut command, &folder.path().join("log"));
    let made = server.send("POST", "/rest/Note?$method=update", Some(&admin), r#"{"title":"kept","secret":"of nobody's business"}"#);
    assert_eq!(made.status, 200, "{}", made.body);
    (folder, server, caller)
}

/// Resident memory of the server in kilobytes, and how many processes it has.
fn held(server: &Server) -> (u64, usize) {
    let id = server.id();
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    // Behind the name in parentheses, which may hold blanks: state, then parent.
    let is_child = |entry: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse().ok()) == Some(id)
    };
    let children = std::fs::read_dir("/proc").unwrap().flatten().map(is_child).filter(|is| *is).count();
    (line.split_whitespace().nth(1).unwrap().parse().unwrap(), children)
}

/// An honest call and a plain reading say what they said before.
fn is_as_before(server: &Server, key: &str) {
    let honest = server.send("POST", "/rest/$catalog/honest", Some(key), "[1,2]");
    assert_eq!(honest.body, r#"{"result":[3,1,null,"undefined"]}"#);
    let notes = server.get("/rest/Note?$filter=\"title='kept'\"&$attributes=title", Some(key));
    assert_eq!((notes.status, notes.json()["__COUNT"].clone()), (200, 1.into()), "{}", notes.body);
}

#[test]
fn after_ten_thousand_hostile_calls_the_server_is_as_before() {
    let (_folder, server, key) = open();
    // Once, so that what is kept for good is there.
    let call = |number: usize| {
        let arguments = ATTACKS.get(number).map_or("[]", |(_, arguments)| arguments);
        server.send("POST", &format!("/rest/$catalog/attack{number}"), Some(&key), arguments)
    };
    for number in 0..ATTACKS.len() {
        check(number, &call(number).body);
    }
    is_as_before(&server, &key);
    let before = held(&server);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    if turn >= CALLS {
                        break;
                    }
                    let expensive = CALLS / EXPENSIVE_CALLS;
                    let number = if turn.is_multiple_of(expensive) {
                        ATTACKS.len() + turn / expensive % EXPENSIVE.len()
                    } else {
                        turn % ATTACKS.len()
                    };
                    let answer = call(number);
                    assert!(matches!(answer.status, 200 | 401 | 500 | 503), "{number}: {} {}", answer.status, answer.body);
                    check(number, &answer.body);
                    if turn.is_multiple_of(97) {
                        let read = server.get("/rest/Note?$top=1", Some(&key));
                        assert_eq!(read.status, 200, "{}", read.body);
                    }
                }
            });
        }
    });
    is_as_before(&server, &key);
    let after = held(&server);
    // What an allocator keeps, and no more: nothing grows with the calls.
    assert!(after.0 < before.0 * 3 / 2 + 32 * 1024, "memory went from {} to {} kB", before.0, after.0);
    assert!(after.1 <= before.1 + 2, "processes went from {} to {}", before.1, after.1);
    let left = server.get("/rest/Note?$filter=\"title='left open' or title='thrown'\"", Some(&key)).json();
    assert_eq!(left["__COUNT"], 0, "{left}");
    server.stop();
}

/// No answer shows what the caller may not know.
fn check(number: usize, body: &str) {
    let said: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("attack {number}: {error}: {body}"));
    for secret in ["nobody's business", "root:x:", "/proc/", "claviger_"] {
        assert!(!body.contains(secret), "attack {number}: {said}");
    }
    assert!(!body.contains("\"polluted\":") && said["result"] != 2, "attack {number}: {said}");
}
