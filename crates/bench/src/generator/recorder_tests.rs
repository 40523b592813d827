//! The recorder finds what is planted: losses, duplicates, wrong order, posts in the wrong room.

use super::*;

/// Two rooms of three. Connections 0 to 2 are in room 0, 3 to 5 in room 1.
fn recorder(acknowledges: bool) -> Recorder {
    let mut recorder = Recorder::new(2, 3, acknowledges).unwrap();
    (0..6).for_each(|reader| recorder.joined(reader, None));
    recorder.begin();
    recorder
}

/// Sends so many posts into room 0 and gives their tags.
fn posts(recorder: &mut Recorder, count: usize) -> Vec<Tag> {
    (0..count).map(|at| recorder.sends(at % 3, 1_000)).collect()
}

fn deliver(recorder: &mut Recorder, reader: usize, tags: &[Tag]) {
    for tag in tags {
        recorder.delivered(reader, *tag, None, 2_000_000);
    }
}

#[test]
fn a_clean_window_is_clean() {
    let mut recorder = recorder(false);
    let tags = posts(&mut recorder, 5);
    assert!(!recorder.is_settled());
    (0..3).for_each(|reader| deliver(&mut recorder, reader, &tags));
    assert!(recorder.is_settled());
    let counts = recorder.finish();
    assert_eq!(counts, Counts { posts: 5, acknowledged: 5, deliveries: 15, ..Counts::default() });
    assert_eq!(recorder.latencies().max(), 1_999);
}

#[test]
fn a_lost_delivery_is_found_in_the_middle_and_at_the_end() {
    let mut recorder = recorder(false);
    let tags = posts(&mut recorder, 5);
    deliver(&mut recorder, 0, &tags);
    deliver(&mut recorder, 1, &[tags[0], tags[2], tags[3], tags[4]]);
    deliver(&mut recorder, 2, &tags[..3]);
    assert!(!recorder.is_settled());
    let counts = recorder.finish();
    assert_eq!((counts.lost, counts.duplicated, counts.reordered), (3, 0, 0));
}

#[test]
fn a_duplicate_is_found_wherever_it_comes() {
    let mut recorder = recorder(false);
    let tags = posts(&mut recorder, 3);
    deliver(&mut recorder, 0, &[tags[0], tags[0], tags[1], tags[2], tags[1]]);
    (1..3).for_each(|reader| deliver(&mut recorder, reader, &tags));
    let counts = recorder.finish();
    assert_eq!((counts.deliveries, counts.lost, counts.duplicated, counts.reordered), (9, 0, 2, 0));
}

#[test]
fn another_order_than_the_others_is_found() {
    let mut recorder = recorder(false);
    let tags = posts(&mut recorder, 3);
    deliver(&mut recorder, 0, &tags);
    deliver(&mut recorder, 1, &[tags[0], tags[2], tags[1]]);
    deliver(&mut recorder, 2, &tags);
    let counts = recorder.finish();
    assert_eq!((counts.lost, counts.duplicated, counts.reordered), (0, 0, 1));
}

#[test]
fn a_place_that_is_not_the_acknowledged_one_is_found() {
    let mut recorder = recorder(true);
    let tags = posts(&mut recorder, 2);
    assert_eq!(recorder.acknowledged(tags[0], Some(1)), Some(0));
    assert_eq!(recorder.acknowledged(tags[1], Some(2)), Some(0));
    for reader in 0..3 {
        recorder.delivered(reader, tags[1], Some(1), 0);
        recorder.delivered(reader, tags[0], Some(2), 0);
    }
    let counts = recorder.finish();
    assert_eq!((counts.reordered, counts.lost), (6, 0));
}

#[test]
fn what_was_acknowledged_and_came_to_nobody_is_lost_to_all() {
    let mut recorder = recorder(true);
    let tags = posts(&mut recorder, 2);
    recorder.acknowledged(tags[0], Some(1));
    let counts = recorder.finish();
    assert_eq!((counts.acknowledged, counts.lost, counts.unanswered), (1, 3, 1));
    let mut without = self::recorder(false);
    posts(&mut without, 2);
    assert_eq!(without.finish().lost, 6);
}

#[test]
fn refused_posts_are_not_waited_for_and_named() {
    let mut recorder = recorder(true);
    let tags = posts(&mut recorder, 1);
    assert_eq!(recorder.refused(tags[0], "rate_limited".into()), Some(0));
    assert!(recorder.is_settled());
    let counts = recorder.finish();
    assert_eq!(counts.refused, BTreeMap::from([("rate_limited".to_owned(), 1)]));
    assert_eq!((counts.lost, counts.unanswered), (0, 0));
}

#[test]
fn posts_in_another_room_or_of_another_window_are_told_apart() {
    let mut recorder = recorder(false);
    let tags = posts(&mut recorder, 1);
    deliver(&mut recorder, 3, &tags);
    (0..3).for_each(|reader| deliver(&mut recorder, reader, &tags));
    assert_eq!(recorder.finish().astray, 1);
    recorder.begin();
    deliver(&mut recorder, 0, &tags);
    let next = posts(&mut recorder, 1);
    (0..3).for_each(|reader| deliver(&mut recorder, reader, &next));
    let counts = recorder.finish();
    assert_eq!((counts.late, counts.lost, counts.duplicated), (1, 0, 0));
}

#[test]
fn who_joins_later_expects_what_comes_later() {
    let mut recorder = Recorder::new(1, 2, true).unwrap();
    recorder.joined(0, Some(41));
    recorder.joined(1, Some(41));
    recorder.begin();
    let tag = recorder.sends(0, 0);
    recorder.acknowledged(tag, Some(42));
    recorder.delivered(0, tag, Some(42), 0);
    recorder.delivered(1, tag, Some(42), 0);
    let counts = recorder.finish();
    assert_eq!((counts.deliveries, counts.lost, counts.reordered), (2, 0, 0));
}
