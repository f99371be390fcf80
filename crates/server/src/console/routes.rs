//! The flat list of everything that is served, and what each route needs. The guard reads it, so a route that is missing here does not
//! exist; the guard-coverage test walks it.

use claviger_store::control::ConsoleRole;

/// What a request must bring.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// An `Origin` of the console itself: calls that come before a session.
    Origin,
    /// A session of at least this role; but for `GET` also `Origin` and `x-csrf-token`.
    Session(ConsoleRole),
    /// The same, and a password that was given within `console.fresh_minutes`: what shows or uses a secret, or changes who may sign in.
    Fresh(ConsoleRole),
    /// A key that the gate accepts.
    Key,
}

/// One route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: &'static str,
    /// Path with `{…}` for one segment.
    pub path: &'static str,
    /// What a request must bring.
    pub needs: Needs,
}

const fn route(method: &'static str, path: &'static str, needs: Needs) -> Route {
    Route { method, path, needs }
}

const VIEWER: Needs = Needs::Session(ConsoleRole::Viewer);
const MANAGER: Needs = Needs::Session(ConsoleRole::Manager);
const OWNER: Needs = Needs::Session(ConsoleRole::Owner);
const FRESH_MANAGER: Needs = Needs::Fresh(ConsoleRole::Manager);
const FRESH_OWNER: Needs = Needs::Fresh(ConsoleRole::Owner);

/// The management API (`interface.md` 5).
pub const ROUTES: &[Route] = &[
    route("GET", "/console/api/openapi.json", Needs::Nothing),
    route("GET", "/console/api/first-run", Needs::Nothing),
    route("POST", "/console/api/first-run", Needs::Origin),
    route("POST", "/console/api/session", Needs::Origin),
    route("GET", "/console/api/session", VIEWER),
    route("DELETE", "/console/api/session", VIEWER),
    route("POST", "/console/api/session/confirm", VIEWER),
    route("POST", "/console/api/password", VIEWER),
    route("GET", "/console/api/keys", VIEWER),
    route("POST", "/console/api/keys", MANAGER),
    route("GET", "/console/api/keys/summary", VIEWER),
    route("GET", "/console/api/keys/{id}", VIEWER),
    route("PATCH", "/console/api/keys/{id}", MANAGER),
    route("DELETE", "/console/api/keys/{id}", MANAGER),
    route("POST", "/console/api/keys/{id}/reveal", FRESH_MANAGER),
    route("POST", "/console/api/keys/{id}/regenerate", MANAGER),
    route("GET", "/console/api/environment", VIEWER),
    route("GET", "/console/api/endpoint", VIEWER),
    route("GET", "/console/api/roles", VIEWER),
    route("GET", "/console/api/roles/findings", VIEWER),
    route("POST", "/console/api/roles/reload", OWNER),
    route("GET", "/console/api/functions", VIEWER),
    route("POST", "/console/api/functions/reload", OWNER),
    route("GET", "/console/api/roles/{name}/resolved", VIEWER),
    route("GET", "/console/api/administration/resolved", VIEWER),
    route("GET", "/console/api/keys/{id}/resolved", VIEWER),
    route("GET", "/console/api/keys/{id}/openapi", VIEWER),
    route("POST", "/console/api/explain", VIEWER),
    route("POST", "/console/api/try", FRESH_MANAGER),
    route("GET", "/console/api/audit", VIEWER),
    route("GET", "/console/api/audit/export", VIEWER),
    route("GET", "/console/api/usage", VIEWER),
    route("GET", "/console/api/refusals", VIEWER),
    route("GET", "/console/api/refusals/{requestId}", VIEWER),
    route("GET", "/console/api/locks", VIEWER),
    route("DELETE", "/console/api/locks/{dataclass}/{key}", MANAGER),
    route("GET", "/console/api/users", OWNER),
    route("POST", "/console/api/users", FRESH_OWNER),
    route("PATCH", "/console/api/users/{email}", FRESH_OWNER),
    route("DELETE", "/console/api/users/{email}", FRESH_OWNER),
];

