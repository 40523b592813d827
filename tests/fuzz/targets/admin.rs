//! Fuzzes what reads the admin socket's lines, at both ends; the function says what has to hold.

#![no_main]

use kkanbu_fuzz as _;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kkanbu_wire::fuzzing::admin(bytes));
