//! `$directory/…` and `$logout` (`rest-dialect.md` 17.4, 17.5, 19).

use serde_json::Value as Json;

use crate::ask::{Body, Verb};
use crate::error::{Error, ErrorKind};

/// A call of the directory as its path names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DirectoryCall {
    Login,
    /// `login(name,password)`: passwords do not belong in URLs, so nothing of it is kept.
    LoginInUrl,
    CurrentUser,
    BelongsTo,
    Logout,
}

/// A call of the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Directory {
    /// Somebody wants to log in. The name as the body gives it (`["name", "password", 3600]`); `None`: the body gives none, it is in a header.
    /// The password is not kept: what checks it reads it where it stands.
    Login {
        /// User name.
        name: Option<String>,
    },
    /// Who is logged in.
    CurrentUser,
    /// Does the user belong to one of these groups (names or IDs)?
    BelongsTo(Vec<String>),
    /// The session ends.
    Logout,
}

impl DirectoryCall {
    /// From the segment behind `$directory`.
    pub(crate) fn of(call: Option<&str>) -> Result<Self, Error> {
        let call = call.unwrap_or_default();
        let lower = call.to_ascii_lowercase();
        match lower.as_str() {
            "login" => Ok(Self::Login),
            "currentuser" => Ok(Self::CurrentUser),
            "currentuserbelongsto" => Ok(Self::BelongsTo),
            "logout" => Ok(Self::Logout),
            _ if lower.starts_with("login(") || lower.starts_with("login[") => Ok(Self::LoginInUrl),
            // Not with what was written: it may be meant as a login.
            _ => Err(Error::new(ErrorKind::NotFound, 1800, "This is no call of the directory.")),
        }
    }

    pub(crate) fn wants_body(self) -> bool {
        matches!(self, Self::Login | Self::BelongsTo)
    }

    pub(crate) fn plan(self, verb: Verb, body: Body) -> Result<Directory, Error> {
        let not_applicable = |message: &str| Err(Error::new(ErrorKind::Malformed, 1813, message));
        match (self, verb) {
            (Self::LoginInUrl, _) => not_applicable("A password does not belong in a URL. Send it in headers or in the body of a POST."),
            (Self::Login, Verb::Post) => Ok(Directory::Login { name: login_name(body)? }),
            (Self::BelongsTo, Verb::Post) => Ok(Directory::BelongsTo(groups(body)?)),
            (Self::Login | Self::BelongsTo, _) => not_applicable("This call of the directory takes a POST."),
            (Self::CurrentUser, Verb::Get | Verb::Post) => Ok(Directory::CurrentUser),
            (Self::Logout, Verb::Get | Verb::Post) => Ok(Directory::Logout),
            (Self::CurrentUser | Self::Logout, _) => not_applicable("This call of the directory takes a GET."),
        }
    }
}

fn malformed(message: &str) -> Error {
    Error::new(ErrorKind::Malformed, 1806, message)
}

/// `["name", "password", seconds]`, the last two perhaps absent; an empty body leaves it to the headers.
fn login_name(body: Body) -> Result<Option<String>, Error> {
    let wrong = || malformed("The body of a login is an array of name, password and seconds.");
    match body {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(mut parts)) if parts.len() <= 3 => {
            let fits = parts.iter().zip([Json::is_string, Json::is_string, Json::is_number]).all(|(part, is_right)| is_right(part));
            if !fits {
                return Err(wrong());
            }
            Ok(parts.drain(..).next().and_then(|name| name.as_str().map(str::to_owned)))
        }
        Some(Json::Object(members)) if members.is_empty() => Ok(None),
        Some(_) => Err(wrong()),
    }
}

/// `["Sales"]`, `"Sales"`.
fn groups(body: Body) -> Result<Vec<String>, Error> {
    let wrong = || malformed("The body must be the name or ID of a group, or an array of them.");
    let text = |json: Json| match json {
        Json::String(text) => Ok(text),
        _ => Err(wrong()),
    };
    match body {
        Some(Json::Array(groups)) => groups.into_iter().map(text).collect(),
        Some(one) => text(one).map(|group| vec![group]),
        None => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn logins_are_read_in_both_forms_and_without_the_password() {
        let plan = |body: Body| DirectoryCall::Login.plan(Verb::Post, body);
        let login = |name: Option<&str>| Ok(Directory::Login { name: name.map(str::to_owned) });
        assert_eq!(plan(None), login(None));
        assert_eq!(plan(Some(json!(["ines", "geheim", 3600]))), login(Some("ines")));
        assert_eq!(plan(Some(json!(["ines", "geheim"]))), login(Some("ines")));
        for wrong in [json!("ines"), json!([1, "x"]), json!(["a", "b", "c"]), json!({ "name": "ines" }), json!(["a", "b", 1, 2])] {
            assert_eq!(plan(Some(wrong.clone())).unwrap_err().code(), 1806, "{wrong}");
        }
        assert_eq!(DirectoryCall::Login.plan(Verb::Get, None).unwrap_err().code(), 1813);
        let in_url = DirectoryCall::of(Some("login(ines,geheim)")).unwrap();
        assert!(!format!("{in_url:?}").contains("geheim"));
        assert_eq!(in_url.plan(Verb::Post, None).unwrap_err().code(), 1813);
        let unknown = DirectoryCall::of(Some("logn(ines,geheim)")).unwrap_err();
        assert!(unknown.code() == 1800 && !unknown.to_string().contains("geheim"));
    }

    #[test]
    fn groups_are_a_text_or_several() {
        let plan = |body: Body| DirectoryCall::BelongsTo.plan(Verb::Post, body);
        assert_eq!(plan(Some(json!(["Sales", "7C"]))), Ok(Directory::BelongsTo(vec!["Sales".to_owned(), "7C".to_owned()])));
        assert_eq!(plan(Some(json!("Sales"))), Ok(Directory::BelongsTo(vec!["Sales".to_owned()])));
        assert_eq!(plan(Some(json!([7]))).unwrap_err().code(), 1806);
        assert_eq!(plan(None).unwrap_err().code(), 1806);
    }
}
