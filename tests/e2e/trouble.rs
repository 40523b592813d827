//! Bad days: the log fails, answers are lost, the node drains.

use crate::harness::{World, draft, rejected, roomy};
use kkanbu_model::Limits;
use kkanbu_wire::RejectCode;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).await.unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[tokio::test]
async fn a_log_that_fails_costs_an_answer_and_nothing_else() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.in_plaza("mentee").await;
    let handle = writer.handle().to_owned();
    let post = draft("plaza", "patience");
    world.broker.fail(true);
    rejected(writer.sends_post(post.clone()).await, RejectCode::Unavailable);
    assert_eq!(get(world.ops, "/readyz").await.0, 503);
    assert_eq!(get(world.ops, "/healthz").await.0, 200);
    world.broker.fail(false);
    assert_eq!(get(world.ops, "/readyz").await.0, 200);
    assert_eq!(writer.sends_post(post).await.unwrap(), 1);
    reader.sees(&handle, "patience").await;
    reader.sees_nothing().await;
}

#[tokio::test]
async fn a_log_that_hangs_is_not_waited_for_for_ever() {
    let world = World::with(Limits { publish: Duration::from_millis(200), ..roomy() }).await;
    let mut writer = world.in_plaza("mentor").await;
    let post = draft("plaza", "patience");
    world.broker.hang(true);
    rejected(writer.sends_post(post.clone()).await, RejectCode::Unavailable);
    world.broker.hang(false);
    assert_eq!(writer.sends_post(post).await.unwrap(), 1);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let post = draft("plaza", "written, not answered");
    world.broker.lose_replies(true);
    rejected(writer.sends_post(post.clone()).await, RejectCode::Unavailable);
    world.broker.lose_replies(false);
    assert_eq!(writer.sends_post(post).await.unwrap(), 1);
    writer.sees_own("written, not answered").await;
    writer.sees_nothing().await;
}

#[tokio::test]
async fn a_retry_is_answered_though_it_would_be_refused_now() {
    let world = World::start().await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.in_plaza("mentee").await;
    let at = writer.posts("plaza", "to be taken back").await.unwrap();
    let mut reply = draft("plaza", "a reply");
    reply.reply_to = Some(at);
    let placed = reader.sends_post(reply.clone()).await.unwrap();
    writer.retracts("plaza", at).await.unwrap();
    // A new reply is refused, the one that was written before is not.
    let mut new = draft("plaza", "another reply");
    new.reply_to = Some(at);
    rejected(reader.sends_post(new).await, RejectCode::PostRetracted);
    assert_eq!(reader.sends_post(reply).await.unwrap(), placed);
}

#[tokio::test]
async fn metrics_have_help_and_name_no_room_or_role() {
    let world = World::start().await;
    let mut person = world.in_plaza("mentor").await;
    person.posts("plaza", "counted").await.unwrap();
    let (status, text) = get(world.ops, "/metrics").await;
    assert_eq!(status, 200);
    assert!(text.contains("# HELP kkanbu_publications") && text.contains("kkanbu_publications_total 1"), "{text}");
    for word in ["plaza", "anyang", "mentor", "127.0.0.1", "join", "leave", "began"] {
        assert!(!text.contains(word), "metrics name {word}");
    }
}

#[tokio::test]
async fn a_command_in_hand_is_answered_while_draining() {
    let mut world = World::start().await;
    let mut writers = Vec::new();
    for _ in 0..10 {
        writers.push(world.in_plaza("mentor").await);
    }
    let reader = world.member("mentee").await;
    let mut acknowledged = 0;
    let writing = async {
        for writer in &mut writers {
            writer.begins(&kkanbu_wire::Command::Post(draft("plaza", "just in time"))).await;
        }
        for writer in &mut writers {
            while let Ok(frame) = writer.next_frame().await {
                acknowledged += u64::from(frame.contains("\"result\":{\"offset\""));
            }
        }
    };
    let ((), in_time) = tokio::join!(writing, world.stop());
    assert!(in_time);
    let world = world.restart().await;
    let mut reader = world.again(&reader).await;
    reader.joins("plaza").await.unwrap();
    let kept = reader.history("plaza", None, 50).await.unwrap().posts.len() as u64;
    assert!(kept >= acknowledged, "{acknowledged} acknowledged, {kept} kept");
}
