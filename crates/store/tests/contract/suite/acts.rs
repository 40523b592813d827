//! Acts: each leaves one entry in one chained log, and waits there until the room's log has its event.

use crate::engine::Engine;
use crate::fixture::{
    HOUR, act, admit, anyang, anyang_on, command, content_key, handle, keyring, mentee, notice, room, seogwipo, settle,
};
use kkanbu_model::{Act, Hour, Minute, Offset, PendingAct, RoomAct};
use kkanbu_store::{ActError, Acted, AuditEntry, AuditHead, Store, StoreError};
use std::sync::Arc;
use tokio::task::JoinSet;

/// All entries.
async fn entries(store: &Arc<dyn Store>) -> Vec<AuditEntry> {
    store.audit(0, usize::MAX).await.unwrap()
}

/// The chain is whole, and its head is what the store says.
async fn proven<E: Engine>(engine: &E) -> AuditHead {
    let head = engine.store().audit_head().await.unwrap();
    assert_eq!(engine.prove_audit(), head);
    head
}

pub(crate) async fn an_act_is_entered_once<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let done = Acted { number: 2, member: None, sanction: None, again: false };
    assert_eq!(act(&engine.store(), &room("plaza"), &RoomAct::Freeze, 1).await, Ok(done));
    let again = Ok(Acted { again: true, ..done });
    assert_eq!(act(&engine.store(), &room("plaza"), &RoomAct::Freeze, 1).await, again);
    engine.store().confirm(2).await.unwrap();
    assert_eq!(act(&engine.store(), &room("plaza"), &RoomAct::Freeze, 1).await, again, "also when it waits no more");
    let head = proven(&engine).await;
    engine.restart().await;
    assert_eq!(act(&engine.store(), &room("plaza"), &RoomAct::Freeze, 1).await, again);
    assert_eq!(proven(&engine).await, head);
    let other = act(&engine.store(), &room("plaza"), &RoomAct::Freeze, 2).await.unwrap();
    assert_eq!((other.number, other.again), (3, false), "another key is another act");
}

pub(crate) async fn a_key_is_for_one_act<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    store.create_programme(&seogwipo(), HOUR).await.unwrap();
    act(&store, &room("plaza"), &RoomAct::Slow(30), 1).await.unwrap();
    let reused = Err(ActError::KeyReused);
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Slow(31), 1).await, reused);
    assert_eq!(act(&store, &room("topic-1"), &RoomAct::Slow(30), 1).await, reused, "in another room");
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Unmute(handle("새")), 1).await, reused);
    assert_eq!(entries(&store).await.len(), 3);
    // Whoever makes keys in one programme knows none of another.
    let elsewhere = kkanbu_model::RoomAddress { programme: seogwipo().id, ..room("plaza") };
    assert_eq!(act(&store, &elsewhere, &RoomAct::Slow(31), 1).await.unwrap().number, 4);
}

pub(crate) async fn an_unknown_handle_writes_nothing<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("topic-1"), 1).await;
    let head = proven(&engine).await;
    for doing in [
        RoomAct::Mute(handle("용감한 고라니 1"), Minute::new(9)),
        RoomAct::Unmute(handle("용감한 고라니 1")),
        RoomAct::Remove(handle("용감한 고라니 1")),
        RoomAct::Readmit(handle("용감한 고라니 1")),
    ] {
        assert_eq!(act(&store, &room("plaza"), &doing, 1).await, Err(ActError::UnknownHandle), "it is in another room");
    }
    assert_eq!(proven(&engine).await, head);
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap().number, 2, "the key is still to be had");
}

