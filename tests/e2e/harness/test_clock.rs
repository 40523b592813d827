//! A clock that tests turn: the operating system's, moved.

use kkanbu_model::{Clock, Minute, SystemClock};
use std::sync::atomic::{AtomicU64, Ordering};

/// The time of day, some minutes on.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    /// Moves on.
    pub(crate) fn forward(&self, minutes: u64) {
        self.0.fetch_add(minutes, Ordering::SeqCst);
    }

    /// Jumps forward, or back.
    pub(crate) fn jump(&self, minutes: i64) {
        // What is added and taken wraps, and so does the sum.
        self.0.fetch_add(minutes.cast_unsigned(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn minute(&self) -> Minute {
        SystemClock.minute().plus(self.0.load(Ordering::SeqCst))
    }
}
