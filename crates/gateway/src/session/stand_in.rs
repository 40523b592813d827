//! A member whom a test leads: it enters and leaves rooms when it is told to, and follows them with the cursors that sessions have.

use super::attended::Attended;
use super::{Step, Stepped};
use crate::close::CloseReason;
use crate::codec::text_frame;
use crate::engine::{Chunk, Told};
use crate::feed::{Feed, FeedId};
use crate::service::{Action, Attendance, Outcome};
use crate::sync::{AtomicBool, Mutex, Ordering};
#[cfg(not(feature = "interleaving"))]
use kkanbu_model::{Author, Body};
use kkanbu_model::{
    Epoch, Event, Handle, Limits, Membership, MembershipId, Minute, Offset, ProgrammeId, Publication, RoleId,
    RoomAddress, RoomId, Sanction,
};
use kkanbu_room::RoomState;
use kkanbu_wire::Padding;
use std::future::poll_fn;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, Waker};

/// Publications of the log that are read at once. Few where interleavings are tried: there are to be several pages.
const PAGE: usize = if cfg!(feature = "interleaving") { 2 } else { 64 };

/// What a member is told to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wish {
    /// Enter this room, or stay in it, and follow it after this offset; or from now on.
    Follow { room: usize, after: Option<Offset> },
    /// Leave this room.
    Leave { room: usize },
    /// Close.
    Close,
}

/// A room, and the log that its publications are in before it has them.
pub(crate) struct FollowedRoom {
    pub(crate) feed: Arc<Feed>,
    log: Mutex<Vec<Arc<Publication>>>,
}

impl FollowedRoom {
    pub(crate) fn new(number: usize, ring_max: usize, padding: Padding) -> Self {
        let room = RoomId::new(format!("r{number}")).unwrap();
        let address = RoomAddress { programme: ProgrammeId::new("test").unwrap(), room };
        let feed = Feed::new(address, Epoch::new(7), RoomState::default(), ring_max, padding);
        Self { feed: Arc::new(feed), log: Mutex::default() }
    }

    /// Has the next publications come, together.
    pub(crate) fn publish(&self, count: usize) {
        self.publish_each(count, || Event::Thaw);
    }

    /// Has posts come, each with so many bytes of text.
    #[cfg(not(feature = "interleaving"))]
    pub(crate) fn publish_posts(&self, count: usize, bytes: usize) {
        let Membership { id: membership, handle, .. } = membership();
        self.publish_each(count, || Event::Post {
            author: Author { handle: handle.clone(), badge: None, membership },
            body: Body::from_log("x".repeat(bytes)),
            reply_to: None,
            mentions: Vec::new(),
            question: false,
        });
    }

    fn publish_each(&self, count: usize, event: impl Fn() -> Event) {
        let mut log = self.log.lock();
        let known = log.len();
        let fresh = (known + 1..=known + count).map(|offset| {
            let offset = Offset::new(offset as u64);
            Arc::new(Publication { offset, minute: Minute::new(0), event: event() })
        });
        log.extend(fresh);
        let fresh = log.get(known..).unwrap_or_default().to_vec();
        drop(log);
        self.feed.take(&fresh);
    }

    fn page(&self, after: Offset) -> Vec<Arc<Publication>> {
        self.log.lock().iter().filter(|publication| publication.offset > after).take(PAGE).cloned().collect()
    }
}

/// How a test leads a member, and sees what becomes of it.
#[derive(Default)]
pub(crate) struct Lead {
    wishes: Mutex<Vec<Wish>>,
    waker: OnceLock<Waker>,
    /// A page of the log is being read: what is wished for waits, as a client's commands do.
    is_reading: AtomicBool,
    has_ended: AtomicBool,
    was_told_to_close: AtomicBool,
    /// The rooms that it is in, by the bits of their numbers.
    rooms: AtomicUsize,
    /// Messages of the client that were answered.
    pub(crate) answered: AtomicUsize,
}

impl Lead {
    pub(crate) fn wish(&self, wish: Wish) {
        if let Wish::Close = wish {
            self.was_told_to_close.store(true, Ordering::SeqCst);
        }
        self.wishes.lock().push(wish);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }

    /// Whether it is in a room, as far as it has done what was wished for.
    pub(crate) fn is_in(&self, room: usize) -> bool {
        assert!(self.wishes.lock().is_empty(), "a wish was not heard");
        self.rooms.load(Ordering::SeqCst) & (1 << room) != 0
    }

    pub(crate) fn was_told_to_close(&self) -> bool {
        self.was_told_to_close.load(Ordering::SeqCst)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::SeqCst)
    }
}

/// The session of such a member.
pub(crate) struct Reader {
    limits: Limits,
    rooms: Arc<Vec<FollowedRoom>>,
    attended: Attended,
    lead: Arc<Lead>,
}

impl Reader {
    pub(crate) fn new(limits: Limits, rooms: Arc<Vec<FollowedRoom>>, lead: Arc<Lead>, waker: Waker) -> Self {
        assert!(lead.waker.set(waker).is_ok(), "a member has one session");
        Self { limits, rooms, attended: Attended::default(), lead }
    }

