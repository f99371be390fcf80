//! Images and blobs: who gets their bytes, who may store some, and what is uploaded (`rest-dialect.md` 14, `roles-privileges.md` 4.4).

use std::sync::Arc;

use bytes::Bytes;
use claviger_access::{Action, Grants, Protected, Roles};
use claviger_model::{Model, Value};
use claviger_query::{
    Answers, Ask, Bearing, Body, ByteSource, Change, Error, ImageFormat, Media, MediaForm, MediaKind, Options, Outcome, Planner, Request,
    SaveItem, Upload, Verb,
};
use serde_json::json;

use crate::support::codes;

const MODEL: &str = r#"{ "dataClasses": [
  { "name": "Author", "attributes": [
    { "name": "ID", "type": "long", "autosequence": true, "primKey": true },
    { "name": "portrait", "type": "image" },
    { "name": "books", "kind": "relatedEntities", "type": "BookSelection", "reversePath": true, "path": "author" },
    { "name": "covers", "kind": "alias", "path": "books.cover" }
  ] },
  { "name": "Book", "attributes": [
    { "name": "ID", "type": "long", "autosequence": true, "primKey": true },
    { "name": "title", "type": "string" },
    { "name": "cover", "type": "image" },
    { "name": "sample", "type": "blob" },
    { "name": "secret", "type": "blob" },
    { "name": "stamp", "type": "image", "readOnly": true },
    { "name": "jacket", "kind": "alias", "path": "cover" },
    { "name": "authorID", "type": "long" },
    { "name": "author", "kind": "relatedEntity", "type": "Author", "path": "Author", "foreignKey": "authorID" },
    { "name": "face", "kind": "alias", "path": "author.portrait" }
  ] },
  { "name": "Hidden", "scope": "publicOnServer", "attributes": [{ "name": "ID", "type": "long", "primKey": true }] }
] }"#;

const ROLES: &str = r#"{
  "restrictedByDefault": true,
  "privileges": [{ "privilege": "all" }, { "privilege": "see" }, { "privilege": "make" }, { "privilege": "back" }],
  "roles": [
    { "role": "Admin", "privileges": ["all", "see", "make"] },
    { "role": "Reader", "privileges": ["see"] },
    { "role": "Maker", "privileges": ["make"] },
    { "role": "Back", "privileges": ["back"] }
  ],
  "permissions": { "allowed": [
    { "applyTo": "ds", "type": "datastore", "read": ["all"], "create": ["all"], "update": ["all"], "drop": ["all"] },
    { "applyTo": "Book", "type": "dataclass", "read": ["see"], "create": ["make"] },
    { "applyTo": "Book.secret", "type": "attribute", "read": ["all"], "update": ["all"] },
    { "applyTo": "Book.sample", "type": "attribute", "update": ["make"] },
    { "applyTo": "Hidden", "type": "dataclass", "read": ["back"], "create": ["back"], "update": ["back"] }
  ] }
}"#;

/// One image and one blob are there, and a body.
#[derive(Debug)]
struct Given;

impl ByteSource for Given {
    fn uploaded(&self, kind: MediaKind, id: &str) -> Option<Bytes> {
        (id == kind.name()).then(|| Bytes::from_static(b"uploaded"))
    }

    fn posted(&self) -> Option<Bytes> {
        Some(Bytes::from_static(b"posted"))
    }
}

fn parts() -> (Arc<Model>, Roles) {
    let (model, _) = Model::from_json(MODEL, "media").unwrap();
    let (roles, _) = Roles::parse(ROLES, &model).unwrap();
    (Arc::new(model), roles)
}

fn plan(role: &str, verb: Verb, url: &str, body: Body) -> Result<Request, Error> {
    let (model, roles) = parts();
    let grants = Grants::for_role(&roles, Some(role), &model);
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    let ask = Ask::parse(verb, path, query)?;
    Planner::new(model, Options::default()).plan_with(&grants, &ask, body, &Given, &Answers::default())?.ready()
}

fn media(role: &str, url: &str) -> Result<Option<Media>, Vec<i64>> {
    match plan(role, Verb::Get, url, None) {
        Ok(Request::Read(plan)) => match plan.outcome() {
            Outcome::Media(media) => Ok(Some(media.clone())),
            _ => Ok(None),
        },
        Ok(other) => panic!("{url}: {other:?}"),
        Err(error) => Err(codes(&error)),
    }
}

/// `path form`, or why not.
fn asked(role: &str, url: &str) -> String {
    let (model, _) = parts();
    match media(role, url) {
        Ok(Some(media)) => {
            let names: Vec<&str> = media.path().iter().map(|at| model.attribute(*at).name.as_str()).collect();
            let form = match media.form() {
                MediaForm::Binary => "binary".to_owned(),
                MediaForm::Stored => "stored".to_owned(),
                MediaForm::Converted(ImageFormat::Png) => "png".to_owned(),
                MediaForm::Converted(other) => format!("{other:?}"),
            };
            format!("{} {form}", names.join("."))
        }
        Ok(None) => "entity".to_owned(),
        Err(codes) => format!("{codes:?}"),
    }
}

