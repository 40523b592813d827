//! How long the disk takes to make a post durable: no post arrives sooner. Our server's own measurement where it has one, otherwise the same
//! kind of write beside it.

use super::Site;
use crate::generator::Rate;
use hdrhistogram::Histogram;
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tokio::time::Instant;

/// The server's histogram of its log's syncs.
const METRIC: &str = "kkanbu_log_sync_seconds_bucket{le=\"";

/// Bytes of one append: about what a small batch of the log's writer takes.
const APPEND_BYTES: usize = 4_096;

/// Most appends a second: beyond, the log's writer gathers posts too.
const APPENDS_PER_SECOND_MAX: f64 = 200.0;

/// How long each round of appends takes.
const ROUND: Duration = Duration::from_millis(500);

/// Where a figure comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FsyncSource {
    /// The server's own histogram.
    Server,
    /// 4 KiB appends to the same disk, between the windows.
    Beside,
}

/// Gathers syncs over a whole run.
#[derive(Debug)]
pub struct LogSync {
    before: Vec<(f64, u64)>,
    beside: Histogram<u64>,
}

impl LogSync {
    /// Begins: what the server has synced so far does not count.
    pub async fn begin(site: &Site) -> anyhow::Result<Self> {
        let before = buckets(&site.metrics().await?);
        Ok(Self { before, beside: Histogram::new_with_bounds(1, 60_000_000, 3)? })
    }

    /// Measures beside the server for a moment, where the server does not itself.
    pub async fn measure(&mut self, folder: &Path, rate: Rate) -> anyhow::Result<()> {
        if self.before.is_empty() {
            let rate = match rate {
                Rate::PerSecond(rate) => rate.min(APPENDS_PER_SECOND_MAX),
                Rate::Max => APPENDS_PER_SECOND_MAX,
            };
            let path = folder.join("syncs");
            let times = tokio::task::spawn_blocking(move || append(&path, rate)).await??;
            for micros in times {
                self.beside.saturating_record(micros);
            }
        }
        Ok(())
    }

    /// The time that 99 % of syncs did not exceed, in microseconds.
    pub async fn p99_us(&self, site: &Site) -> anyhow::Result<(f64, FsyncSource)> {
        let after = buckets(&site.metrics().await?);
        if after.is_empty() || self.before.is_empty() {
            return Ok((crate::stats::to_f64(self.beside.value_at_quantile(0.99)), FsyncSource::Beside));
        }
        let since: Vec<(f64, u64)> =
            after.iter().zip(&self.before).map(|((edge, now), (_, then))| (*edge, now.saturating_sub(*then))).collect();
        Ok(((quantile(&since, 0.99) * 1e6).round(), FsyncSource::Server))
    }
}

fn append(path: &Path, rate: f64) -> std::io::Result<Vec<u64>> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < ROUND {
        file.write_all(&[0x6b; APPEND_BYTES])?;
        let at = Instant::now();
        file.sync_data()?;
        times.push(u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX));
        sleep(Duration::from_secs_f64(1.0 / rate).min(ROUND).saturating_sub(at.elapsed()));
    }
    Ok(times)
}

/// The cumulative buckets: upper edge in seconds, count.
fn buckets(metrics: &str) -> Vec<(f64, u64)> {
    let bucket = |line: &str| {
        let (edge, count) = line.strip_prefix(METRIC)?.split_once("\"} ")?;
        let edge = if edge == "+Inf" { f64::INFINITY } else { edge.parse().ok()? };
        Some((edge, count.split(' ').next()?.parse().ok()?))
    };
    metrics.lines().filter_map(bucket).collect()
}

/// Within the bucket, as if all in it were spread evenly; above the last edge, that edge.
fn quantile(buckets: &[(f64, u64)], part: f64) -> f64 {
    use crate::stats::to_f64;
    let all = to_f64(buckets.last().map_or(0, |(_, count)| *count));
    let wanted = all * part;
    let (mut lower, mut below) = (0.0, 0.0);
    for (edge, count) in buckets {
        let count = to_f64(*count);
        if count >= wanted && count > below {
            return if edge.is_finite() { lower + (edge - lower) * (wanted - below) / (count - below) } else { lower };
        }
        (lower, below) = (*edge, count);
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_s_histogram_is_read() {
        let text = "# TYPE kkanbu_log_sync_seconds histogram\nkkanbu_log_sync_seconds_sum 1.5\n\
                    kkanbu_log_sync_seconds_bucket{le=\"0.001\"} 90\nkkanbu_log_sync_seconds_bucket{le=\"0.002\"} 100\n\
                    kkanbu_log_sync_seconds_bucket{le=\"+Inf\"} 100\n";
        let found = buckets(text);
        assert_eq!(found.len(), 3);
        assert!((quantile(&found, 0.99) - 0.0019).abs() < 1e-9);
        assert!((quantile(&found, 0.45) - 0.0005).abs() < 1e-9);
        assert!(quantile(&[], 0.99).abs() < 1e-9);
    }
}
