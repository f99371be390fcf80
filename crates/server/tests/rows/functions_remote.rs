//! `openDatastore` in functions (`functions.md` 2, `remote-datastore.md`): another server's data, with what its key may do there.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use crate::client::Client;
use crate::library::{Library, app, app_with};

/// What another application offers: its own functions among it.
const OFFERED: &str = r#"
export class DataStore { static exposed = ["stats"]; static onHttpGet = ["stats"]; stats(...values) { return values; } }
export class Book {
  static exposed = ["create", "cheapest", "fails"];
  fails() { throw new Error("on purpose"); }
  create(data) { const book = this.new(); book.fromObject(data); book.save(); return book; }
  cheapest(limit) { return this.all().orderBy("price, ID").slice(0, limit); }
}
export class BookSelection { static exposed = ["howMany"]; howMany() { return this.length; } }
export class BookEntity { static exposed = ["rename", "sameAuthor"];
  rename(title) { this.title = title; return this.save(); }
  sameAuthor(other) { return this.author.getKey() === other.author.getKey(); } }
"#;

const FUNCTIONS: &str = r#"
// A note that only functions see.
const seen = (book) => { const { costNote, ...values } = book.toObject(); return values; };
const looks = [
  (d) => seen(d.Book.get(11)), (d) => d.Book.get(999), (d) => d.Book.getCount(),
  (d) => d.Author.get(1).toObject(), (d) => d.Author.get(2).born.toISOString(), (d) => d.Country.all().orderBy("code").extract("name"),
  (d) => d.Book.query("price < :1 and author.fullName = :2", 20, "Éclair@").orderBy("ID").extract("title"),
  (d) => d.Book.query("price < :most", { parameters: { most: 12 } }).length, (d) => d.Book.query("ID in :1", [11, 13, 999]).length,
  (d) => d.Book.all().orderBy("price desc, ID").slice(1, 4).extract("ID"), (d) => d.Book.all().orderBy("ID").at(-1).ID,
  (d) => d.Book.get(11).author.fullName, (d) => d.Author.get(1).books.orderBy("ID").extract("ID"), (d) => d.Slip.get(1).shelf.room,
  (d) => d.Book.all().author.orderBy("ID").extract("ID"), (d) => d.Author.query("ID < 3").books.orderBy("ID").extract("ID"),
  (d) => [d.Book.all().sum("price"), d.Book.all().average("price"), d.Book.all().min("price"), d.Book.all().max("addedAt"), d.Book.all().count("isbn")],
  (d) => d.Author.all().distinct("rating"), (d) => d.Entry.all().length, (d) => [...d.Entry.all()].map((entry) => entry.ID), (d) => d.Entry.all()[149].name,
  (d) => [d.Book.query("ID < 14").and(d.Book.query("ID > 11")), d.Book.query("ID = 11").or(d.Book.get(13)), d.Book.query("ID < 14").minus(d.Book.query("ID = 12"))]
    .map((found) => found.orderBy("ID").extract("ID")),
  (d) => [d.Book.all().contains(d.Book.get(11)), d.Book.query("ID = 12").contains(d.Book.get(11))], (d) => d.Book.newSelection().length,
  (d) => d.Book.get(11).authorName, (d) => d.Book.get(11).label, (d) => d.Book.query("authorName = :1", "Éclair@").length, (d) => d.Shelf.get("it's").room,
];
export class DataStore {
  static exposed = ["look", "write", "merge", "locks", "functions", "told", "opened", "onGet", "titles", "info", "keys", "hold", "burn", "once"];
  static onHttpGet = ["onGet"];
  look(info) { const far = openDatastore(info, "far"); return looks.map((look) => [JSON.stringify(look(ds)), JSON.stringify(look(far))]); }
  write(info) {
    const far = openDatastore(info, "far");
    const book = far.Book.new();
    Object.assign(book, { title: "Far", price: 3.5, addedAt: new Date("2024-05-06T07:08:09Z"), author: far.Author.get(2), sample: new Uint8Array([1, 2, 3]) });
    const made = [book.save().success, book.isNew(), book.getStamp(), book.author.fullName, [...far.Book.get(book.ID).sample]];
    book.title = "Farther";
    const again = [book.save().success, book.getStamp(), far.Book.get(book.ID).title, far.Book.get(book.ID).addedAt.toISOString()];
    const other = far.Book.get(book.ID);
    book.price = 4; book.save();
    const stale = [(() => { other.title = "stale"; return other.save().status; })(), far.Book.get(book.ID).drop().success, far.Book.get(book.ID), book.save().success, book.drop().status];
    const author = far.Author.get(2); author.born = new Date("1990-01-02T00:00:00Z"); author.profile.city = "Galway";
    const dated = [author.save().success, far.Author.get(2).born.toISOString(), far.Author.get(2).profile.city];
    const many = far.Book.fromCollection([{ title: "one" }, { title: "two" }]);
    return [made, again, stale, dated, many.length, many.drop().length];
  }
  merge(info) {
    const far = openDatastore(info, "far");
    const [one, other, third, fourth] = [11, 11, 11, 11].map((key) => far.Book.get(key));
    one.title = "merged"; one.save();
    other.price = 99; third.title = "conflict"; fourth.sample = new Uint8Array([9]);
    const { rows, ...merged } = other.save("merge");
    const [author, another, late] = [1, 1, 1].map((key) => far.Author.get(key));
    author.profile.city = "Cork"; author.save();
    another.fullName = "other"; late.profile = null;
    const objects = [another.save("merge").status, late.save("merge").status, far.Author.get(1).fullName === "other"];
    return [merged, far.Book.get(11).title, far.Book.get(11).price, third.save("merge").status, fourth.save("merge").status, third.save().status, objects];
  }
  locks(mine, theirs) {
    const [one, other] = [openDatastore(mine, "one"), openDatastore(theirs, "two")];
    const book = one.Book.get(12);
    const taken = [book.lock().success, other.Book.get(12).lock().status, (() => { const book = other.Book.get(12); book.title = "x"; return book.save().status; })()];
    // Somebody of the same session has an older copy: what he is refused gives back nothing.
    const older = one.Book.get(12);
    book.title = "newer";
    const kept = [book.save().success, older.lock().status, other.Book.get(12).lock().status];
    return [...taken, ...kept, book.unlock().success, (() => { const book = other.Book.get(12); book.title = "free"; return book.save().success; })()];
  }
  functions(info) {
    const far = openDatastore(info, "far");
    const made = far.Book.create({ title: "By function", price: 1 });
    return [far.stats(1, "a", null), made.title, made.isNew(), far.Book.cheapest(3).length, far.Book.query("ID < 13").howMany(), far.Book.all().count("ID") > 0,
      far.Book.get(11).rename("renamed").success, far.Book.get(11).title, far.Book.get(11).sameAuthor(far.Book.get(12))];
  }
  told(info, name = "get") {
    try {
      const far = openDatastore(info, "told");
      return name === "get" ? far.Book.get(11).toObject() : name === "save" ? (() => { const author = far.Author.get(1); author.fullName = "x"; return author.save(); })() : far[name]();
    } catch (error) { return [error.errCode, error.message]; }
  }
  opened(info) { return [ds("far") === null, openDatastore(info, "far") === ds("far"), openDatastore(info, "far") === openDatastore(info, "other"), ds() === ds]; }
  onGet(info) {
    const far = openDatastore(info, "far");
    const book = far.Book.get(11); book.title = "no";
    const refused = (run) => { try { return run(); } catch (error) { return error.errCode; } };
    const locks = [far, ds].map((where) => { const held = where.Book.get(12); return [held.lock().success, held.unlock().success, held.lock().success]; });
    const own = ds.Book.get(11); own.title = "no";
    return [far.stats(2), refused(() => book.save()), refused(() => far.Book.create({ title: "no" })), locks,
      refused(() => own.save()), refused(() => own.drop()), refused(() => far.Book.get(13).drop()), refused(() => far.Book.all().drop()), refused(() => ds.Book.all().drop())];
  }
  titles(info) { return openDatastore(info, "far").Book.all().orderBy("ID"); }
  keys(info) {
    const far = openDatastore(info, "far");
    const there = ["bob@example.org", "bob.smith@example.org", "ab", "AB"];
    far.Shelf.fromCollection(there.map((code) => ({ code, room: code })));
    const one = far.Shelf.fromCollection([{ code: "bob@example.org" }]);
    const found = [one.length, one.first().room, far.Shelf.fromCollection([{ code: "AB" }, { code: "ab" }]).extract("code"), one.contains(far.Shelf.get("bob.smith@example.org"))];
    const refused = (() => { try { return one.orderBy("code").length; } catch (error) { return error.errCode; } })();
    one.drop();
    far.Shelf.fromCollection([{ code: "ab" }]).drop();
    return [found, refused, there.map((code) => far.Shelf.get(code)?.room ?? null)];
  }
  hold(info, what) {
    const book = openDatastore(info, "far").Book.get(12);
    if (what === "save") book.title = `${book.title}!`;
    const { success, status } = book[what]();
    return [success, status ?? null];
  }
  once(info, what) {
    const far = openDatastore(info, "far");
    const write = {
      call: () => far.Book.create({ title: what }),
      save: () => { const book = far.Book.new(); book.title = what; book.save(); return book; },
      bytes: () => { const book = far.Book.new(); Object.assign(book, { title: what, sample: new Uint8Array([1]) }); book.save(); return book; },
      fail: () => { try { far.Book.fails(); } catch (error) { return { title: error.message.includes("on purpose") ? "fail" : error.message }; } },
    }[what];
    const made = write().title;
    const told = (() => { try { return far.Book.getCount() > 0; } catch (error) { return error.message; } })();
    const again = far.Book.get(12).lock().success;
    return [made, told, far.Book.query("title = :1", what).length, again];
  }
  burn(info, many, what) {
    const far = openDatastore(info, "far");
    const [entries, author, books, shelves, countries] = [far.Entry.all(), far.Author.get(1), far.Book.all(), far.Shelf.query("code = 'A/1'"), far.Country.all()];
    const first = far.Entry.all().slice(0, 100);
    for (let left = many - 101; left > 0; left -= 150) entries.slice(0, Math.min(left, 150));
    const ends = {
      none: () => "left", counted: () => first[0].name, slice: () => entries.slice(0, 1).length, page: () => entries[0].ID, project: () => books.author.length,
      related: () => author.books.length, drop: () => countries.drop().length, dropped: () => shelves.drop().length, get: () => far.Book.get(11).ID,
    };
    return ends[what]();
  }
  info(info) { return openDatastore(info, "far").getInfo(); }
}"#;

