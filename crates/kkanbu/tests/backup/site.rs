//! A folder to back up and to put back, and the binary as an operator runs it there.

use kkanbu_client::JoinLink;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// How long to wait for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A folder with data, keys and a configuration.
pub(crate) struct Site(pub(crate) PathBuf);

impl Site {
    /// As `init` and a first `demo` make it.
    pub(crate) fn made(folder: &Path) -> Self {
        let site = Self::empty(folder);
        drop(site.demo(0));
        site
    }

    /// With a configuration and nothing else.
    pub(crate) fn empty(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let text = "public_origin = \"http://localhost:8080\"\nlisten = \"127.0.0.1:0\"\ndata_folder = \"data\"\nkey_folder = \"keys\"\nadmin_socket = \"admin.sock\"\n";
        fs::write(folder.join("kkanbu.toml"), text).unwrap();
        Self(folder.to_owned())
    }

    /// With a copy of this one's keys.
    pub(crate) fn with_keys_of(folder: &Path, other: &Self) -> Self {
        let site = Self::empty(folder);
        copy_folder(&other.path("keys"), &site.path("keys"));
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn run(&self, command: &[&str]) -> Output {
        kkanbu().args(command).arg("--config").arg(self.path("kkanbu.toml")).output().unwrap()
    }

    #[track_caller]
    pub(crate) fn backs_up(&self, to: &Path) -> PathBuf {
        let output = self.run(&["backup", "--json", "--to", to.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        let taken: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        taken["file"].as_str().unwrap().into()
    }

    pub(crate) fn restore(&self, from: &Path, more: &[&str]) -> Output {
        self.run(&[&["restore", "--from", from.to_str().unwrap()], more].concat())
    }

    #[track_caller]
    pub(crate) fn restores(&self, from: &Path, more: &[&str]) -> serde_json::Value {
        let output = self.restore(from, &[&["--json"], more].concat());
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn demo(&self, port: u16) -> Demo {
        let mut command = kkanbu();
        command.args(["demo", "--json", "--port", &port.to_string(), "--folder"]).arg(&self.0);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Demo { child, ready }
    }

    /// `demo` must refuse, with words that say why.
    #[track_caller]
    pub(crate) fn refuses_to_start(&self, words: &[&str]) {
        let output = kkanbu().args(["demo", "--json", "--port", "0", "--folder"]).arg(&self.0).output().unwrap();
        refused(&output, 74, words);
    }
}

/// A running server. Dropping it kills it.
pub(crate) struct Demo {
    child: Child,
    ready: serde_json::Value,
}

impl Demo {
    pub(crate) fn link(&self, role: &str) -> JoinLink {
        self.ready["links"][role].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.link("mentor").origin.port()
    }

    pub(crate) fn ends(mut self) {
        // It listens for signals once it answers.
        let mut socket = TcpStream::connect(("127.0.0.1", self.port())).unwrap();
        socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert_eq!(socket.read(&mut [0]).unwrap(), 1);
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn kkanbu() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kkanbu"))
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[track_caller]
pub(crate) fn refused(output: &Output, code: i32, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not in: {said}");
    }
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// What is in place is whole: it starts.
pub(crate) fn starts(site: &Site) {
    site.demo(0).ends();
}
