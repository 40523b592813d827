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
    /// Definitions of programmes that are kept in memory. Crossed: those that nobody asked for lately are read from the file again.
    pub definitions_kept_max: usize,
    /// Memberships that are kept in memory, at about 120 bytes each. Crossed: those that nobody asked for lately are read from the file
    /// again.
    pub memberships_kept_max: usize,
    /// Memberships of which is known in memory that there may be one, at about 16 bytes each. Crossed: in rooms that somebody is not in, a
    /// membership is looked for in the file.
    pub rows_known_max: usize,
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
            readers: std::thread::available_parallelism().map_or(2, usize::from).clamp(2, 8),
            reads_waiting_max: 1024,
            definitions_kept_max: 256,
            // Two tables of 16,384 places, each filled to 7 of 8: half of it stays whole where everybody of 14,000 writes in turn.
            memberships_kept_max: 28_672,
            rows_known_max: 262_144,
            pages_max: None,
            layout_kept: Duration::from_mins(1),
        }
    }
}
