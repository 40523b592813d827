//! How connections and sessions begin and end.

use super::script::*;
use crate::{Client, CommandError, ConnectError, Ended, Event, ForeignChallenge, Interruption, Options};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn a_foreign_challenge_is_refused_before_anything_is_signed() {
    let server = Server::start().await;
    let tap = Recorder::new();
    let options = Options { tap: Some(tap.clone()), ..server.options() };
    let (connected, closed) = tokio::join!(Client::connect(options), async {
        let mut peer = server.accept().await;
        peer.answer("challenge", challenge("https://other.example")).await;
        peer.closed_with().await
    });
    let foreign = ConnectError::Ended(Ended::Foreign(ForeignChallenge::Server));
    assert_eq!(connected.err(), Some(foreign));
    assert_eq!(closed, Some(1000));
    assert!(tap.lines().iter().all(|line| !line.contains("authenticate")), "{:?}", tap.lines());
}

#[tokio::test]
async fn the_tap_sees_raw_frames_below_de_duplication() {
    let server = Server::start().await;
    let tap = Recorder::new();
    let options = Options { tap: Some(tap.clone()), ..server.options() };
    let (client, mut events, mut peer) = server.session_with(options).await;
    let (joined, ()) = tokio::join!(client.join("plaza"), peer.answer("join", joined(E1, 0)));
    joined.unwrap();
    for offset in [1, 1, 2] {
        peer.publish(offset).await;
    }
    gets(&mut events, 1).await;
    gets(&mut events, 2).await;
    let lines = tap.lines();
    assert_eq!(lines[0], "connected");
    assert!(lines[1].starts_with("> ") && lines[1].contains("challenge"));
    let raw = lines.iter().filter(|line| line.starts_with("< ") && line.contains("publication")).count();
    assert_eq!(raw, 3);
}

#[tokio::test]
async fn codes_that_say_so_end_the_session_for_good() {
    for code in [4500, 4503, 4999, 1002, 1003, 1007, 1008, 1009] {
        let server = Server::start().await;
        let (client, mut events, mut peer) = server.session().await;
        let (posted, ()) = tokio::join!(client.post("plaza", "x"), async {
            peer.expect("post").await;
            peer.close(code, "why").await;
        });
        let ended = Ended::Closed { code, reason: "why".into() };
        assert_eq!(posted, Err(CommandError::Ended(ended.clone())));
        assert_eq!(client.ended(), Some(ended.clone()));
        assert_eq!(client.post("plaza", "y").await, Err(CommandError::Ended(ended.clone())));
        assert!(matches!(next(&mut events).await, Event::Closed(why) if why == ended));
        assert!(events.next().await.is_none());
    }
}

#[tokio::test]
async fn codes_that_say_so_bring_the_session_back() {
    for code in [4001, 4003, 4499, 1001, 1011, 1012] {
        let server = Server::start().await;
        let (_client, mut events, peer) = server.session().await;
        peer.close(code, "").await;
        let _peer = server.welcome().await;
        let gone = Interruption::Closed { code, reason: String::new() };
        assert_eq!(next(&mut events).await, Event::Disconnected(gone));
        assert_eq!(next(&mut events).await, Event::Reconnected);
    }
}

#[tokio::test]
async fn a_draining_server_s_wait_is_honoured() {
    let server = Server::start().await;
    let (_client, mut events, peer) = server.session().await;
    peer.close(4000, "come back in 1200").await;
    let closed = Instant::now();
    let _peer = server.welcome().await;
    assert!(closed.elapsed() >= Duration::from_millis(1100), "{:?}", closed.elapsed());
    comes_back(&mut events).await;
}

#[tokio::test]
async fn two_and_a_half_silent_heartbeats_reconnect_and_pings_are_no_silence() {
    let server = Server::start().await;
    let (_client, mut events, mut peer) = server.session().await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(900)).await;
        peer.ping().await;
    }
    assert!(events.try_next().is_none(), "pings are no silence");
    let quiet = Instant::now();
    assert_eq!(next(&mut events).await, Event::Disconnected(Interruption::Silent));
    let silence = quiet.elapsed();
    assert!((Duration::from_millis(2400)..Duration::from_secs(4)).contains(&silence), "{silence:?}");
    let _peer = server.welcome().await;
    assert_eq!(next(&mut events).await, Event::Reconnected);
}

#[tokio::test]
async fn a_refused_member_is_told_why_at_once() {
    let server = Server::start().await;
    let (connected, ()) = tokio::join!(Client::connect(server.options()), async {
        let mut peer = server.accept().await;
        peer.answer("challenge", challenge(&server.origin)).await;
        let (id, params) = peer.expect("authenticate").await;
        assert_eq!(params["code"], "code");
        peer.reject(id, 3507, "room_full", json!({})).await;
    });
    let error = connected.err().unwrap();
    assert!(matches!(&error, ConnectError::Ended(Ended::Refused(r)) if r.message == "room_full"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_said() {
    let server = Server::start().await;
    let (connected, _peer) = tokio::join!(Client::connect(server.options()), async {
        let mut peer = server.accept().await;
        let (id, _) = peer.expect("challenge").await;
        peer.reject(id, 3001, "rate_limited", json!({"retry_after_ms": 50})).await;
        server.welcome().await
    });
    assert_eq!(connected.unwrap().0.welcome().role.id, "mentee");
}

#[tokio::test]
async fn without_a_server_connecting_fails_at_its_deadline() {
    let server = Server::start().await;
    let options = Options { connect_deadline: Duration::from_millis(300), ..server.options() };
    drop(server);
    let error = Client::connect(options).await.err();
    assert!(matches!(error, Some(ConnectError::Deadline(Interruption::Lost(_)))), "{error:?}");
}

#[tokio::test]
async fn closing_says_goodbye_and_dropping_the_last_client_does_too() {
    let server = Server::start().await;
    let (client, mut events, mut peer) = server.session().await;
    let ((), code) = tokio::join!(client.close(), peer.closed_with());
    assert_eq!(code, Some(1000));
    assert_eq!(next(&mut events).await, Event::Closed(Ended::ByCaller));
    assert_eq!(client.rooms().await, Err(CommandError::Ended(Ended::ByCaller)));

    let (client, _events, mut peer) = server.session().await;
    let twin = client.clone();
    drop(client);
    let (rooms, ()) = tokio::join!(twin.rooms(), peer.answer("rooms", json!({"rooms": []})));
    rooms.unwrap();
    drop(twin);
    assert_eq!(peer.closed_with().await, Some(1000));
}
