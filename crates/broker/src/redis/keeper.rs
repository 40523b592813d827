//! What goes on without being asked: connections are looked at, rooms in doubt are brought up to date, quiet ones are
//! compared with Redis, and those that nobody follows any more are let go.

use crate::local::Standing;
use crate::redis::room::Room;
use crate::redis::shared::Shared;
use crate::redis::values::{bytes, elements};
use futures_util::stream::{self, StreamExt as _};
use redis::Pipeline;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Rooms that are brought up to date at once.
const ROOMS_AT_ONCE: usize = 64;

/// Rooms that are compared with one round trip.
const ROOMS_A_PROBE: usize = 256;

impl Shared {
    /// Brings rooms in doubt up to date, as soon as they are, and again and again where Redis is away.
    pub(crate) async fn mend(self: Arc<Self>, closing: CancellationToken) {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.attention() => {}
                () = tokio::time::sleep(self.settings.timings.probe) => {}
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.mend_once() => {}
            }
        }
    }

    async fn mend_once(self: &Arc<Self>) {
        let mut doubtful = Vec::new();
        for room in self.registry.followed() {
            if room.is_left_for(self.settings.timings.linger) {
                self.unsubscribe_channel(&room).await;
            } else if room.needs_sync(self.feed_of(&room)) {
                doubtful.push(room);
            }
        }
        // Where it fails, the room stays in doubt and comes again.
        let mending = stream::iter(doubtful).for_each_concurrent(ROOMS_AT_ONCE, |room| async move {
            let _ = self.sync(&room).await;
        });
        mending.await;
    }

    fn feed_of(&self, room: &Room) -> Option<u64> {
        self.feeds.number(self.servers.known_master(room.slot)?.address())
    }

    /// Looks at connections, at who is master, and at rooms that are quiet.
    pub(crate) async fn pulse(self: Arc<Self>, closing: CancellationToken) {
        loop {
            tokio::select! {
                () = closing.cancelled() => return,
                () = tokio::time::sleep(self.settings.timings.probe) => {}
            }
            tokio::select! {
                () = closing.cancelled() => return,
                () = self.pulse_once() => {}
            }
        }
    }

    async fn pulse_once(&self) {
        // Where nobody answers, rooms stay in doubt until somebody does.
        let _ = self.servers.refresh().await;
        if self.feeds.pulse().await {
            self.attend();
        }
        let mut quiet: HashMap<String, Vec<Arc<Room>>> = HashMap::new();
        for room in self.registry.followed() {
            if room.is_quiet_for(self.settings.timings.probe)
                && let Some(master) = self.servers.known_master(room.slot)
            {
                quiet.entry(master.address().to_owned()).or_default().push(room);
            }
        }
        for rooms in quiet.into_values() {
            for rooms in rooms.chunks(ROOMS_A_PROBE) {
                self.compare(rooms).await;
            }
        }
    }

    /// Asks where rooms of one master stand, with one round trip. Those that stand elsewhere than here are in doubt.
    async fn compare(&self, rooms: &[Arc<Room>]) {
        let mut pipeline = Pipeline::with_capacity(rooms.len());
        let mut before = Vec::with_capacity(rooms.len());
        for room in rooms {
            before.push(room.log.standing());
            pipeline.cmd("HMGET").arg(&room.key).arg(&["e", "h", "f"]);
        }
        let Some(master) = rooms.first().and_then(|room| self.servers.known_master(room.slot)) else { return };
        let Ok(replies) = master.pipeline(&pipeline).await else { return };
        for ((room, before), reply) in rooms.iter().zip(before).zip(replies) {
            let Ok(reply) = reply else { continue };
            let said: Vec<_> = elements(reply).into_iter().map(|value| bytes(value).unwrap_or_default()).collect();
            // What came through the channel meanwhile makes no doubt.
            if is_as(&said, &before) || is_as(&said, &room.log.standing()) {
                room.heard();
            } else {
                room.doubt();
                self.attend();
            }
        }
    }
}

fn is_as(said: &[Vec<u8>], standing: &Standing) -> bool {
    let here = [standing.epoch.to_string(), standing.head.get().to_string(), standing.kept_from.get().to_string()];
    said.iter().map(Vec::as_slice).eq(here.iter().map(String::as_bytes))
}
