//! A log that is neither sealed nor kept: it numbers what is published and hands it on, so that what is measured is the rest.

use async_trait::async_trait;
use kkanbu_broker::{
    Broker, BrokerError, Entry, Found, Head, Histogram, IdempotencyKey, Page, PublishError, Published, Subscribed,
    Subscription,
};
use kkanbu_model::{Epoch, Offset, Position, ProgrammeId, Publication, RoomAddress, StateVersion};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

pub(crate) const EPOCH: Epoch = Epoch::new(7);

/// Publications that wait for a feed.
const WAITING: usize = 1024;

#[derive(Default)]
struct Room {
    head: u64,
    version: StateVersion,
    followers: Vec<mpsc::Sender<Arc<Publication>>>,
}

#[derive(Default)]
pub(crate) struct Log(Mutex<HashMap<RoomAddress, Room>>);

struct Follower(mpsc::Receiver<Arc<Publication>>);

#[async_trait]
impl Subscription for Follower {
    async fn next(&mut self) -> Result<Subscribed, BrokerError> {
        Ok(Subscribed::Publications(vec![self.0.recv().await.ok_or(BrokerError::Closed)?]))
    }
}

impl Log {
    fn with<T>(&self, address: &RoomAddress, act: impl FnOnce(&mut Room) -> T) -> T {
        let mut rooms = self.0.lock().unwrap();
        if let Some(room) = rooms.get_mut(address) { act(room) } else { act(rooms.entry(address.clone()).or_default()) }
    }
}

fn head_of(room: &Room) -> Head {
    let position = Position { epoch: EPOCH, offset: Offset::new(room.head) };
    Head { position, version: room.version, kept_from: Offset::new(1) }
}

#[async_trait]
impl Broker for Log {
    async fn publish(&self, room: &RoomAddress, entry: Entry) -> Result<Published, PublishError> {
        self.with(room, |room| {
            room.head += 1;
            let offset = Offset::new(room.head);
            if entry.event.changes_state() {
                room.version = StateVersion(offset);
            }
            let publication = Arc::new(Publication { offset, minute: entry.minute, event: entry.event });
            for follower in &room.followers {
                follower.try_send(publication.clone()).unwrap();
            }
            Ok(Published { offset, duplicate: false })
        })
    }

    async fn find(&self, _room: &RoomAddress, _key: IdempotencyKey) -> Result<Option<Found>, BrokerError> {
        Ok(None)
    }

    async fn head(&self, room: &RoomAddress) -> Result<Head, BrokerError> {
        Ok(self.with(room, |room| head_of(room)))
    }

    async fn read(&self, _room: &RoomAddress, _after: Position, _limit: usize) -> Result<Page, BrokerError> {
        Ok(Page::Publications(Vec::new()))
    }

    async fn subscribe(
        &self,
        room: &RoomAddress,
        _after: Offset,
    ) -> Result<(Head, Box<dyn Subscription>), BrokerError> {
        let (follower, publications) = mpsc::channel(WAITING);
        let head = self.with(room, |room| {
            room.followers.push(follower);
            head_of(room)
        });
        Ok((head, Box::new(Follower(publications))))
    }

    async fn begin_epoch(&self, _room: &RoomAddress) -> Result<Epoch, BrokerError> {
        Ok(EPOCH)
    }

    async fn erase(&self, _room: &RoomAddress, _offsets: &[Offset]) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn trim(&self, _room: &RoomAddress, _kept_from: Offset) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn destroy(&self, _programme: &ProgrammeId) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn check(&self) -> Result<(), BrokerError> {
        Ok(())
    }

    fn sync_seconds(&self) -> Histogram {
        Histogram::new([])
    }

    async fn close(&self) {}
}
