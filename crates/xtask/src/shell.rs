//! Runs commands with everything that they say going to a log file: complete for the reader of a failure, silent
//! otherwise, and never waiting for a grandchild that keeps a pipe open.

use crate::processes::kill_tree;
use crate::report::Stream;
use crate::surroundings;
use anyhow::{Context, bail, ensure};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);

/// Time from the start of a command that runs beside others to its first line.
const READY_MAX: Duration = Duration::from_secs(30);

/// The log of one step.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    path: PathBuf,
    /// Where the log is shown while it grows.
    shown: Option<Stream>,
    /// When a command that still runs is killed.
    deadline: Option<Instant>,
}

impl Log {
    /// An empty log.
    pub(crate) fn begin(path: PathBuf, shown: Option<Stream>, limit: Option<Duration>) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        File::create(&path).with_context(|| format!("could not write {}", path.display()))?;
        Ok(Self { path, shown, deadline: limit.map(|limit| surroundings::now() + limit) })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Everything that was said.
    pub(crate) fn text(&self) -> String {
        std::fs::read(&self.path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Whether the log was shown while it grew.
    pub(crate) fn was_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// Adds a line.
    pub(crate) fn note(&self, line: impl std::fmt::Display) -> anyhow::Result<()> {
        let line = format!("{line}\n");
        self.append()?.write_all(line.as_bytes())?;
        if let Some(stream) = self.shown {
            stream.write(line.as_bytes());
        }
        Ok(())
    }

    /// Runs a command; fails where the command does.
    pub(crate) fn run(&self, command: &mut Command) -> anyhow::Result<()> {
        self.note(format_args!("$ {}", said(command)))?;
        let output = self.append()?;
        self.finish(command, output)
    }

    /// Runs a command and gives back what it said on standard output, which goes to the log as well.
    pub(crate) fn read(&self, command: &mut Command) -> anyhow::Result<String> {
        self.note(format_args!("$ {}", said(command)))?;
        let path = self.path.with_extension("out");
        let ended = self.finish(command, File::create(&path)?);
        let text = std::fs::read_to_string(&path)?;
        std::fs::remove_file(&path)?;
        self.note(text.trim_end())?;
        ended.map(|()| text)
    }

    fn finish(&self, command: &mut Command, output: File) -> anyhow::Result<()> {
        let errors = self.append()?;
        let echo = self.shown.map(|stream| Echo::after(&self.path, stream)).transpose()?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("could not start `{}`", said(command)))?;
        let Some(status) = self.wait(&mut child, echo)? else {
            bail!("`{}` was killed: the step took too long", said(command));
        };
        if !status.success() {
            bail!("`{}` ended with {status}", said(command));
        }
        Ok(())
    }

    /// Starts a command that runs beside others, until what is given back is dropped.
    pub(crate) fn start(&self, command: &mut Command) -> anyhow::Result<Running> {
        self.note(format_args!("$ {} &", said(command)))?;
        let said_by = self.path.with_extension("said");
        let output = File::create(&said_by)?;
        // Its input ends with this process, also where nobody is left to end it.
        let child = command.stdin(Stdio::piped()).stdout(output).stderr(self.append()?).spawn();
        Ok(Running { child: child.with_context(|| format!("could not start `{}`", said(command)))?, said: said_by })
    }

    /// Waits for the end, showing what is said meanwhile. None where the command had to be killed.
    fn wait(&self, child: &mut Child, mut echo: Option<Echo>) -> anyhow::Result<Option<ExitStatus>> {
        loop {
            let ended = child.try_wait()?;
            if let Some(echo) = &mut echo {
                echo.catch_up()?;
            }
            if let Some(status) = ended {
                return Ok(Some(status));
            }
            if self.deadline.is_some_and(|deadline| surroundings::now() > deadline) {
                kill_tree(child.id());
                child.wait()?;
                return Ok(None);
            }
            std::thread::sleep(POLL);
        }
    }

    fn append(&self) -> anyhow::Result<File> {
        Ok(OpenOptions::new().append(true).open(&self.path)?)
    }
}

/// A command that runs beside others. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    /// Where its standard output goes.
    said: PathBuf,
}

impl Running {
    /// The first line that it says, which tells that it is ready.
    pub(crate) fn first_line(&mut self) -> anyhow::Result<String> {
        let deadline = surroundings::now() + READY_MAX;
        loop {
            if let Some((line, _)) = std::fs::read_to_string(&self.said)?.split_once('\n') {
                return Ok(line.to_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status} before it was ready");
            }
            ensure!(surroundings::now() < deadline, "it was not ready in time");
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        kill_tree(self.child.id());
        // What is left to fail here is that it had ended before.
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.said);
    }
}

/// Shows what is added to a file.
struct Echo {
    file: File,
    stream: Stream,
}

impl Echo {
    fn after(path: &Path, stream: Stream) -> anyhow::Result<Self> {
        let mut file = File::open(path)?;
        std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0))?;
        Ok(Self { file, stream })
    }

    fn catch_up(&mut self) -> anyhow::Result<()> {
        let mut fresh = Vec::new();
        self.file.read_to_end(&mut fresh)?;
        if !fresh.is_empty() {
            self.stream.write(&fresh);
        }
        Ok(())
    }
}

/// A command as one would type it, without the folders of what is run.
fn said(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| short(Path::new(word))).collect::<Vec<_>>().join(" ")
}

fn short(word: &Path) -> String {
    let name = word.file_name().filter(|_| word.is_absolute());
    name.map_or_else(|| word.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(limit: Option<Duration>) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = Log::begin(folder.path().join("step.log"), None, limit).expect("a log");
        (folder, log)
    }

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failure_names_the_command_and_the_log_has_both_streams() {
        let (_folder, log) = log(None);
        let error = log.run(&mut sh("echo one; echo two >&2; exit 3")).expect_err("fails");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
        assert!(log.text().contains("\none\ntwo\n"), "{}", log.text());
    }

    #[test]
    fn what_is_read_is_in_the_log_too() {
        let (_folder, log) = log(None);
        assert_eq!(log.read(&mut sh("echo {}; echo aside >&2")).expect("runs"), "{}\n");
        assert!(log.text().contains("{}\n") && log.text().contains("aside\n"), "{}", log.text());
    }

    #[test]
    fn a_command_past_the_limit_is_killed() {
        let (_folder, log) = log(Some(Duration::from_millis(100)));
        let error = log.run(&mut sh("sleep 60")).expect_err("is killed");
        assert!(error.to_string().contains("took too long"), "{error}");
    }

    #[test]
    fn what_runs_beside_is_gone_when_it_is_dropped() {
        let (_folder, log) = log(None);
        let mut running = log.start(&mut sh("echo $$; exec sleep 60")).expect("starts");
        let id = running.first_line().expect("says its id");
        assert!(Path::new("/proc").join(&id).exists());
        drop(running);
        assert!(!Path::new("/proc").join(&id).exists());
    }

    #[test]
    fn what_ends_before_it_is_ready_is_told() {
        let (_folder, log) = log(None);
        let error = log.start(&mut sh("exit 3")).expect("starts").first_line().expect_err("is not ready");
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_grandchild_that_stays_does_not_hold_the_step() {
        let (_folder, log) = log(Some(Duration::from_secs(20)));
        log.run(&mut sh("sleep 2 & echo done")).expect("ends with the shell");
    }
}
