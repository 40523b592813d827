//! What sessions ask for, done: on the store, the log and the rules. One file an area.
//!
//! A session hands in an [`Action`] and gets an [`Outcome`]; nothing here knows sockets or frames.

mod admission;
mod feeds;
mod history;
mod membership;
mod moderation;
mod posting;
mod programmes;
mod retention;
mod schedule;

pub(crate) use membership::notice;
pub(crate) use moderation::{Done, NotDone};
pub use programmes::{Programmes, ProgrammesError};
pub(crate) use schedule::Phases;

use crate::challenge::Challenge;
use crate::feed::Feed;
use crate::telemetry::Telemetry;
use bytes::Bytes;
use feeds::Feeds;
use governor::{Quota, RateLimiter};
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_model::{
    Clock, CommandKey, Limits, MemberKey, Membership, Minute, Offset, Phase, Programme, RoleId, Room, RoomAddress,
    RoomId,
};
use kkanbu_room::{Command, Guard};
use kkanbu_store::{Store, StoreError};
use kkanbu_wire::{
    Empty, HistoryPage, Joined, Padding, Placed, Position, Redrawn, RejectCode, Rejection, RoomList, Welcome,
};
use serde::Serialize;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// One live session's member.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) programme: Arc<Programme>,
    pub(crate) key: MemberKey,
    pub(crate) role: RoleId,
}

impl Member {
    /// The rooms open to the member's role. Others do not exist for it.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.programme.rooms.iter().filter(|room| room.roles.contains(&self.role))
    }

    /// The room with this id, where it is open to the member's role.
    pub(crate) fn room(&self, id: &RoomId) -> Option<&Room> {
        self.rooms().find(|room| room.id == *id)
    }

    /// What the room is in at `now`.
    pub(crate) fn phase(&self, room: &RoomId, now: Minute) -> Phase {
        self.room(room).map_or(Phase::Closed, |room| room.schedule.phase(now))
    }

    pub(crate) fn address(&self, room: &RoomId) -> RoomAddress {
        RoomAddress { programme: self.programme.id.clone(), room: room.clone() }
    }
}

/// A session in a room: what it follows, as whom, and from where.
pub(crate) struct Attendance {
    pub(crate) feed: Arc<Feed>,
    pub(crate) membership: Membership,
    /// The last publication that went into the session's outbox.
    pub(crate) cursor: Offset,
    /// It has caught up once: from then on it must keep up with the ring.
    pub(crate) live: bool,
}

/// What a session asks for.
pub(crate) enum Action {
    Authenticate { challenge: Challenge, key: MemberKey, signature: String, code: Option<String> },
    Rooms { member: Member },
    Join { member: Member, room: RoomId },
    Resume { member: Member, room: RoomId, position: kkanbu_model::Position },
    Leave { member: Member, room: RoomId },
    Redraw { member: Member, room: RoomId },
    Write { member: Member, feed: Arc<Feed>, membership: Membership, key: CommandKey, command: Command },
    History { member: MemberKey, feed: Arc<Feed>, membership: Membership, page: HistoryWanted },
    CatchUp { feed: Arc<Feed>, after: Offset },
}

impl Action {
    /// Who asks, where answering takes reading much.
    const fn reader(&self) -> Option<&MemberKey> {
        match self {
            Self::Rooms { member } | Self::Resume { member, .. } => Some(&member.key),
            Self::History { member, .. } => Some(member),
            Self::Authenticate { .. }
            | Self::Join { .. }
            | Self::Leave { .. }
            | Self::Redraw { .. }
            | Self::Write { .. }
            | Self::CatchUp { .. } => None,
        }
    }
}

/// Which page of history is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HistoryWanted {
    pub(crate) before: Option<Offset>,
    pub(crate) limit: usize,
    pub(crate) open_questions: bool,
}

/// What is answered.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Challenged(kkanbu_wire::Challenged),
    Previewed(kkanbu_wire::Previewed),
    Welcome(Box<Welcome>),
    Rooms(RoomList),
    Joined(Joined),
    Redrawn(Redrawn),
    Placed(Placed),
    History(HistoryPage),
    Empty(Empty),
}

/// What becomes of the session.
pub(crate) enum Change {
    /// Nothing.
    None,
    /// It belongs to this member now.
    Open(Member),
    /// It is in this room now.
    Attend(Attendance),
    /// It left this room.
    Unattend(RoomId),
    /// Its membership in this room is another now.
    Membership(RoomId, Membership),
}

/// How an action went.
#[expect(clippy::large_enum_variant, reason = "it is made once for a command and moved, never kept in numbers")]
pub(crate) enum Outcome {
    /// A command was done or rejected.
    Command(Result<Answer, Rejection>, Change),
    /// Missed publications of a room, to be sent in order; the last one's offset.
    CaughtUp { room: RoomId, frames: Vec<Bytes>, cursor: Offset },
    /// What a session missed can't be given: the room ends for it.
    Lost { room: RoomId, code: kkanbu_wire::RoomEndCode },
}

