//! Waiting for the queue for a limited time, on a thread of its own.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Wakes the thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Nothing came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Quiet;

/// What comes next, if it comes within this time; `None` where the queue is closed and empty.
pub(crate) fn receive_within<T>(queue: &mut mpsc::Receiver<T>, time: Duration) -> Result<Option<T>, Quiet> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let until = Instant::now() + time;
    loop {
        if let Poll::Ready(received) = queue.poll_recv(&mut Context::from_waker(&waker)) {
            return Ok(received);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Quiet);
        }
        thread::park_timeout(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_time_is_received_and_the_end_too() {
        let (sender, mut queue) = mpsc::channel(2);
        let sending = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            sender.blocking_send(1).unwrap();
        });
        assert_eq!(receive_within(&mut queue, Duration::from_secs(30)), Ok(Some(1)));
        sending.join().unwrap();
        assert_eq!(receive_within(&mut queue, Duration::from_secs(30)), Ok(None));
    }

    #[test]
    fn nothing_is_quiet_and_the_next_one_is_received() {
        let (sender, mut queue) = mpsc::channel(2);
        assert_eq!(receive_within(&mut queue, Duration::from_millis(5)), Err(Quiet));
        sender.try_send(2).unwrap();
        assert_eq!(queue.blocking_recv(), Some(2));
    }
}
