//! Computed attributes by functions (`functions.md` 1, `data-model.md` 3.5 and 3.6): in answers, conditions, orders, computations and writes.

use serde_json::{Value, json};

use crate::functions::with;
use crate::library::{Library, encode};

const CLASSES: &str = r#"
export class BookEntity {
  static exposed = ["tag", "year", "cheap", "words", "facts", "moody", "late", "by", "other"];
  static types = {
    tag: "string", year: "long", cheap: "bool", words: "long", facts: "object", moody: "string", late: "date", by: "string", secret: "string", other: "number",
  };
  static query = {
    tag(event) { return { query: `title ${event.operator} :1`, parameters: [String(event.value).replace("Tag of ", "")] }; },
    by(event) { return event.value === null ? "author = null" : { query: "author.fullName = :name", parameters: { parameters: { name: event.value } } }; },
  };
  static orderBy = { tag(event) { return `title ${event.descending ? "desc" : "asc"}`; }, by(event) { return event.descending ? "author.fullName desc, ID" : "author.fullName, ID desc"; } };
  get tag() { return `Tag of ${this.title}`; }
  get year() { return this.addedAt?.getUTCFullYear() ?? null; }
  get cheap() { return this.price === null ? null : this.price < 10; }
  get words() { return this.title.split(" ").length; }
  get facts() { return { id: this.ID, tags: [this.title.length % 2 === 0 ? "even" : "odd"] }; }
  get moody() { if (this.ID === 12) throw new Error("not today"); return `mood ${this.ID}`; }
  get late() { return this.addedAt === null ? null : new Date(this.addedAt.getTime() + 86400000); }
  get by() { return this.author?.fullName ?? null; }
  get secret() { return `secret ${this.ID}`; }
  get other() { return this.ID === 11 ? "eleven" : this.ID * 1.5; }
}
export class Book {
  static exposed = ["tags", "byTag", "byWords", "bySecret", "one"];
  tags() { return this.all().orderBy("ID").slice(0, 3).toCollection().map((book) => book.ID).concat(this.get(11).tag); }
  byTag(tag) { return this.query("tag = :1", tag).orderBy("ID"); }
  byWords(n) { return this.query("words = :1", n).orderBy("words desc, ID"); }
  bySecret(text) { return this.query("secret = :1", text); }
  one(title) { const book = this.get(11); if (title) book.title = title; return book; }
}
"#;

fn library() -> Library {
    with(&[("classes.js", CLASSES)])
}

fn entities(answer: &Value) -> Vec<Value> {
    answer["__ENTITIES"].as_array().unwrap().clone()
}

fn filter_url(filter: &str) -> String {
    format!("/rest/Book?$orderby=ID&$filter={}", encode(&format!("\"{filter}\"")))
}

#[test]
fn functions_computed_in_entities_and_pages() {
    let library = library();
    let book = library.get("/rest/Book(11)").ok().json();
    assert_eq!(book["tag"], format!("Tag of {}", book["title"].as_str().unwrap()));
    assert_eq!(book["facts"]["id"], 11);
    assert_eq!(book["year"].as_i64().map(|year| year.to_string()).as_deref(), book["addedAt"].as_str().map(|date| &date[..4]));
    assert_eq!(book["words"], book["title"].as_str().unwrap().split(' ').count());
    // What is not exposed is for code alone.
    assert!(book.get("secret").is_none(), "{book}");
    library.get("/rest/Book?$attributes=secret").refused(404, &[1500, 1804]);
    // What does not fit the type is text; a getter that throws gives null, to this entity alone.
    assert_eq!(book["other"], "eleven");
    let page = library.get("/rest/Book?$orderby=ID&$top=500").ok().json();
    for book in entities(&page) {
        let id = book["ID"].as_i64().unwrap();
        assert_eq!(book["tag"], format!("Tag of {}", book["title"].as_str().unwrap()));
        assert_eq!(book["moody"], if id == 12 { Value::Null } else { json!(format!("mood {id}")) });
        if id != 11 {
            assert_eq!(book["other"].as_f64(), Some(id as f64 * 1.5), "{book}");
        }
    }
    // The order of attributes: behind those of the model file.
    let names: Vec<&String> = book.as_object().unwrap().keys().collect();
    let place = |name: &str| names.iter().position(|known| *known == name).unwrap();
    assert!(place("label") < place("tag") || place("author") < place("tag"), "{names:?}");
}

