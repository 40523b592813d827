//! What `bench fanout` says. Figures without a unit in their name are counts or ratios.

use super::common::{Faults, Load};
use super::fanout::FanoutOptions;
use super::figures::{CoalescingFloorFigures, Figures, FloorFigures, Side};
use crate::generator::{Heard, Rate};
use crate::machine::Machine;
use crate::stand::{FsyncSource, Measured};
use crate::stats::{Spread, to_f64};
use serde::Serialize;
use std::fmt;

/// Of the offered rate, what counts as having reached it.
const REACHED: f64 = 0.98;

/// Windows that belong together.
pub(super) struct Round {
    pub(super) server: Measured,
    pub(super) floor: Option<Measured>,
    pub(super) coalescing: Option<Measured>,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct FanoutReport {
    /// `fanout`.
    pub bench: &'static str,
    /// What was asked for.
    #[serde(flatten)]
    pub asked: Asked,
    /// Median of the pairs: the server's CPU time for a delivery by that of the floor with one `send()` each.
    pub ratio_to_floor: Option<f64>,
    /// The quartiles of that.
    pub ratio_to_floor_quartiles: Option<[f64; 2]>,
    /// Median of the pairs: the server's deliveries of a CPU second by those of the coalescing floor.
    pub share_of_coalescing_floor: Option<f64>,
    /// The quartiles of that.
    pub share_of_coalescing_floor_quartiles: Option<[f64; 2]>,
    /// The server's CPU time for a delivery, user and system; median of the windows.
    pub cpu_us_per_delivery: f64,
    /// The quartiles of that.
    pub cpu_us_per_delivery_quartiles: [f64; 2],
    /// The server's deliveries of a CPU second.
    pub deliveries_per_cpu_second: u64,
    /// Half of the server's deliveries arrived within this after they were due; median of the windows.
    pub p50_us: u64,
    /// 99 % did.
    pub p99_us: u64,
    /// 99.9 % did.
    pub p999_us: u64,
    /// The floor.
    #[serde(flatten)]
    pub floor: FloorFigures,
    /// The coalescing floor.
    #[serde(flatten)]
    pub coalescing_floor: CoalescingFloorFigures,
    /// How much there was.
    #[serde(flatten)]
    pub totals: Totals,
    /// What went wrong on the server's side; `lost`, `duplicated` and `reordered` over all deliveries.
    #[serde(flatten)]
    pub faults: Faults,
    /// What went wrong on the floor's side.
    pub floor_faults: Faults,
    /// What was measured around the windows.
    #[serde(flatten)]
    pub around: Around,
    /// All pairs.
    pub pairs: Vec<Pair>,
}

/// Posts a second that were offered, as reports say it: a number, or `max`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub enum Offered {
    /// So many.
    PerSecond(f64),
    /// As many as were taken; the text is `max`.
    Max(&'static str),
}

impl From<Rate> for Offered {
    fn from(rate: Rate) -> Self {
        match rate {
            Rate::PerSecond(rate) => Self::PerSecond(rate),
            Rate::Max => Self::Max("max"),
        }
    }
}

impl fmt::Display for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(f, "{rate}"),
            Self::Max(text) => f.write_str(text),
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// Rooms.
    pub rooms: u16,
    /// Members of each room.
    pub members: u16,
    /// Posts a second over all rooms; `max` where as many as are taken.
    pub rate: Offered,
    /// With `max`: posts of each room in flight.
    pub in_flight: Option<u16>,
    /// Whether the server speaks TLS. The floor never does.
    pub tls: bool,
    /// Cores of what is measured.
    pub workers: u16,
    /// Seconds of each window.
    pub seconds: u16,
}

impl Asked {
    pub(super) fn of(load: &Load, tls: bool) -> Self {
        Self {
            rooms: load.rooms,
            members: load.members,
            rate: load.rate.into(),
            in_flight: (load.rate == Rate::Max).then_some(load.in_flight),
            tls,
            workers: load.workers,
            seconds: load.seconds,
        }
    }
}

/// How much there was in all windows on the server.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Totals {
    /// Posts that were sent.
    pub posts: u64,
    /// Posts that were taken.
    pub acknowledged: u64,
    /// Deliveries.
    pub deliveries: u64,
    /// Posts a second that had arrived everywhere while posts were sent.
    pub achieved_rate: f64,
    /// Whether that is what was offered, but for 2 %.
    pub reached_offered_rate: bool,
    /// The most that a post went out after it was due: beyond a few milliseconds the generator was too busy.
    pub behind_max_us: u64,
    /// Of one core, for the generator.
    pub generator_load: f64,
}

