//! Errors outside the dialect: RFC 9457 problem documents (`interface.md` 5).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use claviger_access::{FieldError, Finding};
use claviger_store::control::ControlError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::roles::FindingBody;
use crate::service::OUR_FAULT;
use crate::telemetry::Chain;

/// A refused field (`errors[]` of a 422).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct ProblemField {
    /// Which member of the body, or which parameter.
    pub field: String,
    /// Stable short name.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// Position in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Line in the file, for problems of `roles.json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl ProblemField {
    /// A refused field.
    pub fn new(field: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), code: code.into(), message: message.into(), index: None, line: None }
    }
}

impl From<FieldError> for ProblemField {
    fn from(error: FieldError) -> Self {
        Self { index: error.index, ..Self::new(error.field, error.code, error.message) }
    }
}

impl From<Finding> for ProblemField {
    fn from(found: Finding) -> Self {
        Self { line: Some(found.line), ..Self::new(found.path, found.code, found.message) }
    }
}

/// A problem document.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// A relative URI that names the kind; compare its last segment.
    #[serde(rename = "type", serialize_with = "as_uri")]
    #[schema(value_type = String, example = "/console/problems/not-found")]
    pub kind: &'static str,
    /// The status in words.
    pub title: &'static str,
    /// The HTTP status again.
    pub status: u16,
    /// What happened and what to do.
    pub detail: Box<str>,
    /// Refused fields, with status 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// What there is to say about `roles.json`, where that was read again, too: without errors among it its rules are in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Vec<FindingBody>)]
    roles: Option<Box<[Finding]>>,
    /// Headers that go with it.
    #[serde(skip)]
    #[schema(ignore)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

fn as_uri<S: serde::Serializer>(kind: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("/console/problems/{kind}"))
}

impl Problem {
    /// A problem; `kind` is the last segment of its type.
    pub fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into().into(),
            errors: Vec::new(),
            roles: None,
            headers: Vec::new(),
        }
    }

    /// Refused fields: 422.
    pub fn fields(errors: Vec<ProblemField>) -> Self {
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields", "Some fields cannot be taken; errors says which and why.")
        }
    }

    /// Tells what became of `roles.json`, too.
    #[must_use]
    pub(super) fn with_roles(self, findings: Vec<Finding>) -> Self {
        Self { roles: Some(findings.into()), ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl From<Problem> for Response {
    fn from(mut problem: Problem) -> Self {
        let headers = std::mem::take(&mut problem.headers);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Self::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let answer = response.headers_mut();
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer.extend(headers);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into()
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        let detail = error.to_string();
        match error {
            ControlError::Absent(_) => Self::new(StatusCode::NOT_FOUND, "not-found", detail),
            ControlError::Exists(_) => Self::new(StatusCode::CONFLICT, "exists", detail),
            ControlError::ChangedMeanwhile(_) => Self::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", detail),
            ControlError::LastOwner(_) => Self::new(StatusCode::CONFLICT, "last-owner", detail),
            ControlError::NotSealed => Self::new(StatusCode::CONFLICT, "reveal-off", detail),
            ControlError::OtherMasterKey(_) => {
                Self::new(StatusCode::CONFLICT, "other-master-key", "The secret is sealed under another master key.")
            }
            ControlError::Refused(errors) => Self::fields(errors.into_iter().map(ProblemField::from).collect()),
            error @ ControlError::Away { .. } => {
                tracing::error!(error = %Chain(&error), "the control store does not answer");
                let detail = "The store of keys and users cannot be reached at the moment; try again in a moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            }
            error @ (ControlError::Database { .. }
            | ControlError::TooNew { .. }
            | ControlError::Damaged(_)
            | ControlError::Unanswered(_)) => {
                tracing::error!(error = %Chain(&error), "the control store failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server", OUR_FAULT)
            }
        }
    }
}

/// 404 for a path that nobody serves.
pub fn not_found() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "Nothing is served at this path.").into()
}

/// 405 with what the path takes.
pub fn method_not_allowed(allow: &str) -> Response {
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", format!("This path takes {allow}."));
    problem.header(header::ALLOW, HeaderValue::from_str(allow).unwrap_or(HeaderValue::from_static("GET"))).into()
}
