//! The server dies, is slow, and comes back.

use super::SERVER;
use super::cluster::Cluster;
use crate::fixture::{HOUR, act, admit, anyang, join, keyring, member, mentee, room, settle};
use kkanbu_model::{Membership, RoomAct};
use kkanbu_store::postgres::{OpenError, PostgresSettings, PostgresStore, verify_audit};
use kkanbu_store::{AuditHead, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

async fn store_on(cluster: &Cluster) -> (PostgresSettings, Arc<dyn Store>) {
    let settings = cluster.settings(&cluster.database());
    let store = PostgresStore::create(&settings, SERVER, keyring()).await.unwrap();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    (settings, Arc::new(store))
}

/// Tries until it works, as whoever asks `/readyz` does, and says how long that took.
async fn back(store: &Arc<dyn Store>) -> Duration {
    let since = Instant::now();
    while let Err(error) = store.check().await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert!(since.elapsed() < Duration::from_secs(20), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    since.elapsed()
}

/// What somebody was told.
enum Told {
    Joined(u32, Membership),
    Acted(u64),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_the_server_was_killed_in_the_middle() {
    let mut cluster = Cluster::start();
    let (settings, store) = store_on(&cluster).await;
    for number in 0..36 {
        admit(&store, number, &mentee()).await;
    }
    let over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for writer in 0..6 {
        let (store, over) = (Arc::clone(&store), Arc::clone(&over));
        tasks.spawn(async move {
            let mut told = Vec::new();
            for turn in 0.. {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let number = writer * 6 + turn % 6;
                if writer % 2 == 0 {
                    if let Ok(membership) = join(&store, &room("plaza"), number).await {
                        told.push(Told::Joined(number, membership));
                    }
                } else if let Ok(acted) =
                    act(&store, &room("plaza"), &RoomAct::Slow(turn), writer * 100_000 + turn).await
                {
                    told.push(Told::Acted(acted.number));
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            told
        });
    }
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        cluster.kill();
        let since = Instant::now();
        assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
        assert!(since.elapsed() < Duration::from_secs(2));
        cluster.run();
        back(&store).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    over.store(true, Ordering::SeqCst);
    let told = tasks.join_all().await;
    let (mut joined, mut acted) = (0, Vec::new());
    for told in told.into_iter().flatten() {
        match told {
            Told::Joined(number, membership) => {
                assert_eq!(store.membership(&room("plaza"), &member(number)).await, Ok(Some(membership)));
                joined += 1;
            }
            Told::Acted(number) => acted.push(number),
        }
    }
    assert!(joined >= 18 && acted.len() >= 10, "{joined} joined, {} acts", acted.len());
    let head = verify_audit(&settings, AuditHead::EMPTY).await.unwrap().head;
    let kept = store.audit(0, usize::MAX).await.unwrap();
    assert_eq!(kept.len() as u64, head.number);
    acted.sort_unstable();
    assert!(acted.windows(2).all(|pair| pair[0] < pair[1]), "no number was told twice");
    assert!(acted.iter().all(|number| (2..=head.number).contains(number)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_is_told_at_once_and_found_again() {
    let mut cluster = Cluster::start();
    let (settings, store) = store_on(&cluster).await;
    settle(&store, &room("plaza"), 1).await;
    cluster.kill();
    let since = Instant::now();
    let opened = PostgresStore::open(&settings, SERVER, keyring()).await;
    assert!(matches!(opened, Err(OpenError::Unreachable(_))), "{opened:?}");
    assert!(matches!(store.membership(&room("plaza"), &member(1)).await, Err(StoreError::Unavailable { .. })));
    assert!(act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.is_err());
    assert!(since.elapsed() < Duration::from_secs(4), "{:?}", since.elapsed());
    cluster.run();
    let took = back(&store).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(store.membership(&room("plaza"), &member(1)).await.unwrap().is_some());
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap().number, 2);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_answer_is_given_up_within_the_deadline() {
    let cluster = Cluster::start();
    let (settings, store) = store_on(&cluster).await;
    store.check().await.unwrap();
    let database = settings.url.rsplit('=').next().unwrap().to_owned();
    let holder = std::thread::spawn(move || {
        cluster.psql(&database, "BEGIN; LOCK TABLE kkanbu.probe; SELECT pg_sleep(3); COMMIT");
        cluster
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let since = Instant::now();
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    let took = since.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(1_900)).contains(&took), "{took:?}");
    // Other calls are not held up by it.
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(None));
    let _cluster = tokio::task::spawn_blocking(|| holder.join().unwrap()).await.unwrap();
    back(&store).await;
}