/// Two servers with the same data; how the first reaches the second with the key of a role.
struct Two {
    here: Library,
    there: Library,
    port: u16,
}

impl Two {
    fn new() -> Self {
        let there = app();
        there.set_functions(&[("all.js", OFFERED)]).unwrap();
        let port = there.listen();
        let here = app_with(&format!("listen = \"127.0.0.1:0\"\n[functions]\nallow_hosts = [\"127.0.0.1:{port}\"]\n"));
        here.set_functions(&[("DataStore.js", FUNCTIONS)]).unwrap();
        Self { here, there, port }
    }

    fn connection(&self, role: &str) -> Value {
        json!({ "hostname": format!("http://127.0.0.1:{}", self.port), "api-key": self.there.key(role).secret })
    }

    #[track_caller]
    fn call(&self, name: &str, arguments: &Value) -> Value {
        self.here.post(&format!("/rest/$catalog/{name}"), arguments).ok().json()["result"].clone()
    }
}

#[test]
fn functions_open_datastore_reads_as_from_their_own() {
    let two = Two::new();
    let looked = two.call("look", &json!([two.connection("Admin")]));
    for (number, pair) in looked.as_array().unwrap().iter().enumerate() {
        assert_eq!(pair[0], pair[1], "look {number}: here and there");
    }
    // What is there and not here.
    two.there.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "title": "only there" })).ok();
    let looked = two.call("look", &json!([two.connection("Admin")]));
    assert_ne!(looked[0][0], looked[0][1]);
}

