//! The limits of the `SQLite` store, each with its unit, its default and what crossing it does.

use std::time::Duration;

/// Limits of one `SQLite` store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqliteLimits {
    /// Writes that may wait for the writer. Crossed: `StoreError::Overloaded`.
    pub writes_waiting_max: usize,
    /// Waiting writes that one transaction takes. Crossed: the rest goes into the next.
    pub group_writes_max: usize,
    /// Read connections, each for one read at a time. Crossed: reads wait.
    pub readers: usize,
    /// Reads that may run or wait. Crossed: `StoreError::Overloaded`.
    pub reads_waiting_max: usize,
    /// Pages of 4 KiB that the database may grow to; `None`: as many as the disk holds. Crossed: `StoreError::Unavailable`.
    pub pages_max: Option<u32>,
    /// How long the file's layout may tell in which order the latest writes came. Crossed: the file is rewritten in the order of its
    /// keys, and the write-ahead log emptied.
    pub layout_kept: Duration,
}

impl Default for SqliteLimits {
    fn default() -> Self {
        Self {
            writes_waiting_max: 1024,
            group_writes_max: 128,
            readers: 2,
            reads_waiting_max: 1024,
            pages_max: None,
            layout_kept: Duration::from_mins(1),
        }
    }
}
