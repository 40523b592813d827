//! Rooms open and close by the calendar, and members are told.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::harness::{World, programme, rejected};
use kkanbu_model::{Clock, Minute, Name, Programme, Room, RoomId, Schedule, SystemClock};
use kkanbu_wire::{Push, RejectCode};

/// A relay of two rooms beside the usual ones: the first opens in an hour for an hour, the second follows.
fn relay() -> Programme {
    let mut relay = programme("relay-2026");
    let now = SystemClock.minute();
    let station = |id: &str, topic: &str, from: u64| Room {
        topic: Some(Name::new(topic).unwrap()),
        schedule: Schedule { opens: Some(now.plus(from)), closes: Some(now.plus(from + 60)) },
        ..Room::new(RoomId::new(id).unwrap(), Name::new(id).unwrap(), relay.rooms[0].roles.clone())
    };
    let stations = [station("first", "봄날 소통나들이", 60), station("second", "공감시네마", 120)];
    relay.rooms.extend(stations);
    relay
}

fn minute(push: Push) -> (String, String, Option<(String, u64)>) {
    let Push::Phase(changed) = push else { panic!("no phase: {push:?}") };
    (changed.room, changed.phase, changed.next.map(|next| (next.name, next.opens)))
}

/// The server looks at the calendar every second: now it has seen what there is.
async fn looked_at() {
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
}

#[tokio::test]
async fn rooms_open_and_close_one_after_another_and_say_what_is_next() {
    let world = World::start().await;
    let relay = relay();
    let opens = relay.rooms[4].schedule.opens.map(Minute::get).unwrap();
    world.creates(relay).await;
    looked_at().await;
    let mut ann = world.member_of("relay-2026", "mentee").await;
    rejected(ann.joins("first").await, RejectCode::RoomNotOpen);
    let first = ann.rooms().await.into_iter().find(|room| room.room == "first").unwrap();
    assert_eq!((first.phase.as_str(), first.topic.as_deref()), ("upcoming", Some("봄날 소통나들이")));

    world.clock.forward(61);
    assert_eq!(minute(ann.next_push().await), ("first".into(), "open".into(), Some(("second".into(), opens))));
    ann.joins("first").await.unwrap();
    let own = ann.posts("first", "봄이네요").await.unwrap();
    ann.sees_own("봄이네요").await;

    world.clock.forward(60);
    let mut told = [minute(ann.next_push().await), minute(ann.next_push().await)];
    told.sort();
    assert_eq!(told, [("first".into(), "closed".into(), None), ("second".into(), "open".into(), None)]);
    rejected(ann.posts("first", "늦었네요").await, RejectCode::RoomClosed);
    assert_eq!(ann.history("first", None, 10).await.unwrap().posts[0].offset, own);
    let mut late = world.member_of("relay-2026", "mentee").await;
    rejected(late.joins("first").await, RejectCode::RoomClosed);
    ann.retracts("first", own).await.unwrap();
    ann.joins("second").await.unwrap();
}

#[tokio::test]
async fn dates_are_kept_over_a_restart() {
    let world = World::start().await;
    world.creates(relay()).await;
    let seed = world.member_of("relay-2026", "mentee").await.vanishes();
    let world = world.restart().await;
    let mut ann = crate::harness::Person::connect(&world.origin, world.address, seed).await;
    let welcome = ann.authenticate("relay-2026", None).await.unwrap();
    assert_eq!(welcome.next.unwrap().name, "first");
    assert_eq!(welcome.programme.timezone, "Asia/Seoul");
    looked_at().await;
    world.clock.forward(61);
    assert_eq!(minute(ann.next_push().await).1, "open");
}
