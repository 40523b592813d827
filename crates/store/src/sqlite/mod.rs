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
mod rows;
mod sanctions;
mod schema;
mod snapshot;
mod verify;
mod writer;

pub use error::OpenError;
pub use limits::SqliteLimits;
pub use snapshot::{Snapshot, check_copy};
pub use verify::{AuditProblem, AuditVerified, verify_audit, verify_audit_since};

use crate::{
    ActError, Acted, AdmitError, AuditEntry, AuditHead, Draw, JoinError, MarkError, RedrawError, Store, StoreError,
    telemetry,
};
use async_trait::async_trait;
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_model::{
    CommandKey, Handle, Hour, MemberKey, Membership, PendingAct, Programme, ProgrammeId, RoleId, RoomAct, RoomAddress,
    RoomId,
};
use parking_lot::Mutex;
use readers::Readers;
use rows::Loaded;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;
use writer::{After, Ended, Writer};

/// The store on one `SQLite` file.
///
/// Dropping it without [`Store::close`] finishes what waits, on the writer's thread, and closes the file soon after.
#[derive(Debug)]
pub struct SqliteStore {
    keyring: Keyring,
    readers: Readers,
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
        let (writer, ended) =
            Writer::start(opened, limits).map_err(|source| OpenError::Io { path: path.into(), source })?;
        telemetry::opened(path, schema::SCHEMA_VERSION);
        Ok(Self { keyring, readers, writer: Mutex::new(Some(writer)), ended: tokio::sync::Mutex::new(Some(ended)) })
    }

    async fn write<T, E, F>(&self, after: After, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let closed = || StoreError::Unavailable { reason: "the store is closed".into() };
        // The lock is let go before the answer is awaited: whoever waits must not keep the store open.
        let answer = self.writer.lock().as_ref().ok_or_else(closed)?.queue(after, act)?;
        answer.await.map_err(|_| writer::ended())?
    }

    /// A write to one programme.
    async fn change<T, E, F>(&self, programme: &ProgrammeId, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Loaded<'_>) -> Result<T, E> + Send + 'static,
    {
        let (keyring, programme) = (self.keyring.clone(), programme.clone());
        self.write(After::Tidy, move |connection| act(&Loaded::load(connection, &keyring, &programme)?)).await
    }

    /// A read from one programme.
    async fn ask<T, F>(&self, programme: &ProgrammeId, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Loaded<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (keyring, programme) = (self.keyring.clone(), programme.clone());
        self.readers.read(move |connection| act(&Loaded::load(connection, &keyring, &programme)?)).await
    }
}

fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable { reason: error.to_string() }
}

fn unreadable() -> StoreError {
    StoreError::Unavailable { reason: "a row can't be read".into() }
}

#[async_trait]
impl Store for SqliteStore {
    async fn create_programme(&self, programme: &Programme, hour: Hour) -> Result<(), StoreError> {
        let (keyring, programme) = (self.keyring.clone(), programme.clone());
        self.write(After::Tidy, move |connection| rows::create_programme(connection, &keyring, &programme, hour)).await
    }

    async fn programmes(&self) -> Result<Vec<Programme>, StoreError> {
        self.readers.read(rows::programmes).await
    }

    async fn destroy_programme(&self, programme: &ProgrammeId, hour: Hour) -> Result<(), StoreError> {
        let programme = programme.clone();
        self.write(After::Checkpoint, move |connection| rows::destroy_programme(connection, &programme, hour)).await
    }

    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError> {
        let (key, role) = (*key, role.clone());
        self.change(programme, move |loaded| loaded.admit(&key, &role)).await
    }

    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError> {
        let key = *key;
        self.ask(programme, move |loaded| loaded.role(&key)).await
    }

    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError> {
        let (key, at) = (*key, room.clone());
        self.change(&room.programme, move |loaded| loaded.join(&at, &key, draw)).await
    }

    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError> {
        let (key, at) = (*key, room.clone());
        self.ask(&room.programme, move |loaded| loaded.membership(&at, &key)).await
    }

    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError> {
        let key = *key;
        self.ask(programme, move |loaded| loaded.memberships(&key)).await
    }

    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError> {
        let (key, at) = (*key, room.clone());
        self.change(&room.programme, move |loaded| loaded.leave(&at, &key)).await
    }

    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError> {
        let (key, at) = (*key, room.clone());
        self.change(&room.programme, move |loaded| loaded.redraw(&at, &key, handle)).await
    }

    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError> {
        let (key, at, handle) = (*key, room.clone(), handle.clone());
        self.change(&room.programme, move |loaded| loaded.mark_posted(&at, &key, &handle)).await
    }

    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError> {
        let at = room.clone();
        self.ask(&room.programme, move |loaded| loaded.members(&at)).await
    }

    async fn act(&self, room: &RoomAddress, act: &RoomAct, key: CommandKey, hour: Hour) -> Result<Acted, ActError> {
        let (at, act) = (room.clone(), act.clone());
        self.change(&room.programme, move |loaded| loaded.act(&at, &act, key, hour)).await
    }

    async fn pending(&self) -> Result<Vec<PendingAct>, StoreError> {
        let keyring = self.keyring.clone();
        self.readers.read(move |connection| log::pending(connection, &keyring)).await
    }

    async fn confirm(&self, number: u64) -> Result<(), StoreError> {
        // A number that is gone tells nothing that the audit log does not.
        self.write(After::Nothing, move |connection| log::confirm(connection, number)).await
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let keyring = self.keyring.clone();
        self.readers.read(move |connection| log::entries(connection, &keyring, after, limit)).await
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.readers.read(log::head).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.write(After::Nothing, rows::check).await
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
