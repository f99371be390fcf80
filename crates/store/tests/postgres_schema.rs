//! Owned databases in PostgreSQL follow their model (`data-model.md` 5.2 to 5.5).
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/postgres.rs"]
mod postgres;

use claviger_model::Model;
use claviger_store::layout::AttachedStamps;
use claviger_store::postgres::introspect::{attach_model, attached_layout};
use claviger_store::postgres::schema::{SchemaError, Step, fold_hints, migrate, owned_layout, plan_migration};
use claviger_store::postgres::stamps;
use postgres::Database;
use serde_json::{Value, json};

fn model(classes: Value) -> Model {
    let text = json!({ "toJSON": true, "dataClasses": classes }).to_string();
    Model::from_json(&text, "test").unwrap_or_else(|problems| panic!("{problems:?}")).0
}

fn id() -> Value {
    json!({ "name": "ID", "kind": "storage", "type": "long", "autosequence": true, "unique": true, "not_null": true, "primKey": true })
}

fn storage(name: &str, ty: &str) -> Value {
    json!({ "name": name, "kind": "storage", "type": ty })
}

fn class(name: &str, attributes: &[Value]) -> Value {
    let attributes = [&[id()], attributes].concat();
    json!({ "name": name, "attributes": attributes })
}

fn bring(database: &Database, classes: Value, allow_destructive: bool) -> Result<Vec<Step>, SchemaError> {
    let mut client = database.connect();
    database.run(migrate(&mut client, &model(classes), "public", allow_destructive))
}

fn reasons(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.reason.as_str()).collect()
}

fn texts(database: &Database, sql: &str) -> Vec<String> {
    let text = |row: &tokio_postgres::Row| row.get::<_, Option<String>>(0).unwrap_or_else(|| "(null)".to_owned());
    database.rows(sql, &[]).iter().map(text).collect()
}

fn type_of(database: &Database, table: &str, column: &str) -> Vec<String> {
    let sql = format!(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'public.\"{table}\"'::regclass AND attname = '{column}'"
    );
    texts(database, &sql)
}

#[test]
fn every_type_has_its_column_and_the_next_start_changes_nothing() {
    let Some(database) = Database::create() else { return };
    let types = [
        ("string", "text", json!("it's")),
        ("uuid", "uuid", json!("00112233445566778899AABBCCDDEEFF")),
        ("bool", "boolean", json!(true)),
        ("byte", "smallint", json!(-3)),
        ("word", "smallint", json!(3)),
        ("long", "integer", json!(4)),
        ("long64", "bigint", json!(5)),
        ("number", "double precision", json!(1e-7)),
        ("duration", "bigint", json!(6)),
        ("object", "json", json!({ "a": [1] })),
        ("image", "bytea", Value::Null),
        ("blob", "bytea", Value::Null),
    ];
    let mut attributes: Vec<Value> = types
        .iter()
        .map(|(ty, _, default)| json!({ "name": format!("a_{ty}"), "kind": "storage", "type": ty, "indexed": true, "defaultValue": default }))
        .collect();
    attributes.push(json!({ "name": "day", "kind": "storage", "type": "date", "simpleDate": true, "defaultValue": "29!2!2024" }));
    attributes.push(json!({ "name": "no_day", "kind": "storage", "type": "date", "simpleDate": true, "defaultValue": "0!0!0" }));
    attributes
        .push(json!({ "name": "at", "kind": "storage", "type": "date", "simpleDate": false, "defaultValue": "1969-12-31T23:59:59.999Z" }));
    attributes.push(
        json!({ "name": "price", "kind": "storage", "type": "number", "precision": 10, "scale": 2, "unique": true, "defaultValue": 1.5 }),
    );
    let bare = json!([class("All", &[])]);
    bring(&database, bare, false).unwrap();
    database.execute("INSERT INTO public.\"All\" (__stamp, __timestamp) VALUES (1, now())");
    let all = json!([class("All", &attributes)]);
    bring(&database, all.clone(), false).unwrap();
    for (ty, declared, _) in &types {
        assert_eq!(type_of(&database, "All", &format!("a_{ty}")), [*declared], "{ty}");
    }
    for (name, declared) in [
        ("day", "date"),
        ("at", "timestamp with time zone"),
        ("price", "numeric"),
        ("__stamp", "integer"),
        ("__timestamp", "timestamp with time zone"),
        ("ID", "integer"),
    ] {
        assert_eq!(type_of(&database, "All", name), [declared], "{name}");
    }
    // The row that was there has the defaults, and rows to come have none from the database.
    let row =
        "SELECT concat_ws('|', a_string, a_uuid, a_bool, a_byte, a_word, a_long, a_long64, a_number, a_duration, a_object, day, no_day,
               at AT TIME ZONE 'UTC', price) FROM public.\"All\" ORDER BY \"ID\"";
    assert_eq!(
        texts(&database, row),
        ["it's|00112233-4455-6677-8899-aabbccddeeff|t|-3|3|4|5|1e-07|6|{\"a\":[1]}|2024-02-29|-infinity|1969-12-31 23:59:59.999|1.5"]
    );
    database.execute("INSERT INTO public.\"All\" (__stamp, __timestamp) VALUES (1, now())");
    assert_eq!(texts(&database, row)[1], "");
    assert_eq!(reasons(&bring(&database, all, false).unwrap()), Vec::<&str>::new());
}

