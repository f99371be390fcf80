//! What a value must fulfil to be saved (`data-model.md` 3.3). (Written by the lead.)

use std::fmt;

use bigdecimal::BigDecimal;

use crate::attribute::{Attribute, StorageType};
use crate::value::Value;

/// A rule of `data-model.md` 3.3 that a value breaks. Prints as one sentence that names the attribute and the rule, never the value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Name of the attribute.
    pub attribute: String,
    /// Which rule.
    pub rule: Rule,
}

/// The rules, with their limits.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are those of data-model.md 3.3")]
pub enum Rule {
    Mandatory,
    MinValue(String),
    MaxValue(String),
    MinLength(u32),
    MaxLength(u32),
    Pattern(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\" ", self.attribute)?;
        match &self.rule {
            Rule::Mandatory => write!(out, "is mandatory and has no value"),
            Rule::MinValue(limit) => write!(out, "must not be less than {limit}"),
            Rule::MaxValue(limit) => write!(out, "must not be greater than {limit}"),
            Rule::MinLength(limit) => write!(out, "must have at least {limit} characters"),
            Rule::MaxLength(limit) => write!(out, "must have at most {limit} characters"),
            Rule::Pattern(pattern) => write!(out, "must match the pattern {pattern}"),
        }
    }
}

impl std::error::Error for Broken {}

/// Checks a value that is about to be saved: mandatory, then minimum and maximum, lengths, pattern. Attributes that are not stored pass.
///
/// # Errors
/// The first rule that is broken.
pub fn check(attribute: &Attribute, value: &Value) -> Result<(), Broken> {
    let Some(storage) = attribute.storage() else { return Ok(()) };
    let rules = &storage.rules;
    let broken = |rule| Err(Broken { attribute: attribute.name.clone(), rule });
    if *value == Value::Null {
        return if rules.not_null { broken(Rule::Mandatory) } else { Ok(()) };
    }
    if let Some(limit) = rules.min_value.as_ref().filter(|limit| number(value) < number(limit)) {
        return broken(Rule::MinValue(number(limit).map_or_else(String::new, |limit| limit.to_plain_string())));
    }
    if let Some(limit) = rules.max_value.as_ref().filter(|limit| number(value) > number(limit)) {
        return broken(Rule::MaxValue(number(limit).map_or_else(String::new, |limit| limit.to_plain_string())));
    }
    if let Value::Text(text) = value
        && storage.ty == StorageType::String
    {
        let length = text.chars().count();
        if let Some(limit) = rules.min_length.filter(|limit| length < *limit as usize) {
            return broken(Rule::MinLength(limit));
        }
        if let Some(limit) = rules.max_length.filter(|limit| length > *limit as usize) {
            return broken(Rule::MaxLength(limit));
        }
        if let Some(pattern) = &rules.pattern
            && !matches_whole(pattern, text)
        {
            return broken(Rule::Pattern(pattern.clone()));
        }
    }
    Ok(())
}

/// A number of any kind, exactly.
fn number(value: &Value) -> Option<BigDecimal> {
    match value {
        Value::Int(number) | Value::Duration(number) => Some(BigDecimal::from(*number)),
        Value::Double(number) => BigDecimal::try_from(*number).ok(),
        Value::Decimal(number) => Some(number.clone()),
        _ => None,
    }
}

/// Anchored at both ends. The loader has refused patterns that do not compile.
fn matches_whole(pattern: &str, text: &str) -> bool {
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}
