//! Our server, as an operator would run it: a configuration, programme files, data and keys in a folder that goes with the bench. Rules, durable log,
//! encryption and padding are on. Only a member's allowance is raised, so that few members can post what many would.

use crate::dialect::{Room, Spoken};
use crate::process::{Child, Launcher};
use anyhow::{Context, bail, ensure};
use kkanbu_client::admin::{AdminClient, AdminCommand, InProgramme, ProgrammeLinks};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// Rooms of one programme. Each has a role of its own, and a programme has at most 32 roles.
const ROOMS_OF_PROGRAMME: usize = 32;

/// How long a start may take.
const START: Duration = Duration::from_mins(1);

/// A member's allowance: far more than any bench posts, so that it is counted and never refuses.
pub const POSTS_PER_MINUTE: u32 = 600_000;
/// The same, at once.
pub const POSTS_BURST: u32 = 10_000;

/// How many rooms, with how many members each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rooms.
    pub rooms: usize,
    /// Members of each room.
    pub members: usize,
}

impl Shape {
    /// All members.
    pub const fn all(self) -> usize {
        self.rooms * self.members
    }
}

/// What a site is to be like.
#[derive(Debug, Clone)]
pub struct SiteOptions {
    /// The rooms and their members.
    pub shape: Shape,
    /// Whether the server speaks TLS.
    pub tls: bool,
    /// The folder in which the site's own is made.
    pub within: PathBuf,
    /// Further lines of the configuration.
    pub more: String,
}

/// A folder with everything that a server needs. It is removed on drop.
#[derive(Debug)]
pub struct Site {
    folder: TempDir,
    /// A socket's path must be short; its folder may lie in memory.
    sockets: TempDir,
    shape: Shape,
    tls: bool,
    address: SocketAddr,
    ops: SocketAddr,
}

impl Site {
    /// Makes it, with empty data.
    pub async fn new(options: &SiteOptions, launcher: &Launcher) -> anyhow::Result<Self> {
        let made = tempfile::Builder::new().prefix(".kkanbu-bench-").tempdir_in(&options.within);
        let folder = made.with_context(|| format!("no folder can be made in {}", options.within.display()))?;
        let sockets = tempfile::Builder::new().prefix("kkanbu-bench-").tempdir()?;
        let (address, ops) = (free_address()?, free_address()?);
        let site = Self { folder, sockets, shape: options.shape, tls: options.tls, address, ops };
        site.write(&options.more)?;
        let init = launcher.run(&[OsStr::new("init"), OsStr::new("--config"), site.config().as_os_str()]).await?;
        ensure!(init.status.success(), "the folders can't be made: {}", String::from_utf8_lossy(&init.stderr));
        Ok(site)
    }

    /// Starts the server on these cores and waits until it is ready.
    pub async fn start(&self, launcher: &Launcher, cores: &[usize]) -> anyhow::Result<Child> {
        let arguments = [OsStr::new("serve"), OsStr::new("--config"), self.config().as_os_str()].map(OsStr::to_owned);
        let arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        let mut server = launcher.own(cores, &arguments, &self.log())?;
        let began = Instant::now();
        while !self.ops("/readyz").await.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            server.runs()?;
            ensure!(began.elapsed() < START, "the server did not start");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    /// How members speak to it. The server has to run, because it makes the join codes.
    pub async fn spoken(&self) -> anyhow::Result<Spoken> {
        let mut admin = AdminClient::connect(self.admin_socket()).await?;
        let mut rooms = Vec::new();
        for programme in 0..self.programmes() {
            let id = programme_id(programme);
            let of = InProgramme { programme: id.clone() };
            let links: ProgrammeLinks = admin.ask(&AdminCommand::ProgrammeLinks(of)).await?;
            for room in self.rooms_of(programme) {
                let link = links.links.get(&role_id(room)).context("a role has no join link")?;
                let code = link.rsplit('/').next().unwrap_or_default().to_owned();
                rooms.push(Room { programme: id.clone(), room: crate::dialect::room_name(room), code });
            }
        }
        Ok(Spoken::Kkanbu { origin: self.origin(), rooms })
    }

    /// What the server counts.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        self.ops("/metrics").await
    }

