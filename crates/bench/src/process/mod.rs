//! The processes of a bench: how they are started and pinned, how they talk, what they cost, and that none stays behind.

mod child;
mod cores;
mod cost;
mod launch;
pub(crate) mod lines;

pub use child::{Child, Launcher};
pub use cores::Cores;
pub use cost::{cpu_time, resident_bytes};
pub use launch::{Launch, launch};
