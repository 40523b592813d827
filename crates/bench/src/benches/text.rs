//! The reports as people read them.

use super::common::Faults;
use super::{Asked, FanoutReport, FloorReport, IdleReport, SlowReport, StormReport};
use std::fmt;

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lost, duplicated, reordered, astray, unanswered, closed, .. } = self;
        write!(f, "{lost} lost, {duplicated} duplicated, {reordered} reordered")?;
        for (count, what) in [(astray, "astray"), (unanswered, "posts unanswered"), (closed, "connections ended")] {
            if *count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        if let Some(why) = &self.closed_why {
            write!(f, " ({why})")?;
        }
        self.refused.iter().try_for_each(|(code, count)| write!(f, ", {count} posts refused: {code}"))
    }
}

/// A line with the cost of a delivery.
fn cost(f: &mut fmt::Formatter<'_>, who: &str, us: Option<f64>, p99_us: Option<u64>) -> fmt::Result {
    let Some(us) = us else { return Ok(()) };
    write!(f, "  {who:<18}{us:>8.2} us of CPU a delivery, {:>9.0} a CPU second", 1e6 / us)?;
    p99_us.map_or(Ok(()), |p99| write!(f, ", p99 {p99} us"))?;
    writeln!(f)
}

impl fmt::Display for FanoutReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { rooms, members, rate, seconds, tls, workers, .. } = &self.asked;
        let tls = if *tls { ", TLS" } else { "" };
        let pinned = if self.around.pinned { "" } else { ", not pinned" };
        writeln!(
            f,
            "fanout: {rooms} room(s) of {members}, {rate} posts a second, {} pairs of {seconds} s, {workers} worker(s){tls}{pinned}",
            self.pairs.len()
        )?;
        cost(f, "kkanbu", Some(self.cpu_us_per_delivery), Some(self.p99_us))?;
        cost(f, "floor", self.floor.floor_us_per_delivery, self.floor.floor_p99_us)?;
        cost(
            f,
            "coalescing floor",
            self.coalescing_floor.coalescing_floor_us_per_delivery,
            self.coalescing_floor.coalescing_floor_p99_us,
        )?;
        if let Some((ratio, [lower, upper])) = self.ratio_to_floor.zip(self.ratio_to_floor_quartiles) {
            writeln!(f, "  ratio to floor    {ratio:>8.2}    ({lower:.2} to {upper:.2})")?;
        }
        if let Some(share) = self.share_of_coalescing_floor {
            writeln!(f, "  of coalescing floor{share:>7.2}")?;
        }
        writeln!(f, "  fsync p99         {:>8.0} us", self.around.fsync_p99_us)?;
        let reached = if self.totals.reached_offered_rate { "" } else { " - less than was offered" };
        writeln!(f, "  posts a second    {:>8.1}{reached}", self.totals.achieved_rate)?;
        writeln!(f, "  deliveries        {:>8}    {}", self.totals.deliveries, self.faults)?;
        write!(f, "  on the floor                  {}", self.floor_faults)
    }
}

impl fmt::Display for FloorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { rooms, members, rate, seconds, .. } = &self.asked;
        writeln!(f, "floor: {rooms} room(s) of {members}, {rate} posts a second, windows of {seconds} s")?;
        cost(f, "one send each", self.floor.floor_us_per_delivery, self.floor.floor_p99_us)?;
        cost(
            f,
            "coalescing",
            self.coalescing_floor.coalescing_floor_us_per_delivery,
            self.coalescing_floor.coalescing_floor_p99_us,
        )?;
        write!(f, "  {}", self.faults)
    }
}

