//! Tells whether the store and the log are a pair: both carry the same random mark, which is renewed at each start, at each orderly end and
//! at a restore. One of them put back without the other has an older mark.
//!
//! A crash can come between writing the one and writing the other. So the store is given the new mark first and keeps the old one until
//! the log has the new one too: until then a log with either of both belongs to it.
//!
//! Not noticed is a single file that was copied and put back between two renewals.

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

const MARK: &str = "pair";
const BEFORE: &str = "pair before";

/// The store may be rewriting itself.
const BUSY: Duration = Duration::from_secs(10);

/// How long to wait for those who read.
const SETTLE: Duration = Duration::from_millis(250);

/// Why two databases are no pair.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PairError {
    /// They are of different moments.
    #[error(
        "{store} and {log} are not of the same moment: one of them was put back without the other; put back both with `kkanbu restore --replace`"
    )]
    Mixed {
        /// The store.
        store: PathBuf,
        /// The log.
        log: PathBuf,
    },
    /// `SQLite` refused.
    #[error("{path}: {reason}")]
    Database {
        /// Which.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

/// Both databases.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    store: PathBuf,
    log: PathBuf,
}

type Mark = Vec<u8>;

impl Pair {
    pub(crate) fn new(store: PathBuf, log: PathBuf) -> Self {
        Self { store, log }
    }

    /// Refuses databases that are no pair. Two without marks are one: they were just made, or by a version without marks.
    pub(crate) fn check(&self) -> Result<(), PairError> {
        let (store, log) = (open(&self.store)?, open(&self.log)?);
        let in_store = |name| read(&store, name).map_err(|error| told(&self.store, &error));
        let of_log = read(&log, MARK).map_err(|error| told(&self.log, &error))?.unwrap_or_default();
        let fits =
            in_store(MARK)?.unwrap_or_default() == of_log || in_store(BEFORE)?.is_some_and(|mark| mark == of_log);
        if fits { Ok(()) } else { Err(PairError::Mixed { store: self.store.clone(), log: self.log.clone() }) }
    }

    /// Gives both a new mark. Where it ends in between, they are still a pair.
    pub(crate) fn renew(&self) -> Result<(), PairError> {
        let (mut store, log) = (open(&self.store)?, open(&self.log)?);
        let mark = rand::random::<[u8; 16]>();
        let before = read(&log, MARK).map_err(|error| told(&self.log, &error))?.unwrap_or_default();
        let announce = |store: &mut Connection| {
            let both = store.transaction_with_behavior(TransactionBehavior::Immediate)?;
            write(&both, BEFORE, &before)?;
            write(&both, MARK, &mark)?;
            both.commit()
        };
        announce(&mut store).map_err(|error| told(&self.store, &error))?;
        write(&log, MARK, &mark).map_err(|error| told(&self.log, &error))?;
        let forgotten = store.execute("DELETE FROM meta WHERE name = ?1", [BEFORE]);
        forgotten.map_err(|error| told(&self.store, &error))?;
        settle(&store);
        settle(&log);
        Ok(())
    }
}

/// Brings the mark from the write-ahead log into the file. Otherwise what is left of that log after a kill would give its mark, and the
/// server's id beside it, to whatever file is put in the place of this one.
fn settle(database: &Connection) {
    // Where a backup reads meanwhile it stays in the write-ahead log, which is as good until the file is exchanged.
    let _ = database
        .busy_timeout(SETTLE)
        .and_then(|()| database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
}

fn open(path: &Path) -> Result<Connection, PairError> {
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
        Ok(connection)
    };
    open().map_err(|error| told(path, &error))
}

fn read(database: &Connection, name: &str) -> rusqlite::Result<Option<Mark>> {
    database.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()
}

fn write(database: &Connection, name: &str, mark: &[u8]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value";
    database.execute(sql, rusqlite::params![name, mark]).map(|_| ())
}

fn told(path: &Path, error: &rusqlite::Error) -> PairError {
    PairError::Database { path: path.into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path) -> Pair {
        let pair = Pair::new(folder.join("store"), folder.join("log"));
        for path in [&pair.store, &pair.log] {
            let made = Connection::open(path).unwrap();
            made.execute_batch("CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT").unwrap();
        }
        pair
    }

    #[test]
    fn one_of_two_put_back_is_no_pair() {
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path());
        let copy = |from: &Path, to: &Path| std::fs::copy(from, to).map(|_| ()).unwrap();
        let kept = folder.path().join("kept");
        for path in [&pair.store, &pair.log] {
            for _ in 0..3 {
                pair.check().unwrap();
                copy(path, &kept);
                pair.renew().unwrap();
                pair.check().unwrap();
                let now = folder.path().join("now");
                copy(path, &now);
                copy(&kept, path);
                assert!(matches!(pair.check(), Err(PairError::Mixed { .. })), "{}", path.display());
                copy(&now, path);
            }
        }
    }

    #[test]
    fn a_crash_between_two_writes_leaves_a_pair() {
        let folder = tempfile::tempdir().unwrap();
        let pair = pair(folder.path());
        for _ in 0..2 {
            let log = std::fs::read(&pair.log).unwrap();
            let was = read(&open(&pair.log).unwrap(), MARK).unwrap().unwrap_or_default();
            pair.renew().unwrap();
            // As it was between the first two writes: the log has its old mark, the store knows it.
            std::fs::write(&pair.log, log).unwrap();
            write(&open(&pair.store).unwrap(), BEFORE, &was).unwrap();
            pair.check().unwrap();
            // And between the last two.
            pair.renew().unwrap();
            write(&open(&pair.store).unwrap(), BEFORE, b"older").unwrap();
            pair.check().unwrap();
            pair.renew().unwrap();
        }
    }
}
