//! A soak: the server's memory and descriptors, looked at while months pass.
//!
//! The server's clock runs [`RATE`] times faster, so that everything that is written expires on the way and is deleted again. After a warm-up
//! of a quarter of the time, what it holds then is about as much at the end as in the middle: otherwise something is kept that should not be.

use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, interval};

/// How much faster the server's clock runs: a month a minute.
pub(crate) const RATE: u32 = 43_200;

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(2);

/// What resident memory may grow by, beyond a twentieth: the allocator's own unrest.
const GROWTH_MAX_KIB: u64 = 4 * 1_024;

/// One look at the server's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    resident_kib: u64,
    descriptors: u64,
}

/// What a soak found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Soak {
    /// Looks that were taken.
    pub(crate) samples: u64,
    /// Resident memory of the server, median of the second quarter of the time.
    pub(crate) resident_middle_kib: u64,
    /// The same, median of the last quarter.
    pub(crate) resident_end_kib: u64,
    /// Open descriptors, most of the second quarter.
    pub(crate) descriptors_middle: u64,
    /// The same, most of the last quarter.
    pub(crate) descriptors_end: u64,
}

impl Soak {
    /// Whether the server holds about as much at the end as in the middle.
    pub(crate) const fn is_flat(&self) -> bool {
        let allowed = self.resident_middle_kib + self.resident_middle_kib / 20 + GROWTH_MAX_KIB;
        self.samples >= 8 && self.resident_end_kib <= allowed && self.descriptors_end <= self.descriptors_middle
    }
}

/// Looks at a process for this time. Nothing where the operating system does not tell.
pub(super) async fn watch(process: u32, time: Duration) -> Soak {
    let until = Instant::now() + time;
    let mut look = interval(LOOK);
    let mut samples = Vec::new();
    while Instant::now() < until {
        look.tick().await;
        samples.extend(sample(process));
    }
    judge(&samples)
}

fn sample(process: u32) -> Option<Sample> {
    let folder = PathBuf::from(format!("/proc/{process}"));
    let status = std::fs::read_to_string(folder.join("status")).ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let resident_kib = resident.split_whitespace().next()?.parse().ok()?;
    let descriptors = std::fs::read_dir(folder.join("fd")).ok()?.count() as u64;
    Some(Sample { resident_kib, descriptors })
}

fn judge(samples: &[Sample]) -> Soak {
    let quarter = samples.len() / 4;
    let middle = samples.get(quarter..quarter * 2).unwrap_or_default();
    let end = samples.get(samples.len() - quarter..).unwrap_or_default();
    let most = |samples: &[Sample]| samples.iter().map(|sample| sample.descriptors).max().unwrap_or_default();
    Soak {
        samples: samples.len() as u64,
        resident_middle_kib: median(middle),
        resident_end_kib: median(end),
        descriptors_middle: most(middle),
        descriptors_end: most(end),
    }
}

fn median(samples: &[Sample]) -> u64 {
    let mut resident: Vec<_> = samples.iter().map(|sample| sample.resident_kib).collect();
    resident.sort_unstable();
    resident.get(resident.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soak(resident: impl Fn(u64) -> u64, descriptors: impl Fn(u64) -> u64) -> Soak {
        let sample = |at| Sample { resident_kib: resident(at), descriptors: descriptors(at) };
        judge(&(0..100).map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn a_flat_server_is_flat_whatever_its_beginning_was() {
        assert!(soak(|at| 60_000 - (25 * 2_000_u64).saturating_sub(at * 2_000) + at % 7, |_| 70).is_flat());
    }

    #[test]
    fn what_grows_is_seen() {
        assert!(!soak(|at| 40_000 + at * 200, |_| 70).is_flat(), "memory");
        assert!(!soak(|_| 40_000, |at| 70 + at / 50).is_flat(), "descriptors");
    }

    #[test]
    fn too_few_looks_show_nothing() {
        assert!(!judge(&[]).is_flat());
    }
}
