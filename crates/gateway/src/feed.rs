//! One node's view of one room: its state, and a ring of ready frames that every session in the room reads with a cursor.

mod frames;

use crate::codec::text_frame;
use crate::telemetry::Telemetry;
use bytes::Bytes;
use kkanbu_broker::{Broker, BrokerError, Subscribed};
use kkanbu_model::{
    Epoch, Event, MembershipId, Offset, Position, Publication, RoleId, RoomAddress, Sanction, StateVersion,
};
use kkanbu_room::RoomState;
use kkanbu_wire::{Padding, Push, RoomEndCode, encode_push};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Wait before a log that could not be read is asked again.
const RETRY: Duration = Duration::from_millis(500);

/// Somebody who wants to know that a room has news: rings without waiting.
pub(crate) trait Bell: Send + Sync {
    /// There are publications beyond the cursor.
    fn ring(&self);
    /// The room is over for this listener.
    fn room_ended(&self, room: &RoomAddress, code: RoomEndCode);
    /// A moderator has done something to this membership, which may be the listener's.
    fn sanctioned(&self, room: &RoomAddress, membership: MembershipId, sanction: Sanction);
}

/// A frame ready to be sent, and what it says.
struct Ready {
    frame: Bytes,
    publication: Arc<Publication>,
}

/// Frames ready to be sent, oldest first, without holes up to the head.
struct Ring {
    frames: VecDeque<Ready>,
    /// Offset of the newest frame.
    head: Offset,
}

/// What frames made earlier may say that is no longer so.
#[derive(Debug, Clone, Copy)]
enum Outdated {
    /// The text of this post.
    Post(Offset),
    /// The notice.
    Notice,
}

/// What a publication makes outdated.
const fn outdates(publication: &Publication) -> Option<Outdated> {
    match publication.event {
        Event::Edit { target, .. } | Event::Retract { target } | Event::Hide { target } | Event::Restore { target } => {
            Some(Outdated::Post(target))
        }
        Event::Notice { .. } | Event::Settings(_) => Some(Outdated::Notice),
        Event::Post { .. }
        | Event::React { .. }
        | Event::Answer { .. }
        | Event::Freeze
        | Event::Thaw
        | Event::Slow { .. } => None,
    }
}

/// What follows a cursor is no longer in the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfRing;

/// Who listens to a room; or why nobody does any more.
#[derive(Default)]
struct Bells {
    listeners: HashMap<u64, Arc<dyn Bell>>,
    ended: Option<RoomEndCode>,
}

/// A room as this node follows it.
pub(crate) struct Feed {
    pub(crate) address: RoomAddress,
    epoch: Epoch,
    state: RwLock<RoomState>,
    ring: Mutex<Ring>,
    ring_max: usize,
    head: watch::Sender<Offset>,
    bells: Mutex<Bells>,
    /// What moderators have done to members since the feed was opened. Somebody who joins at that moment may have read its membership before.
    sanctions: Mutex<HashMap<MembershipId, Sanction>>,
    /// When members last posted, while the room is slow.
    paces: Mutex<HashMap<MembershipId, Instant>>,
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
        let feed = Arc::new(Self {
            address,
            epoch: head.position.epoch,
            ring: Mutex::new(Ring { frames: VecDeque::new(), head: state.head() }),
            ring_max,
            head: watch::Sender::new(state.head()),
            state: RwLock::new(state),
            bells: Mutex::default(),
            sanctions: Mutex::default(),
            paces: Mutex::default(),
            members: RwLock::default(),
            padding,
        });
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

    /// Applies publications and makes their frames, then wakes everybody.
    fn take(&self, publications: &[Arc<Publication>]) {
        let mut state = self.state.write();
        let mut ring = self.ring.lock();
        for publication in publications {
            if publication.offset <= ring.head {
                continue;
            }
            state.apply(publication);
            if let Some(outdated) = outdates(publication) {
                self.renew(&mut ring, &state, outdated);
            }
            let frame = self.frame(&state, publication);
            ring.frames.push_back(Ready { frame, publication: publication.clone() });
            ring.head = publication.offset;
            while ring.frames.len() > self.ring_max {
                ring.frames.pop_front();
            }
        }
        let head = ring.head;
        drop(ring);
        drop(state);
        self.head.send_replace(head);
        self.bells.lock().listeners.values().for_each(|bell| bell.ring());
    }

    /// Makes frames anew that say what is no longer so: who has not got them yet gets no text that was taken back or hidden.
    fn renew(&self, ring: &mut Ring, state: &RoomState, outdated: Outdated) {
        for ready in &mut ring.frames {
            let concerned = match (&ready.publication.event, outdated) {
                (Event::Post { .. }, Outdated::Post(target)) => ready.publication.offset == target,
                (Event::Edit { target: of, .. } | Event::Restore { target: of }, Outdated::Post(target)) => {
                    *of == target
                }
                (Event::Notice { .. } | Event::Settings(_), Outdated::Notice) => true,
                (
                    Event::Post { .. }
                    | Event::Edit { .. }
                    | Event::Restore { .. }
                    | Event::Retract { .. }
                    | Event::React { .. }
                    | Event::Answer { .. }
                    | Event::Hide { .. }
                    | Event::Freeze
                    | Event::Thaw
                    | Event::Slow { .. }
                    | Event::Notice { .. }
                    | Event::Settings(_),
                    Outdated::Post(_) | Outdated::Notice,
                ) => false,
            };
            if concerned {
                ready.frame = self.frame(state, &ready.publication);
            }
        }
    }

