//! The owner of one socket: reads, steps the session, writes, and watches the deadlines.

use crate::close::CloseReason;
use crate::codec::{Codec, READ_BUFFER_BYTES, Received, ping_frame};
use crate::come_back::ComeBack;
use crate::outbox::Outbox;
use crate::service::Outcome;
use crate::session::{Step, Stepped};
use kkanbu_model::Limits;
use std::future::{Future, pending, poll_fn};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// Messages handled in one turn before the socket, the rooms and the clock get theirs.
const MESSAGES_A_TURN: usize = 32;

type Pending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// When things have to have happened.
struct Deadlines {
    /// The session must be authenticated.
    authenticate: Instant,
    /// The client must have been heard.
    silence: Instant,
    /// The next ping is due.
    ping: Instant,
    /// The socket must have taken something.
    write: Option<Instant>,
}

impl Deadlines {
    fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            authenticate: now + limits.authenticate,
            silence: now + limits.silence_max,
            ping: now + limits.heartbeat,
            write: None,
        }
    }

    fn next(&self, is_open: bool) -> Instant {
        let authenticate = if is_open { self.silence } else { self.authenticate };
        let write = self.write.unwrap_or(self.silence);
        authenticate.min(self.silence).min(self.ping).min(write)
    }
}

/// One connection.
pub(crate) struct Connection<S, D> {
    socket: S,
    codec: Codec,
    outbox: Outbox,
    session: D,
    pending: Option<Pending>,
    deadlines: Deadlines,
    /// The last turn stopped before it had seen every message that is there.
    more: bool,
    /// The socket has taken bytes that it may not have sent on, as TLS does.
    unflushed: bool,
}

/// What woke the owner.
enum Woken {
    Read(std::io::Result<usize>),
    Wrote(std::io::Result<usize>),
    Done(Box<Outcome>),
    News,
    Clock,
    /// The node is going down; come back after this time.
    Drain(Duration),
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send, D: Stepped> Connection<S, D> {
    pub(crate) fn new(socket: S, early: &[u8], session: D) -> Self {
        let codec = Codec::new(early, session.limits().frame_bytes_max);
        let deadlines = Deadlines::new(session.limits());
        Self {
            socket,
            codec,
            outbox: Outbox::default(),
            session,
            pending: None,
            deadlines,
            more: false,
            unflushed: false,
        }
    }

    /// Runs the connection to its end, and says why it ended.
    pub(crate) async fn run(mut self, drain: &CancellationToken, come_back: &ComeBack) -> CloseReason {
        let reason = self.serve(drain, come_back).await;
        self.say_goodbye(reason).await;
        self.session.end();
        reason
    }

    async fn serve(&mut self, drain: &CancellationToken, come_back: &ComeBack) -> CloseReason {
        loop {
            if let Err(reason) = self.turn() {
                return reason;
            }
            let woken = self.wait(drain, come_back).await;
            if let Err(reason) = self.woken(woken) {
                return reason;
            }
        }
    }

    /// Does everything that can be done without waiting.
    fn turn(&mut self) -> Result<(), CloseReason> {
        self.more = true;
        for _ in 0..MESSAGES_A_TURN {
            // A client that does not read its replies is not listened to either.
            if self.pending.is_some() || !self.outbox.has_room() {
                break;
            }
            // What others ordered comes before what the client asks for next.
            self.obey()?;
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
                None => {
                    self.more = false;
                    break;
                }
            }
        }
        self.obey()?;
        if let Some(action) = self.session.fill(&mut self.outbox)?
            && self.pending.is_none()
        {
            self.pending = Some(Box::pin(self.session.perform(action)));
        }
        Ok(())
    }

