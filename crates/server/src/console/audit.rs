//! `/console/api/audit`: who did what, newest first; as JSON page by page, or whole as a file.

use std::fmt::Write as _;
use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::Response;
use claviger_access::key::dates::{parse_date, parse_instant};
use claviger_store::control::{AuditFilter, AuditLine};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use jiff::Timestamp;
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, ProblemField};
use super::{blocking, json, query};
use crate::app::AppState;

/// Lines read at a time for a file.
const CHUNK: u32 = 1000;

/// One line of the audit log.
#[derive(ToSchema)]
#[schema(as = AuditLine)]
#[expect(dead_code, non_snake_case, reason = "describes claviger_store::control::AuditLine")]
pub(super) struct AuditBody {
    #[schema(format = DateTime)]
    at: String,
    /// E-mail, or `command line`.
    actor: String,
    address: Option<String>,
    /// `create`, `edit`, `reveal`, `regenerate`, `delete`, …
    action: String,
    keyId: Option<String>,
    /// Names of what changed; never a secret.
    fields: Vec<String>,
}

/// Which lines of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct AuditFilterParams {
    /// Part of actor, address, action, key ID or the name of a field.
    q: Option<String>,
    /// By this person.
    actor: Option<String>,
    /// `create`, `edit`, `reveal`, `regenerate`, `delete`, …
    action: Option<String>,
    /// About this key.
    #[param(rename = "keyId")]
    key_id: Option<String>,
    /// Not before this instant, or this day (UTC).
    from: Option<String>,
    /// Before this instant, or up to the end of this day (UTC).
    to: Option<String>,
}

/// Paging of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct AuditPageParams {
    /// Lines before this position: the header `x-next-before` of the page before.
    before: Option<i64>,
    /// At most so many; default 100.
    limit: Option<u32>,
}

/// Form of the file.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct AuditExportParams {
    /// `csv` or `jsonl` (a JSON object a line).
    format: String,
}

/// The audit log, newest first.
#[utoipa::path(get, path = "/console/api/audit", tag = "audit", params(AuditFilterParams, AuditPageParams), responses(
    (status = 200, body = [AuditBody], headers(("x-next-before" = i64, description = "Position for the next page; absent on the last."))),
    (status = 422, body = Problem)))]
pub(super) async fn list(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let Asked { filter, before, limit, .. } = Asked::of(raw.as_deref())?;
    let lines = blocking(&state, move |state| state.control().audit_lines(&filter, before, limit)).await?;
    let mut response = json(StatusCode::OK, &lines);
    if let Some(last) = lines.last().filter(|_| lines.len() == limit as usize) {
        response.headers_mut().insert(HeaderName::from_static("x-next-before"), HeaderValue::from(last.seq));
    }
    Ok(response)
}

/// All lines that the filter lets through, newest first, as a file.
#[utoipa::path(get, path = "/console/api/audit/export", tag = "audit", params(AuditFilterParams, AuditExportParams), responses(
    (status = 200, content((String = "text/csv"), (String = "application/jsonl"))), (status = 422, body = Problem)))]
