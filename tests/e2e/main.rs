//! End-to-end tests: the real gateway on real sockets, over a real store and log in a folder of their own.
//!
//! | File | What it shows |
//! |---|---|
//! | `sessions` | challenge, signature, join code; every deadline and every way a session ends |
//! | `rooms` | seats, handles, badges, bands, leaving; the last seat under a crowd |
//! | `posts` | what may be written, what is asked back, what is refused; retries |
//! | `resume` | coming back without hole or duplicate, and being told where that can't be |
//! | `quiet` | what nobody gets to see (promise P4) |
//! | `trouble` | a log that fails, a full queue, readiness, draining |
//! | `tls` | certificate files |

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod harness;
mod posts;
mod quiet;
mod resume;
mod rooms;
mod sessions;
mod tls;
mod trouble;
