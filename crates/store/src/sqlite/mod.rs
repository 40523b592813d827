//! The store on `SQLite`: one file, one thread that writes, a few connections that read.
//!
//! The file's write-ahead log is synchronised before a write is answered. Tables have no rowid, and within a minute the file is
//! rewritten in the order of its keys, so that its layout does not tell who came before whom either.

mod error;
mod limits;
mod log;
mod migrate;
mod open;
mod readers;
mod reading;
mod recent;
mod rows;
mod sanctions;
mod schema;
mod snapshot;
mod verify;
mod writer;

pub use crate::proof::AuditVerified;
pub use error::OpenError;
pub use limits::SqliteLimits;
pub use snapshot::{Snapshot, check_copy};
pub use verify::{AuditProblem, verify_audit, verify_audit_since};

use crate::{
    ActError, Acted, AdmitError, AuditEntry, AuditHead, Draw, JoinError, MarkError, RedrawError, Seat, Store,
    StoreError, telemetry,
};
use async_trait::async_trait;
use kkanbu_keys::{ContentKey, Keyring, ServerId};
use kkanbu_model::{
    CommandKey, Handle, Hour, MemberKey, Membership, PendingAct, Programme, ProgrammeId, RoleId, RoomAct, RoomAddress,
    RoomId,
};
use parking_lot::Mutex;
use readers::Readers;
use recent::{Recent, RowName, Touches};
use rows::Loaded;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use writer::{After, Ended, Writer};

/// The store on one `SQLite` file.
///
/// Dropping it without [`Store::close`] finishes what waits, on the writer's thread, and closes the file soon after.
#[derive(Debug)]
pub struct SqliteStore {
    keyring: Keyring,
    readers: Readers,
    recent: Arc<Recent>,
    /// Gone once the store is closed.
    writer: Mutex<Option<Writer>>,
    ended: tokio::sync::Mutex<Option<Ended>>,
}

impl SqliteStore {
    /// Makes a new store at `path`, which must not be there, and opens it. `keyring` is shared: programmes whose keys come later can
    /// be used from then on.
    pub fn create(path: &Path, server: ServerId, keyring: Keyring) -> Result<Self, OpenError> {
        open::create(path, server)?;
        Self::open(path, server, keyring)
    }

    /// Opens the store at `path`, which must be there and belong to the same server as the keys. One of an older version is migrated.
    pub fn open(path: &Path, server: ServerId, keyring: Keyring) -> Result<Self, OpenError> {
        Self::open_with(path, server, keyring, &SqliteLimits::default())
    }

    /// Opens the store with other limits than the default.
    pub fn open_with(
        path: &Path,
        server: ServerId,
        keyring: Keyring,
        limits: &SqliteLimits,
    ) -> Result<Self, OpenError> {
        let mut opened = open::open(path, server, limits)?;
        let readers = Readers::new(std::mem::take(&mut opened.readers), limits.reads_waiting_max);
        let recent = Arc::new(Recent::new(limits));
        rows::know_rows(&opened.writer, &recent).map_err(|error| error::refused(path, &error))?;
        let (writer, ended) = Writer::start(opened, limits, Arc::clone(&recent))
            .map_err(|source| OpenError::Io { path: path.into(), source })?;
        telemetry::opened(path, schema::SCHEMA_VERSION);
        let (writer, ended) = (Mutex::new(Some(writer)), tokio::sync::Mutex::new(Some(ended)));
        Ok(Self { keyring, readers, recent, writer, ended })
    }

    async fn write<T, E, F>(&self, after: After, touches: Touches, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        // The lock is let go before the answer is awaited: whoever waits must not keep the store open.
        let answer = self.writer.lock().as_ref().ok_or_else(StoreError::closed)?.queue(after, touches, act)?;
        answer.await.map_err(|_| writer::ended())?
    }

