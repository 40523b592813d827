//! Storage that fails, restarts, is damaged or destroyed; the queue's limit; and the end.

use crate::harness::{
    EngineUnderTest, Follower, PLAZA, content_key, entry, fresh_key, keyring, limits, other_programme, post, programme,
    publish, publish_posts, publish_stubbornly, read_all, room,
};
use futures_util::future::join_all;
use kkanbu_broker::{BrokerError, GapReason, Page, PublishError};
use kkanbu_model::{Offset, Position, ProgrammeId, RoomAddress, RoomId};

pub(crate) async fn a_failed_write_is_told_and_the_next_try_works(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 2).await;
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(2)).await;
    engine.fail_writes(true).await;
    let entries: Vec<_> = (0..5).map(|_| entry(post("when the disk was full"))).collect();
    for refused in join_all(entries.iter().map(|entry| broker.publish(&PLAZA, entry.clone()))).await {
        assert!(matches!(refused, Err(PublishError::Unavailable(BrokerError::Unavailable { .. }))), "{refused:?}");
    }
    assert_eq!(broker.find(&PLAZA, entries[0].key).await.unwrap(), None);
    assert_eq!(broker.head(&PLAZA).await.unwrap().position.offset, Offset::new(2));
    assert!(follower.hears_nothing().await);

    engine.fail_writes(false).await;
    for entry in &entries {
        let published = publish_stubbornly(&*broker, &PLAZA, entry.clone()).await.unwrap();
        assert_eq!(broker.publish(&PLAZA, entry.clone()).await.unwrap().offset, published.offset);
    }
    follower.until(Offset::new(7)).await;
    assert_eq!(read_all(&*broker, &PLAZA, 10).await.len(), 7);
}

pub(crate) async fn a_restart_keeps_everything(engine: &impl EngineUnderTest) {
    let rooms = [PLAZA.clone(), room("topic-1"), room("topic-2")];
    let broker = engine.broker();
    for (count, room) in (0..).map(|number| number * 15).zip(&rooms) {
        publish_posts(&*broker, room, count).await;
    }
    let mut before = Vec::new();
    for room in &rooms {
        before.push((broker.head(room).await.unwrap(), read_all(&*broker, room, 100).await));
    }
    for _ in 0..2 {
        engine.restart().await;
        let broker = engine.broker();
        for (room, (head, log)) in rooms.iter().zip(&before) {
            assert_eq!(broker.head(room).await.unwrap(), *head);
            assert_eq!(read_all(&*broker, room, 4).await, *log);
        }
    }
    assert_eq!(publish(&*engine.broker(), &rooms[2], post("goes on")).await, Offset::new(31));
}

pub(crate) async fn a_damaged_record_is_named_and_never_skipped(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 20).await;
    engine.damage(&PLAZA, Offset::new(6)).await;
    let broker = engine.broker();
    let damaged = BrokerError::Damaged(PLAZA.clone(), Offset::new(6));

    let start = Position { offset: Offset::ZERO, ..broker.head(&PLAZA).await.unwrap().position };
    assert_eq!(broker.read(&PLAZA, start, 10).await, Err(damaged.clone()));
    let Page::Publications(sound) = broker.read(&PLAZA, start, 5).await.unwrap() else { panic!("a gap") };
    assert_eq!(sound.len(), 5, "what is sound can be read");

    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    while follower.seen.len() < 5 {
        follower.next().await.unwrap();
    }
    assert_eq!(follower.next().await, Err(damaged.clone()));
    assert_eq!(follower.next().await, Err(damaged), "it does not go away");
    // The room goes on all the same.
    assert_eq!(publish(&*broker, &PLAZA, post("goes on")).await, Offset::new(21));
}

