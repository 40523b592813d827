//! A real PostgreSQL of our own: made in a temporary folder, reached by a Unix socket in it, ended with this process.
//!
//! The server refuses to run as root, so it runs as the user `postgres` or `nobody` where the tests do. A shell stands between: it holds the
//! server's number, waits for the end of a pipe that this process holds open, and then ends the server and removes the folder. So
//! nothing stays behind, however the tests end.

use kkanbu_store::postgres::PostgresSettings;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// The role that stores log in as: it owns its database and nothing else.
pub(crate) const ROLE: &str = "kkanbu";

/// One server.
pub(crate) struct Cluster {
    folder: TempDir,
    shell: Option<(Child, ChildStdin)>,
    port: u16,
    extra: String,
}

/// The server that tests share, each in a database of its own.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: LazyLock<Cluster> = LazyLock::new(Cluster::start);
    &SHARED
}

/// Where the server's programs are: in the path, or where Debian puts them, the newest first.
fn program(name: &str) -> PathBuf {
    let found = Command::new("sh").args(["-c", &format!("command -v {name}")]).output().unwrap();
    if found.status.success() {
        return String::from_utf8(found.stdout).unwrap().trim().into();
    }
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.filter_map(|version| Some(version.ok()?.path().join("bin"))).collect())
        .unwrap_or_default();
    versions.sort();
    versions.into_iter().rev().map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("{name} of PostgreSQL is not on this machine; install it (Debian: apt-get install postgresql), or run cargo xtask test --yes")
    })
}

/// Who runs the server: `None` where that is we.
fn user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let of = |name: &str| {
        let line = users.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(of("postgres").or_else(|| of("nobody")).unwrap())
}

/// A command as the server's user.
fn command(program: impl AsRef<OsStr>) -> Command {
    let Some((user, group)) = user() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into(), "--".into()]);
    command.arg(program);
    command
}

impl Cluster {
    /// Makes a server that is reached by its socket alone, and starts it.
    pub(crate) fn start() -> Self {
        Self::make(5432, "listen_addresses = ''", None)
    }

    /// Makes one that is reached by this port of this machine's own address, with TLS by the certificate in this folder.
    pub(crate) fn start_on(port: u16, certificate: &Path) -> Self {
        let extra = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'"
        );
        Self::make(port, &extra, Some(certificate))
    }

    fn make(port: u16, extra: &str, certificate: Option<&Path>) -> Self {
        let folder = tempfile::Builder::new().prefix("kkanbu-pg-").tempdir().unwrap();
        if let Some((user, group)) = user() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let made = command(program("initdb"))
            .args([
                "--username=postgres",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .args(["--wal-segsize=1", "-D"])
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut cluster = Self { folder, shell: None, port, extra: extra.to_owned() };
        for name in ["server.pem", "server.key"] {
            if let Some(from) = certificate {
                let to = cluster.data().join(name);
                std::fs::write(&to, std::fs::read(from.join(name)).unwrap()).unwrap();
                std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
                if let Some((user, group)) = user() {
                    chown(&to, Some(user), Some(group)).unwrap();
                }
            }
        }
        cluster.run();
        cluster.psql("postgres", &format!("CREATE ROLE {ROLE} LOGIN PASSWORD 'sesam-{ROLE}'"));
        cluster
    }

    /// Starts the server where it does not run, and waits until it answers.
    pub(crate) fn run(&mut self) {
        let mut settings = String::from(
            "unix_socket_directories = '.'\nshared_buffers = 16MB\nmax_connections = 200\n\
             min_wal_size = 2MB\nmax_wal_size = 32MB\nfsync = on\nwal_recycle = off\nlog_min_messages = warning\n",
        );
        writeln!(settings, "{}", self.extra).unwrap();
        let data = self.data();
        std::fs::write(data.join("postgresql.auto.conf"), settings).unwrap();
        // The folder goes with the last of both: the server's shell, or this process.
        let script = r#""$1" -D "$2" -k "$3" >"$3/server.log" 2>&1 & server=$!
            echo $server; read -r end; kill -QUIT $server; wait $server; if [ "$end" != stay ]; then cd /; rm -rf "$3"; fi"#;
        let mut shell = command("sh")
            .args(["-c", script, "sh"])
            .arg(program("postgres"))
            .args([data.as_path(), self.folder.path()])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = shell.stdin.take().unwrap();
        let mut number = String::new();
        BufReader::new(shell.stdout.take().unwrap()).read_line(&mut number).unwrap();
        self.shell = Some((shell, input));
        let since = Instant::now();
        while !self.answers() {
            let said = || std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(since.elapsed() < Duration::from_secs(30), "the server does not start: {}", said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server at once, as a power cut would: nothing is finished, nothing written.
    pub(crate) fn kill(&mut self) {
        use std::io::Write as _;
        let Some((mut shell, mut input)) = self.shell.take() else { return };
        input.write_all(b"stay\n").unwrap();
        drop(input);
        shell.wait().unwrap();
    }

    fn answers(&self) -> bool {
        let mut psql = Command::new(program("psql"));
        psql.args(["-X", "-q", "-U", "postgres", "-h"]).arg(self.folder.path());
        psql.args(["-p", &self.port.to_string(), "-c", "SELECT 1", "postgres"]);
        psql.output().unwrap().status.success()
    }

    /// Runs statements as the superuser, and gives back what they answer, without frames.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(program("psql"));
        psql.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"]).arg(self.folder.path());
        let ran = psql.args(["-p", &self.port.to_string(), "-c", sql, database]).output().unwrap();
        assert!(ran.status.success(), "{sql}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    /// A new, empty database.
    pub(crate) fn database(&self) -> String {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.psql("postgres", &format!("CREATE DATABASE {name} OWNER {ROLE}"));
        name
    }

    /// How a store reaches this database.
    pub(crate) fn settings(&self, database: &str) -> PostgresSettings {
        let folder = self.folder.path().to_str().unwrap();
        PostgresSettings::new(format!("host={folder} user={ROLE} dbname={database}"))
    }

    /// Where its files are.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some((mut shell, input)) = self.shell.take() {
            drop(input);
            let _ = shell.wait();
        }
    }
}
