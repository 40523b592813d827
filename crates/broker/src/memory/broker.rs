//! The engine as the rest of the server sees it: seals, hands to the writer's queue, reads what is durable.

use crate::local::{History, RoomLog, RoomSubscription, Rooms};
use crate::memory::journal::Journal;
use crate::memory::pages::{Pages, blocking};

use crate::memory::writer::{Control, Job, Publish, Writer};
use crate::{
    Broker, BrokerError, Entry, Found, GapReason, Head, IdempotencyKey, Page, PublishError, Published, Subscription,
    envelope,
};
use async_trait::async_trait;
use kkanbu_keys::{ContentKey, Keyring};
use kkanbu_model::{Epoch, Limits, Offset, Position, ProgrammeId, RoomAddress};
use prometheus_client::metrics::histogram::Histogram;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use tokio::sync::{Mutex, mpsc, oneshot};

/// The memory engine, over one journal. Dropping it without `close` still writes what waits, but nobody knows when.
pub struct MemoryBroker {
    jobs: mpsc::Sender<Job>,
    rooms: Arc<Rooms>,
    pages: Pages,
    sync_seconds: Histogram,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl MemoryBroker {
    /// Takes the journal over and starts the writer's thread. Fails only where the operating system gives no thread.
    pub fn start(journal: impl Journal, keyring: Keyring, limits: &Limits) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(limits.log_queue_max.max(1));
        let rooms = Arc::new(Rooms::default());
        let pages = Pages { reader: journal.reader(), keyring: keyring.clone() };
        let writer = Writer::new(journal, Arc::clone(&rooms), keyring, limits);
        let sync_seconds = writer.sync_seconds();
        let writer = thread::Builder::new().name("kkanbu-log".to_owned()).spawn(move || writer.run(queue))?;
        Ok(Self { jobs, rooms, pages, sync_seconds, writer: Mutex::new(Some(writer)) })
    }

    pub(crate) fn content_key(&self, programme: &ProgrammeId) -> Result<Arc<ContentKey>, BrokerError> {
        if self.rooms.is_closed() {
            return Err(BrokerError::Closed);
        }
        self.pages.keyring.get(programme).map_err(|unknown| BrokerError::UnknownProgramme(unknown.0))
    }

    /// The room's log in memory, brought there first if need be.
    async fn room(&self, address: &RoomAddress) -> Result<Arc<RoomLog>, BrokerError> {
        self.content_key(&address.programme)?;
        if let Some(room) = self.rooms.get(address) {
            return Ok(room);
        }
        self.ask(|reply| Control::Touch { room: address.clone(), reply }).await
    }

    /// Queues a job and waits for the writer's answer.
    pub(crate) async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, BrokerError>>) -> Control,
    ) -> Result<T, BrokerError> {
        let (reply, answer) = oneshot::channel();
        self.queue(Job::Control(job(reply)))?;
        answer.await.unwrap_or(Err(BrokerError::Closed))
    }

    fn queue(&self, job: Job) -> Result<(), BrokerError> {
        self.jobs.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => BrokerError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => BrokerError::Closed,
        })
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    async fn publish(&self, room: &RoomAddress, entry: Entry) -> Result<Published, PublishError> {
        let content_key = self.content_key(&room.programme)?;
        let sealed = envelope::seal(&content_key, room, entry.key, entry.minute, &entry.event)
            .map_err(|_| BrokerError::Unavailable { reason: "sealing failed".to_owned() })?;
        let (reply, answer) = oneshot::channel();
        self.queue(Job::Publish(Publish { room: room.clone(), entry, sealed, reply }))?;
        answer.await.unwrap_or(Err(PublishError::Unavailable(BrokerError::Closed)))
    }

    async fn find(&self, room: &RoomAddress, key: IdempotencyKey) -> Result<Option<Found>, BrokerError> {
        self.content_key(&room.programme)?;
        let (reader, room) = (Arc::clone(&self.pages.reader), room.clone());
        blocking(move || reader.find(&room, key)).await
    }

    async fn head(&self, room: &RoomAddress) -> Result<Head, BrokerError> {
        Ok(self.room(room).await?.standing().as_head())
    }

    async fn read(&self, room: &RoomAddress, after: Position, limit: usize) -> Result<Page, BrokerError> {
        let room = self.room(room).await?;
        let following = match room.after(after, limit) {
            Ok(following) => following,
            Err(reason) => return Ok(Page::Gap(reason)),
        };
        let read = self.pages.complete(&room, after.offset, following, limit).await?;
        if after.offset.next() < read.kept_from {
            return Ok(Page::Gap(GapReason::Expired));
        }
        read.stopped_by.map_or(Ok(Page::Publications(read.publications)), Err)
    }

    async fn subscribe(&self, room: &RoomAddress, after: Offset) -> Result<(Head, Box<dyn Subscription>), BrokerError> {
        let room = self.room(room).await?;
        let head = room.standing().as_head();
        let cursor = after.min(head.position.offset);
        let subscription = RoomSubscription::new(room, Arc::new(self.pages.clone()), head.position.epoch, cursor);
        Ok((head, Box::new(subscription)))
    }

    async fn begin_epoch(&self, room: &RoomAddress) -> Result<Epoch, BrokerError> {
        self.content_key(&room.programme)?;
        self.ask(|reply| Control::BeginEpoch { room: room.clone(), reply }).await
    }

    async fn erase(&self, room: &RoomAddress, offsets: &[Offset]) -> Result<(), BrokerError> {
        self.erase_in_steps(room, offsets).await
    }

    async fn trim(&self, room: &RoomAddress, kept_from: Offset) -> Result<(), BrokerError> {
        self.trim_in_steps(room, kept_from).await
    }

    async fn destroy(&self, programme: &ProgrammeId) -> Result<(), BrokerError> {
        self.ask(|reply| Control::Destroy { programme: programme.clone(), reply }).await
    }

    async fn check(&self) -> Result<(), BrokerError> {
        self.ask(|reply| Control::Check { reply }).await
    }

    fn sync_seconds(&self) -> Histogram {
        self.sync_seconds.clone()
    }

    async fn close(&self) {
        // A second caller waits here for the first.
        let mut writer = self.writer.lock().await;
        let Some(thread) = writer.take() else { return };
        // An error means that the thread has ended already; joining it is all that is left.
        let _ = self.jobs.send(Job::Control(Control::Close)).await;
        // A panic of the writer was reported when it happened.
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    }
}
