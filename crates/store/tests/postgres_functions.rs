//! The product's functions on PostgreSQL give what the Rust functions give.
#![allow(clippy::unwrap_used)]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/postgres.rs"]
mod postgres;

use std::time::Instant;

use claviger_model::{ValueType, decimal, text};
use claviger_store::layout::Dialect;
use claviger_store::postgres::functions::{self, Letters};
use claviger_store::postgres::types::PgType;
use claviger_store::sql::operand::{Column, Term};
use claviger_store::sqlite::functions::{dates, numbers};
use dice::Dice;
use postgres::Database;
use rusqlite::types::ValueRef;

/// A database with the functions in `claviger`.
fn prepared() -> Option<Database> {
    let database = Database::create()?;
    let letters = database.run(Letters::of_server(database.client())).unwrap();
    database.execute("CREATE SCHEMA claviger");
    assert!(database.run(functions::ensure(database.client(), "claviger", &letters)).unwrap());
    Some(database)
}

#[test]
fn they_are_made_once_and_quickly_for_a_connection() {
    let Some(database) = prepared() else { return };
    let letters = database.run(Letters::of_server(database.client())).unwrap();
    assert!(!database.run(functions::ensure(database.client(), "claviger", &letters)).unwrap(), "they are there");
    database.execute("CREATE OR REPLACE FUNCTION claviger.clv_version() RETURNS text LANGUAGE sql IMMUTABLE RETURN '0.old'");
    assert!(database.run(functions::ensure(database.client(), "claviger", &letters)).unwrap(), "a newer program replaces them");
    database.execute("CREATE OR REPLACE FUNCTION claviger.clv_version() RETURNS text LANGUAGE sql IMMUTABLE RETURN '999.new'");
    assert!(!database.run(functions::ensure(database.client(), "claviger", &letters)).unwrap(), "an older one does not");

    let sql = functions::create("pg_temp", &letters);
    let begun = Instant::now();
    database.execute(&sql);
    let first = begun.elapsed();
    println!("{} bytes, {first:?}", sql.len());
    assert!(first.as_millis() < 1000, "{first:?}");
    assert_eq!(database.value::<String>("SELECT pg_temp.clv_fold('Äb')", &[]), "ab");
    // The planner sees through a fold: the call is gone.
    let plan: String = database.value("EXPLAIN (VERBOSE, COSTS OFF) SELECT claviger.clv_fold(x) FROM (VALUES ('a'), ('b')) AS t(x)", &[]);
    let rows = database.rows("EXPLAIN (VERBOSE, COSTS OFF) SELECT claviger.clv_fold(x) FROM (VALUES ('a'), ('b')) AS t(x)", &[]);
    let plan = plan + &rows.iter().map(|row| row.get::<_, String>(0)).collect::<String>();
    assert!(plan.contains("octet_length") && !plan.contains("clv_fold("), "{plan}");
}

#[test]
fn a_time_without_end_is_no_text_and_no_error() {
    let Some(database) = prepared() else { return };
    for (ty, pg) in [("timestamptz", PgType::TimestampTz), ("timestamptz", PgType::Instant), ("timestamp", PgType::Timestamp)] {
        let dialect = Dialect::Postgres("claviger");
        let column = Column { ty: ValueType::Instant, pg: Some(pg), ..Column::rowid("t.at".to_owned(), dialect) };
        let text = Term::Column(column).text();
        let rows = "VALUES ('1970-01-01 00:00:01.5'), ('1969-12-31 23:59:59.999'), ('infinity'), ('-infinity')";
        // As patterns and keywords read it.
        let sql = format!(
            "SELECT {text}, claviger.clv_fold({text}) LIKE '15%', claviger.clv_keyword({text}, '1500') FROM (SELECT v::{ty} FROM ({rows}) AS r(v)) AS t(at)"
        );
        let found: Vec<(Option<String>, Option<bool>, Option<bool>)> =
            database.rows(&sql, &[]).iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let of = |text: &str, is_found| (Some(text.to_owned()), Some(is_found), Some(is_found));
        assert_eq!(found, [of("1500", true), of("-1", false), (None, None, None), (None, None, None)], "{pg:?}");
    }
}

