//! What lies on the disk: no name of a member in any form, nothing that ties rooms together, nothing that orders people.

use crate::engine::{Engine, StoredRow};
use crate::fixture::{
    HOUR, act, admit, anyang, anyang_on, command, draw, handle, join, keyring, member, mentee, mentor, name, notice,
    room, settle,
};
use crate::scan::{forms_of_bytes, forms_of_text, found};
use kkanbu_model::{Minute, Programme, RoomAct};
use kkanbu_store::StoreError;
use std::collections::HashSet;

/// All that must not be found of person `number`, who was also called `other`.
fn traces(number: u32, other: &str) -> Vec<(String, Vec<u8>)> {
    let mut forms = forms_of_bytes("the key", member(number).as_bytes());
    forms.extend(forms_of_bytes("the membership id", draw(number).id.as_bytes()));
    forms.extend(forms_of_text("the handle", draw(number).handle.as_str()));
    forms.extend(forms_of_text("the other handle", other));
    forms
}

pub(crate) async fn no_file_names_a_member<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let store = engine.store();
    let forms = traces(1, "소중한 제비");
    settle(&store, &room("plaza"), 1).await;
    join(&store, &room("topic-1"), 1).await.unwrap();
    store.redraw(&room("plaza"), &member(1), handle("소중한 제비")).await.unwrap();
    store.mark_posted(&room("plaza"), &member(1), &handle("소중한 제비")).await.unwrap();
    store.leave(&room("topic-1"), &member(1)).await.unwrap();
    assert_eq!(found(&engine.files(), &forms), Vec::<String>::new());
    drop(store);
    engine.restart().await;
    assert_eq!(found(&engine.files(), &forms), Vec::<String>::new());

    // The scan is worth something only if it finds what is there: every form in a file, and a text that the store does keep.
    for (form, bytes) in &forms {
        let planted = [("planted".to_owned(), [b"before".as_slice(), bytes, b"after"].concat())];
        assert!(!found(&planted, &forms).is_empty(), "{form} is not found");
    }
    let engine = E::create(keyring()).await;
    let leaky = Programme { organisation: name("소중한 제비"), ..anyang() };
    engine.store().create_programme(&leaky, HOUR).await.unwrap();
    assert!(!found(&engine.files(), &forms).is_empty(), "a text in the database is found");
}

/// Eight bytes that lie in both, if there are such.
fn shared(one: &[u8], other: &[u8]) -> bool {
    let windows: HashSet<&[u8]> = one.windows(8).collect();
    other.windows(8).any(|window| windows.contains(window))
}

pub(crate) async fn the_same_key_in_two_rooms_shares_no_bytes<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    admit(&store, 1, &mentor()).await;
    for id in ["plaza", "topic-1", "lounge"] {
        store.join(&room(id), &member(1), draw(1)).await.unwrap();
    }
    let opaque: Vec<Vec<u8>> = engine
        .rows()
        .into_iter()
        .filter(|row| row.table != "programme")
        .flat_map(|row| [row.tags, row.sealed])
        .flatten()
        .collect();
    // One tag of the member, and in each of three rooms the membership's tag and record and the handle's tag.
    assert_eq!(opaque.len(), 1 + 3 * 3);
    for (at, one) in opaque.iter().enumerate() {
        assert!(one.len() >= 32 && shared(one, one), "the comparison finds equal bytes");
        for other in &opaque[at + 1..] {
            assert!(!shared(one, other));
        }
    }
}

/// The rows in the order of the engine, without what sealing draws at random.
fn logical(rows: Vec<StoredRow>) -> Vec<(StoredRow, Vec<usize>)> {
    let without = |row: StoredRow| {
        let lengths = row.sealed.iter().map(Vec::len).collect();
        (StoredRow { sealed: Vec::new(), ..row }, lengths)
    };
    rows.into_iter().map(without).collect()
}

async fn come_in<E: Engine>(order: impl IntoIterator<Item = u32>) -> E {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for number in order {
        let role = if number % 3 == 0 { mentor() } else { mentee() };
        admit(&store, number, &role).await;
        join(&store, &room("plaza"), number).await.unwrap();
        if number % 5 == 0 {
            let mute = RoomAct::Mute(draw(number).handle, Minute::new(u64::from(number)));
            act(&store, &room("plaza"), &mute, number).await.unwrap();
        }
        if number % 4 == 0 {
            store.mark_posted(&room("plaza"), &member(number), &draw(number).handle).await.unwrap();
        }
        if number % 8 == 0 {
            store.leave(&room("plaza"), &member(number)).await.unwrap();
        }
    }
    engine
}

pub(crate) async fn rows_tell_no_order<E: Engine>() {
    let mut forth = come_in::<E>(0..40).await;
    let mut back = come_in::<E>((0..40).rev()).await;
    let mixed = come_in::<E>((0..40).map(|number| number * 27 % 40)).await;
    let expected = logical(forth.rows());
    assert!(expected.len() > 100);
    assert_eq!(logical(back.rows()), expected);
    assert_eq!(logical(mixed.rows()), expected);
    forth.restart().await;
    back.crash().await;
    assert_eq!(logical(forth.rows()), expected);
    assert_eq!(logical(back.rows()), expected);
}

