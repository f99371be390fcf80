//! Requests as careless clients write them: targets with raw quotes, blanks, `<` and `#` (`rest-dialect.md` 2).

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::App;

/// Sends bytes as they are, all at once or in pieces, and reads until the server closes.
fn send(address: &str, bytes: &[u8], piece: usize) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    for part in bytes.chunks(piece) {
        stream.write_all(part).unwrap();
    }
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_target_that_nobody_encoded_is_understood() {
    let app = App::attached();
    let (_, key) = app.key("Admin");
    let server = app.serve();
    let ask = |target: &str, piece: usize| {
        let head = format!("GET {target} HTTP/1.1\r\nhost: {}\r\napi-key: {key}\r\nconnection: close\r\n\r\n", server.address);
        send(&server.address, head.as_bytes(), piece)
    };
    for piece in [1 << 20, 7] {
        let found = ask("/rest/Track?$filter=\"Name = 'First' and Price<3\"", piece);
        assert!(found.starts_with("HTTP/1.1 200") && found.contains("\"__COUNT\":1,") && found.contains("First"), "{found}");
        let none = ask("/rest/Track?$filter=\"Name = 'x' and Price<3\"", piece);
        assert!(none.starts_with("HTTP/1.1 200") && none.contains("\"__COUNT\":0,"), "{none}");
        let hash = ask("/rest/Track?$filter=\"Name # 'First' & Price > 1\"&$attributes=Name", piece);
        assert!(hash.starts_with("HTTP/1.1 200") && hash.contains("Second") && !hash.contains("First"), "{hash}");
        let accent = ask("/rest/Artist?$filter=\"Name = 'éclair'\"", piece);
        assert!(accent.starts_with("HTTP/1.1 200") && accent.contains("\"__COUNT\":1,"), "{accent}");
    }
}

/// On one connection: a body that looks like a request stays a body, and the request behind it is answered.
#[test]
fn a_body_stays_what_it_is() {
    let app = App::attached();
    let (_, key) = app.key("Admin");
    let server = app.serve();
    let body = r#"{"Name":"GET \"a b\" <#> HTTP/1.1\r\n\r\n","ArtistId":1}"#;
    let head = format!("host: {}\r\napi-key: {key}\r\n", server.address);
    let bytes = format!(
        "POST /rest/Track?$method=update HTTP/1.1\r\n{head}content-length: {}\r\n\r\n{body}\
         GET /rest/Track?$filter=\"Name begin 'GET \\u0022a b'\" HTTP/1.1\r\n{head}connection: close\r\n\r\n",
        body.len()
    );
    let text = send(&server.address, bytes.as_bytes(), 11);
    assert_eq!(text.matches("HTTP/1.1 200").count(), 2, "{text}");
    assert_eq!(text.matches(r#""Name":"GET \"a b\" <#> HTTP/1.1\r\n\r\n""#).count(), 2, "{text}");
}
