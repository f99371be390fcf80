//! `/console/api/explain`: would this request be allowed.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use claviger_access::hosts::parse_address;
use claviger_access::key::dates::parse_instant;
use http::{Request, StatusCode};
use utoipa::ToSchema;

use super::fields::Fields;
use super::guard::Source;
use super::problem::{Problem, ProblemField};
use super::{json, keys};
use crate::app::AppState;
use crate::explain::{self as engine, Asker, Explanation, Question, Target};

/// A request to ask about. Exactly one of `key` and `role`.
#[derive(ToSchema)]
#[schema(as = ExplainQuestion)]
#[expect(dead_code, reason = "describes a body that is read member by member")]
pub(super) struct QuestionBody {
    /// ID of a key: its allowed hosts and expiry are asked, too.
    #[schema(example = "key_7Qm2vT9sLk4d")]
    key: Option<String>,
    /// Name of a declared role, as for a Standard key with it.
    role: Option<String>,
    /// GET, HEAD, POST, PUT, PATCH or DELETE.
    #[schema(example = "GET")]
    method: String,
    /// Path and query, beginning with `/rest/`.
    #[schema(example = "/rest/Book?$filter=\"price > 10\"")]
    path: String,
    /// Address that the request comes from; absent: allowed hosts are not asked.
    #[schema(example = "192.0.2.10")]
    from: Option<String>,
    /// Instant or date of the request; absent: now.
    #[schema(example = "2026-05-31T12:00:00Z")]
    at: Option<String>,
    /// Text of the request's body; absent: an empty object where the request needs one.
    body: Option<String>,
}

/// Whether a request would be allowed, by which rules, and what is left out of its answer. Nothing is run.
#[utoipa::path(post, path = "/console/api/explain", tag = "explain", request_body = QuestionBody, responses(
    (status = 200, body = Explanation), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn explain(
    State(state): State<AppState>,
    Extension(source): Extension<Source>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut fields = Fields::of(request).await?;
    let (key, role) = (fields.optional("key"), fields.optional("role"));
    let (method, path, body) = (fields.text("method"), fields.text("path"), fields.optional("body"));
    let from = fields.parsed("from", "not_an_address", "This must be an IP address.", |text| parse_address(text.trim()));
    let at = fields.parsed("at", "not_a_time", "This must be an instant like 2026-05-31T12:00:00Z, or a date.", parse_instant);
    if let Err(misfits) = Target::parse(&method, &path) {
        fields.refuse_all(misfits);
    }
    let rules = state.keys().rules();
    match (&key, &role) {
        (None, None) => fields.refuse("key", "required", "Give key or role."),
        (Some(_), Some(_)) => fields.refuse("role", "not_allowed", "Give key or role, not both."),
        (None, Some(name)) if rules.roles.role(name).is_none() => {
            fields.refuse("role", "not_declared", format!("roles.json declares no role \"{name}\"."));
        }
        _ => {}
    }
    fields.done()?;
    let record = match &key {
        Some(id) => Some(keys::record(&state, id).await?),
        None => None,
    };
    let asker = match &record {
        Some(record) => Asker::Key(record),
        None => Asker::Role(role.as_deref().unwrap_or_default()),
    };
    let at = at.unwrap_or_else(|| state.instant());
    let question = Question { asker, method: &method, path: &path, from, at, door: source.peer.door, body: body.as_deref() };
    let explanation = engine::explain(&question, state.settings(), &rules).map_err(|misfits| {
        Problem::fields(misfits.into_iter().map(|misfit| ProblemField::new(misfit.field, misfit.code, misfit.message)).collect())
    })?;
    Ok(json(StatusCode::OK, &explanation))
}
