//! TypeScript declarations of what functions reach, so that an editor completes and checks `functions/*.js` (`interface.md` 2, `functions types`).
//!
//! The operator's classes get what they inherit by declarations that are added to their own modules: `this` is known in them, and what they
//! offer is known where their objects are used.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use claviger_model::{Attribute, Dataclass, Kind, Model, StorageType};

use crate::data::is_known;
use crate::registry::{Class, ClassKind, Registry};
use crate::source::quote;

/// What is the same in all applications; its last namespace is open.
const API: &str = include_str!("api.d.ts");

/// The declarations for a model and the operator's classes, as the text of `functions/claviger.d.ts`.
pub fn declarations(model: &Model, registry: &Registry) -> String {
    let writer = Writer { model, registry };
    let mut out = String::from(
        "// Made by `claviger functions types`: what functions reach. Make it anew when model.json or an exported class changes.\n\
         export {};\n\ndeclare global {\n  /** The datastore. */\n",
    );
    let _ = writeln!(out, "  const ds: {};", writer.datastore());
    out.push_str(API);
    writer.write_datastore(&mut out);
    writer.write_namespace(&mut out, "dataclasses", Writer::write_dataclass);
    writer.write_namespace(&mut out, "selections", Writer::write_selection);
    writer.write_namespace(&mut out, "entities", Writer::write_entity);
    out.push_str("  }\n}\n");
    writer.write_own_classes(&mut out);
    out
}

struct Writer<'a> {
    model: &'a Model,
    registry: &'a Registry,
}

impl<'a> Writer<'a> {
    /// The operator's class of a dataclass.
    fn own(&self, class: &Dataclass, kind: ClassKind) -> Option<(&'a str, &'a Class)> {
        let of = |own: &Class| own.kind == kind && own.dataclass.as_deref() == Some(&class.name);
        self.registry.classes.iter().find(|(_, own)| of(own)).map(|(name, own)| (name.as_str(), own))
    }

    /// The type of something of a dataclass: the operator's class where there is one.
    fn type_of(&self, class: &Dataclass, kind: ClassKind) -> String {
        match self.own(class, kind) {
            Some((name, own)) => imported(name, own),
            None => format!("claviger.{}.{}", namespace(kind), identifier(&class.name)),
        }
    }

    fn datastore(&self) -> String {
        let own = self.registry.classes.iter().find(|(_, own)| own.kind == ClassKind::Datastore);
        own.map_or_else(|| "claviger.Datastore".to_owned(), |(name, own)| imported(name, own))
    }

    fn entity(&self, class: &Dataclass) -> String {
        self.type_of(class, ClassKind::Entity)
    }

    fn selection(&self, class: &Dataclass) -> String {
        self.type_of(class, ClassKind::Selection)
    }

    fn write_datastore(&self, out: &mut String) {
        out.push_str("\n    /** The dataclasses, and transactions. */\n");
        let names: Vec<&str> = self.model.dataclasses().iter().map(|class| class.name.as_str()).collect();
        let _ = writeln!(out, "    interface Datastore extends {} {{", without("Transactions", &names, &members("Transactions")));
        out.push_str("      /** The datastore that is open under an alias, or null; without one this one. */\n");
        out.push_str("      (localID: string): RemoteDatastore | null;\n      (): Datastore;\n");
        for class in self.model.dataclasses() {
            let _ = writeln!(out, "      readonly {}: {};", property(&class.name), self.type_of(class, ClassKind::Dataclass));
        }
        out.push_str("    }\n");
    }

    fn write_namespace(&self, out: &mut String, name: &str, write: fn(&Self, &mut String, &Dataclass)) {
        let _ = writeln!(out, "\n    namespace {name} {{");
        for class in self.model.dataclasses() {
            write(self, out, class);
        }
        out.push_str("    }\n");
    }

    fn write_dataclass(&self, out: &mut String, class: &Dataclass) {
        let (name, entity, selection) = (identifier(&class.name), self.entity(class), self.selection(class));
        let _ = writeln!(out, "      interface {name} extends Dataclass<{entity}, {selection}> {{}}");
    }

    fn write_selection(&self, out: &mut String, class: &Dataclass) {
        let (name, entity, selection) = (identifier(&class.name), self.entity(class), self.selection(class));
        let _ = writeln!(out, "      interface {name} extends Selection<{entity}, {selection}> {{");
        // Members of selections come before attributes.
        let taken = members("Selection");
        for attribute in attributes(class).filter(|attribute| !taken.contains(attribute.name.as_str())) {
            let of_all = match self.value(attribute) {
                Value::Many(selection) => selection,
                Value::One(target) => self.selection(target),
                Value::Plain(ty) => format!("({ty} | null)[]"),
            };
            let _ = writeln!(out, "        readonly {}: {of_all};", property(&attribute.name));
        }
        out.push_str("      }\n");
    }

