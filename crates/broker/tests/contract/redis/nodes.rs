//! Several nodes on one server: each sees what the others do.

use super::{eventually, node, node_with, real};
use crate::harness::{Follower, PLAZA, entry, post, programme, publish, publish_posts, text};
use crate::redis::server::PrivateRedis;
use kkanbu_broker::redis::{Settings, Timings};
use kkanbu_broker::{Broker, BrokerError};
use kkanbu_model::Offset;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_node_does_the_others_see() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    let mut follower = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    publish_posts(&*one, &PLAZA, 20).await;
    follower.until(Offset::new(20)).await;

    one.erase(&PLAZA, &[Offset::new(19)]).await.unwrap();
    let erased_at_other = async || {
        let mut late = Follower::after(&*other, &PLAZA, Offset::new(18)).await;
        late.until(Offset::new(20)).await;
        text(&late.seen[0]).is_empty()
    };
    eventually(erased_at_other).await;
    one.trim(&PLAZA, Offset::new(15)).await.unwrap();
    eventually(async || other.subscribe(&PLAZA, Offset::ZERO).await.unwrap().0.kept_from == Offset::new(15)).await;

    let epoch = one.begin_epoch(&PLAZA).await.unwrap();
    follower.next().await.unwrap();
    assert_eq!(follower.epochs[0].position.epoch, epoch);

    one.destroy(&programme()).await.unwrap();
    assert_eq!(follower.next().await, Err(BrokerError::Closed));
    eventually(async || other.head(&PLAZA).await.unwrap().position.offset == Offset::ZERO).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_command_tried_on_two_nodes_is_one_publication() {
    let server = PrivateRedis::start(&[]);
    let (one, other) = (node(&server).await, node(&server).await);
    for _ in 0..20 {
        let said = entry(post("once"));
        let (here, there) = tokio::join!(one.publish(&PLAZA, said.clone()), other.publish(&PLAZA, said.clone()));
        let (here, there) = (here.unwrap(), there.unwrap());
        assert_eq!(here.offset, there.offset);
        assert_ne!(here.duplicate, there.duplicate);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_room_is_let_go_after_a_while_and_taken_up_again() {
    let server = PrivateRedis::start(&[]);
    let timings =
        Timings { linger: Duration::from_millis(300), probe: Duration::from_millis(50), ..Timings::default() };
    let node = node_with(Settings { timings, ..real(&server) }).await;
    let channels = || -> usize {
        let channels: Vec<String> = server.run(&["PUBSUB", "SHARDCHANNELS"]);
        channels.len()
    };
    publish(&*node, &PLAZA, post("unheard")).await;
    assert_eq!(channels(), 0, "nobody follows");
    let follower = Follower::after(&*node, &PLAZA, Offset::ZERO).await;
    assert_eq!(channels(), 1);
    drop(follower);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(channels(), 1, "somebody may come back");
    eventually(async || channels() == 0).await;
    publish(&*node, &PLAZA, post("unheard too")).await;
    let mut follower = Follower::after(&*node, &PLAZA, Offset::ZERO).await;
    publish(&*node, &PLAZA, post("heard")).await;
    follower.until(Offset::new(3)).await;
    assert_eq!(follower.texts(), ["unheard", "unheard too", "heard"]);
}
