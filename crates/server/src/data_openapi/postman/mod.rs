//! A Postman collection (format 2.1.0) made from an OpenAPI document of [`document`](super::document): a folder for each dataclass, whose requests
//! read, create, change and delete when they are run in their order (`api-keys.md` 6.1).
//!
//! Variables: `endpoint` and `api-key` are the user's; the others are set by the tests of requests that find or make an entity.

mod calls;
mod pattern;
mod sample;

use serde_json::{Value, json};

use calls::{Call, Folder};

/// The collection with what the document's caller reaches.
pub fn collection(document: &Value) -> Value {
    let folders = calls::folders(document);
    let items: Vec<Value> = folders.iter().map(folder).collect();
    json!({
        "info": {
            "name": document["info"]["title"],
            "description": "Set the variable api-key; the key goes into the header of every request. Run in its order, the collection deletes what it creates.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
        },
        "auth": { "type": "apikey", "apikey": [
            { "key": "key", "value": "api-key", "type": "string" },
            { "key": "value", "value": "{{api-key}}", "type": "string" },
            { "key": "in", "value": "header", "type": "string" }
        ] },
        "variable": [
            { "key": "endpoint", "value": document["servers"][0]["url"] },
            { "key": "api-key", "value": "" }
        ],
        "item": items
    })
}

fn folder(folder: &Folder) -> Value {
    json!({ "name": folder.name, "item": folder.calls.iter().map(item).collect::<Vec<_>>() })
}

fn item(call: &Call) -> Value {
    let mut tests = vec!["pm.test('the status is below 400', () => pm.expect(pm.response.code).to.be.below(400));".to_owned()];
    tests.extend(call.keeps.iter().map(|(variable, path)| {
        format!("if (pm.response.code < 400) {{ const found = pm.response.json(){path}; if (found != null) pm.collectionVariables.set('{variable}', found); }}")
    }));
    let mut events = Vec::new();
    if !call.needs.is_empty() {
        // A dataclass without entities has nothing to show: what would ask for one is passed over.
        let has = call.needs.iter().map(|variable| format!("pm.collectionVariables.has('{variable}')")).collect::<Vec<_>>().join(" && ");
        events.push(event("prerequest", &[format!("if (!({has})) pm.execution.skipRequest();")]));
    }
    events.push(event("test", &tests));
    let mut request = json!({
        "method": call.method,
        "header": [],
        "url": url(&call.path, &call.query),
        "description": call.about
    });
    if let Some(body) = &call.body {
        let mut raw = serde_json::to_string_pretty(body).unwrap_or_default();
        // A stamp is a number: its variable stands there without quotes.
        for stamp in call.needs.iter().filter(|variable| variable.rsplit('.').next() == Some("stamp")) {
            raw = raw.replace(&format!("\"{{{{{stamp}}}}}\""), &format!("{{{{{stamp}}}}}"));
        }
        request["header"] = json!([{ "key": "content-type", "value": "application/json" }]);
        request["body"] = json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } });
    }
    json!({ "name": call.name, "event": events, "request": request })
}

fn event(listen: &str, lines: &[String]) -> Value {
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}

/// The address in one piece and in parts. What would end the part it stands in is encoded; variables stay as they are.
fn url(path: &str, query: &[(&str, String)]) -> Value {
    let path = encode(path, b"/$()[],:\"");
    let query: Vec<(&str, String)> = query.iter().map(|(name, value)| (*name, encode(value, b"$()[],:=*@!<>'/\""))).collect();
    let pairs = query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    let raw = if pairs.is_empty() { format!("{{{{endpoint}}}}{path}") } else { format!("{{{{endpoint}}}}{path}?{pairs}") };
    let mut url = json!({ "raw": raw, "host": ["{{endpoint}}"], "path": path.trim_start_matches('/').split('/').collect::<Vec<_>>() });
    if !query.is_empty() {
        url["query"] = query.iter().map(|(name, value)| json!({ "key": name, "value": value })).collect();
    }
    url
}

/// Percent-encodes all but letters, digits, `-._~`, these, and `{{variables}}`.
fn encode(text: &str, stays: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if rest.starts_with("{{")
            && let Some(end) = rest.find("}}")
        {
            out.push_str(&rest[..end + 2]);
            rest = &rest[end + 2..];
            continue;
        }
        let length = character.len_utf8();
        if character.is_ascii_alphanumeric() || "-._~".contains(character) || character.is_ascii() && stays.contains(&(character as u8)) {
            out.push(character);
        } else {
            rest.as_bytes()[..length].iter().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
        }
        rest = &rest[length..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_encoded_around_variables() {
        let shown = url("/rest/Book({{Book}})", &[("$filter", "\"title = 'é&1'\"".to_owned()), ("$top", "5".to_owned())]);
        assert_eq!(shown["raw"], "{{endpoint}}/rest/Book({{Book}})?$filter=\"title%20=%20'%C3%A9%261'\"&$top=5");
        assert_eq!(shown["path"], json!(["rest", "Book({{Book}})"]));
        assert_eq!(encode("Bücher {{a b}}", b""), "B%C3%BCcher%20{{a b}}");
    }
}
