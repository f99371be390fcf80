//! Storage attributes of the model file: types, columns, rules (`data-model.md` 3.2, 3.3).

use super::members::Members;
use super::report::Report;
use crate::attribute::{DateForm, IndexKind, Rules, Storage, StorageType, ValueType};
use crate::names;
use crate::value::Value;

/// What a storage attribute is read as.
#[expect(clippy::large_enum_variant, reason = "taken apart at once")]
pub(super) enum Found {
    Storage(Storage),
    /// Of a type that is not known, in a file of another product.
    Declared,
    /// Its problem is reported.
    Broken,
}

/// Reads a storage attribute.
pub(super) fn read(name: &str, members: &Members<'_>, report: &mut Report) -> Found {
    let Some(type_name) = members.text("type", report) else {
        if members.get("type").is_none() {
            report.error(&members.at("type"), "missing", format!("{name} needs a type"));
        }
        return Found::Broken;
    };
    let Some(ty) = StorageType::from_name(type_name) else {
        let message = format!("{type_name} is no type of a storage attribute");
        let is_declared = report.declares(&members.path, &members.at("type"), "unknown-type", message);
        return if is_declared { Found::Declared } else { Found::Broken };
    };
    if members.is("styled_text", report) {
        report.warning(&members.at("styled_text"), "styled-text", format!("{name}: style tags are not ignored in searches and orders"));
    }
    let simple_date = ty == StorageType::Date && members.is("simpleDate", report);
    let decimal = read_decimal(ty, members, report);
    let value_type = ty.value_type(simple_date, decimal.is_some());
    let rules = read_rules(ty, value_type, members, report);
    let index = read_index(&rules, members, report);
    Found::Storage(Storage {
        ty,
        simple_date,
        decimal,
        column: members.text("matchColumn", report).unwrap_or(default_column(name)).to_owned(),
        date_form: read_date_form(members, report),
        generated: members.is("generated", report),
        rules,
        index,
    })
}

/// The attribute's name, unless it is that of a system column (`data-model.md` 5.3), which ignores case.
fn default_column(name: &str) -> &str {
    if name == names::DELETED_STAMP { name.trim_start_matches('_') } else { name }
}

/// `precision` and `scale` make a number an exact decimal; precision 0: not declared.
fn read_decimal(ty: StorageType, members: &Members<'_>, report: &mut Report) -> Option<(u16, u16)> {
    let precision = members.count("precision", report);
    let scale = members.count("scale", report);
    if precision.is_none() && scale.is_none() {
        return None;
    }
    if ty != StorageType::Number {
        report.error(&members.path, "decimal", format!("precision and scale belong to type number, not {}", ty.name()));
        return None;
    }
    let short = |digits: Option<u32>| u16::try_from(digits.unwrap_or(0)).ok().filter(|digits| *digits <= 1000);
    let (Some(precision), Some(scale)) = (short(precision), short(scale)) else {
        report.error(&members.path, "decimal", "precision and scale are at most 1000");
        return None;
    };
    if precision > 0 && scale > precision {
        report.error(&members.at("scale"), "decimal", "the scale is greater than the precision");
    }
    Some((precision, scale))
}

fn read_date_form(members: &Members<'_>, report: &mut Report) -> DateForm {
    match members.text("dateForm", report) {
        None => DateForm::Native,
        Some(name) => DateForm::from_name(name).unwrap_or_else(|| {
            report.error(
                &members.at("dateForm"),
                "date-form",
                format!("{name} is no form of a date: native, text, seconds, milliseconds, julian"),
            );
            DateForm::Native
        }),
    }
}

