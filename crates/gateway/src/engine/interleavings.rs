//! Interleavings: two workers on two threads, a publisher and clients that come, go, resume, read slowly or not at all. Shuttle decides who
//! goes next wherever something shared is touched, and draws all that is random.
//!
//! What must hold, whatever the order: each member gets each publication after its cursor once and in order; when everything is quiet, it has got
//! the last one; and nobody is closed who took all that it was given.
//!
//!     cargo test -p kkanbu-gateway --lib --features interleaving interleavings
//!     cargo test -p kkanbu-gateway --lib --features interleaving interleavings -- --ignored    (ten minutes)
//!
//! Where one fails, shuttle prints its schedule. `shuttle::replay(story, "…")` in the place of `check(…)` plays that one again, step by step.

use super::stand_in::{Bench, Door, FakeSocket, Pipe, poll};
use super::worker::Worker;
use crate::session::{FollowedRoom, Lead, Reader, Wish};
use kkanbu_model::{Limits, Offset};
use kkanbu_wire::Padding;
use shuttle::rand::{Rng, thread_rng};
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UncontrolledNondeterminismCheckScheduler};
use shuttle::sync::{Condvar, Mutex};
use shuttle::{Config, MaxSteps, Runner, thread};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Schedules of the short form, by each scheduler.
const SCHEDULES: usize = 8_000;

/// Length of the long form.
const LONG: Duration = Duration::from_mins(10);

/// Publications of the room that are ready in memory: few, so that members fall behind them.
const RING: usize = 4;

const MEMBERS: usize = 6;
const PUBLISHED_TOGETHER_MAX: usize = 3;

#[test]
fn whatever_the_interleaving_nothing_is_lost_doubled_or_out_of_order() {
    check(RandomScheduler::new(SCHEDULES), None);
    check(PctScheduler::new(3, SCHEDULES), None);
}

#[test]
#[ignore = "takes ten minutes"]
fn whatever_the_interleaving_for_long() {
    check(RandomScheduler::new(usize::MAX), Some(LONG / 2));
    check(PctScheduler::new(4, usize::MAX), Some(LONG / 2));
}

/// What a schedule does not decide would make it worthless for playing it again.
#[test]
fn a_schedule_decides_everything() {
    check(UncontrolledNondeterminismCheckScheduler::new(RandomScheduler::new(200)), None);
}

fn check(scheduler: impl Scheduler + 'static, max_time: Option<Duration>) {
    let mut config = Config::new();
    // Workers are large, and not optimised here.
    config.stack_size = 1 << 20;
    config.max_steps = MaxSteps::FailAfter(200_000);
    config.max_time = max_time;
    Runner::new(scheduler, config).run(story);
}

/// One story. Time stands still but where it is moved.
fn story() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let entered = runtime.enter();
    Story::begin().run(&runtime);
    drop(entered);
}

/// A client, as the test sees it.
struct Client {
    lead: Arc<Lead>,
    pipe: Arc<Pipe>,
}

struct Story {
    rooms: Arc<Vec<FollowedRoom>>,
    clients: Arc<Vec<Client>>,
    workers: Vec<(Arc<Alarm>, thread::JoinHandle<()>)>,
    doors: Vec<Door>,
    lingers: bool,
}

impl Story {
    fn begin() -> Self {
        let rooms = Arc::new(vec![FollowedRoom::new(0, RING, Padding::Off), FollowedRoom::new(1, RING, Padding::Off)]);
        let lingers = thread_rng().gen_ratio(1, 4);
        let linger = if lingers { LINGER } else { Duration::ZERO };
        // No deadline but the ring's.
        let patient = Duration::from_hours(24);
        let limits = Limits { write_stall_max: patient, silence_max: patient, heartbeat: patient, ..Limits::default() };
        let benches: Vec<_> = (0..2).map(|number| Bench::new(number, limits, linger, &rooms)).collect();
        let client = |number: usize| {
            let room = if thread_rng().gen_bool(0.5) { usize::MAX } else { thread_rng().gen_range(0..600) };
            let pipe = Pipe::keeping(room);
            let lead = benches[number % 2].door.enter(&pipe);
            lead.wish(Wish::Follow { room: 0, after: None });
            Client { lead, pipe }
        };
        let clients = Arc::new((0..MEMBERS).map(client).collect());
        let (mut workers, mut doors) = (Vec::new(), Vec::new());
        for bench in benches {
            let alarm = Arc::new(Alarm::default());
            let (rings, worker) = (alarm.clone(), bench.worker);
            workers.push((alarm, thread::spawn(move || work(worker, &rings))));
            doors.push(bench.door);
        }
        Self { rooms, clients, workers, doors, lingers }
    }

    fn run(self, runtime: &Runtime) {
        let rooms = self.rooms.clone();
        let publisher = thread::spawn(move || {
            for _ in 0..4 {
                rooms[0].publish(thread_rng().gen_range(1..=PUBLISHED_TOGETHER_MAX));
                if thread_rng().gen_ratio(1, 3) {
                    rooms[1].publish(1);
                }
            }
        });
        let (rooms, clients) = (self.rooms.clone(), self.clients.clone());
        let acting = thread::spawn(move || (0..8).for_each(|_| act(&rooms, &clients)));
        publisher.join().unwrap();
        acting.join().unwrap();
        self.settle();
        // Who was closed takes leave, or is cut off.
        runtime.block_on(tokio::time::sleep(Duration::from_mins(1)));
        for (number, client) in self.clients.iter().enumerate() {
            judge(number, client, &self.rooms);
        }
        self.clients.iter().for_each(|client| client.pipe.vanish());
        drop(self.doors);
        for (alarm, worker) in self.workers {
            alarm.ring();
            worker.join().unwrap();
        }
    }

