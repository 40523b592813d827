//! Those who stalled: what the server left for them when it had enough of them, and their way back in.

use super::crowd::{Crowd, Pump};
use anyhow::{Context, ensure};
use std::collections::BTreeMap;

/// How long it may take until the sockets have given up what they hold, and how long until all are in again.
const PATIENCE_NANOS: u64 = 10_000_000_000;

/// Longest sleep.
const NAP_NANOS: u64 = 20_000_000;

/// Reads what is left and has them come in anew. Gives how their connections had ended, and how many did so.
pub(super) fn revive(pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<BTreeMap<String, u64>> {
    let plan = crowd.plan.clone().context("nobody is connected")?;
    let mut open = crowd.stall_no_more()?;
    let (all, mut ends) = (open.clone(), BTreeMap::new());
    crowd.fell.clear();
    let began = pump.clock.nanos();
    while !open.is_empty() && pump.clock.nanos() - began < PATIENCE_NANOS {
        for index in &open {
            crowd.read(*index, pump);
        }
        pump.turn(Some(NAP_NANOS), crowd)?;
        for (index, why) in std::mem::take(&mut crowd.fell) {
            open.retain(|other| *other != index);
            *ends.entry(why).or_default() += 1;
        }
    }
    if !open.is_empty() {
        ends.insert("still open".to_owned(), open.len() as u64);
    }
    crowd.ended -= (all.len() - open.len()) as u64;
    let joined = crowd.joined();
    for index in &all {
        crowd.open(*index, &plan, pump)?;
    }
    let began = pump.clock.nanos();
    while crowd.joined() < joined + all.len() {
        ensure!(pump.clock.nanos() - began < PATIENCE_NANOS, "those who had stalled can't come in again");
        pump.turn(Some(NAP_NANOS), crowd)?;
    }
    crowd.scene()?.recorder.excused = 0;
    Ok(ends)
}
