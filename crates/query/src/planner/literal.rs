//! Literals and parameters become values of the attribute compared; comparators that do not fit its type are refused (`rest-dialect.md` 9.2).

use claviger_model::text::{fold, words};
use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{Value, ValueType, decimal};
use serde_json::Value as Json;

use super::denial::malformed;
use super::path::Type;
use crate::error::{Error, ErrorKind};
use crate::filter::{Comparator, Condition, Literal, Parameters};
use crate::later;
use crate::predicate::{Comparison, Operand, Pattern, Predicate};

/// Literal parts of one pattern, words of one keyword condition: each is searched for in every text.
const MOST_PARTS: usize = 100;

/// What a condition compares with.
enum Given {
    Null,
    Value(Value),
}

/// Makes conditions on operands.
#[derive(Clone, Copy)]
pub(super) struct Comparer<'a> {
    pub(super) parameters: Parameters<'a>,
    /// `*` is a wildcard beside `@`.
    pub(super) star: bool,
}

impl Comparer<'_> {
    /// The condition over the operand, which has values of the type.
    pub(super) fn predicate(self, condition: &Condition, operand: Operand, ty: Type) -> Result<Predicate, Error> {
        let comparator = condition.comparator;
        if comparator == Comparator::In {
            return self.list(condition, operand, ty);
        }
        if comparator == Comparator::Keyword && ty == Type::Value(ValueType::Image) {
            // The keywords of images are not read here: no match.
            return Ok(Predicate::Or(Vec::new()));
        }
        Ok(match (self.single(condition, &condition.value, ty)?, comparator) {
            (Given::Null, _) if comparator.is_equality() => {
                let is_null = Predicate::IsNull(operand);
                if comparator.is_different() { Predicate::Not(Box::new(is_null)) } else { is_null }
            }
            // An order comparison with null is unknown, whatever the row holds.
            (Given::Null, _) => unknown(operand),
            (Given::Value(value), Comparator::Keyword) => Predicate::Keyword(operand, keywords(&text(value), condition)?),
            (Given::Value(value), Comparator::Begin) => {
                Predicate::Match(operand, Pattern(vec![fold(&text(value)).into_owned(), String::new()]))
            }
            (Given::Value(value), Comparator::Equal) => self.equal(operand, value, condition)?,
            (Given::Value(value), Comparator::Different) => match self.equal(operand, value, condition)? {
                Predicate::Compare(operand, _, value) => Predicate::Compare(operand, Comparison::NotEqual, value),
                other => Predicate::Not(Box::new(other)),
            },
            (Given::Value(value), _) => Predicate::Compare(operand, comparison(comparator), value),
        })
    }

    /// What a condition compares with, as JSON: a value, null, or for `in` a list.
    pub(super) fn given(self, condition: &Condition, ty: Type) -> Result<Json, Error> {
        let json = |given: Given| match given {
            Given::Null => Json::Null,
            Given::Value(value) => json_of(&value),
        };
        if condition.comparator == Comparator::In {
            return Ok(self.items(condition, ty)?.into_iter().map(json).collect());
        }
        self.single(condition, &condition.value, ty).map(json)
    }

    /// Equality with wildcards.
    fn equal(self, operand: Operand, value: Value, condition: &Condition) -> Result<Predicate, Error> {
        Ok(match &value {
            Value::Text(text) => match self.pattern(text, condition)? {
                Some(pattern) => Predicate::Match(operand, pattern),
                None => Predicate::Compare(operand, Comparison::Equal, value),
            },
            _ => Predicate::Compare(operand, Comparison::Equal, value),
        })
    }

    /// The pattern of a text with wildcards.
    fn pattern(self, text: &str, condition: &Condition) -> Result<Option<Pattern>, Error> {
        let is_wildcard = |c: char| c == '@' || (c == '*' && self.star);
        if !text.contains(is_wildcard) {
            return Ok(None);
        }
        let pieces: Vec<&str> = text.split(is_wildcard).collect();
        let last = pieces.len() - 1;
        // Two wildcards side by side are one.
        let parts = pieces.iter().enumerate().filter(|(at, piece)| *at == 0 || *at == last || !piece.is_empty());
        let parts: Vec<String> = parts.map(|(_, piece)| fold(piece).into_owned()).collect();
        if parts.len() > MOST_PARTS {
            let message =
                format!("The query cannot be analysed at character {}: a text may have {} wildcards at most", condition.at, MOST_PARTS - 1);
            return Err(malformed(1201, message));
        }
        Ok(Some(Pattern(parts)))
    }

    /// `in`: plain values together, items with wildcards and null one by one.
    fn list(self, condition: &Condition, operand: Operand, ty: Type) -> Result<Predicate, Error> {
        let (mut plain, mut others) = (Vec::new(), Vec::new());
        for item in self.items(condition, ty)? {
            match item {
                Given::Null => others.push(Predicate::IsNull(operand.clone())),
                Given::Value(value) => match self.equal(operand.clone(), value, condition)? {
                    Predicate::Compare(_, _, value) => plain.push(value),
                    other => others.push(other),
                },
            }
        }
        if !plain.is_empty() {
            others.insert(0, Predicate::In(operand, plain));
        }
        Ok(if others.len() == 1 { others.remove(0) } else { Predicate::Or(others) })
    }

    /// What stands behind `in`. An array that a placeholder stands for gives all that it holds, also beside other items (9.3).
    fn items(self, condition: &Condition, ty: Type) -> Result<Vec<Given>, Error> {
        let literals = match &condition.value {
            Literal::List(items) => items.as_slice(),
            Literal::Placeholder(name) if !self.parameters.value(name)?.is_array() => {
                return Err(crate::filter::wrong_type(name, "a list"));
            }
            literal => std::slice::from_ref(literal),
        };
        let mut items = Vec::with_capacity(literals.len());
        for literal in literals {
            if let Literal::Placeholder(name) = literal
                && let Json::Array(values) = self.parameters.value(name)?
            {
                for value in values {
                    items.push(if value.is_null() {
                        Given::Null
                    } else {
                        check(condition.comparator, ty, condition)?;
                        Given::Value(of_json(name, value, ty)?)
                    });
                }
            } else {
                items.push(self.single(condition, literal, ty)?);
            }
        }
        Ok(items)
    }

    /// What one literal stands for.
    fn single(self, condition: &Condition, literal: &Literal, ty: Type) -> Result<Given, Error> {
        if *literal == Literal::Null {
            return Ok(Given::Null);
        }
        check(condition.comparator, ty, condition)?;
        self.scalar(condition, literal, ty).map(Given::Value)
    }

    /// One value; not null.
    fn scalar(self, condition: &Condition, literal: &Literal, ty: Type) -> Result<Value, Error> {
        match literal {
            Literal::Placeholder(name) => {
                let json = self.parameters.value(name)?;
                of_json(name, json, ty)
            }
            Literal::Quoted(text) => of_text(condition, text, true, ty),
            Literal::Bare(text) => of_text(condition, text, false, ty),
            // The grammar has no list behind another comparator, and null is no value.
            Literal::Null | Literal::List(_) => Err(not_convertible(condition, "null", ty)),
        }
    }
}

