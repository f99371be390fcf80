//! The command line of Claviger (`interface.md` 2).
//!
//! Standard output carries results and the `listening` line, everything else goes to standard error. Exit status: 0 done, 1 the thing
//! asked for failed, 2 wrong usage.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod clock;
mod commands;
mod control;
mod database;
mod demo;
mod failure;
mod folder;
mod output;
mod remote;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::failure::Usage;
use crate::folder::Folder;
use crate::output::Output;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Puts a governed REST endpoint with API keys and roles in front of a SQLite or PostgreSQL database.
#[derive(Parser)]
#[command(name = "claviger", version, propagate_version = false, disable_help_subcommand = true)]
struct Arguments {
    /// The application folder.
    #[arg(long, global = true, value_name = "DIR", env = "CLAVIGER_APP", hide_env_values = true, default_value = ".")]
    app: PathBuf,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    // A worker for functions is nothing but that: it reads no arguments, no settings and no environment.
    if std::env::args_os().nth(1).is_some_and(|argument| argument == commands::SCRIPT_WORKER) {
        return if claviger_script::run_worker().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let matches = Arguments::command().get_matches();
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let output = Output::new(arguments.json);
    match arguments.command.run(&Folder::new(arguments.app), &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("claviger: {}", failure::one_line(&error));
            if error.is::<Usage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// The definition of the command line, for the reference.
fn definition() -> clap::Command {
    Arguments::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        definition().debug_assert();
    }

    #[test]
    fn global_options_work_before_and_after_the_command() {
        for line in [["claviger", "--app", "x", "--json", "version"], ["claviger", "version", "--json", "--app", "x"]] {
            let arguments = Arguments::try_parse_from(line).unwrap();
            assert!(arguments.json && arguments.app == std::path::Path::new("x"));
        }
    }
}
