//! Expressions of calculated attributes and aggregates give the same on both engines.
#![allow(clippy::unwrap_used)]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/postgres.rs"]
mod postgres;

use claviger_model::expression::{Binary, Function, Unary};
use claviger_model::value::{DateStyle, write_cell};
use claviger_model::{AttrId, Attribute, Calculated, ClassId, Computation, Expression, Model, ValueType};
use claviger_query::Aggregate;
use claviger_store::decode::Decoder;
use claviger_store::layout::{Dialect, Layout};
use claviger_store::postgres::functions::{self, Letters};
use claviger_store::postgres::types::PgType;
use claviger_store::sql::operand::Term;
use claviger_store::sql::{Tables, aggregate};
use dice::Dice;
use postgres::Database;
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use tokio_postgres::types::Type;

const MODEL: &str = r#"{"dataClasses": [{"name": "T", "attributes": [
  {"name": "ID", "type": "long64", "primKey": true, "autosequence": true},
  {"name": "w", "type": "word"},
  {"name": "b", "type": "bool"},
  {"name": "r", "type": "number"},
  {"name": "d", "type": "number", "precision": 20, "scale": 4},
  {"name": "t", "type": "string"},
  {"name": "u", "type": "uuid"},
  {"name": "day", "type": "date", "simpleDate": true},
  {"name": "at", "type": "date"},
  {"name": "span", "type": "duration"},
  {"name": "o", "type": "object"},
  {"name": "n", "type": "long64"},
  {"name": "c", "kind": "calculated", "type": "string", "sql": "t"}
]}]}"#;

/// Rows as SQL values, first for SQLite, then for PostgreSQL.
const ROWS: [&str; 10] = [
    "1, 0, 0, 0.0, '0', '', NULL, '0000-00-00', 0, 0, '{}', 0",
    "2, 7, 1, 2.5, '2.5', 'Straße', x'000102030405060708090a0b0c0d0e0f', '2024-02-29', 1709224800123, 90000, '{\"a\": [1, 2.50]}', 9223372036854775807",
    "3, -7, NULL, -0.1, '-0.05', '42', x'ffffffffffffffffffffffffffffffff', '1969-12-31', -1, -5, 'null', -9223372036854775808",
    "4, NULL, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
    "5, 32767, 0, 1e300, '1234567890123456.7891', ' 5 ', NULL, '9999-12-31', 253402300799999, 86400000, '5', 4611686018427387904",
    "6, 2, 1, 1e-300, '0.0001', 'zz Top', NULL, '0001-01-01', -62135596800000, 1, '\"x\"', 9007199254740993",
    "7, 3, 0, 2.675, '2.675', '1e3', NULL, '2000-01-01', 1000, 60000, '[]', 3",
    "8, -1, 1, 1e22, '-100', 'ÄÖ ü é', NULL, '2024-12-31', 86400000, 3600000, '{\"t\": \"ÿ\"}', -4",
    "9, 10, NULL, 123456.789, '10', '-12.50', NULL, '1970-01-01', 1, 2, 'true', 10",
    "10, 1, 1, -2.5, '1', '2024-02-29', NULL, '2023-06-15', 1686787200000, 5400000, '0', 1",
];

const COLUMNS: &str = "\"ID\", \"w\", \"b\", \"r\", \"d\", \"t\", \"u\", \"day\", \"at\", \"span\", \"o\", \"n\"";

struct Engines {
    database: Database,
    sqlite: Connection,
    model: Model,
    layouts: [Layout; 2],
}

