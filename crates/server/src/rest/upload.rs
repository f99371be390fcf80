//! Bytes come in: `$upload`, and posts of bytes to an attribute (`rest-dialect.md` 14.3, 14.4).

use axum::body::{Body, HttpBody as _};
use axum::response::Response;
use bytes::Bytes;
use claviger_query::{Error, ErrorKind, Upload};
use http::StatusCode;
use http_body_util::BodyExt as _;

use super::error::{json, server_error};
use super::handle::{body_too_large, unreadable_body};
use crate::app::AppState;
use crate::gate::Principal;
use crate::media::{Full, Room, UploadId};

/// Takes the bytes in; answers with the reference under which a save finds them.
pub(super) async fn respond(state: &AppState, principal: &Principal, upload: Upload, body: Body) -> Result<Response, Error> {
    let (room, bytes) = receive(state, principal, body).await?;
    let mut id = UploadId([0; 16]);
    state.fill(&mut id.0);
    let now = state.now();
    let end = now.saturating_add(upload.seconds() as i64 * 1000);
    room.keep(id, upload.kind(), bytes, now, end).map_err(full)?;
    Ok(json(StatusCode::OK, format!("{{\"ID\":\"{id}\"}}").into_bytes()))
}

/// The bytes of the body, and the room that they take among all that wait.
pub(super) async fn receive<'s>(state: &'s AppState, principal: &Principal, mut body: Body) -> Result<(Room<'s>, Bytes), Error> {
    let most = state.settings().rest.max_upload_bytes;
    let declared = body.size_hint().lower();
    if declared > most as u64 {
        return Err(body_too_large(most));
    }
    let mut room = state.uploads().room(&principal.key().id);
    room.grow(declared, state.now()).map_err(full)?;
    let mut bytes = Vec::with_capacity(declared as usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| unreadable_body())?.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > most {
            return Err(body_too_large(most));
        }
        let more = (length as u64).saturating_sub(declared.max(bytes.len() as u64));
        room.grow(more, state.now()).map_err(full)?;
        bytes.extend_from_slice(&data);
    }
    bytes.shrink_to_fit();
    Ok((room, bytes.into()))
}

fn full(_: Full) -> Error {
    server_error(ErrorKind::Busy, 9503, "Too many uploads wait to be used. Save those that you have made, or try again in a moment.")
}
