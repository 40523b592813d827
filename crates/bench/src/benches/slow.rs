//! `bench slow`: some members stop to read. What the others notice of it, what each of those costs until the server has enough of it, and how it is ended.
//!
//! Windows alternate: all read; then the last ones of each room do not, until the server has closed them. The same connections are left out of
//! both windows' latencies, so that both are of the same people.

use super::common::{Faults, LAUNCH, connect_all};
use crate::generator::{Connect, Order, Rate, Told, Window};
use crate::machine::Machine;
use crate::process::{Cores, Launcher};
use crate::progress::Progress;
use crate::stand::{Measured, Memory, Shape, Site, SiteOptions, Stand, unasked};
use crate::stats::{Spread, to_f64, to_u64};
use anyhow::ensure;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at the server's memory.
const LOOK: Duration = Duration::from_millis(250);

/// Longest wait after a window until the last one is closed.
const CLOSED: Duration = Duration::from_mins(1);

/// A part of the members.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part(f64);

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = text.strip_suffix('%').and_then(|percent| percent.trim().parse().ok());
        percent
            .filter(|percent| (0.0..=50.0).contains(percent))
            .map(|percent: f64| Self(percent / 100.0))
            .ok_or_else(|| "a part is a percentage up to 50%, such as 1%".to_owned())
    }
}

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct SlowOptions {
    /// How many stop to read, rounded up in each room.
    #[arg(long, default_value = "1%")]
    pub stalled: Part,

    /// Rooms.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3_000))]
    pub rooms: u16,

    /// Members of each room.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(5..=15_000))]
    pub members: u16,

    /// Posts a second over all rooms.
    #[arg(long, default_value_t = 49.0)]
    pub rate: f64,

    /// How often each kind of window is measured, in turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub pairs: u16,

    /// How long each window takes, in seconds: longer than the server bears a socket that takes nothing, which is 20 s.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: u16,

    /// The folder in which the bench makes its own. On a disk: what is in memory is not durable.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct SlowReport {
    /// `slow`.
    pub bench: &'static str,
    /// Rooms.
    pub rooms: u16,
    /// Members of each room.
    pub members: u16,
    /// Of all of them, those who stop to read.
    pub stalled: usize,
    /// Posts a second over all rooms.
    pub rate: f64,
    /// Seconds of each window.
    pub seconds: u16,
    /// Median of the pairs: the others' p99 while some stall, by that while all read.
    pub p99_ratio: f64,
    /// The quartiles of that.
    pub p99_ratio_quartiles: [f64; 2],
    /// 99 % of the others' deliveries arrived within this after they were due, while some stalled; medians of the windows.
    pub p99_us: f64,
    /// The same while all read.
    pub p99_us_all_read: f64,
    /// Half of them did, while some stalled.
    pub p50_us: f64,
    /// The same while all read.
    pub p50_us_all_read: f64,
    /// CPU time for a delivery to the others, while some stalled.
    pub cpu_us_per_delivery: f64,
    /// The same while all read.
    pub cpu_us_per_delivery_all_read: f64,
    /// Median of the pairs: what each stalled one added to the most memory that the server had, over the window before.
    pub rss_bytes_per_stalled: f64,
    /// The same of what it has allocated.
    pub heap_bytes_per_stalled: f64,
    /// What the server's memory grew by in the first window, in which all read and nobody had ever stalled: the part of the growth that is not theirs.
    pub rss_bytes_grown_while_all_read: f64,
    /// Stalled ones whom the server closed as slow consumers, over all windows.
    pub closed_as_slow: u64,
    /// Those whom it did not.
    pub not_closed: u64,
    /// Seconds from the beginning of a window until the last one was closed, at most.
    pub closed_after_seconds: f64,
    /// What those saw when they read again: how their connections had ended, and how many did so.
    pub ends: BTreeMap<String, u64>,
    /// What went wrong for the others.
    #[serde(flatten)]
    pub faults: Faults,
    /// Whether server and load were pinned to cores of their own.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
    /// All pairs.
    pub pairs: Vec<SlowPair>,
}

/// A window in which all read, and one in which some stalled.
#[derive(Debug, Clone, Serialize)]
pub struct SlowPair {
    /// All read.
    pub all_read: SlowSide,
    /// Some don't.
    pub some_stall: SlowSide,
    /// How much memory the server had when all were closed and in again.
    pub memory_after: Memory,
}

