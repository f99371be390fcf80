//! `session`: privileges, promotion, storage (`functions.md` 2; `roles-privileges.md` 7).

use std::sync::Arc;

use claviger_query::Planner;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::{Answer, Running, Unanswered, arguments};
use crate::functions::SessionPrivileges;
use crate::rest;

/// What `session.setPrivileges` takes: one privilege, several, or privileges and roles.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said {
    One(String),
    Several(Vec<String>),
    Both {
        #[serde(default)]
        privileges: Names,
        #[serde(default)]
        roles: Names,
    },
}

/// One name or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Names {
    fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Several(names) => names,
        }
    }
}

impl Running<'_> {
    pub(super) fn session(&self, operation: &str, raw: &RawValue) -> Answer {
        Ok(match operation {
            "hasPrivilege" => {
                let (name,): (String,) = arguments(raw)?;
                self.privileges.effective().has_privilege(&name).to_string()
            }
            "getPrivileges" => serde_json::to_string(&self.privileges.names())?,
            "setPrivileges" => {
                let (said,): (Said,) = arguments(raw)?;
                let said = match said {
                    Said::One(name) => SessionPrivileges { privileges: vec![name], roles: Vec::new() },
                    Said::Several(privileges) => SessionPrivileges { privileges, roles: Vec::new() },
                    Said::Both { privileges, roles } => SessionPrivileges { privileges: privileges.into_vec(), roles: roles.into_vec() },
                };
                self.set_privileges(said)
            }
            "clearPrivileges" => self.set_privileges(SessionPrivileges::default()),
            "promote" => {
                let (name,): (String,) = arguments(raw)?;
                self.privileges.promote(&name).to_string()
            }
            "demote" => {
                let (number,): (u64,) = arguments(raw)?;
                self.privileges.demote(number);
                "null".to_owned()
            }
            "leave" => {
                let (number,): (u64,) = arguments(raw)?;
                self.privileges.leave(number);
                "null".to_owned()
            }
            "enter" => {
                let (path,): (String,) = arguments(raw)?;
                self.enter(&path)?.to_string()
            }
            "storage" => self.state.sessions().storage(self.caller.visit).as_deref().unwrap_or("{}").to_owned(),
            "store" => {
                let (storage,): (&RawValue,) = arguments(raw)?;
                self.state.sessions().store(self.caller.whose(), storage.get()).to_string()
            }
            _ => return Err(Unanswered::Nonsense(format!("there is no operation {operation}"))),
        })
    }

    /// The caller's key, without its secret.
    pub(super) async fn key(&self) -> Answer {
        let Some(key) = self.caller.principal.key() else { return Ok("null".to_owned()) };
        let id = key.id.as_str();
        let description = rest::key_names(self.state, vec![key.id.clone()]).await?.remove(id);
        Ok(json!({ "id": id, "description": description, "type": key.slot.key_type().name(), "role": key.slot.role() }).to_string())
    }

    /// For this call, and for the session from its next request on.
    fn set_privileges(&self, said: SessionPrivileges) -> String {
        let said = Arc::new(said);
        let session = self.privileges.set(&said);
        let done = self.state.sessions().set_privileges(self.caller.whose(), said);
        // What is lent beside them guards no more than that.
        json!({ "done": done, "guarded": session.guarded() }).to_string()
    }

    /// A function of this name is called from inside: may it be, and what does it promote (PR-7).
    fn enter(&self, path: &str) -> Result<u64, Unanswered> {
        let model = self.model();
        let Some((id, _)) = model.functions().names().find(|(_, function)| function.path(model) == path) else {
            return Err(Unanswered::Nonsense(format!("there is no function {path}")));
        };
        Planner::may_execute(model, &self.privileges.effective(), id)?;
        Ok(self.privileges.enter(id))
    }
}

impl Running<'_> {
    /// What the prelude is told of the call's caller.
    pub(in crate::functions) fn described(&self) -> Json {
        let grants = self.privileges.effective();
        // Called from inside they are asked for: they may not be called, or lend something.
        json!({ "guarded": grants.guarded() })
    }
}
