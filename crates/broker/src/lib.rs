//! Room logs: publish, order, history and fan-out behind one contract.
//!
//! Each room is one ordered log of publications. The broker numbers what is published, makes it durable, and only then
//! acknowledges it and hands it to subscribers. It knows neither sockets nor people: events arrive decided, and who wrote
//! them is sealed with everything else before it touches the disk.

mod contract;
mod envelope;
mod local;
pub mod memory;
pub mod redis;
mod telemetry;

pub use contract::{
    Broker, BrokerError, Entry, Found, GapReason, Head, IdempotencyKey, Page, PublishError, Published, Subscribed,
    Subscription,
};

/// Counts by size, as operators' tools read it.
pub use prometheus_client::metrics::histogram::Histogram;
