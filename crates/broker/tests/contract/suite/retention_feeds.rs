//! What readers and subscribers see while texts and publications are taken out: no hole that they are not told of.

use crate::harness::{EngineUnderTest, Follower, PLAZA, post, publish, publish_posts, read_all, room, text};
use crate::suite::retention::offsets;
use futures_util::FutureExt;
use futures_util::future::join_all;
use kkanbu_broker::{GapReason, Page};
use kkanbu_model::{Offset, Position};
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) async fn whoever_has_seen_what_was_trimmed_is_told_nothing(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 20).await;
    let mut at_head = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    at_head.until(Offset::new(20)).await;
    let mut just_so = Follower::after(&*broker, &PLAZA, Offset::new(14)).await;
    broker.trim(&PLAZA, Offset::new(15)).await.unwrap();
    just_so.until(Offset::new(20)).await;
    broker.trim(&PLAZA, Offset::new(21)).await.unwrap();
    assert!(at_head.hears_nothing().await);
    publish(&*broker, &PLAZA, post("goes on")).await;
    for follower in [&mut at_head, &mut just_so] {
        follower.until(Offset::new(21)).await;
        assert_eq!(follower.gaps, []);
    }
}

pub(crate) async fn a_subscriber_behind_is_told_the_gap_once(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 700).await;
    let mut reading = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    reading.next().await.unwrap();
    let had = reading.seen.len();
    assert!(had < 400, "it is in the middle");
    broker.trim(&PLAZA, Offset::new(401)).await.unwrap();
    let mut resumed = Follower::after(&*broker, &PLAZA, Offset::new(399)).await;
    for (follower, had) in [(&mut reading, had), (&mut resumed, 0)] {
        follower.until(Offset::new(700)).await;
        assert_eq!(follower.gaps, [(had, Offset::new(401))]);
        assert_eq!(follower.seen.len(), had + 300);
    }

    // Also where nothing is left to go on with.
    let mut behind = Follower::after(&*broker, &PLAZA, Offset::new(650)).await;
    broker.trim(&PLAZA, Offset::new(701)).await.unwrap();
    behind.next().await.unwrap();
    assert_eq!(behind.gaps, [(0, Offset::new(701))]);
    assert!(behind.hears_nothing().await);
    publish(&*broker, &PLAZA, post("goes on")).await;
    behind.until(Offset::new(701)).await;
    assert_eq!(behind.texts(), ["goes on"]);
}

pub(crate) async fn a_subscriber_that_has_seen_nothing_begins_where_the_log_does(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 30).await;
    let (_, mut before) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    broker.trim(&PLAZA, Offset::new(11)).await.unwrap();
    let (_, mut after) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    for subscription in [&mut before, &mut after] {
        let first = subscription.next().await.unwrap();
        let kkanbu_broker::Subscribed::Publications(kept) = first else { panic!("told of what it never had") };
        assert_eq!(kept.first().unwrap().offset, Offset::new(11));
    }
    broker.trim(&PLAZA, Offset::new(31)).await.unwrap();
    let mut nothing_kept = Follower::from_the_beginning(&*broker, &PLAZA, Offset::new(31)).await;
    assert!(nothing_kept.hears_nothing().await);
    publish(&*broker, &PLAZA, post("first of all")).await;
    nothing_kept.until(Offset::new(31)).await;
    assert_eq!((nothing_kept.texts(), nothing_kept.gaps), (vec!["first of all".to_owned()], vec![]));

    // Also where everything lies in the ring.
    let small = room("topic-1");
    publish_posts(&*broker, &small, 6).await;
    broker.trim(&small, Offset::new(4)).await.unwrap();
    let mut kept = Follower::from_the_beginning(&*broker, &small, Offset::new(4)).await;
    kept.until(Offset::new(6)).await;
    assert_eq!(kept.texts(), ["post 4", "post 5", "post 6"]);
}

pub(crate) async fn a_gap_before_a_new_epoch_is_told_before_it(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 30).await;
    let mut both = Follower::after(&*broker, &PLAZA, Offset::new(5)).await;
    let mut later = Follower::after(&*broker, &PLAZA, Offset::new(5)).await;
    broker.begin_epoch(&PLAZA).await.unwrap();
    let began = broker.head(&PLAZA).await.unwrap();
    publish_posts(&*broker, &PLAZA, 10).await;
    broker.trim(&PLAZA, Offset::new(21)).await.unwrap();
    both.until(Offset::new(40)).await;
    assert_eq!((both.gaps, both.epochs), (vec![(0, Offset::new(21))], vec![began]));
    assert_eq!(both.seen.len(), 20);

    // Where the gap reaches beyond the epoch's beginning, it is the new epoch's.
    broker.trim(&PLAZA, Offset::new(36)).await.unwrap();
    later.until(Offset::new(40)).await;
    assert_eq!((later.gaps, later.epochs), (vec![(0, Offset::new(36))], vec![began]));
    assert_eq!(later.seen.len(), 5);
}

