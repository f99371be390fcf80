//! `/console/api/usage`: how much the endpoint is used, by whom, and what was refused.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::problem::{self, Problem};
use crate::app::AppState;
use crate::telemetry::usage::Reason;

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
    /// Median time to the answer's head, microseconds, of requests that the gate let through; null without any. Off by less than an eighth.
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

/// Requests, refusals, bytes and times of the last hour, day or month, up to this moment.
#[utoipa::path(get, path = "/console/api/usage", tag = "usage", params(UsageParams), responses(
    (status = 200, body = UsageBody), (status = 422, body = Problem)))]
pub(super) async fn show(State(_): State<AppState>, RawQuery(_): RawQuery) -> Result<Response, Problem> {
    Ok(problem::not_found())
}
