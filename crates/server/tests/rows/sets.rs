//! Rows 26, 30, 31, 32, 56, 57, 58 to 63, 65, 66, 81: entity sets (`rest-dialect.md` 11.1, 11.2, 11.4, 11.5, 13.1).

use serde_json::json;

use crate::answer::Answer;
use crate::library::{Library, app, app_with};

/// The URL of the set that was stored; checks the pattern of 5.2.
#[track_caller]
pub(crate) fn set_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer}");
    let body = answer.json();
    let url = body["__ENTITYSET"].as_str().unwrap_or_else(|| panic!("{answer}\nhas no __ENTITYSET")).to_owned();
    let id = url.rsplit('/').next().unwrap();
    assert_eq!(id.len(), 32, "{url}");
    assert!(id.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)), "{url}");
    assert!(url.starts_with("/rest/") && url.contains("/$entityset/"), "{url}");
    url
}

/// The ID in the URL of a set.
pub(crate) fn id_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

/// A new set: what stands behind `/rest/`, with its parameters.
#[track_caller]
pub(crate) fn set(library: &Library, asked: &str) -> String {
    let joint = if asked.contains('?') { '&' } else { '?' };
    set_of(&library.get(&format!("/rest/{asked}{joint}$method=entityset")))
}

#[test]
fn row_58_set_is_created_with_its_id_first() {
    let library = app();
    let answer = library.get("/rest/Book/?$filter=\"price < 20\"&$method=entityset");
    let url = set_of(&answer);
    assert_eq!(
        answer.members(),
        ["__ENTITYSET", "__DATACLASS", "__entityModel", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"]
    );
    assert!(url.starts_with("/rest/Book/$entityset/"), "{url}");
    assert_eq!((answer.ids(), answer.counts()), (vec![11, 12, 17, 18], (4, 0, 4)));
    // Each time another one.
    assert_ne!(set(&library, "Book?$filter=\"price < 20\""), url);
    assert_eq!(library.get(&url).ids(), [11, 12, 17, 18]);
    // An empty one is one, too; so is one made with POST, and by a name in any case.
    let empty = set(&library, "Book?$filter=\"ID = 999\"");
    assert_eq!(library.get(&empty).counts(), (0, 0, 0));
    set_of(&library.post_text("/rest/Country?$METHOD=EntitySet", ""));
}

#[test]
fn row_58_where_a_set_cannot_be_made() {
    let library = app();
    library.get("/rest/Book(11)?$method=entityset").refused(400, &[1813]);
    library.get("/rest/Book:isbn(978-0-00-011)?$method=entityset").refused(400, &[1813]);
    library.post("/rest/Book?$method=entityset", &json!({ "title": "x" })).refused(400, &[1813]);
    library.get("/rest/Boook?$method=entityset").refused(404, &[1800]);
    library.get("/rest/Book?$filter=\"nosuch = 1\"&$method=entityset").refused(400, &[1500, 1201]);
    library.by("Visitor").get("/rest/Book?$method=entityset").refused(401, &[1557]);
    library.by("Reader").get("/rest/Book?$filter=\"price < 20\"&$method=entityset").refused(401, &[1607]);
}

#[test]
fn row_59_set_holds_everything_despite_top() {
    let library = app();
    let answer = library.get("/rest/Entry?$orderby=\"ID desc\"&$skip=3&$top=2&$method=entityset");
    assert_eq!((answer.ids(), answer.counts()), (vec![147, 146], (150, 3, 2)));
    let url = set_of(&answer);
    assert_eq!(library.get(&format!("{url}?$skip=148&$top=100")).ids(), [2, 1]);
    assert_eq!(library.get(&url).counts(), (150, 0, 100));
    let mut paged = Vec::new();
    for skip in (0..150).step_by(40) {
        paged.extend(library.get(&format!("{url}?$skip={skip}&$top=40")).ids());
    }
    assert_eq!(paged, (1..=150).rev().collect::<Vec<_>>());
    assert_eq!(library.get(&format!("{url}?$skip=500")).counts(), (150, 500, 0));
    assert_eq!(library.get(&format!("{url}?$top=0")).counts(), (150, 0, 0));
}

#[test]
fn row_59_set_is_a_list_of_keys_not_of_values() {
    let library = app();
    let url = set(&library, "Book?$filter=\"price < 20\"&$orderby=price");
    library.post("/rest/Book?$method=update", &json!({ "__KEY": "17", "price": 500 })).ok();
    library.post("/rest/Book?$method=update", &json!({ "ID": 99, "title": "New", "price": 1 })).ok();
    let answer = library.get(&url);
    assert_eq!(answer.ids(), [18, 17, 12, 11]);
    assert_eq!(answer.json()["__ENTITIES"][1]["price"], json!(500));
}

#[test]
fn row_60_reading_a_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID < 17\"&$orderby=\"ID desc\"");
    let whole = library.get(&url);
    assert_eq!(whole.ids(), [16, 15, 14, 13, 12, 11]);
    // No `__ENTITYSET` comes back.
    assert_eq!(whole.members(), ["__DATACLASS", "__entityModel", "__GlobalStamp", "__COUNT", "__FIRST", "__ENTITIES", "__SENT"]);
    // A filter narrows what this call sees, in the stored order; the set stays as it is.
    let filtered = library.get(&format!("{url}?$filter=\"price > 10 or title = :1\"&$params='[\"slow@\"]'"));
    assert_eq!((filtered.ids(), filtered.counts()), (vec![16, 14, 13, 12, 11], (5, 0, 5)));
    let paged = library.get(&format!("{url}?$filter=\"price > 10\"&$skip=1&$top=2"));
    assert_eq!((paged.ids(), paged.counts()), (vec![14, 13], (4, 1, 2)));
    assert_eq!(library.get(&format!("{url}?$filter=\"ID = 17\"")).counts(), (0, 0, 0));
    assert_eq!(library.get(&format!("{url}?$filter=\"author.fullName = 'éclair@'\"")).ids(), [15, 12, 11]);
    // An order beats the stored one, for that call only; `$orderby` beats an order inside the filter.
    assert_eq!(library.get(&format!("{url}?$orderby=title")).ids(), [14, 13, 15, 12, 11, 16]);
    assert_eq!(library.get(&format!("{url}?$filter=\"ID > 13 order by ID\"")).ids(), [14, 15, 16]);
    assert_eq!(library.get(&format!("{url}?$filter=\"ID > 13 order by ID\"&$orderby=\"title\"")).ids(), [14, 15, 16]);
    assert_eq!(library.get(&url).ids(), [16, 15, 14, 13, 12, 11]);
    // In any letter case.
    assert_eq!(library.get(&url.to_lowercase().replace("/rest/book", "/rest/Book")).ids(), [16, 15, 14, 13, 12, 11]);
    // An empty ID means no set.
    assert_eq!(library.get("/rest/Book/$entityset/?$top=0").counts().0, 8);
}

