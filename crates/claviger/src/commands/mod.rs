//! One file a command.

mod client;
mod doctor;
mod explain;
mod functions;
pub(crate) mod init;
pub(crate) mod keys;
mod model;
mod openapi;
mod query;
mod reference;
pub(crate) mod roles;
pub(crate) mod serve;
pub(crate) mod users;
mod version;

use anyhow::Result;
use clap::Subcommand;

use crate::demo;
use crate::folder::Folder;
use crate::output::Output;

/// The hidden command that a worker for functions is.
pub(crate) const SCRIPT_WORKER: &str = "script-worker";

/// The commands (`interface.md` 2).
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Makes (or reuses) a ready application with data of its own, prints how to reach it, and serves it.
    Demo(demo::Demo),
    /// Makes an application folder, for a database that exists or for one of its own.
    Init(init::Init),
    /// Serves the application.
    Serve(serve::Serve),
    /// API keys: create, list, show, edit, reveal, regenerate, delete.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// People who may sign in to the console.
    #[command(subcommand)]
    Users(users::Users),
    /// Roles and privileges: check the file, see what a role may do.
    #[command(subcommand)]
    Roles(roles::Roles),
    /// The data model: check, import, compare with the database, show the SQL.
    #[command(subcommand)]
    Model(model::Model),
    /// User functions: check them, print their declarations for editors.
    #[command(subcommand)]
    Functions(functions::Functions),
    /// Checks folder, permissions, database, model, roles, functions, master key and clock.
    Doctor,
    /// Prints the OpenAPI 3.1 document of what a role or key can reach, or of all that is exposed.
    Openapi(openapi::Openapi),
    /// Says whether a request would be allowed, by which rule, and which attributes are left out.
    Explain(explain::Explain),
    /// Asks any endpoint of the dialect for entities, and prints them as a table, JSON or CSV.
    Query(query::Query),
    /// What the client libraries take from a server before a program is written.
    #[command(subcommand)]
    Client(client::Client),
    /// Prints version, commit and SQLite version.
    Version,
    /// Prints the generated pages of the documentation.
    #[command(hide = true)]
    Reference(reference::Reference),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, folder: &Folder, output: &Output) -> Result<()> {
        match self {
            Self::Demo(command) => command.run(output),
            Self::Init(command) => command.run(output),
            Self::Serve(command) => command.run(folder),
            Self::Keys(command) => command.run(folder, output),
            Self::Users(command) => command.run(folder, output),
            Self::Roles(command) => command.run(folder, output),
            Self::Model(command) => command.run(folder, output),
            Self::Functions(command) => command.run(folder, output),
            Self::Doctor => doctor::run(folder, output),
            Self::Openapi(command) => command.run(folder),
            Self::Explain(command) => command.run(folder, output),
            Self::Query(command) => command.run(output),
            Self::Client(command) => command.run(),
            Self::Version => version::run(output),
            Self::Reference(command) => command.run(),
        }
    }
}
