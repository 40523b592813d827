//! The rehearsal's own server: this executable as `demo` on a fresh folder, killed and restarted at will.

use super::folder::Folder;
use super::soak::RATE;
use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a start may take.
const START: Duration = Duration::from_mins(1);

/// How long going down in good order may take.
const DRAIN: Duration = Duration::from_secs(20);

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
    port: u16,
    /// Its clock runs faster.
    soak: bool,
    folder: Folder,
}

impl Server {
    /// A server that is not running yet, for the programme that this text defines. In a temporary folder, or in the one that is named, which
    /// stays.
    pub(super) fn new(definition: &str, folder: Option<&Path>, soak: bool) -> anyhow::Result<Self> {
        let folder = folder.map_or_else(Folder::new, Folder::at)?;
        let server = Self { running: None, port: 0, soak, folder };
        std::fs::write(server.programme(), definition)?;
        Ok(server)
    }

    /// Where its folder stays: leaves a configuration there with which every command works on it, and who the members were.
    pub(super) fn leave_behind(&self, members: &str) -> anyhow::Result<()> {
        if !self.folder.stays() {
            return Ok(());
        }
        let config = format!(
            "# What a rehearsal left behind. Its members are made up; members.txt has their roles and seeds.\npublic_origin = \"http://localhost:{port}\"\nlisten = \"127.0.0.1:{port}\"\ndata_folder = \"data\"\nkey_folder = \"keys\"\nadmin_socket = \"admin.sock\"\n",
            port = self.port
        );
        for (name, text) in [("kkanbu.toml", config.as_str()), ("members.txt", members)] {
            let path = self.folder.path().join(name);
            let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&path);
            let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
            written.with_context(|| path.display().to_string())?;
        }
        Ok(())
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

    /// Tells it to go down in good order (SIGTERM), this child and no other, and waits until it has.
    pub(super) async fn terminate(&mut self) -> anyhow::Result<()> {
        let Some((mut child, _)) = self.running.take() else { return Ok(()) };
        let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).context("the server has ended")?;
        kill_process(process, Signal::TERM).context("the server can't be told to go down")?;
        let ended = timeout(DRAIN, child.wait()).await.context("the server did not go down")??;
        if !ended.success() {
            bail!("the server went down with {ended}\n{}", self.last_words());
        }
        Ok(())
    }

    /// Its process, while it runs.
    pub(super) fn process(&self) -> Option<u32> {
        self.running.as_ref().and_then(|(child, _)| child.id())
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
        command.arg("--folder").arg(self.folder.path());
        command.arg("--programme").arg(self.programme());
        if self.soak {
            command.arg("--accelerate").arg(RATE.to_string());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        Ok(command)
    }

    fn programme(&self) -> PathBuf {
        self.folder.path().join("programme.toml")
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
