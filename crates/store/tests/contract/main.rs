//! What every store must do, written once and run for each engine; below it what concerns one engine alone.
//!
//! - `suite::programmes`: create, list, destroy; keys that are missing or wrong
//! - `suite::seats`: first come first served, never overbooked, whatever runs at once
//! - `suite::rooms`: joining, leaving, seats in a room
//! - `suite::handles`: unique, drawn anew until the first post, never anybody else's after it
//! - `suite::acts`: acts, their entries in the audit log, and what waits for the room's log
//! - `suite::sanctions`: muted and removed members, whatever they do in between
//! - `suite::seen`: readers see what was answered, and never go back
//! - `suite::lasting`: what was acknowledged is there after a restart and after a kill
//! - `suite::at_rest`: no name of a member in any file, nothing shared between rooms, no order of rows
//! - `suite::history`: random commands against a simple model
//! - `postgres::*`: several nodes on one database, a killed server, the layout of tables, weak databases, TLS
//! - `sqlite::*`: what is wrong with a file, its layout, a full disk, a killed process, limits, older versions, the proof of the audit
//!   log, copies of one moment
//!
//! Another engine implements [`engine::Engine`] and adds one line to the end of this file.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too, which clippy.toml does not know as tests"
)]

mod engine;
mod fixture;
mod postgres;
mod scan;
mod sqlite;
mod suite;

suite::every_store_passes!(on_sqlite, crate::sqlite::Sqlite);
suite::every_store_passes!(on_postgres, crate::postgres::Postgres);
