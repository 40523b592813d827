//! Whether a publication waits for others before the disk is synced for it.
//!
//! A sync costs about the same for one publication and for a hundred. So where they follow each other closely, those that
//! come within a few milliseconds share one; where they come seldom, each has its own at once.

use std::time::Duration;
use tokio::time::Instant;

/// Commits in a row that are not held back after holding one back brought nobody: whoever publishes only after the last
/// answer would be slowed down for nothing.
const UNPAID_COMMITS: u32 = 32;

/// Remembers how the last commits went.
pub(crate) struct Linger {
    longest: Duration,
    /// When the last commit began, and with it the time in which it would have been better to wait.
    began: Option<Instant>,
    /// Commits that are still not to be held back.
    unpaid: u32,
}

impl Linger {
    pub(crate) const fn new(longest: Duration) -> Self {
        Self { longest, began: None, unpaid: 0 }
    }

    /// Until when to gather, where something has come by now. `None`: commit at once.
    pub(crate) fn until(&self, now: Instant) -> Option<Instant> {
        let until = self.began?.checked_add(self.longest)?;
        (self.unpaid == 0 && now < until).then_some(until)
    }

    /// A commit of so many publications begins, which was held back or not.
    pub(crate) fn commits(&mut self, publications: usize, held_back: bool, now: Instant) {
        self.began = Some(now);
        self.unpaid = match (publications, held_back) {
            (0..=1, true) => UNPAID_COMMITS,
            (0..=1, false) => self.unpaid.saturating_sub(1),
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(3);
    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_lone_publication_does_not_wait() {
        let mut linger = Linger::new(LONGEST);
        let mut now = Instant::now();
        for _ in 0..10 {
            assert_eq!(linger.until(now), None);
            linger.commits(1, false, now);
            now += LONGEST;
        }
    }

    #[test]
    fn what_follows_closely_waits_and_never_longer_than_the_limit() {
        let mut linger = Linger::new(LONGEST);
        let began = Instant::now();
        linger.commits(1, false, began);
        for after in [Duration::ZERO, MS, 2 * MS] {
            assert_eq!(linger.until(began + after), Some(began + LONGEST));
        }
        assert_eq!(linger.until(began + LONGEST), None);
    }

    #[test]
    fn an_even_stream_shares_syncs() {
        let mut linger = Linger::new(LONGEST);
        let (began, mut commits, mut waiting) = (Instant::now(), 0, Vec::new());
        for number in 0..300_u32 {
            let now = began + MS * number;
            waiting.push(now);
            // The thread wakes at the time that it was told when the first of them came.
            let due = waiting.first().and_then(|first| linger.until(*first));
            if due.is_none_or(|due| due <= now + MS) {
                assert!(waiting.iter().all(|came| due.is_none_or(|due| due - *came <= LONGEST)));
                linger.commits(waiting.len(), due.is_some(), due.unwrap_or(now));
                waiting.clear();
                commits += 1;
            }
        }
        assert!((90..=110).contains(&commits), "{commits} commits");
    }

    #[test]
    fn whoever_publishes_after_the_last_answer_is_hardly_held_up() {
        let mut linger = Linger::new(LONGEST);
        let (mut now, mut held_back) = (Instant::now(), 0);
        for _ in 0..330 {
            let until = linger.until(now);
            held_back += u32::from(until.is_some());
            now = until.unwrap_or(now);
            linger.commits(1, until.is_some(), now);
            now += MS / 2;
        }
        assert_eq!(held_back, 10);
    }

    #[test]
    fn a_crowd_ends_the_pause() {
        let mut linger = Linger::new(LONGEST);
        let now = Instant::now();
        linger.commits(1, true, now);
        assert_eq!(linger.until(now + MS), None);
        linger.commits(2, false, now + MS);
        assert!(linger.until(now + MS).is_some());
    }

    #[test]
    fn no_time_to_linger_is_no_lingering() {
        let mut linger = Linger::new(Duration::ZERO);
        let now = Instant::now();
        linger.commits(5, false, now);
        assert_eq!(linger.until(now), None);
    }
}
