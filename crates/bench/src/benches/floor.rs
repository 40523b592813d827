//! `bench floor`: what the kernel alone costs here, with one `send()` a delivery and with posts gathered.

use super::common::{Faults, FloorKind, LAUNCH, Load, floor_window, warm_floor};
use super::fanout_report::Asked;
use super::figures::{CoalescingFloorFigures, Figures, FloorFigures, Side};
use crate::machine::Machine;
use crate::process::{Cores, Launcher};
use crate::progress::Progress;
use serde::Serialize;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct FloorOptions {
    /// How much is posted where.
    #[command(flatten)]
    pub load: Load,

    /// The size of a delivery's frame, with its head of 4; our server's are as long for posts of usual length.
    #[arg(long, value_name = "BYTES", default_value_t = 516, value_parser = clap::value_parser!(u16).range(32..=65_000))]
    pub frame_bytes: u16,

    /// Which variants.
    #[arg(long, value_enum, default_value_t = FloorKind::Both)]
    pub floor: FloorKind,
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct FloorReport {
    /// `floor`.
    pub bench: &'static str,
    /// What was asked for.
    #[serde(flatten)]
    pub asked: Asked,
    /// With one `send()` each.
    #[serde(flatten)]
    pub floor: FloorFigures,
    /// With posts gathered.
    #[serde(flatten)]
    pub coalescing_floor: CoalescingFloorFigures,
    /// What went wrong.
    #[serde(flatten)]
    pub faults: Faults,
    /// The size of a delivery's frame, with its head.
    pub frame_bytes: u16,
    /// Whether floor and load were pinned to cores of their own.
    pub pinned: bool,
    /// What it ran on.
    pub machine: Machine,
    /// All windows with one `send()` each.
    pub single: Vec<Side>,
    /// All windows of the coalescing variant.
    pub coalescing: Vec<Side>,
}

impl FloorReport {
    /// Whether every post reached every member exactly once.
    pub fn is_clean(&self) -> bool {
        self.faults.is_clean()
    }
}

/// Measures.
pub async fn floor(options: &FloorOptions) -> anyhow::Result<FloorReport> {
    let load = &options.load;
    load.shape()?;
    let variants: Vec<bool> = [(options.floor.is_single(), false), (options.floor.is_coalescing(), true)]
        .into_iter()
        .filter_map(|(wanted, coalescing)| wanted.then_some(coalescing))
        .collect();
    let progress = Progress::new(u64::from(load.pairs) * variants.len() as u64);
    progress.says("the floor starts");
    let (launcher, cores) = (Launcher::new(&LAUNCH)?, Cores::divide(load.workers.into()));
    let folder = tempfile::Builder::new().prefix(".kkanbu-bench-").tempdir_in(&load.dir)?;
    let frame_bytes = options.frame_bytes.into();
    let log = folder.path().join("log");
    let mut stand = warm_floor(load, frame_bytes, &launcher, &cores, &log, &progress).await?;
    let pinned = cores.are_apart(stand.target.id(), stand.generator.id());
    let (mut single, mut gathered) = (Vec::new(), Vec::new());
    for number in 1..=load.pairs {
        for coalescing in &variants {
            progress.says(format!("window {number} of {}", load.pairs));
            let measured = floor_window(&mut stand, load, frame_bytes, *coalescing).await?;
            let of = if *coalescing { &mut gathered } else { &mut single };
            of.push(measured);
            progress.step();
        }
    }
    Ok(FloorReport {
        bench: "floor",
        asked: Asked::of(load, false),
        floor: FloorFigures::of(Figures::of(&single)),
        coalescing_floor: CoalescingFloorFigures::of(Figures::of(&gathered)),
        faults: Faults::of(single.iter().chain(&gathered).map(|measured| &measured.heard)),
        frame_bytes: options.frame_bytes,
        pinned,
        machine: Machine::describe(folder.path()),
        single: single.iter().map(Side::from).collect(),
        coalescing: gathered.iter().map(Side::from).collect(),
    })
}
