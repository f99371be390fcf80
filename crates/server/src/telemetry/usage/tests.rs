use std::net::{IpAddr, Ipv4Addr};

use http::{Method, StatusCode};

use super::buffer::MOST_TOLD;
use super::counts::MOST_STRANGERS;
use super::*;

fn push(usage: &Usage, at: i64, refused: bool) {
    let id = format!("id{at}");
    let telling = refused.then(|| Telling {
        note: Note { refused: Some((Reason::NotValid, None)), ..Note::default() },
        status: StatusCode::UNAUTHORIZED,
        id: &id,
        method: &Method::GET,
        path: "/rest/Book",
    });
    let address = Some(IpAddr::V4(Ipv4Addr::from(at as u32)));
    let reason = telling.as_ref().map(Telling::reason);
    usage.push(Event { key: None, at, address, class: None, bytes: 10, micros: 6, is_admitted: !refused, reason }, telling);
}

#[test]
fn nothing_is_lost_between_threads_and_buffers() {
    let usage = Usage::default();
    const THREADS: i64 = 4;
    const EACH: i64 = 1000;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let usage = &usage;
            scope.spawn(move || (0..EACH).for_each(|number| push(usage, thread * EACH + number, number % 10 == 0)));
        }
    });
    let mut text = String::new();
    usage.render_metrics(&mut text);
    for line in [
        "claviger_key_requests_total{key=\"\"} 4000",
        "claviger_key_response_bytes_total{key=\"\"} 40000",
        "claviger_key_refusals_total{key=\"\",reason=\"not_valid\"} 400",
        // 3600 requests whose key the gate let through.
        "claviger_key_request_seconds_total{key=\"\"} 0.0216",
        "claviger_refusals_not_recorded_total 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let taken = usage.counts.lock().take();
    assert_eq!((taken.keys.len(), taken.refused.len()), (1, 400));
    assert!(taken.refused.is_sorted_by_key(|event| event.at));
    let sum = &taken.keys[0].minutes[0];
    assert_eq!((taken.keys[0].minutes.len(), sum.start, sum.requests, sum.refused, sum.bytes), (1, 0, 4000, 400, 40_000));
    assert_eq!((sum.latency.len(), sum.latency.percentile(99)), (3600, Some(6)));
    assert!(taken.keys[0].addresses.len() <= 64);
    assert!(usage.counts.lock().take().keys.is_empty());
}

#[test]
fn a_flood_of_refusals_drops_the_oldest_records_and_no_count() {
    let usage = Usage::default();
    let flood = MOST_TOLD as i64 + 100;
    (0..flood).for_each(|at| push(&usage, at, true));
    usage.fold_all();
    let mut counts = usage.counts.lock();
    assert_eq!(counts.dropped(), 100);
    drop(counts);
    // A second later the next ones come, and so on until somebody writes.
    for turn in 1..6 {
        (0..flood).for_each(|at| push(&usage, turn * flood + at, true));
        usage.fold_all();
    }
    counts = usage.counts.lock();
    assert_eq!(counts.totals().map(|total| total.requests).sum::<u64>(), 6 * flood as u64);
    let taken = counts.take();
    assert_eq!(counts.dropped(), 6 * flood as u64 - MOST_STRANGERS as u64);
    assert_eq!((taken.refused.len(), taken.refused[0].at), (MOST_STRANGERS, 5 * flood + 100));
    assert_eq!((taken.refused[0].id(), taken.refused[0].path()), (format!("id{}", 5 * flood + 100).as_str(), "/rest/Book"));
    assert_eq!(taken.keys[0].minutes[0].refused, 6 * flood as u64);
    let newest = taken.keys[0].addresses.iter().map(|(_, last, _)| *last).max();
    assert_eq!(newest, Some(6 * flood - 1));
}

/// Not run by itself: `cargo test --release -p claviger-server --lib counting_costs -- --ignored --nocapture` shows the time of one request.
#[test]
#[ignore = "measures"]
fn counting_costs() {
    const REQUESTS: i64 = 2_000_000;
    for refused in [false, true] {
        let usage = Usage::default();
        let begun = std::time::Instant::now();
        (0..REQUESTS).for_each(|number| {
            let telling = refused.then(|| Telling {
                note: Note { refused: Some((Reason::NotValid, None)), ..Note::default() },
                status: StatusCode::UNAUTHORIZED,
                id: "0123456789abcdef",
                method: &Method::GET,
                path: "/rest/Book[12345]",
            });
            let reason = telling.as_ref().map(Telling::reason);
            let (address, class) = (Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), Some(claviger_model::ClassId(3)));
            let micros = (number * 7919 % 800) as u64;
            usage.push(Event { key: None, at: number / 40, address, class, bytes: 200, micros, is_admitted: !refused, reason }, telling);
        });
        let each = begun.elapsed().as_nanos() as i64 / REQUESTS;
        println!("refused {refused}: {each} ns, folding included");
        assert_eq!(usage.counts.lock().totals().count(), 1);
    }
}
