//! What moderators do to members by their handles, whatever the members do in between.

use crate::engine::Engine;
use crate::fixture::{
    TOPIC_SEATS, act, admit, anyang, anyang_on, draw, draw_as, handle, join, member, membership_id, mentee, room,
    settle,
};
use kkanbu_model::{Minute, RoomAct, RoomAddress, Sanction};
use kkanbu_store::{ActError, Acted, JoinError, MarkError, RedrawError, Store};
use std::sync::Arc;

const UNTIL: Minute = Minute::new(29_000_000);
const NONE: Sanction = Sanction { muted_until: None, removed: false };
const MUTED: Sanction = Sanction { muted_until: Some(UNTIL), removed: false };
const REMOVED: Sanction = Sanction { muted_until: None, removed: true };

/// The first handle of person 1.
const FIRST: &str = "용감한 고라니 1";

fn mute(text: &str) -> RoomAct {
    RoomAct::Mute(handle(text), UNTIL)
}

fn unmute(text: &str) -> RoomAct {
    RoomAct::Unmute(handle(text))
}

fn remove(text: &str) -> RoomAct {
    RoomAct::Remove(handle(text))
}

fn readmit(text: &str) -> RoomAct {
    RoomAct::Readmit(handle(text))
}

async fn acted(store: &Arc<dyn Store>, doing: &RoomAct, number: u32) -> Acted {
    act(store, &room("plaza"), doing, number).await.unwrap()
}

/// What person 1 is under in the room.
async fn sanction(store: &Arc<dyn Store>, at: &RoomAddress) -> Option<Sanction> {
    store.membership(at, &member(1)).await.unwrap().map(|membership| membership.sanction)
}

/// A store with persons 1 and 2 in the plaza.
async fn two<E: Engine>() -> E {
    let engine = anyang_on::<E>().await;
    for number in [1, 2] {
        settle(&engine.store(), &room("plaza"), number).await;
    }
    engine
}

/// Person 1 leaves the plaza and comes in again under another handle.
async fn come_back(store: &Arc<dyn Store>, text: &str) {
    assert_eq!(store.leave(&room("plaza"), &member(1)).await, Ok(true));
    store.join(&room("plaza"), &member(1), draw_as(11, text)).await.unwrap();
}

pub(crate) async fn a_mute_is_seen_wherever_the_membership_is<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    let expected = Acted { number: 2, member: Some(membership_id(1)), sanction: Some(MUTED), again: false };
    assert_eq!(acted(&store, &mute(FIRST), 1).await, expected);
    assert_eq!(acted(&store, &mute(FIRST), 1).await, Acted { again: true, ..expected });
    let membership = store.membership(&room("plaza"), &member(1)).await.unwrap().unwrap();
    assert_eq!((membership.sanction, membership.posted), (MUTED, false));
    assert_eq!(join(&store, &room("plaza"), 1).await, Ok(membership.clone()));
    let memberships = store.memberships(&anyang().id, &member(1)).await.unwrap();
    assert_eq!(memberships.into_values().collect::<Vec<_>>(), [membership]);
    let redrawn = store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await.unwrap();
    assert_eq!(redrawn.sanction, MUTED);
    let other = store.membership(&room("plaza"), &member(2)).await.unwrap().unwrap();
    assert_eq!(other.sanction, NONE, "nobody else is muted");
    let later = RoomAct::Mute(handle("소중한 제비"), UNTIL.plus(5));
    assert_eq!(acted(&store, &later, 2).await.sanction.unwrap().muted_until, Some(UNTIL.plus(5)), "the later holds");
    assert_eq!(acted(&store, &unmute("소중한 제비"), 3).await.sanction, Some(NONE));
    assert_eq!(sanction(&store, &room("plaza")).await, Some(NONE));
}

pub(crate) async fn a_sanction_outlives_the_membership<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    acted(&store, &mute(FIRST), 1).await;
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    assert_eq!(store.membership(&room("plaza"), &member(1)).await, Ok(None));
    let again = acted(&store, &mute(FIRST), 1).await;
    assert_eq!((again.member, again.sanction, again.again), (None, Some(MUTED), true), "it is not in the room now");
    let back = store.join(&room("plaza"), &member(1), draw_as(11, "느긋한 두루미")).await.unwrap();
    assert_eq!(back.sanction, MUTED);
    let again = acted(&store, &mute(FIRST), 1).await;
    assert_eq!(again.member, Some(membership_id(11)), "the stranger is the same member");
}

