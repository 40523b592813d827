//! Instructions of decoding a post and of encoding what it becomes: `cargo bench -p kkanbu-wire --bench instructions`.
//!
//! They are counted by valgrind, and are the same on every run of the same build. CONTRIBUTING.md says what to install.

#![expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "the macros make items without docs and pass values, and a bench ends where something fails"
)]

use gungraun::{library_benchmark, library_benchmark_group, main};
use kkanbu_wire::{Incoming, Padding, Placed, Publication, Push, What, decode_command, encode_push, encode_result};
use std::hint::black_box;

const TEXT: &str =
    "안녕하세요, 오늘 회의는 몇 시에 시작하나요? 자료를 어디에서 볼 수 있는지도 알려 주시면 고맙겠습니다.";

fn post() -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"post","params":{{"room":"plaza","key":"00112233445566778899aabbccddeeff","body":"{TEXT}"}}}}"#
    )
}

fn publication() -> Push {
    Push::Publication(Publication {
        room: "plaza".into(),
        offset: 1_234,
        minute: 29_000_000,
        what: What::Post {
            author: "용감한 고라니".into(),
            role: Some("멘티".into()),
            body: Some(TEXT.into()),
            reply_to: None,
            mentions: Vec::new(),
            retracted: false,
            hidden: false,
            question: false,
        },
    })
}

#[library_benchmark]
#[bench::post(post())]
fn decode(frame: String) -> Incoming {
    decode_command(black_box(&frame)).unwrap()
}

#[library_benchmark]
#[bench::publication(publication())]
fn encode(push: Push) -> Vec<u8> {
    encode_push(black_box(&push), Padding::Quiet)
}

#[library_benchmark]
#[bench::placed(Placed { offset: 1_234 })]
fn reply(placed: Placed) -> Vec<u8> {
    encode_result(7, black_box(&placed), Padding::Quiet)
}

library_benchmark_group!(name = wire; benchmarks = decode, encode, reply);
main!(library_benchmark_groups = wire);
