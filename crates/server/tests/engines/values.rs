//! Random values of every type, as they stand in bodies, parameters and filters. Most come from few, so that they meet.

use serde_json::{Value, json};

use crate::dice::Dice;

/// A type of the model file; a number may have a scale, a date be one of days only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Uuid,
    Bool,
    Byte,
    Word,
    Long,
    Long64,
    Number,
    Decimal,
    Duration,
    Day,
    Instant,
    Object,
}

impl Type {
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Uuid,
        Self::Bool,
        Self::Byte,
        Self::Word,
        Self::Long,
        Self::Long64,
        Self::Number,
        Self::Decimal,
        Self::Duration,
        Self::Day,
        Self::Instant,
        Self::Object,
    ];

    /// Members of an attribute in the model file.
    pub fn declared(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Uuid => json!({ "type": "uuid" }),
            Self::Bool => json!({ "type": "bool" }),
            Self::Byte => json!({ "type": "byte" }),
            Self::Word => json!({ "type": "word" }),
            Self::Long => json!({ "type": "long" }),
            Self::Long64 => json!({ "type": "long64" }),
            Self::Number => json!({ "type": "number" }),
            Self::Decimal => json!({ "type": "number", "precision": 14, "scale": 3 }),
            Self::Duration => json!({ "type": "duration" }),
            Self::Day => json!({ "type": "date", "simpleDate": true }),
            Self::Instant => json!({ "type": "date", "simpleDate": false }),
            Self::Object => json!({ "type": "object" }),
        }
    }

    /// What attributes of the type are called.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Bool => "bool",
            Self::Byte => "byte",
            Self::Word => "word",
            Self::Long => "long",
            Self::Long64 => "big",
            Self::Number => "real",
            Self::Decimal => "dec",
            Self::Duration => "span",
            Self::Day => "day",
            Self::Instant => "at",
            Self::Object => "obj",
        }
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Self::Byte | Self::Word | Self::Long | Self::Long64)
    }
}

const TEXTS: [&str; 48] = [
    "",
    " ",
    "a",
    "A",
    "á",
    "Á",
    "ab",
    "AB",
    "Ábc",
    "abc",
    "b",
    "Straße",
    "STRASSE",
    "strasse",
    "É@",
    "a@b",
    "10",
    "9",
    "2.5",
    "true",
    "2024-02-29",
    "it's",
    "x\"y",
    "ﬁn",
    "İstanbul",
    "istanbul",
    "ı",
    "Σίσυφος",
    "ΣΊΣΥΦΟΣ",
    "中文",
    "😀",
    "e\u{301}",
    "\u{301}",
    "two words",
    "Two-Words two_words",
    "a\nb",
    "100%",
    "under_score",
    "back\\slash",
    "a*",
    "\u{212a}",
    "k",
    "각",
    "\u{1100}\u{1161}\u{11a8}",
    "zz",
    "ÿ",
    "null",
    "-3",
];

const REALS: [&str; 20] = [
    "0",
    "-0.0",
    "1",
    "-1",
    "2.5",
    "-0.1",
    "0.1",
    "0.3",
    "1e300",
    "1e-300",
    "123456.789",
    "1e22",
    "9007199254740993",
    "2.675",
    "10",
    "3",
    "1e15",
    "123456789012345678",
    "0.000001",
    "-2.5",
];

const DECIMALS: [&str; 12] =
    ["0", "0.1", "-0.1", "1", "1.5", "1.500", "2.005", "-12345678901.123", "99999999999.999", "0.001", "10", "3.14"];

const INSTANTS: [&str; 10] = [
    "1970-01-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
    "2024-02-29T12:30:15.123Z",
    "2024-02-29T12:30:15Z",
    "2024-03-01T00:00:00.000Z",
    "2024-02-29T13:30:15.123+01:00",
    "1900-01-01T00:00:00.001Z",
    "9999-12-31T23:59:59.999Z",
    "0001-01-01T00:00:00.000Z",
    "2024-02-28",
];

const DAYS: [&str; 9] =
    ["2024-02-29", "29!2!2024", "1970-01-01", "1969-12-31", "2024-03-01", "9999-12-31", "0001-01-01", "0!0!0", "!!2024-03-01!!"];

/// A number as it is written.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn whole(dice: &mut Dice, least: i64, most: i64) -> Value {
    match dice.below(8) {
        0 => json!(least),
        1 => json!(most),
        2 => json!((dice.throw() as i64).clamp(least, most)),
        _ => json!((dice.below(12) as i64 - 3).clamp(least, most)),
    }
}

