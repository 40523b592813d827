//! A bar on the terminal while it takes its time; nothing where nobody looks.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long everybody has been writing, and how much.
pub(super) struct Progress {
    bar: ProgressBar,
    acknowledged: AtomicU64,
}

impl Progress {
    pub(super) fn new(seconds: u64) -> Self {
        let target = if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(seconds * 1_000), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, acknowledged: AtomicU64::new(0) }
    }

    /// What is being done.
    pub(super) fn says(&self, what: &'static str) {
        self.bar.set_message(what);
    }

    /// So long since the writing began.
    pub(super) fn wrote_for(&self, time: Duration) {
        self.bar.set_position(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let count = self.acknowledged.load(Ordering::Relaxed);
        self.bar.set_message(format!("members write: {count} acknowledged"));
    }

    /// One more write was acknowledged.
    pub(super) fn acknowledged(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
