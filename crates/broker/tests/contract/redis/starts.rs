//! What a start refuses, and that it says why.

use super::real;
use crate::harness::keyring;
use crate::redis::server::PrivateRedis;
use kkanbu_broker::redis::{Durability, RedisBroker, Settings};
use kkanbu_model::Limits;

async fn refused(settings: Settings) -> String {
    match RedisBroker::open(settings, keyring(), &Limits::default()).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_server_is_refused_by_all_its_weaknesses_or_accepted_by_name() {
    let server = PrivateRedis::start(&[]);
    let _: () = server.run(&["CONFIG", "SET", "appendfsync", "everysec"]);
    let _: () = server.run(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let said = refused(Settings { replicas: 1, ..real(&server) }).await;
    for weakness in ["appendfsync is everysec", "maxmemory-policy is allkeys-lru", "0 replicas are connected and not 1"]
    {
        assert!(said.contains(weakness), "{said}");
    }
    let weaker = Settings { durability: Durability::Weaker, ..real(&server) };
    let broker = RedisBroker::open(weaker, keyring(), &Limits::default()).await.unwrap();
    assert_eq!(broker.weaknesses().len(), 2, "{:?}", broker.weaknesses());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_not_be_asked_needs_somebody_who_answers_for_it() {
    let server = PrivateRedis::start(&[]);
    let _: () = server.run(&["ACL", "SETUSER", "default", "-config"]);
    let said = refused(real(&server)).await;
    assert!(said.contains("appendfsync is not told"), "{said}");
    let assured = Settings { durability: Durability::Assured, ..real(&server) };
    let broker = RedisBroker::open(assured, keyring(), &Limits::default()).await.unwrap();
    assert!(broker.weaknesses()[0].contains("the operator answers"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_and_a_wrong_password_are_told() {
    let server = PrivateRedis::start(&[]);
    let _: () = server.run(&["ACL", "SETUSER", "node", "on", ">geheim", "~*", "+@all", "allchannels"]);
    let wrong = format!("redis://node:falsch@127.0.0.1:{}", server.port);
    let said = refused(Settings { urls: vec![wrong], ..real(&server) }).await;
    assert!(said.contains("can't be used") && !said.contains("falsch"), "{said}");
    let gone = real(&server);
    drop(server);
    let said = refused(gone).await;
    assert!(said.contains("refused"), "{said}");
}
