//! The engine: every connection belongs to one of a few workers, as many as there are cores. `worker.rs` has how one works, `connection.rs` what it
//! does for one connection, `rooms.rs` how a room's news reach its members, `mailbox.rs` how anything reaches a worker.

mod chunk;
mod connection;
mod goodbye;
#[cfg(test)]
#[cfg(feature = "interleaving")]
mod interleavings;
mod line;
mod mailbox;
mod rooms;
#[cfg(any(test, feature = "measure"))]
#[expect(dead_code, reason = "some is for interleavings alone, and some for the tests of one worker")]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "it stands in for tests")]
pub(crate) mod stand_in;
#[cfg(test)]
#[cfg(not(feature = "interleaving"))]
mod tests;
mod worker;

pub(crate) use chunk::Chunk;
pub(crate) use rooms::Told;

use crate::come_back::ComeBack;
use crate::session::Stepped;
use crate::telemetry::Telemetry;
use bytes::Bytes;
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use worker::Worker;

/// New connections that wait for a worker. More wait in their upgrades.
const ARRIVALS_MAX: usize = 256;

/// Gives an upgraded connection its session, which wakes the connection by this waker.
pub(crate) type NewSession<D> = Box<dyn Fn(Waker) -> D + Send + Sync>;

/// What all workers share.
pub(crate) struct Common<D> {
    pub(crate) new_session: NewSession<D>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) come_back: ComeBack,
    pub(crate) drain: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// How long what comes to a room is gathered where something was sent on just before.
    pub(crate) linger: Duration,
}

/// A connection that was upgraded, and what came after its request.
pub(crate) struct Arrival<S> {
    pub(crate) socket: S,
    pub(crate) early: Bytes,
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

/// The way to the workers. They end when it is dropped and their last connection has ended.
pub(crate) struct Engine<S> {
    workers: Vec<mpsc::Sender<Arrival<S>>>,
    next: AtomicUsize,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Engine<S> {
    /// Starts one worker a core.
    pub(crate) fn start<D: Stepped>(common: Common<D>) -> Self {
        let workers = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let common = Arc::new(common);
        let start = |number: usize| {
            let (sender, arrivals) = mpsc::channel(ARRIVALS_MAX);
            let mut worker = Worker::new(number as u64, common.clone(), arrivals);
            // The worker sees to it itself that other tasks get the thread.
            common.tasks.spawn(unconstrained(poll_fn(move |context| worker.poll(context))));
            sender
        };
        Self { workers: (0..workers).map(start).collect(), next: AtomicUsize::new(0) }
    }

    /// Gives a connection to the worker whose turn it is.
    pub(crate) async fn take(&self, arrival: Arrival<S>) {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.workers.len().max(1);
        if let Some(worker) = self.workers.get(turn) {
            // A worker that has ended has ended with the server.
            let _ = worker.send(arrival).await;
        }
    }
}
