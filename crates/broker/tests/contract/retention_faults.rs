//! Whichever step of erasing or trimming fails: nobody is shown again what was taken out, nothing else is lost, and calling
//! again finishes.

use crate::engines::fault_journal::Fault;
use crate::engines::memory_fault::MemoryFault;
use crate::harness::{EngineUnderTest, Follower, PLAZA, keyring, limits, post, publish, publish_posts, read_all, text};
use crate::suite::retention::{offsets, sealed_at, traces};
use kkanbu_broker::{BrokerError, GapReason, Page};
use kkanbu_model::{Offset, Position, Publication};
use std::sync::Arc;

/// Whoever waits longer for a step waits for one that does not come.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

const FAULTS: [Fault; 6] =
    [Fault::TakeOut, Fault::Sync, Fault::SyncButWritten, Fault::SyncWrittenIfCrashed, Fault::SetStanding, Fault::Scrub];

/// What happens between a failure and the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Publish,
    Restart,
    Crash,
}

/// What is read, from the first offset that is kept on.
async fn kept(engine: &MemoryFault, kept_from: u64) -> Vec<Arc<Publication>> {
    let broker = engine.broker();
    let after = Offset::new(kept_from - 1);
    let position = Position { offset: after, ..broker.head(&PLAZA).await.unwrap().position };
    match broker.read(&PLAZA, position, 100).await.unwrap() {
        Page::Publications(page) => page,
        Page::Gap(reason) => panic!("a gap: {reason:?}"),
    }
}

