//! `bench peers`: what other servers spend on the same posts, in turns with ours and the floor in one run. Which they are and how they are started
//! is read from a file; nothing here knows where they come from.
//!
//! All of them run and have their members in from the beginning, so that a round is nothing but windows. A ratio is to the floor of its round.

use super::common::{Faults, LAUNCH, Load, floor_window, warm_floor};
use super::peers_report::{Entry, PeersReport};
use crate::dialect::Spoken;
use crate::generator::{Connect, Rate};
use crate::machine::Machine;
use crate::process::{Child, Cores, Launcher};
use crate::progress::Progress;
use crate::stand::{LogSync, Measured, Site, SiteOptions, Stand};
use crate::stats::{Spread, to_f64, to_u64};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

/// How long a peer may take to start.
const START: Duration = Duration::from_secs(30);

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct PeersOptions {
    /// How much is posted where.
    #[command(flatten)]
    pub load: Load,

    /// Who else is measured: a JSON array.
    #[arg(long, value_name = "FILE")]
    pub peers: PathBuf,
}

/// Another server.
#[derive(Debug, Clone, Deserialize)]
struct Peer {
    name: String,
    version: String,
    spoken: Spoken,
    /// Where it will listen.
    address: SocketAddr,
    program: PathBuf,
    arguments: Vec<String>,
}

/// Somebody who is measured.
struct Entrant {
    name: String,
    version: String,
    /// None where it does not run, or no longer.
    stand: Option<Stand>,
    failed: Option<String>,
    /// Each with the floor's cost in its round.
    windows: Vec<(Measured, f64)>,
}

/// Measures.
pub async fn peers(options: &PeersOptions) -> anyhow::Result<PeersReport> {
    let load = &options.load;
    let shape = load.shape()?;
    let peers = std::fs::read(&options.peers).with_context(|| options.peers.display().to_string())?;
    let peers: Vec<Peer> = serde_json::from_slice(&peers).context("the list of peers can't be read")?;
    // Children have it from here, and not all of them raise it themselves.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let progress = Progress::new(u64::from(load.pairs) * (peers.len() as u64 + 2));
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(load.workers.into()));
    let bed = Bed { load, launcher: &launcher, cores: &cores, progress: &progress };
    let more = SiteOptions { shape, tls: false, within: load.dir.clone(), more: String::new() };
    let site = Site::new(&more, &launcher).await?;
    let (us, frame_bytes) = bed.us(&site).await?;
    let mut floor = Entrant::new("floor", "");
    let mut floor_stand = warm_floor(load, frame_bytes, &launcher, &cores, &site.log(), &progress).await?;
    let mut entrants = vec![us];
    for peer in peers {
        progress.says(format!("{} starts", peer.name));
        entrants.push(bed.enter(peer, site.folder()).await);
    }
    let mut syncs = LogSync::begin(&site).await?;
    for round in 1..=load.pairs {
        progress.says(format!("round {round} of {}: the floor", load.pairs));
        let measured = floor_window(&mut floor_stand, load, frame_bytes, false).await?;
        let floor_us = measured.us_per_delivery();
        floor.windows.push((measured, floor_us));
        progress.step();
        for entrant in &mut entrants {
            progress.says(format!("round {round} of {}: {}", load.pairs, entrant.name));
            entrant.window(load, floor_us).await;
            progress.step();
        }
        syncs.measure(site.folder(), load.rate).await?;
    }
    let (fsync_p99_us, fsync_source) = syncs.p99_us(&site).await?;
    floor.stand = Some(floor_stand);
    let all: Vec<&Entrant> = std::iter::once(&floor).chain(&entrants).collect();
    let mut stands = all.iter().filter_map(|entrant| entrant.stand.as_ref());
    Ok(PeersReport {
        bench: "peers",
        rooms: load.rooms,
        members: load.members,
        rate: load.rate.into(),
        rounds: load.pairs,
        seconds: load.seconds,
        fsync_p99_us,
        fsync_source,
        pinned: stands.all(|stand| cores.are_apart(stand.target.id(), stand.generator.id())),
        machine: Machine::describe(site.folder()),
        entries: all.iter().map(|entrant| entrant.entry(load)).collect(),
    })
}

/// What all of them need to come in.
struct Bed<'a> {
    load: &'a Load,
    launcher: &'a Launcher,
    cores: &'a Cores,
    progress: &'a Progress,
}

