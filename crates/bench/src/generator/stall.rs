//! Those who can stall: what the server left for those who did when it had enough of them, and their way in anew.

use super::crowd::{Crowd, Pump};
use anyhow::{Context, ensure};
use std::collections::BTreeMap;

/// How long it may take until the sockets have given up what they hold, and how long until all are in again.
const PATIENCE_NANOS: u64 = 10_000_000_000;

/// Longest sleep.
const NAP_NANOS: u64 = 20_000_000;

/// Reads what is left for those who stall, until their connections end, and has all narrow ones come in anew. Gives how the connections of those who
/// stalled had ended, and how many did so.
pub(super) fn revive(pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<BTreeMap<String, u64>> {
    let plan = crowd.plan.clone().context("nobody is connected")?;
    let (all, stalled) = crowd.stall_no_more()?;
    let (mut open, mut ends) = (if stalled { all.clone() } else { Vec::new() }, BTreeMap::new());
    let stalling = open.len();
    crowd.fell.clear();
    for index in &open {
        crowd.widen(*index);
    }
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
    crowd.ended -= (stalling - open.len()) as u64;
    if !stalled {
        for index in &all {
            crowd.hang_up(*index);
        }
    }
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
