//! `/console/api/usage`: how much the endpoint is used, by whom, and what was refused.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use claviger_store::control::{Latency, Level, Usage, UsagePoint as StoredPoint, Whose};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::problem::{Problem, ProblemField};
use super::{blocking, json, query};
use crate::app::AppState;
use crate::telemetry::usage::Reason;

/// Milliseconds for which numbers are not written again for somebody who looks at them.
pub(super) const FRESH: u64 = 1000;

/// Which stretch of time, and whose.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters that are read one by one")]
pub(super) struct UsageParams {
    /// `hour`: 60 minutes; `day`: 24 hours; `month`: 30 days. Default `hour`.
    period: Option<Period>,
    /// ID of a key, also of one that was deleted; absent: all keys, and requests without a known one.
    key: Option<String>,
}

/// A stretch of time that ends with the present minute, hour or day (UTC).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = UsagePeriod)]
pub(super) enum Period {
    /// 60 points of one minute.
    Hour,
    /// 24 points of one hour.
    Day,
    /// 30 points of one day.
    Month,
}

/// How much the endpoint was used in a stretch of time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Usage)]
pub(super) struct UsageBody {
    period: Period,
    /// Beginning of the first point.
    #[schema(format = DateTime)]
    from: String,
    /// End of the last point, which is not over yet.
    #[schema(format = DateTime)]
    to: String,
    /// Length of a point: 60, 3600 or 86400.
    step_seconds: u32,
    /// All points of the period, oldest first.
    points: Vec<UsagePoint>,
    totals: UsageTotals,
    /// Most first.
    refusals: Vec<RefusalCount>,
    /// Where requests came from last, newest first; at most 20.
    addresses: Vec<UsageAddress>,
    /// Most requests first; at most 20.
    dataclasses: Vec<UsageDataclass>,
    /// Most requests first; at most 20. Empty when one key was asked for.
    keys: Vec<UsageKey>,
}

/// One minute, hour or day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsagePoint {
    /// Its beginning.
    #[schema(format = DateTime)]
    at: String,
    /// Answered requests, refused ones too.
    requests: u64,
    /// Answers with a status of 400 or more.
    refused: u64,
    /// Bytes of the answers' bodies, before compression.
    bytes: u64,
    /// Median time to the answer's head, microseconds, of requests whose key was accepted; null without any. Off by less than an eighth.
    #[schema(required)]
    p50_us: Option<u64>,
    /// 99 of 100 took no longer.
    #[schema(required)]
    p99_us: Option<u64>,
}

/// All points together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageTotals {
    requests: u64,
    refused: u64,
    bytes: u64,
    #[schema(required)]
    p50_us: Option<u64>,
    #[schema(required)]
    p99_us: Option<u64>,
}

/// How often a reason refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RefusalCount {
    reason: Reason,
    count: u64,
}

/// A client.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UsageAddress {
    address: String,
    /// Its last request.
    #[schema(format = DateTime)]
    last_at: String,
    /// Its requests since it came among the 20 newest of a key, whatever the period.
    requests: u64,
}

/// A dataclass that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageDataclass {
    name: String,
    requests: u64,
}

/// A key that was used.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct UsageKey {
    id: String,
    /// Null when the key is deleted.
    #[schema(required)]
    description: Option<String>,
    requests: u64,
    refused: u64,
    bytes: u64,
}

impl Period {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// Length and number of its points.
    fn points(self) -> (Level, u32) {
        match self {
            Self::Hour => (Level::Minute, 60),
            Self::Day => (Level::Hour, 24),
            Self::Month => (Level::Day, 30),
        }
    }
}

/// Requests, refusals, bytes and times of the last hour, day or month, up to this moment or a second before.
#[utoipa::path(get, path = "/console/api/usage", tag = "usage", params(UsageParams), responses(
    (status = 200, body = UsageBody), (status = 422, body = Problem)))]
pub(super) async fn show(State(state): State<AppState>, RawQuery(raw): RawQuery) -> Result<Response, Problem> {
    let (period, whose) = parameters(raw.as_deref())?;
    state.refresh_usage(FRESH).await;
    let (level, points) = period.points();
    let usage = blocking(&state, move |state| state.control().usage(&whose, level, points)).await?;
    Ok(json(StatusCode::OK, &body(period, level, usage)))
}

fn parameters(raw: Option<&str>) -> Result<(Period, Whose), Problem> {
    let (mut period, mut whose, mut errors) = (Period::Hour, Whose::All, Vec::new());
    for (name, value) in query::pairs(raw) {
        match name.as_str() {
            "period" => match Period::from_name(&value) {
                Some(known) => period = known,
                None => errors.push(ProblemField::new(name, "not_allowed", "This must be hour, day or month.")),
            },
            "key" => match value.parse() {
                Ok(id) => whose = Whose::Key(id),
                Err(_) => errors.push(ProblemField::new(name, "not_allowed", "This must be the ID of a key.")),
            },
            _ => {}
        }
    }
    if errors.is_empty() { Ok((period, whose)) } else { Err(Problem::fields(errors)) }
}

fn body(period: Period, level: Level, usage: Usage) -> UsageBody {
    let mut latency = Latency::default();
    usage.points.iter().for_each(|point| latency.merge(&point.latency));
    let sum = |of: fn(&StoredPoint) -> u64| usage.points.iter().map(of).sum();
    let totals = UsageTotals {
        requests: sum(|point| point.requests),
        refused: sum(|point| point.refused),
        bytes: sum(|point| point.bytes),
        p50_us: latency.percentile(50),
        p99_us: latency.percentile(99),
    };
    let edge = |point: Option<&StoredPoint>| point.map_or(0, |point| point.start);
    let points = usage.points.iter().map(|point| UsagePoint {
        at: instant(point.start),
        requests: point.requests,
        refused: point.refused,
        bytes: point.bytes,
        p50_us: point.latency.percentile(50),
        p99_us: point.latency.percentile(99),
    });
    UsageBody {
        period,
        from: instant(edge(usage.points.first())),
        to: instant(edge(usage.points.last()) + level.length()),
        step_seconds: (level.length() / 1000) as u32,
        points: points.collect(),
        totals,
        refusals: usage
            .reasons
            .iter()
            .filter_map(|tally| Some(RefusalCount { reason: Reason::from_name(&tally.name)?, count: tally.count }))
            .collect(),
        addresses: usage
            .addresses
            .into_iter()
            .map(|it| UsageAddress { address: it.address, last_at: instant(it.last_at), requests: it.requests })
            .collect(),
        dataclasses: usage.dataclasses.into_iter().map(|tally| UsageDataclass { name: tally.name, requests: tally.count }).collect(),
        keys: usage
            .keys
            .into_iter()
            .map(|key| UsageKey {
                id: key.id,
                description: key.description,
                requests: key.requests,
                refused: key.refused,
                bytes: key.bytes,
            })
            .collect(),
    }
}

fn instant(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}
