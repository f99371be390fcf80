//! `docs/compat.md` against the tests: a row marked "same" is proved by a test that exists and ran, on each engine.

use std::collections::BTreeSet;

/// Number of rows of the dialect's checklist.
const ROWS: u32 = 99;

/// What the state cell of a row says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Same,
    Different,
    Later,
}

/// The module of the tests of rows on PostgreSQL (`crates/server/tests/rows_postgres.rs`); those on SQLite are in none.
const ON_POSTGRES: &str = "postgres";

/// Everything that is wrong with the page, given the names of the tests that ran, with their module path.
pub(crate) fn problems(page: &str, ran: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let (postgres, sqlite): (Vec<_>, Vec<_>) =
        ran.iter().map(|path| path.split("::").collect::<Vec<_>>()).partition(|path| path.first() == Some(&ON_POSTGRES));
    let has = |engine: &[Vec<&str>], test: &str| engine.iter().any(|path| path.last() == Some(&test));
    for line in page.lines() {
        let Some((row, cells)) = row(line) else { continue };
        if !seen.insert(row) {
            found.push(format!("row {row} is listed twice"));
        }
        let tests = tests(line);
        match cells.iter().find_map(|cell| state(cell)) {
            None => found.push(format!("row {row} says neither same, different nor later")),
            Some(State::Same) if tests.is_empty() => found.push(format!("row {row} is marked same and names no test")),
            Some(_) => {}
        }
        for test in tests {
            if !test.starts_with(&format!("row_{row:02}_")) {
                found.push(format!("row {row} names {test}, which is the test of another row"));
            } else {
                for (engine, ran) in [("SQLite", &sqlite), ("PostgreSQL", &postgres)] {
                    if !has(ran, test) {
                        found.push(format!("row {row} names {test}, which did not run on {engine}"));
                    }
                }
            }
        }
    }
    found.extend((1..=ROWS).filter(|row| !seen.contains(row)).map(|row| format!("row {row} is missing")));
    found
}

/// The number and the other cells of a table row of the checklist.
fn row(line: &str) -> Option<(u32, Vec<&str>)> {
    let mut cells = line.trim().strip_prefix('|')?.trim_end_matches('|').split('|').map(str::trim);
    let row = cells.next()?.parse().ok().filter(|row| (1..=ROWS).contains(row))?;
    Some((row, cells.collect()))
}

fn state(cell: &str) -> Option<State> {
    let word = cell.trim_start_matches('*').split(|c: char| !c.is_ascii_alphabetic()).next()?;
    match word.to_ascii_lowercase().as_str() {
        "same" => Some(State::Same),
        "different" => Some(State::Different),
        "later" => Some(State::Later),
        _ => None,
    }
}

/// All words of the line that are names of row tests.
fn tests(line: &str) -> Vec<&str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| word.starts_with("row_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(row_1: &str) -> String {
        let mut page = format!("| row | feature | level | state |\n|---|---|---|---|\n{row_1}\n");
        for row in 2..=ROWS {
            page.push_str(&format!("| {row} | x | M | later: entity sets |\n"));
        }
        page
    }

    /// On both engines.
    fn ran(names: &[&str]) -> BTreeSet<String> {
        names.iter().flat_map(|name| [format!("gate::{name}"), format!("postgres::gate::{name}")]).collect()
    }

    #[test]
    fn a_row_with_a_test_that_ran_is_fine() {
        let page = page("| 1 | missing key | M | same: `row_01_no_key` |");
        assert!(problems(&page, &ran(&["row_01_no_key"])).is_empty());
        let not_on = |engine: &str| format!("row 1 names row_01_no_key, which did not run on {engine}");
        assert_eq!(problems(&page, &ran(&[])), [not_on("SQLite"), not_on("PostgreSQL")]);
        for (path, engine) in
            [("gate::row_01_no_key", "PostgreSQL"), ("row_01_no_key", "PostgreSQL"), ("postgres::gate::row_01_no_key", "SQLite")]
        {
            assert_eq!(problems(&page, &BTreeSet::from([path.to_owned()])), [not_on(engine)]);
        }
    }

    #[test]
    fn a_row_marked_same_needs_a_test_of_its_own() {
        assert_eq!(problems(&page("| 1 | missing key | M | **same** |"), &ran(&[])), ["row 1 is marked same and names no test"]);
        let of_another = page("| 1 | missing key | M | same | `row_02_wrong_key` |");
        assert_eq!(problems(&of_another, &ran(&["row_02_wrong_key"])), ["row 1 names row_02_wrong_key, which is the test of another row"]);
    }

    #[test]
    fn every_row_stands_once_and_has_a_state() {
        assert_eq!(problems(&page("| 1 | missing key | M | perhaps |"), &ran(&[])), ["row 1 says neither same, different nor later"]);
        assert_eq!(problems(&page("text"), &ran(&[])), ["row 1 is missing"]);
        assert_eq!(problems(&page("| 2 | x | M | later |\n| 1 | x | M | later |"), &ran(&[])), ["row 2 is listed twice"]);
    }
}
