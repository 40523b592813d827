//! A session: one live connection and its state. A state machine without IO, stepped by whoever owns the connection.
//!
//! A frame goes in; a reply or an [`Action`] for the service comes out. The action's outcome goes back in and gives the reply. One action
//! at a time: the client's next frame waits in the socket meanwhile, which is all the backpressure that is needed.

mod attended;
mod open;
mod registry;
#[cfg(any(test, feature = "measure"))]
#[cfg_attr(not(feature = "interleaving"), expect(dead_code, reason = "some is for interleavings alone"))]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "it stands in for tests")]
mod stand_in;
mod stepped;

pub(crate) use registry::{Order, Registry, SessionHandle};
#[cfg(any(test, feature = "measure"))]
pub(crate) use stand_in::{FollowedRoom, Lead, Reader, Wish};
pub(crate) use stepped::Stepped;

use crate::challenge::Challenge;
use crate::close::CloseReason;
use crate::codec::text_frame;
use crate::engine::{Chunk, Told};
use crate::feed::{Feed, FeedId};
use crate::service::{Action, Answer, Attendance, Change, Outcome, Service};
use attended::Attended;
use bytes::Bytes;
use kkanbu_model::{Limits, MemberKey, MembershipId, Minute, Offset, ProgrammeId, RoomId, Sanction};
use kkanbu_wire::{
    Code, Command, Incoming, Muted, Padding, Push, RejectCode, Rejection, RoomEndCode, RoomEnded, decode_command,
    encode_error, encode_push, encode_result,
};
use open::Open;
use std::sync::Arc;
use std::task::Waker;

/// Failed attempts to authenticate on one connection before it is closed.
const ATTEMPTS_MAX: u8 = 5;

/// What a session is in, and what it owns then.
enum State {
    /// Nothing has been asked for.
    Greeting,
    /// A challenge is out.
    Challenged(Challenge),
    /// A signature is being checked.
    Authenticating,
    /// It belongs to a member.
    Open(Open),
}

/// What the owner does next.
pub(crate) enum Step {
    /// Send this frame.
    Send(Bytes),
    /// Have this done, and come back with the outcome.
    Perform(Action),
    /// Have the session hear of what happens to this room.
    Enter(Arc<Feed>),
    /// Have it hear no more of it.
    Exit(FeedId),
    /// Close.
    Close(CloseReason),
}

/// One connection's session.
pub(crate) struct Session {
    service: Arc<Service>,
    handle: Arc<SessionHandle>,
    server: Arc<str>,
    state: State,
    attempts: u8,
    /// The id of the command that is being done.
    pending: Option<u64>,
    /// Memberships that were left elsewhere while a command was being done.
    held: Vec<(RoomId, MembershipId)>,
}

impl Session {
    /// A session that `waker` wakes when there are orders for it.
    pub(crate) fn new(service: Arc<Service>, server: Arc<str>, waker: Waker) -> Self {
        let handle = service.sessions.new_handle(waker);
        Self { service, handle, server, state: State::Greeting, attempts: 0, pending: None, held: Vec::new() }
    }

    fn padding(&self) -> Padding {
        self.service.padding
    }

    fn reject(&self, id: Option<u64>, rejection: &Rejection) -> Step {
        self.service.telemetry.rejected(rejection.known().unwrap_or(RejectCode::Unavailable));
        Step::Send(text_frame(encode_error(id, rejection, self.padding())))
    }

    /// Every (state, command) pair is decided here; those of an open session by [`Open`].
    fn on_command(&mut self, command: Command) -> Result<Asked, Rejection> {
        match (&mut self.state, command) {
            (State::Greeting | State::Challenged(_), Command::Preview(asked)) => {
                let previewed = self.service.preview(&asked.programme, &asked.code);
                previewed.map(|previewed| Asked::Answer(Answer::Previewed(previewed)))
            }
            (State::Greeting | State::Challenged(_), Command::Challenge(asked)) => self.challenge(&asked.programme),
            (State::Challenged(_), Command::Authenticate(shown)) => self.authenticate(shown),
            (State::Greeting, Command::Authenticate(_)) => Err(Rejection::new(RejectCode::NoChallenge)),
            (State::Open(open), command) => open.on_command(command, &self.service.limits),
            // The owner does one action at a time, so nothing comes in while a signature is checked.
            (State::Authenticating, Command::Preview(_) | Command::Challenge(_) | Command::Authenticate(_)) => {
                Err(Rejection::new(RejectCode::AlreadyAuthenticated))
            }
            (
                State::Greeting | State::Challenged(_) | State::Authenticating,
                Command::Rooms(_)
                | Command::Join(_)
                | Command::Resume(_)
                | Command::Leave(_)
                | Command::Redraw(_)
                | Command::Post(_)
                | Command::Edit(_)
                | Command::Retract(_)
                | Command::React(_)
                | Command::Answer(_)
                | Command::History(_),
            ) => Err(Rejection::new(RejectCode::NotAuthenticated)),
        }
    }

