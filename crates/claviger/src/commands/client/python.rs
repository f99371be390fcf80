//! For `clients/python`: classes that a type checker takes the objects of the library for. Nothing of them exists at run time but their names.

use std::fmt::Write as _;

use super::model::{Attribute, Class, Kind, Model};
use super::names::{Names, comment, is_word, word};

/// Reserved words, and names that the file uses.
const TAKEN: &str = "False None True and as assert async await break class continue def del elif else except finally for from global if import in is \
                     lambda nonlocal not or pass raise return try while with Datastore typed annotations";
/// What is made of each dataclass.
const ENDINGS: [&str; 3] = ["", "Selection", "Class"];

/// Which form of the library the file is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Sync,
    /// Functions are awaited, and members ask for nothing.
    Asyncio,
}

/// Members of the library's objects in the asyncio form besides those of the other.
const OF_ASYNCIO: &str = "address ask_lock asked bytes collected described described_info drop_row drop_row_if has_text_key key_json last_catalog \
                          of_collection of_rows row save_row shape single_key single_key_or_none typed unsaved wire write_many";

/// Members of the library's objects: attributes and functions of these names are reached by name only.
const OF_ENTITIES: &str = "bytes call clone dataclass diff drop first from_object has index is_locked is_new key last lock next previous related \
                           related_selection reload save selection set stamp timestamp to_object touched touched_attributes unlock value";
const OF_SELECTIONS: &str = "add and_ at average call close contains count dataclass distinct drop explained extract first index_of is_ordered last length \
                             load max min minus or_ order_by page_size query query_path query_plan related select set_id slice sum to_collection \
                             to_dataframe";
const OF_CLASSES: &str = "all attribute call call_entity from_collection get get_count get_info info name new new_selection query store";
const OF_DATASTORES: &str = "call call_singleton catalog close dataclass dataclasses flush get_info get_request_log local_id refresh_catalog \
                             start_request_log stop_request_log transaction upload upload_image warnings";

const HEAD: &str = "
from __future__ import annotations

import builtins as _b
import datetime as _dt
import decimal as _decimal
import typing as _t
from collections.abc import Iterable as _Iterable

import claviger as _c
";
const OF_SYNC: &str = "import claviger.typed as _typed


def typed(ds: _c.DataStore) -> Datastore:
    \"\"\"The same datastore, with the types of this file: `with typed(open_datastore(…)) as ds:`.\"\"\"
    return _t.cast(\"Datastore\", ds)
";
const OF_AWAITED: &str = "import claviger.aio as _aio
import claviger.typed_aio as _typed


def typed(ds: _aio.DataStore) -> Datastore:
    \"\"\"The same datastore, with the types of this file: `async with typed(await open_datastore(…)) as ds:`.\"\"\"
    return _t.cast(\"Datastore\", ds)
";

impl Form {
    fn option(self) -> &'static str {
        if self == Self::Sync { "" } else { " --asyncio" }
    }

    fn head(self) -> &'static str {
        if self == Self::Sync { OF_SYNC } else { OF_AWAITED }
    }

    fn function(self, name: &str) -> String {
        let awaited = if self == Self::Sync { "" } else { "async " };
        format!(
            "        {awaited}def {name}(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...\n"
        )
    }

    /// Adds a member, or a comment that says how to reach what cannot be one.
    fn member(self, members: &mut Vec<String>, name: &str, taken: &str, otherwise: &str, write: impl FnOnce(&str) -> String) {
        let is = |words: &str| words.split_whitespace().any(|word| word == name);
        let is_taken = is(TAKEN_WORDS) || is(taken) || self == Self::Asyncio && is(OF_ASYNCIO);
        if is_word(name) && !is_taken {
            members.push(write(name));
        } else {
            members.push(format!("        # '{}': by name, with {otherwise}\n", comment(name)));
        }
    }
}

pub(super) fn written(model: &Model, form: Form) -> String {
    let mut names = Names::without(TAKEN.split_whitespace());
    let types: Vec<String> = model.classes.iter().map(|class| names.take_with(&word(&class.name), &ENDINGS)).collect();
    let mut out = format!(
        "\"\"\"Made by `claviger client types --lang py{}`: what one API key reaches of the datastore '{}'.\n\n\
         Make it anew when the model or the rights of the key have changed.\n\"\"\"\n{HEAD}{}",
        form.option(),
        comment(&model.name),
        form.head()
    );
    for (class, name) in model.classes.iter().zip(&types) {
        write_entity(&mut out, form, class, name, &types);
        write_selection(&mut out, form, class, name, &types);
        write_dataclass(&mut out, form, class, name);
    }
    let mut members = Vec::new();
    for (class, name) in model.classes.iter().zip(&types) {
        form.member(&mut members, &class.name, OF_DATASTORES, "ds", |name_of| {
            property(name_of, &format!("_{name}Class"), &comment(&class.name))
        });
    }
    // A dataclass comes before a function of its name.
    let functions = model.functions.iter().filter(|name| model.classes.iter().all(|class| class.name != **name));
    functions.for_each(|name| form.member(&mut members, name, OF_DATASTORES, "ds.call", |name| form.function(name)));
    write_type(&mut out, "Datastore(_typed.DataStore)", &format!("The datastore '{}'.", comment(&model.name)), &members);
    // Names that no attribute can hide.
    out.push_str("\n\n");
    for name in &types {
        let _ = writeln!(out, "_{name} = {name}\n_{name}Selection = {name}Selection\n_{name}Class = {name}Class");
    }
    out
}

