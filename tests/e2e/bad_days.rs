//! Bad input and bad days: clients that read slowly or stop in the middle of a frame, a flood of publications, a clock that jumps.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::harness::{PATIENCE, Person, World, draft, roomy};
use crate::trouble::get;
use kkanbu_broker::{Broker, BrokerError, Entry, IdempotencyKey, PublishError};
use kkanbu_client::Seed;
use kkanbu_model::{Clock, Event, Limits};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const SHORT: Duration = Duration::from_millis(300);

/// A socket that was upgraded by hand.
async fn upgraded(world: &World) -> TcpStream {
    let mut socket = TcpStream::connect(world.address).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Protocol: kkanbu.v1\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    socket
}

/// The code of the close frame, which is all that comes.
async fn close_code(mut socket: TcpStream) -> u16 {
    let mut bytes = Vec::new();
    timeout(PATIENCE, socket.read_to_end(&mut bytes)).await.expect("an end in time").unwrap();
    assert_eq!(bytes[0], 0x88, "{bytes:?}");
    u16::from_be_bytes([bytes[2], bytes[3]])
}

/// How many sessions have ended for this reason.
async fn ended(world: &World, reason: &str) -> u64 {
    let (_, metrics) = get(world.ops, "/metrics").await;
    let line = format!("kkanbu_sessions_ended_total{{reason=\"{reason}\"}} ");
    metrics.lines().find_map(|found| found.strip_prefix(&line)).map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn one_who_reads_a_byte_at_a_time_is_a_slow_consumer_and_holds_nobody_up() {
    let world = World::with(Limits { write_stall_max: Duration::from_secs(1), ..roomy() }).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut healthy = world.in_plaza("mentee").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let stream = socket.connect(world.address).await.unwrap().into_std().unwrap();
    let mut trickle = TcpStream::from_std(stream.try_clone().unwrap()).unwrap();
    let stream = Box::new(TcpStream::from_std(stream).unwrap());
    let mut reader = Person::over(&world.origin, stream, Seed::random()).await;
    reader.authenticate("anyang-2022", Some(&world.code("anyang-2022", "mentee"))).await.unwrap();
    reader.joins("plaza").await.unwrap();
    let body = "가".repeat(1_900);
    let talking = async {
        for _ in 0..600 {
            writer.posts("plaza", &body).await.unwrap();
            writer.next_publication().await;
            healthy.next_publication().await;
        }
        let patience = Instant::now() + PATIENCE;
        while ended(&world, "slow_consumer").await == 0 {
            assert!(Instant::now() < patience, "it is not closed");
            sleep(SHORT / 10).await;
        }
    };
    let reading = async {
        while trickle.read_u8().await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::select! {
        () = talking => {}
        () = reading => panic!("it was cut off before it was said to be slow"),
    }
    healthy.posts("plaza", "fine").await.unwrap();
}

#[tokio::test]
async fn a_frame_announced_as_huge_is_refused_before_it_comes() {
    let world = World::start().await;
    for announced in [1 << 20, 15 << 20, u64::MAX >> 1] {
        let mut socket = upgraded(&world).await;
        let mut header = vec![0x81, 0x80 | 127];
        header.extend(announced.to_be_bytes());
        header.extend([1, 2, 3, 4]);
        socket.write_all(&header).await.unwrap();
        assert_eq!(close_code(socket).await, 1009, "{announced} bytes announced");
    }
}

#[tokio::test]
async fn half_a_frame_does_not_put_a_deadline_off() {
    let half = [0x81, 0x80 | 0x64, 1, 2, 3, 4, b'x', b'y'];
    for length in [1, 4, half.len()] {
        let world = World::with(Limits { authenticate: SHORT, ..roomy() }).await;
        let mut socket = upgraded(&world).await;
        socket.write_all(&half[..length]).await.unwrap();
        assert_eq!(close_code(socket).await, 4003, "authenticate, after {length} bytes");

        let patient = Duration::from_mins(10);
        let world = World::with(Limits { authenticate: patient, silence_max: SHORT, ..roomy() }).await;
        let mut socket = upgraded(&world).await;
        socket.write_all(&half[..length]).await.unwrap();
        assert_eq!(close_code(socket).await, 4001, "silence, after {length} bytes");
    }
}

/// More publications at once than the log's queue takes.
const FLOOD: u32 = 100_000;
const AT_ONCE: usize = 8_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_refused_by_name_and_what_was_acknowledged_reaches_everybody() {
    let world = World::start().await;
    let mut members = Vec::new();
    for _ in 0..3 {
        members.push(world.in_plaza("mentee").await);
    }
    let flooding = flood(&world);
    let reading = async {
        let mut reading = JoinSet::new();
        for mut member in members.drain(..) {
            reading.spawn(async move {
                let mut offset = 0;
                while offset < u64::from(FLOOD) {
                    offset += 1;
                    assert_eq!(member.next_publication().await.offset, offset);
                }
                member
            });
        }
        reading.join_all().await
    };
    let ((acknowledged, refused), mut members) = tokio::join!(flooding, reading);
    assert_eq!(acknowledged.len(), FLOOD as usize, "an offset was given twice");
    assert!(refused > 0, "the queue was never full");
    for member in &mut members {
        member.sees_nothing().await;
    }
    for member in &mut members {
        member.posts("plaza", "fine").await.unwrap();
    }
    assert_eq!(ended(&world, "slow_consumer").await, 0);
}

/// Publishes until all of it was acknowledged. Gives the offsets, and how often a full queue refused.
async fn flood(world: &World) -> (BTreeSet<u64>, u64) {
    let (mut acknowledged, mut refused) = (BTreeSet::new(), 0);
    let mut waiting: Vec<u32> = (0..FLOOD).collect();
    let mut publishing = JoinSet::new();
    loop {
        while publishing.len() < AT_ONCE
            && let Some(number) = waiting.pop()
        {
            let broker = world.broker.clone();
            publishing.spawn(async move { (number, broker.publish(&World::room("plaza"), entry(number)).await) });
        }
        let Some(published) = publishing.join_next().await else { return (acknowledged, refused) };
        match published.unwrap() {
            (_, Ok(published)) => assert!(acknowledged.insert(published.offset.get())),
            (number, Err(PublishError::Unavailable(BrokerError::Overloaded))) => {
                refused += 1;
                waiting.push(number);
            }
            (_, Err(error)) => panic!("{error}"),
        }
    }
}

fn entry(number: u32) -> Entry {
    let mut key = [0; 16];
    key[..4].copy_from_slice(&number.to_be_bytes());
    Entry {
        key: IdempotencyKey(key),
        fingerprint: key,
        decided_on: None,
        minute: kkanbu_model::Minute::new(0),
        event: Event::Thaw,
    }
}

#[tokio::test]
async fn a_clock_that_jumps_changes_the_minutes_and_nothing_else() {
    let limits = Limits { heartbeat: SHORT, silence_max: SHORT * 10, write_stall_max: SHORT * 10, ..roomy() };
    let world = World::with(limits).await;
    let mut writer = world.in_plaza("mentor").await;
    let mut reader = world.in_plaza("mentee").await;
    let handle = writer.handle().to_owned();
    let mut offset = 0;
    for hours in [0, 5, -3, 40, -41, 12, -13, 0] {
        world.clock.jump(hours * 60);
        for _ in 0..5 {
            let before = world.clock.minute();
            let placed = writer.sends_post(draft("plaza", "what time is it")).await.unwrap();
            offset += 1;
            assert_eq!(placed, offset);
            let seen = reader.sees(&handle, "what time is it").await;
            assert_eq!(seen.offset, offset);
            assert!((before.get()..=world.clock.minute().get()).contains(&seen.minute));
            writer.sees_own("what time is it").await;
        }
        // Deadlines go by another clock, which has moved on by this.
        sleep(SHORT).await;
    }
}
