//! What was asked and what came of it (`startRequestLog`, `remote-datastore.md` 3.2).

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use parking_lot::Mutex;
use serde::Serialize;

use crate::{Error, Result};

/// Where the log goes, and how much it keeps.
#[derive(Clone, Debug, Default)]
pub struct RequestLog {
    /// The newest so many are kept in memory; none: all of them.
    pub keep: Option<usize>,
    /// Instead of memory: a file that lines of JSON are appended to.
    pub file: Option<PathBuf>,
    /// Bodies of answers that are text are kept, too.
    pub bodies: bool,
}

/// One request, as it was sent: a repeated one counts each time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedRequest {
    /// From 1, since the log was started.
    pub sequence_number: u64,
    /// `GET` or `POST`.
    pub method: String,
    /// Whole.
    pub url: String,
    /// ISO 8601, UTC.
    pub start_time: String,
    /// ISO 8601, UTC.
    pub end_time: String,
    /// Milliseconds.
    pub duration: u64,
    /// Length of its body.
    pub request_bytes: usize,
    /// What came back; none when nothing did.
    pub response: Option<LoggedResponse>,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedResponse {
    /// Of HTTP.
    pub status: u16,
    /// Length of its body.
    pub bytes: usize,
    /// Only when the log keeps bodies; `***` for what is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// The log of one connection.
#[derive(Default)]
pub(crate) struct Logbook(Mutex<Option<Running>>);

struct Running {
    kept: VecDeque<LoggedRequest>,
    limit: Option<usize>,
    file: Option<File>,
    bodies: bool,
    last: u64,
}

impl Logbook {
    /// Begins anew; what was kept is forgotten.
    pub(crate) fn start(&self, log: &RequestLog) -> Result<()> {
        let open = |path: &PathBuf| {
            let opened = OpenOptions::new().create(true).append(true).open(path);
            opened.map_err(|error| Error::Misuse(format!("The request log cannot be written: {error}.")))
        };
        let file = log.file.as_ref().map(open).transpose()?;
        *self.0.lock() = Some(Running { kept: VecDeque::new(), limit: log.keep, file, bodies: log.bodies, last: 0 });
        Ok(())
    }

    pub(crate) fn stop(&self) {
        *self.0.lock() = None;
    }

    /// Newest first.
    pub(crate) fn entries(&self) -> Vec<LoggedRequest> {
        self.0.lock().as_ref().map(|running| running.kept.iter().rev().cloned().collect()).unwrap_or_default()
    }

    /// Whether bodies are wanted; none when nothing is logged.
    pub(crate) fn wants(&self) -> Option<bool> {
        self.0.lock().as_ref().map(|running| running.bodies)
    }

    /// Numbers and keeps it.
    pub(crate) fn add(&self, mut entry: LoggedRequest) {
        let mut running = self.0.lock();
        let Some(running) = running.as_mut() else { return };
        running.last += 1;
        entry.sequence_number = running.last;
        if let Some(file) = &mut running.file {
            let line = serde_json::to_string(&entry).unwrap_or_default();
            if let Err(error) = writeln!(file, "{line}") {
                tracing::warn!(%error, "the request log could not be written");
            }
            return;
        }
        running.kept.push_back(entry);
        while running.limit.is_some_and(|limit| running.kept.len() > limit) {
            running.kept.pop_front();
        }
    }
}
