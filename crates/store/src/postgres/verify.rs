//! Proves the audit log in a database, also of one that servers are using. It needs no key.

use super::error::OpenError;
use super::log::{self, ENTRIES};
use super::session::Connector;
use super::settings::PostgresSettings;
use crate::proof::{AuditVerified, Proof, Unproven};
use crate::{AuditHead, StoreError};
use kkanbu_audit::Broken;
use tokio_postgres::Transaction;

/// Entries that are read at a time.
const PAGE: i64 = 1_000;

/// Why an audit log is not proven. Each message says which entry is the first bad one, and what could be established.
#[derive(Debug, thiserror::Error)]
pub enum AuditProblem {
    /// There is no store that could be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What the database has is no entry or no head.
    #[error("the audit log is damaged behind entry {proven}: {reason}")]
    Unreadable {
        /// Entries from the first on that are whole.
        proven: u64,
        /// What is wrong.
        reason: String,
    },
    /// An entry is not what was written.
    #[error("the audit log was changed: {broken}; {proven} entries before that are whole")]
    Broken {
        /// What is wrong with which entry.
        broken: Broken,
        /// Entries from the first on that are whole.
        proven: u64,
    },
    /// The log is whole by itself, and is not the one that was noted.
    #[error("the audit log is whole, but not the one that was noted: {0}")]
    Unproven(#[from] Unproven),
}

impl From<tokio_postgres::Error> for AuditProblem {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Open(error.into())
    }
}

/// Proves the audit log of the store in this database, entry by entry and against its head, and that a head which was noted earlier
/// ([`AuditHead::EMPTY`] where none was) is in it. Writes nothing.
pub async fn verify_audit(settings: &PostgresSettings, noted: AuditHead) -> Result<AuditVerified, AuditProblem> {
    let connector = Connector::new(settings)?;
    let mut alone = connector.alone(settings.limits.connect_max).await?;
    alone.client.batch_execute("SET statement_timeout = 0").await?;
    // Entries and head are of one moment.
    let moment = alone.client.build_transaction().read_only(true);
    let moment = moment.isolation_level(tokio_postgres::IsolationLevel::RepeatableRead).start().await?;
    let found = moment.query_one("SELECT to_regclass('kkanbu.audit_head') IS NOT NULL", &[]).await?;
    if !found.try_get::<_, bool>(0)? {
        return Err(OpenError::Missing.into());
    }
    prove(&moment, noted).await
}

async fn prove(moment: &Transaction<'_>, noted: AuditHead) -> Result<AuditVerified, AuditProblem> {
    let mut proof = Proof::new(noted);
    let unreadable = |proven: u64, error: StoreError| AuditProblem::Unreadable { proven, reason: error.to_string() };
    let mut after = 0_i64;
    loop {
        let rows = moment.query(ENTRIES, &[&after, &PAGE]).await?;
        let Some(last) = rows.last() else { break };
        after = last.try_get::<_, i64>(0)?;
        for row in &rows {
            let proven = proof.proven();
            let kept = log::kept(row).map_err(|error| unreadable(proven, error))?;
            proof.next(&kept).map_err(|broken| AuditProblem::Broken { broken, proven })?;
        }
    }
    let proven = proof.proven();
    let head = moment.query_opt("SELECT number, hash FROM audit_head", &[]).await?;
    let head = head.ok_or_else(StoreError::unreadable).and_then(|row| log::read_head(&row));
    let head = head.map_err(|error| unreadable(proven, error))?;
    match proof.end(&head) {
        Ok(verified) => Ok(verified),
        Err(Unproven::Broken(broken)) => Err(AuditProblem::Broken { broken, proven }),
        Err(other) => Err(other.into()),
    }
}