/// Characters whose fold differs, with both folds.
fn fold_differences(database: &Database, schema: &str, end: i32) -> Vec<(char, String, String)> {
    let rows = database.rows(
        &format!("SELECT c, {schema}.clv_fold(c) FROM (SELECT chr(i) AS c FROM generate_series(1, $1 - 1) AS i WHERE i NOT BETWEEN 55296 AND 57343) AS t"),
        &[&end],
    );
    assert!(rows.len() + 2049 >= end as usize);
    let all = rows.iter().map(|row| (row.get::<_, &str>(0), row.get::<_, &str>(1)));
    all.filter(|(c, folded)| text::fold(c) != *folded)
        .map(|(c, folded)| (c.chars().next().unwrap(), text::fold(c).into_owned(), folded.to_owned()))
        .collect()
}

#[test]
fn every_character_folds_as_in_rust() {
    let Some(database) = prepared() else { return };
    database.execute(&functions::create("pg_temp", &Letters::by_tables()));
    for schema in ["claviger", "pg_temp"] {
        let differences = fold_differences(&database, schema, if schema == "pg_temp" { 0x3400 } else { 0x11_0000 });
        // What decomposes since Unicode 16 only: servers older than version 18 do not know it.
        let newer = |c: char| matches!(u32::from(c), 0x105c9 | 0x105e4 | 0x11383..=0x113c8 | 0x16121..=0x16128 | 0x16d68..=0x16d6a);
        let wrong: Vec<_> = differences.iter().filter(|(c, ..)| !newer(*c)).collect();
        println!("{schema}: {} newer", differences.len());
        assert!(wrong.is_empty(), "{schema}: {} {:?}", wrong.len(), &wrong[..wrong.len().min(40)]);
    }
}

#[test]
fn random_texts_fold_and_have_words_as_in_rust() {
    let Some(database) = prepared() else { return };
    let mut dice = Dice(7);
    let texts: Vec<String> = (0..3000).map(|_| dice.text()).collect();
    let words: Vec<String> = texts
        .iter()
        .map(|written| {
            let folded = text::fold(written).into_owned();
            let found: Vec<&str> = text::words(&folded).collect();
            match (dice.below(4), found.as_slice()) {
                (0, _) | (_, []) => text::fold(&dice.text()).into_owned(),
                (1, [first, ..]) => first.to_string(),
                (2, all) => all.iter().rev().copied().collect::<Vec<_>>().join("-"),
                (_, [first, ..]) => format!("{first} x"),
            }
        })
        .collect();
    let rows = database.rows(
        "SELECT claviger.clv_fold(t), claviger.clv_keyword(t, w), claviger.clv_upper(t), claviger.clv_lower(t) \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS u(t, w, n) ORDER BY n",
        &[&texts, &words],
    );
    let (mut found, mut upper, mut lower) = (0, Vec::new(), Vec::new());
    for ((written, word), row) in texts.iter().zip(&words).zip(&rows) {
        let folded = text::fold(written);
        assert_eq!(folded, row.get::<_, &str>(0), "{written:?}");
        let expected = text::contains_words(&folded, word);
        found += usize::from(expected);
        assert_eq!(expected, row.get::<_, bool>(1), "{word:?} in {written:?}");
        upper.extend((written.to_uppercase() != row.get::<_, &str>(2)).then_some(written));
        lower.extend((written.to_lowercase() != row.get::<_, &str>(3)).then_some(written));
    }
    assert!(found > 500, "{found}");
    println!("upper: {} {:?}, lower: {} {:?}", upper.len(), upper.first(), lower.len(), lower.first());
    let null: Option<bool> = database.value("SELECT claviger.clv_keyword(NULL, 'a')", &[]);
    assert_eq!(null, None);
    assert_eq!(database.value::<Option<bool>>("SELECT claviger.clv_keyword(NULL, ' ')", &[]), None);
    assert!(!database.value::<bool>("SELECT claviger.clv_keyword('a b', ' - ')", &[]));
}

