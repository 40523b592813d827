//! A session: one live connection and its state. A state machine without IO, stepped by whoever owns the connection.
//!
//! A frame goes in; a reply or an [`Action`] for the service comes out. The action's outcome goes back in and gives the reply. One action
//! at a time: the client's next frame waits in the socket meanwhile, which is all the backpressure that is needed.

mod open;
mod registry;
mod stepped;

pub(crate) use registry::{Order, Registry, SessionHandle};
pub(crate) use stepped::Stepped;

use crate::challenge::Challenge;
use crate::close::CloseReason;
use crate::codec::text_frame;
use crate::feed::Bell as _;
use crate::feed::OutOfRing;
use crate::outbox::Outbox;
use crate::service::{Action, Answer, Attendance, Change, Outcome, Service};
use bytes::Bytes;
use kkanbu_model::{MemberKey, MembershipId, Minute, ProgrammeId, RoomId, Sanction};
use kkanbu_wire::{
    Code, Command, Incoming, Muted, Padding, Push, RejectCode, Rejection, RoomEndCode, RoomEnded, decode_command,
    encode_error, encode_push, encode_result,
};
use open::Open;
use std::collections::BTreeMap;
use std::sync::Arc;

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
#[expect(clippy::large_enum_variant, reason = "it is made once for a command and moved, never kept in numbers")]
pub(crate) enum Step {
    /// Send this frame.
    Send(Bytes),
    /// Have this done, and come back with the outcome.
    Perform(Action),
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
    pub(crate) fn new(service: Arc<Service>, server: Arc<str>) -> Self {
        let handle = service.sessions.new_handle();
        Self { service, handle, server, state: State::Greeting, attempts: 0, pending: None, held: Vec::new() }
    }

    /// What rings when there is something for this session.
    pub(crate) fn handle(&self) -> Arc<SessionHandle> {
        self.handle.clone()
    }

    /// Whether it belongs to a member.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether it has failed as often as it may.
    pub(crate) const fn has_failed_too_often(&self) -> bool {
        self.attempts >= ATTEMPTS_MAX
    }

    fn padding(&self) -> Padding {
        self.service.padding
    }

