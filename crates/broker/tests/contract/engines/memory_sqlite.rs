//! The memory engine over its journal for servers, in a folder of its own.

use crate::harness::EngineUnderTest;
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_model::{Limits, Offset, RoomAddress};
use parking_lot::Mutex;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const SERVER: ServerId = ServerId::from_bytes([5; 16]);

pub(crate) struct MemorySqlite {
    folder: tempfile::TempDir,
    keyring: Keyring,
    limits: Limits,
    broker: Mutex<Arc<MemoryBroker>>,
    /// Holds the file's write lock, so that the engine's writes fail.
    lock: Mutex<Option<Connection>>,
    /// Reads the file at one moment, so that what it held then stays in the files.
    aside: Mutex<Option<Connection>>,
}

impl MemorySqlite {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("log.sqlite")
    }

    /// How many publications lie in the order in which they came.
    pub(crate) fn unsettled(&self) -> i64 {
        let connection = Connection::open(self.file()).unwrap();
        connection.query_row("SELECT count(*) FROM recent", [], |row| row.get(0)).unwrap()
    }

    fn lock(&self, hold: bool) {
        *self.lock.lock() = hold.then(|| {
            let connection = Connection::open(self.file()).unwrap();
            connection.busy_timeout(Duration::from_secs(5)).unwrap();
            connection.execute_batch("BEGIN IMMEDIATE").unwrap();
            connection
        });
    }

    /// Closes the engine, does something to the file, and starts again.
    async fn behind_its_back(&self, act: impl FnOnce(&Connection)) {
        let broker = Arc::clone(&self.broker.lock());
        broker.close().await;
        let connection = Connection::open(self.file()).unwrap();
        act(&connection);
        connection.close().unwrap();
        let journal = SqliteJournal::open(&self.file(), SERVER).unwrap();
        *self.broker.lock() = Arc::new(MemoryBroker::start(journal, self.keyring.clone(), &self.limits).unwrap());
    }
}

impl EngineUnderTest for MemorySqlite {
    async fn start(keyring: Keyring, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::create(&folder.path().join("log.sqlite"), SERVER).unwrap();
        let broker = Mutex::new(Arc::new(MemoryBroker::start(journal, keyring.clone(), &limits).unwrap()));
        Self { folder, keyring, limits, broker, lock: Mutex::new(None), aside: Mutex::new(None) }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::<MemoryBroker>::clone(&self.broker.lock())
    }

    fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    async fn restart(&self) {
        self.behind_its_back(|_| {}).await;
    }

    async fn fail_writes(&self, fail: bool) {
        self.lock(fail);
    }

    // The engine waits for the lock for a while before it gives up, which is long enough to fill its queue.
    async fn hold_writes(&self, hold: bool) {
        self.lock(hold);
    }

    async fn damage(&self, room: &RoomAddress, offset: Offset) {
        let place = params![room.programme.as_str(), room.room.as_str(), number(offset)];
        self.behind_its_back(|connection| {
            let select = "SELECT sealed FROM publications WHERE programme = ?1 AND room = ?2 AND offset = ?3";
            let mut sealed: Vec<u8> = connection.query_row(select, place, |row| row.get(0)).unwrap();
            sealed[20] ^= 1;
            let update = "UPDATE publications SET sealed = ?4 WHERE programme = ?1 AND room = ?2 AND offset = ?3";
            let place = params![room.programme.as_str(), room.room.as_str(), number(offset), sealed];
            assert_eq!(connection.execute(update, place).unwrap(), 1);
        })
        .await;
    }

    async fn expire(&self, room: &RoomAddress, through: Offset) {
        self.behind_its_back(|connection| {
            let place = params![room.programme.as_str(), room.room.as_str(), number(through)];
            let delete = "DELETE FROM publications WHERE programme = ?1 AND room = ?2 AND offset <= ?3";
            connection.execute(delete, place).unwrap();
            let update = "UPDATE rooms SET kept_from = ?3 + 1 WHERE programme = ?1 AND room = ?2";
            connection.execute(update, place).unwrap();
        })
        .await;
    }

    async fn plant(&self, bytes: &[u8]) {
        let connection = Connection::open(self.file()).unwrap();
        let insert = "INSERT INTO publications (programme, room, offset, key, fingerprint, sealed)
                      VALUES ('planted', 'planted', 1, x'00', x'00', ?1)";
        connection.execute(insert, [bytes]).unwrap();
        // Closing the connection must not tidy the write-ahead log away: the engine's connections are still open.
    }

    async fn read_aside(&self, read: bool) {
        let mut aside = self.aside.lock();
        drop(aside.take());
        *aside = read.then(|| {
            let connection = Connection::open(self.file()).unwrap();
            connection.execute_batch("BEGIN").unwrap();
            connection.query_row("SELECT count(*) FROM publications", [], |row| row.get::<_, i64>(0)).unwrap();
            connection
        });
    }

    async fn raw(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        files.map(|path| (path.display().to_string(), std::fs::read(&path).unwrap())).collect()
    }

    async fn sealed(&self, room: &RoomAddress) -> Vec<Vec<u8>> {
        let connection = Connection::open(self.file()).unwrap();
        let mut select = connection
            .prepare(
                "SELECT sealed FROM (SELECT programme, room, offset, sealed FROM publications
                 UNION SELECT programme, room, offset, sealed FROM recent)
                 WHERE programme = ?1 AND room = ?2 ORDER BY offset",
            )
            .unwrap();
        let place = params![room.programme.as_str(), room.room.as_str()];
        select.query_map(place, |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn number(offset: Offset) -> i64 {
    offset.get().cast_signed()
}