#[test]
fn every_character_is_of_a_word_or_not_as_in_rust() {
    let Some(database) = prepared() else { return };
    let rows = database.rows(
        "SELECT c FROM (SELECT chr(i) AS c FROM generate_series(1, 1114111) AS i WHERE i NOT BETWEEN 55296 AND 57343) AS t \
         WHERE cardinality(claviger.clv_words(c)) = 1",
        &[],
    );
    let found: std::collections::HashSet<char> = rows.iter().map(|row| row.get::<_, &str>(0).chars().next().unwrap()).collect();
    let wrong: Vec<char> = ('\u{1}'..=char::MAX).filter(|c| (c.is_alphanumeric() || *c == '_') != found.contains(c)).collect();
    assert!(wrong.is_empty(), "{} {:?}", wrong.len(), wrong.first());
}

#[test]
fn numbers_are_read_written_and_ordered_as_in_rust() {
    let Some(database) = prepared() else { return };
    let mut dice = Dice(11);
    let mut written: Vec<String> = [
        "",
        "-",
        ".",
        "5.",
        ".5",
        "+7",
        "1e",
        "e5",
        "NaN",
        "inf",
        "Infinity",
        "1_000",
        "0x10",
        "1.2.3",
        "--1",
        "1e999999999",
        "1e2000",
        "1e2001",
        "1e-2000",
        "1e-2001",
        "1e+00000002000",
        "1e00",
        "-0",
        "0.0",
        "-0.00",
        " 5 ",
        "\t5\n",
        "5 5",
        "2.00",
        "12.50e-1",
        "-12000",
        "0.00123",
        "9.99",
        "10",
        "-9.99",
        "-10",
        "1e1999",
        "-1e1999",
        "1e-1999",
        "1.e3",
        "+.5e+3",
    ]
    .map(str::to_owned)
    .to_vec();
    written.push("9".repeat(2000));
    written.push("9".repeat(2001));
    for _ in 0..1500 {
        let sign = ["", "-", "+"][dice.below(3)];
        let exponent = [String::new(), String::new(), format!("e{}", dice.below(40) as i64 - 20)][dice.below(3)].clone();
        written.push(format!("{sign}{}.{:0width$}{exponent}", dice.below(100_000), dice.below(1000), width = dice.below(6)));
    }
    let rows = database.rows(
        "SELECT trim_scale(claviger.clv_number(w))::text, claviger.clv_number_key(claviger.clv_number(w)) \
         FROM unnest($1::text[]) WITH ORDINALITY AS u(w, n) ORDER BY n",
        &[&written],
    );
    let mut keys: Vec<(Vec<u8>, String)> = Vec::new();
    for (text, row) in written.iter().zip(&rows) {
        let expected = numbers::canonical_of(ValueRef::Text(text.as_bytes()));
        assert_eq!(expected.as_deref(), row.get::<_, Option<&str>>(0), "{text:?}");
        if let Some(key) = numbers::key_of(ValueRef::Text(text.as_bytes())) {
            keys.push((key, row.get(1)));
        }
    }
    keys.sort();
    for pair in keys.windows(2) {
        assert_eq!(pair[0].0.cmp(&pair[1].0), pair[0].1.cmp(&pair[1].1), "{pair:?}");
    }
}

#[test]
fn doubles_are_their_shortest_decimal_as_in_rust() {
    let Some(database) = prepared() else { return };
    let mut dice = Dice(13);
    let mut doubles = vec![
        0.0,
        -0.0,
        0.1,
        1e23,
        9.5e-7,
        5e-324,
        f64::MAX,
        f64::MIN_POSITIVE,
        1e21,
        2_f64.powi(70),
        9_007_199_254_740_993.0,
        f64::NAN,
        f64::INFINITY,
    ];
    doubles.extend((0..4000).map(|_| dice.double()));
    // Where the middle between two doubles is a short number.
    doubles.extend((16..43).flat_map(|power| (1..100).map(move |n| format!("{n}e{power}").parse::<f64>().unwrap())));
    let rows = database.rows(
        "SELECT claviger.clv_decimal(x), claviger.clv_real(claviger.clv_exact(x)) FROM unnest($1::float8[]) WITH ORDINALITY AS u(x, n) ORDER BY n",
        &[&doubles],
    );
    for (x, row) in doubles.iter().zip(&rows) {
        assert_eq!(numbers::canonical_of(ValueRef::Real(*x)).as_deref(), row.get::<_, Option<&str>>(0), "{x:e}");
        if x.is_finite() {
            assert_eq!(row.get::<_, Option<f64>>(1), Some(*x), "{x:e}");
        }
    }
}

