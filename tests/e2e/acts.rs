//! An act is kept, entered, told to the room and answered, in that order; whatever stops the server between two of these, nothing is half
//! done afterwards.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::harness::{FaultStore, StopsAt, World};
use kkanbu_client::command_key;
use serde_json::json;

/// Where the server stops.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Store(StopsAt),
    /// The log was asked to take the event and never answered; it does not have it.
    BeforePublish,
    /// The log has the event, and its answer is lost.
    AfterPublish,
}

const STOPS: [Stop; 6] = [
    Stop::Store(StopsAt::BeforeAct),
    Stop::Store(StopsAt::AfterAct),
    Stop::BeforePublish,
    Stop::AfterPublish,
    Stop::Store(StopsAt::BeforeConfirm),
    Stop::Store(StopsAt::AfterConfirm),
];

fn stop_at(world: &World, stop: Stop) {
    match stop {
        Stop::Store(at) => FaultStore::stop_at(&world.store, at),
        Stop::BeforePublish => world.broker.hang(true),
        Stop::AfterPublish => world.broker.lose_replies(true),
    }
}

#[tokio::test]
async fn a_server_that_stops_between_two_steps_has_done_the_act_once_or_not_at_all() {
    for stop in STOPS {
        let world = World::start().await;
        let mut moderator = world.moderator().await;
        stop_at(&world, stop);
        let key = command_key().to_text();
        let freeze = json!({ "programme": "anyang-2022", "room": "plaza", "key": key });
        moderator.begins("room.freeze", &freeze).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        drop(moderator);

        let world = world.restart().await;
        let mut moderator = world.moderator().await;
        let kept = !matches!(stop, Stop::Store(StopsAt::BeforeAct));
        // The relay tells the room what was kept, without being asked.
        wait_until_frozen(&world, kept, stop).await;
        let done = moderator.calls("room.freeze", freeze.clone()).await.unwrap();
        assert_eq!(done["again"], json!(kept), "{stop:?}");
        assert_eq!(done["offset"], json!(1), "{stop:?}: the event is in the log once");
        let audit = moderator.calls("audit.list", json!({ "limit": 100 })).await.unwrap();
        let freezes = audit["entries"].as_array().unwrap().iter().filter(|entry| entry["act"] == json!("room.freeze"));
        assert_eq!(freezes.count(), 1, "{stop:?}");
        let mut ann = world.in_plaza("mentee").await;
        assert!(ann.rooms().await[0].frozen, "{stop:?}");
        ann.sees_nothing().await;
    }
}

async fn wait_until_frozen(world: &World, frozen: bool, stop: Stop) {
    let mut moderator = world.moderator().await;
    for _ in 0..50 {
        let rooms = moderator.calls("room.list", json!({ "programme": "anyang-2022" })).await.unwrap();
        if rooms["rooms"][0]["frozen"] == json!(frozen) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{stop:?}: the room never got there");
}

#[tokio::test]
async fn acts_reach_the_room_in_the_order_in_which_they_were_done() {
    let world = World::start().await;
    let mut moderator = world.moderator().await;
    world.broker.fail(true);
    for method in ["room.freeze", "room.thaw", "room.freeze"] {
        assert_eq!(moderator.in_plaza(method, json!({})).await, Err("unavailable".into()));
    }
    world.broker.fail(false);
    wait_until_frozen(&world, true, Stop::BeforePublish).await;
    let mut ann = world.in_plaza("mentee").await;
    let position = ann.joins("plaza").await.unwrap().position;
    assert_eq!(position.offset, 3);
}

#[tokio::test]
async fn a_sanction_holds_over_a_restart_whatever_the_log_does() {
    let world = World::start().await;
    let ann = world.in_plaza("mentee").await;
    let handle = ann.handle().to_owned();
    let mut moderator = world.moderator().await;
    moderator.in_plaza("member.remove", json!({ "handle": handle })).await.unwrap();
    let seed = ann.vanishes();
    let world = world.restart().await;
    let mut ann = crate::harness::Person::connect(&world.origin, world.address, seed).await;
    ann.authenticate("anyang-2022", None).await.unwrap();
    crate::harness::rejected(ann.joins("plaza").await, kkanbu_wire::RejectCode::Removed);
}
