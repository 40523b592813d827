//! WebSocket sessions, pseudonymous handles, listeners and drain.
//!
//! The gateway carries frames between sockets and the rooms: it decodes what members send, has the rules decide, publishes to
//! the broker, and copies what the broker made durable to every session in the room. It knows member keys, never identities:
//! it has no type that could name one.

mod admin;
mod challenge;
mod close;
mod codec;
mod come_back;
#[cfg(feature = "conformance")]
mod conformance;
mod engine;
mod feed;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
#[expect(clippy::expect_used, clippy::panic, reason = "it panics where something that has to hold does not")]
pub mod fuzzing;
mod handles;
mod http;
mod join_code;
mod listener;
#[cfg(feature = "measure")]
#[doc(hidden)]
pub mod measure;
mod ops;
mod outbox;
mod server;
mod service;
mod session;
mod socket;
mod sync;
mod telemetry;

pub use come_back::come_back_spread;
#[cfg(feature = "conformance")]
#[doc(hidden)]
pub use conformance::echo;
pub use http::{Asset, Assets};
pub use join_code::join_code;
pub use listener::{ListenError, Tls};
pub use server::{Listening, Parts, ReadProgramme, Server, Settings};
pub use service::{Programmes, ProgrammesError};