#[test]
fn indexes_serve_what_the_dialect_asks() {
    let Some(database) = Database::create() else { return };
    let title = json!({ "name": "title", "kind": "storage", "type": "string", "indexed": true, "unique": true });
    let author = json!({ "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author" });
    let code = json!({ "name": "code", "kind": "storage", "type": "string", "primKey": true, "not_null": true });
    let long = "an_attribute_with_a_name_that_is_almost_as_long_as_names_can_be";
    let classes = json!([
        { "name": "Author", "attributes": [code] },
        class("Book", &[title, author, json!({ "name": long, "kind": "storage", "type": "number", "indexed": true })]),
    ]);
    bring(&database, classes.clone(), false).unwrap();
    let names =
        texts(&database, "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname::text COLLATE \"C\"");
    assert_eq!(names[..3], ["Author__code__ix", "Author__code__key", "Author_pkey"]);
    let cut = &names[3];
    assert!(cut.starts_with("Book__an_attribute_with_a_name") && cut.ends_with("__ix") && cut.len() == 63, "{cut}");
    assert_eq!(names[4..], ["Book__author__fk__fk__ix", "Book__author__fk__ix", "Book__title__ix", "Book__title__ux", "Book_pkey"]);
    database.execute(
        "INSERT INTO public.\"Book\" (title, __stamp, __timestamp) SELECT 'Title ' || n, 1, now() FROM generate_series(1, 5000) AS n; ANALYZE",
    );
    let plan = |sql: &str| texts(&database, &format!("EXPLAIN {sql}")).join("\n");
    let fold = "(claviger.clv_fold(b.title) COLLATE \"C\")";
    let found = plan(&format!("SELECT 1 FROM public.\"Book\" AS b WHERE {fold} = 'title 7'"));
    assert!(found.contains("Book__title__ix"), "{found}");
    let found = plan(&format!(
        "SELECT 1 FROM public.\"Book\" AS b ORDER BY {fold} NULLS FIRST, (b.title COLLATE \"C\") NULLS FIRST, b.\"ID\" LIMIT 5"
    ));
    assert!(found.contains("Book__title__ix"), "{found}");
    let found = plan(&format!(
        "SELECT 1 FROM public.\"Book\" AS b ORDER BY {fold} DESC NULLS LAST, (b.title COLLATE \"C\") DESC NULLS LAST LIMIT 5"
    ));
    assert!(found.contains("Book__title__ix"), "{found}");
    let found = plan(&format!("SELECT 1 FROM public.\"Book\" AS b WHERE {fold} >= 'title 7' AND {fold} < 'title 8'"));
    assert!(found.contains("Book__title__ix"), "{found}");
    let found = plan("SELECT 1 FROM public.\"Book\" AS b WHERE b.title = 'Title 7'::text");
    assert!(found.contains("Book__title__ux"), "{found}");
    // Nothing to do, until the attribute is indexed no more.
    assert!(bring(&database, classes, false).unwrap().is_empty());
    database.execute("CREATE INDEX mine ON public.\"Book\" (title)");
    let author = json!({ "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author" });
    let code = json!({ "name": "code", "kind": "storage", "type": "string", "primKey": true, "not_null": true });
    let classes =
        json!([{ "name": "Author", "attributes": [code] }, class("Book", &[storage("title", "string"), author, storage(long, "number")])]);
    let steps = bring(&database, classes, false).unwrap();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(steps.iter().all(|step| step.sql.starts_with("DROP INDEX")), "{steps:?}");
    assert_eq!(texts(&database, "SELECT to_regclass('public.mine')::text"), ["public.mine"]);
}

