//! Commands that have no reply when something happens to them.

use super::script::*;
use crate::{CommandError, Draft, Options};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn outstanding_posts_go_again_under_their_keys_in_their_order_after_the_resume() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.joined(0).await;
    let posting = async { tokio::join!(client.post("plaza", "one"), client.post("plaza", "two")) };
    let serving = async {
        let (_, first) = peer.expect("post").await;
        let (_, second) = peer.expect("post").await;
        drop(peer);
        let mut peer = server.welcome().await;
        let (id, _) = peer.expect("resume").await;
        assert_eq!(peer.silence().await, None, "nothing goes out before the room is resumed");
        peer.reply(id, joined(E1, 0)).await;
        for (offset, before) in [(1, first), (2, second)] {
            let (id, again) = peer.expect("post").await;
            assert_eq!(again, before);
            peer.reply(id, json!({"offset": offset})).await;
        }
    };
    let ((one, two), ()) = tokio::join!(posting, serving);
    assert_eq!((one.unwrap().get(), two.unwrap().get()), (1, 2));
}

#[tokio::test]
async fn a_draft_keeps_its_key_over_every_sending() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.joined(0).await;
    let draft = Draft::new("plaza", "010-1234-5678").replying_to(3).mentioning(["느긋한 수달"]);
    let (refused, key) = tokio::join!(client.send(&draft), async {
        let (id, params) = peer.expect("post").await;
        let findings = json!({"findings": [{"kind": "phone", "start": 0, "end": 13}]});
        peer.reject(id, 3514, "confirm_needed", findings).await;
        params["key"].clone()
    });
    assert_eq!(refused.unwrap_err().rejected_as(), Some("confirm_needed"));
    let confirmed = draft.confirmed();
    let (placed, params) = tokio::join!(client.send(&confirmed), async {
        let (id, params) = peer.expect("post").await;
        peer.reply(id, json!({"offset": 1})).await;
        params
    });
    assert_eq!(placed.unwrap().get(), 1);
    let whole = json!({"room": "plaza", "key": key, "body": "010-1234-5678", "reply_to": 3,
                       "mentions": ["느긋한 수달"], "confirmed": true});
    assert_eq!(params, whole);
    assert_eq!(params["key"].as_str().map(str::len), Some(22));
}

#[tokio::test]
async fn told_to_wait_it_waits_and_sends_the_same_again() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.joined(0).await;
    let serving = async {
        let (id, first) = peer.expect("post").await;
        let told = Instant::now();
        peer.reject(id, 3001, "rate_limited", json!({"retry_after_ms": 300})).await;
        let (id, again) = peer.expect("post").await;
        assert_eq!(again, first);
        assert!(told.elapsed() >= Duration::from_millis(300));
        peer.reject(id, 3000, "unavailable", json!({})).await;
        let (id, again) = peer.expect("post").await;
        assert_eq!(again, first);
        peer.reply(id, json!({"offset": 1})).await;
    };
    let (posted, ()) = tokio::join!(client.post("plaza", "x"), serving);
    assert_eq!(posted.unwrap().get(), 1);
}

#[tokio::test]
async fn later_posts_wait_behind_one_that_was_told_to_wait() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.joined(0).await;
    let serving = async {
        let (id, _) = peer.expect("post").await;
        peer.reject(id, 3001, "rate_limited", json!({"retry_after_ms": 200})).await;
        for (offset, body) in [(1, "one"), (2, "two")] {
            let (id, params) = peer.expect("post").await;
            assert_eq!(params["body"], body);
            peer.reply(id, json!({"offset": offset})).await;
        }
    };
    let later = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.post("plaza", "two").await
    };
    let (one, two, ()) = tokio::join!(client.post("plaza", "one"), later, serving);
    assert_eq!((one.unwrap().get(), two.unwrap().get()), (1, 2));
}

#[tokio::test]
async fn a_command_without_reply_fails_at_its_deadline() {
    let server = Server::start().await;
    let options = Options { command_deadline: Duration::from_millis(100), ..server.options() };
    let (client, _events, mut peer) = server.session_with(options).await;
    let (posted, (id, _)) = tokio::join!(client.post("plaza", "x"), peer.expect("post"));
    assert_eq!(posted, Err(CommandError::Deadline));
    // A reply that nobody waits for any more does no harm.
    peer.reply(id, json!({"offset": 1})).await;
    let (rooms, ()) = tokio::join!(client.rooms(), peer.answer("rooms", json!({"rooms": []})));
    assert_eq!(rooms, Ok(Vec::new()));
}

#[tokio::test]
async fn harmless_commands_are_asked_again_and_others_fail_as_interrupted() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.session().await;
    let asking = async { tokio::join!(client.history("plaza", None, 10), client.leave("plaza")) };
    let serving = async {
        peer.expect("history").await;
        peer.expect("leave").await;
        drop(peer);
        let mut peer = server.welcome().await;
        let (id, params) = peer.expect("history").await;
        assert_eq!(params, json!({"room": "plaza", "limit": 10}));
        peer.reply(id, json!({"epoch": E1, "posts": [], "more": false})).await;
        peer
    };
    let ((history, left), _peer) = tokio::join!(asking, serving);
    assert!(history.unwrap().posts.is_empty());
    assert_eq!(left, Err(CommandError::Interrupted));
    assert!(CommandError::Interrupted.may_retry());
}

#[tokio::test]
async fn a_frame_that_the_server_would_not_take_is_not_sent() {
    let server = Server::start().await;
    let (client, _events, mut peer) = server.session().await;
    let posted = client.post("plaza", &"가".repeat(11_000)).await;
    assert!(matches!(posted, Err(CommandError::TooLong { max: 32_768, .. })), "{posted:?}");
    let (rooms, ()) = tokio::join!(client.rooms(), peer.answer("rooms", json!({"rooms": []})));
    assert_eq!(rooms, Ok(Vec::new()));
}

#[tokio::test]
async fn history_is_read_page_by_page_oldest_first() {
    let post = |offset: u64| {
        json!({"offset": offset, "minute": 1, "author": "a", "body": "b", "edited": false, "retracted": false, "hidden": false, "question": false, "answered": false,
               "mentions": [], "reactions": [], "mine": false})
    };
    let server = Server::start().await;
    let (client, _events, mut peer) = server.session().await;
    let serving = async {
        let mut asked: Vec<Value> = Vec::new();
        for (posts, more) in [(vec![post(5), post(9)], true), (vec![post(1), post(2)], false)] {
            let (id, params) = peer.expect("history").await;
            asked.push(params["before"].clone());
            peer.reply(id, json!({"epoch": E1, "posts": posts, "more": more})).await;
        }
        asked
    };
    let (history, asked) = tokio::join!(client.whole_history("plaza"), serving);
    let offsets: Vec<u64> = history.unwrap().iter().map(|post| post.offset).collect();
    assert_eq!((offsets, asked), (vec![1, 2, 5, 9], vec![Value::Null, json!(5)]));
}
