//! The two databases as a backup sees them: both at one moment, also while a server writes to them, copied into closed files.

use super::BackupError;
use super::format::Name;
use crate::storage::StorageError;
use kkanbu_broker::memory;
use kkanbu_keys::ServerId;
use kkanbu_store::sqlite;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// How often it is tried to catch both databases at one moment: while members come in, the store is written to a few hundred times
/// a second at most, and catching it takes less than a millisecond.
const TRIES: u32 = 500;

/// The wait between two tries.
const WAIT: Duration = Duration::from_millis(10);

/// Where a database's header has the version of its tables (`SQLite`'s `user_version`).
const VERSION_AT: u64 = 60;

/// The file of a database in a data folder.
pub(crate) fn file(data: &Path, name: Name) -> PathBuf {
    data.join(match name {
        Name::Store => "store.sqlite",
        Name::Log => "log.sqlite",
    })
}

/// Both databases as they were at one and the same moment, as long as this lives. The server goes on writing beside it.
pub(super) struct Moment {
    data: PathBuf,
    store: sqlite::Snapshot,
    log: memory::Snapshot,
}

impl Moment {
    /// Catches one: nothing was committed to the store between the beginnings of the two.
    pub(super) fn catch(data: &Path) -> Result<Self, BackupError> {
        let (store_file, log_file) = (file(data, Name::Store), file(data, Name::Log));
        if !store_file.exists() && !log_file.exists() {
            return Err(BackupError::NoData(data.into()));
        }
        for _ in 0..TRIES {
            let store = sqlite::Snapshot::begin(&store_file).map_err(StorageError::Store)?;
            let log = memory::Snapshot::begin(&log_file).map_err(StorageError::Log)?;
            if store.is_current().map_err(StorageError::Store)? {
                return Ok(Self { data: data.into(), store, log });
            }
            drop((store, log));
            sleep(WAIT);
        }
        Err(BackupError::NoMoment)
    }

    /// Whose they are.
    pub(super) fn server(&self) -> ServerId {
        self.log.server()
    }

    /// Copies both into closed, checked files. The server may empty its write-ahead logs when it is done.
    pub(super) fn write(self, store: &Path, log: &Path) -> Result<(), BackupError> {
        self.store.write(store).map_err(StorageError::Store)?;
        match sqlite::check_copy(store, self.server()) {
            Err(sqlite::OpenError::OtherServer(_)) => return Err(BackupError::MixedServers(self.data)),
            checked => checked.map_err(StorageError::Store)?,
        }
        drop(self.store);
        self.log.write_to(log).map_err(StorageError::Log)?;
        Ok(())
    }
}

/// The version of a closed database's tables.
pub(super) fn version(path: &Path) -> io::Result<i32> {
    let mut version = [0; 4];
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(VERSION_AT))?;
    file.read_exact(&mut version)?;
    Ok(i32::from_be_bytes(version))
}
