//! Counters for `/metrics` (Prometheus text), kept by hand: a request touches three atomics.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use claviger_access::key::dates::EXPIRES_SOON_DAYS;
use claviger_script::Counts;
use claviger_store::control::KeyCounts;

/// Which part of the surface answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// `/rest/`
    Rest,
    /// `/console/`
    Console,
    /// Health, metrics, everything else.
    Other,
}

const PARTS: [&str; 3] = ["rest", "console", "other"];
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "429"];
/// Upper bounds of the duration buckets, microseconds.
const BOUNDS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 10_000, 50_000, 250_000, 1_000_000, 5_000_000];

/// The counters of one process.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; CLASSES.len()]; PARTS.len()],
    durations: [[AtomicU64; BOUNDS.len() + 1]; PARTS.len()],
    duration_sum: [AtomicU64; PARTS.len()],
    /// Open connections.
    pub connections: AtomicI64,
    /// Connections closed because the client was too slow.
    pub slow_connections: AtomicU64,
    /// Handlers that panicked.
    pub panics: AtomicU64,
    /// Reloads of the key set that brought a change.
    pub key_reloads: AtomicU64,
}

impl Metrics {
    /// One answered request.
    pub fn count(&self, part: Part, status: u16, micros: u64) {
        let class = if status == 429 { 5 } else { usize::from(status / 100).clamp(1, 5) - 1 };
        let part = part as usize;
        self.requests[part][class].fetch_add(1, Ordering::Relaxed);
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        self.durations[part][bucket].fetch_add(1, Ordering::Relaxed);
        self.duration_sum[part].fetch_add(micros, Ordering::Relaxed);
    }

    /// The Prometheus text; `keys` is the number of secrets held, `counts` that of keys by state where it is known, `functions` what calls of
    /// functions came to.
    pub fn render(&self, keys: usize, counts: Option<KeyCounts>, functions: Counts) -> String {
        let mut text = String::with_capacity(4096);
        text.push_str(
            "# HELP claviger_requests_total Answered requests by part and status class.\n# TYPE claviger_requests_total counter\n",
        );
        for (part, classes) in PARTS.iter().zip(&self.requests) {
            for (class, count) in CLASSES.iter().zip(classes) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let _ = writeln!(text, "claviger_requests_total{{part=\"{part}\",status=\"{class}\"}} {count}");
                }
            }
        }
        text.push_str(
            "# HELP claviger_request_duration_seconds Time to the answer's head.\n# TYPE claviger_request_duration_seconds histogram\n",
        );
        for ((part, buckets), sum) in PARTS.iter().zip(&self.durations).zip(&self.duration_sum) {
            let mut total = 0;
            for (index, bucket) in buckets.iter().enumerate() {
                total += bucket.load(Ordering::Relaxed);
                let bound = BOUNDS.get(index).map_or_else(|| "+Inf".to_owned(), |bound| (*bound as f64 / 1e6).to_string());
                let _ = writeln!(text, "claviger_request_duration_seconds_bucket{{part=\"{part}\",le=\"{bound}\"}} {total}");
            }
            let sum = sum.load(Ordering::Relaxed) as f64 / 1e6;
            let _ = writeln!(text, "claviger_request_duration_seconds_sum{{part=\"{part}\"}} {sum}");
            let _ = writeln!(text, "claviger_request_duration_seconds_count{{part=\"{part}\"}} {total}");
        }
        let mut single = |name: &str, kind: &str, help: &str, value: i64| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        single("claviger_connections", "gauge", "Open connections.", self.connections.load(Ordering::Relaxed));
        single("claviger_keys", "gauge", "Secrets that the gate knows.", keys as i64);
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as i64;
        single("claviger_slow_connections_total", "counter", "Connections closed for being too slow.", counted(&self.slow_connections));
        single("claviger_panics_total", "counter", "Requests that ended in a fault of the server.", counted(&self.panics));
        single("claviger_key_reloads_total", "counter", "Changes of keys taken over from the control store.", counted(&self.key_reloads));
        let rows = [
            ("claviger_function_calls_total", "Calls of functions that were given to a worker.", functions.calls),
            ("claviger_function_busy_total", "Calls of functions that were refused because too many waited.", functions.busy),
            ("claviger_function_workers_started_total", "Processes for functions that were started.", functions.started),
            (
                "claviger_function_workers_killed_total",
                "Processes for functions that were killed for not ending in time.",
                functions.killed,
            ),
            ("claviger_function_workers_died_total", "Processes for functions that ended during a call.", functions.died),
        ];
        for (name, help, value) in rows {
            single(name, "counter", help, i64::try_from(value).unwrap_or(i64::MAX));
        }
        if let Some(counts) = counts {
            let _ = writeln!(text, "# HELP claviger_keys_by_state Keys by state; expiresSoon: within {EXPIRES_SOON_DAYS} days.");
            text.push_str("# TYPE claviger_keys_by_state gauge\n");
            let states = [
                ("active", counts.active),
                ("expiresSoon", counts.expires_soon),
                ("expired", counts.expired),
                ("roleMissing", counts.role_missing),
            ];
            for (state, count) in states {
                let _ = writeln!(text, "claviger_keys_by_state{{state=\"{state}\"}} {count}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_part_class_and_bucket() {
        let metrics = Metrics::default();
        metrics.count(Part::Rest, 200, 90);
        metrics.count(Part::Rest, 401, 700);
        metrics.count(Part::Other, 429, 9_000_000);
        let text = metrics.render(
            3,
            Some(KeyCounts { total: 3, active: 1, expires_soon: 2, ..KeyCounts::default() }),
            Counts { calls: 7, killed: 1, ..Counts::default() },
        );
        for line in [
            "claviger_requests_total{part=\"rest\",status=\"2xx\"} 1",
            "claviger_requests_total{part=\"rest\",status=\"4xx\"} 1",
            "claviger_requests_total{part=\"other\",status=\"429\"} 1",
            "claviger_request_duration_seconds_bucket{part=\"rest\",le=\"0.0001\"} 1",
            "claviger_request_duration_seconds_bucket{part=\"rest\",le=\"0.001\"} 2",
            "claviger_request_duration_seconds_bucket{part=\"other\",le=\"5\"} 0",
            "claviger_request_duration_seconds_bucket{part=\"other\",le=\"+Inf\"} 1",
            "claviger_keys 3",
            "claviger_function_calls_total 7",
            "claviger_function_busy_total 0",
            "claviger_function_workers_killed_total 1",
            "claviger_keys_by_state{state=\"expiresSoon\"} 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