    /// Takes a text frame of the client.
    pub(crate) fn on_text(&mut self, text: &str) -> Step {
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

    /// Takes the outcome of the action that was being done.
    pub(crate) fn on_outcome(&mut self, outcome: Outcome) -> Vec<Step> {
        match outcome {
            Outcome::Command(result, change) => {
                self.change(change);
                let Some(id) = self.pending.take() else { return Vec::new() };
                let held = std::mem::take(&mut self.held);
                if matches!(self.state, State::Authenticating) {
                    self.state = State::Greeting;
                    self.attempts += 1;
                }
                let mut steps = vec![match &result {
                    Ok(answer) => Step::Send(text_frame(encode_result(id, answer, self.padding()))),
                    Err(rejection) => self.reject(Some(id), rejection),
                }];
                steps.extend(held.into_iter().filter_map(|(room, left)| self.left(&room, left)));
                steps
            }
            Outcome::CaughtUp { room, frames, cursor } => {
                if let Some(attendance) = self.attendance(&room) {
                    attendance.cursor = cursor;
                    return frames.into_iter().map(Step::Send).collect();
                }
                Vec::new()
            }
            Outcome::Lost { room, code } => self.end_room(&room, code).into_iter().collect(),
        }
    }

    fn change(&mut self, change: Change) {
        match (change, &mut self.state) {
            (Change::Open(member), _) => {
                self.service.sessions.opened(&member, &self.handle);
                // A programme that ended meanwhile closed the sessions that it knew, and did not know this one.
                if self.service.programmes.get(&member.programme.id).is_none() {
                    self.handle.close(CloseReason::ProgrammeEnded);
                }
                self.state = State::Open(Open { member, rooms: BTreeMap::new() });
            }
            (Change::Attend(attendance), State::Open(open)) => {
                attendance.feed.listen(self.handle.id(), self.handle.clone());
                // What a moderator did while the membership was being read.
                if let Some(sanction) = attendance.feed.sanction(attendance.membership.id) {
                    let (room, id) = (&attendance.feed.address, attendance.membership.id);
                    self.handle.sanctioned(room, id, sanction);
                }
                open.rooms.insert(attendance.feed.address.room.clone(), attendance);
            }
            (Change::Unattend(room), State::Open(open)) => {
                if let Some(attendance) = open.rooms.remove(&room) {
                    attendance.feed.unlisten(self.handle.id());
                }
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
    }

    /// Takes what others ordered for this session: a room's end, or the session's.
    pub(crate) fn on_orders(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for order in self.handle.take_orders() {
            match order {
                Order::Close(reason) => steps.push(Step::Close(reason)),
                Order::RoomEnded(room, code) => steps.extend(self.end_room(&room, code)),
                Order::Sanctioned(room, whom, sanction) => steps.extend(self.sanctioned(&room, whom, sanction)),
                Order::Phase(room, frame) => steps.extend(self.phase_changed(&room, frame)),
                Order::Left(room, left) => match self.left(&room, left) {
                    Some(step) => steps.push(step),
                    // A join or resume that is under way may have read the membership before it ended.
                    None if self.pending.is_some() => self.held.push((room, left)),
                    None => {}
                },
            }
        }
        steps
    }

    /// Ends a room whose membership was left in another session, if it is that membership that this session is in the room with.
    fn left(&mut self, room: &RoomId, left: MembershipId) -> Option<Step> {
        self.attendance(room).filter(|attendance| attendance.membership.id == left)?;
        self.end_room(room, RoomEndCode::Left)
    }

    /// Takes what a moderator did to a membership, if it is that membership that this session is in the room with.
    fn sanctioned(&mut self, room: &RoomId, whom: MembershipId, sanction: Sanction) -> Option<Step> {
        let attendance = self.attendance(room).filter(|attendance| attendance.membership.id == whom)?;
        if sanction.removed {
            return self.end_room(room, RoomEndCode::Removed);
        }
        attendance.membership.sanction = sanction;
        let muted = Muted { room: room.to_string(), muted_until: sanction.muted_until.map(Minute::get) };
        Some(Step::Send(text_frame(encode_push(&Push::Muted(muted), self.padding()))))
    }

    /// Passes on that a room has opened or closed, where the member's role has the room.
    fn phase_changed(&self, room: &RoomId, frame: Bytes) -> Option<Step> {
        let State::Open(open) = &self.state else { return None };
        open.member.room(room).map(|_| Step::Send(frame))
    }

    fn end_room(&mut self, room: &RoomId, code: RoomEndCode) -> Option<Step> {
        let State::Open(open) = &mut self.state else { return None };
        let attendance = open.rooms.remove(room)?;
        attendance.feed.unlisten(self.handle.id());
        let ended = RoomEnded { room: room.to_string(), code: code.number(), reason: code.name().to_owned() };
        Some(Step::Send(text_frame(encode_push(&Push::RoomEnded(ended), self.padding()))))
    }

    fn attendance(&mut self, room: &RoomId) -> Option<&mut Attendance> {
        match &mut self.state {
            State::Open(open) => open.rooms.get_mut(room),
            State::Greeting | State::Challenged(_) | State::Authenticating => None,
        }
    }

    /// Copies publications from the rooms' rings into the outbox, each room from its cursor. Where a room's ring no longer reaches back
    /// to the cursor, a session that is still catching up has the log read; one that was live is a slow consumer, and ends.
    pub(crate) fn fill(&mut self, outbox: &mut Outbox) -> Result<Option<Action>, CloseReason> {
        let State::Open(open) = &mut self.state else { return Ok(None) };
        for attendance in open.rooms.values_mut() {
            if !outbox.has_room() {
                break;
            }
            let copied = attendance.feed.copy_after(attendance.cursor, |frame| {
                outbox.push(frame);
                outbox.has_room()
            });
            match copied {
                Ok(cursor) => {
                    attendance.cursor = cursor;
                    attendance.live |= cursor >= attendance.feed.head();
                }
                Err(OutOfRing) if attendance.live => return Err(CloseReason::SlowConsumer),
                Err(OutOfRing) => {
                    let (feed, after) = (attendance.feed.clone(), attendance.cursor);
                    return Ok(Some(Action::CatchUp { feed, after }));
                }
            }
        }
        Ok(None)
    }

    /// Lets go of everything.
    pub(crate) fn end(&mut self) {
        if let State::Open(open) = &mut self.state {
            for attendance in open.rooms.values() {
                attendance.feed.unlisten(self.handle.id());
            }
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
