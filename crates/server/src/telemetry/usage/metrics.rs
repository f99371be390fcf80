//! The counters by key, for `/metrics`.

use std::fmt::Write as _;

use super::Reason;
use super::counts::{Counts, Total};

/// Appends the Prometheus text.
pub(super) fn render(text: &mut String, counts: &Counts) {
    let mut family = |name: &str, help: &str, line: &dyn Fn(&mut String, &Total)| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
        for total in counts.totals() {
            line(text, total);
        }
    };
    family("claviger_key_requests_total", "Answered requests by key; key is empty when it is not known.", &|text, total| {
        let _ = writeln!(text, "claviger_key_requests_total{{key=\"{}\"}} {}", total.label, total.requests);
    });
    family("claviger_key_refusals_total", "Refused requests by key and reason.", &|text, total| {
        for (reason, count) in Reason::ALL.iter().zip(total.reasons).filter(|(_, count)| *count > 0) {
            let _ = writeln!(text, "claviger_key_refusals_total{{key=\"{}\",reason=\"{}\"}} {count}", total.label, reason.name());
        }
    });
    family("claviger_key_response_bytes_total", "Bytes of answers by key, before compression.", &|text, total| {
        let _ = writeln!(text, "claviger_key_response_bytes_total{{key=\"{}\"}} {}", total.label, total.bytes);
    });
    let help = "Time to the answer's head by key, of requests whose key the gate let through.";
    family("claviger_key_request_seconds_total", help, &|text, total| {
        let seconds = total.micros as f64 / 1e6;
        let _ = writeln!(text, "claviger_key_request_seconds_total{{key=\"{}\"}} {seconds}", total.label);
    });
    let _ = writeln!(
        text,
        "# HELP claviger_refusals_not_recorded_total Refused requests that were counted, but of which no record could be kept.\n\
         # TYPE claviger_refusals_not_recorded_total counter\nclaviger_refusals_not_recorded_total {}\n\
         # HELP claviger_usage_not_written_total Sums and addresses that were dropped because the control store did not take them.\n\
         # TYPE claviger_usage_not_written_total counter\nclaviger_usage_not_written_total {}",
        counts.dropped(),
        counts.unwritten()
    );
}