/// A value of the type as a body has it; never null.
pub fn value(dice: &mut Dice, ty: Type) -> Value {
    match ty {
        Type::Text if dice.below(8) == 0 => json!(dice.text()),
        Type::Text => json!(dice.one(&TEXTS)),
        Type::Uuid => {
            let last = dice.below(6);
            json!(match dice.below(3) {
                0 => format!("000102030405060708090a0b0c0d0e0{last}"),
                1 => format!("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF{last}"),
                _ => format!("00010203-0405-0607-0809-0A0B0C0D0E0{last}"),
            })
        }
        Type::Bool => json!(dice.below(2) == 0),
        Type::Byte => whole(dice, -128, 127),
        Type::Word => whole(dice, -32768, 32767),
        Type::Long => whole(dice, i32::MIN.into(), i32::MAX.into()),
        Type::Long64 => match dice.below(6) {
            0 => json!(9_007_199_254_740_993_i64),
            1 => json!(4_611_686_018_427_387_904_i64),
            _ => whole(dice, i64::MIN, i64::MAX),
        },
        Type::Number if dice.below(6) == 0 => Some(dice.double()).filter(|x| x.is_finite()).map_or(json!(7), |x| json!(x)),
        Type::Number => number(dice.one(&REALS)),
        Type::Decimal => number(dice.one(&DECIMALS)),
        Type::Duration => match dice.below(6) {
            0 => json!("01:30:00"),
            1 => json!(-5),
            2 => json!(5_400_000),
            3 => json!(86_400_000_i64 * 400),
            _ => json!(dice.below(4) * 1000),
        },
        Type::Day => json!(dice.one(&DAYS)),
        Type::Instant => json!(dice.one(&INSTANTS)),
        Type::Object => object(dice),
    }
}

/// Names of the members that [`object`]s have.
pub const MEMBERS: [&str; 4] = ["a", "b", "tags", "items"];

fn object(dice: &mut Dice) -> Value {
    let mut out = serde_json::Map::new();
    for name in MEMBERS {
        if dice.below(3) == 0 {
            continue;
        }
        let made = match name {
            "tags" => json!((0..dice.below(4)).map(|_| scalar(dice)).collect::<Vec<_>>()),
            "items" => json!((0..dice.below(3)).map(|_| json!({ "a": scalar(dice), "b": scalar(dice) })).collect::<Vec<_>>()),
            "b" if dice.below(3) == 0 => json!({ "a": scalar(dice), "Á é": [scalar(dice)] }),
            _ => scalar(dice),
        };
        out.insert(name.to_owned(), made);
    }
    Value::Object(out)
}

/// A value in an object.
pub fn scalar(dice: &mut Dice) -> Value {
    match dice.below(9) {
        0 => Value::Null,
        1 => json!(dice.below(2) == 0),
        2 => number(dice.one(&REALS)),
        3 => number(dice.one(&["1.50", "1E2", "-0", "10000000000000000000000", "0.10"])),
        4 | 5 => json!(dice.below(5)),
        _ => json!(dice.one(&TEXTS)),
    }
}

/// Sometimes null, seldom a value of another type.
pub fn anything(dice: &mut Dice, ty: Type) -> Value {
    match dice.below(24) {
        0..=3 => Value::Null,
        4 => {
            let other = dice.one(&Type::ALL);
            value(dice, other)
        }
        5 if dice.below(3) == 0 => json!([1]),
        _ => value(dice, ty),
    }
}

/// A value to compare with, seldom of another type; texts with wildcards.
pub fn compared(dice: &mut Dice, ty: Type) -> Value {
    match ty {
        Type::Text => {
            let text = dice.one(&TEXTS);
            json!(match dice.below(9) {
                0 => format!("{text}@"),
                1 => format!("@{text}"),
                2 => format!("@{text}@"),
                3 => format!("a@{text}"),
                4 => "*b*".to_owned(),
                _ => return anything(dice, ty),
            })
        }
        Type::Object => scalar(dice),
        // Texts that are read as far as they can be.
        _ if dice.below(8) == 0 => json!(dice.one(&LOOSE)),
        _ => anything(dice, ty),
    }
}

const LOOSE: [&str; 14] = [
    "v7",
    "1e2",
    "7.9",
    "-1x",
    " 2 ",
    "1.500",
    "0x1",
    "1:30",
    "01:30:00.5",
    "2024-02",
    "2024-02-29T12:00:00Z",
    "2024-02-29 12:30:15",
    "2024-13-01",
    "99999999999999999999",
];

/// A value as a filter has it.
pub fn literal(dice: &mut Dice, value: &Value) -> String {
    match value {
        Value::String(text) => {
            let is_plain = text.chars().all(|c| c.is_alphanumeric() || c == '@') && !text.is_empty();
            if is_plain && dice.below(4) == 0 {
                return text.clone();
            }
            let escaped: String = text
                .chars()
                .map(|c| if matches!(c, '\'' | '"' | '\\' | '\n') { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() })
                .collect();
            format!("'{escaped}'")
        }
        Value::Array(_) | Value::Object(_) => "'[]'".to_owned(),
        other => other.to_string(),
    }
}
