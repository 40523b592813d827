//! Fuzzes what reads members' commands; the function says what has to hold.

#![no_main]

use kkanbu_fuzz as _;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kkanbu_wire::fuzzing::commands(bytes));