pub(crate) async fn what_has_expired_is_a_gap_and_subscriptions_begin_after_it(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 20).await;
    engine.expire(&PLAZA, Offset::new(6)).await;
    let broker = engine.broker();
    let head = broker.head(&PLAZA).await.unwrap().position;
    assert_eq!(head.offset, Offset::new(20));
    for (after, expired) in [(0, true), (5, true), (6, false), (19, false)] {
        let position = Position { offset: Offset::new(after), ..head };
        let page = broker.read(&PLAZA, position, 100).await.unwrap();
        assert_eq!(page == Page::Gap(GapReason::Expired), expired, "after {after}");
    }
    let (_, mut subscription) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    let kkanbu_broker::Subscribed::Publications(kept) = subscription.next().await.unwrap() else { panic!("an epoch") };
    assert_eq!(kept.first().unwrap().offset, Offset::new(7), "everything that is kept");

    // Also where nothing is left.
    engine.expire(&PLAZA, Offset::new(20)).await;
    let broker = engine.broker();
    assert_eq!(broker.head(&PLAZA).await.unwrap().position, head);
    let (_, mut subscription) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    assert_eq!(publish(&*broker, &PLAZA, post("goes on")).await, Offset::new(21));
    let kkanbu_broker::Subscribed::Publications(kept) = subscription.next().await.unwrap() else { panic!("an epoch") };
    assert_eq!(kept.iter().map(|publication| publication.offset).collect::<Vec<_>>(), [Offset::new(21)]);
}

pub(crate) async fn a_position_ahead_of_the_log_is_a_gap(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 3).await;
    let head = broker.head(&PLAZA).await.unwrap().position;
    let ahead = Position { offset: head.offset.next(), ..head };
    assert_eq!(broker.read(&PLAZA, ahead, 10).await.unwrap(), Page::Gap(GapReason::Ahead));
}

pub(crate) async fn a_destroyed_programme_ends_its_subscriptions_and_leaves_others(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let elsewhere = RoomAddress { programme: other_programme(), room: RoomId::new("plaza").unwrap() };
    for at in [&*PLAZA, &room("topic-1"), &elsewhere] {
        publish_posts(&*broker, at, 20).await;
    }
    let before = broker.head(&PLAZA).await.unwrap().position;
    let first = entry(post("of the old log"));
    broker.publish(&PLAZA, first.clone()).await.unwrap();
    let mut at_head = Follower::after(&*broker, &PLAZA, Offset::new(21)).await;
    let mut far_behind = Follower::after(&*broker, &room("topic-1"), Offset::ZERO).await;
    let mut other = Follower::after(&*broker, &elsewhere, Offset::ZERO).await;

    let (ended, destroyed) = tokio::join!(at_head.next(), broker.destroy(&PLAZA.programme));
    assert_eq!((ended, destroyed), (Err(BrokerError::Closed), Ok(())));
    assert_eq!(far_behind.next().await, Err(BrokerError::Closed));
    broker.destroy(&programme()).await.expect("destroying again does nothing");
    assert!(engine.sealed(&PLAZA).await.is_empty());
    assert!(engine.sealed(&room("topic-1")).await.is_empty());

    other.until(Offset::new(20)).await;
    publish(&*broker, &elsewhere, post("goes on")).await;
    other.until(Offset::new(21)).await;

    // The same name may be used again: another log, of which nobody holds a position.
    assert_eq!(broker.find(&PLAZA, first.key).await.unwrap(), None);
    let head = broker.head(&PLAZA).await.unwrap();
    assert_eq!(head.position.offset, Offset::ZERO);
    assert_ne!(head.position.epoch, before.epoch);
}

pub(crate) async fn a_programme_without_a_key_is_unknown(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let stranger = ProgrammeId::new("elsewhere-2030").unwrap();
    let room = RoomAddress { programme: stranger.clone(), room: RoomId::new("plaza").unwrap() };
    let unknown = BrokerError::UnknownProgramme(stranger.clone());
    let refused = broker.publish(&room, entry(post("to nobody"))).await;
    assert_eq!(refused, Err(PublishError::Unavailable(unknown.clone())));
    assert_eq!(broker.head(&room).await, Err(unknown.clone()));
    assert_eq!(broker.find(&room, fresh_key()).await, Err(unknown.clone()));
    assert_eq!(broker.begin_epoch(&room).await, Err(unknown.clone()));
    assert_eq!(broker.erase(&room, &[Offset::new(1)]).await, Err(unknown.clone()));
    assert_eq!(broker.trim(&room, Offset::new(2)).await, Err(unknown.clone()));
    assert_eq!(broker.subscribe(&room, Offset::ZERO).await.err(), Some(unknown.clone()));

    // A key that comes later makes it known, and one that goes makes it unknown again.
    engine.keyring().insert(stranger.clone(), content_key([3; 32]));
    publish(&*broker, &room, post("to somebody")).await;
    engine.keyring().remove(&stranger);
    let refused = broker.publish(&room, entry(post("too late"))).await;
    assert_eq!(refused, Err(PublishError::Unavailable(unknown)));
}

