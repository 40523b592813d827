//! All connections of a generator, and the one poll that serves them.

use super::clock::{Clock, Timer};
use super::connection::{Connection, Stage};
use super::plan::{Connect, Looked};
use super::recorder::Recorder;
use super::scene::Scene;
use super::stream::{Stream, trusting};
use crate::dialect::Seat;
use anyhow::{Context, bail};
use mio::{Events, Interest, Poll, Token};
use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustls::ClientConfig;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that one read takes. One buffer for all connections.
const READ_BYTES: usize = 65_536;

/// Events between two looks at what is due: few enough that a post does not wait for long.
const EVENTS: usize = 256;

/// Bytes that a socket holds which is to give up quickly what is left for it.
const WIDE_BYTES: usize = 1 << 20;

/// Tokens that belong to no connection.
pub(super) const ORDERS: Token = Token(usize::MAX - 1);
const TIMER: Token = Token(usize::MAX - 2);

/// What all orders use.
pub(super) struct Pump {
    pub(super) poll: Poll,
    events: Events,
    timer: Timer,
    buffer: Vec<u8>,
    pub(super) clock: Clock,
}

impl Pump {
    pub(super) fn new() -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let timer = Timer::new(poll.registry(), TIMER)?;
        let (events, buffer) = (Events::with_capacity(EVENTS), vec![0; READ_BYTES]);
        Ok(Self { poll, events, timer, buffer, clock: Clock::new() })
    }

    /// Waits for events, for at most so many nanoseconds, and serves them.
    pub(super) fn turn(&mut self, nanos: Option<u64>, crowd: &mut Crowd) -> anyhow::Result<()> {
        let timeout = match nanos {
            Some(0) => Some(Duration::ZERO),
            Some(nanos) => {
                self.timer.set(nanos)?;
                None
            }
            None => None,
        };
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled?,
        }
        for event in &self.events {
            if event.token() != ORDERS && event.token() != TIMER {
                crowd.serve(event.token().0, event.is_writable(), event.is_readable(), &mut self.buffer);
            }
        }
        Ok(())
    }
}

/// The connections of one target.
pub(super) struct Crowd {
    pub(super) plan: Option<Connect>,
    tls: Option<Arc<ClientConfig>>,
    connections: Vec<Connection>,
    scene: Option<Scene>,
    /// Connections that ended, and why the first of them did.
    pub(super) ended: u64,
    pub(super) ended_why: Option<String>,
    /// Those that ended since somebody asked, and why.
    pub(super) fell: Vec<(usize, String)>,
    /// Whether the narrow ones leave what comes unread.
    stalling: bool,
}

impl Crowd {
    /// Nobody yet.
    pub(super) const fn nobody() -> Self {
        Self {
            plan: None,
            tls: None,
            connections: Vec::new(),
            scene: None,
            ended: 0,
            ended_why: None,
            fell: Vec::new(),
            stalling: false,
        }
    }

    pub(super) fn new(plan: Connect, clock: Clock) -> anyhow::Result<Self> {
        let tls = plan.tls.as_deref().map(trusting).transpose()?;
        let dialect = plan.spoken.clone().dialect(plan.members)?;
        let recorder = Recorder::new(plan.rooms, plan.members, dialect.acknowledges())?;
        let scene = Scene::new(dialect, recorder, clock, plan.address.to_string());
        Ok(Self { plan: Some(plan), tls, scene: Some(scene), ..Self::nobody() })
    }

    pub(super) fn scene(&mut self) -> anyhow::Result<&mut Scene> {
        self.scene.as_mut().context("nobody is connected")
    }

    /// How many are in.
    pub(super) fn joined(&self) -> usize {
        self.scene.as_ref().map_or(0, |scene| scene.joined)
    }

    /// Has everybody come in, so many at once, and tells how many are in now and then.
    pub(super) fn connect(&mut self, pump: &mut Pump, mut tell: impl FnMut(usize)) -> anyhow::Result<()> {
        const TELLS: u64 = 100_000_000;
        let plan = self.plan.clone().context("there is no plan")?;
        let (all, began) = (plan.rooms * plan.members, pump.clock.nanos());
        let mut told = began;
        while self.joined() < all {
            while self.connections.len() < all && self.connections.len() < self.joined() + plan.at_once {
                let index = self.connections.len();
                self.open(index, &plan, pump)?;
            }
            pump.turn(Some(TELLS), self)?;
            if let Some(why) = &self.ended_why {
                bail!("after {} of {all} had come in, a connection ended: {why}", self.joined());
            }
            let now = pump.clock.nanos();
            if now - began > Duration::from_secs(plan.seconds_max).as_nanos().try_into().unwrap_or(u64::MAX) {
                bail!("after {} s, {} of {all} have come in", plan.seconds_max, self.joined());
            }
            if now - told > TELLS {
                told = now;
                tell(self.joined());
            }
        }
        Ok(())
    }