#[test]
fn functions_open_datastore_saves_and_deletes() {
    let two = Two::new();
    let before = two.there.get("/rest/Book").counts().0;
    assert_eq!(
        two.call("write", &json!([two.connection("Admin")])),
        json!([
            [true, false, 1, "Liam O'Neil", [1, 2, 3]],
            [true, 2, "Farther", "2024-05-06T07:08:09.000Z"],
            [2, true, null, true, 5],
            [true, "1990-01-02T00:00:00.000Z", "Galway"],
            2,
            0
        ])
    );
    assert_eq!(two.there.get("/rest/Book").counts().0, before);
    let merged = two.call("merge", &json!([two.connection("Admin")]));
    assert_eq!(merged, json!([{ "success": true, "autoMerged": true }, "merged", 99, 6, 2, 2, [2, 2, false]]));
    assert_eq!(
        two.call("locks", &json!([two.connection("Admin"), two.connection("administration")])),
        json!([true, 3, 3, true, 2, 3, true, true])
    );
}

#[test]
fn functions_open_datastore_calls_functions() {
    let two = Two::new();
    let called = two.call("functions", &json!([two.connection("Admin")]));
    assert_eq!(called, json!([[1, "a", null], "By function", false, 3, 2, true, true, "renamed", true]));
    // With GET nothing is changed there either (`functions.md` 1). A lock changes no data (`rest-dialect.md`, R10), and is itself asked for with GET
    // (13.2): a function may take and give one back, here and there.
    let info = two.connection("Admin").to_string();
    let books = || [&two.here, &two.there].map(|library| library.get("/rest/Book").counts().0);
    let before = books();
    let got = two.here.get(&format!("/rest/$catalog/onGet?$params='[{}]'", info.replace('"', "%22"))).ok().json();
    let held = json!([true, true, true]);
    assert_eq!(got["result"], json!([[2], 1829, 1829, [held, held], 1829, 1829, 1829, 1829, 1829]), "{got}");
    assert_eq!(books(), before);
    for library in [&two.here, &two.there] {
        assert!(!library.with_cookies(&library.key("administration")).locks("Book(12)"), "held by the session of the call");
    }
}

