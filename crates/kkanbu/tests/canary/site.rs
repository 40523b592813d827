//! The server as a process of its own, logging all that it can, and everything that it leaves.

use crate::scanner::{Artefact, cells};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Folders of which everything is an artefact. The other files are what the operator wrote.
const LEFT_IN: [&str; 4] = ["data", "keys", "tmp", "cwd"];

/// Bytes that a process says, as they come.
type Said = Arc<Mutex<Vec<u8>>>;

struct Running {
    child: Child,
    listeners: Vec<JoinHandle<()>>,
}

/// A folder with a configuration, and the server that runs in it.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) members: SocketAddr,
    ops: SocketAddr,
    running: Option<Running>,
    said: Said,
}

/// A port that is free now.
fn free() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

impl Site {
    /// Folders that are made, and no server yet.
    pub(crate) fn made() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (members, ops) = (free(), free());
        let site = Self { folder, members, ops, running: None, said: Said::default() };
        for made in ["tmp", "cwd"] {
            fs::create_dir(site.path(made)).unwrap();
        }
        fs::copy("programmes/anyang-2022.toml", site.path("anyang.toml")).unwrap();
        let config = format!(
            "public_origin = \"{}\"\nlisten = \"{members}\"\nops_listen = \"{ops}\"\nlog_format = \"json\"\n\
             data_folder = \"data\"\nkey_folder = \"keys\"\nprogrammes = [\"anyang.toml\"]\nadmin_socket = \"admin.sock\"\n",
            site.origin(),
        );
        fs::write(site.path("kkanbu.toml"), config).unwrap();
        let made = site.command("init", "").output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        site.hears(&made.stdout);
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.members.port())
    }

    fn hears(&self, bytes: &[u8]) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
    }

    /// All that was said on standard output and error until now, of all runs.
    pub(crate) fn said(&self) -> Vec<u8> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A command on the configuration, in a shell that has done `before`.
    fn command(&self, command: &str, before: &str) -> Command {
        let script = format!("{before} exec \"$0\" \"$@\"");
        let mut shell = Command::new("bash");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_kkanbu"), command, "--config"]).arg(self.path("kkanbu.toml"));
        shell.env("KKANBU_LOG", "trace").env("RUST_BACKTRACE", "full").env("TMPDIR", self.path("tmp"));
        shell.current_dir(self.path("cwd")).stdin(Stdio::null());
        shell
    }

    /// The join links as they are printed. They are not among what [`Site::said`] gives.
    pub(crate) fn links(&self) -> Artefact {
        let printed = self.command("links", "").arg("--json").output().unwrap();
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
        self.hears(&printed.stderr);
        Artefact { name: "links".into(), bytes: printed.stdout }
    }

    /// A backup of the data, made while the server runs or not, and what was said with it.
    pub(crate) fn backup(&self, when: &str) -> Artefact {
        let file = self.path(&format!("{when}.backup"));
        let made = self.command("backup", "").arg("--json").arg("--to").arg(&file).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        self.hears(&[made.stdout, made.stderr].concat());
        Artefact { name: format!("{when}/backup"), bytes: fs::read(file).unwrap() }
    }

    /// Starts the server in a shell that has done `before`, and waits until it is ready.
    pub(crate) fn serves(&mut self, before: &str) {
        let mut child = self.command("serve", before).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let listeners = vec![self.listens(child.stdout.take().unwrap()), self.listens(child.stderr.take().unwrap())];
        self.running = Some(Running { child, listeners });
        let began = Instant::now();
        while !self.asked("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            assert!(began.elapsed() < PATIENCE, "not ready:\n{}", String::from_utf8_lossy(&self.said()));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn listens(&self, mut output: impl Read + Send + 'static) -> JoinHandle<()> {
        let said = self.said.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                said.lock().unwrap_or_else(PoisonError::into_inner).extend(&bytes[..read]);
            }
        })
    }

    pub(crate) fn process(&self) -> u32 {
        self.running.as_ref().unwrap().child.id()
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn ends_by(&mut self, signal: &str) {
        let Some(Running { mut child, listeners }) = self.running.take() else { return };
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        child.wait().unwrap();
        for listener in listeners {
            listener.join().unwrap();
        }
    }

    /// What the operators' port answers.
    fn asked(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.ops).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Says a line at the admin socket.
    pub(crate) fn tells_raw(&self, line: &str) -> Value {
        let mut socket = UnixStream::connect(self.path("admin.sock")).unwrap();
        writeln!(socket, "{line}").unwrap();
        let mut answer = String::new();
        BufReader::new(socket).read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// Has an administrator's command done.
    pub(crate) fn tells(&self, method: &str, params: &Value) -> Value {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let answer = self.tells_raw(&call.to_string());
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Everything that can be had of the server now: its folders, its databases' cells, what it said, and the operators' answers while it runs.
    pub(crate) fn artefacts(&self, when: &str) -> Vec<Artefact> {
        let named = |name: &str, bytes| Artefact { name: format!("{when}/{name}"), bytes };
        let mut found = vec![named("output", self.said())];
        if let Some(running) = &self.running {
            for path in ["/metrics", "/healthz", "/readyz", "/kanaripath-x81?kanariquery-w26"] {
                found.push(named(&format!("ops{path}"), self.asked(path).unwrap().into_bytes()));
            }
            let arguments = fs::read(format!("/proc/{}/cmdline", running.child.id())).unwrap();
            found.push(named("arguments", arguments));
        }
        let copy = tempfile::tempdir().unwrap();
        for folder in LEFT_IN {
            files(&self.path(folder), &mut |path| {
                let bytes = fs::read(path).unwrap();
                let name = path.strip_prefix(self.folder.path()).unwrap();
                // The shared memory holds the log's index, which SQLite makes anew for the copy.
                if folder == "data" && !name.to_string_lossy().ends_with("-shm") {
                    fs::write(copy.path().join(path.file_name().unwrap()), &bytes).unwrap();
                }
                // A file's name is an artefact too.
                let bytes = [name.to_string_lossy().as_bytes(), b"\n", &bytes].concat();
                found.push(named(&name.to_string_lossy(), bytes));
            });
        }
        for database in ["store.sqlite", "log.sqlite"] {
            let bytes = cells(&copy.path().join(database));
            assert!(!bytes.is_empty(), "{database} has no rows");
            found.push(named(&format!("cells/{database}"), bytes));
        }
        found
    }

    /// The content keys that are there: the files' names and bytes.
    pub(crate) fn content_keys(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        files(&self.path("keys"), &mut |path| {
            if path.extension().is_some_and(|extension| extension == "content-key") {
                found.push((path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap()));
            }
        });
        found
    }

    /// From now on no file of the server may grow beyond what an empty one has.
    pub(crate) fn fills_the_disk(&self) {
        let process = Pid::from_raw(self.process().cast_signed());
        let small = Some(1_024);
        prlimit(process, Resource::Fsize, Rlimit { current: small, maximum: small }).unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(Running { child, .. }) = &mut self.running {
            // One that has ended already is no failure.
            let _ = child.kill().and_then(|()| child.wait());
        }
    }
}

fn files(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), each),
            kind if kind.is_file() => each(&entry.path()),
            _ => {}
        }
    }
}
