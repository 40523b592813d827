//! Transactions in two trips to the database: one that begins, locks and reads, one that writes and commits.
//!
//! All run at READ COMMITTED, where each statement sees what was committed when it began: what is read after a lock was got is what
//! whoever had it before has left. The statements of a trip are sent at once; the database runs them in their order.
//!
//! Locks are taken in this order, so that hardly ever two wait for each other: the programme, then the member or membership, then the seat, then
//! the handle; the audit log's end last.

use super::error::Failed;
use super::pool::Lent;
use crate::StoreError;
use deadpool_postgres::ClientWrapper;
use kkanbu_model::ProgrammeId;
use tokio_postgres::{Error, Statement};

/// How a transaction holds its programme, beside others that change single members: it can't end meanwhile, and nobody acts on members
/// by their handles. The lock is one of the database's lock table, which is fair: whoever wants the programme alone is not overtaken
/// again and again by those who share it.
pub(super) const SHARED: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 7))";

/// How a transaction holds its programme alone.
pub(super) const ALONE: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 7))";

/// Whether the programme is there, and which it is.
pub(super) const MARK: &str = "SELECT mark FROM programme WHERE id = $1";

/// Begins, and holds the programme by one of the locks above. To be sent with what is read under it, before that.
pub(super) async fn begin(client: &ClientWrapper, lock: &Statement, programme: &ProgrammeId) -> Result<(), Error> {
    let id = programme.as_str();
    tokio::try_join!(biased; client.batch_execute("BEGIN"), async { client.execute(lock, &[&id]).await }).map(|_| ())
}

/// Commits. To be sent with what is written, after that: where any of it failed, the database undoes all of it.
pub(super) async fn commit(client: &ClientWrapper) -> Result<(), Error> {
    client.batch_execute("COMMIT").await
}

/// Commits a transaction that has written nothing.
pub(super) async fn leave<E: From<StoreError>>(client: &ClientWrapper) -> Result<(), Failed<E>> {
    Ok(commit(client).await?)
}

impl Lent {
    /// Gives the connection back after a try, out of the transaction in which a failure may have left it.
    pub(super) async fn settle<T, E>(self, tried: Result<T, Failed<E>>) -> Result<T, Failed<E>>
    where
        E: From<StoreError>,
    {
        let ended = match &tried {
            Ok(_) => true,
            Err(_) => self.client::<E>()?.batch_execute("ROLLBACK").await.is_ok(),
        };
        if ended {
            self.give_back();
        }
        tried
    }
}