pub(super) async fn export(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let Asked { filter, format, .. } = Asked::of(raw.as_deref())?;
    let format = format.ok_or_else(|| Problem::fields(vec![ProblemField::new("format", "required", "This must be csv or jsonl.")]))?;
    let (mut sender, body) = Channel::<Bytes, io::Error>::new(2);
    tokio::spawn(async move {
        let mut before = None;
        let mut text = format.head().to_owned();
        loop {
            let filter = filter.clone();
            let Ok(lines) = blocking(&state, move |state| state.control().audit_lines(&filter, before, CHUNK)).await.map_err(Problem::from)
            else {
                // A file that ends early must not look whole.
                sender.abort(io::Error::other("the audit log could not be read to its end"));
                return;
            };
            for line in &lines {
                format.write(line, &mut text);
            }
            // Nobody reads on when the browser has gone.
            if sender.send_data(std::mem::take(&mut text).into()).await.is_err() {
                return;
            }
            match lines.last().filter(|_| lines.len() == CHUNK as usize) {
                Some(last) => before = Some(last.seq),
                None => return,
            }
        }
    });
    // Compression asks once more behind the end, which the channel does not take.
    let mut response = Response::new(Body::new(body.fuse()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(format.disposition()));
    Ok(response)
}

/// What the query string says.
struct Asked {
    filter: AuditFilter,
    before: Option<i64>,
    limit: u32,
    format: Option<Format>,
}

impl Asked {
    fn of(raw: Option<&str>) -> Result<Self, Problem> {
        let mut asked = Self { filter: AuditFilter::default(), before: None, limit: 100, format: None };
        let mut errors = Vec::new();
        for (name, value) in query::pairs(raw).into_iter().filter(|(_, value)| !value.is_empty()) {
            let mut refuse = |code: &str, message: &str| errors.push(ProblemField::new(name.clone(), code, message));
            let instant = "This must be a day or an instant, like 2026-05-31 or 2026-05-31T12:00:00Z.";
            match name.as_str() {
                "q" => asked.filter.text = Some(value),
                "actor" => asked.filter.actor = Some(value),
                "action" => asked.filter.action = Some(value),
                "keyId" => asked.filter.key_id = Some(value),
                "from" => match moment(&value, false) {
                    Some(at) => asked.filter.from = Some(at),
                    None => refuse("not_an_instant", instant),
                },
                "to" => match moment(&value, true) {
                    Some(at) => asked.filter.until = Some(at),
                    None => refuse("not_an_instant", instant),
                },
                "before" => match value.parse() {
                    Ok(position) => asked.before = Some(position),
                    Err(_) => refuse("not_a_number", "This must be a number."),
                },
                "limit" => match value.parse() {
                    Ok(limit @ 1..=1000) => asked.limit = limit,
                    _ => refuse("not_a_number", "This must be a number from 1 to 1000."),
                },
                "format" => match Format::from_name(&value) {
                    Some(format) => asked.format = Some(format),
                    None => refuse("not_allowed", "This must be csv or jsonl."),
                },
                _ => {}
            }
        }
        if errors.is_empty() { Ok(asked) } else { Err(Problem::fields(errors)) }
    }
}

/// A day's beginning, or its end, or an instant; milliseconds since 1970 UTC.
fn moment(text: &str, is_end: bool) -> Option<i64> {
    let at = match parse_date(text).filter(|_| is_end) {
        Some(day) => parse_instant(&day.tomorrow().ok()?.to_string())?,
        None => parse_instant(text)?,
    };
    Some(at.as_millisecond())
}

/// Form of a file.
#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/jsonl",
        }
    }

    fn disposition(self) -> &'static str {
        match self {
            Self::Csv => "attachment; filename=\"claviger-audit.csv\"",
            Self::JsonLines => "attachment; filename=\"claviger-audit.jsonl\"",
        }
    }

    fn head(self) -> &'static str {
        match self {
            Self::Csv => "at,actor,address,action,keyId,fields\r\n",
            Self::JsonLines => "",
        }
    }

    fn write(self, line: &AuditLine, out: &mut String) {
        match self {
            Self::Csv => {
                let at = Timestamp::from_millisecond(line.at).unwrap_or_default().to_string();
                let optional = |text: &Option<String>| text.clone().unwrap_or_default();
                let cells =
                    [at, line.actor.clone(), optional(&line.address), line.action.clone(), optional(&line.key_id), line.fields.join(" ")];
                let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
                let _ = write!(out, "{}\r\n", cells.join(","));
            }
            Self::JsonLines => {
                out.push_str(&serde_json::to_string(line).unwrap_or_default());
                out.push('\n');
            }
        }
    }
}

/// Quoted where RFC 4180 asks for it; what a spreadsheet would take for a formula begins with an apostrophe.
fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    // A spreadsheet may take a semicolon or a tab for the end of a cell, too.
    if text.contains([',', ';', '\t', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_defused() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_cell("=cmd()"), "'=cmd()");
        assert_eq!(csv_cell("x;=cmd()"), "\"x;=cmd()\"");
    }

    #[test]
    fn days_reach_to_their_end() {
        assert_eq!(moment("2026-04-01", false), Some(1_775_001_600_000));
        assert_eq!(moment("2026-04-01", true), Some(1_775_088_000_000));
        assert_eq!(moment("2026-04-01T12:00:00Z", true), Some(1_775_044_800_000));
        assert_eq!(moment("yesterday", true), None);
    }
}
