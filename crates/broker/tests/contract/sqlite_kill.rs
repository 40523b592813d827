//! The real file, as a killed process leaves it: copied while the engine rests, and of a process that really was killed.

use crate::engines::memory_sqlite::{MemorySqlite, SERVER};
use crate::harness::{EngineUnderTest, Follower, PLAZA, keyring, limits, post, publish, publish_posts, read_all, text};
use crate::other_process::{OtherProcess, say};
use futures_util::future::join_all;
use kkanbu_broker::Broker;
use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use kkanbu_model::Offset;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

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

/// Posts at the beginning, and how many come with each turn.
const BEGIN: u64 = 600;
const TURN: u64 = 30;

/// Not a test, but what the process does that is killed: publishes, erases and trims, and says what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "a part of another test"]
async fn another_process_takes_out() {
    let Ok(journal) = SqliteJournal::open(Path::new("log.sqlite"), SERVER) else { return };
    let broker = MemoryBroker::start(journal, keyring(), &limits()).unwrap();
    let broker = &broker;
    say("begun");
    for turn in 1.. {
        let head = BEGIN + turn * TURN;
        let taken: Vec<_> = (head - 200..head - 100).step_by(3).map(Offset::new).collect();
        let erasing = async {
            broker.erase(&PLAZA, &taken).await.unwrap();
            let numbers: Vec<_> = taken.iter().map(|offset| offset.get().to_string()).collect();
            say(&format!("erased {}", numbers.join(" ")));
        };
        let trimming = async {
            broker.trim(&PLAZA, Offset::new(head - 300)).await.unwrap();
            say(&format!("trimmed {}", head - 300));
        };
        let publishing = async {
            for _ in 0..TURN {
                say(&format!("published {}", publish(broker, &PLAZA, post("of the other")).await.get()));
            }
        };
        tokio::join!(erasing, trimming, publishing);
    }
}

/// What every record of the room holds, by its offset.
fn sealed(file: &Path) -> BTreeMap<u64, Vec<u8>> {
    let connection = Connection::open(file).unwrap();
    let mut select = connection.prepare("SELECT offset, sealed FROM publications WHERE room = 'plaza'").unwrap();
    let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_taken_out_stays_out_when_the_process_is_killed_at_it() {
    let mut gone = 0;
    for after in 0..12_u64 {
        let engine = MemorySqlite::start(keyring(), limits()).await;
        publish_posts(&*engine.broker(), &PLAZA, usize::try_from(BEGIN).unwrap()).await;
        engine.broker().close().await;
        let file = engine.folder().join("log.sqlite");
        let mut before = sealed(&file);

        let mut process = OtherProcess::run("sqlite_kill::another_process_takes_out", engine.folder());
        process.says("begun").unwrap();
        tokio::time::sleep(Duration::from_millis(3 + after * 17)).await;
        process.kill();
        let mut said = Vec::new();
        while let Some(line) = process.says("") {
            said.push(line);
        }
        let numbers = |word: &str| -> Vec<u64> {
            let rests = said.iter().filter_map(|line| line.strip_prefix(word));
            rests.flat_map(|rest| rest.split_whitespace().map(|number| number.parse().unwrap())).collect()
        };
        gone += check(&engine, &mut before, &numbers("published "), &numbers("erased "), &numbers("trimmed ")).await;
    }
    assert!(gone > 0, "some were killed late enough");
}

/// What was acknowledged is so, the log is whole, and nothing of what is out of it can be found.
async fn check(
    engine: &MemorySqlite,
    before: &mut BTreeMap<u64, Vec<u8>>,
    published: &[u64],
    erased: &[u64],
    trimmed: &[u64],
) -> usize {
    engine.restart().await;
    let broker = engine.broker();
    let head = broker.head(&PLAZA).await.unwrap().position.offset;
    assert!(head.get() >= published.iter().copied().max().unwrap_or(BEGIN), "published and there");
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::new(1)).await;
    follower.until(head).await;
    let kept_from = follower.gaps.first().map_or(1, |(_, kept_from)| kept_from.get());
    assert!(kept_from >= trimmed.iter().copied().max().unwrap_or(1), "trimmed and gone");
    for publication in &follower.seen {
        let out = erased.contains(&publication.offset.get());
        assert!(!out || text(publication).is_empty(), "erased and out");
    }
    let now = sealed(&engine.folder().join("log.sqlite"));
    before.retain(|offset, sealed| now.get(offset) != Some(sealed));
    let gone: Vec<_> = before.values().cloned().collect();
    assert_eq!(crate::suite::retention::traces(engine, &gone).await, 0, "of {}", gone.len());
    broker.close().await;
    gone.len()
}
