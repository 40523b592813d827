//! What can be wrong with a database, and how it is said; and which failures of a call are worth another try.

use super::schema::SCHEMA_VERSION;
use super::settings::Weakness;
use crate::StoreError;
use std::error::Error as _;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Why the store can't be made or opened. Each message says what to do; none holds a password or the address of a member.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL can't be read. It is not repeated: something secret may be in it.
    #[error("the store's URL can't be read; write it as postgres://kkanbu@db.example.org/kkanbu")]
    Url,
    /// The URL has a password in it.
    #[error("the store's URL has a password in it; put that into a file of its own and name the file")]
    PasswordInUrl,
    /// A file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of certificates has none that can be used.
    #[error("{path} holds no usable certificates ({reason}); it should be a PEM file of authorities")]
    Authorities {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The database is not there.
    #[error("the database can't be reached: {0}; check the URL, and that the database runs and takes connections")]
    Unreachable(String),
    /// The database knows us not.
    #[error("the database refuses the login: {0}; check user, password file and database name")]
    Login(String),
    /// It can't be written.
    #[error("the database is read-only: a standby, or default_transaction_read_only is on; use the primary's URL")]
    ReadOnly,
    /// Something in its configuration breaks a promise.
    #[error("the database's {found}, which breaks a promise; {}, or accept it by name in the configuration: {weakness}", .weakness.remedy())]
    Weak {
        /// Which.
        weakness: Weakness,
        /// The setting as it is.
        found: String,
    },
    /// It is too old.
    #[error("the database is PostgreSQL {0}; 13 or newer is needed")]
    OldServer(i32),
    /// There is no store in the database.
    #[error(
        "there is no store in the database; if this is the first start, run `kkanbu init`; if not, restore the database"
    )]
    Missing,
    /// There is something already.
    #[error("there is a store in the database already; a store is never overwritten")]
    AlreadyThere,
    /// The schema of this name is something else's.
    #[error("the database has a schema named kkanbu that is no store; use another database")]
    Foreign,
    /// It belongs to another server's keys.
    #[error(
        "the store in the database belongs to another key folder; database and keys must be of the same server: check both"
    )]
    OtherServer,
    /// Written by a newer version.
    #[error("the store has schema {0}, newer than this version's {SCHEMA_VERSION}; run the newer kkanbu")]
    NewerSchema(i32),
    /// The database refused for another reason.
    #[error("the store can't be opened: {0}")]
    Database(String),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        let said = reason(&error);
        match error.code() {
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Self::ReadOnly,
            Some(code) if code.code().starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME => Self::Login(said),
            Some(code) if is_away(code) => Self::Unreachable(said),
            Some(_) => Self::Database(said),
            None => Self::Unreachable(said),
        }
    }
}

/// The database starts, ends, or has no room for another connection.
fn is_away(code: &SqlState) -> bool {
    code.code().starts_with("57P") || code.code().starts_with("08") || code.code().starts_with("53")
}

/// What the database said, without the values that it names in details.
pub(super) fn reason(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        // Writing into a string can't fail.
        let _ = write!(text, ": {source}");
        cause = source.source();
    }
    text
}

/// Why a try at a call gave nothing.
#[derive(Debug)]
pub(super) enum Failed<E> {
    /// Nothing was written, and another try may go better.
    Again(StoreError),
    /// That is the answer.
    Finally(E),
}

/// The database said no.
pub(super) fn unavailable(error: &Error) -> StoreError {
    StoreError::Unavailable { reason: reason(error) }
}

impl<E: From<StoreError>> Failed<E> {
    /// An error while the transaction was ended: unless the database says that it undid it, it may have been kept.
    pub(super) fn at_the_end(error: &Error) -> Self {
        if error.code().is_some_and(is_undone) {
            Self::Again(unavailable(error))
        } else {
            Self::Finally(unavailable(error).into())
        }
    }
}

/// An error before anything was ended: nothing was written.
impl<E: From<StoreError>> From<Error> for Failed<E> {
    fn from(error: Error) -> Self {
        let worth = match error.code() {
            Some(code) => is_undone(code) || code.code().starts_with("57P") || *code == SqlState::FEATURE_NOT_SUPPORTED,
            // The connection broke, or had been broken for a while.
            None => true,
        };
        if worth { Self::Again(unavailable(&error)) } else { Self::Finally(unavailable(&error).into()) }
    }
}

/// The database undid the transaction because of others.
fn is_undone(code: &SqlState) -> bool {
    *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
}

/// Wraps what is no failure of the database.
pub(super) fn finally<E, F: From<E>>(error: E) -> Failed<F> {
    Failed::Finally(error.into())
}
