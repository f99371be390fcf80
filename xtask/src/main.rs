//! What a developer runs: `cargo xtask test`, `browser`, `e2e`, `docs`, `sabotage`, `bench`.

mod bench;
mod browser;
mod clients;
mod compat;
mod docs;
mod e2e;
mod install;
mod postgres;
mod run;
mod sabotage;
mod skipped;
mod test;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(name = "xtask", about = "Developer tasks of Claviger")]
enum Task {
    /// Format, lints, doc tests, browser tests, other people's clients, all other tests, and the rows of docs/compat.md: what has to be green.
    Test {
        /// Fails when a test was skipped because something is not installed.
        #[arg(long)]
        no_skips: bool,
    },
    /// The browser tests alone (a part of `test`).
    Browser,
    /// Other people's clients, ours in other languages, and our packages, against the real server (a part of `test`).
    E2e {
        /// Only those whose name contains this: wakanda-client, looker, newman, schemathesis, typescript, python, package.
        name: Option<String>,
        /// Fails when a test was skipped because something is not installed.
        #[arg(long)]
        no_skips: bool,
    },
    /// Writes the generated pages under docs/reference/ anew.
    Docs,
    /// Breaks the code in known ways, in a copy, and checks that the tests notice each.
    Sabotage {
        /// Only breakages whose name contains this.
        name: Option<String>,
    },
    /// Builds the release binary and measures it (docs/benchmarks.md). Everything after `bench` goes to the bench.
    #[command(disable_help_flag = true)]
    Bench {
        /// For example `--json`; `--clients` alone: the client libraries.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Test { no_skips } => test::test(no_skips),
        Task::Browser => browser::test(),
        Task::E2e { name, no_skips } => e2e::test(name.as_deref(), no_skips),
        Task::Docs => docs::write(),
        Task::Sabotage { name } => sabotage::sabotage(name.as_deref()),
        Task::Bench { arguments } => bench::bench(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
