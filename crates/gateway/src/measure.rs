//! What `benches/` measure: the way of a command through the service, and that of a publication to a room's sockets, both without the kernel. Only
//! the benches build this file.

use crate::challenge::Challenge;
use crate::engine::stand_in::{Bench, Pipe};
use crate::feed::Feed;
use crate::service::{Action, Answer, Change, Member, Outcome, Programmes, Service, ServiceParts};
use crate::session::{FollowedRoom, Lead, Wish};
use crate::telemetry::Telemetry;
use kkanbu_broker::Broker;
use kkanbu_model::{CommandKey, Limits, MemberKey, Membership, Position, ProgrammeId, RoomId, SystemClock};
use kkanbu_room::{Command, Guard};
use kkanbu_store::Store;
use kkanbu_wire::{Padding, RejectCode, Rejection, encode_result};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A room whose members have sockets that take everything, and the worker that owns all of them.
pub struct FanOut {
    bench: Bench,
    rooms: Arc<Vec<FollowedRoom>>,
    pipes: Vec<Arc<Pipe>>,
    _leads: Vec<Arc<Lead>>,
    runtime: Runtime,
}

impl FanOut {
    /// With so many members, who have had a publication already.
    pub fn new(members: usize) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let rooms = Arc::new(vec![FollowedRoom::new(0, 64, Padding::Quiet)]);
        let mut bench = Bench::new(0, Limits::default(), Duration::ZERO, &rooms);
        let pipes: Vec<_> = (0..members).map(|_| Pipe::sink()).collect();
        let leads = pipes.iter().map(|pipe| {
            let lead = bench.door.enter(pipe);
            lead.wish(Wish::Follow { room: 0, after: None });
            bench.settle();
            lead
        });
        let leads = leads.collect();
        drop(entered);
        let mut fan_out = Self { bench, rooms, pipes, _leads: leads, runtime };
        fan_out.publish();
        fan_out.deliver();
        Ok(fan_out)
    }

    /// A publication is there, and its frame is made.
    pub fn publish(&self) {
        self.rooms.iter().for_each(|room| room.publish(1));
    }

    /// The worker sends it to everybody. Gives how many bytes all of them have got by now.
    pub fn deliver(&mut self) -> usize {
        let _entered = self.runtime.enter();
        self.bench.settle();
        self.pipes.iter().map(|pipe| pipe.count()).sum()
    }
}

/// A service that no socket leads to.
pub struct Path(Arc<Service>);

/// A challenge that was given out.
pub struct Asked(Challenge);

/// A member that came in.
pub struct Seated(Member);

/// A member in a room.
pub struct Attending {
    member: Member,
    feed: Arc<Feed>,
    membership: Membership,
}

impl Asked {
    /// The text that is to be signed.
    pub fn text(&self, key: MemberKey) -> String {
        let told = self.0.to_wire();
        kkanbu_wire::challenge::signing_text(&told.server, &told.programme, &told.nonce, &key.to_text())
    }

    /// Whether the signature is the key's.
    pub fn is_signed_by(&self, key: MemberKey, signature: &str) -> bool {
        self.0.is_signed_by(key, signature)
    }
}

impl Path {
    /// A service on these.
    pub fn new(store: Arc<dyn Store>, broker: Arc<dyn Broker>, programmes: Programmes, limits: Limits) -> Option<Self> {
        Some(Self(Arc::new(Service::new(ServiceParts {
            store,
            broker,
            programmes,
            clock: Arc::new(SystemClock),
            limits,
            padding: Padding::Quiet,
            guard: Guard::new(None).ok()?,
            telemetry: Arc::new(Telemetry::new()),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }))))
    }

    /// A challenge for the programme.
    pub fn challenge(&self, programme: &ProgrammeId) -> Option<Asked> {
        Challenge::new("https://kkanbu.example", programme.clone()).ok().map(Asked)
    }

    /// Comes in, and has the welcome encoded. Returns the bytes of the welcome too.
    pub async fn authenticate(
        &self,
        asked: Asked,
        key: MemberKey,
        signature: String,
    ) -> Result<(Seated, usize), Rejection> {
        let action = Action::Authenticate { challenge: asked.0, key, signature, code: None };
        match self.done(action).await? {
            (bytes, Change::Open(member)) => Ok((Seated(member), bytes)),
            _ => Err(Rejection::new(RejectCode::Unavailable)),
        }
    }

    /// Comes back into a room.
    pub async fn resume(&self, seated: &Seated, room: &RoomId, since: Position) -> Result<Attending, Rejection> {
        let action = Action::Resume { member: seated.0.clone(), room: room.clone(), position: since };
        match self.done(action).await? {
            (_, Change::Attend(attendance)) => {
                Ok(Attending { member: seated.0.clone(), feed: attendance.feed, membership: attendance.membership })
            }
            _ => Err(Rejection::new(RejectCode::Unavailable)),
        }
    }

    /// Writes into the room.
    pub async fn write(&self, attending: &Attending, key: CommandKey, command: Command) -> Result<(), Rejection> {
        let Attending { member, feed, membership } = attending;
        let (member, feed, membership) = (member.clone(), feed.clone(), membership.clone());
        self.done(Action::Write { member, feed, membership, key, command }).await.map(drop)
    }

    /// The bytes of the answer, and what becomes of the session.
    async fn done(&self, action: Action) -> Result<(usize, Change), Rejection> {
        match self.0.clone().perform(action).await {
            Outcome::Command(Ok(answer), change) => Ok((encoded(&answer), change)),
            Outcome::Command(Err(rejection), _) => Err(rejection),
            Outcome::CaughtUp { .. } | Outcome::Lost { .. } => Err(Rejection::new(RejectCode::Unavailable)),
        }
    }
}

fn encoded(answer: &Answer) -> usize {
    encode_result(1, answer, Padding::Quiet).len()
}
