//! Fuzzes what clients read the server's frames with; the function says what has to hold.

#![no_main]

use kkanbu_fuzz as _;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kkanbu_wire::fuzzing::server_frames(bytes));
