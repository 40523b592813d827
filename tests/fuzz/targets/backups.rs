//! Fuzzes the reader of backup files; the function says what has to hold.

#![no_main]

use kkanbu_fuzz as _;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kkanbu::fuzzing::backups(bytes));