pub(crate) async fn who_leaves_after_posting_is_sanctioned_by_the_handle_that_all_saw<E: Engine>() {
    let mut engine = two::<E>().await;
    let store = engine.store();
    let posts = |text: &'static str| {
        let store = engine.store();
        async move { store.mark_posted(&room("plaza"), &member(1), &handle(text)).await.unwrap() }
    };
    posts(FIRST).await;
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    let gone = acted(&store, &mute(FIRST), 1).await;
    assert_eq!((gone.member, gone.sanction), (None, Some(MUTED)));
    let back = store.join(&room("plaza"), &member(1), draw_as(11, "느긋한 두루미")).await.unwrap();
    assert_eq!(back.sanction, MUTED);
    posts("느긋한 두루미").await;
    assert_eq!(acted(&store, &unmute("느긋한 두루미"), 2).await.sanction, Some(NONE));
    come_back(&store, "소중한 제비").await;
    drop(store);
    engine.restart().await;
    // Whichever of its handles a moderator reads beside a post: it is the same member, who is in the room now.
    for (text, number) in [(FIRST, 3), ("느긋한 두루미", 4), ("소중한 제비", 5)] {
        let removed = acted(&engine.store(), &remove(text), number).await;
        assert_eq!((removed.member, removed.sanction), (Some(membership_id(11)), Some(REMOVED)), "{text}");
        acted(&engine.store(), &readmit(text), number + 10).await;
    }
    let other = engine.store().membership(&room("plaza"), &member(2)).await.unwrap().unwrap();
    assert_eq!(other.sanction, NONE, "nobody else is concerned");
}

pub(crate) async fn a_sanction_is_taken_back_by_either_handle<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    acted(&store, &mute(FIRST), 1).await;
    come_back(&store, "느긋한 두루미").await;
    let by_old = acted(&store, &unmute(FIRST), 2).await;
    assert_eq!((by_old.member, by_old.sanction), (Some(membership_id(11)), Some(NONE)));
    assert_eq!(sanction(&store, &room("plaza")).await, Some(NONE));
    let forgotten = act(&store, &room("plaza"), &unmute(FIRST), 3).await;
    assert_eq!(forgotten, Err(ActError::UnknownHandle), "nothing ties the old handle to anybody");
    let again = acted(&store, &unmute(FIRST), 2).await;
    assert_eq!((again.number, again.member, again.sanction, again.again), (by_old.number, None, None, true));

    acted(&store, &mute("느긋한 두루미"), 4).await;
    come_back(&store, "소중한 제비").await;
    assert_eq!(acted(&store, &unmute("소중한 제비"), 5).await.sanction, Some(NONE));
    assert_eq!(sanction(&store, &room("plaza")).await, Some(NONE));
    // What was done under two handles is known under both.
    acted(&store, &mute("소중한 제비"), 6).await;
    come_back(&store, "다정한 수달").await;
    acted(&store, &remove("다정한 수달"), 7).await;
    assert_eq!(acted(&store, &unmute("소중한 제비"), 8).await.sanction, Some(REMOVED));
    assert_eq!(acted(&store, &readmit("다정한 수달"), 9).await.sanction, Some(NONE));
}

pub(crate) async fn a_removed_member_stays_out<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    let removed = acted(&store, &remove(FIRST), 1).await;
    assert_eq!((removed.member, removed.sanction), (Some(membership_id(1)), Some(REMOVED)));
    assert_eq!(join(&store, &room("plaza"), 1).await, Err(JoinError::Removed));
    assert_eq!(sanction(&store, &room("plaza")).await, Some(REMOVED));
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    assert_eq!(join(&store, &room("plaza"), 1).await, Err(JoinError::Removed), "also under a new handle");
    assert!(join(&store, &room("plaza"), 2).await.is_ok());
}

pub(crate) async fn a_removed_member_keeps_its_seat_and_is_not_counted<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let (store, at) = (engine.store(), room("topic-1"));
    for number in 1..=TOPIC_SEATS {
        settle(&store, &at, number).await;
    }
    admit(&store, 30, &mentee()).await;
    act(&store, &at, &remove(FIRST), 1).await.unwrap();
    assert_eq!(store.members(&at).await.unwrap()[&mentee()], u64::from(TOPIC_SEATS) - 1);
    assert_eq!(join(&store, &at, 30).await, Err(JoinError::Full));
    act(&store, &at, &readmit(FIRST), 2).await.unwrap();
    assert_eq!(store.members(&at).await.unwrap()[&mentee()], u64::from(TOPIC_SEATS));
    let back = join(&store, &at, 1).await.unwrap();
    assert_eq!((back.id, back.sanction), (membership_id(1), NONE), "the membership is the one from before");
    act(&store, &at, &mute(FIRST), 3).await.unwrap();
    assert_eq!(store.members(&at).await.unwrap()[&mentee()], u64::from(TOPIC_SEATS), "who is muted counts");
}