/// As code of the operator takes values.
fn json_of(value: &Value) -> Json {
    let (mut text, mut scratch) = (Vec::new(), String::new());
    write_cell(&mut text, value.as_cell(&mut scratch), DateStyle::Plain);
    serde_json::from_slice(&text).unwrap_or_default()
}

/// A condition that is unknown for every row: stands for itself only until the tree is finished (`condition::settle`).
pub(super) fn unknown(operand: Operand) -> Predicate {
    Predicate::In(operand, Vec::new())
}

fn of_text(condition: &Condition, text: &str, quoted: bool, ty: Type) -> Result<Value, Error> {
    match ty {
        Type::Json if quoted => Ok(Value::Text(text.to_owned())),
        Type::Json => json_literal(text).ok_or_else(|| not_convertible(condition, text, Type::Value(ValueType::Decimal))),
        Type::Value(ty) | Type::Related(Some(ty)) => {
            Value::from_literal(ty, text).map_err(|_| not_convertible(condition, text, Type::Value(ty)))
        }
        Type::Related(None) | Type::Selection => Err(not_convertible(condition, text, ty)),
    }
}

fn not_convertible(condition: &Condition, text: &str, ty: Type) -> Error {
    let wanted = match ty {
        Type::Value(ty) | Type::Related(Some(ty)) => type_name(ty),
        Type::Json | Type::Related(None) | Type::Selection => "value",
    };
    let message = format!("The query cannot be analysed at character {}: \"{text}\" is no {wanted}", condition.at);
    Error::new(ErrorKind::Malformed, 1201, message)
}

