//! Row 85: the bytes of images and blobs (`rest-dialect.md` 14.1, 14.2).

use std::io::Cursor;

use http::StatusCode;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use serde_json::{Value, json};

use crate::library::{Library, app, app_with, attached};

/// Bytes that are no image and no text.
pub(crate) const BYTES: &[u8] = b"\x00\xff\xfe<b>bytes</b>\r\n\x80";

/// A picture of 3 by 2 pixels, one of them red, in a form.
pub(crate) fn picture(format: ImageFormat) -> Vec<u8> {
    let mut pixels = RgbaImage::from_pixel(3, 2, Rgba([250, 250, 250, 255]));
    pixels.put_pixel(1, 1, Rgba([255, 0, 0, 255]));
    let mut image = DynamicImage::ImageRgba8(pixels);
    if format == ImageFormat::Jpeg {
        image = DynamicImage::ImageRgb8(image.to_rgb8());
    }
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Gives Book 11 a cover and a sample.
fn with_media(library: &Library, cover: &[u8], sample: &[u8]) {
    let admin = library.by("Admin");
    let (cover, sample) = (admin.upload("$rawPict=true", cover), admin.upload("$binary=true", sample));
    let body = json!({ "__KEY": "11", "cover": { "ID": cover }, "sample": { "ID": sample } });
    library.post("/rest/Book?$method=update", &body).ok();
}

#[test]
fn row_85_stored_image_under_the_link_in_the_entity() {
    let library = app();
    for (format, content_type) in [
        (ImageFormat::Png, "image/png"),
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Gif, "image/gif"),
        (ImageFormat::Tiff, "image/tiff"),
        (ImageFormat::WebP, "image/webp"),
        (ImageFormat::Bmp, "image/bmp"),
    ] {
        let stored = picture(format);
        with_media(&library, &stored, BYTES);
        let book = library.get("/rest/Book(11)").ok().json();
        let link = book["cover"]["__deferred"]["uri"].as_str().unwrap().to_owned();
        let answer = library.get(&link).ok();
        assert_eq!((answer.header("content-type"), &answer.bytes), (content_type, &stored), "{format:?}");
        assert_eq!(answer.header("content-disposition"), "inline");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("cache-control").contains("private"));
    }
}

#[test]
fn row_85_every_way_to_name_the_image() {
    let library = app();
    let stored = picture(ImageFormat::Png);
    with_media(&library, &stored, BYTES);
    for url in [
        "/rest/Book(11)/cover?$imageformat=best&$expand=cover",
        "/rest/Book(11)/cover?$imageformat=BEST&$version=1&$expand=cover",
        "/rest/Book(11)/cover?$imageformat=best&$version=anything&$expand=cover",
        "/rest/Book(11)/cover?$imageformat=&$expand=cover",
        "/rest/Book(11)?$expand=cover&$imageformat=best",
        "/rest/Book[11]/cover/?$ImageFormat=best",
        "/rest/Book:isbn(978-0-00-011)/cover?$imageformat=best&$expand=cover",
        "/rest/Book(11)/cover?$expand=cover&$imageformat=png",
        "/rest/Book(11)/cover?$expand=cover&$imageformat=.PNG",
        "/rest/Book(11)/cover?$expand=cover&$imageformat=image/png",
    ] {
        let answer = library.get(url).ok();
        assert_eq!((answer.header("content-type"), &answer.bytes), ("image/png", &stored), "{url}");
    }
}

#[test]
fn row_85_without_a_format_the_entity_is_sent() {
    let library = app();
    with_media(&library, &picture(ImageFormat::Png), BYTES);
    let answer = library.get("/rest/Book(11)/cover?$expand=cover").ok().json();
    assert_eq!(answer["cover"]["__deferred"]["image"], true);
    let answer = library.get("/rest/Book(11)?$expand=cover").ok().json();
    assert_eq!((&answer["title"], &answer["cover"]["__deferred"]["image"]), (&json!("Slow Rivers"), &json!(true)));
    for url in [
        "/rest/Book(11)?$imageformat=png",
        "/rest/Book(11)?$binary=true",
        "/rest/Book(11)?$expand=sample&$binary=false",
        "/rest/Book(11)?$expand=author&$imageformat=png",
        "/rest/Book(11)?$expand=cover,sample&$imageformat=png",
    ] {
        assert_eq!(library.get(url).ok().json()["ID"], 11, "{url}");
    }
    assert_eq!(library.get("/rest/Book?$expand=cover&$imageformat=png&$top=1").counts(), (8, 0, 1));
}

