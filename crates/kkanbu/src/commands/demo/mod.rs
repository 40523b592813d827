//! `demo`: a whole programme on this machine, with nothing to set up.

mod dates;
mod introduction;

use super::drained;
use crate::cli::Demo;
use crate::clock::clock;
use crate::config::LogFormat;
use crate::programme_file::{self, Reading};
use crate::storage::{Folders, Storage, StorageError};
use crate::{logging, node, output};
use anyhow::{Context, Result};
use introduction::Introduction;
use kkanbu_gateway::{Listening, Settings};
use kkanbu_model::{Clock, Limits, Minute, Programme, SystemClock};
use kkanbu_room::Guard;
use kkanbu_wire::Padding;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// A demo does not keep people waiting when they stop it.
const DRAIN: Duration = Duration::from_secs(5);

/// Shortest time between two passes that delete what expired.
const RETENTION_PASS_MIN: Duration = Duration::from_secs(2);

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
    let reading = programme_file::load(&options.programme)?;
    // People read the links; what the server has to say in passing would push them off the screen.
    logging::start(LogFormat::Text, "warn");
    let limits = limits(options.accelerate);
    let folder = std::path::absolute(&options.folder)?;
    let folders = Folders { data: folder.join("data"), keys: folder.join("keys") };
    folders.make().await?;
    let storage = folders.open(&limits, clock(options.accelerate)).await?;
    let begun = begin(reading, options.real_dates, &storage).await?;
    let programme = begun.programme.clone();
    let admin = folder.join("admin.sock");
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listening = Listening::bind(loopback(options.port), Some(loopback(0)), Some(&admin))
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
        output::say(begun.introduction(&ready, &folders));
    }
    let settings =
        Settings { public_origin: url, origins: Vec::new(), tls: None, limits, padding: Padding::Quiet, drain: DRAIN };
    Ok(drained(node::run(settings, storage, Guard::new(None)?, listening).await?))
}

/// Where time passes faster, what expired is deleted as much more often, but not without a pause.
fn limits(times_faster: Option<u32>) -> Limits {
    let limits = Limits::default();
    let pass = limits.retention_pass / times_faster.unwrap_or(1).max(1);
    Limits { retention_pass: pass.max(RETENTION_PASS_MIN), ..limits }
}

/// The programme as it runs.
struct Begun {
    programme: Arc<Programme>,
    now: Minute,
    resumed: bool,
    moved_by: i32,
    notes: Vec<String>,
}

/// Begins the programme, today if it has no room that would be open; or goes on with the one that is stored, whatever its file says now.
async fn begin(reading: Reading, real_dates: bool, storage: &Storage) -> Result<Begun> {
    let now = SystemClock.minute();
    let Reading { programme, notes } = reading;
    if let Some(programme) = storage.programmes.get(&programme.id) {
        return Ok(Begun { programme, now, resumed: true, moved_by: 0, notes: Vec::new() });
    }
    let moved = dates::moved_to_today(&programme, now).filter(|_| !real_dates);
    let (programme, moved_by) = moved.unwrap_or((programme, 0));
    let programme = storage.programmes.create(programme).await.map_err(StorageError::Programmes)?;
    Ok(Begun { programme, now, resumed: false, moved_by, notes })
}

impl Begun {
    fn introduction<'a>(&'a self, ready: &'a Ready, folders: &'a Folders) -> Introduction<'a> {
        let Self { programme, now, resumed, moved_by, notes } = self;
        Introduction { programme, now: *now, resumed: *resumed, moved_by: *moved_by, notes, ready, folders }
    }
}
