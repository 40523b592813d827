//! What the tables' layout tells, and how it is made to tell nothing.
//!
//! PostgreSQL keeps rows in the order in which they were written, beside each of them the number of its transaction, and what was deleted or
//! replaced until it is vacuumed. So within a minute of a change a table is written anew: one transaction updates every row, which gives all
//! of them the same transaction; `CLUSTER` then writes them into a new file in the order of the key, which is a keyed tag and so a random
//! order, and with new indexes. Nobody else ever sees a table half done: both keep to the rules of snapshots, so that also a dump that runs
//! meanwhile is whole. While somebody holds an older snapshot, `CLUSTER` would copy the dead too: `VACUUM` goes before it, and finds that out
//! by what it can't mark as visible to all.

use super::Inner;
use super::error::{OpenError, reason};
use super::session::Alone;
use crate::{StoreError, telemetry};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

/// A table whose layout could tell something. The audit log's entries are an order by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    Programme,
    Seat,
    Member,
    Membership,
    Handle,
    Sanction,
    Act,
    Pending,
}

impl Table {
    pub(super) const ALL: [Self; 8] = [
        Self::Programme,
        Self::Seat,
        Self::Member,
        Self::Membership,
        Self::Handle,
        Self::Sanction,
        Self::Act,
        Self::Pending,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Programme => "programme",
            Self::Seat => "seat",
            Self::Member => "member",
            Self::Membership => "membership",
            Self::Handle => "handle",
            Self::Sanction => "sanction",
            Self::Act => "act",
            Self::Pending => "pending",
        }
    }

    /// A column that every row can be given again.
    const fn column(self) -> &'static str {
        match self {
            Self::Programme => "mark",
            Self::Seat => "seats",
            Self::Member | Self::Membership => "role",
            Self::Handle => "room",
            Self::Sanction => "sealed",
            Self::Act | Self::Pending => "number",
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The tables whose layout may tell something: at first all, for who was here before may have left in a hurry.
#[derive(Debug)]
pub(super) struct Untidy(AtomicU16);

impl Default for Untidy {
    fn default() -> Self {
        let untidy = Self(AtomicU16::new(0));
        untidy.list(&Table::ALL);
        untidy
    }
}

impl Untidy {
    /// These are about to be written, until what is returned is dropped.
    pub(super) fn touch<'u>(&'u self, tables: &'u [Table]) -> Touched<'u> {
        self.list(tables);
        Touched { untidy: self, tables }
    }

    fn list(&self, tables: &[Table]) {
        let bits = tables.iter().fold(0, |bits, table| bits | table.bit());
        self.0.fetch_or(bits, Ordering::SeqCst);
    }

    /// Takes one off the list, and says whether it was there.
    fn take(&self, table: Table) -> bool {
        self.0.fetch_and(!table.bit(), Ordering::SeqCst) & table.bit() != 0
    }

    fn is_none(&self) -> bool {
        self.0.load(Ordering::SeqCst) == 0
    }
}

/// Tables that are being written. They are listed once more when that is over, whatever came of it: in between they may have been rewritten.
#[must_use]
pub(super) struct Touched<'u> {
    untidy: &'u Untidy,
    tables: &'u [Table],
}

impl Drop for Touched<'_> {
    fn drop(&mut self) {
        self.untidy.list(self.tables);
    }
}

