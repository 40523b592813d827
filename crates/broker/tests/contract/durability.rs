//! Nothing acknowledged or delivered is lost, and nothing happens twice, whatever the disk does: random schedules of
//! publishing, crashes, failures and restarts against a model that remembers only what the engine said.

use crate::engines::fault_journal::Fault;
use crate::engines::memory_fault::MemoryFault;
use crate::harness::{
    EngineUnderTest, Follower, PLAZA, claim, key, keyring, limits, other_programme, post, publish_stubbornly, read_all,
    text,
};
use futures_util::future::join_all;
use kkanbu_broker::{BrokerError, Entry, PublishError};
use kkanbu_model::{Minute, Offset, Publication, RoomAddress, StateVersion};
use parking_lot::Mutex;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// One step of a schedule.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many publish new things at the same time.
    Publish(u8),
    /// All that was tried and not acknowledged is tried again.
    Retry,
    /// The next write fails in this way.
    Fail(Fault),
    /// So many publish, and while the disk has their writes but has not synced them, the power goes.
    CrashBeforeSync(u8),
    /// The same, but the sync goes through in the end.
    SlowSync(u8),
    /// The power goes while nothing is being written.
    Crash,
    /// An orderly restart.
    Restart,
    /// A new epoch begins.
    BeginEpoch,
}

fn step() -> impl Strategy<Value = Step> {
    let fault =
        prop::sample::select(vec![Fault::Append, Fault::Sync, Fault::SyncButWritten, Fault::SyncWrittenIfCrashed]);
    prop_oneof![
        4 => (1_u8..6).prop_map(Step::Publish),
        2 => Just(Step::Retry),
        3 => fault.prop_map(Step::Fail),
        2 => (1_u8..6).prop_map(Step::CrashBeforeSync),
        1 => (1_u8..6).prop_map(Step::SlowSync),
        1 => Just(Step::Crash),
        1 => Just(Step::Restart),
        1 => Just(Step::BeginEpoch),
    ]
}

/// What the engine said: which command has which place, by its acknowledgements and by what it handed out.
#[derive(Default)]
struct Said {
    acknowledged: BTreeMap<u64, Offset>,
    delivered: BTreeMap<Offset, String>,
}

impl Said {
    fn acknowledge(&mut self, number: u64, offset: Offset) {
        let earlier = self.acknowledged.insert(number, offset);
        assert!(earlier.is_none_or(|earlier| earlier == offset), "one command has one place");
    }

    fn deliver(&mut self, follower: &mut Follower) {
        for publication in follower.seen.drain(..) {
            let said = text(&publication);
            let earlier = self.delivered.insert(publication.offset, said.clone());
            assert!(earlier.is_none_or(|earlier| earlier == said), "one place has one publication");
        }
    }
}

impl Said {
    fn check_against(&self, log: &[Arc<Publication>]) {
        assert_eq!(log.len(), self.acknowledged.len(), "each command is in the log once");
        for (publication, expected) in log.iter().zip(1..) {
            assert_eq!(publication.offset, Offset::new(expected), "without hole");
        }
        let at = |offset: Offset| text(&log[usize::try_from(offset.get() - 1).unwrap()]);
        for (number, offset) in &self.acknowledged {
            assert_eq!(at(*offset), format!("command {number}"), "acknowledged and there");
        }
        for (offset, delivered) in &self.delivered {
            assert_eq!(at(*offset), *delivered, "delivered and there");
        }
    }
}

struct Schedule {
    engine: MemoryFault,
    follower: Follower,
    said: Arc<Mutex<Said>>,
    tried: u64,
}

/// The command with this number, the same at every try. Some change the state and some don't.
fn command(number: u64) -> Entry {
    let what = format!("command {number}");
    Entry {
        key: key(u128::from(number)),
        fingerprint: [u8::try_from(number % 251).unwrap(); 16],
        decided_on: None,
        minute: Minute::new(29_000_000),
        event: if number.is_multiple_of(3) { claim(&what) } else { post(&what) },
    }
}

impl Schedule {
    async fn begin() -> Self {
        let engine = MemoryFault::start(keyring(), limits()).await;
        let follower = Follower::after(&*engine.broker(), &PLAZA, Offset::ZERO).await;
        Self { engine, follower, said: Arc::default(), tried: 0 }
    }

