//! The PostgreSQL store as an engine of the suite, and what concerns it alone.

mod alone;
mod audit;
mod away;
mod cluster;
mod figures;
mod layout;
mod nodes;
mod opening;

use crate::engine::{Engine, StoredRow};
use cluster::{Cluster, shared};
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_store::postgres::{PostgresSettings, PostgresStore, verify_audit};
use kkanbu_store::{AuditHead, Store};
use std::collections::HashSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

pub(crate) const SERVER: ServerId = ServerId::from_bytes([4; 16]);

/// A store in a database of its own on the server that all tests share.
pub(crate) struct Postgres {
    database: String,
    keyring: Keyring,
    store: Arc<PostgresStore>,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        shared().psql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.database));
    }
}

/// Waits where nobody can be waited for.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| Handle::current().block_on(future))
}

impl Postgres {
    fn settings(&self) -> PostgresSettings {
        shared().settings(&self.database)
    }
}

/// Everything in a folder, by its path there.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = vec![folder.into()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                // A file may go while it is looked for.
                files.push((entry.path().strip_prefix(folder).unwrap().display().to_string(), bytes));
            }
        }
    }
    files.sort();
    files
}

const PAGE: usize = 8192;

/// What stands in a page behind its place in the write-ahead log.
fn told(page: &[u8]) -> &[u8] {
    page.get(8..).unwrap_or_default()
}

/// Where a database's files are.
fn folder_of(cluster: &Cluster, database: &str) -> PathBuf {
    let number = cluster.psql("postgres", &format!("SELECT oid FROM pg_database WHERE datname = '{database}'"));
    cluster.data().join("base").join(number.trim())
}

/// All files below a folder, without pages that every fresh database has: they tell of the server, not of the store.
fn files_of(cluster: &Cluster, folder: &Path) -> Vec<(String, Vec<u8>)> {
    cluster.psql("postgres", "CHECKPOINT");
    let fresh = files_below(&folder_of(cluster, "template1"));
    let fresh: HashSet<&[u8]> = fresh.iter().flat_map(|(_, bytes)| bytes.chunks(PAGE)).map(told).collect();
    let own =
        |bytes: Vec<u8>| bytes.chunks(PAGE).filter(|page| !fresh.contains(told(page))).flatten().copied().collect();
    files_below(folder).into_iter().map(|(name, bytes)| (name, own(bytes))).collect()
}

/// The rows of a table in the order in which they lie in it.
fn rows_of(
    cluster: &Cluster,
    database: &str,
    table: &'static str,
    plain: &str,
    tags: &str,
    sealed: &str,
) -> Vec<StoredRow> {
    let hex = |column: &str| format!("encode({column}, 'hex')");
    let columns: Vec<String> = plain
        .split_whitespace()
        .map(|column| format!("{column}::text"))
        .chain([tags, sealed].into_iter().flat_map(str::split_whitespace).map(hex))
        .collect();
    let sql = format!("SELECT {} FROM kkanbu.{table} ORDER BY ctid", columns.join(" || '\t' || "));
    let (texts, tagged) = (plain.split_whitespace().count(), tags.split_whitespace().count());
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let bytes = |text: &&str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        StoredRow {
            table,
            plain: fields[..texts].iter().map(|text| (*text).to_owned()).collect(),
            tags: fields[texts..texts + tagged].iter().map(bytes).collect(),
            sealed: fields[texts + tagged..].iter().map(bytes).collect(),
        }
    };
    cluster.psql(database, &sql).lines().map(row).collect()
}

fn all_rows(cluster: &Cluster, database: &str) -> Vec<StoredRow> {
    let of = |table, plain, tags, sealed| rows_of(cluster, database, table, plain, tags, sealed);
    [
        of("programme", "id definition", "key_tag", ""),
        of("seat", "programme room role seats taken", "", ""),
        of("member", "programme role", "tag", ""),
        of("membership", "programme room role posted", "tag", "sealed"),
        of("handle", "programme room", "tag", ""),
        of("sanction", "programme", "tag", "sealed"),
        of("act", "programme", "tag", ""),
    ]
    .concat()
}

/// Changes the database behind the store's back.
fn damage(cluster: &Cluster, database: &str) {
    for table in ["membership", "sanction"] {
        let flip = "set_byte(sealed, 0, get_byte(sealed, 0) # 1)";
        cluster.psql(database, &format!("UPDATE kkanbu.{table} SET sealed = {flip}"));
    }
}

fn swap(cluster: &Cluster, database: &str) {
    for table in ["membership", "sanction"] {
        let sql = format!(
            "WITH old AS (SELECT row_number() OVER (ORDER BY tag) - 1 AS at, tag, sealed FROM kkanbu.{table})
             UPDATE kkanbu.{table} SET sealed = other.sealed FROM old AS own JOIN old AS other
             ON other.at = (own.at + 1) % (SELECT count(*) FROM old) WHERE own.tag = {table}.tag"
        );
        cluster.psql(database, &sql);
    }
}

/// Ends every connection to a database, as the death of their nodes does.
fn cut(cluster: &Cluster, database: &str) {
    let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    cluster.psql("postgres", &sql);
}

impl Engine for Postgres {
    async fn create(keyring: Keyring) -> Self {
        let database = tokio::task::spawn_blocking(|| shared().database()).await.unwrap();
        let settings = shared().settings(&database);
        let store = PostgresStore::create(&settings, SERVER, keyring.clone()).await.unwrap();
        Self { database, keyring, store: Arc::new(store) }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<PostgresStore>::clone(&self.store)
    }

    async fn restart(&mut self) {
        self.store.close().await;
        self.store = Arc::new(PostgresStore::open(&self.settings(), SERVER, self.keyring.clone()).await.unwrap());
    }

    /// The node is gone in the middle of whatever it did; the server is not. `away` kills that.
    async fn crash(&mut self) {
        cut(shared(), &self.database);
        self.store = Arc::new(PostgresStore::open(&self.settings(), SERVER, self.keyring.clone()).await.unwrap());
    }

    /// Without the write-ahead log, which all databases of a server share. `alone` has that too.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files_of(shared(), &folder_of(shared(), &self.database))
    }

    /// As they lie in their files once what is promised within a minute is done. `layout` sees that it is done by itself.
    fn rows(&self) -> Vec<StoredRow> {
        wait(self.store.tidy()).unwrap();
        all_rows(shared(), &self.database)
    }

    fn damage_sealed_records(&self) {
        damage(shared(), &self.database);
    }

    fn swap_sealed_records(&self) {
        swap(shared(), &self.database);
    }

    fn prove_audit(&self) -> AuditHead {
        wait(verify_audit(&self.settings(), AuditHead::EMPTY)).unwrap().head
    }

    fn change_roles(&self, role: &str) {
        shared().psql(&self.database, &format!("UPDATE kkanbu.membership SET role = '{role}'"));
    }
}
