//! The engines under test. A further one is a file here and a line in `main.rs`.

pub(crate) mod fault_journal;
pub(crate) mod memory_fault;
pub(crate) mod memory_sqlite;
pub(crate) mod redis_server;
