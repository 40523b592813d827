//! What all parts of the engine share, and how a room's log in memory is brought to where Redis is.

use crate::redis::feeds::Feeds;
use crate::redis::names::Names;
use crate::redis::pages::{PAGE_PUBLICATIONS_MAX, Stretch};
use crate::redis::registry::Registry;
use crate::redis::room::{Room, Seen};
use crate::redis::scrub::Scrubbing;
use crate::redis::servers::Servers;
use crate::redis::settings::Settings;
use crate::{BrokerError, telemetry};
use kkanbu_keys::{ContentKey, Keyring};
use kkanbu_model::{ProgrammeId, RoomAddress};
use prometheus_client::metrics::counter::Counter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// The engine's inside.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) servers: Servers,
    pub(crate) names: Names,
    pub(crate) keyring: Keyring,
    pub(crate) registry: Registry,
    pub(crate) feeds: Feeds,
    pub(crate) scrubbing: Scrubbing,
    pub(crate) ring_max: usize,
    pub(crate) range_reads: Counter,
    pub(crate) closed: AtomicBool,
    attention: Notify,
}

impl Shared {
    pub(crate) fn new(settings: Settings, servers: Servers, keyring: Keyring, ring_max: usize) -> Self {
        Self {
            names: Names::new(settings.server),
            settings,
            servers,
            keyring,
            registry: Registry::default(),
            feeds: Feeds::default(),
            scrubbing: Scrubbing::default(),
            ring_max,
            range_reads: Counter::default(),
            closed: AtomicBool::new(false),
            attention: Notify::new(),
        }
    }

    pub(crate) fn content_key(&self, programme: &ProgrammeId) -> Result<Arc<ContentKey>, BrokerError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(BrokerError::Closed);
        }
        self.keyring.get(programme).map_err(|unknown| BrokerError::UnknownProgramme(unknown.0))
    }

    /// The room, made in Redis if nobody has touched it yet.
    pub(crate) async fn room(&self, address: &RoomAddress) -> Result<Arc<Room>, BrokerError> {
        self.content_key(&address.programme)?;
        self.room_for_publish(address).await
    }

    /// The same for a publish, which may have come before the engine was closed.
    pub(crate) async fn room_for_publish(&self, address: &RoomAddress) -> Result<Arc<Room>, BrokerError> {
        if let Some(room) = self.registry.get(address) {
            return Ok(room);
        }
        let key = self.names.room(address);
        let stand = self.make(address, &key, Seen::default()).await?;
        Ok(self.registry.insert(address, key, self.ring_max, &stand))
    }

    /// Has rooms in doubt looked at soon.
    pub(crate) fn attend(&self) {
        self.attention.notify_one();
    }

    /// Waits until something has to be looked at.
    pub(crate) async fn attention(&self) {
        self.attention.notified().await;
    }

    /// Subscribes a room where it is not subscribed, and brings its log in memory to where Redis is: once for all who
    /// follow it, page by page, in order. What comes through the channel meanwhile is taken in where it fits.
    pub(crate) async fn sync(self: &Arc<Self>, room: &Arc<Room>) -> Result<(), BrokerError> {
        let _alone = room.syncing.lock().await;
        loop {
            if room.log.is_closed() {
                return Err(BrokerError::Closed);
            }
            // Counted first: what is doubted from here on is looked at once more.
            let doubts = room.doubts();
            self.subscribe_channel(room).await?;
            let stand = self.stand(room).await?;
            let epoch = room.log.standing().epoch;
            while let Some(after) = room.reach(&stand) {
                // Read as far as it stood when it was asked. What came later comes through the channel.
                let wanted = usize::try_from(stand.standing.head.get() - after.get()).unwrap_or(PAGE_PUBLICATIONS_MAX);
                let stretch = self.stretch(room, after, wanted).await?;
                let fits = |found: &Stretch| {
                    found.stand.standing.epoch == stand.standing.epoch && found.stand.standing.kept_from <= after.next()
                };
                let Some(stretch) = stretch.filter(fits) else {
                    room.doubt();
                    break;
                };
                let arrived = stretch.records.iter().take(wanted);
                let arrived = arrived.map(|(offset, record)| self.arrive(room, *offset, record.as_deref())).collect();
                room.catch_up(&stand, arrived);
            }
            if room.log.standing().epoch != epoch {
                telemetry::epoch_begun();
            }
            if room.settle(doubts) {
                return Ok(());
            }
        }
    }
}
