//! Puts a backup back. Everything is checked, and every room's new epoch begun, in a folder beside the data before anything of them is
//! touched; from then until both files are in place a mark in the data folder keeps every start away.

use super::databases::file;
use super::format::Name;
use super::private::Private;
use super::progress::Progress;
use super::{BackupError, open, server_tag};
use crate::pair::Pair;
use crate::stamp::Stamp;
use crate::storage::{Folders, RESTORE_MARK, StorageError};
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use kkanbu_gateway::ProgrammesError;
use kkanbu_keys::{KeyFolder, Keyring};
use kkanbu_model::{Limits, Programme, RoomAddress};
use kkanbu_store::Store;
use kkanbu_store::sqlite::SqliteStore;
use serde::Serialize;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is set aside of a data folder. The rest are locks and what this file makes.
const FILES: &[&str] = &[
    "store.sqlite",
    "store.sqlite-wal",
    "store.sqlite-shm",
    "log.sqlite",
    "log.sqlite-wal",
    "log.sqlite-shm",
    "data-stamp",
];

/// A backup that was put back.
#[derive(Debug, Serialize)]
pub(crate) struct Restored {
    pub(crate) data: PathBuf,
    /// The hour that the data are of.
    pub(crate) made: String,
    /// Rooms that began a new epoch.
    pub(crate) rooms: usize,
    /// Programmes in the backup whose keys were destroyed since.
    pub(crate) ended: Vec<String>,
    /// Where the data are that were there before.
    pub(crate) set_aside: Option<PathBuf>,
}

/// Puts a backup into a data folder that has no data, or, to `replace` them, sets those aside first.
pub(crate) async fn restore(folders: &Folders, from: &Path, replace: bool) -> Result<Restored, BackupError> {
    let keys = KeyFolder::open(&folders.keys).map_err(StorageError::Keys)?;
    let reader = open(from)?;
    if reader.manifest().server != server_tag(keys.server_id().as_bytes()) {
        return Err(BackupError::OtherServer { backup: from.into(), keys: folders.keys.clone() });
    }
    let _lock = folders.lock()?;
    let data = &folders.data;
    let has_data = [Name::Store, Name::Log].into_iter().any(|name| file(data, name).exists());
    if has_data && !replace && folders.refuse_half_restored().is_ok() {
        return Err(BackupError::DataThere(data.clone()));
    }
    let staging = Private::new(data.join("restore.partial"))?;
    let bytes = reader.bytes();
    let progress = Progress::new("unpacking the backup");
    let unpacked = reader.unpack(|name| synced(&file(staging.path(), name)), |read| progress.is_at(read, bytes));
    let made = unpacked.map_err(|source| BackupError::Backup { path: from.into(), source })?.made;
    drop(progress);
    let (rooms, ended) = prepare(staging.path(), &keys).await?;

    let exchanged = exchange(folders, staging.path(), &made, || Ok(()));
    let set_aside = exchanged.map_err(|source| BackupError::Io { path: data.clone(), source })?;
    Ok(Restored { data: data.clone(), made, rooms, ended, set_aside })
}

/// Puts the files that were prepared in the place of those that are there. `between` two steps it can be interrupted: then the mark stays,
/// and doing it again brings it to its end.
fn exchange(
    folders: &Folders,
    staging: &Path,
    made: &str,
    mut between: impl FnMut() -> io::Result<()>,
) -> io::Result<Option<PathBuf>> {
    let data = &folders.data;
    let mark = data.join(RESTORE_MARK);
    between()?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&mark)?.sync_all()?;
    sync(data)?;
    between()?;
    let set_aside = set_aside(data, made, &mut between)?;
    for name in [Name::Log, Name::Store] {
        fs::rename(file(staging, name), file(data, name))?;
        between()?;
    }
    sync(data)?;
    Stamp::new(data, &folders.keys).renew()?;
    between()?;
    fs::remove_file(mark)?;
    sync(data)?;
    between()?;
    Ok(set_aside)
}