#[test]
fn removals_lose_data_and_are_refused_until_they_are_allowed() {
    let Some(database) = Database::create() else { return };
    bring(&database, json!([class("Book", &[storage("title", "string"), storage("pages", "long")]), class("Gone", &[])]), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (title, pages, __stamp, __timestamp) VALUES ('a', 7, 1, now()), ('b', NULL, 1, now())");
    let wanted = json!([class("Book", &[storage("pages", "string")])]);
    let Err(SchemaError::Destructive(losses)) = bring(&database, wanted.clone(), false) else { panic!("not refused") };
    assert_eq!(
        losses,
        ["table Gone is in no dataclass", "Book.pages changes from integer to text", "column Book.title belongs to no attribute"]
    );
    assert_eq!(texts(&database, "SELECT title FROM public.\"Book\" ORDER BY \"ID\""), ["a", "b"], "nothing was changed");
    bring(&database, wanted, true).unwrap();
    assert_eq!(texts(&database, "SELECT pages FROM public.\"Book\" ORDER BY \"ID\""), ["7", "(null)"]);
    assert_eq!(texts(&database, "SELECT to_regclass('public.\"Gone\"')::text"), ["(null)"]);
}

#[test]
fn names_are_kept_by_match_column_and_match_table() {
    let Some(database) = Database::create() else { return };
    bring(&database, json!([class("Book", &[storage("title", "string")])]), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (title, __stamp, __timestamp) VALUES ('a', 1, now())");
    let renamed = json!([{ "name": "Volume", "matchTable": "Book", "attributes": [
        id(), { "name": "heading", "matchColumn": "title", "kind": "storage", "type": "string" }] }]);
    assert!(bring(&database, renamed, false).unwrap().is_empty());
    // Case alone makes no other name, as in SQLite.
    let steps = bring(&database, json!([class("BOOK", &[storage("Title", "string")])]), false).unwrap();
    assert_eq!(reasons(&steps)[..2], ["table Book is written BOOK", "column BOOK.title is written Title"]);
    assert_eq!(texts(&database, "SELECT \"Title\" FROM public.\"BOOK\""), ["a"]);
    assert!(bring(&database, json!([class("BOOK", &[storage("Title", "string")])]), false).unwrap().is_empty());
}

#[test]
fn mandatory_attributes_need_values() {
    let Some(database) = Database::create() else { return };
    let mandatory = |default: Option<&str>| {
        let mut attribute = json!({ "name": "title", "kind": "storage", "type": "string", "not_null": true });
        if let Some(default) = default {
            attribute["defaultValue"] = default.into();
        }
        json!([class("Book", &[attribute])])
    };
    bring(&database, json!([class("Book", &[])]), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (__stamp, __timestamp) VALUES (1, now())");
    let Err(SchemaError::Impossible(reasons)) = bring(&database, mandatory(None), false) else { panic!("not refused") };
    assert_eq!(reasons, ["Book.title is new and mandatory, but the table has rows: give it a defaultValue or let it be null"]);
    bring(&database, json!([class("Book", &[storage("title", "string")])]), false).unwrap();
    let Err(SchemaError::Impossible(reasons)) = bring(&database, mandatory(None), false) else { panic!("not refused") };
    assert_eq!(reasons, ["Book.title becomes mandatory, but there are rows without value"]);
    bring(&database, mandatory(Some("none")), false).unwrap();
    assert_eq!(texts(&database, "SELECT title FROM public.\"Book\""), ["none"]);
    assert!(database.run(database.client().batch_execute("UPDATE public.\"Book\" SET title = NULL")).is_err());
    bring(&database, json!([class("Book", &[storage("title", "string")])]), false).unwrap();
    database.execute("UPDATE public.\"Book\" SET title = NULL");
}

#[test]
fn whole_numbers_change_their_size_without_loss() {
    let Some(database) = Database::create() else { return };
    let book = |ty: &str| json!([class("Book", &[storage("pages", ty)])]);
    bring(&database, book("word"), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (pages, __stamp, __timestamp) VALUES (300, 1, now())");
    bring(&database, book("long64"), false).unwrap();
    assert_eq!(type_of(&database, "Book", "pages"), ["bigint"]);
    database.execute("UPDATE public.\"Book\" SET pages = 3000000000");
    let Err(SchemaError::Impossible(reasons)) = bring(&database, book("long"), true) else { panic!("not refused") };
    assert_eq!(reasons, ["Book.pages changes from bigint to integer, but there are numbers that are too large for it"]);
    database.execute("UPDATE public.\"Book\" SET pages = 30");
    bring(&database, book("long"), false).unwrap();
    // Every other change is a loss, and what has no value in the new type stops it.
    bring(&database, book("string"), true).unwrap();
    database.execute("UPDATE public.\"Book\" SET pages = 'many'");
    assert!(matches!(bring(&database, book("number"), false), Err(SchemaError::Destructive(_))));
    let Err(SchemaError::Impossible(reasons)) = bring(&database, book("number"), true) else { panic!("not refused") };
    assert!(reasons[0].starts_with("Book.pages changes from text to double precision: invalid input syntax"), "{reasons:?}");
    assert_eq!(texts(&database, "SELECT pages FROM public.\"Book\""), ["many"]);
}

#[test]
fn every_change_of_type_that_is_allowed_keeps_what_can_be_kept() {
    let Some(database) = Database::create() else { return };
    let date = |simple: bool| json!({ "name": "a", "kind": "storage", "type": "date", "simpleDate": simple });
    let decimal = json!({ "name": "a", "kind": "storage", "type": "number", "precision": 9, "scale": 2 });
    for (before, value, after, wanted) in [
        (storage("a", "uuid"), "'00112233-4455-6677-8899-aabbccddeeff'", storage("a", "string"), "00112233445566778899AABBCCDDEEFF"),
        (storage("a", "string"), "'00112233445566778899AABBCCDDEEFF'", storage("a", "uuid"), "00112233-4455-6677-8899-aabbccddeeff"),
        (storage("a", "bool"), "true", storage("a", "word"), "1"),
        (storage("a", "long"), "2", storage("a", "bool"), "true"),
        (storage("a", "number"), "2.75", storage("a", "long"), "2"),
        (storage("a", "number"), "0.1", decimal.clone(), "0.1"),
        (decimal, "12.30", storage("a", "string"), "12.30"),
        (date(false), "'2024-02-29 23:59:59.5+00'", date(true), "2024-02-29"),
        (date(true), "'2024-02-29'", date(false), "2024-02-29 00:00:00+00"),
        (date(false), "'1970-01-01 00:00:01.5+00'", storage("a", "long64"), "1500"),
        (storage("a", "long64"), "1500", date(false), "1970-01-01 00:00:01.5+00"),
        (storage("a", "object"), "'{\"a\": 1}'", storage("a", "string"), "{\"a\": 1}"),
        (storage("a", "string"), "'{\"a\": 1}'", storage("a", "object"), "{\"a\": 1}"),
        (storage("a", "string"), "'é'", storage("a", "blob"), "\\xc3a9"),
        (storage("a", "blob"), "'\\x00ff'", storage("a", "string"), "00ff"),
    ] {
        bring(&database, json!([class("Book", std::slice::from_ref(&before))]), true).unwrap();
        database.execute(&format!("INSERT INTO public.\"Book\" (a, __stamp, __timestamp) VALUES ({value}, 1, now())"));
        bring(&database, json!([class("Book", std::slice::from_ref(&after))]), true).unwrap();
        assert_eq!(texts(&database, "SELECT a::text FROM public.\"Book\""), [wanted], "{before} to {after}");
        bring(&database, json!([]), true).unwrap();
    }
}

#[test]
fn the_key_that_numbers_the_rows_can_come_and_go() {
    let Some(database) = Database::create() else { return };
    let plain = json!({ "name": "ID", "kind": "storage", "type": "long", "not_null": true, "primKey": true });
    let by_hand = json!([{ "name": "Book", "attributes": [plain, storage("title", "string")] }]);
    bring(&database, by_hand.clone(), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (\"ID\", title, __stamp, __timestamp) VALUES (7, 'a', 1, now()), (3, 'b', 1, now())");
    bring(&database, json!([class("Book", &[storage("title", "string")])]), false).unwrap();
    database.execute("INSERT INTO public.\"Book\" (title, __stamp, __timestamp) VALUES ('c', 1, now())");
    let all = "SELECT concat(\"ID\", title) FROM public.\"Book\" ORDER BY \"ID\"";
    assert_eq!(texts(&database, all), ["3b", "7a", "8c"]);
    bring(&database, by_hand.clone(), false).unwrap();
    assert!(bring(&database, by_hand, false).unwrap().is_empty());
    assert_eq!(texts(&database, all), ["3b", "7a", "8c"]);
    assert_eq!(texts(&database, "SELECT __recno::text FROM public.\"Book\" ORDER BY 1"), ["1", "2", "3"]);
    assert!(database.run(database.client().batch_execute("INSERT INTO public.\"Book\" (__stamp, __timestamp) VALUES (1, now())")).is_err());
}

#[test]
fn a_dry_run_changes_nothing_and_tells_what_a_start_would_do() {
    let Some(database) = Database::create() else { return };
    let wanted = model(json!([class("Book", &[storage("title", "string")])]));
    let plan = database.run(plan_migration(database.client(), &wanted, "public")).unwrap();
    assert_eq!(reasons(&plan), ["functions of the product", "new table Book"]);
    assert_eq!(texts(&database, "SELECT count(*)::text FROM pg_namespace WHERE nspname = 'claviger'"), ["0"]);
    let mut client = database.connect();
    let done = database.run(migrate(&mut client, &wanted, "public", false)).unwrap();
    assert_eq!(done, plan);
    // Another schema, made when it is not there; other tables are no business of ours.
    let done = database.run(migrate(&mut client, &wanted, "App's", false)).unwrap();
    assert_eq!(reasons(&done), ["new schema App's", "new table Book"]);
    assert_eq!(owned_layout(&wanted, "App's").class(wanted.find("Book").unwrap().id).table_sql(), "\"App's\".\"Book\"");
    let name = "n".repeat(64);
    let Err(SchemaError::Impossible(reasons)) = bring(&database, json!([class(&name, &[])]), true) else { panic!("not refused") };
    assert_eq!(reasons, [format!("the name of table {name} has more than 63 bytes: give the dataclass a matchTable")]);
}

#[test]
fn servers_that_start_at_once_do_not_race() {
    let Some(database) = Database::create() else { return };
    let wanted = model(json!([class("Book", &[json!({ "name": "title", "kind": "storage", "type": "string", "indexed": true })])]));
    let mut clients: Vec<_> = (0..4).map(|_| database.connect()).collect();
    let [a, b, c, d] = clients.as_mut_slice() else { panic!("four") };
    let steps = database.run(async {
        tokio::join!(
            migrate(a, &wanted, "public", false),
            migrate(b, &wanted, "public", false),
            migrate(c, &wanted, "public", false),
            migrate(d, &wanted, "public", false),
        )
    });
    let counts = [steps.0, steps.1, steps.2, steps.3].map(|steps| steps.unwrap().len());
    assert_eq!(counts.iter().sum::<usize>(), 3, "{counts:?}: functions, table and index, once");
}

#[test]
fn stamps_have_a_table_that_remembers_the_first_sight() {
    let Some(database) = Database::create() else { return };
    let mut client = database.connect();
    assert!(!database.run(stamps::is_prepared(&client)).unwrap());
    assert_eq!(database.run(stamps::prepare(&mut client, 5)).unwrap(), 5);
    assert_eq!(database.run(stamps::prepare(&mut client, 9)).unwrap(), 5);
    assert!(database.run(stamps::is_prepared(&client)).unwrap());
    assert_eq!(texts(&database, "SELECT count(*)::text FROM claviger.__claviger_stamps"), ["0"]);
    // What the server keeps for itself is no part of the model.
    let (model, _) = database.run(attach_model(&client, "test", &["*".to_owned()])).unwrap();
    assert!(model.dataclasses().is_empty());
}

#[test]
fn text_of_large_tables_without_an_index_on_its_fold_is_named() {
    let Some(database) = Database::create() else { return };
    database.execute(
        "CREATE TABLE public.books (id text PRIMARY KEY, \"Title\" varchar(80), indexed text, kind char(2), pages integer);
         INSERT INTO public.books SELECT n, 'Title ' || n, n, 'ab', n FROM generate_series(1, 1000) AS n;
         CREATE TABLE public.small (id integer PRIMARY KEY, word text);
         CREATE VIEW public.seen AS SELECT * FROM public.books",
    );
    let mut client = database.connect();
    let (model, _) = database.run(attach_model(&client, "test", &[])).unwrap();
    let hints = |schema: &'static str| {
        let layout = database.run(attached_layout(database.client(), &model, &[], schema, AttachedStamps::Hash, 0)).unwrap();
        database.run(fold_hints(database.client(), &model, &layout)).unwrap()
    };
    // No index can use functions of a connection.
    assert!(hints("pg_temp").is_empty());
    database.run(stamps::prepare(&mut client, 0)).unwrap();
    database.execute("CREATE INDEX ON public.books (claviger.clv_fold(indexed))");
    let found = hints("claviger");
    let [hint] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((hint.attribute.as_str(), hint.rows), ("books.Title", 1000));
    database.execute(&hint.sql);
    assert!(hints("claviger").is_empty(), "the index that was named serves");
    database.execute("ANALYZE");
    let plan = texts(&database, "EXPLAIN SELECT 1 FROM public.books AS b WHERE (claviger.clv_fold(b.\"Title\") COLLATE \"C\") = 'title 7'")
        .join("\n");
    assert!(plan.contains("books__Title__fold"), "{plan}");
}
