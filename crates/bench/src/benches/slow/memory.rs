//! What a member who stalls costs the server in memory. That is little beside what the process grows by with every post, and an allocator gives
//! what was held once to whoever asks next: so each round has a server of its own, in which half of the members stall, once, after a window of as
//! many posts in which all read. What the memory grew by in that one is taken off.

use super::watch::watch;
use super::{SlowOptions, WARM_UP_MAX};
use crate::benches::common::connect_all;
use crate::generator::{Connect, Rate, Window};
use crate::process::{Cores, Launcher};
use crate::progress::Progress;
use crate::stand::{Memory, Shape, Site, SiteOptions, Stand};
use crate::stats::to_f64;
use serde::Serialize;

/// Members of a round's room, where the bench has as many.
const MEMBERS_MAX: usize = 200;

/// Posts of a window: more than the kernel holds for a socket, and fewer than the server's ring, so that nobody is closed before the window ends.
const POSTS: f64 = 960.0;

/// Deliveries a second: the rounds run at once, on one core.
const DELIVERIES_PER_SECOND: f64 = 30_000.0;

/// Posts a second at most.
const RATE_MAX: f64 = 900.0;

/// One round.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MemoryRound {
    /// Members who stalled: half of them.
    pub stalled: usize,
    /// Most memory that the server had during the first window.
    pub warm: Memory,
    /// During the second: as many posts again, and all read.
    pub all_read: Memory,
    /// During the third: as many posts again, and some stalled; and then until all of those were closed.
    pub some_stalled: Memory,
    /// What the memory grew by from the first window to the second.
    pub rss_bytes_grown_while_all_read: f64,
    /// What it grew by beyond that from the second to the third, for each who stalled.
    pub rss_bytes_per_stalled: f64,
    /// The same of what is allocated.
    pub heap_bytes_per_stalled: f64,
    /// Those whom the server did not close.
    pub not_closed: u64,
}

/// Three rounds at once: time is not what they measure.
pub(super) async fn rounds(
    options: &SlowOptions,
    launcher: &Launcher,
    cores: &Cores,
    progress: &Progress,
) -> anyhow::Result<Vec<MemoryRound>> {
    let round = || round(options, launcher, cores, progress);
    let (first, second, third) = tokio::try_join!(round(), round(), round())?;
    Ok(vec![first, second, third])
}

async fn round(
    options: &SlowOptions,
    launcher: &Launcher,
    cores: &Cores,
    progress: &Progress,
) -> anyhow::Result<MemoryRound> {
    let members = usize::from(options.members).min(MEMBERS_MAX);
    let (shape, stalled) = (Shape { rooms: 1, members }, members / 2);
    let within = options.dir.clone();
    let site = Site::new(&SiteOptions { shape, tls: false, within, more: String::new() }, launcher).await?;
    let server = site.start(launcher, &cores.target).await?;
    let mut stand = Stand::beside(server, site.address(), launcher, cores, &site.log())?;
    let plan = Connect { narrow: stalled, ..connect_all(&stand, site.spoken().await?, None, shape) };
    stand.connect(plan, progress).await?;
    let rate = (DELIVERIES_PER_SECOND / to_f64(members as u64)).min(RATE_MAX);
    let window = Window { rate: Rate::PerSecond(rate), seconds: POSTS / rate, in_flight: 1 };
    stand.window(Window { seconds: window.seconds.min(WARM_UP_MAX), ..window }).await?;
    let (_, warm) = watch(&mut stand, &site, window, 0).await?;
    let (_, all_read) = watch(&mut stand, &site, window, 0).await?;
    let (_, some_stalled) = watch(&mut stand, &site, window, stalled).await?;
    let not_closed = (stalled as u64).saturating_sub(some_stalled.closed);
    Ok(MemoryRound::of(stalled, not_closed, [warm.memory_max, all_read.memory_max, some_stalled.memory_max]))
}

impl MemoryRound {
    fn of(stalled: usize, not_closed: u64, [warm, all_read, some_stalled]: [Memory; 3]) -> Self {
        let (rss_grown, heap_grown) = all_read.growth_each(warm, 1);
        let (rss, heap) = some_stalled.growth_each(all_read, 1);
        let each = |grown: f64, besides: f64| (grown - besides) / to_f64(stalled.max(1) as u64);
        Self {
            stalled,
            warm,
            all_read,
            some_stalled,
            rss_bytes_grown_while_all_read: rss_grown,
            rss_bytes_per_stalled: each(rss, rss_grown),
            heap_bytes_per_stalled: each(heap, heap_grown),
            not_closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_grows_by_anyway_is_not_theirs() {
        let memory = |kib: u64| Memory { rss_bytes: kib * 1_024, heap_bytes: kib * 512 };
        let round = MemoryRound::of(100, 0, [memory(10_000), memory(10_300), memory(11_000)]);
        assert!((round.rss_bytes_per_stalled - 4_096.0).abs() < 1e-9, "{round:?}");
        assert!((round.heap_bytes_per_stalled - 2_048.0).abs() < 1e-9, "{round:?}");
        assert!((round.rss_bytes_grown_while_all_read - 307_200.0).abs() < 1e-9, "{round:?}");
    }
}
