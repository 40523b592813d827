//! `kkanbu bench`: load on our server in a process of its own, the floor beside it in the same run, and reports that say what was measured and how.
//!
//! The orchestrator ([`benches`]) starts a target and a generator for each ([`stand`]), pins them apart ([`process`]) and is idle while they work. The
//! [`generator`] speaks any [`dialect`] and keeps a record of every delivery; the [`floor`] is what the kernel alone costs. What a target spends is read
//! from the operating system's accounting. Nothing stays behind: children end with the orchestrator, and folders go with it.

pub mod benches;
pub mod dialect;
pub mod door;
pub mod floor;
mod frames;
pub mod generator;
mod machine;
pub mod process;
mod progress;
pub mod report;
pub mod stand;
mod stats;
mod tag;

pub use machine::Machine;
pub use progress::Progress;
pub use stats::Spread;
pub use tag::{TAG_BYTES, Tag};
