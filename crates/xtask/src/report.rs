//! What the chores say. The only file of xtask that prints. Nobody listening is no failure.

use std::fmt::Display;
use std::io::{self, Write};

/// Where lines for people go: standard output, or standard error where a program reads the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Error,
}

impl Stream {
    /// Says a line.
    pub(crate) fn say(self, line: impl Display) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Passes bytes on as they are.
    pub(crate) fn write(self, bytes: &[u8]) {
        let _ = match self {
            Self::Output => written(&mut io::stdout().lock(), bytes),
            Self::Error => written(&mut io::stderr().lock(), bytes),
        };
    }
}

fn written(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

/// Says a line on standard output.
pub(crate) fn say(line: impl Display) {
    Stream::Output.say(line);
}

/// Says a line on standard error.
pub(crate) fn warn(line: impl Display) {
    Stream::Error.say(line);
}

/// Puts a question on standard error and reads the answer: yes only where it begins with `y`.
pub(crate) fn asks(question: impl Display) -> bool {
    Stream::Error.write(format!("{question} [y/N] ").as_bytes());
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).is_ok() && answer.trim_start().to_lowercase().starts_with('y')
}