    /// The frame of a publication as the room stands now: nothing of what was retracted since.
    fn frame(&self, state: &RoomState, publication: &Publication) -> Bytes {
        let push = Push::Publication(frames::to_wire(&self.address, state, publication));
        text_frame(encode_push(&push, self.padding))
    }

    /// Frames for publications that were read from the log.
    pub(crate) fn frames(&self, publications: &[Arc<Publication>]) -> Vec<Bytes> {
        let state = self.state.read();
        publications.iter().map(|publication| self.frame(&state, publication)).collect()
    }

    /// The log begins at `kept_from` now: what is before it is forgotten here too.
    pub(crate) fn trim(&self, kept_from: Offset) {
        self.state.write().trim(kept_from);
        let mut ring = self.ring.lock();
        while ring.frames.front().is_some_and(|ready| ready.publication.offset < kept_from) {
            ring.frames.pop_front();
        }
    }

    /// The text of these publications is no longer in the log.
    pub(crate) fn erased(&self, offsets: &[Offset]) {
        self.state.write().erased(offsets);
        let mut ring = self.ring.lock();
        for ready in &mut ring.frames {
            if offsets.contains(&ready.publication.offset)
                && let Some(event) = ready.publication.event.without_text()
            {
                let Publication { offset, minute, .. } = *ready.publication;
                ready.publication = Arc::new(Publication { offset, minute, event });
            }
        }
    }

    /// Copies frames after `cursor` out by `push`, as long as that wants more. Returns the new cursor.
    pub(crate) fn copy_after(&self, cursor: Offset, mut push: impl FnMut(&Bytes) -> bool) -> Result<Offset, OutOfRing> {
        let ring = self.ring.lock();
        if cursor >= ring.head {
            return Ok(cursor);
        }
        let waiting = usize::try_from(ring.head.get() - cursor.get()).unwrap_or(usize::MAX);
        let skip = ring.frames.len().checked_sub(waiting).ok_or(OutOfRing)?;
        let mut at = cursor;
        for ready in ring.frames.iter().skip(skip) {
            at = at.next();
            if !push(&ready.frame) {
                break;
            }
        }
        Ok(at)
    }

    /// Reads the room's state.
    pub(crate) fn with_state<T>(&self, read: impl FnOnce(&RoomState) -> T) -> T {
        read(&self.state.read())
    }

    /// The last publication that was applied here.
    pub(crate) fn head(&self) -> Offset {
        *self.head.borrow()
    }

    /// Where the room stands here.
    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch, offset: self.head() }
    }

    /// Waits until a state version has been applied here.
    pub(crate) async fn reached(&self, version: StateVersion) -> bool {
        self.head.subscribe().wait_for(|head| *head >= version.0).await.is_ok()
    }

    /// Rings for `listener` from now on; tells it at once where the room is over already.
    pub(crate) fn listen(&self, listener: u64, bell: Arc<dyn Bell>) {
        let mut bells = self.bells.lock();
        match bells.ended {
            Some(code) => bell.room_ended(&self.address, code),
            None => drop(bells.listeners.insert(listener, bell)),
        }
    }

    /// Tells everybody what a moderator has done to a membership. Whoever listens from now on finds it by [`Feed::sanction`].
    pub(crate) fn sanctioned(&self, membership: MembershipId, sanction: Sanction) {
        self.sanctions.lock().insert(membership, sanction);
        let bells = self.bells.lock();
        bells.listeners.values().for_each(|bell| bell.sanctioned(&self.address, membership, sanction));
    }

    /// What a moderator has done to this membership since the feed was opened.
    pub(crate) fn sanction(&self, membership: MembershipId) -> Option<Sanction> {
        self.sanctions.lock().get(&membership).copied()
    }

    /// How long this membership still has to wait before it may post, while the room is slow.
    pub(crate) fn wait(&self, membership: MembershipId) -> Option<Duration> {
        let slow = Duration::from_secs(u64::from(self.state.read().slow_seconds()));
        let last = *self.paces.lock().get(&membership)?;
        slow.checked_sub(last.elapsed()).filter(|wait| !wait.is_zero())
    }

    /// This membership has posted just now.
    pub(crate) fn posted(&self, membership: MembershipId) {
        let slow = self.state.read().slow_seconds();
        let mut paces = self.paces.lock();
        if slow == 0 {
            paces.clear();
        } else {
            paces.insert(membership, Instant::now());
        }
    }

    /// No longer rings for `listener`.
    pub(crate) fn unlisten(&self, listener: u64) {
        self.bells.lock().listeners.remove(&listener);
    }

    /// Tells every listener that the room is over, and forgets them.
    pub(crate) fn end(&self, code: RoomEndCode) {
        let mut bells = self.bells.lock();
        bells.ended = Some(code);
        bells.listeners.drain().for_each(|(_, bell)| bell.room_ended(&self.address, code));
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
