//! A retried command is one publication: at once, later, after a restart and across epochs.

use crate::harness::{EngineUnderTest, Follower, PLAZA, claim, entry, fresh_key, post, publish, read_all, room};
use futures_util::future::join_all;
use kkanbu_broker::{Entry, Found, PublishError, Published};
use kkanbu_model::{Offset, StateVersion};

pub(crate) async fn the_same_key_is_the_same_publication(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let entry = entry(post("once"));
    let first = broker.publish(&PLAZA, entry.clone()).await.unwrap();
    assert_eq!(first, Published { offset: Offset::new(1), duplicate: false });
    publish(&*broker, &PLAZA, post("in between")).await;
    let again = broker.publish(&PLAZA, entry).await.unwrap();
    assert_eq!(again, Published { offset: Offset::new(1), duplicate: true });
    assert_eq!(read_all(&*broker, &PLAZA, 10).await.len(), 2);
}

pub(crate) async fn concurrent_tries_of_one_key_make_one_publication(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    for round in 1..=20 {
        let entry = entry(post("once"));
        let tries = join_all((0..16).map(|_| broker.publish(&PLAZA, entry.clone()))).await;
        let published: Vec<_> = tries.into_iter().map(Result::unwrap).collect();
        assert!(published.iter().all(|published| published.offset == Offset::new(round)));
        assert_eq!(published.iter().filter(|published| !published.duplicate).count(), 1);
    }
    follower.until(Offset::new(20)).await;
    assert!(follower.hears_nothing().await);
}

pub(crate) async fn a_key_is_remembered_after_a_restart(engine: &impl EngineUnderTest) {
    let entry = entry(post("once"));
    engine.broker().publish(&PLAZA, entry.clone()).await.unwrap();
    engine.restart().await;
    let again = engine.broker().publish(&PLAZA, entry).await.unwrap();
    assert_eq!(again, Published { offset: Offset::new(1), duplicate: true });
}

pub(crate) async fn a_key_is_remembered_across_epochs(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let entry = entry(post("once"));
    broker.publish(&PLAZA, entry.clone()).await.unwrap();
    broker.begin_epoch(&PLAZA).await.unwrap();
    let again = broker.publish(&PLAZA, entry.clone()).await.unwrap();
    assert_eq!(again, Published { offset: Offset::new(1), duplicate: true });
    assert_eq!(broker.find(&PLAZA, entry.key).await.unwrap().map(|found| found.offset), Some(Offset::new(1)));
}

pub(crate) async fn a_key_that_said_something_else_is_refused(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let first = entry(post("one thing"));
    let other = Entry { fingerprint: [2; 16], event: post("another thing"), ..first.clone() };
    broker.publish(&PLAZA, first.clone()).await.unwrap();
    assert_eq!(broker.publish(&PLAZA, other.clone()).await, Err(PublishError::KeyReused));
    engine.restart().await;
    assert_eq!(engine.broker().publish(&PLAZA, other).await, Err(PublishError::KeyReused));
    assert_eq!(read_all(&*engine.broker(), &PLAZA, 10).await.len(), 1);

    // Also where both wait for the same write: one of them is in the log, the other refused.
    let first = entry(post("one thing"));
    let other = Entry { fingerprint: [2; 16], ..first.clone() };
    let broker = engine.broker();
    let both = tokio::join!(broker.publish(&PLAZA, first), broker.publish(&PLAZA, other));
    assert!(matches!(both, (Ok(_), Err(PublishError::KeyReused)) | (Err(PublishError::KeyReused), Ok(_))), "{both:?}");
}

pub(crate) async fn a_retry_on_an_old_state_is_a_duplicate_and_not_stale(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let entry = Entry { decided_on: Some(StateVersion::default()), ..entry(claim("mine")) };
    broker.publish(&PLAZA, entry.clone()).await.unwrap();
    // The first try moved the version on, so that the second one comes with a state that is old by now.
    let again = broker.publish(&PLAZA, entry).await.unwrap();
    assert_eq!(again, Published { offset: Offset::new(1), duplicate: true });
}

pub(crate) async fn a_key_counts_in_its_room_only(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let entry = entry(post("here and there"));
    for at in [PLAZA.clone(), room("topic-1")] {
        let published = broker.publish(&at, entry.clone()).await.unwrap();
        assert_eq!(published, Published { offset: Offset::new(1), duplicate: false });
    }
}

pub(crate) async fn a_found_key_tells_offset_and_fingerprint(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    assert_eq!(broker.find(&PLAZA, fresh_key()).await.unwrap(), None, "a room that nobody touched");
    publish(&*broker, &PLAZA, post("before")).await;
    let entry = Entry { fingerprint: [9; 16], ..entry(post("sought")) };
    broker.publish(&PLAZA, entry.clone()).await.unwrap();
    let found = Found { offset: Offset::new(2), fingerprint: [9; 16] };
    assert_eq!(broker.find(&PLAZA, entry.key).await.unwrap(), Some(found));
    assert_eq!(broker.find(&PLAZA, fresh_key()).await.unwrap(), None);
    assert_eq!(broker.find(&room("topic-1"), entry.key).await.unwrap(), None);
}
