//! The binary: parse, check the configuration, build, run until a signal, drain, exit code.

mod cli;
mod commands;
mod config;
mod logging;
mod node;
mod output;
mod page;
mod programme_file;
mod rehearse;
mod stamp;
mod storage;
mod telemetry;
mod toml_fields;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
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
