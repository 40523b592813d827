//! When publications are written: those that follow each other closely share a sync, a lone one does not wait, and in quiet
//! times they settle in their rooms.

use crate::engines::memory_fault::MemoryFault;
use crate::engines::memory_sqlite::MemorySqlite;
use crate::harness::{EngineUnderTest, PLAZA, keyring, limits, post, publish, read_all};
use futures_util::future::join_all;
use kkanbu_model::Limits;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So long that a slow machine does not blur it.
const LINGER: Duration = Duration::from_millis(500);

async fn engine(commit_linger: Duration) -> MemoryFault {
    let engine = MemoryFault::start(keyring(), Limits { commit_linger, ..limits() }).await;
    engine.broker().head(&PLAZA).await.unwrap();
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lone_publication_does_not_wait() {
    let engine = engine(LINGER).await;
    let began = Instant::now();
    publish(&*engine.broker(), &PLAZA, post("alone")).await;
    assert!(began.elapsed() < LINGER / 2);
    sleep(LINGER).await;
    let began = Instant::now();
    publish(&*engine.broker(), &PLAZA, post("alone again")).await;
    assert!(began.elapsed() < LINGER / 2);
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn publications_that_follow_closely_share_a_sync_and_wait_no_longer_than_the_limit() {
    let engine = engine(LINGER).await;
    let broker = engine.broker();
    publish(&*broker, &PLAZA, post("the first")).await;
    let (began, syncs) = (Instant::now(), engine.disk.syncs());
    let late = |number| {
        let broker = &broker;
        async move {
            sleep(Duration::from_millis(5) * number).await;
            publish(&**broker, &PLAZA, post("one of a stream")).await;
        }
    };
    join_all((0..20).map(late)).await;
    assert_eq!(engine.disk.syncs() - syncs, 1, "all within one wait");
    // It began before the first of them came, so none of them waited as long as this.
    assert!(began.elapsed() < LINGER * 2);
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_waits_for_each_answer_is_not_held_up_again_and_again() {
    let engine = engine(LINGER).await;
    let began = Instant::now();
    for _ in 0..30 {
        publish(&*engine.broker(), &PLAZA, post("after the last answer")).await;
    }
    assert!(began.elapsed() < LINGER * 3, "once at most, and not thirty times");
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_limit_nobody_waits() {
    let engine = engine(Duration::ZERO).await;
    let before = engine.disk.syncs();
    for _ in 0..20 {
        publish(&*engine.broker(), &PLAZA, post("each its own")).await;
    }
    assert_eq!(engine.disk.syncs() - before, 20);
    let (mut registry, mut text) = (Registry::default(), String::new());
    registry.register("syncs", "how long they took", engine.broker().sync_seconds());
    encode(&mut text, &registry).unwrap();
    let counted = format!("\nsyncs_count {}\n", engine.disk.syncs());
    assert!(text.contains(&counted), "{counted} in {text}");
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_quiet_times_publications_settle_in_their_rooms() {
    let engine = MemorySqlite::start(keyring(), limits()).await;
    for _ in 0..2 {
        publish(&*engine.broker(), &PLAZA, post("before the quiet")).await;
        assert_eq!(engine.unsettled(), 1);
        while engine.unsettled() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(engine.sealed(&PLAZA).await.len(), read_all(&*engine.broker(), &PLAZA, 10).await.len());
    }
    engine.broker().close().await;
}
