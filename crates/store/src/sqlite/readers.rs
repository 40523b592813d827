//! The connections that read: a few, each lent to one read at a time on a blocking thread.

use super::unavailable;
use crate::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, Transaction};
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

    /// Runs `act` on one snapshot of the database.
    pub(super) async fn read<T, F>(&self, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let waits = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| if self.waiting.is_closed() { closed() } else { StoreError::Overloaded })?;
        let permit = Arc::clone(&self.lent).acquire_owned().await.map_err(|_| closed())?;
        let mut lent = Lent { connection: self.idle.lock().pop(), idle: Arc::clone(&self.idle), _permit: permit };
        let read = tokio::task::spawn_blocking(move || {
            let _waits = waits;
            let connection = lent.connection.as_mut().ok_or_else(closed)?;
            let snapshot = connection.transaction().map_err(|error| unavailable(&error))?;
            finish(act(&snapshot), snapshot)
        });
        read.await.map_err(|_| StoreError::Unavailable { reason: "a read ended early".into() })?
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

fn finish<T>(result: Result<T, StoreError>, snapshot: Transaction<'_>) -> Result<T, StoreError> {
    let value = result?;
    snapshot.commit().map_err(|error| unavailable(&error))?;
    Ok(value)
}

fn closed() -> StoreError {
    StoreError::Unavailable { reason: "the store is closed".into() }
}

/// A connection that is lent; dropping it gives the connection back, and then the permit.
struct Lent {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.idle.lock().extend(self.connection.take());
    }
}