#[test]
fn row_60_attributes_expand_and_forms() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID in [12, 13]\"&$orderby=\"ID desc\"");
    let first = |answer: &Answer| answer.json()["__ENTITIES"][0].clone();
    let cut = library.get(&format!("{url}?$attributes=title,author.fullName"));
    assert_eq!(first(&cut)["author"]["fullName"], json!("Liam O'Neil"));
    assert_eq!(crate::answer::members(&first(&cut)), ["__KEY", "__TIMESTAMP", "__STAMP", "title", "author"]);
    let expanded = library.get(&format!("{url}?$expand=author"));
    assert_eq!(first(&expanded)["author"]["fullName"], json!("Liam O'Neil"));
    // Deferred links are those of entities anywhere.
    let plain = library.get(&url);
    assert_eq!(first(&plain)["author"], json!({ "__deferred": { "uri": "/rest/Author[2]", "__KEY": "2" } }));
    let author = set(&library, "Author?$filter=\"ID = 1\"");
    assert_eq!(first(&library.get(&author))["books"]["__deferred"]["uri"], json!("/rest/Author[1]/books?$expand=books"));
    let wide = first(&library.get(&format!("{author}?$expand=books")));
    assert_eq!((&wide["books"]["__ENTITYSET"], &wide["books"]["__COUNT"]), (&json!("/rest/Author[1]/books?$expand=books"), &json!(2)));
    let array = library.get(&format!("{url}?$asArray=true&$attributes=title"));
    assert_eq!(array.compact(), r#"[{"__KEY":13,"__STAMP":1,"title":"Atlas"},{"__KEY":12,"__STAMP":1,"title":"Slow Food"}]"#);
    let looker = library.get(&format!("{url}?$format=looker&$attributes=title&$filter=\"ID = 12\"")).json();
    assert_eq!((&looker["rows"], &looker["__COUNT"]), (&json!([{ "values": ["Slow Food"] }]), &json!(1)));
}

