//! Columns and other things that have a value: how they are compared, ordered, matched and bound.

use crate::bind::Bind;
use claviger_model::{AttrRef, DateForm, Kind, Value, ValueType};
use claviger_query::{Operand, ScopeId};

use super::{Binds, Tables, Writer};
use crate::layout::{Dialect, quote};
use crate::postgres::types::PgType;
use crate::sqlite::functions::{self, FOLD, dates, numbers};

/// A column (or an expression over columns) with what is known of its values.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// `row."name"`, or an expression.
    pub sql: String,
    /// What the values are.
    pub ty: ValueType,
    /// The values are in the form in which the product stores them (owned tables, calculated attributes): comparable as they are.
    pub native: bool,
    /// How instants and dates are held.
    pub date_form: DateForm,
    /// Its type, where the engine is PostgreSQL.
    pub pg: Option<PgType>,
    /// Whose SQL `sql` is.
    pub dialect: Dialect,
}

/// Something that has a value in a scope.
#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// A column.
    Column(Column),
    /// A JSON value: on SQLite the arguments `document, 'member', …` of the JSON functions, on PostgreSQL the one argument `document -> 'member'…`.
    Json(String, Dialect),
    /// An SQL expression that gives a whole number.
    Number(String),
    /// An N -> 1 relation: the key columns of the related entity, or none.
    Reference(Vec<Column>),
}

impl Tables<'_> {
    /// The column of a storage attribute, or the expression of a calculated one, in the row `row`.
    pub fn column(self, at: AttrRef, row: &str) -> Column {
        if let Some(column) = self.computed_column(at, row) {
            return column;
        }
        let attribute = self.attribute(at);
        let dialect = self.layout.dialect();
        let is_sqlite = dialect == Dialect::Sqlite;
        match &attribute.kind {
            Kind::Storage(storage) => Column {
                sql: format!("{row}.{}", quote(&storage.column)),
                ty: storage.value_type(),
                native: !is_sqlite || self.layout.is_owned() && storage.date_form == DateForm::Native,
                date_form: if is_sqlite { storage.date_form } else { DateForm::Native },
                pg: (!is_sqlite).then(|| self.layout.pg_type(at).unwrap_or_else(|| PgType::owned(storage))),
                dialect,
            },
            Kind::Calculated(calculated) => {
                let (sql, pg) = self.calculated(at.class, calculated, row);
                let ty = calculated.value_type();
                Column { sql, ty, native: true, date_form: DateForm::Native, pg, dialect }
            }
            Kind::RelatedEntity(_) | Kind::RelatedEntities(_) | Kind::Alias(_) => {
                unreachable!("{} has no value of its own: plans name what stands behind it", attribute.name)
            }
        }
    }

    /// Key columns of the entity that an N -> 1 attribute of the row refers to: its foreign key where that references the target's key. Where
    /// not every entity of the target is seen, null for one that is not, and for one that is not there, too.
    pub fn reference(self, at: AttrRef, row: &str, binds: &mut Binds) -> Vec<Column> {
        let (holder, relation) = self.relation(at);
        let target = self.class(relation.target);
        if relation.target_key == target.key_attributes() && !self.hides(relation.target) {
            return relation.foreign_key.iter().map(|attr| self.column(AttrRef { class: holder, attr: *attr }, row)).collect();
        }
        let table = self.source(relation.target, binds);
        let join = self.join(at, row, "r");
        let columns = self.key(relation.target, "r").into_iter();
        columns.map(|column| Column { sql: format!("(SELECT {} FROM {table} AS r WHERE {join} LIMIT 1)", column.sql), ..column }).collect()
    }
}

impl Column {
    /// A row number.
    pub fn rowid(sql: String, dialect: Dialect) -> Self {
        let pg = (dialect != Dialect::Sqlite).then_some(PgType::Int);
        Self { sql, ty: ValueType::Int, native: true, date_form: DateForm::Native, pg, dialect }
    }

    /// The expression that is selected.
    pub fn selected(&self) -> String {
        self.pg.map_or_else(|| self.sql.clone(), |ty| ty.selected(&self.sql))
    }

    /// The expression that is compared with [`Self::bind`].
    pub fn compared(&self) -> String {
        let sql = &self.sql;
        if let Some(ty) = self.pg {
            let compared = ty.compared(sql);
            return if self.ty == ValueType::Text { self.folded(&compared) } else { compared };
        }
        match self.ty {
            ValueType::Text => format!("{FOLD}({sql})"),
            ValueType::Decimal => format!("clv_decimal_key({sql})"),
            ValueType::Uuid if !self.native => format!("clv_uuid({sql})"),
            ValueType::Duration if !self.native => format!("clv_duration({sql})"),
            ValueType::Date if !self.native => format!("clv_date({sql}, {})", functions::form_code(self.date_form)),
            ValueType::Instant if !self.native => format!("clv_instant({sql}, {})", functions::form_code(self.date_form)),
            _ => sql.clone(),
        }
    }