fn read_index(rules: &Rules, members: &Members<'_>, report: &mut Report) -> IndexKind {
    let asked = match members.text("indexKind", report) {
        None | Some("none" | "") => IndexKind::None,
        Some("auto" | "btree" | "cluster") => IndexKind::BTree,
        Some("keywords") => IndexKind::Keywords,
        Some("objectPath") => IndexKind::ObjectPath,
        Some(other) => {
            report.error(&members.at("indexKind"), "index-kind", format!("{other} is no kind of index"));
            IndexKind::None
        }
    };
    if asked != IndexKind::None {
        return asked;
    }
    if members.is("indexed", report) || rules.unique {
        IndexKind::BTree
    } else if members.is("keywordIndexed", report) {
        IndexKind::Keywords
    } else {
        IndexKind::None
    }
}

fn read_rules(ty: StorageType, value_type: ValueType, members: &Members<'_>, report: &mut Report) -> Rules {
    let mut rules = Rules {
        autosequence: members.is("autosequence", report),
        autogenerate: members.is("autogenerate", report),
        not_null: members.is("not_null", report),
        min_value: read_value("minValue", ty, value_type, members, report),
        max_value: read_value("maxValue", ty, value_type, members, report),
        unique: members.is("unique", report),
        database_default: members.is("databaseDefault", report),
        null_as_default: members.is("nullAsDefault", report),
        ..Rules::default()
    };
    if rules.autosequence && value_type != ValueType::Int {
        // Old files mark a generated uuid with both.
        let is_generated = rules.autogenerate && value_type == ValueType::Uuid;
        if !is_generated {
            report.warning(&members.at("autosequence"), "autosequence", format!("autosequence has no effect on type {}", ty.name()));
        }
        rules.autosequence = false;
    }
    if rules.autogenerate && value_type != ValueType::Uuid {
        report.warning(&members.at("autogenerate"), "autogenerate", format!("autogenerate has no effect on type {}", ty.name()));
        rules.autogenerate = false;
    }
    if let Some(json) = members.get("defaultValue") {
        match Value::from_json(value_type, Some(ty), json) {
            Ok(value) => rules.default_value = Some(value),
            // Old files carry defaults of every shape; without one the attribute starts as null.
            Err(error) => report.warning(&members.at("defaultValue"), "default-value", format!("the default value is ignored: {error}")),
        }
    }
    if rules.null_as_default && rules.default_value.is_none() && !rules.autosequence {
        rules.default_value = value_type.empty();
    }
    if value_type == ValueType::Text {
        read_lengths(&mut rules, members, report);
        read_pattern(&mut rules, members, report);
    }
    rules
}

fn read_value(name: &str, ty: StorageType, value_type: ValueType, members: &Members<'_>, report: &mut Report) -> Option<Value> {
    let json = members.get(name)?;
    Value::from_json(value_type, Some(ty), json)
        .map_err(|error| report.error(&members.at(name), "limit", format!("{name} does not fit type {}: {error}", ty.name())))
        .ok()
}

/// `fixedLength` is both limits; `limiting_length` refuses like `maxLength` (M-5). 0 is no limit in old files.
fn read_lengths(rules: &mut Rules, members: &Members<'_>, report: &mut Report) {
    let fixed = members.count("fixedLength", report).filter(|length| *length > 0);
    let maximum = members.count("maxLength", report);
    let limiting = members.count("limiting_length", report).filter(|length| *length > 0);
    rules.min_length = members.count("minLength", report).or(fixed);
    rules.max_length = [fixed, maximum, limiting].into_iter().flatten().min();
    if let (Some(least), Some(most)) = (rules.min_length, rules.max_length)
        && least > most
    {
        report.error(&members.at("minLength"), "limit", format!("no text is at least {least} and at most {most} characters long"));
    }
}

fn read_pattern(rules: &mut Rules, members: &Members<'_>, report: &mut Report) {
    let Some(pattern) = members.text("pattern", report) else { return };
    match Rules::compile(pattern) {
        Ok(compiled) => (rules.pattern, rules.compiled) = (Some(pattern.to_owned()), Some(compiled)),
        Err(error) => report.error(&members.at("pattern"), "pattern", format!("this is no regular expression: {error}")),
    }
}
