//! Runs a test that is marked as a part in a process of its own, with which another test speaks line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A test that runs in a process of its own, in this folder. Dropping it kills the process.
pub(crate) struct OtherProcess {
    child: Child,
    says: BufReader<ChildStdout>,
    hears: ChildStdin,
}

impl OtherProcess {
    /// Starts an `#[ignore]`d test by its full name.
    pub(crate) fn run(test: &str, folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", test])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (says, hears) = (BufReader::new(child.stdout.take().unwrap()), child.stdin.take().unwrap());
        Self { child, says, hears }
    }

    /// Waits for a line that begins with a word, and gives the rest of it. `None` when the process has ended.
    pub(crate) fn says(&mut self, word: &str) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.says.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            // The test's own name may stand before it.
            if let Some((_, rest)) = line.split_once(&format!("» {word}")) {
                return Some(rest.trim().to_owned());
            }
        }
    }

    /// Tells it to go on.
    pub(crate) fn go_on(&mut self) {
        self.hears.write_all(b"go on\n").unwrap();
    }

    /// Kills it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end, which has to be a good one.
    pub(crate) fn ends_well(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says something to the test that started this process.
pub(crate) fn say(what: &str) {
    println!("» {what}");
}

/// Waits until the test that started this process says so.
pub(crate) fn wait() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