impl Totals {
    fn of(load: &Load, rounds: &[Round]) -> Self {
        let heard = || rounds.iter().map(|round| &round.server.heard);
        let sum = |count: fn(&Heard) -> u64| -> u64 { heard().map(count).sum() };
        let seconds = |part: fn(&Heard) -> f64| -> f64 { heard().map(part).sum::<f64>().max(1e-9) };
        let arrived = to_f64(sum(|heard| heard.deliveries_while_posting)) / f64::from(load.members);
        let achieved_rate = arrived / seconds(|heard| heard.seconds);
        Self {
            posts: sum(|heard| heard.posts),
            acknowledged: sum(|heard| heard.acknowledged),
            deliveries: sum(|heard| heard.deliveries),
            achieved_rate,
            reached_offered_rate: match load.rate {
                Rate::PerSecond(offered) => achieved_rate >= REACHED * offered,
                Rate::Max => true,
            },
            behind_max_us: heard().map(|heard| heard.behind_max_us).max().unwrap_or_default(),
            generator_load: seconds(|heard| heard.generator_cpu_seconds)
                / seconds(|heard| heard.seconds + heard.settling_seconds),
        }
    }
}

/// What was measured around the windows.
#[derive(Debug, Clone, Serialize)]
pub struct Around {
    /// 99 % of the log's syncs took no longer.
    pub fsync_p99_us: f64,
    /// Who measured that.
    pub fsync_source: FsyncSource,
    /// Seconds that it took until everybody had come in.
    pub join_seconds: f64,
    /// The server's memory at the end.
    pub rss_bytes: u64,
    /// What coming in has added to it, by connection.
    pub rss_bytes_per_connection: f64,
    /// The size of a delivery's frame, with its head; the floor's are the same.
    pub frame_bytes: usize,
    /// A member's allowance, which is raised: few members post what many would.
    pub posts_per_minute: u32,
    /// Whether target and load were pinned to cores of their own.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
}

/// A window on the server and those on the floors beside it.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// The server's.
    pub server: Side,
    /// The floor's with one `send()` each.
    pub floor: Option<Side>,
    /// The coalescing floor's.
    pub coalescing_floor: Option<Side>,
    /// The server's CPU time for a delivery by the floor's.
    pub ratio_to_floor: Option<f64>,
}

impl FanoutReport {
    pub(super) fn of(options: &FanoutOptions, rounds: &[Round], around: Around) -> Self {
        let server = Figures::of(rounds.iter().map(|round| &round.server)).unwrap_or_default();
        let floors = || rounds.iter().filter_map(|round| round.floor.as_ref());
        let coalescing = || rounds.iter().filter_map(|round| round.coalescing.as_ref());
        let ratio = spread(rounds.iter().filter_map(|round| Some(cost_by(&round.server, round.floor.as_ref()?))));
        let share = spread(rounds.iter().filter_map(|round| Some(cost_by(round.coalescing.as_ref()?, &round.server))));
        Self {
            bench: "fanout",
            asked: Asked::of(&options.load, options.tls),
            ratio_to_floor: ratio.map(|spread| spread.median),
            ratio_to_floor_quartiles: ratio.map(|spread| spread.quartiles),
            share_of_coalescing_floor: share.map(|spread| spread.median),
            share_of_coalescing_floor_quartiles: share.map(|spread| spread.quartiles),
            cpu_us_per_delivery: server.us_per_delivery.median,
            cpu_us_per_delivery_quartiles: server.us_per_delivery.quartiles,
            deliveries_per_cpu_second: server.per_cpu_second,
            p50_us: server.latencies.p50_us,
            p99_us: server.latencies.p99_us,
            p999_us: server.latencies.p999_us,
            floor: FloorFigures::of(Figures::of(floors())),
            coalescing_floor: CoalescingFloorFigures::of(Figures::of(coalescing())),
            totals: Totals::of(&options.load, rounds),
            faults: Faults::of(rounds.iter().map(|round| &round.server.heard)),
            floor_faults: Faults::of(floors().chain(coalescing()).map(|measured| &measured.heard)),
            around,
            pairs: rounds.iter().map(Pair::of).collect(),
        }
    }

    /// Whether every post was taken and reached every member exactly once, in one order.
    pub fn is_clean(&self) -> bool {
        self.totals.posts > 0 && self.faults.is_clean() && self.floor_faults.is_clean()
    }
}

impl Pair {
    fn of(round: &Round) -> Self {
        Self {
            server: Side::from(&round.server),
            floor: round.floor.as_ref().map(Side::from),
            coalescing_floor: round.coalescing.as_ref().map(Side::from),
            ratio_to_floor: round.floor.as_ref().map(|floor| cost_by(&round.server, floor)),
        }
    }
}

fn cost_by(one: &Measured, other: &Measured) -> f64 {
    one.us_per_delivery() / other.us_per_delivery().max(1e-9)
}

fn spread(values: impl Iterator<Item = f64>) -> Option<Spread> {
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| Spread::of(values))
}
