//! Bytes go out: images and blobs (`rest-dialect.md` 14.1, 14.2), again only when they have changed, and in parts.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use claviger_query::{Error, ErrorKind, ImageFormat, MediaForm};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::error::{respond as respond_error, server_error};
use super::etag::knows;
use super::range::{Part, part};
use crate::app::AppState;
use crate::media::Signature;

static CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");
/// Bytes that are digested on the caller's thread at most.
const FEW_BYTES: usize = 64 << 10;
const OCTETS: &str = "application/octet-stream";

/// The answer for what is stored; `None`: null. A refusal, when the answer is one, goes beside it for counting.
pub(super) async fn respond(
    state: &AppState,
    stored: Option<Vec<u8>>,
    form: MediaForm,
    asked: &HeaderMap,
    deadline: std::time::Instant,
) -> Result<(Response, Option<Error>), Error> {
    let Some(stored) = stored else { return Ok((empty(form), None)) };
    let stored = Bytes::from(stored);
    let signature = Signature::of(&stored);
    let converted = match form {
        MediaForm::Converted(to) if signature != Some(to.into()) => Some(to),
        _ => None,
    };
    let tag = tag_of(&stored, converted).await;
    if knows(asked, tag.as_bytes()) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        mark(&mut response, Some(&tag));
        return Ok((response, None));
    }
    let Some(to) = converted else {
        let content_type = if form == MediaForm::Binary { OCTETS } else { signature.map_or(OCTETS, Signature::content_type) };
        return Ok(whole_or_part(stored, content_type, &tag, asked));
    };
    let made = state.images().convert(stored, to, deadline).await;
    match made.map_err(|_| server_error(ErrorKind::Busy, 9504, "Too many images were being converted. Try again in a moment."))? {
        Some(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            describe(&mut response, Signature::from(to).content_type());
            mark(&mut response, Some(&tag));
            Ok((response, None))
        }
        None => Ok((empty(form), None)),
    }
}

/// Null, and what cannot be converted: no bytes, of the type asked for. For the stored form of an image that is not there PNG stands.
fn empty(form: MediaForm) -> Response {
    let content_type = match form {
        MediaForm::Binary => OCTETS,
        MediaForm::Stored => Signature::Png.content_type(),
        MediaForm::Converted(to) => Signature::from(to).content_type(),
    };
    let mut response = Response::new(Body::empty());
    describe(&mut response, content_type);
    mark(&mut response, None);
    response
}

fn whole_or_part(stored: Bytes, content_type: &'static str, tag: &HeaderValue, asked: &HeaderMap) -> (Response, Option<Error>) {
    let length = stored.len() as u64;
    let (mut response, error) = match part(asked, tag, length) {
        Part::Whole => (Response::new(Body::from(stored)), None),
        Part::Some(range) => {
            let mut response = Response::new(Body::from(stored.slice(range.start as usize..range.end as usize)));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes {}-{}/{length}", range.start, range.end - 1));
            (response, None)
        }
        Part::Outside => {
            let message = format!("The range lies outside of the {length} bytes that there are.");
            let error = Error::new(ErrorKind::Malformed, 1806, message);
            let mut response = respond_error(&error);
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
            return (response, Some(error));
        }
    };
    response.headers_mut().insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    describe(&mut response, content_type);
    mark(&mut response, Some(tag));
    (response, error)
}

/// What the bytes are. Nothing stored is ever run or shown as a page of the endpoint's origin: what is no known image is a file to keep.
fn describe(response: &mut Response, content_type: &'static str) {
    let disposition = if content_type == OCTETS { "attachment" } else { "inline" };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.clone());
}

/// Only the caller may keep the bytes, and asks each time whether they and his permission are still the same.
fn mark(response: &mut Response, tag: Option<&HeaderValue>) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag.clone());
    }
}

fn set(response: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

/// [`tag`], of many bytes off the async threads.
async fn tag_of(stored: &Bytes, converted: Option<ImageFormat>) -> HeaderValue {
    if stored.len() <= FEW_BYTES {
        return tag(stored, converted);
    }
    let bytes = stored.clone();
    match tokio::task::spawn_blocking(move || tag(&bytes, converted)).await {
        Ok(tag) => tag,
        Err(_) => tag(stored, converted),
    }
}

/// A strong tag of the content; of a converted image also of the form and of the program, whose next version may write other bytes.
fn tag(stored: &[u8], converted: Option<ImageFormat>) -> HeaderValue {
    let mut digest = Sha256::new();
    digest.update(stored);
    if let Some(to) = converted {
        digest.update(Signature::from(to).content_type());
        digest.update(env!("CARGO_PKG_VERSION"));
    }
    let mut text = String::with_capacity(34);
    text.push('"');
    for byte in &digest.finalize()[..16] {
        text.push_str(&format!("{byte:02x}"));
    }
    text.push('"');
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_follow_content_and_form() {
        let plain = tag(b"one", None);
        assert_eq!(plain, tag(b"one", None));
        let others = [tag(b"two", None), tag(b"one", Some(ImageFormat::Png)), tag(b"one", Some(ImageFormat::Gif))];
        assert!(others.iter().all(|other| *other != plain));
        assert_ne!(others[1], others[2]);
        assert_eq!(plain.len(), 34);
    }
}