#[test]
fn row_85_images_are_converted() {
    let library = app();
    for from in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Tiff, ImageFormat::WebP, ImageFormat::Bmp] {
        let stored = picture(from);
        with_media(&library, &stored, BYTES);
        for (name, to) in
            [("png", ImageFormat::Png), ("jpeg", ImageFormat::Jpeg), ("GIF", ImageFormat::Gif), ("image/tiff", ImageFormat::Tiff)]
        {
            let answer = library.get(&format!("/rest/Book(11)/cover?$imageformat={name}&$version=3&$expand=cover")).ok();
            assert_eq!(answer.header("content-type"), to.to_mime_type(), "{from:?} to {name}");
            if from == to {
                assert_eq!(answer.bytes, stored, "what has the form already is sent as it is");
            }
            let image = image::load_from_memory_with_format(&answer.bytes, to).unwrap().to_rgb8();
            assert_eq!(image.dimensions(), (3, 2), "{from:?} to {name}");
            assert!(image.get_pixel(1, 1).0[0] > 150, "{from:?} to {name}");
        }
    }
}

#[test]
fn row_85_null_and_what_cannot_be_converted_are_empty() {
    let library = app();
    let empty = |url: &str, content_type: &str| {
        let answer = library.get(url).ok();
        assert_eq!((answer.bytes.len(), answer.header("content-type")), (0, content_type), "{url}");
    };
    empty("/rest/Book(11)/cover?$imageformat=jpeg&$expand=cover", "image/jpeg");
    assert!(library.get("/rest/Book(11)/cover?$imageformat=best&$expand=cover").ok().header("content-type").starts_with("image/"));
    empty("/rest/Book(11)/cover?$binary=true&$expand=cover", "application/octet-stream");
    empty("/rest/Book(11)/sample?$binary=true&$expand=sample", "application/octet-stream");
    with_media(&library, b"GIF89a but not really", BYTES);
    empty("/rest/Book(11)/cover?$imageformat=png&$expand=cover", "image/png");
    with_media(&library, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", BYTES);
    empty("/rest/Book(11)/cover?$imageformat=tiff&$expand=cover", "image/tiff");
}

#[test]
fn row_85_unknown_formats() {
    let library = app();
    for name in ["webp", "pict", "text/png", "png2", "*"] {
        library.get(&format!("/rest/Book(11)/cover?$imageformat={name}&$expand=cover")).refused(400, &[1824]);
    }
}

#[test]
fn row_85_blob_bytes_and_headers() {
    let library = app();
    with_media(&library, &picture(ImageFormat::Png), BYTES);
    let link = library.get("/rest/Book(11)").ok().json()["sample"]["__deferred"]["uri"].as_str().unwrap().to_owned();
    for url in [link.as_str(), "/rest/Book(11)?$expand=sample&$binary=true", "/rest/Book(11)/sample?$imageformat=png&$expand=sample"] {
        let answer = library.get(url).ok();
        assert_eq!(answer.bytes, BYTES, "{url}");
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("content-disposition"), "attachment");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let image = library.get("/rest/Book(11)/cover?$binary=true&$expand=cover").ok();
    assert_eq!((image.bytes.as_slice(), image.header("content-type")), (&picture(ImageFormat::Png)[..], "application/octet-stream"));
}

#[test]
fn row_85_what_is_stored_never_becomes_a_page() {
    let library = app();
    for hostile in [
        &b"<html><script>alert(1)</script>"[..],
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"%PDF-1.7",
        b"BM is text",
    ] {
        with_media(&library, hostile, hostile);
        for url in ["/rest/Book(11)/cover?$imageformat=best&$expand=cover", "/rest/Book(11)/sample?$binary=true&$expand=sample"] {
            let answer = library.get(url).ok();
            assert_eq!(answer.bytes, hostile);
            assert_eq!(answer.header("content-type"), "application/octet-stream");
            assert_eq!(answer.header("content-disposition"), "attachment");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.header("content-security-policy").contains("sandbox"));
        }
    }
}

