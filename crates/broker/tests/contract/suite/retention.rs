//! Texts and publications that are taken out: for good, from the files too, and without touching anything else.

use crate::harness::{
    EngineUnderTest, PLAZA, claim, entry, fresh_key, post, publish, publish_posts, read_all, room, text,
};
use futures_util::future::join_all;
use kkanbu_broker::{Broker, BrokerError, Entry, GapReason, Head, Page, PublishError, Published};
use kkanbu_model::{Event, Offset, Position, Publication, RoomAddress, StateVersion};
use std::collections::HashSet;

/// Bytes that are sought in the files: so few that a torn piece of a record is found too.
const TRACE_BYTES: usize = 16;

/// Every piece of these records.
fn pieces(sealed: &[Vec<u8>]) -> HashSet<&[u8]> {
    sealed.iter().flat_map(|sealed| sealed.windows(TRACE_BYTES)).collect()
}

/// How many of these records the files hold a piece of.
pub(crate) async fn traces(engine: &impl EngineUnderTest, sealed: &[Vec<u8>]) -> usize {
    let pieces = pieces(sealed);
    let raw = engine.raw().await;
    let found: HashSet<&[u8]> = raw
        .iter()
        .flat_map(|(_, bytes)| bytes.windows(TRACE_BYTES))
        .filter_map(|window| pieces.get(window).copied())
        .collect();
    sealed.iter().filter(|sealed| sealed.windows(TRACE_BYTES).any(|window| found.contains(window))).count()
}

pub(crate) fn offsets(numbers: impl IntoIterator<Item = u64>) -> Vec<Offset> {
    numbers.into_iter().map(Offset::new).collect()
}

/// The sealed parts of these publications, as they lie in the storage now.
pub(crate) async fn sealed_at(engine: &impl EngineUnderTest, room: &RoomAddress, offsets: &[Offset]) -> Vec<Vec<u8>> {
    let all = engine.sealed(room).await;
    offsets.iter().map(|offset| all[usize::try_from(offset.get() - 1).unwrap()].clone()).collect()
}

/// As it is after its text was taken out.
fn erased(publication: &Publication) -> Publication {
    let event = publication.event.without_text().unwrap_or_else(|| publication.event.clone());
    Publication { event, ..publication.clone() }
}

/// Publications of many lengths in several rooms, so that the records have moved about in the files.
async fn fill(broker: &dyn Broker, rooms: &[RoomAddress], count: usize) {
    let text = |number: usize| {
        let graphemes = [3, 20, 60, 160, 700, 1_900][number * 7 % 6];
        format!("{number} {}", "글".repeat(graphemes / (1 + number % 3)))
    };
    for batch in 0..count / 20 {
        let posts = (0..20).map(|number| batch * 20 + number).map(async |number| {
            publish(broker, &rooms[number * 13 % 17 % rooms.len()], post(&text(number))).await;
        });
        join_all(posts).await;
    }
}

pub(crate) async fn an_erased_publication_keeps_its_place_and_loses_its_text(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 20).await;
    publish(&*broker, &PLAZA, claim("of an edit")).await;
    let (before, head) = (read_all(&*broker, &PLAZA, 100).await, broker.head(&PLAZA).await.unwrap());
    // Two that only the journal has, one in the ring, and the edit.
    let taken = offsets([3, 7, 18, 21]);
    broker.erase(&PLAZA, &taken).await.unwrap();

    let expected: Vec<_> = before
        .iter()
        .map(
            |publication| {
                if taken.contains(&publication.offset) { erased(publication) } else { (**publication).clone() }
            },
        )
        .collect();
    assert_eq!(expected.iter().filter(|publication| text(publication).is_empty()).count(), taken.len());
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        let broker = engine.broker();
        let log: Vec<_> =
            read_all(&*broker, &PLAZA, 6).await.iter().map(|publication| (**publication).clone()).collect();
        assert_eq!(log, expected, "restarted: {restarted}");
        assert_eq!(broker.head(&PLAZA).await.unwrap(), head);
    }
    assert_eq!(publish(&*engine.broker(), &PLAZA, post("goes on")).await, Offset::new(22));
}

