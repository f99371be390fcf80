//! For `crates/client`: structs for `ds.typed::<Book>()`, and traits with their relations and functions.

use std::fmt::Write as _;

use super::model::{Attribute, Class, Kind, Model};
use super::names::{Names, comment, literal, snake, word};

/// Names of types that mean something else.
const TAKEN: &str = "Self self super crate abstract as async await become box break const continue do dyn else enum extern false final fn for gen if impl in let \
                     loop macro match mod move mut override priv pub ref return static struct trait true try type typeof union unsafe unsized use virtual \
                     where while yield DatastoreFunctions";
/// What is made of each dataclass.
const ENDINGS: [&str; 4] = ["", "Members", "SelectionMembers", "ClassMembers"];

pub(super) fn written(model: &Model) -> String {
    let mut names = Names::without(TAKEN.split_whitespace());
    let types: Vec<String> = model.classes.iter().map(|class| names.take_with(&word(&class.name), &ENDINGS)).collect();
    let mut out = format!(
        "// Made by `claviger client types --lang rust`: what one API key reaches of the datastore '{}'.\n\
         // Make it anew when the model or the rights of the key have changed. It needs the crate `claviger-client` only.\n\n\
         // A program uses its part.\n#![allow(dead_code)]\n",
        comment(&model.name)
    );
    for (class, name) in model.classes.iter().zip(&types) {
        write_struct(&mut out, class, name);
        write_entity(&mut out, class, name, &types);
        let about = comment(&class.name);
        let selection = functions(&class.of_selections, "self.call");
        write_trait(
            &mut out,
            &format!("{name}SelectionMembers"),
            "::claviger_client::Selection",
            &format!("Functions of selections of {about}."),
            &selection,
        );
        let dataclass = functions(&class.of_dataclass, "self.dataclass().call");
        let target = format!("::claviger_client::Typed<{name}>");
        write_trait(&mut out, &format!("{name}ClassMembers"), &target, &format!("Functions of the dataclass {about}."), &dataclass);
    }
    let about = format!("Functions of the datastore '{}'.", comment(&model.name));
    write_trait(&mut out, "DatastoreFunctions", "::claviger_client::DataStore", &about, &functions(&model.functions, "self.call"));
    out
}

fn write_struct(out: &mut String, class: &Class, name: &str) {
    let key = if class.key.is_empty() { "without key".to_owned() } else { format!("key {}", class.key.join(", ")) };
    let _ = write!(
        out,
        "\n/// {}\n#[allow(non_camel_case_types, non_snake_case, clippy::struct_field_names)]\n#[derive(::core::clone::Clone, ::core::fmt::Debug, ::claviger_client::Dataclass)]\n\
         #[dataclass(name = {})]\npub struct {name} {{\n",
        comment(&format!("An entity of {}, {key}.", class.name)),
        literal(&class.name)
    );
    let mut names = Names::without([""]);
    for attribute in class.attributes.iter().filter(|attribute| !matches!(attribute.kind, Kind::Many(_))) {
        let field = identifier(&mut names, &attribute.name);
        // Bytes are uploaded and assigned by `Entity::set`.
        let is_media = matches!(attribute.kind, Kind::Image | Kind::Blob);
        let is_read_only = if attribute.is_read_only || is_media { ", read_only" } else { "" };
        let about = comment(&attribute.about);
        let (name, ty) = (literal(&attribute.name), ty(attribute));
        let _ = writeln!(out, "    /// {about}\n    #[attribute(name = {name}{is_read_only})]\n    pub {field}: {ty},");
    }
    out.push_str("}\n");
}

/// Members of a trait: the comment, the declaration, and the function of its implementation.
struct Member {
    about: String,
    declared: String,
    implemented: String,
}

