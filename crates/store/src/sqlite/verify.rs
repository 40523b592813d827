//! Proves the audit log of any store file: of one that a server uses, of one that is closed, of a copy. It needs no key.

use super::error::{OpenError, refused};
use super::log::{self, ENTRIES, HEAD, head_from};
use super::open;
use super::reading::{self, Use};
use crate::AuditHead;
use crate::proof::{AuditVerified, Proof, Unproven};
use kkanbu_audit::Broken;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// Why an audit log is not proven. Each message says where, which entry is the first bad one, and what could be established.
#[derive(Debug, thiserror::Error)]
pub enum AuditProblem {
    /// There is no store that could be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store is of a time before there was such a log.
    #[error(
        "the store {path} has schema {found}, which has no audit log yet; start this version's server with it once"
    )]
    NoLog {
        /// Where.
        path: PathBuf,
        /// Its schema.
        found: i32,
    },
    /// An entry is not what was written.
    #[error("the audit log in {path} was changed: {broken}; {}", whole(*.proven))]
    Broken {
        /// Where.
        path: PathBuf,
        /// What is wrong with which entry.
        broken: Broken,
        /// Entries from the first on that are whole.
        proven: u64,
    },
    /// The database can't read an entry.
    #[error("the audit log in {path} is damaged: entry {entry} can't be read ({reason}); {}", whole(*.entry - 1))]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// The first entry that can't be read.
        entry: u64,
        /// What the database said.
        reason: String,
    },
    /// All entries follow each other, but what they should end in can't be read.
    #[error("the audit log's head in {path} can't be read ({reason}); {}, and it can't be said whether others followed", whole(*.proven))]
    NoHead {
        /// Where.
        path: PathBuf,
        /// What the database said.
        reason: String,
        /// Entries from the first on that are whole.
        proven: u64,
    },
    /// The log is whole by itself, and ends before an entry that was noted earlier.
    #[error(
        "the audit log in {path} is whole, but ends with entry {last}: what followed up to entry {noted} was taken away"
    )]
    EndsBefore {
        /// Where.
        path: PathBuf,
        /// Its last entry.
        last: u64,
        /// The entry that was noted.
        noted: u64,
    },
    /// The log is whole by itself, and another one than that which was noted earlier.
    #[error(
        "the audit log in {path} is whole, but its entry {noted} is another one than that which was noted: it was written anew"
    )]
    Another {
        /// Where.
        path: PathBuf,
        /// The entry that was noted.
        noted: u64,
    },
}

fn whole(entries: u64) -> String {
    match entries {
        0 => "no entry before it could be proven".to_owned(),
        1 => "entry 1 is whole".to_owned(),
        last => format!("entries 1 to {last} are whole"),
    }
}

/// Proves the audit log of the store at `path`, entry by entry and against its head. Writes nothing, and needs no lock: a server may be
/// using the store, also in this process. Blocks for as long as reading all entries takes.
pub fn verify_audit(path: &Path) -> Result<AuditVerified, AuditProblem> {
    verify_audit_since(path, AuditHead::EMPTY)
}

/// The same, and that a head which was noted earlier is in it.
pub fn verify_audit_since(path: &Path, noted: AuditHead) -> Result<AuditVerified, AuditProblem> {
    let with = reading::use_of(path);
    match prove(path, with, noted) {
        // A server that started meanwhile may have written what was being read.
        Err(_) if with == Use::Alone && reading::use_of(path) == Use::Shared => prove(path, Use::Shared, noted),
        proven => proven,
    }
}

fn prove(path: &Path, with: Use, noted: AuditHead) -> Result<AuditVerified, AuditProblem> {
    let connection = reading::connect(path, with)?;
    // Entries and head are of one moment.
    connection.execute_batch("BEGIN").map_err(|error| refused(path, &error))?;
    let found = open::version(&connection, path)?;
    if found < 2 {
        return Err(AuditProblem::NoLog { path: path.into(), found });
    }
    let proof = prove_entries(&connection, path, Proof::new(noted))?;
    let proven = proof.proven();
    let no_head = |reason: String| AuditProblem::NoHead { path: path.into(), reason, proven };
    let bytes = connection.query_row(HEAD, [], |row| row.get::<_, Vec<u8>>(0));
    let bytes = bytes.map_err(|error| no_head(error.to_string()))?;
    let head = head_from(&bytes).ok_or_else(|| no_head(format!("{} bytes of 40", bytes.len())))?;
    proof.end(&head).map_err(|unproven| match unproven {
        Unproven::Broken(broken) => AuditProblem::Broken { path: path.into(), broken, proven },
        Unproven::EndsBefore { last, noted } => AuditProblem::EndsBefore { path: path.into(), last, noted },
        Unproven::Another { noted } => AuditProblem::Another { path: path.into(), noted },
    })
}

fn prove_entries(connection: &Connection, path: &Path, mut proof: Proof) -> Result<Proof, AuditProblem> {
    let mut statement = connection.prepare(ENTRIES).map_err(|error| refused(path, &error))?;
    for kept in statement.query_map([], log::read).map_err(|error| refused(path, &error))? {
        let proven = proof.proven();
        let kept = kept.map_err(|error| AuditProblem::Unreadable {
            path: path.into(),
            entry: proven.saturating_add(1),
            reason: error.to_string(),
        })?;
        proof.next(&kept).map_err(|broken| AuditProblem::Broken { path: path.into(), broken, proven })?;
    }
    Ok(proof)
}