/// Attribute and value of the one thing that is saved, `!` and a number behind it when it is denied; or why nothing is.
fn saved(role: &str, url: &str, body: Body) -> String {
    let (model, _) = parts();
    let class = model.find("Book").unwrap();
    match plan(role, Verb::Post, url, body) {
        Ok(Request::Write(Change::Save(save))) => match save.items() {
            [SaveItem::Create(values) | SaveItem::Update { values, .. }] => {
                let one = |assign: &claviger_query::Assign| {
                    let value = match assign.value() {
                        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                        other => format!("{other:?}"),
                    };
                    let denied = assign.denied().map(|error| format!("!{}", error.code())).unwrap_or_default();
                    format!("{}={value}{denied}", class.attribute(assign.attribute()).name)
                };
                values.iter().map(one).collect::<Vec<_>>().join(" ")
            }
            [SaveItem::Refused { error, .. }] => format!("{:?}", codes(error)),
            other => panic!("{other:?}"),
        },
        Ok(other) => panic!("{url}: {other:?}"),
        Err(error) => format!("{:?}", codes(&error)),
    }
}

#[test]
fn what_is_asked_for() {
    for (url, wanted) in [
        ("Book(1)/cover?$imageformat=png&$expand=cover", "cover png"),
        ("Book(1)?$expand=cover&$imageformat=best", "cover stored"),
        ("Book(1)/title?$expand=cover&$imageformat=best", "cover stored"),
        ("Book(1)/cover?$expand=cover&$binary=true&$imageformat=gif", "cover binary"),
        ("Book(1)/sample?$binary=true&$expand=sample", "sample binary"),
        ("Book(1)/sample?$imageformat=gif&$expand=sample", "sample binary"),
        ("Book(1)/jacket?$imageformat=gif&$expand=jacket", "cover Gif"),
        ("Book(1)/face?$imageformat=best&$expand=face", "author.portrait stored"),
        ("Book(1)/cover?$expand=cover", "entity"),
        ("Book(1)/title?$imageformat=best&$expand=title", "[1500, 1804]"),
        ("Book(1)/title?$imageformat=best", "entity"),
        ("Book(1)/cover?$imageformat=x", "[1824]"),
        ("Author(1)?$imageformat=best&$expand=covers", "entity"),
        ("Book?$expand=cover&$imageformat=best", "entity"),
    ] {
        assert_eq!(asked("Admin", url), wanted, "{url}");
    }
}

#[test]
fn bytes_need_the_dataclass_and_the_attribute() {
    assert_eq!(asked("Reader", "Book(1)/sample?$binary=true&$expand=sample"), "sample binary");
    assert_eq!(asked("Reader", "Book(1)/secret?$binary=true&$expand=secret"), "[1607]");
    assert_eq!(asked("Reader", "Author(1)/portrait?$imageformat=best&$expand=portrait"), "[1557]");
    // An alias has a permission of its own, whatever it reads.
    assert_eq!(asked("Reader", "Book(1)/face?$imageformat=best&$expand=face"), "author.portrait stored");
    // Who may not read is not told what else is wrong.
    assert_eq!(asked("Maker", "Book(1)/cover?$imageformat=x"), "[1557]");
}

#[test]
fn images_of_many_entities_are_no_value() {
    let (model, _) = parts();
    let Ok(Request::Read(plan)) = plan("Admin", Verb::Get, "Author(1)", None) else { panic!("no read") };
    let Outcome::Entity(projection) = plan.outcome() else { panic!("no entity") };
    let names: Vec<&str> = projection.fields().iter().map(claviger_query::Field::name).collect();
    assert_eq!(names, ["ID", "portrait", "books"]);
    assert!(model.find("Author").unwrap().find("covers").is_some());
}

#[test]
fn uploads_are_saved_by_reference() {
    let update = |role: &str, body| saved(role, "Book(1)?$method=update", Some(body));
    assert_eq!(update("Admin", json!({ "cover": { "ID": "image" }, "sample": { "ID": "blob" } })), "cover=uploaded sample=uploaded");
    assert_eq!(update("Admin", json!({ "jacket": { "ID": "image" } })), "cover=uploaded");
    assert_eq!(update("Admin", json!({ "face": { "ID": "image" }, "stamp": { "ID": "image" } })), "");
    assert_eq!(update("Admin", json!({ "cover": { "ID": "blob" } })), "[1825, 1517]");
    assert_eq!(update("Admin", json!({ "sample": { "ID": "image" } })), "[1826, 1517]");
    assert_eq!(update("Admin", json!({ "cover": null, "sample": { "uri": "x" } })), "cover=Null");
    assert_eq!(update("Admin", json!({ "cover": { "__deferred": { "uri": "x" }, "ID": "nothing" } })), "");
    let create = |role: &str, body| saved(role, "Book", Some(body));
    assert_eq!(create("Maker", json!({ "cover": { "ID": "image" } })), "cover=uploaded");
    assert_eq!(create("Maker", json!({ "cover": { "ID": "gone" } })), "[1825, 1534]");
    assert_eq!(create("Reader", json!({ "cover": { "ID": "image" } })), "[1559, 1534]");
}