pub(crate) async fn an_erased_command_is_still_one_publication(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let said = entry(post("once"));
    broker.publish(&PLAZA, said.clone()).await.unwrap();
    broker.erase(&PLAZA, &offsets([1])).await.unwrap();
    for restarted in [false, true] {
        if restarted {
            engine.restart().await;
        }
        let broker = engine.broker();
        let again = broker.publish(&PLAZA, said.clone()).await.unwrap();
        assert_eq!(again, Published { offset: Offset::new(1), duplicate: true });
        let other = Entry { fingerprint: [2; 16], ..said.clone() };
        assert_eq!(broker.publish(&PLAZA, other).await, Err(PublishError::KeyReused));
        let found = broker.find(&PLAZA, said.key).await.unwrap().unwrap();
        assert_eq!((found.offset, found.fingerprint), (Offset::new(1), said.fingerprint));
    }
}

pub(crate) async fn what_was_erased_is_in_no_file(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let rooms = [PLAZA.clone(), room("topic-1"), room("topic-2")];
    fill(&*broker, &rooms, 1_500).await;
    let mut gone = Vec::new();
    let mut lists = Vec::new();
    for room in &rooms {
        let head = broker.head(room).await.unwrap().position.offset.get();
        let taken = offsets((1..=head).filter(|number| number % 5 == 2));
        gone.extend(sealed_at(engine, room, &taken).await);
        lists.push(taken);
    }
    assert_eq!(traces(engine, &gone).await, gone.len(), "the scan finds what is there");
    for (room, taken) in rooms.iter().zip(&lists) {
        broker.erase(room, taken).await.unwrap();
    }
    assert_eq!(traces(engine, &gone).await, 0, "while it runs");
    broker.close().await;
    assert_eq!(traces(engine, &gone).await, 0, "after it was closed");
}

pub(crate) async fn erasing_skips_what_has_no_text_and_what_is_not_there(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 6).await;
    publish(&*broker, &PLAZA, Event::Freeze).await;
    broker.trim(&PLAZA, Offset::new(3)).await.unwrap();
    let all = offsets([0, 1, 2, 5, 7, 8, 99, u64::MAX >> 11, 5]);
    broker.erase(&PLAZA, &all).await.unwrap();
    let once = engine.sealed(&PLAZA).await;
    broker.erase(&PLAZA, &all).await.unwrap();
    broker.erase(&PLAZA, &[]).await.unwrap();
    assert_eq!(engine.sealed(&PLAZA).await, once, "what is erased stays as it is");
    assert_eq!(once.len(), 5);
    assert_eq!(publish(&*broker, &PLAZA, post("not erased in advance")).await, Offset::new(8));
    let start = Position { offset: Offset::new(2), ..broker.head(&PLAZA).await.unwrap().position };
    let Page::Publications(log) = broker.read(&PLAZA, start, 10).await.unwrap() else { panic!("a gap") };
    let texts: Vec<_> = log.iter().map(|publication| text(publication)).collect();
    assert_eq!(texts, ["post 3", "post 4", "", "post 6", "", "not erased in advance"]);
}

pub(crate) async fn what_does_not_open_is_named_and_the_others_are_erased(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 20).await;
    let gone = sealed_at(engine, &PLAZA, &offsets([4, 8])).await;
    engine.damage(&PLAZA, Offset::new(6)).await;
    let broker = engine.broker();
    let damaged = Err(BrokerError::Damaged(PLAZA.clone(), Offset::new(6)));
    assert_eq!(broker.erase(&PLAZA, &offsets([4, 6, 8])).await, damaged);
    assert_eq!(traces(engine, &gone).await, 0);
    let after = Position { offset: Offset::new(7), ..broker.head(&PLAZA).await.unwrap().position };
    let Page::Publications(page) = broker.read(&PLAZA, after, 1).await.unwrap() else { panic!("a gap") };
    assert_eq!(text(&page[0]), "");
    // Trimming does not have to open anything.
    broker.trim(&PLAZA, Offset::new(8)).await.unwrap();
    assert_eq!(broker.erase(&PLAZA, &offsets([4, 6, 8])).await, Ok(()));
}