fn write_entity(out: &mut String, form: Form, class: &Class, name: &str, types: &[String]) {
    let mut members = Vec::new();
    for attribute in &class.attributes {
        match (form, attribute.kind) {
            // Members ask for nothing.
            (Form::Asyncio, Kind::Many(_)) => {
                members.push(format!("        # '{}': by name, with await entity.related_selection\n", comment(&attribute.name)));
            }
            _ => form.member(&mut members, &attribute.name, OF_ENTITIES, "entity", |name| attribute_of(form, attribute, name, types)),
        }
    }
    for of in &class.of_entities {
        form.member(&mut members, of, OF_ENTITIES, "entity.call", |name| form.function(name));
    }
    if form == Form::Asyncio {
        let one = |attribute: &Attribute| match attribute.kind {
            Kind::One(Some(target)) => types.get(target).map(|name| format!("_{name} | None")),
            _ => None,
        };
        let many = |attribute: &Attribute| match attribute.kind {
            Kind::Many(Some(target)) => types.get(target).map(|name| format!("_{name}Selection")),
            _ => None,
        };
        members.extend(by_name("related", "relation", class, one));
        members.extend(by_name("related_selection", "relation", class, many));
    }
    let key = if class.key.is_empty() { "without key".to_owned() } else { format!("key {}", class.key.join(", ")) };
    write_type(out, &format!("{name}(_typed.Entity)"), &comment(&format!("An entity of {}, {key}.", class.name)), &members);
}

fn write_selection(out: &mut String, form: Form, class: &Class, name: &str, types: &[String]) {
    let mut members = Vec::new();
    for attribute in class.attributes.iter().filter(|_| form == Form::Sync) {
        let all = match attribute.kind {
            Kind::One(target) | Kind::Many(target) => related(form, target, types, "Selection"),
            kind => format!("_b.list[{}]", or_none(plain(kind), attribute.is_null)),
        };
        let about = format!("Of each entity: {}", comment(&attribute.about));
        form.member(&mut members, &attribute.name, OF_SELECTIONS, "selection.extract", |name| property(name, &all, &about));
    }
    for of in &class.of_selections {
        form.member(&mut members, of, OF_SELECTIONS, "selection.call", |name| form.function(name));
    }
    if form == Form::Asyncio {
        let values = |attribute: &Attribute| match attribute.kind {
            Kind::One(_) | Kind::Many(_) => None,
            kind => Some(format!("_b.list[{}]", or_none(plain(kind), attribute.is_null))),
        };
        let entities = |attribute: &Attribute| match attribute.kind {
            Kind::One(target @ Some(_)) | Kind::Many(target @ Some(_)) => Some(related(form, target, types, "Selection")),
            _ => None,
        };
        members.extend(by_name("extract", "attribute", class, values));
        members.extend(by_name("related", "relation", class, entities));
    }
    let about = comment(&format!("Entities of {}.", class.name));
    write_type(out, &format!("{name}Selection(_typed.Selection[\"_{name}\"])"), &about, &members);
}

fn write_dataclass(out: &mut String, form: Form, class: &Class, name: &str) {
    let mut members = Vec::new();
    for attribute in &class.attributes {
        let about = format!("Description: {}", comment(&attribute.about));
        form.member(&mut members, &attribute.name, OF_CLASSES, "dataclass.attribute", |name| property(name, "_c.AttributeInfo", &about));
    }
    for of in &class.of_dataclass {
        form.member(&mut members, of, OF_CLASSES, "dataclass.call", |name| form.function(name));
    }
    let base = format!("{name}Class(_typed.Dataclass[\"_{name}\", \"_{name}Selection\"])");
    write_type(out, &base, &comment(&format!("The dataclass {}.", class.name)), &members);
}

fn write_type(out: &mut String, head: &str, about: &str, members: &[String]) {
    let _ = write!(out, "\n\nclass {head}:\n    \"\"\"{about}\"\"\"\n");
    if members.iter().any(|member| !member.trim_start().starts_with('#')) {
        out.push_str("\n    if _t.TYPE_CHECKING:\n");
    }
    for member in members {
        out.push_str(member);
    }
}

/// Words that cannot be members, however they are reached.
const TAKEN_WORDS: &str = "False None True and as assert async await break class continue def del elif else except finally for from global if import in is \
                           lambda nonlocal not or pass raise return try while with";

