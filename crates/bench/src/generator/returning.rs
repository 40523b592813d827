//! Everybody comes back after the server was killed, each to where it was; and the record shows whether anything was missed, came again or out of order.

use super::crowd::{Crowd, Pump};
use super::plan::{Connect, Return, Returned};
use super::timeline::Timeline;
use super::window::own_cpu_seconds;
use anyhow::Context;
use kkanbu_client::full_jitter;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Connections that are begun before others are served.
const BEGUN: usize = 64;

/// Longest sleep.
const NAP_NANOS: u64 = 2_000_000;

/// Who knocks when.
struct Knocks {
    /// Moments, the earliest first.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    /// How often each has been turned away.
    attempts: Vec<u32>,
    /// Connections that were begun.
    begun: usize,
    retries: u64,
    retried_why: BTreeMap<String, u64>,
}

impl Knocks {
    fn new(all: usize, jitter: bool, now: u64) -> Self {
        let first = |_| if jitter { wait(0) } else { 0 };
        let due = (0..all).map(|index| Reverse((now + first(index), index))).collect();
        Self { due, attempts: vec![0; all], retries: 0, retried_why: BTreeMap::new(), begun: 0 }
    }

    /// Whoever is due by now.
    fn next(&mut self, now: u64) -> Option<usize> {
        let Reverse((due, _)) = self.due.peek()?;
        if *due <= now { self.due.pop().map(|Reverse((_, index))| index) } else { None }
    }

    /// One was turned away: it waits as clients do, and knocks again.
    fn again(&mut self, index: usize, why: String, now: u64) {
        self.retries += 1;
        *self.retried_why.entry(why).or_default() += 1;
        if let Some(attempts) = self.attempts.get_mut(index) {
            *attempts += 1;
            self.due.push(Reverse((now + wait(*attempts), index)));
        }
    }

    /// Connections whose upgrade is neither answered nor failed. One that fails later than that counts twice, which spares the server a little.
    fn waiting(&self, crowd: &mut Crowd) -> anyhow::Result<usize> {
        let upgraded = crowd.scene()?.timeline.as_ref().map_or(0, |timeline| timeline.upgraded.len());
        let failed = usize::try_from(self.retries).unwrap_or(usize::MAX);
        Ok(self.begun.saturating_sub(upgraded).saturating_sub(failed))
    }

    fn nanos_to_next(&self, now: u64) -> u64 {
        self.due.peek().map_or(NAP_NANOS, |Reverse((due, _))| due.saturating_sub(now).min(NAP_NANOS))
    }
}

/// The clients' own wait.
fn wait(attempt: u32) -> u64 {
    u64::try_from(full_jitter(attempt, rand::random()).as_nanos()).unwrap_or(u64::MAX)
}

/// Has everybody come back.
pub(super) fn run(order: Return, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<Returned> {
    let plan = crowd.plan.clone().context("nobody was connected")?;
    let (all, began, cpu_before) = (plan.rooms * plan.members, pump.clock.nanos(), own_cpu_seconds());
    let patience = order.seconds_max * 1_000_000_000;
    crowd.leave();
    let scene = crowd.scene()?;
    scene.timeline = Some(Timeline::new(all));
    let delivered_before = scene.recorder.counts().deliveries;
    let answers_from = usize::try_from(scene.recorder.counts().posts).unwrap_or(usize::MAX);
    let mut knocks = Knocks::new(all, order.jitter, began);
    let mut silent = silent_rooms(&plan, order.posts);
    loop {
        let now = pump.clock.nanos();
        let room = order.at_once.saturating_sub(knocks.waiting(crowd)?);
        for _ in 0..BEGUN.min(room) {
            let Some(index) = knocks.next(now) else { break };
            knocks.begun += 1;
            if let Err(error) = crowd.open(index, &plan, pump) {
                knocks.again(index, format!("{error:#}"), now);
            }
        }
        // Where no more may be begun, an answer is waited for and not the next one's time.
        let nap = if room == 0 { NAP_NANOS } else { knocks.nanos_to_next(pump.clock.nanos()) };
        pump.turn(Some(nap), crowd)?;
        let now = pump.clock.nanos();
        for (index, why) in std::mem::take(&mut crowd.fell) {
            knocks.again(index, why, now);
        }
        silent.retain(|member| !crowd.posts_if_in(*member, now));
        if (crowd.joined() >= all && silent.is_empty() && is_settled(crowd, answers_from)?) || now - began > patience {
            break;
        }
    }
    let generator_cpu_seconds = own_cpu_seconds() - cpu_before;
    let joined = crowd.joined();
    let scene = crowd.scene()?;
    let timeline = scene.timeline.take().unwrap_or_default();
    let counts = scene.recorder.finish();
    Ok(Returned {
        joined,
        unrecovered: timeline.unrecovered,
        joined_99_seconds: timeline.seconds(&timeline.joined, all, 0.99),
        joined_seconds: timeline.seconds(&timeline.joined, all, 1.0),
        caught_up_99_seconds: timeline.seconds(&timeline.heard, all, 0.99),
        caught_up_seconds: timeline.seconds(&timeline.heard, all, 1.0),
        upgrades_per_100_ms_max: timeline.upgrades_per_100_ms_max(),
        retries: knocks.retries,
        retried_why: knocks.retried_why,
        acknowledged: counts.acknowledged,
        deliveries: counts.deliveries - delivered_before,
        lost: counts.lost,
        duplicated: counts.duplicated,
        reordered: counts.reordered,
        generator_cpu_seconds,
    })
}

/// Whether what was posted since is answered, and everybody has everything.
fn is_settled(crowd: &mut Crowd, answers_from: usize) -> anyhow::Result<bool> {
    let recorder = &crowd.scene()?.recorder;
    Ok(recorder.is_answered(answers_from) && recorder.holes() == 0)
}

/// The members who have something to say once they are back: one in each of so many rooms, evenly over all.
fn silent_rooms(plan: &Connect, posts: usize) -> Vec<usize> {
    let posts = posts.min(plan.rooms);
    (0..posts).map(|number| number * plan.rooms / posts * plan.members).collect()
}
