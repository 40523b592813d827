//! Instructions of deciding on a post, and of taking it into the room's state: `cargo bench -p kkanbu-room --bench instructions`.
//!
//! They are counted by valgrind, and are the same on every run of the same build. CONTRIBUTING.md says what to install.

#![expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "the macros make items without docs and pass values, and a bench ends where something fails"
)]

use gungraun::{library_benchmark, library_benchmark_group, main};
use kkanbu_model::{
    Author, Body, Event, Handle, Limits, Membership, MembershipId, Minute, Offset, Phase, Publication, RoleId, Sanction,
};
use kkanbu_room::{Command, Decision, Guard, RoomState, RoomView, decide};
use std::hint::black_box;

const TEXT: &str =
    "안녕하세요, 오늘 회의는 몇 시에 시작하나요? 자료를 어디에서 볼 수 있는지도 알려 주시면 고맙겠습니다.";

/// Posts that the room has.
const POSTS: u64 = 1_000;

struct Room {
    state: RoomState,
    limits: Limits,
    guard: Guard,
    member: Membership,
}

fn publication(offset: u64) -> Publication {
    let (handle, membership) = (Handle::new("용감한 고라니").unwrap(), MembershipId::from_bytes([1; 16]));
    let body = Body::from_log(TEXT.into());
    let author = Author { handle, badge: None, membership };
    let event = Event::Post { author, body, reply_to: None, mentions: Vec::new(), question: false };
    Publication { offset: Offset::new(offset), minute: Minute::new(1), event }
}

fn room() -> Room {
    let mut state = RoomState::default();
    for offset in 1..=POSTS {
        state.apply(&publication(offset));
    }
    let guard = Guard::new(None).unwrap();
    let member = Membership {
        id: MembershipId::from_bytes([1; 16]),
        handle: Handle::new("용감한 고라니").unwrap(),
        role: RoleId::new("mentee").unwrap(),
        posted: true,
        sanction: Sanction::default(),
    };
    let room = Room { state, limits: Limits::default(), guard, member };
    // The guard's pattern makes its tables at its first use.
    drop(decided(&room, post()));
    room
}

fn post() -> Command {
    let (body, reply_to) = (TEXT.into(), Some(Offset::new(POSTS / 2)));
    Command::Post { body, reply_to, mentions: Vec::new(), confirmed: false, question: false }
}

fn decided(room: &Room, command: Command) -> Decision {
    let Room { state, limits, guard, member } = room;
    let view = RoomView { state, limits, guard, phase: Phase::Open, may_answer: false, badge: None };
    decide(view, member, command, Minute::new(1)).unwrap()
}

#[library_benchmark]
#[bench::post(room(), post())]
fn deciding(room: Room, command: Command) -> (Room, Decision) {
    let decision = decided(black_box(&room), command);
    (room, decision)
}

#[library_benchmark]
#[bench::post(room(), publication(POSTS + 1))]
fn applying(mut room: Room, publication: Publication) -> Room {
    room.state.apply(black_box(&publication));
    room
}

library_benchmark_group!(name = rules; benchmarks = deciding, applying);
main!(library_benchmark_groups = rules);
