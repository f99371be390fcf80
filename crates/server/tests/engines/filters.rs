//! Random filters and orders.

use serde_json::{Value, json};

use crate::dice::Dice;
use crate::models::World;
use crate::values::{self, MEMBERS, Type};

/// A filter in pieces, so that a smaller one can be tried.
#[derive(Clone)]
pub enum Filter {
    Condition { path: Operand, comparator: &'static str, operand: Operand },
    Not(Box<Self>),
    Both(&'static str, Box<Self>, Box<Self>),
}

#[derive(Clone)]
pub enum Operand {
    /// As it stands in the text.
    Literal(String),
    /// A placeholder.
    Parameter(Value),
}

/// Any filter on a dataclass.
pub fn filter(dice: &mut Dice, world: &World, class: usize, depth: usize) -> Filter {
    if depth == 0 || dice.below(3) == 0 {
        return condition(dice, world, class);
    }
    let inner = |dice: &mut Dice| Box::new(filter(dice, world, class, depth - 1));
    match dice.below(9) {
        0 | 1 => Filter::Not(inner(dice)),
        2..=4 => Filter::Both("and", inner(dice), inner(dice)),
        5 | 6 => Filter::Both("or", inner(dice), inner(dice)),
        7 => Filter::Both("except", inner(dice), inner(dice)),
        _ => Filter::Both("&", inner(dice), inner(dice)),
    }
}

const COMPARATORS: [&str; 17] = ["=", "=", "==", "===", "#", "!=", "!==", "<", "<=", ">", ">=", "is", "is not", "in", "begin", "%", "="];

fn condition(dice: &mut Dice, world: &World, class: usize) -> Filter {
    let (path, ty) = path(dice, world, class, true);
    let mut comparator = dice.one(&COMPARATORS);
    if ty != Type::Text && ty != Type::Object && matches!(comparator, "begin" | "%") && dice.below(4) > 0 {
        comparator = "=";
    }
    let operand = if comparator == "in" {
        let values: Vec<Value> = (0..dice.below(4)).map(|_| values::compared(dice, ty)).collect();
        if dice.below(2) == 0 {
            Operand::Parameter(json!(values))
        } else {
            let literals: Vec<String> = values.iter().map(|value| quoted(dice, value)).collect();
            Operand::Literal(format!("[{}]", literals.join(", ")))
        }
    } else {
        let value = if dice.below(9) == 0 { Value::Null } else { values::compared(dice, ty) };
        if dice.below(4) == 0 && !value.is_null() { Operand::Parameter(value) } else { Operand::Literal(values::literal(dice, &value)) }
    };
    // A placeholder may stand for the path.
    let path = if dice.below(12) == 0 { Operand::Parameter(json!(path)) } else { Operand::Literal(path) };
    Filter::Condition { path, comparator, operand }
}

/// In a list every text is quoted.
fn quoted(dice: &mut Dice, value: &Value) -> String {
    let text = values::literal(dice, value);
    if value.is_string() && !text.starts_with('\'') { format!("'{text}'") } else { text }
}

/// A path to an attribute, over relations at times; to-many ones if they may be.
pub fn path(dice: &mut Dice, world: &World, class: usize, may_be_many: bool) -> (String, Type) {
    let mut at = class;
    let mut text = String::new();
    while dice.below(5) < 2 {
        let relations: Vec<_> = world.classes[at].relations.iter().filter(|relation| may_be_many || !relation.is_many).collect();
        if relations.is_empty() || text.len() > 20 {
            break;
        }
        let relation = relations[dice.below(relations.len())];
        text.push_str(&relation.name);
        if relation.is_many && dice.below(4) == 0 {
            text.push_str("{2}");
        }
        text.push('.');
        at = relation.target;
    }
    let field = world.classes[at].any(dice);
    text.push_str(&field.name);
    if field.ty == Type::Object && dice.below(6) > 0 {
        text.push('.');
        text.push_str(&match dice.below(7) {
            0 if may_be_many => "tags[]".to_owned(),
            1 if may_be_many => "items[].a".to_owned(),
            2 if may_be_many => format!("items[{}].{}", dice.one(&["x", "y"]), dice.one(&["a", "b"])),
            3 if may_be_many => "tags[z]".to_owned(),
            4 => "b.a".to_owned(),
            _ => dice.one(&MEMBERS).to_owned(),
        });
    }
    (text, field.ty)
}

/// An order of one or more keys.
pub fn order(dice: &mut Dice, world: &World, class: usize) -> String {
    let terms: Vec<String> = (0..=dice.below(3))
        .map(|_| {
            let may_be_many = dice.below(40) == 0;
            let (path, _) = path(dice, world, class, may_be_many);
            format!("{path}{}", dice.one(&["", " asc", " desc", " DESC"]))
        })
        .collect();
    terms.join(", ")
}

impl Operand {
    fn text(&self, parameters: &mut Vec<Value>) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Parameter(value) => {
                parameters.push(value.clone());
                format!(":{}", parameters.len())
            }
        }
    }
}

impl Filter {
    /// The text; what stands for its placeholders is put into `parameters`.
    pub fn text(&self, parameters: &mut Vec<Value>) -> String {
        match self {
            Self::Condition { path, comparator, operand } => {
                let path = path.text(parameters);
                format!("{path} {comparator} {}", operand.text(parameters))
            }
            Self::Not(inner) => format!("not ({})", inner.text(parameters)),
            Self::Both(word, one, other) => {
                let one = one.text(parameters);
                format!("({one}) {word} ({})", other.text(parameters))
            }
        }
    }

    /// Smaller ones.
    pub fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Condition { path, comparator, operand } => match operand {
                Operand::Parameter(Value::Array(values)) if values.len() > 1 => values
                    .iter()
                    .map(|value| Self::Condition { path: path.clone(), comparator, operand: Operand::Parameter(json!([value])) })
                    .collect(),
                _ => Vec::new(),
            },
            Self::Not(inner) => {
                let deeper = inner.smaller().into_iter().map(|inner| Self::Not(Box::new(inner)));
                std::iter::once((**inner).clone()).chain(deeper).collect()
            }
            Self::Both(word, one, other) => {
                let mut all = vec![(**one).clone(), (**other).clone()];
                all.extend(one.smaller().into_iter().map(|one| Self::Both(word, Box::new(one), other.clone())));
                all.extend(other.smaller().into_iter().map(|other| Self::Both(word, one.clone(), Box::new(other))));
                all
            }
        }
    }
}
