//! Existing databases in PostgreSQL: model and layout (settlements "Attached databases", "Column to type").
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "support/postgres.rs"]
mod postgres;

use claviger_model::{Dataclass, DateForm, IndexKind, Integrity, Key, Kind, Model, Problem, StorageType};
use claviger_store::layout::{AttachedStamps, Layout, StampSource};
use claviger_store::postgres::introspect::{ALL_SCHEMAS, attach_model, attached_layout};
use claviger_store::postgres::types::PgType;
use claviger_store::schema::SchemaError;
use postgres::Database;

fn sample() -> Option<Database> {
    let database = Database::create()?;
    database.execute(include_str!("support/every_type.sql"));
    Some(database)
}

fn attach(database: &Database, schemas: &[&str]) -> (Model, Vec<Problem>) {
    let schemas: Vec<String> = schemas.iter().map(|name| (*name).to_owned()).collect();
    database.run(attach_model(database.client(), "sample", &schemas)).unwrap()
}

fn layout(database: &Database, model: &Model, schemas: &[&str], stamps: AttachedStamps) -> Result<Layout, SchemaError> {
    let schemas: Vec<String> = schemas.iter().map(|name| (*name).to_owned()).collect();
    database.run(attached_layout(database.client(), model, &schemas, "claviger", stamps, 77))
}

fn class_names(model: &Model) -> Vec<&str> {
    model.dataclasses().iter().map(|class| class.name.as_str()).collect()
}

fn attribute_names(class: &Dataclass) -> Vec<&str> {
    class.attributes.iter().map(|attribute| attribute.name.as_str()).collect()
}

#[test]
fn every_column_has_its_type() {
    let Some(database) = sample() else { return };
    let (model, problems) = attach(&database, &[]);
    let layout = layout(&database, &model, &[], AttachedStamps::Hash).unwrap();
    let kinds = model.find("kinds").unwrap();
    let found = |name: &str| {
        let attribute = kinds.find(name).unwrap_or_else(|| panic!("{name}"));
        let storage = attribute.storage().unwrap();
        (storage.ty, layout.class(kinds.id).types[usize::from(attribute.id.0)].unwrap(), attribute.read_only)
    };
    for (name, ty, pg) in [
        ("id", StorageType::Long, PgType::Int),
        ("small", StorageType::Word, PgType::Int),
        ("whole", StorageType::Long, PgType::Int),
        ("big", StorageType::Long64, PgType::Int),
        ("single", StorageType::Number, PgType::Float4),
        ("double", StorageType::Number, PgType::Float8),
        ("exact", StorageType::Number, PgType::Numeric),
        ("any_digits", StorageType::Number, PgType::Numeric),
        ("truth", StorageType::Bool, PgType::Bool),
        ("token", StorageType::Uuid, PgType::Uuid),
        ("day", StorageType::Date, PgType::Date),
        ("local", StorageType::Date, PgType::Timestamp),
        ("at", StorageType::Date, PgType::TimestampTz),
        ("clock", StorageType::Duration, PgType::Span),
        ("span", StorageType::Duration, PgType::Span),
        ("plain", StorageType::Object, PgType::Json),
        ("document", StorageType::Object, PgType::Jsonb),
        ("numbers", StorageType::Object, PgType::Array),
        ("grid", StorageType::Object, PgType::Array),
        ("bytes", StorageType::Blob, PgType::Bytea),
        ("words", StorageType::String, PgType::Text),
        ("short", StorageType::String, PgType::Text),
        ("code", StorageType::String, PgType::AsText),
        ("feels", StorageType::String, PgType::AsText),
        ("feels_too", StorageType::String, PgType::AsText),
        ("years", StorageType::Long, PgType::Int),
        ("grown", StorageType::Long, PgType::Int),
        ("costs", StorageType::Number, PgType::Numeric),
        ("places", StorageType::Object, PgType::Array),
    ] {
        assert_eq!(found(name), (ty, pg, false), "{name}");
    }
    for name in ["host", "bits", "period", "home", "money", "internal", "zoned"] {
        assert_eq!(found(name), (StorageType::String, PgType::AsText, true), "{name}");
        let path = format!("kinds.{name}");
        assert!(problems.iter().any(|problem| problem.path == path && problem.code == "read-only-type"), "{name}");
    }
    let storage = |name: &str| kinds.find(name).unwrap().storage().unwrap();
    assert!(storage("day").simple_date && !storage("at").simple_date);
    assert_eq!(storage("at").date_form, DateForm::Native);
    assert_eq!(
        ["exact", "any_digits", "thousands", "fractions", "costs"].map(|name| storage(name).decimal.unwrap()),
        [(10, 2), (0, 0), (5, 0), (0, 0), (8, 2)]
    );
    let doubled = kinds.find("doubled").unwrap();
    assert!(doubled.read_only && storage("doubled").generated && !storage("doubled").rules.database_default);
    for (name, has_default) in
        [("whole", true), ("truth", true), ("token", true), ("at", true), ("grown", true), ("id", true), ("big", false)]
    {
        assert_eq!(storage(name).rules.database_default, has_default, "{name}");
    }
    assert!(storage("id").rules.autosequence && !storage("whole").rules.autosequence);
    assert!(storage("truth").rules.not_null && storage("grown").rules.not_null && !storage("years").rules.not_null);
    assert!(storage("code").rules.unique && storage("token").rules.unique && !storage("words").rules.unique);
    let indexed: Vec<&str> = ["words", "short", "big", "code"].into_iter().filter(|name| storage(name).index == IndexKind::BTree).collect();
    assert_eq!(indexed, ["words", "code"], "an index over an expression or some rows is none of the column");
}

