//! Subscriptions: everything after a position in order, then live, without hole or duplicate between the two.

use crate::harness::{EngineUnderTest, Follower, PLAZA, post, publish, publish_posts, read_all};
use futures_util::FutureExt;
use futures_util::future::join_all;
use kkanbu_broker::Subscribed;
use kkanbu_model::Offset;
use std::sync::Arc;

pub(crate) async fn a_subscription_gives_what_is_kept_and_then_what_comes(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 30).await;
    let all = read_all(&*broker, &PLAZA, 100).await;
    for after in [0, 1, 15, 21, 22, 23, 29, 30] {
        let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(after)).await;
        assert_eq!(follower.head, broker.head(&PLAZA).await.unwrap());
        follower.until(Offset::new(30)).await;
        assert_eq!(follower.seen, all[usize::try_from(after).unwrap()..], "after {after}");
        assert!(follower.hears_nothing().await);
    }
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(30)).await;
    publish(&*broker, &PLAZA, post("live")).await;
    follower.until(Offset::new(31)).await;
    assert_eq!(follower.texts(), ["live"]);
}

pub(crate) async fn resuming_while_publishing_goes_on_has_no_hole_and_no_duplicate(engine: &impl EngineUnderTest) {
    const POSTS: usize = 600;
    let broker = engine.broker();
    let publishing = async {
        for batch in 0..POSTS / 20 {
            let posts = (0..20).map(|number| post(&format!("{batch}:{number}")));
            join_all(posts.map(|post| publish(&*broker, &PLAZA, post))).await;
        }
    };
    // Each of them lets its subscription go again and again, and comes back with what it has.
    let resuming = join_all((1..=6_u64).map(async |pace| {
        let mut seen = Vec::new();
        while seen.len() < POSTS {
            let after = seen.last().map_or(Offset::ZERO, |last: &Arc<kkanbu_model::Publication>| last.offset);
            let mut follower = Follower::after(&*broker, &PLAZA, after).await;
            for _ in 0..pace {
                if after.get() + (follower.seen.len() as u64) < POSTS as u64 {
                    follower.next().await.unwrap();
                }
            }
            seen.append(&mut follower.seen);
        }
        seen
    }));
    let ((), all_seen) = tokio::join!(publishing, resuming);
    let log = read_all(&*broker, &PLAZA, 1_000).await;
    assert_eq!(log.len(), POSTS);
    for seen in all_seen {
        assert_eq!(seen, log);
    }
}

pub(crate) async fn a_subscriber_far_behind_gets_everything(engine: &impl EngineUnderTest) {
    // Many times the ring and more than two hand-outs.
    const POSTS: u64 = 700;
    let broker = engine.broker();
    let mut sleeper = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    for _ in 0..POSTS / 50 {
        join_all((0..50).map(|_| publish(&*broker, &PLAZA, post("while it slept")))).await;
    }
    sleeper.until(Offset::new(POSTS)).await;
    publish(&*broker, &PLAZA, post("awake")).await;
    sleeper.until(Offset::new(POSTS + 1)).await;
    assert_eq!(sleeper.seen, read_all(&*broker, &PLAZA, 1_000).await);
}

pub(crate) async fn a_dropped_wait_loses_nothing(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 300).await;
    let (_, mut subscription) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    let mut offsets = Vec::new();
    let mut take = |subscribed| match subscribed {
        Subscribed::Publications(publications) => {
            offsets.extend(publications.iter().map(|publication| publication.offset.get()));
            offsets.len()
        }
        Subscribed::NewEpoch(_) | Subscribed::Gap { .. } => panic!("no epoch was begun and nothing trimmed"),
    };
    let mut taken = 0;
    let mut dropped = 0;
    while taken < 320 {
        // Polled once and dropped, whatever it was doing.
        match subscription.next().now_or_never() {
            Some(next) => {
                taken = take(next.unwrap());
                continue;
            }
            None => dropped += 1,
        }
        if taken >= 300 {
            publish(&*broker, &PLAZA, post("one more")).await;
        }
        taken = take(subscription.next().await.unwrap());
    }
    assert!(dropped > 0, "waits were dropped");
    assert_eq!(offsets, (1..=offsets.len() as u64).collect::<Vec<_>>());
}

pub(crate) async fn a_position_beyond_the_head_counts_as_the_head(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 3).await;
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(50)).await;
    assert_eq!(follower.head.position.offset, Offset::new(3));
    publish(&*broker, &PLAZA, post("next")).await;
    follower.until(Offset::new(4)).await;
    assert_eq!(follower.texts(), ["next"]);
}

pub(crate) async fn many_subscribers_see_the_same(engine: &impl EngineUnderTest) {
    const POSTS: u64 = 120;
    let broker = engine.broker();
    let subscribing = (0..20).map(|number| Follower::after(&*broker, &PLAZA, Offset::new(number % 2)));
    let mut followers = join_all(subscribing).await;
    let following = followers.iter_mut().map(|follower| follower.until(Offset::new(POSTS)));
    let publishing = async {
        for _ in 0..POSTS / 6 {
            join_all((0..6).map(|_| publish(&*broker, &PLAZA, post("to all")))).await;
        }
    };
    tokio::join!(publishing, join_all(following));
    let log = read_all(&*broker, &PLAZA, 1_000).await;
    for follower in followers {
        assert_eq!(follower.seen, log);
    }
}