pub(crate) async fn a_removed_member_that_left_is_readmitted<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    acted(&store, &remove(FIRST), 1).await;
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    assert_eq!(store.members(&room("plaza")).await.unwrap()[&mentee()], 1);
    let readmitted = acted(&store, &readmit(FIRST), 2).await;
    assert_eq!((readmitted.member, readmitted.sanction), (None, Some(NONE)));
    let back = store.join(&room("plaza"), &member(1), draw_as(11, "느긋한 두루미")).await.unwrap();
    assert_eq!((back.id, back.sanction), (membership_id(11), NONE));
}

pub(crate) async fn a_removed_member_draws_and_posts_no_more<E: Engine>() {
    let engine = two::<E>().await;
    let (store, key) = (engine.store(), member(1));
    acted(&store, &remove(FIRST), 1).await;
    let redrawn = store.redraw(&room("plaza"), &key, handle("소중한 제비")).await;
    assert_eq!(redrawn, Err(RedrawError::NotAMember));
    assert_eq!(store.mark_posted(&room("plaza"), &key, &handle(FIRST)).await, Err(MarkError::Changed));
    acted(&store, &readmit(FIRST), 2).await;
    store.mark_posted(&room("plaza"), &key, &handle(FIRST)).await.unwrap();
}

pub(crate) async fn mute_and_removal_are_apart<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    acted(&store, &mute(FIRST), 1).await;
    let both = Sanction { muted_until: Some(UNTIL), removed: true };
    assert_eq!(acted(&store, &remove(FIRST), 2).await.sanction, Some(both));
    assert_eq!(acted(&store, &readmit(FIRST), 3).await.sanction, Some(MUTED));
    acted(&store, &remove(FIRST), 4).await;
    assert_eq!(acted(&store, &unmute(FIRST), 5).await.sanction, Some(REMOVED));
    // Taking back what was not done is entered, and changes nothing.
    let unmuted = acted(&store, &unmute("용감한 고라니 2"), 6).await;
    assert_eq!((unmuted.number, unmuted.sanction), (7, Some(NONE)));
}

pub(crate) async fn sanctions_are_of_one_room<E: Engine>() {
    let engine = two::<E>().await;
    let (store, topic) = (engine.store(), room("topic-1"));
    store.join(&topic, &member(1), draw(1)).await.unwrap();
    acted(&store, &remove(FIRST), 1).await;
    assert_eq!(sanction(&store, &topic).await, Some(NONE));
    assert_eq!(store.members(&topic).await.unwrap()[&mentee()], 1);
    act(&store, &topic, &mute(FIRST), 2).await.unwrap();
    assert_eq!(sanction(&store, &topic).await, Some(MUTED));
    assert_eq!(sanction(&store, &room("plaza")).await, Some(REMOVED));
    acted(&store, &unmute(FIRST), 3).await;
    assert_eq!(sanction(&store, &topic).await, Some(MUTED));
}

pub(crate) async fn a_sanctioned_handle_is_nobody_elses<E: Engine>() {
    let engine = two::<E>().await;
    let store = engine.store();
    admit(&store, 3, &mentee()).await;
    acted(&store, &mute(FIRST), 1).await;
    // It never posted, so nothing but the sanction keeps the handle: otherwise taking it back would be meant for somebody else.
    store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await.unwrap();
    let taken = Err(JoinError::HandleTaken);
    assert_eq!(store.join(&room("plaza"), &member(3), draw(1)).await, taken);
    acted(&store, &remove("소중한 제비"), 2).await;
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    assert_eq!(store.join(&room("plaza"), &member(3), draw_as(3, "소중한 제비")).await, taken);
    acted(&store, &readmit("소중한 제비"), 3).await;
    acted(&store, &unmute(FIRST), 4).await;
    assert_eq!(store.join(&room("plaza"), &member(3), draw(1)).await, taken, "also when all is taken back");
    assert!(join(&store, &room("plaza"), 3).await.is_ok());
}

pub(crate) async fn sanctions_are_there_after_a_restart_and_a_kill<E: Engine>() {
    let mut engine = two::<E>().await;
    acted(&engine.store(), &mute(FIRST), 1).await;
    acted(&engine.store(), &remove("용감한 고라니 2"), 2).await;
    engine.crash().await;
    for _ in 0..2 {
        assert_eq!(sanction(&engine.store(), &room("plaza")).await, Some(MUTED));
        assert_eq!(join(&engine.store(), &room("plaza"), 2).await, Err(JoinError::Removed));
        assert_eq!(engine.prove_audit().number, 3);
        engine.restart().await;
    }
}
