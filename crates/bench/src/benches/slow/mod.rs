//! `bench slow`: some members stop to read. What the others notice of it, what each of those costs until the server has enough of it, and how it is ended.
//!
//! Windows alternate: all read; then the last ones of each room do not, until the server has closed them. The same connections are left out of
//! both windows' latencies, so that both are of the same people. What a stalled one holds is measured apart, where half of all stall.

mod memory;
mod report;
mod watch;

pub use memory::MemoryRound;
pub use report::{SlowPair, SlowReport, SlowSide};

use super::common::{Faults, LAUNCH, connect_all};
use crate::generator::{Connect, Latencies, Order, Rate, Told, Window};
use crate::machine::Machine;
use crate::process::{Cores, Launcher};
use crate::progress::Progress;
use crate::stand::{Measured, Shape, Site, SiteOptions, Stand, unasked};
use crate::stats::to_u64;
use anyhow::ensure;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use watch::{Watched, watch};

/// Longest warm-up, in seconds.
const WARM_UP_MAX: f64 = 5.0;

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

    /// How long each window takes, in seconds: longer than it takes until the server has enough of those who stall, which is 20 s
    /// after their sockets are full.
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: u16,

    /// The folder in which the bench makes its own. On a disk: what is in memory is not durable.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Measures.
pub async fn slow(options: &SlowOptions) -> anyhow::Result<SlowReport> {
    let shape = Shape { rooms: options.rooms.into(), members: options.members.into() };
    let narrow = usize::try_from(to_u64((options.stalled.0 * f64::from(options.members)).ceil()))?;
    ensure!(narrow < shape.members, "somebody has to read");
    ensure!(shape.all() <= super::common::CONNECTIONS_MAX, "{} members are too many", shape.all());
    let progress = Progress::new(u64::from(options.pairs) * 2 + 1);
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
    progress.says("warming up");
    stand.window(Window { seconds: seconds.min(WARM_UP_MAX), ..window }).await?;
    let stalled = narrow * shape.rooms;
    let (mut pairs, mut heard, mut ends) = (Vec::new(), Vec::new(), BTreeMap::new());
    for number in 1..=options.pairs {
        progress.says(format!("pair {number} of {}: all read", options.pairs));
        let (measured, watched) = watch(&mut stand, &site, window, 0).await?;
        let all_read = side(&measured, watched);
        heard.push(measured.heard);
        progress.step();
        renew(&mut stand).await?;
        progress.says(format!("pair {number} of {}: some stall", options.pairs));
        let (measured, watched) = watch(&mut stand, &site, window, stalled).await?;
        pairs.push(SlowPair { all_read, some_stall: side(&measured, watched) });
        heard.push(measured.heard);
        for (why, count) in renew(&mut stand).await? {
            *ends.entry(why).or_default() += count;
        }
        progress.step();
    }
    drop((stand, site));
    progress.says("memory of those who stall");
    let memory = memory::rounds(options, &launcher, &cores, &progress).await?;
    progress.step();
    let faults = Faults::of(&heard);
    Ok(SlowReport::of(options, stalled, (pairs, memory), ends, faults, (pinned, machine)))
}

/// The stalled ones read what is left for them, and the narrow ones come in anew, with sockets of which the kernel holds little yet. Gives how the server had
/// ended the stalled ones.
async fn renew(stand: &mut Stand) -> anyhow::Result<BTreeMap<String, u64>> {
    let told = stand.ask(Order::Revive, Duration::from_secs(30)).await?;
    if let Told::Revived { ends } = told { Ok(ends) } else { Err(unasked(&told)) }
}

/// The window as the others had it.
fn side(measured: &Measured, watched: Watched) -> SlowSide {
    let Latencies { p50_us, p99_us, .. } = measured.heard.latencies;
    let p99_us_by_second = measured.heard.p99_us_by_second.clone();
    let Watched { closed: closed_as_slow, closed_after_seconds, .. } = watched;
    let cpu_us_per_delivery = measured.us_per_delivery();
    SlowSide { p50_us, p99_us, p99_us_by_second, cpu_us_per_delivery, closed_as_slow, closed_after_seconds }
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
}
