//! When members came back: the moments from which a storm's figures are made.

use crate::stats::{to_f64, to_u64};

/// In nanoseconds of the generator's clock.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// When the server took the first connection.
    pub(super) first: Option<u64>,
    /// When each upgrade was answered.
    pub(super) upgraded: Vec<u64>,
    /// When each member came in, in order of time.
    pub(super) joined: Vec<u64>,
    /// What each member heard last, by its number; coming in counts as hearing.
    pub(super) heard: Vec<u64>,
    /// Whom the server did not give what they had missed.
    pub(super) unrecovered: u64,
}

impl Timeline {
    pub(super) fn new(all: usize) -> Self {
        Self { heard: vec![0; all], ..Self::default() }
    }

    pub(super) fn connected(&mut self, now: u64) {
        self.first.get_or_insert(now);
    }

    pub(super) fn upgraded(&mut self, now: u64) {
        self.upgraded.push(now);
    }

    pub(super) fn is_in(&mut self, index: usize, recovered: bool, now: u64) {
        self.joined.push(now);
        self.unrecovered += u64::from(!recovered);
        self.hears(index, now);
    }

    pub(super) fn hears(&mut self, index: usize, now: u64) {
        if let Some(heard) = self.heard.get_mut(index) {
            *heard = now;
        }
    }

    /// Seconds from the first connection until this part of `all` had come to one of `moments`; 0 where they have not.
    pub(super) fn seconds(&self, moments: &[u64], all: usize, part: f64) -> f64 {
        let mut sorted = moments.to_vec();
        sorted.sort_unstable();
        let rank = to_u64((to_f64(all as u64) * part).ceil());
        let moment = rank.checked_sub(1).and_then(|rank| sorted.get(usize::try_from(rank).ok()?));
        moment.map_or(0.0, |moment| to_f64(moment.saturating_sub(self.first.unwrap_or_default())) / 1e9)
    }

    /// Most upgrades within 100 ms.
    pub(super) fn upgrades_per_100_ms_max(&self) -> u64 {
        let mut sorted = self.upgraded.clone();
        sorted.sort_unstable();
        let within =
            |(rank, begin): (usize, &u64)| sorted.partition_point(|moment| *moment < begin + 100_000_000) - rank;
        sorted.iter().enumerate().map(within).max().unwrap_or_default() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_of_any_tenth_of_a_second_and_parts_are_by_rank() {
        let upgraded = vec![0, 95_000_000, 150_000_000, 190_000_000, 900_000_000];
        let timeline = Timeline { first: Some(0), upgraded, ..Timeline::default() };
        assert_eq!(timeline.upgrades_per_100_ms_max(), 3);
        let moments: Vec<u64> = (1..=100).map(|number| number * 10_000_000).collect();
        assert!((timeline.seconds(&moments, 100, 0.99) - 0.99).abs() < 1e-9);
        assert!((timeline.seconds(&moments, 100, 1.0) - 1.0).abs() < 1e-9);
        assert!(timeline.seconds(&moments, 101, 1.0).abs() < 1e-9, "one is missing");
    }
}
