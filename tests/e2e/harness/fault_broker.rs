//! The real log with a switch: while it is thrown, storage fails.

use super::SILENCE;
use async_trait::async_trait;
use kkanbu_broker::memory::MemoryBroker;
use kkanbu_broker::{
    Broker, BrokerError, Entry, Found, Head, Histogram, IdempotencyKey, Page, PublishError, Published, Subscription,
};
use kkanbu_model::{Epoch, Offset, Position, ProgrammeId, RoomAddress};
use std::sync::atomic::{AtomicBool, Ordering};

/// A broker that can be told to fail.
pub(crate) struct FaultBroker {
    inner: MemoryBroker,
    failing: AtomicBool,
    losing_replies: AtomicBool,
    hanging: AtomicBool,
    reading_slowly: AtomicBool,
}

impl FaultBroker {
    pub(crate) fn new(inner: MemoryBroker) -> Self {
        Self {
            inner,
            failing: AtomicBool::new(false),
            losing_replies: AtomicBool::new(false),
            hanging: AtomicBool::new(false),
            reading_slowly: AtomicBool::new(false),
        }
    }

    /// Storage refuses from now on, or works again.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    /// What is published is written, but the answer is lost on the way back.
    pub(crate) fn lose_replies(&self, losing: bool) {
        self.losing_replies.store(losing, Ordering::SeqCst);
    }

    /// Publishing never comes back, or does again.
    pub(crate) fn hang(&self, hanging: bool) {
        self.hanging.store(hanging, Ordering::SeqCst);
    }

    /// Reading takes a while, so that things can happen meanwhile.
    pub(crate) fn read_slowly(&self, slowly: bool) {
        self.reading_slowly.store(slowly, Ordering::SeqCst);
    }

    fn unavailable() -> BrokerError {
        BrokerError::Unavailable { reason: "the test took the disk away".into() }
    }

    fn works(&self) -> Result<(), BrokerError> {
        if self.failing.load(Ordering::SeqCst) { Err(Self::unavailable()) } else { Ok(()) }
    }
}

#[async_trait]
impl Broker for FaultBroker {
    async fn publish(&self, room: &RoomAddress, entry: Entry) -> Result<Published, PublishError> {
        self.works()?;
        if self.hanging.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let published = self.inner.publish(room, entry).await?;
        if self.losing_replies.load(Ordering::SeqCst) {
            return Err(Self::unavailable().into());
        }
        Ok(published)
    }

    async fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, BrokerError> {
        self.works()?;
        self.inner.find(room, key).await
    }

    async fn head(&self, room: &RoomAddress) -> Result<Head, BrokerError> {
        self.inner.head(room).await
    }

    async fn read(&self, room: &RoomAddress, after: Position, limit: usize) -> Result<Page, BrokerError> {
        self.works()?;
        if self.reading_slowly.load(Ordering::SeqCst) {
            tokio::time::sleep(SILENCE * 2).await;
        }
        self.inner.read(room, after, limit).await
    }

    async fn subscribe(&self, room: &RoomAddress, after: Offset) -> Result<(Head, Box<dyn Subscription>), BrokerError> {
        self.inner.subscribe(room, after).await
    }

    async fn begin_epoch(&self, room: &RoomAddress) -> Result<Epoch, BrokerError> {
        self.inner.begin_epoch(room).await
    }

    async fn erase(&self, room: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError> {
        self.works()?;
        self.inner.erase(room, offsets).await
    }

    async fn trim(&self, room: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError> {
        self.works()?;
        self.inner.trim(room, kept_from).await
    }

    async fn destroy(&self, programme: &ProgrammeId) -> Result<(), BrokerError> {
        self.inner.destroy(programme).await
    }

    async fn check(&self) -> Result<(), BrokerError> {
        self.works()?;
        self.inner.check().await
    }

    fn sync_seconds(&self) -> Histogram {
        self.inner.sync_seconds()
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
