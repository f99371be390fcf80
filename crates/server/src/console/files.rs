//! The console's pages and their files under `/console/`, embedded when the program is built (`build.rs`).
//!
//! One page answers at each name of [`PAGES`]: it shows what belongs there by itself, so that a link into the console can be kept and sent.
//! Its `Content-Security-Policy` lets scripts come from here only; the nonce is for the style sheets that its components make.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;

use super::guard::hex;
use crate::app::AppState;
use crate::service::accepts_gzip;

/// Names under `/console/` at which the console has a page; the same as in `console/src/app/router.tsx`.
const PAGES: [&str; 10] = ["", "sign-in", "first-run", "keys", "roles", "access", "usage", "try", "audit", "users"];

/// What stands in the page where the nonce belongs.
const NONCE: &str = "__CSP_NONCE__";

/// The built console; empty when it was built without Node.
#[derive(RustEmbed)]
#[folder = "../../console/dist"]
#[allow_missing = true]
#[exclude = ".stamp"]
struct Files;

/// Shown instead when the program was built without Node.
const WITHOUT_NODE: &str = include_str!("without_node.html");

/// True when something is served at the path.
pub(super) fn is_served(path: &str) -> bool {
    name(path).is_some_and(|name| PAGES.contains(&name) || file(name).is_some())
}

/// The page or the file at the path.
pub(super) fn answer(state: &AppState, path: &str, headers: &HeaderMap) -> Option<Response> {
    let name = name(path)?;
    if PAGES.contains(&name) {
        return Some(page(state));
    }
    file(name)?;
    let zipped = file(&format!("{name}.gz")).filter(|_| accepts_gzip(headers));
    let is_zipped = zipped.is_some();
    let mut response = Response::new(Body::from(zipped.or_else(|| file(name))?));
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_zipped {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    // The names below `assets/` carry a hash of the content.
    let life = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(life));
    Some(response)
}

fn name(path: &str) -> Option<&str> {
    path.strip_prefix("/console/")
}

/// A file that may be asked for by its name.
fn file(name: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    // The page itself goes out with a nonce only.
    (name != "index.html").then(|| Files::get(name)).flatten().map(|file| file.data)
}

fn page(state: &AppState) -> Response {
    let mut bytes = [0; 16];
    state.fill(&mut bytes);
    let nonce = hex(&bytes);
    let built = Files::get("index.html");
    let text = built.as_ref().and_then(|file| std::str::from_utf8(&file.data).ok()).unwrap_or(WITHOUT_NODE);
    let mut response = Response::new(Body::from(text.replace(NONCE, &nonce)));
    *response.status_mut() = StatusCode::OK;
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_served_by_name_and_nothing_else() {
        for path in ["/console/", "/console/keys", "/console/sign-in"] {
            assert!(is_served(path), "{path}");
        }
        for path in ["/console", "/console/index.html", "/console/keys/", "/console/.stamp", "/console/../Cargo.toml", "/console/nothing"] {
            assert!(!is_served(path), "{path}");
        }
    }
}
