//! `claviger client types`: typed classes for the client libraries, of what a key can reach.

mod model;
mod names;
mod python;
mod rust;
mod typescript;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use claviger_client::DataStore;

use crate::output;
use crate::remote::{self, Remote, failure};

use model::Model;
use python::Form;

#[derive(Subcommand)]
pub(crate) enum Client {
    /// Prints typed classes of what a key can reach, for the client library of a language.
    Types(Types),
}

#[derive(Args)]
pub(crate) struct Types {
    #[command(flatten)]
    remote: Remote,
    /// Of which client library: TypeScript, Python or Rust.
    #[arg(long, value_enum)]
    lang: Language,
    /// For Python: of the asyncio form.
    #[arg(long)]
    asyncio: bool,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    Ts,
    Py,
    #[value(skip)]
    PyAsyncio,
    Rust,
}

impl Client {
    pub(crate) fn run(self) -> Result<()> {
        let Self::Types(types) = self;
        let Some(language) = types.lang.in_form(types.asyncio) else { bail!("--asyncio is for --lang py") };
        let connect = types.remote.connect()?;
        let model = remote::run(async {
            let store = DataStore::open(connect).await.map_err(failure)?;
            let read = async {
                let (catalog, reached) = (store.catalog().await?, store.openapi().await?);
                Ok(Model::of(&catalog, reached.as_ref()))
            };
            let model = read.await.map_err(failure);
            // The session is given back; that this fails changes nothing.
            let _ = store.close().await;
            model
        })?;
        let text = language.written(&model);
        match &types.output {
            None => output::line(text.trim_end()),
            Some(file) => std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?,
        }
        Ok(())
    }
}

impl Language {
    fn in_form(self, is_asyncio: bool) -> Option<Self> {
        match (self, is_asyncio) {
            (Self::Py, true) => Some(Self::PyAsyncio),
            (_, true) => None,
            (language, false) => Some(language),
        }
    }

