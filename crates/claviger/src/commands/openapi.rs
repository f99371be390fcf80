//! `claviger openapi`: an OpenAPI 3.1 document of what a role or key can reach, and of nothing else; or a Postman collection of the same.

use std::sync::Arc;

use anyhow::{Result, bail};
use clap::{ArgGroup, Args, ValueEnum};
use claviger_access::{Grants, KeyType};
use claviger_server::data_openapi::{document, postman};
use claviger_store::control::Rules;

use super::{functions, keys};
use crate::folder::Folder;
use crate::output::line;

#[derive(Args)]
#[command(group(ArgGroup::new("caller").required(false).args(["key", "role"])))]
pub(crate) struct Openapi {
    /// What a Standard key with this role can reach.
    #[arg(long, value_name = "NAME")]
    role: Option<String>,
    /// What this key can reach.
    #[arg(long, value_name = "ID")]
    key: Option<String>,
    /// The document, or a Postman collection made from it.
    #[arg(long, value_enum, default_value_t = Format::Openapi)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Openapi,
    Postman,
}

impl Openapi {
    pub(crate) fn run(&self, folder: &Folder) -> Result<()> {
        let settings = folder.settings()?.settings;
        let model = functions::model(folder, &settings)?;
        let roles = folder.roles(&model, &settings)?;
        let rules = Rules { roles, model, admin_protection: settings.keys.admin_protection };
        let grants = match (&self.key, &self.role) {
            (Some(id), _) => {
                let record = keys::record(folder, &settings, id)?;
                rules.grants(record.key_type, record.role.as_deref())
            }
            // Everything that is exposed.
            (None, None) => Arc::new(Grants::administration(&rules.model)),
            (None, Some(role)) => {
                if rules.roles.role(role).is_none() {
                    bail!("no role \"{role}\" is declared: see `claviger roles check`");
                }
                rules.grants(KeyType::Standard, Some(role))
            }
        };
        let server = if settings.public_url.is_empty() { format!("http://{}", settings.listen) } else { settings.public_url.clone() };
        let document = document(&rules.model, &grants, &server);
        let shown = match self.format {
            Format::Openapi => document,
            Format::Postman => postman::collection(&document),
        };
        line(&serde_json::to_string_pretty(&shown)?);
        Ok(())
    }
}