type PostRates = RateLimiter<
    MemberKey,
    governor::state::keyed::HashMapStateStore<MemberKey>,
    governor::clock::DefaultClock,
    governor::middleware::NoOpMiddleware<governor::clock::QuantaInstant>,
>;

/// Everything that sessions need, shared by all of them.
pub(crate) struct Service {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) programmes: Programmes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) padding: Padding,
    pub(crate) guard: Guard,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) sessions: crate::session::Registry,
    feeds: Feeds,
    /// One at a time offers pending acts to the log.
    relaying: tokio::sync::Mutex<()>,
    post_rates: PostRates,
    join_rates: PostRates,
    read_rates: PostRates,
}

/// What a service is made of.
pub(crate) struct ServiceParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) programmes: Programmes,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    pub(crate) padding: Padding,
    pub(crate) guard: Guard,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

fn rates(per_minute: u32, burst: u32) -> PostRates {
    let at_least_one = |number: u32| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    RateLimiter::hashmap(Quota::per_minute(at_least_one(per_minute)).allow_burst(at_least_one(burst)))
}

impl Service {
    pub(crate) fn new(parts: ServiceParts) -> Self {
        let limits = parts.limits;
        Self {
            feeds: Feeds::new(
                parts.broker.clone(),
                parts.store.clone(),
                limits.ring_publications_max,
                parts.padding,
                parts.telemetry.clone(),
                parts.tasks,
                parts.stop,
            ),
            store: parts.store,
            broker: parts.broker,
            programmes: parts.programmes,
            clock: parts.clock,
            padding: parts.padding,
            guard: parts.guard,
            telemetry: parts.telemetry,
            relaying: tokio::sync::Mutex::default(),
            sessions: crate::session::Registry::new(limits.sessions_per_member_max),
            post_rates: rates(limits.posts_per_minute, limits.posts_burst),
            join_rates: rates(limits.joins_per_minute, limits.joins_per_minute),
            read_rates: rates(limits.reads_per_minute, limits.reads_burst),
            limits,
        }
    }

    /// Does one action of a session.
    pub(crate) async fn perform(self: Arc<Self>, action: Action) -> Outcome {
        if let Some(Err(rejection)) = action.reader().map(|key| Self::take_one(&self.read_rates, key)) {
            return rejected(rejection);
        }
        match action {
            Action::Authenticate { challenge, key, signature, code } => {
                self.authenticate(&challenge, key, &signature, code.as_deref()).await
            }
            Action::Rooms { member } => {
                let next = self.next_room(&member.programme);
                let rooms = self.rooms(&member).await;
                Outcome::Command(rooms.map(|rooms| Answer::Rooms(RoomList { rooms, next })), Change::None)
            }
            Action::Join { member, room } => self.join(&member, &room).await,
            Action::Resume { member, room, position } => self.resume(&member, &room, position).await,
            Action::Leave { member, room } => self.leave(&member, &room).await,
            Action::Redraw { member, room } => self.redraw(&member, &room).await,
            Action::Write { member, feed, membership, key, command } => {
                self.write(&member, &feed, membership, key, command).await
            }
            Action::History { member: _, feed, membership, page } => {
                Outcome::Command(Ok(self.history(&feed, &membership, page)), Change::None)
            }
            Action::CatchUp { feed, after } => self.catch_up(&feed, after).await,
        }
    }

    /// Takes one from the member's allowance, or says when there will be one.
    fn take_one(rates: &PostRates, key: &MemberKey) -> Result<(), Rejection> {
        use governor::clock::Clock as _;
        rates.check_key(key).map_err(|early| {
            let wait = early.wait_time_from(governor::clock::DefaultClock::default().now());
            too_early(RejectCode::RateLimited, wait)
        })
    }

    /// Forgets the allowances of those who have theirs in full again.
    pub(crate) fn forget_idle_rates(&self) {
        self.post_rates.retain_recent();
        self.join_rates.retain_recent();
        self.read_rates.retain_recent();
    }
}

/// Half of a tag: enough to tell things apart that one key has named.
fn half(tag: kkanbu_keys::Tag) -> [u8; 16] {
    let [half, _] = *tag.as_chunks::<16>().0 else { return [0; 16] };
    half
}

/// A rejection that says when the same command may succeed.
fn too_early(code: RejectCode, wait: Duration) -> Rejection {
    let mut rejection = Rejection::new(code);
    rejection.data.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1));
    rejection
}

/// A failed command that changes nothing.
fn rejected(rejection: Rejection) -> Outcome {
    Outcome::Command(Err(rejection), Change::None)
}

/// `unavailable`, with what failed in the log and not on the wire.
fn store_failed(telemetry: &Telemetry, error: &StoreError) -> Rejection {
    telemetry.store_failed(error);
    Rejection::new(RejectCode::Unavailable)
}

/// `unavailable`, with what failed in the log and not on the wire.
fn broker_failed(telemetry: &Telemetry, error: &BrokerError) -> Rejection {
    telemetry.broker_failed(error);
    Rejection::new(RejectCode::Unavailable)
}

fn to_wire(position: kkanbu_model::Position) -> Position {
    Position { epoch: position.epoch.to_string(), offset: position.offset.get() }
}
