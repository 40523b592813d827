//! A child process. Dropping it kills it, this one and no other, and takes it from the process table.

use anyhow::{Context, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Lines of its log that an error shows.
const LOG_LINES_SHOWN: usize = 10;

/// Starts children: through the step of [`launch()`](super::launch()), which is a command of the same executable.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// This executable.
    executable: PathBuf,
    /// The arguments that come before those of the launching command.
    launch: Vec<String>,
}

impl Launcher {
    /// With this executable, whose launching command is called so.
    pub fn new(launch: &[&str]) -> anyhow::Result<Self> {
        let executable = std::env::current_exe().context("the path of this program is not known")?;
        Ok(Self { executable, launch: launch.iter().map(ToString::to_string).collect() })
    }

    /// Runs this executable with these arguments to its end.
    pub async fn run(&self, arguments: &[&OsStr]) -> anyhow::Result<Output> {
        let output = Command::new(&self.executable).args(arguments).kill_on_drop(true).output().await;
        output.context("this program can't be started")
    }

    /// Starts this executable with these arguments on these cores; all where none is named. What it says on standard error goes to `log`.
    pub fn own(&self, cores: &[usize], arguments: &[&OsStr], log: &Path) -> anyhow::Result<Child> {
        self.program(&self.executable, cores, arguments, log)
    }

    /// Starts another program.
    pub fn program(&self, program: &Path, cores: &[usize], arguments: &[&OsStr], log: &Path) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.executable);
        command.args(&self.launch).arg("--parent").arg(std::process::id().to_string());
        if !cores.is_empty() {
            let cores: Vec<String> = cores.iter().map(ToString::to_string).collect();
            command.arg("--cores").arg(cores.join(","));
        }
        command.arg("--").arg(program).args(arguments);
        let file = File::options().create(true).append(true).open(log)?;
        command.env("KKANBU_LOG", "warn").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file);
        // The child is told when the thread that started it ends. A bench runs on the main thread, which ends with the process.
        let mut process = command.spawn().context("a process of the bench can't be started")?;
        let (stdin, stdout) = process.stdin.take().zip(process.stdout.take()).context("it has no pipes")?;
        let id = process.id().context("it has ended")?;
        Ok(Child { process, id, stdin, stdout: BufReader::new(stdout), log: log.to_owned() })
    }
}

/// A child that runs.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    id: u32,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Child {
    /// Its process.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// Tells it something.
    pub async fn tell(&mut self, what: &impl Serialize) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        let told = self.stdin.write_all(&line).await;
        told.with_context(|| format!("a process of the bench has ended\n{}", self.last_words()))
    }

    /// Waits for the next thing that it tells.
    pub async fn hear<T: DeserializeOwned>(&mut self, patience: Duration) -> anyhow::Result<T> {
        let mut line = String::new();
        let read = timeout(patience, self.stdout.read_line(&mut line)).await;
        match read.context("a process of the bench does not answer")?? {
            0 => bail!("a process of the bench has ended\n{}", self.last_words()),
            _ => Ok(serde_json::from_str(&line)?),
        }
    }

    /// Whether it runs still. Fails with what it said last where it does not.
    pub fn runs(&mut self) -> anyhow::Result<()> {
        match self.process.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("a process of the bench ended: {status}\n{}", self.last_words()),
        }
    }

    /// Kills it and waits until it is gone.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("a process of the bench can't be killed")
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let mut lines: Vec<&str> = log.lines().rev().take(LOG_LINES_SHOWN).collect();
        lines.reverse();
        lines.join("\n")
    }
}
