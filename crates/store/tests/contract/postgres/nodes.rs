//! Two nodes on one database: whatever they do at once, what must be unique is.

use super::{Postgres, SERVER, shared};
use crate::engine::Engine;
use crate::fixture::{
    HOUR, MENTEE_SEATS, TOPIC_SEATS, act, admit, anyang, anyang_on, draw, draw_as, handle, join, keyring, member,
    mentee, mentor, room, seogwipo, settle,
};
use kkanbu_model::{Minute, RoomAct};
use kkanbu_store::postgres::{PostgresLimits, PostgresStore};
use kkanbu_store::{AdmitError, JoinError, MarkError, RedrawError, Store, StoreError};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// A programme, and two nodes that have it.
async fn two_nodes() -> (Postgres, [Arc<dyn Store>; 2]) {
    let engine = anyang_on::<Postgres>().await;
    let second = PostgresStore::open(&engine.settings(), SERVER, keyring()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [engine.store(), Arc::new(second)];
    (engine, stores)
}

fn of(stores: &[Arc<dyn Store>; 2], number: u32) -> Arc<dyn Store> {
    Arc::clone(&stores[number as usize % 2])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_seats_of_two_nodes_go_to_exactly_as_many() {
    let (_engine, stores) = two_nodes().await;
    let mut tasks = JoinSet::new();
    // Everybody asks both nodes.
    for number in 0..120 {
        let store = of(&stores, number);
        tasks.spawn(async move { store.admit(&anyang().id, &member(number / 2), &mentee()).await });
    }
    for answer in tasks.join_all().await {
        assert!(matches!(answer, Ok(_) | Err(AdmitError::Full)), "{answer:?}");
    }
    let mut seated = Vec::new();
    for number in 0..60 {
        if of(&stores, number).role(&anyang().id, &member(number)).await.unwrap().is_some() {
            seated.push(number);
        }
    }
    assert_eq!(seated.len(), MENTEE_SEATS as usize);
    let mut tasks = JoinSet::new();
    for number in seated {
        for store in &stores {
            let store = Arc::clone(store);
            tasks.spawn(async move { (number, join(&store, &room("topic-1"), number).await) });
        }
    }
    let mut inside = HashSet::new();
    for (number, answer) in tasks.join_all().await {
        match answer {
            Ok(_) => _ = inside.insert(number),
            Err(error) => assert_eq!(error, JoinError::Full),
        }
    }
    assert_eq!(inside.len(), TOPIC_SEATS as usize);
    assert_eq!(stores[0].members(&room("topic-1")).await.unwrap()[&mentee()], u64::from(TOPIC_SEATS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_is_one_members_whoever_draws_it_where() {
    let (_engine, stores) = two_nodes().await;
    let at = room("plaza");
    for number in 0..20 {
        admit(&stores[0], number, &mentee()).await;
    }
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let (store, at) = (of(&stores, number), at.clone());
        tasks.spawn(async move { store.join(&at, &member(number), draw_as(number, "brave-otter")).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(JoinError::HandleTaken))));
    for number in 0..20 {
        join(&stores[1], &at, number).await.unwrap();
    }
    // All draw the same few handles, again and again.
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        for turn in 0..6 {
            let (store, at) = (of(&stores, number + turn), at.clone());
            let handle = handle(&format!("느긋한 두루미 {}", (number + turn) % 7));
            tasks.spawn(async move { store.redraw(&at, &member(number), handle).await });
        }
    }
    for answer in tasks.join_all().await {
        assert!(matches!(answer, Ok(_) | Err(RedrawError::HandleTaken)), "{answer:?}");
    }
    let mut handles = HashSet::new();
    for number in 0..20 {
        handles.insert(stores[0].membership(&at, &member(number)).await.unwrap().unwrap().handle);
    }
    assert_eq!(handles.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_acted_on_while_drawing_keeps_the_handle_to_itself() {
    for round in 0..8 {
        let (_engine, stores) = two_nodes().await;
        let at = room("plaza");
        settle(&stores[0], &at, 1).await;
        admit(&stores[0], 2, &mentee()).await;
        let (first, second, there, here) = (of(&stores, 0), of(&stores, 1), at.clone(), at.clone());
        let redraw = tokio::task::spawn_blocking(move || {
            super::wait(async move { first.redraw(&there, &member(1), handle("소중한 제비")).await })
        });
        let mute = RoomAct::Mute(draw(1).handle, Minute::new(9));
        let muted = act(&second, &here, &mute, 1).await;
        redraw.await.unwrap().unwrap();
        let taken = stores[1].join(&at, &member(2), draw_as(2, "용감한 고라니 1")).await;
        match muted {
            Ok(_) => {
                assert_eq!(taken, Err(JoinError::HandleTaken), "round {round}: the handle is that of who was muted");
            }
            Err(_) => assert!(taken.is_ok(), "round {round}: nobody was muted under it"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_post_and_a_redraw_on_two_nodes_never_both_happen() {
    let (_engine, stores) = two_nodes().await;
    let at = room("plaza");
    for number in 0..12 {
        let before = settle(&stores[0], &at, number).await.handle;
        let (key, other) = (member(number), handle(&format!("조용한 수달 {number}")));
        let (drawn, marked) =
            tokio::join!(stores[0].redraw(&at, &key, other), stores[1].mark_posted(&at, &key, &before));
        let after = stores[1].membership(&at, &member(number)).await.unwrap().unwrap();
        match (drawn, marked) {
            (Ok(drawn), Err(MarkError::Changed)) => assert_eq!(after, drawn),
            (Err(RedrawError::Fixed), Ok(())) => assert!(after.posted && after.handle == before),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_node_sees_what_the_other_answered() {
    let (_engine, [one, other]) = two_nodes().await;
    let at = room("plaza");
    settle(&one, &at, 1).await;
    for number in 0..20 {
        act(&other, &at, &RoomAct::Mute(draw(1).handle, Minute::new(number.into())), number).await.unwrap();
        let seen = one.membership(&at, &member(1)).await.unwrap().unwrap();
        assert_eq!(seen.sanction.muted_until, Some(Minute::new(number.into())));
    }
    act(&other, &at, &RoomAct::Remove(draw(1).handle), 30).await.unwrap();
    assert_eq!(join(&one, &at, 1).await, Err(JoinError::Removed));
    other.destroy_programme(&anyang().id, HOUR).await.unwrap();
    let gone = StoreError::UnknownProgramme(anyang().id);
    assert_eq!(one.membership(&at, &member(1)).await, Err(gone.clone()));
    assert_eq!(one.admit(&anyang().id, &member(2), &mentee()).await, Err(AdmitError::Store(gone)));
    // Another of the same name, with other rooms, is not taken for the first.
    let mut shorter = anyang();
    shorter.rooms.truncate(1);
    other.create_programme(&shorter, HOUR).await.unwrap();
    assert_eq!(one.membership(&at, &member(1)).await, Ok(None));
    let nowhere = one.membership(&room("topic-1"), &member(1)).await;
    assert_eq!(nowhere, Err(StoreError::UnknownRoom(room("topic-1"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_programme_that_ends_takes_everybody_with_it() {
    let (engine, stores) = two_nodes().await;
    stores[0].create_programme(&seogwipo(), HOUR).await.unwrap();
    let mut tasks = JoinSet::new();
    for number in 0..30 {
        let store = of(&stores, number);
        tasks.spawn(async move {
            let role = if number % 2 == 0 { mentee() } else { mentor() };
            if store.admit(&anyang().id, &member(number), &role).await.is_ok() {
                let _ = join(&store, &room("plaza"), number).await;
            }
        });
    }
    stores[1].destroy_programme(&anyang().id, HOUR).await.unwrap();
    tasks.join_all().await;
    assert!(engine.rows().iter().all(|row| !row.plain.iter().any(|text| text == "anyang-2022")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_calls_are_refused_and_the_others_answered() {
    let engine = anyang_on::<Postgres>().await;
    let limits = PostgresLimits { connections_max: 1, calls_waiting_max: 4, ..PostgresLimits::default() };
    let settings = kkanbu_store::postgres::PostgresSettings { limits, ..engine.settings() };
    let store = PostgresStore::open(&settings, SERVER, keyring()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.admit(&anyang().id, &member(number), &mentee()).await });
    }
    let answers = tasks.join_all().await;
    let refused = answers.iter().filter(|answer| **answer == Err(AdmitError::Store(StoreError::Overloaded))).count();
    assert!(refused > 0 && answers.iter().filter(|answer| answer.is_ok()).count() >= 4, "{answers:?}");
    assert_eq!(store.role(&anyang().id, &member(0)).await.map(|_| ()), Ok(()), "and then it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_given_up_leaves_no_transaction_open() {
    let engine = anyang_on::<Postgres>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    for micros in (0..4_000).step_by(100) {
        let (at, key) = (room("plaza"), member(1));
        let doing = store.redraw(&at, &key, handle(&format!("조용한 수달 {micros}")));
        let _ = tokio::time::timeout(Duration::from_micros(micros), doing).await;
    }
    // Whatever came of each, all of them have let go.
    act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let sql = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND state LIKE 'idle in transaction%'",
        engine.database
    );
    assert_eq!(shared().psql("postgres", &sql).trim(), "0");
    store.leave(&room("plaza"), &member(1)).await.unwrap();
}