#[test]
fn functions_computed_once_for_a_page() {
    let library = library();
    let before = library.function_calls();
    let page = library.get("/rest/Book?$attributes=tag&$top=100").ok().json();
    assert!(entities(&page).len() > 5, "{page}");
    assert_eq!(library.function_calls() - before, 1);
    library.get("/rest/Book?$attributes=title&$top=100").ok();
    assert_eq!(library.function_calls() - before, 1);
    library.get("/rest/Author?$expand=books&$attributes=books.tag,books.by").ok();
    assert_eq!(library.function_calls() - before, 3);
}

#[test]
fn functions_computed_in_every_form_of_a_page() {
    let library = library();
    let tag = |id: i64| format!("Tag of {}", library.get(&format!("/rest/Book({id})")).json()["title"].as_str().unwrap());
    let cut = library.get("/rest/Book(11)?$attributes=tag,late").ok().json();
    assert_eq!((&cut["tag"], cut.get("title")), (&json!(tag(11)), None));
    assert!(cut["late"].as_str().unwrap().ends_with('Z'), "{cut}");
    assert_eq!(library.get("/rest/Book(11)/tag").ok().json()["tag"], tag(11));
    let array = library.get("/rest/Book?$asArray=true&$orderby=ID&$top=2&$attributes=ID,tag").ok().json();
    assert_eq!(array[0]["tag"], tag(array[0]["ID"].as_i64().unwrap()));
    let looker = library.get("/rest/Book?$format=looker&$orderby=ID&$top=2&$attributes=tag,ID,facts,cheap").ok().json();
    let row = looker["rows"][1]["values"].as_array().unwrap();
    assert_eq!((row.len(), &row[2]), (3, &json!(tag(row[0].as_i64().unwrap()))), "{looker}");
    // Expanded, one and many.
    let author = library.get("/rest/Book(11)?$expand=author").ok().json()["author"]["__KEY"].as_str().unwrap().to_owned();
    let expanded = library.get(&format!("/rest/Author({author})?$expand=books")).ok().json();
    let books = entities(&expanded["books"]);
    assert!(!books.is_empty());
    for book in books {
        assert_eq!(book["tag"], format!("Tag of {}", book["title"].as_str().unwrap()));
    }
    // Nothing stands below a value.
    library.get("/rest/Book?$attributes=tag.x").refused(404, &[1500, 1804]);
}

#[test]
fn functions_computed_in_the_catalog() {
    let library = library();
    let catalog = library.get("/rest/$catalog/Book").ok().json();
    let class = if catalog["dataClasses"].is_array() { &catalog["dataClasses"][0] } else { &catalog };
    let of = |name: &str| class["attributes"].as_array().unwrap().iter().find(|attribute| attribute["name"] == name).cloned();
    let tag = of("tag").unwrap();
    assert_eq!((&tag["kind"], &tag["type"], &tag["readOnly"]), (&json!("calculated"), &json!("string"), &json!(true)), "{tag}");
    assert_eq!(of("late").unwrap()["simpleDate"], false);
    assert_eq!(of("secret"), None);
}

