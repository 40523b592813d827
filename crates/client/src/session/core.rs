//! What a session knows and decides, without a socket: which commands are due, what a frame means, what to tell the
//! caller. Time is given to it; the task around it reads and writes.

use super::handshake::FIRST_ID;
use super::pending::{Ask, Pending, Repeat};
use crate::backoff::{self, CEILING};
use crate::error::{CommandError, Ended, Interruption, is_retryable};
use crate::event::Event;
use crate::telemetry;
use kkanbu_wire::{
    Code, Command, FromServer, Joined, LimitsInfo, Position, Publication, Push, RejectCode, Rejection, Resume,
    RoomEndCode, RoomEnded, decode_from_server, encode_command,
};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc::Permit;
use tokio::time::Instant;

/// Commands that wait in the task. Crossed: callers wait to hand theirs over.
const PENDING_MAX: usize = 256;

/// Commands that are sent before the first of them is answered. Crossed: the next ones wait.
const IN_FLIGHT_MAX: usize = 32;

/// What a room's pushes on this connection stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Joined or resumed: publications come.
    Live,
    /// `resume` is to be sent, for the `attempts`-th time.
    Due { not_before: Instant, attempts: u32 },
    /// `resume` was sent under this id.
    Asked { id: u64, attempts: u32 },
}

#[derive(Debug)]
struct Room {
    /// Of the last publication that the caller got.
    position: Position,
    standing: Standing,
}

/// What a session knows.
#[derive(Debug)]
pub(crate) struct Core {
    next_id: u64,
    frame_bytes_max: usize,
    rooms: BTreeMap<String, Room>,
    pending: VecDeque<Pending>,
    events: VecDeque<Event>,
}