#[test]
fn decimals_become_the_nearest_double() {
    let Some(database) = prepared() else { return };
    let border = "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792";
    let mut below = border.to_owned();
    below.replace_range(below.len() - 2.., "91");
    for (digits, expected) in [
        ("0.1", Some(0.1)),
        ("1e400", None),
        ("-1e400", None),
        ("1e-400", Some(0.0)),
        ("3e-324", Some(5e-324)),
        ("2e-324", Some(0.0)),
        (border, None),
        (&below, Some(f64::MAX)),
        ("1.7976931348623158e308", Some(f64::MAX)),
    ] {
        let found: Option<f64> = database.value("SELECT claviger.clv_double($1::text::numeric)", &[&digits]);
        assert_eq!(found, expected, "{digits}");
        assert_eq!(decimal::parse(digits).and_then(|number| decimal::to_f64(&number)), expected, "{digits}");
    }
    assert_eq!(database.value::<Option<f64>>("SELECT claviger.clv_real('-1e400'::numeric)", &[]), Some(f64::NEG_INFINITY));
    assert_eq!(database.value::<Option<f64>>("SELECT claviger.clv_double('NaN'::numeric)", &[]), None);
    assert_eq!(database.value::<Option<f64>>("SELECT claviger.clv_double(NULL)", &[]), None);
}

