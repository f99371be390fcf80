//! What the server says about itself: log lines on standard error, counters for `/metrics`.
//!
//! Standard output belongs to results and the `listening` line. Nothing here may ever see a secret: a request's line carries the key's
//! ID and the path without its query string.

pub mod access_log;
pub(crate) mod denials;
pub mod metrics;
pub mod sink;
pub mod usage;

pub use metrics::Metrics;
pub use sink::LogSink;

use crate::settings::{Log as LogSettings, LogFormat, LogLevel};

/// An error with all its causes, for the log.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

/// Sends `tracing` events of this process to the sink. Only the first call in a process counts.
pub fn install(settings: &LogSettings, sink: &LogSink) {
    use tracing_subscriber::filter::LevelFilter;
    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(sink.clone());
    let _ = match settings.format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