#[test]
fn keys_relations_and_names() {
    let Some(database) = sample() else { return };
    let (model, problems) = attach(&database, &[]);
    assert_eq!(class_names(&model), ["kinds", "Mixed_Case", "orders", "order_lines", "events", "loose", "by_document", "happy", "counted"]);
    let mixed = model.find("Mixed_Case").unwrap();
    assert_eq!(mixed.table.name, "Mixed Case");
    assert_eq!(attribute_names(mixed), ["Id", "id", "Full_Name", "ordersSelection", "ordersSelection_by", "eventsSelection"]);
    let (upper, lower) = (mixed.find("Id").unwrap(), mixed.find("id").unwrap());
    assert_eq!(mixed.key_attributes(), [upper.id]);
    assert!(upper.read_only && upper.storage().unwrap().rules.autosequence, "the database alone numbers it");
    assert!(!lower.read_only && lower.storage().unwrap().rules.unique && !lower.storage().unwrap().rules.not_null);
    let orders = model.find("orders").unwrap();
    assert_eq!(orders.key, Key::Attributes(vec![orders.find("shop_id").unwrap().id, orders.find("number").unwrap().id]));
    let relation = |class: &str, name: &str| match &model.find(class).unwrap().find(name).unwrap().kind {
        Kind::RelatedEntity(relation) => relation.clone(),
        kind => panic!("{kind:?}"),
    };
    assert_eq!(relation("orders", "mixed").integrity, Integrity::Cascade);
    let by = relation("orders", "by");
    assert_eq!((by.integrity, by.target_key.as_slice()), (Integrity::SetNull, &[lower.id][..]));
    // In the order of the key that is referred to, whatever the foreign key's is.
    let lines = model.find("order_lines").unwrap();
    let order = relation("order_lines", "orders");
    assert_eq!(order.foreign_key, [lines.find("order_shop").unwrap().id, lines.find("order_number").unwrap().id]);
    assert_eq!(order.integrity, Integrity::Reject);
    assert_eq!(relation("events", "mixed").target, mixed.id);
    for name in ["loose", "by_document", "happy", "counted"] {
        let class = model.find(name).unwrap();
        assert!(class.key == Key::None && class.table.read_only && !class.is_writable(), "{name}");
    }
    assert!(problems.iter().any(|problem| problem.path == "loose" && problem.code == "no-key"));
    assert!(problems.iter().any(|problem| problem.path == "by_document.document" && problem.code == "key-type"));
    // What is written is read again as the same model.
    let (again, problems) = Model::from_json(&model.to_json(), "sample").unwrap();
    assert!(problems.iter().all(|problem| !problem.is_error()), "{problems:?}");
    assert_eq!(again.to_json(), model.to_json());
    let layout = layout(&database, &again, &[], AttachedStamps::Side).unwrap();
    let class = |name: &str| layout.class(again.find(name).unwrap().id);
    assert_eq!(
        (class("orders").stamps, class("orders").key.as_slice()),
        (StampSource::Side, &["shop_id".to_owned(), "number".to_owned()][..])
    );
    assert!(
        class("kinds").key_is_rowid
            && class("Mixed_Case").key_is_rowid
            && !class("orders").key_is_rowid
            && !class("order_lines").key_is_rowid
    );
    assert_eq!(class("loose").stamps, StampSource::Constant);
    assert_eq!(class("loose").order, ["ctid"]);
    assert!(class("happy").order.is_empty());
    assert_eq!(class("kinds").table_sql(), "\"public\".\"kinds\"");
    assert_eq!(layout.first_sight(), 77);
}