pub(crate) async fn acts_are_pending_until_confirmed<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let store = engine.store();
    settle(&store, &room("plaza"), 1).await;
    let mute = RoomAct::Mute(handle("용감한 고라니 1"), Minute::new(9));
    let acts = [notice("모두 환영합니다"), mute, RoomAct::HidePost(Offset::new(3)), RoomAct::Thaw];
    let mut expected = Vec::new();
    for (number, doing) in (0..).zip(&acts) {
        let acted = act(&store, &room("plaza"), doing, number).await.unwrap();
        if doing.event().is_some() {
            let waits =
                PendingAct { number: acted.number, room: room("plaza"), key: command(number), act: doing.clone() };
            expected.push(waits);
        }
    }
    assert_eq!(expected.len(), 3);
    assert_eq!(store.pending().await.as_ref(), Ok(&expected));
    drop(store);
    engine.crash().await;
    assert_eq!(engine.store().pending().await.as_ref(), Ok(&expected));
    for _ in 0..2 {
        engine.store().confirm(expected[0].number).await.unwrap();
        engine.store().confirm(1_000).await.unwrap();
    }
    assert_eq!(engine.store().pending().await.as_deref(), Ok(&expected[1..]));
    assert_eq!(proven(&engine).await.number, 5, "the audit log keeps what waits no more");
}

pub(crate) async fn what_is_sealed_needs_the_key<E: Engine>() {
    let keys = keyring();
    let engine = E::create(keys.clone()).await;
    let store = engine.store();
    for programme in [anyang(), seogwipo()] {
        store.create_programme(&programme, HOUR).await.unwrap();
        let at = kkanbu_model::RoomAddress { programme: programme.id, ..room("plaza") };
        act(&store, &at, &RoomAct::Freeze, 1).await.unwrap();
    }
    keys.remove(&anyang().id);
    let details: Vec<bool> = entries(&store).await.iter().map(|entry| entry.detail.is_some()).collect();
    assert_eq!(details, [false, false, false, true]);
    let waiting: Vec<u64> = store.pending().await.unwrap().iter().map(|waits| waits.number).collect();
    assert_eq!(waiting, [4]);
    let unknown = StoreError::UnknownProgramme(anyang().id);
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Thaw, 2).await, Err(ActError::Store(unknown)));
    keys.insert(anyang().id, content_key(9));
    let damaged = StoreError::Damaged(anyang().id);
    assert_eq!(store.audit(0, 9).await, Err(damaged.clone()), "a wrong key is told");
    assert_eq!(store.pending().await, Err(damaged));
    keys.insert(anyang().id, content_key(7));
    assert_eq!(entries(&store).await[1].detail, Some((room("plaza").room, RoomAct::Freeze)));
    assert_eq!(store.pending().await.unwrap().len(), 2);
}

pub(crate) async fn entries_are_read_in_pages<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in 0..6 {
        let slow = RoomAct::Slow(number);
        store.act(&room("plaza"), &slow, command(number), Hour::new(u64::from(number))).await.unwrap();
    }
    let all = entries(&store).await;
    for (at, entry) in all.iter().enumerate().skip(1) {
        let seconds = u32::try_from(at).unwrap() - 1;
        assert_eq!((entry.number, entry.hour), (at as u64 + 1, Hour::new(u64::from(seconds))));
        assert_eq!((&entry.programme, entry.act.as_str()), (&anyang().id, "room.slow"));
        assert_eq!(entry.detail, Some((room("plaza").room, RoomAct::Slow(seconds))));
    }
    assert_eq!(store.audit(0, 3).await.as_deref(), Ok(&all[..3]));
    assert_eq!(store.audit(3, 100).await.as_deref(), Ok(&all[3..]));
    assert_eq!(store.audit(2, 0).await.as_deref(), Ok(&[][..]));
    assert_eq!(store.audit(u64::MAX, usize::MAX).await.as_deref(), Ok(&[][..]));
    let last = all.last().unwrap();
    assert_eq!(proven(&engine).await, AuditHead { number: last.number, hash: last.hash });
}

pub(crate) async fn creating_and_ending_are_entered_once<E: Engine>() {
    let engine = E::create(keyring()).await;
    let store = engine.store();
    assert_eq!(proven(&engine).await, AuditHead::EMPTY);
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    assert_eq!(proven(&engine).await, AuditHead::EMPTY, "there was none");
    let mut other = anyang();
    other.retention_days = 5;
    for _ in 0..2 {
        store.create_programme(&anyang(), HOUR).await.unwrap();
        assert!(store.create_programme(&other, HOUR).await.is_err());
    }
    for _ in 0..2 {
        store.destroy_programme(&anyang().id, Hour::new(HOUR.get() + 1)).await.unwrap();
    }
    let said: Vec<_> = entries(&store).await.into_iter().map(|entry| (entry.act, entry.hour.get())).collect();
    let (created, ended) = (Act::CreateProgramme.name().to_owned(), Act::EndProgramme.name().to_owned());
    assert_eq!(said, [(created, HOUR.get()), (ended, HOUR.get() + 1)]);
    assert_eq!(proven(&engine).await.number, 2);
}

