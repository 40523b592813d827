//! One connection as its worker has it: it reads, steps the session, writes, and watches the deadlines, and never waits. It has no task and
//! no timer of its own, and no buffer while nothing is in flight.

use super::chunk::Chunk;
use super::goodbye::Goodbye;
use super::line::Line;
use super::mailbox::ConnectionBell;
use super::rooms::Told;
use crate::close::CloseReason;
use crate::codec::{Codec, PING_FRAME, Received};
use crate::feed::{Feed, FeedId, OutOfRing};
use crate::outbox::Outbox;
use crate::service::{Action, Outcome};
use crate::session::{Step, Stepped};
use kkanbu_model::{Limits, Offset};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Messages handled in one turn before other connections get theirs.
const MESSAGES_A_TURN: usize = 32;

/// Bytes up to which publications go out together with what waits already.
const TOGETHER_BYTES: usize = 4_096;

/// What a session has asked for and is being done.
pub(super) type Pending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a worker lends its connections for a turn.
pub(super) struct Lent {
    /// The one read buffer.
    pub(super) read: Box<[u8]>,
    pub(super) chunk: Chunk,
    /// The time when the worker woke.
    pub(super) now: Instant,
}

/// When things have to have happened.
struct Deadlines {
    /// The session must be authenticated.
    authenticate: Instant,
    /// The client must have been heard.
    silence: Instant,
    /// The next ping is due.
    ping: Instant,
}

/// One connection.
pub(super) struct Connection<S, D> {
    line: Line<S>,
    codec: Codec,
    outbox: Outbox,
    session: D,
    pending: Option<Pending>,
    /// Rooms that the session enters and leaves, which is the worker's to do.
    moves: Vec<Step>,
    bell: Arc<ConnectionBell>,
    deadlines: Deadlines,
    /// Gives back the connection's place in the server's count.
    permit: Option<OwnedSemaphorePermit>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, D: Stepped> Connection<S, D> {
    pub(super) fn new(
        line: Line<S>,
        early: &[u8],
        session: D,
        bell: Arc<ConnectionBell>,
        permit: Option<OwnedSemaphorePermit>,
        now: Instant,
    ) -> Self {
        let limits = session.limits();
        let deadlines = Deadlines {
            authenticate: now + limits.authenticate,
            silence: now + limits.silence_max,
            ping: now + limits.heartbeat,
        };
        let codec = Codec::new(early, limits.frame_bytes_max);
        let (outbox, pending, moves) = (Outbox::default(), None, Vec::new());
        Self { line, codec, outbox, session, pending, moves, bell, deadlines, permit }
    }

    fn limits(&self) -> &Limits {
        self.session.limits()
    }

    /// Does everything that can be done without waiting. True where there is more to do than a turn is for.
    pub(super) fn turn(&mut self, lent: &mut Lent) -> Result<bool, CloseReason> {
        // Before looking, so that nothing is missed.
        self.bell.listened();
        self.line.try_again();
        self.flush(lent.now)?;
        self.act()?;
        let mut idle = false;
        for _ in 0..MESSAGES_A_TURN {
            if idle || !self.may_listen() {
                break;
            }
            idle = !self.next_message(lent)?;
            // Also after the last message: an action that was begun and not polled wakes nobody.
            self.act()?;
        }
        self.fill(lent)?;
        Ok(!idle && self.may_listen())
    }

    /// Whether the client's next message may be taken: one action at a time, and a room is entered before anything else is asked for. A client
    /// that does not read its replies is not listened to either.
    fn may_listen(&self) -> bool {
        self.pending.is_none() && self.moves.is_empty() && self.outbox.has_room()
    }

    /// Takes the next message, or reads. False where nothing is there.
    fn next_message(&mut self, lent: &mut Lent) -> Result<bool, CloseReason> {
        match self.codec.next(&mut self.outbox)? {
            Some(Received::Text(text)) => {
                let step = self.session.on_text(text.as_str());
                self.step(step)?;
            }
            Some(Received::Binary(payload)) => {
                let step = self.session.on_binary(payload);
                self.step(step)?;
            }
            Some(Received::Alive) => {}
            Some(Received::Close) => return Err(CloseReason::Client),
            None => match self.line.read(&mut lent.read)? {
                None => return Ok(false),
                Some([]) => self.codec.end_input(),
                Some(bytes) => {
                    self.codec.feed(bytes);
                    self.deadlines.silence = lent.now + self.limits().silence_max;
                }
            },
        }
        Ok(true)
    }

    /// Has the action in hand done as far as it goes, and then what others ordered, which comes before what the client asks for next.
    fn act(&mut self) -> Result<(), CloseReason> {
        while let Some(pending) = &mut self.pending {
            let Poll::Ready(outcome) = pending.as_mut().poll(&mut Context::from_waker(self.line.waker())) else {
                break;
            };
            self.pending = None;
            let steps = self.session.on_outcome(outcome);
            self.steps(steps)?;
        }
        let steps = self.session.on_orders();
        self.steps(steps)
    }

    /// Tells the session what has happened to one of its rooms, after what was ordered before: who is closed with the programme hears of that and
    /// not of its rooms. True where something came of it.
    pub(super) fn tell(&mut self, feed: FeedId, told: Told) -> Result<bool, CloseReason> {
        let mut steps = self.session.on_orders();
        steps.extend(self.session.on_told(feed, told));
        let has_come = !steps.is_empty();
        self.steps(steps)?;
        Ok(has_come)
    }

    /// Takes steps of the session.
    pub(super) fn steps(&mut self, steps: Vec<Step>) -> Result<(), CloseReason> {
        steps.into_iter().try_for_each(|step| self.step(step))
    }

    fn step(&mut self, step: Step) -> Result<(), CloseReason> {
        match step {
            Step::Send(frame) => self.outbox.push(&frame),
            Step::Perform(action) => self.begin(action),
            Step::Close(reason) => return Err(reason),
            step @ (Step::Enter(_) | Step::Exit(_)) => self.moves.push(step),
        }
        if self.session.has_failed_too_often() { Err(CloseReason::TooManyAttempts) } else { Ok(()) }
    }

    fn begin(&mut self, action: Action) {
        self.pending = Some(Box::pin(self.session.perform(action)));
    }

    /// Rooms that the session enters and leaves.
    pub(super) fn take_moves(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.moves)
    }

