//! The contract: every duty of [`kkanbu_broker::Broker`] once, for any engine.

pub(crate) mod at_rest;
pub(crate) mod epochs;
pub(crate) mod idempotency;
pub(crate) mod order;
pub(crate) mod races;
pub(crate) mod retention;
pub(crate) mod retention_feeds;
pub(crate) mod state;
pub(crate) mod storage;
pub(crate) mod subscriptions;
