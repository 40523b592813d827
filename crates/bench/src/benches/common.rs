//! What the benches have in common: how much load, on which floor, and how a stand is connected.

use crate::dialect::Spoken;
use crate::floor::Manner;
use crate::generator::{Connect, Heard, Rate, Window};
use crate::process::{Cores, Launcher};
use crate::progress::Progress;
use crate::stand::{Measured, Shape, Stand};
use anyhow::ensure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How the command line calls the step that pins a child.
pub const LAUNCH: [&str; 2] = ["bench", "launch"];

/// Most connections of one target: a generator's file descriptors, and the server's own limit.
pub(super) const CONNECTIONS_MAX: usize = 15_000;

/// Members on their way in at once.
const AT_ONCE: usize = 200;

/// How long a floor gathers posts, in microseconds.
const LINGER_US: u64 = 5_000;

/// Longest warm-up, in seconds.
const WARM_UP_MAX: f64 = 2.0;

/// Which floors are measured beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FloorKind {
    /// One `send()` a delivery.
    Single,
    /// One `send()` for what has come within 5 ms.
    Coalescing,
    /// Both.
    Both,
}

impl FloorKind {
    /// How it sends, for each variant that is measured.
    pub(super) fn is_single(self) -> bool {
        self != Self::Coalescing
    }

    pub(super) fn is_coalescing(self) -> bool {
        self != Self::Single
    }
}

/// How much is posted where, how often it is measured, and on what.
#[derive(Debug, Clone, clap::Args)]
pub struct Load {
    /// Rooms.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3_000))]
    pub rooms: u16,

    /// Members of each room.
    #[arg(long, default_value_t = 54, value_parser = clap::value_parser!(u16).range(5..=15_000))]
    pub members: u16,

    /// Posts a second over all rooms, or `max`: as many as are taken, with a bounded number in flight.
    #[arg(long, default_value = "49")]
    pub rate: Rate,

    /// With `--rate max`: posts of each room that are not answered yet.
    #[arg(long, value_name = "POSTS", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub in_flight: u16,

    /// How often each is measured, in turns.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub pairs: u16,

    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    pub seconds: u16,

    /// Cores for what is measured. The load has another one, where the machine has so many.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: u16,

    /// The folder in which the bench makes its own. On a disk: what is in memory is not durable.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,

    /// Prints the report as one JSON object.
    #[arg(long)]
    pub json: bool,
}

impl Load {
    /// The rooms and their members.
    pub fn shape(&self) -> anyhow::Result<Shape> {
        let shape = Shape { rooms: self.rooms.into(), members: self.members.into() };
        let all = shape.all();
        ensure!(all <= CONNECTIONS_MAX, "{all} members are more than the {CONNECTIONS_MAX} that a server takes");
        Ok(shape)
    }

    /// One measurement.
    pub fn window(&self) -> Window {
        Window { rate: self.rate, seconds: f64::from(self.seconds), in_flight: self.in_flight.into() }
    }

    /// The one before the first.
    pub fn warm_up(&self) -> Window {
        Window { seconds: f64::from(self.seconds).min(WARM_UP_MAX), ..self.window() }
    }

    /// Everybody comes in.
    pub fn connect(&self, stand: &Stand, spoken: Spoken, tls: Option<PathBuf>) -> anyhow::Result<Connect> {
        let Shape { rooms, members } = self.shape()?;
        Ok(Connect {
            address: stand.address,
            tls,
            spoken,
            rooms,
            members,
            at_once: AT_ONCE,
            seconds_max: 300,
            narrow: 0,
        })
    }
}

/// Rooms for so many members: as many of each as divide them evenly, at most 50; one room where none do.
pub(super) fn seats(all: usize) -> Shape {
    let members = (5..=50).rev().find(|members| all.is_multiple_of(*members)).unwrap_or(all);
    Shape { rooms: all / members, members }
}

/// Everybody comes in, where there is no load beside.
pub(super) fn connect_all(stand: &Stand, spoken: Spoken, tls: Option<PathBuf>, shape: Shape) -> Connect {
    let Shape { rooms, members } = shape;
    Connect { address: stand.address, tls, spoken, rooms, members, at_once: AT_ONCE, seconds_max: 300, narrow: 0 }
}

/// The floor, with its members in and warm.
pub(super) async fn warm_floor(
    load: &Load,
    frame_bytes: usize,
    launcher: &Launcher,
    cores: &Cores,
    log: &Path,
    progress: &Progress,
) -> anyhow::Result<Stand> {
    let mut stand = Stand::floor(launcher, cores, log).await?;
    stand.connect(load.connect(&stand, Spoken::Floor, None)?, progress).await?;
    stand.change(Manner { frame_bytes, linger_us: 0 }).await?;
    stand.window(load.warm_up()).await?;
    Ok(stand)
}

/// One window on the floor, in one of its manners.
pub(super) async fn floor_window(
    stand: &mut Stand,
    load: &Load,
    frame_bytes: usize,
    coalescing: bool,
) -> anyhow::Result<Measured> {
    stand.change(Manner { frame_bytes, linger_us: if coalescing { LINGER_US } else { 0 } }).await?;
    stand.window(load.window()).await
}

/// What went wrong over several windows.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Faults {
    /// Deliveries that never came.
    pub lost: u64,
    /// Deliveries that came again.
    pub duplicated: u64,
    /// Deliveries out of the room's order.
    pub reordered: u64,
    /// Deliveries in another room, or after their window.
    pub astray: u64,
    /// Posts without an answer.
    pub unanswered: u64,
    /// Connections that ended.
    pub closed: u64,
    /// Why the first of them did.
    pub closed_why: Option<String>,
    /// Refused posts by the server's name for why.
    pub refused: BTreeMap<String, u64>,
}

impl Faults {
    /// Of these windows.
    pub fn of<'a>(windows: impl IntoIterator<Item = &'a Heard>) -> Self {
        let mut all = Self::default();
        for heard in windows {
            all.lost += heard.lost;
            all.duplicated += heard.duplicated;
            all.reordered += heard.reordered;
            all.astray += heard.astray;
            all.unanswered += heard.unanswered;
            all.closed += heard.closed;
            all.closed_why = all.closed_why.or_else(|| heard.closed_why.clone());
            for (code, count) in &heard.refused {
                *all.refused.entry(code.clone()).or_default() += count;
            }
        }
        all
    }

    /// Whether there was nothing.
    pub fn is_clean(&self) -> bool {
        *self == Self { closed_why: self.closed_why.clone(), ..Self::default() }
    }
}