impl fmt::Display for IdleReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, rooms, .. } = self;
        let tls = if self.tls { ", TLS" } else { "" };
        writeln!(f, "idle: {connections} members in {rooms} room(s){tls}, {:.0} s of silence", self.seconds)?;
        let kib = |bytes: f64| bytes / 1_024.0;
        writeln!(f, "  memory a member   {:>8.2} KiB", kib(self.rss_bytes_per_connection))?;
        writeln!(f, "  of that allocated {:>8.2} KiB", kib(self.heap_bytes_per_connection))?;
        writeln!(f, "  CPU               {:>8.2} us a member and second", self.cpu_us_per_connection_second)?;
        write!(
            f,
            "  pings answered    {:>8} of at least {}, {} connections ended",
            self.pongs, self.pongs_due, self.closed
        )?;
        self.closed_why.as_ref().map_or(Ok(()), |why| write!(f, " ({why})"))
    }
}

impl fmt::Display for StormReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, rooms, holes, duplicated, reordered, unrecovered, missing, .. } = self;
        let jitter = if self.jitter { "each after a wait" } else { "all at once" };
        writeln!(f, "storm: {connections} members of {rooms} room(s) come back, {jitter}, {} pairs", self.pairs.len())?;
        writeln!(f, "  in                {:>8.2} s 99 %, {:.2} s all", self.joined_99_seconds, self.joined_seconds)?;
        writeln!(
            f,
            "  caught up         {:>8.2} s 99 %, {:.2} s all",
            self.caught_up_99_seconds, self.caught_up_seconds
        )?;
        writeln!(f, "  handshakes alone  {:>8.2} s all", self.floor_seconds)?;
        let [lower, upper] = self.ratio_to_floor_quartiles;
        writeln!(f, "  ratio to floor    {:>8.2}    ({lower:.2} to {upper:.2})", self.ratio_to_floor)?;
        writeln!(
            f,
            "  CPU               {:>8.2} s, handshakes alone {:.2} s",
            self.cpu_seconds, self.floor_cpu_seconds
        )?;
        writeln!(f, "  peak              {:>8.0} upgrades in 100 ms", self.peak_accepts_per_100_ms)?;
        write!(
            f,
            "  {holes} holes, {duplicated} duplicated, {reordered} reordered, {unrecovered} not recovered, {missing} not back, {} retries",
            self.retries
        )?;
        self.retried_why.iter().try_for_each(|(why, count)| write!(f, "\n    {count:>6} {why}"))
    }
}

impl fmt::Display for SlowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rooms, members, stalled, rate, seconds, .. } = self;
        writeln!(
            f,
            "slow: {stalled} of {rooms} room(s) of {members} stop to read, {rate} posts a second, windows of {seconds} s"
        )?;
        let [some_stall, all_read] = self.p99_us_of_seconds.map(|seconds| seconds.median);
        writeln!(
            f,
            "  the others' p99   {some_stall:>8.0} us in the middle second, {all_read:.0} us while all read: {:.2}",
            self.p99_ratio
        )?;
        let [lower, upper] = self.p99_ratio_of_windows_quartiles;
        writeln!(
            f,
            "  of whole windows  {:>8.0} us, {:.0} us while all read: {:.2} ({lower:.2} to {upper:.2})",
            self.p99_us, self.p99_us_all_read, self.p99_ratio_of_windows
        )?;
        let kib = |bytes: f64| bytes / 1_024.0;
        let [lower, upper] = self.rss_bytes_per_stalled_quartiles.map(kib);
        writeln!(
            f,
            "  memory a stalled  {:>8.2} KiB ({lower:.2} to {upper:.2}); besides, in all it grew by {:.0} KiB while all read",
            kib(self.rss_bytes_per_stalled),
            kib(self.rss_bytes_grown_while_all_read)
        )?;
        writeln!(
            f,
            "  closed as slow    {:>8} within {:.1} s, {} not",
            self.closed_as_slow, self.closed_after_seconds, self.not_closed
        )?;
        for (why, count) in &self.ends {
            writeln!(f, "  of them saw       {count:>8} {why}")?;
        }
        write!(f, "  {}", self.faults)
    }
}