/// One table on both engines, as the product makes it.
fn engines() -> Option<Engines> {
    let database = Database::create()?;
    let letters = database.run(Letters::of_server(database.client())).unwrap();
    database.execute("CREATE SCHEMA claviger");
    database.execute(&functions::create("claviger", &letters));
    database.execute(
        "CREATE TABLE public.\"T\" (\"ID\" int8, \"w\" int2, \"b\" bool, \"r\" float8, \"d\" numeric, \"t\" text, \"u\" uuid, \"day\" date, \
         \"at\" timestamptz, \"span\" int8, \"o\" json, \"n\" int8)",
    );
    let sqlite = Connection::open_in_memory().unwrap();
    claviger_store::sqlite::functions::register(&sqlite).unwrap();
    sqlite
        .execute_batch(
            "CREATE TABLE \"T\" (\"ID\" INTEGER PRIMARY KEY, \"w\" INTEGER, \"b\" INTEGER, \"r\" REAL, \"d\" TEXT, \"t\" TEXT, \"u\" BLOB, \"day\" TEXT, \
             \"at\" INTEGER, \"span\" INTEGER, \"o\" TEXT, \"n\" INTEGER)",
        )
        .unwrap();
    for row in ROWS {
        sqlite.execute_batch(&format!("INSERT INTO \"T\" ({COLUMNS}) VALUES ({row})")).unwrap();
    }
    let (model, _) = Model::from_json(MODEL, "test").unwrap_or_else(|problems| panic!("{problems:?}"));
    let owned = Layout::owned(&model);
    let classes = vec![claviger_store::layout::ClassLayout { schema: Some("public".to_owned()), ..owned.class(ClassId(0)).clone() }];
    let layouts = [owned, Layout::of_parts(Dialect::Postgres("claviger"), true, 0, classes)];
    let engines = Engines { database, sqlite, model, layouts };
    engines.copy();
    Some(engines)
}

impl Engines {
    /// Fills PostgreSQL's table with what SQLite's holds.
    fn copy(&self) {
        let mut statement = self.sqlite.prepare(&format!("SELECT {COLUMNS} FROM \"T\" ORDER BY \"ID\"")).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut sql = String::from("TRUNCATE public.\"T\";");
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<String> = (0..12).map(|index| literal(index, row.get_ref_unwrap(index))).collect();
            sql.push_str(&format!("INSERT INTO public.\"T\" ({COLUMNS}) VALUES ({});", values.join(", ")));
        }
        self.database.execute(&sql);
    }

    fn tables(&self, engine: usize) -> Tables<'_> {
        Tables::new(&self.model, &self.layouts[engine])
    }

    fn on_sqlite(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.sqlite.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|index| row.get(index)).collect()).unwrap();
        rows.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    fn on_postgres(&self, sql: &str) -> Vec<Vec<Value>> {
        self.database.rows(sql, &[]).iter().map(|row| (0..row.len()).map(|index| value(row, index)).collect()).collect()
    }
}

/// A value of SQLite's table as PostgreSQL's literal.
fn literal(index: usize, value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) if index == 2 => (n != 0).to_string(),
        ValueRef::Integer(n) if index == 8 => format!(
            "'epoch'::timestamptz + interval '1 second' * {} + interval '1 millisecond' * {}",
            n.div_euclid(1000),
            n.rem_euclid(1000)
        ),
        ValueRef::Integer(n) => format!("'{n}'"),
        ValueRef::Real(x) => format!("'{x:e}'"),
        ValueRef::Text(b"0000-00-00") => "'-infinity'".to_owned(),
        ValueRef::Text(text) => format!("'{}'", std::str::from_utf8(text).unwrap().replace('\'', "''")),
        ValueRef::Blob(bytes) => format!("'{:032x}'", u128::from_be_bytes(bytes.try_into().unwrap())),
    }
}

/// A value of an answer as the engine sees it.
fn value(row: &tokio_postgres::Row, index: usize) -> Value {
    fn read<'a, T: tokio_postgres::types::FromSql<'a>>(row: &'a tokio_postgres::Row, index: usize, make: impl Fn(T) -> Value) -> Value {
        row.get::<_, Option<T>>(index).map_or(Value::Null, make)
    }
    match *row.columns()[index].type_() {
        Type::BOOL => read(row, index, |truth: bool| Value::Integer(truth.into())),
        Type::INT2 => read(row, index, |n: i16| Value::Integer(n.into())),
        Type::INT4 => read(row, index, |n: i32| Value::Integer(n.into())),
        Type::INT8 => read(row, index, Value::Integer),
        Type::FLOAT8 => read(row, index, Value::Real),
        Type::TEXT => read(row, index, Value::Text),
        ref other => panic!("column {index} of type {other}"),
    }
}

fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Real(a), Value::Real(b)) => a == b,
        _ => left == right,
    }
}

const OPERATORS: [Binary; 14] = [
    Binary::Concat,
    Binary::Add,
    Binary::Subtract,
    Binary::Multiply,
    Binary::Divide,
    Binary::Modulo,
    Binary::Equal,
    Binary::NotEqual,
    Binary::Less,
    Binary::LessOrEqual,
    Binary::Greater,
    Binary::GreaterOrEqual,
    Binary::And,
    Binary::Or,
];

