//! The Rust client of `kkanbu.v1`: connect, sign, resume, back off, exactly once and in order to its caller.
//!
//! [`Client::connect`] gives two halves. [`Client`] asks: join a room, post, read history. [`Events`] tells: every
//! publication of every joined room once and in order, and what happened to the connection. Between them one task owns
//! the socket. When the connection breaks it comes back with full jitter, resumes every room at the last publication
//! that it has delivered, and sends again, under their old keys and in their old order, the writing commands that have
//! had no reply.
//!
//! [`admin`] is another client, of the admin socket: for moderators' tools and for the command line.
//!
//! It knows the contract (`proto/README.md`) and of ours only `wire` and `model`.

pub mod admin;
mod backoff;
mod client;
mod draft;
mod error;
mod event;
mod identity;
mod link;
mod options;
mod session;
mod tap;
mod telemetry;
#[cfg(test)]
mod tests;
mod transport;

pub use backoff::full_jitter;
pub use client::Client;
pub use draft::{Draft, command_key};
pub use error::{CommandError, ConnectError, Ended, Interruption};
pub use event::{Event, Events};
pub use identity::{ForeignChallenge, IdentityError, MemberIdentity, SEED_BYTES, Seed};
pub use kkanbu_model::CommandKey;
pub use kkanbu_wire::{HistoryPage, Joined, Position, PostInfo, Publication, Rejection, RoomInfo, Welcome, What};
pub use link::{JoinCode, JoinLink, LinkError, Origin};
pub use options::Options;
pub use tap::FrameTap;
pub use tokio_rustls::rustls::ClientConfig as TlsConfig;
pub use transport::tls_trusting;