pub(crate) async fn a_trimmed_log_begins_later_and_goes_on(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 12).await;
    publish(&*broker, &PLAZA, Event::Freeze).await;
    publish_posts(&*broker, &PLAZA, 7).await;
    let (before, head) = (read_all(&*broker, &PLAZA, 100).await, broker.head(&PLAZA).await.unwrap());
    // First outside the ring, then within it, then all of it.
    for kept_from in [8, 18, 21] {
        engine.broker().trim(&PLAZA, Offset::new(kept_from)).await.unwrap();
        for restarted in [false, true] {
            if restarted {
                engine.restart().await;
            }
            let broker = engine.broker();
            let head = Head { kept_from: Offset::new(kept_from), ..head };
            assert_eq!(broker.head(&PLAZA).await.unwrap(), head);
            for after in 0..=20 {
                let position = Position { offset: Offset::new(after), ..head.position };
                let kept = before.iter().skip(usize::try_from(after).unwrap()).cloned().collect();
                let expired = after + 1 < kept_from;
                let expected = if expired { Page::Gap(GapReason::Expired) } else { Page::Publications(kept) };
                assert_eq!(
                    broker.read(&PLAZA, position, 100).await.unwrap(),
                    expected,
                    "from {kept_from}, after {after}"
                );
            }
        }
    }
    let stale = broker_stale(engine).await;
    assert_eq!(stale, Err(PublishError::Stale { now: head.version }));
    assert_eq!(publish(&*engine.broker(), &PLAZA, post("goes on")).await, Offset::new(21));
    engine.restart().await;
    let after = Position { offset: Offset::new(20), ..head.position };
    assert!(matches!(engine.broker().read(&PLAZA, after, 9).await, Ok(Page::Publications(page)) if page.len() == 1));
}

/// Publishes what was decided on the empty room.
async fn broker_stale(engine: &impl EngineUnderTest) -> Result<Published, PublishError> {
    engine.broker().publish(&PLAZA, crate::harness::decided_on(StateVersion::default(), Event::Thaw)).await
}

pub(crate) async fn trimming_never_goes_back_nor_beyond_the_head(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 10).await;
    broker.trim(&PLAZA, Offset::new(6)).await.unwrap();
    for lower in [0, 1, 5, 6] {
        broker.trim(&PLAZA, Offset::new(lower)).await.unwrap();
    }
    let head = broker.head(&PLAZA).await.unwrap().position;
    let from = |offset| Position { offset: Offset::new(offset), ..head };
    assert!(matches!(broker.read(&PLAZA, from(5), 10).await, Ok(Page::Publications(page)) if page.len() == 5));
    broker.trim(&PLAZA, Offset::new(Offset::MAX)).await.unwrap();
    assert_eq!(publish(&*broker, &PLAZA, post("goes on")).await, Offset::new(11));
    engine.restart().await;
    let kept = engine.broker().read(&PLAZA, from(10), 10).await.unwrap();
    assert!(matches!(kept, Page::Publications(page) if page.len() == 1), "what came later was not meant");
}

pub(crate) async fn what_was_trimmed_is_in_no_file(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let rooms = [PLAZA.clone(), room("topic-1"), room("topic-2")];
    fill(&*broker, &rooms, 1_500).await;
    let mut gone = Vec::new();
    let mut wanted = Vec::new();
    for room in &rooms {
        let head = broker.head(room).await.unwrap().position.offset.get();
        gone.extend(sealed_at(engine, room, &offsets(1..=head * 2 / 3)).await);
        wanted.push(Offset::new(head * 2 / 3 + 1));
    }
    assert_eq!(traces(engine, &gone).await, gone.len(), "the scan finds what is there");
    for (room, kept_from) in rooms.iter().zip(wanted) {
        broker.trim(room, kept_from).await.unwrap();
    }
    assert_eq!(traces(engine, &gone).await, 0, "while it runs");
    broker.close().await;
    assert_eq!(traces(engine, &gone).await, 0, "after it was closed");
}

pub(crate) async fn a_trimmed_key_may_be_published_again_as_something_new(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    let said = entry(post("once"));
    broker.publish(&PLAZA, said.clone()).await.unwrap();
    publish_posts(&*broker, &PLAZA, 3).await;
    broker.trim(&PLAZA, Offset::new(3)).await.unwrap();
    assert_eq!(broker.find(&PLAZA, said.key).await.unwrap(), None);
    let other = Entry { fingerprint: [2; 16], event: post("another thing"), ..said };
    let published = broker.publish(&PLAZA, other.clone()).await.unwrap();
    assert_eq!(published, Published { offset: Offset::new(5), duplicate: false });
    assert!(broker.publish(&PLAZA, other).await.unwrap().duplicate);
}

