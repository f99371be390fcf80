//! `claviger init`: makes an application folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use claviger_access::Roles;
use claviger_model::import::Imported;
use claviger_model::{Kind, Model, Problem};
use claviger_server::settings::Stamp;
use claviger_store::Location;
use claviger_store::postgres::config::masked;
use claviger_store::postgres::{Server, UrlError};
use serde_json::json;

use super::roles::plural;
use crate::database::Database;
use crate::failure::Usage;
use crate::folder::{self, MODEL, ROLES, SETTINGS};
use crate::output::Output;

#[derive(Args)]
pub(crate) struct Init {
    /// Folder to make; it may exist, but not hold an application.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// An existing SQLite file (`sqlite:` before it is optional) or PostgreSQL database (`postgres://USER@HOST/DATABASE`): its tables become
    /// the model, nothing in it is altered.
    #[arg(long, value_name = "URL", conflicts_with_all = ["catalog"])]
    database: Option<String>,
    /// PostgreSQL: makes the schema `claviger` in the database, for stamps that count and for indexes on folded text. Without it stamps are
    /// derived from the rows.
    #[arg(long, requires = "database")]
    allow_schema: bool,
    /// Model file to start from: one of its own kind, or one of another product.
    #[arg(long, value_name = "FILE", conflicts_with = "catalog")]
    model: Option<PathBuf>,
    /// Table definitions to start from.
    #[arg(long, value_name = "FILE.4DCatalog")]
    catalog: Option<PathBuf>,
    /// Roles file to start from; a restricted one with Admin, Editor and Reader when absent.
    #[arg(long, value_name = "FILE")]
    roles: Option<PathBuf>,
}

/// What the new application starts with.
struct Plan {
    name: String,
    model: Model,
    problems: Vec<Problem>,
    attached: Option<Attached>,
    /// That which is attached.
    database: Option<Database>,
}

/// The attached database as it stands in the settings.
struct Attached {
    /// With the password, when it has one.
    url: String,
    /// Without.
    shown: String,
    /// `database.stamp`, where it is not the default.
    stamp: Option<&'static str>,
}

impl Init {
    pub(crate) fn run(&self, output: &Output) -> Result<()> {
        for file in [SETTINGS, MODEL, ROLES] {
            let path = self.folder.join(file);
            if path.exists() {
                bail!("{} exists: init never overwrites; choose another folder", path.display());
            }
        }
        let mut plan = self.plan()?;
        let roles = self.roles_text(&plan.model)?;
        // The last thing before the files: nothing is added to a database for an application that is not made.
        if let Some(database) = plan.database.as_mut().filter(|_| self.allow_schema) {
            database.allow_schema()?;
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("cannot make the folder {}", self.folder.display()))?;
        write(&self.folder.join(MODEL), &plan.model.to_json())?;
        write(&self.folder.join(ROLES), &roles)?;
        write_settings(&self.folder.join(SETTINGS), &plan)?;
        if !self.folder.join(".gitignore").exists() {
            write(&self.folder.join(".gitignore"), "data/\n")?;
        }
        self.report(&plan, output)
    }

    fn plan(&self) -> Result<Plan> {
        let name = application_name(&self.folder);
        match (&self.database, &self.model, &self.catalog) {
            (Some(url), model, _) => {
                let database = Database::at(self.location(url)?, if self.allow_schema { Stamp::Side } else { Stamp::Hash })?;
                // A model of one's own replaces the one that is found.
                let (model, problems) = match model {
                    Some(file) => {
                        let imported = super::model::import_file(file, &name)?;
                        let problems = with_misfits(file, &database, imported.problems, &imported.model)?;
                        (imported.model, problems)
                    }
                    None => database.found(&name)?,
                };
                let attached = match &database {
                    Database::Sqlite(path) => {
                        let url = self.attached_url(path)?;
                        Attached { shown: url.clone(), url, stamp: None }
                    }
                    Database::Postgres(_) => {
                        let stamp = if self.allow_schema { "side" } else { "hash" };
                        Attached { url: url.clone(), shown: database.title(), stamp: Some(stamp) }
                    }
                };
                Ok(Plan { attached: Some(attached), name, model, problems, database: Some(database) })
            }
            (None, Some(file), _) | (None, None, Some(file)) => {
                let Imported { model, problems, name: own_name } = super::model::import_file(file, &name)?;
                let name = own_name.map(|own| cleaned(&own)).filter(|own| !own.is_empty()).unwrap_or(name);
                Ok(Plan { name, model, problems, attached: None, database: None })
            }
            (None, None, None) => {
                let model = super::model::parse("{ \"toJSON\": true, \"dataClasses\": [] }", &name).0;
                Ok(Plan { model: model.context("the empty model")?, name, problems: Vec::new(), attached: None, database: None })
            }
        }
    }

