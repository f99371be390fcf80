//! Calculated attributes: a parsed expression becomes SQL over the row's own columns (`data-model.md` 3.5).
//!
//! The engines treat types differently (SQLite converts whatever meets, PostgreSQL nothing), so the language has rules of its own, and
//! what is written leaves neither engine a choice:
//!
//! * Every part has a type that is known before anything is run: truth, whole number (64 bits), double, text. Where several parts can be
//!   the result (`case`, `coalesce`, `nullif`, `min`, `max`) it is the last of these that is among them.
//! * A number becomes text by the digits of its shortest decimal, without exponent (`2.0` is `2`), true and false `1` and `0`. A text
//!   becomes the number that it is as a whole, else null. As a condition a number is true unless it is zero.
//! * Arithmetic of whole numbers is whole (`7 / 2` is 3); a result beyond 64 bits is null. Divided by zero is null.
//! * A number is compared with a text as a number; texts are compared by their code points.
//! * An attribute with `scale` counts as the nearest double; an instant or a duration as its milliseconds, a date as `YYYY-MM-DD`, a UUID
//!   as its 32 digits, an object as its JSON; an image or a blob only knows whether it is there.
//! * The result is converted to the declared type; what does not fit is null, but a double with a fraction where whole numbers are declared
//!   stays what it is.

use claviger_model::expression::{Binary, Function, Unary};
use claviger_model::{AttrRef, Calculated, ClassId, Expression, Kind, ValueType};

use super::Tables;
use super::operand::Column;
use crate::layout::{Dialect, text_literal};
use crate::postgres::types::PgType;

/// The type of a part. The order is the one in which types give way to each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Type {
    /// Null, whatever else.
    Null,
    /// True or false.
    Truth,
    /// A whole number.
    Whole,
    /// A double.
    Double,
    /// A text.
    Text,
}

/// A part as SQL.
#[derive(Clone, Debug)]
struct Part {
    sql: String,
    ty: Type,
}

/// Writes the expressions of one row.
#[derive(Clone, Copy)]
struct Writer<'a> {
    tables: Tables<'a>,
    class: ClassId,
    row: &'a str,
    dialect: Dialect,
}

impl Tables<'_> {
    /// The value of a calculated attribute in the row `row`, and its type where the engine is PostgreSQL. Literals come from the model file,
    /// never from a request.
    pub fn calculated(self, class: ClassId, calculated: &Calculated, row: &str) -> (String, Option<PgType>) {
        let writer = Writer { tables: self, class, row, dialect: self.layout.dialect() };
        let declared = calculated.value_type();
        match calculated.expression() {
            Some(Expression::Attribute(attr)) if declared == ValueType::Object => {
                let column = self.column(AttrRef { class, attr: *attr }, row);
                if column.ty == ValueType::Object {
                    return (column.sql, column.pg);
                }
                writer.declared(writer.attribute(&column), declared)
            }
            Some(expression) => writer.declared(writer.part(expression), declared),
            None => writer.declared(NULL, declared),
        }
    }
}

const NULL: Part = Part { sql: String::new(), ty: Type::Null };