pub(crate) async fn rooms_that_are_not_in_memory_are_shortened_too(engine: &impl EngineUnderTest) {
    publish_posts(&*engine.broker(), &PLAZA, 20).await;
    let gone = sealed_at(engine, &PLAZA, &offsets([1, 2, 3, 10])).await;
    engine.restart().await;
    let broker = engine.broker();
    broker.erase(&PLAZA, &offsets([10])).await.unwrap();
    engine.restart().await;
    let broker = engine.broker();
    broker.trim(&PLAZA, Offset::new(4)).await.unwrap();
    assert_eq!(traces(engine, &gone).await, 0);
    let (_, mut subscription) = broker.subscribe(&PLAZA, Offset::ZERO).await.unwrap();
    let kkanbu_broker::Subscribed::Publications(kept) = subscription.next().await.unwrap() else { panic!("a gap") };
    assert_eq!(kept.first().unwrap().offset, Offset::new(4));
    assert_eq!(text(&kept[6]), "");

    // A room that nobody touched stays one.
    let untouched = room("untouched");
    broker.erase(&untouched, &offsets([1])).await.unwrap();
    broker.trim(&untouched, Offset::new(9)).await.unwrap();
    assert_eq!(publish(&*broker, &untouched, post("first")).await, Offset::new(1));
    assert_eq!(read_all(&*broker, &untouched, 10).await.len(), 1);
}

pub(crate) async fn somebody_who_reads_aside_delays_but_loses_nothing(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 20).await;
    let gone = sealed_at(engine, &PLAZA, &offsets([1, 2, 3, 10])).await;
    engine.read_aside(true).await;
    let busy =
        |done: Result<(), BrokerError>| assert!(matches!(done, Err(BrokerError::Unavailable { .. })), "{done:?}");
    busy(broker.erase(&PLAZA, &offsets([10])).await);
    busy(broker.trim(&PLAZA, Offset::new(4)).await);
    assert!(traces(engine, &gone).await > 0, "which is why it was not acknowledged");
    assert_eq!(publish(&*broker, &PLAZA, post("goes on")).await, Offset::new(21));
    busy(broker.erase(&PLAZA, &offsets([10])).await);
    engine.read_aside(false).await;
    broker.erase(&PLAZA, &offsets([10])).await.unwrap();
    assert_eq!(traces(engine, &gone).await, 0, "of the trimmed ones neither");
    broker.trim(&PLAZA, Offset::new(4)).await.unwrap();

    // Also where nobody calls again: closing, or the next start, finishes.
    for closed in [true, false] {
        let offset = publish(&*engine.broker(), &PLAZA, post("soon gone")).await;
        let sealed = vec![engine.sealed(&PLAZA).await.pop().unwrap()];
        engine.read_aside(true).await;
        busy(engine.broker().erase(&PLAZA, &[offset]).await);
        if closed {
            engine.read_aside(false).await;
            engine.broker().close().await;
        } else {
            engine.broker().close().await;
            assert_eq!(traces(engine, &sealed).await, 1);
            engine.read_aside(false).await;
        }
        engine.restart().await;
        assert_eq!(traces(engine, &sealed).await, 0, "closed: {closed}");
    }
}

pub(crate) async fn what_a_reader_had_delayed_is_in_no_file_after_the_next_start(engine: &impl EngineUnderTest) {
    let rooms = [PLAZA.clone(), room("topic-1"), room("topic-2")];
    fill(&*engine.broker(), &rooms, 1_500).await;
    let head = engine.broker().head(&PLAZA).await.unwrap().position.offset.get();
    let taken = offsets((1..=head).filter(|number| number % 5 < 3));
    let gone = sealed_at(engine, &PLAZA, &taken).await;
    engine.read_aside(true).await;
    assert!(engine.broker().erase(&PLAZA, &taken).await.is_err());
    engine.broker().close().await;
    engine.read_aside(false).await;
    assert!(traces(engine, &gone).await > 0);
    engine.restart().await;
    assert_eq!(traces(engine, &gone).await, 0);
}

pub(crate) async fn a_failed_write_is_told_and_calling_again_finishes(engine: &impl EngineUnderTest) {
    let broker = engine.broker();
    publish_posts(&*broker, &PLAZA, 20).await;
    let before = read_all(&*broker, &PLAZA, 100).await;
    engine.fail_writes(true).await;
    assert!(matches!(broker.erase(&PLAZA, &offsets([2, 19])).await, Err(BrokerError::Unavailable { .. })));
    assert!(matches!(broker.trim(&PLAZA, Offset::new(9)).await, Err(BrokerError::Unavailable { .. })));
    assert_eq!(read_all(&*broker, &PLAZA, 100).await, before);
    engine.fail_writes(false).await;
    broker.erase(&PLAZA, &offsets([2, 19])).await.unwrap();
    assert_eq!(text(&read_all(&*broker, &PLAZA, 100).await[18]), "");
    broker.trim(&PLAZA, Offset::new(9)).await.unwrap();
    let retried = Entry { key: fresh_key(), ..entry(post("goes on")) };
    assert_eq!(broker.publish(&PLAZA, retried).await.unwrap().offset, Offset::new(21));
}
