//! What `bench peers` found, for programs and for people.

use super::common::Faults;
use super::fanout_report::Offered;
use crate::machine::Machine;
use crate::stand::FsyncSource;
use crate::stats::Spread;
use serde::Serialize;
use std::fmt;

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct PeersReport {
    /// `peers`.
    pub bench: &'static str,
    /// Rooms.
    pub rooms: u16,
    /// Members of each room.
    pub members: u16,
    /// Posts a second over all rooms that were offered; `max` where as many as were taken.
    pub rate: Offered,
    /// How often each was measured.
    pub rounds: u16,
    /// Seconds of each window.
    pub seconds: u16,
    /// 99 % of our log's syncs did not take longer. Nobody else has any.
    pub fsync_p99_us: f64,
    /// Where that comes from.
    pub fsync_source: FsyncSource,
    /// Whether everything that was measured ran apart from its load.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
    /// The floor, ours, and the others in their order.
    pub entries: Vec<Entry>,
}

/// What one of them came to.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// Which version.
    pub version: String,
    /// CPU time for a delivery, user and system.
    pub cpu_us_per_delivery: Spread,
    /// That by the floor's in the same round.
    pub ratio_to_floor: Spread,
    /// Deliveries of a CPU second.
    pub deliveries_per_cpu_second: u64,
    /// Median of the windows' medians from being due to arriving.
    pub p50_us: u64,
    /// The same of what 99 % of deliveries did not exceed.
    pub p99_us: u64,
    /// Posts a second that arrived while posts were sent.
    pub achieved_rate: f64,
    /// Whether that is what was offered.
    pub reached_offered_rate: bool,
    /// The size of a delivery's frame, with its head.
    pub frame_bytes: usize,
    /// Deliveries.
    pub deliveries: u64,
    /// What went wrong.
    pub faults: Faults,
    /// Why it was not measured, or not to the end.
    pub failed: Option<String>,
}

impl PeersReport {
    /// Whether ours and the floor lost, doubled and confused nothing. What others did is reported, and no failure of ours.
    pub fn is_clean(&self) -> bool {
        self.entries.iter().take(2).all(|entry| entry.failed.is_none() && entry.faults.is_clean())
    }
}

impl fmt::Display for PeersReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rooms, members, rate, rounds, seconds, pinned, fsync_p99_us, .. } = self;
        let pinned = if *pinned { "" } else { ", not pinned" };
        write!(
            f,
            "peers: {rooms} room(s) of {members}, {rate} posts a second, {rounds} rounds of {seconds} s{pinned}"
        )?;
        write!(f, ", fsync p99 {fsync_p99_us:.0} us")?;
        self.entries.iter().try_for_each(|entry| write!(f, "\n  {entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, cpu_us_per_delivery: cost, ratio_to_floor: ratio, p99_us, achieved_rate, .. } = self;
        write!(f, "{name:<12}")?;
        if self.deliveries > 0 {
            let (cost, ratio) = (cost.median, ratio.median);
            write!(f, "{cost:>8.2} us of CPU a delivery, {ratio:>5.2} x floor, p99 {p99_us:>8} us")?;
            write!(f, ", {achieved_rate:>8.1} posts a second, {}", self.faults)?;
        }
        self.failed.as_ref().map_or(Ok(()), |why| write!(f, "  {why}"))
    }
}
