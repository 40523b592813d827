//! What a session is opened with.

use crate::backoff::CEILING;
use crate::link::{JoinCode, JoinLink, Origin};
use crate::{FrameTap, Seed, TlsConfig};
use kkanbu_model::ProgrammeId;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a session is opened with. Start from [`Options::joining`] or [`Options::new`] and change what you need.
#[derive(Clone)]
pub struct Options {
    /// The server; its challenges must name it.
    pub origin: Origin,
    /// The programme.
    pub programme: ProgrammeId,
    /// The join code, needed until the key has its seat; sent each time, which does no harm.
    pub code: Option<JoinCode>,
    /// Who one is.
    pub seed: Seed,
    /// Sees every raw text frame.
    pub tap: Option<Arc<dyn FrameTap>>,
    /// Who to trust where the origin is `https`; see [`crate::tls_trusting`].
    pub tls: Option<Arc<TlsConfig>>,
    /// Host and port to connect to in place of the origin's own, for a proxy in between.
    pub dial: Option<String>,
    /// How long opening one connection may take, from the name's look-up to the welcome.
    pub handshake_deadline: Duration,
    /// How long [`crate::Client::connect`] goes on trying.
    pub connect_deadline: Duration,
    /// How long a command may take, with all waits, reconnects and retries.
    pub command_deadline: Duration,
    /// What the wait before coming back is at most, where the server names none. The contract's 30 s, unless a test is in
    /// a hurry.
    pub wait_max: Duration,
    /// Events that wait for the caller. Crossed: the socket is read no further until one is taken.
    pub events_max: usize,
}

impl Options {
    /// For a member that has its seat.
    pub fn new(origin: Origin, programme: ProgrammeId, seed: Seed) -> Self {
        Self {
            origin,
            programme,
            code: None,
            seed,
            tap: None,
            tls: None,
            dial: None,
            handshake_deadline: Duration::from_secs(15),
            connect_deadline: Duration::from_secs(30),
            command_deadline: Duration::from_mins(1),
            wait_max: CEILING,
            events_max: 256,
        }
    }

    /// For somebody who was invited.
    pub fn joining(link: &JoinLink, seed: Seed) -> Self {
        Self { code: Some(link.code.clone()), ..Self::new(link.origin.clone(), link.programme.clone(), seed) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options({} {})", self.origin, self.programme)
    }
}
