//! CPU time of a command's way through the service and the store, by step: `cargo bench -p kkanbu-gateway --features measure --bench path`.
//!
//! The store is the real one, on a disk; the log is none (`log.rs`), and there are no sockets. What is printed is the process's CPU time, user
//! and system, of all its threads, so that a hop to another thread costs here what it costs the machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a bench prints, ends where something fails, and awaits its one task at once"
)]

mod log;
mod stage;

use kkanbu_gateway::measure::{Attending, Path};
use kkanbu_model::{CommandKey, MemberKey, Offset, Position, RoomAddress};
use kkanbu_room::Command;
use rustix::time::{ClockId, clock_gettime};
use stage::{Shape, Stage};

const TEXT: &str =
    "안녕하세요, 오늘 회의는 몇 시에 시작하나요? 자료를 어디에서 볼 수 있는지도 알려 주시면 고맙겠습니다.";

fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// Prints what `steps` steps cost each.
fn says(what: &str, steps: usize, since: f64) {
    println!("  {what:<44} {:8.2} µs", (cpu_us() - since) / steps as f64);
}

fn plain(what: &str, mut step: impl FnMut()) {
    const STEPS: usize = 20_000;
    let since = cpu_us();
    for _ in 0..STEPS {
        step();
    }
    says(what, STEPS, since);
}

fn post() -> Command {
    Command::Post { body: TEXT.into(), reply_to: None, mentions: Vec::new(), confirmed: false, question: false }
}

fn command_key(number: usize) -> CommandKey {
    CommandKey::from_bytes((number as u128).to_be_bytes())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for shape in [Shape { rooms: 1, members: 1000 }, Shape { rooms: 50, members: 54 }] {
        println!("{} rooms of one programme, {} members in each, each in one room", shape.rooms, shape.members);
        runtime.block_on(async {
            let stage = Stage::new(shape).await;
            // A task of the runtime, as a connection's.
            tokio::spawn(whole(stage)).await.unwrap();
        });
    }
    println!("without a store");
    alone();
}

fn alone() {
    let frame = format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"post","params":{{"room":"plaza","key":"00112233445566778899aabbccddeeff","body":"{TEXT}"}}}}"#
    );
    assert!(kkanbu_wire::decode_command(&frame).is_ok());
    plain("decode of a post", || drop(std::hint::black_box(kkanbu_wire::decode_command(std::hint::black_box(&frame)))));
    let (state, limits) = (kkanbu_room::RoomState::default(), kkanbu_model::Limits::default());
    let guard = kkanbu_room::Guard::new(None).unwrap();
    let membership = stage::membership();
    plain("decide, with the command's clone", || {
        let view = kkanbu_room::RoomView {
            state: &state,
            limits: &limits,
            guard: &guard,
            phase: kkanbu_model::Phase::Open,
            may_answer: false,
            badge: None,
        };
        let decided = kkanbu_room::decide(view, &membership, post(), kkanbu_model::Minute::new(1));
        assert!(std::hint::black_box(decided).is_ok());
    });
    plain("of that the body", || drop(std::hint::black_box(kkanbu_model::Body::new(TEXT, &limits))));
    plain("of that the guard", || drop(std::hint::black_box(guard.findings(TEXT))));
    let key = stage::content_key();
    plain("a tag", || {
        std::hint::black_box(key.tag("command", &[b"programme", b"plaza", &[7; 32], &[8; 16]]));
    });
}

async fn whole(stage: Stage) {
    let (path, members) = (stage.path(), stage.members());
    for round in ["cold", "again"] {
        come_back(&path, &stage, members, round).await;
    }
    let attending = come_back(&path, &stage, members, "once more").await;
    reads(&stage, members).await;
    writes(&path, &attending).await;
    stage.close().await;
}

async fn come_back(path: &Path, stage: &Stage, members: usize, round: &str) -> Vec<Attending> {
    let signed: Vec<_> = (0..members).map(|number| stage.sign(path, number)).collect();
    if round == "again" {
        let since = cpu_us();
        for (asked, key, signature) in &signed {
            assert!(asked.is_signed_by(*key, signature));
        }
        says("signature", members, since);
    }
    let (mut seated, mut bytes) = (Vec::new(), 0);
    let since = cpu_us();
    for (asked, key, signature) in signed {
        let (seat, welcome) = path.authenticate(asked, key, signature).await.unwrap();
        bytes = welcome;
        seated.push(seat);
    }
    says(&format!("authenticate with signature, {round}, {bytes} B"), members, since);
    let rooms: Vec<_> = (0..members).map(|number| stage.room_of(number).room).collect();
    let position = Position { epoch: log::EPOCH, offset: Offset::ZERO };
    let mut attending = Vec::new();
    let since = cpu_us();
    for (seat, room) in seated.iter().zip(&rooms) {
        attending.push(path.resume(seat, room, position).await.unwrap());
    }
    says(&format!("resume, {round}"), members, since);
    attending
}

async fn reads(stage: &Stage, members: usize) {
    let keys: Vec<(MemberKey, RoomAddress)> =
        (0..members).map(|number| (stage::member(number), stage.room_of(number))).collect();
    let (store, programme) = (stage.store(), stage.programme());
    let since = cpu_us();
    for (key, _) in &keys {
        store.role(&programme, key).await.unwrap();
    }
    says("store: role", members, since);
    let since = cpu_us();
    for (key, room) in &keys {
        store.membership(room, key).await.unwrap();
    }
    says("store: membership", members, since);
    let since = cpu_us();
    for (key, _) in &keys {
        store.memberships(&programme, key).await.unwrap();
    }
    says("store: memberships", members, since);
    let since = cpu_us();
    for (_, room) in &keys {
        store.members(room).await.unwrap();
    }
    says("store: members", members, since);
}

async fn writes(path: &Path, attending: &[Attending]) {
    // The first post of a handle is a write of the store too.
    for (number, at) in attending.iter().enumerate() {
        path.write(at, command_key(number), post()).await.unwrap();
    }
    let since = cpu_us();
    for (number, at) in attending.iter().enumerate() {
        path.write(at, command_key(attending.len() + number), post()).await.unwrap();
    }
    says("write, with the feed's frame, without the log", attending.len(), since);
}
