//! The floor: what the kernel alone costs. A bare loop over epoll that answers a post by sending a ready frame of the same size as our server's once
//! to each socket of the room, one `send()` each; or, in its coalescing variant, gathers a room's posts for a few milliseconds and sends them together.
//!
//! It knows no members, no rules, no log, no order but that of arrival. What our server costs above it is what we do.

mod room;
pub(crate) mod socket;

use crate::frames;
use crate::process::lines;
use crate::tag::Tag;
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token, Waker};
use room::Rooms;
use serde::{Deserialize, Serialize};
use socket::Socket;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use tokio::time::Instant;

const LISTENER: Token = Token(usize::MAX - 1);
const ORDERS: Token = Token(usize::MAX - 2);
const EVENTS: usize = 256;
const READ_BYTES: usize = 65_536;

/// How it sends from now on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Manner {
    /// The size of a delivery's frame, with its head.
    pub frame_bytes: usize,
    /// How long posts of a room are gathered, in microseconds; at 0 each delivery is a `send()` of its own.
    pub linger_us: u64,
}

/// What it tells: where it listens, and that it has changed its manner.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(tag = "tells", rename_all = "snake_case")]
pub enum Told {
    /// Its port.
    Listens {
        /// Which.
        port: u16,
    },
    /// The new manner holds.
    Changed,
}

/// Runs until its standard input ends.
pub fn run() -> anyhow::Result<()> {
    // One that stays low fails with a message that says so.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let orders = listen(Waker::new(poll.registry(), ORDERS)?)?;
    lines::tell(&Told::Listens { port: listener.local_addr()?.port() })?;
    let (sockets, rooms) = (Vec::new(), Rooms::default());
    let manner = Manner { frame_bytes: 0, linger_us: 0 };
    Floor { poll, listener, sockets, rooms, manner, buffer: vec![0; READ_BYTES], plain: Vec::new() }.serve(&orders)
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    /// By token.
    sockets: Vec<Socket>,
    rooms: Rooms,
    manner: Manner,
    buffer: Vec<u8>,
    /// The post in hand, without its mask.
    plain: Vec<u8>,
}

impl Floor {
    fn serve(mut self, orders: &Receiver<anyhow::Result<Manner>>) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let timeout = self.rooms.next_due().map(|due| due.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                polled => polled?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    ORDERS => match orders.try_recv() {
                        Ok(manner) => self.change(manner?)?,
                        Err(TryRecvError::Disconnected) => return Ok(()),
                        Err(TryRecvError::Empty) => {}
                    },
                    token => self.ready(token.0, event.is_writable(), event.is_readable()),
                }
            }
            self.rooms.flush_due(&mut self.sockets);
        }
    }

    fn change(&mut self, manner: Manner) -> anyhow::Result<()> {
        self.manner = manner;
        lines::tell(&Told::Changed)
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            let (mut stream, _) = match self.listener.accept() {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                accepted => accepted?,
            };
            stream.set_nodelay(true)?;
            let token = Token(self.sockets.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            self.sockets.push(Socket::new(stream));
        }
    }

    fn ready(&mut self, index: usize, writable: bool, readable: bool) {
        let Some(socket) = self.sockets.get_mut(index) else { return };
        if writable {
            socket.goes_on();
        }
        if !readable {
            return;
        }
        while let Some(read) = self.sockets.get_mut(index).and_then(|socket| socket.read(&mut self.buffer)) {
            self.take(index, read);
            if read < self.buffer.len() {
                return;
            }
        }
    }

    /// Takes what one socket said.
    fn take(&mut self, index: usize, read: usize) {
        let Some(socket) = self.sockets.get_mut(index) else { return };
        let bytes = socket.whole(self.buffer.get(..read).unwrap_or_default());
        let Some(room) = socket.room else {
            let Some((room, used)) = socket::upgrade(&bytes) else { return socket.keep(&bytes) };
            socket.room = Some(room);
            socket.keep(bytes.get(used..).unwrap_or_default());
            socket.send(socket::ANSWER);
            return self.rooms.enter(room, index);
        };
        let Self { sockets, rooms, manner, plain, .. } = self;
        let used = frames::whole(&bytes, |head, payload| {
            frames::unmask(payload, head.mask.unwrap_or_default(), plain);
            if let Some((tag, _)) = Tag::find(plain) {
                rooms.post(room, tag, *manner, sockets);
            }
            Ok(())
        });
        if let Some(socket) = sockets.get_mut(index) {
            socket.keep(used.ok().and_then(|used| bytes.get(used..)).unwrap_or_default());
        }
    }
}

/// Reads orders on a thread of its own.
fn listen(waker: Waker) -> anyhow::Result<Receiver<anyhow::Result<Manner>>> {
    let (sender, receiver) = sync_channel(1);
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
        lines::read_each(|order| sender.send(order).is_ok() && waker.wake().is_ok());
        drop(sender);
        // A poll that can't be woken has ended.
        let _ = waker.wake();
    })?;
    Ok(receiver)
}
