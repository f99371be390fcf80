//! The forms of an answer. Each is written page by page, so that an answer may be longer than the memory.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Map, Value as Json};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::output::visible;

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people; cut to the terminal's width.
    Table,
    /// One array of objects.
    Json,
    /// An object a line.
    Jsonl,
    /// RFC 4180 with a header line.
    Csv,
}

/// A line of the answer; none where an attribute is not there.
pub(super) type Line = Vec<Option<Json>>;

/// An answer that is being written.
pub(super) struct Form<W: Write> {
    names: Vec<String>,
    kind: Kind<W>,
    lines: u64,
}

enum Kind<W: Write> {
    Table { out: W, limit: Option<usize>, widths: Vec<usize> },
    Json(W),
    Jsonl(W),
    Csv { out: Box<csv::Writer<W>>, for_spreadsheet: bool },
}

impl<W: Write> Form<W> {
    /// `limit`: columns of the terminal, for tables.
    pub(super) fn new(out: W, format: Format, names: Vec<String>, limit: Option<usize>, for_spreadsheet: bool) -> io::Result<Self> {
        let kind = match format {
            Format::Table => Kind::Table { out, limit, widths: Vec::new() },
            Format::Json => Kind::Json(out),
            Format::Jsonl => Kind::Jsonl(out),
            Format::Csv => {
                let mut out = out;
                if for_spreadsheet {
                    // Spreadsheet programs take a file without this mark for one of an old encoding.
                    out.write_all("\u{feff}".as_bytes())?;
                }
                let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
                write_record(&mut out, names.iter().map(|name| field(&Json::from(name.as_str()), for_spreadsheet)))?;
                Kind::Csv { out: Box::new(out), for_spreadsheet }
            }
        };
        Ok(Self { names, kind, lines: 0 })
    }

    /// Writes some lines and hands them on.
    pub(super) fn page(&mut self, page: &[Line]) -> io::Result<()> {
        for (at, line) in (self.lines..).zip(page) {
            match &mut self.kind {
                Kind::Table { out, limit, widths } => {
                    if at == 0 {
                        *widths = fitting(&self.names, page, *limit);
                        write_line(out, widths, limit.is_some(), self.names.iter().map(|name| visible(name)))?;
                    }
                    write_line(out, widths, limit.is_some(), line.iter().map(shown))?;
                }
                Kind::Json(out) => {
                    out.write_all(if at == 0 { b"[\n" } else { b",\n" })?;
                    serde_json::to_writer(out, &object(&self.names, line))?;
                }
                Kind::Jsonl(out) => {
                    serde_json::to_writer(&mut *out, &object(&self.names, line))?;
                    out.write_all(b"\n")?;
                }
                Kind::Csv { out, for_spreadsheet } => {
                    write_record(out, line.iter().map(|cell| field(cell.as_ref().unwrap_or(&Json::Null), *for_spreadsheet)))?;
                }
            }
        }
        self.lines += page.len() as u64;
        self.flush()
    }

    /// Writes what comes after the last line.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Table { out, limit, .. } if self.lines == 0 => {
                let widths = fitting(&self.names, &[], *limit);
                write_line(out, &widths, limit.is_some(), self.names.iter().map(|name| visible(name)))?;
            }
            Kind::Json(out) => out.write_all(if self.lines == 0 { b"[]\n" } else { b"\n]\n" })?,
            _ => {}
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Table { out, .. } | Kind::Json(out) | Kind::Jsonl(out) => out.flush(),
            Kind::Csv { out, .. } => out.flush(),
        }
    }
}

fn object(names: &[String], line: &Line) -> Map<String, Json> {
    let members = names.iter().zip(line).filter_map(|(name, cell)| Some((name.clone(), cell.clone()?)));
    members.collect()
}

fn write_record<W: Write>(out: &mut csv::Writer<W>, fields: impl Iterator<Item = String>) -> io::Result<()> {
    // A pipe that is broken must stay one.
    out.write_record(fields).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    })
}

/// What a formula begins with.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A field of CSV.
fn field(value: &Json, for_spreadsheet: bool) -> String {
    let text = plain(value);
    if for_spreadsheet && !value.is_number() { disarmed(text) } else { text }
}