fn write_entity(out: &mut String, class: &Class, name: &str, types: &[String]) {
    let mut members = Vec::new();
    let mut names = Names::without([""]);
    for attribute in &class.attributes {
        let relation = literal(&attribute.name);
        let (gives, asked) = match attribute.kind {
            Kind::One(Some(target)) => (
                format!("::core::option::Option<::claviger_client::Stored<{}>>", types[target]),
                format!("self.entity().related({relation}).await?.map(::claviger_client::Entity::typed).transpose()"),
            ),
            Kind::One(None) => {
                ("::core::option::Option<::claviger_client::Entity>".to_owned(), format!("self.entity().related({relation}).await"))
            }
            Kind::Many(_) => ("::claviger_client::Selection".to_owned(), format!("self.entity().related_selection({relation}).await")),
            _ => continue,
        };
        let method = identifier(&mut names, &attribute.name);
        let gives = format!("::claviger_client::Result<{gives}>");
        members.push(Member {
            about: comment(&format!("{}: {}", attribute.name, attribute.about)),
            declared: format!("fn {method}(&self) -> impl ::core::future::Future<Output = {gives}> + ::core::marker::Send;"),
            implemented: format!("async fn {method}(&self) -> {gives} {{\n        {asked}\n    }}"),
        });
    }
    members.extend(class.of_entities.iter().map(|name| function(&mut names, name, "self.entity().call")));
    let about = format!("Relations and functions of entities of {}.", comment(&class.name));
    write_trait(out, &format!("{name}Members"), &format!("::claviger_client::Stored<{name}>"), &about, &members);
}

fn functions(functions: &[String], call: &str) -> Vec<Member> {
    let mut names = Names::without([""]);
    functions.iter().map(|name| function(&mut names, name, call)).collect()
}

fn function(names: &mut Names, name: &str, call: &str) -> Member {
    let method = identifier(names, name);
    let head = format!("fn {method}(&self, arguments: ::std::vec::Vec<::claviger_client::Value>) -> ::claviger_client::Call");
    Member {
        about: format!("The function '{}'.", comment(name)),
        declared: format!("{head};"),
        implemented: format!("{head} {{\n        {call}({}, arguments)\n    }}", literal(name)),
    }
}

/// Nothing is written when there are no members.
fn write_trait(out: &mut String, name: &str, of: &str, about: &str, members: &[Member]) {
    if members.is_empty() {
        return;
    }
    let _ = write!(out, "\n/// {about}\n#[allow(non_camel_case_types, non_snake_case)]\npub trait {name} {{\n");
    for Member { about, declared, .. } in members {
        let _ = writeln!(out, "    /// {about}\n    {declared}");
    }
    let _ = write!(out, "}}\n\nimpl {name} for {of} {{\n");
    for Member { implemented, .. } in members {
        let _ = writeln!(out, "    {implemented}");
    }
    out.push_str("}\n");
}

/// A field or function.
fn identifier(names: &mut Names, name: &str) -> String {
    let name = names.take(&snake(&word(name)));
    match name.as_str() {
        // No raw identifiers.
        "self" | "super" | "crate" => names.take(&format!("{name}_")),
        word if TAKEN.split_whitespace().any(|taken| taken == word) => format!("r#{name}"),
        _ => name,
    }
}

fn ty(attribute: &Attribute) -> String {
    let ty = match attribute.kind {
        Kind::Text => "::std::string::String",
        Kind::Bool => "::core::primitive::bool",
        Kind::Integer | Kind::Long => "::core::primitive::i64",
        Kind::Number => "::core::primitive::f64",
        Kind::Duration => "::claviger_client::jiff::SignedDuration",
        Kind::Date => "::claviger_client::jiff::civil::Date",
        Kind::Instant => "::claviger_client::jiff::Timestamp",
        Kind::Object | Kind::Other | Kind::Many(_) => "::claviger_client::serde_json::Value",
        Kind::Image | Kind::Blob => "::claviger_client::Media",
        Kind::One(_) => "::claviger_client::Key",
    };
    if attribute.is_null || attribute.is_numbered { format!("::core::option::Option<{ty}>") } else { ty.to_owned() }
}
