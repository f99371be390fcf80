//! People who may sign in to the console (`interface.md` 5). Passwords are here as their argon2 hash only, made by the caller.

use serde::{Deserialize, Serialize};

use super::db::{Connection, Row, values};
use super::{Actor, AuditAction, ControlError, ControlStore, DbError, Failure, audit};

/// What a console user may do: each role includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsoleRole {
    /// Sees everything but secrets.
    Viewer,
    /// Manages keys.
    Manager,
    /// Also manages users.
    Owner,
}

impl ConsoleRole {
    /// As it is stored and sent.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

impl std::str::FromStr for ConsoleRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "manager" => Ok(Self::Manager),
            "owner" => Ok(Self::Owner),
            _ => Err(format!("\"{text}\" is none of owner, manager, viewer")),
        }
    }
}

/// A console user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Sign-in name; compared without case.
    pub email: String,
    /// What they may do.
    pub role: ConsoleRole,
    /// Milliseconds since 1970 UTC.
    #[serde(skip)]
    pub created_at: i64,
    /// Milliseconds since 1970 UTC.
    #[serde(skip)]
    pub last_sign_in_at: Option<i64>,
}

const COLUMNS: &str = "email, role, created_at, last_sign_in_at";

fn from_row(row: &Row<'_>) -> Result<User, DbError> {
    Ok(User {
        email: row.get(0)?,
        role: row.text(1)?.parse().unwrap_or(ConsoleRole::Viewer),
        created_at: row.get(2)?,
        last_sign_in_at: row.get(3)?,
    })
}

/// As `lower` makes it in both engines.
fn lower(email: &str) -> String {
    email.to_ascii_lowercase()
}

fn find(connection: &Connection, email: &str) -> Result<Option<User>, DbError> {
    connection.optional(&format!("SELECT {COLUMNS} FROM users WHERE lower(email) = ?1"), &values![lower(email)], from_row)
}

/// Refuses to take away the last owner.
fn guard_owner(connection: &Connection, user: &User) -> Result<(), Failure> {
    if user.role == ConsoleRole::Owner {
        let owners: i64 = connection.row("SELECT count(*) FROM users WHERE role = 'owner'", &[], |row| row.get(0))?;
        if owners < 2 {
            return Err(ControlError::LastOwner(user.email.clone()).into());
        }
    }
    Ok(())
}

impl ControlStore {
    /// All users by e-mail.
    pub fn users(&self) -> Result<Vec<User>, ControlError> {
        self.reading(|connection| connection.rows(&format!("SELECT {COLUMNS} FROM users ORDER BY lower(email), email"), &[], from_row))
    }

    /// One user.
    pub fn user(&self, email: &str) -> Result<Option<User>, ControlError> {
        self.reading(|connection| find(connection, email))
    }

    /// The user with the hash of the password, for a sign-in.
    pub fn user_with_password(&self, email: &str) -> Result<Option<(User, String)>, ControlError> {
        self.reading(|connection| {
            let select = format!("SELECT {COLUMNS}, password_hash FROM users WHERE lower(email) = ?1");
            connection.optional(&select, &values![lower(email)], |row| Ok((from_row(row)?, row.get(4)?)))
        })
    }

    /// Makes a user.
    pub fn create_user(&self, email: &str, role: ConsoleRole, password_hash: &str, actor: &Actor) -> Result<User, ControlError> {
        self.insert_user(email, role, password_hash, actor, false)
    }

    /// Makes the very first user, an owner; when there is one already, [`ControlError::Exists`].
    pub fn create_first_owner(&self, email: &str, password_hash: &str, actor: &Actor) -> Result<User, ControlError> {
        self.insert_user(email, ConsoleRole::Owner, password_hash, actor, true)
    }

    fn insert_user(&self, email: &str, role: ConsoleRole, hash: &str, actor: &Actor, only_first: bool) -> Result<User, ControlError> {
        let at = self.now();
        self.changing(|connection| {
            let any: bool = connection.row("SELECT EXISTS (SELECT 1 FROM users)", &[], |row| row.get(0))?;
            if (only_first && any) || find(connection, email)?.is_some() {
                return Err(ControlError::Exists(email.to_owned()).into());
            }
            connection.execute(
                "INSERT INTO users (email, role, password_hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                &values![email, role.name(), hash, at],
            )?;
            audit::write(connection, at, actor, AuditAction::UserCreate, None, &[email])?;
            Ok(User { email: email.to_owned(), role, created_at: at, last_sign_in_at: None })
        })
    }

    /// Changes role or password. A new password ends all of the user's sessions.
    pub fn edit_user(
        &self,
        email: &str,
        role: Option<ConsoleRole>,
        password_hash: Option<&str>,
        actor: &Actor,
    ) -> Result<User, ControlError> {
        let at = self.now();
        self.changing(|connection| {
            let mut user = find(connection, email)?.ok_or_else(|| ControlError::Absent(format!("the user {email}")))?;
            let mut fields = vec![user.email.clone()];
            if let Some(role) = role.filter(|role| *role != user.role) {
                guard_owner(connection, &user)?;
                connection
                    .execute("UPDATE users SET role = ?2, updated_at = ?3 WHERE email = ?1", &values![&user.email, role.name(), at])?;
                user.role = role;
                fields.push("role".to_owned());
            }
            if let Some(hash) = password_hash {
                connection
                    .execute("UPDATE users SET password_hash = ?2, updated_at = ?3 WHERE email = ?1", &values![&user.email, hash, at])?;
                connection.execute("DELETE FROM console_sessions WHERE email = ?1", &values![&user.email])?;
                fields.push("password".to_owned());
            }
            let names: Vec<&str> = fields.iter().map(String::as_str).collect();
            audit::write(connection, at, actor, AuditAction::UserEdit, None, &names)?;
            Ok(user)
        })
    }

    /// Removes a user and their sessions.
    pub fn delete_user(&self, email: &str, actor: &Actor) -> Result<(), ControlError> {
        let at = self.now();
        self.changing(|connection| {
            let user = find(connection, email)?.ok_or_else(|| ControlError::Absent(format!("the user {email}")))?;
            guard_owner(connection, &user)?;
            connection.execute("DELETE FROM users WHERE email = ?1", &values![&user.email])?;
            audit::write(connection, at, actor, AuditAction::UserDelete, None, &[&user.email])
        })
    }
}
