//! The types of PostgreSQL's columns: how each is selected, compared and bound, so that values come and go in the product's own forms
//! (`data-model.md` 5.2, settlement "Column to type").

use claviger_model::{Storage, StorageType, ValueType};

/// The type of a column, as far as the product treats types differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PgType {
    /// `boolean`
    Bool,
    /// `smallint`, `integer`, `bigint`
    Int,
    /// `real`: counts as its shortest decimal.
    Float4,
    /// `double precision`
    Float8,
    /// `numeric`
    Numeric,
    /// `uuid`
    Uuid,
    /// `text`, `varchar`: a text as it is.
    Text,
    /// `char(n)`, `citext`, `name`, enums and what the product knows no better than as text: selected and compared by its text.
    AsText,
    /// `date`
    Date,
    /// `timestamp`: UTC.
    Timestamp,
    /// `timestamptz` with milliseconds only: the server's own tables.
    Instant,
    /// `timestamptz` that may hold microseconds.
    TimestampTz,
    /// `time`, `interval`
    Span,
    /// `json`
    Json,
    /// `jsonb`
    Jsonb,
    /// An array of any type.
    Array,
    /// `bytea`
    Bytea,
}

impl PgType {
    /// The type of a column that the server made for a storage attribute.
    pub fn owned(storage: &Storage) -> Self {
        Self::of_values(storage.value_type())
    }

    /// The type of an expression with these values (calculated attributes).
    pub fn of_values(ty: ValueType) -> Self {
        match ty {
            ValueType::Text => Self::Text,
            ValueType::Uuid => Self::Uuid,
            ValueType::Bool => Self::Bool,
            ValueType::Int | ValueType::Duration => Self::Int,
            ValueType::Double => Self::Float8,
            ValueType::Decimal => Self::Numeric,
            ValueType::Date => Self::Date,
            ValueType::Instant => Self::Instant,
            ValueType::Object => Self::Json,
            ValueType::Image | ValueType::Blob => Self::Bytea,
        }
    }

    /// The declared type of a column that the server makes for a storage attribute.
    pub fn declared(storage: &Storage) -> &'static str {
        match storage.ty {
            StorageType::Byte | StorageType::Word => "smallint",
            StorageType::Long => "integer",
            _ => match storage.value_type() {
                ValueType::Text => "text",
                ValueType::Uuid => "uuid",
                ValueType::Bool => "boolean",
                ValueType::Int | ValueType::Duration => "bigint",
                ValueType::Double => "double precision",
                ValueType::Decimal => "numeric",
                ValueType::Date => "date",
                ValueType::Instant => "timestamptz",
                ValueType::Object => "json",
                ValueType::Image | ValueType::Blob => "bytea",
            },
        }
    }

    /// The expression that is selected: rows hold whole numbers, doubles, texts, bytes and instants only.
    pub fn selected(self, sql: &str) -> String {
        match self {
            Self::Numeric | Self::Date | Self::AsText | Self::Jsonb => format!("({sql})::text"),
            Self::Float4 => format!("({sql})::text::float8"),
            Self::Span => milliseconds(sql),
            Self::Array => format!("to_json({sql})::text"),
            Self::Bool
            | Self::Int
            | Self::Float8
            | Self::Uuid
            | Self::Text
            | Self::Timestamp
            | Self::Instant
            | Self::TimestampTz
            | Self::Json
            | Self::Bytea => sql.to_owned(),
        }
    }

    /// The expression that is compared with [`Self::cast`] of a bound value; text is still to be folded.
    pub fn compared(self, sql: &str) -> String {
        match self {
            Self::AsText => format!("({sql})::text"),
            Self::Float4 => format!("({sql})::text::float8"),
            Self::Timestamp | Self::TimestampTz => format!("date_trunc('milliseconds', {sql})"),
            Self::Span => milliseconds(sql),
            Self::Jsonb => format!("({sql})::json"),
            Self::Array => format!("to_json({sql})"),
            Self::Bool
            | Self::Int
            | Self::Float8
            | Self::Numeric
            | Self::Uuid
            | Self::Text
            | Self::Date
            | Self::Instant
            | Self::Json
            | Self::Bytea => sql.to_owned(),
        }
    }

    /// A point in time: kept to the microsecond, sent and compared with what callers say by the millisecond.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::Instant | Self::TimestampTz)
    }

    /// Element type of an array of values to compare with [`Self::compared`].
    pub fn array_type(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int | Self::Span => "int8",
            Self::Float4 | Self::Float8 => "float8",
            Self::Numeric => "numeric",
            Self::Uuid => "uuid",
            Self::Text | Self::AsText => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Instant | Self::TimestampTz => "timestamptz",
            Self::Json | Self::Jsonb | Self::Array => "json",
            Self::Bytea => "bytea",
        }
    }

    /// An array of values in the parameter with this number: whole numbers as such, all others by their texts.
    pub fn cast_array(self, parameter: &str) -> String {
        match self {
            Self::Int | Self::Span => format!("{parameter}::int8[]"),
            _ => format!("{parameter}::text[]::{}[]", self.array_type()),
        }
    }

    /// A parameter in the type that the column is compared in. A number that the column's own type could not hold is no error.
    pub fn cast(self, parameter: &str) -> String {
        let ty = self.array_type();
        if matches!(self, Self::Numeric | Self::Date | Self::Json | Self::Jsonb | Self::Array) {
            return format!("{parameter}::text::{ty}");
        }
        format!("{parameter}::{ty}")
    }
}

/// A span of time in whole milliseconds.
fn milliseconds(sql: &str) -> String {
    format!("trunc(extract(epoch FROM {sql}) * 1000)::int8")
}
