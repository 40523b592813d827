//! Rooms that go to another server: slots that move, and masters that die.

use super::cluster::Cluster;
use super::sentinel::Sentinel;
use crate::engines::redis_server::{SERVER, Stands, open};
use crate::harness::{Follower, PLAZA, entry, keyring, post, publish_stubbornly, read_all, text};
use kkanbu_broker::Broker;
use kkanbu_broker::redis::{Names, RedisBroker, Settings, Timings};
use kkanbu_model::{Limits, Offset};
use std::sync::Arc;
use std::time::Duration;

async fn node(stands: &impl Stands) -> Arc<RedisBroker> {
    let settings = Settings { timings: Timings::default(), ..stands.settings() };
    open(settings, &keyring(), &Limits::default()).await
}

/// Publishes one after the other while something happens, and compares the log and what a follower was given with it.
async fn publish_while(one: &Arc<RedisBroker>, other: &Arc<RedisBroker>, posts: usize, meddle: impl AsyncFnOnce()) {
    let mut recorder = Follower::after(&**other, &PLAZA, Offset::ZERO).await;
    let publishing = async {
        let mut acknowledged = Vec::new();
        for number in 0..posts {
            let text = format!("post {number}");
            let published = publish_stubbornly(&**one, &PLAZA, entry(post(&text))).await.unwrap();
            acknowledged.push((published.offset, text));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        acknowledged
    };
    let (acknowledged, ()) = tokio::join!(publishing, meddle());
    let log = read_all(&**one, &PLAZA, 256).await;
    let in_log: Vec<_> = log.iter().map(|publication| (publication.offset, text(publication))).collect();
    assert_eq!(in_log, acknowledged, "what was acknowledged, once each, and nothing else");
    let end = log.last().unwrap().offset;
    tokio::time::timeout(Duration::from_secs(5), recorder.until(end)).await.expect("caught up");
    assert_eq!(recorder.seen, log);
    assert_eq!(recorder.epochs, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slot_that_moves_takes_its_rooms_along() {
    let cluster = Cluster::start();
    let (one, other) = (node(&cluster).await, node(&cluster).await);
    let key = Names::new(SERVER).room(&PLAZA);
    let slot: u16 = cluster.nodes[0].run(&["CLUSTER", "KEYSLOT", &key]);
    let mut from = cluster.nodes.iter().position(|node| node.port == cluster.holding(&key).port).unwrap();
    publish_while(&one, &other, 1_500, async || {
        for _ in 0..3 {
            let to = (from + 1) % 3;
            let [source, target] = [from, to].map(|index| &cluster.nodes[index]);
            let [source_id, target_id]: [String; 2] = [source, target].map(|node| node.run(&["CLUSTER", "MYID"]));
            let slot = slot.to_string();
            let _: () = target.run(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source_id]);
            let _: () = source.run(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target_id]);
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _: redis::Value = source.run(&["MIGRATE", "127.0.0.1", &target.port.to_string(), &key, "0", "5000"]);
            tokio::time::sleep(Duration::from_millis(100)).await;
            for node in [target, source, &cluster.nodes[(to + 1) % 3]] {
                let _: () = node.run(&["CLUSTER", "SETSLOT", &slot, "NODE", &target_id]);
            }
            from = to;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dead_master_takes_nothing_acknowledged_along() {
    let mut sentinel = Sentinel::start();
    let (one, other) = (node(&sentinel).await, node(&sentinel).await);
    for number in 1..=5 {
        // A replica that has just come may take its time at first.
        publish_stubbornly(&*one, &PLAZA, entry(post(&format!("post {number}")))).await.unwrap();
    }
    let before = one.head(&PLAZA).await.unwrap();
    // The new master has no replica: the one before does not come back.
    let mut recorder = Follower::after(&*other, &PLAZA, Offset::ZERO).await;
    sentinel.master.kill();
    let replica = sentinel.replica.port;
    for _ in 0..2_000 {
        if sentinel.named() == Some(replica) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sentinel.master.start_again_as(&["--replicaof", "127.0.0.1", &replica.to_string()]);
    tokio::time::timeout(Duration::from_secs(20), async {
        for number in 6..=20 {
            let published = publish_stubbornly(&*one, &PLAZA, entry(post(&format!("post {number}")))).await.unwrap();
            assert_eq!(published.offset, Offset::new(number));
        }
    })
    .await
    .expect("published after the failover");
    recorder.until(Offset::new(20)).await;
    assert_eq!(recorder.epochs, []);
    assert_eq!(recorder.seen, read_all(&*one, &PLAZA, 100).await);
    assert_eq!(one.head(&PLAZA).await.unwrap().position.epoch, before.position.epoch);
}
