//! What the binary does: parse, check the configuration, build, run until a signal, drain, exit code.

mod backup;
mod calendar;
mod cli;
mod clock;
mod commands;
mod config;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[expect(clippy::expect_used, clippy::panic, reason = "it panics where something that has to hold does not")]
pub mod fuzzing;
mod logging;
mod node;
mod output;
mod page;
mod pair;
mod programme_file;
mod rehearse;
mod stamp;
mod storage;
mod telemetry;
mod toml_fields;

use clap::Parser;
use std::process::ExitCode;

/// The command line, from its arguments to the exit code.
pub fn main() -> ExitCode {
    node::no_core_dumps();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return output::usage(&answer),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&anyhow::anyhow!("the runtime can't start: {error}")),
    };
    match runtime.block_on(commands::run(cli.command)) {
        Ok(code) => code,
        Err(error) => output::fail(&error),
    }
}
