//! What windows came to: one window, and the medians and quartiles of several, under the names that the reports have for them.

use crate::generator::Latencies;
use crate::stand::Measured;
use crate::stats::{Spread, to_f64, to_u64};
use serde::Serialize;

/// One window.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Side {
    /// CPU time for a delivery.
    pub cpu_us_per_delivery: f64,
    /// CPU time in all.
    pub cpu_seconds: f64,
    /// Deliveries.
    pub deliveries: u64,
    /// Posts that were taken.
    pub acknowledged: u64,
    /// Seconds until the last one had arrived, after the last post.
    pub settling_seconds: f64,
    /// Of one core, for the generator.
    pub generator_load: f64,
    /// The most that a post went out after it was due.
    pub behind_max_us: u64,
    /// Times from being due to arriving.
    #[serde(flatten)]
    pub latencies: Latencies,
}

impl From<&Measured> for Side {
    fn from(measured: &Measured) -> Self {
        let heard = &measured.heard;
        Self {
            cpu_us_per_delivery: measured.us_per_delivery(),
            cpu_seconds: measured.cpu.as_secs_f64(),
            deliveries: heard.deliveries,
            acknowledged: heard.acknowledged,
            settling_seconds: heard.settling_seconds,
            generator_load: heard.generator_cpu_seconds / (heard.seconds + heard.settling_seconds).max(1e-9),
            behind_max_us: heard.behind_max_us,
            latencies: heard.latencies,
        }
    }
}

/// Medians over several windows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    pub(super) us_per_delivery: Spread,
    pub(super) per_cpu_second: u64,
    pub(super) latencies: Latencies,
}

impl Figures {
    /// Of these; none where there are no windows.
    pub(super) fn of<'a>(windows: impl IntoIterator<Item = &'a Measured>) -> Option<Self> {
        let windows: Vec<&Measured> = windows.into_iter().collect();
        if windows.is_empty() {
            return None;
        }
        let us_per_delivery = Spread::of(windows.iter().map(|window| window.us_per_delivery()));
        let middle = |of: fn(&Latencies) -> u64| {
            to_u64(Spread::of(windows.iter().map(|window| to_f64(of(&window.heard.latencies)))).median)
        };
        let latencies = Latencies {
            p50_us: middle(|latencies| latencies.p50_us),
            p99_us: middle(|latencies| latencies.p99_us),
            p999_us: middle(|latencies| latencies.p999_us),
            max_us: middle(|latencies| latencies.max_us),
        };
        Some(Self { us_per_delivery, per_cpu_second: to_u64(1e6 / us_per_delivery.median.max(1e-9)), latencies })
    }
}

/// The floor with one `send()` a delivery; null where it was not measured.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct FloorFigures {
    /// CPU time for a delivery, user and system; median of the windows, as all of these.
    pub floor_us_per_delivery: Option<f64>,
    /// The quartiles of that.
    pub floor_us_per_delivery_quartiles: Option<[f64; 2]>,
    /// Deliveries of a CPU second.
    pub floor_deliveries_per_cpu_second: Option<u64>,
    /// Half of the deliveries arrived within this after they were due.
    pub floor_p50_us: Option<u64>,
    /// 99 % did.
    pub floor_p99_us: Option<u64>,
    /// 99.9 % did.
    pub floor_p999_us: Option<u64>,
}

impl FloorFigures {
    pub(super) fn of(figures: Option<Figures>) -> Self {
        figures.map_or_else(Self::default, |figures| Self {
            floor_us_per_delivery: Some(figures.us_per_delivery.median),
            floor_us_per_delivery_quartiles: Some(figures.us_per_delivery.quartiles),
            floor_deliveries_per_cpu_second: Some(figures.per_cpu_second),
            floor_p50_us: Some(figures.latencies.p50_us),
            floor_p99_us: Some(figures.latencies.p99_us),
            floor_p999_us: Some(figures.latencies.p999_us),
        })
    }
}

/// The floor that gathers posts for 5 ms; null where it was not measured.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct CoalescingFloorFigures {
    /// CPU time for a delivery, user and system; median of the windows, as all of these.
    pub coalescing_floor_us_per_delivery: Option<f64>,
    /// The quartiles of that.
    pub coalescing_floor_us_per_delivery_quartiles: Option<[f64; 2]>,
    /// Deliveries of a CPU second.
    pub coalescing_floor_deliveries_per_cpu_second: Option<u64>,
    /// Half of the deliveries arrived within this after they were due.
    pub coalescing_floor_p50_us: Option<u64>,
    /// 99 % did.
    pub coalescing_floor_p99_us: Option<u64>,
}

impl CoalescingFloorFigures {
    pub(super) fn of(figures: Option<Figures>) -> Self {
        figures.map_or_else(Self::default, |figures| Self {
            coalescing_floor_us_per_delivery: Some(figures.us_per_delivery.median),
            coalescing_floor_us_per_delivery_quartiles: Some(figures.us_per_delivery.quartiles),
            coalescing_floor_deliveries_per_cpu_second: Some(figures.per_cpu_second),
            coalescing_floor_p50_us: Some(figures.latencies.p50_us),
            coalescing_floor_p99_us: Some(figures.latencies.p99_us),
        })
    }
}
