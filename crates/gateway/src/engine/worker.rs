//! A worker: the owner of its share of the connections. One task a core, which never waits for any one of them.
//!
//! A connection is an entry in a slab, and its deadline one in a timer wheel. What happens to it rings a bell that puts its key into the
//! worker's mailbox. A publication rings one bell a room: then the worker passes over the room's members and writes to each socket itself.

use super::connection::{Connection, Lent};
use super::line::Line;
use super::mailbox::{ConnectionBell, Inbox, Key, Mailbox};
use super::rooms::{News, Rooms, Told};
use super::{Arrival, Common};
use crate::close::CloseReason;
use crate::engine::chunk::Chunk;
use crate::feed::FeedId;
use crate::session::{Step, Stepped};
use slab::Slab;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tokio_util::time::{DelayQueue, delay_queue};

/// Bytes that are read at once.
const READ_BUFFER_BYTES: usize = 16_384;

/// Connections that get a turn before the worker looks for other work, and lets other tasks have the thread.
const TURNS: usize = if cfg!(feature = "interleaving") { 1 } else { 128 };

/// Deliveries of one room before the same. Few where interleavings are tried: passes are to be cut there too.
const DELIVERIES: usize = if cfg!(feature = "interleaving") { 1 } else { 256 };

/// New connections taken in before the same.
const ARRIVALS: usize = 32;

/// Deadlines are met this much later at most: those within one tick come up together.
const TICK: Duration = Duration::from_millis(100);

/// A connection and its entry in the wheel.
struct Entry<S, D> {
    connection: Connection<S, D>,
    timer: delay_queue::Key,
    /// When the timer comes up.
    due: Instant,
}

/// One worker.
pub(super) struct Worker<S, D: Stepped> {
    common: Arc<Common<D>>,
    mailbox: Arc<Mailbox>,
    arrivals: mpsc::Receiver<Arrival<S>>,
    connections: Slab<Box<Entry<S, D>>>,
    timers: DelayQueue<Key>,
    rooms: Rooms,
    /// Taken from the mailbox and not done yet.
    ready: VecDeque<Key>,
    passes: VecDeque<FeedId>,
    linger: Pin<Box<Sleep>>,
    drain: Pin<Box<WaitForCancellationFutureOwned>>,
    draining: bool,
    /// The other side of the mailbox, empty.
    inbox: Inbox,
    lent: Lent,
    epoch: Instant,
}

impl<S, D> Worker<S, D>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    D: Stepped,
{
    pub(super) fn new(number: u64, common: Arc<Common<D>>, arrivals: mpsc::Receiver<Arrival<S>>) -> Self {
        let now = Instant::now();
        let mailbox = Arc::new(Mailbox::default());
        Self {
            rooms: Rooms::new(number, mailbox.clone(), common.linger),
            mailbox,
            arrivals,
            connections: Slab::new(),
            timers: DelayQueue::new(),
            ready: VecDeque::new(),
            passes: VecDeque::new(),
            linger: Box::pin(sleep_until(now)),
            drain: Box::pin(common.drain.clone().cancelled_owned()),
            draining: false,
            inbox: Inbox::default(),
            lent: Lent { read: vec![0; READ_BUFFER_BYTES].into_boxed_slice(), chunk: Chunk::default(), now },
            common,
            epoch: now,
        }
    }

