//! What is measured, with the load beside it: a target in a process of its own, its generator in another.

mod fsync;
mod memory;
mod site;
mod target;

pub use fsync::{FsyncSource, LogSync};
pub use memory::Memory;
pub use site::{POSTS_BURST, POSTS_PER_MINUTE, Shape, Site, SiteOptions};
pub(crate) use target::unasked;
pub use target::{Measured, Stand};

use std::ffi::OsStr;

/// The arguments by which this executable becomes the generator and the floor.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// The generator.
    pub generator: [&'static str; 2],
    /// The floor.
    pub floor: [&'static str; 2],
    /// The door.
    pub door: [&'static str; 2],
}

/// How the command line calls them; `kkanbu` keeps to it.
pub const ROLES: Roles =
    Roles { generator: ["bench", "generator"], floor: ["bench", "floor-program"], door: ["bench", "door-program"] };

fn arguments<'a>(words: &'a [&'static str]) -> Vec<&'a OsStr> {
    words.iter().map(OsStr::new).collect()
}