/// Any expression over the attributes, however odd.
fn expression(dice: &mut Dice, depth: usize) -> Expression {
    let inner = |dice: &mut Dice| Box::new(expression(dice, depth.saturating_sub(1)));
    if depth == 0 || dice.below(5) == 0 {
        return match dice.below(8) {
            0..=3 => Expression::Attribute(AttrId(dice.below(12) as u16)),
            4 => Expression::Text(
                dice.one(&["", "abc", "ÀB ß", "5", " 7.5 ", "1e2", "-3", "Zz", "it's", "01:30", "2024-03-01", "1e400"]).to_owned(),
            ),
            5 => Expression::Number(dice.one(&["0", "1", "2", "3", "7", "100", "9223372036854775807", "9223372036854775808"]).to_owned()),
            6 => Expression::Number(dice.one(&["0.5", "2.5", "1e308", "1e-300", "3.0", "0.1", "12345.678", "1e15", "2.675"]).to_owned()),
            _ => dice.below(3).checked_sub(1).map_or(Expression::Null, |truth| Expression::Bool(truth == 1)),
        };
    }
    match dice.below(10) {
        0..=4 => Expression::Binary(dice.one(&OPERATORS), inner(dice), inner(dice)),
        5 => Expression::Unary(dice.one(&[Unary::Negate, Unary::Not]), inner(dice)),
        6 => Expression::IsNull(inner(dice), dice.below(2) == 0),
        7 => {
            let branches = (0..=dice.below(2)).map(|_| (*inner(dice), *inner(dice))).collect();
            Expression::Case(branches, (dice.below(2) == 0).then(|| inner(dice)))
        }
        _ => {
            let (function, _, least, most) = dice.one(&Function::ALL);
            let count = least + dice.below(most.min(3) - least.min(3) + 1);
            Expression::Call(function, (0..count).map(|_| *inner(dice)).collect())
        }
    }
}

#[test]
fn random_expressions_give_the_same() {
    let Some(engines) = engines() else { return };
    let mut dice = Dice(23);
    let (mut there, mut wrong) = (0, Vec::new());
    use claviger_model::StorageType as S;
    for number in 0..4000 {
        let depth = 1 + number % 4;
        let made = expression(&mut dice, depth);
        let (ty, simple_date) = dice.one(&[
            (S::String, false),
            (S::Long64, false),
            (S::Number, false),
            (S::Bool, false),
            (S::Duration, false),
            (S::Date, true),
            (S::Date, false),
            (S::Uuid, false),
        ]);
        let calculated = Calculated { ty, simple_date, by: Computation::Expression(made.clone()) };
        let declared = calculated.value_type();
        let (ours, _) = engines.tables(0).calculated(ClassId(0), &calculated, "s0");
        let (theirs, pg) = engines.tables(1).calculated(ClassId(0), &calculated, "s0");
        let pg = pg.unwrap();
        let selected = match pg {
            PgType::Instant => format!("claviger.clv_milliseconds({theirs})"),
            PgType::Uuid => format!("({theirs})::text"),
            PgType::Date => format!("replace(({theirs})::text, '-infinity', '0000-00-00')"),
            other => other.selected(&theirs),
        };
        let ours = if declared == ValueType::Uuid { format!("lower(hex({ours}))") } else { ours };
        let sqlite = engines.on_sqlite(&format!("SELECT {ours} FROM \"T\" AS s0 ORDER BY s0.\"ID\""));
        let postgres = engines.on_postgres(&format!("SELECT {selected} FROM public.\"T\" AS s0 ORDER BY s0.\"ID\""));
        for (row, (ours, theirs)) in sqlite.iter().zip(&postgres).enumerate() {
            let (mut ours, mut theirs) = (ours[0].clone(), theirs[0].clone());
            if let (ValueType::Uuid, Value::Text(text)) = (declared, &theirs) {
                theirs = Value::Text(text.replace('-', ""));
            }
            if declared == ValueType::Uuid && ours == Value::Text(String::new()) {
                ours = Value::Null;
            }
            // Dates of the year 0, but for the empty one, are SQLite's alone.
            if matches!((declared, &ours), (ValueType::Date, Value::Text(text)) if text.starts_with("0000-") && text != "0000-00-00") {
                ours = Value::Null;
            }
            there += usize::from(ours != Value::Null);
            if !same(&ours, &theirs) {
                wrong.push(format!("row {}: {ours:?} or {theirs:?}, {declared:?} of {made:?}", row + 1));
                break;
            }
        }
    }
    println!("{there} values");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(there > 4000);
}