    /// Works until nobody can bring connections any more and the last one has ended.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.mailbox.register(context.waker());
        self.lent.now = Instant::now();
        self.look_for_drain(context);
        let mut inbox = std::mem::take(&mut self.inbox);
        self.mailbox.swap(&mut inbox);
        self.ready.extend(inbox.ready.drain(..));
        for (feed, told) in inbox.told.drain(..) {
            self.told(feed, told);
        }
        for feed in inbox.news.drain(..) {
            if self.rooms.news(feed, self.lent.now) == News::Now {
                self.passes.push_back(feed);
            }
        }
        self.inbox = inbox;
        let open = self.take_arrivals(context);
        self.take_turns();
        self.look_at_clocks(context);
        self.pass();
        if !self.ready.is_empty() || !self.passes.is_empty() {
            context.waker().wake_by_ref();
        } else if !open && self.connections.is_empty() {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    fn look_for_drain(&mut self, context: &mut Context<'_>) {
        if !self.draining && self.drain.as_mut().poll(context).is_ready() {
            self.draining = true;
            let keys: Vec<_> = self.connections.iter().map(|(key, _)| key).collect();
            for key in keys {
                self.close(key, CloseReason::Draining(self.common.come_back.moment()));
            }
        }
    }

    /// Takes new connections in. False where there will be no more.
    fn take_arrivals(&mut self, context: &mut Context<'_>) -> bool {
        for _ in 0..ARRIVALS {
            match self.arrivals.poll_recv(context) {
                Poll::Ready(Some(arrival)) => self.arrive(arrival),
                Poll::Ready(None) => return false,
                Poll::Pending => return true,
            }
        }
        context.waker().wake_by_ref();
        true
    }

    fn arrive(&mut self, Arrival { socket, early, permit }: Arrival<S>) {
        self.common.telemetry.session_began();
        let now = self.lent.now;
        let entry = self.connections.vacant_entry();
        let key = entry.key();
        let bell = Arc::new(ConnectionBell::new(self.mailbox.clone(), key));
        let waker = Waker::from(bell.clone());
        let session = (self.common.new_session)(waker.clone());
        let connection = Connection::new(Line::new(socket, waker), &early, session, bell, permit, now);
        let due = ticked(self.epoch, connection.deadline());
        let timer = self.timers.insert_at(key, due);
        entry.insert(Box::new(Entry { connection, timer, due }));
        if self.draining {
            self.close(key, CloseReason::Draining(self.common.come_back.moment()));
        } else {
            self.ready.push_back(key);
        }
    }

    fn take_turns(&mut self) {
        for _ in 0..TURNS.min(self.ready.len()) {
            let Some(key) = self.ready.pop_front() else { return };
            self.turn(key);
        }
    }

    fn turn(&mut self, key: Key) {
        let Some(entry) = self.connections.get_mut(key) else { return };
        let turned = entry.connection.turn(&mut self.lent);
        let moves = entry.connection.take_moves();
        let has_moved = !moves.is_empty();
        self.moved(key, moves);
        match turned {
            // Once, or it would have more turns than others.
            Ok(has_more) if has_more || has_moved => self.ready.push_back(key),
            Ok(_) => self.rearm(key),
            Err(reason) => self.close(key, reason),
        }
    }

    /// Has the timer come up earlier, where the socket has become full.
    fn rearm(&mut self, key: Key) {
        let Some(entry) = self.connections.get_mut(key).filter(|entry| entry.connection.is_full()) else { return };
        let due = ticked(self.epoch, entry.connection.deadline());
        if due < entry.due {
            entry.due = due;
            self.timers.reset_at(&entry.timer, due);
        }
    }

    /// Enters and leaves rooms for a session.
    fn moved(&mut self, key: Key, moves: Vec<Step>) {
        for step in moves {
            match step {
                Step::Enter(feed) => {
                    let id = feed.id;
                    let entered = self.rooms.enter(key, feed);
                    let Some(entry) = self.connections.get_mut(key) else { continue };
                    let steps = match entered {
                        Ok(()) => entry.connection.session().entered(id),
                        Err(code) => entry.connection.session().on_told(id, Told::Ended(code)),
                    };
                    // What may follow is a frame, or leaving again; the turn that comes next closes what has to be closed.
                    let _ = entry.connection.steps(steps);
                }
                Step::Exit(feed) => self.rooms.exit(key, feed),
                Step::Send(_) | Step::Perform(_) | Step::Close(_) => {}
            }
        }
    }

    /// Tells a room's sessions what has happened to it.
    fn told(&mut self, feed: FeedId, told: Told) {
        for key in self.rooms.told(feed, told) {
            let Some(entry) = self.connections.get_mut(key) else { continue };
            match entry.connection.tell(feed, told) {
                Ok(true) => self.ready.push_back(key),
                Ok(false) => {}
                Err(reason) => self.close(key, reason),
            }
        }
    }

    fn look_at_clocks(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(expired)) = self.timers.poll_expired(context) {
            let key = expired.into_inner();
            let Some(entry) = self.connections.get_mut(key) else { continue };
            // What comes up while the worker works is due later than when it woke. Taken for too early, it would come up for ever.
            match entry.connection.clock(self.lent.now.max(entry.due)) {
                Ok(()) => {
                    entry.due = ticked(self.epoch, entry.connection.deadline());
                    entry.timer = self.timers.insert_at(key, entry.due);
                }
                // The timer is gone with its coming up.
                Err(reason) => self.part(key, reason),
            }
        }
        while let Some(feed) = self.rooms.due(self.lent.now) {
            self.passes.push_back(feed);
        }
        if let Some(due) = self.rooms.next_due() {
            if self.linger.deadline() != due {
                self.linger.as_mut().reset(due);
            }
            if self.linger.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
        }
    }