    /// A text without case and accents, in the order of its code points.
    fn folded(&self, text: &str) -> String {
        let folded = format!("{}({text})", self.dialect.function(FOLD));
        if self.dialect == Dialect::Sqlite { folded } else { format!("({folded} COLLATE \"C\")") }
    }

    /// The expression that is compared with [`Self::bind_key`]: keys are found by the column as it is, so that its index serves.
    pub fn key_compared(&self) -> String {
        if let Some(ty) = self.pg {
            return ty.compared(&self.sql);
        }
        match self.ty {
            ValueType::Text | ValueType::Decimal => self.sql.clone(),
            _ => self.compared(),
        }
    }

    /// Terms to order by, ascending, null first.
    pub fn order(&self) -> Vec<String> {
        match self.ty {
            ValueType::Text => vec![self.compared(), self.spelled()],
            _ => vec![self.compared()],
        }
    }

    /// Term to order by a key part. SQLite's texts are in the order of their code points as they are; its decimals are texts, too, and in
    /// the order of their numbers only when they are compared as such.
    pub fn key_term(&self) -> String {
        match (self.pg, self.ty) {
            (Some(_), ValueType::Text) => self.spelled(),
            (None, ValueType::Decimal) => self.compared(),
            _ => self.sql.clone(),
        }
    }

    /// A text in the order of its code points.
    pub fn spelled(&self) -> String {
        match self.pg {
            None => format!("{} COLLATE BINARY", self.sql),
            Some(ty) => format!("({} COLLATE \"C\")", ty.compared(&self.sql)),
        }
    }

    /// The value as text, for patterns and keywords.
    fn text(&self) -> String {
        if let Some(ty) = self.pg {
            let compared = ty.compared(&self.sql);
            return match self.ty {
                ValueType::Text => compared,
                ValueType::Decimal => format!("trim_scale(({compared})::numeric)::text"),
                ValueType::Uuid => format!("upper(replace(({compared})::text, '-', ''))"),
                ValueType::Bool => format!("({compared})::int::text"),
                ValueType::Instant => format!("{}({compared})::text", self.dialect.function("clv_milliseconds")),
                _ => format!("({compared})::text"),
            };
        }
        match self.ty {
            ValueType::Decimal => format!("clv_decimal({})", self.sql),
            ValueType::Uuid => format!("hex({})", self.compared()),
            ValueType::Text => self.sql.clone(),
            _ => self.compared(),
        }
    }
}

impl Term {
    /// The expression that is compared with [`Self::bind`]; a reference by its first key part.
    pub fn compared(&self) -> String {
        match self {
            Self::Column(column) => column.compared(),
            Self::Json(arguments, dialect) => {
                let key = format!("{}({arguments})", dialect.function("clv_json_key"));
                if *dialect == Dialect::Sqlite { key } else { format!("({key} COLLATE \"C\")") }
            }
            Self::Number(sql) => sql.clone(),
            Self::Reference(parts) => parts.first().map_or_else(|| "NULL".to_owned(), Column::compared),
        }
    }

    /// True when the term has no value.
    pub fn is_null(&self) -> String {
        match self {
            Self::Column(column) => format!("{} IS NULL", column.sql),
            Self::Reference(parts) if parts.len() > 1 => {
                format!("({})", parts.iter().map(|part| format!("{} IS NULL", part.sql)).collect::<Vec<_>>().join(" OR "))
            }
            Self::Json(..) | Self::Number(_) => format!("{} IS NULL", self.compared()),
            Self::Reference(parts) => format!("{} IS NULL", parts.first().map_or("NULL", |part| part.sql.as_str())),
        }
    }

    /// Terms to order by, ascending, null first.
    pub fn order(&self) -> Vec<String> {
        match self {
            Self::Column(column) => column.order(),
            Self::Json(arguments, Dialect::Sqlite) => vec![format!("clv_json_order({arguments})")],
            Self::Json(arguments, dialect) => {
                vec![self.compared(), format!("({}({arguments}) COLLATE \"C\")", dialect.function("clv_json_string"))]
            }
            Self::Number(sql) => vec![sql.clone()],
            Self::Reference(parts) => parts.iter().flat_map(Column::order).collect(),
        }
    }

    /// The value as text; null where it is no text (JSON).
    pub fn text(&self) -> String {
        match self {
            Self::Column(column) => column.text(),
            Self::Json(arguments, dialect) => format!("{}({arguments})", dialect.function("clv_json_string")),
            Self::Number(sql) => sql.clone(),
            Self::Reference(parts) => parts.first().map_or_else(|| "NULL".to_owned(), Column::text),
        }
    }
}

