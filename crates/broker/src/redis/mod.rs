//! The engine for many nodes: rooms' logs in Redis, shared by all nodes that use the same servers.
//!
//! A room is one hash: where it stands, its publications by offset, and their idempotency keys. One script a publish judges,
//! numbers, writes and tells the room's channel. What a node holds of a room is a copy that it keeps only while somebody
//! follows the room, and that it distrusts at every occasion: then it asks Redis, once for all who follow.

mod broker;
mod feeds;
mod forms;
mod keeper;
mod link;
mod names;
mod pages;
mod registry;
mod retention;
mod room;
mod scripts;
mod scrub;
mod servers;
mod settings;
mod shared;
mod startup;
mod values;
mod writer;

pub use broker::RedisBroker;
pub use names::Names;
pub use settings::{Durability, Fault, OpenError, Settings, Timings, Topology};
