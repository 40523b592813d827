//! A room as this node knows it: its log in memory while somebody follows it, and the furthest that it was ever seen to be.

use crate::IdempotencyKey;
use crate::local::{RoomLog, Standing};
use crate::redis::forms::Told;
use crate::redis::names;
use kkanbu_model::{Offset, Publication, RoomAddress, StateVersion};
use parking_lot::Mutex as Lock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The furthest point of a log that this node has handed out or acknowledged. Where Redis is behind it, it has lost data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) offset: Offset,
    pub(crate) version: StateVersion,
    /// The key of the publication there.
    pub(crate) tip: Option<IdempotencyKey>,
}

/// Where a room's log stands in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stand {
    pub(crate) standing: Standing,
    /// The head when the epoch began.
    pub(crate) began: Offset,
}

/// A publication on its way into the log in memory; `None` where it does not open.
pub(crate) struct Arrived {
    pub(crate) offset: Offset,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) publication: Option<Publication>,
    pub(crate) kept: Option<Kept>,
}

/// A publication as it lay in Redis, to be put back where Redis loses it.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) key: IdempotencyKey,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) sealed: Arc<[u8]>,
    pub(crate) changes_state: bool,
}

/// Publications that are kept to be put back, for each room.
const KEPT_MAX: usize = 128;

/// One room.
pub(crate) struct Room {
    pub(crate) address: RoomAddress,
    /// The key of its log, and its channel.
    pub(crate) key: String,
    pub(crate) slot: u16,
    pub(crate) log: Arc<RoomLog>,
    /// Held by whoever brings the log in memory to where Redis is.
    pub(crate) syncing: Mutex<()>,
    ring_max: usize,
    state: Lock<State>,
}

struct State {
    seen: Seen,
    /// The latest that were seen.
    kept: BTreeMap<Offset, Kept>,
    /// The connection that it is subscribed on.
    feed: Option<u64>,
    /// The log in memory follows on what it held before. If not, it may begin anywhere.
    continuous: bool,
    /// Counts reasons to ask Redis where the log stands.
    doubts: u64,
    /// How many of them were settled.
    settled: u64,
    followers: usize,
    /// When the last follower went.
    left: Instant,
    /// When Redis last said something of it.
    heard: Instant,
}

impl Room {
    pub(crate) fn new(address: RoomAddress, key: String, ring_max: usize, stand: &Stand) -> Self {
        let state = State {
            seen: Seen::default(),
            kept: BTreeMap::new(),
            feed: None,
            continuous: false,
            doubts: 0,
            settled: 0,
            followers: 0,
            left: Instant::now(),
            heard: Instant::now(),
        };
        let (slot, log) = (names::slot(&key), Arc::new(RoomLog::new(address.clone(), stand.standing)));
        Self { address, key, slot, log, syncing: Mutex::new(()), ring_max, state: Lock::new(state) }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.state.lock().seen
    }

    /// A publication of this node was acknowledged.
    pub(crate) fn acknowledged(&self, offset: Offset, kept: Kept) {
        let version = if kept.changes_state { StateVersion(offset) } else { StateVersion::default() };
        let mut state = self.state.lock();
        state.see(offset, version, Some(kept.key));
        state.keep(offset, kept);
    }

    /// What is still here of what was seen at these offsets.
    pub(crate) fn kept(&self, offset: Offset) -> Option<Kept> {
        self.state.lock().kept.get(&offset).cloned()
    }

    /// Redis said that the log stands here, and others may have been told.
    pub(crate) fn saw(&self, stand: &Stand) {
        self.state.lock().see(stand.standing.head, stand.standing.version, None);
    }

    /// Something is not known any more: Redis is asked soon, where anybody follows.
    pub(crate) fn doubt(&self) {
        self.state.lock().doubts += 1;
    }

    pub(crate) fn doubts(&self) -> u64 {
        self.state.lock().doubts
    }

    pub(crate) fn feed(&self) -> Option<u64> {
        self.state.lock().feed
    }

    pub(crate) fn subscribed_on(&self, feed: u64) {
        self.state.lock().feed = Some(feed);
    }

    /// All doubts up to this one are settled. Says whether there are none left.
    pub(crate) fn settle(&self, doubts: u64) -> bool {
        let mut state = self.state.lock();
        (state.settled, state.continuous, state.heard) = (doubts, true, Instant::now());
        state.doubts == doubts
    }

    pub(crate) fn is_followed(&self) -> bool {
        self.state.lock().feed.is_some() || self.state.lock().followers > 0
    }