    fn write_entity(&self, out: &mut String, class: &Dataclass) {
        let attributes: Vec<&Attribute> = attributes(class).collect();
        let names: Vec<&str> = attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        // Attributes come before members of entities.
        let base = without(&format!("Entity<{}>", self.entity(class)), &names, &members("Entity"));
        let _ = writeln!(out, "      interface {} extends {base} {{", identifier(&class.name));
        for attribute in attributes {
            let name = property(&attribute.name);
            let (gives, takes) = match self.value(attribute) {
                Value::Many(selection) => (selection, None),
                Value::One(target) => (format!("{} | null", self.entity(target)), Some("Key")),
                Value::Plain(ty) => (format!("{ty} | null"), wider(ty)),
            };
            let _ = match takes {
                _ if is_fixed(attribute) => writeln!(out, "        readonly {name}: {gives};"),
                None => writeln!(out, "        {name}: {gives};"),
                Some(more) => writeln!(out, "        get {name}(): {gives};\n        set {name}(value: {gives} | {more});"),
            };
        }
        out.push_str("      }\n");
    }

    fn value(&self, attribute: &Attribute) -> Value<'a> {
        match &attribute.kind {
            Kind::Storage(storage) => Value::Plain(plain(storage.ty)),
            Kind::Calculated(calculated) => Value::Plain(plain(calculated.ty)),
            Kind::RelatedEntity(relation) => Value::One(self.model.dataclass(relation.target)),
            Kind::RelatedEntities(relation) => Value::Many(self.selection(self.model.dataclass(relation.target))),
            Kind::Alias(alias) => match alias.steps.last().map(|step| self.value(self.model.attribute(*step))) {
                Some(Value::One(target)) if alias.many => Value::Many(self.selection(target)),
                Some(value) => value,
                None => Value::Plain("any"),
            },
        }
    }

    /// What the operator's classes inherit, added to their own modules.
    fn write_own_classes(&self, out: &mut String) {
        let mut paths: Vec<&str> = self.registry.classes.values().map(|own| own.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let inherits = |(name, own): (&'a String, &'a Class)| Some((name, own, self.inherited(own)?)).filter(|_| own.path == path);
            let bases: Vec<_> = self.registry.classes.iter().filter_map(inherits).collect();
            if bases.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\ndeclare module {} {{", quote(&format!("./{path}")));
            for (name, own, (base, taken)) in bases {
                let members: Vec<&str> = own.methods.iter().chain(&own.getters).chain(&own.setters).map(String::as_str).collect();
                let _ = writeln!(out, "  interface {name} extends {} {{}}", without(&base, &members, &taken));
            }
            out.push_str("}\n");
        }
    }

    /// What a class of the operator inherits, with the names of all members; nothing for a singleton.
    fn inherited(&self, own: &Class) -> Option<(String, BTreeSet<String>)> {
        let class = own.dataclass.as_deref().and_then(|name| self.model.find(name));
        let of = |kind, class: &Dataclass| format!("claviger.{}.{}", namespace(kind), identifier(&class.name));
        let named = |known: &str, names: &mut dyn Iterator<Item = &str>| {
            members(known).into_iter().map(str::to_owned).chain(names.map(str::to_owned)).collect()
        };
        Some(match (own.kind, class) {
            (ClassKind::Datastore, _) => {
                let mut names = self.model.dataclasses().iter().map(|class| class.name.as_str());
                ("claviger.Datastore".to_owned(), named("Transactions", &mut names))
            }
            (ClassKind::Dataclass, Some(class)) => (of(own.kind, class), named("Dataclass", &mut std::iter::empty())),
            (ClassKind::Selection | ClassKind::Entity, Some(class)) => {
                let known = if own.kind == ClassKind::Entity { "Entity" } else { "Selection" };
                let mut names = attributes(class).map(|attribute| attribute.name.as_str());
                (of(own.kind, class), named(known, &mut names))
            }
            _ => return None,
        })
    }
}

/// Attributes that entities have without a class of the operator.
fn attributes(class: &Dataclass) -> impl Iterator<Item = &Attribute> {
    class.attributes.iter().filter(|attribute| is_known(attribute))
}

/// What an attribute holds.
enum Value<'a> {
    Plain(&'static str),
    One(&'a Dataclass),
    /// The type of a selection.
    Many(String),
}

fn plain(ty: StorageType) -> &'static str {
    match ty {
        StorageType::String | StorageType::Uuid => "string",
        StorageType::Bool => "boolean",
        StorageType::Byte | StorageType::Word | StorageType::Long | StorageType::Long64 | StorageType::Number | StorageType::Duration => {
            "number"
        }
        StorageType::Date => "Date",
        StorageType::Object => "any",
        StorageType::Image | StorageType::Blob => "Uint8Array",
    }
}

/// What may be assigned besides what is read.
fn wider(ty: &str) -> Option<&'static str> {
    match ty {
        "Date" => Some("string"),
        "Uint8Array" => Some("ArrayBuffer | ArrayBufferView"),
        _ => None,
    }
}