#[test]
fn row_26_attribute_list_of_a_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID = 12\"");
    let id = id_of(&url);
    for path in [format!("Book/title,price/$entityset/{id}"), format!("Book/$entityset/{id}/title,price")] {
        let body = library.get(&format!("/rest/{path}")).ok().json();
        assert_eq!(crate::answer::members(&body["__ENTITIES"][0]), ["__KEY", "__TIMESTAMP", "__STAMP", "title", "price"], "{path}");
    }
    library.get(&format!("/rest/Book/nosuch/$entityset/{id}")).refused(404, &[1500, 1804]);
}

#[test]
fn row_32_explained_filter_over_a_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID > 13\"");
    let answer = library.get(&format!("{url}?$filter=\"price < 50\"&$querypath=true&$queryplan=true"));
    assert_eq!(answer.members()[..5], ["__queryPlan", "__extendedQueryPlan", "__queryPath", "__extendedQueryPath", "__DATACLASS"]);
    assert_eq!(answer.json()["__queryPath"]["steps"][0]["recordsfounds"], json!(3));
    let stored = library.get("/rest/Book?$filter=\"price < 50\"&$queryplan=true&$method=entityset");
    assert_eq!(stored.members()[..4], ["__queryPlan", "__extendedQueryPlan", "__ENTITYSET", "__DATACLASS"]);
}

#[test]
fn row_60_a_set_of_a_set_is_a_new_one() {
    let library = app();
    let first = set(&library, "Book?$orderby=\"ID desc\"");
    let second = set_of(&library.get(&format!("{first}?$filter=\"price < 20\"&$method=entityset")));
    assert_ne!(first, second);
    assert_eq!(library.get(&second).ids(), [18, 17, 12, 11]);
    assert_eq!(library.get(&first).ids(), [18, 17, 16, 15, 14, 13, 12, 11]);
    let third = set_of(&library.get(&format!("{second}?$orderby=price&$top=1&$method=entityset")));
    assert_eq!(library.get(&third).ids(), [18, 17, 12, 11]);
    let fourth = set_of(&library.get(&format!("{second}?$orderby=\"price desc\"&$method=entityset")));
    assert_eq!(library.get(&fourth).ids(), [11, 12, 17, 18]);
}

#[test]
fn row_61_unknown_expired_and_foreign_sets() {
    let library = app();
    let unknown = "0123456789ABCDEF0123456789ABCDEF";
    for id in [unknown, "1234", "x", "0123456789ABCDEF0123456789ABCDEG"] {
        library.get(&format!("/rest/Book/$entityset/{id}")).refused(404, &[1802]);
    }
    for more in ["?$top=1", "?$method=entityset", "?$method=subentityset", "?$clean=true", "/title?$distinct=true", "/price?$compute=sum"] {
        library.get(&format!("/rest/Book/$entityset/{unknown}{more}")).refused(404, &[1802]);
    }
    library.post_text(&format!("/rest/Book/$entityset/{unknown}?$method=delete"), "").refused(404, &[1802]);
    library.get(&format!("/rest/Boook/$entityset/{unknown}")).refused(404, &[1800]);
    library.get(&format!("/rest/$entityset/{unknown}")).refused(404, &[1802]);
    let url = set(&library, "Book");
    let wrong = format!("/rest/Author/$entityset/{}", id_of(&url));
    library.get(&wrong).refused(400, &[1803]);
    library.get(&format!("{wrong}?$method=release")).refused(400, &[1803]);
    library.post_text(&format!("{wrong}?$method=delete"), "").refused(400, &[1803]);
    library.get(&url).ok();
    library.get(&format!("/rest/Book(11)/$entityset/{}", id_of(&url))).refused(400, &[1806]);
    library.set_clock("2024-03-05T11:59:59.000Z");
    library.get(&url).ok();
    library.set_clock("2024-03-05T14:00:00.000Z");
    library.get(&url).refused(404, &[1802]);
}

#[test]
fn row_61_a_set_takes_no_saving() {
    let library = app();
    let url = set(&library, "Book");
    library.post(&url, &json!({ "__KEY": "11", "title": "x" })).refused(400, &[1813]);
    library.post(&format!("{url}?$method=update"), &json!([{ "__KEY": "11", "title": "x" }])).refused(400, &[1813]);
    assert_eq!(library.get("/rest/Book(11)/title").json()["title"], json!("Slow Rivers"));
    // A lock is not of a set: ignored.
    library.get(&format!("{url}?$lock=true&$top=1")).ok();
}

