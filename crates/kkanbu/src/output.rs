//! What the commands say to people and programs, on standard output and error. The only file that prints.

use crate::backup::BackupError;
use crate::config::ConfigErrors;
use crate::storage::StorageError;
use kkanbu_gateway::ListenError;
use std::io::{self, Write};
use std::process::ExitCode;

/// `EX_USAGE` of sysexits.h: what was typed is wrong.
const USAGE: u8 = 64;
/// `EX_UNAVAILABLE`: a port or socket is taken.
const UNAVAILABLE: u8 = 69;
/// `EX_IOERR`: data or keys can't be used.
const IO_ERROR: u8 = 74;

/// Says a line on standard output. Nobody listening is no failure.
pub(crate) fn say(line: impl std::fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// An error with its causes, each said once: many messages name their cause themselves.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Says what is wrong with the command line, or gives the help that was asked for.
pub(crate) fn usage(answer: &clap::Error) -> ExitCode {
    // Nobody listening is no failure.
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS }
}

/// Says why the command failed, on standard error, and gives the exit code that says what kind of failure it was.
pub(crate) fn fail(error: &anyhow::Error) -> ExitCode {
    let mut out = io::stderr().lock();
    let _ = writeln!(out, "kkanbu: {}", with_causes(error));
    if error.downcast_ref::<ConfigErrors>().is_some() {
        return ExitCode::from(USAGE);
    }
    if error.downcast_ref::<ListenError>().is_some() {
        return ExitCode::from(UNAVAILABLE);
    }
    match error.downcast_ref::<BackupError>() {
        Some(BackupError::Target(_)) => return ExitCode::from(USAGE),
        Some(_) => return ExitCode::from(IO_ERROR),
        None => (),
    }
    if error.downcast_ref::<StorageError>().is_some() {
        return ExitCode::from(IO_ERROR);
    }
    ExitCode::FAILURE
}
