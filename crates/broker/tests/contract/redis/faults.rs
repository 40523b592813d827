//! Connections cut, servers killed, stopped and emptied: nothing acknowledged is lost, doubled or out of order, and where
//! that can't be proven it is told.

use super::{eventually, node, node_with, real};
use crate::harness::{Follower, PLAZA, entry, post, publish, publish_posts, publish_stubbornly, read_all, room, text};
use crate::redis::server::PrivateRedis;
use futures_util::future::join_all;
use kkanbu_broker::{Broker, BrokerError, GapReason, Page, PublishError};
use kkanbu_model::Offset;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Publishes from several publishers as clients do that try again, while `meddle` does something to the server. Then
/// compares what was acknowledged with the log and with what a follower was given.
async fn publish_while(server: &mut PrivateRedis, posts: usize, meddle: impl AsyncFnOnce(&mut PrivateRedis)) {
    const PUBLISHERS: usize = 8;
    let (one, other) = (node(server).await, node(server).await);
    let mut recorder = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    let done = AtomicBool::new(false);
    let publishing = join_all((0..PUBLISHERS).map(async |publisher| {
        let mut acknowledged = Vec::new();
        for number in 0..posts / PUBLISHERS {
            let text = format!("{publisher}:{number}");
            let published = publish_stubbornly(&*one, &PLAZA, entry(post(&text))).await.unwrap();
            acknowledged.push((published.offset, text));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        done.store(true, Ordering::SeqCst);
        acknowledged
    }));
    let (acknowledged, ()) = tokio::join!(publishing, meddle(server));
    let mut acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    acknowledged.sort_unstable();

    let log = read_all(&*one, &PLAZA, 256).await;
    let in_log: Vec<_> = log.iter().map(|publication| (publication.offset, text(publication))).collect();
    assert_eq!(in_log, acknowledged, "what was acknowledged, once each, and nothing else");
    let catching_up = Instant::now();
    tokio::time::timeout(Duration::from_secs(10), recorder.until(log.last().unwrap().offset)).await.expect("caught up");
    assert!(catching_up.elapsed() < Duration::from_secs(2), "{:?}", catching_up.elapsed());
    assert_eq!(recorder.seen, log);
    assert_eq!(recorder.epochs, []);
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn killed_connections_lose_and_double_nothing() {
    publish_while(&mut PrivateRedis::start(&[]), 2_000, async |server| {
        for kind in ["pubsub", "pubsub", "normal", "pubsub", "normal"] {
            tokio::time::sleep(Duration::from_millis(60)).await;
            let killed: usize = server.run(&["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"]);
            assert!(killed > 0, "there was something to kill");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_keeps_what_it_acknowledged() {
    publish_while(&mut PrivateRedis::start(&[]), 1_600, async |server| {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            server.kill();
            tokio::time::sleep(Duration::from_millis(100)).await;
            server.start_again();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stopped_server_is_noticed_in_time_and_followed_again_when_it_goes_on() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut follower = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    publish_posts(&*one, &PLAZA, 5).await;
    follower.until(Offset::new(5)).await;
    signal(&server, "-STOP");
    let stopped = Instant::now();
    let waiting = entry(post("while it stood still"));
    let (published, checked) = tokio::join!(one.publish(&PLAZA, waiting.clone()), other.check());
    assert!(matches!(published, Err(PublishError::Unavailable(BrokerError::Unavailable { .. }))), "{published:?}");
    assert!(matches!(checked, Err(BrokerError::Unavailable { .. })), "{checked:?}");
    assert!(stopped.elapsed() < Duration::from_secs(2), "{:?}", stopped.elapsed());
    signal(&server, "-CONT");
    let on_again = Instant::now();
    let published = publish_stubbornly(&*one, &PLAZA, waiting).await.unwrap();
    assert_eq!(published.offset, Offset::new(6), "one publication, however often it was tried");
    follower.until(Offset::new(6)).await;
    assert!(on_again.elapsed() < Duration::from_secs(2), "{:?}", on_again.elapsed());
    assert!(follower.epochs.is_empty());
    eventually(async || other.check().await.is_ok()).await;
}

fn signal(server: &PrivateRedis, signal: &str) {
    assert!(Command::new("kill").args([signal, &server.pid().to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_emptied_server_begins_a_new_epoch_and_offsets_go_on() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut followers =
        vec![Follower::after(&*one, &PLAZA, Offset::ZERO).await, Follower::after(&*other, &PLAZA, Offset::ZERO).await];
    publish_posts(&*one, &PLAZA, 12).await;
    for follower in &mut followers {
        follower.until(Offset::new(12)).await;
    }
    let before = one.head(&PLAZA).await.unwrap();
    let _: () = server.run(&["FLUSHALL"]);
    // Nobody does anything: it is noticed and told.
    for follower in &mut followers {
        tokio::time::timeout(Duration::from_secs(2), follower.next()).await.expect("told in time").unwrap();
        let [told] = follower.epochs[..] else { panic!("{:?}", follower.epochs) };
        assert_ne!(told.position.epoch, before.position.epoch);
        assert_eq!(told.position.offset, Offset::new(12));
    }
    assert_eq!(followers[0].epochs, followers[1].epochs, "the same for all");
    assert_eq!(publish(&*other, &PLAZA, post("goes on")).await, Offset::new(13));
    for follower in &mut followers {
        follower.until(Offset::new(13)).await;
    }
    assert_eq!(one.read(&PLAZA, before.position, 10).await, Ok(Page::Gap(GapReason::Epoch)));

    // Also where somebody publishes before it is noticed.
    let _: () = server.run(&["FLUSHALL"]);
    assert_eq!(publish(&*one, &PLAZA, post("goes on again")).await, Offset::new(14));
    for follower in &mut followers {
        follower.until(Offset::new(14)).await;
        assert_eq!(follower.epochs.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_end_is_put_back_by_whoever_has_seen_it() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut follower = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    publish_posts(&*one, &PLAZA, 12).await;
    follower.until(Offset::new(12)).await;
    let before = (read_all(&*one, &PLAZA, 100).await, one.head(&PLAZA).await.unwrap());
    one.close().await;
    // As after a failover to a replica that was behind.
    let key = kkanbu_broker::redis::Names::new(crate::engines::redis_server::SERVER).room(&PLAZA);
    let _: usize = server.run(&["HDEL", &key, "10", "11", "12"]);
    let _: usize = server.run(&["HSET", &key, "h", "9"]);
    eventually(async || server.run::<u64>(&["HGET", &key, "h"]) == 12).await;
    assert_eq!((read_all(&*other, &PLAZA, 100).await, other.head(&PLAZA).await.unwrap()), before);
    assert_eq!(publish(&*other, &PLAZA, post("goes on")).await, Offset::new(13));
    follower.until(Offset::new(13)).await;
    assert_eq!(follower.epochs, [], "nothing was lost, so nothing is told");

    // A node that has only heard of them can't: then it is told.
    let late = node(&server).await;
    let mut follower = Follower::after(&*late, &PLAZA, Offset::new(13)).await;
    other.close().await;
    let _: usize = server.run(&["HDEL", &key, "13"]);
    let _: usize = server.run(&["HSET", &key, "h", "12"]);
    tokio::time::timeout(Duration::from_secs(2), follower.next()).await.expect("told in time").unwrap();
    assert_eq!(follower.epochs.len(), 1);
    assert_eq!(publish(&*late, &PLAZA, post("goes on")).await, Offset::new(14));
    let log = read_all(&*late, &PLAZA, 100).await;
    assert_eq!(
        (log.len(), text(&log[8]), text(&log[12])),
        (14, "post 9".to_owned(), String::new()),
        "what is left is kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_log_with_another_end_than_was_seen_is_a_new_epoch() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut follower = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    publish_posts(&*one, &PLAZA, 12).await;
    follower.until(Offset::new(12)).await;
    one.close().await;
    // As after a failover to a replica that did not have the last one, and to which somebody else published.
    let key = kkanbu_broker::redis::Names::new(crate::engines::redis_server::SERVER).room(&PLAZA);
    let record: Vec<u8> = redis::cmd("HGET").arg(&key).arg(11).query(&mut server.connect()).unwrap();
    let _: usize = redis::cmd("HSET").arg(&key).arg(12).arg(record).query(&mut server.connect()).unwrap();
    let _: usize = server.run(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    tokio::time::timeout(Duration::from_secs(2), follower.next()).await.expect("told in time").unwrap();
    assert_eq!(follower.epochs.len(), 1);
    assert!(follower.hears_nothing().await, "one epoch began, and not one after the other");
    let again = tokio::time::timeout(Duration::from_secs(2), Follower::after(&*other, &PLAZA, Offset::ZERO));
    let mut again = again.await.expect("whoever comes now gets in");
    again.until(Offset::new(12)).await;
    assert_eq!(
        again.seen,
        read_all(&*other, &PLAZA, 100).await,
        "and gets what is in the log, not what was seen of the other one"
    );
    assert_eq!(publish(&*other, &PLAZA, post("goes on")).await, Offset::new(13));
    follower.until(Offset::new(13)).await;
    assert_eq!(follower.epochs.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_gap_is_read_once_for_all_who_follow() {
    const FOLLOWERS: usize = 100;
    const MISSED: usize = 200;
    let server = PrivateRedis::start(&[]);
    let _: () = server.run(&["ACL", "SETUSER", "deaf", "on", ">geheim", "~*", "+@all", "allchannels"]);
    let hearing = node(&server).await;
    let deaf_url = format!("redis://deaf:geheim@127.0.0.1:{}", server.port);
    let deaf = node_with(kkanbu_broker::redis::Settings { urls: vec![deaf_url], ..real(&server) }).await;
    publish(&*hearing, &PLAZA, post("before")).await;
    let following = (0..FOLLOWERS).map(|_| Follower::after(&*deaf, &PLAZA, Offset::new(1)));
    let mut followers = join_all(following).await;
    let elsewhere = Follower::after(&*deaf, &room("topic-1"), Offset::ZERO).await;
    let before = deaf.range_reads().get();
    // The server ends subscriptions that are not allowed any more.
    let _: () = server.run(&["ACL", "SETUSER", "deaf", "resetchannels"]);
    join_all((0..MISSED).map(async |number| publish(&*hearing, &PLAZA, post(&format!("missed {number}"))).await)).await;
    assert!(followers[0].hears_nothing().await, "it was deaf");
    let _: () = server.run(&["ACL", "SETUSER", "deaf", "allchannels"]);
    let end = Offset::new(1 + MISSED as u64);
    join_all(followers.iter_mut().map(async |follower| {
        tokio::time::timeout(Duration::from_secs(5), follower.until(end)).await.expect("healed");
    }))
    .await;
    assert_eq!(deaf.range_reads().get() - before, 1, "for all {FOLLOWERS}");
    publish(&*hearing, &PLAZA, post("live again")).await;
    for follower in &mut followers {
        follower.until(end.next()).await;
        assert_eq!(follower.seen.len(), MISSED + 1);
    }
    drop(elsewhere);
}
