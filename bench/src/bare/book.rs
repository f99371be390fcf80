//! The bytes of books, as the product writes them.

use claviger_model::value::{write_double, write_instant, write_json_string};

/// One row.
pub(super) struct Book<'a> {
    pub(super) id: i64,
    /// Milliseconds since 1970.
    pub(super) timestamp: i64,
    pub(super) stamp: i64,
    pub(super) isbn: &'a str,
    pub(super) title: &'a str,
    pub(super) price: f64,
    pub(super) pages: i64,
    pub(super) author: i64,
}

impl Book<'_> {
    /// An entity by itself.
    pub(super) fn alone(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"__entityModel\":\"Book\",\"__DATACLASS\":\"Book\",");
        self.members(&mut out);
        out.push(b'}');
        out
    }

    /// The members, without braces.
    fn members(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"__KEY\":\"");
        number(out, self.id);
        out.extend_from_slice(b"\",\"__TIMESTAMP\":\"");
        write_instant(out, self.timestamp);
        out.extend_from_slice(b"\",\"__STAMP\":");
        number(out, self.stamp);
        out.extend_from_slice(b",\"ID\":");
        number(out, self.id);
        text(out, "isbn", self.isbn);
        text(out, "title", self.title);
        out.extend_from_slice(b",\"price\":");
        write_double(out, self.price);
        out.extend_from_slice(b",\"pages\":");
        number(out, self.pages);
        out.extend_from_slice(b",\"authorID\":");
        number(out, self.author);
        out.extend_from_slice(b",\"author\":{\"__deferred\":{\"uri\":\"/rest/Author[");
        number(out, self.author);
        out.extend_from_slice(b"]\",\"__KEY\":\"");
        number(out, self.author);
        out.extend_from_slice(b"\"}}");
    }
}

/// A page that is being written.
pub(super) struct Page {
    out: Vec<u8>,
    sent: i64,
}

impl Page {
    /// The first of `count` books.
    pub(super) fn of(count: i64) -> Self {
        let mut out = Vec::with_capacity(32 * 1024);
        out.extend_from_slice(b"{\"__DATACLASS\":\"Book\",\"__entityModel\":\"Book\",\"__GlobalStamp\":0,\"__COUNT\":");
        number(&mut out, count);
        out.extend_from_slice(b",\"__FIRST\":0,\"__ENTITIES\":[");
        Self { out, sent: 0 }
    }

    pub(super) fn push(&mut self, book: &Book<'_>) {
        self.out.extend_from_slice(if self.sent > 0 { b",{" } else { b"{" });
        book.members(&mut self.out);
        self.out.push(b'}');
        self.sent += 1;
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.out.extend_from_slice(b"],\"__SENT\":");
        number(&mut self.out, self.sent);
        self.out.push(b'}');
        self.out
    }
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    write_json_string(out, value);
}
