//! One `redis-server`, private to a test.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a server may take to answer after its start.
const START_MAX: Duration = Duration::from_secs(20);

/// A server as `deploy/redis/redis.conf` sets it up, but for where it lies. Killed when dropped.
pub(crate) struct PrivateRedis {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) port: u16,
    more: Vec<String>,
    child: Child,
}

impl PrivateRedis {
    /// A new, empty server.
    pub(crate) fn start(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let more: Vec<String> = more.iter().map(ToString::to_string).collect();
        for _ in 0..20 {
            let port = free_port();
            let child = spawn(folder.path(), port, &more);
            let mut server = Self { folder: tempfile::tempdir().unwrap(), port, more: more.clone(), child };
            if server.answers() {
                server.folder = folder;
                return server;
            }
            // Somebody else took the port.
            server.folder = tempfile::tempdir().unwrap();
        }
        panic!("no redis-server could be started")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn connect(&self) -> redis::Connection {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_connection_with_timeout(Duration::from_secs(5)).unwrap()
    }

    /// Runs a command that has to work.
    pub(crate) fn run<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = redis::cmd(words[0]);
        for word in &words[1..] {
            command.arg(word);
        }
        command.query(&mut self.connect()).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The process, to be sent a signal.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again where it was, with what its files hold.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), self.port, &self.more);
        assert!(self.answers(), "redis-server did not start again");
    }

    /// The same, set up otherwise.
    pub(crate) fn start_again_as(&mut self, more: &[&str]) {
        self.more = more.iter().map(ToString::to_string).collect();
        self.start_again();
    }

    fn answers(&mut self) -> bool {
        let client = redis::Client::open(self.url()).unwrap();
        let steps = START_MAX.as_millis() / 10;
        for _ in 0..steps {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let ping = client.get_connection_with_timeout(Duration::from_millis(500)).and_then(|mut connection| {
                connection.set_read_timeout(Some(Duration::from_secs(1)))?;
                redis::cmd("PING").query::<String>(&mut connection)
            });
            if ping.is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free a moment ago, with its cluster bus.
pub(crate) fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if port < 55_000 {
            return port;
        }
    }
}

fn spawn(folder: &Path, port: u16, more: &[String]) -> Child {
    // A copy: Sentinel has servers rewrite the file that they were started with.
    let own = folder.join("redis.conf");
    if !own.exists() {
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/redis/redis.conf"), &own).unwrap();
    }
    let mut arguments: Vec<String> = vec![own.display().to_string()];
    arguments.extend(["--bind", "127.0.0.1", "--port", &port.to_string(), "--protected-mode", "no"].map(str::to_owned));
    // Children are reaped a hundred times a second and not ten, so that tests wait less for the files.
    arguments.extend(["--hz", "100", "--dir", &folder.display().to_string()].map(str::to_owned));
    arguments.extend_from_slice(more);
    run_as("redis-server", &arguments, &folder.join("log"))
}

/// Starts a program of Redis. Debian has server and sentinel in one, and the names of both are links to it in packages
/// that start services, so that it may be there without them.
pub(crate) fn run_as(name: &str, arguments: &[String], log: &Path) -> Child {
    let log = std::fs::File::create(log).unwrap();
    let start = |program: &str| {
        let mut command = Command::new(program);
        command.arg0(name).args(arguments).stdin(Stdio::null());
        command.stderr(log.try_clone().unwrap()).stdout(log.try_clone().unwrap());
        command.spawn()
    };
    start(name).or_else(|_| start("redis-check-rdb")).unwrap_or_else(|error| {
        panic!("{name} can't be started: {error}. `cargo xtask test` installs it; by hand: apt-get install redis-tools")
    })
}