pub(crate) async fn a_full_queue_is_told_and_holds_nobody_up(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish(&*broker, &PLAZA, post("before")).await;
    let entries: Vec<_> = (0..2 * limits().log_queue_max + 1_024).map(|_| entry(post("in the crowd"))).collect();
    engine.hold_writes(true).await;
    let crowd = join_all(entries.iter().map(|entry| broker.publish(&PLAZA, entry.clone())));
    let release = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        engine.hold_writes(false).await;
    };
    let (results, ()) = tokio::join!(crowd, release);
    let overloaded = Err(PublishError::Unavailable(BrokerError::Overloaded));
    assert!(results.iter().filter(|result| **result == overloaded).count() > 0, "the limit was crossed");
    assert!(results.iter().filter(|result| **result != overloaded).count() >= limits().log_queue_max);

    // Whatever became of each of them, trying again makes it one publication.
    let again = entries
        .chunks(500)
        .map(|chunk| join_all(chunk.iter().map(|entry| publish_stubbornly(&*broker, &PLAZA, entry.clone()))));
    for (chunk, firsts) in again.zip(results.chunks(500)) {
        for (published, first) in chunk.await.into_iter().zip(firsts) {
            let published = published.unwrap();
            assert_eq!(published.duplicate, first.is_ok());
        }
    }
    assert_eq!(read_all(&*broker, &PLAZA, 1_000).await.len(), entries.len() + 1);
}

pub(crate) async fn closing_writes_what_waits(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let entries: Vec<_> = (0..200).map(|_| entry(post("last words"))).collect();
    let publishing = join_all(entries.iter().map(|entry| broker.publish(&PLAZA, entry.clone())));
    // Polled in this order: all are in the queue when closing begins.
    let (results, ()) = tokio::join!(biased; publishing, broker.close());
    assert!(results.iter().all(Result::is_ok));
    engine.restart().await;
    assert_eq!(read_all(&*engine.broker(), &PLAZA, 1_000).await.len(), entries.len());
}

pub(crate) async fn a_closed_log_answers_closed(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 20).await;
    let mut waiting = Follower::after(&*broker, &PLAZA, Offset::new(20)).await;
    let mut behind = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    let position = broker.head(&PLAZA).await.unwrap().position;
    let (ended, ()) = tokio::join!(waiting.next(), broker.close());
    assert_eq!(ended, Err(BrokerError::Closed));
    assert_eq!(behind.next().await, Err(BrokerError::Closed));
    broker.close().await;

    let closed = BrokerError::Closed;
    let refused = broker.publish(&PLAZA, entry(post("too late"))).await;
    assert_eq!(refused, Err(PublishError::Unavailable(closed.clone())));
    assert_eq!(broker.find(&PLAZA, fresh_key()).await, Err(closed.clone()));
    assert_eq!(broker.head(&PLAZA).await, Err(closed.clone()));
    assert_eq!(broker.read(&PLAZA, position, 10).await, Err(closed.clone()));
    assert_eq!(broker.subscribe(&PLAZA, Offset::ZERO).await.err(), Some(closed.clone()));
    assert_eq!(broker.begin_epoch(&PLAZA).await, Err(closed.clone()));
    assert_eq!(broker.erase(&PLAZA, &[Offset::new(1)]).await, Err(closed.clone()));
    assert_eq!(broker.trim(&PLAZA, Offset::new(2)).await, Err(closed.clone()));
    assert_eq!(broker.destroy(&programme()).await, Err(closed.clone()));
    assert_eq!(broker.check().await, Err(closed));
    assert!(keyring().get(&programme()).is_ok());
}

pub(crate) async fn a_check_asks_the_storage(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    assert_eq!(broker.check().await, Ok(()));
    engine.fail_writes(true).await;
    assert!(matches!(broker.check().await, Err(BrokerError::Unavailable { .. })));
    engine.fail_writes(false).await;
    assert_eq!(broker.check().await, Ok(()));
}
