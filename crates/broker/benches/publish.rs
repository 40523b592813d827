//! What one durable publication costs: CPU, latency and bytes written, by how fast posts come. Run on demand:
//! `cargo bench -p kkanbu-broker --bench publish`, or with one load: `-- RATE [SECONDS] [ROOMS]`, where rate 0 is flat out.
//!
//! Posts come one by one at an even rate whether earlier ones are done or not, each to the next room, and every room has a
//! subscriber. The same schedule is run without a broker first, and its CPU taken off: what is left is the broker's.

use kkanbu_broker::memory::{MemoryBroker, SqliteJournal};
use kkanbu_broker::{Broker, Entry, IdempotencyKey};
use kkanbu_keys::{ContentKey, Keyring, ServerId};
use kkanbu_model::{
    Author, Body, Event, Handle, Limits, MembershipId, Minute, Offset, ProgrammeId, RoomAddress, RoomId, Secret,
};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Publishers at once where posts come flat out.
const CROWD: usize = 1_000;

/// Kernel ticks a second in `/proc`, which Linux fixes at 100.
const TICK: Duration = Duration::from_millis(10);

/// How posts come.
#[derive(Clone, Copy)]
struct Load {
    per_second: u32,
    seconds: u32,
    rooms: usize,
}

/// What `/proc` says.
#[derive(Clone, Copy)]
struct Used {
    process: Duration,
    machine: Duration,
    writer: Duration,
    written: u64,
}

/// A broker on a new log, and somebody following each room.
struct Bench {
    /// Goes with it.
    folder: tempfile::TempDir,
    broker: Option<Arc<MemoryBroker>>,
    rooms: Vec<RoomAddress>,
    followers: JoinSet<()>,
}

fn main() -> Outcome<()> {
    // Cargo itself passes `--bench`.
    let wanted: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let loads = match wanted[..] {
        [] => vec![(983, 8, 200), (49, 8, 200), (0, 4, 200)],
        [rate] => vec![(rate, 8, 200)],
        [rate, seconds] => vec![(rate, seconds, 200)],
        [rate, seconds, rooms, ..] => vec![(rate, seconds, rooms as usize)],
    };
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "posts/s  rooms   posts  CPU µs/post: broker  (writer)  machine   p50 ms   p99 ms   max ms  bytes/post"
    )?;
    for (per_second, seconds, rooms) in loads {
        let load = Load { per_second, seconds, rooms };
        writeln!(out, "{}", measured(load)?)?;
    }
    Ok(())
}

fn measured(load: Load) -> Outcome<String> {
    let idle = Runtime::new()?.block_on(async { run(load, &mut Bench::idle(load.rooms)?).await })?;
    let real = Runtime::new()?.block_on(async {
        let mut bench = Bench::start(load.rooms).await?;
        let result = run(load, &mut bench).await;
        if let Some(broker) = &bench.broker {
            broker.close().await;
        }
        while bench.followers.join_next().await.is_some() {}
        bench.folder.close()?;
        result
    })?;
    let (mut waits, before, after) = real;
    waits.sort_unstable();
    let posts = waits.len().max(1);
    let each = |used: Duration| used.as_secs_f64() * 1e6 / number(posts);
    let of_load = |used: Duration| used.as_secs_f64() * 1e6 / number(idle.0.len().max(1));
    // Flat out the schedule is no schedule, and costs next to nothing.
    let floor = if load.per_second == 0 { 0.0 } else { of_load(idle.2.process.saturating_sub(idle.1.process)) };
    let floor_machine = if load.per_second == 0 { 0.0 } else { of_load(idle.2.machine.saturating_sub(idle.1.machine)) };
    let part =
        |share: usize| waits.get((posts * share / 1_000).min(posts - 1)).map_or(0.0, |wait| wait.as_secs_f64() * 1e3);
    Ok(format!(
        "{:>7} {:>6} {posts:>7} {:>20.1} {:>9.1} {:>8.1} {:>8.2} {:>8.2} {:>8.2} {:>11}",
        load.per_second,
        load.rooms,
        each(after.process.saturating_sub(before.process)) - floor,
        each(after.writer.saturating_sub(before.writer)),
        each(after.machine.saturating_sub(before.machine)) - floor_machine,
        part(500),
        part(990),
        part(1_000),
        (after.written - before.written) / posts as u64,
    ))
}

impl Bench {
    fn idle(rooms: usize) -> Outcome<Self> {
        let rooms = (0..rooms).map(room).collect::<Outcome<_>>()?;
        Ok(Self { folder: tempfile::tempdir()?, broker: None, rooms, followers: JoinSet::new() })
    }

