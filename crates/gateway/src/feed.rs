//! One node's view of one room: its state, and a ring of ready frames that every session in the room reads with a cursor.

mod bells;
mod frames;
mod ring;

pub(crate) use bells::Bell;

use crate::codec::text_frame;
use crate::engine::Chunk;
use crate::sync::{AtomicU64, Mutex, Ordering, RwLock};
use crate::telemetry::Telemetry;
use bells::Bells;
use bytes::Bytes;
use kkanbu_broker::{Broker, BrokerError, Subscribed};
use kkanbu_model::{
    Epoch, MemberKey, MembershipId, Offset, Position, Publication, RoleId, RoomAddress, Sanction, StateVersion,
};
use kkanbu_room::RoomState;
use kkanbu_wire::{Padding, Push, RoomEndCode, encode_push};
use ring::{Outdated, Ring};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Wait before a log that could not be read is asked again.
const RETRY: Duration = Duration::from_millis(500);

/// Bytes of frames that are made at once for one session that reads the log: its socket may take none of them.
pub(crate) const PAGE_BYTES_MAX: usize = 65_536;

/// Names a feed of this process. A room that is followed anew has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FeedId(u64);

impl FeedId {
    fn next() -> Self {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[cfg(test)]
    pub(crate) const fn first() -> Self {
        Self(0)
    }
}

/// What follows a cursor is no longer in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfRing;

/// A room as this node follows it.
pub(crate) struct Feed {
    pub(crate) id: FeedId,
    pub(crate) address: RoomAddress,
    epoch: Epoch,
    state: RwLock<RoomState>,
    ring: Mutex<Ring>,
    head: watch::Sender<Offset>,
    /// The same, to be read without a lock.
    newest: AtomicU64,
    bells: Mutex<Bells>,
    /// What moderators have done to members since the feed was opened. Somebody who joins at that moment may have read its membership before.
    sanctions: Mutex<HashMap<MembershipId, Sanction>>,
    /// When members last posted, while the room is slow.
    paces: Mutex<HashMap<MemberKey, Instant>>,
    /// Members by role, as the store last said; for bands and badges only.
    members: RwLock<BTreeMap<RoleId, u64>>,
    padding: Padding,
}

impl Feed {
    /// Follows a room from its beginning, and returns when everything that was in its log has been applied.
    pub(crate) async fn open(
        broker: &Arc<dyn Broker>,
        address: RoomAddress,
        ring_max: usize,
        padding: Padding,
    ) -> Result<(Arc<Self>, Follow), BrokerError> {
        let (head, mut subscription) = broker.subscribe(&address, Offset::ZERO).await?;
        let state = RoomState::before(head.kept_from, head.version);
        let feed = Arc::new(Self::new(address, head.position.epoch, state, ring_max, padding));
        while feed.head() < head.position.offset {
            match subscription.next().await? {
                Subscribed::Publications(publications) => feed.take(&publications),
                Subscribed::NewEpoch(_) => return Err(BrokerError::Closed),
                // It was shortened while it was being read: the next one who asks reads it again.
                Subscribed::Gap { .. } => return Err(BrokerError::Overloaded),
            }
        }
        Ok((feed.clone(), Follow { feed, subscription, broker: broker.clone() }))
    }

    /// A room of which nothing has come yet.
    pub(crate) fn new(address: RoomAddress, epoch: Epoch, state: RoomState, ring_max: usize, padding: Padding) -> Self {
        Self {
            id: FeedId::next(),
            address,
            epoch,
            ring: Mutex::new(Ring::new(state.head(), ring_max)),
            head: watch::Sender::new(state.head()),
            newest: AtomicU64::new(state.head().get()),
            state: RwLock::new(state),
            bells: Mutex::default(),
            sanctions: Mutex::default(),
            paces: Mutex::default(),
            members: RwLock::default(),
            padding,
        }
    }

    /// Applies publications and makes their frames, then wakes everybody.
    pub(crate) fn take(&self, publications: &[Arc<Publication>]) {
        let mut state = self.state.write();
        let mut ring = self.ring.lock();
        for publication in publications {
            if publication.offset <= ring.head() {
                continue;
            }
            state.apply(publication);
            if let Some(outdated) = Outdated::by(publication) {
                ring.renew(outdated, |publication| self.frame(&state, publication));
            }
            ring.push(publication, self.frame(&state, publication));
        }
        let head = ring.head();
        drop(ring);
        drop(state);
        self.newest.store(head.get(), Ordering::SeqCst);
        self.head.send_replace(head);
        self.bells.lock().each().for_each(Bell::ring);
    }

    /// The frame of a publication as the room stands now: nothing of what was retracted since.
    fn frame(&self, state: &RoomState, publication: &Publication) -> Bytes {
        let push = Push::Publication(frames::to_wire(&self.address, state, publication));
        text_frame(encode_push(&push, self.padding))
    }

    /// Frames for publications that were read from the log, and the last one's offset: as many as a page may have, and at least one. The log
    /// may be ahead of this node's view of the room; what is beyond the view comes with the view.
    pub(crate) fn frames(&self, publications: &[Arc<Publication>]) -> (Vec<Bytes>, Option<Offset>) {
        let head = self.head();
        let state = self.state.read();
        let (mut frames, mut last, mut bytes) = (Vec::new(), None, 0);
        for publication in publications.iter().take_while(|publication| publication.offset <= head) {
            let frame = self.frame(&state, publication);
            bytes += frame.len();
            if bytes > PAGE_BYTES_MAX && last.is_some() {
                break;
            }
            frames.push(frame);
            last = Some(publication.offset);
        }
        (frames, last)
    }