/// One window.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SlowSide {
    /// Half of the others' deliveries arrived within this.
    pub p50_us: u64,
    /// 99 % did.
    pub p99_us: u64,
    /// CPU time for a delivery to the others.
    pub cpu_us_per_delivery: f64,
    /// Most memory that the server had.
    pub memory_max: Memory,
    /// Slow consumers that it closed.
    pub closed_as_slow: u64,
    /// Seconds until the last of them.
    pub closed_after_seconds: f64,
}

/// Measures.
pub async fn slow(options: &SlowOptions) -> anyhow::Result<SlowReport> {
    let shape = Shape { rooms: options.rooms.into(), members: options.members.into() };
    let narrow = usize::try_from(to_u64((options.stalled.0 * f64::from(options.members)).ceil()))?;
    ensure!(narrow < shape.members, "somebody has to read");
    ensure!(shape.all() <= super::common::CONNECTIONS_MAX, "{} members are too many", shape.all());
    let progress = Progress::new(u64::from(options.pairs) * 2);
    progress.says("the server starts");
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(1));
    let within = options.dir.clone();
    let site = Site::new(&SiteOptions { shape, tls: false, within, more: String::new() }, &launcher).await?;
    let machine = Machine::describe(site.folder());
    let server = site.start(&launcher, &cores.target).await?;
    let mut stand = Stand::beside(server, site.address(), &launcher, &cores, &site.log())?;
    let plan = Connect { narrow, ..connect_all(&stand, site.spoken().await?, None, shape) };
    stand.connect(plan, &progress).await?;
    let pinned = cores.are_apart(stand.target.id(), stand.generator.id());
    let seconds = f64::from(options.seconds);
    let window = Window { rate: Rate::PerSecond(options.rate), seconds, in_flight: 1 };
    // Long enough that the rooms' rings are full, and the server's memory stays as it is.
    progress.says("warming up");
    stand.window(Window { seconds: seconds.min(30.0), ..window }).await?;
    let warm = Memory::of(stand.target.id())?;
    let mut bench = Slow { site: &site, stand, window, stalled: narrow * shape.rooms };
    let (mut pairs, mut heard, mut ends) = (Vec::new(), Vec::new(), BTreeMap::new());
    for number in 1..=options.pairs {
        progress.says(format!("pair {number} of {}: all read", options.pairs));
        let (all_read, measured) = bench.measure(false).await?;
        heard.push(measured.heard);
        progress.step();
        progress.says(format!("pair {number} of {}: some stall", options.pairs));
        let (some_stall, measured) = bench.measure(true).await?;
        heard.push(measured.heard);
        for (why, count) in bench.revive().await? {
            *ends.entry(why).or_default() += count;
        }
        let memory_after = Memory::settled(bench.stand.target.id()).await?;
        pairs.push(SlowPair { all_read, some_stall, memory_after });
        progress.step();
    }
    let faults = Faults::of(&heard);
    Ok(SlowReport::of(options, bench.stalled, pairs, ends, faults, (warm, pinned, machine)))
}

struct Slow<'a> {
    site: &'a Site,
    stand: Stand,
    window: Window,
    stalled: usize,
}

impl Slow<'_> {
    /// One window, with the server's memory beside it; where some stall, until all of them are closed.
    async fn measure(&mut self, stall: bool) -> anyhow::Result<(SlowSide, Measured)> {
        let Self { site, stand, window, stalled } = self;
        let order = if stall { Order::Stall } else { Order::Excuse };
        let told = stand.ask(order, Duration::ZERO).await?;
        let Told::Stalled = told else { return Err(unasked(&told)) };
        let (process, began) = (stand.target.id(), Instant::now());
        let before = slow_consumers(&site.metrics().await?);
        let (mut memory_max, mut closed, mut closed_after) = (Memory::of(process)?, 0, 0.0);
        let mut measuring = std::pin::pin!(stand.window(*window));
        let mut measured = None;
        let all = if stall { *stalled as u64 } else { 0 };
        while measured.is_none() || (closed < all && began.elapsed() < Duration::from_secs_f64(window.seconds) + CLOSED)
        {
            tokio::select! {
                ended = &mut measuring, if measured.is_none() => measured = Some(ended?),
                () = sleep(LOOK) => {
                    let now = Memory::of(process)?;
                    memory_max = if now.rss_bytes > memory_max.rss_bytes { now } else { memory_max };
                }
            }
            let found = slow_consumers(&site.metrics().await?).saturating_sub(before);
            if found > closed {
                (closed, closed_after) = (found, began.elapsed().as_secs_f64());
            }
        }
        let Some(measured) = measured else { anyhow::bail!("nothing was measured") };
        let latencies = measured.heard.latencies;
        let side = SlowSide {
            p50_us: latencies.p50_us,
            p99_us: latencies.p99_us,
            cpu_us_per_delivery: measured.us_per_delivery(),
            memory_max,
            closed_as_slow: closed,
            closed_after_seconds: closed_after,
        };
        Ok((side, measured))
    }

    /// The stalled ones read what is left for them and come in again. Gives how the server had ended them.
    async fn revive(&mut self) -> anyhow::Result<BTreeMap<String, u64>> {
        let told = self.stand.ask(Order::Revive, Duration::from_secs(30)).await?;
        if let Told::Revived { ends } = told { Ok(ends) } else { Err(unasked(&told)) }
    }
}

