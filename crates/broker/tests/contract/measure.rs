//! How long publishing waits while a long log is shortened. Run on demand, in release:
//! `cargo test --release -p kkanbu-broker --test contract -- --ignored --nocapture measure::`

use crate::engines::memory_sqlite::MemorySqlite;
use crate::harness::{EngineUnderTest, PLAZA, keyring, post, publish};
use crate::suite::retention::offsets;
use futures_util::future::join_all;
use kkanbu_broker::memory::Snapshot;
use kkanbu_model::{Limits, Offset};
use std::time::Duration;
use tokio::time::Instant;

const POSTS: u64 = 100_000;

/// Publishes one after the other until `done`, and gives the longest wait and the median.
async fn waits(engine: &MemorySqlite, done: &std::sync::atomic::AtomicBool) -> (Duration, Duration, usize) {
    let broker = engine.broker();
    let mut waits = Vec::new();
    while !done.load(std::sync::atomic::Ordering::SeqCst) {
        let began = Instant::now();
        publish(&*broker, &PLAZA, post("meanwhile")).await;
        waits.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    waits.sort();
    (*waits.last().unwrap(), waits[waits.len() / 2], waits.len())
}

async fn measured(name: &str, engine: &MemorySqlite, act: impl Future<Output = ()>) {
    let done = std::sync::atomic::AtomicBool::new(false);
    let began = Instant::now();
    let acting = async {
        act.await;
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        began.elapsed()
    };
    let (took, (longest, median, number)) = tokio::join!(acting, waits(engine, &done));
    println!("{name}: {took:?}; {number} publishes meanwhile, median {median:?}, longest {longest:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes long and asserts nothing"]
async fn publishing_while_a_long_log_is_shortened() {
    let engine = MemorySqlite::start(keyring(), Limits::default()).await;
    let broker = engine.broker();
    for _ in 0..POSTS / 1_000 {
        join_all((0..1_000).map(|number| publish(&*broker, &PLAZA, post(&"글".repeat(number % 120 + 1))))).await;
    }
    let size = || std::fs::metadata(engine.folder().join("log.sqlite")).unwrap().len() / 1_000_000;
    println!("{POSTS} publications, {} MB", size());
    measured("nothing, for 1 s", &engine, tokio::time::sleep(Duration::from_secs(1))).await;
    measured("erase 1", &engine, async { broker.erase(&PLAZA, &offsets([5])).await.unwrap() }).await;
    let many = offsets((1..=POSTS).step_by(10));
    measured("erase 10,000 all over", &engine, async { broker.erase(&PLAZA, &many).await.unwrap() }).await;
    let target = engine.folder().join("copy.sqlite");
    let log = engine.folder().join("log.sqlite");
    measured("snapshot and copy", &engine, async {
        let copying = move || Snapshot::begin(&log).unwrap().write_to(&target).unwrap();
        tokio::task::spawn_blocking(copying).await.unwrap();
    })
    .await;
    measured("trim 50,000", &engine, async { broker.trim(&PLAZA, Offset::new(50_001)).await.unwrap() }).await;
    measured("trim the rest", &engine, async { broker.trim(&PLAZA, Offset::new(POSTS + 1)).await.unwrap() }).await;
    println!("{} MB are left", size());
    broker.close().await;
}
