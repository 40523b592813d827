//! Programmes: created once, listed, destroyed; and what happens without their keys.

use crate::engine::Engine;
use crate::fixture::{
    HOUR, a_room, act, admit, anyang, anyang_on, content_key, draw, join, keyring, member, mentee, room, seogwipo,
    settle,
};
use crate::scan::contains;
use kkanbu_keys::Keyring;
use kkanbu_model::{ProgrammeId, RoomAct};
use kkanbu_store::{AdmitError, JoinError, StoreError};

pub(crate) async fn creating_the_same_again_does_nothing<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    settle(&engine.store(), &room("plaza"), 1).await;
    engine.store().create_programme(&anyang(), HOUR).await.unwrap();
    engine.restart().await;
    engine.store().create_programme(&anyang(), HOUR).await.unwrap();
    assert!(engine.store().membership(&room("plaza"), &member(1)).await.unwrap().is_some());
    assert_eq!(engine.store().programmes().await, Ok(vec![anyang()]));
}

pub(crate) async fn another_definition_of_the_same_id_is_refused<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let mut other = anyang();
    other.rooms.push(a_room("topic-2", &[mentee()], None));
    assert_eq!(engine.store().create_programme(&other, HOUR).await, Err(StoreError::Differs(other.id)));
    assert_eq!(engine.store().programmes().await, Ok(vec![anyang()]));
}

pub(crate) async fn programmes_are_listed_by_id_also_without_keys<E: Engine>() {
    let keys = keyring();
    let engine = E::create(keys.clone()).await;
    assert_eq!(engine.store().programmes().await, Ok(vec![]));
    engine.store().create_programme(&seogwipo(), HOUR).await.unwrap();
    engine.store().create_programme(&anyang(), HOUR).await.unwrap();
    keys.remove(&anyang().id);
    assert_eq!(engine.store().programmes().await, Ok(vec![anyang(), seogwipo()]));
}

pub(crate) async fn a_programme_without_key_is_unknown<E: Engine>() {
    let keys = keyring();
    let engine = E::create(keys.clone()).await;
    let store = engine.store();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    admit(&store, 1, &mentee()).await;
    keys.remove(&anyang().id);
    let unknown = StoreError::UnknownProgramme(anyang().id);
    assert_eq!(store.role(&anyang().id, &member(1)).await, Err(unknown.clone()));
    assert_eq!(join(&store, &room("plaza"), 1).await, Err(JoinError::Store(unknown.clone())));
    assert_eq!(store.create_programme(&anyang(), HOUR).await, Err(unknown));
    keys.insert(anyang().id, content_key(7));
    assert_eq!(store.role(&anyang().id, &member(1)).await, Ok(Some(mentee())));
}

pub(crate) async fn a_wrong_key_is_noticed<E: Engine>() {
    let keys = keyring();
    let engine = E::create(keys.clone()).await;
    let store = engine.store();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    admit(&store, 1, &mentee()).await;
    keys.insert(anyang().id, content_key(9));
    let damaged = StoreError::Damaged(anyang().id);
    assert_eq!(store.role(&anyang().id, &member(1)).await, Err(damaged.clone()));
    assert_eq!(store.create_programme(&anyang(), HOUR).await, Err(damaged.clone()));
    let admitted = store.admit(&anyang().id, &member(1), &mentee()).await;
    assert_eq!(admitted, Err(AdmitError::Store(damaged)));
}

pub(crate) async fn a_destroyed_programme_is_gone_and_the_other_stays<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let store = engine.store();
    store.create_programme(&seogwipo(), HOUR).await.unwrap();
    store.admit(&seogwipo().id, &member(1), &mentee()).await.unwrap();
    settle(&store, &room("plaza"), 1).await;
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    let unknown = StoreError::UnknownProgramme(anyang().id);
    assert_eq!(store.membership(&room("plaza"), &member(1)).await, Err(unknown));
    drop(store);
    engine.restart().await;
    assert_eq!(engine.store().programmes().await, Ok(vec![seogwipo()]));
    assert_eq!(engine.store().role(&seogwipo().id, &member(1)).await, Ok(Some(mentee())));
    assert!(engine.rows().iter().all(|row| !row.plain.iter().any(|text| text == "anyang-2022")));
}

pub(crate) async fn destroying_again_does_nothing<E: Engine>() {
    let engine = anyang_on::<E>().await;
    for _ in 0..2 {
        engine.store().destroy_programme(&anyang().id, HOUR).await.unwrap();
    }
}

pub(crate) async fn a_destroyed_programme_leaves_no_bytes<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..20 {
        settle(&store, &room("plaza"), number).await;
        let remove = RoomAct::Remove(draw(number).handle);
        act(&store, &room("plaza"), &remove, number).await.unwrap();
    }
    let mut secrets: Vec<Vec<u8>> =
        engine.rows().into_iter().flat_map(|row| [row.tags, row.sealed]).flatten().collect();
    secrets.retain(|bytes| bytes.len() >= 16);
    assert!(secrets.len() >= 140, "tags of members, memberships, handles, sanctions and keys, and sealed records");
    let left = |engine: &E| {
        let files = engine.files();
        secrets.iter().filter(|secret| files.iter().any(|(_, bytes)| contains(bytes, secret))).count()
    };
    assert_eq!(left(&engine), secrets.len(), "the scan finds what is there");
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    assert_eq!(left(&engine), 0);
}

pub(crate) async fn unknown_rooms_and_programmes_are_named<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentee()).await;
    let nowhere = StoreError::UnknownRoom(room("nowhere"));
    assert_eq!(join(&store, &room("nowhere"), 1).await, Err(JoinError::Store(nowhere.clone())));
    assert_eq!(store.members(&room("nowhere")).await, Err(nowhere.clone()));
    assert_eq!(store.leave(&room("nowhere"), &member(1)).await, Err(nowhere));
    let unknown = StoreError::UnknownProgramme(seogwipo().id);
    assert_eq!(store.role(&seogwipo().id, &member(1)).await, Err(unknown.clone()));
    assert_eq!(store.memberships(&seogwipo().id, &member(1)).await, Err(unknown));
    let nobody = ProgrammeId::new("nobody").unwrap();
    assert_eq!(store.role(&nobody, &member(1)).await, Err(StoreError::UnknownProgramme(nobody)));
}

pub(crate) async fn a_working_store_checks_out<E: Engine>() {
    let engine = E::create(Keyring::default()).await;
    engine.store().check().await.unwrap();
    engine.store().check().await.unwrap();
}

pub(crate) async fn a_closed_store_says_so<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    store.close().await;
    store.close().await;
    assert!(matches!(store.check().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.programmes().await, Err(StoreError::Unavailable { .. })));
    let joined = store.join(&room("plaza"), &member(1), draw(1)).await;
    assert!(matches!(joined, Err(JoinError::Store(StoreError::Unavailable { .. }))));
}
