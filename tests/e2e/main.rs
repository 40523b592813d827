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
//! | `bad_days` | clients that read slowly or stop in the middle of a frame, a flood, a clock that jumps |
//! | `moderation` | the admin socket: what moderators do, and what members see of it |
//! | `acts` | an act is done once or not at all, wherever the server stops |
//! | `retention` | what is kept no longer is in no file any more |
//! | `calendar` | rooms open and close, and members are told |
//! | `tls` | certificate files |
//!
//! Tests of the whole binary are with it: `crates/kkanbu/tests/`, with the canaries that are looked for in everything that it leaves behind.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod acts;
mod bad_days;
mod calendar;
mod harness;
mod moderation;
mod posts;
mod quiet;
mod resume;
mod retention;
mod rooms;
mod sessions;
mod tls;
mod trouble;
