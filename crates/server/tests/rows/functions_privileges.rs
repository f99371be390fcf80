//! What functions may (`roles-privileges.md` 7, PR-1 to PR-11; rows 95, 96): execute, promotion, `authentify`, `session.setPrivileges`.

use serde_json::{Value, json};

use crate::functions::with;
use crate::library::{Caller, Library};

const FUNCTIONS: &str = r#"
export class DataStore {
  static exposed = ["authentify", "open", "who", "promoting", "caught", "late", "become", "clear", "nested", "unknown", "storage", "key", "lapse", "early", "demoting"];
  authentify(name) { if (name !== "ines") return false; return session.setPrivileges({ roles: ["Clerk"] }); }
  open() { return ds.Book.get(11).price ?? "hidden"; }
  who() { return [session.hasPrivilege("seePrices"), session.getPrivileges().sort()]; }
  promoting() {
    const number = session.promote("seePrices");
    const inside = [number > 0, session.promote("seePrices"), session.promote("nobody"), ds.Book.get(11).price, session.getPrivileges().includes("seePrices")];
    session.clearPrivileges();
    inside.push(session.hasPrivilege("seePrices"));
    session.demote(number);
    try { ds.Book.all().length; } catch (error) { inside.push(error.errCode); }
    return inside;
  }
  caught() { try { const author = ds.Author.get(1); author.fullName = "x"; author.save(); } catch (error) { return error.errCode; } }
  late() { session.promote("seePrices"); return ds.Book.get(11); }
  become(said) { return [session.setPrivileges(said), session.getPrivileges().sort(), ds.Book.get(11)?.price ?? "hidden"]; }
  clear() { return session.clearPrivileges(); }
  nested() { const before = ds.Book.get(11).price ?? "hidden"; const inside = ds.Book.priced(); const after = ds.Book.get(11).price ?? "hidden"; return [before, inside, after]; }
  unknown() { return ds.Book.secret(); }
  lapse() {
    const book = ds.Book.get(11);
    const told = (run) => { try { return run(); } catch (error) { return error.errCode; } };
    const all = () => [() => ds.Book.plain(), () => book.named(), () => ds.Book.newSelection().sized(), () => this.who().length].map(told);
    const before = all();
    session.clearPrivileges();
    const cleared = all();
    session.promote("browse");
    const promoted = all();
    session.setPrivileges(["browse"]);
    return [before, cleared, promoted, all()];
  }
  early() { session.clearPrivileges(); try { return ds.Book.plain(); } catch (error) { return error.errCode; } }
  demoting() { return ds.Book.demoting(); }
  key() { return session.key; }
  storage(value) { const before = session.storage.value ?? null; session.storage.value = value; return before; }
}
export class Book {
  static exposed = ["priced", "pricedBook", "fails", "secret", "authors", "plain", "demoting"];
  plain() { return "plain"; }
  demoting() { for (let number = 1; number < 10; number++) session.demote(number); return this.get(11).price; }
  authors() { return [session.hasPrivilege("seePrices"), ds.Author.all().length]; }
  priced() { return this.get(11).price; }
  pricedBook() { return this.get(11); }
  fails() { throw new Error("on purpose"); }
  secret() { return 1; }
}
export class BookSelection { static exposed = ["sized"]; sized() { return this.length; } }
export class BookEntity { static exposed = ["named"]; named() { return "named"; } }
export class Author {
  restrict() { return session.hasPrivilege("seePrices") && session.getPrivileges().includes("seePrices") ? this.newSelection() : null; }
}"#;

fn roles() -> Value {
    let mut roles: Value = serde_json::from_str(include_str!("fixture/roles.json")).unwrap();
    for entry in roles["permissions"]["allowed"].as_array_mut().unwrap() {
        match entry["applyTo"].as_str() {
            Some("ds") => entry["execute"] = json!(["browse"]),
            Some("Book") => entry["execute"] = json!(["browse"]),
            _ => {}
        }
    }
    let allowed = roles["permissions"]["allowed"].as_array_mut().unwrap();
    allowed.push(json!({ "applyTo": "Book.priced", "type": "method", "execute": ["browse"], "promote": ["seePrices"] }));
    allowed.push(json!({ "applyTo": "Book.pricedBook", "type": "method", "execute": ["browse"], "promote": ["seePrices"] }));
    allowed.push(json!({ "applyTo": "Book.authors", "type": "method", "execute": ["browse"], "promote": ["seePrices"] }));
    allowed.push(json!({ "applyTo": "Book.demoting", "type": "method", "execute": ["browse"], "promote": ["seePrices"] }));
    allowed.push(json!({ "applyTo": "Book.fails", "type": "method", "execute": ["browse"], "promote": ["seePrices"] }));
    allowed.push(json!({ "applyTo": "Book.secret", "type": "method", "execute": ["curate"], "promote": ["seePrices"] }));
    roles
}