    fn challenge(&mut self, programme: &str) -> Result<Asked, Rejection> {
        let unknown = || Rejection::new(RejectCode::UnknownProgramme);
        let programme = ProgrammeId::new(programme).map_err(|_| unknown())?;
        self.service.programmes.get(&programme).ok_or_else(unknown)?;
        let challenge = Challenge::new(&self.server, programme).map_err(|_| Rejection::new(RejectCode::Unavailable))?;
        let challenged = challenge.to_wire();
        self.state = State::Challenged(challenge);
        Ok(Asked::Answer(Answer::Challenged(challenged)))
    }

    fn authenticate(&mut self, shown: kkanbu_wire::Authenticate) -> Result<Asked, Rejection> {
        let key = MemberKey::parse(&shown.key)
            .map_err(|error| Rejection::new(RejectCode::InvalidParams).detail(error.to_string()))?;
        // Taken out: a challenge serves once, whatever comes of it.
        match std::mem::replace(&mut self.state, State::Authenticating) {
            State::Challenged(challenge) => {
                let (signature, code) = (shown.signature, shown.code);
                Ok(Asked::Action(Action::Authenticate { challenge, key, signature, code }))
            }
            other @ (State::Greeting | State::Authenticating | State::Open(_)) => {
                self.state = other;
                Err(Rejection::new(RejectCode::NoChallenge))
            }
        }
    }

    fn change(&mut self, change: Change) -> Vec<Step> {
        match (change, &mut self.state) {
            (Change::Open(member), _) => {
                self.service.sessions.opened(&member, &self.handle);
                // A programme that ended meanwhile closed the sessions that it knew, and did not know this one.
                if self.service.programmes.get(&member.programme.id).is_none() {
                    self.handle.close(CloseReason::ProgrammeEnded);
                }
                self.state = State::Open(Open { member, rooms: Attended::default() });
            }
            (Change::Attend(attendance), State::Open(open)) => {
                let feed = attendance.feed.clone();
                return match open.rooms.insert(attendance) {
                    Some(before) if before.feed.id == feed.id => self.entered(feed.id),
                    Some(before) => vec![Step::Exit(before.feed.id), Step::Enter(feed)],
                    None => vec![Step::Enter(feed)],
                };
            }
            (Change::Unattend(room), State::Open(open)) => {
                return open.rooms.remove(&room).map(|before| Step::Exit(before.feed.id)).into_iter().collect();
            }
            (Change::Membership(room, membership), State::Open(open)) => {
                if let Some(attendance) = open.rooms.get_mut(&room) {
                    attendance.membership = membership;
                }
            }
            (
                Change::None | Change::Attend(_) | Change::Unattend(_) | Change::Membership(..),
                State::Greeting | State::Challenged(_) | State::Authenticating | State::Open(_),
            ) => {}
        }
        Vec::new()
    }

    /// Ends a room whose membership was left in another session, if it is that membership that this session is in the room with.
    fn left(&mut self, room: &RoomId, left: MembershipId) -> Vec<Step> {
        match self.attendance(room) {
            Some(attendance) if attendance.membership.id == left => self.end_room(room, RoomEndCode::Left),
            Some(_) | None => Vec::new(),
        }
    }

    /// Takes what a moderator did to a membership, if it is that membership that this session is in the room with.
    fn sanctioned(&mut self, feed: FeedId, whom: MembershipId, sanction: Sanction) -> Vec<Step> {
        let State::Open(open) = &mut self.state else { return Vec::new() };
        let attendance = open.rooms.of_mut(feed).filter(|attendance| attendance.membership.id == whom);
        let Some(attendance) = attendance else { return Vec::new() };
        let room = attendance.feed.address.room.clone();
        if sanction.removed {
            return self.end_room(&room, RoomEndCode::Removed);
        }
        attendance.membership.sanction = sanction;
        let muted = Muted { room: room.to_string(), muted_until: sanction.muted_until.map(Minute::get) };
        vec![Step::Send(text_frame(encode_push(&Push::Muted(muted), self.padding())))]
    }

    /// Passes on that a room has opened or closed, where the member's role has the room.
    fn phase_changed(&self, room: &RoomId, frame: Bytes) -> Option<Step> {
        let State::Open(open) = &self.state else { return None };
        open.member.room(room).map(|_| Step::Send(frame))
    }

    fn end_room(&mut self, room: &RoomId, code: RoomEndCode) -> Vec<Step> {
        let State::Open(open) = &mut self.state else { return Vec::new() };
        let Some(attendance) = open.rooms.remove(room) else { return Vec::new() };
        let ended = RoomEnded { room: room.to_string(), code: code.number(), reason: code.name().to_owned() };
        let ended = text_frame(encode_push(&Push::RoomEnded(ended), self.padding()));
        vec![Step::Exit(attendance.feed.id), Step::Send(ended)]
    }

    fn attendance(&mut self, room: &RoomId) -> Option<&mut Attendance> {
        match &mut self.state {
            State::Open(open) => open.rooms.get_mut(room),
            State::Greeting | State::Challenged(_) | State::Authenticating => None,
        }
    }

