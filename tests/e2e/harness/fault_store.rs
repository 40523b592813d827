//! The real store with a switch: at a chosen step of an act it never comes back, as if the process had been killed there.

use async_trait::async_trait;
use kkanbu_model::{
    CommandKey, Handle, Hour, MemberKey, Membership, PendingAct, Programme, ProgrammeId, RoleId, RoomAct, RoomAddress,
    RoomId,
};
use kkanbu_store::sqlite::SqliteStore;
use kkanbu_store::{
    ActError, Acted, AdmitError, AuditEntry, AuditHead, Draw, JoinError, MarkError, RedrawError, Seat, Store,
    StoreError,
};
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicU8, Ordering};

/// Where the store stops for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum StopsAt {
    Nowhere,
    /// The act has come and was not kept.
    BeforeAct,
    /// The act is kept, and nobody knows yet.
    AfterAct,
    /// The log has the act's event, and the store does not know yet.
    BeforeConfirm,
    /// The store knows that the log has it, and nobody was answered.
    AfterConfirm,
}

/// A store that can be told to stop.
pub(crate) struct FaultStore {
    inner: SqliteStore,
    stops_at: AtomicU8,
}

impl FaultStore {
    pub(crate) fn new(inner: SqliteStore) -> Self {
        Self { inner, stops_at: AtomicU8::new(StopsAt::Nowhere as u8) }
    }

    pub(crate) fn stop_at(&self, step: StopsAt) {
        self.stops_at.store(step as u8, Ordering::SeqCst);
    }

    async fn step(&self, step: StopsAt) {
        if self.stops_at.load(Ordering::SeqCst) == step as u8 {
            pending::<()>().await;
        }
    }
}

#[async_trait]
impl Store for FaultStore {
    async fn create_programme(&self, programme: &Programme, hour: Hour) -> Result<(), StoreError> {
        self.inner.create_programme(programme, hour).await
    }

    async fn programmes(&self) -> Result<Vec<Programme>, StoreError> {
        self.inner.programmes().await
    }

    async fn destroy_programme(&self, programme: &ProgrammeId, hour: Hour) -> Result<(), StoreError> {
        self.inner.destroy_programme(programme, hour).await
    }

    async fn admit(&self, programme: &ProgrammeId, key: &MemberKey, role: &RoleId) -> Result<RoleId, AdmitError> {
        self.inner.admit(programme, key, role).await
    }

    async fn role(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<RoleId>, StoreError> {
        self.inner.role(programme, key).await
    }

    async fn seat(&self, programme: &ProgrammeId, key: &MemberKey) -> Result<Option<Seat>, StoreError> {
        self.inner.seat(programme, key).await
    }

    async fn join(&self, room: &RoomAddress, key: &MemberKey, draw: Draw) -> Result<Membership, JoinError> {
        self.inner.join(room, key, draw).await
    }

    async fn membership(&self, room: &RoomAddress, key: &MemberKey) -> Result<Option<Membership>, StoreError> {
        self.inner.membership(room, key).await
    }

    async fn memberships(
        &self,
        programme: &ProgrammeId,
        key: &MemberKey,
    ) -> Result<BTreeMap<RoomId, Membership>, StoreError> {
        self.inner.memberships(programme, key).await
    }

    async fn leave(&self, room: &RoomAddress, key: &MemberKey) -> Result<bool, StoreError> {
        self.inner.leave(room, key).await
    }

    async fn redraw(&self, room: &RoomAddress, key: &MemberKey, handle: Handle) -> Result<Membership, RedrawError> {
        self.inner.redraw(room, key, handle).await
    }

    async fn mark_posted(&self, room: &RoomAddress, key: &MemberKey, handle: &Handle) -> Result<(), MarkError> {
        self.inner.mark_posted(room, key, handle).await
    }

    async fn members(&self, room: &RoomAddress) -> Result<BTreeMap<RoleId, u64>, StoreError> {
        self.inner.members(room).await
    }

    async fn act(&self, room: &RoomAddress, act: &RoomAct, key: CommandKey, hour: Hour) -> Result<Acted, ActError> {
        self.step(StopsAt::BeforeAct).await;
        let acted = self.inner.act(room, act, key, hour).await;
        self.step(StopsAt::AfterAct).await;
        acted
    }

    async fn pending(&self) -> Result<Vec<PendingAct>, StoreError> {
        self.inner.pending().await
    }

    async fn confirm(&self, number: u64) -> Result<(), StoreError> {
        self.step(StopsAt::BeforeConfirm).await;
        let confirmed = self.inner.confirm(number).await;
        self.step(StopsAt::AfterConfirm).await;
        confirmed
    }

    async fn audit(&self, after: u64, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        self.inner.audit(after, limit).await
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.inner.audit_head().await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
