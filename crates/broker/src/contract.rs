//! What every engine promises. `tests/contract` holds the suite that each engine passes unchanged.

use async_trait::async_trait;
use kkanbu_model::{Epoch, Event, Minute, Offset, Position, ProgrammeId, Publication, RoomAddress, StateVersion};
use prometheus_client::metrics::histogram::Histogram;
use std::fmt;
use std::sync::Arc;

/// Names one command of one member, under the programme's content key, so that a retried command is the same publication.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(pub [u8; 16]);

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// Something decided that asks for its place in a room's log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which command this is; the same key twice is the same publication.
    pub key: IdempotencyKey,
    /// Keyed hash of what the command says; the same key with another fingerprint is `KeyReused`.
    pub fingerprint: [u8; 16],
    /// The room state that this was decided on. `Stale` where that has moved on; `None` decides on any state.
    pub decided_on: Option<StateVersion>,
    /// When, to the minute.
    pub minute: Minute,
    /// What happened.
    pub event: Event,
}

/// A publish that was acknowledged: durable, and on its way to every subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// The place that it has.
    pub offset: Offset,
    /// Whether an earlier publish of the same key had put it there.
    pub duplicate: bool,
}

/// Why a publish was not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The room's state has moved on since the decision. Wait until the version given has been applied and decide again.
    #[error("the room state has moved on")]
    Stale {
        /// The version that the log is at.
        now: StateVersion,
    },
    /// The key has named something else before.
    #[error("the key was used for something else")]
    KeyReused,
    /// Not written, or not known to be written: the same entry may be tried again.
    #[error(transparent)]
    Unavailable(#[from] BrokerError),
}

/// Why the log can't be used now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// More waits to be written than the queue holds.
    #[error("the log's queue is full")]
    Overloaded,
    /// The disk or server behind the log refused; `reason` is for operators and holds nothing of a message.
    #[error("the log can't be reached or written: {reason}")]
    Unavailable {
        /// What the storage said.
        reason: String,
    },
    /// A record does not open: another key, or damage.
    #[error("a record of room {room} at offset {offset} does not open: wrong content key, or the log was changed", room = .0, offset = .1.get())]
    Damaged(RoomAddress, Offset),
    /// No content key for the programme: it does not run here, or it has ended.
    #[error("programme {0} has no content key here")]
    UnknownProgramme(ProgrammeId),
    /// The engine has been closed.
    #[error("the log is closed")]
    Closed,
}

/// Where a room's log stands. Only what is durable counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The log's epoch and last offset.
    pub position: Position,
    /// The offset of the last publication that changed the room's state.
    pub version: StateVersion,
    /// The first offset that is kept; one after the last where nothing is.
    pub kept_from: Offset,
}

/// A publication found by its idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its place.
    pub offset: Offset,
    /// The fingerprint that it was published with.
    pub fingerprint: [u8; 16],
}

/// Why what follows a position can't be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// The position is of another epoch.
    Epoch,
    /// What followed it is no longer kept.
    Expired,
    /// The log does not reach that far.
    Ahead,
}

/// A stretch of a room's log, or why it can't be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// Publications in order, without hole, beginning right after the position asked for. Empty at the head.
    Publications(Vec<Arc<Publication>>),
    /// Continuity can't be proven.
    Gap(GapReason),
}

/// What a subscription hands out next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// Publications in order, following without hole on those handed out before. Never empty.
    Publications(Vec<Arc<Publication>>),
    /// A new epoch began: nothing proves that what was handed out before is still in the log. Goes on after this head.
    NewEpoch(Head),
    /// What followed on what was handed out has been trimmed, and nothing before this offset is kept. Goes on here: what
    /// was folded so far is to be thrown away, as the log from here on is whole without it.
    Gap {
        /// The first offset that is kept.
        kept_from: Offset,
    },
}

/// One node's interest in one room: everything after a position, in order, then live. Dropping it lets go.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for what comes next. Nothing is lost when the future is dropped before it is ready.
    async fn next(&mut self) -> Result<Subscribed, BrokerError>;
}

