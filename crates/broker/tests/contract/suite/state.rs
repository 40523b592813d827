//! `Stale`: an entry is numbered only where the state that it was decided on is still the room's state.

use crate::harness::{
    EngineUnderTest, Follower, PLAZA, claim, decided_on, entry, post, publish, publish_posts, read_all,
};
use futures_util::future::join_all;
use kkanbu_broker::PublishError;
use kkanbu_model::{Event, Offset, StateVersion};

const EMPTY: StateVersion = StateVersion(Offset::ZERO);

pub(crate) async fn a_decision_on_an_old_state_is_stale(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    broker.publish(&PLAZA, decided_on(EMPTY, Event::Freeze)).await.unwrap();
    let now = StateVersion(Offset::new(1));
    assert_eq!(broker.head(&PLAZA).await.unwrap().version, now);
    for event in [Event::Thaw, post("late")] {
        assert_eq!(broker.publish(&PLAZA, decided_on(EMPTY, event)).await, Err(PublishError::Stale { now }));
    }
    assert_eq!(broker.publish(&PLAZA, decided_on(now, Event::Thaw)).await.unwrap().offset, Offset::new(2));
    // A state that the room has never had is no better than an old one.
    let never = StateVersion(Offset::new(99));
    let now = StateVersion(Offset::new(2));
    assert_eq!(broker.publish(&PLAZA, decided_on(never, Event::Freeze)).await, Err(PublishError::Stale { now }));
    // And what is decided on any state is always taken.
    publish(&*broker, &PLAZA, Event::Freeze).await;
}

pub(crate) async fn posts_do_not_move_the_version(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let posts = join_all((0..30).map(|_| broker.publish(&PLAZA, decided_on(EMPTY, post("all on one state"))))).await;
    assert!(posts.iter().all(Result::is_ok));
    assert_eq!(broker.head(&PLAZA).await.unwrap().version, EMPTY);
    broker.publish(&PLAZA, decided_on(EMPTY, claim("moves it"))).await.unwrap();
    assert_eq!(broker.head(&PLAZA).await.unwrap().version, StateVersion(Offset::new(31)));
}

pub(crate) async fn stale_names_a_version_that_subscribers_reach(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    for _ in 0..20 {
        let version = broker.head(&PLAZA).await.unwrap().version;
        let tries = (0..8).map(|_| broker.publish(&PLAZA, decided_on(version, claim("first wins"))));
        let results = join_all(tries).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for result in results {
            if let Err(error) = result {
                let PublishError::Stale { now } = error else { panic!("{error}") };
                assert!(now > version);
                // It has to come: whoever was told `Stale` waits for it.
                follower.until(now.0).await;
            }
        }
    }
}

pub(crate) async fn a_stale_entry_is_not_in_the_log_and_its_key_is_free(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish(&*broker, &PLAZA, Event::Freeze).await;
    let late = decided_on(EMPTY, claim("decided too early"));
    let Err(PublishError::Stale { now }) = broker.publish(&PLAZA, late.clone()).await else { panic!("not stale") };
    assert_eq!(broker.find(&PLAZA, late.key).await.unwrap(), None);
    let again = kkanbu_broker::Entry { decided_on: Some(now), ..late };
    assert!(!broker.publish(&PLAZA, again).await.unwrap().duplicate);
    assert_eq!(read_all(&*broker, &PLAZA, 10).await.len(), 2);
}

pub(crate) async fn the_version_survives_a_restart(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 3).await;
    publish(&*broker, &PLAZA, Event::Freeze).await;
    broker.publish(&PLAZA, entry(post("after it"))).await.unwrap();
    let head = broker.head(&PLAZA).await.unwrap();
    assert_eq!(head.version, StateVersion(Offset::new(4)));
    engine.restart().await;
    assert_eq!(engine.broker().head(&PLAZA).await.unwrap(), head);
    let stale = engine.broker().publish(&PLAZA, decided_on(EMPTY, Event::Thaw)).await;
    assert_eq!(stale, Err(PublishError::Stale { now: head.version }));
}
