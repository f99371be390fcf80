//! Documents made lately: for a large model one takes milliseconds to make, and clients ask for it at every start.

use std::hash::{DefaultHasher, Hasher as _};

use axum::body::Bytes;
use claviger_access::Grants;
use claviger_model::Model;
use http::HeaderValue;
use parking_lot::Mutex;

/// Documents kept: as many as roles are in use at once.
const MOST: usize = 16;

/// A document as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// JSON.
    pub(crate) body: Bytes,
    /// Weak, because the answer may be compressed on its way.
    pub(crate) etag: HeaderValue,
}

/// The last ones, the newest at the end. Permissions that changed have a new ID, so that nothing here is ever out of date.
#[derive(Debug, Default)]
pub(crate) struct Documents(Mutex<Vec<(u64, String, Kept)>>);

impl Documents {
    /// The document for a caller with these permissions, asked for at this server.
    pub(crate) fn of(&self, model: &Model, grants: &Grants, server: &str) -> Kept {
        {
            let mut kept = self.0.lock();
            if let Some(at) = kept.iter().position(|(id, of, _)| *id == grants.id() && of == server) {
                let found = kept.remove(at);
                let document = found.2.clone();
                kept.push(found);
                return document;
            }
        }
        // Made outside the lock: two callers at once make it twice.
        let body = super::document(model, grants, server).to_string();
        let mut hash = DefaultHasher::new();
        hash.write(body.as_bytes());
        let etag = format!("W/\"{:016x}\"", hash.finish());
        let etag = HeaderValue::from_str(&etag).unwrap_or_else(|_| HeaderValue::from_static("W/\"\""));
        let document = Kept { body: body.into(), etag };
        let mut kept = self.0.lock();
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push((grants.id(), server.to_owned(), document.clone()));
        document
    }
}
