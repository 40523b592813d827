//! What publishing through Redis costs the server and this process; run on demand, best with `--release`:
//! `cargo test --release -p kkanbu-broker --test contract redis::measure -- --ignored --nocapture`

use super::node_with;
use super::real;
use crate::harness::{entry, post, room};
use crate::redis::server::PrivateRedis;
use futures_util::future::join_all;
use kkanbu_broker::Broker;
use kkanbu_model::RoomAddress;
use std::time::Duration;
use tokio::time::Instant;

/// CPU that a process has used, by `/proc`, whose ticks Linux fixes at a hundredth of a second.
fn used(pid: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let ticks: u32 = after_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().unwrap()).sum();
    Duration::from_millis(10) * ticks
}

async fn measured(publishers: u32, posts: u32) {
    let server = PrivateRedis::start(&[]);
    let node = node_with(real(&server)).await;
    let rooms: Vec<RoomAddress> = (0..200).map(|number| room(&format!("room-{number}"))).collect();
    join_all(rooms.iter().map(async |room| node.head(room).await.unwrap())).await;
    let pid = server.pid().to_string();
    let before = (used(&pid), used("self"), Instant::now());
    join_all((0..publishers).map(async |publisher| {
        for number in 0..posts / publishers {
            let room = &rooms[usize::try_from(publisher + number).unwrap() % rooms.len()];
            node.publish(room, entry(post("what a post of usual length says, more or less"))).await.unwrap();
        }
    }))
    .await;
    let took = before.2.elapsed();
    let each = |used: Duration| used.as_secs_f64() * 1e6 / f64::from(posts);
    println!(
        "{publishers} publishers: {:.0} posts/s, server {:.1} µs CPU a post, this process {:.1} µs",
        f64::from(posts) / took.as_secs_f64(),
        each(used(&pid).saturating_sub(before.0)),
        each(used("self").saturating_sub(before.1))
    );
    node.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn publishing() {
    for (publishers, posts) in [(1, 4_000), (50, 20_000), (1_000, 60_000)] {
        measured(publishers, posts).await;
    }
}