    /// Everybody reads again, until nothing moves any more.
    fn settle(&self) {
        loop {
            self.workers.iter().for_each(|(alarm, _)| alarm.wait_until_asleep());
            if self.lingers {
                // What lingers is due now. The timer that would wake a worker is the runtime's, and it is not driven here.
                move_time(2 * LINGER);
                for (alarm, _) in &self.workers {
                    alarm.ring();
                    alarm.wait_until_asleep();
                }
            }
            let waited = self.clients.iter().filter(|client| client.pipe.read(usize::MAX)).count();
            if waited == 0 {
                return;
            }
        }
    }
}

const LINGER: Duration = Duration::from_millis(4);

fn move_time(by: Duration) {
    let _ = pin!(tokio::time::advance(by)).as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// A client does something.
fn act(rooms: &[FollowedRoom], clients: &[Client]) {
    let mut random = thread_rng();
    let client = &clients[random.gen_range(0..clients.len())];
    let room = usize::from(random.gen_ratio(1, 3));
    match random.gen_range(0..10) {
        0..=1 => client.lead.wish(Wish::Leave { room }),
        2..=3 => client.lead.wish(Wish::Follow { room, after: None }),
        4..=5 => {
            let after = Offset::new(random.gen_range(0..=rooms[room].feed.head().get()));
            client.lead.wish(Wish::Follow { room, after: Some(after) });
        }
        6 => client.lead.wish(Wish::Close),
        _ => {
            client.pipe.read(random.gen_range(1..400));
        }
    }
}

/// Wakes a worker's thread, and knows whether it sleeps.
#[derive(Default)]
struct Alarm {
    state: Mutex<Rest>,
    changed: Condvar,
}

#[derive(Default)]
struct Rest {
    is_rung: bool,
    is_asleep: bool,
}

impl Alarm {
    fn ring(&self) {
        self.state.lock().unwrap().is_rung = true;
        self.changed.notify_all();
    }

    fn sleep(&self) {
        let mut rest = self.state.lock().unwrap();
        rest.is_asleep = true;
        self.changed.notify_all();
        while !rest.is_rung {
            rest = self.changed.wait(rest).unwrap();
        }
        *rest = Rest::default();
    }

    fn wait_until_asleep(&self) {
        let mut rest = self.state.lock().unwrap();
        while rest.is_rung || !rest.is_asleep {
            rest = self.changed.wait(rest).unwrap();
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

fn work(mut worker: Worker<FakeSocket, Reader>, alarm: &Arc<Alarm>) {
    let waker = Waker::from(alarm.clone());
    while poll(&mut worker, &mut Context::from_waker(&waker)).is_pending() {
        alarm.sleep();
    }
}

/// What a client was sent, frame by frame.
fn frames(mut bytes: &[u8]) -> Vec<(u8, String)> {
    let mut frames = Vec::new();
    while let [first, length, rest @ ..] = bytes {
        let (length, rest) = match (*length, rest) {
            (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
            (short, rest) => (usize::from(short), rest),
        };
        // The last one may have been cut off.
        let Some((payload, rest)) = rest.split_at_checked(length) else { break };
        frames.push((*first, String::from_utf8_lossy(payload).into_owned()));
        bytes = rest;
    }
    frames
}

fn judge(number: usize, client: &Client, rooms: &[FollowedRoom]) {
    // Where the client is in each room; nowhere before it has entered.
    let mut at = [None; 2];
    let mut was_closed = false;
    for (first, text) in frames(&client.pipe.received()) {
        assert!(!was_closed, "member {number}: something follows the close frame: {text}");
        if first == 0x88 {
            was_closed = true;
        } else if let Some(marker) = text.strip_prefix("> ") {
            let (room, cursor) = marker.split_once(' ').unwrap();
            at[room.parse::<usize>().unwrap()] = Some(cursor.parse::<u64>().unwrap());
        } else {
            let publication: kkanbu_wire::FromServer = kkanbu_wire::decode_from_server(&text).unwrap();
            let kkanbu_wire::FromServer::Push(kkanbu_wire::Push::Publication(publication)) = publication else {
                panic!("member {number}: {text}")
            };
            let cursor = at[usize::from(publication.room == "r1")].as_mut().expect("a room that was entered");
            *cursor += 1;
            assert_eq!(publication.offset, *cursor, "member {number} in {}", publication.room);
        }
    }
    if client.lead.has_ended() {
        let is_fair = client.lead.was_told_to_close() || client.pipe.has_refused();
        assert!(is_fair, "member {number} took everything and was closed");
        return;
    }
    for (room, (followed, cursor)) in rooms.iter().zip(at).enumerate() {
        if client.lead.is_in(room) {
            assert_eq!(cursor, Some(followed.feed.head().get()), "member {number} waits for ever in room {room}");
        }
    }
}
