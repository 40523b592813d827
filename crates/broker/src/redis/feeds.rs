//! The connections that rooms' channels are heard on: one a master. When one breaks, every room on it is in doubt.

use crate::redis::forms::{self, Told};
use crate::redis::link::{Link, LinkError};
use crate::redis::room::Room;
use crate::redis::shared::Shared;
use crate::redis::values::bytes;
use crate::{BrokerError, telemetry};
use parking_lot::Mutex as Lock;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{Cmd, PushInfo, PushKind, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

/// Between two tries of subscribing.
const PAUSE: Duration = Duration::from_millis(25);

/// A connection with this silence after a question is dead.
const SILENCE_MAX: Duration = Duration::from_millis(750);

#[derive(Clone)]
struct Feed {
    number: u64,
    connection: MultiplexedConnection,
}

/// All of them, by the master's address.
#[derive(Default)]
pub(crate) struct Feeds {
    open: Lock<HashMap<String, Feed>>,
    opening: Mutex<()>,
    last: AtomicU64,
}

impl Feeds {
    /// The connection to this master, where there is one.
    pub(crate) fn number(&self, address: &str) -> Option<u64> {
        self.open.lock().get(address).map(|feed| feed.number)
    }

    fn get(&self, address: &str) -> Option<Feed> {
        self.open.lock().get(address).cloned()
    }

    /// Lets a connection go.
    pub(crate) fn lost(&self, number: u64) -> bool {
        let mut open = self.open.lock();
        let before = open.len();
        let gone: Vec<_> = open.extract_if(|_, feed| feed.number == number).collect();
        let lost = open.len() < before;
        drop(open);
        // Dropped without the lock, as dropping a connection may be told.
        drop(gone);
        lost
    }

    /// Asks every connection whether it is there, and lets go those that are not.
    pub(crate) async fn pulse(&self) -> bool {
        let all: Vec<_> = self.open.lock().values().cloned().collect();
        let mut any_lost = false;
        for mut feed in all {
            let ping = redis::cmd("PING");
            if !matches!(timeout(SILENCE_MAX, feed.connection.send_packed_command(&ping)).await, Ok(Ok(_))) {
                any_lost |= self.lost(feed.number);
            }
        }
        any_lost
    }

    /// Lets all go.
    pub(crate) fn close(&self) {
        let all = std::mem::take(&mut *self.open.lock());
        drop(all);
    }
}

impl Shared {
    async fn feed(self: &Arc<Self>, master: &Link) -> Result<Feed, LinkError> {
        if let Some(feed) = self.feeds.get(master.address()) {
            return Ok(feed);
        }
        let _opening = self.feeds.opening.lock().await;
        if let Some(feed) = self.feeds.get(master.address()) {
            return Ok(feed);
        }
        let number = self.feeds.last.fetch_add(1, Ordering::Relaxed) + 1;
        let shared: Weak<Self> = Arc::downgrade(self);
        let pushed = move |info: PushInfo| {
            if let Some(shared) = shared.upgrade() {
                shared.pushed(number, info);
            }
            Ok::<(), SendError>(())
        };
        let connection = master.subscriber(pushed).await?;
        let feed = Feed { number, connection };
        self.feeds.open.lock().insert(master.address().to_owned(), feed.clone());
        Ok(feed)
    }

    /// Subscribes a room where it has to be, and gives the connection that it is subscribed on.
    pub(crate) async fn subscribe_channel(self: &Arc<Self>, room: &Room) -> Result<u64, BrokerError> {
        let until = Instant::now() + self.settings.timings.answer;
        loop {
            match self.try_subscribe(room).await {
                Ok(number) => return Ok(number),
                Err(LinkError::Refused(reason)) => return Err(BrokerError::Unavailable { reason }),
                Err(error) => {
                    // Where nobody can be asked, the next try says why.
                    let _ = self.servers.refresh().await;
                    if Instant::now() + PAUSE > until {
                        return Err(error.into());
                    }
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn try_subscribe(self: &Arc<Self>, room: &Room) -> Result<u64, LinkError> {
        let master = self.servers.master(room.slot).await?;
        let mut feed = self.feed(&master).await?;
        if room.feed() == Some(feed.number) {
            return Ok(feed.number);
        }
        let mut subscribe = redis::cmd("SSUBSCRIBE");
        subscribe.arg(&room.key);
        if let Value::ServerError(error) = self.say(&mut feed, &subscribe).await? {
            let moved = error.code() == "MOVED";
            return Err(if moved { LinkError::Moved } else { LinkError::NotNow(error.code().to_owned()) });
        }
        room.subscribed_on(feed.number);
        Ok(feed.number)
    }

    async fn say(&self, feed: &mut Feed, command: &Cmd) -> Result<Value, LinkError> {
        match feed.connection.send_packed_command(command).await {
            Ok(value) => Ok(value),
            Err(error) => {
                if error.code() == Some("MOVED") {
                    return Err(LinkError::Moved);
                }
                self.feeds.lost(feed.number);
                Err(LinkError::Away(error.to_string()))
            }
        }
    }

    /// Lets a room's channel go that nobody follows any more.
    pub(crate) async fn unsubscribe_channel(&self, room: &Room) {
        let Some(number) = room.feed() else { return };
        // Before the channel is let go, so that the confirmation is not taken for the server's own doing.
        if !room.let_go() {
            return;
        }
        let feed = self.feeds.open.lock().values().find(|feed| feed.number == number).cloned();
        if let Some(mut feed) = feed {
            let mut unsubscribe = redis::cmd("SUNSUBSCRIBE");
            unsubscribe.arg(&room.key);
            // Where it fails, the connection is gone, and the subscription with it.
            let _ = self.say(&mut feed, &unsubscribe).await;
        }
    }

    /// What came on a connection, without having been asked for.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other pushes are answers, which whoever asked has got")]
    fn pushed(&self, number: u64, info: PushInfo) {
        let mut data = info.data.into_iter().map(bytes);
        let channel = data.next().flatten().unwrap_or_default();
        match info.kind {
            PushKind::SMessage => {
                let Some(room) = self.registry.of_channel(&channel) else { return };
                let said = data.next().flatten().unwrap_or_default();
                self.heard(&room, number, &said);
            }
            PushKind::SUnsubscribe => {
                let taken = self.registry.of_channel(&channel).is_some_and(|room| room.feed() == Some(number));
                if taken && self.feeds.lost(number) {
                    // The slot has gone elsewhere. Which others have is not known, so all begin anew.
                    telemetry::redis_feed_lost();
                    self.attend();
                }
            }
            PushKind::Disconnection => {
                if self.feeds.lost(number) {
                    telemetry::redis_feed_lost();
                }
                self.attend();
            }
            _ => {}
        }
    }

    fn heard(&self, room: &Arc<Room>, number: u64, said: &[u8]) {
        let Some(told) = forms::read(said) else {
            telemetry::redis_foreign();
            room.doubt();
            return self.attend();
        };
        if told == Told::Destroyed {
            if room.feed() == Some(number) {
                self.registry.remove(room);
            }
            return;
        }
        let open = |offset, told: &Told<'_>| match told {
            Told::Publication { record, .. } => {
                let publication = self.publication(room, offset, *record);
                if publication.is_none() {
                    telemetry::record_damaged();
                }
                publication
            }
            Told::Epoch(_) | Told::Erased(_) | Told::Trimmed(_) | Told::Destroyed => None,
        };
        if !room.hear(number, &told, open) {
            self.attend();
        }
    }
}