    /// Whether Redis has to be asked, given the connection that the room should be subscribed on.
    pub(crate) fn needs_sync(&self, feed: Option<u64>) -> bool {
        let state = self.state.lock();
        (state.followers > 0 || state.feed.is_some())
            && (state.feed.is_none() || state.feed != feed || state.doubts != state.settled)
    }

    /// Whether it is followed and nothing came for so long.
    pub(crate) fn is_quiet_for(&self, time: Duration) -> bool {
        let state = self.state.lock();
        state.feed.is_some() && state.heard.elapsed() >= time
    }

    /// Redis said that nothing has changed.
    pub(crate) fn heard(&self) {
        self.state.lock().heard = Instant::now();
    }

    /// Whether nobody has followed it for so long.
    pub(crate) fn is_left_for(&self, time: Duration) -> bool {
        let state = self.state.lock();
        state.feed.is_some() && state.followers == 0 && state.left.elapsed() >= time
    }

    /// Forgets the log in memory, unless somebody has begun to follow.
    pub(crate) fn let_go(&self) -> bool {
        let mut state = self.state.lock();
        if state.followers > 0 {
            return false;
        }
        (state.feed, state.continuous) = (None, false);
        state.kept.clear();
        self.log.forget();
        true
    }

    /// Counts somebody who follows until what is given back is dropped.
    pub(crate) fn follow(self: &Arc<Self>) -> Following {
        self.state.lock().followers += 1;
        Following(Arc::clone(self))
    }