#[test]
fn functions_open_datastore_may_what_its_key_may() {
    let two = Two::new();
    let seen = two.call("told", &json!([two.connection("Reader")]));
    assert_eq!((&seen["title"], seen.get("price")), (&json!("Slow Rivers"), None));
    assert_eq!(two.call("told", &json!([two.connection("Reader"), "save"]))[0], 1558);
    let told = two.call("told", &json!([two.connection("Reader"), "stats"]));
    assert_eq!(told[0], 1561, "{told}");
    // A key of nobody, no key, another server, nobody there, nothing allowed.
    let with = |name: &str, value: Value| {
        let mut info = two.connection("Reader");
        info[name] = value;
        two.call("told", &json!([info]))
    };
    let wrong = with("api-key", json!("claviger_wrong"));
    assert!(wrong[1].as_str().is_some_and(|text| text.contains("invalidKey") || text.contains("key")), "{wrong}");
    assert!(!wrong.to_string().contains("claviger_wrong"));
    assert_eq!(with("api-key", Value::Null)[0], 9515);
    assert_eq!(with("hostname", Value::Null)[0], 9515);
    for host in ["http://127.0.0.1:1".to_owned(), "http://localhost:1".to_owned(), format!("https://example.org:{}", two.port)] {
        let told = with("hostname", json!(host));
        assert!(told[1].as_str().is_some_and(|text| text.contains("functions.allow_hosts")), "{told}");
    }
    // The connection is its own: no secret in what it says.
    let info = two.call("info", &json!([two.connection("Admin")]));
    assert_eq!(
        info,
        json!({ "type": "4D Server", "networked": true, "localID": "far",
                "connection": { "hostname": format!("127.0.0.1:{}", two.port), "tls": false, "idleTimeout": 60, "user": "" } })
    );
    assert_eq!(two.call("opened", &json!([two.connection("Admin")])), json!([true, true, false, true]));
    // Entities of another server leave as values.
    let titles = two.call("titles", &json!([two.connection("Reader")]));
    assert_eq!((titles.as_array().map(Vec::len), &titles[0]["title"]), (Some(8), &json!("Slow Rivers")));
}

/// The dialect reads patterns in texts that it compares with, without case.
#[test]
fn functions_open_datastore_reaches_the_entities_of_its_keys_alone() {
    let two = Two::new();
    assert_eq!(
        two.call("keys", &json!([two.connection("Admin")])),
        json!([[1, "bob@example.org", ["AB", "ab"], false], 9515, [null, "bob.smith@example.org", null, "AB"]])
    );
}