#[test]
fn several_schemas() {
    let Some(database) = sample() else { return };
    let (model, _) = attach(&database, &["public", "sales"]);
    let (orders, customers) = (model.find("sales_orders").unwrap(), model.find("customers").unwrap());
    assert_eq!((orders.table.name.as_str(), customers.table.name.as_str()), ("sales.orders", "sales.customers"));
    let Kind::RelatedEntity(kind) = &orders.find("kind").unwrap().kind else { panic!("kind") };
    assert_eq!(kind.target, model.find("kinds").unwrap().id);
    let Kind::RelatedEntity(code) = &customers.find("codeKinds").unwrap().kind else { panic!("kind") };
    assert_eq!(model.find("kinds").unwrap().attribute(code.target_key[0]).name, "code");

    // The first schema is the one that needs no name; a relation into a schema that is not served is said.
    let (model, problems) = attach(&database, &["sales"]);
    assert_eq!(class_names(&model), ["orders", "customers"]);
    assert!(problems.iter().any(|problem| problem.path == "orders.kind_id" && problem.code == "foreign-key"));
    let found = layout(&database, &model, &["sales"], AttachedStamps::Hash).unwrap();
    assert_eq!(found.class(model.find("orders").unwrap().id).table_sql(), "\"sales\".\"orders\"");
    assert!(layout(&database, &model, &[], AttachedStamps::Hash).is_err(), "public has no customers");

    let (model, _) = attach(&database, &[ALL_SCHEMAS]);
    assert_eq!(model.find("t_x").unwrap().table.name, "Odd.Name.t.x");
    assert!(model.find("sales_orders").is_some() && model.find("orders").unwrap().table.name == "orders");
    let found = layout(&database, &model, &[], AttachedStamps::Hash).unwrap();
    assert_eq!(found.class(model.find("t_x").unwrap().id).table_sql(), "\"Odd.Name\".\"t.x\"");
}

#[test]
fn the_products_own_tables_are_never_served() {
    let Some(database) = Database::create() else { return };
    for schema in ["claviger", "claviger_control"] {
        database.execute(&format!("CREATE SCHEMA {schema}; CREATE TABLE {schema}.keys (id text PRIMARY KEY)"));
    }
    database.execute("CREATE SCHEMA claviger_controlled; CREATE TABLE claviger_controlled.note (id text PRIMARY KEY)");
    for schemas in [&[ALL_SCHEMAS][..], &["claviger", "claviger_control", "claviger_controlled"]] {
        assert_eq!(class_names(&attach(&database, schemas).0), ["note"], "{schemas:?}");
    }
}

#[test]
fn a_model_that_the_database_does_not_fit_is_refused_with_every_reason() {
    let Some(database) = sample() else { return };
    let text = r#"{ "toJSON": true, "dataClasses": [
        { "name": "Kind", "matchTable": "kinds", "attributes": [
          { "name": "id", "kind": "storage", "type": "long", "primKey": true },
          { "name": "code", "kind": "storage", "type": "string" },
          { "name": "whole", "kind": "storage", "type": "string" },
          { "name": "big", "kind": "storage", "type": "number", "precision": 20, "scale": 0 },
          { "name": "day", "kind": "storage", "type": "date", "simpleDate": false },
          { "name": "words", "kind": "storage", "type": "long" },
          { "name": "colour", "kind": "storage", "type": "string" } ] },
        { "name": "Gone", "attributes": [ { "name": "id", "kind": "storage", "type": "long", "primKey": true } ] } ] }"#;
    let model = Model::from_json(text, "sample").unwrap().0;
    let Err(SchemaError::Impossible(reasons)) = layout(&database, &model, &[], AttachedStamps::Hash) else { panic!("not refused") };
    assert_eq!(
        reasons,
        [
            "Kind.day: the column day is date, which is no date",
            "Kind.words: the column words is text, which is no long",
            "Kind.colour: the table kinds has no column colour",
            "Gone: there is no table Gone"
        ]
    );
}