#[test]
fn functions_computed_are_permitted_by_themselves() {
    let library = library();
    // A reader may not see prices, but what is computed of them.
    let book = library.by("Reader").get("/rest/Book(11)?$attributes=cheap,price").ok().json();
    assert!(book["cheap"].is_boolean() && book.get("price").is_none(), "{book}");
    library.set_roles(&json!({
        "privileges": [{ "privilege": "none" }, { "privilege": "browse" }, { "privilege": "curate", "includes": ["browse"] }],
        "roles": [{ "role": "Admin", "privileges": ["curate"] }, { "role": "Reader", "privileges": ["browse"] }],
        "permissions": { "allowed": [
            { "applyTo": "ds", "type": "datastore", "read": ["browse"], "create": ["curate"], "update": ["curate"], "drop": ["curate"], "execute": ["browse"] },
            { "applyTo": "Book.tag", "type": "attribute", "read": ["curate"] }
        ] }
    }));
    let reader = library.by("Reader");
    let book = reader.get("/rest/Book(11)?$attributes=cheap,tag").ok().json();
    assert!(book["__INVALID"] == 1 && book.get("tag").is_none() && book.get("cheap").is_some(), "{book}");
    reader.get("/rest/Book?$filter=\"tag = 'x'\"").refused(401, &[1607]);
    reader.get("/rest/Book?$orderby=tag").refused(401, &[1607]);
    reader.get("/rest/Book/tag?$distinct=true").refused(401, &[1607]);
}

#[test]
fn functions_computed_filter_by_what_query_says() {
    let library = library();
    let title = library.get("/rest/Book(11)").json()["title"].as_str().unwrap().to_owned();
    let before = library.function_calls();
    let found = library.get(&filter_url(&format!("tag = 'Tag of {title}'"))).ok();
    assert_eq!(found.ids(), library.get(&filter_url(&format!("title = '{title}'"))).ids());
    assert!(library.function_calls() > before);
    let page = |filter: &str| library.get(&format!("{}&$attributes=ID", filter_url(filter))).ok().ids();
    assert_eq!(page("tag = 'Tag of @e@'"), page("title = '@e@'"));
    assert_eq!(page("not(tag = 'Tag of @e@')"), page("not(title = '@e@')"));
    assert_eq!(page("tag != 'Tag of @e@' and ID < 20"), page("title != '@e@' and ID < 20"));
    assert_eq!(page("by = null"), page("author = null"));
    let name = library.get("/rest/Author(1)").json()["fullName"].as_str().unwrap().to_owned();
    assert_eq!(page(&format!("by = '{name}' or ID = 12")), page(&format!("author.fullName = '{name}' or ID = 12")));
    // By a path, and under a 1 -> N relation with other conditions on the same entity.
    let authors = |filter: &str| library.filter("Author", filter).ok().ids();
    assert_eq!(authors("books.tag = 'Tag of @e@' and books.ID < 14"), authors("books.title = '@e@' and books.ID < 14"));
    assert_eq!(authors("not(books.by = '@a@')"), authors("not(books.author.fullName = '@a@')"));
    // Parameters, and lists.
    let with_params = |filter: &str, params: &Value| library.filter_with("Book", filter, params).ok().ids();
    assert_eq!(with_params("tag = :1", &json!([format!("Tag of {title}")])), with_params("title = :1", &json!([title])));
}

