//! Images in other forms (`rest-dialect.md` 14.1): decoded within limits, on threads that may block, a bounded number at once.

use std::io::Cursor;
use std::time::Instant;

use bytes::Bytes;
use claviger_query::ImageFormat;
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView as _, ImageDecoder as _, ImageReader, Limits, Rgb, RgbImage};
use tokio::sync::Semaphore;

use super::Signature;

/// Conversions that run at once: each may take seconds of a processor and [`MOST_MEMORY`].
const AT_ONCE: usize = 2;
/// Pixels of one side.
const MOST_SIDE: u32 = 16_384;
/// Bytes that decoding one image may take.
const MOST_MEMORY: u64 = 128 << 20;
/// Of the JPEG encoder, of 100.
const QUALITY: u8 = 90;
/// Of the GIF encoder, 1 (best) to 30 (fastest).
const HASTE: i32 = 10;

/// Converts images in turn.
#[derive(Debug)]
pub(crate) struct Converter {
    turns: std::sync::Arc<Semaphore>,
}

/// No turn came before the deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Late;

impl Default for Converter {
    fn default() -> Self {
        Self { turns: std::sync::Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Converter {
    /// The image in another form; `None` when the bytes are no image that can be read, or one that is too large.
    pub(crate) async fn convert(&self, bytes: Bytes, to: ImageFormat, deadline: Instant) -> Result<Option<Vec<u8>>, Late> {
        let turn = std::sync::Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout_at(deadline.into(), turn).await;
        let Ok(Ok(turn)) = turn else { return Err(Late) };
        let work = tokio::task::spawn_blocking(move || {
            // Kept to the end of the work, also when nobody waits for it any more.
            let _turn = turn;
            convert(&bytes, to)
        });
        match work.await {
            Ok(converted) => Ok(converted),
            Err(error) => {
                tracing::error!(%error, "an image could not be converted");
                Ok(None)
            }
        }
    }
}

fn convert(bytes: &[u8], to: ImageFormat) -> Option<Vec<u8>> {
    let image = match decode(bytes) {
        Ok(image) => image,
        Err(error) => {
            tracing::debug!(%error, "a stored image cannot be read");
            return None;
        }
    };
    let encoded = encode(&image, to);
    encoded.inspect_err(|error| tracing::debug!(%error, "an image cannot be written in the form asked for")).ok()
}

/// The first picture of the file, upright.
fn decode(bytes: &[u8]) -> image::ImageResult<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes));
    if let Some(signature) = Signature::of(bytes) {
        reader.set_format(signature.decoder());
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits.clone());
    let mut decoder = reader.into_decoder()?;
    // The decoder counts what it needs itself, not the picture that it is asked for.
    limits.reserve(decoder.total_bytes())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn encode(image: &DynamicImage, to: ImageFormat) -> image::ImageResult<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    match to {
        ImageFormat::Jpeg => JpegEncoder::new_with_quality(&mut out, QUALITY).encode_image(&on_white(image))?,
        ImageFormat::Gif => {
            let pixels = image.to_rgba8();
            GifEncoder::new_with_speed(&mut out, HASTE).encode(&pixels, image.width(), image.height(), image::ExtendedColorType::Rgba8)?;
        }
        ImageFormat::Png => known_depth(image).write_to(&mut out, image::ImageFormat::Png)?,
        ImageFormat::Tiff => known_depth(image).write_to(&mut out, image::ImageFormat::Tiff)?,
    }
    Ok(out.into_inner())
}

/// With 8 bits a channel where its own depth is one that not every form has.
fn known_depth(image: &DynamicImage) -> std::borrow::Cow<'_, DynamicImage> {
    use std::borrow::Cow;
    match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgba8(_) => Cow::Borrowed(image),
        DynamicImage::ImageLuma16(_) | DynamicImage::ImageRgb16(_) | DynamicImage::ImageRgba16(_) => Cow::Borrowed(image),
        _ => Cow::Owned(DynamicImage::ImageRgba8(image.to_rgba8())),
    }
}

