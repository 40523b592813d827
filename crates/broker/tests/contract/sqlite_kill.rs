//! The real file, as a killed process leaves it: what is copied while the engine runs is what the disk would hold.

use crate::engines::memory_sqlite::{MemorySqlite, SERVER};
use crate::harness::{EngineUnderTest, PLAZA, keyring, limits, post, publish, read_all};
use futures_util::future::join_all;
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use std::fs;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_is_in_the_files_of_a_killed_process() {
    let engine = MemorySqlite::start(keyring(), limits()).await;
    let broker = engine.broker();
    for _ in 0..5 {
        join_all((0..40).map(|_| publish(&*broker, &PLAZA, post("acknowledged")))).await;
        let (head, log) = (broker.head(&PLAZA).await.unwrap(), read_all(&*broker, &PLAZA, 100).await);

        let copy = tempfile::tempdir().unwrap();
        for file in ["log.sqlite", "log.sqlite-wal"] {
            fs::copy(engine.folder().join(file), copy.path().join(file)).unwrap();
        }
        let journal = SqliteJournal::open(&copy.path().join("log.sqlite"), SERVER).unwrap();
        let risen = MemoryBroker::start(journal, keyring(), &limits()).unwrap();
        assert_eq!(risen.head(&PLAZA).await.unwrap(), head);
        assert_eq!(read_all(&risen, &PLAZA, 100).await, log);
        risen.close().await;
    }
    broker.close().await;
}