#[test]
fn row_85_tags_tell_whether_bytes_have_changed() {
    let library = app();
    with_media(&library, &picture(ImageFormat::Png), BYTES);
    let admin = library.by("Admin");
    let mut seen = Vec::new();
    for url in [
        "/rest/Book(11)/cover?$imageformat=best&$expand=cover",
        "/rest/Book(11)/cover?$imageformat=jpeg&$expand=cover",
        "/rest/Book(11)/sample?$binary=true&$expand=sample",
    ] {
        let first = admin.get(url).ok();
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"') && !seen.contains(&tag), "{tag}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let answer = admin.get_with(url, &[("if-none-match", &known)]);
            assert_eq!((answer.status, answer.bytes.len(), answer.header("etag")), (304, 0, tag.as_str()), "{url} {known}");
        }
        assert_eq!(admin.get_with(url, &[("if-none-match", "\"x\"")]).ok().bytes, first.bytes);
        // Another change of the entity leaves them as they are.
        library.post("/rest/Book?$method=update", &json!({ "__KEY": "11", "price": seen.len() })).ok();
        assert_eq!(admin.get(url).ok().header("etag"), tag);
        seen.push(tag);
    }
    with_media(&library, &picture(ImageFormat::Gif), b"others");
    for (url, tag) in [
        ("/rest/Book(11)/cover?$imageformat=best&$expand=cover", &seen[0]),
        ("/rest/Book(11)/sample?$binary=true&$expand=sample", &seen[2]),
    ] {
        assert_ne!(admin.get_with(url, &[("if-none-match", tag)]).ok().header("etag"), tag);
    }
}

#[test]
fn row_85_parts_of_the_stored_bytes() {
    let library = app();
    with_media(&library, &picture(ImageFormat::Png), b"0123456789");
    let admin = library.by("Admin");
    let url = "/rest/Book(11)/sample?$binary=true&$expand=sample";
    let whole = admin.get(url).ok();
    assert_eq!((whole.text.as_str(), whole.header("accept-ranges")), ("0123456789", "bytes"));
    let tag = whole.header("etag");
    for (range, text, content_range) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
        ("bytes=0-99", "0123456789", "bytes 0-9/10"),
    ] {
        for condition in [None, Some(("if-range", tag))] {
            let headers: Vec<_> = std::iter::once(("range", range)).chain(condition).collect();
            let answer = admin.get_with(url, &headers);
            assert_eq!((answer.status, answer.text.as_str(), answer.header("content-range")), (206, text, content_range), "{range}");
            assert_eq!((answer.header("etag"), answer.header("content-type")), (tag, "application/octet-stream"));
        }
        assert_eq!(admin.get_with(url, &[("range", range), ("if-range", "\"other\"")]).ok().text, "0123456789");
    }
    for whole in ["bytes=0-1,3-4", "bytes=4-2", "lines=1-2", "nonsense"] {
        assert_eq!(admin.get_with(url, &[("range", whole)]).ok().text, "0123456789", "{whole}");
    }
    let outside = admin.get_with(url, &[("range", "bytes=10-")]);
    assert_eq!((outside.status, outside.header("content-range")), (StatusCode::RANGE_NOT_SATISFIABLE.as_u16(), "bytes */10"));
    assert_eq!(outside.codes(), [1806]);
    // A converted image is made anew for each request, so it has no parts.
    let answer = admin.get_with("/rest/Book(11)/cover?$imageformat=gif&$expand=cover", &[("range", "bytes=0-1")]).ok();
    assert!(answer.headers.get("accept-ranges").is_none() && answer.bytes.starts_with(b"GIF8"));
}