    fn obey(&mut self) -> Result<(), CloseReason> {
        for step in self.session.on_orders() {
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), CloseReason> {
        match step {
            Step::Send(frame) => self.outbox.push(&frame),
            Step::Perform(action) => self.pending = Some(Box::pin(self.session.perform(action))),
            Step::Close(reason) => return Err(reason),
        }
        if self.session.has_failed_too_often() { Err(CloseReason::TooManyAttempts) } else { Ok(()) }
    }

    async fn wait(&mut self, drain: &CancellationToken, come_back: &ComeBack) -> Woken {
        let write_limit = self.session.limits().write_stall_max;
        self.deadlines.write = match (self.has_unsent(), self.deadlines.write) {
            (false, _) => None,
            (true, Some(deadline)) => Some(deadline),
            (true, None) => Some(Instant::now() + write_limit),
        };
        let may_read = self.pending.is_none() && self.outbox.has_room();
        let more_to_read = may_read && self.more;
        let wake_at = self.deadlines.next(self.session.is_open());
        let news = self.session.news();
        let (socket, outbox, codec) = (&mut self.socket, &self.outbox, &mut self.codec);
        let unflushed = &mut self.unflushed;
        let moved = poll_fn(|context| match poll_write(socket, outbox, unflushed, context) {
            Poll::Ready(woken) => Poll::Ready(woken),
            Poll::Pending => poll_read(socket, codec, may_read, context),
        });
        let acted = async {
            match &mut self.pending {
                Some(action) => action.await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            outcome = acted => Woken::Done(Box::new(outcome)),
            woken = moved => woken,
            () = drain.cancelled() => Woken::Drain(come_back.moment()),
            () = news => Woken::News,
            () = sleep_until(wake_at) => Woken::Clock,
            () = tokio::task::yield_now(), if more_to_read => Woken::News,
        }
    }

    /// Whether the socket has not taken, or not sent on, everything.
    fn has_unsent(&self) -> bool {
        !self.outbox.is_empty() || self.unflushed
    }

    fn woken(&mut self, woken: Woken) -> Result<(), CloseReason> {
        match woken {
            Woken::Read(Ok(0)) => {
                self.codec.end_input();
                Ok(())
            }
            Woken::Read(Ok(_)) => {
                self.deadlines.silence = Instant::now() + self.session.limits().silence_max;
                Ok(())
            }
            Woken::Wrote(Ok(count)) if count > 0 => {
                self.outbox.taken(count);
                self.unflushed = true;
                self.deadlines.write = None;
                Ok(())
            }
            Woken::Read(Err(_)) | Woken::Wrote(_) => Err(CloseReason::SocketLost),
            Woken::Done(outcome) => {
                self.pending = None;
                for step in self.session.on_outcome(*outcome) {
                    self.step(step)?;
                }
                Ok(())
            }
            Woken::News => Ok(()),
            Woken::Clock => self.clock(),
            Woken::Drain(come_back) => Err(CloseReason::Draining(come_back)),
        }
    }

    fn clock(&mut self) -> Result<(), CloseReason> {
        let now = Instant::now();
        // The last flush may have ended since the deadline was set.
        if self.has_unsent() && self.deadlines.write.is_some_and(|deadline| deadline <= now) {
            return Err(CloseReason::SlowConsumer);
        }
        if self.deadlines.silence <= now {
            return Err(CloseReason::Silent);
        }
        if !self.session.is_open() && self.deadlines.authenticate <= now {
            return Err(CloseReason::Unauthenticated);
        }
        if self.deadlines.ping <= now {
            self.outbox.push(&ping_frame());
            self.deadlines.ping = now + self.session.limits().heartbeat;
        }
        Ok(())
    }

    /// On draining, the command in hand still gets its reply.
    async fn finish_pending(&mut self, reason: CloseReason) {
        let (CloseReason::Draining(_), Some(pending)) = (reason, self.pending.take()) else { return };
        if let Ok(outcome) = timeout(self.session.limits().close, pending).await {
            for step in self.session.on_outcome(outcome) {
                // Closing is under way already, and nothing else is begun.
                let _ = self.step(step);
            }
        }
    }

    /// Flushes what waits, sends the close frame, and waits a moment for the client's, so that its reply does not meet a closed
    /// socket and throw the last bytes away.
    async fn say_goodbye(&mut self, reason: CloseReason) {
        if reason == CloseReason::SocketLost {
            return;
        }
        self.finish_pending(reason).await;
        self.codec.close(reason, &mut self.outbox);
        let limit = self.session.limits().close;
        let goodbye = async {
            self.socket.write_all(self.outbox.waiting()).await?;
            self.socket.shutdown().await?;
            let mut rest = [0; 1_024];
            while self.socket.read(&mut rest).await? > 0 {}
            Ok::<(), std::io::Error>(())
        };
        // Whether the client took it or not, the socket is dropped now.
        let _ = timeout(limit, goodbye).await;
    }
}

/// Writes what waits, and flushes what was written.
fn poll_write<S: AsyncWrite + Unpin>(
    socket: &mut S,
    outbox: &Outbox,
    unflushed: &mut bool,
    context: &mut Context<'_>,
) -> Poll<Woken> {
    if !outbox.is_empty() {
        return Pin::new(socket).poll_write(context, outbox.waiting()).map(Woken::Wrote);
    }
    if *unflushed {
        match Pin::new(socket).poll_flush(context) {
            Poll::Ready(Ok(())) => *unflushed = false,
            Poll::Ready(Err(error)) => return Poll::Ready(Woken::Wrote(Err(error))),
            Poll::Pending => {}
        }
    }
    Poll::Pending
}

/// Reads what is there, where the session takes more.
fn poll_read<S: AsyncRead + Unpin>(
    socket: &mut S,
    codec: &mut Codec,
    may_read: bool,
    context: &mut Context<'_>,
) -> Poll<Woken> {
    if !may_read {
        return Poll::Pending;
    }
    // On the stack, so that a connection on which nothing comes holds no memory for it.
    let mut room = [MaybeUninit::uninit(); READ_BUFFER_BYTES];
    let mut fresh = ReadBuf::uninit(&mut room);
    Pin::new(socket).poll_read(context, &mut fresh).map(|read| {
        codec.feed(fresh.filled());
        Woken::Read(read.map(|()| fresh.filled().len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    #[test]
    fn one_read_takes_as_much_as_the_decoder() {
        let sent = [0; 3 * READ_BUFFER_BYTES];
        let (mut socket, mut codec) = (sent.as_slice(), Codec::new(&[], sent.len()));
        let mut context = Context::from_waker(Waker::noop());
        let woken = poll_read(&mut socket, &mut codec, true, &mut context);
        assert!(matches!(woken, Poll::Ready(Woken::Read(Ok(READ_BUFFER_BYTES)))));
        assert_eq!(socket.len(), 2 * READ_BUFFER_BYTES);
    }
}