    async fn start(rooms: usize) -> Outcome<Self> {
        let mut bench = Self::idle(rooms)?;
        // Beside the build: temporary folders may lie in memory, where syncing costs nothing.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let journal = SqliteJournal::create(&folder.path().join("log.sqlite"), ServerId::from_bytes([1; 16]))?;
        let keyring = Keyring::default();
        keyring.insert(ProgrammeId::new("anyang-2022")?, ContentKey::from_secret(Secret::new([7; 32]))?);
        let broker = Arc::new(MemoryBroker::start(journal, keyring, &Limits::default())?);
        for room in &bench.rooms {
            let (_head, mut subscription) = broker.subscribe(room, Offset::ZERO).await?;
            bench.followers.spawn(async move { while subscription.next().await.is_ok() {} });
        }
        // The file and its tables have grown a little, as those of a server have.
        for number in 0..20_u64 {
            for (at, room) in bench.rooms.iter().enumerate() {
                broker.publish(room, entry(u64::MAX - number * 10_000 - at as u64)?).await?;
            }
        }
        bench.folder = folder;
        bench.broker = Some(broker);
        Ok(bench)
    }
}

/// Publishes, and gives each post's wait with what was used before and after.
async fn run(load: Load, bench: &mut Bench) -> Outcome<(Vec<Duration>, Used, Used)> {
    let mut posts = JoinSet::new();
    let mut waits = Vec::new();
    let before = used()?;
    let began = Instant::now();
    let until = began + Duration::from_secs(load.seconds.into());
    for number in 0_u64.. {
        let place = usize::try_from(number)? % bench.rooms.len();
        let Some(room) = bench.rooms.get(place).cloned() else { break };
        if load.per_second > 0 {
            tokio::time::sleep_until(began + Duration::from_secs(1) * u32::try_from(number)? / load.per_second).await;
        } else if bench.broker.is_none() {
            break;
        }
        if Instant::now() >= until {
            break;
        }
        let (broker, entry) = (bench.broker.clone(), entry(number)?);
        posts.spawn(async move {
            let began = Instant::now();
            if let Some(broker) = broker {
                broker.publish(&room, entry).await?;
            }
            Outcome::Ok(began.elapsed())
        });
        while let Some(wait) = posts.try_join_next() {
            waits.push(wait??);
        }
        if posts.len() >= CROWD
            && let Some(wait) = posts.join_next().await
        {
            waits.push(wait??);
        }
    }
    while let Some(wait) = posts.join_next().await {
        waits.push(wait??);
    }
    Ok((waits, before, used()?))
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn room(number: usize) -> Outcome<RoomAddress> {
    Ok(RoomAddress { programme: ProgrammeId::new("anyang-2022")?, room: RoomId::new(format!("room-{number}"))? })
}

fn entry(number: u64) -> Outcome<Entry> {
    let author =
        Author {
            handle: Handle::new("용감한 고라니")?, badge: None, membership: MembershipId::from_bytes([7; 16])
        };
    let body = Body::new("오늘 처음 출근했는데 점심은 다들 어디서 드시나요?", &Limits::default())?;
    // Spread like the keyed hashes that real keys are.
    let key = u128::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    Ok(Entry {
        key: IdempotencyKey(key.to_be_bytes()),
        fingerprint: [1; 16],
        decided_on: None,
        minute: Minute::new(29_000_000),
        event: Event::Post { author, body, reply_to: None, mentions: Vec::new(), question: false },
    })
}

fn used() -> Outcome<Used> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name in brackets may hold anything; user and system time are the 12th and 13th after it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    let machine = std::fs::read_to_string("/proc/stat")?;
    let of_machine: Vec<u32> = machine
        .lines()
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(1)
        .filter_map(|field| field.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal: all but the waiting.
    let busy = of_machine
        .iter()
        .take(7)
        .enumerate()
        .filter(|(at, _)| !(3..5).contains(at))
        .map(|(_, ticks)| ticks)
        .sum::<u32>();
    let mut writer = Duration::ZERO;
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "kkanbu-log") {
            let schedstat = std::fs::read_to_string(path.join("schedstat"))?;
            writer = Duration::from_nanos(schedstat.split_whitespace().next().unwrap_or("0").parse()?);
        }
    }
    let io = std::fs::read_to_string("/proc/self/io")?;
    let written = io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap_or("0").trim().parse()?;
    Ok(Used { process: TICK * ticks, machine: TICK * busy, writer, written })
}
