//! `demo`: a whole programme on this machine, with nothing to set up.

use super::drained;
use crate::cli::Demo;
use crate::config::LogFormat;
use crate::storage::{Folders, StorageError};
use crate::{logging, node, output, programme_file};
use anyhow::{Context, Result, anyhow};
use kkanbu_gateway::{Listening, Settings};
use kkanbu_model::{Limits, Programme};
use kkanbu_room::Guard;
use kkanbu_wire::Padding;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const ANYANG: &str = include_str!("../../programmes/anyang-2022.toml");

/// A demo does not keep people waiting when they stop it.
const DRAIN: Duration = Duration::from_secs(5);

/// What programs that start a demo want to know.
#[derive(Serialize)]
struct Ready {
    url: String,
    ops: String,
    admin: PathBuf,
    folder: PathBuf,
    links: BTreeMap<String, String>,
}

/// Runs the demo.
pub(super) async fn run(options: Demo) -> Result<ExitCode> {
    let programme = read_programme(options.programme.as_deref())?;
    // People read the links; what the server has to say in passing would push them off the screen.
    logging::start(LogFormat::Text, "warn");
    let limits = Limits::default();
    let folder = std::path::absolute(&options.folder)?;
    let folders = Folders { data: folder.join("data"), keys: folder.join("keys") };
    let resumed = folders.are_made();
    folders.make().await?;
    let storage = folders.open(&limits).await?;
    let programme = storage.programmes.create(programme).await.map_err(StorageError::Programmes)?;
    let admin = folder.join("admin.sock");
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listening = Listening::bind(loopback(options.port), Some(loopback(0)), Some(&admin))
        .await
        .context("the demo can't start; another port can be chosen with --port")?;
    let port = |address: Option<SocketAddr>| address.map_or(0, |address| address.port());
    // Browsers take localhost for a secure context, which the page's keys need.
    let url = format!("http://localhost:{}", port(listening.members_address()));
    let ready = Ready {
        ops: format!("http://127.0.0.1:{}", port(listening.ops_address())),
        admin,
        folder,
        links: storage.programmes.join_links(&programme, &url)?,
        url: url.clone(),
    };
    if options.json {
        output::say(serde_json::to_string(&ready)?);
    } else {
        introduce(&programme, &ready, &folders, resumed);
    }
    let settings =
        Settings { public_origin: url, origins: Vec::new(), tls: None, limits, padding: Padding::Quiet, drain: DRAIN };
    Ok(drained(node::run(settings, storage, Guard::new(None)?, listening).await?))
}

fn read_programme(path: Option<&Path>) -> Result<Programme> {
    let text = match path {
        None => ANYANG.to_owned(),
        Some(path) => std::fs::read_to_string(path).with_context(|| path.display().to_string())?,
    };
    programme_file::read_as_text(&text).map_err(|errors| anyhow!("the programme file is wrong:\n{}", errors.join("\n")))
}

fn introduce(programme: &Programme, ready: &Ready, folders: &Folders, resumed: bool) {
    output::say(format_args!("\n  {} ({})", programme.name.as_str(), programme.organisation.as_str()));
    if resumed {
        output::say("  Going on with what was there.");
    }
    output::say("\n  Open each link in a window of its own, and talk. Windows of one browser will do.\n");
    for role in &programme.roles {
        let link = ready.links.get(role.id.as_str()).map_or("", String::as_str);
        output::say(format_args!("    {} ({})  {link}", role.name.as_str(), role.id));
    }
    output::say(format_args!("\n  data      {}", folders.data.display()));
    output::say(format_args!("  keys      {}", folders.keys.display()));
    output::say(format_args!("  operators {}/readyz  {}/metrics", ready.ops, ready.ops));
    output::say("\n  Ctrl-C stops it. Remove the folder to begin anew.\n");
}