/// Why a table was not rewritten.
#[derive(Debug, thiserror::Error)]
pub(super) enum TidyError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{}", reason(.0))]
    Database(#[from] tokio_postgres::Error),
    #[error("an older transaction, such as a dump, keeps what was deleted from table {0}")]
    Held(&'static str),
}

/// Of several nodes one rewrites at a time.
const ONE_AT_A_TIME: &str = "SELECT pg_advisory_lock(x'6b6b74696479'::bigint)";

/// Whether `VACUUM` has found every page of a table to be visible to all: nothing in it is dead.
const CLEAN: &str = "SELECT relallvisible >= relpages FROM pg_class WHERE oid = $1::text::regclass";

/// Whether a table has never had a row since its file was new: no page, and nothing in its index but that one's first.
const NEW: &str = "SELECT pg_relation_size(t) = 0 AND pg_indexes_size(t) <= current_setting('block_size')::int
    FROM (SELECT $1::text::regclass AS t) AS named";

/// How often a table is tried whose dead rows are kept by somebody.
const TRIES: u32 = 20;

impl Inner {
    /// Rewrites the tables that were written since the last time.
    pub(super) async fn tidy(&self) -> Result<(), TidyError> {
        if self.untidy.is_none() {
            return Ok(());
        }
        let alone = self.pool.alone().await?;
        let wait = self.pool.limits.layout_lock_max.as_millis();
        alone.client.batch_execute(&format!("SET statement_timeout = 0; SET lock_timeout = {wait}")).await?;
        alone.client.batch_execute(ONE_AT_A_TIME).await?;
        let mut failed = None;
        for table in Table::ALL {
            // Whoever writes it from here on lists it again. One that can't be rewritten now holds no other one up.
            if self.untidy.take(table)
                && let Err(error) = rewrite(&alone.client, table).await
            {
                self.untidy.list(&[table]);
                failed.get_or_insert(error);
            }
        }
        match failed {
            Some(error) => Err(error),
            None => self.forget_log(&alone).await,
        }
    }

    /// The write-ahead log has the order of all that too, and what was deleted. Where that was granted and the database does not reuse its
    /// files, what is behind a checkpoint is gone.
    async fn forget_log(&self, alone: &Alone) -> Result<(), TidyError> {
        if self.forgets_log {
            alone.client.batch_execute("SELECT pg_switch_wal()").await?;
            alone.client.batch_execute("CHECKPOINT").await?;
        }
        Ok(())
    }

    /// Rewrites until it is done, for as long as a call may take.
    pub(super) async fn tidy_now(&self) -> Result<(), StoreError> {
        let deadline = tokio::time::Instant::now() + self.pool.limits.call_max;
        loop {
            let Err(error) = self.tidy().await else { return Ok(()) };
            if tokio::time::Instant::now() >= deadline {
                telemetry::rewriting_failed(&error.to_string());
                let reason = format!("it was deleted, but is still in the database's files: {error}");
                return Err(StoreError::Unavailable { reason });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn rewrite(client: &Client, table: Table) -> Result<(), TidyError> {
    let (name, column) = (table.name(), table.column());
    if client.query_one(NEW, &[&name]).await?.try_get(0)? {
        return Ok(());
    }
    let clean = client.prepare(CLEAN).await?;
    let together = format!("BEGIN; LOCK TABLE {name} IN EXCLUSIVE MODE; UPDATE {name} SET {column} = {column}; COMMIT");
    if let Err(error) = client.batch_execute(&together).await {
        client.batch_execute("ROLLBACK").await?;
        return Err(error.into());
    }
    for turn in 1..=TRIES {
        client.batch_execute(&format!("VACUUM {name}")).await?;
        if client.query_one(&clean, &[&name]).await?.try_get(0)? {
            // What it removed still lies in the gaps of the old file, and in that alone.
            client.batch_execute(&format!("CLUSTER {name} USING {name}_pkey")).await?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(u64::from(turn))).await;
    }
    Err(TidyError::Held(name))
}

/// Rewrites what was written, again and again, until it is told to end.
pub(super) async fn keep_tidy(inner: Arc<Inner>, end: CancellationToken) {
    loop {
        tokio::select! {
            () = end.cancelled() => return,
            () = tokio::time::sleep(inner.pool.limits.layout_kept) => {}
        }
        if let Err(error) = inner.tidy().await {
            telemetry::rewriting_failed(&error.to_string());
        }
    }
}

/// Whether this login may end the use of a file of the write-ahead log, and the database then removes it.
pub(super) async fn forgets_log(client: &Client) -> Result<bool, OpenError> {
    let sql = "
        SELECT current_setting('wal_recycle') = 'off' AND has_function_privilege('pg_switch_wal()', 'execute')
        AND (current_setting('is_superuser') = 'on'
             OR EXISTS (SELECT FROM pg_roles WHERE rolname = 'pg_checkpoint' AND pg_has_role(oid, 'member')))";
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}
