//! `bench fanout`: what our server spends on a delivery, what the floor spends on the same in the same run, and whether everything arrived.
//!
//! Windows alternate, so that a machine's moods fall on both. A ratio is that of a pair; the report gives the pairs' median and quartiles.

use super::common::{FloorKind, LAUNCH, Load, floor_window, warm_floor};
use super::fanout_report::{Around, FanoutReport, Round};
use crate::generator::Rate;
use crate::machine::Machine;
use crate::process::{Cores, Launcher, resident_bytes};
use crate::progress::Progress;
use crate::stand::{LogSync, POSTS_PER_MINUTE, Site, SiteOptions, Stand};
use crate::stats::to_f64;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct FanoutOptions {
    /// How much is posted where.
    #[command(flatten)]
    pub load: Load,

    /// Members speak TLS with the server. The floor stays plain.
    #[arg(long)]
    pub tls: bool,

    /// Which floors are measured beside; both with `--rate max`, otherwise `single`.
    #[arg(long, value_enum)]
    pub floor: Option<FloorKind>,
}

impl FanoutOptions {
    fn floor(&self) -> FloorKind {
        self.floor.unwrap_or(if self.load.rate == Rate::Max { FloorKind::Both } else { FloorKind::Single })
    }

    fn steps(&self) -> u64 {
        let floors = if self.floor() == FloorKind::Both { 2 } else { 1 };
        u64::from(self.load.pairs) * (1 + floors)
    }
}

/// Measures.
pub async fn fanout(options: &FanoutOptions) -> anyhow::Result<FanoutReport> {
    let load = &options.load;
    let shape = load.shape()?;
    let progress = Progress::new(options.steps());
    progress.says("the server starts");
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(load.workers.into()));
    let within = load.dir.clone();
    let site = Site::new(&SiteOptions { shape, tls: options.tls, within, more: String::new() }, &launcher).await?;
    let machine = Machine::describe(site.folder());
    let server = site.start(&launcher, &cores.target).await?;
    let empty = resident_bytes(server.id())?;
    let mut stand = Stand::beside(server, site.address(), &launcher, &cores, &site.log())?;
    let plan = load.connect(&stand, site.spoken().await?, site.certificate())?;
    let join_seconds = stand.connect(plan, &progress).await?;
    let pinned = cores.are_apart(stand.target.id(), stand.generator.id());
    let joined = resident_bytes(stand.target.id())?;
    progress.says("warming up");
    let frame_bytes = stand.window(load.warm_up()).await?.heard.frame_bytes;
    let mut floor = warm_floor(load, frame_bytes, &launcher, &cores, &site.log(), &progress).await?;
    let mut syncs = LogSync::begin(&site).await?;
    let mut rounds = Vec::new();
    for number in 1..=load.pairs {
        progress.says(format!("pair {number} of {}: the server", load.pairs));
        let server = stand.window(load.window()).await?;
        progress.step();
        syncs.measure(site.folder(), load.rate).await?;
        let mut of_floor = [None, None];
        let kinds = [(options.floor().is_single(), false), (options.floor().is_coalescing(), true)];
        for (of, (_, coalescing)) in of_floor.iter_mut().zip(kinds).filter(|(_, (wanted, _))| *wanted) {
            progress.says(format!("pair {number} of {}: the floor", load.pairs));
            *of = Some(floor_window(&mut floor, load, frame_bytes, coalescing).await?);
            progress.step();
        }
        let [floor, coalescing] = of_floor;
        rounds.push(Round { server, floor, coalescing });
    }
    let (fsync_p99_us, fsync_source) = syncs.p99_us(&site).await?;
    let rss_bytes = resident_bytes(stand.target.id())?;
    let rss_bytes_per_connection = (to_f64(joined) - to_f64(empty)) / to_f64(shape.all() as u64);
    let around = Around {
        fsync_p99_us,
        fsync_source,
        join_seconds,
        rss_bytes,
        rss_bytes_per_connection,
        frame_bytes,
        posts_per_minute: POSTS_PER_MINUTE,
        pinned,
        machine,
    };
    Ok(FanoutReport::of(options, &rounds, around))
}
