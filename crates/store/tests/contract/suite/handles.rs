//! Handles: unique in a room, drawn anew until the first post, and never anybody else's after it.

use crate::engine::Engine;
use crate::fixture::{admit, anyang_on, draw, draw_as, handle, join, member, mentee, room, settle};
use kkanbu_store::{JoinError, MarkError, RedrawError};
use std::sync::Arc;
use tokio::task::JoinSet;

pub(crate) async fn one_of_many_gets_the_handle<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..30 {
        admit(&store, number, &mentee()).await;
    }
    let mut tasks = JoinSet::new();
    for number in 0..30 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let joined = store.join(&room("plaza"), &member(number), draw_as(number, "다정한 수달")).await;
            (number, joined)
        });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|(_, joined)| joined.is_ok()).count(), 1);
    for (number, joined) in answers {
        let stored = store.membership(&room("plaza"), &member(number)).await.unwrap();
        match joined {
            Ok(membership) => assert_eq!(stored, Some(membership)),
            Err(error) => assert_eq!((error, stored), (JoinError::HandleTaken, None)),
        }
    }
}

pub(crate) async fn a_handle_may_be_used_in_two_rooms<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    admit(&store, 2, &mentee()).await;
    assert!(store.join(&room("topic-1"), &member(2), draw(1)).await.is_ok());
}

pub(crate) async fn a_handle_that_never_posted_is_free_again<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    admit(&store, 2, &mentee()).await;
    assert!(store.join(&room("plaza"), &member(2), draw(1)).await.is_ok());
}

pub(crate) async fn a_handle_that_posted_is_nobody_elses<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    store.mark_posted(&room("plaza"), &member(1), &draw(1).handle).await.unwrap();
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    drop(store);
    engine.restart().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 2).await;
    admit(&store, 3, &mentee()).await;
    let taken = Err(JoinError::HandleTaken);
    assert_eq!(store.join(&room("plaza"), &member(3), draw(1)).await, taken);
    assert_eq!(store.join(&room("plaza"), &member(1), draw(1)).await, taken, "nor its former owner's");
    let redrawn = store.redraw(&room("plaza"), &member(2), draw(1).handle).await;
    assert_eq!(redrawn, Err(RedrawError::HandleTaken));
}

pub(crate) async fn a_redraw_frees_the_old_handle<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let before = settle(&store, &room("plaza"), 1).await;
    let after = store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await.unwrap();
    assert_eq!((after.id, &after.handle, after.posted), (before.id, &handle("소중한 제비"), false));
    assert_eq!(store.membership(&room("plaza"), &member(1)).await, Ok(Some(after)));
    admit(&store, 2, &mentee()).await;
    assert!(store.join(&room("plaza"), &member(2), draw(1)).await.is_ok());
}

pub(crate) async fn a_taken_handle_is_not_drawn<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    let second = settle(&store, &room("plaza"), 2).await;
    let redrawn = store.redraw(&room("plaza"), &member(2), draw(1).handle).await;
    assert_eq!(redrawn, Err(RedrawError::HandleTaken));
    assert_eq!(store.membership(&room("plaza"), &member(2)).await, Ok(Some(second)));
}

pub(crate) async fn the_own_handle_is_taken_too<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    let redrawn = store.redraw(&room("plaza"), &member(1), draw(1).handle).await;
    assert_eq!(redrawn, Err(RedrawError::HandleTaken));
    admit(&store, 2, &mentee()).await;
    assert_eq!(store.join(&room("plaza"), &member(2), draw(1)).await, Err(JoinError::HandleTaken));
}

pub(crate) async fn after_the_first_post_the_handle_stays<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    for _ in 0..2 {
        store.mark_posted(&room("plaza"), &member(1), &draw(1).handle).await.unwrap();
    }
    let redrawn = store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await;
    assert_eq!(redrawn, Err(RedrawError::Fixed));
    let membership = store.membership(&room("plaza"), &member(1)).await.unwrap().unwrap();
    assert_eq!((membership.handle, membership.posted), (draw(1).handle, true));
}

pub(crate) async fn only_the_current_handle_can_be_marked<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let marked = store.mark_posted(&room("plaza"), &member(1), &draw(1).handle).await;
    assert_eq!(marked, Err(MarkError::Changed), "not a member");
    settle(&store, &room("plaza"), 1).await;
    store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await.unwrap();
    let marked = store.mark_posted(&room("plaza"), &member(1), &draw(1).handle).await;
    assert_eq!(marked, Err(MarkError::Changed), "redrawn since");
    assert!(!store.membership(&room("plaza"), &member(1)).await.unwrap().unwrap().posted);
}

pub(crate) async fn redraw_and_first_post_never_both_happen<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentee()).await;
    let at = room("plaza");
    for turn in 0..40 {
        let (old, new) = (draw_as(turn, &format!("old {turn}")), handle(&format!("new {turn}")));
        store.join(&at, &member(1), old.clone()).await.unwrap();
        let key = member(1);
        let redraw = store.redraw(&at, &key, new.clone());
        let mark = store.mark_posted(&at, &key, &old.handle);
        // Whichever is named first is asked first, more often than not.
        let (redrawn, marked) = if turn % 2 == 0 {
            tokio::join!(redraw, mark)
        } else {
            let (marked, redrawn) = tokio::join!(mark, redraw);
            (redrawn, marked)
        };
        let stored = store.membership(&at, &key).await.unwrap().unwrap();
        match (redrawn, marked) {
            (Ok(_), Err(MarkError::Changed)) => assert_eq!((stored.handle, stored.posted), (new, false)),
            (Err(RedrawError::Fixed), Ok(())) => assert_eq!((stored.handle, stored.posted), (old.handle, true)),
            other => panic!("both or neither: {other:?}"),
        }
        store.leave(&at, &key).await.unwrap();
    }
}

pub(crate) async fn only_members_redraw<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    let redrawn = store.redraw(&room("plaza"), &member(1), draw(1).handle).await;
    assert_eq!(redrawn, Err(RedrawError::NotAMember));
    settle(&store, &room("plaza"), 1).await;
    assert!(join(&store, &room("plaza"), 1).await.is_ok());
    store.leave(&room("plaza"), &member(1)).await.unwrap();
    let redrawn = store.redraw(&room("plaza"), &member(1), draw(2).handle).await;
    assert_eq!(redrawn, Err(RedrawError::NotAMember));
}