    /// Where members connect.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, where the server speaks TLS.
    pub fn certificate(&self) -> Option<PathBuf> {
        self.tls.then(|| self.path("certificate.pem"))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server and the others say on standard error.
    pub fn log(&self) -> PathBuf {
        self.path("log")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("kkanbu.toml")
    }

    fn admin_socket(&self) -> PathBuf {
        self.sockets.path().join("admin.sock")
    }

    fn origin(&self) -> String {
        format!("http{}://{}", if self.tls { "s" } else { "" }, self.address)
    }

    const fn programmes(&self) -> usize {
        self.shape.rooms.div_ceil(ROOMS_OF_PROGRAMME)
    }

    fn rooms_of(&self, programme: usize) -> std::ops::Range<usize> {
        let first = programme * ROOMS_OF_PROGRAMME;
        first..self.shape.rooms.min(first + ROOMS_OF_PROGRAMME)
    }

    fn write(&self, more: &str) -> anyhow::Result<()> {
        let mut files = Vec::new();
        for programme in 0..self.programmes() {
            let name = format!("programme-{programme}.toml");
            fs::write(self.path(&name), self.programme(programme)?)?;
            files.push(format!("\"{name}\""));
        }
        let tls = if self.tls {
            let CertifiedKey { cert, signing_key } = generate_simple_self_signed([self.address.ip().to_string()])?;
            fs::write(self.path("certificate.pem"), cert.pem())?;
            fs::write(self.path("certificate.key"), signing_key.serialize_pem())?;
            "[tls]\ncertificate = \"certificate.pem\"\nkey = \"certificate.key\"\n"
        } else {
            ""
        };
        let config = format!(
            "public_origin = \"{}\"\nlisten = \"{}\"\nops_listen = \"{}\"\nadmin_socket = \"{}\"\ndata_folder = \"data\"\n\
             key_folder = \"keys\"\nprogrammes = [{}]\nposts_per_minute = {POSTS_PER_MINUTE}\nposts_burst = {POSTS_BURST}\n{more}{tls}",
            self.origin(),
            self.address,
            self.ops,
            self.admin_socket().display(),
            files.join(", "),
        );
        Ok(fs::write(self.config(), config)?)
    }

    /// A programme file: rooms that only their own people enter.
    fn programme(&self, programme: usize) -> anyhow::Result<String> {
        let id = programme_id(programme);
        let mut text = format!(
            "[programme]\nid = \"{id}\"\nname = \"깐부 {programme}\"\norganisation = \"bench\"\nlanguage = \"ko\"\n"
        );
        for room in self.rooms_of(programme) {
            let (role, seats) = (role_id(room), self.shape.members);
            write!(text, "\n[[role]]\nid = \"{role}\"\nname = \"멘티\"\nseats = {seats}\n")?;
            let name = crate::dialect::room_name(room);
            write!(text, "\n[[room]]\nid = \"{name}\"\nname = \"방 {room}\"\nroles = [\"{role}\"]\n")?;
        }
        Ok(text)
    }

    async fn ops(&self, path: &str) -> anyhow::Result<String> {
        let asked = async {
            let mut stream = TcpStream::connect(self.ops).await?;
            let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.ops);
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            anyhow::Ok(answer)
        };
        timeout(Duration::from_secs(10), asked).await?
    }
}

fn programme_id(programme: usize) -> String {
    format!("bench-{programme}")
}

fn role_id(room: usize) -> String {
    format!("role-{room}")
}

/// A port that nobody uses just now. Somebody might take it before the server does; then the start fails and says so.
fn free_address() -> anyhow::Result<SocketAddr> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()) {
        Ok(address) => Ok(address),
        Err(error) => bail!("there is no free port: {error}"),
    }
}