    /// Publishes commands at the same time. What is acknowledged is noted the moment that it is.
    fn publish(&self, numbers: impl Iterator<Item = u64>) -> JoinSet<()> {
        let mut publishing = JoinSet::new();
        for number in numbers {
            let (broker, said) = (self.engine.broker(), Arc::clone(&self.said));
            publishing.spawn(async move {
                match broker.publish(&PLAZA, command(number)).await {
                    Ok(published) => said.lock().acknowledge(number, published.offset),
                    Err(PublishError::Unavailable(BrokerError::Unavailable { .. } | BrokerError::Closed)) => {}
                    Err(error) => panic!("{error}"),
                }
            });
        }
        publishing
    }

    fn publish_new(&mut self, count: u8) -> JoinSet<()> {
        let from = self.tried;
        self.tried += u64::from(count);
        self.publish(from..self.tried)
    }

    fn unacknowledged(&self) -> Vec<u64> {
        let said = self.said.lock();
        (0..self.tried).filter(|number| !said.acknowledged.contains_key(number)).collect()
    }

    /// Takes what the follower is given.
    async fn listen(&mut self) {
        self.follower.briefly(Duration::from_millis(2)).await;
        self.said.lock().deliver(&mut self.follower);
    }

    /// After a restart, everybody subscribes from the beginning: what was delivered before has to come again.
    async fn subscribe_again(&mut self) {
        self.follower = Follower::after(&*self.engine.broker(), &PLAZA, Offset::ZERO).await;
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Publish(count) => drop(self.publish_new(count).join_all().await),
            Step::Retry => drop(self.publish(self.unacknowledged().into_iter()).join_all().await),
            Step::Fail(fault) => self.engine.disk.fail_next(fault),
            Step::CrashBeforeSync(count) => {
                let publishing = self.publish_and_hold(count).await;
                self.engine.disk.crash();
                publishing.join_all().await;
                self.engine.restart().await;
                self.subscribe_again().await;
            }
            Step::SlowSync(count) => {
                let publishing = self.publish_and_hold(count).await;
                self.engine.disk.hold(false);
                publishing.join_all().await;
            }
            Step::Crash => {
                self.engine.crash().await;
                self.subscribe_again().await;
            }
            Step::Restart => {
                self.engine.restart().await;
                self.subscribe_again().await;
            }
            Step::BeginEpoch => match self.engine.broker().begin_epoch(&PLAZA).await {
                Ok(_) | Err(BrokerError::Unavailable { .. }) => {}
                Err(error) => panic!("{error}"),
            },
        }
        self.listen().await;
    }

    /// Publishes, and returns when the disk has the writes and waits with its sync. Whatever the engine says or hands out
    /// meanwhile is noted.
    async fn publish_and_hold(&mut self, count: u8) -> JoinSet<()> {
        self.engine.disk.hold(true);
        let publishing = self.publish_new(count);
        // An armed fault may strike before the sync, and then nothing waits.
        for _ in 0..200 {
            if self.engine.disk.is_holding() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        self.listen().await;
        publishing
    }

    /// Everything is tried until it works; then the log must be exactly what was said.
    async fn end(mut self) {
        self.step(Step::Crash).await;
        let broker = self.engine.broker();
        for number in self.unacknowledged() {
            let published = publish_stubbornly(&*broker, &PLAZA, command(number)).await.unwrap();
            self.said.lock().acknowledge(number, published.offset);
        }
        let log = read_all(&*broker, &PLAZA, 7).await;
        self.subscribe_again().await;
        self.follower.until(Offset::new(log.len() as u64)).await;
        self.said.lock().check_against(&log);
        assert_eq!(self.follower.seen, log);
        broker.close().await;
    }
}

fn run(steps: Vec<Step>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let mut schedule = Schedule::begin().await;
        let all = async {
            for step in steps {
                schedule.step(step).await;
            }
            schedule.end().await;
        };
        tokio::time::timeout(Duration::from_mins(1), all).await.expect("the schedule ended in time");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_or_delivered_is_there_exactly_once(steps in prop::collection::vec(step(), 1..24)) {
        run(steps);
    }
}

#[test]
fn neither_acknowledgement_nor_delivery_precedes_the_sync() {
    run(vec![Step::Publish(3), Step::CrashBeforeSync(5), Step::Retry]);
}