    fn following(&self, feed: FeedId) -> Option<&Attendance> {
        match &self.state {
            State::Open(open) => open.rooms.of(feed),
            State::Greeting | State::Challenged(_) | State::Authenticating => None,
        }
    }
}

impl Stepped for Session {
    fn limits(&self) -> &Limits {
        &self.service.limits
    }

    fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    fn has_failed_too_often(&self) -> bool {
        self.attempts >= ATTEMPTS_MAX
    }

    fn on_text(&mut self, text: &str) -> Step {
        match decode_command(text) {
            Ok(Incoming { id, command }) => {
                self.service.telemetry.command(&command);
                match self.on_command(command) {
                    Ok(Asked::Answer(answer)) => Step::Send(text_frame(encode_result(id, &answer, self.padding()))),
                    Ok(Asked::Action(action)) => {
                        self.pending = Some(id);
                        Step::Perform(action)
                    }
                    Err(rejection) => {
                        // A wrong code costs an attempt wherever it is tried.
                        self.attempts += u8::from(rejection.known() == Some(RejectCode::WrongCode));
                        self.reject(Some(id), &rejection)
                    }
                }
            }
            Err(refused) => self.reject(refused.id, &refused.rejection),
        }
    }

    fn on_orders(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for order in self.handle.take_orders() {
            match order {
                Order::Close(reason) => steps.push(Step::Close(reason)),
                Order::Phase(room, frame) => steps.extend(self.phase_changed(&room, frame)),
                Order::Left(room, left) => {
                    let ended = self.left(&room, left);
                    // A join or resume that is under way may have read the membership before it ended.
                    if ended.is_empty() && self.pending.is_some() {
                        self.held.push((room, left));
                    }
                    steps.extend(ended);
                }
            }
        }
        steps
    }

    fn entered(&mut self, feed: FeedId) -> Vec<Step> {
        // What a moderator did while the membership was being read.
        let Some(attendance) = self.following(feed) else { return Vec::new() };
        let whom = attendance.membership.id;
        attendance.feed.sanction(whom).map_or_else(Vec::new, |sanction| self.sanctioned(feed, whom, sanction))
    }

    fn on_told(&mut self, feed: FeedId, told: Told) -> Vec<Step> {
        match told {
            Told::Ended(code) => {
                let room = self.following(feed).map(|attendance| attendance.feed.address.room.clone());
                room.map_or_else(Vec::new, |room| self.end_room(&room, code))
            }
            Told::Sanctioned(whom, sanction) => self.sanctioned(feed, whom, sanction),
        }
    }

    fn perform(&self, action: Action) -> impl Future<Output = Outcome> + Send + 'static {
        self.service.clone().perform(action)
    }

    fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step> {
        match outcome {
            Outcome::Command(result, change) => {
                let mut steps = self.change(change);
                let Some(id) = self.pending.take() else { return steps };
                let held = std::mem::take(&mut self.held);
                if matches!(self.state, State::Authenticating) {
                    self.state = State::Greeting;
                    self.attempts += 1;
                }
                steps.push(match &result {
                    Ok(answer) => Step::Send(text_frame(encode_result(id, answer, self.padding()))),
                    Err(rejection) => self.reject(Some(id), rejection),
                });
                steps.extend(held.into_iter().flat_map(|(room, left)| self.left(&room, left)));
                steps
            }
            Outcome::CaughtUp { room, frames, cursor } => {
                if let Some(attendance) = self.attendance(&room) {
                    attendance.cursor = cursor;
                    return frames.into_iter().map(Step::Send).collect();
                }
                Vec::new()
            }
            Outcome::Lost { room, code } => self.end_room(&room, code),
        }
    }

    fn gather(&mut self, chunk: &mut Chunk, is_stalled: bool) -> Result<Option<Action>, CloseReason> {
        match &mut self.state {
            State::Open(open) => open.rooms.gather(chunk, is_stalled),
            State::Greeting | State::Challenged(_) | State::Authenticating => Ok(None),
        }
    }

    fn cursor(&self, feed: FeedId) -> Option<Offset> {
        self.following(feed).map(|attendance| attendance.cursor)
    }

    fn advance(&mut self, feed: FeedId, cursor: Offset) {
        if let State::Open(open) = &mut self.state {
            open.rooms.advance(feed, cursor);
        }
    }

    fn has_to_keep_up(&self, feed: FeedId) -> bool {
        self.following(feed).is_some_and(|attendance| attendance.live)
    }

    fn feeds(&self) -> Vec<FeedId> {
        match &self.state {
            State::Open(open) => open.rooms.iter().map(|attendance| attendance.feed.id).collect(),
            State::Greeting | State::Challenged(_) | State::Authenticating => Vec::new(),
        }
    }

    fn end(&mut self) {
        if let State::Open(open) = &self.state {
            self.service.sessions.closed(&open.member, &self.handle);
        }
        self.state = State::Greeting;
    }
}

/// What a command asks for.
enum Asked {
    /// This answer, at once.
    Answer(Answer),
    /// Something to be done.
    Action(Action),
}