    /// What `--database` names. A file is named from where the command runs; those that the URL of a server names, from the application
    /// folder, where the settings look for them.
    fn location(&self, url: &str) -> Result<Location> {
        let folder = if Server::is_named_by(url) { self.folder.as_path() } else { Path::new("") };
        match Location::parse(url, folder) {
            Ok(Location::Sqlite(path)) if !path.is_file() => bail!(
                "{} is no file: --database wants an existing SQLite file or a postgres:// URL; leave it out for a database of the application's own",
                path.display()
            ),
            Ok(location) => Ok(location),
            Err(UrlError::Part("path")) => Err(Usage("--database names no file".to_owned()).into()),
            Err(error) => bail!("--database {error}"),
        }
    }

    /// The file relative to the application folder where it lies beside or below it, so that both can be moved together; else absolute.
    fn attached_url(&self, database: &Path) -> Result<String> {
        let database = database.canonicalize().with_context(|| format!("cannot find {}", database.display()))?;
        let folder = std::path::absolute(&self.folder)?;
        // The folder does not exist yet; its nearest ancestor that does tells where it really is.
        let existing = folder.ancestors().find(|path| path.exists()).context("no such folder")?;
        let folder = existing.canonicalize()?.join(folder.strip_prefix(existing)?);
        let relative = if let Ok(below) = database.strip_prefix(&folder) {
            below.to_path_buf()
        } else if let Some(below) = folder.parent().and_then(|parent| database.strip_prefix(parent).ok()) {
            Path::new("..").join(below)
        } else {
            database
        };
        Ok(format!("sqlite:{}", relative.display()))
    }

    fn roles_text(&self, model: &Model) -> Result<String> {
        let Some(file) = &self.roles else { return Ok(Roles::starter().to_owned()) };
        let text = folder::read(file)?;
        if let Err(findings) = Roles::parse(&text, model) {
            let first =
                findings.first().map(|finding| format!(", first in line {}: {}", finding.line, finding.message)).unwrap_or_default();
            bail!("{} has {} {}{first}", file.display(), findings.len(), plural(findings.len(), "finding"));
        }
        Ok(text)
    }

    fn report(&self, plan: &Plan, output: &Output) -> Result<()> {
        let folder = self.folder.display().to_string();
        for problem in &plan.problems {
            eprintln!("claviger: {problem}");
        }
        let classes = plan.model.dataclasses();
        let relations = classes.iter().flat_map(|class| &class.attributes).filter(|it| matches!(it.kind, Kind::RelatedEntity(_))).count();
        let report = json!({
            "folder": folder, "name": plan.name, "mode": if plan.attached.is_some() { "attached" } else { "owned" },
            "database": plan.attached.as_ref().map_or("sqlite:data/app.db", |attached| attached.shown.as_str()),
            "dataclasses": classes.iter().map(|class| &class.name).collect::<Vec<_>>(), "relations": relations,
            "warnings": plan.problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        });
        output.result(&report, |_| {
            let mut text = match &plan.attached {
                Some(Attached { shown, stamp: Some("side"), .. }) => {
                    format!("attached {shown}: the schema claviger is in it, nothing else is altered until something is written through the API\n")
                }
                Some(Attached { shown, .. }) => {
                    format!("attached {shown}: nothing in it is altered until something is written through the API\n")
                }
                None => "the database will be made at first start\n".to_owned(),
            };
            text.push_str(&format!(
                "{folder}: {} {}, {relations} {}\n",
                classes.len(),
                if classes.len() == 1 { "dataclass" } else { "dataclasses" },
                plural(relations, "relation")
            ));
            for class in classes {
                text.push_str(&format!("  {} ({} attributes)\n", class.name, class.attributes.iter().filter(|it| it.exposed).count()));
            }
            let app = quoted(&folder);
            text.push_str(&format!(
                "\nnext:\n  claviger keys create --app {app} --description \"First key\" --role {}\n  claviger serve --app {app}\n",
                quoted(&self.first_role(&plan.model))
            ));
            text
        })
    }