impl Bed<'_> {
    /// Our server, warm, and the size of its frames.
    async fn us(&self, site: &Site) -> anyhow::Result<(Entrant, usize)> {
        self.progress.says("the server starts");
        let server = site.start(self.launcher, &self.cores.target).await?;
        let mut us = Entrant::new("kkanbu", env!("CARGO_PKG_VERSION"));
        let stand = self.warm(server, site.address(), site.spoken().await?, &site.log()).await?;
        let (stand, frame_bytes) = stand;
        us.stand = Some(stand);
        Ok((us, frame_bytes))
    }

    /// Another one. Where it does not come in, the report says why.
    async fn enter(&self, peer: Peer, folder: &Path) -> Entrant {
        let mut entrant = Entrant::new(&peer.name, &peer.version);
        match self.start(peer, folder).await {
            Ok(stand) => entrant.stand = Some(stand),
            Err(error) => entrant.failed = Some(format!("{error:#}")),
        }
        entrant
    }

    async fn start(&self, peer: Peer, folder: &Path) -> anyhow::Result<Stand> {
        let log = folder.join(format!("{}.log", peer.address.port()));
        let arguments: Vec<&OsStr> = peer.arguments.iter().map(OsStr::new).collect();
        let mut target = self.launcher.program(&peer.program, &self.cores.target, &arguments, &log)?;
        let began = Instant::now();
        while TcpStream::connect(peer.address).await.is_err() {
            target.runs()?;
            ensure!(began.elapsed() < START, "it did not start");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(self.warm(target, peer.address, peer.spoken, &log).await?.0)
    }

    /// With a generator, its members in, and warm.
    async fn warm(
        &self,
        target: Child,
        address: SocketAddr,
        spoken: Spoken,
        log: &Path,
    ) -> anyhow::Result<(Stand, usize)> {
        let mut stand = Stand::beside(target, address, self.launcher, self.cores, log)?;
        let plan: Connect = self.load.connect(&stand, spoken, None)?;
        stand.connect(plan, self.progress).await?;
        let warm = stand.window(self.load.warm_up()).await?;
        Ok((stand, warm.heard.frame_bytes))
    }
}

impl Entrant {
    fn new(name: &str, version: &str) -> Self {
        let (name, version) = (name.to_owned(), version.to_owned());
        Self { name, version, stand: None, failed: None, windows: Vec::new() }
    }

    async fn window(&mut self, load: &Load, floor_us: f64) {
        let Some(stand) = &mut self.stand else { return };
        match stand.window(load.window()).await {
            Ok(measured) => self.windows.push((measured, floor_us)),
            Err(error) => {
                self.failed = Some(format!("{error:#}"));
                self.stand = None;
            }
        }
    }

    fn entry(&self, load: &Load) -> Entry {
        let spread = |figure: &dyn Fn(&Measured) -> f64| Spread::of(self.windows.iter().map(|(one, _)| figure(one)));
        let cost = spread(&Measured::us_per_delivery);
        let ratios = self.windows.iter().map(|(measured, floor_us)| measured.us_per_delivery() / floor_us);
        let median = |figure: &dyn Fn(&Measured) -> u64| to_u64(spread(&|one| to_f64(figure(one))).median);
        let achieved_rate = spread(&|one| {
            to_f64(one.heard.deliveries_while_posting) / f64::from(load.members) / one.heard.seconds.max(1e-9)
        });
        let heard = || self.windows.iter().map(|(measured, _)| &measured.heard);
        Entry {
            name: self.name.clone(),
            version: self.version.clone(),
            cpu_us_per_delivery: cost,
            ratio_to_floor: Spread::of(ratios),
            deliveries_per_cpu_second: if self.windows.is_empty() { 0 } else { to_u64(1e6 / cost.median.max(1e-9)) },
            p50_us: median(&|one| one.heard.latencies.p50_us),
            p99_us: median(&|one| one.heard.latencies.p99_us),
            achieved_rate: achieved_rate.median,
            reached_offered_rate: match load.rate {
                Rate::PerSecond(offered) => achieved_rate.median >= 0.98 * offered,
                Rate::Max => true,
            },
            frame_bytes: heard().map(|heard| heard.frame_bytes).max().unwrap_or_default(),
            deliveries: heard().map(|heard| heard.deliveries).sum(),
            faults: Faults::of(heard()),
            failed: self.failed.clone(),
        }
    }
}
