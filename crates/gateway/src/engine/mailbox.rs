//! How everything else reaches a worker: what is ready, which rooms have news, what has happened to rooms. Whoever puts something in
//! holds the lock for a push; the worker takes all of it at once.

use super::rooms::Told;
use crate::feed::{Bell, FeedId};
use crate::sync::{AtomicBool, Mutex, Ordering};
use futures_util::task::AtomicWaker;
use kkanbu_model::{MembershipId, Sanction};
use kkanbu_wire::RoomEndCode;
use std::sync::Arc;
use std::task::{Wake, Waker};

/// A connection's place in its worker's slab. Places are used again: what comes for one that has ended may wake another for nothing.
pub(super) type Key = usize;

/// What waits for a worker.
#[derive(Default)]
pub(super) struct Inbox {
    /// Connections with something to do.
    pub(super) ready: Vec<Key>,
    /// Rooms with publications that were not sent on yet.
    pub(super) news: Vec<FeedId>,
    /// What has happened to rooms, in order.
    pub(super) told: Vec<(FeedId, Told)>,
}

/// A worker's inbox, and what wakes the worker.
#[derive(Default)]
pub(super) struct Mailbox {
    inbox: Mutex<Inbox>,
    worker: AtomicWaker,
}

impl Mailbox {
    fn put(&self, put: impl FnOnce(&mut Inbox)) {
        put(&mut self.inbox.lock());
        self.worker.wake();
    }

    /// Has `waker` woken by whatever comes from now on.
    pub(super) fn register(&self, waker: &Waker) {
        self.worker.register(waker);
    }

    /// Exchanges everything that waits for an empty inbox, whose memory is used again.
    pub(super) fn swap(&self, empty: &mut Inbox) {
        std::mem::swap(&mut *self.inbox.lock(), empty);
    }
}

/// Wakes one connection: its socket, its action and its orders ring it.
pub(super) struct ConnectionBell {
    mailbox: Arc<Mailbox>,
    key: Key,
    rung: AtomicBool,
}

impl ConnectionBell {
    pub(super) fn new(mailbox: Arc<Mailbox>, key: Key) -> Self {
        Self { mailbox, key, rung: AtomicBool::new(false) }
    }

    /// From now on it rings again. Comes before looking, so that nothing is missed.
    pub(super) fn listened(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }
}

impl Wake for ConnectionBell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.mailbox.put(|inbox| inbox.ready.push(self.key));
        }
    }
}

/// Tells a worker about one room, however many of its connections are in it.
pub(super) struct RoomBell {
    mailbox: Arc<Mailbox>,
    feed: FeedId,
    rung: AtomicBool,
}

impl RoomBell {
    pub(super) fn new(mailbox: Arc<Mailbox>, feed: FeedId) -> Self {
        Self { mailbox, feed, rung: AtomicBool::new(false) }
    }

    /// From now on it rings again. Comes before looking, so that nothing is missed.
    pub(super) fn listened(&self) {
        self.rung.store(false, Ordering::SeqCst);
    }
}

impl Bell for RoomBell {
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            self.mailbox.put(|inbox| inbox.news.push(self.feed));
        }
    }

    fn room_ended(&self, code: RoomEndCode) {
        self.mailbox.put(|inbox| inbox.told.push((self.feed, Told::Ended(code))));
    }

    fn sanctioned(&self, membership: MembershipId, sanction: Sanction) {
        self.mailbox.put(|inbox| inbox.told.push((self.feed, Told::Sanctioned(membership, sanction))));
    }
}
