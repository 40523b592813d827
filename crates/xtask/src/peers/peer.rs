//! What a user would pick instead of us: where each comes from and how it is started. How a bench speaks with it is the bench's `dialect`;
//! how it is configured stands in `tests/peers/`.

use super::packages::Packages;
use crate::tools::{Node, python_for};
use crate::workbench::Workbench;
use anyhow::{Context, bail};
use serde::Serialize;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Nginx's own folder as Debian built it: the one thing outside of `target/`.
const NGINX_FOLDER: &str = "/var/lib/nginx";

/// A peer.
#[derive(Debug)]
pub(super) struct Peer {
    /// What it is called in the table.
    pub(super) name: &'static str,
    /// How the bench speaks with it.
    pub(super) dialect: &'static str,
    /// Gets it, or says why it can't be had.
    pub(super) prepare: fn(&Workbench, SocketAddr) -> anyhow::Result<Start>,
}

/// How it is started.
#[derive(Debug)]
pub(super) struct Start {
    version: String,
    program: PathBuf,
    arguments: Vec<String>,
}

/// A peer as the bench is told of it.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    name: &'static str,
    version: String,
    spoken: Spoken,
    address: SocketAddr,
    program: PathBuf,
    arguments: Vec<String>,
}

/// A dialect as the bench names it.
#[derive(Debug, Serialize)]
struct Spoken {
    name: &'static str,
}

/// All.
pub(super) const PEERS: &[Peer] = &[
    Peer { name: "nchan", dialect: "plain", prepare: nchan },
    Peer { name: "NATS", dialect: "nats", prepare: nats },
    Peer { name: "Mosquitto", dialect: "mqtt", prepare: mosquitto },
    Peer { name: "Node ws", dialect: "plain", prepare: |bench, address| node(bench, address, "ws") },
    Peer { name: "Socket.IO", dialect: "socket_io", prepare: |bench, address| node(bench, address, "socket.io") },
    Peer {
        name: "Centrifugo",
        dialect: "none",
        prepare: |_, _| bail!("neither Debian nor npm nor PyPI has its binary"),
    },
];

impl Peer {
    /// Gets it, with a port of its own.
    pub(super) fn plan(&self, bench: &Workbench) -> anyhow::Result<Planned> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let Start { version, program, arguments } = (self.prepare)(bench, address)?;
        Ok(Planned { name: self.name, version, spoken: Spoken { name: self.dialect }, address, program, arguments })
    }
}

fn nchan(bench: &Workbench, address: SocketAddr) -> anyhow::Result<Start> {
    let packages = Packages::ready(bench)?;
    // nchan has nginx make folders in it, whatever the configuration says.
    fs::create_dir_all(NGINX_FOLDER).with_context(|| format!("{NGINX_FOLDER} can't be made"))?;
    let folder = folder(bench, "nchan")?;
    let modules = packages.file("usr/lib/nginx/modules")?;
    let configuration = configured(bench, "nginx.conf", &folder, address, &[("modules", &modules)])?;
    let arguments = ["-e", "stderr", "-p", &text(&folder), "-c", &text(&configuration)].map(str::to_owned);
    let version = format!("{} in nginx {}", packages.version("libnginx-mod-nchan")?, packages.version("nginx")?);
    let program = packages.file("usr/sbin/nginx")?;
    Ok(Start { version, program, arguments: arguments.to_vec() })
}

fn mosquitto(bench: &Workbench, address: SocketAddr) -> anyhow::Result<Start> {
    let packages = Packages::ready(bench)?;
    let folder = folder(bench, "mosquitto")?;
    let configuration = configured(bench, "mosquitto.conf", &folder, address, &[])?;
    // Its libraries came with it.
    let libraries = format!("LD_LIBRARY_PATH={}", packages.libraries()?.display());
    let program = text(&packages.file("usr/sbin/mosquitto")?);
    let arguments = vec![libraries, program, "-c".to_owned(), text(&configuration)];
    Ok(Start { version: packages.version("mosquitto")?, program: "/usr/bin/env".into(), arguments })
}

fn nats(bench: &Workbench, address: SocketAddr) -> anyhow::Result<Start> {
    let program = python_for(bench, "peers")?.with_file_name("nats-server");
    let folder = folder(bench, "nats")?;
    let configuration = configured(bench, "nats.conf", &folder, address, &[])?;
    let said = Command::new(&program).arg("--version").output().context("nats-server")?;
    let said = String::from_utf8(said.stdout)?;
    let version = said.trim().rsplit(['v', ' ']).next().unwrap_or_default().to_owned();
    Ok(Start { version, program, arguments: vec!["-c".to_owned(), text(&configuration)] })
}

/// A server of `tests/peers/` on this package of npm.
fn node(bench: &Workbench, address: SocketAddr, package: &str) -> anyhow::Result<Start> {
    let node = Node::ready(bench)?;
    let folder = bench.repo.at("tests/peers");
    node.install_packages(bench, &folder)?;
    let manifest = fs::read(folder.join("node_modules").join(package).join("package.json"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
    let version = manifest.get("version").and_then(serde_json::Value::as_str).context("no version")?;
    let server = folder.join(format!("{}.mjs", package.replace('.', "-")));
    Ok(Start {
        version: format!("{version} on Node {}", Node::VERSION),
        program: node.program(),
        arguments: vec![text(&server), address.port().to_string()],
    })
}

/// An empty folder for what it writes.
fn folder(bench: &Workbench, name: &str) -> anyhow::Result<PathBuf> {
    let folder = bench.repo.kept("peers")?.join("run").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The configuration of `tests/peers/` with what is only known here.
fn configured(
    bench: &Workbench,
    file: &str,
    folder: &Path,
    address: SocketAddr,
    more: &[(&str, &Path)],
) -> anyhow::Result<PathBuf> {
    let template = fs::read_to_string(bench.repo.at("tests/peers").join(file))?;
    let known = [("folder", text(folder)), ("port", address.port().to_string())];
    let more = more.iter().map(|(name, path)| (*name, text(path)));
    let filled = known
        .into_iter()
        .chain(more)
        .fold(template, |template, (name, value)| template.replace(&format!("{{{name}}}"), &value));
    let configuration = folder.join(file);
    fs::write(&configuration, filled)?;
    Ok(configuration)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
