//! Memberships: who may join, which seats a room has, and what leaving does.

use crate::engine::Engine;
use crate::fixture::{
    TOPIC_SEATS, admit, anyang, anyang_on, draw, draw_as, join, member, mentee, mentor, room, settle,
};
use kkanbu_model::RoomId;
use kkanbu_store::JoinError;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

pub(crate) async fn joining_needs_a_seat_in_the_programme<E: Engine>() {
    let engine = anyang_on::<E>().await;
    assert_eq!(join(&engine.store(), &room("plaza"), 1).await, Err(JoinError::NotAdmitted));
    assert_eq!(engine.store().membership(&room("plaza"), &member(1)).await, Ok(None));
}

pub(crate) async fn a_room_is_for_its_roles<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentee()).await;
    admit(&store, 2, &mentor()).await;
    assert_eq!(join(&store, &room("lounge"), 1).await, Err(JoinError::NotForRole));
    assert_eq!(join(&store, &room("lounge"), 2).await.unwrap().role, mentor());
}

pub(crate) async fn joining_again_keeps_the_membership<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let first = settle(&store, &room("plaza"), 1).await;
    assert_eq!((first.id, &first.handle, first.posted), (draw(1).id, &draw(1).handle, false));
    assert_eq!(store.join(&room("plaza"), &member(1), draw(99)).await, Ok(first.clone()));
    // The handle of the draw that was not used is nobody's.
    admit(&store, 2, &mentee()).await;
    assert_eq!(store.join(&room("plaza"), &member(2), draw(99)).await.unwrap().handle, draw(99).handle);
    // A member whose own handle is drawn again stays what it is too.
    assert_eq!(store.join(&room("plaza"), &member(1), draw(1)).await, Ok(first));
}

pub(crate) async fn room_seats_are_never_overbooked<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..30 {
        admit(&store, number, &mentee()).await;
    }
    let mut tasks = JoinSet::new();
    for number in 0..30 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { join(&store, &room("topic-1"), number).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), TOPIC_SEATS as usize);
    assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(JoinError::Full))));
    let members = store.members(&room("topic-1")).await.unwrap();
    assert_eq!(members[&mentee()], u64::from(TOPIC_SEATS));
    // The handles that were drawn by those who did not get in are nobody's.
    let handles = engine.rows().iter().filter(|row| row.table == "handle").count();
    assert_eq!(handles, TOPIC_SEATS as usize);
}

pub(crate) async fn room_seats_are_counted_by_role<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..TOPIC_SEATS {
        settle(&store, &room("topic-1"), number).await;
        admit(&store, 100 + number, &mentor()).await;
        join(&store, &room("topic-1"), 100 + number).await.unwrap();
    }
    admit(&store, 50, &mentee()).await;
    admit(&store, 150, &mentor()).await;
    assert_eq!(join(&store, &room("topic-1"), 50).await, Err(JoinError::Full));
    assert_eq!(join(&store, &room("topic-1"), 150).await, Err(JoinError::Full));
}

pub(crate) async fn leaving_frees_the_seat<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..TOPIC_SEATS {
        settle(&store, &room("topic-1"), number).await;
    }
    admit(&store, 50, &mentee()).await;
    assert_eq!(join(&store, &room("topic-1"), 50).await, Err(JoinError::Full));
    assert_eq!(store.leave(&room("topic-1"), &member(3)).await, Ok(true));
    assert!(join(&store, &room("topic-1"), 50).await.is_ok());
    assert_eq!(join(&store, &room("topic-1"), 3).await, Err(JoinError::Full));
}

pub(crate) async fn leaving_twice_says_so<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    assert_eq!(store.leave(&room("plaza"), &member(1)).await, Ok(true));
    assert_eq!(store.leave(&room("plaza"), &member(1)).await, Ok(false));
    assert_eq!(store.membership(&room("plaza"), &member(1)).await, Ok(None));
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(Some(mentee())), "the seat in the programme stays");
}

pub(crate) async fn joining_again_after_leaving_makes_a_stranger<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let before = settle(&store, &room("plaza"), 1).await;
    store.mark_posted(&room("plaza"), &member(1), &before.handle).await.unwrap();
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    let after = store.join(&room("plaza"), &member(1), draw_as(2, "느긋한 두루미")).await.unwrap();
    assert_eq!((after.id, after.posted), (draw(2).id, false));
    assert_ne!(after.handle, before.handle);
}

pub(crate) async fn members_are_counted_by_role<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    assert_eq!(store.members(&room("plaza")).await, Ok(BTreeMap::from([(mentee(), 0), (mentor(), 0)])));
    for number in 0..7 {
        settle(&store, &room("plaza"), number).await;
    }
    admit(&store, 100, &mentor()).await;
    join(&store, &room("plaza"), 100).await.unwrap();
    store.leave(&room("plaza"), &member(0)).await.unwrap();
    assert_eq!(store.members(&room("plaza")).await, Ok(BTreeMap::from([(mentee(), 6), (mentor(), 1)])));
    assert_eq!(store.members(&room("lounge")).await, Ok(BTreeMap::from([(mentor(), 0)])));
}

pub(crate) async fn memberships_are_found_in_all_rooms<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentor()).await;
    let mut expected = BTreeMap::new();
    for (number, id) in ["plaza", "lounge"].into_iter().enumerate() {
        let drawn = draw(u32::try_from(number).unwrap());
        let joined = store.join(&room(id), &member(1), drawn).await.unwrap();
        expected.insert(RoomId::new(id).unwrap(), joined);
    }
    settle(&store, &room("plaza"), 7).await;
    assert_eq!(store.memberships(&anyang().id, &member(1)).await, Ok(expected));
    assert_eq!(store.memberships(&anyang().id, &member(9)).await, Ok(BTreeMap::new()));
}
