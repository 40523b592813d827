//! What each command does: one function a command, no logic that others need.

mod demo;
mod serve;

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
            Config::read(&options.config)?;
            output::say("the configuration is fine");
            Ok(ExitCode::SUCCESS)
        }
        Command::PrintConfig(options) => {
            output::say(Config::read(&options.config)?.print());
            Ok(ExitCode::SUCCESS)
        }
        Command::Rehearse(options) => rehearse::command(options).await,
    }
}

/// The exit code of a server that drained in time, or did not.
fn drained(in_time: bool) -> ExitCode {
    if in_time { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
