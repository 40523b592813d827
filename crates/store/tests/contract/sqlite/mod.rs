//! The `SQLite` store as an engine of the suite, and what concerns it alone.

mod audit;
mod full_disk;
mod killed;
mod layout;
mod limits;
mod migration;
mod opening;
mod snapshot;

use crate::engine::{Engine, StoredRow};
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_store::sqlite::{SqliteStore, verify_audit};
use kkanbu_store::{AuditHead, Store};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const SERVER: ServerId = ServerId::from_bytes([4; 16]);

/// A store in a folder of its own.
pub(crate) struct Sqlite {
    folder: TempDir,
    keyring: Keyring,
    store: Arc<SqliteStore>,
}

impl Sqlite {
    fn path(&self) -> PathBuf {
        database(&self.folder)
    }

    /// Changes the database behind the store's back.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.path()).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

pub(crate) fn database(folder: &TempDir) -> PathBuf {
    folder.path().join("store.sqlite")
}

/// All files of a folder.
pub(crate) fn files_in(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> =
        entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect();
    files.sort();
    files
}

/// Copies what a kill at this moment would leave.
pub(crate) fn left_behind(folder: &TempDir) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files_in(folder.path()) {
        // The shared memory is made anew by whoever opens first.
        if !name.ends_with("-shm") {
            std::fs::write(copy.path().join(name), bytes).unwrap();
        }
    }
    copy
}

fn rows_of(connection: &Connection, table: &'static str, plain: &str, tags: &str, sealed: &str) -> Vec<StoredRow> {
    let list = |columns: &str| columns.split_whitespace().count();
    let columns: Vec<&str> = [plain, tags, sealed].into_iter().flat_map(str::split_whitespace).collect();
    let mut statement = connection.prepare(&format!("SELECT {} FROM {table}", columns.join(", "))).unwrap();
    let (texts, tags, all) = (list(plain), list(tags), columns.len());
    let blobs = |row: &rusqlite::Row<'_>, range: std::ops::Range<usize>| range.map(|at| row.get(at).unwrap()).collect();
    let rows = statement.query_map([], |row| {
        Ok(StoredRow {
            table,
            plain: (0..texts).map(|at| row.get(at).unwrap()).collect(),
            tags: blobs(row, texts..texts + tags),
            sealed: blobs(row, texts + tags..all),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

impl Engine for Sqlite {
    async fn create(keyring: Keyring) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(&database(&folder), SERVER, keyring.clone()).unwrap();
        Self { folder, keyring, store: Arc::new(store) }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<SqliteStore>::clone(&self.store)
    }

    async fn restart(&mut self) {
        self.store.close().await;
        self.store = Arc::new(SqliteStore::open(&self.path(), SERVER, self.keyring.clone()).unwrap());
    }

    async fn crash(&mut self) {
        self.folder = left_behind(&self.folder);
        self.store = Arc::new(SqliteStore::open(&self.path(), SERVER, self.keyring.clone()).unwrap());
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files_in(self.folder.path())
    }

    fn rows(&self) -> Vec<StoredRow> {
        let connection = Connection::open(self.path()).unwrap();
        let mut rows = rows_of(&connection, "programme", "id definition", "key_tag", "");
        rows.extend(rows_of(&connection, "member", "programme role", "tag", ""));
        rows.extend(rows_of(&connection, "membership", "programme room role posted||''", "tag", "sealed"));
        rows.extend(rows_of(&connection, "handle", "programme room", "tag", ""));
        rows.extend(rows_of(&connection, "sanction", "programme", "tag", "sealed"));
        rows.extend(rows_of(&connection, "act", "programme", "tag", ""));
        rows
    }

    fn damage_sealed_records(&self) {
        for table in ["membership", "sanction"] {
            self.tamper(&format!(
                "UPDATE {table} SET sealed = unhex(
                   CASE substr(hex(sealed), 1, 1) WHEN '0' THEN '1' ELSE '0' END || substr(hex(sealed), 2))",
            ));
        }
    }

    fn swap_sealed_records(&self) {
        for table in ["membership", "sanction"] {
            self.tamper(&format!(
                "CREATE TEMP TABLE old AS SELECT row_number() OVER (ORDER BY tag) - 1 AS at, tag, sealed FROM {table};
                 UPDATE {table} SET sealed = (
                   SELECT other.sealed FROM old AS own JOIN old AS other
                   ON other.at = (own.at + 1) % (SELECT count(*) FROM old) WHERE own.tag = {table}.tag)",
            ));
        }
    }

    fn prove_audit(&self) -> AuditHead {
        verify_audit(&self.path()).unwrap().head
    }

    fn change_roles(&self, role: &str) {
        self.tamper(&format!("UPDATE membership SET role = '{role}'"));
    }
}