    /// Takes in what the room's channel said. Says whether it followed on what was known.
    pub(crate) fn hear(
        &self,
        feed: u64,
        told: &Told<'_>,
        open: impl FnOnce(Offset, &Told<'_>) -> Option<Publication>,
    ) -> bool {
        let mut state = self.state.lock();
        if state.feed != Some(feed) {
            return true;
        }
        state.heard = Instant::now();
        let fits = match told {
            Told::Publication { epoch, offset, version, fingerprint, record } => {
                let standing = self.log.standing();
                if *epoch == standing.epoch && *offset == standing.head.next() {
                    let publication = open(*offset, told);
                    let kept = Kept {
                        key: record.key,
                        fingerprint: *fingerprint,
                        sealed: record.sealed.into(),
                        changes_state: version.0 == *offset,
                    };
                    let arrived = Arrived { offset: *offset, key: Some(record.key), publication, kept: Some(kept) };
                    self.append(&mut state, arrived, *version);
                    true
                } else {
                    *epoch == standing.epoch && *offset <= standing.head && state.agrees(*offset, record.key)
                }
            }
            Told::Epoch(begun) => {
                let standing = self.log.standing();
                if begun.epoch != standing.epoch && begun.head == standing.head {
                    self.log.stands_at(*begun);
                    self.distrust(&mut state);
                }
                begun.epoch == self.log.standing().epoch
            }
            Told::Erased(offsets) => {
                self.log.erase(offsets);
                state.kept.retain(|offset, _| !offsets.contains(offset));
                true
            }
            Told::Trimmed(kept_from) => self.trim(&mut state, *kept_from),
            Told::Destroyed => false,
        };
        if !fits {
            state.doubts += 1;
        }
        fits
    }

    fn append(&self, state: &mut State, arrived: Arrived, version: StateVersion) {
        let standing = Standing { head: arrived.offset, version, ..self.log.standing() };
        match arrived.publication {
            Some(publication) => self.log.advance(standing, vec![Arc::new(publication)], self.ring_max),
            // Whoever comes to it reads it from Redis, and is told that it does not open.
            None => drop(self.log.stands_at(standing)),
        }
        state.see(arrived.offset, version, arrived.key);
        if let Some(kept) = arrived.kept {
            state.keep(arrived.offset, kept);
        }
    }

    /// This node has erased texts in Redis.
    pub(crate) fn erased(&self, offsets: &BTreeSet<Offset>) {
        self.log.erase(offsets);
        self.state.lock().kept.retain(|offset, _| !offsets.contains(offset));
    }

    fn trim(&self, state: &mut State, kept_from: Offset) -> bool {
        state.kept.retain(|offset, _| *offset >= kept_from);
        let standing = self.log.standing();
        if state.feed.is_none() || kept_from > standing.head.next() {
            self.log.forget();
            return false;
        }
        if kept_from > standing.kept_from {
            self.log.stands_at(Standing { kept_from, ..standing });
        }
        true
    }

    /// This node has trimmed the log in Redis.
    pub(crate) fn trimmed(&self, kept_from: Offset) {
        let mut state = self.state.lock();
        if !self.trim(&mut state, kept_from) {
            state.doubts += 1;
        }
    }

    /// Where the log in memory has to be read on from to reach where Redis is; `None` where it is there.
    pub(crate) fn reach(&self, found: &Stand) -> Option<Offset> {
        let mut state = self.state.lock();
        let here = self.log.standing();
        if !state.continuous && (here.epoch != found.standing.epoch || here.head < found.standing.head) {
            self.log.stands_at(found.standing);
            return None;
        }
        self.enter_epoch(&mut state, found);
        let (standing, kept_from) = (self.log.standing(), found.standing.kept_from);
        if kept_from > standing.head.next() {
            // What came in between is not kept any more. Where an epoch began in it, that comes first.
            let before = Offset::new(kept_from.get().saturating_sub(1));
            if standing.epoch != found.standing.epoch && found.began <= before {
                self.log.stands_at(Standing { epoch: found.standing.epoch, head: found.began, ..standing });
            }
            let standing = self.log.standing();
            self.log.stands_at(Standing { head: before, kept_from, ..standing });
        } else if kept_from > standing.kept_from {
            self.log.stands_at(Standing { kept_from, ..standing });
        }
        self.enter_epoch(&mut state, found);
        let standing = self.log.standing();
        if standing.head < found.standing.head || standing.epoch != found.standing.epoch {
            return Some(standing.head);
        }
        if standing.head == found.standing.head && standing.version != found.standing.version {
            self.log.stands_at(Standing { version: found.standing.version, ..standing });
        }
        None
    }

    /// Takes in what follows the head of the log in memory, as it was read from Redis at `found`.
    pub(crate) fn catch_up(&self, found: &Stand, arrived: Vec<Arrived>) {
        let mut state = self.state.lock();
        for arrived in arrived {
            self.enter_epoch(&mut state, found);
            let standing = self.log.standing();
            // What came through the channel meanwhile is there already.
            if arrived.offset == standing.head.next() {
                let changes = arrived.publication.as_ref().is_some_and(|publication| publication.event.changes_state());
                let version = if changes { StateVersion(arrived.offset) } else { standing.version };
                self.append(&mut state, arrived, version);
            }
        }
    }

    /// The publications of an epoch come before the next one.
    fn enter_epoch(&self, state: &mut State, found: &Stand) {
        let standing = self.log.standing();
        if standing.epoch != found.standing.epoch && standing.head >= found.began {
            let kept_from = standing.kept_from.max(found.standing.kept_from.min(standing.head.next()));
            self.log.stands_at(Standing { epoch: found.standing.epoch, kept_from, ..standing });
            self.distrust(state);
        }
    }

    /// An epoch begins because something was lost: what was seen before may not be what is in the log. Readers get it from Redis, and it is never put
    /// back.
    fn distrust(&self, state: &mut State) {
        state.kept.clear();
        state.seen.tip = None;
        self.log.forget();
    }

    /// This node has begun an epoch, which stands so: it is what was seen from now on.
    pub(crate) fn begins_anew(&self, stand: &Stand) {
        let mut state = self.state.lock();
        self.distrust(&mut state);
        (state.seen.offset, state.seen.version) = (stand.standing.head, stand.standing.version);
    }

    /// What this node put back was not whole, and an epoch began with it.
    pub(crate) fn put_back_in_part(&self) {
        self.distrust(&mut self.state.lock());
    }
}

impl State {
    fn see(&mut self, offset: Offset, version: StateVersion, tip: Option<IdempotencyKey>) {
        if offset > self.seen.offset || (offset == self.seen.offset && self.seen.tip.is_none()) {
            (self.seen.offset, self.seen.tip) = (offset, tip);
        }
        self.seen.version = self.seen.version.max(version);
    }

    fn keep(&mut self, offset: Offset, kept: Kept) {
        self.kept.insert(offset, kept);
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_first();
        }
    }

    /// Whether a publication that comes again is the one that was seen there.
    fn agrees(&self, offset: Offset, key: IdempotencyKey) -> bool {
        offset != self.seen.offset || self.seen.tip.is_none_or(|tip| tip == key)
    }
}

/// Somebody who follows a room. Dropping it lets go.
pub(crate) struct Following(Arc<Room>);

impl Drop for Following {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.followers = state.followers.saturating_sub(1);
        state.left = Instant::now();
    }
}