pub(crate) async fn entries_outlive_their_programme<E: Engine>() {
    let keys = keyring();
    let engine = E::create(keys.clone()).await;
    let store = engine.store();
    store.create_programme(&anyang(), HOUR).await.unwrap();
    settle(&store, &room("plaza"), 1).await;
    act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap();
    act(&store, &room("plaza"), &RoomAct::Remove(handle("용감한 고라니 1")), 2).await.unwrap();
    let before = entries(&store).await;
    keys.remove(&anyang().id);
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    let sealed = |entry: AuditEntry| AuditEntry { detail: None, ..entry };
    let expected: Vec<_> = before.into_iter().map(sealed).collect();
    assert_eq!(entries(&store).await[..3], expected);
    assert_eq!(store.pending().await, Ok(vec![]));
    assert_eq!(proven(&engine).await.number, 4);
    // Another programme of the same name has another key, and nothing of the first.
    keys.insert(anyang().id, content_key(9));
    store.create_programme(&anyang(), HOUR).await.unwrap();
    assert_eq!(act(&store, &room("plaza"), &RoomAct::Thaw, 1).await.unwrap().number, 6, "its keys are its own");
    let entries = entries(&store).await;
    assert_eq!(entries[..3], expected);
    assert!(entries[5].detail.is_some());
    settle(&store, &room("plaza"), 1).await;
    assert_eq!(store.pending().await.unwrap().len(), 1);
}

pub(crate) async fn acts_at_once_are_numbered_one_after_the_other<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let store = engine.store();
        tasks.spawn(async move { act(&store, &room("plaza"), &RoomAct::Slow(number), number).await.unwrap().number });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (2..42).collect::<Vec<u64>>());
    assert_eq!(proven(&engine).await.number, 41);
}

pub(crate) async fn the_same_act_at_once_is_done_once<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let store = engine.store();
        tasks.spawn(async move { act(&store, &room("plaza"), &RoomAct::Freeze, 1).await.unwrap() });
    }
    let acted = tasks.join_all().await;
    assert_eq!(acted.iter().filter(|acted| !acted.again).count(), 1);
    assert!(acted.iter().all(|acted| acted.number == 2));
    assert_eq!(engine.store().pending().await.unwrap().len(), 1);
}

pub(crate) async fn acts_of_nowhere_are_refused<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentee()).await;
    let nowhere = ActError::Store(StoreError::UnknownRoom(room("nowhere")));
    assert_eq!(act(&store, &room("nowhere"), &RoomAct::Freeze, 1).await, Err(nowhere));
    let at = kkanbu_model::RoomAddress { programme: seogwipo().id, ..room("plaza") };
    let unknown = ActError::Store(StoreError::UnknownProgramme(seogwipo().id));
    assert_eq!(act(&store, &at, &RoomAct::Freeze, 1).await, Err(unknown));
    assert_eq!(proven(&engine).await.number, 1);
}

pub(crate) async fn notices_of_any_length_are_kept<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let texts = ["a".to_owned(), "\n\"\\".repeat(300), "힣".repeat(2_666), "\u{1}".repeat(8_000)];
    let notices: Vec<RoomAct> = texts.iter().map(|text| notice(text)).chain([RoomAct::Notice(None)]).collect();
    for (number, doing) in (0..).zip(&notices) {
        act(&engine.store(), &room("plaza"), doing, number).await.unwrap();
    }
    engine.restart().await;
    let waiting = engine.store().pending().await.unwrap();
    assert_eq!(waiting.into_iter().map(|waits| waits.act).collect::<Vec<_>>(), notices);
    assert_eq!(proven(&engine).await.number, 6);
}
