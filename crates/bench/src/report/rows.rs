//! The rows of the table: what is run for each, and what is promised of it.

use super::kept::{AllKept, Kept};
use super::text::{number, spread};
use serde::Serialize;

/// One command of a row.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The row.
    pub row: u8,
    /// Its name, under which it is kept.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its arguments after `bench`.
    pub arguments: &'static str,
}

impl Run {
    /// Which bench it is.
    pub fn bench(&self) -> &'static str {
        self.arguments.split(' ').next().unwrap_or_default()
    }
}

const fn run(row: u8, name: &'static str, title: &'static str, arguments: &'static str) -> Run {
    Run { row, name, title, arguments }
}

/// All runs.
pub const RUNS: &[Run] = &[
    run(1, "fanout-1x1000", "1 × 1,000, 49/s", "fanout --rooms 1 --members 1000 --rate 49"),
    run(1, "fanout-1x1000-tls", "1 × 1,000, 49/s, TLS", "fanout --rooms 1 --members 1000 --rate 49 --tls"),
    run(2, "fanout-200x54", "200 × 54, 983/s", "fanout --rooms 200 --members 54 --rate 983"),
    run(3, "fanout-1x54-close", "1 × 54, 983/s", "fanout --rooms 1 --members 54 --rate 983"),
    run(4, "fanout-200x54-max", "200 × 54, max", "fanout --rooms 200 --members 54 --rate max"),
    run(5, "idle", "10,000 idle", "idle --connections 10000"),
    run(5, "idle-tls", "10,000 idle, TLS", "idle --connections 10000 --tls"),
    run(6, "slow", "1 % stalled", "slow --stalled 1%"),
    run(7, "storm", "10,000 come back", "storm --connections 10000"),
    run(7, "storm-jitter", "10,000 come back, jitter", "storm --connections 10000 --jitter"),
    run(8, "growth-1x54", "1 × 54, 49/s", "fanout --rooms 1 --members 54 --rate 49"),
    run(8, "growth-1x10000", "1 × 10,000, 4.9/s", "fanout --rooms 1 --members 10000 --rate 4.9"),
    run(8, "growth-1000x10", "1,000 × 10, 983/s", "fanout --rooms 1000 --members 10 --rate 983"),
    run(
        8,
        "growth-two-workers",
        "200 × 54, 983/s, two workers",
        "fanout --rooms 200 --members 54 --rate 983 --workers 2",
    ),
];

/// The shapes whose ratios are compared in row 8.
pub(super) const SHAPES: &[&str] = &["growth-1x54", "growth-1x10000", "fanout-200x54", "growth-1000x10"];

/// One figure of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The row.
    pub row: u8,
    /// What was run.
    pub work: &'static str,
    /// What is looked at.
    pub what: &'static str,
    /// What it should be.
    pub target: String,
    /// What it is.
    pub reached: String,
    /// Whether that is enough; nothing where it is only told.
    pub met: Option<bool>,
}

/// Collects the figures of the runs that there are.
struct Table<'a> {
    kept: &'a AllKept,
    figures: Vec<Figure>,
}

/// Everything that was promised, as far as it was measured.
pub fn figures(kept: &AllKept) -> Vec<Figure> {
    let mut table = Table { kept, figures: Vec::new() };
    table.fanout();
    table.idle();
    table.slow();
    table.storm();
    table.growth();
    table.figures.sort_by_key(|figure| figure.row);
    table.figures
}

