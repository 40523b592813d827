//! What returned `Ok` is durable.

use crate::engine::Engine;
use crate::fixture::{HOUR, admit, anyang, anyang_on, handle, join, member, mentor, room, seogwipo, settle};
use kkanbu_model::{Membership, RoleId, RoomId};
use kkanbu_store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

type Everything = Vec<(Option<RoleId>, BTreeMap<RoomId, Membership>)>;

async fn live_a_little(store: &Arc<dyn Store>) {
    store.create_programme(&seogwipo(), HOUR).await.unwrap();
    for number in 0..10 {
        settle(store, &room("plaza"), number).await;
    }
    admit(store, 20, &mentor()).await;
    for id in ["plaza", "topic-1", "lounge"] {
        join(store, &room(id), 20).await.unwrap();
    }
    store.redraw(&room("plaza"), &member(3), handle("소중한 제비")).await.unwrap();
    store.mark_posted(&room("plaza"), &member(3), &handle("소중한 제비")).await.unwrap();
    store.leave(&room("plaza"), &member(4)).await.unwrap();
}

async fn everything(store: &Arc<dyn Store>) -> Everything {
    assert_eq!(store.programmes().await, Ok(vec![anyang(), seogwipo()]));
    let mut everything = Vec::new();
    for number in 0..21 {
        let role = store.role(&anyang().id, &member(number)).await.unwrap();
        everything.push((role, store.memberships(&anyang().id, &member(number)).await.unwrap()));
    }
    assert_eq!(everything.iter().map(|(_, rooms)| rooms.len()).sum::<usize>(), 12);
    everything
}

pub(crate) async fn everything_is_there_after_a_restart<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    live_a_little(&engine.store()).await;
    let before = everything(&engine.store()).await;
    for _ in 0..2 {
        engine.restart().await;
        assert_eq!(everything(&engine.store()).await, before);
    }
}

pub(crate) async fn everything_is_there_after_a_kill<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    live_a_little(&engine.store()).await;
    let before = everything(&engine.store()).await;
    for _ in 0..2 {
        engine.crash().await;
        assert_eq!(everything(&engine.store()).await, before);
    }
}
