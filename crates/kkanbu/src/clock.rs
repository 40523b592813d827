//! The clocks that a server can run on.

use kkanbu_model::{Clock, Minute, SystemClock};
use std::sync::Arc;
use tokio::time::Instant;

/// The operating system's clock; or one that runs so many times faster from now on, to see in minutes what takes months.
pub(crate) fn clock(times_faster: Option<u32>) -> Arc<dyn Clock> {
    match times_faster {
        None => Arc::new(SystemClock),
        Some(times) => Arc::new(Accelerated { times, began: Instant::now(), from: SystemClock.minute() }),
    }
}

struct Accelerated {
    times: u32,
    began: Instant,
    from: Minute,
}

impl Clock for Accelerated {
    fn minute(&self) -> Minute {
        let passed = self.began.elapsed() * self.times;
        self.from.plus(passed.as_secs() / 60)
    }
}