#[test]
fn row_62_timeout_default_and_restart_on_use() {
    let library = app();
    let standard = set(&library, "Book");
    let short = set_of(&library.get("/rest/Book?$method=entityset&$timeout=600"));
    library.set_clock("2024-03-05T10:09:59.000Z");
    library.get(&short).ok();
    // Its life has started anew.
    library.set_clock("2024-03-05T10:19:58.000Z");
    library.get(&format!("{short}?$top=0")).ok();
    library.set_clock("2024-03-05T10:29:58.000Z");
    library.get(&short).refused(404, &[1802]);
    library.set_clock("2024-03-05T11:59:59.999Z");
    library.get(&standard).ok();
    library.set_clock("2024-03-05T13:59:59.999Z");
    library.get(&standard).refused(404, &[1802]);
}

#[test]
fn row_62_malformed_timeouts() {
    let library = app();
    for timeout in ["0", "-5", "1.5", "soon", ""] {
        library.get(&format!("/rest/Book?$method=entityset&$timeout={timeout}")).refused(400, &[1806]);
        library.get(&format!("/rest/Author(1)/books?$method=subentityset&$timeout={timeout}")).refused(400, &[1806]);
    }
    // Without a meaning where nothing is kept (R5).
    library.get("/rest/Book?$timeout=60").ok();
    let url = set_of(&library.get("/rest/Book?$method=entityset&$timeout=99999999999999999999"));
    library.set_clock("2030-01-01T00:00:00.000Z");
    let id = id_of(&url);
    // The key has expired, not the set: who is let in again finds it.
    let other = library.key("Admin");
    library.send("GET", &format!("/rest/Book/$entityset/{id}"), &[("api-key", &other.secret)], "").refused(404, &[1802]);
}

#[test]
fn row_63_quota_of_sets() {
    let library = app_with("[rest]\nnb_entity_sets = 2\n");
    let first = set(&library, "Book");
    let second = set_of(&library.get("/rest/Book?$method=entityset&$timeout=60"));
    let refused = library.get("/rest/Book?$method=entityset");
    assert_eq!((refused.status, refused.codes()), (429, vec![9429]), "{refused}");
    assert_eq!(refused.json()["__ERROR"][0]["componentSignature"], json!("rest"));
    for asked in [format!("{first}?$method=entityset"), "/rest/Author(1)/books?$method=subentityset".to_owned()] {
        library.get(&asked).refused(429, &[9429]);
    }
    // Making one again counts as well (11.3).
    let gone = "/rest/Book/$entityset/0123456789ABCDEF0123456789ABCDEF?$savedfilter=\"price < 20\"";
    library.get(gone).refused(429, &[9429]);
    // Reading goes on, and another key has a quota of its own.
    library.get(&first).ok();
    library.get("/rest/Book").ok();
    assert_eq!(library.by("Reader").get("/rest/Book?$method=entityset").status, 200);
    // What is released or has expired makes room.
    library.get(&format!("{first}?$method=release")).ok();
    set(&library, "Book");
    library.get("/rest/Book?$method=entityset").refused(429, &[9429]);
    library.get(&second).ok();
    library.set_clock("2024-03-05T10:01:01.000Z");
    set(&library, "Book");
}

#[test]
fn row_63_longer_timeouts_are_cut_and_the_default_is_set() {
    let library = app_with("[rest]\nmax_entity_set_timeout = 900\ndefault_entity_set_timeout = 300\n");
    let long = set_of(&library.get("/rest/Book?$method=entityset&$timeout=100000"));
    let standard = set(&library, "Book");
    library.set_clock("2024-03-05T10:04:59.000Z");
    library.get(&standard).ok();
    library.set_clock("2024-03-05T10:09:59.000Z");
    library.get(&standard).refused(404, &[1802]);
    library.set_clock("2024-03-05T10:14:59.000Z");
    library.get(&long).ok();
    library.set_clock("2024-03-05T10:29:59.000Z");
    library.get(&long).refused(404, &[1802]);
}

#[test]
fn row_63_memory_of_all_sets_has_a_limit() {
    let library = app_with("[rest]\nmax_entity_set_bytes = 2000\n");
    let small = set(&library, "Book");
    // 150 keys of eight bytes, and what a set takes besides.
    let first = set(&library, "Entry?$filter=\"ID <= 100\"");
    library.get("/rest/Entry?$method=entityset").refused(429, &[9429]);
    library.by("Reader").get("/rest/Book?$method=entityset").ok();
    library.get(&format!("{small}?$method=release")).ok();
    library.get(&format!("{first}?$method=release")).ok();
    set(&library, "Entry");
}