/// Opens what was unpacked as a start would, with the keys, and begins a new epoch in every room. Gives how many, and the programmes that
/// have ended since.
async fn prepare(staging: &Path, keys: &KeyFolder) -> Result<(usize, Vec<String>), BackupError> {
    let server = keys.server_id();
    let keyring = Keyring::default();
    let store = SqliteStore::open(&file(staging, Name::Store), server, keyring.clone()).map_err(StorageError::Store)?;
    let all = store.programmes().await;
    store.close().await;
    let (mut ended, mut rooms) = (Vec::new(), Vec::new());
    for programme in all.map_err(|error| StorageError::Programmes(error.into()))? {
        if keys.is_destroyed(&programme.id) {
            ended.push(programme.id.to_string());
            continue;
        }
        keyring.insert(programme.id.clone(), keys.content_key(&programme.id).map_err(StorageError::Keys)?);
        rooms.extend(addresses(&programme));
    }
    let path = file(staging, Name::Log);
    let journal = SqliteJournal::open(&path, server).map_err(StorageError::Log)?;
    let broker = MemoryBroker::start(journal, keyring, &Limits::default());
    let broker = broker.map_err(|source| BackupError::Io { path: path.clone(), source })?;
    let begun = begin_epochs(&broker, &rooms).await;
    broker.close().await;
    begun?;
    let pair = Pair::new(file(staging, Name::Store), path);
    pair.check().and_then(|()| pair.renew()).map_err(StorageError::Pair)?;
    // What was written since the files were unpacked.
    for name in [Name::Store, Name::Log] {
        let path = file(staging, name);
        File::open(&path).and_then(|file| file.sync_all()).map_err(|source| BackupError::Io { path, source })?;
    }
    Ok((rooms.len(), ended))
}

fn addresses(programme: &Programme) -> impl Iterator<Item = RoomAddress> {
    programme.rooms.iter().map(|room| RoomAddress { programme: programme.id.clone(), room: room.id.clone() })
}

async fn begin_epochs(broker: &impl Broker, rooms: &[RoomAddress]) -> Result<(), StorageError> {
    for room in rooms {
        broker.begin_epoch(room).await.map_err(ProgrammesError::Broker)?;
    }
    Ok(())
}

/// Moves what is there into a folder of its own, also what is left of a write-ahead log without its database. Nothing is deleted.
fn set_aside(data: &Path, made: &str, mut between: impl FnMut() -> io::Result<()>) -> io::Result<Option<PathBuf>> {
    let there: Vec<_> = FILES.iter().filter(|name| data.join(name).symlink_metadata().is_ok()).collect();
    if there.is_empty() {
        return Ok(None);
    }
    let mut names = (1..).map(|number| data.join(format!("replaced-{number}-by-{made}")));
    let aside = loop {
        let Some(aside) = names.next() else { return Err(io::Error::other("no name is free")) };
        match DirBuilder::new().mode(0o700).create(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => break made.map(|()| aside)?,
        }
    };
    for name in there {
        fs::rename(data.join(name), aside.join(name))?;
        between()?;
    }
    sync(&aside)?;
    sync(data)?;
    Ok(Some(aside))
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// A new file for its owner alone, that is on the disk when it is flushed.
fn synced(path: &Path) -> io::Result<impl Write + use<>> {
    struct Synced(File);
    impl Write for Synced {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            self.0.sync_all()
        }
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(Synced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::take;
    use crate::clock::clock;

    /// Opens everything as a start does, and ends in order.
    async fn start(folders: &Folders) -> Result<(), StorageError> {
        let storage = folders.open(&Limits::default(), clock(None)).await?;
        storage.broker.close().await;
        storage.store.close().await;
        storage.left_in_order();
        Ok(())
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for name in [Name::Store, Name::Log] {
            fs::copy(file(from, name), file(to, name)).unwrap();
        }
    }

    #[tokio::test]
    async fn interrupted_between_any_two_steps_it_says_so_and_is_brought_to_its_end() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { data: home.path().join("data"), keys: home.path().join("keys") };
        folders.make().await.unwrap();
        start(&folders).await.unwrap();
        let (backup, prepared, staging) =
            (home.path().join("backup"), home.path().join("prepared"), home.path().join("staging"));
        take(&folders, &backup).unwrap();
        copy(&folders.data, &prepared);
        let (mut steps, mut refused) = (0, 0);
        loop {
            start(&folders).await.unwrap();
            copy(&prepared, &staging);
            let mut left = steps;
            let interrupted = exchange(&folders, &staging, "now", || {
                left -= 1;
                if left < 0 { Err(io::Error::other("the power is gone")) } else { Ok(()) }
            });
            steps += 1;
            let started = start(&folders).await;
            if folders.data.join(RESTORE_MARK).exists() {
                refused += 1;
                assert!(matches!(started, Err(StorageError::HalfRestored(_))), "{steps}: {started:?}");
                assert!(matches!(folders.make().await, Err(StorageError::HalfRestored(_))));
                assert!(matches!(take(&folders, &home.path().join("no")), Err(BackupError::Storage(_))));
                restore(&folders, &backup, false).await.unwrap();
            } else {
                started.unwrap();
            }
            start(&folders).await.unwrap();
            if interrupted.is_ok() {
                break;
            }
        }
        // The mark, three files and the stamp set aside, two put in place, the stamp.
        assert!(refused >= 6, "{refused} of {steps}");
    }
}
