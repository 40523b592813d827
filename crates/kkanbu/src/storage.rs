//! The data and key folders of one node: made once, opened together, never by two processes.

use crate::pair::{Pair, PairError};
use crate::stamp::Stamp;
use crate::telemetry;
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{self, MemoryBroker, SqliteJournal};
use kkanbu_gateway::{Programmes, ProgrammesError};
use kkanbu_keys::{FolderError, KeyFolder, Keyring};
use kkanbu_model::{Clock, Limits, RoomAddress};
use kkanbu_store::Store;
use kkanbu_store::sqlite::{self, SqliteStore};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the folders can't be used. Nothing in them was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] sqlite::OpenError),
    /// The log.
    #[error(transparent)]
    Log(#[from] memory::OpenError),
    /// The programmes.
    #[error(transparent)]
    Programmes(#[from] ProgrammesError),
    /// The databases are no pair.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// There is no data, though there should be.
    #[error(
        "{0} is not there; if this is the first start, run `kkanbu init --config …`; otherwise the wrong folder is mounted or named"
    )]
    NoData(PathBuf),
    /// There are keys of programmes, but no data that they belong to.
    #[error("{keys} holds keys of programmes, but {data} has no data: restore the data, or name another key folder")]
    KeysWithoutData {
        /// The key folder.
        keys: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// There is data, but no keys.
    #[error(
        "{data} has data, but there is no key folder {keys}: bring the keys back, or name where they are; new ones would open nothing"
    )]
    DataWithoutKeys {
        /// The data folder.
        data: PathBuf,
        /// The key folder.
        keys: PathBuf,
    },
    /// A restore did not come to its end.
    #[error(
        "a restore into {0} was interrupted, and what is there is not a pair; run `kkanbu restore --config … --from …` again, which sets it aside"
    )]
    HalfRestored(PathBuf),
    /// Another process uses the folder.
    #[error("another process uses {0}; stop the server first")]
    InUse(PathBuf),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
}

/// Lies in the data folder while a restore exchanges its files.
pub(crate) const RESTORE_MARK: &str = "restore-unfinished";

/// The two folders.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub(crate) data: PathBuf,
    pub(crate) keys: PathBuf,
}

/// Everything durable, open.
pub(crate) struct Storage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) programmes: Programmes,
    pub(crate) clock: Arc<dyn Clock>,
    stamp: Stamp,
    pair: Pair,
    /// Held as long as the data is in use; the operating system lets go when the process ends, however it ends.
    _lock: File,
}

impl Folders {
    fn store(&self) -> PathBuf {
        self.data.join("store.sqlite")
    }

    fn log(&self) -> PathBuf {
        self.data.join("log.sqlite")
    }

    /// Whether both folders have been made.
    pub(crate) fn are_made(&self) -> bool {
        self.store().exists() && self.log().exists() && KeyFolder::open(&self.keys).is_ok()
    }

    /// Makes what is not there yet. Never touches data or keys that are there, and makes no data for keys that are in use.
    pub(crate) async fn make(&self) -> Result<(), StorageError> {
        let keys = match KeyFolder::open(&self.keys) {
            Err(FolderError::NotAFolder(_)) if self.store().exists() || self.log().exists() => {
                return Err(StorageError::DataWithoutKeys { data: self.data.clone(), keys: self.keys.clone() });
            }
            Err(FolderError::NotAFolder(_)) => KeyFolder::create(&self.keys)?,
            opened => opened?,
        };
        let _lock = self.lock()?;
        self.refuse_half_restored()?;
        let (store, log) = (self.store(), self.log());
        if (!store.exists() || !log.exists()) && keys.has_content_keys()? {
            return Err(StorageError::KeysWithoutData { keys: self.keys.clone(), data: self.data.clone() });
        }
        if !store.exists() {
            // Closed, not just dropped: the file is free for the next who opens it.
            SqliteStore::create(&store, keys.server_id(), Keyring::default())?.close().await;
        }
        if !log.exists() {
            SqliteJournal::create(&log, keys.server_id())?;
        }
        Ok(())
    }

    /// Opens everything that was made.
    pub(crate) async fn open(&self, limits: &Limits, clock: Arc<dyn Clock>) -> Result<Storage, StorageError> {
        if !self.data.is_dir() {
            return Err(StorageError::NoData(self.data.clone()));
        }
        let lock = self.lock()?;
        self.refuse_half_restored()?;
        let folder = KeyFolder::open(&self.keys)?;
        let keyring = Keyring::default();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&self.store(), folder.server_id(), keyring.clone())?);
        let journal = SqliteJournal::open(&self.log(), folder.server_id())?;
        let pair = Pair::new(self.store(), self.log());
        pair.check()?;
        pair.renew()?;
        let broker = MemoryBroker::start(journal, keyring.clone(), limits);
        let broker: Arc<dyn Broker> = Arc::new(broker.map_err(|source| io_at(&self.log(), source))?);
        let programmes = Programmes::load(folder, keyring, store.clone(), broker.clone(), clock.clone()).await?;
        let stamp = Stamp::new(&self.data, &self.keys);
        if !stamp.fits() {
            telemetry::data_put_back();
            begin_epochs(&programmes, &broker).await?;
        }
        stamp.renew().map_err(|source| io_at(&self.data, source))?;
        Ok(Storage { store, broker, programmes, clock, stamp, pair, _lock: lock })
    }

    /// Whether a restore exchanged files here and did not come to its end.
    pub(crate) fn refuse_half_restored(&self) -> Result<(), StorageError> {
        if self.data.join(RESTORE_MARK).exists() { Err(StorageError::HalfRestored(self.data.clone())) } else { Ok(()) }
    }

    /// Makes the folder where need be, and keeps other processes out.
    pub(crate) fn lock(&self) -> Result<File, StorageError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.data).map_err(|source| io_at(&self.data, source))?;
        let path = self.data.join("lock");
        let file = fs::OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
        let file = file.map_err(|source| io_at(&path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StorageError::InUse(self.data.clone())),
            Err(TryLockError::Error(source)) => Err(io_at(&path, source)),
        }
    }
}

/// What clients hold of the rooms can't be proven any more.
async fn begin_epochs(programmes: &Programmes, broker: &Arc<dyn Broker>) -> Result<(), StorageError> {
    for programme in programmes.all() {
        for room in &programme.rooms {
            let address = RoomAddress { programme: programme.id.clone(), room: room.id.clone() };
            broker.begin_epoch(&address).await.map_err(ProgrammesError::Broker)?;
        }
    }
    Ok(())
}

impl Storage {
    /// After the store and the log have been closed: the data as they are now are the latest.
    pub(crate) fn left_in_order(self) {
        if let Err(error) = self.stamp.renew() {
            telemetry::stamp_failed(&error);
        }
        if let Err(error) = self.pair.renew() {
            telemetry::pair_failed(&error);
        }
    }
}

fn io_at(path: &Path, source: io::Error) -> StorageError {
    StorageError::Io { path: path.to_owned(), source }
}
