//! What a worker meets in a test: sockets in memory that take as much as they are told to, and sessions that a test leads.

use super::worker::Worker;
use super::{Arrival, Common};
use crate::come_back::ComeBack;
use crate::session::{FollowedRoom, Lead, Reader};
use crate::sync::Mutex;
use crate::telemetry::Telemetry;
use bytes::Bytes;
use kkanbu_model::Limits;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::unconstrained;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The client's end of a socket.
pub(crate) struct Pipe(Mutex<Ends>);

struct Ends {
    /// All that was written, where it is kept.
    received: Option<Vec<u8>>,
    count: usize,
    /// How many bytes it takes yet.
    room: usize,
    has_refused: bool,
    sent: VecDeque<u8>,
    is_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn with(received: Option<Vec<u8>>, room: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Ends {
            received,
            count: 0,
            room,
            has_refused: false,
            sent: VecDeque::new(),
            is_gone: false,
            reader: None,
            writer: None,
        })))
    }

    /// A client that keeps what it gets, for which there is so much room at first.
    pub(crate) fn keeping(room: usize) -> Arc<Self> {
        Self::with(Some(Vec::new()), room)
    }

    /// A client that takes everything and keeps nothing.
    pub(crate) fn sink() -> Arc<Self> {
        Self::with(None, usize::MAX)
    }

    /// Makes room for so many bytes. Says whether somebody waited for that.
    pub(crate) fn read(&self, count: usize) -> bool {
        let mut ends = self.0.lock();
        ends.room = ends.room.saturating_add(count);
        let waiting = ends.writer.take();
        drop(ends);
        waiting.is_some_and(|waker| {
            waker.wake();
            true
        })
    }

    pub(crate) fn send(&self, bytes: &[u8]) {
        let mut ends = self.0.lock();
        ends.sent.extend(bytes);
        let waiting = ends.reader.take();
        drop(ends);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Goes away.
    pub(crate) fn vanish(&self) {
        let mut ends = self.0.lock();
        ends.is_gone = true;
        let waiting = [ends.reader.take(), ends.writer.take()];
        drop(ends);
        waiting.into_iter().flatten().for_each(Waker::wake);
    }

    pub(crate) fn received(&self) -> Vec<u8> {
        self.0.lock().received.clone().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().count
    }

    /// Lets go of what it has got, and is as full as it was at first.
    pub(crate) fn forget(&self) {
        let mut ends = self.0.lock();
        ends.received = Some(Vec::new());
        ends.room = 10;
        ends.sent = VecDeque::new();
    }

    /// Whether it took nothing at some time.
    pub(crate) fn has_refused(&self) -> bool {
        self.0.lock().has_refused
    }
}

/// The server's end.
pub(crate) struct FakeSocket(pub(crate) Arc<Pipe>);

impl AsyncRead for FakeSocket {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut ends = self.0.0.lock();
        let count = buffer.remaining().min(ends.sent.len());
        if count == 0 && !ends.is_gone {
            ends.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        for byte in ends.sent.drain(..count) {
            buffer.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FakeSocket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut ends = self.0.0.lock();
        if ends.is_gone {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let most = bytes.len().min(ends.room);
        if most == 0 {
            ends.has_refused = true;
            ends.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = some_of(most);
        ends.room -= count;
        ends.count += count;
        if let Some(received) = &mut ends.received {
            received.extend_from_slice(&bytes[..count]);
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(feature = "interleaving")]
fn some_of(most: usize) -> usize {
    use shuttle::rand::Rng as _;
    shuttle::rand::thread_rng().gen_range(1..=most)
}

#[cfg(not(feature = "interleaving"))]
const fn some_of(most: usize) -> usize {
    most
}

/// A worker and the way to it.
pub(crate) struct Bench {
    pub(super) worker: Worker<FakeSocket, Reader>,
    pub(crate) door: Door,
    /// Wakes nobody, and knows that it was asked to.
    bell: (Waker, Arc<Flag>),
}

/// Where connections come in.
pub(crate) struct Door {
    arrivals: mpsc::Sender<Arrival<FakeSocket>>,
    leads: Arc<Mutex<VecDeque<Arc<Lead>>>>,
}

impl Door {
    /// Has somebody come, who is led by what is given back.
    pub(crate) fn enter(&self, pipe: &Arc<Pipe>) -> Arc<Lead> {
        let lead = Arc::new(Lead::default());
        self.leads.lock().push_back(lead.clone());
        let arrival = Arrival { socket: FakeSocket(pipe.clone()), early: Bytes::new(), permit: None };
        assert!(self.arrivals.try_send(arrival).is_ok(), "there is no room for one more");
        lead
    }
}

impl Bench {
    pub(crate) fn new(number: u64, limits: Limits, linger: Duration, rooms: &Arc<Vec<FollowedRoom>>) -> Self {
        let (arrivals, coming) = mpsc::channel(16_384);
        let leads: Arc<Mutex<VecDeque<Arc<Lead>>>> = Arc::default();
        let (rooms, next) = (rooms.clone(), leads.clone());
        let telemetry = Arc::new(Telemetry::new());
        let common = Common {
            new_session: Box::new(move |waker| {
                let lead = next.lock().pop_front().unwrap();
                Reader::new(limits, rooms.clone(), lead, waker)
            }),
            telemetry: telemetry.clone(),
            come_back: ComeBack::new(telemetry),
            drain: CancellationToken::new(),
            tasks: TaskTracker::new(),
            linger,
        };
        let worker = Worker::new(number, Arc::new(common), coming);
        let flag = Arc::new(Flag::default());
        Self { worker, door: Door { arrivals, leads }, bell: (Waker::from(flag.clone()), flag) }
    }

    /// Has the worker work as long as it does before others get the thread.
    pub(crate) fn work_once(&mut self) {
        let _ = poll(&mut self.worker, &mut Context::from_waker(Waker::noop()));
    }

    /// Has the worker work until nothing is left to do.
    pub(crate) fn settle(&mut self) {
        let (waker, flag) = &self.bell;
        loop {
            flag.0.store(false, Ordering::SeqCst);
            let _ = poll(&mut self.worker, &mut Context::from_waker(waker));
            if !flag.0.load(Ordering::SeqCst) {
                return;
            }
        }
    }
}

/// Polls a worker as its task does, which is never cut off in the middle.
pub(super) fn poll(worker: &mut Worker<FakeSocket, Reader>, context: &mut Context<'_>) -> Poll<()> {
    pin!(unconstrained(poll_fn(|context| worker.poll(context)))).poll(context)
}

/// Whether something rang.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}
