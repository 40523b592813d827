//! A server of one's own, so that everything at rest can be looked at: the write-ahead log, the server's own log, every file.

use super::cluster::{Cluster, ROLE};
use super::{SERVER, all_rows, cut, damage, files_of, swap, wait};
use crate::engine::{Engine, StoredRow};
use crate::suite::{at_rest, programmes};
use kkanbu_keys::Keyring;
use kkanbu_store::postgres::{PostgresSettings, PostgresStore, verify_audit};
use kkanbu_store::{AuditHead, Store};
use std::sync::Arc;

/// A store on a server that keeps no file of its write-ahead log for later, and lets the store end the use of one.
struct Alone {
    store: Arc<PostgresStore>,
    keyring: Keyring,
    database: String,
    cluster: Cluster,
}

impl Alone {
    fn settings(&self) -> PostgresSettings {
        self.cluster.settings(&self.database)
    }
}

impl Engine for Alone {
    async fn create(keyring: Keyring) -> Self {
        let cluster = Cluster::start();
        let database = cluster.database();
        let grants = format!("GRANT pg_checkpoint TO {ROLE}; GRANT EXECUTE ON FUNCTION pg_switch_wal() TO {ROLE}");
        cluster.psql(&database, &grants);
        let store = PostgresStore::create(&cluster.settings(&database), SERVER, keyring.clone()).await.unwrap();
        Self { store: Arc::new(store), keyring, database, cluster }
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::<PostgresStore>::clone(&self.store)
    }

    async fn restart(&mut self) {
        self.store.close().await;
        self.store = Arc::new(PostgresStore::open(&self.settings(), SERVER, self.keyring.clone()).await.unwrap());
    }

    async fn crash(&mut self) {
        cut(&self.cluster, &self.database);
        self.store = Arc::new(PostgresStore::open(&self.settings(), SERVER, self.keyring.clone()).await.unwrap());
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files_of(&self.cluster, self.cluster.folder())
    }

    fn rows(&self) -> Vec<StoredRow> {
        wait(self.store.tidy()).unwrap();
        all_rows(&self.cluster, &self.database)
    }

    fn damage_sealed_records(&self) {
        damage(&self.cluster, &self.database);
    }

    fn swap_sealed_records(&self) {
        swap(&self.cluster, &self.database);
    }

    fn prove_audit(&self) -> AuditHead {
        wait(verify_audit(&self.settings(), AuditHead::EMPTY)).unwrap().head
    }

    fn change_roles(&self, role: &str) {
        self.cluster.psql(&self.database, &format!("UPDATE kkanbu.membership SET role = '{role}'"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroyed_programme_leaves_no_bytes_in_any_file() {
    programmes::a_destroyed_programme_leaves_no_bytes::<Alone>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_names_a_member() {
    at_rest::no_file_names_a_member::<Alone>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_tells_of_acts() {
    at_rest::no_file_tells_of_acts::<Alone>().await;
}
