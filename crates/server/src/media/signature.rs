//! What bytes are, told by how they begin: names and headers of those who sent them count for nothing (`rest-dialect.md` 14.1).

use claviger_query::ImageFormat;

/// A raster image that a browser shows without running anything in it. Everything else is just bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Signature {
    Gif,
    Png,
    Jpeg,
    Tiff,
    Webp,
    Bmp,
}

impl Signature {
    /// Of the bytes; nothing for what is no such image.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let begins = |signature: &[u8]| bytes.starts_with(signature);
        if begins(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if begins(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(Self::Gif)
        } else if begins(b"II*\0") || begins(b"MM\0*") {
            Some(Self::Tiff)
        } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else if begins(b"BM") && is_bmp(bytes) {
            Some(Self::Bmp)
        } else {
            None
        }
    }

    /// `Content-Type`.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Gif => "image/gif",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
        }
    }

    /// As the decoder names it.
    pub(super) fn decoder(self) -> image::ImageFormat {
        match self {
            Self::Gif => image::ImageFormat::Gif,
            Self::Png => image::ImageFormat::Png,
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::Tiff => image::ImageFormat::Tiff,
            Self::Webp => image::ImageFormat::WebP,
            Self::Bmp => image::ImageFormat::Bmp,
        }
    }
}

impl From<ImageFormat> for Signature {
    fn from(format: ImageFormat) -> Self {
        match format {
            ImageFormat::Gif => Self::Gif,
            ImageFormat::Png => Self::Png,
            ImageFormat::Jpeg => Self::Jpeg,
            ImageFormat::Tiff => Self::Tiff,
        }
    }
}

/// Two letters are little: a text may begin with them too. The two reserved words are zero, and the second head has a known length.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.get(6..10) == Some(&[0; 4]) && matches!(bytes.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_images_and_nothing_else() {
        for (bytes, wanted) in [
            (&b"\x89PNG\r\n\x1a\n\0\0"[..], Some(Signature::Png)),
            (b"\xff\xd8\xff\xe0", Some(Signature::Jpeg)),
            (b"GIF89a..", Some(Signature::Gif)),
            (b"GIF87a..", Some(Signature::Gif)),
            (b"II*\0....", Some(Signature::Tiff)),
            (b"MM\0*....", Some(Signature::Tiff)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Signature::Webp)),
            (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Some(Signature::Bmp)),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"BMW is a car maker of Munich", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>", None),
            (b"<!DOCTYPE html>", None),
            (b"\x89PNG", None),
            (b"GIF", None),
            (b"", None),
        ] {
            assert_eq!(Signature::of(bytes), wanted, "{}", bytes.escape_ascii());
        }
    }
}
