//! The rooms that this node follows: each once, however many sessions are in it.

use crate::feed::Feed;
use crate::telemetry::Telemetry;
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_model::{ProgrammeId, RoomAddress};
use kkanbu_store::Store;
use kkanbu_wire::{Padding, RoomEndCode};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

type Slot = Arc<OnceCell<Arc<Feed>>>;

/// The feeds of this node.
pub(crate) struct Feeds {
    broker: Arc<dyn Broker>,
    store: Arc<dyn Store>,
    ring_max: usize,
    padding: Padding,
    telemetry: Arc<Telemetry>,
    tasks: TaskTracker,
    stop: CancellationToken,
    slots: Arc<Mutex<HashMap<RoomAddress, Slot>>>,
}

impl Feeds {
    pub(crate) fn new(
        broker: Arc<dyn Broker>,
        store: Arc<dyn Store>,
        ring_max: usize,
        padding: Padding,
        telemetry: Arc<Telemetry>,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        Self { broker, store, ring_max, padding, telemetry, tasks, stop, slots: Arc::default() }
    }

    /// The room's feed, with everything in the room's log applied. Opened once; whoever comes meanwhile waits.
    pub(crate) async fn get(&self, address: &RoomAddress) -> Result<Arc<Feed>, BrokerError> {
        let slot = {
            let mut slots = self.slots.lock();
            match slots.get(address) {
                Some(slot) => slot.clone(),
                None => slots.entry(address.clone()).or_default().clone(),
            }
        };
        slot.get_or_try_init(|| self.open(address, slot.clone())).await.cloned()
    }

    async fn open(&self, address: &RoomAddress, slot: Slot) -> Result<Arc<Feed>, BrokerError> {
        let (feed, follow) = Feed::open(&self.broker, address.clone(), self.ring_max, self.padding).await?;
        let members = self.store.members(address).await;
        feed.set_members(members.map_err(|error| BrokerError::Unavailable { reason: error.to_string() })?);
        let (followed, slots) = (feed.clone(), self.slots.clone());
        let (stop, telemetry) = (self.stop.clone(), self.telemetry.clone());
        self.tasks.spawn(async move {
            let code = follow.run(stop, &telemetry).await;
            // The next one who asks opens it anew.
            let mut slots = slots.lock();
            if slots.get(&followed.address).is_some_and(|current| Arc::ptr_eq(current, &slot)) {
                slots.remove(&followed.address);
            }
            drop(slots);
            followed.end(code);
        });
        Ok(feed)
    }

    /// Asks the store again who is in a room, for the band and the badges.
    pub(crate) async fn refresh_members(&self, feed: &Feed) {
        match self.store.members(&feed.address).await {
            Ok(members) => feed.set_members(members),
            Err(error) => self.telemetry.store_failed(&error),
        }
    }

    /// Ends all feeds of a programme.
    pub(crate) fn end_programme(&self, programme: &ProgrammeId) {
        let mut ended = Vec::new();
        self.slots.lock().retain(|address, slot| {
            let keep = address.programme != *programme;
            if !keep {
                ended.extend(slot.get().cloned());
            }
            keep
        });
        for feed in ended {
            feed.end(RoomEndCode::RoomDestroyed);
        }
    }
}