#[test]
fn functions_have_the_datastores_of_the_settings() {
    let two = Two::new();
    let key = two.there.key("Reader").secret;
    // By an address that functions may not call on their own.
    let settings = format!(
        "[[remote]]\nlocal_id = \"shop\"\nhostname = \"http://localhost:{0}\"\napi_key_file = \"shop.key\"\n\
         [[remote]]\nlocal_id = \"lost\"\nhostname = \"http://localhost:{0}\"\napi_key_file = \"lost.key\"\n",
        two.port
    );
    let here = app_with(&settings);
    here.set_functions(&[(
        "DataStore.js",
        "export class DataStore { static exposed = ['title']; title(name) { return ds(name)?.Book.get(11).title; } }",
    )])
    .unwrap();
    let title = |name: &str| here.post("/rest/$catalog/title", &json!([name]));
    assert_eq!(title("shop").refused(500, &[9515]).message(), "The API key of the datastore \"shop\" cannot be read.");
    here.write("shop.key", &format!("{key}\n"));
    assert_eq!(title("shop").ok().json()["result"], "Slow Rivers");
    assert_eq!(title("nobody").ok().json()["result"], Value::Null);
    title("lost").refused(500, &[9515]);
    // Code that knows the data may not go there by itself.
    here.set_functions(&[(
        "DataStore.js",
        "export class DataStore { static exposed = ['title']; title(info) { return openDatastore(info, 'shop').getInfo(); } }",
    )])
    .unwrap();
    let info = json!([{ "hostname": format!("http://localhost:{}", two.port), "api-key": key }]);
    let told = here.post("/rest/$catalog/title", &info).refused(500, &[9515]).message().clone();
    assert!(told.contains("functions.allow_hosts"), "{told}");
    here.set_functions(&[(
        "DataStore.js",
        "export class DataStore { static exposed = ['title']; title(name) { return ds(name)?.Book.get(11).title; } }",
    )])
    .unwrap();
    // Another key takes effect at once.
    here.write("shop.key", "claviger_wrong");
    title("shop").refused(500, &[9515]);
}

#[test]
fn functions_open_datastore_ends_with_its_key() {
    let two = Two::new();
    let key = two.there.key("Reader");
    let info = json!({ "hostname": format!("http://127.0.0.1:{}", two.port), "api-key": key.secret });
    assert_eq!(two.call("told", &json!([info]))["title"], "Slow Rivers");
    two.there.delete_key(&key);
    let told = two.call("told", &json!([info]));
    assert_eq!(told[0], 9515, "{told}");
}

/// As locks on the application's own data do (`rest-dialect.md` 17.2): nobody else's call holds them, or gives them back.
#[test]
fn functions_open_datastore_locks_belong_to_the_session_of_the_caller() {
    let two = Two::new();
    let info = two.connection("Admin");
    let hold = |who: &Client<'_>, what: &str| who.post("/rest/$catalog/hold", &json!([info, what])).ok().json()["result"].clone();
    let (done, held) = (json!([true, null]), json!([false, 3]));
    let (one, other) = (two.here.key("administration"), two.here.key("administration"));
    // Two sessions of one key, and somebody without.
    let (ana, bo, cy) = (two.here.with_cookies(&one), two.here.with_cookies(&one), two.here.without_cookies(&other));
    ana.comes();
    bo.comes();
    assert_eq!((hold(&ana, "lock"), hold(&ana, "lock")), (done.clone(), done.clone()));
    for who in [&bo, &cy] {
        for what in ["lock", "save", "unlock", "drop"] {
            assert_eq!(hold(who, what), held, "{what}");
        }
    }
    assert_eq!((hold(&ana, "save"), hold(&ana, "unlock")), (done.clone(), done.clone()));
    assert_eq!((hold(&bo, "lock"), hold(&ana, "lock")), (done.clone(), held.clone()));
    // It ends with his session.
    bo.get("/rest/$directory/logout").ok();
    assert!((0..200).any(|_| hold(&cy, "lock") == done), "logging out here gives back what is locked there");
    // Requests without cookie of one key are one owner.
    assert_eq!((hold(&ana, "unlock"), hold(&cy, "unlock")), (held.clone(), done.clone()));
    // Whoever locked in his first request, comes back with a cookie; and the requests without one own the lock, too.
    let dee = two.here.with_cookies(&other);
    assert_eq!(
        (hold(&dee, "lock"), hold(&ana, "lock"), hold(&dee, "save"), hold(&dee, "unlock")),
        (done.clone(), held.clone(), done.clone(), done.clone())
    );
    // It ends with the key.
    assert_eq!((hold(&cy, "lock"), hold(&ana, "lock")), (done.clone(), held.clone()));
    two.here.delete_key(&other);
    assert!((0..200).any(|_| hold(&ana, "lock") == done), "a key that is gone holds nothing there");
}