pub(crate) async fn sealed_records_have_one_length<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for (number, text) in ["새", "🐢", "용감한 고라니", &"힣".repeat(40)].into_iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let role = if number % 2 == 0 { mentee() } else { mentor() };
        admit(&store, number, &role).await;
        store.join(&room("plaza"), &member(number), crate::fixture::draw_as(number, text)).await.unwrap();
    }
    let lengths: HashSet<usize> =
        engine.rows().into_iter().flat_map(|row| row.sealed).map(|sealed| sealed.len()).collect();
    assert_eq!(lengths.len(), 1);
}

async fn two_in_the_plaza<E: Engine>() -> E {
    let engine = anyang_on::<E>().await;
    for number in [1, 2] {
        settle(&engine.store(), &room("plaza"), number).await;
        let mute = RoomAct::Mute(draw(number).handle, Minute::new(9));
        act(&engine.store(), &room("plaza"), &mute, number).await.unwrap();
    }
    engine
}

async fn reads_as_damaged<E: Engine>(engine: &E) {
    let damaged = StoreError::Damaged(anyang().id);
    let store = engine.store();
    assert_eq!(store.membership(&room("plaza"), &member(1)).await, Err(damaged.clone()));
    assert_eq!(store.memberships(&anyang().id, &member(2)).await, Err(damaged.clone()));
    assert_eq!(store.leave(&room("plaza"), &member(1)).await, Err(damaged));
}

pub(crate) async fn a_changed_record_is_noticed<E: Engine>() {
    let engine = two_in_the_plaza::<E>().await;
    engine.damage_sealed_records();
    reads_as_damaged(&engine).await;
}

pub(crate) async fn records_can_not_be_swapped<E: Engine>() {
    let engine = two_in_the_plaza::<E>().await;
    engine.swap_sealed_records();
    reads_as_damaged(&engine).await;
}

pub(crate) async fn a_changed_role_is_noticed<E: Engine>() {
    let engine = two_in_the_plaza::<E>().await;
    engine.change_roles(mentor().as_str());
    reads_as_damaged(&engine).await;
}

pub(crate) async fn no_file_tells_of_acts<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    let text = "오늘 밤 열 시에 닫습니다";
    let mut forms = traces(1, "소중한 제비");
    forms.extend(forms_of_text("the notice", text));
    for number in 1..8 {
        forms.extend(forms_of_bytes("a command's key", command(number).as_bytes()));
    }
    let (store, at) = (engine.store(), room("plaza"));
    settle(&store, &at, 1).await;
    let mute = RoomAct::Mute(draw(1).handle, Minute::new(9));
    for (number, doing) in (1..).zip([notice(text), mute, RoomAct::Remove(draw(1).handle)]) {
        act(&store, &at, &doing, number).await.unwrap();
    }
    store.leave(&at, &member(1)).await.unwrap();
    act(&store, &at, &RoomAct::Readmit(draw(1).handle), 4).await.unwrap();
    store.join(&at, &member(1), crate::fixture::draw_as(1, "소중한 제비")).await.unwrap();
    act(&store, &at, &RoomAct::Unmute(handle("소중한 제비")), 5).await.unwrap();
    act(&store, &at, &RoomAct::Remove(handle("소중한 제비")), 6).await.unwrap();
    store.confirm(2).await.unwrap();
    act(&store, &at, &RoomAct::Freeze, 7).await.unwrap();
    assert_eq!(found(&engine.files(), &forms), Vec::<String>::new());
    drop(store);
    engine.restart().await;
    assert_eq!(found(&engine.files(), &forms), Vec::<String>::new());
}

pub(crate) async fn sanctions_have_one_length<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let store = engine.store();
    for (number, text) in (1..).zip(["새", "🐢", "용감한 고라니", &"힣".repeat(40)]) {
        admit(&store, number, &mentee()).await;
        store.join(&room("plaza"), &member(number), crate::fixture::draw_as(number, text)).await.unwrap();
        let mute = RoomAct::Mute(handle(text), Minute::new(9));
        act(&store, &room("plaza"), &mute, 2 * number).await.unwrap();
        if number % 2 == 0 {
            act(&store, &room("plaza"), &RoomAct::Remove(handle(text)), 2 * number + 1).await.unwrap();
        }
    }
    let sanctions: Vec<_> = engine.rows().into_iter().filter(|row| row.table == "sanction").collect();
    assert_eq!(sanctions.len(), 4);
    let lengths: HashSet<usize> = sanctions.iter().flat_map(|row| &row.sealed).map(Vec::len).collect();
    assert_eq!(lengths.len(), 1);
    assert!(sanctions.iter().all(|row| row.plain == ["anyang-2022"]));
}

/// How often the room's name stands in all files.
fn named<E: Engine>(engine: &E, room: &str) -> usize {
    let count = |bytes: &[u8]| bytes.windows(room.len()).filter(|window| *window == room.as_bytes()).count();
    engine.files().iter().map(|(_, bytes)| count(bytes)).sum()
}

pub(crate) async fn a_sanction_does_not_tell_its_room<E: Engine>() {
    let mut engine = anyang_on::<E>().await;
    settle(&engine.store(), &room("topic-1"), 1).await;
    engine.restart().await;
    let before = named(&engine, "topic-1");
    assert!(before >= 3, "the definition, the membership and the handle name it");
    let mute = RoomAct::Mute(draw(1).handle, Minute::new(9));
    act(&engine.store(), &room("topic-1"), &mute, 1).await.unwrap();
    act(&engine.store(), &room("topic-1"), &RoomAct::Freeze, 2).await.unwrap();
    engine.restart().await;
    assert_eq!(named(&engine, "topic-1"), before);
}