#[test]
fn dates_instants_and_durations_are_read_as_in_rust() {
    let Some(database) = prepared() else { return };
    let mut written: Vec<String> = [
        "1970-01-01",
        "2024-02-29",
        "2023-02-29",
        "1900-02-29",
        "2000-02-29",
        "0000-00-00",
        "0000-02-29",
        "0001-01-01",
        "9999-12-31",
        "2024-13-01",
        "2024-00-10",
        "2024-04-31",
        " 2024-02-29 ",
        "2024-02-29 16:40",
        "2024-02-29T16:40:00.123456Z",
        "2024-02-29t16:40:59.1",
        "2024-02-29 16:40:60",
        "2024-02-29 24:00",
        "2024-02-29T18:40+02:00",
        "2024-02-29T18:40-0230",
        "2024-02-29T18:40 +02",
        "2024-02-29T18:40+2",
        "2024-02-29T18:40:",
        "2024-02-29T18:40:00.",
        "1969-12-31 23:59:59.999",
        "2024-02-29T18",
        "2024-02-29x18:40",
        "yesterday",
        "",
        "2024-2-9",
        "01:30:00",
        "-100:00:00.5",
        "0:05",
        "1:60",
        "12345678:00",
        ":30",
        "1:05:07.25",
        "é:05",
        "1:05:07.2x",
        "2024-02-29 16:40:00Zx",
        "2024-02-29T16:40:00z",
        "0000-01-01T00:00",
        "9999-12-31T23:59:59.999",
        "9999-12-31T23:59:59-01:00",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut dice = Dice(17);
    for _ in 0..500 {
        let (year, month, day) = (dice.below(10_000), dice.below(14), dice.below(33));
        let time = [
            String::new(),
            format!(" {:02}:{:02}", dice.below(25), dice.below(61)),
            format!("T{:02}:00:{:02}.{}", dice.below(24), dice.below(60), dice.below(100_000)),
        ];
        written.push(format!("{year:04}-{month:02}-{day:02}{}", time[dice.below(3)]));
    }
    let rows = database.rows(
        "SELECT claviger.clv_date(w)::text, claviger.clv_milliseconds(claviger.clv_instant(w)), claviger.clv_duration(w), \
         to_char(claviger.clv_date(w), 'YYYY-MM-DD') FROM unnest($1::text[]) WITH ORDINALITY AS u(w, n) ORDER BY n",
        &[&written],
    );
    let form = claviger_model::DateForm::Native;
    for (text, row) in written.iter().zip(&rows) {
        let value = ValueRef::Text(text.as_bytes());
        let date = dates::date_of(value, form);
        let found: Option<&str> = row.get(0);
        match date {
            Some(date) if date.year == 0 && date.month == 0 => assert_eq!(found, Some("-infinity")),
            Some(date) if date.year == 0 => assert_eq!(found, None, "{text:?}"),
            _ => assert_eq!(found.map(str::to_owned), date.map(dates::date_text), "{text:?}"),
        }
        // An instant that is shifted out of the years 0 to 9999 is none on PostgreSQL.
        let instant = dates::instant_of(value, form).filter(|ms| (-62_167_219_200_000..253_402_300_800_000).contains(ms));
        assert_eq!(row.get::<_, Option<i64>>(1), instant, "{text:?}");
        assert_eq!(row.get::<_, Option<i64>>(2), dates::duration_of(value), "{text:?}");
    }
    let numbers: Vec<i64> = vec![
        0,
        -1,
        86_399_999,
        -86_400_001,
        253_402_300_799_999,
        253_402_300_800_000,
        -62_167_219_200_000,
        -62_167_219_200_001,
        1_709_224_800_123,
        i64::MAX,
        i64::MIN,
    ];
    let rows = database.rows(
        "SELECT claviger.clv_milliseconds(claviger.clv_instant(x)), claviger.clv_date(x) - date '1970-01-01' FROM unnest($1::int8[]) WITH ORDINALITY AS u(x, n) ORDER BY n",
        &[&numbers],
    );
    for (ms, row) in numbers.iter().zip(&rows) {
        let fits = dates::instant_of(ValueRef::Integer(*ms), form);
        assert_eq!(row.get::<_, Option<i64>>(0), fits, "{ms}");
        let date = fits.map(|ms| ms.div_euclid(86_400_000)).filter(|days| *days >= -719_162);
        assert_eq!(row.get::<_, Option<i32>>(1).map(i64::from), date, "{ms}");
    }
}

#[test]
fn stamps_and_uuids() {
    let Some(database) = prepared() else { return };
    for (side, now, expected) in [
        ((5_i64, 10_i64, Some(3_i64), Some(9_i64)), 10_i64, 5_i64),
        ((5, 10, Some(3), Some(9)), 9, 3),
        ((5, 10, None, Some(9)), 9, 1),
        ((5, 10, None, None), 9, 6),
        ((i64::from(i32::MAX), 10, None, None), 9, i64::from(i32::MAX)),
    ] {
        let row =
            claviger_store::sqlite::stamps::SideRow { stamp: side.0, timestamp: 0, hash: side.1, prior_stamp: side.2, prior_hash: side.3 };
        assert_eq!(claviger_store::sqlite::stamps::effective(Some(&row), now), expected);
        let found: i64 = database.value("SELECT claviger.clv_side_stamp($1, $2, $3, $4, $5)", &[&side.0, &side.1, &side.2, &side.3, &now]);
        assert_eq!(found, expected);
    }
    let hashes: i64 = database.value("SELECT count(DISTINCT claviger.clv_row_hash(i::text)) FROM generate_series(1, 20000) AS i", &[]);
    assert_eq!(hashes, 20_000);
    for (text, there) in [
        ("{00010203-0405-0607-0809-0A0b0c0d0e0f}", true),
        ("000102030405060708090a0b0c0d0e0f", true),
        ("000102", false),
        ("", false),
        ("x0010203-0405-0607-0809-0A0b0c0d0e0", false),
    ] {
        let found: bool = database.value("SELECT claviger.clv_uuid($1) IS NOT NULL", &[&text]);
        assert_eq!(found, there, "{text}");
        assert_eq!(claviger_store::sqlite::functions::uuid_of(ValueRef::Text(text.as_bytes())).is_some(), there);
    }
}
