//! A stretch of posting. With a rate, each post has its time, whatever became of the ones before: an open loop, which does not spare a server that
//! falls behind. At the maximum, each room has a bounded number of posts in flight, and an answer is followed by the next post.

use super::crowd::{Crowd, Pump};
use super::plan::{Connect, Heard, Latencies, Rate, Window};
use crate::stats::{to_f64, to_u64};
use anyhow::{Context, bail};
use nix::time::{ClockId, clock_gettime};

/// Nothing arrived for so long: what is missing is lost.
const PATIENCE_NANOS: u64 = 5_000_000_000;

/// Longest sleep while waiting for what is under way.
const NAP_NANOS: u64 = 50_000_000;

/// Posts that go out before what has arrived is read, where posts are due faster than they can be sent.
const POSTS_BETWEEN_READS: u32 = 64;

const SECOND: f64 = 1e9;

/// Who posts when.
struct Pace {
    rooms: usize,
    members: usize,
    /// Who never posts: the last ones of each room.
    silent: usize,
    /// How many were sent in all.
    sent: usize,
    /// The next author of each room.
    authors: Vec<usize>,
}

impl Pace {
    fn of(plan: &Connect) -> Self {
        let &Connect { rooms, members, narrow: silent, .. } = plan;
        Self { rooms, members, silent, sent: 0, authors: vec![0; rooms] }
    }

    /// The next author in a room: all in turn.
    fn author(&mut self, room: usize) -> usize {
        let member = self
            .authors
            .get_mut(room)
            .map_or(0, |next| std::mem::replace(next, (*next + 1) % (self.members - self.silent)));
        self.sent += 1;
        room * self.members + member
    }
}

/// Posts at a rate for as long as the window says, and leaves the record open.
pub(super) fn publish(window: Window, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<()> {
    let pace = Pace::of(crowd.plan.as_ref().context("nobody is connected")?);
    crowd.scene()?.recorder.begin();
    let began = pump.clock.nanos();
    let Rate::PerSecond(rate) = window.rate else { bail!("publishing without waiting needs a rate") };
    at_rate(rate, began, began + to_u64(window.seconds * SECOND), pace, pump, crowd)?;
    Ok(())
}

/// Posts for as long as the window says, and waits until all has arrived.
pub(super) fn run(window: Window, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<Heard> {
    let plan = crowd.plan.as_ref().context("nobody is connected")?;
    let pace = Pace::of(plan);
    let (ended_before, cpu_before) = (crowd.ended, own_cpu_seconds());
    let scene = crowd.scene()?;
    scene.recorder.begin();
    scene.answered.clear();
    let began = pump.clock.nanos();
    let until = began + to_u64(window.seconds * SECOND);
    let behind = match window.rate {
        Rate::PerSecond(rate) => at_rate(rate, began, until, pace, pump, crowd)?,
        Rate::Max => at_most(window.in_flight, until, pace, pump, crowd)?,
    };
    let posted_until = pump.clock.nanos();
    let while_posting = crowd.scene()?.recorder.counts().deliveries;
    settle(pump, crowd)?;
    let (ended, ended_why) = (crowd.ended - ended_before, crowd.ended_why.clone());
    let settled = pump.clock.nanos();
    let scene = crowd.scene()?;
    let latencies = Latencies::of(scene.recorder.latencies());
    let p99_us_by_second = scene.recorder.p99_by_second();
    let counts = scene.recorder.finish();
    Ok(Heard {
        seconds: to_f64(posted_until - began) / SECOND,
        settling_seconds: to_f64(settled - posted_until) / SECOND,
        posts: counts.posts,
        acknowledged: counts.acknowledged,
        unanswered: counts.unanswered,
        refused: counts.refused,
        deliveries: counts.deliveries,
        deliveries_while_posting: while_posting,
        lost: counts.lost,
        duplicated: counts.duplicated,
        reordered: counts.reordered,
        astray: counts.astray + counts.late,
        closed: ended,
        closed_why: ended_why,
        frame_bytes: scene.frame_bytes,
        behind_max_us: behind / 1_000,
        generator_cpu_seconds: own_cpu_seconds() - cpu_before,
        latencies,
        p99_us_by_second,
    })
}

/// An open loop. Gives the most that a post went out late.
fn at_rate(
    rate: f64,
    began: u64,
    until: u64,
    mut pace: Pace,
    pump: &mut Pump,
    crowd: &mut Crowd,
) -> anyhow::Result<u64> {
    let (mut behind, mut unread) = (0, 0);
    loop {
        let due = began + to_u64(to_f64(pace.sent as u64) / rate * SECOND);
        let now = pump.clock.nanos();
        if due >= until {
            // The last interval belongs to the window too.
            if now >= until {
                return Ok(behind);
            }
            pump.turn(Some(until - now), crowd)?;
        } else if due <= now {
            behind = behind.max(now - due);
            let room = pace.sent % pace.rooms;
            let author = pace.author(room);
            crowd.post(author, due);
            unread += 1;
            if unread == POSTS_BETWEEN_READS {
                pump.turn(Some(0), crowd)?;
                unread = 0;
            }
        } else {
            pump.turn(Some(due - now), crowd)?;
            unread = 0;
        }
    }
}

/// A closed loop with so many posts of each room in flight.
fn at_most(in_flight: usize, until: u64, mut pace: Pace, pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<u64> {
    let mut post = |room: usize, now: u64, crowd: &mut Crowd| {
        let author = pace.author(room);
        crowd.post(author, now);
    };
    let rooms = crowd.plan.as_ref().map_or(0, |plan| plan.rooms);
    for room in (0..in_flight).flat_map(|_| 0..rooms) {
        post(room, pump.clock.nanos(), crowd);
    }
    loop {
        let now = pump.clock.nanos();
        if now >= until {
            return Ok(0);
        }
        pump.turn(Some((until - now).min(NAP_NANOS)), crowd)?;
        let mut answered = std::mem::take(&mut crowd.scene()?.answered);
        let now = pump.clock.nanos();
        for room in answered.drain(..) {
            post(room, now, crowd);
        }
        // Its room for the next ones is kept.
        crowd.scene()?.answered = answered;
    }
}

/// Waits until everything has arrived, or nothing does any more.
fn settle(pump: &mut Pump, crowd: &mut Crowd) -> anyhow::Result<()> {
    let (mut last, mut seen) = (pump.clock.nanos(), 0);
    while !crowd.scene()?.recorder.is_settled() {
        let counts = crowd.scene()?.recorder.counts();
        let so_far = counts.deliveries + counts.acknowledged;
        let now = pump.clock.nanos();
        if so_far != seen {
            (last, seen) = (now, so_far);
        } else if now - last > PATIENCE_NANOS {
            break;
        }
        pump.turn(Some(NAP_NANOS), crowd)?;
    }
    crowd.scene()?.answered.clear();
    Ok(())
}

pub(super) fn own_cpu_seconds() -> f64 {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0.0, |time| std::time::Duration::from(time).as_secs_f64())
}