#[test]
fn random_values_aggregate_to_the_same() {
    let Some(engines) = engines() else { return };
    let mut dice = Dice(29);
    let mut insert = engines
        .sqlite
        .prepare("INSERT INTO \"T\" (\"ID\", \"r\", \"d\", \"t\", \"n\", \"o\", \"day\") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .unwrap();
    engines.sqlite.execute_batch("BEGIN").unwrap();
    for id in 100..1600_i64 {
        let double = Some(dice.double()).filter(|x| x.is_finite() && x.abs() < 1e290 && dice.below(9) > 0);
        let decimal = format!("{}.{:04}", dice.below(1 << 40) as i64 - (1 << 39), dice.below(10_000));
        let json = match dice.below(5) {
            0 => serde_json::Value::from(dice.text()).to_string(),
            1 => format!("{}.{}e{}", dice.below(100), dice.below(1000), dice.below(9)),
            2 => "[1, 2]".to_owned(),
            3 => (dice.below(2) == 0).to_string(),
            _ => dice.below(50).to_string(),
        };
        let day = format!("{:04}-{:02}-{:02}", 1 + dice.below(3000), 1 + dice.below(12), 1 + dice.below(28));
        insert.execute(rusqlite::params![id, double, decimal, dice.text(), dice.throw() as i64, json, day]).unwrap();
    }
    engines.sqlite.execute_batch("COMMIT").unwrap();
    engines.copy();
    let attributes: &[Attribute] = &engines.model.dataclass(ClassId(0)).attributes;
    let mut compared = 0;
    for condition in ["TRUE", "s0.\"ID\" < 11", "s0.\"ID\" % 7 = 3", "s0.\"ID\" = 2", "s0.\"ID\" = 4", "FALSE"] {
        for (index, attribute) in attributes.iter().enumerate().take(13) {
            let aggregates: &[Aggregate] = match attribute.name.as_str() {
                "b" | "u" => &[Aggregate::Count],
                "t" | "c" | "day" | "at" => &[Aggregate::Count, Aggregate::Min, Aggregate::Max],
                _ => &[Aggregate::Count, Aggregate::Sum, Aggregate::Average, Aggregate::Min, Aggregate::Max],
            };
            let mut answers: Vec<Vec<String>> = Vec::new();
            for (engine, layout) in engines.layouts.iter().enumerate() {
                let tables = engines.tables(engine);
                let column = tables.column(engines.model.dataclass(ClassId(0)).at(AttrId(index as u16)), "s0");
                let term = if column.ty == ValueType::Object { Term::Json(column.sql, layout.dialect()) } else { Term::Column(column) };
                let own = Decoder::of_term(&term);
                let (columns, decoders): (Vec<String>, Vec<Decoder>) =
                    aggregates.iter().map(|wanted| aggregate::of_term(&term, *wanted, own, layout.dialect())).unzip();
                // An instant comes as its milliseconds, as the engine reads it.
                let columns: Vec<String> = columns
                    .into_iter()
                    .map(|sql| {
                        if engine == 1 && attribute.name == "at" && !sql.starts_with("count") {
                            format!("claviger.clv_milliseconds({sql})")
                        } else {
                            sql
                        }
                    })
                    .collect();
                let from = if engine == 0 { "\"T\"" } else { "public.\"T\"" };
                let sql = format!("SELECT {} FROM {from} AS s0 WHERE {condition}", columns.join(", "));
                let rows = if engine == 0 { engines.on_sqlite(&sql) } else { engines.on_postgres(&sql) };
                let mut scratch = String::new();
                let cells = rows[0].iter().zip(&decoders).map(|(value, decoder)| {
                    let mut out = Vec::new();
                    write_cell(&mut out, decoder.cell(ValueRef::from(value), &mut scratch), DateStyle::Bang);
                    String::from_utf8(out).unwrap()
                });
                answers.push(cells.collect());
            }
            compared += answers[0].len();
            assert_eq!(answers[0], answers[1], "{} where {condition}", attribute.name);
        }
    }
    assert!(compared > 200, "{compared}");
}
