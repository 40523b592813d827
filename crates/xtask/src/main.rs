//! `cargo xtask`: the chores that people and CI share. `cargo xtask test` is the whole of CI.

mod docgen;
mod fuzz;
mod page;
mod peers;
mod processes;
mod repo;
mod report;
mod shell;
mod surroundings;
mod test;
mod tidy;
mod tools;
mod workbench;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The chores of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything that CI runs. Installs what is missing, and asks first on a terminal.
    Test(test::Options),
    /// Check the rules of the house: crate graph, headers, what may stand where, links.
    Tidy,
    /// Generate everything in `proto/` but its prose from the wire's types.
    Docgen(Docgen),
    /// Fuzz what reads bytes of strangers, and count the executions.
    Fuzz(fuzz::Options),
    /// Build the page with the pinned Node into `crates/web/dist/`.
    Page(page::Options),
    /// Measure what a user would pick instead of us, in turns with us, and write the table.
    Peers(peers::Options),
}

/// `cargo xtask docgen`
#[derive(Debug, clap::Args)]
struct Docgen {
    /// Write nothing, and name the files that have drifted.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test(options) => test::run(&options),
        Command::Tidy => tidy::command(),
        Command::Docgen(options) => docgen::run(options.check).map(|()| ExitCode::SUCCESS),
        Command::Fuzz(options) => fuzz::command(&options),
        Command::Page(options) => page::command(&options),
        Command::Peers(options) => peers::command(&options),
    };
    done.unwrap_or_else(|error| {
        report::warn(format_args!("xtask: {error:#}"));
        ExitCode::FAILURE
    })
}