/// The text with an apostrophe before whatever a spreadsheet program would take for a formula: such a formula can send the other cells elsewhere, or start
/// programs. Which separators it reads is the program's affair, or that of the system's language, and quotes count for the right ones only; so a cell may
/// begin behind each of them.
fn disarmed(text: String) -> String {
    let is_formula = |rest: &str| rest.trim_start_matches('"').starts_with(FORMULA);
    let mut safe = String::with_capacity(text.len() + 1);
    if text.starts_with(FORMULA) || text.starts_with(['\t', '\r', '\n']) {
        safe.push('\'');
    }
    let mut rest = text.as_str();
    while let Some(at) = rest.find([';', '\t', '\r', '\n']) {
        let (cell, behind) = rest.split_at(at + 1);
        safe.push_str(cell);
        if is_formula(behind) {
            safe.push('\'');
        }
        rest = behind;
    }
    safe + rest
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shown(cell: &Option<Json>) -> String {
    cell.as_ref().map(|value| visible(&plain(value))).unwrap_or_default()
}

/// Blanks between columns.
const GAP: usize = 2;
/// What a column is not made narrower than.
const NARROW: usize = 4;

/// Widths by the first lines; with a limit, the widest columns give way.
fn fitting(names: &[String], lines: &[Line], limit: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = names.iter().map(|name| visible(name).width()).collect();
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(shown(cell).width());
        }
    }
    let Some(room) = limit.map(|limit| limit.saturating_sub(GAP * names.len().saturating_sub(1))) else { return widths };
    let takes = |most: usize| widths.iter().map(|width| (*width).min(most)).sum::<usize>();
    let mut most = widths.iter().copied().max().unwrap_or_default();
    while most > NARROW && takes(most) > room {
        most -= 1;
    }
    // What is left over goes to the first columns that could use it.
    let mut left = room.saturating_sub(takes(most));
    widths
        .iter()
        .map(|width| {
            let more = usize::from(*width > most && left > 0);
            left -= more;
            (*width).min(most + more)
        })
        .collect()
}

fn write_line(out: &mut impl Write, widths: &[usize], cuts: bool, cells: impl Iterator<Item = String>) -> io::Result<()> {
    let mut line = String::new();
    for (cell, width) in cells.zip(widths) {
        let cell = if cuts { cut(cell, *width) } else { cell };
        let blanks = width.saturating_sub(cell.width()) + GAP;
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', blanks));
    }
    writeln!(out, "{}", line.trim_end())
}