#[test]
fn bytes_posted_to_an_attribute() {
    let post = |role: &str, url: &str| saved(role, url, None);
    assert_eq!(post("Admin", "Book(1)/cover?$rawPict=true"), "cover=posted");
    assert_eq!(post("Admin", "Book(1)/jacket?$rawPict=image/png&$method=update"), "cover=posted");
    assert_eq!(post("Admin", "Book(1)/sample?$binary=true"), "sample=posted");
    assert_eq!(post("Admin", "Book(1)/stamp?$rawPict"), "");
    assert_eq!(post("Admin", "Book(1)/face?$rawPict"), "");
    assert_eq!(post("Admin", "Book(1)/sample?$rawPict=true"), "[1806]");
    assert_eq!(post("Admin", "Book(1)/title?$binary=true"), "[1806]");
    assert_eq!(post("Admin", "Book:title(x)/cover?$rawPict=true"), "[1813]");
    assert_eq!(post("Reader", "Book(1)/cover?$rawPict=true"), "[1558, 1517]");
    assert_eq!(post("Reader", "Book(1)/secret?$binary=true"), "[1558, 1517]");
    assert_eq!(post("Maker", "Book(1)/cover?$rawPict=true"), "[1557, 1517]");
    assert_eq!(post("Maker", "Book(1)/nothing?$rawPict=true"), "[1557]");
}

#[test]
fn who_may_save_something_may_upload() {
    let upload = |role: &str, verb, url: &str| match plan(role, verb, url, None) {
        Ok(Request::Upload(upload)) => Ok((Upload::kind(upload), upload.seconds())),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(codes(&error)),
    };
    assert_eq!(upload("Admin", Verb::Post, "$upload?$rawPict=true"), Ok((MediaKind::Image, 120)));
    assert_eq!(upload("Maker", Verb::Post, "$upload/?$binary=true&$timeout=9"), Ok((MediaKind::Blob, 9)));
    assert_eq!(upload("Maker", Verb::Post, "%24Upload?$rawPict=image/png&$binary=true"), Ok((MediaKind::Image, 120)));
    assert_eq!(upload("Maker", Verb::Post, "$upload"), Err(vec![1806]));
    assert_eq!(upload("Maker", Verb::Post, "$upload?$rawPict=text/html"), Err(vec![1824]));
    assert_eq!(upload("Maker", Verb::Get, "$upload?$binary=true"), Err(vec![1813]));
    // What is not exposed counts for nothing.
    for role in ["Reader", "Back", "Nobody"] {
        assert_eq!(upload(role, Verb::Post, "$upload?$binary=true"), Err(vec![1558]), "{role}");
    }
}

#[test]
fn explanations_take_uploads_to_be_there() {
    let (model, roles) = parts();
    let asked = |role: &str, url: &str, body| {
        let grants = Grants::for_role(&roles, Some(role), &model);
        let (path, query) = url.split_once('?').unwrap();
        Ask::parse(Verb::Post, path, Some(query)).unwrap().plan_asked(&model, &grants, &Options::default(), body, true)
    };
    let told = |asked: Vec<claviger_query::Asked>| {
        asked
            .into_iter()
            .filter(|one| one.bearing != Bearing::Sent)
            .map(|one| (one.action, matches!(one.on, Protected::Attribute(_)), one.allowed, one.bearing))
            .collect::<Vec<_>>()
    };
    let (planned, rules) = asked("Maker", "Book?$method=update", Some(json!({ "cover": { "ID": "whatever" } })));
    assert!(matches!(planned, Ok(Request::Write(_))));
    assert_eq!(told(rules), [(Action::Create, false, true, Bearing::Needed), (Action::Create, true, true, Bearing::Needed)]);
    let (planned, rules) = asked("Maker", "$upload?$binary=true", None);
    assert!(matches!(planned, Ok(Request::Upload(_))));
    assert_eq!(told(rules), [(Action::Create, false, true, Bearing::Needed)]);
    let (planned, rules) = asked("Reader", "$upload?$binary=true", None);
    assert_eq!(codes(&planned.unwrap_err()), [1558]);
    assert_eq!(rules.len(), 4, "each dataclass that exists for the caller");
    assert!(rules.iter().all(|rule| !rule.allowed));
    let (planned, _) = asked("Admin", "Book(1)/cover?$rawPict=true", None);
    assert!(matches!(planned, Ok(Request::Write(_))));
}
