//! `fetch` in functions (`functions.md` 2): only to hosts that are allowed, the address checked after its name was resolved.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;

use crate::library::{Library, app_with};

const FUNCTIONS: &str = r#"
export class DataStore {
  static exposed = ["get", "post", "text"];
  async get(url, options) { const answer = await fetch(url, options); return [answer.status, answer.ok, await answer.text(), answer.url]; }
  async post(url, value) { const answer = await fetch(url, { method: "POST", headers: { "x-token": "t" }, body: JSON.stringify(value) }); return answer.json(); }
  async text(url) { try { await fetch(url); } catch (error) { return [error.name, error.message]; } }
}"#;

/// A server that answers so many requests: `/echo` with what it got, `/to?URL` with a redirection, anything else with "hello".
fn serve(requests: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap()));
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let target = head.split(' ').nth(1).unwrap().to_owned();
            let answer = match target.split_once('?') {
                Some(("/to", url)) => format!("HTTP/1.1 302 Found\r\nlocation: {url}\r\ncontent-length: 0\r\n\r\n"),
                _ => {
                    let said = if target == "/echo" {
                        json!({ "body": String::from_utf8(body).unwrap(), "token": head.contains("x-token: t") }).to_string()
                    } else {
                        "hello".to_owned()
                    };
                    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}", said.len())
                }
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}

fn library(hosts: &str) -> Library {
    let library = app_with(&format!("[functions]\nallow_hosts = [{hosts}]\n"));
    library.set_functions(&[("DataStore.js", FUNCTIONS)]).unwrap();
    library
}

#[test]
fn functions_fetch_reaches_allowed_hosts() {
    let port = serve(4);
    let library = library(r#""127.0.0.1""#);
    let url = format!("http://127.0.0.1:{port}");
    let got = library.post("/rest/$catalog/get", &json!([format!("{url}/x")])).ok().json();
    assert_eq!(got["result"], json!([200, true, "hello", format!("{url}/x")]));
    let posted = library.post("/rest/$catalog/post", &json!([format!("{url}/echo"), { "a": 1 }])).ok().json();
    assert_eq!(posted["result"], json!({ "body": "{\"a\":1}", "token": true }));
    let followed = library.post("/rest/$catalog/get", &json!([format!("{url}/to?{url}/y")])).ok().json();
    assert_eq!(followed["result"], json!([200, true, "hello", format!("{url}/y")]));
}

#[test]
fn functions_fetch_reaches_nobody_else() {
    let port = serve(2);
    let said = |library: &Library, url: &str| library.post("/rest/$catalog/text", &json!([url])).ok().json()["result"].clone();
    // Nothing is allowed.
    let closed = library("");
    for url in [format!("http://127.0.0.1:{port}/"), "https://api.example.org/".to_owned(), "http://[::1]/".to_owned()] {
        let told = said(&closed, &url);
        assert!(told[1].as_str().unwrap().contains("functions.allow_hosts"), "{told}");
    }
    for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "data:text/plain,x", "nonsense", "http://"] {
        assert_eq!(said(&closed, url)[0], "TypeError", "{url}");
    }
    // A name that leads to a loopback address is not enough, and neither is another port, nor a redirection to what is not allowed.
    let named = library(&format!(r#""localhost", "127.0.0.1:{}""#, port + 1));
    let told = said(&named, &format!("http://localhost:{port}/"));
    assert!(told[1].as_str().unwrap().contains("functions.allow_hosts"), "{told}");
    let other = library(&format!(r#""127.0.0.1:{port}""#));
    let told = said(&other, &format!("http://127.0.0.1:{port}/to?http://169.254.169.254/latest"));
    assert!(told[1].as_str().unwrap().contains("169.254.169.254"), "{told}");
}