    fn written(self, model: &Model) -> String {
        match self {
            Self::Ts => typescript::written(model),
            Self::Py => python::written(model, Form::Sync),
            Self::PyAsyncio => python::written(model, Form::Asyncio),
            Self::Rust => rust::written(model),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use claviger_client::Catalog;
    use serde_json::json;

    use super::*;

    /// What a server could send that wants its words to become a program's.
    fn hostile() -> Catalog {
        let bad = "x*/\"\"\"'`${1}\\\n};evil();//\u{202e}\u{2028}\r#{}";
        serde_json::from_value(json!({
            "__NAME": bad,
            "methods": [{ "name": bad, "applyTo": "dataStore" }, { "name": "close", "applyTo": "dataStore" }, { "name": "class", "applyTo": "dataStore" }],
            "dataClasses": [
                { "name": bad, "collectionName": "EvilSelection", "key": [{ "name": bad }], "attributes": [
                    { "name": bad, "kind": "storage", "type": "string", "not_null": true },
                    { "name": "kind", "kind": bad, "type": bad, "path": bad },
                    { "name": "wicked", "kind": "relatedEntity", "type": bad } ],
                  "methods": [{ "name": bad, "applyTo": "entity" }, { "name": bad, "applyTo": "entityCollection" }, { "name": bad, "applyTo": bad }] },
                { "name": "class", "collectionName": "classSelection", "key": [{ "name": "type" }], "attributes": [
                    { "name": "type", "kind": "storage", "type": "string", "identifying": true },
                    { "name": "self", "kind": "storage", "type": "long" },
                    { "name": "None", "kind": "storage", "type": "bool" },
                    { "name": "property", "kind": "storage", "type": "date", "simpleDate": true },
                    { "name": "save", "kind": "storage", "type": "string" },
                    { "name": "key", "kind": "storage", "type": "string" },
                    { "name": "constructor", "kind": "storage", "type": "string" },
                    { "name": "then", "kind": "storage", "type": "string" },
                    { "name": "fullName", "kind": "storage", "type": "string" },
                    { "name": "full_name", "kind": "storage", "type": "string" },
                    { "name": "int", "kind": "storage", "type": "image" },
                    { "name": "__proto__", "kind": "storage", "type": "string" },
                    { "name": "Société 2", "kind": "storage", "type": "number" },
                    { "name": "2nd", "kind": "storage", "type": "long64" },
                    { "name": "", "kind": "storage", "type": "long64" },
                    { "name": "日本", "kind": "storage", "type": "duration" },
                    { "name": "others", "kind": "relatedEntities", "type": "OptionSelection", "path": "type" } ],
                  "methods": [{ "name": "fn", "applyTo": "entity" }, { "name": "lambda", "applyTo": "dataClass" }, { "name": "type", "applyTo": "entity" }] },
                { "name": "Option", "collectionName": "OptionSelection", "key": [], "attributes": [
                    { "name": "Vec", "kind": "alias", "type": "class", "path": "x", "readOnly": true },
                    { "name": "lost", "kind": "relatedEntity", "type": "Nowhere" } ] },
                { "name": "OptionSelection", "collectionName": "x", "key": [], "attributes": [] },
                { "name": "Date", "collectionName": "DateSelection", "key": [], "attributes": [{ "name": "Date", "kind": "storage", "type": "date" }] },
                { "name": "String", "collectionName": "StringSelection", "key": [], "attributes": [{ "name": "String", "kind": "storage", "type": "object" }] },
                { "name": "Model", "collectionName": "ModelSelection", "key": [], "attributes": [{ "name": "blob", "kind": "storage", "type": "blob" }] },
                { "name": "close", "collectionName": "closeSelection", "key": [], "attributes": [] },
                { "name": "Datastore", "collectionName": "D", "key": [], "attributes": [{ "name": "Self", "kind": "storage", "type": "uuid" }] } ] }))
        .unwrap()
    }

    #[test]
    fn a_hostile_catalog_makes_files_that_hold_only_names() {
        let model = Model::of(&hostile(), None);
        for (language, file) in [
            (Language::Ts, "clients/typescript/test/types/hostile.ts"),
            (Language::Py, "clients/python/tests/types/hostile.py"),
            (Language::PyAsyncio, "clients/python/tests/types/hostile_aio.py"),
            (Language::Rust, "crates/client/tests/types/hostile.rs"),
        ] {
            let made = language.written(&model);
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
            if std::env::var_os("WRITE_TYPES").is_some() {
                std::fs::write(&path, &made).unwrap();
            }
            // The suites of the client libraries compile it.
            assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), made, "{file}: look at what differs, then set WRITE_TYPES");
            assert!(!made.contains(['\u{202e}', '\u{2028}', '\r']), "{file}");
            assert!(made.lines().all(|line| !line.starts_with("};evil")), "{file}");
        }
    }

    #[test]
    fn what_the_key_does_not_reach_is_left_out() {
        let catalog: Catalog = serde_json::from_value(json!({
            "methods": [{ "name": "hello", "applyTo": "dataStore" }, { "name": "secret", "applyTo": "dataStore" }],
            "dataClasses": [
                { "name": "Book", "key": [{ "name": "ID" }], "methods": [{ "name": "a", "applyTo": "entity" }, { "name": "b", "applyTo": "entity" }],
                  "attributes": [{ "name": "ID", "kind": "storage", "type": "long" }, { "name": "title", "kind": "storage", "type": "string" },
                    { "name": "price", "kind": "storage", "type": "number" }] },
                { "name": "Loan", "key": [{ "name": "ID" }], "attributes": [] } ] }))
        .unwrap();
        let reached = json!({
            "paths": { "/rest/$catalog/hello": {}, "/rest/Book({key})/a": {} },
            "components": { "schemas": { "Book": { "properties": { "ID": { "readOnly": true }, "title": {} } } } } });
        let model = Model::of(&catalog, Some(&reached));
        let names: Vec<_> = model.classes.iter().map(|class| class.name.as_str()).collect();
        assert_eq!((names, model.functions), (vec!["Book"], vec!["hello".to_owned()]));
        let book = &model.classes[0];
        let attributes: Vec<_> = book.attributes.iter().map(|attribute| (attribute.name.as_str(), attribute.is_read_only)).collect();
        assert_eq!(attributes, [("ID", true), ("title", false)]);
        assert_eq!(book.of_entities, ["a"]);
    }
}