impl Writer<'_> {
    /// What an operand is in SQL.
    pub fn term(&mut self, operand: &Operand) -> Term {
        let dialect = self.tables.layout.dialect();
        match operand {
            Operand::Attribute(scope, at) => {
                let row = format!("s{}", scope.0);
                if let Some(column) = self.tables.computed_column(*at, &row) {
                    return Term::Column(column);
                }
                if matches!(self.tables.attribute(*at).kind, Kind::RelatedEntity(_)) {
                    return Term::Reference(self.tables.reference(*at, &row, &mut self.binds));
                }
                Term::Column(self.tables.column(*at, &row))
            }
            Operand::Json(..) | Operand::Element(..) => Term::Json(self.json_arguments(operand), dialect),
            Operand::Length(of) => Term::Number(format!("{}({})", dialect.function("clv_json_length"), self.json_arguments(of))),
        }
    }

    /// Arguments of the JSON functions for an operand: the document and the member names, bound.
    pub fn json_arguments(&mut self, operand: &Operand) -> String {
        let document = |writer: &Self, scope: &ScopeId, at: &AttrRef| {
            let column = writer.tables.column(*at, &format!("s{}", scope.0));
            match column.pg {
                None => column.sql.clone(),
                // Documents that others wrote may hold escapes over which the server stumbles as soon as it is asked for a member.
                Some(ty @ PgType::Json) => format!("{}({})", column.dialect.function("clv_json"), ty.compared(&column.sql)),
                Some(ty) => ty.compared(&column.sql),
            }
        };
        let (mut arguments, steps) = match operand {
            Operand::Attribute(scope, at) => (document(self, scope, at), &[][..]),
            Operand::Json(scope, at, steps) => (document(self, scope, at), steps.as_slice()),
            Operand::Element(scope, steps) => (format!("s{}.value", scope.0), steps.as_slice()),
            Operand::Length(of) => return self.json_arguments(of),
        };
        let is_sqlite = self.is_sqlite();
        for step in steps {
            arguments.push_str(&if is_sqlite {
                format!(", {}", self.bind(Bind::Text(step.clone())))
            } else {
                // As `clv_json` has it in the document.
                format!(" -> {}::text", self.bind(Bind::Text(step.replace('\0', "\u{fffd}"))))
            });
        }
        arguments
    }

    /// Binds a value to compare with [`Term::compared`]; returns the SQL that stands for it.
    pub fn bind_value(&mut self, term: &Term, value: &Value) -> String {
        let bind = term.bind(value);
        self.bind_for(term, bind)
    }

    /// The same for what [`Term::bind`] gave.
    pub fn bind_for(&mut self, term: &Term, bind: Bind) -> String {
        let parameter = self.bind(bind.clone());
        term.parameter(self.tables.layout.dialect(), &bind, parameter)
    }

    /// Which engine the statement is for.
    pub fn is_sqlite(&self) -> bool {
        self.tables.layout.dialect() == Dialect::Sqlite
    }

    /// Binds a text.
    pub fn bind_text(&mut self, text: impl Into<String>) -> String {
        let parameter = self.bind(Bind::Text(text.into()));
        if self.is_sqlite() { parameter } else { parameter + "::text" }
    }
}

/// A value in the form in which the product stores it.
pub fn plain_bind(value: &Value) -> Bind {
    match value {
        Value::Null => Bind::Null,
        Value::Bool(bit) => Bind::Integer(i64::from(*bit)),
        Value::Int(n) | Value::Instant(n) | Value::Duration(n) => Bind::Integer(*n),
        Value::Double(x) => Bind::Real(*x),
        Value::Decimal(number) => {
            let digits = numbers::canonical(number);
            digits.parse().map(Bind::Integer).or_else(|_| digits.parse().map(Bind::Real)).unwrap_or(Bind::Text(digits))
        }
        Value::Text(text) => Bind::Text(text.clone()),
        Value::Uuid(bytes) => Bind::Blob(bytes.to_vec()),
        Value::Date(date) => Bind::Text(dates::date_text(*date)),
        Value::Object(json) => Bind::Text(json.to_string()),
        Value::Bytes(bytes) => Bind::Blob(bytes.to_vec()),
    }
}

/// A value in the form of `clv_json_key`. JSON has no dates: they are texts there.
pub(super) fn json_bind(value: &Value) -> Bind {
    match value {
        Value::Null => Bind::Null,
        Value::Bool(bit) => Bind::Blob(functions::bool_key(*bit)),
        Value::Text(text) => Bind::Blob(functions::text_key(text)),
        Value::Date(date) => Bind::Blob(functions::text_key(&dates::date_text(*date))),
        Value::Uuid(_) | Value::Object(_) | Value::Bytes(_) => Bind::Null,
        Value::Int(_) | Value::Double(_) | Value::Decimal(_) | Value::Instant(_) | Value::Duration(_) => numbers::decimal_of_value(value)
            .and_then(|number| functions::number_key(&numbers::canonical(&number)))
            .map_or(Bind::Null, Bind::Blob),
    }
}