/// Without transparency, which the form does not have: what shines through is white.
fn on_white(image: &DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return match image {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => image.clone(),
            other => DynamicImage::ImageRgb8(other.to_rgb8()),
        };
    }
    let (width, height) = image.dimensions();
    let pixels = image.to_rgba8();
    let flat = RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        let over = |channel: u8| ((u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255) as u8;
        Rgb([over(red), over(green), over(blue)])
    });
    DynamicImage::ImageRgb8(flat)
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    /// Two pixels: one red, one that is nothing but transparent.
    fn picture() -> DynamicImage {
        let mut pixels = RgbaImage::new(2, 1);
        pixels.put_pixel(0, 0, Rgba([255, 0, 0, 255]));
        pixels.put_pixel(1, 0, Rgba([0, 0, 255, 0]));
        DynamicImage::ImageRgba8(pixels)
    }

    fn stored(format: image::ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        let picture = picture();
        let picture = if format == image::ImageFormat::Jpeg { on_white(&picture) } else { picture };
        picture.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn every_form_becomes_every_other() {
        use image::ImageFormat as Stored;
        for from in [Stored::Png, Stored::Gif, Stored::Tiff, Stored::Bmp, Stored::WebP, Stored::Jpeg] {
            let bytes = stored(from);
            for to in [ImageFormat::Gif, ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff] {
                let made = convert(&bytes, to).unwrap_or_else(|| panic!("{from:?} to {to:?}"));
                assert_eq!(Signature::of(&made), Some(to.into()), "{from:?} to {to:?}");
                let image = decode(&made).unwrap();
                assert_eq!(image.dimensions(), (2, 1));
                let [red, green, blue, _] = image.get_pixel(0, 0).0;
                assert!(red > 180 && green < 80 && blue < 120, "{from:?} to {to:?}: {red} {green} {blue}");
                assert_eq!(made, convert(&bytes, to).unwrap(), "the same bytes each time");
            }
        }
    }

    #[test]
    fn transparency_becomes_white() {
        let image = decode(&convert(&stored(image::ImageFormat::Png), ImageFormat::Jpeg).unwrap()).unwrap();
        assert!(image.get_pixel(1, 0).0[..3].iter().all(|channel| *channel > 180));
    }

    #[test]
    fn depths_that_a_form_has_not_are_brought_down() {
        let deep = DynamicImage::ImageRgb32F(image::Rgb32FImage::from_pixel(3, 2, Rgb([1.0, 0.5, 0.0])));
        for to in [ImageFormat::Gif, ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff] {
            assert_eq!(decode(&encode(&deep, to).unwrap()).unwrap().dimensions(), (3, 2), "{to:?}");
        }
    }

    #[test]
    fn what_is_no_image_or_too_large_is_nothing() {
        assert_eq!(convert(b"", ImageFormat::Png), None);
        assert_eq!(convert(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", ImageFormat::Png), None);
        let whole = stored(image::ImageFormat::Png);
        assert_eq!(convert(&whole[..whole.len() / 2], ImageFormat::Gif), None);
        // A head that promises more pixels than may be.
        let mut wide = whole.clone();
        wide[16..20].copy_from_slice(&(MOST_SIDE + 1).to_be_bytes());
        let mut huge = whole;
        huge[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        for bomb in [&mut wide, &mut huge] {
            let sum = crc(&bomb[12..29]);
            bomb[29..33].copy_from_slice(&sum.to_be_bytes());
            let error = decode(bomb).unwrap_err();
            assert!(matches!(error, image::ImageError::Limits(_)), "{error}");
        }
    }

    /// The sum at the end of a chunk of a PNG.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
        })
    }

    #[tokio::test]
    async fn who_gets_no_turn_in_time_is_told() {
        let converter = Converter::default();
        let _all = converter.turns.acquire_many(AT_ONCE as u32).await.unwrap();
        let late = converter.convert(stored(image::ImageFormat::Png).into(), ImageFormat::Gif, Instant::now()).await;
        assert_eq!(late, Err(Late));
    }
}
