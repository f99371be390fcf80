//! Images and blobs beside the store: what was uploaded and waits to be saved, what bytes are by their signature, images in other forms
//! (`rest-dialect.md` 14).

mod convert;
mod signature;
mod uploads;

pub(crate) use convert::Converter;
pub(crate) use signature::Signature;
pub(crate) use uploads::{Full, MyBytes, Room, UploadId, Uploads};