/// What is served outside the management API.
pub const OTHERS: &[Route] = &[
    route("GET", "/", Needs::Nothing),
    route("GET", "/healthz", Needs::Nothing),
    route("GET", "/readyz", Needs::Nothing),
    route("GET", "/metrics", Needs::Nothing),
    route("GET", "/console/", Needs::Nothing),
    route("GET", "/rest/$catalog", Needs::Key),
    route("GET", "/rest/$catalog/$all", Needs::Key),
    route("GET", "/rest/$catalog/{dataclass}", Needs::Key),
    route("GET", "/rest/$openapi", Needs::Key),
    route("GET", "/rest/$info", Needs::Key),
    route("POST", "/rest/$info", Needs::Key),
    route("GET", "/rest/$info/{part}", Needs::Key),
    route("POST", "/rest/$directory/login", Needs::Key),
    route("GET", "/rest/$directory/currentUser", Needs::Key),
    route("POST", "/rest/$directory/currentUserBelongsTo", Needs::Key),
    route("GET", "/rest/$directory/logout", Needs::Key),
    route("POST", "/rest/$directory/logout", Needs::Key),
    route("GET", "/rest/$logout", Needs::Key),
    route("GET", "/rest/{dataclass}", Needs::Key),
    route("GET", "/rest/{dataclass}({key})", Needs::Key),
    route("GET", "/rest/{dataclass}[{key}]", Needs::Key),
    route("GET", "/rest/{dataclass}({key})/{attributes}", Needs::Key),
    route("GET", "/rest/{dataclass}:{attributes}({key})", Needs::Key),
    route("POST", "/rest/{dataclass}({key})/{attributes}", Needs::Key),
    route("GET", "/rest/{dataclass}/$entityset/{set}", Needs::Key),
    route("GET", "/rest/{dataclass}/$entityset/{set}/{attributes}", Needs::Key),
    route("POST", "/rest/{dataclass}/$entityset/$release", Needs::Key),
    route("POST", "/rest/$entityset/$release", Needs::Key),
    route("POST", "/rest/$upload", Needs::Key),
    route("POST", "/rest/{dataclass}", Needs::Key),
    route("PUT", "/rest/{dataclass}({key})", Needs::Key),
    route("PATCH", "/rest/{dataclass}({key})", Needs::Key),
    route("DELETE", "/rest/{dataclass}({key})", Needs::Key),
    route("GET", "/rest/$catalog/{function}", Needs::Key),
    route("POST", "/rest/$catalog/{function}", Needs::Key),
    route("GET", "/rest/$singleton/{singleton}/{function}", Needs::Key),
    route("POST", "/rest/$singleton/{singleton}/{function}", Needs::Key),
    route("GET", "/rest/{dataclass}/{function}", Needs::Key),
    route("POST", "/rest/{dataclass}/{function}", Needs::Key),
    route("GET", "/rest/{dataclass}/{selectionFunction}", Needs::Key),
    route("POST", "/rest/{dataclass}/{selectionFunction}", Needs::Key),
    route("GET", "/rest/{dataclass}/{selectionFunction}/$entityset/{set}", Needs::Key),
    route("POST", "/rest/{dataclass}/{selectionFunction}/$entityset/{set}", Needs::Key),
    route("GET", "/rest/{dataclass}/$entityset/{set}/{selectionFunction}", Needs::Key),
    route("POST", "/rest/{dataclass}/$entityset/{set}/{selectionFunction}", Needs::Key),
    route("GET", "/rest/{dataclass}({key})/{function}", Needs::Key),
    route("POST", "/rest/{dataclass}({key})/{function}", Needs::Key),
];

/// What is found for a method and a path.
#[derive(Clone, Debug)]
pub enum Match {
    /// A route.
    Route(&'static Route),
    /// The path exists with other methods: these.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// Looks a request up in [`ROUTES`]. `HEAD` goes where `GET` goes.
pub fn find(method: &str, path: &str) -> Match {
    let method = if method == "HEAD" { "GET" } else { method };
    // A literal path (`roles/reload`) comes before a pattern that would also fit.
    let fitting = || ROUTES.iter().filter(|route| fits(route.path, path));
    if let Some(route) = fitting().find(|route| route.method == method) {
        return Match::Route(route);
    }
    let methods: Vec<&str> = fitting().map(|route| route.method).collect();
    if methods.is_empty() { Match::Nothing } else { Match::OtherMethods(methods.join(", ")) }
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_by_segments() {
        assert!(matches!(find("GET", "/console/api/keys/key_1"), Match::Route(route) if route.path == "/console/api/keys/{id}"));
        assert!(matches!(find("HEAD", "/console/api/keys"), Match::Route(route) if route.method == "GET"));
        assert!(matches!(find("PUT", "/console/api/keys"), Match::OtherMethods(methods) if methods == "GET, POST"));
        assert!(matches!(find("GET", "/console/api/keys/"), Match::Nothing));
        assert!(matches!(find("GET", "/console/api/keys/a/b"), Match::Nothing));
    }

    #[test]
    fn no_route_is_listed_twice() {
        let mut seen = std::collections::HashSet::new();
        assert!(ROUTES.iter().chain(OTHERS).all(|route| seen.insert((route.method, route.path))));
    }
}
