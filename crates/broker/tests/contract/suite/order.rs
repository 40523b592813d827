//! One order a room: offsets rise by one, from 1, and every reader and subscriber sees the same.

use crate::harness::{
    EngineUnderTest, Follower, PLAZA, body, entry, fresh_key, other_programme, post, publish, publish_posts, read_all,
    room, text,
};
use futures_util::future::join_all;
use kkanbu_broker::{Entry, Page};
use kkanbu_model::{
    Author, Event, Handle, MembershipId, Minute, Name, Offset, Publication, Reaction, RoomAddress, RoomId, RoomSettings,
};
use std::sync::Arc;

pub(crate) async fn offsets_rise_by_one_from_one(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    for expected in 1..=20 {
        assert_eq!(publish(&*broker, &PLAZA, post("hello")).await, Offset::new(expected));
        assert_eq!(broker.head(&PLAZA).await.unwrap().position.offset, Offset::new(expected));
    }
}

pub(crate) async fn an_untouched_room_stands_at_zero_in_an_epoch_that_stays(engine: &impl EngineUnderTest) {
    let head = engine.broker().head(&PLAZA).await.unwrap();
    assert_eq!(head.position.offset, Offset::ZERO);
    assert_eq!(head.version.0, Offset::ZERO);
    assert_eq!(engine.broker().head(&PLAZA).await.unwrap(), head);
    engine.restart().await;
    assert_eq!(engine.broker().head(&PLAZA).await.unwrap(), head);
    publish(&*engine.broker(), &PLAZA, post("first")).await;
    assert_eq!(engine.broker().head(&PLAZA).await.unwrap().position.epoch, head.position.epoch);
}

pub(crate) async fn rooms_do_not_share_offsets(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let namesake = RoomAddress { programme: other_programme(), room: RoomId::new("plaza").unwrap() };
    let topic = room("topic-1");
    for (at, mine) in [(&*PLAZA, "plaza"), (&topic, "topic"), (&namesake, "namesake")] {
        assert_eq!(publish(&*broker, at, post(mine)).await, Offset::new(1));
    }
    for (at, mine) in [(&*PLAZA, "plaza"), (&topic, "topic"), (&namesake, "namesake")] {
        let all = read_all(&*broker, at, 10).await;
        assert_eq!(all.iter().map(|publication| text(publication)).collect::<Vec<_>>(), [mine]);
    }
}

pub(crate) async fn concurrent_publishers_make_one_order_for_all(engine: &impl EngineUnderTest) {
    const PUBLISHERS: u64 = 40;
    const POSTS: u64 = 25;
    let broker = engine.broker();
    let mut live = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let broker = Arc::clone(&broker);
        async move {
            let mut last = Offset::ZERO;
            for number in 0..POSTS {
                let offset = publish(&*broker, &PLAZA, post(&format!("{publisher}:{number}"))).await;
                assert!(offset > last, "what one publishes one after the other stays in order");
                last = offset;
            }
        }
    });
    let end = Offset::new(PUBLISHERS * POSTS);
    tokio::join!(join_all(publishers.map(tokio::task::unconstrained)), live.until(end));

    let mut late = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    late.until(end).await;
    assert_eq!(live.seen, late.seen);
    assert_eq!(live.seen, read_all(&*broker, &PLAZA, 64).await);
    let mut texts = live.texts();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len() as u64, PUBLISHERS * POSTS, "each post is there once");
}

pub(crate) async fn what_was_acknowledged_can_be_read_at_once(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    for _ in 0..50 {
        let before = broker.head(&PLAZA).await.unwrap().position;
        let entry = Entry { key: fresh_key(), ..entry(post("now")) };
        let published = broker.publish(&PLAZA, entry.clone()).await.unwrap();
        let Page::Publications(page) = broker.read(&PLAZA, before, 10).await.unwrap() else { panic!("no gap") };
        assert_eq!(page.last().unwrap().offset, published.offset);
        assert_eq!(broker.find(&PLAZA, entry.key).await.unwrap().unwrap().offset, published.offset);
    }
}

pub(crate) async fn pages_follow_on_each_other(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 50).await;
    let whole = read_all(&*broker, &PLAZA, 1_000).await;
    assert_eq!(whole.len(), 50);
    for page in [1, 3, 7, 8, 9, 49, 50] {
        assert_eq!(read_all(&*broker, &PLAZA, page).await, whole, "pages of {page}");
    }
    let head = broker.head(&PLAZA).await.unwrap().position;
    assert_eq!(broker.read(&PLAZA, head, 10).await.unwrap(), Page::Publications(Vec::new()));
}

pub(crate) async fn an_event_comes_back_as_it_was_published(engine: &impl EngineUnderTest) {
    let handle = |text: &str| Handle::new(text).unwrap();
    let by = MembershipId::from_bytes([0xfe; 16]);
    let author =
        Author { handle: handle("용감한 고라니"), badge: Some(Name::new("멘토").unwrap()), membership: by };
    let events = [
        Event::Post {
            author,
            body: body("안녕하세요 👋"),
            reply_to: None,
            mentions: vec![handle("brave-otter")],
            question: true,
        },
        Event::Edit { target: Offset::new(1), body: body("안녕!\n\t\"{}\""), mentions: Vec::new() },
        Event::React { target: Offset::new(1), reaction: Reaction::Heart, on: true, by },
        Event::Retract { target: Offset::new(1) },
        Event::Freeze,
        Event::Thaw,
        Event::Notice { text: Some(body("공지")) },
        Event::Settings(RoomSettings { frozen: true, slow_seconds: 30, notice: None }),
    ];
    let broker = engine.broker();
    let mut expected = Vec::new();
    for (event, number) in events.into_iter().zip(1..) {
        let minute = Minute::new(29_000_000 + number);
        let published = broker.publish(&PLAZA, Entry { minute, ..entry(event.clone()) }).await.unwrap();
        expected.push(Arc::new(Publication { offset: published.offset, minute, event }));
    }
    assert_eq!(read_all(&*broker, &PLAZA, 10).await, expected, "from memory");
    engine.restart().await;
    assert_eq!(read_all(&*engine.broker(), &PLAZA, 10).await, expected, "from storage");
}
