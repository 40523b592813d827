//! Epochs: what clients hold can't be proven any more, while the log, its offsets and its keys go on.

use crate::harness::{EngineUnderTest, Follower, PLAZA, post, publish, publish_posts, read_all, room};
use kkanbu_broker::{GapReason, Page};
use kkanbu_model::{Epoch, Offset, Position};

pub(crate) async fn a_new_epoch_is_told_once_and_offsets_go_on(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 3).await;
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    let mut elsewhere = Follower::after(&*broker, &room("topic-1"), Offset::ZERO).await;
    follower.until(Offset::new(3)).await;
    let before = broker.head(&PLAZA).await.unwrap();
    let epoch = broker.begin_epoch(&PLAZA).await.unwrap();
    assert_ne!(epoch, before.position.epoch);

    let head = broker.head(&PLAZA).await.unwrap();
    assert_eq!(head.position, Position { epoch, offset: Offset::new(3) });
    assert_eq!(head.version, before.version);
    assert_eq!(publish(&*broker, &PLAZA, post("after it")).await, Offset::new(4));
    follower.until(Offset::new(4)).await;
    assert_eq!(follower.epochs, [head], "told once, before what follows");
    assert!(follower.hears_nothing().await);
    assert!(elsewhere.hears_nothing().await, "other rooms know nothing of it");
    assert_eq!(read_all(&*broker, &PLAZA, 2).await.len(), 4);
}

pub(crate) async fn what_came_before_a_new_epoch_is_handed_out_before_it_is_told(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    publish_posts(&*broker, &PLAZA, 20).await;
    broker.begin_epoch(&PLAZA).await.unwrap();
    publish_posts(&*broker, &PLAZA, 20).await;
    let mut at = Vec::new();
    while follower.seen.len() < 40 {
        let told = follower.epochs.len();
        follower.next().await.unwrap();
        if follower.epochs.len() > told {
            at.push(follower.seen.len());
        }
    }
    assert_eq!(at, [20]);
}

pub(crate) async fn positions_of_another_epoch_are_a_gap(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 3).await;
    let old = broker.head(&PLAZA).await.unwrap().position;
    broker.begin_epoch(&PLAZA).await.unwrap();
    let unknown = Position { epoch: Epoch::new(old.epoch.get() ^ 1), offset: Offset::new(99) };
    for position in [old, Position { offset: Offset::ZERO, ..old }, unknown] {
        assert_eq!(broker.read(&PLAZA, position, 10).await.unwrap(), Page::Gap(GapReason::Epoch));
    }
}

pub(crate) async fn an_epoch_survives_a_restart(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 3).await;
    engine.broker().begin_epoch(&PLAZA).await.unwrap();
    let untouched = engine.broker().begin_epoch(&room("topic-1")).await.unwrap();
    let head = engine.broker().head(&PLAZA).await.unwrap();
    engine.restart().await;
    assert_eq!(engine.broker().head(&PLAZA).await.unwrap(), head);
    assert_eq!(engine.broker().head(&room("topic-1")).await.unwrap().position.epoch, untouched);
}
