//! What `realm/` cannot do by itself.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use rquickjs::{Ctx, Exception, Function, Object, TypedArray};
use url::Url;

use super::engine::Port;
use crate::protocol::{Failure, Line, Refusal};

/// Longest line of the console, in bytes; what is longer is cut.
const LONGEST_LINE: usize = 16 << 10;
/// Random bytes at a time; the web has the same limit.
const MOST_RANDOM: usize = 65536;

/// The argument of `realm/`.
pub(super) fn native<'js>(ctx: &Ctx<'js>, port: Rc<RefCell<dyn Port>>) -> rquickjs::Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let log = port.clone();
    native.set(
        "write",
        Function::new(ctx.clone(), move |level: String, mut text: String| {
            super::shorten(&mut text, LONGEST_LINE);
            log.borrow_mut().console(Line { level, text });
        })?,
    )?;
    native.set(
        "host",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, operation: String, arguments: String| {
            let answer = port.borrow_mut().host(&operation, &arguments);
            answer.or_else(|refusal| match refusal {
                Refusal::Error(thrown) => {
                    let error = Exception::from_message(ctx.clone(), &thrown.message)?;
                    error.set("errCode", thrown.code)?;
                    Err(error.throw())
                }
                // As those of the engine itself: the prelude does not take them for an answer.
                Refusal::Limit(limit) => Err(Exception::throw_internal(&ctx, &Failure::Limit(limit).to_string())),
            })
        })?,
    )?;
    native.set(
        "random",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, count: usize| {
            let mut bytes = vec![0; count.min(MOST_RANDOM)];
            getrandom::fill(&mut bytes).map_err(|_| Exception::throw_message(&ctx, "there are no random bytes"))?;
            TypedArray::new(ctx, bytes)
        })?,
    )?;
    native.set("encode", Function::new(ctx.clone(), |ctx: Ctx<'js>, text: String| TypedArray::new(ctx, text.into_bytes()))?)?;
    native.set("decode", Function::new(ctx.clone(), decode)?)?;
    native.set("url", Function::new(ctx.clone(), url)?)?;
    let start = Instant::now();
    native.set("now", Function::new(ctx.clone(), move || start.elapsed().as_secs_f64() * 1000.0)?)?;
    Ok(native)
}

/// The text of bytes, which come as characters of the same numbers; none when they are no UTF-8 and `fatal`.
fn decode(bytes: String, fatal: bool) -> Option<String> {
    let bytes: Vec<u8> = bytes.chars().map(|char| char as u8).collect();
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(_) if fatal => None,
        Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

/// The parts of an address as JSON, after one of them was set; none when it is no address.
fn url(text: String, base: Option<String>, part: Option<String>, value: Option<String>) -> Option<String> {
    let base = match base {
        Some(base) => Some(Url::parse(&base).ok()?),
        None => None,
    };
    let mut url = Url::options().base_url(base.as_ref()).parse(&text).ok()?;
    if let (Some(part), Some(value)) = (part, value) {
        match part.as_str() {
            "protocol" => url::quirks::set_protocol(&mut url, &value).ok()?,
            "username" => url::quirks::set_username(&mut url, &value).ok()?,
            "password" => url::quirks::set_password(&mut url, &value).ok()?,
            "host" => url::quirks::set_host(&mut url, &value).ok()?,
            "hostname" => url::quirks::set_hostname(&mut url, &value).ok()?,
            "port" => url::quirks::set_port(&mut url, &value).ok()?,
            "pathname" => url::quirks::set_pathname(&mut url, &value),
            "search" => url::quirks::set_search(&mut url, &value),
            "hash" => url::quirks::set_hash(&mut url, &value),
            _ => return None,
        }
    }
    let parts = serde_json::json!({
        "href": url::quirks::href(&url),
        "origin": url::quirks::origin(&url),
        "protocol": url::quirks::protocol(&url),
        "username": url::quirks::username(&url),
        "password": url::quirks::password(&url),
        "host": url::quirks::host(&url),
        "hostname": url::quirks::hostname(&url),
        "port": url::quirks::port(&url),
        "pathname": url::quirks::pathname(&url),
        "search": url::quirks::search(&url),
        "hash": url::quirks::hash(&url),
    });
    Some(parts.to_string())
}
