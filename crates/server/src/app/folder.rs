//! The application folder (`interface.md` 1): `data/`, the master key, `claviger.toml`, `model.json`, `roles.json`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use claviger_access::{Finding, MasterKey, Roles};
use claviger_model::Model;
use claviger_model::problem::Problem;
use claviger_store::control::Random;

use super::OpenError;
use crate::settings::{Loaded, Settings, load};

/// Variable with 64 hexadecimal digits that replaces the master key's file.
pub const MASTER_KEY_VARIABLE: &str = "CLAVIGER_MASTER_KEY";

/// Makes `data/` (mode 0700) when it does not exist.
pub fn make_data(folder: &Path) -> Result<PathBuf, OpenError> {
    let data = folder.join("data");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&data).map_err(|source| OpenError::File { path: data.clone(), source })?;
    Ok(data)
}

/// Reads `claviger.toml`, which may be absent, and lays the process's environment over it.
pub fn read_settings(folder: &Path) -> Result<Loaded, OpenError> {
    let text = read_optional(&folder.join("claviger.toml"))?;
    Ok(load(text.as_deref(), std::env::vars())?)
}

/// Reads and checks `model.json`; gives the warnings too.
pub fn read_model(folder: &Path, settings: &Settings) -> Result<(Arc<Model>, Vec<Problem>), OpenError> {
    let path = folder.join("model.json");
    let text = std::fs::read_to_string(&path).map_err(|source| OpenError::File { path, source })?;
    let (model, problems) = Model::from_json(&text, &settings.name).map_err(OpenError::Model)?;
    Ok((Arc::new(model), problems))
}

/// Reads `roles.json`. Absent: restricted, nobody may anything (RL-3). With errors: the findings, and the report file beside the data
/// (RL-2); a good file takes the report away again.
pub fn read_roles(folder: &Path, settings: &Settings, model: &Model, at: i64) -> Result<(Roles, Vec<Finding>), OpenError> {
    let path = folder.join("roles.json");
    let report = folder.join("data").join("Roles_Errors.json");
    let Some(text) = read_optional(&path)? else {
        if settings.rest.open_without_roles {
            tracing::warn!("THERE IS NO roles.json: every key may do everything (rest.open_without_roles)");
            return Ok((Roles::unrestricted(), Vec::new()));
        }
        tracing::warn!("THERE IS NO roles.json: Standard keys may do nothing; `claviger init` writes one to start from");
        return Ok((Roles::absent(), Vec::new()));
    };
    match Roles::parse(&text, model) {
        Ok((roles, warnings)) => {
            let _ = std::fs::remove_file(&report);
            for warning in &warnings {
                tracing::warn!("roles.json: {warning}");
            }
            Ok((roles, warnings))
        }
        Err(findings) => {
            let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_string();
            let content = claviger_access::roles::report("roles.json", &at, &findings);
            if let Err(error) = std::fs::write(&report, content) {
                tracing::error!(%error, "Roles_Errors.json could not be written");
            }
            Err(OpenError::Roles(findings))
        }
    }
}

/// The master key: from the variable, else from its file, which is made (mode 0600) when absent. `Err` is a sentence for the log and
/// `/readyz`: without it secrets cannot be revealed, everything else works.
pub fn master_key(folder: &Path, settings: &Settings, variable: Option<&str>, random: &Random) -> Result<MasterKey, String> {
    if let Some(text) = variable {
        let bytes = from_hex(text.trim()).and_then(|bytes| MasterKey::from_slice(&bytes));
        return bytes.ok_or_else(|| format!("{MASTER_KEY_VARIABLE} must be 64 hexadecimal digits"));
    }
    let path = folder.join(&settings.keys.master_key_file);
    let told = |error: &std::io::Error| format!("the master key {} cannot be used: {error}", path.display());
    match std::fs::read(&path) {
        Ok(bytes) => MasterKey::from_slice(&bytes).ok_or_else(|| format!("the master key {} has not exactly 32 bytes", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let control = settings.control_location(folder).map_err(|error| error.to_string())?;
            let is_missed = claviger_store::control::has_sealed_secrets(&control);
            if is_missed.map_err(|error| format!("the master key {} is not there, and {error}", path.display()))? {
                return Err(format!(
                    "the master key {} is gone, and the secrets sealed under it cannot be revealed: put it back, or write 32 random bytes there and regenerate the keys",
                    path.display()
                ));
            }
            let key = MasterKey::mint(&mut |buffer: &mut [u8]| random(buffer));
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path).map_err(|error| told(&error))?;
            file.write_all(key.expose()).and_then(|()| file.sync_all()).map_err(|error| told(&error))?;
            Ok(key)
        }
        Err(error) => Err(told(&error)),
    }
}

fn read_optional(path: &Path) -> Result<Option<String>, OpenError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OpenError::File { path: path.to_owned(), source }),
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random() -> Random {
        Arc::new(|buffer: &mut [u8]| buffer.fill(7))
    }

    #[test]
    fn the_master_key_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        make_data(folder.path()).unwrap();
        let settings = Settings::default();
        let made = master_key(folder.path(), &settings, None, &random()).unwrap();
        let never: Random = Arc::new(|buffer: &mut [u8]| assert!(buffer.is_empty(), "a second key"));
        let again = master_key(folder.path(), &settings, None, &never).unwrap();
        assert_eq!(made.expose(), again.expose());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("data"), mode("data/master.key")), (0o700, 0o600));
        }
        std::fs::write(folder.path().join("data/master.key"), b"short").unwrap();
        assert!(master_key(folder.path(), &settings, None, &random()).is_err());
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(master_key(folder.path(), &settings, Some(&hex), &random()).unwrap().expose()[0], 1);
        assert!(master_key(folder.path(), &settings, Some("xyz"), &random()).is_err());
    }
}
