//! What the tables tell by how they lie in their files: nothing, a short time after they were written.

use super::cluster::shared;
use super::{Postgres, SERVER};
use crate::engine::Engine;
use crate::fixture::{HOUR, act, admit, anyang, anyang_on, draw, join, keyring, mentee, room};
use kkanbu_model::{Minute, RoomAct};
use kkanbu_store::postgres::{PostgresLimits, PostgresSettings, PostgresStore};
use kkanbu_store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

const TABLES: [&str; 4] = ["member", "membership", "handle", "sanction"];

async fn come_in(store: &Arc<dyn Store>) {
    for number in 0..12 {
        admit(store, number, &mentee()).await;
        join(store, &room("plaza"), number).await.unwrap();
        act(store, &room("plaza"), &RoomAct::Mute(draw(number).handle, Minute::new(9)), number).await.unwrap();
    }
}

fn asked(engine: &Postgres, sql: &str) -> String {
    shared().psql(&engine.database, &format!("SET search_path = kkanbu; {sql}")).trim().to_owned()
}

/// Whether the table tells who came before whom: by the numbers of transactions, or by places.
fn tells(engine: &Postgres, table: &str) -> bool {
    let transactions = asked(engine, &format!("SELECT count(DISTINCT xmin::text) FROM {table}"));
    let unordered = format!(
        "SELECT count(*) FROM (SELECT tag, lag(tag) OVER (ORDER BY ctid) AS before FROM {table}) AS pair WHERE before > tag"
    );
    transactions != "1" || asked(engine, &unordered) != "0"
}

async fn opened(engine: &Postgres, layout_kept: Duration) -> Arc<dyn Store> {
    let limits = PostgresLimits { layout_kept, ..PostgresLimits::default() };
    let settings = PostgresSettings { limits, ..engine.settings() };
    Arc::new(PostgresStore::open(&settings, SERVER, keyring()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_order_of_writes_is_gone_after_a_while_by_itself() {
    let engine = anyang_on::<Postgres>().await;
    come_in(&opened(&engine, Duration::from_hours(1)).await).await;
    for table in TABLES {
        assert!(tells(&engine, table), "{table}: what is looked for is found");
    }
    // Another node starts, and does it for the one that is gone.
    let _store = opened(&engine, Duration::from_millis(100)).await;
    let mut left = 100;
    while TABLES.iter().any(|table| tells(&engine, table)) {
        left -= 1;
        assert!(left > 0, "the tables still tell");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_leaves_nothing_that_tells() {
    let engine = anyang_on::<Postgres>().await;
    let store = opened(&engine, Duration::from_hours(1)).await;
    come_in(&store).await;
    store.close().await;
    assert!(!TABLES.iter().any(|table| tells(&engine, table)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewriting_goes_on_beside_readers_and_writers() {
    let engine = anyang_on::<Postgres>().await;
    let busy = opened(&engine, Duration::from_millis(20)).await;
    let also = opened(&engine, Duration::from_millis(20)).await;
    for number in 0..30 {
        admit(&busy, number, &mentee()).await;
        let joined = join(&also, &room("plaza"), number).await.unwrap();
        assert_eq!(busy.membership(&room("plaza"), &crate::fixture::member(number)).await, Ok(Some(joined)));
    }
    assert_eq!(also.members(&room("plaza")).await.unwrap()[&mentee()], 30);
    busy.close().await;
    also.close().await;
    assert!(!["member", "membership", "handle"].iter().any(|table| tells(&engine, table)));
}

/// A dump that began before sees the programme to its end, and who ends the programme is told that it is not gone yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_transaction_still_sees_is_not_called_gone() {
    let engine = anyang_on::<Postgres>().await;
    let store = engine.store();
    come_in(&store).await;
    let database = engine.database.clone();
    let dump = tokio::task::spawn_blocking(move || {
        let sql = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM kkanbu.membership; SELECT pg_sleep(8);
                   SELECT count(*) FROM kkanbu.membership; COMMIT";
        // One statement a call is one transaction; psql sends this as one.
        shared().psql(&database, sql)
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ended = store.destroy_programme(&anyang().id, HOUR).await;
    assert!(matches!(ended, Err(StoreError::Unavailable { .. })), "{ended:?}");
    assert_eq!(store.programmes().await, Ok(vec![]), "it is ended nevertheless");
    let seen = dump.await.unwrap();
    assert_eq!(seen.split_whitespace().collect::<Vec<_>>(), ["12", "12"]);
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    assert_eq!(store.audit_head().await.unwrap().number, 14, "and entered once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_planners_statistics_hold_no_tag() {
    let engine = anyang_on::<Postgres>().await;
    come_in(&engine.store()).await;
    asked(&engine, "ANALYZE");
    let known = |columns: &str| {
        asked(&engine, &format!("SELECT count(*) FROM pg_stats WHERE schemaname = 'kkanbu' AND attname IN ({columns})"))
    };
    assert_ne!(known("'role', 'room', 'programme'"), "0", "there are statistics");
    assert_eq!(known("'tag', 'sealed', 'key_tag', 'mark', 'detail'"), "0");
}
