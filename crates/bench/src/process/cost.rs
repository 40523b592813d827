//! What a process costs by the operating system's accounting.

use anyhow::Context;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use std::time::Duration;

/// User and system time of all threads of a process since it began, those that ended included; finer than the ticks of `/proc/PID/stat`.
pub fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let clock = clock_getcpuclockid(Pid::from_raw(process.cast_signed()));
    let time =
        clock.and_then(clock_gettime).with_context(|| format!("process {process} can't be asked for its time"))?;
    Ok(time.into())
}

/// Memory of a process that is in RAM.
pub fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{process}/statm"))?;
    let pages: u64 = statm.split(' ').nth(1).context("no resident pages")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64)
}
