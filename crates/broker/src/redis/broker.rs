//! The engine as the rest of the server sees it.

use crate::local::RoomSubscription;
use crate::redis::pages::RedisHistory;
use crate::redis::room::Following;
use crate::redis::scripts;
use crate::redis::servers::Servers;
use crate::redis::settings::{OpenError, Settings};
use crate::redis::shared::Shared;
use crate::redis::startup;
use crate::redis::values::bytes;
use crate::redis::writer::Writers;
use crate::{
    Broker, BrokerError, Entry, Found, GapReason, Head, IdempotencyKey, Page, PublishError, Published, Subscribed,
    Subscription, envelope, telemetry,
};
use async_trait::async_trait;
use kkanbu_keys::Keyring;
use kkanbu_model::{Epoch, Limits, Offset, Position, ProgrammeId, RoomAddress};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Time for a check. A server that takes longer is as good as away.
const CHECK_MAX: Duration = Duration::from_secs(1);

/// Rooms' logs in Redis, shared by all nodes that use the same servers and server id.
pub struct RedisBroker {
    shared: Arc<Shared>,
    writers: Writers,
    /// One permit a publish, from when it comes until it is answered.
    publishing: Arc<Semaphore>,
    publishing_max: u32,
    weaknesses: Vec<String>,
    tasks: TaskTracker,
    closing: CancellationToken,
    closed: Mutex<bool>,
}

impl RedisBroker {
    /// Connects to the servers, looks at what they promise, and finishes what was left unfinished. Everything that is wrong is
    /// named at once.
    pub async fn open(settings: Settings, keyring: Keyring, limits: &Limits) -> Result<Self, OpenError> {
        let faults = settings.faults();
        if !faults.is_empty() {
            return Err(OpenError(faults));
        }
        let servers = Servers::new(&settings).map_err(|fault| OpenError(vec![fault]))?;
        let weaknesses = startup::examine(&servers, &settings).await.map_err(OpenError)?;
        for weakness in &weaknesses {
            telemetry::redis_weak(weakness);
        }
        let publishing_max = limits.log_queue_max.clamp(1, Semaphore::MAX_PERMITS);
        let shared = Arc::new(Shared::new(settings, servers, keyring, limits.ring_publications_max));
        let (tasks, closing) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(Arc::clone(&shared).mend(closing.clone()));
        tasks.spawn(Arc::clone(&shared).pulse(closing.clone()));
        // Where it fails, that is told, and the next one who takes something out does it.
        if shared.adopt_unscrubbed().await.is_ok() {
            let _ = shared.scrub().await;
        }
        telemetry::log_started();
        Ok(Self {
            writers: Writers::new(publishing_max, tasks.clone()),
            shared,
            publishing: Arc::new(Semaphore::new(publishing_max)),
            publishing_max: u32::try_from(publishing_max).unwrap_or(u32::MAX),
            weaknesses,
            tasks,
            closing,
            closed: Mutex::new(false),
        })
    }

    /// What the servers do not promise and the settings accept: to be shown wherever readiness is.
    pub fn weaknesses(&self) -> &[String] {
        &self.weaknesses
    }

    /// How often a stretch of a room's log was read.
    pub fn range_reads(&self) -> Counter {
        self.shared.range_reads.clone()
    }

    fn permit(&self) -> Result<OwnedSemaphorePermit, BrokerError> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(BrokerError::Closed);
        }
        Arc::clone(&self.publishing).try_acquire_owned().map_err(|_| BrokerError::Overloaded)
    }
}

#[async_trait]
impl Broker for RedisBroker {
    async fn publish(&self, room: &RoomAddress, entry: Entry) -> Result<Published, PublishError> {
        let _permit = self.permit()?;
        let unknown = |_| BrokerError::UnknownProgramme(room.programme.clone());
        let content_key = self.shared.keyring.get(&room.programme).map_err(unknown)?;
        let sealed = envelope::seal(&content_key, room, entry.key, entry.minute, &entry.event)
            .map_err(|_| BrokerError::Unavailable { reason: "sealing failed".to_owned() })?;
        let room = self.shared.room_for_publish(room).await?;
        self.writers.publish(&self.shared, &room, &entry, &sealed).await
    }

    async fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, BrokerError> {
        self.shared.content_key(&room.programme)?;
        let name = self.shared.names.room(room);
        let mut ask = redis::cmd("HGET");
        ask.arg(&name).arg([b"k", &key.0[..]].concat());
        let found = bytes(self.shared.servers.ask(&name, &ask).await?);
        Ok(found.and_then(|found| {
            let (fingerprint, offset) = found.split_at_checked(16)?;
            let offset = crate::redis::forms::read_offset(offset)?;
            Some(Found { offset, fingerprint: fingerprint.try_into().ok()? })
        }))
    }