#[test]
fn every_fault_alone_leaves_each_command_once() {
    for fault in [Fault::Append, Fault::Sync, Fault::SyncButWritten, Fault::SyncWrittenIfCrashed] {
        for then in [Step::Retry, Step::Crash, Step::Publish(2), Step::BeginEpoch] {
            run(vec![Step::Fail(fault), Step::Publish(4), then, Step::Retry, Step::Publish(1)]);
            run(vec![Step::Publish(2), Step::Fail(fault), Step::BeginEpoch, Step::Publish(4), then, Step::Retry]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_publishers_share_a_sync() {
    let schedule = Schedule::begin().await;
    let disk = &schedule.engine.disk;
    disk.hold(true);
    let publishing = schedule.publish(0..500);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = disk.syncs();
    disk.hold(false);
    publishing.join_all().await;
    let syncs = disk.syncs() - before;
    assert_eq!(schedule.said.lock().acknowledged.len(), 500);
    assert!(syncs <= 3, "{syncs} syncs for 500 publishers");
    schedule.engine.broker().close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_answer_rests_on_a_write_that_failed() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    engine.disk.hold(true);
    let busy = broker.publish(&PLAZA, command(1));
    let on_nothing = |number| Entry { decided_on: Some(StateVersion::default()), ..command(number) };
    let reused = Entry { fingerprint: [0xFF; 16], ..on_nothing(3) };
    // All three share a write: the second is stale and the third a reused key, but only if the first is written.
    let sharing = async {
        while !engine.disk.is_holding() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let entries = [on_nothing(3), on_nothing(6), reused];
        let publishing = join_all(entries.into_iter().map(|entry| broker.publish(&PLAZA, entry)));
        let failing = async {
            engine.disk.set_full(true);
            engine.disk.hold(false);
        };
        tokio::join!(biased; publishing, failing).0
    };
    let (busy, sharing) = tokio::join!(busy, sharing);
    for result in sharing.into_iter().chain([busy]) {
        assert!(matches!(result, Err(PublishError::Unavailable(BrokerError::Unavailable { .. }))), "{result:?}");
    }
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_writer_that_dies_leaves_nobody_waiting() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    let mut follower = Follower::after(&*broker, &PLAZA, Offset::ZERO).await;
    engine.disk.hold(true);
    engine.disk.fail_next(Fault::Panic);
    let publishing = join_all((0..50).map(|number| broker.publish(&PLAZA, command(number))));
    let all = async { tokio::join!(biased; publishing, follower.next(), async { engine.disk.hold(false) }) };
    let (published, heard, ()) = tokio::time::timeout(Duration::from_secs(10), all).await.expect("nobody waits");
    let closed = BrokerError::Closed;
    assert!(published.into_iter().all(|result| result == Err(PublishError::Unavailable(closed.clone()))));
    assert_eq!(heard, Err(closed.clone()));
    assert_eq!(broker.check().await, Err(closed));
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropping_the_publisher_does_not_stop_the_publication() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    engine.disk.hold(true);
    assert!(tokio::time::timeout(Duration::from_millis(20), broker.publish(&PLAZA, command(1))).await.is_err());
    engine.disk.hold(false);
    let again = broker.publish(&PLAZA, command(1)).await.unwrap();
    assert!(again.duplicate);
    broker.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_waits_when_its_programme_ends_is_not_written() {
    let engine = MemoryFault::start(keyring(), limits()).await;
    let broker = engine.broker();
    engine.disk.hold(true);
    let ending = RoomAddress { programme: other_programme(), ..PLAZA.clone() };
    let busy = broker.publish(&PLAZA, command(1));
    let waiting = async {
        while !engine.disk.is_holding() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let end = async {
            engine.keyring().remove(&ending.programme);
            engine.disk.hold(false);
        };
        tokio::join!(biased; broker.publish(&ending, command(2)), end).0
    };
    let (busy, waiting) = tokio::join!(busy, waiting);
    assert!(busy.is_ok());
    let unknown = BrokerError::UnknownProgramme(other_programme());
    assert_eq!(waiting, Err(PublishError::Unavailable(unknown)));
    assert!(engine.sealed(&ending).await.is_empty());
    broker.close().await;
}