impl Writer<'_> {
    fn is_sqlite(self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// A call of one of the product's functions.
    fn call(self, name: &str, arguments: &str) -> String {
        format!("{}({arguments})", self.dialect.function(name))
    }

    /// The SQL of the engine whose turn it is.
    fn either(self, sqlite: impl FnOnce() -> String, postgres: impl FnOnce() -> String) -> String {
        if self.is_sqlite() { sqlite() } else { postgres() }
    }

    fn part(self, expression: &Expression) -> Part {
        match expression {
            Expression::Attribute(attr) => {
                let at = AttrRef { class: self.class, attr: *attr };
                match self.tables.attribute(at).kind {
                    Kind::Storage(_) | Kind::Calculated(_) => self.attribute(&self.tables.column(at, self.row)),
                    Kind::RelatedEntity(_) | Kind::RelatedEntities(_) | Kind::Alias(_) => NULL,
                }
            }
            Expression::Text(text) => {
                let literal = text_literal(&text.replace('\0', ""));
                Part { sql: if self.is_sqlite() { literal } else { format!("({literal}::text)") }, ty: Type::Text }
            }
            Expression::Number(digits) => self.number(digits),
            Expression::Null => NULL,
            Expression::Bool(truth) => {
                Part { sql: if self.is_sqlite() { u8::from(*truth).to_string() } else { truth.to_string() }, ty: Type::Truth }
            }
            Expression::Unary(Unary::Negate, part) => self.negated(self.part(part)),
            Expression::Unary(Unary::Not, part) => {
                Part { sql: format!("(NOT {})", self.convert(self.part(part), Type::Truth)), ty: Type::Truth }
            }
            Expression::Binary(operator, left, right) => self.binary(*operator, self.part(left), self.part(right)),
            Expression::Call(function, arguments) => {
                self.function(*function, arguments.iter().map(|argument| self.part(argument)).collect())
            }
            Expression::Case(branches, otherwise) => {
                let conditions = branches.iter().map(|(when, _)| self.convert(self.part(when), Type::Truth));
                let conditions: Vec<String> = conditions.collect();
                let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref()).map(|result| self.part(result));
                let (results, ty) = self.alike(results.collect());
                let mut sql = "(CASE".to_owned();
                for (when, then) in conditions.iter().zip(&results) {
                    sql.push_str(&format!(" WHEN {when} THEN {then}"));
                }
                if let Some(otherwise) = results.get(conditions.len()) {
                    sql.push_str(&format!(" ELSE {otherwise}"));
                }
                Part { sql: sql + " END)", ty }
            }
            Expression::IsNull(part, negated) => {
                let part = self.part(part);
                let ty = part.ty;
                let not = if *negated { "NOT " } else { "" };
                Part { sql: format!("({} IS {not}NULL)", self.convert(part, ty)), ty: Type::Truth }
            }
        }
    }

    /// An attribute's value as a part.
    fn attribute(self, column: &Column) -> Part {
        let is_there = || format!("(CASE WHEN {} IS NOT NULL THEN '' END)", column.sql);
        let Some(pg) = column.pg else {
            let (sql, ty) = match column.ty {
                ValueType::Text | ValueType::Object => (column.sql.clone(), Type::Text),
                ValueType::Decimal => (self.call("clv_real", &column.sql), Type::Double),
                ValueType::Double => (column.compared(), Type::Double),
                ValueType::Uuid => (format!("nullif(hex({}), '')", column.compared()), Type::Text),
                ValueType::Bool => (column.compared(), Type::Truth),
                ValueType::Int | ValueType::Duration | ValueType::Instant => (column.compared(), Type::Whole),
                ValueType::Date => (column.compared(), Type::Text),
                ValueType::Image | ValueType::Blob => (is_there(), Type::Text),
            };
            return Part { sql, ty };
        };
        let compared = pg.compared(&column.sql);
        let (sql, ty) = match pg {
            PgType::Bool => (compared, Type::Truth),
            PgType::Int | PgType::Span => (format!("({compared})::int8"), Type::Whole),
            PgType::Float4 | PgType::Float8 => (format!("nullif({compared}, 'NaN'::float8)"), Type::Double),
            PgType::Numeric => (self.call("clv_real", &compared), Type::Double),
            PgType::Uuid => (format!("upper(replace(({compared})::text, '-', ''))"), Type::Text),
            PgType::Text | PgType::AsText | PgType::Json | PgType::Jsonb | PgType::Array => (format!("({compared})::text"), Type::Text),
            PgType::Date => (
                format!(
                    "(CASE WHEN isfinite({compared}) THEN to_char({compared}, 'YYYY-MM-DD') WHEN {compared} < 'epoch'::date THEN '0000-00-00' END)"
                ),
                Type::Text,
            ),
            PgType::Timestamp => (self.call("clv_milliseconds", &format!("({compared}) AT TIME ZONE 'UTC'")), Type::Whole),
            PgType::Instant | PgType::TimestampTz => (self.call("clv_milliseconds", &compared), Type::Whole),
            PgType::Bytea => (is_there(), Type::Text),
        };
        Part { sql, ty }
    }

    fn number(self, digits: &str) -> Part {
        let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
        if let (true, Ok(number)) = (is_whole, digits.parse::<i64>()) {
            return Part { sql: self.either(|| number.to_string(), || format!("({number}::int8)")), ty: Type::Whole };
        }
        match digits.parse::<f64>().ok().filter(|number| number.is_finite()) {
            // Written anew: nothing but a number comes of it, and both engines read the same double.
            Some(number) => Part { sql: self.either(|| format!("{number:e}"), || format!("('{number:e}'::float8)")), ty: Type::Double },
            None => NULL,
        }
    }

    /// A part in another type.
    fn convert(self, part: Part, ty: Type) -> String {
        let Part { sql, ty: from } = part;
        if from == Type::Null {
            return match (self.dialect, ty) {
                (Dialect::Sqlite, _) => "NULL".to_owned(),
                (_, Type::Truth) => "NULL::bool".to_owned(),
                (_, Type::Whole) => "NULL::int8".to_owned(),
                (_, Type::Double) => "NULL::float8".to_owned(),
                (_, Type::Null | Type::Text) => "NULL::text".to_owned(),
            };
        }
        match (from, ty) {
            (Type::Truth, Type::Whole) => self.either(|| sql.clone(), || format!("({sql})::int4::int8")),
            (Type::Truth, Type::Double) => self.either(|| format!("CAST({sql} AS REAL)"), || format!("({sql})::int4::float8")),
            (Type::Truth, Type::Text) => self.either(|| format!("CAST({sql} AS TEXT)"), || format!("({sql})::int4::text")),
            (Type::Whole | Type::Double, Type::Truth) => format!("({sql} <> 0)"),
            (Type::Whole, Type::Double) => self.either(|| format!("CAST({sql} AS REAL)"), || format!("({sql})::float8")),
            (Type::Whole, Type::Text) => self.either(|| format!("CAST({sql} AS TEXT)"), || format!("({sql})::text")),
            (Type::Double, Type::Whole) => self.either(|| format!("CAST({sql} AS INTEGER)"), || self.call("clv_int", &sql)),
            (Type::Double, Type::Text) => self.call("clv_decimal", &sql),
            (Type::Text, Type::Double) => {
                let number = self.either(|| sql.clone(), || self.call("clv_number", &sql));
                self.call("clv_real", &number)
            }
            (Type::Text, Type::Whole | Type::Truth) => {
                let number = Part { sql: self.convert(Part { sql, ty: from }, Type::Double), ty: Type::Double };
                self.convert(number, ty)
            }
            _ => sql,
        }
    }

    /// Several parts in the one type that all of them can be, at least `Text` on PostgreSQL where all are null.
    fn alike(self, parts: Vec<Part>) -> (Vec<String>, Type) {
        let ty = parts.iter().map(|part| part.ty).max().unwrap_or(Type::Null);
        (parts.into_iter().map(|part| self.convert(part, ty)).collect(), ty)
    }

    fn negated(self, part: Part) -> Part {
        let ty = arithmetic_type(part.ty);
        let sql = self.convert(part, ty);
        let sql = match (self.dialect, ty) {
            (Dialect::Sqlite, Type::Whole) => self.call("clv_whole", &format!("- {sql}")),
            (Dialect::Sqlite, _) => format!("(0 - {sql})"),
            _ => self.call("clv_negate", &sql),
        };
        Part { sql, ty }
    }

    fn binary(self, operator: Binary, left: Part, right: Part) -> Part {
        match operator {
            Binary::Concat => {
                Part { sql: format!("({} || {})", self.convert(left, Type::Text), self.convert(right, Type::Text)), ty: Type::Text }
            }
            Binary::And | Binary::Or => {
                let word = if operator == Binary::And { "AND" } else { "OR" };
                Part { sql: format!("({} {word} {})", self.convert(left, Type::Truth), self.convert(right, Type::Truth)), ty: Type::Truth }
            }
            Binary::Add => self.arithmetic("+", "clv_add", left, right),
            Binary::Subtract => self.arithmetic("-", "clv_subtract", left, right),
            Binary::Multiply => self.arithmetic("*", "clv_multiply", left, right),
            Binary::Divide => self.arithmetic("/", "clv_divide", left, right),
            Binary::Modulo => self.arithmetic("%", "clv_modulo", left, right),
            Binary::Equal => self.comparison("=", left, right),
            Binary::NotEqual => self.comparison("<>", left, right),
            Binary::Less => self.comparison("<", left, right),
            Binary::LessOrEqual => self.comparison("<=", left, right),
            Binary::Greater => self.comparison(">", left, right),
            Binary::GreaterOrEqual => self.comparison(">=", left, right),
        }
    }

    fn arithmetic(self, symbol: &str, name: &str, left: Part, right: Part) -> Part {
        let ty = arithmetic_type(left.ty.max(right.ty));
        let (left, right) = (self.convert(left, ty), self.convert(right, ty));
        let sql = match (self.dialect, ty) {
            (Dialect::Sqlite, Type::Whole) => self.call("clv_whole", &format!("{left} {symbol} {right}")),
            (Dialect::Sqlite, _) => format!("({left} {symbol} {right})"),
            _ => self.call(name, &format!("{left}, {right}")),
        };
        Part { sql, ty }
    }

    fn comparison(self, symbol: &str, left: Part, right: Part) -> Part {
        let ty = match (left.ty, right.ty) {
            (Type::Text | Type::Null, Type::Text | Type::Null) => Type::Text,
            (left, right) if left == Type::Text || right == Type::Text => Type::Double,
            (left, right) => left.max(right),
        };
        let left = self.convert(left, ty);
        let left = if ty == Type::Text { self.by_code_points(&left) } else { left };
        Part { sql: format!("({left} {symbol} {})", self.convert(right, ty)), ty: Type::Truth }
    }

    /// A text that is compared by its code points.
    fn by_code_points(self, text: &str) -> String {
        self.either(|| format!("{text} COLLATE BINARY"), || format!("({text} COLLATE \"C\")"))
    }

    fn function(self, function: Function, arguments: Vec<Part>) -> Part {
        let mut arguments = arguments.into_iter();
        let mut next = |ty: Type| self.convert(arguments.next().unwrap_or(NULL), ty);
        match function {
            Function::Upper => Part { sql: self.call("clv_upper", &next(Type::Text)), ty: Type::Text },
            Function::Lower => Part { sql: self.call("clv_lower", &next(Type::Text)), ty: Type::Text },
            Function::Length => {
                let text = next(Type::Text);
                Part { sql: self.either(|| format!("length({text})"), || format!("length({text})::int8")), ty: Type::Whole }
            }
            Function::Trim => {
                let text = next(Type::Text);
                Part { sql: self.either(|| format!("trim({text})"), || format!("btrim({text})")), ty: Type::Text }
            }
            Function::Substr => {
                let (text, begin) = (next(Type::Text), next(Type::Whole));
                let count = arguments.next().map_or_else(String::new, |count| format!(", {}", self.convert(count, Type::Whole)));
                let all = format!("{text}, {begin}{count}");
                Part { sql: self.either(|| format!("substr({all})"), || self.call("clv_substr", &all)), ty: Type::Text }
            }
            Function::Replace => {
                let (text, from, to) = (next(Type::Text), next(Type::Text), next(Type::Text));
                let all = format!("{text}, {from}, {to}");
                Part { sql: self.either(|| format!("replace({all})"), || self.call("clv_replace", &all)), ty: Type::Text }
            }
            Function::Round => {
                let number = next(Type::Double);
                let digits = arguments.next().unwrap_or_else(|| self.number("0"));
                let digits = self.convert(digits, Type::Whole);
                Part { sql: self.call("clv_round", &format!("{number}, {digits}")), ty: Type::Double }
            }
            Function::Abs => {
                let part = arguments.next().unwrap_or(NULL);
                let ty = arithmetic_type(part.ty);
                Part { sql: self.call("clv_abs", &self.convert(part, ty)), ty }
            }
            Function::Coalesce => {
                let (all, ty) = self.alike(arguments.collect());
                // The engines ask for two.
                let sql = if all.len() == 1 { all.concat() } else { format!("coalesce({})", all.join(", ")) };
                Part { sql, ty }
            }
            Function::NullIf => {
                let (all, ty) = self.alike(arguments.collect());
                let (first, rest) =
                    all.split_first().map_or_else(|| ("NULL".to_owned(), String::new()), |(first, rest)| (first.clone(), rest.join(", ")));
                let first = if ty == Type::Text { self.by_code_points(&first) } else { first };
                Part { sql: format!("nullif({first}, {rest})"), ty }
            }
            Function::Min => self.extreme("min", arguments.collect()),
            Function::Max => self.extreme("max", arguments.collect()),
        }
    }

    /// The smallest or largest of several values; null when one is.
    fn extreme(self, name: &str, arguments: Vec<Part>) -> Part {
        let ty = arguments.iter().map(|part| part.ty).max().unwrap_or(Type::Null).max(Type::Whole);
        let all: Vec<String> = arguments.into_iter().map(|part| self.convert(part, ty)).collect();
        let Some((first, rest)) = all.split_first() else { return NULL };
        if rest.is_empty() {
            // One argument would make an aggregate of it.
            return Part { sql: first.clone(), ty };
        }
        let sql = if self.is_sqlite() {
            let first = if ty == Type::Text { self.by_code_points(first) } else { first.clone() };
            format!("{name}({first}, {})", rest.join(", "))
        } else {
            let name = format!("clv_{name}");
            rest.iter().fold(first.clone(), |found, next| self.call(&name, &format!("{found}, {next}")))
        };
        Part { sql, ty }
    }

    /// A part as the value of an attribute of this type.
    fn declared(self, part: Part, declared: ValueType) -> (String, Option<PgType>) {
        let is_text = part.ty == Type::Text;
        let null = part.ty == Type::Null;
        let made = PgType::of_values(declared);
        // The functions that read texts and numbers take the form of a SQLite column, where it has one.
        let read = |name: &str, part: Part, ty: Type| {
            let sql = self.convert(part, ty);
            self.call(name, &self.either(|| format!("{sql}, 0"), || sql.clone()))
        };
        let (sql, pg) = match declared {
            ValueType::Text => (self.convert(part, Type::Text), made),
            ValueType::Bool => (self.convert(part, Type::Truth), made),
            ValueType::Duration if is_text => (self.call("clv_duration", &part.sql), made),
            ValueType::Int | ValueType::Duration => {
                let ty = if is_text { Type::Double } else { part.ty.max(Type::Whole) };
                (self.convert(part, ty), if ty == Type::Double { PgType::Float8 } else { made })
            }
            ValueType::Double | ValueType::Decimal => (self.convert(part, Type::Double), PgType::Float8),
            ValueType::Date if is_text => (read("clv_date", part, Type::Text), made),
            ValueType::Date if !null => (read("clv_date", part, Type::Whole), made),
            ValueType::Instant if is_text => (read("clv_instant", part, Type::Text), made),
            ValueType::Instant if !null => (read("clv_instant", part, Type::Whole), made),
            ValueType::Uuid if is_text => (self.call("clv_uuid", &part.sql), made),
            // What is JSON cannot be asked of a text on PostgreSQL 15.
            ValueType::Object if !null && (self.is_sqlite() || !is_text) => {
                (self.either(|| part.sql.clone(), || format!("to_json({})", part.sql)), made)
            }
            _ => (self.either(|| "NULL".to_owned(), || format!("NULL::{}", made.array_type())), made),
        };
        (sql, (!self.is_sqlite()).then_some(pg))
    }
}

/// The type in which numbers are reckoned.
fn arithmetic_type(ty: Type) -> Type {
    match ty {
        Type::Null | Type::Truth | Type::Whole => Type::Whole,
        Type::Double | Type::Text => Type::Double,
    }
}
