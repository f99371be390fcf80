//! Targets that clients forget to encode.
//!
//! The dialect's own manuals write `?$filter="price < 20"` as it stands, and clients send it so. An HTTP parser refuses such a request
//! line before anybody could answer it in the dialect, so this stream percent-encodes, in request lines only, what may not stand there:
//! blanks, quotes, `<`, `>`, `#`, braces, bytes beyond ASCII. What is legal passes as it is. A body's length is taken from
//! `content-length`; from a chunked body on, the rest of the connection passes untouched.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest head that is looked at; the HTTP parser refuses longer ones.
const LONGEST_HEAD: usize = 128 << 10;

/// A stream whose request lines become legal.
#[derive(Debug)]
pub(super) struct Tolerant<S> {
    stream: S,
    /// Read, not yet looked at.
    raw: Vec<u8>,
    /// How much of a head in `raw` has been searched for line ends: a head that drips is not searched again with each byte.
    searched: usize,
    /// Looked at, to be handed out from `at` on.
    ready: Vec<u8>,
    at: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// A head comes next.
    Head,
    /// So many bytes of a body come next.
    Body(u64),
    /// Nothing is looked at any more.
    Opaque,
}

impl<S> Tolerant<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, raw: Vec::new(), searched: 0, ready: Vec::new(), at: 0, state: State::Head }
    }

    /// Moves what can be judged from `raw` to `ready`.
    fn judge(&mut self) {
        while !self.raw.is_empty() {
            match self.state {
                State::Opaque => self.pass(self.raw.len()),
                State::Body(0) => self.state = State::Head,
                State::Body(left) => {
                    let now = self.raw.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    self.pass(now);
                    self.state = State::Body(left - now as u64);
                }
                State::Head => match self.head_end() {
                    Some(end) => {
                        self.searched = 0;
                        self.state = body_of(&self.raw[..end]);
                        let line = self.raw.iter().position(|byte| *byte == b'\n').unwrap_or(0);
                        write_line(&mut self.ready, &self.raw[..line]);
                        self.ready.extend_from_slice(&self.raw[line..end]);
                        self.raw.drain(..end);
                    }
                    None if self.raw.len() > LONGEST_HEAD => self.state = State::Opaque,
                    None => return,
                },
            }
        }
    }

    /// Where the head in `raw` ends: behind its empty line.
    fn head_end(&mut self) -> Option<usize> {
        let bytes = &self.raw;
        while let Some(found) = bytes[self.searched..].iter().position(|byte| *byte == b'\n') {
            let (end, next) = (self.searched + found, self.searched + found + 1);
            // Empty lines before a request line do not end it.
            if end > 1 {
                match &bytes[next..] {
                    [b'\r', b'\n', ..] => return Some(next + 2),
                    [b'\n', ..] => return Some(next + 1),
                    // What follows has not come yet: this line end is looked at again.
                    [] | [b'\r'] => return None,
                    _ => {}
                }
            }
            self.searched = next;
        }
        self.searched = bytes.len();
        None
    }

    fn pass(&mut self, length: usize) {
        self.ready.extend_from_slice(&self.raw[..length]);
        self.raw.drain(..length);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tolerant<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.at < this.ready.len() {
                let now = buffer.remaining().min(this.ready.len() - this.at);
                buffer.put_slice(&this.ready[this.at..this.at + now]);
                this.at += now;
                if this.at == this.ready.len() {
                    this.ready.clear();
                    this.at = 0;
                }
                return Poll::Ready(Ok(()));
            }
            if this.state == State::Opaque {
                return Pin::new(&mut this.stream).poll_read(context, buffer);
            }
            let mut chunk = [MaybeUninit::uninit(); 8 << 10];
            let mut read = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                // The end: half a head is for the parser to refuse.
                if this.raw.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                this.state = State::Opaque;
            }
            this.raw.extend_from_slice(read.filled());
            this.judge();
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tolerant<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// What follows a head.
fn body_of(head: &[u8]) -> State {
    if head.starts_with(b"CONNECT ") {
        return State::Opaque;
    }
    let mut length = 0;
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = &line[..colon];
        if name.eq_ignore_ascii_case(b"transfer-encoding") || name.eq_ignore_ascii_case(b"upgrade") {
            return State::Opaque;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            match std::str::from_utf8(&line[colon + 1..]).ok().and_then(|text| text.trim().parse().ok()) {
                Some(given) => length = given,
                None => return State::Opaque,
            }
        }
    }
    State::Body(length)
}

/// Writes a request line with its target made legal.
fn write_line(out: &mut Vec<u8>, line: &[u8]) {
    let target = line.iter().position(|byte| *byte == b' ').map(|blank| blank + 1).zip(line.windows(6).rposition(|end| end == b" HTTP/"));
    let Some((start, end)) = target.filter(|(start, end)| start < end) else {
        out.extend_from_slice(line);
        return;
    };
    if !line[start..end].iter().any(|byte| must_encode(*byte)) {
        out.extend_from_slice(line);
        return;
    }
    out.extend_from_slice(&line[..start]);
    write_target(out, &line[start..end]);
    out.extend_from_slice(&line[end..]);
}

/// A request's target with everything encoded that may not stand in one.
pub(crate) fn write_target(out: &mut Vec<u8>, target: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in target {
        if must_encode(*byte) {
            out.extend_from_slice(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        } else {
            out.push(*byte);
        }
    }
}

fn must_encode(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What comes out of the stream when the input arrives in pieces of this size.
    async fn passed(input: &[u8], piece: usize) -> String {
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let mut tolerant = Tolerant::new(server);
        for part in input.chunks(piece) {
            client.write_all(part).await.unwrap();
        }
        drop(client);
        let mut out = Vec::new();
        tolerant.read_to_end(&mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn request_lines_become_legal_and_bodies_stay() {
        let input = "GET /rest/Book?$filter=\"price < 20 & x # 'é'\" HTTP/1.1\r\nhost: a b\r\n\r\n\
                     POST /rest/Book[1] HTTP/1.1\r\nContent-Length: 21\r\n\r\nGET \"a b\" HTTP/1.1\r\n\r\n\
                     GET /rest/Book?$top=1 HTTP/1.1\r\nhost: x\r\n\r\n";
        let wanted = "GET /rest/Book?$filter=%22price%20%3C%2020%20&%20x%20%23%20'%C3%A9'%22 HTTP/1.1\r\nhost: a b\r\n\r\n\
                      POST /rest/Book[1] HTTP/1.1\r\nContent-Length: 21\r\n\r\nGET \"a b\" HTTP/1.1\r\n\r\n\
                      GET /rest/Book?$top=1 HTTP/1.1\r\nhost: x\r\n\r\n";
        for piece in [1, 3, 7, 64, 4096] {
            assert_eq!(passed(input.as_bytes(), piece).await, wanted, "in pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn behind_a_chunked_body_nothing_is_touched() {
        let input = "POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\n\"a\"\r\n0\r\n\r\nGET /\"b\" HTTP/1.1\r\n\r\n";
        assert_eq!(passed(input.as_bytes(), 5).await, input);
    }

    #[tokio::test]
    async fn half_a_head_and_nonsense_pass_as_they_are() {
        for input in ["GET /\"a", "\u{0}\u{1}\n\n\n", "\r\n\r\nGET /x HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n"] {
            assert_eq!(passed(input.as_bytes(), 2).await, input);
        }
    }
}
