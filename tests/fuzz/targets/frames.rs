//! Fuzzes the gateway's RFC 6455 decoder; the function says what has to hold.

#![no_main]

use kkanbu_fuzz as _;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kkanbu_gateway::fuzzing::frames(bytes));
