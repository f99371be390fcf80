//! Passwords of console users: argon2id, off the async threads, never more than a few at once (each takes memory and tens of milliseconds).

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

/// Shortest password.
pub const SHORTEST: usize = 8;
/// Longest password, so that nobody can make the server hash megabytes.
pub const LONGEST: usize = 256;

/// A hash of no password, for users that do not exist: checking takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2xhdmlnZXItbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Says what is wrong with a password that somebody wants to have.
pub fn check(password: &str) -> Result<(), String> {
    let length = password.chars().count();
    if (SHORTEST..=LONGEST).contains(&length) { Ok(()) } else { Err(format!("A password has {SHORTEST} to {LONGEST} characters.")) }
}

/// Hashes a password; `salt` are 16 random bytes. Takes tens of milliseconds.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, String> {
    Argon2::default().hash_password_with_salt(password.as_bytes(), salt).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// True when the password is the one of the hash; without a hash false, after the same work.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let right = password.len() <= 4 * LONGEST && Argon2::default().verify_password(password.as_bytes(), hash.unwrap_or(NOBODY)).is_ok();
    right && hash.is_some()
}

/// Says what is wrong with an e-mail address; it is a sign-in name, so little is asked.
pub fn check_email(email: &str) -> Result<(), String> {
    let parts = email.split_once('@');
    let fits = email.len() <= 254
        && !email.chars().any(|character| character.is_whitespace() || character.is_control() || character == '/')
        && parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if fits { Ok(()) } else { Err("This must be an e-mail address.".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_verifies() {
        let hash = hash("correct horse", &[7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"));
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("wrong horse", Some(&hash)));
        assert!(!verify("correct horse", None));
        assert!(!verify("correct horse", Some("damaged")));
    }

    /// A hash of nobody that could not be parsed would be refused at once, and a stopwatch would tell who exists.
    #[test]
    fn the_hash_of_nobody_costs_as_much() {
        let own = hash("x", &[7; 16]).unwrap();
        let parameters = |hash: &str| hash.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parameters(NOBODY), parameters(&own));
        assert_eq!(NOBODY.rsplit('$').next().unwrap().len(), own.rsplit('$').next().unwrap().len());
        let refused = Argon2::default().verify_password(b"x", NOBODY).unwrap_err();
        assert_eq!(refused.to_string(), Argon2::default().verify_password(b"y", own.as_str()).unwrap_err().to_string());
    }

    #[test]
    fn names_and_passwords_have_bounds() {
        assert!(check("1234567").is_err() && check("12345678").is_ok() && check(&"x".repeat(257)).is_err());
        for email in ["ana@example.org", "a@b"] {
            assert!(check_email(email).is_ok(), "{email}");
        }
        for email in ["", "ana", "@b", "a@", "a b@c", "a@b@c", "a/b@c"] {
            assert!(check_email(email).is_err(), "{email}");
        }
    }
}