/// Room logs, as the rest of the server sees them.
///
/// Duties of an engine:
///
/// - One order a room: offsets rise by one, from 1, and go on across epochs; every subscriber and reader sees the same.
/// - An entry is numbered only where its `decided_on` is the room's current version (counting entries that are
///   accepted and not yet durable); publishing entries whose event `changes_state` moves the version to their offset.
/// - `publish` returns after the publication is durable. Nothing is handed to a subscriber or reader before that.
/// - What was not acknowledged may be retried under the same key, also in a later epoch, and becomes one publication.
///   A publish whose future is dropped may still happen.
/// - When storage fails, entries waiting get `Unavailable` and are not in the log; the next publish tries again.
/// - A room that nothing was published in exists: its head is offset 0 in an epoch that stays.
/// - Bodies and whatever names a member are sealed before they reach storage.
/// - What `erase` and `trim` took out is, when they return, in no file of the log and is handed out to nobody any more,
///   not even by a `read` or `next` that began before. What had been handed out is out.
/// - Trimming never makes a hole that nobody is told of. A subscription from offset 0 that has handed out nothing begins at
///   the first offset that is kept; any other whose next publication was trimmed is told `Subscribed::Gap` once, and goes
///   on at the first offset that is kept. One that had handed out everything that was trimmed is told nothing.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Puts an entry into the room's log.
    async fn publish(&self, room: &RoomAddress, entry: Entry) -> Result<Published, PublishError>;

    /// Looks an entry up by its key.
    async fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, BrokerError>;

    /// Where the room's log stands.
    async fn head(&self, room: &RoomAddress) -> Result<Head, BrokerError>;

    /// At most `limit` publications following `after`.
    async fn read(&self, room: &RoomAddress, after: Position, limit: usize) -> Result<Page, BrokerError>;

    /// Everything kept in the room after `after` (offset 0: from the beginning), then live, in the current epoch. An offset
    /// beyond the head counts as the head: the log that it came from is not this one.
    async fn subscribe(&self, room: &RoomAddress, after: Offset) -> Result<(Head, Box<dyn Subscription>), BrokerError>;

    /// Begins a new epoch: what clients hold of the room can't be proven any more, as after restoring a backup. Offsets and
    /// idempotency keys go on.
    async fn begin_epoch(&self, room: &RoomAddress) -> Result<Epoch, BrokerError>;

    /// Takes the text out of these publications for good; `Event::without_text` says what is left. Offset, minute, key and
    /// fingerprint stay, so that order and retries are as before. Skipped are offsets beyond the head, trimmed ones, and
    /// publications without text.
    ///
    /// `Damaged` names the first publication that does not open: it is left as it is, and the others are done. On any other
    /// error some may be done, which readers then see; `Unavailable` is also the answer while somebody else reads the files
    /// (a backup), since the text is still in them. Calling again finishes. Long lists are written in several steps with
    /// publishing between them; dropping the future leaves off after one of them.
    async fn erase(&self, room: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError>;

    /// Deletes every publication before `kept_from`, but none after the head of this moment: then reading from before is
    /// `Gap(Expired)`. Head, version, epoch and later publications stay, and offsets go on. What is not kept from an earlier
    /// offset on stays so. A deleted publication's key may be published again as something new.
    ///
    /// Errors and steps are as with `erase`: after each step the log is whole from some offset on.
    async fn trim(&self, room: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError>;

    /// Deletes all logs of a programme. Subscriptions to its rooms end with `Closed`.
    async fn destroy(&self, programme: &ProgrammeId) -> Result<(), BrokerError>;

    /// Really asks the storage whether it could write now.
    async fn check(&self) -> Result<(), BrokerError>;

    /// How long making things durable took, in seconds, since the start: for operators. It tells as much about people as the
    /// number of publications does, and no more.
    fn sync_seconds(&self) -> Histogram;

    /// Writes what waits and closes; afterwards everything answers `Closed`.
    async fn close(&self);
}
