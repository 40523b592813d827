//! What each command does: one function a command, no logic that others need.

mod admin;
mod backup;
mod bench;
mod check_ready;
mod demo;
mod manual;
mod serve;

pub(crate) use admin::AdminOptions;
pub(crate) use bench::BenchOptions;

use crate::cli::Command;
use crate::config::Config;
use crate::{output, rehearse};
use anyhow::Result;
use std::process::ExitCode;

/// Runs a command.
pub(crate) async fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Demo(options) => demo::run(options).await,
        Command::Init(options) => serve::init(&Config::read(&options.config)?).await,
        Command::Serve(options) => serve::serve(Config::read(&options.config)?).await,
        Command::Links(options) => serve::links(&Config::read(&options.config)?, options.json).await,
        Command::CheckConfig(options) => {
            let config = Config::read(&options.config)?;
            config.notes.iter().for_each(|note| output::say(format_args!("note: {note}")));
            output::say("the configuration is fine");
            Ok(ExitCode::SUCCESS)
        }
        Command::PrintConfig(options) => {
            output::say(match options.config {
                Some(file) => Config::read(&file)?.print(),
                None => Config::example().trim_end().to_owned(),
            });
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckReady(options) => check_ready::run(options.ops).await,
        Command::Backup(options) => backup::backup(&options),
        Command::Restore(options) => backup::restore(&options).await,
        Command::Verify(options) => backup::verify(&options.what),
        Command::Rehearse(options) => rehearse::command(options).await,
        Command::Bench(options) => Box::pin(bench::run(options)).await,
        Command::Admin(options) => admin::run(options).await,
        Command::Completions { shell } => Ok(manual::completions(shell)),
        Command::Man(options) => manual::man(&options),
    }
}

/// The exit code of a server that drained in time, or did not.
fn drained(in_time: bool) -> ExitCode {
    if in_time { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
