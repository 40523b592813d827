//! What readers see: whatever a write has answered, and never anything older than what somebody saw before.

use crate::engine::Engine;
use crate::fixture::{HOUR, act, admit, anyang, anyang_on, draw, draw_as, join, member, mentee, room, settle};
use kkanbu_model::{Membership, Minute, RoomAct, RoomAddress};
use kkanbu_store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::task::JoinSet;

/// Reads the membership of person 1 in every way, twice: whatever an engine keeps in memory, it has been kept then.
async fn read(store: &Arc<dyn Store>, at: &RoomAddress) -> Option<Membership> {
    let first = store.membership(at, &member(1)).await.unwrap();
    let mut all = store.memberships(&at.programme, &member(1)).await.unwrap();
    let again = store.membership(at, &member(1)).await.unwrap();
    assert!(first == again && first == all.remove(&at.room), "three reads, and nothing was written between them");
    first
}

pub(crate) async fn every_change_is_seen_by_the_next_read<E: Engine>() {
    let engine = anyang_on::<E>().await;
    let (store, at) = (engine.store(), room("plaza"));
    admit(&store, 1, &mentee()).await;
    assert_eq!(read(&store, &at).await, None);
    let joined = join(&store, &at, 1).await.unwrap();
    assert_eq!(read(&store, &at).await, Some(joined.clone()));
    let drawn = store.redraw(&at, &member(1), draw_as(1, "조용한 수달").handle).await.unwrap();
    assert_ne!(drawn.handle, joined.handle);
    assert_eq!(read(&store, &at).await, Some(drawn.clone()));
    store.mark_posted(&at, &member(1), &drawn.handle).await.unwrap();
    assert!(read(&store, &at).await.unwrap().posted);
    for number in 2..4 {
        act(&store, &at, &RoomAct::Mute(drawn.handle.clone(), Minute::new(number.into())), number).await.unwrap();
        assert_eq!(read(&store, &at).await.unwrap().sanction.muted_until, Some(Minute::new(number.into())));
    }
    act(&store, &at, &RoomAct::Unmute(drawn.handle.clone()), 4).await.unwrap();
    assert_eq!(read(&store, &at).await.unwrap().sanction.muted_until, None);
    act(&store, &at, &RoomAct::Remove(drawn.handle.clone()), 5).await.unwrap();
    assert!(read(&store, &at).await.unwrap().sanction.removed);
    act(&store, &at, &RoomAct::Readmit(drawn.handle.clone()), 6).await.unwrap();
    assert!(!read(&store, &at).await.unwrap().sanction.removed);
    assert!(store.leave(&at, &member(1)).await.unwrap());
    assert_eq!(read(&store, &at).await, None);
    let stranger = store.join(&at, &member(1), draw(9)).await.unwrap();
    assert_eq!(read(&store, &at).await, Some(stranger));
    store.destroy_programme(&anyang().id, HOUR).await.unwrap();
    let gone = Err(StoreError::UnknownProgramme(anyang().id));
    assert_eq!(store.membership(&at, &member(1)).await, gone);
    store.create_programme(&anyang(), HOUR).await.unwrap();
    assert_eq!(read(&store, &at).await, None, "a programme of the same name is another");
}

/// A moderator mutes a member again and again, each time for longer, and somebody else comes and goes; readers read all the while.
pub(crate) async fn readers_never_see_what_was_before_an_answer<E: Engine>() {
    const MUTES: u32 = 60;
    let engine = anyang_on::<E>().await;
    let (store, at) = (engine.store(), room("plaza"));
    let handle = settle(&store, &at, 1).await.handle;
    settle(&store, &at, 2).await;
    let answered = Arc::new(AtomicU64::new(0));
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let (store, at, answered) = (Arc::clone(&store), at.clone(), Arc::clone(&answered));
        readers.spawn(async move {
            let mut seen = 0;
            while seen < u64::from(MUTES) {
                let before = answered.load(Ordering::SeqCst);
                let found = store.membership(&at, &member(1)).await.unwrap().unwrap();
                let until = found.sanction.muted_until.map_or(0, Minute::get);
                assert!(until >= before && until >= seen, "{until} after {before} was answered and {seen} was seen");
                seen = until;
                tokio::task::yield_now().await;
            }
        });
    }
    for number in 1..=MUTES {
        act(&store, &at, &RoomAct::Mute(handle.clone(), Minute::new(number.into())), number).await.unwrap();
        answered.store(number.into(), Ordering::SeqCst);
        // A write that does not concern the member, and its answer.
        assert!(store.leave(&at, &member(2)).await.unwrap());
        assert_eq!(store.membership(&at, &member(2)).await.unwrap(), None);
        let again = join(&store, &at, 2).await.unwrap();
        assert_eq!(store.membership(&at, &member(2)).await.unwrap(), Some(again));
    }
    readers.join_all().await;
}
