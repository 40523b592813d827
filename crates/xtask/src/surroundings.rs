//! What xtask asks of the process around it: the environment, the terminal, the clock, who runs it. The only file of
//! xtask that reads the environment.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Whether this is CI, where nobody can be asked and nothing is built twice.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Whether somebody can answer a question.
pub(crate) fn has_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Whether packages can be installed here.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Where a program is, by its name.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// `PATH` with a folder before all others.
pub(crate) fn path_with(first: PathBuf) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(first).chain(std::env::split_paths(&path))).unwrap_or(path)
}

/// The time, for saying how long a step took and when it has taken too long.
#[expect(clippy::disallowed_methods, reason = "no runtime and no clock to pause here: xtask waits for real processes")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
