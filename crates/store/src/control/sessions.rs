//! Console sessions: the digest of the cookie's token, whose it is, when it was used and when a password was given last.

use super::db::values;
use super::{Actor, AuditAction, ConsoleRole, ControlError, ControlStore, User, audit};

/// A session that holds.
#[derive(Clone, Debug)]
pub struct ConsoleSession {
    /// Who signed in, with the present role.
    pub email: String,
    /// Their present role.
    pub role: ConsoleRole,
    /// When a password was given last, milliseconds since 1970 UTC.
    pub confirmed_at: i64,
}

/// How long sessions live, milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct SessionLife {
    /// Without a request.
    pub idle: i64,
    /// In any case.
    pub absolute: i64,
}

impl ControlStore {
    /// Begins a session for a user whose password was right.
    pub fn begin_session(&self, token: &[u8], user: &User, actor: &Actor) -> Result<(), ControlError> {
        let at = self.now();
        let digest = self.digester().digest(token);
        self.changing(|connection| {
            connection.execute(
                "INSERT INTO console_sessions (token_digest, email, created_at, seen_at, confirmed_at) VALUES (?1, ?2, ?3, ?3, ?3)",
                &values![digest.as_slice(), &user.email, at],
            )?;
            connection.execute("UPDATE users SET last_sign_in_at = ?2 WHERE email = ?1", &values![&user.email, at])?;
            audit::write(connection, at, actor, AuditAction::SignIn, None, &[])
        })
    }

    /// The session of a token, if it holds; its use is noted at most once a minute.
    pub fn session(&self, token: &[u8], life: SessionLife) -> Result<Option<ConsoleSession>, ControlError> {
        let at = self.now();
        let digest = self.digester().digest(token);
        self.reading(|connection| {
            let found = connection.optional(
                "SELECT s.email, u.role, s.confirmed_at, s.created_at, s.seen_at FROM console_sessions s \
                 JOIN users u ON u.email = s.email WHERE s.token_digest = ?1",
                &values![digest.as_slice()],
                |row| {
                    let role = row.text(1)?.parse().unwrap_or(ConsoleRole::Viewer);
                    let session = ConsoleSession { email: row.get(0)?, role, confirmed_at: row.get(2)? };
                    Ok((session, row.get::<i64>(3)?, row.get::<i64>(4)?))
                },
            )?;
            let Some((session, created, seen)) = found else { return Ok(None) };
            if at >= created + life.absolute || at >= seen + life.idle {
                connection.execute("DELETE FROM console_sessions WHERE token_digest = ?1", &values![digest.as_slice()])?;
                return Ok(None);
            }
            if at - seen >= 60_000 {
                connection.execute("UPDATE console_sessions SET seen_at = ?2 WHERE token_digest = ?1", &values![digest.as_slice(), at])?;
            }
            Ok(Some(session))
        })
    }

    /// The password was given again.
    pub fn confirm_session(&self, token: &[u8]) -> Result<(), ControlError> {
        let at = self.now();
        let digest = self.digester().digest(token);
        self.reading(|connection| {
            connection
                .execute("UPDATE console_sessions SET confirmed_at = ?2 WHERE token_digest = ?1", &values![digest.as_slice(), at])
                .map(drop)
        })
    }

    /// Signs out.
    pub fn end_session(&self, token: &[u8]) -> Result<(), ControlError> {
        let digest = self.digester().digest(token);
        self.reading(|connection| {
            connection.execute("DELETE FROM console_sessions WHERE token_digest = ?1", &values![digest.as_slice()]).map(drop)
        })
    }
}
