//! How members came back after the server was told to go down in good order.
//!
//! A draining node hands each of `n` sessions a moment of its own within a spread of time ([`kkanbu_gateway::come_back_spread`]). An even
//! spread brings `n / 4` of them back in any quarter of it. The peak ratio is the largest number that came back within any quarter, divided by
//! that: 1 is even. One session more or less in a quarter is rounding; with 54 of them that is 1.04 to 1.11.

use std::time::Duration;

/// The largest peak ratio that counts as even.
pub(super) const PEAK_RATIO_MAX: f64 = 1.2;

/// How members came back after one drain.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Return {
    /// Members that never came back.
    pub(super) lost: u64,
    /// The largest number in any quarter of the spread, by that of an even spread.
    pub(super) peak_ratio: f64,
}

/// Judges one drain: when it began, and when each member connected, in its order, all since the start.
pub(super) fn judge(drained: Duration, connected: &[Vec<Duration>]) -> Return {
    let back: Vec<_> = connected.iter().map(|times| times.iter().find(|at| **at > drained).copied()).collect();
    let mut times: Vec<Duration> = back.iter().flatten().copied().collect();
    times.sort_unstable();
    let sessions = u32::try_from(connected.len()).unwrap_or(u32::MAX);
    let quarter = kkanbu_gateway::come_back_spread(sessions) / 4;
    let even = f64::from(sessions) / 4.0;
    let peak = times.iter().map(|from| times.iter().filter(|at| (*from..*from + quarter).contains(*at)).count()).max();
    let peak = f64::from(u32::try_from(peak.unwrap_or_default()).unwrap_or(u32::MAX));
    let lost = back.iter().filter(|back| back.is_none()).count() as u64;
    Return { lost, peak_ratio: if even > 0.0 { peak / even } else { 0.0 } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAINED: Duration = Duration::from_secs(100);

    fn came_back(moments: impl Iterator<Item = Duration>) -> Vec<Vec<Duration>> {
        // Everybody had come in long before.
        moments.map(|at| vec![Duration::from_secs(1), DRAINED + at]).collect()
    }

    #[test]
    fn an_even_return_is_even() {
        let spread = kkanbu_gateway::come_back_spread(54);
        let even = came_back((0..54).map(|turn| Duration::from_secs(2) + spread * turn / 54));
        let returned = judge(DRAINED, &even);
        assert_eq!(returned.lost, 0);
        assert!((1.0..=PEAK_RATIO_MAX).contains(&returned.peak_ratio), "{}", returned.peak_ratio);
    }

    #[test]
    fn a_burst_is_seen() {
        let spread = kkanbu_gateway::come_back_spread(54);
        let burst = came_back((0..54).map(|turn| Duration::from_secs(2) + spread * turn / 54 / 2));
        assert!(judge(DRAINED, &burst).peak_ratio > 1.9);
        let together = came_back((0..54).map(|_| Duration::from_secs(2)));
        assert!(judge(DRAINED, &together).peak_ratio > 3.9);
    }

    #[test]
    fn who_does_not_come_back_is_lost() {
        let mut members = came_back((1..6).map(Duration::from_secs));
        members.push(vec![Duration::from_secs(1)]);
        assert_eq!(judge(DRAINED, &members).lost, 1);
    }
}