#[test]
fn functions_computed_filter_by_their_values() {
    let library = library();
    let page = |filter: &str| library.get(&format!("{}&$attributes=ID&$top=500", filter_url(filter))).ok().ids();
    let all = entities(&library.get("/rest/Book?$orderby=ID&$top=500").ok().json());
    let those =
        |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|book| keep(book)).map(|book| book["ID"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(page("words >= 3"), those(&|book| book["words"].as_i64().unwrap() >= 3));
    assert_eq!(page("cheap = true"), those(&|book| book["cheap"] == true));
    assert_eq!(page("not(cheap = true)"), those(&|book| book["cheap"] == false));
    assert_eq!(page("cheap = null"), those(&|book| book["cheap"].is_null()));
    assert_eq!(
        page("words in (2, 3) and cheap = false"),
        those(&|book| [2, 3].contains(&book["words"].as_i64().unwrap()) && book["cheap"] == false)
    );
    assert_eq!(
        page("moody = 'MOOD 1@' or ID = 12"),
        those(&|book| book["moody"].as_str().is_some_and(|mood| mood.starts_with("mood 1")) || book["ID"] == 12)
    );
    assert_eq!(page("facts.id = 13"), vec![13]);
    assert_eq!(page("facts.tags[] = 'odd'"), those(&|book| book["facts"]["tags"][0] == "odd"));
    assert_eq!(
        page("late > '2024-01-01T00:00:00Z'"),
        those(&|book| book["late"].as_str().is_some_and(|late| late > "2024-01-01T00:00:00.000Z"))
    );
    // A value that does not fit the type is none here.
    assert_eq!(page("other = null"), vec![11]);
    let authors = |filter: &str| library.filter("Author", filter).ok().ids();
    let many: Vec<i64> = those(&|book| book["words"].as_i64().unwrap() >= 3);
    let list = many.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    assert_eq!(authors("books.words >= 3"), authors(&format!("books.ID in ({list})")));
    // One by a value, and none.
    let mood = library.get("/rest/Book:moody(mood%2014)").ok().json();
    assert_eq!(mood["ID"], 14);
    library.get("/rest/Book:moody(none)").refused(404, &[1542]);
    // Sets keep the entities.
    let set =
        library.get(&format!("{}&$method=entityset", filter_url("words >= 3"))).ok().json()["__ENTITYSET"].as_str().unwrap().to_owned();
    assert_eq!(library.get(&format!("{set}?$attributes=ID&$top=500&$orderby=ID")).ids(), many);
}

#[test]
fn functions_computed_order() {
    let library = library();
    let ids = |url: &str| library.get(&format!("/rest/Book?$attributes=ID&$top=500&$orderby={}", encode(url))).ok().ids();
    assert_eq!(ids("tag"), ids("title"));
    assert_eq!(ids("tag desc, ID desc"), ids("title desc, ID desc"));
    assert_eq!(ids("by"), ids("author.fullName, ID desc"));
    assert_eq!(ids("by desc"), ids("author.fullName desc, ID"));
    let all = entities(&library.get("/rest/Book?$top=500").ok().json());
    let mut by_words: Vec<(i64, i64)> = all.iter().map(|book| (-book["words"].as_i64().unwrap(), book["ID"].as_i64().unwrap())).collect();
    by_words.sort_unstable();
    assert_eq!(ids("words desc, ID"), by_words.iter().map(|(_, id)| *id).collect::<Vec<_>>());
    // Inside a filter, skipped and cut.
    let ordered =
        library.get(&format!("/rest/Book?$attributes=ID&$skip=1&$top=3&$filter={}", encode("\"ID > 0 order by words desc, ID\""))).ok();
    assert_eq!(ordered.ids(), by_words.iter().skip(1).take(3).map(|(_, id)| *id).collect::<Vec<_>>());
    library.get("/rest/Book?$orderby=facts").refused(400, &[1810]);
}

#[test]
fn functions_computed_in_aggregates() {
    let library = library();
    let all = entities(&library.get("/rest/Book?$top=500").ok().json());
    let words: Vec<i64> = all.iter().map(|book| book["words"].as_i64().unwrap()).collect();
    let compute = |what: &str| library.get(&format!("/rest/Book/words?$compute={what}")).ok().text;
    assert_eq!(compute("sum"), words.iter().sum::<i64>().to_string());
    assert_eq!(compute("max"), words.iter().max().unwrap().to_string());
    let mut distinct = words.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(library.get("/rest/Book/words?$distinct=true").ok().json(), json!(distinct));
    let filtered = library.get(&format!("/rest/Book/words?$compute=count&$filter={}", encode("\"words = 2\""))).ok().text;
    assert_eq!(filtered, words.iter().filter(|words| **words == 2).count().to_string());
}

#[test]
fn functions_computed_at_the_end_of_aliases() {
    let text = r#"
export class AuthorEntity {
  static exposed = ["initials"];
  static types = { initials: "string" };
  get initials() { return this.fullName.split(" ").map((name) => name[0]).join(""); }
}
"#;
    let without = with(&[]);
    without.get("/rest/Book?$attributes=authorInitials").refused(404, &[1500, 1804]);
    without.get("/rest/Author?$attributes=initials").refused(404, &[1500, 1804]);
    drop(without);
    let library = with(&[("Author.js", text)]);
    let books = entities(&library.get("/rest/Book?$attributes=ID,authorName,authorInitials&$orderby=ID&$top=500").ok().json());
    let initials = |name: &Value| -> Value {
        name.as_str().map_or(Value::Null, |name| name.split(' ').filter_map(|name| name.chars().next()).collect::<String>().into())
    };
    assert!(books.iter().any(|book| book["authorName"].is_null()) && books.iter().any(|book| book["authorName"].is_string()));
    for book in &books {
        assert_eq!(book["authorInitials"], initials(&book["authorName"]), "{book}");
    }
    // Of each author once.
    let before = library.function_calls();
    library.get("/rest/Book?$attributes=authorInitials,author.initials").ok();
    assert_eq!(library.function_calls() - before, 1);
    let wanted = initials(&library.get("/rest/Author(1)").json()["fullName"]);
    let those =
        |keep: &dyn Fn(&Value) -> bool| books.iter().filter(|book| keep(book)).map(|book| book["ID"].as_i64().unwrap()).collect::<Vec<_>>();
    assert_eq!(
        library.filter("Book", &format!("authorInitials = '{}'", wanted.as_str().unwrap())).ids(),
        those(&|book| book["authorInitials"] == wanted)
    );
    assert_eq!(library.filter("Book", "author.initials = null").ids(), those(&|book| book["authorInitials"].is_null()));
    let looker = library.get("/rest/Book?$format=looker&$orderby=ID&$top=3&$attributes=ID,author.initials,author.fullName").ok().json();
    for row in looker["rows"].as_array().unwrap() {
        let values = row["values"].as_array().unwrap();
        let names: Vec<&str> = looker["schema"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        let of = |name: &str| &values[names.iter().position(|known| *known == name).unwrap()];
        assert_eq!(*of("author.initials"), initials(of("author.fullName")), "{looker}");
    }
    let catalog = library.get("/rest/$catalog/Book").ok().text;
    assert!(catalog.contains("authorInitials") && catalog.contains("author.initials"), "{catalog}");
}

#[test]
fn functions_computed_inside_functions() {
    let library = library();
    let title = library.get("/rest/Book(11)").json()["title"].as_str().unwrap().to_owned();
    let call = |name: &str, arguments: Value| library.post(&format!("/rest/Book/{name}"), &arguments).ok();
    assert_eq!(call("byTag", json!([format!("Tag of {title}")])).ids(), library.get(&filter_url(&format!("title = '{title}'"))).ids());
    let wanted = library.get(&format!("{}&$top=500", filter_url("words = 2"))).ids();
    assert_eq!(library.post("/rest/Book/byWords?$top=500", &json!([2])).ok().ids(), wanted);
    assert_eq!(call("bySecret", json!(["secret 13"])).ids(), vec![13]);
    assert_eq!(call("tags", json!([])).json()["result"][3], format!("Tag of {title}"));
    // What a function returns has them, saved or not.
    assert_eq!(call("one", json!([])).json()["tag"], format!("Tag of {title}"));
    assert_eq!(call("one", json!(["New"])).json()["tag"], "Tag of New");
}

#[test]
fn functions_computed_of_saved_entities() {
    let library = library();
    let saved = library.post("/rest/Book?$method=update", &json!({ "title": "A new one", "price": 3 })).ok().json();
    assert_eq!((&saved["tag"], &saved["words"], &saved["cheap"]), (&json!("Tag of A new one"), &json!(3), &json!(true)), "{saved}");
    let before = library.function_calls();
    let both = library.post("/rest/Book?$method=update", &json!([{ "title": "One" }, { "title": "Two more" }])).ok().json();
    assert_eq!((&both["__ENTITIES"][0]["tag"], &both["__ENTITIES"][1]["words"]), (&json!("Tag of One"), &json!(2)), "{both}");
    // Once for each attribute.
    assert_eq!(library.function_calls() - before, 9);
    // Not saved, only tried.
    let key = saved["__KEY"].as_str().unwrap();
    let tried = library.post("/rest/Book?$method=update&$refresh=true", &json!({ "__KEY": key, "title": "Tried" })).ok().json();
    assert_eq!(tried["tag"], "Tag of Tried", "{tried}");
    let tried = library.post("/rest/Book?$method=update&$refresh=true", &json!({ "title": "Tried anew" })).ok().json();
    assert_eq!(tried["tag"], "Tag of Tried anew", "{tried}");
    // Without a setter nothing is written.
    let ignored = library.post("/rest/Book?$method=update", &json!({ "__KEY": key, "tag": "mine", "title": "Kept" })).ok().json();
    assert_eq!(ignored["tag"], "Tag of Kept", "{ignored}");
}

#[test]
fn functions_computed_that_go_wrong() {
    let text = r#"
export class BookEntity {
  static exposed = ["round", "asks", "queries", "bad", "endless", "alone", "lasting"];
  static types = { round: "string", asks: "long", queries: "string", bad: "string", endless: "string", alone: "string", lasting: "string" };
  static query = {
    round() { return "round = 'x'"; },
    queries() { return ds.Book.query("queries = 'x'").length > 0 ? "ID = 1" : "ID = 2"; },
    bad(event) { return event.value === "number" ? 7 : event.value === "syntax" ? "title = = 1" : "nothing = 1"; },
  };
  get round() { return "x"; }
  get asks() { return ds.Book.query("asks = 1").length; }
  get queries() { return "x"; }
  get bad() { return "x"; }
  get endless() { for (;;); }
  get lasting() { ds.startTransaction(); return "x"; }
  get alone() { this.title = "changed"; return `${this.save().success}`; }
}
"#;
    let library = with(&[("classes.js", text)]);
    // The operator's mistake, not the caller's.
    let refused = |filter: &str| {
        let answer = library.get(&filter_url(filter));
        assert_eq!((answer.status, answer.codes().last().copied()), (500, Some(1046)), "{answer}");
    };
    refused("round = 'y'");
    refused("queries = 'y'");
    refused("bad = 'number'");
    refused("bad = 'syntax'");
    refused("bad = 'absent'");
    // Of each entity the getter leads to itself: it throws, and has no value.
    assert_eq!(library.get(&format!("{}&$attributes=ID", filter_url("asks = null and ID < 14"))).ok().ids(), vec![11, 12, 13]);
    // A getter changes nothing.
    let before = library.get("/rest/Book(11)/title").json();
    assert_eq!(library.get("/rest/Book(11)/alone").ok().json()["alone"], Value::Null);
    assert_eq!(library.get("/rest/Book(11)/title").json()["title"], before["title"]);
    assert_eq!(library.get("/rest/Book(11)/lasting").ok().json()["lasting"], Value::Null);
    // The limit of time ends the answer, and the next one is right.
    library.get("/rest/Book(11)/endless").refused(500, &[9511]);
    library.get("/rest/Book(11)/round").ok();
}

#[test]
fn functions_computed_declarations_are_checked() {
    let library = with(&[]);
    for (text, words) in [
        ("export class BookEntity { static exposed = [\"x\"]; static types = { x: \"text\" }; get x() { return 1 } }", "has the type text"),
        (
            "export class BookEntity { static exposed = [\"x\"]; static types = { x: \"image\" }; get x() { return 1 } }",
            "bytes cannot be computed",
        ),
        (
            "export class BookEntity { static exposed = [\"title\"]; static types = { title: \"string\" }; get title() { return 1 } }",
            "is an attribute of Book",
        ),
        (
            "export class BookEntity { static exposed = [\"label\"]; static types = { label: \"string\" }; get label() { return 1 } }",
            "is an attribute of Book",
        ),
    ] {
        let error = library.set_functions(&[("x.js", text)]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    // What failed to load left everything as it was.
    assert!(library.get("/rest/Book(11)").ok().json().get("x").is_none());
}

/// `full` is title and ISBN in one.
const SETTERS: &str = r#"
export class BookEntity {
  static exposed = ["full", "shout", "note", "lent"];
  static types = { full: "string", shout: "string", note: "string", lent: "string" };
  get full() { return this.isbn === null ? this.title : `${this.title} / ${this.isbn}`; }
  set full(text) {
    if (text === null) throw Object.assign(new Error("full cannot be null"), { errCode: 4711 });
    const [title, isbn] = text.split(" / ");
    this.title = title;
    if (isbn !== undefined) this.isbn = isbn;
  }
  get shout() { return this.title.toUpperCase(); }
  set shout(text) { this.title = text.toLowerCase(); }
  get note() { return this.costNote ?? null; }
  set note(text) { this.costNote = text; }
  get lent() { return null; }
  set lent(text) { ds.startTransaction(); for (;;); }
}
export class Book {
  static exposed = ["fill"];
  fill(text) { const book = this.get(12); book.full = text; return book.save().success; }
}
"#;

#[test]
fn functions_computed_are_set() {
    let library = with(&[("classes.js", SETTERS)]);
    let save = |body: &Value| library.post("/rest/Book?$method=update", body);
    let set = save(&json!({ "__KEY": 11, "full": "One / 111-11-1111" })).ok().json();
    assert_eq!((&set["title"], &set["isbn"], &set["full"]), (&json!("One"), &json!("111-11-1111"), &json!("One / 111-11-1111")), "{set}");
    assert_eq!(library.get("/rest/Book(11)").json()["title"], "One");
    // What the body says of others is there when the setter runs, and what the setter says counts more.
    let set = save(&json!({ "__KEY": 11, "title": "Two", "isbn": "222-22-2222", "full": "Three" })).ok().json();
    assert_eq!((&set["title"], &set["isbn"]), (&json!("Three"), &json!("222-22-2222")), "{set}");
    // One after the other, in the order of the body.
    let set = save(&json!({ "__KEY": 11, "full": "Four / 444-44-4444", "shout": "FIVE" })).ok().json();
    assert_eq!((&set["title"], &set["isbn"]), (&json!("five"), &json!("444-44-4444")), "{set}");
    // A new one, and several.
    let new = save(&json!({ "full": "New / 999-99-9999", "price": 1 })).ok().json();
    assert_eq!((&new["title"], &new["isbn"]), (&json!("New"), &json!("999-99-9999")), "{new}");
    let several = save(&json!([{ "full": "Six / 666-66-6666" }, { "__KEY": 12, "shout": "SEVEN" }, { "title": "Eight" }])).ok().json();
    let titles: Vec<&Value> = several["__ENTITIES"].as_array().unwrap().iter().map(|book| &book["title"]).collect();
    assert_eq!(titles, ["Six", "seven", "Eight"]);
    library.by("Admin").send("PUT", "/rest/Book(12)", r#"{ "full": "Put" }"#).ok();
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "Put");
    // Only tried.
    let tried = library.post("/rest/Book?$method=update&$refresh=true", &json!({ "__KEY": 12, "full": "Tried" })).ok().json();
    assert_eq!((&tried["title"], &tried["full"].as_str().map(|full| full.starts_with("Tried"))), (&json!("Tried"), &Some(true)), "{tried}");
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "Put");
    // By code.
    assert_eq!(library.post("/rest/Book/fill", &json!(["By code"])).ok().json()["result"], true);
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "By code");
    // It is told that it can be written.
    let catalog = library.get("/rest/$catalog/Book").ok().text;
    assert!(catalog.contains(r#""name":"full""#), "{catalog}");
    let full = catalog.split(r#""name":"full""#).nth(1).unwrap().split('}').next().unwrap().to_owned();
    assert!(!full.contains("readOnly"), "{full}");
    // What is absent, is.
    save(&json!({ "__KEY": 99_999, "full": "x" })).refused(404, &[1542]);
}

#[test]
fn functions_computed_posted_back_set_nothing() {
    let library = with(&[("classes.js", SETTERS)]);
    let mut book = library.get("/rest/Book(11)").ok().json();
    let stamp = book["__STAMP"].clone();
    let same = library.post("/rest/Book?$method=update", &book).ok().json();
    assert_eq!(same["__STAMP"], stamp, "{same}");
    // The computed value that was received does not undo what is changed beside it.
    book["title"] = json!("Changed");
    let changed = library.post("/rest/Book?$method=update", &book).ok().json();
    assert_eq!(changed["title"], "Changed", "{changed}");
    assert_eq!(changed["full"].as_str().unwrap().split(" / ").next(), Some("Changed"));
}

#[test]
fn functions_computed_are_set_with_the_callers_permissions() {
    let library = with(&[("classes.js", SETTERS)]);
    let clerk = library.by("Clerk");
    // A clerk changes titles, but no ISBN.
    clerk.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "shout": "MINE" })).ok();
    assert_eq!(library.get("/rest/Book(11)").json()["title"], "mine");
    let refused = clerk.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "full": "Mine / 000-00-0000" }));
    assert_eq!((refused.status, refused.codes()[0]), (401, 1608), "{refused}");
    assert_eq!(library.get("/rest/Book(11)").json()["title"], "mine");
    // The attribute has permissions of its own.
    library.set_roles(&json!({
        "privileges": [{ "privilege": "none" }, { "privilege": "browse" }, { "privilege": "lend", "includes": ["browse"] }, { "privilege": "curate", "includes": ["lend"] }],
        "roles": [{ "role": "Admin", "privileges": ["curate"] }, { "role": "Clerk", "privileges": ["lend"] }],
        "permissions": { "allowed": [
            { "applyTo": "ds", "type": "datastore", "read": ["browse"], "create": ["lend"], "update": ["lend"], "drop": ["curate"], "execute": ["browse"] },
            { "applyTo": "Book.shout", "type": "attribute", "update": ["curate"], "create": ["curate"] }
        ] }
    }));
    let clerk = library.by("Clerk");
    for body in [json!({ "__KEY": 11, "shout": "AGAIN" }), json!({ "shout": "ANEW" })] {
        let refused = clerk.post("/rest/Book?$method=update", &body);
        assert_eq!(refused.status, 401, "{refused}");
    }
    assert_eq!(library.get("/rest/Book(11)").json()["title"], "mine");
    // Posted back unchanged it needs none.
    let book = clerk.get("/rest/Book(11)").ok().json();
    assert_eq!(book["shout"], "MINE");
    clerk.post("/rest/Book?$method=update", &book).ok();
    clerk.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "full": "Free" })).ok();
}

#[test]
fn functions_computed_setters_that_throw() {
    let library = with(&[("classes.js", SETTERS)]);
    let before = library.get("/rest/Book(11)").text;
    let refused = library.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "price": 1, "full": null }));
    assert_eq!((refused.status, refused.codes()), (500, vec![4711, 1517]), "{refused}");
    assert_eq!(library.get("/rest/Book(11)").text, before);
    // Of several the others are saved; all or nothing.
    let several = json!([{ "__KEY": 11, "full": null }, { "__KEY": 12, "full": "Saved" }]);
    library.post("/rest/Book?$method=update&$atomic=true", &several);
    assert_ne!(library.get("/rest/Book(12)").json()["title"], "Saved");
    library.post("/rest/Book?$method=update", &several);
    assert_eq!(library.get("/rest/Book(12)").json()["title"], "Saved");
    // One without end, with a transaction open: nothing is saved, and others go on.
    let endless = library.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "lent": "x" }));
    assert_eq!((endless.status, endless.codes()[0]), (500, 9511), "{endless}");
    assert_eq!(library.get("/rest/Book(11)").text, before);
    library.post("/rest/Book?$method=update", &json!({ "__KEY": 11, "full": "After all" })).ok();
}
