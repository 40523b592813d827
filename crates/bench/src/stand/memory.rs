//! A server's memory: what is in RAM of all that it has, and what of that it has allocated.

use crate::process::resident_bytes;
use crate::stats::to_f64;
use serde::Serialize;
use std::fs::read_to_string;
use std::time::Duration;
use tokio::time::sleep;

/// Between two looks at whether it still grows.
const LOOK: Duration = Duration::from_secs(1);

/// Looks at most.
const LOOKS_MAX: usize = 20;

/// Growth between two looks that counts as none.
const SETTLED: u64 = 65_536;

/// What a process has in RAM at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// All of it: the program's own pages and libraries too.
    pub rss_bytes: u64,
    /// What was allocated: the heap and what is mapped without a file, stacks of threads included.
    pub heap_bytes: u64,
}

impl Memory {
    /// Now.
    pub fn of(process: u32) -> anyhow::Result<Self> {
        let smaps = read_to_string(format!("/proc/{process}/smaps"))?;
        Ok(Self { rss_bytes: resident_bytes(process)?, heap_bytes: allocated(&smaps) })
    }

    /// Once it has stopped to change.
    pub async fn settled(process: u32) -> anyhow::Result<Self> {
        let mut last = Self::of(process)?;
        for _ in 0..LOOKS_MAX {
            sleep(LOOK).await;
            let now = Self::of(process)?;
            if now.rss_bytes.abs_diff(last.rss_bytes) < SETTLED {
                return Ok(now);
            }
            last = now;
        }
        Ok(last)
    }

    /// The larger of both, each figure by itself.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { rss_bytes: self.rss_bytes.max(other.rss_bytes), heap_bytes: self.heap_bytes.max(other.heap_bytes) }
    }

    /// How much more there is than there was, for each of so many.
    pub fn growth_each(self, before: Self, count: usize) -> (f64, f64) {
        let each = |now: u64, before: u64| (to_f64(now) - to_f64(before)) / to_f64(count.max(1) as u64);
        (each(self.rss_bytes, before.rss_bytes), each(self.heap_bytes, before.heap_bytes))
    }
}

/// What is in RAM of the mappings without a file: `[heap]`, nameless ones, and named ones of no file.
fn allocated(smaps: &str) -> u64 {
    let (mut counts, mut kib) = (false, 0);
    for line in smaps.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("Rss:") if counts => kib += words.next().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default(),
            // A mapping begins: addresses, rights, offset, device, inode, and a name where it has one.
            Some(first) if !first.ends_with(':') => {
                let name = words.nth(4);
                counts = name.is_none_or(|name| name == "[heap]" || name.starts_with("[anon"));
            }
            _ => {}
        }
    }
    kib * 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_of_files_do_not_count_as_allocated() {
        let smaps = "55d0-55d1 r-xp 00000000 08:01 131 /usr/bin/kkanbu\nSize: 8 kB\nRss: 100 kB\n\
                     55d2-55d3 rw-p 00000000 00:00 0 [heap]\nSize: 8 kB\nRss: 20 kB\nAnonymous: 20 kB\n\
                     7f00-7f01 rw-p 00000000 00:00 0 \nRss: 3 kB\nVmFlags: rd wr mr\n\
                     7f02-7f03 rw-p 00000000 00:00 0 [anon: arena]\nRss: 4 kB\n\
                     7ffc-7ffd rw-p 00000000 00:00 0 [stack]\nRss: 500 kB\n";
        assert_eq!(allocated(smaps), 27 * 1_024);
    }

    #[test]
    fn this_process_has_some() {
        let memory = Memory::of(std::process::id()).unwrap();
        assert!(memory.heap_bytes > 0 && memory.rss_bytes > memory.heap_bytes, "{memory:?}");
    }
}