fn cut(text: String, width: usize) -> String {
    if text.width() <= width {
        return text;
    }
    let mut taken = 0;
    let fits = |letter: &char| {
        taken += letter.width().unwrap_or(0);
        taken < width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(format: Format, names: &[&str], pages: &[Vec<Line>], limit: Option<usize>, for_spreadsheet: bool) -> String {
        let mut out = Vec::new();
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let mut form = Form::new(&mut out, format, names, limit, for_spreadsheet).unwrap();
        for page in pages {
            form.page(page).unwrap();
        }
        form.end().unwrap();
        drop(form);
        String::from_utf8(out).unwrap()
    }

    fn line<const N: usize>(cells: [Json; N]) -> Line {
        cells.into_iter().map(Some).collect()
    }

    #[test]
    fn csv_is_that_of_rfc_4180() {
        let pages = [
            vec![line([json!("a \"b\", c"), json!(1.50)]), line([json!("two\nlines"), Json::Null])],
            vec![vec![None, Some(json!({ "a": 1 }))]],
        ];
        let text = written(Format::Csv, &["title", "author.price"], &pages, None, false);
        assert_eq!(text, "title,author.price\r\n\"a \"\"b\"\", c\",1.5\r\n\"two\nlines\",\r\n,\"{\"\"a\"\":1}\"\r\n");
        assert_eq!(written(Format::Csv, &["a", "b"], &[], None, false), "a,b\r\n", "the header also when nothing is found");
    }

    #[test]
    fn formulas_are_disarmed_for_spreadsheets_and_numbers_stay_numbers() {
        let texts = ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM", "\tx", "＝1", "a=b"];
        let pages = [texts.iter().map(|text| line([json!(text), json!(-1)])).collect::<Vec<_>>()];
        let text = written(Format::Csv, &["=name", "n"], &pages, None, true);
        assert!(text.starts_with("\u{feff}'=name,n\r\n"), "{text}");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let read: Vec<(String, i64)> = reader.deserialize().collect::<Result<_, _>>().unwrap();
        let expected: Vec<_> = texts.iter().map(|text| (if *text == "a=b" { "a=b".to_owned() } else { format!("'{text}") }, -1)).collect();
        assert_eq!(read, expected);
        let as_it_is = written(Format::Csv, &["n"], &[vec![line([json!("-1")])]], None, false);
        assert_eq!(as_it_is, "n\r\n-1\r\n");
    }

    #[test]
    fn no_separator_that_a_spreadsheet_program_takes_makes_a_formula_of_the_rest() {
        let texts = [
            "x;=1+1",
            "x;+1",
            "x\t=1",
            "\t=1",
            "x\n=1",
            "x\r\n@SUM(A1)",
            "a, \"b\"\n=1",
            "x;\"=1&\"",
            "x;\"\"=1",
            "x;＝1",
            ";;-1",
            "a; b = c",
            "-x;\n\n=1",
        ];
        let object = json!({ "note": "x;=1" });
        let pages = [texts.iter().map(|text| line([json!(text), object.clone(), json!(-1.5)])).collect::<Vec<_>>()];
        let text = written(Format::Csv, &["name;=1", "object", "n"], &pages, None, true);
        for separator in [b',', b';', b'\t'] {
            let mut reader = csv::ReaderBuilder::new();
            let reader =
                reader.delimiter(separator).has_headers(false).flexible(true).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
            for cell in reader.into_records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                assert!(cell == "-1.5" || !cell.starts_with(FORMULA), "{:?} with {:?}", cell, char::from(separator));
            }
        }
        assert!(text.contains("\r\na; b = c,"), "what makes no formula stays: {text}");
    }

    #[test]
    fn json_is_one_array_or_a_line_each_and_keeps_types() {
        let number: Json = serde_json::from_str("12345678901234567890.50").unwrap();
        let pages = [vec![vec![Some(json!(true)), None]], vec![vec![Some(Json::Null), Some(number)]]];
        let array = written(Format::Json, &["a", "b.c"], &pages, None, false);
        assert_eq!(array, "[\n{\"a\":true},\n{\"a\":null,\"b.c\":12345678901234567890.50}\n]\n");
        let lines = written(Format::Jsonl, &["a", "b.c"], &pages, None, false);
        assert_eq!(lines, "{\"a\":true}\n{\"a\":null,\"b.c\":12345678901234567890.50}\n");
        assert_eq!(written(Format::Json, &["a"], &[], None, false), "[]\n");
        assert_eq!(written(Format::Jsonl, &["a"], &[], None, false), "");
    }

    #[test]
    fn a_table_fits_the_terminal_and_nothing_is_cut_without_one() {
        let pages = [vec![line([json!(1), json!("a long title that does not fit"), json!("日本語の本")])]];
        let names = ["ID", "title", "name"];
        let wide = written(Format::Table, &names, &pages, None, false);
        assert_eq!(wide, "ID  title                           name\n1   a long title that does not fit  日本語の本\n");
        for limit in 16..40 {
            let cut = written(Format::Table, &names, &pages, Some(limit), false);
            assert!(cut.lines().all(|line| line.width() <= limit), "{limit}: {cut}");
            assert!(cut.contains('…'), "{limit}: {cut}");
        }
        assert_eq!(written(Format::Table, &["a", "b"], &[], Some(80), false), "a  b\n");
    }

    #[test]
    fn what_would_command_the_terminal_is_shown_and_not_sent() {
        let pages = [vec![line([json!("\u{1b}[2J\nx\u{9b}")])]];
        let text = written(Format::Table, &["a"], &pages, Some(80), false);
        assert!(!text.contains(['\u{1b}', '\u{9b}']) && text.lines().count() == 2, "{text:?}");
    }
}