#[test]
fn row_85_bytes_are_not_compressed_on_the_way() {
    let library = app();
    let long = vec![b'a'; 10_000];
    with_media(&library, &picture(ImageFormat::Bmp), &long);
    let answer = library.by("Admin").get_with("/rest/Book(11)/sample?$binary=true&$expand=sample", &[("accept-encoding", "gzip")]).ok();
    assert!(answer.headers.get("content-encoding").is_none());
    assert_eq!(answer.bytes, long);
}

#[test]
fn row_85_absent_entities_and_attributes() {
    let library = app();
    library.get("/rest/Book(999)/cover?$imageformat=best&$expand=cover").refused(404, &[1542]);
    library.get("/rest/Book(x)/sample?$binary=true&$expand=sample").refused(404, &[1542]);
    library.get("/rest/Book:isbn(none)/cover?$imageformat=best&$expand=cover").refused(404, &[1542]);
    library.get("/rest/Book(11)/nothing?$imageformat=best&$expand=nothing").refused(404, &[1500, 1804]);
    library.get("/rest/Book(11)/nothing?$imageformat=best&$expand=cover").refused(404, &[1500, 1804]);
    library.get("/rest/Book(11)?$imageformat=best&$expand=nothing").refused(404, &[1805]);
}

#[test]
fn row_85_bytes_need_the_permission_to_read() {
    let library = app();
    with_media(&library, &picture(ImageFormat::Png), BYTES);
    assert_eq!(library.by("Reader").get("/rest/Book(11)/sample?$binary=true&$expand=sample").ok().bytes, BYTES);
    for url in ["/rest/Book(11)/cover?$imageformat=best&$expand=cover", "/rest/Book(11)/cover?$imageformat=nonsense&$expand=cover"] {
        library.by("Visitor").get(url).refused(401, &[1557]);
    }
}

#[test]
fn row_85_answers_larger_than_the_limit_are_refused() {
    let library = app_with("[rest]\nmax_answer_bytes = 5000\n");
    with_media(&library, &picture(ImageFormat::Png), &vec![7; 5001]);
    library.get("/rest/Book(11)/sample?$binary=true&$expand=sample").refused(413, &[9413]);
    with_media(&library, &picture(ImageFormat::Png), &vec![7; 5000]);
    assert_eq!(library.get("/rest/Book(11)/sample?$binary=true&$expand=sample").ok().bytes.len(), 5000);
}

#[test]
fn row_85_blob_of_a_table() {
    let library = attached();
    let url = "/rest/Album(1)/Cover?$binary=true&$expand=Cover";
    assert_eq!(library.get(url).ok().bytes, [1, 2]);
    assert_eq!(library.get("/rest/Album(2)/Cover?$binary=true&$expand=Cover").ok().bytes, b"");
    let reference = library.by("Admin").upload("$binary=true", BYTES);
    let saved =
        library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "__STAMP": 1, "Cover": { "ID": reference } })).ok().json();
    assert_eq!(saved["__STAMP"], 2);
    assert_eq!(saved["Cover"]["__deferred"]["uri"], "/rest/Album[1]/Cover?$binary=true&$version=2&$expand=Cover");
    assert_eq!(library.get(url).ok().bytes, BYTES);
    let saved = library.post("/rest/Album?$method=update", &json!({ "__KEY": "1", "Cover": null })).ok().json();
    assert_eq!((&saved["__STAMP"], &saved["Cover"]), (&json!(3), &Value::Null));
    let answer = library.by("Admin").post_bytes("/rest/Album(2)/Cover?$binary=true", b"posted").ok().json();
    assert_eq!((&answer["__STATUS"]["success"], &answer["__STAMP"]), (&json!(true), &json!(2)));
    assert_eq!(library.get("/rest/Album(2)/Cover?$binary=true&$expand=Cover").ok().text, "posted");
}
