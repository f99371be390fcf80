//! The request that is asked about or tried: method and target as somebody types them.

use http::{Method, Uri};

use crate::accept::write_target;

/// Method and target of a request under `/rest/`.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
}

/// A part of a question that cannot be taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misfit {
    /// `method` or `path`.
    pub field: &'static str,
    /// Stable short name.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
}

impl Target {
    /// What was typed, encoded as the server does it for clients that forget to. Everything that is wrong is told at once.
    pub(crate) fn parse(method: &str, path: &str) -> Result<Self, Vec<Misfit>> {
        let method = known_method(method);
        let uri = uri_of(path);
        match (method, uri) {
            (Ok(method), Ok(uri)) => Ok(Self { method, uri }),
            (method, uri) => Err(method.err().into_iter().chain(uri.err()).collect()),
        }
    }

    /// The part of the path behind `/rest/`, as written.
    pub(crate) fn rest(&self) -> &str {
        self.uri.path().strip_prefix("/rest/").unwrap_or_default()
    }
}

fn known_method(text: &str) -> Result<Method, Misfit> {
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let found = methods.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| Misfit {
        field: "method",
        code: "not_a_method",
        message: format!("\"{text}\" is no method of the dialect: use GET, HEAD, POST, PUT, PATCH or DELETE."),
    })
}

fn uri_of(path: &str) -> Result<Uri, Misfit> {
    let path = path.trim();
    if !path.starts_with("/rest/") {
        let message = format!("The path \"{path}\" does not begin with /rest/.");
        return Err(Misfit { field: "path", code: "not_under_rest", message });
    }
    let mut target = Vec::with_capacity(path.len());
    write_target(&mut target, path.as_bytes());
    Uri::try_from(target).map_err(|error| Misfit {
        field: "path",
        code: "not_a_path",
        message: format!("This cannot be the path of a request: {error}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_encoded_as_the_server_does_it() {
        let target = Target::parse("get", "/rest/Book?$filter=\"price > 1\"#x").unwrap();
        assert_eq!((target.method.as_str(), target.rest()), ("GET", "Book"));
        assert_eq!(target.uri.query(), Some("$filter=%22price%20%3E%201%22%23x"));
        assert_eq!(Target::parse("GET", "/rest/").unwrap().rest(), "");
    }

    #[test]
    fn everything_wrong_is_told() {
        let told = |method: &str, path: &str| -> Vec<_> {
            Target::parse(method, path).unwrap_err().into_iter().map(|misfit| (misfit.field, misfit.code)).collect()
        };
        assert_eq!(told("BREW", "/console/api/keys"), [("method", "not_a_method"), ("path", "not_under_rest")]);
        for path in ["", "rest/Book", "/rest", "/restore/Book", "http://localhost/rest/Book"] {
            assert_eq!(told("GET", path), [("path", "not_under_rest")], "{path}");
        }
        assert_eq!(told("GET", &format!("/rest/{}", "x".repeat(70_000))), [("path", "not_a_path")]);
    }
}