    /// Sends what waits, and then what the rooms have beyond the session's cursors, as far as the socket takes it.
    fn fill(&mut self, lent: &mut Lent) -> Result<(), CloseReason> {
        while !self.line.is_full() {
            lent.chunk.clear();
            let action = self.session.gather(&mut lent.chunk, self.line.full_since().is_some())?;
            if lent.chunk.is_empty() {
                match action {
                    Some(_) if self.pending.is_some() => break,
                    // A page of the log is asked for when the one before has gone.
                    Some(_) if !self.outbox.has_room() => self.flush(lent.now)?,
                    Some(action) => {
                        self.begin(action);
                        self.act()?;
                    }
                    None => break,
                }
            } else if self.outbox.is_empty() {
                self.send(lent)?;
            } else if self.outbox.waiting().len() + lent.chunk.bytes().len() <= TOGETHER_BYTES {
                self.outbox.push(lent.chunk.bytes());
                self.went(&lent.chunk, lent.chunk.bytes().len());
            } else {
                self.flush(lent.now)?;
            }
        }
        self.flush(lent.now)?;
        self.line.tried();
        Ok(())
    }

    /// Sends a room's publications up to `head`, straight from the ring: the hot path. What was gathered for the connection before serves
    /// this one too where their cursors stand at the same place.
    pub(super) fn deliver(&mut self, feed: &Feed, head: Offset, lent: &mut Lent) -> Result<(), CloseReason> {
        while let Some(cursor) = self.session.cursor(feed.id).filter(|cursor| *cursor < head) {
            if !self.outbox.is_empty() {
                self.flush(lent.now)?;
            }
            if self.line.is_full() {
                // Whoever was up to date once has to keep up; whoever still catches up reads the log in its own time.
                let is_lost = self.session.has_to_keep_up(feed.id) && !feed.reaches(cursor);
                return if is_lost { Err(CloseReason::SlowConsumer) } else { Ok(()) };
            }
            if !lent.chunk.follows(feed.id, cursor) && feed.gather(cursor, &mut lent.chunk) == Err(OutOfRing) {
                // The socket has taken all that it was given: it was the worker that came late, and the connection's turn reads the log.
                if self.session.has_to_keep_up(feed.id) {
                    self.line.waker().wake_by_ref();
                }
                return Ok(());
            }
            self.send(lent)?;
        }
        Ok(())
    }

    /// Writes the chunk. Of a frame that the socket took a part of, the rest goes into the outbox; of the others nothing does.
    fn send(&mut self, lent: &mut Lent) -> Result<(), CloseReason> {
        let written = self.line.write(lent.chunk.bytes(), lent.now)?;
        self.went(&lent.chunk, written);
        self.line.flush(lent.now)
    }

    fn went(&mut self, chunk: &Chunk, written: usize) {
        if let Some((feed, cursor, rest)) = chunk.after(written) {
            self.outbox.push(rest);
            self.session.advance(feed, cursor);
        }
    }

    /// Writes the outbox as far as the socket takes it.
    fn flush(&mut self, now: Instant) -> Result<(), CloseReason> {
        if !self.outbox.is_empty() {
            let written = self.line.write(self.outbox.waiting(), now)?;
            self.outbox.taken(written);
        }
        self.line.flush(now)
    }

    /// When something has to have happened next.
    pub(super) fn deadline(&self) -> Instant {
        let Deadlines { authenticate, silence, ping } = self.deadlines;
        let authenticate = if self.session.is_open() { silence } else { authenticate };
        let write = self.line.full_since().map_or(silence, |since| since + self.limits().write_stall_max);
        authenticate.min(silence).min(ping).min(write)
    }

    /// Does what is due.
    pub(super) fn clock(&mut self, now: Instant) -> Result<(), CloseReason> {
        if self.line.full_since().is_some_and(|since| since + self.limits().write_stall_max <= now) {
            return Err(CloseReason::SlowConsumer);
        }
        if self.deadlines.silence <= now {
            return Err(CloseReason::Silent);
        }
        if !self.session.is_open() && self.deadlines.authenticate <= now {
            return Err(CloseReason::Unauthenticated);
        }
        if self.deadlines.ping <= now {
            self.deadlines.ping = now + self.limits().heartbeat;
            self.outbox.push(&PING_FRAME);
            return self.flush(now);
        }
        Ok(())
    }

    /// Whether the socket takes nothing at present.
    pub(super) const fn is_full(&self) -> bool {
        self.line.is_full()
    }

    #[cfg(all(test, not(feature = "interleaving")))]
    pub(super) fn bytes_waiting(&self) -> usize {
        self.outbox.waiting().len()
    }

    pub(super) const fn session(&mut self) -> &mut D {
        &mut self.session
    }

    /// Ends it: what is left is to take leave.
    pub(super) fn into_goodbye(self, reason: CloseReason) -> Goodbye<S, D> {
        let Self { line, codec, outbox, session, pending, permit, .. } = self;
        Goodbye { socket: line.into_socket(), codec, outbox, session, pending, permit, reason }
    }
}
