//! `bench idle`: what a member costs who only sits there: memory, and the CPU time of pings.

use super::common::{LAUNCH, connect_all, seats};
use crate::generator::Connect;
use crate::machine::Machine;
use crate::process::{Cores, Launcher, cpu_time};
use crate::progress::Progress;
use crate::stand::{Memory, Shape, Site, SiteOptions, Stand};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The server's time between two pings.
const HEARTBEAT_SECONDS: u16 = 25;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct IdleOptions {
    /// Members, in rooms of at most 50.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u16).range(5..=15_000))]
    pub connections: u16,

    /// They speak TLS with the server.
    #[arg(long)]
    pub tls: bool,

    /// How long CPU time is counted, in seconds: longer than two heartbeats of 25 s, so that everybody answers two pings.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: u16,

    /// The folder in which the bench makes its own.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct IdleReport {
    /// `idle`.
    pub bench: &'static str,
    /// Members who were in.
    pub connections: u16,
    /// Rooms that they were in, each in one.
    pub rooms: usize,
    /// Whether the server spoke TLS.
    pub tls: bool,
    /// What each has added to the server's memory.
    pub rss_bytes_per_connection: f64,
    /// What each has added to what it has allocated.
    pub heap_bytes_per_connection: f64,
    /// CPU time, user and system, for each member and second.
    pub cpu_us_per_connection_second: f64,
    /// CPU time in that window in all.
    pub cpu_seconds: f64,
    /// The window.
    pub seconds: f64,
    /// Pings in that window that were answered.
    pub pongs: u64,
    /// Fewest that are due in such a window.
    pub pongs_due: u64,
    /// Connections that ended.
    pub closed: u64,
    /// Why the first of them did.
    pub closed_why: Option<String>,
    /// How long it took until all were in.
    pub join_seconds: f64,
    /// After the start, when one member had come in and gone.
    pub memory_at_0: Memory,
    /// When all were in and it had settled.
    pub memory_joined: Memory,
    /// After the window.
    pub memory_after: Memory,
    /// Whether server and load were pinned to cores of their own.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
}

/// Measures.
pub async fn idle(options: &IdleOptions) -> anyhow::Result<IdleReport> {
    let connections = usize::from(options.connections);
    let Shape { rooms, members } = seats(connections);
    let progress = Progress::new(4);
    progress.says("the server starts");
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(1));
    // One seat more in each room, for the one who comes in first.
    let shape = Shape { rooms, members: members + 1 };
    let site_options = SiteOptions { shape, tls: options.tls, within: options.dir.clone(), more: String::new() };
    let site = Site::new(&site_options, &launcher).await?;
    let machine = Machine::describe(site.folder());
    let server = site.start(&launcher, &cores.target).await?;
    let mut stand = Stand::beside(server, site.address(), &launcher, &cores, &site.log())?;
    let plan = connect_all(&stand, site.spoken().await?, site.certificate(), Shape { rooms, members });
    stand.connect(Connect { rooms: 1, members: 1, ..plan.clone() }, &progress).await?;
    let memory_at_0 = Memory::settled(stand.target.id()).await?;
    progress.step();
    let join_seconds = stand.connect(plan, &progress).await?;
    let pinned = cores.are_apart(stand.target.id(), stand.generator.id());
    progress.step();
    progress.says("waiting until its memory has settled");
    let memory_joined = Memory::settled(stand.target.id()).await?;
    progress.step();
    let window = Duration::from_secs(options.seconds.into());
    progress.says(format!("all are in and silent for {} s", options.seconds));
    let (pongs_before, cpu_before, began) = (stand.look().await?.pongs, cpu_time(stand.target.id())?, Instant::now());
    sleep(window).await;
    stand.target.runs()?;
    let (cpu, seconds) = (cpu_time(stand.target.id())?.saturating_sub(cpu_before), began.elapsed().as_secs_f64());
    let looked = stand.look().await?;
    let memory_after = Memory::of(stand.target.id())?;
    progress.step();
    let (rss_bytes_per_connection, heap_bytes_per_connection) = memory_joined.growth_each(memory_at_0, connections);
    Ok(IdleReport {
        bench: "idle",
        connections: options.connections,
        rooms,
        tls: options.tls,
        rss_bytes_per_connection,
        heap_bytes_per_connection,
        cpu_us_per_connection_second: cpu.as_secs_f64() * 1e6 / seconds / f64::from(options.connections),
        cpu_seconds: cpu.as_secs_f64(),
        seconds,
        pongs: looked.pongs - pongs_before,
        pongs_due: u64::from(options.seconds / HEARTBEAT_SECONDS) * u64::from(options.connections),
        closed: looked.closed,
        closed_why: looked.closed_why,
        join_seconds,
        memory_at_0,
        memory_joined,
        memory_after,
        pinned,
        machine,
    })
}

impl IdleReport {
    /// Whether everybody stayed and answered every ping.
    pub const fn is_clean(&self) -> bool {
        self.closed == 0 && self.pongs >= self.pongs_due
    }
}