fn library() -> Library {
    let library = with(&[("classes.js", FUNCTIONS)]);
    library.set_roles(&roles());
    library
}

#[track_caller]
fn result(caller: &Caller<'_>, url: &str, arguments: &Value) -> Value {
    caller.post(url, arguments).ok().json()["result"].clone()
}

#[test]
fn functions_promotion_lends_privileges_while_the_function_runs() {
    let library = library();
    let price = library.get("/rest/Book(11)").ok().json()["price"].clone();
    let reader = library.by("Reader");
    assert!(reader.get("/rest/Book(11)").ok().json().get("price").is_none());
    // PR-1, PR-5: every caller of the function, while it runs.
    assert_eq!(result(&reader, "/rest/Book/priced", &json!([])), price);
    assert_eq!(result(&library.by("Clerk"), "/rest/Book/priced", &json!([])), price);
    assert_eq!(result(&reader, "/rest/$catalog/open", &json!([])), "hidden");
    // PR-1: also after an error it is gone.
    reader.post("/rest/Book/fails", &json!([])).refused(500, &[9510]);
    assert!(reader.get("/rest/Book(11)").ok().json().get("price").is_none());
    // PR-3: it gives no right to call.
    let refused = reader.post("/rest/Book/secret", &json!([])).refused(401, &[1561]);
    assert_eq!(refused.message(), "No permission to execute the secret method of the Book dataclass");
    // PR-7: called from inside, only while it runs; and its own permission is asked.
    assert_eq!(result(&reader, "/rest/$catalog/nested", &json!([])), json!(["hidden", price, "hidden"]));
    reader.post("/rest/$catalog/unknown", &json!([])).refused(401, &[1561]);
    // PR-8: what leaves the function is filtered with what it had.
    assert_eq!(reader.post("/rest/Book/pricedBook", &json!([])).ok().json()["price"], price);
    assert_eq!(reader.post("/rest/$catalog/late", &json!([])).ok().json()["price"], price);
    // PR-9, PR-10.
    assert_eq!(result(&reader, "/rest/$catalog/promoting", &json!([])), json!([true, 0, 0, price, false, true, 1557]));
    // PR-9 also for a restriction that runs while something is lent: it is not what the session holds.
    let found = result(&reader, "/rest/Book/authors", &json!([]));
    assert_eq!((&found[0], found[1].as_u64() > Some(0)), (&json!(true), true), "{found}");
    // A permission that is missing inside, caught or not.
    assert_eq!(result(&reader, "/rest/$catalog/caught", &json!([])), 1558);
}

/// PR-7: what is called from inside is asked for with the privileges of that moment.
#[test]
fn functions_called_from_inside_need_the_privileges_of_the_moment() {
    let library = library();
    let reader = library.by("Reader");
    let may = json!(["plain", "named", 0, 2]);
    let found = result(&reader, "/rest/$catalog/lapse", &json!([]));
    assert_eq!((&found[0], &found[1]), (&may, &json!([1561, 1561, 1561, 1561])), "{found}");
    assert_eq!((&found[2], &found[3]), (&may, &may), "{found}");
    // A class that is looked at only then.
    assert_eq!(result(&reader, "/rest/$catalog/early", &json!([])), 1561);
    // What a function promotes is lent as long as it runs, whatever it says of it (PR-1).
    let price = library.get("/rest/Book(11)").ok().json()["price"].clone();
    assert_eq!(result(&reader, "/rest/$catalog/demoting", &json!([])), price);
    assert_eq!(result(&reader, "/rest/Book/demoting", &json!([])), price);
}

