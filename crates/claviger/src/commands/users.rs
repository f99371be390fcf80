//! `claviger users`: people who may sign in to the console.

use std::io::{IsTerminal as _, Read as _};

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use claviger_server::console::password;
use claviger_store::control::{Actor, ConsoleRole, ControlError, User};
use serde_json::json;

use crate::clock;
use crate::control::Control;
use crate::failure::Usage;
use crate::folder::Folder;
use crate::output::{Output, table};

#[derive(Subcommand)]
pub(crate) enum Users {
    /// Makes a user.
    Create {
        /// Sign-in name.
        #[arg(long, value_name = "E")]
        email: String,
        /// What they may do; the first user is an owner, others viewers, when absent.
        #[arg(long, value_enum)]
        role: Option<Role>,
        #[command(flatten)]
        password: Password,
    },
    /// Lists all users.
    List,
    /// Gives a user a new password and ends their sessions.
    SetPassword {
        /// Sign-in name.
        email: String,
        #[command(flatten)]
        password: Password,
    },
    /// Removes a user and ends their sessions.
    Delete {
        /// Sign-in name.
        email: String,
    },
}

/// Where the password comes from: standard input, or a prompt.
#[derive(Args)]
pub(crate) struct Password {
    /// Read the password from standard input instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

/// Console role, as typed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    Owner,
    Manager,
    Viewer,
}

impl Users {
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        let settings = folder.settings()?.settings;
        let control = Control::open(folder, &settings)?;
        let (store, actor) = (&control.store, Actor::command_line());
        match self {
            Self::Create { email, role, password } => {
                if let Err(problem) = password::check_email(&email) {
                    return Err(Usage(format!("--email \"{email}\": {problem}")).into());
                }
                let hash = hash(&password.read()?)?;
                let role = match role {
                    Some(role) => console_role(role),
                    None if store.users()?.is_empty() => ConsoleRole::Owner,
                    None => ConsoleRole::Viewer,
                };
                let user = store.create_user(&email, role, &hash, &actor).map_err(advice)?;
                output.result(&as_json(&user), |_| format!("created {} ({})", user.email, user.role.name()))?;
            }
            Self::List => {
                let users = store.users()?;
                let shown: Vec<_> = users.iter().map(as_json).collect();
                return output.result(&json!(shown), |_| {
                    let rows = users.iter().map(|user| [user.email.clone(), user.role.name().to_owned(), last_sign_in(user)]);
                    table(["email", "role", "last sign-in"], rows)
                });
            }
            Self::SetPassword { email, password } => {
                if store.user(&email)?.is_none() {
                    return Err(advice(ControlError::Absent(format!("the user {email}"))));
                }
                let user = store.edit_user(&email, None, Some(&hash(&password.read()?)?), &actor).map_err(advice)?;
                output.result(&as_json(&user), |_| format!("{} has a new password", user.email))?;
            }
            Self::Delete { email } => {
                store.delete_user(&email, &actor).map_err(advice)?;
                output.result(&json!({ "deleted": email }), |_| format!("deleted {email}"))?;
            }
        }
        control.announce();
        Ok(())
    }
}

impl Password {
    /// The password; its trailing newline is dropped.
    fn read(&self) -> Result<String> {
        if self.password_stdin {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text)?;
            let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
            return Ok(text.to_owned());
        }
        if !std::io::stdin().is_terminal() {
            return Err(Usage("without a terminal this needs --password-stdin".to_owned()).into());
        }
        let first = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Once more: ")? != first {
            bail!("the two passwords differ: try again");
        }
        Ok(first)
    }
}

/// Checks and hashes a password by the rules of the console.
pub(crate) fn hash(password: &str) -> Result<String> {
    password::check(password).map_err(|problem| anyhow::anyhow!(problem))?;
    let mut salt = [0u8; 16];
    crate::control::random(&mut salt);
    password::hash(password, &salt).map_err(|problem| anyhow::anyhow!("cannot hash the password: {problem}"))
}

fn console_role(role: Role) -> ConsoleRole {
    match role {
        Role::Owner => ConsoleRole::Owner,
        Role::Manager => ConsoleRole::Manager,
        Role::Viewer => ConsoleRole::Viewer,
    }
}

fn advice(error: ControlError) -> anyhow::Error {
    let next = match &error {
        ControlError::Absent(_) => "see `claviger users list`",
        ControlError::Exists(_) => "`claviger users set-password` changes the password",
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}: {next}")
}

fn last_sign_in(user: &User) -> String {
    user.last_sign_in_at.map_or_else(|| "never".to_owned(), clock::text)
}

fn as_json(user: &User) -> serde_json::Value {
    json!({
        "email": user.email, "role": user.role,
        "createdAt": clock::text(user.created_at), "lastSignInAt": user.last_sign_in_at.map(clock::text),
    })
}