pub(crate) async fn a_subscriber_that_catches_up_while_the_log_is_trimmed_misses_nothing_untold(
    engine: &impl EngineUnderTest,
) {
    const POSTS: u64 = 2_000;
    let broker = engine.broker();
    for _ in 0..POSTS / 100 {
        join_all((0..100).map(|_| publish(&*broker, &PLAZA, post("to be trimmed soon")))).await;
    }
    let head = broker.head(&PLAZA).await.unwrap().position;
    let done = AtomicBool::new(false);
    let trimming = async {
        for kept_from in (0..=POSTS).step_by(20) {
            broker.trim(&PLAZA, Offset::new(kept_from)).await.unwrap();
        }
        done.store(true, Ordering::SeqCst);
    };
    // Each of them checks hand-out by hand-out that nothing is missing that was not told.
    let following = join_all((0..4_u64).map(async |number| {
        let mut rounds = 0;
        while !done.load(Ordering::SeqCst) {
            let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(1 + number * 5 + rounds % 50)).await;
            follower.until(Offset::new(POSTS)).await;
            rounds += 1;
            // What is ready at once must not keep the trimming from going on.
            tokio::task::yield_now().await;
        }
        rounds
    }));
    let reading = async {
        let mut offset = 0;
        while !done.load(Ordering::SeqCst) {
            let after = Position { offset: Offset::new(offset % POSTS), ..head };
            match broker.read(&PLAZA, after, 50).await.unwrap() {
                Page::Publications(page) => assert_eq!(page[0].offset, after.offset.next()),
                Page::Gap(reason) => assert_eq!(reason, GapReason::Expired),
            }
            offset += 7;
            tokio::task::yield_now().await;
        }
    };
    let ((), rounds, ()) = tokio::join!(trimming, following, reading);
    assert!(rounds.into_iter().all(|rounds| rounds > 0));
}

pub(crate) async fn nobody_reads_a_text_after_it_was_erased(engine: &impl EngineUnderTest) {
    const POSTS: u64 = 400;
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, usize::try_from(POSTS).unwrap()).await;
    let start = Position { offset: Offset::ZERO, ..broker.head(&PLAZA).await.unwrap().position };
    let mut overtaken = 0;
    for batch in 0..10 {
        let taken = offsets((batch * 40 + 1)..=(batch * 40 + 40));
        // Begun before, waited for after.
        let begun: Vec<_> = (0..4)
            .filter_map(|_| {
                let broker = engine.broker();
                let mut begun = Box::pin(async move { broker.read(&PLAZA, start, 1_000).await });
                // One that is finished at once was not overtaken by the erasing.
                begun.as_mut().now_or_never().is_none().then_some(begun)
            })
            .collect();
        overtaken += begun.len();
        broker.erase(&PLAZA, &taken).await.unwrap();
        for read in begun {
            let Page::Publications(log) = read.await.unwrap() else { panic!("a gap") };
            assert_eq!(log.len() as u64, POSTS);
            let last = taken.last().unwrap();
            assert!(log.iter().all(|publication| (publication.offset <= *last) == text(publication).is_empty()));
        }
    }
    assert!(overtaken > 0, "some were overtaken");
}

pub(crate) async fn publishing_goes_on_while_a_long_log_is_shortened(engine: &impl EngineUnderTest) {
    const OLD: u64 = 3_000;
    let broker = engine.broker();
    for _ in 0..OLD / 500 {
        join_all((0..500).map(|_| publish(&*broker, &PLAZA, post("old")))).await;
    }
    let shortening = async {
        broker.erase(&PLAZA, &offsets(1..=OLD)).await.unwrap();
        broker.trim(&PLAZA, Offset::new(OLD + 1)).await.unwrap();
    };
    let publishing = publish_posts(&*broker, &PLAZA, 100);
    tokio::join!(shortening, publishing);
    let mut kept = Follower::from_the_beginning(&*broker, &PLAZA, Offset::new(OLD + 1)).await;
    kept.until(Offset::new(OLD + 100)).await;
    assert_eq!(kept.texts(), (1..=100).map(|number| format!("post {number}")).collect::<Vec<_>>());
    engine.restart().await;
    let start = Position { offset: Offset::new(OLD), ..engine.broker().head(&PLAZA).await.unwrap().position };
    assert!(
        matches!(engine.broker().read(&PLAZA, start, 1_000).await, Ok(Page::Publications(log)) if log.len() == 100)
    );
    assert!(read_all(&*engine.broker(), &room("topic-1"), 10).await.is_empty());
}