    /// A role for the key of the command that is proposed.
    fn first_role(&self, model: &Model) -> String {
        let roles = self.roles_text(model).ok().and_then(|text| Some(Roles::parse(&text, model).ok()?.0));
        let Some(roles) = roles else { return "Admin".to_owned() };
        roles.default_role().map(|role| role.name().to_owned()).or_else(|| roles.names().next().map(str::to_owned)).unwrap_or_default()
    }
}

/// A URL with a password is for the owner's eyes.
fn write_settings(path: &Path, plan: &Plan) -> Result<()> {
    let has_password = plan.attached.as_ref().is_some_and(|attached| masked(&attached.url) != attached.url);
    if has_password {
        eprintln!(
            "claviger: {} holds the password of the database: keep it out of version control, or take url out of it and set CLAVIGER_DATABASE__URL",
            path.display()
        );
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).with_context(|| format!("cannot write {}", path.display()))?;
    }
    write(path, &settings_text(plan))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The findings about a model file with those about the tables that it is meant for; an error when it needs what they have not.
fn with_misfits(file: &Path, database: &Database, mut problems: Vec<Problem>, model: &Model) -> Result<Vec<Problem>> {
    let misfits = database.misfits(model)?;
    let lacks = database.lacks(model, &misfits)?;
    if let Some(first) = lacks.first() {
        bail!(
            "{} speaks of {} {} that {} has not, first {first}: correct matchTable, matchColumn and type in it, or leave --model out",
            file.display(),
            lacks.len(),
            plural(lacks.len(), "thing"),
            database.title()
        );
    }
    problems.extend(misfits.iter().map(|misfit| Problem::warning("", "misfit", misfit.to_string())));
    Ok(problems)
}

/// The folder's name with the characters of a dataclass name, so that it can stand in a cookie name and in `$catalog`.
fn application_name(folder: &Path) -> String {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let name = cleaned(&absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default());
    if name.is_empty() { "claviger".to_owned() } else { name }
}

/// Without the characters that cannot stand in the name of a cookie.
fn cleaned(name: &str) -> String {
    let kept: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' }).collect();
    kept.trim_matches('-').to_owned()
}

fn settings_text(plan: &Plan) -> String {
    let mut text = format!("name = {}\nlisten = \"127.0.0.1:5397\"\n\n[database]\n", toml_text(&plan.name));
    match &plan.attached {
        Some(Attached { url, stamp, .. }) => {
            text.push_str(&format!("url = {}\nmode = \"attached\"\n", toml_text(url)));
            if let Some(stamp) = stamp {
                text.push_str(&format!("stamp = \"{stamp}\"\n"));
            }
        }
        None => text.push_str("url = \"sqlite:data/app.db\"\nmode = \"owned\"\n"),
    }
    text
}

/// A TOML string: that of JSON is one.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// As a word of a shell command.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_folder() {
        assert_eq!(application_name(Path::new("/srv/My Books!")), "My-Books");
        assert_eq!(application_name(Path::new("/")), "claviger");
    }

    #[test]
    fn words_of_a_shell_command_are_quoted_where_needed() {
        assert_eq!(quoted("./app"), "./app");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn databases_are_named_by_url_or_file() {
        let init = Init { folder: "app".into(), database: None, allow_schema: false, model: None, catalog: None, roles: None };
        let location = |url: &str| init.location(url);
        assert!(matches!(location("postgres://ana@localhost/x"), Ok(Location::Postgres(_))));
        assert!(location("mysql://localhost/x").is_err() && location("postgres://localhost").is_err());
        assert!(location("sqlite:").unwrap_err().is::<Usage>());
        assert!(location("/no/such/file.db").is_err());
    }
}
