//! What the suite asks of an engine besides the store itself.

use kkanbu_keys::Keyring;
use kkanbu_store::{AuditHead, Store};
use std::future::Future;
use std::sync::Arc;

/// A table's row as the engine keeps it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StoredRow {
    pub(crate) table: &'static str,
    /// What organisers named, and flags.
    pub(crate) plain: Vec<String>,
    /// Keyed tags.
    pub(crate) tags: Vec<Vec<u8>>,
    /// Sealed records.
    pub(crate) sealed: Vec<Vec<u8>>,
}

/// One engine with a store of its own, which nothing else uses.
pub(crate) trait Engine: Sized + Send + Sync + 'static {
    /// A new, empty store with these keys.
    fn create(keyring: Keyring) -> impl Future<Output = Self> + Send;

    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// Closes the store and opens it again.
    fn restart(&mut self) -> impl Future<Output = ()> + Send;

    /// Opens what a kill at this moment would leave behind.
    fn crash(&mut self) -> impl Future<Output = ()> + Send;

    /// Everything that is at rest now, by name of file.
    fn files(&self) -> Vec<(String, Vec<u8>)>;

    /// All rows, in the order in which the engine gives them when it is asked for none.
    fn rows(&self) -> Vec<StoredRow>;

    /// Changes one bit of each sealed record, as somebody with the database but without the key could.
    fn damage_sealed_records(&self);

    /// Exchanges the sealed records of all memberships of a room in a circle.
    fn swap_sealed_records(&self);

    /// Proves the audit log as it is at rest now, and returns its head.
    fn prove_audit(&self) -> AuditHead;

    /// Gives every membership another role, in the row alone.
    fn change_roles(&self, role: &str);
}