/// Against a property of an object the form of the literal decides its type; nothing for a number of more digits than can be compared.
fn json_literal(text: &str) -> Option<Value> {
    if text.eq_ignore_ascii_case("true") {
        return Some(Value::Bool(true));
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(Value::Bool(false));
    }
    if is_json_number(text) { number(text) } else { Some(Value::Text(text.to_owned())) }
}

/// A decimal number as JSON writes it, with an optional plus sign.
fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && decimal::is_number(text)
}

/// The number with all its digits: a double would make others of those that objects hold.
fn number(text: &str) -> Option<Value> {
    text.parse().map(Value::Int).ok().or_else(|| decimal::parse(text).map(Value::Decimal))
}

fn of_json(name: &str, json: &Json, ty: Type) -> Result<Value, Error> {
    let wrong = |wanted: &str| crate::filter::wrong_type(name, wanted);
    if let Json::Object(members) = json {
        return Err(if members.contains_key("vector") {
            later::vector_search()
        } else if members.contains_key("formula") {
            malformed(1278, "A formula in a query is not allowed")
        } else {
            wrong("a text, a number, true or false")
        });
    }
    match (ty, json) {
        (_, Json::Array(_)) => Err(wrong("a single value")),
        (Type::Json, Json::String(text)) => Ok(Value::Text(text.clone())),
        (Type::Json, Json::Bool(is_true)) => Ok(Value::Bool(*is_true)),
        (Type::Json, Json::Number(digits)) => number(digits.as_str()).ok_or_else(|| wrong("a number")),
        (Type::Value(ty) | Type::Related(Some(ty)), json) => match Value::from_parameter(ty, json) {
            Ok(Value::Null) | Err(_) => Err(wrong(&format!("a {}", type_name(ty)))),
            Ok(value) => Ok(value),
        },
        (_, _) => Err(wrong("a value that can be compared here")),
    }
}

fn type_name(ty: ValueType) -> &'static str {
    match ty {
        ValueType::Text => "text",
        ValueType::Uuid => "UUID",
        ValueType::Bool => "boolean",
        ValueType::Int | ValueType::Double | ValueType::Decimal => "number",
        ValueType::Duration => "duration",
        ValueType::Date | ValueType::Instant => "date",
        ValueType::Object => "object",
        ValueType::Image => "image",
        ValueType::Blob => "blob",
    }
}

/// The words of a keyword condition, folded.
fn keywords(text: &str, condition: &Condition) -> Result<String, Error> {
    let folded = fold(text).into_owned();
    if words(&folded).nth(MOST_PARTS).is_some() {
        let message = format!("The query cannot be analysed at character {}: {MOST_PARTS} words at most can be looked for", condition.at);
        return Err(malformed(1201, message));
    }
    Ok(folded)
}

/// The text of a value that was checked to be one; other values inside objects have none.
fn text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Decimal(number) => decimal::canonical(&number),
        Value::Bool(is_true) => is_true.to_string(),
        _ => String::new(),
    }
}

fn comparison(comparator: Comparator) -> Comparison {
    match comparator {
        Comparator::Different | Comparator::NotIdentical => Comparison::NotEqual,
        Comparator::Less => Comparison::Less,
        Comparator::LessOrEqual => Comparison::LessOrEqual,
        Comparator::Greater => Comparison::Greater,
        Comparator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => Comparison::Equal,
    }
}

/// Refuses a comparator that cannot be used on the type: 1112. Null tests never come here.
fn check(comparator: Comparator, ty: Type, condition: &Condition) -> Result<(), Error> {
    let is_text = matches!(comparator, Comparator::Begin | Comparator::Keyword);
    let is_order = matches!(comparator, Comparator::Less | Comparator::LessOrEqual | Comparator::Greater | Comparator::GreaterOrEqual);
    let fits = match ty {
        Type::Json | Type::Value(ValueType::Text) => true,
        Type::Value(ValueType::Bool) | Type::Related(Some(_)) => !is_text && !is_order,
        Type::Value(ValueType::Image | ValueType::Blob | ValueType::Object) | Type::Related(None) | Type::Selection => false,
        Type::Value(_) => !is_text,
    };
    if fits {
        return Ok(());
    }
    let what = match ty {
        Type::Value(ty) => type_name(ty),
        Type::Related(_) => "related entity",
        Type::Selection => "selection of related entities",
        Type::Json => "property",
    };
    let message = format!("The comparator \"{}\" at character {} is not usable on a {what}", comparator.symbol(), condition.at);
    Err(Error::new(ErrorKind::Malformed, 1112, message))
}
