//! A library to plan against, and plans as short texts.

use std::sync::{Arc, LazyLock};

use claviger_access::{Grants, Roles};
use claviger_model::{AttrRef, Model, Value};
use claviger_query::{
    Ask, Base, Body, Change, Comparison, Delete, Error, Operand, Options, Output, Plan, Planner, Predicate, Projection, Request, Save,
    ScopeId, Scopes, Source, Verb,
};

pub(crate) static MODEL: LazyLock<Arc<Model>> =
    LazyLock::new(|| Arc::new(Model::from_json(include_str!("library.json"), "library").expect("the model is sound").0));

static ROLES: LazyLock<Roles> = LazyLock::new(|| Roles::parse(include_str!("roles.json"), &MODEL).expect("the roles are sound").0);

pub(crate) fn grants(role: &str) -> Grants {
    Grants::for_role(&ROLES, Some(role), &MODEL)
}

/// Plans a request; the URL is written behind `/rest/`.
pub(crate) fn ask(role: &str, verb: Verb, url: &str, body: Body, options: Options) -> Result<Request, Error> {
    let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
    Planner::new(Arc::clone(&MODEL), options).plan(&grants(role), &Ask::parse(verb, path, query)?, body)
}

pub(crate) fn get(role: &str, url: &str) -> Result<Plan, Error> {
    match ask(role, Verb::Get, url, None, Options::default())? {
        Request::Read(plan) => Ok(plan),
        other => panic!("{url}: {other:?}"),
    }
}

pub(crate) fn read(url: &str) -> Plan {
    get("Admin", url).unwrap_or_else(|error| panic!("{url}: {error:?}"))
}

pub(crate) fn codes(error: &Error) -> Vec<i64> {
    error.items.iter().map(|item| item.code).collect()
}

pub(crate) fn refused(role: &str, url: &str) -> Vec<i64> {
    codes(&get(role, url).expect_err(url))
}

pub(crate) fn save(role: &str, url: &str, body: serde_json::Value) -> Result<Save, Error> {
    match ask(role, Verb::Post, url, Some(body), Options::default())? {
        Request::Write(Change::Save(save)) => Ok(save),
        other => panic!("{url}: {other:?}"),
    }
}

pub(crate) fn delete(role: &str, verb: Verb, url: &str, body: Body, options: Options) -> Result<Delete, Error> {
    match ask(role, verb, url, body, options)? {
        Request::Write(Change::Delete(delete)) => Ok(delete),
        other => panic!("{url}: {other:?}"),
    }
}

/// The filter of a page of the class, as short text.
pub(crate) fn filter(class: &str, text: &str) -> String {
    filter_with(class, text, "")
}

pub(crate) fn filter_with(class: &str, text: &str, more: &str) -> String {
    let plan = read(&format!("{class}?$filter=\"{text}\"{more}"));
    show(plan.filter().expect("a filter"), plan.scopes())
}

/// Codes of the error that a filter gets.
pub(crate) fn filter_error(class: &str, text: &str) -> Vec<i64> {
    refused("Admin", &format!("{class}?$filter=\"{text}\""))
}

pub(crate) fn name(at: AttrRef) -> &'static str {
    &MODEL.attribute(at).name
}

pub(crate) fn show(predicate: &Predicate, scopes: &Scopes) -> String {
    let list = |all: &[Predicate], word: &str| format!("({})", all.iter().map(|one| show(one, scopes)).collect::<Vec<_>>().join(word));
    match predicate {
        Predicate::And(all) => list(all, " & "),
        Predicate::Or(all) => list(all, " | "),
        Predicate::Not(inner) => format!("not {}", show(inner, scopes)),
        Predicate::Compare(operand, comparison, given) => {
            let symbol = match comparison {
                Comparison::Equal => "=",
                Comparison::NotEqual => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{} {symbol} {}", show_operand(operand, scopes), value(given))
        }
        Predicate::Match(operand, pattern) => format!("{} ~ {}", show_operand(operand, scopes), pattern.parts().join("@")),
        Predicate::Keyword(operand, word) => format!("{} % {word}", show_operand(operand, scopes)),
        Predicate::In(operand, values) => {
            format!("{} in [{}]", show_operand(operand, scopes), values.iter().map(value).collect::<Vec<_>>().join(", "))
        }
        Predicate::IsNull(operand) => format!("{} is null", show_operand(operand, scopes)),
        Predicate::Exists(scope, body) => format!("some {} {}", bound(*scope, scopes), show(body, scopes)),
        Predicate::ForAll(scope, body) => format!("all {} {}", bound(*scope, scopes), show(body, scopes)),
    }
}

fn bound(id: ScopeId, scopes: &Scopes) -> String {
    let scope = scopes.get(id);
    match &scope.source {
        Source::ToMany(at) => format!("#{}={}{}", id.0, place(scope.parent, scopes), name(*at)),
        Source::Elements(array) => format!("#{}={}", id.0, show_operand(array, scopes)),
        other => panic!("{other:?} is never bound"),
    }
}

fn place(id: ScopeId, scopes: &Scopes) -> String {
    let scope = scopes.get(id);
    match &scope.source {
        Source::Root(_) => String::new(),
        Source::ToOne(at) => format!("{}{}.", place(scope.parent, scopes), name(*at)),
        Source::ToMany(_) | Source::Elements(_) => format!("#{}.", id.0),
    }
}

pub(crate) fn show_operand(operand: &Operand, scopes: &Scopes) -> String {
    match operand {
        Operand::Attribute(scope, at) => format!("{}{}", place(*scope, scopes), name(*at)),
        Operand::Json(scope, at, steps) => format!("{}{}{}", place(*scope, scopes), name(*at), dotted(steps)),
        Operand::Element(scope, steps) => format!("#{}{}", scope.0, dotted(steps)),
        Operand::Length(of) => format!("length({})", show_operand(of, scopes)),
    }
}

fn dotted(steps: &[String]) -> String {
    steps.iter().fold(String::new(), |text, step| text + "/" + step)
}

pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(is_true) => is_true.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Decimal(number) => claviger_model::decimal::canonical(number),
        Value::Text(text) => format!("'{text}'"),
        Value::Date(date) => format!("{}-{}-{}", date.year, date.month, date.day),
        Value::Instant(at) => format!("@{at}"),
        Value::Duration(span) => format!("{span}ms"),
        other => format!("{other:?}"),
    }
}

/// A projection as text: names, `→` deferred, `{}` expanded, `!` invalid.
pub(crate) fn shape(projection: &Projection) -> String {
    let mut parts: Vec<String> = projection
        .fields()
        .iter()
        .map(|field| match field.output() {
            Output::Scalar => field.name().to_owned(),
            Output::Path(steps) => format!("{}={}", field.name(), steps.iter().map(|at| name(*at)).collect::<Vec<_>>().join(".")),
            Output::Computed(..) => format!("{}()", field.name()),
            Output::List(_) => format!("{}[]", field.name()),
            Output::Media => format!("{}*", field.name()),
            Output::DeferredOne(_) | Output::DeferredMany => format!("{}>", field.name()),
            Output::ExpandedOne(_, below) | Output::ExpandedMany(_, below) => format!("{}{{{}}}", field.name(), shape(below)),
        })
        .collect();
    if projection.is_invalid() {
        parts.push("!".to_owned());
    }
    parts.join(" ")
}

pub(crate) fn key(base: &Base) -> Option<Vec<String>> {
    match base {
        Base::Key { parts, .. } => parts.as_ref().map(|parts| parts.iter().map(value).collect()),
        other => panic!("{other:?}"),
    }
}
