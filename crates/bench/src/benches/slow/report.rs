//! What `bench slow` found.

use super::SlowOptions;
use super::memory::MemoryRound;
use crate::benches::common::Faults;
use crate::machine::Machine;
use crate::stats::{Spread, to_f64};
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// The p99 of the others' deliveries in the middle one of all seconds in which some stall, by that in which all read. A moment in which the
    /// machine or its disk stands still decides the p99 of a whole window, but is in one or two seconds of it.
    pub p99_ratio: f64,
    /// The seconds that it rests on: the quartiles of their p99 while some stall, and while all read.
    pub p99_us_of_seconds: [Spread; 2],
    /// The same of whole windows: median of the pairs.
    pub p99_ratio_of_windows: f64,
    /// The quartiles of that.
    pub p99_ratio_of_windows_quartiles: [f64; 2],
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
    /// Most memory that each stalled one added until it was closed; median of the rounds that measure it.
    pub rss_bytes_per_stalled: f64,
    /// The quartiles of that.
    pub rss_bytes_per_stalled_quartiles: [f64; 2],
    /// The same of what the server has allocated.
    pub heap_bytes_per_stalled: f64,
    /// The quartiles of that.
    pub heap_bytes_per_stalled_quartiles: [f64; 2],
    /// What the server's memory grew by in those rounds while as many posts came and all read, which does not count: median.
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
    /// What memory was measured by: in each of these half of the members stalled.
    pub memory: Vec<MemoryRound>,
}

/// A window in which all read, and one in which some stalled.
#[derive(Debug, Clone, Serialize)]
pub struct SlowPair {
    /// All read.
    pub all_read: SlowSide,
    /// Some don't.
    pub some_stall: SlowSide,
}

/// One window.
#[derive(Debug, Clone, Serialize)]
pub struct SlowSide {
    /// Half of the others' deliveries arrived within this.
    pub p50_us: u64,
    /// 99 % did.
    pub p99_us: u64,
    /// 99 % of those of each second did.
    pub p99_us_by_second: Vec<u64>,
    /// CPU time for a delivery to the others.
    pub cpu_us_per_delivery: f64,
    /// Slow consumers that it closed.
    pub closed_as_slow: u64,
    /// Seconds until the last of them.
    pub closed_after_seconds: f64,
}

impl SlowReport {
    pub(super) fn of(
        options: &SlowOptions,
        stalled: usize,
        (pairs, memory): (Vec<SlowPair>, Vec<MemoryRound>),
        ends: BTreeMap<String, u64>,
        faults: Faults,
        (pinned, machine): (bool, Machine),
    ) -> Self {
        let median = |figure: fn(&SlowPair) -> f64| Spread::of(pairs.iter().map(figure)).median;
        let ratio =
            Spread::of(pairs.iter().map(|pair| to_f64(pair.some_stall.p99_us) / to_f64(pair.all_read.p99_us.max(1))));
        let seconds = |side: fn(&SlowPair) -> &SlowSide| {
            Spread::of(pairs.iter().flat_map(|pair| &side(pair).p99_us_by_second).map(|us| to_f64(*us)))
        };
        let by_second = [seconds(|pair| &pair.some_stall), seconds(|pair| &pair.all_read)];
        let held = |figure: fn(&MemoryRound) -> f64| Spread::of(memory.iter().map(figure));
        let (rss, heap) = (held(|round| round.rss_bytes_per_stalled), held(|round| round.heap_bytes_per_stalled));
        let closed_as_slow: u64 = pairs.iter().map(|pair| pair.some_stall.closed_as_slow).sum();
        Self {
            bench: "slow",
            rooms: options.rooms,
            members: options.members,
            stalled,
            rate: options.rate,
            seconds: options.seconds,
            p99_ratio: by_second[0].median / by_second[1].median.max(1.0),
            p99_us_of_seconds: by_second,
            p99_ratio_of_windows: ratio.median,
            p99_ratio_of_windows_quartiles: ratio.quartiles,
            p99_us: median(|pair| to_f64(pair.some_stall.p99_us)),
            p99_us_all_read: median(|pair| to_f64(pair.all_read.p99_us)),
            p50_us: median(|pair| to_f64(pair.some_stall.p50_us)),
            p50_us_all_read: median(|pair| to_f64(pair.all_read.p50_us)),
            cpu_us_per_delivery: median(|pair| pair.some_stall.cpu_us_per_delivery),
            cpu_us_per_delivery_all_read: median(|pair| pair.all_read.cpu_us_per_delivery),
            rss_bytes_per_stalled: rss.median,
            rss_bytes_per_stalled_quartiles: rss.quartiles,
            heap_bytes_per_stalled: heap.median,
            heap_bytes_per_stalled_quartiles: heap.quartiles,
            rss_bytes_grown_while_all_read: held(|round| round.rss_bytes_grown_while_all_read).median,
            closed_as_slow,
            not_closed: (stalled as u64 * pairs.len() as u64).saturating_sub(closed_as_slow)
                + memory.iter().map(|round| round.not_closed).sum::<u64>(),
            closed_after_seconds: pairs.iter().map(|pair| pair.some_stall.closed_after_seconds).fold(0.0, f64::max),
            ends,
            faults,
            pinned,
            machine,
            pairs,
            memory,
        }
    }

    /// Whether the others missed nothing, and all who stalled were closed.
    pub fn is_clean(&self) -> bool {
        !self.pairs.is_empty() && self.faults.is_clean() && self.not_closed == 0
    }
}