impl Core {
    pub(crate) fn new(limits: &LimitsInfo) -> Self {
        Self {
            next_id: FIRST_ID,
            frame_bytes_max: frame_bytes_max(limits),
            rooms: BTreeMap::new(),
            pending: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// Whether another command may be handed over.
    pub(crate) fn takes_more(&self) -> bool {
        self.pending.len() < PENDING_MAX
    }

    /// Takes a command over.
    pub(crate) fn ask(&mut self, ask: Ask) {
        self.pending.push_back(Pending::new(ask));
    }

    /// Whether the caller has something to be told. Until it is, nothing more is read.
    pub(crate) fn has_event(&self) -> bool {
        !self.events.is_empty()
    }

    /// Tells the caller one thing; without a permit nobody listens, and it is dropped.
    pub(crate) fn deliver(&mut self, permit: Option<Permit<'_, Event>>) {
        let event = self.events.pop_front();
        if let (Some(permit), Some(event)) = (permit, event) {
            permit.send(event);
        }
    }

    /// The connection is gone. What can't be repeated fails; everything else waits for the next one.
    pub(crate) fn disconnected(&mut self, interruption: &Interruption) {
        for mut pending in std::mem::take(&mut self.pending) {
            if pending.sent.take().is_some() && pending.repeat == Repeat::Never {
                pending.answer(Err(CommandError::Interrupted));
            } else {
                self.pending.push_back(pending);
            }
        }
        self.events.push_back(Event::Disconnected(interruption.clone()));
    }

    /// There is a connection again: every room is to be resumed on it before its commands go out.
    pub(crate) fn connected(&mut self, limits: &LimitsInfo, now: Instant) {
        self.frame_bytes_max = frame_bytes_max(limits);
        for room in self.rooms.values_mut() {
            room.standing = Standing::Due { not_before: now, attempts: 0 };
        }
        self.events.push_back(Event::Reconnected);
    }

    /// The session is over: nobody gets a reply any more.
    pub(crate) fn end(&mut self, ended: &Ended) {
        for pending in self.pending.drain(..) {
            pending.answer(Err(CommandError::Ended(ended.clone())));
        }
    }

    /// When something that waits at `now` becomes due.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let rooms = self.rooms.values().filter_map(|room| match room.standing {
            Standing::Due { not_before, .. } => Some(not_before),
            Standing::Live | Standing::Asked { .. } => None,
        });
        let commands = self.pending.iter().filter(|pending| pending.sent.is_none()).filter_map(|p| p.not_before);
        // What is due but held back for another reason waits for a frame, not for the clock.
        rooms.chain(commands).filter(|due| *due > now).min()
    }

    /// The frames to send now, in order.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<String> {
        let mut frames = self.resumes_due(now);
        self.pending.retain(|pending| !pending.is_abandoned());
        let mut in_flight = self.pending.iter().filter(|pending| pending.sent.is_some()).count();
        let mut writes_held = false;
        let mut too_long = Vec::new();
        for (index, pending) in self.pending.iter_mut().enumerate() {
            if pending.sent.is_some() {
                continue;
            }
            let waits = pending.not_before.is_some_and(|due| due > now);
            let keyed = pending.repeat == Repeat::Keyed;
            // Writes keep their order: none overtakes one that was told to wait.
            writes_held |= waits && keyed;
            let room = pending.room().and_then(|room| self.rooms.get(room));
            let resuming = room.is_some_and(|room| room.standing != Standing::Live);
            if waits || (keyed && writes_held) || resuming || in_flight >= IN_FLIGHT_MAX {
                continue;
            }
            let frame = encode_command(self.next_id, &pending.command);
            if frame.len() > self.frame_bytes_max {
                too_long.push((index, frame.len()));
                continue;
            }
            pending.sent = Some(self.next_id);
            self.next_id += 1;
            in_flight += 1;
            frames.push(frame);
        }
        self.refuse_too_long(too_long);
        frames
    }

    /// Longer frames would close the session for good.
    fn refuse_too_long(&mut self, too_long: Vec<(usize, usize)>) {
        for (index, bytes) in too_long.into_iter().rev() {
            if let Some(pending) = self.pending.remove(index) {
                pending.answer(Err(CommandError::TooLong { bytes, max: self.frame_bytes_max }));
            }
        }
    }

    fn resumes_due(&mut self, now: Instant) -> Vec<String> {
        let mut frames = Vec::new();
        for (name, room) in &mut self.rooms {
            if let Standing::Due { not_before, attempts } = room.standing
                && not_before <= now
            {
                let resume = Resume { room: name.clone(), position: room.position.clone() };
                frames.push(encode_command(self.next_id, &Command::Resume(resume)));
                room.standing = Standing::Asked { id: self.next_id, attempts };
                self.next_id += 1;
            }
        }
        frames
    }

    /// Takes a frame of the server in.
    pub(crate) fn receive(&mut self, frame: &str, now: Instant) -> Result<(), Interruption> {
        match decode_from_server(frame).map_err(|_| Interruption::Malformed)? {
            FromServer::Push(Push::Publication(publication)) => self.publication(publication),
            FromServer::Push(Push::RoomEnded(ended)) => {
                self.room_ended(ended, now);
                Ok(())
            }
            FromServer::Push(Push::Phase(changed)) => {
                self.events.push_back(Event::Phase(changed));
                Ok(())
            }
            FromServer::Push(Push::Muted(muted)) => {
                self.events.push_back(Event::Muted(muted));
                Ok(())
            }
            FromServer::Push(Push::Unknown) => Ok(()),
            FromServer::Result { id, result } => self.done(id, result),
            FromServer::Error { id: Some(id), error } => {
                self.rejected(id, error, now);
                Ok(())
            }
            FromServer::Error { id: None, error } => {
                telemetry::command_unread(error.code);
                Ok(())
            }
        }
    }

    fn publication(&mut self, publication: Publication) -> Result<(), Interruption> {
        // Pushes of a room may cross the reply to `leave`.
        let Some(room) = self.rooms.get_mut(&publication.room) else { return Ok(()) };
        let expected = room.position.offset + 1;
        if publication.offset > expected {
            return Err(Interruption::Jump { room: publication.room, expected, got: publication.offset });
        }
        if publication.offset == expected {
            room.position.offset = expected;
            self.events.push_back(Event::Publication(publication));
        }
        Ok(())
    }

    fn room_ended(&mut self, ended: RoomEnded, now: Instant) {
        let Some(room) = self.rooms.get_mut(&ended.room) else { return };
        if (2000..2500).contains(&ended.code) {
            let pause = ended.code != RoomEndCode::LogReplaced.number();
            let wait = if pause { backoff::wait(1, CEILING) } else { Duration::ZERO };
            room.standing = Standing::Due { not_before: now + wait, attempts: 1 };
        } else {
            self.forget(ended.room, ended.code, ended.reason);
        }
    }

    fn forget(&mut self, room: String, code: i32, reason: String) {
        self.rooms.remove(&room);
        self.events.push_back(Event::RoomEnded { room, code, reason });
    }

    fn resuming(&self, id: u64) -> Option<(String, u32)> {
        self.rooms.iter().find_map(|(name, room)| match room.standing {
            Standing::Asked { id: asked, attempts } if asked == id => Some((name.clone(), attempts)),
            Standing::Asked { .. } | Standing::Live | Standing::Due { .. } => None,
        })
    }

    fn take(&mut self, id: u64) -> Option<Pending> {
        let index = self.pending.iter().position(|pending| pending.sent == Some(id))?;
        self.pending.remove(index)
    }

    fn done(&mut self, id: u64, result: Box<RawValue>) -> Result<(), Interruption> {
        if let Some((name, _)) = self.resuming(id) {
            let joined = read_joined(&result)?;
            self.resumed(&name, joined);
            return Ok(());
        }
        let Some(pending) = self.take(id) else { return Ok(()) };
        if let Command::Join(join) = &pending.command {
            let joined = read_joined(&result)?;
            self.joined(&join.room, joined);
        } else if let Command::Leave(leave) = &pending.command {
            self.rooms.remove(&leave.room);
        }
        pending.answer(Ok(result));
        Ok(())
    }

    fn resumed(&mut self, name: &str, joined: Joined) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.standing = Standing::Live;
        if !joined.recovered {
            let reason = joined.reason.unwrap_or_default();
            self.reset(name, reason, joined.position);
        }
    }

    fn joined(&mut self, name: &str, joined: Joined) {
        match self.rooms.get(name) {
            // Joined already: publications go on where they were. Should the server think otherwise, the jump shows.
            Some(room) if room.position.epoch == joined.position.epoch => (),
            Some(_) => self.reset(name, "epoch".to_owned(), joined.position),
            None => {
                let room = Room { position: joined.position, standing: Standing::Live };
                self.rooms.insert(name.to_owned(), room);
            }
        }
    }

    fn reset(&mut self, name: &str, reason: String, position: Position) {
        if let Some(room) = self.rooms.get_mut(name) {
            room.position = position.clone();
        }
        self.events.push_back(Event::RoomReset { room: name.to_owned(), reason, position });
    }

    fn rejected(&mut self, id: u64, error: Rejection, now: Instant) {
        if let Some((name, attempts)) = self.resuming(id) {
            if is_retryable(error.code) {
                let standing = Standing::Due { not_before: now + pause(&error, attempts), attempts: attempts + 1 };
                if let Some(room) = self.rooms.get_mut(&name) {
                    room.standing = standing;
                }
            } else {
                self.forget(name, error.code, error.message);
            }
            return;
        }
        let Some(index) = self.pending.iter().position(|pending| pending.sent == Some(id)) else { return };
        let Some(pending) = self.pending.get_mut(index) else { return };
        let resuming =
            pending.room().and_then(|room| self.rooms.get(room)).is_some_and(|r| r.standing != Standing::Live);
        if is_retryable(error.code) {
            pending.sent = None;
            pending.not_before = Some(now + pause(&error, pending.attempts));
            pending.attempts += 1;
        } else if resuming && error.code == RejectCode::NotAMember.number() {
            // The room ended under it and is being resumed: it goes again after that.
            pending.sent = None;
        } else if let Some(pending) = self.pending.remove(index) {
            pending.answer(Err(CommandError::Rejected(error)));
        }
    }
}

/// How long to wait after "not now": what the server says, or a random while.
fn pause(error: &Rejection, attempts: u32) -> Duration {
    error.data.retry_after_ms.map_or_else(|| backoff::wait(attempts, CEILING), Duration::from_millis)
}

fn read_joined(result: &RawValue) -> Result<Joined, Interruption> {
    serde_json::from_str(result.get()).map_err(|_| Interruption::Malformed)
}

fn frame_bytes_max(limits: &LimitsInfo) -> usize {
    usize::try_from(limits.frame_bytes_max).unwrap_or(usize::MAX)
}
