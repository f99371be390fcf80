//! For `clients/python`: classes that a type checker takes the objects of the library for. Nothing of them exists at run time but their names.

use std::fmt::Write as _;

use super::model::{Attribute, Class, Kind, Model};
use super::names::{Names, comment, is_word, word};

/// Reserved words, and names that the file uses.
const TAKEN: &str = "False None True and as assert async await break class continue def del elif else except finally for from global if import in is \
                     lambda nonlocal not or pass raise return try while with Datastore typed annotations";
/// What is made of each dataclass.
const ENDINGS: [&str; 3] = ["", "Selection", "Class"];

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
import claviger.typed as _typed


def typed(ds: _c.DataStore) -> Datastore:
    \"\"\"The same datastore, with the types of this file: `with typed(open_datastore(…)) as ds:`.\"\"\"
    return _t.cast(\"Datastore\", ds)
";

pub(super) fn written(model: &Model) -> String {
    let mut names = Names::without(TAKEN.split_whitespace());
    let types: Vec<String> = model.classes.iter().map(|class| names.take_with(&word(&class.name), &ENDINGS)).collect();
    let mut out = format!(
        "\"\"\"Made by `claviger client types --lang py`: what one API key reaches of the datastore '{}'.\n\n\
         Make it anew when the model or the rights of the key have changed.\n\"\"\"\n{HEAD}",
        comment(&model.name)
    );
    for (class, name) in model.classes.iter().zip(&types) {
        write_entity(&mut out, class, name, &types);
        write_selection(&mut out, class, name, &types);
        write_dataclass(&mut out, class, name);
    }
    let mut members = Vec::new();
    for (class, name) in model.classes.iter().zip(&types) {
        member(&mut members, &class.name, OF_DATASTORES, "ds", |name_of| {
            property(name_of, &format!("_{name}Class"), &comment(&class.name))
        });
    }
    // A dataclass comes before a function of its name.
    let functions = model.functions.iter().filter(|name| model.classes.iter().all(|class| class.name != **name));
    functions.for_each(|name| member(&mut members, name, OF_DATASTORES, "ds.call", function));
    write_type(&mut out, "Datastore(_typed.DataStore)", &format!("The datastore '{}'.", comment(&model.name)), &members);
    // Names that no attribute can hide.
    out.push_str("\n\n");
    for name in &types {
        let _ = writeln!(out, "_{name} = {name}\n_{name}Selection = {name}Selection\n_{name}Class = {name}Class");
    }
    out
}

fn write_entity(out: &mut String, class: &Class, name: &str, types: &[String]) {
    let mut members = Vec::new();
    for attribute in &class.attributes {
        member(&mut members, &attribute.name, OF_ENTITIES, "entity", |name| attribute_of(attribute, name, types));
    }
    for of in &class.of_entities {
        member(&mut members, of, OF_ENTITIES, "entity.call", function);
    }
    let key = if class.key.is_empty() { "without key".to_owned() } else { format!("key {}", class.key.join(", ")) };
    write_type(out, &format!("{name}(_typed.Entity)"), &comment(&format!("An entity of {}, {key}.", class.name)), &members);
}

fn write_selection(out: &mut String, class: &Class, name: &str, types: &[String]) {
    let mut members = Vec::new();
    for attribute in &class.attributes {
        let all = match attribute.kind {
            Kind::One(target) | Kind::Many(target) => related(target, types, "Selection"),
            kind => format!("_b.list[{}]", or_none(plain(kind), attribute.is_null)),
        };
        let about = format!("Of each entity: {}", comment(&attribute.about));
        member(&mut members, &attribute.name, OF_SELECTIONS, "selection.extract", |name| property(name, &all, &about));
    }
    for of in &class.of_selections {
        member(&mut members, of, OF_SELECTIONS, "selection.call", function);
    }
    let about = comment(&format!("Entities of {}.", class.name));
    write_type(out, &format!("{name}Selection(_typed.Selection[\"_{name}\"])"), &about, &members);
}

fn write_dataclass(out: &mut String, class: &Class, name: &str) {
    let mut members = Vec::new();
    for attribute in &class.attributes {
        let about = format!("Description: {}", comment(&attribute.about));
        member(&mut members, &attribute.name, OF_CLASSES, "dataclass.attribute", |name| property(name, "_c.AttributeInfo", &about));
    }
    for of in &class.of_dataclass {
        member(&mut members, of, OF_CLASSES, "dataclass.call", function);
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

/// A member, or a comment that says how to reach what cannot be one.
fn member(members: &mut Vec<String>, name: &str, taken: &str, otherwise: &str, write: impl FnOnce(&str) -> String) {
    let is = |words: &str| words.split_whitespace().any(|word| word == name);
    if is_word(name) && !is(TAKEN_WORDS) && !is(taken) {
        members.push(write(name));
    } else {
        members.push(format!("        # '{}': by name, with {otherwise}\n", comment(name)));
    }
}

/// Words that cannot be members, however they are reached.
const TAKEN_WORDS: &str = "False None True and as assert async await break class continue def del elif else except finally for from global if import in is \
                           lambda nonlocal not or pass raise return try while with";

fn attribute_of(attribute: &Attribute, name: &str, types: &[String]) -> String {
    let about = comment(&attribute.about);
    let (gives, takes) = match attribute.kind {
        Kind::Many(target) => (related(target, types, "Selection"), None),
        Kind::One(target) => {
            let entity = related(target, types, "");
            (or_none(entity.clone(), true), Some(or_none(format!("{entity} | _b.str | _b.int"), true)))
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

fn function(name: &str) -> String {
    format!(
        "        def {name}(self, *arguments: _t.Any, by_get: _b.bool = False, select: _Iterable[_b.str] | None = None) -> _t.Any: ...\n"
    )
}

fn or_none(ty: String, is_null: bool) -> String {
    if is_null && ty != "_t.Any" { format!("{ty} | None") } else { ty }
}

/// The class of related entities; that of any when the key does not reach it.
fn related(target: Option<usize>, types: &[String], ending: &str) -> String {
    match target.and_then(|at| types.get(at)) {
        Some(name) => format!("_{name}{ending}"),
        None if ending.is_empty() => "_c.Entity".to_owned(),
        None => format!("_c.{ending}"),
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
        }
    }
}
