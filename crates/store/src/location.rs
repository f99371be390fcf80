//! Where a database is: what the settings `database.url` and `control.url` name.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::postgres::{Server, UrlError};

/// A file, or a server. Shown without password.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres(Box<Server>),
}

impl Location {
    /// Reads `sqlite:PATH`, a path alone, or `postgres://…`. Paths are relative to `folder`.
    pub fn parse(url: &str, folder: &Path) -> Result<Self, UrlError> {
        if Server::is_named_by(url) {
            return Ok(Self::Postgres(Box::new(Server::parse(url, folder)?)));
        }
        path(url).map(|path| Self::Sqlite(folder.join(path)))
    }

    /// Whether [`parse`](Self::parse) takes a URL, as far as no file tells.
    pub fn check(url: &str) -> Result<(), UrlError> {
        if Server::is_named_by(url) { Server::check(url) } else { path(url).map(drop) }
    }

    /// The file, of SQLite.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// True when each question goes over a network, or may.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

/// The path in a URL that names no server.
fn path(url: &str) -> Result<&str, UrlError> {
    let path = match url.split_once(':') {
        Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
        // One letter is a drive.
        Some((scheme, _)) if scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte)) => {
            return Err(UrlError::Scheme);
        }
        _ => url,
    };
    if path.is_empty() { Err(UrlError::Part("path")) } else { Ok(path) }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::Sqlite(path)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_a_server() {
        let shown =
            |url: &str| Location::parse(url, Path::new("/app")).map(|location| location.to_string()).map_err(|error| error.to_string());
        assert_eq!(shown("sqlite:data/control.db").as_deref(), Ok("/app/data/control.db"));
        assert_eq!(shown("sqlite:///var/x.db").as_deref(), Ok("/var/x.db"));
        assert_eq!(shown("../x.sqlite").as_deref(), Ok("/app/../x.sqlite"));
        assert_eq!(shown("postgres://ana:geheim@h/d").as_deref(), Ok("postgres://ana@h:5432/d"));
        for url in ["mysql://ana:geheim@h/d", "mysql:d", "postgres:d", "sqlite:", ""] {
            let message = shown(url).unwrap_err();
            assert!(!message.contains("geheim") && !message.is_empty(), "{url}: {message}");
            assert_eq!(Location::check(url).unwrap_err().to_string(), message);
        }
        // Only the file says more.
        let certificates = "postgres://ana@h/d?sslmode=verify-full&sslrootcert=nowhere.pem";
        assert!(shown(certificates).is_err() && Location::check(certificates).is_ok());
        assert!(Location::check("sqlite:data/control.db").is_ok());
    }
}
