//! The default engine: rooms live in this process, and their logs in a [`Journal`] on this machine's disk.
//!
//! One thread owns the journal and writes everything, many publications a sync; what is durable goes into each room's ring
//! in memory, which subscriptions and pages of history read. Whoever is further behind reads the journal, on connections
//! of its own.

mod batch;
mod broker;
mod journal;
mod linger;
mod pages;
mod quiet;
mod retention;
mod sqlite;
mod writer;

pub use crate::local::Standing;
pub use broker::MemoryBroker;
pub use journal::{Journal, JournalError, JournalReader, Record, StoredPage, StoredRecord};
pub use sqlite::{OpenError, Snapshot, SqliteJournal};
