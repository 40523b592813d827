//! When the sessions of a draining node are told to come back: evenly, so that the next node meets them one by one.

use crate::telemetry::Telemetry;
use rand::seq::SliceRandom;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Nobody comes back before: a node that restarts needs a moment.
pub(crate) const COME_BACK_EARLIEST: Duration = Duration::from_secs(2);

/// The shortest time over which sessions come back.
pub(crate) const COME_BACK_SPREAD_MIN: Duration = Duration::from_secs(3);

/// The longest time over which sessions come back.
const COME_BACK_SPREAD_MAX: Duration = Duration::from_mins(1);

/// Time between two that come back, where so many of them do not fill the shortest spread.
const COME_BACK_STEP: Duration = Duration::from_millis(5);

/// Hands each session of a draining node a moment of its own.
#[derive(Debug)]
pub(crate) struct ComeBack {
    telemetry: Arc<Telemetry>,
    /// Made when the first session asks: all moments, shuffled, so that who came first is not who comes back first.
    moments: OnceLock<Vec<Duration>>,
    next: AtomicUsize,
}

impl ComeBack {
    pub(crate) fn new(telemetry: Arc<Telemetry>) -> Self {
        Self { telemetry, moments: OnceLock::new(), next: AtomicUsize::new(0) }
    }

    /// The next session's moment, counted from now.
    pub(crate) fn moment(&self) -> Duration {
        let moments = self.moments.get_or_init(|| shuffled(self.telemetry.sessions_live()));
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % moments.len().max(1);
        moments.get(turn).copied().unwrap_or(COME_BACK_EARLIEST)
    }
}

/// The time over which so many sessions of a draining node come back, each at a moment of its own.
pub fn come_back_spread(sessions: u32) -> Duration {
    COME_BACK_STEP.saturating_mul(sessions).clamp(COME_BACK_SPREAD_MIN, COME_BACK_SPREAD_MAX)
}

fn shuffled(sessions: u32) -> Vec<Duration> {
    let sessions = sessions.max(1);
    let spread = come_back_spread(sessions);
    let mut moments: Vec<_> = (0..sessions).map(|turn| COME_BACK_EARLIEST + spread * turn / sessions).collect();
    moments.shuffle(&mut rand::rng());
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(sessions: u32) -> Vec<Duration> {
        let telemetry = Arc::new(Telemetry::new());
        (0..sessions).for_each(|_| telemetry.session_began());
        let come_back = ComeBack::new(telemetry);
        (0..sessions).map(|_| come_back.moment()).collect()
    }

    #[test]
    fn every_stretch_of_the_spread_gets_its_even_share() {
        for sessions in [10, 54, 1_000, 20_000] {
            let mut moments = moments(sessions);
            moments.sort_unstable();
            let spread = come_back_spread(sessions);
            for tenth in 0..10 {
                let (from, to) = (spread * tenth / 10, spread * (tenth + 1) / 10);
                let share =
                    moments.iter().filter(|at| (from..to).contains(&at.saturating_sub(COME_BACK_EARLIEST))).count();
                assert!(share.abs_diff(sessions as usize / 10) <= 1, "{sessions}: {share} in the {tenth}th tenth");
            }
        }
    }

    #[test]
    fn who_asks_first_does_not_come_back_first() {
        let in_order = moments(1_000);
        assert!(!in_order.is_sorted());
    }

    #[test]
    fn a_session_that_nobody_counted_gets_a_moment_too() {
        let come_back = ComeBack::new(Arc::new(Telemetry::new()));
        assert_eq!(come_back.moment(), COME_BACK_EARLIEST);
        assert_eq!(come_back.moment(), COME_BACK_EARLIEST);
    }
}