#[test]
fn functions_open_datastore_ends_its_sessions_when_the_server_stops() {
    let two = Two::new();
    let info = two.connection("Admin");
    let other = two.there.with_cookies(&two.there.key("Admin"));
    two.here.run_while(|| {
        assert_eq!(two.call("hold", &json!([info, "lock"])), json!([true, null]));
        assert!(!other.locks("Book(12)"));
    });
    assert!(other.locks("Book(12)"), "logged out there");
}

/// A server that counts who connects, and lets them wait.
fn waiting() -> (u16, Arc<AtomicUsize>, Arc<(Mutex<bool>, Condvar)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, gate) = (Arc::<AtomicUsize>::default(), Arc::<(Mutex<bool>, Condvar)>::default());
    let (counted, opened) = (Arc::clone(&asked), Arc::clone(&gate));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (counted, opened) = (Arc::clone(&counted), Arc::clone(&opened));
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                counted.fetch_add(1, Ordering::SeqCst);
                let gate = opened.0.lock().unwrap();
                drop(opened.1.wait_while(gate, |is_open| !*is_open).unwrap());
                let body = r#"{"dataClasses":[]}"#;
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nset-cookie: S=1\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            });
        }
    });
    (port, asked, gate)
}

#[test]
fn functions_that_open_a_datastore_at_once_have_one_connection() {
    let (port, asked, gate) = waiting();
    let here = app_with(&format!("[functions]\nallow_hosts = [\"127.0.0.1:{port}\"]\n"));
    here.set_functions(&[("DataStore.js", FUNCTIONS)]).unwrap();
    let arguments = json!([{ "hostname": format!("http://127.0.0.1:{port}"), "api-key": "k" }]);
    let before = here.function_calls();
    let open = || here.post("/rest/$catalog/info", &arguments).ok().json()["result"]["localID"].clone();
    std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(open), scope.spawn(open));
        while asked.load(Ordering::SeqCst) == 0 || here.function_calls() < before + 2 {
            std::thread::yield_now();
        }
        // Time enough for the other call to ask, if it did.
        (0..300).for_each(|_| drop(here.get("/rest/Book(11)").ok()));
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        assert_eq!((one.join().unwrap(), other.join().unwrap()), (json!("far"), json!("far")));
    });
    assert_eq!(asked.load(Ordering::SeqCst), 1, "who opens it meanwhile waits");
}

/// The limit of rows (`functions.md` 3) counts whatever is loaded for a call, before it is loaded.
#[test]
fn functions_open_datastore_counts_the_rows_that_it_loads() {
    let two = Two::new();
    let info = two.connection("Admin");
    let burn = |what: &str| two.here.post("/rest/$catalog/burn", &json!([info, 100_000, what]));
    assert_eq!(burn("none").ok().json()["result"], "left");
    // What was sliced is not loaded again.
    assert_eq!(burn("counted").ok().json()["result"], "Entry 001");
    for what in ["slice", "page", "project", "related", "drop", "dropped", "get"] {
        let refused = burn(what);
        assert!(refused.status == 500 && refused.message().contains("rows"), "{what}: {refused}");
    }
    assert_eq!((two.there.get("/rest/Country").counts().0, two.there.get("/rest/Shelf(\"A/1\")").status), (3, 200), "nothing was dropped");
}

/// What was written has its answer, so that code which tries again does not write twice; the locks that are gone are told next.
#[test]
fn functions_open_datastore_are_told_of_a_session_that_was_lost() {
    let two = Two::new();
    let info = two.connection("Admin");
    assert_eq!(two.call("hold", &json!([info, "lock"])), json!([true, null]));
    for (hour, what) in ["call", "save", "bytes", "fail"].into_iter().enumerate() {
        // A session that is new shows the model anew; then its time is over.
        two.call("info", &json!([info]));
        two.there.set_clock(&format!("2024-03-05T1{}:00:00.000Z", 2 + 2 * hour));
        let lost = "The session has ended, and with it the locks of Book 12";
        assert_eq!(two.call("once", &json!([info, what])), json!([what, lost, i32::from(what != "fail"), true]), "{what}");
    }
}

/// Cookies and keys, by the connections that they came over.
type Sent = Arc<Mutex<Vec<Vec<(String, String)>>>>;

