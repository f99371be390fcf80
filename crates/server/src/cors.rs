//! Cross-origin requests to `/rest/`: off unless `rest.cors_origins` names somebody (`api-keys.md` O-14).

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::app::AppState;

/// The request's origin, when it may call.
pub(crate) fn allowed_origin(state: &AppState, headers: &HeaderMap) -> Option<HeaderValue> {
    let allowed = &state.settings().rest.cors_origins;
    if allowed.is_empty() {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    allowed.iter().any(|allowed| allowed == "*" || allowed.trim_end_matches('/').eq_ignore_ascii_case(text)).then(|| origin.clone())
}

/// The answer to `OPTIONS`, which needs no key and gets no data.
pub(crate) fn preflight(headers: &HeaderMap, allowed: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    answer.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
    if allowed && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"));
        answer.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("api-key, content-type, if-none-match, if-range, nosession-4d, range, x-request-id"),
        );
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

/// Lets the origin's scripts read the answer.
pub(crate) fn mark(mut response: Response, origin: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("x-request-id, server-timing, etag, content-range, accept-ranges, content-disposition"),
    );
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}
