//! What whoever runs the server says about its database: where it is, how it is reached, and which of its weaknesses are accepted.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where the database is, and how it is used.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// `postgres://kkanbu@db.example.org/kkanbu`, or words such as `host=/run/postgresql user=kkanbu dbname=kkanbu`. Never with a password.
    pub url: String,
    /// A file whose first line is the password. `None` where the database asks for none.
    pub password_file: Option<PathBuf>,
    /// How the connection is protected.
    pub tls: PostgresTls,
    /// Weaknesses of the database that are accepted. Any other refuses the start.
    pub accept: Vec<Weakness>,
    /// Limits.
    pub limits: PostgresLimits,
}

impl PostgresSettings {
    /// The database at this URL, without TLS or password, with nothing weak.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_file: None,
            tls: PostgresTls::Off,
            accept: Vec::new(),
            limits: PostgresLimits::default(),
        }
    }
}

/// How the connection to the database is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostgresTls {
    /// It is not: for a Unix socket or this machine's own address.
    Off,
    /// TLS; the database's certificate must be for its name and signed by one of those in this PEM file.
    Verified {
        /// The file, such as `/etc/ssl/certs/ca-certificates.crt`.
        authorities: PathBuf,
    },
}

/// Something in the database's configuration that breaks a promise of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// `synchronous_commit` is not `on` or `remote_apply`, `fsync` or `full_page_writes` is off: what was answered can be lost.
    NotDurable,
    /// `track_commit_timestamp` is on: the database keeps when each row was written.
    CommitTimes,
    /// Statements are logged with their parameters (`log_statement`, `log_min_duration_statement`, …): the log tells who came when.
    StatementLog,
    /// The connection leaves this machine without TLS.
    Plaintext,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::NotDurable, Self::CommitTimes, Self::StatementLog, Self::Plaintext];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotDurable => "not_durable",
            Self::CommitTimes => "commit_times",
            Self::StatementLog => "statement_log",
            Self::Plaintext => "plaintext",
        }
    }

    /// What is to be done about it.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::NotDurable => "set synchronous_commit, fsync and full_page_writes to on",
            Self::CommitTimes => "set track_commit_timestamp to off",
            Self::StatementLog => {
                "set log_statement to none or ddl, and log_min_duration_statement, log_min_duration_sample and log_transaction_sample_rate off"
            }
            Self::Plaintext => "turn TLS on, or use a Unix socket",
        }
    }
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Limits of one PostgreSQL store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresLimits {
    /// Connections of this node. Crossed: calls wait.
    pub connections_max: usize,
    /// Calls that may run or wait. Crossed: `StoreError::Overloaded`.
    pub calls_waiting_max: usize,
    /// How long connecting may take. Crossed: `StoreError::Unavailable`.
    pub connect_max: Duration,
    /// How long a call may take, with waiting and trying again. Crossed: `StoreError::Unavailable`; a write then was kept or not.
    pub call_max: Duration,
    /// How long a check may take. Crossed: `StoreError::Unavailable`.
    pub check_max: Duration,
    /// How often a call is tried that the database undid because of others, or whose connection broke before it wrote. Crossed:
    /// `StoreError::Unavailable`.
    pub tries_max: u32,
    /// How long the tables' layout may tell in which order the latest writes came. Crossed: they are rewritten in the order of their
    /// keys.
    pub layout_kept: Duration,
    /// How long rewriting a table waits for whoever uses it, while others wait behind. Crossed: it is tried again later.
    pub layout_lock_max: Duration,
}

impl Default for PostgresLimits {
    fn default() -> Self {
        Self {
            connections_max: 8,
            calls_waiting_max: 1024,
            connect_max: Duration::from_secs(2),
            call_max: Duration::from_secs(5),
            check_max: Duration::from_secs(1),
            tries_max: 6,
            layout_kept: Duration::from_mins(1),
            layout_lock_max: Duration::from_millis(500),
        }
    }
}
