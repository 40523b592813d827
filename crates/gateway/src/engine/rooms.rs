//! The rooms that a worker's connections are in: who is in each, and when what has come is sent on.

use super::mailbox::{Key, Mailbox, RoomBell};
use crate::feed::{Feed, FeedId};
use kkanbu_model::{MembershipId, Sanction};
use kkanbu_wire::RoomEndCode;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What has happened to a room, beside publications.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told {
    /// It is over.
    Ended(RoomEndCode),
    /// A moderator has done something to this membership.
    Sanctioned(MembershipId, Sanction),
}

/// A room as one worker has it.
pub(super) struct LocalRoom {
    pub(super) feed: Arc<Feed>,
    bell: Arc<RoomBell>,
    pub(super) members: Vec<Key>,
    /// Whose turn it is in the pass that is under way; 0 where none is.
    next: usize,
    /// It is over, and its members are about to leave.
    ended: Option<RoomEndCode>,
    /// When the last pass began.
    passed: Option<Instant>,
    /// It is among those that linger.
    lingers: bool,
}

/// What follows from news of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// It is sent on now.
    Now,
    /// It waits for more, and comes up by [`Rooms::due`].
    Later,
}

/// All rooms of one worker.
pub(super) struct Rooms {
    worker: u64,
    mailbox: Arc<Mailbox>,
    linger: Duration,
    local: HashMap<FeedId, LocalRoom>,
    lingering: BinaryHeap<Reverse<(Instant, FeedId)>>,
}

impl Rooms {
    pub(super) fn new(worker: u64, mailbox: Arc<Mailbox>, linger: Duration) -> Self {
        Self { worker, mailbox, linger, local: HashMap::new(), lingering: BinaryHeap::new() }
    }

    /// Counts a connection in. It hears of everything that comes from now on; or the room is over already.
    pub(super) fn enter(&mut self, key: Key, feed: Arc<Feed>) -> Result<(), RoomEndCode> {
        let id = feed.id;
        if let Some(room) = self.local.get_mut(&id) {
            room.ended.map_or(Ok(()), Err)?;
            room.members.push(key);
            return Ok(());
        }
        let bell = Arc::new(RoomBell::new(self.mailbox.clone(), id));
        feed.listen(self.worker, bell.clone())?;
        let room = LocalRoom { feed, bell, members: vec![key], next: 0, ended: None, passed: None, lingers: false };
        self.local.insert(id, room);
        Ok(())
    }

    /// Counts a connection out. The room of the last one is let go.
    pub(super) fn exit(&mut self, key: Key, feed: FeedId) {
        let Some(room) = self.local.get_mut(&feed) else { return };
        if let Some(mut place) = room.members.iter().position(|member| *member == key) {
            if place < room.next {
                // The gap among those who had their turn goes to their end, where the last of all then stands and still gets its own.
                room.next -= 1;
                room.members.swap(place, room.next);
                place = room.next;
            }
            room.members.swap_remove(place);
        }
        if room.members.is_empty() {
            room.feed.unlisten(self.worker);
            self.local.remove(&feed);
        }
    }

    #[cfg(all(test, not(feature = "interleaving")))]
    pub(super) fn len(&self) -> usize {
        self.local.len()
    }

    /// Whom something that has happened to a room concerns. After its end nobody enters any more.
    pub(super) fn told(&mut self, feed: FeedId, told: Told) -> Vec<Key> {
        let Some(room) = self.local.get_mut(&feed) else { return Vec::new() };
        if let Told::Ended(code) = told {
            room.ended = Some(code);
        }
        room.members.clone()
    }

    /// A room has news: they leave at once, unless others left just before. Then what comes within the linger goes together.
    pub(super) fn news(&mut self, feed: FeedId, now: Instant) -> News {
        let Some(room) = self.local.get_mut(&feed) else { return News::Later };
        if room.lingers {
            return News::Later;
        }
        match room.passed.map(|passed| passed + self.linger).filter(|due| *due > now) {
            None => News::Now,
            Some(due) => {
                room.lingers = true;
                self.lingering.push(Reverse((due, feed)));
                News::Later
            }
        }
    }

    /// When the next one that lingers is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.lingering.peek().map(|Reverse((due, _))| *due)
    }

    /// A room that has lingered long enough.
    pub(super) fn due(&mut self, now: Instant) -> Option<FeedId> {
        self.next_due().filter(|due| *due <= now)?;
        let Reverse((_, feed)) = self.lingering.pop()?;
        if let Some(room) = self.local.get_mut(&feed) {
            room.lingers = false;
        }
        Some(feed)
    }

    /// The next stretch of a pass over a room's members, at most this many, and whether the pass ends with it.
    pub(super) fn stretch(&mut self, feed: FeedId, most: usize, now: Instant) -> Option<(&LocalRoom, &[Key], bool)> {
        let room = self.local.get_mut(&feed)?;
        if room.next == 0 {
            // Before anything of the ring is read: what comes while it is read rings again.
            room.bell.listened();
            room.passed = Some(now);
        }
        let begin = room.next;
        let end = room.members.len().min(begin + most);
        let is_last = end == room.members.len();
        room.next = if is_last { 0 } else { end };
        let keys = room.members.get(begin..end).unwrap_or_default();
        Some((room, keys, is_last))
    }
}