async fn happens(engine: &MemoryFault, then: Then) {
    match then {
        Then::Nothing => {}
        Then::Publish => assert_eq!(publish(&*engine.broker(), &PLAZA, post("in between")).await, Offset::new(21)),
        Then::Restart => engine.restart().await,
        Then::Crash => engine.crash().await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_erasing_that_failed_at_any_step_is_finished_by_the_next() {
    for fault in FAULTS.into_iter().filter(|fault| *fault != Fault::SetStanding) {
        for then in [Then::Nothing, Then::Publish, Then::Restart, Then::Crash] {
            let engine = MemoryFault::start(keyring(), limits()).await;
            publish_posts(&*engine.broker(), &PLAZA, 20).await;
            let before = read_all(&*engine.broker(), &PLAZA, 100).await;
            // One that only the journal has, two in the ring.
            let taken = offsets([4, 15, 20]);
            let sealed = sealed_at(&engine, &PLAZA, &taken).await;
            engine.disk.fail_next(fault);
            let failed = engine.broker().erase(&PLAZA, &taken).await;
            assert!(matches!(failed, Err(BrokerError::Unavailable { .. })), "{fault:?}: {failed:?}");
            happens(&engine, then).await;

            // All readers see the same, and of each publication either what it was or what is left of it.
            let whole = kept(&engine, 1).await;
            let pieces = read_all(&*engine.broker(), &PLAZA, 3).await;
            assert_eq!(whole, pieces, "{fault:?} {then:?}");
            for (publication, before) in whole.iter().zip(&before) {
                let may_be_gone = taken.contains(&publication.offset) && text(publication).is_empty();
                assert!(publication == before || may_be_gone, "{fault:?} {then:?}");
            }
            if fault == Fault::SyncButWritten {
                assert_eq!(text(&whole[19]), "", "what is out of the journal is out of the ring");
            }
            engine.broker().erase(&PLAZA, &taken).await.unwrap();
            let whole = kept(&engine, 1).await;
            assert!(
                taken.iter().all(|at| text(&whole[usize::try_from(at.get() - 1).unwrap()]).is_empty()),
                "{fault:?}"
            );
            assert_eq!(traces(&engine, &sealed).await, 0, "{fault:?} {then:?}");
            assert_eq!(whole.iter().filter(|publication| text(publication).is_empty()).count(), 3);
            engine.broker().close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_trimming_that_failed_at_any_step_is_finished_by_the_next() {
    for fault in FAULTS {
        for then in [Then::Nothing, Then::Publish, Then::Restart, Then::Crash] {
            for kept_from in [8, 17, 21] {
                let engine = MemoryFault::start(keyring(), limits()).await;
                publish_posts(&*engine.broker(), &PLAZA, 20).await;
                let taken = offsets(1..kept_from);
                let sealed = sealed_at(&engine, &PLAZA, &taken).await;
                let mut follower = Follower::after(&*engine.broker(), &PLAZA, Offset::new(2)).await;
                engine.disk.fail_next(fault);
                let failed = engine.broker().trim(&PLAZA, Offset::new(kept_from)).await;
                assert!(matches!(failed, Err(BrokerError::Unavailable { .. })), "{fault:?}: {failed:?}");
                happens(&engine, then).await;

                let broker = engine.broker();
                let head = broker.head(&PLAZA).await.unwrap().position;
                let start = Position { offset: Offset::ZERO, ..head };
                let all = broker.read(&PLAZA, start, 100).await.unwrap();
                let whole = matches!(&all, Page::Publications(all) if all.len() as u64 == head.offset.get());
                assert!(whole || all == Page::Gap(GapReason::Expired), "{fault:?} {then:?}: all or what is kept");
                if then == Then::Publish {
                    follower.until(Offset::new(21)).await;
                    assert_eq!(follower.gaps.is_empty(), whole, "{fault:?}");
                }
                broker.trim(&PLAZA, Offset::new(kept_from)).await.unwrap();
                assert_eq!(broker.read(&PLAZA, start, 100).await.unwrap(), Page::Gap(GapReason::Expired));
                assert_eq!(kept(&engine, kept_from).await.len() as u64, head.offset.get() + 1 - kept_from);
                assert_eq!(traces(&engine, &sealed).await, 0, "{fault:?} {then:?}");
                assert_eq!(publish(&*broker, &PLAZA, post("goes on")).await, head.offset.next());
                broker.close().await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crash_between_two_steps_leaves_a_whole_log() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    for _ in 0..30 {
        futures_util::future::join_all((0..100).map(|_| publish(&*broker, &PLAZA, post("old")))).await;
    }
    engine.disk.hold(true);
    let trimming = broker.trim(&PLAZA, Offset::new(2_900));
    let crashing = async {
        // The first step goes through, the second one does not.
        for let_through in [true, false] {
            while !engine.disk.is_holding() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            if let_through { engine.disk.let_one_through() } else { engine.disk.crash() }
        }
    };
    let both = async { tokio::join!(trimming, crashing) };
    let (trimmed, ()) = tokio::time::timeout(DEADLINE, both).await.expect("there were two steps");
    assert!(trimmed.is_err());
    engine.restart().await;
    let head = engine.broker().head(&PLAZA).await.unwrap().position;
    assert_eq!(head.offset, Offset::new(3_000));
    let mut follower = Follower::after(&*engine.broker(), &PLAZA, Offset::new(1)).await;
    follower.until(head.offset).await;
    let (_, kept_from) = follower.gaps[0];
    assert!(Offset::new(1) < kept_from && kept_from < Offset::new(2_900), "some steps were made: {kept_from:?}");
    engine.broker().trim(&PLAZA, Offset::new(2_900)).await.unwrap();
    assert_eq!(kept(&engine, 2_900).await.len(), 100);
    engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_published_between_two_steps_is_not_trimmed() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    for _ in 0..30 {
        futures_util::future::join_all((0..100).map(|_| publish(&*broker, &PLAZA, post("old")))).await;
    }
    engine.disk.hold(true);
    let trimming = broker.trim(&PLAZA, Offset::new(Offset::MAX));
    let publishing = async {
        while !engine.disk.is_holding() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let publishing = futures_util::future::join_all((0..5).map(|_| publish(&*broker, &PLAZA, post("new"))));
        tokio::join!(biased; publishing, async { engine.disk.hold(false) }).0
    };
    let (trimmed, published) = tokio::join!(trimming, publishing);
    trimmed.unwrap();
    assert!(published.iter().all(|offset| *offset > Offset::new(3_000)));
    assert_eq!(kept(&engine, 3_001).await.len(), 5);
    broker.close().await;
}