impl Table<'_> {
    /// A figure that should be at most so much.
    fn at_most(&mut self, name: &str, what: &'static str, reached: (f64, String), most: Option<f64>, unit: &str) {
        let Some(Run { row, title, .. }) = RUNS.iter().find(|run| run.name == name) else { return };
        let target = most.map_or_else(
            || "reported".to_owned(),
            |most| if most > 0.0 { format!("≤ {}{unit}", number(most)) } else { "none".to_owned() },
        );
        let met = most.map(|most| reached.0 <= most);
        self.figures.push(Figure { row: *row, work: title, what, target, reached: reached.1 + unit, met });
    }

    fn fanout(&mut self) {
        const RATIO: &str = "CPU per delivery ÷ floor";
        let kept = self.kept;
        for (name, most) in [
            ("fanout-1x1000", Some(1.15)),
            ("fanout-1x1000-tls", None),
            ("fanout-200x54", Some(1.15)),
            ("fanout-1x54-close", Some(0.5)),
        ] {
            if let Some(ratio) = kept.get(name).and_then(|kept| kept.spread("ratio_to_floor")) {
                self.at_most(name, RATIO, (ratio.0, spread(ratio)), most, "");
            }
        }
        if let Some(run) = kept.get("fanout-1x1000") {
            let (p99, floor, fsync) = (run.number("p99_us"), run.number("floor_p99_us"), run.number("fsync_p99_us"));
            if let (Some(p99), Some(floor), Some(fsync)) = (p99, floor, fsync) {
                let most = (1.2 * floor + fsync) / 1e3;
                let what = "p99; target: 1.2 × the floor's + the log's sync";
                self.at_most("fanout-1x1000", what, (p99 / 1e3, number(p99 / 1e3)), Some(most), " ms");
            }
        }
        if let Some(run) = kept.get("fanout-1x54-close")
            && let (Some(p99), Some(fsync)) = (run.number("p99_us"), run.number("fsync_p99_us"))
        {
            let what = "p99; target: 10 ms + the log's sync";
            let most = Some(10.0 + fsync / 1e3);
            self.at_most("fanout-1x54-close", what, (p99 / 1e3, number(p99 / 1e3)), most, " ms");
        }
        if let Some(run) = kept.get("fanout-200x54-max") {
            self.at_max(run);
        }
    }

    fn at_max(&mut self, run: &Kept) {
        let Some(Run { row, title, .. }) = RUNS.iter().find(|run| run.name == "fanout-200x54-max") else { return };
        let (row, work) = (*row, *title);
        if let Some(share) = run.number("share_of_coalescing_floor") {
            let what = "deliveries of a CPU second ÷ the coalescing floor's";
            let (target, reached, met) = ("≥ 0.75".to_owned(), number(share), Some(share >= 0.75));
            self.figures.push(Figure { row, work, what, target, reached, met });
        }
        if let Some(deliveries) = run.number("deliveries_per_cpu_second") {
            let (what, target) = ("deliveries of a CPU second", "≥ 3 × nchan, see the peers".to_owned());
            self.figures.push(Figure { row, work, what, target, reached: number(deliveries), met: None });
        }
    }

    fn idle(&mut self) {
        let kept = self.kept;
        for (name, promised) in [("idle", true), ("idle-tls", false)] {
            let Some(run) = kept.get(name) else { continue };
            let kib = |name| run.number(name).map(|bytes| bytes / 1_024.0);
            let only = |most: f64| promised.then_some(most);
            if let Some(rss) = kib("rss_bytes_per_connection") {
                self.at_most(name, "memory (RSS) a connection", (rss, number(rss)), only(2.0), " KiB");
            }
            if let Some(heap) = kib("heap_bytes_per_connection") {
                self.at_most(name, "of that heap and stacks", (heap, number(heap)), None, " KiB");
            }
            if let Some(cpu) = run.number("cpu_us_per_connection_second") {
                self.at_most(name, "CPU a connection and second", (cpu, number(cpu)), only(1.0), " µs");
            }
        }
    }

    fn slow(&mut self) {
        let Some(run) = self.kept.get("slow") else { return };
        if let Some(ratio) = run.number("p99_ratio") {
            let what = "the others' p99 ÷ while all read, of the middle second";
            self.at_most("slow", what, (ratio, number(ratio)), Some(1.1), "");
        }
        if let Some(ratio) = run.spread("p99_ratio_of_windows") {
            self.at_most("slow", "the same of whole windows", (ratio.0, spread(ratio)), None, "");
        }
        if let Some(rss) = run.number("rss_bytes_per_stalled").map(|bytes| bytes / 1_024.0) {
            self.at_most("slow", "memory a stalled one", (rss, number(rss)), Some(16.0), " KiB");
        }
        if let Some(grown) = run.number("rss_bytes_grown_while_all_read").map(|bytes| bytes / 1_024.0) {
            let what = "growth in all by as many posts while all read";
            self.at_most("slow", what, (grown, number(grown)), None, " KiB");
        }
        if let Some(open) = run.number("not_closed") {
            self.at_most("slow", "stalled ones not closed in the end", (open, number(open)), Some(0.0), "");
        }
    }

    fn storm(&mut self) {
        let kept = self.kept;
        for (name, most) in [("storm", Some(1.5)), ("storm-jitter", None)] {
            let Some(run) = kept.get(name) else { continue };
            if let (Some(ratio), Some(_)) = (run.spread("ratio_to_floor"), most) {
                self.at_most(
                    name,
                    "time until all have everything ÷ handshakes alone",
                    (ratio.0, spread(ratio)),
                    most,
                    "",
                );
            }
            if let Some(seconds) = run.number("caught_up_seconds") {
                self.at_most(name, "until all have everything", (seconds, number(seconds)), None, " s");
            }
            if let Some(holes) = run.number("holes") {
                self.at_most(name, "holes", (holes, number(holes)), Some(0.0), "");
            }
        }
    }

    fn growth(&mut self) {
        let kept = self.kept;
        let mut ratios = Vec::new();
        for name in SHAPES {
            if let Some(ratio) = kept.get(name).and_then(|kept| kept.spread("ratio_to_floor")) {
                ratios.push(ratio.0);
                if *name != "fanout-200x54" {
                    self.at_most(name, "CPU per delivery ÷ floor of its shape", (ratio.0, spread(ratio)), None, "");
                }
            }
        }
        let (least, most) = ratios.iter().fold((f64::MAX, 0.0_f64), |(a, b), ratio| (a.min(*ratio), b.max(*ratio)));
        if ratios.len() == SHAPES.len() {
            let apart = most / least.max(1e-9);
            let what = "largest ÷ smallest ratio of the four shapes";
            let (work, target) = ("all shapes", "≤ 1.15".to_owned());
            self.figures.push(Figure { row: 8, work, what, target, reached: number(apart), met: Some(apart <= 1.15) });
        }
        let cost = |name| kept.get(name).and_then(|kept| kept.number("cpu_us_per_delivery"));
        if let (Some(one), Some(two)) = (cost("fanout-200x54"), cost("growth-two-workers")) {
            let growth = two / one.max(1e-9);
            let what = "CPU per delivery, two workers ÷ one";
            self.at_most("growth-two-workers", what, (growth, number(growth)), Some(1.1), "");
        }
    }
}