    /// A write to one programme; `touches` says, given its key, what it may change of what is kept in memory.
    async fn change<T, E, F>(
        &self,
        programme: &ProgrammeId,
        touches: impl FnOnce(&ContentKey) -> Touches,
        act: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Loaded<'_>) -> Result<T, E> + Send + 'static,
    {
        let (keyring, recent, programme) = (self.keyring.clone(), Arc::clone(&self.recent), programme.clone());
        let key = rows::content_key(&keyring, &programme)?;
        self.write(After::Tidy, touches(&key), move |connection| {
            // What it touches was named by this key. One that was destroyed while the write waited seals nothing any more.
            if !Arc::ptr_eq(&key, &rows::content_key(&keyring, &programme)?) {
                return Err(StoreError::UnknownProgramme(programme).into());
            }
            act(&Loaded::load(connection, &key, &recent, &programme)?)
        })
        .await
    }

    /// A change of one member's membership in a room.
    async fn change_membership<T, E, F>(&self, room: &RoomAddress, member: &MemberKey, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Loaded<'_>, &RoomAddress, &MemberKey) -> Result<T, E> + Send + 'static,
    {
        let (at, member) = (room.clone(), *member);
        let touches = |key: &ContentKey| Touches::Membership(RowName::new(key, room, &member));
        self.change(&room.programme, touches, move |loaded| act(loaded, &at, &member)).await
    }

    /// A read of a row or two from one programme.
    async fn look<T, F>(&self, programme: &ProgrammeId, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Loaded<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (recent, programme) = (Arc::clone(&self.recent), programme.clone());
        let key = rows::content_key(&self.keyring, &programme)?;
        self.readers.look(move |connection| act(&Loaded::load(connection, &key, &recent, &programme)?)).await
    }
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_programme(&self, programme: &Programme, hour: Hour) -> Result<(), StoreError> {
        let (keyring, programme) = (self.keyring.clone(), programme.clone());
        let (recent, touches) = (Arc::clone(&self.recent), Touches::Programme(programme.id.clone()));
        let create = move |connection: &_| rows::create_programme(connection, &keyring, &recent, &programme, hour);
        self.write(After::Tidy, touches, create).await
    }

    async fn programmes(&self) -> Result<Vec<Programme>, StoreError> {
        self.readers.read(rows::programmes).await
    }

    async fn destroy_programme(&self, programme: &ProgrammeId, hour: Hour) -> Result<(), StoreError> {
        let programme = programme.clone();
        let touches = Touches::Programme(programme.clone());
        let destroy = move |connection: &_| rows::destroy_programme(connection, &programme, hour);
        self.write(After::Checkpoint, touches, destroy).await
    }

    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError> {
        let (key, role) = (*key, role.clone());
        self.change(programme, |_| Touches::Nothing, move |loaded| loaded.admit(&key, &role)).await
    }

    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError> {
        let key = *key;
        self.look(programme, move |loaded| loaded.role(&key)).await
    }

    async fn seat(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<Seat>, StoreError> {
        let key = *key;
        self.look(programme, move |loaded| loaded.seat(&key)).await
    }

    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError> {
        self.change_membership(room, key, move |loaded, at, key| loaded.join(at, key, draw)).await
    }

    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError> {
        self.readers.check_open()?;
        let content_key = rows::content_key(&self.keyring, &room.programme)?;
        if let Some(known) = self.recent.memberships.get(&RowName::new(&content_key, room, key)) {
            return Ok(Some(known));
        }
        let (key, at) = (*key, room.clone());
        self.look(&room.programme, move |loaded| loaded.membership_to_keep(&at, &key)).await
    }

    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError> {
        let key = *key;
        self.look(programme, move |loaded| loaded.memberships(&key)).await
    }

    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is of one lifetime, and what is asked for is of any"
    )]
    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError> {
        self.change_membership(room, key, |loaded, at, key| loaded.leave(at, key)).await
    }

    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError> {
        self.change_membership(room, key, move |loaded, at, key| loaded.redraw(at, key, handle)).await
    }

    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError> {
        let handle = handle.clone();
        self.change_membership(room, key, move |loaded, at, key| loaded.mark_posted(at, key, &handle)).await
    }

    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError> {
        let (at, recent) = (room.clone(), Arc::clone(&self.recent));
        let key = rows::content_key(&self.keyring, &at.programme)?;
        let count = move |connection: &_| Loaded::load(connection, &key, &recent, &at.programme)?.members(&at);
        self.readers.read(count).await
    }

    async fn act(&self, room: &RoomAddress, act: &RoomAct, key: CommandKey, hour: Hour) -> Result<Acted, ActError> {
        let (at, act) = (room.clone(), act.clone());
        let touches = if act.handle().is_some() { Touches::Memberships } else { Touches::Nothing };
        self.change(&room.programme, |_| touches, move |loaded| loaded.act(&at, &act, key, hour)).await
    }

    async fn pending(&self) -> Result<Vec<PendingAct>, StoreError> {
        let keyring = self.keyring.clone();
        self.readers.read(move |connection| log::pending(connection, &keyring)).await
    }

    async fn confirm(&self, number: u64) -> Result<(), StoreError> {
        // A number that is gone tells nothing that the audit log does not.
        self.write(After::Nothing, Touches::Nothing, move |connection| log::confirm(connection, number)).await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let keyring = self.keyring.clone();
        self.readers.read(move |connection| log::entries(connection, &keyring, after, limit)).await
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.readers.read(log::head).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.write(After::Nothing, Touches::Nothing, rows::check).await
    }

    async fn close(&self) {
        self.readers.close().await;
        drop(self.writer.lock().take());
        if let Some(ended) = self.ended.lock().await.take() {
            // An error means that the thread has ended already.
            let _ = ended.await;
        }
    }
}