    /// The log begins at `kept_from` now: what is before it is forgotten here too.
    pub(crate) fn trim(&self, kept_from: Offset) {
        self.state.write().trim(kept_from);
        self.ring.lock().trim(kept_from);
    }

    /// The text of these publications is no longer in the log.
    pub(crate) fn erased(&self, offsets: &[Offset]) {
        self.state.write().erased(offsets);
        self.ring.lock().erase(offsets);
    }

    /// Gathers frames after `cursor`, as many as go together. False where there are none.
    pub(crate) fn gather(&self, cursor: Offset, chunk: &mut Chunk) -> Result<bool, OutOfRing> {
        chunk.begin(self.id, cursor);
        if cursor >= self.head() {
            return Ok(false);
        }
        self.ring.lock().gather(cursor, chunk)
    }

    /// Whether the ring still has all that follows `cursor`.
    pub(crate) fn reaches(&self, cursor: Offset) -> bool {
        self.ring.lock().following(cursor).is_ok()
    }

    /// Reads the room's state.
    pub(crate) fn with_state<T>(&self, read: impl FnOnce(&RoomState) -> T) -> T {
        read(&self.state.read())
    }

    /// The last publication that was applied here.
    pub(crate) fn head(&self) -> Offset {
        Offset::new(self.newest.load(Ordering::SeqCst))
    }

    /// Where the room stands here.
    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch, offset: self.head() }
    }

    /// Waits until a state version has been applied here.
    pub(crate) async fn reached(&self, version: StateVersion) -> bool {
        self.head.subscribe().wait_for(|head| *head >= version.0).await.is_ok()
    }

    /// Rings for `listener` from now on; or says why the room is over already.
    pub(crate) fn listen(&self, listener: u64, bell: Arc<dyn Bell>) -> Result<(), RoomEndCode> {
        self.bells.lock().listen(listener, bell)
    }

    /// Tells everybody what a moderator has done to a membership. Whoever listens from now on finds it by [`Feed::sanction`].
    pub(crate) fn sanctioned(&self, membership: MembershipId, sanction: Sanction) {
        self.sanctions.lock().insert(membership, sanction);
        self.bells.lock().each().for_each(|bell| bell.sanctioned(membership, sanction));
    }

    /// What a moderator has done to this membership since the feed was opened.
    pub(crate) fn sanction(&self, membership: MembershipId) -> Option<Sanction> {
        self.sanctions.lock().get(&membership).copied()
    }

    /// How long this member still has to wait before it may post, while the room is slow. Leaving and coming back does not shorten it.
    pub(crate) fn wait(&self, member: &MemberKey) -> Option<Duration> {
        let slow = Duration::from_secs(u64::from(self.state.read().slow_seconds()));
        let last = *self.paces.lock().get(member)?;
        slow.checked_sub(last.elapsed()).filter(|wait| !wait.is_zero())
    }

    /// This member has posted just now.
    pub(crate) fn posted(&self, member: MemberKey) {
        let slow = self.state.read().slow_seconds();
        let mut paces = self.paces.lock();
        if slow == 0 {
            paces.clear();
        } else {
            paces.insert(member, Instant::now());
        }
    }

    /// No longer rings for `listener`.
    pub(crate) fn unlisten(&self, listener: u64) {
        self.bells.lock().unlisten(listener);
    }

    /// Tells every listener that the room is over, and forgets them.
    pub(crate) fn end(&self, code: RoomEndCode) {
        self.bells.lock().end(code);
    }

    /// Members by role, as last set.
    pub(crate) fn members(&self) -> BTreeMap<RoleId, u64> {
        self.members.read().clone()
    }

    /// Sets members by role.
    pub(crate) fn set_members(&self, members: BTreeMap<RoleId, u64>) {
        *self.members.write() = members;
    }
}

/// The task that keeps a feed following its log.
pub(crate) struct Follow {
    feed: Arc<Feed>,
    subscription: Box<dyn kkanbu_broker::Subscription>,
    broker: Arc<dyn Broker>,
}

impl Follow {
    /// Follows until the log ends, is replaced, or `stop`. Says why the room ended for its sessions.
    pub(crate) async fn run(mut self, stop: CancellationToken, telemetry: &Telemetry) -> RoomEndCode {
        loop {
            let next = tokio::select! {
                () = stop.cancelled() => return RoomEndCode::LogUnavailable,
                next = self.subscription.next() => next,
            };
            match next {
                Ok(Subscribed::Publications(publications)) => self.feed.take(&publications),
                Ok(Subscribed::NewEpoch(_) | Subscribed::Gap { .. }) => return RoomEndCode::LogReplaced,
                Err(BrokerError::Closed | BrokerError::UnknownProgramme(_)) => return RoomEndCode::RoomDestroyed,
                Err(error @ BrokerError::Damaged(..)) => {
                    telemetry.feed_broken(&self.feed.address, &error);
                    return RoomEndCode::LogUnavailable;
                }
                Err(error @ (BrokerError::Unavailable { .. } | BrokerError::Overloaded)) => {
                    telemetry.feed_interrupted(&self.feed.address, &error);
                    tokio::time::sleep(RETRY).await;
                    match self.broker.subscribe(&self.feed.address, self.feed.head()).await {
                        Ok((head, _)) if head.position.epoch != self.feed.epoch => return RoomEndCode::LogReplaced,
                        Ok((_, subscription)) => self.subscription = subscription,
                        Err(_) => {}
                    }
                }
            }
        }
    }
}
