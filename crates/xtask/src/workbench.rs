//! What a chore stands on: the repository, a log, and leave to install what is missing.

use crate::repo::Repo;
use crate::report::{self, Stream};
use crate::shell::Log;
use crate::surroundings;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether missing tools may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes`, or CI.
    Given,
    /// Somebody is at the terminal.
    Ask,
    /// Nobody can be asked.
    Missing,
}

impl Consent {
    /// By what was typed and where xtask runs.
    pub(crate) fn new(yes: bool) -> Self {
        if yes || surroundings::is_ci() {
            Self::Given
        } else if surroundings::has_terminal() {
            Self::Ask
        } else {
            Self::Missing
        }
    }

    /// Whether these may be installed.
    pub(crate) fn allows(self, what: &str) -> bool {
        match self {
            Self::Given => true,
            Self::Ask => report::asks(format_args!("Missing: {what}. Install?")),
            Self::Missing => false,
        }
    }
}

/// What a chore stands on.
#[derive(Debug, Clone)]
pub(crate) struct Workbench {
    pub(crate) repo: Repo,
    pub(crate) consent: Consent,
    pub(crate) log: Log,
}

impl Workbench {
    /// For a chore that a person called: its commands are shown as they run.
    pub(crate) fn for_a_person(name: &str, yes: bool) -> anyhow::Result<Self> {
        let repo = Repo::find()?;
        let log = Log::begin(repo.kept("logs")?.join(format!("{name}.log")), Some(Stream::Error), None)?;
        Ok(Self { repo, consent: Consent::new(yes), log })
    }

    /// Runs a command at the top of the repository.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        self.log.run(self.command(program).args(arguments))
    }

    /// Runs cargo at the top of the repository.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> anyhow::Result<()> {
        self.log.run(self.cargo_command().args(arguments))
    }

    /// Cargo, without what only helps somebody who builds again and again.
    pub(crate) fn cargo_command(&self) -> Command {
        let mut cargo = self.command("cargo");
        cargo.env("CARGO_TERM_COLOR", "never");
        if surroundings::is_ci() {
            cargo.env("CARGO_INCREMENTAL", "0");
        }
        cargo
    }

    /// A program, to be run at the top of the repository.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.repo.root());
        command
    }

    /// The server as people get it, built when it is not there or not current.
    pub(crate) fn kkanbu(&self) -> anyhow::Result<PathBuf> {
        self.cargo(&["build", "--release", "--package", "kkanbu", "--locked"])?;
        Ok(self.repo.built("release/kkanbu"))
    }

    /// Does work that depends on a file alone, unless it was done for this very content. `mark` remembers for which.
    pub(crate) fn once_for(
        &self,
        file: &Path,
        mark: &Path,
        work: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let content = std::fs::read(file)?;
        if std::fs::read(mark).is_ok_and(|done| done == content) {
            return self.log.note(format_args!("{} is installed already", file.display()));
        }
        work()?;
        Ok(std::fs::write(mark, content)?)
    }
}
