//! Instructions of handing one publication to the sockets of a room's members: `cargo bench -p kkanbu-gateway --features measure --bench
//! instructions`.
//!
//! They are counted by valgrind, and are the same on every run of the same build. CONTRIBUTING.md says what to install.

#![expect(
    missing_docs,
    clippy::unwrap_used,
    reason = "the macros make items without docs, and a bench ends where something fails"
)]

use gungraun::{library_benchmark, library_benchmark_group, main};
use kkanbu_gateway::measure::FanOut;
use std::hint::black_box;

fn room(members: usize) -> FanOut {
    let fan_out = FanOut::new(members).unwrap();
    fan_out.publish();
    fan_out
}

// What 1,000 cost beyond one, divided by 999, is what a delivery costs.
#[library_benchmark]
#[bench::one(room(1))]
#[bench::room(room(54))]
#[bench::hall(room(1_000))]
fn delivering(mut room: FanOut) -> (FanOut, usize) {
    let bytes = black_box(&mut room).deliver();
    (room, bytes)
}

library_benchmark_group!(name = fan_out; benchmarks = delivering);
main!(library_benchmark_groups = fan_out);