    fn does(&mut self, wish: Wish) -> Vec<Step> {
        match wish {
            Wish::Follow { room, after } => {
                self.lead.rooms.fetch_or(1 << room, Ordering::SeqCst);
                let feed = self.rooms[room].feed.clone();
                let cursor = after.unwrap_or(feed.head());
                let attendance = Attendance { feed: feed.clone(), membership: membership(), cursor, live: false };
                let mut steps = match self.attended.insert(attendance) {
                    Some(_) => Vec::new(),
                    None => vec![Step::Enter(feed)],
                };
                steps.push(Step::Send(text_frame(format!("> {room} {}", cursor.get()).into_bytes())));
                steps
            }
            Wish::Leave { room } => {
                self.lead.rooms.fetch_and(!(1 << room), Ordering::SeqCst);
                let room = &self.rooms[room].feed.address.room;
                self.attended.remove(room).map(|left| Step::Exit(left.feed.id)).into_iter().collect()
            }
            Wish::Close => vec![Step::Close(CloseReason::Client)],
        }
    }
}

fn membership() -> Membership {
    Membership {
        id: MembershipId::from_bytes([0; 16]),
        handle: Handle::new("otter").unwrap(),
        role: RoleId::new("mentor").unwrap(),
        posted: false,
        sanction: Sanction::default(),
    }
}

impl Stepped for Reader {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn is_open(&self) -> bool {
        true
    }

    fn has_failed_too_often(&self) -> bool {
        false
    }

    /// Whatever is said, something has to be done before it is answered.
    fn on_text(&mut self, _text: &str) -> Step {
        self.lead.answered.fetch_add(1, Ordering::SeqCst);
        let feed = self.rooms[0].feed.clone();
        Step::Perform(Action::CatchUp { after: feed.head(), feed })
    }

    fn on_orders(&mut self) -> Vec<Step> {
        if self.lead.is_reading.load(Ordering::SeqCst) {
            return Vec::new();
        }
        let wishes = std::mem::take(&mut *self.lead.wishes.lock());
        wishes.into_iter().flat_map(|wish| self.does(wish)).collect()
    }

    fn entered(&mut self, _feed: FeedId) -> Vec<Step> {
        Vec::new()
    }

    fn on_told(&mut self, feed: FeedId, told: Told) -> Vec<Step> {
        let room = self.attended.of(feed).map(|attendance| attendance.feed.address.room.clone());
        match (told, room) {
            (Told::Ended(_), Some(room)) => {
                self.attended.remove(&room);
                vec![Step::Exit(feed)]
            }
            (Told::Ended(_) | Told::Sanctioned(..), _) => Vec::new(),
        }
    }

    fn perform(&self, action: Action) -> impl Future<Output = Outcome> + Send + 'static {
        let Action::CatchUp { feed, after } = action else { panic!("nothing else is asked for") };
        let (rooms, lead) = (self.rooms.clone(), self.lead.clone());
        lead.is_reading.store(true, Ordering::SeqCst);
        async move {
            let room = rooms.iter().find(|room| room.feed.id == feed.id).unwrap();
            let page = room.page(after);
            // The log takes its time, or has it at hand.
            let mut is_read = page.is_empty() || is_at_hand();
            poll_fn(|context| {
                if std::mem::replace(&mut is_read, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            let (frames, last) = feed.frames(&page);
            lead.is_reading.store(false, Ordering::SeqCst);
            Outcome::CaughtUp { room: feed.address.room.clone(), frames, cursor: last.unwrap_or(after) }
        }
    }

    fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step> {
        let Outcome::CaughtUp { room, frames, cursor } = outcome else { panic!("nothing else was asked for") };
        match self.attended.get_mut(&room) {
            Some(attendance) if !frames.is_empty() => {
                attendance.cursor = cursor;
                frames.into_iter().map(Step::Send).collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    fn gather(&mut self, chunk: &mut Chunk, is_stalled: bool) -> Result<Option<Action>, CloseReason> {
        self.attended.gather(chunk, is_stalled)
    }

    fn cursor(&self, feed: FeedId) -> Option<Offset> {
        self.attended.of(feed).map(|attendance| attendance.cursor)
    }

    fn advance(&mut self, feed: FeedId, cursor: Offset) {
        self.attended.advance(feed, cursor);
    }

    fn has_to_keep_up(&self, feed: FeedId) -> bool {
        self.attended.of(feed).is_some_and(|attendance| attendance.live)
    }

    fn feeds(&self) -> Vec<FeedId> {
        self.attended.iter().map(|attendance| attendance.feed.id).collect()
    }

    fn end(&mut self) {
        self.lead.has_ended.store(true, Ordering::SeqCst);
    }
}

#[cfg(feature = "interleaving")]
fn is_at_hand() -> bool {
    use shuttle::rand::Rng as _;
    shuttle::rand::thread_rng().gen_bool(0.5)
}

#[cfg(not(feature = "interleaving"))]
const fn is_at_hand() -> bool {
    true
}
