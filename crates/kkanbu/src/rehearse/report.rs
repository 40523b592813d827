//! What a rehearsal found, for people and for programs.

use super::definition::Definition;
use super::drains::{self, PEAK_RATIO_MAX};
use super::judge::{Evidence, judge};
use super::soak::Soak;
use super::stage::Interruptions;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What a rehearsal found. `posts` counts every writing command: posts, edits, retracts and reactions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    /// The programme rehearsed.
    pub(crate) programme: String,
    /// How long everybody wrote.
    pub(crate) seconds: u64,
    /// Rooms written in.
    pub(crate) rooms: u64,
    /// Members.
    pub(crate) members: u64,
    /// Writes that were sent and not refused.
    pub(crate) posts: u64,
    /// Writes that the server acknowledged.
    pub(crate) acknowledged: u64,
    /// Writes that the server refused by its rules, as a reaction to a post that was just taken back.
    pub(crate) refused: u64,
    /// (acknowledged write, member of the room) pairs that the member's socket saw, the author's own included.
    pub(crate) deliveries: u64,
    /// Such pairs that the socket never saw, though the server never said that continuity is lost.
    pub(crate) missing: u64,
    /// Acknowledged writes that the final history does not hold.
    pub(crate) lost: u64,
    /// Publications that came again on a connection or below its resume position, that a caller was told twice, or
    /// that stand at two offsets.
    pub(crate) duplicated: u64,
    /// Publications that came at another place than after the one before.
    pub(crate) reordered: u64,
    /// How often the server was killed or drained, and restarted.
    pub(crate) restarts: u32,
    /// Members that did not come back after a drain, over all drains.
    pub(crate) not_back: u64,
    /// The worst peak of reconnects after a drain, by that of an even spread; null without drains.
    pub(crate) reconnect_peak_ratio: Option<f64>,
    /// What a soak found; null without one.
    pub(crate) soak: Option<Soak>,
    /// Median time from handing a write to the client to its frame on a member's socket, over all deliveries.
    pub(crate) p50_ms: f64,
    /// The time that 99 % of deliveries stayed within; where the server was killed it holds the outage.
    pub(crate) p99_ms: f64,
}

impl Report {
    pub(super) fn of(
        evidence: &Evidence,
        definition: &Definition,
        seconds: u64,
        interruptions: &Interruptions,
        soak: Option<Soak>,
    ) -> Self {
        let verdict = judge(evidence);
        let connected: Vec<_> = evidence.members.iter().map(|member| member.connected.clone()).collect();
        let returns: Vec<_> = interruptions.drained.iter().map(|at| drains::judge(*at, &connected)).collect();
        let written = &evidence.written;
        let acknowledged = written.acknowledged.len() as u64;
        Self {
            programme: definition.id().to_owned(),
            seconds,
            rooms: evidence.history.len() as u64,
            members: evidence.members.len() as u64,
            posts: acknowledged + written.unanswered.len() as u64,
            acknowledged,
            refused: written.refused,
            deliveries: verdict.deliveries,
            missing: verdict.missing,
            lost: verdict.lost,
            duplicated: verdict.duplicated,
            reordered: verdict.reordered,
            restarts: interruptions.restarts,
            not_back: returns.iter().map(|back| back.lost).sum(),
            reconnect_peak_ratio: returns.iter().map(|back| back.peak_ratio).reduce(f64::max),
            soak,
            p50_ms: percentile_ms(&verdict.latencies, 50),
            p99_ms: percentile_ms(&verdict.latencies, 99),
        }
    }

    /// Whether there was something to judge, and all of it reached everybody once and in order, and stayed.
    pub(crate) fn is_clean(&self) -> bool {
        let arrived =
            self.missing == 0 && self.lost == 0 && self.duplicated == 0 && self.reordered == 0 && self.not_back == 0;
        let even = self.reconnect_peak_ratio.is_none_or(|ratio| ratio <= PEAK_RATIO_MAX);
        self.acknowledged > 0 && arrived && even && self.soak.as_ref().is_none_or(Soak::is_flat)
    }
}

/// The nearest rank, in milliseconds with a fraction; 0 where there is nothing.
fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    let value = sorted.get(rank - 1).copied().unwrap_or_default();
    // Whole microseconds are fine enough to print.
    (value.as_secs_f64() * 1e6).round() / 1e3
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { programme, seconds, rooms, members, posts, acknowledged, refused, deliveries, .. } = self;
        let Self { missing, lost, duplicated, reordered, restarts, p50_ms, p99_ms, .. } = self;
        writeln!(f, "{programme}: {members} members in {rooms} room(s) wrote for {seconds} s, {restarts} restart(s)")?;
        writeln!(f, "  posts      {posts:>9}  with edits, retracts and reactions; {refused} more refused")?;
        writeln!(f, "  acknowledged{acknowledged:>8}")?;
        writeln!(f, "  deliveries {deliveries:>9}  p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms from sending")?;
        writeln!(f, "  missing    {missing:>9}")?;
        writeln!(f, "  lost       {lost:>9}")?;
        writeln!(f, "  duplicated {duplicated:>9}")?;
        writeln!(f, "  reordered  {reordered:>9}")?;
        if let Some(ratio) = self.reconnect_peak_ratio {
            writeln!(
                f,
                "  not back   {:>9}  after drains; peak of reconnects {ratio:.2} times an even spread",
                self.not_back
            )?;
        }
        if let Some(Soak { resident_middle_kib, resident_end_kib, descriptors_middle, descriptors_end, .. }) =
            &self.soak
        {
            writeln!(f, "  memory     {resident_end_kib:>9}  KiB at the end, {resident_middle_kib} in the middle")?;
            writeln!(f, "  descriptors{descriptors_end:>9}  at the end, {descriptors_middle} in the middle")?;
        }
        let verdict = if self.is_clean() {
            "everything acknowledged reached every member once, in order, and stayed"
        } else {
            "the promise was broken"
        };
        write!(f, "{verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        near(percentile_ms(&sorted, 50), 100.0);
        near(percentile_ms(&sorted, 99), 198.0);
        near(percentile_ms(&[Duration::from_micros(1_500)], 99), 1.5);
        near(percentile_ms(&[], 50), 0.0);
    }
}
