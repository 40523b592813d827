//! The rehearsal's own server: this executable as `demo` on a fresh folder, killed and restarted at will.

use super::folder::Folder;
use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a start may take.
const START: Duration = Duration::from_mins(1);

/// How much of the server's log an error shows.
const LOG_LINES_SHOWN: usize = 10;

/// What a `demo` says when it is ready.
#[derive(Deserialize)]
struct Ready {
    url: String,
    links: BTreeMap<String, String>,
}

/// A server in a child process. Dropping it kills the child and removes the folder.
pub(super) struct Server {
    // Before the folder, so that nobody writes there any more when it goes.
    running: Option<(Child, BufReader<ChildStdout>)>,
    programme: Option<PathBuf>,
    port: u16,
    folder: Folder,
}

impl Server {
    /// A server that is not running yet, for this programme file or the one that is built in.
    pub(super) fn new(programme: Option<PathBuf>) -> anyhow::Result<Self> {
        Ok(Self { running: None, programme, port: 0, folder: Folder::new()? })
    }

    /// Starts it, where it runs on from what is in its folder, on its first port. Gives each role's join link.
    pub(super) async fn start(&mut self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut child = self.command()?.spawn().context("the server can't be started")?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let (child, stdout) = self.running.insert((child, BufReader::new(stdout)));
        let mut line = String::new();
        match timeout(START, stdout.read_line(&mut line)).await {
            Ok(read) => read?,
            Err(_) => bail!("the server was not ready after {} s\n{}", START.as_secs(), self.last_words()),
        };
        let Ok(ready) = serde_json::from_str::<Ready>(&line) else {
            // Its end says more than the line that did not come.
            let _ = timeout(Duration::from_secs(1), child.wait()).await;
            bail!("the server did not start\n{}", self.last_words());
        };
        let port = ready.url.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
        self.port = port.with_context(|| format!("no port in {}", ready.url))?;
        Ok(ready.links)
    }

    /// Kills it with SIGKILL, this child and no other, and waits until it is gone.
    pub(super) async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some((mut child, _)) = self.running.take() {
            child.kill().await.context("the server can't be killed")?;
        }
        Ok(())
    }

    fn command(&self) -> anyhow::Result<Command> {
        let log = OpenOptions::new().create(true).append(true).open(self.log())?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("demo").arg("--json").arg("--port").arg(self.port.to_string());
        command.arg("--folder").arg(self.folder.path().join("server"));
        if let Some(programme) = &self.programme {
            command.arg("--programme").arg(programme);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let mut lines: Vec<&str> = log.lines().rev().take(LOG_LINES_SHOWN).collect();
        lines.reverse();
        lines.join("\n")
    }
}
