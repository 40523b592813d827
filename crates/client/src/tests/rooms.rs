//! Rooms: publications once and in order, over breaks and resets.

use super::script::*;
use crate::{CommandError, Event, Interruption, Options};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn duplicate_and_unknown_pushes_do_not_reach_the_caller() {
    let server = Server::start().await;
    let (_client, mut events, mut peer) = server.joined(4).await;
    peer.push("from_a_later_version", json!({"x": 1})).await;
    for offset in [3, 4, 5, 5, 4, 6] {
        peer.publish(offset).await;
    }
    peer.push("publication", json!({"room": "plaza", "offset": 7, "minute": 1, "kind": "from_a_later_version"})).await;
    peer.push("publication", json!({"room": "elsewhere", "offset": 9, "minute": 1, "kind": "thaw"})).await;
    peer.publish(8).await;
    for offset in [5, 6, 7, 8] {
        gets(&mut events, offset).await;
    }
}

#[tokio::test]
async fn resuming_leaves_neither_hole_nor_duplicate() {
    let server = Server::start().await;
    let (_client, mut events, mut peer) = server.joined(0).await;
    peer.publish(1).await;
    peer.publish(2).await;
    gets(&mut events, 1).await;
    gets(&mut events, 2).await;
    drop(peer);
    let mut peer = server.welcome().await;
    let (id, params) = peer.expect("resume").await;
    assert_eq!(params, json!({"room": "plaza", "position": {"epoch": E1, "offset": 2}}));
    peer.reply(id, joined(E1, 4)).await;
    // A server that repeats itself is corrected.
    for offset in [2, 3, 4, 4, 5] {
        peer.publish(offset).await;
    }
    comes_back(&mut events).await;
    for offset in [3, 4, 5] {
        gets(&mut events, offset).await;
    }
}

#[tokio::test]
async fn an_offset_jump_reconnects_and_resumes_from_the_last_good_position() {
    let server = Server::start().await;
    let (_client, mut events, mut peer) = server.joined(0).await;
    peer.publish(1).await;
    peer.publish(3).await;
    gets(&mut events, 1).await;
    let jump = Interruption::Jump { room: "plaza".into(), expected: 2, got: 3 };
    assert_eq!(next(&mut events).await, Event::Disconnected(jump));
    let mut peer = server.welcome().await;
    let (id, params) = peer.expect("resume").await;
    assert_eq!(params["position"]["offset"], 1);
    peer.reply(id, joined(E1, 3)).await;
    peer.publish(2).await;
    peer.publish(3).await;
    assert_eq!(next(&mut events).await, Event::Reconnected);
    gets(&mut events, 2).await;
    gets(&mut events, 3).await;
}

#[tokio::test]
async fn lost_continuity_is_told_and_publications_go_on_after_it() {
    let server = Server::start().await;
    let (_client, mut events, peer) = server.joined(9).await;
    drop(peer);
    let mut peer = server.welcome().await;
    let mut reply = joined(E2, 4);
    reply["recovered"] = json!(false);
    reply["reason"] = json!("epoch");
    peer.answer("resume", reply).await;
    peer.publish(5).await;
    comes_back(&mut events).await;
    let reset = next(&mut events).await;
    assert!(
        matches!(&reset, Event::RoomReset { room, reason, position }
            if room == "plaza" && reason == "epoch" && position.offset == 4 && position.epoch == E2),
        "{reset:?}"
    );
    gets(&mut events, 5).await;
}

#[tokio::test]
async fn a_room_that_ended_for_now_is_resumed_on_the_same_connection() {
    let server = Server::start().await;
    let (client, mut events, mut peer) = server.joined(1).await;
    peer.push("room_ended", json!({"room": "plaza", "code": 2000, "reason": "log_replaced"})).await;
    let (id, _) = peer.expect("resume").await;
    peer.reject(id, 3000, "unavailable", json!({"retry_after_ms": 1})).await;
    // A post waits until the room is back.
    let posting = client.post("plaza", "안녕하세요");
    let serving = async {
        peer.answer("resume", joined(E1, 1)).await;
        peer.answer("post", json!({"offset": 2})).await;
        peer.publish(2).await;
    };
    let (posted, ()) = tokio::join!(posting, serving);
    assert_eq!(posted.unwrap().get(), 2);
    gets(&mut events, 2).await;
}

#[tokio::test]
async fn a_room_that_ended_for_good_is_forgotten() {
    let server = Server::start().await;
    let (_client, mut events, mut peer) = server.joined(1).await;
    peer.push("room_ended", json!({"room": "plaza", "code": 2500, "reason": "left"})).await;
    peer.publish(2).await;
    let ended = Event::RoomEnded { room: "plaza".into(), code: 2500, reason: "left".into() };
    assert_eq!(next(&mut events).await, ended);
    drop(peer);
    comes_back_without_resuming(&server, &mut events).await;
}

async fn comes_back_without_resuming(server: &Server, events: &mut crate::Events) {
    let mut peer = server.welcome().await;
    comes_back(events).await;
    assert_eq!(peer.silence().await, None, "nothing is asked");
}

#[tokio::test]
async fn a_membership_that_is_gone_ends_the_room() {
    let server = Server::start().await;
    let (_client, mut events, peer) = server.joined(1).await;
    drop(peer);
    let mut peer = server.welcome().await;
    let (id, _) = peer.expect("resume").await;
    peer.reject(id, 3509, "not_a_member", json!({})).await;
    comes_back(&mut events).await;
    let ended = Event::RoomEnded { room: "plaza".into(), code: 3509, reason: "not_a_member".into() };
    assert_eq!(next(&mut events).await, ended);
}

#[tokio::test]
async fn leaving_stops_publications() {
    let server = Server::start().await;
    let (client, mut events, mut peer) = server.joined(1).await;
    let (left, ()) = tokio::join!(client.leave("plaza"), peer.answer("leave", json!({})));
    assert_eq!(left, Ok(()));
    peer.publish(2).await;
    let (posted, ()) = tokio::join!(client.post("plaza", "x"), async {
        let (id, _) = peer.expect("post").await;
        peer.reject(id, 3509, "not_a_member", json!({})).await;
    });
    assert_eq!(posted.unwrap_err().rejected_as(), Some("not_a_member"));
    assert!(events.try_next().is_none());
}

#[tokio::test]
async fn a_caller_that_takes_no_events_stops_the_reading_and_loses_nothing() {
    const POSTS: u64 = 300;
    let server = Server::start().await;
    let options = Options { events_max: 4, command_deadline: Duration::from_millis(300), ..server.options() };
    let (client, mut events, mut peer) = server.session_with(options).await;
    let (joined, ()) = tokio::join!(client.join("plaza"), peer.answer("join", joined(E1, 0)));
    joined.unwrap();
    for offset in 1..=POSTS {
        peer.publish(offset).await;
    }
    // The reply lies behind publications that nobody takes.
    let (posted, ()) = tokio::join!(client.post("plaza", "x"), peer.answer("post", json!({"offset": POSTS + 1})));
    assert_eq!(posted, Err(CommandError::Deadline));
    for offset in 1..=POSTS {
        gets(&mut events, offset).await;
    }
}