    async fn head(&self, room: &RoomAddress) -> Result<Head, BrokerError> {
        let room = self.shared.room(room).await?;
        Ok(self.shared.stand(&room).await?.standing.as_head())
    }

    async fn read(&self, room: &RoomAddress, after: Position, limit: usize) -> Result<Page, BrokerError> {
        let room = self.shared.room(room).await?;
        loop {
            let revision = room.log.revision();
            let standing = self.shared.stand(&room).await?.standing;
            if after.epoch != standing.epoch {
                return Ok(Page::Gap(GapReason::Epoch));
            }
            if after.offset > standing.head {
                return Ok(Page::Gap(GapReason::Ahead));
            }
            if after.offset.next() < standing.kept_from {
                return Ok(Page::Gap(GapReason::Expired));
            }
            let read = self.shared.publications(&room, after.offset, standing.head, limit).await?;
            if room.log.is_closed() {
                return Err(BrokerError::Closed);
            }
            // Where something was taken out or lost meanwhile, what was read may hold it still.
            let Some(read) = read.filter(|_| room.log.revision() == revision) else { continue };
            if after.offset.next() < read.kept_from {
                return Ok(Page::Gap(GapReason::Expired));
            }
            return read.stopped_by.map_or(Ok(Page::Publications(read.publications)), Err);
        }
    }

    async fn subscribe(&self, room: &RoomAddress, after: Offset) -> Result<(Head, Box<dyn Subscription>), BrokerError> {
        let room = self.shared.room(room).await?;
        let following = room.follow();
        self.shared.sync(&room).await?;
        let head = room.log.standing().as_head();
        let cursor = after.min(head.position.offset);
        let history = Arc::new(RedisHistory { shared: Arc::clone(&self.shared), room: Arc::clone(&room) });
        let inner = RoomSubscription::new(Arc::clone(&room.log), history, head.position.epoch, cursor);
        Ok((head, Box::new(Followed { inner, _following: following })))
    }

    async fn begin_epoch(&self, room: &RoomAddress) -> Result<Epoch, BrokerError> {
        let room = self.shared.room(room).await?;
        loop {
            let epoch = crate::local::random_epoch();
            let mut call = scripts::BEGIN_EPOCH.on(&room.key);
            call.arg(epoch.to_string()).arg(room.seen().offset.get());
            if bytes(self.shared.servers.ask(&room.key, &call).await?).is_some_and(|begun| begun == b"B") {
                telemetry::epoch_begun();
                return Ok(epoch);
            }
            self.shared.stand(&room).await?;
        }
    }

    async fn erase(&self, room: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError> {
        self.shared.erase(room, offsets).await
    }

    async fn trim(&self, room: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError> {
        self.shared.trim(room, kept_from).await
    }

    async fn destroy(&self, programme: &ProgrammeId) -> Result<(), BrokerError> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(BrokerError::Closed);
        }
        self.shared.destroy(programme).await
    }

    async fn check(&self) -> Result<(), BrokerError> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(BrokerError::Closed);
        }
        let checking = async {
            for share in self.shared.servers.shares().iter() {
                let key = share.probe_key();
                let mut write = redis::cmd("SET");
                write.arg(&key).arg(rand::random::<u64>());
                self.shared.servers.ask(&key, &write).await?;
            }
            Ok(())
        };
        let late = |_| Err(BrokerError::Unavailable { reason: "redis does not answer in time".to_owned() });
        timeout(CHECK_MAX, checking).await.unwrap_or_else(late)
    }

    fn sync_seconds(&self) -> Histogram {
        self.writers.turn_seconds.clone()
    }

    async fn close(&self) {
        // A second caller waits here for the first.
        let mut closed = self.closed.lock().await;
        if std::mem::replace(&mut *closed, true) {
            return;
        }
        self.shared.closed.store(true, Ordering::Release);
        // Each publish ends within the time for an answer; closing never fails to get all permits but for a bug.
        let _ = self.publishing.acquire_many(self.publishing_max).await;
        self.writers.close();
        self.closing.cancel();
        self.shared.registry.remove_all(None);
        self.shared.feeds.close();
        // Where it fails, that is told, and the next start does it.
        let _ = self.shared.scrub().await;
        self.tasks.close();
        self.tasks.wait().await;
        telemetry::log_closed();
    }
}

/// A subscription that is counted while it is there.
struct Followed {
    inner: RoomSubscription,
    _following: Following,
}

#[async_trait]
impl Subscription for Followed {
    async fn next(&mut self) -> Result<Subscribed, BrokerError> {
        self.inner.next().await
    }
}
