//! The audit log's rows: one chain over all programmes, whose end is one row that whoever adds to it locks first.

use super::Inner;
use super::error::{Failed, finally};
use crate::entries::{self, Kept};
use crate::{AuditEntry, AuditHead, StoreError};
use deadpool_postgres::ClientWrapper;
use kkanbu_audit::{Chain, Hash};
use kkanbu_model::{Act, Hour, PendingAct, ProgrammeId};
use std::collections::HashMap;
use tokio_postgres::{Error, Row, Statement};

/// The chain's end, which stays as it is until the transaction ends.
pub(super) const HOLD_HEAD: &str = "SELECT number, hash FROM audit_head FOR UPDATE";

const HEAD: &str = "SELECT number, hash FROM audit_head";

/// Entries after one, as [`kept`] reads them.
pub(super) const ENTRIES: &str =
    "SELECT number, hour, programme, act, detail, hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2";

const ENTER: &str = "
WITH moved AS (UPDATE audit_head SET number = $1, hash = $6)
INSERT INTO audit (number, hour, programme, act, detail, hash) VALUES ($1, $2, $3, $4, $5, $6)";

/// When programmes ended, by the numbers of their last such entries.
const ENDS: &str = "SELECT programme, max(number) FROM audit WHERE act = $1 GROUP BY programme";

const PENDING: &str = "SELECT number, programme, detail FROM pending JOIN audit USING (number) ORDER BY number";

/// An entry that is to be added.
pub(super) struct Entry<'e> {
    pub(super) number: i64,
    hour: i64,
    programme: &'e str,
    act: &'e str,
    detail: Vec<u8>,
    hash: Hash,
}

impl<'e> Entry<'e> {
    /// The entry after the end that is held; `seal` seals its detail for its number.
    pub(super) fn after(
        head: &Row,
        hour: Hour,
        programme: &'e ProgrammeId,
        act: &'e str,
        seal: impl FnOnce(u64) -> Result<Vec<u8>, StoreError>,
    ) -> Result<Self, StoreError> {
        let mut chain = Chain::after(read_head(head)?);
        let detail = seal(chain.next_number())?;
        let programme = programme.as_str();
        let head = chain.append(hour.get(), programme, act, &detail);
        // No log has so many entries, and no clock shows such an hour.
        let stored = |number: u64| i64::try_from(number).map_err(|_| StoreError::unreadable());
        Ok(Self { number: stored(head.number)?, hour: stored(hour.get())?, programme, act, detail, hash: head.hash })
    }
}

/// The statement that adds an entry.
pub(super) struct Entering(Statement);

impl Entering {
    pub(super) async fn prepare(client: &ClientWrapper) -> Result<Self, Error> {
        client.prepare_cached(ENTER).await.map(Self)
    }

    /// Adds it. The end must be held.
    pub(super) async fn enter(&self, client: &ClientWrapper, entry: &Entry<'_>) -> Result<(), Error> {
        let Entry { number, hour, programme, act, detail, hash } = entry;
        client.execute(&self.0, &[number, hour, programme, act, detail, &hash.as_slice()]).await.map(|_| ())
    }
}

/// Reads a row of [`HEAD`].
pub(super) fn read_head(row: &Row) -> Result<AuditHead, StoreError> {
    let read = || {
        let (number, hash): (i64, &[u8]) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
        Some(AuditHead { number: u64::try_from(number).ok()?, hash: hash.try_into().ok()? })
    };
    read().ok_or_else(StoreError::unreadable)
}

/// Reads a row of [`ENTRIES`].
pub(super) fn kept(row: &Row) -> Result<Kept, StoreError> {
    let number = |column: usize| u64::try_from(row.try_get::<_, i64>(column).ok()?).ok();
    let read = || {
        Some(Kept {
            number: number(0)?,
            hour: number(1)?,
            programme: row.try_get(2).ok()?,
            act: row.try_get(3).ok()?,
            detail: row.try_get(4).ok()?,
            hash: row.try_get::<_, &[u8]>(5).ok()?.try_into().ok()?,
        })
    };
    read().ok_or_else(StoreError::unreadable)
}

impl Inner {
    /// The log's end.
    pub(super) async fn audit_head(&self, client: &ClientWrapper) -> Result<AuditHead, Failed<StoreError>> {
        let head = client.prepare_cached(HEAD).await?;
        read_head(&client.query_one(&head, &[]).await?).map_err(finally)
    }

    /// Entries after this one.
    pub(super) async fn entries(
        &self,
        client: &ClientWrapper,
        after: u64,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, Failed<StoreError>> {
        let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let (entries, ends) = tokio::try_join!(client.prepare_cached(ENTRIES), client.prepare_cached(ENDS))?;
        let (rows, ended) = tokio::try_join!(
            biased;
            async { client.query(&entries, &[&after, &limit]).await },
            async { client.query(&ends, &[&Act::EndProgramme.name()]).await },
        )?;
        let mut ends = HashMap::new();
        for row in ended {
            let number: i64 = row.try_get(1)?;
            ends.insert(row.try_get(0)?, u64::try_from(number).unwrap_or(u64::MAX));
        }
        let open = |row: &Row| kept(row).and_then(|kept| kept.open(&self.keyring, &ends)).map_err(finally);
        rows.iter().map(open).collect()
    }

    /// Acts that wait for their rooms' logs.
    pub(super) async fn pending(&self, client: &ClientWrapper) -> Result<Vec<PendingAct>, Failed<StoreError>> {
        let pending = client.prepare_cached(PENDING).await?;
        let mut waiting = Vec::new();
        for row in client.query(&pending, &[]).await? {
            let number = u64::try_from(row.try_get::<_, i64>(0)?).map_err(|_| finally(StoreError::unreadable()))?;
            let act = entries::pending(&self.keyring, number, row.try_get(1)?, row.try_get(2)?);
            waiting.extend(act.map_err(finally)?);
        }
        Ok(waiting)
    }

    /// The act waits no more.
    pub(super) async fn confirm(&self, client: &ClientWrapper, number: u64) -> Result<(), Failed<StoreError>> {
        let confirm = client.prepare_cached("DELETE FROM pending WHERE number = $1").await?;
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        client.execute(&confirm, &[&number]).await.map_err(|error| Failed::at_the_end(&error))?;
        Ok(())
    }
}
