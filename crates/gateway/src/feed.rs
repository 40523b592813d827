//! One node's view of one room: its state, and a ring of ready frames that every session in the room reads with a cursor.

use crate::codec::text_frame;
use crate::telemetry::Telemetry;
use bytes::Bytes;
use kkanbu_broker::{Broker, BrokerError, Subscribed};
use kkanbu_model::{Epoch, Event, Offset, Position, Publication, RoleId, RoomAddress, StateVersion};
use kkanbu_room::RoomState;
use kkanbu_wire::{Padding, Push, RoomEndCode, What, encode_push};
use parking_lot::{Mutex, RwLock};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Wait before a log that could not be read is asked again.
const RETRY: Duration = Duration::from_millis(500);

/// Somebody who wants to know that a room has news: rings without waiting.
pub(crate) trait Bell: Send + Sync {
    /// There are publications beyond the cursor.
    fn ring(&self);
    /// The room is over for this listener.
    fn room_ended(&self, room: &RoomAddress, code: RoomEndCode);
}

/// A frame ready to be sent, and what it says.
struct Ready {
    frame: Bytes,
    publication: Arc<Publication>,
}

/// Frames ready to be sent, oldest first, without holes up to the head.
#[derive(Default)]
struct Ring {
    frames: VecDeque<Ready>,
    /// Offset of the newest frame.
    head: Offset,
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
        let feed = Arc::new(Self {
            address,
            epoch: head.position.epoch,
            state: RwLock::default(),
            ring: Mutex::default(),
            ring_max,
            head: watch::Sender::default(),
            bells: Mutex::default(),
            members: RwLock::default(),
            padding,
        });
        while feed.head() < head.position.offset {
            match subscription.next().await? {
                Subscribed::Publications(publications) => feed.take(&publications),
                Subscribed::NewEpoch(_) => return Err(BrokerError::Closed),
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
            if let Event::Retract { target } = publication.event {
                self.blank(&mut ring, &state, target);
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

    /// Makes the frames of a post and its edits anew, now that it was retracted: who has not got them yet gets no text.
    fn blank(&self, ring: &mut Ring, state: &RoomState, retracted: Offset) {
        for ready in &mut ring.frames {
            let concerned = match ready.publication.event {
                Event::Post { .. } => ready.publication.offset == retracted,
                Event::Edit { target, .. } => target == retracted,
                Event::Retract { .. } | Event::React { .. } | Event::Freeze | Event::Thaw => false,
            };
            if concerned {
                ready.frame = self.frame(state, &ready.publication);
            }
        }
    }

    /// The frame of a publication as the room stands now: nothing of what was retracted since.
    fn frame(&self, state: &RoomState, publication: &Publication) -> Bytes {
        let push = Push::Publication(to_wire(&self.address, state, publication));
        text_frame(encode_push(&push, self.padding))
    }

    /// Frames for publications that were read from the log.
    pub(crate) fn frames(&self, publications: &[Arc<Publication>]) -> Vec<Bytes> {
        let state = self.state.read();
        publications.iter().map(|publication| self.frame(&state, publication)).collect()
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
                Ok(Subscribed::NewEpoch(_)) => return RoomEndCode::LogReplaced,
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

/// A publication as the wire shows it, given what became of it since.
fn to_wire(address: &RoomAddress, state: &RoomState, publication: &Publication) -> kkanbu_wire::Publication {
    let texts = |handles: &[kkanbu_model::Handle]| handles.iter().map(|handle| handle.as_str().to_owned()).collect();
    let what = match &publication.event {
        Event::Post { author, body, reply_to, mentions } => {
            let retracted = state.is_retracted(publication.offset);
            What::Post {
                author: author.handle.as_str().to_owned(),
                role: author.badge.as_ref().map(|badge| badge.as_str().to_owned()),
                body: (!retracted).then(|| body.as_str().to_owned()),
                reply_to: reply_to.map(Offset::get),
                mentions: if retracted { Vec::new() } else { texts(mentions) },
                retracted,
            }
        }
        Event::Edit { target, body, mentions } => {
            let retracted = state.is_retracted(*target);
            What::Edit {
                target: target.get(),
                body: (!retracted).then(|| body.as_str().to_owned()),
                mentions: if retracted { Vec::new() } else { texts(mentions) },
                retracted,
            }
        }
        Event::Retract { target } => What::Retract { target: target.get() },
        Event::React { target, reaction, .. } => What::Reaction {
            target: target.get(),
            reaction: reaction.as_str().to_owned(),
            count: state.reaction_count(*target, *reaction),
        },
        Event::Freeze => What::Freeze,
        Event::Thaw => What::Thaw,
    };
    kkanbu_wire::Publication {
        room: address.room.to_string(),
        offset: publication.offset.get(),
        minute: publication.minute.get(),
        what,
    }
}
