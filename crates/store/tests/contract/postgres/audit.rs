//! The audit log under writers of several nodes, and its proof.

use super::cluster::shared;
use super::{Postgres, SERVER};
use crate::engine::Engine;
use crate::fixture::{HOUR, act, anyang, anyang_on, command, content_key, handle, keyring, notice, room, settle};
use kkanbu_keys::Keyring;
use kkanbu_model::{Minute, ProgrammeId, RoomAct, RoomAddress};
use kkanbu_store::postgres::{AuditProblem, PostgresStore, verify_audit};
use kkanbu_store::{AuditHead, Store, Unproven};
use std::process::Command;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Acts a writer.
const ACTS: u32 = 40;

async fn proven(engine: &Postgres, since: AuditHead) -> Result<AuditHead, AuditProblem> {
    Ok(verify_audit(&engine.settings(), since).await?.head)
}

/// Acts of all kinds, by writers that take turns as they come; `from` makes their keys others than those of another process.
async fn write(stores: &[Arc<dyn Store>], from: u32) -> Vec<u64> {
    let mut tasks = JoinSet::new();
    for (writer, store) in (0..).zip(stores) {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let mut numbers = Vec::new();
            for number in 0..ACTS {
                let doing = match number % 3 {
                    0 => RoomAct::Slow(number),
                    1 => RoomAct::Mute(handle("용감한 고라니 1"), Minute::new(u64::from(number))),
                    _ => notice("모두 환영합니다"),
                };
                let key = from + writer * ACTS + number;
                numbers.push(act(&store, &room("plaza"), &doing, key).await.unwrap().number);
            }
            numbers
        });
    }
    tasks.join_all().await.concat()
}

/// Not a test by itself: what the other process of the test below does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acts_of_another_process() {
    // A filter that no test is named by, for whoever runs tests; and for us where the database is.
    let Some(url) = std::env::args().find(|argument| argument.starts_with("host=")) else { return };
    let settings = kkanbu_store::postgres::PostgresSettings::new(url);
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(&settings, SERVER, keyring()).await.unwrap());
    assert_eq!(write(&[Arc::clone(&store), Arc::clone(&store)], 10_000).await.len(), 2 * ACTS as usize);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_in_two_processes_make_one_chain() {
    let engine = anyang_on::<Postgres>().await;
    settle(&engine.store(), &room("plaza"), 1).await;
    let before = proven(&engine, AuditHead::EMPTY).await.unwrap();
    let second = PostgresStore::open(&engine.settings(), SERVER, keyring()).await.unwrap();
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["postgres::audit::acts_of_another_process", "--exact"])
        .arg(engine.settings().url)
        .spawn()
        .unwrap();
    let stores: [Arc<dyn Store>; 2] = [engine.store(), Arc::new(second)];
    let numbers = write(&stores, 0).await;
    let ended = tokio::task::spawn_blocking(move || other.wait()).await.unwrap().unwrap();
    assert!(ended.success());
    let mine: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(mine.len(), numbers.len(), "no number was given twice");
    let head = proven(&engine, before).await.unwrap();
    assert_eq!(head.number, before.number + u64::from(4 * ACTS));
    assert_eq!(engine.store().audit_head().await, Ok(head));
    let read = engine.store().audit(0, usize::MAX).await.unwrap();
    assert!(read.iter().map(|entry| entry.number).eq(1..=head.number), "every number once");
    let waiting = engine.store().pending().await.unwrap().len();
    let published = (0..ACTS).filter(|number| number % 3 != 1).count();
    assert_eq!(waiting, 4 * published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_changed_in_the_log_is_found() {
    let engine = anyang_on::<Postgres>().await;
    for number in 0..5 {
        act(&engine.store(), &room("plaza"), &RoomAct::Slow(number), number).await.unwrap();
    }
    let noted = proven(&engine, AuditHead::EMPTY).await.unwrap();
    assert_eq!(noted.number, 6);
    let tamper = |sql: &str| shared().psql(&engine.database, &format!("SET search_path = kkanbu; {sql}"));
    let broken_at = async || match proven(&engine, noted).await {
        Err(AuditProblem::Broken { broken, .. }) => broken.number(),
        other => panic!("{other:?}"),
    };
    tamper("UPDATE audit SET hour = hour + 1 WHERE number = 3");
    assert_eq!(broken_at().await, 3);
    tamper("UPDATE audit SET hour = hour - 1 WHERE number = 3");
    assert_eq!(proven(&engine, noted).await.unwrap(), noted);
    tamper("DELETE FROM pending; DELETE FROM audit WHERE number = 6");
    assert_eq!(broken_at().await, 6);
    // Whoever writes the head too can cut the log; who has noted a head sees that.
    tamper("UPDATE audit_head SET (number, hash) = (SELECT number, hash FROM audit WHERE number = 5)");
    assert_eq!(proven(&engine, AuditHead::EMPTY).await.unwrap().number, 5);
    let cut = proven(&engine, noted).await;
    assert!(matches!(cut, Err(AuditProblem::Unproven(Unproven::EndsBefore { last: 5, noted: 6 }))), "{cut:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programmes_made_and_ended_at_once_are_entered_once_each() {
    let keys = Keyring::default();
    let programme =
        |number: u8| kkanbu_model::Programme { id: ProgrammeId::new(format!("p-{number}")).unwrap(), ..anyang() };
    for number in 0..6 {
        keys.insert(programme(number).id, content_key(number));
    }
    let engine = Postgres::create(keys.clone()).await;
    let second = PostgresStore::open(&engine.settings(), SERVER, keys).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [engine.store(), Arc::new(second)];
    let mut tasks = JoinSet::new();
    for number in 0..6 {
        for store in &stores {
            let (store, programme) = (Arc::clone(store), programme(number));
            tasks.spawn(async move {
                store.create_programme(&programme, HOUR).await.unwrap();
                let at = RoomAddress { programme: programme.id, ..room("plaza") };
                store.act(&at, &RoomAct::Freeze, command(1), HOUR).await.unwrap().number
            });
        }
    }
    tasks.join_all().await;
    assert_eq!(proven(&engine, AuditHead::EMPTY).await.unwrap().number, 12);
    let mut tasks = JoinSet::new();
    for number in 0..6 {
        for store in &stores {
            let (store, id) = (Arc::clone(store), programme(number).id);
            tasks.spawn(async move { store.destroy_programme(&id, HOUR).await.unwrap() });
        }
    }
    tasks.join_all().await;
    assert_eq!(proven(&engine, AuditHead::EMPTY).await.unwrap().number, 18);
    assert_eq!(stores[0].programmes().await, Ok(vec![]));
}