#[test]
fn row_65_set_of_another_principal_is_invisible() {
    let library = app();
    let url = set(&library, "Book");
    for role in ["Reader", "administration"] {
        library.by(role).get(&url).refused(404, &[1802]);
        library.by(role).get(&format!("{url}?$method=release")).refused(404, &[1802]);
    }
    // Another key of the same role is another principal; releasing another's set does nothing.
    let other = library.key("Admin");
    let by_other = |method: &str, url: &str, body: &str| library.send(method, url, &[("api-key", &other.secret)], body);
    by_other("GET", &url, "").refused(404, &[1802]);
    assert_eq!(by_other("POST", "/rest/$entityset/$release", &format!("[\"{}\"]", id_of(&url))).ok().compact(), r#"{"ok":true}"#);
    library.get(&url).ok();
    // Made again by another, it is a second set under the same ID.
    assert_eq!(by_other("GET", &format!("{url}?$savedfilter=\"ID = 11\""), "").ids(), [11]);
    assert_eq!(library.get(&url).counts().0, 8);
    let mine = set(&library, "Book?$filter=\"ID < 13\"");
    by_other("GET", &format!("{url}?$logicOperator=AND&$otherCollection={}", id_of(&mine)), "").refused(400, &[1820]);
}

#[test]
fn row_65_permissions_are_asked_at_each_use() {
    let library = app();
    let key = library.key("Admin");
    let get = |url: &str| library.send("GET", url, &[("api-key", &key.secret)], "");
    let url = set_of(&get("/rest/Book?$orderby=price&$method=entityset"));
    assert!(get(&url).json()["__ENTITIES"][0].get("price").is_some());
    library.set_role(&key, "Reader");
    // What the role may not read any more is not sent, filtered, ordered or computed over.
    assert!(get(&url).json()["__ENTITIES"][0].get("price").is_none());
    get(&format!("{url}?$filter=\"price < 20\"")).refused(401, &[1607]);
    get(&format!("{url}?$orderby=price")).refused(401, &[1607]);
    get(&format!("/rest/Book/price/$entityset/{}?$compute=sum", id_of(&url))).refused(401, &[1607]);
    library.send("POST", &format!("{url}?$method=delete"), &[("api-key", &key.secret)], "").refused(401, &[1560]);
    library.set_role(&key, "Visitor");
    get(&url).refused(401, &[1557]);
    get(&format!("{url}?$filter=\"nosuch = 1\"")).refused(401, &[1557]);
    assert_eq!(library.get("/rest/Book?$top=0").counts().0, 8);
}

#[test]
fn row_66_deleted_entities_keep_their_places() {
    let library = app();
    let url = set(&library, "Book?$orderby=\"ID desc\"");
    library.post_text("/rest/Book(17)?$method=delete", "").ok();
    library.post_text("/rest/Book(12)?$method=delete", "").ok();
    let page = library.get(&url);
    assert_eq!(page.counts(), (8, 0, 8));
    let body = page.json();
    assert_eq!((&body["__ENTITIES"][1], &body["__ENTITIES"][6]), (&json!({ "__STAMP": 0 }), &json!({ "__STAMP": 0 })));
    assert_eq!((&body["__ENTITIES"][0]["ID"], &body["__ENTITIES"][7]["ID"]), (&json!(18), &json!(11)));
    assert_eq!(library.get(&format!("{url}?$skip=1&$top=1")).json()["__ENTITIES"], json!([{ "__STAMP": 0 }]));
    assert_eq!(library.get(&format!("{url}?$skip=1&$top=1&$asArray")).compact(), r#"[{"__STAMP":0}]"#);
    // A filter or an order sees what is there.
    assert_eq!(library.get(&format!("{url}?$filter=\"ID < 19\"")).ids(), [18, 16, 15, 14, 13, 11]);
    assert_eq!(library.get(&format!("{url}?$orderby=ID")).ids(), [11, 13, 14, 15, 16, 18]);
    assert_eq!(library.get(&format!("/rest/Book/ID/$entityset/{}?$compute=count", id_of(&url))).compact(), "6");
    // A new entity does not take the place of one that is gone.
    library.post("/rest/Book?$method=update", &json!({ "title": "New" })).ok();
    assert_eq!(library.get(&url).json()["__ENTITIES"][1], json!({ "__STAMP": 0 }));
}

#[test]
fn row_66_clean_and_clean_into_a_new_set() {
    let library = app();
    let url = set(&library, "Book?$orderby=\"ID desc\"");
    library.post_text("/rest/Book(17)?$method=delete", "").ok();
    let clean = library.get(&format!("{url}?$clean=true"));
    assert_eq!((clean.ids(), clean.counts()), (vec![18, 16, 15, 14, 13, 12, 11], (7, 0, 7)));
    // `$clean`, then `$filter` (R7).
    assert_eq!(library.get(&format!("{url}?$clean=true&$filter=\"ID > 13\"")).counts(), (4, 0, 4));
    assert_eq!(library.get(&url).counts().0, 8);
    let cleaned = library.get(&format!("{url}?$clean=true&$method=entityset"));
    let new = set_of(&cleaned);
    assert_ne!(new, url);
    assert_eq!((library.get(&new).counts().0, library.get(&url).counts().0), (7, 8));
    assert_eq!(library.get(&format!("{url}?$clean=false")).counts().0, 8);
}

#[test]
fn row_56_over_a_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID in [11, 12, 13]\"");
    let id = id_of(&url);
    assert_eq!(library.get(&format!("/rest/Book/price/$entityset/{id}?$compute=sum")).compact(), "164");
    assert_eq!(library.get(&format!("/rest/Book/$entityset/{id}?$attributes=price&$compute=max")).compact(), "140");
    let filtered = format!("/rest/Book/price/$entityset/{id}?$compute=$all&$filter=\"price < 100\"");
    assert_eq!(library.get(&filtered).compact(), r#"{"price":{"count":2,"sum":24,"average":12,"min":9.5,"max":14.5}}"#);
    // Distinct first, then computed (R14).
    assert_eq!(library.get(&format!("/rest/Book/authorID/$entityset/{id}?$compute=count")).compact(), "3");
    assert_eq!(library.get(&format!("/rest/Book/authorID/$entityset/{id}?$compute=count&$distinct=true")).compact(), "2");
    // Nothing is stored of an aggregate.
    assert_eq!(library.get(&format!("/rest/Book/price/$entityset/{id}?$compute=min&$method=entityset")).compact(), "9.5");
}

#[test]
fn row_57_over_a_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID in [11, 12, 13]\"");
    let distinct = |more: &str| library.get(&format!("/rest/Book/authorName/$entityset/{}?$distinct=true{more}", id_of(&url))).compact();
    assert_eq!(distinct(""), r#"["Éclair Dubois","Liam O'Neil"]"#);
    assert_eq!(distinct("&$skip=1&$top=5"), r#"["Liam O'Neil"]"#);
    assert_eq!(distinct("&$filter=\"price < 100\""), r#"["Éclair Dubois"]"#);
}

#[test]
fn row_81_by_set() {
    let library = app();
    let url = set(&library, "Book?$filter=\"ID < 15\"");
    library.get(&format!("{url}?$method=delete")).refused(400, &[1813]);
    library.post_text(&format!("{url}?$method=delete&$filter=\"\""), "").refused(400, &[1201]);
    assert_eq!(library.post_text(&format!("{url}?$method=delete&$filter=\"price > 100\""), "").ok().compact(), r#"{"ok":true}"#);
    assert_eq!(library.get("/rest/Book").ids(), [11, 12, 14, 15, 16, 17, 18]);
    // Keys in the body restrict it; those outside of the set stay.
    library.post(&format!("{url}?$method=delete"), &json!([{ "__KEY": "12" }, { "__KEY": "18" }])).ok();
    assert_eq!(library.get("/rest/Book").ids(), [11, 14, 15, 16, 17, 18]);
    // No filter is needed: the set says what is meant. What is gone already is passed over.
    assert_eq!(library.post_text(&format!("{url}?$method=delete&$atomic=true"), "").ok().compact(), r#"{"ok":true}"#);
    assert_eq!(library.get("/rest/Book").ids(), [15, 16, 17, 18]);
    assert_eq!(library.get(&url).json()["__ENTITIES"], json!([{ "__STAMP": 0 }, { "__STAMP": 0 }, { "__STAMP": 0 }, { "__STAMP": 0 }]));
    let other = set(&library, "Book?$filter=\"ID > 16\"");
    library.by("Clerk").post_text(&format!("{other}?$method=delete"), "").refused(401, &[1560]);
    let both = format!("{url}?$logicOperator=OR&$otherCollection={}&$method=delete", id_of(&other));
    library.post_text(&both, "").ok();
    assert_eq!(library.get("/rest/Book").ids(), [15, 16]);
}