/// How many the server has closed as slow consumers, by its own count.
fn slow_consumers(metrics: &str) -> u64 {
    let of = |line: &str| {
        let rest = line.strip_prefix("kkanbu_sessions_ended_total{")?;
        let (labels, count) = rest.split_once("} ")?;
        labels.contains("\"slow_consumer\"").then(|| count.trim().parse::<u64>().ok()).flatten()
    };
    metrics.lines().filter_map(of).sum()
}

impl SlowReport {
    fn of(
        options: &SlowOptions,
        stalled: usize,
        pairs: Vec<SlowPair>,
        ends: BTreeMap<String, u64>,
        faults: Faults,
        (warm, pinned, machine): (Memory, bool, Machine),
    ) -> Self {
        let median = |figure: fn(&SlowPair) -> f64| Spread::of(pairs.iter().map(figure)).median;
        let ratio =
            Spread::of(pairs.iter().map(|pair| to_f64(pair.some_stall.p99_us) / to_f64(pair.all_read.p99_us.max(1))));
        let growth = |pair: &SlowPair| pair.some_stall.memory_max.growth_each(pair.all_read.memory_max, stalled);
        let closed_as_slow: u64 = pairs.iter().map(|pair| pair.some_stall.closed_as_slow).sum();
        Self {
            bench: "slow",
            rooms: options.rooms,
            members: options.members,
            stalled,
            rate: options.rate,
            seconds: options.seconds,
            p99_ratio: ratio.median,
            p99_ratio_quartiles: ratio.quartiles,
            p99_us: median(|pair| to_f64(pair.some_stall.p99_us)),
            p99_us_all_read: median(|pair| to_f64(pair.all_read.p99_us)),
            p50_us: median(|pair| to_f64(pair.some_stall.p50_us)),
            p50_us_all_read: median(|pair| to_f64(pair.all_read.p50_us)),
            cpu_us_per_delivery: median(|pair| pair.some_stall.cpu_us_per_delivery),
            cpu_us_per_delivery_all_read: median(|pair| pair.all_read.cpu_us_per_delivery),
            rss_bytes_per_stalled: Spread::of(pairs.iter().map(|pair| growth(pair).0)).median,
            heap_bytes_per_stalled: Spread::of(pairs.iter().map(|pair| growth(pair).1)).median,
            rss_bytes_grown_while_all_read: pairs
                .first()
                .map_or(0.0, |pair| pair.all_read.memory_max.growth_each(warm, 1).0),
            closed_as_slow,
            not_closed: (stalled as u64 * pairs.len() as u64).saturating_sub(closed_as_slow),
            closed_after_seconds: pairs.iter().map(|pair| pair.some_stall.closed_after_seconds).fold(0.0, f64::max),
            ends,
            faults,
            pinned,
            machine,
            pairs,
        }
    }

    /// Whether the others missed nothing, and all who stalled were closed.
    pub fn is_clean(&self) -> bool {
        !self.pairs.is_empty() && self.faults.is_clean() && self.not_closed == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_a_percentage() {
        assert_eq!("1%".parse(), Ok(Part(0.01)));
        assert_eq!("12.5 %".parse(), Ok(Part(0.125)));
        assert!("1".parse::<Part>().is_err() && "60%".parse::<Part>().is_err() && "-1%".parse::<Part>().is_err());
    }

    #[test]
    fn slow_consumers_are_counted_among_all_that_ended() {
        let metrics = "# TYPE kkanbu_sessions_ended_total counter\nkkanbu_sessions_ended_total{reason=\"silent\"} 4\n\
                       kkanbu_sessions_ended_total{reason=\"slow_consumer\"} 10\n";
        assert_eq!(slow_consumers(metrics), 10);
        assert_eq!(slow_consumers(""), 0);
    }
}