/// A server that keeps connections, gives each session a cookie, and tells who asks what he sent.
fn echoing() -> (u16, Sent) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sent = Sent::default();
    let (noted, sessions) = (Arc::clone(&sent), Arc::<AtomicUsize>::default());
    std::thread::spawn(move || {
        for stream in listener.incoming().map(Result::unwrap) {
            let at = {
                let mut noted = noted.lock().unwrap();
                noted.push(Vec::new());
                noted.len() - 1
            };
            let (noted, sessions) = (Arc::clone(&noted), Arc::clone(&sessions));
            std::thread::spawn(move || echo(&stream, &sessions, |pair| noted.lock().unwrap()[at].push(pair)));
        }
    });
    (port, sent)
}

fn echo(mut stream: &TcpStream, sessions: &AtomicUsize, note: impl Fn((String, String))) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head: Vec<String> = Vec::new();
        while head.last().is_none_or(|line| !line.is_empty()) {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            head.push(line.trim_end().to_owned());
        }
        let header =
            |name: &str| head.iter().find_map(|line| line.split_once(": ").filter(|(known, _)| *known == name)).map(|(_, value)| value);
        let mut body = vec![0; header("content-length").map_or(0, |length| length.parse().unwrap())];
        reader.read_exact(&mut body).unwrap();
        let (cookie, key) = (header("cookie").unwrap_or_default().to_owned(), header("api-key").unwrap_or_default().to_owned());
        let answer = match head[0].split(' ').nth(1).unwrap() {
            "/rest/$catalog/$all" => json!({ "dataClasses": [], "methods": [{ "name": "who", "applyTo": "dataStore", "exposed": true }] }),
            _ => json!({ "result": [cookie, key] }),
        };
        let session =
            if cookie.is_empty() { format!("set-cookie: S={}\r\n", sessions.fetch_add(1, Ordering::SeqCst)) } else { String::new() };
        note((cookie, key));
        let answer = answer.to_string();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{session}\r\n{answer}", answer.len());
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

const WHO: &str = "export class DataStore { static exposed = ['named', 'opened'];
  named() { return ds('shop').who(); }
  opened(info) { return openDatastore(info, 'far').who(); } }";

/// A session over there is its caller's (`rest-dialect.md` 17.2): his cookie and his key go with his requests alone, over whatever connection.
#[test]
fn functions_open_datastore_for_many_callers_over_the_same_connections() {
    let (port, sent) = echoing();
    let here = app_with(&format!(
        "[functions]\nallow_hosts = [\"127.0.0.1:{port}\"]\n\
         [[remote]]\nlocal_id = \"shop\"\nhostname = \"http://127.0.0.1:{port}\"\napi_key_file = \"shop.key\"\n"
    ));
    here.set_functions(&[("DataStore.js", WHO)]).unwrap();
    here.write("shop.key", "shop-key");
    let key = here.key("administration");
    let callers: Vec<Client<'_>> = (0..6).map(|_| here.with_cookies(&key)).collect();
    callers.iter().for_each(Client::comes);
    let ask = |caller: &Client<'_>, name: &str, arguments: Value| {
        caller.post(&format!("/rest/$catalog/{name}"), &arguments).ok().json()["result"].clone()
    };
    let all = || -> Vec<Value> {
        let of_one = |(number, caller): (usize, &Client<'_>)| {
            let info = json!({ "hostname": format!("http://127.0.0.1:{port}"), "api-key": format!("key-{number}") });
            [ask(caller, "named", json!([])), ask(caller, "opened", json!([info]))]
        };
        callers.iter().enumerate().flat_map(of_one).collect()
    };
    let first = all();
    assert_eq!(all(), first, "each comes back with what is his");
    for (number, pair) in first.chunks(2).enumerate() {
        assert_eq!((&pair[0][1], &pair[1][1]), (&json!("shop-key"), &json!(format!("key-{number}"))));
    }
    let sent = sent.lock().unwrap().clone();
    // A cookie goes with one key, and belongs to one caller.
    let mut keys: HashMap<&str, &str> = HashMap::new();
    for (cookie, key) in sent.iter().flatten().filter(|(cookie, _)| !cookie.is_empty()) {
        assert_eq!(keys.entry(cookie).or_insert(key), key, "{cookie}");
    }
    assert_eq!(keys.len(), 12);
    // Connections that were made serve others, too.
    for which in ["shop-key", "key-"] {
        let made = sent.iter().filter(|over| over.iter().any(|(_, key)| key.starts_with(which))).count();
        assert!(made < callers.len(), "{made} connections with {which}");
    }
}