fn is_fixed(attribute: &Attribute) -> bool {
    attribute.read_only || matches!(attribute.kind, Kind::RelatedEntities(_) | Kind::Alias(_))
}

fn namespace(kind: ClassKind) -> &'static str {
    match kind {
        ClassKind::Selection => "selections",
        ClassKind::Entity => "entities",
        _ => "dataclasses",
    }
}

fn imported(name: &str, own: &Class) -> String {
    format!("import({}).{name}", quote(&format!("./{}", own.path)))
}

/// The type without those of its members that are declared anew.
fn without<T: AsRef<str> + Ord + std::borrow::Borrow<str>>(base: &str, names: &[&str], members: &BTreeSet<T>) -> String {
    let clashes: BTreeSet<String> = names.iter().filter(|name| members.contains(**name)).map(|name| quote(name)).collect();
    if clashes.is_empty() {
        return base.to_owned();
    }
    format!("Omit<{base}, {}>", clashes.into_iter().collect::<Vec<_>>().join(" | "))
}

/// Names of the members of an interface of [`API`].
fn members(interface: &str) -> BTreeSet<&'static str> {
    let head = |line: &&str| line.trim_start().strip_prefix("interface ").is_some_and(|rest| rest.starts_with(interface));
    let body = API.lines().skip_while(|line| !head(line)).skip(1).take_while(|line| line.trim() != "}");
    let names = body.filter_map(|line| {
        let line = line.trim_start().trim_start_matches("readonly ").trim_start_matches('"');
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        Some(&line[..end]).filter(|name| !name.is_empty())
    });
    names.collect()
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
}

/// As the name of a member.
fn property(name: &str) -> String {
    // `get`, `set` and `readonly` would be taken for what they mean.
    if is_plain(name) && !matches!(name, "get" | "set" | "readonly" | "new" | "constructor") { name.to_owned() } else { quote(name) }
}

/// Words that name no type.
const RESERVED: &str = " any as async await bigint boolean break case catch class const constructor continue debugger declare default delete do \
                        else enum export extends false finally for function get if implements import in infer instanceof interface keyof let \
                        module namespace never new null number object of package private protected public readonly return set static string \
                        super switch symbol this throw true try type typeof undefined unique unknown var void while with yield ";

/// A dataclass's name as that of a type. What cannot be one gets `_` in front, with which no dataclass begins.
fn identifier(name: &str) -> String {
    if is_plain(name) && !RESERVED.contains(&format!(" {name} ")) {
        return name.to_owned();
    }
    let letter = |c: char| {
        if c.is_alphabetic() || c.is_ascii_digit() || c == '_' || c == '$' { c.to_string() } else { format!("${:x}", u32::from(c)) }
    };
    format!("_{}", name.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_the_api_has_is_declared() {
        let script = [
            ("Dataclass", include_str!("../data/dataclass.js")),
            ("Selection", include_str!("../data/selection.js")),
            ("Entity", include_str!("../data/saving.js")),
            ("Transactions", include_str!("../data/datastore.js")),
            ("Session", include_str!("../data/session.js")),
        ];
        for (interface, text) in script {
            let block = text.split("addMembers(").nth(1).and_then(|rest| rest.split("\n});").next()).unwrap();
            let declared = members(interface);
            let mut count = 0;
            for line in block.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
                let line = line.trim_start().trim_start_matches("get ");
                let end = line.find('(').unwrap_or(0);
                let name = &line[..end];
                if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()) {
                    assert!(declared.contains(name), "{interface}.{name} in {declared:?}");
                    count += 1;
                }
            }
            assert!(count >= 3, "{interface}: {count}");
        }
    }

    #[test]
    fn names_that_cannot_stand_as_they_are() {
        assert_eq!(
            (identifier("Book"), identifier("class"), identifier("string")),
            ("Book".to_owned(), "_class".to_owned(), "_string".to_owned())
        );
        assert_eq!((identifier("Größe"), identifier("a²")), ("_Größe".to_owned(), "_a$b2".to_owned()));
        assert_eq!(
            (property("title"), property("new"), property("Größe")),
            ("title".to_owned(), "\"new\"".to_owned(), "\"Größe\"".to_owned())
        );
    }

    #[test]
    fn what_a_class_declares_anew_is_not_inherited() {
        assert_eq!(without("Entity<X>", &["title", "save"], &members("Entity")), "Omit<Entity<X>, \"save\">");
        assert_eq!(without("Entity<X>", &["title"], &members("Entity")), "Entity<X>");
    }
}