/// What is written through [`claviger_store::layout::ClassLayout::stored_sql`] is what the column had, and nothing is cut to fit.
#[test]
fn a_stored_value_is_in_the_columns_own_type() {
    let Some(database) = sample() else { return };
    let (model, _) = attach(&database, &[]);
    let layout = layout(&database, &model, &[], AttachedStamps::Hash).unwrap();
    let kinds = model.find("kinds").unwrap();
    let stored = |name: &str| {
        let attribute = kinds.find(name).unwrap();
        let column = &attribute.storage().unwrap().column;
        format!("UPDATE public.kinds SET \"{column}\" = {}", layout.class(kinds.id).stored_sql(attribute.id, "$1"))
    };
    let read = |column: &str| database.value::<Option<String>>(&format!("SELECT \"{column}\"::text FROM public.kinds"), &[]);
    for (name, value, wanted) in [
        ("code", "xy", "xy"),
        ("feels", "sad", "sad"),
        ("feels_too", "ok", "ok"),
        ("short", "1234567890", "1234567890"),
        ("exact", "0.5", "0.50"),
        ("document", "{\"z\":1}", "{\"z\": 1}"),
        ("plain", "{\"z\":1}", "{\"z\":1}"),
        ("numbers", "[3,null,4]", "{3,NULL,4}"),
        ("numbers", "[[1,2],[3,4]]", "{{1,2},{3,4}}"),
        ("grid", "[[\"a,\",\"b\"]]", "{{\"a,\",b}}"),
        ("places", "[\"(3,4)\"]", "{\"(3,4)\"}"),
    ] {
        let statement = stored(name);
        database.execute(&statement.replace("$1", &format!("'{value}'")));
        assert_eq!(read(name).as_deref(), Some(wanted), "{name}");
    }
    for (name, value, wanted) in [
        ("clock", 5_400_500_i64, "01:30:00.5"),
        ("span", 90_061_001, "25:01:01.001"),
        ("span", -1_000, "-00:00:01"),
        ("small", 5, "5"),
        ("years", 5, "5"),
    ] {
        database.execute(&stored(name).replace("$1", &format!("'{value}'")));
        let found = read(name).unwrap();
        assert_eq!(found, wanted, "{name}");
    }
    for (name, value) in [
        ("code", "long"),
        ("short", "12345678901"),
        ("feels", "furious"),
        ("clock", "86400001"),
        ("clock", "-1"),
        ("small", "40000"),
        ("years", "-1"),
        ("grown", "3"),
        ("numbers", "[\"x\"]"),
        ("exact", "123456789.5"),
    ] {
        let refused = database.run(database.client().batch_execute(&stored(name).replace("$1", &format!("'{value}'"))));
        assert!(refused.is_err(), "{name} took {value}");
    }
    for name in ["code", "feels", "document", "numbers", "clock", "span", "exact"] {
        database.execute(&stored(name).replace("$1", "NULL"));
        assert_eq!(read(name), None, "{name}");
    }
}

#[test]
fn a_table_that_may_not_be_read_is_left_out() {
    let Some(database) = sample() else { return };
    let role = format!("{}_reader", database.name());
    database.execute(&format!(
        "CREATE ROLE {role}; GRANT SELECT ON public.loose TO {role}; GRANT USAGE ON SCHEMA public TO {role}; SET ROLE {role}"
    ));
    let (model, problems) = attach(&database, &[]);
    database.execute(&format!("RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(class_names(&model), ["loose"]);
    assert!(problems.iter().any(|problem| problem.path == "kinds" && problem.code == "no-privilege"), "{problems:?}");
}
