//! The store on PostgreSQL: one database that several nodes share.
//!
//! Nothing that another node may change is kept in memory. What must be unique is unique by an index or a counter under a row's lock, and a call
//! is one trip to the database where it asks, two where it changes. Why it is done so: `docs/adr/0014-postgresql.md`.

mod counting;
mod error;
mod loaded;
mod log;
mod members;
mod memberships;
mod migrate;
mod pool;
mod sanctions;
mod schema;
mod session;
mod settings;
mod tidy;
mod tls;
mod transaction;
mod verify;

pub use error::OpenError;
pub use settings::{PostgresLimits, PostgresSettings, PostgresTls, Weakness};
pub use verify::{AuditProblem, verify_audit};

use crate::{
    ActError, Acted, AdmitError, AuditEntry, AuditHead, Draw, JoinError, MarkError, RedrawError, Seat, Store,
    StoreError, telemetry,
};
use async_trait::async_trait;
use error::Failed;
use kkanbu_keys::{Keyring, ServerId};
use kkanbu_model::{
    CommandKey, Handle, Hour, MemberKey, Membership, PendingAct, Programme, ProgrammeId, RoleId, RoomAct, RoomAddress,
    RoomId,
};
use loaded::Definitions;
use pool::Pool;
use session::Connector;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tidy::{Untidy, keep_tidy};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// The store in one database, as one node uses it.
///
/// Dropping it without [`Store::close`] lets go of its connections, and leaves the layout of what was written last to the next node that
/// writes or starts.
pub struct PostgresStore {
    inner: Arc<Inner>,
    /// What rewrites tables.
    tasks: TaskTracker,
    end: CancellationToken,
    _dropped: DropGuard,
}

/// What every call needs.
struct Inner {
    keyring: Keyring,
    definitions: Definitions,
    pool: Pool,
    untidy: Untidy,
    /// Whether the write-ahead log is forgotten with what was deleted.
    forgets_log: bool,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}

/// One call on a connection, which is given back whatever comes of it; again where that may go better.
macro_rules! call {
    ($store:ident . $name:ident ( $($argument:expr),* )) => {
        call!($store.inner.pool.limits.call_max; $store.$name($($argument),*))
    };
    ($deadline:expr; $store:ident . $name:ident ( $($argument:expr),* )) => {{
        let inner = &$store.inner;
        inner
            .pool
            .call_within($deadline, || async {
                let lent = inner.pool.lend().await?;
                let tried = inner.$name(lent.client()?, $($argument),*).await;
                lent.settle(tried).await
            })
            .await
    }};
}

impl PostgresStore {
    /// Makes a new store in the database, which must have none, and opens it. `keyring` is shared: programmes whose keys come later can be
    /// used from then on.
    pub async fn create(settings: &PostgresSettings, server: ServerId, keyring: Keyring) -> Result<Self, OpenError> {
        let connector = Connector::new(settings)?;
        let mut alone = connector.alone(settings.limits.connect_max).await?;
        connector.weaknesses(&alone.client).await?;
        migrate::create(&mut alone.client, server).await?;
        drop(alone);
        Self::open(settings, server, keyring).await
    }

    /// Opens the store in the database, which must be there and belong to the same server as the keys. One of an older version is
    /// migrated.
    pub async fn open(settings: &PostgresSettings, server: ServerId, keyring: Keyring) -> Result<Self, OpenError> {
        let connector = Connector::new(settings)?;
        let mut alone = connector.alone(settings.limits.connect_max).await?;
        for weakness in connector.weaknesses(&alone.client).await? {
            telemetry::weakness_accepted(weakness.name());
        }
        migrate::migrate(&mut alone.client, server).await?;
        let forgets_log = tidy::forgets_log(&alone.client).await?;
        drop(alone);
        let pool = Pool::new(connector, settings.limits)?;
        let (definitions, untidy) = (Definitions::default(), Untidy::default());
        let inner = Arc::new(Inner { keyring, definitions, pool, untidy, forgets_log });
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(keep_tidy(Arc::clone(&inner), end.clone()));
        telemetry::database_opened(schema::SCHEMA_VERSION, forgets_log);
        Ok(Self { inner, tasks, _dropped: end.clone().drop_guard(), end })
    }

    /// Rewrites now what was written since the last time, so that the tables' layout tells no order. It is done by itself within
    /// [`PostgresLimits::layout_kept`], and on closing.
    pub async fn tidy(&self) -> Result<(), StoreError> {
        self.inner.tidy_now().await
    }
}

impl Inner {
    /// Writes a row.
    async fn check(&self, client: &deadpool_postgres::ClientWrapper) -> Result<(), Failed<StoreError>> {
        let check = client.prepare_cached("UPDATE probe SET written = NOT written").await?;
        client.execute(&check, &[]).await?;
        Ok(())
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn create_programme(&self, programme: &Programme, hour: Hour) -> Result<(), StoreError> {
        call!(self.create_programme(programme, hour))
    }

    async fn programmes(&self) -> Result<Vec<Programme>, StoreError> {
        call!(self.programmes())
    }

    async fn destroy_programme(&self, programme: &ProgrammeId, hour: Hour) -> Result<(), StoreError> {
        call!(self.destroy_programme(programme, hour))?;
        self.inner.tidy_now().await
    }

    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError> {
        call!(self.admit(programme, key, role))
    }

    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError> {
        call!(self.role(programme, key))
    }

    async fn seat(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<Seat>, StoreError> {
        call!(self.seat(programme, key))
    }

    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError> {
        call!(self.join(room, key, &draw))
    }

    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError> {
        call!(self.membership(room, key))
    }

    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError> {
        let seat: Result<Option<Seat>, StoreError> = self.seat(programme, key).await;
        Ok(seat?.map(|seat| seat.memberships).unwrap_or_default())
    }

    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError> {
        call!(self.leave(room, key))
    }

    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError> {
        call!(self.redraw(room, key, &handle))
    }

    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError> {
        call!(self.mark_posted(room, key, handle))
    }

    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError> {
        call!(self.members(room))
    }

    async fn act(&self, room: &RoomAddress, act: &RoomAct, key: CommandKey, hour: Hour) -> Result<Acted, ActError> {
        call!(self.act(room, act, key, hour))
    }

    async fn pending(&self) -> Result<Vec<PendingAct>, StoreError> {
        call!(self.pending())
    }

    async fn confirm(&self, number: u64) -> Result<(), StoreError> {
        call!(self.confirm(number))
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        call!(self.entries(after, limit))
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        call!(self.audit_head())
    }

    async fn check(&self) -> Result<(), StoreError> {
        call!(self.inner.pool.limits.check_max; self.check())
    }

    async fn close(&self) {
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if !self.inner.pool.is_closed() {
            // What fails here is said, and left to the next node that starts.
            let _ = self.inner.tidy_now().await;
        }
        self.inner.pool.close().await;
        telemetry::closed();
    }
}
