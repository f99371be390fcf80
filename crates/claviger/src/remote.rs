//! An endpoint of the dialect that a command asks as any client would: its address and key from the command line, and what to do when it refuses.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use claviger_client::{Connect, Error, Missing, Reason};

use crate::failure::Usage;
use crate::folder;
use crate::output::visible;

/// The variable that holds the key.
const KEY: &str = "CLAVIGER_API_KEY";

/// Where the endpoint is, and who asks. The key never stands on the command line, where other users of the machine could read it.
#[derive(Args)]
pub(crate) struct Remote {
    /// The API endpoint, like `https://library.example.org`; it may be of another product that speaks the dialect.
    #[arg(long, value_name = "URL")]
    endpoint: String,
    /// Read the API key from this file; the variable CLAVIGER_API_KEY holds it when absent.
    #[arg(long, value_name = "FILE", conflicts_with = "key_stdin")]
    key_file: Option<PathBuf>,
    /// Read the API key from standard input.
    #[arg(long)]
    key_stdin: bool,
    /// Trust this root certificate (PEM), too.
    #[arg(long, value_name = "FILE")]
    root_certificate: Option<PathBuf>,
}

impl Remote {
    /// How to open it.
    pub(crate) fn connect(&self) -> Result<Connect> {
        let mut connect = Connect::endpoint(&self.endpoint);
        if let Some(key) = self.key()? {
            connect = connect.api_key(key);
        }
        if let Some(file) = &self.root_certificate {
            connect = connect.root_certificate(std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
        }
        Ok(connect)
    }

    /// The key; none when none is set, for endpoints that ask for none. Its line break is dropped.
    fn key(&self) -> Result<Option<String>> {
        let (place, text) = if let Some(file) = &self.key_file {
            (file.display().to_string(), folder::read(file)?)
        } else if self.key_stdin {
            if std::io::stdin().is_terminal() {
                eprintln!("claviger: waiting for the API key on standard input");
            }
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).context("cannot read the API key from standard input")?;
            ("standard input".to_owned(), line)
        } else {
            match std::env::var_os(KEY) {
                None => return Ok(None),
                Some(key) if key.is_empty() => return Ok(None),
                Some(key) => (KEY.to_owned(), key.into_string().map_err(|_| Usage(format!("{KEY} is no text")))?),
            }
        };
        let key = text.trim();
        if key.is_empty() {
            bail!("there is no API key in {place}: put the secret there, and nothing else");
        }
        if key.contains(|c: char| c.is_whitespace() || c.is_control()) {
            bail!("what is in {place} is no API key: put the secret there, and nothing else");
        }
        Ok(Some(key.to_owned()))
    }
}

/// Runs what talks to the endpoint; pages that are read ahead have a thread of their own.
pub(crate) fn run<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.context("cannot start")?.block_on(work)
}

/// The error with its class and what to do next.
pub(crate) fn failure(error: Error) -> anyhow::Error {
    let text = visible(&error.to_string());
    anyhow::anyhow!("{}: {}; {}", error.class(), text.trim_end_matches([':', ' ', '.', ';']), advice(&error))
}

fn advice(error: &Error) -> &'static str {
    match error {
        Error::Unreachable { .. } => "check --endpoint, that the server runs, and its certificate",
        Error::Unauthorized { reason } => match reason {
            Reason::MissingKey => "set CLAVIGER_API_KEY, or name a file with --key-file",
            Reason::InvalidKey => "the key is mistyped, deleted or of another server: copy it anew",
            Reason::ExpiredKey => "the key's time is over: ask for a new one",
            Reason::HostNotAllowed => "the key may not be used from this machine: its allowed hosts do not list it",
            Reason::NotLoggedIn => "the server has users and takes no keys: it cannot be asked from here",
        },
        Error::PermissionDenied { .. } => "the key's role lacks it: leave it out with --attributes, or ask for a key with another role",
        Error::NotFound { kind: Missing::Dataclass, .. } => "the key cannot see it, or it is spelled otherwise",
        Error::NotFound { kind: Missing::EntitySet, .. } => "the server has forgotten the selection: ask again",
        Error::NotFound { .. } => "check the spelling; the key may not see it",
        Error::Conflict { .. } | Error::SessionLost { .. } => "ask again",
        Error::Validation { .. } => "check the values",
        Error::TooMany { .. } => "wait a little, or ask for less with --filter and --limit",
        Error::Remote { http_status: 400, .. } => "check --filter, --param, --order-by and --attributes",
        Error::Remote { .. } => "the server's log says more",
        Error::Protocol { .. } => "is this the address of an API endpoint? The path before /rest/ is meant",
        _ => "check --endpoint, which is an address like https://library.example.org",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_class_and_what_to_do_and_no_escape_of_the_terminal() {
        let error = Error::Unauthorized { reason: Reason::ExpiredKey };
        assert_eq!(
            failure(error).to_string(),
            "Unauthorized: The server refuses the caller: expiredKey; the key's time is over: ask for a new one"
        );
        let error = Error::Protocol { cause: "no JSON".to_owned(), excerpt: "\u{1b}[2J<html>".to_owned() };
        let text = failure(error).to_string();
        assert!(text.starts_with("Protocol: no JSON: ") && !text.contains('\u{1b}'), "{text}");
    }
}
