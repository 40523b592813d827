//! What the memory engine asks of a disk. `SqliteJournal` is the one for servers; the tests have one that fails on command.

use crate::local::Standing;
use crate::{BrokerError, Found, IdempotencyKey};
use kkanbu_model::{Offset, ProgrammeId, RoomAddress, StateVersion};
use std::fmt;
use std::sync::Arc;

/// A publication as it lies on the disk: sealed, and without anything that says when.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose log.
    pub room: RoomAddress,
    /// The place in it.
    pub offset: Offset,
    /// The room's version with it.
    pub version: StateVersion,
    /// The command's key, unique in the room.
    pub key: IdempotencyKey,
    /// Keyed hash of what the command says.
    pub fingerprint: [u8; 16],
    /// The sealed envelope.
    pub sealed: Vec<u8>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("room", &self.room).field("offset", &self.offset).finish_non_exhaustive()
    }
}

/// A record as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The place in the room's log.
    pub offset: Offset,
    /// The command's key.
    pub key: IdempotencyKey,
    /// The sealed envelope.
    pub sealed: Vec<u8>,
}

/// A stretch of a room's log, and from where on it was kept at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPage {
    /// The first offset that is kept.
    pub kept_from: Offset,
    /// Records in order.
    pub records: Vec<StoredRecord>,
}

/// The disk refused. The text is for operators and holds nothing of a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

impl From<JournalError> for BrokerError {
    fn from(JournalError(reason): JournalError) -> Self {
        Self::Unavailable { reason }
    }
}

/// Where logs are kept. Owned by the writer's thread; everything may block.
///
/// `append`, `rewrite`, `trim` and `set_standing` gather; `sync` makes all of it durable at once or fails. After a failure
/// the engine calls `rollback` and asks for standings again: what failed may turn out to be there.
pub trait Journal: Send + 'static {
    /// Where a room's log stands; `None` where the room was never touched.
    fn standing(&mut self, room: &RoomAddress) -> Result<Option<Standing>, JournalError>;

    /// Looks a durable record up by its key.
    fn find(&mut self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError>;

    /// Gathers records, each the next one of its room, whose standing has been set once: head and version go on with them.
    fn append(&mut self, records: &[Record]) -> Result<(), JournalError>;

    /// Gathers other sealed parts for records that are there, by offset and key. What is not there is skipped.
    fn rewrite(&mut self, room: &RoomAddress, records: &[StoredRecord]) -> Result<(), JournalError>;

    /// Gathers the deletion of all records before `kept_from`. The standing that says so is gathered with it.
    fn trim(&mut self, room: &RoomAddress, kept_from: Offset) -> Result<(), JournalError>;

    /// Removes every trace of what was synced as rewritten or trimmed from the files, durable on return. Where somebody
    /// reads the files it may fail; then it is done by the next call, or by closing or opening the journal. Does nothing
    /// where there are no traces.
    fn scrub(&mut self) -> Result<(), JournalError>;

    /// Gathers a room's new standing.
    fn set_standing(&mut self, room: &RoomAddress, standing: &Standing) -> Result<(), JournalError>;

    /// Makes durable what was gathered. On success it survives a power cut.
    fn sync(&mut self) -> Result<(), JournalError>;

    /// Forgets what was gathered and not synced.
    fn rollback(&mut self);

    /// Deletes all logs of a programme, durable on return. Again does nothing.
    fn destroy(&mut self, programme: &ProgrammeId) -> Result<(), JournalError>;

    /// Really writes something.
    fn check(&mut self) -> Result<(), JournalError>;

    /// Called when nothing has come for a while after publications: time for what can be done later.
    fn rest(&mut self) {}

    /// Called once, after the last write.
    fn close(&mut self) {}

    /// Reads beside the writer.
    fn reader(&self) -> Arc<dyn JournalReader>;
}

/// Reads durable records beside the writer without making it wait. Everything may block.
pub trait JournalReader: Send + Sync {
    /// At most `limit` durable records with `after < offset <= through`, in order; `None` where there is no such room.
    fn read(
        &self,
        room: &RoomAddress,
        after: Offset,
        through: Offset,
        limit: usize,
    ) -> Result<Option<StoredPage>, JournalError>;

    /// Looks a durable record up by its key.
    fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, JournalError>;
}