    /// Connects a member, for the first time or in place of the connection that it had.
    pub(super) fn open(&mut self, index: usize, plan: &Connect, pump: &Pump) -> anyhow::Result<()> {
        let mut stream = Stream::connect(plan.address, self.tls.as_ref(), is_narrow(index, plan))?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        pump.poll.registry().register(stream.socket(), Token(index), interest)?;
        let connection = Connection::new(Seat { index, room: index / plan.members }, stream);
        match self.connections.get_mut(index) {
            Some(old) => *old = connection,
            None => self.connections.push(connection),
        }
        Ok(())
    }

    /// Nobody is in any more; their connections are made anew one by one.
    pub(super) fn leave(&mut self) {
        self.connections.iter_mut().for_each(|connection| connection.stage = Stage::Ended);
        (self.ended, self.ended_why) = (0, None);
        self.fell.clear();
        if let Some(scene) = &mut self.scene {
            scene.joined = 0;
        }
    }

    /// What has happened to those who are in.
    pub(super) fn look(&self) -> Looked {
        let pongs = self.scene.as_ref().map_or(0, |scene| scene.pongs);
        Looked { pongs, closed: self.ended, closed_why: self.ended_why.clone() }
    }

    /// Nothing that does not arrive at the narrow ones is missed; and, where they stall, they read no more.
    pub(super) fn excuse(&mut self, stall: bool) -> anyhow::Result<()> {
        let narrow = self.plan.as_ref().map_or(0, |plan| plan.narrow);
        self.stalling = stall;
        self.scene()?.recorder.excused = narrow;
        Ok(())
    }

    /// The narrow ones' sockets are looked at again. Gives who they are, and whether they stalled.
    pub(super) fn stall_no_more(&mut self) -> anyhow::Result<(Vec<usize>, bool)> {
        let plan = self.plan.as_ref().context("nobody is connected")?;
        let narrow = (0..self.connections.len()).filter(|index| is_narrow(*index, plan)).collect();
        Ok((narrow, std::mem::replace(&mut self.stalling, false)))
    }

    /// A member's socket is narrow no more: what is left for it comes at once, and not by the handful.
    pub(super) fn widen(&mut self, index: usize) {
        if let Some(connection) = self.connections.get_mut(index) {
            // One that stays narrow takes longer.
            let _ = set_socket_recv_buffer_size(connection.stream().socket(), WIDE_BYTES);
        }
    }

    /// A member goes, of its own accord.
    pub(super) fn hang_up(&mut self, index: usize) {
        let Some(connection) = self.connections.get_mut(index) else { return };
        if let (Stage::In, Some(scene)) = (connection.stage, &mut self.scene) {
            scene.joined -= 1;
        }
        connection.stage = Stage::Ended;
    }

    /// Has a member post.
    pub(super) fn post(&mut self, index: usize, due: u64) {
        let Self { connections, scene, .. } = self;
        let (Some(connection), Some(scene)) = (connections.get_mut(index), scene) else { return };
        if connection.stage != Stage::In {
            return;
        }
        scene.post(connection.seat, due);
        if let Err(error) = connection.send(scene) {
            self.end(index, &error);
        }
    }

    /// Has a member post, where it is in. Says whether it did.
    pub(super) fn posts_if_in(&mut self, index: usize, due: u64) -> bool {
        let is_in = self.connections.get(index).is_some_and(|connection| connection.stage == Stage::In);
        if is_in {
            self.post(index, due);
        }
        is_in
    }

    /// Reads what a member's socket holds.
    pub(super) fn read(&mut self, index: usize, pump: &mut Pump) {
        self.serve(index, false, true, &mut pump.buffer);
    }

    fn serve(&mut self, index: usize, writable: bool, readable: bool, buffer: &mut [u8]) {
        if self.stalling && self.plan.as_ref().is_some_and(|plan| is_narrow(index, plan)) {
            return;
        }
        let Self { connections, scene, .. } = self;
        let (Some(connection), Some(scene)) = (connections.get_mut(index), scene) else { return };
        if connection.stage == Stage::Ended {
            return;
        }
        let mut served = if writable { connection.writable(scene) } else { Ok(()) };
        if readable && served.is_ok() {
            served = connection.readable(buffer, scene);
        }
        if let Err(error) = served {
            self.end(index, &error);
        }
    }

    fn end(&mut self, index: usize, error: &anyhow::Error) {
        self.hang_up(index);
        if let Some(connection) = self.connections.get_mut(index) {
            // The other side sees it at once; the socket itself goes with the crowd.
            let _ = connection.stream().socket().shutdown(std::net::Shutdown::Both);
        }
        self.ended += 1;
        let why = format!("{error:#}");
        self.ended_why.get_or_insert_with(|| why.clone());
        self.fell.push((index, why));
    }
}

/// Whether a member is one of those who can stall: the last ones of each room.
const fn is_narrow(index: usize, plan: &Connect) -> bool {
    index % plan.members >= plan.members - plan.narrow
}
