//! One window, with a look at the server beside it: how much memory it has, and whom it closes.

use crate::generator::{Order, Told, Window};
use crate::stand::{Measured, Memory, Site, Stand, unasked};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at the server.
const LOOK: Duration = Duration::from_millis(250);

/// Longest wait after a window until the last one is closed.
const CLOSED: Duration = Duration::from_mins(1);

/// What was seen of the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watched {
    /// Most memory that it had.
    pub(super) memory_max: Memory,
    /// Slow consumers that it closed.
    pub(super) closed: u64,
    /// Seconds until the last of them.
    pub(super) closed_after_seconds: f64,
}

/// Posts for a window. Where some are to stall meanwhile, that many, it goes on until the server has closed all of them.
pub(super) async fn watch(
    stand: &mut Stand,
    site: &Site,
    window: Window,
    stalled: usize,
) -> anyhow::Result<(Measured, Watched)> {
    let order = if stalled > 0 { Order::Stall } else { Order::Excuse };
    let told = stand.ask(order, Duration::ZERO).await?;
    let Told::Stalled = told else { return Err(unasked(&told)) };
    let (process, began) = (stand.target.id(), Instant::now());
    let before = slow_consumers(&site.metrics().await?);
    let mut watched = Watched { memory_max: Memory::of(process)?, closed: 0, closed_after_seconds: 0.0 };
    let mut measuring = std::pin::pin!(stand.window(window));
    let mut measured = None;
    let patience = Duration::from_secs_f64(window.seconds) + CLOSED;
    loop {
        tokio::select! {
            ended = &mut measuring, if measured.is_none() => measured = Some(ended?),
            () = sleep(LOOK) => {}
        }
        let now = Memory::of(process)?;
        watched.memory_max = watched.memory_max.max(now);
        let closed = slow_consumers(&site.metrics().await?).saturating_sub(before);
        if closed > watched.closed {
            (watched.closed, watched.closed_after_seconds) = (closed, began.elapsed().as_secs_f64());
        }
        match measured.take() {
            Some(ended) if closed >= stalled as u64 || began.elapsed() >= patience => return Ok((ended, watched)),
            waiting => measured = waiting,
        }
    }
}

/// How many the server has closed as slow consumers, by its own count.
fn slow_consumers(metrics: &str) -> u64 {
    let of = |line: &str| {
        let rest = line.strip_prefix("kkanbu_sessions_ended_total{")?;
        let (labels, count) = rest.split_once("} ")?;
        labels.contains("\"slow_consumer\"").then(|| count.trim().parse::<u64>().ok()).flatten()
    };
    metrics.lines().filter_map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_consumers_are_counted_among_all_that_ended() {
        let metrics = "# TYPE kkanbu_sessions_ended_total counter\nkkanbu_sessions_ended_total{reason=\"silent\"} 4\n\
                       kkanbu_sessions_ended_total{reason=\"slow_consumer\"} 10\n";
        assert_eq!(slow_consumers(metrics), 10);
        assert_eq!(slow_consumers(""), 0);
    }
}