fn attribute_of(form: Form, attribute: &Attribute, name: &str, types: &[String]) -> String {
    let about = comment(&attribute.about);
    let (gives, takes) = match attribute.kind {
        Kind::Many(target) => (related(form, target, types, "Selection"), None),
        Kind::One(target) => {
            let entity = related(form, target, types, "");
            let gives = if form == Form::Sync { entity.clone() } else { "_c.Reference".to_owned() };
            (or_none(gives, true), Some(or_none(format!("{entity} | _b.str | _b.int"), true)))
        }
        Kind::Image | Kind::Blob => {
            (or_none(plain(attribute.kind), attribute.is_null), Some(or_none("_c.Media | _c.Upload".to_owned(), attribute.is_null)))
        }
        kind => (or_none(plain(kind), attribute.is_null), None),
    };
    if attribute.is_read_only {
        return property(name, &gives, &about);
    }
    // A member with a type alone would be hidden by the name of another.
    let takes = takes.unwrap_or_else(|| gives.clone());
    format!("{}        @{name}.setter\n        def {name}(self, value: {takes}) -> None: ...\n", property(name, &gives, &about))
}

fn property(name: &str, ty: &str, about: &str) -> String {
    format!("        @_b.property\n        def {name}(self) -> {ty}:\n            \"\"\"{about}\"\"\"\n")
}

/// A function of the library that takes a name, with what it gives for each.
fn by_name(function: &str, argument: &str, class: &Class, gives: impl Fn(&Attribute) -> Option<String>) -> Option<String> {
    let known = class.attributes.iter().filter(|attribute| is_word(&attribute.name));
    let forms: Vec<(String, String)> =
        known.filter_map(|attribute| Some((format!("_t.Literal[\"{}\"]", attribute.name), gives(attribute)?))).collect();
    if forms.is_empty() {
        return None;
    }
    let mut out = String::new();
    for (name, gives) in forms.into_iter().chain([("_b.str".to_owned(), "_t.Any".to_owned())]) {
        let _ = writeln!(out, "        @_t.overload\n        async def {function}(self, {argument}: {name}) -> {gives}: ...");
    }
    let _ = writeln!(out, "        async def {function}(self, {argument}: _b.str) -> _t.Any: ...");
    Some(out)
}

fn or_none(ty: String, is_null: bool) -> String {
    if is_null && ty != "_t.Any" { format!("{ty} | None") } else { ty }
}

/// The class of related entities; that of any when the key does not reach it.
fn related(form: Form, target: Option<usize>, types: &[String], ending: &str) -> String {
    let library = if form == Form::Sync { "_c" } else { "_aio" };
    match target.and_then(|at| types.get(at)) {
        Some(name) => format!("_{name}{ending}"),
        None if ending.is_empty() => format!("{library}.Entity"),
        None => format!("{library}.{ending}"),
    }
}

fn plain(kind: Kind) -> String {
    let ty = match kind {
        Kind::Text => "_b.str",
        Kind::Bool => "_b.bool",
        Kind::Integer | Kind::Long => "_b.int",
        Kind::Number => "_b.int | _b.float | _decimal.Decimal",
        Kind::Duration => "_dt.timedelta",
        Kind::Date => "_dt.date",
        Kind::Instant => "_dt.datetime",
        Kind::Object => "_b.dict[_b.str, _t.Any] | _b.list[_t.Any]",
        Kind::Image | Kind::Blob => "_c.Media",
        Kind::One(_) | Kind::Many(_) | Kind::Other => "_t.Any",
    };
    ty.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_the_library_are_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/python/src/claviger");
        for (file, class, known) in [
            ("entity.py", "Entity", OF_ENTITIES),
            ("selection.py", "Selection", OF_SELECTIONS),
            ("dataclass.py", "Dataclass", OF_CLASSES),
            ("datastore.py", "DataStore", OF_DATASTORES),
        ] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            let body = text.split(&format!("\nclass {class}")).nth(1).unwrap().split("\nclass ").next().unwrap();
            let mut members: Vec<&str> = body
                .lines()
                .filter_map(|line| line.strip_prefix("    def ")?.split('(').next())
                .filter(|name| !name.starts_with('_'))
                .collect();
            members.sort_unstable();
            members.dedup();
            assert!(members.len() > 10, "{file}");
            assert_eq!(members, known.split_whitespace().collect::<Vec<_>>(), "{file}");
            // The asyncio form has the same, and more.
            let core = std::fs::read_to_string(folder.join("_core").join(file)).unwrap();
            let rest = core.split(&format!("\nclass {class}")).nth(1).unwrap();
            let body = ["\nclass ", "\ndef ", "\nasync def "].iter().fold(rest, |body, next| body.split(next).next().unwrap());
            let defined = body.lines().filter_map(|line| {
                let line = line.strip_prefix("    ")?;
                line.strip_prefix("async ").unwrap_or(line).strip_prefix("def ")?.split('(').next()
            });
            let set = body.lines().filter_map(|line| line.strip_prefix("        self.")?.split_once([' ', ':']).map(|(name, _)| name));
            let is_name = |name: &str| !name.starts_with('_') && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            for name in defined.chain(set).filter(|name| is_name(name)) {
                let is = |words: &str| words.split_whitespace().any(|word| word == name);
                assert!(is(known) || is(OF_ASYNCIO), "{file}: {name}");
            }
        }
    }
}
