//! One worker, led step by step.

use super::stand_in::{Bench, Pipe};
use super::worker::Worker;
use crate::feed::PAGE_BYTES_MAX;
use crate::outbox::OUTBOX_SOFT_BYTES;
use crate::session::Session;
use crate::session::{FollowedRoom, Lead, Wish};
use crate::socket::Socket;
use allocation_counter::measure;
use kkanbu_model::{Limits, Offset};
use kkanbu_wire::{Padding, RoomEndCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::unconstrained;

/// Bytes of a connection's entry at most.
const ENTRY_BYTES_MAX: usize = 448;

/// The smallest text message that a client can send.
const MESSAGE: [u8; 7] = [0x81, 0x81, 0, 0, 0, 0, b'x'];

fn rooms(count: usize, ring_max: usize) -> Arc<Vec<FollowedRoom>> {
    Arc::new((0..count).map(|number| FollowedRoom::new(number, ring_max, Padding::Off)).collect())
}

fn bench(rooms: &Arc<Vec<FollowedRoom>>) -> Bench {
    Bench::new(0, Limits::default(), Duration::ZERO, rooms)
}

/// Somebody in the first room.
fn follower(bench: &mut Bench, pipe: &Arc<Pipe>) -> Arc<Lead> {
    let lead = bench.door.enter(pipe);
    lead.wish(Wish::Follow { room: 0, after: None });
    bench.settle();
    lead
}

/// How many publications a client has got.
fn got(pipe: &Pipe) -> usize {
    offsets(pipe).len()
}

/// The publications that a client has got, in the order in which they came.
fn offsets(pipe: &Pipe) -> Vec<u64> {
    let received = pipe.received();
    let text = String::from_utf8_lossy(&received);
    let after = text.split("\"offset\":").skip(1);
    after.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn every_message_of_a_pipeline_is_answered_however_turns_are_cut() {
    for count in 1..100 {
        let rooms = rooms(1, 8);
        let mut bench = bench(&rooms);
        let pipe = Pipe::sink();
        let lead = bench.door.enter(&pipe);
        pipe.send(&MESSAGE.repeat(count));
        bench.settle();
        assert_eq!(lead.answered.load(Ordering::SeqCst), count);
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_over_takes_nobody_in() {
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    let (first, second) = (Pipe::sink(), Pipe::sink());
    follower(&mut bench, &first);
    // One message that waits for a turn of its own, behind which the first connection leaves.
    let late = bench.door.enter(&second);
    bench.settle();
    late.wish(Wish::Follow { room: 0, after: None });
    rooms[0].feed.end(RoomEndCode::LogReplaced);
    bench.settle();
    assert_eq!(bench.worker.rooms_followed(), 0, "somebody is left in a room that is over");
}

#[tokio::test(start_paused = true)]
async fn a_room_does_not_wait_until_another_is_caught_up() {
    let rooms = rooms(2, 8);
    let mut bench = bench(&rooms);
    rooms[0].publish(400);
    let pipe = Pipe::keeping(100);
    let lead = bench.door.enter(&pipe);
    lead.wish(Wish::Follow { room: 0, after: Some(Offset::ZERO) });
    bench.settle();
    lead.wish(Wish::Follow { room: 1, after: None });
    bench.settle();
    // The socket is full, in the middle of catching up: the other room's can't go now.
    rooms[1].publish(1);
    bench.settle();
    // More than what waits, and less than all that is missed.
    pipe.read(16_000);
    bench.settle();
    let text = String::from_utf8_lossy(&pipe.received()).into_owned();
    assert!(text.contains("\"room\":\"r1\""), "{text}");
}

#[tokio::test(start_paused = true)]
async fn one_who_catches_up_holds_a_page_of_the_log_and_no_more() {
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    rooms[0].publish(4_000);
    let pipe = Pipe::keeping(1_000);
    let lead = bench.door.enter(&pipe);
    lead.wish(Wish::Follow { room: 0, after: Some(Offset::ZERO) });
    bench.settle();
    let waiting = bench.worker.bytes_waiting();
    assert!(waiting < 16_384, "{waiting} bytes wait");
    pipe.read(usize::MAX);
    bench.settle();
    assert_eq!(got(&pipe), 4_000);
}

#[tokio::test(start_paused = true)]
async fn a_page_of_long_posts_is_no_larger_than_one_of_short_ones() {
    const POSTS: usize = 300;
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    rooms[0].publish_posts(POSTS, 8_000);
    let pipe = Pipe::keeping(1_000);
    let lead = bench.door.enter(&pipe);
    lead.wish(Wish::Follow { room: 0, after: Some(Offset::ZERO) });
    bench.settle();
    // Of every page something, so that each begins with a socket that has stalled.
    loop {
        let waiting = bench.worker.bytes_waiting();
        assert!(waiting < OUTBOX_SOFT_BYTES + PAGE_BYTES_MAX, "{waiting} bytes wait");
        if !pipe.read(5_000) {
            break;
        }
        bench.settle();
    }
    assert_eq!(offsets(&pipe), (1..=POSTS as u64).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_post_that_is_a_page_by_itself_is_sent_all_the_same() {
    let rooms = rooms(1, 2);
    let mut bench = bench(&rooms);
    rooms[0].publish_posts(6, PAGE_BYTES_MAX);
    let pipe = Pipe::keeping(usize::MAX);
    bench.door.enter(&pipe).wish(Wish::Follow { room: 0, after: Some(Offset::ZERO) });
    bench.settle();
    assert_eq!(offsets(&pipe), (1..=6).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_comes_late_closes_nobody_who_takes_everything() {
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    let (quick, stalled) = (Pipe::keeping(usize::MAX), Pipe::keeping(100));
    let quick_lead = follower(&mut bench, &quick);
    let stalled_lead = follower(&mut bench, &stalled);
    rooms[0].publish(2);
    bench.settle();
    // More than the ring holds, before the worker comes to look.
    rooms[0].publish(30);
    bench.settle();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((got(&quick), quick_lead.has_ended()), (32, false));
    assert!(stalled_lead.has_ended(), "who takes nothing and is behind the ring is a slow consumer");
}

#[tokio::test(start_paused = true)]
async fn leaving_neither_passes_anybody_over_nor_begins_the_pass_anew() {
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    let members: Vec<_> = (0..1_000)
        .map(|_| {
            let pipe = Pipe::keeping(usize::MAX);
            (follower(&mut bench, &pipe), pipe)
        })
        .collect();
    rooms[0].publish(1);
    // One leaves in each round: those at the end have their turn all the same.
    for (lead, _) in members.iter().take(8) {
        lead.wish(Wish::Leave { room: 0 });
        bench.work_once();
    }
    let without = members.iter().skip(8).filter(|(_, pipe)| got(pipe) != 1).count();
    assert_eq!(without, 0);
    let twice = members.iter().filter(|(_, pipe)| got(pipe) > 1).count();
    assert_eq!(twice, 0);
}

#[test]
fn a_deadline_that_passes_while_the_worker_works_comes_up_once() {
    // In a thread of its own, since what is looked for is that it never ends.
    let (done, ended) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let rooms = rooms(1, 8);
            let mut bench = bench(&rooms);
            // Not on a tick: the timer comes up later than the ping is due.
            tokio::time::advance(Duration::from_millis(50)).await;
            follower(&mut bench, &Pipe::sink());
            let stale = tokio::time::Instant::now();
            tokio::time::sleep(Limits::default().heartbeat + Duration::from_millis(200)).await;
            unconstrained(async { bench.worker.looks_at_clocks_as_of(stale) }).await;
        });
        done.send(()).unwrap();
    });
    assert!(ended.recv_timeout(Duration::from_secs(10)).is_ok(), "the worker looks at its clocks for ever");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_allocates_nothing() {
    const MEMBERS: usize = 200;
    let rooms = rooms(1, 64);
    let mut bench = bench(&rooms);
    let pipes: Vec<_> = (0..MEMBERS).map(|_| Pipe::sink()).collect();
    let _leads: Vec<_> = pipes.iter().map(|pipe| follower(&mut bench, pipe)).collect();
    let mut deliver = |publications| {
        rooms[0].publish(publications);
        measure(|| bench.settle()).count_total
    };
    // What is used again and again grows first.
    for _ in 0..4 {
        deliver(10);
    }
    let before = pipes[MEMBERS - 1].count();
    // A frame counts who holds it from the first time on that somebody does: once a publication, however many there are in the room.
    let allocated: u64 = (0..20).map(|_| deliver(1)).sum();
    assert!(allocated <= 20, "{allocated} allocations for {} deliveries", 20 * MEMBERS);
    let allocated: u64 = (0..20).map(|_| deliver(10)).sum();
    assert!(allocated <= 200, "{allocated} allocations for {} deliveries", 200 * MEMBERS);
    assert!(pipes[MEMBERS - 1].count() > before);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_held_between_messages() {
    let rooms = rooms(1, 8);
    let mut bench = bench(&rooms);
    let pipe = Pipe::keeping(10);
    let lead = follower(&mut bench, &pipe);
    let mut converse = || {
        // In two parts, and with an answer that the socket does not take at first.
        let (first, second) = MESSAGE.split_at(3);
        pipe.send(first);
        bench.settle();
        pipe.send(second);
        lead.wish(Wish::Follow { room: 0, after: None });
        bench.settle();
        pipe.read(1_000);
        bench.settle();
        pipe.forget();
    };
    converse();
    let held = measure(converse).bytes_current;
    assert_eq!(held, 0, "{held} bytes are held");
}

/// A connection's share of the slab: its entry, which is a box. Grow it knowingly: there are tens of thousands.
#[test]
fn a_connection_is_small() {
    let entry = Worker::<Socket, Session>::ENTRY_BYTES;
    assert!(entry <= ENTRY_BYTES_MAX, "an entry has {entry} bytes");
    assert!(entry + 64 > ENTRY_BYTES_MAX, "an entry has {entry} bytes: the bound can be lowered");
}

/// `cargo test --release -p kkanbu-gateway --lib what_a_delivery_costs -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn what_a_delivery_costs_beside_the_kernel() {
    const MEMBERS: u32 = 1_000;
    const PUBLICATIONS: u32 = 5_000;
    let rooms = Arc::new(vec![FollowedRoom::new(0, 64, Padding::Quiet)]);
    let mut bench = bench(&rooms);
    let pipes: Vec<_> = (0..MEMBERS).map(|_| Pipe::sink()).collect();
    let _leads: Vec<_> = pipes.iter().map(|pipe| follower(&mut bench, pipe)).collect();
    let mut spent = Duration::ZERO;
    for _ in 0..PUBLICATIONS {
        rooms[0].publish(1);
        let began = tokio::time::Instant::now();
        bench.settle();
        spent += began.elapsed();
    }
    println!("{} ns a delivery", spent.as_nanos() / u128::from(MEMBERS * PUBLICATIONS));
}