    /// Sends rooms' publications on: each room that has news gets a stretch.
    fn pass(&mut self) {
        let mut deliveries = 0;
        for _ in 0..self.passes.len() {
            let Some(feed) = self.passes.pop_front() else { return };
            deliveries += self.stretch(feed);
            if deliveries >= DELIVERIES {
                return;
            }
        }
    }

    /// A stretch of a pass over a room's members. Returns how many.
    fn stretch(&mut self, feed: FeedId) -> usize {
        let Some((room, keys, is_last)) = self.rooms.stretch(feed, DELIVERIES, self.lent.now) else { return 0 };
        let head = room.feed.head();
        // What was gathered a moment ago may have been taken back since.
        self.lent.chunk.clear();
        let mut closing = Vec::new();
        let mut full = Vec::new();
        for key in keys {
            let Some(entry) = self.connections.get_mut(*key) else { continue };
            let was_full = entry.connection.is_full();
            if let Err(reason) = entry.connection.deliver(&room.feed, head, &mut self.lent) {
                closing.push((*key, reason));
            } else if !was_full && entry.connection.is_full() {
                full.push(*key);
            }
        }
        let passed = keys.len();
        if !is_last {
            self.passes.push_back(feed);
        }
        for key in full {
            self.rearm(key);
        }
        for (key, reason) in closing {
            self.close(key, reason);
        }
        passed
    }

    fn close(&mut self, key: Key, reason: CloseReason) {
        if let Some(entry) = self.connections.get(key) {
            self.timers.try_remove(&entry.timer);
            self.part(key, reason);
        }
    }

    /// Lets a connection go. It leaves its rooms at once; for the rest it has a task.
    fn part(&mut self, key: Key, reason: CloseReason) {
        let Some(entry) = self.connections.try_remove(key) else { return };
        let Entry { mut connection, .. } = *entry;
        for feed in connection.session().feeds() {
            self.rooms.exit(key, feed);
        }
        for step in connection.take_moves() {
            if let Step::Exit(feed) = step {
                self.rooms.exit(key, feed);
            }
        }
        let telemetry = self.common.telemetry.clone();
        let goodbye = connection.into_goodbye(reason);
        self.common.tasks.spawn(async move { telemetry.session_ended(goodbye.say().await) });
    }
}

/// The end of the tick that a moment lies in.
fn ticked(epoch: Instant, at: Instant) -> Instant {
    // To the nanosecond: a deadline that comes up before its time is still to come, and would come up for ever.
    let since = at.saturating_duration_since(epoch).as_nanos();
    let ticks = since.div_ceil(TICK.as_nanos());
    epoch + TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// What tests look at.
#[cfg(all(test, not(feature = "interleaving")))]
impl<S, D> Worker<S, D>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    D: Stepped,
{
    pub(super) const ENTRY_BYTES: usize = size_of::<Entry<S, D>>();

    pub(super) fn rooms_followed(&self) -> usize {
        self.rooms.len()
    }

    pub(super) fn bytes_waiting(&self) -> usize {
        self.connections.iter().map(|(_, entry)| entry.connection.bytes_waiting()).sum()
    }

    pub(super) fn looks_at_clocks_as_of(&mut self, now: Instant) {
        self.lent.now = now;
        self.look_at_clocks(&mut Context::from_waker(Waker::noop()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_tick_ends_after_every_moment_in_it() {
        let epoch = Instant::now();
        for (after, end) in
            [(0, 0), (1, 100), (99_999_999, 100), (100_000_000, 100), (100_000_001, 200), (250_000_000, 300)]
        {
            let at = ticked(epoch, epoch + Duration::from_nanos(after));
            assert_eq!(at - epoch, Duration::from_millis(end), "{after} ns");
        }
    }
}