#[test]
fn functions_need_the_permission_to_execute() {
    let library = with(&[("classes.js", FUNCTIONS)]);
    let reader = library.by("Reader");
    for url in ["/rest/Book/priced", "/rest/$catalog/who", "/rest/$catalog/open"] {
        let refused = reader.post(url, &json!([])).refused(401, &[1561]);
        assert!(refused.message().starts_with("No permission to execute the "), "{refused}");
    }
    // authentify is open under every permission.
    assert_eq!(result(&reader, "/rest/$catalog/authentify", &json!(["somebody"])), false);
    assert_eq!(library.by("administration").post("/rest/Book/priced", &json!([])).status, 200);
}

#[test]
fn row_96_authentify_gives_privileges_to_the_session() {
    let library = library();
    let key = library.key("Visitor");
    let visit = |cookie: Option<&str>, method: &str, url: &str, body: &str| {
        let mut headers = vec![("api-key", key.secret.as_str())];
        headers.extend(cookie.map(|cookie| ("cookie", cookie)));
        library.send(method, url, &headers, body)
    };
    let cookie_of = |answer: &crate::answer::Answer| answer.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(visit(None, "GET", "/rest/Book", "").status, 401);
    let refused = visit(None, "POST", "/rest/$catalog/authentify", r#"["mallory"]"#);
    assert_eq!(refused.json(), json!({ "result": false }));
    let logged_in = visit(None, "POST", "/rest/$catalog/authentify", r#"["ines"]"#);
    assert_eq!(logged_in.json(), json!({ "result": true }));
    let cookie = cookie_of(&logged_in);
    assert_eq!(visit(Some(&cookie), "GET", "/rest/Book", "").status, 200);
    // Not in another session, and not with another key's.
    assert_eq!(visit(None, "GET", "/rest/Book", "").status, 401);
    let other = library.key("Visitor");
    assert_eq!(library.send("GET", "/rest/Book", &[("api-key", &other.secret), ("cookie", &cookie)], "").status, 401);
    // Taken back; and what is kept in the session.
    assert_eq!(visit(Some(&cookie), "POST", "/rest/$catalog/storage", "[1]").json(), json!({ "result": null }));
    assert_eq!(visit(Some(&cookie), "POST", "/rest/$catalog/storage", "[2]").json(), json!({ "result": 1 }));
    assert_eq!(visit(Some(&cookie), "POST", "/rest/$catalog/clear", "[]").json(), json!({ "result": true }));
    assert_eq!(visit(Some(&cookie), "GET", "/rest/Book", "").status, 401);
    // An Administration key keeps what it has.
    let admin = library.by("administration");
    assert_eq!(result(&admin, "/rest/$catalog/become", &json!(["browse"]))[2], library.get("/rest/Book(11)").json()["price"]);
}

#[test]
fn row_95_force_login_lets_guests_call_authentify_only() {
    let library = crate::library::app_with("[keys]\ncheck = \"off_everybody_is_guest\"\n");
    library.set_functions(&[("classes.js", FUNCTIONS)]).unwrap();
    let mut roles = roles();
    roles["forceLogin"] = json!(true);
    library.set_roles(&roles);
    let guest = |method: &str, url: &str, body: &str| library.send(method, url, &[], body);
    assert_eq!(guest("GET", "/rest/$catalog/$all", "").status, 200);
    for (method, url) in
        [("GET", "/rest/Book"), ("POST", "/rest/$catalog/who"), ("POST", "/rest/Book/priced"), ("POST", "/rest/$singleton/X/y")]
    {
        assert_eq!(guest(method, url, "[]").status, 401, "{url}");
    }
    let logged_in = guest("POST", "/rest/$catalog/authentify", r#"["ines"]"#);
    assert_eq!(logged_in.json(), json!({ "result": true }));
    let cookie = logged_in.header("set-cookie").split(';').next().unwrap().to_owned();
    assert_eq!(library.send("GET", "/rest/Book", &[("cookie", &cookie)], "").status, 200);
}

#[test]
fn functions_know_the_key_of_their_caller_without_its_secret() {
    let library = library();
    let key = result(&library.by("Reader"), "/rest/$catalog/key", &json!([]));
    assert_eq!((&key["type"], &key["role"]), (&json!("standard"), &json!("Reader")));
    assert_eq!(key["description"], "Key of Reader", "{key}");
    assert!(key["id"].as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(key.as_object().map(|key| key.len()), Some(4), "{key}");
}
