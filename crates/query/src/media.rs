//! Images and blobs: what is asked of them, and where the bytes to store come from (`rest-dialect.md` 14).

use bytes::Bytes;
use claviger_model::AttrRef;

use crate::error::{Error, ErrorKind};

/// What an attribute with bytes is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// Any bytes.
    Blob,
}

impl MediaKind {
    /// As messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Blob => "blob",
        }
    }

    /// The uploaded bytes are not there, or are of another kind (14.4): 1825 for an image, 1826 for a blob.
    pub(crate) fn no_upload(self) -> Error {
        let code = if self == Self::Image { 1825 } else { 1826 };
        Error::new(ErrorKind::Malformed, code, format!("The uploaded {} cannot be found", self.name()))
    }
}

/// Forms of images that a caller can ask for (`$imageformat`, 14.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "names of formats")]
pub enum ImageFormat {
    Gif,
    Png,
    Jpeg,
    Tiff,
}

/// In which form the bytes are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaForm {
    /// The stored bytes as bytes: a blob, or an image with `$binary=true` (14.2).
    Binary,
    /// The stored image in its stored form (`best`).
    Stored,
    /// The image in this form.
    Converted(ImageFormat),
}

impl MediaForm {
    /// `$imageformat`, in any case, with a point or `image/` before it; empty means `best`. Nothing for a name that is not known.
    pub(crate) fn of_parameter(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        let name = lower.strip_prefix("image/").or_else(|| lower.strip_prefix('.')).unwrap_or(&lower);
        Some(match name {
            "" | "best" => Self::Stored,
            "gif" => Self::Converted(ImageFormat::Gif),
            "png" => Self::Converted(ImageFormat::Png),
            "jpeg" | "jpg" => Self::Converted(ImageFormat::Jpeg),
            "tiff" | "tif" => Self::Converted(ImageFormat::Tiff),
            _ => return None,
        })
    }
}

/// Bytes that are asked for, authorised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Media {
    pub(crate) path: Vec<AttrRef>,
    pub(crate) form: MediaForm,
}

impl Media {
    /// N -> 1 relations to walk from the entity, then the storage or calculated attribute.
    pub fn path(&self) -> &[AttrRef] {
        &self.path
    }

    /// In which form they are sent.
    pub fn form(&self) -> MediaForm {
        self.form
    }
}

/// An upload that the caller may make (14.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upload {
    pub(crate) kind: MediaKind,
    pub(crate) seconds: u64,
}

/// Life of an upload without `$timeout` (14.4).
const SECONDS: u64 = 120;
/// Longest life of an upload: what is kept for nobody is in the way of others.
const MOST_SECONDS: u64 = 86_400;

impl Upload {
    pub(crate) fn new(kind: MediaKind, timeout: Option<u64>) -> Self {
        Self { kind, seconds: timeout.unwrap_or(SECONDS).min(MOST_SECONDS) }
    }

    /// Attributes of this kind can take it.
    pub fn kind(self) -> MediaKind {
        self.kind
    }

    /// How long it may be used, from 0 to 86400.
    pub fn seconds(self) -> u64 {
        self.seconds
    }
}

/// Where the bytes to store come from: the caller of the planner knows the principal, the planner knows the attributes.
pub trait Source: std::fmt::Debug {
    /// What the principal has uploaded under this ID for attributes of this kind, while its time is not over.
    fn uploaded(&self, kind: MediaKind, id: &str) -> Option<Bytes>;

    /// The body of the request itself, when it is bytes ([`crate::Ask::wants_bytes`]).
    fn posted(&self) -> Option<Bytes>;
}

/// Nothing was uploaded or posted.
#[derive(Clone, Copy, Debug)]
pub struct NoBytes;

impl Source for NoBytes {
    fn uploaded(&self, _: MediaKind, _: &str) -> Option<Bytes> {
        None
    }

    fn posted(&self) -> Option<Bytes> {
        None
    }
}

/// Takes every upload to be there, for explanations: which are there is known to nobody but their owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnyBytes {
    /// The request has a body.
    pub(crate) posted: bool,
}

/// They are not looked at.
const ANY: Bytes = Bytes::from_static(b"?");

impl Source for AnyBytes {
    fn uploaded(&self, _: MediaKind, _: &str) -> Option<Bytes> {
        Some(ANY)
    }

    fn posted(&self) -> Option<Bytes> {
        self.posted.then_some(ANY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_in_every_spelling() {
        let converted = |format| Some(MediaForm::Converted(format));
        for (text, form) in [
            ("best", Some(MediaForm::Stored)),
            ("", Some(MediaForm::Stored)),
            (" BEST ", Some(MediaForm::Stored)),
            ("png", converted(ImageFormat::Png)),
            (".PNG", converted(ImageFormat::Png)),
            ("image/png", converted(ImageFormat::Png)),
            ("Image/Jpeg", converted(ImageFormat::Jpeg)),
            (".jpg", converted(ImageFormat::Jpeg)),
            ("gif", converted(ImageFormat::Gif)),
            ("tif", converted(ImageFormat::Tiff)),
            ("webp", None),
            ("png;", None),
            ("text/png", None),
        ] {
            assert_eq!(MediaForm::of_parameter(text), form, "{text}");
        }
    }

    #[test]
    fn uploads_live_two_minutes_and_a_day_at_most() {
        assert_eq!(Upload::new(MediaKind::Blob, None).seconds(), 120);
        assert_eq!(Upload::new(MediaKind::Blob, Some(5)).seconds(), 5);
        assert_eq!(Upload::new(MediaKind::Blob, Some(u64::MAX)).seconds(), 86_400);
    }
}
