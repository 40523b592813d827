//! Real Redis servers for tests, each in a folder and on a port of its own, and gone with the test; and what the Redis
//! engine promises beyond the suite.

pub(crate) mod cluster;
mod faults;
mod measure;
mod moves;
mod nodes;
mod secrecy;
pub(crate) mod sentinel;
pub(crate) mod server;
mod starts;

use crate::engines::redis_server::settings;
use crate::harness::keyring;
use kkanbu_broker::redis::{RedisBroker, Settings, Timings, Topology};
use kkanbu_model::Limits;
use server::PrivateRedis;
use std::sync::Arc;
use std::time::Duration;

/// Settings with the times that servers run with.
fn real(server: &PrivateRedis) -> Settings {
    Settings { timings: Timings::default(), ..settings(vec![server.url()], Topology::Server) }
}

/// A node of its own on this server.
async fn node(server: &PrivateRedis) -> Arc<RedisBroker> {
    node_with(real(server)).await
}

async fn node_with(settings: Settings) -> Arc<RedisBroker> {
    crate::engines::redis_server::open(settings, &keyring(), &Limits::default()).await
}

/// Waits until something holds, for a while.
async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to hold");
}
