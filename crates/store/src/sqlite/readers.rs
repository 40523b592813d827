//! The connections that read: a few, each lent to one read at a time.
//!
//! A read of a row or two takes less than a hop to another thread: it is done where it is asked for. One that goes over many rows has a
//! blocking thread.

use super::unavailable;
use crate::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The read connections.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    /// One permit a connection.
    lent: Arc<Semaphore>,
    /// One permit a read that runs or waits.
    waiting: Arc<Semaphore>,
    count: usize,
}

impl Readers {
    /// Lends these connections out, to at most `waiting_max` reads that run or wait.
    pub(super) fn new(connections: Vec<Connection>, waiting_max: usize) -> Self {
        let count = connections.len();
        Self {
            idle: Arc::new(Mutex::new(connections)),
            lent: Arc::new(Semaphore::new(count)),
            waiting: Arc::new(Semaphore::new(waiting_max.max(1))),
            count,
        }
    }

    /// Refuses where the store is closed.
    pub(super) fn check_open(&self) -> Result<(), StoreError> {
        if self.waiting.is_closed() { Err(StoreError::closed()) } else { Ok(()) }
    }

    /// Runs `act`, which reads a row or two, on one snapshot of the database: here, or where all connections are lent as [`Self::read`]
    /// does.
    pub(super) async fn look<T, F>(&self, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.check_open()?;
        match Arc::clone(&self.lent).try_acquire_owned() {
            Ok(permit) => self.lend(permit).run(act),
            Err(_) => self.read(act).await,
        }
    }

    /// Runs `act` on one snapshot of the database, on a thread that may block.
    pub(super) async fn read<T, F>(&self, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let waits = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| if self.waiting.is_closed() { StoreError::closed() } else { StoreError::Overloaded })?;
        let permit = Arc::clone(&self.lent).acquire_owned().await.map_err(|_| StoreError::closed())?;
        let lent = self.lend(permit);
        let read = tokio::task::spawn_blocking(move || {
            let _waits = waits;
            lent.run(act)
        });
        read.await.map_err(|_| StoreError::Unavailable { reason: "a read ended early".into() })?
    }

    fn lend(&self, permit: OwnedSemaphorePermit) -> Lent {
        Lent { connection: self.idle.lock().pop(), idle: Arc::clone(&self.idle), _permit: permit }
    }

    /// Waits for reads that run, refuses others, and closes the connections.
    pub(super) async fn close(&self) {
        self.waiting.close();
        if let Ok(count) = u32::try_from(self.count)
            && let Ok(all) = self.lent.acquire_many(count).await
        {
            self.idle.lock().clear();
            self.lent.close();
            all.forget();
        }
    }
}

/// A connection that is lent; dropping it gives the connection back, and then the permit.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    fn run<T>(self, act: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.connection.as_ref().ok_or_else(StoreError::closed)?;
        let _snapshot = Snapshot::begin(connection).map_err(|error| unavailable(&error))?;
        act(connection)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.idle.lock().extend(self.connection.take());
    }
}

/// Until it is dropped, all reads of the connection are of one moment. Its statements are prepared once.
struct Snapshot<'c>(&'c Connection);

impl<'c> Snapshot<'c> {
    fn begin(connection: &'c Connection) -> Result<Self, rusqlite::Error> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Self(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // There is nothing to keep or to undo. Where it can't be ended the next one can't begin, and says so.
        let _ = self.0.prepare_cached("COMMIT").and_then(|mut statement| statement.execute([]));
    }
}
