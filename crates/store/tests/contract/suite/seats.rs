//! Seats of a programme: first come, first served, and never one too many.

use crate::engine::Engine;
use crate::fixture::{
    HOUR, MENTEE_SEATS, MENTOR_SEATS, admit, anyang, anyang_on, member, mentee, mentor, role, seogwipo,
};
use kkanbu_model::RoleId;
use kkanbu_store::{AdmitError, Store};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Lets these people race for a seat, and counts who got one.
async fn race(store: &Arc<dyn Store>, people: std::ops::Range<u32>, role: &RoleId) -> u32 {
    let mut tasks = JoinSet::new();
    for number in people {
        let (store, role) = (Arc::clone(store), role.clone());
        tasks.spawn(async move { store.admit(&anyang().id, &member(number), &role).await });
    }
    let mut admitted = 0;
    while let Some(answer) = tasks.join_next().await {
        match answer.unwrap() {
            Ok(_) => admitted += 1,
            Err(error) => assert_eq!(error, AdmitError::Full),
        }
    }
    admitted
}

async fn seated(store: &Arc<dyn Store>, people: std::ops::Range<u32>) -> u32 {
    let mut seated = 0;
    for number in people {
        seated += u32::from(store.role(&anyang().id, &member(number)).await.unwrap().is_some());
    }
    seated
}

pub(crate) async fn the_last_seats_go_to_exactly_as_many<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    assert_eq!(race(&store, 0..200, &mentee()).await, MENTEE_SEATS);
    assert_eq!(seated(&store, 0..200).await, MENTEE_SEATS);
}

pub(crate) async fn seats_stay_taken_over_a_restart<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let before = race(&engine.store(), 0..20, &mentee()).await;
    engine.restart().await;
    let between = race(&engine.store(), 20..30, &mentee()).await;
    engine.crash().await;
    let after = race(&engine.store(), 30..200, &mentee()).await;
    assert_eq!((before, between, after), (20, 10, MENTEE_SEATS - 30));
    assert_eq!(seated(&engine.store(), 0..200).await, MENTEE_SEATS);
}

pub(crate) async fn a_seat_is_kept_with_its_role<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    assert_eq!(race(&store, 0..MENTEE_SEATS, &mentee()).await, MENTEE_SEATS);
    // Full or not, and whatever is asked for: who has a seat has it.
    admit(&store, 1, &mentee()).await;
    assert_eq!(store.admit(&anyang().id, &member(1), &mentor()).await, Ok(mentee()));
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(Some(mentee())));
    assert_eq!(race(&store, 100..200, &mentor()).await, MENTOR_SEATS, "no seat went twice");
}

pub(crate) async fn the_same_key_racing_for_two_roles_gets_one<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let mut tasks = JoinSet::new();
    for turn in 0..60 {
        let store = Arc::clone(&store);
        let role = if turn % 2 == 0 { mentee() } else { mentor() };
        tasks.spawn(async move { store.admit(&anyang().id, &member(1), &role).await.unwrap() });
    }
    let roles = tasks.join_all().await;
    assert!(roles.iter().all(|role| *role == roles[0]));
    let left = if roles[0] == mentee() { MENTEE_SEATS - 1 } else { MENTEE_SEATS };
    assert_eq!(race(&store, 2..100, &mentee()).await, left);
}

pub(crate) async fn roles_have_seats_of_their_own<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    assert_eq!(race(&store, 0..100, &mentor()).await, MENTOR_SEATS);
    assert_eq!(race(&store, 100..200, &mentee()).await, MENTEE_SEATS);
}

pub(crate) async fn an_unknown_role_has_no_seat<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let asked = engine.store().admit(&anyang().id, &member(1), &role("director")).await;
    assert_eq!(asked, Err(AdmitError::UnknownRole));
    assert_eq!(engine.store().role(&anyang().id, &member(1)).await, Ok(None));
}

pub(crate) async fn programmes_share_no_seats<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    store.create_programme(&seogwipo(), HOUR).await.unwrap();
    assert_eq!(race(&store, 0..100, &mentee()).await, MENTEE_SEATS);
    assert_eq!(store.role(&seogwipo().id, &member(1)).await, Ok(None));
    assert_eq!(store.admit(&seogwipo().id, &member(1), &mentor()).await, Ok(mentor()));
}
